/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_LINK_H
#define HF_SIM_LINK_H

#include "base/rng.h"
#include "hf/types.h"

/*
 * One direction of a line, as a function: a packet's length and a time go in, its fate comes out. Whoever holds the
 * packet obeys. It reads no clock and keeps no packet, so it bends real wires as well as simulated ones; the same seed
 * and the same packets give the same fates.
 */
#define SIM_LINK_QUEUE_MAX 1024u
#define SIM_PER_MILLION 1000000u

struct sim_link_config { /* all zero: a perfect line */
	hf_time_ns delay;
	uint64_t rate_bps; /* 0: no limit */
	uint32_t queue_octets; /* waiting for the line, the one under way included; a packet beyond is dropped. 0: no limit */
	uint32_t queue_packets; /* the same in packets; 0, or above SIM_LINK_QUEUE_MAX: SIM_LINK_QUEUE_MAX with a rate */
	uint32_t loss_ppm;      /* chances per million packets */
	uint32_t duplicate_ppm;
	uint32_t reorder_ppm; /* comes up to reorder_delay later: others overtake it */
	hf_time_ns reorder_delay;
	uint32_t corrupt_ppm; /* one bit flips: the least that no Internet checksum can miss */
};

struct sim_link {
	struct sim_link_config cfg;
	struct hf_rng rng;
	hf_time_ns free_at;                    /* when the line has sent all it has taken */
	hf_time_ns leaves[SIM_LINK_QUEUE_MAX]; /* when each packet waiting has left: a ring */
	uint32_t leave_head, leave_n;
	uint64_t taken, lost, overflowed, duplicated, reordered, corrupted;
};

enum sim_link_why {
	SIM_LINK_DELIVERS,
	SIM_LINK_LOSES,
	SIM_LINK_OVERFLOWS,
};

struct sim_link_fate {
	enum sim_link_why why;
	unsigned copies;  /* 0, 1 or 2 */
	hf_time_ns at[2]; /* when each arrives */
	bool late;        /* the first copy comes later than its turn */
	bool corrupt;     /* flip this bit, counted from the first octet's most significant one */
	size_t bit;
};

void sim_link_init(struct sim_link *l, const struct sim_link_config *cfg, uint64_t seed);
struct sim_link_fate sim_link_send(struct sim_link *l, size_t len, hf_time_ns now);

#endif
