/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_HTTP_TEST_H
#define HF_TESTS_HTTP_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/h1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline struct hf_bytes bytes_of(const char *s)
{
	return (struct hf_bytes){ (const uint8_t *)s, strlen(s) };
}

/* The same octets in spans of `step`, each in memory of its own size, so that an address checker sees a read past one. */
struct pieces {
	struct hf_bytes span[20000];
	size_t n;
};

static inline void cut(struct pieces *p, const char *at, size_t len, size_t step)
{
	p->n = 0;
	for (size_t i = 0; i < len; i += step) {
		size_t n = len - i < step ? len - i : step;
		uint8_t *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, at + i, n);
		p->span[p->n++] = (struct hf_bytes){ copy, n };
	}
}

static inline void uncut(struct pieces *p)
{
	for (size_t i = 0; i < p->n; i++)
		free((void *)p->span[i].at);
	p->n = 0;
}

static inline void assert_fault(unsigned got, unsigned want, const char *of)
{
	if (got != want)
		fail_msg("%s instead of %s for: %.200s", h1_fault_name(got), h1_fault_name(want), of);
}

static inline void assert_bytes(struct hf_bytes got, const char *want)
{
	if (got.len != strlen(want) || memcmp(got.at, want, got.len) != 0)
		fail_msg("\"%.*s\" instead of \"%s\"", (int)got.len, (const char *)got.at, want);
}

#endif
