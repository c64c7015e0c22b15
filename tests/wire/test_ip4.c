/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/ip4.h"

#define LEN 28u
#define PACKET                                                                             \
	"\x45\x10\x00\x1c\x12\x34\x40\x00\x40\x06\x14\x84\x0a\x09\x00\x01\x0a\x09\x00\x02" \
	"payload!"

static struct hf_bytes fix(uint8_t *p, size_t n)
{
	set_csum(p, (p[0] & 0xf) * 4u, 10, 0);
	return (struct hf_bytes){ p, n };
}

static void good_packet(void **state)
{
	struct ip4_header h;

	(void)state;
	/* The checksum by hand: 4510+001c+1234+4000+4006+0a09+0001+0a09+0002 = eb7b, ~ = 1484. */
	assert_int_equal(ip4_parse(BYTES(PACKET "padding of the link"), &h), HF_OK);
	assert_int_equal(h.header_len, 20);
	assert_int_equal(h.tos, 0x10);
	assert_int_equal(h.total_len, LEN);
	assert_int_equal(h.id, 0x1234);
	assert_true(h.df);
	assert_false(h.mf);
	assert_int_equal(h.fragment_at, 0);
	assert_int_equal(h.ttl, 64);
	assert_int_equal(h.proto, IP_PROTO_TCP);
	expect_addr(&h.src, "10.9.0.1");
	expect_addr(&h.dst, "10.9.0.2");
	assert_int_equal(h.options.len, 0);
	assert_false(h.source_route);
	expect_bytes(h.payload, "payload!");
}

static void every_prefix_is_short(void **state)
{
	struct ip4_header h;

	(void)state;
	for (size_t n = 0; n < LEN; n++) {
		struct hf_bytes b = exact(PACKET, n);

		REFUSED(HF_SHORT, h, ip4_parse(b, &h));
		if (n < IP4_HEADER_MIN) {
			REFUSED(HF_SHORT, h, ip4_parse_quoted(b, &h));
		} else {
			assert_int_equal(ip4_parse_quoted(b, &h), HF_OK);
			assert_int_equal(h.payload.len, n - IP4_HEADER_MIN);
			assert_int_equal(h.total_len, LEN);
		}
		done_with(b);
	}
}

static void version_and_header_length(void **state)
{
	static const struct {
		uint8_t first;
		hf_status is;
	} rows[] = {
		{ 0x35, HF_MALFORMED }, { 0x55, HF_MALFORMED }, { 0x65, HF_MALFORMED }, { 0x44, HF_MALFORMED },
		{ 0x40, HF_MALFORMED }, { 0x45, HF_OK },        { 0x46, HF_OK },        { 0x47, HF_OK },
		{ 0x48, HF_SHORT },     { 0x4f, HF_SHORT },
	};
	struct ip4_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint8_t p[60] = { 0 };

		memcpy(p, PACKET, 20); /* options of zeros: EOL */
		p[0] = rows[i].first;
		set_csum(p, (p[0] & 0xf) * 4u, 10, 0);
		if (rows[i].is == HF_OK) {
			assert_int_equal(ip4_parse((struct hf_bytes){ p, LEN }, &h), HF_OK);
			assert_int_equal(h.header_len, (rows[i].first & 0xf) * 4);
			assert_int_equal(h.payload.len, LEN - h.header_len);
		} else {
			REFUSED(rows[i].is, h, ip4_parse((struct hf_bytes){ p, LEN }, &h));
		}
	}
}

static void total_length(void **state)
{
	static const struct {
		uint16_t len;
		hf_status is, quoted;
	} rows[] = {
		{ 0, HF_MALFORMED, HF_MALFORMED },
		{ 19, HF_MALFORMED, HF_MALFORMED },
		{ 20, HF_OK, HF_OK },
		{ 21, HF_OK, HF_OK },
		{ 27, HF_OK, HF_OK },
		{ 28, HF_OK, HF_OK },
		{ 29, HF_SHORT, HF_OK },
		{ 65535, HF_SHORT, HF_OK },
	};
	struct ip4_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint8_t p[LEN];

		memcpy(p, PACKET, LEN);
		hf_store16(p + 2, rows[i].len);
		if (rows[i].is == HF_OK) {
			assert_int_equal(ip4_parse(fix(p, LEN), &h), HF_OK);
			assert_int_equal(h.payload.len, rows[i].len - 20);
		} else {
			REFUSED(rows[i].is, h, ip4_parse(fix(p, LEN), &h));
		}
		if (rows[i].quoted == HF_OK) {
			assert_int_equal(ip4_parse_quoted((struct hf_bytes){ p, LEN }, &h), HF_OK);
			assert_int_equal(h.payload.len, (rows[i].len < LEN ? rows[i].len : LEN) - 20);
		} else {
			REFUSED(rows[i].quoted, h, ip4_parse_quoted((struct hf_bytes){ p, LEN }, &h));
		}
	}
}

static void fragments(void **state)
{
	static const struct {
		uint16_t field, len;
		hf_status is;
		bool df, mf;
		uint16_t at;
	} rows[] = {
		{ 0x0000, 28, HF_OK, false, false, 0 },
		{ 0x2000, 28, HF_OK, false, true, 0 },
		{ 0x2001, 28, HF_OK, false, true, 8 },
		{ 0x00b9, 28, HF_OK, false, false, 1480 },
		{ 0x4000, 28, HF_OK, true, false, 0 },
		{ 0x8000, 28, HF_OK, false, false, 0 }, /* reserved: not looked at */
		/* 8188 * 8 = 65504: 11 octets more make 65515, with a header 65535 */
		{ 0x1ffc, 28, HF_OK, false, false, 65504 },
		{ 0x1ffd, 22, HF_OK, false, false, 65512 },
		{ 0x1ffd, 23, HF_OK, false, false, 65512 },
		{ 0x1ffd, 24, HF_MALFORMED, false, false, 0 },
		{ 0x1ffe, 20, HF_MALFORMED, false, false, 0 },
		{ 0x1fff, 28, HF_MALFORMED, false, false, 0 },
		{ 0x3fff, 28, HF_MALFORMED, false, false, 0 },
	};
	struct ip4_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint8_t p[LEN];

		memcpy(p, PACKET, LEN);
		hf_store16(p + 2, rows[i].len);
		hf_store16(p + 6, rows[i].field);
		if (rows[i].is != HF_OK) {
			REFUSED(rows[i].is, h, ip4_parse(fix(p, LEN), &h));
			continue;
		}
		assert_int_equal(ip4_parse(fix(p, LEN), &h), HF_OK);
		assert_int_equal(h.df, rows[i].df);
		assert_int_equal(h.mf, rows[i].mf);
		assert_int_equal(h.fragment_at, rows[i].at);
	}
}

static void checksum(void **state)
{
	uint8_t p[LEN];
	struct ip4_header h;

	(void)state;
	memcpy(p, PACKET, LEN);
	for (unsigned bit = 8; bit < 160; bit++) {
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		REFUSED(HF_BAD_CHECKSUM, h, ip4_parse((struct hf_bytes){ p, LEN }, &h));
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	p[LEN - 1] ^= 1; /* the payload is not in it */
	assert_int_equal(ip4_parse((struct hf_bytes){ p, LEN }, &h), HF_OK);
	p[8]--; /* a router counted down, and the error quotes what it had */
	assert_int_equal(ip4_parse_quoted((struct hf_bytes){ p, LEN }, &h), HF_OK);
	assert_int_equal(h.ttl, 63);
}

static void options(void **state)
{
	static const struct {
		struct hf_bytes octets; /* eight of them */
		hf_status is;
		bool source_route;
	} rows[] = {
		{ { (const uint8_t *)"\x00\x01\x00\x83\x00\xff\xff\xff", 8 }, HF_OK, false }, /* EOL: no more */
		{ { (const uint8_t *)"\x01\x01\x01\x01\x01\x01\x01\x01", 8 }, HF_OK, false },
		{ { (const uint8_t *)"\x94\x04\x00\x00\x44\x04\x05\x00", 8 }, HF_OK, false }, /* router alert, timestamp */
		{ { (const uint8_t *)"\x83\x07\x04\x0a\x09\x00\x03\x00", 8 }, HF_OK, true },  /* LSRR */
		{ { (const uint8_t *)"\x89\x07\x04\x0a\x09\x00\x03\x01", 8 }, HF_OK, true },  /* SSRR */
		{ { (const uint8_t *)"\x01\x89\x07\x04\x0a\x09\x00\x03", 8 }, HF_OK, true },  /* SSRR */
		{ { (const uint8_t *)"\x07\x08\x04\x00\x00\x00\x00\x00", 8 }, HF_OK, false }, /* to the last octet */
		{ { (const uint8_t *)"\x07\x09\x04\x00\x00\x00\x00\x00", 8 }, HF_MALFORMED, false }, /* beyond it */
		{ { (const uint8_t *)"\x07\x00\x04\x00\x00\x00\x00\x00", 8 }, HF_MALFORMED, false }, /* no endless loop */
		{ { (const uint8_t *)"\x07\x01\x04\x00\x00\x00\x00\x00", 8 }, HF_MALFORMED, false },
		{ { (const uint8_t *)"\x07\x02\x07\x02\x07\x02\x07\x02", 8 }, HF_OK, false },
		{ { (const uint8_t *)"\x01\x01\x01\x01\x01\x01\x01\x07", 8 }, HF_MALFORMED, false }, /* no length octet */
		{ { (const uint8_t *)"\x01\x01\x01\x01\x01\x01\x07\x02", 8 }, HF_OK, false },
		{ { (const uint8_t *)"\x01\x01\x01\x01\x01\x01\x07\x03", 8 }, HF_MALFORMED, false },
	};
	struct ip4_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint8_t p[LEN + 4];
		struct hf_bytes b;

		memcpy(p, PACKET, 20);
		p[0] = 0x47;
		memcpy(p + 20, rows[i].octets.at, 8);
		memcpy(p + 28, "data", 4);
		hf_store16(p + 2, sizeof(p));
		fix(p, sizeof(p));
		b = exact(p, sizeof(p));
		if (rows[i].is == HF_OK) {
			assert_int_equal(ip4_parse(b, &h), HF_OK);
			assert_int_equal(h.source_route, rows[i].source_route);
			assert_int_equal(h.options.len, 8);
			assert_ptr_equal(h.options.at, b.at + 20);
			expect_bytes(h.payload, "data");
		} else {
			REFUSED(rows[i].is, h, ip4_parse(b, &h));
			REFUSED(rows[i].is, h, ip4_parse_quoted(b, &h));
		}
		done_with(b);
	}
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t p[60];
		struct hf_wr out = hf_wr_over(p, sizeof(p));
		struct ip4_header back, h = {
			.tos = (uint8_t)draw(),
			.ttl = (uint8_t)draw(),
			.proto = (uint8_t)draw(),
			.id = (uint16_t)draw(),
			.total_len = (uint16_t)(20 + draw() % 41),
			.df = draw() & 1,
			.mf = draw() & 1,
			.fragment_at = (uint16_t)(draw() % 8184 * 8),
			.src = draw_ip4(),
			.dst = draw_ip4(),
		};

		ip4_put(&out, &h);
		assert_int_equal(written(&out), 20);
		assert_int_equal(ip4_parse((struct hf_bytes){ p, sizeof(p) }, &back), HF_OK);
		assert_int_equal(back.header_len, 20);
		assert_true(h.tos == back.tos && h.ttl == back.ttl && h.proto == back.proto && h.id == back.id);
		assert_true(h.total_len == back.total_len && h.df == back.df && h.mf == back.mf &&
			    h.fragment_at == back.fragment_at);
		assert_true(addr_eq(&h.src, &back.src) && addr_eq(&h.dst, &back.dst));
		assert_int_equal(back.payload.len, h.total_len - 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_packet),
		cmocka_unit_test(every_prefix_is_short),
		cmocka_unit_test(version_and_header_length),
		cmocka_unit_test(total_length),
		cmocka_unit_test(fragments),
		cmocka_unit_test(checksum),
		cmocka_unit_test(options),
		cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
