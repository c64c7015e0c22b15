/* SPDX-License-Identifier: MIT */
#ifndef HF_TLS_TLS13_H
#define HF_TLS_TLS13_H

#include "tls/tls_internal.h"

/* What client and server of TLS 1.3 do alike (tls13_both.c): "of_server" says whose message, or whose proof, it is. */

#define TLS13_TICKET_LIFETIME_MAX 604800u /* seconds: RFC 8446 4.6.1 */
#define TLS13_TICKET_LIFETIME 7200u

/* ---- the key schedule's secrets, of the transcript so far; logged ---- */

void tls13_early_secrets(struct hf_tls *t);       /* after the ClientHello */
void tls13_handshake_secrets(struct hf_tls *t);   /* after the ServerHello */
void tls13_application_secrets(struct hf_tls *t); /* after the server's Finished; the exporter's too */
void tls13_resumption_secret(struct hf_tls *t);   /* after the client's Finished */

/* ---- the messages of both ---- */

/*
 * Certificate: fills hs->chain, certs, staple and scts, and takes the leaf's key. `asked` are the rows of extensions that its
 * entries may answer. hs->certs is 0 for an empty one. HF_OK or what tls_fail() gave.
 */
HF_NODISCARD hf_status tls13_take_certificate(struct hf_tls *t, struct hf_bytes body, uint32_t asked);
tls_task tls13_ask_verdict; /* on what was taken; tls_take_verdict is the next task */
/* An empty one when hs->cred is NULL. Staple and SCTs go with the leaf. */
HF_NODISCARD hf_status tls13_send_certificate(struct hf_tls *t, struct hf_bytes staple, struct hf_bytes scts);

/* CertificateVerify, RFC 8446 4.4.3. */
HF_NODISCARD hf_status tls13_take_certificate_verify(struct hf_tls *t, struct hf_bytes body, bool of_server);
HF_NODISCARD hf_status tls13_ask_signature(struct hf_tls *t, bool of_server);

/* Finished, RFC 8446 4.4.4, under the sender's handshake traffic secret. */
HF_NODISCARD hf_status tls13_take_finished(struct hf_tls *t, struct hf_bytes body, const uint8_t *secret);
HF_NODISCARD hf_status tls13_send_finished(struct hf_tls *t, const uint8_t *secret);

/* ---- the server: what follows a ClientHello ---- */

extern tls_task *const tls13_full[];        /* with a certificate; leads to the next */
extern tls_task *const tls13_answer[];      /* from ServerHello to Finished */
extern tls_task *const tls13_with_ticket[]; /* leads to either */

/* Is a ticket offered that could be used? To be asked in the hello's handler: takes the hash for its binders. */
bool tls13_may_resume(struct hf_tls *t);
tls_task tls13_ask_ticket_key, tls13_try_ticket;
void tls13_settle_tickets(struct hf_tls *t);
tls_task tls13_ask_sealing_key, tls13_send_tickets;

#endif
