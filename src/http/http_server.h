/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_HTTP_SERVER_H
#define HF_HTTP_HTTP_SERVER_H

#include "http/h1.h"

/*
 * The server's side of an HTTP/1.1 connection (RFC 9112 9) without the connection: octets and a time go in, requests come
 * out, and the caller writes the answers. It keeps no octets: what is not taken must be shown again.
 */
enum http_server_state {
	HTTP_SERVER_IDLE, /* between requests: not an octet of the next one is here */
	HTTP_SERVER_HEAD,
	HTTP_SERVER_BODY,   /* the answer is prepared and waits until the request's body has been passed over */
	HTTP_SERVER_ANSWER, /* the caller writes the answer */
	HTTP_SERVER_FLUSH,  /* all is written and our direction is shut, not all is acknowledged */
	HTTP_SERVER_LINGER, /* waits for the peer to close, so that no reset overtakes the answer (RFC 9112 9.6) */
	HTTP_SERVER_DONE,
	HTTP_SERVER_STATE_COUNT
};

enum http_server_event {
	HTTP_SERVER_ON_RCV_OCTETS,
	HTTP_SERVER_ON_RCV_REQUEST,
	HTTP_SERVER_ON_RCV_REQUEST_WITH_BODY,
	HTTP_SERVER_ON_RCV_BODY_END,
	HTTP_SERVER_ON_RCV_BAD,
	HTTP_SERVER_ON_RCV_EOF,
	HTTP_SERVER_ON_SENT_ANSWER,
	HTTP_SERVER_ON_SENT_LAST_ANSWER,
	HTTP_SERVER_ON_ACKED,
	HTTP_SERVER_ON_TIMEOUT,
	HTTP_SERVER_ON_USER_STOP,
	HTTP_SERVER_EVENT_COUNT
};

enum http_server_does {
	HTTP_SERVER_WAIT,     /* more octets, or the deadline, must come first */
	HTTP_SERVER_ASK,      /* *head is a request: prepare the answer before its octets are consumed */
	HTTP_SERVER_CONTINUE, /* write "HTTP/1.1 100 Continue" (RFC 9110 10.1.1) */
	HTTP_SERVER_REFUSE,   /* answer with the status of s->fault; the connection ends after it */
	HTTP_SERVER_SHUT,     /* shut our direction */
	HTTP_SERVER_CLOSE,    /* give the connection back */
	HTTP_SERVER_ABORT,    /* reset it: the peer does not take its answer */
};

struct http_server_arrow {
	uint8_t from, on, to, then;
	const char *rfc;
};

struct http_server_config {
	hf_time_ns idle;     /* between requests */
	hf_time_ns head;     /* from a request's first octet to its last */
	hf_time_ns linger;   /* for the peer's FIN after the last answer */
	hf_time_ns stall;    /* without any progress of an answer */
	uint64_t body_limit; /* octets of a request's body passed over */
};

struct http_server {
	uint8_t state;
	uint8_t fault; /* enum h1_fault, of HTTP_SERVER_REFUSE */
	uint8_t todo;  /* what the last arrow asked for and http_server_next() has not handed out yet */
	bool last;     /* the connection ends after this answer */
	bool wants_continue;
	struct h1_scan scan;
	struct h1_body body;
	hf_time_ns deadline; /* HF_NEVER: none */
	uint64_t requests;
};

void http_server_init(struct http_server *s, const struct http_server_config *cfg, hf_time_ns now);

/*
 * What is to be done next. Takes octets at the cursor of `in`; call again until it says WAIT. `scratch` has room for
 * H1_HEAD_BYTES: a head that lies in several spans is joined there, so *head borrows from either.
 */
enum http_server_does http_server_next(struct http_server *s, const struct http_server_config *cfg, struct h1_input *in,
				       uint8_t *scratch, struct h1_head *head, hf_time_ns now);

/* May the prepared answer be written now? */
static inline bool http_server_may_answer(const struct http_server *s)
{
	return s->state == HTTP_SERVER_ANSWER;
}

/* The whole answer has been written. */
void http_server_answered(struct http_server *s, const struct http_server_config *cfg, hf_time_ns now);
/* The peer has acknowledged more: the answer makes progress. `all`: nothing written is left unacknowledged. */
void http_server_acked(struct http_server *s, const struct http_server_config *cfg, bool all, hf_time_ns now);
/* No request after the one that is being answered now. */
void http_server_stop(struct http_server *s, const struct http_server_config *cfg, hf_time_ns now);

const char *http_server_state_name(unsigned state);
size_t http_server_rows(const struct http_server_arrow **ret);

#endif
