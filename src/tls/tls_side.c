/* SPDX-License-Identifier: MIT */
/* The keys of one direction: made from a traffic secret (1.3) or the master secret (1.2), renewed, and wiped. */
#include "tls/tls_internal.h"

#define IV_MAX 12u
#define IV_GCM_12 4u /* RFC 5288 3: the implicit part of the nonce */

/*
 * RFC 8446 5.5: AES-GCM keeps its margin for 2^24.5 full records. The change is asked for somewhat before, so that records
 * already under way, and a peer that takes its time, stay below it. The others end with their sequence numbers (5.3).
 */
#define GCM_RECORDS (UINT64_C(1) << 24)
#define SEQUENCE_MARGIN (UINT64_C(1) << 24)

hf_status tls_side_set_13(struct tls_side *s, const struct hf_crypto *c, const struct tls_suite *suite,
			  enum tls_epoch epoch, const uint8_t *secret, bool seals)
{
	const struct hf_bytes from = { secret, suite->hash_size };
	uint8_t key[CRYPTO_AEAD_KEY_MAX], iv[IV_MAX];
	hf_status made;

	HF_ASSERT(suite->version == TLS_VERSION_1_3 && epoch != TLS_EPOCH_PLAIN);
	/* RFC 8446 7.3 */
	crypto_hkdf_label(suite->hash, from, "key", (struct hf_bytes){ 0 }, key, suite->key_size);
	crypto_hkdf_label(suite->hash, from, "iv", (struct hf_bytes){ 0 }, iv, sizeof(iv));
	made = crypto_aead_set(&s->aead, c, suite->aead, key, seals);
	if (made == HF_OK) {
		s->seq = 0;
		s->epoch = (uint8_t)epoch;
		s->hash = suite->hash;
		memcpy(s->iv, iv, sizeof(iv));
		memmove(s->secret, secret, suite->hash_size);
	}
	crypto_wipe(key, sizeof(key));
	crypto_wipe(iv, sizeof(iv));
	return made;
}

/* RFC 8446 7.2 */
hf_status tls_side_update(struct tls_side *s, const struct hf_crypto *c, const struct tls_suite *suite, bool seals)
{
	uint8_t next[sizeof(s->secret)];
	hf_status made;

	HF_ASSERT(s->epoch == TLS_EPOCH_APPLICATION && s->hash == suite->hash);
	crypto_hkdf_label(suite->hash, (struct hf_bytes){ s->secret, suite->hash_size }, "traffic upd",
			  (struct hf_bytes){ 0 }, next, suite->hash_size);
	made = tls_side_set_13(s, c, suite, TLS_EPOCH_APPLICATION, next, seals);
	crypto_wipe(next, sizeof(next));
	return made;
}

/*
 * RFC 5246 6.3: the key block is client_write_key, server_write_key, client_write_IV, server_write_IV; an AEAD has no MAC
 * keys. Note the seed: the server's random stands first, other than for the master secret.
 */
hf_status tls_side_set_12(struct tls_side *s, const struct hf_crypto *c, const struct tls_suite *suite,
			  const uint8_t master[48], const uint8_t client_random[32], const uint8_t server_random[32],
			  bool client_writes, bool seals)
{
	uint8_t block[2 * CRYPTO_AEAD_KEY_MAX + 2 * IV_MAX];
	size_t key = suite->key_size, iv = suite->aead == CRYPTO_CHACHA20_POLY1305 ? IV_MAX : IV_GCM_12;
	size_t part = client_writes ? 0 : 1;
	hf_status made;

	HF_ASSERT(suite->version == TLS_VERSION_1_2);
	crypto_tls12_prf(suite->hash, (struct hf_bytes){ master, 48 }, "key expansion",
			 (struct hf_bytes){ server_random, 32 }, (struct hf_bytes){ client_random, 32 }, block,
			 2 * key + 2 * iv);
	made = crypto_aead_set(&s->aead, c, suite->aead, block + part * key, seals);
	if (made == HF_OK) {
		s->seq = 0;
		s->epoch = TLS_EPOCH_APPLICATION;
		s->hash = suite->hash;
		memset(s->iv, 0, sizeof(s->iv));
		memcpy(s->iv, block + 2 * key + part * iv, iv);
		crypto_wipe(s->secret, sizeof(s->secret));
	}
	crypto_wipe(block, sizeof(block));
	return made;
}

void tls_side_clear(struct tls_side *s)
{
	crypto_aead_clear(&s->aead);
	crypto_wipe(s, sizeof(*s));
}

bool tls_side_wants_update(const struct tls_side *s)
{
	if (s->epoch == TLS_EPOCH_PLAIN)
		return false;
	if (s->aead.id != CRYPTO_CHACHA20_POLY1305 && s->seq >= GCM_RECORDS)
		return true;
	return s->seq >= UINT64_MAX - SEQUENCE_MARGIN;
}
