/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_ARENA_H
#define HF_BASE_ARENA_H

#include "hf/status.h"

/*
 * Memory handed over once at init, cut into tables. With no memory (hf_arena_count()) the same code only adds sizes up,
 * so that "how much" and "where" cannot drift apart.
 */
struct hf_arena {
	uint8_t *at; /* NULL: count only */
	size_t left;
	size_t used; /* padding included; when counting, also what aligning the start may cost */
	bool full;
};

struct hf_arena hf_arena_over(void *mem, size_t n);
struct hf_arena hf_arena_count(void);
/* Zeroed memory for n things of `size` octets, aligned to 64; NULL when counting, when n is 0, or when full. */
void *hf_arena_take(struct hf_arena *a, size_t n, size_t size);
/* The same with the octets as they were: what is written before it is read need not cost memory until it is used. */
void *hf_arena_take_raw(struct hf_arena *a, size_t n, size_t size);
HF_NODISCARD hf_status hf_arena_end(const struct hf_arena *a); /* FULL when anything did not fit */

#endif
