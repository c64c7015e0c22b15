/* SPDX-License-Identifier: MIT */
/* Names of hosts (RFC 9525) and how certificates are read: DER, its times, and PEM with its troubles. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cert_lab.h"
#include "crypto/cert_der.h"
#include "crypto/cert_name.h"
#include "crypto/cert_pem.h"
#include "hex.h"

#include <stdio.h>
#include <stdlib.h>

static void presented_names_against_hosts(void **state)
{
	static const struct {
		const char *presented, *host;
		bool match;
	} rows[] = {
		{ "a.example", "a.example", true },
		{ "a.example", "A.Example", true },
		{ "A.EXAMPLE", "a.example", true },
		{ "a.example", "b.example", false },
		{ "a.example", "a.example.org", false },
		{ "a.example", "x.a.example", false },
		{ "x.a.example", "a.example", false },
		{ "localhost", "localhost", true },
		{ "*.a.example", "x.a.example", true },
		{ "*.a.example", "X.A.example", true },
		{ "*.a.example", "a.example", false },
		{ "*.a.example", "x.y.a.example", false },
		{ "*.a.example", ".a.example", false },
		{ "*.example", "a.example", false }, /* all of a top-level domain */
		{ "*", "a", false },
		{ "*.", "a.", false },
		{ "*.*.example", "x.y.example", false },
		{ "x.*.example", "x.y.example", false },
		{ "x*.a.example", "xy.a.example", false },
		{ "*x.a.example", "yx.a.example", false },
		{ "x*y.a.example", "xzy.a.example", false },
		{ "xn--*-1b3c148a.example.com", "xn--bliss-1b3c148a.example.com", false },
		{ "*.a.example", "xn--bliss-1b3c148a.a.example", true },
		{ "xn--n3h.example", "xn--n3h.example", true },
		{ "\xe2\x98\x83.example", "xn--n3h.example", false },
		{ "\xe2\x98\x83.example", "\xe2\x98\x83.example", false },
		{ "a_b.example", "a_b.example", true },
		{ "a.example.", "a.example", false }, /* names of certificates have no dot at their end */
		{ ".a.example", "a.example", false },
		{ "a..example", "a..example", false },
		{ "", "", false },
		{ "*.a.example", "*.a.example", false }, /* nobody is called that */
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (dns_name_matches(lab_text(rows[i].presented), lab_text(rows[i].host)) != rows[i].match)
			fail_msg("%s against %s", rows[i].presented, rows[i].host);
}

static void a_name_with_a_zero_is_none(void **state)
{
	static const uint8_t presented[] = "a.example\0.evil.example";

	(void)state;
	assert_false(dns_name_matches((struct hf_bytes){ presented, sizeof(presented) - 1 }, lab_text("a.example")));
	assert_false(dns_name_is_sound((struct hf_bytes){ presented, sizeof(presented) - 1 }, true));
}

static void labels_and_names_have_a_length(void **state)
{
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(dns_name_is_sound((struct hf_bytes){ (uint8_t *)name, 63 }, false));
	assert_false(dns_name_is_sound((struct hf_bytes){ (uint8_t *)name, 64 }, false));
	for (size_t i = 49; i < sizeof(name); i += 50)
		name[i] = '.';
	assert_true(dns_name_is_sound((struct hf_bytes){ (uint8_t *)name, 253 }, false));
	assert_false(dns_name_is_sound((struct hf_bytes){ (uint8_t *)name, 254 }, false));
}

static void hosts_as_people_write_them(void **state)
{
	static const struct {
		const char *text;
		size_t address_len;
		const char *name;
	} rows[] = {
		{ "a.example", 0, "a.example" },
		{ "a.example.", 0, "a.example" },
		{ ".", 0, "." },
		{ "10.0.0.1", 4, NULL },
		{ "::1", 16, NULL },
		{ "[::1]", 16, NULL },
		{ "[10.0.0.1]", 4, NULL },
		{ "10.0.0.01", 0, "10.0.0.01" },
		{ "10.0.0", 0, "10.0.0" },
		{ "0x7f000001", 0, "0x7f000001" },
		{ "fe80::1%eth0", 0, "fe80::1%eth0" },
		{ "", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct cert_host h = cert_host_of(lab_text(rows[i].text));

		assert_int_equal(h.address_len, rows[i].address_len);
		assert_int_equal(h.is_address, rows[i].address_len > 0);
		if (rows[i].name)
			assert_true(hf_bytes_same(h.name, lab_text(rows[i].name)));
	}
}

/* Names of certificates, which RFC 5280 7.1 takes for the same or not. */
static void names_of_issuers_are_compared_loosely(void **state)
{
	/* SEQUENCE { SET { SEQUENCE { 2.5.4.3, string } } .. } */
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "300e310c300a06035504030c03414243", "300e310c300a06035504030c03616263", true }, /* ABC, abc */
		{ "300e310c300a06035504030c03414243", "300e310c300a06035504031303616263", true }, /* UTF8String, PrintableString */
		{ "300e310c300a06035504030c03414243", "300e310c300a060355040a0c03414243", false }, /* another attribute */
		{ "300e310c300a06035504030c03414243", "300e310c300a06035504030c03414244", false },
		{ "300e310c300a06035504030c03412043", "3010310e300c06035504030c052041202043", true }, /* "A C", " A  C" */
		{ "300e310c300a06035504030c03412043", "300d310b300906035504030c024143", false },
		{ "3000", "3000", true },
		{ "3000", "300e310c300a06035504030c03414243", false },
		{ "3018310a300806035504030c0141310a300806035504030c0142",
		  "3018310a300806035504030c0142310a300806035504030c0141", false },
		{ "30163114300806035504030c01413008060355040a0c0142",
		  "301631143008060355040a0c0142300806035504030c0141", true },
	};
	uint8_t a[64], b[64];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint64_t one = distinguished_name_hash(unhex(rows[i].a, a)),
			 other = distinguished_name_hash(unhex(rows[i].b, b));

		assert_int_not_equal(one, 0);
		if ((one == other) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
	/* A BMPString: only libcrypto can tell. */
	assert_int_equal(distinguished_name_hash(unhex("300d310b300906035504031e020041", a)), 0);
}

/* SEQUENCE { [2] "a.example", [7] 10.0.0.1, [7] ::1, [1] "x@b.example" } */
static const char san[] = "30308209612e6578616d706c6587040a00000187100000000000000000000000000000000181"
			  "0b7840622e6578616d706c65";

static void addresses_match_by_their_own_kind_only(void **state)
{
	uint8_t room[64];
	struct hf_bytes list = unhex(san, room);
	static const struct {
		const char *host;
		bool match;
	} rows[] = {
		{ "a.example", true },    { "a.example.", true },
		{ "10.0.0.1", true },     { "::1", true },
		{ "[::1]", true },        { "0:0:0:0:0:0:0:1", true },
		{ "10.0.0.2", false },    { "::ffff:10.0.0.1", false },
		{ "b.example", false },   { "x@b.example", true },
		{ "x@B.Example", true },  { "X@b.example", false },
		{ "y@b.example", false }, { "@b.example", false },
		{ "b.example", false },   { "", false },
	};

	(void)state;
	assert_int_equal(list.len, 50);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct cert_host h = cert_host_of(lab_text(rows[i].host));

		if (cert_san_has(list, &h) != rows[i].match)
			fail_msg("%s", rows[i].host);
	}
}

/* ---- DER ---- */

static void only_der_is_strict(void **state)
{
	static const struct {
		const char *hex;
		bool strict;
	} rows[] = {
		{ "3000", true },
		{ "0500", true },
		{ "", false },
		{ "30", false },
		{ "3001", false },
		{ "300000", false }, /* something behind it */
		{ "3080"
		  "0000",
		  false },           /* indefinite */
		{ "308100", false }, /* a long form where the short one does */
		{ "30820000", false },
		{ "020100", true },
		{ "0200", false },
		{ "02020001", false }, /* a zero too many */
		{ "02020080", true },
		{ "0202ff80", false },
		{ "0202ff7f", true },
		{ "010100", true },
		{ "0101ff", true },
		{ "010101", false },
		{ "01020000", false },
		{ "030100", true },
		{ "03020100", true },
		{ "03020101", false }, /* the unused bits are zero */
		{ "03020800", false },
		{ "0300", false },
		{ "030107", false },
		{ "06032a0304", true },
		{ "06022a83", false }, /* cut */
		{ "0600", false },
		{ "1000", false },   /* a SEQUENCE in the primitive form */
		{ "2400", false },   /* an OCTET STRING of parts */
		{ "1f8100", false }, /* a tag of several octets */
		{ "a0053003020100", true },
		{ "a005300302010"
		  "0",
		  true },
		{ "a0053003010101", false }, /* deep down */
		{ "800101", true },          /* what it is only its context tells */
	};
	uint8_t room[32];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (der_is_strict(unhex(rows[i].hex, room)) != rows[i].strict)
			fail_msg("%s", rows[i].hex);
}

static void depth_has_an_end(void **state)
{
	uint8_t nest[128];

	(void)state;
	for (unsigned depth = 20; depth <= 60; depth += 40) {
		for (unsigned i = 0; i < depth; i++) {
			nest[2 * i] = 0x30;
			nest[2 * i + 1] = (uint8_t)(2 * (depth - i - 1));
		}
		assert_int_equal(der_is_strict((struct hf_bytes){ nest, 2 * depth }), depth == 20);
	}
}

static void times(void **state)
{
	static const struct {
		uint8_t tag;
		const char *text;
		bool good;
		uint64_t unix_s;
	} rows[] = {
		{ DER_UTC_TIME, "700101000000Z", true, 0 },
		{ DER_UTC_TIME, "691231235959Z", true, 0 }, /* before it */
		{ DER_UTC_TIME, "491231235959Z", true, 2524607999u },
		{ DER_UTC_TIME, "500101000000Z", true, 0 }, /* 1950 */
		{ DER_UTC_TIME, "000229120000Z", true, 951825600u },
		{ DER_UTC_TIME, "010229120000Z", false, 0 },
		{ DER_UTC_TIME, "250100000000Z", false, 0 },
		{ DER_UTC_TIME, "251301000000Z", false, 0 },
		{ DER_UTC_TIME, "250101240000Z", false, 0 },
		{ DER_UTC_TIME, "250101006000Z", false, 0 },
		{ DER_UTC_TIME, "250101000060Z", false, 0 },
		{ DER_UTC_TIME, "2501010000Z", false, 0 },
		{ DER_UTC_TIME, "250101000000+0000", false, 0 },
		{ DER_UTC_TIME, "250101000000", false, 0 },
		{ DER_UTC_TIME, "25010100000 Z", false, 0 },
		{ DER_GENERALIZED_TIME, "20500101000000Z", true, 2524608000u },
		{ DER_GENERALIZED_TIME, "99991231235959Z", true, 253402300799u },
		{ DER_GENERALIZED_TIME, "21000228235959Z", true, 4107542399u },
		{ DER_GENERALIZED_TIME, "21000229000000Z", false, 0 },
		{ DER_GENERALIZED_TIME, "20500101000000.5Z", false, 0 },
		{ DER_GENERALIZED_TIME, "205001010000Z", false, 0 },
		{ DER_IA5_STRING, "700101000000Z", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint64_t t = 42;

		if (der_time(rows[i].tag, lab_text(rows[i].text), &t) != rows[i].good)
			fail_msg("%s", rows[i].text);
		assert_int_equal(t, rows[i].good ? rows[i].unix_s : 42);
	}
}

/* ---- PEM ---- */

static void octets_come_back_from_pem(void **state)
{
	uint8_t octets[200];

	(void)state;
	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n < sizeof(octets); n++) {
		struct hf_cert_trouble t;
		struct pem_block b;
		size_t len;
		char *text = pem_write("TEST", (struct hf_bytes){ octets, n }, &len);
		struct pem p = pem_over((struct hf_bytes){ (uint8_t *)text, len });

		assert_int_equal(len, strlen(text));
		assert_int_equal(pem_next(&p, &b, &t), HF_OK);
		assert_string_equal(b.label, "TEST");
		assert_true(hf_bytes_same((struct hf_bytes){ b.der, b.len }, (struct hf_bytes){ octets, n }));
		pem_block_free(&b);
		assert_int_equal(pem_next(&p, &b, &t), HF_NOT_FOUND);
		free(text);
	}
}

#define B "-----BEGIN X-----\n"
#define E "-----END X-----\n"

static void damage_is_told_exactly(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ B "TWFu\n", "the block that begins in line 1 has no END line" },
		{ "text\n" B "TWFu\n", "the block that begins in line 2 has no END line" },
		{ B "TWFu\n" B "TWFu\n" E, "another block begins in line 3 before this one has ended" },
		{ B "TWFu\nTW!u\n" E, "line 3, character 3 is not base64" },
		{ B "TW=u\n" E, "line 2, character 4 goes on after the = that ends it" },
		{ B "T===\n" E, "line 2, character 2 has a = where none may be" },
		{ B "TWFu=\n" E, "line 2, character 5 has a = where none may be" },
		{ B "TWE==\n" E, "line 2, character 5 has a = where none may be" },
		{ B "TWE\n" E, "its base64 is cut short before line 3" },
		{ B "T\n" E, "its base64 is cut short before line 3" },
		{ B "TWFu\n-----END Y-----\n", "it begins as X but its END line in line 3 says Y" },
		{ "-----BEGIN AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-----\n",
		  "its name in line 1 is longer than any that is known" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct pem p = pem_over(lab_text(rows[i].text));
		struct hf_cert_trouble t = { 0 };
		struct pem_block b;

		assert_int_equal(pem_next(&p, &b, &t), HF_MALFORMED);
		assert_string_equal(t.sentence, rows[i].sentence);
		assert_int_equal(t.block, 1);
	}
}

static void what_is_not_in_a_block_is_passed_over(void **state)
{
	static const char text[] =
		"subject=CN = a\r\n-----BEGIN X-----\r\nTWFu \r\n\r\nTWE=\r\n-----END X-----\r\nmore\n" B
		"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nTWFu\n" E;
	struct pem p = pem_over(lab_text(text));
	struct hf_cert_trouble t;
	struct pem_block b;

	(void)state;
	assert_int_equal(pem_next(&p, &b, &t), HF_OK);
	assert_true(hf_bytes_same((struct hf_bytes){ b.der, b.len }, lab_text("ManMa")));
	assert_false(b.encrypted);
	pem_block_free(&b);
	assert_int_equal(pem_next(&p, &b, &t), HF_OK);
	assert_true(b.encrypted);
	assert_int_equal(p.block, 2);
	pem_block_free(&b);
}

/* ---- what is loaded ---- */

static struct lab lab;
static struct mint_leaf one, other;

static int open_lab(void **state)
{
	(void)state;
	lab_open(&lab);
	lab_leaf(&lab, "a.example", MINT_GOOD, &one);
	lab_leaf(&lab, "b.example", MINT_GOOD, &other);
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	mint_leaf_free(&one);
	mint_leaf_free(&other);
	lab_close(&lab);
	return 0;
}

static void load(const char *chain, const char *key, hf_status status, unsigned block, const char *sentence)
{
	struct hf_cert_trouble t;
	struct hf_cred *cred;
	hf_status st = hf_cred_load(lab.crypto, lab_text(chain), lab_text(key), &cred, &t);

	if (st != status || t.block != block || strcmp(t.sentence, sentence) != 0)
		fail_msg("%s, block %u: %s; not %s, block %u: %s", hf_status_name(st), t.block, t.sentence,
			 hf_status_name(status), block, sentence);
	if (st == HF_OK)
		hf_cred_free(cred);
}

static char *join(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	char *both = malloc(n + m + 1);

	memcpy(both, a, n);
	memcpy(both + n, b, m + 1);
	return both;
}

#define ENCRYPTED "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"
#define OLD_ENCRYPTED \
	"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMAA=\n-----END EC PRIVATE KEY-----\n"

static void troubles_of_chains_and_keys(void **state)
{
	struct mint_blob root_key;
	char *twice, *behind, *both;

	(void)state;
	assert_int_equal(mint_ca_key(lab.ca, MINT_ROOT, &root_key), HF_OK);
	load(one.chain.at, one.key.at, HF_OK, 0, "");
	load(one.chain.at, other.key.at, HF_MISMATCH, 0, "the key is that of another certificate");
	load("", one.key.at, HF_MALFORMED, 0,
	     "there is no block -----BEGIN CERTIFICATE----- in it, and it is no certificate in DER");
	load(one.key.at, one.key.at, HF_MALFORMED, 0, "there is no block -----BEGIN CERTIFICATE----- in it");
	load(one.chain.at, "", HF_MALFORMED, 0,
	     "there is no block -----BEGIN PRIVATE KEY----- in it, and it is no private key in DER");
	load(one.chain.at, one.chain.at, HF_MALFORMED, 0, "there is no block -----BEGIN PRIVATE KEY----- in it");
	load(one.chain.at, ENCRYPTED, HF_UNSUPPORTED, 1,
	     "the key is encrypted: take its passphrase off first (openssl pkey -in FILE -out PLAIN)");
	load(one.chain.at, OLD_ENCRYPTED, HF_UNSUPPORTED, 1,
	     "the key is encrypted: take its passphrase off first (openssl pkey -in FILE -out PLAIN)");
	load(one.chain.at, "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", HF_MALFORMED, 1,
	     "it is no private key that can be read");
	load("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", one.key.at, HF_MALFORMED, 1,
	     "it is no certificate: it is not a signed thing of three parts");
	load("-----BEGIN CERTIFICATE-----\nMIAAAA==\n-----END CERTIFICATE-----\n", one.key.at, HF_MALFORMED, 1,
	     "it is no certificate: it is not DER");
	load("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", one.key.at, HF_MALFORMED, 1,
	     "it is a X509 CRL where a CERTIFICATE should be");
	twice = join(one.chain.at, other.chain.at);
	load(twice, one.key.at, HF_MALFORMED, 3,
	     "certificate 3 is not of the issuer of certificate 2: the chain begins with the leaf, and each one is followed by its issuer");
	load(twice, other.key.at, HF_MISMATCH, 3,
	     "the key belongs to certificate 3 of the chain, not to the first: the leaf must come first");
	free(twice);
	/* The key may stand in the file of the chain, on either side, behind its parameters. */
	behind = join(one.chain.at, one.key.at);
	load(behind, behind, HF_OK, 0, "");
	free(behind);
	both = join("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", one.key.at);
	load(one.chain.at, both, HF_OK, 0, "");
	free(both);
	mint_blob_free(&root_key);
}

static void a_credential_gives_what_was_loaded(void **state)
{
	static const uint8_t staple[] = { 1, 2, 3 }, list[] = { 4, 5 };
	struct hf_cert_trouble t;
	struct hf_cred *cred;

	(void)state;
	assert_int_equal(hf_cred_load(lab.crypto, lab_blob(&one.chain), lab_blob(&one.key), &cred, &t), HF_OK);
	assert_int_equal(hf_cred_certs(cred), 2);
	assert_true(hf_cred_cert(cred, 0).len > 100 && hf_cred_cert(cred, 0).at[0] == 0x30);
	assert_int_equal(crypto_key_kind(hf_cred_key(cred)), CRYPTO_KEY_P256);
	assert_true(hf_cred_names(cred, lab_text("a.example")));
	assert_false(hf_cred_names(cred, lab_text("b.example")));
	assert_int_equal(hf_cred_ocsp(cred).len, 0);
	assert_int_equal(hf_cred_staple(cred, (struct hf_bytes){ staple, 3 }, (struct hf_bytes){ list, 2 }), HF_OK);
	assert_true(hf_bytes_same(hf_cred_ocsp(cred), (struct hf_bytes){ staple, 3 }));
	assert_true(hf_bytes_same(hf_cred_sct_list(cred), (struct hf_bytes){ list, 2 }));
	assert_int_equal(hf_cred_staple(cred, (struct hf_bytes){ NULL, 0 }, (struct hf_bytes){ list, 1 }), HF_OK);
	assert_int_equal(hf_cred_ocsp(cred).len, 0);
	assert_int_equal(hf_cred_sct_list(cred).len, 1);
	hf_cred_free(cred);
	hf_cred_free(NULL);
}

static void der_is_taken_too(void **state)
{
	struct hf_cert_trouble t;
	struct hf_cred *cred;
	struct hf_certs *certs;
	struct pem_block b;
	struct pem p = pem_over(lab_blob(&one.key));

	(void)state;
	assert_int_equal(pem_next(&p, &b, &t), HF_OK);
	assert_int_equal(hf_certs_make(&certs), HF_OK);
	assert_int_equal(hf_certs_add(certs, lab_blob(&one.chain), &t), HF_OK);
	assert_int_equal(hf_certs_count(certs), 2);
	assert_int_equal(hf_cred_load(lab.crypto, hf_certs_der(certs, 0), (struct hf_bytes){ b.der, b.len }, &cred, &t),
			 HF_OK);
	assert_int_equal(hf_cred_certs(cred), 1);
	assert_int_equal(hf_certs_add(certs, hf_cred_cert(cred, 0), &t), HF_OK);
	assert_int_equal(hf_certs_count(certs), 3);
	assert_true(hf_bytes_same(hf_certs_all(certs)[2], hf_certs_all(certs)[0]));
	hf_cred_free(cred);
	hf_certs_free(certs);
	pem_block_free(&b);
}

static void each_prefix_of_a_certificate_is_refused(void **state)
{
	struct hf_cert_trouble t;
	struct hf_cert_view view;
	struct hf_certs *certs;
	struct hf_bytes der;

	(void)state;
	assert_int_equal(hf_certs_make(&certs), HF_OK);
	assert_int_equal(hf_certs_add(certs, lab_blob(&one.chain), &t), HF_OK);
	der = hf_certs_der(certs, 0);
	for (size_t n = 0; n < der.len; n++) {
		uint8_t *part = malloc(n ? n : 1); /* of its own size, for who watches addresses */

		memcpy(part, der.at, n);
		assert_int_equal(hf_cert_look((struct hf_bytes){ part, n }, &view, &t), HF_MALFORMED);
		free(part);
	}
	assert_int_equal(hf_cert_look(der, &view, &t), HF_OK);
	assert_string_equal(view.subject, "CN=a.example");
	hf_certs_free(certs);
}

static void troubles_of_trust(void **state)
{
	struct hf_cert_trouble t;
	struct hf_trust *trust;
	char *half;

	(void)state;
	assert_int_equal(hf_trust_make(lab.crypto, &trust), HF_OK);
	assert_int_equal(hf_trust_add(trust, lab_text("x"), &t), HF_MALFORMED);
	assert_string_equal(t.sentence,
			    "there is no block -----BEGIN CERTIFICATE----- in it, and it is no certificate in DER");
	assert_int_equal(hf_trust_add(trust, lab_blob(&one.key), &t), HF_MALFORMED);
	assert_string_equal(t.sentence, "there is no block -----BEGIN CERTIFICATE----- in it");
	half = join(lab.root.at, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
	assert_int_equal(hf_trust_add(trust, lab_text(half), &t), HF_MALFORMED);
	assert_int_equal(t.block, 2);
	free(half);
	{
		/* All of a file or nothing of it. */
		struct hf_trust *full = lab.trust;
		struct hf_cert_report report;

		lab.trust = trust;
		assert_int_equal(lab_check(&lab, &one, (struct hf_cert_ask){ .unix_s = LAB_NOW }, &report), HF_UNTRUSTED);
		assert_int_equal(report.fault, HF_CERT_UNKNOWN_ISSUER);
		lab.trust = full;
	}
	assert_int_equal(hf_trust_add_crl(trust, lab_blob(&lab.root), &t), HF_MALFORMED);
	assert_string_equal(t.sentence, "there is no block -----BEGIN X509 CRL----- in it");
	assert_int_equal(hf_trust_add_crl(trust, lab_text("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"), &t),
			 HF_MALFORMED);
	assert_string_equal(t.sentence, "it is no revocation list: libcrypto cannot read it");
	hf_trust_free(trust);
	hf_trust_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presented_names_against_hosts),
		cmocka_unit_test(a_name_with_a_zero_is_none),
		cmocka_unit_test(labels_and_names_have_a_length),
		cmocka_unit_test(hosts_as_people_write_them),
		cmocka_unit_test(names_of_issuers_are_compared_loosely),
		cmocka_unit_test(addresses_match_by_their_own_kind_only),
		cmocka_unit_test(only_der_is_strict),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(times),
		cmocka_unit_test(octets_come_back_from_pem),
		cmocka_unit_test(damage_is_told_exactly),
		cmocka_unit_test(what_is_not_in_a_block_is_passed_over),
		cmocka_unit_test(troubles_of_chains_and_keys),
		cmocka_unit_test(a_credential_gives_what_was_loaded),
		cmocka_unit_test(der_is_taken_too),
		cmocka_unit_test(each_prefix_of_a_certificate_is_refused),
		cmocka_unit_test(troubles_of_trust),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
