/* SPDX-License-Identifier: MIT */
/*
 * RFC 5246 7.4.7.1. Whoever can tell a well-padded ciphertext from an ill-padded one, by an alert or by time, can have any
 * message decrypted (Bleichenbacher). So libcrypto only raises to the power here, which gives the padded block whatever it
 * holds; the block is judged without a branch or an address that depends on it; and what fails in any way becomes the
 * secret that the caller drew before, with which the handshake goes on until its Finished does not fit.
 *
 * The secret has 48 octets, so the whole block is known but for its filling:
 *
 *	00 02 | at least eight octets, none 00 | 00 | client_version, 46 random octets
 */
#include <openssl/rsa.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/crypto_internal.h"

#define PREMASTER 48u
#define FILLING_MIN 8u /* RFC 8017 7.2.1 */
#define BLOCK_MIN (2u + FILLING_MIN + 1u + PREMASTER)

/* 1 when x is 0, else 0, for x below 2^31. The compiler is kept from seeing that it is a truth value and making a branch of it. */
static uint32_t is_zero(uint32_t x)
{
	uint32_t r = (x - 1) >> 31;

	__asm__("" : "+r"(r));
	return r;
}

/* 1 when the block is as it must be. */
static uint32_t judge(const uint8_t *block, size_t n, uint16_t client_version)
{
	size_t zero = n - PREMASTER - 1;
	uint32_t good = is_zero(block[0]) & is_zero(block[1] ^ 2u);

	for (size_t i = 2; i < zero; i++)
		good &= is_zero(block[i]) ^ 1u;
	good &= is_zero(block[zero]);
	good &= is_zero(block[zero + 1] ^ (uint32_t)(client_version >> 8));
	good &= is_zero(block[zero + 2] ^ (uint32_t)(client_version & 0xff));
	return good;
}

/* in^d mod n as n's number of octets; false when `in` is no number below n, which anyone can see. */
static hf_status raise(const struct hf_key *k, struct hf_bytes in, uint8_t *block, bool *ret_good)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	size_t n = in.len;
	hf_status s = HF_SYSTEM;

	if (ctx && EVP_PKEY_decrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1) {
		*ret_good = EVP_PKEY_decrypt(ctx, block, &n, in.at, in.len) == 1 && n == in.len;
		s = HF_OK;
	}
	EVP_PKEY_CTX_free(ctx);
	crypto_failed(s);
	return s;
}

hf_status crypto_key_decrypt_premaster(const struct hf_crypto *c, const struct hf_key *k, struct hf_bytes in,
				       uint16_t client_version, const uint8_t instead[48], uint8_t ret[48])
{
	uint8_t block[CRYPTO_SIG_MAX] = { 0 }; /* stays all zero, so ill-padded, when `in` is no number below n */
	bool raised = false;
	hf_status s;
	uint32_t mask;

	(void)c;
	if (k->kind != CRYPTO_KEY_RSA || (k->bits + 7) / 8 < BLOCK_MIN)
		return HF_UNSUPPORTED;
	if (in.len != (k->bits + 7) / 8)
		return HF_MALFORMED;
	s = raise(k, in, block, &raised);
	if (s != HF_OK)
		return s;
	mask = 0u - (judge(block, in.len, client_version) & (uint32_t)raised);
	__asm__("" : "+r"(mask));
	for (size_t i = 0; i < PREMASTER; i++)
		ret[i] = (uint8_t)((block[in.len - PREMASTER + i] & mask) | (instead[i] & ~mask));
	crypto_wipe(block, sizeof(block));
	return HF_OK;
}
