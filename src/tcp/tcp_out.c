/* SPDX-License-Identifier: MIT */
/*
 * What goes out. Nobody builds a segment before there is a frame to put it in: whoever has a reason to send puts its
 * connection into the ready list, and tcp_pull() cuts the segment from what is true by then. Segments without a connection
 * block (resets, half-open peers, TIME_WAIT) wait as small control records and go first.
 *
 * Sequence numbers: snd_max is the RFC's SND.NXT, the highest ever sent. snd_nxt is where sending goes on; after a
 * retransmission timeout it goes back to snd_una.
 */
#include "tcp/tcp_internal.h"

#define CONTROL_TTL 64u

static struct tcp_chain ready_chain(const struct tcp *t)
{
	return TCP_CHAIN(t->conns.items, struct tcp_conn, ready);
}
static struct tcp_chain control_chain(const struct tcp *t)
{
	return TCP_CHAIN(t->controls.items, struct tcp_control, link);
}

void tcp_ack_soon(struct tcp *t, struct tcp_conn *c)
{
	tcp_mark(c, TCP_C_ACK_NOW);
	tcp_ready_add(t, c);
}

void tcp_set_mss(struct tcp *t, struct tcp_conn *c, uint16_t mss)
{
	(void)t;
	c->mss = mss;
	/* RFC 9293 3.7.1: options of every segment come off. */
	c->key.spare = (uint16_t)(mss - (tcp_is(c, TCP_C_TS) ? 12 : 0));
}

/* ---- segments that belong to no block ---- */

void tcp_control_add(struct tcp *t, const struct tcp_key *k, const struct tcp_header *h)
{
	uint32_t i = hf_pool_take(&t->controls);
	struct tcp_control *x;

	if (i == HF_NONE) {
		/* What waits for a neighbour that may never answer makes room for what can go now. */
		i = tcp_list_pop(control_chain(t), &t->control_held);
		if (i == HF_NONE) {
			tcp_trace_key(t, k, HF_TR_TCP_DROP_CONTROL);
			return;
		}
	}
	x = hf_pool_at(&t->controls, i);
	x->src = *tcp_local_addr(t, k->local);
	x->dst = k->remote;
	x->h = *h;
	x->h.src_port = k->local_port;
	x->h.dst_port = k->remote_port;
	x->h.payload = (struct hf_bytes){ NULL, 0 };
	x->ttl = t->cfg.ttl ? t->cfg.ttl : CONTROL_TTL;
	x->tos = 0;
	tcp_list_push(control_chain(t), &t->control, i);
}

/* RFC 9293 3.10.7.1: a reset that the sender of this segment will take for valid. */
void tcp_reset_reply(struct tcp *t, const struct tcp_segment *s)
{
	struct tcp_header h = { 0 };

	if (s->h.flags & TCP_RST) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_RST, &s->h, s->len, 0);
		return;
	}
	if (s->h.flags & TCP_ACK) {
		h.seq = s->h.ack;
		h.flags = TCP_RST;
	} else {
		h.ack = s->h.seq + s->len;
		h.flags = TCP_RST | TCP_ACK;
	}
	tcp_trace_segment(t, &s->key, HF_TR_TCP_RESET_SENT, &h, 0, 0);
	tcp_control_add(t, &s->key, &h);
}

/* SND.NXT. While the window is shut, a probe's octet does not count as sent: the peer would not take what follows it. */
static uint32_t seq_to_show(const struct tcp_conn *c)
{
	return tcp_is(c, TCP_C_PERSIST) ? c->snd_nxt : c->snd_max;
}

/* RFC 9293 3.10.5: our own reset of a synchronized connection. */
void tcp_reset_conn(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	struct tcp_header h = {
		.seq = seq_to_show(c),
		.ack = c->rcv_nxt,
		.flags = TCP_RST | TCP_ACK,
		.has_timestamps = tcp_is(c, TCP_C_TS),
		.ts_val = tcp_ts_now(c, now),
		.ts_ecr = c->ts_recent,
	};

	tcp_trace_segment(t, &c->key, HF_TR_TCP_RESET_SENT, &h, 0, 0);
	tcp_control_add(t, &c->key, &h);
}

/* ---- the receive window ---- */

/* RFC 9293 3.8.6.2.2 (MUST-39): the right edge moves only by a worthwhile step, and never back (SHLD-14). */
uint32_t tcp_window(struct tcp *t, struct tcp_conn *c)
{
	uint32_t used = tcp_readable(c);
	uint32_t room = used < t->cfg.recv_window ? t->cfg.recv_window - used : 0;
	uint32_t said = seq_gt(c->rcv_adv, c->rcv_nxt) ? c->rcv_adv - c->rcv_nxt : 0;
	uint32_t unit = 1u << c->rcv_wscale, most = 65535u << c->rcv_wscale;
	uint32_t step = hf_min_u32(t->cfg.recv_window / 2, hf_max_u32(hf_max_u32(c->rcv_mss, TCP_MSS_DEFAULT_4), unit));
	uint32_t up = (said + unit - 1) & ~(unit - 1);

	if (room < said + step)
		/*
		 * What was promised stays promised; the field can only say multiples of the unit. Upwards as long as there is
		 * room, else each ACK would promise a little more than there is; then it seems to shrink by less than a
		 * unit, which RFC 7323 2.4 has every sender bear. What was said before is still taken.
		 */
		return hf_min_u32(up <= room ? up : said & ~(unit - 1), most);
	return hf_min_u32(room & ~(unit - 1), most);
}

/* ---- cutting a segment ---- */

struct cut {
	uint32_t len; /* octets of payload */
	bool syn, fin;
	bool from_head; /* a retransmission of the first octets, out of turn */
	bool moves;     /* snd_nxt goes on behind it */
	struct tcp_header h;
};

/* Everything but the SACK blocks, of which there are none: this is done for each segment. */
static void begin(struct cut *k, uint32_t seq)
{
	memset(k, 0, offsetof(struct cut, h) + offsetof(struct tcp_header, sack));
	k->h.payload = (struct hf_bytes){ NULL, 0 };
	k->h.seq = seq;
}

static void cut_syn(struct tcp *t, struct tcp_conn *c, struct cut *k)
{
	bool first = c->state == HF_TCP_SYN_SENT;

	k->syn = k->moves = true;
	k->h.seq = c->iss;
	k->h.flags = first ? TCP_SYN : TCP_SYN | TCP_ACK;
	k->h.has_mss = true; /* MUST-14, SHLD-5, MUST-65 */
	k->h.mss = tcp_mss_for(t, 0, addr_is_ip4(&c->key.remote));
	/* An answer carries only what was asked for (RFC 7323 2.2, 3.2). */
	k->h.has_wscale = first ? !t->cfg.no_window_scale : tcp_is(c, TCP_C_WSCALE);
	k->h.wscale = t->rcv_wscale;
	k->h.has_timestamps = first ? !t->cfg.no_timestamps : tcp_is(c, TCP_C_TS);
}

/* How many octets of new data may go now: RFC 9293 3.8.6.2.1 (MUST-38) and Nagle, 3.7.4 (SHLD-7, MUST-17). */
static uint32_t sendable(struct tcp *t, struct tcp_conn *c, uint32_t unsent)
{
	uint32_t mss = tcp_eff_mss(c), cwnd = c->cwnd, wnd, used = tcp_in_flight(c), usable, len, limit;

	/* RFC 3042: each of the first two duplicate ACKs lets one new segment go. */
	if (c->dupacks > 0 && c->dupacks < TCP_DUPACK_THRESHOLD)
		cwnd += c->dupacks * mss;
	wnd = hf_min_u32(c->snd_wnd, cwnd);
	usable = wnd > used ? wnd - used : 0;
	len = hf_min_u32(unsent, usable);
	limit = t->tso_max > mss ? t->tso_max / mss * mss : mss;
	if (tcp_is(c, TCP_C_URG_SEND) && seq_gt(c->snd_up, c->snd_nxt))
		limit = mss; /* cut by others, each piece would carry the same pointer and mean another octet */
	if (len > limit)
		len = limit;
	if (len > mss && len < unsent)
		len = len / mss * mss; /* SHLD-28 */
	if (len >= mss)
		return len;
	if (len == unsent && (used == 0 || tcp_is(c, TCP_C_NODELAY | TCP_C_FIN_QUEUED)))
		return len;
	/* Urgent data is not held back by Nagle's rule. */
	if (len == unsent && tcp_is(c, TCP_C_URG_SEND) && seq_gt(c->snd_up, c->snd_nxt))
		return len;
	if (len >= c->snd_wnd_max / 2 && len > 0)
		return len;
	/* Sent before: a retransmission is not new small data. */
	if (len > 0 && seq_lt(c->snd_nxt, c->snd_max))
		return len;
	if (tcp_is(c, TCP_C_OVERRIDE))
		return len;
	return 0;
}

static bool cut_data(struct tcp *t, struct tcp_conn *c, struct cut *k, hf_time_ns now)
{
	uint32_t end = tcp_queue_end(c), unsent, len;
	bool fin;

	if (tcp_is(c, TCP_C_REXMIT_ONE)) {
		tcp_unmark(c, TCP_C_REXMIT_ONE);
		k->from_head = true;
		k->h.seq = c->snd_una;
		k->len = hf_min_u32(c->sq_len, tcp_eff_mss(c));
		k->len = hf_min_u32(k->len, c->snd_max - c->snd_una);
		k->fin = tcp_is(c, TCP_C_FIN_QUEUED) && c->snd_una + k->len == end && seq_gt(c->snd_max, end);
		return true;
	}
	if (tcp_is(c, TCP_C_PROBE)) {
		/* MUST-35, MUST-36: one octet beyond the window, or the FIN; snd_nxt stays, since the peer may not take it. */
		tcp_unmark(c, TCP_C_PROBE);
		k->from_head = true;
		k->h.seq = c->snd_una;
		k->len = c->sq_len > 0 ? 1 : 0;
		k->fin = c->sq_len == 0 && tcp_is(c, TCP_C_FIN_QUEUED);
		return k->len > 0 || k->fin;
	}
	k->h.seq = c->snd_nxt;
	unsent = seq_lt(c->snd_nxt, end) ? end - c->snd_nxt : 0;
	if (unsent == 0 && !(tcp_is(c, TCP_C_FIN_QUEUED) && c->snd_nxt == end))
		return false;
	if (seq_geq(c->snd_nxt, c->snd_max))
		tcp_cc_idle(t, c, now);
	len = sendable(t, c, unsent);
	fin = tcp_is(c, TCP_C_FIN_QUEUED) && len == unsent && c->snd_wnd > tcp_in_flight(c) + len;
	k->len = len;
	k->fin = fin;
	k->moves = true;
	return len > 0 || fin;
}

/* Nothing may go now; is somebody going to wake us? With octets left and none under way only the persist timer will. */
static void settle(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	bool unsent = seq_lt(c->snd_nxt, tcp_send_end(c));

	if (c->state < HF_TCP_ESTABLISHED || c->rtx_at != HF_NEVER || !unsent)
		return;
	tcp_mark(c, TCP_C_PERSIST);
	c->backoff = 0;
	c->waiting_since = now;
	c->rtx_at = now + tcp_rto_backed_off(t, c); /* SHLD-29 */
	tcp_timer_set(t, c);
	if (c->snd_wnd > 0 && hf_trace_on(t->trace)) {
		struct hf_trace_record *r = tcp_trace(t, c, HF_TR_TCP_SWS);

		r->seq = c->snd_nxt;
		r->len = tcp_send_end(c) - c->snd_nxt;
		r->wnd = c->snd_wnd;
		r->x = (uint32_t)hf_min_u64((c->rtx_at - now) / 1000u, UINT32_MAX);
	}
}

static void put_window(struct tcp *t, struct tcp_conn *c, struct tcp_header *h)
{
	uint32_t wnd;

	if (h->flags & TCP_SYN) {
		wnd = tcp_syn_window(t);
		h->window = (uint16_t)wnd;
		if (c->state != HF_TCP_SYN_SENT)
			c->rcv_adv = seq_max(c->rcv_adv, c->rcv_nxt + wnd);
		return;
	}
	wnd = tcp_window(t, c);
	h->window = (uint16_t)(wnd >> c->rcv_wscale);
	c->rcv_adv = seq_max(c->rcv_adv, c->rcv_nxt + wnd);
	if (wnd == 0 && !tcp_is(c, TCP_C_WINDOW_SHUT)) {
		tcp_mark(c, TCP_C_WINDOW_SHUT);
		tcp_trace(t, c, HF_TR_TCP_WINDOW_CLOSED)->ack = c->rcv_nxt;
	} else if (wnd != 0 && tcp_is(c, TCP_C_WINDOW_SHUT)) {
		tcp_unmark(c, TCP_C_WINDOW_SHUT);
		tcp_trace(t, c, HF_TR_TCP_WINDOW_OPEN)->wnd = wnd;
	}
}

static void put_urgent(struct tcp_conn *c, struct tcp_header *h)
{
	if (!tcp_is(c, TCP_C_URG_SEND) || (h->flags & TCP_SYN) || !seq_gt(c->snd_up, h->seq))
		return;
	/* MUST-62: the pointer names the octet behind the last urgent one. Further away than it can say: as far as it can. */
	h->flags |= TCP_URG;
	h->urgent = (uint16_t)hf_min_u32(c->snd_up - h->seq, 65535);
}

/* The segment is decided: books it, and writes it into the frame. */
static void commit(struct tcp *t, struct tcp_conn *c, struct cut *k, struct tcp_out *out, hf_time_ns now)
{
	struct hf_frame_out *f = out->frame;
	struct hf_wr w = hf_wr_over(f->head + HF_FRAME_L4_AT, TCP_HEADER_MAX);
	uint32_t space, end, mss = tcp_eff_mss(c);
	bool again;

	f->payload_len = 0;
	f->parts = 0;
	if (k->len > 0)
		k->len = tcp_send_refer(t, c, k->from_head, k->len, f);
	if (k->fin && k->len > 0 && k->h.seq + k->len != tcp_queue_end(c))
		k->fin = false; /* the frame had no room for all parts */
	space = k->len + (k->syn ? 1 : 0) + (k->fin ? 1 : 0);
	end = k->h.seq + space;
	again = space > 0 && seq_lt(k->h.seq, c->snd_max);

	if (!k->syn)
		k->h.flags |= TCP_ACK;
	if (k->fin)
		k->h.flags |= TCP_FIN;
	if (k->len > 0 && k->h.seq + k->len == tcp_queue_end(c))
		k->h.flags |= TCP_PSH; /* MUST-61 */
	k->h.src_port = c->key.local_port;
	k->h.dst_port = c->key.remote_port;
	if (k->h.flags & TCP_ACK) {
		k->h.ack = c->rcv_nxt;
		c->last_ack = c->rcv_nxt;
		c->delack_at = HF_NEVER;
		tcp_unmark(c, TCP_C_ACK_NOW);
	}
	if (!k->syn && tcp_is(c, TCP_C_TS))
		k->h.has_timestamps = true;
	if (k->h.has_timestamps) {
		k->h.ts_val = tcp_ts_now(c, now);
		k->h.ts_ecr = (k->h.flags & TCP_ACK) ? c->ts_recent : 0;
	}
	put_urgent(c, &k->h);
	put_window(t, c, &k->h);

	f->head_at = HF_FRAME_L4_AT;
	f->head_len = (uint16_t)tcp_put(&w, &k->h);
	f->flags = 0;
	f->gso_size = 0;
	if (k->len > mss) {
		f->gso_size = (uint16_t)mss;
		f->flags |= addr_is_ip4(&c->key.remote) ? HF_FRAME_GSO4 : HF_FRAME_GSO6;
	}
	out->src = *tcp_local_addr(t, c->key.local);
	out->dst = c->key.remote;
	out->ttl = c->ttl;
	out->tos = c->tos;

	if (hf_trace_on(t->trace)) {
		if (again && !(k->syn && c->backoff == 0)) { /* SYN,ACK after SYN is an answer, not a repetition */
			struct hf_trace_record *r = tcp_trace(t, c, HF_TR_TCP_RETRANSMIT);

			r->seq = k->h.seq;
			r->len = k->len;
			r->x = c->backoff;
		}
		tcp_trace_segment(t, &c->key, HF_TR_TCP_TX, &k->h, k->len,
				  (uint32_t)k->h.window << (k->syn ? 0 : c->rcv_wscale));
	}
	if (space == 0)
		return;
	if (again) {
		c->bytes_retransmitted += k->len;
		/* MUST-18: a segment that was sent twice measures nothing. */
		if (tcp_is(c, TCP_C_TIMING) && seq_leq(k->h.seq, c->rtt_seq) && seq_gt(end, c->rtt_seq))
			tcp_unmark(c, TCP_C_TIMING);
	} else if (!tcp_is(c, TCP_C_TIMING)) {
		tcp_mark(c, TCP_C_TIMING);
		c->rtt_seq = k->h.seq;
		c->rtt_at = now;
	}
	if (k->moves)
		c->snd_nxt = end;
	c->snd_max = seq_max(c->snd_max, end);
	if (k->moves || !tcp_is(c, TCP_C_PERSIST)) {
		c->last_tx = now;
		tcp_rtx_start(t, c, now);
	}
}

/* May more follow at once? Then the connection stays in line, behind the others. */
static bool has_more(const struct tcp_conn *c)
{
	if (tcp_is(c, TCP_C_REXMIT_ONE | TCP_C_ACK_NOW) || c->dup_owed > 0)
		return true;
	return seq_lt(c->snd_nxt, tcp_send_end(c));
}

static bool build(struct tcp *t, struct tcp_conn *c, struct tcp_out *out, hf_time_ns now)
{
	struct cut k;

	begin(&k, seq_to_show(c));
	if (c->snd_nxt == c->iss && !tcp_syn_acked(c)) {
		cut_syn(t, c, &k);
	} else if (c->dup_owed > 0) {
		c->dup_owed--;
	} else if (c->state >= HF_TCP_ESTABLISHED && cut_data(t, c, &k, now)) {
		;
	} else if (tcp_is(c, TCP_C_KEEPALIVE_PROBE)) {
		/* RFC 9293 3.8.4: a sequence number already acknowledged makes the peer answer; no garbage octet (SHLD-12). */
		tcp_unmark(c, TCP_C_KEEPALIVE_PROBE);
		begin(&k, c->snd_una - 1);
	} else if (tcp_is(c, TCP_C_ACK_NOW) && c->state != HF_TCP_SYN_SENT) {
		begin(&k, seq_to_show(c));
	} else {
		return false;
	}
	commit(t, c, &k, out, now);
	return true;
}

bool tcp_peek(struct tcp *t, struct hf_addr *ret_src, struct hf_addr *ret_dst)
{
	if (t->control.head != HF_NONE) {
		const struct tcp_control *x = hf_pool_at(&t->controls, t->control.head);

		*ret_src = x->src;
		*ret_dst = x->dst;
		return true;
	}
	if (t->ready.head != HF_NONE) {
		const struct tcp_conn *c = tcp_conn_at(t, t->ready.head);

		*ret_src = *tcp_local_addr(t, c->key.local);
		*ret_dst = c->key.remote;
		return true;
	}
	return false;
}

static void pull_control(struct tcp *t, uint32_t i, struct tcp_out *out)
{
	struct tcp_control *x = hf_pool_at(&t->controls, i);
	struct hf_frame_out *f = out->frame;
	struct hf_wr w = hf_wr_over(f->head + HF_FRAME_L4_AT, TCP_HEADER_MAX);

	f->head_at = HF_FRAME_L4_AT;
	f->head_len = (uint16_t)tcp_put(&w, &x->h);
	f->parts = 0;
	f->payload_len = 0;
	f->gso_size = 0;
	f->flags = 0;
	out->src = x->src;
	out->dst = x->dst;
	out->ttl = x->ttl;
	out->tos = x->tos;
	if (hf_trace_on(t->trace)) {
		struct tcp_key k = { .remote = x->dst,
				     .local_port = x->h.src_port,
				     .remote_port = x->h.dst_port,
				     .local = tcp_local_index(t, &x->src) };

		tcp_trace_segment(t, &k, HF_TR_TCP_TX, &x->h, 0, x->h.window);
	}
	hf_pool_give(&t->controls, i);
}

bool tcp_pull(struct tcp *t, struct tcp_out *out, hf_time_ns now)
{
	uint32_t i = tcp_list_pop(control_chain(t), &t->control);
	struct tcp_conn *c;

	if (i != HF_NONE) {
		pull_control(t, i, out);
		return true;
	}
	i = t->ready.head;
	HF_ASSERT(i != HF_NONE);
	c = tcp_conn_at(t, i);
	if (!build(t, c, out, now)) {
		tcp_ready_remove(t, c);
		settle(t, c, now);
		return false;
	}
	if (!has_more(c)) {
		tcp_ready_remove(t, c);
	} else if (t->ready.tail != i) {
		/* Everybody in turn. */
		tcp_list_remove(ready_chain(t), &t->ready, i);
		tcp_list_push(ready_chain(t), &t->ready, i);
	}
	return true;
}

void tcp_hold(struct tcp *t, hf_time_ns now)
{
	uint32_t i = tcp_list_pop(control_chain(t), &t->control);
	struct tcp_conn *c;

	(void)now;
	if (i != HF_NONE) {
		tcp_list_push(control_chain(t), &t->control_held, i);
		return;
	}
	i = tcp_list_pop(ready_chain(t), &t->ready);
	HF_ASSERT(i != HF_NONE);
	c = tcp_conn_at(t, i);
	tcp_unmark(c, TCP_C_READY);
	tcp_mark(c, TCP_C_HELD);
	tcp_list_push(ready_chain(t), &t->held, i);
}

void tcp_unhold_all(struct tcp *t)
{
	for (uint32_t i = t->held.head; i != HF_NONE; i = tcp_conn_at(t, i)->ready.next) {
		tcp_unmark(tcp_conn_at(t, i), TCP_C_HELD);
		tcp_mark(tcp_conn_at(t, i), TCP_C_READY);
	}
	tcp_list_join(ready_chain(t), &t->ready, &t->held);
	tcp_list_join(control_chain(t), &t->control, &t->control_held);
}

bool tcp_has_held(const struct tcp *t)
{
	return t->held.head != HF_NONE || t->control_held.head != HF_NONE;
}

/* IP cannot send there. A connection being opened ends; a synchronized one keeps trying, as for any soft error (MUST-56). */
void tcp_drop_next(struct tcp *t, hf_status why, hf_time_ns now)
{
	uint32_t i = tcp_list_pop(control_chain(t), &t->control);
	struct tcp_conn *c;

	if (i != HF_NONE) {
		hf_pool_give(&t->controls, i);
		return;
	}
	i = tcp_list_pop(ready_chain(t), &t->ready);
	HF_ASSERT(i != HF_NONE);
	c = tcp_conn_at(t, i);
	tcp_unmark(c, TCP_C_READY);
	if (c->state == HF_TCP_SYN_SENT) {
		tcp_fire(t, c, TCP_ON_ICMP_HARD, why, now);
		return;
	}
	if (c->soft != (uint8_t)why) {
		c->soft = (uint8_t)why;
		tcp_event_add(t, c, HF_EV_ADVICE);
	}
	/* What cannot go is as good as lost: the retransmission timer brings it back. */
	tcp_unmark(c, TCP_C_ACK_NOW | TCP_C_KEEPALIVE_PROBE);
	c->dup_owed = 0;
	if (c->snd_una != c->snd_max || has_more(c))
		tcp_rtx_start(t, c, now);
}
