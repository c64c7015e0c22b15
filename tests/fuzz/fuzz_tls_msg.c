/* SPDX-License-Identifier: MIT */
/* The first octet chooses the message, the rest is its body. */
#include "fuzz_tls.h"

#define RANDOM "0123456789abcdef0123456789abcdef"
#define CERT "\x00\x00\x03one\x00\x00"

FUZZ_SEEDS(FUZZ_SEED("\x00\x03\x03" RANDOM "\x04sess\x00\x04\x13\x01\x13\x03\x01\x00\x00\x07\x00\x2b\x00\x03\x02\x03\x04"),
	   FUZZ_SEED("\x00\x03\x03" RANDOM "\x00\x00\x02\x00\x2f\x01\x00"),
	   FUZZ_SEED("\x01\x03\x03" RANDOM "\x04sess\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04"),
	   FUZZ_SEED("\x01\x03\x03" RANDOM "\x00\xc0\x2f\x00"), FUZZ_SEED("\x02\x00\x04\x00\x00\x00\x00"),
	   FUZZ_SEED("\x03\x02id\x00\x08\x00\x0d\x00\x04\x00\x02\x04\x03"),
	   FUZZ_SEED("\x04\x02id\x00\x00\x14" CERT "\x00\x00\x03two\x00\x04\x00\x12\x00\x00"),
	   FUZZ_SEED("\x05\x00\x00\x0c\x00\x00\x03one\x00\x00\x03two"), FUZZ_SEED("\x06\x04\x03\x00\x04sign"),
	   FUZZ_SEED("\x07\x00\x00\x1c\x20\x01\x02\x03\x04\x02nn\x00\x03tkt\x00\x08\x00\x2a\x00\x04\x00\x00\x40\x00"),
	   FUZZ_SEED("\x08\x00\x00\x1c\x20\x00\x03tkt"), FUZZ_SEED("\x09\x01"),
	   FUZZ_SEED("\x0a\x03\x00\x1d\x05share\x04\x03\x00\x04sign"),
	   FUZZ_SEED("\x0b\x02\x01\x40\x00\x04\x04\x03\x08\x04\x00\x09\x00\x02xy\x00\x03xyz"),
	   FUZZ_SEED("\x0c\x05share"), FUZZ_SEED("\x0d\x00\x06secret"), FUZZ_SEED("\x0e\x01\x00\x00\x04ocsp"),
	   FUZZ_SEED("\x0f\x16\x03\x03\x40\x00rest"));

static void client_hello(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_client_hello m;

	FUZZ_PARSE_OR_RETURN(m, tls_client_hello_parse(body, &m));
	FUZZ_CHECK(m.random.len == 32 && m.suites.len % 2 == 0 && tls_u16_count(m.suites) > 0);
	hf_wr_u16(out, m.legacy_version);
	hf_wr_copy(out, m.random.at, m.random.len);
	fuzz_put_vec(out, 1, m.session_id);
	fuzz_put_vec(out, 2, m.suites);
	fuzz_put_vec(out, 1, m.compression);
	if (m.has_extensions)
		fuzz_put_vec(out, 2, m.extensions);
	FUZZ_CHECK(m.has_extensions || m.extensions.len == 0);
	fuzz_same_again(out, body);
}

static void server_hello(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_server_hello m;

	FUZZ_PARSE_OR_RETURN(m, tls_server_hello_parse(body, &m));
	FUZZ_CHECK(m.random.len == 32);
	hf_wr_u16(out, m.legacy_version);
	hf_wr_copy(out, m.random.at, m.random.len);
	fuzz_put_vec(out, 1, m.session_id_echo);
	hf_wr_u16(out, m.suite);
	hf_wr_u8(out, m.compression);
	if (m.has_extensions)
		fuzz_put_vec(out, 2, m.extensions);
	fuzz_same_again(out, body);
}

static void encrypted_extensions(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	FUZZ_PARSE_OR_RETURN(m, tls_encrypted_extensions_parse(body, &m));
	fuzz_put_vec(out, 2, m);
	fuzz_same_again(out, body);
}

static void certificate_request_13(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_certificate_request_13 m;

	FUZZ_PARSE_OR_RETURN(m, tls_certificate_request_13_parse(body, &m));
	fuzz_put_vec(out, 1, m.context);
	fuzz_put_vec(out, 2, m.extensions);
	fuzz_same_again(out, body);
}

static void certificate_13(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_certificate_13 m;
	struct tls_certificate_entry e;
	size_t list;

	FUZZ_PARSE_OR_RETURN(m, tls_certificate_13_parse(body, &m));
	fuzz_put_vec(out, 1, m.context);
	list = tls_vec_begin(out, 3);
	while (tls_certificate_13_next(&m.entries, &e)) {
		FUZZ_CHECK(e.cert.len > 0);
		fuzz_put_vec(out, 3, e.cert);
		fuzz_put_vec(out, 2, e.extensions);
	}
	tls_vec_end(out, 3, list);
	fuzz_same_again(out, body);
}

static void certificate_12(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m, cert;
	size_t list;

	FUZZ_PARSE_OR_RETURN(m, tls_certificate_12_parse(body, &m));
	list = tls_vec_begin(out, 3);
	while (tls_certificate_12_next(&m, &cert)) {
		FUZZ_CHECK(cert.len > 0);
		fuzz_put_vec(out, 3, cert);
	}
	tls_vec_end(out, 3, list);
	fuzz_same_again(out, body);
}

static void certificate_verify(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_certificate_verify m;

	FUZZ_PARSE_OR_RETURN(m, tls_certificate_verify_parse(body, &m));
	hf_wr_u16(out, m.scheme);
	fuzz_put_vec(out, 2, m.signature);
	fuzz_same_again(out, body);
}

static void new_session_ticket_13(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_new_session_ticket_13 m;

	FUZZ_PARSE_OR_RETURN(m, tls_new_session_ticket_13_parse(body, &m));
	FUZZ_CHECK(m.ticket.len > 0);
	hf_wr_u32(out, m.lifetime_s);
	hf_wr_u32(out, m.age_add);
	fuzz_put_vec(out, 1, m.nonce);
	fuzz_put_vec(out, 2, m.ticket);
	fuzz_put_vec(out, 2, m.extensions);
	fuzz_same_again(out, body);
}

static void new_session_ticket_12(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_new_session_ticket_12 m;

	FUZZ_PARSE_OR_RETURN(m, tls_new_session_ticket_12_parse(body, &m));
	hf_wr_u32(out, m.lifetime_s);
	fuzz_put_vec(out, 2, m.ticket);
	fuzz_same_again(out, body);
}

static void key_update(struct hf_bytes body, struct hf_wr *out)
{
	bool m;

	FUZZ_PARSE_OR_RETURN(m, tls_key_update_parse(body, &m));
	hf_wr_u8(out, m);
	fuzz_same_again(out, body);
}

static void server_key_exchange(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_server_key_exchange m;

	FUZZ_PARSE_OR_RETURN(m, tls_server_key_exchange_parse(body, &m));
	hf_wr_u8(out, m.curve_type);
	hf_wr_u16(out, m.group);
	fuzz_put_vec(out, 1, m.share);
	FUZZ_CHECK(m.curve_type == 3 && fuzz_same(m.params, fuzz_written(out)));
	hf_wr_u16(out, m.scheme);
	fuzz_put_vec(out, 2, m.signature);
	fuzz_same_again(out, body);
}

static void certificate_request_12(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_certificate_request_12 m;
	struct hf_bytes name;
	size_t list;

	FUZZ_PARSE_OR_RETURN(m, tls_certificate_request_12_parse(body, &m));
	FUZZ_CHECK(m.schemes.len % 2 == 0 && m.schemes.len > 0 && m.types.len > 0);
	fuzz_put_vec(out, 1, m.types);
	fuzz_put_vec(out, 2, m.schemes);
	list = tls_vec_begin(out, 2);
	while (tls_u16_vec_next(&m.authorities, &name))
		fuzz_put_vec(out, 2, name);
	tls_vec_end(out, 2, list);
	fuzz_same_again(out, body);
}

static void client_key_exchange_ecdh(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	FUZZ_PARSE_OR_RETURN(m, tls_client_key_exchange_ecdh_parse(body, &m));
	fuzz_put_vec(out, 1, m);
	fuzz_same_again(out, body);
}

static void client_key_exchange_rsa(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	FUZZ_PARSE_OR_RETURN(m, tls_client_key_exchange_rsa_parse(body, &m));
	fuzz_put_vec(out, 2, m);
	fuzz_same_again(out, body);
}

static void certificate_status(struct hf_bytes body, struct hf_wr *out)
{
	struct hf_bytes m;

	FUZZ_PARSE_OR_RETURN(m, tls_certificate_status_parse(body, &m));
	hf_wr_u8(out, 1);
	fuzz_put_vec(out, 3, m);
	fuzz_same_again(out, body);
}

static void record_header(struct hf_bytes body, struct hf_wr *out)
{
	struct tls_record_header m;

	FUZZ_PARSE_OR_RETURN(m, tls_record_header_parse(body, &m));
	tls_record_header_put(hf_wr_take(out, TLS_RECORD_HEADER), m.type, m.version, m.length);
	fuzz_same_again(out, (struct hf_bytes){ body.at, TLS_RECORD_HEADER });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const messages[])(struct hf_bytes, struct hf_wr *) = {
		client_hello,
		server_hello,
		encrypted_extensions,
		certificate_request_13,
		certificate_13,
		certificate_12,
		certificate_verify,
		new_session_ticket_13,
		new_session_ticket_12,
		key_update,
		server_key_exchange,
		certificate_request_12,
		client_key_exchange_ecdh,
		client_key_exchange_rsa,
		certificate_status,
		record_header,
	};
	uint8_t *room;
	struct hf_wr out;

	if (size == 0)
		return 0;
	room = fuzz_copy(data, size);
	out = hf_wr_over(room, size);
	messages[data[0] % HF_ARRAY_LEN(messages)]((struct hf_bytes){ data + 1, size - 1 }, &out);
	free(room);
	return 0;
}
