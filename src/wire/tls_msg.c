/* SPDX-License-Identifier: MIT */
/*
 * The bodies of handshake messages. Each parser is the RFC's struct, bounds included; a body with octets left over is
 * malformed (RFC 8446 6.2: decode_error covers both). Lists are looked through here once, so that whoever walks them
 * later has nothing to ask.
 */
#include "base/bits.h"
#include "wire/tls_wire.h"

#define RANDOM_LEN 32u
#define SESSION_ID_MAX 32u
#define NAMED_CURVE 3u /* RFC 8422 5.4 */
#define STATUS_OCSP 1u /* RFC 6066 8 */
#define VEC8_MAX 0xffu
#define VEC16_MAX 0xffffu
#define VEC24_MAX 0xffffffu

/* RFC 8446 4.1.3: the SHA-256 of "HelloRetryRequest". */
const uint8_t tls_hello_retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static struct hf_bytes take_hello_extensions(struct hf_rd *in, bool *ret_has);
static void take_entry(struct hf_rd *in, struct tls_certificate_entry *ret);
static struct hf_bytes take_asn1_cert(struct hf_rd *in);

/* RFC 8446 4.1.2, RFC 5246 7.4.1.2 */
hf_status tls_client_hello_parse(struct hf_bytes body, struct tls_client_hello *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_client_hello m;

	m.legacy_version = hf_rd_u16(&in);
	m.random = hf_rd_bytes(&in, RANDOM_LEN);
	m.session_id = hf_rd_vec(&in, 1, 0, SESSION_ID_MAX);
	m.suites = hf_rd_vec(&in, 2, 2, VEC16_MAX - 1);
	hf_rd_must(&in, m.suites.len % 2 == 0);
	m.compression = hf_rd_vec(&in, 1, 1, VEC8_MAX);
	m.extensions = take_hello_extensions(&in, &m.has_extensions);
	HF_TRY(hf_rd_end(&in));

	*ret = m;
	return HF_OK;
}

/* RFC 8446 4.1.3, RFC 5246 7.4.1.3 */
hf_status tls_server_hello_parse(struct hf_bytes body, struct tls_server_hello *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_server_hello m;

	m.legacy_version = hf_rd_u16(&in);
	m.random = hf_rd_bytes(&in, RANDOM_LEN);
	m.session_id_echo = hf_rd_vec(&in, 1, 0, SESSION_ID_MAX);
	m.suite = hf_rd_u16(&in);
	m.compression = hf_rd_u8(&in);
	m.extensions = take_hello_extensions(&in, &m.has_extensions);
	HF_TRY(hf_rd_end(&in));

	*ret = m;
	return HF_OK;
}

hf_status tls_encrypted_extensions_parse(struct hf_bytes body, struct hf_bytes *ret_extensions)
{
	struct hf_rd in = hf_rd_over(body);
	struct hf_bytes extensions = hf_rd_vec(&in, 2, 0, VEC16_MAX);

	HF_TRY(hf_rd_end(&in));

	*ret_extensions = extensions;
	return HF_OK;
}

hf_status tls_certificate_request_13_parse(struct hf_bytes body, struct tls_certificate_request_13 *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_certificate_request_13 m;

	m.context = hf_rd_vec(&in, 1, 0, VEC8_MAX);
	m.extensions = hf_rd_vec(&in, 2, 2, VEC16_MAX);
	HF_TRY(hf_rd_end(&in));

	*ret = m;
	return HF_OK;
}

hf_status tls_certificate_13_parse(struct hf_bytes body, struct tls_certificate_13 *ret)
{
	struct hf_rd in = hf_rd_over(body), list;
	struct tls_certificate_13 m;

	m.context = hf_rd_vec(&in, 1, 0, VEC8_MAX);
	m.entries = hf_rd_vec(&in, 3, 0, VEC24_MAX);
	HF_TRY(hf_rd_end(&in));
	list = hf_rd_over(m.entries);
	while (hf_rd_left(&list)) {
		struct tls_certificate_entry e;

		take_entry(&list, &e);
	}
	HF_TRY(hf_rd_end(&list));

	*ret = m;
	return HF_OK;
}

bool tls_certificate_13_next(struct hf_bytes *entries, struct tls_certificate_entry *ret)
{
	struct hf_rd in = hf_rd_over(*entries);
	struct tls_certificate_entry e;

	take_entry(&in, &e);
	if (hf_rd_ok(&in) != HF_OK)
		return false;
	*entries = hf_rd_rest(&in);
	*ret = e;
	return true;
}

hf_status tls_certificate_12_parse(struct hf_bytes body, struct hf_bytes *ret_entries)
{
	struct hf_rd in = hf_rd_over(body), list;
	struct hf_bytes entries = hf_rd_vec(&in, 3, 0, VEC24_MAX);

	HF_TRY(hf_rd_end(&in));
	list = hf_rd_over(entries);
	while (hf_rd_left(&list))
		(void)take_asn1_cert(&list);
	HF_TRY(hf_rd_end(&list));

	*ret_entries = entries;
	return HF_OK;
}

bool tls_certificate_12_next(struct hf_bytes *entries, struct hf_bytes *ret_cert)
{
	struct hf_rd in = hf_rd_over(*entries);
	struct hf_bytes cert = take_asn1_cert(&in);

	if (hf_rd_ok(&in) != HF_OK)
		return false;
	*entries = hf_rd_rest(&in);
	*ret_cert = cert;
	return true;
}

hf_status tls_certificate_verify_parse(struct hf_bytes body, struct tls_certificate_verify *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_certificate_verify m;

	m.scheme = hf_rd_u16(&in);
	m.signature = hf_rd_vec(&in, 2, 0, VEC16_MAX);
	HF_TRY(hf_rd_end(&in));

	*ret = m;
	return HF_OK;
}

hf_status tls_new_session_ticket_13_parse(struct hf_bytes body, struct tls_new_session_ticket_13 *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_new_session_ticket_13 m;

	m.lifetime_s = hf_rd_u32(&in);
	m.age_add = hf_rd_u32(&in);
	m.nonce = hf_rd_vec(&in, 1, 0, VEC8_MAX);
	m.ticket = hf_rd_vec(&in, 2, 1, VEC16_MAX);
	m.extensions = hf_rd_vec(&in, 2, 0, VEC16_MAX - 1);
	HF_TRY(hf_rd_end(&in));

	*ret = m;
	return HF_OK;
}

hf_status tls_new_session_ticket_12_parse(struct hf_bytes body, struct tls_new_session_ticket_12 *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_new_session_ticket_12 m;

	m.lifetime_s = hf_rd_u32(&in);
	m.ticket = hf_rd_vec(&in, 2, 0, VEC16_MAX);
	HF_TRY(hf_rd_end(&in));

	*ret = m;
	return HF_OK;
}

hf_status tls_key_update_parse(struct hf_bytes body, bool *ret_update_requested)
{
	if (body.len != 1)
		return HF_MALFORMED;
	if (body.at[0] > 1)
		return HF_INVALID;

	*ret_update_requested = body.at[0];
	return HF_OK;
}

hf_status tls_server_key_exchange_parse(struct hf_bytes body, struct tls_server_key_exchange *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_server_key_exchange m;

	m.curve_type = hf_rd_u8(&in);
	/* The explicit curves have other fields behind this octet, and RFC 8422 5.4 forbids them. */
	if (hf_rd_ok(&in) == HF_OK && m.curve_type != NAMED_CURVE)
		return HF_INVALID;
	m.group = hf_rd_u16(&in);
	m.share = hf_rd_vec(&in, 1, 1, VEC8_MAX);
	m.params = (struct hf_bytes){ body.at, body.len - hf_rd_left(&in) };
	m.scheme = hf_rd_u16(&in);
	m.signature = hf_rd_vec(&in, 2, 0, VEC16_MAX);
	HF_TRY(hf_rd_end(&in));

	*ret = m;
	return HF_OK;
}

hf_status tls_certificate_request_12_parse(struct hf_bytes body, struct tls_certificate_request_12 *ret)
{
	struct hf_rd in = hf_rd_over(body);
	struct tls_certificate_request_12 m;

	m.types = hf_rd_vec(&in, 1, 1, VEC8_MAX);
	m.schemes = hf_rd_vec(&in, 2, 2, VEC16_MAX - 1);
	hf_rd_must(&in, m.schemes.len % 2 == 0);
	m.authorities = hf_rd_vec(&in, 2, 0, VEC16_MAX);
	HF_TRY(hf_rd_end(&in));
	HF_TRY(tls_vecs_check(m.authorities, 2));

	*ret = m;
	return HF_OK;
}

hf_status tls_client_key_exchange_ecdh_parse(struct hf_bytes body, struct hf_bytes *ret_share)
{
	struct hf_rd in = hf_rd_over(body);
	struct hf_bytes share = hf_rd_vec(&in, 1, 1, VEC8_MAX);

	HF_TRY(hf_rd_end(&in));

	*ret_share = share;
	return HF_OK;
}

hf_status tls_client_key_exchange_rsa_parse(struct hf_bytes body, struct hf_bytes *ret_encrypted)
{
	struct hf_rd in = hf_rd_over(body);
	struct hf_bytes encrypted = hf_rd_vec(&in, 2, 0, VEC16_MAX);

	HF_TRY(hf_rd_end(&in));

	*ret_encrypted = encrypted;
	return HF_OK;
}

hf_status tls_certificate_status_parse(struct hf_bytes body, struct hf_bytes *ret_ocsp)
{
	struct hf_rd in = hf_rd_over(body);
	uint8_t type = hf_rd_u8(&in);
	struct hf_bytes ocsp;

	/* What another type looks like is not known here, and nobody has asked for one. */
	if (hf_rd_ok(&in) == HF_OK && type != STATUS_OCSP)
		return HF_INVALID;
	ocsp = hf_rd_vec(&in, 3, 1, VEC24_MAX);
	HF_TRY(hf_rd_end(&in));

	*ret_ocsp = ocsp;
	return HF_OK;
}

/*
 * RFC 5246 7.4.1.2 lets a hello of 1.2 end without the block, or have an empty one; it is the same message as 1.3's until
 * the block has been read, so 1.3's higher least sizes cannot hold here.
 */
static struct hf_bytes take_hello_extensions(struct hf_rd *in, bool *ret_has)
{
	*ret_has = hf_rd_left(in) > 0;
	return *ret_has ? hf_rd_vec(in, 2, 0, VEC16_MAX) : (struct hf_bytes){ in->end, 0 };
}

/* RFC 8446 4.4.2 */
static void take_entry(struct hf_rd *in, struct tls_certificate_entry *ret)
{
	ret->cert = hf_rd_vec(in, 3, 1, VEC24_MAX);
	ret->extensions = hf_rd_vec(in, 2, 0, VEC16_MAX);
}

/* RFC 5246 7.4.2 */
static struct hf_bytes take_asn1_cert(struct hf_rd *in)
{
	return hf_rd_vec(in, 3, 1, VEC24_MAX);
}
