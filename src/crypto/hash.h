/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_HASH_H
#define HF_CRYPTO_HASH_H

#include "hf/crypto.h"

/*
 * Hashes as values: no memory is taken, and a copy of the struct is a fork of the computation (a transcript's hash is asked
 * for in its middle). HMAC, HKDF (RFC 5869) with the labels of RFC 8446 7.1, and the PRF of RFC 5246 5 stand on them.
 */
enum crypto_hash_id {
	CRYPTO_SHA256,
	CRYPTO_SHA384,
	CRYPTO_SHA512,
	CRYPTO_HASH_COUNT,
};

#define CRYPTO_HASH_MAX 64u /* octets of the longest of these */
#define CRYPTO_BLOCK_MAX 128u

struct crypto_hash {
	_Alignas(8) uint8_t room[224]; /* libcrypto's own context */
	uint8_t id;
};

struct crypto_hmac {
	struct crypto_hash inner, outer;
};

size_t crypto_hash_size(enum crypto_hash_id id); /* 32, 48, 64 */
void crypto_hash_init(struct crypto_hash *h, enum crypto_hash_id id);
void crypto_hash_add(struct crypto_hash *h, struct hf_bytes b);
/* The hash so far; the computation can go on. */
void crypto_hash_peek(const struct crypto_hash *h, uint8_t *ret);
void crypto_hash_of(enum crypto_hash_id id, struct hf_bytes b, uint8_t *ret);

void crypto_hmac_init(struct crypto_hmac *m, enum crypto_hash_id id, struct hf_bytes key);
void crypto_hmac_add(struct crypto_hmac *m, struct hf_bytes b);
void crypto_hmac_end(struct crypto_hmac *m, uint8_t *ret); /* and wipes it */
void crypto_hmac_of(enum crypto_hash_id id, struct hf_bytes key, struct hf_bytes b, uint8_t *ret);

/* RFC 5869 2.2; salt may be empty. ret has the hash's size. */
void crypto_hkdf_extract(enum crypto_hash_id id, struct hf_bytes salt, struct hf_bytes ikm, uint8_t *ret);
/* RFC 5869 2.3; n at most 255 hashes. */
void crypto_hkdf_expand(enum crypto_hash_id id, struct hf_bytes prk, struct hf_bytes info, uint8_t *ret, size_t n);
/* RFC 8446 7.1: label without its "tls13 " in front, at most 249 octets; context at most 255. */
void crypto_hkdf_label(enum crypto_hash_id id, struct hf_bytes secret, const char *label, struct hf_bytes context,
		       uint8_t *ret, size_t n);
/* RFC 5246 5: P_hash with the suite's hash over label and the two parts of a seed. */
void crypto_tls12_prf(enum crypto_hash_id id, struct hf_bytes secret, const char *label, struct hf_bytes seed1,
		      struct hf_bytes seed2, uint8_t *ret, size_t n);

/* Takes as long for any contents. */
bool crypto_equal(const void *a, const void *b, size_t n);
/* Overwrites for certain, whatever the compiler thinks. */
void crypto_wipe(void *p, size_t n);

#endif
