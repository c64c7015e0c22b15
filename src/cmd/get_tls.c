/* SPDX-License-Identifier: MIT */
/* HTTPS in `handfast get`: TLS between the HTTP machine and TCP, for one connection. */
#include "cmd/get.h"

#include "base/bits.h"
#include "explain/tls_fold.h"

#include <stdlib.h>
#include <string.h>

/* ---- certificates and options ---- */

static int open_side(struct get *g)
{
	uint8_t seed[32];
	int code;

	if (g->loop.sim) {
		hf_entropy_from_seed(g->loop.seed ^ 0x434c4945, seed, sizeof(seed)); /* not the server's */
	} else if (hf_entropy(seed, sizeof(seed)) != HF_OK) {
		cmd_say(CMD_get, "no randomness");
		return hf_status_exit(HF_SYSTEM);
	}
	code = secure_side_open(&g->tls.side, CMD_get, &g->o.secure, false, 0, seed);
	explicit_bzero(seed, sizeof(seed));
	return code;
}

/* With options that leave nothing to talk with. */
static int try_side(struct get *g)
{
	const struct hf_tls_start start = { 0 };
	struct secure trial;
	hf_status st = secure_open(&trial, &g->tls.side, &start, g->loop.now);

	secure_close(&trial);
	if (st == HF_OK)
		return 0;
	get_tls_close(g);
	if (st == HF_INVALID)
		return cmd_usage(CMD_get, "these options leave nothing to speak TLS with");
	cmd_say(CMD_get, "%s", hf_status_sentence(st));
	return hf_status_exit(st);
}

int get_tls_prepare(struct get *g)
{
	int code;

	/* In a simulated network the authority is made with it. */
	if (!g->tls.used || g->o.simulated)
		return 0;
	code = open_side(g);
	return code ? code : try_side(g);
}

int get_tls_open(struct get *g)
{
	int code = 0;

	if (!g->tls.used)
		return 0;
	if (g->o.simulated) {
		if (g->o.secure.cacerts == 0)
			g->o.secure.own_trust = loop_simulated_authority(&g->loop);
		code = open_side(g);
		if (code == 0)
			code = try_side(g);
	}
	if (code == 0 && g->o.trace && !(g->tls.told = calloc(GET_TOLD, sizeof(*g->tls.told)))) {
		cmd_say(CMD_get, "no memory");
		code = hf_status_exit(HF_FULL);
	}
	if (code != 0) {
		get_tls_close(g);
		return code;
	}
	g->tls.side.tls.epoch_ns = (uint64_t)g->loop.wall_offset;
	secure_side_capture(&g->tls.side, &g->loop);
	return 0;
}

void get_tls_close(struct get *g)
{
	if (!g->tls.side.crypto)
		return;
	if (g->tls.conn.tls)
		secure_close(&g->tls.conn);
	secure_side_close(&g->tls.side);
	free(g->tls.told);
	g->tls.told = NULL;
}

/* ---- the trace ---- */

static const char *words_for(const struct hf_tls_record_told *r)
{
	switch (r->kind) {
	case HF_TLS_TOLD_MESSAGE:
	case HF_TLS_TOLD_RECORD:
	case HF_TLS_TOLD_CCS:
		return r->sent ? "sends " : "receives ";
	case HF_TLS_TOLD_KEYS: /* there are two lines, one a direction */
		return r->sent ? "this side: " : "the server: ";
	default:
		return "";
	}
}

/* As loop.c tells of TCP, and between its lines. */
static void tell_trace(struct get *g)
{
	struct hf_tls_record_told r;
	struct text t;

	if (!g->tls.told)
		return;
	text_init(&t);
	while (hf_tls_told(g->tls.conn.tls, &g->tls.told_cursor, &r)) {
		text_addf(&t, "%10.3fms ", (double)(r.at - g->loop.trace_start) / 1e6);
		if (g->info.id)
			text_addf(&t, "#%u ", g->info.id);
		text_addf(&t, "TLS: %s", words_for(&r));
		tls_told_add_sentence(&t, &r);
		text_addf(&t, " (RFC %s)\n", tls_told_rfc(&r));
	}
	fputs(text_str(&t), stderr);
	text_free(&t);
}

/* ---- the connection ---- */

void get_tls_begin(struct get *g)
{
	const struct hf_tls_start start = { .name = { (const uint8_t *)g->o.host, strlen(g->o.host) } };
	hf_status st = secure_open(&g->tls.conn, &g->tls.side, &start, g->loop.now);

	if (st != HF_OK) {
		get_fail(g, st, "TLS cannot begin: %s", hf_status_sentence(st));
		return;
	}
	if (g->tls.told)
		hf_tls_tell(g->tls.conn.tls, g->tls.told, GET_TOLD);
}

static void push_out(struct get *g)
{
	struct hf_bytes out = secure_out(&g->tls.conn);
	size_t n = 0;

	if (out.len > 0 && hf_conn_write(g->loop.host, g->conn, out, g->loop.now, &n) == HF_OK)
		secure_sent(&g->tls.conn, n);
}

static void note_info(struct get *g)
{
	const struct hf_bytes no_name = { NULL, 0 };

	hf_tls_info(g->tls.conn.tls, &g->tls.info);
	g->tls.info.name = no_name; /* lent by a room that is given back */
}

/* The first octets, which TLS has taken for a record. */
static bool looks_like_http(const struct hf_bytes *spans, size_t n)
{
	return n > 0 && spans[0].len >= 5 && memcmp(spans[0].at, "HTTP/", 5) == 0;
}

static void fail(struct get *g, bool plain_http)
{
	char sentence[400];

	note_info(g);
	g->tls.end = GET_FAILED;
	if (g->tls.info.why_code && strcmp(g->tls.info.why_code, "TIMEOUT") == 0) {
		get_fail(g, HF_TIMED_OUT, "connected, but the TLS handshake was not over in time");
		return;
	}
	if (plain_http) {
		get_fail(g, HF_TLS, "the other side speaks plain HTTP at that port, no TLS: is it http:// that is meant?");
		return;
	}
	secure_explain(&g->tls.conn, sentence, sizeof(sentence));
	get_fail(g, secure_exit_code(&g->tls.conn) == hf_status_exit(HF_UNTRUSTED) ? HF_UNTRUSTED : HF_TLS, "%s", sentence);
}

static void take_end(struct get *g, enum get_end how)
{
	g->tls.end = how;
	note_info(g);
	if (g->phase == GET_SECURING)
		get_fail(g, HF_TLS, "the other side closed the connection in the middle of the TLS handshake%s",
			 how == GET_FIN ? "" : ", with close_notify");
}

/* What is left of the last record is put where it may stay. */
static void keep_fresh(struct get_tls *t)
{
	HF_ASSERT(t->fresh.len <= sizeof(t->kept) - t->kept_len); /* half a head and a record, at most */
	if (t->fresh.len > 0)
		memcpy(t->kept + t->kept_len, t->fresh.at, t->fresh.len);
	t->kept_len += t->fresh.len;
	t->fresh.len = 0;
}

/* True when there may be more. */
static bool took_step(struct get *g, enum secure_does does, struct hf_bytes data, bool plain_http)
{
	switch (does) {
	case SECURE_WAITS:
		return false;
	case SECURE_CONNECTED:
		note_info(g);
		g->tls.connected = g->last_progress = g->loop.now;
		g->phase = GET_WAITING;
		get_send_request(g);
		return true;
	case SECURE_HAS_DATA:
	case SECURE_HAS_EARLY_DATA:
		g->tls.fresh = data;
		return true;
	case SECURE_HAS_SESSION: /* there is no second connection */
		return true;
	case SECURE_CLOSED:
		take_end(g, GET_CLOSE_NOTIFY);
		return true;
	case SECURE_TRUNCATED:
		take_end(g, GET_FIN);
		return true;
	case SECURE_FAILED:
		fail(g, plain_http);
		return false;
	}
	return false;
}

bool get_tls_step(struct get *g)
{
	struct hf_bytes data = { NULL, 0 };
	enum secure_does does;
	size_t n = 0, taken = 0;
	hf_status st;
	bool eof, more, plain_http;

	if (g->tls.end != GET_OPEN || !g->tls.conn.tls)
		return false;
	st = hf_conn_read(g->loop.host, g->conn, g->spans, HF_ARRAY_LEN(g->spans), &n);
	if (st != HF_OK && st != HF_CLOSED) {
		get_tell_end_of_connection(g, st);
		return false;
	}
	eof = st == HF_CLOSED || (g->peer_done && n < HF_ARRAY_LEN(g->spans));
	keep_fresh(&g->tls);
	plain_http = st == HF_OK && g->phase == GET_SECURING && looks_like_http(g->spans, n);
	does = secure_step(&g->tls.conn, g->spans, st == HF_OK ? n : 0, eof, g->loop.now, &taken, &data);
	more = took_step(g, does, data, plain_http);
	if (taken > 0)
		(void)!hf_conn_consume(g->loop.host, g->conn, taken, g->loop.now);
	push_out(g);
	tell_trace(g);
	return more && g->why == HF_OK;
}

size_t get_tls_spans(struct get *g, struct hf_bytes spans[2])
{
	size_t n = 0;

	if (g->tls.kept_len > 0)
		spans[n++] = (struct hf_bytes){ g->tls.kept, g->tls.kept_len };
	if (g->tls.fresh.len > 0)
		spans[n++] = g->tls.fresh;
	return n;
}

void get_tls_taken(struct get *g, size_t n)
{
	struct get_tls *t = &g->tls;
	size_t part = hf_min_u64(n, t->kept_len);

	memmove(t->kept, t->kept + part, t->kept_len - part);
	t->kept_len -= part;
	n -= part;
	HF_ASSERT(n <= t->fresh.len);
	t->fresh.at += n;
	t->fresh.len -= n;
}

void get_tls_write(struct get *g, struct hf_bytes data)
{
	size_t n = 0;

	/* A request is shorter than what may wait to be sent. */
	if (secure_write(&g->tls.conn, data, &n) != HF_OK || n != data.len)
		get_fail(g, HF_TLS, "the request cannot be written");
	push_out(g);
}

/* ---- the end ---- */

bool get_tls_has_last_word(const struct get *g)
{
	return g->tls.used && g->tls.end == GET_FAILED && g->tls.info.has_alert_sent;
}

void get_tls_shut(struct get *g)
{
	struct hf_bytes none;
	size_t taken = 0;

	if (!g->tls.conn.tls)
		return;
	hf_tls_close(g->tls.conn.tls);
	if (g->tls.end != GET_FAILED)
		(void)secure_step(&g->tls.conn, NULL, 0, false, g->loop.now, &taken, &none);
	push_out(g);
	tell_trace(g);
}

void get_tls_pass_over(struct get *g)
{
	size_t n, taken;

	do {
		struct hf_bytes none;
		hf_status st = hf_conn_read(g->loop.host, g->conn, g->spans, HF_ARRAY_LEN(g->spans), &n);

		taken = 0;
		if ((st != HF_OK && st != HF_CLOSED) || !g->tls.conn.tls)
			return;
		if (g->tls.end == GET_OPEN) {
			enum secure_does does =
				secure_step(&g->tls.conn, g->spans, n, st == HF_CLOSED, g->loop.now, &taken, &none);

			if (does == SECURE_CLOSED || does == SECURE_TRUNCATED)
				g->tls.end = does == SECURE_CLOSED ? GET_CLOSE_NOTIFY : GET_FIN;
		} else {
			for (size_t i = 0; i < n; i++)
				taken += g->spans[i].len;
		}
		if (taken > 0)
			(void)!hf_conn_consume(g->loop.host, g->conn, taken, g->loop.now);
	} while (taken > 0);
	note_info(g);
	tell_trace(g);
}
