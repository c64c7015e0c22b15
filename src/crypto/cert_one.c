/* SPDX-License-Identifier: MIT */
/* One certificate: its octets, its facts, libcrypto's reading of it, and the extensions that a path is judged by. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/cert_internal.h"

/* What a signature may cost to check, as of the keys in pub.c. libcrypto's own bound is 100 times as high. */
#define RSA_BITS_MAX (8 * (int)CRYPTO_SIG_MAX)
#define RSA_EXPONENT_BITS_MAX 64

static struct hf_rd value_of(const struct cert_extension *e)
{
	struct hf_rd outer = hf_rd_over(e->value);
	struct hf_rd in = hf_rd_over(der_read(&outer, DER_SEQUENCE));

	hf_rd_must(&in, hf_rd_end(&outer) == HF_OK);
	return in;
}

/* RFC 5280 4.2.1.9 */
static bool read_basic_constraints(struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = value_of(e);

	c->has_constraints = true;
	if (der_peek(&in) == DER_BOOLEAN) {
		struct hf_bytes ca = der_read(&in, DER_BOOLEAN);

		c->is_ca = ca.len == 1 && ca.at[0] != 0;
	}
	if (hf_rd_left(&in) > 0) {
		struct hf_bytes len = der_read(&in, DER_INTEGER);

		if (len.len == 0 || len.at[0] >= 0x80)
			return false;
		c->has_path_len = true;
		/* Beyond any path that is built here one number is as good as another. */
		c->path_len = len.len == 1 ? len.at[0] : 0x7f;
	}
	return hf_rd_end(&in) == HF_OK;
}

/* RFC 5280 4.2.1.3: bit 0 is the first octet's highest. libcrypto's KU_ constants have the second octet above the first. */
static bool read_key_usage(struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = hf_rd_over(e->value);
	struct hf_bytes bits = der_read(&in, DER_BIT_STRING);

	if (hf_rd_end(&in) != HF_OK || bits.len == 0 || bits.len > 3)
		return false;
	c->has_usage = true;
	c->usage = (bits.len > 1 ? bits.at[1] : 0u) | (bits.len > 2 ? (unsigned)bits.at[2] << 8 : 0u);
	return true;
}

static bool read_ext_key_usage(struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = value_of(e);

	c->eku = hf_rd_left(&in) ? (struct hf_bytes){ in.at, hf_rd_left(&in) } : (struct hf_bytes){ NULL, 0 };
	if (c->eku.len == 0)
		return false;
	while (hf_rd_left(&in) > 0)
		der_read(&in, DER_OID);
	return hf_rd_ok(&in) == HF_OK;
}

static bool read_subject_key_id(struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = hf_rd_over(e->value);

	c->key_id = der_read(&in, DER_OCTET_STRING);
	return hf_rd_end(&in) == HF_OK && c->key_id.len > 0;
}

/* RFC 5280 4.2.1.1 */
static bool read_authority_key_id(struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = value_of(e);

	if (der_peek(&in) == DER_CONTEXT(0))
		c->authority_key_id = der_read(&in, DER_CONTEXT(0));
	if (der_peek(&in) == DER_CONTEXT_CONSTRUCTED(1)) {
		der_read(&in, DER_CONTEXT_CONSTRUCTED(1));
		c->authority_has_issuer = true;
	}
	if (der_peek(&in) == DER_CONTEXT(2)) {
		der_read(&in, DER_CONTEXT(2));
		c->authority_has_issuer = true;
	}
	return hf_rd_end(&in) == HF_OK;
}

static bool read_names(struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = general_names(e->value);
	enum general_name kind;
	struct hf_bytes b;
	unsigned names = 0;

	while (general_name_next(&in, &kind, &b))
		names++;
	c->san = e->value;
	return hf_rd_end(&in) == HF_OK && names > 0;
}

/* RFC 7633: the numbers of TLS extensions; 5 is status_request. */
static bool read_tls_feature(struct cert *c, const struct cert_extension *e)
{
	struct hf_rd in = value_of(e);

	while (hf_rd_left(&in) > 0) {
		struct hf_bytes n = der_read(&in, DER_INTEGER);

		c->must_staple |= n.len == 1 && n.at[0] == 5;
	}
	return hf_rd_ok(&in) == HF_OK;
}

static void read_extensions(struct cert *c)
{
	static const uint8_t tls_feature[] = { 0x2b, 6, 1, 5, 5, 7, 1, 0x18 };
	static const struct {
		enum cert_id_ce id;
		bool (*read)(struct cert *c, const struct cert_extension *e);
		const char *broken;
	} known[] = {
		{ ID_CE_BASIC_CONSTRAINTS, read_basic_constraints, "its basicConstraints break their format" },
		{ ID_CE_KEY_USAGE, read_key_usage, "its keyUsage breaks its format" },
		{ ID_CE_EXT_KEY_USAGE, read_ext_key_usage, "its extKeyUsage breaks its format" },
		{ ID_CE_SUBJECT_KEY_ID, read_subject_key_id, "its subjectKeyIdentifier breaks its format" },
		{ ID_CE_AUTHORITY_KEY_ID, read_authority_key_id, "its authorityKeyIdentifier breaks its format" },
		{ ID_CE_SUBJECT_ALT_NAME, read_names, "its subjectAltName breaks its format" },
	};
	const struct cert_extension *e;

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		e = cert_extension_ce(&c->facts, known[i].id);
		if (e && (!der_is_strict(e->value) || !known[i].read(c, e)) && !c->broken)
			c->broken = known[i].broken;
	}
	e = cert_extension_of(&c->facts, (struct hf_bytes){ tls_feature, sizeof(tls_feature) });
	if (e && (!der_is_strict(e->value) || !read_tls_feature(c, e)) && !c->broken)
		c->broken = "its TLS feature extension breaks its format";
}

hf_status cert_read(struct hf_bytes der, struct cert **ret, const char **ret_why)
{
	struct cert *c = calloc(1, sizeof(*c));
	hf_status st;

	if (!c)
		return HF_FULL;
	c->refs = 1;
	c->der = malloc(der.len ? der.len : 1);
	if (!c->der) {
		cert_free(c);
		return HF_FULL;
	}
	if (der.len)
		memcpy(c->der, der.at, der.len);
	c->len = der.len;
	st = cert_facts_read((struct hf_bytes){ c->der, c->len }, &c->facts, ret_why);
	if (st != HF_OK) {
		cert_free(c);
		return st;
	}
	c->subject_hash = distinguished_name_hash(c->facts.subject);
	c->issuer_hash = distinguished_name_hash(c->facts.issuer);
	crypto_hash_of(CRYPTO_SHA256, (struct hf_bytes){ c->der, c->len }, c->sha256);
	read_extensions(c);
	*ret = c;
	return HF_OK;
}

/* ---- with libcrypto ---- */

static void read_rsa(struct cert *c)
{
	BIGNUM *n = NULL, *e = NULL;

	c->is_rsa = c->has_known_key = true;
	c->has_sound_rsa = EVP_PKEY_get_bn_param(c->pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
			   EVP_PKEY_get_bn_param(c->pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(n) &&
			   BN_is_odd(e) && !BN_is_one(e);
	c->has_bounded_rsa = n && e && BN_num_bits(n) <= RSA_BITS_MAX && BN_num_bits(e) <= RSA_EXPONENT_BITS_MAX;
	BN_free(n);
	BN_free(e);
}

static bool is_known_curve(const EVP_PKEY *pkey)
{
	static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };
	char curve[32];

	if (EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcmp(curve, curves[i]) == 0)
			return true;
	return false;
}

static void read_key(struct cert *c)
{
	c->pkey = X509_get0_pubkey(c->x);
	if (!c->pkey)
		return;
	c->key_bits = (unsigned)EVP_PKEY_get_bits(c->pkey);
	if (EVP_PKEY_is_a(c->pkey, "RSA") || EVP_PKEY_is_a(c->pkey, "RSA-PSS"))
		read_rsa(c);
	else
		c->has_known_key = EVP_PKEY_is_a(c->pkey, "ED25519") || EVP_PKEY_is_a(c->pkey, "ED448") ||
				   (EVP_PKEY_is_a(c->pkey, "EC") && is_known_curve(c->pkey));
}

/* Over a member of the SHA-2 family, or by an algorithm that has its own. */
static bool is_signed_over_a_strong_hash(const X509 *x)
{
	int hash = NID_undef, key = NID_undef;

	if (X509_get_signature_info((X509 *)x, &hash, &key, NULL, NULL) != 1)
		return false;
	return hash == NID_sha256 || hash == NID_sha384 || hash == NID_sha512 || key == NID_ED25519 || key == NID_ED448;
}

bool cert_finish(struct cert *c)
{
	const unsigned char *at = c->der;

	if (c->x || c->unreadable)
		return c->x != NULL;
	c->x = d2i_X509(NULL, &at, (long)c->len);
	c->unreadable = !c->x;
	if (c->x) {
		read_key(c);
		c->has_strong_hash = is_signed_over_a_strong_hash(c->x);
		c->self_issued = X509_NAME_cmp(X509_get_subject_name(c->x), X509_get_issuer_name(c->x)) == 0;
	}
	return crypto_failed(HF_OK) == HF_OK && c->x != NULL;
}

hf_status cert_make(struct hf_bytes der, struct cert **ret, const char **ret_why)
{
	struct cert *c;

	HF_TRY(cert_read(der, &c, ret_why));
	if (!cert_finish(c)) {
		cert_free(c);
		*ret_why = "libcrypto cannot read it";
		return HF_MALFORMED;
	}
	*ret = c;
	return HF_OK;
}

struct cert *cert_hold(struct cert *c)
{
	__atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

void cert_free(struct cert *c)
{
	/* Whoever lets go last must see all that the others did to it. */
	if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	X509_free(c->x);
	free(c->view);
	free(c->der);
	free(c);
}

bool cert_same(const struct cert *a, const struct cert *b)
{
	return a == b || (a->len == b->len && memcmp(a->der, b->der, a->len) == 0);
}

bool cert_looks_issued_by(const struct cert *c, const struct cert *issuer)
{
	if (c->issuer_hash != issuer->subject_hash && c->issuer_hash != 0 && issuer->subject_hash != 0)
		return false;
	return c->authority_key_id.len == 0 || issuer->key_id.len == 0 ||
	       hf_bytes_same(c->authority_key_id, issuer->key_id);
}

bool cert_may_be_issued_by(const struct cert *c, const struct cert *issuer)
{
	return cert_looks_issued_by(c, issuer) &&
	       (hf_bytes_same(c->facts.issuer, issuer->facts.subject) ||
		X509_NAME_cmp(X509_get_issuer_name(c->x), X509_get_subject_name(issuer->x)) == 0);
}

bool cert_has_eku(const struct cert *c, const uint8_t *oid, size_t len)
{
	struct hf_rd in = hf_rd_over(c->eku);

	while (hf_rd_left(&in) > 0)
		if (hf_bytes_same(der_read(&in, DER_OID), (struct hf_bytes){ oid, len }))
			return true;
	return false;
}
