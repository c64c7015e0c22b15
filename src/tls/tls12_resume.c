/* SPDX-License-Identifier: MIT */
/*
 * Resumption on the server's side of 1.2: a ticket that a client offers (RFC 5077 3.1) is opened and judged, and a new one is
 * sent (3.3). The keys of tickets are asked for. Tickets are made, and taken, only with extended master secret (RFC 7627 5.3).
 */
#include "tls/tls12.h"

#define TICKET_LIFETIME 7200u /* seconds, when the configuration does not say */

static bool session_suits(const struct hf_tls *t, const struct tls_session *s);

static tls_task ask_ticket_key, try_ticket;

tls_task *const tls12_with_ticket[] = { ask_ticket_key, try_ticket, NULL };

/* ---- a ticket offered, RFC 5077 3.1 ---- */

static hf_status go_on_in_full(struct hf_tls *t)
{
	(void)tls_tell(t, HF_TLS_TOLD_PSK_REFUSED);
	tls_run(t, tls12_full);
	return HF_OK;
}

static hf_status ask_ticket_key(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct hf_bytes name;

	if (tls_ticket_name(hs->offer.ticket, &name) != HF_OK)
		return go_on_in_full(t);
	hs->ticket_key_given = false;
	hs->question.opens = true;
	hs->question.key_name = name;
	return tls_ask(t, HF_TLS_WANTS_TICKET_KEY);
}

/* What is wrong with a ticket only makes for a full handshake. */
static hf_status try_ticket(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	hf_status s = HF_MALFORMED;

	if (hs->ticket_key_given)
		s = tls_ticket_open(t->cfg->crypto, hs->ticket_key, hs->offer.ticket, hs->session_bytes, &hs->session);
	crypto_wipe(hs->ticket_key, sizeof(hs->ticket_key));
	if (s != HF_OK || !session_suits(t, &hs->session))
		return go_on_in_full(t);
	/* RFC 7627 5.3: here alone it is an end: the two sides could be of two sessions. */
	TLS_REQUIRE(t, t->extended_master_secret, NO_EMS);
	tls_hand_on_proof(t, &hs->session);
	t->suite = tls_suite_find(hs->session.suite);
	tls_transcript_choose(t);
	memcpy(hs->master, hs->session.secret, sizeof(hs->master));
	tls12_keep_master(t);
	tls_tell(t, HF_TLS_TOLD_SUITE)->x = t->suite->number;
	(void)tls_tell(t, HF_TLS_TOLD_RESUMED);
	tls_next(t, TLS_ST_S12_WAIT_CCS);
	tls_run(t, tls12_resumed);
	return HF_OK;
}

/*
 * A ticket is as good as a certificate only where the certificate would be the same: for the same name. What a client has
 * proved in another handshake counts only if it was asked for there, too.
 */
static bool session_suits(const struct hf_tls *t, const struct tls_session *s)
{
	const struct tls_suite *suite = tls_suite_find(s->suite);
	const struct tls_offer *o = &t->hs->offer;
	const uint64_t now = tls_unix_ms(t);

	if (!s->extended_master_secret)
		return false;
	/* The suite is one of those spoken here, and of the session's version: else it would not have been opened. */
	if (!tls_suite_usable(t->cfg, suite, TLS_VERSION_1_2) || !tls_u16_has(o->hello.suites, s->suite))
		return false;
	if (now < s->made_unix_ms || now - s->made_unix_ms >= (uint64_t)s->lifetime_s * 1000)
		return false;
	if (t->cfg->client_cert == HF_TLS_CLIENT_CERT_REQUIRE && !s->peer_certificate)
		return false;
	return hf_bytes_same(s->name, o->name);
}

/* ---- NewSessionTicket, RFC 5077 3.3 ---- */

bool tls12_promises_ticket(const struct hf_tls *t)
{
	return t->hs->offer.exts.has & TLS_HAS(SESSION_TICKET) && t->extended_master_secret && t->hs->tickets_left > 0;
}

static uint32_t ticket_lifetime(const struct hf_tls *t)
{
	return t->cfg->ticket_lifetime_s ? t->cfg->ticket_lifetime_s : TICKET_LIFETIME;
}

hf_status tls12_ask_sealing_key(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (!hs->ticket_expected)
		return HF_OK;
	hs->ticket_key_given = false;
	hs->question.opens = false;
	return tls_ask(t, HF_TLS_WANTS_TICKET_KEY);
}

/* The ticket's octets; 0 when none can be made. */
static size_t seal_ticket(struct hf_tls *t, uint8_t *to, size_t room)
{
	struct tls_hs *hs = t->hs;
	struct tls_session s = {
		.version = TLS_VERSION_1_2,
		.suite = t->suite->number,
		.secret_len = sizeof(hs->master),
		.extended_master_secret = true,
		.peer_certificate = t->peer_certificate,
		.lifetime_s = ticket_lifetime(t),
		.made_unix_ms = tls_unix_ms(t),
		.name = hs->name,
	};
	uint8_t nonce[CRYPTO_AEAD_NONCE];
	size_t n = 0;

	if (!hs->ticket_key_given)
		return 0;
	if (t->alpn >= 0)
		s.alpn = t->cfg->alpn[t->alpn];
	memcpy(s.secret, hs->master, sizeof(hs->master));
	tls_draw(t, nonce, sizeof(nonce));
	if (tls_ticket_seal(t->cfg->crypto, hs->ticket_key_name, hs->ticket_key, nonce, &s, to, room, &n) != HF_OK)
		n = 0;
	crypto_wipe(hs->ticket_key, sizeof(hs->ticket_key));
	crypto_wipe(&s, sizeof(s));
	return n;
}

/* Once promised one has to come; an empty one takes the promise back. */
hf_status tls12_send_ticket(struct hf_tls *t)
{
	uint8_t sealed[TLS_TICKET_MAX];
	struct hf_wr out;
	size_t n;

	if (!t->hs->ticket_expected)
		return HF_OK;
	HF_TRY(tls_message(t, TLS_NEW_SESSION_TICKET, TLS_MESSAGE_HEADER + 4u + 2u + sizeof(sealed), &out));
	n = seal_ticket(t, sealed, sizeof(sealed));
	hf_wr_u32(&out, n > 0 ? ticket_lifetime(t) : 0);
	hf_wr_u16(&out, (uint16_t)n);
	hf_wr_copy(&out, sealed, n);
	if (n > 0)
		tls_tell(t, HF_TLS_TOLD_TICKET)->sent = 1;
	return tls_commit(t, &out);
}
