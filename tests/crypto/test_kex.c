/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/bits.h"
#include "crypto/kex.h"
#include "hex.h"

#define P256 0x0017u
#define P384 0x0018u
#define P521 0x0019u
#define X25519 0x001du
#define X448 0x001eu
#define X25519MLKEM768 0x11ecu

static const uint16_t groups[] = { P256, P384, P521, X25519, X448, X25519MLKEM768 };
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

struct side {
	uint8_t entropy[CRYPTO_KEX_ENTROPY];
	uint8_t share[CRYPTO_KEX_SHARE_MAX + 1], secret[CRYPTO_KEX_SECRET_MAX];
	size_t share_len, secret_len;
};

static hf_status offer(struct side *s, uint16_t group, struct crypto_kex *kex)
{
	return crypto_kex_offer(crypto, group, s->entropy, kex, s->share, sizeof(s->share), &s->share_len);
}

static hf_status answer(struct side *s, uint16_t group, struct hf_bytes share)
{
	return crypto_kex_answer(crypto, group, s->entropy, share, s->share, sizeof(s->share), &s->share_len, s->secret,
				 &s->secret_len);
}

static struct hf_bytes share_of(const struct side *s)
{
	return BYTES(s->share, s->share_len);
}

static void both_sides_agree(void **state)
{
	static const uint8_t fills[] = { 0x00, 0x01, 0x5a, 0xff };

	(void)state;
	for (size_t g = 0; g < HF_ARRAY_LEN(groups); g++) {
		if (!crypto_kex_has(crypto, groups[g])) {
			assert_int_equal(groups[g], X25519MLKEM768);
			continue;
		}
		for (size_t f = 0; f < HF_ARRAY_LEN(fills); f++) {
			struct side a = { 0 }, b = { 0 }, again = { 0 };
			struct crypto_kex kex = { 0 };

			memset(a.entropy, fills[f], sizeof(a.entropy));
			memset(b.entropy, 0x33, sizeof(b.entropy));
			assert_int_equal(offer(&a, groups[g], &kex), HF_OK);
			assert_int_equal(a.share_len, crypto_kex_client_share_size(groups[g]));
			assert_int_equal(answer(&b, groups[g], share_of(&a)), HF_OK);
			assert_int_equal(b.share_len, crypto_kex_server_share_size(groups[g]));
			assert_int_equal(crypto_kex_finish(crypto, &kex, share_of(&b), a.secret, &a.secret_len), HF_OK);
			assert_null(kex.key);
			assert_int_equal(a.secret_len, b.secret_len);
			assert_memory_equal(a.secret, b.secret, a.secret_len);
			assert_memory_not_equal(a.share, b.share, a.share_len);
			/* The same entropy, the same share; the first octet of it counts. */
			memset(again.entropy, 0x33, sizeof(again.entropy));
			assert_int_equal(answer(&again, groups[g], share_of(&a)), HF_OK);
			assert_memory_equal(again.share, b.share, b.share_len);
			again.entropy[0] ^= 0x10;
			assert_int_equal(answer(&again, groups[g], share_of(&a)), HF_OK);
			assert_memory_not_equal(again.share, b.share, b.share_len);
		}
	}
}

/* RFC 7748 6.1 and 6.2: both private values give the published shares and secret. */
static void rfc7748_exchanges(void **state)
{
	static const struct {
		uint16_t group;
		const char *a, *a_public, *b, *b_public, *secret;
	} cases[] = {
		{ X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
		  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
		{ X448, "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
		  "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
		  "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
		  "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
		  "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d" },
	};
	uint8_t want[64];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(cases); i++) {
		struct side a = { 0 }, b = { 0 };
		struct crypto_kex kex = { 0 };
		struct hf_bytes w;

		unhex(cases[i].a, a.entropy);
		unhex(cases[i].b, b.entropy);
		assert_int_equal(offer(&a, cases[i].group, &kex), HF_OK);
		w = unhex(cases[i].a_public, want);
		assert_int_equal(a.share_len, w.len);
		assert_memory_equal(a.share, want, w.len);
		assert_int_equal(answer(&b, cases[i].group, share_of(&a)), HF_OK);
		unhex(cases[i].b_public, want);
		assert_memory_equal(b.share, want, w.len);
		unhex(cases[i].secret, want);
		assert_int_equal(b.secret_len, w.len);
		assert_memory_equal(b.secret, want, w.len);
		assert_int_equal(crypto_kex_finish(crypto, &kex, share_of(&b), a.secret, &a.secret_len), HF_OK);
		assert_memory_equal(a.secret, want, w.len);
	}
}

/* RFC 7748 5.2: a thousand multiplications, each by what the last one made. */
static void rfc7748_iterated(void **state)
{
	struct side s = { .entropy = { 9 } };
	uint8_t u[32] = { 9 }, want[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(answer(&s, X25519, BYTES(u, 32)), HF_OK);
		memcpy(u, s.entropy, 32);
		memcpy(s.entropy, s.secret, 32);
	}
	unhex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", want);
	assert_memory_equal(s.secret, want, 32);
}

/* RFC 8446 7.4.2: what makes a secret of zeros. RFC 7748 6 has the points; u is taken modulo the prime, the top bit away. */
static void small_order_is_refused(void **state)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"0000000000000000000000000000000000000000000000000000000000000080",
	};
	uint8_t zeros[56] = { 0 }, u[32];
	struct side s = { 0 };

	(void)state;
	memset(s.entropy, 0x77, sizeof(s.entropy));
	for (size_t i = 0; i < HF_ARRAY_LEN(points); i++) {
		struct side a = { 0 };
		struct crypto_kex kex = { 0 };

		assert_int_equal(answer(&s, X25519, unhex(points[i], u)), HF_MALFORMED);
		assert_int_equal(offer(&a, X25519, &kex), HF_OK);
		assert_int_equal(crypto_kex_finish(crypto, &kex, BYTES(u, 32), a.secret, &a.secret_len), HF_MALFORMED);
		assert_null(kex.key);
	}
	assert_int_equal(answer(&s, X448, BYTES(zeros, 56)), HF_MALFORMED);
}

static void wrong_lengths_are_refused(void **state)
{
	(void)state;
	for (size_t g = 0; g < HF_ARRAY_LEN(groups); g++) {
		struct side a = { 0 }, b = { 0 };
		struct crypto_kex kex = { 0 };
		size_t n = crypto_kex_client_share_size(groups[g]), m = crypto_kex_server_share_size(groups[g]);

		if (!crypto_kex_has(crypto, groups[g]))
			continue;
		assert_int_equal(offer(&a, groups[g], &kex), HF_OK);
		for (size_t len = 0; len <= n + 1; len++)
			if (len != n)
				assert_int_equal(answer(&b, groups[g], BYTES(a.share, len)), HF_MALFORMED);
		assert_int_equal(answer(&b, groups[g], share_of(&a)), HF_OK);
		assert_int_equal(crypto_kex_finish(crypto, &kex, BYTES(b.share, m - 1), a.secret, &a.secret_len),
				 HF_MALFORMED);
		assert_null(kex.key);
		assert_int_equal(offer(&a, groups[g], &kex), HF_OK);
		assert_int_equal(crypto_kex_finish(crypto, &kex, BYTES(b.share, m + 1), a.secret, &a.secret_len),
				 HF_MALFORMED);
		assert_null(kex.key);
		assert_int_equal(crypto_kex_answer(crypto, groups[g], b.entropy, share_of(&a), b.share, m - 1,
						   &b.share_len, b.secret, &b.secret_len),
				 HF_FULL);
		assert_int_equal(crypto_kex_offer(crypto, groups[g], a.entropy, &kex, a.share, n - 1, &a.share_len),
				 HF_FULL);
		assert_null(kex.key);
	}
}

/* Compressed and hybrid forms, infinity, a point beside the curve, coordinates beyond the prime. */
static void other_points_are_refused(void **state)
{
	static const uint16_t curves[] = { P256, P384, P521 };

	(void)state;
	for (size_t g = 0; g < HF_ARRAY_LEN(curves); g++) {
		struct side a = { 0 }, b = { 0 };
		struct crypto_kex kex = { 0 };
		size_t n = crypto_kex_client_share_size(curves[g]);
		uint8_t point[1 + 2 * 66], form = 0;

		assert_int_equal(offer(&a, curves[g], &kex), HF_OK);
		crypto_kex_clear(&kex);
		memcpy(point, a.share, n);
		do {
			point[0] = form;
			assert_int_equal(answer(&b, curves[g], BYTES(point, n)), form == 4 ? HF_OK : HF_MALFORMED);
		} while (++form != 0);
		point[0] = (uint8_t)(2 + (point[n - 1] & 1));
		assert_int_equal(answer(&b, curves[g], BYTES(point, 1 + n / 2)), HF_MALFORMED);
		point[0] = 4;
		for (size_t i = 1; i < n; i += 5) {
			point[i] ^= 1;
			assert_int_equal(answer(&b, curves[g], BYTES(point, n)), HF_MALFORMED);
			point[i] ^= 1;
		}
		memset(point + 1, 0, n - 1);
		assert_int_equal(answer(&b, curves[g], BYTES(point, n)), HF_MALFORMED);
		memset(point + 1, 0xff, n - 1);
		assert_int_equal(answer(&b, curves[g], BYTES(point, n)), HF_MALFORMED);
	}
}

static void unknown_groups_are_unsupported(void **state)
{
	static const uint16_t others[] = { 0, 1, 0x0016, 0x001a, 0x001f, 0x0100, 0x0201, 0x11eb, 0x0a0a, 0xffff };
	struct side s = { 0 };
	struct crypto_kex kex = { 0 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(others); i++) {
		assert_false(crypto_kex_has(crypto, others[i]));
		assert_int_equal(crypto_kex_client_share_size(others[i]), 0);
		assert_int_equal(offer(&s, others[i], &kex), HF_UNSUPPORTED);
		assert_int_equal(answer(&s, others[i], BYTES(s.share, 32)), HF_UNSUPPORTED);
	}
	crypto_kex_clear(&kex);
}

/* ---- X25519MLKEM768 ---- */

#define PUBLIC 1184u
#define CIPHERTEXT 1088u
#define MODULUS 3329u

static void hybrid_is_told_of(void **state)
{
	struct side s = { 0 };
	struct crypto_kex kex = { 0 };

	(void)state;
	assert_int_equal(crypto_kex_client_share_size(X25519MLKEM768), PUBLIC + 32);
	assert_int_equal(crypto_kex_client_share_size(X25519MLKEM768), CRYPTO_KEX_SHARE_MAX);
	assert_int_equal(crypto_kex_server_share_size(X25519MLKEM768), CIPHERTEXT + 32);
	if (crypto_kex_has(crypto, X25519MLKEM768))
		return;
	print_message("without ML-KEM, as this libcrypto has none: X25519MLKEM768 must be refused\n");
	assert_int_equal(offer(&s, X25519MLKEM768, &kex), HF_UNSUPPORTED);
	assert_null(kex.key);
	assert_int_equal(answer(&s, X25519MLKEM768, BYTES(s.share, PUBLIC + 32)), HF_UNSUPPORTED);
}

static void need_mlkem(void)
{
	if (!crypto_kex_has(crypto, X25519MLKEM768)) {
		print_message("skipped: this libcrypto has no ML-KEM\n");
		skip();
	}
}

/*
 * The accumulated test of Go's crypto/mlkem: SHAKE128 of nothing gives seeds and false ciphertexts, another one takes in keys,
 * ciphertexts and secrets, also those of the false ciphertexts. X25519 beside it has secrets of its own.
 */
static void mlkem_accumulated(void **state)
{
	enum { ROUNDS = 100, DRAWN = 64 + 32 + CIPHERTEXT };
	EVP_MD_CTX *in, *out;
	uint8_t *stream, want[32], got[32];

	(void)state;
	need_mlkem();
	in = EVP_MD_CTX_new();
	out = EVP_MD_CTX_new();
	stream = malloc((size_t)ROUNDS * DRAWN);
	assert_true(in && out && stream);
	assert_int_equal(EVP_DigestInit_ex(in, EVP_shake128(), NULL), 1);
	assert_int_equal(EVP_DigestInit_ex(out, EVP_shake128(), NULL), 1);
	assert_int_equal(EVP_DigestFinalXOF(in, stream, (size_t)ROUNDS * DRAWN), 1);
	for (size_t i = 0; i < ROUNDS; i++) {
		const uint8_t *drawn = stream + i * DRAWN;
		struct side a = { 0 }, b = { 0 };
		struct crypto_kex kex, again;

		memcpy(a.entropy, drawn, 64);
		memset(a.entropy + 64, 0x0a, 32);
		memcpy(b.entropy, drawn + 64, 32);
		memset(b.entropy + 64, 0x0b, 32);
		assert_int_equal(offer(&a, X25519MLKEM768, &kex), HF_OK);
		EVP_DigestUpdate(out, a.share, PUBLIC);
		assert_int_equal(answer(&b, X25519MLKEM768, share_of(&a)), HF_OK);
		EVP_DigestUpdate(out, b.share, CIPHERTEXT);
		EVP_DigestUpdate(out, b.secret, 32);
		assert_int_equal(crypto_kex_finish(crypto, &kex, share_of(&b), a.secret, &a.secret_len), HF_OK);
		assert_int_equal(a.secret_len, 64);
		assert_memory_equal(a.secret, b.secret, 64);
		assert_int_equal(offer(&a, X25519MLKEM768, &again), HF_OK);
		memcpy(b.share, drawn + 96, CIPHERTEXT);
		assert_int_equal(crypto_kex_finish(crypto, &again, share_of(&b), a.secret, &a.secret_len), HF_OK);
		assert_memory_equal(a.secret + 32, b.secret + 32, 32);
		EVP_DigestUpdate(out, a.secret, 32);
	}
	assert_int_equal(EVP_DigestFinalXOF(out, got, sizeof(got)), 1);
	unhex("1114b1b6699ed191734fa339376afa7e285c9e6acf6ff0177d346696ce564415", want);
	assert_memory_equal(got, want, sizeof(want));
	free(stream);
	EVP_MD_CTX_free(in);
	EVP_MD_CTX_free(out);
}

/* Where the ladder's part lies, and that it is X25519's own. */
static void hybrid_has_x25519_at_its_end(void **state)
{
	struct side a = { 0 }, b = { 0 }, plain_a = { 0 }, plain_b = { 0 };
	struct crypto_kex kex, plain;

	(void)state;
	need_mlkem();
	memset(a.entropy + 64, 0x41, 32);
	memset(b.entropy + 64, 0x42, 32);
	memset(plain_a.entropy, 0x41, 32);
	memset(plain_b.entropy, 0x42, 32);
	assert_int_equal(offer(&a, X25519MLKEM768, &kex), HF_OK);
	assert_int_equal(offer(&plain_a, X25519, &plain), HF_OK);
	assert_int_equal(answer(&b, X25519MLKEM768, share_of(&a)), HF_OK);
	assert_int_equal(answer(&plain_b, X25519, share_of(&plain_a)), HF_OK);
	assert_memory_equal(a.share + PUBLIC, plain_a.share, 32);
	assert_memory_equal(b.share + CIPHERTEXT, plain_b.share, 32);
	assert_memory_equal(b.secret + 32, plain_b.secret, 32);
	crypto_kex_clear(&kex);
	crypto_kex_clear(&plain);
	assert_null(kex.key);
}

/* FIPS 203 7.2: each of the key's 768 numbers of 12 bits must be below the modulus; what follows is a seed, and any will do. */
static void numbers_beyond_the_modulus_are_refused(void **state)
{
	struct side a = { 0 }, b = { 0 };
	struct crypto_kex kex;

	(void)state;
	need_mlkem();
	assert_int_equal(offer(&a, X25519MLKEM768, &kex), HF_OK);
	crypto_kex_clear(&kex);
	for (size_t i = 0; i < 768; i += i == 0 || i == 766 ? 1 : 18) {
		uint8_t *at = a.share + i / 2 * 3, kept[3];

		memcpy(kept, at, sizeof(kept));
		for (unsigned n = MODULUS - 1; n <= 0xfff; n += n == MODULUS - 1 ? 1 : 255) {
			if (i % 2 == 0) {
				at[0] = (uint8_t)n;
				at[1] = (uint8_t)((at[1] & 0xf0) | n >> 8);
			} else {
				at[1] = (uint8_t)((at[1] & 0x0f) | (n & 0xf) << 4);
				at[2] = (uint8_t)(n >> 4);
			}
			assert_int_equal(answer(&b, X25519MLKEM768, share_of(&a)), n < MODULUS ? HF_OK : HF_MALFORMED);
		}
		memcpy(at, kept, sizeof(kept));
	}
	memset(a.share + PUBLIC - 32, 0xff, 32);
	assert_int_equal(answer(&b, X25519MLKEM768, share_of(&a)), HF_OK);
	memset(a.share, 0xff, PUBLIC);
	assert_int_equal(answer(&b, X25519MLKEM768, share_of(&a)), HF_MALFORMED);
}

static void small_order_beside_mlkem_is_refused(void **state)
{
	struct side a = { 0 }, b = { 0 };
	struct crypto_kex kex;

	(void)state;
	need_mlkem();
	assert_int_equal(offer(&a, X25519MLKEM768, &kex), HF_OK);
	assert_int_equal(answer(&b, X25519MLKEM768, share_of(&a)), HF_OK);
	memset(a.share + PUBLIC, 0, 32);
	memset(b.share + CIPHERTEXT, 0, 32);
	assert_int_equal(crypto_kex_finish(crypto, &kex, share_of(&b), a.secret, &a.secret_len), HF_MALFORMED);
	assert_null(kex.key);
	assert_int_equal(answer(&b, X25519MLKEM768, share_of(&a)), HF_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_agree),
		cmocka_unit_test(rfc7748_exchanges),
		cmocka_unit_test(rfc7748_iterated),
		cmocka_unit_test(small_order_is_refused),
		cmocka_unit_test(wrong_lengths_are_refused),
		cmocka_unit_test(other_points_are_refused),
		cmocka_unit_test(unknown_groups_are_unsupported),
		cmocka_unit_test(hybrid_is_told_of),
		cmocka_unit_test(mlkem_accumulated),
		cmocka_unit_test(hybrid_has_x25519_at_its_end),
		cmocka_unit_test(numbers_beyond_the_modulus_are_refused),
		cmocka_unit_test(small_order_beside_mlkem_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
