/* SPDX-License-Identifier: MIT */
/*
 * A pool names its slots by index and counts births in each: taking makes the count odd, giving back makes it even.
 * A name {slot, birth} therefore dies with the slot's owner, and zero is never a living birth. The free list is a stack:
 * the slot freed last is the one still in the cache.
 */
#include "base/pool.h"

void hf_pool_init(struct hf_pool *p, struct hf_arena *a, uint32_t count, uint32_t stride)
{
	HF_ASSERT(stride > 0 && count < HF_NONE);
	*p = (struct hf_pool){ .stride = stride, .free_head = HF_NONE };
	p->items = hf_arena_take_raw(a, count, stride); /* hf_pool_take() clears; untouched slots cost no memory */
	p->birth = hf_arena_take(a, count, sizeof(*p->birth));
	p->link = hf_arena_take_raw(a, count, sizeof(*p->link));
	if (!p->items || !p->birth || !p->link)
		return; /* counting, or full: a pool of none */

	p->count = count;
	for (uint32_t i = 0; i < count; i++)
		p->link[i] = i + 1 < count ? i + 1 : HF_NONE;
	p->free_head = 0;
}

uint32_t hf_pool_take(struct hf_pool *p)
{
	uint32_t slot = hf_pool_take_dirty(p);

	if (slot != HF_NONE)
		memset(hf_pool_at(p, slot), 0, p->stride);
	return slot;
}

uint32_t hf_pool_take_dirty(struct hf_pool *p)
{
	uint32_t slot = p->free_head;

	if (slot == HF_NONE)
		return HF_NONE;
	p->free_head = p->link[slot];
	p->birth[slot]++;
	p->in_use++;
	p->peak = hf_max_u32(p->peak, p->in_use);
	return slot;
}

void hf_pool_give(struct hf_pool *p, uint32_t slot)
{
	HF_ASSERT(hf_pool_taken(p, slot));
	p->birth[slot]++;
	p->link[slot] = p->free_head;
	p->free_head = slot;
	p->in_use--;
}
