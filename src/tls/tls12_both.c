/* SPDX-License-Identifier: MIT */
/*
 * What both ends of TLS 1.2 do alike (RFC 5246): the master secret, Certificate, the signatures of either side, the switch to
 * the new keys and the proof that both have seen the same handshake; and the refusal of another handshake afterwards.
 *
 * As in 1.3 a message is read into locals and judged before anything of it is kept.
 */
#include "tls/tls12.h"

#define VERIFY_DATA 12u /* RFC 5246 7.4.9 */
#define MASTER 48u      /* RFC 5246 8.1 */
#define RANDOM 32u
#define REQUESTS_MAX 4u /* attempts to renegotiate since the last data */

static void verify_data(struct hf_tls *t, bool of_server, uint8_t ret[VERIFY_DATA]);

/* ---- secrets ---- */

hf_status tls12_make_master(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const enum crypto_hash_id hash = t->suite->hash;
	const struct hf_bytes premaster = { hs->premaster, hs->premaster_len };
	uint8_t session_hash[CRYPTO_HASH_MAX];

	if (t->extended_master_secret) {
		tls_transcript_hash(t, session_hash);
		crypto_tls12_prf(hash, premaster, "extended master secret",
				 (struct hf_bytes){ session_hash, t->suite->hash_size }, (struct hf_bytes){ 0 },
				 hs->master, MASTER);
	} else {
		crypto_tls12_prf(hash, premaster, "master secret", (struct hf_bytes){ hs->client_random, RANDOM },
				 (struct hf_bytes){ hs->server_random, RANDOM }, hs->master, MASTER);
	}
	crypto_wipe(hs->premaster, sizeof(hs->premaster));
	crypto_wipe(hs->instead, sizeof(hs->instead));
	tls12_keep_master(t);
	return HF_OK;
}

void tls12_keep_master(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	memcpy(t->exporter, hs->master, MASTER);
	memcpy(t->randoms, hs->client_random, RANDOM);
	memcpy(t->randoms + RANDOM, hs->server_random, RANDOM);
	tls_log_secret(t, "CLIENT_RANDOM", hs->master, MASTER);
}

/* ---- Certificate, RFC 5246 7.4.2 ---- */

hf_status tls12_read_certificate(struct hf_tls *t, struct hf_bytes body)
{
	struct tls_hs *hs = t->hs;
	struct hf_bytes entries, cert;

	TLS_TRY_PARSE(t, tls_certificate_12_parse(body, &entries));
	hs->certs = 0;
	/* No path is as long as that: what follows could only be certificates that belong to no path. */
	while (hs->certs < TLS_CHAIN_MAX && tls_certificate_12_next(&entries, &cert))
		hs->chain[hs->certs++] = cert;
	return HF_OK;
}

hf_status tls12_send_certificate(struct hf_tls *t)
{
	const struct hf_cred *cred = t->hs->cred;
	const size_t certs = cred ? hf_cred_certs(cred) : 0;
	size_t n = TLS_MESSAGE_HEADER + 3, list;
	struct hf_wr out;

	for (size_t i = 0; i < certs; i++)
		n += 3 + hf_cred_cert(cred, i).len;
	HF_TRY(tls_message(t, TLS_CERTIFICATE, n, &out));
	list = tls_vec_begin(&out, 3);
	for (size_t i = 0; i < certs; i++) {
		const struct hf_bytes der = hf_cred_cert(cred, i);
		const size_t cert = tls_vec_begin(&out, 3);

		hf_wr_copy(&out, der.at, der.len);
		tls_vec_end(&out, 3, cert);
	}
	tls_vec_end(&out, 3, list);
	return tls_commit(t, &out);
}

/* ---- signatures ---- */

hf_status tls12_put_content(struct hf_tls *t, struct hf_bytes params)
{
	struct tls_hs *hs = t->hs;
	struct hf_wr out = hf_wr_over(hs->content, sizeof(hs->content));
	size_t n;

	hf_wr_copy(&out, hs->client_random, RANDOM);
	hf_wr_copy(&out, hs->server_random, RANDOM);
	hf_wr_copy(&out, params.at, params.len);
	TLS_REQUIRE(t, hf_wr_end(&out, &n) == HF_OK, INTERNAL); /* never: a share of 1.2 has 255 octets at most */
	hs->content_len = (uint16_t)n;
	return HF_OK;
}

hf_status tls12_check_signature(struct hf_tls *t, uint16_t scheme, struct hf_bytes content, struct hf_bytes signature)
{
	const struct crypto_pub *key = t->hs->peer_key;
	hf_status fits;

	TLS_REQUIRE(t, tls_list_has(tls_cfg_schemes(t->cfg), scheme), BAD_SCHEME);
	TLS_REQUIRE(t, crypto_scheme_fits(crypto_pub_kind(key), crypto_pub_bits(key), scheme, TLS_VERSION_1_2), BAD_SCHEME);
	fits = crypto_pub_verify(t->cfg->crypto, key, scheme, content, signature);
	TLS_REQUIRE(t, fits == HF_OK, BAD_SIGNATURE);
	t->peer_scheme = scheme;
	tls_tell(t, HF_TLS_TOLD_SIGNATURE_OK)->x = scheme;
	return HF_OK;
}

static bool is_of_rsa(uint16_t scheme)
{
	switch (scheme) {
	case TLS_ECDSA_SECP256R1_SHA256:
	case TLS_ECDSA_SECP384R1_SHA384:
	case TLS_ECDSA_SECP521R1_SHA512:
	case TLS_ED25519:
	case TLS_ED448:
		return false;
	default:
		return true;
	}
}

void tls12_narrow_schemes(struct hf_tls *t, bool rsa, bool ecdsa)
{
	struct tls_hs *hs = t->hs;
	const struct hf_bytes list = { hs->peer_schemes, hs->peer_schemes_len };
	struct hf_wr out = hf_wr_over(hs->peer_schemes, sizeof(hs->peer_schemes));

	for (size_t i = 0; i < tls_u16_count(list); i++) {
		const uint16_t scheme = tls_u16_at(list, i);

		if (is_of_rsa(scheme) ? rsa : ecdsa)
			hf_wr_u16(&out, scheme);
	}
	hs->peer_schemes_len = (uint16_t)hf_wr_len(&out);
}

uint16_t tls12_group_of(enum crypto_key_kind kind)
{
	switch (kind) {
	case CRYPTO_KEY_P256:
		return TLS_GROUP_P256;
	case CRYPTO_KEY_P384:
		return TLS_GROUP_P384;
	case CRYPTO_KEY_P521:
		return TLS_GROUP_P521;
	default:
		return 0;
	}
}

/* ---- ChangeCipherSpec, RFC 5246 7.1 ---- */

/* The engine has seen that it is one octet, 1, and that no message is left half there. */
hf_status tls_on_both12_change_cipher_spec(struct hf_tls *t, struct hf_bytes body)
{
	(void)body;
	HF_TRY(tls_read_keys_12(t));
	tls_next(t, t->server ? TLS_ST_S12_WAIT_FINISHED : TLS_ST_C12_WAIT_FINISHED);
	return HF_OK;
}

hf_status tls12_send_ccs(struct hf_tls *t)
{
	return tls_send_ccs(t);
}

hf_status tls12_write_keys(struct hf_tls *t)
{
	HF_TRY(tls_flushed(t));
	return tls_write_keys_12(t);
}

/* ---- Finished, RFC 5246 7.4.9 ---- */

static void verify_data(struct hf_tls *t, bool of_server, uint8_t ret[VERIFY_DATA])
{
	uint8_t hash[CRYPTO_HASH_MAX];

	tls_transcript_hash(t, hash);
	crypto_tls12_prf(t->suite->hash, (struct hf_bytes){ t->hs->master, MASTER },
			 of_server ? "server finished" : "client finished",
			 (struct hf_bytes){ hash, t->suite->hash_size }, (struct hf_bytes){ 0 }, ret, VERIFY_DATA);
}

hf_status tls12_take_finished(struct hf_tls *t, struct hf_bytes body)
{
	uint8_t expected[VERIFY_DATA];

	TLS_REQUIRE(t, body.len == VERIFY_DATA, DECODE);
	verify_data(t, !t->server, expected);
	TLS_REQUIRE(t, crypto_equal(expected, body.at, VERIFY_DATA), BAD_FINISHED);
	(void)tls_tell(t, HF_TLS_TOLD_FINISHED_OK);
	return HF_OK;
}

hf_status tls12_send_finished(struct hf_tls *t)
{
	uint8_t data[VERIFY_DATA];
	struct hf_wr out;

	HF_TRY(tls_message(t, TLS_FINISHED, TLS_MESSAGE_HEADER + VERIFY_DATA, &out));
	verify_data(t, t->server, data);
	hf_wr_copy(&out, data, sizeof(data));
	t->hs->keeps_past = false; /* nothing is signed any more */
	return tls_commit(t, &out);
}

hf_status tls12_connect(struct hf_tls *t)
{
	tls_connected(t);
	return HF_OK;
}

/* ---- afterwards ---- */

/*
 * HelloRequest, or a ClientHello on a connection that stands: no other handshake is begun (RFC 5746 4.2, 4.5 leave that to
 * us). The peer is told with a warning, and may go on as before (RFC 5246 7.2.2). What a ClientHello says is not read.
 */
hf_status tls_on_both12_renegotiation(struct hf_tls *t, struct hf_bytes body)
{
	const uint8_t warning = 1;

	if (!t->server)
		TLS_REQUIRE(t, body.len == 0, DECODE);
	TLS_REQUIRE(t, ++t->warnings <= REQUESTS_MAX, RENEGOTIATION);
	t->owe_alert = true;
	t->alert = TLS_ALERT_NO_RENEGOTIATION;
	t->alert_level = warning;
	return HF_OK;
}
