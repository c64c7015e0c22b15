/* SPDX-License-Identifier: MIT */
/*
 * What both ends of TLS 1.3 do alike: the proof that an end has the key it claims (Certificate, CertificateVerify), the proof
 * that both have seen the same handshake (Finished), the secrets that hang off the key schedule, and KeyUpdate.
 *
 * A message is read into locals and judged before anything of it is kept; of two functions for a message one sends it and one
 * takes it.
 */
#include "tls/tls13.h"

#define UPDATES_MAX 32u /* key updates of the peer since its last data */
#define SPACES 64u
#define ENTRY_EXTENSION 4u /* octets of an extension's header */

static hf_status take_entry(struct hf_tls *t, const struct tls_certificate_entry *e, uint32_t asked, bool leaf);
static void put_content(struct hf_tls *t, bool of_server);
static void put_entry_extension(struct hf_wr *out, uint16_t type, uint8_t status_type, struct hf_bytes body);

/* ---- secrets, RFC 8446 7.1 ---- */

struct derived {
	const char *label, *log; /* the RFC's, and RFC 9850's */
	uint8_t *ret;
};

static void derive(struct hf_tls *t, enum tls_stage stage, const struct derived *d, size_t n)
{
	uint8_t hash[CRYPTO_HASH_MAX];

	/* A client asks for those of early data before it is known which hash it will be. */
	tls_transcript_hash_of(t, t->suite->hash, hash);
	for (size_t i = 0; i < n; i++) {
		tls_schedule_derive(&t->hs->schedule, stage, d[i].label, hash, d[i].ret);
		if (d[i].log)
			tls_log_secret(t, d[i].log, d[i].ret, t->suite->hash_size);
	}
}

void tls13_early_secrets(struct hf_tls *t)
{
	uint8_t exporter[CRYPTO_HASH_MAX];
	const struct derived d[] = {
		{ "c e traffic", "CLIENT_EARLY_TRAFFIC_SECRET", t->hs->early_secret_client },
		{ "e exp master", "EARLY_EXPORTER_SECRET", exporter },
	};

	derive(t, TLS_STAGE_EARLY, d, HF_ARRAY_LEN(d));
	crypto_wipe(exporter, sizeof(exporter));
}

void tls13_handshake_secrets(struct hf_tls *t)
{
	const struct derived d[] = {
		{ "c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", t->hs->client_hs },
		{ "s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET", t->hs->server_hs },
	};

	derive(t, TLS_STAGE_HANDSHAKE, d, HF_ARRAY_LEN(d));
}

void tls13_application_secrets(struct hf_tls *t)
{
	const struct derived d[] = {
		{ "c ap traffic", "CLIENT_TRAFFIC_SECRET_0", t->hs->client_app },
		{ "s ap traffic", "SERVER_TRAFFIC_SECRET_0", t->hs->server_app },
		{ "exp master", "EXPORTER_SECRET", t->exporter },
	};

	tls_schedule_master(&t->hs->schedule);
	derive(t, TLS_STAGE_MASTER, d, HF_ARRAY_LEN(d));
}

void tls13_resumption_secret(struct hf_tls *t)
{
	const struct derived d = { "res master", NULL, t->resumption };

	derive(t, TLS_STAGE_MASTER, &d, 1);
}

/* ---- Certificate, RFC 8446 4.4.2 ---- */

hf_status tls13_take_certificate(struct hf_tls *t, struct hf_bytes body, uint32_t asked)
{
	struct tls_hs *hs = t->hs;
	struct tls_certificate_13 m;
	struct tls_certificate_entry e;
	struct hf_bytes entries;
	size_t n = 0;

	TLS_TRY_PARSE(t, tls_certificate_13_parse(body, &m));
	/* Nobody asks with a context before the handshake is over, so all answers have an empty one. */
	TLS_REQUIRE(t, m.context.len == 0, BAD_CONTEXT);
	hs->certs = 0;
	hs->staple = hs->scts = (struct hf_bytes){ 0 };
	entries = m.entries;
	for (; tls_certificate_13_next(&entries, &e); n++) {
		HF_TRY(take_entry(t, &e, asked, n == 0));
		/* No path is as long as that: what follows could only be certificates that belong to no path. */
		if (n < TLS_CHAIN_MAX)
			hs->chain[n] = e.cert;
	}
	if (n == 0)
		return HF_OK;
	HF_TRY(tls_take_leaf(t, hs->chain[0]));
	hs->certs = (uint8_t)(n < TLS_CHAIN_MAX ? n : TLS_CHAIN_MAX);
	return HF_OK;
}

/* RFC 8446 4.4.2.1: the staple and the SCTs of the leaf count; those of others must keep their format only. */
static hf_status take_entry(struct hf_tls *t, const struct tls_certificate_entry *e, uint32_t asked, bool leaf)
{
	struct tls_exts exts;
	struct hf_bytes ocsp = { 0 }, scts = { 0 };

	HF_TRY(tls_exts_sort(t, e->extensions, TLS_IN_CT, asked, &exts));
	if (exts.has & TLS_HAS(STATUS_REQUEST)) {
		const hf_status s = tls_certificate_status_parse(exts.body[TLS_ROW_STATUS_REQUEST], &ocsp);

		TLS_REQUIRE(t, s != HF_INVALID, BAD_STATUS);
		TLS_TRY_PARSE(t, s);
	}
	if (exts.has & TLS_HAS(SIGNED_CERTIFICATE_TIMESTAMP)) {
		scts = exts.body[TLS_ROW_SIGNED_CERTIFICATE_TIMESTAMP];
		TLS_TRY_PARSE(t, tls_ext_sct_list_parse(scts));
	}
	if (leaf) {
		t->hs->staple = ocsp;
		t->hs->scts = scts;
	}
	return HF_OK;
}

hf_status tls13_ask_verdict(struct hf_tls *t)
{
	t->stapled = t->hs->staple.len > 0;
	return tls_ask_verdict(t, t->hs->certs, t->hs->staple, t->hs->scts);
}

hf_status tls13_send_certificate(struct hf_tls *t, struct hf_bytes staple, struct hf_bytes scts)
{
	const struct hf_cred *cred = t->hs->cred;
	const size_t certs = cred ? hf_cred_certs(cred) : 0;
	size_t n = TLS_MESSAGE_HEADER + 1 + 3, list;
	struct hf_wr out;

	for (size_t i = 0; i < certs; i++)
		n += 3 + hf_cred_cert(cred, i).len + 2;
	n += ENTRY_EXTENSION + 1 + 3 + staple.len + ENTRY_EXTENSION + scts.len;
	HF_TRY(tls_message(t, TLS_CERTIFICATE, n, &out));
	hf_wr_u8(&out, 0);
	list = tls_vec_begin(&out, 3);
	for (size_t i = 0; i < certs; i++) {
		const struct hf_bytes der = hf_cred_cert(cred, i);
		const size_t cert = tls_vec_begin(&out, 3);
		size_t extensions;

		hf_wr_copy(&out, der.at, der.len);
		tls_vec_end(&out, 3, cert);
		extensions = tls_vec_begin(&out, 2);
		if (i == 0 && staple.len > 0)
			put_entry_extension(&out, TLS_EXT_STATUS_REQUEST, 1, staple);
		if (i == 0 && scts.len > 0)
			put_entry_extension(&out, TLS_EXT_SIGNED_CERTIFICATE_TIMESTAMP, 0, scts);
		tls_vec_end(&out, 2, extensions);
	}
	tls_vec_end(&out, 3, list);
	return tls_commit(t, &out);
}

/* status_request holds a CertificateStatus: its type, then the answer behind a length (RFC 6066 8). */
static void put_entry_extension(struct hf_wr *out, uint16_t type, uint8_t status_type, struct hf_bytes body)
{
	size_t whole;

	hf_wr_u16(out, type);
	whole = tls_vec_begin(out, 2);
	if (status_type) {
		hf_wr_u8(out, status_type);
		hf_wr_u24(out, (uint32_t)body.len);
	}
	hf_wr_copy(out, body.at, body.len);
	tls_vec_end(out, 2, whole);
}

/* ---- CertificateVerify, RFC 8446 4.4.3 ---- */

hf_status tls13_take_certificate_verify(struct hf_tls *t, struct hf_bytes body, bool of_server)
{
	struct tls_hs *hs = t->hs;
	struct tls_certificate_verify m;
	hf_status fits;

	TLS_TRY_PARSE(t, tls_certificate_verify_parse(body, &m));
	/* It must be one that we offered, and fit both the key and the version. */
	TLS_REQUIRE(t, tls_list_has(tls_cfg_schemes(t->cfg), m.scheme), BAD_SCHEME);
	TLS_REQUIRE(t,
		    crypto_scheme_fits(crypto_pub_kind(hs->peer_key), crypto_pub_bits(hs->peer_key), m.scheme,
				       TLS_VERSION_1_3),
		    BAD_SCHEME);
	put_content(t, of_server);
	fits = crypto_pub_verify(t->cfg->crypto, hs->peer_key, m.scheme,
				 (struct hf_bytes){ hs->content, hs->content_len }, m.signature);
	TLS_REQUIRE(t, fits != HF_UNSUPPORTED, BAD_SCHEME);
	TLS_REQUIRE(t, fits == HF_OK, BAD_SIGNATURE);
	t->peer_scheme = m.scheme;
	tls_tell(t, HF_TLS_TOLD_SIGNATURE_OK)->x = m.scheme;
	return HF_OK;
}

/* The chain that was shown is not the peer's until the signature has shown that it has the key. */
hf_status tls13_ask_signature(struct hf_tls *t, bool of_server)
{
	put_content(t, of_server);
	return tls_ask_signature(t);
}

/* What is signed: spaces, whose signature it is, a zero, the transcript's hash. */
static void put_content(struct hf_tls *t, bool of_server)
{
	const char *context = of_server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify";
	struct tls_hs *hs = t->hs;
	struct hf_wr out = hf_wr_over(hs->content, sizeof(hs->content));
	uint8_t hash[CRYPTO_HASH_MAX];

	tls_transcript_hash(t, hash);
	hf_wr_fill(&out, ' ', SPACES);
	hf_wr_copy(&out, context, strlen(context) + 1);
	hf_wr_copy(&out, hash, t->suite->hash_size);
	hs->content_len = (uint16_t)hf_wr_len(&out);
}

/* ---- Finished, RFC 8446 4.4.4 ---- */

hf_status tls13_take_finished(struct hf_tls *t, struct hf_bytes body, const uint8_t *secret)
{
	uint8_t hash[CRYPTO_HASH_MAX];

	TLS_REQUIRE(t, body.len == t->suite->hash_size, DECODE);
	tls_transcript_hash(t, hash);
	tls_finished_mac(t->suite->hash, secret, hash, t->hs->peer_finished);
	TLS_REQUIRE(t, crypto_equal(t->hs->peer_finished, body.at, body.len), BAD_FINISHED);
	(void)tls_tell(t, HF_TLS_TOLD_FINISHED_OK);
	return HF_OK;
}

hf_status tls13_send_finished(struct hf_tls *t, const uint8_t *secret)
{
	uint8_t hash[CRYPTO_HASH_MAX];
	struct hf_wr out;

	HF_TRY(tls_message(t, TLS_FINISHED, TLS_MESSAGE_HEADER + t->suite->hash_size, &out));
	tls_transcript_hash(t, hash);
	tls_finished_mac(t->suite->hash, secret, hash, t->hs->own_finished);
	hf_wr_copy(&out, t->hs->own_finished, t->suite->hash_size);
	return tls_commit(t, &out);
}

/* ---- KeyUpdate, RFC 8446 4.6.3 ---- */

hf_status tls_on_both13_key_update(struct hf_tls *t, struct hf_bytes body)
{
	bool requested;
	const hf_status s = tls_key_update_parse(body, &requested);

	TLS_REQUIRE(t, s != HF_INVALID, BAD_KEY_UPDATE);
	TLS_TRY_PARSE(t, s);
	/* RFC 8446 5.1: what follows in the same record was sealed under keys that end here. */
	TLS_REQUIRE(t, t->hs->in_len == tls_message_bytes(t).len, KEY_CHANGE_SPANNED);
	TLS_REQUIRE(t, ++t->updates <= UPDATES_MAX, KEY_UPDATE_FLOOD);
	TLS_REQUIRE(t, tls_side_update(&t->rd, t->cfg->crypto, t->suite, false) == HF_OK, NO_MEMORY);
	t->key_updates_received++;
	(void)tls_tell(t, HF_TLS_TOLD_KEY_UPDATE);
	/* Several requests that come before our answer are answered once; after our close_notify nothing is sent any more. */
	if (requested && !t->write_closed && !t->owe_close)
		t->owe_key_update = true;
	return HF_OK;
}
