/* SPDX-License-Identifier: MIT */
/*
 * Primitives, each by itself: ciphers, hashes, key exchanges, signatures. One figure is the best of several batches, as
 * whatever disturbs a batch makes it longer and never shorter.
 */
#include "cmd/speed.h"

#include "crypto/aead_backend.h"
#include "crypto/hash.h"
#include "crypto/kex.h"
#include "crypto/key.h"

#include "base/bits.h"

#include <string.h>

#define BATCHES 8u

/* One of what is measured; false: it cannot be done. */
typedef bool work(void *arg);

static bool run_batch(work *w, void *arg, unsigned n, double *ret_ns)
{
	const double from = speed_clock();

	for (unsigned i = 0; i < n; i++)
		if (!w(arg))
			return false;
	*ret_ns = (speed_clock() - from) / n;
	return true;
}

/* The first batches find out how many make one that is long enough; they also warm the caches. */
static void measure(struct speed *s, enum speed_kind kind, const char *name, const char *backend, unsigned octets,
		    work *w, void *arg)
{
	const double from = speed_clock();
	double best = 0, ns;
	unsigned n = 1;

	speed_begin(s, name);
	while (speed_clock() - from < (double)s->slice || best == 0) {
		if (!run_batch(w, arg, n, &ns)) {
			s->failed = true;
			return;
		}
		if (best == 0 || ns < best)
			best = ns;
		if (ns * n * BATCHES < (double)s->slice && n < 1u << 24)
			n *= 2;
	}
	speed_add(s, kind, name, backend, octets, best);
}

/* ---- symmetric ---- */

struct seal {
	struct crypto_aead aead;
	size_t octets;
};

static uint8_t data[SPEED_PAGE + CRYPTO_AEAD_TAG];

static bool seal_one(void *arg)
{
	static const uint8_t nonce[CRYPTO_AEAD_NONCE], header[5];
	struct seal *j = arg;
	const struct hf_bytes in = { data, j->octets };
	const struct hf_room out = { data, j->octets + CRYPTO_AEAD_TAG };

	crypto_aead_seal(&j->aead, nonce, (struct hf_bytes){ header, sizeof(header) }, &in, 1, &out, 1);
	return true;
}

static void measure_ciphers(struct speed *s)
{
	static const struct {
		enum crypto_aead_id id;
		const char *name;
	} ciphers[] = {
		{ CRYPTO_AES_128_GCM, "AES-128-GCM" },
		{ CRYPTO_AES_256_GCM, "AES-256-GCM" },
		{ CRYPTO_CHACHA20_POLY1305, "ChaCha20-Poly1305" },
	};
	static const unsigned octets[] = { 64, 1350, SPEED_PAGE };
	static const uint8_t key[CRYPTO_AEAD_KEY_MAX] = { 1 };

	for (size_t i = 0; i < HF_ARRAY_LEN(ciphers); i++) {
		struct seal j = { .octets = 0 };

		if (crypto_aead_set(&j.aead, s->crypto, ciphers[i].id, key, true) != HF_OK) {
			s->failed = true;
			continue;
		}
		for (size_t k = 0; k < HF_ARRAY_LEN(octets); k++) {
			j.octets = octets[k];
			measure(s, SPEED_SEAL, ciphers[i].name, j.aead.backend->name, octets[k], seal_one, &j);
		}
		crypto_aead_clear(&j.aead);
	}
}

/* ---- hashes ---- */

struct hashing {
	enum crypto_hash_id id;
	size_t octets;
};

static bool hash_one(void *arg)
{
	const struct hashing *j = arg;
	uint8_t out[CRYPTO_HASH_MAX];

	crypto_hash_of(j->id, (struct hf_bytes){ data, j->octets }, out);
	return true;
}

static bool hmac_one(void *arg)
{
	const struct hashing *j = arg;
	uint8_t out[CRYPTO_HASH_MAX];

	crypto_hmac_of(j->id, (struct hf_bytes){ data, 32 }, (struct hf_bytes){ data, j->octets }, out);
	return true;
}

/* As a handshake derives a traffic secret from another (RFC 8446 7.1). */
static bool derive_one(void *arg)
{
	const struct hashing *j = arg;
	uint8_t out[CRYPTO_HASH_MAX];
	const size_t n = crypto_hash_size(j->id);

	crypto_hkdf_label(j->id, (struct hf_bytes){ data, n }, "c hs traffic", (struct hf_bytes){ data, n }, out, n);
	return true;
}

static void measure_hashes(struct speed *s)
{
	static const struct {
		const char *name;
		enum crypto_hash_id id;
		unsigned octets;
		work *w;
	} hashes[] = {
		{ "SHA-256", CRYPTO_SHA256, 64, hash_one },
		{ "SHA-256", CRYPTO_SHA256, 1350, hash_one },
		{ "SHA-256", CRYPTO_SHA256, SPEED_PAGE, hash_one },
		{ "SHA-384", CRYPTO_SHA384, 64, hash_one },
		{ "SHA-384", CRYPTO_SHA384, 1350, hash_one },
		{ "SHA-384", CRYPTO_SHA384, SPEED_PAGE, hash_one },
		{ "HMAC-SHA-256", CRYPTO_SHA256, 64, hmac_one },
		{ "HKDF, a key from a key", CRYPTO_SHA256, 32, derive_one },
	};

	for (size_t i = 0; i < HF_ARRAY_LEN(hashes); i++) {
		struct hashing j = { hashes[i].id, hashes[i].octets };

		measure(s, SPEED_HASH, hashes[i].name, NULL, hashes[i].octets, hashes[i].w, &j);
	}
}

/* ---- key exchange ---- */

struct exchange {
	const struct hf_crypto *crypto;
	uint16_t group;
	uint8_t entropy[2][CRYPTO_KEX_ENTROPY];
	uint8_t offer[CRYPTO_KEX_SHARE_MAX], answer[CRYPTO_KEX_SHARE_MAX];
	size_t offer_len, answer_len;
};

static bool offer_one(void *arg)
{
	struct exchange *j = arg;
	struct crypto_kex kex;

	if (crypto_kex_offer(j->crypto, j->group, j->entropy[0], &kex, j->offer, sizeof(j->offer), &j->offer_len) != HF_OK)
		return false;
	crypto_kex_clear(&kex);
	return true;
}

static bool answer_one(void *arg)
{
	struct exchange *j = arg;
	uint8_t secret[CRYPTO_KEX_SECRET_MAX];
	size_t n;

	return crypto_kex_answer(j->crypto, j->group, j->entropy[1], (struct hf_bytes){ j->offer, j->offer_len },
				 j->answer, sizeof(j->answer), &j->answer_len, secret, &n) == HF_OK;
}

/* Finishing uses the offer up, so both are measured, and what an offer costs is known. */
static bool offer_and_finish_one(void *arg)
{
	struct exchange *j = arg;
	uint8_t secret[CRYPTO_KEX_SECRET_MAX];
	struct crypto_kex kex;
	size_t n;

	return crypto_kex_offer(j->crypto, j->group, j->entropy[0], &kex, j->offer, sizeof(j->offer), &j->offer_len) ==
		       HF_OK &&
	       crypto_kex_finish(j->crypto, &kex, (struct hf_bytes){ j->answer, j->answer_len }, secret, &n) == HF_OK;
}

static void measure_exchanges(struct speed *s)
{
	static const struct {
		const char *name;
		uint16_t group;
	} groups[] = {
		{ "X25519", 0x001d },
		{ "P-256", 0x0017 },
		{ "P-384", 0x0018 },
		{ "X25519MLKEM768", 0x11ec },
	};

	for (size_t i = 0; i < HF_ARRAY_LEN(groups); i++) {
		struct exchange j = { .crypto = s->crypto, .group = groups[i].group };
		const char *name = groups[i].name;
		double both;

		if (!crypto_kex_has(s->crypto, j.group))
			continue;
		memset(j.entropy[0], 1, sizeof(j.entropy[0]));
		memset(j.entropy[1], 2, sizeof(j.entropy[1]));
		measure(s, SPEED_OFFER, name, NULL, 0, offer_one, &j);
		measure(s, SPEED_ANSWER, name, NULL, 0, answer_one, &j);
		measure(s, SPEED_FINISH, name, NULL, 0, offer_and_finish_one, &j);
		both = speed_of(s, SPEED_FINISH, name, 0);
		if (both > 0)
			s->result[s->results - 1].ns = both - speed_of(s, SPEED_OFFER, name, 0);
	}
}

/* ---- signatures ---- */

struct signing {
	const struct hf_crypto *crypto;
	const struct hf_key *key;
	struct crypto_pub *pub;
	uint16_t scheme;
	uint8_t sig[CRYPTO_SIG_MAX];
	size_t len;
};

/* As long as what CertificateVerify signs (RFC 8446 4.4.3). */
static const struct hf_bytes content = { data, 64 + 33 + 1 + 32 };

static bool sign_one(void *arg)
{
	struct signing *j = arg;

	return crypto_key_sign(j->crypto, j->key, j->scheme, content, j->sig, sizeof(j->sig), &j->len) == HF_OK;
}

static bool verify_one(void *arg)
{
	struct signing *j = arg;

	return crypto_pub_verify(j->crypto, j->pub, j->scheme, content, (struct hf_bytes){ j->sig, j->len }) == HF_OK;
}

static bool decrypt_one(void *arg)
{
	static const uint8_t instead[48];
	struct signing *j = arg;
	uint8_t secret[48];

	return crypto_key_decrypt_premaster(j->crypto, j->key, (struct hf_bytes){ j->sig, j->len }, 0x0303, instead,
					    secret) == HF_OK;
}

static void measure_decryption(struct speed *s, const char *name, struct signing *j)
{
	static const uint8_t secret[48] = { 3, 3 };

	if (crypto_pub_encrypt(s->crypto, j->pub, (struct hf_bytes){ secret, sizeof(secret) }, j->sig, sizeof(j->sig),
			       &j->len) != HF_OK)
		s->failed = true;
	else
		measure(s, SPEED_DECRYPT, name, NULL, 0, decrypt_one, j);
}

static void measure_signatures(struct speed *s)
{
	static const struct {
		const char *name;
		uint16_t scheme;
	} schemes[SPEED_KEY_COUNT] = {
		[SPEED_P256] = { "ECDSA P-256", 0x0403 },
		[SPEED_P384] = { "ECDSA P-384", 0x0503 },
		[SPEED_ED25519] = { "Ed25519", 0x0807 },
		[SPEED_RSA_2048] = { "RSA-2048", 0x0804 },
	};

	for (size_t i = 0; i < SPEED_KEY_COUNT; i++) {
		struct signing j = { .crypto = s->crypto, .key = hf_cred_key(s->cred[i]), .scheme = schemes[i].scheme };

		if (crypto_pub_of_cert(s->crypto, hf_cred_cert(s->cred[i], 0), &j.pub) != HF_OK) {
			s->failed = true;
			continue;
		}
		measure(s, SPEED_SIGN, schemes[i].name, NULL, 0, sign_one, &j);
		measure(s, SPEED_VERIFY, schemes[i].name, NULL, 0, verify_one, &j);
		if (i == SPEED_RSA_2048)
			measure_decryption(s, schemes[i].name, &j);
		crypto_pub_free(j.pub);
	}
}

void speed_primitives(struct speed *s)
{
	measure_ciphers(s);
	measure_hashes(s);
	measure_exchanges(s);
	measure_signatures(s);
}
