/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/look.h"
#include "explain/text.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static void grows(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	assert_string_equal(text_str(&t), "");
	for (unsigned i = 0; i < 1000; i++)
		text_addf(&t, "%u,", i);
	assert_int_equal(t.len, 10 * 2 + 90 * 3 + 900 * 4);
	assert_memory_equal(text_str(&t) + t.len - 8, "998,999,", 9);
	text_clear(&t);
	assert_string_equal(text_str(&t), "");
	text_fill(&t, '-', 3);
	text_add_n(&t, "abc", 2);
	assert_string_equal(text_str(&t), "---ab");
	text_free(&t);
}

/* What is given back to malloc is looked at (-Wl,--wrap), while a secret is about. */
static const char secret[] = "1f2e3d4c5b6a";
static bool watching;
static unsigned given_back;

void __real_free(void *at);
void __wrap_free(void *at);
void __wrap_free(void *at)
{
	if (watching && at) {
		given_back++;
		assert_null(memmem(at, malloc_usable_size(at), secret, sizeof(secret) - 1));
	}
	__real_free(at);
}

void *__real_realloc(void *at, size_t n);
void *__wrap_realloc(void *at, size_t n);
void *__wrap_realloc(void *at, size_t n)
{
	assert_false(watching && at); /* nobody would see what stays behind */
	return __real_realloc(at, n);
}

static void leaves_no_secret_behind(void **state)
{
	struct text t;

	(void)state;
	text_init_secret(&t);
	watching = true;
	for (unsigned i = 0; i < 100; i++)
		text_addf(&t, "%s\n", secret);
	assert_int_equal(t.len, 100 * sizeof(secret));
	text_clear(&t);
	assert_int_equal(t.at[1], '\0');
	text_add(&t, secret);
	text_free(&t);
	watching = false;
	assert_true(given_back > 3);
}

static void wraps(void **state)
{
	static const struct {
		const char *in, *out;
		unsigned indent, columns;
	} rows[] = {
		{ "one two three", "one two three\n", 0, 13 },
		{ "one two three", "one two\nthree\n", 0, 12 },
		{ "one two three", "  one two\n  three\n", 2, 10 },
		{ "averyveryverylongword a b", "averyveryverylongword\na b\n", 0, 10 },
		{ "first\nsecond", "first\nsecond\n", 0, 40 },
		{ "a  b", "a b\n", 0, 40 },
		{ "one [RFC 1 2] x", "one\n[RFC 1 2]\nx\n", 0, 10 },
		{ "one [RFC 1 2]. x", "one [RFC 1 2].\nx\n", 0, 15 },
		{ "one [RFC 1 2", "one [RFC 1\n2\n", 0, 10 },
		{ "", "", 0, 40 },
	};
	struct text t;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_clear(&t);
		text_wrap(&t, rows[i].in, rows[i].indent, rows[i].columns);
		assert_string_equal(text_str(&t), rows[i].out);
	}
	text_free(&t);
}

static void times_read_well(void **state)
{
	static const struct {
		hf_time_ns at;
		const char *text;
	} rows[] = {
		{ 0, "0ms" },
		{ HF_MS(20), "20ms" },
		{ HF_US(1500), "1.500ms" },
		{ HF_MS(9999), "9999ms" },
		{ HF_S(10), "10.000s" },
		{ HF_S(60) + HF_MS(7), "60.007s" },
		{ HF_NEVER, "never" },
		{ 999, "0.000ms" },
	};
	struct text t;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_clear(&t);
		text_add_time(&t, rows[i].at);
		assert_string_equal(text_str(&t), rows[i].text);
	}
	text_free(&t);
}

static void look_obeys_the_environment(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	unsetenv("NO_COLOR");
	setenv("COLUMNS", "90", 1);
	assert_int_equal(look_of(file).columns, 90);
	assert_false(look_of(file).colour); /* a file is no terminal */
	setenv("COLUMNS", "20", 1);
	assert_int_equal(look_of(file).columns, 72);
	setenv("COLUMNS", "1000", 1);
	assert_int_equal(look_of(file).columns, 160);
	setenv("COLUMNS", "wide", 1);
	assert_int_equal(look_of(file).columns, 100);
	unsetenv("COLUMNS");
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(leaves_no_secret_behind),
		cmocka_unit_test(wraps),
		cmocka_unit_test(times_read_well),
		cmocka_unit_test(look_obeys_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
