/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/ladder.h"
#include "explain_test.h"
#include "tcp/tcp.h"

#include <stdlib.h>

#define MOST 64u
#define START HF_S(1)

static const char *const names[2] = { "client", "server" };

/* A story is told one event after the other, as a world would log it. */
struct story {
	struct ladder_event e[MOST];
	struct made_packet packet[MOST];
	size_t n;
};

static struct ladder_event *add(struct story *s, unsigned side, unsigned ms, enum ladder_what what)
{
	struct ladder_event *e = &s->e[s->n++];

	assert_true(s->n <= MOST);
	*e = (struct ladder_event){ .what = what,
				    .side = (uint8_t)side,
				    .to = side == 0,
				    .at = START + HF_MS(ms),
				    .arrives = START + HF_MS(ms + 10) };
	return e;
}

static void add_state(struct story *s, unsigned side, unsigned ms, enum hf_tcp_state from, enum tcp_event on)
{
	struct ladder_event *e = add(s, side, ms, LADDER_RECORD);
	const struct tcp_arrow *arrow = &tcp_arrows[from][on];

	assert_true(arrow->legal);
	e->record = (struct hf_trace_record){
		.kind = HF_TR_TCP_STATE, .from = from, .to = arrow->to, .arrow = arrow->row, .id = 1
	};
}

static struct ladder_event *add_segment(struct story *s, unsigned side, unsigned ms, uint8_t flags, uint32_t seq,
					uint32_t ack, size_t len)
{
	struct made_packet *p = &s->packet[s->n];
	struct ladder_event *e = add(s, side, ms, LADDER_SEGMENT);

	e->packet = make_packet(p, side == 0, flags, seq, ack, 1000, len);
	return e;
}

static void tell_handshake(struct story *s)
{
	s->n = 0;
	add_state(s, 1, 0, HF_TCP_CLOSED, TCP_ON_USER_PASSIVE_OPEN);
	add_state(s, 0, 0, HF_TCP_CLOSED, TCP_ON_USER_ACTIVE_OPEN);
	add_segment(s, 0, 0, TCP_SYN, 500, 0, 0);
	add_state(s, 1, 10, HF_TCP_LISTEN, TCP_ON_RCV_SYN);
	add_segment(s, 1, 10, TCP_SYN | TCP_ACK, 900, 501, 0);
	add_state(s, 0, 20, HF_TCP_SYN_SENT, TCP_ON_RCV_SYN_ACK);
	add_segment(s, 0, 20, TCP_ACK, 501, 901, 0);
	add_state(s, 1, 30, HF_TCP_SYN_RECEIVED, TCP_ON_RCV_ACK_OF_SYN);
}

static void expect_text(const struct story *s, const struct look *look, const char *expected)
{
	struct text t;

	text_init(&t);
	ladder_text(&t, names, s->e, s->n, START, look);
	assert_string_equal(text_str(&t), expected);
	text_free(&t);
}

static void layout_for_people(void **state)
{
	struct look look = look_plain(90);
	struct story s;

	(void)state;
	tell_handshake(&s);
	expect_text(&s, &look,
		    "      time  client                                                            server\n"
		    "       0ms  CLOSED        |                                                |  LISTEN\n"
		    "            server: the program listens [RFC 9293 3.10.1]\n"
		    "       0ms  SYN_SENT      |-- SYN seq 0 ---------------------------------->|  LISTEN\n"
		    "            client: the program connects; sends SYN [RFC 9293 3.10.1]\n"
		    "      10ms  SYN_SENT      |<------------------------ SYN,ACK seq 0 ack 1 --|  SYN_RECEIVED\n"
		    "            server: a SYN arrives; sends SYN,ACK [RFC 9293 3.10.7.2]\n"
		    "      20ms  ESTABLISHED   |-- ACK seq 1 ack 1 ---------------------------->|  SYN_RECEIVED\n"
		    "            client: a SYN arrives that acknowledges ours; sends ACK [RFC 9293 3.10.7.3]\n"
		    "      30ms  ESTABLISHED   |                                                |  ESTABLISHED\n"
		    "            server: our SYN is acknowledged [RFC 9293 3.10.7.4]\n");
}

static void trouble_shows(void **state)
{
	struct look look = look_plain(90);
	struct ladder_event *e;
	struct story s = { 0 };

	(void)state;
	e = add_segment(&s, 0, 0, TCP_SYN, 500, 0, 0);
	e->fate = LADDER_LOST;
	e->note = "loses this one";
	e = add_segment(&s, 0, 1000, TCP_SYN, 500, 0, 0);
	e->fate = LADDER_DELAYED;
	e->arrives = START + HF_S(20);
	add(&s, 0, 1500, LADDER_NOTE)->note = "the weather changes";
	e = add_segment(&s, 1, 2000, TCP_RST, 7, 0, 0);
	e->fate = LADDER_LOST;
	e = add_segment(&s, LADDER_NOBODY, 3000, TCP_RST, 7, 0, 0);
	e->to = 0;
	e->note = "forged";
	expect_text(&s, &look,
		    "      time  client                                                            server\n"
		    "       0ms  CLOSED        |-- SYN seq 0 -----------------------X           |  CLOSED\n"
		    "            client: asks to open: this is the first sequence number of its octets\n"
		    "            [RFC 9293 3.5]\n"
		    "            network: loses this one\n"
		    "    1000ms  CLOSED        |-- SYN seq 0, arrives 20.000s ----------------->|  CLOSED\n"
		    "            client: asks to open again: this is the first sequence number of its octets\n"
		    "            [RFC 9293 3.5]\n"
		    "    1500ms  -- the weather changes\n"
		    "    2000ms  CLOSED        |           X----------------------- RST seq 7 --|  CLOSED\n"
		    "            server: resets: whatever the other side believes of this connection is void\n"
		    "            [RFC 9293 3.5.2]\n"
		    "    3000ms  CLOSED        |<---------------------------------- RST seq 7 --*  CLOSED\n"
		    "            network: forged\n");
}

static void long_runs_are_summed_up(void **state)
{
	struct look look = look_plain(120);
	struct story s = { 0 };
	struct text t;
	unsigned lines[2] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		add_segment(&s, 0, i * 20, TCP_ACK, 1 + i * 100, 1, 100);
		add_segment(&s, 1, i * 20 + 10, TCP_ACK, 1, 101 + i * 100, 0);
	}
	text_init(&t);
	for (unsigned all = 0; all < 2; all++) {
		text_clear(&t);
		look.all = all;
		ladder_text(&t, names, s.e, s.n, START, &look);
		for (const char *at = text_str(&t); *at; at++)
			lines[all] += *at == '\n';
		if (!all)
			assert_non_null(
				strstr(text_str(&t),
				       "... and so on: 1800 octets in 18 segments, 18 segments with an ACK only ..."));
	}
	assert_int_equal(lines[0], 1 + 4 * 2 + 1);
	assert_int_equal(lines[1], 1 + 40 * 2);
	text_free(&t);
}

static void plain_unless_asked(void **state)
{
	struct look look = look_plain(90);
	struct story s;
	struct text t;

	(void)state;
	tell_handshake(&s);
	text_init(&t);
	ladder_text(&t, names, s.e, s.n, START, &look);
	assert_null(strchr(text_str(&t), '\033'));
	for (const char *at = text_str(&t); *at; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
	text_clear(&t);
	look.colour = true;
	ladder_text(&t, names, s.e, s.n, START, &look);
	assert_non_null(strchr(text_str(&t), '\033'));
	text_free(&t);
}

static void no_line_is_wider_than_asked(void **state)
{
	struct story s;
	struct text t;

	(void)state;
	tell_handshake(&s);
	add_segment(&s, 0, 40, TCP_ACK | TCP_FIN | TCP_URG | TCP_ECE | TCP_CWR | TCP_PSH, 4000000000u, 3000000000u, 100)->fate =
		LADDER_DELAYED;
	text_init(&t);
	for (unsigned columns = 72; columns <= 160; columns++) {
		struct look look = look_plain(columns);
		unsigned width = 0;

		text_clear(&t);
		ladder_text(&t, names, s.e, s.n, START, &look);
		for (const char *at = text_str(&t); *at; at++) {
			width = *at == '\n' ? 0 : width + 1;
			assert_true(width <= columns);
		}
	}
	text_free(&t);
}

/* "len 2" for 24 octets would be a lie. */
static void a_label_without_room_loses_whole_words(void **state)
{
	struct look look = look_plain(80);
	struct story s;
	struct text t;

	(void)state;
	tell_handshake(&s);
	add_segment(&s, 0, 40, TCP_ACK | TCP_FIN, 500 + 421, 900 + 1379, 24);
	add_segment(&s, 0, 50, TCP_ACK | TCP_FIN, 500 + 445, 900 + 100379, 100);
	add_segment(&s, 0, 60, TCP_ACK, 500 + 470, 900 + 1379, 24)->fate = LADDER_CHANGED;
	text_init(&t);
	ladder_text(&t, names, s.e, s.n, START, &look);
	assert_non_null(strstr(text_str(&t), "|-- FIN,ACK seq 421 ack 1379 len 24 -->|"));
	assert_non_null(strstr(text_str(&t), "|-- FIN,ACK seq 445 ack 100379 len.. ->|"));
	assert_non_null(strstr(text_str(&t), "|-- ACK seq 470 ack 1379 len 24.. ---->|"));
	text_free(&t);
}

static void compact_for_tests(void **state)
{
	struct story s;
	struct text t;

	(void)state;
	tell_handshake(&s);
	add_segment(&s, 1, 104, TCP_ACK | TCP_FIN, 901, 501, 0)->fate = LADDER_LOST;
	add_segment(&s, 0, 110, TCP_ACK, 501, 902, 0)->fate = LADDER_LOST;
	add_segment(&s, LADDER_NOBODY, 120, TCP_RST, 901, 0, 0)->to = 0;
	add_segment(&s, LADDER_NOBODY, 1300, TCP_RST, 501, 0, 0)->to = 1;
	text_init(&t);
	ladder_compact(&t, s.e, s.n, START);
	assert_string_equal(text_str(&t), "  0ms  A --> B  SYN\n"
					  " 10ms  <-- B A  SYN,ACK\n"
					  " 20ms  A --> B  ACK of SYN\n"
					  "104ms  X-- B A  FIN\n"
					  "110ms  A --X B  ACK of FIN\n"
					  "120ms  <-- * A  RST\n"
					  "1300ms  * --> B  RST\n");
	text_free(&t);
}

static void everything_as_json(void **state)
{
	struct story s;
	struct text t;
	struct json j;

	(void)state;
	tell_handshake(&s);
	add(&s, 0, 50, LADDER_NOTE)->note = "a \"note\"";
	add_segment(&s, 1, 104, TCP_ACK | TCP_FIN, 901, 501, 0)->fate = LADDER_LOST;
	text_init(&t);
	j = json_over(&t);
	ladder_json(&j, names, s.e, s.n, START);
	assert_int_equal(j.depth, 0);
	assert_non_null(strstr(
		text_str(&t),
		"    \"at_ns\": 10000000,\n    \"what\": \"segment\",\n    \"from\": \"server\",\n    \"to\": \"client\",\n"
		"    \"name\": \"SYN,ACK\",\n    \"flags\": \"SYN,ACK\",\n    \"src_port\": 80,\n    \"dst_port\": 5000,\n"
		"    \"seq\": 0,\n    \"ack\": 1,\n"));
	assert_non_null(strstr(text_str(&t), "\"from\": \"LISTEN\",\n    \"to\": \"SYN_RECEIVED\",\n"));
	assert_non_null(strstr(text_str(&t), "\"sentence\": \"a \\\"note\\\"\""));
	assert_non_null(strstr(text_str(&t), "\"fate\": \"lost\",\n    \"arrives_ns\": null,\n"));
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_for_people),           cmocka_unit_test(trouble_shows),
		cmocka_unit_test(long_runs_are_summed_up),     cmocka_unit_test(plain_unless_asked),
		cmocka_unit_test(no_line_is_wider_than_asked), cmocka_unit_test(a_label_without_room_loses_whole_words),
		cmocka_unit_test(compact_for_tests),           cmocka_unit_test(everything_as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
