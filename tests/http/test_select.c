/* SPDX-License-Identifier: MIT */
/* Dates, and conditional and range requests. */
#include "http_test.h"

#include "http/http_date.h"
#include "http/http_select.h"

#define NOW 784111777ll /* Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example */

static void test_dates_written(void **state)
{
	static const struct {
		int64_t at;
		const char *text;
	} dates[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ NOW, "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ -1, "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ 951782399, "Mon, 28 Feb 2000 23:59:59 GMT" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ 4107542400ll, "Mon, 01 Mar 2100 00:00:00 GMT" },
		{ 4107542399ll, "Sun, 28 Feb 2100 23:59:59 GMT" },
		{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_MIN, "Mon, 01 Jan 0001 00:00:00 GMT" },
	};
	char text[HTTP_DATE_LEN];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(dates); i++) {
		http_date_format(dates[i].at, text);
		assert_bytes((struct hf_bytes){ (uint8_t *)text, sizeof(text) }, dates[i].text);
	}
}

static void test_dates_back_and_forth(void **state)
{
	char text[HTTP_DATE_LEN];
	int64_t back;

	(void)state;
	for (int64_t at = -62135596800ll; at < 253402300800ll; at += 86400ll * 37 + 12345) {
		http_date_format(at, text);
		assert_true(http_date_parse((struct hf_bytes){ (uint8_t *)text, sizeof(text) }, NOW, &back));
		assert_true(back == at);
	}
}

static void test_dates_read(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t at;
	} dates[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", true, NOW },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", true, NOW },
		{ "Sun Nov  6 08:49:37 1994", true, NOW },
		{ "Sun Nov 16 08:49:37 1994", true, NOW + 10 * 86400 },
		{ "Sun, 06 Nov 1994 08:49:60 GMT", true, NOW + 23 },
		{ "Sun, 06 Nov 1994 08:49:37", false, 0 },
		{ "Sun, 06 Nov 1994 08:49:37 UTC", false, 0 },
		{ "Sun, 6 Nov 1994 08:49:37 GMT", false, 0 },
		{ "Sun, 00 Nov 1994 08:49:37 GMT", false, 0 },
		{ "Sun, 32 Nov 1994 08:49:37 GMT", false, 0 },
		{ "Sun, 06 Nov 1994 24:49:37 GMT", false, 0 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT ", false, 0 },
		{ "Xxx, 06 Nov 1994 08:49:37 GMT", false, 0 },
		{ "Sun", false, 0 },
		{ "", false, 0 },
		{ "0", false, 0 },
	};
	int64_t at;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(dates); i++) {
		if (http_date_parse(bytes_of(dates[i].text), NOW, &at) != dates[i].good)
			fail_msg("%s", dates[i].text);
		if (dates[i].good)
			assert_true(at == dates[i].at);
	}
	/* Two digits: never more than 50 years ahead, RFC 9110 5.6.7. */
	assert_true(http_date_parse(bytes_of("Friday, 01-Jan-40 00:00:00 GMT"), NOW, &at));
	assert_true(at < 0);
	assert_true(http_date_parse(bytes_of("Friday, 01-Jan-40 00:00:00 GMT"), 1790000000, &at));
	assert_true(at == 2208988800ll);
	assert_true(http_date_parse(bytes_of("Friday, 01-Jan-99 00:00:00 GMT"), 1790000000, &at));
	assert_true(at == 915148800);
}

#define ETAG "\"f-3e8\""

static const struct {
	const char *fields;
	unsigned status;
	uint64_t first, count;
} rows[] = {
	{ "", 200, 0, 1000 },
	/* ranges, RFC 9110 14.1.2 */
	{ "Range: bytes=0-0\r\n", 206, 0, 1 },
	{ "Range: bytes=0-999\r\n", 206, 0, 1000 },
	{ "Range: bytes=0-1000\r\n", 206, 0, 1000 },
	{ "Range: bytes=5-9\r\n", 206, 5, 5 },
	{ "Range: BYTES=5-\r\n", 206, 5, 995 },
	{ "Range: bytes=999-\r\n", 206, 999, 1 },
	{ "Range: bytes=-1\r\n", 206, 999, 1 },
	{ "Range: bytes=-2000\r\n", 206, 0, 1000 },
	{ "Range: bytes=1000-\r\n", 416, 0, 0 },
	{ "Range: bytes=9223372036854775807-\r\n", 416, 0, 0 },
	{ "Range: bytes=-0\r\n", 416, 0, 0 },
	{ "Range: bytes=9-5\r\n", 200, 0, 1000 },
	{ "Range: bytes=-\r\n", 200, 0, 1000 },
	{ "Range: bytes=a-5\r\n", 200, 0, 1000 },
	{ "Range: bytes=1-2,4-5\r\n", 200, 0, 1000 },
	{ "Range: bytes=1 - 2\r\n", 200, 0, 1000 },
	{ "Range: lines=1-2\r\n", 200, 0, 1000 },
	{ "Range: bytes=18446744073709551616-\r\n", 200, 0, 1000 },
	/* If-Range, 13.1.5 */
	{ "Range: bytes=1-2\r\nIf-Range: " ETAG "\r\n", 206, 1, 2 },
	{ "Range: bytes=1-2\r\nIf-Range: W/" ETAG "\r\n", 200, 0, 1000 },
	{ "Range: bytes=1-2\r\nIf-Range: \"x\"\r\n", 200, 0, 1000 },
	{ "Range: bytes=1-2\r\nIf-Range: Sun, 06 Nov 1994 08:49:27 GMT\r\n", 206, 1, 2 },
	{ "Range: bytes=1-2\r\nIf-Range: Sun, 06 Nov 1994 08:49:28 GMT\r\n", 200, 0, 1000 },
	/* If-None-Match before If-Modified-Since, 13.2.2 */
	{ "If-None-Match: " ETAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: W/" ETAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: \"a\", " ETAG "\r\n", 304, 0, 0 },
	{ "If-None-Match: *\r\n", 304, 0, 0 },
	{ "If-None-Match: \"a\"\r\n", 200, 0, 1000 },
	{ "If-None-Match: \"a\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200, 0, 1000 },
	{ "If-Modified-Since: Sun, 06 Nov 1994 08:49:27 GMT\r\n", 304, 0, 0 },
	{ "If-Modified-Since: Sun, 06 Nov 1994 08:49:26 GMT\r\n", 200, 0, 1000 },
	{ "If-Modified-Since: yesterday\r\n", 200, 0, 1000 },
	{ "If-None-Match: " ETAG "\r\nRange: bytes=1-2\r\n", 304, 0, 0 },
	/* If-Match and If-Unmodified-Since come first */
	{ "If-Match: " ETAG "\r\n", 200, 0, 1000 },
	{ "If-Match: *\r\n", 200, 0, 1000 },
	{ "If-Match: W/" ETAG "\r\n", 412, 0, 0 },
	{ "If-Match: \"a\"\r\nIf-None-Match: " ETAG "\r\n", 412, 0, 0 },
	{ "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:27 GMT\r\n", 200, 0, 1000 },
	{ "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:26 GMT\r\n", 412, 0, 0 },
	{ "If-Match: " ETAG "\r\nIf-Unmodified-Since: Sun, 06 Nov 1994 08:49:26 GMT\r\n", 200, 0, 1000 },
};

static struct http_selection select_for(const char *method, const char *fields, uint64_t size, int64_t now)
{
	struct http_resource r = { .size = size, .modified = NOW - 10 };
	struct h1_head h;
	char text[512];

	http_make_etag(&r, 15);
	snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", method, fields);
	assert_fault(h1_parse_request(bytes_of(text), &h), H1_NONE, text);
	return http_select(&h, &r, now);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct http_selection s = select_for("GET", rows[i].fields, 1000, NOW);

		if (s.status != rows[i].status || s.first != rows[i].first || s.count != rows[i].count)
			fail_msg("%u, %llu, %llu for %s", s.status, (unsigned long long)s.first,
				 (unsigned long long)s.count, rows[i].fields);
	}
}

static void test_special(void **state)
{
	(void)state;
	/* Range is for GET only, 14.2. */
	assert_int_equal(select_for("HEAD", "Range: bytes=1-2\r\n", 1000, NOW).status, 200);
	assert_int_equal(select_for("GET", "Range: bytes=0-\r\n", 0, NOW).status, 416);
	assert_int_equal(select_for("GET", "Range: bytes=-5\r\n", 0, NOW).status, 416);
	/* A date of this very second proves nothing, 8.8.2.2. */
	assert_int_equal(
		select_for("GET", "Range: bytes=1-2\r\nIf-Range: Sun, 06 Nov 1994 08:49:27 GMT\r\n", 1000, NOW - 10).status,
		200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_written), cmocka_unit_test(test_dates_back_and_forth),
		cmocka_unit_test(test_dates_read),    cmocka_unit_test(test_rows),
		cmocka_unit_test(test_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
