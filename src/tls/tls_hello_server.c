/* SPDX-License-Identifier: MIT */
/*
 * A ClientHello as the server reads it (RFC 8446 4.1.2, RFC 5246 7.4.1.2). The version is found first, as it decides which
 * extensions have a meaning; each of these is a row with the function that reads its body into the offer. Then the rules that
 * tie fields and extensions together are asked, and only then anything is kept.
 */
#include "tls/tls_internal.h"
#include "wire/addr.h"

#define SENTINEL 8u /* octets at the end of our random */
#define NULL_COMPRESSION 0u
#define POINT_UNCOMPRESSED 0u /* RFC 8422 5.1.2 */

/* ---- the bodies of extensions ---- */

typedef enum tls_why take_fn(struct hf_bytes body, struct tls_offer *o);

static enum tls_why parsed(hf_status s)
{
	return s == HF_OK ? TLS_WHY_NONE : TLS_WHY_DECODE;
}

/* Letters, digits and hyphens (RFC 6066 3), and the underscores that names of machines have. */
static bool is_host_name(struct hf_bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = name.at[i], letter = c | 0x20;

		if (!((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return name.len <= sizeof(((struct tls_hs *)0)->sni);
}

/* An address must not stand here (RFC 6066 3), but some clients put it: it names no server, so it is as if it was not there. */
static enum tls_why take_server_name(struct hf_bytes body, struct tls_offer *o)
{
	struct hf_bytes name;
	struct hf_addr addr;
	const hf_status s = tls_ext_server_name_parse(body, &name);

	if (s != HF_OK)
		return s == HF_INVALID ? TLS_WHY_BAD_NAME : TLS_WHY_DECODE;
	if (name.len > 0 && addr_parse(name, &addr) == HF_OK)
		return TLS_WHY_NONE;
	if (!is_host_name(name))
		return TLS_WHY_BAD_NAME;
	if (name.len > 0 && name.at[name.len - 1] == '.')
		name.len--;
	o->name = name;
	return TLS_WHY_NONE;
}

static enum tls_why take_status_request(struct hf_bytes body, struct tls_offer *o)
{
	return parsed(tls_ext_status_request_parse(body, &o->wants_staple));
}

static enum tls_why take_supported_groups(struct hf_bytes body, struct tls_offer *o)
{
	return parsed(tls_ext_u16_list_parse(body, 2, &o->groups));
}

static enum tls_why take_ec_point_formats(struct hf_bytes body, struct tls_offer *o)
{
	struct hf_bytes formats;

	(void)o;
	if (tls_ext_u8_list_parse(body, &formats) != HF_OK)
		return TLS_WHY_DECODE;
	for (size_t i = 0; i < formats.len; i++)
		if (formats.at[i] == POINT_UNCOMPRESSED)
			return TLS_WHY_NONE;
	return TLS_WHY_BAD_POINT_FORMAT;
}

static enum tls_why take_signature_algorithms(struct hf_bytes body, struct tls_offer *o)
{
	return parsed(tls_ext_u16_list_parse(body, 2, &o->schemes));
}

static enum tls_why take_signature_algorithms_cert(struct hf_bytes body, struct tls_offer *o)
{
	struct hf_bytes schemes;

	(void)o;
	return parsed(tls_ext_u16_list_parse(body, 2, &schemes));
}

static enum tls_why take_alpn(struct hf_bytes body, struct tls_offer *o)
{
	return parsed(tls_ext_alpn_parse(body, &o->alpn));
}

static enum tls_why take_scts(struct hf_bytes body, struct tls_offer *o)
{
	o->wants_scts = true;
	return parsed(tls_ext_empty_parse(body));
}

static enum tls_why take_extended_master_secret(struct hf_bytes body, struct tls_offer *o)
{
	o->extended_master_secret = true;
	return parsed(tls_ext_empty_parse(body));
}

/* RFC 5077 3.2: the body is the ticket, without a length of its own. */
static enum tls_why take_session_ticket(struct hf_bytes body, struct tls_offer *o)
{
	o->ticket = body;
	return TLS_WHY_NONE;
}

/* RFC 5746 3.6: there is nothing to renegotiate yet. */
static enum tls_why take_renegotiation_info(struct hf_bytes body, struct tls_offer *o)
{
	struct hf_bytes verified;

	if (tls_ext_renegotiation_info_parse(body, &verified) != HF_OK)
		return TLS_WHY_DECODE;
	o->renegotiation_info = true;
	return verified.len == 0 ? TLS_WHY_NONE : TLS_WHY_BAD_RENEGOTIATION_INFO;
}

static enum tls_why take_pre_shared_key(struct hf_bytes body, struct tls_offer *o)
{
	const hf_status s = tls_ext_offered_psks_parse(body, &o->psks);

	return s == HF_INVALID ? TLS_WHY_BAD_PSK : parsed(s);
}

static enum tls_why take_psk_key_exchange_modes(struct hf_bytes body, struct tls_offer *o)
{
	return parsed(tls_ext_u8_list_parse(body, &o->psk_modes));
}

static enum tls_why take_early_data(struct hf_bytes body, struct tls_offer *o)
{
	o->early_data = true;
	return parsed(tls_ext_empty_parse(body));
}

static enum tls_why take_cookie(struct hf_bytes body, struct tls_offer *o)
{
	return parsed(tls_ext_cookie_parse(body, &o->cookie));
}

static enum tls_why take_key_share(struct hf_bytes body, struct tls_offer *o)
{
	return parsed(tls_ext_key_shares_parse(body, &o->shares));
}

static enum tls_why take_authorities(struct hf_bytes body, struct tls_offer *o)
{
	struct hf_bytes names;

	(void)o;
	return parsed(tls_ext_authorities_parse(body, &names));
}

static enum tls_why take_post_handshake_auth(struct hf_bytes body, struct tls_offer *o)
{
	(void)o;
	return parsed(tls_ext_empty_parse(body));
}

#define IN_12 1u
#define IN_13 2u

/* What has no meaning at the version is not looked at. max_fragment_length and record_size_limit: tls_take_record_limits(). */
static const struct {
	uint8_t row, versions;
	take_fn *take;
} takes[] = {
	{ TLS_ROW_SERVER_NAME, IN_12 | IN_13, take_server_name },
	{ TLS_ROW_STATUS_REQUEST, IN_12 | IN_13, take_status_request },
	{ TLS_ROW_SUPPORTED_GROUPS, IN_12 | IN_13, take_supported_groups },
	{ TLS_ROW_EC_POINT_FORMATS, IN_12, take_ec_point_formats },
	{ TLS_ROW_SIGNATURE_ALGORITHMS, IN_12 | IN_13, take_signature_algorithms },
	{ TLS_ROW_SIGNATURE_ALGORITHMS_CERT, IN_12 | IN_13, take_signature_algorithms_cert },
	{ TLS_ROW_ALPN, IN_12 | IN_13, take_alpn },
	{ TLS_ROW_SIGNED_CERTIFICATE_TIMESTAMP, IN_12 | IN_13, take_scts },
	{ TLS_ROW_EXTENDED_MASTER_SECRET, IN_12, take_extended_master_secret },
	{ TLS_ROW_SESSION_TICKET, IN_12, take_session_ticket },
	{ TLS_ROW_RENEGOTIATION_INFO, IN_12, take_renegotiation_info },
	{ TLS_ROW_PRE_SHARED_KEY, IN_13, take_pre_shared_key },
	{ TLS_ROW_PSK_KEY_EXCHANGE_MODES, IN_13, take_psk_key_exchange_modes },
	{ TLS_ROW_EARLY_DATA, IN_13, take_early_data },
	{ TLS_ROW_COOKIE, IN_13, take_cookie },
	{ TLS_ROW_KEY_SHARE, IN_13, take_key_share },
	{ TLS_ROW_CERTIFICATE_AUTHORITIES, IN_13, take_authorities },
	{ TLS_ROW_POST_HANDSHAKE_AUTH, IN_13, take_post_handshake_auth },
};

static hf_status take_extensions(struct hf_tls *t, uint16_t version, struct tls_offer *o)
{
	const unsigned now = version == TLS_VERSION_1_3 ? IN_13 : IN_12;

	for (size_t i = 0; i < HF_ARRAY_LEN(takes); i++) {
		enum tls_why why;

		if (!(takes[i].versions & now) || !(o->exts.has & 1u << takes[i].row))
			continue;
		why = takes[i].take(o->exts.body[takes[i].row], o);
		if (why != TLS_WHY_NONE)
			return tls_fail(t, why);
	}
	return HF_OK;
}

/* ---- the version ---- */

/* The highest that both have (RFC 8446 4.2.1; appendix D.2 for those who know no 1.3). */
static hf_status choose_version(struct hf_tls *t, struct tls_offer *o, uint16_t *ret)
{
	const uint16_t legacy = o->hello.legacy_version;
	const uint16_t min = tls_cfg_min(t->cfg), max = tls_cfg_max(t->cfg);
	uint16_t version = 0;

	/* RFC 8446 D.5: whatever else it says. */
	TLS_REQUIRE(t, legacy > TLS_VERSION_SSL_3_0, NO_VERSION);
	if (o->exts.has & TLS_HAS(SUPPORTED_VERSIONS)) {
		TLS_TRY_PARSE(t, tls_ext_u16_list_parse(o->exts.body[TLS_ROW_SUPPORTED_VERSIONS], 1, &o->versions));
		for (uint16_t v = max; v >= min && !version; v--)
			if (tls_u16_has(o->versions, v))
				version = v;
	} else if (legacy >= TLS_VERSION_1_2 && min <= TLS_VERSION_1_2) {
		version = TLS_VERSION_1_2;
	}
	TLS_REQUIRE(t, version, NO_VERSION);
	/* RFC 7507 3: had the client come down to this by itself, it would have offered what we have. */
	TLS_REQUIRE(t, version == max || !tls_u16_has(o->hello.suites, TLS_SUITE_FALLBACK_SCSV), FALLBACK);
	*ret = version;
	return HF_OK;
}

/* ---- the rules ---- */

static bool has_null_compression(struct hf_bytes methods)
{
	for (size_t i = 0; i < methods.len; i++)
		if (methods.at[i] == NULL_COMPRESSION)
			return true;
	return false;
}

/*
 * RFC 8446 4.2.8: a share's group is among the groups, in their order, and none comes twice. In their order means that
 * each is found behind the one before.
 */
static hf_status check_shares(struct hf_tls *t, const struct tls_offer *o)
{
	struct hf_bytes entries = o->shares;
	struct tls_key_share share;
	size_t at = 0;

	while (tls_key_share_next(&entries, &share)) {
		while (at < tls_u16_count(o->groups) && tls_u16_at(o->groups, at) != share.group)
			at++;
		TLS_REQUIRE(t, at < tls_u16_count(o->groups), BAD_SHARE);
		at++;
	}
	return HF_OK;
}

static hf_status check_13(struct hf_tls *t, const struct tls_offer *o)
{
	const uint32_t has = o->exts.has;

	TLS_REQUIRE(t, o->hello.compression.len == 1 && o->hello.compression.at[0] == NULL_COMPRESSION, BAD_COMPRESSION);
	if (has & TLS_HAS(PRE_SHARED_KEY)) {
		TLS_REQUIRE(t, o->exts.last == TLS_ROW_PRE_SHARED_KEY, PSK_NOT_LAST);
		TLS_REQUIRE(t, has & TLS_HAS(PSK_KEY_EXCHANGE_MODES), BAD_PSK_MODE);
	} else {
		TLS_REQUIRE(t, has & TLS_HAS(SIGNATURE_ALGORITHMS), MISSING_EXT);
	}
	/* RFC 8446 9.2. A PSK could do without both, but then no handshake is left: here every one exchanges keys. */
	TLS_REQUIRE(t, has & TLS_HAS(SUPPORTED_GROUPS) && has & TLS_HAS(KEY_SHARE), MISSING_EXT);
	return check_shares(t, o);
}

static hf_status check_12(struct hf_tls *t, const struct tls_offer *o)
{
	TLS_REQUIRE(t, has_null_compression(o->hello.compression), BAD_COMPRESSION);
	return HF_OK;
}

/* ---- the message ---- */

/* RFC 8446 4.1.3: the end of the random says to a client of 1.3 that somebody took 1.3 out of its hello. */
static void draw_random(struct hf_tls *t)
{
	static const uint8_t sentinel[SENTINEL] = { 'D', 'O', 'W', 'N', 'G', 'R', 'D', 1 };
	struct tls_hs *hs = t->hs;

	tls_draw(t, hs->server_random, sizeof(hs->server_random));
	if (tls_cfg_max(t->cfg) > t->version)
		memcpy(hs->server_random + sizeof(hs->server_random) - SENTINEL, sentinel, SENTINEL);
}

/* The offer lends from the message, which stays until the tasks are done; what is needed later is copied. */
static void keep(struct hf_tls *t, const struct tls_offer *o)
{
	struct tls_hs *hs = t->hs;

	hs->offer = *o;
	memcpy(hs->client_random, o->hello.random.at, sizeof(hs->client_random));
	hs->session_id_len = (uint8_t)o->hello.session_id.len;
	memcpy(hs->session_id, o->hello.session_id.at, hs->session_id_len);
	memcpy(hs->sni, o->name.len ? o->name.at : hs->sni, o->name.len);
	hs->name = hs->offer.name = (struct hf_bytes){ hs->sni, o->name.len };
}

hf_status tls_on_s_client_hello(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_offer o = { 0 };
	uint16_t version = 0;

	TLS_TRY_PARSE(t, tls_client_hello_parse(body, &o.hello));
	HF_TRY(tls_exts_sort(t, o.hello.extensions, TLS_IN_CH, 0, &o.exts));
	HF_TRY(choose_version(t, &o, &version));
	/* The rest of what a second hello must not change: tls13_server_hello_came(). */
	TLS_REQUIRE(t, !t->retried || version == TLS_VERSION_1_3, CHANGED_HELLO);
	HF_TRY(take_extensions(t, version, &o));
	HF_TRY(version == TLS_VERSION_1_3 ? check_13(t, &o) : check_12(t, &o));
	TLS_REQUIRE(t, o.name.len > 0 || !t->cfg->require_sni, MISSING_EXT);
	/* RFC 5746 3.6: either says that the client knows of it. */
	if (version == TLS_VERSION_1_2 && tls_u16_has(o.hello.suites, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV))
		o.renegotiation_info = true;

	t->version = version;
	keep(t, &o);
	tls_tell(t, HF_TLS_TOLD_VERSION)->x = version;
	HF_TRY(tls_take_record_limits(t, &o.exts));
	HF_TRY(tls_choose_alpn(t));
	if (version == TLS_VERSION_1_3)
		return tls13_server_hello_came(t);
	draw_random(t);
	return tls12_server_hello_came(t);
}

/* ---- for both versions ---- */

static bool list_holds(struct hf_bytes list, struct hf_bytes wanted)
{
	struct hf_bytes one;

	while (tls_u8_vec_next(&list, &one))
		if (hf_bytes_same(one, wanted))
			return true;
	return false;
}

hf_status tls_choose_alpn(struct hf_tls *t)
{
	const struct hf_bytes offered = t->hs->offer.alpn;

	t->alpn = -1;
	if (offered.len == 0 || t->cfg->alpns == 0)
		return HF_OK;
	for (size_t i = 0; i < t->cfg->alpns; i++)
		if (list_holds(offered, t->cfg->alpn[i])) {
			t->alpn = (int16_t)i;
			return HF_OK;
		}
	return tls_fail(t, TLS_WHY_NO_ALPN);
}

hf_status tls_ask_certificate(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	/* RFC 8446 4.2.3: here, not with the hello, as a PSK that is accepted needs none. */
	TLS_REQUIRE(t, t->version != TLS_VERSION_1_3 || hs->offer.exts.has & TLS_HAS(SIGNATURE_ALGORITHMS), MISSING_EXT);
	/*
	 * In 1.2 no list means SHA-1 (RFC 5246 7.4.1.4.1), which nobody signs with any more (RFC 9155 2): as with a list that
	 * has nothing for us, only RSA key transport is left, where the server signs nothing.
	 */
	tls_keep_schemes(t, hs->offer.schemes);
	TLS_REQUIRE(t, hs->peer_schemes_len > 0 || (t->version == TLS_VERSION_1_2 && t->cfg->rsa_key_transport), NO_SCHEME);
	hs->question = (struct hf_tls_question){
		.what = HF_TLS_WANTS_INPUT,
		.name = hs->offer.name,
		.schemes = { hs->peer_schemes, hs->peer_schemes_len },
		.version = t->version,
	};
	return tls_ask(t, HF_TLS_WANTS_CERTIFICATE);
}
