/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/rng.h"

static const uint8_t seed[16] = { 9, 8, 7, 6, 5, 4, 3, 2, 1 };

static void the_same_seed_gives_the_same_numbers(void **state)
{
	struct hf_rng a, b;

	(void)state;
	hf_rng_init(&a, seed);
	hf_rng_init(&b, seed);
	for (uint64_t i = 0; i < 1000; i++) {
		struct hf_sipkey key = hf_sipkey_from(seed);
		uint64_t v = hf_rng_u64(&a);

		assert_int_equal(v, hf_rng_u64(&b));
		assert_int_equal(v, hf_siphash(&key, &i, sizeof(i)));
	}
}

static void each_octet_of_the_seed_matters(void **state)
{
	struct hf_rng a, b;

	(void)state;
	hf_rng_init(&a, seed);
	for (int i = 0; i < 16; i++) {
		uint8_t other[16];

		memcpy(other, seed, 16);
		other[i] ^= 0x80;
		hf_rng_init(&b, other);
		assert_int_not_equal(hf_rng_u64(&a), hf_rng_u64(&b));
		hf_rng_init(&a, seed);
	}
}

static void below_stays_below_and_reaches_all(void **state)
{
	static const uint32_t n[] = { 1, 2, 3, 7, 10, 64, 100 };
	struct hf_rng r;

	(void)state;
	hf_rng_init(&r, seed);
	for (size_t i = 0; i < HF_ARRAY_LEN(n); i++) {
		enum { DRAWS = 20000 };
		uint32_t seen[100] = { 0 };
		double chi2 = 0, expected = (double)DRAWS / n[i];

		for (int k = 0; k < DRAWS; k++) {
			uint32_t v = hf_rng_below(&r, n[i]);

			assert_true(v < n[i]);
			seen[v]++;
		}
		for (uint32_t v = 0; v < n[i]; v++) {
			assert_true(seen[v] > 0);
			chi2 += (seen[v] - expected) * (seen[v] - expected) / expected;
		}
		assert_true(chi2 < n[i] + 40); /* far out for 99 degrees of freedom; the seed is fixed, so it never flickers */
	}
}

/* For n = 3/4 of 2^32, scaling without drawing again gives every third result twice as often as the others. */
static void below_has_no_bias(void **state)
{
	enum { DRAWS = 30000 };
	struct hf_rng r;
	uint32_t thirds[3] = { 0 };

	(void)state;
	hf_rng_init(&r, seed);
	for (int i = 0; i < DRAWS; i++) {
		uint32_t v = hf_rng_below(&r, 0xc0000000u);

		assert_true(v < 0xc0000000u);
		thirds[v % 3]++;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(thirds[i], DRAWS / 3 - 400, DRAWS / 3 + 400);
}

static void below_the_largest(void **state)
{
	struct hf_rng r;
	uint32_t high = 0;

	(void)state;
	hf_rng_init(&r, seed);
	for (int i = 0; i < 1000; i++) {
		uint32_t v = hf_rng_below(&r, UINT32_MAX);

		assert_true(v < UINT32_MAX);
		high = hf_max_u32(high, v);
	}
	assert_true(high > UINT32_MAX - UINT32_MAX / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_numbers),
		cmocka_unit_test(each_octet_of_the_seed_matters),
		cmocka_unit_test(below_stays_below_and_reaches_all),
		cmocka_unit_test(below_has_no_bias),
		cmocka_unit_test(below_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
