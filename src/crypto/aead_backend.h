/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_AEAD_BACKEND_H
#define HF_CRYPTO_AEAD_BACKEND_H

#include "crypto/aead.h"

/*
 * Who computes behind crypto/aead.h: one of these for each algorithm and library. aead.c cuts a message into pieces that
 * have one input and one output, and hands them over in order.
 */
struct crypto_aead_run {
	_Alignas(16) uint8_t room[192]; /* what a message under way keeps */
};

struct crypto_aead_backend {
	const char *name;
	/* The context of a key; NULL: no memory. */
	void *(*make)(const struct crypto_aead_backend *self, const struct hf_crypto *c, enum crypto_aead_id id,
		      const uint8_t *key, bool seals);
	void (*drop)(const struct crypto_aead_backend *self, void *ctx);
	void (*start)(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *nonce, struct hf_bytes aad);
	void (*add)(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *in, uint8_t *out, size_t n);
	/* Sealing: writes the tag. Opening: is it this tag? */
	bool (*end)(const struct crypto_aead *a, struct crypto_aead_run *run, uint8_t *tag);
	/* The three in one, where that is quicker; may be NULL. */
	bool (*whole)(const struct crypto_aead *a, const uint8_t *nonce, struct hf_bytes aad, const uint8_t *in,
		      uint8_t *out, size_t n, uint8_t *tag);
};

#define CRYPTO_AEAD_BACKENDS 2u

/* All that can be used here for this algorithm; returns how many. The first is libcrypto's. */
size_t crypto_aead_backends(const struct hf_crypto *c, enum crypto_aead_id id,
			    const struct crypto_aead_backend *ret[CRYPTO_AEAD_BACKENDS]);
/* As crypto_aead_set(), with one of these. */
HF_NODISCARD hf_status crypto_aead_set_with(struct crypto_aead *a, const struct hf_crypto *c,
					    const struct crypto_aead_backend *backend, enum crypto_aead_id id,
					    const uint8_t *key, bool seals);

extern const struct crypto_aead_backend crypto_aead_libcrypto;

struct crypto_ipsec_mb;

/* NULL when the processor cannot, or there is no memory. */
struct crypto_ipsec_mb *crypto_ipsec_mb_open(void);
void crypto_ipsec_mb_close(struct crypto_ipsec_mb *mb); /* NULL is allowed */
const struct crypto_aead_backend *crypto_ipsec_mb_backend(const struct crypto_ipsec_mb *mb, enum crypto_aead_id id);
/* Is it the quicker one here? */
bool crypto_ipsec_mb_is_best(const struct crypto_ipsec_mb *mb, enum crypto_aead_id id);

#endif
