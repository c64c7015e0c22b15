/* SPDX-License-Identifier: MIT */
/* Opening: what comes with a handshake, two at once, initial numbers and ports, and all the ways in which a SYN gets no friendly answer. */
#include "drill.h"

#include <stdlib.h>

static void use_ip6(struct drill *d)
{
	d->lab->host[LAB_A].addr = (struct hf_addr){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	d->lab->host[LAB_B].addr = (struct hf_addr){ { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };
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
		{ 3, 0, HF_OK, false },          { 3, 1, HF_OK, false },      { 3, 5, HF_OK, false },
		{ 3, 2, HF_UNREACHABLE, false }, { 3, 3, HF_REFUSED, false }, { 11, 0, HF_OK, false },
		{ 12, 0, HF_OK, false },         { 4, 0, HF_OK, true }, /* MUST-55 */
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
		struct tcp_icmp e = { .local = { d->lab->host[LAB_A].addr, d->local_port },
				      .seq = d->iss,
				      .type = 1,
				      .ip6 = true,
				      .remote = { d->lab->host[LAB_B].addr, d->peer_port },
				      .code = rows[i].code };

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
		cmocka_unit_test(data_and_fin_on_the_handshakes_ack),
		cmocka_unit_test(the_last_ack_is_lost),
		cmocka_unit_test(data_beside_a_syn),
		cmocka_unit_test(data_beside_a_syn_ack_beyond_the_window),
		cmocka_unit_test(simultaneous_open_whatever_is_lost),
		cmocka_unit_test(simultaneous_open_agrees_on_options),
		cmocka_unit_test(initial_sequence_numbers),
		cmocka_unit_test(another_seed_another_number),
		cmocka_unit_test(ports_by_rfc_6056),
		cmocka_unit_test(a_tuple_is_taken_once),
		cmocka_unit_test(refused),
		cmocka_unit_test(syn_is_given_up_after_r2),
		cmocka_unit_test(icmp_while_opening),
		cmocka_unit_test(icmp6_while_opening),
		cmocka_unit_test(no_way_to_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
