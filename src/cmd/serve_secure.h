/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SERVE_SECURE_H
#define HF_CMD_SERVE_SECURE_H

#include "cmd/loop.h"
#include "cmd/secure.h"
#include "crypto/mint.h"
#include "explain/text.h"

struct serve;

/* HTTPS on the command line: which certificates, and what is asked of clients. */
struct serve_secure {
	struct secure_options options;
	bool asked;        /* --tls stands there at all */
	bool automatic;    /* --tls auto */
	const char *names; /* of it, between commas; NULL: the addresses alone */
	bool only;         /* no HTTP */
	uint64_t port;
	/* what `automatic` has made */
	struct text cert, key, authority; /* paths */
	struct mint_leaf leaf;            /* in a simulated network nothing is written: */
	struct mint_blob root;            /* both are here */
};

void serve_secure_init(struct serve_secure *x);
void serve_secure_free(struct serve_secure *x);
/* An option of its own: 0, or an exit code when the sentence is on stderr already. */
int serve_secure_take(struct serve_secure *x, int id, const char *value);
/* After the last one. */
int serve_secure_check(const struct serve_secure *x);

/* Before there is a net: reads the files that are named. */
int serve_secure_prepare(struct serve *s);
/* When the last of these begins to be valid, in Unix seconds; 0: there are none. */
uint64_t serve_secure_valid_from(const struct serve *s);
/* When there is one: makes what is not named, and goes on to serve_tls_open(). */
int serve_secure_open(struct serve *s, uint32_t connections);
/* Reads all files anew; when one of them is bad, says so, and nothing changes. */
void serve_secure_reload(struct serve *s);

/* ---- --tls auto (serve_auto.c) ---- */

/* A certificate for the net's addresses and x->names into x->options, by way of files, or in memory. Exit code as above. */
int serve_auto(struct serve_secure *x, const struct loop *loop);

#endif
