/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_CHUNK_H
#define HF_BASE_CHUNK_H

#include "base/pool.h"

/*
 * Buffer memory shared by all connections of a host: equal chunks, taken when there is data and given back when there
 * is not. `next` and `tag` belong to whoever holds the chunk (a list, an offset in a stream).
 */
#define HF_CHUNK_BYTES 4096u

struct hf_chunk {
	uint32_t next;
	uint32_t tag;
};

struct hf_chunks {
	struct hf_pool pool; /* of struct hf_chunk */
	uint8_t *data;
};

void hf_chunks_init(struct hf_chunks *c, struct hf_arena *a, uint32_t count);
/* A chunk with next = HF_NONE, its bytes as they were; HF_NONE when all are taken. */
uint32_t hf_chunk_take(struct hf_chunks *c);
void hf_chunk_give(struct hf_chunks *c, uint32_t i);
/* Gives a whole list linked by `next`. */
void hf_chunk_give_list(struct hf_chunks *c, uint32_t head);

static inline struct hf_chunk *hf_chunk_at(const struct hf_chunks *c, uint32_t i)
{
	return hf_pool_at(&c->pool, i);
}

static inline uint8_t *hf_chunk_data(const struct hf_chunks *c, uint32_t i)
{
	HF_ASSERT(i < c->pool.count);
	return c->data + (size_t)i * HF_CHUNK_BYTES;
}

static inline uint32_t hf_chunks_free(const struct hf_chunks *c)
{
	return c->pool.count - c->pool.in_use;
}

#endif
