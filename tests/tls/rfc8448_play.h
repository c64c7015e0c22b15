/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TLS_RFC8448_PLAY_H
#define HF_TESTS_TLS_RFC8448_PLAY_H

#include "tls_test.h"

#include "rfc8448.h"

/*
 * What the ends of RFC 8448 drew, chose and had, put into a machine of ours where it asks for it. The linker does that
 * (--wrap, see meson.build), so that not a line of the product is there for it:
 *
 *	tls_draw                    randoms and session id, age_add
 *	crypto_kex_offer, _answer   private keys
 *	hf_cred_certs, _cert        the certificate, whose key the RFC does not give for all: signatures are answers anyway
 *	tls_ticket_name, _open, _seal    the ticket, which NSS sealed in a form of its own
 *	tls_commit, _commit_apart   a message of ours, before it is hashed and sealed
 *
 * The last are used for the messages in which we say something else by choice, and the RFC's goes out instead; what both say
 * must be the same all the same:
 *
 *	ClientHello            our order of extensions and our own groups and schemes; no renegotiation_info, session_ticket of
 *	                       1.2 and padding
 *	HelloRetryRequest      no cookie: our server keeps its state
 *	EncryptedExtensions    the groups are not said again
 *	CertificateRequest     our own schemes
 *	NewSessionTicket       a nonce of one octet
 *
 * All else, ServerHello, Certificate, Finished and EndOfEarlyData too, is the machine's own.
 */
struct play {
	const struct rfc8448 *trace;
	struct hf_crypto *crypto;
	bool server;
	unsigned hellos; /* of ours so far */
	/* plain: whole messages, without headers of records */
	struct hf_bytes client_hello, hello_retry, second_hello, server_hello;
	struct hf_bytes server_flight, client_flight, ticket;
	uint8_t room[8192];
	size_t used;
};

/* From here on machines get what `p` holds, of one side of a trace, until play_end(). */
void play_begin(struct play *p, struct hf_crypto *c, const struct rfc8448 *trace, bool server);
void play_end(void);

/* The first message of this type among the flight's, header included; none: empty. */
struct hf_bytes play_message(struct hf_bytes flight, uint8_t type);
struct hf_bytes play_body(struct hf_bytes message);
struct hf_bytes play_certificate(struct hf_bytes flight);
struct tls_certificate_verify play_signature(struct hf_bytes flight);
struct tls_new_session_ticket_13 play_ticket(const struct play *p);

#endif
