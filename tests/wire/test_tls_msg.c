/* SPDX-License-Identifier: MIT */
#include "tls_test.h"

#define RANDOM "0123456789abcdef0123456789abcdef"
#define SESSION_ID \
	"\x04"     \
	"sess"
#define SUITES "\x00\x04\x13\x01\x13\x03"
#define SUPPORTED_VERSIONS "\x00\x2b\x00\x03\x02\x03\x04"

/* ClientHello up to, and with, its extensions */
#define HELLO_TO_SUITES "\x03\x03" RANDOM SESSION_ID
#define HELLO_TO_COMPRESSION HELLO_TO_SUITES SUITES
#define HELLO_PLAIN HELLO_TO_COMPRESSION "\x01\x00"
#define HELLO HELLO_PLAIN "\x00\x07" SUPPORTED_VERSIONS
#define SERVER_PLAIN "\x03\x03" RANDOM SESSION_ID "\x13\x01\x00"
#define SERVER SERVER_PLAIN "\x00\x06\x00\x2b\x00\x02\x03\x04"

PARSER(tls_client_hello_parse, struct tls_client_hello)
PARSER(tls_server_hello_parse, struct tls_server_hello)
PARSER(tls_encrypted_extensions_parse, struct hf_bytes)
PARSER(tls_certificate_request_13_parse, struct tls_certificate_request_13)
PARSER(tls_certificate_13_parse, struct tls_certificate_13)
PARSER(tls_certificate_12_parse, struct hf_bytes)
PARSER(tls_certificate_verify_parse, struct tls_certificate_verify)
PARSER(tls_new_session_ticket_13_parse, struct tls_new_session_ticket_13)
PARSER(tls_new_session_ticket_12_parse, struct tls_new_session_ticket_12)
PARSER(tls_key_update_parse, bool)
PARSER(tls_server_key_exchange_parse, struct tls_server_key_exchange)
PARSER(tls_certificate_request_12_parse, struct tls_certificate_request_12)
PARSER(tls_client_key_exchange_ecdh_parse, struct hf_bytes)
PARSER(tls_client_key_exchange_rsa_parse, struct hf_bytes)
PARSER(tls_certificate_status_parse, struct hf_bytes)

#define GOOD(parser, octets, shorter)                              \
	{                                                          \
#parser, tls_##parser##_parse_, B(octets), shorter \
	}

static void whole_bodies_only(void **state)
{
	static const struct good_body rows[] = {
		GOOD(client_hello, HELLO, sizeof(HELLO_PLAIN) - 1),
		GOOD(client_hello, HELLO_PLAIN "\x00\x00", sizeof(HELLO_PLAIN) - 1), /* an empty block: 1.2 may */
		GOOD(server_hello, SERVER, sizeof(SERVER_PLAIN) - 1),
		GOOD(server_hello, SERVER_PLAIN "\x00\x05\xff\x01\x00\x01\x00", sizeof(SERVER_PLAIN) - 1),
		GOOD(encrypted_extensions, "\x00\x00", 0),
		GOOD(encrypted_extensions, "\x00\x04\x00\x00\x00\x00", 0),
		GOOD(certificate_request_13, "\x02id\x00\x08\x00\x0d\x00\x04\x00\x02\x04\x03", 0),
		GOOD(certificate_13, "\x00\x00\x00\x00", 0), /* a client without a certificate */
		GOOD(certificate_13,
		     "\x02id\x00\x00\x14"
		     "\x00\x00\x03one\x00\x00"
		     "\x00\x00\x03two\x00\x04\x00\x12\x00\x00",
		     0),
		GOOD(certificate_12, "\x00\x00\x00", 0),
		GOOD(certificate_12, "\x00\x00\x0c\x00\x00\x03one\x00\x00\x03two", 0),
		GOOD(certificate_verify, "\x04\x03\x00\x04sign", 0),
		GOOD(certificate_verify, "\x04\x03\x00\x00", 0),
		GOOD(new_session_ticket_13, "\x00\x00\x1c\x20\x01\x02\x03\x04\x02nn\x00\x03tkt\x00\x00", 0),
		GOOD(new_session_ticket_12, "\x00\x00\x1c\x20\x00\x03tkt", 0),
		GOOD(new_session_ticket_12, "\x00\x00\x1c\x20\x00\x00", 0),
		GOOD(key_update, "\x00", 0),
		GOOD(server_key_exchange, "\x03\x00\x1d\x05share\x04\x03\x00\x04sign", 0),
		GOOD(certificate_request_12, "\x02\x01\x40\x00\x04\x04\x03\x08\x04\x00\x09\x00\x02xy\x00\x03xyz", 0),
		GOOD(certificate_request_12, "\x01\x40\x00\x02\x04\x03\x00\x00", 0),
		GOOD(client_key_exchange_ecdh, "\x05share", 0),
		GOOD(client_key_exchange_rsa, "\x00\x06secret", 0),
		GOOD(certificate_status, "\x01\x00\x00\x04ocsp", 0),
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		expect_whole_only(&rows[i]);
}

#define BOUND(parser, what, ...)                                          \
	{                                                                 \
		.name = what, .parse = tls_##parser##_parse_, __VA_ARGS__ \
	}

static void bounds_of_vectors(void **state)
{
	static const struct bound rows[] = {
		BOUND(client_hello, "session_id", .head = B("\x03\x03" RANDOM), .len_size = 1, .max = 32,
		      .tail = B(SUITES "\x01\x00")),
		BOUND(client_hello, "cipher_suites", .head = B(HELLO_TO_SUITES), .len_size = 2, .min = 2, .max = 65534,
		      .step = 2, .tail = B("\x01\x00")),
		BOUND(client_hello, "compression_methods", .head = B(HELLO_TO_COMPRESSION), .len_size = 1, .min = 1,
		      .max = 255),
		BOUND(client_hello, "extensions", .head = B(HELLO_PLAIN), .len_size = 2, .max = 65535),
		BOUND(server_hello, "session_id_echo", .head = B("\x03\x03" RANDOM), .len_size = 1, .max = 32,
		      .tail = B("\x13\x01\x00")),
		BOUND(server_hello, "extensions", .head = B(SERVER_PLAIN), .len_size = 2, .max = 65535),
		BOUND(encrypted_extensions, "extensions", .len_size = 2, .max = 65535),
		BOUND(certificate_request_13, "context", .len_size = 1, .max = 255, .tail = B("\x00\x02zz")),
		BOUND(certificate_request_13, "extensions", .head = B("\x00"), .len_size = 2, .min = 2, .max = 65535),
		BOUND(certificate_13, "context", .len_size = 1, .max = 255, .tail = B("\x00\x00\x00")),
		BOUND(certificate_13, "one certificate", .head = B("\x00"), .len_size = 3, .inner_len = 3,
		      .inner_tail = B("\x00\x00"), .min = 6, .max = 0xffffff, .or_empty = true),
		BOUND(certificate_13, "an entry's extensions", .head = B("\x00"), .len_size = 3,
		      .inner_head = B("\x00\x00\x01z"), .inner_len = 2, .min = 6, .max = 6 + 65535, .or_empty = true),
		BOUND(certificate_12, "one certificate", .len_size = 3, .inner_len = 3, .min = 4, .max = 0xffffff,
		      .or_empty = true),
		BOUND(certificate_verify, "signature", .head = B("\x04\x03"), .len_size = 2, .max = 65535),
		BOUND(new_session_ticket_13, "nonce", .head = B("lifeadd."), .len_size = 1, .max = 255,
		      .tail = B("\x00\x01t\x00\x00")),
		BOUND(new_session_ticket_13, "ticket", .head = B("lifeadd.\x00"), .len_size = 2, .min = 1, .max = 65535,
		      .tail = B("\x00\x00")),
		BOUND(new_session_ticket_13, "extensions", .head = B("lifeadd.\x00\x00\x01t"), .len_size = 2, .max = 65534),
		BOUND(new_session_ticket_12, "ticket", .head = B("life"), .len_size = 2, .max = 65535),
		BOUND(server_key_exchange, "point", .head = B("\x03\x00\x17"), .len_size = 1, .min = 1, .max = 255,
		      .tail = B("\x04\x03\x00\x01s")),
		BOUND(server_key_exchange, "signature", .head = B("\x03\x00\x17\x01p\x04\x03"), .len_size = 2, .max = 65535),
		BOUND(certificate_request_12, "certificate_types", .len_size = 1, .min = 1, .max = 255,
		      .tail = B("\x00\x02\x04\x03\x00\x00")),
		BOUND(certificate_request_12, "supported_signature_algorithms", .head = B("\x01\x40"), .len_size = 2,
		      .min = 2, .max = 65534, .step = 2, .tail = B("\x00\x00")),
		BOUND(certificate_request_12, "one authority", .head = B("\x01\x40\x00\x02\x04\x03"), .len_size = 2,
		      .inner_len = 2, .min = 3, .max = 65535, .or_empty = true),
		BOUND(client_key_exchange_ecdh, "point", .len_size = 1, .min = 1, .max = 255),
		BOUND(client_key_exchange_rsa, "encrypted", .len_size = 2, .max = 65535),
		BOUND(certificate_status, "response", .head = B("\x01"), .len_size = 3, .min = 1, .max = 0xffffff),
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		expect_bounds(&rows[i]);
}

static void client_hello(void **state)
{
	struct tls_client_hello m;

	(void)state;
	assert_int_equal(tls_client_hello_parse(BYTES(HELLO), &m), HF_OK);
	assert_int_equal(m.legacy_version, TLS_VERSION_1_2);
	expect_bytes(m.random, RANDOM);
	expect_bytes(m.session_id, "sess");
	assert_int_equal(tls_u16_count(m.suites), 2);
	assert_int_equal(tls_u16_at(m.suites, 0), 0x1301);
	assert_int_equal(tls_u16_at(m.suites, 1), 0x1303);
	assert_int_equal(m.compression.len, 1);
	assert_int_equal(m.compression.at[0], 0);
	assert_true(m.has_extensions);
	assert_int_equal(m.extensions.len, 7);
	assert_memory_equal(m.extensions.at, SUPPORTED_VERSIONS, 7);
	assert_int_equal(tls_client_hello_parse(BYTES(HELLO_PLAIN), &m), HF_OK);
	assert_false(m.has_extensions);
	assert_int_equal(m.extensions.len, 0);
	assert_int_equal(tls_client_hello_parse(BYTES(HELLO_PLAIN "\x00\x00"), &m), HF_OK);
	assert_true(m.has_extensions);
	assert_int_equal(m.extensions.len, 0);
}

static void server_hello(void **state)
{
	struct tls_server_hello m;

	(void)state;
	assert_int_equal(tls_server_hello_parse(BYTES(SERVER), &m), HF_OK);
	assert_int_equal(m.legacy_version, TLS_VERSION_1_2);
	expect_bytes(m.random, RANDOM);
	expect_bytes(m.session_id_echo, "sess");
	assert_int_equal(m.suite, TLS_SUITE_AES_128_GCM_SHA256);
	assert_int_equal(m.compression, 0);
	assert_true(m.has_extensions);
	assert_int_equal(m.extensions.len, 6);
	assert_int_equal(tls_server_hello_parse(BYTES(SERVER_PLAIN), &m), HF_OK);
	assert_false(m.has_extensions);
}

static void certificates_of_1_3(void **state)
{
	struct tls_certificate_13 m;
	struct tls_certificate_entry e;

	(void)state;
	assert_int_equal(tls_certificate_13_parse(BYTES("\x02id\x00\x00\x14"
							"\x00\x00\x03one\x00\x00"
							"\x00\x00\x03two\x00\x04\x00\x12\x00\x00"),
						  &m),
			 HF_OK);
	expect_bytes(m.context, "id");
	assert_true(tls_certificate_13_next(&m.entries, &e));
	expect_bytes(e.cert, "one");
	assert_int_equal(e.extensions.len, 0);
	assert_true(tls_certificate_13_next(&m.entries, &e));
	expect_bytes(e.cert, "two");
	assert_int_equal(e.extensions.len, 4);
	assert_false(tls_certificate_13_next(&m.entries, &e));
	/* The list's own length is right, and the last of its entries ends early. */
	REFUSED(HF_SHORT, m, tls_certificate_13_parse(BYTES("\x00\x00\x00\x07\x00\x00\x03one\x00"), &m));
	REFUSED(HF_MALFORMED, m, tls_certificate_13_parse(BYTES("\x00\x00\x00\x05\x00\x00\x00\x00\x00"), &m));
}

static void certificates_of_1_2(void **state)
{
	struct hf_bytes list, cert;

	(void)state;
	assert_int_equal(tls_certificate_12_parse(BYTES("\x00\x00\x0c\x00\x00\x03one\x00\x00\x03two"), &list), HF_OK);
	assert_true(tls_certificate_12_next(&list, &cert));
	expect_bytes(cert, "one");
	assert_true(tls_certificate_12_next(&list, &cert));
	expect_bytes(cert, "two");
	assert_false(tls_certificate_12_next(&list, &cert));
	REFUSED(HF_SHORT, list, tls_certificate_12_parse(BYTES("\x00\x00\x05\x00\x00\x03on"), &list));
	REFUSED(HF_MALFORMED, list, tls_certificate_12_parse(BYTES("\x00\x00\x07\x00\x00\x01o\x00\x00\x00"), &list));
}

static void certificate_verify_and_tickets(void **state)
{
	struct tls_certificate_verify v;
	struct tls_new_session_ticket_13 t;
	struct tls_new_session_ticket_12 old;

	(void)state;
	assert_int_equal(tls_certificate_verify_parse(BYTES("\x04\x03\x00\x04sign"), &v), HF_OK);
	assert_int_equal(v.scheme, TLS_ECDSA_SECP256R1_SHA256);
	expect_bytes(v.signature, "sign");
	assert_int_equal(tls_new_session_ticket_13_parse(
				 BYTES("\x00\x00\x1c\x20\x01\x02\x03\x04\x02nn\x00\x03tkt\x00\x04\x00\x2a\x00\x00"), &t),
			 HF_OK);
	assert_int_equal(t.lifetime_s, 7200);
	assert_int_equal(t.age_add, 0x01020304);
	expect_bytes(t.nonce, "nn");
	expect_bytes(t.ticket, "tkt");
	assert_int_equal(t.extensions.len, 4);
	assert_int_equal(tls_new_session_ticket_12_parse(BYTES("\x00\x00\x1c\x20\x00\x03tkt"), &old), HF_OK);
	assert_int_equal(old.lifetime_s, 7200);
	expect_bytes(old.ticket, "tkt");
}

/* RFC 8446 4.6.3: of 256 values two are good, and the others have an alert of their own. */
static void key_update(void **state)
{
	bool requested;

	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		uint8_t octet = (uint8_t)v;
		struct hf_bytes body = { &octet, 1 };

		if (v > 1) {
			REFUSED(HF_INVALID, requested, tls_key_update_parse(body, &requested));
			continue;
		}
		assert_int_equal(tls_key_update_parse(body, &requested), HF_OK);
		assert_int_equal(requested, v == 1);
	}
	REFUSED(HF_MALFORMED, requested, tls_key_update_parse(BYTES("\x02\x00"), &requested));
}

static void server_key_exchange(void **state)
{
	struct tls_server_key_exchange m;
	struct hf_bytes body = BYTES("\x03\x00\x1d\x05share\x04\x03\x00\x04sign");

	(void)state;
	assert_int_equal(tls_server_key_exchange_parse(body, &m), HF_OK);
	assert_int_equal(m.curve_type, 3);
	assert_int_equal(m.group, TLS_GROUP_X25519);
	expect_bytes(m.share, "share");
	assert_ptr_equal(m.params.at, body.at);
	assert_int_equal(m.params.len, 9);
	assert_int_equal(m.scheme, TLS_ECDSA_SECP256R1_SHA256);
	expect_bytes(m.signature, "sign");
	/* explicit_prime and explicit_char2 (RFC 8422 5.4), and their neighbours: the alert is not decode_error */
	for (unsigned type = 0; type < 256; type++) {
		uint8_t other[] = { (uint8_t)type, 0, 0x1d, 1, 'p', 4, 3, 0, 1, 's' };

		if (type != 3)
			REFUSED(HF_INVALID, m,
				tls_server_key_exchange_parse((struct hf_bytes){ other, sizeof(other) }, &m));
	}
}

static void certificate_requests(void **state)
{
	struct tls_certificate_request_12 old;
	struct tls_certificate_request_13 m;
	struct hf_bytes name;

	(void)state;
	assert_int_equal(tls_certificate_request_12_parse(
				 BYTES("\x02\x01\x40\x00\x04\x04\x03\x08\x04\x00\x09\x00\x02xy\x00\x03xyz"), &old),
			 HF_OK);
	assert_int_equal(old.types.len, 2);
	assert_true(tls_u16_has(old.schemes, TLS_RSA_PSS_RSAE_SHA256));
	assert_false(tls_u16_has(old.schemes, 0x0308)); /* not across two of them */
	assert_true(tls_u16_vec_next(&old.authorities, &name));
	expect_bytes(name, "xy");
	assert_true(tls_u16_vec_next(&old.authorities, &name));
	expect_bytes(name, "xyz");
	assert_false(tls_u16_vec_next(&old.authorities, &name));
	REFUSED(HF_MALFORMED, old,
		tls_certificate_request_12_parse(BYTES("\x01\x40\x00\x02\x04\x03\x00\x05\x00\x01x\x00\x00"), &old));
	assert_int_equal(tls_certificate_request_13_parse(BYTES("\x02id\x00\x04\x00\x0d\x00\x00"), &m), HF_OK);
	expect_bytes(m.context, "id");
	assert_int_equal(m.extensions.len, 4);
}

static void key_exchanges_of_the_client(void **state)
{
	struct hf_bytes b;

	(void)state;
	assert_int_equal(tls_client_key_exchange_ecdh_parse(BYTES("\x05share"), &b), HF_OK);
	expect_bytes(b, "share");
	assert_int_equal(tls_client_key_exchange_rsa_parse(BYTES("\x00\x06secret"), &b), HF_OK);
	expect_bytes(b, "secret");
}

static void certificate_status(void **state)
{
	struct hf_bytes b;

	(void)state;
	assert_int_equal(tls_certificate_status_parse(BYTES("\x01\x00\x00\x04ocsp"), &b), HF_OK);
	expect_bytes(b, "ocsp");
	REFUSED(HF_INVALID, b, tls_certificate_status_parse(BYTES("\x00\x00\x00\x04ocsp"), &b));
	REFUSED(HF_INVALID, b, tls_certificate_status_parse(BYTES("\x02\x00\x00\x04ocsp"), &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_bodies_only),
		cmocka_unit_test(bounds_of_vectors),
		cmocka_unit_test(client_hello),
		cmocka_unit_test(server_hello),
		cmocka_unit_test(certificates_of_1_3),
		cmocka_unit_test(certificates_of_1_2),
		cmocka_unit_test(certificate_verify_and_tickets),
		cmocka_unit_test(key_update),
		cmocka_unit_test(server_key_exchange),
		cmocka_unit_test(certificate_requests),
		cmocka_unit_test(key_exchanges_of_the_client),
		cmocka_unit_test(certificate_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
