/* SPDX-License-Identifier: MIT */
#ifndef HF_DNS_DNS_RACE_H
#define HF_DNS_DNS_RACE_H

#include "dns/dns.h"

/*
 * Happy Eyeballs (RFC 8305) as a machine: the answers for the two families go in as they come, attempts to connect come
 * out, one after another and overlapping; the first that succeeds wins.
 *
 *	race_init(&r, &cfg, DNS_A | DNS_AAAA, now);
 *	race_add(&r, DNS_AAAA, addr, n, now);
 *	for (;;) {
 *		while ((does = race_next(&r, &ask, now)) != RACE_WAITS)
 *			do_it(&ask);
 *		wait, until race_wake_at(&r) at most; then race_succeeded(), race_failed(), race_add()
 *	}
 */
#define RACE_ADDRS (2u * DNS_ADDRS)
#define RACE_OWN 8u

/* 0 takes the default in brackets. */
struct race_config {
	hf_time_ns resolution_delay;  /* what A waits for AAAA, RFC 8305 3 [50 ms] */
	hf_time_ns attempt_delay;     /* between attempts, RFC 8305 5 [250 ms]; raised to 100 ms, lowered to 2 s */
	unsigned first_family;        /* addresses of the first family before the other's, RFC 8305 4 [1] */
	unsigned attempts;            /* at most [16] */
	struct hf_addr own[RACE_OWN]; /* this host's addresses, for the rules of RFC 6724 6 that need them */
	unsigned owns;                /* 0: not known, those rules are left out */
};

enum race_does {
	RACE_WAITS,
	RACE_BEGIN,   /* connect to ask.addr; attempt ask.attempt */
	RACE_GIVE_UP, /* abort attempt ask.attempt: another has won */
	RACE_WON,     /* said once, after the GIVE_UPs: ask.attempt, ask.addr */
	RACE_LOST, /* said once: ask.why is that of attempt ask.attempt, which got furthest; RACE_NO_ATTEMPT: there was no address */
};
#define RACE_NO_ATTEMPT UINT32_MAX

struct race_ask {
	enum race_does what;
	unsigned attempt; /* 0, 1, ... in the order in which they began */
	struct hf_addr addr;
	hf_status why;
};

enum race_state { /* of an address */
		  RACE_NEW,
		  RACE_UNDER_WAY,
		  RACE_FAILED,
		  RACE_SUCCEEDED,
		  RACE_GIVEN_UP,
};

struct race {
	struct race_config cfg;
	unsigned expected, here; /* families */
	hf_time_ns hold_until;   /* of A's, for AAAA; HF_NEVER: nothing is held back */
	hf_time_ns next_at;      /* the next attempt; 0: at once */
	struct race_one {
		struct hf_addr addr;
		enum race_state state;
		hf_status why;
		bool tell_give_up;
	} one[RACE_ADDRS]; /* those tried first, in their order; then those to come, sorted */
	unsigned count, begun;
	unsigned winner; /* RACE_NO_ATTEMPT */
	bool over;
};

/* families: those that race_add() will be called for. */
void race_init(struct race *r, const struct race_config *cfg, unsigned families, hf_time_ns now);
/* The answer for one family; n 0: it has no address. Addresses that were there before are passed over. */
void race_add(struct race *r, unsigned family, const struct hf_addr *addr, size_t n, hf_time_ns now);
enum race_does race_next(struct race *r, struct race_ask *ret, hf_time_ns now);
void race_succeeded(struct race *r, unsigned attempt, hf_time_ns now);
void race_failed(struct race *r, unsigned attempt, hf_status why, hf_time_ns now);
hf_time_ns race_wake_at(const struct race *r);

/* Sorts by RFC 6724 6, as far as it can be done; a stable sort. */
void race_sort(struct hf_addr *addr, size_t n, const struct hf_addr *own, size_t owns);

#endif
