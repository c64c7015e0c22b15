/* SPDX-License-Identifier: MIT */

/* `handfast tls client`: one conversation between stdin, stdout and a server. */
#include "cmd/cert.h"
#include "cmd/get_output.h"
#include "cmd/tls.h"

#include "base/bits.h"
#include "explain/cert_view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct client {
	const struct tls_options *o;
	struct streams streams;
	struct secure_side side;
	struct stream stream; /* until the conversation takes it over */
	struct talk talk;
	bool talking;
	hf_time_ns last_heard; /* or tried */
	struct hf_bytes session, early;
	size_t early_sent;
	struct tls_input input;
	struct get_output out;
	struct talk_queue heard;
	bool out_watched, interrupted;
	hf_status why; /* no conversation came about */
};

/* ---- sessions and early data ---- */

static int read_files(struct client *c)
{
	int code = 0;

	if (c->o->session_file && access(c->o->session_file, F_OK) == 0)
		code = cert_file_read(CMD_tls, c->o->session_file, &c->session);
	if (code == 0 && c->o->early_file)
		code = cert_file_read(CMD_tls, c->o->early_file, &c->early);
	return code;
}

static void keep_session(struct client *c, struct hf_bytes session)
{
	if (c->o->session_file)
		(void)!cert_file_write(CMD_tls, c->o->session_file, session.at, session.len, true);
}

/* What the session allows goes out behind the ClientHello. True: more of it is to be sent. */
static bool write_early(struct client *c)
{
	size_t n = 0;

	if (c->early_sent == c->early.len || c->talk.connected)
		return false;
	if (secure_write(&c->talk.secure,
			 (struct hf_bytes){ c->early.at + c->early_sent, c->early.len - c->early_sent }, &n) == HF_OK) {
		c->early_sent += n;
		c->talk.sent += n;
	}
	return n > 0;
}

/* RFC 8446 4.2.10: what was not accepted is sent again, as data like any other. */
static void write_rest_of_early(struct client *c)
{
	const size_t from = c->talk.info.early == HF_TLS_EARLY_ACCEPTED ? c->early_sent : 0;

	(void)!talk_queue_add(&c->talk.out, (struct hf_bytes){ c->early.at + from, c->early.len - from });
	c->early_sent = c->early.len;
}

/* ---- telling ---- */

static void say(const struct client *c, const char *what)
{
	if (!c->o->quiet)
		cmd_say(CMD_tls, "%s", what);
}

static void say_connected(const struct client *c)
{
	struct text t;

	text_init(&t);
	tls_tell_summary(&t, &c->talk);
	say(c, text_str(&t));
	if (c->o->secure.insecure)
		cmd_say(CMD_tls, "--insecure: whoever this is, it was not checked");
	text_free(&t);
}

static bool is_untrusted(const struct talk *t)
{
	return t->end == TALK_FAILED && t->code == hf_status_exit(HF_UNTRUSTED) && t->secure.report;
}

static void say_end(const struct client *c)
{
	const struct look look = look_of(stderr);
	struct text t;

	text_init(&t);
	if (is_untrusted(&c->talk)) {
		cert_view_report(&t, c->talk.secure.report, &look);
		fputs(text_str(&t), stderr);
		text_clear(&t);
	}
	tls_tell_end(&t, &c->talk);
	if (c->talk.end == TALK_CLOSED || c->talk.end == TALK_OPEN)
		say(c, text_str(&t));
	else
		cmd_say(CMD_tls, "%s", text_str(&t));
	text_free(&t);
}

static int exit_code(const struct client *c)
{
	if (c->interrupted || c->out.error)
		return 1;
	if (!c->talking)
		return hf_status_exit(c->why);
	switch (c->talk.end) {
	case TALK_FAILED:
		return c->talk.code;
	case TALK_TRUNCATED:
		return hf_status_exit(c->talk.connected ? HF_TRUNCATED : HF_TLS);
	case TALK_BROKEN:
		return hf_status_exit(c->talk.why);
	case TALK_OPEN:
	case TALK_CLOSED:
		break;
	}
	return 0;
}

static int tell_json(const struct client *c, int code)
{
	struct text t;
	struct json j;

	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	tls_tell_json(&j, &c->talk, code);
	fputs(text_str(&t), stdout);
	text_free(&t);
	return cmd_flush(CMD_tls);
}

/* ---- the conversation ---- */

static void begin_talk(struct client *c)
{
	const struct hf_tls_start start = { .name = hf_bytes_of(c->o->sni ? c->o->sni : c->o->host), .session = c->session };

	c->why = talk_open(&c->talk, &c->side, &c->stream, &start, c->streams.now);
	if (c->why == HF_OK && c->o->show)
		c->why = talk_keep_messages(&c->talk);
	if (c->why != HF_OK) {
		talk_close(&c->talk);
		return;
	}
	c->talking = true;
	c->last_heard = c->streams.now;
}

static void react(struct client *c, enum talk_does does, struct hf_bytes data)
{
	if (does != TALK_WAITS)
		c->last_heard = c->streams.now;
	switch (does) {
	case TALK_CONNECTED:
		say_connected(c);
		write_rest_of_early(c);
		break;
	case TALK_DATA:
		if (!c->o->json)
			(void)!talk_queue_add(&c->heard, data);
		break;
	case TALK_SESSION:
		keep_session(c, data);
		break;
	case TALK_ENDED:
		talk_end(&c->talk, c->streams.now);
		break;
	case TALK_EARLY_DATA:
	case TALK_WAITS:
		break;
	}
}

static void write_heard(struct client *c)
{
	if (c->heard.len == 0)
		return;
	talk_queue_drop(&c->heard, output_write(&c->out, talk_queue_bytes(&c->heard)));
	output_flush(&c->out);
	if (c->out.error) {
		talk_queue_drop(&c->heard, c->heard.len);
		talk_end(&c->talk, c->streams.now);
	}
}

static void drive(struct client *c)
{
	struct hf_bytes data;
	enum talk_does does;
	bool early;

	do {
		write_heard(c);
		c->talk.paused = c->heard.len > 0;
		does = talk_step(&c->talk, c->streams.now, &data);
		tls_show(c->o, &c->talk, 0);
		react(c, does, data);
		early = write_early(c);
	} while (does != TALK_WAITS || early);
}

static void read_input(struct client *c)
{
	struct talk *t = &c->talk;

	if (t->connected && t->end == TALK_OPEN) {
		switch (tls_input_read(&c->input, t)) {
		case TLS_INPUT_ENDED:
			c->last_heard = c->streams.now;
			if (c->o->half_close)
				talk_half_close(t);
			break;
		case TLS_INPUT_QUIT:
			talk_end(t, c->streams.now);
			break;
		case TLS_INPUT_DATA:
		case TLS_INPUT_NOTHING:
			break;
		}
	}
	tls_input_watch(&c->input, &c->streams,
			t->connected && t->end == TALK_OPEN && !t->closing && t->out.len < TALK_QUEUE);
}

/* When nothing has been heard for too long; a reader of ours that is slow is not the other side's fault. */
static hf_time_ns silence_ends(const struct client *c)
{
	const bool waits = !c->talking || (c->talk.connected && c->talk.end == TALK_OPEN && c->input.ended);

	if (!waits || c->talk.paused || (c->talking && c->talk.closing && !c->talk.half))
		return HF_NEVER;
	return c->last_heard + c->o->timeout;
}

static hf_status turn(struct client *c)
{
	const hf_time_ns at = hf_min_u64(silence_ends(c), c->talking ? talk_deadline(&c->talk) : HF_NEVER);
	const hf_time_ns now = c->streams.now;
	const hf_status status = streams_turn(&c->streams, at == HF_NEVER ? HF_NEVER : at - hf_min_u64(at, now));

	if (status != HF_OK)
		return status;
	if (!c->talking) {
		if (stream_connected(&c->stream))
			begin_talk(c);
		else if (c->stream.why != HF_OK)
			c->why = c->stream.why;
		else if (c->streams.now >= silence_ends(c))
			c->why = HF_TIMED_OUT;
	}
	if (!c->talking)
		return HF_OK;
	if (c->streams.stop && !c->interrupted) {
		c->interrupted = true;
		talk_end(&c->talk, c->streams.now);
	}
	read_input(c);
	drive(c);
	read_input(c);
	if (c->streams.now >= silence_ends(c))
		talk_end(&c->talk, c->streams.now);
	if (c->talk.closing && !c->talk.close_asked)
		drive(c); /* an end that was asked for now waits for nothing that could wake us */
	if (c->out.blocked != c->out_watched &&
	    streams_watch(&c->streams, c->out.fd, c->out.blocked ? HF_NET_WRITE : 0) == HF_OK)
		c->out_watched = c->out.blocked;
	return HF_OK;
}

/* All that was heard is written before the end, as long as somebody reads it and nobody interrupts. */
static bool is_over(const struct client *c)
{
	if (c->why != HF_OK)
		return true;
	return c->streams.stop > 1 || (c->talking && c->talk.gone && (c->heard.len == 0 || c->interrupted));
}

static int converse(struct client *c)
{
	hf_status status = HF_OK;
	int code;

	c->last_heard = c->streams.now;
	c->why = streams_connect(&c->streams, &c->o->remote, &c->stream);
	while (status == HF_OK && !is_over(c)) {
		status = turn(c);
		if (!c->talking && c->streams.stop) {
			c->interrupted = true;
			c->why = HF_ABORTED;
		}
	}
	if (status != HF_OK)
		return hf_status_exit(status);
	if (c->talking)
		say_end(c);
	else
		cmd_say(CMD_tls, "%s: %s", c->o->host, hf_status_sentence(c->why));
	code = exit_code(c);
	if (c->o->json && c->talking) {
		const int unsaid = tell_json(c, code);

		code = code ? code : unsaid;
	}
	return code;
}

int tls_client(const struct tls_options *o)
{
	struct client *c = calloc(1, sizeof(*c));
	int code;

	if (!c) {
		cmd_say(CMD_tls, "%s", hf_status_sentence(HF_FULL));
		return hf_status_exit(HF_FULL);
	}
	c->o = o;
	c->input.interactive = o->interactive;
	code = tls_begin(o, false, &c->streams, &c->side);
	if (code == 0) {
		/* Without a name to hold the certificate to, any of a trusted authority would do. */
		if (o->verify_name)
			c->side.keeper.peer_name = hf_bytes_of(o->verify_name);
		else if (o->sni && !*o->sni)
			c->side.keeper.peer_name = hf_bytes_of(o->host);
		code = read_files(c);
		if (code == 0)
			code = output_open(&c->out, NULL) == HF_OK ? converse(c) : hf_status_exit(HF_SYSTEM);
		if (c->talking)
			talk_close(&c->talk);
		else if (c->stream.open)
			stream_abort(&c->stream);
		streams_drain(&c->streams);
		secure_side_close(&c->side);
		streams_close(&c->streams);
	}
	talk_queue_free(&c->heard);
	cert_file_free(&c->session);
	cert_file_free(&c->early);
	free(c);
	return code;
}
