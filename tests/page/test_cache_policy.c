/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "http/http_date.h"
#include "page/cache_internal.h"

#include <stdio.h>

#define NOW 1700000000

/* Heads are written with "{N}" for a date N seconds from NOW, and '|' for line ends. */
static const char *head_of(const char *short_form, char *to, size_t room)
{
	struct text t;

	text_init(&t);
	for (const char *s = short_form; *s; s++) {
		if (*s == '{') {
			char date[HTTP_DATE_LEN], *end;

			http_date_format(NOW + strtol(s + 1, &end, 10), date);
			text_add_n(&t, date, sizeof(date));
			s = end;
		} else if (*s == '|') {
			text_add(&t, "\r\n");
		} else {
			text_add_n(&t, s, 1);
		}
	}
	text_add(&t, "\r\n\r\n");
	assert_true(t.len < room);
	memcpy(to, text_str(&t), t.len + 1);
	text_free(&t);
	return to;
}

static struct h1_head answer(const char *short_form)
{
	static char room[4096];
	struct h1_head h;

	assert_true(cache_parse_head(hf_bytes_of(head_of(short_form, room, sizeof(room))), &h));
	return h;
}

/* "name: value|name: value" */
static size_t fields_of(const char *text, struct h1_field *to)
{
	size_t n = 0;

	while (*text) {
		size_t name = strcspn(text, ":"), value;

		to[n].name = (struct hf_bytes){ (const uint8_t *)text, name };
		text += name + 2;
		value = strcspn(text, "|");
		to[n++].value = (struct hf_bytes){ (const uint8_t *)text, value };
		text += value + (text[value] == '|');
	}
	return n;
}

static void what_is_kept(void **state)
{
	static const struct {
		const char *request, *answer;
		enum cache_why why;
	} rows[] = {
		{ "", "HTTP/1.1 200 OK|Cache-Control: max-age=60", CACHE_KEPT },
		{ "", "HTTP/1.1 200 OK|Expires: {60}", CACHE_KEPT },
		{ "", "HTTP/1.1 200 OK|ETag: \"a\"", CACHE_KEPT },
		{ "", "HTTP/1.1 200 OK|Last-Modified: {-60}", CACHE_KEPT },
		{ "", "HTTP/1.1 200 OK|Cache-Control: no-cache|ETag: \"a\"", CACHE_KEPT },
		{ "", "HTTP/1.1 200 OK|Cache-Control: private, max-age=60", CACHE_KEPT },
		{ "Authorization: x", "HTTP/1.1 200 OK|Cache-Control: max-age=60", CACHE_KEPT },
		{ "", "HTTP/1.1 200 OK", CACHE_NOT_EXPLICIT },
		{ "", "HTTP/1.1 200 OK|Cache-Control: s-maxage=60", CACHE_NOT_EXPLICIT },
		{ "", "HTTP/1.1 200 OK|Cache-Control: no-store, max-age=60", CACHE_NO_STORE },
		{ "", "HTTP/1.1 200 OK|Cache-Control: max-age=60|Cache-Control: x=\"a, b\", NO-STORE", CACHE_NO_STORE },
		{ "", "HTTP/1.1 200 OK|Cache-Control: max-age=60, x=\"no-store\"", CACHE_KEPT },
		{ "Cache-Control: no-store", "HTTP/1.1 200 OK|Cache-Control: max-age=60", CACHE_NO_STORE },
		{ "", "HTTP/1.1 206 Partial Content|Cache-Control: max-age=60", CACHE_PARTIAL },
		{ "", "HTTP/1.1 200 OK|Content-Range: bytes 0-1/2|Cache-Control: max-age=60", CACHE_PARTIAL },
		{ "", "HTTP/1.1 404 Not Found|Cache-Control: max-age=60", CACHE_KEPT },
		{ "", "HTTP/1.1 301 Moved|Cache-Control: max-age=60|Location: /x", CACHE_KEPT },
		{ "", "HTTP/1.1 302 Found|Cache-Control: max-age=60|Location: /x", CACHE_KEPT },
		{ "", "HTTP/1.1 302 Found|ETag: \"a\"|Location: /x", CACHE_STATUS },
		{ "", "HTTP/1.1 304 Not Modified|Cache-Control: max-age=60", CACHE_STATUS },
		{ "", "HTTP/1.1 500 Oops|Cache-Control: max-age=60", CACHE_STATUS },
		{ "", "HTTP/1.1 403 Forbidden|Cache-Control: max-age=60", CACHE_STATUS },
		{ "", "HTTP/1.1 200 OK|Cache-Control: max-age=60|Vary: *", CACHE_VARY_ALL },
		{ "", "HTTP/1.1 200 OK|Cache-Control: max-age=60|Vary: a, *", CACHE_VARY_ALL },
		{ "", "HTTP/1.1 200 OK|Cache-Control: max-age=60|Vary: Accept", CACHE_KEPT },
	};
	struct h1_field field[8];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct h1_head h = answer(rows[i].answer);
		struct cache_request q = { "http://h/", field, fields_of(rows[i].request, field) };

		if (cache_may_keep(&q, &h) != rows[i].why)
			fail_msg("%s: %s", rows[i].answer, cache_why_sentence(cache_may_keep(&q, &h)));
	}
	for (unsigned w = 0; w < CACHE_WHY_COUNT; w++)
		assert_true(strlen(cache_why_sentence(w)) > 8 && strlen(cache_why_rfc(w)) >= 6);
}

static void how_long_it_is_fresh(void **state)
{
	static const struct {
		const char *answer;
		int64_t lifetime;
		bool heuristic;
	} rows[] = {
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=60", 60, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=\"60\"", 60, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=60|Expires: {5}", 60, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=60, max-age=5", 60, false },
		{ "HTTP/1.1 200 OK|Cache-Control: s-maxage=5, max-age=60", 60, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=0|Expires: {60}", 0, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=-1|Expires: {60}", 0, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=1.5|Expires: {60}", 0, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age|Expires: {60}", 0, false },
		{ "HTTP/1.1 200 OK|Cache-Control: max-age=99999999999999999999", INT32_MAX, false },
		{ "HTTP/1.1 200 OK|Date: {-100}|Expires: {60}", 160, false },
		{ "HTTP/1.1 200 OK|Expires: {60}", 60, false },
		{ "HTTP/1.1 200 OK|Date: {0}|Expires: {-1}", 0, false },
		{ "HTTP/1.1 200 OK|Expires: 0|Last-Modified: {-1000}", 0, false },
		{ "HTTP/1.1 200 OK|Date: {0}|Last-Modified: {-1000}", 100, true },
		{ "HTTP/1.1 200 OK|Last-Modified: {-1000}", 100, true },
		{ "HTTP/1.1 200 OK|Date: {0}|Last-Modified: {1000}", 0, false },
		{ "HTTP/1.1 200 OK|Date: {0}|Last-Modified: yesterday", 0, false },
		{ "HTTP/1.1 302 Found|Date: {0}|Last-Modified: {-1000}", 0, false },
		{ "HTTP/1.1 200 OK", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct h1_head h = answer(rows[i].answer);
		bool heuristic = true;

		if (cache_lifetime(&h, NOW, &heuristic) != rows[i].lifetime || heuristic != rows[i].heuristic)
			fail_msg("%s: %lld", rows[i].answer, (long long)cache_lifetime(&h, NOW, &heuristic));
	}
}

static void how_old_it_is(void **state)
{
	static const struct {
		const char *answer;
		int64_t request, response, now, age; /* from NOW */
	} rows[] = {
		{ "HTTP/1.1 200 OK|Date: {0}", 0, 0, 0, 0 },
		{ "HTTP/1.1 200 OK|Date: {0}", 0, 0, 30, 30 },
		{ "HTTP/1.1 200 OK|Date: {-100}", 0, 0, 30, 130 }, /* its clock, or it was kept on the way */
		{ "HTTP/1.1 200 OK|Date: {100}", 0, 0, 30, 30 },   /* a clock ahead makes nothing younger */
		{ "HTTP/1.1 200 OK|Date: {0}|Age: 50", 0, 0, 30, 80 },
		{ "HTTP/1.1 200 OK|Date: {-100}|Age: 50", 0, 0, 30, 130 }, /* the greater of the two */
		{ "HTTP/1.1 200 OK|Date: {0}|Age: 50", -4, 0, 30, 84 },    /* and the time on the way */
		{ "HTTP/1.1 200 OK|Age: x", 0, 0, 30, 30 },
		{ "HTTP/1.1 200 OK", -4, 0, 30, 34 },
		{ "HTTP/1.1 200 OK", 0, 0, -30, 0 }, /* our own clock was set back */
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct h1_head h = answer(rows[i].answer);

		assert_int_equal(cache_age(&h, NOW + rows[i].request, NOW + rows[i].response, NOW + rows[i].now),
				 rows[i].age);
	}
}

static void what_may_be_used(void **state)
{
	static const struct {
		const char *request, *answer;
		int64_t age, lifetime;
		bool fresh;
	} rows[] = {
		{ "", "HTTP/1.1 200 OK", 59, 60, true },
		{ "", "HTTP/1.1 200 OK", 60, 60, false },
		{ "", "HTTP/1.1 200 OK|Cache-Control: no-cache", 0, 60, false },
		{ "", "HTTP/1.1 200 OK|Cache-Control: no-cache=\"Set-Cookie\"", 0, 60, false },
		{ "", "HTTP/1.1 200 OK|Cache-Control: must-revalidate", 0, 60, true },
		{ "", "HTTP/1.1 200 OK|Pragma: no-cache", 0, 60, true },
		{ "Cache-Control: no-cache", "HTTP/1.1 200 OK", 0, 60, false },
		{ "Pragma: no-cache", "HTTP/1.1 200 OK", 0, 60, false },
		{ "Pragma: no-cache|Cache-Control: x", "HTTP/1.1 200 OK", 0, 60, true },
		{ "Cache-Control: max-age=0", "HTTP/1.1 200 OK", 1, 60, false },
		{ "Cache-Control: max-age=5", "HTTP/1.1 200 OK", 5, 60, true },
		{ "Cache-Control: max-age=5", "HTTP/1.1 200 OK", 6, 60, false },
		{ "Cache-Control: max-age=0", "HTTP/1.1 200 OK|Cache-Control: immutable", 1, 60, true },
		{ "Cache-Control: max-age=0", "HTTP/1.1 200 OK|Cache-Control: immutable", 60, 60, false },
		{ "Cache-Control: no-cache", "HTTP/1.1 200 OK|Cache-Control: immutable", 1, 60, false },
	};
	struct h1_field field[8];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct h1_head h = answer(rows[i].answer);
		struct cache_request q = { "http://h/", field, fields_of(rows[i].request, field) };

		if (cache_is_fresh(&q, &h, rows[i].age, rows[i].lifetime) != rows[i].fresh)
			fail_msg("%s and %s", rows[i].request, rows[i].answer);
	}
}

static void what_it_varies_by(void **state)
{
	static const struct {
		const char *answer, *a, *b;
		bool same;
	} rows[] = {
		{ "HTTP/1.1 200 OK", "Accept: x", "Accept: y", true },
		{ "HTTP/1.1 200 OK|Vary: Accept", "Accept: x", "Accept: x", true },
		{ "HTTP/1.1 200 OK|Vary: accept", "ACCEPT: x", "accept: x", true },
		{ "HTTP/1.1 200 OK|Vary: Accept", "Accept: x", "Accept: y", false },
		{ "HTTP/1.1 200 OK|Vary: Accept", "Accept: x", "", false },
		{ "HTTP/1.1 200 OK|Vary: Accept", "", "", true },
		{ "HTTP/1.1 200 OK|Vary: a, b", "a: 1|b: 2", "b: 2|a: 1", true },
		{ "HTTP/1.1 200 OK|Vary: a|Vary: b", "a: 1|b: 2", "a: 1|b: 3", false },
		{ "HTTP/1.1 200 OK|Vary: a, b", "a: 1", "b: 1", false },
		{ "HTTP/1.1 200 OK|Vary: a", "a: 1|a: 2", "a: 2|a: 1", false },
	};
	struct h1_field field[8];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct h1_head h = answer(rows[i].answer);
		struct cache_request a = { "http://h/", field, fields_of(rows[i].a, field) }, b;
		struct text one, other;

		text_init(&one);
		text_init(&other);
		cache_vary_key(&h, &a, &one);
		b = (struct cache_request){ "http://h/", field, fields_of(rows[i].b, field) };
		cache_vary_key(&h, &b, &other);
		if ((one.len == other.len && (one.len == 0 || memcmp(one.at, other.at, one.len) == 0)) != rows[i].same)
			fail_msg("%s: %s and %s", rows[i].answer, rows[i].a, rows[i].b);
		text_free(&one);
		text_free(&other);
	}
}

static void validations(void **state)
{
	static const struct {
		const char *kept, *fresh, *merged; /* NULL: it is about another answer */
	} rows[] = {
		{ "HTTP/1.1 200 OK|ETag: \"a\"|X: 1|Date: {0}", "HTTP/1.1 304 Not Modified|ETag: \"a\"|Date: {9}",
		  "HTTP/1.1 200 OK|X: 1|ETag: \"a\"|Date: {9}" },
		{ "HTTP/1.1 200 OK|ETag: W/\"a\"", "HTTP/1.1 304 |ETag: \"a\"", "HTTP/1.1 200 OK|ETag: \"a\"" },
		{ "HTTP/1.1 200 OK|ETag: \"a\"", "HTTP/1.1 304 |ETag: \"b\"", NULL },
		{ "HTTP/1.1 200 OK|X: y", "HTTP/1.1 304 |ETag: \"b\"", NULL },
		{ "HTTP/1.1 200 OK|Last-Modified: {-9}", "HTTP/1.1 304 |Last-Modified: {-9}",
		  "HTTP/1.1 200 OK|Last-Modified: {-9}" },
		{ "HTTP/1.1 200 OK|Last-Modified: {-9}", "HTTP/1.1 304 |Last-Modified: {-8}", NULL },
		{ "HTTP/1.1 200 OK|ETag: \"a\"|Cache-Control: max-age=1", "HTTP/1.1 304 |Cache-Control: a|cache-control: b",
		  "HTTP/1.1 200 OK|ETag: \"a\"|Cache-Control: a|cache-control: b" },
		/* what is about the content as it was kept stays */
		{ "HTTP/1.1 200 OK|Content-Length: 9|Content-Encoding: gzip|Content-Type: a/b|Age: 4",
		  "HTTP/1.1 304 |Content-Length: 0|Content-Encoding: br|Content-Type: c/d|Connection: close|Set-Cookie: a=b",
		  "HTTP/1.1 200 OK|Content-Length: 9|Content-Encoding: gzip|Content-Type: a/b" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char one[2048], other[2048], should[2048];
		struct h1_head kept, fresh;
		struct text out;

		text_init(&out);
		assert_true(cache_parse_head(hf_bytes_of(head_of(rows[i].kept, one, sizeof(one))), &kept));
		assert_true(cache_parse_head(hf_bytes_of(head_of(rows[i].fresh, other, sizeof(other))), &fresh));
		assert_int_equal(cache_merge(&kept, &fresh, &out), rows[i].merged != NULL);
		if (rows[i].merged)
			assert_string_equal(text_str(&out), head_of(rows[i].merged, should, sizeof(should)));
		text_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept),      cmocka_unit_test(how_long_it_is_fresh),
		cmocka_unit_test(how_old_it_is),     cmocka_unit_test(what_may_be_used),
		cmocka_unit_test(what_it_varies_by), cmocka_unit_test(validations),
	};

	return cmocka_run_group_tests_name("cache_policy", tests, NULL, NULL);
}
