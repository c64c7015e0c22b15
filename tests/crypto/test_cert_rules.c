/* SPDX-License-Identifier: MIT */
/*
 * Chains with one thing about them changed, and the fault that is found. Each stands for a sentence of RFC 5280, RFC 9525 or
 * the CA/Browser Forum's baseline requirements.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cert_bake.h"

#include "base/bits.h"

#include <string.h>

enum how {
	ALWAYS, /* asked leniently and to the letter alike */
	LETTER, /* good when asked leniently */
};

struct row {
	const char *what;
	struct bake root, middle, leaf;
	const char *host; /* "example.com" when NULL */
	enum hf_cert_fault fault;
	enum how how;
	enum hf_cert_purpose purpose;
	bool no_middle;
};

#define UNKNOWN "1.3.6.1.4.1.55738.666.1"

static const struct row rows[] = {
#include "test_cert_rules.def"
};

static struct hf_crypto *crypto;

static int open_crypto(void **state)
{
	(void)state;
	return hf_crypto_open(&crypto) == HF_OK ? 0 : -1;
}

static int close_crypto(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

static enum hf_cert_fault check(const struct row *r, const struct baked *root, const struct baked *middle,
				const struct baked *leaf, bool letter, struct hf_cert_report *report)
{
	struct hf_bytes chain[] = { baked_bytes(leaf), middle ? baked_bytes(middle) : (struct hf_bytes){ NULL, 0 } };
	const char *host = r->host ? r->host : "example.com";
	struct hf_cert_ask ask = { .chain = chain,
				   .certs = middle ? 2 : 1,
				   .name = { (const uint8_t *)host, strlen(host) },
				   .unix_s = BAKE_NOW,
				   .purpose = r->purpose,
				   .letter = letter };
	struct hf_cert_trouble t;
	struct hf_trust *trust;
	hf_status st;

	assert_int_equal(hf_trust_make(crypto, &trust), HF_OK);
	assert_int_equal(hf_trust_add(trust, baked_bytes(root), &t), HF_OK);
	st = hf_cert_check(trust, &ask, report);
	/* What is no certificate at all is not judged on: the same fault, another status. */
	assert_true(st == (report->fault == HF_CERT_GOOD ? HF_OK : HF_UNTRUSTED) ||
		    (st == HF_MALFORMED && report->fault == HF_CERT_MALFORMED));
	hf_trust_free(trust);
	return report->fault;
}

static void each_row_is_judged_as_it_says(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct baked root = bake_cert(BAKE_ROOT, NULL, &r->root);
		struct baked middle = r->no_middle ? root : bake_cert(BAKE_INTERMEDIATE, &root, &r->middle);
		struct baked leaf = bake_cert(BAKE_LEAF, &middle, &r->leaf);

		for (unsigned letter = 0; letter <= 1; letter++) {
			enum hf_cert_fault wanted = r->how == LETTER && !letter ? HF_CERT_GOOD : r->fault;
			struct hf_cert_report report;
			enum hf_cert_fault got = check(r, &root, r->no_middle ? NULL : &middle, &leaf, letter, &report);

			if (got != wanted) {
				print_error("%s, %s: %s (%d, %s), not %s\n", r->what,
					    letter ? "to the letter" : "leniently", hf_cert_fault_code(got),
					    report.libcrypto, report.detail, hf_cert_fault_code(wanted));
				wrong++;
			}
		}
		baked_free(&leaf);
		if (!r->no_middle)
			baked_free(&middle);
		baked_free(&root);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_judged_as_it_says),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
