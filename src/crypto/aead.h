/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_AEAD_H
#define HF_CRYPTO_AEAD_H

#include "hf/crypto.h"

/*
 * Authenticated encryption with associated data (RFC 5116) behind one small interface, with two backends: libcrypto, and
 * Intel's multi-buffer library where the program was built with it and the processor can. Nothing is fetched or taken per
 * message; a key's context is made once, by crypto_aead_set().
 */
enum crypto_aead_id {
	CRYPTO_AES_128_GCM,
	CRYPTO_AES_256_GCM,
	CRYPTO_CHACHA20_POLY1305,
	CRYPTO_AEAD_COUNT,
};

#define CRYPTO_AEAD_KEY_MAX 32u
#define CRYPTO_AEAD_NONCE 12u
#define CRYPTO_AEAD_TAG 16u

#define crypto_room hf_room /* an item of a scatter list */

struct crypto_aead {
	const struct crypto_aead_backend *backend; /* NULL: no key is set */
	void *ctx;
	uint8_t id;
	bool seals;
};

size_t crypto_aead_key_size(enum crypto_aead_id id);

/* A key for one direction. HF_OK, HF_FULL (no memory). A key set before is cleared. */
HF_NODISCARD hf_status crypto_aead_set(struct crypto_aead *a, const struct hf_crypto *c, enum crypto_aead_id id,
				       const uint8_t *key, bool seals);
/* Wipes the key; an empty one is allowed. */
void crypto_aead_clear(struct crypto_aead *a);

/*
 * Writes the ciphertext of all of in[], then the tag, over out[] in order; out[] must have room for exactly or more than
 * that. Pieces may lie anywhere; an output piece may be the very input piece it comes from (in place).
 */
void crypto_aead_seal(struct crypto_aead *a, const uint8_t nonce[CRYPTO_AEAD_NONCE], struct hf_bytes aad,
		      const struct hf_bytes *in, size_t ins, const struct crypto_room *out, size_t outs);

/*
 * The reverse: the last 16 octets of in[] (they may straddle two pieces) are the tag. False, and out[] holds nothing to be
 * used, when it does not fit or the input is shorter than a tag.
 */
HF_NODISCARD bool crypto_aead_open(struct crypto_aead *a, const uint8_t nonce[CRYPTO_AEAD_NONCE], struct hf_bytes aad,
				   const struct hf_bytes *in, size_t ins, const struct crypto_room *out, size_t outs);

#endif
