/* SPDX-License-Identifier: MIT */

/* What names, TCP and TLS do, into the report: rows, states, and events with their sentences. */
#define _GNU_SOURCE
#include "cmd/page.h"

#include "base/bits.h"
#include "explain/tls_fold.h"
#include "wire/addr.h"
#include "wire/tls_wire.h"

#include <string.h>

/* ---- names ---- */

void page_tell_dns(struct page_load *p)
{
	struct dns_told t;
	char sentence[1024];

	while (dns_told(p->names.dns, &p->dns_cursor, &t)) {
		struct report_event e = { .at = t.at,
					  .layer = REPORT_LAYER_DNS,
					  .side = dns_told_by_server(t.kind) ? REPORT_RESOLVER : REPORT_US,
					  .conn = REPORT_NONE,
					  .resource = REPORT_NONE,
					  .name = dns_told_name(t.kind),
					  .rfc = dns_told_rfc(t.kind),
					  .bytes = { t.bytes, t.bytes_len },
					  .octets = t.octets };

		dns_told_sentence(&t, sentence, sizeof(sentence));
		e.sentence = sentence;
		report_add_event(&p->report, &e);
	}
}

static void fill_lookup(struct page_load *p, struct report_lookup *row, const struct dns_answer *a)
{
	char server[HF_ADDR_TEXT];

	row->type = a->family == DNS_A ? 1 : 28;
	row->name = report_keep(&p->report, a->name);
	row->begin = a->begin;
	row->end = a->end;
	row->rcode = a->rcode;
	row->tries = a->tries;
	row->tcp = a->tcp;
	row->ttl_s = a->ttl_s;
	if (strcmp(a->canonical, a->name) != 0)
		row->canonical = report_keep(&p->report, a->canonical);
	if (a->source == DNS_FROM_SERVER && a->server.port) {
		addr_format(&a->server.addr, server);
		row->server = report_keep(&p->report, server);
	} else {
		row->server = dns_source_name(a->source);
	}
	row->addrs = (unsigned)hf_min_u64(a->addrs, HF_ARRAY_LEN(row->addr));
	memcpy(row->addr, a->addr, row->addrs * sizeof(row->addr[0]));
	if (a->why != DNS_WHY_OK && report_code_find(dns_why_code(a->why)) != REPORT_CODE_COUNT)
		report_fail(&row->fault, report_code_find(dns_why_code(a->why)), REPORT_RESOLVER, a->end, a->state,
			    "%s", a->name);
}

/* The rows of a name's lookup, once for all connections that wait for it; addresses need none. */
void page_tell_lookup(struct page_load *p, struct page_conn *c)
{
	struct names_lookup *l = c->reach.lookup;
	struct report_conn *conn = &p->report.conn[c->number];

	for (unsigned f = 0; f < NAMES_FAMILIES; f++) {
		const struct dns_answer *a = &l->answer[f];

		if (a->family == 0 || a->source == DNS_FROM_TEXT || l->row[f] != UINT32_MAX || !(l->here & a->family) ||
		    !(l->expected & a->family))
			continue;
		l->row[f] = report_add_lookup(&p->report);
		if (l->row[f] != REPORT_NONE)
			fill_lookup(p, &p->report.lookup[l->row[f]], a);
	}
	if (conn->lookup_begin == HF_NEVER)
		return;
	if (l->answer[NAMES_4].source == DNS_FROM_TEXT || l->answer[NAMES_6].source == DNS_FROM_TEXT) {
		conn->lookup_begin = HF_NEVER;
		return;
	}
	/* The one whose address is connected to first; it ends when connecting begins, or with the last answer. */
	if (conn->lookup == REPORT_NONE)
		conn->lookup =
			l->row[NAMES_6] != UINT32_MAX && l->answer[NAMES_6].addrs ? l->row[NAMES_6] : l->row[NAMES_4];
	if (conn->lookup_end == HF_NEVER && (l->done || c->reach.tries > 0))
		conn->lookup_end = c->reach.tries > 0 ? c->reach.try[0].begin : l->end;
}

/* ---- TCP ---- */

/* Of the kernel's, of which only that is known. */
static void tell_connecting(struct page_load *p, const struct page_conn *c, enum report_side side, const char *name,
			    const char *sentence)
{
	report_add_event(&p->report, &(struct report_event){ .at = p->streams.now,
							     .layer = REPORT_LAYER_TCP,
							     .side = side,
							     .conn = c->number,
							     .resource = REPORT_NONE,
							     .name = name,
							     .sentence = sentence,
							     .rfc = "9293 3.5" });
}

void page_tell_state(struct page_load *p, struct page_conn *c, unsigned attempt, hf_time_ns at, uint8_t to)
{
	struct page_try_states *s = &c->states[attempt];

	if (c->states_told && attempt == c->reach.winner)
		report_add_state(&p->report, c->number, at, false, hf_tcp_state_name(to));
	else if (!c->states_told && s->n < PAGE_STATES)
		s->state[s->n++] = (__typeof__(s->state[0])){ at, to };
}

/* The states of the attempt that came furthest are the connection's. */
static void tell_states_of(struct page_load *p, struct page_conn *c, unsigned attempt)
{
	if (c->states_told)
		return;
	c->states_told = true;
	for (unsigned i = 0; i < c->states[attempt].n; i++)
		report_add_state(&p->report, c->number, c->states[attempt].state[i].at, false,
				 hf_tcp_state_name(c->states[attempt].state[i].to));
}

static void tell_try(struct page_load *p, struct page_conn *c, unsigned i)
{
	const struct reach_try *t = &c->reach.try[i];
	char addr[HF_ADDR_TEXT], sentence[200];

	if (t->id && p->tape)
		page_tape_name(p->tape, t->id, c->number, i);
	if (!p->streams.kernel)
		return;
	addr_format(&t->addr, addr);
	snprintf(sentence, sizeof(sentence),
		 "asks the kernel for a connection to %s, port %u: a SYN goes out; what TCP does is the kernel's, and not told",
		 addr, c->port);
	tell_connecting(p, c, REPORT_US, "connect", sentence);
	if (!t->over)
		page_tell_state(p, c, i, t->begin, HF_TCP_SYN_SENT);
}

void page_tell_attempts(struct page_load *p, struct page_conn *c)
{
	const struct reach *r = &c->reach;
	struct report_conn *row = &p->report.conn[c->number];

	for (; c->tries_told < r->tries; c->tries_told++)
		tell_try(p, c, c->tries_told);
	row->attempts = (unsigned)hf_min_u64(r->tries, HF_ARRAY_LEN(row->attempt));
	for (unsigned i = 0; i < row->attempts; i++)
		row->attempt[i] = (struct report_attempt){ .remote = { r->try[i].addr, c->port },
							   .begin = r->try[i].begin,
							   .end = r->try[i].end,
							   .why = r->try[i].why };
	if (r->tries > 0)
		row->connect_begin = r->try[0].begin;
	if (r->state != REACH_FAILED || r->winner == RACE_NO_ATTEMPT)
		return;
	row->connect_end = p->streams.now;
	row->remote = row->attempt[r->winner].remote;
	page_tape_drain(p); /* what came just now is not told yet */
	tell_states_of(p, c, r->winner);
}

void page_tell_connected(struct page_load *p, struct page_conn *c)
{
	struct report_conn *row = &p->report.conn[c->number];
	struct hf_conn_info info;

	row->connect_end = p->streams.now;
	row->remote = c->stream.remote;
	if (stream_status(&c->stream, &info) == HF_OK)
		row->local = info.local;
	page_tape_drain(p);
	tell_states_of(p, c, c->reach.winner);
	if (p->streams.kernel) {
		c->state = HF_TCP_ESTABLISHED;
		report_add_state(&p->report, c->number, p->streams.now, false, hf_tcp_state_name(c->state));
		tell_connecting(p, c, REPORT_PEER, "connected", "the connection is established");
	}
}

void page_tell_kernel_state(struct page_load *p, struct page_conn *c)
{
	struct stream *s = c->talking ? &c->talk.stream : &c->stream;
	struct hf_conn_info info;

	if (!p->streams.kernel || !c->open || stream_status(s, &info) != HF_OK || info.state == c->state)
		return;
	c->state = info.state;
	report_add_state(&p->report, c->number, p->streams.now, false, hf_tcp_state_name(c->state));
}

/* ---- TLS ---- */

static const char *name_of(const struct hf_tls_record_told *r, struct text *t)
{
	if (r->kind != HF_TLS_TOLD_MESSAGE)
		return hf_tls_told_name(r->kind);
	tls_fold_add_message(t, r->x);
	return text_str(t);
}

static enum report_side side_of(const struct hf_tls_record_told *r)
{
	switch (r->kind) {
	case HF_TLS_TOLD_MESSAGE:
	case HF_TLS_TOLD_RECORD:
	case HF_TLS_TOLD_CCS:
	case HF_TLS_TOLD_ALERT:
	case HF_TLS_TOLD_KEYS:
		return r->sent ? REPORT_US : REPORT_PEER;
	default:
		return REPORT_US;
	}
}

static void tell_one(struct page_load *p, struct page_conn *c, const struct hf_tls_record_told *r, struct hf_bytes octets)
{
	struct report_event e = { .at = r->at,
				  .layer = REPORT_LAYER_TLS,
				  .side = side_of(r),
				  .conn = c->number,
				  .resource = REPORT_NONE,
				  .rfc = tls_told_rfc(r),
				  .bytes = octets };
	struct text sentence, name;

	text_init(&sentence);
	text_init(&name);
	tls_told_add_sentence(&sentence, r);
	e.name = name_of(r, &name);
	e.sentence = text_str(&sentence);
	if (r->kind == HF_TLS_TOLD_STATE)
		report_add_state(&p->report, c->number, r->at, true, hf_tls_state_name(r->to));
	/* A record of data, of which there may be thousands, is told by what HTTP says of it. */
	if (r->kind != HF_TLS_TOLD_RECORD && r->kind != HF_TLS_TOLD_STATE)
		report_add_event(&p->report, &e);
	text_free(&name);
	text_free(&sentence);
}

void page_tell_tls(struct page_load *p, struct page_conn *c)
{
	struct talk_news news = talk_news(&c->talk);
	const struct hf_tls_message *m;
	struct hf_tls_record_told r;

	while (talk_told(&c->talk, &news, &r, &m)) {
		tell_one(p, c, &r, m ? m->octets : (struct hf_bytes){ NULL, 0 });
		if (p->tape)
			page_tape_tls(p->tape, c, &r);
	}
}

/* What the handshake came to, or how far it came. */
void page_tell_handshake(struct page_load *p, struct page_conn *c)
{
	struct report_conn *row = &p->report.conn[c->number];
	const struct talk *t = &c->talk;

	if (t->connected && row->tls_end == HF_NEVER)
		row->tls_end = p->streams.now;
	row->tls_version = t->info.version;
	row->tls_suite = t->info.suite;
	row->tls_group = t->info.group;
	row->tls_scheme = t->info.peer_scheme;
	row->tls_resumed = t->info.resumed;
	if (t->info.alpn.len > 0 && !row->alpn)
		row->alpn = report_keep_n(&p->report, (const char *)t->info.alpn.at, t->info.alpn.len);
	if (t->secure.report && !row->chain)
		report_set_chain(&p->report, c->number, t->secure.report);
}
