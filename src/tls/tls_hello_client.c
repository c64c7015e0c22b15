/* SPDX-License-Identifier: MIT */
/*
 * The ClientHello, for 1.3 and 1.2 at once (RFC 8446 4.1.2). Its extensions are rows, in the order they go out; a row says
 * when it is wanted and writes its body. The second hello, after a HelloRetryRequest, is built by the same rows: all
 * randomness in it comes from hello_seed, drawn once, so it differs from the first only where `retried` is asked for.
 *
 * What was sent is noted in hs->asked; answers are held to it.
 */
#include "tls/tls13.h"
#include "wire/addr.h"

#define EXTENSION_HEADER 4u
#define HELLO_FIXED 512u /* octets of a hello at most, besides what hello_bound() counts */
#define NAME_MAX 255u
#define PSK_DHE_KE 1u         /* RFC 8446 4.2.9 */
#define POINT_UNCOMPRESSED 0u /* RFC 8422 5.1.2 */
#define OCSP 1u               /* RFC 6066 8 */
#define SEVEN_DAYS_S 604800u  /* RFC 8446 4.6.1 */

typedef bool wanted_fn(const struct hf_tls *t);
typedef hf_status put_fn(struct hf_tls *t, struct hf_wr *out);

static bool offers(const struct hf_tls *t, uint16_t version)
{
	return tls_cfg_min(t->cfg) <= version && version <= tls_cfg_max(t->cfg);
}

/* ---- GREASE, RFC 8701 ---- */

enum grease {
	GREASE_SUITE,
	GREASE_EXTENSION,
	GREASE_GROUP,
	GREASE_VERSION,
	GREASE_COUNT,
};

/* n octets that are the same for both hellos. */
static void derive(const struct tls_hs *hs, uint8_t what, uint16_t which, uint8_t *ret, size_t n)
{
	const uint8_t info[3] = { what, (uint8_t)(which >> 8), (uint8_t)which };

	crypto_hkdf_expand(CRYPTO_SHA256, (struct hf_bytes){ hs->hello_seed, sizeof(hs->hello_seed) },
			   (struct hf_bytes){ info, sizeof(info) }, ret, n);
}

static uint16_t grease(const struct tls_hs *hs, enum grease which)
{
	uint8_t drawn[GREASE_COUNT];

	derive(hs, 'g', 0, drawn, sizeof(drawn));
	return (uint16_t)(((drawn[which] & 0xf0u) | 0x0au) * 0x0101u);
}

static void put_grease(const struct hf_tls *t, struct hf_wr *out, enum grease which)
{
	if (!t->cfg->no_grease)
		hf_wr_u16(out, grease(t->hs, which));
}

/* ---- the session offered ---- */

void tls_client_drop_session(struct tls_hs *hs)
{
	crypto_wipe(&hs->session, sizeof(hs->session));
}

static uint64_t session_age_ms(const struct hf_tls *t)
{
	return tls_unix_ms(t) - t->hs->session.made_unix_ms;
}

/* RFC 8446 4.2.11: a PSK is bound to a hash, not to a suite. */
static bool offers_hash(const struct hf_tls *t, uint8_t hash)
{
	const struct hf_tls_list list = tls_cfg_suites(t->cfg);

	for (size_t i = 0; i < list.n; i++) {
		const struct tls_suite *suite = tls_suite_find(list.at[i]);

		if (suite && suite->hash == hash && tls_suite_usable(t->cfg, suite, TLS_VERSION_1_3))
			return true;
	}
	return false;
}

/* Can the session be offered now, to this server? */
static bool session_fits(const struct hf_tls *t)
{
	const struct tls_session *s = &t->hs->session;
	const struct tls_suite *suite = tls_suite_find(s->suite);
	uint32_t lifetime_s = s->lifetime_s;

	if (t->cfg->no_resumption || !suite || s->ticket.len == 0 || !offers(t, s->version))
		return false;
	if (!s->peer_certificate && !t->cfg->unproved_sessions)
		return false;
	/* RFC 8446 4.6.1: a session is for the name it was made for. */
	if (!hf_bytes_same(s->name, (struct hf_bytes){ t->name_hash, sizeof(t->name_hash) }))
		return false;
	/* RFC 5077 3.3: 0 says nothing. */
	if (s->version == TLS_VERSION_1_2 && lifetime_s == 0)
		lifetime_s = SEVEN_DAYS_S;
	if (tls_unix_ms(t) < s->made_unix_ms || session_age_ms(t) / 1000 >= hf_min_u32(lifetime_s, SEVEN_DAYS_S))
		return false;
	if (s->version == TLS_VERSION_1_3)
		return offers_hash(t, suite->hash);
	/* RFC 7627 5.3: without it a resumed session is open to the triple handshake. */
	return s->extended_master_secret && tls_suite_usable(t->cfg, suite, s->version);
}

/* RFC 8446 4.2.10: early data goes under the session's own suite and protocol. */
static bool may_send_early(const struct hf_tls *t)
{
	const struct tls_session *s = &t->hs->session;

	if (s->version != TLS_VERSION_1_3 || t->cfg->early_data_max == 0 || s->early_data_max == 0)
		return false;
	if (!tls_suite_usable(t->cfg, tls_suite_find(s->suite), TLS_VERSION_1_3))
		return false;
	for (size_t i = 0; i < t->cfg->alpns; i++)
		if (hf_bytes_same(s->alpn, t->cfg->alpn[i]))
			return true;
	return s->alpn.len == 0 && t->cfg->alpns == 0;
}

/* ---- the extensions ---- */

static bool in_any(const struct hf_tls *t)
{
	(void)t;
	return true;
}

static bool in_12(const struct hf_tls *t)
{
	return offers(t, TLS_VERSION_1_2);
}

static bool in_13(const struct hf_tls *t)
{
	return offers(t, TLS_VERSION_1_3);
}

static hf_status put_nothing(struct hf_tls *t, struct hf_wr *out)
{
	(void)t;
	(void)out;
	return HF_OK;
}

/* An IPv6 address may come with brackets or a zone: a colon is enough to know it. */
static bool is_address(struct hf_bytes name)
{
	struct hf_addr addr;

	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == ':')
			return true;
	return addr_parse(name, &addr) == HF_OK;
}

/* RFC 6066 3: no dot at the end, and no address. */
static struct hf_bytes sni(const struct hf_tls *t)
{
	struct hf_bytes name = t->hs->name;

	if (name.len > 0 && name.at[name.len - 1] == '.')
		name.len--;
	if (name.len > NAME_MAX || is_address(name))
		name.len = 0;
	return name;
}

static bool has_name(const struct hf_tls *t)
{
	return sni(t).len > 0;
}

static hf_status put_server_name(struct hf_tls *t, struct hf_wr *out)
{
	const struct hf_bytes name = sni(t);
	const size_t list = tls_vec_begin(out, 2);
	size_t host;

	hf_wr_u8(out, 0); /* host_name */
	host = tls_vec_begin(out, 2);
	hf_wr_copy(out, name.at, name.len);
	tls_vec_end(out, 2, host);
	tls_vec_end(out, 2, list);
	return HF_OK;
}

/* May this group be offered, for one of the versions at least? */
static bool group_offered(const struct hf_tls *t, uint16_t group)
{
	return tls_group_usable(t->cfg, group) && tls_group_suits(group, tls_cfg_max(t->cfg));
}

static hf_status put_supported_groups(struct hf_tls *t, struct hf_wr *out)
{
	const struct hf_tls_list groups = tls_cfg_groups(t->cfg);
	const size_t list = tls_vec_begin(out, 2);

	put_grease(t, out, GREASE_GROUP);
	for (size_t i = 0; i < groups.n; i++)
		if (group_offered(t, groups.at[i]))
			hf_wr_u16(out, groups.at[i]);
	tls_vec_end(out, 2, list);
	return HF_OK;
}

static hf_status put_ec_point_formats(struct hf_tls *t, struct hf_wr *out)
{
	(void)t;
	hf_wr_u8(out, 1);
	hf_wr_u8(out, POINT_UNCOMPRESSED);
	return HF_OK;
}

/* RFC 5077 3.2: an empty one asks for a ticket. */
static bool takes_tickets_12(const struct hf_tls *t)
{
	return in_12(t) && !t->cfg->no_resumption;
}

static hf_status put_session_ticket(struct hf_tls *t, struct hf_wr *out)
{
	const struct tls_session *s = &t->hs->session;

	if (s->version == TLS_VERSION_1_2)
		hf_wr_copy(out, s->ticket.at, s->ticket.len);
	return HF_OK;
}

static bool has_alpn(const struct hf_tls *t)
{
	return t->cfg->alpns > 0;
}

static hf_status put_alpn(struct hf_tls *t, struct hf_wr *out)
{
	const size_t list = tls_vec_begin(out, 2);

	for (size_t i = 0; i < t->cfg->alpns; i++) {
		hf_wr_u8(out, (uint8_t)t->cfg->alpn[i].len);
		hf_wr_copy(out, t->cfg->alpn[i].at, t->cfg->alpn[i].len);
	}
	tls_vec_end(out, 2, list);
	return HF_OK;
}

static bool wants_staple(const struct hf_tls *t)
{
	return t->cfg->want_staple;
}

/* RFC 6066 8: no list of responders, no extensions. */
static hf_status put_status_request(struct hf_tls *t, struct hf_wr *out)
{
	(void)t;
	hf_wr_u8(out, OCSP);
	hf_wr_u16(out, 0);
	hf_wr_u16(out, 0);
	return HF_OK;
}

static hf_status put_signature_algorithms(struct hf_tls *t, struct hf_wr *out)
{
	tls_put_numbers(out, tls_cfg_schemes(t->cfg));
	return HF_OK;
}

/* All that can be checked, whatever the configuration allows in the handshake itself. */
static struct hf_tls_list schemes_of_chains(void)
{
	static const struct hf_tls_config any = { 0 };

	return tls_cfg_schemes(&any);
}

/* RFC 8446 4.2.3: without it the other list is for the certificates too, where a short one would forbid most chains. */
static bool has_short_list(const struct hf_tls *t)
{
	const struct hf_tls_list all = schemes_of_chains();

	for (size_t i = 0; i < all.n; i++)
		if (!tls_list_has(tls_cfg_schemes(t->cfg), all.at[i]))
			return true;
	return false;
}

static hf_status put_signature_algorithms_cert(struct hf_tls *t, struct hf_wr *out)
{
	(void)t;
	tls_put_numbers(out, schemes_of_chains());
	return HF_OK;
}

static bool has_record_limit(const struct hf_tls *t)
{
	return t->cfg->record_size_limit > 0;
}

/* RFC 8449 4: one number for both versions, of which 1.3 counts the content type too. */
static hf_status put_record_size_limit(struct hf_tls *t, struct hf_wr *out)
{
	hf_wr_u16(out, tls_own_record_limit(t, tls_cfg_max(t->cfg)));
	return HF_OK;
}

static bool has_fragment_length(const struct hf_tls *t)
{
	return t->cfg->max_fragment_length > 0;
}

static hf_status put_max_fragment_length(struct hf_tls *t, struct hf_wr *out)
{
	hf_wr_u8(out, t->cfg->max_fragment_length);
	return HF_OK;
}

static hf_status put_share(struct hf_tls *t, struct hf_wr *out, uint16_t group)
{
	struct tls_hs *hs = t->hs;
	const size_t size = crypto_kex_client_share_size(group);
	uint8_t entropy[CRYPTO_KEX_ENTROPY];
	uint8_t *share;
	hf_status made;
	size_t len;

	hf_wr_u16(out, group);
	hf_wr_u16(out, (uint16_t)size);
	share = hf_wr_take(out, size);
	TLS_REQUIRE(t, share, INTERNAL);
	derive(hs, 's', group, entropy, sizeof(entropy));
	made = crypto_kex_offer(t->cfg->crypto, group, entropy, &hs->kex[hs->shares], share, size, &len);
	crypto_wipe(entropy, sizeof(entropy));
	TLS_REQUIRE(t, made != HF_FULL, NO_MEMORY);
	TLS_REQUIRE(t, made == HF_OK, INTERNAL);
	HF_ASSERT(len == size);
	hs->shares++;
	return HF_OK;
}

/*
 * One is enough if the server has its group, and most have X25519. With a hybrid that is not so yet, and asking again costs a
 * round trip: 36 octets more beside its 1,220 spare that.
 */
static bool wants_share(const struct hf_tls *t)
{
	const struct tls_hs *hs = t->hs;

	if (t->cfg->shares)
		return hs->shares < t->cfg->shares;
	return hs->shares == 0 || (hs->shares == 1 && tls_group_is_hybrid(hs->kex[0].group));
}

/* RFC 8446 4.2.8; after a HelloRetryRequest that names a group, a share in it and nothing else. */
static hf_status put_key_share(struct hf_tls *t, struct hf_wr *out)
{
	const struct hf_tls_list groups = tls_cfg_groups(t->cfg);
	struct tls_hs *hs = t->hs;
	const size_t list = tls_vec_begin(out, 2);

	for (unsigned i = 0; i < hs->shares; i++)
		crypto_kex_clear(&hs->kex[i]);
	hs->shares = 0;
	if (hs->retry_group) {
		HF_TRY(put_share(t, out, hs->retry_group));
	} else {
		if (!t->cfg->no_grease) {
			hf_wr_u16(out, grease(hs, GREASE_GROUP));
			hf_wr_u16(out, 1);
			hf_wr_u8(out, 0);
		}
		for (size_t i = 0; i < groups.n && wants_share(t); i++)
			if (group_offered(t, groups.at[i]))
				HF_TRY(put_share(t, out, groups.at[i]));
	}
	tls_vec_end(out, 2, list);
	return HF_OK;
}

/* RFC 8446 4.2.9: it also says that tickets are welcome. */
static bool takes_tickets_13(const struct hf_tls *t)
{
	return in_13(t) && !t->cfg->no_resumption;
}

static hf_status put_psk_key_exchange_modes(struct hf_tls *t, struct hf_wr *out)
{
	(void)t;
	hf_wr_u8(out, 1);
	hf_wr_u8(out, PSK_DHE_KE);
	return HF_OK;
}

static hf_status put_supported_versions(struct hf_tls *t, struct hf_wr *out)
{
	const size_t list = tls_vec_begin(out, 1);

	put_grease(t, out, GREASE_VERSION);
	for (uint16_t v = tls_cfg_max(t->cfg); v >= tls_cfg_min(t->cfg); v--)
		hf_wr_u16(out, v);
	tls_vec_end(out, 1, list);
	return HF_OK;
}

static bool has_cookie(const struct hf_tls *t)
{
	return t->hs->cookie_len > 0;
}

static hf_status put_cookie(struct hf_tls *t, struct hf_wr *out)
{
	const struct tls_hs *hs = t->hs;

	hf_wr_u16(out, hs->cookie_len);
	hf_wr_copy(out, hs->in + hs->cookie_at, hs->cookie_len);
	return HF_OK;
}

/* RFC 8446 4.1.2: not in a second hello; a HelloRetryRequest has rejected it then. */
static bool sends_early(const struct hf_tls *t)
{
	return t->early == HF_TLS_EARLY_OFFERED;
}

static bool has_psk(const struct hf_tls *t)
{
	return t->hs->session.version == TLS_VERSION_1_3;
}

/* Octets of the list of binders, which a binder's hash leaves out (RFC 8446 4.2.11.2). */
static size_t binders_size(const struct tls_session *s)
{
	return 2u + 1u + tls_suite_find(s->suite)->hash_size;
}

/* The binder is filled in by put_binder(), when all that stands before it is there. */
static hf_status put_pre_shared_key(struct hf_tls *t, struct hf_wr *out)
{
	const struct tls_session *s = &t->hs->session;
	const size_t size = binders_size(s);
	const size_t identities = tls_vec_begin(out, 2);
	const size_t ticket = tls_vec_begin(out, 2);

	hf_wr_copy(out, s->ticket.at, s->ticket.len);
	tls_vec_end(out, 2, ticket);
	hf_wr_u32(out, (uint32_t)session_age_ms(t) + s->age_add); /* RFC 8446 4.2.11.1 */
	tls_vec_end(out, 2, identities);
	hf_wr_u16(out, (uint16_t)(size - 2));
	hf_wr_u8(out, (uint8_t)(size - 3));
	hf_wr_fill(out, 0, size - 3);
	return HF_OK;
}

/* pre_shared_key must be the last (RFC 8446 4.2.11). An empty one is not the last before it, which some servers do not bear. */
static const struct {
	uint8_t row;
	uint16_t type;
	wanted_fn *wanted;
	put_fn *put;
} extensions[] = {
#define ROW(name, wanted, put)                              \
	{                                                   \
		TLS_ROW_##name, TLS_EXT_##name, wanted, put \
	}
	ROW(SERVER_NAME, has_name, put_server_name),
	ROW(EXTENDED_MASTER_SECRET, in_12, put_nothing),
	ROW(SUPPORTED_GROUPS, in_any, put_supported_groups),
	ROW(EC_POINT_FORMATS, in_12, put_ec_point_formats),
	ROW(SESSION_TICKET, takes_tickets_12, put_session_ticket),
	ROW(ALPN, has_alpn, put_alpn),
	ROW(STATUS_REQUEST, wants_staple, put_status_request),
	ROW(SIGNED_CERTIFICATE_TIMESTAMP, wants_staple, put_nothing),
	ROW(SIGNATURE_ALGORITHMS, in_any, put_signature_algorithms),
	ROW(SIGNATURE_ALGORITHMS_CERT, has_short_list, put_signature_algorithms_cert),
	ROW(MAX_FRAGMENT_LENGTH, has_fragment_length, put_max_fragment_length),
	ROW(RECORD_SIZE_LIMIT, has_record_limit, put_record_size_limit),
	ROW(KEY_SHARE, in_13, put_key_share),
	ROW(COOKIE, has_cookie, put_cookie),
	ROW(EARLY_DATA, sends_early, put_nothing),
	ROW(PSK_KEY_EXCHANGE_MODES, takes_tickets_13, put_psk_key_exchange_modes),
	ROW(SUPPORTED_VERSIONS, in_13, put_supported_versions),
	ROW(PRE_SHARED_KEY, has_psk, put_pre_shared_key),
#undef ROW
};

static hf_status put_extensions(struct hf_tls *t, struct hf_wr *out)
{
	struct tls_hs *hs = t->hs;
	const size_t block = tls_vec_begin(out, 2);

	if (!t->cfg->no_grease) {
		hf_wr_u16(out, grease(hs, GREASE_EXTENSION));
		hf_wr_u16(out, 0);
	}
	hs->asked = 0;
	for (size_t i = 0; i < HF_ARRAY_LEN(extensions); i++) {
		size_t body;

		if (!extensions[i].wanted(t))
			continue;
		hf_wr_u16(out, extensions[i].type);
		body = tls_vec_begin(out, 2);
		HF_TRY(extensions[i].put(t, out));
		tls_vec_end(out, 2, body);
		hs->asked |= 1u << extensions[i].row;
	}
	tls_vec_end(out, 2, block);
	return HF_OK;
}

/* ---- the message ---- */

/* Enough room for the message. */
static size_t hello_bound(const struct hf_tls *t)
{
	const struct hf_tls_list groups = tls_cfg_groups(t->cfg);
	const struct tls_hs *hs = t->hs;
	size_t n = HELLO_FIXED + HF_ARRAY_LEN(extensions) * EXTENSION_HEADER + NAME_MAX + hs->session.ticket.len +
		   hs->cookie_len;

	n += 2 * (tls_cfg_suites(t->cfg).n + groups.n + tls_cfg_schemes(t->cfg).n + schemes_of_chains().n);
	for (size_t i = 0; i < t->cfg->alpns; i++)
		n += 1 + t->cfg->alpn[i].len;
	for (size_t i = 0; i < groups.n; i++)
		if (group_offered(t, groups.at[i]))
			n += EXTENSION_HEADER + crypto_kex_client_share_size(groups.at[i]);
	return n;
}

static void put_suites(struct hf_tls *t, struct hf_wr *out)
{
	const struct hf_tls_list suites = tls_cfg_suites(t->cfg);
	const size_t list = tls_vec_begin(out, 2);

	put_grease(t, out, GREASE_SUITE);
	for (size_t i = 0; i < suites.n; i++) {
		const struct tls_suite *suite = tls_suite_find(suites.at[i]);

		if (suite && tls_suite_usable(t->cfg, suite, suite->version))
			hf_wr_u16(out, suite->number);
	}
	/* RFC 5746 3.4: this or an empty renegotiation_info; it is the shorter of the two. */
	if (in_12(t) && !t->cfg->no_renegotiation_info)
		hf_wr_u16(out, TLS_SUITE_EMPTY_RENEGOTIATION_INFO_SCSV);
	tls_vec_end(out, 2, list);
}

/* The hash of the messages so far and of `more`. */
static void hash_with(const struct tls_hs *hs, enum crypto_hash_id hash, struct hf_bytes more, uint8_t *ret)
{
	struct crypto_hash h = hs->transcript[0].id == hash ? hs->transcript[0] : hs->transcript[1];

	HF_ASSERT(h.id == hash);
	crypto_hash_add(&h, more);
	crypto_hash_peek(&h, ret);
}

/* RFC 8446 4.2.11.2: over the hello up to the binders, with the lengths of the whole. */
static void put_binder(const struct tls_hs *hs, struct hf_wr *out)
{
	const struct tls_session *s = &hs->session;
	const enum crypto_hash_id hash = tls_suite_find(s->suite)->hash;
	uint8_t digest[CRYPTO_HASH_MAX];

	tls_message_end(out, 0);
	if (out->bad)
		return;
	hash_with(hs, hash, (struct hf_bytes){ out->start, hf_wr_len(out) - binders_size(s) }, digest);
	tls_psk_binder(hash, (struct hf_bytes){ s->secret, s->secret_len }, digest, out->at - crypto_hash_size(hash));
}

static hf_status send_client_hello(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct hf_wr out;

	HF_TRY(tls_message(t, TLS_CLIENT_HELLO, hello_bound(t), &out));
	hf_wr_u16(&out, TLS_VERSION_1_2);
	hf_wr_copy(&out, hs->client_random, sizeof(hs->client_random));
	hf_wr_u8(&out, hs->session_id_len);
	hf_wr_copy(&out, hs->session_id, hs->session_id_len);
	put_suites(t, &out);
	hf_wr_u8(&out, 1);
	hf_wr_u8(&out, 0); /* no compression */
	HF_TRY(put_extensions(t, &out));
	if (has_psk(t))
		put_binder(hs, &out);
	return tls_commit(t, &out);
}

/* ---- the tasks ---- */

/* All that is drawn and decided once, for both hellos. */
static hf_status prepare(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	crypto_hash_of(CRYPTO_SHA256, hs->name, t->name_hash);
	tls_draw(t, hs->client_random, sizeof(hs->client_random));
	tls_draw(t, hs->hello_seed, sizeof(hs->hello_seed));
	if (!session_fits(t))
		tls_client_drop_session(hs);
	/* RFC 8446 D.4: a session id as if one was resumed. RFC 5077 3.4: a server that takes a ticket of 1.2 sends it back. */
	if ((in_13(t) && !t->cfg->no_compatibility) || hs->session.version == TLS_VERSION_1_2) {
		hs->session_id_len = sizeof(hs->session_id);
		tls_draw(t, hs->session_id, hs->session_id_len);
	}
	if (may_send_early(t)) {
		t->early = HF_TLS_EARLY_OFFERED;
		t->early_left = hs->session.early_data_max;
	}
	return HF_OK;
}

/* RFC 8446 D.4: once, before the second hello or the first record that is encrypted. */
static hf_status send_ccs(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (t->cfg->no_compatibility || hs->ccs_sent)
		return HF_OK;
	HF_TRY(tls_send_ccs(t));
	hs->ccs_sent = true;
	return HF_OK;
}

static hf_status send_early_ccs(struct hf_tls *t)
{
	return sends_early(t) ? send_ccs(t) : HF_OK;
}

/* RFC 8446 7.1: client_early_traffic_secret, of the hello alone. */
static hf_status start_early_data(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const struct tls_session *s = &hs->session;
	hf_status made;

	if (!sends_early(t))
		return HF_OK;
	HF_TRY(tls_flushed(t));
	/* No suite is agreed on yet: these keys are for the session's, and the schedule begins again with the ServerHello. */
	t->suite = tls_suite_find(s->suite);
	tls_schedule_early(&hs->schedule, t->suite->hash, (struct hf_bytes){ s->secret, s->secret_len });
	tls13_early_secrets(t);
	made = tls_write_keys_13(t, TLS_EPOCH_EARLY, hs->early_secret_client);
	t->suite = NULL;
	t->early_writable = made == HF_OK;
	return made;
}

tls_task *const tls_client_begin[] = { prepare, send_client_hello, send_early_ccs, start_early_data, NULL };
tls_task *const tls_client_begin_again[] = { send_ccs, send_client_hello, NULL };
