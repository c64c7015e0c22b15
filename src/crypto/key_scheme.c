/* SPDX-License-Identifier: MIT */
#include <openssl/rsa.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

#define PKCS1_OVERHEAD 11u     /* RFC 8017 9.2: 00 01, at least eight ff, 00 */
#define DIGEST_INFO_PREFIX 19u /* RFC 8017 9.2 note 1, for SHA-256 and its family */

const struct crypto_scheme crypto_schemes[CRYPTO_SCHEMES] = {
	{ 0x0401, CRYPTO_RSA_PKCS1, CRYPTO_SHA256, CRYPTO_KEY_RSA },
	{ 0x0501, CRYPTO_RSA_PKCS1, CRYPTO_SHA384, CRYPTO_KEY_RSA },
	{ 0x0601, CRYPTO_RSA_PKCS1, CRYPTO_SHA512, CRYPTO_KEY_RSA },
	{ 0x0403, CRYPTO_ECDSA, CRYPTO_SHA256, CRYPTO_KEY_P256 },
	{ 0x0503, CRYPTO_ECDSA, CRYPTO_SHA384, CRYPTO_KEY_P384 },
	{ 0x0603, CRYPTO_ECDSA, CRYPTO_SHA512, CRYPTO_KEY_P521 },
	{ 0x0804, CRYPTO_RSA_PSS, CRYPTO_SHA256, CRYPTO_KEY_RSA },
	{ 0x0805, CRYPTO_RSA_PSS, CRYPTO_SHA384, CRYPTO_KEY_RSA },
	{ 0x0806, CRYPTO_RSA_PSS, CRYPTO_SHA512, CRYPTO_KEY_RSA },
	{ 0x0809, CRYPTO_RSA_PSS, CRYPTO_SHA256, CRYPTO_KEY_RSA_PSS },
	{ 0x080a, CRYPTO_RSA_PSS, CRYPTO_SHA384, CRYPTO_KEY_RSA_PSS },
	{ 0x080b, CRYPTO_RSA_PSS, CRYPTO_SHA512, CRYPTO_KEY_RSA_PSS },
	{ 0x0807, CRYPTO_EDDSA, 0, CRYPTO_KEY_ED25519 },
	{ 0x0808, CRYPTO_EDDSA, 0, CRYPTO_KEY_ED448 },
};

const struct crypto_scheme *crypto_scheme_find(uint16_t number)
{
	for (size_t i = 0; i < CRYPTO_SCHEMES; i++)
		if (crypto_schemes[i].number == number)
			return &crypto_schemes[i];
	return NULL;
}

bool crypto_scheme_fits(enum crypto_key_kind kind, unsigned bits, uint16_t scheme, uint16_t version)
{
	const struct crypto_scheme *s = crypto_scheme_find(scheme);
	bool is_13 = version >= 0x0304;
	size_t hash;

	if (!s)
		return false;
	if (s->family == CRYPTO_ECDSA)
		return is_13 ? kind == s->kind
			     : kind == CRYPTO_KEY_P256 || kind == CRYPTO_KEY_P384 || kind == CRYPTO_KEY_P521;
	if (kind != s->kind)
		return false;
	hash = crypto_hash_size(s->hash);
	if (s->family == CRYPTO_RSA_PKCS1)
		return !is_13 && (bits + 7) / 8 >= PKCS1_OVERHEAD + DIGEST_INFO_PREFIX + hash;
	if (s->family == CRYPTO_RSA_PSS)
		return bits > 0 && (bits - 1 + 7) / 8 >= 2 * hash + 2; /* RFC 8017 9.1.1, with a salt as long as the hash */
	return true;
}

bool crypto_scheme_apply(const struct crypto_scheme *s, const struct hf_crypto *c, EVP_PKEY_CTX *ctx)
{
	switch (s->family) {
	case CRYPTO_RSA_PKCS1:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, c->md[s->hash]) == 1;
	case CRYPTO_RSA_PSS:
		/* RFC 8446 4.2.3: MGF1 with the same hash, a salt of its length. */
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(ctx, c->md[s->hash]) == 1 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, c->md[s->hash]) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	case CRYPTO_ECDSA: /* takes any hash as it comes */
	case CRYPTO_EDDSA:
		return true;
	}
	return false;
}
