/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_CRYPTO_CERT_BAKE_H
#define HF_TESTS_CRYPTO_CERT_BAKE_H

#include <openssl/x509.h>

#include "hf/cert.h"

/*
 * Certificates of any form, by libcrypto, for tests of what is wrong with them: a good one of its kind with one thing about
 * it changed. Extensions are lines "name=value" as libcrypto's configuration has them; a line takes the place of the one of
 * that name which its kind has by itself, "-name" leaves that out, "+name=value" comes beside it.
 */
enum bake_kind {
	BAKE_ROOT,
	BAKE_INTERMEDIATE,
	BAKE_LEAF,
};

#define BAKE_FROM 1704067200u /* 2024-01-01 */
#define BAKE_TO 1767225600u   /* 2026-01-01 */
#define BAKE_NOW 1735689600u  /* 2025-01-01 */

struct bake {
	const char *subject; /* "CN=a,O=b"; "" for an empty one; NULL for the kind's own */
	const char *issuer;  /* NULL: the issuer's subject */
	const char *lines;   /* of extensions */
	const char *key; /* "p256" when NULL; "p192", "secp256k1", "explicit", "rsa1024", "rsa2047", "rsa2048", "dsa", "ed25519" */
	const char *hash;   /* "SHA256" when NULL */
	const char *serial; /* in hexadecimal */
	uint64_t from, to;  /* 0: as above */
	bool version_1, outer_differs;
	EVP_PKEY *same_key; /* instead of a new one */
};

struct baked {
	X509 *x;
	EVP_PKEY *key;
	uint8_t *der;
	size_t len;
};

/* Signed by issuer, or by itself. What cannot be made fails the test. */
struct baked bake_cert(enum bake_kind kind, const struct baked *issuer, const struct bake *how);
void baked_free(struct baked *b);
static inline struct hf_bytes baked_bytes(const struct baked *b)
{
	return (struct hf_bytes){ b->der, b->len };
}

#endif
