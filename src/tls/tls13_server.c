/* SPDX-License-Identifier: MIT */
/*
 * The server of TLS 1.3 from the ClientHello on (RFC 8446, A.2). Suite and group are chosen at once; a ticket's key, a
 * certificate and a signature are asked for, so what follows is done in tasks:
 *
 *	ClientHello       no share in a group of ours: HelloRetryRequest, and a second ClientHello
 *	    tls13_with_ticket (tls13_resume.c): identity by identity, until one opens and fits; else
 *	    tls13_full: the certificate is chosen; then
 *	    tls13_answer: ServerHello, [change_cipher_spec], EncryptedExtensions, [CertificateRequest],
 *	                  [Certificate, CertificateVerify], Finished
 *	[EndOfEarlyData]
 *	[Certificate, [CertificateVerify]], Finished
 *	    NewSessionTickets
 *
 * The server's write keys are the application's from its Finished on (RFC 8446 2: it may speak half a round trip early); its
 * read keys go from early data's to the handshake's, or are the handshake's at once, and then early data that comes all the
 * same does not open and is passed over.
 */
#include "tls/tls13.h"

#define EARLY_SKIP_LEAST 16384u /* octets of early data passed over, whoever promised whatever (RFC 8446 4.2.10) */
#define EARLY_SKIP_OVERHEAD 1024u

static const struct tls_suite *choose_suite(const struct hf_tls *t);
static hf_status choose_group(struct hf_tls *t, uint16_t *ret, bool *ret_has_share);
static void hash_hello(struct hf_tls *t, uint8_t *ret);
static hf_status check_second_hello(struct hf_tls *t);

static tls_task send_hello_retry_request, send_ccs, skip_early_data;
static tls_task ask_certificate, choose_scheme;
static tls_task send_server_hello, write_handshake, read_first;
static tls_task send_encrypted_extensions, send_certificate_request;
static tls_task send_certificate, ask_signature, send_certificate_verify;
static tls_task send_finished, write_application, await_client;
static tls_task read_handshake, read_application, connect;

static tls_task *const retry[] = { send_hello_retry_request, send_ccs, skip_early_data, NULL };
tls_task *const tls13_full[] = { ask_certificate, choose_scheme, NULL };
tls_task *const tls13_answer[] = {
	send_server_hello,
	send_ccs,
	write_handshake,
	read_first,
	send_encrypted_extensions,
	send_certificate_request,
	send_certificate,
	ask_signature,
	send_certificate_verify,
	send_finished,
	write_application,
	await_client,
	NULL,
};
static tls_task *const after_early_data[] = { read_handshake, NULL };
static tls_task *const after_certificate[] = { tls13_ask_verdict, tls_take_verdict, NULL };
static tls_task *const after_finished[] = { read_application, tls13_ask_sealing_key, tls13_send_tickets, connect, NULL };

/* ---- ClientHello, RFC 8446 4.1.2; tls_hello_server.c has read and judged it ---- */

hf_status tls13_server_hello_came(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const struct tls_offer *o = &hs->offer;
	const struct tls_suite *suite = choose_suite(t);
	bool has_share = false;
	uint16_t group = 0;

	TLS_REQUIRE(t, suite, NO_SUITE);
	if (t->retried)
		HF_TRY(check_second_hello(t));
	HF_TRY(choose_group(t, &group, &has_share));
	t->suite = suite;
	t->group = group;
	tls_transcript_choose(t);
	if (o->early_data && t->early == HF_TLS_EARLY_NONE)
		t->early = HF_TLS_EARLY_OFFERED;
	if (!has_share) {
		hash_hello(t, hs->hello_hash);
		tls_next(t, TLS_ST_S_WAIT_CH_2);
		tls_run(t, retry);
		return HF_OK;
	}
	/* RFC 8446 5.1: the keys change with this message. */
	TLS_REQUIRE(t, hs->in_len == tls_message_bytes(t).len, KEY_CHANGE_SPANNED);
	tls_tell(t, HF_TLS_TOLD_SUITE)->x = suite->number;
	tls_tell(t, HF_TLS_TOLD_GROUP)->x = group;
	tls_run(t, tls13_may_resume(t) ? tls13_with_ticket : tls13_full);
	return HF_OK;
}

/* NULL: none that both have. */
static const struct tls_suite *choose_suite(const struct hf_tls *t)
{
	const struct tls_suite *chacha = tls_suite_find(TLS_SUITE_CHACHA20_POLY1305_SHA256);
	const struct hf_tls_list ours = tls_cfg_suites(t->cfg);

	if (!t->cfg->prefer_server_order && tls_prefers_chacha(t->hs->offer.hello.suites, TLS_VERSION_1_3) &&
	    tls_suite_usable(t->cfg, chacha, TLS_VERSION_1_3))
		return chacha;
	for (size_t i = 0; i < ours.n; i++) {
		const struct tls_suite *s = tls_suite_find(ours.at[i]);

		if (s && tls_suite_usable(t->cfg, s, TLS_VERSION_1_3) && tls_u16_has(t->hs->offer.hello.suites, s->number))
			return s;
	}
	return NULL;
}

static bool find_share(const struct tls_offer *o, uint16_t group, struct hf_bytes *ret)
{
	struct hf_bytes entries = o->shares;
	struct tls_key_share share;

	while (tls_key_share_next(&entries, &share))
		if (share.group == group) {
			*ret = share.share;
			return true;
		}
	return false;
}

/*
 * Our order decides among the groups that the client has sent a share of; only when there is none among those another round
 * trip is spent.
 */
static hf_status choose_group(struct hf_tls *t, uint16_t *ret, bool *ret_has_share)
{
	const struct hf_tls_list ours = tls_cfg_groups(t->cfg);
	const struct tls_offer *o = &t->hs->offer;
	uint16_t without = 0;
	struct hf_bytes share;

	for (size_t i = 0; i < ours.n; i++) {
		const uint16_t group = ours.at[i];

		if (!tls_u16_has(o->groups, group) || !tls_group_usable(t->cfg, group))
			continue;
		if (find_share(o, group, &share)) {
			*ret = group;
			*ret_has_share = true;
			return HF_OK;
		}
		if (!without)
			without = group;
	}
	TLS_REQUIRE(t, without, NO_GROUP);
	*ret = without;
	*ret_has_share = false;
	return HF_OK;
}

/* ---- HelloRetryRequest, RFC 8446 4.1.4 ---- */

/* What both ServerHello and HelloRetryRequest begin with. */
static void put_hello(struct hf_tls *t, struct hf_wr *out, const uint8_t random[32])
{
	const struct hf_bytes session_id = t->hs->offer.hello.session_id;

	hf_wr_u16(out, TLS_VERSION_1_2);
	hf_wr_copy(out, random, 32);
	hf_wr_u8(out, (uint8_t)session_id.len);
	hf_wr_copy(out, session_id.at, session_id.len);
	hf_wr_u16(out, t->suite->number);
	hf_wr_u8(out, 0);
}

#define HELLO_SIZE (TLS_MESSAGE_HEADER + 2u + 32u + 33u + 2u + 1u)
#define VERSIONS_SIZE 6u

static void put_selected_version(struct hf_wr *out)
{
	hf_wr_u16(out, TLS_EXT_SUPPORTED_VERSIONS);
	hf_wr_u16(out, 2);
	hf_wr_u16(out, TLS_VERSION_1_3);
}

/* No cookie: this server keeps its state. */
static hf_status send_hello_retry_request(struct hf_tls *t)
{
	struct hf_wr out;
	size_t extensions;

	HF_TRY(tls_message(t, TLS_SERVER_HELLO, HELLO_SIZE + 2 + VERSIONS_SIZE + 6, &out));
	tls_transcript_retry(t);
	put_hello(t, &out, tls_hello_retry_random);
	extensions = tls_vec_begin(&out, 2);
	hf_wr_u16(&out, TLS_EXT_KEY_SHARE);
	hf_wr_u16(&out, 2);
	hf_wr_u16(&out, t->group);
	put_selected_version(&out);
	tls_vec_end(&out, 2, extensions);
	t->retried = true;
	tls_tell(t, HF_TLS_TOLD_HELLO_RETRY)->x = t->group;
	return tls_commit(t, &out);
}

/* RFC 8446 D.4: right behind the first message of ours, for a client that shows by its session id that it wants it. */
static hf_status send_ccs(struct hf_tls *t)
{
	if (t->hs->offer.hello.session_id.len == 0 || t->hs->ccs_sent)
		return HF_OK;
	HF_TRY(tls_send_ccs(t));
	t->hs->ccs_sent = true;
	return HF_OK;
}

static hf_status skip_early_data(struct hf_tls *t)
{
	const uint64_t promised = t->cfg->early_data_max;
	/* It is counted sealed, so what was promised comes with its records' overhead. */
	const uint64_t sealed = promised + promised / 16 + EARLY_SKIP_OVERHEAD;

	if (t->early != HF_TLS_EARLY_OFFERED)
		return HF_OK;
	t->early = HF_TLS_EARLY_REJECTED;
	t->early_skip = true;
	t->early_left = (uint32_t)(promised < EARLY_SKIP_LEAST ? EARLY_SKIP_LEAST : hf_min_u64(sealed, UINT32_MAX));
	(void)tls_tell(t, HF_TLS_TOLD_EARLY_REJECTED);
	return HF_OK;
}

/* RFC 8446 4.1.2: what a second hello may have changed, and the extensions that mean nothing here, are left out. */
#define MAY_CHANGE (TLS_HAS(KEY_SHARE) | TLS_HAS(EARLY_DATA) | TLS_HAS(PRE_SHARED_KEY) | TLS_HAS(PADDING))

static void hash_part(struct crypto_hash *h, unsigned what, struct hf_bytes b)
{
	uint8_t head[5] = { (uint8_t)what };

	hf_store32(head + 1, (uint32_t)b.len);
	crypto_hash_add(h, (struct hf_bytes){ head, sizeof(head) });
	crypto_hash_add(h, b);
}

/* As no cookie was given, none may be added: it counts. */
static void hash_hello(struct hf_tls *t, uint8_t *ret)
{
	const struct tls_offer *o = &t->hs->offer;
	struct crypto_hash h;
	uint8_t version[2];

	hf_store16(version, o->hello.legacy_version);
	crypto_hash_init(&h, CRYPTO_SHA256);
	hash_part(&h, 0xff, (struct hf_bytes){ version, sizeof(version) });
	hash_part(&h, 0xff, o->hello.random);
	hash_part(&h, 0xff, o->hello.session_id);
	hash_part(&h, 0xff, o->hello.suites);
	hash_part(&h, 0xff, o->hello.compression);
	for (unsigned row = 0; row < TLS_ROW_COUNT; row++)
		if (o->exts.has & ~MAY_CHANGE & 1u << row)
			hash_part(&h, row, o->exts.body[row]);
	crypto_hash_peek(&h, ret);
}

static hf_status check_second_hello(struct hf_tls *t)
{
	const struct tls_offer *o = &t->hs->offer;
	struct hf_bytes entries = o->shares;
	struct tls_key_share share;
	uint8_t hash[32];

	hash_hello(t, hash);
	TLS_REQUIRE(t, memcmp(hash, t->hs->hello_hash, sizeof(hash)) == 0, CHANGED_HELLO);
	TLS_REQUIRE(t, !o->early_data, BAD_EARLY_DATA);
	/* RFC 8446 4.2.8: the one share that was asked for and nothing else. */
	TLS_REQUIRE(t, tls_key_share_next(&entries, &share) && entries.len == 0 && share.group == t->group, BAD_SHARE);
	t->early_skip = false; /* what comes from here on is no early data any more */
	return HF_OK;
}

/* ---- the certificate ---- */

static hf_status ask_certificate(struct hf_tls *t)
{
	tls_schedule_early(&t->hs->schedule, t->suite->hash, (struct hf_bytes){ 0 });
	return tls_ask_certificate(t);
}

static hf_status choose_scheme(struct hf_tls *t)
{
	TLS_REQUIRE(t, t->hs->cred, NO_CERTIFICATE);
	t->scheme = tls_scheme_for(t->cfg, t->hs->cred, t->hs->offer.schemes, TLS_VERSION_1_3);
	TLS_REQUIRE(t, t->scheme, NO_SCHEME);
	tls_run(t, tls13_answer);
	return HF_OK;
}

/* ---- ServerHello, RFC 8446 4.1.3 ---- */

static hf_status put_key_share(struct hf_tls *t, struct hf_wr *out)
{
	uint8_t entropy[CRYPTO_KEX_ENTROPY], share[CRYPTO_KEX_SHARE_MAX], secret[CRYPTO_KEX_SECRET_MAX];
	struct hf_bytes theirs = { 0 };
	size_t share_len, secret_len;
	hf_status s;

	HF_ASSERT(find_share(&t->hs->offer, t->group, &theirs));
	tls_draw(t, entropy, sizeof(entropy));
	s = crypto_kex_answer(t->cfg->crypto, t->group, entropy, theirs, share, sizeof(share), &share_len, secret,
			      &secret_len);
	crypto_wipe(entropy, sizeof(entropy));
	TLS_REQUIRE(t, s != HF_MALFORMED, BAD_SHARE);
	TLS_REQUIRE(t, s == HF_OK, INTERNAL);
	tls_schedule_handshake(&t->hs->schedule, (struct hf_bytes){ secret, secret_len });
	crypto_wipe(secret, sizeof(secret));
	hf_wr_u16(out, TLS_EXT_KEY_SHARE);
	hf_wr_u16(out, (uint16_t)(4 + share_len));
	hf_wr_u16(out, t->group);
	hf_wr_u16(out, (uint16_t)share_len);
	hf_wr_copy(out, share, share_len);
	return HF_OK;
}

static hf_status send_server_hello(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct hf_wr out;
	size_t extensions;

	HF_TRY(tls_message(t, TLS_SERVER_HELLO,
			   HELLO_SIZE + 2 + VERSIONS_SIZE + 8 + crypto_kex_server_share_size(t->group) + 6, &out));
	tls_draw(t, hs->server_random, sizeof(hs->server_random));
	put_hello(t, &out, hs->server_random);
	extensions = tls_vec_begin(&out, 2);
	/* In the order of RFC 8448's, as any will do (RFC 8446 4.2). */
	if (hs->psk_len > 0) {
		hf_wr_u16(&out, TLS_EXT_PRE_SHARED_KEY);
		hf_wr_u16(&out, 2);
		hf_wr_u16(&out, hs->psk_index);
	}
	HF_TRY(put_key_share(t, &out));
	put_selected_version(&out);
	tls_vec_end(&out, 2, extensions);
	HF_TRY(tls_commit(t, &out));
	tls13_handshake_secrets(t);
	return HF_OK;
}

static hf_status write_handshake(struct hf_tls *t)
{
	HF_TRY(tls_flushed(t));
	return tls_write_keys_13(t, TLS_EPOCH_HANDSHAKE, t->hs->server_hs);
}

static hf_status read_first(struct hf_tls *t)
{
	if (t->early == HF_TLS_EARLY_ACCEPTED)
		return tls_read_keys_13(t, TLS_EPOCH_EARLY, t->hs->early_secret_client);
	HF_TRY(skip_early_data(t));
	return read_handshake(t);
}

static hf_status read_handshake(struct hf_tls *t)
{
	return tls_read_keys_13(t, TLS_EPOCH_HANDSHAKE, t->hs->client_hs);
}

/* ---- EncryptedExtensions, RFC 8446 4.3.1; CertificateRequest, 4.3.2 ---- */

static hf_status send_encrypted_extensions(struct hf_tls *t)
{
	struct hf_wr out;
	size_t extensions;

	HF_TRY(tls_message(t, TLS_ENCRYPTED_EXTENSIONS, TLS_MESSAGE_HEADER + 2 + 4 + (4 + 2 + 1 + 255) + 6 + 4, &out));
	extensions = tls_vec_begin(&out, 2);
	/* RFC 6066 3: an empty one says that the name was of use. */
	if (t->hs->offer.name.len > 0) {
		hf_wr_u16(&out, TLS_EXT_SERVER_NAME);
		hf_wr_u16(&out, 0);
	}
	tls_put_alpn(t, &out);
	tls_put_record_limits(t, &out);
	if (t->early == HF_TLS_EARLY_ACCEPTED) {
		hf_wr_u16(&out, TLS_EXT_EARLY_DATA);
		hf_wr_u16(&out, 0);
	}
	tls_vec_end(&out, 2, extensions);
	return tls_commit(t, &out);
}

/* RFC 8446 4.2.4 */
static void put_authorities(const struct hf_tls_config *cfg, struct hf_wr *out)
{
	size_t whole;

	if (cfg->authority_count == 0)
		return;
	hf_wr_u16(out, TLS_EXT_CERTIFICATE_AUTHORITIES);
	whole = tls_vec_begin(out, 2);
	tls_put_authorities(cfg, out);
	tls_vec_end(out, 2, whole);
}

/* RFC 8446 4.3.2: never with a pre-shared key. */
static hf_status send_certificate_request(struct hf_tls *t)
{
	const struct hf_tls_config *cfg = t->cfg;
	const struct hf_tls_list schemes = tls_cfg_schemes(cfg);
	size_t n = TLS_MESSAGE_HEADER + 1 + 2 + 6 + 2 * schemes.n + 8, extensions;
	struct hf_wr out;

	if (cfg->client_cert == HF_TLS_CLIENT_CERT_NONE || t->hs->psk_len > 0)
		return HF_OK;
	for (size_t i = 0; i < cfg->authority_count; i++)
		n += 2 + cfg->authorities[i].len;
	HF_TRY(tls_message(t, TLS_CERTIFICATE_REQUEST, n, &out));
	hf_wr_u8(&out, 0);
	extensions = tls_vec_begin(&out, 2);
	hf_wr_u16(&out, TLS_EXT_SIGNATURE_ALGORITHMS);
	hf_wr_u16(&out, (uint16_t)(2 + 2 * schemes.n));
	tls_put_numbers(&out, schemes);
	put_authorities(cfg, &out);
	tls_vec_end(&out, 2, extensions);
	t->hs->cert_requested = true;
	return tls_commit(t, &out);
}

/* ---- Certificate, CertificateVerify, Finished ---- */

static hf_status send_certificate(struct hf_tls *t)
{
	const struct tls_offer *o = &t->hs->offer;
	struct hf_bytes staple = { 0 }, scts = { 0 };

	if (t->hs->psk_len > 0)
		return HF_OK;
	if (o->wants_staple)
		staple = hf_cred_ocsp(t->hs->cred);
	if (o->wants_scts)
		scts = hf_cred_sct_list(t->hs->cred);
	HF_TRY(tls13_send_certificate(t, staple, scts));
	t->stapled = staple.len > 0;
	return HF_OK;
}

static hf_status ask_signature(struct hf_tls *t)
{
	return t->hs->psk_len > 0 ? HF_OK : tls13_ask_signature(t, true);
}

static hf_status send_certificate_verify(struct hf_tls *t)
{
	return t->hs->psk_len > 0 ? HF_OK : tls_send_certificate_verify(t);
}

static hf_status send_finished(struct hf_tls *t)
{
	HF_TRY(tls13_send_finished(t, t->hs->server_hs));
	tls13_application_secrets(t);
	return HF_OK;
}

static hf_status write_application(struct hf_tls *t)
{
	HF_TRY(tls_flushed(t));
	return tls_write_keys_13(t, TLS_EPOCH_APPLICATION, t->hs->server_app);
}

/* The last that needs the ClientHello: what is left of it goes with the message. */
static hf_status await_client(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	tls13_settle_tickets(t);
	if (t->early == HF_TLS_EARLY_ACCEPTED)
		tls_next(t, TLS_ST_S13_WAIT_EOED);
	else
		tls_next(t, hs->cert_requested ? TLS_ST_S13_WAIT_CERT : TLS_ST_S13_WAIT_FINISHED);
	return HF_OK;
}

/* ---- the client's flight ---- */

/* RFC 8446 4.5 */
hf_status tls_on_s13_end_of_early_data(struct hf_tls *t, struct hf_bytes body)
{
	TLS_REQUIRE(t, body.len == 0, DECODE);
	tls_next(t, TLS_ST_S13_WAIT_FINISHED);
	tls_run(t, after_early_data);
	return HF_OK;
}

hf_status tls_on_s13_certificate(struct hf_tls *t, struct hf_bytes body)
{
	HF_TRY(tls13_take_certificate(t, body, 0));
	if (t->hs->certs > 0) {
		tls_next(t, TLS_ST_S13_WAIT_CV);
		tls_run(t, after_certificate);
		return HF_OK;
	}
	TLS_REQUIRE(t, t->cfg->client_cert != HF_TLS_CLIENT_CERT_REQUIRE, CERTIFICATE_REQUIRED);
	tls_next(t, TLS_ST_S13_WAIT_FINISHED);
	return HF_OK;
}

hf_status tls_on_s13_certificate_verify(struct hf_tls *t, struct hf_bytes body)
{
	HF_TRY(tls13_take_certificate_verify(t, body, false));
	tls_next(t, TLS_ST_S13_WAIT_FINISHED);
	return HF_OK;
}

hf_status tls_on_s13_finished(struct hf_tls *t, struct hf_bytes body)
{
	HF_TRY(tls13_take_finished(t, body, t->hs->client_hs));
	tls_next(t, TLS_ST_S13_CONNECTED);
	tls_run(t, after_finished);
	return HF_OK;
}

static hf_status read_application(struct hf_tls *t)
{
	tls13_resumption_secret(t);
	return tls_read_keys_13(t, TLS_EPOCH_APPLICATION, t->hs->client_app);
}

static hf_status connect(struct hf_tls *t)
{
	tls_connected(t);
	return HF_OK;
}
