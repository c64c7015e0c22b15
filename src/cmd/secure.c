/* SPDX-License-Identifier: MIT */

/* One TLS connection of a command: memory, the usual answers, the key log, and what is sealed and not sent yet. */
#include "cmd/secure.h"

#include "crypto/hash.h"
#include "wire/tls_wire.h"

#include <stdlib.h>
#include <string.h>

#define ALIGN 64u
/* Octets of `out` for what a step has to say: two ends that both fill theirs, and cannot read, would wait for ever. */
#define RESERVE 2048u

static bool add_room(struct secure *s, size_t n, struct hf_room *ret)
{
	if (s->rooms == (sizeof(s->room) / sizeof(s->room[0])))
		return false;
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	ret->at = aligned_alloc(ALIGN, n);
	ret->len = n;
	if (!ret->at)
		return false;
	s->room[s->rooms++] = *ret;
	return true;
}

static void drop_room(struct secure *s, struct hf_room room)
{
	for (unsigned i = 0; i < s->rooms; i++) {
		if (s->room[i].at == room.at) {
			free(room.at);
			s->room[i] = s->room[--s->rooms];
			return;
		}
	}
}

hf_status secure_open(struct secure *s, struct secure_side *side, const struct hf_tls_start *start, hf_time_ns now)
{
	struct hf_tls_start own = *start;
	struct hf_room room;
	hf_status status;

	*s = (struct secure){ .side = side };
	s->mem = aligned_alloc(ALIGN, hf_tls_memory());
	s->out = malloc(SECURE_OUT_ROOM);
	if (!s->mem || !s->out || !add_room(s, hf_tls_room(), &room)) {
		secure_close(s);
		return HF_FULL;
	}
	secure_draw(side, own.entropy);
	status = hf_tls_init(s->mem, room, &side->tls, &own, now, &s->tls);
	crypto_wipe(own.entropy, sizeof(own.entropy));
	if (status != HF_OK)
		secure_close(s);
	return status;
}

void secure_close(struct secure *s)
{
	if (s->tls)
		hf_tls_end(s->tls);
	for (unsigned i = 0; i < s->rooms; i++)
		free(s->room[i].at);
	free(s->mem);
	free(s->out);
	free(s->report);
	*s = (struct secure){ .side = s->side };
}

void secure_log_secrets(struct secure_side *side, struct hf_tls *tls)
{
	char line[HF_TLS_SECRET_LINE];
	bool any = false;

	if (!side->tls.log_secrets)
		return;
	for (;;) {
		hf_tls_next_secret(tls, line);
		if (line[0] == '\0')
			break;
		if (side->key_log)
			fprintf(side->key_log, "%s\n", line);
		if (side->loop)
			loop_keep_secret(side->loop, line);
		any = true;
	}
	explicit_bzero(line, sizeof(line));
	if (any && side->key_log) /* before the data goes out: whoever captures it has the keys in time */
		fflush(side->key_log);
}

static bool answer(struct secure *s, enum hf_tls_does does, hf_time_ns now)
{
	struct hf_room room, old;

	if (does == HF_TLS_WANTS_ROOM) {
		if (!add_room(s, hf_tls_question(s->tls)->room, &room))
			return false;
		hf_tls_give_room(s->tls, room, &old);
		if (old.len > 0)
			drop_room(s, old);
		return true;
	}
	if (does == HF_TLS_WANTS_VERDICT && !s->report)
		s->report = calloc(1, sizeof(*s->report));
	return hf_tls_settle(s->tls, &s->side->keeper, now, s->report);
}

static void give_rooms_back(struct secure *s)
{
	struct hf_room room;

	if (s->keep_room)
		return;
	while ((room = hf_tls_take_room(s->tls)).len > 0)
		drop_room(s, room);
}

static void make_room(struct secure *s)
{
	if (s->out_at == 0)
		return;
	memmove(s->out, s->out + s->out_at, s->out_len - s->out_at);
	s->out_len -= s->out_at;
	s->out_at = 0;
}

enum secure_does secure_step(struct secure *s, const struct hf_bytes *in, size_t ins, bool eof, hf_time_ns now,
			     size_t *ret_taken, struct hf_bytes *ret_data)
{
	*ret_taken = 0;
	*ret_data = (struct hf_bytes){ NULL, 0 };
	for (;;) {
		struct hf_bytes rest[64];
		struct hf_tls_io io = { .eof = eof, .plain = s->side->plain };
		enum hf_tls_does does;
		size_t skip = *ret_taken, n = 0;

		for (size_t i = 0; i < ins && n < sizeof(rest) / sizeof(rest[0]); i++) {
			const size_t off = skip < in[i].len ? skip : in[i].len;

			skip -= off;
			if (in[i].len > off)
				rest[n++] = (struct hf_bytes){ in[i].at + off, in[i].len - off };
		}
		make_room(s);
		if (SECURE_OUT_ROOM - s->out_len < HF_TLS_OUT_ROOM)
			return SECURE_WAITS;
		io.in = rest;
		io.ins = n;
		io.out = s->out + s->out_len;
		io.out_room = SECURE_OUT_ROOM - s->out_len;
		does = hf_tls_step(s->tls, &io, now);
		s->out_len += io.out_len;
		*ret_taken += io.taken;
		secure_log_secrets(s->side, s->tls);
		switch (does) {
		case HF_TLS_WANTS_INPUT:
			give_rooms_back(s);
			return SECURE_WAITS;
		case HF_TLS_WANTS_OUT:
			return SECURE_WAITS;
		case HF_TLS_HAS_DATA:
			*ret_data = io.data;
			return SECURE_HAS_DATA;
		case HF_TLS_HAS_EARLY_DATA:
			*ret_data = io.data;
			return SECURE_HAS_EARLY_DATA;
		case HF_TLS_HAS_SESSION:
			*ret_data = hf_tls_question(s->tls)->session;
			return SECURE_HAS_SESSION;
		case HF_TLS_CONNECTED:
			return SECURE_CONNECTED;
		case HF_TLS_CLOSED:
			return SECURE_CLOSED;
		case HF_TLS_TRUNCATED:
			return SECURE_TRUNCATED;
		case HF_TLS_FAILED:
			return SECURE_FAILED;
		default:
			if (!answer(s, does, now)) /* no memory for what the peer wants to tell */
				return SECURE_FAILED;
			break;
		}
	}
}

hf_status secure_write(struct secure *s, struct hf_bytes data, size_t *ret_taken)
{
	struct hf_room room;
	size_t n;
	hf_status status;

	*ret_taken = 0;
	make_room(s);
	if (SECURE_OUT_ROOM - s->out_len <= RESERVE)
		return HF_AGAIN;
	room = (struct hf_room){ s->out + s->out_len, SECURE_OUT_ROOM - RESERVE - s->out_len };
	status = hf_tls_write(s->tls, &data, 1, &room, 1, ret_taken, &n);
	s->out_len += n;
	return status;
}

struct hf_bytes secure_out(const struct secure *s)
{
	return (struct hf_bytes){ s->out + s->out_at, s->out_len - s->out_at };
}

void secure_sent(struct secure *s, size_t n)
{
	s->out_at += n;
	if (s->out_at == s->out_len)
		s->out_at = s->out_len = 0;
}

/* ---- how it ended ---- */

void secure_explain(const struct secure *s, char *to, size_t room)
{
	struct hf_tls_info info;

	hf_tls_info(s->tls, &info);
	if (s->report && s->report->fault != HF_CERT_GOOD && info.why_code && strcmp(info.why_code, "VERDICT") == 0) {
		snprintf(to, room, "%s (%s%s%s); %s", hf_cert_fault_sentence(s->report->fault),
			 hf_cert_fault_code(s->report->fault), s->report->detail[0] ? ": " : "", s->report->detail,
			 hf_cert_fault_advice(s->report->fault));
		return;
	}
	if (info.why_code && strcmp(info.why_code, "ALERT_RECEIVED") == 0) {
		snprintf(to, room, "the other side ended the TLS %s with the alert %s: %s",
			 info.connected ? "connection" : "handshake", tls_alert_name(info.alert_received),
			 tls_alert_sentence(info.alert_received));
		return;
	}
	if (info.why) {
		snprintf(to, room, "%s (RFC %s), in state %s%s%s%s%s", info.why, info.why_rfc, info.state,
			 info.expected ? ", where " : "", info.expected ? info.expected : "",
			 info.expected ? " was expected" : "", "");
		if (info.has_alert_sent)
			snprintf(to + strlen(to), room - strlen(to), "; told the other side %s",
				 tls_alert_name(info.alert_sent));
		return;
	}
	if (!info.connected) {
		snprintf(to, room, "the other side ended the connection in the middle of the TLS handshake, in state %s",
			 info.state);
		return;
	}
	snprintf(to, room, "the stream ended without close_notify: what came may be cut short (RFC 8446 6.1)");
}

int secure_exit_code(const struct secure *s)
{
	struct hf_tls_info info;

	hf_tls_info(s->tls, &info);
	if (info.why_code && strcmp(info.why_code, "VERDICT") == 0)
		return hf_status_exit(HF_UNTRUSTED);
	return hf_status_exit(HF_TLS);
}
