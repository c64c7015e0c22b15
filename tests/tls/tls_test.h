/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TLS_TEST_H
#define HF_TESTS_TLS_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tls/tls_internal.h"

/* Octets written as hexadecimal digits, kept until as many more have been written. */
static inline struct hf_bytes hex(const char *digits)
{
	static uint8_t room[1 << 16];
	static size_t used;
	size_t n = strlen(digits) / 2;
	uint8_t *to;

	if (sizeof(room) - used < n)
		used = 0;
	assert_true(n <= sizeof(room));
	to = room + used;
	used += n;
	for (size_t i = 0; i < n; i++) {
		unsigned v = 0;

		for (size_t k = 0; k < 2; k++) {
			const char *at = strchr("0123456789abcdef", digits[2 * i + k]);

			assert_true(at && *at);
			v = v << 4 | (unsigned)(at - "0123456789abcdef");
		}
		to[i] = (uint8_t)v;
	}
	return (struct hf_bytes){ to, n };
}

static inline void assert_octets(const void *got, size_t n, const char *digits)
{
	struct hf_bytes want = hex(digits);

	assert_int_equal(n, want.len);
	assert_memory_equal(got, want.at, n);
}

static inline struct hf_bytes of(const void *at, size_t n)
{
	return (struct hf_bytes){ at, n };
}

#endif
