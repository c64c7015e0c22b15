/* SPDX-License-Identifier: MIT */
/* What both versions and both sides ask and check alike: signatures, verdicts, the peer's leaf, the sizes of records. */
#include "tls/tls_internal.h"

/* ---- signatures and certificates ---- */

hf_status tls_ask_signature(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	hs->signature_len = 0;
	hs->question = (struct hf_tls_question){
		.what = HF_TLS_WANTS_INPUT,
		.version = t->version,
		.scheme = t->scheme,
		.content = { hs->content, hs->content_len },
		.cred = hs->cred,
	};
	return tls_ask(t, HF_TLS_WANTS_SIGNATURE);
}

hf_status tls_ask_verdict(struct hf_tls *t, size_t certs, struct hf_bytes ocsp, struct hf_bytes scts)
{
	struct tls_hs *hs = t->hs;

	HF_ASSERT(certs >= 1 && certs <= TLS_CHAIN_MAX);
	hs->certs = (uint8_t)certs;
	hs->question = (struct hf_tls_question){
		.what = HF_TLS_WANTS_INPUT,
		.version = t->version,
		.chain = hs->chain,
		.certs = certs,
		.ocsp = ocsp,
		.sct_list = scts,
	};
	if (!t->server)
		hs->question.peer_name = hs->name;
	return tls_ask(t, HF_TLS_WANTS_VERDICT);
}

hf_status tls_take_verdict(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (hs->verdict) {
		tls_tell(t, HF_TLS_TOLD_CERTIFICATE_BAD)->x = hs->verdict;
		return tls_fail_alert(t, TLS_WHY_VERDICT, hs->verdict);
	}
	t->peer_certificate = !hs->verdict_passed;
	tls_tell(t, HF_TLS_TOLD_CERTIFICATE_OK)->x = hs->certs;
	return HF_OK;
}

/* RFC 8422 2, RFC 5246 7.4.2: in 1.2 the suite names the kind of key a server must have. */
static bool suits(const struct hf_tls *t, enum crypto_key_kind kind)
{
	if (kind == CRYPTO_KEY_OTHER)
		return false;
	if (t->server || t->version != TLS_VERSION_1_2)
		return true;
	switch (t->suite->kx) {
	case TLS_KX_RSA:
		return kind == CRYPTO_KEY_RSA;
	case TLS_KX_ECDHE_RSA:
		return kind == CRYPTO_KEY_RSA || kind == CRYPTO_KEY_RSA_PSS;
	default:
		return kind != CRYPTO_KEY_RSA && kind != CRYPTO_KEY_RSA_PSS;
	}
}

hf_status tls_take_leaf(struct hf_tls *t, struct hf_bytes der)
{
	struct tls_hs *hs = t->hs;
	struct crypto_pub *key = NULL;
	const hf_status read = crypto_pub_of_cert(t->cfg->crypto, der, &key);

	TLS_REQUIRE(t, read != HF_FULL, NO_MEMORY);
	TLS_REQUIRE(t, read != HF_UNSUPPORTED, WRONG_KEY_KIND);
	TLS_REQUIRE(t, read == HF_OK, BAD_CERTIFICATE);
	if (!suits(t, crypto_pub_kind(key))) {
		crypto_pub_free(key);
		return tls_fail(t, TLS_WHY_WRONG_KEY_KIND);
	}
	crypto_pub_free(hs->peer_key);
	hs->peer_key = key;
	return HF_OK;
}

/* What else the peer likes does not matter. */
void tls_keep_schemes(struct hf_tls *t, struct hf_bytes list)
{
	const struct hf_tls_list ours = tls_cfg_schemes(t->cfg);
	struct hf_wr out = hf_wr_over(t->hs->peer_schemes, sizeof(t->hs->peer_schemes));

	for (size_t i = 0; i < ours.n && hf_wr_len(&out) < sizeof(t->hs->peer_schemes); i++)
		if (tls_u16_has(list, ours.at[i]))
			hf_wr_u16(&out, ours.at[i]);
	t->hs->peer_schemes_len = (uint16_t)hf_wr_len(&out);
}

/* ---- what is proved, and for how long ---- */

#define PROOF_MAX_S 604800u /* RFC 8446 4.6.1, and where a ticket of 1.2 does not say (RFC 5077 3.3) */

void tls_hand_on_proof(struct hf_tls *t, const struct tls_session *s)
{
	const uint32_t lifetime_s = s->lifetime_s ? hf_min_u32(s->lifetime_s, PROOF_MAX_S) : PROOF_MAX_S;

	t->resumed = true;
	t->peer_certificate = s->peer_certificate;
	t->proof_until_unix_ms = s->made_unix_ms + UINT64_C(1000) * lifetime_s;
}

uint32_t tls_lifetime_left(const struct hf_tls *t, uint32_t lifetime_s)
{
	const uint64_t now = tls_unix_ms(t);

	if (!t->resumed)
		return lifetime_s;
	if (now >= t->proof_until_unix_ms)
		return 0;
	return (uint32_t)hf_min_u64(lifetime_s, (t->proof_until_unix_ms - now) / 1000);
}

/* RFC 8446 4.4.3, RFC 5246 7.4.8 */
hf_status tls_send_certificate_verify(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct hf_wr out;

	TLS_REQUIRE(t, hs->signature_len > 0, INTERNAL);
	HF_TRY(tls_message(t, TLS_CERTIFICATE_VERIFY, TLS_MESSAGE_HEADER + 4u + hs->signature_len, &out));
	hf_wr_u16(&out, t->scheme);
	hf_wr_u16(&out, hs->signature_len);
	hf_wr_copy(&out, hs->signature, hs->signature_len);
	HF_TRY(tls_commit(t, &out));
	tls_tell(t, HF_TLS_TOLD_SIGNED)->x = t->scheme;
	return HF_OK;
}

/* ---- lists ---- */

void tls_put_numbers(struct hf_wr *out, struct hf_tls_list numbers)
{
	const size_t list = tls_vec_begin(out, 2);

	for (size_t i = 0; i < numbers.n; i++)
		hf_wr_u16(out, numbers.at[i]);
	tls_vec_end(out, 2, list);
}

void tls_put_authorities(const struct hf_tls_config *cfg, struct hf_wr *out)
{
	const size_t list = tls_vec_begin(out, 2);

	for (size_t i = 0; i < cfg->authority_count; i++) {
		const size_t name = tls_vec_begin(out, 2);

		hf_wr_copy(out, cfg->authorities[i].at, cfg->authorities[i].len);
		tls_vec_end(out, 2, name);
	}
	tls_vec_end(out, 2, list);
}

/* ---- protocols, RFC 7301 3.1 ---- */

void tls_put_alpn(const struct hf_tls *t, struct hf_wr *out)
{
	struct hf_bytes name;

	if (t->alpn < 0)
		return;
	name = t->cfg->alpn[t->alpn];
	hf_wr_u16(out, TLS_EXT_ALPN);
	hf_wr_u16(out, (uint16_t)(name.len + 3));
	hf_wr_u16(out, (uint16_t)(name.len + 1));
	hf_wr_u8(out, (uint8_t)name.len);
	hf_wr_copy(out, name.at, name.len);
}

hf_status tls_take_alpn(struct hf_tls *t, struct hf_bytes body)
{
	struct hf_bytes list, name;
	size_t i = 0;

	TLS_TRY_PARSE(t, tls_ext_alpn_parse(body, &list));
	TLS_REQUIRE(t, tls_u8_vec_next(&list, &name) && list.len == 0, DECODE);
	while (i < t->cfg->alpns && !hf_bytes_same(t->cfg->alpn[i], name))
		i++;
	TLS_REQUIRE(t, i < t->cfg->alpns, BAD_ALPN);
	t->alpn = (int16_t)i;
	return HF_OK;
}

/* ---- sizes of records ---- */

#define LIMIT_MIN 64u          /* RFC 8449 4 */
#define FRAGMENT_LENGTH_MAX 4u /* RFC 6066 4: 1 to 4 for 2^9 to 2^12 */
#define FRAGMENT_LENGTH_SHIFT 8u

/* RFC 8449 4: in 1.3 the limit counts the octet of the content type. */
static uint16_t limit_max(uint16_t version)
{
	return (uint16_t)(TLS_PLAIN_MAX + (version == TLS_VERSION_1_3));
}

/* Octets of content in a record under such a limit. */
static uint16_t content_of(uint16_t limit, uint16_t version)
{
	return (uint16_t)(hf_min_u32(limit, limit_max(version)) - (version == TLS_VERSION_1_3));
}

/* The configuration says how much content a record may have: in 1.3 that is one octet more on the wire. */
uint16_t tls_own_record_limit(const struct hf_tls *t, uint16_t version)
{
	const uint32_t content = t->cfg->record_size_limit ? t->cfg->record_size_limit : TLS_PLAIN_MAX;

	return (uint16_t)hf_min_u32(content + (version == TLS_VERSION_1_3), limit_max(version));
}

static hf_status take_record_size_limit(struct hf_tls *t, struct hf_bytes body)
{
	uint16_t limit;

	TLS_TRY_PARSE(t, tls_ext_u16_parse(body, &limit));
	TLS_REQUIRE(t, limit >= LIMIT_MIN, BAD_RECORD_LIMIT);
	/* A client may say more, for what we do not know; a server has no cause to. */
	TLS_REQUIRE(t, t->server || limit <= limit_max(t->version), BAD_RECORD_LIMIT);
	t->max_send = content_of(limit, t->version);
	t->max_receive = content_of(tls_own_record_limit(t, t->server ? t->version : tls_cfg_max(t->cfg)), t->version);
	return HF_OK;
}

static hf_status take_max_fragment_length(struct hf_tls *t, struct hf_bytes body)
{
	uint8_t code;

	TLS_TRY_PARSE(t, tls_ext_u8_parse(body, &code));
	TLS_REQUIRE(t, code >= 1 && code <= FRAGMENT_LENGTH_MAX, BAD_RECORD_LIMIT);
	/* RFC 6066 4: the server's must be the client's own. */
	TLS_REQUIRE(t, t->server || code == t->cfg->max_fragment_length, BAD_RECORD_LIMIT);
	t->max_send = t->max_receive = (uint16_t)(1u << (code + FRAGMENT_LENGTH_SHIFT));
	return HF_OK;
}

hf_status tls_take_record_limits(struct hf_tls *t, const struct tls_exts *exts)
{
	const bool limit = exts->has & TLS_HAS(RECORD_SIZE_LIMIT);
	const bool fragment = exts->has & TLS_HAS(MAX_FRAGMENT_LENGTH);

	/* RFC 8449 5: a server passes over the older one; both in its answer are a fatal error. */
	TLS_REQUIRE(t, t->server || !limit || !fragment, BAD_RECORD_LIMIT);
	if (limit)
		return take_record_size_limit(t, exts->body[TLS_ROW_RECORD_SIZE_LIMIT]);
	if (fragment)
		return take_max_fragment_length(t, exts->body[TLS_ROW_MAX_FRAGMENT_LENGTH]);
	return HF_OK;
}

void tls_put_record_limits(const struct hf_tls *t, struct hf_wr *out)
{
	const struct tls_exts *asked = &t->hs->offer.exts;

	if (asked->has & TLS_HAS(RECORD_SIZE_LIMIT)) {
		hf_wr_u16(out, TLS_EXT_RECORD_SIZE_LIMIT);
		hf_wr_u16(out, 2);
		hf_wr_u16(out, tls_own_record_limit(t, t->version));
	} else if (asked->has & TLS_HAS(MAX_FRAGMENT_LENGTH)) {
		hf_wr_u16(out, TLS_EXT_MAX_FRAGMENT_LENGTH);
		hf_wr_u16(out, 1);
		hf_wr_copy(out, asked->body[TLS_ROW_MAX_FRAGMENT_LENGTH].at, 1);
	}
}
