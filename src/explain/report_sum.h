/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_REPORT_SUM_H
#define HF_EXPLAIN_REPORT_SUM_H

#include "explain/report.h"

/*
 * A resource's time cut into the phases that browsers' network panels and HAR know. One follows the other without a gap:
 * end[p] is where p ends and the next begins, and the first begins at `begin`. A phase that did not happen is not `has`,
 * and as long as nothing. Lookup, connect and TLS belong to the resource that its connection was made for (made_conn).
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

struct report_phases {
	hf_time_ns begin;
	hf_time_ns end[REPORT_PHASE_COUNT];
	bool has[REPORT_PHASE_COUNT];
	bool never; /* nothing of it happened: all is 0 */
};

struct report_phases report_phases_of(const struct report *r, uint32_t resource);
hf_time_ns report_phase_begin(const struct report_phases *p, enum report_phase which);
hf_time_ns report_phase_length(const struct report_phases *p, enum report_phase which);
const char *report_phase_name(enum report_phase p); /* "blocked", "dns", "connect", "tls", "send", "wait", "receive" */

struct report_count {
	uint32_t requests; /* that were made */
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

/* The document after its redirects; REPORT_NONE when there is no resource. */
uint32_t report_document(const struct report *r);

#endif
