/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "base/bits.h"

#define ALIGN 64u

static void *take(struct hf_arena *a, size_t n, size_t size);

struct hf_arena hf_arena_over(void *mem, size_t n)
{
	uint8_t *at = mem;
	size_t pad = -(uintptr_t)at & (ALIGN - 1);

	HF_ASSERT(at != NULL);
	if (pad > n)
		pad = n;
	return (struct hf_arena){ .at = at + pad, .left = n - pad, .used = pad };
}

/* The counted size suffices wherever the memory begins, so that nobody has to align it. */
struct hf_arena hf_arena_count(void)
{
	return (struct hf_arena){ .left = SIZE_MAX - ALIGN, .used = ALIGN };
}

void *hf_arena_take(struct hf_arena *a, size_t n, size_t size)
{
	void *p = take(a, n, size);

	if (p)
		memset(p, 0, n * size);
	return p;
}

void *hf_arena_take_raw(struct hf_arena *a, size_t n, size_t size)
{
	return take(a, n, size);
}

hf_status hf_arena_end(const struct hf_arena *a)
{
	return a->full ? HF_FULL : HF_OK;
}

/* Counting goes the same way as cutting, but for the addresses. Once full, always full: a smaller table may not slip in. */
static void *take(struct hf_arena *a, size_t n, size_t size)
{
	size_t bytes, whole;
	void *p;

	if (n == 0 || size == 0)
		return NULL;
	if (a->full || __builtin_mul_overflow(n, size, &bytes) || bytes > a->left) {
		a->full = true;
		return NULL;
	}
	/* The padding behind the last table may be missing. */
	whole = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (whole > a->left)
		whole = a->left;

	p = a->at;
	if (a->at)
		a->at += whole;
	a->left -= whole;
	a->used += whole;
	return p;
}
