/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/shown.h"

#include <string.h>

static void assert_size(uint64_t octets, const char *shown)
{
	struct text t;

	text_init(&t);
	shown_add_size(&t, octets);
	assert_string_equal(text_str(&t), shown);
	text_free(&t);
}

static void test_sizes(void **state)
{
	(void)state;
	assert_size(0, "0 B");
	assert_size(999, "999 B");
	assert_size(1000, "1.0 kB");
	assert_size(12345, "12.3 kB");
	assert_size(123456, "124 kB");
	assert_size(999949, "1000 kB");
	assert_size(999950, "1.0 MB");
	assert_size(12345678, "12.3 MB");
	assert_size(UINT64_MAX, "18.4 EB");
}

static void assert_ms(hf_time_ns length, const char *shown)
{
	struct text t;

	text_init(&t);
	shown_add_ms(&t, length);
	assert_string_equal(text_str(&t), shown);
	text_free(&t);
}

static void test_lengths_of_time(void **state)
{
	(void)state;
	assert_ms(HF_NEVER, "-");
	assert_ms(0, "0 ms");
	assert_ms(999, "0 ms");
	assert_ms(HF_US(40), "0.04 ms");
	assert_ms(HF_US(1234), "1.2 ms");
	assert_ms(HF_MS(41), "41 ms");
	assert_ms(HF_MS(1240), "1.24 s");
	assert_ms(HF_S(125), "2m 5s");
}

static void test_dates(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	shown_add_iso(&t, 0);
	assert_string_equal(text_str(&t), "1970-01-01T00:00:00.000000Z");
	text_clear(&t);
	shown_add_iso(&t, 1709251199123456789u); /* the end of a leap day */
	assert_string_equal(text_str(&t), "2024-02-29T23:59:59.123456Z");
	text_clear(&t);
	shown_add_iso(&t, UINT64_MAX);
	assert_string_equal(text_str(&t), "2554-07-21T23:34:33.709551Z");
	text_free(&t);
}

static void assert_shown(void (*add)(struct text *t, const char *s), const char *s, const char *shown)
{
	struct text t;

	text_init(&t);
	add(&t, s);
	assert_string_equal(text_str(&t), shown);
	text_free(&t);
}

static void test_for_a_terminal(void **state)
{
	(void)state;
	assert_shown(shown_add, "plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		     "plain \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
	assert_shown(shown_add, "\x1b[31m\r\n\x7f", "?[31m???");
	assert_shown(shown_add,
		     "\xc2\x9b"
		     "31m",
		     "?31m"); /* CSI as one character of C1 */
	assert_shown(shown_add,
		     "\xe2\x80\xae"
		     "\xe2\x81\xa6"
		     "\xef\xbb\xbf",
		     "???"); /* right-to-left override, isolate, BOM */
	assert_shown(shown_add, "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xff", "??????????"); /* overlong, surrogate, too large */
	assert_shown(shown_add, "cut \xe2\x82", "cut ??");
}

static void test_for_html(void **state)
{
	(void)state;
	assert_shown(shown_add_html, "<a href=\"x\">'&", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
	assert_shown(shown_add_html, "a\nb\xff\x1b", "a\nb\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_in_the_middle(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	shown_add_middle(&t, "0123456789", 10);
	assert_string_equal(text_str(&t), "0123456789");
	text_clear(&t);
	shown_add_middle(&t, "0123456789a", 10);
	assert_string_equal(text_str(&t), "0123..789a");
	text_clear(&t);
	shown_add_middle(&t, "\xc3\xa4\n", 10);
	assert_string_equal(text_str(&t), "???");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),    cmocka_unit_test(test_lengths_of_time),
		cmocka_unit_test(test_dates),    cmocka_unit_test(test_for_a_terminal),
		cmocka_unit_test(test_for_html), cmocka_unit_test(test_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
