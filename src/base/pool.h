/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_POOL_H
#define HF_BASE_POOL_H

#include "base/arena.h"
#include "base/bits.h"

/* A table of equal things, named by index; each slot counts its births, so that an old name is noticed. */
struct hf_pool {
	uint8_t *items;
	uint32_t *birth; /* odd: taken */
	uint32_t *link;  /* next free slot */
	uint32_t stride;
	uint32_t count;
	uint32_t free_head;
	uint32_t in_use;
	uint32_t peak;
};

void hf_pool_init(struct hf_pool *p, struct hf_arena *a, uint32_t count, uint32_t stride);
/* A slot, zeroed; HF_NONE when all are taken. The most recently freed slot comes first. */
uint32_t hf_pool_take(struct hf_pool *p);
/* The same without clearing: for large buffers. */
uint32_t hf_pool_take_dirty(struct hf_pool *p);
void hf_pool_give(struct hf_pool *p, uint32_t slot);

static inline void *hf_pool_at(const struct hf_pool *p, uint32_t slot)
{
	HF_ASSERT(slot < p->count);
	return p->items + (size_t)slot * p->stride;
}

static inline uint32_t hf_pool_index(const struct hf_pool *p, const void *item)
{
	return (uint32_t)((size_t)((const uint8_t *)item - p->items) / p->stride);
}

static inline bool hf_pool_taken(const struct hf_pool *p, uint32_t slot)
{
	return slot < p->count && (p->birth[slot] & 1u);
}

/* The item when {slot, birth} still names it, else NULL. Any numbers are safe to ask with. */
static inline void *hf_pool_get(const struct hf_pool *p, uint32_t slot, uint32_t birth)
{
	if (slot >= p->count || p->birth[slot] != birth || !(birth & 1u))
		return NULL;
	return p->items + (size_t)slot * p->stride;
}

#endif
