/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_TRACE_H
#define HF_BASE_TRACE_H

#include "base/arena.h"
#include "hf/trace.h"

/* A ring of trace records: the newest push the oldest out. Without room (mask 0) recording costs one test. */
struct hf_trace {
	struct hf_trace_record *ring;
	uint64_t mask;
	uint64_t next; /* records made so far */
	hf_time_ns now;
	struct hf_trace_record scratch; /* what is filled in while tracing is off */
};

/* count is a power of two, or 0. */
void hf_trace_init(struct hf_trace *t, struct hf_arena *a, uint32_t count);
static inline bool hf_trace_on(const struct hf_trace *t)
{
	return t->mask != 0;
}

/* A zeroed record of this kind at t->now to fill in; a scratch one when tracing is off. Never NULL. */
struct hf_trace_record *hf_trace_add(struct hf_trace *t, enum hf_trace_kind kind);
bool hf_trace_read(const struct hf_trace *t, uint64_t *cursor, struct hf_trace_record *ret, uint64_t *ret_lost);

#endif
