/* SPDX-License-Identifier: MIT */
/*
 * A connection's life in the server. serve_drive() is called when anything may have changed - octets, acknowledgements, a
 * deadline - and goes on as far as it can: read, ask the HTTP machine what to do, write. What it could not do is waited for
 * by an event of the host or by the connection's timer. Files lent to TCP are given back when their last octet is
 * acknowledged, or when the name of the connection is dead. With HTTPS the octets come from and go to serve_tls.c.
 */
#include "cmd/serve.h"

#include <stdlib.h>

#define SLICE (256u << 10) /* of a mapping, lent at once */
#define SLICE_LEAST (64u << 10)

static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* ---- those at rest ---- */

/* Between two requests, or after the last answer, and the peer has acknowledged all; an octet of anything ends the rest. */
static void note_rest(struct serve *s, struct served *c)
{
	const bool between = c->http.state == HTTP_SERVER_IDLE && (!c->tls || c->tls->connected);
	const bool rests = (between || c->http.state == HTTP_SERVER_LINGER) && c->acked == c->written;

	if (!rests)
		serve_queue_leave(&s->resting, &c->rest);
	else if (!c->rest.joined)
		serve_queue_join(&s->resting, &c->rest, s->loop.now);
}

static struct served *oldest_at_rest(const struct serve *s)
{
	return s->resting.oldest ? HF_CONTAINER(s->resting.oldest, struct served, rest) : NULL;
}

/* When the oldest of them may be sent away; HF_NEVER. */
static hf_time_ns rest_until(const struct serve *s)
{
	const struct served *c = oldest_at_rest(s);

	if (!c)
		return HF_NEVER;
	return c->rest.since + (c->answered || c->http.state == HTTP_SERVER_LINGER ? SERVE_CROWDED : SERVE_CROWDED_FIRST);
}

static bool make_place(struct serve *s)
{
	if (s->room > 0 || serve_tls_make_place(s))
		return true;
	if (s->loop.now < rest_until(s))
		return false;
	serve_drop(s, oldest_at_rest(s));
	return true;
}

hf_time_ns serve_crowd_wake_at(const struct serve *s)
{
	return s->room > 0 ? HF_NEVER : hf_min_u64(rest_until(s), serve_tls_place_at(s));
}

/* ---- beginning and end ---- */

static void take_connection(struct serve *s, hf_conn conn, bool secure)
{
	uint32_t i = s->free_list[--s->room];
	struct served *c = &s->conns[i];
	struct hf_conn_info info;

	c->used = true;
	c->peer_done = c->answered = false;
	c->rest.joined = false;
	c->conn = conn;
	c->tls = NULL;
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
	if (hf_conn_set_tag(s->loop.host, conn, i + 1) != HF_OK || hf_conn_status(s->loop.host, conn, &info) != HF_OK ||
	    (secure && !serve_tls_begin(s, c))) {
		serve_drop(s, c);
		return;
	}
	c->remote = info.remote;
	serve_drive(s, c);
}

void serve_accept(struct serve *s)
{
	bool some = true;
	hf_conn conn;

	/* Without room the rest waits in the listener's queue: one that ends makes room, and the next turn asks again. */
	while (some && make_place(s)) {
		some = hf_accept(s->loop.host, s->listener, &conn) == HF_OK;
		if (some)
			take_connection(s, conn, false);
		if (s->room > 0 && hf_accept(s->loop.host, s->tls_listener, &conn) == HF_OK) {
			take_connection(s, conn, true);
			some = true;
		}
	}
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
	serve_tls_end(s, c);
	clear_answer(s, c);
	release_holds(s, c, UINT64_MAX);
	hf_wheel_stop(&s->wheel, &c->timer);
	serve_queue_leave(&s->resting, &c->rest);
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

/*
 * All is acknowledged, or the connection has ended: TCP does the rest alone. Who has had the time to say FIN and has not would
 * keep a place of the host's for a minute (FIN_WAIT_2): not when there are few.
 */
static void close_connection(struct serve *s, struct served *c)
{
	struct hf_host_counters n;

	hf_host_count(s->loop.host, &n);
	if (!c->peer_done && (uint64_t)n.conns * 4 > (uint64_t)(s->used + s->room) * 3)
		(void)!hf_conn_abort(s->loop.host, c->conn, s->loop.now);
	else
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

static void take_written(struct serve_answer *a, size_t n)
{
	size_t part = hf_min_u64(n, a->text_len - a->text_sent);

	a->text_sent += (uint32_t)part;
	n -= part;
	part = hf_min_u64(n, a->page_len - a->page_sent);
	a->page_sent += part;
	a->at += n - part;
}

/* What is left of the answer, as it lies. False: the file is not what it was. */
static bool gather_answer(struct serve *s, struct serve_answer *a, struct hf_bytes pieces[3], size_t *ret_n)
{
	size_t n = 0;

	if (a->text_sent < a->text_len)
		pieces[n++] = (struct hf_bytes){ (const uint8_t *)a->text + a->text_sent, a->text_len - a->text_sent };
	if (a->page_sent < a->page_len)
		pieces[n++] = (struct hf_bytes){ (const uint8_t *)a->page + a->page_sent, a->page_len - a->page_sent };
	if (a->file && a->at < a->end && a->file->map) {
		pieces[n++] = (struct hf_bytes){ a->file->map + a->at, hf_min_u64(a->end - a->at, SLICE) };
	} else if (a->file && a->at < a->end) {
		size_t want = hf_min_u64(a->end - a->at, sizeof(s->block));

		if (file_read(a->file, a->at, s->block, want) != want) {
			a->file->shrunk = true;
			return false;
		}
		pieces[n++] = (struct hf_bytes){ s->block, want };
	}
	*ret_n = n;
	return true;
}

/*
 * Over TLS: head and body are sealed together, from where they lie to where TCP sends them from. Nothing of a mapped file is
 * lent, but what was sealed of pages that are gone must not go out: that is seen before this turn ends.
 */
static bool write_sealed(struct serve *s, struct served *c)
{
	struct serve_answer *a = &c->answer;

	while (c->tls->connected) {
		uint64_t queued = c->written - c->acked;
		size_t n, all = 0, most = queued < SERVE_SEND_BUFFER ? (size_t)(SERVE_SEND_BUFFER - queued) : 0;
		struct hf_bytes pieces[3];

		most = hf_min_u64(most, room_for_copies(s, c));
		if (most < SLICE_LEAST && queued > 0 && a->end - a->at > SLICE_LEAST)
			return false; /* many small records cost more than a few large ones */
		if (!gather_answer(s, a, pieces, &n))
			return false;
		if (n == 0) {
			if (a->file && a->file->map)
				file_check(a->file);
			return !a->file || !a->file->shrunk;
		}
		for (size_t i = 0; i < n; i++)
			all += pieces[i].len;
		most = hf_min_u64(most, hf_tls_sealed_size(c->tls->tls, all));
		n = serve_tls_write(s, c, pieces, n, hf_min_u64(most, SERVE_TLS_SLICE));
		if (n == 0)
			return false;
		take_written(a, n);
	}
	return false;
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
	if (c->tls) {
		if (!write_sealed(s, c))
			return false;
	} else {
		all = write_copied(s, c, a->text, a->text_len, &sent);
		a->text_sent = (uint32_t)sent;
		if (!all || !write_copied(s, c, a->page, a->page_len, &a->page_sent) || !write_file(s, c))
			return false;
	}
	if (c->tolds == SERVE_TOLDS) { /* it asks on and on, and acknowledges nothing: told of without a time */
		c->told[c->told_at].asked_at = HF_NEVER;
		tell_oldest(s, c, 0);
	}
	a->told.until = c->written;
	c->told[(c->told_at + c->tolds++) % SERVE_TOLDS] = a->told;
	clear_answer(s, c);
	c->answered = true;
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

/* Is all that we have to say with the peer? */
static bool is_all_acked(const struct served *c)
{
	return c->acked == c->written && !(c->tls && c->tls->close_owed && !c->tls->shut);
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
		http_server_acked(&c->http, &s->http, is_all_acked(c), s->loop.now);
	} else if (c->http.state == HTTP_SERVER_FLUSH && is_all_acked(c)) {
		http_server_acked(&c->http, &s->http, true, s->loop.now);
	}
	return true;
}

static void send_interim(struct serve *s, struct served *c)
{
	const struct hf_bytes all = { (const uint8_t *)interim, sizeof(interim) - 1 };
	size_t sent = 0;

	if (c->tls ? serve_tls_write(s, c, &all, 1, SERVE_TEXT) != all.len : !write_copied(s, c, all.at, all.len, &sent))
		c->http.last = true; /* no room for 25 octets: this peer reads nothing at all */
}

/* TLS has failed: what is not sealed yet never will be, and what comes is read by nobody. An alert is not waited for long. */
static void give_up(struct serve *s, struct served *c)
{
	const struct serve_answer *a = &c->answer;
	struct http_server_config http = s->http;

	c->tls->end_told = true;
	http.stall = hf_min_u64(http.stall, SERVE_TLS_SILENT);
	if (c->http.state != HTTP_SERVER_ANSWER) {
		http_server_stop(&c->http, &http, s->loop.now);
		return;
	}
	serve_log(s, c, &a->told, a->end - a->at + (a->page_len - a->page_sent) + (a->text_len - a->text_sent));
	clear_answer(s, c);
	c->http.last = true;
	http_server_answered(&c->http, &s->http, s->loop.now);
}

/* What the HTTP machine may look at. False: nothing that it could do anything with. */
static bool find_input(struct serve *s, struct served *c, struct h1_input *ret, bool *ret_more)
{
	size_t n = 0;
	hf_status st;
	bool eof;

	*ret_more = false;
	if (c->tls) {
		*ret_more = serve_tls_fetch(s, c);
		if (c->tls->failed && !c->tls->end_told)
			give_up(s, c);
		n = serve_tls_spans(c, s->spans, &eof);
		*ret = h1_input_over(s->spans, n, eof);
		return serve_tls_is_ready(c);
	}
	st = hf_conn_read(s->loop.host, c->conn, s->spans, HF_ARRAY_LEN(s->spans), &n);
	if (st != HF_OK && st != HF_CLOSED)
		return false; /* reset by the peer, or given up: the next look at the connection says so */
	eof = st == HF_CLOSED || (c->peer_done && n < HF_ARRAY_LEN(s->spans));
	*ret = h1_input_over(s->spans, st == HF_OK ? n : 0, eof);
	return true;
}

static hf_status consume(struct serve *s, struct served *c, size_t n)
{
	if (!c->tls)
		return n > 0 ? hf_conn_consume(s->loop.host, c->conn, n, s->loop.now) : HF_OK;
	serve_tls_taken(c, n);
	return HF_OK;
}

static void shut(struct serve *s, struct served *c)
{
	if (c->tls)
		serve_tls_shut(s, c);
	else
		(void)!hf_conn_shut(s->loop.host, c->conn, s->loop.now); /* ended meanwhile: the next look at it says so */
}

/* One answer of the HTTP machine. *ret_ended: the block is free; *ret_more: there may be more to read. */
static enum http_server_does step(struct serve *s, struct served *c, bool *ret_ended, bool *ret_more)
{
	struct h1_input in;
	enum http_server_does does;

	if (!find_input(s, c, &in, ret_more))
		return HTTP_SERVER_WAIT;
	memset(&s->head, 0, offsetof(struct h1_head, field));
	if (c->asked_at == 0 && in.n > 0 && c->http.state <= HTTP_SERVER_HEAD)
		c->asked_at = s->loop.now;
	does = http_server_next(&c->http, &s->http, &in, s->scratch, &s->head, s->loop.now);
	if (does == HTTP_SERVER_ASK)
		serve_prepare(s, c);
	else if (does == HTTP_SERVER_REFUSE) {
		bool asked = c->answer.ready;

		clear_answer(s, c);
		serve_prepare_refusal(s, c, c->http.fault, asked);
	}
	if (consume(s, c, in.taken) != HF_OK) {
		serve_drop(s, c);
		*ret_ended = true;
		return HTTP_SERVER_WAIT;
	}
	switch (does) {
	case HTTP_SERVER_CONTINUE:
		send_interim(s, c);
		break;
	case HTTP_SERVER_SHUT:
		shut(s, c);
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
	bool more, progress = step(s, c, ret_ended, &more) != HTTP_SERVER_WAIT;

	if (*ret_ended)
		return false;
	progress |= more;
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
	if (ended)
		return;
	if (!c->tls) {
		note_rest(s, c);
		hf_wheel_set(&s->wheel, &c->timer, c->http.deadline);
		return;
	}
	serve_tls_go_on(s, c);
	note_rest(s, c);
	if (serve_tls_rest(s, c))
		hf_wheel_set(&s->wheel, &c->timer, serve_tls_deadline(s, c));
	else
		serve_drop(s, c);
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
	const uint32_t all = s->used + s->room;

	for (uint32_t i = 0; i < all; i++) { /* one of them may make another one give way */
		struct served *c = &s->conns[i];

		if (!c->used)
			continue;
		http_server_stop(&c->http, &s->http, s->loop.now);
		serve_drive(s, c);
	}
}
