/* SPDX-License-Identifier: MIT */
#include "sim/link.h"

#include "base/bits.h"

static bool happens(struct sim_link *l, uint32_t ppm);
static void forget_departed(struct sim_link *l, hf_time_ns now);
static bool has_room(const struct sim_link *l, size_t len, hf_time_ns now);

void sim_link_init(struct sim_link *l, const struct sim_link_config *cfg, uint64_t seed)
{
	uint8_t key[16] = "link";

	memcpy(key + 8, &seed, 8);
	*l = (struct sim_link){ .cfg = *cfg };
	if (l->cfg.queue_packets == 0 || l->cfg.queue_packets > SIM_LINK_QUEUE_MAX)
		l->cfg.queue_packets = SIM_LINK_QUEUE_MAX;
	hf_rng_init(&l->rng, key);
}

struct sim_link_fate sim_link_send(struct sim_link *l, size_t len, hf_time_ns now)
{
	struct sim_link_fate fate = { .why = SIM_LINK_DELIVERS, .copies = 1 };
	hf_time_ns out = now;

	l->taken++;
	if (l->cfg.rate_bps) {
		forget_departed(l, now);
		if (!has_room(l, len, now)) {
			l->overflowed++;
			return (struct sim_link_fate){ .why = SIM_LINK_OVERFLOWS };
		}
		out = hf_max_u64(l->free_at, now) + (uint64_t)len * 8 * HF_S(1) / l->cfg.rate_bps;
		l->free_at = out;
		l->leaves[(l->leave_head + l->leave_n++) % SIM_LINK_QUEUE_MAX] = out;
	}
	/* A lost packet has had its time on the line. */
	if (happens(l, l->cfg.loss_ppm)) {
		l->lost++;
		return (struct sim_link_fate){ .why = SIM_LINK_LOSES };
	}
	fate.at[0] = out + l->cfg.delay;
	if (happens(l, l->cfg.reorder_ppm) && l->cfg.reorder_delay >= HF_US(1)) {
		fate.at[0] += HF_US(
			1 + hf_rng_below(&l->rng, (uint32_t)hf_min_u64(l->cfg.reorder_delay / HF_US(1), UINT32_MAX)));
		fate.late = true;
		l->reordered++;
	}
	if (happens(l, l->cfg.duplicate_ppm)) {
		fate.copies = 2;
		fate.at[1] = out + l->cfg.delay + HF_US(1 + hf_rng_below(&l->rng, 1000));
		l->duplicated++;
	}
	if (len > 0 && happens(l, l->cfg.corrupt_ppm)) {
		fate.corrupt = true;
		fate.bit = hf_rng_below(&l->rng, (uint32_t)len * 8);
		l->corrupted++;
	}
	return fate;
}

/* Draws nothing when the chance is none: turning one trouble off leaves the others' draws as they were. */
static bool happens(struct sim_link *l, uint32_t ppm)
{
	return ppm && hf_rng_below(&l->rng, SIM_PER_MILLION) < ppm;
}

static void forget_departed(struct sim_link *l, hf_time_ns now)
{
	while (l->leave_n > 0 && l->leaves[l->leave_head] <= now) {
		l->leave_head = (l->leave_head + 1) % SIM_LINK_QUEUE_MAX;
		l->leave_n--;
	}
}

static bool has_room(const struct sim_link *l, size_t len, hf_time_ns now)
{
	uint64_t waiting = l->free_at > now ? (l->free_at - now) / 1000 * (l->cfg.rate_bps / 8) / 1000000 : 0;

	if (l->leave_n >= l->cfg.queue_packets)
		return false;
	return l->cfg.queue_octets == 0 || waiting + len <= l->cfg.queue_octets;
}
