/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * serve_conn.c asks for data with serve_tls_fetch(), shows it to the HTTP machine and says what that has taken. A record is
 * opened into a buffer that all connections share; what HTTP does not take at once (half a head, a request behind the one
 * that is being answered) is copied to a buffer of the connection's own, and no further record is opened before HTTP wants
 * more: TCP's window holds the sender, and nobody can fill our memory.
 *
 * Answers are sealed from where they lie (a page, a mapped file) to where TCP sends them from: one pass over the data.
 *
 * Nothing but a small block is spent on a peer before it has sent something. Rooms for handshakes are limited; who finds none
 * asks again soon, and a handshake that takes its time gives way to those who wait.
 */
#include "cmd/serve_tls.h"

#include "cmd/serve.h"
#include "crypto/hash.h"
#include "http/http_put.h"

#include <stdlib.h>

#define ALIGN 64u
#define ROOMS 40u /* pieces of send memory for records that are sealed together */

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* ---- pools ---- */

static void *take_block(struct serve_blocks *b)
{
	void *block = b->free_list;

	if (block) {
		memcpy(&b->free_list, block, sizeof(block));
		return block;
	}
	if (b->made == b->max)
		return NULL;
	block = aligned_alloc(ALIGN, b->size);
	b->made += block != NULL;
	return block;
}

static void give_block(struct serve_blocks *b, void *block)
{
	memcpy(block, &b->free_list, sizeof(block));
	b->free_list = block;
}

static void free_blocks(struct serve_blocks *b)
{
	while (b->free_list)
		free(take_block(b));
}

/* ---- sides ---- */

static void leave_side(struct serve_side *side)
{
	if (!side)
		return;
	if (side->users > 1) { /* one that was never taken up has none */
		side->users--;
		return;
	}
	secure_side_close(&side->side);
	free(side);
}

static void adopt(struct serve_tls *t, struct serve_side *side)
{
	side->users = 1;
	side->side.keeper.seen = &t->seen;
	t->side = side;
}

void serve_tls_open(struct serve *s, struct serve_side *side, uint32_t connections)
{
	struct serve_tls *t = &s->tls;

	t->blocks =
		(struct serve_blocks){ .size = aligned(sizeof(struct served_tls)) + hf_tls_memory(), .max = connections };
	t->rooms = (struct serve_blocks){ .size = aligned(hf_tls_room()),
					  .max = hf_min_u32(connections, SERVE_TLS_HANDSHAKES) };
	t->kept = (struct serve_blocks){ .size = SERVE_TLS_KEPT, .max = connections };
	t->seen = (struct hf_tls_seen){ .entry = t->seen_entry, .room = SECURE_SEEN };
	adopt(t, side);
}

void serve_tls_close(struct serve *s)
{
	leave_side(s->tls.side);
	s->tls.side = NULL;
	free_blocks(&s->tls.blocks);
	free_blocks(&s->tls.rooms);
	free_blocks(&s->tls.kept);
}

void serve_tls_change(struct serve *s, struct serve_side *side)
{
	leave_side(s->tls.side);
	adopt(&s->tls, side);
}

/* ---- rooms ---- */

static bool add_room(struct serve *s, struct served_tls *t, size_t n, struct hf_room *ret)
{
	const bool usual = n <= s->tls.rooms.size;

	n = usual ? s->tls.rooms.size : aligned(n);
	if (t->rooms == HF_ARRAY_LEN(t->room) || (!usual && n > SERVE_TLS_EXTRA - s->tls.extra))
		return false;
	ret->at = usual ? take_block(&s->tls.rooms) : aligned_alloc(ALIGN, n);
	ret->len = n;
	if (!ret->at)
		return false;
	s->tls.extra += usual ? 0 : n;
	t->room[t->rooms++] = *ret;
	return true;
}

static void drop_room(struct serve *s, struct served_tls *t, struct hf_room room)
{
	for (unsigned i = 0; i < t->rooms; i++) {
		if (t->room[i].at != room.at)
			continue;
		if (t->room[i].len == s->tls.rooms.size) {
			give_block(&s->tls.rooms, room.at);
		} else {
			s->tls.extra -= t->room[i].len;
			free(room.at);
		}
		t->room[i] = t->room[--t->rooms];
		return;
	}
}

/* ---- the queue of handshakes ---- */

/* Who keeps a room (a message has begun and not ended) may be made to give way as those in their handshake are. */
static void give_rooms_back(struct serve *s, struct served_tls *t)
{
	struct hf_room room;

	while (t->rooms > 0 && (room = hf_tls_take_room(t->tls)).len > 0)
		drop_room(s, t, room);
	if (t->rooms == 0) {
		serve_queue_leave(&s->tls.handshakes, &t->handshake);
	} else if (!t->handshake.joined) {
		serve_queue_join(&s->tls.handshakes, &t->handshake, s->loop.now);
	}
}

/* That has been at it for a while, and if asked so, one that has a room. */
static bool drop_oldest(struct serve *s, bool with_room)
{
	for (struct serve_link *l = s->tls.handshakes.oldest; l; l = l->newer) {
		struct served_tls *t = HF_CONTAINER(l, struct served_tls, handshake);

		if (s->loop.now < l->since + SERVE_CROWDED)
			return false;
		if (with_room && t->rooms == 0)
			continue;
		serve_drop(s, t->conn);
		return true;
	}
	return false;
}

bool serve_tls_make_place(struct serve *s)
{
	return drop_oldest(s, false);
}

hf_time_ns serve_tls_place_at(const struct serve *s)
{
	return s->tls.handshakes.oldest ? s->tls.handshakes.oldest->since + SERVE_CROWDED : HF_NEVER;
}

/* ---- beginning and end ---- */

bool serve_tls_begin(struct serve *s, struct served *c)
{
	struct served_tls *t = take_block(&s->tls.blocks);

	if (!t)
		return false;
	memset(t, 0, sizeof(*t));
	t->conn = c;
	c->tls = t;
	serve_queue_join(&s->tls.handshakes, &t->handshake, s->loop.now);
	return true;
}

void serve_tls_end(struct serve *s, struct served *c)
{
	struct served_tls *t = c->tls;

	if (!t)
		return;
	serve_queue_leave(&s->tls.handshakes, &t->handshake);
	if (t->tls)
		hf_tls_end(t->tls);
	while (t->rooms > 0)
		drop_room(s, t, t->room[0]);
	if (t->kept)
		give_block(&s->tls.kept, t->kept);
	leave_side(t->side);
	give_block(&s->tls.blocks, t);
	c->tls = NULL;
}

/* The first octets are here: the machine is made. False: there is no room, or it cannot be. */
static bool make_machine(struct serve *s, struct served_tls *t)
{
	struct hf_tls_start start = { 0 };
	struct hf_room room;
	hf_status st;

	if (!add_room(s, t, hf_tls_room(), &room) && !(drop_oldest(s, true) && add_room(s, t, hf_tls_room(), &room))) {
		t->lacks_room = true;
		return false;
	}
	t->lacks_room = false;
	t->side = s->tls.side;
	t->side->users++;
	secure_draw(&t->side->side, start.entropy);
	st = hf_tls_init((uint8_t *)t + aligned(sizeof(*t)), room, &t->side->side.tls, &start, s->loop.now, &t->tls);
	crypto_wipe(start.entropy, sizeof(start.entropy));
	HF_ASSERT(st == HF_OK); /* the side was tried when it was opened */
	return true;
}

/* ---- one step ---- */

/* The name is lent by the room of the handshake. */
static void keep_name(struct served_tls *t)
{
	struct hf_tls_info info;

	hf_tls_info(t->tls, &info);
	if (info.name.len > 0 && info.name.len < sizeof(t->name))
		memcpy(t->name, info.name.at, info.name.len);
}

/* Answers what the machine asks. False: it cannot be answered. */
static bool answer(struct serve *s, struct served_tls *t, enum hf_tls_does does)
{
	struct hf_room room, old;
	bool good;

	if (does == HF_TLS_WANTS_ROOM) {
		const size_t n = hf_tls_question(t->tls)->room;

		if (!add_room(s, t, n, &room) && !(t->rooms == 0 && drop_oldest(s, true) && add_room(s, t, n, &room)))
			return false;
		hf_tls_give_room(t->tls, room, &old);
		if (old.len > 0)
			drop_room(s, t, old);
		return true;
	}
	if (does == HF_TLS_WANTS_CERTIFICATE)
		keep_name(t);
	good = hf_tls_settle(t->tls, &t->side->side.keeper, s->loop.now, &s->tls.report);
	if (does == HF_TLS_WANTS_VERDICT)
		t->fault = (uint8_t)s->tls.report.fault;
	return good;
}

/*
 * Goes on with what TCP has (`reads`), or only with what is owed. What goes out is small here, handshake and alerts, and the
 * machine wants one piece of room, so it is copied.
 */
static enum hf_tls_does step(struct serve *s, struct served *c, bool reads, struct hf_bytes *ret_data, bool *ret_moved)
{
	struct served_tls *t = c->tls;
	struct hf_tls_io io = { .plain = t->side->side.plain, .out = s->tls.out, .in = s->spans };
	struct hf_room room[3];
	enum hf_tls_does does;
	size_t n = 0, have = 0;
	hf_status st;

	*ret_data = (struct hf_bytes){ NULL, 0 };
	*ret_moved = false;
	if (reads) {
		st = hf_conn_read(s->loop.host, c->conn, s->spans, HF_ARRAY_LEN(s->spans), &n);
		io.ins = st == HF_OK ? n : 0;
		io.eof = st == HF_CLOSED || (c->peer_done && n < HF_ARRAY_LEN(s->spans));
	}
	if (hf_conn_reserve(s->loop.host, c->conn, SERVE_TLS_OUT, s->loop.now, room, HF_ARRAY_LEN(room), &n) != HF_OK)
		n = 0;
	for (size_t i = 0; i < n; i++)
		have += room[i].len;
	if (have < HF_TLS_OUT_ROOM && !(t->failed || t->shut)) {
		(void)!hf_conn_commit(s->loop.host, c->conn, 0);
		return HF_TLS_WANTS_OUT;
	}
	/* After our FIN nothing can go out, and the machine has nothing to say any more. */
	io.out_room = t->failed || t->shut ? SERVE_TLS_OUT : hf_min_u64(have, SERVE_TLS_OUT);
	does = hf_tls_step(t->tls, &io, s->loop.now);
	for (size_t i = 0, at = 0; i < n && at < io.out_len; at += room[i++].len)
		memcpy(room[i].at, io.out + at, hf_min_u64(room[i].len, io.out_len - at));
	if (hf_conn_commit(s->loop.host, c->conn, io.out_len) == HF_OK)
		c->written += io.out_len;
	if (io.taken > 0)
		(void)!hf_conn_consume(s->loop.host, c->conn, io.taken, s->loop.now);
	secure_log_secrets(&t->side->side, t->tls);
	*ret_data = io.data;
	*ret_moved = io.taken > 0 || io.out_len > 0;
	return does;
}

static void note_connected(struct serve *s, struct served *c)
{
	struct served_tls *t = c->tls;

	t->connected = true;
	keep_name(t);                          /* a client that resumes is not asked which certificate it wants */
	if (c->http.state == HTTP_SERVER_IDLE) /* the time for a request begins now */
		http_server_init(&c->http, &s->http, s->loop.now);
}

static void note_failure(struct serve *s, struct served *c, const char *why_code, const char *sentence)
{
	struct served_tls *t = c->tls;

	t->failed = true;
	if (t->tls) { /* it may be long until the peer has acknowledged the alert */
		hf_tls_abandon(t->tls);
		give_rooms_back(s, t);
	}
	serve_queue_leave(&s->tls.handshakes, &t->handshake);
	serve_log_tls_failure(s, c, why_code, sentence);
}

/* Who speaks HTTP can read this; an alert of TLS would be noise to him. */
static void refuse_plain_http(struct serve *s, struct served *c)
{
	static const char sentence[] =
		"This port speaks HTTPS, which is HTTP over TLS, and plain HTTP has come. Ask again with https:// in front.\n";
	uint8_t room[512];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t n = 0;

	http_put_status_line(&out, 400);
	http_put_field(&out, "Server", "handfast/" HF_VERSION);
	http_put_date_field(&out, "Date", s->wall);
	http_put_field(&out, "Connection", "close");
	http_put_field(&out, "Content-Type", "text/plain; charset=utf-8");
	http_put_number_field(&out, "Content-Length", sizeof(sentence) - 1);
	http_put_end(&out);
	http_put_text(&out, sentence);
	HF_ASSERT(hf_wr_end(&out, &n) == HF_OK);
	if (hf_conn_write(s->loop.host, c->conn, (struct hf_bytes){ room, n }, s->loop.now, &n) == HF_OK)
		c->written += n;
}

static void explain_failure(struct serve *s, struct served *c)
{
	struct served_tls *t = c->tls;
	char sentence[512];
	struct hf_tls_info info;

	hf_tls_info(t->tls, &info);
	if (info.why_code && strcmp(info.why_code, "PLAIN_HTTP") == 0)
		refuse_plain_http(s, c);
	s->tls.report.fault = t->fault;
	secure_explain(&(struct secure){ .side = &t->side->side, .tls = t->tls, .report = &s->tls.report }, sentence,
		       sizeof(sentence));
	note_failure(s, c, info.why_code, sentence);
}

/* ---- data ---- */

static size_t rest(const struct served_tls *t)
{
	return t->kept_len + t->fresh.len;
}

/* Is the last answer under way, so that nobody will look at what comes? */
static bool is_deaf(const struct served *c)
{
	return c->http.last && c->http.state >= HTTP_SERVER_ANSWER;
}

/* What is left of the last record is put where it may stay. */
static bool keep_fresh(struct serve *s, struct served_tls *t)
{
	if (is_deaf(t->conn))
		t->kept_len = t->fresh.len = 0;
	if (t->fresh.len == 0)
		return true;
	if (!t->kept && !(t->kept = take_block(&s->tls.kept)))
		return false;
	if (t->kept_at > 0)
		memmove(t->kept, t->kept + t->kept_at, t->kept_len);
	t->kept_at = 0;
	if (t->fresh.len > SERVE_TLS_KEPT - t->kept_len)
		return false;
	memcpy(t->kept + t->kept_len, t->fresh.at, t->fresh.len);
	t->kept_len += (uint32_t)t->fresh.len;
	t->fresh.len = 0;
	return true;
}

/* Does HTTP look at more than it has? While an answer is under way it does not. */
static bool is_hungry(const struct served *c)
{
	return c->http.state < HTTP_SERVER_ANSWER || c->http.state == HTTP_SERVER_FLUSH ||
	       c->http.state == HTTP_SERVER_LINGER;
}

/* Its octets are of no use to anybody; but they are read, so that no reset overtakes what we have said. */
static bool pass_over(struct serve *s, struct served *c)
{
	size_t n = 0, all = 0;
	hf_status st = hf_conn_read(s->loop.host, c->conn, s->spans, HF_ARRAY_LEN(s->spans), &n);

	for (size_t i = 0; st == HF_OK && i < n; i++)
		all += s->spans[i].len;
	if (all > 0)
		(void)!hf_conn_consume(s->loop.host, c->conn, all, s->loop.now);
	if (!c->tls->eof && (st == HF_CLOSED || c->peer_done)) {
		c->tls->eof = true;
		return true;
	}
	return false;
}

static bool has_octets(struct serve *s, struct served *c)
{
	size_t n = 0;

	return hf_conn_read(s->loop.host, c->conn, s->spans, 1, &n) == HF_OK && n > 0;
}

/* Before the first octet: it may never come. */
static bool await_hello(struct serve *s, struct served *c)
{
	struct served_tls *t = c->tls;

	if (has_octets(s, c) && make_machine(s, t))
		return true;
	if (s->loop.now < t->handshake.since + SERVE_TLS_SILENT && !c->peer_done)
		return false;
	note_failure(s, c, NULL, NULL); /* nothing was said: nothing is told */
	return false;
}

/* Is the time over that the machine gives the handshake, or a message that has begun? */
static bool is_late(const struct serve *s, const struct served_tls *t)
{
	return t->tls && s->loop.now >= hf_tls_deadline(t->tls);
}

/* True: go on with the next step. */
static bool took_step(struct serve *s, struct served *c, enum hf_tls_does does, struct hf_bytes data, bool *ret_news)
{
	struct served_tls *t = c->tls;

	if (t->connected)
		give_rooms_back(s, t);
	switch (does) {
	case HF_TLS_WANTS_INPUT:
	case HF_TLS_WANTS_OUT:
		return false;
	case HF_TLS_HAS_DATA:
	case HF_TLS_HAS_EARLY_DATA:
		t->fresh = data;
		*ret_news = true;
		return false;
	case HF_TLS_CONNECTED:
		note_connected(s, c);
		*ret_news = true;
		return true;
	case HF_TLS_CLOSED:
	case HF_TLS_TRUNCATED: /* HTTP's own lengths say whether a request is whole */
		*ret_news = !t->eof;
		t->eof = true;
		return false;
	case HF_TLS_FAILED:
		explain_failure(s, c);
		*ret_news = true;
		return false;
	default:
		if (answer(s, t, does))
			return true;
		note_failure(s, c, "NO_MEMORY", "no room for what the other side wants to tell");
		*ret_news = true;
		return false;
	}
}

bool serve_tls_fetch(struct serve *s, struct served *c)
{
	struct served_tls *t = c->tls;
	bool news = false, goes_on = true;

	if (t->failed)
		return pass_over(s, c);
	if (t->eof || (rest(t) > 0 && t->connected && !is_hungry(c) && !is_late(s, t)))
		return false;
	if (!t->tls && !await_hello(s, c))
		return t->failed;
	if (!keep_fresh(s, t)) {
		note_failure(s, c, "NO_MEMORY", "no room for what the other side has sent");
		return true;
	}
	while (goes_on) {
		struct hf_bytes data;
		bool moved;
		enum hf_tls_does does = step(s, c, true, &data, &moved);

		goes_on = took_step(s, c, does, data, &news) || (does == HF_TLS_WANTS_OUT && moved);
		if (does == HF_TLS_WANTS_OUT && !moved && is_late(s, t)) { /* not even an alert can go out */
			note_failure(s, c, "TIMEOUT",
				     "the handshake took too long: the other side does not take what is sent");
			news = true;
		}
	}
	return news;
}

size_t serve_tls_spans(const struct served *c, struct hf_bytes spans[2], bool *ret_eof)
{
	const struct served_tls *t = c->tls;
	size_t n = 0;

	if (t->kept_len > 0)
		spans[n++] = (struct hf_bytes){ t->kept + t->kept_at, t->kept_len };
	if (t->fresh.len > 0)
		spans[n++] = t->fresh;
	*ret_eof = t->eof;
	return n;
}

void serve_tls_taken(struct served *c, size_t n)
{
	struct served_tls *t = c->tls;
	const uint32_t part = (uint32_t)hf_min_u64(n, t->kept_len);

	t->kept_at += part;
	t->kept_len -= part;
	n -= part;
	HF_ASSERT(n <= t->fresh.len);
	t->fresh.at += n;
	t->fresh.len -= n;
}

bool serve_tls_is_ready(const struct served *c)
{
	const struct served_tls *t = c->tls;

	return t->connected || t->failed || t->eof || rest(t) > 0;
}

bool serve_tls_is_early(const struct served *c)
{
	return c->tls && !c->tls->connected && !c->tls->failed;
}

bool serve_tls_rest(struct serve *s, struct served *c)
{
	struct served_tls *t = c->tls;

	if (!keep_fresh(s, t))
		return false;
	if (t->kept && t->kept_len == 0) {
		give_block(&s->tls.kept, t->kept);
		t->kept = NULL;
		t->kept_at = 0;
	}
	return true;
}

/* ---- writing ---- */

size_t serve_tls_write(struct serve *s, struct served *c, const struct hf_bytes *data, size_t pieces, size_t most)
{
	struct served_tls *t = c->tls;
	struct hf_room room[ROOMS];
	struct hf_bytes none;
	size_t count, taken = 0, len = 0;
	bool ignored;
	hf_status st = HF_AGAIN;

	if (t->failed)
		return 0;
	/* What is owed goes first (new keys, an alert): once, as nothing more can be owed at once after it. */
	for (int i = 0; i < 2 && st == HF_AGAIN; i++) {
		if (hf_conn_reserve(s->loop.host, c->conn, most, s->loop.now, room, ROOMS, &count) != HF_OK)
			return 0;
		st = hf_tls_write(t->tls, data, pieces, room, count, &taken, &len);
		(void)!hf_conn_commit(s->loop.host, c->conn, len);
		c->written += len;
		if (st == HF_AGAIN && step(s, c, false, &none, &ignored) != HF_TLS_WANTS_INPUT)
			break;
	}
	return taken;
}

void serve_tls_shut(struct serve *s, struct served *c)
{
	c->tls->close_owed = true;
	if (c->tls->tls && !c->tls->failed)
		hf_tls_close(c->tls->tls);
	serve_tls_go_on(s, c);
}

void serve_tls_go_on(struct serve *s, struct served *c)
{
	struct served_tls *t = c->tls;
	struct hf_tls_info info;
	struct hf_bytes none;
	bool ignored;

	if (!t->close_owed || t->shut)
		return;
	if (t->tls && !t->failed) {
		hf_tls_info(t->tls, &info);
		if (!info.write_closed)
			(void)step(s, c, false, &none, &ignored);
		hf_tls_info(t->tls, &info);
		if (!info.write_closed)
			return;
	}
	(void)!hf_conn_shut(s->loop.host, c->conn, s->loop.now); /* ended meanwhile: the next look at it says so */
	t->shut = true;
}

hf_time_ns serve_tls_deadline(const struct serve *s, const struct served *c)
{
	const struct served_tls *t = c->tls;

	if (t->failed || t->eof)
		return c->http.deadline;
	if (t->connected)
		return hf_min_u64(c->http.deadline, hf_tls_deadline(t->tls));
	if (t->lacks_room)
		return s->loop.now + SERVE_TLS_AGAIN;
	return t->tls ? hf_tls_deadline(t->tls) : t->handshake.since + SERVE_TLS_SILENT;
}

/* ---- for the live table ---- */

void serve_tls_describe(const struct serve *s, const struct hf_conn_info *row, struct table_tls *ret)
{
	const struct served *c = row->tag ? &s->conns[row->tag - 1] : NULL;
	struct hf_tls_info info;

	*ret = (struct table_tls){ .there = false };
	if (!c || !c->used || !c->tls || c->conn.slot != row->name.slot || c->conn.birth != row->name.birth)
		return;
	ret->there = true;
	if (!c->tls->tls)
		return;
	hf_tls_info(c->tls->tls, &info);
	*ret = (struct table_tls){ true, info.version, info.suite, c->tls->name };
}
