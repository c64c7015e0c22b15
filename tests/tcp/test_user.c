/* SPDX-License-Identifier: MIT */
/* What the user calls tell: STATUS for one and for all, events, tags; and what IP does to those who wait. */
#include "drill.h"

#include <stdlib.h>

/* ---- STATUS (3.10.6) ---- */

static void status_of_each_kind_of_record(void **state)
{
	static const struct {
		enum drill_place place;
		uint8_t state;
		bool named, passive;
		uint32_t una, nxt, next; /* relative; next: 0 when there is none */
	} rows[] = {
		{ AT_LISTEN, HF_TCP_LISTEN, false, true, 0, 0, 0 },
		{ AT_SYN_SENT, HF_TCP_SYN_SENT, true, false, 0, 1, 0 },
		{ AT_SYN_RECEIVED_PASSIVE, HF_TCP_SYN_RECEIVED, false, true, 0, 1, 1 },
		{ AT_SYN_RECEIVED_ACTIVE, HF_TCP_SYN_RECEIVED, true, false, 0, 1, 1 },
		{ AT_ESTABLISHED, HF_TCP_ESTABLISHED, true, false, 1, 1, 1 },
		{ AT_FIN_WAIT_1, HF_TCP_FIN_WAIT_1, true, false, 1, 2, 1 },
		{ AT_FIN_WAIT_2, HF_TCP_FIN_WAIT_2, true, false, 2, 2, 1 },
		{ AT_CLOSE_WAIT, HF_TCP_CLOSE_WAIT, true, false, 1, 1, 2 },
		{ AT_CLOSING, HF_TCP_CLOSING, true, false, 1, 2, 2 },
		{ AT_LAST_ACK, HF_TCP_LAST_ACK, true, false, 1, 2, 2 },
		{ AT_TIME_WAIT_HELD, HF_TCP_TIME_WAIT, true, false, 2, 2, 2 },
		{ AT_TIME_WAIT_BARE, HF_TCP_TIME_WAIT, false, false, 2, 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(NULL);
		struct hf_conn_info info, last = { 0 };
		uint64_t cursor = 0;
		int count = 0;

		drill_go(d, rows[i].place);
		while (tcp_each(d->tcp, &cursor, &info)) {
			if (rows[i].place != AT_LISTEN && info.state == HF_TCP_LISTEN)
				continue;
			last = info;
			count++;
		}
		assert_int_equal(count, 1); /* TIME_WAIT beside its block is one connection */
		assert_int_equal(last.state, rows[i].state);
		assert_int_equal(last.name.birth != 0, rows[i].named);
		assert_int_equal(last.passive, rows[i].passive);
		assert_int_equal(last.local.port, DRILL_LOCAL_PORT);
		if (rows[i].place == AT_LISTEN) {
			drill_end(d);
			continue;
		}
		assert_int_equal(last.remote.port, DRILL_PEER_PORT);
		assert_true(addr_eq(&last.remote.addr, &d->lab->host[LAB_B].addr));
		assert_int_equal(last.snd_una - d->iss, rows[i].una);
		assert_int_equal(last.snd_nxt - d->iss, rows[i].nxt);
		if (rows[i].next)
			assert_int_equal(last.rcv_nxt - d->peer_iss, rows[i].next);
		assert_int_not_equal(last.id, 0);
		drill_end(d);
	}
}

static void status_counts_octets(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_info i;

	(void)state;
	drill_connect(d);
	drill_write(d, 500);
	i = drill_info(d);
	assert_int_equal(i.sent, 0);
	sees(d, "S 0");
	i = drill_info(d);
	assert_int_equal(i.sent, 0); /* a SYN is no octet */
	assert_int_equal(i.send_queued, 500);
	peer(d, "SA 0 ack 1 mss 1000");
	sees(d, "PA 1+500 ack 1");
	assert_int_equal(drill_info(d).sent, 500);
	drill_shut(d);
	sees(d, "FA 501 ack 1");
	assert_int_equal(drill_info(d).sent, 500); /* nor is a FIN */
	peer(d, "A 1 ack 201");
	assert_int_equal(drill_info(d).acked, 200);
	assert_int_equal(drill_info(d).send_queued, 300);
	peer(d, "A 1 ack 502");
	assert_int_equal(drill_info(d).acked, 500);
	assert_int_equal(drill_info(d).sent, 500);
	peer(d, "FPA 1+70 ack 502");
	assert_int_equal(drill_info(d).received, 70);
	drill_end(d);
}

static void counters_and_footprint(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_host_counters n = { 0 };

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	tcp_count(d->tcp, &n);
	assert_int_equal(n.half_open, 1);
	assert_int_equal(n.listeners, 1);
	assert_int_equal(n.conns, 0);
	peer(d, "A 1 ack 1");
	peer(d, "A 11+10 ack 1");
	assert_int_equal(drill_accept(d), HF_OK);
	drill_write(d, 10);
	tcp_count(d->tcp, &n);
	assert_int_equal(n.half_open, 0);
	assert_int_equal(n.conns, 1);
	assert_int_equal(n.slices, 1);
	assert_int_equal(n.gaps, 1);
	drill_end(d);
	/* The promises of the issue: idle connections, half-open peers, TIME_WAIT. */
	assert_true(tcp_footprint().conn <= 512);
	assert_true(tcp_footprint().half_open <= 64);
	assert_true(tcp_footprint().time_wait <= 72);
}

/* ---- events ---- */

static void one_event_tells_all(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_event e;

	(void)state;
	drill_open(d, "mss 1000");
	assert_int_equal(tcp_set_tag(d->tcp, d->conn, 0x1234567890ull), HF_OK);
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1");
	peer(d, "PA 1+10 ack 1; UPA 11+10 ack 11 urg 5; FA 21 ack 11");
	assert_true(tcp_next_event(d->tcp, &e));
	assert_int_equal(e.what, HF_EV_READABLE | HF_EV_WRITABLE | HF_EV_URGENT | HF_EV_PEER_FIN);
	assert_int_equal(e.tag, 0x1234567890ull);
	assert_int_equal(e.conn.slot, d->conn.slot);
	assert_int_equal(e.conn.birth, d->conn.birth);
	assert_false(tcp_next_event(d->tcp, &e));
	/* A connection that was given up tells nothing more. */
	peer(d, "R 22");
	assert_true(tcp_next_event(d->tcp, &e));
	assert_int_equal(e.what, HF_EV_CLOSED);
	drill_end(d);
	d = drill_new(NULL);
	drill_open(d, "mss 1000");
	peer(d, "PA 1+10 ack 1");
	drill_read(d, 10);
	drill_close(d);
	assert_false(tcp_next_event(d->tcp, &e));
	drill_forget_out(d);
	peer(d, "FA 11 ack 2");
	assert_false(tcp_next_event(d->tcp, &e));
	drill_end(d);
}

static void accept_is_told_once(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_event e;

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	peer(d, "PA 1+10 ack 1");
	assert_true(tcp_next_event(d->tcp, &e));
	assert_int_equal(e.what, HF_EV_ACCEPT);
	assert_int_equal(e.listener.slot, d->listener.slot);
	assert_int_equal(e.listener.birth, d->listener.birth);
	assert_false(tcp_next_event(d->tcp, &e)); /* of the connection itself nobody has the name yet */
	peer(d, "PA 11+10 ack 1");
	assert_false(tcp_next_event(d->tcp, &e));
	assert_int_equal(drill_accept(d), HF_OK);
	assert_int_equal(drill_events(d) & HF_EV_READABLE, HF_EV_READABLE);
	drill_end(d);
}

/* ---- IP: who waits for a neighbour, who has no route ---- */

static void waiting_for_a_neighbour(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_addr src, dst;
	hf_conn second;
	struct hf_endpoint local, remote;

	(void)state;
	/* A reset and two connections wait; a third reset goes on. */
	d->iss_known = true;
	peer(d, "S 0");
	assert_true(tcp_peek(d->tcp, &src, &dst));
	tcp_hold(d->tcp, d->lab->now);
	d->iss_known = false;
	drill_connect(d);
	local = (struct hf_endpoint){ d->lab->host[LAB_A].addr, 7 };
	remote = (struct hf_endpoint){ d->lab->host[LAB_B].addr, 8 };
	assert_int_equal(tcp_connect(d->tcp, &remote, &local, 1500, d->lab->now, &second), HF_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(tcp_peek(d->tcp, &src, &dst));
		tcp_hold(d->tcp, d->lab->now);
	}
	assert_false(tcp_peek(d->tcp, &src, &dst));
	assert_true(tcp_has_held(d->tcp));
	tcp_check(d->tcp);
	/* One that waits may end. */
	assert_int_equal(tcp_abort(d->tcp, second, d->lab->now), HF_OK);
	tcp_check(d->tcp);
	tcp_unhold_all(d->tcp);
	assert_false(tcp_has_held(d->tcp));
	sees(d, "RA z ack 1; S 0");
	drill_end(d);
}

static void held_and_ready_join_in_order(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_addr src, dst;

	(void)state;
	d->iss_known = true;
	peer(d, "S 0; S 10");
	assert_true(tcp_peek(d->tcp, &src, &dst));
	tcp_hold(d->tcp, d->lab->now);
	peer(d, "S 20");
	tcp_unhold_all(d->tcp);
	sees(d, "RA z ack 11; RA z ack 21; RA z ack 1");
	/* No room for another answer: what waits for a neighbour that is silent makes it. */
	for (int i = 0; i < 64; i++)
		peer(d, "S %d", i);
	while (tcp_peek(d->tcp, &src, &dst))
		tcp_hold(d->tcp, d->lab->now);
	peer(d, "S 1000");
	sees(d, "RA z ack 1001");
	assert_int_equal(d->tcp->controls.in_use, 63);
	tcp_unhold_all(d->tcp);
	drill_forget_out(d);
	drill_end(d);
}

static void a_control_segment_without_a_route(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_addr src, dst;

	(void)state;
	d->iss_known = true;
	peer(d, "S 0");
	assert_true(tcp_peek(d->tcp, &src, &dst));
	tcp_drop_next(d->tcp, HF_NO_ROUTE, d->lab->now);
	sees_nothing(d);
	assert_int_equal(d->tcp->controls.in_use, 0);
	drill_end(d);
}

static void names_in_words(void **state)
{
	(void)state;
	for (unsigned e = 0; e < TCP_EVENT_COUNT; e++) {
		assert_true(strlen(tcp_event_name(e)) > 3);
		assert_true(strlen(tcp_event_sentence(e)) > 10);
	}
	for (unsigned a = 0; a < TCP_ACTION_COUNT; a++) {
		assert_true(strlen(tcp_action_name(a)) > 3);
		assert_true(strlen(tcp_action_sentence(a)) > 8);
	}
	assert_string_equal(tcp_event_name(TCP_EVENT_COUNT), "?");
	assert_string_equal(tcp_event_sentence(TCP_EVENT_COUNT), "?");
	assert_string_equal(tcp_action_name(TCP_ACTION_COUNT), "?");
	assert_string_equal(tcp_action_sentence(TCP_ACTION_COUNT), "?");
}

static void a_listener_tells_where_it_is(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_endpoint e;

	(void)state;
	drill_listen(d);
	assert_int_equal(tcp_listener_local(d->tcp, d->listener, &e), HF_OK);
	assert_int_equal(e.port, DRILL_LOCAL_PORT);
	assert_true(addr_eq(&e.addr, &d->lab->host[LAB_A].addr));
	assert_int_equal(tcp_listener_local(d->tcp, (hf_listener){ 5, 5 }, &e), HF_STALE);
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_of_each_kind_of_record),
		cmocka_unit_test(status_counts_octets),
		cmocka_unit_test(counters_and_footprint),
		cmocka_unit_test(one_event_tells_all),
		cmocka_unit_test(accept_is_told_once),
		cmocka_unit_test(waiting_for_a_neighbour),
		cmocka_unit_test(held_and_ready_join_in_order),
		cmocka_unit_test(a_control_segment_without_a_route),
		cmocka_unit_test(names_in_words),
		cmocka_unit_test(a_listener_tells_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
