/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_WIRE_TEST_H
#define HF_TESTS_WIRE_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/csum.h"
#include "base/rd.h"
#include "base/wr.h"
#include "wire/addr.h"

#include <stdlib.h>
#include <string.h>

#define BYTES(text) ((struct hf_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })
#define ROUNDS 2000u

/* splitmix64 from a fixed seed: the same "random" structs in every run */
static inline uint64_t draw(void)
{
	static uint64_t state = 9293;
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline void draw_bytes(void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)draw();
}

static inline struct hf_addr draw_ip4(void)
{
	return addr_ip4_u32((uint32_t)draw());
}

static inline struct hf_addr draw_ip6(void)
{
	struct hf_addr a;

	draw_bytes(a.b, 16);
	a.b[0] = 0x20; /* never a mapped one, never a group */
	return a;
}

/* A copy of exactly its size on the heap, so that an address checker sees a read beyond it. */
static inline struct hf_bytes exact(const void *from, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	assert_non_null(p);
	if (n)
		memcpy(p, from, n);
	return (struct hf_bytes){ p, n };
}

static inline void done_with(struct hf_bytes b)
{
	free((void *)(uintptr_t)b.at);
}

static inline void set_csum(uint8_t *p, size_t n, size_t field, uint64_t sum)
{
	hf_store16(p + field, 0);
	hf_store16(p + field, hf_csum_finish(hf_csum_add(sum, p, n)));
}

static inline size_t written(const struct hf_wr *out)
{
	size_t n = 0;

	assert_int_equal(hf_wr_end(out, &n), HF_OK);
	return n;
}

static inline void expect_bytes(struct hf_bytes b, const char *text)
{
	assert_int_equal(b.len, strlen(text));
	if (b.len)
		assert_memory_equal(b.at, text, b.len);
}

static inline void expect_addr(const struct hf_addr *a, const char *text)
{
	char line[HF_ADDR_TEXT];

	addr_format(a, line);
	assert_string_equal(line, text);
}

/* A refused message leaves the struct as it was. */
#define REFUSED(status, ret, call)                                 \
	do {                                                       \
		uint8_t before_[sizeof(ret)];                      \
		memset(&(ret), 0x5a, sizeof(ret));                 \
		memcpy(before_, &(ret), sizeof(ret));              \
		assert_int_equal(call, status);                    \
		assert_memory_equal(before_, &(ret), sizeof(ret)); \
	} while (0)

#endif
