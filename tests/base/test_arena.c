/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"

#include <string.h>

/* The tables of some module: the sizes are awkward on purpose. */
static void carve(struct hf_arena *a, uint8_t *ret[4])
{
	ret[0] = hf_arena_take(a, 3, 7);
	ret[1] = hf_arena_take(a, 1, 64);
	ret[2] = hf_arena_take_raw(a, 5, 13);
	ret[3] = hf_arena_take(a, 2, 64); /* no padding behind it to hide a mistake */
}

static void counted_size_suffices_at_every_alignment(void **state)
{
	static uint8_t mem[1024];
	struct hf_arena count = hf_arena_count();
	uint8_t *p[4];

	(void)state;
	carve(&count, p);
	for (int i = 0; i < 4; i++)
		assert_null(p[i]);
	assert_int_equal(hf_arena_end(&count), HF_OK);
	assert_true(count.used < 512);

	for (size_t skew = 0; skew < 64; skew++) {
		struct hf_arena a = hf_arena_over(mem + skew, count.used);
		uint8_t *end = mem + skew + count.used;

		memset(mem, 0xa5, sizeof(mem));
		carve(&a, p);
		assert_int_equal(hf_arena_end(&a), HF_OK);
		for (int i = 0; i < 4; i++) {
			static const size_t bytes[4] = { 21, 64, 65, 128 };

			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % 64, 0);
			assert_true(p[i] >= mem + skew && p[i] + bytes[i] <= end);
			if (i > 0)
				assert_true(p[i - 1] + bytes[i - 1] <= p[i]);
			for (size_t k = 0; k < bytes[i]; k++)
				assert_int_equal(p[i][k], i == 2 ? 0xa5 : 0); /* raw stays as it was */
		}
		for (size_t k = 0; k < skew; k++)
			assert_int_equal(mem[k], 0xa5);
		for (uint8_t *q = end; q < mem + sizeof(mem); q++)
			assert_int_equal(*q, 0xa5);
	}
}

static void exact_room_is_enough_and_one_octet_less_is_not(void **state)
{
	static _Alignas(64) uint8_t mem[128];
	struct hf_arena a = hf_arena_over(mem, 65);

	(void)state;
	assert_ptr_equal(hf_arena_take(&a, 1, 65), mem);
	assert_int_equal(hf_arena_end(&a), HF_OK);
	assert_int_equal(a.used, 65);
	assert_null(hf_arena_take(&a, 1, 1));
	assert_int_equal(hf_arena_end(&a), HF_FULL);

	a = hf_arena_over(mem, 64);
	assert_null(hf_arena_take(&a, 1, 65));
	assert_int_equal(hf_arena_end(&a), HF_FULL);
}

static void once_full_always_full(void **state)
{
	static _Alignas(64) uint8_t mem[128];
	struct hf_arena a = hf_arena_over(mem, sizeof(mem));

	(void)state;
	assert_null(hf_arena_take(&a, 3, 64));
	assert_null(hf_arena_take(&a, 1, 1)); /* would fit, but the tables would not be all there */
	assert_int_equal(hf_arena_end(&a), HF_FULL);
}

static void sizes_that_overflow_are_full(void **state)
{
	static _Alignas(64) uint8_t mem[128];
	static const size_t n[][2] = { { SIZE_MAX, 2 }, { SIZE_MAX / 2 + 1, 2 }, { SIZE_MAX, 1 }, { SIZE_MAX - 63, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		struct hf_arena over = hf_arena_over(mem, sizeof(mem)), count = hf_arena_count();

		assert_null(hf_arena_take(&over, n[i][0], n[i][1]));
		assert_int_equal(hf_arena_end(&over), HF_FULL);
		assert_null(hf_arena_take(&count, n[i][0], n[i][1]));
		assert_int_equal(hf_arena_end(&count), HF_FULL);
	}
}

static void sums_that_overflow_are_full_when_counting(void **state)
{
	struct hf_arena a = hf_arena_count();

	(void)state;
	(void)hf_arena_take(&a, SIZE_MAX / 2, 1);
	assert_int_equal(hf_arena_end(&a), HF_OK);
	(void)hf_arena_take(&a, SIZE_MAX / 2, 1);
	assert_int_equal(hf_arena_end(&a), HF_FULL);
}

static void nothing_asked_nothing_taken(void **state)
{
	static _Alignas(64) uint8_t mem[64];
	struct hf_arena a = hf_arena_over(mem, 0);

	(void)state;
	assert_null(hf_arena_take(&a, 0, 64));
	assert_null(hf_arena_take(&a, 64, 0));
	assert_int_equal(a.used, 0);
	assert_int_equal(hf_arena_end(&a), HF_OK);
}

static void memory_smaller_than_its_misalignment_is_full(void **state)
{
	static _Alignas(64) uint8_t mem[64];
	struct hf_arena a = hf_arena_over(mem + 1, 3);

	(void)state;
	assert_null(hf_arena_take(&a, 1, 1));
	assert_int_equal(hf_arena_end(&a), HF_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted_size_suffices_at_every_alignment),
		cmocka_unit_test(exact_room_is_enough_and_one_octet_less_is_not),
		cmocka_unit_test(once_full_always_full),
		cmocka_unit_test(sizes_that_overflow_are_full),
		cmocka_unit_test(sums_that_overflow_are_full_when_counting),
		cmocka_unit_test(nothing_asked_nothing_taken),
		cmocka_unit_test(memory_smaller_than_its_misalignment_is_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
