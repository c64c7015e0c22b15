/* SPDX-License-Identifier: MIT */
/*
 * The client's side of one exchange. http_fsm.def holds its arrows. An answer is whole only when its framing says so: a body
 * with a length or chunks that the connection's end cuts short is H1_CUT_SHORT, never success (RFC 9112 8).
 */
#include "http/http_client.h"

enum action {
	DO_TELL_HEAD,
	DO_TELL_DATA,
	DO_TELL_USER,
};

static const struct http_client_arrow arrows[HTTP_CLIENT_STATE_COUNT][HTTP_CLIENT_EVENT_COUNT] = {
#define C(from_, on_, to_, then_, rfc_)                                                                               \
	[HTTP_CLIENT_##from_][HTTP_CLIENT_ON_##on_] = { HTTP_CLIENT_##from_, HTTP_CLIENT_ON_##on_, HTTP_CLIENT_##to_, \
							DO_##then_, rfc_ },
#include "http/http_fsm.def"
#undef C
};

static const struct http_client_arrow rows[] = {
#define C(from_, on_, to_, then_, rfc_) \
	{ HTTP_CLIENT_##from_, HTTP_CLIENT_ON_##on_, HTTP_CLIENT_##to_, DO_##then_, rfc_ },
#include "http/http_fsm.def"
#undef C
};

size_t http_client_rows(const struct http_client_arrow **ret)
{
	*ret = rows;
	return HF_ARRAY_LEN(rows);
}

const char *http_client_state_name(unsigned state)
{
	static const char *const names[] = { "HEAD", "BODY", "DONE", "FAILED" };

	_Static_assert(HF_ARRAY_LEN(names) == HTTP_CLIENT_STATE_COUNT, "a name a state");
	return state < HTTP_CLIENT_STATE_COUNT ? names[state] : "?";
}

void http_client_init(struct http_client *c, bool to_head)
{
	*c = (struct http_client){ .state = HTTP_CLIENT_HEAD, .to_head = to_head };
}

static enum http_client_does follow_arrow(struct http_client *c, enum http_client_event on)
{
	const struct http_client_arrow *a = &arrows[c->state][on];

	HF_ASSERT(a->rfc != NULL);
	c->state = a->to;
	switch ((enum action)a->then) {
	case DO_TELL_HEAD:
		return on == HTTP_CLIENT_ON_RCV_INTERIM ? HTTP_CLIENT_TELL_INTERIM : HTTP_CLIENT_TELL_HEAD;
	case DO_TELL_DATA:
		return HTTP_CLIENT_TELL_DATA;
	case DO_TELL_USER:
		break;
	}
	return c->state == HTTP_CLIENT_DONE ? HTTP_CLIENT_TELL_DONE : HTTP_CLIENT_TELL_FAILED;
}

static enum http_client_does fail(struct http_client *c, enum h1_fault f)
{
	c->fault = (uint8_t)f;
	return follow_arrow(c, f == H1_CUT_SHORT ? HTTP_CLIENT_ON_RCV_EOF : HTTP_CLIENT_ON_RCV_BAD);
}

static struct hf_bytes join_head(struct h1_input *in, size_t len, uint8_t *scratch)
{
	for (size_t have = 0; have < len;) {
		struct hf_bytes here = h1_input_peek(in);
		size_t n = hf_min_u64(len - have, here.len);

		memcpy(scratch + have, here.at, n);
		h1_input_take(in, n);
		have += n;
	}
	return (struct hf_bytes){ scratch, len };
}

/*
 * RFC 9112 5.2: a user agent takes the end of a line that goes on in the next one for spaces. Not before the first field:
 * what stands there belongs to no field, and is refused (2.2).
 */
static void unfold(uint8_t *head, size_t len)
{
	bool first = true;

	for (size_t i = 0; i + 1 < len; i++) {
		if (head[i] != '\n')
			continue;
		if (!first && (head[i + 1] == ' ' || head[i + 1] == '\t')) {
			head[i] = ' ';
			if (head[i - 1] == '\r')
				head[i - 1] = ' ';
		}
		first = false;
	}
}

static enum http_client_does take_head(struct http_client *c, struct h1_input *in, uint8_t *scratch, struct h1_head *head)
{
	enum h1_fault f = H1_NONE;
	size_t len = 0;

	switch (h1_scan_head(&c->scan, H1_RESPONSE, in, &len, &f)) {
	case H1_MORE:
		return in->eof ? fail(c, H1_CUT_SHORT) : HTTP_CLIENT_WAIT;
	case H1_COMPLETE:
		c->head_octets = join_head(in, len, scratch);
		unfold(scratch, len);
		f = h1_parse_response(c->head_octets, c->to_head, head);
		break;
	case H1_FAULTY:
		break;
	}
	if (f != H1_NONE)
		return fail(c, f);
	if (head->status >= 200) {
		h1_body_begin(&c->body, head);
		return follow_arrow(c, HTTP_CLIENT_ON_RCV_RESPONSE);
	}
	if (++c->interims > HTTP_CLIENT_INTERIMS)
		return fail(c, H1_STATUS_LINE);
	c->scan = (struct h1_scan){ 0 };
	return follow_arrow(c, HTTP_CLIENT_ON_RCV_INTERIM);
}

static enum http_client_does take_body(struct http_client *c, struct h1_input *in, struct hf_bytes *data)
{
	enum h1_fault f = H1_NONE;

	switch (h1_body_next(&c->body, in, data, &f)) {
	case H1_BODY_MORE:
		return HTTP_CLIENT_WAIT;
	case H1_BODY_DATA:
		return follow_arrow(c, HTTP_CLIENT_ON_RCV_DATA);
	case H1_BODY_END:
		return follow_arrow(c, HTTP_CLIENT_ON_RCV_BODY_END);
	case H1_BODY_FAULTY:
		break;
	}
	return fail(c, f);
}

enum http_client_does http_client_next(struct http_client *c, struct h1_input *in, uint8_t *scratch,
				       struct h1_head *head, struct hf_bytes *data)
{
	switch ((enum http_client_state)c->state) {
	case HTTP_CLIENT_HEAD:
		return take_head(c, in, scratch, head);
	case HTTP_CLIENT_BODY:
		return take_body(c, in, data);
	case HTTP_CLIENT_DONE:
		return HTTP_CLIENT_TELL_DONE;
	default:
		return HTTP_CLIENT_TELL_FAILED;
	}
}
