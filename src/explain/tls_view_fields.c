/* SPDX-License-Identifier: MIT */
/* The fields of each message, in the order of the wire and under the RFCs' names. */
#include "explain/tls_view_internal.h"

#include "base/bits.h"

#include <stdio.h>

/* RFC 5246 7.4.4, RFC 8422 5.5 */
static const char *certificate_type_name(unsigned n)
{
	return n == 1 ? "rsa_sign" : n == 2 ? "dss_sign" : n == 64 ? "ecdsa_sign" : "unknown";
}

/* RFC 3749 2 */
static const char *compression_method_name(unsigned n)
{
	return n == 0 ? "null" : n == 1 ? "DEFLATE" : "unknown";
}

static hf_status client_hello(struct tls_view *v, struct hf_bytes body)
{
	struct tls_client_hello m;

	HF_TRY(tls_client_hello_parse(body, &m));
	tls_view_put_named(v, "legacy_version", m.legacy_version, tls_version_name);
	tls_view_put_hex(v, "random", m.random);
	tls_view_put_hex(v, "session_id", m.session_id);
	tls_view_put_names(v, "cipher_suites", m.suites, 2, tls_suite_name);
	tls_view_put_names(v, "compression_methods", m.compression, 1, compression_method_name);
	tls_view_extensions(v, TLS_IN_CLIENT_HELLO, m.extensions);
	return HF_OK;
}

static hf_status server_hello(struct tls_view *v, struct hf_bytes body)
{
	struct tls_server_hello m;
	bool retry = tls_view_message(TLS_SERVER_HELLO, body) == TLS_HELLO_RETRY_REQUEST;

	HF_TRY(tls_server_hello_parse(body, &m));
	tls_view_put_named(v, "legacy_version", m.legacy_version, tls_version_name);
	tls_view_put_hex(v, "random", m.random);
	tls_view_put_hex(v, "session_id_echo", m.session_id_echo);
	tls_view_put_named(v, "cipher_suite", m.suite, tls_suite_name);
	tls_view_put_named(v, "compression_method", m.compression, compression_method_name);
	tls_view_extensions(v, retry ? TLS_IN_RETRY : TLS_IN_SERVER_HELLO, m.extensions);
	return HF_OK;
}

static hf_status encrypted_extensions(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes extensions;

	HF_TRY(tls_encrypted_extensions_parse(body, &extensions));
	tls_view_extensions(v, TLS_IN_ENCRYPTED, extensions);
	return HF_OK;
}

static hf_status certificate_request_13(struct tls_view *v, struct hf_bytes body)
{
	struct tls_certificate_request_13 m;

	HF_TRY(tls_certificate_request_13_parse(body, &m));
	tls_view_put_hex(v, "certificate_request_context", m.context);
	tls_view_extensions(v, TLS_IN_REQUEST, m.extensions);
	return HF_OK;
}

static hf_status certificate_request_12(struct tls_view *v, struct hf_bytes body)
{
	struct tls_certificate_request_12 m;
	struct hf_bytes name;
	char heading[32];

	HF_TRY(tls_certificate_request_12_parse(body, &m));
	tls_view_put_names(v, "certificate_types", m.types, 1, certificate_type_name);
	tls_view_put_names(v, "supported_signature_algorithms", m.schemes, 2, tls_scheme_name);
	tls_view_list(v, "certificate_authorities", m.authorities.len);
	for (unsigned i = 1; tls_u16_vec_next(&m.authorities, &name); i++) {
		snprintf(heading, sizeof(heading), "name %u", i);
		tls_view_item(v, heading);
		tls_view_put_hex(v, "name", name);
		tls_view_item_end(v);
	}
	tls_view_list_end(v);
	return HF_OK;
}

static hf_status certificate_request(struct tls_view *v, struct hf_bytes body, bool tls13)
{
	return tls13 ? certificate_request_13(v, body) : certificate_request_12(v, body);
}

static void put_certificate(struct tls_view *v, unsigned number, struct hf_bytes cert, struct hf_bytes extensions)
{
	char heading[32];

	snprintf(heading, sizeof(heading), "certificate %u", number);
	tls_view_item(v, heading);
	tls_view_put_hex(v, "cert_data", cert);
	tls_view_extensions(v, TLS_IN_CERTIFICATE, extensions);
	tls_view_item_end(v);
}

static hf_status certificate_13(struct tls_view *v, struct hf_bytes body)
{
	struct tls_certificate_13 m;
	struct tls_certificate_entry e;

	HF_TRY(tls_certificate_13_parse(body, &m));
	tls_view_put_hex(v, "certificate_request_context", m.context);
	tls_view_list(v, "certificate_list", m.entries.len);
	for (unsigned i = 1; tls_certificate_13_next(&m.entries, &e); i++)
		put_certificate(v, i, e.cert, e.extensions);
	tls_view_list_end(v);
	return HF_OK;
}

static hf_status certificate_12(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes entries, cert;

	HF_TRY(tls_certificate_12_parse(body, &entries));
	tls_view_list(v, "certificate_list", entries.len);
	for (unsigned i = 1; tls_certificate_12_next(&entries, &cert); i++)
		put_certificate(v, i, cert, (struct hf_bytes){ NULL, 0 });
	tls_view_list_end(v);
	return HF_OK;
}

static hf_status certificate(struct tls_view *v, struct hf_bytes body, bool tls13)
{
	return tls13 ? certificate_13(v, body) : certificate_12(v, body);
}

static hf_status certificate_verify(struct tls_view *v, struct hf_bytes body)
{
	struct tls_certificate_verify m;

	HF_TRY(tls_certificate_verify_parse(body, &m));
	tls_view_put_named(v, "algorithm", m.scheme, tls_scheme_name);
	tls_view_put_hex(v, "signature", m.signature);
	return HF_OK;
}

static hf_status new_session_ticket(struct tls_view *v, struct hf_bytes body, bool tls13)
{
	struct tls_new_session_ticket_13 m;
	struct tls_new_session_ticket_12 old;

	if (!tls13) {
		HF_TRY(tls_new_session_ticket_12_parse(body, &old));
		tls_view_put_number(v, "ticket_lifetime_hint", old.lifetime_s);
		tls_view_put_hex(v, "ticket", old.ticket);
		return HF_OK;
	}
	HF_TRY(tls_new_session_ticket_13_parse(body, &m));
	tls_view_put_number(v, "ticket_lifetime", m.lifetime_s);
	tls_view_put_number(v, "ticket_age_add", m.age_add);
	tls_view_put_hex(v, "ticket_nonce", m.nonce);
	tls_view_put_hex(v, "ticket", m.ticket);
	tls_view_extensions(v, TLS_IN_TICKET, m.extensions);
	return HF_OK;
}

static hf_status key_update(struct tls_view *v, struct hf_bytes body)
{
	bool requested;

	HF_TRY(tls_key_update_parse(body, &requested));
	tls_view_put_word(v, "request_update", requested ? "update_requested" : "update_not_requested");
	return HF_OK;
}

static hf_status server_key_exchange(struct tls_view *v, struct hf_bytes body)
{
	struct tls_server_key_exchange m;

	HF_TRY(tls_server_key_exchange_parse(body, &m));
	tls_view_put_word(v, "curve_type", "named_curve");
	tls_view_put_named(v, "namedcurve", m.group, tls_group_name);
	tls_view_put_hex(v, "public", m.share);
	tls_view_put_named(v, "algorithm", m.scheme, tls_scheme_name);
	tls_view_put_hex(v, "signature", m.signature);
	return HF_OK;
}

/* The suite says which of the two it is, and it is not at hand; but no body is of both forms: their lengths differ by one. */
static hf_status client_key_exchange(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes octets;

	if (tls_client_key_exchange_ecdh_parse(body, &octets) == HF_OK) {
		tls_view_put_hex(v, "ecdh_Yc", octets);
		return HF_OK;
	}
	HF_TRY(tls_client_key_exchange_rsa_parse(body, &octets));
	tls_view_put_hex(v, "encrypted_pre_master_secret", octets);
	return HF_OK;
}

static hf_status certificate_status(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes ocsp;

	HF_TRY(tls_certificate_status_parse(body, &ocsp));
	tls_view_put_word(v, "status_type", "ocsp");
	tls_view_put_hex(v, "response", ocsp);
	return HF_OK;
}

hf_status tls_view_fields(struct tls_view *v, unsigned type, struct hf_bytes body, bool tls13)
{
	switch (type) {
	case TLS_CLIENT_HELLO:
		return client_hello(v, body);
	case TLS_SERVER_HELLO:
		return server_hello(v, body);
	case TLS_NEW_SESSION_TICKET:
		return new_session_ticket(v, body, tls13);
	case TLS_ENCRYPTED_EXTENSIONS:
		return encrypted_extensions(v, body);
	case TLS_CERTIFICATE:
		return certificate(v, body, tls13);
	case TLS_SERVER_KEY_EXCHANGE:
		return server_key_exchange(v, body);
	case TLS_CERTIFICATE_REQUEST:
		return certificate_request(v, body, tls13);
	case TLS_CERTIFICATE_VERIFY:
		return certificate_verify(v, body);
	case TLS_CLIENT_KEY_EXCHANGE:
		return client_key_exchange(v, body);
	case TLS_CERTIFICATE_STATUS:
		return certificate_status(v, body);
	case TLS_KEY_UPDATE:
		return key_update(v, body);
	case TLS_FINISHED:
		tls_view_put_hex(v, "verify_data", body);
		return HF_OK;
	case TLS_HELLO_REQUEST:
	case TLS_END_OF_EARLY_DATA:
	case TLS_SERVER_HELLO_DONE:
		return tls_ext_empty_parse(body);
	default:
		return HF_UNSUPPORTED;
	}
}
