/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "crypto/hash.h"
#include "hex.h"

static void expect(const uint8_t *got, const char *hex)
{
	uint8_t want[256];
	struct hf_bytes b = unhex(hex, want);

	assert_memory_equal(got, want, b.len);
}

/* FIPS 180-4's own examples. */
static void hashes_known_answers(void **state)
{
	static const char *const abc[CRYPTO_HASH_COUNT] = {
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
		"454d4423643ce80e2a9ac94fa54ca49f",
	};
	uint8_t got[CRYPTO_HASH_MAX];

	(void)state;
	for (unsigned id = 0; id < CRYPTO_HASH_COUNT; id++) {
		crypto_hash_of(id, TEXT("abc"), got);
		expect(got, abc[id]);
		assert_int_equal(crypto_hash_size(id), strlen(abc[id]) / 2);
	}
	crypto_hash_of(CRYPTO_SHA256, BYTES(NULL, 0), got);
	expect(got, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* A look in the middle changes nothing, and a copy goes its own way. */
static void hash_is_a_value(void **state)
{
	uint8_t text[300], whole[CRYPTO_HASH_MAX], got[CRYPTO_HASH_MAX], prefix[CRYPTO_HASH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 11);
	for (unsigned id = 0; id < CRYPTO_HASH_COUNT; id++) {
		crypto_hash_of(id, BYTES(text, sizeof(text)), whole);
		for (size_t cut = 0; cut <= sizeof(text); cut++) {
			struct crypto_hash h, fork;

			crypto_hash_init(&h, id);
			crypto_hash_add(&h, BYTES(text, cut));
			crypto_hash_peek(&h, got);
			crypto_hash_of(id, BYTES(text, cut), prefix);
			assert_memory_equal(got, prefix, crypto_hash_size(id));
			fork = h;
			crypto_hash_add(&fork, TEXT("elsewhere"));
			crypto_hash_add(&h, BYTES(text + cut, sizeof(text) - cut));
			crypto_hash_peek(&h, got);
			assert_memory_equal(got, whole, crypto_hash_size(id));
			crypto_hash_peek(&fork, got);
			assert_memory_not_equal(got, whole, crypto_hash_size(id));
		}
	}
}

static void hmac_rfc4231(void **state)
{
	static const struct {
		const char *key, *data, *mac[CRYPTO_HASH_COUNT];
	} cases[] = {
		/* 4.2 */
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		  "4869205468657265",
		  { "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
		    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e"
		    "696c203a126854" } },
		/* 4.3: a key shorter than the hash */
		{ "4a656665",
		  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		  { "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
		    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b63"
		    "6e070a38bce737" } },
		/* 4.7: a key longer than a block */
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaa",
		  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
		  { "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
		    "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
		    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b"
		    "915a985d786598" } },
	};
	uint8_t key[160], data[160], got[CRYPTO_HASH_MAX];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(cases); i++) {
		struct hf_bytes k = unhex(cases[i].key, key), d = unhex(cases[i].data, data);

		for (unsigned id = 0; id < CRYPTO_HASH_COUNT; id++) {
			struct crypto_hmac m;

			crypto_hmac_of(id, k, d, got);
			expect(got, cases[i].mac[id]);
			crypto_hmac_init(&m, id, k);
			crypto_hmac_add(&m, BYTES(d.at, 3));
			crypto_hmac_add(&m, BYTES(d.at + 3, d.len - 3));
			crypto_hmac_end(&m, got);
			expect(got, cases[i].mac[id]);
		}
	}
}

/* RFC 5869 A.1 and A.3. */
static void hkdf_rfc5869(void **state)
{
	uint8_t ikm[64], salt[64], info[64], prk[32], okm[64];
	struct hf_bytes i = unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", ikm);

	(void)state;
	crypto_hkdf_extract(CRYPTO_SHA256, unhex("000102030405060708090a0b0c", salt), i, prk);
	expect(prk, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
	crypto_hkdf_expand(CRYPTO_SHA256, BYTES(prk, 32), unhex("f0f1f2f3f4f5f6f7f8f9", info), okm, 42);
	expect(okm, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");

	crypto_hkdf_extract(CRYPTO_SHA256, BYTES(NULL, 0), i, prk);
	expect(prk, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
	crypto_hkdf_expand(CRYPTO_SHA256, BYTES(prk, 32), BYTES(NULL, 0), okm, 42);
	expect(okm, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

/* The longest output there is, and one octet beyond each hash's end. */
static void hkdf_expand_lengths(void **state)
{
	static uint8_t longest[255 * CRYPTO_HASH_MAX], part[255 * CRYPTO_HASH_MAX];
	uint8_t prk[CRYPTO_HASH_MAX] = { 7 };

	(void)state;
	for (unsigned id = 0; id < CRYPTO_HASH_COUNT; id++) {
		size_t size = crypto_hash_size(id);
		size_t lengths[] = { 0, 1, size - 1, size, size + 1, 254 * size + 1 };

		crypto_hkdf_expand(id, BYTES(prk, size), TEXT("info"), longest, 255 * size);
		for (size_t i = 0; i < HF_ARRAY_LEN(lengths); i++) {
			memset(part, 0xee, sizeof(part));
			crypto_hkdf_expand(id, BYTES(prk, size), TEXT("info"), part, lengths[i]);
			assert_memory_equal(part, longest, lengths[i]);
			assert_int_equal(part[lengths[i]], 0xee);
		}
	}
}

/* RFC 8448 3: from nothing to the server's handshake keys. */
static void label_rfc8448(void **state)
{
	uint8_t secret[32], zeros[32] = { 0 }, hash[32], ecdhe[32], handshake[32], traffic[32], key[16], iv[12], empty[32];

	(void)state;
	crypto_hkdf_extract(CRYPTO_SHA256, BYTES(NULL, 0), BYTES(zeros, 32), secret);
	expect(secret, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
	crypto_hash_of(CRYPTO_SHA256, BYTES(NULL, 0), empty);
	crypto_hkdf_label(CRYPTO_SHA256, BYTES(secret, 32), "derived", BYTES(empty, 32), secret, 32);
	expect(secret, "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba");
	crypto_hkdf_extract(CRYPTO_SHA256, BYTES(secret, 32),
			    unhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d", ecdhe), handshake);
	expect(handshake, "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac");
	unhex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8", hash);
	crypto_hkdf_label(CRYPTO_SHA256, BYTES(handshake, 32), "s hs traffic", BYTES(hash, 32), traffic, 32);
	expect(traffic, "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
	crypto_hkdf_label(CRYPTO_SHA256, BYTES(traffic, 32), "key", BYTES(NULL, 0), key, 16);
	expect(key, "3fce516009c21727d0f2e4e86ee403bc");
	crypto_hkdf_label(CRYPTO_SHA256, BYTES(traffic, 32), "iv", BYTES(NULL, 0), iv, 12);
	expect(iv, "5d313eb2671276ee13000b30");
}

/* The answers the TLS working group's list agreed on when 1.2 was new. */
static void tls12_prf_known_answers(void **state)
{
	uint8_t secret[16], seed[16], got[160];
	struct hf_bytes s, d;

	(void)state;
	s = unhex("9bbe436ba940f017b17652849a71db35", secret);
	d = unhex("a0ba9f936cda311827a6f796ffd5198c", seed);
	for (size_t cut = 0; cut <= d.len; cut += 4) {
		memset(got, 0, sizeof(got));
		crypto_tls12_prf(CRYPTO_SHA256, s, "test label", BYTES(d.at, cut), BYTES(d.at + cut, d.len - cut), got, 100);
		expect(got,
		       "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077d"
		       "ef17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66");
		assert_int_equal(got[100], 0);
	}
	s = unhex("b80b733d6ceefcdc71566ea48e5567df", secret);
	d = unhex("cd665cf6a8447dd6ff8b27555edb7465", seed);
	crypto_tls12_prf(CRYPTO_SHA384, s, "test label", d, BYTES(NULL, 0), got, 148);
	expect(got, "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700"
		    "884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a2"
		    "6066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f");
}

static void equal_and_wipe(void **state)
{
	uint8_t a[5] = { 1, 2, 3, 4, 5 }, b[5] = { 1, 2, 3, 4, 5 }, zeros[5] = { 0 };

	(void)state;
	assert_true(crypto_equal(a, b, 5));
	assert_true(crypto_equal(a, b, 0));
	for (size_t i = 0; i < 5; i++) {
		b[i] ^= 0x80;
		assert_false(crypto_equal(a, b, 5));
		b[i] ^= 0x80;
	}
	crypto_wipe(a, 5);
	assert_memory_equal(a, zeros, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_known_answers),
		cmocka_unit_test(hash_is_a_value),
		cmocka_unit_test(hmac_rfc4231),
		cmocka_unit_test(hkdf_rfc5869),
		cmocka_unit_test(hkdf_expand_lengths),
		cmocka_unit_test(label_rfc8448),
		cmocka_unit_test(tls12_prf_known_answers),
		cmocka_unit_test(equal_and_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
