/* SPDX-License-Identifier: MIT */
/* Time: RTO (RFC 6298), giving up, keep-alive, linger. */
#include "drill.h"

#include <stdlib.h>

static struct hf_conn_options options_of(struct drill *d)
{
	struct hf_conn_options o;

	assert_int_equal(tcp_get_options(d->tcp, d->conn, &o), HF_OK);
	return o;
}

static void set_options(struct drill *d, struct hf_conn_options o)
{
	assert_int_equal(tcp_set_options(d->tcp, d->conn, &o, d->lab->now), HF_OK);
}

/* Opens with a round trip of `rtt`. */
static void open_slowly(struct drill *d, hf_time_ns rtt, const char *syn)
{
	drill_connect(d);
	sees(d, "S 0");
	pass(d, rtt);
	peer(d, "SA 0 ack 1 %s", syn);
	sees(d, "A 1 ack 1");
	drill_events(d);
}

/* ---- RTO ---- */

static void rto_follows_the_round_trips(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	open_slowly(d, HF_MS(200), "mss 1000");
	assert_int_equal(drill_info(d).srtt, HF_MS(200)); /* 2.2: R, R/2, R + 4 R/2 */
	assert_int_equal(drill_info(d).rttvar, HF_MS(100));
	assert_int_equal(drill_info(d).rto, HF_MS(600));
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1");
	pass(d, HF_MS(100));
	peer(d, "A 1 ack 11");
	/* 2.3: RTTVAR = 3/4 100 + 1/4 |200 - 100|; SRTT = 7/8 200 + 1/8 100 */
	assert_int_equal(drill_info(d).rttvar, HF_MS(100));
	assert_int_equal(drill_info(d).srtt, HF_US(187500));
	assert_int_equal(drill_info(d).rto, HF_US(587500));
	/* One sample a window: the first of two segments is timed. */
	drill_write(d, 1000);
	sees(d, "PA 11+1000 ack 1");
	pass(d, HF_MS(50));
	drill_write(d, 1000);
	sees(d, "PA 1011+1000 ack 1");
	pass(d, HF_US(137500));
	peer(d, "A 1 ack 2011");
	assert_int_equal(drill_info(d).srtt, HF_US(187500)); /* took exactly as long as SRTT */
	assert_int_equal(drill_info(d).rttvar, HF_MS(75));
	drill_end(d);
}

static void short_cap(struct hf_host_config *c)
{
	c->tcp.rto_max = HF_MS(500);
}

static void rto_has_bounds(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	open_slowly(d, HF_MS(10), "mss 1000");
	assert_int_equal(drill_info(d).rto, HF_MS(200));
	drill_end(d);
	d = drill_new(NULL);
	open_slowly(d, 0, "mss 1000");
	assert_int_equal(drill_info(d).srtt, 0);
	assert_int_equal(drill_info(d).rto, HF_MS(200));
	drill_end(d);
	d = drill_new(short_cap);
	open_slowly(d, HF_MS(400), "mss 1000");
	assert_int_equal(drill_info(d).rto, HF_MS(500));
	drill_end(d);
}

static void retransmission_backs_off_and_is_given_up(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_addr dst;
	hf_time_ns start, at, rto;

	(void)state;
	open_slowly(d, HF_MS(100), "mss 1000");
	rto = drill_info(d).rto;
	assert_int_equal(rto, HF_MS(300));
	drill_write(d, 2000);
	sees(d, "A 1+1000 ack 1; PA 1001+1000 ack 1");
	start = at = d->lab->now;
	for (unsigned i = 1;; i++) {
		at += rto;
		if (at >= start + HF_S(924))
			break;
		drill_until_sent(d, HF_S(200));
		assert_int_equal(d->lab->now, at);
		sees(d, "A 1+1000 ack 1");            /* the oldest, one segment */
		rto = hf_min_u64(2 * rto, HF_S(120)); /* MUST-19, 5.5; 2.5 */
		assert_int_equal(drill_info(d).backoff, i);
		/* R1 (SHLD-9, SHLD-10, MUST-20): told once. */
		assert_int_equal(drill_events(d), i == 3 ? HF_EV_ADVICE : 0);
		assert_int_equal(tcp_next_advice(d->tcp, &dst), i == 3);
		assert_int_equal(drill_info(d).soft, i >= 3 ? HF_TIMED_OUT : HF_OK);
	}
	pass(d, start + HF_S(924) - d->lab->now - 1);
	in_state(d, "ESTABLISHED");
	pass(d, 1);
	in_state(d, "CLOSED"); /* R2 (SHLD-11): told why (MUST-12) */
	assert_int_equal(drill_events(d), HF_EV_CLOSED);
	assert_int_equal(drill_info(d).why, HF_TIMED_OUT);
	sees_nothing(d);
	drill_end(d);
}

/* MUST-21 */
static void the_program_sets_r2(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;
	hf_time_ns start;

	(void)state;
	drill_open(d, "mss 1000");
	o = options_of(d);
	assert_int_equal(o.r2, HF_S(924));
	o.r2 = HF_S(5);
	set_options(d, o);
	drill_write(d, 10);
	start = d->lab->now;
	while (strcmp(drill_state(d), "CLOSED") != 0) {
		pass(d, HF_MS(1));
		drill_forget_out(d);
	}
	assert_int_equal(d->lab->now - start, HF_S(5));
	drill_end(d);
}

static void an_ack_starts_the_wait_anew(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	open_slowly(d, HF_MS(100), "mss 1000");
	drill_write(d, 3000);
	drill_forget_out(d);
	pass(d, HF_MS(250));
	peer(d, "A 1 ack 1001"); /* 5.3 */
	pass(d, drill_info(d).rto - 1);
	sees_nothing(d);
	pass(d, 1);
	sees(d, "A 1001+1000 ack 1");
	peer(d, "A 1 ack 3001"); /* 5.2 */
	assert_int_equal(drill_info(d).retransmit_at, HF_NEVER);
	pass(d, HF_S(500));
	sees_nothing(d);
	/* One that says nothing new does not. */
	drill_write(d, 1000);
	drill_forget_out(d);
	pass(d, drill_info(d).rto - 1);
	peer(d, "A 1 ack 3001");
	pass(d, 1);
	sees(d, "PA 3001+1000 ack 1");
	drill_end(d);
}

/* MUST-18 */
static void karn(void **state)
{
	struct drill *d = drill_new(NULL);
	hf_time_ns srtt, rto;

	(void)state;
	open_slowly(d, HF_MS(100), "mss 1000");
	srtt = drill_info(d).srtt;
	drill_write(d, 10);
	drill_forget_out(d);
	drill_until_sent(d, HF_S(1));
	sees(d, "PA 1+10 ack 1");
	pass(d, HF_MS(50));
	peer(d, "A 1 ack 11"); /* of which of the two? */
	assert_int_equal(drill_info(d).srtt, srtt);
	rto = drill_info(d).rto;
	assert_int_equal(rto, HF_MS(600)); /* the back-off stays until something is measured */
	drill_write(d, 10);
	sees(d, "PA 11+10 ack 1");
	pass(d, HF_MS(100));
	peer(d, "A 1 ack 21");
	assert_true(drill_info(d).rto < HF_MS(400));
	drill_end(d);
}

/* RFC 7323 4: the echo tells which transmission is acknowledged. */
static void timestamps_measure_after_a_retransmission(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t first;

	(void)state;
	open_slowly(d, HF_MS(100), "mss 1000 ts");
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1");
	first = d->ts_seen;
	drill_until_sent(d, HF_S(1));
	sees(d, "PA 1+10 ack 1");
	pass(d, HF_MS(20));
	peer(d, "A 1 ack 11 ts 70001/%u", first); /* the first one, 320 ms ago */
	assert_int_equal(drill_info(d).srtt, HF_US(127500));
	drill_end(d);
}

static void after_a_lost_syn(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	/* RFC 6298 5.7: 3 s; RFC 5681 3.1: one segment. */
	drill_connect(d);
	sees(d, "S 0");
	pass(d, HF_S(1));
	sees(d, "S 0");
	pass(d, HF_MS(10));
	peer(d, "SA 0 ack 1 mss 1000");
	sees(d, "A 1 ack 1");
	assert_int_equal(drill_info(d).rto, HF_S(3));
	assert_int_equal(drill_info(d).cwnd, 1000);
	drill_write(d, 5000);
	sees(d, "A 1+1000 ack 1");
	assert_int_equal(drill_until_sent(d, HF_S(10)), HF_S(3));
	drill_end(d);

	/* The answer of a listener lost. */
	d = drill_new(NULL);
	drill_listen(d);
	peer(d, "S 0 mss 1000");
	sees(d, "SA 0 ack 1");
	pass(d, HF_S(1));
	sees(d, "SA 0 ack 1");
	peer(d, "A 1 ack 1");
	assert_int_equal(drill_accept(d), HF_OK);
	assert_int_equal(drill_info(d).rto, HF_S(3));
	assert_int_equal(drill_info(d).cwnd, 1000);
	drill_end(d);
}

static void fin_is_retransmitted(void **state)
{
	static const struct {
		enum drill_place place;
		const char *fin;
	} rows[] = { { AT_FIN_WAIT_1, "FA 1 ack 1" }, { AT_CLOSING, "FA 1 ack 2" }, { AT_LAST_ACK, "FA 1 ack 2" } };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(NULL);

		drill_go(d, rows[i].place);
		assert_int_equal(drill_until_sent(d, HF_S(1)), HF_MS(200));
		sees(d, "%s", rows[i].fin);
		assert_int_equal(drill_until_sent(d, HF_S(1)), HF_MS(400));
		sees(d, "%s", rows[i].fin);
		assert_int_equal(drill_until_sent(d, HF_S(1)), HF_MS(800));
		sees(d, "%s", rows[i].fin);
		drill_end(d);
	}
}

static void data_and_fin_are_retransmitted_together(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 1500);
	drill_shut(d);
	sees(d, "A 1+1000 ack 1; FPA 1001+500 ack 1");
	peer(d, "A 1 ack 1001");
	drill_until_sent(d, HF_S(1));
	sees(d, "FPA 1001+500 ack 1");
	peer(d, "A 1 ack 1501"); /* all but the FIN */
	drill_until_sent(d, HF_S(1));
	sees(d, "FA 1501 ack 1");
	in_state(d, "FIN_WAIT_1");
	peer(d, "A 1 ack 1502");
	in_state(d, "FIN_WAIT_2");
	drill_end(d);
}

/* ---- keep-alive: MUST-24 to MUST-29, SHLD-12 ---- */

static void keepalive_is_off(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	assert_false(options_of(d).keepalive);
	assert_int_equal(options_of(d).keepalive_idle, HF_S(7200));
	pass(d, HF_S(100000));
	sees_nothing(d);
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

static void keepalive_answered(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;

	(void)state;
	drill_open(d, "mss 1000");
	o = options_of(d);
	o.keepalive = true;
	set_options(d, o);
	for (int i = 0; i < 5; i++) {
		pass(d, HF_S(7200) - 1);
		sees_nothing(d);
		pass(d, 1);
		sees(d, "A 0 ack 1"); /* a number acknowledged before, and no octet */
		peer(d, "A 1 ack 1");
		sees_nothing(d);
	}
	/* Whatever comes counts as a sign of life. */
	pass(d, HF_S(7000));
	peer(d, "PA 1+10 ack 1");
	pass(d, HF_S(7200) - 1);
	sees(d, "A 1 ack 11");
	pass(d, 1);
	sees(d, "A 0 ack 11");
	/* Not while something is under way: that asks already. */
	peer(d, "A 11 ack 1");
	pass(d, HF_S(7199));
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 11");
	pass(d, HF_MS(100));
	peer(d, "A 11 ack 11");
	pass(d, HF_S(7200) - 1);
	sees_nothing(d);
	drill_end(d);
}

static void keepalive_dead(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;

	(void)state;
	drill_open(d, "mss 1000");
	o = options_of(d);
	o.keepalive = true;
	o.keepalive_idle = HF_S(10);
	o.keepalive_interval = HF_S(3);
	o.keepalive_probes = 4;
	set_options(d, o);
	assert_int_equal(drill_until_sent(d, HF_S(100)), HF_S(10));
	sees(d, "A 0 ack 1");
	for (int i = 0; i < 3; i++) { /* MUST-29: one that is lost is not death */
		assert_int_equal(drill_until_sent(d, HF_S(100)), HF_S(3));
		sees(d, "A 0 ack 1");
	}
	in_state(d, "ESTABLISHED");
	pass(d, HF_S(3) - 1);
	in_state(d, "ESTABLISHED");
	pass(d, 1);
	in_state(d, "CLOSED");
	assert_int_equal(drill_info(d).why, HF_TIMED_OUT);
	assert_int_equal(drill_events(d), HF_EV_CLOSED);
	assert_int_equal(drill_count(d, HF_TR_TCP_KEEPALIVE), 4);
	drill_end(d);
}

static void keepalive_turned_off_again(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;

	(void)state;
	drill_connect(d);
	o = options_of(d);
	o.keepalive = true;
	o.keepalive_idle = HF_S(10);
	set_options(d, o); /* while opening: counts from the handshake on */
	sees(d, "S 0");
	peer(d, "SA 0 ack 1");
	sees(d, "A 1 ack 1");
	assert_int_equal(drill_until_sent(d, HF_S(100)), HF_S(10));
	sees(d, "A 0 ack 1");
	o.keepalive = false;
	set_options(d, o);
	assert_int_equal(drill_until_sent(d, HF_S(1000)), HF_NEVER);
	drill_end(d);
}

/* MUST-24: each connection has its own switch. */
static void keepalive_of_one_connection_only(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_endpoint remote = { .addr = d->lab->host[LAB_B].addr, .port = 7 };
	struct hf_endpoint local = { .addr = d->lab->host[LAB_A].addr, .port = 1001 };
	struct hf_conn_options o;
	hf_conn other;

	(void)state;
	drill_open(d, "mss 1000");
	o = options_of(d);
	o.keepalive = true;
	o.keepalive_idle = HF_S(10);
	set_options(d, o);
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &other), HF_OK);
	lab_step(d->lab);
	d->iss = d->out[d->in_out - 1].h.seq;
	d->local_port = 1001;
	d->peer_port = 7;
	peer(d, "SA 0 ack 1 mss 1000");
	in_state(d, "ESTABLISHED");
	drill_forget_out(d);
	assert_int_equal(tcp_get_options(d->tcp, other, &o), HF_OK);
	assert_false(o.keepalive);
	pass(d, HF_S(11));
	assert_int_equal(d->in_out, 1);
	assert_int_equal(d->out[0].h.src_port, DRILL_LOCAL_PORT);
	assert_int_equal(tcp_abort(d->tcp, other, d->lab->now), HF_OK);
	drill_end(d);
}

/* MUST-26: what is under way asks already. */
static void keepalive_waits_while_something_is_under_way(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;

	(void)state;
	drill_open(d, "mss 1000");
	o = options_of(d);
	o.keepalive = true;
	o.keepalive_idle = HF_S(10);
	set_options(d, o);
	pass(d, HF_S(10) - HF_MS(100));
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1");
	for (int i = 0; i < 6; i++) { /* far beyond the interval */
		assert_true(drill_until_sent(d, HF_S(20)) != HF_NEVER);
		sees(d, "PA 1+10 ack 1");
	}
	assert_int_equal(drill_count(d, HF_TR_TCP_KEEPALIVE), 0);
	peer(d, "A 1 ack 11");
	assert_int_equal(drill_until_sent(d, HF_S(20)), HF_S(10));
	sees(d, "A 10 ack 1");
	assert_int_equal(drill_count(d, HF_TR_TCP_KEEPALIVE), 1);
	drill_end(d);
}

static void probes_of_the_peer_are_answered(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	peer(d, "A 0 ack 1");
	sees(d, "A 1 ack 1");
	peer(d, "A 0+1 ack 1"); /* MAY-6: with an octet of garbage */
	sees(d, "A 1 ack 1");
	assert_int_equal(drill_info(d).recv_queued, 0);
	drill_end(d);
}

static void options_out_of_range(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options good, o;

	(void)state;
	drill_open(d, "mss 1000");
	good = options_of(d);
	for (int i = 0; i < 6; i++) {
		o = good;
		o.nodelay = true;
		if (i == 0)
			o.keepalive_probes = 0;
		else if (i == 1)
			o.keepalive_probes = 256;
		else if (i == 2)
			o.keepalive_idle = 0;
		else if (i == 3)
			o.keepalive_interval = HF_US(999);
		else if (i == 4)
			o.r2 = 0;
		else
			o.ttl = 0;
		assert_int_equal(tcp_set_options(d->tcp, d->conn, &o, d->lab->now), HF_INVALID);
		assert_false(options_of(d).nodelay); /* all or nothing */
	}
	o = good;
	o.ttl = 5;    /* MUST-49 */
	o.tos = 0xb8; /* MUST-48 */
	set_options(d, o);
	drill_write(d, 1);
	sees(d, "PA 1+1 ack 1");
	assert_int_equal(d->out[d->looked - 1].ttl, 5);
	assert_int_equal(d->out[d->looked - 1].tos, 0xb8);
	drill_end(d);
}

/* ---- linger ---- */

static void linger_of_zero_resets(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;

	(void)state;
	drill_open(d, "mss 1000");
	o = options_of(d);
	o.linger = true;
	o.linger_time = 0;
	set_options(d, o);
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1");
	drill_close(d);
	sees(d, "RA 11 ack 1");
	in_state(d, "CLOSED");
	assert_int_equal(d->tcp->conns.in_use, 0);
	drill_end(d);
}

/* MUST-37 keeps a connection with a user open before a shut window; nobody's connection ends after R2. */
static void orphan_before_a_shut_window_ends(void **state)
{
	struct drill *d = drill_new(NULL);
	int seconds = 0;

	(void)state;
	drill_open(d, "mss 1000 win 10");
	drill_write(d, 100);
	sees(d, "A 1+10 ack 1");
	drill_close(d);
	peer(d, "A 1 ack 11 win 0");
	for (; seconds < 3000 && strcmp(drill_state(d), "CLOSED") != 0; seconds++) {
		pass(d, HF_S(1));
		drill_forget_out(d);
		if (strcmp(drill_state(d), "CLOSED") != 0)
			peer(d, "A 1 ack 11 win 0");
	}
	assert_in_range(seconds, 924, 926);
	assert_int_equal(d->tcp->conns.in_use, 0);
	drill_end(d);
}

static void linger_waits_then_resets(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;

	(void)state;
	drill_open(d, "mss 1000 win 10");
	o = options_of(d);
	o.linger = true;
	o.linger_time = HF_S(5);
	set_options(d, o);
	drill_write(d, 100);
	sees(d, "A 1+10 ack 1");
	drill_close(d);
	pass(d, HF_S(5) - 1);
	in_state(d, "FIN_WAIT_1");
	drill_forget_out(d);
	pass(d, 1);
	in_state(d, "CLOSED");
	lab_step(d->lab);
	assert_int_equal(d->in_out, 1);
	assert_true(d->out[0].h.flags & TCP_RST);
	assert_int_equal(d->tcp->conns.in_use, 0);
	drill_end(d);

	/* In time: an ordinary end. */
	d = drill_new(NULL);
	drill_open(d, "mss 1000");
	set_options(d, o);
	drill_write(d, 100);
	drill_close(d);
	sees(d, "FPA 1+100 ack 1");
	peer(d, "A 1 ack 102");
	pass(d, HF_S(6));
	in_state(d, "FIN_WAIT_2");
	peer(d, "FA 1 ack 102");
	sees(d, "A 102 ack 2");
	in_state(d, "TIME_WAIT");
	pass(d, HF_S(60));
	in_state(d, "CLOSED");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rto_follows_the_round_trips),
		cmocka_unit_test(rto_has_bounds),
		cmocka_unit_test(retransmission_backs_off_and_is_given_up),
		cmocka_unit_test(the_program_sets_r2),
		cmocka_unit_test(an_ack_starts_the_wait_anew),
		cmocka_unit_test(karn),
		cmocka_unit_test(timestamps_measure_after_a_retransmission),
		cmocka_unit_test(after_a_lost_syn),
		cmocka_unit_test(fin_is_retransmitted),
		cmocka_unit_test(data_and_fin_are_retransmitted_together),
		cmocka_unit_test(keepalive_is_off),
		cmocka_unit_test(orphan_before_a_shut_window_ends),
		cmocka_unit_test(keepalive_answered),
		cmocka_unit_test(keepalive_dead),
		cmocka_unit_test(keepalive_turned_off_again),
		cmocka_unit_test(keepalive_of_one_connection_only),
		cmocka_unit_test(keepalive_waits_while_something_is_under_way),
		cmocka_unit_test(probes_of_the_peer_are_answered),
		cmocka_unit_test(options_out_of_range),
		cmocka_unit_test(linger_of_zero_resets),
		cmocka_unit_test(linger_waits_then_resets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
