/* SPDX-License-Identifier: MIT */
/*
 * Traps that a reading of the machine against its RFCs found: each was sprung once. What they have in common is that
 * nothing ordinary goes that way; so they stand here, each with the way that leads there.
 */
#include "drill.h"

/* A handshake that is over within the millisecond in which it began: 0 was taken from 1, and the RTO was two minutes. */
static void a_handshake_within_one_millisecond_is_short(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	d->lab->now += HF_US(300);
	drill_listen(d);
	peer(d, "S 0 mss 1460");
	sees(d, "SA 0 ack 1");
	pass(d, HF_US(200));
	peer(d, "A 1 ack 1");
	assert_int_equal(drill_accept(d), HF_OK);
	assert_true(drill_info(d).srtt < HF_MS(2));
	assert_int_equal(drill_info(d).rto, HF_MS(200));
	drill_end(d);
}

/* After 4 GiB SND.UNA is ISS again; that does not make the SYN unacknowledged (RFC 9293 3.4). */
static void a_stream_passes_its_own_initial_number(void **state)
{
	struct drill *d = drill_new(NULL);
	struct tcp_conn *c;

	(void)state;
	drill_open(d, "mss 1460");
	c = drill_block(d);
	c->iss = c->snd_una; /* as if 2^32 octets had gone */
	drill_write(d, 100);
	sees(d, "PA 1+100 ack 1");
	peer(d, "A 1 ack 51");
	sees_nothing(d);
	c->iss = c->snd_una;
	drill_write(d, 100);
	pass(d, HF_MS(1));
	peer(d, "A 1 ack 101");
	sees(d, "PA 101+100 ack 1");
	pass(d, HF_MS(250));
	sees(d, "PA 101+100 ack 1");
	peer(d, "A 1 ack 201");
	in_state(d, "ESTABLISHED");
	assert_int_equal(drill_info(d).send_queued, 0);
	drill_end(d);
}

/* `recover` (RFC 6582 3.2) must not fall so far behind that it seems to lie ahead: fast retransmit would rest for 2 GiB. */
static void recover_keeps_up_with_the_stream(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t i = 0; i < 20; i++) {
		drill_write(d, 100);
		lab_step(d->lab);
		peer(d, "A 1 ack %u", 1 + 100 * (i + 1));
	}
	drill_forget_out(d);
	assert_true(drill_block(d)->snd_una - drill_block(d)->recover <= 2);
	/* and yet the next loss is repaired by duplicates */
	drill_write(d, 5000);
	lab_step(d->lab);
	drill_forget_out(d);
	peer(d, "A 1 ack 2001; A 1 ack 2001; A 1 ack 2001");
	sees(d, "A 2001+1460 ack 1");
	peer(d, "A 1 ack 7001");
	drill_end(d);
}

/* RFC 6298 5 and MUST-18: what was sent twice measures nothing, so the doubled RTO stays until something else does. */
static void backoff_stays_until_a_sample_is_taken(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460"); /* no timestamps: they would tell the two apart */
	drill_write(d, 100);
	sees(d, "PA 1+100 ack 1");
	assert_int_equal(drill_until_sent(d, HF_S(10)), HF_MS(200));
	sees(d, "PA 1+100 ack 1");
	peer(d, "A 1 ack 101");
	assert_int_equal(drill_info(d).rto, HF_MS(400));
	drill_write(d, 100);
	sees(d, "PA 101+100 ack 1");
	assert_int_equal(drill_until_sent(d, HF_S(10)), HF_MS(400));
	sees(d, "PA 101+100 ack 1");
	peer(d, "A 1 ack 201");
	/* one that goes once collapses it */
	drill_write(d, 100);
	sees(d, "PA 201+100 ack 1");
	peer(d, "A 1 ack 301");
	assert_int_equal(drill_info(d).rto, HF_MS(200));
	drill_end(d);
}

/* A peer that restarted asks with a SYN as it likes, without timestamps too: it must hear of the old connection. */
static void a_bare_syn_is_challenged_where_timestamps_are_spoken(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts");
	peer(d, "S 90000 nots");
	sees(d, "A 1 ack 1 ts");
	/* in the window, and it leaves TS.Recent alone */
	peer(d, "S 1 nots");
	sees(d, "A 1 ack 1 ts");
	assert_int_equal(drill_block(d)->ts_recent, 70000);
	in_state(d, "ESTABLISHED");
	peer(d, "R 1 nots");
	in_state(d, "CLOSED");
	drill_end(d);
}

/* Broadcasts reach TCP only to be dropped (MUST-57); the table of local addresses is not theirs to fill. */
static void groups_take_no_place_among_local_addresses(void **state)
{
	struct drill *d = drill_new(NULL);
	struct tcp_header h = { .src_port = 5, .dst_port = 6, .flags = TCP_SYN };

	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		uint8_t b[TCP_HEADER_MAX];
		struct hf_wr w = hf_wr_over(b, sizeof b);
		struct tcp_in in = { .src = d->lab->host[LAB_B].addr,
				     .dst = addr_ip4_u32(0xe0000001u + i),
				     .csum_ok = true,
				     .bad_address = true };

		in.segment = (struct hf_bytes){ b, tcp_put(&w, &h) };
		tcp_feed(d->tcp, &in, d->lab->now);
	}
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_ADDRESS), 8);
	drill_open(d, "mss 1460");
	drill_end(d);
}

static void write_urgent(struct drill *d, uint32_t n)
{
	uint8_t b[8192];
	size_t took;

	for (uint32_t i = 0; i < n; i++)
		b[i] = drill_octet(true, d->written + 1 + i);
	assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ b, n }, TCP_WRITE_URGENT, d->lab->now, &took), HF_OK);
	assert_int_equal(took, n);
	d->written += n;
}

/* The pointer is told with octets of the stream, not with the SYN that none of them stands in. */
static void a_syn_carries_no_urgent_pointer(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_connect(d);
	write_urgent(d, 3);
	sees(d, "S 0");
	peer(d, "SA 0 ack 1 mss 1460");
	sees(d, "UPA 1+3 ack 1 urg 3");
	drill_end(d);
}

static void tune_tso(struct hf_host_config *c)
{
	c->offload = HF_OFFLOAD_TX_TSO;
	c->tso_max_bytes = 65000;
}

/* Whoever cuts a super-segment copies the pointer into each piece, where it means another octet (MUST-62). */
static void urgent_data_goes_in_single_segments(void **state)
{
	struct drill *d = drill_new(tune_tso);

	(void)state;
	drill_open(d, "mss 1000");
	write_urgent(d, 2500);
	sees(d, "UA 1+1000 ack 1 urg 2500 gso 0; UA 1001+1000 ack 1 urg 1500 gso 0; UPA 2001+500 ack 1 urg 500 gso 0");
	peer(d, "A 1 ack 2501");
	drill_write(d, 2500);
	sees(d, "PA 2501+2500 ack 1 gso 1000");
	drill_end(d);
}

/* A duplicate ACK that found no route is gone: no retransmission timer runs for it, to give up an idle connection in the end. */
static void an_ack_without_a_route_starts_no_timer(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_addr src, dst;

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 101+100 ack 1");
	assert_true(tcp_peek(d->tcp, &src, &dst));
	tcp_drop_next(d->tcp, HF_NO_ROUTE, d->lab->now);
	assert_int_equal(drill_info(d).retransmit_at, HF_NEVER);
	pass(d, HF_S(2000));
	in_state(d, "ESTABLISHED");
	sees_nothing(d);
	drill_end(d);
}

/* Text beyond the FIN's number came before the FIN: the stream ends where the FIN says, and the connection does not hang. */
static void text_beyond_the_fin_does_not_hide_it(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 101+100 ack 1; A 51+20 ack 1; A 91+30 ack 1");
	sees(d, "A 1 ack 1; A 1 ack 1; A 1 ack 1");
	peer(d, "FA 101 ack 1");
	sees(d, "A 1 ack 1");
	peer(d, "A 1+100 ack 1");
	sees(d, "A 1 ack 102");
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_read(d, 1000), 100);
	drill_end(d);
}

/* SHLD-26 holds for half-open peers as well; and they, too, believe only what quotes their SYN (RFC 5927 4.1). */
static void a_hard_error_ends_a_half_open_peer(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	drill_icmp(d, 3, 4, 77, 600); /* not our SYN */
	drill_icmp(d, 3, 3, 77, 0);
	in_state(d, "SYN_RECEIVED");
	drill_icmp(d, 3, 1, 0, 0); /* soft */
	in_state(d, "SYN_RECEIVED");
	drill_icmp(d, 3, 3, 0, 0);
	in_state(d, "LISTEN");
	assert_int_equal(drill_count(d, HF_TR_TCP_HARD_ERROR), 1);
	drill_end(d);
}

/* One limit for all connections would let a stranger count the challenges of others (CVE-2016-5696). */
static void each_connection_has_challenges_of_its_own(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_endpoint remote = { .addr = d->lab->host[LAB_B].addr, .port = 7 };
	struct hf_endpoint local = { .addr = d->lab->host[LAB_A].addr, .port = 1001 };
	hf_conn other;

	(void)state;
	drill_open(d, "mss 1460");
	for (int i = 0; i < 20; i++)
		peer(d, "R 100");
	assert_int_equal(drill_count(d, HF_TR_TCP_CHALLENGE_RST), 10);
	assert_int_equal(drill_count(d, HF_TR_TCP_CHALLENGE_LIMIT), 10);
	drill_forget_out(d);

	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &other), HF_OK);
	lab_step(d->lab);
	d->iss = d->out[d->in_out - 1].h.seq;
	d->peer_port = 7;
	d->local_port = 1001;
	peer(d, "SA 0 ack 1 mss 1460");
	drill_forget_out(d);
	peer(d, "R 100");
	sees(d, "A 1 ack 1");
	assert_int_equal(tcp_abort(d->tcp, other, d->lab->now), HF_OK);
	drill_forget_out(d);
	/* and after the span the first one answers again */
	d->local_port = DRILL_LOCAL_PORT;
	d->peer_port = DRILL_PEER_PORT;
	pass(d, HF_S(5));
	peer(d, "R 100");
	assert_int_equal(drill_count(d, HF_TR_TCP_CHALLENGE_RST), 12);
	drill_end(d);
}

/* Two sides that disagree on their numbers must not answer each other's ACKs for ever; text is answered each time. */
static void acks_out_of_place_are_answered_within_a_limit(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	for (int i = 0; i < 30; i++) {
		peer(d, "A 500000 ack 1");
		lab_step(d->lab);
	}
	assert_int_equal(d->in_out - d->looked, 10);
	drill_forget_out(d);
	for (int i = 0; i < 30; i++) {
		peer(d, "A 500000+1 ack 1");
		lab_step(d->lab);
	}
	assert_int_equal(d->in_out - d->looked, 30);
	drill_forget_out(d);
	pass(d, HF_S(5));
	peer(d, "A 0 ack 1");
	sees(d, "A 1 ack 1");
	drill_end(d);
}

/* The octet of a window probe was not taken: the peer would refuse an ACK or a reset that counts it. */
static void a_refused_probe_does_not_count_as_sent(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 1 ack 1 win 0");
	drill_write(d, 100);
	sees_nothing(d);
	assert_int_not_equal(drill_until_sent(d, HF_S(5)), HF_NEVER);
	sees(d, "A 1+1 ack 1");
	peer(d, "A 1 ack 1 win 0");
	peer(d, "A 101+100 ack 1 win 0");
	sees(d, "A 1 ack 1");
	drill_abort(d);
	sees(d, "RA 1 ack 1");
	drill_end(d);
}

/* CLOSE in SYN_RECEIVED of a simultaneous open: the peer's SYN,ACK still acknowledges our SYN (3.10.7.4, fifth). */
static void a_closed_simultaneous_open_takes_the_syn_ack(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_ACTIVE);
	drill_shut(d);
	sees(d, "FA 1 ack 1");
	peer(d, "SA 0 ack 1 mss 1460");
	sees_nothing(d);
	in_state(d, "FIN_WAIT_1");
	peer(d, "A 1 ack 2");
	in_state(d, "FIN_WAIT_2");
	drill_end(d);
}

/* What a SYN,ACK carries beyond the window that our SYN announced is not taken (3.10.7.4, first). */
static void text_of_a_syn_ack_ends_at_the_window(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_connect(d);
	sees(d, "S 0 win 20000");
	peer(d, "SA 0+20100 ack 1 mss 1460");
	sees(d, "A 1 ack 20001");
	assert_int_equal(drill_read(d, 30000), 20000);
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_within_one_millisecond_is_short),
		cmocka_unit_test(a_stream_passes_its_own_initial_number),
		cmocka_unit_test(recover_keeps_up_with_the_stream),
		cmocka_unit_test(backoff_stays_until_a_sample_is_taken),
		cmocka_unit_test(a_bare_syn_is_challenged_where_timestamps_are_spoken),
		cmocka_unit_test(groups_take_no_place_among_local_addresses),
		cmocka_unit_test(a_syn_carries_no_urgent_pointer),
		cmocka_unit_test(urgent_data_goes_in_single_segments),
		cmocka_unit_test(an_ack_without_a_route_starts_no_timer),
		cmocka_unit_test(text_beyond_the_fin_does_not_hide_it),
		cmocka_unit_test(a_hard_error_ends_a_half_open_peer),
		cmocka_unit_test(each_connection_has_challenges_of_its_own),
		cmocka_unit_test(acks_out_of_place_are_answered_within_a_limit),
		cmocka_unit_test(a_refused_probe_does_not_count_as_sent),
		cmocka_unit_test(a_closed_simultaneous_open_takes_the_syn_ack),
		cmocka_unit_test(text_of_a_syn_ack_ends_at_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
