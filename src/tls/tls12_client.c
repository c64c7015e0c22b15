/* SPDX-License-Identifier: MIT */
/*
 * The client of TLS 1.2 from the ServerHello on (RFC 5246 7.3; the other extensions' RFCs where they come in):
 *
 *	ServerHello
 *	Certificate, [CertificateStatus], [ServerKeyExchange], [CertificateRequest], ServerHelloDone
 *	          [Certificate], ClientKeyExchange, [CertificateVerify], change_cipher_spec, Finished
 *	[NewSessionTicket], change_cipher_spec, Finished
 *
 * or, when the server takes the ticket that was offered (RFC 5077 3.1):
 *
 *	ServerHello, [NewSessionTicket], change_cipher_spec, Finished
 *	          change_cipher_spec, Finished
 *
 * The chain is judged once all is there that belongs to it. Its staple comes in a message of its own, which the server may
 * leave out although it has promised it (RFC 6066 8); so the verdict is asked for with the message after the Certificate, and
 * the chain is read again from the messages that are kept.
 */
#include "tls/tls12.h"

#define RSA_SIGN 1u /* RFC 5246 7.4.4 */
#define ECDSA_SIGN 64u
#define POINT_UNCOMPRESSED 0u /* RFC 8422 5.1.2 */
#define PREMASTER_RSA 48u

static bool has_octet(struct hf_bytes list, uint8_t octet);
static hf_status take_extensions(struct hf_tls *t, const struct tls_exts *exts);
static hf_status take_scts(struct hf_tls *t, struct hf_bytes list);
static hf_status resume(struct hf_tls *t);
static enum tls_state after_the_chain(const struct hf_tls *t);
static hf_status take_share(struct hf_tls *t, const struct tls_server_key_exchange *m);
static bool has_key_exchange(const struct hf_tls *t);
static bool shows_certificate(const struct hf_tls *t);
static hf_status encrypt_premaster(struct hf_tls *t, struct hf_wr *out);
static void keep_session(struct hf_tls *t, struct hf_bytes ticket, uint32_t lifetime_s, uint64_t made_unix_ms);

static tls_task ask_verdict, take_verdict, ask_certificate;
static tls_task send_certificate, send_client_key_exchange, ask_signature, send_certificate_verify;
static tls_task offer_session;

static tls_task *const judge_chain[] = { ask_verdict, take_verdict, NULL };
static tls_task *const after_request[] = { ask_verdict, take_verdict, ask_certificate, NULL };
static tls_task *const after_done[] = {
	ask_verdict,
	take_verdict,
	send_certificate,
	send_client_key_exchange,
	tls12_make_master,
	ask_signature,
	send_certificate_verify,
	tls12_send_ccs,
	tls12_write_keys,
	tls12_send_finished,
	NULL,
};
static tls_task *const after_finished[] = { tls12_connect, offer_session, NULL };
static tls_task *const after_finished_resumed[] = {
	tls12_send_ccs, tls12_write_keys, tls12_send_finished, tls12_connect, offer_session, NULL,
};

/* ---- ServerHello, RFC 5246 7.4.1.3; tls_hello_answer.c has judged its fields ---- */

hf_status tls12_client_hello_answered(struct hf_tls *t, const struct tls_server_hello *sh, const struct tls_exts *exts)
{
	struct tls_hs *hs = t->hs;
	const bool echoed = sh->session_id_echo.len > 0 && sh->session_id_echo.len == hs->session_id_len &&
			    memcmp(sh->session_id_echo.at, hs->session_id, hs->session_id_len) == 0;

	HF_TRY(take_extensions(t, exts));
	HF_TRY(tls_take_record_limits(t, exts));
	for (unsigned i = 0; i < hs->shares; i++) /* they were for 1.3 */
		crypto_kex_clear(&hs->kex[i]);
	hs->shares = 0;
	/* RFC 5077 3.4: our session id comes back when, and only when, the ticket was taken. */
	if (hs->session.version == TLS_VERSION_1_2 && echoed)
		return resume(t);
	if (hs->session.version)
		(void)tls_tell(t, HF_TLS_TOLD_PSK_REFUSED);
	tls_client_drop_session(hs);
	tls_next(t, TLS_ST_C12_WAIT_CERT);
	return HF_OK;
}

static hf_status take_extensions(struct hf_tls *t, const struct tls_exts *exts)
{
	static const uint8_t empties[] = { TLS_ROW_SERVER_NAME, TLS_ROW_EXTENDED_MASTER_SECRET, TLS_ROW_SESSION_TICKET,
					   TLS_ROW_STATUS_REQUEST };
	struct hf_bytes b;

	for (size_t i = 0; i < HF_ARRAY_LEN(empties); i++)
		if (exts->has & 1u << empties[i])
			TLS_TRY_PARSE(t, tls_ext_empty_parse(exts->body[empties[i]]));
	if (exts->has & TLS_HAS(RENEGOTIATION_INFO)) {
		TLS_TRY_PARSE(t, tls_ext_renegotiation_info_parse(exts->body[TLS_ROW_RENEGOTIATION_INFO], &b));
		TLS_REQUIRE(t, b.len == 0, BAD_RENEGOTIATION_INFO);
		t->secure_renegotiation = true;
	}
	if (exts->has & TLS_HAS(EC_POINT_FORMATS)) {
		TLS_TRY_PARSE(t, tls_ext_u8_list_parse(exts->body[TLS_ROW_EC_POINT_FORMATS], &b));
		TLS_REQUIRE(t, has_octet(b, POINT_UNCOMPRESSED), BAD_POINT_FORMAT);
	}
	if (exts->has & TLS_HAS(ALPN))
		HF_TRY(tls_take_alpn(t, exts->body[TLS_ROW_ALPN]));
	if (exts->has & TLS_HAS(SIGNED_CERTIFICATE_TIMESTAMP))
		HF_TRY(take_scts(t, exts->body[TLS_ROW_SIGNED_CERTIFICATE_TIMESTAMP]));
	t->extended_master_secret = exts->has & TLS_HAS(EXTENDED_MASTER_SECRET);
	t->hs->ticket_expected = exts->has & TLS_HAS(SESSION_TICKET);
	t->hs->status_expected = exts->has & TLS_HAS(STATUS_REQUEST);
	return HF_OK;
}

static bool has_octet(struct hf_bytes list, uint8_t octet)
{
	for (size_t i = 0; i < list.len; i++)
		if (list.at[i] == octet)
			return true;
	return false;
}

/* RFC 6962 3.3.1: they go with the certificate, which is judged when this message is gone. */
static hf_status take_scts(struct hf_tls *t, struct hf_bytes list)
{
	TLS_TRY_PARSE(t, tls_ext_sct_list_parse(list));
	t->hs->scts_at = t->hs->past_len + (uint32_t)(list.at - tls_message_bytes(t).at);
	t->hs->scts_len = (uint32_t)list.len;
	return HF_OK;
}

/* RFC 5246 7.4.1.3: the session's own suite; RFC 7627 5.3: with extended master secret then and now. */
static hf_status resume(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	TLS_REQUIRE(t, t->suite->number == hs->session.suite, BAD_SUITE);
	TLS_REQUIRE(t, hs->session.extended_master_secret && t->extended_master_secret, NO_EMS);
	tls_hand_on_proof(t, &hs->session);
	memcpy(hs->master, hs->session.secret, sizeof(hs->master));
	tls12_keep_master(t);
	(void)tls_tell(t, HF_TLS_TOLD_RESUMED);
	tls_next(t, hs->ticket_expected ? TLS_ST_C12_WAIT_NST : TLS_ST_C12_WAIT_CCS);
	return HF_OK;
}

/* ---- Certificate, RFC 5246 7.4.2; CertificateStatus, RFC 6066 8 ---- */

hf_status tls_on_c12_certificate(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	uint16_t group;

	HF_TRY(tls12_read_certificate(t, body));
	TLS_REQUIRE(t, hs->certs > 0, EMPTY_CERTIFICATE);
	HF_TRY(tls_take_leaf(t, hs->chain[0]));
	/* RFC 8422 5.3: also the certificate's curve is one of those that were offered. */
	group = tls12_group_of(crypto_pub_kind(hs->peer_key));
	TLS_REQUIRE(t, !group || tls_group_usable(t->cfg, group), WRONG_KEY_KIND);
	hs->verdict_waits = true;
	hs->certificate_at = hs->past_len + TLS_MESSAGE_HEADER;
	hs->certificate_len = (uint32_t)body.len;
	if (hs->status_expected) {
		tls_next(t, TLS_ST_C12_WAIT_STATUS);
		return HF_OK;
	}
	tls_next(t, after_the_chain(t));
	tls_run(t, judge_chain);
	return HF_OK;
}

static enum tls_state after_the_chain(const struct hf_tls *t)
{
	return t->suite->kx == TLS_KX_RSA ? TLS_ST_C12_WAIT_CR_SHD : TLS_ST_C12_WAIT_SKE;
}

hf_status tls_on_c12_certificate_status(struct hf_tls *t, struct hf_bytes body)
{
	const hf_status s = tls_certificate_status_parse(body, &t->hs->staple);

	TLS_REQUIRE(t, s != HF_INVALID, BAD_STATUS);
	TLS_TRY_PARSE(t, s);
	t->stapled = true;
	tls_next(t, after_the_chain(t));
	tls_run(t, judge_chain);
	return HF_OK;
}

static hf_status ask_verdict(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (!hs->verdict_waits)
		return HF_OK;
	HF_TRY(tls12_read_certificate(t, (struct hf_bytes){ hs->past + hs->certificate_at, hs->certificate_len }));
	return tls_ask_verdict(t, hs->certs, hs->staple, (struct hf_bytes){ hs->past + hs->scts_at, hs->scts_len });
}

static hf_status take_verdict(struct hf_tls *t)
{
	if (!t->hs->verdict_waits)
		return HF_OK;
	t->hs->verdict_waits = false;
	t->hs->staple = (struct hf_bytes){ 0 };
	return tls_take_verdict(t);
}

/* ---- ServerKeyExchange, RFC 8422 5.4 ---- */

hf_status tls_on_c12_server_key_exchange(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	struct tls_server_key_exchange m;
	hf_status s;

	TLS_REQUIRE(t, t->suite->kx != TLS_KX_RSA, UNEXPECTED);
	s = tls_server_key_exchange_parse(body, &m);
	TLS_REQUIRE(t, s != HF_INVALID, BAD_CURVE_TYPE);
	TLS_TRY_PARSE(t, s);
	TLS_REQUIRE(t, tls_group_usable(t->cfg, m.group) && tls_group_suits(m.group, TLS_VERSION_1_2), BAD_GROUP);
	HF_TRY(tls12_put_content(t, m.params));
	HF_TRY(tls12_check_signature(t, m.scheme, (struct hf_bytes){ hs->content, hs->content_len }, m.signature));
	HF_TRY(take_share(t, &m));
	tls_next(t, TLS_ST_C12_WAIT_CR_SHD);
	tls_run(t, judge_chain);
	return HF_OK;
}

/* The secret is made at once; our share waits in hs->content for the ClientKeyExchange. */
static hf_status take_share(struct hf_tls *t, const struct tls_server_key_exchange *m)
{
	struct tls_hs *hs = t->hs;
	uint8_t entropy[CRYPTO_KEX_ENTROPY];
	size_t share_len, secret_len;
	hf_status s;

	tls_draw(t, entropy, sizeof(entropy));
	s = crypto_kex_answer(t->cfg->crypto, m->group, entropy, m->share, hs->content, sizeof(hs->content), &share_len,
			      hs->premaster, &secret_len);
	crypto_wipe(entropy, sizeof(entropy));
	TLS_REQUIRE(t, s != HF_MALFORMED, BAD_SHARE);
	TLS_REQUIRE(t, s == HF_OK, INTERNAL);
	hs->content_len = (uint16_t)share_len;
	hs->premaster_len = (uint8_t)secret_len;
	t->group = m->group;
	tls_tell(t, HF_TLS_TOLD_GROUP)->x = m->group;
	return HF_OK;
}

/* In WAIT_STATUS the next messages of both kinds of suite may come: the table does not know which it is. */
static bool has_key_exchange(const struct hf_tls *t)
{
	return t->suite->kx == TLS_KX_RSA || t->hs->premaster_len > 0;
}

/* ---- CertificateRequest, RFC 5246 7.4.4 ---- */

hf_status tls_on_c12_certificate_request(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	struct tls_certificate_request_12 m;

	TLS_REQUIRE(t, has_key_exchange(t), UNEXPECTED);
	TLS_TRY_PARSE(t, tls_certificate_request_12_parse(body, &m));
	hs->cert_requested = true;
	tls_keep_schemes(t, m.schemes);
	tls12_narrow_schemes(t, has_octet(m.types, RSA_SIGN), has_octet(m.types, ECDSA_SIGN));
	tls_next(t, TLS_ST_C12_WAIT_SHD);
	tls_run(t, after_request);
	return HF_OK;
}

/* Asked for now, while the message with the names is here; shown when the server has said all. */
static hf_status ask_certificate(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const struct hf_bytes message = tls_message_bytes(t);
	struct tls_certificate_request_12 m;

	TLS_TRY_PARSE(
		t, tls_certificate_request_12_parse(
			   (struct hf_bytes){ message.at + TLS_MESSAGE_HEADER, message.len - TLS_MESSAGE_HEADER }, &m));
	hs->question.schemes = (struct hf_bytes){ hs->peer_schemes, hs->peer_schemes_len };
	hs->question.authorities = m.authorities;
	hs->question.version = TLS_VERSION_1_2;
	return tls_ask(t, HF_TLS_WANTS_CERTIFICATE);
}

/* ---- ServerHelloDone, RFC 5246 7.4.5, and the client's flight ---- */

hf_status tls_on_c12_server_hello_done(struct hf_tls *t, struct hf_bytes body)
{
	TLS_REQUIRE(t, has_key_exchange(t), UNEXPECTED);
	TLS_REQUIRE(t, body.len == 0, DECODE);
	tls_next(t, t->hs->ticket_expected ? TLS_ST_C12_WAIT_NST : TLS_ST_C12_WAIT_CCS);
	tls_run(t, after_done);
	return HF_OK;
}

/* RFC 5246 7.4.6: who was asked answers, with an empty list if there is nothing that suits. */
static hf_status send_certificate(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (!hs->cert_requested)
		return HF_OK;
	if (hs->cred) {
		t->scheme = tls_scheme_for(t->cfg, hs->cred,
					   (struct hf_bytes){ hs->peer_schemes, hs->peer_schemes_len }, TLS_VERSION_1_2);
		if (!t->scheme)
			hs->cred = NULL;
	}
	return tls12_send_certificate(t);
}

static bool shows_certificate(const struct hf_tls *t)
{
	return t->hs->cert_requested && t->hs->cred;
}

/* RFC 8422 5.7, RFC 5246 7.4.7.1 */
static hf_status send_client_key_exchange(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct hf_wr out;

	HF_TRY(tls_message(t, TLS_CLIENT_KEY_EXCHANGE, TLS_MESSAGE_HEADER + 2u + CRYPTO_SIG_MAX, &out));
	if (t->suite->kx == TLS_KX_RSA) {
		HF_TRY(encrypt_premaster(t, &out));
	} else {
		hf_wr_u8(&out, (uint8_t)hs->content_len);
		hf_wr_copy(&out, hs->content, hs->content_len);
	}
	return tls_commit(t, &out);
}

/* It begins with the version that the ClientHello offered, not the one agreed on. */
static hf_status encrypt_premaster(struct hf_tls *t, struct hf_wr *out)
{
	struct tls_hs *hs = t->hs;
	uint8_t encrypted[CRYPTO_SIG_MAX];
	size_t n;

	hf_store16(hs->premaster, TLS_VERSION_1_2);
	tls_draw(t, hs->premaster + 2, PREMASTER_RSA - 2);
	hs->premaster_len = PREMASTER_RSA;
	TLS_REQUIRE(t,
		    crypto_pub_encrypt(t->cfg->crypto, hs->peer_key, (struct hf_bytes){ hs->premaster, PREMASTER_RSA },
				       encrypted, sizeof(encrypted), &n) == HF_OK,
		    INTERNAL);
	hf_wr_u16(out, (uint16_t)n);
	hf_wr_copy(out, encrypted, n);
	tls_tell(t, HF_TLS_TOLD_RSA_TRANSPORT)->sent = 1;
	return HF_OK;
}

/* RFC 5246 7.4.8: over all messages up to here, as they are; the signature's hash need not be the suite's. */
static hf_status ask_signature(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (!shows_certificate(t))
		return HF_OK;
	hs->signature_len = 0;
	hs->question.version = TLS_VERSION_1_2;
	hs->question.scheme = t->scheme;
	hs->question.content = (struct hf_bytes){ hs->past, hs->past_len };
	hs->question.cred = hs->cred;
	return tls_ask(t, HF_TLS_WANTS_SIGNATURE);
}

static hf_status send_certificate_verify(struct hf_tls *t)
{
	return shows_certificate(t) ? tls_send_certificate_verify(t) : HF_OK;
}

/* ---- NewSessionTicket, RFC 5077 3.3 ---- */

/* Kept, but told of only when the server's Finished has shown that it comes from it. */
hf_status tls_on_c12_new_session_ticket(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_new_session_ticket_12 m;
	uint32_t lifetime_s;

	TLS_TRY_PARSE(t, tls_new_session_ticket_12_parse(body, &m));
	/* RFC 5077 3.3: 0 says nothing. A session that is resumed has an end all the same. */
	lifetime_s = t->resumed ? tls_lifetime_left(t, m.lifetime_s ? m.lifetime_s : UINT32_MAX) : m.lifetime_s;
	if (m.ticket.len > 0) {
		(void)tls_tell(t, HF_TLS_TOLD_TICKET);
		if (lifetime_s > 0 || !t->resumed)
			keep_session(t, m.ticket, lifetime_s, tls_unix_ms(t));
	}
	tls_next(t, TLS_ST_C12_WAIT_CCS);
	return HF_OK;
}

/* One without extended master secret could not be offered (RFC 7627 5.3); one too long is not kept. */
static void keep_session(struct hf_tls *t, struct hf_bytes ticket, uint32_t lifetime_s, uint64_t made_unix_ms)
{
	struct tls_hs *hs = t->hs;
	struct tls_session s = {
		.version = TLS_VERSION_1_2,
		.suite = t->suite->number,
		.secret_len = sizeof(hs->master),
		.extended_master_secret = t->extended_master_secret,
		.peer_certificate = t->peer_certificate,
		.lifetime_s = lifetime_s,
		.made_unix_ms = made_unix_ms,
		.name = { t->name_hash, sizeof(t->name_hash) },
		.ticket = ticket,
	};
	size_t n;

	if (!t->extended_master_secret)
		return;
	if (t->alpn >= 0)
		s.alpn = t->cfg->alpn[t->alpn];
	memcpy(s.secret, hs->master, sizeof(hs->master));
	if (tls_session_put(&s, hs->session_out, sizeof(hs->session_out), &n) == HF_OK) {
		hs->session_out_len = (uint16_t)n;
		hs->session_out_lifetime_s = lifetime_s;
	}
	crypto_wipe(&s, sizeof(s));
}

static hf_status offer_session(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (hs->session_out_len == 0)
		return HF_OK;
	hs->question.session = (struct hf_bytes){ hs->session_out, hs->session_out_len };
	hs->question.lifetime_s = hs->session_out_lifetime_s;
	return tls_ask(t, HF_TLS_HAS_SESSION);
}

/* ---- Finished, RFC 5246 7.4.9 ---- */

hf_status tls_on_c12_finished(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;

	HF_TRY(tls12_take_finished(t, body));
	/* A ticket of 1.2 stays good until its time is over, whether a newer one came or not (RFC 5077 3.3). */
	if (t->resumed && hs->session_out_len == 0)
		keep_session(t, hs->session.ticket, hs->session.lifetime_s, hs->session.made_unix_ms);
	tls_next(t, TLS_ST_C12_CONNECTED);
	tls_run(t, t->resumed ? after_finished_resumed : after_finished);
	return HF_OK;
}
