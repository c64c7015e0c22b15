/* SPDX-License-Identifier: MIT */
/*
 * Answers: octets of a connection through the client's machine (http/http_client.h), the content through its codings, and then
 * what an answer means: content, a redirect, a validation, a fault. Whatever happens to one of them, the page goes on.
 */
#include "page/page_internal.h"

#include "base/ascii.h"
#include "base/bits.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- heads ---- */

static const char *keep_field(struct page *p, const struct h1_head *head, const char *name)
{
	const struct h1_field *f = h1_find(head, name);

	return f ? report_keep_n(p->report, (const char *)f->value.at, f->value.len) : NULL;
}

/* RFC 9110 8.3.1: lower case, without parameters. "" when there is none. */
static const char *keep_mime(struct page *p, const struct h1_head *head)
{
	const struct h1_field *f = h1_find(head, "content-type");
	char mime[128];
	size_t n = 0;

	if (!f)
		return "";
	for (size_t i = 0; i < f->value.len && n < sizeof(mime) - 1; i++) {
		uint8_t c = f->value.at[i];

		if (c == ';' || c == ',' || c == ' ' || c == '\t')
			break;
		mime[n++] = (char)hf_ascii_lower(c);
	}
	mime[n] = '\0';
	return report_keep(p->report, mime);
}

static void set_cookies(struct page *p, uint32_t i, const struct h1_head *head, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	bool top = page_row(p, i)->kind == REPORT_DOCUMENT;

	for (unsigned k = 0; k < head->fields; k++) {
		enum cookie_why why;
		size_t name;

		if (!h1_same(head->field[k].name, "set-cookie"))
			continue;
		f->set_cookies = true;
		if (!p->cfg.cookies)
			continue;
		why = cookie_set(p->cfg.cookies, f->url, head->field[k].value, top ? NULL : p->fetch[p->document]->url,
				 page_seconds(p, now));
		name = 0;
		while (name < head->field[k].value.len && name < 64 && !strchr("=; \t", (char)head->field[k].value.at[name]))
			name++;
		page_tell(p, now, REPORT_LAYER_HTTP, REPORT_PEER, i, "cookie", "6265 5.3", "The cookie %.*s: %s.",
			  (int)name, (const char *)head->field[k].value.at, cookie_why_sentence(why));
	}
}

static void tell_head(struct page *p, uint32_t i, const struct h1_head *head, struct hf_bytes octets, hf_time_ns now)
{
	struct report_resource *r = page_row(p, i);
	char line[200];

	snprintf(line, sizeof(line), "%u %.64s%s%.64s.", head->status, r->reason, *r->mime ? ": " : "", r->mime);
	report_add_event(p->report, &(struct report_event){ .at = now,
							    .layer = REPORT_LAYER_HTTP,
							    .side = REPORT_PEER,
							    .conn = p->fetch[i]->conn,
							    .resource = i,
							    .name = "head",
							    .sentence = line,
							    .rfc = head->status < 200 ? "9110 15.2" : "9112 4",
							    .bytes = octets });
}

static bool is_redirect(const struct h1_head *head)
{
	switch (head->status) {
	case 301:
	case 302:
	case 303:
	case 307:
	case 308:
		return h1_find(head, "location") != NULL;
	default:
		return false;
	}
}

/* Of the content, in whichever way the head was had. */
static void describe(struct page *p, uint32_t i, const struct h1_head *head)
{
	const struct h1_field *sniff = h1_find(head, "x-content-type-options");
	struct report_resource *r = page_row(p, i);

	r->mime = keep_mime(p, head);
	r->coding = keep_field(p, head, "content-encoding");
	p->fetch[i]->content_type = keep_field(p, head, "content-type");
	p->fetch[i]->referrer = keep_field(p, head, "referrer-policy");
	p->fetch[i]->nosniff = sniff && h1_same(sniff->value, "nosniff");
}

/* Several fields are one list (RFC 9110 5.3). */
static enum coding_why begin_coding(struct page *p, struct fetch *f, const struct h1_head *head)
{
	struct coding_limits limits = { p->limits.size, p->limits.ratio };
	struct text all = { 0 };
	enum coding_why why;

	for (unsigned i = 0; i < head->fields; i++)
		if (h1_same(head->field[i].name, "content-encoding")) {
			text_add(&all, all.len ? "," : "");
			text_add_n(&all, (const char *)head->field[i].value.at, head->field[i].value.len);
		}
	why = coding_begin(text_bytes(&all), &limits, &f->coding);
	text_free(&all);
	return why;
}

static void stop_at_size(struct page *p, uint32_t i, hf_time_ns now)
{
	page_limit(p, i, now, "%llu octets of one resource (--max-size)", (unsigned long long)p->limits.size);
	p->fetch[i]->too_much = true;
}

static void stop_at_ratio(struct page *p, uint32_t i, hf_time_ns now)
{
	page_limit(p, i, now, "%u times its size when decoded (--max-ratio)", p->limits.ratio);
	p->fetch[i]->too_much = true;
}

static void fail_coding(struct page *p, uint32_t i, enum coding_why why, hf_time_ns now)
{
	enum report_code code = REPORT_E_CODING;

	if (why == CODING_NO_MEMORY) {
		code = REPORT_E_NO_MEMORY;
	} else if (why == CODING_TOO_LARGE || why == CODING_BOMB) {
		bool plain = p->fetch[i]->coding && coding_is_identity(p->fetch[i]->coding);

		code = plain ? REPORT_E_TOO_LARGE : REPORT_E_TOO_LARGE_DECODED;
		if (why == CODING_BOMB)
			stop_at_ratio(p, i, now);
		else
			stop_at_size(p, i, now);
	}
	page_fault(p, i, code, REPORT_PEER, now, "%s", coding_why_sentence(why));
}

/* Its connection, which stands in the middle of an answer, is of no use any more. */
static void abandon(struct page *p, uint32_t conn, uint32_t i, hf_time_ns now)
{
	pool_release(p, conn, false, true, now);
	content_take(p, i, now);
}

/* False: it has failed already. */
static bool take_head(struct page *p, uint32_t conn, uint32_t i, const struct h1_head *head, struct hf_bytes octets,
		      hf_time_ns now)
{
	struct report_resource *r = page_row(p, i);
	struct fetch *f = p->fetch[i];
	enum coding_why why;

	text_clear(&f->head);
	text_add_n(&f->head, (const char *)octets.at, octets.len);
	r->status = head->status;
	r->reason = report_keep_n(p->report, (const char *)head->reason.at, head->reason.len);
	r->response_head = report_keep_n(p->report, (const char *)octets.at, hf_min_u64(octets.len, REPORT_HEAD_KEPT));
	r->octets_head_in += octets.len;
	r->head_end = now;
	describe(p, i, head);
	p->conn[conn]->keep_alive = head->keep_alive && head->framing != H1_BODY_CLOSE && !p->cfg.close_each;
	fetch_fire(p, i, FETCH_ON_HEAD);
	tell_head(p, i, head, octets, now);
	set_cookies(p, i, head, now);
	f->is_redirect = is_redirect(head);
	if (f->is_redirect)
		r->location = keep_field(p, head, "location");
	if (f->is_redirect || head->status == 304)
		return true;
	if (head->framing == H1_BODY_LENGTH && head->length > p->limits.size) {
		stop_at_size(p, i, now);
		page_fault(p, i, REPORT_E_TOO_LARGE, REPORT_PEER, now, "it has %llu octets",
			   (unsigned long long)head->length);
		return false;
	}
	why = begin_coding(p, f, head);
	if (!f->coding)
		fail_coding(p, i, why, now);
	else if (why == CODING_UNKNOWN)
		r->note = "its content coding is not known here: it is taken as it is";
	return f->coding != NULL;
}

/* ---- content ---- */

/* All of the page is too much. */
static void stop_at_total(struct page *p, hf_time_ns now)
{
	char what[96];

	snprintf(what, sizeof(what), "%llu octets in all (--max-total)", (unsigned long long)p->limits.total);
	page_limit(p, REPORT_NONE, now, "%s", what);
	page_halt(p, REPORT_E_TOO_LARGE, what, now);
}

/* False: it has failed, or is enough. */
static bool take_data(struct page *p, uint32_t i, struct hf_bytes data, hf_time_ns now)
{
	struct report_resource *r = page_row(p, i);
	struct fetch *f = p->fetch[i];
	enum coding_why why;
	size_t before = f->body.len;

	r->octets_wire += data.len;
	if (!f->coding)
		return !f->is_redirect || r->octets_wire <= PAGE_REDIRECT_BODY_MAX;
	why = coding_feed(f->coding, data, &f->body);
	p->total += f->body.len - before;
	r->octets = f->body.len;
	if (f->body.failed)
		why = CODING_NO_MEMORY;
	if (why != CODING_FINE && why != CODING_UNKNOWN) {
		fail_coding(p, i, why, now);
		return false;
	}
	return true;
}

/* ---- ends ---- */

static bool was_before(const struct page *p, uint32_t i, const struct url *u)
{
	for (; i != REPORT_NONE; i = p->report->resource[i].redirected)
		if (strcmp(url_without_fragment(p->fetch[i]->url), url_without_fragment(u)) == 0)
			return true;
	return false;
}

/* RFC 9110 10.2.2: a fragment stays when the new URL has none of its own. NULL: it leads nowhere. */
static struct url *target_of(const struct page *p, uint32_t i)
{
	struct url *u = url_parse(hf_bytes_of(p->report->resource[i].location), p->fetch[i]->url, NULL);
	const char *fragment = url_fragment(p->fetch[i]->url);
	struct text t = { 0 };
	struct url *with;

	if (!u || !url_is_http(u) || url_fragment(u) || !fragment) {
		if (u && !url_is_http(u)) {
			url_free(u);
			u = NULL;
		}
		return u;
	}
	text_addf(&t, "#%s", fragment);
	with = url_parse(hf_bytes_of(text_str(&t)), u, NULL);
	text_free(&t);
	url_free(u);
	return with;
}

/* Why it is not followed; REPORT_E_NONE: it is. */
static bool refuses(struct page *p, uint32_t i, const struct url *u, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	char what[64];

	if (!u) {
		page_fault(p, i, REPORT_E_HTTP_REDIRECT_BAD, REPORT_PEER, now, "%.300s", page_row(p, i)->location);
	} else if (f->hops >= p->limits.redirects) {
		snprintf(what, sizeof(what), "%u redirects in a row (--max-redirects)", p->limits.redirects);
		page_limit(p, i, now, "%s", what);
		page_fault(p, i, REPORT_E_HTTP_REDIRECT_LOOP, REPORT_PEER, now, "%s, and the last leads to %.200s",
			   what, url_href(u));
	} else if (!f->set_cookies && was_before(p, i, u)) {
		/* nothing has changed since: it would go on so forever */
		page_fault(p, i, REPORT_E_HTTP_REDIRECT_LOOP, REPORT_PEER, now, "it leads back to %.200s", url_href(u));
	} else if (page_row(p, i)->kind == REPORT_DOCUMENT && url_is_secure(f->url) && !url_is_secure(u) &&
		   !p->cfg.allow_downgrade) {
		page_fault(p, i, REPORT_E_HTTP_DOWNGRADE, REPORT_PEER, now, "%.300s", url_href(u));
	} else {
		return false;
	}
	return true;
}

static void follow(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i], *next;
	struct url *u = target_of(p, i);
	uint32_t to;

	if (refuses(p, i, u, now)) {
		url_free(u);
		content_take(p, i, now);
		return;
	}
	page_tell(p, now, REPORT_LAYER_PAGE, REPORT_US, i, "redirect", "9110 15.4", "It has moved: we go on to %.300s.",
		  url_href(u));
	to = page_add_fetch(p, page_row(p, i)->kind, page_row(p, i)->parent, u, now);
	fetch_fire(p, i, FETCH_ON_MOVE);
	if (to == REPORT_NONE)
		return;
	next = p->fetch[to];
	page_row(p, to)->redirected = i;
	next->hops = f->hops + 1;
	next->depth = f->depth;
	next->set_cookies = f->set_cookies;
	if (page_row(p, to)->kind == REPORT_DOCUMENT)
		p->document = to;
	content_begin(p, to, now);
}

void answer_from_entry(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct report_resource *r = page_row(p, i);
	struct h1_head head;

	if (h1_parse_response(f->entry.head, false, &head) != H1_NONE)
		return; /* the cache has parsed it before it kept it */
	if (r->cached == REPORT_FRESH) {
		r->status = head.status;
		r->reason = report_keep_n(p->report, (const char *)head.reason.at, head.reason.len);
		r->response_head = report_keep_n(p->report, (const char *)f->entry.head.at,
						 hf_min_u64(f->entry.head.len, REPORT_HEAD_KEPT));
		r->done = now;
	}
	describe(p, i, &head);
	text_clear(&f->body);
	text_add_n(&f->body, (const char *)f->entry.body.at, f->entry.body.len);
	r->octets = f->body.len;
	p->total += f->body.len;
}

static void validated(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct cache_request q;
	struct h1_head head;

	request_as_key(p, i, &head, &q);
	cache_freshen(p->cfg.cache, &q, &f->entry, text_bytes(&f->head), f->request_s, page_seconds(p, now));
	page_row(p, i)->cached = REPORT_VALIDATED;
	page_tell(p, now, REPORT_LAYER_HTTP, REPORT_PEER, i, "not modified", "9110 15.4.5", "What we keep is still good.");
	answer_from_entry(p, i, now);
}

static void store(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct cache_request q;
	struct h1_head head;
	enum cache_why why;

	if (!p->cfg.cache)
		return;
	request_as_key(p, i, &head, &q);
	why = cache_store(p->cfg.cache, &q, text_bytes(&f->head), text_bytes(&f->body), true, f->request_s,
			  page_seconds(p, now));
	page_tell(p, now, REPORT_LAYER_HTTP, REPORT_US, i, "cache", cache_why_rfc(why), "In the cache: %s.",
		  cache_why_sentence(why));
}

/* The answer is whole. surplus: octets nobody asked for follow it. */
static void finish(struct page *p, uint32_t conn, size_t surplus, hf_time_ns now)
{
	struct conn *c = p->conn[conn];
	uint32_t i = c->fetch;
	struct fetch *f = p->fetch[i];
	enum coding_why why = f->coding ? coding_end(f->coding) : CODING_FINE;

	page_row(p, i)->done = now;
	if (surplus)
		page_tell(p, now, REPORT_LAYER_HTTP, REPORT_PEER, i, "surplus", "9112 9.3",
			  "%zu octets follow the answer that nobody asked for: this connection is closed.", surplus);
	pool_release(p, conn, c->keep_alive && c->http.state == HTTP_CLIENT_DONE && !surplus, false, now);
	if (f->is_redirect) {
		follow(p, i, now);
		return;
	}
	if (f->coding && coding_trailing(f->coding))
		page_row(p, i)->note = "octets follow the end of its coded content: they are left out";
	if (why != CODING_FINE && why != CODING_UNKNOWN) {
		fail_coding(p, i, why, now);
	} else {
		if (page_row(p, i)->status == 304 && f->has_entry)
			validated(p, i, now);
		else
			store(p, i, now);
		fetch_fire(p, i, FETCH_ON_END);
	}
	content_take(p, i, now);
}

static void fail_http(struct page *p, uint32_t conn, hf_time_ns now)
{
	struct conn *c = p->conn[conn];
	struct report_fault f = { .event = REPORT_NONE };
	enum report_code code = REPORT_E_HTTP_MALFORMED;
	uint32_t i = c->fetch;

	if (c->http.fault == H1_CUT_SHORT)
		code = c->any ? REPORT_E_HTTP_CUT : REPORT_E_HTTP_NO_ANSWER;
	report_fail(&f, code, REPORT_PEER, now, p->fetch[i]->state == FETCH_ASKED ? "HEAD" : "BODY", "%s",
		    h1_fault_sentence(c->http.fault));
	page_fail(p, i, &f, now);
	abandon(p, conn, i, now);
}

/* ---- what the driver tells ---- */

static void keep_rest(struct conn *c, struct hf_bytes octets, size_t taken)
{
	if (taken < c->in.len) {
		memmove(c->in.at, c->in.at + taken, c->in.len - taken);
		c->in.len -= taken;
		taken = 0;
	} else {
		taken -= c->in.len;
		text_clear(&c->in);
	}
	text_add_n(&c->in, (const char *)octets.at + taken, octets.len - taken);
}

static void run(struct page *p, uint32_t conn, struct hf_bytes octets, bool eof, hf_time_ns now)
{
	struct conn *c = p->conn[conn];
	struct hf_bytes spans[] = { { (const uint8_t *)c->in.at, c->in.len }, octets }, data;
	struct h1_input in = h1_input_over(spans, 2, eof);
	size_t all = c->in.len + octets.len;
	uint32_t i = c->fetch;
	struct h1_head head;

	for (;;) {
		switch (http_client_next(&c->http, &in, p->scratch, &head, &data)) {
		case HTTP_CLIENT_WAIT:
			keep_rest(c, octets, in.taken);
			if (c->in.failed || c->in.len > p->limits.head) {
				page_fault(p, i, c->in.failed ? REPORT_E_NO_MEMORY : REPORT_E_HTTP_MALFORMED, REPORT_PEER,
					   now, "%s", c->in.failed ? "" : "its head is larger than the limit");
				abandon(p, conn, i, now);
			}
			return;
		case HTTP_CLIENT_TELL_INTERIM:
			page_row(p, i)->octets_head_in += c->http.head_octets.len;
			page_row(p, i)->reason = page_row(p, i)->mime = "";
			tell_head(p, i, &head, c->http.head_octets, now);
			break;
		case HTTP_CLIENT_TELL_HEAD:
			if (!take_head(p, conn, i, &head, c->http.head_octets, now)) {
				abandon(p, conn, i, now);
				return;
			}
			break;
		case HTTP_CLIENT_TELL_DATA:
			if (!take_data(p, i, data, now)) {
				if (!p->fetch[i]->is_redirect) {
					abandon(p, conn, i, now);
					return;
				}
				c->keep_alive = false;
				finish(p, conn, 0, now);
				return;
			}
			if (p->total > p->limits.total) {
				stop_at_total(p, now);
				return;
			}
			break;
		case HTTP_CLIENT_TELL_DONE:
			finish(p, conn, all - in.taken, now);
			return;
		case HTTP_CLIENT_TELL_FAILED:
			fail_http(p, conn, now);
			return;
		}
	}
}

void page_feed(struct page *p, uint32_t conn, struct hf_bytes octets, hf_time_ns now)
{
	struct conn *c = pool_of(p, conn);
	uint32_t i;

	if (!c || !octets.len || c->state == CONN_CONNECTING)
		return;
	if (c->state == CONN_IDLE) { /* nothing was asked: an answer would be taken for the next one's */
		pool_release(p, conn, false, true, now);
		return;
	}
	if (!c->any)
		page_row(p, c->fetch)->first_octet = now;
	c->any = true;
	c->last = now;
	i = c->fetch;
	run(p, conn, octets, false, now);
	if (page_row(p, i)->kind == REPORT_DOCUMENT && p->fetch[i]->state == FETCH_ANSWERED)
		document_look(p, i, now);
}

/* RFC 9112 9.3.1: it may have been closed before it saw our request. GET is safe to repeat. */
static bool again(struct page *p, uint32_t conn, hf_time_ns now)
{
	struct conn *c = p->conn[conn];
	struct fetch *f = p->fetch[c->fetch];

	if (c->any || c->requests < 2 || f->fresh_only)
		return false;
	page_tell(p, now, REPORT_LAYER_HTTP, REPORT_US, c->fetch, "again", "9112 9.3.1",
		  "The connection was closed while it was idle, as the request was on its way: it goes on a new one.");
	f->fresh_only = true;
	page_row(p, c->fetch)->conn = REPORT_NONE;
	fetch_fire(p, c->fetch, FETCH_ON_AGAIN);
	f->conn = REPORT_NONE;
	pool_ended(p, conn);
	return true;
}

void page_ended(struct page *p, uint32_t conn, const struct report_fault *why, hf_time_ns now)
{
	struct conn *c = pool_of(p, conn);
	struct report_fault other = { .event = REPORT_NONE };
	uint32_t i;

	if (!c) { /* we had let it go, and need not say so any more */
		if (conn < p->conns)
			p->conn[conn]->to_close = false;
		return;
	}
	i = c->fetch;
	switch ((enum conn_state)c->state) {
	case CONN_CONNECTING:
		report_fail(&other, REPORT_E_HTTP_NO_ANSWER, REPORT_PEER, now, NULL, "%s", "it ended before it was used");
		pool_connect_failed(p, conn, why ? why : &other, now);
		break;
	case CONN_BUSY:
		if (again(p, conn, now))
			break;
		if (why) {
			page_fail(p, i, why, now);
			pool_ended(p, conn);
			content_take(p, i, now);
			break;
		}
		run(p, conn, (struct hf_bytes){ 0 }, true, now);
		c->to_close = false;
		break;
	default:
		pool_ended(p, conn);
		break;
	}
}
