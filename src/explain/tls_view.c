/* SPDX-License-Identifier: MIT */
#include "explain/tls_view_internal.h"

#include "base/bits.h"

#include <inttypes.h>
#include <string.h>

#define NAME_SHOWN 60u /* octets of a name on a line: it may have 65,535 */
#define RANDOM_AT 2u   /* RFC 8446 4.1.3: behind legacy_version */

/* What came, cut to what its header says. */
struct message {
	bool whole; /* header and body are all there */
	unsigned type;
	size_t said; /* octets of body by the header */
	struct hf_bytes body, behind;
};

static struct message take_message(struct hf_bytes b);
static hf_status add_details(struct text *t, const struct message *m, bool tls13);
static void put_message(struct tls_view *v, const struct message *m, struct hf_bytes octets, bool tls13);

void tls_view_line(struct text *out, struct hf_bytes message, bool tls13)
{
	struct message m = take_message(message);
	hf_status s = HF_SHORT;

	if (message.len < TLS_MESSAGE_HEADER) {
		text_add(out, "part of a message, ");
		tls_view_add_count(out, message.len, "octet", "octets");
		return;
	}
	tls_view_add_message(out, tls_view_message(m.type, m.body));
	if (m.whole)
		s = add_details(out, &m, tls13);
	if (s == HF_OK)
		return;
	text_add(out, ", ");
	tls_view_add_count(out, m.body.len, "octet", "octets");
	if (s != HF_UNSUPPORTED)
		text_addf(out, ": %s", tls_view_trouble(s));
}

void tls_view_dump(struct text *out, struct hf_bytes message, bool tls13, const struct look *look)
{
	struct tls_view v = { .text = out, .look = look };
	struct message m = take_message(message);

	if (message.len >= TLS_MESSAGE_HEADER) {
		tls_view_add_message(out, tls_view_message(m.type, m.body));
		text_add(out, ", ");
	}
	tls_view_add_count(out, message.len, "octet", "octets");
	text_add(out, "\n");
	v.depth = 1;
	put_message(&v, &m, message, tls13);
}

void tls_view_json(struct json *j, struct hf_bytes message, bool tls13)
{
	struct tls_view v = { .json = j };
	struct message m = take_message(message);

	json_object(j);
	if (message.len >= TLS_MESSAGE_HEADER) {
		json_put_string(j, "message", tls_message_name(tls_view_message(m.type, m.body)));
		json_put_u64(j, "type", m.type);
	}
	json_put_u64(j, "octets", message.len);
	put_message(&v, &m, message, tls13);
	json_object_end(j);
}

static const char *level_name(unsigned n)
{
	return n == 1 ? "warning" : n == 2 ? "fatal" : "unknown";
}

static void put_alert(struct tls_view *v, struct hf_bytes alert)
{
	if (alert.len != 2) {
		tls_view_put_hex(v, "hex", alert);
		return;
	}
	tls_view_put_named(v, "level", alert.at[0], level_name);
	tls_view_put_named(v, "description", alert.at[1], tls_alert_name);
}

void tls_view_alert_dump(struct text *out, struct hf_bytes alert, const struct look *look)
{
	text_add(out, "Alert, ");
	tls_view_add_count(out, alert.len, "octet", "octets");
	text_add(out, "\n");
	put_alert(&(struct tls_view){ .text = out, .look = look, .depth = 1 }, alert);
}

void tls_view_alert_json(struct json *j, struct hf_bytes alert)
{
	json_object(j);
	json_put_string(j, "message", "alert");
	json_put_u64(j, "octets", alert.len);
	put_alert(&(struct tls_view){ .json = j }, alert);
	json_object_end(j);
}

static struct message take_message(struct hf_bytes b)
{
	struct hf_rd in = hf_rd_over(b);
	struct message m = { .type = hf_rd_u8(&in), .said = hf_rd_u24(&in) };

	m.whole = hf_rd_ok(&in) == HF_OK && hf_rd_left(&in) >= m.said;
	m.body = m.whole ? hf_rd_bytes(&in, m.said) : hf_rd_rest(&in);
	m.behind = hf_rd_rest(&in);
	return m;
}

static void put_message(struct tls_view *v, const struct message *m, struct hf_bytes octets, bool tls13)
{
	hf_status s = m->whole ? tls_view_fields(v, m->type, m->body, tls13) : HF_SHORT;

	if (s != HF_OK && s != HF_UNSUPPORTED)
		tls_view_put_word(v, "malformed", tls_view_trouble(s));
	if (octets.len < TLS_MESSAGE_HEADER)
		tls_view_put_hex(v, "hex", octets);
	else if (s != HF_OK)
		tls_view_put_hex(v, "hex", m->body);
	if (m->behind.len)
		tls_view_put_hex(v, "behind_the_message", m->behind);
}

unsigned tls_view_message(unsigned type, struct hf_bytes body)
{
	if (type == TLS_SERVER_HELLO && body.len >= RANDOM_AT + sizeof(tls_hello_retry_random) &&
	    memcmp(body.at + RANDOM_AT, tls_hello_retry_random, sizeof(tls_hello_retry_random)) == 0)
		return TLS_HELLO_RETRY_REQUEST;
	return type;
}

/* "client_hello" is ClientHello in the RFC's text. On the wire 255 is not a HelloRetryRequest, and has no name. */
void tls_view_add_message(struct text *t, unsigned message)
{
	const char *s = tls_message_name(message);
	bool upper = true;

	if (strcmp(s, "unknown") == 0) {
		text_addf(t, "message %u", message);
		return;
	}
	for (; *s; s++) {
		char c = *s;

		if (c != '_') {
			if (upper && c >= 'a' && c <= 'z')
				c = (char)(c - 'a' + 'A');
			text_add_n(t, &c, 1);
		}
		upper = c == '_';
	}
}

const char *tls_view_trouble(hf_status s)
{
	return s == HF_SHORT ? "ends early" : s == HF_INVALID ? "has a value it must not have" : "breaks its format";
}

/* ---- the line ---- */

static void add_names_of(struct text *t, struct hf_bytes list)
{
	struct hf_bytes name;

	text_add(t, ", alpn");
	while (tls_u8_vec_next(&list, &name)) {
		text_add(t, " ");
		tls_view_add_clean(t, name, NAME_SHOWN);
	}
}

static void add_alpn(struct text *t, struct hf_bytes extensions)
{
	struct hf_bytes body, list;

	if (tls_view_find(extensions, TLS_EXT_ALPN, &body) && tls_ext_alpn_parse(body, &list) == HF_OK)
		add_names_of(t, list);
}

/* The newest that is offered: what the client hopes for. */
static unsigned offered_version(const struct tls_client_hello *m)
{
	struct hf_bytes body, list;
	unsigned best = 0;

	if (!tls_view_find(m->extensions, TLS_EXT_SUPPORTED_VERSIONS, &body) ||
	    tls_ext_u16_list_parse(body, 1, &list) != HF_OK)
		return m->legacy_version;
	for (size_t i = 0; i < tls_u16_count(list); i++) {
		unsigned n = tls_u16_at(list, i);

		if (!tls_is_grease((uint16_t)n) && n > best)
			best = n;
	}
	return best;
}

static hf_status add_client_hello(struct text *t, struct hf_bytes octets)
{
	struct tls_client_hello m;
	struct tls_key_share share;
	struct hf_bytes body, part;

	HF_TRY(tls_client_hello_parse(octets, &m));
	text_add(t, ", ");
	tls_view_add_name(t, offered_version(&m), tls_version_name);
	if (tls_view_find(m.extensions, TLS_EXT_SERVER_NAME, &body) && tls_ext_server_name_parse(body, &part) == HF_OK) {
		text_add(t, ", sni=");
		tls_view_add_clean(t, part, NAME_SHOWN);
	}
	if (tls_view_find(m.extensions, TLS_EXT_KEY_SHARE, &body) && tls_ext_key_shares_parse(body, &part) == HF_OK) {
		const char *before = ", ";

		while (tls_key_share_next(&part, &share)) {
			if (tls_is_grease(share.group))
				continue;
			text_add(t, before);
			tls_view_add_name(t, share.group, tls_group_name);
			before = " ";
		}
	}
	add_alpn(t, m.extensions);
	if (tls_view_find(m.extensions, TLS_EXT_PRE_SHARED_KEY, &body))
		text_add(t, ", psk");
	if (tls_view_find(m.extensions, TLS_EXT_EARLY_DATA, &body))
		text_add(t, ", early data");
	return HF_OK;
}

static hf_status add_retry(struct text *t, const struct tls_server_hello *m)
{
	struct hf_bytes body;
	uint16_t group;

	text_add(t, ", ");
	tls_view_add_name(t, m->suite, tls_suite_name);
	if (tls_view_find(m->extensions, TLS_EXT_KEY_SHARE, &body) && tls_ext_u16_parse(body, &group) == HF_OK) {
		text_add(t, ", wants ");
		tls_view_add_name(t, group, tls_group_name);
	}
	if (tls_view_find(m->extensions, TLS_EXT_COOKIE, &body))
		text_add(t, ", cookie");
	return HF_OK;
}

static hf_status add_server_hello(struct text *t, struct hf_bytes octets)
{
	struct tls_server_hello m;
	struct tls_key_share share;
	struct hf_bytes body;
	uint16_t version;

	HF_TRY(tls_server_hello_parse(octets, &m));
	if (tls_view_message(TLS_SERVER_HELLO, octets) == TLS_HELLO_RETRY_REQUEST)
		return add_retry(t, &m);
	version = m.legacy_version;
	if (tls_view_find(m.extensions, TLS_EXT_SUPPORTED_VERSIONS, &body) && tls_ext_u16_parse(body, &version) != HF_OK)
		version = m.legacy_version;
	text_add(t, ", ");
	tls_view_add_name(t, version, tls_version_name);
	text_add(t, ", ");
	tls_view_add_name(t, m.suite, tls_suite_name);
	if (tls_view_find(m.extensions, TLS_EXT_KEY_SHARE, &body) && tls_ext_key_share_parse(body, &share) == HF_OK) {
		text_add(t, ", ");
		tls_view_add_name(t, share.group, tls_group_name);
	}
	add_alpn(t, m.extensions);
	if (tls_view_find(m.extensions, TLS_EXT_PRE_SHARED_KEY, &body))
		text_add(t, ", psk");
	return HF_OK;
}

static hf_status add_encrypted_extensions(struct text *t, struct hf_bytes octets)
{
	struct hf_bytes extensions, body;

	HF_TRY(tls_encrypted_extensions_parse(octets, &extensions));
	add_alpn(t, extensions);
	if (tls_view_find(extensions, TLS_EXT_EARLY_DATA, &body))
		text_add(t, ", early data accepted");
	return HF_OK;
}

static hf_status add_certificate(struct text *t, struct hf_bytes octets, bool tls13)
{
	struct tls_certificate_13 m;
	struct tls_certificate_entry e;
	struct hf_bytes entries, cert;
	size_t count = 0, size = 0;

	if (tls13) {
		HF_TRY(tls_certificate_13_parse(octets, &m));
		for (; tls_certificate_13_next(&m.entries, &e); count++)
			size += e.cert.len;
	} else {
		HF_TRY(tls_certificate_12_parse(octets, &entries));
		for (; tls_certificate_12_next(&entries, &cert); count++)
			size += cert.len;
	}
	if (count == 0) {
		text_add(t, " (none)");
		return HF_OK;
	}
	text_add(t, " (");
	tls_view_add_count(t, count, "certificate", "certificates");
	text_add(t, ", ");
	tls_view_add_count(t, size, "octet", "octets");
	text_add(t, ")");
	return HF_OK;
}

static hf_status add_certificate_verify(struct text *t, struct hf_bytes octets)
{
	struct tls_certificate_verify m;

	HF_TRY(tls_certificate_verify_parse(octets, &m));
	text_add(t, ", ");
	tls_view_add_name(t, m.scheme, tls_scheme_name);
	return HF_OK;
}

static hf_status add_new_session_ticket(struct text *t, struct hf_bytes octets, bool tls13)
{
	struct tls_new_session_ticket_13 m;
	struct tls_new_session_ticket_12 old;
	struct hf_bytes body;
	uint32_t early;

	if (!tls13) {
		HF_TRY(tls_new_session_ticket_12_parse(octets, &old));
		text_addf(t, ", good for %" PRIu32 " s", old.lifetime_s);
		return HF_OK;
	}
	HF_TRY(tls_new_session_ticket_13_parse(octets, &m));
	text_addf(t, ", good for %" PRIu32 " s", m.lifetime_s);
	if (tls_view_find(m.extensions, TLS_EXT_EARLY_DATA, &body) && tls_ext_u32_parse(body, &early) == HF_OK)
		text_addf(t, ", early data up to %" PRIu32, early);
	return HF_OK;
}

static hf_status add_server_key_exchange(struct text *t, struct hf_bytes octets)
{
	struct tls_server_key_exchange m;

	HF_TRY(tls_server_key_exchange_parse(octets, &m));
	text_add(t, ", ");
	tls_view_add_name(t, m.group, tls_group_name);
	text_add(t, ", ");
	tls_view_add_name(t, m.scheme, tls_scheme_name);
	return HF_OK;
}

static hf_status add_client_key_exchange(struct text *t, struct hf_bytes octets)
{
	struct hf_bytes part;

	if (tls_client_key_exchange_ecdh_parse(octets, &part) == HF_OK) {
		text_add(t, ", key share");
		return HF_OK;
	}
	HF_TRY(tls_client_key_exchange_rsa_parse(octets, &part));
	text_add(t, ", encrypted secret");
	return HF_OK;
}

static hf_status add_certificate_status(struct text *t, struct hf_bytes octets)
{
	struct hf_bytes ocsp;

	HF_TRY(tls_certificate_status_parse(octets, &ocsp));
	text_add(t, ", OCSP answer of ");
	tls_view_add_count(t, ocsp.len, "octet", "octets");
	return HF_OK;
}

static hf_status add_key_update(struct text *t, struct hf_bytes octets)
{
	bool requested;

	HF_TRY(tls_key_update_parse(octets, &requested));
	text_add(t, requested ? ", asks for the same" : "");
	return HF_OK;
}

/* What a reader of a ladder wants to know; for all else its format is judged and there is no more to say. */
static hf_status add_details(struct text *t, const struct message *m, bool tls13)
{
	struct text nothing;
	struct look look = look_plain(80);
	struct tls_view v = { .text = &nothing, .look = &look };
	hf_status s;

	switch (m->type) {
	case TLS_CLIENT_HELLO:
		return add_client_hello(t, m->body);
	case TLS_SERVER_HELLO:
		return add_server_hello(t, m->body);
	case TLS_ENCRYPTED_EXTENSIONS:
		return add_encrypted_extensions(t, m->body);
	case TLS_CERTIFICATE:
		return add_certificate(t, m->body, tls13);
	case TLS_CERTIFICATE_VERIFY:
		return add_certificate_verify(t, m->body);
	case TLS_NEW_SESSION_TICKET:
		return add_new_session_ticket(t, m->body, tls13);
	case TLS_SERVER_KEY_EXCHANGE:
		return add_server_key_exchange(t, m->body);
	case TLS_CLIENT_KEY_EXCHANGE:
		return add_client_key_exchange(t, m->body);
	case TLS_CERTIFICATE_STATUS:
		return add_certificate_status(t, m->body);
	case TLS_KEY_UPDATE:
		return add_key_update(t, m->body);
	default:
		text_init(&nothing);
		s = tls_view_fields(&v, m->type, m->body, tls13);
		text_free(&nothing);
		return s;
	}
}
