/* SPDX-License-Identifier: MIT */
/* The end: FIN_WAIT_2 without a reader, TIME_WAIT to the nanosecond, and out of it (RFC 1337, RFC 6191). */
#include "drill.h"

#include <stdlib.h>

/* ---- FIN_WAIT_2 ---- */

static void an_orphan_leaves_fin_wait_2(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	/* Closed before the FIN was acknowledged, and after it. */
	for (int after = 0; after < 2; after++) {
		d = after ? drill_new(NULL) : d;
		drill_go(d, after ? AT_FIN_WAIT_2 : AT_FIN_WAIT_1);
		drill_close(d);
		if (!after)
			peer(d, "A 1 ack 2");
		pass(d, HF_S(60) - 1);
		in_state(d, "FIN_WAIT_2");
		pass(d, 1);
		in_state(d, "CLOSED");
		sees_nothing(d);
		assert_int_equal(d->tcp->conns.in_use, 0);
		assert_int_equal(drill_count(d, HF_TR_TCP_FIN_WAIT_2_END), 1);
		drill_end(d);
	}
	/* Whoever holds the name may read for ever. */
	d = drill_new(NULL);
	drill_go(d, AT_FIN_WAIT_2);
	pass(d, HF_S(100000));
	in_state(d, "FIN_WAIT_2");
	peer(d, "PA 1+10 ack 2");
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

/* ---- TIME_WAIT ---- */

static void time_wait_lasts_2msl(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_TIME_WAIT_BARE);
	assert_int_equal(d->tcp->conns.in_use, 0); /* a record of 64 octets, no block */
	assert_int_equal(d->tcp->tw_count, 1);
	pass(d, HF_S(60) - 1);
	in_state(d, "TIME_WAIT");
	pass(d, 1);
	in_state(d, "CLOSED");
	assert_int_equal(drill_count(d, HF_TR_TCP_TIME_WAIT_END), 1);
	peer(d, "FA 1 ack 2");
	sees(d, "R 2");
	drill_end(d);
}

static void only_a_fin_starts_2msl_anew(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_TIME_WAIT_HELD);
	assert_int_equal(drill_info(d).ends_at - d->lab->now, HF_S(60));
	pass(d, HF_S(30));
	peer(d, "A 2 ack 2; R 2; RA 2 ack 2; PA 2+10 ack 2; S 0; SA 5 ack 2; - 2");
	drill_forget_out(d);
	in_state(d, "TIME_WAIT"); /* RFC 1337 */
	assert_int_equal(drill_info(d).ends_at - d->lab->now, HF_S(30));
	pass(d, HF_S(29));
	peer(d, "FA 1 ack 2");
	sees(d, "A 2 ack 2");
	assert_int_equal(drill_info(d).ends_at - d->lab->now, HF_S(60));
	pass(d, HF_S(59));
	peer(d, "FPA -9+10 ack 2"); /* with the text before it */
	sees(d, "A 2 ack 2");
	pass(d, HF_S(60) - 1);
	in_state(d, "TIME_WAIT");
	pass(d, 1);
	in_state(d, "CLOSED");
	assert_int_equal(drill_events(d), HF_EV_CLOSED);
	assert_int_equal(drill_info(d).why, HF_OK);
	drill_end(d);
}

/* RFC 6191 2, and what 3.6.1 (MAY-2) says without timestamps. */
static void rfc_6191_table(void **state)
{
	static const struct {
		const char *old; /* what the old connection agreed on */
		const char *syn; /* numbers from the peer's old ISS on: its FIN was 1, RCV.NXT is 2 */
		bool opens;
	} rows[] = {
		{ "", "S 1 mss 1460", false },
		{ "", "S 2 mss 1460", true },
		{ "", "S 3 mss 1460", true },
		{ "", "S -2000000000 mss 1460", false },
		{ "", "S 1 mss 1460 ts 5/0", true },
		{ "", "S -100 mss 1460 ts 5/0", true },
		{ "ts 70000/0", "S 1 ts 70001/0", true },
		{ "ts 70000/0", "S 1000 ts 70001/0", true },
		{ "ts 70000/0", "S 1 ts 70000/0", false },
		{ "ts 70000/0", "S 2 ts 70000/0", true },
		{ "ts 70000/0", "S 1000 ts 69999/0", false },
		{ "ts 70000/0", "S 1 ts 69999/0", false },
		{ "ts 70000/0", "S 1 nots", false },
		{ "ts 70000/0", "S 2 nots", true },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		for (int held = 0; held < 2; held++) {
			struct drill *d = drill_new(NULL);
			uint32_t old_nxt;

			drill_open(d, rows[i].old[0] ? rows[i].old : "mss 1460");
			drill_shut(d);
			sees(d, "FA 1 ack 1");
			peer(d, "FA 1 ack 2");
			in_state(d, "TIME_WAIT");
			if (!held)
				drill_close(d);
			drill_listen(d);
			drill_forget_out(d);
			old_nxt = d->iss + 2;
			peer(d, "%s", rows[i].syn);
			lab_step(d->lab);
			in_state(d, rows[i].opens ? "SYN_RECEIVED" : "TIME_WAIT");
			assert_int_equal(d->in_out, rows[i].opens);
			if (rows[i].opens) {
				assert_int_equal(d->out[0].h.flags, TCP_SYN | TCP_ACK);
				assert_true(seq_gt(d->out[0].h.seq, old_nxt)); /* beyond the old one's numbers */
				assert_int_equal(drill_count(d, HF_TR_TCP_TIME_WAIT_REOPEN), 1);
				assert_int_equal(d->tcp->tw_count, 0);
			} else {
				assert_int_equal(drill_count(d, HF_TR_TCP_DROP_TIME_WAIT), 1);
			}
			drill_end(d);
		}
	}
}

static void reopened_while_the_old_block_is_held(void **state)
{
	struct drill *d = drill_new(NULL);
	hf_conn old, fresh;
	struct hf_bytes spans[4];
	size_t n;

	(void)state;
	drill_go(d, AT_FIN_WAIT_2);
	peer(d, "FPA 1+10 ack 2");
	in_state(d, "TIME_WAIT");
	old = d->conn;
	drill_listen(d);
	drill_forget_out(d);
	drill_events(d);
	d->iss_known = false;
	d->peer_iss += 1000000;
	peer(d, "S 0 mss 1000");
	sees(d, "SA 0 ack 1");
	/* For the old one's user it has ended in good order, and what came is still to be read. */
	assert_int_equal(drill_events(d) & HF_EV_CLOSED, HF_EV_CLOSED);
	assert_int_equal(drill_info(d).why, HF_OK);
	assert_int_equal(tcp_read(d->tcp, old, spans, 4, &n), HF_OK);
	assert_int_equal(spans[0].len, 10);
	peer(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	assert_int_equal(tcp_accept(d->tcp, d->listener, &fresh), HF_OK);
	peer(d, "PA 1+5 ack 1");
	assert_int_equal(tcp_read(d->tcp, fresh, spans, 4, &n), HF_OK);
	assert_int_equal(spans[0].len, 5);
	assert_int_equal(tcp_consume(d->tcp, old, 10, d->lab->now), HF_OK);
	assert_int_equal(tcp_read(d->tcp, old, spans, 4, &n), HF_CLOSED);
	assert_int_equal(tcp_close(d->tcp, old, d->lab->now), HF_OK);
	in_state(d, "ESTABLISHED");
	assert_int_equal(tcp_abort(d->tcp, fresh, d->lab->now), HF_OK);
	d->named = false;
	drill_end(d);
}

static void two_records(struct hf_host_config *c)
{
	c->limits.time_wait = 2;
}

static void a_full_table_ends_the_oldest(void **state)
{
	struct drill *d = drill_new(two_records);
	hf_conn first = { 0 };
	uint32_t ended = 0;

	(void)state;
	for (uint16_t i = 0; i < 4; i++) {
		d->peer_port = 3000 + i;
		d->iss_known = false;
		drill_connect(d);
		sees(d, "S 0");
		peer(d, "SA 0 ack 1");
		drill_shut(d);
		sees(d, "FA 1 ack 1");
		peer(d, "FA 1 ack 2");
		sees(d, "A 2 ack 2");
		for (struct hf_event e; tcp_next_event(d->tcp, &e);)
			ended |= e.what & HF_EV_CLOSED ? 1u << e.conn.slot : 0;
		assert_int_equal(ended, i < 2 ? 0 : 1u << first.slot);
		if (i == 0)
			first = d->conn; /* keeps its name */
		else
			drill_close(d);
		if (i == 2) {
			struct hf_conn_info info;

			assert_int_equal(tcp_status(d->tcp, first, &info), HF_OK);
			assert_int_equal(info.state, HF_TCP_CLOSED);
			assert_int_equal(info.why, HF_OK);
			assert_int_equal(tcp_close(d->tcp, first, d->lab->now), HF_OK);
		}
		pass(d, HF_S(1));
		assert_int_equal(d->tcp->tw_count, i < 2 ? i + 1 : 2);
	}
	for (uint16_t i = 0; i < 4; i++) {
		d->peer_port = 3000 + i;
		in_state(d, i < 2 ? "CLOSED" : "TIME_WAIT");
	}
	/* What is left ends in its own time. */
	pass(d, HF_S(60) - HF_S(2));
	assert_int_equal(d->tcp->tw_count, 1);
	pass(d, HF_S(1));
	assert_int_equal(d->tcp->tw_count, 0);
	drill_end(d);
}

static void short_msl(struct hf_host_config *c)
{
	c->tcp.msl = HF_MS(1500);
}

static void msl_can_be_set(void **state)
{
	struct drill *d = drill_new(short_msl);

	(void)state;
	drill_go(d, AT_TIME_WAIT_BARE);
	pass(d, HF_S(3) - 1);
	in_state(d, "TIME_WAIT");
	pass(d, 1);
	in_state(d, "CLOSED");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_orphan_leaves_fin_wait_2),
		cmocka_unit_test(time_wait_lasts_2msl),
		cmocka_unit_test(only_a_fin_starts_2msl_anew),
		cmocka_unit_test(rfc_6191_table),
		cmocka_unit_test(reopened_while_the_old_block_is_held),
		cmocka_unit_test(a_full_table_ends_the_oldest),
		cmocka_unit_test(msl_can_be_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
