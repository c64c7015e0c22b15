/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/report_sum.h"
#include "explain/waterfall.h"
#include "page_sample.h"

#include <stdio.h>
#include <string.h>

static void test_a_page_with_a_redirect_a_cached_script_and_a_missing_picture(void **state)
{
	struct look look = look_plain(100);
	struct report r;
	struct text t;

	(void)state;
	text_init(&t);
	sample_page(&r);
	waterfall_draw(&t, &r, &look);
	waterfall_totals(&t, &r, &look);
	assert_string_equal(
		text_str(&t),
		"  what                         kind    status     size     time  |0         |100        |200 ms\n"
		"  a.example/                   document   301      0 B    90 ms  dcccccwwwww\n"
		"    -> https://a.example/\n"
		"  /                            document   200   1.8 kB   125 ms            ccccctttttwwwwwr\n"
		"  /style.css?v=2&x=a%20b       style      200    612 B    41 ms                           wwwww\n"
		"  cdn.example/lib/script.js    script     200  (cache)     0 ms\n"
		"! /pictures/of/..s/missing.png image      404      9 B    85 ms                           .....wwwwX\n"
		"    E-HTTP-404: the server has nothing under this URL: 404 Not Found\n"
		"  noted only: 1 x font (fonts are fetched with --fonts only)\n"
		"  . waiting for its turn  d name lookup  c connect  t TLS  s send  w wait for the answer  r receive\n"
		"4 requests (1 failed, 1 redirect, 1 from the cache) over 2 connections, 1 name lookup\n"
		"2.5 kB of content on the wire, 10.7 kB decoded; with all heads and TLS 18.0 kB came and 1.4 kB went\n"
		"first octet after 210 ms, document complete after 215 ms, everything after 300 ms\n"
		"  document    2    1.8 kB    6.1 kB decoded\n"
		"  style       1     612 B     612 B decoded\n"
		"  script      0       0 B    4.0 kB decoded, 1 from the cache\n"
		"  image       1       9 B       9 B decoded, 1 failed\n");
	text_free(&t);
	report_free(&r);
}

static void test_a_page_that_could_not_be_had(void **state)
{
	struct look look = look_plain(72);
	struct report r;
	struct text t;

	(void)state;
	text_init(&t);
	sample_failure(&r, REPORT_E_CHAIN_EXPIRED, "a.example, 3 days ago");
	waterfall_draw(&t, &r, &look);
	waterfall_totals(&t, &r, &look);
	assert_string_equal(text_str(&t), "  what         kind    status     size     time  |0          |50 ms\n"
					  "! /            document     -        -    90 ms  dddcccccccccctttttttttX\n"
					  "    E-TLS-CHAIN-EXPIRED: the server's certificate has expired:\n"
					  "    a.example, 3 days ago\n"
					  "  . waiting for its turn  d name lookup  c connect  t TLS  s send\n"
					  "  w wait for the answer  r receive\n"
					  "1 request (1 failed) over 1 connection (1 failed), 1 name lookup\n"
					  "0 B of content on the wire, 0 B decoded; with all heads and TLS 9.0 kB\n"
					  "came and 700 B went\n"
					  "everything after 90 ms\n"
					  "  document    1       0 B       0 B decoded, 1 failed\n");
	text_free(&t);
	report_free(&r);
}

/* Every row keeps to the width, with any colours left out, and says the same. */
static void test_colours_only_add(void **state)
{
	(void)state;
	for (unsigned columns = 72; columns <= 160; columns++) {
		struct look plain = look_plain(columns), coloured = plain;
		struct text a, b;
		struct report r;
		size_t width = 0, at = 0;
		const char *s;

		coloured.colour = true;
		text_init(&a);
		text_init(&b);
		sample_page(&r);
		waterfall_draw(&a, &r, &plain);
		waterfall_draw(&b, &r, &coloured);
		for (s = text_str(&a); *s; s++) {
			width = *s == '\n' ? 0 : width + 1;
			assert_true(width <= columns);
		}
		/* The legend has its letters on blocks of three, and may break elsewhere. */
		for (s = text_str(&b); *s && !strstr(text_str(&a) + at, "  . waiting"); s++) {
			if (*s == '\033') {
				s = strchr(s, 'm');
				continue;
			}
			assert_int_equal(*s, text_str(&a)[at]);
			at++;
		}
		assert_true(strchr(text_str(&b), '\033') != NULL);
		assert_null(strchr(text_str(&a), '\033'));
		text_free(&a);
		text_free(&b);
		report_free(&r);
	}
}

static unsigned count_lines(const char *s, const char *with)
{
	unsigned n = 0;

	for (; (s = strstr(s, with)) != NULL; s++)
		n++;
	return n;
}

static void test_of_a_thousand_rows_the_failed_and_the_slowest_are_shown(void **state)
{
	struct look look = look_plain(100);
	struct report r;
	struct text t;

	(void)state;
	report_init(&r);
	r.begin = SAMPLE_BEGIN;
	text_init(&t);
	for (unsigned i = 0; i < 1000; i++) {
		char url[64];

		snprintf(url, sizeof(url), "https://a.example/n%03u", i);
		sample_resource(&r, i ? REPORT_IMAGE : REPORT_DOCUMENT, report_keep(&r, url), REPORT_NONE, 0, 0, 1,
				2 + i, 200, 1);
		if (i == 7)
			report_fail(&r.resource[i].fault, REPORT_E_HTTP_TIMEOUT, REPORT_PEER, SAMPLE_AT(9), "", "%s", "");
	}
	waterfall_draw(&t, &r, &look);
	assert_int_equal(count_lines(text_str(&t), "/n"), WATERFALL_ROWS + 1); /* the document besides */
	assert_non_null(strstr(text_str(&t), "\n  /n000 "));
	assert_non_null(strstr(text_str(&t), "\n! /n007 "));
	assert_non_null(strstr(text_str(&t), "\n  /n999 "));
	assert_null(strstr(text_str(&t), "/n500"));
	assert_non_null(strstr(text_str(&t), "\n  and 959 more, none of them slower than those shown (--all shows all)\n"));
	look.all = true;
	text_clear(&t);
	waterfall_draw(&t, &r, &look);
	assert_int_equal(count_lines(text_str(&t), "/n"), 1000);
	assert_null(strstr(text_str(&t), " more, "));
	text_free(&t);
	report_free(&r);
}

static void test_what_a_server_says_is_no_command_to_the_terminal(void **state)
{
	struct look look = look_plain(160);
	struct report r;
	struct text t;
	uint32_t i;

	(void)state;
	sample_page(&r);
	i = sample_resource(&r, REPORT_IMAGE,
			    "https://a.example/\033[2J\xc2\x9b"
			    "31m\xff",
			    REPORT_NONE, 0, 0, 1, 2, 0, 0);
	report_fail(&r.resource[i].fault, REPORT_E_HTTP_MALFORMED, REPORT_PEER, SAMPLE_AT(2), "",
		    "\033]0;x\007 \xe2\x80\xae r\xc3\xa4tsel");
	r.resource[0].location = "\033[1mx";
	r.limit = "\033[5m";
	text_init(&t);
	waterfall_draw(&t, &r, &look);
	waterfall_totals(&t, &r, &look);
	assert_null(strchr(text_str(&t), '\033'));
	assert_null(strchr(text_str(&t), '\007'));
	assert_non_null(strstr(text_str(&t), "the answer is not HTTP/1.1: ?]0;x? ? r\xc3\xa4tsel\n"));
	text_free(&t);
	report_free(&r);
}

static void test_nothing_at_all(void **state)
{
	struct look look = look_plain(80);
	struct report r;
	struct text t;

	(void)state;
	report_init(&r);
	text_init(&t);
	waterfall_draw(&t, &r, &look);
	assert_string_equal(text_str(&t), "");
	waterfall_totals(&t, &r, &look);
	assert_non_null(strstr(text_str(&t), "0 requests over 0 connections, 0 name lookups\n"));
	assert_int_equal(report_document(&r), REPORT_NONE);
	text_free(&t);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_page_with_a_redirect_a_cached_script_and_a_missing_picture),
		cmocka_unit_test(test_a_page_that_could_not_be_had),
		cmocka_unit_test(test_colours_only_add),
		cmocka_unit_test(test_of_a_thousand_rows_the_failed_and_the_slowest_are_shown),
		cmocka_unit_test(test_what_a_server_says_is_no_command_to_the_terminal),
		cmocka_unit_test(test_nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
