/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include "base/bits.h"
#include "key_tools.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

static const struct {
	enum crypto_key_kind kind;
	unsigned bits;
} kinds[] = {
	{ CRYPTO_KEY_P256, 256 },     { CRYPTO_KEY_P384, 384 },    { CRYPTO_KEY_P521, 521 },  { CRYPTO_KEY_RSA, 2048 },
	{ CRYPTO_KEY_RSA_PSS, 2048 }, { CRYPTO_KEY_ED25519, 256 }, { CRYPTO_KEY_ED448, 456 },
};

static struct hf_crypto *crypto;
static struct hf_key *key[HF_ARRAY_LEN(kinds)];
static struct crypto_pub *pub[HF_ARRAY_LEN(kinds)];

static int set_up(void **state)
{
	(void)state;
	if (hf_crypto_open(&crypto) != HF_OK)
		return -1;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		key[i] = make_key(crypto, kinds[i].kind, kinds[i].bits);
		pub[i] = pub_of(crypto, key[i]);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		crypto_key_free(key[i]);
		crypto_pub_free(pub[i]);
	}
	hf_crypto_close(crypto);
	return 0;
}

static void kinds_and_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		assert_int_equal(crypto_key_kind(key[i]), kinds[i].kind);
		assert_int_equal(crypto_pub_kind(pub[i]), kinds[i].kind);
		assert_int_equal(crypto_pub_bits(pub[i]), crypto_key_bits(key[i]));
		assert_in_range(crypto_key_bits(key[i]), kinds[i].bits - 3, kinds[i].bits);
	}
}

/* The whole of RFC 8446 4.2.3 and RFC 5246 7.4.1.4.1: which scheme for which key, per version. */
static void schemes_fit_keys(void **state)
{
	static const struct {
		uint16_t scheme;
		const char *in_12, *in_13; /* letters of the kinds[] that fit */
	} want[] = {
		{ 0x0401, "r", "" },    { 0x0501, "r", "" },    { 0x0601, "r", "" },  { 0x0403, "234", "2" },
		{ 0x0503, "234", "3" }, { 0x0603, "234", "4" }, { 0x0804, "r", "r" }, { 0x0805, "r", "r" },
		{ 0x0806, "r", "r" },   { 0x0809, "p", "p" },   { 0x080a, "p", "p" }, { 0x080b, "p", "p" },
		{ 0x0807, "e", "e" },   { 0x0808, "f", "f" },   { 0x0201, "", "" },   { 0x0203, "", "" },
		{ 0x0301, "", "" },     { 0x0000, "", "" },     { 0x0402, "", "" },   { 0xffff, "", "" },
	};
	static const char letters[] = "234rpef";

	(void)state;
	for (size_t s = 0; s < HF_ARRAY_LEN(want); s++) {
		for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
			bool in_12 = strchr(want[s].in_12, letters[i]) != NULL,
			     in_13 = strchr(want[s].in_13, letters[i]) != NULL;

			assert_int_equal(crypto_scheme_fits(kinds[i].kind, kinds[i].bits, want[s].scheme, 0x0303), in_12);
			assert_int_equal(crypto_scheme_fits(kinds[i].kind, kinds[i].bits, want[s].scheme, 0x0304), in_13);
		}
		assert_false(crypto_scheme_fits(CRYPTO_KEY_OTHER, 4096, want[s].scheme, 0x0303));
	}
}

/* RFC 8017 8.1.1 and 9.2: the smallest modulus for each. */
static void rsa_must_be_big_enough(void **state)
{
	static const struct {
		uint16_t scheme;
		unsigned bits;
	} least[] = {
		{ 0x0401, 489 }, { 0x0501, 617 }, { 0x0601, 745 },  /* 62, 78, 94 octets */
		{ 0x0804, 522 }, { 0x0805, 778 }, { 0x0806, 1034 }, /* 66, 98, 130 octets in a modulus less one bit */
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(least); i++) {
		assert_true(crypto_scheme_fits(CRYPTO_KEY_RSA, least[i].bits, least[i].scheme, 0x0303));
		assert_false(crypto_scheme_fits(CRYPTO_KEY_RSA, least[i].bits - 1, least[i].scheme, 0x0303));
	}
	assert_false(crypto_scheme_fits(CRYPTO_KEY_RSA, 0, 0x0804, 0x0303));
}

/* The formula for PSS holds for libcrypto too: at 1,034 bits SHA-512 works, below it nothing signs. */
static void small_rsa_signs_what_fits(void **state)
{
	struct hf_key *k = make_key(crypto, CRYPTO_KEY_RSA, 1034), *small = make_key(crypto, CRYPTO_KEY_RSA, 1024);
	struct crypto_pub *p = pub_of(crypto, k);
	uint8_t sig[CRYPTO_SIG_MAX];
	size_t n;

	(void)state;
	assert_int_equal(crypto_key_sign(crypto, k, 0x0806, TEXT("x"), sig, sizeof(sig), &n), HF_OK);
	assert_int_equal(crypto_pub_verify(crypto, p, 0x0806, TEXT("x"), BYTES(sig, n)), HF_OK);
	assert_int_equal(crypto_key_sign(crypto, small, 0x0806, TEXT("x"), sig, sizeof(sig), &n), HF_UNSUPPORTED);
	assert_int_equal(crypto_key_sign(crypto, small, 0x0805, TEXT("x"), sig, sizeof(sig), &n), HF_OK);
	crypto_pub_free(p);
	crypto_key_free(k);
	crypto_key_free(small);
}

static void every_scheme_signs_and_verifies(void **state)
{
	static const char text[] = "TLS 1.3, server CertificateVerify, and what it covers";
	unsigned signatures = 0;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		for (unsigned scheme = 0x0200; scheme < 0x0900; scheme++) {
			uint8_t sig[CRYPTO_SIG_MAX];
			size_t n = 0;
			hf_status s = crypto_key_sign(crypto, key[i], (uint16_t)scheme, TEXT(text), sig, sizeof(sig), &n);

			if (!crypto_scheme_fits(kinds[i].kind, kinds[i].bits, (uint16_t)scheme, 0x0303)) {
				assert_int_equal(s, HF_UNSUPPORTED);
				assert_int_equal(
					crypto_pub_verify(crypto, pub[i], (uint16_t)scheme, TEXT(text), BYTES(sig, 64)),
					HF_UNSUPPORTED);
				continue;
			}
			signatures++;
			assert_int_equal(s, HF_OK);
			assert_int_equal(crypto_pub_verify(crypto, pub[i], (uint16_t)scheme, TEXT(text), BYTES(sig, n)),
					 HF_OK);
			assert_int_equal(crypto_pub_verify(crypto, pub[i], (uint16_t)scheme, TEXT("other"), BYTES(sig, n)),
					 HF_MALFORMED);
			assert_int_equal(crypto_pub_verify(crypto, pub[i], (uint16_t)scheme, TEXT(text), BYTES(sig, n - 1)),
					 HF_MALFORMED);
			assert_int_equal(crypto_pub_verify(crypto, pub[i], (uint16_t)scheme, TEXT(text), BYTES(sig, 0)),
					 HF_MALFORMED);
			sig[n / 2] ^= 4;
			assert_int_equal(crypto_pub_verify(crypto, pub[i], (uint16_t)scheme, TEXT(text), BYTES(sig, n)),
					 HF_MALFORMED);
			assert_int_equal(ERR_peek_error(), 0);
		}
	}
	assert_int_equal(signatures, 3 * 3 + 6 + 3 + 2);
}

static void room_for_a_signature(void **state)
{
	uint8_t sig[CRYPTO_SIG_MAX];
	size_t n = 77;

	(void)state;
	assert_int_equal(crypto_key_sign(crypto, key[3], 0x0804, TEXT("x"), sig, 255, &n), HF_TOO_BIG);
	assert_int_equal(crypto_key_sign(crypto, key[0], 0x0403, TEXT("x"), sig, 60, &n), HF_TOO_BIG);
	assert_int_equal(n, 77);
	assert_int_equal(crypto_key_sign(crypto, key[3], 0x0804, TEXT("x"), sig, 256, &n), HF_OK);
	assert_int_equal(n, 256);
}

/* RFC 4055 3.1: a key may be bound to one hash. */
static void pss_key_bound_to_a_hash(void **state)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pkey = NULL;
	struct hf_key *k;
	struct crypto_pub *p;
	uint8_t sig[CRYPTO_SIG_MAX];
	size_t n;

	(void)state;
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md(ctx, EVP_sha384()), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(ctx, EVP_sha384()), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(crypto_key_of_pkey(crypto, pkey, &k), HF_OK);
	p = pub_of(crypto, k);
	assert_int_equal(crypto_key_sign(crypto, k, 0x0809, TEXT("x"), sig, sizeof(sig), &n), HF_UNSUPPORTED);
	assert_int_equal(crypto_pub_verify(crypto, p, 0x0809, TEXT("x"), BYTES(sig, 256)), HF_UNSUPPORTED);
	assert_int_equal(crypto_key_sign(crypto, k, 0x080a, TEXT("x"), sig, sizeof(sig), &n), HF_OK);
	assert_int_equal(crypto_pub_verify(crypto, p, 0x080a, TEXT("x"), BYTES(sig, n)), HF_OK);
	assert_int_equal(ERR_peek_error(), 0);
	crypto_pub_free(p);
	crypto_key_free(k);
}

static void what_cannot_be_made(void **state)
{
	struct hf_key *k = NULL;

	(void)state;
	assert_int_equal(crypto_key_make(crypto, CRYPTO_KEY_OTHER, 0, &k), HF_UNSUPPORTED);
	assert_int_equal(crypto_key_make(crypto, CRYPTO_KEY_RSA, 511, &k), HF_UNSUPPORTED);
	assert_int_equal(crypto_key_make(crypto, CRYPTO_KEY_RSA, 8193, &k), HF_UNSUPPORTED);
	assert_int_equal(crypto_key_make(crypto, (enum crypto_key_kind)99, 0, &k), HF_UNSUPPORTED);
	assert_null(k);
}

/* One key, one struct hf_crypto, several threads. */
static void *sign_and_verify(void *failures)
{
	static const struct {
		size_t i;
		uint16_t scheme;
		unsigned times;
	} work[] = { { 0, 0x0403, 200 }, { 3, 0x0804, 20 }, { 5, 0x0807, 100 } };

	for (size_t w = 0; w < HF_ARRAY_LEN(work); w++) {
		for (unsigned n = 0; n < work[w].times; n++) {
			uint8_t sig[CRYPTO_SIG_MAX];
			size_t len = 0;
			struct hf_bytes text = BYTES(&n, sizeof(n));

			if (crypto_key_sign(crypto, key[work[w].i], work[w].scheme, text, sig, sizeof(sig), &len) != HF_OK ||
			    crypto_pub_verify(crypto, pub[work[w].i], work[w].scheme, text, BYTES(sig, len)) != HF_OK)
				(*(unsigned *)failures)++;
		}
	}
	return NULL;
}

static void threads_share_a_key(void **state)
{
	pthread_t threads[4];
	unsigned failures[4] = { 0 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_and_verify, &failures[i]), 0);
	for (size_t i = 0; i < HF_ARRAY_LEN(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(failures[i], 0);
	}
}

/* Everything libcrypto draws comes from the seed while one is set. */
static void randomness_can_be_fixed(void **state)
{
	static const uint8_t seed[2][32] = { { 1 }, { 2 } };
	/* The first three runs: seed 1 twice, then seed 2; the fourth and fifth are random. */
	uint8_t ecdsa[5][CRYPTO_SIG_MAX], pss[5][CRYPTO_SIG_MAX], spki[5][256];
	size_t ecdsa_len[5], pss_len, spki_len[5];

	(void)state;
	for (unsigned run = 0; run < 5; run++) {
		struct hf_key *fresh;
		struct hf_bytes b;

		hf_crypto_fix_randomness(run < 3 ? seed[run / 2] : NULL);
		assert_int_equal(
			crypto_key_sign(crypto, key[0], 0x0403, TEXT("x"), ecdsa[run], CRYPTO_SIG_MAX, &ecdsa_len[run]),
			HF_OK);
		assert_int_equal(crypto_key_sign(crypto, key[3], 0x0804, TEXT("x"), pss[run], CRYPTO_SIG_MAX, &pss_len),
				 HF_OK);
		fresh = make_key(crypto, CRYPTO_KEY_P256, 0);
		b = spki_of(fresh, spki[run]);
		spki_len[run] = b.len;
		crypto_key_free(fresh);
	}
	assert_int_equal(ecdsa_len[0], ecdsa_len[1]);
	assert_memory_equal(ecdsa[0], ecdsa[1], ecdsa_len[0]);
	assert_memory_equal(pss[0], pss[1], 256);
	assert_memory_equal(spki[0], spki[1], spki_len[0]);
	for (unsigned run = 2; run < 5; run++) {
		assert_memory_not_equal(ecdsa[run - 1], ecdsa[run], 60);
		assert_memory_not_equal(pss[run - 1], pss[run], 256);
		assert_memory_not_equal(spki[run - 1], spki[run], spki_len[run]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_and_sizes),
		cmocka_unit_test(schemes_fit_keys),
		cmocka_unit_test(rsa_must_be_big_enough),
		cmocka_unit_test(small_rsa_signs_what_fits),
		cmocka_unit_test(every_scheme_signs_and_verifies),
		cmocka_unit_test(room_for_a_signature),
		cmocka_unit_test(pss_key_bound_to_a_hash),
		cmocka_unit_test(what_cannot_be_made),
		cmocka_unit_test(threads_share_a_key),
		cmocka_unit_test(randomness_can_be_fixed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
