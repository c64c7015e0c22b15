/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/sentence.h"
#include "tcp/tcp.h"

#include <ctype.h>
#include <string.h>

static void placeholders_are_filled_in(void **state)
{
	static const struct {
		struct hf_trace_record r;
		const char *sentence, *rfc;
	} rows[] = {
		{ { .kind = HF_TR_TCP_TX, .flags = TCP_SYN | TCP_ACK, .seq = 107, .len = 3 },
		  "sends SYN,ACK seq 7 len 3",
		  "9293 3.10.2" },
		{ { .kind = HF_TR_TCP_RX, .flags = TCP_ACK, .seq = 1007, .len = 3 }, "receives ACK seq 7 len 3", "9293 3.10.7" },
		{ { .kind = HF_TR_TCP_OUT_OF_ORDER, .seq = 1050, .len = 10 },
		  "10 octets at 50 lie beyond a hole: kept, and the ACK repeats what is missing (SHLD-31)",
		  "9293 3.10.7.4" },
		{ { .kind = HF_TR_TCP_RTO, .x = 200000 },
		  "no ACK in time: the retransmission timer expires, the next wait is 200 ms",
		  "6298 5" },
		{ { .kind = HF_TR_TCP_RTT, .x = 20500, .y = 12000000 },
		  "measures a round trip of 20.500 ms, RTO 12000 ms",
		  "6298 2" },
		{ { .kind = HF_TR_TCP_SOFT_ERROR, .x = 3, .y = 1 },
		  "ICMP reports trouble on the path (type 3 code 1): noted, not obeyed (MUST-56)",
		  "9293 3.9.2.2" },
		{ { .kind = HF_TR_ARP_REQUEST, .x = 0x0a090002 }, "asks who has 10.9.0.2", "826 1" },
		{ { .kind = HF_TR_UDP_NO_PORT, .local_port = 53 }, "nobody has port 53: answers port unreachable", "1122 4.1.3.1" },
		{ { .kind = HF_TR_TCP_WINDOW_OPEN, .wnd = 4096 },
		  "the reader made room: our window opens to 4096",
		  "9293 3.8.6.2" },
	};
	const struct sentence_base base = { .iss = 100, .irs = 1000 };
	struct text t;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_clear(&t);
		sentence_add(&t, &rows[i].r, &base);
		assert_string_equal(text_str(&t), rows[i].sentence);
		assert_string_equal(sentence_rfc(&rows[i].r), rows[i].rfc);
	}
	text_free(&t);
}

static void every_arrow_has_a_sentence(void **state)
{
	const struct tcp_fsm_row *rows;
	size_t n = tcp_fsm_rows(&rows);
	struct text t;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < n; i++) {
		struct hf_trace_record r = {
			.kind = HF_TR_TCP_STATE, .from = rows[i].from, .to = rows[i].to, .arrow = (uint32_t)i
		};

		text_clear(&t);
		sentence_add(&t, &r, NULL);
		assert_non_null(strstr(text_str(&t), tcp_event_sentence(rows[i].on)));
		assert_string_equal(sentence_rfc(&r), rows[i].rfc);
	}
	text_free(&t);
}

static void an_arrow_that_does_not_fit_is_not_believed(void **state)
{
	struct hf_trace_record r = { .kind = HF_TR_TCP_STATE, .from = HF_TCP_LISTEN, .to = HF_TCP_TIME_WAIT, .arrow = 3 };
	struct text t;

	(void)state;
	text_init(&t);
	sentence_add(&t, &r, NULL);
	assert_string_equal(text_str(&t), "LISTEN -> TIME_WAIT");
	r.arrow = 100000;
	text_clear(&t);
	sentence_add(&t, &r, NULL);
	assert_string_equal(text_str(&t), "LISTEN -> TIME_WAIT");
	text_free(&t);
}

/* No kind leaves a brace behind, and each cites an RFC by number. */
static void every_kind_expands(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	for (unsigned kind = 0; kind < HF_TRACE_KIND_COUNT; kind++) {
		struct hf_trace_record r = { .kind = (uint16_t)kind, .arrow = UINT32_MAX };

		text_clear(&t);
		sentence_add(&t, &r, NULL);
		assert_true(t.len > 5);
		assert_null(strpbrk(text_str(&t), "{}"));
		assert_true(isdigit((unsigned char)sentence_rfc(&r)[0]));
	}
	text_free(&t);
}

static struct hf_trace_record arrow_of(unsigned from, unsigned on)
{
	const struct tcp_fsm_row *rows;
	size_t n = tcp_fsm_rows(&rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i].from == from && rows[i].on == on)
			return (struct hf_trace_record){
				.kind = HF_TR_TCP_STATE, .id = 7, .from = rows[i].from, .to = rows[i].to, .arrow = (uint32_t)i
			};
	fail_msg("no such arrow");
	return (struct hf_trace_record){ 0 };
}

static void what_is_said_twice_is_told_once(void **state)
{
	struct hf_trace_record record = { .kind = HF_TR_TCP_TIME_WAIT_AGAIN, .id = 7 };
	struct hf_trace_record arrow = arrow_of(HF_TCP_TIME_WAIT, TCP_ON_RCV_FIN_AGAIN);
	struct hf_trace_record fin = arrow_of(HF_TCP_ESTABLISHED, TCP_ON_RCV_FIN);

	(void)state;
	assert_true(sentence_is_said_by(&arrow, &record));
	assert_false(sentence_is_said_by(&record, &arrow));
	assert_false(sentence_is_said_by(&arrow, &arrow));
	assert_false(sentence_is_said_by(&fin, &record));
	/* of another connection */
	record.id = 8;
	assert_false(sentence_is_said_by(&arrow, &record));
	/* The arrow says where a reset leads to. */
	record = (struct hf_trace_record){ .kind = HF_TR_TCP_RESET_RECEIVED, .id = 7 };
	arrow = arrow_of(HF_TCP_ESTABLISHED, TCP_ON_RCV_RST);
	assert_true(sentence_is_said_by(&record, &arrow));
	assert_false(sentence_is_said_by(&arrow, &record));
}

/* A SYN is told of before it is seen on the wire: it is number 0 all the same. */
static void a_syn_counts_from_itself(void **state)
{
	const struct segment_flows none = { 0 };
	const struct hf_trace_record syn = { .kind = HF_TR_TCP_TX, .flags = TCP_SYN, .seq = 123456789 };
	const struct sentence_base base = sentence_base_of(&none, &syn);
	struct text t;

	(void)state;
	text_init(&t);
	sentence_add(&t, &syn, &base);
	assert_string_equal(text_str(&t), "sends SYN seq 0 len 0");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_filled_in),
		cmocka_unit_test(every_arrow_has_a_sentence),
		cmocka_unit_test(an_arrow_that_does_not_fit_is_not_believed),
		cmocka_unit_test(every_kind_expands),
		cmocka_unit_test(what_is_said_twice_is_told_once),
		cmocka_unit_test(a_syn_counts_from_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
