/* SPDX-License-Identifier: MIT */
/* Chains made to keep whoever checks them busy: a peer that has proved nothing yet decides what it sends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cert_sent.h"

#include "base/bits.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

/*
 * What the check says it has done is held against what libcrypto was asked for: calls of X509_verify_cert() are counted on
 * their way there (-Wl,--wrap), with the certificates of their paths.
 */
static unsigned calls, signatures;

int __real_X509_verify_cert(X509_STORE_CTX *ctx);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx);
int __wrap_X509_verify_cert(X509_STORE_CTX *ctx)
{
	calls++;
	signatures += 1u + (unsigned)sk_X509_num(X509_STORE_CTX_get0_untrusted(ctx));
	return __real_X509_verify_cert(ctx);
}

/* What is allowed: see cert_check.c. */
#define PATHS_MAX 48u
#define SIGNATURES_MAX (100u + HF_CERT_REPORT_CERTS) /* the path that reaches the bound is still verified */
#define COMPARISONS_MAX (1u << 20)

static const struct hf_cert_work *check(enum hf_cert_fault wanted)
{
	const char *host = "example.com";
	struct hf_cert_ask ask = {
		.chain = sent, .certs = sents, .name = { (const uint8_t *)host, strlen(host) }, .unix_s = BAKE_NOW
	};
	const struct hf_cert_work *w = &report.work;

	calls = signatures = 0;
	assert_int_equal(hf_cert_check(trust, &ask, &report), wanted == HF_CERT_GOOD ? HF_OK : HF_UNTRUSTED);
	assert_int_equal(report.fault, wanted);
	assert_int_equal(w->signatures, signatures);
	assert_in_range(w->paths, calls, PATHS_MAX);
	assert_in_range(w->signatures, calls, SIGNATURES_MAX);
	assert_in_range(w->comparisons, 0, COMPARISONS_MAX);
	return w;
}

/* ---- names and constraints ---- */

/* "name=DER:" and a list of n times one element, in hexadecimal, behind headers with these tags. */
static char *list_line(const char *name, const uint8_t *tag, size_t tags, const char *element, size_t n)
{
	const size_t step = strlen(element), octets = step / 2 * n, room = strlen(name) + 8 + 10 * tags + 2 * octets;
	char *line = malloc(room);
	size_t at;

	assert_non_null(line);
	at = (size_t)snprintf(line, room, "%s=DER:", name);
	for (size_t i = 0; i < tags; i++)
		at += (size_t)snprintf(line + at, room - at, "%02x82%04zx", tag[i], octets + 4 * (tags - 1 - i));
	for (size_t i = 0; i < n; i++, at += step)
		memcpy(line + at, element, step);
	line[at] = '\0';
	return line;
}

#define NAMES 15000u    /* in 4 octets each, so that both lists fit a Certificate message */
#define SUBTREES 12000u /* of 5 */

/* Each name is held against each subtree: 180 million times if nobody counts. */
static void many_names_under_many_constraints(void **state)
{
	static const uint8_t names[] = { 0x30 }, subtrees[] = { 0x30, 0xa1 };
	/* dNSName "*."; GeneralSubtree { rfc822Name "a" }, which no name here is within */
	char *san = list_line("subjectAltName", names, HF_ARRAY_LEN(names), "82022a2e", NAMES);
	char *constraints = list_line("nameConstraints", subtrees, HF_ARRAY_LEN(subtrees), "3003810161", SUBTREES);
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL);
	struct baked middle = bake_cert(BAKE_INTERMEDIATE, &root, &(struct bake){ .lines = constraints });
	struct baked leaf = bake_cert(BAKE_LEAF, &middle, &(struct bake){ .lines = san });

	(void)state;
	assert_true(leaf.len + middle.len < 131072);
	trusted(&root);
	send_cert(&leaf);
	send_cert(&middle);
	assert_int_equal(check(HF_CERT_NAME_CONSTRAINTS)->comparisons, 0);
	assert_int_equal(report.work.paths, 1);
	assert_int_equal(calls, 0); /* libcrypto would compare them all */
	baked_free(&leaf);
	baked_free(&middle);
	baked_free(&root);
	free(constraints);
	free(san);
}

/* ---- keys ---- */

/* An RSA key of which nobody knows the other half, with numbers as they please whoever made it. */
static EVP_PKEY *make_rsa(int modulus_bits, int exponent_bits)
{
	BIGNUM *n = BN_new(), *e = BN_new();
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;

	assert_int_equal(BN_set_bit(n, modulus_bits), 1); /* 2^bits - 1: odd, and above any signature of that length */
	assert_int_equal(BN_sub_word(n, 1), 1);
	assert_int_equal(BN_set_bit(e, exponent_bits), 1);
	assert_int_equal(BN_sub_word(e, 1), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e), 1);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	BN_free(n);
	return key;
}

#define RUNGS 8 /* with leaf and anchor just a path long */

/* A ladder with two certificates on each rung, so that there are many ways, and a signature on each that is dear to check. */
static unsigned climb_rsa(int exponent_bits, enum hf_cert_fault wanted)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), rung[RUNGS][2], leaf, below;
	EVP_PKEY *dear = make_rsa(3072, exponent_bits), *signer = EVP_RSA_gen(3072);
	unsigned verified;
	char name[16];

	trusted(&root);
	for (int i = 0; i < RUNGS; i++)
		for (int k = 0; k < 2; k++) {
			below = i == 0 ? root : rung[i - 1][0];
			below.key = signer;
			snprintf(name, sizeof(name), "CN=rung %d", i);
			rung[i][k] =
				bake_cert(BAKE_INTERMEDIATE, &below, &(struct bake){ .subject = name, .same_key = dear });
		}
	below = rung[RUNGS - 1][0];
	below.key = signer;
	leaf = bake_cert(BAKE_LEAF, &below, NULL);
	send_cert(&leaf);
	for (int i = 0; i < RUNGS; i++)
		for (int k = 0; k < 2; k++)
			send_cert(&rung[i][k]);
	verified = check(wanted)->signatures;
	baked_free(&leaf);
	for (int i = 0; i < RUNGS; i++)
		for (int k = 0; k < 2; k++)
			baked_free(&rung[i][k]);
	baked_free(&root);
	EVP_PKEY_free(signer);
	EVP_PKEY_free(dear);
	return verified;
}

/* libcrypto takes exponents as long as the modulus while that has up to 3072 bits: a private key's work for each signature. */
static void exponents_as_long_as_the_modulus(void **state)
{
	(void)state;
	assert_int_equal(climb_rsa(3071, HF_CERT_WEAK_KEY), 0);
}

/* As dear as it may be: then the number of signatures is what bounds it. */
static void many_ways_with_long_exponents(void **state)
{
	(void)state;
	assert_in_range(climb_rsa(64, HF_CERT_BAD_SIGNATURE), 1, SIGNATURES_MAX);
}

/* A chain that was good is verified once. */
static void a_chain_met_before(void **state)
{
	struct baked root = bake_cert(BAKE_ROOT, NULL, NULL), middle = bake_cert(BAKE_INTERMEDIATE, &root, NULL),
		     leaf = bake_cert(BAKE_LEAF, &middle, NULL);

	(void)state;
	trusted(&root);
	send_cert(&leaf);
	send_cert(&middle);
	assert_int_equal(check(HF_CERT_GOOD)->signatures, 2);
	assert_int_equal(check(HF_CERT_GOOD)->signatures, 0);
	assert_int_equal(report.work.paths, 1);
	baked_free(&leaf);
	baked_free(&middle);
	baked_free(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_chain_met_before, begin, end),
		cmocka_unit_test_setup_teardown(many_names_under_many_constraints, begin, end),
		cmocka_unit_test_setup_teardown(exponents_as_long_as_the_modulus, begin, end),
		cmocka_unit_test_setup_teardown(many_ways_with_long_exponents, begin, end),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
