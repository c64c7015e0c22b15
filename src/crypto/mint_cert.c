/* SPDX-License-Identifier: MIT */
/* Making one certificate with libcrypto, and putting it into text. */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/mint_internal.h"

const EVP_MD *mint_hash_of(const struct hf_key *key)
{
	switch (key->kind) {
	case CRYPTO_KEY_ED25519:
	case CRYPTO_KEY_ED448:
		return NULL;
	case CRYPTO_KEY_P384:
		return EVP_sha384();
	case CRYPTO_KEY_P521:
		return EVP_sha512();
	default:
		return EVP_sha256();
	}
}

bool mint_time_set(ASN1_TIME *t, uint64_t unix_s)
{
	return ASN1_TIME_set(t, (time_t)unix_s) != NULL;
}

static bool set_serial(X509 *x, const struct mint_cert_ask *ask)
{
	uint8_t drawn[MINT_SERIAL];
	const uint8_t *serial = ask->serial;
	size_t len = ask->serial_len;
	BIGNUM *n;
	bool good;

	if (!serial) {
		if (RAND_bytes(drawn, sizeof(drawn)) != 1)
			return false;
		drawn[0] = (uint8_t)((drawn[0] & 0x7f) | 0x40); /* positive, and always as long */
		serial = drawn;
		len = sizeof(drawn);
	}
	n = BN_bin2bn(serial, (int)len, NULL);
	good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return good;
}

static bool set_common_name(X509_NAME *name, const char *text)
{
	return !text || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool add_extension(X509 *x, X509V3_CTX *ctx, int nid, const char *text)
{
	X509_EXTENSION *e;
	bool good;

	if (!text)
		return true;
	e = X509V3_EXT_conf_nid(NULL, ctx, nid, text);
	good = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return good;
}

/* The subject's key first: the other identifier of one that signs itself is made from it. */
static bool add_extensions(X509 *x, X509 *issuer, const struct mint_cert_ask *ask)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	return add_extension(x, &ctx, NID_basic_constraints, ask->constraints) &&
	       add_extension(x, &ctx, NID_key_usage, ask->usage) &&
	       add_extension(x, &ctx, NID_ext_key_usage, ask->purposes) &&
	       add_extension(x, &ctx, NID_subject_key_identifier, "hash") &&
	       add_extension(x, &ctx, NID_authority_key_identifier, "keyid:always") &&
	       add_extension(x, &ctx, NID_name_constraints, ask->name_constraints) &&
	       add_extension(x, &ctx, NID_tlsfeature, ask->tls_feature) &&
	       add_extension(x, &ctx, NID_id_pkix_OCSP_noCheck, ask->ocsp_no_check) &&
	       (!ask->names || X509_add1_ext_i2d(x, NID_subject_alt_name, ask->names, !ask->common_name, 0) == 1);
}

hf_status mint_cert_make(const struct mint_cert_ask *ask, X509 **ret)
{
	const struct hf_key *signer = ask->issuer ? ask->issuer->key : ask->key;
	X509 *x = X509_new(), *issuer = ask->issuer ? ask->issuer->x : x;
	const EVP_MD *hash = ask->weak_hash ? EVP_sha1() : mint_hash_of(signer);

	if (!x)
		return crypto_failed(HF_FULL);
	if (ask->weak_hash && !mint_hash_of(signer)) {
		X509_free(x);
		return HF_UNSUPPORTED;
	}
	if (X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x, ask) &&
	    mint_time_set(X509_getm_notBefore(x), ask->not_before) && mint_time_set(X509_getm_notAfter(x), ask->not_after) &&
	    set_common_name(X509_get_subject_name(x), ask->common_name) &&
	    X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 && X509_set_pubkey(x, ask->key->pkey) == 1 &&
	    add_extensions(x, issuer, ask) && X509_sign(x, signer->pkey, hash) > 0) {
		*ret = x;
		return crypto_failed(HF_OK);
	}
	X509_free(x);
	return crypto_failed(HF_SYSTEM);
}

hf_status mint_pair_make(const struct hf_crypto *c, struct mint_cert_ask *ask, enum crypto_key_kind kind, unsigned bits,
			 struct mint_pair *ret)
{
	struct mint_pair p = { 0 };
	hf_status st;

	HF_TRY(crypto_key_make(c, kind, bits, &p.key));
	ask->key = p.key;
	st = mint_cert_make(ask, &p.x);
	if (st != HF_OK) {
		crypto_key_free(p.key);
		return st;
	}
	*ret = p;
	return HF_OK;
}

void mint_pair_free(struct mint_pair *p)
{
	X509_free(p->x);
	crypto_key_free(p->key);
	*p = (struct mint_pair){ 0 };
}

/* ---- text ---- */

void mint_blob_free(struct mint_blob *b)
{
	if (b->at)
		crypto_wipe(b->at, b->len);
	free(b->at);
	*b = (struct mint_blob){ 0 };
}

hf_status mint_blob_add_pem(struct mint_blob *b, const char *label, const uint8_t *der, size_t len)
{
	size_t more = 0;
	char *pem = pem_write(label, (struct hf_bytes){ der, len }, &more), *both;

	both = pem ? malloc(b->len + more + 1) : NULL;
	if (both) {
		if (b->len)
			memcpy(both, b->at, b->len);
		memcpy(both + b->len, pem, more);
		both[b->len + more] = '\0';
		more += b->len;
		mint_blob_free(b);
		*b = (struct mint_blob){ both, more };
	}
	if (pem)
		crypto_wipe(pem, strlen(pem));
	free(pem);
	return both ? HF_OK : HF_FULL;
}

hf_status mint_blob_add_cert(struct mint_blob *b, const X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	hf_status st = len > 0 ? mint_blob_add_pem(b, "CERTIFICATE", der, (size_t)len) : HF_FULL;

	OPENSSL_free(der);
	return crypto_failed(st);
}

hf_status mint_blob_add_key(struct mint_blob *b, const struct hf_key *key)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
	unsigned char *der = NULL;
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	hf_status st = len > 0 ? mint_blob_add_pem(b, "PRIVATE KEY", der, (size_t)len) : HF_FULL;

	if (len > 0)
		OPENSSL_clear_free(der, (size_t)len);
	PKCS8_PRIV_KEY_INFO_free(info);
	return crypto_failed(st);
}
