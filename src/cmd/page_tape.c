/* SPDX-License-Identifier: MIT */

/*
 * What our own TCP told while a page was loaded: each record of the host's trace becomes an event of the report and, where
 * it is a change of state, one of its connection's states. With --explain the packets are kept as well, in between the
 * records as they happened, for the ladder of one connection.
 */
#define _GNU_SOURCE
#include "cmd/page.h"

#include "explain/ladder.h"
#include "explain/sentence.h"

#include <stdlib.h>
#include <string.h>

#define FLOWS 4096u
#define PACKETS_MAX (64u << 20) /* octets of packets that are kept */
#define FLAG_SYN 0x02u

struct flow { /* a connection of the trace */
	uint32_t id, conn;
	unsigned attempt;
	bool named;
	struct sentence_base base;
};

struct page_tape {
	struct page_load *load;
	uint64_t cursor, lost;
	struct flow flow[FLOWS];
	bool keeps; /* what the ladder needs */
	unsigned link_head;
	struct ladder_event *event;
	size_t events, room, octets;
	bool full;
};

static struct ladder_event *add(struct page_tape *t, enum ladder_what what, hf_time_ns at)
{
	if (t->full)
		return NULL;
	if (t->events == t->room) {
		size_t room = t->room ? 2 * t->room : 1024;
		struct ladder_event *more = realloc(t->event, room * sizeof(*more));

		if (!more) {
			t->full = true;
			return NULL;
		}
		t->event = more;
		t->room = room;
	}
	t->event[t->events] = (struct ladder_event){ .what = what, .at = at };
	return &t->event[t->events++];
}

static void overhear(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now)
{
	struct page_tape *t = arg;
	struct ladder_event *e;
	uint8_t *copy;
	size_t n;

	page_tape_drain(t->load); /* what was told before this packet passes */
	if (!t->keeps || frame->bytes.len <= t->link_head)
		return;
	n = frame->bytes.len - t->link_head;
	if (t->octets + n > PACKETS_MAX) {
		t->full = true;
		return;
	}
	copy = malloc(n);
	e = copy ? add(t, LADDER_SEGMENT, now) : NULL;
	if (!e) {
		free(copy);
		return;
	}
	memcpy(copy, frame->bytes.at + t->link_head, n);
	t->octets += n;
	e->side = out ? 0 : 1;
	e->to = out ? 1 : 0;
	e->arrives = now;
	e->packet.at = copy;
	e->packet.len = n;
}

int page_tape_open(struct page_load *p)
{
	struct hf_net_info info;

	if (p->streams.kernel)
		return 0;
	p->tape = calloc(1, sizeof(*p->tape));
	if (!p->tape) {
		cmd_say(CMD_page, "no memory");
		return hf_status_exit(HF_FULL);
	}
	loop_describe(&p->streams.loop, &info);
	p->tape->load = p;
	p->tape->keeps = p->o.explain;
	p->tape->link_head = info.kind == HF_NET_TUN || info.kind == HF_NET_SIM ? 0 : 14;
	loop_overhear(&p->streams.loop, overhear, p->tape);
	return 0;
}

void page_tape_close(struct page_tape *t)
{
	if (!t)
		return;
	loop_overhear(&t->load->streams.loop, NULL, NULL);
	for (size_t i = 0; i < t->events; i++)
		if (t->event[i].what == LADDER_SEGMENT)
			free((void *)(uintptr_t)t->event[i].packet.at);
	free(t->event);
	free(t);
}

/* The id is that of the addresses and ports: a later one takes the place of an earlier. */
static struct flow *flow_of(struct page_tape *t, uint32_t id)
{
	struct flow *f = &t->flow[id % FLOWS];

	if (f->id != id)
		*f = (struct flow){ .id = id };
	return f;
}

/* What was told of it before it had its name, is told now. */
void page_tape_name(struct page_tape *t, uint32_t id, uint32_t conn, unsigned attempt)
{
	struct flow *f = flow_of(t, id);

	f->named = true;
	f->conn = conn;
	f->attempt = attempt;
}

/* ---- the trace ---- */

static bool is_received(unsigned kind)
{
	switch (kind) {
	case HF_TR_TCP_RX:
	case HF_TR_TCP_RESET_RECEIVED:
	case HF_TR_ICMP_RECEIVED:
		return true;
	default:
		return false;
	}
}

static const char *name_of(const struct hf_trace_record *r, struct text *t)
{
	if (r->kind != HF_TR_TCP_TX && r->kind != HF_TR_TCP_RX)
		return hf_trace_name(r->kind);
	text_add(t, r->kind == HF_TR_TCP_TX ? "snd " : "rcv ");
	segment_add_flags(t, r->flags);
	return text_str(t);
}

static void tell(struct page_load *p, struct flow *f, const struct hf_trace_record *r)
{
	struct report_event e = { .at = r->at,
				  .layer = REPORT_LAYER_TCP,
				  .side = is_received(r->kind) ? REPORT_PEER : REPORT_US,
				  .conn = f && f->named ? f->conn : REPORT_NONE,
				  .resource = REPORT_NONE,
				  .rfc = sentence_rfc(r) };
	struct text sentence, name;

	text_init(&sentence);
	text_init(&name);
	sentence_add(&sentence, r, f ? &f->base : NULL);
	e.name = name_of(r, &name);
	e.sentence = text_str(&sentence);
	if (r->kind == HF_TR_TCP_TX || r->kind == HF_TR_TCP_RX)
		e.octets = r->len;
	report_add_event(&p->report, &e);
	text_free(&name);
	text_free(&sentence);
}

static void take_record(struct page_load *p, const struct hf_trace_record *r)
{
	struct flow *f = r->id ? flow_of(p->tape, r->id) : NULL;
	struct ladder_event *e;

	if (f && (r->flags & FLAG_SYN) && r->kind == HF_TR_TCP_TX)
		f->base.iss = r->seq;
	if (f && (r->flags & FLAG_SYN) && r->kind == HF_TR_TCP_RX)
		f->base.irs = r->seq;
	if (f && f->named && r->kind == HF_TR_TCP_STATE) {
		struct page_conn *c = page_net_find(p, f->conn);

		if (c)
			page_tell_state(p, c, f->attempt, r->at, r->to);
		else
			report_add_state(&p->report, f->conn, r->at, false, hf_tcp_state_name(r->to));
	}
	tell(p, f, r);
	if (p->tape->keeps && (e = add(p->tape, LADDER_RECORD, r->at)))
		e->record = *r;
}

void page_tape_drain(struct page_load *p)
{
	struct page_tape *t = p->tape;
	struct hf_trace_record r;

	if (!t || !p->streams.loop.host)
		return;
	while (hf_host_trace(p->streams.loop.host, &t->cursor, &r, &t->lost))
		take_record(p, &r);
}

void page_tape_tls(struct page_tape *t, const struct page_conn *c, const struct hf_tls_record_told *r)
{
	const struct report_conn *row = &t->load->report.conn[c->number];
	struct ladder_event *e = t->keeps ? add(t, LADDER_TLS, r->at) : NULL;

	if (!e)
		return;
	e->tls = *r;
	e->local_port = row->local.port;
	e->remote_port = row->remote.port;
}

/* ---- the ladder ---- */

static bool is_of(const struct ladder_event *e, const struct segment *s, uint16_t local, uint16_t remote)
{
	switch (e->what) {
	case LADDER_SEGMENT:
		return s->tcp && ((s->src.port == local && s->dst.port == remote) ||
				  (s->dst.port == local && s->src.port == remote));
	case LADDER_RECORD:
		return e->record.local_port == local && e->record.remote_port == remote;
	case LADDER_TLS:
		return e->local_port == local && e->remote_port == remote;
	default:
		return false;
	}
}

static uint32_t main_conn(const struct page_load *p)
{
	for (size_t i = 0; i < p->report.resources; i++)
		if (p->report.resource[i].conn != REPORT_NONE)
			return p->report.resource[i].conn;
	return p->report.conns > 0 ? 0 : REPORT_NONE;
}

void page_tape_ladder(struct page_load *p, struct text *out, const struct look *look)
{
	const uint32_t conn = main_conn(p);
	const char *const names[2] = { "handfast", conn != REPORT_NONE ? p->report.conn[conn].host : "" };
	struct page_tape *t = p->tape;
	struct segment_flows flows;
	struct ladder_event *of;
	uint16_t local, remote;
	size_t n = 0;

	if (!t || conn == REPORT_NONE || !(of = calloc(t->events + 1, sizeof(*of))))
		return;
	local = p->report.conn[conn].local.port;
	remote = p->report.conn[conn].port;
	segment_flows_init(&flows);
	for (size_t i = 0; i < t->events; i++) {
		struct segment s = { 0 };

		if (t->event[i].what == LADDER_SEGMENT)
			segment_read(&flows, t->event[i].packet, false, &s);
		/* One that was never connected has no port that is known; then it is all that was tried. */
		if (is_of(&t->event[i], &s, local ? local : t->event[i].record.local_port, remote) ||
		    (local == 0 && s.tcp && (s.dst.port == remote || s.src.port == remote)))
			of[n++] = t->event[i];
	}
	segment_flows_free(&flows);
	if (n > 0)
		ladder_text(out, names, of, n, p->report.begin, look);
	if (t->full)
		text_add(out, "(so much came that not all of it was kept)\n");
	free(of);
}
