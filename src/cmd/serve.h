/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SERVE_H
#define HF_CMD_SERVE_H

#include "base/chunk.h"
#include "base/wheel.h"
#include "cmd/loop.h"
#include "cmd/serve_control.h"
#include "cmd/serve_dns.h"
#include "cmd/serve_file.h"
#include "cmd/serve_queue.h"
#include "cmd/serve_secure.h"
#include "cmd/serve_tls.h"
#include "explain/text.h"
#include "http/http_server.h"

/*
 * The server's parts: serve.c is the command and its loop, serve_conn.c a connection's life, serve_tls.c what HTTPS puts
 * under it, serve_secure.c certificates, serve_answer.c what is answered, serve_file.c files, serve_dns.c the name server,
 * serve_control.c the socket that answers `handfast states`.
 */
#define SERVE_SEND_BUFFER (1u << 20) /* octets queued a connection */
#define SERVE_RECV_WINDOW (1u << 15) /* requests are small; a head fits twice */
#define SERVE_HOLDS 8u               /* files a connection may still be sending, pipelined ones */
#define SERVE_TOLDS 16u              /* answers not acknowledged yet, which the log will tell of */
#define SERVE_SIMULATED_CONNECTIONS 64u
#define SERVE_TEXT 2048u  /* a head with a short page */
#define SERVE_TARGET 128u /* of a target in the log */

/*
 * Buffers are one pool for all, so who reads nothing, or sends and is not answered yet, must not take them from the rest.
 * Some are kept for each connection: those its receive window can fill, and two to answer with. The others may be used by
 * who has much to send, but by each only up to a share of those still free: the more want them, the less each gets.
 */
#define SERVE_CHUNKS_SHARED 16384u
#define SERVE_CHUNKS_KEPT (SERVE_RECV_WINDOW / HF_CHUNK_BYTES + 2 + 2) /* a window may begin and end amid a chunk */
#define SERVE_CHUNKS_KEPT_FOR 4096u                                    /* connections at most */
#define SERVE_SHARE 16u

/*
 * When all places are taken: how long a handshake may take, and how long a connection may rest, before it makes room. One
 * that has not asked yet has more: its request may be lost and sent again (RFC 6298 2.1: after a second).
 */
#define SERVE_CROWDED HF_S(1)
#define SERVE_CROWDED_FIRST HF_S(3)

/* A file that a connection has lent to TCP up to an octet of its stream. */
struct serve_hold {
	struct file *file;
	uint64_t until;
};

/* An answer that is all with TCP; the log tells of it when its last octet is acknowledged, so that its time is a whole one. */
struct serve_told {
	uint64_t until; /* its last octet's place in the stream */
	uint64_t body_len;
	hf_time_ns asked_at; /* when the first octet of its request was seen; HF_NEVER: its end is not waited for */
	uint16_t status;
	char method[8];
	char target[SERVE_TARGET];
};

/* The answer being written: text (a head, and a body that was made here), then a part of a file. */
struct serve_answer {
	bool ready;
	uint32_t text_len, text_sent;
	char text[SERVE_TEXT];
	char *page; /* a body too large for text: owned */
	size_t page_len, page_sent;
	struct file *file; /* held; NULL: none */
	uint64_t at, end;  /* octets of the file still to be written */
	struct serve_told told;
};

struct served {
	bool used;
	bool peer_done;         /* its FIN is here */
	bool answered;          /* once, at least */
	struct serve_link rest; /* joined: it owes nobody anything */
	hf_conn conn;
	struct hf_endpoint remote;
	struct served_tls *tls; /* NULL: plain HTTP */
	struct http_server http;
	struct hf_timer timer;
	uint64_t written; /* octets given to TCP so far */
	uint64_t acked;
	uint32_t hold_at, holds; /* a ring, oldest first */
	struct serve_hold hold[SERVE_HOLDS];
	uint32_t told_at, tolds; /* a ring, oldest first */
	struct serve_told told[SERVE_TOLDS];
	hf_time_ns asked_at; /* when the first octet of the request that is being read was seen; 0: none is here */
	struct serve_answer answer;
};

struct serve {
	struct loop loop;
	struct files files;
	struct serve_control control;
	struct http_server_config http;
	struct hf_wheel wheel;
	struct served *conns;
	uint32_t *free_list;
	uint32_t room, used;
	struct serve_queue resting; /* who may give way when all places are taken */
	uint32_t chunks, chunks_kept;
	hf_listener listener, tls_listener;
	struct serve_tls tls;
	struct serve_secure *secure; /* NULL: HTTP only */
	struct serve_dns *dns;       /* NULL: names are somebody else's */
	bool list, dotfiles, precompressed, quiet, json;
	int64_t wall;          /* seconds, as of this turn */
	hf_time_ns next_check; /* of the sizes of files being sent */
	uint64_t requests;
	struct text log;
	struct hf_bytes spans[H1_HEAD_BYTES];
	uint8_t scratch[H1_HEAD_BYTES];
	uint8_t block[FILE_MAPPED_FROM];
	struct h1_head head;
};

/* serve.c: for the loop that plays a simulated network, where the server is on the other host (loop_sim.h). */
struct hf_net_defaults serve_defaults(uint32_t connections);
struct serve_simulated {
	const char *dir;
	uint16_t port, tls_port; /* 0: no HTTP; no HTTPS */
	const char *names;       /* of the certificate, besides the addresses; between commas */
};
/* `loop` is copied; its host has serve_defaults(). 0, or an exit code when the sentence is on stderr already. */
int serve_begin_simulated(const struct loop *loop, const struct serve_simulated *what, struct serve **ret);
struct hf_bytes serve_simulated_authority(const struct serve *s); /* PEM of whom to trust; empty: HTTP */
void serve_look(struct serve *s, hf_time_ns now);                 /* something may have happened to its host */
hf_time_ns serve_wake_at(const struct serve *s);                  /* when to look, even if nothing has happened */
void serve_end_simulated(struct serve *s);

/* serve_conn.c */
void serve_accept(struct serve *s);
void serve_drive(struct serve *s, struct served *c); /* something may have changed: goes on as far as it can */
void serve_drop(struct serve *s, struct served *c);  /* resets it; the block is free */
void serve_drop_shrunk(struct serve *s);             /* resets all who send a file that lost octets */
void serve_stop_all(struct serve *s);
/* All places are taken and nobody is to be dropped now: when there will be someone; HF_NEVER. */
hf_time_ns serve_crowd_wake_at(const struct serve *s);

/* serve_answer.c: s->head is the request; asked: it was answered by serve_prepare() already, which does not count now. */
void serve_prepare(struct serve *s, struct served *c);
void serve_prepare_refusal(struct serve *s, struct served *c, enum h1_fault fault, bool asked);
/* left: octets of the body that are not with the peer. */
void serve_log(struct serve *s, const struct served *c, const struct serve_told *told, uint64_t left);
void serve_log_tls_failure(struct serve *s, const struct served *c, const char *why_code, const char *sentence);

#endif
