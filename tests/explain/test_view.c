/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/view.h"
#include "json_valid.h"
#include "utf8_valid.h"
#include "view_sample.h"

static void write_view(struct text *page, const struct report *r)
{
	text_init(page);
	view_html(page, r);
	assert_false(page->failed);
	assert_int_equal(strlen(text_str(page)), page->len); /* no NUL is in it */
}

/* By hand: under AddressSanitizer strstr() looks at all of a long text, each time. */
static unsigned count(const char *in, const char *what)
{
	size_t len = strlen(what);
	unsigned n = 0;

	for (; *in; in++)
		n += *in == *what && strncmp(in, what, len) == 0;
	return n;
}

/* The content of the element with this id. The caller frees it. */
static char *content_of(const struct text *page, const char *id)
{
	char begin[80];
	const char *s, *end;
	char *ret;

	snprintf(begin, sizeof(begin), "id=\"%s\">\n", id);
	s = strstr(text_str(page), begin);
	assert_non_null(s);
	s += strlen(begin);
	end = strstr(s, "</script>");
	assert_non_null(end);
	ret = malloc((size_t)(end - s) + 1);
	assert_non_null(ret);
	memcpy(ret, s, (size_t)(end - s));
	ret[end - s] = '\0';
	return ret;
}

/* Both data elements are JSON, whatever was in the report. */
static void assert_data(const struct text *page)
{
	char *lines = content_of(page, "report"), *more = content_of(page, "more");
	unsigned n = 0;

	for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1, n++) {
		*end = '\0';
		assert_true(json_valid(line));
	}
	assert_true(n >= 2); /* the schema and the result */
	assert_true(json_valid(more));
	free(lines);
	free(more);
}

static void test_hostile_strings_stay_data(void **state)
{
	struct text page, plain;
	char *data[2];
	struct report r;

	(void)state;
	report_init(&r);
	write_view(&plain, &r);
	report_free(&r);
	view_hostile(&r);
	write_view(&page, &r);
	assert_data(&page);
	assert_true(utf8_valid(text_str(&page)));
	/* No element begins or ends but those of a page of nothing. */
	assert_int_equal(count(text_str(&page), "<script"), count(text_str(&plain), "<script"));
	assert_int_equal(count(text_str(&page), "</script"), count(text_str(&plain), "</script"));
	assert_int_equal(count(text_str(&page), "</noscript"), 1);
	assert_int_equal(count(text_str(&page), "<!--"), 0);
	assert_int_equal(count(text_str(&page), "<img"), 0);
	assert_true(count(text_str(&page), "alert(1)") > 20);
	data[0] = content_of(&page, "report");
	data[1] = content_of(&page, "more");
	for (unsigned i = 0; i < 2; i++) {
		assert_null(strpbrk(data[i], "<>&"));
		assert_null(strstr(data[i], "\xe2\x80\xa8"));
		assert_non_null(strstr(data[i], "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"));
		assert_non_null(strstr(data[i], "\\u2028\xe2\x80\xae\\ufffd"));
		free(data[i]);
	}
	text_free(&page);
	text_free(&plain);
	report_free(&r);
}

static void test_events_stand_in_columns_and_resources_in_spans(void **state)
{
	struct text page;
	struct report r;
	char *more;

	(void)state;
	sample_page(&r);
	write_view(&page, &r);
	assert_data(&page);
	more = content_of(&page, "more");
	assert_non_null(strstr(more, "\"at\": [0, 10000000, 50000000, 130000000], \"layer\": [0, 1, 3, 2], \"side\": [0, 0, 0, 0], "
				     "\"conn\": [-1, 0, 0, 1], \"resource\": [0, -1, 0, -1], "
				     "\"name\": [\"question\", \"SYN\", \"request\", \"ClientHello\"]"));
	assert_non_null(strstr(more, "\"bytes\": [\"\", \"\", \"R0VUIC8=\", \"\"]"));
	/* Lookup, connect, wait; the second has TLS besides, and receives. */
	assert_non_null(strstr(more, "\"spans\": [[0, 0, 90000000, 1, 0, 10000000, 2, 10000000, 50000000, 4, 50000000, 50000000, "
				     "5, 50000000, 90000000, 6, 90000000, 90000000], "
				     "[0, 90000000, 215000000, 2, 90000000, 130000000, 3, 130000000, 170000000, "));
	free(more);
	text_free(&page);
	report_free(&r);
}

static void test_what_has_no_scripts_reads_tables(void **state)
{
	struct text page;
	struct report r;
	const char *s;

	(void)state;
	view_sample(&r);
	write_view(&page, &r);
	assert_data(&page);
	s = strstr(text_str(&page), "<noscript>");
	assert_non_null(s);
	assert_non_null(strstr(s, "<td>https://www.example.org/style/main.css</td><td class=\"n\">200</td>"));
	assert_non_null(strstr(s, "<td>old.example.net:443</td>"));
	assert_non_null(strstr(s, "TCP ESTABLISHED at 264 ms, TLS C_WAIT_SH at 264 ms"));
	assert_non_null(strstr(
		s, "<strong>E-TLS-CHAIN-EXPIRED</strong>: the server&#39;s certificate has expired: old.example.net, 3 days ago"));
	assert_non_null(strstr(s, "WRONG       expired"));
	assert_int_equal(count(text_str(&page), "<table>"), count(text_str(&page), "</table>"));
	assert_int_equal(count(text_str(&page), "<tr>"), count(text_str(&page), "</tr>"));
	text_free(&page);
	report_free(&r);
}

/* The page stays one that a browser opens: beyond a limit the octets of events are left out, and only they. */
static void test_octets_have_a_limit(void **state)
{
	struct text page;
	struct report r;
	char *more;

	(void)state;
	report_init(&r);
	r.begin = SAMPLE_BEGIN;
	for (unsigned i = 0; i < 40000; i++) /* 10 MB of octets */
		view_event(&r, i, REPORT_LAYER_TCP, REPORT_US, REPORT_NONE, REPORT_NONE, "data", "data", "", 1440);
	write_view(&page, &r);
	more = content_of(&page, "more");
	assert_true(json_valid(more));
	assert_true(page.len < 16u << 20);
	assert_non_null(strstr(more, "\"bytes\": [\"ABIS")); /* the first has its own */
	assert_non_null(strstr(more, ", \"\"]}, \"phases\""));
	assert_int_equal(count(more, "\"data\""), 80000); /* all names and sentences are there */
	free(more);
	text_free(&page);
	report_free(&r);
}

static void test_nothing_at_all(void **state)
{
	struct text page;
	struct report r;

	(void)state;
	report_init(&r);
	write_view(&page, &r);
	assert_data(&page);
	assert_non_null(strstr(text_str(&page), "default-src 'none'"));
	text_free(&page);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_strings_stay_data),
		cmocka_unit_test(test_events_stand_in_columns_and_resources_in_spans),
		cmocka_unit_test(test_what_has_no_scripts_reads_tables),
		cmocka_unit_test(test_octets_have_a_limit),
		cmocka_unit_test(test_nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
