/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_REPORT_SUM_H
#define HF_EXPLAIN_REPORT_SUM_H

#include "explain/report.h"

/*
 * A resource's time cut into the phases that browsers' network panels and HAR know. They come in this order and do not
 * overlap; whatever of the whole time lies in none of them is spent blocked. Lookup, connect and TLS belong to the resource
 * that its connection was made for (made_conn).
 */
enum report_phase {
	REPORT_BLOCKED, /* it was known, and had no connection yet */
	REPORT_LOOKUP,
	REPORT_CONNECTING, /* TCP's handshake */
	REPORT_SECURING,   /* TLS's */
	REPORT_SENDING,
	REPORT_WAITING,
	REPORT_RECEIVING,
	REPORT_PHASE_COUNT
};

struct report_span {
	bool there; /* else both are 0 */
	hf_time_ns begin, end;
};

struct report_phases {
	struct report_span all;                       /* not there: nothing of it ever happened */
	struct report_span phase[REPORT_PHASE_COUNT]; /* that of REPORT_BLOCKED is not used: it is in several pieces */
	hf_time_ns length[REPORT_PHASE_COUNT];        /* their sum is that of all */
};

struct report_phases report_phases_of(const struct report *r, uint32_t resource);
const char *report_phase_name(enum report_phase p); /* "blocked", "dns", "connect", "tls", "send", "wait", "receive" */

/* Did it, or would it have, to be asked for? Not what is noted only, what is in the page itself (data:), what the cache has. */
bool report_is_request(const struct report_resource *x);

struct report_count {
	uint32_t requests; /* report_is_request() */
	uint32_t failed, cached;
	uint64_t octets_wire; /* of contents as they came */
	uint64_t octets;      /* decoded */
};

/* What a load comes to. Times count from its begin; HF_NEVER: it did not come to that. */
struct report_totals {
	struct report_count all, kind[REPORT_KIND_COUNT];
	uint32_t redirects, not_wanted;
	uint32_t conns, conns_failed, conns_resumed;
	uint32_t lookups;
	uint64_t octets_in, octets_out; /* of the streams of TCP, heads and TLS included */
	hf_time_ns first_octet;         /* of the document's answer, after redirects */
	hf_time_ns document;            /* it is complete */
	hf_time_ns everything;
};

struct report_totals report_totals_of(const struct report *r);

/* How long after the load's begin; 0 before it, HF_NEVER when one of them is. */
hf_time_ns report_since(const struct report *r, hf_time_ns at);
/* The same moment in nanoseconds since 1970; of HF_NEVER that at which the clock was 0. */
uint64_t report_epoch_ns(const struct report *r, hf_time_ns at);

/* The document after its redirects; REPORT_NONE when there is no resource. */
uint32_t report_document(const struct report *r);

#endif
