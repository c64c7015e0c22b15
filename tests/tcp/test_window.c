/* SPDX-License-Identifier: MIT */
/* Both windows: sliding, silly, closed and probed, shrunk; Nagle and delayed ACKs. */
#include "drill.h"

#include <stdlib.h>

/* ---- the sender's window ---- */

static void window_slides(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	drill_write(d, 10000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	peer(d, "A 1 ack 1001 win 4000");
	sees(d, "A 4001+1000 ack 1");
	peer(d, "A 1 ack 1001 win 6000");
	sees(d, "A 5001+1000 ack 1; A 6001+1000 ack 1");
	peer(d, "A 1 ack 7001 win 4000");
	sees(d, "A 7001+1000 ack 1; A 8001+1000 ack 1; PA 9001+1000 ack 1");
	peer(d, "A 1 ack 10001 win 4000");
	sees_nothing(d);
	assert_int_equal(drill_info(d).acked, 10000);
	assert_int_equal(drill_info(d).send_queued, 0);
	assert_int_equal(drill_info(d).retransmit_at, HF_NEVER);
	drill_end(d);
}

static void window_slides_with_scale(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 ws 3 win 3000");
	drill_write(d, 10000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1");
	peer(d, "A 1 ack 1001 win 250"); /* 2000 */
	sees_nothing(d);
	peer(d, "A 1 ack 2001 win 500"); /* 4000 */
	sees(d, "A 3001+1000 ack 1; A 4001+1000 ack 1; A 5001+1000 ack 1");
	drill_end(d);
}

/* SND.WL1 and SND.WL2: an old segment that comes late says nothing of the window (3.10.7.4). */
static void old_segments_do_not_move_the_window(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	peer(d, "PA 1+10 ack 1 win 3000");
	assert_int_equal(drill_info(d).snd_wnd, 3000);
	drill_write(d, 2000);
	drill_forget_out(d);
	peer(d, "PA 11+10 ack 2001 win 5000");
	assert_int_equal(drill_info(d).snd_wnd, 5000);
	peer(d, "A 11 ack 1001 win 1000"); /* older in both */
	assert_int_equal(drill_info(d).snd_wnd, 5000);
	peer(d, "A 21 ack 1001 win 1000"); /* seq as new, ack older than SND.UNA */
	assert_int_equal(drill_info(d).snd_wnd, 5000);
	peer(d, "A 21 ack 2001 win 6000"); /* both the same or newer: counts */
	assert_int_equal(drill_info(d).snd_wnd, 6000);
	drill_end(d);
}

/* MUST-38 (3.8.6.2.1) */
static void no_silly_segments_are_sent(void **state)
{
	struct drill *d = drill_new(NULL);
	hf_time_ns waited;

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	drill_write(d, 6000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	/* The window crawls open: nothing until a whole segment fits. */
	peer(d, "A 1 ack 1001 win 3100");
	peer(d, "A 1 ack 1001 win 3500");
	peer(d, "A 1 ack 1001 win 3999");
	sees_nothing(d);
	peer(d, "A 1 ack 1001 win 4000");
	sees(d, "A 4001+1000 ack 1");
	/* Nothing under way, and the window stays silly: the override timer lets what fits go. */
	peer(d, "A 1 ack 5001 win 100");
	sees_nothing(d);
	waited = drill_until_sent(d, HF_S(10));
	assert_in_range(waited, HF_MS(100), HF_S(1));
	sees(d, "A 5001+100 ack 1");
	drill_end(d);
}

static void half_of_the_largest_window_is_not_silly(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	/* A peer whose whole window is smaller than a segment. */
	drill_open(d, "mss 1000 win 600");
	drill_write(d, 2000);
	sees(d, "A 1+600 ack 1");
	peer(d, "A 1 ack 601 win 299");
	sees_nothing(d);
	peer(d, "A 1 ack 601 win 300");
	sees(d, "A 601+300 ack 1");
	drill_end(d);
}

/* SHLD-7 (3.7.4) and MUST-17 */
static void nagle(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 100);
	sees(d, "PA 1+100 ack 1");
	drill_write(d, 100);
	drill_write(d, 100);
	sees_nothing(d);
	drill_write(d, 900); /* a full segment need not wait */
	sees(d, "A 101+1000 ack 1");
	peer(d, "A 1 ack 101");
	sees_nothing(d);
	peer(d, "A 1 ack 1101");
	sees(d, "PA 1101+100 ack 1");
	/* Turned off: at once, what is queued and what comes. */
	drill_write(d, 10);
	sees_nothing(d);
	assert_int_equal(tcp_get_options(d->tcp, d->conn, &o), HF_OK);
	assert_false(o.nodelay);
	o.nodelay = true;
	assert_int_equal(tcp_set_options(d->tcp, d->conn, &o, d->lab->now), HF_OK);
	sees(d, "PA 1201+10 ack 1");
	drill_write(d, 10);
	sees(d, "PA 1211+10 ack 1");
	o.nodelay = false;
	assert_int_equal(tcp_set_options(d->tcp, d->conn, &o, d->lab->now), HF_OK);
	drill_write(d, 10);
	sees_nothing(d);
	/* Nothing more can come behind a FIN: no reason to wait. */
	drill_shut(d);
	sees(d, "FPA 1221+10 ack 1");
	drill_end(d);
}

static void without_nagle(struct hf_host_config *c)
{
	c->tcp.nodelay = true;
}

static void nodelay_from_the_start(void **state)
{
	struct drill *d = drill_new(without_nagle);

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 100);
	sees(d, "PA 1+100 ack 1");
	drill_write(d, 100);
	sees(d, "PA 101+100 ack 1");
	drill_end(d);
}

/* MUST-61; MUST-60: nobody needs to ask for PUSH. */
static void push_marks_the_end_of_what_is_queued(void **state)
{
	struct drill *d = drill_new(without_nagle);

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 2500);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; PA 2001+500 ack 1");
	peer(d, "A 1 ack 2501 win 1000");
	drill_write(d, 1500);
	sees(d, "A 2501+1000 ack 1"); /* more lies behind it */
	peer(d, "A 1 ack 3501 win 1000");
	sees(d, "PA 3501+500 ack 1");
	/* Without PSH what comes is readable as well. */
	peer(d, "A 1+10 ack 4001");
	assert_int_equal(drill_events(d) & HF_EV_READABLE, HF_EV_READABLE);
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

/* SHLD-27: octets that were pushed one by one go in one segment, with one PSH; when they are sent again, too. */
static void successive_pushes_become_one(void **state)
{
	struct drill *d = drill_new(without_nagle);

	(void)state;
	drill_open(d, "mss 1000");
	for (int i = 0; i < 3; i++)
		drill_write(d, 300);
	sees(d, "PA 1+900 ack 1");
	for (int i = 0; i < 5; i++)
		drill_write(d, 300);
	sees(d, "A 901+1000 ack 1; PA 1901+500 ack 1");
	peer(d, "A 1 ack 2401");
	drill_write(d, 100);
	sees(d, "PA 2401+100 ack 1");
	drill_write(d, 100);
	sees(d, "PA 2501+100 ack 1");
	assert_true(drill_until_sent(d, HF_S(1)) != HF_NEVER);
	sees(d, "PA 2401+200 ack 1");
	drill_end(d);
}

/* ---- the receiver's window ---- */

/* MUST-39 (3.8.6.2.2), SHLD-14 */
static void receiver_opens_in_worthwhile_steps(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t i = 0; i < 20; i += 2)
		peer(d, "A %u+1000 ack 1; A %u+1000 ack 1", 1 + i * 1000, 1001 + i * 1000);
	sees(d, "A 1 ack 20001 win 0"); /* aggregated: MUST-58 */
	assert_int_equal(drill_count(d, HF_TR_TCP_WINDOW_CLOSED), 1);
	assert_int_equal(drill_read(d, 999), 999);
	sees_nothing(d);
	peer(d, "A 20001+1 ack 1"); /* a probe is answered, the window still shut */
	sees(d, "A 1 ack 20001 win 0");
	assert_int_equal(drill_read(d, 1), 1);
	sees(d, "A 1 ack 20001 win 1000");
	assert_int_equal(drill_count(d, HF_TR_TCP_WINDOW_OPEN), 1);
	/* From here on news go out once half of the buffer has come free. */
	assert_int_equal(drill_read(d, 9000), 9000);
	sees_nothing(d);
	assert_int_equal(drill_read(d, 1000), 1000);
	sees(d, "A 1 ack 20001 win 11000");
	assert_int_equal(drill_read(d, 20000), 9000);
	sees_nothing(d);
	peer(d, "A 20001+1000 ack 1");
	pass(d, HF_MS(40));
	sees(d, "A 1 ack 21001 win 19000");
	drill_end(d);
}

static void odd_window(struct hf_host_config *c)
{
	c->tcp.recv_window = 70001; /* wants a scale of 1 */
}

static void wide_window(struct hf_host_config *c)
{
	c->tcp.recv_window = 1 << 20;
}

/* What the field cannot say must neither take back what was promised nor promise more than there is room for. */
static void scaled_window_does_not_creep(struct drill *d, uint32_t window, uint32_t step, uint32_t unit)
{
	uint32_t at = 1, best = 0;

	drill_open(d, "mss 1460 ws 0");
	while (at < 2 * window) {
		uint32_t edge;

		peer(d, "A %u+%u ack 1", at, step);
		lab_step(d->lab);
		at = drill_info(d).rcv_nxt - d->peer_iss;
		for (; d->looked < d->in_out; d->looked++) {
			const struct tcp_header *h = &d->out[d->looked].h;

			edge = h->ack - d->peer_iss + ((uint32_t)h->window << drill_info(d).rcv_wscale);
			assert_true(edge + unit > best);
			best = edge > best ? edge : best;
			assert_true(edge <= window + 1);
		}
		d->in_out = d->looked = 0;
		assert_true(drill_info(d).recv_queued <= window);
		if (drill_info(d).rcv_wnd == 0)
			break;
		pass(d, HF_MS(5));
	}
	/* And all of it could be used. */
	assert_in_range(drill_info(d).recv_queued, window - unit - step, window);
	assert_int_equal(drill_read(d, 2 * window), drill_info(d).rcv_nxt - d->peer_iss - 1);
	drill_end(d);
}

static void scaled_window_keeps_its_edge(void **state)
{
	(void)state;
	scaled_window_does_not_creep(drill_new(odd_window), 70001, 7, 2);
	scaled_window_does_not_creep(drill_new(wide_window), 1 << 20, 1448, 32);
	scaled_window_does_not_creep(drill_new(wide_window), 1 << 20, 61, 32);
}

/* ---- ACKs ---- */

/* SHLD-18, SHLD-19, MUST-40 */
static void acks_are_delayed(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "PA 1+100 ack 1");
	pass(d, HF_MS(40) - 1);
	sees_nothing(d);
	pass(d, 1);
	sees(d, "A 1 ack 101");
	assert_int_equal(drill_count(d, HF_TR_TCP_DELAYED_ACK), 1);
	/* Every second full-sized segment at once. */
	peer(d, "A 101+1460 ack 1");
	sees_nothing(d);
	peer(d, "A 1561+1460 ack 1");
	sees(d, "A 1 ack 3021");
	peer(d, "A 3021+1460 ack 1");
	sees_nothing(d);
	peer(d, "A 4481+1460 ack 1");
	sees(d, "A 1 ack 5941");
	pass(d, HF_MS(100));
	sees_nothing(d);
	/* Data takes it along. */
	peer(d, "PA 5941+100 ack 1");
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 6041");
	pass(d, HF_MS(100));
	sees_nothing(d);
	/* The delay counts from the first octet not acknowledged. */
	peer(d, "PA 6041+10 ack 11");
	pass(d, HF_MS(30));
	peer(d, "PA 6051+10 ack 11");
	pass(d, HF_MS(10));
	sees(d, "A 11 ack 6061");
	drill_end(d);
}

static void merged_segments_are_acknowledged_at_once(void **state)
{
	struct drill *d = drill_new(NULL);
	static uint8_t b[TCP_HEADER_MAX + 2920];
	struct hf_wr w = hf_wr_over(b, sizeof b);
	struct tcp_header h;
	struct tcp_in in = {
		.src = d->lab->host[LAB_B].addr, .dst = d->lab->host[LAB_A].addr, .csum_ok = true, .gso_size = 1460
	};

	(void)state;
	drill_open(d, "mss 1460");
	h = (struct tcp_header){ .src_port = d->peer_port,
				 .dst_port = d->local_port,
				 .seq = d->peer_iss + 1,
				 .ack = d->iss + 1,
				 .flags = TCP_ACK,
				 .window = 60000 };
	in.segment = (struct hf_bytes){ b, tcp_put(&w, &h) + 2920 };
	tcp_feed(d->tcp, &in, d->lab->now);
	sees(d, "A 1 ack 2921");
	drill_end(d);
}

/* ---- a closed window ---- */

/* MUST-35, MUST-36, SHLD-29, SHLD-30 */
static void zero_window_is_probed_with_back_off(void **state)
{
	struct drill *d = drill_new(NULL);
	hf_time_ns rto;

	(void)state;
	drill_open(d, "mss 1000 win 0");
	drill_write(d, 3000);
	sees_nothing(d);
	assert_int_equal(drill_info(d).retransmit_at, HF_NEVER);
	rto = drill_info(d).persist_at - d->lab->now;
	assert_int_equal(rto, drill_info(d).rto);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(drill_until_sent(d, HF_S(200)), hf_min_u64(rto << i, HF_S(120)));
		sees(d, "A 1+1 ack 1");
		peer(d, "A 1 ack 1 win 0");
	}
	assert_int_equal(drill_count(d, HF_TR_TCP_PERSIST), 12);
	assert_int_equal(drill_info(d).cwnd, 10000); /* no loss, no penalty */
	/* It opens: everything goes, the octet of the probe with it. */
	peer(d, "A 1 ack 1 win 5000");
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; PA 2001+1000 ack 1");
	assert_int_equal(drill_info(d).persist_at, HF_NEVER);
	assert_int_not_equal(drill_info(d).retransmit_at, HF_NEVER);
	drill_end(d);
}

/* MUST-37 */
static void zero_window_is_probed_for_ever_while_answered(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 0");
	drill_write(d, 3000);
	for (int i = 0; i < 100; i++) { /* more than three hours; R2 is 15 minutes */
		assert_true(drill_until_sent(d, HF_S(121)) != HF_NEVER);
		sees(d, "A 1+1 ack 1");
		peer(d, "A 1 ack 1 win 0");
	}
	in_state(d, "ESTABLISHED");
	/* Silence is another matter. */
	for (int s = 0; s < 1200 && strcmp(drill_state(d), "CLOSED") != 0; s++) {
		pass(d, HF_S(1));
		drill_forget_out(d);
	}
	in_state(d, "CLOSED");
	assert_int_equal(drill_info(d).why, HF_TIMED_OUT);
	drill_end(d);
}

static void window_update_is_lost(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 2000");
	drill_write(d, 5000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1");
	peer(d, "A 1 ack 2001 win 0");
	sees_nothing(d);
	/* The answer to the probe says what the lost update had said. */
	assert_true(drill_until_sent(d, HF_S(2)) != HF_NEVER);
	sees(d, "A 2001+1 ack 1");
	peer(d, "A 1 ack 2002 win 1999");
	sees(d, "A 2002+1000 ack 1");
	/* The probe's octet may be taken though the window stays shut: one octet a probe. */
	peer(d, "A 1 ack 3002 win 0");
	for (uint32_t i = 0; i < 5; i++) {
		assert_true(drill_until_sent(d, HF_S(2)) != HF_NEVER);
		sees(d, "A %u+1 ack 1", 3002 + i);
		peer(d, "A 1 ack %u win 0", 3003 + i);
	}
	drill_end(d);
}

static void fin_waits_for_a_window(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 10");
	drill_write(d, 10);
	drill_shut(d);
	sees(d, "PA 1+10 ack 1");
	peer(d, "A 1 ack 11 win 0");
	sees_nothing(d);
	assert_true(drill_until_sent(d, HF_S(2)) != HF_NEVER);
	sees(d, "FA 11 ack 1"); /* the probe is the FIN itself */
	peer(d, "A 1 ack 12 win 0");
	in_state(d, "FIN_WAIT_2");
	drill_end(d);
}

/* MUST-66: with our window shut, an ACK, a RST and the urgent pointer still count. */
static void what_counts_while_our_window_is_shut(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 1000);
	drill_forget_out(d);
	for (uint32_t i = 0; i < 20; i++)
		peer(d, "A %u+1000 ack 1", 1 + i * 1000);
	drill_forget_out(d);
	assert_int_equal(drill_info(d).rcv_wnd, 0);
	peer(d, "PA 20001+500 ack 501 win 7000"); /* the text is refused, the rest obeyed */
	sees(d, "A 1001 ack 20001 win 0");
	assert_int_equal(drill_info(d).acked, 500);
	assert_int_equal(drill_info(d).snd_wnd, 7000);
	assert_int_equal(drill_info(d).recv_queued, 20000);
	peer(d, "UA 20001 ack 501 urg 10");
	assert_int_equal(drill_info(d).urgent, 20010);
	peer(d, "A 19999 ack 1001"); /* not at the edge: an ACK says where that is */
	sees(d, "A 1001 ack 20001 win 0");
	assert_int_equal(drill_info(d).acked, 500);
	peer(d, "FA 20001 ack 1001"); /* a FIN is text of a kind: refused */
	sees(d, "A 1001 ack 20001 win 0");
	assert_int_equal(drill_info(d).acked, 1000);
	in_state(d, "ESTABLISHED");
	peer(d, "R 20001");
	in_state(d, "CLOSED");
	drill_end(d);
}

/* ---- a window that shrinks: MUST-34, SHLD-15 to SHLD-17 ---- */

static void window_shut_over_data_in_flight(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	drill_write(d, 6000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	peer(d, "A 1 ack 1001 win 0");
	sees_nothing(d); /* SHLD-15: nothing new */
	for (int i = 0; i < 30; i++) {
		assert_true(drill_until_sent(d, HF_S(121)) != HF_NEVER); /* SHLD-16: what was sent may be sent again */
		assert_int_equal(d->out[d->looked].h.seq - d->iss, 1001);
		assert_int_equal(d->in_out, d->looked + 1);
		drill_forget_out(d);
		peer(d, "A 1 ack 1001 win 0");
	}
	in_state(d, "ESTABLISHED"); /* SHLD-17: no time-out for that */
	peer(d, "A 1 ack 1001 win 10000");
	sees(d, "A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1; A 4001+1000 ack 1; PA 5001+1000 ack 1");
	peer(d, "A 1 ack 6001 win 10000");
	assert_int_equal(drill_info(d).retransmit_at, HF_NEVER);
	drill_end(d);
}

static void window_shrinks_below_what_is_in_flight(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	drill_write(d, 6000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	peer(d, "A 1 ack 1001 win 1000"); /* edge from 4001 back to 2001 */
	sees_nothing(d);
	peer(d, "A 1 ack 4001 win 1000"); /* MUST-34: it took more than it said */
	sees(d, "A 4001+1000 ack 1");
	peer(d, "A 1 ack 5001 win 4000");
	sees(d, "PA 5001+1000 ack 1");
	drill_end(d);
}

static void what_a_shrunk_window_allows_is_sent_again(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	drill_write(d, 6000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	peer(d, "A 1 ack 1001 win 1500"); /* edge from 4001 back to 2501 */
	sees_nothing(d);
	assert_true(drill_until_sent(d, HF_S(2)) != HF_NEVER);
	sees(d, "A 1001+1000 ack 1");
	peer(d, "A 1 ack 2001 win 500");
	sees(d, "A 2001+500 ack 1"); /* SHLD-16: up to the edge; SHLD-15: and not a new octet */
	peer(d, "A 1 ack 2501 win 0");
	for (int i = 0; i < 30; i++) { /* SHLD-17: what lies beyond the edge is no reason to give up */
		assert_true(drill_until_sent(d, HF_S(121)) != HF_NEVER);
		sees(d, "A 2501+1 ack 1");
		peer(d, "A 1 ack 2501 win 0");
	}
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

/* MAY-7: what three duplicates ask for goes whole. */
static void fast_retransmit_may_pass_a_shrunk_edge(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	drill_write(d, 6000);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	peer(d, "A 1 ack 1001 win 500"); /* edge: 1501 */
	peer(d, "A 1 ack 1001 win 500; A 1 ack 1001 win 500; A 1 ack 1001 win 500");
	sees(d, "A 1001+1000 ack 1");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_slides),
		cmocka_unit_test(window_slides_with_scale),
		cmocka_unit_test(old_segments_do_not_move_the_window),
		cmocka_unit_test(no_silly_segments_are_sent),
		cmocka_unit_test(half_of_the_largest_window_is_not_silly),
		cmocka_unit_test(nagle),
		cmocka_unit_test(nodelay_from_the_start),
		cmocka_unit_test(push_marks_the_end_of_what_is_queued),
		cmocka_unit_test(successive_pushes_become_one),
		cmocka_unit_test(receiver_opens_in_worthwhile_steps),
		cmocka_unit_test(scaled_window_keeps_its_edge),
		cmocka_unit_test(acks_are_delayed),
		cmocka_unit_test(merged_segments_are_acknowledged_at_once),
		cmocka_unit_test(zero_window_is_probed_with_back_off),
		cmocka_unit_test(zero_window_is_probed_for_ever_while_answered),
		cmocka_unit_test(window_update_is_lost),
		cmocka_unit_test(fin_waits_for_a_window),
		cmocka_unit_test(what_counts_while_our_window_is_shut),
		cmocka_unit_test(window_shut_over_data_in_flight),
		cmocka_unit_test(window_shrinks_below_what_is_in_flight),
		cmocka_unit_test(what_a_shrunk_window_allows_is_sent_again),
		cmocka_unit_test(fast_retransmit_may_pass_a_shrunk_edge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
