/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/har.h"
#include "explain/har_internal.h"
#include "json_valid.h"
#include "page_sample.h"
#include "utf8_valid.h"

#include <string.h>

/* har_schema.py holds a whole archive against the format; here are the lists, and what is hostile. */
static void assert_list(const struct text *t, const char *list)
{
	char flat[2048];
	size_t n = 0;

	for (const char *s = text_str(t); *s; s++)
		if (*s != '\n' && !(*s == ' ' && (s[1] == ' ' || s[-1] == ' ' || s[-1] == '\n')))
			flat[n++] = *s;
	flat[n] = '\0';
	assert_string_equal(flat, list);
}

static void put_lists(struct text *t, const char *request, const char *answer, const char *url)
{
	struct json j = json_over(t);

	json_object(&j);
	if (request)
		har_put_cookies(&j, request, false);
	if (answer)
		har_put_cookies(&j, answer, true);
	if (url)
		har_put_query(&j, url);
	json_object_end(&j);
}

static void test_cookies_of_a_request(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	put_lists(&t, "GET / HTTP/1.1\r\nHost: x\r\ncookie:  a=1;b = 2 ; c; =d; e==\r\nX-Cookie: no=1\r\n\r\n", NULL, NULL);
	assert_list(&t, "{\"cookies\": ["
			"{\"name\": \"a\",\"value\": \"1\"},{\"name\": \"b\",\"value\": \"2\"},{\"name\": \"c\",\"value\": \"\"},"
			"{\"name\": \"e\",\"value\": \"=\"}]}");
	text_clear(&t);
	put_lists(&t, "", NULL, NULL);
	assert_list(&t, "{\"cookies\": []}");
	text_free(&t);
}

static void test_cookies_of_an_answer(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	put_lists(&t, NULL,
		  "HTTP/1.1 200 OK\r\nSet-Cookie: id=7; Path=/x; domain=a.example; HttpOnly; SameSite=Lax; "
		  "Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nset-cookie: b=; secure; Expires=Wed, 21 Abc 2026 07:28:00 GMT\r\n"
		  "Set-Cookie: ;x\r\n\r\n",
		  NULL);
	assert_list(&t, "{\"cookies\": ["
			"{\"name\": \"id\",\"value\": \"7\",\"path\": \"/x\",\"domain\": \"a.example\","
			"\"expires\": \"2026-10-21T07:28:00.000Z\",\"httpOnly\": true,\"secure\": false,\"sameSite\": \"Lax\"},"
			"{\"name\": \"b\",\"value\": \"\",\"httpOnly\": false,\"secure\": true}]}");
	text_free(&t);
}

static void test_queries(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	put_lists(&t, NULL, NULL, "https://a.example/?v=2&x=a%20b&&y&=z&k=v=w#?no=1");
	assert_list(&t, "{\"queryString\": ["
			"{\"name\": \"v\",\"value\": \"2\"},{\"name\": \"x\",\"value\": \"a%20b\"},{\"name\": \"y\",\"value\": \"\"},"
			"{\"name\": \"\",\"value\": \"z\"},{\"name\": \"k\",\"value\": \"v=w\"}]}");
	text_clear(&t);
	put_lists(&t, NULL, NULL, "https://a.example/#?a=b");
	assert_list(&t, "{\"queryString\": []}");
	text_clear(&t);
	put_lists(&t, NULL, NULL, "https://a.example/?");
	assert_list(&t, "{\"queryString\": []}");
	text_free(&t);
}

static void test_hostile_octets_stay_inside_their_strings(void **state)
{
	struct report r;
	struct text t;
	uint32_t i;

	(void)state;
	sample_page(&r);
	i = sample_resource(&r, REPORT_IMAGE, "https://a.example/\"},{\\\x01\xff?\x80=\xc3", 0, 0, 0, 1, 2, 200, 1);
	r.resource[i].reason = "\"\x1b\xed\xa0\x80";
	r.resource[i].mime = "a\xfe/\"b";
	r.resource[i].charset = "\x7f\"";
	r.resource[i].location = "\xf4\x90\x80\x80";
	r.resource[i].response_head = "\xff\"\n\xff: \xff\nSet-Cookie: \xff=\"\\\n";
	r.resource[i].request_head = "\"\n:\n\n: \xe2\x82";
	r.title = "\xc0\xaf</script>";
	text_init(&t);
	har_write(&t, &r);
	assert_false(t.failed);
	assert_true(json_valid(text_str(&t)));
	assert_true(utf8_valid(text_str(&t)));
	assert_non_null(strstr(text_str(&t), "\"statusText\": \"\\\"\\u001b\\ufffd\\ufffd\\ufffd\""));
	text_free(&t);
	report_free(&r);
}

static void test_the_same_report_gives_the_same_octets(void **state)
{
	struct report r;
	struct text a, b;

	(void)state;
	text_init(&a);
	text_init(&b);
	sample_page(&r);
	har_write(&a, &r);
	report_free(&r);
	sample_page(&r);
	har_write(&b, &r);
	report_free(&r);
	assert_string_equal(text_str(&a), text_str(&b));
	text_free(&a);
	text_free(&b);
}

static void test_a_failure_says_so(void **state)
{
	struct report r;
	struct text t;

	(void)state;
	text_init(&t);
	sample_failure(&r, REPORT_E_CHAIN_EXPIRED, "3 days ago");
	har_write(&t, &r);
	assert_non_null(strstr(text_str(&t), "\"status\": 0,"));
	assert_non_null(strstr(text_str(&t), "\"_error\": \"E-TLS-CHAIN-EXPIRED\","));
	assert_non_null(strstr(text_str(&t), "\"_errorState\": \"C13_WAIT_CV\""));
	assert_non_null(strstr(text_str(&t), "\"connect\": 80,"));
	assert_non_null(strstr(text_str(&t), "\"ssl\": 40\n"));
	text_free(&t);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cookies_of_a_request),
		cmocka_unit_test(test_cookies_of_an_answer),
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_hostile_octets_stay_inside_their_strings),
		cmocka_unit_test(test_the_same_report_gives_the_same_octets),
		cmocka_unit_test(test_a_failure_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
