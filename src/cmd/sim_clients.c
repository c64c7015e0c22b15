/* SPDX-License-Identifier: MIT */
#include "cmd/sim_clients.h"

#include "base/bits.h"
#include "cmd/request.h"
#include "cmd/talk.h"
#include "explain/table.h"
#include "http/http_client.h"

#include <stdlib.h>
#include <string.h>

#define SPARE 16u
#define CHUNKS 16384u
#define NAME_ROOM 256u
#define PATIENCE HF_S(120) /* for a handshake: in a crowd it is the server's patience that decides */

enum visit {
	VISIT_PLAIN,
	VISIT_SECURE,
	VISIT_AGAIN, /* with the session of the visit before */
	VISITS,
};

struct client {
	hf_conn conn;
	struct http_client http;
	uint8_t visit; /* enum visit; VISITS: none is left */
	bool begun;    /* octets have gone out: the request, or the first of TLS */
	bool answered, done;
	/* HTTPS */
	struct secure secure; /* open while such a visit lasts */
	struct talk_queue heard;
	bool closed; /* close_notify is here */
	uint8_t *session;
	size_t session_len;
};

struct sim_clients {
	struct hf_host *host;
	struct sim_clients_options o;
	char *path;
	hf_time_ns now;
	bool begun;
	uint32_t n, done;
	struct client *client;
	struct secure_side side; /* crypto NULL: no HTTPS */
	struct hf_trust *trust;
	char (*name)[NAME_ROOM]; /* whom to ask for: the clients take turns */
	size_t names;
	struct sim_clients_result result;
	hf_status why; /* of the first that failed */
	char sentence[400];
	uint8_t request[REQUEST_BYTES];
	struct h1_head head;
	uint8_t scratch[H1_HEAD_BYTES];
	struct hf_bytes spans[64];
};

static void begin(struct sim_clients *s);
static void begin_visit(struct sim_clients *s, struct client *c);
static void drive(struct sim_clients *s, struct client *c);
static bool go_on_plain(struct sim_clients *s, struct client *c, bool peer_done);
static bool go_on_secure(struct sim_clients *s, struct client *c, bool peer_done);
static void end(struct sim_clients *s, struct client *c, hf_status why);

struct hf_net_defaults sim_clients_defaults(uint32_t n)
{
	n = (n ? n : 1) + SPARE;
	return (struct hf_net_defaults){
		.limits = { .conns = n, .half_open = SPARE, .time_wait = VISITS * n, .chunks = CHUNKS }, .tcp.nodelay = true
	};
}

struct sim_clients *sim_clients_make(struct hf_host *h, const struct sim_clients_options *o)
{
	struct sim_clients *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->host = h;
	s->o = *o;
	s->n = o->n ? o->n : 1;
	s->path = strdup(o->path);
	s->client = calloc(s->n, sizeof(*s->client));
	if (s->path && s->client)
		return s;
	free(s->path);
	free(s->client);
	free(s);
	return NULL;
}

void sim_clients_free(struct sim_clients *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n; i++) {
		secure_close(&s->client[i].secure);
		talk_queue_free(&s->client[i].heard);
		free(s->client[i].session);
	}
	if (s->side.crypto)
		secure_side_close(&s->side);
	hf_trust_free(s->trust);
	free(s->name);
	free(s->client);
	free(s->path);
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

void sim_clients_count(const struct sim_clients *s, struct sim_clients_result *ret)
{
	*ret = s->result;
	ret->clients = s->n;
	ret->failed += s->n - s->done;
}

int sim_clients_tell(const struct sim_clients *s)
{
	const hf_status why = s->why != HF_OK ? s->why : HF_TIMED_OUT;
	struct sim_clients_result r;

	sim_clients_count(s, &r);
	if (r.failed == 0)
		return 0;
	cmd_say(CMD_serve, "%u of %u simulated clients got no whole answer: %s", r.failed, s->n,
		s->sentence[0] ? s->sentence : hf_status_sentence(why));
	return hf_status_exit(why);
}

/* ---- whom they believe ---- */

/* A host name of the leaf, or an address when it has none; "www" stands for what a wildcard leaves open. */
static bool find_name(const struct hf_cred *cred, char ret[NAME_ROOM])
{
	struct hf_cert_trouble trouble;
	struct hf_cert_view leaf;
	const char *at;
	size_t n;

	if (hf_cert_look(hf_cred_cert(cred, 0), &leaf, &trouble) != HF_OK)
		return false;
	at = strstr(leaf.names, "DNS:");
	if (!at)
		at = strstr(leaf.names, "IP:");
	if (!at)
		return false;
	at = strchr(at, ':') + 1;
	n = strcspn(at, ",");
	if (n + 3 > NAME_ROOM)
		return false;
	if (at[0] == '*') {
		memcpy(ret, "www", 3);
		ret += 3;
		at++;
		n--;
	}
	memcpy(ret, at, n);
	ret[n] = '\0';
	return true;
}

static int add_trust(struct sim_clients *s, struct hf_bytes der)
{
	struct hf_cert_trouble trouble = { 0 };
	hf_status st = hf_trust_add(s->trust, der, &trouble);

	if (st == HF_OK)
		return 0;
	cmd_say(CMD_serve, "the simulated clients cannot believe this certificate: %s",
		trouble.sentence[0] ? trouble.sentence : hf_status_sentence(st));
	return hf_status_exit(st);
}

static int open_side(struct sim_clients *s)
{
	struct secure_options o = { .no_trust = true, .tls = { .handshake_timeout = PATIENCE } };
	uint8_t seed[32];
	int code;

	secure_offer_http(&o);
	hf_entropy_from_seed(s->o.seed ^ LOOP_SALT_CLIENT, seed, sizeof(seed)); /* not the server's */
	code = secure_side_open(&s->side, CMD_serve, &o, false, s->o.epoch_ns, seed);
	if (code != 0)
		return code;
	if (s->side.key_log) { /* the server's lines say the same */
		fclose(s->side.key_log);
		s->side.key_log = NULL;
		s->side.tls.log_secrets = false;
	}
	return hf_trust_make(s->side.crypto, &s->trust) == HF_OK ? 0 : hf_status_exit(HF_FULL);
}

int sim_clients_trust(struct sim_clients *s, const struct hf_cred *const *creds, size_t n)
{
	int code = open_side(s);

	s->name = calloc(n, sizeof(*s->name));
	if (!s->name)
		return hf_status_exit(HF_FULL);
	for (size_t i = 0; i < n && code == 0; i++) {
		if (!find_name(creds[i], s->name[s->names])) {
			cmd_say(CMD_serve,
				"--net sim: a certificate names neither a host nor an address that a client could ask for");
			return hf_status_exit(HF_USAGE);
		}
		s->names++;
		code = add_trust(s, hf_cred_cert(creds[i], hf_cred_certs(creds[i]) - 1));
	}
	s->side.keeper.trust = s->trust;
	return code;
}

/* ---- one client ---- */

static uint32_t index_of(const struct sim_clients *s, const struct client *c)
{
	return (uint32_t)(c - s->client);
}

static bool is_for(const struct sim_clients *s, const struct client *c, enum visit visit)
{
	if (visit == VISIT_PLAIN)
		return s->o.plain.port != 0;
	return s->side.crypto && (visit == VISIT_SECURE || index_of(s, c) % 2 == 1);
}

static void begin(struct sim_clients *s)
{
	s->begun = true;
	for (uint32_t i = 0; i < s->n; i++)
		begin_visit(s, &s->client[i]);
}

/* The next that there is. */
static void begin_visit(struct sim_clients *s, struct client *c)
{
	struct hf_endpoint server = s->o.plain;
	hf_status st;

	while (c->visit < VISITS && !is_for(s, c, (enum visit)c->visit))
		c->visit++;
	if (c->visit == VISITS) {
		c->done = true;
		s->done++;
		return;
	}
	c->begun = c->answered = c->closed = false;
	c->conn = (hf_conn){ 0 };
	http_client_init(&c->http, false);
	if (c->visit != VISIT_PLAIN)
		server.port = s->o.tls_port;
	st = hf_connect(s->host, &server, NULL, s->now, &c->conn);
	if (st == HF_OK)
		st = hf_conn_set_tag(s->host, c->conn, index_of(s, c) + 1);
	if (st != HF_OK)
		end(s, c, st);
}

/* It may have ended, and the next visit begun, when this is over. */
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
	if (info.state >= HF_TCP_ESTABLISHED)
		while (!c->done && (c->visit == VISIT_PLAIN ? go_on_plain(s, c, peer_done) : go_on_secure(s, c, peer_done)))
			;
	if (!c->done && hf_conn_status(s->host, c->conn, &info) != HF_OK)
		end(s, c, HF_STALE);
	else if (!c->done && (info.state == HF_TCP_CLOSED || info.state == HF_TCP_TIME_WAIT))
		end(s, c, c->answered ? HF_OK : info.why != HF_OK ? info.why : HF_TRUNCATED);
}

static struct hf_bytes make_request(struct sim_clients *s, const struct client *c)
{
	const uint16_t usual = 443;
	struct text authority;
	size_t n = 0;

	text_init(&authority);
	if (c->visit == VISIT_PLAIN)
		text_add_endpoint(&authority, &s->o.plain);
	else
		text_add(&authority, s->name[index_of(s, c) % s->names]);
	if (c->visit != VISIT_PLAIN && s->o.tls_port != usual)
		text_addf(&authority, ":%u", s->o.tls_port);
	/* Both parts are short: a name, and what net_spec has room for. */
	HF_ASSERT(request_put(s->request, false, hf_bytes_of(text_str(&authority)), hf_bytes_of(s->path), &n) == HF_OK);
	text_free(&authority);
	return (struct hf_bytes){ s->request, n };
}

/* What follows a whole answer is the end alone: drive() waits for it. */
static void take_answer(struct sim_clients *s, struct client *c)
{
	c->answered = true;
	if (c->visit != VISIT_PLAIN)
		hf_tls_close(c->secure.tls); /* go_on_secure() does the rest */
	else
		(void)!hf_conn_shut(s->host, c->conn, s->now); /* ended meanwhile: the next look at it says so */
}

/* The answer, as far as it is here; nothing follows these octets when `eof`. */
static void hear(struct sim_clients *s, struct client *c, struct h1_input *in)
{
	enum http_client_does does;
	struct hf_bytes data;

	if (c->answered)
		return;
	do
		does = http_client_next(&c->http, in, s->scratch, &s->head, &data);
	while (does != HTTP_CLIENT_WAIT && does != HTTP_CLIENT_TELL_DONE && does != HTTP_CLIENT_TELL_FAILED);
	if (does == HTTP_CLIENT_TELL_DONE)
		take_answer(s, c);
	else if (does == HTTP_CLIENT_TELL_FAILED)
		end(s, c, c->http.fault == H1_CUT_SHORT ? HF_TRUNCATED : HF_MALFORMED);
}

/* What TCP has: how many pieces, and whether nothing follows them. False: the connection is over. */
static bool read_spans(struct sim_clients *s, struct client *c, bool peer_done, size_t *ret_n, bool *ret_eof)
{
	hf_status st = hf_conn_read(s->host, c->conn, s->spans, HF_ARRAY_LEN(s->spans), ret_n);

	if (st != HF_OK && st != HF_CLOSED) {
		if (!c->answered)
			end(s, c, st);
		return false;
	}
	if (st != HF_OK)
		*ret_n = 0;
	*ret_eof = st == HF_CLOSED || (peer_done && *ret_n < HF_ARRAY_LEN(s->spans));
	return true;
}

static void consume(struct sim_clients *s, struct client *c, size_t n)
{
	hf_status st = n > 0 && !c->done ? hf_conn_consume(s->host, c->conn, n, s->now) : HF_OK;

	if (st != HF_OK)
		end(s, c, st);
}

/* True when octets were taken, so that there may be more to read. */
static bool go_on_plain(struct sim_clients *s, struct client *c, bool peer_done)
{
	struct h1_input in;
	size_t n = 0;
	bool eof;

	if (!c->begun) {
		const struct hf_bytes request = make_request(s, c);
		hf_status st = hf_conn_write(s->host, c->conn, request, s->now, &n);

		c->begun = true;
		if (st != HF_OK || n != request.len)
			end(s, c, st != HF_OK ? st : HF_FULL);
		return !c->done;
	}
	if (c->answered || !read_spans(s, c, peer_done, &n, &eof))
		return false;
	in = h1_input_over(s->spans, n, eof);
	hear(s, c, &in);
	consume(s, c, in.taken);
	return in.taken > 0;
}

/* ---- HTTPS ---- */

static void open_secure(struct sim_clients *s, struct client *c)
{
	struct hf_tls_start start = { .name = hf_bytes_of(s->name[index_of(s, c) % s->names]) };
	hf_status st;

	c->begun = true;
	if (c->visit == VISIT_AGAIN)
		start.session = (struct hf_bytes){ c->session, c->session_len };
	st = secure_open(&c->secure, &s->side, &start, s->now);
	if (st != HF_OK)
		end(s, c, st);
}

static void keep_session(struct client *c, struct hf_bytes session)
{
	uint8_t *room = realloc(c->session, session.len);

	if (!room)
		return; /* then there is none to go on with */
	memcpy(room, session.at, session.len);
	c->session = room;
	c->session_len = session.len;
}

/* What is sealed goes to TCP as far as it has room; the FIN follows close_notify. True when octets went. */
static bool push_out(struct sim_clients *s, struct client *c)
{
	const struct hf_bytes out = secure_out(&c->secure);
	struct hf_tls_info info;
	size_t n = 0;

	if (out.len > 0 && hf_conn_write(s->host, c->conn, out, s->now, &n) == HF_OK)
		secure_sent(&c->secure, n);
	hf_tls_info(c->secure.tls, &info);
	if (c->answered && info.write_closed && n == out.len)
		(void)!hf_conn_shut(s->host, c->conn, s->now);
	return n > 0;
}

static void fail_secure(struct sim_clients *s, struct client *c, bool truncated)
{
	struct hf_tls_info info;
	hf_status why = HF_TLS;

	hf_tls_info(c->secure.tls, &info);
	if (secure_exit_code(&c->secure) == hf_status_exit(HF_UNTRUSTED))
		why = HF_UNTRUSTED;
	else if (truncated && info.connected)
		why = HF_TRUNCATED;
	if (s->why == HF_OK)
		secure_explain(&c->secure, s->sentence, sizeof(s->sentence));
	(void)push_out(s, c); /* the server shall know why */
	end(s, c, why);
}

static void take_step(struct sim_clients *s, struct client *c, enum secure_does does, struct hf_bytes data)
{
	struct hf_bytes request;
	size_t n = 0;

	switch (does) {
	case SECURE_CONNECTED:
		request = make_request(s, c);
		/* It is shorter than what may wait to be sent. */
		HF_ASSERT(secure_write(&c->secure, request, &n) == HF_OK && n == request.len);
		break;
	case SECURE_HAS_DATA:
	case SECURE_HAS_EARLY_DATA:
		if (!talk_queue_add(&c->heard, data))
			end(s, c, HF_FULL);
		break;
	case SECURE_HAS_SESSION:
		keep_session(c, data);
		break;
	case SECURE_CLOSED:
		c->closed = true;
		break;
	case SECURE_TRUNCATED:
	case SECURE_FAILED:
		if (!c->answered)
			fail_secure(s, c, does == SECURE_TRUNCATED);
		break;
	case SECURE_WAITS:
		break;
	}
}

/* True when anything has moved, so that there may be more to do. */
static bool go_on_secure(struct sim_clients *s, struct client *c, bool peer_done)
{
	struct hf_bytes data, heard;
	enum secure_does does;
	struct h1_input in;
	size_t n = 0, taken = 0;
	bool eof, moved;

	if (!c->begun)
		open_secure(s, c);
	if (c->done || !read_spans(s, c, peer_done, &n, &eof))
		return false;
	does = secure_step(&c->secure, s->spans, n, eof, s->now, &taken, &data);
	consume(s, c, taken); /* first: an end with octets that nobody has read is a reset, and no alert */
	if (!c->done)
		take_step(s, c, does, data);
	if (c->done)
		return false;
	heard = talk_queue_bytes(&c->heard);
	in = h1_input_over(&heard, 1, c->closed);
	hear(s, c, &in);
	if (c->done)
		return false;
	talk_queue_drop(&c->heard, c->answered ? c->heard.len : in.taken);
	moved = push_out(s, c);
	return moved || taken > 0 || does == SECURE_CONNECTED || does == SECURE_HAS_DATA || does == SECURE_HAS_SESSION;
}

/* ---- the end ---- */

static void count_answer(struct sim_clients *s, struct client *c)
{
	struct hf_tls_info info;

	if (c->visit == VISIT_PLAIN) {
		s->result.plain++;
		return;
	}
	hf_tls_info(c->secure.tls, &info);
	s->result.secure++;
	s->result.resumed += info.resumed;
}

/* Of a visit; the first that fails is the client's last. */
static void end(struct sim_clients *s, struct client *c, hf_status why)
{
	if (why == HF_OK)
		count_answer(s, c);
	if (c->conn.birth != 0) {                  /* else it never was */
		if (why == HF_OK || c->secure.tls) /* an alert is on its way */
			(void)!hf_conn_close(s->host, c->conn, s->now);
		else
			(void)!hf_conn_abort(s->host, c->conn, s->now);
	}
	secure_close(&c->secure);
	talk_queue_drop(&c->heard, c->heard.len);
	if (why == HF_OK) {
		c->visit++;
		begin_visit(s, c);
		return;
	}
	c->done = true;
	s->done++;
	s->result.failed++;
	s->why = s->why == HF_OK ? why : s->why;
}
