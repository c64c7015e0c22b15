/* SPDX-License-Identifier: MIT */
/*
 * The tables of TCP and who is in them.
 *
 * A 4-tuple leads through the hash table to one of three records (tcp_internal.h tells what each permits). Segments come
 * in at tcp_feed() (tcp_in.c), calls of the user at tcp_user.c, time at tcp_timer(). None of them sends: they change a
 * record and put it into the list of those that have something to say; tcp_pull() (tcp_out.c) then asks each in turn and
 * builds segments out of what the record holds at that moment. So an ACK that was due twice goes once, and with the latest
 * numbers.
 */
#include "tcp/tcp_internal.h"

static struct tcp_chain ready_chain(const struct tcp *t)
{
	return TCP_CHAIN(t->conns.items, struct tcp_conn, ready);
}
static struct tcp_chain event_chain(const struct tcp *t)
{
	return TCP_CHAIN(t->conns.items, struct tcp_conn, ev);
}

static uint32_t bucket_count(const struct hf_limits *l)
{
	uint64_t want = 2 * ((uint64_t)l->conns + l->half_open + l->time_wait);
	uint32_t n = 16;

	while (n < want && n < (1u << 30))
		n <<= 1;
	return n;
}

static struct hf_sipkey draw_key(struct hf_rng *rng)
{
	struct hf_sipkey k;

	k.k0 = hf_rng_u64(rng);
	k.k1 = hf_rng_u64(rng);
	return k;
}

/* The smallest shift that lets the window field say all of recv_window (RFC 7323 2.3). */
static uint8_t shift_for(uint32_t recv_window)
{
	uint8_t s = 0;

	while (s < TCP_WSCALE_MAX && (recv_window >> s) > 65535)
		s++;
	return s;
}

void tcp_init(struct tcp *t, struct hf_arena *a, const struct hf_host_config *cfg, struct hf_chunks *chunks,
	      struct hf_wheel *wheel, struct hf_trace *trace, struct hf_rng *rng)
{
	uint32_t n = bucket_count(&cfg->limits), i;

	memset(t, 0, sizeof *t);
	t->cfg = cfg->tcp;
	t->limits = cfg->limits;
	t->mtu = cfg->mtu_bytes;
	t->tso_max = (cfg->offload & HF_OFFLOAD_TX_TSO) ? cfg->tso_max_bytes : 0;
	t->rcv_wscale = shift_for(cfg->tcp.recv_window);
	t->chunks = chunks;
	t->wheel = wheel;
	t->trace = trace;
	t->hash_key = draw_key(rng);
	t->isn_key = draw_key(rng);
	t->ts_key = draw_key(rng);
	t->port_key = draw_key(rng);
	hf_pool_init(&t->conns, a, cfg->limits.conns, sizeof(struct tcp_conn));
	hf_pool_init(&t->listens, a, cfg->limits.listeners, sizeof(struct tcp_listen));
	hf_pool_init(&t->slices, a, cfg->limits.slices, sizeof(struct tcp_slice));
	hf_pool_init(&t->gaps, a, cfg->limits.gaps, sizeof(struct tcp_gap));
	hf_pool_init(&t->controls, a, cfg->limits.control, sizeof(struct tcp_control));
	t->halves = hf_arena_take(a, cfg->limits.half_open, sizeof(struct tcp_half));
	t->tws = hf_arena_take(a, cfg->limits.time_wait, sizeof(struct tcp_tw));
	t->buckets = hf_arena_take(a, n, sizeof(uint32_t));
	t->reserved.chunks = HF_NONE;
	t->locals = hf_arena_take(a, cfg->limits.addrs, sizeof(struct hf_addr));
	t->bucket_mask = n - 1;
	tcp_list_init(&t->ready);
	tcp_list_init(&t->held);
	tcp_list_init(&t->events);
	tcp_list_init(&t->listening);
	tcp_list_init(&t->listen_events);
	tcp_list_init(&t->control);
	tcp_list_init(&t->control_held);
	tcp_list_init(&t->tw_list);
	for (i = 0; i < TCP_HALF_LEVELS; i++)
		tcp_list_init(&t->half_level[i]);
	t->half_timer.kind = HF_TIMER_TCP_HALF;
	t->tw_timer.kind = HF_TIMER_TCP_TW;
	t->half_free = t->tw_free = t->last_ref = HF_NONE;
	if (!t->buckets || !t->halves || !t->tws)
		return; /* only counting */
	memset(t->buckets, 0xff, (size_t)n * sizeof(uint32_t));
	for (i = cfg->limits.half_open; i-- > 0;) {
		t->halves[i].link.next = t->half_free;
		t->half_free = i;
	}
	for (i = cfg->limits.time_wait; i-- > 0;) {
		t->tws[i].link.next = t->tw_free;
		t->tw_free = i;
	}
}

/* ---- the hash table ---- */

static struct tcp_key *key_at(const struct tcp *t, uint32_t ref)
{
	uint32_t i = TCP_REF_INDEX(ref);

	switch (TCP_REF_KIND(ref)) {
	case TCP_REF_CONN:
		return &tcp_conn_at(t, i)->key;
	case TCP_REF_HALF:
		return &tcp_half_at(t, i)->key;
	case TCP_REF_TW:
		return &tcp_tw_at(t, i)->key;
	}
	__builtin_trap();
}

/* Field by field, for that is how a key was filled in a moment ago: a wider load would wait for all of the stores. */
static bool key_eq(const struct tcp_key *a, const struct tcp_key *b)
{
	return addr_eq(&a->remote, &b->remote) && a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       a->local == b->local;
}

uint32_t tcp_key_hash(const struct tcp *t, const struct tcp_key *k)
{
	return (uint32_t)hf_siphash13(&t->hash_key, k, TCP_KEY_BYTES);
}

uint32_t tcp_lookup(const struct tcp *t, const struct tcp_key *k)
{
	uint32_t ref = t->buckets[tcp_key_hash(t, k) & t->bucket_mask];

	while (ref != HF_NONE) {
		const struct tcp_key *have = key_at(t, ref);

		if (key_eq(have, k))
			return ref;
		ref = have->hash_next;
	}
	return HF_NONE;
}

uint32_t tcp_lookup_again(struct tcp *t, const struct tcp_key *k)
{
	if (t->last_ref == HF_NONE || !key_eq(key_at(t, t->last_ref), k))
		t->last_ref = tcp_lookup(t, k);
	return t->last_ref;
}

void tcp_hash_add(struct tcp *t, struct tcp_key *k, uint32_t ref)
{
	uint32_t *bucket = &t->buckets[tcp_key_hash(t, k) & t->bucket_mask];

	k->hash_next = *bucket;
	*bucket = ref;
}

void tcp_hash_remove(struct tcp *t, struct tcp_key *k, uint32_t ref)
{
	uint32_t *at = &t->buckets[tcp_key_hash(t, k) & t->bucket_mask];

	if (t->last_ref == ref)
		t->last_ref = HF_NONE;
	while (*at != ref) {
		HF_ASSERT(*at != HF_NONE);
		at = &key_at(t, *at)->hash_next;
	}
	*at = k->hash_next;
	k->hash_next = HF_NONE;
}

uint16_t tcp_local_index(struct tcp *t, const struct hf_addr *a)
{
	uint32_t i;

	for (i = 0; i < t->local_count; i++) {
		if (addr_eq(&t->locals[i], a))
			return (uint16_t)i;
	}
	if (t->local_count == t->limits.addrs)
		return UINT16_MAX;
	t->locals[t->local_count] = *a;
	return (uint16_t)t->local_count++;
}

/* A keyed hash of the whole tuple, addresses spelled out, so that it means the same in every run with this seed. */
static uint64_t hash_tuple(const struct tcp *t, const struct hf_sipkey *key, const struct tcp_key *k)
{
	uint8_t b[36];

	memcpy(b, &k->remote, 16);
	memcpy(b + 16, tcp_local_addr(t, k->local), 16);
	hf_store16(b + 32, k->local_port);
	hf_store16(b + 34, k->remote_port);
	return hf_siphash(key, b, sizeof b);
}

/* RFC 6528 3: ISN = M + F(tuple, secret), M a clock of 4 us (RFC 9293 3.4.1, MUST-8, SHLD-1, MUST-9). */
uint32_t tcp_isn(const struct tcp *t, const struct tcp_key *k, hf_time_ns now)
{
	return (uint32_t)(now / 4000u) + (uint32_t)hash_tuple(t, &t->isn_key, k);
}

/* RFC 7323 5.4 and 7: the clock that a peer sees starts somewhere else for each tuple, yet only goes forward for one. */
uint32_t tcp_ts_offset(const struct tcp *t, const struct tcp_key *k)
{
	return (uint32_t)hash_tuple(t, &t->ts_key, k);
}

/* ---- connection blocks ---- */

struct tcp_conn *tcp_conn_get(const struct tcp *t, hf_conn c)
{
	struct tcp_conn *k = hf_pool_get(&t->conns, c.slot, c.birth);

	/* A block whose user has gone, or has not been given it yet, has no name. */
	return k && !tcp_is(k, TCP_C_ORPHAN | TCP_C_IN_ACCEPT) ? k : NULL;
}

struct tcp_conn *tcp_conn_new(struct tcp *t, const struct tcp_key *key, hf_time_ns now)
{
	uint32_t slot = hf_pool_take(&t->conns);
	struct tcp_conn *c;

	if (slot == HF_NONE)
		return NULL;
	c = tcp_conn_at(t, slot);
	c->key = *key;
	c->key.spare = 0;
	c->state = HF_TCP_CLOSED;
	c->id = tcp_key_hash(t, key) | 1u;
	c->rq_head = c->rq_tail = c->sq_head = c->sq_tail = c->sq_cursor = HF_NONE;
	c->gap_head = c->tw = c->listener_slot = HF_NONE;
	c->ready.next = c->ready.prev = c->ev.next = c->ev.prev = c->accept.next = c->accept.prev = HF_NONE;
	c->ttl = t->cfg.ttl;
	c->rto = t->cfg.rto_initial;
	c->rcv_mss = TCP_MSS_DEFAULT_4;
	c->rtx_at = c->delack_at = c->keepalive_at = c->end_at = HF_NEVER;
	c->r2_ms = (uint32_t)hf_min_u64(t->cfg.r2 / HF_MS(1), UINT32_MAX);
	c->keepalive_idle_ms = (uint32_t)hf_min_u64(t->cfg.keepalive_idle / HF_MS(1), UINT32_MAX);
	c->keepalive_interval_ms = (uint32_t)hf_min_u64(t->cfg.keepalive_interval / HF_MS(1), UINT32_MAX);
	c->keepalive_probes = (uint8_t)hf_min_u32(t->cfg.keepalive_probes, 255);
	c->last_rx = now;
	c->ts_offset = tcp_ts_offset(t, key);
	c->timer.kind = HF_TIMER_TCP_CONN;
	if (t->cfg.nodelay)
		tcp_mark(c, TCP_C_NODELAY);
	tcp_hash_add(t, &c->key, TCP_REF(TCP_REF_CONN, slot));
	tcp_mark(c, TCP_C_HASHED);
	return c;
}

static void unhash(struct tcp *t, struct tcp_conn *c)
{
	if (!tcp_is(c, TCP_C_HASHED))
		return;
	tcp_hash_remove(t, &c->key, TCP_REF(TCP_REF_CONN, tcp_conn_slot(t, c)));
	tcp_unmark(c, TCP_C_HASHED);
}

void tcp_conn_detach(struct tcp *t, struct tcp_conn *c)
{
	unhash(t, c);
	tcp_ready_remove(t, c);
	c->rtx_at = c->delack_at = c->keepalive_at = c->end_at = HF_NEVER;
	hf_wheel_stop(t->wheel, &c->timer);
	tcp_send_clear(t, c);
	tcp_recv_forget_gaps(t, c);
	if (tcp_is(c, TCP_C_ADVICE)) {
		tcp_unmark(c, TCP_C_ADVICE);
		t->advice--;
	}
}

void tcp_conn_free(struct tcp *t, struct tcp_conn *c)
{
	tcp_conn_detach(t, c);
	tcp_recv_clear(t, c);
	tcp_event_forget(t, c);
	if (tcp_is(c, TCP_C_IN_ACCEPT)) {
		struct tcp_listen *l = hf_pool_get(&t->listens, c->listener_slot, c->listener_birth);

		HF_ASSERT(l);
		tcp_list_remove(TCP_CHAIN(t->conns.items, struct tcp_conn, accept), &l->accept, tcp_conn_slot(t, c));
		l->accept_count--;
	}
	if (c->tw != HF_NONE)
		tcp_tw_at(t, c->tw)->conn = HF_NONE;
	hf_pool_give(&t->conns, tcp_conn_slot(t, c));
}

void tcp_conn_end(struct tcp *t, struct tcp_conn *c, hf_status why)
{
	HF_ASSERT(c->state == HF_TCP_CLOSED);
	c->why = (uint8_t)why;
	if (c->tw != HF_NONE) {
		uint32_t i = c->tw;

		tcp_tw_at(t, i)->conn = HF_NONE;
		c->tw = HF_NONE;
		tcp_tw_free(t, i);
	}
	if (tcp_is(c, TCP_C_ORPHAN)) {
		tcp_conn_free(t, c);
		return;
	}
	tcp_conn_detach(t, c);
	tcp_event_add(t, c, HF_EV_CLOSED); /* MUST-12 */
}

/* ---- lists ---- */

void tcp_ready_add(struct tcp *t, struct tcp_conn *c)
{
	if (tcp_is(c, TCP_C_READY | TCP_C_HELD) || !tcp_is(c, TCP_C_HASHED))
		return;
	tcp_mark(c, TCP_C_READY);
	tcp_list_push(ready_chain(t), &t->ready, tcp_conn_slot(t, c));
}

void tcp_ready_remove(struct tcp *t, struct tcp_conn *c)
{
	if (tcp_is(c, TCP_C_READY))
		tcp_list_remove(ready_chain(t), &t->ready, tcp_conn_slot(t, c));
	else if (tcp_is(c, TCP_C_HELD))
		tcp_list_remove(ready_chain(t), &t->held, tcp_conn_slot(t, c));
	tcp_unmark(c, TCP_C_READY | TCP_C_HELD);
}

void tcp_event_add(struct tcp *t, struct tcp_conn *c, uint32_t what)
{
	if (tcp_is(c, TCP_C_ORPHAN))
		return;
	c->ev_what |= what;
	/* Nobody has the name of a connection that waits to be accepted: its events are told after that. */
	if (tcp_is(c, TCP_C_EVENT | TCP_C_IN_ACCEPT))
		return;
	tcp_mark(c, TCP_C_EVENT);
	tcp_list_push(event_chain(t), &t->events, tcp_conn_slot(t, c));
}

void tcp_event_forget(struct tcp *t, struct tcp_conn *c)
{
	if (tcp_is(c, TCP_C_EVENT))
		tcp_list_remove(event_chain(t), &t->events, tcp_conn_slot(t, c));
	tcp_unmark(c, TCP_C_EVENT);
	c->ev_what = 0;
}

void tcp_listen_event(struct tcp *t, struct tcp_listen *l)
{
	if (l->in_events)
		return;
	l->in_events = true;
	tcp_list_push(TCP_CHAIN(t->listens.items, struct tcp_listen, ev), &t->listen_events, hf_pool_index(&t->listens, l));
}

bool tcp_next_event(struct tcp *t, struct hf_event *ret)
{
	uint32_t slot = tcp_list_pop(TCP_CHAIN(t->listens.items, struct tcp_listen, ev), &t->listen_events);

	if (slot != HF_NONE) {
		struct tcp_listen *l = hf_pool_at(&t->listens, slot);

		l->in_events = false;
		*ret = (struct hf_event){ .what = HF_EV_ACCEPT, .listener = { slot, t->listens.birth[slot] } };
		return true;
	}
	slot = tcp_list_pop(event_chain(t), &t->events);
	if (slot != HF_NONE) {
		struct tcp_conn *c = tcp_conn_at(t, slot);

		*ret = (struct hf_event){ .what = c->ev_what, .conn = { slot, t->conns.birth[slot] }, .tag = c->tag };
		c->ev_what = 0;
		tcp_unmark(c, TCP_C_EVENT);
		return true;
	}
	return false;
}

bool tcp_next_advice(struct tcp *t, struct hf_addr *ret_dst)
{
	uint32_t i;

	if (t->advice == 0)
		return false;
	for (i = 0; i < t->conns.count; i++) {
		struct tcp_conn *c;

		if (!hf_pool_taken(&t->conns, i))
			continue;
		c = tcp_conn_at(t, i);
		if (tcp_is(c, TCP_C_ADVICE)) {
			tcp_unmark(c, TCP_C_ADVICE);
			t->advice--;
			*ret_dst = c->key.remote;
			return true;
		}
	}
	__builtin_trap();
}

/* ---- tracing ---- */

struct hf_trace_record *tcp_trace_key(struct tcp *t, const struct tcp_key *k, enum hf_trace_kind kind)
{
	struct hf_trace_record *r = hf_trace_add(t->trace, kind);

	if (hf_trace_on(t->trace)) {
		r->id = tcp_key_hash(t, k) | 1u;
		r->local_port = k->local_port;
		r->remote_port = k->remote_port;
	}
	return r;
}

struct hf_trace_record *tcp_trace(struct tcp *t, const struct tcp_conn *c, enum hf_trace_kind kind)
{
	struct hf_trace_record *r = hf_trace_add(t->trace, kind);

	r->id = c->id;
	r->local_port = c->key.local_port;
	r->remote_port = c->key.remote_port;
	r->from = r->to = c->state;
	return r;
}

struct hf_trace_record *tcp_trace_segment(struct tcp *t, const struct tcp_key *k, enum hf_trace_kind kind,
					  const struct tcp_header *h, uint32_t len, uint32_t wnd)
{
	struct hf_trace_record *r = tcp_trace_key(t, k, kind);

	r->seq = h->seq;
	r->ack = h->ack;
	r->flags = h->flags;
	r->len = len;
	r->wnd = wnd;
	return r;
}

/* ---- counting and checking ---- */

void tcp_count(const struct tcp *t, struct hf_host_counters *ret)
{
	ret->conns = t->conns.in_use;
	ret->half_open = t->half_count;
	ret->time_wait = t->tw_count;
	ret->listeners = t->listens.in_use;
	ret->slices = t->slices.in_use;
	ret->gaps = t->gaps.in_use;
}

struct hf_host_footprint tcp_footprint(void)
{
	/* Two buckets of four octets each; a birth and a link for what has a name. */
	return (struct hf_host_footprint){
		.conn = sizeof(struct tcp_conn) + 2 * sizeof(uint32_t) + 2 * sizeof(uint32_t),
		.half_open = sizeof(struct tcp_half) + 2 * sizeof(uint32_t),
		.time_wait = sizeof(struct tcp_tw) + 2 * sizeof(uint32_t),
	};
}

static void check_conn(const struct tcp *t, const struct tcp_conn *c)
{
	uint32_t slot = tcp_conn_slot(t, c), i, n = 0, last = 0;
	bool synchronized = c->state >= HF_TCP_ESTABLISHED;

	HF_ASSERT(c->state != HF_TCP_LISTEN);
	/* In the table exactly while segments can change it. */
	HF_ASSERT(tcp_is(c, TCP_C_HASHED) == (c->state != HF_TCP_CLOSED && c->state != HF_TCP_TIME_WAIT));
	HF_ASSERT((c->tw != HF_NONE) == (c->state == HF_TCP_TIME_WAIT));
	if (c->state == HF_TCP_CLOSED || c->state == HF_TCP_TIME_WAIT) {
		HF_ASSERT(!tcp_is(c, TCP_C_ORPHAN));
		HF_ASSERT(!tcp_is(c, TCP_C_READY | TCP_C_HELD) && !hf_timer_is_set(&c->timer));
		HF_ASSERT(c->sq_head == HF_NONE && c->gap_head == HF_NONE);
		if (c->tw != HF_NONE)
			HF_ASSERT(tcp_tw_at(t, c->tw)->conn == slot);
		return;
	}
	HF_ASSERT(tcp_lookup(t, &c->key) == TCP_REF(TCP_REF_CONN, slot));
	/* RFC 9293 3.4: SND.UNA =< SND.NXT =< what was ever sent. */
	HF_ASSERT(seq_leq(c->snd_una, c->snd_nxt) && seq_leq(c->snd_nxt, c->snd_max));
	HF_ASSERT(seq_leq(c->snd_max, tcp_send_end(c)));
	HF_ASSERT(c->cwnd > 0);
	if (synchronized) {
		HF_ASSERT(seq_geq(c->rcv_nxt, c->rcv_user) && seq_geq(c->rcv_adv, c->rcv_nxt - 1));
		HF_ASSERT(tcp_readable(c) <= t->cfg.recv_window + (1u << c->rcv_wscale) + t->mtu);
	}
	/* What the states promise of the two FINs. */
	switch (c->state) {
	case HF_TCP_SYN_SENT:
	case HF_TCP_SYN_RECEIVED:
		HF_ASSERT(c->snd_una == c->iss);
		HF_ASSERT(!tcp_is(c, TCP_C_FIN_QUEUED));
		break;
	case HF_TCP_ESTABLISHED:
		HF_ASSERT(!tcp_is(c, TCP_C_FIN_QUEUED) && !tcp_is(c, TCP_C_FIN_TAKEN));
		break;
	case HF_TCP_FIN_WAIT_1:
		HF_ASSERT(tcp_is(c, TCP_C_FIN_QUEUED) && !tcp_is(c, TCP_C_FIN_ACKED) && !tcp_is(c, TCP_C_FIN_TAKEN));
		break;
	case HF_TCP_FIN_WAIT_2:
		HF_ASSERT(tcp_is(c, TCP_C_FIN_ACKED) && !tcp_is(c, TCP_C_FIN_TAKEN));
		break;
	case HF_TCP_CLOSE_WAIT:
		HF_ASSERT(!tcp_is(c, TCP_C_FIN_QUEUED) && tcp_is(c, TCP_C_FIN_TAKEN));
		break;
	case HF_TCP_CLOSING:
	case HF_TCP_LAST_ACK:
		HF_ASSERT(tcp_is(c, TCP_C_FIN_QUEUED) && !tcp_is(c, TCP_C_FIN_ACKED) && tcp_is(c, TCP_C_FIN_TAKEN));
		break;
	default:
		__builtin_trap();
	}
	/* Something unacknowledged never waits without a timer. */
	if (c->snd_una != c->snd_max && !tcp_is(c, TCP_C_READY | TCP_C_HELD))
		HF_ASSERT(c->rtx_at != HF_NEVER);
	if (c->rtx_at != HF_NEVER || c->delack_at != HF_NEVER)
		HF_ASSERT(hf_timer_is_set(&c->timer));
	for (i = c->gap_head; i != HF_NONE; n++) {
		const struct tcp_gap *g = hf_pool_at(&t->gaps, i);

		HF_ASSERT(seq_lt(g->from, g->to) && seq_gt(g->from, c->rcv_nxt));
		HF_ASSERT(n == 0 || seq_gt(g->from, last));
		last = g->to;
		i = g->next;
	}
	HF_ASSERT(n == c->gap_count);
}

void tcp_check(const struct tcp *t)
{
	uint32_t i, n = 0;

	for (i = 0; i < t->conns.count && n < t->conns.in_use; i++) {
		if (hf_pool_taken(&t->conns, i)) {
			check_conn(t, tcp_conn_at(t, i));
			n++;
		}
	}
	n = 0;
	for (i = t->tw_list.head; i != HF_NONE; i = tcp_tw_at(t, i)->link.next, n++) {
		const struct tcp_tw *w = tcp_tw_at(t, i);

		HF_ASSERT(w->state == HF_TCP_TIME_WAIT && tcp_lookup(t, &w->key) == TCP_REF(TCP_REF_TW, i));
		HF_ASSERT(w->link.next == HF_NONE || tcp_tw_at(t, w->link.next)->deadline >= w->deadline);
	}
	HF_ASSERT(n == t->tw_count && n <= t->limits.time_wait);
	n = 0;
	for (uint32_t level = 0; level < TCP_HALF_LEVELS; level++) {
		for (i = t->half_level[level].head; i != HF_NONE; i = tcp_half_at(t, i)->link.next, n++) {
			HF_ASSERT(tcp_half_at(t, i)->level == level);
			HF_ASSERT(tcp_lookup(t, &tcp_half_at(t, i)->key) == TCP_REF(TCP_REF_HALF, i));
		}
	}
	HF_ASSERT(n == t->half_count && n <= t->limits.half_open);
}
