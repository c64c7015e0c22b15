/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/segment.h"
#include "explain_test.h"

#define ISN_A 4294967290u /* wraps while we look */
#define ISN_B 1000u

static void a_whole_connection(void **state)
{
	static const struct {
		bool from_a;
		uint8_t flags;
		uint32_t seq, ack;
		uint16_t window;
		size_t len;
		const char *name, *label;
	} rows[] = {
		{ true, TCP_SYN, ISN_A, 0, 500, 0, "SYN", "SYN seq 0" },
		{ true, TCP_SYN, ISN_A, 0, 500, 0, "SYN again", "SYN seq 0" },
		{ false, TCP_SYN | TCP_ACK, ISN_B, ISN_A + 1, 500, 0, "SYN,ACK", "SYN,ACK seq 0 ack 1" },
		{ true, TCP_ACK, ISN_A + 1, ISN_B + 1, 500, 0, "ACK of SYN", "ACK seq 1 ack 1" },
		{ true, TCP_ACK | TCP_PSH, ISN_A + 1, ISN_B + 1, 500, 100, "data 100", "ACK seq 1 ack 1 len 100" },
		{ true, TCP_ACK | TCP_PSH, ISN_A + 1, ISN_B + 1, 500, 100, "data 100 again", "ACK seq 1 ack 1 len 100" },
		{ false, TCP_ACK, ISN_B + 1, ISN_A + 101, 0, 0, "ACK", "ACK seq 1 ack 101 win 0" },
		{ true, TCP_ACK | TCP_FIN, ISN_A + 101, ISN_B + 1, 500, 0, "FIN", "FIN,ACK seq 101 ack 1" },
		{ false, TCP_ACK, ISN_B + 1, ISN_A + 102, 500, 0, "ACK of FIN", "ACK seq 1 ack 102" },
		{ false, TCP_ACK | TCP_FIN, ISN_B + 1, ISN_A + 102, 500, 0, "FIN", "FIN,ACK seq 1 ack 102" },
		{ true, TCP_ACK, ISN_A + 102, ISN_B + 2, 500, 0, "ACK of FIN", "ACK seq 102 ack 2" },
		{ false, TCP_RST, ISN_B + 2, 0, 0, 0, "RST", "RST seq 2" },
		/* the same ports again, with other numbers */
		{ true, TCP_SYN, 77, 0, 500, 0, "SYN", "SYN seq 0" },
		{ false, TCP_SYN | TCP_ACK, 99, 78, 500, 0, "SYN,ACK", "SYN,ACK seq 0 ack 1" },
		{ false, TCP_ACK | TCP_FIN, 100, 78, 500, 0, "FIN", "FIN,ACK seq 1 ack 1" },
		{ true, TCP_ACK | TCP_FIN, 78, 101, 500, 0, "FIN, ACK of FIN", "FIN,ACK seq 1 ack 2" },
	};
	struct segment_flows flows;
	struct made_packet p;
	struct segment s;
	struct text t;

	(void)state;
	segment_flows_init(&flows);
	text_init(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		segment_read(&flows,
			     make_packet(&p, rows[i].from_a, rows[i].flags, rows[i].seq, rows[i].ack, rows[i].window,
					 rows[i].len),
			     false, &s);
		assert_true(s.tcp);
		text_clear(&t);
		segment_add_name(&t, &s);
		assert_string_equal(text_str(&t), rows[i].name);
		text_clear(&t);
		segment_add_label(&t, &s);
		assert_string_equal(text_str(&t), rows[i].label);
	}
	text_free(&t);
	segment_flows_free(&flows);
}

static void any_octets_are_safe(void **state)
{
	struct segment_flows flows;
	struct made_packet p;
	struct segment s;
	struct text t;

	(void)state;
	segment_flows_init(&flows);
	text_init(&t);
	make_packet(&p, true, TCP_SYN, 1, 0, 500, 20);
	for (size_t n = 0; n < p.bytes.len; n++) {
		segment_read(&flows, (struct hf_bytes){ p.octets, n }, false, &s);
		assert_false(s.tcp); /* no prefix is a whole packet */
		segment_add_name(&t, &s);
		segment_add_sentence(&t, &s);
		assert_non_null(segment_rfc(&s));
	}
	assert_int_equal(flows.n, 0);
	text_free(&t);
	segment_flows_free(&flows);
}

static void flags_have_names(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	segment_add_flags(&t, 0);
	text_add(&t, ";");
	segment_add_flags(&t, TCP_SYN | TCP_FIN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG | TCP_ECE | TCP_CWR);
	assert_string_equal(text_str(&t), "no flags;SYN,FIN,RST,PSH,ACK,URG,ECE,CWR");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_connection),
		cmocka_unit_test(any_octets_are_safe),
		cmocka_unit_test(flags_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
