/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_TLS_H
#define HF_CMD_TLS_H

#include "cmd/talk.h"
#include "explain/json.h"

/* `handfast tls server` and `handfast tls client`: one command line for both (tls.c), then each for itself. */

enum tls_mode {
	TLS_MODE_PLAIN, /* stdin and stdout */
	TLS_MODE_HTTP,  /* a page about the connection */
	TLS_MODE_ECHO,
};

struct tls_options { /* texts are borrowed from the command line */
	struct secure_options secure;
	const char *net, *pcap;
	bool trace, show, json, quiet, interactive;
	/* the server */
	struct hf_endpoint listen;
	enum tls_mode mode;
	uint64_t accept; /* connections; 0: no limit */
	/* the client */
	struct hf_endpoint remote;
	const char *host;        /* as it stands in HOST:PORT, without brackets, NUL-terminated */
	const char *sni;         /* NULL: host; empty: none is sent */
	const char *verify_name; /* NULL: sni, or host when that is empty */
	const char *session_file, *early_file;
	hf_time_ns timeout;
	bool half_close;
};

/* Each returns the exit code. */
int tls_server(const struct tls_options *o);
int tls_client(const struct tls_options *o);

/* Opens the net and the side, and sees whether the options leave anything to talk with. 0, or an exit code. */
int tls_begin(const struct tls_options *o, bool server, struct streams *streams, struct secure_side *side);

/* ---- what stdin says (tls_input.c) ---- */

struct tls_input {
	bool watched, ended, interactive;
	bool in_line; /* the line so far was not one of commands */
};

enum tls_input_does {
	TLS_INPUT_NOTHING,
	TLS_INPUT_DATA,
	TLS_INPUT_ENDED, /* said once */
	TLS_INPUT_QUIT,
};

/* Whether stdin ends a wait. */
void tls_input_watch(struct tls_input *in, struct streams *s, bool wanted);
/* Reads what is there without waiting; it goes to the conversation, commands are obeyed. */
enum tls_input_does tls_input_read(struct tls_input *in, struct talk *to);

/* ---- what is told (tls_tell.c) ---- */

/* "TLS 1.3, TLS_AES_128_GCM_SHA256, x25519, ecdsa_secp256r1_sha256, certificate good" */
void tls_tell_summary(struct text *out, const struct talk *t);
/* One line about how it ended; the conversation must not be closed yet. */
void tls_tell_end(struct text *out, const struct talk *t);
/* One object; `code`: the exit code, or -1 for none. */
void tls_tell_json(struct json *j, const struct talk *t, int code);
/* The page of --http. */
void tls_tell_page(struct text *out, const struct talk *t);

/* ---- --show (tls_show.c) ---- */

/*
 * What has happened since the last time, if that is asked for: a sentence each, on stderr, and below those about messages
 * what stands in them; with --json an object each, on stdout. `id` stands before it, unless it is 0. Nothing may be stepped
 * in between.
 */
void tls_show(const struct tls_options *o, struct talk *t, uint64_t id);

#endif
