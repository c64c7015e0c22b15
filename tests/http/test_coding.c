/* SPDX-License-Identifier: MIT */
/* What Accept-Encoding says of the codings that files may lie about in (RFC 9110 12.5.3). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "http/http_coding.h"

#include <stdio.h>

/* The names, best first, with blanks between; fields: what stands in the head. */
static void check(const char *fields, const char *want)
{
	char octets[1024], got[64] = "";
	enum http_coding coding[HTTP_CODINGS];
	struct h1_head head;
	unsigned n;

	snprintf(octets, sizeof(octets), "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	assert_int_equal(h1_parse_request(hf_bytes_of(octets), &head), H1_NONE);
	n = http_codings_accepted(&head, coding);
	for (unsigned i = 0; i < n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "", http_coding_name(coding[i]));
	assert_string_equal(got, want);
}

static void test_lists(void **state)
{
	static const struct {
		const char *fields, *want;
	} rows[] = {
		{ "", "" },
		{ "Accept-Encoding:\r\n", "" },
		{ "Accept-Encoding: gzip\r\n", "gzip" },
		{ "Accept-Encoding: x-GZIP\r\n", "gzip" },
		{ "Accept-Encoding: gzip, deflate, br, zstd\r\n", "br zstd gzip" },
		{ "accept-encoding: gzip\r\nAccept-Encoding: br\r\n", "br gzip" },
		{ "Accept-Encoding: br;q=0.5, gzip\r\n", "gzip br" },
		{ "Accept-Encoding: br;q=0.5, gzip;q=0.501\r\n", "gzip br" },
		{ "Accept-Encoding: br ; q=0.500 , gzip;Q=0.5\r\n", "br gzip" },
		{ "Accept-Encoding: gzip;q=0\r\n", "" },
		{ "Accept-Encoding: gzip;q=0.000\r\n", "" },
		{ "Accept-Encoding: gzip;q=0.001\r\n", "gzip" },
		{ "Accept-Encoding: *\r\n", "br zstd gzip" },
		{ "Accept-Encoding: *, br;q=0\r\n", "zstd gzip" },
		{ "Accept-Encoding: *;q=0, gzip\r\n", "gzip" },
		{ "Accept-Encoding: identity\r\n", "" },
		/* what is no weight is not guessed at */
		{ "Accept-Encoding: gzip;q=1.001\r\n", "" },
		{ "Accept-Encoding: gzip;q=2\r\n", "" },
		{ "Accept-Encoding: gzip;q=0.0001\r\n", "" },
		{ "Accept-Encoding: gzip;q=x\r\n", "" },
		{ "Accept-Encoding: gzip;q\r\n", "" },
		{ "Accept-Encoding: gzip;level=9\r\n", "" },
		{ "Accept-Encoding: gzip;\r\n", "gzip" },
		{ "Accept-Encoding: gzipx, agzip\r\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		check(rows[i].fields, rows[i].want);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(http_coding_extension(HTTP_CODING_GZIP), ".gz");
	assert_string_equal(http_coding_extension(HTTP_CODING_BR), ".br");
	assert_string_equal(http_coding_extension(HTTP_CODING_ZSTD), ".zst");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lists), cmocka_unit_test(test_names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
