/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_CRAFT_H
#define HF_SIM_CRAFT_H

#include "hf/types.h"

/* A TCP segment in an IP packet, made by hand: what an attacker, or a network's past, puts on the wire. */
struct sim_craft {
	struct hf_endpoint src, dst;
	uint32_t seq, ack;
	uint8_t flags;
	uint16_t window;
	uint16_t mss; /* 0: no option */
	bool timestamps;
	uint32_t ts_val, ts_ecr;
	struct hf_bytes payload;
};

/* The whole packet with right checksums; its length. room must do (1,500 octets always do for a payload of 1,400). */
size_t sim_craft_packet(const struct sim_craft *c, uint8_t *to, size_t room);

#endif
