/* SPDX-License-Identifier: MIT */
#include "explain/sentence.h"

#include "base/bits.h"
#include "tcp/tcp.h"
#include "wire/tcp_wire.h"

#include <inttypes.h>
#include <string.h>

/* Sentences in hf/trace.def name fields in braces, some behind a form: {ms:x} shows x, microseconds, as milliseconds. */

static void add_field(struct text *t, const char *name, size_t n, const struct hf_trace_record *r,
		      const struct sentence_base *base);
static uint32_t number_of(const char *name, size_t n, const struct hf_trace_record *r, const struct sentence_base *base);
static bool names_our_octets(unsigned kind);
static const struct tcp_fsm_row *row_of(const struct hf_trace_record *r);

/* Arrows that have a record of their own beside them, and which of the two says more. */
static const struct {
	enum hf_trace_kind kind;
	enum tcp_event on;
	bool record_says_more;
} doubles[] = {
	{ HF_TR_TCP_RESET_RECEIVED, TCP_ON_RCV_RST, false },
	{ HF_TR_TCP_RESET_RECEIVED, TCP_ON_RCV_RST_PASSIVE, false },
	{ HF_TR_TCP_BELIEVED_SYN, TCP_ON_BELIEVE_SYN, false },
	{ HF_TR_TCP_TIME_WAIT_AGAIN, TCP_ON_RCV_FIN_AGAIN, true },
	{ HF_TR_TCP_TIME_WAIT_END, TCP_ON_TIMEOUT_2MSL, true },
	{ HF_TR_TCP_FIN_WAIT_2_END, TCP_ON_TIMEOUT_ORPHAN, true },
};

static bool is(const char *name, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(name, word, n) == 0;
}

void sentence_add(struct text *t, const struct hf_trace_record *r, const struct sentence_base *base)
{
	const struct tcp_fsm_row *row = row_of(r);
	const char *s = hf_trace_sentence(r->kind), *name;
	size_t n;

	if (row) {
		/* The arrow knows more than its ends: why, and what is done. */
		text_add(t, tcp_event_sentence(row->on));
		if (row->then != TCP_DO_NOTHING)
			text_addf(t, "; %s", tcp_action_sentence(row->then));
		return;
	}
	while (text_add_to_field(t, &s, &name, &n))
		add_field(t, name, n, r, base);
}

const char *sentence_rfc(const struct hf_trace_record *r)
{
	const struct tcp_fsm_row *row = row_of(r);

	return row ? row->rfc : hf_trace_rfc(r->kind);
}

struct sentence_base sentence_base_of(const struct segment_flows *f, const struct hf_trace_record *r)
{
	struct sentence_base base;

	segment_isns(f, r->local_port, r->remote_port, &base.iss, &base.irs);
	if (r->kind == HF_TR_TCP_TX && r->flags & TCP_SYN)
		base.iss = r->seq;
	return base;
}

bool sentence_is_said_by(const struct hf_trace_record *r, const struct hf_trace_record *other)
{
	const struct tcp_fsm_row *arrow = row_of(r);
	const struct hf_trace_record *record = arrow ? other : r;

	if (!arrow)
		arrow = row_of(other);
	if (!arrow || r->id != other->id)
		return false;
	for (size_t i = 0; i < HF_ARRAY_LEN(doubles); i++)
		if (doubles[i].kind == record->kind && doubles[i].on == arrow->on)
			return (record == other) == doubles[i].record_says_more;
	return false;
}

bool sentence_is_plain(const struct hf_trace_record *r)
{
	switch (r->kind) {
	case HF_TR_TCP_TX:
	case HF_TR_TCP_RX:
	case HF_TR_TCP_CWND:
	case HF_TR_TCP_RTT:
		return true;
	case HF_TR_TCP_RETRANSMIT:
		return r->x == 0; /* no timer has struck: what made it go out again has a record of its own */
	default:
		return false;
	}
}

static void add_field(struct text *t, const char *name, size_t n, const struct hf_trace_record *r,
		      const struct sentence_base *base)
{
	if (n > 3 && memcmp(name, "ms:", 3) == 0) {
		uint32_t us = number_of(name + 3, n - 3, r, base);

		text_addf(t, "%u", us / 1000);
		if (us % 1000)
			text_addf(t, ".%03u", us % 1000);
		return;
	}
	if (n > 5 && memcmp(name, "addr:", 5) == 0) {
		uint32_t v = number_of(name + 5, n - 5, r, base);

		text_addf(t, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
	} else if (is(name, n, "flags")) {
		segment_add_flags(t, r->flags);
	} else if (r->kind == HF_TR_TCP_STATE && is(name, n, "from")) {
		text_add(t, hf_tcp_state_name(r->from));
	} else if (r->kind == HF_TR_TCP_STATE && is(name, n, "to")) {
		text_add(t, hf_tcp_state_name(r->to));
	} else {
		text_addf(t, "%" PRIu32, number_of(name, n, r, base));
	}
}

static uint32_t number_of(const char *name, size_t n, const struct hf_trace_record *r, const struct sentence_base *base)
{
	uint32_t iss = base ? base->iss : 0;
	uint32_t irs = base ? base->irs : 0;

	if (is(name, n, "seq"))
		return r->seq - (names_our_octets(r->kind) ? iss : irs);
	if (is(name, n, "ack"))
		return r->ack - (names_our_octets(r->kind) ? irs : iss);
	if (is(name, n, "wnd"))
		return r->wnd;
	if (is(name, n, "len"))
		return r->len;
	if (is(name, n, "x"))
		return r->x;
	if (is(name, n, "y"))
		return r->y;
	if (is(name, n, "from"))
		return r->from;
	if (is(name, n, "to"))
		return r->to;
	if (is(name, n, "lport"))
		return r->local_port;
	if (is(name, n, "rport"))
		return r->remote_port;
	return 0;
}

/* Whose sequence numbers does seq count in? */
static bool names_our_octets(unsigned kind)
{
	switch (kind) {
	case HF_TR_TCP_TX:
	case HF_TR_TCP_RETRANSMIT:
	case HF_TR_TCP_FAST_RETRANSMIT:
	case HF_TR_TCP_PARTIAL_ACK:
	case HF_TR_TCP_RTO:
	case HF_TR_TCP_PERSIST:
		return true;
	default:
		return false;
	}
}

static const struct tcp_fsm_row *row_of(const struct hf_trace_record *r)
{
	const struct tcp_fsm_row *rows;
	size_t n = tcp_fsm_rows(&rows);

	if (r->kind != HF_TR_TCP_STATE || r->arrow >= n || rows[r->arrow].from != r->from || rows[r->arrow].to != r->to)
		return NULL;
	return &rows[r->arrow];
}
