/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/tcp_wire.h"

#define FIXED "\x12\x34\x00\x50\x01\x02\x03\x04\x05\x06\x07\x08\x50\x18\xfa\xf0\xab\xcd\x00\x05"
#define TS_7_8 "\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x08"

static void good_segment(void **state)
{
	struct tcp_header h;

	(void)state;
	assert_int_equal(tcp_parse(BYTES(FIXED "data"), &h), HF_OK);
	assert_int_equal(h.src_port, 0x1234);
	assert_int_equal(h.dst_port, 80);
	assert_int_equal(h.seq, 0x01020304);
	assert_int_equal(h.ack, 0x05060708);
	assert_int_equal(h.header_len, 20);
	assert_int_equal(h.flags, TCP_PSH | TCP_ACK);
	assert_int_equal(h.window, 64240);
	assert_int_equal(h.csum, 0xabcd);
	assert_int_equal(h.urgent, 5);
	assert_false(h.has_mss || h.has_wscale || h.has_timestamps || h.sack_permitted || h.bad_options);
	assert_int_equal(h.sack_count, 0);
	expect_bytes(h.payload, "data");
}

/* A segment of these options, padded with `fill` to the next four octets, and "data". */
static hf_status with_options(struct hf_bytes options, uint8_t fill, struct tcp_header *ret)
{
	uint8_t p[64];
	size_t n = 20 + (options.len + 3) / 4 * 4;
	struct hf_bytes b;
	hf_status s;

	assert_true(n <= TCP_HEADER_MAX);
	memcpy(p, FIXED, 20);
	memset(p + 20, fill, 40);
	memcpy(p + 20, options.at, options.len);
	memcpy(p + n, "data", 4);
	p[12] = (uint8_t)(n / 4 << 4);
	b = exact(p, n + 4);
	s = tcp_parse(b, ret);
	if (s == HF_OK) {
		assert_int_equal(ret->header_len, n);
		expect_bytes(ret->payload, "data");
	}
	done_with(b);
	return s;
}

static void every_prefix(void **state)
{
	static const char syn[] = "\x12\x34\x00\x50\x01\x02\x03\x04\x00\x00\x00\x00\xa0\x02\xfa\xf0\xab\xcd\x00\x00"
				  "\x02\x04\x05\xb4\x04\x02" TS_7_8 "\x01\x03\x03\x07"
				  "data";
	struct tcp_header h;

	(void)state;
	for (size_t n = 0; n < sizeof(syn); n++) {
		struct hf_bytes b = exact(syn, n);

		if (n < 20) {
			REFUSED(HF_SHORT, h, tcp_parse(b, &h));
		} else if (n < 40) {
			REFUSED(HF_MALFORMED, h, tcp_parse(b, &h));
		} else {
			assert_int_equal(tcp_parse(b, &h), HF_OK);
			assert_int_equal(h.payload.len, n - 40);
			assert_true(h.has_mss && h.sack_permitted && h.has_timestamps && h.has_wscale && !h.bad_options);
			assert_int_equal(h.mss, 1460);
			assert_int_equal(h.wscale, 7);
			assert_int_equal(h.ts_val, 7);
			assert_int_equal(h.ts_ecr, 8);
		}
		done_with(b);
	}
}

static void data_offset(void **state)
{
	uint8_t p[60] = { 0 };
	struct tcp_header h;

	(void)state;
	for (unsigned words = 0; words < 16; words++) {
		for (size_t len = 20; len <= sizeof(p); len++) {
			struct hf_bytes b = { p, len };

			p[12] = (uint8_t)(words << 4 | 0xf); /* reserved bits there too: not looked at */
			if (words < 5 || words * 4 > len) {
				REFUSED(HF_MALFORMED, h, tcp_parse(b, &h));
			} else {
				assert_int_equal(tcp_parse(b, &h), HF_OK);
				assert_int_equal(h.header_len, words * 4);
				assert_int_equal(h.payload.len, len - words * 4);
			}
		}
	}
}

/* The layout that has its own way through the parser, and its neighbours that go the long way, must read the same. */
static void timestamps_at_any_alignment(void **state)
{
	static const struct hf_bytes rows[] = {
		{ (const uint8_t *)"\x01\x01" TS_7_8, 12 },
		{ (const uint8_t *)"\x01" TS_7_8 "\x01", 12 },
		{ (const uint8_t *)TS_7_8 "\x01\x01", 12 },
		{ (const uint8_t *)TS_7_8 "\x00\x00", 12 },
		{ (const uint8_t *)"\x01\x01" TS_7_8 "\x01\x01\x01\x01", 16 },
		{ (const uint8_t *)"\x01\x01\x01" TS_7_8 "\x00\x63\x63", 16 },
		{ (const uint8_t *)"\x01\x01" TS_7_8 "\x01\x01\x08\x0a\x00\x00\x00\x09\x00\x00\x00\x09", 24 }, /* the first counts */
		{ (const uint8_t *)"\x08\x09\x00\x00\x00\x01\x00\x00\x00" TS_7_8, 19 }, /* a wrong length does not */
		{ (const uint8_t *)"\x08\x0b\x00\x00\x00\x01\x00\x00\x00\x00\x00" TS_7_8, 21 },
	};
	struct tcp_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(with_options(rows[i], 0, &h), HF_OK);
		assert_true(h.has_timestamps);
		assert_false(h.bad_options);
		assert_int_equal(h.ts_val, 7);
		assert_int_equal(h.ts_ecr, 8);
	}
}

/* RFC 9293 3.2, MUST-4 to 7, 64, 68 */
static void illegal_and_unknown_options(void **state)
{
	static const struct {
		struct hf_bytes octets;
		bool bad, has_mss;
	} rows[] = {
		{ { (const uint8_t *)"\x02\x04\x05\xb4", 4 }, false, true },
		{ { (const uint8_t *)"\x01\x02\x04\x05\xb4\x01\x01\x01", 8 }, false, true },
		{ { (const uint8_t *)"\x00\x02\x04\x05\xb4\x01\x01\x01", 8 }, false, false }, /* behind EOL */
		{ { (const uint8_t *)"\xfe\x04\xf9\x89\x02\x04\x05\xb4", 8 }, false, true },  /* an unknown one */
		{ { (const uint8_t *)"\xfe\x02\x06\x02\x02\x04\x05\xb4", 8 }, false, true },
		{ { (const uint8_t *)"\xfe\x00\x01\x01\x02\x04\x05\xb4", 8 }, true, false }, /* length 0: not for ever */
		{ { (const uint8_t *)"\xfe\x01\x01\x01\x02\x04\x05\xb4", 8 }, true, false },
		{ { (const uint8_t *)"\x02\x04\x05\xb4\xfe\x00\x01\x01", 8 }, true, true }, /* what came before stands */
		{ { (const uint8_t *)"\x02\x04\x05\xb4\xfe\x05\x01\x01", 8 }, true, true }, /* beyond the header by one */
		{ { (const uint8_t *)"\x02\x04\x05\xb4\xfe\x04\x01\x01", 8 }, false, true },
		{ { (const uint8_t *)"\x02\x04\x05\xb4\x01\x01\x01\xfe", 8 }, true, true }, /* no length octet */
		{ { (const uint8_t *)"\x02\x04\x05\xb4\x01\x01\xfe\x02", 8 }, false, true },
		{ { (const uint8_t *)"\x02\x04\x05\xb4\x01\x01\xfe\x03", 8 }, true, true },
		{ { (const uint8_t *)"\x02\x04\x05\xb4\x01\x01\x01\x02", 8 }, true, true },
		{ { (const uint8_t *)"\x02\x00\x05\xb4", 4 }, true, false },
		{ { (const uint8_t *)"\x02\xff\x05\xb4", 4 }, true, false },
		{ { (const uint8_t *)"\x02\x03\x05\x01", 4 }, false, false }, /* a wrong length: skipped */
		{ { (const uint8_t *)"\x02\x05\x05\xb4\x00\x01\x01\x01", 8 }, false, false },
		{ { (const uint8_t *)"\x02\x03\x05\x02\x04\x05\xb4\x01", 8 }, false, true },
		{ { (const uint8_t *)"\x02\x04\x05\xb4\x02\x04\x02\x18", 8 }, false, true }, /* the first of two */
		{ { (const uint8_t *)"\x08\x0a\x00\x00", 4 }, true, false },
		{ { (const uint8_t *)"\x01\x01\x01\x01\x01\x01\x01\x01", 8 }, false, false },
	};
	struct tcp_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(with_options(rows[i].octets, 0, &h), HF_OK);
		assert_int_equal(h.bad_options, rows[i].bad);
		assert_int_equal(h.has_mss, rows[i].has_mss);
		assert_int_equal(h.mss, rows[i].has_mss ? 1460 : 0);
		assert_false(h.has_timestamps);
	}
}

static void window_scale_and_sack_permitted(void **state)
{
	static const struct {
		struct hf_bytes octets;
		bool has_wscale, sack_permitted;
		uint8_t wscale;
	} rows[] = {
		{ { (const uint8_t *)"\x03\x03\x00\x01", 4 }, true, false, 0 },
		{ { (const uint8_t *)"\x03\x03\x0d\x01", 4 }, true, false, 13 },
		{ { (const uint8_t *)"\x03\x03\x0e\x01", 4 }, true, false, 14 },
		{ { (const uint8_t *)"\x03\x03\x0f\x01", 4 }, true, false, 14 }, /* RFC 7323 2.3 */
		{ { (const uint8_t *)"\x03\x03\xff\x01", 4 }, true, false, 14 },
		{ { (const uint8_t *)"\x03\x02\x01\x01", 4 }, false, false, 0 },
		{ { (const uint8_t *)"\x03\x04\x07\x07", 4 }, false, false, 0 },
		{ { (const uint8_t *)"\x03\x03\x01\x03\x03\x02\x01\x01", 8 }, true, false, 1 },
		{ { (const uint8_t *)"\x04\x02\x01\x01", 4 }, false, true, 0 },
		{ { (const uint8_t *)"\x04\x03\x01\x01", 4 }, false, false, 0 },
		{ { (const uint8_t *)"\x04\x02\x03\x03\x05\x04\x02\x01", 8 }, true, true, 5 },
	};
	struct tcp_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(with_options(rows[i].octets, 1, &h), HF_OK);
		assert_false(h.bad_options);
		assert_int_equal(h.has_wscale, rows[i].has_wscale);
		assert_int_equal(h.wscale, rows[i].wscale);
		assert_int_equal(h.sack_permitted, rows[i].sack_permitted);
	}
}

static void sack_blocks(void **state)
{
	struct tcp_header h;

	(void)state;
	for (unsigned len = 2; len <= 40; len++) {
		uint8_t o[40] = { 5, (uint8_t)len };
		bool sane = len > 2 && len % 8 == 2;

		for (unsigned i = 2; i < 40; i++)
			o[i] = (uint8_t)i;
		assert_int_equal(with_options((struct hf_bytes){ o, len }, 0, &h), HF_OK);
		assert_false(h.bad_options);
		assert_int_equal(h.sack_count, sane ? (len - 2) / 8 : 0);
		for (unsigned i = 0; i < h.sack_count; i++) {
			assert_int_equal(h.sack[i].from, hf_load32(o + 2 + 8 * i));
			assert_int_equal(h.sack[i].to, hf_load32(o + 6 + 8 * i));
		}
	}
	/* The first of two counts, even when it is the shorter one. */
	assert_int_equal(with_options(BYTES("\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02"
					    "\x05\x12\x00\x00\x00\x03\x00\x00\x00\x04"
					    "\x00\x00\x00\x05\x00\x00\x00\x06"),
				      0, &h),
			 HF_OK);
	assert_int_equal(h.sack_count, 1);
	assert_int_equal(h.sack[0].from, 1);
	assert_int_equal(h.sack[0].to, 2);
}

static void checksum(void **state)
{
	struct hf_addr a = addr_ip4_u32(0x0a090001), b = addr_ip4_u32(0x0a090002), c = draw_ip6(), d = draw_ip6();
	uint8_t p[25];
	struct hf_bytes segment = { p, sizeof(p) };

	(void)state;
	memcpy(p, FIXED "data!", sizeof(p));
	/* By hand, data's last octet at the high end of a word: 1415 (addresses) + 0006 + 0019 (pseudo header)
	 * + 1234+0050+0102+0304+0506+0708+5018+faf0+0005 + 6461+7461+2100 = 27b9b -> 7b9d, ~ = 8462 */
	hf_store16(p + 16, 0x8462);
	assert_true(tcp_csum_ok(segment, &a, &b));
	assert_true(tcp_csum_ok(segment, &b, &a)); /* a sum knows no order */
	assert_false(tcp_csum_ok(segment, &a, &a));
	for (unsigned bit = 0; bit < 8 * sizeof(p); bit++) {
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(tcp_csum_ok(segment, &a, &b));
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	set_csum(p, sizeof(p), 16, hf_csum_pseudo(&c, &d, 6, sizeof(p)));
	assert_true(tcp_csum_ok(segment, &c, &d));
	assert_false(tcp_csum_ok(segment, &a, &d));
}

/* The layouts are promised: octet for octet. */
static void layouts(void **state)
{
	enum { MSS = 1, SACK_OK = 2, TS = 4, WS = 8 };
	static const struct {
		unsigned what, blocks;
		struct hf_bytes octets;
	} rows[] = {
		{ 0, 0, { (const uint8_t *)"", 0 } },
		{ MSS | SACK_OK | TS | WS, 0, { (const uint8_t *)"\x02\x04\x05\xb4\x04\x02" TS_7_8 "\x01\x03\x03\x07", 20 } },
		{ MSS | TS | WS, 0, { (const uint8_t *)"\x02\x04\x05\xb4\x01\x01" TS_7_8 "\x01\x03\x03\x07", 20 } },
		{ MSS | SACK_OK | TS, 0, { (const uint8_t *)"\x02\x04\x05\xb4\x04\x02" TS_7_8, 16 } },
		{ MSS | WS, 0, { (const uint8_t *)"\x02\x04\x05\xb4\x01\x03\x03\x07", 8 } },
		{ MSS | SACK_OK | WS, 0, { (const uint8_t *)"\x02\x04\x05\xb4\x01\x01\x04\x02\x01\x03\x03\x07", 12 } },
		{ MSS, 0, { (const uint8_t *)"\x02\x04\x05\xb4", 4 } },
		{ TS, 0, { (const uint8_t *)"\x01\x01" TS_7_8, 12 } },
		{ 0, 1, { (const uint8_t *)"\x01\x01\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02", 12 } },
		{ TS, 1, { (const uint8_t *)"\x01\x01" TS_7_8 "\x01\x01\x05\x0a\x00\x00\x00\x01\x00\x00\x00\x02", 24 } },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint8_t p[TCP_HEADER_MAX];
		struct hf_wr out = hf_wr_over(p, sizeof(p));
		struct tcp_header h;

		assert_int_equal(tcp_parse(BYTES(FIXED), &h), HF_OK);
		h.has_mss = rows[i].what & MSS;
		h.mss = 1460;
		h.sack_permitted = rows[i].what & SACK_OK;
		h.has_timestamps = rows[i].what & TS;
		h.ts_val = 7;
		h.ts_ecr = 8;
		h.has_wscale = rows[i].what & WS;
		h.wscale = 7;
		h.sack_count = (uint8_t)rows[i].blocks;
		h.sack[0] = (struct tcp_sack_block){ 1, 2 };
		assert_int_equal(tcp_header_size(&h), 20 + rows[i].octets.len);
		assert_int_equal(tcp_put(&out, &h), 20 + rows[i].octets.len);
		assert_int_equal(written(&out), 20 + rows[i].octets.len);
		assert_int_equal(p[12], (20 + rows[i].octets.len) / 4 << 4);
		p[12] = 0x50;
		assert_memory_equal(p, FIXED, 20);
		if (rows[i].octets.len)
			assert_memory_equal(p + 20, rows[i].octets.at, rows[i].octets.len);
	}
}

static void sack_blocks_give_way(void **state)
{
	struct tcp_header h = { .sack_count = 4 };

	(void)state;
	assert_int_equal(tcp_header_size(&h), 56); /* 4 + 4 * 8 */
	h.has_timestamps = true;
	assert_int_equal(tcp_header_size(&h), 60); /* 12 + 4 + 3 * 8, RFC 2018 3 */
	h.has_mss = h.has_wscale = h.sack_permitted = true;
	assert_int_equal(tcp_header_size(&h), 60); /* 20 + 4 + 2 * 8 */
	h.sack_count = 255;                        /* never more than there are */
	h.has_mss = h.has_wscale = h.sack_permitted = h.has_timestamps = false;
	assert_int_equal(tcp_header_size(&h), 56);
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10 * ROUNDS; i++) {
		uint8_t p[TCP_HEADER_MAX + 8];
		struct hf_wr out = hf_wr_over(p, TCP_HEADER_MAX);
		struct tcp_header h = { 0 }, back;
		unsigned what = (unsigned)draw(), fits;
		size_t n;

		h.src_port = (uint16_t)draw();
		h.dst_port = (uint16_t)draw();
		h.seq = (uint32_t)draw();
		h.ack = (uint32_t)draw();
		h.flags = (uint8_t)draw();
		h.window = (uint16_t)draw();
		h.csum = (uint16_t)draw();
		h.urgent = (uint16_t)draw();
		h.has_mss = what & 1;
		h.mss = h.has_mss ? (uint16_t)draw() : 0;
		h.has_wscale = what & 2;
		h.wscale = h.has_wscale ? (uint8_t)(draw() % 15) : 0;
		h.sack_permitted = what & 4;
		h.has_timestamps = what & 8;
		h.ts_val = h.has_timestamps ? (uint32_t)draw() : 0;
		h.ts_ecr = h.has_timestamps ? (uint32_t)draw() : 0;
		h.sack_count = (uint8_t)(draw() % 5);
		draw_bytes(h.sack, sizeof(h.sack));
		n = tcp_put(&out, &h);
		assert_int_equal(n % 4, 0);
		assert_int_equal(n, tcp_header_size(&h));
		assert_int_equal(n, written(&out));
		memcpy(p + n, "payload", 7);
		assert_int_equal(tcp_parse((struct hf_bytes){ p, n + 7 }, &back), HF_OK);
		assert_int_equal(back.header_len, n);
		assert_false(back.bad_options);
		expect_bytes(back.payload, "payload");
		assert_true(h.src_port == back.src_port && h.dst_port == back.dst_port && h.seq == back.seq &&
			    h.ack == back.ack);
		assert_true(h.flags == back.flags && h.window == back.window && h.csum == back.csum &&
			    h.urgent == back.urgent);
		assert_true(h.has_mss == back.has_mss && h.mss == back.mss && h.has_wscale == back.has_wscale &&
			    h.wscale == back.wscale);
		assert_true(h.sack_permitted == back.sack_permitted && h.has_timestamps == back.has_timestamps);
		assert_true(h.ts_val == back.ts_val && h.ts_ecr == back.ts_ecr);
		/* 36 octets of room for blocks of eight; timestamps take twelve, each other option four */
		fits = h.has_timestamps ? 3u - (h.has_mss || h.has_wscale)
					: 4u - (unsigned)(h.has_mss + h.has_wscale + h.sack_permitted) / 2u;
		assert_int_equal(back.sack_count, h.sack_count < fits ? h.sack_count : fits);
		assert_memory_equal(h.sack, back.sack, back.sack_count * sizeof(h.sack[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_segment),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(data_offset),
		cmocka_unit_test(timestamps_at_any_alignment),
		cmocka_unit_test(illegal_and_unknown_options),
		cmocka_unit_test(window_scale_and_sack_permitted),
		cmocka_unit_test(sack_blocks),
		cmocka_unit_test(checksum),
		cmocka_unit_test(layouts),
		cmocka_unit_test(sack_blocks_give_way),
		cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
