/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

/* What answers mean: redirects, types, codings, faults, the cache, and the limits that a hostile server meets. */

/* One document alone. */
static void one(const char *url, const char *raw, enum lab_end then, const char *rows, int exit_code)
{
	static const size_t pieces[] = { SIZE_MAX, 1 };

	for (size_t i = 0; i < HF_ARRAY_LEN(pieces); i++) {
		struct lab l;

		lab_init(&l);
		lab_raw(&l, url, hf_bytes_of(raw), then);
		l.piece = pieces[i];
		lab_run(&l, url);
		EXPECT_ROWS(&l, rows);
		assert_int_equal(report_exit(&l.report), exit_code);
		lab_free(&l);
	}
}

/* ---- redirects ---- */

static void redirects(void **state)
{
	static const char *const status[] = { "301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent" };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(status); i++) {
		char head[200];
		struct lab l;

		lab_init(&l);
		snprintf(head, sizeof(head), "%s\r\nLocation: /b?c", status[i]);
		lab_page(&l, "http://a.test/", head, "moved");
		lab_page(&l, "http://a.test/b?c", HTML, "<img src=d><img src=e#x>");
		lab_page(&l, "http://a.test/d", "302 Found\r\nLocation: http://b.test/d2", "");
		lab_page(&l, "http://b.test/d2", SVG, svg);
		lab_run(&l, "http://a.test/#frag");
		assert_string_equal(l.report.final_url, "http://a.test/b?c#frag");
		assert_int_equal(l.report.resource[1].redirected, 0);
		assert_string_equal(l.report.resource[0].location, "/b?c");
		assert_int_equal(l.report.resource[1].conn, 0); /* the same connection goes on */
		assert_int_equal(page_find(l.page, "http://a.test/d"), 4);
		assert_int_equal(page_body(l.page, 4).len, sizeof(svg) - 1);
		assert_non_null(strstr(l.report.resource[4].request_head, "Referer: http://a.test/\r\n"));
		lab_free(&l);
	}
}

static void redirect_refusals(void **state)
{
	static const struct {
		const char *from, *location;
		bool allow;
		const char *rows;
		int exit_code;
	} table[] = {
		{ "http://a.test/", "/", false, "document http://a.test/ 302 E-HTTP-REDIRECT-LOOP\n", 4 },
		{ "http://a.test/", "#x", false, "document http://a.test/ 302 E-HTTP-REDIRECT-LOOP\n", 4 },
		{ "http://a.test/", "mailto:x", false, "document http://a.test/ 302 E-HTTP-REDIRECT-BAD\n", 4 },
		{ "http://a.test/", "file:///etc/passwd", false, "document http://a.test/ 302 E-HTTP-REDIRECT-BAD\n", 4 },
		{ "http://a.test/", "http://[", false, "document http://a.test/ 302 E-HTTP-REDIRECT-BAD\n", 4 },
		{ "https://a.test/", "http://a.test/b", false, "document https://a.test/ 302 E-HTTP-DOWNGRADE\n", 4 },
		{ "https://a.test/", "http://a.test/b", true,
		  "document https://a.test/ 302\ndocument http://a.test/b 404 E-HTTP-404\n", 1 },
		{ "http://a.test/", "https://a.test/b", false,
		  "document http://a.test/ 302\ndocument https://a.test/b 404 E-HTTP-404\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(table); i++) {
		char head[200];
		struct lab l;

		lab_init(&l);
		snprintf(head, sizeof(head), "302 Found\r\nLocation: %s", table[i].location);
		lab_page(&l, table[i].from, head, "moved");
		l.cfg.allow_downgrade = table[i].allow;
		lab_run(&l, table[i].from);
		EXPECT_ROWS(&l, table[i].rows);
		assert_int_equal(report_exit(&l.report), table[i].exit_code);
		lab_free(&l);
	}
}

static void redirects_without_end(void **state)
{
	static char url[40][40], head[40][80];
	struct lab l;

	(void)state;
	lab_init(&l);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(url[i], sizeof(url[i]), "http://a.test/%u", i);
		snprintf(head[i], sizeof(head[i]), "302 Found\r\nLocation: /%u", i + 1);
		lab_page(&l, url[i], head[i], "");
	}
	lab_run(&l, "http://a.test/0");
	assert_int_equal(l.report.resources, 21);
	assert_int_equal(l.report.fault.code, REPORT_E_HTTP_REDIRECT_LOOP);
	assert_string_equal(l.report.limit, "20 redirects in a row (--max-redirects)");
	lab_free(&l);
	/* with a cookie the same URL may lead elsewhere */
	lab_init(&l);
	l.cfg.cookies = cookie_jar_make();
	lab_page(&l, "http://a.test/", HTML, "in");
	lab_last(&l)->needs = "Cookie: seen=1";
	lab_page(&l, "http://a.test/", "302 Found\r\nLocation: /\r\nSet-Cookie: seen=1", "");
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 302\ndocument http://a.test/ 200\n");
	cookie_jar_free(l.cfg.cookies);
	lab_free(&l);
	/* and a body that does not end is not waited for */
	lab_init(&l);
	{
		struct text t = { 0 };

		text_add(&t, "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 99999999\r\n\r\n");
		text_fill(&t, 'x', 100000);
		lab_raw(&l, "http://a.test/", (struct hf_bytes){ (const uint8_t *)t.at, t.len }, LAB_STAYS);
		text_free(&t);
	}
	lab_page(&l, "http://a.test/b", HTML, "x");
	lab_run(&l, "http://a.test/");
	assert_string_equal(text_str(&l.log), "0 GET http://a.test/\n1 GET http://a.test/b\n");
	assert_int_equal(report_exit(&l.report), 0);
	lab_free(&l);
}

static void mixed_content(void **state)
{
	struct lab l;

	(void)state;
	for (unsigned allow = 0; allow < 2; allow++) {
		lab_init(&l);
		lab_page(&l, "https://a.test/", HTML,
			 "<link rel=stylesheet href='http://a.test/1'><img src='http://b.test/2'><img src='http://192.0.2.1/3'><img src='http://localhost/4'>"
			 "<img src=5>");
		lab_page(&l, "https://a.test/5", "302 Found\r\nLocation: http://b.test/6", "");
		l.cfg.allow_downgrade = allow;
		lab_run(&l, "https://a.test/");
		if (allow)
			EXPECT_ROWS(&l, "document https://a.test/ 200\nstyle http://a.test/1 404 E-HTTP-404\nimage http://b.test/2 404 E-HTTP-404\n"
					"image http://192.0.2.1/3 404 E-HTTP-404\nimage http://localhost/4 404 E-HTTP-404\nimage https://a.test/5 302\n"
					"image http://b.test/6 404 E-HTTP-404\n");
		else
			EXPECT_ROWS(&l, "document https://a.test/ 200\nstyle http://a.test/1 E-PAGE-MIXED\nimage https://b.test/2 404 E-HTTP-404\n"
					"image http://192.0.2.1/3 E-PAGE-MIXED\nimage http://localhost/4 404 E-HTTP-404\nimage https://a.test/5 302\n"
					"image https://b.test/6 404 E-HTTP-404\n");
		assert_int_equal(page_find(l.page, "http://b.test/2"), 2); /* as the page has it */
		assert_null(strstr(l.report.resource[4].request_head, "Referer"));
		lab_free(&l);
	}
}

/* What was only noted may come to be wanted, by whatever way. */
static void noted_and_wanted(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "https://a.test/", HTML,
		 "<link rel=prefetch href=a><link rel=prefetch href='http://a.test/b'><link rel=prefetch href='ftp://a.test/c'>"
		 "<link rel=prefetch href=d><link rel=stylesheet href=a><link rel=stylesheet href='http://a.test/b'><img src='ftp://a.test/c'>");
	lab_page(&l, "https://a.test/a", CSS, "p{}");
	lab_run(&l, "https://a.test/");
	EXPECT_ROWS(&l, "document https://a.test/ 200\nstyle https://a.test/a 200\nstyle http://a.test/b E-PAGE-MIXED\n"
			"image ftp://a.test/c noted\nother https://a.test/d noted\n");
	assert_true(l.styled);
	lab_free(&l);
}

/* ---- faults ---- */

static void statuses(void **state)
{
	(void)state;
	one("http://a.test/", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\n<title>gone",
	    LAB_STAYS, "document http://a.test/ 404 E-HTTP-404\n", 1);
	one("http://a.test/", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", LAB_STAYS,
	    "document http://a.test/ 403 E-HTTP-4XX\n", 1);
	one("http://a.test/", "HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\n\r\n<p>busy", LAB_CLOSES,
	    "document http://a.test/ 503 E-HTTP-5XX\n", 1);
	one("http://a.test/", "HTTP/1.1 204 No Content\r\n\r\n", LAB_STAYS, "document http://a.test/ 204\n", 0);
	one("http://a.test/", "HTTP/1.1 300 Choices\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx",
	    LAB_STAYS, "document http://a.test/ 300\n", 0);
	one("http://a.test/", "HTTP/1.1 301 Moved\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx", LAB_STAYS,
	    "document http://a.test/ 301\n", 0);
}

static void an_error_has_a_page(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", "404 Not Found\r\nContent-Type: text/html", "<title>gone</title><img src=a>");
	lab_run(&l, "http://a.test/");
	assert_true(l.styled);
	assert_string_equal(l.report.title, "gone");
	assert_int_equal(l.report.resources, 2);
	assert_string_equal(l.report.fault.detail, "404 Not Found");
	lab_free(&l);
}

static void malformed(void **state)
{
	(void)state;
	one("http://a.test/", "SSH-2.0-OpenSSH_9\r\n\r\n", LAB_STAYS, "document http://a.test/ E-HTTP-MALFORMED\n", 4);
	one("http://a.test/", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", LAB_STAYS,
	    "document http://a.test/ E-HTTP-MALFORMED\n", 4);
	one("http://a.test/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", LAB_STAYS,
	    "document http://a.test/ 200 E-HTTP-MALFORMED\n", 4);
	one("http://a.test/", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<title>half</title>",
	    LAB_CLOSES, "document http://a.test/ 200 E-HTTP-CUT\n", 4);
	one("http://a.test/", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", LAB_RESETS,
	    "document http://a.test/ 200 E-TCP-RESET\n", 4);
	one("http://a.test/", "HTTP/1.1 200 OK\r\nContent-Ty", LAB_CLOSES, "document http://a.test/ E-HTTP-CUT\n", 4);
	one("http://a.test/", "", LAB_CLOSES, "document http://a.test/ E-HTTP-NO-ANSWER\n", 4);
}

static void half_a_document_is_shown(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_raw(&l, "http://a.test/",
		hf_bytes_of("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<title>half</title><img src=a>"),
		LAB_CLOSES);
	lab_run(&l, "http://a.test/");
	assert_true(l.styled);
	assert_string_equal(l.report.title, "half");
	EXPECT_ROWS(&l, "document http://a.test/ 200 E-HTTP-CUT\nimage http://a.test/a 404 E-HTTP-404\n");
	lab_free(&l);
}

/* ---- types ---- */

static void types(void **state)
{
	static const struct {
		const char *type, *body, *document; /* a part of it; NULL: there is none */
	} rows[] = {
		{ "text/html", "<b>x", "<b>x" },
		{ "Text/HTML ; charset=x", "<b>x", "<b>x" },
		{ "application/xhtml+xml", "<b>x</b>", "<b>x</b>" },
		{ "text/plain", "<b>&", "\n&lt;b>&amp;</pre>" },
		{ "application/json", "{\"a\":1}", "{&quot;a&quot;:1}" },
		{ "image/svg+xml", "<svg></svg>", "<img src=\"http://a.test/\">" },
		{ "image/png", "no image", NULL },
		{ "application/pdf", "%PDF-", NULL },
		{ "application/octet-stream", "<html>", NULL },
		{ "", " <!DOCTYPE html><b>", "<!DOCTYPE html><b>" },
		{ "", "just words", "<pre" },
		{ "", "GIF89a\1\1\1\1\1\1", "<img src" },
		{ "", "\1\2\3", NULL },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char head[100];
		struct hf_bytes d;
		struct lab l;

		lab_init(&l);
		snprintf(head, sizeof(head), "200 OK%s%s", *rows[i].type ? "\r\nContent-Type: " : "", rows[i].type);
		lab_page(&l, "http://a.test/", head, rows[i].body);
		lab_run(&l, "http://a.test/");
		d = page_document(l.page);
		if (rows[i].document && !strstr((const char *)d.at, rows[i].document))
			fail_msg("%s %s: %s", rows[i].type, rows[i].body, (const char *)d.at);
		assert_int_equal(l.styled, rows[i].document != NULL);
		assert_int_equal(l.report.fault.code, rows[i].document ? REPORT_E_NONE : REPORT_E_NOT_HTML);
		assert_int_equal(l.report.resources, 1); /* the picture is the document itself */
		lab_free(&l);
	}
}

static void types_of_sheets_and_images(void **state)
{
	static const struct {
		const char *doctype, *type;
		bool used;
	} rows[] = {
		{ "<!doctype html>", "text/css", true },
		{ "<!doctype html>", "text/css; charset=utf-8", true },
		{ "<!doctype html>", "", true },
		{ "<!doctype html>", "text/plain", false },
		{ "", "text/plain", true },
		{ "", "text/plain\r\nX-Content-Type-Options: nosniff", false },
	};
	struct lab l;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char head[100], body[100];

		lab_init(&l);
		snprintf(body, sizeof(body), "%s<link rel=stylesheet href=a>", rows[i].doctype);
		snprintf(head, sizeof(head), "200 OK%s%s", *rows[i].type ? "\r\nContent-Type: " : "", rows[i].type);
		lab_page(&l, "http://a.test/", HTML, body);
		lab_page(&l, "http://a.test/a", head, "@import 'b';");
		lab_run(&l, "http://a.test/");
		assert_int_equal(l.report.resource[1].fault.code, rows[i].used ? REPORT_E_NONE : REPORT_E_NOT_CSS);
		assert_int_equal(l.report.resources, rows[i].used ? 3 : 2);
		assert_int_equal(page_body(l.page, 1).len > 0, rows[i].used);
		lab_free(&l);
	}
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, "<img src=a><link rel=icon href=b>");
	lab_page(&l, "http://a.test/a", "200 OK\r\nContent-Type: image/png", "<!doctype html>sorry");
	lab_page(&l, "http://a.test/b", "200 OK\r\nContent-Type: image/x-icon", "\1\1");
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nimage http://a.test/a 200 E-PAGE-IMAGE\nicon http://a.test/b 200\n");
	lab_free(&l);
}

static void sheets_in_urls(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML,
		 "<link rel=stylesheet href='data:text/css,@import%20url(http://a.test/b)'><img src='data:image/png,x'>");
	lab_page(&l, "http://a.test/b", CSS, "p{}");
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nstyle data:text/css,@import%20url(http://a.test/b)\nstyle http://a.test/b 200\n");
	assert_true(l.styled);
	assert_int_equal(page_body(l.page, page_find(l.page, "data:text/css,@import%20url(http://a.test/b)")).len, 28);
	lab_free(&l);
}

static void charsets(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l);
	lab_page(&l, "http://a.test/", "200 OK\r\nContent-Type: text/html; charset=iso-8859-1",
		 "<title>\xe9</title><link rel=stylesheet href=a>");
	lab_page(&l, "http://a.test/a", CSS, "/* \xe9 */");
	lab_run(&l, "http://a.test/");
	assert_string_equal(l.report.title, "\xc3\xa9");
	assert_string_equal(l.report.charset, "windows-1252");
	assert_string_equal(l.report.resource[1].charset, "windows-1252"); /* its document's */
	assert_memory_equal(page_body(l.page, 1).at, "/* \xc3\xa9 */", 8);
	lab_free(&l);
}

/* ---- codings ---- */

static struct hf_bytes gzipped(const char *head, const uint8_t *at, size_t n, size_t cut)
{
	size_t head_len = strlen(head), room = head_len + n + 1024;
	uint8_t *out = malloc(room);
	z_stream z = { 0 };

	assert_non_null(out);
	memcpy(out, head, head_len);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)at;
	z.avail_in = (uInt)n;
	z.next_out = out + head_len;
	z.avail_out = (uInt)(room - head_len);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	n = head_len + z.total_out - cut;
	deflateEnd(&z);
	return (struct hf_bytes){ out, n };
}

#define GZIPPED "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"

static void codings(void **state)
{
	static const char html[] = "<title>squeezed squeezed squeezed</title>";
	static const struct {
		size_t cut;
		bool plain;
		enum report_code code;
	} rows[] = { { 0, false, REPORT_E_NONE }, { 3, false, REPORT_E_CODING }, { 0, true, REPORT_E_CODING } };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_bytes b = rows[i].plain
					    ? exact(GZIPPED "<title>plain")
					    : gzipped(GZIPPED, (const uint8_t *)html, sizeof(html) - 1, rows[i].cut);
		struct lab l;

		lab_init(&l);
		lab_raw(&l, "http://a.test/", b, LAB_CLOSES);
		l.piece = 3;
		lab_run(&l, "http://a.test/");
		assert_int_equal(l.report.fault.code, rows[i].code);
		assert_string_equal(l.report.resource[0].coding, "gzip");
		if (!rows[i].code) {
			assert_string_equal(l.report.title, "squeezed squeezed squeezed");
			assert_int_equal(l.report.resource[0].octets, sizeof(html) - 1);
			assert_true(l.report.resource[0].octets_wire < 60);
		}
		free_exact(b);
		lab_free(&l);
	}
}

/* ---- limits ---- */

static void sizes(void **state)
{
	uint8_t *zeros = calloc(1, 30 << 20);
	struct hf_bytes bomb;
	struct lab l;

	(void)state;
	assert_non_null(zeros);
	bomb = gzipped(GZIPPED, zeros, 30 << 20, 0);
	free(zeros);
	lab_init(&l); /* a bomb, by its ratio */
	lab_raw(&l, "http://a.test/", bomb, LAB_CLOSES);
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.report.fault.code, REPORT_E_TOO_LARGE_DECODED);
	assert_string_equal(l.report.limit, "200 times its size when decoded (--max-ratio)");
	assert_false(l.styled);
	assert_int_equal(report_exit(&l.report), 4);
	lab_free(&l);
	lab_init(&l); /* by its size */
	lab_raw(&l, "http://a.test/", bomb, LAB_CLOSES);
	l.cfg.limits.size = 100000;
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.report.fault.code, REPORT_E_TOO_LARGE_DECODED);
	assert_string_equal(l.report.limit, "100000 octets of one resource (--max-size)");
	lab_free(&l);
	free_exact(bomb);
	lab_init(&l); /* said to be too large */
	lab_raw(&l, "http://a.test/", hf_bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), LAB_STAYS);
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.report.fault.code, REPORT_E_TOO_LARGE);
	assert_true(l.conn[0].aborted);
	lab_free(&l);
	lab_init(&l); /* and without saying so */
	lab_raw(&l, "http://a.test/", hf_bytes_of("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n0123456789"),
		LAB_STAYS);
	l.cfg.limits.size = 9;
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.report.fault.code, REPORT_E_TOO_LARGE);
	lab_free(&l);
	lab_init(&l); /* one image too large: the page goes on */
	lab_page(&l, "http://a.test/", HTML, "<img src=a><img src=b>");
	lab_page(&l, "http://a.test/a", SVG, svg);
	lab_raw(&l, "http://a.test/b", hf_bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), LAB_STAYS);
	l.cfg.limits.size = 100;
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nimage http://a.test/a 200\nimage http://a.test/b 200 E-LIMIT-SIZE\n");
	lab_free(&l);
	lab_init(&l); /* all of them together */
	lab_page(&l, "http://a.test/", HTML, "<img src=a><img src=b><img src=c>");
	lab_page(&l, "http://a.test/a", SVG, svg);
	lab_page(&l, "http://a.test/b", SVG, svg);
	lab_page(&l, "http://a.test/c", SVG, svg);
	l.cfg.limits.total = 100;
	lab_run(&l, "http://a.test/");
	assert_string_equal(l.report.limit, "100 octets in all (--max-total)");
	assert_int_equal(l.report.fault.code, REPORT_E_TOO_LARGE);
	lab_free(&l);
}

static void counts(void **state)
{
	struct text t = { 0 };
	struct lab l;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		text_addf(&t, "<img src=%u>", i);
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, text_str(&t));
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.report.resources, 1000);
	assert_string_equal(l.report.limit, "1000 resources (--max-resources)");
	assert_int_equal(report_exit(&l.report), 1);
	lab_free(&l);
	text_free(&t);
}

static void nesting(void **state)
{
	struct text t = { 0 };
	struct lab l;

	(void)state;
	while (t.len < 1 << 20)
		text_add(&t, "<div>");
	text_add(&t, "<img src=a>");
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, text_str(&t));
	lab_run(&l, "http://a.test/");
	assert_non_null(strstr(l.report.limit, "512 deep"));
	assert_int_equal(l.report.resources, 2);       /* what it holds stays */
	assert_true(page_document(l.page).len < 4096); /* nobody else has to parse it */
	lab_free(&l);
	text_clear(&t);
	for (unsigned i = 0; i < 600000; i++)
		text_add(&t, "<i>a");
	lab_init(&l);
	lab_page(&l, "http://a.test/", HTML, text_str(&t));
	l.cfg.limits.nodes = 5000;
	lab_run(&l, "http://a.test/");
	assert_non_null(l.report.limit);
	lab_free(&l);
	text_free(&t);
}

static void sheets_in_sheets(void **state)
{
	static char url[20][40], body[20][40];
	struct lab l;

	(void)state;
	lab_init(&l); /* itself */
	lab_page(&l, "http://a.test/", HTML, "<link rel=stylesheet href=a>");
	lab_page(&l, "http://a.test/a", CSS, "@import 'a'; @import 'b';");
	lab_page(&l, "http://a.test/b", CSS, "@import 'a';");
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nstyle http://a.test/a 200\nstyle http://a.test/b 200\n");
	lab_free(&l);
	lab_init(&l); /* always another */
	lab_page(&l, "http://a.test/", HTML, "<link rel=stylesheet href=0>");
	for (unsigned i = 0; i < 20; i++) {
		snprintf(url[i], sizeof(url[i]), "http://a.test/%u", i);
		snprintf(body[i], sizeof(body[i]), "@import '%u';", i + 1);
		lab_page(&l, url[i], CSS, body[i]);
	}
	lab_run(&l, "http://a.test/");
	assert_int_equal(l.report.resources, 11); /* eight in the first */
	assert_int_equal(l.report.resource[10].fault.code, REPORT_E_TOO_DEEP);
	assert_non_null(strstr(l.report.limit, "--max-depth"));
	assert_true(l.styled);
	lab_free(&l);
}

static void times(void **state)
{
	struct lab l;

	(void)state;
	lab_init(&l); /* an answer that does not come */
	lab_raw(&l, "http://a.test/", hf_bytes_of("HTTP/1.1 200 OK\r\n"), LAB_STAYS);
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ E-HTTP-TIMEOUT\n");
	assert_true(l.report.end - l.report.begin >= HF_S(30) && l.report.end - l.report.begin < HF_S(31));
	lab_free(&l);
	lab_init(&l); /* one that never ends */
	{
		struct text t = { 0 };

		text_add(&t, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>drip</title>");
		text_fill(&t, 'x', 100000);
		lab_raw(&l, "http://a.test/", (struct hf_bytes){ (const uint8_t *)t.at, t.len }, LAB_STAYS);
		text_free(&t);
	}
	l.piece = 1;
	l.cfg.limits.time = HF_S(5);
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200 E-LIMIT-TIME\n");
	assert_string_equal(l.report.limit, "5000 ms in all (--timeout)");
	assert_int_equal(report_exit(&l.report), 4);
	lab_free(&l);
	lab_init(&l); /* an image that hangs does not hold the rest up */
	lab_page(&l, "http://a.test/", HTML, "<img src=a><img src=b>");
	lab_raw(&l, "http://a.test/a", hf_bytes_of("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), LAB_STAYS);
	lab_page(&l, "http://a.test/b", SVG, svg);
	l.cfg.limits.idle = HF_S(1);
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 200\nimage http://a.test/a 200 E-HTTP-TIMEOUT\nimage http://a.test/b 200\n");
	lab_free(&l);
}

static void heads(void **state)
{
	struct text t = { 0 };
	struct lab l;

	(void)state;
	text_add(&t, "HTTP/1.1 200 OK\r\nX: ");
	text_fill(&t, 'x', 100000);
	lab_init(&l);
	lab_raw(&l, "http://a.test/", (struct hf_bytes){ (const uint8_t *)t.at, t.len }, LAB_STAYS);
	l.piece = 1000;
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ E-HTTP-MALFORMED\n");
	lab_free(&l);
	lab_init(&l);
	lab_raw(&l, "http://a.test/", (struct hf_bytes){ (const uint8_t *)t.at, 5000 }, LAB_STAYS);
	l.cfg.limits.head = 4000;
	l.piece = 100;
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ E-HTTP-MALFORMED\n");
	assert_string_equal(l.report.fault.detail, "its head is larger than the limit");
	lab_free(&l);
	text_free(&t);
}

/* ---- the cache ---- */

static void remove_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[400];

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
			unlink(path);
	}
	closedir(d);
	assert_int_equal(rmdir(folder), 0);
}

static void cached(void **state)
{
	char folder[] = "/tmp/handfast-page-XXXXXX";
	struct lab l;

	(void)state;
	assert_non_null(mkdtemp(folder));
	lab_init(&l);
	assert_int_equal(http_cache_open(folder, CACHE_SIZE_DEFAULT, &l.cfg.cache), HF_OK);
	lab_page(&l, "http://a.test/", HTML "\r\nETag: \"1\"\r\nCache-Control: no-cache",
		 "<link rel=stylesheet href=a><img src=b>");
	lab_last(&l)->times = 1;
	lab_raw(&l, "http://a.test/", hf_bytes_of("HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"), LAB_STAYS);
	lab_last(&l)->needs = "If-None-Match: \"1\"\r\n";
	lab_page(&l, "http://a.test/a", CSS "\r\nCache-Control: max-age=60", "@import 'c';");
	lab_page(&l, "http://a.test/b", SVG "\r\nCache-Control: no-store", svg);
	lab_page(&l, "http://a.test/c", CSS "\r\nCache-Control: max-age=60", "p{}");
	lab_run(&l, "http://a.test/");
	assert_int_equal(report_exit(&l.report), 0);
	lab_forget(&l);
	l.now += HF_S(1);
	lab_run(&l, "http://a.test/");
	EXPECT_ROWS(&l, "document http://a.test/ 304 validated\nstyle http://a.test/a 200 fresh\nstyle http://a.test/c 200 fresh\nimage http://a.test/b 200\n");
	assert_string_equal(text_str(&l.log), "0 GET http://a.test/\n0 GET http://a.test/b\n");
	assert_int_equal(page_document(l.page).len, strlen("<link rel=stylesheet href=a><img src=b>"));
	assert_int_equal(page_body(l.page, 1).len, strlen("@import 'c';"));
	assert_string_equal(l.report.resource[1].mime, "text/css");
	lab_forget(&l);
	lab_page(&l, "http://a.test/n", HTML, "<link rel=prefetch href=a><link rel=stylesheet href=a>"); /* noted, then fresh */
	lab_run(&l, "http://a.test/n");
	EXPECT_ROWS(&l, "document http://a.test/n 200\nstyle http://a.test/a 200 fresh\nstyle http://a.test/c 200 fresh\n");
	lab_forget(&l);
	l.now += HF_S(100);
	lab_run(&l, "http://a.test/a"); /* stale now, and the server has a whole one */
	EXPECT_ROWS(&l, "document http://a.test/a 200\n");
	http_cache_close(l.cfg.cache);
	lab_free(&l);
	remove_folder(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redirects),
		cmocka_unit_test(redirect_refusals),
		cmocka_unit_test(redirects_without_end),
		cmocka_unit_test(mixed_content),
		cmocka_unit_test(noted_and_wanted),
		cmocka_unit_test(statuses),
		cmocka_unit_test(an_error_has_a_page),
		cmocka_unit_test(malformed),
		cmocka_unit_test(half_a_document_is_shown),
		cmocka_unit_test(types),
		cmocka_unit_test(types_of_sheets_and_images),
		cmocka_unit_test(sheets_in_urls),
		cmocka_unit_test(charsets),
		cmocka_unit_test(codings),
		cmocka_unit_test(sizes),
		cmocka_unit_test(counts),
		cmocka_unit_test(nesting),
		cmocka_unit_test(sheets_in_sheets),
		cmocka_unit_test(times),
		cmocka_unit_test(heads),
		cmocka_unit_test(cached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
