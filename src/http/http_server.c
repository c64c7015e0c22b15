/* SPDX-License-Identifier: MIT */
/*
 * The server's side of a connection. http_fsm.def holds its arrows, follow_arrow() alone writes a state; an arrow's action is
 * either a timer, started at once, or something only the caller can do, which http_server_next() then hands out.
 *
 * A request's answer is prepared when its head is here but written only after its body has been passed over: a client that
 * does not read before all of its request is sent would else wait for us while we wait for it. Requests that follow
 * (pipelining, RFC 9112 9.3.2) stay in the receive queue until the answer is written: TCP's window holds their sender.
 */
#include "http/http_server.h"

enum action {
	DO_NOTHING,
	DO_START_IDLE_TIMER,
	DO_START_HEAD_TIMER,
	DO_START_ANSWER_TIMER,
	DO_START_LINGER_TIMER,
	DO_ASK_USER,
	DO_REFUSE,
	DO_SHUT,
	DO_CLOSE,
	DO_ABORT,
};

static const struct http_server_arrow arrows[HTTP_SERVER_STATE_COUNT][HTTP_SERVER_EVENT_COUNT] = {
#define S(from_, on_, to_, then_, rfc_)                                                                               \
	[HTTP_SERVER_##from_][HTTP_SERVER_ON_##on_] = { HTTP_SERVER_##from_, HTTP_SERVER_ON_##on_, HTTP_SERVER_##to_, \
							DO_##then_, rfc_ },
#include "http/http_fsm.def"
#undef S
};

static const struct http_server_arrow rows[] = {
#define S(from_, on_, to_, then_, rfc_) \
	{ HTTP_SERVER_##from_, HTTP_SERVER_ON_##on_, HTTP_SERVER_##to_, DO_##then_, rfc_ },
#include "http/http_fsm.def"
#undef S
};

size_t http_server_rows(const struct http_server_arrow **ret)
{
	*ret = rows;
	return HF_ARRAY_LEN(rows);
}

const char *http_server_state_name(unsigned state)
{
	static const char *const names[] = { "IDLE", "HEAD", "BODY", "ANSWER", "FLUSH", "LINGER", "DONE" };

	_Static_assert(HF_ARRAY_LEN(names) == HTTP_SERVER_STATE_COUNT, "a name a state");
	return state < HTTP_SERVER_STATE_COUNT ? names[state] : "?";
}

void http_server_init(struct http_server *s, const struct http_server_config *cfg, hf_time_ns now)
{
	*s = (struct http_server){ .state = HTTP_SERVER_IDLE, .deadline = now + cfg->idle };
}

static void follow_arrow(struct http_server *s, const struct http_server_config *cfg, enum http_server_event on,
			 hf_time_ns now)
{
	const struct http_server_arrow *a = &arrows[s->state][on];

	HF_ASSERT(a->rfc != NULL);
	s->state = a->to;
	switch ((enum action)a->then) {
	case DO_NOTHING:
		return;
	case DO_START_IDLE_TIMER:
		s->deadline = now + cfg->idle;
		return;
	case DO_START_HEAD_TIMER:
		s->deadline = now + cfg->head;
		s->scan = (struct h1_scan){ 0 };
		return;
	case DO_START_ANSWER_TIMER:
		s->deadline = now + cfg->stall;
		return;
	case DO_START_LINGER_TIMER:
		s->deadline = now + cfg->linger;
		return;
	case DO_ASK_USER:
		if (s->state == HTTP_SERVER_ANSWER)
			s->deadline = now + cfg->stall;
		s->requests++;
		s->todo = HTTP_SERVER_ASK;
		return;
	case DO_REFUSE:
		s->deadline = now + cfg->stall;
		s->last = true;
		s->wants_continue = false;
		s->todo = HTTP_SERVER_REFUSE;
		return;
	case DO_SHUT:
		s->deadline = now + cfg->stall;
		s->todo = HTTP_SERVER_SHUT;
		return;
	case DO_CLOSE:
		s->deadline = HF_NEVER;
		s->todo = HTTP_SERVER_CLOSE;
		return;
	case DO_ABORT:
		s->deadline = HF_NEVER;
		s->todo = HTTP_SERVER_ABORT;
		return;
	}
}

static void refuse(struct http_server *s, const struct http_server_config *cfg, enum http_server_event on,
		   enum h1_fault f, hf_time_ns now)
{
	s->fault = (uint8_t)f;
	follow_arrow(s, cfg, on, now);
}

/* RFC 9112 2.2: empty lines before a request line are passed over. The idle timer goes on: they are no request. */
static void skip_empty_lines(struct h1_input *in)
{
	for (;;) {
		struct h1_input ahead = *in;
		struct hf_bytes here = h1_input_peek(&ahead);

		if (here.len == 0 || here.at[0] != '\r')
			return;
		h1_input_take(&ahead, 1);
		here = h1_input_peek(&ahead);
		if (here.len == 0 || here.at[0] != '\n')
			return;
		h1_input_take(&ahead, 1);
		*in = ahead;
	}
}

/* A CR that may be half of an empty line is not yet a request. */
static bool only_cr(const struct h1_input *in)
{
	struct h1_input ahead = *in;

	if (h1_input_peek(&ahead).at[0] != '\r')
		return false;
	h1_input_take(&ahead, 1);
	return h1_input_peek(&ahead).len == 0;
}

static void wait_for_request(struct http_server *s, const struct http_server_config *cfg, struct h1_input *in, hf_time_ns now)
{
	skip_empty_lines(in);
	if (h1_input_peek(in).len > 0 && !only_cr(in))
		follow_arrow(s, cfg, HTTP_SERVER_ON_RCV_OCTETS, now);
	else if (in->eof)
		follow_arrow(s, cfg, HTTP_SERVER_ON_RCV_EOF, now);
}

/* The head in one piece: where it lies, or joined in scratch. */
static struct hf_bytes join_head(struct h1_input *in, size_t len, uint8_t *scratch)
{
	struct hf_bytes here = h1_input_peek(in);
	size_t have = 0;

	if (here.len >= len) {
		h1_input_take(in, len);
		return (struct hf_bytes){ here.at, len };
	}
	while (have < len) {
		size_t n = hf_min_u64(len - have, (here = h1_input_peek(in)).len);

		memcpy(scratch + have, here.at, n);
		h1_input_take(in, n);
		have += n;
	}
	return (struct hf_bytes){ scratch, len };
}

static void take_request(struct http_server *s, const struct http_server_config *cfg, const struct h1_head *h, hf_time_ns now)
{
	s->last = !h->keep_alive;
	if (h->framing == H1_BODY_LENGTH && h->length > cfg->body_limit) {
		refuse(s, cfg, HTTP_SERVER_ON_RCV_BAD, H1_BODY_TOO_LARGE, now);
		return;
	}
	h1_body_begin(&s->body, h);
	if (h->framing == H1_BODY_NONE) {
		follow_arrow(s, cfg, HTTP_SERVER_ON_RCV_REQUEST, now);
		return;
	}
	if (h->method != HTTP_GET && h->method != HTTP_HEAD) {
		/* It will be refused whatever its body holds: the final answer goes out instead of the body coming in. */
		refuse(s, cfg, HTTP_SERVER_ON_RCV_BAD,
		       h->method == HTTP_OTHER ? H1_METHOD_NOT_ALLOWED : H1_METHOD_UNKNOWN, now);
		return;
	}
	s->wants_continue = h->expect_continue;
	follow_arrow(s, cfg, HTTP_SERVER_ON_RCV_REQUEST_WITH_BODY, now);
}

static void take_head(struct http_server *s, const struct http_server_config *cfg, struct h1_input *in,
		      uint8_t *scratch, struct h1_head *head, hf_time_ns now)
{
	enum h1_fault f = H1_NONE;
	size_t len = 0;

	switch (h1_scan_head(&s->scan, H1_REQUEST, in, &len, &f)) {
	case H1_MORE:
		if (in->eof)
			refuse(s, cfg, HTTP_SERVER_ON_RCV_EOF, H1_CUT_SHORT, now);
		return;
	case H1_COMPLETE:
		f = h1_parse_request(join_head(in, len, scratch), head);
		break;
	case H1_FAULTY:
		break;
	}
	if (f != H1_NONE)
		refuse(s, cfg, HTTP_SERVER_ON_RCV_BAD, f, now);
	else
		take_request(s, cfg, head, now);
}

static void pass_over_body(struct http_server *s, const struct http_server_config *cfg, struct h1_input *in, hf_time_ns now)
{
	struct hf_bytes data;
	enum h1_fault f = H1_NONE;

	for (;;) {
		switch (h1_body_next(&s->body, in, &data, &f)) {
		case H1_BODY_MORE:
			return;
		case H1_BODY_DATA:
			if (s->body.taken > cfg->body_limit) {
				refuse(s, cfg, HTTP_SERVER_ON_RCV_BAD, H1_BODY_TOO_LARGE, now);
				return;
			}
			break;
		case H1_BODY_END:
			s->wants_continue = false;
			follow_arrow(s, cfg, HTTP_SERVER_ON_RCV_BODY_END, now);
			return;
		case H1_BODY_FAULTY:
			refuse(s, cfg, f == H1_CUT_SHORT ? HTTP_SERVER_ON_RCV_EOF : HTTP_SERVER_ON_RCV_BAD, f, now);
			return;
		}
	}
}

/* What the peer still sends after our last answer is of no use to anybody. */
static void pass_over_rest(struct http_server *s, const struct http_server_config *cfg, struct h1_input *in, hf_time_ns now)
{
	for (struct hf_bytes here; (here = h1_input_peek(in)).len > 0;)
		h1_input_take(in, here.len);
	if (in->eof && s->state == HTTP_SERVER_LINGER)
		follow_arrow(s, cfg, HTTP_SERVER_ON_RCV_EOF, now);
}

static void expire(struct http_server *s, const struct http_server_config *cfg, hf_time_ns now)
{
	s->deadline = HF_NEVER;
	if (s->state == HTTP_SERVER_HEAD || s->state == HTTP_SERVER_BODY)
		s->fault = H1_TOO_SLOW;
	follow_arrow(s, cfg, HTTP_SERVER_ON_TIMEOUT, now);
}

static enum http_server_does hand_out(struct http_server *s)
{
	enum http_server_does d = s->todo;

	s->todo = HTTP_SERVER_WAIT;
	return d;
}

enum http_server_does http_server_next(struct http_server *s, const struct http_server_config *cfg, struct h1_input *in,
				       uint8_t *scratch, struct h1_head *head, hf_time_ns now)
{
	for (;;) {
		uint8_t before = s->state;

		if (s->todo != HTTP_SERVER_WAIT)
			return hand_out(s);
		switch ((enum http_server_state)s->state) {
		case HTTP_SERVER_IDLE:
			wait_for_request(s, cfg, in, now);
			break;
		case HTTP_SERVER_HEAD:
			take_head(s, cfg, in, scratch, head, now);
			break;
		case HTTP_SERVER_BODY:
			if (s->wants_continue && h1_input_peek(in).len == 0 && !in->eof) {
				s->wants_continue = false;
				return HTTP_SERVER_CONTINUE;
			}
			pass_over_body(s, cfg, in, now);
			break;
		case HTTP_SERVER_FLUSH:
		case HTTP_SERVER_LINGER:
			pass_over_rest(s, cfg, in, now);
			break;
		case HTTP_SERVER_ANSWER:
		case HTTP_SERVER_DONE:
		case HTTP_SERVER_STATE_COUNT:
			break;
		}
		if (s->state != before || s->todo != HTTP_SERVER_WAIT)
			continue;
		if (s->deadline > now)
			return HTTP_SERVER_WAIT;
		expire(s, cfg, now);
	}
}

void http_server_answered(struct http_server *s, const struct http_server_config *cfg, hf_time_ns now)
{
	HF_ASSERT(s->state == HTTP_SERVER_ANSWER);
	follow_arrow(s, cfg, s->last ? HTTP_SERVER_ON_SENT_LAST_ANSWER : HTTP_SERVER_ON_SENT_ANSWER, now);
}

void http_server_acked(struct http_server *s, const struct http_server_config *cfg, bool all, hf_time_ns now)
{
	if (s->state == HTTP_SERVER_FLUSH && all)
		follow_arrow(s, cfg, HTTP_SERVER_ON_ACKED, now);
	else if (s->state == HTTP_SERVER_ANSWER || s->state == HTTP_SERVER_FLUSH)
		s->deadline = now + cfg->stall;
}

void http_server_stop(struct http_server *s, const struct http_server_config *cfg, hf_time_ns now)
{
	s->last = true;
	if (s->state < HTTP_SERVER_ANSWER)
		follow_arrow(s, cfg, HTTP_SERVER_ON_USER_STOP, now);
}
