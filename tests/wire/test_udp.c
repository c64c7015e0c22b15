/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/udp.h"

static const struct hf_addr six_a = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
			    six_b = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };

/* "hello" from port 4660 to 53 with its checksum */
static size_t make(uint8_t *p, const struct hf_addr *src, const struct hf_addr *dst)
{
	memcpy(p,
	       "\x12\x34\x00\x35\x00\x0d\x00\x00"
	       "hello",
	       13);
	set_csum(p, 13, 6, hf_csum_pseudo(src, dst, 17, 13));
	return 13;
}

static void good_datagram_over_both(void **state)
{
	struct hf_addr a = addr_ip4_u32(0x0a090001), b = addr_ip4_u32(0x0a090002);
	uint8_t p[16];
	struct udp_header h;

	(void)state;
	make(p, &a, &b);
	/* The pseudo header by hand: 0a09+0001+0a09+0002+0011+000d + 1234+0035+000d + 6865+6c6c+6f00 = 16a7a -> 6a7b, ~ = 9584 */
	assert_int_equal(hf_load16(p + 6), 0x9584);
	assert_int_equal(udp_parse((struct hf_bytes){ p, 13 }, &a, &b, false, &h), HF_OK);
	assert_int_equal(h.src_port, 0x1234);
	assert_int_equal(h.dst_port, 53);
	assert_int_equal(h.len, 13);
	expect_bytes(h.payload, "hello");
	make(p, &six_a, &six_b);
	assert_int_equal(udp_parse((struct hf_bytes){ p, 13 }, &six_a, &six_b, false, &h), HF_OK);
	expect_bytes(h.payload, "hello");
	/* other addresses, other pseudo header */
	REFUSED(HF_BAD_CHECKSUM, h, udp_parse((struct hf_bytes){ p, 13 }, &six_a, &a, false, &h));
}

static void every_prefix_is_short(void **state)
{
	uint8_t p[16];
	struct udp_header h;
	size_t len = make(p, &six_a, &six_b);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		struct hf_bytes b = exact(p, n);

		REFUSED(HF_SHORT, h, udp_parse(b, &six_a, &six_b, true, &h));
		done_with(b);
	}
}

static void length_bounds(void **state)
{
	static const struct {
		uint16_t len;
		hf_status is;
	} rows[] = { { 0, HF_MALFORMED }, { 7, HF_MALFORMED }, { 8, HF_OK },       { 9, HF_OK },
		     { 13, HF_OK },       { 14, HF_SHORT },    { 65535, HF_SHORT } };
	uint8_t p[16];
	struct udp_header h;

	(void)state;
	make(p, &six_a, &six_b);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		hf_store16(p + 4, rows[i].len);
		if (rows[i].is == HF_OK) {
			assert_int_equal(udp_parse((struct hf_bytes){ p, 13 }, &six_a, &six_b, true, &h), HF_OK);
			assert_int_equal(h.payload.len, rows[i].len - 8); /* what lies behind is not its own */
		} else {
			REFUSED(rows[i].is, h, udp_parse((struct hf_bytes){ p, 13 }, &six_a, &six_b, true, &h));
		}
	}
}

static void checksum_rules(void **state)
{
	struct hf_addr a = addr_ip4_u32(0x0a090001), b = addr_ip4_u32(0x0a090002);
	struct hf_bytes d;
	uint8_t p[16];
	struct udp_header h;

	(void)state;
	d = (struct hf_bytes){ p, make(p, &a, &b) };
	p[10] ^= 1;
	REFUSED(HF_BAD_CHECKSUM, h, udp_parse(d, &a, &b, false, &h));
	assert_int_equal(udp_parse(d, &a, &b, true, &h), HF_OK); /* vouched for */
	hf_store16(p + 6, 0);
	assert_int_equal(udp_parse(d, &a, &b, false, &h), HF_OK);             /* RFC 768: none made */
	REFUSED(HF_BAD_CHECKSUM, h, udp_parse(d, &six_a, &six_b, false, &h)); /* RFC 8200 8.1: must be made */
	assert_int_equal(udp_parse(d, &six_a, &six_b, true, &h), HF_OK);
}

static void empty_datagram(void **state)
{
	uint8_t p[UDP_HEADER_BYTES];
	struct hf_wr out = hf_wr_over(p, sizeof(p));
	struct udp_header h = { .src_port = 0x1234, .dst_port = 53, .len = 8, .csum = 0xabcd };

	(void)state;
	udp_put(&out, &h);
	assert_int_equal(written(&out), UDP_HEADER_BYTES);
	assert_memory_equal(p, "\x12\x34\x00\x35\x00\x08\xab\xcd", UDP_HEADER_BYTES);
	set_csum(p, sizeof(p), 6, hf_csum_pseudo(&six_a, &six_b, 17, sizeof(p)));
	assert_int_equal(udp_parse((struct hf_bytes){ p, sizeof(p) }, &six_a, &six_b, false, &h), HF_OK);
	assert_int_equal(h.payload.len, 0);
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t p[64];
		struct hf_addr src = i % 2 ? draw_ip4() : draw_ip6(), dst = i % 2 ? draw_ip4() : draw_ip6();
		struct udp_header h = { .src_port = (uint16_t)draw(), .dst_port = (uint16_t)draw() }, back;
		struct hf_wr out = hf_wr_over(p, sizeof(p));

		h.len = (uint16_t)(UDP_HEADER_BYTES + draw() % 56);
		draw_bytes(p, sizeof(p));
		udp_put(&out, &h);
		assert_int_equal(written(&out), UDP_HEADER_BYTES);
		set_csum(p, h.len, 6, hf_csum_pseudo(&src, &dst, 17, h.len));
		if (hf_load16(p + 6) == 0)
			hf_store16(p + 6, 0xffff);
		assert_int_equal(udp_parse((struct hf_bytes){ p, sizeof(p) }, &src, &dst, false, &back), HF_OK);
		assert_int_equal(h.src_port, back.src_port);
		assert_int_equal(h.dst_port, back.dst_port);
		assert_int_equal(h.len, back.len);
		assert_ptr_equal(back.payload.at, p + UDP_HEADER_BYTES);
		assert_int_equal(back.payload.len, h.len - UDP_HEADER_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_datagram_over_both), cmocka_unit_test(every_prefix_is_short),
		cmocka_unit_test(length_bounds),           cmocka_unit_test(checksum_rules),
		cmocka_unit_test(empty_datagram),          cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
