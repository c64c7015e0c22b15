/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_HTTP_CLIENT_H
#define HF_HTTP_HTTP_CLIENT_H

#include "http/h1.h"

/* The client's side of one exchange (RFC 9112 4 and 6.3): the answer's octets go in, its head and its content come out. */
enum http_client_state {
	HTTP_CLIENT_HEAD,
	HTTP_CLIENT_BODY,
	HTTP_CLIENT_DONE,
	HTTP_CLIENT_FAILED,
	HTTP_CLIENT_STATE_COUNT
};

enum http_client_event {
	HTTP_CLIENT_ON_RCV_INTERIM,
	HTTP_CLIENT_ON_RCV_RESPONSE,
	HTTP_CLIENT_ON_RCV_DATA,
	HTTP_CLIENT_ON_RCV_BODY_END,
	HTTP_CLIENT_ON_RCV_BAD,
	HTTP_CLIENT_ON_RCV_EOF,
	HTTP_CLIENT_EVENT_COUNT
};

enum http_client_does {
	HTTP_CLIENT_WAIT,
	HTTP_CLIENT_TELL_INTERIM, /* *head: a 1xx; the answer is still to come */
	HTTP_CLIENT_TELL_HEAD, /* *head, and head_octets are its octets as they came, but folded lines are unfolded */
	HTTP_CLIENT_TELL_DATA, /* *data is content */
	HTTP_CLIENT_TELL_DONE,
	HTTP_CLIENT_TELL_FAILED, /* c->fault */
};

struct http_client_arrow {
	uint8_t from, on, to, then;
	const char *rfc;
};

struct http_client {
	uint8_t state;
	uint8_t fault; /* enum h1_fault */
	bool to_head;  /* the request was a HEAD */
	uint8_t interims;
	struct h1_scan scan;
	struct h1_body body;
	struct hf_bytes head_octets; /* borrows, as the head does */
};

#define HTTP_CLIENT_INTERIMS 16 /* more 1xx answers than this are a fault */

void http_client_init(struct http_client *c, bool to_head);

/* The next thing that the octets at the cursor say; call until WAIT, DONE or FAILED. scratch: room for H1_HEAD_BYTES. */
enum http_client_does http_client_next(struct http_client *c, struct h1_input *in, uint8_t *scratch,
				       struct h1_head *head, struct hf_bytes *data);

const char *http_client_state_name(unsigned state);
size_t http_client_rows(const struct http_client_arrow **ret);

#endif
