/* SPDX-License-Identifier: MIT */
/* Extensions, a row each: in which messages it is known, and how its body is shown there. */
#include "explain/tls_view_internal.h"

#include "base/bits.h"

#include <stdio.h>

#define IN_HELLOS (TLS_IN_CLIENT_HELLO | TLS_IN_SERVER_HELLO)
#define IN_ANSWERS (TLS_IN_SERVER_HELLO | TLS_IN_ENCRYPTED)

/* Parses first and shows then: any status but HF_OK, and nothing was shown. */
typedef hf_status show_body(struct tls_view *v, struct hf_bytes body);

/* RFC 8446 4.2.9 */
static const char *psk_mode_name(unsigned n)
{
	return n == 0 ? "psk_ke" : n == 1 ? "psk_dhe_ke" : "unknown";
}

/* RFC 8422 5.1.2 */
static const char *point_format_name(unsigned n)
{
	return n == 0   ? "uncompressed"
	       : n == 1 ? "ansiX962_compressed_prime"
	       : n == 2 ? "ansiX962_compressed_char2"
			: "unknown";
}

/* RFC 8879 3 */
static const char *compression_name(unsigned n)
{
	return n == 1 ? "zlib" : n == 2 ? "brotli" : n == 3 ? "zstd" : "unknown";
}

static hf_status show_empty(struct tls_view *v, struct hf_bytes body)
{
	(void)v;
	return tls_ext_empty_parse(body);
}

static hf_status show_server_name(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes host;

	HF_TRY(tls_ext_server_name_parse(body, &host));
	tls_view_put_string(v, "host_name", host);
	return HF_OK;
}

static hf_status show_max_fragment_length(struct tls_view *v, struct hf_bytes body)
{
	uint8_t code;

	HF_TRY(tls_ext_u8_parse(body, &code));
	if (code < 1 || code > 4) /* RFC 6066 4 */
		return HF_INVALID;
	tls_view_put_number(v, "max_fragment_length", 256u << code);
	return HF_OK;
}

static hf_status show_status_request(struct tls_view *v, struct hf_bytes body)
{
	bool ocsp;

	HF_TRY(tls_ext_status_request_parse(body, &ocsp));
	if (!ocsp)
		return HF_UNSUPPORTED;
	tls_view_put_word(v, "status_type", "ocsp");
	return HF_OK;
}

/* RFC 8446 4.4.2.1: in a CertificateRequest it may be empty. */
static hf_status show_status_wish(struct tls_view *v, struct hf_bytes body)
{
	return body.len ? show_status_request(v, body) : HF_OK;
}

static hf_status show_status(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes ocsp;

	HF_TRY(tls_certificate_status_parse(body, &ocsp));
	tls_view_put_word(v, "status_type", "ocsp");
	tls_view_put_hex(v, "response", ocsp);
	return HF_OK;
}

static hf_status show_groups(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_u16_list_parse(body, 2, &list));
	tls_view_put_names(v, "named_group_list", list, 2, tls_group_name);
	return HF_OK;
}

static hf_status show_point_formats(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_u8_list_parse(body, &list));
	tls_view_put_names(v, "ec_point_format_list", list, 1, point_format_name);
	return HF_OK;
}

static hf_status show_schemes(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_u16_list_parse(body, 2, &list));
	tls_view_put_names(v, "supported_signature_algorithms", list, 2, tls_scheme_name);
	return HF_OK;
}

static hf_status show_alpn(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_alpn_parse(body, &list));
	tls_view_put_strings(v, "protocol_name_list", list);
	return HF_OK;
}

/* Items that are nothing but octets, behind two octets of length each. */
static void put_opaque_list(struct tls_view *v, const char *key, const char *item, struct hf_bytes list)
{
	struct hf_bytes octets;
	char heading[32];

	tls_view_list(v, key, list.len);
	for (unsigned i = 1; tls_u16_vec_next(&list, &octets); i++) {
		snprintf(heading, sizeof(heading), "%s %u", item, i);
		tls_view_item(v, heading);
		tls_view_put_hex(v, item, octets);
		tls_view_item_end(v);
	}
	tls_view_list_end(v);
}

static hf_status show_scts(struct tls_view *v, struct hf_bytes body)
{
	HF_TRY(tls_ext_sct_list_parse(body));
	put_opaque_list(v, "sct_list", "sct", (struct hf_bytes){ body.at + 2, body.len - 2 });
	return HF_OK;
}

static hf_status show_authorities(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_authorities_parse(body, &list));
	put_opaque_list(v, "authorities", "name", list);
	return HF_OK;
}

static hf_status show_padding(struct tls_view *v, struct hf_bytes body)
{
	for (size_t i = 0; i < body.len; i++)
		if (body.at[i]) /* RFC 7685 3 */
			return HF_INVALID;
	tls_view_put_number(v, "zeros", body.len);
	return HF_OK;
}

static hf_status show_compressions(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_u16_list_parse(body, 1, &list));
	tls_view_put_names(v, "algorithms", list, 2, compression_name);
	return HF_OK;
}

static hf_status show_record_size_limit(struct tls_view *v, struct hf_bytes body)
{
	uint16_t limit;

	HF_TRY(tls_ext_u16_parse(body, &limit));
	tls_view_put_number(v, "record_size_limit", limit);
	return HF_OK;
}

static hf_status show_session_ticket(struct tls_view *v, struct hf_bytes body)
{
	tls_view_put_hex(v, "ticket", body);
	return HF_OK;
}

static hf_status show_offered_psks(struct tls_view *v, struct hf_bytes body)
{
	struct tls_offered_psks psks;
	struct tls_psk_identity identity;
	struct hf_bytes binder;
	char heading[32];

	HF_TRY(tls_ext_offered_psks_parse(body, &psks));
	tls_view_list(v, "identities", psks.count);
	/* As many binders as identities: each is shown with its own. */
	for (unsigned i = 1;
	     tls_psk_identity_next(&psks.identities, &identity) && tls_u8_vec_next(&psks.binders, &binder); i++) {
		snprintf(heading, sizeof(heading), "identity %u", i);
		tls_view_item(v, heading);
		tls_view_put_hex(v, "identity", identity.identity);
		tls_view_put_number(v, "obfuscated_ticket_age", identity.obfuscated_age);
		tls_view_put_hex(v, "binder", binder);
		tls_view_item_end(v);
	}
	tls_view_list_end(v);
	return HF_OK;
}

static hf_status show_selected_identity(struct tls_view *v, struct hf_bytes body)
{
	uint16_t n;

	HF_TRY(tls_ext_u16_parse(body, &n));
	tls_view_put_number(v, "selected_identity", n);
	return HF_OK;
}

static hf_status show_max_early_data(struct tls_view *v, struct hf_bytes body)
{
	uint32_t n;

	HF_TRY(tls_ext_u32_parse(body, &n));
	tls_view_put_number(v, "max_early_data_size", n);
	return HF_OK;
}

static hf_status show_versions(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_u16_list_parse(body, 1, &list));
	tls_view_put_names(v, "versions", list, 2, tls_version_name);
	return HF_OK;
}

static hf_status show_selected_version(struct tls_view *v, struct hf_bytes body)
{
	uint16_t n;

	HF_TRY(tls_ext_u16_parse(body, &n));
	tls_view_put_named(v, "selected_version", n, tls_version_name);
	return HF_OK;
}

static hf_status show_cookie(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes cookie;

	HF_TRY(tls_ext_cookie_parse(body, &cookie));
	tls_view_put_hex(v, "cookie", cookie);
	return HF_OK;
}

static hf_status show_psk_modes(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes list;

	HF_TRY(tls_ext_u8_list_parse(body, &list));
	tls_view_put_names(v, "ke_modes", list, 1, psk_mode_name);
	return HF_OK;
}

static void put_key_share(struct tls_view *v, const struct tls_key_share *share)
{
	tls_view_put_named(v, "group", share->group, tls_group_name);
	tls_view_put_hex(v, "key_exchange", share->share);
}

static hf_status show_key_shares(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes entries;
	struct tls_key_share share;
	char heading[32];

	HF_TRY(tls_ext_key_shares_parse(body, &entries));
	tls_view_list(v, "client_shares", entries.len);
	for (unsigned i = 1; tls_key_share_next(&entries, &share); i++) {
		snprintf(heading, sizeof(heading), "share %u", i);
		tls_view_item(v, heading);
		put_key_share(v, &share);
		tls_view_item_end(v);
	}
	tls_view_list_end(v);
	return HF_OK;
}

static hf_status show_key_share(struct tls_view *v, struct hf_bytes body)
{
	struct tls_key_share share;

	HF_TRY(tls_ext_key_share_parse(body, &share));
	put_key_share(v, &share);
	return HF_OK;
}

static hf_status show_selected_group(struct tls_view *v, struct hf_bytes body)
{
	uint16_t n;

	HF_TRY(tls_ext_u16_parse(body, &n));
	tls_view_put_named(v, "selected_group", n, tls_group_name);
	return HF_OK;
}

static hf_status show_renegotiation_info(struct tls_view *v, struct hf_bytes body)
{
	struct hf_bytes octets;

	HF_TRY(tls_ext_renegotiation_info_parse(body, &octets));
	tls_view_put_hex(v, "renegotiated_connection", octets);
	return HF_OK;
}

static const struct {
	uint16_t type;
	unsigned in; /* enum tls_view_place */
	show_body *show;
} rows[] = {
	{ TLS_EXT_SERVER_NAME, TLS_IN_CLIENT_HELLO, show_server_name },
	{ TLS_EXT_SERVER_NAME, IN_ANSWERS, show_empty },
	{ TLS_EXT_MAX_FRAGMENT_LENGTH, IN_HELLOS | TLS_IN_ENCRYPTED, show_max_fragment_length },
	{ TLS_EXT_STATUS_REQUEST, TLS_IN_CLIENT_HELLO, show_status_request },
	{ TLS_EXT_STATUS_REQUEST, TLS_IN_REQUEST, show_status_wish },
	{ TLS_EXT_STATUS_REQUEST, TLS_IN_SERVER_HELLO, show_empty },
	{ TLS_EXT_STATUS_REQUEST, TLS_IN_CERTIFICATE, show_status },
	{ TLS_EXT_SUPPORTED_GROUPS, TLS_IN_CLIENT_HELLO | TLS_IN_ENCRYPTED, show_groups },
	{ TLS_EXT_EC_POINT_FORMATS, IN_HELLOS, show_point_formats },
	{ TLS_EXT_SIGNATURE_ALGORITHMS, TLS_IN_CLIENT_HELLO | TLS_IN_REQUEST, show_schemes },
	{ TLS_EXT_SIGNATURE_ALGORITHMS_CERT, TLS_IN_CLIENT_HELLO | TLS_IN_REQUEST, show_schemes },
	{ TLS_EXT_ALPN, IN_HELLOS | TLS_IN_ENCRYPTED, show_alpn },
	{ TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, TLS_IN_CLIENT_HELLO | TLS_IN_REQUEST, show_empty },
	{ TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, TLS_IN_SERVER_HELLO | TLS_IN_CERTIFICATE, show_scts },
	{ TLS_EXT_PADDING, TLS_IN_CLIENT_HELLO, show_padding },
	{ TLS_EXT_EXTENDED_MASTER_SECRET, IN_HELLOS, show_empty },
	{ 27, TLS_IN_CLIENT_HELLO | TLS_IN_REQUEST, show_compressions }, /* compress_certificate: never spoken here */
	{ TLS_EXT_RECORD_SIZE_LIMIT, IN_HELLOS | TLS_IN_ENCRYPTED, show_record_size_limit },
	{ TLS_EXT_SESSION_TICKET, TLS_IN_CLIENT_HELLO, show_session_ticket },
	{ TLS_EXT_SESSION_TICKET, TLS_IN_SERVER_HELLO, show_empty },
	{ TLS_EXT_PRE_SHARED_KEY, TLS_IN_CLIENT_HELLO, show_offered_psks },
	{ TLS_EXT_PRE_SHARED_KEY, TLS_IN_SERVER_HELLO, show_selected_identity },
	{ TLS_EXT_EARLY_DATA, TLS_IN_CLIENT_HELLO | TLS_IN_ENCRYPTED, show_empty },
	{ TLS_EXT_EARLY_DATA, TLS_IN_TICKET, show_max_early_data },
	{ TLS_EXT_SUPPORTED_VERSIONS, TLS_IN_CLIENT_HELLO, show_versions },
	{ TLS_EXT_SUPPORTED_VERSIONS, TLS_IN_SERVER_HELLO | TLS_IN_RETRY, show_selected_version },
	{ TLS_EXT_COOKIE, TLS_IN_CLIENT_HELLO | TLS_IN_RETRY, show_cookie },
	{ TLS_EXT_PSK_KEY_EXCHANGE_MODES, TLS_IN_CLIENT_HELLO, show_psk_modes },
	{ TLS_EXT_CERTIFICATE_AUTHORITIES, TLS_IN_CLIENT_HELLO | TLS_IN_REQUEST, show_authorities },
	{ TLS_EXT_POST_HANDSHAKE_AUTH, TLS_IN_CLIENT_HELLO, show_empty },
	{ TLS_EXT_KEY_SHARE, TLS_IN_CLIENT_HELLO, show_key_shares },
	{ TLS_EXT_KEY_SHARE, TLS_IN_SERVER_HELLO, show_key_share },
	{ TLS_EXT_KEY_SHARE, TLS_IN_RETRY, show_selected_group },
	{ TLS_EXT_RENEGOTIATION_INFO, IN_HELLOS, show_renegotiation_info },
};

static hf_status show(struct tls_view *v, enum tls_view_place place, const struct tls_ext *e)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (rows[i].type == e->type && rows[i].in & place)
			return rows[i].show(v, e->body);
	return HF_UNSUPPORTED;
}

static void put_extension(struct tls_view *v, enum tls_view_place place, const struct tls_ext *e)
{
	struct text heading;
	hf_status s;

	text_init(&heading);
	tls_view_add_name(&heading, e->type, tls_extension_name);
	text_addf(&heading, " (%u), ", e->type);
	tls_view_add_count(&heading, e->body.len, "octet", "octets");
	tls_view_item(v, text_str(&heading));
	text_free(&heading);
	if (v->json) {
		tls_view_put_named(v, "extension", e->type, tls_extension_name);
		tls_view_put_number(v, "octets", e->body.len);
	}
	s = show(v, place, e);
	if (s != HF_OK && s != HF_UNSUPPORTED)
		tls_view_put_word(v, "malformed", tls_view_trouble(s));
	if (s != HF_OK && (e->body.len || v->json))
		tls_view_put_hex(v, "hex", e->body);
	tls_view_item_end(v);
}

void tls_view_extensions(struct tls_view *v, enum tls_view_place place, struct hf_bytes block)
{
	struct hf_rd in = hf_rd_over(block);
	struct hf_bytes rest = block;
	struct tls_ext e;

	if (!block.len)
		return;
	tls_view_list(v, "extensions", true);
	while (tls_ext_next(&in, &e)) {
		size_t used = 4 + e.body.len;

		put_extension(v, place, &e);
		rest = (struct hf_bytes){ rest.at + used, rest.len - used };
	}
	tls_view_list_end(v);
	if (rest.len)
		tls_view_put_hex(v, "malformed_extension", rest);
}

bool tls_view_find(struct hf_bytes block, uint16_t type, struct hf_bytes *ret)
{
	struct hf_rd in = hf_rd_over(block);
	struct tls_ext e;

	while (tls_ext_next(&in, &e)) {
		if (e.type != type)
			continue;
		*ret = e.body;
		return true;
	}
	return false;
}
