/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/cert_view.h"

#include <string.h>

#define NOW 1735689600u /* 2025-01-01 */
#define DAY 86400u

static const struct hf_cert_view leaf = {
	.subject = "CN=a.example",
	.issuer = "CN=Lab intermediate",
	.names = "DNS:a.example, IP:10.0.0.1",
	.not_before = NOW - 93 * DAY,
	.not_after = NOW - 3 * DAY,
	.key = "EC P-256",
	.signature = "ecdsa-with-SHA256",
	.sha256 = { 0xab, 0x01, [31] = 0xff },
	.serial = "4f01",
	.fault = HF_CERT_EXPIRED,
};
static const struct hf_cert_view authority = {
	.subject = "CN=Lab intermediate",
	.issuer = "CN=Lab root",
	.not_before = NOW,
	.not_after = NOW + 2 * 365 * DAY,
	.key = "RSA 4096",
	.signature = "sha256WithRSAEncryption",
	.serial = "02",
	.is_ca = true,
};
static const struct hf_cert_view root = {
	.subject = "CN=Lab root",
	.issuer = "CN=Lab root",
	.not_before = NOW + 7200,
	.not_after = NOW + DAY,
	.key = "Ed25519",
	.signature = "ED25519",
	.serial = "01",
	.is_ca = true,
	.self_signed = true,
	.from_trust = true,
};

static const struct hf_cert_report expired = {
	.work = { 2, 3, 500 },
	.fault = HF_CERT_EXPIRED,
	.libcrypto = 10,
	.at = 0,
	.certs = 3,
	.cert = { leaf, authority, root },
	.asked_name = "a.example",
	.at_unix_s = NOW,
};

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

static const char drawn[] = "+-- the leaf, as it was sent\n"
			    "|   subject     CN=a.example\n"
			    "|   names       DNS:a.example, IP:10.0.0.1\n"
			    "|   issuer      CN=Lab intermediate\n"
			    "|   valid       2024-09-30 00:00:00 UTC to 2024-12-29 00:00:00 UTC, expired 3 days ago\n"
			    "|   key         EC P-256\n"
			    "|   signature   ecdsa-with-SHA256\n"
			    "|   serial      4f01\n"
			    "|   sha-256     ab010000000000000000000000000000000000000000000000000000000000ff\n"
			    "|   WRONG       expired: a certificate of the chain has expired\n"
			    "|\n"
			    "+-- signed by an intermediate authority, as it was sent\n"
			    "|   subject     CN=Lab intermediate\n"
			    "|   issuer      CN=Lab root\n"
			    "|   valid       2025-01-01 00:00:00 UTC to 2027-01-01 00:00:00 UTC, 2 years left\n"
			    "|   key         RSA 4096, may sign certificates\n"
			    "|   signature   sha256WithRSAEncryption\n"
			    "|   serial      02\n"
			    "|   sha-256     00" ZEROS "\n"
			    "|\n"
			    "+-- signed by a root, from the trust store\n"
			    "    subject     CN=Lab root\n"
			    "    issuer      itself\n"
			    "    valid       2025-01-01 02:00:00 UTC to 2025-01-02 00:00:00 UTC, begins in 2 hours\n"
			    "    key         Ed25519, may sign certificates\n"
			    "    signature   ED25519\n"
			    "    serial      01\n"
			    "    sha-256     00" ZEROS "\n"
			    "\n"
			    "NOT TRUSTED (expired): a certificate of the chain has expired\n"
			    "which       certificate 1 of 3, CN=a.example\n"
			    "what to do  its owner must renew it; see also whether the clock here is right\n"
			    "libcrypto   error 10, as openssl verify counts them\n";

static void a_chain_with_a_fault(void **state)
{
	struct look look = look_plain(120);
	struct text t;

	(void)state;
	text_init(&t);
	cert_view_report(&t, &expired, &look);
	assert_string_equal(text_str(&t), drawn);
	text_free(&t);
}

static void colour_only_where_asked(void **state)
{
	struct look look = look_plain(120);
	struct text t;

	(void)state;
	text_init(&t);
	cert_view_report(&t, &expired, &look);
	assert_null(strchr(text_str(&t), '\033'));
	text_clear(&t);
	look.colour = true;
	cert_view_report(&t, &expired, &look);
	assert_non_null(strstr(text_str(&t), "\033[1;31mNOT TRUSTED (expired)"));
	assert_non_null(strstr(text_str(&t), "\033[1mthe leaf, as it was sent\033[0m"));
	text_free(&t);
}

static void no_line_is_wider_than_asked(void **state)
{
	struct hf_cert_report r = expired;
	struct look look = look_plain(72);
	struct text t;

	(void)state;
	for (size_t i = 0, n = sizeof(r.cert[0].names); i + 17 < n; i += 16)
		memcpy(r.cert[0].names + i, "DNS:aa.example, ", 17);
	text_init(&t);
	cert_view_report(&t, &r, &look);
	for (const char *line = text_str(&t); *line;) {
		size_t n = strcspn(line, "\n");

		/* A fingerprint is one word and cannot be broken. */
		assert_true(n <= 72 || strncmp(line + 4, "sha-256", 7) == 0);
		line += n + (line[n] == '\n');
	}
	text_free(&t);
}

static void a_good_chain_says_so(void **state)
{
	struct hf_cert_report r = { .certs = 1, .cert = { root }, .asked_name = "a.example", .at_unix_s = NOW + 7200 };
	struct look look = look_plain(100);
	struct text t;

	(void)state;
	text_init(&t);
	cert_view_report(&t, &r, &look);
	assert_non_null(strstr(text_str(&t), "\nTRUSTED: the certificate is trusted, for a.example\n"));
	assert_null(strstr(text_str(&t), "NOT TRUSTED"));
	assert_null(strstr(text_str(&t), "WRONG"));
	text_free(&t);
}

static void a_wrong_name_shows_both(void **state)
{
	struct hf_cert_report r = {
		.fault = HF_CERT_WRONG_NAME, .certs = 1, .cert = { leaf }, .asked_name = "b.example", .at_unix_s = NOW
	};
	struct look look = look_plain(100);
	struct text t;

	(void)state;
	snprintf(r.detail, sizeof(r.detail), "some detail");
	text_init(&t);
	cert_view_report(&t, &r, &look);
	assert_non_null(strstr(text_str(&t), "\nin detail   some detail\n"));
	assert_non_null(strstr(text_str(&t), "\nnames       b.example was asked for; it has DNS:a.example, IP:10.0.0.1\n"));
	text_free(&t);
}

static void nothing_readable_is_no_chain(void **state)
{
	struct hf_cert_report r = { .fault = HF_CERT_MALFORMED, .at_unix_s = NOW };
	struct look look = look_plain(100);
	struct text t;

	(void)state;
	snprintf(r.detail, sizeof(r.detail), "it is not DER");
	text_init(&t);
	cert_view_report(&t, &r, &look);
	assert_string_equal(text_str(&t), "NOT TRUSTED (malformed): a certificate breaks its format\n"
					  "in detail   it is not DER\n"
					  "what to do  its owner must get a correct one\n");
	text_free(&t);
}

static void certificates_that_do_not_follow(void **state)
{
	struct hf_cert_view list[] = { leaf, root };
	struct look look = look_plain(100);
	struct text t;

	(void)state;
	list[1].from_trust = false;
	text_init(&t);
	cert_view_list(&t, list, 2, NOW, &look);
	assert_non_null(strstr(text_str(&t), "+-- then a root, as it was sent\n"));
	text_free(&t);
}

static void a_report_for_programs(void **state)
{
	struct text t;
	struct json j;

	(void)state;
	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	cert_view_report_json(&j, &expired);
	assert_non_null(strstr(text_str(&t), "{\"trusted\": false, \"fault\": \"expired\", "));
	assert_non_null(strstr(text_str(&t),
			       "\"alert\": 45, \"libcrypto\": 10, \"at\": 0, \"name\": \"a.example\", "
			       "\"time\": \"2025-01-01T00:00:00Z\", \"time_unix\": 1735689600, "
			       "\"paths_judged\": 2, \"signatures_verified\": 3, \"names_compared\": 500, \"chain\": [{"));
	assert_non_null(strstr(text_str(&t), "\"not_after\": \"2024-12-29T00:00:00Z\""));
	assert_non_null(strstr(text_str(&t),
			       "\"from\": \"store\", \"is_ca\": true, \"self_signed\": true, \"fault\": \"good\"}]}\n"));
	text_free(&t);
}

static void spans_and_times(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *shown;
	} spans[] = {
		{ 0, "0 seconds" },       { 1, "1 second" },      { 59, "59 seconds" },
		{ 60, "1 minute" },       { 7199, "1 hour" },     { 86400, "1 day" },
		{ 31535999, "364 days" }, { 31536000, "1 year" }, { 63072000, "2 years" },
	};
	struct text t;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		text_clear(&t);
		text_add_span(&t, spans[i].seconds);
		assert_string_equal(text_str(&t), spans[i].shown);
	}
	text_clear(&t);
	text_add_utc(&t, 253402300799u);
	assert_string_equal(text_str(&t), "9999-12-31 23:59:59 UTC");
	text_clear(&t);
	text_add_utc(&t, UINT64_MAX);
	assert_string_equal(text_str(&t), "18446744073709551615 s after 1970");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_with_a_fault),
		cmocka_unit_test(colour_only_where_asked),
		cmocka_unit_test(no_line_is_wider_than_asked),
		cmocka_unit_test(a_good_chain_says_so),
		cmocka_unit_test(a_wrong_name_shows_both),
		cmocka_unit_test(nothing_readable_is_no_chain),
		cmocka_unit_test(certificates_that_do_not_follow),
		cmocka_unit_test(a_report_for_programs),
		cmocka_unit_test(spans_and_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
