/* SPDX-License-Identifier: MIT */
/* Everything that can be minted is found to be what it is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cert_lab.h"

static struct lab lab;

static int open_lab(void **state)
{
	(void)state;
	lab_open(&lab);
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

static void a_good_leaf_of_each_key(void **state)
{
	static const struct {
		enum crypto_key_kind kind;
		unsigned bits;
		const char *shown;
	} keys[] = {
		{ CRYPTO_KEY_P256, 0, "EC P-256" },   { CRYPTO_KEY_P384, 0, "EC P-384" },
		{ CRYPTO_KEY_P521, 0, "EC P-521" },   { CRYPTO_KEY_RSA, 2048, "RSA 2048" },
		{ CRYPTO_KEY_ED25519, 0, "Ed25519" }, { CRYPTO_KEY_ED448, 0, "Ed448" },
	};
	struct hf_bytes names[] = { lab_text("a.example"), lab_text("*.b.example"), lab_text("10.0.0.1"),
				    lab_text("fd00::1") };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(keys); i++) {
		struct mint_leaf_ask ask = lab_ask(names, HF_ARRAY_LEN(names));
		struct hf_cert_report report;
		struct mint_leaf leaf;

		ask.key = keys[i].kind;
		ask.bits = keys[i].bits;
		assert_int_equal(mint_leaf_make(lab.ca, &ask, &leaf), HF_OK);
		for (size_t k = 0; k < HF_ARRAY_LEN(names); k++) {
			struct hf_bytes host = k == 1 ? lab_text("x.b.example") : names[k];
			struct hf_cert_ask check = { .name = host, .unix_s = LAB_NOW, .letter = true };

			assert_int_equal(lab_check(&lab, &leaf, check, &report), HF_OK);
			assert_int_equal(report.fault, HF_CERT_GOOD);
		}
		assert_int_equal(report.certs, 3);
		assert_string_equal(report.cert[0].key, keys[i].shown);
		assert_string_equal(report.cert[0].names, "DNS:a.example, DNS:*.b.example, IP:10.0.0.1, IP:fd00::1");
		assert_string_equal(report.cert[0].subject, "CN=a.example");
		assert_string_equal(report.cert[0].signature, "ecdsa-with-SHA256");
		assert_string_equal(report.cert[0].issuer, report.cert[1].subject);
		assert_string_equal(report.cert[1].issuer, report.cert[2].subject);
		assert_true(report.cert[2].from_trust && report.cert[2].self_signed && report.cert[2].is_ca);
		assert_true(!report.cert[1].from_trust && !report.cert[1].self_signed && report.cert[1].is_ca);
		assert_true(!report.cert[0].from_trust && !report.cert[0].self_signed && !report.cert[0].is_ca);
		assert_true(report.cert[0].not_before <= LAB_NOW && report.cert[0].not_after == LAB_NOW + 90 * LAB_DAY);
		mint_leaf_free(&leaf);
	}
}

static void each_bad_kind_is_found(void **state)
{
	(void)state;
	for (unsigned bad = MINT_GOOD + 1; bad < MINT_BAD_COUNT; bad++) {
		struct hf_cert_ask ask = { .name = lab_text("a.example"), .unix_s = LAB_NOW };
		struct hf_cert_report report;
		struct mint_leaf leaf;
		enum mint_bad same;

		lab_leaf(&lab, "a.example", bad, &leaf);
		ask.ocsp = lab_blob(&leaf.ocsp);
		assert_int_equal(lab_check(&lab, &leaf, ask, &report), HF_UNTRUSTED);
		assert_string_equal(hf_cert_fault_code(report.fault), mint_bad_code(bad));
		assert_true(report.libcrypto > 0);
		assert_true(report.at < report.certs);
		assert_int_equal(report.cert[report.at].fault, report.fault);
		assert_true(mint_bad_find(mint_bad_code(bad), &same) && same == bad);
		assert_true(mint_bad_what(bad)[0] != '\0');
		mint_leaf_free(&leaf);
	}
}

static void a_bad_kind_for_an_address_too(void **state)
{
	static const enum mint_bad kinds[] = { MINT_WRONG_NAME, MINT_NAME_CONSTRAINTS };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++) {
		struct hf_cert_ask ask = { .name = lab_text("10.0.0.1"), .unix_s = LAB_NOW };
		struct hf_cert_report report;
		struct mint_leaf leaf;

		lab_leaf(&lab, "10.0.0.1", kinds[i], &leaf);
		assert_int_equal(lab_check(&lab, &leaf, ask, &report), HF_UNTRUSTED);
		assert_string_equal(hf_cert_fault_code(report.fault), mint_bad_code(kinds[i]));
		mint_leaf_free(&leaf);
	}
}

static void a_client_has_its_own_purpose(void **state)
{
	struct hf_bytes names[] = { lab_text("me.example") };
	struct mint_leaf_ask ask = lab_ask(names, 1);
	struct hf_cert_ask check = { .unix_s = LAB_NOW, .purpose = HF_CERT_FOR_CLIENT };
	struct hf_cert_report report;
	struct mint_leaf leaf;

	(void)state;
	ask.purpose = HF_CERT_FOR_CLIENT;
	assert_int_equal(mint_leaf_make(lab.ca, &ask, &leaf), HF_OK);
	assert_int_equal(lab_check(&lab, &leaf, check, &report), HF_OK);
	check.purpose = HF_CERT_FOR_SERVER;
	assert_int_equal(lab_check(&lab, &leaf, check, &report), HF_UNTRUSTED);
	assert_int_equal(report.fault, HF_CERT_WRONG_PURPOSE);
	assert_int_equal(hf_cert_fault_alert(report.fault), 43);
	mint_leaf_free(&leaf);
}

static void an_authority_comes_back_from_its_texts(void **state)
{
	struct mint_blob cert[2], key[2];
	struct mint_ca_texts texts;
	struct hf_cert_report report;
	struct hf_cert_trouble t;
	enum mint_ca_part part;
	struct mint_ca *again, *ours = lab.ca;
	struct mint_leaf leaf;

	(void)state;
	for (int i = MINT_ROOT; i <= MINT_INTERMEDIATE; i++) {
		assert_int_equal(mint_ca_cert(lab.ca, i, &cert[i]), HF_OK);
		assert_int_equal(mint_ca_key(lab.ca, i, &key[i]), HF_OK);
		texts.cert[i] = lab_blob(&cert[i]);
		texts.key[i] = lab_blob(&key[i]);
	}
	assert_int_equal(mint_ca_load(lab.crypto, &texts, &again, &part, &t), HF_OK);
	lab.ca = again;
	lab_leaf(&lab, "a.example", MINT_GOOD, &leaf);
	lab.ca = ours;
	assert_int_equal(lab_check(&lab, &leaf,
				   (struct hf_cert_ask){ .name = lab_text("a.example"), .unix_s = LAB_NOW }, &report),
			 HF_OK);
	mint_leaf_free(&leaf);
	mint_ca_free(again);

	texts.key[MINT_INTERMEDIATE] = texts.key[MINT_ROOT];
	assert_int_equal(mint_ca_load(lab.crypto, &texts, &again, &part, &t), HF_MISMATCH);
	assert_int_equal(part, MINT_INTERMEDIATE);
	texts.cert[MINT_INTERMEDIATE] = texts.cert[MINT_ROOT];
	texts.cert[MINT_ROOT] = lab_blob(&cert[MINT_INTERMEDIATE]);
	texts.key[MINT_ROOT] = lab_blob(&key[MINT_INTERMEDIATE]);
	assert_int_equal(mint_ca_load(lab.crypto, &texts, &again, &part, &t), HF_MISMATCH);
	assert_string_equal(t.sentence, "the root has not signed the intermediate: they are of two authorities");
	for (int i = 0; i < 2; i++) {
		mint_blob_free(&cert[i]);
		mint_blob_free(&key[i]);
	}
}

static void the_same_seed_mints_the_same(void **state)
{
	struct mint_leaf leaf[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct lab l;

		lab_open(&l);
		lab_leaf(&l, "a.example", MINT_REVOKED, &leaf[i]);
		lab_close(&l);
	}
	assert_string_equal(leaf[0].chain.at, leaf[1].chain.at);
	assert_string_equal(leaf[0].key.at, leaf[1].key.at);
	assert_string_equal(leaf[0].crl.at, leaf[1].crl.at);
	assert_int_equal(leaf[0].ocsp.len, leaf[1].ocsp.len);
	assert_memory_equal(leaf[0].ocsp.at, leaf[1].ocsp.at, leaf[0].ocsp.len);
	mint_leaf_free(&leaf[0]);
	mint_leaf_free(&leaf[1]);
}

static void names_that_are_none_are_refused(void **state)
{
	static const char *const wrong[] = { "",
					     "a..b",
					     ".a",
					     "a b",
					     "*",
					     "a.*.b",
					     "*a.b",
					     "\xc3\xa9.example",
					     "-_.\n",
					     "a/b",
					     "*.",
					     "1.2.3.4.5."
					     "." };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(wrong); i++) {
		struct hf_bytes names[] = { lab_text("good.example"), lab_text(wrong[i]) };
		struct mint_leaf_ask ask = lab_ask(names, 2);
		struct mint_leaf leaf;

		assert_int_equal(mint_leaf_make(lab.ca, &ask, &leaf), HF_INVALID);
	}
	struct mint_leaf_ask none = lab_ask(NULL, 0);
	struct mint_leaf leaf;

	assert_int_equal(mint_leaf_make(lab.ca, &none, &leaf), HF_INVALID);
}

static void a_long_name_leaves_the_subject_empty(void **state)
{
	char name[128] = "";
	struct hf_cert_report report;
	struct mint_leaf leaf;

	(void)state;
	memset(name, 'a', 60);
	memcpy(name + 60, ".example", 9);
	lab_leaf(&lab, name, MINT_GOOD, &leaf);
	assert_int_equal(lab_check(&lab, &leaf,
				   (struct hf_cert_ask){ .name = lab_text(name), .unix_s = LAB_NOW, .letter = true },
				   &report),
			 HF_OK);
	assert_string_equal(report.cert[0].subject, "");
	mint_leaf_free(&leaf);
}

static void the_serial_number_is_the_one_given(void **state)
{
	static const uint8_t serial[] = { 0x81, 0x02, 0x03 };
	struct hf_bytes names[] = { lab_text("a.example") };
	struct mint_leaf_ask ask = lab_ask(names, 1);
	struct hf_cert_report report;
	struct mint_leaf leaf;

	(void)state;
	ask.serial = serial;
	ask.serial_len = sizeof(serial);
	assert_int_equal(mint_leaf_make(lab.ca, &ask, &leaf), HF_OK);
	assert_int_equal(lab_check(&lab, &leaf, (struct hf_cert_ask){ .unix_s = LAB_NOW }, &report), HF_OK);
	assert_string_equal(report.cert[0].serial, "810203");
	mint_leaf_free(&leaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_leaf_of_each_key),
		cmocka_unit_test(each_bad_kind_is_found),
		cmocka_unit_test(a_bad_kind_for_an_address_too),
		cmocka_unit_test(a_client_has_its_own_purpose),
		cmocka_unit_test(an_authority_comes_back_from_its_texts),
		cmocka_unit_test(the_same_seed_mints_the_same),
		cmocka_unit_test(names_that_are_none_are_refused),
		cmocka_unit_test(a_long_name_leaves_the_subject_empty),
		cmocka_unit_test(the_serial_number_is_the_one_given),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
