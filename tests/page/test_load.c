/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include <stdio.h>

static const char page[] =
	"<!doctype html><title> A  page </title><link rel=stylesheet href=a.css><link rel=icon href=i.png>"
	"<script src='s.js'></script><img src='p.svg'><img src='p.svg#x'><p style='background:url(q.png)'>hello";

static void script_page(struct lab *l)
{
	lab_page(l, "http://a.test/", "200 OK\r\nContent-Type: text/html; charset=utf-8", page);
	lab_page(l, "http://a.test/a.css", "200 OK\r\nContent-Type: text/css",
		 "@import 'b.css'; p { color: red; background: url(bg.png) }");
	lab_page(l, "http://a.test/b.css", "200 OK\r\nContent-Type: text/css", "@font-face { src: url(f.woff2) }");
	lab_page(l, "http://a.test/s.js", "200 OK\r\nContent-Type: text/javascript", "void 0");
	lab_page(l, "http://a.test/p.svg", "200 OK\r\nContent-Type: image/svg+xml",
		 "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'></svg>");
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
	struct lab l;

	(void)state;
	lab_init(&l);
	script_page(&l);
	lab_run(&l, "http://a.test");
	EXPECT_ROWS(&l, page_rows);
	assert_string_equal(l.report.title, "A page");
	assert_string_equal(l.report.charset, "UTF-8");
	assert_string_equal(l.report.final_url, "http://a.test/");
	assert_true(l.styled);
	assert_int_equal(l.report.resource[4].width, 20);
	assert_int_equal(page_find(l.page, "http://a.test/p.svg#y"), 4);
	assert_int_equal(report_exit(&l.report), 1); /* the icon */
	lab_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
