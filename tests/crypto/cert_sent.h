/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_CRYPTO_CERT_SENT_H
#define HF_TESTS_CRYPTO_CERT_SENT_H

#include "cert_bake.h"

/* What a peer has sent and who is trusted, anew for each test: open_all() and close_all() a group, begin() and end() a test. */
static struct hf_crypto *crypto;
static struct hf_trust *trust;
static struct hf_bytes sent[40];
static size_t sents;
static struct hf_cert_report report;

static int open_all(void **state)
{
	(void)state;
	assert_int_equal(hf_crypto_open(&crypto), HF_OK);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	sents = 0;
	return hf_trust_make(crypto, &trust) == HF_OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	hf_trust_free(trust);
	return 0;
}

static void trusted(const struct baked *b)
{
	struct hf_cert_trouble t;

	assert_int_equal(hf_trust_add(trust, baked_bytes(b), &t), HF_OK);
}

static void send_cert(const struct baked *b)
{
	sent[sents++] = baked_bytes(b);
}

#endif
