/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SPEED_H
#define HF_CMD_SPEED_H

#include "cmd/cmd.h"
#include "hf/tls.h"

/* What `handfast speed` measures: processor time of one thread, for one of each, at its best. */
enum speed_kind {
	SPEED_SEAL,
	SPEED_HASH,
	SPEED_OFFER,  /* key exchange: makes a share */
	SPEED_ANSWER, /* its own share and the secret */
	SPEED_FINISH, /* the secret, of who offered */
	SPEED_SIGN,
	SPEED_VERIFY,
	SPEED_DECRYPT,
	SPEED_CLIENT, /* a whole handshake, one side of it */
	SPEED_SERVER,
	SPEED_KIND_COUNT
};

struct speed_result {
	enum speed_kind kind;
	const char *name;    /* "AES-128-GCM" */
	const char *backend; /* of a cipher; else NULL */
	unsigned octets;     /* 0: no length */
	double ns;
};

#define SPEED_RESULTS 64u
#define SPEED_PAGE 16384u /* octets: the longest record */

enum speed_key { SPEED_P256, SPEED_P384, SPEED_ED25519, SPEED_RSA_2048, SPEED_KEY_COUNT };

struct speed {
	struct hf_crypto *crypto;
	struct hf_cred *cred[SPEED_KEY_COUNT];
	struct hf_bytes root; /* the authority, as PEM */
	uint64_t unix_ns;     /* now */
	hf_time_ns slice;     /* for each figure */
	bool progress;
	bool failed; /* something could not be measured: asked once, at the end */
	unsigned results;
	struct speed_result result[SPEED_RESULTS];
};

/* Measured already; 0: not. octets 0: any. */
double speed_of(const struct speed *s, enum speed_kind kind, const char *name, unsigned octets);
void speed_add(struct speed *s, enum speed_kind kind, const char *name, const char *backend, unsigned octets, double ns);
/* Tells a terminal what is measured now. */
void speed_begin(const struct speed *s, const char *name);
/* Nanoseconds of processor time that this thread has used. */
double speed_clock(void);

/* speed_primitives.c */
#define SPEED_PRIMITIVES 38u /* figures at most, for the share of time that each has */
void speed_primitives(struct speed *s);

/* speed_handshake.c */
#define SPEED_HANDSHAKES 6u /* at most, too */
void speed_handshakes(struct speed *s);

#endif
