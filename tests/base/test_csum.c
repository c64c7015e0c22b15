/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/csum.h"
#include "base/rng.h"

#include <stdlib.h>

#define MOST 70000u

static uint8_t data[MOST + 64];
static struct hf_rng rng;

/* RFC 1071 as its first page says it: 16-bit words in network order, each carry added at once, an odd octet padded. */
static uint16_t naive(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i += 2) {
		sum += (uint32_t)p[i] << 8 | (i + 1 < n ? p[i + 1] : 0);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static void fill(void)
{
	/* Mostly random; sometimes all ones, where every addition carries, or all zero, which must not become all ones. */
	uint32_t kind = hf_rng_below(&rng, 8);

	for (size_t i = 0; i < sizeof(data); i += 8) {
		uint64_t v = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : hf_rng_u64(&rng);

		memcpy(data + i, &v, 8);
	}
}

static int reset_rng(void **state)
{
	(void)state;
	hf_rng_init(&rng, (const uint8_t[16]){ 1, 2, 3 });
	return 0;
}

static void the_example_of_rfc_1071(void **state)
{
	static const uint8_t p[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(hf_csum_fold(hf_csum_add(0, p, sizeof(p))), 0xddf2);
	assert_int_equal(hf_csum_finish(hf_csum_add(0, p, sizeof(p))), 0x220d);
}

static void every_short_length_at_every_alignment(void **state)
{
	(void)state;
	fill();
	for (size_t skew = 0; skew < 64; skew++)
		for (size_t n = 0; n < 400; n++)
			assert_int_equal(hf_csum_fold(hf_csum_add(0, data + skew, n)), naive(data + skew, n));
}

/* Exactly sized memory, so that a sanitizer sees any octet read beyond. */
static void nothing_beyond_the_end_is_read(void **state)
{
	(void)state;
	for (size_t n = 1; n < 300; n++) {
		uint8_t *p = malloc(n);

		assert_non_null(p);
		memcpy(p, data, n);
		assert_int_equal(hf_csum_fold(hf_csum_add(0, p, n)), naive(p, n));
		free(p);
	}
}

static void random_lengths_and_alignments(void **state)
{
	(void)state;
	for (int i = 0; i < 600; i++) {
		size_t skew = hf_rng_below(&rng, 64);
		size_t n = hf_rng_below(&rng, i % 8 ? 4096 : MOST);

		if (i % 16 == 0)
			fill();
		assert_int_equal(hf_csum_fold(hf_csum_add(0, data + skew, n)), naive(data + skew, n));
		assert_int_equal(hf_csum_finish(hf_csum_add(0, data + skew, n)), (uint16_t)~naive(data + skew, n));
	}
}

static void parts_join_at_any_offset(void **state)
{
	(void)state;
	for (int i = 0; i < 3000; i++) {
		size_t skew = hf_rng_below(&rng, 64), at = 0;
		size_t n = hf_rng_below(&rng, 3000);
		uint64_t sum = 0;

		if (i % 64 == 0)
			fill();
		while (at < n) {
			size_t part = 1 + hf_rng_below(&rng, (uint32_t)(n - at));

			sum = hf_csum_join(sum, at, hf_csum_add(0, data + skew + at, part));
			at += part;
		}
		assert_int_equal(hf_csum_fold(sum), naive(data + skew, n));
	}
}

static void even_parts_can_be_added_on(void **state)
{
	(void)state;
	fill();
	for (int i = 0; i < 1000; i++) {
		size_t n = hf_rng_below(&rng, 2000), cut = hf_rng_below(&rng, (uint32_t)n / 2 + 1) * 2;

		cut = cut > n ? n & ~(size_t)1 : cut;
		assert_int_equal(hf_csum_fold(hf_csum_add(hf_csum_add(0, data, cut), data + cut, n - cut)), naive(data, n));
	}
}

static void a_sum_never_loses_a_carry(void **state)
{
	static const uint8_t ones[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	(void)state;
	/* 2^64 - 1 is a multiple of 65535, as are these octets: the sum stays what it is. */
	assert_int_equal(hf_csum_fold(hf_csum_add(UINT64_MAX, ones, sizeof(ones))), 0xffff);
	assert_int_equal(hf_csum_fold(hf_csum_join(UINT64_MAX, 0, UINT64_MAX)), 0xffff);
	assert_int_equal(hf_csum_fold(hf_csum_join(UINT64_MAX, 1, UINT64_MAX)), 0xffff);
	assert_int_equal(hf_csum_fold(UINT64_MAX), 0xffff);
	assert_int_equal(hf_csum_fold(hf_csum_add(UINT64_MAX, "\x12\x34", 2)), 0x1234);
}

static void nothing_sums_to_nothing(void **state)
{
	(void)state;
	assert_int_equal(hf_csum_add(0, NULL, 0), 0);
	assert_int_equal(hf_csum_add(7, NULL, 0), 7);
	assert_int_equal(hf_csum_finish(0), 0xffff);
}

static void a_message_with_its_checksum_finishes_to_zero(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		size_t n = 4 + hf_rng_below(&rng, 1500), at = hf_rng_below(&rng, (uint32_t)(n - 2) / 2) * 2;

		fill();
		data[0] = 0x45; /* an all-zero message has the two sums 0 and 65535 */
		data[at] = data[at + 1] = 0;
		if (at == 0)
			data[2] = 1;
		hf_store16(data + at, hf_csum_finish(hf_csum_add(0, data, n)));
		assert_int_equal(hf_csum_finish(hf_csum_add(0, data, n)), 0);
		data[n - 1] ^= 0x10;
		assert_int_not_equal(hf_csum_finish(hf_csum_add(0, data, n)), 0);
	}
}

static void short_pieces_sum_the_same(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		const uint8_t *p = data + i % 7;
		uint64_t values = 0;

		fill();
		if (i == 0)
			memset(data, 0xff, 64);
		for (unsigned words = 0; words < 12; words++) {
			assert_int_equal(hf_csum_fold(hf_csum_words(p, words)), naive(p, words * 4u));
			assert_int_equal(hf_csum_fold_values(values), naive(p, words * 4u));
			values += hf_load32(p + words * 4u);
		}
		assert_int_equal(hf_csum_fold(hf_csum_20(p)), naive(p, 20));
		assert_int_equal(hf_csum_fold(hf_csum_20(p) + hf_csum_words(p + 20, 4)), naive(p, 36));
	}
}

static void the_pseudo_header_of_ip4(void **state)
{
	const struct hf_addr src = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 168, 3, 201 } };
	const struct hf_addr dst = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 255, 254, 7 } };

	(void)state;
	for (uint32_t len = 0; len < 65536; len += 241) {
		uint8_t header[12] = { 192, 168, 3, 201, 10, 255, 254, 7, 0, 6 };

		hf_store16(header + 10, (uint16_t)len);
		assert_int_equal(hf_csum_fold(hf_csum_pseudo(&src, &dst, 6, len)), naive(header, sizeof(header)));
	}
}

static void the_pseudo_header_of_ip6(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct hf_addr src, dst;
		uint32_t len = (uint32_t)hf_rng_u64(&rng);
		uint8_t header[40] = { 0 };

		for (int k = 0; k < 16; k++) {
			src.b[k] = (uint8_t)hf_rng_u64(&rng);
			dst.b[k] = (uint8_t)hf_rng_u64(&rng);
		}
		if (i == 0) /* ::1 is not a mapped address */
			src = (struct hf_addr){ { [15] = 1 } };
		memcpy(header, src.b, 16);
		memcpy(header + 16, dst.b, 16);
		hf_store32(header + 32, len);
		header[39] = (uint8_t)i;
		assert_int_equal(hf_csum_fold(hf_csum_pseudo(&src, &dst, (uint8_t)i, len)), naive(header, sizeof(header)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_1071),
		cmocka_unit_test(every_short_length_at_every_alignment),
		cmocka_unit_test(nothing_beyond_the_end_is_read),
		cmocka_unit_test(random_lengths_and_alignments),
		cmocka_unit_test(parts_join_at_any_offset),
		cmocka_unit_test(even_parts_can_be_added_on),
		cmocka_unit_test(a_sum_never_loses_a_carry),
		cmocka_unit_test(nothing_sums_to_nothing),
		cmocka_unit_test(a_message_with_its_checksum_finishes_to_zero),
		cmocka_unit_test(short_pieces_sum_the_same),
		cmocka_unit_test(the_pseudo_header_of_ip4),
		cmocka_unit_test(the_pseudo_header_of_ip6),
	};

	return cmocka_run_group_tests(tests, reset_rng, NULL);
}
