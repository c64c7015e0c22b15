/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/icmp.h"

static const struct hf_addr a = { { 0xfe, 0x80, [15] = 1 } }, b = { { 0xfe, 0x80, [15] = 2 } };

static void good_echo(void **state)
{
	struct icmp_message m;

	(void)state;
	/* 0800 + 1234 + 0001 + 6162 + 6300 = de97, ~ = 2168 */
	assert_int_equal(icmp4_parse(BYTES("\x08\x00\x21\x68\x12\x34\x00\x01"
					   "abc"),
				     &m),
			 HF_OK);
	assert_int_equal(m.type, ICMP4_ECHO);
	assert_int_equal(m.code, 0);
	assert_int_equal(m.rest, 0x12340001);
	expect_bytes(m.body, "abc");
	/* 8000 + 1234 + 0001 + 6162 + 6300 + pseudo (fe80+1 + fe80+2 + 000b + 003a) = 353df -> 53e2, ~ = ac1d */
	assert_int_equal(icmp6_parse(BYTES("\x80\x00\xac\x1d\x12\x34\x00\x01"
					   "abc"),
				     &a, &b, &m),
			 HF_OK);
	assert_int_equal(m.type, ICMP6_ECHO);
	expect_bytes(m.body, "abc");
}

/* A prefix is either too short or has another sum. */
static void every_prefix_is_refused(void **state)
{
	static const char four[] = "\x08\x00\x21\x68\x12\x34\x00\x01"
				   "abc",
			  six[] = "\x80\x00\xac\x1d\x12\x34\x00\x01"
				  "abc";
	struct icmp_message m;

	(void)state;
	for (size_t n = 0; n < 11; n++) {
		struct hf_bytes p = exact(four, n), q = exact(six, n);
		hf_status is = n < ICMP_HEADER_BYTES ? HF_SHORT : HF_BAD_CHECKSUM;

		REFUSED(is, m, icmp4_parse(p, &m));
		REFUSED(is, m, icmp6_parse(q, &a, &b, &m));
		done_with(p);
		done_with(q);
	}
}

static void every_changed_bit_is_seen(void **state)
{
	uint8_t p[11];
	struct icmp_message m;

	(void)state;
	memcpy(p,
	       "\x08\x00\x21\x68\x12\x34\x00\x01"
	       "abc",
	       11);
	for (unsigned bit = 0; bit < 88; bit++) {
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		REFUSED(HF_BAD_CHECKSUM, m, icmp4_parse((struct hf_bytes){ p, 11 }, &m));
		p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(icmp4_parse((struct hf_bytes){ p, 11 }, &m), HF_OK);
	/* Version 6 knows whom it is for. */
	assert_int_equal(icmp6_parse(BYTES("\x80\x00\xac\x1d\x12\x34\x00\x01"
					   "abc"),
				     &b, &a, &m),
			 HF_OK);
	REFUSED(HF_BAD_CHECKSUM, m,
		icmp6_parse(BYTES("\x80\x00\xac\x1d\x12\x34\x00\x01"
				  "abc"),
			    &a, &a, &m));
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t body[100], room[ICMP_HEADER_BYTES + sizeof(body)];
		struct hf_wr out = hf_wr_over(room, sizeof(room));
		struct hf_addr src = draw_ip6(), dst = draw_ip6();
		struct icmp_message back,
			m = { (uint8_t)draw(), (uint8_t)draw(), (uint32_t)draw(), { body, draw() % (sizeof(body) + 1) } };
		size_t n;

		draw_bytes(body, sizeof(body));
		if (i % 2)
			icmp4_put(&out, &m);
		else
			icmp6_put(&out, &m, &src, &dst);
		n = written(&out);
		assert_int_equal(n, ICMP_HEADER_BYTES + m.body.len);
		if (i % 2)
			assert_int_equal(icmp4_parse((struct hf_bytes){ room, n }, &back), HF_OK);
		else
			assert_int_equal(icmp6_parse((struct hf_bytes){ room, n }, &src, &dst, &back), HF_OK);
		assert_int_equal(m.type, back.type);
		assert_int_equal(m.code, back.code);
		assert_int_equal(m.rest, back.rest);
		assert_int_equal(m.body.len, back.body.len);
		if (m.body.len)
			assert_memory_equal(body, back.body.at, m.body.len);
	}
}

static void which_are_errors(void **state)
{
	(void)state;
	for (unsigned t = 0; t < 256; t++) {
		assert_int_equal(icmp4_is_error((uint8_t)t), t == 3 || t == 4 || t == 5 || t == 11 || t == 12);
		assert_int_equal(icmp6_is_error((uint8_t)t), t < 128 || t == 137);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_echo),
		cmocka_unit_test(every_prefix_is_refused),
		cmocka_unit_test(every_changed_bit_is_seen),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(which_are_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
