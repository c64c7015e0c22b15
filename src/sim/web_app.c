/* SPDX-License-Identifier: MIT */
#include "sim/web_app.h"

#include "base/bits.h"
#include "http/http_put.h"
#include "sim/app.h"
#include "sim/world_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SPANS 64u

static void open_web(struct sim_app *app, struct sim_session *s);
static void read_all(struct sim_app *app, struct sim_session *s);
static void write_all(struct sim_app *app, struct sim_session *s);
static void act_as_client(struct sim_app *app, struct sim_session *s);
static void act_as_server(struct sim_app *app, struct sim_session *s);
static void end_if_over(struct sim_app *app, struct sim_session *s);
static struct hf_host *host_of(const struct sim_app *app)
{
	return sim_world_host(app->world, app->cfg.host);
}
static hf_time_ns now_of(const struct sim_app *app)
{
	return sim_world_now(app->world);
}

void sim_web_drive(struct sim_app *app, struct sim_session *s)
{
	if (!s->web)
		open_web(app, s);
	if (!s->connected && !s->ended)
		return;
	if (s->web->cfg->tls && !s->web->tls)
		s->web->tls = sim_tls_open(app->world, s->web->cfg->tls, app->cfg.host, s->last.local.port,
					   s->last.remote.port);
	read_all(app, s);
	if (app->cfg.listens)
		act_as_server(app, s);
	else
		act_as_client(app, s);
	write_all(app, s);
	end_if_over(app, s);
}

void sim_web_free(struct sim_web *web)
{
	if (!web)
		return;
	for (size_t i = 0; i < web->answers; i++) {
		text_free(&web->answer[i].head);
		text_free(&web->answer[i].body);
	}
	free(web->answer);
	text_free(&web->in);
	text_free(&web->out);
	text_free(&web->later);
	sim_tls_free(web->tls);
	free(web);
}

hf_time_ns sim_web_deadline(const struct sim_web *web)
{
	hf_time_ns at = web->later.len > 0 ? web->later_at : HF_NEVER;

	if (web->tls)
		at = hf_min_u64(at, hf_tls_deadline(web->tls->machine));
	return at;
}

static void open_web(struct sim_app *app, struct sim_session *s)
{
	const struct sim_web_config *cfg = app->cfg.web;

	s->web = sim_must(calloc(1, sizeof(*s->web)));
	*s->web = (struct sim_web){ .cfg = cfg };
	s->web->answer = sim_must(calloc(cfg->request_count + 1, sizeof(*s->web->answer)));
}

/* ---- octets ---- */

/* How many of the octets shown are done with. */
static size_t take(struct sim_session *s, const struct hf_bytes *span, size_t n, bool eof)
{
	struct sim_web *web = s->web;
	const size_t before = web->in.len;
	size_t all = 0;

	if (web->tls) {
		all = sim_tls_take(web->tls, span, n, eof, &web->in);
		web->eof = web->tls->end == SIM_TLS_CLOSED;
	} else {
		for (size_t i = 0; i < n; i++) {
			text_add_n(&web->in, (const char *)span[i].at, span[i].len);
			all += span[i].len;
		}
		web->eof = eof; /* TCP alone: a FIN is all that can be asked for */
	}
	s->read += web->in.len - before;
	return all;
}

/* Is the peer's FIN right behind these octets? */
static bool is_end(const struct hf_conn_info *info, size_t octets)
{
	return info->recv_queued == octets && (info->state == HF_TCP_CLOSE_WAIT || info->state == HF_TCP_CLOSING ||
					       info->state == HF_TCP_LAST_ACK || info->state == HF_TCP_TIME_WAIT);
}

static void read_all(struct sim_app *app, struct sim_session *s)
{
	for (;;) {
		struct hf_bytes span[SPANS];
		struct hf_conn_info info;
		size_t n = 0, octets = 0, taken;
		hf_status st = hf_conn_read(host_of(app), s->conn, span, SPANS, &n);

		if (st != HF_OK && st != HF_CLOSED) {
			s->ended = true;
			s->why = st;
			return;
		}
		for (size_t i = 0; i < n; i++)
			octets += span[i].len;
		if (st == HF_CLOSED || (hf_conn_status(host_of(app), s->conn, &info) == HF_OK && is_end(&info, octets)))
			s->fin_read = true;
		taken = take(s, span, n, s->fin_read);
		if (taken == 0)
			return;
		if (hf_conn_consume(host_of(app), s->conn, taken, now_of(app)) != HF_OK)
			s->broken = true;
	}
}

static void write_all(struct sim_app *app, struct sim_session *s)
{
	struct sim_web *web = s->web;
	struct text *out = &web->out;
	size_t before;
	bool hold = false;

	if (web->later.len > 0) {
		hold = now_of(app) < web->later_at;
		if (!hold) {
			text_add_n(&web->out, web->later.at, web->later.len);
			text_clear(&web->later);
		}
	}
	before = web->out.len;
	if (web->tls) {
		sim_tls_put(web->tls, &web->out);
		s->written += before - hf_min_u64(before, web->out.len);
		if (web->over && web->out.len == 0 && !hold) {
			sim_tls_close(web->tls);
			(void)sim_tls_take(web->tls, NULL, 0, false, &web->in); /* what it owes goes out */
		}
		out = &web->tls->out;
	}
	while (out->len > 0 && !s->ended) {
		size_t took = 0;
		const hf_status st =
			hf_conn_write(host_of(app), s->conn, (struct hf_bytes){ (const uint8_t *)out->at, out->len },
				      now_of(app), &took);

		if (st == HF_AGAIN)
			return; /* HF_EV_WRITABLE comes */
		if (st != HF_OK) {
			s->ended = true;
			s->why = st;
			return;
		}
		if (!web->tls)
			s->written += took;
		sim_text_drop(out, took);
	}
}

static void end_if_over(struct sim_app *app, struct sim_session *s)
{
	struct sim_web *web = s->web;
	const bool sent = web->out.len == 0 && web->later.len == 0 && (!web->tls || web->tls->out.len == 0);
	const bool failed = web->tls && (web->tls->end == SIM_TLS_FAILED || web->tls->end == SIM_TLS_TRUNCATED);

	if (((web->over && sent) || failed) && !s->shut && !s->ended)
		s->shut = hf_conn_shut(host_of(app), s->conn, now_of(app)) == HF_OK;
	if (s->ended && s->why == HF_OK) {
		struct hf_conn_info info;

		if (hf_conn_status(host_of(app), s->conn, &info) == HF_OK) {
			s->last = info;
			s->why = info.why;
		}
	}
	if ((s->shut && s->fin_read) || (s->ended && (s->fin_read || s->why != HF_OK))) {
		s->closed = hf_conn_close(host_of(app), s->conn, now_of(app)) == HF_OK;
		s->open = false;
	}
}

/* ---- a client ---- */

/* "GET /page" of a head's first line. */
static int first_words(const char *head)
{
	const char *version = strstr(head, " HTTP/");

	return version ? (int)(version - head) : (int)strcspn(head, "\r\n");
}

static void ask(struct sim_app *app, struct sim_session *s)
{
	struct sim_web *web = s->web;
	const char *head = web->cfg->requests[web->asked], *cookie;

	text_add(&web->out, head);
	http_client_init(&web->http, false);
	web->waiting = true;
	web->asked++;
	cookie = strstr(head, "Cookie: ");
	sim_world_say(app->world, app->cfg.host, "9112 3", "asks: %.*s%s%.*s", first_words(head), head,
		      cookie ? ", " : "", cookie ? (int)strcspn(cookie, "\r") : 0, cookie ? cookie : "");
}

static void answer_ends(struct sim_app *app, struct sim_web *web, struct sim_answer *a, const char *fault, const char *rfc)
{
	web->waiting = false;
	web->answers++;
	a->whole = !fault;
	a->fault = fault;
	if (fault)
		sim_world_say(app->world, app->cfg.host, rfc, "the answer is not whole: %s", fault);
	else
		sim_world_say(app->world, app->cfg.host, "9112 6.3", "has the whole answer: %u %s, %zu octets of content",
			      a->status, http_reason(a->status), a->body.len);
}

/* True when an answer has come to its end. */
static bool hear(struct sim_app *app, struct sim_session *s)
{
	struct sim_web *web = s->web;
	struct sim_answer *a = &web->answer[web->answers];
	uint8_t scratch[H1_HEAD_BYTES];
	struct h1_head head;

	for (;;) {
		const struct hf_bytes octets = { (const uint8_t *)web->in.at, web->in.len };
		struct h1_input in = h1_input_over(&octets, 1, web->eof);
		struct hf_bytes data;

		switch (http_client_next(&web->http, &in, scratch, &head, &data)) {
		case HTTP_CLIENT_WAIT:
			sim_text_drop(&web->in, in.taken);
			if (web->tls && web->tls->end == SIM_TLS_TRUNCATED) {
				a->truncated = true;
				answer_ends(app, web, a, "the stream ended without close_notify", "9112 9.8");
				return true;
			}
			if (web->tls && web->tls->end == SIM_TLS_FAILED) {
				answer_ends(app, web, a, "TLS has ended the connection", "8446 6.2");
				return true;
			}
			return false;
		case HTTP_CLIENT_TELL_INTERIM:
			break;
		case HTTP_CLIENT_TELL_HEAD:
			a->status = head.status;
			text_add_n(&a->head, (const char *)web->http.head_octets.at, web->http.head_octets.len);
			break;
		case HTTP_CLIENT_TELL_DATA:
			text_add_n(&a->body, (const char *)data.at, data.len);
			break;
		case HTTP_CLIENT_TELL_DONE:
			sim_text_drop(&web->in, in.taken);
			answer_ends(app, web, a, NULL, NULL);
			return true;
		case HTTP_CLIENT_TELL_FAILED:
			sim_text_drop(&web->in, in.taken);
			answer_ends(app, web, a, h1_fault_sentence(web->http.fault), h1_fault_rfc(web->http.fault));
			web->over = true;
			return true;
		}
		sim_text_drop(&web->in, in.taken);
	}
}

static void act_as_client(struct sim_app *app, struct sim_session *s)
{
	struct sim_web *web = s->web;

	if (web->tls && !web->tls->connected)
		return;
	while (!web->over) {
		if (web->waiting && !hear(app, s))
			return;
		if (web->over)
			return;
		if (web->asked < web->cfg->request_count && !s->fin_read && !web->eof) {
			ask(app, s);
			return;
		}
		if (web->cfg->stays && !s->fin_read)
			return;
		web->over = true;
	}
}

/* ---- a server ---- */

static const struct sim_page *find_page(const struct sim_web_config *cfg, const struct h1_head *head)
{
	const struct h1_field *cookie = h1_find(head, "cookie");

	for (size_t i = 0; i < cfg->page_count; i++) {
		const struct sim_page *p = &cfg->pages[i];

		if (p->path &&
		    (strlen(p->path) != head->target.len || memcmp(p->path, head->target.at, head->target.len) != 0))
			continue;
		if (p->cookie && (!cookie || strlen(p->cookie) != cookie->value.len ||
				  memcmp(p->cookie, cookie->value.at, cookie->value.len) != 0))
			continue;
		return p;
	}
	return NULL;
}

static void answer(struct sim_app *app, struct sim_session *s, const struct h1_head *head)
{
	struct sim_web *web = s->web;
	const struct sim_page *p = find_page(web->cfg, head);
	const char *body = p ? p->body : "";
	const size_t n = strlen(body), now = web->cfg->pause ? n / 2 : n;
	const unsigned status = p ? p->status : 404;

	text_addf(&web->out, "HTTP/1.1 %u %s\r\n%s", status, http_reason(status), p && p->fields ? p->fields : "");
	if (web->cfg->until_close)
		text_add(&web->out, "Connection: close\r\n\r\n");
	else
		text_addf(&web->out, "Content-Length: %zu\r\n\r\n", n);
	text_add_n(&web->out, body, now);
	text_add(&web->later, body + now);
	web->later_at = now_of(app) + web->cfg->pause;
	web->over |= web->cfg->until_close || !head->keep_alive;
	web->answered++;
	sim_world_say(app->world, app->cfg.host, "9112 4", "answers %.*s: %u %s, \"%.*s\"", (int)head->target.len,
		      (const char *)head->target.at, status, http_reason(status), (int)strcspn(body, "\n"), body);
}

static void act_as_server(struct sim_app *app, struct sim_session *s)
{
	struct sim_web *web = s->web;

	while (!web->over && web->in.len > 0) {
		const struct hf_bytes octets = { (const uint8_t *)web->in.at, web->in.len };
		const struct h1_input in = h1_input_over(&octets, 1, web->eof);
		enum h1_fault fault = H1_NONE;
		struct h1_head head;
		enum h1_more more;
		size_t len = 0;

		more = h1_scan_head(&web->scan, H1_REQUEST, &in, &len, &fault);
		if (more == H1_MORE)
			return;
		if (more == H1_FAULTY || h1_parse_request((struct hf_bytes){ octets.at, len }, &head) != H1_NONE) {
			web->over = true;
			return;
		}
		answer(app, s, &head);
		sim_text_drop(&web->in, len);
		web->scan = (struct h1_scan){ 0 };
	}
	if (web->eof || (s->fin_read && !web->tls))
		web->over = true;
}
