/* SPDX-License-Identifier: MIT */
/* RFC 5681, 6582 (NewReno), 3042 (limited transmit), 6928 (ten segments), 7661 in its simplest form. */
#include "drill.h"

#include <stdio.h>

/* "A F+L; A F+L+L; ...": n segments of 1000 octets from `from` on. The last one is not the queue's. */
static void sees_segments(struct drill *d, uint32_t from, uint32_t n)
{
	char text[1024] = "";

	for (uint32_t i = 0; i < n; i++) {
		size_t at = strlen(text);

		snprintf(text + at, sizeof text - at, "A %u+1000 ack 1; ", from + i * 1000);
	}
	sees(d, "%s", text);
}

static void has_window(struct drill *d, uint32_t cwnd, uint32_t ssthresh)
{
	assert_int_equal(drill_info(d).cwnd, cwnd);
	assert_int_equal(drill_info(d).ssthresh, ssthresh);
}

#define UNKNOWN (1u << 30) /* ssthresh before the first loss */

/* Ten segments of 1000 are on their way, more is queued. */
static struct drill *ten_in_flight(void)
{
	struct drill *d = drill_new(NULL);

	drill_open(d, "mss 1000");
	drill_write(d, 100000);
	sees_segments(d, 1, 10);
	has_window(d, 10000, UNKNOWN);
	return d;
}

static void jumbo(struct hf_host_config *c)
{
	c->mtu_bytes = 9000;
}

static void old_initial_window(struct hf_host_config *c)
{
	c->tcp.initial_window = 3;
}

static void initial_window(void **state)
{
	static const struct {
		void (*tune)(struct hf_host_config *);
		const char *syn;
		uint32_t cwnd;
	} rows[] = {
		{ NULL, "mss 1000", 10000 },  { NULL, "mss 1460", 14600 },    { NULL, "mss 536", 5360 },
		{ jumbo, "mss 2000", 14600 }, /* min(10 MSS, max(2 MSS, 14600)) */
		{ jumbo, "mss 8960", 17920 }, { NULL, "mss 1012 ts", 10000 }, { old_initial_window, "mss 1000", 3000 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		for (int passive = 0; passive < 2; passive++) {
			struct drill *d = drill_new(rows[i].tune);

			if (passive) {
				drill_open_passive(d, rows[i].syn);
			} else {
				drill_connect(d);
				drill_forget_out(d);
				d->lab->host[LAB_A].trace.now = d->lab->now;
				peer(d, "SA 0 ack 1 %s", rows[i].syn);
			}
			assert_int_equal(drill_info(d).cwnd, rows[i].cwnd);
			drill_end(d);
		}
	}
}

static void slow_start_doubles(void **state)
{
	struct drill *d = ten_in_flight();

	(void)state;
	peer(d, "A 1 ack 1001");
	has_window(d, 11000, UNKNOWN);
	sees_segments(d, 10001, 2);
	peer(d, "A 1 ack 3001"); /* every second segment acknowledged: all octets count */
	has_window(d, 13000, UNKNOWN);
	sees_segments(d, 12001, 4);
	peer(d, "A 1 ack 10001");
	has_window(d, 20000, UNKNOWN);
	sees_segments(d, 16001, 14);
	drill_end(d);
}

static void fast_retransmit_and_recovery(void **state)
{
	struct drill *d = ten_in_flight();

	(void)state;
	/* RFC 3042: the first two duplicates let a new segment go each; cwnd is what it was. */
	peer(d, "A 1 ack 1");
	sees_segments(d, 10001, 1);
	peer(d, "A 1 ack 1");
	sees_segments(d, 11001, 1);
	has_window(d, 10000, UNKNOWN);
	/* The third: half of the flight, without those two; the missing segment again, at once. */
	peer(d, "A 1 ack 1");
	sees_segments(d, 1, 1);
	has_window(d, 8000, 5000);
	assert_int_equal(drill_count(d, HF_TR_TCP_FAST_RETRANSMIT), 1);
	/* Step 4: each further one tells that a segment has left; 12,000 are out. */
	for (uint32_t i = 0; i < 4; i++)
		peer(d, "A 1 ack 1");
	has_window(d, 12000, 5000);
	sees_nothing(d);
	peer(d, "A 1 ack 1");
	sees_segments(d, 12001, 1);
	peer(d, "A 1 ack 1");
	sees_segments(d, 13001, 1);
	assert_int_equal(drill_count(d, HF_TR_TCP_FAST_RETRANSMIT), 1);
	/* All that was out at the start of the recovery is here: RFC 6582 3.2 (3). */
	peer(d, "A 1 ack 12001"); /* flight 2,000: cwnd = min(ssthresh, flight + MSS) */
	has_window(d, 3000, 5000);
	sees_segments(d, 14001, 1);
	/* On in slow start up to ssthresh, then a segment a window. */
	peer(d, "A 1 ack 13001");
	peer(d, "A 1 ack 14001");
	has_window(d, 5000, 5000);
	drill_end(d);
}

static void congestion_avoidance(void **state)
{
	struct drill *d = ten_in_flight();
	uint32_t at = 10001;

	(void)state;
	peer(d, "A 1 ack 1; A 1 ack 1; A 1 ack 1");
	lab_step(d->lab);
	peer(d, "A 1 ack %u", at);
	drill_forget_out(d);
	while (drill_info(d).cwnd < 5000) {
		at += 1000;
		peer(d, "A 1 ack %u", at);
		drill_forget_out(d);
	}
	/* 5,000 octets acknowledged: a segment more. Then 6,000 for the next. */
	for (uint32_t i = 0; i < 4; i++) {
		at += 1000;
		peer(d, "A 1 ack %u", at);
		has_window(d, 5000, 5000);
		drill_forget_out(d);
	}
	at += 1000;
	peer(d, "A 1 ack %u", at);
	has_window(d, 6000, 5000);
	drill_forget_out(d);
	for (uint32_t i = 0; i < 6; i++) {
		has_window(d, 6000, 5000);
		at += 1000;
		peer(d, "A 1 ack %u", at);
		drill_forget_out(d);
	}
	has_window(d, 7000, 5000);
	drill_end(d);
}

/* RFC 6582: more than one hole in a window. */
static void partial_acks_repair_hole_after_hole(void **state)
{
	struct drill *d = ten_in_flight();

	(void)state;
	peer(d, "A 1 ack 1; A 1 ack 1; A 1 ack 1");
	lab_step(d->lab);
	assert_int_equal(d->out[d->looked].h.seq - d->iss, 1);
	drill_forget_out(d);
	has_window(d, 8000, 5000);
	/* 1 and 4001 were lost: the ACK of the repair goes as far as the next hole. */
	peer(d, "A 1 ack 4001");
	lab_step(d->lab);
	assert_int_equal(d->out[0].h.seq - d->iss, 4001);
	drill_forget_out(d);
	has_window(d, 5000, 5000); /* deflated by 4,000, a segment given back */
	assert_int_equal(drill_count(d, HF_TR_TCP_PARTIAL_ACK), 1);
	peer(d, "A 1 ack 6001"); /* a third one */
	lab_step(d->lab);
	assert_int_equal(d->out[0].h.seq - d->iss, 6001);
	drill_forget_out(d);
	peer(d, "A 1 ack 6001; A 1 ack 6001; A 1 ack 6001"); /* still the same recovery */
	assert_int_equal(drill_count(d, HF_TR_TCP_FAST_RETRANSMIT), 1);
	drill_forget_out(d);
	assert_true(drill_block(d)->flags & TCP_C_RECOVERY);
	peer(d, "A 1 ack 10001");
	assert_false(drill_block(d)->flags & TCP_C_RECOVERY);
	assert_in_range(drill_info(d).cwnd, 1000, 5000);
	drill_end(d);
}

static void timeout_collapses_the_window(void **state)
{
	struct drill *d = ten_in_flight();

	(void)state;
	drill_until_sent(d, HF_S(1));
	sees_segments(d, 1, 1);
	has_window(d, 1000, 5000);
	/* Another one of the same octets does not halve again. */
	drill_until_sent(d, HF_S(1));
	sees_segments(d, 1, 1);
	has_window(d, 1000, 5000);
	/* Slow start, one segment an ACK for what was sent before; what the peer holds already is not sent again. */
	peer(d, "A 1 ack 1001");
	has_window(d, 2000, 5000);
	sees_segments(d, 1001, 2);
	peer(d, "A 1 ack 10001");
	has_window(d, 3000, 5000);
	sees_segments(d, 10001, 3);
	peer(d, "A 1 ack 12001");
	has_window(d, 5000, 5000);
	drill_end(d);
}

/* RFC 6582 3.2 (2) and 4: duplicates of what the timeout sent again do not begin a recovery. */
static void no_fast_retransmit_after_a_timeout(void **state)
{
	struct drill *d = ten_in_flight();

	(void)state;
	drill_until_sent(d, HF_S(1));
	drill_forget_out(d);
	peer(d, "A 1 ack 3001");
	drill_forget_out(d);
	for (int i = 0; i < 6; i++)
		peer(d, "A 1 ack 3001");
	assert_int_equal(drill_count(d, HF_TR_TCP_FAST_RETRANSMIT), 0);
	assert_false(drill_block(d)->flags & TCP_C_RECOVERY);
	/* Behind that point they count again. */
	drill_forget_out(d);
	peer(d, "A 1 ack 10001");
	lab_step(d->lab);
	peer(d, "A 1 ack 11001");
	lab_step(d->lab);
	drill_forget_out(d);
	peer(d, "A 1 ack 11001; A 1 ack 11001; A 1 ack 11001");
	assert_int_equal(drill_count(d, HF_TR_TCP_FAST_RETRANSMIT), 1);
	drill_end(d);
}

static void timeout_ends_a_recovery(void **state)
{
	struct drill *d = ten_in_flight();

	(void)state;
	peer(d, "A 1 ack 1; A 1 ack 1; A 1 ack 1");
	drill_forget_out(d);
	drill_until_sent(d, HF_S(1));
	lab_step(d->lab);
	assert_int_equal(d->out[d->looked].h.seq - d->iss, 1);
	assert_false(drill_block(d)->flags & TCP_C_RECOVERY);
	assert_int_equal(drill_info(d).cwnd, 1000);
	drill_end(d);
}

/* RFC 5681 2: what is a duplicate ACK. */
static void what_is_no_duplicate(void **state)
{
	static const char *const lines[] = {
		"PA 1+10 ack 1; PA 11+10 ack 1; PA 21+10 ack 1; PA 31+10 ack 1",                      /* with data */
		"A 1 ack 1 win 60000; A 1 ack 1 win 60001; A 1 ack 1 win 60002; A 1 ack 1 win 60003", /* window updates */
		"S 1; S 1; S 1; S 1",
		"A 1 ack 0; A 1 ack 0; A 1 ack 0; A 1 ack 0",
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(lines); i++) {
		struct drill *d = ten_in_flight();

		peer(d, "%s", lines[i]);
		assert_int_equal(drill_count(d, HF_TR_TCP_FAST_RETRANSMIT), 0);
		assert_int_equal(drill_block(d)->dupacks, 0);
		drill_end(d);
	}
	/* Nothing under way: nothing can be lost. */
	struct drill *d = drill_new(NULL);

	drill_open(d, "mss 1000");
	peer(d, "A 1 ack 1; A 1 ack 1; A 1 ack 1; A 1 ack 1");
	sees_nothing(d);
	has_window(d, 10000, UNKNOWN);
	drill_end(d);
}

static void limited_transmit_stays_in_the_peers_window(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000 win 4000");
	drill_write(d, 8000);
	sees_segments(d, 1, 4);
	peer(d, "A 1 ack 1 win 4000; A 1 ack 1 win 4000");
	sees_nothing(d);
	peer(d, "A 1 ack 1 win 4000");
	sees_segments(d, 1, 1);
	drill_end(d);
}

static void the_fin_can_be_repaired_fast(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 1000);
	drill_shut(d);
	sees(d, "FPA 1+1000 ack 1");
	peer(d, "A 1 ack 1001"); /* the text without the FIN: a middle box cut it, say */
	peer(d, "A 1 ack 1001; A 1 ack 1001; A 1 ack 1001");
	sees(d, "FA 1001 ack 1");
	drill_end(d);
}

static void window_after_a_pause(void **state)
{
	struct drill *d = ten_in_flight();
	uint32_t at = 1;

	(void)state;
	while (drill_info(d).snd_una - d->iss != 100001) {
		at = hf_min_u32(at + 1000, 100001);
		peer(d, "A 1 ack %u", at);
		lab_step(d->lab);
		drill_forget_out(d);
	}
	assert_true(drill_info(d).cwnd > 50000);
	/* Within an RTO the window stands. */
	pass(d, HF_MS(199));
	drill_write(d, 1000);
	drill_forget_out(d);
	assert_true(drill_info(d).cwnd > 50000);
	peer(d, "A 1 ack 101001");
	/* After a longer pause it starts from the initial window (RFC 5681 4.1). */
	pass(d, HF_MS(201));
	drill_write(d, 30000);
	sees_segments(d, 101001, 10);
	has_window(d, 10000, UNKNOWN);
	drill_end(d);
}

static void an_unused_window_does_not_grow(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	for (uint32_t i = 0; i < 100; i++) {
		drill_write(d, 100);
		drill_forget_out(d);
		peer(d, "A 1 ack %u", 101 + i * 100);
	}
	has_window(d, 10000, UNKNOWN);
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initial_window),
		cmocka_unit_test(slow_start_doubles),
		cmocka_unit_test(fast_retransmit_and_recovery),
		cmocka_unit_test(congestion_avoidance),
		cmocka_unit_test(partial_acks_repair_hole_after_hole),
		cmocka_unit_test(timeout_collapses_the_window),
		cmocka_unit_test(no_fast_retransmit_after_a_timeout),
		cmocka_unit_test(timeout_ends_a_recovery),
		cmocka_unit_test(what_is_no_duplicate),
		cmocka_unit_test(limited_transmit_stays_in_the_peers_window),
		cmocka_unit_test(the_fin_can_be_repaired_fast),
		cmocka_unit_test(window_after_a_pause),
		cmocka_unit_test(an_unused_window_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
