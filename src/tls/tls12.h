/* SPDX-License-Identifier: MIT */
#ifndef HF_TLS_TLS12_H
#define HF_TLS_TLS12_H

#include "tls/tls_internal.h"

/* What client and server of TLS 1.2 do alike (tls12_both.c). */

/* ---- secrets ---- */

tls_task tls12_make_master; /* of hs->premaster, after the ClientKeyExchange (RFC 5246 8.1, RFC 7627 4); wiped */
void tls12_keep_master(struct hf_tls *t); /* hs->master is known: for exporters and the key log */

/* ---- the messages of both ---- */

/*
 * Certificate, RFC 5246 7.4.2: fills hs->chain and hs->certs from a body; 0 of them for an empty one. It can be read again while
 * the octets are there. HF_OK or what tls_fail() gave.
 */
HF_NODISCARD hf_status tls12_read_certificate(struct hf_tls *t, struct hf_bytes body);
tls_task tls12_send_certificate; /* hs->cred's; an empty one for NULL */

/* Randoms and parameters of a key exchange, as they are signed (RFC 8422 5.4), into hs->content. HF_OK, or a failure. */
HF_NODISCARD hf_status tls12_put_content(struct hf_tls *t, struct hf_bytes params);
/* A signature of the peer's: its scheme must be one that we offered, and fit the key. */
HF_NODISCARD hf_status tls12_check_signature(struct hf_tls *t, uint16_t scheme, struct hf_bytes content,
					     struct hf_bytes signature);

/*
 * Leaves those of hs->peer_schemes that one of two kinds of key can make: RSA, and ECDSA with EdDSA, which RFC 8422 2.3 counts
 * as one. The scheme says nothing of it by itself: in 1.2 the suite, or the type of certificate asked for, does.
 */
void tls12_narrow_schemes(struct hf_tls *t, bool rsa, bool ecdsa);
/* The group of a certificate's key, for which the other side must have said that it knows the curve; 0: has none. */
uint16_t tls12_group_of(enum crypto_key_kind kind);

/* Finished, RFC 5246 7.4.9, and what goes before ours. */
HF_NODISCARD hf_status tls12_take_finished(struct hf_tls *t, struct hf_bytes body);
tls_task tls12_send_ccs, tls12_write_keys, tls12_send_finished;
tls_task tls12_connect;

/* ---- the server's two ways to answer, and its tickets (tls12_server.c, tls12_resume.c) ---- */

extern tls_task *const tls12_with_ticket[]; /* the client has offered one; leads to one of the two below */
extern tls_task *const tls12_full[];
extern tls_task *const tls12_resumed[];
bool tls12_promises_ticket(const struct hf_tls *t);
tls_task tls12_ask_sealing_key, tls12_send_ticket;

#endif
