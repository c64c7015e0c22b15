/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_CERT_INTERNAL_H
#define HF_CRYPTO_CERT_INTERNAL_H

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "crypto/cert_der.h"
#include "crypto/cert_name.h"
#include "crypto/cert_pem.h"
#include "crypto/crypto_internal.h"
#include "hf/cert.h"

/* What the files cert_*.c share. */

#define CERT_PATH_MAX HF_CERT_REPORT_CERTS /* certificates of a path, leaf and anchor included */

/* One certificate, read twice: strictly by us, and by libcrypto. Read-only once made, but for `refs` and `view`. */
struct cert {
	unsigned refs; /* changed by cert_hold() and cert_free() alone */
	uint8_t *der;  /* owned; facts and the rest point into it */
	size_t len;
	uint8_t sha256[32];
	struct hf_cert_view *view; /* NULL until it is first wanted; see cert_memory_view() */
	struct cert_facts facts;
	uint64_t subject_hash, issuer_hash; /* distinguished_name_hash() */

	/* By libcrypto, whose reading of a key costs as much as a signature: of anchors only when one may be needed. */
	X509 *x; /* NULL: not finished */
	bool unreadable;
	EVP_PKEY *pkey; /* x owns it; NULL: nothing that libcrypto can make a key of */
	bool is_rsa, has_known_key, has_sound_rsa, has_bounded_rsa, has_strong_hash;
	unsigned key_bits;
	bool self_issued; /* subject and issuer are one name */

	/* From its extensions; what breaks its format is told by `broken`. */
	const char *broken;
	bool has_constraints, is_ca, has_path_len; /* basicConstraints */
	unsigned path_len;
	bool has_usage;
	unsigned usage;                           /* KU_..., as libcrypto has them */
	struct hf_bytes san;                      /* the extension's value; empty: it has none */
	struct hf_bytes eku;                      /* the list of OIDs; empty: it has none */
	struct hf_bytes key_id, authority_key_id; /* empty: none */
	bool authority_has_issuer;                /* authorityCertIssuer or its serial number */
	bool must_staple;                         /* RFC 7633, status_request */
};

/* HF_OK; HF_MALFORMED with *ret_why as cert_facts_read() has it; HF_FULL. The octets are copied. */
HF_NODISCARD hf_status cert_make(struct hf_bytes der, struct cert **ret, const char **ret_why);
/* The first half of it, for those that may never be needed, and the second: false when libcrypto cannot read it. */
HF_NODISCARD hf_status cert_read(struct hf_bytes der, struct cert **ret, const char **ret_why);
HF_NODISCARD bool cert_finish(struct cert *c);
struct cert *cert_hold(struct cert *c);
void cert_free(struct cert *c); /* when nobody else holds it; NULL is allowed */
bool cert_same(const struct cert *a, const struct cert *b);
/* Do names and key identifiers allow that issuer signed this one? The signature is not looked at. */
bool cert_looks_issued_by(const struct cert *c, const struct cert *issuer); /* neither need be finished; may be wrong when true */
bool cert_may_be_issued_by(const struct cert *c, const struct cert *issuer);
bool cert_has_eku(const struct cert *c, const uint8_t *oid, size_t len);

struct hf_cred {
	struct cert **cert;
	size_t certs;
	struct hf_key *key;
	uint8_t *ocsp, *sct_list; /* owned; NULL: none */
	size_t ocsp_len, sct_list_len;
};

struct cert_crl;
struct cert_memory;

struct hf_trust {
	const struct hf_crypto *crypto;
	struct cert_memory *memory; /* of what was sent before */
	struct cert **anchor;
	size_t anchors, room;
	struct cert_crl **crl;
	size_t crls, crl_room;
};

/* A fault of one certificate of a path. `detail` may be NULL; it is a string that lives for ever. */
struct cert_ruling {
	enum hf_cert_fault fault;
	int libcrypto; /* X509_V_ERR_... */
	const char *detail;
	bool letter; /* of the rules to the letter only */
};

/* Leaf first; the last is the anchor, which may be the leaf itself. */
struct cert_path {
	struct cert *cert[CERT_PATH_MAX];
	unsigned certs;
};

/* What a path comes to: the ruling that is told, whom it blames, and what each certificate has. */
struct cert_verdict {
	struct cert_path path;
	struct cert_ruling ruling;
	unsigned at;
	struct cert_ruling each[CERT_PATH_MAX];
};

/* cert_check.c: takes a ruling into a verdict, which keeps the one that people should be told. */
void cert_verdict_note(struct cert_verdict *v, unsigned at, struct cert_ruling r);

/* cert_rules.c: what RFC 5280 and the CA/Browser Forum's baseline requirements want of each certificate in its place. */
void cert_rules_apply(struct cert_verdict *v, const struct hf_cert_ask *ask);

/* cert_constraints.c: names below an issuer with nameConstraints, beyond what libcrypto judges. */
void cert_constraints_apply(struct cert_verdict *v);
/* How often a name is held against a subtree, by us and by libcrypto. */
uint64_t cert_constraints_cost(const struct cert_path *path);
bool cert_subtrees_are(const struct cert *c, bool letter); /* sound */

/* cert_chain.c: a path through libcrypto. */
hf_status cert_chain_apply(struct cert_verdict *v);

/* cert_crl.c */
void cert_crl_free(struct cert_crl *crl);
struct cert_ruling cert_crl_look_up(const struct hf_trust *t, const struct cert *c, const struct cert *issuer,
				    uint64_t unix_s);

/* cert_ocsp.c: the staple against the leaf and its issuer. */
struct cert_ruling cert_ocsp_judge(struct hf_bytes response, const struct cert *leaf, const struct cert *issuer,
				   uint64_t unix_s);

/*
 * cert_memory.c: certificates that were read before, paths that libcrypto found nothing wrong with, and revocation lists with
 * their issuers' signatures. All are facts about octets alone, whatever the time, the name and the peer, so they hold for as
 * long as they are remembered.
 */
HF_NODISCARD hf_status cert_memory_make(struct cert_memory **ret);
void cert_memory_free(struct cert_memory *m); /* NULL is allowed */
/* As cert_make(); the caller holds what it gets. */
HF_NODISCARD hf_status cert_memory_read(struct cert_memory *m, struct hf_bytes der, struct cert **ret, const char **ret_why);
bool cert_memory_knows_path(struct cert_memory *m, const struct cert_path *path);
void cert_memory_learn_path(struct cert_memory *m, const struct cert_path *path);
bool cert_memory_knows_list(struct cert_memory *m, const uint8_t list[32], const struct cert *issuer); /* list: its SHA-256 */
void cert_memory_learn_list(struct cert_memory *m, const uint8_t list[32], const struct cert *issuer);
/* cert_finish() for one that others may be using. */
bool cert_memory_finish(struct cert_memory *m, struct cert *c);
/* cert_view_of(), made once. */
void cert_memory_view(struct cert_memory *m, struct cert *c, struct hf_cert_view *ret);

/* cert_report.c */
void cert_view_of(const struct cert *c, bool from_trust, struct hf_cert_view *ret);
/*
 * Text from outside, made fit to be shown: UTF-8, controls and what turns the direction of writing as \x and \u, cut
 * with "..." where the room ends.
 */
void cert_text_put(char *to, size_t room, struct hf_bytes text);

#endif
