/* SPDX-License-Identifier: MIT */
/*
 * Public keys. A client makes one for each certificate it is shown, and libcrypto's general way from octets to a key, by
 * decoders that are tried in turn, costs as much as the signature it is made for. The SubjectPublicKeyInfo is three
 * fields: we read it, and give libcrypto the numbers.
 */
/* EC_KEY is the older interface: a point on a group that is there already, 2 us; the newer one makes the group anew, 20. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/cert_der.h"
#include "crypto/crypto_internal.h"

#define RSA_BITS_MAX (8u * CRYPTO_SIG_MAX)
#define RSA_EXPONENT_MAX 8u /* octets; a longer one makes a verification as dear as the peer likes */
#define UNCOMPRESSED 4u     /* RFC 5480 2.2 */

struct crypto_pub {
	enum crypto_key_kind kind;
	unsigned bits;
	EC_KEY *ec;     /* P-256, P-384, P-521 */
	EVP_PKEY *pkey; /* all others */
};

struct spki {
	struct hf_bytes oid, parameters; /* with its header */
	struct hf_bytes key;
	struct hf_bytes whole;
};

/* RFC 8017 A.1, A.2.3 and RFC 5480 2.1.1: the contents of the OIDs. */
static const uint8_t rsa_encryption[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 };
static const uint8_t rsassa_pss[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10 };
static const uint8_t ec_public_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };
static const uint8_t ed25519[] = { 0x2b, 0x65, 0x70 }; /* RFC 8410 3 */
static const uint8_t ed448[] = { 0x2b, 0x65, 0x71 };

/* Parameters, with their headers. */
static const uint8_t der_null[] = { 5, 0 };

static const struct {
	uint8_t oid[10];
	uint8_t oid_len;
	uint8_t size;
	enum crypto_key_kind kind;
	unsigned bits;
} curves[CRYPTO_CURVE_COUNT] = {
	[CRYPTO_CURVE_P256] = { { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 }, 10, 32, CRYPTO_KEY_P256, 256 },
	[CRYPTO_CURVE_P384] = { { 6, 5, 0x2b, 0x81, 4, 0, 0x22 }, 7, 48, CRYPTO_KEY_P384, 384 },
	[CRYPTO_CURVE_P521] = { { 6, 5, 0x2b, 0x81, 4, 0, 0x23 }, 7, 66, CRYPTO_KEY_P521, 521 },
};

enum crypto_key_kind crypto_pub_kind(const struct crypto_pub *p)
{
	return p->kind;
}

unsigned crypto_pub_bits(const struct crypto_pub *p)
{
	return p->bits;
}

static bool is(struct hf_bytes b, const uint8_t *what, size_t n)
{
	return b.len == n && memcmp(b.at, what, n) == 0;
}

/* ---- reading ---- */

/* RFC 5280 4.1: SEQUENCE { AlgorithmIdentifier SEQUENCE { OID, ANY OPTIONAL }, BIT STRING } */
static hf_status read_spki(struct hf_bytes der, struct spki *ret)
{
	struct hf_rd in = hf_rd_over(der), algorithm;
	struct spki s = { .whole = der };
	struct hf_bytes body = der_read(&in, DER_SEQUENCE);

	HF_TRY(hf_rd_end(&in));
	in = hf_rd_over(body);
	algorithm = hf_rd_over(der_read(&in, DER_SEQUENCE));
	s.key = der_read(&in, DER_BIT_STRING);
	HF_TRY(hf_rd_end(&in));
	s.oid = der_read(&algorithm, DER_OID);
	s.parameters = hf_rd_rest(&algorithm);
	HF_TRY(hf_rd_ok(&algorithm));
	if (s.key.len < 1 || s.key.at[0] != 0) /* bits unused in the last octet */
		return HF_MALFORMED;
	s.key.at++;
	s.key.len--;
	*ret = s;
	return HF_OK;
}

static hf_status take_point(const struct hf_crypto *c, const struct spki *s, struct crypto_pub *p)
{
	for (unsigned i = 0; i < CRYPTO_CURVE_COUNT; i++) {
		if (!is(s->parameters, curves[i].oid, curves[i].oid_len))
			continue;
		if (s->key.len > 0 && (s->key.at[0] == 2 || s->key.at[0] == 3))
			return HF_UNSUPPORTED; /* compressed: RFC 8422 5.1.1 has none */
		if (s->key.len != 1 + 2 * (size_t)curves[i].size || s->key.at[0] != UNCOMPRESSED)
			return HF_MALFORMED;
		p->kind = curves[i].kind;
		p->bits = curves[i].bits;
		p->ec = EC_KEY_new();
		if (!p->ec || EC_KEY_set_group(p->ec, c->curve[i]) != 1)
			return HF_FULL;
		/* Sees that it is on the curve. */
		return EC_KEY_oct2key(p->ec, s->key.at, s->key.len, NULL) == 1 ? HF_OK : HF_MALFORMED;
	}
	return HF_UNSUPPORTED;
}

static unsigned count_bits(struct hf_bytes number)
{
	return (unsigned)(8 * number.len) - (unsigned)(__builtin_clz(number.at[0]) - 24);
}

/* An INTEGER above zero, without the octet that keeps it so. Empty when it is none. */
static struct hf_bytes read_number(struct hf_rd *in)
{
	struct hf_bytes b = der_read(in, DER_INTEGER);

	if (b.len > 1 && b.at[0] == 0 && (b.at[1] & 0x80)) {
		b.at++;
		b.len--;
	} else if (b.len == 0 || b.at[0] == 0 || (b.at[0] & 0x80)) {
		hf_rd_must(in, false);
		b.len = 0;
	}
	return b;
}

static EVP_PKEY *make_rsa(struct hf_bytes modulus, struct hf_bytes exponent)
{
	BIGNUM *n = BN_bin2bn(modulus.at, (int)modulus.len, NULL), *e = BN_bin2bn(exponent.at, (int)exponent.len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;

	if (n && e && build && ctx && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	BN_free(e);
	return pkey;
}

/* RFC 8017 A.1.1: RSAPublicKey SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static hf_status take_rsa(const struct spki *s, struct crypto_pub *p)
{
	struct hf_rd in = hf_rd_over(s->key);
	struct hf_bytes body = der_read(&in, DER_SEQUENCE), n, e;

	HF_TRY(hf_rd_end(&in));
	in = hf_rd_over(body);
	n = read_number(&in);
	e = read_number(&in);
	HF_TRY(hf_rd_end(&in));
	if (!(n.at[n.len - 1] & 1) || !(e.at[e.len - 1] & 1) || count_bits(e) < 2)
		return HF_MALFORMED;
	if (count_bits(n) > RSA_BITS_MAX || e.len > RSA_EXPONENT_MAX)
		return HF_UNSUPPORTED;
	p->kind = CRYPTO_KEY_RSA;
	p->bits = count_bits(n);
	p->pkey = make_rsa(n, e);
	return p->pkey ? HF_OK : HF_FULL;
}

/* With its parameters, which may bind it to a hash: rare, so libcrypto reads it. */
static hf_status take_rsa_pss(const struct spki *s, struct crypto_pub *p)
{
	const unsigned char *at = s->whole.at;

	p->pkey = d2i_PUBKEY_ex(NULL, &at, (long)s->whole.len, NULL, NULL);
	if (!p->pkey || at != s->whole.at + s->whole.len)
		return HF_MALFORMED;
	p->kind = CRYPTO_KEY_RSA_PSS;
	p->bits = (unsigned)EVP_PKEY_get_bits(p->pkey);
	return p->bits <= RSA_BITS_MAX ? HF_OK : HF_UNSUPPORTED;
}

static hf_status take_edwards(const struct spki *s, enum crypto_key_kind kind, const char *name, struct crypto_pub *p)
{
	p->kind = kind;
	p->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, s->key.at, s->key.len);
	if (!p->pkey)
		return HF_MALFORMED;
	p->bits = (unsigned)EVP_PKEY_get_bits(p->pkey);
	return HF_OK;
}

static hf_status take_key(const struct hf_crypto *c, const struct spki *s, struct crypto_pub *p)
{
	if (is(s->oid, ec_public_key, sizeof(ec_public_key)))
		return take_point(c, s, p);
	if (is(s->oid, rsa_encryption, sizeof(rsa_encryption)))
		return is(s->parameters, der_null, sizeof(der_null)) ? take_rsa(s, p) : HF_MALFORMED;
	if (is(s->oid, rsassa_pss, sizeof(rsassa_pss)))
		return take_rsa_pss(s, p);
	if (is(s->oid, ed25519, sizeof(ed25519)))
		return s->parameters.len == 0 ? take_edwards(s, CRYPTO_KEY_ED25519, "ED25519", p) : HF_MALFORMED;
	if (is(s->oid, ed448, sizeof(ed448)))
		return s->parameters.len == 0 ? take_edwards(s, CRYPTO_KEY_ED448, "ED448", p) : HF_MALFORMED;
	return HF_UNSUPPORTED;
}

hf_status crypto_pub_of_spki(const struct hf_crypto *c, struct hf_bytes der, struct crypto_pub **ret)
{
	struct crypto_pub *p;
	struct spki s;
	hf_status got;

	if (read_spki(der, &s) != HF_OK)
		return HF_MALFORMED;
	p = calloc(1, sizeof(*p));
	if (!p)
		return HF_FULL;
	got = take_key(c, &s, p);
	if (got != HF_OK) {
		crypto_pub_free(p);
		/* A number cut short is malformed too. */
		return crypto_failed(got == HF_SHORT ? HF_MALFORMED : got);
	}
	*ret = p;
	return HF_OK;
}

/* RFC 5280 4.1: the seventh field of TBSCertificate, the first being left out of version 1. */
hf_status crypto_pub_of_cert(const struct hf_crypto *c, struct hf_bytes der, struct crypto_pub **ret)
{
	struct hf_rd in = hf_rd_over(der);
	struct hf_bytes certificate = der_read(&in, DER_SEQUENCE), spki;

	if (hf_rd_end(&in) != HF_OK)
		return HF_MALFORMED;
	in = hf_rd_over(certificate);
	in = hf_rd_over(der_read(&in, DER_SEQUENCE));
	if (der_peek(&in) == DER_CONTEXT_CONSTRUCTED(0))
		der_read(&in, DER_CONTEXT_CONSTRUCTED(0));
	der_read(&in, DER_INTEGER);  /* serialNumber */
	der_read(&in, DER_SEQUENCE); /* signature */
	der_read(&in, DER_SEQUENCE); /* issuer */
	der_read(&in, DER_SEQUENCE); /* validity */
	der_read(&in, DER_SEQUENCE); /* subject */
	spki = der_read_whole(&in, DER_SEQUENCE);
	if (hf_rd_ok(&in) != HF_OK)
		return HF_MALFORMED;
	return crypto_pub_of_spki(c, spki, ret);
}

void crypto_pub_free(struct crypto_pub *p)
{
	if (!p)
		return;
	EC_KEY_free(p->ec);
	EVP_PKEY_free(p->pkey);
	free(p);
}

/* ---- using ---- */

static hf_status verify_rsa(const struct hf_crypto *c, const struct crypto_pub *p, const struct crypto_scheme *s,
			    struct hf_bytes hash, struct hf_bytes sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, p->pkey, NULL);
	hf_status got = HF_FULL;

	if (ctx && EVP_PKEY_verify_init(ctx) == 1) {
		if (!crypto_scheme_apply(s, c, ctx))
			got = HF_UNSUPPORTED; /* the key is bound to another hash */
		else
			got = EVP_PKEY_verify(ctx, sig.at, sig.len, hash.at, hash.len) == 1 ? HF_OK : HF_MALFORMED;
	}
	EVP_PKEY_CTX_free(ctx);
	return got;
}

static hf_status verify_whole(const struct crypto_pub *p, struct hf_bytes content, struct hf_bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	hf_status got = HF_FULL;

	if (ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, p->pkey) == 1)
		got = EVP_DigestVerify(ctx, sig.at, sig.len, content.at, content.len) == 1 ? HF_OK : HF_MALFORMED;
	EVP_MD_CTX_free(ctx);
	return got;
}

hf_status crypto_pub_verify(const struct hf_crypto *c, const struct crypto_pub *p, uint16_t scheme,
			    struct hf_bytes content, struct hf_bytes sig)
{
	const struct crypto_scheme *s = crypto_scheme_find(scheme);
	uint8_t room[CRYPTO_HASH_MAX];
	struct hf_bytes hash;
	hf_status got;

	if (!s || !crypto_scheme_fits(p->kind, p->bits, scheme, 0x0303))
		return HF_UNSUPPORTED;
	if (sig.len == 0 || sig.len > CRYPTO_SIG_MAX)
		return HF_MALFORMED;
	if (s->family == CRYPTO_EDDSA) {
		got = verify_whole(p, content, sig);
		return got == HF_OK ? got : crypto_failed(got);
	}
	crypto_hash_of(s->hash, content, room);
	hash = (struct hf_bytes){ room, crypto_hash_size(s->hash) };
	if (s->family != CRYPTO_ECDSA)
		got = verify_rsa(c, p, s, hash, sig);
	else /* any other writing of the same signature is refused: it reads DER and compares what it would have written */
		got = ECDSA_verify(0, hash.at, (int)hash.len, sig.at, (int)sig.len, p->ec) == 1 ? HF_OK : HF_MALFORMED;
	return got == HF_OK ? got : crypto_failed(got);
}

hf_status crypto_pub_encrypt(const struct hf_crypto *c, const struct crypto_pub *p, struct hf_bytes plain, uint8_t *ret,
			     size_t room, size_t *ret_len)
{
	EVP_PKEY_CTX *ctx;
	size_t n = room;
	bool good;

	(void)c;
	if (p->kind != CRYPTO_KEY_RSA || plain.len + RSA_PKCS1_PADDING_SIZE > (p->bits + 7) / 8 || room < (p->bits + 7) / 8)
		return HF_UNSUPPORTED;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, p->pkey, NULL);
	good = ctx && EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_encrypt(ctx, ret, &n, plain.at, plain.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!good)
		return crypto_failed(HF_SYSTEM);
	*ret_len = n;
	return HF_OK;
}
