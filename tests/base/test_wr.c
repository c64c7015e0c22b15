/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/wr.h"

static void write_all(struct hf_wr *out)
{
	hf_wr_u8(out, 0x01);
	hf_wr_u16(out, 0x2345);
	hf_wr_u24(out, 0xff6789ab); /* the highest octet is not written */
	hf_wr_u32(out, 0xcdef1032);
	hf_wr_u64(out, 0x5476981032547698);
	hf_wr_copy(out, "xyz", 3);
	hf_wr_fill(out, 0xee, 2);
}

static const uint8_t all[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54, 0x76,
			       0x98, 0x10, 0x32, 0x54, 0x76, 0x98, 'x',  'y',  'z',  0xee, 0xee };

static void what_is_written_stands_in_network_order(void **state)
{
	uint8_t room[sizeof(all)];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t len = 0;

	(void)state;
	write_all(&out);
	assert_int_equal(hf_wr_len(&out), sizeof(all));
	assert_int_equal(hf_wr_end(&out, &len), HF_OK);
	assert_int_equal(len, sizeof(all));
	assert_memory_equal(room, all, sizeof(all));
}

static void too_little_room_is_full_and_nothing_is_written_beyond(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(all); n++) {
		uint8_t room[sizeof(all) + 8];
		struct hf_wr out = hf_wr_over(room, n);
		size_t len = 99, written;

		memset(room, 0xa5, sizeof(room));
		write_all(&out);
		assert_int_equal(hf_wr_end(&out, &len), HF_FULL);
		assert_int_equal(len, 99);
		written = hf_wr_len(&out);
		assert_true(written <= n);
		assert_memory_equal(room, all, written); /* whole pieces, and none behind the one that did not fit */
		for (size_t i = written; i < sizeof(room); i++)
			assert_int_equal(room[i], 0xa5);
	}
}

static void room_is_taken_whole_or_not_at_all(void **state)
{
	uint8_t room[8];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t len = 99;

	(void)state;
	assert_ptr_equal(hf_wr_take(&out, 3), room);
	assert_ptr_equal(hf_wr_take(&out, 5), room + 3);
	assert_int_equal(hf_wr_end(&out, &len), HF_OK);
	assert_int_equal(len, 8);
	assert_null(hf_wr_take(&out, 1));
	assert_int_equal(hf_wr_end(&out, &len), HF_FULL);
	out = hf_wr_over(room, sizeof(room));
	assert_null(hf_wr_take(&out, 9));
	assert_null(hf_wr_take(&out, 1)); /* nothing slips in behind the gap */
}

static void huge_lengths_do_not_wrap(void **state)
{
	uint8_t room[4] = { 0 };
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t len;

	(void)state;
	hf_wr_u8(&out, 1);
	hf_wr_fill(&out, 0xff, SIZE_MAX);
	assert_int_equal(hf_wr_end(&out, &len), HF_FULL);
	assert_memory_equal(room, "\1\0\0\0", 4);
}

static void a_length_is_patched_in_later(void **state)
{
	uint8_t room[6];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t len;

	(void)state;
	hf_wr_u16(&out, 0);
	hf_wr_u32(&out, 0x01020304);
	hf_wr_patch_u16(&out, 0, 0xbeef);
	hf_wr_patch_u16(&out, 4, 0xcafe);
	assert_int_equal(hf_wr_end(&out, &len), HF_OK);
	assert_memory_equal(room, "\xbe\xef\x01\x02\xca\xfe", 6);
}

static void a_bad_cursor_patches_nothing(void **state)
{
	uint8_t room[3] = { 0 };
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t len;

	(void)state;
	hf_wr_u16(&out, 0x0102);
	hf_wr_u16(&out, 0x0304);
	hf_wr_patch_u16(&out, 2, 0xffff);
	hf_wr_patch_u16(&out, 0, 0xffff);
	assert_memory_equal(room, "\1\2\0", 3);
	assert_int_equal(hf_wr_end(&out, &len), HF_FULL);
}

static void no_room_at_all(void **state)
{
	struct hf_wr out = hf_wr_over(NULL, 0);
	size_t len = 99;

	(void)state;
	hf_wr_copy(&out, NULL, 0);
	hf_wr_fill(&out, 1, 0);
	assert_int_equal(hf_wr_end(&out, &len), HF_OK);
	assert_int_equal(len, 0);
	hf_wr_u8(&out, 1);
	assert_int_equal(hf_wr_end(&out, &len), HF_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_stands_in_network_order),
		cmocka_unit_test(too_little_room_is_full_and_nothing_is_written_beyond),
		cmocka_unit_test(room_is_taken_whole_or_not_at_all),
		cmocka_unit_test(huge_lengths_do_not_wrap),
		cmocka_unit_test(a_length_is_patched_in_later),
		cmocka_unit_test(a_bad_cursor_patches_nothing),
		cmocka_unit_test(no_room_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
