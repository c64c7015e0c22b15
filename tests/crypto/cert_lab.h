/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_CRYPTO_CERT_LAB_H
#define HF_TESTS_CRYPTO_CERT_LAB_H

#include "base/bits.h"
#include "crypto/mint.h"
#include "hf/cert.h"

#include <string.h>

/* One authority, its root trusted, and a fixed time, for tests of certificates. Randomness repeats. */
#define LAB_NOW 1735689600u /* 2025-01-01 */
#define LAB_DAY 86400u

struct lab {
	struct hf_crypto *crypto;
	struct mint_ca *ca;
	struct hf_trust *trust;
	struct mint_blob root;
};

static inline struct hf_bytes lab_text(const char *s)
{
	return (struct hf_bytes){ (const uint8_t *)s, strlen(s) };
}

static inline struct hf_bytes lab_blob(const struct mint_blob *b)
{
	return (struct hf_bytes){ (const uint8_t *)b->at, b->len };
}

static inline void lab_open(struct lab *lab)
{
	static const uint8_t seed[32] = "certificates";
	struct mint_ca_ask ask = { .name = "Lab",
				   .key = CRYPTO_KEY_P256,
				   .not_before = LAB_NOW - 100 * LAB_DAY,
				   .not_after = LAB_NOW + 3650ull * LAB_DAY };
	struct hf_cert_trouble t;

	*lab = (struct lab){ 0 };
	assert_int_equal(hf_crypto_open(&lab->crypto), HF_OK);
	hf_crypto_fix_randomness(seed);
	assert_int_equal(mint_ca_make(lab->crypto, &ask, &lab->ca), HF_OK);
	assert_int_equal(mint_ca_cert(lab->ca, MINT_ROOT, &lab->root), HF_OK);
	assert_int_equal(hf_trust_make(lab->crypto, &lab->trust), HF_OK);
	assert_int_equal(hf_trust_add(lab->trust, lab_blob(&lab->root), &t), HF_OK);
}

static inline void lab_close(struct lab *lab)
{
	hf_trust_free(lab->trust);
	mint_blob_free(&lab->root);
	mint_ca_free(lab->ca);
	hf_crypto_close(lab->crypto);
	hf_crypto_fix_randomness(NULL);
}

static inline struct mint_leaf_ask lab_ask(const struct hf_bytes *names, size_t count)
{
	return (struct mint_leaf_ask){
		.names = names, .name_count = count, .key = CRYPTO_KEY_P256, .now_s = LAB_NOW, .days = 90
	};
}

/* A leaf for one name, of that bad kind. */
static inline void lab_leaf(const struct lab *lab, const char *name, enum mint_bad bad, struct mint_leaf *ret)
{
	struct hf_bytes names[] = { lab_text(name) };
	struct mint_leaf_ask ask = lab_ask(names, 1);

	ask.bad = bad;
	assert_int_equal(mint_leaf_make(lab->ca, &ask, ret), HF_OK);
}

/* Checks a minted chain; what it is asked beside the chain comes from `ask`. */
static inline hf_status lab_check(const struct lab *lab, const struct mint_leaf *leaf, struct hf_cert_ask ask,
				  struct hf_cert_report *ret)
{
	struct hf_cert_trouble t;
	struct hf_bytes chain[HF_CERT_REPORT_CERTS];
	struct hf_cred *cred;
	hf_status st;

	assert_int_equal(hf_cred_load(lab->crypto, lab_blob(&leaf->chain), lab_blob(&leaf->key), &cred, &t), HF_OK);
	ask.certs = hf_cred_certs(cred);
	for (size_t i = 0; i < ask.certs; i++)
		chain[i] = hf_cred_cert(cred, i);
	ask.chain = chain;
	st = hf_cert_check(lab->trust, &ask, ret);
	hf_cred_free(cred);
	return st;
}

#endif
