/* SPDX-License-Identifier: MIT */
/*
 * Sealing with libcrypto. A context holds its expanded key; for each message only the nonce is set. Nothing here can fail
 * once the context is made but opening with a wrong tag: a failure of another kind would be a fault of ours.
 */
#include <openssl/evp.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

static void *make(const struct crypto_aead_backend *self, const struct hf_crypto *c, enum crypto_aead_id id,
		  const uint8_t *key, bool seals)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	(void)self;
	if (ctx && EVP_CipherInit_ex2(ctx, c->cipher[id], key, NULL, seals, NULL) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	crypto_failed(HF_FULL);
	return NULL;
}

static void drop(const struct crypto_aead_backend *self, void *ctx)
{
	(void)self;
	EVP_CIPHER_CTX_free(ctx);
}

static void start(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *nonce, struct hf_bytes aad)
{
	int n;

	(void)run;
	HF_ASSERT(EVP_CipherInit_ex2(a->ctx, NULL, NULL, nonce, -1, NULL) == 1);
	if (aad.len > 0)
		HF_ASSERT(EVP_CipherUpdate(a->ctx, NULL, &n, aad.at, (int)aad.len) == 1);
}

static void add(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *in, uint8_t *out, size_t n)
{
	int wrote;

	(void)run;
	HF_ASSERT(EVP_CipherUpdate(a->ctx, out, &wrote, in, (int)n) == 1 && wrote == (int)n);
}

static bool end(const struct crypto_aead *a, struct crypto_aead_run *run, uint8_t *tag)
{
	uint8_t none[CRYPTO_AEAD_TAG];
	int n;

	(void)run;
	if (a->seals) {
		HF_ASSERT(EVP_CipherFinal_ex(a->ctx, none, &n) == 1 && n == 0);
		HF_ASSERT(EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_GET_TAG, CRYPTO_AEAD_TAG, tag) == 1);
		return true;
	}
	HF_ASSERT(EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_TAG, CRYPTO_AEAD_TAG, tag) == 1);
	if (EVP_CipherFinal_ex(a->ctx, none, &n) == 1)
		return true;
	crypto_failed(HF_MALFORMED);
	return false;
}

const struct crypto_aead_backend crypto_aead_libcrypto = {
	.name = "libcrypto",
	.make = make,
	.drop = drop,
	.start = start,
	.add = add,
	.end = end,
};
