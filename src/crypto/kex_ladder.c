/* SPDX-License-Identifier: MIT */
/*
 * X25519 and X448 of RFC 7748. One multiplication takes some 30 us; libcrypto's usual way to it (a key object, a context, an
 * algorithm looked up for each) costs 8 us more, and it makes public values with a slower formula. So we ask its provider
 * once for the functions behind all that, which are the stable interface that provider-core.h declares, and call them. A
 * public value is what the secret makes of the base point (RFC 7748 6.1), by the same multiplication as the shared secret.
 *
 * Secrets need no clamping here: the multiplication does it, on a copy.
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

#define SIZE_MAX_OF_LADDERS 56u

struct crypto_ladder {
	EVP_KEYMGMT *held; /* keeps the provider where it is */
	void *provider;
	const uint8_t *base;
	size_t size;
	OSSL_FUNC_keymgmt_new_fn *key_new;
	OSSL_FUNC_keymgmt_free_fn *key_free;
	OSSL_FUNC_keymgmt_import_fn *key_import;
	OSSL_FUNC_keyexch_newctx_fn *exchange_new;
	OSSL_FUNC_keyexch_freectx_fn *exchange_free;
	OSSL_FUNC_keyexch_init_fn *exchange_init;
	OSSL_FUNC_keyexch_set_peer_fn *exchange_set_peer;
	OSSL_FUNC_keyexch_derive_fn *exchange_derive;
};

static const struct {
	const char *name;
	size_t size;
	uint8_t base[SIZE_MAX_OF_LADDERS]; /* RFC 7748 4.1, 4.2: u = 9, u = 5 */
} ladders[CRYPTO_LADDER_COUNT] = {
	[CRYPTO_LADDER_X25519] = { "X25519", 32, { 9 } },
	[CRYPTO_LADDER_X448] = { "X448", 56, { 5 } },
};

#define WANTED(field, ID, fn) CRYPTO_WANTED(struct crypto_ladder, field, ID, fn)

static const struct crypto_wanted of_keys[] = {
	WANTED(key_new, KEYMGMT_NEW, keymgmt_new),
	WANTED(key_free, KEYMGMT_FREE, keymgmt_free),
	WANTED(key_import, KEYMGMT_IMPORT, keymgmt_import),
};

static const struct crypto_wanted of_exchange[] = {
	WANTED(exchange_new, KEYEXCH_NEWCTX, keyexch_newctx),
	WANTED(exchange_free, KEYEXCH_FREECTX, keyexch_freectx),
	WANTED(exchange_init, KEYEXCH_INIT, keyexch_init),
	WANTED(exchange_set_peer, KEYEXCH_SET_PEER, keyexch_set_peer),
	WANTED(exchange_derive, KEYEXCH_DERIVE, keyexch_derive),
};

struct crypto_ladder *crypto_ladder_open(enum crypto_ladder_id id)
{
	const char *name = ladders[id].name;
	struct crypto_ladder *l = calloc(1, sizeof(*l));
	const OSSL_PROVIDER *p;

	if (!l)
		return NULL;
	l->size = ladders[id].size;
	l->base = ladders[id].base;
	l->held = EVP_KEYMGMT_fetch(NULL, name, NULL);
	if (l->held) {
		p = EVP_KEYMGMT_get0_provider(l->held);
		l->provider = OSSL_PROVIDER_get0_provider_ctx(p);
		if (crypto_provider_take(p, OSSL_OP_KEYMGMT, name, of_keys, HF_ARRAY_LEN(of_keys), l) &&
		    crypto_provider_take(p, OSSL_OP_KEYEXCH, name, of_exchange, HF_ARRAY_LEN(of_exchange), l))
			return l;
	}
	crypto_ladder_close(l);
	crypto_failed(HF_UNSUPPORTED);
	return NULL;
}

void crypto_ladder_close(struct crypto_ladder *l)
{
	if (!l)
		return;
	EVP_KEYMGMT_free(l->held);
	free(l);
}

/* A key object of the provider. Without a public value it would reckon one, so a secret comes with any. */
static void *import(const struct crypto_ladder *l, const uint8_t *secret, const uint8_t *public)
{
	OSSL_PARAM params[3], *p = params;
	void *key = l->key_new(l->provider);

	*p++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)public, l->size);
	if (secret)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)secret, l->size);
	*p = OSSL_PARAM_construct_end();
	if (key && l->key_import(key, secret ? OSSL_KEYMGMT_SELECT_KEYPAIR : OSSL_KEYMGMT_SELECT_PUBLIC_KEY, params) == 1)
		return key;
	l->key_free(key);
	return NULL;
}

static hf_status multiply(const struct crypto_ladder *l, void *key, const uint8_t *point, uint8_t *ret)
{
	static const uint8_t zeros[SIZE_MAX_OF_LADDERS];
	void *peer = import(l, NULL, point), *x = l->exchange_new(l->provider);
	hf_status s = HF_FULL;
	size_t n = l->size;

	/* Setting up fails for want of memory only, deriving for a product of zero only. */
	if (peer && x && l->exchange_init(x, key, NULL) == 1 && l->exchange_set_peer(x, peer) == 1)
		s = l->exchange_derive(x, ret, &n, l->size) == 1 && !crypto_equal(ret, zeros, l->size) ? HF_OK
												       : HF_MALFORMED;
	if (x)
		l->exchange_free(x);
	if (peer)
		l->key_free(peer);
	return s;
}

hf_status crypto_ladder_climb(const struct crypto_ladder *l, const uint8_t *secret, uint8_t *ret_public,
			      const uint8_t *peer, uint8_t *ret_shared)
{
	void *key = import(l, secret, l->base);
	hf_status s = key ? HF_OK : HF_FULL;

	if (s == HF_OK && ret_shared)
		s = multiply(l, key, peer, ret_shared);
	if (s == HF_OK && ret_public)
		s = multiply(l, key, l->base, ret_public);
	if (key)
		l->key_free(key);
	return s == HF_OK ? s : crypto_failed(s);
}
