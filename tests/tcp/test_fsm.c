/* SPDX-License-Identifier: MIT */
/*
 * The arrows of TCP. `golden` was written down from RFC 9293 figure 5 and the text of 3.10, not from tcp_fsm.def. Each
 * case below brings a TCP to the arrow's tail, makes the event happen from outside, and looks at the head: the state, what
 * went out, what the program was told, what is left in the tables. The last test proves that every row was followed.
 */
#include "drill.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const golden[] = {
	/* 3.10.1 OPEN */
	"CLOSED USER_PASSIVE_OPEN LISTEN NOTHING",
	"CLOSED USER_ACTIVE_OPEN SYN_SENT SEND_SYN",
	"LISTEN USER_ACTIVE_OPEN SYN_SENT SEND_SYN",
	/* 3.10.4 CLOSE */
	"LISTEN USER_CLOSE CLOSED DELETE",
	"SYN_SENT USER_CLOSE CLOSED DELETE",
	"SYN_RECEIVED USER_CLOSE FIN_WAIT_1 SEND_FIN",
	"ESTABLISHED USER_CLOSE FIN_WAIT_1 SEND_FIN",
	"CLOSE_WAIT USER_CLOSE LAST_ACK SEND_FIN",
	/* 3.10.5 ABORT */
	"SYN_SENT USER_ABORT CLOSED DELETE",
	"SYN_RECEIVED USER_ABORT CLOSED SEND_RST",
	"ESTABLISHED USER_ABORT CLOSED SEND_RST",
	"FIN_WAIT_1 USER_ABORT CLOSED SEND_RST",
	"FIN_WAIT_2 USER_ABORT CLOSED SEND_RST",
	"CLOSE_WAIT USER_ABORT CLOSED SEND_RST",
	"CLOSING USER_ABORT CLOSED DELETE",
	"LAST_ACK USER_ABORT CLOSED DELETE",
	"TIME_WAIT USER_ABORT CLOSED DELETE",
	/* 3.10.7.2 and 3.10.7.3 */
	"LISTEN RCV_SYN SYN_RECEIVED SEND_SYN_ACK",
	"SYN_SENT RCV_RST CLOSED TELL_USER",
	"SYN_SENT RCV_SYN_ACK ESTABLISHED SEND_ACK",
	"SYN_SENT RCV_SYN SYN_RECEIVED SEND_SYN_ACK",
	/* 3.10.7.4, second: RST */
	"SYN_RECEIVED RCV_RST_PASSIVE LISTEN DELETE",
	"SYN_RECEIVED RCV_RST CLOSED TELL_USER",
	"ESTABLISHED RCV_RST CLOSED TELL_USER",
	"FIN_WAIT_1 RCV_RST CLOSED TELL_USER",
	"FIN_WAIT_2 RCV_RST CLOSED TELL_USER",
	"CLOSE_WAIT RCV_RST CLOSED TELL_USER",
	"CLOSING RCV_RST CLOSED TELL_USER",
	"LAST_ACK RCV_RST CLOSED TELL_USER",
	/* fourth: SYN */
	"SYN_RECEIVED RCV_SYN LISTEN DELETE",
	/* fifth: ACK */
	"SYN_RECEIVED RCV_ACK_OF_SYN ESTABLISHED NOTHING",
	"FIN_WAIT_1 RCV_ACK_OF_FIN FIN_WAIT_2 NOTHING",
	"CLOSING RCV_ACK_OF_FIN TIME_WAIT START_2MSL",
	"LAST_ACK RCV_ACK_OF_FIN CLOSED DELETE",
	/* eighth: FIN */
	"ESTABLISHED RCV_FIN CLOSE_WAIT SEND_ACK",
	"FIN_WAIT_1 RCV_FIN CLOSING SEND_ACK",
	"FIN_WAIT_1 RCV_FIN_ACK_OF_FIN TIME_WAIT ACK_START_2MSL",
	"FIN_WAIT_2 RCV_FIN TIME_WAIT ACK_START_2MSL",
	"TIME_WAIT RCV_FIN_AGAIN TIME_WAIT ACK_START_2MSL",
	/* 3.10.8 and 3.8.3, 3.9.2.2 */
	"TIME_WAIT TIMEOUT_2MSL CLOSED DELETE",
	"SYN_SENT TIMEOUT_R2 CLOSED TELL_USER",
	"SYN_RECEIVED TIMEOUT_R2 CLOSED TELL_USER",
	"ESTABLISHED TIMEOUT_R2 CLOSED TELL_USER",
	"FIN_WAIT_1 TIMEOUT_R2 CLOSED TELL_USER",
	"FIN_WAIT_2 TIMEOUT_R2 CLOSED TELL_USER",
	"CLOSE_WAIT TIMEOUT_R2 CLOSED TELL_USER",
	"CLOSING TIMEOUT_R2 CLOSED TELL_USER",
	"LAST_ACK TIMEOUT_R2 CLOSED TELL_USER",
	"SYN_SENT ICMP_HARD CLOSED TELL_USER",
	"SYN_RECEIVED ICMP_HARD CLOSED TELL_USER",
	"ESTABLISHED ICMP_HARD CLOSED TELL_USER",
	"FIN_WAIT_1 ICMP_HARD CLOSED TELL_USER",
	"CLOSE_WAIT ICMP_HARD CLOSED TELL_USER",
	"CLOSING ICMP_HARD CLOSED TELL_USER",
	"LAST_ACK ICMP_HARD CLOSED TELL_USER",
	/* no arrow of the RFC's: a block that nobody holds any more does not wait for ever */
	"FIN_WAIT_2 TIMEOUT_ORPHAN CLOSED DELETE",
	/* RFC 6191 */
	"TIME_WAIT RCV_NEW_SYN SYN_RECEIVED SEND_SYN_ACK",
	/* no arrow of TCP's: the scenario that shows what the third step of the handshake is good for */
	"LISTEN BELIEVE_SYN ESTABLISHED SEND_SYN_ACK",
};

static void tell_row(unsigned from, unsigned on, unsigned to, unsigned then, char text[128])
{
	snprintf(text, 128, "%s %s %s %s", hf_tcp_state_name(from), tcp_event_name(on), hf_tcp_state_name(to),
		 tcp_action_name(then));
}

static bool is_golden(const char *text)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(golden); i++)
		if (strcmp(golden[i], text) == 0)
			return true;
	return false;
}

static void rows_are_those_of_the_rfc(void **state)
{
	const struct tcp_fsm_row *rows;
	size_t n = tcp_fsm_rows(&rows);
	char text[128];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		tell_row(rows[i].from, rows[i].on, rows[i].to, rows[i].then, text);
		if (!is_golden(text))
			fail_msg("no arrow of RFC 9293: %s", text);
		assert_non_null(rows[i].rfc);
	}
	/* No two rows are the same (the compiler sees to it), so that as many means all. */
	assert_int_equal(n, HF_ARRAY_LEN(golden));
}

static void every_other_pair_is_illegal(void **state)
{
	size_t legal = 0;

	(void)state;
	for (unsigned from = 0; from < HF_TCP_STATE_COUNT; from++) {
		for (unsigned on = 0; on < TCP_EVENT_COUNT; on++) {
			const struct tcp_arrow *a = &tcp_arrows[from][on];
			char text[128];

			if (!a->legal)
				continue;
			legal++;
			tell_row(from, on, a->to, a->then, text);
			assert_true(is_golden(text));
		}
	}
	assert_int_equal(legal, HF_ARRAY_LEN(golden));
}

/* ---- following them ---- */

enum told { NOBODY = -1 }; /* no name is held, or nothing is told */

struct follow {
	const char *row; /* the record that must be made, and no other; several with ", " */
	enum drill_place from;
	const char *event; /* "> SEGMENT", or a word of happen() */
	const char *out;   /* what goes out then */
	const char *state; /* where the tuple is */
	int why;           /* hf_status, when the program is told of an end */
	uint32_t events;   /* all that it is told */
};

#define CONN HF_EV_CONNECTED
#define ENDS HF_EV_CLOSED
#define WRITE HF_EV_WRITABLE
#define PEER_FIN (HF_EV_PEER_FIN | HF_EV_READABLE)

/* clang-format off */
static const struct follow cases[] = {
	{ "CLOSED USER_PASSIVE_OPEN LISTEN NOTHING", AT_CLOSED, "listen", "", "LISTEN", NOBODY, 0 },
	{ "CLOSED USER_ACTIVE_OPEN SYN_SENT SEND_SYN", AT_CLOSED, "connect", "S 0 mss 1460", "SYN_SENT", NOBODY, 0 },

	{ "LISTEN RCV_SYN SYN_RECEIVED SEND_SYN_ACK", AT_LISTEN, "> S 0 mss 1460", "SA 0 ack 1 mss 1460", "SYN_RECEIVED", NOBODY, 0 },
	{ "LISTEN USER_ACTIVE_OPEN SYN_SENT SEND_SYN", AT_LISTEN, "turn", "S 0 mss 1460", "SYN_SENT", NOBODY, 0 },
	{ "LISTEN USER_CLOSE CLOSED DELETE", AT_LISTEN, "unlisten", "", "CLOSED", NOBODY, 0 },
	{ "LISTEN BELIEVE_SYN ESTABLISHED SEND_SYN_ACK", AT_LISTEN, "believe", "SA 0 ack 1", "ESTABLISHED", NOBODY, HF_EV_ACCEPT },

	{ "SYN_SENT RCV_SYN_ACK ESTABLISHED SEND_ACK", AT_SYN_SENT, "> SA 0 ack 1", "A 1 ack 1", "ESTABLISHED", NOBODY, CONN | WRITE },
	{ "SYN_SENT RCV_SYN SYN_RECEIVED SEND_SYN_ACK", AT_SYN_SENT, "> S 0", "SA 0 ack 1", "SYN_RECEIVED", NOBODY, 0 },
	{ "SYN_SENT RCV_RST CLOSED TELL_USER", AT_SYN_SENT, "> RA 0 ack 1", "", "CLOSED", HF_REFUSED, ENDS },
	{ "SYN_SENT USER_CLOSE CLOSED DELETE", AT_SYN_SENT, "shut", "", "CLOSED", HF_OK, ENDS },
	{ "SYN_SENT USER_ABORT CLOSED DELETE", AT_SYN_SENT, "abort", "", "CLOSED", NOBODY, 0 },
	{ "SYN_SENT TIMEOUT_R2 CLOSED TELL_USER", AT_SYN_SENT, "r2", "", "CLOSED", HF_TIMED_OUT, ENDS | HF_EV_ADVICE },
	{ "SYN_SENT ICMP_HARD CLOSED TELL_USER", AT_SYN_SENT, "port unreachable", "", "CLOSED", HF_REFUSED, ENDS },

	{ "SYN_RECEIVED RCV_ACK_OF_SYN ESTABLISHED NOTHING", AT_SYN_RECEIVED_PASSIVE, "> A 1 ack 1", "", "ESTABLISHED", NOBODY, HF_EV_ACCEPT },
	{ "SYN_RECEIVED RCV_ACK_OF_SYN ESTABLISHED NOTHING", AT_SYN_RECEIVED_ACTIVE, "> A 1 ack 1", "", "ESTABLISHED", NOBODY, CONN | WRITE },
	{ "SYN_RECEIVED RCV_RST CLOSED TELL_USER", AT_SYN_RECEIVED_ACTIVE, "> R 1", "", "CLOSED", HF_REFUSED, ENDS },
	{ "SYN_RECEIVED RCV_RST_PASSIVE LISTEN DELETE", AT_SYN_RECEIVED_PASSIVE, "> R 1", "", "LISTEN", NOBODY, 0 },
	{ "SYN_RECEIVED RCV_SYN LISTEN DELETE", AT_SYN_RECEIVED_PASSIVE, "> S 100", "", "LISTEN", NOBODY, 0 },
	{ "SYN_RECEIVED USER_CLOSE FIN_WAIT_1 SEND_FIN", AT_SYN_RECEIVED_ACTIVE, "shut", "FA 1 ack 1", "FIN_WAIT_1", NOBODY, 0 },
	{ "SYN_RECEIVED USER_ABORT CLOSED SEND_RST", AT_SYN_RECEIVED_ACTIVE, "abort", "RA 1 ack 1", "CLOSED", NOBODY, 0 },
	{ "SYN_RECEIVED TIMEOUT_R2 CLOSED TELL_USER", AT_SYN_RECEIVED_ACTIVE, "r2", "", "CLOSED", HF_TIMED_OUT, ENDS | HF_EV_ADVICE },
	{ "SYN_RECEIVED TIMEOUT_R2 CLOSED TELL_USER", AT_SYN_RECEIVED_PASSIVE, "r2", "", "LISTEN", NOBODY, 0 },
	{ "SYN_RECEIVED ICMP_HARD CLOSED TELL_USER", AT_SYN_RECEIVED_ACTIVE, "protocol unreachable", "", "CLOSED", HF_UNREACHABLE, ENDS },

	{ "ESTABLISHED USER_CLOSE FIN_WAIT_1 SEND_FIN", AT_ESTABLISHED, "shut", "FA 1 ack 1", "FIN_WAIT_1", NOBODY, 0 },
	{ "ESTABLISHED USER_ABORT CLOSED SEND_RST", AT_ESTABLISHED, "abort", "RA 1 ack 1", "CLOSED", NOBODY, 0 },
	{ "ESTABLISHED RCV_FIN CLOSE_WAIT SEND_ACK", AT_ESTABLISHED, "> FA 1 ack 1", "A 1 ack 2", "CLOSE_WAIT", NOBODY, PEER_FIN },
	{ "ESTABLISHED RCV_RST CLOSED TELL_USER", AT_ESTABLISHED, "> R 1", "", "CLOSED", HF_RESET, ENDS },
	{ "ESTABLISHED TIMEOUT_R2 CLOSED TELL_USER", AT_ESTABLISHED, "write, r2", "", "CLOSED", HF_TIMED_OUT, ENDS | HF_EV_ADVICE },
	{ "ESTABLISHED ICMP_HARD CLOSED TELL_USER", AT_ESTABLISHED, "write, port unreachable", "", "CLOSED", HF_REFUSED, ENDS },

	{ "FIN_WAIT_1 RCV_ACK_OF_FIN FIN_WAIT_2 NOTHING", AT_FIN_WAIT_1, "> A 1 ack 2", "", "FIN_WAIT_2", NOBODY, 0 },
	{ "FIN_WAIT_1 RCV_FIN CLOSING SEND_ACK", AT_FIN_WAIT_1, "> FA 1 ack 1", "A 2 ack 2", "CLOSING", NOBODY, PEER_FIN },
	{ "FIN_WAIT_1 RCV_FIN_ACK_OF_FIN TIME_WAIT ACK_START_2MSL", AT_FIN_WAIT_1, "> FA 1 ack 2", "A 2 ack 2", "TIME_WAIT", NOBODY, PEER_FIN },
	{ "FIN_WAIT_1 USER_ABORT CLOSED SEND_RST", AT_FIN_WAIT_1, "abort", "RA 2 ack 1", "CLOSED", NOBODY, 0 },
	{ "FIN_WAIT_1 RCV_RST CLOSED TELL_USER", AT_FIN_WAIT_1, "> R 1", "", "CLOSED", HF_RESET, ENDS },
	{ "FIN_WAIT_1 TIMEOUT_R2 CLOSED TELL_USER", AT_FIN_WAIT_1, "r2", "", "CLOSED", HF_TIMED_OUT, ENDS | HF_EV_ADVICE },
	{ "FIN_WAIT_1 ICMP_HARD CLOSED TELL_USER", AT_FIN_WAIT_1, "port unreachable", "", "CLOSED", HF_REFUSED, ENDS },

	{ "FIN_WAIT_2 RCV_FIN TIME_WAIT ACK_START_2MSL", AT_FIN_WAIT_2, "> FA 1 ack 2", "A 2 ack 2", "TIME_WAIT", NOBODY, PEER_FIN },
	{ "FIN_WAIT_2 USER_ABORT CLOSED SEND_RST", AT_FIN_WAIT_2, "abort", "RA 2 ack 1", "CLOSED", NOBODY, 0 },
	{ "FIN_WAIT_2 RCV_RST CLOSED TELL_USER", AT_FIN_WAIT_2, "> R 1", "", "CLOSED", HF_RESET, ENDS },
	{ "FIN_WAIT_2 TIMEOUT_R2 CLOSED TELL_USER", AT_FIN_WAIT_2, "keep-alive dead", "", "CLOSED", HF_TIMED_OUT, ENDS },
	{ "FIN_WAIT_2 TIMEOUT_ORPHAN CLOSED DELETE", AT_FIN_WAIT_2, "close, orphan", "", "CLOSED", NOBODY, 0 },

	{ "CLOSE_WAIT USER_CLOSE LAST_ACK SEND_FIN", AT_CLOSE_WAIT, "shut", "FA 1 ack 2", "LAST_ACK", NOBODY, 0 },
	{ "CLOSE_WAIT USER_ABORT CLOSED SEND_RST", AT_CLOSE_WAIT, "abort", "RA 1 ack 2", "CLOSED", NOBODY, 0 },
	{ "CLOSE_WAIT RCV_RST CLOSED TELL_USER", AT_CLOSE_WAIT, "> R 2", "", "CLOSED", HF_RESET, ENDS },
	{ "CLOSE_WAIT TIMEOUT_R2 CLOSED TELL_USER", AT_CLOSE_WAIT, "write, r2", "", "CLOSED", HF_TIMED_OUT, ENDS | HF_EV_ADVICE },
	{ "CLOSE_WAIT ICMP_HARD CLOSED TELL_USER", AT_CLOSE_WAIT, "write, port unreachable", "", "CLOSED", HF_REFUSED, ENDS },

	{ "CLOSING RCV_ACK_OF_FIN TIME_WAIT START_2MSL", AT_CLOSING, "> A 2 ack 2", "", "TIME_WAIT", NOBODY, 0 },
	{ "CLOSING USER_ABORT CLOSED DELETE", AT_CLOSING, "abort", "", "CLOSED", NOBODY, 0 },
	{ "CLOSING RCV_RST CLOSED TELL_USER", AT_CLOSING, "> R 2", "", "CLOSED", HF_OK, ENDS },
	{ "CLOSING TIMEOUT_R2 CLOSED TELL_USER", AT_CLOSING, "r2", "", "CLOSED", HF_TIMED_OUT, ENDS | HF_EV_ADVICE },
	{ "CLOSING ICMP_HARD CLOSED TELL_USER", AT_CLOSING, "port unreachable", "", "CLOSED", HF_REFUSED, ENDS },

	{ "LAST_ACK RCV_ACK_OF_FIN CLOSED DELETE", AT_LAST_ACK, "> A 2 ack 2", "", "CLOSED", HF_OK, ENDS },
	{ "LAST_ACK USER_ABORT CLOSED DELETE", AT_LAST_ACK, "abort", "", "CLOSED", NOBODY, 0 },
	{ "LAST_ACK RCV_RST CLOSED TELL_USER", AT_LAST_ACK, "> R 2", "", "CLOSED", HF_OK, ENDS },
	{ "LAST_ACK TIMEOUT_R2 CLOSED TELL_USER", AT_LAST_ACK, "r2", "", "CLOSED", HF_TIMED_OUT, ENDS | HF_EV_ADVICE },
	{ "LAST_ACK ICMP_HARD CLOSED TELL_USER", AT_LAST_ACK, "port unreachable", "", "CLOSED", HF_REFUSED, ENDS },

	{ "TIME_WAIT RCV_FIN_AGAIN TIME_WAIT ACK_START_2MSL", AT_TIME_WAIT_BARE, "wait, > FA 1 ack 2", "A 2 ack 2", "TIME_WAIT", NOBODY, 0 },
	{ "TIME_WAIT RCV_FIN_AGAIN TIME_WAIT ACK_START_2MSL", AT_TIME_WAIT_HELD, "wait, > FA 1 ack 2", "A 2 ack 2", "TIME_WAIT", NOBODY, 0 },
	{ "CLOSED USER_PASSIVE_OPEN LISTEN NOTHING, TIME_WAIT RCV_NEW_SYN SYN_RECEIVED SEND_SYN_ACK", AT_TIME_WAIT_BARE,
	  "listen, > S 100000 mss 1460", "new SYN,ACK", "SYN_RECEIVED", NOBODY, 0 },
	{ "TIME_WAIT USER_ABORT CLOSED DELETE", AT_TIME_WAIT_HELD, "abort", "", "CLOSED", NOBODY, 0 },
	{ "TIME_WAIT TIMEOUT_2MSL CLOSED DELETE", AT_TIME_WAIT_BARE, "2msl", "", "CLOSED", NOBODY, 0 },
	{ "TIME_WAIT TIMEOUT_2MSL CLOSED DELETE", AT_TIME_WAIT_HELD, "2msl", "", "CLOSED", HF_OK, ENDS },
};
/* clang-format on */

/* Waits until the state is another, a second at a time; what goes out meanwhile is the business of test_timers.c. */
static void wait_for_end(struct drill *d)
{
	char before[32];

	snprintf(before, sizeof before, "%s", drill_state(d));
	for (int s = 0; s < 12000 && strcmp(before, drill_state(d)) == 0; s++) {
		for (; d->looked < d->in_out; d->looked++)
			assert_false(d->out[d->looked].h.flags & TCP_RST);
		drill_forget_out(d);
		pass(d, HF_S(1));
	}
}

static void turn_active(struct drill *d)
{
	struct hf_endpoint remote = { .addr = d->lab->host[LAB_B].addr, .port = d->peer_port }, ignored;

	assert_int_equal(tcp_listener_connect(d->tcp, d->listener, &remote, 1500, d->lab->now, &d->conn), HF_OK);
	d->named = true;
	/* The listener is one with the connection now. */
	assert_int_equal(tcp_listener_local(d->tcp, d->listener, &ignored), HF_STALE);
}

static void happen_one(struct drill *d, const char *what)
{
	struct hf_conn_options o;

	if (what[0] == '>') {
		peer(d, "%s", what + 1);
	} else if (strcmp(what, "listen") == 0) {
		drill_listen(d);
	} else if (strcmp(what, "connect") == 0) {
		drill_connect(d);
	} else if (strcmp(what, "turn") == 0) {
		turn_active(d);
	} else if (strcmp(what, "unlisten") == 0) {
		assert_int_equal(tcp_unlisten(d->tcp, d->listener, d->lab->now), HF_OK);
		d->listener = (hf_listener){ 0 };
	} else if (strcmp(what, "believe") == 0) {
		d->tcp->cfg.faults = HF_FAULT_TWO_WAY_HANDSHAKE;
		peer(d, "S 0 mss 1460");
	} else if (strcmp(what, "shut") == 0) {
		drill_shut(d);
	} else if (strcmp(what, "close") == 0) {
		drill_close(d);
	} else if (strcmp(what, "abort") == 0) {
		drill_abort(d);
	} else if (strcmp(what, "write") == 0) {
		drill_write(d, 10);
		drill_forget_out(d);
	} else if (strcmp(what, "wait") == 0) {
		pass(d, HF_S(59));
	} else if (strcmp(what, "port unreachable") == 0) {
		drill_icmp(d, 3, 3, drill_info(d).snd_una - d->iss, 0);
	} else if (strcmp(what, "protocol unreachable") == 0) {
		drill_icmp(d, 3, 2, drill_info(d).snd_una - d->iss, 0);
	} else if (strcmp(what, "keep-alive dead") == 0) {
		assert_int_equal(tcp_get_options(d->tcp, d->conn, &o), HF_OK);
		o.keepalive = true;
		assert_int_equal(tcp_set_options(d->tcp, d->conn, &o, d->lab->now), HF_OK);
		wait_for_end(d);
	} else if (strcmp(what, "r2") == 0 || strcmp(what, "2msl") == 0 || strcmp(what, "orphan") == 0) {
		wait_for_end(d);
	} else {
		fail_msg("not understood: %s", what);
	}
}

static void happen(struct drill *d, const char *what)
{
	char one[128];

	while (*what) {
		size_t n = strcspn(what, ",");

		snprintf(one, sizeof one, "%.*s", (int)n, what);
		happen_one(d, one);
		what += n;
		what += strspn(what, ", ");
	}
}

/* All arrows followed since the cursor, as text. */
static void tell_arrows(struct drill *d, uint64_t *cursor, char *to, size_t room)
{
	struct hf_trace_record r;
	uint64_t lost = 0;

	to[0] = 0;
	while (hf_trace_read(&d->lab->host[LAB_A].trace, cursor, &r, &lost)) {
		char row[128];

		if (r.kind != HF_TR_TCP_STATE)
			continue;
		tell_row(r.from, r.x, r.to, r.y, row);
		snprintf(to + strlen(to), room - strlen(to), "%s%s", to[0] ? ", " : "", row);
	}
	assert_int_equal(lost, 0);
}

/* A record lies in the future: skips what there is. */
static uint64_t cursor_now(struct drill *d)
{
	uint64_t cursor = 0, lost = 0;
	struct hf_trace_record r;

	while (hf_trace_read(&d->lab->host[LAB_A].trace, &cursor, &r, &lost))
		;
	return cursor;
}

static void see_what_went_out(struct drill *d, const struct follow *f)
{
	uint32_t old_end = d->iss + 2;

	if (strcmp(f->out, "new SYN,ACK") != 0) {
		sees(d, "%s", f->out);
		return;
	}
	/* A new incarnation: beyond the numbers of the old one (RFC 9293 3.6.1, MAY-2). */
	lab_step(d->lab);
	assert_int_equal(d->in_out, d->looked + 1);
	assert_true(seq_gt(d->out[d->looked].h.seq, old_end));
	d->iss = d->out[d->looked].h.seq;
	sees(d, "SA 0 ack 100001 mss 1460");
}

static void ends_after_2msl(struct drill *d)
{
	pass(d, HF_S(60) - 1);
	in_state(d, "TIME_WAIT");
	sees_nothing(d);
	pass(d, 1);
	in_state(d, "CLOSED");
	sees_nothing(d);
}

static void follow_one(const struct follow *f)
{
	struct drill *d = drill_new(NULL);
	char have[512];
	uint64_t cursor;

	drill_go(d, f->from);
	cursor = cursor_now(d);
	happen(d, f->event);
	tell_arrows(d, &cursor, have, sizeof have);
	assert_string_equal(have, f->row);
	in_state(d, f->state);
	see_what_went_out(d, f);
	assert_int_equal(drill_events(d), f->events);
	if (f->why != NOBODY) {
		assert_int_equal(drill_info(d).state, HF_TCP_CLOSED);
		assert_int_equal(drill_info(d).why, f->why);
	} else if (strcmp(f->state, "CLOSED") == 0) {
		assert_int_equal(d->tcp->conns.in_use, 0);
	}
	if (strcmp(f->state, "LISTEN") == 0 || strcmp(f->state, "CLOSED") == 0) {
		assert_int_equal(d->tcp->half_count, 0);
		assert_int_equal(d->tcp->tw_count, 0);
		assert_int_equal(d->tcp->ready.head, HF_NONE);
	}
	if (strcmp(f->state, "TIME_WAIT") == 0)
		ends_after_2msl(d);
	drill_end(d);
}

static void each_arrow_is_followed(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(cases); i++) {
		print_message("           %s\n", cases[i].row);
		follow_one(&cases[i]);
	}
}

/* What an arrow leads to must behave as that state, not only be called so. */
static void unlisten_refuses_and_forgets(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	happen(d, "unlisten");
	assert_int_equal(d->tcp->half_count, 0);
	d->iss_known = true;
	peer(d, "S 0 mss 1460");
	sees(d, "RA z ack 1");
	in_state(d, "CLOSED");
	drill_end(d);
}

static void unlisten_resets_what_nobody_accepted(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	happen(d, "unlisten");
	sees(d, "RA 1 ack 1");
	assert_int_equal(d->tcp->conns.in_use, 0);
	drill_end(d);
}

static void data_and_close_wait_for_the_handshake(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_connect(d);
	drill_write(d, 5);
	sees(d, "S 0");
	peer(d, "S 0");
	sees(d, "SA 0 ack 1");
	drill_shut(d); /* SYN_RECEIVED with data queued: 3.10.4 has it wait */
	sees_nothing(d);
	in_state(d, "SYN_RECEIVED");
	peer(d, "A 1 ack 1");
	sees(d, "FPA 1+5 ack 1");
	took_path(d, "SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 ");
	drill_end(d);
}

static void fin_on_the_handshakes_last_ack(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "FA 1 ack 1");
	sees(d, "A 1 ack 2");
	took_path(d, "ESTABLISHED CLOSE_WAIT ");
	drill_end(d);
}

static void every_row_was_followed(void **state)
{
	const struct tcp_fsm_row *rows;
	size_t n = tcp_fsm_rows(&rows), missing = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (lab_arrows[i] == 0) {
			print_error("never followed: %s on %s\n", hf_tcp_state_name(rows[i].from),
				    tcp_event_name(rows[i].on));
			missing++;
		}
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_arrow_is_followed),
		cmocka_unit_test(unlisten_refuses_and_forgets),
		cmocka_unit_test(unlisten_resets_what_nobody_accepted),
		cmocka_unit_test(data_and_close_wait_for_the_handshake),
		cmocka_unit_test(fin_on_the_handshakes_last_ack),
		cmocka_unit_test(every_row_was_followed),
		cmocka_unit_test(rows_are_those_of_the_rfc),
		cmocka_unit_test(every_other_pair_is_illegal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
