/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_TLS_VIEW_H
#define HF_EXPLAIN_TLS_VIEW_H

#include "explain/json.h"
#include "explain/look.h"
#include "explain/text.h"

/*
 * A handshake message of TLS in plaintext, shown: header and body, as they came. What is not known is shown as hex, what
 * breaks its format is said to, and nothing here judges more than that. `tls13` tells the forms of Certificate,
 * CertificateRequest and NewSessionTicket apart; every other message says itself which it is.
 */

/*
 * One line without a line feed, for a ladder:
 *
 *	ClientHello, TLS 1.3, sni=a.example, x25519, alpn h2 http/1.1
 *	ServerHello, TLS 1.3, TLS_AES_128_GCM_SHA256, x25519
 *	Certificate (2 certificates, 1,532 octets)
 */
void tls_view_line(struct text *out, struct hf_bytes message, bool tls13);

/* All fields and extensions, one a line, indented. Octets beyond the first of a long field only with look->all. */
void tls_view_dump(struct text *out, struct hf_bytes message, bool tls13, const struct look *look);

/* The same as one object, under the same names: {"message": "client_hello", "type": 1, "octets": 211, ..}. Octets are hex, whole. */
void tls_view_json(struct json *j, struct hf_bytes message, bool tls13);

/* The two octets of an alert, in the same two forms. */
void tls_view_alert_dump(struct text *out, struct hf_bytes alert, const struct look *look);
void tls_view_alert_json(struct json *j, struct hf_bytes alert);

#endif
