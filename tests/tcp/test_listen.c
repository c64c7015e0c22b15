/* SPDX-License-Identifier: MIT */
/* LISTEN: the SYN cache with its limits, the accept queue, which listener a SYN is for. */
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
	assert_int_equal(tcp_listen(d->tcp, &any, &wild), HF_OK);
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
	/* The end of one does not disturb the other. */
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

/* MUST-41, MUST-42 (3.9.1.1): LISTEN on the port of a connection, whatever its state; it does not notice. */
static void listening_beside_a_connection_of_the_port(void **state)
{
	static const enum drill_place places[] = { AT_SYN_SENT,      AT_SYN_RECEIVED_ACTIVE,
						   AT_ESTABLISHED,   AT_FIN_WAIT_1,
						   AT_FIN_WAIT_2,    AT_CLOSE_WAIT,
						   AT_CLOSING,       AT_LAST_ACK,
						   AT_TIME_WAIT_HELD };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(places); i++) {
		struct drill *d = drill_new(NULL);
		struct hf_endpoint same = { d->lab->host[LAB_A].addr, DRILL_LOCAL_PORT };
		struct hf_conn_info before, after;
		hf_listener again;
		uint32_t iss;

		drill_go(d, places[i]);
		iss = d->iss;
		assert_int_equal(tcp_status(d->tcp, d->conn, &before), HF_OK);
		drill_listen(d);
		assert_int_equal(tcp_listen(d->tcp, &same, &again), HF_IN_USE);
		assert_int_equal(tcp_status(d->tcp, d->conn, &after), HF_OK);
		assert_memory_equal(&before, &after, sizeof before);
		sees_nothing(d);
		/* Others get in meanwhile. */
		from_port(d, 3000);
		peer(d, "S 0 mss 1460");
		sees(d, "SA 0 ack 1");
		peer(d, "A 1 ack 1");
		in_state(d, "ESTABLISHED");
		assert_int_equal(drill_events(d), HF_EV_ACCEPT);
		d->peer_port = DRILL_PEER_PORT;
		d->iss = iss;
		assert_memory_equal(drill_state(d), drill_place_names[places[i]], strlen(drill_state(d)));
		if (places[i] == AT_SYN_SENT) {
			peer(d, "SA 0 ack 1 mss 1460");
			sees(d, "A 1 ack 1");
			in_state(d, "ESTABLISHED");
		} else if (places[i] == AT_SYN_RECEIVED_ACTIVE) {
			peer(d, "A 1 ack 1");
			in_state(d, "ESTABLISHED");
		}
		drill_end(d);
	}
	/* A half-open peer of a listener is a connection of the port as well. */
	struct drill *d = drill_new(NULL);
	struct hf_endpoint any = { .port = DRILL_LOCAL_PORT };
	hf_listener wild;

	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	assert_int_equal(tcp_listen(d->tcp, &any, &wild), HF_OK);
	in_state(d, "SYN_RECEIVED");
	peer(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	assert_int_equal(drill_accept(d), HF_OK);
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
	struct tcp_in in = {
		.src = d->lab->host[LAB_B].addr, .dst = d->lab->host[LAB_A].addr, .csum_ok = true, .bad_address = true
	};

	(void)state;
	drill_listen(d);
	in.segment = (struct hf_bytes){ b, tcp_put(&w, &h) };
	tcp_feed(d->tcp, &in, d->lab->now); /* MUST-57, MUST-63 */
	sees_nothing(d);
	in_state(d, "LISTEN");
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_ADDRESS), 1);
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
		cmocka_unit_test(specific_before_wildcard),
		cmocka_unit_test(listening_beside_a_connection_of_the_port),
		cmocka_unit_test(listener_that_turns_active),
		cmocka_unit_test(listeners_are_limited),
		cmocka_unit_test(syn_to_an_address_no_connection_can_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
