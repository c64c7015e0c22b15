/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_GET_H
#define HF_CMD_GET_H

#include "cmd/get_output.h"
#include "cmd/reach.h"
#include "cmd/talk.h"
#include "explain/text.h"
#include "http/http_client.h"
#include "http/http_uri.h"

/*
 * get_options.c: the command line; get_connect.c: the way to a connection; get.c: the exchange; get_tls.c: what HTTPS puts
 * under it; get_tell.c: what is said of it, as sentences and as JSON.
 */
#define GET_SPANS 4096u /* of what came: a head of HTTP must be seen whole, and may come in many small segments */

struct get_options {
	const char *url_text, *net, *output, *pcap;
	struct http_url url; /* with the address that was connected to last, also when a name stands in it */
	char host[256];      /* of the URL, without brackets: for SNI, and what the certificate must be for */
	bool simulated;      /* --net sim */
	struct names_options names;
	struct secure_options secure;
	hf_time_ns timeout, connect_timeout, idle_timeout; /* timeout: HF_NEVER for none */
	bool include, head, fail, quiet, json, trace;
};

enum get_phase {
	GET_LOOKING,
	GET_CONNECTING,
	GET_SECURING, /* HTTPS: the handshake */
	GET_WAITING,  /* the request is written; no head yet */
	GET_BODY,
	GET_WHOLE,
};

struct get_tls {
	bool used; /* the URL begins with https: */
	struct secure_side side;
	struct talk talk;
	bool talking; /* the stream is the conversation's */
	/* octets that HTTP has not taken: first those kept, then those of the last record */
	uint8_t kept[2 * H1_HEAD_BYTES];
	size_t kept_len;
	struct hf_bytes fresh;
};

struct get {
	struct get_options o;
	struct streams streams;
	struct names names;
	bool has_names;
	uint64_t dns_cursor;
	struct reach reach;
	unsigned tries_told;
	struct get_output out;
	struct http_client http;
	struct stream stream; /* without TLS, and until its conversation takes it over */
	bool has_conn;
	enum get_phase phase;
	hf_time_ns started, connected, first_octet, ended; /* 0: not yet */
	hf_time_ns last_progress;
	uint64_t acked, received;
	struct hf_conn_info info; /* as last seen */
	uint16_t status;
	bool has_length;
	uint64_t length, body;   /* octets promised, octets that came */
	uint64_t owed;           /* content at the head of the receive queue that the output has not taken */
	bool head_begun;         /* an octet of an answer has come */
	struct text head_octets; /* of the final answer */
	struct h1_head head;
	uint8_t scratch[H1_HEAD_BYTES];
	struct hf_bytes spans[GET_SPANS];
	struct get_tls tls;
	/* how it ended */
	hf_status why;
	char sentence[512];
};

/* get_options.c: 0: go on; else the exit code is ret - 1. */
int get_take_options(int argc, char **argv, struct get_options *o);

/* Ends it with a status and a sentence, the first one wins. */
__attribute__((format(printf, 3, 4))) void get_fail(struct get *g, hf_status why, const char *format, ...);

/* get_connect.c */
int get_connect_open(struct get *g); /* 0, or an exit code when the sentence is on stderr already */
void get_connect_close(struct get *g);
void get_connect_begin(struct get *g);
bool get_connect_step(struct get *g);    /* true, once: g->stream is connected */
void get_connect_give_up(struct get *g); /* the time for it is over */
hf_time_ns get_connect_wake_at(const struct get *g);

/* get.c: when the way is open */
void get_send_request(struct get *g);
struct stream *get_stream(struct get *g);

/* get_tls.c */
int get_tls_prepare(struct get *g); /* before there is a net: reads files. 0, or an exit code */
int get_tls_open(struct get *g);    /* when there is one */
void get_tls_close(struct get *g);
void get_tls_begin(struct get *g); /* TCP's connection is there */
/* One step: true when something changed. Not while the output lends from what HTTP has not taken. */
bool get_tls_step(struct get *g);
size_t get_tls_spans(struct get *g, struct hf_bytes spans[2]);
void get_tls_taken(struct get *g, size_t n);
void get_tls_write(struct get *g, struct hf_bytes data);
void get_tls_end(struct get *g);     /* close_notify is to go out */
void get_tls_wind_up(struct get *g); /* goes on with the end, and reads what comes behind it for nobody */
/* Has an alert of ours been sent, that the other side should still read? */
bool get_tls_has_last_word(const struct get *g);

/* get_tell.c */
void get_tell_end_of_connection(struct get *g, hf_status why); /* get_fail() with the fitting sentence */
/* A line of --trace about what stands above TCP, with the section of an RFC. */
__attribute__((format(printf, 3, 4))) void get_tell_trace(const struct get *g, const char *rfc, const char *format, ...);
void get_tell_progress(struct get *g);
void get_tell_json(const struct get *g, int code);
void get_tell_trust(const struct get *g); /* whom we talked with, if that is not as it should be */

#endif
