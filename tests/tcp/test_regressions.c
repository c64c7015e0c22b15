/* SPDX-License-Identifier: MIT */
/*
 * Bugs that differential fuzzing and users found in other stacks (mTCP, F-Stack, lwIP, picoTCP, smoltcp, Shadow and more),
 * as far as they are TCP's. Each has a name here, so that it is not to be found again.
 */
#include "drill.h"

#include "base/csum.h"

#include <stdlib.h>

/* A segment with these option octets as they are. */
static void raw(struct drill *d, uint8_t flags, uint32_t seq, uint32_t ack, const char *options, size_t n, uint32_t data)
{
	uint8_t b[60 + 64] = { 0 };
	struct tcp_in in = { .src = d->lab->host[LAB_B].addr, .dst = d->lab->host[LAB_A].addr };
	size_t head = 20 + (n + 3) / 4 * 4;

	assert_true(head <= 60 && data <= 64);
	hf_store16(b, d->peer_port);
	hf_store16(b + 2, d->local_port);
	hf_store32(b + 4, d->peer_iss + seq);
	hf_store32(b + 8, flags & TCP_ACK ? d->iss + ack : 0);
	b[12] = (uint8_t)(head / 4 << 4);
	b[13] = flags;
	hf_store16(b + 14, 65535);
	memcpy(b + 20, options, n);
	for (uint32_t i = 0; i < data; i++)
		b[head + i] = drill_octet(false, seq + i);
	hf_store16(b + 16, hf_csum_finish(hf_csum_add(hf_csum_pseudo(&in.src, &in.dst, 6, (uint32_t)(head + data)), b,
						      head + data)));
	in.segment = (struct hf_bytes){ b, head + data };
	tcp_feed(d->tcp, &in, d->lab->now);
	tcp_check(d->tcp);
}
#define RAW(d, flags, seq, ack, options, data) raw(d, flags, seq, ack, options, sizeof(options) - 1, data)

static void division_by_an_mss_of_zero(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 0");
	drill_write(d, 500);
	lab_step(d->lab);
	assert_true(d->in_out >= 5); /* some sensible floor */
	drill_end(d);
	d = drill_new(NULL);
	drill_open(d, "mss 1 ts");
	drill_write(d, 500);
	lab_step(d->lab);
	assert_true(d->in_out >= 5);
	drill_end(d);
}

static void a_write_and_a_read_of_nothing(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_bytes span;
	size_t n = 7;

	(void)state;
	drill_open(d, "mss 1460");
	assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ NULL, 0 }, TCP_WRITE_COPY, d->lab->now, &n), HF_OK);
	assert_int_equal(n, 0);
	assert_int_equal(tcp_read(d->tcp, d->conn, &span, 0, &n), HF_OK);
	assert_int_equal(n, 0);
	peer(d, "PA 1+10 ack 1");
	assert_int_equal(tcp_read(d->tcp, d->conn, &span, 0, &n), HF_OK);
	assert_int_equal(n, 0);
	assert_int_equal(tcp_consume(d->tcp, d->conn, 0, d->lab->now), HF_OK);
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

static void push_is_missing(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1000");
	drill_write(d, 1000);
	sees(d, "PA 1+1000 ack 1");
	drill_write(d, 1);
	peer(d, "A 1 ack 1001");
	sees(d, "PA 1001+1 ack 1");
	drill_end(d);
}

static void timestamp_missing_on_some_segments_of_ours(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts");
	drill_write(d, 2000);
	sees(d, "A 1+1448 ack 1 ts");
	drill_until_sent(d, HF_S(1));
	sees(d, "A 1+1448 ack 1 ts");               /* again */
	peer(d, "A 1 ack 2001; A 101+10 ack 2001"); /* a duplicate ACK; nothing of 552 was sent yet: a challenge */
	drill_forget_out(d);
	peer(d, "A 1 ack 1449");
	sees(d, "PA 1449+552 ack 1 ts");
	peer(d, "R 5; S 7");
	lab_step(d->lab);
	for (uint32_t i = 0; i < d->in_out; i++)
		assert_true(d->out[i].h.has_timestamps);
	drill_shut(d);
	drill_forget_out(d);
	peer(d, "A 1 ack 2002 win 0");
	drill_end(d);
}

static void timestamps_answered_without_agreement(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "PA 1+10 ack 1 ts 77/88");
	pass(d, HF_MS(40));
	sees(d, "A 1 ack 11 nots");
	peer(d, "PA 11+10 ack 1 ts 5/88"); /* nor is there a past */
	assert_int_equal(drill_read(d, 100), 20);
	drill_end(d);
}

static void two_timestamp_options(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts 70000/0");
	/* The first counts. */
	RAW(d, TCP_ACK | TCP_PSH, 1, 1,
	    "\x08\x0a\x00\x01\x11\x70\x00\x00\x00\x00\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x00", 10); /* 70000 */
	assert_int_equal(drill_read(d, 100), 10);
	drill_forget_out(d);
	RAW(d, TCP_ACK | TCP_PSH, 11, 1,
	    "\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x00\x08\x0a\x00\x01\x11\x70\x00\x00\x00\x00", 10);
	assert_int_equal(drill_info(d).recv_queued, 0);
	sees(d, "A 1 ack 11");
	drill_end(d);
}

static void timestamps_of_zero(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts 0/0");
	peer(d, "PA 1+10 ack 1 ts 0/0");
	assert_int_equal(drill_read(d, 100), 10);
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 11 ts");
	assert_int_equal(d->out[d->looked - 1].h.ts_ecr, 0);
	peer(d, "A 11 ack 11 ts 0/0");
	assert_int_equal(drill_info(d).acked, 10);
	drill_end(d);
}

static void the_ack_field_is_never_checked(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1");
	peer(d, "PA 1+10 ack 12");
	sees(d, "A 11 ack 1");
	assert_int_equal(drill_info(d).acked, 0);
	assert_int_equal(drill_info(d).recv_queued, 0);
	drill_end(d);
}

static void a_segment_that_begins_before_the_last_one_is_dropped(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 101+100 ack 1; A 51+100 ack 1; A 1+100 ack 1");
	assert_int_equal(drill_read(d, 1000), 200);
	peer(d, "A 201+100 ack 1; A 151+200 ack 1");
	assert_int_equal(drill_read(d, 1000), 150);
	drill_end(d);
}

static void wrong_octets_past_2041(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t at = 1;

	(void)state;
	drill_open(d, "mss 1460");
	/* Odd sizes read in other odd sizes, over many chunks; drill_read() compares each octet. */
	for (uint32_t i = 0; i < 400; i++) {
		uint32_t n = 1 + (i * 977) % 1460;

		peer(d, "A %u+%u ack 1", at, n);
		at += n;
		drill_forget_out(d);
		if (drill_info(d).recv_queued > 9000)
			drill_read(d, 2041 + i);
	}
	drill_read(d, 100000);
	assert_int_equal(d->read, at - 1);
	drill_end(d);
}

static void the_same_number_with_another_length(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 1+10 ack 1; A 1+5 ack 1; A 1+20 ack 1; A 1+15 ack 1");
	assert_int_equal(drill_read(d, 100), 20);
	peer(d, "A 31+5 ack 1; A 31+20 ack 1; A 31+10 ack 1; A 21+10 ack 1");
	assert_int_equal(drill_read(d, 100), 30);
	drill_end(d);
}

static void data_with_the_fins_number(void **state)
{
	struct drill *d = drill_new(NULL);
	size_t n;

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "FPA 1+10 ack 1");
	peer(d, "PA 11+10 ack 1; PA 12+10 ack 1; FPA 11+10 ack 1");
	assert_int_equal(drill_read(d, 100), 10);
	assert_int_equal(drill_readable(d, &n), HF_CLOSED);
	assert_int_equal(drill_info(d).received, 10);
	drill_end(d);
}

static void two_fins_and_one_out_of_order_after_close(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_go(d, AT_FIN_WAIT_1);
	drill_close(d); /* nobody holds it */
	peer(d, "FA 11 ack 2; FA 21 ack 2");
	in_state(d, "FIN_WAIT_2");
	peer(d, "FA 11 ack 2");
	drill_forget_out(d);
	peer(d, "PA 1+10 ack 2"); /* text for nobody */
	sees(d, "RA 2 ack 1");
	in_state(d, "CLOSED");
	peer(d, "FA 11 ack 2");
	sees(d, "R 2");
	drill_end(d);
}

static void an_unknown_option_of_length_zero(void **state)
{
	static const struct {
		const char *octets;
		size_t n;
	} rows[] = {
		{ "\xfd\x00\x00\x00", 4 }, { "\xfd\x01\x02\x02", 4 }, { "\x02\x00\x05\xb4", 4 }, { "\x08\x00", 2 },
		{ "\xfd\xff\x00\x00", 4 }, { "\x02\x03\x05", 3 },     { "\x01\x01\x01\x02", 4 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct drill *d = drill_new(NULL);

		drill_connect(d);
		sees(d, "S 0");
		raw(d, TCP_SYN | TCP_ACK, 0, 1, rows[i].octets, rows[i].n, 0);
		sees(d, "A 1 ack 1"); /* MUST-7: it lives */
		assert_int_equal(drill_info(d).mss, 536);
		drill_end(d);
	}
}

static void options_in_any_segment_and_at_any_place(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	/* MUST-4, MUST-5, MUST-6, MUST-64: unknown before known, not aligned, EOL with rubbish behind it. */
	drill_connect(d);
	sees(d, "S 0");
	RAW(d, TCP_SYN | TCP_ACK, 0, 1, "\xfe\x03\x09\x02\x04\x03\xe8\x01\x01\x03\x03\x02\x00\x02\x04\x00\x01", 0);
	sees(d, "A 1 ack 1");
	assert_int_equal(drill_info(d).mss, 1000);
	assert_int_equal(drill_info(d).snd_wscale, 2);
	/* What belongs to a SYN means nothing later. */
	RAW(d, TCP_ACK | TCP_PSH, 1, 1, "\x02\x04\x00\x64\x03\x03\x07\x01", 10);
	assert_int_equal(drill_info(d).mss, 1000);
	assert_int_equal(drill_info(d).snd_wscale, 2);
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

static void a_syn_ack_without_mss_stops_sending(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "");
	drill_write(d, 1000);
	sees(d, "A 1+536 ack 1");
	peer(d, "A 1 ack 537");
	sees(d, "PA 537+464 ack 1");
	drill_end(d);
}

static void a_bad_data_offset(void **state)
{
	struct drill *d = drill_new(NULL);
	struct tcp_in in = { .src = d->lab->host[LAB_B].addr, .dst = d->lab->host[LAB_A].addr, .csum_ok = true };

	(void)state;
	drill_open(d, "mss 1460");
	for (unsigned words = 0; words < 16; words++) {
		for (size_t n = 0; n < 64; n++) {
			uint8_t *b = calloc(1, n + 1);

			if (n > 13) {
				hf_store16(b, d->peer_port);
				hf_store16(b + 2, d->local_port);
				hf_store32(b + 4, d->peer_iss + 1);
				b[12] = (uint8_t)(words << 4);
				b[13] = TCP_RST;
			}
			in.segment = (struct hf_bytes){ b, n };
			if (n < 20 || words < 5 || words * 4 > n)
				tcp_feed(d->tcp, &in, d->lab->now);
			free(b);
		}
	}
	in_state(d, "ESTABLISHED");
	sees_nothing(d);
	drill_end(d);
}

static void a_listener_used_after_its_end(void **state)
{
	struct drill *d = drill_new(NULL);
	hf_conn c;

	(void)state;
	drill_go(d, AT_SYN_RECEIVED_PASSIVE);
	d->peer_port++;
	d->iss_known = false;
	peer(d, "S 0");
	lab_step(d->lab);
	peer(d, "A 1 ack 1"); /* one waits to be accepted, one is half open */
	drill_events(d);
	assert_int_equal(tcp_unlisten(d->tcp, d->listener, d->lab->now), HF_OK);
	drill_forget_out(d);
	assert_int_equal(tcp_accept(d->tcp, d->listener, &c), HF_STALE);
	peer(d, "PA 1+10 ack 1");
	sees(d, "R 1");
	d->peer_port--;
	peer(d, "A 1 ack 1");
	lab_step(d->lab);
	assert_int_equal(d->in_out, 2);
	pass(d, HF_S(10)); /* no SYN,ACK comes back to life */
	assert_int_equal(d->in_out, 2);
	/* The same place, another listener: the old name opens nothing. */
	hf_listener old = d->listener;

	drill_listen(d);
	assert_int_equal(tcp_unlisten(d->tcp, old, d->lab->now), HF_STALE);
	in_state(d, "LISTEN");
	drill_end(d);
}

static void an_illegal_window_scale(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_listen(d);
	peer(d, "S 0 mss 1460 ws 255");
	sees(d, "SA 0 ack 1");
	peer(d, "A 1 ack 1 win 1");
	assert_int_equal(drill_accept(d), HF_OK);
	assert_int_equal(drill_info(d).snd_wnd, 1u << 14);
	drill_end(d);
}

static void close_with_unread_data_must_reset(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "PA 1+10 ack 1");
	drill_read(d, 9);
	drill_close(d);
	sees(d, "RA 1 ack 11");
	drill_end(d);
	/* In CLOSE_WAIT as well. */
	d = drill_new(NULL);
	drill_open(d, "mss 1460");
	peer(d, "FPA 1+10 ack 1");
	drill_forget_out(d);
	drill_close(d);
	sees(d, "RA 1 ack 12");
	in_state(d, "CLOSED");
	drill_end(d);
}

static void readable_octets_are_off_by_one_after_fin(void **state)
{
	struct drill *d = drill_new(NULL);
	size_t n;

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "FPA 1+10 ack 1");
	assert_int_equal(drill_info(d).recv_queued, 10);
	assert_int_equal(drill_readable(d, &n), HF_OK);
	assert_int_equal(n, 10);
	assert_false(drill_info(d).read_eof);
	drill_read(d, 10);
	assert_int_equal(drill_info(d).recv_queued, 0);
	assert_true(drill_info(d).read_eof);
	assert_int_equal(drill_info(d).received, 10);
	assert_int_equal(tcp_consume(d->tcp, d->conn, 1, d->lab->now), HF_INVALID); /* the FIN is no octet */
	drill_end(d);
}

static void urgent_is_unsupported(void **state)
{
	struct drill *d = drill_new(NULL);
	size_t n;

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "UPA 1+5 ack 1 urg 5");
	assert_true(drill_events(d) & HF_EV_URGENT);
	assert_int_equal(drill_info(d).urgent, 5);
	d->any_payload = true;
	assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ (const uint8_t *)"!", 1 }, TCP_WRITE_URGENT,
				   d->lab->now, &n),
			 HF_OK);
	sees(d, "UPA 1+1 ack 6 urg 1");
	drill_end(d);
}

/* Shadow: the FIN was ignored once something had been retransmitted. */
static void a_fin_after_a_retransmission_is_ignored(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460");
	peer(d, "A 1+100 ack 1; A 201+100 ack 1");
	peer(d, "A 1+100 ack 1; A 101+100 ack 1"); /* sent again */
	peer(d, "FPA 201+100 ack 1");
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_read(d, 1000), 300);
	drill_end(d);
}

/* picoTCP: timestamps stopped retransmissions. */
static void timestamps_stop_retransmissions(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_open(d, "mss 1460 ts");
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 1 ts");
	for (int i = 0; i < 5; i++) {
		assert_true(drill_until_sent(d, HF_S(100)) != HF_NEVER);
		sees(d, "PA 1+10 ack 1 ts");
		peer(d, "A 1 ack 1"); /* acknowledges nothing */
	}
	drill_end(d);
}

/* gVisor: a SYN with ECN bits got a reset. */
static void ecn_bits_on_a_syn(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	drill_listen(d);
	RAW(d, TCP_SYN | TCP_ECE | TCP_CWR, 0, 0, "\x02\x04\x05\xb4", 0);
	sees(d, "SA 0 ack 1 mss 1460");
	RAW(d, TCP_ACK, 1, 1, "", 0);
	in_state(d, "ESTABLISHED");
	RAW(d, TCP_ACK | TCP_PSH | TCP_CWR, 1, 1, "", 10);
	assert_int_equal(drill_accept(d), HF_OK);
	assert_int_equal(drill_read(d, 100), 10);
	drill_end(d);
}

/* The reserved bits are not ours to judge: MUST be ignored by whoever does not know them. */
static void reserved_bits_are_ignored(void **state)
{
	struct drill *d = drill_new(NULL);
	uint8_t b[20] = { 0 };
	struct tcp_in in = {
		.src = d->lab->host[LAB_B].addr, .dst = d->lab->host[LAB_A].addr, .segment = { b, 20 }, .csum_ok = true
	};

	(void)state;
	drill_listen(d);
	hf_store16(b, d->peer_port);
	hf_store16(b + 2, d->local_port);
	hf_store32(b + 4, d->peer_iss);
	b[12] = 0x5f;
	b[13] = TCP_SYN;
	tcp_feed(d->tcp, &in, d->lab->now);
	sees(d, "SA 0 ack 1");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(division_by_an_mss_of_zero),
		cmocka_unit_test(a_write_and_a_read_of_nothing),
		cmocka_unit_test(push_is_missing),
		cmocka_unit_test(timestamp_missing_on_some_segments_of_ours),
		cmocka_unit_test(timestamps_answered_without_agreement),
		cmocka_unit_test(two_timestamp_options),
		cmocka_unit_test(timestamps_of_zero),
		cmocka_unit_test(the_ack_field_is_never_checked),
		cmocka_unit_test(a_segment_that_begins_before_the_last_one_is_dropped),
		cmocka_unit_test(wrong_octets_past_2041),
		cmocka_unit_test(the_same_number_with_another_length),
		cmocka_unit_test(data_with_the_fins_number),
		cmocka_unit_test(two_fins_and_one_out_of_order_after_close),
		cmocka_unit_test(an_unknown_option_of_length_zero),
		cmocka_unit_test(options_in_any_segment_and_at_any_place),
		cmocka_unit_test(a_syn_ack_without_mss_stops_sending),
		cmocka_unit_test(a_bad_data_offset),
		cmocka_unit_test(a_listener_used_after_its_end),
		cmocka_unit_test(an_illegal_window_scale),
		cmocka_unit_test(close_with_unread_data_must_reset),
		cmocka_unit_test(readable_octets_are_off_by_one_after_fin),
		cmocka_unit_test(urgent_is_unsupported),
		cmocka_unit_test(a_fin_after_a_retransmission_is_ignored),
		cmocka_unit_test(timestamps_stop_retransmissions),
		cmocka_unit_test(ecn_bits_on_a_syn),
		cmocka_unit_test(reserved_bits_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
