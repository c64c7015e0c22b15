/* SPDX-License-Identifier: MIT */
/* Opening: the SYN cache, options, initial numbers, ports, listeners, and all the ways in which a SYN gets no friendly answer. */
#include "drill.h"

#include <stdlib.h>

/* Another peer of the same listener. */
static void from_port(struct drill *d, uint16_t port)
{
	d->peer_port = port;
	d->iss_known = false;
	d->ts = false;
}

static uint32_t new_iss(struct drill *d)
{
	lab_step(d->lab);
	assert_true(d->in_out > d->looked);
	return d->out[d->in_out - 1].h.seq;
}

/* ---- the SYN cache ---- */

static void small_cache(struct hf_host_config *c)
{
	c->limits.half_open = 8;
}

static void syn_cache_keeps_its_limit(void **state)
{
	struct drill *d = drill_new(small_cache);
	uint32_t iss[9];

	(void)state;
	drill_listen(d);
	for (uint16_t i = 0; i < 9; i++) {
		from_port(d, 3000 + i);
		peer(d, "S 0 mss 1460");
		iss[i] = new_iss(d);
		sees(d, "SA 0 ack 1");
		assert_int_equal(d->tcp->half_count, i < 8 ? i + 1 : 8);
		pass(d, HF_MS(1));
	}
	assert_int_equal(drill_count(d, HF_TR_TCP_SYN_EVICTED), 1);
	/* The oldest made room: its ACK comes too late. */
	from_port(d, 3000);
	d->iss = iss[0];
	in_state(d, "LISTEN");
	peer(d, "A 1 ack 1");
	sees(d, "R 1");
	/* All others still get in. */
	for (uint16_t i = 1; i < 9; i++) {
		from_port(d, 3000 + i);
		d->iss = iss[i];
		peer(d, "A 1 ack 1");
		in_state(d, "ESTABLISHED");
	}
	assert_int_equal(d->tcp->half_count, 0);
	sees_nothing(d);
	drill_end(d);
}

static void syn_cache_evicts_the_silent_first(void **state)
{
	struct drill *d = drill_new(small_cache);

	(void)state;
	drill_listen(d);
	for (uint16_t i = 0; i < 4; i++) {
		from_port(d, 3000 + i);
		peer(d, "S 0");
	}
	pass(d, HF_S(2)); /* these four have not answered a repetition */
	for (uint16_t i = 4; i < 8; i++) {
		from_port(d, 3000 + i);
		peer(d, "S 0");
	}
	for (uint16_t i = 8; i < 12; i++) {
		from_port(d, 3000 + i);
		peer(d, "S 0");
	}
	for (uint16_t i = 0; i < 12; i++) {
		from_port(d, 3000 + i);
		in_state(d, i < 4 ? "LISTEN" : "SYN_RECEIVED");
	}
	drill_end(d);
}

static void syn_ack_is_repeated_and_given_up(void **state)
{
	static const uint32_t at_s[] = { 1, 3, 7, 15, 31, 63, 127 };
	struct drill *d = drill_new(NULL);
	hf_time_ns start;

	(void)state;
	drill_listen(d);
	start = d->lab->now;
	peer(d, "S 0 mss 1460");
	sees(d, "SA 0 ack 1");
	for (size_t i = 0; i < HF_ARRAY_LEN(at_s); i++) {
		drill_until_sent(d, HF_S(200));
		assert_int_equal(d->lab->now - start, HF_S(at_s[i]));
		sees(d, "SA 0 ack 1 mss 1460");
	}
	assert_int_equal(drill_count(d, HF_TR_TCP_RETRANSMIT), 7);
	while (d->tcp->half_count)
		pass(d, HF_MS(100));
	assert_in_range(d->lab->now - start, HF_S(180), HF_S(300)); /* MUST-23 */
	assert_int_equal(drill_count(d, HF_TR_TCP_SYN_GIVEN_UP), 1);
	sees_nothing(d);
	peer(d, "A 1 ack 1");
	sees(d, "R 1");
	drill_end(d);
}

static void syn_again_is_answered_again(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "S 0 mss 1460");
	sees(d, "SA 0 ack 1 mss 1460");
	/* Another number within the window: back to LISTEN (3.10.7.4, fourth); the next SYN begins anew. */
	peer(d, "S 500 mss 1460");
	sees_nothing(d);
	in_state(d, "LISTEN");
	peer(d, "S 500 mss 1460");
	d->iss = new_iss(d);
	sees(d, "SA 0 ack 501");
	peer(d, "A 501 ack 1");
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

static void reset_of_a_half_open_peer_leaves_the_listener(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "R 2");
	sees(d, "A 1 ack 1");
	peer(d, "R 0; R 20001");
	sees_nothing(d);
	in_state(d, "SYN_RECEIVED");
	peer(d, "R 1");
	in_state(d, "LISTEN");
	assert_int_equal(drill_events(d), 0); /* nobody was told of the peer, nobody is told of its end */
	from_port(d, 4000);
	peer(d, "S 0");
	sees(d, "SA 0 ack 1");
	drill_end(d);
}

static void path_mtu_of_a_half_open_peer(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	drill_icmp(d, 3, 4, 0, 1000);
	peer(d, "A 1 ack 1");
	assert_int_equal(drill_accept(d), HF_OK);
	assert_int_equal(drill_info(d).mss, 960);
	drill_end(d);
}

/* ---- accept ---- */

static void short_queue(struct hf_host_config *c)
{
	c->limits.accept_queue = 2;
}

static void accept_queue_full(void **state)
{
	struct drill *d = drill_new(short_queue);
	uint32_t iss[3];
	hf_conn conns[3];

	(void)state;
	drill_listen(d);
	for (uint16_t i = 0; i < 3; i++) {
		from_port(d, 3000 + i);
		peer(d, "S 0 mss 1460");
		iss[i] = new_iss(d);
		sees(d, "SA 0 ack 1");
	}
	for (uint16_t i = 0; i < 3; i++) {
		from_port(d, 3000 + i);
		d->iss = iss[i];
		peer(d, "A 1 ack 1");
	}
	/* The third is neither refused nor let in: it asks again when its SYN,ACK is repeated. */
	sees_nothing(d);
	in_state(d, "SYN_RECEIVED");
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_BACKLOG), 1);
	from_port(d, 3003);
	peer(d, "S 0");
	sees_nothing(d);
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_BACKLOG), 2);
	in_state(d, "LISTEN");
	assert_int_equal(drill_events(d), HF_EV_ACCEPT);
	/* First come, first served. */
	assert_int_equal(tcp_accept(d->tcp, d->listener, &conns[0]), HF_OK);
	assert_int_equal(tcp_conn_get(d->tcp, conns[0])->key.remote_port, 3000);
	from_port(d, 3002);
	d->iss = iss[2];
	drill_until_sent(d, HF_S(2));
	sees(d, "SA 0 ack 1");
	peer(d, "PA 1+3 ack 1");
	in_state(d, "ESTABLISHED");
	assert_int_equal(tcp_accept(d->tcp, d->listener, &conns[1]), HF_OK);
	assert_int_equal(tcp_accept(d->tcp, d->listener, &conns[2]), HF_OK);
	assert_int_equal(tcp_accept(d->tcp, d->listener, &d->conn), HF_AGAIN);
	assert_int_equal(tcp_conn_get(d->tcp, conns[2])->key.remote_port, 3002);
	for (int i = 0; i < 3; i++)
		assert_int_equal(tcp_abort(d->tcp, conns[i], d->lab->now), HF_OK);
	drill_end(d);
}

static void ended_before_it_was_accepted(void **state)
{
	struct drill *d = drill_new(NULL);
	size_t n;

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "PA 1+7 ack 1; R 8");
	sees_nothing(d);
	assert_int_equal(drill_accept(d), HF_OK);
	/* What came before the reset is readable, then the reason. */
	assert_int_equal(drill_events(d) & (HF_EV_CLOSED | HF_EV_READABLE), HF_EV_CLOSED | HF_EV_READABLE);
	assert_int_equal(drill_read(d, 100), 7);
	assert_int_equal(drill_readable(d, &n), HF_RESET);
	drill_end(d);
}

static void one_conn(struct hf_host_config *c)
{
	c->limits.conns = 1;
}

static void no_block_left(void **state)
{
	struct drill *d = drill_new(one_conn);
	struct hf_endpoint remote, local;
	hf_conn c, other;

	(void)state;
	drill_listen(d);
	remote = (struct hf_endpoint){ d->lab->host[LAB_B].addr, 9 };
	local = (struct hf_endpoint){ d->lab->host[LAB_A].addr, 9 };
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &c), HF_OK);
	remote.port = 10;
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &other), HF_FULL);
	drill_forget_out(d);
	peer(d, "S 0");
	sees(d, "SA 0 ack 1");
	peer(d, "A 1 ack 1");
	in_state(d, "SYN_RECEIVED");
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_CONNS), 1);
	assert_int_equal(tcp_abort(d->tcp, c, d->lab->now), HF_OK);
	peer(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

/* ---- what comes with the handshake ---- */

static void data_and_fin_on_the_handshakes_ack(void **state)
{
	struct drill *d = drill_new(NULL);
	size_t n;

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "FPA 1+100 ack 1");
	sees(d, "A 1 ack 102");
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_accept(d), HF_OK);
	assert_int_equal(drill_read(d, 1000), 100);
	assert_int_equal(drill_readable(d, &n), HF_CLOSED);
	drill_end(d);
}

static void the_last_ack_is_lost(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	/* Data says what the ACK would have said. */
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "PA 1+10 ack 1");
	in_state(d, "ESTABLISHED");
	pass(d, HF_MS(40));
	sees(d, "A 1 ack 11");
	drill_end(d);

	/* An active opener answers the repeated SYN,ACK. */
	d = drill_new(NULL);
	drill_open(d, "mss 1460");
	peer(d, "SA 0 ack 1 mss 1460");
	sees(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

static void data_beside_a_syn(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	/* A listener does not keep it: the peer sends it again. */
	drill_listen(d);
	peer(d, "SP 0+10 mss 1460");
	sees(d, "SA 0 ack 1");
	peer(d, "PA 1+10 ack 1");
	assert_int_equal(drill_accept(d), HF_OK);
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);

	/* Whoever asked takes it at once. */
	d = drill_new(NULL);
	drill_connect(d);
	sees(d, "S 0");
	peer(d, "SPA 0+10 ack 1 mss 1460");
	sees(d, "A 1 ack 11");
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

static void tiny_window(struct hf_host_config *c)
{
	c->tcp.recv_window = 1000;
}

static void data_beside_a_syn_ack_beyond_the_window(void **state)
{
	struct drill *d = drill_new(tiny_window);

	(void)state;
	drill_connect(d);
	sees(d, "S 0 win 1000");
	peer(d, "SFPA 0+9000 ack 1 mss 1460");
	sees(d, "A 1 ack 1001 win 0");
	assert_int_equal(drill_info(d).recv_queued, 1000);
	in_state(d, "ESTABLISHED"); /* its FIN lay beyond the window */
	assert_int_equal(drill_read(d, 9000), 1000);
	drill_end(d);
}

/* ---- simultaneous open ---- */

static void simultaneous_open_whatever_is_lost(void **state)
{
	(void)state;
	for (uint64_t lose = 0; lose < 256; lose++) {
		struct lab *lab = lab_new(HF_MS(10), NULL);
		char got[8] = { 0 };

		lab->silent = true;
		lab->lose[LAB_A] = lose & 15;
		lab->lose[LAB_B] = lose >> 4;
		lab_connect(lab, LAB_A, 1000, 2000);
		lab_connect(lab, LAB_B, 2000, 1000);
		lab_run_for(lab, HF_S(60));
		assert_int_equal(lab_state(lab, LAB_A), HF_TCP_ESTABLISHED);
		assert_int_equal(lab_state(lab, LAB_B), HF_TCP_ESTABLISHED);
		lab_write(lab, LAB_A, "there");
		lab_write(lab, LAB_B, "back");
		lab_run_for(lab, HF_S(60));
		assert_int_equal(lab_read(lab, LAB_B, got, sizeof got), 5);
		assert_memory_equal(got, "there", 5);
		assert_int_equal(lab_read(lab, LAB_A, got, sizeof got), 4);
		assert_memory_equal(got, "back", 4);
		lab_free(lab);
	}
}

static void simultaneous_open_agrees_on_options(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_connect(d);
	sees(d, "S 0 mss 1460 ws 0 ts");
	peer(d, "S 0 mss 1000 ws 3 win 500 ts 7/0");
	sees(d, "SA 0 ack 1 mss 1460 ws 0 ts");
	assert_int_equal(d->out[d->looked - 1].h.ts_ecr, 7);
	peer(d, "SA 0 ack 1 mss 1000 ws 3 win 600 ts 8/0");
	in_state(d, "ESTABLISHED");
	assert_int_equal(drill_info(d).mss, 988);
	assert_int_equal(drill_info(d).snd_wscale, 3);
	peer(d, "A 1 ack 1 win 100");
	assert_int_equal(drill_info(d).snd_wnd, 800);
	drill_end(d);
}

/* ---- options ---- */

static void use_ip6(struct drill *d)
{
	d->lab->host[LAB_A].addr = (struct hf_addr){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	d->lab->host[LAB_B].addr = (struct hf_addr){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };
}

static void mss_both_ways(void **state)
{
	static const struct {
		bool ip6;
		const char *syn;
		uint32_t announced, sent;
	} rows[] = {
		{ false, "", 1460, 536 },         { true, "", 1440, 1220 }, /* MUST-15 */
		{ false, "mss 1000", 1460, 1000 }, { true, "mss 1000", 1440, 1000 },
		{ false, "mss 9000", 1460, 1460 }, { true, "mss 9000", 1440, 1440 },
		{ false, "mss 65535", 1460, 1460 }, { false, "mss 1000 ts", 1460, 988 }, /* options count, MUST-16 */
		{ false, "mss 0", 1460, TCP_MSS_FLOOR }, { false, "mss 1 ts", 1460, TCP_MSS_FLOOR - 12 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(NULL);

		if (rows[i].ip6)
			use_ip6(d);
		drill_connect(d);
		sees(d, "S 0 mss %u", rows[i].announced);
		peer(d, "SA 0 ack 1 %s", rows[i].syn);
		sees(d, "A 1 ack 1 nomss"); /* MUST-65 */
		assert_int_equal(drill_info(d).mss, rows[i].sent);
		drill_write(d, rows[i].sent * 3 / 2);
		sees(d, "A 1+%u ack 1 nomss", rows[i].sent); /* the rest is Nagle's */
		drill_end(d);

		d = drill_new(NULL);
		if (rows[i].ip6)
			use_ip6(d);
		drill_listen(d);
		peer(d, "S 0 %s", rows[i].syn);
		sees(d, "SA 0 ack 1 mss %u", rows[i].announced);
		peer(d, "A 1 ack 1");
		assert_int_equal(drill_accept(d), HF_OK);
		assert_int_equal(drill_info(d).mss, rows[i].sent);
		drill_end(d);
	}
}

static void big_window(struct hf_host_config *c)
{
	c->tcp.recv_window = 1 << 20;
}

static void window_scale(void **state)
{
	struct drill *d = drill_new(big_window);

	(void)state;
	drill_connect(d);
	sees(d, "S 0 win 65535 ws 5"); /* a SYN's own window is never scaled */
	peer(d, "SA 0 ack 1 ws 7 win 1000 mss 1460");
	assert_int_equal(drill_info(d).snd_wnd, 1000);
	sees(d, "A 1 ack 1 win 32768 nows");
	peer(d, "A 1 ack 1 win 1000");
	assert_int_equal(drill_info(d).snd_wnd, 128000);
	drill_end(d);

	/* Not offered in return: nobody scales. */
	d = drill_new(big_window);
	drill_connect(d);
	sees(d, "S 0 ws 5");
	peer(d, "SA 0 ack 1 mss 1460 win 1000");
	sees(d, "A 1 ack 1 win 65535");
	peer(d, "A 1 ack 1 win 999");
	assert_int_equal(drill_info(d).snd_wnd, 999);
	drill_end(d);

	/* More than 14 counts as 14 (RFC 7323 2.3). */
	for (int ws = 14; ws < 256; ws += 241) {
		d = drill_new(NULL);
		drill_connect(d);
		sees(d, "S 0");
		peer(d, "SA 0 ack 1 mss 1460 ws %d", ws);
		assert_int_equal(drill_info(d).snd_wscale, 14);
		peer(d, "A 1 ack 1 win 65535");
		assert_int_equal(drill_info(d).snd_wnd, 65535u << 14);
		drill_end(d);
	}
}

static void plain(struct hf_host_config *c)
{
	c->tcp.recv_window = 1 << 20;
	c->tcp.no_timestamps = c->tcp.no_window_scale = true;
}

static void options_only_when_asked(void **state)
{
	static const struct {
		const char *syn, *answer;
	} rows[] = {
		{ "", "mss 1460 nows nots" },       { "ws 2", "mss 1460 ws 5 nots" },
		{ "ts", "mss 1460 nows ts" },       { "mss 1000 ws 2 ts", "mss 1460 ws 5 ts" },
		{ "sackok", "mss 1460 nows nots" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(big_window);
		bool ts = strstr(rows[i].syn, "ts") != NULL;

		drill_listen(d);
		peer(d, "S 0 %s", rows[i].syn);
		sees(d, "SA 0 ack 1 win 65535 %s", rows[i].answer);
		peer(d, "PA 1+10 ack 1");
		pass(d, HF_MS(40));
		sees(d, "A 1 ack 11 nows %s", ts ? "ts" : "nots");
		drill_end(d);

		d = drill_new(plain); /* what we do not want is not taken up */
		drill_listen(d);
		peer(d, "S 0 %s", rows[i].syn);
		sees(d, "SA 0 ack 1 win 65535 mss 1460 nows nots");
		drill_end(d);
	}
	struct drill *d = drill_new(plain);

	drill_connect(d);
	sees(d, "S 0 nows nots");
	peer(d, "SA 0 ack 1 ws 3 ts 5/0");
	sees(d, "A 1 ack 1 win 65535 nots");
	assert_int_equal(drill_info(d).snd_wscale, 0);
	drill_end(d);
}

static void timestamps_are_on_every_segment(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t first;

	(void)state;
	drill_connect(d);
	sees(d, "S 0 ts");
	first = d->ts_seen;
	assert_int_equal(d->out[d->looked - 1].h.ts_ecr, 0);
	pass(d, HF_MS(100));
	peer(d, "SA 0 ack 1 mss 1460 ts 900/%u", d->ts_seen);
	sees(d, "A 1 ack 1 ts %u/900", first + 100); /* a clock of 1 ms */
	assert_int_equal(drill_info(d).srtt, HF_MS(100));
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1 ts");
	peer(d, "PA 1+10 ack 11");
	pass(d, HF_MS(40));
	sees(d, "A 11 ack 11 ts");
	drill_shut(d);
	sees(d, "FA 11 ack 11 ts");
	peer(d, "FA 11 ack 12");
	sees(d, "A 12 ack 12 ts"); /* TIME_WAIT's too */
	drill_end(d);

	d = drill_new(NULL);
	drill_open(d, "mss 1460 ts");
	drill_abort(d);
	sees(d, "RA 1 ack 1 ts");
	drill_end(d);
}

/* ---- initial numbers and ports ---- */

static uint32_t iss_of(struct drill *d, uint16_t local_port)
{
	struct hf_endpoint local = { d->lab->host[LAB_A].addr, local_port };
	struct hf_endpoint remote = { d->lab->host[LAB_B].addr, 80 };
	struct hf_conn_info i;
	hf_conn c;

	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &c), HF_OK);
	assert_int_equal(tcp_status(d->tcp, c, &i), HF_OK);
	assert_int_equal(tcp_abort(d->tcp, c, d->lab->now), HF_OK);
	return i.iss;
}

static void initial_sequence_numbers(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t first = iss_of(d, 1000), near = 0, last, high = 0;

	(void)state;
	assert_int_equal(iss_of(d, 1000), first); /* a clock and a hash, no dice */
	pass(d, HF_S(1));
	assert_int_equal(iss_of(d, 1000) - first, 250000); /* 4 us a step: MUST-8 */
	/* Tuples side by side have nothing to do with each other (RFC 6528). */
	last = iss_of(d, 2000);
	for (uint16_t i = 1; i < 256; i++) {
		uint32_t iss = iss_of(d, 2000 + i);

		if (iss - last + 5000000u < 10000000u)
			near++;
		high += iss >> 31;
		last = iss;
	}
	assert_in_range(near, 0, 6); /* 0.6 expected */
	assert_in_range(high, 90, 166);
	drill_end(d);
}

static void another_seed_another_number(void **state)
{
	struct lab *lab = lab_new(0, NULL);

	(void)state;
	/* The same tuple as seen by two hosts with different secrets. */
	struct tcp_key k = { .remote = lab->host[0].addr, .local_port = 1, .remote_port = 2 };

	lab->host[1].addr = lab->host[0].addr;
	k.local = tcp_local_index(&lab->host[0].tcp, &lab->host[0].addr);
	assert_int_equal(k.local, tcp_local_index(&lab->host[1].tcp, &lab->host[0].addr));
	assert_int_not_equal(tcp_isn(&lab->host[0].tcp, &k, lab->now), tcp_isn(&lab->host[1].tcp, &k, lab->now));
	assert_int_not_equal(tcp_ts_offset(&lab->host[0].tcp, &k), tcp_ts_offset(&lab->host[1].tcp, &k));
	lab_free(lab);
}

static uint16_t chosen_port(struct drill *d, uint16_t remote_port, hf_conn *ret)
{
	struct hf_endpoint local = { d->lab->host[LAB_A].addr, 0 }, remote = { d->lab->host[LAB_B].addr, remote_port };
	struct hf_conn_info i;

	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, ret), HF_OK);
	assert_int_equal(tcp_status(d->tcp, *ret, &i), HF_OK);
	return i.local.port;
}

static void ports_by_rfc_6056(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t spread = 0;
	uint16_t seen[32];
	hf_conn c[32];

	(void)state;
	/* To one destination: all different, all from the dynamic range. */
	for (int i = 0; i < 32; i++) {
		seen[i] = chosen_port(d, 80, &c[i]);
		assert_in_range(seen[i], 49152, 65535);
		for (int k = 0; k < i; k++)
			assert_int_not_equal(seen[i], seen[k]);
	}
	for (int i = 0; i < 32; i++)
		assert_int_equal(tcp_abort(d->tcp, c[i], d->lab->now), HF_OK);
	/* What one destination sees tells nothing of the next one's: each has its own start. */
	for (uint16_t i = 0; i < 32; i++) {
		seen[i] = chosen_port(d, 100 + i, &c[i]);
		if (i > 0 && (uint16_t)(seen[i] - seen[i - 1] + 64) > 128)
			spread++;
	}
	assert_in_range(spread, 28, 31);
	for (int i = 0; i < 32; i++)
		assert_int_equal(tcp_abort(d->tcp, c[i], d->lab->now), HF_OK);
	drill_end(d);
}

static void a_tuple_is_taken_once(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_endpoint local, remote;
	hf_conn c;

	(void)state;
	local = (struct hf_endpoint){ d->lab->host[LAB_A].addr, DRILL_LOCAL_PORT };
	remote = (struct hf_endpoint){ d->lab->host[LAB_B].addr, DRILL_PEER_PORT };
	drill_connect(d);
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &c), HF_IN_USE);
	remote.port++;
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &c), HF_OK);
	assert_int_equal(tcp_abort(d->tcp, c, d->lab->now), HF_OK);
	remote.port = 0;
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &c), HF_INVALID);
	drill_end(d);

	/* TIME_WAIT has it, too: an active open waits for its end. */
	d = drill_new(NULL);
	drill_go(d, AT_TIME_WAIT_BARE);
	remote.port = DRILL_PEER_PORT;
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &c), HF_IN_USE);
	drill_end(d);
}

/* ---- listeners ---- */

static void specific_before_wildcard(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_endpoint any = { .port = DRILL_LOCAL_PORT };
	struct hf_endpoint one = { d->lab->host[LAB_A].addr, DRILL_LOCAL_PORT };
	struct hf_addr second = addr_ip4_u32(0x0a000063);
	hf_listener wild, own, again;
	hf_conn c;

	(void)state;
	assert_int_equal(tcp_listen(d->tcp, &one, &own), HF_OK);
	assert_int_equal(tcp_listen(d->tcp, &any, &wild), HF_OK); /* MUST-42 */
	assert_int_equal(tcp_listen(d->tcp, &one, &again), HF_IN_USE);
	assert_int_equal(tcp_listen(d->tcp, &any, &again), HF_IN_USE);
	any.port = 0;
	assert_int_equal(tcp_listen(d->tcp, &any, &again), HF_INVALID);
	peer(d, "S 0");
	sees(d, "SA 0 ack 1");
	peer(d, "A 1 ack 1");
	assert_int_equal(tcp_accept(d->tcp, wild, &c), HF_AGAIN);
	assert_int_equal(tcp_accept(d->tcp, own, &c), HF_OK);
	assert_int_equal(tcp_abort(d->tcp, c, d->lab->now), HF_OK);
	drill_forget_out(d);
	/* Another address of ours: only the wildcard takes it. */
	d->lab->host[LAB_A].addr = second;
	d->iss_known = false;
	peer(d, "S 0");
	sees(d, "SA 0 ack 1");
	peer(d, "A 1 ack 1");
	assert_int_equal(tcp_accept(d->tcp, own, &c), HF_AGAIN);
	assert_int_equal(tcp_accept(d->tcp, wild, &c), HF_OK);
	assert_int_equal(tcp_abort(d->tcp, c, d->lab->now), HF_OK);
	/* MUST-41: the end of one does not disturb the other. */
	assert_int_equal(tcp_unlisten(d->tcp, own, d->lab->now), HF_OK);
	assert_int_equal(tcp_unlisten(d->tcp, own, d->lab->now), HF_STALE);
	d->lab->host[LAB_A].addr = one.addr;
	d->iss_known = false;
	drill_forget_out(d);
	peer(d, "S 0");
	sees(d, "SA 0 ack 1");
	assert_int_equal(tcp_unlisten(d->tcp, wild, d->lab->now), HF_OK);
	drill_end(d);
}

static void listener_that_turns_active(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_endpoint any = { .port = 77 }, remote = { d->lab->host[LAB_B].addr, DRILL_PEER_PORT };
	hf_listener wild;
	hf_conn c;

	(void)state;
	assert_int_equal(tcp_listen(d->tcp, &any, &wild), HF_OK);
	assert_int_equal(tcp_listener_connect(d->tcp, wild, &remote, 1500, d->lab->now, &c), HF_INVALID); /* from where? */
	assert_int_equal(tcp_unlisten(d->tcp, wild, d->lab->now), HF_OK);
	assert_int_equal(tcp_listener_connect(d->tcp, wild, &remote, 1500, d->lab->now, &c), HF_STALE);
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	/* Its tuple is taken by a half-open peer of its own: the listener stays what it was. */
	assert_int_equal(tcp_listener_connect(d->tcp, d->listener, &remote, 1500, d->lab->now, &c), HF_IN_USE);
	peer(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

static void listeners_are_limited(void **state)
{
	struct drill *d = drill_new(NULL);
	hf_listener l[8], more;

	(void)state;
	for (uint16_t i = 0; i < 9; i++) {
		struct hf_endpoint local = { d->lab->host[LAB_A].addr, 100 + i };

		assert_int_equal(tcp_listen(d->tcp, &local, i < 8 ? &l[i] : &more), i < 8 ? HF_OK : HF_FULL);
	}
	for (int i = 0; i < 8; i++)
		assert_int_equal(tcp_unlisten(d->tcp, l[i], d->lab->now), HF_OK);
	drill_end(d);
}

static void syn_to_an_address_no_connection_can_have(void **state)
{
	struct drill *d = drill_new(NULL);
	uint8_t b[TCP_HEADER_MAX];
	struct hf_wr w = hf_wr_over(b, sizeof b);
	struct tcp_header h = { .src_port = DRILL_PEER_PORT, .dst_port = DRILL_LOCAL_PORT, .flags = TCP_SYN, .seq = 1 };
	struct tcp_in in = { .src = d->lab->host[LAB_B].addr, .dst = d->lab->host[LAB_A].addr, .csum_ok = true, .bad_address = true };

	(void)state;
	drill_listen(d);
	in.segment = (struct hf_bytes){ b, tcp_put(&w, &h) };
	tcp_feed(d->tcp, &in, d->lab->now); /* MUST-57, MUST-63 */
	sees_nothing(d);
	in_state(d, "LISTEN");
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_ADDRESS), 1);
	drill_end(d);
}

/* ---- no friendly answer ---- */

static void refused(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_bytes b = { (const uint8_t *)"x", 1 };
	size_t n;

	(void)state;
	drill_go(d, AT_SYN_SENT);
	peer(d, "RA 0 ack 2; RA 0 ack 0; R 0; R 1"); /* none of these knows our SYN */
	in_state(d, "SYN_SENT");
	peer(d, "RA 0 ack 1");
	sees_nothing(d);
	assert_int_equal(drill_events(d), HF_EV_CLOSED);
	assert_int_equal(drill_readable(d, &n), HF_REFUSED);
	assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_COPY, d->lab->now, &n), HF_REFUSED);
	assert_int_equal(tcp_shut(d->tcp, d->conn, d->lab->now), HF_OK);
	assert_int_equal(tcp_close(d->tcp, d->conn, d->lab->now), HF_OK);
	assert_int_equal(tcp_close(d->tcp, d->conn, d->lab->now), HF_STALE);
	d->named = false;
	drill_end(d);
}

static void syn_is_given_up_after_r2(void **state)
{
	static const uint32_t at_s[] = { 1, 3, 7, 15, 31, 63, 127 };
	struct drill *d = drill_new(NULL);
	hf_time_ns start = d->lab->now;
	struct hf_addr dst;

	(void)state;
	drill_go(d, AT_SYN_SENT);
	for (size_t i = 0; i < HF_ARRAY_LEN(at_s); i++) {
		drill_until_sent(d, HF_S(200));
		assert_int_equal(d->lab->now - start, HF_S(at_s[i]));
		sees(d, "S 0 mss 1460");
		/* R1: three repetitions without an answer (SHLD-9, SHLD-10, MUST-20). */
		assert_int_equal(drill_events(d), i == 2 ? HF_EV_ADVICE : 0);
		assert_int_equal(tcp_next_advice(d->tcp, &dst), i == 2);
		if (i == 2)
			assert_true(addr_eq(&dst, &d->lab->host[LAB_B].addr));
	}
	pass(d, HF_S(190) - (d->lab->now - start) - 1);
	in_state(d, "SYN_SENT");
	pass(d, 1);
	in_state(d, "CLOSED");
	assert_int_equal(drill_info(d).why, HF_TIMED_OUT);
	sees_nothing(d);
	drill_end(d);
}

static void icmp_while_opening(void **state)
{
	static const struct {
		uint8_t type, code;
		int hard; /* the status it ends with; HF_OK: soft, and noted */
		bool ignored;
	} rows[] = {
		{ 3, 0, HF_OK, false }, { 3, 1, HF_OK, false }, { 3, 5, HF_OK, false },	 { 3, 2, HF_UNREACHABLE, false },
		{ 3, 3, HF_REFUSED, false }, { 11, 0, HF_OK, false }, { 12, 0, HF_OK, false }, { 4, 0, HF_OK, true }, /* MUST-55 */
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(NULL);

		drill_go(d, AT_SYN_SENT);
		drill_icmp(d, rows[i].type, rows[i].code, 1, 0); /* quotes what was never sent */
		drill_icmp(d, rows[i].type, rows[i].code, 0xffffffff, 0);
		in_state(d, "SYN_SENT");
		assert_int_equal(drill_events(d), 0);
		drill_icmp(d, rows[i].type, rows[i].code, 0, 0);
		in_state(d, rows[i].hard != HF_OK ? "CLOSED" : "SYN_SENT"); /* MUST-56, SHLD-26 */
		if (rows[i].hard != HF_OK) {
			assert_int_equal(drill_events(d), HF_EV_CLOSED);
			assert_int_equal(drill_info(d).why, rows[i].hard);
		} else {
			assert_int_equal(drill_events(d), rows[i].ignored ? 0 : HF_EV_ADVICE); /* SHLD-25 */
			assert_int_equal(drill_info(d).soft, rows[i].ignored ? HF_OK : HF_UNREACHABLE);
			for (int s = 0; s < 191; s++) {
				pass(d, HF_S(1));
				drill_forget_out(d);
			}
			/* What was heard meanwhile is a better reason than silence. */
			assert_int_equal(drill_info(d).why, rows[i].ignored ? HF_TIMED_OUT : HF_UNREACHABLE);
		}
		drill_end(d);
	}
}

static void icmp6_while_opening(void **state)
{
	static const struct {
		uint8_t code;
		int hard;
	} rows[] = { { 0, HF_OK }, { 1, HF_UNREACHABLE }, { 2, HF_OK }, { 3, HF_OK }, { 4, HF_REFUSED } };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(NULL);

		use_ip6(d);
		drill_go(d, AT_SYN_SENT);
		struct tcp_icmp e = { .local = { d->lab->host[LAB_A].addr, d->local_port }, .seq = d->iss, .type = 1, .ip6 = true,
				      .remote = { d->lab->host[LAB_B].addr, d->peer_port }, .code = rows[i].code };

		tcp_icmp(d->tcp, &e, d->lab->now);
		in_state(d, rows[i].hard != HF_OK ? "CLOSED" : "SYN_SENT");
		if (rows[i].hard != HF_OK)
			assert_int_equal(drill_info(d).why, rows[i].hard);
		drill_end(d);
	}
}

static void no_way_to_send(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_addr src, dst;

	(void)state;
	drill_connect(d);
	assert_true(tcp_peek(d->tcp, &src, &dst));
	assert_true(addr_eq(&dst, &d->lab->host[LAB_B].addr));
	tcp_drop_next(d->tcp, HF_NO_ROUTE, d->lab->now);
	in_state(d, "CLOSED");
	assert_int_equal(drill_info(d).why, HF_NO_ROUTE);
	assert_int_equal(drill_events(d), HF_EV_CLOSED);
	drill_end(d);

	/* Held until the neighbour is known, then sent as if nothing had been. */
	d = drill_new(NULL);
	drill_connect(d);
	assert_true(tcp_peek(d->tcp, &src, &dst));
	tcp_hold(d->tcp, d->lab->now);
	assert_true(tcp_has_held(d->tcp));
	sees_nothing(d);
	pass(d, HF_MS(500));
	tcp_unhold_all(d->tcp);
	sees(d, "S 0");
	drill_end(d);

	/* A connection that stands takes it as trouble on the path (MUST-56) and tries again. */
	d = drill_new(NULL);
	drill_open(d, "mss 1460");
	drill_write(d, 10);
	assert_true(tcp_peek(d->tcp, &src, &dst));
	tcp_drop_next(d->tcp, HF_NO_ROUTE, d->lab->now);
	in_state(d, "ESTABLISHED");
	assert_int_equal(drill_events(d), HF_EV_ADVICE);
	assert_int_equal(drill_info(d).soft, HF_NO_ROUTE);
	assert_true(drill_until_sent(d, HF_S(2)) != HF_NEVER);
	sees(d, "PA 1+10 ack 1");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syn_cache_keeps_its_limit),
		cmocka_unit_test(syn_cache_evicts_the_silent_first),
		cmocka_unit_test(syn_ack_is_repeated_and_given_up),
		cmocka_unit_test(syn_again_is_answered_again),
		cmocka_unit_test(reset_of_a_half_open_peer_leaves_the_listener),
		cmocka_unit_test(path_mtu_of_a_half_open_peer),
		cmocka_unit_test(accept_queue_full),
		cmocka_unit_test(ended_before_it_was_accepted),
		cmocka_unit_test(no_block_left),
		cmocka_unit_test(data_and_fin_on_the_handshakes_ack),
		cmocka_unit_test(the_last_ack_is_lost),
		cmocka_unit_test(data_beside_a_syn),
		cmocka_unit_test(data_beside_a_syn_ack_beyond_the_window),
		cmocka_unit_test(simultaneous_open_whatever_is_lost),
		cmocka_unit_test(simultaneous_open_agrees_on_options),
		cmocka_unit_test(mss_both_ways),
		cmocka_unit_test(window_scale),
		cmocka_unit_test(options_only_when_asked),
		cmocka_unit_test(timestamps_are_on_every_segment),
		cmocka_unit_test(initial_sequence_numbers),
		cmocka_unit_test(another_seed_another_number),
		cmocka_unit_test(ports_by_rfc_6056),
		cmocka_unit_test(a_tuple_is_taken_once),
		cmocka_unit_test(specific_before_wildcard),
		cmocka_unit_test(listener_that_turns_active),
		cmocka_unit_test(listeners_are_limited),
		cmocka_unit_test(syn_to_an_address_no_connection_can_have),
		cmocka_unit_test(refused),
		cmocka_unit_test(syn_is_given_up_after_r2),
		cmocka_unit_test(icmp_while_opening),
		cmocka_unit_test(icmp6_while_opening),
		cmocka_unit_test(no_way_to_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
