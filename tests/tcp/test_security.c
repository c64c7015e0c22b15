/* SPDX-License-Identifier: MIT */
/* Strangers: RFC 5961 (blind resets, SYNs, data), RFC 7323 5 (PAWS), RFC 4987 (floods), and memory under any of it. */
#include "drill.h"

#include <stdlib.h>

static uint64_t rng_state;

static uint32_t draw(void)
{
	rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng_state >> 32);
}

/* ---- RFC 5961 ---- */

static void a_blind_reset_must_hit_exactly(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 101+100 ack 1"); /* beyond a hole: RCV.NXT is still 1 */
	drill_forget_out(d);
	peer(d, "R 101");
	sees(d, "A 1 ack 1");
	peer(d, "R 201");
	sees(d, "A 1 ack 1");
	peer(d, "R 20001; R 0; R -100000");
	sees_nothing(d);
	in_state(d, "ESTABLISHED");
	peer(d, "A 1+100 ack 1");
	drill_forget_out(d);
	peer(d, "R 1"); /* exact a moment ago */
	sees_nothing(d);
	in_state(d, "ESTABLISHED");
	peer(d, "R 201");
	in_state(d, "CLOSED");
	assert_int_equal(drill_read(d, 1000), 200); /* what came before stays readable */
	drill_end(d);
}

static void challenges_are_limited(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	for (int round = 0; round < 3; round++) {
		uint32_t sent = 0;

		for (int i = 0; i < 100; i++) {
			peer(d, i % 3 == 0 ? "R 100" : i % 3 == 1 ? "S 100" : "A 1 ack 1000");
			lab_step(d->lab);
			sent += d->in_out - d->looked;
			drill_forget_out(d);
			pass(d, HF_MS(1));
		}
		assert_int_equal(sent, 10); /* section 7: 10 in 5 s */
		assert_int_equal(drill_count(d, HF_TR_TCP_CHALLENGE_LIMIT), 90 * (round + 1));
		pass(d, HF_S(5));
	}
	/* What is owed otherwise is not held back by that. */
	for (int i = 0; i < 20; i++)
		peer(d, "R 100");
	drill_forget_out(d);
	peer(d, "A 101+10 ack 1");
	sees(d, "A 1 ack 1");
	drill_end(d);
}

/* RFC 9293 3.5.1 with RFC 5961 4: the peer lost its memory, and finds out. */
static void a_restarted_peer_is_heard(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t old_iss;

	(void)state;
	drill_open_passive(d, "mss 1460");
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1");
	old_iss = d->iss;
	peer(d, "S 70000 mss 1460"); /* nothing it says fits: the answer is what we expect */
	sees(d, "A 11 ack 1");
	in_state(d, "ESTABLISHED");
	peer(d, "R 1");        /* which means nothing to the peer, so that it resets */
	in_state(d, "LISTEN"); /* the tuple is free again, the listener is there */
	assert_int_equal(drill_info(d).why, HF_RESET);
	drill_forget_out(d);
	pass(d, HF_S(1));
	d->iss_known = false;
	peer(d, "S 70000 mss 1460");
	sees(d, "SA 0 ack 70001");
	assert_true(seq_gt(d->iss, old_iss + 11)); /* no number of the old one is used again */
	peer(d, "A 70001 ack 1");
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

/* Section 5: data whose ACK is out of range is not taken. */
static void blind_data_needs_an_ack_in_range(void **state)
{
	static const int32_t bad[] = { 12, 100000, 0x7fffffff, -65535 + 10, -0x7fffff00 };
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	drill_write(d, 10);
	drill_forget_out(d);
	peer(d, "A 1 ack 11");
	for (size_t i = 0; i < HF_ARRAY_LEN(bad); i++) {
		peer(d, "PA 1+10 ack %d", bad[i]);
		sees(d, "A 11 ack 1");
		peer(d, "FA 1 ack %d", bad[i]);
		sees(d, "A 11 ack 1");
		in_state(d, "ESTABLISHED");
		assert_int_equal(drill_info(d).recv_queued, 0);
		pass(d, HF_S(5));
	}
	peer(d, "PA 1+10 ack -65524"); /* SND.UNA - MAX.SND.WND: the oldest that may still come */
	assert_int_equal(drill_info(d).recv_queued, 10);
	drill_end(d);
}

/* Whoever does not know the numbers changes nothing, whatever he sends. */
static void a_stranger_does_no_harm(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t answers = 0;

	(void)state;
	rng_state = 1;
	drill_open(d, "mss 1460");
	for (int i = 0; i < 100000; i++) {
		struct tcp_header h = { .src_port = d->peer_port,
					.dst_port = d->local_port,
					.flags = (uint8_t)(draw() & 0x3f),
					.window = (uint16_t)draw(),
					.urgent = (uint16_t)draw() };
		static uint8_t junk[32];

		/* A place in the window every fourth time: that much he may guess. */
		h.seq = i % 4 ? draw() : d->peer_iss + 2 + draw() % 19000;
		h.ack = draw();
		if (h.ack - d->iss + 65536u < 65600u)
			continue; /* and the ACK range once in 65,536 */
		if ((h.flags & TCP_RST) && h.seq == d->peer_iss + 1)
			continue;
		lab_inject(d->lab, LAB_A, h, junk, draw() % 32);
		if (i % 64 == 0) {
			pass(d, HF_MS(1));
			answers += d->in_out;
			drill_forget_out(d);
		}
	}
	drill_forget_out(d);
	in_state(d, "ESTABLISHED");
	assert_int_equal(drill_info(d).rcv_nxt - d->peer_iss, 1);
	assert_int_equal(drill_info(d).snd_una - d->iss, 1);
	assert_int_equal(drill_info(d).recv_queued, 0);
	assert_int_equal(drill_info(d).out_of_order, 0);
	assert_int_equal(drill_info(d).urgent, 0);
	assert_int_equal(drill_info(d).snd_wnd, 65535);
	assert_true(answers < 20000);
	/* And it works as before. */
	peer(d, "PA 1+10 ack 1");
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 11");
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

/* ---- PAWS ---- */

static void old_duplicates_are_dropped(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts 70000/0");
	peer(d, "PA 1+10 ack 1 ts 70010/0");
	assert_int_equal(drill_read(d, 100), 10);
	/* It fits by its numbers, and comes from the past: R1 of 5.3. */
	peer(d, "PA 11+10 ack 1 ts 70009/0");
	sees(d, "A 1 ack 11");
	assert_int_equal(drill_info(d).recv_queued, 0);
	assert_int_equal(drill_count(d, HF_TR_TCP_PAWS), 1);
	peer(d, "FA 11 ack 1 ts 60000/0");
	in_state(d, "ESTABLISHED");
	sees(d, "A 1 ack 11");
	peer(d, "PA 11+10 ack 1 ts 70010/0"); /* the same age is good */
	assert_int_equal(drill_read(d, 100), 10);
	/* A reset is not judged by its timestamp, nor must it have one. */
	peer(d, "R 21 ts 1/0");
	in_state(d, "CLOSED");
	drill_end(d);
	d = drill_new(NULL);
	drill_open(d, "mss 1460 ts 70000/0");
	peer(d, "R 1 nots");
	in_state(d, "CLOSED");
	drill_end(d);
}

static void the_peers_clock_may_wrap(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	d->ts_val = 0xfffffff0u;
	drill_open(d, "mss 1460 ts");
	peer(d, "PA 1+10 ack 1 ts 5/0");
	assert_int_equal(drill_read(d, 100), 10);
	peer(d, "PA 11+10 ack 1 ts 4294967290/0");
	assert_int_equal(drill_info(d).recv_queued, 0);
	drill_end(d);
}

/* 4.3: a segment from beyond a hole does not make the older one that fills it look old. */
static void reordering_is_no_past(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts 70000/0");
	peer(d, "A 101+100 ack 1 ts 70020/0");
	sees(d, "A 1 ack 1 ts");
	assert_int_equal(d->out[d->looked - 1].h.ts_ecr, 70000); /* the echo belongs to the left edge */
	peer(d, "A 1+100 ack 1 ts 70010/0");
	assert_int_equal(drill_read(d, 1000), 200);
	lab_step(d->lab);
	assert_int_equal(d->out[d->in_out - 1].h.ts_ecr, 70010);
	drill_forget_out(d);
	/* Of two that wait for one ACK the earlier is echoed (Last.ACK.sent). */
	peer(d, "A 201+100 ack 1 ts 70030/0; PA 301+100 ack 1 ts 70040/0");
	pass(d, HF_MS(40));
	assert_int_equal(d->out[d->in_out - 1].h.ts_ecr, 70030);
	drill_end(d);
}

static void timestamps_are_forgotten_after_24_days(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts 70000/0");
	pass(d, HF_S(24) * 24 * 3600);
	peer(d, "PA 1+10 ack 1 ts 60000/0");
	sees(d, "A 1 ack 1");
	pass(d, 1);
	peer(d, "PA 1+10 ack 1 ts 60000/0"); /* 5.5 */
	assert_int_equal(drill_read(d, 100), 10);
	peer(d, "PA 11+10 ack 1 ts 60001/0");
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

static void a_missing_timestamp_drops_the_segment(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts 70000/0");
	peer(d, "PA 1+10 ack 1 nots; FA 1 ack 1 nots; A 1 ack 1 nots");
	sees_nothing(d);
	in_state(d, "ESTABLISHED");
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_TIMESTAMP), 3);
	assert_int_equal(drill_info(d).recv_queued, 0);
	/* The other way round, one too many is no harm. */
	drill_end(d);
	d = drill_new(NULL);
	drill_open(d, "mss 1460");
	peer(d, "PA 1+10 ack 1 ts 1/1");
	assert_int_equal(drill_read(d, 100), 10);
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 11 nots");
	/* Half-open: the same rules. */
	drill_end(d);
	d = drill_new(NULL);
	drill_listen(d);
	peer(d, "S 0 mss 1460 ts 70000/0");
	sees(d, "SA 0 ack 1 ts");
	peer(d, "A 1 ack 1 nots");
	in_state(d, "SYN_RECEIVED");
	sees_nothing(d);
	peer(d, "A 1 ack 1 ts 69999/0");
	in_state(d, "SYN_RECEIVED");
	sees(d, "A 1 ack 1");
	peer(d, "A 1 ack 1 ts 70000/0");
	in_state(d, "ESTABLISHED");
	drill_end(d);
}

/* ---- floods ---- */

static void syn_flood(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_addr real = d->lab->host[LAB_B].addr;
	uint16_t port = d->peer_port;
	uint32_t chunks;

	(void)state;
	rng_state = 7;
	drill_listen(d);
	chunks = d->lab->host[LAB_A].chunks.pool.in_use;
	for (int i = 0; i < 100000; i++) {
		d->lab->host[LAB_B].addr = addr_ip4_u32(draw());
		d->peer_port = (uint16_t)(draw() | 1u);
		d->peer_iss = draw();
		peer(d, "S 0 mss 1460 ws 7 ts");
		if (i % 64 == 63) {
			pass(d, HF_MS(1));
			drill_forget_out(d);
			assert_true(d->tcp->half_count <= 64);
			assert_int_equal(d->tcp->conns.in_use, 0);
			assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, chunks);
		}
		if (i % 10000 == 5000) {
			/* A real client whose ACK comes before the cache has turned over gets in. */
			hf_conn c;

			d->lab->host[LAB_B].addr = real;
			d->peer_port = port;
			d->iss_known = false;
			d->peer_iss = 1;
			peer(d, "S 0 mss 1460 ts");
			lab_step(d->lab);
			peer(d, "A 1 ack 1");
			in_state(d, "ESTABLISHED");
			assert_int_equal(tcp_accept(d->tcp, d->listener, &c), HF_OK);
			assert_int_equal(tcp_abort(d->tcp, c, d->lab->now), HF_OK);
		}
	}
	drill_end(d);
}

static void answers_to_strangers_are_bounded(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	d->iss_known = true;
	for (int i = 0; i < 1000; i++) {
		d->peer_port = (uint16_t)(1000 + i);
		peer(d, "S 0"); /* nobody listens; nothing is pulled meanwhile */
	}
	assert_int_equal(d->tcp->controls.in_use, 64);
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_CONTROL), 1000 - 64);
	lab_step(d->lab);
	assert_int_equal(d->in_out, 64);
	assert_int_equal(d->tcp->controls.in_use, 0);
	/* A reset is never answered by one. */
	drill_forget_out(d);
	for (int i = 0; i < 100; i++)
		peer(d, "R %d; RA %d ack 5", i, i);
	sees_nothing(d);
	drill_end(d);
}

static void finished_handshakes_nobody_accepts_are_bounded(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_listen(d);
	for (int i = 0; i < 200; i++) {
		d->peer_port = (uint16_t)(1000 + i);
		d->iss_known = false;
		peer(d, "S 0 mss 1460");
		lab_step(d->lab);
		peer(d, "PA 1+1000 ack 1");
		drill_forget_out(d);
	}
	assert_int_equal(d->tcp->conns.in_use, 16);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 16);
	drill_end(d);
}

/* ---- anything at all, by somebody who knows the numbers ---- */

static void hostile(uint64_t seed)
{
	struct drill *d = drill_new(NULL);

	rng_state = seed;
	d->any_payload = true;
	drill_listen(d);
	for (int i = 0; i < 25000; i++) {
		struct tcp_header h = { .src_port = d->peer_port, .dst_port = d->local_port };
		struct tcp_key k = { .remote = d->lab->host[LAB_B].addr,
				     .local_port = d->local_port,
				     .remote_port = d->peer_port };
		uint32_t ref, rcv_nxt = d->peer_iss, snd_nxt = d->iss;
		static uint8_t junk[3000];

		k.local = tcp_local_index(d->tcp, &d->lab->host[LAB_A].addr);
		ref = tcp_lookup(d->tcp, &k);
		if (ref != HF_NONE && TCP_REF_KIND(ref) == TCP_REF_CONN) {
			rcv_nxt = tcp_conn_at(d->tcp, TCP_REF_INDEX(ref))->rcv_nxt;
			snd_nxt = tcp_conn_at(d->tcp, TCP_REF_INDEX(ref))->snd_max;
		} else if (ref != HF_NONE && TCP_REF_KIND(ref) == TCP_REF_HALF) {
			rcv_nxt = tcp_half_at(d->tcp, TCP_REF_INDEX(ref))->irs + 1;
			snd_nxt = tcp_half_at(d->tcp, TCP_REF_INDEX(ref))->iss + 1;
		}
		h.flags = draw() % 3 ? TCP_ACK : (uint8_t)draw() & 0x3f;
		h.flags |= draw() % 40 == 0 ? TCP_FIN : 0;
		if (draw() % 20 && (h.flags & TCP_RST))
			h.flags &= (uint8_t)~TCP_RST;
		if (ref == HF_NONE && draw() % 2)
			h.flags = TCP_SYN;
		h.seq = rcv_nxt + (draw() % 3 ? 0 : draw() % 41000 - 20500);
		h.ack = snd_nxt - (draw() % 3 ? 0 : draw() % 3000) + (draw() % 50 ? 0 : draw() % 3000);
		h.window = draw() % 4 ? 65535 : (uint16_t)draw();
		h.urgent = (uint16_t)draw();
		h.has_mss = draw() % 8 == 0;
		h.mss = (uint16_t)draw();
		h.has_wscale = draw() % 8 == 0;
		h.wscale = (uint8_t)draw() & 15;
		h.has_timestamps = draw() % 8 == 0;
		h.ts_val = draw() % 16 ? (uint32_t)(d->lab->now / HF_MS(1)) : draw();
		lab_inject(d->lab, LAB_A, h, junk, draw() % 4 ? draw() % 1500 : draw() % 3000);
		if (!d->named && tcp_accept(d->tcp, d->listener, &d->conn) == HF_OK)
			d->named = true;
		if (d->named && draw() % 8 == 0) {
			struct hf_bytes b = { junk, draw() % 3000 };
			size_t n;

			(void)!tcp_write(d->tcp, d->conn, b, draw() % 9 ? TCP_WRITE_COPY : TCP_WRITE_URGENT,
					 d->lab->now, &n);
		}
		if (d->named && draw() % 4 == 0 && drill_info(d).recv_queued)
			assert_int_equal(tcp_consume(d->tcp, d->conn, 1 + draw() % drill_info(d).recv_queued, d->lab->now),
					 HF_OK);
		if (d->named && draw() % 100 == 0) {
			if (draw() % 2)
				drill_shut(d);
			else
				drill_close(d);
		}
		if (draw() % 16 == 0)
			pass(d, HF_US(draw() % (draw() % 50 ? 50000 : 90000000)));
		drill_forget_out(d);
		assert_true(d->tcp->conns.in_use <= 64 && d->tcp->half_count <= 64 && d->tcp->tw_count <= 64);
		for (struct hf_event e; tcp_next_event(d->tcp, &e);)
			;
	}
	drill_end(d);
}

static void anything_at_all(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		hostile(seed * 1000003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blind_reset_must_hit_exactly),
		cmocka_unit_test(challenges_are_limited),
		cmocka_unit_test(a_restarted_peer_is_heard),
		cmocka_unit_test(blind_data_needs_an_ack_in_range),
		cmocka_unit_test(a_stranger_does_no_harm),
		cmocka_unit_test(old_duplicates_are_dropped),
		cmocka_unit_test(the_peers_clock_may_wrap),
		cmocka_unit_test(reordering_is_no_past),
		cmocka_unit_test(timestamps_are_forgotten_after_24_days),
		cmocka_unit_test(a_missing_timestamp_drops_the_segment),
		cmocka_unit_test(syn_flood),
		cmocka_unit_test(answers_to_strangers_are_bounded),
		cmocka_unit_test(finished_handshakes_nobody_accepts_are_bounded),
		cmocka_unit_test(anything_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
