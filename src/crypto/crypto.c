/* SPDX-License-Identifier: MIT */
/*
 * What is fetched by name from libcrypto is fetched here, once. The program's own choice of algorithms is not for
 * /etc/ssl/openssl.cnf to change: no configuration is read.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method(): see hf_crypto_fix_randomness() */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

static const char *const cipher_names[CRYPTO_AEAD_COUNT] = {
	[CRYPTO_AES_128_GCM] = "AES-128-GCM",
	[CRYPTO_AES_256_GCM] = "AES-256-GCM",
	[CRYPTO_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
};

static const char *const md_names[CRYPTO_HASH_COUNT] = {
	[CRYPTO_SHA256] = "SHA256",
	[CRYPTO_SHA384] = "SHA384",
	[CRYPTO_SHA512] = "SHA512",
};

static const int curve_nids[CRYPTO_CURVE_COUNT] = {
	[CRYPTO_CURVE_P256] = NID_X9_62_prime256v1,
	[CRYPTO_CURVE_P384] = NID_secp384r1,
	[CRYPTO_CURVE_P521] = NID_secp521r1,
};

/* libcrypto seals everywhere; Intel's library takes over where it is there and quicker. */
static void choose_aead(struct hf_crypto *c)
{
	for (unsigned i = 0; i < CRYPTO_AEAD_COUNT; i++)
		c->aead[i] = &crypto_aead_libcrypto;
#ifdef HF_IPSEC_MB
	c->ipsec_mb = crypto_ipsec_mb_open();
	for (unsigned i = 0; i < CRYPTO_AEAD_COUNT && c->ipsec_mb; i++) {
		c->ipsec_mb_aead[i] = crypto_ipsec_mb_backend(c->ipsec_mb, i);
		if (crypto_ipsec_mb_is_best(c->ipsec_mb, i))
			c->aead[i] = c->ipsec_mb_aead[i];
	}
#endif
}

hf_status hf_crypto_open(struct hf_crypto **ret)
{
	struct hf_crypto *c;
	bool good;

	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return crypto_failed(HF_SYSTEM);
	c = calloc(1, sizeof(*c));
	if (!c)
		return HF_FULL;
	good = true;
	for (unsigned i = 0; i < CRYPTO_AEAD_COUNT; i++) {
		c->cipher[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
		good = good && c->cipher[i];
	}
	for (unsigned i = 0; i < CRYPTO_HASH_COUNT; i++) {
		c->md[i] = EVP_MD_fetch(NULL, md_names[i], NULL);
		good = good && c->md[i];
	}
	for (unsigned i = 0; i < CRYPTO_CURVE_COUNT; i++) {
		c->curve[i] = EC_GROUP_new_by_curve_name(curve_nids[i]);
		good = good && c->curve[i];
	}
	for (unsigned i = 0; i < CRYPTO_LADDER_COUNT; i++)
		c->ladder[i] = crypto_ladder_open(i);
	c->mlkem = crypto_mlkem_open();
	choose_aead(c);
	if (!good) {
		hf_crypto_close(c);
		return crypto_failed(HF_SYSTEM);
	}
	*ret = c;
	return HF_OK;
}

void hf_crypto_close(struct hf_crypto *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < CRYPTO_AEAD_COUNT; i++)
		EVP_CIPHER_free(c->cipher[i]);
	for (unsigned i = 0; i < CRYPTO_HASH_COUNT; i++)
		EVP_MD_free(c->md[i]);
	for (unsigned i = 0; i < CRYPTO_CURVE_COUNT; i++)
		EC_GROUP_free(c->curve[i]);
	for (unsigned i = 0; i < CRYPTO_LADDER_COUNT; i++)
		crypto_ladder_close(c->ladder[i]);
	crypto_mlkem_close(c->mlkem);
#ifdef HF_IPSEC_MB
	crypto_ipsec_mb_close(c->ipsec_mb);
#endif
	free(c);
}

hf_status crypto_failed(hf_status s)
{
	ERR_clear_error();
	return s;
}

/* ---- randomness that repeats ---- */

/* SHA-256 over the seed and a counter. libcrypto has one source for the whole process, so this too is one. */
static struct {
	pthread_mutex_t lock;
	uint8_t seed[32];
	uint64_t counter;
} fixed = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int draw(unsigned char *to, int n)
{
	uint8_t block[32], number[8];

	pthread_mutex_lock(&fixed.lock);
	while (n > 0) {
		struct crypto_hash h;
		int part = n < (int)sizeof(block) ? n : (int)sizeof(block);

		hf_store32(number, (uint32_t)(fixed.counter >> 32));
		hf_store32(number + 4, (uint32_t)fixed.counter);
		crypto_hash_init(&h, CRYPTO_SHA256);
		crypto_hash_add(&h, (struct hf_bytes){ fixed.seed, sizeof(fixed.seed) });
		crypto_hash_add(&h, (struct hf_bytes){ number, sizeof(number) });
		crypto_hash_peek(&h, block);
		memcpy(to, block, (size_t)part);
		fixed.counter++;
		to += part;
		n -= part;
	}
	pthread_mutex_unlock(&fixed.lock);
	return 1;
}

static int is_ready(void)
{
	return 1;
}

void hf_crypto_fix_randomness(const uint8_t seed[32])
{
	static const RAND_METHOD method = { .bytes = draw, .pseudorand = draw, .status = is_ready };

	if (!seed) {
		RAND_set_rand_method(NULL);
		return;
	}
	pthread_mutex_lock(&fixed.lock);
	memcpy(fixed.seed, seed, sizeof(fixed.seed));
	fixed.counter = 0;
	pthread_mutex_unlock(&fixed.lock);
	RAND_set_rand_method(&method);
}
