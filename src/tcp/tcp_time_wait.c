/* SPDX-License-Identifier: MIT */
/*
 * TIME_WAIT (RFC 9293 3.6.1): a small record per 4-tuple, all in one list in the order of their deadlines, since all wait
 * equally long and a restart goes to the end. When the table is full the oldest record ends early.
 *
 * While the user still holds the name of the connection, its block stays beside the record, so that what was received can
 * be read; the record alone speaks to the network.
 */
#include "tcp/tcp_internal.h"

static struct tcp_chain tw_chain(const struct tcp *t)
{
	return TCP_CHAIN(t->tws, struct tcp_tw, link);
}

static void arm_tw_timer(struct tcp *t)
{
	uint32_t i = t->tw_list.head;

	if (i == HF_NONE)
		hf_wheel_stop(t->wheel, &t->tw_timer);
	else if (!hf_timer_is_set(&t->tw_timer) || t->tw_timer.at != tcp_tw_at(t, i)->deadline)
		hf_wheel_set(t->wheel, &t->tw_timer, tcp_tw_at(t, i)->deadline);
}

void tcp_tw_free(struct tcp *t, uint32_t i)
{
	struct tcp_tw *w = tcp_tw_at(t, i);

	HF_ASSERT(w->conn == HF_NONE);
	tcp_hash_remove(t, &w->key, TCP_REF(TCP_REF_TW, i));
	tcp_list_remove(tw_chain(t), &t->tw_list, i);
	w->key.local_port = 0; /* free: tcp_each() looks at this */
	w->link.next = t->tw_free;
	t->tw_free = i;
	t->tw_count--;
	arm_tw_timer(t);
}

/* Follows an arrow out of TIME_WAIT to CLOSED, for the record and for the block beside it. */
static void end_record(struct tcp *t, uint32_t i, enum tcp_event on)
{
	struct tcp_tw *w = tcp_tw_at(t, i);

	if (w->conn != HF_NONE) {
		struct tcp_conn *c = tcp_conn_at(t, w->conn);

		w->state = tcp_fsm_step(t, &c->key, &c->state, on)->to;
		tcp_conn_end(t, c, HF_OK); /* frees the record */
		return;
	}
	tcp_fsm_step(t, &w->key, &w->state, on);
	tcp_tw_free(t, i);
}

static void send_ack(struct tcp *t, const struct tcp_tw *w, hf_time_ns now)
{
	struct tcp_header h = {
		.seq = w->snd_nxt,
		.ack = w->rcv_nxt,
		.flags = TCP_ACK,
		.window = w->window,
		.has_timestamps = w->has_ts,
		.ts_val = (uint32_t)(now / HF_MS(1)) + tcp_ts_offset(t, &w->key),
		.ts_ecr = w->ts_recent,
	};

	tcp_control_add(t, &w->key, &h);
}

void tcp_tw_enter(struct tcp *t, struct tcp_conn *c, bool ack, hf_time_ns now)
{
	struct tcp_tw *w;
	uint32_t i;

	HF_ASSERT(c->state == HF_TCP_TIME_WAIT);
	if (t->tw_free == HF_NONE)
		end_record(t, t->tw_list.head, TCP_ON_TIMEOUT_2MSL);
	i = t->tw_free;
	HF_ASSERT(i != HF_NONE);
	w = tcp_tw_at(t, i);
	t->tw_free = w->link.next;
	t->tw_count++;

	tcp_conn_detach(t, c);
	w->key = c->key;
	w->has_ts = tcp_is(c, TCP_C_TS);
	w->snd_nxt = c->snd_max;
	w->rcv_nxt = c->rcv_nxt;
	w->window = (uint16_t)hf_min_u32((c->rcv_adv - c->rcv_nxt) >> c->rcv_wscale, 65535);
	w->ts_recent = c->ts_recent;
	w->state = c->state;
	w->conn = HF_NONE;
	w->deadline = now + 2 * t->cfg.msl;
	tcp_hash_add(t, &w->key, TCP_REF(TCP_REF_TW, i));
	tcp_list_push(tw_chain(t), &t->tw_list, i);
	arm_tw_timer(t);
	if (ack)
		send_ack(t, w, now);
	if (tcp_is(c, TCP_C_ORPHAN)) {
		tcp_conn_free(t, c);
		return;
	}
	w->conn = tcp_conn_slot(t, c);
	c->tw = i;
}

void tcp_tw_restart(struct tcp *t, uint32_t i, hf_time_ns now)
{
	struct tcp_tw *w = tcp_tw_at(t, i);

	w->deadline = now + 2 * t->cfg.msl;
	tcp_list_remove(tw_chain(t), &t->tw_list, i);
	tcp_list_push(tw_chain(t), &t->tw_list, i);
	arm_tw_timer(t);
}

/* RFC 6191 2: is this SYN provably later than the old connection? */
static bool is_later(const struct tcp_tw *w, const struct tcp_segment *s)
{
	bool later_seq = seq_geq(s->h.seq, w->rcv_nxt); /* rcv_nxt: one beyond the last number the old one used */

	if (!w->has_ts)
		return s->h.has_timestamps || later_seq;
	if (!s->h.has_timestamps)
		return later_seq;
	if (seq_gt(s->h.ts_val, w->ts_recent))
		return true;
	return s->h.ts_val == w->ts_recent && later_seq;
}

static void take_syn(struct tcp *t, struct tcp_segment *s, uint32_t i)
{
	struct tcp_tw *w = tcp_tw_at(t, i);
	uint32_t listener, iss = tcp_isn(t, &s->key, s->now);
	struct tcp_tw old;

	if (!tcp_listener_for(t, tcp_local_addr(t, s->key.local), s->key.local_port, &listener) || !is_later(w, s)) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_TIME_WAIT, &s->h, s->len, 0);
		return;
	}
	tcp_trace_key(t, &s->key, HF_TR_TCP_TIME_WAIT_REOPEN);
	old = *w;
	if (w->conn != HF_NONE) {
		/* For the user of the old connection it has ended. */
		end_record(t, i, TCP_ON_TIMEOUT_2MSL);
	} else {
		tcp_tw_free(t, i);
	}
	/* RFC 9293 3.6.1: beyond the largest number the old one used. */
	if (!seq_gt(iss, old.snd_nxt))
		iss = old.snd_nxt + 65536;
	old.state = HF_TCP_TIME_WAIT;
	tcp_half_open(t, s, listener, iss, &old.state, TCP_ON_RCV_NEW_SYN);
}

/* RFC 9293 3.10.7.4 in TIME_WAIT, RFC 1337 3, RFC 6191. */
void tcp_in_tw(struct tcp *t, struct tcp_segment *s, uint32_t i)
{
	struct tcp_tw *w = tcp_tw_at(t, i);
	bool fin = s->h.flags & TCP_FIN;

	if (s->h.flags & TCP_RST) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_TIME_WAIT_RST, &s->h, s->len, 0);
		return;
	}
	if ((s->h.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		take_syn(t, s, i);
		return;
	}
	/* The peer's FIN again: our last ACK was lost. It ends where the stream ended. */
	if (fin && !(s->h.flags & TCP_SYN) && s->h.seq + s->len == w->rcv_nxt) {
		const struct tcp_arrow *arrow = tcp_fsm_step(t, &w->key, &w->state, TCP_ON_RCV_FIN_AGAIN);

		tcp_trace_segment(t, &s->key, HF_TR_TCP_TIME_WAIT_AGAIN, &s->h, s->len, 0);
		if (arrow->then == TCP_DO_ACK_START_2MSL) {
			send_ack(t, w, s->now);
			tcp_tw_restart(t, i, s->now);
		}
		return;
	}
	if (!(s->h.flags & TCP_ACK) && seq_geq(s->h.seq, w->rcv_nxt)) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_NO_ACK, &s->h, s->len, 0);
		return;
	}
	if (s->len == 0 && s->h.seq == w->rcv_nxt && s->h.ack == w->snd_nxt) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_STATE, &s->h, s->len, 0);
		return;
	}
	/* Anything else is out of the window or acknowledges what is long done: say where we stand. */
	tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_SEQ, &s->h, s->len, 0);
	if (tcp_may_challenge(t, &t->challenges, &w->key, s->now))
		send_ack(t, w, s->now);
}

void tcp_tw_timer(struct tcp *t, hf_time_ns now)
{
	uint32_t i;

	while ((i = t->tw_list.head) != HF_NONE && tcp_tw_at(t, i)->deadline <= now) {
		tcp_trace_key(t, &tcp_tw_at(t, i)->key, HF_TR_TCP_TIME_WAIT_END);
		end_record(t, i, TCP_ON_TIMEOUT_2MSL);
	}
	arm_tw_timer(t);
}
