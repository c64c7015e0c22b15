/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/table.h"
#include "wire/addr.h"

#include <string.h>

static const struct hf_conn_info never = {
	.retransmit_at = HF_NEVER, .persist_at = HF_NEVER, .delayed_ack_at = HF_NEVER, .keepalive_at = HF_NEVER, .ends_at = HF_NEVER
};

static void fill(struct hf_conn_info rows[3])
{
	rows[0] = rows[1] = rows[2] = never;
	rows[0].state = HF_TCP_LISTEN;
	rows[0].local.port = 80;
	rows[1].name = (hf_conn){ 1, 1 };
	rows[1].state = HF_TCP_ESTABLISHED;
	rows[1].local = (struct hf_endpoint){ addr_ip4_u32(0x0a090002), 80 };
	rows[1].remote = (struct hf_endpoint){ addr_ip4_u32(0x0a090001), 50000 };
	rows[1].send_queued = 14600;
	rows[1].srtt = HF_MS(20);
	rows[1].rto = HF_MS(220);
	rows[1].cwnd = 29200;
	rows[1].retransmits = 2;
	rows[1].retransmit_at = HF_S(1) + HF_MS(180);
	rows[2].state = HF_TCP_TIME_WAIT;
	rows[2].local = (struct hf_endpoint){ .addr = { { 0xfd, 9, [15] = 2 } }, .port = 80 };
	rows[2].remote = (struct hf_endpoint){ .addr = { { 0xfd, 9, [15] = 1 } }, .port = 4 };
	rows[2].ends_at = HF_S(60);
}

static void a_table_for_people(void **state)
{
	struct look look = look_plain(100);
	struct hf_conn_info rows[3];
	struct text t;

	(void)state;
	text_init(&t);
	fill(rows);
	table_states(&t, rows, NULL, 3, HF_S(1), &look);
	assert_string_equal(
		text_str(&t),
		"STATE        LOCAL         REMOTE          UNACKED  UNREAD   RTT    RTO   CWND  RESENT  TIMERS\n"
		"LISTEN       *:80          *:*                   -       -     -      -      -       -  -\n"
		"ESTABLISHED  10.9.0.2:80   10.9.0.1:50000    14600       0  20ms  220ms  29200       2  retransmit 180ms\n"
		"TIME_WAIT    [fd09::2]:80  [fd09::1]:4           -       -     -      -      -       -  2msl 59.000s\n");
	text_clear(&t);
	table_states(&t, NULL, NULL, 0, 0, &look);
	assert_string_equal(text_str(&t), "STATE  LOCAL  REMOTE  UNACKED  UNREAD  RTT  RTO  CWND  RESENT  TIMERS\n");
	text_free(&t);
}

static void what_stands_above_tcp(void **state)
{
	struct table_tls tls[3] = { [1] = { true, 0x0304, 0x1301, NULL } };
	struct look look = look_plain(100);
	struct hf_conn_info rows[3];
	struct text t;

	(void)state;
	text_init(&t);
	fill(rows);
	table_states(&t, rows, tls, 2, HF_S(1), &look);
	assert_string_equal(
		text_str(&t),
		"STATE        LOCAL        REMOTE          UNACKED  UNREAD   RTT    RTO   CWND  RESENT  TLS                     TIMERS\n"
		"LISTEN       *:80         *:*                   -       -     -      -      -       -  -                       -\n"
		"ESTABLISHED  10.9.0.2:80  10.9.0.1:50000    14600       0  20ms  220ms  29200       2  1.3 AES_128_GCM_SHA256  retransmit 180ms\n");
	tls[1].suite = 0;
	text_clear(&t);
	table_states(&t, rows, tls, 2, HF_S(1), &look);
	assert_non_null(strstr(text_str(&t), "  2  handshake  retransmit"));
	text_free(&t);
}

static void a_table_for_programs(void **state)
{
	static const char head[] =
		"{\n  \"now_ns\": 1000000000,\n  \"connections\": [\n    {\n      \"state\": \"LISTEN\",\n";
	const struct table_tls tls[3] = { [1] = { true, 0x0303, 0xc02f, "a.example" } };
	struct hf_conn_info rows[3];
	struct text t;

	(void)state;
	text_init(&t);
	fill(rows);
	rows[1].why = HF_RESET;
	table_states_json(&t, rows, tls, 3, HF_S(1));
	assert_true(strncmp(text_str(&t), head, strlen(head)) == 0);
	assert_non_null(strstr(text_str(&t),
			       "\"remote\": {\n        \"addr\": \"10.9.0.1\",\n        \"port\": 50000\n      }"));
	assert_non_null(strstr(text_str(&t), "\"why\": \"RESET\""));
	assert_non_null(strstr(text_str(&t), "\"retransmit_at_ns\": 1180000000"));
	assert_non_null(strstr(text_str(&t), "\"persist_at_ns\": null"));
	assert_non_null(strstr(text_str(&t),
			       "\"tls\": {\n        \"version\": \"TLS 1.2\",\n        \"suite\": "
			       "\"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\",\n        \"sni\": \"a.example\"\n"));
	assert_non_null(strstr(text_str(&t), "\"tls\": null"));
	assert_string_equal(text_str(&t) + t.len - 6, "  ]\n}\n");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_table_for_people), cmocka_unit_test(what_stands_above_tcp),
					    cmocka_unit_test(a_table_for_programs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
