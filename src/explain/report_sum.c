/* SPDX-License-Identifier: MIT */
#include "explain/report_sum.h"

#include "base/bits.h"

#include <string.h>

static bool is_complete(const struct report_resource *x);
static void take(struct report_phases *p, enum report_phase which, hf_time_ns begin, hf_time_ns end);
static enum report_phase phase_of_step(enum report_step s);
static void count(struct report_count *c, const struct report_resource *x);

const char *report_phase_name(enum report_phase p)
{
	static const char *const name[REPORT_PHASE_COUNT] = {
		[REPORT_BLOCKED] = "blocked",   [REPORT_LOOKUP] = "dns",   [REPORT_CONNECTING] = "connect",
		[REPORT_SECURING] = "tls",      [REPORT_SENDING] = "send", [REPORT_WAITING] = "wait",
		[REPORT_RECEIVING] = "receive",
	};

	return name[p];
}

bool report_is_request(const struct report_resource *x)
{
	return !x->not_wanted && x->cached != REPORT_FRESH && strncmp(x->url, "data:", 5) != 0;
}

/* Where a phase ended, when it did not: with all of it. */
static hf_time_ns or_end(const struct report_phases *p, hf_time_ns at)
{
	return at == HF_NEVER ? p->all.end : at;
}

struct report_phases report_phases_of(const struct report *r, uint32_t resource)
{
	const struct report_resource *x = &r->resource[resource];
	const hf_time_ns known[] = { x->queued, x->sent_begin, x->sent_end, x->first_octet, x->head_end, x->done };
	struct report_phases p = { 0 };

	p.all.begin = HF_NEVER; /* the largest there is */
	for (unsigned i = 0; i < HF_ARRAY_LEN(known); i++) {
		if (known[i] == HF_NEVER)
			continue;
		p.all.there = true;
		p.all.begin = hf_min_u64(p.all.begin, known[i]);
		p.all.end = hf_max_u64(p.all.end, known[i]);
	}
	if (!p.all.there) {
		p.all.begin = 0;
		return p;
	}
	p.phase[REPORT_BLOCKED].end = p.all.begin; /* the cursor of take() */
	if (x->conn != REPORT_NONE && x->made_conn) {
		const struct report_conn *c = &r->conn[x->conn];

		/* Connecting to a first address may begin before all have been found (RFC 8305 3). */
		take(&p, REPORT_LOOKUP, c->lookup_begin, hf_min_u64(or_end(&p, c->lookup_end), c->connect_begin));
		take(&p, REPORT_CONNECTING, c->connect_begin, or_end(&p, c->connect_end));
		take(&p, REPORT_SECURING, c->tls_begin, or_end(&p, c->tls_end));
	} else if (x->conn == REPORT_NONE && x->fault.code != REPORT_E_NONE) {
		enum report_phase which = phase_of_step(report_code_step(x->fault.code));

		if (which != REPORT_BLOCKED)
			take(&p, which, p.all.begin, p.all.end);
	}
	take(&p, REPORT_SENDING, x->sent_begin, x->sent_end != HF_NEVER ? x->sent_end : or_end(&p, x->first_octet));
	take(&p, REPORT_WAITING, x->sent_end, or_end(&p, x->first_octet));
	take(&p, REPORT_RECEIVING, x->first_octet, p.all.end);
	p.phase[REPORT_BLOCKED] = (struct report_span){ 0 };
	p.length[REPORT_BLOCKED] = p.all.end - p.all.begin;
	for (unsigned i = REPORT_BLOCKED + 1; i < REPORT_PHASE_COUNT; i++) {
		p.length[i] = p.phase[i].end - p.phase[i].begin;
		p.length[REPORT_BLOCKED] -= p.length[i];
	}
	return p;
}

hf_time_ns report_since(const struct report *r, hf_time_ns at)
{
	if (at == HF_NEVER || r->begin == HF_NEVER)
		return HF_NEVER;
	return at > r->begin ? at - r->begin : 0;
}

uint64_t report_epoch_ns(const struct report *r, hf_time_ns at)
{
	return r->epoch_ns + (at == HF_NEVER ? 0 : at);
}

uint32_t report_document(const struct report *r)
{
	uint32_t at = 0;

	/* A redirect's target is added after it. */
	for (uint32_t i = 1; i < r->resources; i++)
		if (r->resource[i].redirected == at)
			at = i;
	return r->resources ? at : REPORT_NONE;
}

struct report_totals report_totals_of(const struct report *r)
{
	struct report_totals t = { .first_octet = HF_NEVER, .document = HF_NEVER, .lookups = (uint32_t)r->lookups };
	uint32_t document = report_document(r);
	hf_time_ns end = r->end;

	for (uint32_t i = 0; i < r->resources; i++) {
		const struct report_resource *x = &r->resource[i];

		count(&t.all, x);
		count(&t.kind[x->kind], x);
		t.redirects += x->redirected != REPORT_NONE;
		t.not_wanted += x->not_wanted;
		if (r->end == HF_NEVER && x->done != HF_NEVER)
			end = end == HF_NEVER ? x->done : hf_max_u64(end, x->done);
	}
	for (size_t i = 0; i < r->conns; i++) {
		const struct report_conn *c = &r->conn[i];

		t.conns += c->connect_begin != HF_NEVER;
		t.conns_failed += c->connect_begin != HF_NEVER && c->fault.code != REPORT_E_NONE &&
				  (c->secure ? c->tls_end : c->connect_end) == HF_NEVER;
		t.conns_resumed += c->tls_resumed;
		t.octets_in += c->octets_in;
		t.octets_out += c->octets_out;
	}
	if (document != REPORT_NONE) {
		t.first_octet = report_since(r, r->resource[document].first_octet);
		if (is_complete(&r->resource[document]))
			t.document = report_since(r, r->resource[document].done);
	}
	t.everything = report_since(r, end);
	return t;
}

/* A status of 404 comes with a content that may be whole. */
static bool is_complete(const struct report_resource *x)
{
	enum report_code code = x->fault.code;

	return x->first_octet != HF_NEVER && (code == REPORT_E_NONE || code == REPORT_E_HTTP_NOT_FOUND ||
					      code == REPORT_E_HTTP_STATUS_4XX || code == REPORT_E_HTTP_STATUS_5XX);
}

/* Adds a phase behind the last one, cut so that it does not overlap it. */
static void take(struct report_phases *p, enum report_phase which, hf_time_ns begin, hf_time_ns end)
{
	hf_time_ns *cursor = &p->phase[REPORT_BLOCKED].end;

	if (begin == HF_NEVER)
		return;
	begin = hf_min_u64(hf_max_u64(begin, *cursor), p->all.end);
	end = hf_min_u64(hf_max_u64(end, begin), p->all.end);
	p->phase[which] = (struct report_span){ true, begin, end };
	*cursor = end;
}

static enum report_phase phase_of_step(enum report_step s)
{
	return s == REPORT_DNS       ? REPORT_LOOKUP
	       : s == REPORT_CONNECT ? REPORT_CONNECTING
	       : s == REPORT_TLS     ? REPORT_SECURING
				     : REPORT_BLOCKED;
}

static void count(struct report_count *c, const struct report_resource *x)
{
	c->requests += report_is_request(x);
	c->failed += x->fault.code != REPORT_E_NONE;
	c->cached += x->cached != REPORT_NOT_CACHED;
	c->octets_wire += x->octets_wire;
	c->octets += x->octets;
}
