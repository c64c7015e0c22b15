/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/qlog.h"
#include "json_valid.h"
#include "page_sample.h"
#include "utf8_valid.h"

#include <stdio.h>
#include <string.h>

static void assert_in_order(const char *s, const char *const *what)
{
	for (; *what; what++) {
		s = strstr(s, *what);
		if (!s)
			fprintf(stderr, "not there, or not in this order: %s\n", *what);
		assert_non_null(s);
		s += strlen(*what);
	}
}

static void test_a_trace_a_connection_and_its_events_by_time(void **state)
{
	static const char *const plain[] = { "connection 0 to a.example:80",
					     "\"group_id\": \"0\"",
					     "\"type\": \"client\"",
					     "\"time\": 10,",
					     "tcp:syn",
					     "tcp:state_updated",
					     "\"new\": \"SYN_SENT\"",
					     "\"time\": 50,",
					     "http:request",
					     "\"old\": \"SYN_SENT\"",
					     "ESTABLISHED",
					     "tcp:connected",
					     "\"dst_ip\": \"10.9.0.2\"",
					     NULL };
	static const char *const secure[] = { "connection 1 to a.example:443",
					      "\"time\": 130,",
					      "tls:client_hello",
					      "\"new\": \"ESTABLISHED\"",
					      "\"C_WAIT_SH\"",
					      "tcp:connected",
					      "\"time\": 170,",
					      "C13_CONNECTED",
					      "tls:connected",
					      "TLS_AES_128_GCM_SHA256",
					      "\"group\": \"x25519\"",
					      NULL };
	static const char *const none[] = { "\"file_schema\": \"urn:ietf:params:qlog:file:contained\"",
					    "\"serialization_format\": \"application/qlog+json\"",
					    "\"epoch\": \"2026-01-01T00:00:00.000000Z\"",
					    "page:load_started",
					    "dns:lookup",
					    "\"duration\": 10,",
					    "dns:question",
					    NULL };
	struct report r;
	struct text t;

	(void)state;
	text_init(&t);
	sample_page(&r);
	qlog_write(&t, &r);
	assert_true(json_valid(text_str(&t)));
	assert_in_order(text_str(&t), none);
	assert_in_order(text_str(&t), plain);
	assert_in_order(text_str(&t), secure);
	/* The schema is in the first 256 octets, where a reader looks for it. */
	assert_true(strstr(text_str(&t), "application/qlog+json") < text_str(&t) + 256);
	text_free(&t);
	report_free(&r);
}

static void test_names_of_events_are_names(void **state)
{
	struct report r;
	struct text t;

	(void)state;
	text_init(&t);
	report_init(&r);
	sample_event(&r, 1, REPORT_LAYER_TCP, REPORT_US, REPORT_NONE, REPORT_NONE, "rcv SYN,ACK", "\"\xff", "");
	sample_event(&r, 1, REPORT_LAYER_TLS, REPORT_US, REPORT_NONE, 7, "\",\xff<", "", "");
	sample_event(&r, 1, REPORT_LAYER_TLS, REPORT_US, REPORT_NONE, 7, "TLS 1.3", "", "");
	sample_event(&r, 1, REPORT_LAYER_TCP, REPORT_US, REPORT_NONE, 7, "TCP_RTO", "", "");
	qlog_write(&t, &r);
	assert_non_null(strstr(text_str(&t), "\"tcp:rto\""));
	assert_true(json_valid(text_str(&t)));
	assert_true(utf8_valid(text_str(&t)));
	assert_non_null(strstr(text_str(&t), "\"tcp:rcv_syn_ack\""));
	assert_non_null(strstr(text_str(&t), "\"tls:event\""));
	assert_non_null(strstr(text_str(&t), "\"tls:tls_1_3\""));
	text_free(&t);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_trace_a_connection_and_its_events_by_time),
		cmocka_unit_test(test_names_of_events_are_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
