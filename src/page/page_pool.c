/* SPDX-License-Identifier: MIT */
/*
 * Connections, as a browser keeps them over HTTP/1.1: at most so many an origin, used again as long as both sides allow
 * (RFC 9112 9.3), and a new one only while a request waits that no open one can take. No pipelining: no browser does it.
 */
#include "page/page_internal.h"

#include "base/bits.h"
#include "explain/grow.h"

#include <stdlib.h>

struct conn *pool_of(struct page *p, uint32_t conn)
{
	return conn < p->conns && p->conn[conn]->state != CONN_GONE ? p->conn[conn] : NULL;
}

static unsigned rank(enum report_kind k)
{
	static const uint8_t ranks[REPORT_KIND_COUNT] = {
		[REPORT_DOCUMENT] = 0, [REPORT_STYLE] = 1, [REPORT_FRAME] = 2, [REPORT_SCRIPT] = 2,
		[REPORT_FONT] = 3,     [REPORT_IMAGE] = 4, [REPORT_ICON] = 5,  [REPORT_OTHER] = 6,
	};

	return ranks[k];
}

/* ---- origins ---- */

static uint32_t add_origin(struct page *p, const char *name)
{
	bool failed = false;

	p->origin = grow_array(p->origin, p->origins, &p->origin_room, sizeof(*p->origin), &failed);
	if (failed)
		return REPORT_NONE;
	p->origin[p->origins] = (struct origin){ .name = report_keep(p->report, name), .most = p->limits.per_host };
	return (uint32_t)p->origins++;
}

bool pool_join(struct page *p, uint32_t fetch)
{
	const char *name = url_origin(p->fetch[fetch]->url);
	uint32_t i = 0;

	while (i < p->origins && strcmp(p->origin[i].name, name) != 0)
		i++;
	p->fetch[fetch]->origin = i < p->origins ? i : add_origin(p, name);
	return p->fetch[fetch]->origin != REPORT_NONE;
}

static void count(struct page *p, const struct conn *c, int by)
{
	struct origin *o = &p->origin[c->origin];

	if (c->state == CONN_GONE)
		return;
	o->alive += (uint32_t)by;
	p->alive += (uint32_t)by;
	if (c->state == CONN_CONNECTING)
		o->connecting += (uint32_t)by;
	else if (c->state == CONN_IDLE)
		o->idle += (uint32_t)by;
}

static void set_state(struct page *p, struct conn *c, enum conn_state state)
{
	count(p, c, -1);
	c->state = state;
	count(p, c, 1);
	p->pool_dirty = true;
}

/* ---- opening and closing ---- */

static uint32_t add_conn(struct page *p, const struct fetch *f)
{
	struct conn *c = calloc(1, sizeof(*c));
	uint32_t i = REPORT_NONE;

	p->conn = grow_array(p->conn, p->conns, &p->conn_room, sizeof(struct conn *), &p->report->failed);
	if (c && p->conns < p->conn_room)
		i = report_add_conn(p->report);
	if (i == REPORT_NONE) {
		free(c);
		return i;
	}
	HF_ASSERT(i == p->conns);
	p->conn[p->conns++] = c;
	*c = (struct conn){ .state = CONN_CONNECTING, .fetch = REPORT_NONE, .origin = f->origin, .to_connect = true };
	count(p, c, 1);
	p->report->conn[i].host = report_keep(p->report, url_hostname(f->url));
	p->report->conn[i].port = url_port(f->url);
	p->report->conn[i].secure = url_is_secure(f->url);
	return i;
}

static void let_go(struct page *p, struct conn *c, bool abort)
{
	/* one that was never asked for needs no closing */
	c->to_close = !c->to_connect;
	c->to_connect = c->to_send = false;
	c->abort = abort;
	c->fetch = REPORT_NONE;
	text_free(&c->in);
	set_state(p, c, CONN_GONE);
}

void pool_close_all(struct page *p, bool abort)
{
	for (size_t i = 0; i < p->conns; i++)
		if (p->conn[i]->state != CONN_GONE)
			let_go(p, p->conn[i], abort && p->conn[i]->state != CONN_IDLE);
}

void pool_release(struct page *p, uint32_t conn, bool reuse, bool abort, hf_time_ns now)
{
	struct conn *c = p->conn[conn];

	if (!reuse) {
		let_go(p, c, abort);
		return;
	}
	c->fetch = REPORT_NONE;
	c->last = now;
	set_state(p, c, CONN_IDLE);
}

/* ---- serving those who wait ---- */

static void give(struct page *p, uint32_t conn, uint32_t fetch, hf_time_ns now)
{
	struct conn *c = p->conn[conn];
	struct report_resource *r = page_row(p, fetch);

	p->fetch[fetch]->conn = conn;
	r->conn = conn;
	r->made_conn = c->requests == 0;
	r->sent_begin = r->sent_end = HF_NEVER;
	request_write(p, fetch, now);
	fetch_fire(p, fetch, FETCH_ON_GIVE);
	set_state(p, c, CONN_BUSY);
	c->fetch = fetch;
	c->requests++;
	c->to_send = true;
	c->any = false;
	c->last = now;
	p->report->conn[conn].requests++;
	http_client_init(&c->http, false);
}

/* An open connection for it: one that was used before comes first, so that a fresh one stays for who needs that. */
static uint32_t find_idle(const struct page *p, const struct fetch *f)
{
	uint32_t found = REPORT_NONE;

	for (uint32_t i = 0; i < p->conns && p->origin[f->origin].idle; i++) {
		const struct conn *c = p->conn[i];

		if (c->state != CONN_IDLE || c->origin != f->origin || (f->fresh_only && c->requests))
			continue;
		if (found == REPORT_NONE || (c->requests && !p->conn[found]->requests))
			found = i;
	}
	return found;
}

/* Of any origin, or of this one; the one that has been idle for longest. */
static bool close_idle(struct page *p, uint32_t origin)
{
	struct conn *oldest = NULL;

	for (size_t i = 0; i < p->conns; i++) {
		struct conn *c = p->conn[i];

		if (c->state == CONN_IDLE && (origin == REPORT_NONE || c->origin == origin) &&
		    (!oldest || c->last < oldest->last))
			oldest = c;
	}
	if (oldest)
		let_go(p, oldest, false);
	return oldest != NULL;
}

/* Those of its origin who have waited before it will have what is being connected. */
static void connect_for(struct page *p, const struct fetch *f)
{
	struct origin *o = &p->origin[f->origin];

	if (o->connecting >= ++o->ahead)
		return;
	if (o->alive >= o->most && !(f->fresh_only && close_idle(p, f->origin)))
		return;
	if (p->alive >= p->limits.conns && !close_idle(p, REPORT_NONE))
		return;
	if (add_conn(p, f) == REPORT_NONE)
		p->report->failed = true;
}

static uint32_t next_waiting(const struct page *p, unsigned of_rank, uint32_t from)
{
	for (uint32_t i = from; i < p->fetches; i++)
		if (p->fetch[i]->state == FETCH_WAITING && rank(p->report->resource[i].kind) == of_rank)
			return i;
	return REPORT_NONE;
}

void pool_serve(struct page *p, hf_time_ns now)
{
	if (!p->pool_dirty)
		return;
	p->pool_dirty = false;
	for (size_t i = 0; i < p->origins; i++)
		p->origin[i].ahead = 0;
	for (unsigned r = 0; r <= rank(REPORT_OTHER); r++)
		for (uint32_t i = next_waiting(p, r, 0); i != REPORT_NONE; i = next_waiting(p, r, i + 1)) {
			uint32_t conn = find_idle(p, p->fetch[i]);

			if (conn != REPORT_NONE)
				give(p, conn, i, now);
			else
				connect_for(p, p->fetch[i]);
		}
}

/* ---- time ---- */

hf_time_ns pool_deadline(const struct page *p)
{
	hf_time_ns first = HF_NEVER;

	for (size_t i = 0; i < p->conns; i++) {
		const struct conn *c = p->conn[i];

		if (c->state == CONN_BUSY)
			first = hf_min_u64(first, c->last + p->limits.idle);
		else if (c->state == CONN_IDLE && p->limits.keep != HF_NEVER)
			first = hf_min_u64(first, c->last + p->limits.keep);
	}
	return first;
}

void pool_expire(struct page *p, hf_time_ns now)
{
	for (uint32_t i = 0; i < p->conns; i++) {
		struct conn *c = p->conn[i];

		if (c->state == CONN_BUSY && now >= c->last + p->limits.idle) {
			uint32_t f = c->fetch;

			let_go(p, c, true);
			page_fault(p, f, REPORT_E_HTTP_TIMEOUT, REPORT_PEER, now, "no octet for %llu ms (--idle-timeout)",
				   (unsigned long long)(p->limits.idle / HF_MS(1)));
			content_take(p, f, now);
		} else if (c->state == CONN_IDLE && p->limits.keep != HF_NEVER && now >= c->last + p->limits.keep) {
			let_go(p, c, false);
		}
	}
}

/* ---- what the driver shall do ---- */

static void ask_send(struct page *p, struct conn *c, struct page_ask *ret, hf_time_ns now)
{
	struct fetch *f = p->fetch[c->fetch];
	struct report_resource *r = page_row(p, c->fetch);

	c->to_send = false;
	c->last = now;
	r->sent_begin = now;
	ret->what = PAGE_SEND;
	ret->bytes = text_bytes(&f->request);
}

bool pool_ask(struct page *p, struct page_ask *ret, hf_time_ns now)
{
	for (uint32_t i = 0; i < p->conns; i++) {
		struct conn *c = p->conn[i];
		const struct report_conn *r = &p->report->conn[i];

		if (!c->to_close && !c->to_connect && !c->to_send)
			continue;
		*ret = (struct page_ask){ .conn = i, .host = r->host, .port = r->port, .secure = r->secure, .abort = c->abort };
		if (c->to_close) {
			c->to_close = false;
			ret->what = PAGE_CLOSE;
		} else if (c->to_connect) {
			c->to_connect = false;
			ret->what = PAGE_CONNECT;
		} else {
			ask_send(p, c, ret, now);
		}
		return true;
	}
	return false;
}

/* ---- what the driver tells ---- */

/* Whose turn would be first, of an origin. */
static uint32_t first_waiting(const struct page *p, uint32_t origin)
{
	for (unsigned r = 0; r <= rank(REPORT_OTHER); r++)
		for (uint32_t i = next_waiting(p, r, 0); i != REPORT_NONE; i = next_waiting(p, r, i + 1))
			if (p->fetch[i]->origin == origin)
				return i;
	return REPORT_NONE;
}

/*
 * Where nobody has ever got through, all who wait have failed: they would meet the same. Elsewhere the connections that
 * there are have to do, and only who has none left is told.
 */
void pool_connect_failed(struct page *p, uint32_t conn, const struct report_fault *why, hf_time_ns now)
{
	uint32_t origin = p->conn[conn]->origin, i;
	struct origin *o = &p->origin[origin];

	pool_ended(p, conn);
	if (o->alive > 0) {
		o->most = o->alive;
		return;
	}
	i = first_waiting(p, origin);
	if (!o->worked && i != REPORT_NONE) { /* the one it was made for has its row */
		p->fetch[i]->conn = page_row(p, i)->conn = conn;
		page_row(p, i)->made_conn = true;
	}
	for (; i != REPORT_NONE; i = o->worked ? REPORT_NONE : first_waiting(p, origin))
		page_fail(p, i, why, now);
}

/* It is no more: nothing is asked of the driver. */
void pool_ended(struct page *p, uint32_t conn)
{
	let_go(p, p->conn[conn], false);
	p->conn[conn]->to_close = false;
}

void page_connected(struct page *p, uint32_t conn, hf_time_ns now)
{
	struct conn *c = pool_of(p, conn);

	if (!c || c->state != CONN_CONNECTING)
		return;
	c->last = now;
	p->origin[c->origin].worked = true;
	set_state(p, c, CONN_IDLE);
}

void page_sent(struct page *p, uint32_t conn, hf_time_ns now)
{
	struct conn *c = pool_of(p, conn);

	if (c && c->state == CONN_BUSY && page_row(p, c->fetch)->sent_end == HF_NEVER)
		page_row(p, c->fetch)->sent_end = now;
}
