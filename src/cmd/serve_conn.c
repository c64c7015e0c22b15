/* SPDX-License-Identifier: MIT */
/*
 * A connection's life in the server. serve_drive() is called when anything may have changed - octets, acknowledgements, a
 * deadline - and goes on as far as it can: read, ask the HTTP machine what to do, write. What it could not do is waited for
 * by an event of the host or by the connection's timer. Files lent to TCP are given back when their last octet is
 * acknowledged, or when the name of the connection is dead.
 */
#include "cmd/serve.h"

#include <stdlib.h>

#define SLICE (256u << 10) /* of a mapping, lent at once */
#define SLICE_LEAST (64u << 10)

static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* ---- beginning and end ---- */

static void take_connection(struct serve *s, hf_conn conn)
{
	uint32_t i = s->free_list[--s->room];
	struct served *c = &s->conns[i];
	struct hf_conn_info info;

	c->used = true;
	c->peer_done = false;
	c->conn = conn;
	c->written = c->acked = 0;
	c->hold_at = c->holds = 0;
	c->told_at = c->tolds = 0;
	c->asked_at = 0;
	memset(&c->answer, 0, offsetof(struct serve_answer, text));
	c->answer.page = NULL;
	c->answer.file = NULL;
	c->timer = (struct hf_timer){ 0 };
	http_server_init(&c->http, &s->http, s->loop.now);
	s->used++;
	if (hf_conn_set_tag(s->loop.host, conn, i + 1) != HF_OK || hf_conn_status(s->loop.host, conn, &info) != HF_OK) {
		serve_drop(s, c);
		return;
	}
	c->remote = info.remote;
	serve_drive(s, c);
}

void serve_accept(struct serve *s)
{
	hf_conn conn;

	/* Without room the rest waits in the listener's queue: one that ends makes room, and the next turn asks again. */
	while (s->room > 0 && hf_accept(s->loop.host, s->listener, &conn) == HF_OK)
		take_connection(s, conn);
}

static void release_holds(struct serve *s, struct served *c, uint64_t acked)
{
	while (c->holds > 0 && c->hold[c->hold_at].until <= acked) {
		file_release(&s->files, c->hold[c->hold_at].file);
		c->hold_at = (c->hold_at + 1) % SERVE_HOLDS;
		c->holds--;
	}
}

static void tell_oldest(struct serve *s, struct served *c, uint64_t left)
{
	serve_log(s, c, &c->told[c->told_at], left);
	c->told_at = (c->told_at + 1) % SERVE_TOLDS;
	c->tolds--;
}

static void tell_acked(struct serve *s, struct served *c)
{
	while (c->tolds > 0 && c->told[c->told_at].until <= c->acked)
		tell_oldest(s, c, 0);
}

/* The connection has ended: what was not acknowledged may not be there, and what was not written is not. */
static void tell_rest(struct serve *s, struct served *c)
{
	const struct serve_answer *a = &c->answer;

	tell_acked(s, c);
	while (c->tolds > 0)
		tell_oldest(s, c, c->told[c->told_at].until - c->acked);
	if (a->ready)
		serve_log(s, c, &a->told,
			  a->end - a->at + (a->page_len - a->page_sent) + (a->text_len - a->text_sent) + c->written -
				  c->acked);
}

static void clear_answer(struct serve *s, struct served *c)
{
	if (c->answer.file)
		file_release(&s->files, c->answer.file);
	free(c->answer.page);
	c->answer.file = NULL;
	c->answer.page = NULL;
	c->answer.ready = false;
}

static void free_block(struct serve *s, struct served *c)
{
	tell_rest(s, c);
	clear_answer(s, c);
	release_holds(s, c, UINT64_MAX);
	hf_wheel_stop(&s->wheel, &c->timer);
	c->used = false;
	s->used--;
	s->free_list[s->room++] = (uint32_t)(c - s->conns);
}

/* Resets the connection: what is lent to it may be unacknowledged, so it cannot be left to end by itself. */
void serve_drop(struct serve *s, struct served *c)
{
	(void)!hf_conn_abort(s->loop.host, c->conn, s->loop.now); /* stale: its name is dead, and so is all it was lent */
	free_block(s, c);
}

/* All is acknowledged, or the connection has ended: TCP does the rest alone. */
static void close_connection(struct serve *s, struct served *c)
{
	(void)!hf_conn_close(s->loop.host, c->conn, s->loop.now);
	free_block(s, c);
}

/* ---- writing ---- */

/* How much may be copied now: see serve.h. Without it an acknowledgment is awaited, which comes as something is queued. */
static size_t room_for_copies(const struct serve *s, const struct served *c)
{
	uint64_t queued = c->written - c->acked, share = HF_CHUNK_BYTES;
	struct hf_host_counters n;

	hf_host_count(s->loop.host, &n);
	if (n.chunks + s->chunks_kept < s->chunks)
		share += (uint64_t)(s->chunks - s->chunks_kept - n.chunks) * HF_CHUNK_BYTES / SERVE_SHARE;
	return queued < share ? (size_t)(share - queued) : 0;
}

/* True when all of it is with TCP. */
static bool write_copied(struct serve *s, struct served *c, const void *from, size_t n, size_t *sent)
{
	while (*sent < n) {
		struct hf_bytes rest = { (const uint8_t *)from + *sent, hf_min_u64(n - *sent, room_for_copies(s, c)) };
		size_t taken = 0;

		if (rest.len == 0)
			return false;
		if (hf_conn_write(s->loop.host, c->conn, rest, s->loop.now, &taken) != HF_OK || taken == 0)
			return false;
		*sent += taken;
		c->written += taken;
	}
	return true;
}

static bool write_read_file(struct serve *s, struct served *c)
{
	struct serve_answer *a = &c->answer;

	while (a->at < a->end) {
		size_t most = hf_min_u64(room_for_copies(s, c), sizeof(s->block));
		size_t want = hf_min_u64(a->end - a->at, most), sent = 0;
		bool all;

		if (want == 0)
			return false;
		if (file_read(a->file, a->at, s->block, want) != want) {
			a->file->shrunk = true;
			return false;
		}
		all = write_copied(s, c, s->block, want, &sent);
		a->at += sent;
		if (!all)
			return false;
	}
	return true;
}

static bool write_mapped_file(struct serve *s, struct served *c)
{
	struct serve_answer *a = &c->answer;

	file_check(a->file);
	while (a->at < a->end && !a->file->shrunk) {
		uint64_t queued = c->written - c->acked;
		size_t room = queued < SERVE_SEND_BUFFER ? (size_t)(SERVE_SEND_BUFFER - queued) : 0;
		size_t n = hf_min_u64(hf_min_u64(a->end - a->at, SLICE), room);

		if (n < hf_min_u64(a->end - a->at, SLICE_LEAST))
			return false; /* small slices cost as much as large ones */
		if (hf_conn_write_borrowed(s->loop.host, c->conn, (struct hf_bytes){ a->file->map + a->at, n },
					   s->loop.now) != HF_OK)
			return false;
		a->at += n;
		c->written += n;
	}
	return a->at == a->end;
}

static bool write_file(struct serve *s, struct served *c)
{
	struct serve_answer *a = &c->answer;

	if (!a->file)
		return true;
	if (!a->file->map)
		return write_read_file(s, c);
	if (!write_mapped_file(s, c))
		return false;
	/* The answer's reference becomes a hold until all is acknowledged. */
	c->hold[(c->hold_at + c->holds) % SERVE_HOLDS] = (struct serve_hold){ a->file, c->written };
	c->holds++;
	a->file = NULL;
	return true;
}

/* True when the answer is all written, so that the HTTP machine may go on. */
static bool write_answer(struct serve *s, struct served *c)
{
	struct serve_answer *a = &c->answer;
	size_t sent = a->text_sent;
	bool all;

	if (c->holds == SERVE_HOLDS)
		return false; /* a client that asks without end and reads nothing */
	all = write_copied(s, c, a->text, a->text_len, &sent);
	a->text_sent = (uint32_t)sent;
	if (!all || !write_copied(s, c, a->page, a->page_len, &a->page_sent) || !write_file(s, c))
		return false;
	if (c->tolds == SERVE_TOLDS) { /* it asks on and on, and acknowledges nothing: told of without a time */
		c->told[c->told_at].asked_at = HF_NEVER;
		tell_oldest(s, c, 0);
	}
	a->told.until = c->written;
	c->told[(c->told_at + c->tolds++) % SERVE_TOLDS] = a->told;
	clear_answer(s, c);
	http_server_answered(&c->http, &s->http, s->loop.now);
	return true;
}

/* ---- the connection's turn ---- */

/* Is all of the peer's data here? Octets of a head that waits for its rest may still be unread, so hf_conn_read() cannot say. */
static bool has_peer_fin(uint8_t state)
{
	return state == HF_TCP_CLOSE_WAIT || state == HF_TCP_CLOSING || state == HF_TCP_LAST_ACK ||
	       state == HF_TCP_TIME_WAIT;
}

/* What the peer has acknowledged since. False: the connection has ended. */
static bool look_at_tcp(struct serve *s, struct served *c)
{
	struct hf_conn_info info;

	if (hf_conn_status(s->loop.host, c->conn, &info) != HF_OK)
		return false;
	if (info.state == HF_TCP_CLOSED) {
		c->acked = info.acked;
		return false;
	}
	c->peer_done |= has_peer_fin(info.state);
	if (info.acked != c->acked) {
		c->acked = info.acked;
		release_holds(s, c, c->acked);
		tell_acked(s, c);
		http_server_acked(&c->http, &s->http, c->acked == c->written, s->loop.now);
	} else if (c->http.state == HTTP_SERVER_FLUSH && c->acked == c->written) {
		http_server_acked(&c->http, &s->http, true, s->loop.now);
	}
	return true;
}

static void send_interim(struct serve *s, struct served *c)
{
	size_t sent = 0;

	if (!write_copied(s, c, interim, sizeof(interim) - 1, &sent))
		c->http.last = true; /* no room for 25 octets: this peer reads nothing at all */
}

/* One answer of the HTTP machine. *ret_ended: the block is free. */
static enum http_server_does step(struct serve *s, struct served *c, bool *ret_ended)
{
	struct h1_input in;
	enum http_server_does does;
	size_t n = 0;
	hf_status st = hf_conn_read(s->loop.host, c->conn, s->spans, HF_ARRAY_LEN(s->spans), &n);

	if (st != HF_OK && st != HF_CLOSED) {
		close_connection(s, c); /* reset by the peer, or given up */
		*ret_ended = true;
		return HTTP_SERVER_WAIT;
	}
	in = h1_input_over(s->spans, st == HF_OK ? n : 0, st == HF_CLOSED || (c->peer_done && n < HF_ARRAY_LEN(s->spans)));
	memset(&s->head, 0, offsetof(struct h1_head, field));
	if (c->asked_at == 0 && st == HF_OK && n > 0 && c->http.state <= HTTP_SERVER_HEAD)
		c->asked_at = s->loop.now;
	does = http_server_next(&c->http, &s->http, &in, s->scratch, &s->head, s->loop.now);
	if (does == HTTP_SERVER_ASK)
		serve_prepare(s, c);
	else if (does == HTTP_SERVER_REFUSE) {
		bool asked = c->answer.ready;

		clear_answer(s, c);
		serve_prepare_refusal(s, c, c->http.fault, asked);
	}
	if (in.taken > 0 && hf_conn_consume(s->loop.host, c->conn, in.taken, s->loop.now) != HF_OK) {
		serve_drop(s, c);
		*ret_ended = true;
		return HTTP_SERVER_WAIT;
	}
	switch (does) {
	case HTTP_SERVER_CONTINUE:
		send_interim(s, c);
		break;
	case HTTP_SERVER_SHUT:
		(void)!hf_conn_shut(s->loop.host, c->conn, s->loop.now); /* ended meanwhile: the next look at it says so */
		break;
	case HTTP_SERVER_CLOSE:
		close_connection(s, c);
		*ret_ended = true;
		break;
	case HTTP_SERVER_ABORT:
		serve_drop(s, c);
		*ret_ended = true;
		break;
	default:
		break;
	}
	return does;
}

/* False: nothing more can be done for now, or the block is free. */
static bool go_on(struct serve *s, struct served *c, bool *ret_ended)
{
	bool progress = step(s, c, ret_ended) != HTTP_SERVER_WAIT;

	if (*ret_ended)
		return false;
	if (!http_server_may_answer(&c->http) || !c->answer.ready)
		return progress;
	if (write_answer(s, c))
		return true;
	if (c->answer.file && c->answer.file->shrunk) {
		serve_drop(s, c);
		*ret_ended = true;
		return false;
	}
	return progress;
}

void serve_drive(struct serve *s, struct served *c)
{
	bool ended = false;

	do {
		if (!look_at_tcp(s, c)) {
			close_connection(s, c);
			return;
		}
	} while (go_on(s, c, &ended));
	if (!ended)
		hf_wheel_set(&s->wheel, &c->timer, c->http.deadline);
}

void serve_drop_shrunk(struct serve *s)
{
	for (uint32_t i = 0, seen = 0, all = s->used; seen < all; i++) {
		struct served *c = &s->conns[i];
		bool shrunk = false;

		if (!c->used)
			continue;
		seen++;
		for (uint32_t k = 0; k < c->holds; k++) {
			struct file *f = c->hold[(c->hold_at + k) % SERVE_HOLDS].file;

			file_check(f);
			shrunk |= f->shrunk;
		}
		if (c->answer.file) {
			file_check(c->answer.file);
			shrunk |= c->answer.file->shrunk;
		}
		if (shrunk)
			serve_drop(s, c);
	}
}

void serve_stop_all(struct serve *s)
{
	for (uint32_t i = 0, seen = 0, all = s->used; seen < all; i++) {
		struct served *c = &s->conns[i];

		if (!c->used)
			continue;
		seen++;
		http_server_stop(&c->http, &s->http, s->loop.now);
		serve_drive(s, c);
	}
}
