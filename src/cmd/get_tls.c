/* SPDX-License-Identifier: MIT */
/* HTTPS in `handfast get`: a conversation over TLS (talk.h) between the HTTP machine and the stream. */
#include "cmd/get.h"

#include "base/bits.h"
#include "explain/tls_fold.h"

#include <string.h>

/* ---- certificates and options ---- */

static int open_side(struct get *g)
{
	uint8_t seed[32];
	int code = loop_draw_seed(&g->streams.loop, CMD_get, LOOP_SALT_CLIENT, seed);

	if (code == 0)
		code = secure_side_open(&g->tls.side, CMD_get, &g->o.secure, false, 0, seed);
	explicit_bzero(seed, sizeof(seed));
	return code ? code : secure_side_try(&g->tls.side, g->streams.now);
}

int get_tls_prepare(struct get *g)
{
	/* In a simulated network the authority is made with it. */
	return g->tls.used && !g->o.simulated ? open_side(g) : 0;
}

int get_tls_open(struct get *g)
{
	int code = 0;

	if (!g->tls.used)
		return 0;
	if (g->o.simulated) {
		if (g->o.secure.cacerts == 0)
			g->o.secure.own_trust = loop_simulated_authority(&g->streams.loop);
		code = open_side(g);
	}
	if (code != 0)
		return code;
	g->tls.side.tls.epoch_ns = streams_epoch_ns(&g->streams);
	secure_side_capture(&g->tls.side, &g->streams.loop);
	return 0;
}

void get_tls_close(struct get *g)
{
	if (!g->tls.side.crypto)
		return;
	if (g->tls.talking)
		talk_close(&g->tls.talk);
	secure_side_close(&g->tls.side);
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

	if (!g->o.trace)
		return;
	text_init(&t);
	while (hf_tls_told(g->tls.talk.secure.tls, &g->tls.talk.told_cursor, &r)) {
		text_addf(&t, "%10.3fms ", (double)(r.at - g->streams.loop.trace_start) / 1e6);
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
	hf_status st = talk_open(&g->tls.talk, &g->tls.side, &g->stream, &start, g->streams.now);

	g->tls.talking = true;
	g->tls.talk.linger = loop_patience(&g->streams.loop);
	if (st != HF_OK)
		get_fail(g, st, "TLS cannot begin: %s", hf_status_sentence(st));
}

static void fail(struct get *g, bool plain_http)
{
	const struct talk *t = &g->tls.talk;

	if (t->info.why_code && strcmp(t->info.why_code, "TIMEOUT") == 0)
		get_fail(g, HF_TIMED_OUT, "connected, but the TLS handshake was not over in time");
	else if (plain_http)
		get_fail(g, HF_TLS, "the other side speaks plain HTTP at that port, no TLS: is it http:// that is meant?");
	else
		get_fail(g, t->code == hf_status_exit(HF_UNTRUSTED) ? HF_UNTRUSTED : HF_TLS, "%s", t->sentence);
}

/* An end in the middle of an answer is HTTP's to judge. */
static void take_end(struct get *g, bool plain_http)
{
	const struct talk *t = &g->tls.talk;

	if (t->end == TALK_BROKEN)
		get_tell_end_of_connection(g, t->why);
	else if (t->end == TALK_FAILED)
		fail(g, plain_http);
	else if (g->phase == GET_SECURING)
		get_fail(g, HF_TLS, "the other side closed the connection in the middle of the TLS handshake%s",
			 t->end == TALK_TRUNCATED ? "" : ", with close_notify");
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
bool get_tls_step(struct get *g)
{
	struct hf_bytes data = { NULL, 0 };
	enum talk_does does;
	bool plain_http;

	if (g->tls.talk.end != TALK_OPEN || !g->tls.talking)
		return false;
	keep_fresh(&g->tls);
	plain_http = talk_hears_plain_http(&g->tls.talk);
	does = talk_step(&g->tls.talk, g->streams.now, &data);
	tell_trace(g);
	switch (does) {
	case TALK_CONNECTED:
		g->last_progress = g->streams.now;
		g->phase = GET_WAITING;
		get_send_request(g);
		break;
	case TALK_DATA:
	case TALK_EARLY_DATA:
		g->tls.fresh = data;
		break;
	case TALK_ENDED:
		take_end(g, plain_http);
		break;
	case TALK_SESSION: /* there is no second connection */
	case TALK_WAITS:
		break;
	}
	return does != TALK_WAITS && g->why == HF_OK;
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
	if (!talk_queue_add(&g->tls.talk.out, data))
		get_fail(g, HF_FULL, "the request cannot be written: %s", hf_status_sentence(HF_FULL));
}

/* ---- the end ---- */

bool get_tls_has_last_word(const struct get *g)
{
	return g->tls.used && g->tls.talk.end == TALK_FAILED && g->tls.talk.info.has_alert_sent;
}

void get_tls_end(struct get *g)
{
	talk_end(&g->tls.talk, g->streams.now);
}

void get_tls_wind_up(struct get *g)
{
	struct hf_bytes none;

	while (talk_step(&g->tls.talk, g->streams.now, &none) != TALK_WAITS)
		;
	tell_trace(g);
}
