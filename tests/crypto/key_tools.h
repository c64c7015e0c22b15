/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_CRYPTO_KEY_TOOLS_H
#define HF_TESTS_CRYPTO_KEY_TOOLS_H

#include <openssl/x509.h>

#include "crypto/crypto_internal.h"
#include "hex.h"

/* The public half of a private key, by way of its SubjectPublicKeyInfo. */
static inline struct hf_bytes spki_of(const struct hf_key *k, uint8_t *room)
{
	unsigned char *at = room;
	int n = i2d_PUBKEY(k->pkey, &at);

	assert_true(n > 0);
	return BYTES(room, (size_t)n);
}

static inline struct crypto_pub *pub_of(const struct hf_crypto *c, const struct hf_key *k)
{
	struct crypto_pub *p = NULL;
	uint8_t room[2048];

	assert_int_equal(crypto_pub_of_spki(c, spki_of(k, room), &p), HF_OK);
	return p;
}

static inline struct hf_key *make_key(const struct hf_crypto *c, enum crypto_key_kind kind, unsigned bits)
{
	struct hf_key *k = NULL;

	assert_int_equal(crypto_key_make(c, kind, bits, &k), HF_OK);
	return k;
}

#endif
