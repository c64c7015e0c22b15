/* SPDX-License-Identifier: MIT */
/* The network of a world: who a frame is for, what its line and the faults make of it, when it arrives. */
#include "sim/world_internal.h"

#include "base/bits.h"
#include "base/csum.h"
#include "wire/eth.h"
#include "wire/ip4.h"

#include <stdlib.h>

#define CSUM_AT 16u /* in TCP's header */

static void send_to(struct sim_world *w, unsigned from, unsigned to, const uint8_t *frame, size_t len);
static void apply_fault(struct sim_link_fate *fate, const struct sim_fault *fault, const struct segment *s,
			struct hf_bytes packet, size_t head);
static void rewrite(const struct sim_fault *fault, const struct segment *s, struct hf_bytes packet, uint8_t *copy);
static bool to_host(const struct sim_world *w, unsigned host, const uint8_t *frame, size_t len);
static struct hf_bytes packet_of(const struct sim_world *w, const uint8_t *frame, size_t len);

void sim_world_inject(struct sim_world *w, unsigned to, struct hf_bytes packet, const char *note)
{
	HF_ASSERT(!w->cfg.ethernet);
	sim_digest_frame(w, SIM_NOBODY, to, packet.at, packet.len);
	sim_log_frame(w, packet.at, packet.len,
		      &(struct ladder_event){ .what = LADDER_SEGMENT,
					      .side = SIM_NOBODY,
					      .to = (uint8_t)to,
					      .at = w->now,
					      .arrives = w->now,
					      .note = note });
	sim_deliver(w, to, packet.at, packet.len, w->now, false, 0);
}

void sim_send_frame(struct sim_world *w, unsigned from, const uint8_t *frame, size_t len)
{
	bool taken = false;

	sim_show_frame(w, from, true, (struct hf_bytes){ frame, len });
	for (unsigned to = 0; to < w->hosts; to++)
		if (to != from && to_host(w, to, frame, len)) {
			send_to(w, from, to, frame, len);
			taken = true;
		}
	if (taken)
		return;
	/* Nobody has this address: the frame is seen, and lost. */
	sim_digest_frame(w, from, SIM_NOBODY, frame, len);
	sim_log_frame(w, frame, len,
		      &(struct ladder_event){ .what = LADDER_SEGMENT,
					      .fate = LADDER_LOST,
					      .side = (uint8_t)from,
					      .to = from == 0,
					      .at = w->now,
					      .arrives = HF_NEVER });
}

static void send_to(struct sim_world *w, unsigned from, unsigned to, const uint8_t *frame, size_t len)
{
	struct hf_bytes packet = packet_of(w, frame, len);
	struct sim_link_fate fate = sim_link_send(w->link[from][to], len, w->now);
	const struct sim_fault *fault = NULL;
	size_t head = len - packet.len;
	uint8_t other[SIM_FRAME_MAX];
	bool is_changed = false;

	sim_digest_frame(w, from, to, frame, len);
	if (w->faults.n > 0) {
		struct segment s;

		segment_read(&w->flows, packet, false, &s);
		fault = sim_faults_strike(&w->faults, from, &s);
		if (fault && fate.copies > 0)
			apply_fault(&fate, fault, &s, packet, head);
		is_changed = fault && fault->what == SIM_REWRITE && len <= sizeof(other);
		if (is_changed) {
			memcpy(other, frame, len);
			rewrite(fault, &s, packet, other + head);
		}
	}
	/* Ethernet's own check sum finds a flipped bit in its header, and in what has no check sum of its own. */
	if (fate.corrupt && head > 0 && (fate.bit / 8 < head || (packet.at[0] >> 4 != 4 && packet.at[0] >> 4 != 6)))
		fate.copies = 0;
	sim_log_frame(w, frame, len,
		      &(struct ladder_event){
			      .what = LADDER_SEGMENT,
			      .fate = fate.copies == 0   ? LADDER_LOST
				      : fate.corrupt     ? LADDER_CORRUPTED
				      : is_changed       ? LADDER_CHANGED
				      : fate.copies == 2 ? LADDER_DUPLICATED
				      : fate.late        ? LADDER_DELAYED
							 : LADDER_ARRIVES,
			      .side = (uint8_t)from,
			      .to = (uint8_t)to,
			      .at = w->now,
			      .arrives = fate.copies ? fate.at[0] : HF_NEVER,
			      .changed = { other + head, is_changed ? packet.len : 0 },
			      .note = fault                            ? fault->note
				      : fate.why == SIM_LINK_OVERFLOWS ? "the queue is full: drops this packet"
								       : NULL,
		      });
	for (unsigned i = 0; i < fate.copies; i++)
		sim_deliver(w, to, is_changed ? other : frame, len, fate.at[i], fate.corrupt && i == 0, fate.bit);
}

/* The man in the middle: other octets in a copy of the packet, under a checksum that fits. */
static void rewrite(const struct sim_fault *fault, const struct segment *s, struct hf_bytes packet, uint8_t *copy)
{
	const size_t payload = (size_t)(s->h.payload.at - packet.at), tcp = payload - s->h.header_len;
	const uint32_t len = (uint32_t)s->h.header_len + s->len;

	fault->rewrite(copy + payload, s->len);
	hf_store16(copy + tcp + CSUM_AT, 0);
	hf_store16(copy + tcp + CSUM_AT,
		   hf_csum_finish(hf_csum_add(hf_csum_pseudo(&s->src.addr, &s->dst.addr, IP_PROTO_TCP, len), copy + tcp,
					      len)));
}

static void apply_fault(struct sim_link_fate *fate, const struct sim_fault *fault, const struct segment *s,
			struct hf_bytes packet, size_t head)
{
	switch (fault->what) {
	case SIM_DROP:
		fate->copies = 0;
		break;
	case SIM_DELAY:
		fate->at[0] += fault->delay;
		fate->late = true;
		break;
	case SIM_DUPLICATE:
		fate->copies = 2;
		fate->at[1] = fate->at[0] + fault->delay;
		break;
	case SIM_CORRUPT:
		/* The TCP header ends where the payload begins. */
		fate->corrupt = true;
		fate->bit = (head + (size_t)(s->h.payload.at - packet.at) - s->h.header_len + CSUM_AT) * 8;
		break;
	case SIM_REWRITE:
		break; /* what it does, it does to the octets */
	}
}

void sim_deliver(struct sim_world *w, unsigned to, const uint8_t *frame, size_t len, hf_time_ns at, bool corrupt, size_t bit)
{
	uint8_t *copy = sim_must(malloc(len));

	memcpy(copy, frame, len);
	if (corrupt)
		copy[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
	sim_plan(w, (struct sim_event){ .at = at, .what = FRAME_ARRIVES, .host = to, .frame = copy, .len = len });
}

/* By MAC address, groups included; in a world of bare packets by the destination's. */
static bool to_host(const struct sim_world *w, unsigned host, const uint8_t *frame, size_t len)
{
	const struct sim_host *h = &w->host[host];

	if (w->cfg.ethernet)
		return len >= ETH_HEADER_BYTES && (frame[0] & 1 || memcmp(frame, h->mac, 6) == 0);
	if (len >= 20 && frame[0] >> 4 == 4)
		return memcmp(frame + 16, h->addr.b + 12, 4) == 0;
	return len >= 40 && (frame[24] == 0xff || memcmp(frame + 24, h->addr6.b, 16) == 0);
}

static struct hf_bytes packet_of(const struct sim_world *w, const uint8_t *frame, size_t len)
{
	size_t head = sim_world_frame_head(w);

	HF_ASSERT(len > head);
	return (struct hf_bytes){ frame + head, len - head };
}
