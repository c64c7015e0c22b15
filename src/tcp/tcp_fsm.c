/* SPDX-License-Identifier: MIT */
/*
 * The states of TCP. RFC 9293 describes arrows (figure 5) and an order of checks (3.10.7); here are the arrows.
 * tcp_fsm.def holds them as rows; tcp_fsm_step() follows one; nothing else writes a state, but for tcp_fsm_resume(), when
 * a connection block takes over from a smaller record that was in that state already.
 */
#include "tcp/tcp_internal.h"

enum row {
#define T(from, on, to, then, rfc) ROW_##from##_##on,
#include "tcp/tcp_fsm.def"
#undef T
	ROW_COUNT
};

const struct tcp_arrow tcp_arrows[HF_TCP_STATE_COUNT][TCP_EVENT_COUNT] = {
#define T(from, on, to_, then_, rfc_)                                                                            \
	[HF_TCP_##from][TCP_ON_##on] = {                                                                         \
		.legal = true, .to = HF_TCP_##to_, .then = TCP_DO_##then_, .row = ROW_##from##_##on, .rfc = rfc_ \
	},
#include "tcp/tcp_fsm.def"
#undef T
};

static const struct tcp_fsm_row rows[] = {
#define T(from_, on_, to_, then_, rfc_) \
	{ .from = HF_TCP_##from_, .on = TCP_ON_##on_, .to = HF_TCP_##to_, .then = TCP_DO_##then_, .rfc = rfc_ },
#include "tcp/tcp_fsm.def"
#undef T
};
_Static_assert(ROW_COUNT < 255, "a row's number fits in an octet");

static const char *const event_names[] = {
#define E(name, sentence) #name,
#include "tcp/tcp_event.def"
#undef E
};

static const char *const event_sentences[] = {
#define E(name, sentence) sentence,
#include "tcp/tcp_event.def"
#undef E
};

static const char *const action_names[] = {
#define A(name, sentence) #name,
#include "tcp/tcp_action.def"
#undef A
};

static const char *const action_sentences[] = {
#define A(name, sentence) sentence,
#include "tcp/tcp_action.def"
#undef A
};

size_t tcp_fsm_rows(const struct tcp_fsm_row **ret)
{
	*ret = rows;
	return HF_ARRAY_LEN(rows);
}

const char *tcp_event_name(unsigned e)
{
	return e < TCP_EVENT_COUNT ? event_names[e] : "?";
}

const char *tcp_event_sentence(unsigned e)
{
	return e < TCP_EVENT_COUNT ? event_sentences[e] : "?";
}

const char *tcp_action_name(unsigned a)
{
	return a < TCP_ACTION_COUNT ? action_names[a] : "?";
}

const char *tcp_action_sentence(unsigned a)
{
	return a < TCP_ACTION_COUNT ? action_sentences[a] : "?";
}

const struct tcp_arrow *tcp_fsm_step(struct tcp *t, const struct tcp_key *k, uint8_t *state, enum tcp_event on)
{
	const struct tcp_arrow *arrow = &tcp_arrows[*state][on];

	HF_ASSERT(arrow->legal);
	if (hf_trace_on(t->trace)) {
		struct hf_trace_record *r = tcp_trace_key(t, k, HF_TR_TCP_STATE);

		r->from = *state;
		r->to = arrow->to;
		r->x = on;
		r->y = arrow->then;
		r->arrow = arrow->row;
	}
	*state = arrow->to;
	return arrow;
}

void tcp_fsm_resume(struct tcp_conn *c, uint8_t state)
{
	HF_ASSERT(c->state == HF_TCP_CLOSED);
	c->state = state;
}

bool tcp_fire(struct tcp *t, struct tcp_conn *c, enum tcp_event on, hf_status why, hf_time_ns now)
{
	const struct tcp_arrow *arrow = tcp_fsm_step(t, &c->key, &c->state, on);

	switch ((enum tcp_action)arrow->then) {
	case TCP_DO_NOTHING:
		return true;
	case TCP_DO_SEND_SYN:
	case TCP_DO_SEND_SYN_ACK:
		/* Everything from the initial sequence number on is to be sent (again): the SYN is its first octet. */
		c->snd_nxt = c->iss;
		if (arrow->then == TCP_DO_SEND_SYN_ACK)
			tcp_mark(c, TCP_C_ACK_NOW);
		tcp_ready_add(t, c);
		return true;
	case TCP_DO_SEND_ACK:
		tcp_ack_soon(t, c);
		return true;
	case TCP_DO_SEND_FIN:
		tcp_mark(c, TCP_C_FIN_QUEUED);
		tcp_ready_add(t, c);
		return true;
	case TCP_DO_ACK_START_2MSL:
		tcp_tw_enter(t, c, true, now);
		return false;
	case TCP_DO_START_2MSL:
		tcp_tw_enter(t, c, tcp_is(c, TCP_C_ACK_NOW), now);
		return false;
	case TCP_DO_SEND_RST:
		tcp_reset_conn(t, c, now);
		tcp_conn_end(t, c, why);
		return false;
	case TCP_DO_DELETE:
	case TCP_DO_TELL_USER:
		tcp_conn_end(t, c, why);
		return false;
	case TCP_ACTION_COUNT:
		break;
	}
	__builtin_unreachable();
}
