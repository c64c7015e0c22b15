/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cert_bake.h"

#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>

#define LINES 32u

static const char sections[] = "[cn_foo]\nCN=foo\n[cn_bar]\nCN=bar\n[cn_foo_in_o]\nO=x\nCN=foo\n";

static const char *const defaults[][6] = {
	[BAKE_ROOT] = { "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
			"subjectKeyIdentifier=hash" },
	[BAKE_INTERMEDIATE] = { "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
				"subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always" },
	[BAKE_LEAF] = { "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth", "subjectAltName=DNS:example.com",
			"subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always" },
};

static const char *const subjects[] = {
	[BAKE_ROOT] = "CN=Baked root",
	[BAKE_INTERMEDIATE] = "CN=Baked intermediate",
	[BAKE_LEAF] = "CN=example.com",
};

/* A curve that is spelt out: in libcrypto an encoding of the key. */
static EVP_PKEY *make_explicit(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	char curve[] = "P-256", encoding[] = OSSL_PKEY_EC_ENCODING_EXPLICIT;
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding, 0),
		OSSL_PARAM_END,
	};

	assert_non_null(ctx);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Parameters of 2048 bits take long to find; a small prime field does for a key that is only refused. */
static EVP_PKEY *make_dsa(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	EVP_PKEY *params = NULL, *key = NULL;
	unsigned bits = 1024, qbits = 160;
	OSSL_PARAM sizes[] = {
		OSSL_PARAM_uint(OSSL_PKEY_PARAM_FFC_PBITS, &bits),
		OSSL_PARAM_uint(OSSL_PKEY_PARAM_FFC_QBITS, &qbits),
		OSSL_PARAM_END,
	};

	assert_int_equal(EVP_PKEY_paramgen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, sizes), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &params), 1);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	return key;
}

static EVP_PKEY *make_key(const char *kind)
{
	EVP_PKEY *key;

	if (!kind || strcmp(kind, "p256") == 0)
		key = EVP_EC_gen("P-256");
	else if (strcmp(kind, "p192") == 0)
		key = EVP_EC_gen("prime192v1");
	else if (strcmp(kind, "secp256k1") == 0)
		key = EVP_EC_gen("secp256k1");
	else if (strcmp(kind, "explicit") == 0)
		key = make_explicit();
	else if (strcmp(kind, "dsa") == 0)
		key = make_dsa();
	else if (strcmp(kind, "ed25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else if (strcmp(kind, "x25519") == 0)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	else
		key = EVP_RSA_gen((unsigned)strtoul(kind + 3, NULL, 10));
	assert_non_null(key);
	return key;
}

static void set_name(X509_NAME *name, const char *text)
{
	while (*text) {
		char field[16], value[128];
		size_t n = strcspn(text, "="), m = strcspn(text, ",");

		memcpy(field, text, n);
		field[n] = '\0';
		memcpy(value, text + n + 1, m - n - 1);
		value[m - n - 1] = '\0';
		assert_int_equal(
			X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (unsigned char *)value, -1, -1, 0), 1);
		text += m + (text[m] == ',');
	}
}

static bool same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=\n");

	return strncmp(a, b, n) == 0 && strcspn(b, "=\n") == n;
}

/* The kind's own lines as changed by ours. */
static unsigned lay_out_lines(enum bake_kind kind, const char *ours, const char *ret[LINES])
{
	unsigned n = 0;

	for (size_t i = 0; i < 6 && defaults[kind][i]; i++)
		ret[n++] = defaults[kind][i];
	while (ours && *ours) {
		const char *line = ours + (*ours == '-' || *ours == '+');
		unsigned i = 0;

		while (i < n && (*ours == '+' || !same_name(line, ret[i])))
			i++;
		if (*ours == '-') {
			assert_true(i < n);
			memmove(&ret[i], &ret[i + 1], (--n - i) * sizeof(ret[0]));
		} else {
			assert_true(i < LINES);
			ret[i] = line;
			n += i == n;
		}
		ours += strcspn(ours, "\n");
		ours += *ours == '\n';
	}
	return n;
}

static void add_extensions(X509 *x, X509 *issuer, enum bake_kind kind, const char *ours)
{
	const char *line[LINES];
	unsigned n = lay_out_lines(kind, ours, line);
	BIO *text = BIO_new_mem_buf(sections, -1);
	CONF *conf = NCONF_new(NULL);
	X509V3_CTX ctx;

	assert_true(NCONF_load_bio(conf, text, NULL) > 0);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	for (unsigned i = 0; i < n; i++) {
		size_t name = strcspn(line[i], "="), all = strcspn(line[i], "\n");
		char *copy = strndup(line[i], all);
		X509_EXTENSION *e;

		assert_non_null(copy);
		copy[name] = '\0';
		e = X509V3_EXT_nconf(conf, &ctx, copy, copy + name + 1);
		if (!e)
			ERR_print_errors_fp(stderr);
		assert_non_null(e);
		assert_int_equal(X509_add_ext(x, e, -1), 1);
		X509_EXTENSION_free(e);
		free(copy);
	}
	NCONF_free(conf);
	BIO_free(text);
}

static void set_serial(X509 *x, const char *hex)
{
	static unsigned next = 0x4000;
	BIGNUM *n = NULL;

	if (hex) {
		assert_true(BN_hex2bn(&n, hex) > 0);
	} else {
		n = BN_new();
		BN_set_word(n, next++);
	}
	assert_non_null(BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)));
	BN_free(n);
}

/* The algorithm outside the signed part is the third element: another OID's last octet. */
static void change_outer_algorithm(struct baked *b)
{
	static const uint8_t ecdsa_sha256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 };
	size_t at = b->len - sizeof(ecdsa_sha256);

	while (at > 0 && memcmp(b->der + at, ecdsa_sha256, sizeof(ecdsa_sha256)) != 0)
		at--;
	assert_true(at > 0);
	b->der[at + sizeof(ecdsa_sha256) - 1] = 3; /* SHA-384 */
}

struct baked bake_cert(enum bake_kind kind, const struct baked *issuer, const struct bake *how)
{
	static const struct bake as_it_is = { 0 };
	const struct bake *h = how ? how : &as_it_is;
	struct baked b = { .x = X509_new() };
	EVP_PKEY *signer;
	const EVP_MD *hash;
	int len;

	if (h->same_key)
		EVP_PKEY_up_ref(h->same_key);
	b.key = h->same_key ? h->same_key : make_key(h->key);
	signer = issuer ? issuer->key : b.key;
	hash = EVP_PKEY_is_a(signer, "ED25519") ? NULL : EVP_get_digestbyname(h->hash ? h->hash : "SHA256");
	assert_int_equal(X509_set_version(b.x, h->version_1 ? X509_VERSION_1 : X509_VERSION_3), 1);
	set_serial(b.x, h->serial);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(b.x), (time_t)(h->from ? h->from : BAKE_FROM)));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(b.x), (time_t)(h->to ? h->to : BAKE_TO)));
	set_name(X509_get_subject_name(b.x), h->subject ? h->subject : subjects[kind]);
	if (h->issuer)
		set_name(X509_get_issuer_name(b.x), h->issuer);
	else
		X509_set_issuer_name(b.x, X509_get_subject_name(issuer ? issuer->x : b.x));
	assert_int_equal(X509_set_pubkey(b.x, b.key), 1);
	if (!h->version_1)
		add_extensions(b.x, issuer ? issuer->x : b.x, kind, h->lines);
	assert_true(X509_sign(b.x, signer, hash) > 0);
	len = i2d_X509(b.x, &b.der);
	assert_true(len > 0);
	b.len = (size_t)len;
	if (h->outer_differs)
		change_outer_algorithm(&b);
	ERR_clear_error();
	return b;
}

void baked_free(struct baked *b)
{
	X509_free(b->x);
	EVP_PKEY_free(b->key);
	OPENSSL_free(b->der);
	*b = (struct baked){ 0 };
}
