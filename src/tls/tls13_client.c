/* SPDX-License-Identifier: MIT */
/*
 * The client of TLS 1.3 from the ServerHello on (RFC 8446, A.1):
 *
 *	ServerHello            the secret both sides share; from here all is encrypted
 *	EncryptedExtensions    what else the server agrees to
 *	[CertificateRequest]
 *	[Certificate, CertificateVerify]    not with a pre-shared key
 *	Finished
 *	          [EndOfEarlyData], [change_cipher_spec], [Certificate, [CertificateVerify]], Finished
 *	NewSessionTicket, KeyUpdate at any time afterwards
 *
 * The client's write keys: those of early data stay until it is known whether it was taken, and if so until the server's
 * Finished, since EndOfEarlyData goes out under them. Without early data those of the handshake come with the ServerHello,
 * so that an alert can be read by the server.
 */
#include "tls/tls13.h"

static hf_status take_psk(struct hf_tls *t, const struct tls_exts *exts);
static hf_status take_share(struct hf_tls *t, const struct tls_exts *exts, uint8_t *secret, size_t *ret_len);
static hf_status take_early_data(struct hf_tls *t, const struct tls_exts *exts);

static tls_task derive_handshake, send_ccs, write_handshake, read_handshake;
static tls_task ask_certificate;
static tls_task derive_application, read_application, end_early_data, leave_early_data, send_certificate, ask_signature,
	send_certificate_verify, send_finished, write_application, connect;
static tls_task offer_session;

static tls_task *const after_server_hello[] = { derive_handshake, read_handshake, send_ccs, write_handshake, NULL };
static tls_task *const after_server_hello_early[] = { derive_handshake, read_handshake, NULL };
static tls_task *const after_rejection[] = { leave_early_data, NULL };
static tls_task *const after_request[] = { ask_certificate, NULL };
static tls_task *const after_certificate[] = { tls13_ask_verdict, tls_take_verdict, NULL };
static tls_task *const after_finished[] = {
	derive_application,
	read_application,
	end_early_data,
	leave_early_data,
	send_certificate,
	ask_signature,
	send_certificate_verify,
	send_finished,
	write_application,
	connect,
	NULL,
};
static tls_task *const after_ticket[] = { offer_session, NULL };

/* ---- ServerHello, RFC 8446 4.1.3 ---- */

hf_status tls13_client_hello_answered(struct hf_tls *t, const struct tls_server_hello *sh, const struct tls_exts *exts)
{
	struct tls_hs *hs = t->hs;
	uint8_t secret[CRYPTO_KEX_SECRET_MAX];
	size_t n = 0;
	hf_status s;

	(void)sh;
	tls_transcript_choose(t);
	HF_TRY(take_psk(t, exts));
	s = take_share(t, exts, secret, &n);
	if (s == HF_OK) {
		tls_schedule_early(&hs->schedule, t->suite->hash,
				   (struct hf_bytes){ hs->session.secret, t->resumed ? hs->session.secret_len : 0u });
		tls_schedule_handshake(&hs->schedule, (struct hf_bytes){ secret, n });
	}
	crypto_wipe(secret, sizeof(secret));
	HF_TRY(s);
	tls_next(t, TLS_ST_C13_WAIT_EE);
	/* A server that has not taken the pre-shared key cannot take the data under it either. */
	tls_run(t, t->early == HF_TLS_EARLY_OFFERED && t->resumed ? after_server_hello_early : after_server_hello);
	return HF_OK;
}

/* RFC 8446 4.2.11: it must be one that was offered, and the suite must have the hash that belongs to it. */
static hf_status take_psk(struct hf_tls *t, const struct tls_exts *exts)
{
	const struct tls_session *session = &t->hs->session;
	uint16_t identity;

	if (!(exts->has & TLS_HAS(PRE_SHARED_KEY))) {
		if (t->hs->asked & TLS_HAS(PRE_SHARED_KEY))
			(void)tls_tell(t, HF_TLS_TOLD_PSK_REFUSED);
		return HF_OK;
	}
	TLS_TRY_PARSE(t, tls_ext_u16_parse(exts->body[TLS_ROW_PRE_SHARED_KEY], &identity));
	TLS_REQUIRE(t, identity == 0 && session->version == TLS_VERSION_1_3, BAD_PSK);
	TLS_REQUIRE(t, tls_suite_find(session->suite)->hash == t->suite->hash, BAD_PSK);
	/* Only psk_dhe_ke was offered: without a share the server has chosen what was not. */
	TLS_REQUIRE(t, exts->has & TLS_HAS(KEY_SHARE), BAD_PSK);
	tls_hand_on_proof(t, session);
	(void)tls_tell(t, HF_TLS_TOLD_RESUMED);
	return HF_OK;
}

/* RFC 8446 4.2.8: one answer, in a group that a share was sent for. */
static hf_status take_share(struct hf_tls *t, const struct tls_exts *exts, uint8_t *secret, size_t *ret_len)
{
	struct tls_hs *hs = t->hs;
	struct crypto_kex *kex = NULL;
	struct tls_key_share share;
	hf_status s;

	TLS_REQUIRE(t, exts->has & TLS_HAS(KEY_SHARE), MISSING_EXT);
	TLS_TRY_PARSE(t, tls_ext_key_share_parse(exts->body[TLS_ROW_KEY_SHARE], &share));
	for (unsigned i = 0; i < hs->shares; i++)
		if (hs->kex[i].group == share.group)
			kex = &hs->kex[i];
	TLS_REQUIRE(t, kex, BAD_GROUP);
	s = crypto_kex_finish(t->cfg->crypto, kex, share.share, secret, ret_len);
	TLS_REQUIRE(t, s != HF_MALFORMED, BAD_SHARE);
	TLS_REQUIRE(t, s == HF_OK, INTERNAL);
	for (unsigned i = 0; i < hs->shares; i++)
		crypto_kex_clear(&hs->kex[i]);
	hs->shares = 0;
	t->group = share.group;
	tls_tell(t, HF_TLS_TOLD_GROUP)->x = share.group;
	return HF_OK;
}

static hf_status derive_handshake(struct hf_tls *t)
{
	tls13_handshake_secrets(t);
	return HF_OK;
}

static hf_status read_handshake(struct hf_tls *t)
{
	return tls_read_keys_13(t, TLS_EPOCH_HANDSHAKE, t->hs->server_hs);
}

/* RFC 8446 D.4: once, before the first that is encrypted; after early data or a second hello it has been sent already. */
static hf_status send_ccs(struct hf_tls *t)
{
	if (t->cfg->no_compatibility || t->hs->ccs_sent)
		return HF_OK;
	HF_TRY(tls_send_ccs(t));
	t->hs->ccs_sent = true;
	return HF_OK;
}

static hf_status write_handshake(struct hf_tls *t)
{
	HF_TRY(tls_flushed(t));
	t->early_writable = false;
	return tls_write_keys_13(t, TLS_EPOCH_HANDSHAKE, t->hs->client_hs);
}

/* ---- EncryptedExtensions, RFC 8446 4.3.1 ---- */

hf_status tls_on_c13_encrypted_extensions(struct hf_tls *t, struct hf_bytes body)
{
	struct hf_bytes block, groups;
	struct tls_exts exts;

	TLS_TRY_PARSE(t, tls_encrypted_extensions_parse(body, &block));
	HF_TRY(tls_exts_sort(t, block, TLS_IN_EE, t->hs->asked, &exts));
	if (exts.has & TLS_HAS(SERVER_NAME))
		TLS_TRY_PARSE(t, tls_ext_empty_parse(exts.body[TLS_ROW_SERVER_NAME]));
	/* RFC 8446 4.2.7: says which groups would have been liked better; nothing may be made of it now. */
	if (exts.has & TLS_HAS(SUPPORTED_GROUPS))
		TLS_TRY_PARSE(t, tls_ext_u16_list_parse(exts.body[TLS_ROW_SUPPORTED_GROUPS], 2, &groups));
	if (exts.has & TLS_HAS(ALPN))
		HF_TRY(tls_take_alpn(t, exts.body[TLS_ROW_ALPN]));
	HF_TRY(tls_take_record_limits(t, &exts));
	HF_TRY(take_early_data(t, &exts));
	tls_next(t, t->resumed ? TLS_ST_C13_WAIT_FINISHED : TLS_ST_C13_WAIT_CERT_CR);
	if (t->early == HF_TLS_EARLY_REJECTED && t->wr.epoch == TLS_EPOCH_EARLY)
		tls_run(t, after_rejection);
	return HF_OK;
}

/* RFC 8446 4.2.10: it was sent for the session's suite and protocol, so these must be the ones agreed on now. */
static hf_status take_early_data(struct hf_tls *t, const struct tls_exts *exts)
{
	const struct tls_session *session = &t->hs->session;
	struct hf_bytes alpn = { 0 };

	if (!(exts->has & TLS_HAS(EARLY_DATA))) {
		if (t->early == HF_TLS_EARLY_OFFERED) {
			t->early = HF_TLS_EARLY_REJECTED;
			t->early_writable = false;
			(void)tls_tell(t, HF_TLS_TOLD_EARLY_REJECTED);
		}
		return HF_OK;
	}
	TLS_TRY_PARSE(t, tls_ext_empty_parse(exts->body[TLS_ROW_EARLY_DATA]));
	TLS_REQUIRE(t, t->early == HF_TLS_EARLY_OFFERED && t->resumed && session->suite == t->suite->number, BAD_EARLY_DATA);
	if (t->alpn >= 0)
		alpn = t->cfg->alpn[t->alpn];
	TLS_REQUIRE(t, hf_bytes_same(session->alpn, alpn), BAD_EARLY_DATA);
	t->early = HF_TLS_EARLY_ACCEPTED;
	(void)tls_tell(t, HF_TLS_TOLD_EARLY_ACCEPTED);
	return HF_OK;
}

/* ---- CertificateRequest, RFC 8446 4.3.2 ---- */

hf_status tls_on_c13_certificate_request(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	struct tls_certificate_request_13 m;
	struct tls_exts exts;
	struct hf_bytes schemes, authorities = { 0 }, cert_schemes;

	TLS_TRY_PARSE(t, tls_certificate_request_13_parse(body, &m));
	TLS_REQUIRE(t, m.context.len == 0, BAD_CONTEXT);
	HF_TRY(tls_exts_sort(t, m.extensions, TLS_IN_CR, 0, &exts));
	TLS_REQUIRE(t, exts.has & TLS_HAS(SIGNATURE_ALGORITHMS), MISSING_EXT);
	TLS_TRY_PARSE(t, tls_ext_u16_list_parse(exts.body[TLS_ROW_SIGNATURE_ALGORITHMS], 2, &schemes));
	if (exts.has & TLS_HAS(SIGNATURE_ALGORITHMS_CERT))
		TLS_TRY_PARSE(t, tls_ext_u16_list_parse(exts.body[TLS_ROW_SIGNATURE_ALGORITHMS_CERT], 2, &cert_schemes));
	if (exts.has & TLS_HAS(CERTIFICATE_AUTHORITIES))
		TLS_TRY_PARSE(t, tls_ext_authorities_parse(exts.body[TLS_ROW_CERTIFICATE_AUTHORITIES], &authorities));
	hs->cert_requested = true;
	tls_keep_schemes(t, schemes);
	/* Asked for now, while the message with the names is here; shown not before the server is believed. */
	hs->question.authorities = authorities;
	tls_next(t, TLS_ST_C13_WAIT_CERT);
	tls_run(t, after_request);
	return HF_OK;
}

static hf_status ask_certificate(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	hs->question.schemes = (struct hf_bytes){ hs->peer_schemes, hs->peer_schemes_len };
	hs->question.version = TLS_VERSION_1_3;
	return tls_ask(t, HF_TLS_WANTS_CERTIFICATE);
}

/* ---- Certificate, CertificateVerify, RFC 8446 4.4.2, 4.4.3 ---- */

hf_status tls_on_c13_certificate(struct hf_tls *t, struct hf_bytes body)
{
	HF_TRY(tls13_take_certificate(t, body, t->hs->asked));
	TLS_REQUIRE(t, t->hs->certs > 0, EMPTY_CERTIFICATE);
	tls_next(t, TLS_ST_C13_WAIT_CV);
	tls_run(t, after_certificate);
	return HF_OK;
}

hf_status tls_on_c13_certificate_verify(struct hf_tls *t, struct hf_bytes body)
{
	HF_TRY(tls13_take_certificate_verify(t, body, true));
	tls_next(t, TLS_ST_C13_WAIT_FINISHED);
	return HF_OK;
}

/* ---- Finished, and the client's flight ---- */

hf_status tls_on_c13_finished(struct hf_tls *t, struct hf_bytes body)
{
	HF_TRY(tls13_take_finished(t, body, t->hs->server_hs));
	tls_next(t, TLS_ST_C13_CONNECTED);
	tls_run(t, after_finished);
	return HF_OK;
}

static hf_status derive_application(struct hf_tls *t)
{
	tls13_application_secrets(t);
	return HF_OK;
}

static hf_status read_application(struct hf_tls *t)
{
	return tls_read_keys_13(t, TLS_EPOCH_APPLICATION, t->hs->server_app);
}

/* RFC 8446 4.5 */
static hf_status end_early_data(struct hf_tls *t)
{
	struct hf_wr out;

	if (t->early != HF_TLS_EARLY_ACCEPTED)
		return HF_OK;
	HF_TRY(tls_message(t, TLS_END_OF_EARLY_DATA, TLS_MESSAGE_HEADER, &out));
	t->early_writable = false;
	return tls_commit(t, &out);
}

static hf_status leave_early_data(struct hf_tls *t)
{
	return t->wr.epoch == TLS_EPOCH_EARLY ? write_handshake(t) : HF_OK;
}

/* RFC 8446 4.4.2: who was asked answers, with an empty list if there is nothing that suits. */
static hf_status send_certificate(struct hf_tls *t)
{
	const struct hf_bytes none = { 0 };
	struct tls_hs *hs = t->hs;

	if (!hs->cert_requested)
		return HF_OK;
	if (hs->cred) {
		t->scheme = tls_scheme_for(t->cfg, hs->cred,
					   (struct hf_bytes){ hs->peer_schemes, hs->peer_schemes_len }, TLS_VERSION_1_3);
		if (!t->scheme)
			hs->cred = NULL;
	}
	return tls13_send_certificate(t, none, none);
}

static bool shows_certificate(const struct hf_tls *t)
{
	return t->hs->cert_requested && t->hs->cred;
}

static hf_status ask_signature(struct hf_tls *t)
{
	return shows_certificate(t) ? tls13_ask_signature(t, false) : HF_OK;
}

static hf_status send_certificate_verify(struct hf_tls *t)
{
	return shows_certificate(t) ? tls_send_certificate_verify(t) : HF_OK;
}

static hf_status send_finished(struct hf_tls *t)
{
	return tls13_send_finished(t, t->hs->client_hs);
}

static hf_status write_application(struct hf_tls *t)
{
	HF_TRY(tls_flushed(t));
	return tls_write_keys_13(t, TLS_EPOCH_APPLICATION, t->hs->client_app);
}

static hf_status connect(struct hf_tls *t)
{
	tls13_resumption_secret(t);
	tls_connected(t);
	return HF_OK;
}

/* ---- NewSessionTicket, RFC 8446 4.6.1 ---- */

hf_status tls_on_c13_new_session_ticket(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	struct tls_new_session_ticket_13 m;
	struct tls_exts exts;
	struct tls_session s = { 0 };
	uint32_t lifetime_s;
	size_t n;
	hf_status put;

	TLS_TRY_PARSE(t, tls_new_session_ticket_13_parse(body, &m));
	HF_TRY(tls_exts_sort(t, m.extensions, TLS_IN_NST, 0, &exts));
	if (exts.has & TLS_HAS(EARLY_DATA))
		TLS_TRY_PARSE(t, tls_ext_u32_parse(exts.body[TLS_ROW_EARLY_DATA], &s.early_data_max));
	TLS_REQUIRE(t, m.lifetime_s <= TLS13_TICKET_LIFETIME_MAX, BAD_TICKET);
	(void)tls_tell(t, HF_TLS_TOLD_TICKET);
	/* A lifetime of 0 says that it shall be thrown away at once. */
	lifetime_s = tls_lifetime_left(t, m.lifetime_s);
	if (lifetime_s == 0 || t->cfg->no_resumption)
		return HF_OK;

	s.version = TLS_VERSION_1_3;
	s.suite = t->suite->number;
	s.secret_len = t->suite->hash_size;
	tls_ticket_psk(t->suite->hash, t->resumption, m.nonce, s.secret);
	s.peer_certificate = t->peer_certificate;
	s.lifetime_s = lifetime_s;
	s.age_add = m.age_add;
	s.made_unix_ms = tls_unix_ms(t);
	if (t->alpn >= 0)
		s.alpn = t->cfg->alpn[t->alpn];
	s.name = (struct hf_bytes){ t->name_hash, sizeof(t->name_hash) };
	s.ticket = m.ticket;
	put = tls_session_put(&s, hs->session_out, sizeof(hs->session_out), &n);
	crypto_wipe(&s, sizeof(s));
	/* One that is too long to be kept is as good as none. */
	if (put != HF_OK)
		return HF_OK;
	hs->question.session = (struct hf_bytes){ hs->session_out, n };
	hs->question.lifetime_s = lifetime_s;
	tls_run(t, after_ticket);
	return HF_OK;
}

static hf_status offer_session(struct hf_tls *t)
{
	return tls_ask(t, HF_TLS_HAS_SESSION);
}
