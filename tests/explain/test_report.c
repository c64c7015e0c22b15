/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/report.h"

#include <stdio.h>
#include <string.h>

static void test_codes_are_whole_and_none_is_there_twice(void **state)
{
	(void)state;
	for (unsigned c = 1; c < REPORT_CODE_COUNT; c++) {
		const char *name = report_code_name((enum report_code)c);

		assert_int_equal(strncmp(name, "E-", 2), 0);
		assert_int_equal(report_code_find(name), c);
		assert_true(strlen(report_code_sentence((enum report_code)c)) > 0);
		assert_true(report_code_sentence(
				    (enum report_code)c)[strlen(report_code_sentence((enum report_code)c)) - 1] != '.');
		assert_true(report_code_exit((enum report_code)c) > 0);
		assert_true(report_code_step((enum report_code)c) < REPORT_STEP_COUNT);
	}
	assert_int_equal(report_code_find("E-NO-SUCH"), REPORT_CODE_COUNT);
}

static void test_every_fault_of_a_chain_has_a_code(void **state)
{
	(void)state;
	assert_int_equal(report_code_of_cert(HF_CERT_GOOD), REPORT_E_NONE);
	for (unsigned f = 1; f < HF_CERT_FAULT_COUNT; f++)
		assert_int_equal(report_code_step(report_code_of_cert((enum hf_cert_fault)f)), REPORT_TLS);
	assert_int_equal(report_code_of_cert(HF_CERT_MISSING_INTERMEDIATE), report_code_find("E-TLS-CHAIN-INTERMEDIATE"));
}

static void test_statuses_before_and_after_the_handshake(void **state)
{
	(void)state;
	assert_int_equal(report_code_of_status(HF_TIMED_OUT, true), REPORT_E_TCP_SYN_TIMEOUT);
	assert_int_equal(report_code_of_status(HF_TIMED_OUT, false), REPORT_E_TCP_TIMEOUT);
	assert_int_equal(report_code_of_status(HF_RESET, true), REPORT_E_TCP_REFUSED);
	assert_int_equal(report_code_of_status(HF_RESET, false), REPORT_E_TCP_RESET);
	assert_int_equal(report_code_of_status(HF_NO_ROUTE, true), REPORT_E_NET_UNREACHABLE);
}

static void test_what_is_kept_stays_where_it_is(void **state)
{
	struct report r;
	const char *kept[3000];
	char name[32];

	(void)state;
	report_init(&r);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "https://a.example/%u", i);
		kept[i] = report_keep(&r, name);
		assert_int_equal(report_add_resource(&r), i);
		r.resource[i].url = kept[i];
		assert_true(r.resource[i].done == HF_NEVER);
	}
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "https://a.example/%u", i);
		assert_string_equal(r.resource[i].url, name);
	}
	assert_false(r.failed);
	report_free(&r);
}

static void test_states_and_events(void **state)
{
	static const uint8_t packet[600] = { 1, 2, 3 };
	struct report_event e = { .at = 5,
				  .layer = REPORT_LAYER_TCP,
				  .name = "SYN",
				  .sentence = "asks for a connection",
				  .bytes = { packet, sizeof(packet) } };
	struct report r;

	(void)state;
	report_init(&r);
	assert_int_equal(report_add_conn(&r), 0);
	for (unsigned i = 0; i < 100; i++)
		report_add_state(&r, 0, i, i % 2, i % 2 ? "START" : "SYN_SENT");
	assert_int_equal(r.conn[0].states, 100);
	assert_string_equal(r.conn[0].state[99].name, "START");
	assert_int_equal(report_add_event(&r, &e), 0);
	assert_int_equal(r.event[0].bytes.len, REPORT_BYTES_KEPT);
	assert_int_equal(r.event[0].octets, sizeof(packet));
	assert_string_equal(r.event[0].rfc, "");
	report_free(&r);
}

/* Of two connections with one chain each has its own: both are given back. */
static void test_a_chain_is_kept_by_the_report(void **state)
{
	struct hf_cert_report seen = { .fault = HF_CERT_EXPIRED, .asked_name = "a.example" };
	struct report r;

	(void)state;
	report_init(&r);
	assert_int_equal(report_add_conn(&r), 0);
	assert_int_equal(report_add_conn(&r), 1);
	report_set_chain(&r, 0, &seen);
	report_set_chain(&r, 1, &seen);
	seen = (struct hf_cert_report){ .fault = HF_CERT_GOOD };
	assert_ptr_not_equal(r.conn[0].chain, r.conn[1].chain);
	assert_int_equal(r.conn[0].chain->fault, HF_CERT_EXPIRED);
	assert_string_equal(r.conn[1].chain->asked_name, "a.example");
	report_free(&r);
}

static void test_the_first_fault_wins_and_decides_the_exit(void **state)
{
	struct report r;
	struct text t;

	(void)state;
	report_init(&r);
	text_init(&t);
	assert_int_equal(report_exit(&r), 0);
	assert_int_equal(report_add_resource(&r), 0);
	report_fail(&r.resource[0].fault, REPORT_E_HTTP_NOT_FOUND, REPORT_PEER, 7, NULL, "/missing.png");
	assert_int_equal(report_exit(&r), 1);
	report_fail(&r.fault, REPORT_E_DNS_NXDOMAIN, REPORT_RESOLVER, 9, NULL, "no.example");
	report_fail(&r.fault, REPORT_E_TCP_RESET, REPORT_PEER, 10, "ESTABLISHED", "%s", "");
	assert_int_equal(report_exit(&r), 4);
	report_add_fault(&t, &r.fault);
	assert_string_equal(text_str(&t), "no such name exists: no.example");
	text_free(&t);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes_are_whole_and_none_is_there_twice),
		cmocka_unit_test(test_every_fault_of_a_chain_has_a_code),
		cmocka_unit_test(test_statuses_before_and_after_the_handshake),
		cmocka_unit_test(test_what_is_kept_stays_where_it_is),
		cmocka_unit_test(test_states_and_events),
		cmocka_unit_test(test_a_chain_is_kept_by_the_report),
		cmocka_unit_test(test_the_first_fault_wins_and_decides_the_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
