/* SPDX-License-Identifier: MIT */
/*
 * The user's calls (RFC 9293 3.10.1 to 3.10.6): OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS.
 *
 * A name stays good until the user gives it up by close or abort, also when the connection has ended long before: what was
 * received stays readable and the reason can be asked for. After close the block lives on without a name for as long as
 * the protocol needs it (TCP_C_ORPHAN).
 */
#include "tcp/tcp_internal.h"

static hf_conn name_of(const struct tcp *t, const struct tcp_conn *c)
{
	uint32_t slot = tcp_conn_slot(t, c);

	return (hf_conn){ slot, t->conns.birth[slot] };
}

/* ---- OPEN, passive ---- */

hf_status tcp_listen(struct tcp *t, const struct hf_endpoint *local, hf_listener *ret)
{
	struct tcp_listen *l;
	uint32_t i;
	struct tcp_key none = { .local_port = local->port };

	if (local->port == 0)
		return HF_INVALID;
	for (i = t->listening.head; i != HF_NONE; i = l->link.next) {
		l = hf_pool_at(&t->listens, i);
		if (l->local.port == local->port && addr_eq(&l->local.addr, &local->addr))
			return HF_IN_USE;
	}
	i = hf_pool_take(&t->listens);
	if (i == HF_NONE)
		return HF_FULL;
	l = hf_pool_at(&t->listens, i);
	l->local = *local;
	l->state = HF_TCP_CLOSED;
	tcp_list_init(&l->accept);
	tcp_list_push(TCP_CHAIN(t->listens.items, struct tcp_listen, link), &t->listening, i);
	tcp_fsm_step(t, &none, &l->state, TCP_ON_USER_PASSIVE_OPEN);
	*ret = (hf_listener){ i, t->listens.birth[i] };
	return HF_OK;
}

static void release_listener(struct tcp *t, uint32_t slot, hf_time_ns now)
{
	struct tcp_listen *l = hf_pool_at(&t->listens, slot);
	struct tcp_chain waiting = TCP_CHAIN(t->conns.items, struct tcp_conn, accept);
	uint32_t i;

	tcp_half_forget_listener(t, slot);
	/* Nobody will ever accept these. */
	while ((i = tcp_list_pop(waiting, &l->accept)) != HF_NONE) {
		struct tcp_conn *c = tcp_conn_at(t, i);

		tcp_unmark(c, TCP_C_IN_ACCEPT);
		tcp_mark(c, TCP_C_ORPHAN);
		if (tcp_fsm_legal(c->state, TCP_ON_USER_ABORT))
			tcp_fire(t, c, TCP_ON_USER_ABORT, HF_ABORTED, now);
		else
			tcp_conn_free(t, c);
	}
	if (l->in_events)
		tcp_list_remove(TCP_CHAIN(t->listens.items, struct tcp_listen, ev), &t->listen_events, slot);
	tcp_list_remove(TCP_CHAIN(t->listens.items, struct tcp_listen, link), &t->listening, slot);
	hf_pool_give(&t->listens, slot);
}

hf_status tcp_unlisten(struct tcp *t, hf_listener name, hf_time_ns now)
{
	struct tcp_listen *l = hf_pool_get(&t->listens, name.slot, name.birth);
	struct tcp_key none = { 0 };

	if (!l)
		return HF_STALE;
	none.local_port = l->local.port;
	tcp_fsm_step(t, &none, &l->state, TCP_ON_USER_CLOSE);
	release_listener(t, name.slot, now);
	return HF_OK;
}

hf_status tcp_listener_local(const struct tcp *t, hf_listener name, struct hf_endpoint *ret)
{
	const struct tcp_listen *l = hf_pool_get(&t->listens, name.slot, name.birth);

	if (!l)
		return HF_STALE;
	*ret = l->local;
	return HF_OK;
}

hf_status tcp_accept(struct tcp *t, hf_listener name, hf_conn *ret)
{
	struct tcp_listen *l = hf_pool_get(&t->listens, name.slot, name.birth);
	struct tcp_conn *c;
	uint32_t i;

	if (!l)
		return HF_STALE;
	i = tcp_list_pop(TCP_CHAIN(t->conns.items, struct tcp_conn, accept), &l->accept);
	if (i == HF_NONE)
		return HF_AGAIN;
	l->accept_count--;
	c = tcp_conn_at(t, i);
	tcp_unmark(c, TCP_C_IN_ACCEPT);
	/* What happened while nobody had the name is told now. */
	if (c->ev_what)
		tcp_event_add(t, c, c->ev_what);
	*ret = name_of(t, c);
	return HF_OK;
}

/* ---- OPEN, active ---- */

/* RFC 6056 3.3.3: a keyed hash of the destination gives the start, a counter goes on from there. */
static hf_status choose_port(struct tcp *t, struct tcp_key *k)
{
	uint32_t start = (uint32_t)hf_siphash(&t->port_key, k, TCP_KEY_BYTES);

	for (uint32_t n = 0; n < TCP_PORT_COUNT; n++) {
		k->local_port = (uint16_t)(TCP_PORT_FIRST + (start + t->port_counter++) % TCP_PORT_COUNT);
		if (tcp_lookup(t, k) == HF_NONE)
			return HF_OK;
	}
	return HF_IN_USE;
}

static hf_status open_actively(struct tcp *t, const struct hf_endpoint *remote, const struct hf_endpoint *local,
			       uint32_t path_mtu, uint8_t from, hf_time_ns now, hf_conn *ret)
{
	struct tcp_key k = { .remote = remote->addr, .local_port = local->port, .remote_port = remote->port };
	struct tcp_conn *c;

	if (remote->port == 0)
		return HF_INVALID;
	k.local = tcp_local_index(t, &local->addr);
	if (k.local == UINT16_MAX)
		return HF_FULL;
	if (k.local_port == 0)
		HF_TRY(choose_port(t, &k));
	else if (tcp_lookup(t, &k) != HF_NONE)
		return HF_IN_USE;
	c = tcp_conn_new(t, &k, now);
	if (!c)
		return HF_FULL;
	c->iss = tcp_isn(t, &k, now);
	c->snd_una = c->snd_nxt = c->snd_max = c->iss;
	tcp_set_mss(t, c, tcp_mss_for(t, path_mtu, addr_is_ip4(&remote->addr)));
	tcp_cc_init(t, c);
	if (from != HF_TCP_CLOSED)
		tcp_fsm_resume(c, from);
	tcp_fire(t, c, TCP_ON_USER_ACTIVE_OPEN, HF_OK, now);
	*ret = name_of(t, c);
	return HF_OK;
}

hf_status tcp_connect(struct tcp *t, const struct hf_endpoint *remote, const struct hf_endpoint *local,
		      uint32_t path_mtu, hf_time_ns now, hf_conn *ret)
{
	return open_actively(t, remote, local, path_mtu, HF_TCP_CLOSED, now, ret);
}

hf_status tcp_listener_connect(struct tcp *t, hf_listener name, const struct hf_endpoint *remote, uint32_t path_mtu,
			       hf_time_ns now, hf_conn *ret)
{
	struct tcp_listen *l = hf_pool_get(&t->listens, name.slot, name.birth);

	if (!l)
		return HF_STALE;
	if (addr_is_unspecified(&l->local.addr))
		return HF_INVALID;
	HF_TRY(open_actively(t, remote, &l->local, path_mtu, l->state, now, ret));
	release_listener(t, name.slot, now);
	return HF_OK;
}

/* ---- SEND ---- */

static hf_status how_it_ended(const struct tcp_conn *c)
{
	return c->why == HF_OK ? HF_CLOSED : (hf_status)c->why;
}

static hf_status may_write(const struct tcp_conn *c)
{
	if (!c)
		return HF_STALE;
	if (c->state == HF_TCP_CLOSED)
		return how_it_ended(c);
	if (c->state == HF_TCP_TIME_WAIT || tcp_is(c, TCP_C_FIN_QUEUED | TCP_C_CLOSE_LATER))
		return HF_CLOSED;
	return HF_OK;
}

hf_status tcp_write(struct tcp *t, hf_conn name, struct hf_bytes data, enum tcp_write_kind kind, hf_time_ns now,
		    size_t *ret_len)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	(void)now; /* what is written starts no timer before it goes out */
	*ret_len = 0;
	HF_TRY(may_write(c));
	HF_TRY(tcp_send_queue(t, c, data, kind == TCP_WRITE_BORROW, ret_len));
	if (*ret_len == 0)
		return HF_OK;
	if (kind == TCP_WRITE_URGENT) {
		c->snd_up = tcp_queue_end(c);
		tcp_mark(c, TCP_C_URG_SEND);
	}
	if (c->state >= HF_TCP_ESTABLISHED)
		tcp_ready_add(t, c);
	return HF_OK;
}

hf_status tcp_reserve(struct tcp *t, hf_conn name, size_t n, struct hf_room *rooms, size_t max, size_t *ret_count)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	*ret_count = 0;
	HF_TRY(may_write(c));
	return tcp_send_reserve(t, c, n, rooms, max, ret_count);
}

hf_status tcp_commit(struct tcp *t, hf_conn name, size_t n)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	HF_TRY(may_write(c));
	HF_TRY(tcp_send_commit(t, c, n));
	if (n > 0 && c->state >= HF_TCP_ESTABLISHED)
		tcp_ready_add(t, c);
	return HF_OK;
}

/* ---- RECEIVE ---- */

hf_status tcp_read(struct tcp *t, hf_conn name, struct hf_bytes *spans, size_t max, size_t *ret_n)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	*ret_n = 0;
	if (!c)
		return HF_STALE;
	if (tcp_readable(c) > 0) {
		*ret_n = tcp_recv_spans(t, c, spans, max);
		return HF_OK;
	}
	if (tcp_is(c, TCP_C_FIN_TAKEN))
		return HF_CLOSED;
	return c->state == HF_TCP_CLOSED ? how_it_ended(c) : HF_OK;
}

hf_status tcp_consume(struct tcp *t, hf_conn name, size_t n, hf_time_ns now)
{
	struct tcp_conn *c = tcp_conn_get(t, name);
	uint32_t said, wnd;

	(void)now;
	if (!c)
		return HF_STALE;
	if (n > tcp_readable(c))
		return HF_INVALID;
	tcp_recv_consume(t, c, (uint32_t)n);
	if (tcp_is(c, TCP_C_URG_RECV) && seq_geq(c->rcv_user, c->rcv_up))
		tcp_unmark(c, TCP_C_URG_RECV);
	if (!tcp_is(c, TCP_C_HASHED) || tcp_is(c, TCP_C_FIN_TAKEN))
		return HF_OK;
	/* Is the news worth a segment of its own? A shut window always; else once half the buffer has come free. */
	said = seq_gt(c->rcv_adv, c->rcv_nxt) ? c->rcv_adv - c->rcv_nxt : 0;
	wnd = tcp_window(t, c);
	if (wnd > said && (wnd - said >= t->cfg.recv_window / 2 || said < c->rcv_mss))
		tcp_ack_soon(t, c);
	return HF_OK;
}

/* ---- CLOSE ---- */

static bool shut(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	if (!tcp_fsm_legal(c->state, TCP_ON_USER_CLOSE))
		return true; /* closed before: once is enough */
	if (c->state == HF_TCP_SYN_RECEIVED && c->sq_len > 0) {
		tcp_mark(c, TCP_C_CLOSE_LATER);
		return true;
	}
	return tcp_fire(t, c, TCP_ON_USER_CLOSE, HF_OK, now);
}

hf_status tcp_shut(struct tcp *t, hf_conn name, hf_time_ns now)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	if (!c)
		return HF_STALE;
	shut(t, c, now);
	return HF_OK;
}

static void abort_conn(struct tcp *t, struct tcp_conn *c, hf_time_ns now)
{
	tcp_mark(c, TCP_C_ORPHAN);
	tcp_event_forget(t, c);
	if (c->state == HF_TCP_CLOSED)
		tcp_conn_free(t, c);
	else
		tcp_fire(t, c, TCP_ON_USER_ABORT, HF_ABORTED, now);
}

hf_status tcp_abort(struct tcp *t, hf_conn name, hf_time_ns now)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	if (!c)
		return HF_STALE;
	abort_conn(t, c, now);
	return HF_OK;
}

hf_status tcp_close(struct tcp *t, hf_conn name, hf_time_ns now)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	if (!c)
		return HF_STALE;
	if (c->state == HF_TCP_CLOSED || c->state == HF_TCP_TIME_WAIT) {
		tcp_conn_free(t, c);
		return HF_OK;
	}
	if (tcp_readable(c) > 0)
		tcp_trace(t, c, HF_TR_TCP_LOSSY_CLOSE);
	if (tcp_readable(c) > 0 || (tcp_is(c, TCP_C_LINGER) && c->linger_ms == 0)) {
		abort_conn(t, c, now);
		return HF_OK;
	}
	tcp_mark(c, TCP_C_ORPHAN);
	tcp_event_forget(t, c);
	if (!shut(t, c, now))
		return HF_OK;
	if (c->state == HF_TCP_FIN_WAIT_2)
		c->end_at = now + t->cfg.fin_wait_2_orphan;
	else if (tcp_is(c, TCP_C_LINGER))
		c->end_at = now + HF_MS(c->linger_ms);
	tcp_timer_set(t, c);
	return HF_OK;
}

/* ---- options and STATUS ---- */

static uint32_t to_ms(hf_time_ns t)
{
	return (uint32_t)hf_min_u64(t / HF_MS(1), UINT32_MAX);
}

hf_status tcp_get_options(struct tcp *t, hf_conn name, struct hf_conn_options *ret)
{
	const struct tcp_conn *c = tcp_conn_get(t, name);

	if (!c)
		return HF_STALE;
	*ret = (struct hf_conn_options){
		.nodelay = tcp_is(c, TCP_C_NODELAY),
		.keepalive = tcp_is(c, TCP_C_KEEPALIVE),
		.linger = tcp_is(c, TCP_C_LINGER),
		.linger_time = HF_MS(c->linger_ms),
		.keepalive_idle = HF_MS(c->keepalive_idle_ms),
		.keepalive_interval = HF_MS(c->keepalive_interval_ms),
		.keepalive_probes = c->keepalive_probes,
		.r2 = HF_MS(c->r2_ms),
		.ttl = c->ttl,
		.tos = c->tos,
	};
	return HF_OK;
}

static void set_flag(struct tcp_conn *c, uint32_t flag, bool on)
{
	if (on)
		tcp_mark(c, flag);
	else
		tcp_unmark(c, flag);
}

hf_status tcp_set_options(struct tcp *t, hf_conn name, const struct hf_conn_options *o, hf_time_ns now)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	if (!c)
		return HF_STALE;
	if (o->keepalive_probes == 0 || o->keepalive_probes > 255 || to_ms(o->keepalive_idle) == 0 ||
	    to_ms(o->keepalive_interval) == 0 || to_ms(o->r2) == 0 || o->ttl == 0)
		return HF_INVALID;
	set_flag(c, TCP_C_NODELAY, o->nodelay);
	set_flag(c, TCP_C_KEEPALIVE, o->keepalive);
	set_flag(c, TCP_C_LINGER, o->linger);
	c->linger_ms = to_ms(o->linger_time);
	c->keepalive_idle_ms = to_ms(o->keepalive_idle);
	c->keepalive_interval_ms = to_ms(o->keepalive_interval);
	c->keepalive_probes = (uint8_t)o->keepalive_probes;
	c->r2_ms = to_ms(o->r2);
	c->ttl = o->ttl;
	c->tos = o->tos;
	if (c->state >= HF_TCP_ESTABLISHED && tcp_is(c, TCP_C_HASHED)) {
		tcp_keepalive_restart(t, c, now);
		if (o->nodelay)
			tcp_ready_add(t, c);
	}
	return HF_OK;
}

hf_status tcp_set_tag(struct tcp *t, hf_conn name, uint64_t tag)
{
	struct tcp_conn *c = tcp_conn_get(t, name);

	if (!c)
		return HF_STALE;
	c->tag = tag;
	return HF_OK;
}

static void endpoints(const struct tcp *t, const struct tcp_key *k, struct hf_conn_info *ret)
{
	ret->local.addr = *tcp_local_addr(t, k->local);
	ret->local.port = k->local_port;
	ret->remote.addr = k->remote;
	ret->remote.port = k->remote_port;
	ret->retransmit_at = ret->persist_at = ret->delayed_ack_at = ret->keepalive_at = ret->ends_at = HF_NEVER;
}

static void tell_conn(const struct tcp *t, const struct tcp_conn *c, struct hf_conn_info *ret)
{
	memset(ret, 0, sizeof *ret);
	endpoints(t, &c->key, ret);
	if (!tcp_is(c, TCP_C_ORPHAN | TCP_C_IN_ACCEPT))
		ret->name = name_of(t, c);
	ret->state = c->state;
	ret->passive = tcp_is(c, TCP_C_PASSIVE);
	ret->closed_by_user = tcp_is(c, TCP_C_ORPHAN);
	ret->read_eof = tcp_is(c, TCP_C_FIN_TAKEN) && tcp_readable(c) == 0;
	ret->why = (hf_status)c->why;
	ret->soft = (hf_status)c->soft;
	ret->id = c->id;
	ret->tag = c->tag;
	ret->acked = c->acked;
	ret->sent = c->acked +
		    hf_min_u32(c->snd_max - (tcp_syn_acked(c) ? c->snd_una : c->iss + (c->snd_max != c->iss)), c->sq_len);
	ret->received = c->received;
	ret->bytes_retransmitted = c->bytes_retransmitted;
	ret->send_queued = c->sq_len;
	ret->recv_queued = tcp_readable(c);
	ret->out_of_order = c->gap_count;
	if (tcp_is(c, TCP_C_URG_RECV) && seq_gt(c->rcv_up, c->rcv_user))
		ret->urgent = c->rcv_up - c->rcv_user;
	ret->iss = c->iss;
	ret->snd_una = c->snd_una;
	ret->snd_nxt = c->snd_max;
	ret->snd_wnd = c->snd_wnd;
	ret->irs = c->irs;
	ret->rcv_nxt = c->rcv_nxt;
	ret->rcv_wnd = seq_gt(c->rcv_adv, c->rcv_nxt) ? c->rcv_adv - c->rcv_nxt : 0;
	ret->mss = tcp_eff_mss(c);
	ret->cwnd = c->cwnd;
	ret->ssthresh = c->ssthresh;
	ret->snd_wscale = c->snd_wscale;
	ret->rcv_wscale = c->rcv_wscale;
	ret->timestamps = tcp_is(c, TCP_C_TS);
	ret->retransmits = c->retransmits;
	ret->backoff = c->backoff;
	ret->srtt = HF_US(c->srtt_us);
	ret->rttvar = HF_US(c->rttvar_us);
	ret->rto = c->rto;
	ret->retransmit_at = tcp_is(c, TCP_C_PERSIST) ? HF_NEVER : c->rtx_at;
	ret->persist_at = tcp_is(c, TCP_C_PERSIST) ? c->rtx_at : HF_NEVER;
	ret->delayed_ack_at = c->delack_at;
	ret->keepalive_at = c->keepalive_at;
	ret->ends_at = c->tw != HF_NONE ? tcp_tw_at(t, c->tw)->deadline : c->end_at;
}

static void tell_listener(const struct tcp_listen *l, struct hf_conn_info *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->local = l->local;
	ret->state = l->state;
	ret->passive = true;
	ret->recv_queued = l->accept_count; /* connections that wait, as the tables of other systems show it */
	ret->retransmit_at = ret->persist_at = ret->delayed_ack_at = ret->keepalive_at = ret->ends_at = HF_NEVER;
}

static void tell_half(const struct tcp *t, const struct tcp_half *p, struct hf_conn_info *ret)
{
	memset(ret, 0, sizeof *ret);
	endpoints(t, &p->key, ret);
	ret->state = HF_TCP_SYN_RECEIVED;
	ret->passive = true;
	ret->id = tcp_key_hash(t, &p->key) | 1u;
	ret->iss = ret->snd_una = p->iss;
	ret->snd_nxt = p->iss + 1;
	ret->irs = p->irs;
	ret->rcv_nxt = p->irs + 1;
	ret->rcv_wnd = tcp_syn_window(t);
	ret->mss = p->mss;
	ret->timestamps = p->has_ts;
	ret->backoff = ret->retransmits = p->level;
}

static void tell_tw(const struct tcp *t, const struct tcp_tw *w, struct hf_conn_info *ret)
{
	memset(ret, 0, sizeof *ret);
	endpoints(t, &w->key, ret);
	ret->state = w->state;
	ret->closed_by_user = true;
	ret->id = tcp_key_hash(t, &w->key) | 1u;
	ret->snd_una = ret->snd_nxt = w->snd_nxt;
	ret->rcv_nxt = w->rcv_nxt;
	ret->timestamps = w->has_ts;
	ret->ends_at = w->deadline;
}

hf_status tcp_status(const struct tcp *t, hf_conn name, struct hf_conn_info *ret)
{
	const struct tcp_conn *c = tcp_conn_get(t, name);

	if (!c)
		return HF_STALE;
	tell_conn(t, c, ret);
	return HF_OK;
}

bool tcp_each(const struct tcp *t, uint64_t *cursor, struct hf_conn_info *ret)
{
	const uint64_t listens = t->listens.count, halves = listens + t->limits.half_open;
	const uint64_t conns = halves + t->conns.count, tws = conns + t->limits.time_wait;

	for (; *cursor < tws; ++*cursor) {
		uint64_t i = *cursor;

		if (i < listens) {
			if (!hf_pool_taken(&t->listens, (uint32_t)i))
				continue;
			tell_listener(hf_pool_at(&t->listens, (uint32_t)i), ret);
		} else if (i < halves) {
			const struct tcp_half *p = tcp_half_at(t, (uint32_t)(i - listens));

			if (p->key.local_port == 0)
				continue;
			tell_half(t, p, ret);
		} else if (i < conns) {
			if (!hf_pool_taken(&t->conns, (uint32_t)(i - halves)))
				continue;
			tell_conn(t, tcp_conn_at(t, (uint32_t)(i - halves)), ret);
		} else {
			const struct tcp_tw *w = tcp_tw_at(t, (uint32_t)(i - conns));

			/* Beside a block it was told of already. */
			if (w->key.local_port == 0 || w->conn != HF_NONE)
				continue;
			tell_tw(t, w, ret);
		}
		++*cursor;
		return true;
	}
	return false;
}
