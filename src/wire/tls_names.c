/* SPDX-License-Identifier: MIT */
/*
 * Numbers and their names. Most are never spoken here: they are what a peer offers, and people want to read it. The tables
 * are walked from the start: they are asked for lines on a screen and command lines only.
 */
#include "base/bits.h"
#include "base/ascii.h"
#include "wire/tls_wire.h"

struct name {
	uint16_t number;
	const char *text;
};

struct suite_name {
	uint16_t number;
	const char *iana, *openssl;
};

#define UNKNOWN "unknown"
#define SUITE_PREFIX "TLS_"
#define N(number, text) { (number), (text) },

/* clang-format off */
static const struct name contents[] = {
	N(TLS_CHANGE_CIPHER_SPEC, "change_cipher_spec")
	N(TLS_ALERT, "alert")
	N(TLS_HANDSHAKE, "handshake")
	N(TLS_APPLICATION_DATA, "application_data")
	N(24, "heartbeat")
	N(25, "tls12_cid")
	N(26, "ACK")
};

static const struct name messages[] = {
	N(TLS_HELLO_REQUEST, "hello_request")
	N(TLS_CLIENT_HELLO, "client_hello")
	N(TLS_SERVER_HELLO, "server_hello")
	N(3, "hello_verify_request")
	N(TLS_NEW_SESSION_TICKET, "new_session_ticket")
	N(TLS_END_OF_EARLY_DATA, "end_of_early_data")
	N(TLS_ENCRYPTED_EXTENSIONS, "encrypted_extensions")
	N(TLS_CERTIFICATE, "certificate")
	N(TLS_SERVER_KEY_EXCHANGE, "server_key_exchange")
	N(TLS_CERTIFICATE_REQUEST, "certificate_request")
	N(TLS_SERVER_HELLO_DONE, "server_hello_done")
	N(TLS_CERTIFICATE_VERIFY, "certificate_verify")
	N(TLS_CLIENT_KEY_EXCHANGE, "client_key_exchange")
	N(TLS_FINISHED, "finished")
	N(21, "certificate_url")
	N(TLS_CERTIFICATE_STATUS, "certificate_status")
	N(23, "supplemental_data")
	N(TLS_KEY_UPDATE, "key_update")
	N(25, "compressed_certificate")
	N(67, "next_protocol")
	N(TLS_MESSAGE_HASH, "message_hash")
	N(TLS_HELLO_RETRY_REQUEST, "hello_retry_request")
	N(TLS_CCS_MESSAGE, "change_cipher_spec")
};

static const struct name alerts[] = {
	N(TLS_ALERT_CLOSE_NOTIFY, "close_notify")
	N(TLS_ALERT_UNEXPECTED_MESSAGE, "unexpected_message")
	N(TLS_ALERT_BAD_RECORD_MAC, "bad_record_mac")
	N(21, "decryption_failed")
	N(TLS_ALERT_RECORD_OVERFLOW, "record_overflow")
	N(30, "decompression_failure")
	N(TLS_ALERT_HANDSHAKE_FAILURE, "handshake_failure")
	N(41, "no_certificate")
	N(TLS_ALERT_BAD_CERTIFICATE, "bad_certificate")
	N(TLS_ALERT_UNSUPPORTED_CERTIFICATE, "unsupported_certificate")
	N(TLS_ALERT_CERTIFICATE_REVOKED, "certificate_revoked")
	N(TLS_ALERT_CERTIFICATE_EXPIRED, "certificate_expired")
	N(TLS_ALERT_CERTIFICATE_UNKNOWN, "certificate_unknown")
	N(TLS_ALERT_ILLEGAL_PARAMETER, "illegal_parameter")
	N(TLS_ALERT_UNKNOWN_CA, "unknown_ca")
	N(TLS_ALERT_ACCESS_DENIED, "access_denied")
	N(TLS_ALERT_DECODE_ERROR, "decode_error")
	N(TLS_ALERT_DECRYPT_ERROR, "decrypt_error")
	N(52, "too_many_cids_requested")
	N(60, "export_restriction")
	N(TLS_ALERT_PROTOCOL_VERSION, "protocol_version")
	N(TLS_ALERT_INSUFFICIENT_SECURITY, "insufficient_security")
	N(TLS_ALERT_INTERNAL_ERROR, "internal_error")
	N(TLS_ALERT_INAPPROPRIATE_FALLBACK, "inappropriate_fallback")
	N(TLS_ALERT_USER_CANCELED, "user_canceled")
	N(TLS_ALERT_NO_RENEGOTIATION, "no_renegotiation")
	N(TLS_ALERT_MISSING_EXTENSION, "missing_extension")
	N(TLS_ALERT_UNSUPPORTED_EXTENSION, "unsupported_extension")
	N(111, "certificate_unobtainable")
	N(TLS_ALERT_UNRECOGNIZED_NAME, "unrecognized_name")
	N(TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE, "bad_certificate_status_response")
	N(114, "bad_certificate_hash_value")
	N(TLS_ALERT_UNKNOWN_PSK_IDENTITY, "unknown_psk_identity")
	N(TLS_ALERT_CERTIFICATE_REQUIRED, "certificate_required")
	N(117, "general_error")
	N(TLS_ALERT_NO_APPLICATION_PROTOCOL, "no_application_protocol")
	N(121, "ech_required")
};

static const struct name versions[] = {
	N(0x0002, "SSL 2.0")
	N(0x0300, "SSL 3.0")
	N(TLS_VERSION_1_0, "TLS 1.0")
	N(0x0302, "TLS 1.1")
	N(TLS_VERSION_1_2, "TLS 1.2")
	N(TLS_VERSION_1_3, "TLS 1.3")
};

static const struct name groups[] = {
#include "wire/tls_group_names.def"
};

static const struct name schemes[] = {
#include "wire/tls_scheme_names.def"
};

static const struct name extensions[] = {
#include "wire/tls_extension_names.def"
};

/* What other programs call them: NIST, X9.62 and OpenSSL. */
static const struct name group_aliases[] = {
	N(0x0013, "P-192") N(0x0013, "prime192v1")
	N(0x0015, "P-224")
	N(TLS_GROUP_P256, "P-256") N(TLS_GROUP_P256, "P256") N(TLS_GROUP_P256, "prime256v1")
	N(TLS_GROUP_P384, "P-384") N(TLS_GROUP_P384, "P384")
	N(TLS_GROUP_P521, "P-521") N(TLS_GROUP_P521, "P521")
};

static const struct name scheme_aliases[] = {
	N(TLS_RSA_PKCS1_SHA1, "RSA+SHA1")
	N(TLS_RSA_PKCS1_SHA256, "RSA+SHA256")
	N(TLS_RSA_PKCS1_SHA384, "RSA+SHA384")
	N(TLS_RSA_PKCS1_SHA512, "RSA+SHA512")
	N(TLS_ECDSA_SHA1, "ECDSA+SHA1")
	N(TLS_ECDSA_SECP256R1_SHA256, "ECDSA+SHA256")
	N(TLS_ECDSA_SECP384R1_SHA384, "ECDSA+SHA384")
	N(TLS_ECDSA_SECP521R1_SHA512, "ECDSA+SHA512")
	N(TLS_RSA_PSS_RSAE_SHA256, "RSA-PSS+SHA256") N(TLS_RSA_PSS_RSAE_SHA256, "PSS+SHA256")
	N(TLS_RSA_PSS_RSAE_SHA384, "RSA-PSS+SHA384") N(TLS_RSA_PSS_RSAE_SHA384, "PSS+SHA384")
	N(TLS_RSA_PSS_RSAE_SHA512, "RSA-PSS+SHA512") N(TLS_RSA_PSS_RSAE_SHA512, "PSS+SHA512")
};
/* clang-format on */

static const struct suite_name suites[] = {
#define U(number, iana, openssl) { (number), (iana), (openssl) },
#include "wire/tls_suite_names.def"
#undef U
};

static const char *find_name(const struct name *names, size_t n, unsigned number);
static uint16_t find_number(const struct name *names, size_t n, struct hf_bytes name);
static const struct suite_name *find_suite(unsigned number);
static bool same_name(struct hf_bytes name, const char *text);

const char *tls_content_name(unsigned n)
{
	return find_name(contents, HF_ARRAY_LEN(contents), n);
}

const char *tls_message_name(unsigned n)
{
	return find_name(messages, HF_ARRAY_LEN(messages), n);
}

const char *tls_alert_name(unsigned n)
{
	return find_name(alerts, HF_ARRAY_LEN(alerts), n);
}

const char *tls_alert_sentence(unsigned n)
{
	switch (n) {
#define A(name, number, sentence) \
	case number:              \
		return sentence;
#include "wire/tls_alerts.def"
#undef A
	default:
		return "an alert that is not known here";
	}
}

const char *tls_suite_name(unsigned n)
{
	const struct suite_name *s = find_suite(n);

	return s ? s->iana : UNKNOWN;
}

const char *tls_suite_openssl_name(unsigned n)
{
	const struct suite_name *s = find_suite(n);

	return s ? s->openssl : UNKNOWN;
}

const char *tls_group_name(unsigned n)
{
	return find_name(groups, HF_ARRAY_LEN(groups), n);
}

const char *tls_scheme_name(unsigned n)
{
	return find_name(schemes, HF_ARRAY_LEN(schemes), n);
}

const char *tls_extension_name(unsigned n)
{
	return find_name(extensions, HF_ARRAY_LEN(extensions), n);
}

const char *tls_version_name(unsigned n)
{
	return find_name(versions, HF_ARRAY_LEN(versions), n);
}

uint16_t tls_suite_by_name(struct hf_bytes name)
{
	/* The prefix is often left out: "AES_128_GCM_SHA256". */
	for (size_t i = 0; i < HF_ARRAY_LEN(suites); i++)
		if (same_name(name, suites[i].iana) || same_name(name, suites[i].openssl) ||
		    same_name(name, suites[i].iana + sizeof(SUITE_PREFIX) - 1))
			return suites[i].number;
	return 0;
}

uint16_t tls_group_by_name(struct hf_bytes name)
{
	uint16_t n = find_number(groups, HF_ARRAY_LEN(groups), name);

	return n ? n : find_number(group_aliases, HF_ARRAY_LEN(group_aliases), name);
}

uint16_t tls_scheme_by_name(struct hf_bytes name)
{
	uint16_t n = find_number(schemes, HF_ARRAY_LEN(schemes), name);

	return n ? n : find_number(scheme_aliases, HF_ARRAY_LEN(scheme_aliases), name);
}

static const char *find_name(const struct name *names, size_t n, unsigned number)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].number == number)
			return names[i].text;
	return UNKNOWN;
}

static uint16_t find_number(const struct name *names, size_t n, struct hf_bytes name)
{
	for (size_t i = 0; i < n; i++)
		if (same_name(name, names[i].text))
			return names[i].number;
	return 0;
}

static const struct suite_name *find_suite(unsigned number)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(suites); i++)
		if (suites[i].number == number)
			return &suites[i];
	return NULL;
}

static bool same_name(struct hf_bytes name, const char *text)
{
	return hf_ascii_same(name, hf_bytes_of(text));
}
