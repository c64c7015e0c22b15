/* SPDX-License-Identifier: MIT */
#include "cmd/sim_clients.h"

#include "base/bits.h"
#include "cmd/cmd.h"
#include "cmd/request.h"
#include "explain/table.h"
#include "http/http_client.h"

#include <stdlib.h>
#include <string.h>

#define SPARE 16u
#define CHUNKS 16384u

struct client {
	hf_conn conn;
	struct http_client http;
	bool asked, answered, done;
	hf_status why; /* done without a whole answer: HF_OK is none */
};

struct sim_clients {
	struct hf_host *host;
	hf_time_ns now;
	bool begun;
	uint32_t n, done;
	struct client *client;
	struct hf_endpoint server;
	uint8_t request[REQUEST_BYTES];
	size_t request_len;
	struct h1_head head;
	uint8_t scratch[H1_HEAD_BYTES];
	struct hf_bytes spans[4096];
};

static void begin(struct sim_clients *s);
static void drive(struct sim_clients *s, struct client *c);
static void ask(struct sim_clients *s, struct client *c);
static bool read_some(struct sim_clients *s, struct client *c, bool peer_done);
static void end(struct sim_clients *s, struct client *c, hf_status why);

struct hf_net_defaults sim_clients_defaults(uint32_t n)
{
	n = (n ? n : 1) + SPARE;
	return (struct hf_net_defaults){ .limits = { .conns = n, .half_open = SPARE, .time_wait = n, .chunks = CHUNKS },
					 .tcp.nodelay = true };
}

struct sim_clients *sim_clients_make(struct hf_host *h, uint32_t n, const struct hf_endpoint *server, const char *path)
{
	struct sim_clients *s = calloc(1, sizeof(*s));
	struct text authority;

	if (!s)
		return NULL;
	s->host = h;
	s->n = n ? n : 1;
	s->server = *server;
	s->client = calloc(s->n, sizeof(*s->client));
	text_init(&authority);
	text_add_endpoint(&authority, server);
	if (!s->client || authority.failed) {
		sim_clients_free(s);
		s = NULL;
	} else {
		/* Both parts are short: an address, and what net_spec has room for. */
		HF_ASSERT(request_put(s->request, false, (struct hf_bytes){ (const uint8_t *)authority.at, authority.len },
				      hf_bytes_of(path), &s->request_len) == HF_OK);
	}
	text_free(&authority);
	return s;
}

void sim_clients_free(struct sim_clients *s)
{
	if (!s)
		return;
	free(s->client);
	free(s);
}

hf_time_ns sim_clients_wake_at(const struct sim_clients *s)
{
	return s->begun ? HF_NEVER : s->now;
}

bool sim_clients_are_done(const struct sim_clients *s)
{
	return s->done == s->n;
}

void sim_clients_look(struct sim_clients *s, hf_time_ns now)
{
	struct hf_event ev;

	s->now = now;
	if (!s->begun)
		begin(s);
	while (hf_host_next_event(s->host, &ev))
		if (ev.tag)
			drive(s, &s->client[ev.tag - 1]);
}

int sim_clients_tell(const struct sim_clients *s)
{
	hf_status first = HF_OK;
	uint32_t failed = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct client *c = &s->client[i];
		hf_status why = c->done ? c->why : HF_TIMED_OUT;

		failed += why != HF_OK;
		first = first == HF_OK ? why : first;
	}
	if (failed == 0)
		return 0;
	cmd_say(CMD_serve, "%u of %u simulated clients got no whole answer: %s", failed, s->n, hf_status_sentence(first));
	return hf_status_exit(first);
}

/* ---- one client ---- */

static void begin(struct sim_clients *s)
{
	s->begun = true;
	for (uint32_t i = 0; i < s->n; i++) {
		struct client *c = &s->client[i];
		hf_status st = hf_connect(s->host, &s->server, NULL, s->now, &c->conn);

		http_client_init(&c->http, false);
		if (st == HF_OK)
			st = hf_conn_set_tag(s->host, c->conn, i + 1);
		if (st != HF_OK)
			end(s, c, st);
	}
}

static void drive(struct sim_clients *s, struct client *c)
{
	struct hf_conn_info info;
	bool peer_done;

	if (c->done)
		return;
	if (hf_conn_status(s->host, c->conn, &info) != HF_OK) {
		end(s, c, HF_STALE);
		return;
	}
	peer_done = info.state == HF_TCP_CLOSE_WAIT || info.state == HF_TCP_CLOSING || info.state == HF_TCP_LAST_ACK ||
		    info.state == HF_TCP_TIME_WAIT;
	if (!c->asked && info.state >= HF_TCP_ESTABLISHED)
		ask(s, c);
	while (c->asked && !c->answered && !c->done && read_some(s, c, peer_done))
		;
	if (!c->done && hf_conn_status(s->host, c->conn, &info) != HF_OK)
		end(s, c, HF_STALE);
	if (!c->done && (info.state == HF_TCP_CLOSED || info.state == HF_TCP_TIME_WAIT))
		end(s, c, c->answered ? HF_OK : info.why != HF_OK ? info.why : HF_TRUNCATED);
}

static void ask(struct sim_clients *s, struct client *c)
{
	struct hf_bytes request = { s->request, s->request_len };
	size_t taken = 0;
	hf_status st = hf_conn_write(s->host, c->conn, request, s->now, &taken);

	c->asked = true;
	if (st != HF_OK || taken != request.len)
		end(s, c, st != HF_OK ? st : HF_FULL);
}

/* What follows a whole answer is TCP's end alone: drive() waits for it. */
static void take_answer(struct sim_clients *s, struct client *c)
{
	c->answered = true;
	(void)!hf_conn_shut(s->host, c->conn, s->now); /* ended meanwhile: the next look at it says so */
}

/* True when octets were taken, so that there may be more to read. */
static bool read_some(struct sim_clients *s, struct client *c, bool peer_done)
{
	enum http_client_does does;
	struct hf_bytes data;
	struct h1_input in;
	size_t n = 0;
	hf_status st = hf_conn_read(s->host, c->conn, s->spans, HF_ARRAY_LEN(s->spans), &n);

	if (st != HF_OK && st != HF_CLOSED) {
		end(s, c, st);
		return false;
	}
	in = h1_input_over(s->spans, st == HF_OK ? n : 0, st == HF_CLOSED || (peer_done && n < HF_ARRAY_LEN(s->spans)));
	do
		does = http_client_next(&c->http, &in, s->scratch, &s->head, &data);
	while (does != HTTP_CLIENT_WAIT && does != HTTP_CLIENT_TELL_DONE && does != HTTP_CLIENT_TELL_FAILED);
	if (in.taken > 0 && (st = hf_conn_consume(s->host, c->conn, in.taken, s->now)) != HF_OK)
		end(s, c, st);
	else if (does == HTTP_CLIENT_TELL_DONE)
		take_answer(s, c);
	else if (does == HTTP_CLIENT_TELL_FAILED)
		end(s, c, c->http.fault == H1_CUT_SHORT ? HF_TRUNCATED : HF_MALFORMED);
	return in.taken > 0;
}

static void end(struct sim_clients *s, struct client *c, hf_status why)
{
	c->done = true;
	c->why = why;
	s->done++;
	if (c->conn.birth == 0)
		return; /* it never was */
	if (why == HF_OK)
		(void)!hf_conn_close(s->host, c->conn, s->now);
	else
		(void)!hf_conn_abort(s->host, c->conn, s->now);
}
