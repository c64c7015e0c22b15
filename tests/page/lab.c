/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdio.h>

#define ANSWERS 4096

void lab_init(struct lab *l)
{
	*l = (struct lab){ .piece = SIZE_MAX, .now = HF_S(1) };
	l->answer = calloc(ANSWERS, sizeof(*l->answer));
	assert_non_null(l->answer);
	report_init(&l->report);
	l->report.epoch_ns = 1700000000ull * HF_S(1);
	l->cfg.report = &l->report;
	l->cfg.version = "1.2";
}

void lab_raw(struct lab *l, const char *url, struct hf_bytes octets, enum lab_end then)
{
	assert_true(l->answers < ANSWERS);
	l->answer[l->answers++] = (struct lab_answer){ .url = url, .octets = exact_n(octets.at, octets.len), .then = then };
}

void lab_page(struct lab *l, const char *url, const char *head, const char *body)
{
	struct text t = { 0 };

	text_addf(&t, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head, strlen(body));
	text_add(&t, body);
	lab_raw(l, url, text_bytes(&t), LAB_STAYS);
	text_free(&t);
}

struct lab_answer *lab_last(struct lab *l)
{
	return &l->answer[l->answers - 1];
}

void lab_forget(struct lab *l)
{
	page_free(l->page);
	report_free(&l->report);
	report_init(&l->report);
	l->report.epoch_ns = 1700000000ull * HF_S(1);
	text_free(&l->log);
	text_free(&l->requests);
	memset(l->conn, 0, sizeof(l->conn));
	l->conns = l->open_most = l->connects = 0;
	l->page = NULL;
	l->styled = l->loaded = false;
}

void lab_free(struct lab *l)
{
	lab_forget(l);
	report_free(&l->report);
	for (size_t i = 0; i < l->answers; i++)
		free_exact(l->answer[i].octets);
	free(l->answer);
}

/* ---- the servers ---- */

static void take_request(struct lab *l, struct lab_conn *c, uint32_t number, struct hf_bytes request)
{
	char target[4096], url[4300], *text = malloc(request.len + 1);
	size_t i = 0;

	assert_non_null(text);
	memcpy(text, request.at, request.len);
	text[request.len] = '\0';
	assert_int_equal(strncmp(text, "GET ", 4), 0);
	snprintf(target, sizeof(target), "%.*s", (int)strcspn(text + 4, " "), text + 4);
	snprintf(url, sizeof(url), "%s%s", c->origin, target);
	text_addf(&l->log, "%u GET %s\n", number, url);
	text_add(&l->requests, text);
	while (i < l->answers && (strcmp(l->answer[i].url, url) != 0 || l->answer[i].times == UINT32_MAX ||
				  (l->answer[i].needs && !strstr(text, l->answer[i].needs))))
		i++;
	c->answering = true;
	c->requests++;
	if (i == l->answers) {
		c->out = hf_bytes_of("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone");
		c->then = LAB_STAYS;
		c->delay = 0;
	} else {
		struct lab_answer *a = &l->answer[i];

		c->out = a->octets;
		c->then = a->then;
		c->delay = a->delay;
		if (a->times && --a->times == 0)
			a->times = UINT32_MAX;
	}
	free(text);
}

static void do_ask(struct lab *l, const struct page_ask *a)
{
	struct lab_conn *c;

	if (a->what == PAGE_STYLED) {
		assert_false(l->styled || l->loaded);
		l->styled = true;
		if (l->on_styled)
			page_hold(l->page, l->on_styled(l));
		return;
	}
	if (a->what == PAGE_LOADED) {
		assert_false(l->loaded);
		l->loaded = true;
		return;
	}
	assert_true(a->conn < HF_ARRAY_LEN(l->conn));
	c = &l->conn[a->conn];
	if (a->what == PAGE_CONNECT) {
		bool standard = a->port == (a->secure ? 443 : 80);
		size_t open = 0;

		assert_int_equal(a->conn, l->conns);
		l->conns++;
		l->connects++;
		c->open = true;
		c->connect_in = 1;
		if (standard)
			snprintf(c->origin, sizeof(c->origin), "http%s://%s", a->secure ? "s" : "", a->host);
		else
			snprintf(c->origin, sizeof(c->origin), "http%s://%s:%u", a->secure ? "s" : "", a->host, a->port);
		for (size_t i = 0; i < l->conns; i++)
			open += l->conn[i].open;
		l->open_most = open > l->open_most ? open : l->open_most;
	} else if (a->what == PAGE_SEND) {
		assert_true(c->open && !c->connect_in && !c->answering);
		take_request(l, c, a->conn, a->bytes);
		page_sent(l->page, a->conn, l->now);
	} else {
		assert_true(c->open);
		c->open = false;
		c->aborted = a->abort;
	}
}

static void end_conn(struct lab *l, uint32_t i)
{
	struct report_fault reset = { .event = REPORT_NONE };

	l->conn[i].open = false;
	report_fail(&reset, REPORT_E_TCP_RESET, REPORT_PEER, l->now, "ESTABLISHED", "%s", "");
	page_ended(l->page, i, l->conn[i].then == LAB_RESETS ? &reset : NULL, l->now);
}

static void serve(struct lab *l, uint32_t i)
{
	struct lab_conn *c = &l->conn[i];
	struct hf_bytes piece;

	if (!c->open)
		return;
	if (c->connect_in) {
		struct report_fault refused = { .event = REPORT_NONE };

		if (--c->connect_in)
			return;
		if ((l->refuses && strcmp(l->refuses, c->origin) == 0) ||
		    (l->connects_at_most && i >= l->connects_at_most)) {
			c->open = false;
			report_fail(&refused, REPORT_E_TCP_REFUSED, REPORT_PEER, l->now, "SYN_SENT", "%s", "");
			page_ended(l->page, i, &refused, l->now);
		} else {
			page_connected(l->page, i, l->now);
		}
		return;
	}
	if (!c->answering)
		return;
	if (c->delay) {
		c->delay--;
		return;
	}
	piece = exact_n(c->out.at, hf_min_u64(c->out.len, l->piece));
	c->out.at += piece.len;
	c->out.len -= piece.len;
	if (!c->out.len)
		c->answering = false;
	if (piece.len)
		page_feed(l->page, i, piece, l->now);
	free_exact(piece);
	if (!c->answering && c->then != LAB_STAYS && c->open)
		end_conn(l, i);
}

hf_status lab_begin(struct lab *l, const char *url)
{
	return page_make(&l->cfg, url, l->now, &l->page);
}

void lab_go(struct lab *l)
{
	struct page_ask ask;

	for (unsigned round = 0;; round++) {
		while (page_next(l->page, &ask, l->now) != PAGE_WAITS)
			do_ask(l, &ask);
		if (page_is_over(l->page))
			break;
		assert_true(round < 3000000);
		assert_true(page_deadline(l->page) > l->now);
		l->now += HF_MS(1);
		for (uint32_t i = 0; i < l->conns; i++)
			serve(l, i);
	}
	assert_true(l->loaded);
	for (size_t i = 0; i < l->conns; i++)
		assert_false(l->conn[i].open);
}

void lab_run(struct lab *l, const char *url)
{
	assert_int_equal(lab_begin(l, url), HF_OK);
	lab_go(l);
}

char *lab_rows(const struct lab *l)
{
	struct text t = { 0 };

	for (size_t i = 0; i < l->report.resources; i++) {
		const struct report_resource *r = &l->report.resource[i];

		text_addf(&t, "%s %.200s", report_kind_name(r->kind), r->url);
		if (r->not_wanted)
			text_add(&t, " noted");
		if (r->status)
			text_addf(&t, " %u", r->status);
		if (r->cached)
			text_add(&t, r->cached == REPORT_FRESH ? " fresh" : " validated");
		if (r->fault.code)
			text_addf(&t, " %s", report_code_name(r->fault.code));
		text_add(&t, "\n");
	}
	return t.at ? t.at : calloc(1, 1);
}
