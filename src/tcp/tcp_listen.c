/* SPDX-License-Identifier: MIT */
/*
 * LISTEN and the half-open peers it makes (RFC 9293 3.10.7.2; RFC 4987 3.3, the SYN cache).
 *
 * A SYN costs one small record without buffers. Its SYN,ACK is built from that record, and again each time its timer
 * fires. All entries that were sent equally often wait equally long, so one list for each count is in the order of its
 * deadlines: no timer for each peer. When the cache is full, the peer that has been silent through most retransmissions
 * makes room, the oldest first: in a flood those are the forged ones.
 *
 * The ACK of our SYN turns the record into a connection block, which then takes the same segment as any other would.
 */
#include "tcp/tcp_internal.h"

static struct tcp_chain half_chain(const struct tcp *t)
{
	return TCP_CHAIN(t->halves, struct tcp_half, link);
}

struct tcp_half *tcp_half_at(const struct tcp *t, uint32_t i)
{
	HF_ASSERT(i < t->limits.half_open);
	return &t->halves[i];
}

uint16_t tcp_mss_for(const struct tcp *t, uint32_t path_mtu, bool ip4)
{
	uint32_t mtu = path_mtu ? hf_min_u32(path_mtu, t->mtu) : t->mtu;
	uint32_t headers = (ip4 ? 20 : 40) + TCP_HEADER_MIN;

	/* MUST-16, MUST-67; a path below IPv4's minimum is not believed. */
	return (uint16_t)hf_min_u32(hf_max_u32(mtu, headers + TCP_MSS_FLOOR) - headers, 65535 - 60);
}

struct tcp_listen *tcp_listener_for(const struct tcp *t, const struct hf_addr *dst, uint16_t port, uint32_t *ret_slot)
{
	struct tcp_listen *any = NULL;

	for (uint32_t i = t->listening.head; i != HF_NONE;) {
		struct tcp_listen *l = hf_pool_at(&t->listens, i);

		if (l->local.port == port) {
			/* One that names the address comes before one that takes all. */
			if (addr_eq(&l->local.addr, dst)) {
				*ret_slot = i;
				return l;
			}
			if (addr_is_any(&l->local.addr) || (addr_is_any_ip4(&l->local.addr) && addr_is_ip4(dst))) {
				any = l;
				*ret_slot = i;
			}
		}
		i = l->link.next;
	}
	return any;
}

/* ---- the SYN cache ---- */

static uint32_t now_ms(hf_time_ns now)
{
	return (uint32_t)(now / HF_MS(1));
}

static hf_time_ns deadline_of(const struct tcp_half *p, hf_time_ns now)
{
	int64_t ms = (int64_t)(now / HF_MS(1)) + (int32_t)(p->deadline_ms - now_ms(now));

	return ms < 0 ? 0 : (hf_time_ns)ms * HF_MS(1);
}

static void arm_half_timer(struct tcp *t, hf_time_ns now)
{
	hf_time_ns first = HF_NEVER;

	for (uint32_t level = 0; level < TCP_HALF_LEVELS; level++) {
		uint32_t i = t->half_level[level].head;

		if (i != HF_NONE)
			first = hf_min_u64(first, deadline_of(tcp_half_at(t, i), now));
	}
	if (first == HF_NEVER)
		hf_wheel_stop(t->wheel, &t->half_timer);
	else if (!hf_timer_is_set(&t->half_timer) || t->half_timer.at > first)
		hf_wheel_set(t->wheel, &t->half_timer, first);
}

static hf_time_ns wait_at_level(const struct tcp *t, uint32_t level)
{
	return hf_min_u64(t->cfg.rto_initial << level, t->cfg.rto_max);
}

static void enqueue(struct tcp *t, uint32_t i, uint32_t level, hf_time_ns now)
{
	struct tcp_half *p = tcp_half_at(t, i);

	p->level = (uint8_t)level;
	p->deadline_ms = now_ms(now + wait_at_level(t, level) + HF_MS(1) - 1);
	tcp_list_push(half_chain(t), &t->half_level[level], i);
	arm_half_timer(t, now);
}

void tcp_half_free(struct tcp *t, uint32_t i)
{
	struct tcp_half *p = tcp_half_at(t, i);

	tcp_hash_remove(t, &p->key, TCP_REF(TCP_REF_HALF, i));
	tcp_list_remove(half_chain(t), &t->half_level[p->level], i);
	p->key.local_port = 0; /* free: tcp_each() looks at this */
	p->link.next = t->half_free;
	t->half_free = i;
	t->half_count--;
}

static void make_room(struct tcp *t)
{
	for (uint32_t level = TCP_HALF_LEVELS; level-- > 0;) {
		uint32_t i = t->half_level[level].head;

		if (i != HF_NONE) {
			tcp_trace_key(t, &tcp_half_at(t, i)->key, HF_TR_TCP_SYN_EVICTED);
			tcp_half_free(t, i);
			return;
		}
	}
}

static void send_syn_ack(struct tcp *t, const struct tcp_half *p, hf_time_ns now)
{
	bool ip4 = addr_is_ip4(&p->key.remote);
	struct tcp_header h = {
		.seq = p->iss,
		.ack = p->irs + 1,
		.flags = TCP_SYN | TCP_ACK,
		.window = (uint16_t)tcp_syn_window(t),
		.has_mss = true,
		.mss = tcp_mss_for(t, 0, ip4),
		.has_wscale = p->has_wscale,
		.wscale = t->rcv_wscale,
		.has_timestamps = p->has_ts,
		.ts_val = now_ms(now) + tcp_ts_offset(t, &p->key),
		.ts_ecr = p->ts_recent,
	};

	tcp_control_add(t, &p->key, &h);
}

static void send_half_ack(struct tcp *t, const struct tcp_half *p, hf_time_ns now)
{
	struct tcp_header h = {
		.seq = p->iss + 1,
		.ack = p->irs + 1,
		.flags = TCP_ACK,
		.window = (uint16_t)(tcp_syn_window(t) >> (p->has_wscale ? t->rcv_wscale : 0)),
		.has_timestamps = p->has_ts,
		.ts_val = now_ms(now) + tcp_ts_offset(t, &p->key),
		.ts_ecr = p->ts_recent,
	};

	tcp_control_add(t, &p->key, &h);
}

static void challenge_half(struct tcp *t, const struct tcp_half *p, enum hf_trace_kind why, hf_time_ns now)
{
	if (!tcp_may_challenge(t, &t->challenges, &p->key, now))
		return;
	tcp_trace_key(t, &p->key, why);
	send_half_ack(t, p, now);
}

/* The send MSS that a SYN asks for, options not counted (RFC 9293 3.7.1, MUST-15). */
static uint16_t mss_from_syn(const struct tcp *t, const struct tcp_segment *s)
{
	bool ip4 = addr_is_ip4(&s->key.remote);
	uint16_t theirs = s->h.has_mss ? s->h.mss : ip4 ? TCP_MSS_DEFAULT_4 : TCP_MSS_DEFAULT_6;
	uint16_t path = tcp_mss_for(t, s->in->path_mtu, ip4);

	if (theirs < TCP_MSS_FLOOR)
		theirs = TCP_MSS_FLOOR;
	return theirs < path ? theirs : path;
}

static void believe_syn(struct tcp *t, struct tcp_segment *s, uint32_t listener);

void tcp_half_open(struct tcp *t, struct tcp_segment *s, uint32_t listener, uint32_t iss, uint8_t *state, enum tcp_event on)
{
	const struct tcp_arrow *arrow;
	struct tcp_half *p;
	uint32_t i;

	if (t->half_free == HF_NONE)
		make_room(t);
	i = t->half_free;
	HF_ASSERT(i != HF_NONE);
	p = tcp_half_at(t, i);
	t->half_free = p->link.next;
	t->half_count++;

	p->key = s->key;
	p->key.spare = (uint16_t)listener;
	p->irs = s->h.seq;
	p->iss = iss;
	p->mss = mss_from_syn(t, s);
	p->has_wscale = s->h.has_wscale && !t->cfg.no_window_scale;
	p->wscale = p->has_wscale ? s->h.wscale : 0;
	p->has_ts = s->h.has_timestamps && !t->cfg.no_timestamps;
	p->ts_recent = p->has_ts ? s->h.ts_val : 0;
	p->retransmitted = false;
	tcp_hash_add(t, &p->key, TCP_REF(TCP_REF_HALF, i));
	enqueue(t, i, 0, s->now);

	arrow = tcp_fsm_step(t, &p->key, state, on);
	tcp_trace_key(t, &p->key, HF_TR_TCP_SYN_CACHED);
	if (arrow->then == TCP_DO_SEND_SYN_ACK)
		send_syn_ack(t, p, s->now);
}

/* RFC 9293 3.10.7.2. Data or FIN beside a SYN is not taken now: the peer sends it again once it is acknowledged. */
void tcp_in_listen(struct tcp *t, struct tcp_segment *s, uint32_t listener)
{
	struct tcp_listen *l = hf_pool_at(&t->listens, listener);
	uint8_t state = l->state;

	if (s->h.flags & TCP_RST) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_RST, &s->h, s->len, 0);
		return;
	}
	if (s->h.flags & TCP_ACK) {
		tcp_reset_reply(t, s);
		return;
	}
	if (!(s->h.flags & TCP_SYN)) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_STATE, &s->h, s->len, 0);
		return;
	}
	if (l->accept_count >= t->limits.accept_queue) {
		tcp_trace_key(t, &s->key, HF_TR_TCP_DROP_BACKLOG);
		return;
	}
	if (t->cfg.faults & HF_FAULT_TWO_WAY_HANDSHAKE)
		believe_syn(t, s, listener);
	else
		tcp_half_open(t, s, listener, tcp_isn(t, &s->key, s->now), &state, TCP_ON_RCV_SYN);
}

/* ---- from half-open to a block ---- */

static void append_to_accept(struct tcp *t, struct tcp_conn *c, uint32_t listener)
{
	struct tcp_listen *l = hf_pool_at(&t->listens, listener);

	c->listener_slot = listener;
	c->listener_birth = t->listens.birth[listener];
	tcp_mark(c, TCP_C_PASSIVE | TCP_C_IN_ACCEPT);
	tcp_list_push(TCP_CHAIN(t->conns.items, struct tcp_conn, accept), &l->accept, tcp_conn_slot(t, c));
	l->accept_count++;
	tcp_listen_event(t, l);
}

/* The record keeps milliseconds, and its deadline was rounded up: a round trip shorter than that clock's step is a step. */
static hf_time_ns since_syn_ack(const struct tcp *t, const struct tcp_half *p, hf_time_ns now)
{
	int32_t ms = (int32_t)(now_ms(now) - (p->deadline_ms - now_ms(wait_at_level(t, 0))));

	return HF_MS(ms > 1 ? (uint32_t)ms : 1u);
}

static void fill_in(struct tcp *t, struct tcp_conn *c, const struct tcp_half *p, hf_time_ns now)
{
	c->iss = p->iss;
	c->snd_una = p->iss;
	c->snd_nxt = c->snd_max = p->iss + 1;
	c->irs = p->irs;
	c->rcv_nxt = c->rcv_user = c->last_ack = p->irs + 1;
	c->rcv_adv = c->rcv_nxt + tcp_syn_window(t);
	if (p->has_wscale) {
		tcp_mark(c, TCP_C_WSCALE);
		c->snd_wscale = p->wscale;
		c->rcv_wscale = t->rcv_wscale;
	}
	if (p->has_ts) {
		tcp_mark(c, TCP_C_TS);
		c->ts_recent = p->ts_recent;
		c->ts_recent_at = now;
	}
	c->peer_mss = p->mss;
	tcp_set_mss(t, c, p->mss);
	if (p->retransmitted)
		tcp_mark(c, TCP_C_SYN_LOST);
	else
		tcp_rtt_sample(t, c, since_syn_ack(t, p, now));
	tcp_cc_init(t, c);
}

static struct tcp_conn *promote(struct tcp *t, uint32_t half, hf_time_ns now)
{
	struct tcp_half p = *tcp_half_at(t, half);
	const struct tcp_listen *l = hf_pool_at(&t->listens, p.key.spare);
	struct tcp_conn *c;

	if (l->accept_count >= t->limits.accept_queue) {
		tcp_trace_key(t, &p.key, HF_TR_TCP_DROP_BACKLOG);
		return NULL;
	}
	if (t->conns.in_use == t->conns.count) {
		tcp_trace_key(t, &p.key, HF_TR_TCP_DROP_CONNS);
		return NULL;
	}
	tcp_half_free(t, half);
	c = tcp_conn_new(t, &p.key, now);
	HF_ASSERT(c);
	tcp_fsm_resume(c, HF_TCP_SYN_RECEIVED);
	fill_in(t, c, &p, now);
	append_to_accept(t, c, p.key.spare);
	return c;
}

/* RFC 9293 3.10.7.4 for SYN_RECEIVED of passive origin, in its order of checks, as far as a half-open peer can matter. */
bool tcp_in_half(struct tcp *t, struct tcp_segment *s, uint32_t half)
{
	struct tcp_half *p = tcp_half_at(t, half);
	uint8_t state = HF_TCP_SYN_RECEIVED;
	bool rst = s->h.flags & TCP_RST, syn = s->h.flags & TCP_SYN;

	if (p->has_ts && !rst) {
		if (!s->h.has_timestamps && !syn) {
			tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_TIMESTAMP, &s->h, s->len, 0);
			return false;
		}
		if (s->h.has_timestamps && seq_lt(s->h.ts_val, p->ts_recent)) {
			tcp_trace_segment(t, &s->key, HF_TR_TCP_PAWS, &s->h, s->len, 0);
			send_half_ack(t, p, s->now);
			return false;
		}
	}
	if (!tcp_seq_acceptable(s->h.seq, s->len, p->irs + 1, tcp_syn_window(t))) {
		tcp_trace_segment(t, &s->key, rst ? HF_TR_TCP_DROP_RST : HF_TR_TCP_DROP_SEQ, &s->h, s->len, 0);
		if (rst)
			return false;
		/* Its own SYN once more says that our answer got lost: the same acknowledgment, with our SYN beside it. */
		if (syn && s->h.seq == p->irs)
			send_syn_ack(t, p, s->now);
		else if (syn)
			challenge_half(t, p, HF_TR_TCP_CHALLENGE_SYN, s->now);
		else if (tcp_may_challenge(t, &t->challenges, &p->key, s->now))
			send_half_ack(t, p, s->now);
		return false;
	}
	if (rst) {
		if (s->h.seq != p->irs + 1) {
			challenge_half(t, p, HF_TR_TCP_CHALLENGE_RST, s->now);
			return false;
		}
		tcp_trace_segment(t, &s->key, HF_TR_TCP_RESET_RECEIVED, &s->h, s->len, 0);
		tcp_fsm_step(t, &p->key, &state, TCP_ON_RCV_RST_PASSIVE);
		tcp_half_free(t, half);
		return false;
	}
	if (syn) {
		tcp_fsm_step(t, &p->key, &state, TCP_ON_RCV_SYN);
		tcp_half_free(t, half);
		return false;
	}
	if (!(s->h.flags & TCP_ACK)) {
		tcp_trace_segment(t, &s->key, HF_TR_TCP_DROP_NO_ACK, &s->h, s->len, 0);
		return false;
	}
	if (s->h.ack != p->iss + 1) {
		tcp_reset_reply(t, s);
		return false;
	}
	s->c = promote(t, half, s->now);
	return s->c != NULL;
}

/* The harm of a handshake without its third step, for those who want to see it: the SYN alone makes a connection. */
static void believe_syn(struct tcp *t, struct tcp_segment *s, uint32_t listener)
{
	struct tcp_half p = {
		.key = s->key,
		.irs = s->h.seq,
		.iss = tcp_isn(t, &s->key, s->now),
		.mss = mss_from_syn(t, s),
		.retransmitted = false,
		.deadline_ms = now_ms(s->now + wait_at_level(t, 0)),
	};
	struct tcp_conn *c = tcp_conn_new(t, &s->key, s->now);

	if (!c) {
		tcp_trace_key(t, &s->key, HF_TR_TCP_DROP_CONNS);
		return;
	}
	tcp_fsm_resume(c, HF_TCP_LISTEN);
	fill_in(t, c, &p, s->now);
	c->snd_una = c->snd_nxt;
	c->syn_acked = true;
	c->snd_wnd = c->snd_wnd_max = s->h.window;
	c->snd_wl1 = s->h.seq;
	append_to_accept(t, c, listener);
	tcp_trace(t, c, HF_TR_TCP_BELIEVED_SYN);
	if (tcp_fsm_step(t, &c->key, &c->state, TCP_ON_BELIEVE_SYN)->then == TCP_DO_SEND_SYN_ACK)
		send_syn_ack(t, &p, s->now);
}

/* ---- time, ICMP, the end of a listener ---- */

static void expire(struct tcp *t, uint32_t i, uint32_t level, hf_time_ns now)
{
	struct tcp_half *p = tcp_half_at(t, i);
	hf_time_ns waited = 0;

	for (uint32_t n = 0; n <= level; n++)
		waited += wait_at_level(t, n);
	if (waited >= t->cfg.r2_syn || level + 1 == TCP_HALF_LEVELS) { /* MUST-22, MUST-23 */
		uint8_t state = HF_TCP_SYN_RECEIVED;

		tcp_trace_key(t, &p->key, HF_TR_TCP_SYN_GIVEN_UP);
		tcp_fsm_step(t, &p->key, &state, TCP_ON_TIMEOUT_R2);
		tcp_half_free(t, i);
		return;
	}
	tcp_list_remove(half_chain(t), &t->half_level[level], i);
	p->retransmitted = true;
	enqueue(t, i, level + 1, now);
	if (hf_trace_on(t->trace)) {
		struct hf_trace_record *r = tcp_trace_key(t, &p->key, HF_TR_TCP_RTO);

		r->seq = p->iss;
		r->x = (uint32_t)hf_min_u64(wait_at_level(t, level + 1) / 1000u, UINT32_MAX);
		r = tcp_trace_key(t, &p->key, HF_TR_TCP_RETRANSMIT);
		r->seq = p->iss;
		r->x = level + 1;
	}
	send_syn_ack(t, p, now);
}

void tcp_half_timer(struct tcp *t, hf_time_ns now)
{
	for (uint32_t level = 0; level < TCP_HALF_LEVELS; level++) {
		uint32_t i;

		while ((i = t->half_level[level].head) != HF_NONE && deadline_of(tcp_half_at(t, i), now) <= now)
			expire(t, i, level, now);
	}
	arm_half_timer(t, now);
}

void tcp_half_forget_listener(struct tcp *t, uint32_t listener)
{
	for (uint32_t level = 0; level < TCP_HALF_LEVELS; level++) {
		uint32_t i = t->half_level[level].head;

		while (i != HF_NONE) {
			uint32_t next = tcp_half_at(t, i)->link.next;

			if (tcp_half_at(t, i)->key.spare == listener)
				tcp_half_free(t, i);
			i = next;
		}
	}
}

void tcp_half_icmp(struct tcp *t, uint32_t half, const struct tcp_icmp *e, bool hard)
{
	struct tcp_half *p = tcp_half_at(t, half);

	if (e->seq != p->iss)
		return; /* RFC 5927 4.1: nothing but our SYN is under way */
	if (hard) {
		struct hf_trace_record *r = tcp_trace_key(t, &p->key, HF_TR_TCP_HARD_ERROR);
		uint8_t state = HF_TCP_SYN_RECEIVED;

		r->x = e->type;
		r->y = e->code;
		tcp_fsm_step(t, &p->key, &state, TCP_ON_ICMP_HARD); /* SHLD-26 */
		tcp_half_free(t, half);
		return;
	}
	if (e->mtu) {
		uint16_t mss = tcp_mss_for(t, e->mtu, addr_is_ip4(&p->key.remote));

		if (mss < p->mss)
			p->mss = mss;
	}
}
