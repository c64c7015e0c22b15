/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TLS_LAB_H
#define HF_TESTS_TLS_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/mint.h"
#include "tls/tls_internal.h"

/*
 * Two machines of ours joined by memory: what one sends lies before the other until it is taken, in pieces of any size. Time
 * is a number. What went over the wire is a ladder of lines ("client client_hello"), what a machine went through a path of
 * states ("WAIT_EE WAIT_CERT_CR ..."), and tests assert both.
 */
enum lab_who {
	LAB_CLIENT,
	LAB_SERVER,
};

enum lab_key {
	LAB_P256,
	LAB_P384,
	LAB_RSA,
	LAB_ED25519,
	LAB_KEYS,
};

#define LAB_NAME "server.test"
#define LAB_UNIX_S 1800000000u /* when `now` is 0 */

/* Made once for a group of tests: cmocka's group setup and teardown. */
struct lab_world {
	struct hf_crypto *crypto;
	struct mint_ca *ca;
	struct hf_trust *trust;
	struct hf_cred *server[LAB_KEYS]; /* for LAB_NAME and *.wild.test */
	struct hf_cred *client[LAB_KEYS];
	struct hf_cred *stranger; /* LAB_NAME by an authority nobody trusts */
};
extern struct lab_world lab_world;
int lab_world_make(void **state);
int lab_world_free(void **state);

#define LAB_WIRE 262144u
#define LAB_TEXT 65536u
#define LAB_TOLD 1024u
#define LAB_ROOMS 8u

struct lab_side {
	/* set by lab_init(), to be changed before lab_start() */
	struct hf_tls_config cfg;
	struct hf_tls_start start;
	struct hf_tls_keeper keeper;
	const struct hf_cred *creds[LAB_KEYS];
	bool keep_room; /* else it is handed back as soon as may be */

	struct hf_tls *t;
	/* on the way to it */
	uint8_t *wire;
	size_t wire_len, shown;
	bool eof; /* nothing will follow */
	/* what came of it */
	bool connected, closed, truncated, failed;
	char data[LAB_TEXT], early[LAB_TEXT]; /* received; zero-terminated */
	size_t data_len, early_len;
	uint8_t session[TLS_SESSION_MAX]; /* the newest */
	size_t session_len;
	unsigned sessions;
	char secrets[4096]; /* lines of the key log */
	char path[512];
	struct hf_cert_report report;
	unsigned asked[HF_TLS_DOES_COUNT]; /* how often the machine said so */
	/* to be written as soon as it may be */
	char outbox[LAB_TEXT];
	size_t outbox_len;

	uint8_t *lent[LAB_ROOMS];
	struct hf_tls_record_told *ring;
	uint64_t cursor;
};

struct lab {
	struct lab_side side[2];
	hf_time_ns now;
	size_t piece;    /* octets that come into sight at once; 0: all */
	size_t scatter;  /* octets of a piece in memory; 0: all in one */
	size_t out_room; /* 0: plenty */
	char ladder[LAB_TEXT];
	/* May change what `from` has sent, in place or by putting something else at `at` (room octets): gives the new length. */
	size_t (*on_wire)(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room);
	void *user; /* of on_wire */
};

struct lab *lab_new(void); /* with what most tests want: 1.3 and 1.2, P-256 certificates, tickets, a trusting client */
void lab_free(struct lab *lab);

void lab_start(struct lab *lab);
/* Both, until neither gets any further. */
void lab_run(struct lab *lab);
/* One of them, until it waits for the other; false when nothing happened. */
bool lab_turn(struct lab *lab, enum lab_who who);
void lab_handshake(struct lab *lab); /* both of these, then both are connected */
/* A new connection with the same configurations; the client offers the newest session. What was received is forgotten. */
void lab_again(struct lab *lab);
void lab_write(struct lab *lab, enum lab_who who, const char *text);
void lab_cut(struct lab *lab, enum lab_who to); /* the stream to it ends */

/* Octets put on the way to `to` as if the other had sent them. */
void lab_inject(struct lab *lab, enum lab_who to, struct hf_bytes b);

/* The same under the keys that `from` writes with: what it would never send itself. */
void lab_forge(struct lab *lab, enum lab_who from, enum tls_content type, struct hf_bytes content);

struct hf_tls_info lab_info(const struct lab *lab, enum lab_who who);
/* The handshake failed at `who` for this reason with this alert, which the other side got. */
void lab_expect_failure(struct lab *lab, enum lab_who who, const char *why_code, enum tls_alert_number alert);

/*
 * A man in the middle who knows the keys: calls `change` for every message of `from`'s under handshake keys, which may write
 * another one, or none, over it and gives its length. Signatures and Finished do not fit afterwards.
 */
typedef size_t lab_change(uint8_t type, uint8_t *message, size_t n, size_t room);
void lab_rewrite(struct lab *lab, enum lab_who from, lab_change *change);

#define LAB_BYTES(text) ((struct hf_bytes){ (const uint8_t *)(text), sizeof(text) - 1 })
#define LAB_LIST(...)                                                                                           \
	{                                                                                                       \
		(const uint16_t[]){ __VA_ARGS__ }, sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t) \
	}

#endif
