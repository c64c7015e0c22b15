/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_INTERNAL_H
#define HF_CRYPTO_INTERNAL_H

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/kex.h"
#include "crypto/key.h"

/* What the files of this folder share. Nobody else sees a header of libcrypto. */

struct hf_crypto {
	const struct crypto_aead_backend *aead[CRYPTO_AEAD_COUNT];
	EVP_CIPHER *cipher[CRYPTO_AEAD_COUNT];
	EVP_MD *md[CRYPTO_HASH_COUNT];
};

/* A private key. pkey is always there; the rest is prepared from it once, by crypto_key_of_pkey(). */
struct hf_key {
	EVP_PKEY *pkey;
	enum crypto_key_kind kind;
	unsigned bits;
};

/* A public key. */
struct crypto_pub {
	EVP_PKEY *pkey;
	enum crypto_key_kind kind;
	unsigned bits;
};

/* Take over pkey in any case, freed when it fails. HF_OK, HF_UNSUPPORTED (a kind TLS does not know), HF_FULL. */
HF_NODISCARD hf_status crypto_key_of_pkey(const struct hf_crypto *c, EVP_PKEY *pkey, struct hf_key **ret);
HF_NODISCARD hf_status crypto_pub_of_pkey(const struct hf_crypto *c, EVP_PKEY *pkey, struct crypto_pub **ret);
enum crypto_key_kind crypto_pkey_kind(const EVP_PKEY *pkey);

/* Empties libcrypto's queue of errors and hands the status on: whatever fails must leave nothing for the next to trip over. */
hf_status crypto_failed(hf_status s);

#endif
