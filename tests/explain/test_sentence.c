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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_filled_in),
		cmocka_unit_test(every_arrow_has_a_sentence),
		cmocka_unit_test(an_arrow_that_does_not_fit_is_not_believed),
		cmocka_unit_test(every_kind_expands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
