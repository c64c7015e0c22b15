/* SPDX-License-Identifier: MIT */
/*
 * Resumption on the server's side: a ticket that a client offers as a pre-shared key (RFC 8446 4.2.11) is opened and judged,
 * then the early data that comes with it (4.2.10, 8); and new tickets are sent (4.6.1). The keys of tickets, and whether one
 * was seen before, are asked for.
 *
 * What is wrong with a ticket only makes for a full handshake. A wrong binder ends it: whoever sends one has stolen, or
 * changed, a ticket.
 */
#include "tls/tls13.h"

#define PSK_DHE_KE 1u
#define IDENTITIES_TRIED 4u  /* each costs a question and a decryption */
#define AGE_WINDOW_MS 10000u /* RFC 8446 8.3 */
#define TICKETS_RESUMED 1u   /* one for the one that was used */

tls_task *const tls13_with_ticket[] = { tls13_ask_ticket_key, tls13_try_ticket, NULL };
static tls_task ask_replay, settle_early_data;
static tls_task *const resume[] = { ask_replay, settle_early_data, NULL };

static void hash_to_binders(struct hf_tls *t);

/* ---- tickets offered, RFC 8446 4.2.11 ---- */

/* RFC 8446 4.2.9; the other mode, psk_ke, has no forward secrecy and is not spoken here. */
static bool has_psk_dhe_ke(const struct tls_offer *o)
{
	for (size_t i = 0; i < o->psk_modes.len; i++)
		if (o->psk_modes.at[i] == PSK_DHE_KE)
			return true;
	return false;
}

bool tls13_may_resume(struct hf_tls *t)
{
	const struct tls_offer *o = &t->hs->offer;

	if (!(o->exts.has & TLS_HAS(PRE_SHARED_KEY)) || t->cfg->no_resumption || !has_psk_dhe_ke(o))
		return false;
	hash_to_binders(t);
	t->hs->psk_index = 0;
	return true;
}

/* RFC 8446 4.2.11.2: binders are made over all that went before and this hello as far as the binders. */
static void hash_to_binders(struct hf_tls *t)
{
	const struct hf_bytes hello = tls_message_bytes(t);
	struct crypto_hash h = t->hs->transcript[0];

	crypto_hash_add(&h, (struct hf_bytes){ hello.at, hello.len - t->hs->offer.psks.binders_len });
	crypto_hash_peek(&h, t->hs->binder_hash);
}

static bool find_identity(const struct tls_offered_psks *psks, unsigned index, struct tls_psk_identity *ret_identity,
			  struct hf_bytes *ret_binder)
{
	struct hf_bytes identities = psks->identities, binders = psks->binders;

	for (unsigned i = 0; i <= index; i++)
		if (!tls_psk_identity_next(&identities, ret_identity) || !tls_u8_vec_next(&binders, ret_binder))
			return false;
	return true;
}

hf_status tls13_ask_ticket_key(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct tls_psk_identity identity;
	struct hf_bytes binder, name;

	for (; hs->psk_index < IDENTITIES_TRIED; hs->psk_index++) {
		if (!find_identity(&hs->offer.psks, hs->psk_index, &identity, &binder))
			break;
		if (tls_ticket_name(identity.identity, &name) != HF_OK)
			continue;
		hs->ticket_key_given = false;
		hs->question.opens = true;
		hs->question.key_name = name;
		return tls_ask(t, HF_TLS_WANTS_TICKET_KEY);
	}
	(void)tls_tell(t, HF_TLS_TOLD_PSK_REFUSED);
	tls_run(t, tls13_full);
	return HF_OK;
}

/*
 * A ticket is as good as a certificate only where the certificate would be the same: for the same name. What a client has
 * proved in another handshake counts only if it was asked for there, too.
 */
static bool session_suits(const struct hf_tls *t, const struct tls_session *s)
{
	const uint64_t now = tls_unix_ms(t);

	if (s->version != TLS_VERSION_1_3 || tls_suite_find(s->suite)->hash != t->suite->hash)
		return false;
	if (now < s->made_unix_ms || now - s->made_unix_ms >= (uint64_t)s->lifetime_s * 1000)
		return false;
	if (t->cfg->client_cert == HF_TLS_CLIENT_CERT_REQUIRE && !s->peer_certificate)
		return false;
	return hf_bytes_same(s->name, t->hs->offer.name);
}

static bool open_ticket(struct hf_tls *t, struct hf_bytes ticket)
{
	struct tls_hs *hs = t->hs;
	hf_status s = HF_MALFORMED;

	if (hs->ticket_key_given)
		s = tls_ticket_open(t->cfg->crypto, hs->ticket_key, ticket, hs->session_bytes, &hs->session);
	crypto_wipe(hs->ticket_key, sizeof(hs->ticket_key));
	return s == HF_OK && session_suits(t, &hs->session);
}

hf_status tls13_try_ticket(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const uint8_t size = t->suite->hash_size;
	struct tls_psk_identity identity;
	struct hf_bytes binder;
	uint8_t mac[CRYPTO_HASH_MAX];

	HF_ASSERT(find_identity(&hs->offer.psks, hs->psk_index, &identity, &binder));
	if (!open_ticket(t, identity.identity)) {
		hs->psk_index++;
		tls_run(t, tls13_with_ticket);
		return HF_OK;
	}
	tls_psk_binder(t->suite->hash, (struct hf_bytes){ hs->session.secret, size }, hs->binder_hash, mac);
	TLS_REQUIRE(t, binder.len == size && crypto_equal(binder.at, mac, size), BAD_BINDER);
	memcpy(hs->psk, hs->session.secret, size);
	hs->psk_len = size;
	tls_hand_on_proof(t, &hs->session);
	(void)tls_tell(t, HF_TLS_TOLD_RESUMED);
	tls_run(t, resume);
	return HF_OK;
}

/* ---- early data, RFC 8446 4.2.10, 8 ---- */

/* RFC 8446 8.3: the client's clock and ours, both since the ticket was made, agree: this hello is not an old one. */
static bool is_fresh(const struct hf_tls *t, uint32_t obfuscated_age)
{
	const struct tls_session *s = &t->hs->session;
	const uint64_t age = tls_unix_ms(t) - s->made_unix_ms;
	const uint32_t claimed = obfuscated_age - s->age_add;

	return claimed <= age + AGE_WINDOW_MS && age <= (uint64_t)claimed + AGE_WINDOW_MS;
}

static bool may_take_early_data(const struct hf_tls *t, uint32_t obfuscated_age)
{
	const struct tls_session *s = &t->hs->session;
	struct hf_bytes alpn = { 0 };

	if (t->cfg->early_data_max == 0 || s->early_data_max == 0 || t->retried || t->hs->psk_index != 0)
		return false;
	if (t->alpn >= 0)
		alpn = t->cfg->alpn[t->alpn];
	return s->suite == t->suite->number && hf_bytes_same(s->alpn, alpn) && is_fresh(t, obfuscated_age);
}

/* The same ticket a second time could be the same octets a second time. */
static hf_status ask_replay(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	struct tls_psk_identity identity;
	struct hf_bytes binder;

	if (t->early != HF_TLS_EARLY_OFFERED)
		return HF_OK;
	hs->seen = true;
	HF_ASSERT(find_identity(&hs->offer.psks, hs->psk_index, &identity, &binder));
	if (!may_take_early_data(t, identity.obfuscated_age))
		return HF_OK;
	crypto_hash_of(CRYPTO_SHA256, identity.identity, hs->content);
	hs->question.ticket_id = (struct hf_bytes){ hs->content, 32 };
	/* Later its claim of an age would be outside the window anyway, which is reckoned in whole milliseconds. */
	hs->question.expires = t->now + 2 * HF_MS(AGE_WINDOW_MS) + HF_MS(1);
	return tls_ask(t, HF_TLS_WANTS_REPLAY);
}

static hf_status settle_early_data(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	tls_schedule_early(&hs->schedule, t->suite->hash, (struct hf_bytes){ hs->psk, hs->psk_len });
	tls_run(t, tls13_answer);
	if (t->early != HF_TLS_EARLY_OFFERED || hs->seen)
		return HF_OK;
	t->early = HF_TLS_EARLY_ACCEPTED;
	t->early_left = hs->session.early_data_max;
	tls13_early_secrets(t);
	(void)tls_tell(t, HF_TLS_TOLD_EARLY_ACCEPTED);
	return HF_OK;
}

/* ---- NewSessionTicket, RFC 8446 4.6.1 ---- */

/* While the ClientHello is there: how many tickets will be sent. */
void tls13_settle_tickets(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (!has_psk_dhe_ke(&hs->offer))
		hs->tickets_left = 0; /* it could not use them */
	else if (t->resumed && hs->tickets_left > TICKETS_RESUMED)
		hs->tickets_left = TICKETS_RESUMED;
}

hf_status tls13_ask_sealing_key(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	hs->ticket_key_given = false;
	if (hs->tickets_left == 0)
		return HF_OK;
	hs->question.opens = false;
	return tls_ask(t, HF_TLS_WANTS_TICKET_KEY);
}

/* A nonce each, and so a key each: they can be used one by one without being seen to belong together. */
static hf_status send_ticket(struct hf_tls *t, uint8_t nonce)
{
	const uint32_t early = t->cfg->early_data_max;
	const uint32_t lifetime_s =
		tls_lifetime_left(t, t->cfg->ticket_lifetime_s ? t->cfg->ticket_lifetime_s : TLS13_TICKET_LIFETIME);
	struct tls_hs *hs = t->hs;
	struct tls_session s = {
		.version = TLS_VERSION_1_3,
		.suite = t->suite->number,
		.secret_len = t->suite->hash_size,
		.peer_certificate = t->peer_certificate,
		.lifetime_s = lifetime_s,
		.early_data_max = early,
		.made_unix_ms = tls_unix_ms(t),
		.name = hs->name,
	};
	uint8_t sealed[TLS_TICKET_MAX], seed[CRYPTO_AEAD_NONCE], age_add[4];
	struct hf_wr out;
	hf_status put;
	size_t n;

	if (lifetime_s == 0)
		return HF_OK;
	HF_TRY(tls_message(t, TLS_NEW_SESSION_TICKET, TLS_MESSAGE_HEADER + 4 + 4 + 2 + 2 + sizeof(sealed) + 2 + 8, &out));
	if (t->alpn >= 0)
		s.alpn = t->cfg->alpn[t->alpn];
	tls_draw(t, age_add, sizeof(age_add));
	tls_draw(t, seed, sizeof(seed));
	s.age_add = hf_load32(age_add);
	tls_ticket_psk(t->suite->hash, t->resumption, (struct hf_bytes){ &nonce, 1 }, s.secret);
	put = tls_ticket_seal(t->cfg->crypto, hs->ticket_key_name, hs->ticket_key, seed, &s, sealed, sizeof(sealed), &n);
	crypto_wipe(&s, sizeof(s));
	/* A ticket is a kindness: without one the connection is as good. */
	if (put != HF_OK)
		return HF_OK;
	hf_wr_u32(&out, lifetime_s);
	hf_wr_u32(&out, hf_load32(age_add));
	hf_wr_u8(&out, 1);
	hf_wr_u8(&out, nonce);
	hf_wr_u16(&out, (uint16_t)n);
	hf_wr_copy(&out, sealed, n);
	if (early > 0) {
		hf_wr_u16(&out, 8);
		hf_wr_u16(&out, TLS_EXT_EARLY_DATA);
		hf_wr_u16(&out, 4);
		hf_wr_u32(&out, early);
	} else {
		hf_wr_u16(&out, 0);
	}
	HF_TRY(tls_commit_apart(t, &out));
	tls_tell(t, HF_TLS_TOLD_TICKET)->sent = 1;
	return HF_OK;
}

hf_status tls13_send_tickets(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	for (; hs->ticket_key_given && hs->tickets_left > 0; hs->tickets_left--)
		HF_TRY(send_ticket(t, (uint8_t)hs->tickets_left));
	crypto_wipe(hs->ticket_key, sizeof(hs->ticket_key));
	crypto_wipe(t->resumption, sizeof(t->resumption));
	return HF_OK;
}
