/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_FAULTS_H
#define HF_SIM_FAULTS_H

#include "explain/segment.h"

/*
 * Trouble that waits for an event of the protocol instead of rolling dice: "drop the first ACK of a FIN", "hold the
 * first SYN for 20 s". The first fault that fits a segment has it.
 */
#define SIM_FAULTS_MAX 16u
#define SIM_ANYBODY 254u

enum sim_fault_what {
	SIM_DROP,
	SIM_DELAY,
	SIM_DUPLICATE,
	SIM_CORRUPT, /* flips a bit of the TCP checksum */
	SIM_REWRITE, /* puts other octets into the payload and mends the checksum: a man in the middle */
};

/* Changes the payload of a segment in place; its length stays. */
typedef void sim_rewrite(uint8_t *payload, size_t len);

enum sim_payload {
	SIM_PAYLOAD_ANY,
	SIM_PAYLOAD_NONE,
	SIM_PAYLOAD_SOME,
};

struct sim_fault {
	unsigned from;       /* the host that sends, or SIM_ANYBODY */
	uint8_t mask, value; /* flags & mask == value */
	enum sim_payload payload;
	bool ack_of_fin; /* only such as acknowledge the other side's FIN */
	bool again;      /* only retransmissions */
	uint32_t skip;   /* so many that fit pass first */
	uint32_t count;  /* then so many are struck; 0: one */
	enum sim_fault_what what;
	sim_rewrite *rewrite; /* of SIM_REWRITE */
	hf_time_ns delay;     /* on top of the link's; of SIM_DUPLICATE: of the second copy */
	const char *note;     /* the sentence told of it, static */
};

struct sim_faults {
	struct sim_fault fault[SIM_FAULTS_MAX];
	uint32_t seen[SIM_FAULTS_MAX];
	unsigned n;
	unsigned struck;
};

void sim_faults_add(struct sim_faults *f, const struct sim_fault *fault);
/* The fault that strikes this segment, or NULL. */
const struct sim_fault *sim_faults_strike(struct sim_faults *f, unsigned from, const struct segment *s);

#endif
