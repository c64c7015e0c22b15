/* SPDX-License-Identifier: MIT */
/*
 * Private keys. What a signature needs besides its content is made ready when the key is: a context for each scheme that
 * fits. Signing copies one, so that threads can share a key.
 */
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/cert_der.h"
#include "crypto/crypto_internal.h"

#define KEY_TEXT_MAX (1u << 20)
#define RSA_BITS_MIN 512u
#define RSA_BITS_MAX (8u * CRYPTO_SIG_MAX)

enum crypto_key_kind crypto_key_kind(const struct hf_key *k)
{
	return k->kind;
}

unsigned crypto_key_bits(const struct hf_key *k)
{
	return k->bits;
}

static enum crypto_key_kind find_kind(const EVP_PKEY *pkey)
{
	char curve[32];

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		return CRYPTO_KEY_RSA;
	case EVP_PKEY_RSA_PSS:
		return CRYPTO_KEY_RSA_PSS;
	case EVP_PKEY_ED25519:
		return CRYPTO_KEY_ED25519;
	case EVP_PKEY_ED448:
		return CRYPTO_KEY_ED448;
	case EVP_PKEY_EC:
		if (EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) != 1)
			return CRYPTO_KEY_OTHER;
		switch (OBJ_txt2nid(curve)) {
		case NID_X9_62_prime256v1:
			return CRYPTO_KEY_P256;
		case NID_secp384r1:
			return CRYPTO_KEY_P384;
		case NID_secp521r1:
			return CRYPTO_KEY_P521;
		default:
			return CRYPTO_KEY_OTHER;
		}
	default:
		return CRYPTO_KEY_OTHER;
	}
}

static bool is_usable(const EVP_PKEY *pkey)
{
	return find_kind(pkey) != CRYPTO_KEY_OTHER && EVP_PKEY_get_size(pkey) <= (int)CRYPTO_SIG_MAX;
}

/* A key may still refuse a scheme that fits by its kind: id-RSASSA-PSS can be bound to one hash (RFC 4055 3.1). */
static bool make_signers(const struct hf_crypto *c, struct hf_key *k)
{
	for (size_t i = 0; i < CRYPTO_SCHEMES; i++) {
		const struct crypto_scheme *s = &crypto_schemes[i];
		EVP_PKEY_CTX *ctx;

		if (s->family == CRYPTO_EDDSA || !crypto_scheme_fits(k->kind, k->bits, s->number, 0x0303))
			continue;
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
		if (!ctx || EVP_PKEY_sign_init(ctx) != 1) {
			EVP_PKEY_CTX_free(ctx);
			return false;
		}
		if (crypto_scheme_apply(s, c, ctx)) {
			k->signer[i] = ctx;
			continue;
		}
		EVP_PKEY_CTX_free(ctx);
		ERR_clear_error();
	}
	if (k->kind != CRYPTO_KEY_ED25519 && k->kind != CRYPTO_KEY_ED448)
		return true;
	k->whole_signer = EVP_MD_CTX_new();
	return k->whole_signer && EVP_DigestSignInit(k->whole_signer, NULL, NULL, NULL, k->pkey) == 1;
}

hf_status crypto_key_of_pkey(const struct hf_crypto *c, EVP_PKEY *pkey, struct hf_key **ret)
{
	struct hf_key *k = calloc(1, sizeof(*k));

	if (!k) {
		EVP_PKEY_free(pkey);
		return HF_FULL;
	}
	k->pkey = pkey;
	k->kind = find_kind(pkey);
	k->bits = (unsigned)EVP_PKEY_get_bits(pkey);
	if (!is_usable(pkey)) {
		crypto_key_free(k);
		return crypto_failed(HF_UNSUPPORTED);
	}
	if (!make_signers(c, k)) {
		crypto_key_free(k);
		return crypto_failed(HF_FULL);
	}
	*ret = k;
	return HF_OK;
}

void crypto_key_free(struct hf_key *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < CRYPTO_SCHEMES; i++)
		EVP_PKEY_CTX_free(k->signer[i]);
	EVP_MD_CTX_free(k->whole_signer);
	EVP_PKEY_free(k->pkey);
	free(k);
}

static EVP_PKEY *generate(const char *type, unsigned bits, const char *curve)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && (bits == 0 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1) &&
	    (!curve || EVP_PKEY_CTX_set_group_name(ctx, curve) == 1))
		EVP_PKEY_generate(ctx, &pkey);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

hf_status crypto_key_make(const struct hf_crypto *c, enum crypto_key_kind kind, unsigned bits, struct hf_key **ret)
{
	static const struct {
		const char *type, *curve;
	} kinds[] = {
		[CRYPTO_KEY_RSA] = { "RSA", NULL },     [CRYPTO_KEY_RSA_PSS] = { "RSA-PSS", NULL },
		[CRYPTO_KEY_P256] = { "EC", "P-256" },  [CRYPTO_KEY_P384] = { "EC", "P-384" },
		[CRYPTO_KEY_P521] = { "EC", "P-521" },  [CRYPTO_KEY_ED25519] = { "ED25519", NULL },
		[CRYPTO_KEY_ED448] = { "ED448", NULL },
	};
	bool is_rsa = kind == CRYPTO_KEY_RSA || kind == CRYPTO_KEY_RSA_PSS;
	EVP_PKEY *pkey;

	if ((size_t)kind >= HF_ARRAY_LEN(kinds) || !kinds[kind].type ||
	    (is_rsa && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)))
		return HF_UNSUPPORTED;
	pkey = generate(kinds[kind].type, is_rsa ? bits : 0, kinds[kind].curve);
	return pkey ? crypto_key_of_pkey(c, pkey, ret) : crypto_failed(HF_SYSTEM);
}

/* ---- from a file ---- */

/* libcrypto would ask at the terminal. We answer nothing, and remember that it asked. */
static int refuse_password(char *room, int size, int for_writing, void *asked)
{
	(void)room;
	(void)size;
	(void)for_writing;
	*(bool *)asked = true;
	return -1;
}

/* RFC 5958 3: EncryptedPrivateKeyInfo begins with an algorithm, every plain form with a version number. */
static bool is_encrypted(struct hf_bytes der)
{
	struct hf_rd in = hf_rd_over(der);
	struct hf_bytes body = der_read(&in, DER_SEQUENCE);

	in = hf_rd_over(body);
	der_read(&in, DER_SEQUENCE);
	der_read(&in, DER_OCTET_STRING);
	return hf_rd_end(&in) == HF_OK;
}

static bool is_pem(struct hf_bytes text)
{
	static const char mark[] = "-----BEGIN ";
	size_t n = sizeof(mark) - 1;

	for (size_t i = 0; i + n <= text.len; i++)
		if (memcmp(text.at + i, mark, n) == 0)
			return true;
	return false;
}

static hf_status load_pem(struct hf_bytes text, EVP_PKEY **ret)
{
	BIO *in = BIO_new_mem_buf(text.at, (int)text.len);
	bool asked = false;

	if (!in)
		return crypto_failed(HF_FULL);
	*ret = PEM_read_bio_PrivateKey_ex(in, NULL, refuse_password, &asked, NULL, NULL);
	BIO_free(in);
	if (*ret)
		return HF_OK;
	return crypto_failed(asked ? HF_UNSUPPORTED : HF_MALFORMED);
}

static hf_status load_der(struct hf_bytes text, EVP_PKEY **ret)
{
	const unsigned char *at = text.at;

	if (is_encrypted(text))
		return HF_UNSUPPORTED;
	*ret = d2i_AutoPrivateKey_ex(NULL, &at, (long)text.len, NULL, NULL);
	if (*ret && at == text.at + text.len)
		return HF_OK;
	EVP_PKEY_free(*ret);
	return crypto_failed(HF_MALFORMED);
}

/* What the private half signs, the public one must accept: seen here, and not by the first peer. */
static bool halves_match(EVP_PKEY *pkey)
{
	static const uint8_t text[] = "any";
	EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
	uint8_t sig[CRYPTO_SIG_MAX];
	size_t n = sizeof(sig);
	bool good = sign && verify && EVP_DigestSignInit(sign, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestSign(sign, sig, &n, text, sizeof(text)) == 1 &&
		    EVP_DigestVerifyInit(verify, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestVerify(verify, sig, n, text, sizeof(text)) == 1;

	EVP_MD_CTX_free(sign);
	EVP_MD_CTX_free(verify);
	return good;
}

hf_status crypto_key_load(const struct hf_crypto *c, struct hf_bytes text, struct hf_key **ret)
{
	EVP_PKEY *pkey = NULL;

	if (text.len == 0 || text.len > KEY_TEXT_MAX)
		return HF_MALFORMED;
	HF_TRY(is_pem(text) ? load_pem(text, &pkey) : load_der(text, &pkey));
	if (!is_usable(pkey)) {
		EVP_PKEY_free(pkey);
		return crypto_failed(HF_UNSUPPORTED);
	}
	if (!halves_match(pkey)) {
		EVP_PKEY_free(pkey);
		return crypto_failed(HF_MALFORMED);
	}
	return crypto_key_of_pkey(c, pkey, ret);
}

/* ---- signing ---- */

static hf_status sign_hash(EVP_PKEY_CTX *signer, enum crypto_hash_id id, struct hf_bytes content, uint8_t *sig, size_t *len)
{
	uint8_t hash[CRYPTO_HASH_MAX];
	EVP_PKEY_CTX *ctx;
	bool good;

	if (!signer)
		return HF_UNSUPPORTED;
	crypto_hash_of(id, content, hash);
	ctx = EVP_PKEY_CTX_dup(signer);
	good = ctx && EVP_PKEY_sign(ctx, sig, len, hash, crypto_hash_size(id)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good ? HF_OK : crypto_failed(HF_SYSTEM);
}

static hf_status sign_whole(const EVP_MD_CTX *signer, struct hf_bytes content, uint8_t *sig, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_MD_CTX_copy_ex(ctx, signer) == 1 &&
		    EVP_DigestSign(ctx, sig, len, content.at, content.len) == 1;

	EVP_MD_CTX_free(ctx);
	return good ? HF_OK : crypto_failed(HF_SYSTEM);
}

hf_status crypto_key_sign(const struct hf_crypto *c, const struct hf_key *k, uint16_t scheme, struct hf_bytes content,
			  uint8_t *sig, size_t room, size_t *ret_len)
{
	const struct crypto_scheme *s = crypto_scheme_find(scheme);
	size_t len = room;

	(void)c;
	if (!s || !crypto_scheme_fits(k->kind, k->bits, scheme, 0x0303))
		return HF_UNSUPPORTED;
	if (room < (size_t)EVP_PKEY_get_size(k->pkey))
		return HF_TOO_BIG;
	if (s->family == CRYPTO_EDDSA)
		HF_TRY(sign_whole(k->whole_signer, content, sig, &len));
	else
		HF_TRY(sign_hash(k->signer[s - crypto_schemes], s->hash, content, sig, &len));
	*ret_len = len;
	return HF_OK;
}
