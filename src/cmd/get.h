/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_GET_H
#define HF_CMD_GET_H

#include "cmd/get_output.h"
#include "cmd/loop.h"
#include "explain/text.h"
#include "http/http_client.h"
#include "http/http_uri.h"

/* get.c: the command and the exchange; get_tell.c: what is said of it, as sentences and as JSON. */
struct get_options {
	const char *url_text, *net, *output, *pcap;
	struct http_url url;
	hf_time_ns timeout, connect_timeout, idle_timeout; /* timeout: HF_NEVER for none */
	bool include, head, fail, quiet, json, trace;
};

enum get_phase {
	GET_CONNECTING,
	GET_WAITING, /* the request is written; no head yet */
	GET_BODY,
	GET_WHOLE,
};

struct get {
	struct get_options o;
	struct loop loop;
	struct get_output out;
	struct http_client http;
	hf_conn conn;
	bool has_conn;
	bool peer_done;
	enum get_phase phase;
	hf_time_ns started, connected, first_octet, ended; /* 0: not yet */
	hf_time_ns last_progress;
	uint64_t acked, received;
	hf_time_ns soft_since;
	struct hf_conn_info info; /* as last seen */
	uint16_t status;
	bool has_length;
	uint64_t length, body;   /* octets promised, octets that came */
	uint64_t owed;           /* content at the head of the receive queue that the output has not taken */
	struct text head_octets; /* of the final answer */
	struct h1_head head;
	uint8_t scratch[H1_HEAD_BYTES];
	struct hf_bytes spans[4096];
	/* how it ended */
	hf_status why;
	char sentence[256];
};

/* Ends it with a status and a sentence, the first one wins. */
__attribute__((format(printf, 3, 4))) void get_fail(struct get *g, hf_status why, const char *format, ...);

/* get_tell.c */
void get_tell_end_of_connection(struct get *g, hf_status why); /* get_fail() with the fitting sentence */
void get_tell_progress(struct get *g);
void get_tell_json(const struct get *g, int code);

#endif
