/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_REACH_H
#define HF_CMD_REACH_H

#include "cmd/names.h"
#include "dns/dns_race.h"

/*
 * One connection to a host that has a name: the lookup, then its addresses of both families, raced by RFC 8305. The first
 * that connects wins.
 *
 *	reach_begin(&r, &config, lookup, port);
 *	while (reach_step(&r))
 *		;
 *	r.state == REACH_THERE: reach_take() it; REACH_FAILED: r.why, or names_why() when no address was there to be tried
 *
 * Every address passes by the rule of --public-only here, right before it is connected to: whatever name, redirect or answer
 * has led to it.
 */
#define REACH_TRIES 16u
#define REACH_SOFT \
	HF_S(3) /* a report of trouble on the path is given so long to prove wrong (RFC 9293 MUST-56: no proof) */
#define REACH_FRESH HF_S(3) /* a fresh IPv6 address of ours is tried out first, RFC 4862 5.4 */

struct reach_config {
	struct streams *streams;
	hf_time_ns timeout; /* of connecting, from the moment on when there is an address */
	bool public_only;
};

struct reach_try {
	struct hf_addr addr;
	struct stream stream;
	bool under_way; /* it has a stream */
	bool waits;     /* for an address of ours */
	bool over;      /* won, lost or given up */
	uint32_t id;    /* of the connection in the trace; 0: not known */
	uint16_t local; /* its port at our end; 0: not known */
	hf_status why;  /* HF_OK: it won; HF_ABORTED: another did */
	hf_status soft; /* what the path last said */
	hf_time_ns begin, end, soft_since;
	unsigned retransmits;
};

enum reach_state { REACH_LOOKING, REACH_CONNECTING, REACH_THERE, REACH_FAILED };

struct reach {
	struct reach_config cfg;
	struct names_lookup *lookup;
	uint16_t port;
	enum reach_state state;
	struct race race;
	unsigned given;   /* families */
	unsigned refused; /* addresses that are not public */
	struct hf_addr refused_addr;
	struct reach_try try[REACH_TRIES];
	unsigned tries;
	unsigned winner;             /* or whose failure `why` is; RACE_NO_ATTEMPT */
	hf_status why;               /* of REACH_FAILED; HF_OK: there was no address */
	hf_time_ns connecting_since; /* 0: not yet */
};

void reach_begin(struct reach *r, const struct reach_config *cfg, struct names_lookup *lookup, uint16_t port);
bool reach_step(struct reach *r); /* true: something has changed */
hf_time_ns reach_wake_at(const struct reach *r);
struct stream reach_take(struct reach *r); /* of REACH_THERE */
void reach_end(struct reach *r);           /* resets all that is under way */

/* Can it be anybody's on the Internet: no address of a network of one's own, of this machine, or of none (RFC 6890)? */
bool reach_is_public(const struct hf_addr *a);

#endif
