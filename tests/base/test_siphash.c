/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/siphash.h"

#include <stdlib.h>

static uint8_t message[64], key_bytes[16];

static int count_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	memcpy(key_bytes, message, 16);
	return 0;
}

/* Message 00 01 .. of n octets under the key 00 .. 0f. That of 15 octets is worked out in the paper's appendix A. */
static void the_published_answers_of_siphash_2_4(void **state)
{
	static const struct {
		size_t n;
		uint64_t hash;
	} rows[] = {
		{ 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },  { 2, 0x0d6c8009d9a94f5a },
		{ 3, 0x85676696d7fb7e2d },  { 4, 0xcf2794e0277187b7 },  { 5, 0x18765564cd99a68d },
		{ 6, 0xcbc9466e58fee3ce },  { 7, 0xab0200f58b01d137 },  { 8, 0x93f5f5799a932462 },
		{ 9, 0x9e0082df0ba9e4b0 },  { 10, 0x7a5dbbc594ddb9f3 }, { 11, 0xf4b32f46226bada7 },
		{ 12, 0x751e8fbc860ee5fb }, { 13, 0x14ea5627c0843d90 }, { 14, 0xf723ca908e7af2ee },
		{ 15, 0xa129ca6149be45e5 }, { 16, 0x3f2acc7f57c29bdb }, { 63, 0x958a324ceb064572 },
	};
	struct hf_sipkey key = hf_sipkey_from(key_bytes);

	(void)state;
	assert_int_equal(key.k0, 0x0706050403020100);
	assert_int_equal(key.k1, 0x0f0e0d0c0b0a0908);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		assert_int_equal(hf_siphash(&key, message, rows[i].n), rows[i].hash);
}

/* Under the key of zeros: what CPython 3.11 gives as hash(bytes(range(n))) when PYTHONHASHSEED is 0. */
static void the_answers_of_another_siphash_1_3(void **state)
{
	static const struct {
		size_t n;
		uint64_t hash;
	} rows[] = {
		{ 1, 0x68a914128e01e473 },  { 2, 0x010bac45c41e3669 },  { 7, 0x2f098ab0c751325a },
		{ 8, 0xead411e67ebe2eea },  { 9, 0x75927f9d95124362 },  { 15, 0xf30eb725bb91c9ea },
		{ 16, 0x8972188433a5c5b7 }, { 17, 0x4883c49a2c009c1d }, { 63, 0x385d3e39e5f37359 },
	};
	struct hf_sipkey zero = { 0, 0 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		assert_int_equal(hf_siphash13(&zero, message, rows[i].n), rows[i].hash);
}

static void the_place_in_memory_does_not_matter(void **state)
{
	struct hf_sipkey key = hf_sipkey_from(key_bytes);

	(void)state;
	for (size_t n = 1; n <= 40; n++) {
		for (size_t skew = 0; skew < 8; skew++) {
			uint8_t *p = malloc(skew + n); /* no octet more, so that a sanitizer sees one read too many */

			assert_non_null(p);
			memcpy(p + skew, message, n);
			assert_int_equal(hf_siphash(&key, p + skew, n), hf_siphash(&key, message, n));
			assert_int_equal(hf_siphash13(&key, p + skew, n), hf_siphash13(&key, message, n));
			free(p);
		}
	}
	assert_int_equal(hf_siphash(&key, NULL, 0), 0x726fdb47dd0e0e31);
}

static void every_bit_of_key_and_message_matters(void **state)
{
	struct hf_sipkey key = hf_sipkey_from(key_bytes);
	uint64_t two_four = hf_siphash(&key, message, 21), one_three = hf_siphash13(&key, message, 21);

	(void)state;
	assert_int_not_equal(two_four, one_three);
	for (unsigned bit = 0; bit < 21 * 8; bit++) {
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(hf_siphash(&key, message, 21), two_four);
		assert_int_not_equal(hf_siphash13(&key, message, 21), one_three);
		message[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned bit = 0; bit < 128; bit++) {
		struct hf_sipkey other;

		key_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		other = hf_sipkey_from(key_bytes);
		assert_int_not_equal(hf_siphash(&other, message, 21), two_four);
		assert_int_not_equal(hf_siphash13(&other, message, 21), one_three);
		key_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* Zeros at the end are not lost: the length is part of what is hashed. */
static void length_matters(void **state)
{
	static const uint8_t zeros[20];
	struct hf_sipkey key = hf_sipkey_from(key_bytes);

	(void)state;
	for (size_t n = 0; n < sizeof(zeros); n++) {
		assert_int_not_equal(hf_siphash(&key, zeros, n), hf_siphash(&key, zeros, n + 1));
		assert_int_not_equal(hf_siphash13(&key, zeros, n), hf_siphash13(&key, zeros, n + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_answers_of_siphash_2_4),
		cmocka_unit_test(the_answers_of_another_siphash_1_3),
		cmocka_unit_test(the_place_in_memory_does_not_matter),
		cmocka_unit_test(every_bit_of_key_and_message_matters),
		cmocka_unit_test(length_matters),
	};

	return cmocka_run_group_tests(tests, count_up, NULL);
}
