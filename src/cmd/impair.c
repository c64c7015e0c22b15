/* SPDX-License-Identifier: MIT */
#include "cmd/impair.h"

#include "base/bits.h"
#include "sim/link.h"

#include <stdlib.h>

struct held {
	hf_time_ns at;
	uint64_t order; /* equal times leave in the order in which they came */
	struct hf_frame frame;
	uint8_t *bytes;
};

/* One direction: a line, and a heap of what is on it, the next to arrive on top. */
struct direction {
	struct sim_link link;
	struct held *heap;
	uint32_t count;
	uint8_t *lent; /* what impair_next() gave last */
};

struct impair {
	struct direction way[2]; /* in, out */
	uint64_t order;
};

static bool sooner(const struct held *a, const struct held *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void sift_up(struct direction *d, uint32_t i)
{
	while (i > 0 && sooner(&d->heap[i], &d->heap[(i - 1) / 2])) {
		struct held x = d->heap[i];

		d->heap[i] = d->heap[(i - 1) / 2];
		d->heap[(i - 1) / 2] = x;
		i = (i - 1) / 2;
	}
}

static void sift_down(struct direction *d)
{
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < d->count) {
		struct held x;

		if (child + 1 < d->count && sooner(&d->heap[child + 1], &d->heap[child]))
			child++;
		if (!sooner(&d->heap[child], &d->heap[i]))
			return;
		x = d->heap[i];
		d->heap[i] = d->heap[child];
		d->heap[child] = x;
		i = child;
	}
}

static void hold(struct impair *m, struct direction *d, const struct hf_frame *frame, const struct sim_link_fate *fate,
		 unsigned copy)
{
	struct held h = { .at = fate->at[copy], .order = m->order++, .frame = *frame };

	if (d->count == IMPAIR_HELD_MAX)
		return;
	h.bytes = malloc(frame->bytes.len);
	if (!h.bytes)
		return; /* a line that loses when it has no room */
	memcpy(h.bytes, frame->bytes.at, frame->bytes.len);
	if (fate->corrupt)
		h.bytes[fate->bit / 8] ^= (uint8_t)(0x80u >> fate->bit % 8);
	h.frame.bytes.at = h.bytes;
	d->heap[d->count] = h;
	sift_up(d, d->count++);
}

static void put(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now)
{
	struct impair *m = arg;
	struct direction *d = &m->way[out];
	struct sim_link_fate fate = sim_link_send(&d->link, frame->bytes.len, now);

	for (unsigned i = 0; i < fate.copies; i++)
		hold(m, d, frame, &fate, i);
}

static bool next(void *arg, bool out, hf_time_ns now, struct hf_frame *ret)
{
	struct impair *m = arg;
	struct direction *d = &m->way[out];

	free(d->lent);
	d->lent = NULL;
	if (d->count == 0 || d->heap[0].at > now)
		return false;
	*ret = d->heap[0].frame;
	d->lent = d->heap[0].bytes;
	d->heap[0] = d->heap[--d->count];
	sift_down(d);
	return true;
}

static hf_time_ns wake_at(void *arg)
{
	const struct impair *m = arg;
	hf_time_ns at = HF_NEVER;

	for (unsigned i = 0; i < 2; i++) {
		if (m->way[i].count > 0)
			at = hf_min_u64(at, m->way[i].heap[0].at);
	}
	return at;
}

struct impair *impair_install(struct hf_net *net, bool *ret_failed)
{
	struct hf_net_wishes w;
	struct impair *m;

	*ret_failed = false;
	hf_net_get_wishes(net, &w);
	if (w.rtt == 0 && w.loss_ppm == 0 && w.rate_bps == 0)
		return NULL;
	*ret_failed = true;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	for (unsigned i = 0; i < 2; i++) {
		struct sim_link_config cfg = { .delay = w.rtt / 2, .rate_bps = w.rate_bps, .loss_ppm = w.loss_ppm };

		sim_link_init(&m->way[i].link, &cfg, 2 * w.seed + i);
		m->way[i].heap = calloc(IMPAIR_HELD_MAX, sizeof(struct held));
		if (!m->way[i].heap) {
			impair_free(m);
			return NULL;
		}
	}
	hf_net_set_filter(net, &(struct hf_net_filter){ .arg = m, .put = put, .next = next, .wake_at = wake_at });
	*ret_failed = false;
	return m;
}

void impair_free(struct impair *i)
{
	if (!i)
		return;
	for (unsigned way = 0; way < 2; way++) {
		struct direction *d = &i->way[way];

		for (uint32_t k = 0; d->heap && k < d->count; k++)
			free(d->heap[k].bytes);
		free(d->heap);
		free(d->lent);
	}
	free(i);
}
