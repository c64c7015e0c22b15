/* SPDX-License-Identifier: MIT */
/*
 * "A segment arrives" (RFC 9293 3.10.7), cut where the RFC cuts it: CLOSED, LISTEN (tcp_listen.c), SYN_SENT, and the rest
 * with its numbered checks in their order. Each check is a function that goes on to the next or stops. What a check finds
 * out changes the block only when everything before it has passed.
 *
 * Before the first check stands RFC 7323's (PAWS); RST, SYN and ACK are judged by RFC 5961.
 */
#include "tcp/tcp_internal.h"

enum verdict { GO_ON, STOP };
typedef enum verdict step(struct tcp *t, struct tcp_segment *s);

static step check_timestamp, check_seq, check_rst, check_syn, check_ack, check_urg, take_text, check_fin;

/* The third check, security and compartment, has nothing to check: that IP option is not spoken here. */
static step *const otherwise[] = {
	check_timestamp, /* RFC 7323 5.3 */
	check_seq,       /* first */
	check_rst,       /* second */
	check_syn,       /* fourth */
	check_ack,       /* fifth */
	check_urg,       /* sixth */
	take_text,       /* seventh */
	check_fin,       /* eighth */
};

static void in_syn_sent(struct tcp *t, struct tcp_segment *s);
static void trim(struct tcp *t, struct tcp_segment *s, uint32_t wnd);

static void in_closed(struct tcp *t, struct tcp_segment *s)
{
	tcp_reset_reply(t, s);
}

void tcp_feed(struct tcp *t, const struct tcp_in *in, hf_time_ns now)
{
	struct tcp_segment s;
	uint32_t ref, listener;

	s.in = in;
	s.now = now;
	s.c = NULL;
	s.fin_acked = false;
	memset(&s.key, 0, sizeof s.key);
	s.key.remote = in->src;
	if (tcp_parse(in->segment, &s.h) != HF_OK) {
		tcp_trace_key(t, &s.key, HF_TR_TCP_DROP_SHORT)->len = (uint32_t)in->segment.len;
		return;
	}
	/* Not out of s.h: both as one word would have to wait for two stores. */
	s.key.local_port = hf_load16(in->segment.at + 2);
	s.key.remote_port = hf_load16(in->segment.at);
	if (!in->csum_ok && !tcp_csum_ok(in->segment, &in->src, &in->dst)) {
		tcp_trace_key(t, &s.key, HF_TR_TCP_DROP_CSUM);
		return;
	}
	/* A group gets no index: the table has room for addresses of ours. */
	s.key.local = in->bad_address ? UINT16_MAX : tcp_local_index(t, &in->dst);
	if (s.key.local == UINT16_MAX) {
		tcp_trace_segment(t, &s.key, HF_TR_TCP_DROP_ADDRESS, &s.h, 0, 0);
		return;
	}
	s.data = s.h.payload;
	s.seq = s.h.seq;
	s.syn = s.h.flags & TCP_SYN;
	s.fin = s.h.flags & TCP_FIN;
	s.len = (uint32_t)s.data.len + s.syn + s.fin;
	s.wnd = s.h.window;
	if (hf_trace_on(t->trace))
		tcp_trace_segment(t, &s.key, HF_TR_TCP_RX, &s.h, (uint32_t)s.data.len, s.h.window);

	ref = tcp_lookup_again(t, &s.key);
	if (ref == HF_NONE) {
		if (tcp_listener_for(t, &in->dst, s.h.dst_port, &listener))
			tcp_in_listen(t, &s, listener);
		else
			in_closed(t, &s);
		return;
	}
	switch (TCP_REF_KIND(ref)) {
	case TCP_REF_CONN:
		s.c = tcp_conn_at(t, TCP_REF_INDEX(ref));
		break;
	case TCP_REF_HALF:
		if (!tcp_in_half(t, &s, TCP_REF_INDEX(ref)))
			return;
		break;
	case TCP_REF_TW:
		tcp_in_tw(t, &s, TCP_REF_INDEX(ref));
		return;
	}
	tcp_in_conn(t, &s);
}

void tcp_in_conn(struct tcp *t, struct tcp_segment *s)
{
	if (s->c->state == HF_TCP_SYN_SENT) {
		in_syn_sent(t, s);
		return;
	}
	if (!(s->h.flags & TCP_SYN))
		s->wnd = (uint32_t)s->h.window << s->c->snd_wscale;
	for (size_t i = 0; i < HF_ARRAY_LEN(otherwise); i++) {
		if (otherwise[i](t, s) == STOP)
			return;
	}
}

bool tcp_may_challenge(struct tcp *t, struct tcp_challenges *of, const struct tcp_key *k, hf_time_ns now)
{
	uint32_t now_ms = (uint32_t)(now / HF_MS(1));

	if (of->count == 0 || now_ms - of->from_ms >= TCP_CHALLENGE_SPAN / HF_MS(1)) {
		of->from_ms = now_ms;
		of->count = 0;
	}
	if (of->count >= t->cfg.challenge_acks) {
		tcp_trace_key(t, k, HF_TR_TCP_CHALLENGE_LIMIT);
		return false;
	}
	of->count++;
	return true;
}

void tcp_challenge(struct tcp *t, struct tcp_conn *c, enum hf_trace_kind why, hf_time_ns now)
{
	if (!tcp_may_challenge(t, &c->challenges, &c->key, now))
		return;
	tcp_trace(t, c, why)->ack = c->rcv_nxt;
	tcp_ack_soon(t, c);
}

/*
 * Says where we stand to whom sent what cannot be taken. Text asks for it each time; but when two sides disagree on their
 * numbers, an ACK out of place for an ACK out of place would go on for ever.
 */
static void answer_unacceptable(struct tcp *t, struct tcp_segment *s)
{
	if (s->len == 0 && !tcp_may_challenge(t, &s->c->stale, &s->c->key, s->now))
		return;
	tcp_ack_soon(t, s->c);
}

/* RFC 9293 3.10.7.4, the table of four cases. */
bool tcp_seq_acceptable(uint32_t seq, uint32_t len, uint32_t rcv_nxt, uint32_t wnd)
{
	if (len == 0)
		return wnd == 0 ? seq == rcv_nxt : seq - rcv_nxt < wnd;
	if (wnd == 0)
		return false;
	return seq - rcv_nxt < wnd || seq + len - 1 - rcv_nxt < wnd;
}

/* ---- SYN_SENT, RFC 9293 3.10.7.3 ---- */

static void take_options(struct tcp *t, struct tcp_conn *c, const struct tcp_segment *s)
{
	bool ip4 = addr_is_ip4(&c->key.remote);
	uint16_t path = tcp_mss_for(t, s->in->path_mtu, ip4), mss;

	c->peer_mss = s->h.has_mss ? s->h.mss : ip4 ? TCP_MSS_DEFAULT_4 : TCP_MSS_DEFAULT_6;
	if (c->peer_mss < TCP_MSS_FLOOR)
		c->peer_mss = TCP_MSS_FLOOR;
	mss = c->peer_mss < path ? c->peer_mss : path;
	if (c->mss < mss)
		mss = c->mss; /* what the path was known to take when the SYN went out */
	if (s->h.has_wscale && !t->cfg.no_window_scale) {
		tcp_mark(c, TCP_C_WSCALE);
		c->snd_wscale = s->h.wscale;
		c->rcv_wscale = t->rcv_wscale;
	}
	if (s->h.has_timestamps && !t->cfg.no_timestamps) {
		tcp_mark(c, TCP_C_TS);
		c->ts_recent = s->h.ts_val;
		c->ts_recent_at = s->now;
	}
	tcp_set_mss(t, c, mss);
}

static void set_send_window(struct tcp_conn *c, const struct tcp_segment *s)
{
	c->snd_wnd = s->wnd;
	c->snd_wnd_max = hf_max_u32(c->snd_wnd_max, s->wnd);
	c->snd_wl1 = s->h.seq;
	c->snd_wl2 = s->h.ack;
}

/* Our SYN is acknowledged: measures, and sets out with the initial window. */
static void syn_is_acked(struct tcp *t, struct tcp_conn *c, struct tcp_segment *s)
{
	c->snd_una = c->iss + 1;
	c->syn_acked = true;
	if (seq_lt(c->snd_nxt, c->snd_una))
		c->snd_nxt = c->snd_una;
	if (tcp_is(c, TCP_C_TIMING) && !tcp_is(c, TCP_C_SYN_LOST))
		tcp_rtt_sample(t, c, s->now - c->rtt_at);
	tcp_unmark(c, TCP_C_TIMING);
	if (tcp_is(c, TCP_C_SYN_LOST) && !tcp_is(c, TCP_C_RTT_KNOWN))
		c->rto = hf_max_u64(c->rto, TCP_SYN_RTO_LOST);
	tcp_rtx_stop(t, c);
	tcp_cc_init(t, c);
	tcp_send_rewind(c);
	if (tcp_is(c, TCP_C_KEEPALIVE))
		tcp_keepalive_restart(t, c, s->now);
}

static void in_syn_sent(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	bool ack = s->h.flags & TCP_ACK;

	if (ack && (seq_leq(s->h.ack, c->iss) || seq_gt(s->h.ack, c->snd_max))) {
		tcp_reset_reply(t, s);
		return;
	}
	if (s->h.flags & TCP_RST) {
		if (!ack) {
			tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_RST, &s->h, s->len, 0);
			return;
		}
		tcp_trace_segment(t, &s->key, HF_TR_TCP_RESET_RECEIVED, &s->h, s->len, 0);
		tcp_fire(t, c, TCP_ON_RCV_RST, HF_REFUSED, s->now);
		return;
	}
	if (!s->syn) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_STATE, &s->h, s->len, 0);
		return;
	}
	c->irs = s->h.seq;
	c->rcv_nxt = c->rcv_user = c->last_ack = s->h.seq + 1;
	c->rcv_adv = c->rcv_nxt + tcp_syn_window(t);
	c->last_rx = s->now;
	s->seq = s->h.seq + 1;
	s->syn = false;
	s->len--;
	take_options(t, c, s);
	set_send_window(c, s);
	if (!ack) {
		/* Simultaneous open (MUST-10). What else the segment holds will come again. */
		c->snd_wl2 = c->iss;
		tcp_fire(t, c, TCP_ON_RCV_SYN, HF_OK, s->now);
		return;
	}
	syn_is_acked(t, c, s);
	tcp_fire(t, c, TCP_ON_RCV_SYN_ACK, HF_OK, s->now);
	tcp_event_add(t, c, HF_EV_CONNECTED | HF_EV_WRITABLE);
	tcp_ready_add(t, c);
	trim(t, s, tcp_syn_window(t));
	if (check_urg(t, s) == GO_ON && take_text(t, s) == GO_ON)
		check_fin(t, s);
}

/* ---- before the first check: RFC 7323 ---- */

static enum verdict check_timestamp(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;

	if (!tcp_is(c, TCP_C_TS) || (s->h.flags & TCP_RST))
		return GO_ON;
	if (!s->h.has_timestamps && s->syn)
		return GO_ON; /* from a peer that has forgotten the connection: RFC 5961 4.2 answers it whatever it carries */
	if (!s->h.has_timestamps) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_TIMESTAMP, &s->h, s->len, 0); /* 3.2 */
		return STOP;
	}
	if (!seq_lt(s->h.ts_val, c->ts_recent))
		return GO_ON;
	if (s->now - c->ts_recent_at > TCP_TS_STALE)
		return GO_ON; /* 5.5: idle for so long that the clock may have wrapped */
	tcp_trace_segment(t, &s->key, HF_TR_TCP_PAWS, &s->h, s->len, 0);
	answer_unacceptable(t, s);
	return STOP;
}

/* ---- first: sequence number ---- */

static void trim(struct tcp *t, struct tcp_segment *s, uint32_t wnd)
{
	struct tcp_conn *c = s->c;
	uint32_t old = seq_lt(s->seq, c->rcv_nxt) ? c->rcv_nxt - s->seq : 0, room;

	if (old > 0) {
		/* An acceptable segment that begins before the window reaches into it: its last number is new. */
		HF_ASSERT(old <= s->data.len);
		s->data.at += old;
		s->data.len -= old;
		s->seq += old;
		tcp_ack_soon(t, c); /* our ACK may have been lost */
	}
	room = c->rcv_nxt + wnd - s->seq;
	if (s->data.len > room) {
		s->data.len = room;
		s->fin = false;
		tcp_ack_soon(t, c);
	} else if (s->fin && s->data.len == room && wnd > 0) {
		s->fin = false;
		tcp_ack_soon(t, c);
	}
}

static enum verdict check_seq(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	uint32_t wnd = seq_gt(c->rcv_adv, c->rcv_nxt) ? c->rcv_adv - c->rcv_nxt : 0;
	bool rst = s->h.flags & TCP_RST;

	/* In a simultaneous open the peer's SYN comes again beside the ACK of ours; it lies before the window, and counts. */
	if (!tcp_syn_acked(c) && s->syn && s->seq == c->irs && (s->h.flags & TCP_ACK)) {
		s->syn = false;
		s->seq++;
		s->len--;
	}
	if (!tcp_seq_acceptable(s->seq, s->len, c->rcv_nxt, wnd)) {
		/* MUST-66: with the window shut, what else a segment at its edge says still counts. */
		if (wnd == 0 && s->seq == c->rcv_nxt && !s->syn) {
			s->data.len = 0;
			s->fin = false;
			tcp_ack_soon(t, c);
		} else {
			tcp_trace_segment(t, &s->key, rst ? HF_TR_TCP_DROP_RST : HF_TR_TCP_DROP_SEQ, &s->h, s->len, wnd);
			if (rst)
				return STOP;
			c->last_rx = s->now;
			if (s->syn)
				tcp_challenge(t, c, HF_TR_TCP_CHALLENGE_SYN, s->now); /* whatever its sequence number */
			else
				answer_unacceptable(t, s);
			return STOP;
		}
	}
	if (rst)
		return GO_ON; /* judged by its own number, RFC 5961 3.2 */
	/* RFC 7323 4.3 (3): only what begins at or before the last ACK we sent moves TS.Recent. */
	if (tcp_is(c, TCP_C_TS) && s->h.has_timestamps && !s->syn && seq_leq(s->h.seq, c->last_ack)) {
		c->ts_recent = s->h.ts_val;
		c->ts_recent_at = s->now;
	}
	c->last_rx = s->now;
	c->probes = 0;
	if (!s->syn)
		trim(t, s, wnd);
	return GO_ON;
}

/* ---- second: RST ---- */

static enum verdict check_rst(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	hf_status why = HF_RESET;

	if (!(s->h.flags & TCP_RST))
		return GO_ON;
	if (s->h.seq != c->rcv_nxt) {
		tcp_challenge(t, c, HF_TR_TCP_CHALLENGE_RST, s->now);
		return STOP;
	}
	tcp_trace_segment(t, &s->key, HF_TR_TCP_RESET_RECEIVED, &s->h, s->len, 0);
	if (c->state == HF_TCP_SYN_RECEIVED)
		why = HF_REFUSED; /* a block in this state was opened actively (MUST-11); half-open peers are elsewhere */
	else if (c->state == HF_TCP_CLOSING || c->state == HF_TCP_LAST_ACK)
		why = HF_OK; /* both sides had finished sending */
	tcp_fire(t, c, TCP_ON_RCV_RST, why, s->now);
	return STOP;
}

/* ---- fourth: SYN ---- */

static enum verdict check_syn(struct tcp *t, struct tcp_segment *s)
{
	if (!s->syn)
		return GO_ON;
	tcp_challenge(t, s->c, HF_TR_TCP_CHALLENGE_SYN, s->now);
	return STOP;
}

/* ---- fifth: ACK ---- */

static void measure(struct tcp *t, struct tcp_conn *c, const struct tcp_segment *s)
{
	hf_time_ns backed_off = tcp_is(c, TCP_C_PERSIST) ? c->rto : tcp_rto_backed_off(t, c);

	if (tcp_is(c, TCP_C_TIMING) && seq_gt(s->h.ack, c->rtt_seq)) {
		tcp_unmark(c, TCP_C_TIMING);
		tcp_rtt_sample(t, c, s->now - c->rtt_at);
		return;
	}
	if (tcp_is(c, TCP_C_TS) && c->backoff > 0 && s->h.ts_ecr != 0) {
		/* RFC 7323 4.3: after a retransmission the echo alone tells which one is acknowledged. */
		uint32_t ms = tcp_ts_now(c, s->now) - s->h.ts_ecr;

		if (ms < 1u << 24) {
			tcp_rtt_sample(t, c, HF_MS(ms));
			return;
		}
	}
	/* Karn (MUST-18, RFC 6298 5): what was sent twice measures nothing, so the doubled RTO stays until something does. */
	c->rto = backed_off;
}

/* The ACK says something new. */
static void advance_una(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	uint32_t n = s->h.ack - c->snd_una, data;

	measure(t, c, s);
	data = hf_min_u32(n, c->sq_len);
	if (n > data)
		tcp_mark(c, TCP_C_FIN_ACKED);
	c->snd_una = s->h.ack;
	tcp_send_acked(t, c, data);
	if (seq_lt(c->snd_nxt, c->snd_una)) {
		c->snd_nxt = c->snd_una;
		tcp_send_rewind(c);
	}
	tcp_cc_acked(t, c, n);
	c->soft = HF_OK;
	if (tcp_is(c, TCP_C_URG_SEND) && seq_leq(c->snd_up, c->snd_una))
		tcp_unmark(c, TCP_C_URG_SEND);
	/* RFC 6298 5.2, 5.3 */
	tcp_rtx_stop(t, c);
	if (c->snd_una != c->snd_max)
		tcp_rtx_start(t, c, s->now);
	if (data > 0 && tcp_is(c, TCP_C_ORPHAN) && !tcp_is(c, TCP_C_LINGER))
		c->end_at = HF_NEVER; /* the window moved: patience begins anew */
	if (data > 0)
		tcp_event_add(t, c, HF_EV_WRITABLE);
}

static bool is_duplicate(const struct tcp_segment *s)
{
	const struct tcp_conn *c = s->c;

	/* RFC 5681 2: (a) data under way, (b) no data in it, (c) neither SYN nor FIN, (d) and (e) the same ACK and window. */
	return s->h.ack == c->snd_una && c->snd_una != c->snd_max && s->h.payload.len == 0 &&
	       !(s->h.flags & (TCP_SYN | TCP_FIN)) && s->wnd == c->snd_wnd && !tcp_is(c, TCP_C_PERSIST);
}

static void update_window(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	bool was_shut = c->snd_wnd == 0;

	if (!(seq_lt(c->snd_wl1, s->h.seq) || (c->snd_wl1 == s->h.seq && seq_leq(c->snd_wl2, s->h.ack))))
		return;
	set_send_window(c, s);
	if (tcp_is(c, TCP_C_PERSIST)) {
		if (was_shut && c->snd_wnd > 0) {
			/* It opened. What the probe carried was refused: goes again with what follows. */
			tcp_rtx_stop(t, c);
			if (c->snd_nxt == c->snd_una && c->snd_max != c->snd_una)
				tcp_rtx_start(t, c, s->now);
		} else {
			c->waiting_since = s->now; /* MUST-37: it answers */
		}
	}
}

static void enter_fin_wait_2(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	tcp_fire(t, c, TCP_ON_RCV_ACK_OF_FIN, HF_OK, now);
	if (tcp_is(c, TCP_C_ORPHAN)) {
		c->end_at = now + t->cfg.fin_wait_2_orphan;
		tcp_timer_set(t, c);
	}
}

static enum verdict our_fin_is_acked(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;

	switch (c->state) {
	case HF_TCP_FIN_WAIT_1:
		if (s->fin && s->seq == c->rcv_nxt) {
			/* The peer's FIN may come with it: the eighth check decides which arrow is followed. */
			s->fin_acked = true;
			return GO_ON;
		}
		enter_fin_wait_2(t, c, s->now);
		return GO_ON;
	case HF_TCP_CLOSING:
	case HF_TCP_LAST_ACK:
		tcp_fire(t, c, TCP_ON_RCV_ACK_OF_FIN, HF_OK, s->now);
		return STOP;
	default:
		return GO_ON;
	}
}

static enum verdict check_ack(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;

	if (!(s->h.flags & TCP_ACK)) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_NO_ACK, &s->h, s->len, 0);
		return STOP;
	}
	if (!tcp_syn_acked(c)) {
		if (seq_leq(s->h.ack, c->snd_una) || seq_gt(s->h.ack, c->snd_max)) {
			tcp_reset_reply(t, s);
			return STOP;
		}
		syn_is_acked(t, c, s);
		set_send_window(c, s);
		if (c->state == HF_TCP_SYN_RECEIVED) {
			tcp_fire(t, c, TCP_ON_RCV_ACK_OF_SYN, HF_OK, s->now);
			tcp_event_add(t, c, tcp_is(c, TCP_C_PASSIVE) ? HF_EV_WRITABLE : HF_EV_CONNECTED | HF_EV_WRITABLE);
			if (tcp_is(c, TCP_C_CLOSE_LATER)) {
				tcp_unmark(c, TCP_C_CLOSE_LATER);
				tcp_fire(t, c, TCP_ON_USER_CLOSE, HF_OK, s->now);
			}
		}
		if (c->snd_una != c->snd_max)
			tcp_rtx_start(t, c, s->now);
	}
	if (seq_gt(s->h.ack, c->snd_max)) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_ACK, &s->h, s->len, 0);
		tcp_challenge(t, c, HF_TR_TCP_CHALLENGE_RANGE, s->now);
		return STOP;
	}
	if (seq_lt(s->h.ack, c->snd_una - c->snd_wnd_max)) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_OLD_ACK, &s->h, s->len, 0); /* RFC 5961 5.2 */
		tcp_challenge(t, c, HF_TR_TCP_CHALLENGE_RANGE, s->now);
		return STOP;
	}
	if (is_duplicate(s))
		tcp_cc_dupack(t, c);
	if (seq_gt(s->h.ack, c->snd_una))
		advance_una(t, s);
	if (seq_geq(s->h.ack, c->snd_una))
		update_window(t, s);
	if (c->snd_nxt != tcp_send_end(c) || tcp_is(c, TCP_C_REXMIT_ONE))
		tcp_ready_add(t, c);
	return tcp_is(c, TCP_C_FIN_ACKED) ? our_fin_is_acked(t, s) : GO_ON;
}

/* ---- sixth: URG ---- */

static bool may_receive(const struct tcp_conn *c)
{
	return c->state == HF_TCP_ESTABLISHED || c->state == HF_TCP_FIN_WAIT_1 || c->state == HF_TCP_FIN_WAIT_2;
}

static enum verdict check_urg(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	uint32_t up = s->h.seq + ((s->h.flags & TCP_SYN) ? 1 : 0) + s->h.urgent;

	if (!(s->h.flags & TCP_URG) || !may_receive(c) || !seq_gt(up, c->rcv_user))
		return GO_ON;
	if (tcp_is(c, TCP_C_URG_RECV) && seq_leq(up, c->rcv_up))
		return GO_ON;
	c->rcv_up = up;
	tcp_mark(c, TCP_C_URG_RECV);
	tcp_trace(t, c, HF_TR_TCP_URGENT)->seq = up;
	tcp_event_add(t, c, HF_EV_URGENT); /* MUST-32 */
	return GO_ON;
}

/* ---- seventh: text ---- */

static void plan_ack(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	uint32_t size = s->in->gso_size ? s->in->gso_size : (uint32_t)s->h.payload.len;

	c->rcv_mss = hf_max_u32(hf_min_u32(size, t->mtu), c->rcv_mss);
	/* SHLD-19: at least every second full segment; MUST-58, MUST-59: when the frame goes out all that came is counted. */
	if (c->rcv_nxt - c->last_ack >= 2 * c->rcv_mss) {
		tcp_ack_soon(t, c);
	} else if (c->delack_at == HF_NEVER && !tcp_is(c, TCP_C_ACK_NOW)) {
		c->delack_at = s->now + t->cfg.delayed_ack; /* SHLD-18, MUST-40 */
		tcp_timer_set(t, c);
	}
}

/* Somebody sends to a program that has gone: data would be lost without a word (SHLD-3, RFC 2525 2.17). */
static enum verdict refuse_text(struct tcp *t, struct tcp_segment *s)
{
	tcp_trace_segment(t, &s->key, HF_TR_TCP_LOSSY_CLOSE, &s->h, s->len, 0);
	tcp_fire(t, s->c, TCP_ON_USER_ABORT, HF_ABORTED, s->now);
	return STOP;
}

static enum verdict take_text(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	uint32_t before = c->rcv_nxt;

	if (s->data.len == 0 || !may_receive(c))
		return GO_ON;
	if (tcp_is(c, TCP_C_ORPHAN))
		return refuse_text(t, s);
	/* Behind the peer's FIN there is nothing. */
	if (tcp_is(c, TCP_C_FIN_SEEN)) {
		if (!seq_lt(s->seq, c->fin_seq))
			return GO_ON;
		if (seq_gt(s->seq + (uint32_t)s->data.len, c->fin_seq))
			s->data.len = c->fin_seq - s->seq;
	}
	switch (tcp_recv_store(t, c, s->seq, s->data)) {
	case TCP_STORED:
		plan_ack(t, s);
		break;
	case TCP_STORED_FILLED:
		tcp_trace(t, c, HF_TR_TCP_HOLE_FILLED)->len = c->rcv_nxt - before;
		tcp_ack_soon(t, c); /* RFC 5681 4.2 */
		break;
	case TCP_STORED_BEYOND:
		if (hf_trace_on(t->trace)) {
			struct hf_trace_record *r = tcp_trace(t, c, HF_TR_TCP_OUT_OF_ORDER);

			r->seq = s->seq;
			r->len = (uint32_t)s->data.len;
		}
		/* At once, and as many as segments came, so that the sender can count them (RFC 5681 4.2). */
		if (c->dup_owed < UINT8_MAX)
			c->dup_owed++;
		tcp_ready_add(t, c);
		break;
	case TCP_STORE_OLD:
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DUPLICATE, &s->h, s->len, 0);
		tcp_ack_soon(t, c);
		break;
	case TCP_STORE_NO_MEMORY:
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_MEMORY, &s->h, s->len, 0);
		tcp_ack_soon(t, c);
		break;
	case TCP_STORE_NO_GAPS:
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_GAPS, &s->h, s->len, 0);
		tcp_ack_soon(t, c);
		break;
	}
	if (c->rcv_nxt != before) {
		c->dup_owed = 0; /* they would say something new */
		tcp_event_add(t, c, HF_EV_READABLE);
	}
	return GO_ON;
}

/* ---- eighth: FIN ---- */

static enum verdict check_fin(struct tcp *t, struct tcp_segment *s)
{
	struct tcp_conn *c = s->c;
	bool taken;

	if (s->fin && may_receive(c) && !tcp_is(c, TCP_C_FIN_SEEN)) {
		tcp_mark(c, TCP_C_FIN_SEEN);
		c->fin_seq = s->seq + (uint32_t)s->data.len;
		/* Text that was held beyond it was no text of this stream; text that was taken makes the FIN the false one. */
		if (seq_leq(c->rcv_nxt, c->fin_seq))
			tcp_recv_cut_gaps(t, c, c->fin_seq);
		else
			tcp_unmark(c, TCP_C_FIN_SEEN);
	}
	taken = tcp_is(c, TCP_C_FIN_SEEN) && !tcp_is(c, TCP_C_FIN_TAKEN) && c->rcv_nxt == c->fin_seq;
	if (!taken) {
		if (s->fin)
			tcp_ack_soon(t, c);
		if (s->fin_acked)
			enter_fin_wait_2(t, c, s->now);
		return GO_ON;
	}
	tcp_recv_forget_gaps(t, c);
	tcp_mark(c, TCP_C_FIN_TAKEN);
	c->rcv_nxt++;
	c->rcv_adv = seq_max(c->rcv_adv, c->rcv_nxt);
	tcp_event_add(t, c, HF_EV_PEER_FIN | HF_EV_READABLE);
	tcp_fire(t, c, s->fin_acked ? TCP_ON_RCV_FIN_ACK_OF_FIN : TCP_ON_RCV_FIN, HF_OK, s->now);
	return GO_ON;
}

/* ---- ICMP, RFC 9293 3.9.2.2 ---- */

static bool is_hard(const struct tcp_icmp *e, hf_status *ret_why)
{
	/* SHLD-26: IPv4 destination unreachable 2 to 4 (4 is the path MTU's), IPv6 1 and 4 (RFC 5461 2). */
	if (!e->ip6 && e->type == 3 && (e->code == 2 || e->code == 3)) {
		*ret_why = e->code == 3 ? HF_REFUSED : HF_UNREACHABLE;
		return true;
	}
	if (e->ip6 && e->type == 1 && (e->code == 1 || e->code == 4)) {
		*ret_why = e->code == 4 ? HF_REFUSED : HF_UNREACHABLE;
		return true;
	}
	*ret_why = HF_UNREACHABLE;
	return false;
}

static void shrink_mss(struct tcp *t, struct tcp_conn *c, uint32_t mtu)
{
	uint16_t mss = tcp_mss_for(t, mtu, addr_is_ip4(&c->key.remote));
	struct hf_trace_record *r;

	if (mss >= c->mss)
		return;
	tcp_set_mss(t, c, mss);
	r = tcp_trace(t, c, HF_TR_TCP_MTU);
	r->x = mtu;
	r->y = mss;
	/* What was too big is lost for certain: resend it now, cut anew, without blaming congestion (RFC 8201 5.4). */
	c->cwnd = hf_max_u32(c->cwnd, mss);
	c->snd_nxt = c->snd_una;
	tcp_send_rewind(c);
	tcp_unmark(c, TCP_C_TIMING);
	tcp_ready_add(t, c);
}

void tcp_icmp(struct tcp *t, const struct tcp_icmp *e, hf_time_ns now)
{
	struct tcp_key k = { .remote = e->remote.addr, .local_port = e->local.port, .remote_port = e->remote.port };
	enum hf_trace_kind kind;
	struct hf_trace_record *r;
	struct tcp_conn *c;
	hf_status why;
	uint32_t ref;
	bool hard;

	k.local = tcp_local_index(t, &e->local.addr);
	ref = k.local == UINT16_MAX ? HF_NONE : tcp_lookup(t, &k);
	if (ref == HF_NONE || TCP_REF_KIND(ref) == TCP_REF_TW)
		return;
	if (TCP_REF_KIND(ref) == TCP_REF_HALF) {
		tcp_half_icmp(t, TCP_REF_INDEX(ref), e, !e->mtu && is_hard(e, &why));
		return;
	}
	c = tcp_conn_at(t, TCP_REF_INDEX(ref));
	/* RFC 5927 4.1: it must quote something that is under way. */
	if (seq_lt(e->seq, c->snd_una) || !seq_lt(e->seq, c->snd_max))
		return;
	if (e->mtu) {
		shrink_mss(t, c, e->mtu);
		return;
	}
	if (!e->ip6 && e->type == 4)
		return; /* MUST-55 */
	hard = is_hard(e, &why);
	kind = hard ? HF_TR_TCP_HARD_ERROR : HF_TR_TCP_SOFT_ERROR;
	r = tcp_trace(t, c, kind);
	r->x = e->type;
	r->y = e->code;
	if (hard) {
		tcp_fire(t, c, TCP_ON_ICMP_HARD, why, now);
		return;
	}
	c->soft = (uint8_t)why; /* MUST-56, SHLD-25 */
	tcp_event_add(t, c, HF_EV_ADVICE);
}
