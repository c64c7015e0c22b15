/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/tls_wire.h"

static struct hf_bytes bytes_of(const char *s)
{
	return (struct hf_bytes){ (const uint8_t *)s, strlen(s) };
}

static bool known(const char *name)
{
	assert_non_null(name);
	return strcmp(name, "unknown") != 0;
}

/* Every number of 16 bits: a name leads back to its number, in any case of its letters, and only the whole name does. */
static void round_trip(unsigned n, const char *name, uint16_t (*by_name)(struct hf_bytes))
{
	char other[80], longer[80];
	size_t len = strlen(name);

	assert_true(len + 2 < sizeof(other));
	assert_int_equal(by_name(bytes_of(name)), n);
	for (size_t i = 0; i <= len; i++) {
		char c = name[i];

		other[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	assert_int_equal(by_name(bytes_of(other)), n);
	memcpy(longer, name, len);
	longer[len] = 'z';
	assert_int_equal(by_name((struct hf_bytes){ (uint8_t *)longer, len + 1 }), 0);
}

static void every_name_leads_back(void **state)
{
	unsigned suites = 0, groups = 0, schemes = 0;

	(void)state;
	for (unsigned n = 0; n <= UINT16_MAX; n++) {
		if (known(tls_suite_name(n))) {
			suites++;
			assert_memory_equal(tls_suite_name(n), "TLS_", 4);
			round_trip(n, tls_suite_name(n), tls_suite_by_name);
			round_trip(n, tls_suite_openssl_name(n), tls_suite_by_name);
			assert_int_equal(tls_suite_by_name(bytes_of(tls_suite_name(n) + 4)), n);
		}
		if (known(tls_group_name(n))) {
			groups++;
			round_trip(n, tls_group_name(n), tls_group_by_name);
		}
		if (known(tls_scheme_name(n))) {
			schemes++;
			round_trip(n, tls_scheme_name(n), tls_scheme_by_name);
		}
	}
	assert_true(suites > 150 && groups > 50 && schemes > 30);
}

static void every_number_spoken_here_has_a_name(void **state)
{
	static const struct {
		unsigned number;
		const char *name;
	} suites[] = {
		{ TLS_SUITE_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256" },
		{ TLS_SUITE_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384" },
		{ TLS_SUITE_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256" },
		{ TLS_SUITE_ECDHE_ECDSA_AES_128_GCM, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
		{ TLS_SUITE_ECDHE_ECDSA_AES_256_GCM, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
		{ TLS_SUITE_ECDHE_RSA_AES_128_GCM, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
		{ TLS_SUITE_ECDHE_RSA_AES_256_GCM, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
		{ TLS_SUITE_ECDHE_RSA_CHACHA20, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
		{ TLS_SUITE_ECDHE_ECDSA_CHACHA20, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
		{ TLS_SUITE_RSA_AES_128_GCM, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
		{ TLS_SUITE_RSA_AES_256_GCM, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
		{ TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" },
		{ TLS_SUITE_FALLBACK_SCSV, "TLS_FALLBACK_SCSV" },
	};
	static const uint16_t extensions[] = {
#define X(name, number) TLS_EXT_##name,
#include "wire/tls_extensions.def"
#undef X
	};
	static const uint8_t alerts[] = {
#define A(name, number, sentence) TLS_ALERT_##name,
#include "wire/tls_alerts.def"
#undef A
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(suites); i++)
		assert_string_equal(tls_suite_name(suites[i].number), suites[i].name);
	for (size_t i = 0; i < HF_ARRAY_LEN(extensions); i++)
		assert_true(known(tls_extension_name(extensions[i])));
	for (size_t i = 0; i < HF_ARRAY_LEN(alerts); i++)
		assert_true(known(tls_alert_name(alerts[i])));
	assert_string_equal(tls_extension_name(TLS_EXT_SERVER_NAME), "server_name");
	assert_string_equal(tls_extension_name(TLS_EXT_KEY_SHARE), "key_share");
	assert_string_equal(tls_extension_name(TLS_EXT_RENEGOTIATION_INFO), "renegotiation_info");
	assert_string_equal(tls_alert_name(TLS_ALERT_UNEXPECTED_MESSAGE), "unexpected_message");
	assert_string_equal(tls_alert_name(TLS_ALERT_NO_APPLICATION_PROTOCOL), "no_application_protocol");
	assert_string_equal(tls_alert_sentence(TLS_ALERT_DECODE_ERROR), "a message breaks its format");
	assert_string_equal(tls_alert_sentence(99), "an alert that is not known here");
	assert_string_equal(tls_group_name(TLS_GROUP_P256), "secp256r1");
	assert_string_equal(tls_group_name(TLS_GROUP_X25519), "x25519");
	assert_string_equal(tls_group_name(TLS_GROUP_X25519MLKEM768), "X25519MLKEM768");
	assert_string_equal(tls_group_name(0x0100), "ffdhe2048");
	assert_string_equal(tls_scheme_name(TLS_ECDSA_SECP256R1_SHA256), "ecdsa_secp256r1_sha256");
	assert_string_equal(tls_scheme_name(TLS_RSA_PSS_RSAE_SHA256), "rsa_pss_rsae_sha256");
	assert_string_equal(tls_scheme_name(TLS_ED25519), "ed25519");
	assert_string_equal(tls_content_name(TLS_HANDSHAKE), "handshake");
	assert_string_equal(tls_message_name(TLS_CLIENT_HELLO), "client_hello");
	assert_string_equal(tls_message_name(TLS_HELLO_RETRY_REQUEST), "hello_retry_request");
	assert_string_equal(tls_message_name(TLS_CCS_MESSAGE), "change_cipher_spec");
	assert_string_equal(tls_version_name(TLS_VERSION_1_3), "TLS 1.3");
	assert_string_equal(tls_version_name(TLS_VERSION_1_2), "TLS 1.2");
	assert_string_equal(tls_version_name(TLS_VERSION_1_0), "TLS 1.0");
}

static void names_of_other_programs(void **state)
{
	static const struct {
		const char *name;
		unsigned number;
	} groups[] = { { "P-256", TLS_GROUP_P256 },
		       { "prime256v1", TLS_GROUP_P256 },
		       { "p256", TLS_GROUP_P256 },
		       { "P-384", TLS_GROUP_P384 },
		       { "P-521", TLS_GROUP_P521 },
		       { "X25519", TLS_GROUP_X25519 },
		       { "x25519mlkem768", TLS_GROUP_X25519MLKEM768 },
		       { "P-25", 0 },
		       { "", 0 } },
	  schemes[] = { { "RSA-PSS+SHA256", TLS_RSA_PSS_RSAE_SHA256 },
			{ "ECDSA+SHA384", TLS_ECDSA_SECP384R1_SHA384 },
			{ "rsa+sha1", TLS_RSA_PKCS1_SHA1 },
			{ "Ed25519", TLS_ED25519 },
			{ "rsa", 0 } },
	  suites[] = { { "ECDHE-RSA-AES128-GCM-SHA256", TLS_SUITE_ECDHE_RSA_AES_128_GCM },
		       { "AES128-GCM-SHA256", TLS_SUITE_RSA_AES_128_GCM },
		       { "AES_128_GCM_SHA256", TLS_SUITE_AES_128_GCM_SHA256 },
		       { "TLS_", 0 },
		       { "unknown", 0 } };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(groups); i++)
		assert_int_equal(tls_group_by_name(bytes_of(groups[i].name)), groups[i].number);
	for (size_t i = 0; i < HF_ARRAY_LEN(schemes); i++)
		assert_int_equal(tls_scheme_by_name(bytes_of(schemes[i].name)), schemes[i].number);
	for (size_t i = 0; i < HF_ARRAY_LEN(suites); i++)
		assert_int_equal(tls_suite_by_name(bytes_of(suites[i].name)), suites[i].number);
	assert_string_equal(tls_suite_openssl_name(TLS_SUITE_ECDHE_ECDSA_CHACHA20), "ECDHE-ECDSA-CHACHA20-POLY1305");
	assert_string_equal(tls_suite_openssl_name(TLS_SUITE_AES_128_GCM_SHA256), "TLS_AES_128_GCM_SHA256");
}

/* No number, however large, is read as another one. */
static void numbers_without_a_name(void **state)
{
	static const char *(*const names[])(unsigned) = { tls_content_name, tls_message_name,       tls_alert_name,
							  tls_suite_name,   tls_suite_openssl_name, tls_group_name,
							  tls_scheme_name,  tls_extension_name,     tls_version_name };
	static const unsigned numbers[] = { 0x7777, 0x10016, 0x1001d, 0x10403, 0x10304, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(names); i++)
		for (size_t k = 0; k < HF_ARRAY_LEN(numbers); k++)
			assert_string_equal(names[i](numbers[k]), "unknown");
}

/* RFC 8701 2: sixteen values, and none of their neighbours. */
static void grease(void **state)
{
	unsigned found = 0;

	(void)state;
	for (unsigned n = 0; n <= UINT16_MAX; n++) {
		if (!tls_is_grease((uint16_t)n))
			continue;
		assert_int_equal(n, 0x0a0a + 0x1010 * found);
		assert_false(known(tls_suite_name(n)) || known(tls_group_name(n)) || known(tls_extension_name(n)));
		found++;
	}
	assert_int_equal(found, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_leads_back),
		cmocka_unit_test(every_number_spoken_here_has_a_name),
		cmocka_unit_test(names_of_other_programs),
		cmocka_unit_test(numbers_without_a_name),
		cmocka_unit_test(grease),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
