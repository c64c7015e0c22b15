/* SPDX-License-Identifier: MIT */

/* The usual answers to the machine's questions, for programs that hold certificates and keys in memory. */
#include "tls/tls_internal.h"

#define PERIOD_DEFAULT HF_S(12 * 3600)

/* A certificate that names the host and can sign for this client; else one that names it; else the default's turn. */
static const struct hf_cred *choose_cred(const struct hf_tls *t, const struct hf_tls_keeper *k,
					 const struct hf_tls_question *q)
{
	const struct hf_cred *named = NULL, *fits = NULL;

	for (size_t i = 0; i < k->cred_count; i++) {
		const struct hf_cred *c = k->creds[i];
		const bool can = hf_tls_certificate_fits(t, c);

		if (q->name.len > 0 && hf_cred_names(c, q->name)) {
			if (can)
				return c;
			if (!named)
				named = c;
		}
		if (can && !fits)
			fits = c;
	}
	if (q->name.len > 0 && !named && k->strict_names)
		return NULL;
	if (named)
		return named;
	return fits ? fits : k->cred_count > 0 ? k->creds[0] : NULL;
}

static void settle_certificate(struct hf_tls *t, const struct hf_tls_keeper *k, const struct hf_tls_question *q)
{
	const struct hf_cred *c = choose_cred(t, k, q);

	if (c && (t->server || hf_tls_certificate_fits(t, c)))
		hf_tls_use_certificate(t, c);
	else if (t->server && k->strict_names && q->name.len > 0)
		hf_tls_refuse_name(t);
	else
		hf_tls_no_certificate(t);
}

static void settle_signature(struct hf_tls *t, const struct hf_tls_keeper *k, const struct hf_tls_question *q)
{
	uint8_t sig[CRYPTO_SIG_MAX];
	size_t n = 0;

	if (crypto_key_sign(k->crypto, hf_cred_key(q->cred), q->scheme, q->content, sig, sizeof(sig), &n) != HF_OK)
		n = 0;
	hf_tls_give_signature(t, (struct hf_bytes){ sig, n });
}

static void settle_premaster(struct hf_tls *t, const struct hf_tls_keeper *k, const struct hf_tls_question *q)
{
	uint8_t secret[48];
	const hf_status s = crypto_key_decrypt_premaster(k->crypto, hf_cred_key(q->cred), q->encrypted,
							 q->client_version, q->instead, secret);

	/* RFC 5246 7.4.7.1: what cannot be decrypted is not told from what can. */
	hf_tls_give_premaster(t, s == HF_OK ? secret : s == HF_MALFORMED ? q->instead : NULL);
	crypto_wipe(secret, sizeof(secret));
}

/* A trusted certificate of anybody proves nothing to a client that has not said whom it wants. */
static bool is_nameless(const struct hf_tls *t, const struct hf_tls_keeper *k, const struct hf_cert_ask *ask)
{
	return !t->server && ask->name.len == 0 && !k->any_name;
}

/* 0, or the alert for what is wrong. */
static uint8_t judge(const struct hf_tls *t, const struct hf_tls_keeper *k, const struct hf_cert_ask *ask,
		     struct hf_cert_report *report)
{
	hf_status s;

	if (!k->trust)
		return TLS_ALERT_UNKNOWN_CA;
	s = hf_cert_check(k->trust, ask, report);
	if (s == HF_OK && !is_nameless(t, k, ask))
		return 0;
	if (s == HF_OK)
		report->fault = HF_CERT_WRONG_NAME;
	return report->fault != HF_CERT_GOOD ? hf_cert_fault_alert(report->fault) : TLS_ALERT_CERTIFICATE_UNKNOWN;
}

static void settle_verdict(struct hf_tls *t, const struct hf_tls_keeper *k, const struct hf_tls_question *q,
			   struct hf_cert_report *ret_report)
{
	struct hf_cert_report own = { .fault = HF_CERT_GOOD };
	struct hf_cert_report *report = ret_report ? ret_report : &own;
	const struct hf_cert_ask ask = {
		.chain = q->chain,
		.certs = q->certs,
		.name = k->peer_name.len > 0 ? k->peer_name : q->peer_name,
		.unix_s = tls_unix_ms(t) / 1000,
		.purpose = t->server ? HF_CERT_FOR_CLIENT : HF_CERT_FOR_SERVER,
		.ocsp = q->ocsp,
		.must_staple = k->want_staple,
	};
	const uint8_t alert = judge(t, k, &ask, report);

	if (alert && k->insecure)
		hf_tls_pass_verdict(t);
	else
		hf_tls_give_verdict(t, alert);
}

/* The key of one period: derived, so that nothing has to be remembered. */
static void ticket_key_of(const struct hf_tls_ticket_keys *keys, uint64_t period, uint8_t name[16], uint8_t key[32])
{
	const struct hf_bytes seed = { keys->seed, sizeof(keys->seed) };
	uint8_t info[9] = { 'n' };

	hf_store32(info + 1, (uint32_t)(period >> 32));
	hf_store32(info + 5, (uint32_t)period);
	crypto_hkdf_expand(CRYPTO_SHA256, seed, (struct hf_bytes){ info, sizeof(info) }, name, 16);
	info[0] = 'k';
	crypto_hkdf_expand(CRYPTO_SHA256, seed, (struct hf_bytes){ info, sizeof(info) }, key, 32);
}

static void settle_ticket_key(struct hf_tls *t, const struct hf_tls_keeper *k, const struct hf_tls_question *q)
{
	static const uint8_t no_seed[sizeof(((struct hf_tls_ticket_keys *)0)->seed)];
	const struct hf_tls_ticket_keys *keys = k->ticket_keys;
	uint8_t name[16], key[32];
	uint64_t period;

	/* Nobody has drawn it: what is derived from it looks like a secret, but everybody can do that (CVE-2020-13777). */
	if (!keys || crypto_equal(keys->seed, no_seed, sizeof(no_seed))) {
		hf_tls_give_ticket_key(t, NULL, NULL);
		return;
	}
	period = (t->cfg->epoch_ns + t->now) / (keys->period ? keys->period : PERIOD_DEFAULT);
	ticket_key_of(keys, period, name, key);
	if (q->opens && !crypto_equal(name, q->key_name.at, sizeof(name))) {
		ticket_key_of(keys, period - 1, name, key);
		if (!crypto_equal(name, q->key_name.at, sizeof(name))) {
			hf_tls_give_ticket_key(t, NULL, NULL);
			return;
		}
	}
	hf_tls_give_ticket_key(t, name, key);
	crypto_wipe(key, sizeof(key));
}

/* True when it was there already, or when there is no room to remember it: then it must not be believed. */
static bool was_seen(struct hf_tls_seen *seen, struct hf_bytes id, hf_time_ns expires, hf_time_ns now)
{
	size_t n = 0;

	for (size_t i = 0; i < seen->n; i++) {
		if (memcmp(seen->entry[i].id, id.at, sizeof(seen->entry[i].id)) == 0)
			return true;
	}
	for (size_t i = 0; i < seen->n; i++) {
		if (seen->entry[i].expires > now)
			seen->entry[n++] = seen->entry[i];
	}
	seen->n = n;
	if (n == seen->room)
		return true;
	memcpy(seen->entry[n].id, id.at, sizeof(seen->entry[n].id));
	seen->entry[n].expires = expires;
	seen->n = n + 1;
	return false;
}

bool hf_tls_settle(struct hf_tls *t, struct hf_tls_keeper *k, hf_time_ns now, struct hf_cert_report *ret_report)
{
	const struct hf_tls_question *q = hf_tls_question(t);

	switch (q->what) {
	case HF_TLS_WANTS_CERTIFICATE:
		settle_certificate(t, k, q);
		return true;
	case HF_TLS_WANTS_SIGNATURE:
		settle_signature(t, k, q);
		return true;
	case HF_TLS_WANTS_PREMASTER:
		settle_premaster(t, k, q);
		return true;
	case HF_TLS_WANTS_VERDICT:
		settle_verdict(t, k, q, ret_report);
		return true;
	case HF_TLS_WANTS_TICKET_KEY:
		settle_ticket_key(t, k, q);
		return true;
	case HF_TLS_WANTS_REPLAY:
		hf_tls_give_replay(t, !k->seen || was_seen(k->seen, q->ticket_id, q->expires, now));
		return true;
	default:
		return false;
	}
}
