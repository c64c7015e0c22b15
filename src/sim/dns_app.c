/* SPDX-License-Identifier: MIT */
/*
 * A datagram is answered when it is read. On a connection one query is read, answered, and all of the answer given to TCP
 * before the next is looked at (RFC 7766 6.2.1.1 lets a server do so), so each needs room for one query and one answer.
 */
#include "sim/dns_app.h"

#include "base/bits.h"
#include "wire/dns_wire.h"

#include <stdlib.h>
#include <string.h>

#define IDLE HF_S(10)
#define QUERY_MAX 1024u /* a name, a question and OPT need 300 */

struct dns_conn {
	bool open;
	hf_conn name;
	hf_time_ns heard;
	size_t got;                     /* of the query, with its length */
	size_t answer_len, answer_sent; /* with its length */
	uint8_t query[2 + QUERY_MAX];
	uint8_t answer[2 + DNS_ANSWER_ROOM];
};

struct dns_app {
	struct dns_app_config cfg;
	hf_udp udp[DNS_APP_ADDRS];
	unsigned udps;
	hf_listener listener;
	bool listening;
	struct dns_app_counts counts;
	uint8_t datagram[65536];
	struct dns_conn conn[DNS_APP_CONNS];
};

hf_status dns_app_open(const struct dns_app_config *cfg, hf_time_ns now, struct dns_app **ret)
{
	struct dns_app *a = calloc(1, sizeof(*a));
	struct hf_endpoint local = { .port = cfg->port ? cfg->port : DNS_PORT };
	hf_status st = HF_OK;

	if (!a)
		return HF_FULL;
	a->cfg = *cfg;
	a->cfg.idle = cfg->idle ? cfg->idle : IDLE;
	st = hf_listen(cfg->host, &local, now, &a->listener);
	a->listening = st == HF_OK;
	for (unsigned i = 0; st == HF_OK && i < cfg->ats && i < DNS_APP_ADDRS; i++) {
		local.addr = cfg->at[i];
		st = hf_udp_bind(cfg->host, &local, &a->udp[i]);
		a->udps += st == HF_OK;
	}
	if (st == HF_OK)
		*ret = a;
	else
		dns_app_close(a, now);
	return st;
}

static void give_up(struct dns_app *a, struct dns_conn *c, bool reset, hf_time_ns now)
{
	/* It may have ended by itself: then there is nothing left to end. */
	(void)!(reset ? hf_conn_abort(a->cfg.host, c->name, now) : hf_conn_close(a->cfg.host, c->name, now));
	c->open = false;
}

void dns_app_close(struct dns_app *a, hf_time_ns now)
{
	if (!a)
		return;
	for (unsigned i = 0; i < DNS_APP_CONNS; i++)
		if (a->conn[i].open)
			give_up(a, &a->conn[i], false, now);
	for (unsigned i = 0; i < a->udps; i++)
		(void)!hf_udp_close(a->cfg.host, a->udp[i]);
	if (a->listening)
		(void)!hf_unlisten(a->cfg.host, a->listener, now);
	dns_app_free(a);
}

void dns_app_free(struct dns_app *a)
{
	free(a);
}

bool dns_app_owns(const struct dns_app *a, const struct hf_event *e)
{
	if (e->listener.birth)
		return a->listening && e->listener.slot == a->listener.slot && e->listener.birth == a->listener.birth;
	for (unsigned i = 0; e->udp.birth && i < a->udps; i++)
		if (a->udp[i].slot == e->udp.slot && a->udp[i].birth == e->udp.birth)
			return true;
	for (unsigned i = 0; e->conn.birth && i < DNS_APP_CONNS; i++)
		if (a->conn[i].open && a->conn[i].name.slot == e->conn.slot && a->conn[i].name.birth == e->conn.birth)
			return true;
	return false;
}

struct dns_app_counts dns_app_count(const struct dns_app *a)
{
	return a->counts;
}

/* ---- datagrams ---- */

static size_t answer(struct dns_app *a, struct hf_bytes query, bool tcp, uint8_t *to, size_t room)
{
	size_t n = dns_zone_answer(a->cfg.zone, query, tcp, to, room);

	a->counts.answers += n > 0;
	a->counts.truncated += n > 0 && (to[2] & 2);
	return n;
}

static void read_datagrams(struct dns_app *a, hf_udp u, hf_time_ns now)
{
	uint8_t out[DNS_UDP_ROOM_MAX];
	struct hf_endpoint from;
	hf_status st;
	size_t n;

	while ((st = hf_udp_recv(a->cfg.host, u, a->datagram, sizeof(a->datagram), &from, &n)) != HF_AGAIN) {
		if (st == HF_STALE)
			return;
		if (st != HF_OK) /* somebody who asked is not there any more */
			continue;
		a->counts.queries_udp++;
		n = answer(a, (struct hf_bytes){ a->datagram, n }, false, out, sizeof(out));
		/* An answer that cannot be sent is lost, as datagrams are: who asked asks again. */
		if (n > 0)
			(void)!hf_udp_send(a->cfg.host, u, &from, (struct hf_bytes){ out, n }, now);
	}
}

/* ---- connections ---- */

static void accept_all(struct dns_app *a, hf_time_ns now)
{
	hf_conn name;

	while (hf_accept(a->cfg.host, a->listener, &name) == HF_OK) {
		struct dns_conn *c = a->conn;

		while (c < a->conn + DNS_APP_CONNS && c->open)
			c++;
		if (c == a->conn + DNS_APP_CONNS) {
			(void)!hf_conn_abort(a->cfg.host, name, now);
			continue;
		}
		c->open = true;
		c->name = name;
		c->heard = now;
		c->got = c->answer_len = c->answer_sent = 0;
	}
}

/* False: not all of it could be given to TCP yet, or the connection has ended. */
static bool send_answer(struct dns_app *a, struct dns_conn *c, hf_time_ns now)
{
	while (c->answer_sent < c->answer_len) {
		const struct hf_bytes rest = { c->answer + c->answer_sent, c->answer_len - c->answer_sent };
		size_t took = 0;
		hf_status st = hf_conn_write(a->cfg.host, c->name, rest, now, &took);

		if (st == HF_AGAIN)
			return false;
		if (st != HF_OK) {
			give_up(a, c, true, now);
			return false;
		}
		c->answer_sent += took;
	}
	return true;
}

/* True: another query may be here. */
static bool read_query(struct dns_app *a, struct dns_conn *c, hf_time_ns now)
{
	struct hf_bytes span, rest;
	size_t spans, n, len;
	bool whole;
	hf_status st = hf_conn_read(a->cfg.host, c->name, &span, 1, &spans);

	if (st != HF_OK) {
		give_up(a, c, st != HF_CLOSED, now);
		return false;
	}
	if (spans == 0)
		return false;
	c->heard = now;
	rest = span;
	whole = dns_take_framed(c->query, QUERY_MAX, &c->got, &rest);
	len = whole ? hf_load16(c->query) : 0;
	if (hf_conn_consume(a->cfg.host, c->name, span.len - rest.len, now) != HF_OK || len > QUERY_MAX) {
		give_up(a, c, true, now);
		return false;
	}
	if (!whole)
		return true;
	a->counts.queries_tcp++;
	c->got = 0;
	n = answer(a, (struct hf_bytes){ c->query + 2, len }, true, c->answer + 2, DNS_ANSWER_ROOM);
	hf_store16(c->answer, (uint16_t)n);
	c->answer_len = n > 0 ? n + 2 : 0;
	c->answer_sent = 0;
	return true;
}

static void drive(struct dns_app *a, struct dns_conn *c, hf_time_ns now)
{
	while (c->open && send_answer(a, c, now) && read_query(a, c, now))
		;
	if (c->open && now >= c->heard + a->cfg.idle)
		give_up(a, c, c->answer_sent < c->answer_len, now);
}

void dns_app_look(struct dns_app *a, hf_time_ns now)
{
	for (unsigned i = 0; i < a->udps; i++)
		read_datagrams(a, a->udp[i], now);
	accept_all(a, now);
	for (unsigned i = 0; i < DNS_APP_CONNS; i++)
		if (a->conn[i].open)
			drive(a, &a->conn[i], now);
}

hf_time_ns dns_app_wake_at(const struct dns_app *a)
{
	hf_time_ns at = HF_NEVER;

	for (unsigned i = 0; i < DNS_APP_CONNS; i++)
		if (a->conn[i].open)
			at = hf_min_u64(at, a->conn[i].heard + a->cfg.idle);
	return at;
}
