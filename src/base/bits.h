/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_BITS_H
#define HF_BASE_BITS_H

#include "hf/types.h"

#include <string.h>

/* A promise of ours, checked in release builds too. Never reachable from the network. */
#define HF_ASSERT(x)                           \
	do {                                   \
		if (__builtin_expect(!(x), 0)) \
			__builtin_trap();      \
	} while (0)

static inline bool hf_bytes_same(struct hf_bytes a, struct hf_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

#define HF_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define HF_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define HF_LIKELY(x) __builtin_expect(!!(x), 1)
#define HF_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HF_NONE UINT32_MAX /* "no index" in every table of ours */

static inline uint16_t hf_load16(const void *p)
{
	uint16_t v;
	memcpy(&v, p, 2);
	return __builtin_bswap16(v);
}

static inline uint32_t hf_load32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static inline void hf_store16(void *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, 2);
}

static inline void hf_store32(void *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
}

static inline uint32_t hf_min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}
static inline uint32_t hf_max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}
static inline uint64_t hf_min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}
static inline uint64_t hf_max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
