/* SPDX-License-Identifier: MIT */
#include "base/chunk.h"

void hf_chunks_init(struct hf_chunks *c, struct hf_arena *a, uint32_t count)
{
	hf_pool_init(&c->pool, a, count, sizeof(struct hf_chunk));
	c->data = hf_arena_take_raw(a, count, HF_CHUNK_BYTES);
	if (!c->data) { /* no data, no chunks */
		c->pool.count = 0;
		c->pool.free_head = HF_NONE;
	}
}

uint32_t hf_chunk_take(struct hf_chunks *c)
{
	uint32_t i = hf_pool_take_dirty(&c->pool);

	if (i != HF_NONE)
		*hf_chunk_at(c, i) = (struct hf_chunk){ .next = HF_NONE };
	return i;
}

void hf_chunk_give(struct hf_chunks *c, uint32_t i)
{
	hf_pool_give(&c->pool, i);
}

void hf_chunk_give_list(struct hf_chunks *c, uint32_t head)
{
	while (head != HF_NONE) {
		uint32_t next = hf_chunk_at(c, head)->next;

		hf_chunk_give(c, head);
		head = next;
	}
}
