/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "key_tools.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#define SIZE 128u         /* octets of the modulus */
#define ZERO (SIZE - 49u) /* where the filling ends */

static struct hf_crypto *crypto;
static struct hf_key *key;
static struct crypto_pub *pub;
static uint8_t instead[48], block[SIZE];

static int set_up(void **state)
{
	(void)state;
	if (hf_crypto_open(&crypto) != HF_OK)
		return -1;
	key = make_key(crypto, CRYPTO_KEY_RSA, 8 * SIZE);
	pub = pub_of(crypto, key);
	memset(instead, 0xd1, sizeof(instead));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	crypto_key_free(key);
	crypto_pub_free(pub);
	hf_crypto_close(crypto);
	return 0;
}

/* 00 02 | filling | 00 | 03 03 and 46 octets */
static void fill_block(void)
{
	memset(block, 0x5a, sizeof(block));
	block[0] = 0;
	block[1] = 2;
	block[ZERO] = 0;
	block[ZERO + 1] = block[ZERO + 2] = 3;
	for (unsigned i = 0; i < 46; i++)
		block[ZERO + 3 + i] = (uint8_t)(0xa0 + i);
}

/* Encrypts the block as it is and has it decrypted. */
static void send_block(uint8_t ret[48])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	uint8_t cipher[SIZE];
	size_t n = sizeof(cipher);

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_encrypt(ctx, cipher, &n, block, sizeof(block)), 1);
	EVP_PKEY_CTX_free(ctx);
	memset(ret, 0xee, 48);
	assert_int_equal(crypto_key_decrypt_premaster(crypto, key, BYTES(cipher, n), 0x0303, instead, ret), HF_OK);
	assert_int_equal(ERR_peek_error(), 0);
}

static void what_is_well_formed_comes_out(void **state)
{
	uint8_t premaster[48], got[48], cipher[SIZE];
	size_t n;

	(void)state;
	fill_block();
	send_block(got);
	assert_memory_equal(got, block + ZERO + 1, 48);
	/* By the client's own way, fresh filling each time. */
	memcpy(premaster, block + ZERO + 1, 48);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(crypto_pub_encrypt(crypto, pub, BYTES(premaster, 48), cipher, sizeof(cipher), &n), HF_OK);
		assert_int_equal(n, SIZE);
		assert_int_equal(crypto_key_decrypt_premaster(crypto, key, BYTES(cipher, n), 0x0303, instead, got), HF_OK);
		assert_memory_equal(got, premaster, 48);
	}
}

static void expect_instead(void)
{
	uint8_t got[48];

	send_block(got);
	assert_memory_equal(got, instead, 48);
}

/* Every octet that must have a value, with all others; a zero anywhere in the filling; the version that was not offered. */
static void what_is_malformed_gives_the_other(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		fill_block();
		block[1] = (uint8_t)v;
		if (v != 2)
			expect_instead();
		fill_block();
		block[ZERO] = (uint8_t)v;
		if (v != 0)
			expect_instead();
		fill_block();
		block[ZERO + 1] = (uint8_t)v;
		if (v != 3)
			expect_instead();
		fill_block();
		block[ZERO + 2] = (uint8_t)v;
		if (v != 3)
			expect_instead();
	}
	for (unsigned at = 2; at < ZERO; at++) {
		fill_block();
		block[at] = 0;
		expect_instead();
	}
	for (unsigned v = 1; v < 0x40; v++) { /* below the modulus, whose first octet has its top bits set */
		fill_block();
		block[0] = (uint8_t)v;
		expect_instead();
	}
	memset(block, 0, sizeof(block));
	expect_instead();
}

/* Other lengths of secret: one octet more or less moves the zero. */
static void other_lengths_give_the_other(void **state)
{
	uint8_t longer[60] = { 3, 3 }, got[48], cipher[SIZE];
	size_t n;

	(void)state;
	for (size_t len = 0; len < sizeof(longer); len++) {
		memset(longer + 2, 0x77, sizeof(longer) - 2);
		assert_int_equal(crypto_pub_encrypt(crypto, pub, BYTES(longer, len), cipher, sizeof(cipher), &n), HF_OK);
		assert_int_equal(crypto_key_decrypt_premaster(crypto, key, BYTES(cipher, n), 0x0303, instead, got), HF_OK);
		assert_memory_equal(got, len == 48 ? longer : instead, 48);
	}
}

/* What is no number below the modulus cannot be decrypted at all, and still nobody is told. */
static void numbers_too_big_give_the_other(void **state)
{
	uint8_t cipher[SIZE], got[48];

	(void)state;
	memset(cipher, 0xff, sizeof(cipher));
	assert_int_equal(crypto_key_decrypt_premaster(crypto, key, BYTES(cipher, SIZE), 0x0303, instead, got), HF_OK);
	assert_memory_equal(got, instead, 48);
	memset(cipher, 0, sizeof(cipher));
	assert_int_equal(crypto_key_decrypt_premaster(crypto, key, BYTES(cipher, SIZE), 0x0303, instead, got), HF_OK);
	assert_memory_equal(got, instead, 48);
	assert_int_equal(ERR_peek_error(), 0);
}

static void what_anyone_can_see_is_said(void **state)
{
	struct hf_key *ec = make_key(crypto, CRYPTO_KEY_P256, 0), *pss = make_key(crypto, CRYPTO_KEY_RSA_PSS, 1024);
	struct crypto_pub *ec_pub = pub_of(crypto, ec);
	uint8_t cipher[SIZE + 1] = { 0 }, got[48];
	size_t n;

	(void)state;
	for (size_t len = 0; len <= SIZE + 1; len++)
		if (len != SIZE)
			assert_int_equal(crypto_key_decrypt_premaster(crypto, key, BYTES(cipher, len), 0x0303, instead, got),
					 HF_MALFORMED);
	assert_int_equal(crypto_key_decrypt_premaster(crypto, ec, BYTES(cipher, SIZE), 0x0303, instead, got),
			 HF_UNSUPPORTED);
	assert_int_equal(crypto_key_decrypt_premaster(crypto, pss, BYTES(cipher, SIZE), 0x0303, instead, got),
			 HF_UNSUPPORTED);
	assert_int_equal(crypto_pub_encrypt(crypto, ec_pub, BYTES(got, 48), cipher, SIZE, &n), HF_UNSUPPORTED);
	assert_int_equal(crypto_pub_encrypt(crypto, pub, BYTES(cipher, SIZE - 10), cipher, SIZE, &n), HF_UNSUPPORTED);
	crypto_pub_free(ec_pub);
	crypto_key_free(ec);
	crypto_key_free(pss);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_well_formed_comes_out), cmocka_unit_test(what_is_malformed_gives_the_other),
		cmocka_unit_test(other_lengths_give_the_other),  cmocka_unit_test(numbers_too_big_give_the_other),
		cmocka_unit_test(what_anyone_can_see_is_said),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
