/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_PAGE_TEST_H
#define HF_TESTS_PAGE_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"

#include <stdlib.h>

/* A copy of its exact size, so that an address checker sees a read behind its end. Give it to free_exact(). */
static inline struct hf_bytes exact_n(const void *from, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	assert_non_null(p);
	memcpy(p, from, n);
	return (struct hf_bytes){ p, n };
}

static inline struct hf_bytes exact(const char *text)
{
	return exact_n(text, strlen(text));
}

static inline void free_exact(struct hf_bytes b)
{
	free((void *)(uintptr_t)b.at);
}

#endif
