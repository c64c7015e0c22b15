/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "explain/tls_view.h"
#include "json_valid.h"
#include "wire/tls_wire.h"

#include <stdlib.h>
#include <string.h>

#define BYTES(octets) ((struct hf_bytes){ (const uint8_t *)(octets), sizeof(octets) - 1 })
#define RANDOM "0123456789abcdef0123456789abcdef"
#define RANDOM_HEX "3031323334353637383961626364656630313233343536373839616263646566"
#define RETRY                                                              \
	"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" \
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

/* A ClientHello as a browser's: with GREASE in each place that may have it. */
#define HELLO_EXTENSIONS                                                 \
	"\x3a\x3a\x00\x00"                                               \
	"\x00\x00\x00\x0e\x00\x0c\x00\x00\x09"                           \
	"a.example"                                                      \
	"\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1"                     \
	"\x00\x2b\x00\x07\x06\x1a\x1a\x03\x04\x03\x03"                   \
	"\x00\x0a\x00\x06\x00\x04\x00\x1d\x00\x17"                       \
	"\x00\x33\x00\x0d\x00\x0b\x2a\x2a\x00\x01\x00\x00\x1d\x00\x02KX" \
	"\x12\x34\x00\x02zz"
#define HELLO "\x01\x00\x00\x83\x03\x03" RANDOM "\x00\x00\x06\x4a\x4a\x13\x01\x77\x77\x01\x00\x00\x54" HELLO_EXTENSIONS

static const struct {
	struct hf_bytes octets;
	bool tls13;
	const char *line;
} rows[] = {
#define ROW(octets, tls13, line)                                               \
	{                                                                      \
		{ (const uint8_t *)(octets), sizeof(octets) - 1 }, tls13, line \
	}
	ROW(HELLO, true, "ClientHello, TLS 1.3, sni=a.example, x25519, alpn h2 http/1.1"),
	ROW("\x01\x00\x00\x29\x03\x01" RANDOM "\x00\x00\x02\x00\x2f\x01\x00", true, "ClientHello, TLS 1.0"),
	ROW("\x01\x00\x00\x66\x03\x03" RANDOM "\x00\x00\x02\x13\x01\x01\x00\x00\x3b"
	    "\x00\x2a\x00\x00"
	    "\x00\x33\x00\x02\x00\x00"
	    "\x00\x29\x00\x2d\x00\x08\x00\x02id\x00\x00\x00\x07\x00\x21\x20" RANDOM,
	    true, "ClientHello, TLS 1.2, psk, early data"),
	ROW("\x02\x00\x00\x36\x03\x03" RANDOM "\x00\x13\x01\x00\x00\x0e"
	    "\x00\x2b\x00\x02\x03\x04"
	    "\x00\x29\x00\x02\x00\x00"
	    "\x00\x12",
	    true, "ServerHello, TLS 1.3, TLS_AES_128_GCM_SHA256, psk"),
	ROW("\x02\x00\x00\x39\x03\x03" RANDOM "\x00\x13\x01\x00\x00\x11"
	    "\x00\x2b\x00\x02\x03\x04"
	    "\x00\x33\x00\x07\x00\x1d\x00\x03KEY",
	    true, "ServerHello, TLS 1.3, TLS_AES_128_GCM_SHA256, x25519"),
	ROW("\x02\x00\x00\x31\x03\x03" RANDOM "\x00\xc0\x2f\x00\x00\x09\x00\x10\x00\x05\x00\x03\x02h2", false,
	    "ServerHello, TLS 1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, alpn h2"),
	ROW("\x02\x00\x00\x3d\x03\x03" RETRY "\x00\x13\x02\x00\x00\x15"
	    "\x00\x2b\x00\x02\x03\x04"
	    "\x00\x33\x00\x02\x00\x17"
	    "\x00\x2c\x00\x05\x00\x03yum",
	    true, "HelloRetryRequest, TLS_AES_256_GCM_SHA384, wants secp256r1, cookie"),
	ROW("\x08\x00\x00\x0f\x00\x0d\x00\x10\x00\x05\x00\x03\x02h2\x00\x2a\x00\x00", true,
	    "EncryptedExtensions, alpn h2, early data accepted"),
	ROW("\x08\x00\x00\x02\x00\x00", true, "EncryptedExtensions"),
	ROW("\x0d\x00\x00\x0b\x00\x00\x08\x00\x0d\x00\x04\x00\x02\x04\x03", true, "CertificateRequest"),
	ROW("\x0d\x00\x00\x08\x01\x40\x00\x02\x04\x03\x00\x00", false, "CertificateRequest"),
	ROW("\x0b\x00\x00\x0e\x00\x00\x00\x0a\x00\x00\x01"
	    "a\x00\x00"
	    "\x00\x00\x03"
	    "bcd\x00\x00" /* one octet too many for its list */,
	    true, "Certificate, 14 octets: ends early"),
	ROW("\x0b\x00\x00\x12\x00\x00\x00\x0e\x00\x00\x01"
	    "a\x00\x00\x00\x00\x03"
	    "bcd\x00\x00",
	    true, "Certificate (2 certificates, 4 octets)"),
	ROW("\x0b\x00\x00\x04\x00\x00\x00\x00", true, "Certificate (none)"),
	ROW("\x0b\x00\x00\x07\x00\x00\x04\x00\x00\x01"
	    "a",
	    false, "Certificate (1 certificate, 1 octet)"),
	ROW("\x0f\x00\x00\x08\x04\x03\x00\x04sign", true, "CertificateVerify, ecdsa_secp256r1_sha256"),
	ROW("\x14\x00\x00\x04hash", true, "Finished"),
	ROW("\x04\x00\x00\x16\x00\x00\x1c\x20\x00\x00\x00\x09\x00\x00\x01t\x00\x08\x00\x2a\x00\x04\x00\x00\x40\x00",
	    true, "NewSessionTicket, good for 7200 s, early data up to 16384"),
	ROW("\x04\x00\x00\x07\x00\x00\x1c\x20\x00\x01t", false, "NewSessionTicket, good for 7200 s"),
	ROW("\x18\x00\x00\x01\x00", true, "KeyUpdate"),
	ROW("\x18\x00\x00\x01\x01", true, "KeyUpdate, asks for the same"),
	ROW("\x18\x00\x00\x01\x02", true, "KeyUpdate, 1 octet: has a value it must not have"),
	ROW("\x0c\x00\x00\x0e\x03\x00\x1d\x02KX\x04\x03\x00\x04sign", false,
	    "ServerKeyExchange, x25519, ecdsa_secp256r1_sha256"),
	ROW("\x10\x00\x00\x03\x02KX", false, "ClientKeyExchange, key share"),
	ROW("\x10\x00\x00\x05\x00\x03RSA", false, "ClientKeyExchange, encrypted secret"),
	ROW("\x16\x00\x00\x08\x01\x00\x00\x04ocsp", false, "CertificateStatus, OCSP answer of 4 octets"),
	ROW("\x0e\x00\x00\x00", false, "ServerHelloDone"),
	ROW("\x0e\x00\x00\x01z", false, "ServerHelloDone, 1 octet: breaks its format"),
	ROW("\x00\x00\x00\x00", false, "HelloRequest"),
	ROW("\x05\x00\x00\x00", true, "EndOfEarlyData"),
	ROW("\x63\x00\x00\x02zz", true, "message 99, 2 octets"),
	ROW("\x14\x00\x00\x05hash", true, "Finished, 4 octets: ends early"),
	ROW("\x14\x00\x00", true, "part of a message, 3 octets"),
	ROW("", true, "part of a message, 0 octets"),
};

static void lines(void **state)
{
	struct text t;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		text_clear(&t);
		tls_view_line(&t, rows[i].octets, rows[i].tls13);
		assert_string_equal(text_str(&t), rows[i].line);
	}
	text_free(&t);
}

static void expect_dump(struct hf_bytes octets, bool tls13, const struct look *look, const char *expected)
{
	struct text t;

	text_init(&t);
	tls_view_dump(&t, octets, tls13, look);
	assert_string_equal(text_str(&t), expected);
	assert_false(t.failed);
	text_free(&t);
}

static void a_client_hello_in_full(void **state)
{
	struct look look = look_plain(72);

	(void)state;
	expect_dump(BYTES(HELLO), true, &look,
		    "ClientHello, 135 octets\n"
		    "  legacy_version: TLS 1.2\n"
		    "  random: " RANDOM_HEX "\n"
		    "  session_id: empty\n"
		    "  cipher_suites: GREASE, TLS_AES_128_GCM_SHA256, 0x7777\n"
		    "  compression_methods: null\n"
		    "  extensions:\n"
		    "    GREASE (14906), 0 octets\n"
		    "    server_name (0), 14 octets\n"
		    "      host_name: a.example\n"
		    "    application_layer_protocol_negotiation (16), 14 octets\n"
		    "      protocol_name_list: h2, http/1.1\n"
		    "    supported_versions (43), 7 octets\n"
		    "      versions: GREASE, TLS 1.3, TLS 1.2\n"
		    "    supported_groups (10), 6 octets\n"
		    "      named_group_list: x25519, secp256r1\n"
		    "    key_share (51), 13 octets\n"
		    "      client_shares:\n"
		    "        share 1\n"
		    "          group: GREASE\n"
		    "          key_exchange: 00\n"
		    "        share 2\n"
		    "          group: x25519\n"
		    "          key_exchange: 4b58\n"
		    "    0x1234 (4660), 2 octets\n"
		    "      hex: 7a7a\n");
}

/* Each extension in each message that it looks different in. */
static void extensions(void **state)
{
	struct look look = look_plain(100);

	(void)state;
	expect_dump(BYTES("\x08\x00\x00\x36\x00\x34"
			  "\x00\x00\x00\x00"
			  "\x00\x01\x00\x01\x04"
			  "\x00\x1c\x00\x02\x40\x00"
			  "\x00\x05\x00\x01z"                 /* has no place here */
			  "\x00\x10\x00\x05\x00\x03\x02h\x07" /* a protocol with an octet that cannot be printed */
			  "\x00\x10\x00\x04\x00\x03\x02h"     /* ends early */
			  "\x00\x01\x00\x01\x05"
			  "\x00\x2a\x00\x01z"
			  "\x00\x0b\x00\x05z"), /* the block ends early */
		    true, &look,
		    "EncryptedExtensions, 58 octets\n"
		    "  extensions:\n"
		    "    server_name (0), 0 octets\n"
		    "    max_fragment_length (1), 1 octet\n"
		    "      max_fragment_length: 4096\n"
		    "    record_size_limit (28), 2 octets\n"
		    "      record_size_limit: 16384\n"
		    "    status_request (5), 1 octet\n"
		    "      hex: 7a\n"
		    "    application_layer_protocol_negotiation (16), 5 octets\n"
		    "      protocol_name_list: h\\x07\n"
		    "    application_layer_protocol_negotiation (16), 4 octets\n"
		    "      malformed: ends early\n"
		    "      hex: 00030268\n"
		    "    max_fragment_length (1), 1 octet\n"
		    "      malformed: has a value it must not have\n"
		    "      hex: 05\n"
		    "    early_data (42), 1 octet\n"
		    "      malformed: breaks its format\n"
		    "      hex: 7a\n"
		    "  malformed_extension: 000b00057a\n");
	expect_dump(BYTES("\x0b\x00\x00\x2a\x02id\x00\x00\x24\x00\x00\x03one\x00\x1c"
			  "\x00\x05\x00\x08\x01\x00\x00\x04ocsp"
			  "\x00\x12\x00\x0c\x00\x0a\x00\x03sct\x00\x03sct"),
		    true, &look,
		    "Certificate, 46 octets\n"
		    "  certificate_request_context: 6964\n"
		    "  certificate_list:\n"
		    "    certificate 1\n"
		    "      cert_data: 6f6e65\n"
		    "      extensions:\n"
		    "        status_request (5), 8 octets\n"
		    "          status_type: ocsp\n"
		    "          response: 6f637370\n"
		    "        signed_certificate_timestamp (18), 12 octets\n"
		    "          sct_list:\n"
		    "            sct 1\n"
		    "              sct: 736374\n"
		    "            sct 2\n"
		    "              sct: 736374\n");
	expect_dump(BYTES("\x0d\x00\x00\x1a\x00\x00\x17"
			  "\x00\x05\x00\x00"
			  "\x00\x12\x00\x00"
			  "\x00\x2f\x00\x05\x00\x03\x00\x01n"
			  "\x00\x32\x00\x02zz"),
		    true, &look,
		    "CertificateRequest, 30 octets\n"
		    "  certificate_request_context: empty\n"
		    "  extensions:\n"
		    "    status_request (5), 0 octets\n"
		    "    signed_certificate_timestamp (18), 0 octets\n"
		    "    certificate_authorities (47), 5 octets\n"
		    "      authorities:\n"
		    "        name 1\n"
		    "          name: 6e\n"
		    "    signature_algorithms_cert (50), 2 octets\n"
		    "      malformed: ends early\n"
		    "      hex: 7a7a\n");
}

static void the_rest_of_a_hello(void **state)
{
	struct look look = look_plain(100);

	(void)state;
	expect_dump(BYTES("\x01\x00\x00\x94\x03\x03" RANDOM "\x00\x00\x02\x13\x01\x01\x00\x00\x69"
			  "\x00\x05\x00\x05\x01\x00\x00\x00\x00"
			  "\x00\x0b\x00\x02\x01\x00"
			  "\x00\x15\x00\x03\x00\x00\x00"
			  "\x00\x1b\x00\x03\x02\x00\x02"
			  "\x00\x23\x00\x03tkt"
			  "\x00\x2c\x00\x05\x00\x03yum"
			  "\x00\x2d\x00\x02\x01\x01"
			  "\xff\x01\x00\x01\x00"
			  "\x00\x29\x00\x2d\x00\x08\x00\x02id\x00\x00\x00\x07\x00\x21\x20" RANDOM),
		    true, &look,
		    "ClientHello, 152 octets\n"
		    "  legacy_version: TLS 1.2\n"
		    "  random: " RANDOM_HEX "\n"
		    "  session_id: empty\n"
		    "  cipher_suites: TLS_AES_128_GCM_SHA256\n"
		    "  compression_methods: null\n"
		    "  extensions:\n"
		    "    status_request (5), 5 octets\n"
		    "      status_type: ocsp\n"
		    "    ec_point_formats (11), 2 octets\n"
		    "      ec_point_format_list: uncompressed\n"
		    "    padding (21), 3 octets\n"
		    "      zeros: 3\n"
		    "    compress_certificate (27), 3 octets\n"
		    "      algorithms: brotli\n"
		    "    session_ticket (35), 3 octets\n"
		    "      ticket: 746b74\n"
		    "    cookie (44), 5 octets\n"
		    "      cookie: 79756d\n"
		    "    psk_key_exchange_modes (45), 2 octets\n"
		    "      ke_modes: psk_dhe_ke\n"
		    "    renegotiation_info (65281), 1 octet\n"
		    "      renegotiated_connection: empty\n"
		    "    pre_shared_key (41), 45 octets\n"
		    "      identities:\n"
		    "        identity 1\n"
		    "          identity: 6964\n"
		    "          obfuscated_ticket_age: 7\n"
		    "          binder: " RANDOM_HEX "\n");
}

/* A list that is longer than its line stands below its key; what is known by name only is hex. */
static void narrow_and_strange(void **state)
{
	struct look look = look_plain(72);

	(void)state;
	expect_dump(BYTES("\x01\x00\x00\x42\x03\x03" RANDOM "\x00\x00\x06\xc0\x2b\xc0\x2f\x13\x01\x02\x00\x01\x00\x12"
			  "\x00\x15\x00\x02\x00\x01"
			  "\x00\x05\x00\x01\x07"
			  "\x00\x33\x00\x03\x00\x01z"),
		    true, &look,
		    "ClientHello, 70 octets\n"
		    "  legacy_version: TLS 1.2\n"
		    "  random: " RANDOM_HEX "\n"
		    "  session_id: empty\n"
		    "  cipher_suites:\n"
		    "    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,\n"
		    "    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256\n"
		    "  compression_methods: null, DEFLATE\n"
		    "  extensions:\n"
		    "    padding (21), 2 octets\n"
		    "      malformed: has a value it must not have\n"
		    "      hex: 0001\n"
		    "    status_request (5), 1 octet\n"
		    "      hex: 07\n"
		    "    key_share (51), 3 octets\n"
		    "      malformed: ends early\n"
		    "      hex: 00017a\n");
}

static void messages_of_1_2(void **state)
{
	struct look look = look_plain(72);

	(void)state;
	expect_dump(BYTES("\x0d\x00\x00\x0b\x01\x40\x00\x02\x04\x03\x00\x03\x00\x01n"), false, &look,
		    "CertificateRequest, 15 octets\n"
		    "  certificate_types: ecdsa_sign\n"
		    "  supported_signature_algorithms: ecdsa_secp256r1_sha256\n"
		    "  certificate_authorities:\n"
		    "    name 1\n"
		    "      name: 6e\n");
	expect_dump(BYTES("\x0c\x00\x00\x0c\x03\x00\x1d\x02KX\x04\x03\x00\x02sg"), false, &look,
		    "ServerKeyExchange, 16 octets\n"
		    "  curve_type: named_curve\n"
		    "  namedcurve: x25519\n"
		    "  public: 4b58\n"
		    "  algorithm: ecdsa_secp256r1_sha256\n"
		    "  signature: 7367\n");
	expect_dump(BYTES("\x10\x00\x00\x05\x00\x03RSA"), false, &look,
		    "ClientKeyExchange, 9 octets\n"
		    "  encrypted_pre_master_secret: 525341\n");
	expect_dump(BYTES("\x04\x00\x00\x07\x00\x00\x1c\x20\x00\x01t"), false, &look,
		    "NewSessionTicket, 11 octets\n"
		    "  ticket_lifetime_hint: 7200\n"
		    "  ticket: 74\n");
	expect_dump(BYTES("\x0b\x00\x00\x03\x00\x00\x00"), false, &look,
		    "Certificate, 7 octets\n"
		    "  certificate_list: none\n");
}

/* 33 octets are one more than are shown, unless all is wanted. */
static void long_octets(void **state)
{
	struct look look = look_plain(72);

	(void)state;
	expect_dump(BYTES("\x14\x00\x00\x21" RANDOM "z"), true, &look,
		    "Finished, 37 octets\n"
		    "  verify_data: " RANDOM_HEX "... (33 octets)\n");
	look.all = true;
	expect_dump(BYTES("\x14\x00\x00\x21" RANDOM "z"), true, &look,
		    "Finished, 37 octets\n"
		    "  verify_data (33 octets):\n"
		    "    " RANDOM_HEX "\n"
		    "    7a\n");
	expect_dump(BYTES("\x14\x00\x00\x20" RANDOM), true, &look,
		    "Finished, 36 octets\n"
		    "  verify_data: " RANDOM_HEX "\n");
}

static void numbers_have_commas(void **state)
{
	static uint8_t m[4 + 4 + 5 + 1532] = "\x0b\x00\x06\x05\x00\x00\x06\x01\x00\x05\xfc";
	struct text t;

	(void)state;
	text_init(&t);
	tls_view_line(&t, (struct hf_bytes){ m, sizeof(m) }, true);
	assert_string_equal(text_str(&t), "Certificate (1 certificate, 1,532 octets)");
	text_free(&t);
}

/* A name may be as long as a message and hold anything: the line stays one, and short. */
static void a_hostile_name(void **state)
{
	static uint8_t m[4 + 2 + 32 + 1 + 4 + 2 + 2 + 4 + 2 + 3 + 3000];
	struct hf_wr out = hf_wr_over(m, sizeof(m));
	size_t message, block, body, list, name;
	struct text t;

	(void)state;
	message = tls_message_begin(&out, TLS_CLIENT_HELLO);
	hf_wr_u16(&out, TLS_VERSION_1_2);
	hf_wr_fill(&out, 0, 32);
	hf_wr_u8(&out, 0);
	hf_wr_copy(&out, "\x00\x02\x13\x01\x01", 5);
	hf_wr_u8(&out, 0);
	block = tls_vec_begin(&out, 2);
	hf_wr_u16(&out, TLS_EXT_SERVER_NAME);
	body = tls_vec_begin(&out, 2);
	list = tls_vec_begin(&out, 2);
	hf_wr_u8(&out, 0);
	name = tls_vec_begin(&out, 2);
	hf_wr_copy(&out, "a\n\x1b[31m\\", 8);
	hf_wr_fill(&out, 'x', 2900);
	tls_vec_end(&out, 2, name);
	tls_vec_end(&out, 2, list);
	tls_vec_end(&out, 2, body);
	tls_vec_end(&out, 2, block);
	tls_message_end(&out, message);
	text_init(&t);
	tls_view_line(&t, (struct hf_bytes){ m, hf_wr_len(&out) }, true);
	assert_string_equal(text_str(&t), "ClientHello, TLS 1.2, sni=a\\x0a\\x1b[31m\\x5c"
					  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...");
	text_free(&t);
}

static void expect_json(struct hf_bytes octets, bool tls13, const char *expected)
{
	struct text t;
	struct json j;

	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	tls_view_json(&j, octets, tls13);
	assert_string_equal(text_str(&t), expected);
	assert_true(json_valid(text_str(&t)));
	text_free(&t);
}

static void json_form(void **state)
{
	(void)state;
	expect_json(BYTES("\x0f\x00\x00\x08\x04\x03\x00\x04sign"), true,
		    "{\"message\": \"certificate_verify\", \"type\": 15, \"octets\": 12, "
		    "\"algorithm\": {\"number\": 1027, \"name\": \"ecdsa_secp256r1_sha256\"}, \"signature\": \"7369676e\"}\n");
	expect_json(BYTES("\x0e\x00\x00\x00rest"), false,
		    "{\"message\": \"server_hello_done\", \"type\": 14, \"octets\": 8, \"behind_the_message\": \"72657374\"}\n");
	expect_json(BYTES("\x63\x00\x00\x02zz"), false,
		    "{\"message\": \"unknown\", \"type\": 99, \"octets\": 6, \"hex\": \"7a7a\"}\n");
	expect_json(BYTES("\x0f\x00\x00\x08zz"), false,
		    "{\"message\": \"certificate_verify\", \"type\": 15, \"octets\": 6, \"malformed\": \"ends early\", "
		    "\"hex\": \"7a7a\"}\n");
	expect_json(BYTES("\x0f"), false, "{\"octets\": 1, \"malformed\": \"ends early\", \"hex\": \"0f\"}\n");
	expect_json(BYTES("\x08\x00\x00\x0f\x00\x0d"
			  "\x1a\x1a\x00\x00"
			  "\x00\x10\x00\x05\x00\x03\x02h2"),
		    true,
		    "{\"message\": \"encrypted_extensions\", \"type\": 8, \"octets\": 19, \"extensions\": ["
		    "{\"extension\": {\"number\": 6682, \"name\": \"GREASE\"}, \"octets\": 0, \"hex\": \"\"}, "
		    "{\"extension\": {\"number\": 16, \"name\": \"application_layer_protocol_negotiation\"}, \"octets\": 5, "
		    "\"protocol_name_list\": [\"h2\"]}]}\n");
	expect_json(BYTES("\x0d\x00\x00\x08\x01\x07\x00\x02\x77\x77\x00\x00"), false,
		    "{\"message\": \"certificate_request\", \"type\": 13, \"octets\": 12, "
		    "\"certificate_types\": [{\"number\": 7, \"name\": null}], "
		    "\"supported_signature_algorithms\": [{\"number\": 30583, \"name\": null}], "
		    "\"certificate_authorities\": []}\n");
}

/* What all three forms promise of any octets: printable, whole, never stuck. */
static void alerts(void **state)
{
	static const struct {
		struct hf_bytes octets;
		const char *text, *json;
	} known[] = {
		{ BYTES("\x02\x28"), "Alert, 2 octets\n  level: fatal\n  description: handshake_failure\n",
		  "{\"message\": \"alert\", \"octets\": 2, \"level\": {\"number\": 2, \"name\": \"fatal\"}, "
		  "\"description\": {\"number\": 40, \"name\": \"handshake_failure\"}}\n" },
		{ BYTES("\x07\xfe"), "Alert, 2 octets\n  level: 0x07\n  description: 0xfe\n",
		  "{\"message\": \"alert\", \"octets\": 2, \"level\": {\"number\": 7, \"name\": null}, "
		  "\"description\": {\"number\": 254, \"name\": null}}\n" },
		{ BYTES("\x02"), "Alert, 1 octet\n  hex: 02\n", "{\"message\": \"alert\", \"octets\": 1, \"hex\": \"02\"}\n" },
	};
	struct look look = look_plain(80);
	struct text t;
	struct json j;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		text_clear(&t);
		tls_view_alert_dump(&t, known[i].octets, &look);
		assert_string_equal(text_str(&t), known[i].text);
		text_clear(&t);
		j = json_over(&t);
		j.one_line = true;
		tls_view_alert_json(&j, known[i].octets);
		assert_string_equal(text_str(&t), known[i].json);
	}
	text_free(&t);
}

static void expect_sane(struct hf_bytes octets, bool tls13)
{
	struct look look = look_plain(72);
	struct text line, dump, json;
	struct json j;

	text_init(&line);
	text_init(&dump);
	text_init(&json);
	j = json_over(&json);
	tls_view_line(&line, octets, tls13);
	tls_view_dump(&dump, octets, tls13, &look);
	tls_view_json(&j, octets, tls13);
	assert_false(line.failed || dump.failed || json.failed);
	assert_true(line.len > 0 && dump.len > 0 && text_str(&dump)[dump.len - 1] == '\n');
	for (const char *s = text_str(&line); *s; s++)
		assert_in_range(*s, 0x20, 0x7e);
	for (const char *s = text_str(&dump); *s; s++)
		assert_true(*s == '\n' || (*s >= 0x20 && *s < 0x7f));
	assert_true(json_valid(text_str(&json)));
	text_free(&line);
	text_free(&dump);
	text_free(&json);
}

/* Every prefix, with the header's length as it was and made to fit, and each octet changed. */
static void garbage(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_bytes b = rows[i].octets;

		for (size_t n = 0; n <= b.len; n++) {
			uint8_t *cut = malloc(n ? n : 1);

			assert_non_null(cut);
			if (n)
				memcpy(cut, b.at, n);
			expect_sane((struct hf_bytes){ cut, n }, rows[i].tls13);
			if (n >= TLS_MESSAGE_HEADER) {
				cut[1] = 0;
				hf_store16(cut + 2, (uint16_t)(n - TLS_MESSAGE_HEADER));
				expect_sane((struct hf_bytes){ cut, n }, rows[i].tls13);
				expect_sane((struct hf_bytes){ cut, n }, !rows[i].tls13);
			}
			for (unsigned v = 0; n == b.len && v < 256; v += 51) {
				for (size_t at = 0; at < n; at++) {
					uint8_t was = cut[at];

					cut[at] = (uint8_t)v;
					expect_sane((struct hf_bytes){ cut, n }, rows[i].tls13);
					cut[at] = was;
				}
			}
			free(cut);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(a_client_hello_in_full),
		cmocka_unit_test(extensions),
		cmocka_unit_test(the_rest_of_a_hello),
		cmocka_unit_test(narrow_and_strange),
		cmocka_unit_test(messages_of_1_2),
		cmocka_unit_test(long_octets),
		cmocka_unit_test(numbers_have_commas),
		cmocka_unit_test(a_hostile_name),
		cmocka_unit_test(json_form),
		cmocka_unit_test(alerts),
		cmocka_unit_test(garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
