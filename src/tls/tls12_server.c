/* SPDX-License-Identifier: MIT */
/*
 * The server of TLS 1.2 from the ClientHello on (RFC 5246 7.3). Its parts are asked for, so all is done in tasks; tickets
 * are in tls12_resume.c:
 *
 *	ClientHello    with a ticket (RFC 5077): its key is asked for; when it opens and suits,
 *	                   ServerHello, change_cipher_spec, Finished
 *	               change_cipher_spec, Finished
 *	               else the certificate is asked for, and with it suite, group and scheme are chosen:
 *	                   ServerHello, Certificate, [CertificateStatus], [ServerKeyExchange], [CertificateRequest],
 *	                   ServerHelloDone
 *	[Certificate], ClientKeyExchange, [CertificateVerify], change_cipher_spec, Finished
 *	                   [NewSessionTicket], change_cipher_spec, Finished
 */
#include "tls/tls12.h"

#define RSA_SIGN 1u /* RFC 5246 7.4.4 */
#define ECDSA_SIGN 64u
#define OCSP 1u /* RFC 6066 8 */
#define NAMED_CURVE 3u
#define PREMASTER_RSA 48u
#define PARAMS_MAX (1u + 2u + 1u + 255u)

static enum tls_why choose(struct hf_tls *t);

static tls_task ask_certificate, choose_suite;
static tls_task send_server_hello, send_certificate_status;
static tls_task make_share, send_server_key_exchange, send_certificate_request, send_server_hello_done;
static tls_task ask_verdict, ask_premaster;

tls_task *const tls12_resumed[] = { send_server_hello, tls12_send_ccs, tls12_write_keys, tls12_send_finished, NULL };
tls_task *const tls12_full[] = { ask_certificate, choose_suite, NULL };
static tls_task *const answer[] = {
	send_server_hello,        tls12_send_certificate,   send_certificate_status, make_share,
	send_server_key_exchange, send_certificate_request, send_server_hello_done,  NULL,
};
static tls_task *const after_certificate[] = { ask_verdict, tls_take_verdict, NULL };
static tls_task *const after_share[] = { tls12_make_master, NULL };
static tls_task *const after_encrypted[] = { ask_premaster, tls12_make_master, NULL };
static tls_task *const after_finished[] = {
	tls12_ask_sealing_key, tls12_send_ticket, tls12_send_ccs, tls12_write_keys,
	tls12_send_finished,   tls12_connect,     NULL,
};
static tls_task *const after_finished_resumed[] = { tls12_connect, NULL };

/* ---- ClientHello, RFC 5246 7.4.1.2; tls_hello_server.c has read and judged it ---- */

hf_status tls12_server_hello_came(struct hf_tls *t)
{
	const struct tls_offer *o = &t->hs->offer;

	t->extended_master_secret = o->extended_master_secret;
	t->secure_renegotiation = o->renegotiation_info && !t->cfg->no_renegotiation_info;
	tls_run(t, o->ticket.len > 0 && !t->cfg->no_resumption ? tls12_with_ticket : tls12_full);
	return HF_OK;
}

/* ---- suite, group, scheme ---- */

/* Is there a suite of this kind that both have? */
static bool has_suite_of(const struct hf_tls *t, enum tls_kx kx)
{
	const struct hf_tls_list ours = tls_cfg_suites(t->cfg);

	for (size_t i = 0; i < ours.n; i++) {
		const struct tls_suite *s = tls_suite_find(ours.at[i]);

		if (s && s->kx == kx && tls_suite_usable(t->cfg, s, TLS_VERSION_1_2) &&
		    tls_u16_has(t->hs->offer.hello.suites, s->number))
			return true;
	}
	return false;
}

/*
 * The client's list of schemes speaks of 1.3 too, where a suite says nothing of certificates; so only such are asked for as
 * go with a suite that both have.
 */
static hf_status ask_certificate(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const bool rsa = has_suite_of(t, TLS_KX_ECDHE_RSA) || has_suite_of(t, TLS_KX_RSA);
	const bool ecdsa = has_suite_of(t, TLS_KX_ECDHE_ECDSA);
	hf_status s;

	TLS_REQUIRE(t, rsa || ecdsa, NO_SUITE);
	s = tls_ask_certificate(t);
	if (s != HF_PENDING)
		return s;
	tls12_narrow_schemes(t, rsa, ecdsa);
	hs->question.schemes.len = hs->peer_schemes_len;
	return s;
}

static hf_status choose_suite(struct hf_tls *t)
{
	enum tls_why why;

	TLS_REQUIRE(t, t->hs->cred, NO_CERTIFICATE);
	why = choose(t);
	if (why != TLS_WHY_NONE)
		return tls_fail(t, why);
	tls_transcript_choose(t);
	tls_tell(t, HF_TLS_TOLD_SUITE)->x = t->suite->number;
	tls_run(t, answer);
	return HF_OK;
}

/* The first of ours that the client has; without the extension it is P-256 that all have (RFC 8422 4); 0: none. */
static uint16_t choose_group(const struct hf_tls *t)
{
	const struct hf_tls_list ours = tls_cfg_groups(t->cfg);
	const struct tls_offer *o = &t->hs->offer;
	const bool said = o->exts.has & TLS_HAS(SUPPORTED_GROUPS);

	for (size_t i = 0; i < ours.n; i++) {
		const uint16_t group = ours.at[i];

		if ((said ? tls_u16_has(o->groups, group) : group == TLS_GROUP_P256) &&
		    tls_group_usable(t->cfg, group) && tls_group_suits(group, TLS_VERSION_1_2))
			return group;
	}
	return 0;
}

/* RFC 8422 5.3: the certificate's curve is one that the client knows. */
static bool knows_curve(const struct hf_tls *t, enum crypto_key_kind kind)
{
	const struct tls_offer *o = &t->hs->offer;
	const uint16_t group = tls12_group_of(kind);

	return !group || !(o->exts.has & TLS_HAS(SUPPORTED_GROUPS)) || tls_u16_has(o->groups, group);
}

static bool key_suits(const struct hf_tls *t, enum tls_kx kx)
{
	const enum crypto_key_kind kind = crypto_key_kind(hf_cred_key(t->hs->cred));

	switch (kx) {
	case TLS_KX_RSA:
		return kind == CRYPTO_KEY_RSA;
	case TLS_KX_ECDHE_RSA:
		return kind == CRYPTO_KEY_RSA || kind == CRYPTO_KEY_RSA_PSS;
	default:
		return kind != CRYPTO_KEY_RSA && kind != CRYPTO_KEY_RSA_PSS && knows_curve(t, kind);
	}
}

/* The first of ours that the client has and the key suits; NULL: none. */
static const struct tls_suite *find_suite(const struct hf_tls *t, bool transport, bool chacha)
{
	const struct hf_tls_list ours = tls_cfg_suites(t->cfg);

	for (size_t i = 0; i < ours.n; i++) {
		const struct tls_suite *s = tls_suite_find(ours.at[i]);

		if (!s || !tls_suite_usable(t->cfg, s, TLS_VERSION_1_2) || (s->kx == TLS_KX_RSA) != transport)
			continue;
		if (chacha && s->aead != CRYPTO_CHACHA20_POLY1305)
			continue;
		if (tls_u16_has(t->hs->offer.hello.suites, s->number) && key_suits(t, s->kx))
			return s;
	}
	return NULL;
}

/* With forward secrecy if there is any way to it, then without. What was missing is told. */
static enum tls_why choose(struct hf_tls *t)
{
	const uint16_t group = choose_group(t);
	const uint16_t scheme = tls_scheme_for(t->cfg, t->hs->cred, t->hs->offer.schemes, TLS_VERSION_1_2);
	const struct tls_suite *suite = NULL;

	if (!t->cfg->prefer_server_order && tls_prefers_chacha(t->hs->offer.hello.suites, TLS_VERSION_1_2))
		suite = find_suite(t, false, true);
	if (!suite)
		suite = find_suite(t, false, false);
	if (suite && group && scheme) {
		t->suite = suite;
		t->group = group;
		t->scheme = scheme;
		return TLS_WHY_NONE;
	}
	t->suite = find_suite(t, true, false);
	if (t->suite)
		return TLS_WHY_NONE;
	return !suite ? TLS_WHY_NO_SUITE : !group ? TLS_WHY_NO_GROUP : TLS_WHY_NO_SCHEME;
}

/* ---- ServerHello, RFC 5246 7.4.1.3 ---- */

static void put_empty(struct hf_wr *out, uint16_t type)
{
	hf_wr_u16(out, type);
	hf_wr_u16(out, 0);
}

static void put_octets(struct hf_wr *out, uint16_t type, const void *at, size_t n)
{
	hf_wr_u16(out, type);
	hf_wr_u16(out, (uint16_t)n);
	hf_wr_copy(out, at, n);
}

/* What goes with the certificate: not when a session is resumed (RFC 6066 3, 8). */
static void put_extensions_of_full(struct hf_tls *t, struct hf_wr *out)
{
	static const uint8_t uncompressed[] = { 1, 0 };
	struct tls_hs *hs = t->hs;
	const struct tls_offer *o = &hs->offer;
	const struct hf_bytes scts = hf_cred_sct_list(hs->cred);

	if (o->name.len > 0)
		put_empty(out, TLS_EXT_SERVER_NAME);
	if (o->exts.has & TLS_HAS(EC_POINT_FORMATS) && t->suite->kx != TLS_KX_RSA)
		put_octets(out, TLS_EXT_EC_POINT_FORMATS, uncompressed, sizeof(uncompressed));
	hs->ticket_expected = tls12_promises_ticket(t);
	if (hs->ticket_expected)
		put_empty(out, TLS_EXT_SESSION_TICKET);
	hs->send_status = o->wants_staple && hf_cred_ocsp(hs->cred).len > 0;
	if (hs->send_status)
		put_empty(out, TLS_EXT_STATUS_REQUEST);
	if (o->wants_scts && scts.len > 0)
		put_octets(out, TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, scts.at, scts.len);
}

static void put_extensions(struct hf_tls *t, struct hf_wr *out)
{
	const uint8_t none = 0; /* RFC 5746 3.6: there was no handshake before */
	const size_t block = tls_vec_begin(out, 2), before = hf_wr_len(out);

	if (t->secure_renegotiation)
		put_octets(out, TLS_EXT_RENEGOTIATION_INFO, &none, sizeof(none));
	if (t->extended_master_secret)
		put_empty(out, TLS_EXT_EXTENDED_MASTER_SECRET);
	if (!t->resumed)
		put_extensions_of_full(t, out);
	tls_put_alpn(t, out);
	tls_put_record_limits(t, out);
	if (hf_wr_len(out) > before || out->bad)
		tls_vec_end(out, 2, block);
	else /* for a client that knows no extensions there is no block either */
		out->at = out->start + block;
}

#define HELLO_SIZE (TLS_MESSAGE_HEADER + 2u + 32u + 33u + 2u + 1u)
#define EXTENSIONS_SIZE (2u + 5u + 4u + 4u + 6u + 4u + 4u + 4u + 4u + 3u + 255u + 6u) /* but for the SCTs */

static hf_status send_server_hello(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct hf_wr out;
	size_t n = HELLO_SIZE + EXTENSIONS_SIZE;

	if (!t->resumed)
		n += hf_cred_sct_list(hs->cred).len;
	HF_TRY(tls_message(t, TLS_SERVER_HELLO, n, &out));
	hf_wr_u16(&out, TLS_VERSION_1_2);
	hf_wr_copy(&out, hs->server_random, sizeof(hs->server_random));
	/* RFC 5077 3.4: the client's own says that its ticket is taken; an empty one that nothing is to be resumed by it. */
	if (t->resumed) {
		hf_wr_u8(&out, hs->session_id_len);
		hf_wr_copy(&out, hs->session_id, hs->session_id_len);
	} else {
		hf_wr_u8(&out, 0);
	}
	hf_wr_u16(&out, t->suite->number);
	hf_wr_u8(&out, 0); /* no compression */
	put_extensions(t, &out);
	return tls_commit(t, &out);
}

/* ---- the rest of the flight ---- */

static hf_status send_certificate_status(struct hf_tls *t)
{
	const struct hf_bytes ocsp = hf_cred_ocsp(t->hs->cred);
	struct hf_wr out;

	if (!t->hs->send_status)
		return HF_OK;
	HF_TRY(tls_message(t, TLS_CERTIFICATE_STATUS, TLS_MESSAGE_HEADER + 4 + ocsp.len, &out));
	hf_wr_u8(&out, OCSP);
	hf_wr_u24(&out, (uint32_t)ocsp.len);
	hf_wr_copy(&out, ocsp.at, ocsp.len);
	t->stapled = true;
	return tls_commit(t, &out);
}

/* RFC 8422 5.4: our share and the signature over it, which is asked for. */
static hf_status make_share(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	uint8_t params[PARAMS_MAX], share[255], entropy[CRYPTO_KEX_ENTROPY];
	struct hf_wr out = hf_wr_over(params, sizeof(params));
	size_t n;
	hf_status s;

	if (t->suite->kx == TLS_KX_RSA)
		return HF_OK;
	tls_draw(t, entropy, sizeof(entropy));
	s = crypto_kex_offer(t->cfg->crypto, t->group, entropy, &hs->kex[0], share, sizeof(share), &n);
	crypto_wipe(entropy, sizeof(entropy));
	TLS_REQUIRE(t, s == HF_OK, INTERNAL);
	hf_wr_u8(&out, NAMED_CURVE);
	hf_wr_u16(&out, t->group);
	hf_wr_u8(&out, (uint8_t)n);
	hf_wr_copy(&out, share, n);
	HF_TRY(tls12_put_content(t, (struct hf_bytes){ params, hf_wr_len(&out) }));
	return tls_ask_signature(t);
}

static hf_status send_server_key_exchange(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const size_t randoms = sizeof(hs->client_random) + sizeof(hs->server_random);
	struct hf_wr out;

	if (t->suite->kx == TLS_KX_RSA)
		return HF_OK;
	HF_TRY(tls_message(t, TLS_SERVER_KEY_EXCHANGE, TLS_MESSAGE_HEADER + PARAMS_MAX + 4u + hs->signature_len, &out));
	hf_wr_copy(&out, hs->content + randoms, hs->content_len - randoms);
	hf_wr_u16(&out, t->scheme);
	hf_wr_u16(&out, hs->signature_len);
	hf_wr_copy(&out, hs->signature, hs->signature_len);
	HF_TRY(tls_commit(t, &out));
	tls_tell(t, HF_TLS_TOLD_SIGNED)->x = t->scheme;
	return HF_OK;
}

static bool asks_for_certificate(const struct hf_tls *t)
{
	return t->cfg->client_cert != HF_TLS_CLIENT_CERT_NONE;
}

/* RFC 5246 7.4.4 */
static hf_status send_certificate_request(struct hf_tls *t)
{
	const struct hf_tls_list schemes = tls_cfg_schemes(t->cfg);
	size_t n = TLS_MESSAGE_HEADER + 3 + 2 + 2 * schemes.n + 2;
	struct hf_wr out;

	if (!asks_for_certificate(t))
		return HF_OK;
	for (size_t i = 0; i < t->cfg->authority_count; i++)
		n += 2 + t->cfg->authorities[i].len;
	HF_TRY(tls_message(t, TLS_CERTIFICATE_REQUEST, n, &out));
	hf_wr_u8(&out, 2);
	hf_wr_u8(&out, ECDSA_SIGN);
	hf_wr_u8(&out, RSA_SIGN);
	tls_put_numbers(&out, schemes);
	tls_put_authorities(t->cfg, &out);
	return tls_commit(t, &out);
}

static hf_status send_server_hello_done(struct hf_tls *t)
{
	struct hf_wr out;

	HF_TRY(tls_message(t, TLS_SERVER_HELLO_DONE, TLS_MESSAGE_HEADER, &out));
	tls_next(t, asks_for_certificate(t) ? TLS_ST_S12_WAIT_CERT : TLS_ST_S12_WAIT_CKE);
	return tls_commit(t, &out);
}

/* ---- the client's Certificate, RFC 5246 7.4.6 ---- */

hf_status tls_on_s12_certificate(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;

	HF_TRY(tls12_read_certificate(t, body));
	tls_next(t, hs->certs > 0 ? TLS_ST_S12_WAIT_CKE_CV : TLS_ST_S12_WAIT_CKE);
	if (hs->certs == 0) {
		TLS_REQUIRE(t, t->cfg->client_cert != HF_TLS_CLIENT_CERT_REQUIRE, CERTIFICATE_REQUIRED_12);
		return HF_OK;
	}
	HF_TRY(tls_take_leaf(t, hs->chain[0]));
	tls_run(t, after_certificate);
	return HF_OK;
}

static hf_status ask_verdict(struct hf_tls *t)
{
	const struct hf_bytes none = { 0 };

	return tls_ask_verdict(t, t->hs->certs, none, none);
}

/* ---- ClientKeyExchange, RFC 8422 5.7, RFC 5246 7.4.7.1 ---- */

static hf_status take_share(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	struct hf_bytes share;
	size_t n;
	hf_status s;

	TLS_TRY_PARSE(t, tls_client_key_exchange_ecdh_parse(body, &share));
	s = crypto_kex_finish(t->cfg->crypto, &hs->kex[0], share, hs->premaster, &n);
	TLS_REQUIRE(t, s != HF_MALFORMED, BAD_SHARE);
	TLS_REQUIRE(t, s == HF_OK, INTERNAL);
	hs->premaster_len = (uint8_t)n;
	tls_tell(t, HF_TLS_TOLD_GROUP)->x = t->group;
	tls_run(t, after_share);
	return HF_OK;
}

static hf_status take_encrypted(struct hf_tls *t, struct hf_bytes body)
{
	struct hf_bytes encrypted;

	TLS_REQUIRE(t, tls_client_key_exchange_rsa_parse(body, &encrypted) == HF_OK, BAD_PREMASTER);
	t->hs->question.encrypted = encrypted; /* lends from the message, which stays until the tasks are done */
	tls_run(t, after_encrypted);
	return HF_OK;
}

hf_status tls_on_s12_client_key_exchange(struct hf_tls *t, struct hf_bytes body)
{
	tls_next(t, t->state == TLS_ST_S12_WAIT_CKE_CV ? TLS_ST_S12_WAIT_CV : TLS_ST_S12_WAIT_CCS);
	return t->suite->kx == TLS_KX_RSA ? take_encrypted(t, body) : take_share(t, body);
}

/*
 * Whatever is wrong with what was encrypted, `instead` is gone on with, and the Finished shows it: a different alert, or a
 * different time, would tell an attacker what the private key made of it (Bleichenbacher).
 */
static hf_status ask_premaster(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	tls_draw(t, hs->instead, sizeof(hs->instead));
	hs->premaster_len = PREMASTER_RSA;
	hs->question.version = TLS_VERSION_1_2;
	hs->question.cred = hs->cred;
	hs->question.instead = hs->instead;
	hs->question.client_version = hs->offer.hello.legacy_version;
	(void)tls_tell(t, HF_TLS_TOLD_RSA_TRANSPORT);
	return tls_ask(t, HF_TLS_WANTS_PREMASTER);
}

/* ---- CertificateVerify, RFC 5246 7.4.8: over all messages before it, as they are ---- */

hf_status tls_on_s12_certificate_verify(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	struct tls_certificate_verify m;

	TLS_TRY_PARSE(t, tls_certificate_verify_parse(body, &m));
	HF_TRY(tls12_check_signature(t, m.scheme, (struct hf_bytes){ hs->past, hs->past_len }, m.signature));
	tls_next(t, TLS_ST_S12_WAIT_CCS);
	return HF_OK;
}

/* ---- Finished, RFC 5246 7.4.9 ---- */

hf_status tls_on_s12_finished(struct hf_tls *t, struct hf_bytes body)
{
	HF_TRY(tls12_take_finished(t, body));
	tls_next(t, TLS_ST_S12_CONNECTED);
	tls_run(t, t->resumed ? after_finished_resumed : after_finished);
	return HF_OK;
}
