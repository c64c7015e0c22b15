/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_WEB_APP_H
#define HF_SIM_WEB_APP_H

#include "http/http_client.h"
#include "sim/tls_app.h"

/*
 * HTTP/1.1 of a program on a simulated host, over TCP alone or inside TLS: a client that asks for one thing after the other,
 * or a server that answers from a table and remembers nothing.
 */
struct sim_page {           /* the first row that fits a request answers it */
	const char *path;   /* NULL: any */
	const char *cookie; /* the request must bring this one; NULL: whatever it brings */
	unsigned status;
	const char *fields; /* further lines of the head, each with its line end; NULL: none */
	const char *body;
};

struct sim_web_config {
	struct sim_tls_side *tls; /* NULL: none */
	/* client */
	const char *const *requests; /* heads; each is sent when the answer to the one before it is here */
	size_t request_count;
	bool stays; /* open, when the last answer is here */
	/* server */
	const struct sim_page *pages;
	size_t page_count;
	bool until_close; /* an answer has no length and ends with the connection (RFC 9112 6.3) */
	hf_time_ns pause; /* after the first half of an answer's content */
};

struct sim_answer { /* as the client has it */
	unsigned status;
	struct text head, body;
	bool whole;        /* the client believes to have all of it */
	bool truncated;    /* TLS says that there may be more */
	const char *fault; /* HTTP's, or NULL */
};

struct sim_web { /* one connection */
	const struct sim_web_config *cfg;
	struct sim_tls *tls;
	struct text in, out, later;
	hf_time_ns later_at;
	bool opened, eof; /* eof: the peer's direction has come to a clean end, as far as this program can tell */
	bool over;        /* nothing more will be said by us */
	size_t asked;
	bool waiting;
	struct h1_scan scan;
	struct http_client http;
	struct sim_answer *answer;
	size_t answers;
	size_t answered; /* by a server */
};

struct sim_app;
struct sim_session;

/* Everything that one side of a connection does between two waits; the session belongs to a program with cfg->web. */
void sim_web_drive(struct sim_app *app, struct sim_session *s);
void sim_web_free(struct sim_web *web); /* NULL is allowed */
/* When it must be driven again though nothing comes; HF_NEVER. */
hf_time_ns sim_web_deadline(const struct sim_web *web);

#endif
