/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/rd.h"

static const uint8_t octets[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32 };

static struct hf_rd over(size_t n)
{
	return hf_rd_over((struct hf_bytes){ octets, n });
}

static void numbers_are_in_network_order(void **state)
{
	struct hf_rd in = over(sizeof(octets));

	(void)state;
	assert_int_equal(hf_rd_u8(&in), 0x01);
	assert_int_equal(hf_rd_u16(&in), 0x2345);
	assert_int_equal(hf_rd_u24(&in), 0x6789ab);
	assert_int_equal(hf_rd_u32(&in), 0xcdef1032);
	assert_int_equal(hf_rd_end(&in), HF_OK);

	in = over(sizeof(octets));
	assert_int_equal(hf_rd_u64(&in), 0x0123456789abcdef);
	assert_int_equal(hf_rd_left(&in), 2);
	assert_int_equal(hf_rd_ok(&in), HF_OK);
	assert_int_equal(hf_rd_end(&in), HF_MALFORMED); /* two octets more */
}

static uint64_t read_number(struct hf_rd *in, unsigned width)
{
	switch (width) {
	case 1:
		return hf_rd_u8(in);
	case 2:
		return hf_rd_u16(in);
	case 3:
		return hf_rd_u24(in);
	case 4:
		return hf_rd_u32(in);
	default:
		return hf_rd_u64(in);
	}
}

static void a_read_past_the_end_gives_zero_and_spoils(void **state)
{
	static const unsigned widths[] = { 1, 2, 3, 4, 8 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(widths); i++) {
		for (size_t n = 0; n < widths[i]; n++) {
			struct hf_rd in = over(n);

			assert_int_equal(read_number(&in, widths[i]), 0);
			assert_int_equal(hf_rd_ok(&in), HF_SHORT);
			assert_int_equal(hf_rd_left(&in), 0);
			assert_int_equal(hf_rd_u8(&in), 0); /* though one octet would have been there */
			assert_int_equal(hf_rd_end(&in), HF_SHORT);
		}
	}
}

static void bytes_are_borrowed(void **state)
{
	struct hf_rd in = over(6);
	struct hf_bytes b = hf_rd_bytes(&in, 4);

	(void)state;
	assert_ptr_equal(b.at, octets);
	assert_int_equal(b.len, 4);
	b = hf_rd_bytes(&in, 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(hf_rd_ok(&in), HF_OK);
	b = hf_rd_rest(&in);
	assert_ptr_equal(b.at, octets + 4);
	assert_int_equal(b.len, 2);
	assert_int_equal(hf_rd_end(&in), HF_OK);
	b = hf_rd_rest(&in);
	assert_int_equal(b.len, 0);
	assert_int_equal(hf_rd_end(&in), HF_OK);
	b = hf_rd_bytes(&in, 1);
	assert_int_equal(b.len, 0);
	assert_int_equal(hf_rd_end(&in), HF_SHORT);
}

static void huge_lengths_do_not_wrap(void **state)
{
	static const size_t huge[] = { sizeof(octets) + 1, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(huge); i++) {
		struct hf_rd in = over(sizeof(octets));

		assert_int_equal(hf_rd_bytes(&in, huge[i]).len, 0);
		assert_int_equal(hf_rd_ok(&in), HF_SHORT);
		in = over(sizeof(octets));
		hf_rd_skip(&in, huge[i]);
		assert_int_equal(hf_rd_ok(&in), HF_SHORT);
	}
}

static void copy_gives_the_octets_or_zeros(void **state)
{
	struct hf_rd in = over(3);
	uint8_t to[3];

	(void)state;
	memset(to, 0xa5, 3);
	hf_rd_copy(&in, to, 2);
	assert_memory_equal(to, octets, 2);
	assert_int_equal(to[2], 0xa5);
	hf_rd_copy(&in, to, 2);
	assert_memory_equal(to, "\0\0\xa5", 3);
	assert_int_equal(hf_rd_end(&in), HF_SHORT);
}

static void skip_moves_on(void **state)
{
	struct hf_rd in = over(4);

	(void)state;
	hf_rd_skip(&in, 3);
	assert_int_equal(hf_rd_u8(&in), 0x67);
	assert_int_equal(hf_rd_end(&in), HF_OK);
	hf_rd_skip(&in, 0);
	assert_int_equal(hf_rd_end(&in), HF_OK);
	hf_rd_skip(&in, 1);
	assert_int_equal(hf_rd_end(&in), HF_SHORT);
}

/* A vector of len octets behind a length field of `size` octets, read with the bounds min..max. */
static hf_status read_vec(unsigned size, size_t len, size_t there, size_t min, size_t max, struct hf_bytes *ret)
{
	static uint8_t room[3 + 70000];
	struct hf_rd in;
	hf_status s;

	for (unsigned i = 0; i < size; i++)
		room[i] = (uint8_t)(len >> 8 * (size - 1 - i));
	in = hf_rd_over((struct hf_bytes){ room, size + there });
	*ret = hf_rd_vec(&in, size, min, max);
	s = hf_rd_end(&in);
	if (s == HF_OK)
		assert_ptr_equal(ret->at, room + size);
	return s;
}

static void a_vector_keeps_its_bounds(void **state)
{
	static const struct {
		unsigned size;
		size_t min, max;
	} rows[] = { { 1, 0, 255 }, { 1, 4, 32 }, { 2, 2, 300 }, { 2, 0, 65535 }, { 3, 1, 66000 } };
	struct hf_bytes b;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		unsigned size = rows[i].size;
		size_t min = rows[i].min, max = rows[i].max;

		assert_int_equal(read_vec(size, min, min, min, max, &b), HF_OK);
		assert_int_equal(b.len, min);
		assert_int_equal(read_vec(size, max, max, min, max, &b), HF_OK);
		assert_int_equal(b.len, max);
		if (min > 0) {
			assert_int_equal(read_vec(size, min - 1, min - 1, min, max, &b), HF_MALFORMED);
			assert_int_equal(b.len, 0);
		}
		if (max + 1 < (size_t)1 << 8 * size) {
			assert_int_equal(read_vec(size, max + 1, max + 1, min, max, &b), HF_MALFORMED);
			assert_int_equal(b.len, 0);
		}
		assert_int_equal(read_vec(size, max, max - 1, min, max, &b), HF_SHORT);
		assert_int_equal(b.len, 0);
		assert_int_equal(read_vec(size, min, min + 1, min, max, &b), HF_MALFORMED); /* one left over */
	}
}

static void a_vector_whose_length_is_cut_is_short(void **state)
{
	(void)state;
	for (unsigned size = 1; size <= 3; size++) {
		for (size_t n = 0; n < size; n++) {
			struct hf_rd in = over(n);

			/* The length reads as zero, below the minimum; yet the first reason stays. */
			assert_int_equal(hf_rd_vec(&in, size, 1, 200).len, 0);
			assert_int_equal(hf_rd_end(&in), HF_SHORT);
		}
	}
}

static void must_marks_malformed_but_the_first_reason_stays(void **state)
{
	struct hf_rd in = over(4);

	(void)state;
	hf_rd_must(&in, true);
	assert_int_equal(hf_rd_ok(&in), HF_OK);
	assert_int_equal(hf_rd_left(&in), 4);
	hf_rd_must(&in, false);
	assert_int_equal(hf_rd_ok(&in), HF_MALFORMED);
	assert_int_equal(hf_rd_left(&in), 0);
	assert_int_equal(hf_rd_u16(&in), 0);
	assert_int_equal(hf_rd_end(&in), HF_MALFORMED);

	in = over(1);
	(void)hf_rd_u16(&in);
	hf_rd_must(&in, false);
	assert_int_equal(hf_rd_end(&in), HF_SHORT);
}

static void no_bytes_at_all(void **state)
{
	struct hf_rd in = hf_rd_over((struct hf_bytes){ NULL, 0 });

	(void)state;
	assert_int_equal(hf_rd_left(&in), 0);
	assert_int_equal(hf_rd_rest(&in).len, 0);
	assert_int_equal(hf_rd_end(&in), HF_OK);
	assert_int_equal(hf_rd_u8(&in), 0);
	assert_int_equal(hf_rd_end(&in), HF_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_in_network_order),
		cmocka_unit_test(a_read_past_the_end_gives_zero_and_spoils),
		cmocka_unit_test(bytes_are_borrowed),
		cmocka_unit_test(huge_lengths_do_not_wrap),
		cmocka_unit_test(copy_gives_the_octets_or_zeros),
		cmocka_unit_test(skip_moves_on),
		cmocka_unit_test(a_vector_keeps_its_bounds),
		cmocka_unit_test(a_vector_whose_length_is_cut_is_short),
		cmocka_unit_test(must_marks_malformed_but_the_first_reason_stays),
		cmocka_unit_test(no_bytes_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
