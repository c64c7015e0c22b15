/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdio.h>

/* Connections and requests: who is asked for what, in which order, on which connection. */

static const char page[] =
	"<!doctype html><title> A  page </title><link rel=stylesheet href=a.css><link rel=icon href=i.png>"
	"<script src='s.js'></script><img src='p.svg'><img src='p.svg#x'><p style='background:url(q.png)'>hello";

static void script_page(struct lab *l)
{
	lab_page(l, "http://a.test/", HTML, page);
	lab_page(l, "http://a.test/a.css", CSS, "@import 'b.css'; p { color: red; background: url(bg.png) }");
	lab_page(l, "http://a.test/b.css", CSS, "@font-face { src: url(f.woff2) }");
	lab_page(l, "http://a.test/s.js", "200 OK\r\nContent-Type: text/javascript", "void 0");
	lab_page(l, "http://a.test/p.svg", SVG, svg);
}

static const char page_rows[] = "document http://a.test/ 200\n"
				"style http://a.test/a.css 200\n"
				"icon http://a.test/i.png 404 E-HTTP-404\n"
				"script http://a.test/s.js 200\n"
				"image http://a.test/p.svg 200\n"
				"style http://a.test/b.css 200\n"
				"font http://a.test/f.woff2 noted\n";

static void a_page(void **state)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 2, 3, 7, 50 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(pieces); i++) {
		const struct report_resource *r;
		struct lab l;

		lab_init(&l);
		script_page(&l);
		l.piece = pieces[i];
		lab_run(&l, "http://a.test");
		EXPECT_ROWS(&l, page_rows);
		assert_string_equal(l.report.title, "A page");
		assert_string_equal(l.report.charset, "UTF-8");
		assert_string_equal(l.report.final_url, "http://a.test/");
		assert_true(l.styled);
		r = &l.report.resource[4];
		assert_int_equal(r->width, 20);
		assert_int_equal(r->octets, sizeof(svg) - 1);
		assert_int_equal(r->octets_wire, sizeof(svg) - 1);
		assert_string_equal(r->mime, "image/svg+xml");
		assert_true(r->queued <= r->sent_begin && r->sent_begin <= r->sent_end && r->sent_end <= r->first_octet &&
			    r->first_octet <= r->head_end && r->head_end <= r->done && r->done <= l.report.end);
		assert_int_equal(page_find(l.page, "http://a.test/p.svg#y"), 4);
		assert_int_equal(page_find(l.page, "http://a.test/none"), REPORT_NONE);
		assert_int_equal(page_body(l.page, 4).len, sizeof(svg) - 1);
		assert_int_equal(page_body(l.page, 3).len, 0); /* a script's is not kept */
		assert_int_equal(page_document(l.page).len, sizeof(page) - 1);
		assert_int_equal(report_exit(&l.report), 1); /* the icon */
		lab_free(&l);
	}
}

static void the_same_again(void **state)
{
	struct lab a, b;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct lab *l = i ? &b : &a;

		lab_init(l);
		script_page(l);
		l->piece = 11;
		lab_run(l, "http://a.test/");
	}
	assert_string_equal(text_str(&a.log), text_str(&b.log));
	assert_string_equal(text_str(&a.requests), text_str(&b.requests));
	assert_int_equal(a.report.events, b.report.events);
	for (size_t i = 0; i < a.report.events; i++) {
		assert_string_equal(a.report.event[i].sentence, b.report.event[i].sentence);
		assert_int_equal(a.report.event[i].at, b.report.event[i].at);
	}
	lab_free(&a);
	lab_free(&b);
}

static void requests(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test:8080/x?y", HTML, "<img src=/i><img src='http://b.test/j'>");
	l.cfg.accept_language = "de, en";
	lab_run(&l, "http://me:pw@a.test:8080/x?y#z");
	assert_string_equal(text_str(&l.requests),
			    "GET /x?y HTTP/1.1\r\nHost: a.test:8080\r\nUser-Agent: handfast/1.2\r\n"
			    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8\r\n"
			    "Accept-Language: de, en\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\r\n"
			    "GET /i HTTP/1.1\r\nHost: a.test:8080\r\nUser-Agent: handfast/1.2\r\n"
			    "Accept: image/webp,image/svg+xml,image/*,*/*;q=0.8\r\nAccept-Language: de, en\r\n"
			    "Accept-Encoding: gzip, deflate, br, zstd\r\nReferer: http://a.test:8080/x?y\r\n\r\n"
			    "GET /j HTTP/1.1\r\nHost: b.test\r\nUser-Agent: handfast/1.2\r\n"
			    "Accept: image/webp,image/svg+xml,image/*,*/*;q=0.8\r\nAccept-Language: de, en\r\n"
			    "Accept-Encoding: gzip, deflate, br, zstd\r\nReferer: http://a.test:8080/\r\n\r\n");
	assert_string_equal(l.report.final_url, "http://me:pw@a.test:8080/x?y#z");
	lab_free(&l);
}

static void referrers(void **state)
{
	static const struct {
		const char *head, *meta, *same, *other; /* what is sent to either; "": nothing */
	} rows[] = {
		{ "", "", "http://a.test/", "http://a.test/" },
		{ "", "no-referrer", "", "" },
		{ "\r\nReferrer-Policy: no-referrer", "", "", "" },
		{ "\r\nReferrer-Policy: no-referrer, unheard-of", "", "", "" },
		{ "\r\nReferrer-Policy: no-referrer", "origin", "http://a.test/", "http://a.test/" },
		{ "", "same-origin", "http://a.test/", "" },
		{ "", "unsafe-url", "http://a.test/", "http://a.test/" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char head[200], body[200], want[100];
		struct lab l;

		lab_init(&l);
		snprintf(head, sizeof(head), HTML "%s", rows[i].head);
		snprintf(body, sizeof(body), "<meta name=referrer content='%s'><img src=i><img src='http://b.test/j'>",
			 rows[i].meta);
		lab_page(&l, "http://a.test/", head, body);
		lab_run(&l, "http://a.test/");
		for (unsigned k = 1; k < 3; k++) {
			const char *should = k == 1 ? rows[i].same : rows[i].other,
				   *sent = l.report.resource[k].request_head;

			snprintf(want, sizeof(want), "\r\nReferer: %s\r\n", should);
			if (!*should ? strstr(sent, "Referer") != NULL : strstr(sent, want) == NULL)
				fail_msg("%zu: %s", i, sent);
		}
		lab_free(&l);
	}
}

/* ---- connections ---- */

static void many_images(struct lab *l, unsigned n, const char *head)
{
	static char url[64][40];
	struct text t = { 0 };

	for (unsigned i = 0; i < n; i++) {
		text_addf(&t, "<img src=%u>", i);
		snprintf(url[i], sizeof(url[i]), "http://a.test/%u", i);
		lab_page(l, url[i], head, svg);
	}
	lab_page(l, "http://a.test/", HTML, text_str(&t));
	text_free(&t);
}

static void six_at_once(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	many_images(&l, 40, SVG);
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.open_most, 6);
	assert_int_equal(l.connects, 6);
	assert_int_equal(l.report.resources, 41);
	assert_int_equal(report_exit(&l.report), 0);
	lab_free(&l);
	/* no more than are needed */
	lab_init(&l);
	many_images(&l, 2, SVG);
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.connects, 2);
	lab_free(&l);
	/* and fewer where fewer are wanted, in all */
	lab_init(&l);
	many_images(&l, 20, SVG);
	l.cfg.limits.conns = 3;
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.open_most, 3);
	assert_int_equal(report_exit(&l.report), 0);
	lab_free(&l);
}

static void closed_each_time(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	many_images(&l, 10, SVG "\r\nConnection: close");
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.connects, 10); /* one image comes on the document's */
	assert_int_equal(report_exit(&l.report), 0);
	lab_free(&l);
	lab_init(&l);
	many_images(&l, 10, SVG);
	l.cfg.close_each = true;
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.connects, 11);
	assert_non_null(strstr(text_str(&l.requests), "Connection: close\r\n"));
	lab_free(&l);
}

static void http_1_0(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_raw(&l, "http://a.test/",
		hf_bytes_of("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<img src=a><img src=b>"), LAB_CLOSES);
	lab_raw(&l, "http://a.test/a",
		hf_bytes_of("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n<svg>"), LAB_STAYS);
	lab_raw(&l, "http://a.test/b", hf_bytes_of("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n<svg>"), LAB_STAYS);
	l.cfg.limits.per_host = 1;
	lab_run(&l, "http://a.test/");
	assert_string_equal(text_str(&l.log), "0 GET http://a.test/\n1 GET http://a.test/a\n1 GET http://a.test/b\n");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nimage http://a.test/a 200\nimage http://a.test/b 200\n");
	lab_free(&l);
}

static void priorities(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML,
		 "<link rel=icon href=i><img src=1><script src=2></script><iframe src=3></iframe><link rel=stylesheet href=4>"
		 "<link rel=preload as=font href=5>");
	l.cfg.limits.per_host = 1;
	l.cfg.fonts = true;
	lab_run(&l, "http://a.test/");
	assert_string_equal(text_str(&l.log),
			    "0 GET http://a.test/\n0 GET http://a.test/4\n0 GET http://a.test/2\n0 GET http://a.test/3\n"
			    "0 GET http://a.test/5\n0 GET http://a.test/1\n0 GET http://a.test/i\n");
	assert_true(l.report.resource[0].made_conn);
	assert_false(l.report.resource[1].made_conn);
	assert_int_equal(l.report.conn[0].requests, 7);
	lab_free(&l);
}

/* RFC 9112 9.3.1 */
static void again_on_a_new_one(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, "<img src=a>");
	lab_raw(&l, "http://a.test/a", hf_bytes_of(""), LAB_RESETS);
	lab_last(&l)->times = 1;
	lab_page(&l, "http://a.test/a", SVG, svg);
	lab_run(&l, "http://a.test/");
	assert_string_equal(text_str(&l.log), "0 GET http://a.test/\n0 GET http://a.test/a\n1 GET http://a.test/a\n");
	assert_int_equal(report_exit(&l.report), 0);
	assert_int_equal(l.report.resource[1].conn, 1);
	assert_true(l.report.resource[1].made_conn);
	lab_free(&l);
	/* not twice */
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, "<img src=a>");
	lab_raw(&l, "http://a.test/a", hf_bytes_of(""), LAB_CLOSES);
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.connects, 2);
	EXPECT_ROWS(&l, "document http://a.test/ 200\nimage http://a.test/a E-HTTP-NO-ANSWER\n");
	lab_free(&l);
	/* nor on a fresh one, nor after a single octet */
	lab_init(&l);
	lab_raw(&l, "http://a.test/", hf_bytes_of(""), LAB_RESETS);
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ E-TCP-RESET\n");
	assert_false(l.styled);
	assert_int_equal(report_exit(&l.report), 4);
	lab_free(&l);
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, "<img src=a>");
	lab_raw(&l, "http://a.test/a", hf_bytes_of("H"), LAB_CLOSES);
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nimage http://a.test/a E-HTTP-CUT\n");
	lab_free(&l);
}

static void surplus(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_raw(&l, "http://a.test/",
		hf_bytes_of("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\n<img src=a>HTTP/1.1 200 OK\r\n"),
		LAB_STAYS);
	lab_page(&l, "http://a.test/a", SVG, svg);
	lab_run(&l, "http://a.test/");
	assert_string_equal(text_str(&l.log), "0 GET http://a.test/\n1 GET http://a.test/a\n");
	assert_int_equal(report_exit(&l.report), 0);
	lab_free(&l);
}

static bool push_octets(struct lab *l)
{
	page_feed(l->page, 0, hf_bytes_of("HTTP/1.1 408 Request Timeout\r\n\r\n"), l->now);
	assert_int_equal(page_want(l->page, "http://a.test/a", REPORT_IMAGE, REPORT_NONE, l->now), 1);
	return false;
}

static void octets_nobody_asked_for(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, "x");
	lab_page(&l, "http://a.test/a", SVG, svg);
	l.on_styled = push_octets;
	lab_run(&l, "http://a.test/");
	assert_string_equal(text_str(&l.log), "0 GET http://a.test/\n1 GET http://a.test/a\n");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nimage http://a.test/a 200\n");
	lab_free(&l);
}

static void refused(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	l.refuses = "http://a.test";
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ E-TCP-REFUSED\n");
	assert_string_equal(l.report.fault.state, "SYN_SENT");
	assert_int_equal(l.report.resource[0].conn, 0);
	assert_true(l.report.resource[0].made_conn);
	assert_int_equal(report_exit(&l.report), 4);
	lab_free(&l);
	/* somewhere else: nobody asks there twice */
	lab_init(&l);
	l.refuses = "http://b.test";
	lab_page(&l, "http://a.test/", HTML,
		 "<link rel=stylesheet href='http://b.test/1'><img src='http://b.test/2'><img src=3>");
	lab_page(&l, "http://a.test/3", SVG, svg);
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nstyle http://b.test/1 E-TCP-REFUSED\nimage http://b.test/2 E-TCP-REFUSED\n"
			"image http://a.test/3 200\n");
	assert_true(l.styled);
	assert_int_equal(report_exit(&l.report), 1);
	lab_free(&l);
	/* a host that takes only so many */
	lab_init(&l);
	many_images(&l, 20, SVG);
	l.connects_at_most = 2;
	lab_run(&l, "http://a.test/");
	assert_int_equal(report_exit(&l.report), 0);
	assert_true(l.connects <= 6);
	lab_free(&l);
}

static void interim(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_raw(&l, "http://a.test/",
		hf_bytes_of("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx"),
		LAB_STAYS);
	l.piece = 1;
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\n");
	lab_free(&l);
}

/* ---- the painter ---- */

static bool want_two(struct lab *l)
{
	assert_int_equal(page_want(l->page, "http://a.test/bg.png", REPORT_IMAGE, 1, l->now), 2);
	assert_int_equal(page_want(l->page, "http://a.test/bg.png#x", REPORT_IMAGE, 1, l->now), 2);
	assert_int_equal(page_want(l->page, "not a URL", REPORT_IMAGE, 1, l->now), REPORT_NONE);
	assert_int_equal(page_want(l->page, "data:image/png,x", REPORT_IMAGE, 1, l->now), REPORT_NONE);
	return false;
}

static bool hold_it(struct lab *l)
{
	(void)l;
	return true;
}

static void wanting(void **state)
{
	struct page_ask ask;
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, "<link rel=stylesheet href=a.css>");
	lab_page(&l, "http://a.test/a.css", CSS, "p{background:url(bg.png)}");
	lab_page(&l, "http://a.test/bg.png", SVG, svg);
	l.on_styled = want_two;
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nstyle http://a.test/a.css 200\nimage http://a.test/bg.png 200\n");
	assert_non_null(strstr(l.report.resource[2].request_head, "Referer: http://a.test/a.css\r\n"));
	assert_int_equal(page_want(l.page, "http://a.test/late", REPORT_IMAGE, 0, l.now), REPORT_NONE);
	/* held, it is not over until it is let go */
	lab_forget(&l);
	l.on_styled = hold_it;
	assert_int_equal(lab_begin(&l, "http://a.test/bg.png"), HF_OK);
	page_hold(l.page, true);
	for (unsigned i = 0; i < 20; i++) {
		while (page_next(l.page, &ask, l.now) != PAGE_WAITS) {
			if (ask.what == PAGE_CONNECT)
				page_connected(l.page, ask.conn, l.now);
			else if (ask.what == PAGE_SEND)
				page_feed(l.page, ask.conn, l.answer[2].octets, l.now);
			assert_int_not_equal(ask.what, PAGE_LOADED);
		}
	}
	assert_false(page_is_over(l.page));
	page_hold(l.page, false);
	while (page_next(l.page, &ask, l.now) != PAGE_WAITS)
		;
	assert_true(page_is_over(l.page));
	lab_free(&l);
}

static void css_images(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML,
		 "<link rel=stylesheet href=c/a.css><style>q{b:url(d)}</style><p style='b:url(e)'>");
	lab_page(&l, "http://a.test/c/a.css", CSS, "p{background:url(bg.png)}");
	l.cfg.css_images = true;
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nstyle http://a.test/c/a.css 200\nimage http://a.test/d 404 E-HTTP-404\n"
			"image http://a.test/e 404 E-HTTP-404\nimage http://a.test/c/bg.png 404 E-HTTP-404\n");
	lab_free(&l);
}

static void the_document_only(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	script_page(&l);
	l.cfg.document_only = true;
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\n");
	assert_string_equal(l.report.title, "A page");
	lab_free(&l);
}

static void frames(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, "<iframe src=f/g></iframe><iframe srcdoc='<img src=s>'></iframe>");
	lab_page(&l, "http://a.test/f/g", HTML,
		 "<title>no</title><base href=/h/><img src=i><iframe src=j></iframe><style>@import 'k'</style>");
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l,
		    "document http://a.test/ 200\nframe http://a.test/f/g 200\nimage http://a.test/s 404 E-HTTP-404\n"
		    "image http://a.test/h/i 404 E-HTTP-404\nframe http://a.test/h/j noted\nstyle http://a.test/h/k 404 E-HTTP-404\n");
	assert_string_equal(l.report.title, "");
	assert_int_equal(l.report.resource[3].parent, 1);
	lab_free(&l);
}

static void expect_frame(const struct lab *l, uint32_t row, const char *want)
{
	struct hf_bytes b = page_frame(l->page, row);

	if (b.len != strlen(want) || memcmp(b.at, want, b.len) != 0)
		fail_msg("frame %u: %.*s", row, (int)b.len, (const char *)b.at);
}

/* What a frame shows is a document, whatever came for it; and the layout waits for it. */
static void frames_show(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML,
		 "<iframe src=h></iframe><iframe src=t></iframe><iframe src=i></iframe><iframe src=z></iframe>");
	lab_page(&l, "http://a.test/h", "200 OK\r\nContent-Type: text/html; charset=iso-8859-1", "caf\xe9");
	lab_page(&l, "http://a.test/t", "200 OK\r\nContent-Type: text/plain", "a<b");
	lab_page(&l, "http://a.test/i", "200 OK\r\nContent-Type: image/gif", "GIF89a\1");
	lab_page(&l, "http://a.test/z", "200 OK\r\nContent-Type: application/zip", "PK");
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nframe http://a.test/h 200\nframe http://a.test/t 200\nframe http://a.test/i 200\n"
			"frame http://a.test/z 200\n");
	expect_frame(&l, 1, "caf\xc3\xa9");
	expect_frame(&l, 2,
		     "<!DOCTYPE html>\n<html><head></head><body><pre style=\"white-space: pre-wrap\">\na&lt;b</pre></body></html>\n");
	expect_frame(&l, 3,
		     "<!DOCTYPE html>\n<html><head></head><body style=\"margin: 0\"><img src=\"http://a.test/i\"></body></html>\n");
	expect_frame(&l, 4, "");
	assert_string_equal(l.report.resource[4].note, "neither HTML nor text nor an image: its frame stays empty");
	lab_free(&l);
}

static void cookies(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	l.cfg.cookies = cookie_jar_make();
	lab_page(&l, "http://a.test/", HTML "\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: s=2; Secure",
		 "<img src=i><img src='http://b.test/j'>");
	lab_run(&l, "http://a.test/");
	assert_null(strstr(l.report.resource[0].request_head, "Cookie"));
	assert_non_null(strstr(l.report.resource[1].request_head, "\r\nCookie: a=1\r\n"));
	assert_null(strstr(l.report.resource[2].request_head, "Cookie"));
	lab_forget(&l);
	lab_run(&l, "http://a.test/"); /* the jar remembers */
	assert_non_null(strstr(l.report.resource[0].request_head, "\r\nCookie: a=1\r\n"));
	cookie_jar_free(l.cfg.cookies);
	lab_free(&l);
}

/* What a long document names is asked for before all of it is here, and nothing else is asked for than without that. */
static void looking_ahead(void **state)
{
	struct text t = { 0 };
	struct lab l;

	(void)state;
	text_add(&t, "<!doctype html><link rel=icon href=0><link rel=stylesheet href=a.css><style>@import 'b.css'; /*");
	text_fill(&t, 'x', 5000);
	text_add(&t, "*/</style><img src=1><link rel=icon href=2>");
	while (t.len < 20000)
		text_add(&t, "<p>words <img src=3><img src='4'>");
	for (unsigned i = 0; i < 2; i++) {
		lab_init(&l);
		lab_page(&l, "http://a.test/", HTML, text_str(&t));
		lab_page(&l, "http://a.test/a.css", CSS, "p{}");
		lab_page(&l, "http://a.test/b.css", CSS, "p{}");
		l.piece = i ? 100 : SIZE_MAX;
		lab_run(&l, "http://a.test/");
		if (i)
			EXPECT_ROWS(&l, "document http://a.test/ 200\nstyle http://a.test/a.css 200\nimage http://a.test/1 404 E-HTTP-404\n"
					"image http://a.test/3 404 E-HTTP-404\nimage http://a.test/4 404 E-HTTP-404\nicon http://a.test/0 noted\n"
					"style http://a.test/b.css 200\nicon http://a.test/2 404 E-HTTP-404\n");
		else
			assert_int_equal(l.report.resources, 8);
		assert_int_equal(l.report.resource[1].done < l.report.resource[0].done, i);
		lab_free(&l);
	}
	text_free(&t);
}

static void bad_urls(void **state)
{
	static const struct {
		const char *url;
		enum report_code code;
	} rows[] = {
		{ "", REPORT_E_URL_BAD },
		{ "a.test", REPORT_E_URL_BAD },
		{ "http://", REPORT_E_URL_BAD },
		{ "ftp://a/", REPORT_E_URL_SCHEME },
		{ "file:///etc/passwd", REPORT_E_URL_SCHEME },
		{ "javascript:x", REPORT_E_URL_SCHEME },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab l;

		lab_init(&l);
		assert_int_equal(lab_begin(&l, rows[i].url), HF_MALFORMED);
		assert_int_equal(l.report.fault.code, rows[i].code);
		assert_int_equal(report_exit(&l.report), 2);
		lab_free(&l);
	}
}

static void stopping(void **state)
{
	struct page_ask ask;
	struct lab l;

	(void)state;
	lab_init(&l);
	assert_int_equal(lab_begin(&l, "http://a.test/"), HF_OK);
	assert_int_equal(page_next(l.page, &ask, l.now), PAGE_CONNECT);
	page_stop(l.page, REPORT_E_INTERRUPTED, l.now);
	assert_int_equal(page_next(l.page, &ask, l.now), PAGE_CLOSE);
	assert_true(ask.abort);
	assert_int_equal(page_next(l.page, &ask, l.now), PAGE_LOADED);
	assert_true(page_is_over(l.page));
	assert_int_equal(report_exit(&l.report), 130);
	lab_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page),
		cmocka_unit_test(the_same_again),
		cmocka_unit_test(requests),
		cmocka_unit_test(referrers),
		cmocka_unit_test(six_at_once),
		cmocka_unit_test(closed_each_time),
		cmocka_unit_test(http_1_0),
		cmocka_unit_test(priorities),
		cmocka_unit_test(again_on_a_new_one),
		cmocka_unit_test(surplus),
		cmocka_unit_test(refused),
		cmocka_unit_test(octets_nobody_asked_for),
		cmocka_unit_test(interim),
		cmocka_unit_test(wanting),
		cmocka_unit_test(css_images),
		cmocka_unit_test(frames),
		cmocka_unit_test(frames_show),
		cmocka_unit_test(the_document_only),
		cmocka_unit_test(cookies),
		cmocka_unit_test(looking_ahead),
		cmocka_unit_test(bad_urls),
		cmocka_unit_test(stopping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
