/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/report_json.h"
#include "json_valid.h"
#include "page_sample.h"
#include "utf8_valid.h"

#include <stdlib.h>
#include <string.h>

static unsigned count_lines(const struct text *t, const char *beginning)
{
	unsigned n = 0;

	for (const char *s = text_str(t); *s; s = strchr(s, '\n') + 1)
		n += strncmp(s, beginning, strlen(beginning)) == 0;
	return n;
}

static void assert_lines_are_json(const struct text *t)
{
	for (const char *s = text_str(t); *s; s = strchr(s, '\n') + 1) {
		char *line;

		assert_non_null(strchr(s, '\n'));
		line = strndup(s, (size_t)(strchr(s, '\n') - s));
		assert_true(json_valid(line));
		free(line);
	}
}

static void test_an_object_a_line_the_schema_first_and_the_result_last(void **state)
{
	struct hf_cert_report chain;
	struct report r;
	struct text t;

	(void)state;
	text_init(&t);
	sample_page(&r);
	sample_chain(&chain);
	report_set_chain(&r, 1, &chain);
	report_json(&t, &r);
	assert_lines_are_json(&t);
	assert_int_equal(strncmp(text_str(&t), "{\"schema\": \"handfast.page/1\", \"url\": \"http://a.example/\", ", 57), 0);
	assert_int_equal(count_lines(&t, "{\"type\": \"lookup\", "), 1);
	assert_int_equal(count_lines(&t, "{\"type\": \"connection\", "), 2);
	assert_int_equal(count_lines(&t, "{\"type\": \"resource\", "), 6);
	assert_int_equal(count_lines(&t, "{\"type\": \"event\", "), 4);
	assert_int_equal(count_lines(&t, "{\"type\": \"result\", \"exit\": 1, "), 1);
	assert_int_equal(count_lines(&t, "{"), 15);
	assert_non_null(strstr(text_str(&t), "{\"type\": \"lookup\", \"number\": 0, \"name\": \"a.example\", \"record\": 1, \"begin_ns\": 0, "
					     "\"end_ns\": 10000000, \"server\": \"10.9.0.3:53\", "));
	assert_non_null(strstr(text_str(&t),
			       "\"states\": [{\"at_ns\": 10000000, \"machine\": \"tcp\", \"state\": \"SYN_SENT\"}, "));
	assert_non_null(strstr(text_str(&t), "\"phases_ns\": {\"blocked\": 0, \"dns\": 10000000, \"connect\": 40000000, \"tls\": 0, "
					     "\"send\": 0, \"wait\": 40000000, \"receive\": 0}"));
	assert_non_null(strstr(text_str(&t),
			       "\"version\": \"TLS 1.3\", \"suite\": \"TLS_AES_128_GCM_SHA256\", \"group\": \"x25519\", "));
	assert_non_null(strstr(text_str(&t), "\"octets\": 5, \"bytes\": \"474554202f\"}"));
	assert_non_null(strstr(text_str(&t), "\"fault\": {\"code\": \"E-HTTP-404\", "));
	text_free(&t);
	report_free(&r);
}

static void test_a_failure_is_told_with_its_chain(void **state)
{
	struct hf_cert_report chain;
	struct report r;
	struct text t;

	(void)state;
	text_init(&t);
	sample_failure(&r, REPORT_E_CHAIN_EXPIRED, "\"\n\xff</script>");
	sample_chain(&chain);
	report_set_chain(&r, 0, &chain);
	r.net = NULL;
	report_json(&t, &r);
	assert_lines_are_json(&t);
	assert_true(utf8_valid(text_str(&t)));
	assert_int_equal(count_lines(&t, "{\"type\": \"result\", \"exit\": 4, "), 1);
	assert_non_null(strstr(text_str(&t), "\"detail\": \"\\\"\\n\\ufffd</script>\""));
	text_free(&t);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_object_a_line_the_schema_first_and_the_result_last),
		cmocka_unit_test(test_a_failure_is_told_with_its_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
