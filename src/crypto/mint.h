/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_MINT_H
#define HF_CRYPTO_MINT_H

#include "crypto/key.h"
#include "hf/cert.h"

/*
 * Certificates of our own: an authority of two (a root, which is to be trusted, and an intermediate, which issues), leaves of
 * it, good ones and every bad kind, revocation lists and OCSP answers. Times come from the caller; keys, serial numbers and
 * signatures from libcrypto's randomness, so that they repeat after hf_crypto_fix_randomness().
 */
enum mint_bad {
	MINT_GOOD,
#define B(name, code, what) MINT_##name,
#include "crypto/mint_bad.def"
#undef B
	MINT_BAD_COUNT
};

const char *mint_bad_code(enum mint_bad bad); /* "expired"; "" for MINT_GOOD */
const char *mint_bad_what(enum mint_bad bad);
bool mint_bad_find(const char *code, enum mint_bad *ret);

/* Octets or text that was made; zero-terminated besides. mint_blob_free() wipes it, and allows an empty one. */
struct mint_blob {
	char *at;
	size_t len;
};

void mint_blob_free(struct mint_blob *b);

/* ---- an authority ---- */

struct mint_ca;

struct mint_ca_ask {
	const char *name; /* "Handfast local": the names of both begin with it and end with a part of their key's hash */
	enum crypto_key_kind key; /* of both; P-256 does for most */
	unsigned bits;            /* of RSA */
	uint64_t not_before, not_after;
};

/* HF_OK, HF_UNSUPPORTED (kind of key), HF_SYSTEM, HF_FULL. */
HF_NODISCARD hf_status mint_ca_make(const struct hf_crypto *c, const struct mint_ca_ask *ask, struct mint_ca **ret);

enum mint_ca_part {
	MINT_ROOT,
	MINT_INTERMEDIATE,
};

/* As PEM: what mint_ca_load() reads. */
HF_NODISCARD hf_status mint_ca_cert(const struct mint_ca *ca, enum mint_ca_part part, struct mint_blob *ret);
HF_NODISCARD hf_status mint_ca_key(const struct mint_ca *ca, enum mint_ca_part part, struct mint_blob *ret);

struct mint_ca_texts {
	struct hf_bytes cert[2], key[2]; /* by mint_ca_part */
};

/* HF_OK; HF_MALFORMED, HF_MISMATCH, HF_UNSUPPORTED as hf_cred_load() has them, *ret_part says which of the two; HF_FULL. */
HF_NODISCARD hf_status mint_ca_load(const struct hf_crypto *c, const struct mint_ca_texts *texts, struct mint_ca **ret,
				    enum mint_ca_part *ret_part, struct hf_cert_trouble *ret_trouble);
void mint_ca_free(struct mint_ca *ca); /* NULL is allowed */

/* ---- a leaf ---- */

#define MINT_NAMES_MAX 32u

struct mint_leaf_ask {
	const struct hf_bytes *names; /* hosts (the first label may be *) and addresses; the first is the common name, too */
	size_t name_count;
	enum crypto_key_kind key;
	unsigned bits; /* of RSA */
	enum hf_cert_purpose purpose;
	uint64_t now_s;
	unsigned days;         /* from now on */
	const uint8_t *serial; /* 1 to 20 octets, positive; NULL: drawn */
	size_t serial_len;
	bool must_staple; /* RFC 7633 */
	enum mint_bad bad;
};

struct mint_leaf {
	struct mint_blob chain; /* PEM, leaf first, as it is to be sent */
	struct mint_blob key;   /* PEM */
	struct mint_blob crl;   /* PEM; of a revoked one */
	struct mint_blob ocsp;  /* DER; of a revoked one */
};

/* HF_OK; HF_INVALID: a name is none, or there are too many; HF_UNSUPPORTED: this cannot be made with such a key; HF_FULL. */
HF_NODISCARD hf_status mint_leaf_make(const struct mint_ca *ca, const struct mint_leaf_ask *ask, struct mint_leaf *ret);
void mint_leaf_free(struct mint_leaf *l);

/* ---- revocation ---- */

enum mint_status {
	MINT_STATUS_GOOD,
	MINT_STATUS_REVOKED,
	MINT_STATUS_UNKNOWN,
};

struct mint_ocsp_ask {
	struct hf_bytes leaf; /* a certificate that the intermediate has signed: PEM (the first block counts) or DER */
	enum mint_status status;
	uint64_t this_update, next_update; /* next_update 0: none */
	bool delegated;                    /* signed by a responder that the intermediate makes for it */
};

/* DER. HF_OK, HF_MALFORMED (leaf), HF_SYSTEM, HF_FULL. */
HF_NODISCARD hf_status mint_ocsp_make(const struct mint_ca *ca, const struct mint_ocsp_ask *ask, struct mint_blob *ret);

/* A list of the intermediate's as PEM: serial numbers as they stand in the certificates. HF_OK, HF_SYSTEM, HF_FULL. */
HF_NODISCARD hf_status mint_crl_make(const struct mint_ca *ca, const struct hf_bytes *serials, size_t count,
				     uint64_t this_update, uint64_t next_update, struct mint_blob *ret);

#endif
