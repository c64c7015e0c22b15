/* SPDX-License-Identifier: MIT */
/* Revocation: lists (RFC 5280 5 and 6.3.3) and stapled OCSP answers (RFC 6960). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cert_bake.h"
#include "cert_lab.h"

#include <openssl/x509v3.h>

#include <stdio.h>

static struct hf_crypto *crypto;
static struct baked root, middle, leaf;

static int open_all(void **state)
{
	(void)state;
	assert_int_equal(hf_crypto_open(&crypto), HF_OK);
	root = bake_cert(BAKE_ROOT, NULL, NULL);
	middle = bake_cert(BAKE_INTERMEDIATE, &root, NULL);
	leaf = bake_cert(BAKE_LEAF, &middle,
			 &(struct bake){ .serial = "77", .lines = "crlDistributionPoints=URI:http://example.com/a.crl" });
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	baked_free(&leaf);
	baked_free(&middle);
	baked_free(&root);
	hf_crypto_close(crypto);
	return 0;
}

/* ---- lists ---- */

struct list {
	const struct baked *issuer; /* middle when NULL */
	EVP_PKEY *signer;           /* its own key when NULL */
	const char *serials;        /* in hexadecimal, by spaces */
	const char *lines;          /* of extensions; "crlNumber" is one by itself */
	const char *entry_lines;    /* of an entry's */
	const char *hash;
	uint64_t from, to;
	bool no_next, version_1;
};

static void add_lines(const char *lines, X509_CRL *crl, X509_REVOKED *entry)
{
	while (lines && *lines) {
		size_t name = strcspn(lines, "="), all = strcspn(lines, "\n");
		char copy[256];
		X509_EXTENSION *e;
		X509V3_CTX ctx;

		memcpy(copy, lines, all);
		copy[name] = copy[all] = '\0';
		X509V3_set_ctx(&ctx, NULL, NULL, NULL, crl, 0);
		X509V3_set_ctx_nodb(&ctx);
		e = X509V3_EXT_nconf(NULL, &ctx, copy, copy + name + 1);
		assert_non_null(e);
		assert_int_equal(entry ? X509_REVOKED_add_ext(entry, e, -1) : X509_CRL_add_ext(crl, e, -1), 1);
		X509_EXTENSION_free(e);
		lines += all + (lines[all] == '\n');
	}
}

static void add_entries(X509_CRL *crl, const struct list *l, const ASN1_TIME *when)
{
	for (const char *at = l->serials; at && *at;) {
		X509_REVOKED *r = X509_REVOKED_new();
		char hex[64];
		size_t n = strcspn(at, " ");
		BIGNUM *number = NULL;
		ASN1_INTEGER *serial;

		memcpy(hex, at, n);
		hex[n] = '\0';
		BN_hex2bn(&number, hex);
		serial = BN_to_ASN1_INTEGER(number, NULL);
		X509_REVOKED_set_serialNumber(r, serial);
		X509_REVOKED_set_revocationDate(r, (ASN1_TIME *)when);
		add_lines(l->entry_lines, crl, r);
		assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
		ASN1_INTEGER_free(serial);
		BN_free(number);
		at += n + (at[n] == ' ');
	}
}

static struct mint_blob make_list(const struct list *l)
{
	const struct baked *issuer = l->issuer ? l->issuer : &middle;
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(l->from ? l->from : BAKE_NOW - LAB_DAY));
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)(l->to ? l->to : BAKE_NOW + LAB_DAY));
	X509_CRL *crl = X509_CRL_new();
	unsigned char *der = NULL;
	int len;

	X509_CRL_set_version(crl, l->version_1 ? 0 : X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x));
	X509_CRL_set1_lastUpdate(crl, from);
	if (!l->no_next)
		X509_CRL_set1_nextUpdate(crl, to);
	add_entries(crl, l, from);
	if (!l->lines || !strstr(l->lines, "2.5.29.20")) {
		ASN1_INTEGER *number = ASN1_INTEGER_new();

		ASN1_INTEGER_set(number, 1);
		X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
		ASN1_INTEGER_free(number);
	}
	if (!l->lines || strcmp(l->lines, "no 2.5.29.20") != 0)
		add_lines(l->lines, crl, NULL);
	assert_true(X509_CRL_sign(crl, l->signer ? l->signer : issuer->key,
				  EVP_get_digestbyname(l->hash ? l->hash : "SHA256")) > 0);
	len = i2d_X509_CRL(crl, &der);
	assert_true(len > 0);
	X509_CRL_free(crl);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return (struct mint_blob){ (char *)der, (size_t)len };
}

static struct hf_cert_report report;

/* The chain of three with these lists. */
static enum hf_cert_fault check_with(const struct list *lists, size_t n)
{
	struct hf_bytes chain[] = { baked_bytes(&leaf), baked_bytes(&middle) };
	struct hf_cert_ask ask = { .chain = chain, .certs = 2, .unix_s = BAKE_NOW };
	struct hf_cert_trouble t;
	struct hf_trust *trust;
	hf_status st;

	assert_int_equal(hf_trust_make(crypto, &trust), HF_OK);
	assert_int_equal(hf_trust_add(trust, baked_bytes(&root), &t), HF_OK);
	for (size_t i = 0; i < n; i++) {
		struct mint_blob der = make_list(&lists[i]);

		assert_int_equal(hf_trust_add_crl(trust, lab_blob(&der), &t), HF_OK);
		OPENSSL_free(der.at);
	}
	st = hf_cert_check(trust, &ask, &report);
	assert_int_equal(st, report.fault == HF_CERT_GOOD ? HF_OK : HF_UNTRUSTED);
	hf_trust_free(trust);
	return report.fault;
}

/* Signatures of lists that libcrypto was asked to verify (-Wl,--wrap). */
static unsigned verified;

int __real_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key);
int __wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key);
int __wrap_X509_CRL_verify(X509_CRL *crl, EVP_PKEY *key)
{
	verified++;
	return __real_X509_CRL_verify(crl, key);
}

/* One that does not fit is looked at each time, and what else is wrong with a list is, too. */
static void a_list_is_verified_once(void **state)
{
	EVP_PKEY *stranger = EVP_EC_gen("P-256");
	const struct list good = { .serials = "01" }, bad = { .signer = stranger };
	struct hf_bytes chain[] = { baked_bytes(&leaf), baked_bytes(&middle) };
	struct hf_cert_ask ask = { .chain = chain, .certs = 2 };
	struct hf_cert_trouble t;
	struct hf_trust *trust;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct mint_blob der = make_list(i == 0 ? &good : &bad);

		assert_int_equal(hf_trust_make(crypto, &trust), HF_OK);
		assert_int_equal(hf_trust_add(trust, baked_bytes(&root), &t), HF_OK);
		assert_int_equal(hf_trust_add_crl(trust, lab_blob(&der), &t), HF_OK);
		OPENSSL_free(der.at);
		verified = 0;
		for (unsigned k = 0; k < 3; k++) {
			ask.unix_s = BAKE_NOW + k;
			assert_int_equal(hf_cert_check(trust, &ask, &report), i == 0 ? HF_OK : HF_UNTRUSTED);
		}
		assert_int_equal(verified, i == 0 ? 1 : 3);
		ask.unix_s = BAKE_NOW - 86400u * 365;
		assert_int_equal(hf_cert_check(trust, &ask, &report), HF_UNTRUSTED);
		hf_trust_free(trust);
	}
	EVP_PKEY_free(stranger);
}

static void each_list_is_judged_as_it_says(void **state)
{
	EVP_PKEY *stranger = EVP_EC_gen("P-256");
	const struct {
		const char *what;
		struct list list;
		enum hf_cert_fault fault;
		const char *detail;
	} rows[] = {
		{ "an empty one", { 0 }, HF_CERT_GOOD, "" },
		{ "others are on it", { .serials = "01 02 7700 78" }, HF_CERT_GOOD, "" },
		{ "the leaf is on it", { .serials = "01 77 78" }, HF_CERT_REVOKED, "it is on its issuer's revocation list" },
		{ "the leaf's number on another's list", { .issuer = &root, .serials = "77" }, HF_CERT_GOOD, "" },
		{ "it begins now", { .from = BAKE_NOW }, HF_CERT_GOOD, "" },
		{ "it begins later",
		  { .from = BAKE_NOW + 1 },
		  HF_CERT_CRL_MISSING,
		  "its revocation list is not valid yet [RFC 5280 6.3.3]" },
		{ "it ends now", { .to = BAKE_NOW }, HF_CERT_GOOD, "" },
		{ "it has ended", { .to = BAKE_NOW - 1 }, HF_CERT_CRL_MISSING, "its revocation list is out of date [RFC 5280 6.3.3]" },
		{ "an old one with the leaf on it",
		  { .serials = "77", .to = BAKE_NOW - 1 },
		  HF_CERT_CRL_MISSING,
		  "its revocation list is out of date [RFC 5280 6.3.3]" },
		{ "another key has signed it",
		  { .signer = stranger },
		  HF_CERT_CRL_MISSING,
		  "the signature under its revocation list is not its issuer's [RFC 5280 6.3.3 g]" },
		{ "it is signed over SHA-1", { .hash = "SHA1" }, HF_CERT_CRL_MISSING, "its revocation list is signed over a weak hash" },
		{ "no number", { .lines = "no 2.5.29.20" }, HF_CERT_CRL_MISSING, "it has no number [RFC 5280 5.2.3]" },
		{ "a critical number",
		  { .lines = "2.5.29.20=critical,DER:020101" },
		  HF_CERT_CRL_MISSING,
		  "its number is critical [RFC 5280 5.2.3]" },
		{ "an unknown extension", { .lines = "1.3.6.1.4.1.55738.666.1=DER:0500" }, HF_CERT_GOOD, "" },
		{ "a critical one",
		  { .lines = "1.3.6.1.4.1.55738.666.1=critical,DER:0500" },
		  HF_CERT_CRL_MISSING,
		  "it has a critical extension nobody here understands [RFC 5280 5.2]" },
		{ "an entry has an unknown critical one",
		  { .serials = "01", .entry_lines = "1.3.6.1.4.1.55738.666.1=critical,DER:0500" },
		  HF_CERT_CRL_MISSING,
		  "an entry has a critical extension nobody here understands [RFC 5280 5.3]" },
		{ "a reason", { .serials = "01", .entry_lines = "2.5.29.21=DER:0a0101" }, HF_CERT_GOOD, "" },
		{ "a delta list", { .lines = "2.5.29.27=critical,DER:020101" }, HF_CERT_CRL_MISSING, "it is a delta list" },
		{ "twice the same", { .serials = "01 02 01" }, HF_CERT_CRL_MISSING, "it names a certificate twice" },
		{ "for users only", { .lines = "issuingDistributionPoint=critical,onlyuser:TRUE" }, HF_CERT_GOOD, "" },
		{ "for authorities only",
		  { .lines = "issuingDistributionPoint=critical,onlyCA:TRUE" },
		  HF_CERT_CRL_MISSING,
		  "its revocation list is about other certificates [RFC 5280 6.3.3 b]" },
		{ "for attributes only",
		  { .lines = "issuingDistributionPoint=critical,onlyAA:TRUE" },
		  HF_CERT_CRL_MISSING,
		  "it is about attribute certificates" },
		{ "an indirect one",
		  { .lines = "issuingDistributionPoint=critical,indirectCRL:TRUE" },
		  HF_CERT_CRL_MISSING,
		  "it is an indirect list" },
		{ "for some reasons only",
		  { .lines = "issuingDistributionPoint=critical,onlysomereasons:keyCompromise" },
		  HF_CERT_CRL_MISSING,
		  "it is about some reasons of revocation only" },
		{ "the leaf's distribution point",
		  { .lines = "issuingDistributionPoint=critical,fullname:URI:http://example.com/a.crl" },
		  HF_CERT_GOOD,
		  "" },
		{ "another point",
		  { .lines = "issuingDistributionPoint=critical,fullname:URI:http://example.com/%61.crl" },
		  HF_CERT_CRL_MISSING,
		  "its revocation list is about other certificates [RFC 5280 6.3.3 b]" },
		{ "a point that is no URI",
		  { .lines = "issuingDistributionPoint=critical,fullname:DNS:example.com" },
		  HF_CERT_CRL_MISSING,
		  "its distribution point is no URI [BR 7.2.2.1]" },
		{ "a broken scope", { .lines = "2.5.29.28=critical,DER:3001" }, HF_CERT_CRL_MISSING, "its scope breaks its format" },
	};
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		enum hf_cert_fault got = check_with(&rows[i].list, 1);

		if (got != rows[i].fault || strcmp(report.detail, rows[i].detail) != 0) {
			print_error("%s: %s (%s)\n", rows[i].what, hf_cert_fault_code(got), report.detail);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	EVP_PKEY_free(stranger);
}

static void several_lists_of_one_issuer(void **state)
{
	const struct list old_and_new[] = { { .to = BAKE_NOW - 1 }, { 0 } };
	const struct list clean_and_not[] = { { 0 }, { .serials = "77" } };
	const struct list not_and_clean[] = { { .serials = "77" }, { 0 } };

	(void)state;
	assert_int_equal(check_with(old_and_new, 2), HF_CERT_GOOD);
	assert_int_equal(check_with(clean_and_not, 2), HF_CERT_REVOKED);
	assert_int_equal(check_with(not_and_clean, 2), HF_CERT_REVOKED);
	assert_int_equal(report.at, 0);
}

static void an_intermediate_can_be_revoked(void **state)
{
	char serial[32];
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(middle.x), NULL);
	char *hex = BN_bn2hex(n);
	struct list list = { .issuer = &root, .serials = serial };

	(void)state;
	snprintf(serial, sizeof(serial), "%s", hex);
	assert_int_equal(check_with(&list, 1), HF_CERT_REVOKED);
	assert_int_equal(report.at, 1);
	OPENSSL_free(hex);
	BN_free(n);
}

static void an_issuer_must_be_allowed_to(void **state)
{
	struct baked keep_middle = middle, keep_leaf = leaf;
	const struct list list = { 0 };

	(void)state;
	middle = bake_cert(BAKE_INTERMEDIATE, &root, &(struct bake){ .lines = "keyUsage=critical,keyCertSign" });
	leaf = bake_cert(BAKE_LEAF, &middle, NULL);
	assert_int_equal(check_with(&list, 1), HF_CERT_CRL_MISSING);
	assert_string_equal(report.detail, "its issuer's keyUsage does not allow revocation lists [RFC 5280 6.3.3 f]");
	baked_free(&leaf);
	baked_free(&middle);
	middle = bake_cert(BAKE_INTERMEDIATE, &root, &(struct bake){ .lines = "-keyUsage" });
	leaf = bake_cert(BAKE_LEAF, &middle, NULL);
	assert_int_equal(check_with(&list, 1), HF_CERT_GOOD);
	baked_free(&leaf);
	baked_free(&middle);
	middle = keep_middle;
	leaf = keep_leaf;
}

static void what_is_no_list_is_not_taken(void **state)
{
	static const struct {
		struct list list;
		const char *sentence;
	} rows[] = {
		{ { .no_next = true },
		  "it is no revocation list: it does not say when the next one comes [RFC 5280 5.1.2.5]" },
		{ { .version_1 = true, .lines = "no 2.5.29.20" }, "it is no revocation list: its version is not 2" },
	};
	struct hf_cert_trouble t;
	struct hf_trust *trust;

	(void)state;
	assert_int_equal(hf_trust_make(crypto, &trust), HF_OK);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct mint_blob der = make_list(&rows[i].list);

		assert_int_equal(hf_trust_add_crl(trust, lab_blob(&der), &t), HF_MALFORMED);
		assert_string_equal(t.sentence, rows[i].sentence);
		OPENSSL_free(der.at);
	}
	hf_trust_free(trust);
}

/* ---- staples ---- */

static enum hf_cert_fault staple(const struct lab *lab, const struct mint_leaf *shown, struct hf_bytes ocsp, uint64_t at)
{
	struct hf_cert_ask ask = { .name = lab_text("a.example"), .unix_s = at, .ocsp = ocsp };

	(void)lab_check(lab, shown, ask, &report);
	return report.fault;
}

static void staples_of_every_kind(void **state)
{
	static const struct {
		const char *what;
		struct mint_ocsp_ask ask;
		enum hf_cert_fault fault;
		const char *detail;
	} rows[] = {
		{ "good",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10, .next_update = LAB_NOW + 10 },
		  HF_CERT_GOOD,
		  "" },
		{ "good, by a responder",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10, .next_update = LAB_NOW + 10, .delegated = true },
		  HF_CERT_GOOD,
		  "" },
		{ "revoked",
		  { .status = MINT_STATUS_REVOKED, .this_update = LAB_NOW - 10, .next_update = LAB_NOW + 10 },
		  HF_CERT_REVOKED,
		  "the stapled OCSP answer says so" },
		{ "revoked, by a responder",
		  { .status = MINT_STATUS_REVOKED, .this_update = LAB_NOW - 10, .next_update = LAB_NOW + 10, .delegated = true },
		  HF_CERT_REVOKED,
		  "the stapled OCSP answer says so" },
		{ "unknown",
		  { .status = MINT_STATUS_UNKNOWN, .this_update = LAB_NOW - 10, .next_update = LAB_NOW + 10 },
		  HF_CERT_STAPLE_BAD,
		  "its responder does not know the certificate" },
		{ "from now on",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW, .next_update = LAB_NOW + 10 },
		  HF_CERT_GOOD,
		  "" },
		{ "from later on",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW + 1, .next_update = LAB_NOW + 10 },
		  HF_CERT_STAPLE_BAD,
		  "it is not valid yet [RFC 6960 4.2.2.1]" },
		{ "until now",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10, .next_update = LAB_NOW },
		  HF_CERT_GOOD,
		  "" },
		{ "until before",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10, .next_update = LAB_NOW - 1 },
		  HF_CERT_STAPLE_BAD,
		  "it is out of date [RFC 6960 4.2.2.1]" },
		{ "without an end, fresh", { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10 * LAB_DAY }, HF_CERT_GOOD, "" },
		{ "without an end, old",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10 * LAB_DAY - 1 },
		  HF_CERT_STAPLE_BAD,
		  "it is out of date [RFC 6960 4.2.2.1]" },
		{ "by a responder that has expired",
		  { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 2 * LAB_DAY, .delegated = true },
		  HF_CERT_STAPLE_BAD,
		  "its responder's certificate is not valid now" },
	};
	struct mint_leaf shown;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	lab_leaf(&lab, "a.example", MINT_GOOD, &shown);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct mint_ocsp_ask ask = rows[i].ask;
		struct mint_blob der;

		ask.leaf = lab_blob(&shown.chain);
		assert_int_equal(mint_ocsp_make(lab.ca, &ask, &der), HF_OK);
		if (staple(&lab, &shown, lab_blob(&der), LAB_NOW) != rows[i].fault ||
		    strcmp(report.detail, rows[i].detail) != 0)
			fail_msg("%s: %s (%s)", rows[i].what, hf_cert_fault_code(report.fault), report.detail);
		mint_blob_free(&der);
	}
	mint_leaf_free(&shown);
	lab_close(&lab);
}

static void a_staple_of_another(void **state)
{
	struct mint_ocsp_ask ask = { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10, .next_update = LAB_NOW + 10 };
	struct mint_leaf shown, other;
	struct mint_ca *strangers;
	struct mint_blob der;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	lab_leaf(&lab, "a.example", MINT_GOOD, &shown);
	lab_leaf(&lab, "a.example", MINT_GOOD, &other);
	ask.leaf = lab_blob(&other.chain);
	assert_int_equal(mint_ocsp_make(lab.ca, &ask, &der), HF_OK);
	assert_int_equal(staple(&lab, &shown, lab_blob(&der), LAB_NOW), HF_CERT_STAPLE_BAD);
	assert_string_equal(report.detail, "it is about another certificate [RFC 6960 3.2]");
	mint_blob_free(&der);
	/* Another authority's word, by its own key and by a responder of its own. */
	ask.leaf = lab_blob(&shown.chain);
	assert_int_equal(mint_ca_make(lab.crypto,
				      &(struct mint_ca_ask){ .name = "Strangers",
							     .key = CRYPTO_KEY_P256,
							     .not_before = LAB_NOW - LAB_DAY,
							     .not_after = LAB_NOW + LAB_DAY },
				      &strangers),
			 HF_OK);
	assert_int_equal(mint_ocsp_make(strangers, &ask, &der), HF_OK);
	assert_int_equal(staple(&lab, &shown, lab_blob(&der), LAB_NOW), HF_CERT_STAPLE_BAD);
	assert_string_equal(report.detail, "nobody known has signed it [RFC 6960 4.2.2.2]");
	mint_blob_free(&der);
	ask.delegated = true;
	assert_int_equal(mint_ocsp_make(strangers, &ask, &der), HF_OK);
	assert_int_equal(staple(&lab, &shown, lab_blob(&der), LAB_NOW), HF_CERT_STAPLE_BAD);
	assert_string_equal(report.detail, "its responder is not of the certificate's issuer [RFC 6960 4.2.2.2]");
	mint_blob_free(&der);
	mint_ca_free(strangers);
	mint_leaf_free(&other);
	mint_leaf_free(&shown);
	lab_close(&lab);
}

static void each_prefix_and_a_spoilt_octet_of_a_staple(void **state)
{
	struct mint_ocsp_ask ask = { .status = MINT_STATUS_GOOD, .this_update = LAB_NOW - 10, .next_update = LAB_NOW + 10 };
	struct mint_leaf shown;
	struct mint_blob der;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	lab_leaf(&lab, "a.example", MINT_GOOD, &shown);
	ask.leaf = lab_blob(&shown.chain);
	assert_int_equal(mint_ocsp_make(lab.ca, &ask, &der), HF_OK);
	for (size_t n = 1; n < der.len; n += 7)
		assert_int_equal(staple(&lab, &shown, (struct hf_bytes){ (uint8_t *)der.at, n }, LAB_NOW),
				 HF_CERT_STAPLE_BAD);
	for (size_t i = 0; i < der.len; i += 3) {
		der.at[i] ^= 4;
		assert_int_equal(staple(&lab, &shown, lab_blob(&der), LAB_NOW), HF_CERT_STAPLE_BAD);
		der.at[i] ^= 4;
	}
	mint_blob_free(&der);
	mint_leaf_free(&shown);
	lab_close(&lab);
}

static void a_leaf_that_promises_a_staple(void **state)
{
	struct hf_bytes names[] = { lab_text("a.example") };
	struct mint_leaf_ask make = lab_ask(names, 1);
	struct hf_cert_ask ask = { .name = lab_text("a.example"), .unix_s = LAB_NOW };
	struct mint_leaf shown;
	struct lab lab;

	(void)state;
	lab_open(&lab);
	make.must_staple = true;
	assert_int_equal(mint_leaf_make(lab.ca, &make, &shown), HF_OK);
	assert_int_equal(lab_check(&lab, &shown, ask, &report), HF_OK); /* it was not asked for one */
	ask.must_staple = true;
	assert_int_equal(lab_check(&lab, &shown, ask, &report), HF_UNTRUSTED);
	assert_int_equal(report.fault, HF_CERT_STAPLE_MISSING);
	assert_int_equal(hf_cert_fault_alert(report.fault), 113);
	mint_leaf_free(&shown);
	lab_leaf(&lab, "a.example", MINT_GOOD, &shown);
	assert_int_equal(lab_check(&lab, &shown, ask, &report), HF_OK); /* this one promises nothing */
	mint_leaf_free(&shown);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_verified_once),
		cmocka_unit_test(each_list_is_judged_as_it_says),
		cmocka_unit_test(several_lists_of_one_issuer),
		cmocka_unit_test(an_intermediate_can_be_revoked),
		cmocka_unit_test(an_issuer_must_be_allowed_to),
		cmocka_unit_test(what_is_no_list_is_not_taken),
		cmocka_unit_test(staples_of_every_kind),
		cmocka_unit_test(a_staple_of_another),
		cmocka_unit_test(each_prefix_and_a_spoilt_octet_of_a_staple),
		cmocka_unit_test(a_leaf_that_promises_a_staple),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
