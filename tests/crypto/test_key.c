/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "key_tools.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

static const enum crypto_key_kind kinds[] = { CRYPTO_KEY_P256,    CRYPTO_KEY_P384,    CRYPTO_KEY_P521, CRYPTO_KEY_RSA,
					      CRYPTO_KEY_RSA_PSS, CRYPTO_KEY_ED25519, CRYPTO_KEY_ED448 };
static struct hf_crypto *crypto;

static int set_up(void **state)
{
	(void)state;
	return hf_crypto_open(&crypto) == HF_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

/* What was written to a BIO, valid until it is freed. */
static struct hf_bytes text_of(BIO *b)
{
	char *at;
	long n = BIO_get_mem_data(b, &at);

	return BYTES(at, (size_t)n);
}

/* ---- loading ---- */

static void expect_same_key(struct hf_bytes text, const struct hf_key *want)
{
	struct hf_key *got = NULL;

	assert_int_equal(crypto_key_load(crypto, text, &got), HF_OK);
	assert_int_equal(crypto_key_kind(got), crypto_key_kind(want));
	assert_int_equal(EVP_PKEY_eq(got->pkey, want->pkey), 1);
	crypto_key_free(got);
	assert_int_equal(ERR_peek_error(), 0);
}

static void expect_refused(struct hf_bytes text, hf_status why)
{
	struct hf_key *got = NULL;

	assert_int_equal(crypto_key_load(crypto, text, &got), why);
	assert_null(got);
	assert_int_equal(ERR_peek_error(), 0);
}

static void loads_every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		struct hf_key *k = make_key(crypto, kinds[i], 1024);
		BIO *b = BIO_new(BIO_s_mem());

		assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, k->pkey, NULL, NULL, 0, NULL, NULL), 1);
		expect_same_key(text_of(b), k);
		BIO_reset(b);
		assert_int_equal(i2d_PKCS8PrivateKey_bio(b, k->pkey, NULL, NULL, 0, NULL, NULL), 1);
		expect_same_key(text_of(b), k);
		if (i < 4) { /* EC PRIVATE KEY, RSA PRIVATE KEY */
			BIO_reset(b);
			assert_int_equal(PEM_write_bio_PrivateKey_traditional(b, k->pkey, NULL, NULL, 0, NULL, NULL), 1);
			expect_same_key(text_of(b), k);
			BIO_reset(b);
			assert_true(i2d_PrivateKey_bio(b, k->pkey) > 0);
			expect_same_key(text_of(b), k);
		}
		BIO_free(b);
		crypto_key_free(k);
	}
}

/* As `openssl ecparam -genkey` writes it, and behind other blocks and chatter. */
static void loads_from_among_other_blocks(void **state)
{
	struct hf_key *k = make_key(crypto, CRYPTO_KEY_P256, 0);
	BIO *b = BIO_new(BIO_s_mem());

	(void)state;
	BIO_puts(b, "subject: somebody\n\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(b, k->pkey, NULL, NULL, 0, NULL, NULL), 1);
	expect_same_key(text_of(b), k);
	BIO_reset(b);
	assert_int_equal(PEM_write_bio_PUBKEY(b, k->pkey), 1);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, k->pkey, NULL, NULL, 0, NULL, NULL), 1);
	expect_same_key(text_of(b), k);
	BIO_free(b);
	crypto_key_free(k);
}

static void never_asks_for_a_password(void **state)
{
	struct hf_key *k = make_key(crypto, CRYPTO_KEY_P256, 0);
	BIO *b = BIO_new(BIO_s_mem());

	(void)state;
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, k->pkey, EVP_aes_128_cbc(), "pass", 4, NULL, NULL), 1);
	expect_refused(text_of(b), HF_UNSUPPORTED);
	BIO_reset(b);
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(b, k->pkey, EVP_aes_128_cbc(),
							      (const unsigned char *)"pass", 4, NULL, NULL),
			 1);
	expect_refused(text_of(b), HF_UNSUPPORTED);
	BIO_reset(b);
	assert_int_equal(i2d_PKCS8PrivateKey_bio(b, k->pkey, EVP_aes_128_cbc(), "pass", 4, NULL, NULL), 1);
	expect_refused(text_of(b), HF_UNSUPPORTED);
	BIO_free(b);
	crypto_key_free(k);
}

static void broken_keys_are_refused(void **state)
{
	struct hf_key *k = make_key(crypto, CRYPTO_KEY_P256, 0);
	BIO *b = BIO_new(BIO_s_mem());
	struct hf_bytes text;
	uint8_t longer[512];

	(void)state;
	expect_refused(BYTES("", 0), HF_MALFORMED);
	expect_refused(TEXT("garbage"), HF_MALFORMED);
	expect_refused(TEXT("-----BEGIN PRIVATE KEY-----\n"), HF_MALFORMED);
	expect_refused(TEXT("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), HF_MALFORMED);
	assert_int_equal(i2d_PKCS8PrivateKey_bio(b, k->pkey, NULL, NULL, 0, NULL, NULL), 1);
	text = text_of(b);
	for (size_t n = 0; n < text.len; n++)
		expect_refused(BYTES(text.at, n), HF_MALFORMED);
	memcpy(longer, text.at, text.len);
	longer[text.len] = 0;
	expect_refused(BYTES(longer, text.len + 1), HF_MALFORMED);
	/* No key at all, though PEM. */
	BIO_reset(b);
	assert_int_equal(PEM_write_bio_PUBKEY(b, k->pkey), 1);
	expect_refused(text_of(b), HF_MALFORMED);
	BIO_free(b);
	crypto_key_free(k);
}

/* A private half that belongs to another public one. */
static void halves_must_match(void **state)
{
	static const enum crypto_key_kind ec[] = { CRYPTO_KEY_P256, CRYPTO_KEY_P384, CRYPTO_KEY_P521 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(ec); i++) {
		struct hf_key *k = make_key(crypto, ec[i], 0), *other = make_key(crypto, ec[i], 0);
		uint8_t der[512], mine[256], its[256];
		size_t n, size, at;
		BIO *b = BIO_new(BIO_s_mem());

		assert_true(i2d_PrivateKey_bio(b, k->pkey) > 0);
		n = text_of(b).len;
		memcpy(der, text_of(b).at, n);
		assert_int_equal(
			EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PUB_KEY, mine, sizeof(mine), &size), 1);
		assert_int_equal(
			EVP_PKEY_get_octet_string_param(other->pkey, OSSL_PKEY_PARAM_PUB_KEY, its, sizeof(its), &size), 1);
		for (at = 0; at + size <= n && memcmp(der + at, mine, size) != 0; at++)
			;
		assert_true(at + size <= n);
		memcpy(der + at, its, size);
		expect_refused(BYTES(der, n), HF_MALFORMED);
		BIO_free(b);
		crypto_key_free(k);
		crypto_key_free(other);
	}
}

/* The exponent 65537 made 65539. */
static void rsa_halves_must_match(void **state)
{
	static const uint8_t exponent[] = { 2, 3, 1, 0, 1 };
	struct hf_key *k = make_key(crypto, CRYPTO_KEY_RSA, 1024);
	BIO *b = BIO_new(BIO_s_mem());
	uint8_t der[1024];
	size_t n, at;

	(void)state;
	assert_true(i2d_PrivateKey_bio(b, k->pkey) > 0);
	n = text_of(b).len;
	memcpy(der, text_of(b).at, n);
	for (at = 0; at + 5 <= n && memcmp(der + at, exponent, 5) != 0; at++)
		;
	assert_true(at + 5 <= n);
	der[at + 4] = 3;
	expect_refused(BYTES(der, n), HF_MALFORMED);
	BIO_free(b);
	crypto_key_free(k);
}

static void other_kinds_are_unsupported(void **state)
{
	static const char *const types[] = { "X25519", "X448" };
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1");
	BIO *b = BIO_new(BIO_s_mem());

	(void)state;
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, pkey, NULL, NULL, 0, NULL, NULL), 1);
	expect_refused(text_of(b), HF_UNSUPPORTED);
	EVP_PKEY_free(pkey);
	for (size_t i = 0; i < HF_ARRAY_LEN(types); i++) {
		BIO_reset(b);
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, types[i]);
		assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, pkey, NULL, NULL, 0, NULL, NULL), 1);
		expect_refused(text_of(b), HF_UNSUPPORTED);
		EVP_PKEY_free(pkey);
	}
	BIO_free(b);
}

/* ---- public keys ---- */

static hf_status read_spki(const void *at, size_t n)
{
	struct crypto_pub *p = NULL;
	hf_status s = crypto_pub_of_spki(crypto, BYTES(at, n), &p);

	crypto_pub_free(p);
	assert_int_equal(p != NULL, s == HF_OK);
	assert_int_equal(ERR_peek_error(), 0);
	return s;
}

static void every_prefix_of_an_spki_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		struct hf_key *k = make_key(crypto, kinds[i], 1024);
		uint8_t room[512];
		struct hf_bytes b = spki_of(k, room);

		assert_int_equal(read_spki(b.at, b.len), HF_OK);
		for (size_t n = 0; n < b.len; n++) {
			uint8_t *exact = malloc(n ? n : 1); /* so that a reader beyond the end is seen */

			memcpy(exact, b.at, n);
			assert_int_equal(read_spki(exact, n), HF_MALFORMED);
			free(exact);
		}
		room[b.len] = 0;
		assert_int_equal(read_spki(b.at, b.len + 1), HF_MALFORMED);
		crypto_key_free(k);
	}
}

/* Any octet changed to anything: a status, and never a crash. */
static void a_changed_spki_never_harms(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		struct hf_key *k = make_key(crypto, kinds[i], 1024);
		uint8_t room[512];
		struct hf_bytes b = spki_of(k, room);

		for (size_t at = 0; at < b.len && at < 40; at++) {
			uint8_t kept = room[at];

			for (unsigned v = 0; v < 256; v++) {
				hf_status s;

				room[at] = (uint8_t)v;
				s = read_spki(room, b.len);
				assert_true(s == HF_OK || s == HF_MALFORMED || s == HF_UNSUPPORTED);
			}
			room[at] = kept;
		}
		crypto_key_free(k);
	}
}

static void points_must_be_on_the_curve(void **state)
{
	struct hf_key *k = make_key(crypto, CRYPTO_KEY_P256, 0);
	uint8_t room[256];
	struct hf_bytes b = spki_of(k, room);

	(void)state;
	room[b.len - 1] ^= 1;
	assert_int_equal(read_spki(b.at, b.len), HF_MALFORMED);
	room[b.len - 1] ^= 1;
	room[b.len - 65] = 6; /* hybrid */
	assert_int_equal(read_spki(b.at, b.len), HF_MALFORMED);
	room[b.len - 65] = 2; /* compressed, here in the wrong length; unsupported before that is looked at */
	assert_int_equal(read_spki(b.at, b.len), HF_UNSUPPORTED);
	crypto_key_free(k);
}

/* SubjectPublicKeyInfo of RSA with these numbers, in hexadecimal. */
static hf_status read_rsa(const char *n, const char *e)
{
	BIGNUM *bn = NULL, *be = NULL;
	uint8_t numbers[4096], der[5000];
	unsigned char *at = numbers;
	ASN1_INTEGER *an, *ae;
	size_t len, total;

	assert_true(BN_hex2bn(&bn, n) && BN_hex2bn(&be, e));
	an = BN_to_ASN1_INTEGER(bn, NULL);
	ae = BN_to_ASN1_INTEGER(be, NULL);
	i2d_ASN1_INTEGER(an, &at);
	i2d_ASN1_INTEGER(ae, &at);
	len = (size_t)(at - numbers);
	/* Lengths of two octets throughout: 30 82, 30 0d .. 05 00, 03 82 .. 00, 30 82. */
	memcpy(der, "\x30\x82\x00\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x00\x00\x00\x30\x82",
	       26);
	hf_store16(der + 26, (uint16_t)len);
	memcpy(der + 28, numbers, len);
	total = 28 + len;
	hf_store16(der + 2, (uint16_t)(total - 4));
	hf_store16(der + 21, (uint16_t)(total - 23));
	ASN1_INTEGER_free(an);
	ASN1_INTEGER_free(ae);
	BN_free(bn);
	BN_free(be);
	return read_spki(der, total);
}

static void rsa_numbers_have_bounds(void **state)
{
	char n[2 * 1026 + 1];

	(void)state;
	memset(n, 'F', sizeof(n));
	n[2 * 256] = '\0';
	assert_int_equal(read_rsa(n, "010001"), HF_OK);
	assert_int_equal(read_rsa(n, "03"), HF_OK);
	assert_int_equal(read_rsa(n, "01"), HF_MALFORMED);
	assert_int_equal(read_rsa(n, "00"), HF_MALFORMED);
	assert_int_equal(read_rsa(n, "-03"), HF_MALFORMED);
	assert_int_equal(read_rsa(n, "010000"), HF_MALFORMED);
	assert_int_equal(read_rsa(n, "7FFFFFFFFFFFFFFF"), HF_OK);
	assert_int_equal(read_rsa(n, "FFFFFFFFFFFFFFFF"), HF_OK);
	assert_int_equal(read_rsa(n, "01FFFFFFFFFFFFFFFF"), HF_UNSUPPORTED);
	n[2 * 256 - 1] = 'E';
	assert_int_equal(read_rsa(n, "010001"), HF_MALFORMED);
	n[2 * 256 - 1] = n[2 * 256] = 'F';
	n[2 * 1024] = '\0';
	assert_int_equal(read_rsa(n, "010001"), HF_OK);
	n[2 * 1024] = 'F';
	n[2 * 1025] = '\0';
	assert_int_equal(read_rsa(n, "010001"), HF_UNSUPPORTED);
}

/* ---- certificates ---- */

static size_t make_cert(const struct hf_key *k, long version, uint8_t *room)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	unsigned char *at = room;
	int n;

	assert_int_equal(X509_set_version(x, version), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 1000);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"a.example", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, k->pkey);
	assert_true(X509_sign(x, k->pkey, k->kind == CRYPTO_KEY_ED25519 ? NULL : EVP_sha256()) > 0);
	n = i2d_X509(x, &at);
	X509_free(x);
	assert_true(n > 0);
	return (size_t)n;
}

static void reads_the_key_of_a_certificate(void **state)
{
	static const enum crypto_key_kind some[] = { CRYPTO_KEY_P256, CRYPTO_KEY_RSA, CRYPTO_KEY_ED25519 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(some); i++) {
		struct hf_key *k = make_key(crypto, some[i], 1024);
		uint8_t der[2048], sig[CRYPTO_SIG_MAX];
		uint16_t scheme = some[i] == CRYPTO_KEY_P256 ? 0x0403 : some[i] == CRYPTO_KEY_RSA ? 0x0804 : 0x0807;
		size_t sig_len;

		assert_int_equal(crypto_key_sign(crypto, k, scheme, TEXT("x"), sig, sizeof(sig), &sig_len), HF_OK);
		for (long version = 0; version <= 2; version += 2) {
			size_t n = make_cert(k, version, der);
			struct crypto_pub *p = NULL;

			assert_int_equal(crypto_pub_of_cert(crypto, BYTES(der, n), &p), HF_OK);
			assert_int_equal(crypto_pub_verify(crypto, p, scheme, TEXT("x"), BYTES(sig, sig_len)), HF_OK);
			crypto_pub_free(p);
			for (size_t cut = 0; cut < n; cut++) {
				uint8_t *exact = malloc(cut ? cut : 1);

				memcpy(exact, der, cut);
				assert_int_equal(crypto_pub_of_cert(crypto, BYTES(exact, cut), &p), HF_MALFORMED);
				free(exact);
			}
			der[n] = 0;
			assert_int_equal(crypto_pub_of_cert(crypto, BYTES(der, n + 1), &p), HF_MALFORMED);
		}
		crypto_key_free(k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_every_form),
		cmocka_unit_test(loads_from_among_other_blocks),
		cmocka_unit_test(never_asks_for_a_password),
		cmocka_unit_test(broken_keys_are_refused),
		cmocka_unit_test(halves_must_match),
		cmocka_unit_test(rsa_halves_must_match),
		cmocka_unit_test(other_kinds_are_unsupported),
		cmocka_unit_test(every_prefix_of_an_spki_is_refused),
		cmocka_unit_test(a_changed_spki_never_harms),
		cmocka_unit_test(points_must_be_on_the_curve),
		cmocka_unit_test(rsa_numbers_have_bounds),
		cmocka_unit_test(reads_the_key_of_a_certificate),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
