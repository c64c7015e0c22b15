/* SPDX-License-Identifier: MIT */
/*
 * Record number n lies at n & mask. A reader keeps the number it wants next and needs no place in the ring: when the
 * writer has gone round, the reader finds out from the numbers alone how many it missed.
 */
#include "base/trace.h"

#include "base/bits.h"

static uint64_t oldest(const struct hf_trace *t);

void hf_trace_init(struct hf_trace *t, struct hf_arena *a, uint32_t count)
{
	HF_ASSERT((count & (count - 1)) == 0);
	if (count == 1)
		count = 2; /* mask 0 means off */
	*t = (struct hf_trace){ .ring = hf_arena_take_raw(a, count, sizeof(*t->ring)) };
	if (t->ring)
		t->mask = count - 1;
}

struct hf_trace_record *hf_trace_add(struct hf_trace *t, enum hf_trace_kind kind)
{
	struct hf_trace_record *r = &t->scratch;

	if (hf_trace_on(t))
		r = &t->ring[t->next++ & t->mask];
	memset(r, 0, sizeof(*r));
	r->at = t->now;
	r->kind = (uint16_t)kind;
	return r;
}

bool hf_trace_read(const struct hf_trace *t, uint64_t *cursor, struct hf_trace_record *ret, uint64_t *ret_lost)
{
	uint64_t n = hf_max_u64(*cursor, oldest(t));

	if (n >= t->next)
		return false;
	*ret = t->ring[n & t->mask];
	*ret_lost = n - *cursor;
	*cursor = n + 1;
	return true;
}

static uint64_t oldest(const struct hf_trace *t)
{
	return t->next > t->mask ? t->next - t->mask - 1 : 0;
}

static const struct row {
	const char *name;
	const char *rfc;
	const char *sentence;
} rows[] = {
#define TR(name, rfc, sentence) { #name, rfc, sentence },
#include "hf/trace.def"
#undef TR
};

_Static_assert(HF_ARRAY_LEN(rows) == HF_TRACE_KIND_COUNT, "one row a kind");

static const struct row unknown = { "UNKNOWN", "", "something that has no name" };

static const struct row *row_of(unsigned kind)
{
	return kind < HF_TRACE_KIND_COUNT ? &rows[kind] : &unknown;
}

const char *hf_trace_name(unsigned kind)
{
	return row_of(kind)->name;
}

const char *hf_trace_rfc(unsigned kind)
{
	return row_of(kind)->rfc;
}

const char *hf_trace_sentence(unsigned kind)
{
	return row_of(kind)->sentence;
}

const char *hf_tcp_state_name(unsigned state)
{
	static const char *const names[] = {
#define N(name) [HF_TCP_##name] = #name
		N(CLOSED),     N(LISTEN),     N(SYN_SENT), N(SYN_RECEIVED), N(ESTABLISHED), N(FIN_WAIT_1),
		N(FIN_WAIT_2), N(CLOSE_WAIT), N(CLOSING),  N(LAST_ACK),     N(TIME_WAIT),
#undef N
	};
	_Static_assert(HF_ARRAY_LEN(names) == HF_TCP_STATE_COUNT, "one name a state");

	return state < HF_TCP_STATE_COUNT ? names[state] : "UNKNOWN";
}
