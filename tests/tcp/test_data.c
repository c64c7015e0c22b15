/* SPDX-License-Identifier: MIT */
/* What the program gives and takes, memory that runs out, cutting to the path, and what is no segment. */
#include "drill.h"

#include "base/csum.h"

#include <stdlib.h>

/* ---- what the program gives and takes ---- */

static void nothing_is_nothing(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_bytes none = { NULL, 0 }, span;
	size_t n = 99;

	(void)state;
	drill_open(d, "mss 1000");
	for (int kind = TCP_WRITE_COPY; kind <= TCP_WRITE_URGENT; kind++) {
		assert_int_equal(tcp_write(d->tcp, d->conn, none, (enum tcp_write_kind)kind, d->lab->now, &n), HF_OK);
		assert_int_equal(n, 0);
	}
	sees_nothing(d);
	assert_int_equal(tcp_read(d->tcp, d->conn, &span, 1, &n), HF_OK);
	assert_int_equal(n, 0);
	assert_int_equal(tcp_consume(d->tcp, d->conn, 0, d->lab->now), HF_OK);
	assert_int_equal(tcp_consume(d->tcp, d->conn, 1, d->lab->now), HF_INVALID);
	peer(d, "PA 1+10 ack 1");
	assert_int_equal(tcp_read(d->tcp, d->conn, &span, 0, &n), HF_OK);
	assert_int_equal(n, 0);
	assert_int_equal(tcp_consume(d->tcp, d->conn, 11, d->lab->now), HF_INVALID);
	assert_int_equal(tcp_consume(d->tcp, d->conn, 0, d->lab->now), HF_OK);
	assert_int_equal(drill_read(d, 100), 10);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0); /* an idle connection holds no buffer */
	drill_end(d);
}

static void names_that_are_no_longer_good(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_conn_options o;
	struct hf_conn_info i;
	struct hf_bytes b = { (const uint8_t *)"x", 1 };
	hf_conn old;
	size_t n;

	(void)state;
	drill_open(d, "mss 1000");
	assert_int_equal(tcp_get_options(d->tcp, d->conn, &o), HF_OK);
	old = d->conn;
	drill_abort(d);
	assert_int_equal(tcp_write(d->tcp, old, b, TCP_WRITE_COPY, d->lab->now, &n), HF_STALE);
	assert_int_equal(tcp_read(d->tcp, old, &b, 1, &n), HF_STALE);
	assert_int_equal(tcp_consume(d->tcp, old, 0, d->lab->now), HF_STALE);
	assert_int_equal(tcp_shut(d->tcp, old, d->lab->now), HF_STALE);
	assert_int_equal(tcp_close(d->tcp, old, d->lab->now), HF_STALE);
	assert_int_equal(tcp_abort(d->tcp, old, d->lab->now), HF_STALE);
	assert_int_equal(tcp_status(d->tcp, old, &i), HF_STALE);
	assert_int_equal(tcp_get_options(d->tcp, old, &o), HF_STALE);
	assert_int_equal(tcp_set_options(d->tcp, old, &o, d->lab->now), HF_STALE);
	assert_int_equal(tcp_set_tag(d->tcp, old, 1), HF_STALE);
	assert_int_equal(tcp_write(d->tcp, (hf_conn){ 0 }, b, TCP_WRITE_COPY, d->lab->now, &n), HF_STALE);
	assert_int_equal(tcp_status(d->tcp, (hf_conn){ 9999999, 1 }, &i), HF_STALE);
	drill_end(d);
}

static void small_send_buffer(struct hf_host_config *c)
{
	c->tcp.send_buffer = 5000;
}

static void the_send_buffer_has_an_end(void **state)
{
	struct drill *d = drill_new(small_send_buffer);
	static uint8_t b[20000];
	struct hf_bytes all = { b, 8000 };
	size_t n;

	(void)state;
	d->any_payload = true;
	drill_open(d, "mss 1000 win 2000");
	assert_int_equal(tcp_write(d->tcp, d->conn, all, TCP_WRITE_COPY, d->lab->now, &n), HF_OK);
	assert_int_equal(n, 5000);
	assert_int_equal(tcp_write(d->tcp, d->conn, all, TCP_WRITE_COPY, d->lab->now, &n), HF_AGAIN);
	assert_int_equal(n, 0);
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1");
	assert_int_equal(drill_events(d) & HF_EV_WRITABLE, 0);
	peer(d, "A 1 ack 1001 win 2000");
	assert_int_equal(drill_events(d) & HF_EV_WRITABLE, HF_EV_WRITABLE);
	assert_int_equal(tcp_write(d->tcp, d->conn, all, TCP_WRITE_COPY, d->lab->now, &n), HF_OK);
	assert_int_equal(n, 1000);
	/* Borrowed octets go whole or not at all; more than the buffer only when it is empty. */
	assert_int_equal(tcp_write(d->tcp, d->conn, all, TCP_WRITE_BORROW, d->lab->now, &n), HF_AGAIN);
	drill_forget_out(d);
	peer(d, "A 1 ack 3001 win 60000");
	drill_forget_out(d);
	peer(d, "A 1 ack 6001 win 60000");
	drill_forget_out(d);
	assert_int_equal(drill_info(d).send_queued, 0);
	assert_int_equal(tcp_write(d->tcp, d->conn, all, TCP_WRITE_BORROW, d->lab->now, &n), HF_OK);
	assert_int_equal(n, 8000);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	drill_end(d);
}

static void borrowed_octets_are_told_when_free(void **state)
{
	struct drill *d = drill_new(NULL);
	static uint8_t b[5000];
	size_t n;

	(void)state;
	drill_open(d, "mss 1000");
	for (uint32_t i = 0; i < sizeof b; i++)
		b[i] = drill_octet(true, 1 + i);
	/* Three pieces, cut without regard to them. */
	for (uint32_t at = 0; at < 4500; at += 1500) {
		assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ b + at, 1500 }, TCP_WRITE_BORROW,
					   d->lab->now, &n),
				 HF_OK);
		assert_int_equal(n, 1500);
	}
	sees(d, "A 1+1000 ack 1; A 1001+1000 ack 1; A 2001+1000 ack 1; A 3001+1000 ack 1");
	assert_int_equal(drill_info(d).acked, 0);
	peer(d, "A 1 ack 1001");
	assert_int_equal(drill_info(d).acked, 1000);
	peer(d, "A 1 ack 2501");
	assert_int_equal(drill_info(d).acked, 2500);
	assert_int_equal(d->tcp->slices.in_use, 2);
	/* A retransmission refers to the same octets. */
	drill_until_sent(d, HF_S(3));
	sees(d, "A 2501+1000 ack 1");
	peer(d, "A 1 ack 4001");
	sees(d, "PA 4001+500 ack 1");
	peer(d, "A 1 ack 4501");
	assert_int_equal(drill_info(d).acked, 4500);
	assert_int_equal(drill_info(d).sent, 4500);
	assert_int_equal(drill_info(d).bytes_retransmitted, 1000);
	assert_int_equal(d->tcp->slices.in_use, 0);
	drill_end(d);
}

static void writes_after_the_end(void **state)
{
	struct drill *d = drill_new(NULL);
	struct hf_bytes b = { (const uint8_t *)"x", 1 };
	size_t n;

	(void)state;
	drill_go(d, AT_CLOSE_WAIT); /* the other direction is open */
	drill_write(d, 10);
	sees(d, "PA 1+10 ack 2");
	drill_shut(d);
	drill_shut(d); /* closing twice is one close */
	sees(d, "FA 11 ack 2");
	assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_COPY, d->lab->now, &n), HF_CLOSED);
	drill_end(d);
	d = drill_new(NULL);
	drill_go(d, AT_TIME_WAIT_HELD);
	assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_COPY, d->lab->now, &n), HF_CLOSED);
	assert_int_equal(drill_readable(d, &n), HF_CLOSED);
	drill_end(d);
	/* A reset is told as one, again and again. */
	d = drill_new(NULL);
	drill_open(d, "mss 1000");
	peer(d, "R 1");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_COPY, d->lab->now, &n), HF_RESET);
		assert_int_equal(drill_readable(d, &n), HF_RESET);
	}
	drill_end(d);
}

/* SHLD-3 (3.6.1; RFC 2525 2.17) */
static void close_that_loses_data_resets(void **state)
{
	struct drill *d = drill_new(NULL);

	(void)state;
	/* Unread at the close. */
	drill_open(d, "mss 1000");
	peer(d, "PA 1+10 ack 1");
	drill_close(d);
	sees(d, "RA 1 ack 11");
	in_state(d, "CLOSED");
	drill_end(d);
	/* Read, and closed: an ordinary end. */
	d = drill_new(NULL);
	drill_open(d, "mss 1000");
	peer(d, "PA 1+10 ack 1");
	drill_read(d, 10);
	drill_close(d);
	sees(d, "FA 1 ack 11");
	/* Then more comes for nobody. */
	peer(d, "PA 11+10 ack 2");
	sees(d, "RA 2 ack 11");
	in_state(d, "CLOSED");
	assert_int_equal(d->tcp->conns.in_use, 0);
	drill_end(d);
	/* Only our direction was shut: the other goes on. */
	d = drill_new(NULL);
	drill_open(d, "mss 1000");
	drill_shut(d);
	sees(d, "FA 1 ack 1");
	peer(d, "PA 1+10 ack 2");
	assert_int_equal(drill_read(d, 100), 10);
	in_state(d, "FIN_WAIT_2");
	drill_end(d);
}

/* ---- memory ---- */

static void few_chunks(struct hf_host_config *c)
{
	c->limits.chunks = 3;
	c->limits.slices = 4;
	c->tcp.recv_window = 40000;
}

static void no_chunk_for_what_comes(void **state)
{
	struct drill *d = drill_new(few_chunks);

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t i = 0; i < 12; i++)
		peer(d, "A %u+1024 ack 1", 1 + i * 1024);
	drill_forget_out(d);
	assert_int_equal(drill_info(d).recv_queued, 3 * 4096);
	peer(d, "A %u+1024 ack 1", 1 + 3 * 4096);
	sees(d, "A 1 ack %u", 1 + 3 * 4096);
	assert_int_equal(drill_count(d, HF_TR_TCP_DROP_MEMORY), 1);
	peer(d, "FA %u+1024 ack 1", 1 + 3 * 4096); /* its FIN comes with text that is not here yet */
	in_state(d, "ESTABLISHED");
	/* Room again: what is sent again is taken. */
	assert_int_equal(drill_read(d, 4096), 4096);
	peer(d, "FA %u+1024 ack 1", 1 + 3 * 4096);
	in_state(d, "CLOSE_WAIT");
	assert_int_equal(drill_read(d, 40000), 2 * 4096 + 1024);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	drill_end(d);
}

static void half_of_a_segment_finds_room(void **state)
{
	struct drill *d = drill_new(few_chunks);

	(void)state;
	drill_open(d, "mss 1460");
	for (uint32_t i = 0; i < 8; i++)
		peer(d, "A %u+1460 ack 1", 1 + i * 1460);
	drill_forget_out(d);
	peer(d, "FPA %u+1460 ack 1", 1 + 8 * 1460); /* 11680 .. 13140, and room up to 12288 */
	assert_int_equal(drill_info(d).recv_queued, 12288);
	in_state(d, "ESTABLISHED");
	assert_int_equal(drill_read(d, 20000), 12288);
	drill_forget_out(d);
	peer(d, "FPA %u+1460 ack 1", 1 + 8 * 1460);
	sees(d, "A 1 ack %u", 1 + 9 * 1460 + 1);
	in_state(d, "CLOSE_WAIT");
	drill_end(d);
}

static void no_chunk_for_what_is_written(void **state)
{
	struct drill *d = drill_new(few_chunks);
	static uint8_t b[20000];
	size_t n;

	(void)state;
	for (uint32_t i = 0; i < sizeof b; i++)
		b[i] = drill_octet(true, 1 + i);
	drill_open(d, "mss 1000 win 1000");
	assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ b, 20000 }, TCP_WRITE_COPY, d->lab->now, &n), HF_OK);
	assert_int_equal(n, 3 * 4096);
	assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ b + n, 1 }, TCP_WRITE_COPY, d->lab->now, &n),
			 HF_AGAIN);
	for (uint32_t i = 0; i < 5; i++) {
		sees(d, "A %u+1000 ack 1", 1 + i * 1000);
		peer(d, "A 1 ack %u win 1000", 1001 + i * 1000);
	}
	assert_int_equal(
		tcp_write(d->tcp, d->conn, (struct hf_bytes){ b + 3 * 4096, 7000 }, TCP_WRITE_COPY, d->lab->now, &n), HF_OK);
	assert_int_equal(n, 4096);
	for (uint32_t i = 5; i < 16; i++) {
		sees(d, "A %u+1000 ack 1", 1 + i * 1000);
		peer(d, "A 1 ack %u win 1000", 1001 + i * 1000);
	}
	sees(d, "PA 16001+384 ack 1");
	peer(d, "A 1 ack 16385");
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	drill_end(d);
}

static void no_slice_for_what_is_written(void **state)
{
	struct drill *d = drill_new(few_chunks);
	struct hf_bytes b = { (const uint8_t *)"abc", 3 };
	size_t n;

	(void)state;
	d->any_payload = true;
	drill_open(d, "mss 1000 win 0");
	for (int i = 0; i < 4; i++)
		assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_BORROW, d->lab->now, &n), HF_OK);
	assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_BORROW, d->lab->now, &n), HF_AGAIN);
	assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_COPY, d->lab->now, &n), HF_AGAIN);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	peer(d, "A 1 ack 1 win 1000");
	sees(d, "PA 1+12 ack 1");
	peer(d, "A 1 ack 13 win 1000");
	assert_int_equal(tcp_write(d->tcp, d->conn, b, TCP_WRITE_COPY, d->lab->now, &n), HF_OK);
	sees(d, "PA 13+3 ack 1");
	drill_end(d);
}

/* ---- room for octets that are made ---- */

/* Makes the stream's octets from `at` on in the room. */
static size_t make(const struct hf_room *room, size_t count, uint32_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < room[i].len; k++)
			room[i].at[k] = drill_octet(true, at + (uint32_t)n++);
	return n;
}

static void without_nagle(struct hf_host_config *c)
{
	c->tcp.nodelay = true;
}

static void room_is_given_and_filled(void **state)
{
	struct drill *d = drill_new(without_nagle);
	struct hf_room room[8], again[8];
	size_t n;

	(void)state;
	drill_open(d, "mss 1000 win 60000");
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 10000, room, 8, &n), HF_OK);
	assert_int_equal(n, 1); /* three chunks, neighbours */
	assert_int_equal(room[0].len, 10000);
	make(room, n, 1);
	/* What is not used goes back, and what is goes out. */
	assert_int_equal(tcp_commit(d->tcp, d->conn, 1500), HF_OK);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 1);
	sees(d, "A 1+1000 ack 1; PA 1001+500 ack 1");
	/* Behind it: the rest of the chunk, then others, which do not follow it; as many pieces as are asked for. */
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 10000, room, 2, &n), HF_OK);
	assert_int_equal(n, 2);
	assert_int_equal(room[0].len, 4096 - 1500);
	assert_int_equal(room[1].len, 4096);
	make(room, n, 1501);
	assert_int_equal(tcp_commit(d->tcp, d->conn, room[0].len + 100), HF_OK);
	sees(d, "A 1501+1000 ack 1; A 2501+1000 ack 1; PA 3501+696 ack 1");
	/* Nothing comes of nothing, and the room is the same the next time. */
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 5000, room, 8, &n), HF_OK);
	assert_int_equal(n, 2);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 0), HF_OK);
	sees_nothing(d);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 5000, again, 8, &n), HF_OK);
	assert_int_equal(n, 2);
	assert_ptr_equal(again[0].at, room[0].at);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 0), HF_OK);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 2);
	/* Copies and borrowed octets stand before and behind. */
	d->written = 4196;
	drill_write(d, 10);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 10, room, 8, &n), HF_OK);
	assert_int_equal(n, 1);
	make(room, n, 4207);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 10), HF_OK);
	sees(d, "PA 4197+20 ack 1");
	peer(d, "A 1 ack 4217");
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	assert_int_equal(d->tcp->slices.in_use, 0);
	drill_end(d);
}

/* Chunks that are neighbours make one piece, in whatever order they came back; so do their octets in a frame. */
static void room_is_in_one_piece(void **state)
{
	struct drill *d = drill_new(without_nagle);
	struct hf_room room[8];
	uint32_t at = 1;
	size_t n;

	(void)state;
	drill_open(d, "mss 1000 win 60000");
	for (int i = 0; i < 3; i++, at += 9000) {
		assert_int_equal(tcp_reserve(d->tcp, d->conn, 9000, room, 8, &n), HF_OK);
		assert_int_equal(n, 1);
		assert_int_equal(make(room, n, at), 9000);
		assert_int_equal(tcp_commit(d->tcp, d->conn, 9000), HF_OK);
		d->written = at + 9000 - 1;
		drill_forget_out(d);
		peer(d, "A 1 ack %u", at + 9000);
		assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	}
	drill_end(d);
}

static void room_has_an_end(void **state)
{
	struct drill *d = drill_new(small_send_buffer);
	struct hf_room room[8];
	size_t n;

	(void)state;
	drill_open(d, "mss 1000 win 0");
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 0, room, 8, &n), HF_OK);
	assert_int_equal(n, 0);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 20000, room, 0, &n), HF_AGAIN);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 20000, room, 8, &n), HF_OK);
	assert_int_equal(make(room, n, 1), 5000);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 5001), HF_INVALID);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 0);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 1), HF_INVALID); /* it is gone */
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 20000, room, 8, &n), HF_OK);
	assert_int_equal(make(room, n, 1), 5000);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 5000), HF_OK);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 1, room, 8, &n), HF_AGAIN);
	drill_end(d);
	/* Chunks and slices, too. */
	d = drill_new(few_chunks);
	drill_open(d, "mss 1000 win 0");
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 20000, room, 8, &n), HF_OK);
	assert_int_equal(make(room, n, 1), 3 * 4096);
	assert_int_equal(d->lab->host[LAB_A].chunks.pool.in_use, 3);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 20000, room, 8, &n), HF_OK); /* the first one never came to a commit */
	assert_int_equal(make(room, n, 1), 3 * 4096);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 0), HF_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ (const uint8_t *)"x", 1 },
					   TCP_WRITE_BORROW, d->lab->now, &n),
				 HF_OK);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 20000, room, 8, &n), HF_OK);
	assert_int_equal(n, 1);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 4096), HF_OK);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 20000, room, 8, &n), HF_AGAIN);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 0), HF_OK);
	drill_end(d);
}

static void room_is_for_the_next_call(void **state)
{
	struct drill *d = drill_new(without_nagle);
	struct hf_room room[8];
	hf_conn other = { 5, 1 };
	size_t n;

	(void)state;
	drill_open(d, "mss 1000 win 60000");
	assert_int_equal(tcp_reserve(d->tcp, other, 100, room, 8, &n), HF_STALE);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 100, room, 8, &n), HF_OK);
	assert_int_equal(tcp_commit(d->tcp, other, 100), HF_STALE);
	drill_write(d, 10); /* it may have taken the very room */
	sees(d, "PA 1+10 ack 1");
	assert_int_equal(tcp_commit(d->tcp, d->conn, 100), HF_INVALID);
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 100, room, 8, &n), HF_OK);
	drill_write(d, 10);
	sees(d, "PA 11+10 ack 1");
	assert_int_equal(tcp_commit(d->tcp, d->conn, 100), HF_INVALID);
	assert_int_equal(drill_info(d).send_queued, 20);
	drill_shut(d);
	sees(d, "FA 21 ack 1");
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 100, room, 8, &n), HF_CLOSED);
	assert_int_equal(tcp_commit(d->tcp, d->conn, 100), HF_CLOSED);
	peer(d, "R 1");
	assert_int_equal(tcp_reserve(d->tcp, d->conn, 100, room, 8, &n), HF_RESET);
	drill_end(d);
}

/* ---- super-segments and path MTU ---- */

static void with_tso(struct hf_host_config *c)
{
	c->offload = HF_OFFLOAD_TX_TSO | HF_OFFLOAD_TX_CSUM;
	c->tso_max_bytes = 7500;
}

static void super_segments_are_cut_right(void **state)
{
	struct drill *d = drill_new(with_tso);

	(void)state;
	drill_open(d, "mss 1000 win 12500");
	drill_write(d, 20000);
	/* Ten segments of congestion window; 7,500 octets make seven whole ones (SHLD-28). */
	sees(d, "A 1+7000 ack 1 gso 1000; A 7001+3000 ack 1 gso 1000");
	peer(d, "A 1 ack 7001 win 12500");
	sees(d, "A 10001+7000 ack 1 gso 1000; A 17001+2000 ack 1 gso 1000"); /* 12,500 of window: 2,500 are two */
	peer(d, "A 1 ack 17001 win 20000");
	sees(d, "PA 19001+1000 ack 1 gso 0");
	peer(d, "A 1 ack 20001 win 20000");
	drill_write(d, 3500);
	sees(d, "PA 20001+3500 ack 1 gso 1000"); /* a tail at the very end only */
	/* A retransmission starts with one segment. */
	assert_true(drill_until_sent(d, HF_S(3)) != HF_NEVER);
	sees(d, "A 20001+1000 ack 1 gso 0");
	peer(d, "A 1 ack 22001 win 20000");
	sees(d, "PA 22001+1500 ack 1 gso 1000");
	drill_end(d);
}

static void ip6_super_segments(void **state)
{
	struct drill *d = drill_new(with_tso);
	struct hf_frame_out frame;
	struct tcp_out out = { .frame = &frame };
	struct hf_addr src, dst;

	(void)state;
	d->lab->host[LAB_A].addr = (struct hf_addr){ { 0xfd, [15] = 1 } };
	d->lab->host[LAB_B].addr = (struct hf_addr){ { 0xfd, [15] = 2 } };
	drill_open(d, "mss 1000");
	drill_write(d, 2500);
	assert_true(tcp_peek(d->tcp, &src, &dst));
	assert_true(tcp_pull(d->tcp, &out, d->lab->now));
	assert_int_equal(frame.flags & (HF_FRAME_GSO4 | HF_FRAME_GSO6), HF_FRAME_GSO6);
	assert_int_equal(frame.gso_size, 1000);
	assert_int_equal(frame.payload_len, 2500);
	drill_end(d);
}

/* A frame refers to no more pieces than it has places for; what lies side by side is one. */
static void many_pieces(void **state)
{
	struct drill *d = drill_new(NULL);
	static uint8_t b[100];
	size_t n;

	(void)state;
	for (unsigned apart = 1; apart <= 2; apart++) {
		for (uint32_t i = 0; i < 50; i++)
			b[i * apart] = drill_octet(true, 1 + i);
		drill_open(d, "mss 1000 win 0");
		for (unsigned i = 0; i < 50; i++)
			assert_int_equal(tcp_write(d->tcp, d->conn, (struct hf_bytes){ b + (size_t)i * apart, 1 },
						   TCP_WRITE_BORROW, d->lab->now, &n),
					 HF_OK);
		drill_shut(d);
		peer(d, "A 1 ack 1 win 1000");
		sees(d, apart == 1 ? "FPA 1+50 ack 1" : "A 1+20 ack 1; A 21+20 ack 1; FPA 41+10 ack 1");
		peer(d, "A 1 ack 52");
		in_state(d, "FIN_WAIT_2");
		drill_end(d);
		d = apart == 1 ? drill_new(NULL) : NULL;
	}
}

static void path_mtu_shrinks_in_mid_flight(void **state)
{
	struct drill *d = drill_new(NULL);
	uint32_t cwnd;

	(void)state;
	drill_open(d, "mss 1460");
	drill_write(d, 4380);
	sees(d, "A 1+1460 ack 1; A 1461+1460 ack 1; PA 2921+1460 ack 1");
	cwnd = drill_info(d).cwnd;
	drill_icmp(d, 3, 4, 4381, 1000); /* nothing of ours: RFC 5927 4.1 */
	drill_icmp(d, 3, 4, 0, 1000);
	drill_icmp(d, 3, 4, 1, 1500);
	sees_nothing(d);
	assert_int_equal(drill_info(d).mss, 1460);
	drill_icmp(d, 3, 4, 1, 1000);
	sees(d, "A 1+960 ack 1; A 961+960 ack 1; A 1921+960 ack 1; A 2881+960 ack 1; PA 3841+540 ack 1");
	assert_int_equal(drill_info(d).cwnd, cwnd); /* no congestion */
	assert_int_equal(drill_count(d, HF_TR_TCP_MTU), 1);
	drill_icmp(d, 3, 4, 1, 1300); /* it does not grow by that */
	assert_int_equal(drill_info(d).mss, 960);
	peer(d, "A 1 ack 4381");
	in_state(d, "ESTABLISHED");
	sees_nothing(d);
	drill_end(d);
}

/* ---- what is no segment ---- */

static void broken_segments_are_dropped(void **state)
{
	struct drill *d = drill_new(NULL);
	uint8_t b[40];
	struct hf_wr w = hf_wr_over(b, sizeof b);
	struct tcp_header h;
	struct tcp_in in = { .src = d->lab->host[LAB_B].addr, .dst = d->lab->host[LAB_A].addr };

	(void)state;
	drill_open(d, "mss 1000");
	h = (struct tcp_header){ .src_port = d->peer_port, .dst_port = d->local_port, .seq = d->peer_iss + 1, .flags = TCP_RST };
	in.segment = (struct hf_bytes){ b, tcp_put(&w, &h) };
	hf_store16(b + 16, hf_csum_finish(hf_csum_add(hf_csum_pseudo(&in.src, &in.dst, 6, 20), b, 20)));
	for (unsigned bit = 0; bit < 160; bit++) { /* MUST-3: whatever bit is wrong */
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		tcp_feed(d->tcp, &in, d->lab->now);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t n = 0; n < 20; n++) {
		in.segment.len = n;
		in.csum_ok = true;
		tcp_feed(d->tcp, &in, d->lab->now);
	}
	in.segment.len = 20;
	for (unsigned offset = 0; offset < 16; offset++) {
		b[12] = (uint8_t)(offset << 4);
		if (offset != 5)
			tcp_feed(d->tcp, &in, d->lab->now);
	}
	sees_nothing(d);
	in_state(d, "ESTABLISHED");
	/* Data offset wrong by a bit is malformed at once; all others are wrong sums. */
	assert_in_range(drill_count(d, HF_TR_TCP_DROP_CSUM), 155, 160);
	b[12] = 0x50;
	tcp_feed(d->tcp, &in, d->lab->now);
	in_state(d, "CLOSED");
	drill_end(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(names_that_are_no_longer_good),
		cmocka_unit_test(the_send_buffer_has_an_end),
		cmocka_unit_test(borrowed_octets_are_told_when_free),
		cmocka_unit_test(writes_after_the_end),
		cmocka_unit_test(close_that_loses_data_resets),
		cmocka_unit_test(no_chunk_for_what_comes),
		cmocka_unit_test(half_of_a_segment_finds_room),
		cmocka_unit_test(no_chunk_for_what_is_written),
		cmocka_unit_test(no_slice_for_what_is_written),
		cmocka_unit_test(room_is_given_and_filled),
		cmocka_unit_test(room_is_in_one_piece),
		cmocka_unit_test(room_has_an_end),
		cmocka_unit_test(room_is_for_the_next_call),
		cmocka_unit_test(super_segments_are_cut_right),
		cmocka_unit_test(ip6_super_segments),
		cmocka_unit_test(many_pieces),
		cmocka_unit_test(path_mtu_shrinks_in_mid_flight),
		cmocka_unit_test(broken_segments_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
