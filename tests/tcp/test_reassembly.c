/* SPDX-License-Identifier: MIT */
/* What comes out of order, twice, overlapping, beyond a FIN, with too little memory; and urgent data both ways. */
#include "drill.h"

#include <stdlib.h>

/* ---- order ---- */

/* RFC 5681 4.2, SHLD-31, MAY-13 */
static void one_duplicate_ack_for_each_segment_beyond_a_hole(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	sees(d, "A 1 ack 1; A 1 ack 1; A 1 ack 1");
	assert_int_equal(drill_info(d).out_of_order, 1);
	peer(d, "A 5001+1000 ack 1");
	sees(d, "A 1 ack 1");
	assert_int_equal(drill_info(d).out_of_order, 2);
	/* The hole is filled: one ACK, at once, for all that is whole now. */
	peer(d, "A 1+1000 ack 1");
	sees(d, "A 1 ack 4001");
	assert_int_equal(drill_count(d, HF_TR_TCP_HOLE_FILLED), 1);
	peer(d, "A 4001+1000 ack 1");
	sees(d, "A 1 ack 6001");
	assert_int_equal(drill_info(d).out_of_order, 0);
	assert_int_equal(drill_read(d, 10000), 6000);
	assert_int_equal(d->tcp->gaps.in_use, 0);
	drill_end(d);
}

static void nothing_new_is_acknowledged_at_once(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 1+1000 ack 1");
	peer(d, "A 1+1000 ack 1");
	sees(d, "A 1 ack 1001"); /* the whole again */
	peer(d, "A 501+500 ack 1");
	sees(d, "A 1 ack 1001"); /* its end */
	peer(d, "A 2001+1000 ack 1");
	sees(d, "A 1 ack 1001");
	peer(d, "A 2001+1000 ack 1; A 2500+10 ack 1");
	sees(d, "A 1 ack 1001"); /* what is held already beyond a hole */
	assert_int_equal(drill_count(d, HF_TR_TCP_DUPLICATE), 2);
	assert_int_equal(drill_read(d, 5000), 1000);
	drill_end(d);
}

/* Two ranges in every position to each other, and to what has come in order: the text is the stream's all the same. */
static void overlaps_in_every_geometry(void **state)
{
	enum { SPAN = 9 };
	struct drill *d = drill_new(NULL);
	uint32_t base = 1;

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t a = 0; a < SPAN; a++) {
		for (uint32_t b = a + 1; b <= SPAN; b++) {
			for (uint32_t c = 0; c < SPAN; c++) {
				for (uint32_t e = c + 1; e <= SPAN; e++) {
					uint32_t whole = 0, touching = (a <= e && c <= b);
					bool have[SPAN + 1] = { false };

					for (uint32_t i = 0; i < SPAN; i++)
						have[i] = (i >= a && i < b) || (i >= c && i < e);
					while (have[whole])
						whole++;
					peer(d, "A %u+%u ack 1", base + a, b - a);
					peer(d, "A %u+%u ack 1", base + c, e - c);
					assert_int_equal(drill_info(d).rcv_nxt - d->peer_iss, base + whole);
					assert_int_equal(drill_info(d).recv_queued, whole);
					assert_int_equal(drill_info(d).out_of_order,
							 a == 0 || c == 0 ? ((a == 0 && c == 0) || touching ? 0 : 1)
									  : (touching ? 1 : 2));
					peer(d, "A %u+%u ack 1", base, SPAN);
					assert_int_equal(drill_info(d).out_of_order, 0);
					assert_int_equal(drill_read(d, 100), SPAN);
					drill_forget_out(d);
					base += SPAN;
				}
			}
		}
	}
	drill_end(d);
}

static uint32_t rng_state;

static uint32_t below(uint32_t n)
{
	rng_state = rng_state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(rng_state >> 1) * n >> 31);
}

/*
 * Random pieces of a stream: overlapping, doubled, out of order, in a window that moves as the reader reads. A map of what
 * was sent within the window tells what must have become readable. Gaps are few enough here that none is refused.
 */
static void random_pieces(uint32_t seed, uint32_t piece, uint32_t window)
{
	enum { LENGTH = 60000 };
	static bool have[LENGTH + 2];
	struct drill *d = drill_new(NULL);
	uint32_t whole = 0, read = 0;

	rng_state = seed;
	memset(have, 0, sizeof have);
	d->tcp->cfg.recv_window = window;
	drill_open(d, "mss 1460");
	d->tcp->cfg.challenge_acks = 1u << 30;
	while (read < LENGTH) {
		uint32_t edge = drill_info(d).rcv_nxt - d->peer_iss - 1 + drill_info(d).rcv_wnd;
		uint32_t near = below(4) ? window / 8 + 1 : window + 100;
		uint32_t from = whole > 40 ? whole - 40 + below(near) : below(near), to = from + 1 + below(piece), last;
		bool fin, holes = drill_info(d).out_of_order > 50;

		if (below(3) == 0 || holes)
			from = whole > 5 ? whole - below(6) : 0;
		if (from >= LENGTH)
			from = LENGTH - 1;
		if (to <= from)
			to = from + 1;
		if (to > LENGTH)
			to = LENGTH;
		fin = to == LENGTH && below(2);
		peer(d, "%sA %u+%u ack 1", fin ? "F" : "", 1 + from, to - from);
		/* 3.10.7.4: its first or its last octet must lie in the window. */
		last = to - 1 + fin;
		if ((from >= whole && from < edge) || (last >= whole && last < edge)) {
			for (uint32_t i = from; i < to && i < edge; i++)
				have[i] = true;
		}
		while (have[whole])
			whole++;
		assert_int_equal(drill_info(d).received, whole);
		if (below(4) == 0)
			read += drill_read(d, below(window));
		if (below(8) == 0)
			pass(d, HF_MS(below(50)));
		else
			lab_step(d->lab);
		drill_forget_out(d);
		if (whole == LENGTH)
			read += drill_read(d, LENGTH);
	}
	peer(d, "FA %u ack 1", 1 + LENGTH);
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_GAPS), 0);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	drill_end(d);
}

static void random_pieces_make_the_stream(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 6; seed++) {
		random_pieces(seed, 1460, 20000);
		random_pieces(seed + 100, 4000, 20000);
		random_pieces(seed + 200, 300, 3000);
		random_pieces(seed + 300, 9000, 65535);
	}
}

/* ---- limits ---- */

static void gap_limit_of_a_connection(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t i = 0; i < TCP_GAPS_PER_CONN; i++)
		peer(d, "A %u+1 ack 1", 3 + 2 * i);
	drill_forget_out(d);
	assert_int_equal(drill_info(d).out_of_order, TCP_GAPS_PER_CONN);
	peer(d, "A 1001+10 ack 1");
	sees(d, "A 1 ack 1");
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_GAPS), 1);
	/* What touches a range that is held needs no record. */
	peer(d, "A 4+1 ack 1");
	assert_int_equal(drill_info(d).out_of_order, TCP_GAPS_PER_CONN - 1);
	peer(d, "A 1001+10 ack 1");
	assert_int_equal(drill_info(d).out_of_order, TCP_GAPS_PER_CONN);
	drill_forget_out(d);
	peer(d, "A 1+1000 ack 1");
	sees(d, "A 1 ack 1011");
	assert_int_equal(drill_read(d, 5000), 1010);
	drill_end(d);
}

static void few_gaps(struct hf_host_config *c)
{
	c->limits.gaps = 3;
}

static void gap_limit_of_the_host(void **state)
{
	struct drill *d = drill_new(few_gaps);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 101+10 ack 1; A 201+10 ack 1; A 301+10 ack 1; A 401+10 ack 1");
	assert_int_equal(drill_info(d).out_of_order, 3);
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_GAPS), 1);
	peer(d, "A 1+300 ack 1");
	assert_int_equal(drill_info(d).recv_queued, 310);
	peer(d, "A 311+200 ack 1");
	assert_int_equal(drill_info(d).recv_queued, 510);
	assert_int_equal(drill_read(d, 5000), 510);
	assert_int_equal(d->tcp->gaps.in_use, 0);
	drill_end(d);
}

static void few_chunks(struct hf_host_config *c)
{
	c->limits.chunks = 3;
}

/* Octets that came early must not keep out those that are missing: nothing would ever move again. */
static void early_octets_make_room_for_missing_ones(void **state)
{
	struct drill *d = drill_new(few_chunks);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 5001+1000 ack 1; A 9001+1000 ack 1; A 14001+1000 ack 1");
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 3);
	drill_forget_out(d);
	peer(d, "A 1+1000 ack 1");
	assert_int_equal(drill_info(d).recv_queued, 1000);
	for (uint32_t at = 1001; at < 18001; at += 1000) {
		peer(d, "A %u+1000 ack 1", at);
		drill_read(d, 1000);
		drill_forget_out(d);
	}
	assert_int_equal(d->read + drill_read(d, 20000), 18000);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	drill_end(d);
}

static void only_what_came_early_makes_room(void **state)
{
	struct drill *d = drill_new(few_chunks);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 1+1000 ack 1; A 1001+1000 ack 1"); /* unread: stays */
	peer(d, "A 3001+1000 ack 1; A 9001+1000 ack 1; A 14001+1000 ack 1");
	assert_int_equal(drill_info(d).out_of_order, 3);
	peer(d, "A 2001+1000 ack 1");
	assert_int_equal(drill_info(d).recv_queued, 4000);
	peer(d, "A 4001+1000 ack 1"); /* wants a second chunk */
	assert_int_equal(drill_info(d).recv_queued, 5000);
	assert_int_equal(drill_info(d).out_of_order, 0);
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_MEMORY), 1);
	assert_int_equal(drill_read(d, 10000), 5000);
	peer(d, "A 5001+1000 ack 1");
	assert_int_equal(drill_read(d, 10000), 1000);
	drill_end(d);
}

/* No range is held yet, and no chunk is left for one. */
static void nothing_is_kept_without_a_chunk(void **state)
{
	struct drill *d = drill_new(few_chunks);

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t i = 0; i < 12; i++)
		peer(d, "A %u+1024 ack 1", 1 + i * 1024);
	drill_forget_out(d);
	peer(d, "A %u+1000 ack 1", 13001);
	sees(d, "A 1 ack %u", 1 + 12 * 1024);
	assert_int_equal(drill_info(d).out_of_order, 0);
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_MEMORY), 1);
	drill_end(d);
}

static void hostile_holes_cost_no_more_than_the_window(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t at = 20000; at > 3; at -= 3) {
		peer(d, "A %u+1 ack 1", at);
		drill_forget_out(d);
	}
	assert_in_range(d->lab->host[LAB_A].chunks.pool.in_use, 1, 20000 / 4096 + 2);
	assert_int_equal(d->tcp->gaps.in_use, TCP_GAPS_PER_CONN);
	drill_end(d);
}

/* ---- FIN ---- */

static void fin_out_of_order(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "FA 101 ack 1");
	sees(d, "A 1 ack 1");
	peer(d, "FPA 51+50 ack 1"); /* once more, with text */
	sees(d, "A 1 ack 1");
	in_state(d, "ESTABLISHED");
	peer(d, "A 1+50 ack 1");
	sees(d, "A 1 ack 102");
	took_path(d, "CLOSE_WAIT ");
	assert_int_equal(drill_events(d) & HF_EV_PEER_FIN, HF_EV_PEER_FIN);
	assert_int_equal(drill_read(d, 1000), 100);
	drill_end(d);

	/* The same after we have closed: from both states. */
	d = drill_new(NULL);
	drill_go(d, AT_FIN_WAIT_1);
	peer(d, "FA 11 ack 1");
	peer(d, "PA 1+10 ack 1");
	took_path(d, "CLOSING ");
	drill_end(d);
	d = drill_new(NULL);
	drill_go(d, AT_FIN_WAIT_1);
	peer(d, "FA 11 ack 2");
	peer(d, "PA 1+10 ack 2");
	took_path(d, "FIN_WAIT_2 TIME_WAIT ");
	assert_int_equal(drill_read(d, 1000), 10); /* readable in TIME_WAIT */
	drill_end(d);
}

static void two_fins(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "FPA 1+10 ack 1");
	sees(d, "A 1 ack 12");
	peer(d, "FPA 1+10 ack 1"); /* the same again */
	sees(d, "A 1 ack 12");
	peer(d, "FA 12 ack 1"); /* another one behind it */
	sees(d, "A 1 ack 12");
	peer(d, "FPA 12+10 ack 1");
	sees(d, "A 1 ack 12");
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_read(d, 1000), 10);
	drill_end(d);

	/* Two beyond a hole that disagree: the first one counts. */
	d = drill_new(NULL);
	drill_open(d, "mss 1460");
	peer(d, "FA 101 ack 1; FA 51 ack 1; FA 151 ack 1");
	peer(d, "A 1+100 ack 1");
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_read(d, 1000), 100);
	drill_end(d);
}

static void text_beyond_the_fin_is_none(void **state)
{
	struct drill *d = drill_new(NULL);
	size_t n;

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "FA 11 ack 1");
	peer(d, "A 11+10 ack 1"); /* text with the FIN's number */
	peer(d, "A 12+10 ack 1"); /* and behind it */
	peer(d, "A 1+20 ack 1");  /* and across */
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_read(d, 1000), 10);
	assert_int_equal(drill_readable(d, &n), HF_CLOSED);
	peer(d, "PA 12+10 ack 1; PA 11+10 ack 1");
	assert_int_equal(drill_readable(d, &n), HF_CLOSED);
	assert_int_equal(drill_info(d).recv_queued, 0);
	assert_true(drill_info(d).read_eof);
	drill_end(d);
	/* Held before the FIN was known. */
	d = drill_new(NULL);
	drill_open(d, "mss 1460");
	peer(d, "A 31+10 ack 1; FPA 11+10 ack 1; A 1+10 ack 1");
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_read(d, 1000), 20);
	assert_int_equal(d->tcp->gaps.in_use, 0);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	drill_end(d);
}

/* A peer that lies about its FIN while nobody holds the name: the block must end in any case. */
static void orphan_always_ends(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_FIN_WAIT_1);
	drill_close(d);
	peer(d, "FA 11 ack 1"); /* its end is to be there */
	peer(d, "FA 1 ack 2");  /* and here, too */
	for (int s = 0; s < 100 && strcmp(drill_state(d), "CLOSED") != 0; s++) {
		pass(d, HF_S(1));
		drill_forget_out(d);
	}
	in_state(d, "CLOSED");
	assert_int_equal(d->tcp->conns.in_use, 0);
	drill_end(d);
}

static void lossless_close_with_octets_beyond_a_hole(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 101+10 ack 1");
	drill_forget_out(d);
	drill_close(d);
	sees(d, "FA 1 ack 1"); /* nothing was readable yet */
	peer(d, "A 1+100 ack 2");
	sees(d, "RA 2 ack 1");
	in_state(d, "CLOSED");
	assert_int_equal(d->tcp->conns.in_use, 0);
	drill_end(d);
}

/* ---- urgent data ---- */

static void urgent_is_told_and_measured(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	/* MUST-62: the pointer names the octet behind it. MUST-32: told at once. MUST-33: how much. */
	peer(d, "UPA 1+100 ack 1 urg 60");
	assert_int_equal(drill_events(d) & HF_EV_URGENT, HF_EV_URGENT);
	assert_int_equal(drill_info(d).urgent, 60);
	assert_int_equal(drill_read(d, 20), 20);
	assert_int_equal(drill_info(d).urgent, 40);
	/* The same mark again is no news, an older one neither. */
	peer(d, "UPA 101+10 ack 1 urg 0; UA 111 ack 1 urg 0");
	assert_int_equal(drill_events(d) & HF_EV_URGENT, HF_EV_URGENT); /* 101 and 111 are ahead of 61 */
	assert_int_equal(drill_info(d).urgent, 90);
	peer(d, "UPA 1+10 ack 1 urg 3");
	assert_int_equal(drill_events(d) & HF_EV_URGENT, 0);
	assert_int_equal(drill_info(d).urgent, 90);
	assert_int_equal(drill_read(d, 1000), 90);
	assert_int_equal(drill_info(d).urgent, 0);
	/* Ahead of its text, as far as the pointer can say: MUST-31. */
	peer(d, "UA 111 ack 1 urg 65535");
	assert_int_equal(drill_events(d) & HF_EV_URGENT, HF_EV_URGENT);
	assert_int_equal(drill_info(d).urgent, 65535);
	for (uint32_t at = 111; at < 111 + 66000; at += 1000) {
		peer(d, "UA %u+1000 ack 1 urg 65535", at);
		drill_read(d, 1000);
		drill_forget_out(d);
	}
	assert_int_equal(drill_info(d).urgent, 65535 - 1000);
	/* Without the bit the field means nothing. */
	drill_events(d);
	peer(d, "A 66111+10 ack 1 urg 65535");
	assert_int_equal(drill_events(d) & HF_EV_URGENT, 0);
	drill_end(d);
}

static void urgent_of_a_peer_that_has_closed(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_CLOSE_WAIT);
	peer(d, "UA 2 ack 1 urg 10"); /* 3.10.7.4, sixth: should not happen, ignored */
	assert_int_equal(drill_events(d), 0);
	assert_int_equal(drill_info(d).urgent, 0);
	drill_end(d);
}

static void write_urgent(struct drill *d, uint32_t n)
{
	uint8_t *b = malloc(n);
	size_t took;

	for (uint32_t i = 0; i < n; i++)
		b[i] = drill_octet(true, d->written + 1 + i);
	assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ b, n }, TCP_WRITE_URGENT, d->lab->now, &took), HF_OK);
	assert_int_equal(took, n);
	d->written += n;
	free(b);
}

/* MUST-30, MUST-31, MUST-62 */
static void urgent_is_sent_until_it_is_acknowledged(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 1500);
	sees(d, "A 1+1000 ack 1");
	write_urgent(d, 10);
	sees(d, "UPA 1001+510 ack 1 urg 510"); /* not held back by Nagle */
	drill_write(d, 100);
	sees_nothing(d);
	peer(d, "A 1 ack 1001");
	drill_until_sent(d, HF_S(3));
	sees(d, "UPA 1001+610 ack 1 urg 510"); /* cut anew */
	peer(d, "A 1 ack 1511");
	drill_write(d, 5);
	peer(d, "A 1 ack 1611");
	sees(d, "PA 1611+5 ack 1"); /* the mark lies behind us */
	drill_end(d);
}

static void room_for_all(struct hf_host_config *c)
{
	c->tcp.initial_window = 200;
}

static void urgent_further_away_than_the_field_can_say(void **state)
{
	struct drill *d = drill_new(room_for_all);
	uint32_t at;

	(void)state;
	drill_open(d, "mss 1000 ws 3 win 65535");
	peer(d, "A 1 ack 1 win 65535");
	drill_write(d, 50000);
	drill_forget_out(d);
	drill_write(d, 69900);
	write_urgent(d, 100); /* the mark: 120001 */
	lab_step(d->lab);
	assert_true(d->in_out > d->looked);
	for (at = 0; d->looked < d->in_out; d->looked++) {
		const struct drill_out *o = &d->out[d->looked];

		at = o->h.seq - d->iss;
		assert_true(o->h.flags & TCP_URG);
		assert_int_equal(o->h.urgent, hf_min_u32(120001 - at, 65535));
	}
	assert_int_equal(at, 119001);
	drill_end(d);
}

static void urgent_before_the_handshake_is_over(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_connect(d);
	write_urgent(d, 10);
	sees(d, "S 0");
	peer(d, "SA 0 ack 1 mss 1460");
	sees(d, "UPA 1+10 ack 1 urg 10");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_duplicate_ack_for_each_segment_beyond_a_hole),
		cmocka_unit_test(nothing_new_is_acknowledged_at_once),
		cmocka_unit_test(overlaps_in_every_geometry),
		cmocka_unit_test(random_pieces_make_the_stream),
		cmocka_unit_test(gap_limit_of_a_connection),
		cmocka_unit_test(gap_limit_of_the_host),
		cmocka_unit_test(early_octets_make_room_for_missing_ones),
		cmocka_unit_test(only_what_came_early_makes_room),
		cmocka_unit_test(nothing_is_kept_without_a_chunk),
		cmocka_unit_test(hostile_holes_cost_no_more_than_the_window),
		cmocka_unit_test(fin_out_of_order),
		cmocka_unit_test(two_fins),
		cmocka_unit_test(text_beyond_the_fin_is_none),
		cmocka_unit_test(orphan_always_ends),
		cmocka_unit_test(lossless_close_with_octets_beyond_a_hole),
		cmocka_unit_test(urgent_is_told_and_measured),
		cmocka_unit_test(urgent_of_a_peer_that_has_closed),
		cmocka_unit_test(urgent_is_sent_until_it_is_acknowledged),
		cmocka_unit_test(urgent_further_away_than_the_field_can_say),
		cmocka_unit_test(urgent_before_the_handshake_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
