/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of a connection. One form serves both sides, 16-bit numbers and lengths in network order:
 *
 *	format     1 octet, SESSION_FORMAT
 *	version, suite    2 each
 *	flags      1: FLAG_*
 *	lifetime_s, age_add, early_data_max    4 each
 *	made_unix_ms    8
 *	secret, alpn, name    each behind 1 octet of length
 *	ticket     behind 2; in the client's form only
 *
 * A ticket carries it to the client and back, sealed with AES-256-GCM (RFC 5077 4 is an example of such a form, not a
 * rule), with what stands in front bound to it:
 *
 *	key name   16 octets
 *	format     1 octet, TICKET_FORMAT
 *	nonce      12
 *	sealed     the session and 16 octets of tag
 */
#include "tls/tls_internal.h"

#define SESSION_FORMAT 1u
#define TICKET_FORMAT 1u

#define FLAG_EXTENDED_MASTER_SECRET 1u
#define FLAG_PEER_CERTIFICATE 2u
#define FLAGS_KNOWN 3u

#define KEY_SIZE 32u
#define BOUND (TLS_TICKET_NAME + 1u)
#define FRONT (BOUND + CRYPTO_AEAD_NONCE)
#define SESSION_LEAST (1u + 2u + 2u + 1u + 3u * 4u + 8u + 3u)

static void put_vec(struct hf_wr *out, unsigned len_size, const uint8_t *at, size_t n)
{
	size_t begun = tls_vec_begin(out, len_size);

	hf_wr_copy(out, at, n);
	tls_vec_end(out, len_size, begun);
}

/* What both forms have; lengths that do not fit spoil the cursor. */
static void put_common(struct hf_wr *out, const struct tls_session *s)
{
	HF_ASSERT(s->secret_len <= sizeof(s->secret));
	hf_wr_u8(out, SESSION_FORMAT);
	hf_wr_u16(out, s->version);
	hf_wr_u16(out, s->suite);
	hf_wr_u8(out, (uint8_t)((s->extended_master_secret ? FLAG_EXTENDED_MASTER_SECRET : 0) |
				(s->peer_certificate ? FLAG_PEER_CERTIFICATE : 0)));
	hf_wr_u32(out, s->lifetime_s);
	hf_wr_u32(out, s->age_add);
	hf_wr_u32(out, s->early_data_max);
	hf_wr_u64(out, s->made_unix_ms);
	put_vec(out, 1, s->secret, s->secret_len);
	put_vec(out, 1, s->alpn.at, s->alpn.len);
	put_vec(out, 1, s->name.at, s->name.len);
}

/* Is it one that this program could have made? A session of other suites would lead the handshake astray. */
static bool is_sound(const struct tls_session *s)
{
	const struct tls_suite *suite = tls_suite_find(s->suite);

	if (!suite || suite->version != s->version)
		return false;
	return s->secret_len == (s->version == TLS_VERSION_1_3 ? suite->hash_size : sizeof(s->secret));
}

static void read_common(struct hf_rd *in, struct tls_session *s)
{
	struct hf_bytes secret;
	uint8_t flags;

	*s = (struct tls_session){ 0 };
	hf_rd_must(in, hf_rd_u8(in) == SESSION_FORMAT);
	s->version = hf_rd_u16(in);
	s->suite = hf_rd_u16(in);
	flags = hf_rd_u8(in);
	hf_rd_must(in, (flags & ~FLAGS_KNOWN) == 0);
	s->extended_master_secret = flags & FLAG_EXTENDED_MASTER_SECRET;
	s->peer_certificate = flags & FLAG_PEER_CERTIFICATE;
	s->lifetime_s = hf_rd_u32(in);
	s->age_add = hf_rd_u32(in);
	s->early_data_max = hf_rd_u32(in);
	s->made_unix_ms = hf_rd_u64(in);
	secret = hf_rd_vec(in, 1, 1, sizeof(s->secret));
	s->secret_len = (uint8_t)secret.len;
	if (secret.len > 0)
		memcpy(s->secret, secret.at, secret.len);
	s->alpn = hf_rd_vec(in, 1, 0, UINT8_MAX);
	s->name = hf_rd_vec(in, 1, 0, UINT8_MAX);
	hf_rd_must(in, is_sound(s));
}

/* ---- the client's ---- */

hf_status tls_session_put(const struct tls_session *s, uint8_t *to, size_t room, size_t *ret_len)
{
	struct hf_wr out = hf_wr_over(to, room);

	HF_ASSERT(s->ticket.len > 0);
	put_common(&out, s);
	put_vec(&out, 2, s->ticket.at, s->ticket.len);
	return hf_wr_end(&out, ret_len) == HF_OK ? HF_OK : HF_TOO_BIG;
}

hf_status tls_session_parse(struct hf_bytes b, struct tls_session *ret)
{
	struct hf_rd in = hf_rd_over(b);
	struct tls_session s;
	hf_status end;

	read_common(&in, &s);
	s.ticket = hf_rd_vec(&in, 2, 1, UINT16_MAX);
	end = hf_rd_end(&in);
	if (end == HF_OK)
		*ret = s;
	crypto_wipe(&s, sizeof(s));
	return end == HF_OK ? HF_OK : HF_MALFORMED;
}

/* ---- the server's ---- */

/* Everybody knows this key: what it seals can be read, and made, by all (CVE-2020-13777). */
static bool is_zero(const uint8_t key[KEY_SIZE])
{
	uint8_t any = 0;

	for (size_t i = 0; i < KEY_SIZE; i++)
		any |= key[i];
	return any == 0;
}

hf_status tls_ticket_seal(const struct hf_crypto *c, const uint8_t name[TLS_TICKET_NAME], const uint8_t key[KEY_SIZE],
			  const uint8_t nonce[CRYPTO_AEAD_NONCE], const struct tls_session *s, uint8_t *to, size_t room,
			  size_t *ret_len)
{
	struct hf_wr out = hf_wr_over(to, hf_min_u64(room, TLS_TICKET_MAX));
	struct crypto_aead aead = { 0 };
	struct hf_bytes session;
	struct hf_room sealed;
	size_t len;

	if (is_zero(key))
		return HF_INVALID;
	hf_wr_copy(&out, name, TLS_TICKET_NAME);
	hf_wr_u8(&out, TICKET_FORMAT);
	hf_wr_copy(&out, nonce, CRYPTO_AEAD_NONCE);
	put_common(&out, s);
	hf_wr_fill(&out, 0, CRYPTO_AEAD_TAG);
	if (hf_wr_end(&out, &len) != HF_OK) {
		crypto_wipe(to, (size_t)(out.at - to));
		return HF_TOO_BIG;
	}
	if (crypto_aead_set(&aead, c, CRYPTO_AES_256_GCM, key, true) != HF_OK) {
		crypto_wipe(to, len);
		return HF_FULL;
	}
	sealed = (struct hf_room){ to + FRONT, len - FRONT };
	session = (struct hf_bytes){ sealed.at, sealed.len - CRYPTO_AEAD_TAG };
	crypto_aead_seal(&aead, nonce, (struct hf_bytes){ to, BOUND }, &session, 1, &sealed, 1);
	crypto_aead_clear(&aead);
	*ret_len = len;
	return HF_OK;
}

hf_status tls_ticket_name(struct hf_bytes ticket, struct hf_bytes *ret_name)
{
	if (ticket.len < FRONT + SESSION_LEAST + CRYPTO_AEAD_TAG || ticket.len > TLS_TICKET_MAX)
		return HF_MALFORMED;
	if (ticket.at[TLS_TICKET_NAME] != TICKET_FORMAT)
		return HF_MALFORMED;
	*ret_name = (struct hf_bytes){ ticket.at, TLS_TICKET_NAME };
	return HF_OK;
}

hf_status tls_ticket_open(const struct hf_crypto *c, const uint8_t key[KEY_SIZE], struct hf_bytes ticket, uint8_t *room,
			  struct tls_session *ret)
{
	struct crypto_aead aead = { 0 };
	struct hf_bytes name, sealed;
	struct hf_rd in;
	struct tls_session s;
	const struct hf_room to = { room, TLS_TICKET_MAX };
	bool opened;

	HF_TRY(tls_ticket_name(ticket, &name));
	if (is_zero(key))
		return HF_INVALID;
	if (crypto_aead_set(&aead, c, CRYPTO_AES_256_GCM, key, false) != HF_OK)
		return HF_FULL;
	sealed = (struct hf_bytes){ ticket.at + FRONT, ticket.len - FRONT };
	opened = crypto_aead_open(&aead, ticket.at + BOUND, (struct hf_bytes){ ticket.at, BOUND }, &sealed, 1, &to, 1);
	crypto_aead_clear(&aead);
	if (!opened)
		return HF_MALFORMED;
	in = hf_rd_over((struct hf_bytes){ room, sealed.len - CRYPTO_AEAD_TAG });
	read_common(&in, &s);
	opened = hf_rd_end(&in) == HF_OK;
	if (opened)
		*ret = s;
	else
		crypto_wipe(room, sealed.len - CRYPTO_AEAD_TAG);
	crypto_wipe(&s, sizeof(s));
	return opened ? HF_OK : HF_MALFORMED;
}
