/* SPDX-License-Identifier: MIT */
/*
 * ML-KEM-768 of FIPS 203, where the libcrypto at hand has it: OpenSSL's has since 3.5. It is asked for by name, once; all else
 * is in the headers of 3.0 but for two names of parameters, so one program runs with either. The functions are called as
 * those of X25519 are (kex_ladder.c), which spares each handshake the looking up of algorithms.
 *
 * Keys come from the seed d || z of algorithm 16, and an encapsulation from the m of algorithm 17: a run can be replayed. A
 * library that did not take them would draw on its own, so it has to say that it knows them.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

#define NAME "ML-KEM-768"
#define KEY_SEED "seed"
#define ENCAPSULATION_SEED "ikme"

struct crypto_mlkem {
	EVP_KEYMGMT *held; /* keeps the provider where it is */
	void *provider;
	OSSL_FUNC_keymgmt_new_fn *key_new;
	OSSL_FUNC_keymgmt_free_fn *key_free;
	OSSL_FUNC_keymgmt_import_fn *key_import;
	OSSL_FUNC_keymgmt_get_params_fn *key_get_params;
	OSSL_FUNC_keymgmt_gen_init_fn *generation_new;
	OSSL_FUNC_keymgmt_gen_cleanup_fn *generation_free;
	OSSL_FUNC_keymgmt_gen_fn *generate;
	OSSL_FUNC_kem_newctx_fn *kem_new;
	OSSL_FUNC_kem_freectx_fn *kem_free;
	OSSL_FUNC_kem_encapsulate_init_fn *encapsulate_init;
	OSSL_FUNC_kem_encapsulate_fn *encapsulate;
	OSSL_FUNC_kem_decapsulate_init_fn *decapsulate_init;
	OSSL_FUNC_kem_decapsulate_fn *decapsulate;
};

#define WANTED(field, ID, fn) CRYPTO_WANTED(struct crypto_mlkem, field, ID, fn)

static const struct crypto_wanted of_keys[] = {
	WANTED(key_new, KEYMGMT_NEW, keymgmt_new),
	WANTED(key_free, KEYMGMT_FREE, keymgmt_free),
	WANTED(key_import, KEYMGMT_IMPORT, keymgmt_import),
	WANTED(key_get_params, KEYMGMT_GET_PARAMS, keymgmt_get_params),
	WANTED(generation_new, KEYMGMT_GEN_INIT, keymgmt_gen_init),
	WANTED(generation_free, KEYMGMT_GEN_CLEANUP, keymgmt_gen_cleanup),
	WANTED(generate, KEYMGMT_GEN, keymgmt_gen),
};

static const struct crypto_wanted of_kem[] = {
	WANTED(kem_new, KEM_NEWCTX, kem_newctx),
	WANTED(kem_free, KEM_FREECTX, kem_freectx),
	WANTED(encapsulate_init, KEM_ENCAPSULATE_INIT, kem_encapsulate_init),
	WANTED(encapsulate, KEM_ENCAPSULATE, kem_encapsulate),
	WANTED(decapsulate_init, KEM_DECAPSULATE_INIT, kem_decapsulate_init),
	WANTED(decapsulate, KEM_DECAPSULATE, kem_decapsulate),
};

static bool is_settable(const OSSL_PARAM *params, const char *name)
{
	return params && OSSL_PARAM_locate_const(params, name);
}

static bool takes_seeds(const EVP_KEYMGMT *keys)
{
	EVP_KEM *kem = EVP_KEM_fetch(NULL, NAME, NULL);
	bool good = kem && is_settable(EVP_KEYMGMT_gen_settable_params(keys), KEY_SEED) &&
		    is_settable(EVP_KEM_settable_ctx_params(kem), ENCAPSULATION_SEED);

	EVP_KEM_free(kem);
	return good;
}

struct crypto_mlkem *crypto_mlkem_open(void)
{
	struct crypto_mlkem *k = calloc(1, sizeof(*k));
	const OSSL_PROVIDER *p;

	if (!k)
		return NULL;
	k->held = EVP_KEYMGMT_fetch(NULL, NAME, NULL);
	if (k->held && takes_seeds(k->held)) {
		p = EVP_KEYMGMT_get0_provider(k->held);
		k->provider = OSSL_PROVIDER_get0_provider_ctx(p);
		if (crypto_provider_take(p, OSSL_OP_KEYMGMT, NAME, of_keys, HF_ARRAY_LEN(of_keys), k) &&
		    crypto_provider_take(p, OSSL_OP_KEM, NAME, of_kem, HF_ARRAY_LEN(of_kem), k))
			return k;
	}
	crypto_mlkem_close(k);
	crypto_failed(HF_UNSUPPORTED);
	return NULL;
}

void crypto_mlkem_close(struct crypto_mlkem *k)
{
	if (!k)
		return;
	EVP_KEYMGMT_free(k->held);
	free(k);
}

static int go_on(const OSSL_PARAM *progress, void *arg)
{
	(void)progress;
	(void)arg;
	return 1;
}

void *crypto_mlkem_generate(const struct crypto_mlkem *k, const uint8_t seed[CRYPTO_MLKEM_SEED],
			    uint8_t ret_public[CRYPTO_MLKEM_PUBLIC])
{
	const OSSL_PARAM with[] = {
		OSSL_PARAM_construct_octet_string(KEY_SEED, (void *)seed, CRYPTO_MLKEM_SEED),
		OSSL_PARAM_construct_end(),
	};
	OSSL_PARAM wanted[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, ret_public, CRYPTO_MLKEM_PUBLIC),
		OSSL_PARAM_construct_end(),
	};
	void *g = k->generation_new(k->provider, OSSL_KEYMGMT_SELECT_KEYPAIR, with);
	void *key = g ? k->generate(g, go_on, NULL) : NULL;

	if (g)
		k->generation_free(g);
	if (key && k->key_get_params(key, wanted) == 1 && wanted[0].return_size == CRYPTO_MLKEM_PUBLIC)
		return key;
	crypto_mlkem_drop(k, key);
	crypto_failed(HF_FULL);
	return NULL;
}

void crypto_mlkem_drop(const struct crypto_mlkem *k, void *key)
{
	if (key)
		k->key_free(key);
}

static hf_status encapsulate_to(const struct crypto_mlkem *k, void *peer, const uint8_t *seed, uint8_t *ret_ciphertext,
				uint8_t *ret_secret)
{
	const OSSL_PARAM with[] = {
		OSSL_PARAM_construct_octet_string(ENCAPSULATION_SEED, (void *)seed, CRYPTO_MLKEM_ENCAPSULATION_SEED),
		OSSL_PARAM_construct_end(),
	};
	size_t n = CRYPTO_MLKEM_CIPHERTEXT, secret_len = CRYPTO_MLKEM_SECRET;
	void *x = k->kem_new(k->provider);
	bool good = x && k->encapsulate_init(x, peer, with) == 1 &&
		    k->encapsulate(x, ret_ciphertext, &n, ret_secret, &secret_len) == 1 &&
		    n == CRYPTO_MLKEM_CIPHERTEXT && secret_len == CRYPTO_MLKEM_SECRET;

	if (x)
		k->kem_free(x);
	return good ? HF_OK : HF_FULL;
}

hf_status crypto_mlkem_encapsulate(const struct crypto_mlkem *k, const uint8_t public[CRYPTO_MLKEM_PUBLIC],
				   const uint8_t seed[CRYPTO_MLKEM_ENCAPSULATION_SEED],
				   uint8_t ret_ciphertext[CRYPTO_MLKEM_CIPHERTEXT], uint8_t ret_secret[CRYPTO_MLKEM_SECRET])
{
	const OSSL_PARAM its[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)public, CRYPTO_MLKEM_PUBLIC),
		OSSL_PARAM_construct_end(),
	};
	void *peer = k->key_new(k->provider);
	hf_status s = HF_FULL;

	/* Importing makes the checks of FIPS 203 7.2: a key of the right length fails them with a number beyond the modulus. */
	if (peer)
		s = k->key_import(peer, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, its) == 1 ? HF_OK : HF_MALFORMED;
	if (s == HF_OK)
		s = encapsulate_to(k, peer, seed, ret_ciphertext, ret_secret);
	crypto_mlkem_drop(k, peer);
	return s == HF_OK ? s : crypto_failed(s);
}

hf_status crypto_mlkem_decapsulate(const struct crypto_mlkem *k, void *key,
				   const uint8_t ciphertext[CRYPTO_MLKEM_CIPHERTEXT],
				   uint8_t ret_secret[CRYPTO_MLKEM_SECRET])
{
	size_t n = CRYPTO_MLKEM_SECRET;
	void *x = k->kem_new(k->provider);
	bool good = x && k->decapsulate_init(x, key, NULL) == 1 &&
		    k->decapsulate(x, ret_secret, &n, ciphertext, CRYPTO_MLKEM_CIPHERTEXT) == 1 &&
		    n == CRYPTO_MLKEM_SECRET;

	if (x)
		k->kem_free(x);
	return good ? HF_OK : crypto_failed(HF_FULL);
}
