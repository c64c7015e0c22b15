/* SPDX-License-Identifier: MIT */
#include "sim/app.h"

#include "base/bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPANS 8u
#define PIECE 4096u

static void start(struct sim_app *app);
static struct sim_session *new_session(struct sim_app *app, hf_conn c);
static void turn_keepalive_on(struct sim_app *app, struct sim_session *s);
static void accept_all(struct sim_app *app);
static void drive(struct sim_app *app, struct sim_session *s);
static void read_some(struct sim_app *app, struct sim_session *s);
static bool may_write(struct sim_app *app, struct sim_session *s);
static void write_some(struct sim_app *app, struct sim_session *s);
static void end_if_time(struct sim_app *app, struct sim_session *s);
static void compare(struct sim_session *s, const uint8_t *at, size_t n);
static void plan_wake(struct sim_app *app);
static struct hf_host *host_of(const struct sim_app *app)
{
	return sim_world_host(app->world, app->cfg.host);
}
static hf_time_ns now_of(const struct sim_app *app)
{
	return sim_world_now(app->world);
}
static hf_time_ns from_start(const struct sim_app *app, hf_time_ns t)
{
	return sim_world_start(app->world) + t;
}

struct sim_app *sim_app_add(struct sim_world *w, const struct sim_app_config *cfg)
{
	struct sim_app *app = calloc(1, sizeof(*app));

	if (!app)
		abort();
	app->cfg = *cfg;
	if (cfg->web) {
		app->web = *cfg->web;
		app->cfg.web = &app->web;
	}
	app->world = w;
	app->wake_at = HF_NEVER;
	sim_world_own_app(w, app);
	app->wake_at = from_start(app, cfg->start);
	sim_world_wake_app(w, app, app->wake_at);
	return app;
}

void sim_app_free(struct sim_app *app)
{
	for (unsigned i = 0; i < app->sessions; i++)
		sim_web_free(app->session[i].web);
	dns_app_free(app->dns);
	free(app->session);
	free(app);
}

const struct sim_session *sim_app_session(const struct sim_app *app, unsigned nth)
{
	static const struct sim_session none;

	return nth < app->sessions ? &app->session[nth] : &none;
}

void sim_app_unlisten(struct sim_app *app)
{
	if (app->listening)
		app->failed = hf_unlisten(host_of(app), app->listener, now_of(app));
	app->listening = false;
}

uint8_t sim_pattern(uint64_t key, uint64_t offset)
{
	uint64_t x = (key << 32 ^ offset >> 3) * 0x9e3779b97f4a7c15u;

	x ^= x >> 29;
	return (uint8_t)((x * 0xbf58476d1ce4e5b9u) >> 8 * (offset & 7));
}

void sim_app_wake(struct sim_app *app)
{
	app->wake_at = HF_NEVER;
	if (!app->started && now_of(app) >= from_start(app, app->cfg.start))
		start(app);
	for (unsigned i = 0; i < app->sessions; i++)
		drive(app, &app->session[i]);
	if (app->dns)
		dns_app_look(app->dns, now_of(app));
	plan_wake(app);
}

bool sim_app_event(struct sim_app *app, const struct hf_event *e)
{
	if (app->dns) {
		if (!dns_app_owns(app->dns, e))
			return false;
		dns_app_look(app->dns, now_of(app));
		plan_wake(app);
		return true;
	}
	if (e->listener.birth && app->listening && e->listener.slot == app->listener.slot &&
	    e->listener.birth == app->listener.birth) {
		accept_all(app);
		plan_wake(app);
		return true;
	}
	for (unsigned i = 0; i < app->sessions; i++) {
		struct sim_session *s = &app->session[i];

		if (!s->open || !e->conn.birth || s->conn.slot != e->conn.slot || s->conn.birth != e->conn.birth)
			continue;
		s->connected |= !!(e->what & HF_EV_CONNECTED);
		s->ended |= !!(e->what & HF_EV_CLOSED);
		drive(app, s);
		plan_wake(app);
		return true;
	}
	return false;
}

static void start(struct sim_app *app)
{
	const struct sim_app_config *cfg = &app->cfg;
	struct hf_endpoint local = { .port = cfg->listens ? cfg->port : cfg->local_port };
	struct hf_endpoint remote = { .port = cfg->port };
	struct sim_session *s;
	hf_conn c;

	app->started = true;
	if (cfg->dns) {
		app->failed = dns_app_open(&(struct dns_app_config){ .host = host_of(app),
								     .zone = cfg->dns,
								     .at = { sim_world_addr(app->world, cfg->host),
									     sim_world_addr6(app->world, cfg->host) },
								     .ats = 2 },
					   now_of(app), &app->dns);
		return;
	}
	if (cfg->listens) {
		app->failed = hf_listen(host_of(app), &local, now_of(app), &app->listener);
		app->listening = app->failed == HF_OK;
		return;
	}
	remote.addr = cfg->ip6 ? sim_world_addr6(app->world, cfg->peer) : sim_world_addr(app->world, cfg->peer);
	app->failed = hf_connect(host_of(app), &remote, cfg->local_port ? &local : NULL, now_of(app), &c);
	if (app->failed != HF_OK)
		return;
	s = new_session(app, c);
	s->connected = false;
}

static struct sim_session *new_session(struct sim_app *app, hf_conn c)
{
	struct sim_session *s;

	if (app->sessions == app->room) {
		app->room = app->room ? app->room * 2 : 4;
		app->session = realloc(app->session, app->room * sizeof(*app->session));
		if (!app->session)
			abort();
	}
	s = &app->session[app->sessions++];
	*s = (struct sim_session){ .conn = c, .open = true, .connected = true, .tag = sim_world_next_tag(app->world) };
	if (hf_conn_set_tag(host_of(app), c, s->tag) != HF_OK || hf_conn_status(host_of(app), c, &s->last) != HF_OK)
		s->open = false;
	if (app->cfg.keepalive && s->open)
		turn_keepalive_on(app, s);
	s->key_out = (uint64_t)s->last.local.port << 16 | s->last.remote.port;
	s->key_in = (uint64_t)s->last.remote.port << 16 | s->last.local.port;
	return s;
}

static void turn_keepalive_on(struct sim_app *app, struct sim_session *s)
{
	struct hf_conn_options o;

	if (hf_conn_get_options(host_of(app), s->conn, &o) != HF_OK)
		return;
	o.keepalive = true;
	if (hf_conn_set_options(host_of(app), s->conn, &o, now_of(app)) != HF_OK)
		s->open = false;
}

static void accept_all(struct sim_app *app)
{
	hf_conn c;

	while (hf_accept(host_of(app), app->listener, &c) == HF_OK)
		drive(app, new_session(app, c));
}

static void drive(struct sim_app *app, struct sim_session *s)
{
	struct hf_conn_info info;

	if (!s->open)
		return;
	if (hf_conn_status(host_of(app), s->conn, &info) == HF_OK)
		s->last = info;
	if (app->cfg.abort_at && now_of(app) >= from_start(app, app->cfg.abort_at)) {
		s->closed = hf_conn_abort(host_of(app), s->conn, now_of(app)) == HF_OK;
		s->open = false;
		return;
	}
	if (app->cfg.web) {
		sim_web_drive(app, s);
		return;
	}
	read_some(app, s);
	if (s->open)
		write_some(app, s);
	if (s->open)
		end_if_time(app, s);
}

static void read_some(struct sim_app *app, struct sim_session *s)
{
	const struct sim_app_config *cfg = &app->cfg;
	hf_time_ns now = now_of(app);

	if (cfg->never_reads || s->fin_read || now < from_start(app, cfg->read_at) || now < s->next_read)
		return;
	for (;;) {
		struct hf_bytes span[SPANS];
		size_t n, take = 0, left = cfg->read_piece ? cfg->read_piece : SIZE_MAX;
		hf_status st = hf_conn_read(host_of(app), s->conn, span, SPANS, &n);

		if (st != HF_OK) {
			if (st == HF_CLOSED) {
				s->fin_read = true;
			} else {
				s->ended = true;
				s->why = st;
			}
			return;
		}
		for (size_t i = 0; i < n && left > 0; i++) {
			size_t part = hf_min_u64(span[i].len, left);

			compare(s, span[i].at, part);
			take += part;
			left -= part;
		}
		if (take == 0)
			return;
		if (hf_conn_consume(host_of(app), s->conn, take, now) != HF_OK)
			s->broken = true;
		if (cfg->read_every) {
			s->next_read = now + cfg->read_every;
			return;
		}
	}
}

static bool may_write(struct sim_app *app, struct sim_session *s)
{
	const struct sim_app_config *cfg = &app->cfg;

	return s->connected && !s->shut && !s->ended && s->written < cfg->write &&
	       now_of(app) >= from_start(app, cfg->write_at) && now_of(app) >= s->next_write &&
	       (!cfg->write_after_fin || s->fin_read) && s->read >= cfg->write_after;
}

static void write_some(struct sim_app *app, struct sim_session *s)
{
	const struct sim_app_config *cfg = &app->cfg;
	uint8_t piece[PIECE];

	while (may_write(app, s)) {
		uint64_t want = hf_min_u64(cfg->write - s->written, cfg->write_piece ? cfg->write_piece : PIECE);
		size_t took = 0;
		hf_status st;

		want = hf_min_u64(want, PIECE);
		for (uint64_t i = 0; i < want; i++)
			piece[i] = sim_pattern(s->key_out, s->written + i);
		st = hf_conn_write(host_of(app), s->conn, (struct hf_bytes){ piece, want }, now_of(app), &took);
		if (st == HF_AGAIN)
			return; /* HF_EV_WRITABLE comes */
		if (st != HF_OK) {
			s->ended = true;
			s->why = st;
			return;
		}
		s->written += took;
		if (cfg->write_every)
			s->next_write = now_of(app) + cfg->write_every;
	}
}

static void end_if_time(struct sim_app *app, struct sim_session *s)
{
	const struct sim_app_config *cfg = &app->cfg;
	hf_time_ns now = now_of(app);
	bool written = s->written >= cfg->write;
	bool close = cfg->close_at && now >= from_start(app, cfg->close_at);
	bool shut = (cfg->shut_at && now >= from_start(app, cfg->shut_at)) ||
		    (cfg->ends == SIM_ENDS_WRITTEN && written && s->connected) ||
		    (cfg->ends == SIM_ENDS_PEER_FIN && written && s->fin_read);

	if (shut && !s->shut && !s->ended)
		s->shut = hf_conn_shut(host_of(app), s->conn, now) == HF_OK;
	if (s->ended && s->why == HF_OK) {
		struct hf_conn_info info;

		if (hf_conn_status(host_of(app), s->conn, &info) == HF_OK) {
			s->last = info;
			s->why = info.why;
		}
	}
	/* The name goes back when nothing more is to be had: both directions are over, or the connection has died. */
	if (!cfg->keeps && ((s->shut && s->fin_read) || (s->ended && (s->fin_read || s->why != HF_OK || cfg->never_reads))))
		close = true;
	if (close) {
		s->closed = hf_conn_close(host_of(app), s->conn, now) == HF_OK;
		s->open = false;
	}
}

static void compare(struct sim_session *s, const uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++, s->read++) {
		if (at[i] == sim_pattern(s->key_in, s->read))
			continue;
		if (!s->broken)
			s->broken_at = s->read;
		s->broken = true;
		s->broken_to = s->read;
	}
}

/* The earliest time at which a pause ends or something is due. */
static void plan_wake(struct sim_app *app)
{
	const struct sim_app_config *cfg = &app->cfg;
	const hf_time_ns due[] = { cfg->shut_at, cfg->close_at, cfg->abort_at, cfg->write_at, cfg->read_at };
	hf_time_ns now = now_of(app), at = HF_NEVER;
	bool open = false;

	if (app->dns)
		at = dns_app_wake_at(app->dns);
	for (unsigned i = 0; i < app->sessions; i++) {
		const struct sim_session *s = &app->session[i];

		if (!s->open)
			continue;
		open = true;
		if (s->web)
			at = hf_min_u64(at, hf_max_u64(sim_web_deadline(s->web), now));
		if (s->next_write > now && s->written < cfg->write && !s->shut && !s->ended)
			at = hf_min_u64(at, s->next_write);
		if (s->next_read > now && !s->fin_read)
			at = hf_min_u64(at, s->next_read);
	}
	for (size_t i = 0; open && i < HF_ARRAY_LEN(due); i++)
		if (due[i] && from_start(app, due[i]) > now)
			at = hf_min_u64(at, from_start(app, due[i]));
	if (at < app->wake_at) {
		app->wake_at = at;
		sim_world_wake_app(app->world, app, at);
	}
}
