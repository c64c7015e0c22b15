/* SPDX-License-Identifier: MIT */

/* `handfast tls server`: several conversations at once in one loop; each is driven after every turn of it. */
#define _GNU_SOURCE
#include "cmd/get_output.h"
#include "cmd/tls.h"

#include "base/bits.h"
#include "explain/cert_view.h"
#include "explain/table.h"

#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 64u    /* at once; more are sent away */
#define HEAD_OCTETS 16384u /* of a request, in --http: answered all the same when it is longer */
#define STOP_WITHIN HF_S(2)

struct served {
	struct talk talk;
	uint64_t id;
	struct talk_queue heard; /* for stdout; --http: the request's head */
	bool answered;
};

struct server {
	const struct tls_options *o;
	struct streams streams;
	struct secure_side side;
	struct served *served[CONNECTIONS];
	unsigned n;
	uint64_t accepted;
	struct served *newest; /* whom stdin is for */
	struct tls_input input;
	struct get_output out;
	bool out_watched, listening;
	hf_time_ns stop_at;
};

/* ---- what a mode makes of what is heard ---- */

static const char plain_answer[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
				   "Connection: close\r\nContent-Length: 71\r\n\r\n"
				   "This port speaks TLS: ask for https:// and not for http:// (RFC 9110).\n";

static void add_text(struct talk *t, const char *s, size_t n)
{
	(void)!talk_queue_add(&t->out, (struct hf_bytes){ (const uint8_t *)s, n });
}

static bool head_is_whole(struct hf_bytes head)
{
	return memmem(head.at, head.len, "\r\n\r\n", 4) || memmem(head.at, head.len, "\n\n", 2) || head.len >= HEAD_OCTETS;
}

static void answer_request(struct server *s, struct served *c)
{
	const struct hf_bytes head = talk_queue_bytes(&c->heard);
	struct text page, answer;

	if (c->answered || !c->talk.connected || head.len == 0 || !head_is_whole(head))
		return;
	c->answered = true;
	text_init(&page);
	text_init(&answer);
	tls_tell_page(&page, &c->talk);
	text_addf(&answer,
		  "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"
		  "Connection: close\r\nContent-Length: %zu\r\n\r\n",
		  page.len);
	if (head.len < 5 || memcmp(head.at, "HEAD ", 5) != 0)
		text_add_n(&answer, text_str(&page), page.len);
	add_text(&c->talk, text_str(&answer), answer.len);
	text_free(&page);
	text_free(&answer);
	talk_end(&c->talk, s->streams.now);
}

static void hear(struct server *s, struct served *c, struct hf_bytes data)
{
	if (c->talk.closing)
		return;
	if (s->o->mode == TLS_MODE_ECHO)
		(void)!talk_queue_add(&c->talk.out, data);
	else if (s->o->mode == TLS_MODE_HTTP || !s->o->json)
		(void)!talk_queue_add(&c->heard, data);
	if (s->o->mode == TLS_MODE_HTTP)
		answer_request(s, c);
}

/* ---- telling ---- */

static void say(const struct server *s, const struct served *c, const char *what)
{
	struct text t;

	if (s->o->quiet || s->o->json)
		return;
	text_init(&t);
	text_addf(&t, "#%llu ", (unsigned long long)c->id);
	text_add_endpoint(&t, &c->talk.stream.remote);
	text_addf(&t, ": %s\n", what);
	fputs(text_str(&t), stderr);
	text_free(&t);
}

static void say_connected(const struct server *s, const struct served *c)
{
	struct text t;

	text_init(&t);
	tls_tell_summary(&t, &c->talk);
	say(s, c, text_str(&t));
	text_free(&t);
}

static void say_end(const struct server *s, const struct served *c)
{
	const struct hf_cert_report *r = c->talk.secure.report;
	const struct look look = look_of(stderr);
	struct text t;

	text_init(&t);
	tls_tell_end(&t, &c->talk);
	say(s, c, text_str(&t));
	text_clear(&t);
	if (!s->o->quiet && !s->o->json && c->talk.end == TALK_FAILED && r && r->fault != HF_CERT_GOOD) {
		cert_view_report(&t, r, &look);
		fputs(text_str(&t), stderr);
	}
	text_free(&t);
}

static void tell_json(const struct server *s, const struct served *c)
{
	struct text t;
	struct json j;

	if (!s->o->json)
		return;
	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	tls_tell_json(&j, &c->talk, -1);
	fputs(text_str(&t), stdout);
	fflush(stdout);
	text_free(&t);
}

/* ---- one conversation ---- */

static void react(struct server *s, struct served *c, enum talk_does does, struct hf_bytes data)
{
	switch (does) {
	case TALK_CONNECTED:
		say_connected(s, c);
		if (s->o->mode == TLS_MODE_HTTP)
			answer_request(s, c);
		break;
	case TALK_DATA:
	case TALK_EARLY_DATA:
		hear(s, c, data);
		break;
	case TALK_ENDED:
		if (c->talk.info.why_code && strcmp(c->talk.info.why_code, "PLAIN_HTTP") == 0)
			talk_say_plain(&c->talk,
				       (struct hf_bytes){ (const uint8_t *)plain_answer, sizeof(plain_answer) - 1 });
		talk_end(&c->talk, s->streams.now);
		say_end(s, c);
		break;
	default:
		break;
	}
}

static void drive(struct server *s, struct served *c)
{
	struct hf_bytes data;
	enum talk_does does;

	do {
		const bool full = s->o->mode == TLS_MODE_PLAIN ? c->heard.len > 0 : c->talk.out.len > TALK_QUEUE;

		c->talk.paused = full && c->talk.connected;
		does = talk_step(&c->talk, s->streams.now, &data);
		tls_show(s->o, &c->talk, c->id);
		react(s, c, does, data);
		if (s->o->mode == TLS_MODE_PLAIN && c->heard.len > 0 && c->talk.connected) {
			talk_queue_drop(&c->heard, output_write(&s->out, talk_queue_bytes(&c->heard)));
			output_flush(&s->out);
		}
		if (s->out.error) /* nobody reads it: what comes is still taken */
			talk_queue_drop(&c->heard, c->heard.len);
	} while (does != TALK_WAITS);
}

static void drop(struct server *s, unsigned i)
{
	struct served *c = s->served[i];

	if (c->talk.end == TALK_OPEN)
		talk_look(&c->talk);
	tell_json(s, c);
	talk_close(&c->talk);
	talk_queue_free(&c->heard);
	s->served[i] = s->served[--s->n];
	if (s->newest == c) {
		s->newest = NULL;
		for (unsigned k = 0; k < s->n; k++)
			if (!s->newest || s->served[k]->id > s->newest->id)
				s->newest = s->served[k];
	}
	free(c);
}

static void welcome(struct server *s, struct stream *stream)
{
	const struct hf_tls_start start = { 0 };
	struct served *c = s->n < CONNECTIONS ? calloc(1, sizeof(*c)) : NULL;

	if (!c || talk_open(&c->talk, &s->side, stream, &start, s->streams.now) != HF_OK ||
	    (s->o->show && talk_keep_messages(&c->talk) != HF_OK)) {
		cmd_say(CMD_tls, "a connection is sent away: %s", hf_status_sentence(HF_FULL));
		if (c)
			talk_close(&c->talk);
		else
			stream_abort(stream);
		free(c);
		return;
	}
	c->id = ++s->accepted;
	s->served[s->n++] = c;
	s->newest = c;
}

/* ---- the loop ---- */

static void accept_more(struct server *s)
{
	struct stream stream;

	while (s->listening && streams_accept(&s->streams, &stream)) {
		welcome(s, &stream);
		if (s->o->accept && s->accepted == s->o->accept) {
			streams_unlisten(&s->streams);
			s->listening = false;
		}
	}
}

static void read_input(struct server *s)
{
	struct served *c = s->newest;

	if (s->o->mode != TLS_MODE_PLAIN)
		return;
	if (c && c->talk.connected && tls_input_read(&s->input, &c->talk) == TLS_INPUT_QUIT)
		talk_end(&c->talk, s->streams.now);
	tls_input_watch(&s->input, &s->streams, c && c->talk.connected && !c->talk.closing && c->talk.out.len < TALK_QUEUE);
}

static void watch_output(struct server *s)
{
	if (s->out.blocked != s->out_watched &&
	    streams_watch(&s->streams, s->out.fd, s->out.blocked ? HF_NET_WRITE : 0) == HF_OK)
		s->out_watched = s->out.blocked;
}

static hf_time_ns next_time(const struct server *s)
{
	hf_time_ns at = s->stop_at;

	for (unsigned i = 0; i < s->n; i++)
		at = hf_min_u64(at, talk_deadline(&s->served[i]->talk));
	return at;
}

static void begin_stop(struct server *s)
{
	s->stop_at = s->streams.now + STOP_WITHIN;
	if (s->listening)
		streams_unlisten(&s->streams);
	s->listening = false;
	for (unsigned i = 0; i < s->n; i++)
		talk_end(&s->served[i]->talk, s->streams.now);
}

static hf_status turn(struct server *s)
{
	const hf_time_ns at = next_time(s);
	const hf_status status =
		streams_turn(&s->streams, at == HF_NEVER ? HF_NEVER : at - hf_min_u64(at, s->streams.now));

	if (status != HF_OK)
		return status;
	if (s->streams.stop && s->stop_at == HF_NEVER)
		begin_stop(s);
	accept_more(s);
	read_input(s);
	for (unsigned i = s->n; i > 0; i--) {
		drive(s, s->served[i - 1]);
		if (s->served[i - 1]->talk.gone)
			drop(s, i - 1);
	}
	read_input(s);
	watch_output(s);
	return HF_OK;
}

static int listen_at(struct server *s)
{
	struct hf_endpoint bound;
	struct text t;
	struct json j;
	hf_status status = streams_listen(&s->streams, &s->o->listen, &bound);

	text_init(&t);
	if (status != HF_OK) {
		text_add_endpoint(&t, &s->o->listen);
		cmd_say(CMD_tls, "cannot listen at %s: %s", text_str(&t), hf_status_sentence(status));
		text_free(&t);
		return hf_status_exit(status);
	}
	s->listening = true;
	text_add_endpoint(&t, &bound);
	if (s->o->json) {
		struct text line;

		text_init(&line);
		j = json_over(&line);
		j.one_line = true;
		json_object(&j);
		json_put_string(&j, "listening", text_str(&t));
		json_object_end(&j);
		fputs(text_str(&line), stdout);
		text_free(&line);
	} else {
		fprintf(s->o->mode == TLS_MODE_PLAIN ? stderr : stdout, "listening %s\n", text_str(&t));
	}
	fflush(stdout);
	text_free(&t);
	return 0;
}

static bool is_over(const struct server *s)
{
	return s->n == 0 && (s->stop_at != HF_NEVER || !s->listening);
}

static int run(struct server *s)
{
	int code = listen_at(s);
	hf_status status = HF_OK;

	if (code != 0)
		return code;
	if (output_open(&s->out, NULL) != HF_OK)
		return hf_status_exit(HF_SYSTEM);
	while (status == HF_OK && !is_over(s) && s->streams.now < s->stop_at && s->streams.stop < 2)
		status = turn(s);
	while (s->n > 0)
		drop(s, s->n - 1);
	streams_drain(&s->streams);
	return status == HF_OK ? cmd_flush(CMD_tls) : hf_status_exit(status);
}

int tls_server(const struct tls_options *o)
{
	struct server *s = calloc(1, sizeof(*s));
	int code;

	if (!s) {
		cmd_say(CMD_tls, "%s", hf_status_sentence(HF_FULL));
		return hf_status_exit(HF_FULL);
	}
	s->o = o;
	s->stop_at = HF_NEVER;
	s->input.interactive = o->interactive;
	code = tls_begin(o, true, &s->streams, &s->side);
	if (code == 0) {
		code = run(s);
		secure_side_close(&s->side);
		streams_close(&s->streams);
	}
	free(s);
	return code;
}
