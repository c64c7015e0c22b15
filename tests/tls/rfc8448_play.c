/* SPDX-License-Identifier: MIT */
#include "rfc8448_play.h"

#include "wire/tls_wire.h"

#define PRIVATE 32u    /* octets, in both groups that the traces have */
#define COORDINATE 32u /* P-256 */

static struct play *playing; /* NULL: machines are left alone */

/* ---- the RFC's messages ---- */

struct hf_bytes play_body(struct hf_bytes message)
{
	return of(message.at + TLS_MESSAGE_HEADER, message.len - TLS_MESSAGE_HEADER);
}

struct hf_bytes play_message(struct hf_bytes flight, uint8_t type)
{
	while (flight.len > 0) {
		const size_t n =
			TLS_MESSAGE_HEADER + ((size_t)flight.at[1] << 16 | (size_t)flight.at[2] << 8 | flight.at[3]);

		assert_true(n <= flight.len);
		if (flight.at[0] == type)
			return of(flight.at, n);
		flight = of(flight.at + n, flight.len - n);
	}
	return of(NULL, 0);
}

static struct hf_bytes keep(struct play *p, struct hf_bytes b)
{
	uint8_t *to = p->room + p->used;

	assert_true(b.len <= sizeof(p->room) - p->used);
	memcpy(to, b.at, b.len);
	p->used += b.len;
	return of(to, b.len);
}

static struct hf_bytes plain(struct play *p, const char *record)
{
	const struct hf_bytes r = hex(record ? record : "");

	return r.len > 0 ? keep(p, of(r.at + TLS_RECORD_HEADER, r.len - TLS_RECORD_HEADER)) : r;
}

/* The first record under these keys. */
static struct hf_bytes sealed(struct play *p, const char *record, const char *secret)
{
	static uint8_t opened[HF_TLS_PLAIN_ROOM];
	const struct hf_bytes r = hex(record ? record : "");
	const struct hf_bytes fragment = of(r.at + TLS_RECORD_HEADER, r.len - TLS_RECORD_HEADER);
	struct tls_side side = { 0 };
	struct hf_bytes content;
	uint8_t type;

	if (r.len == 0)
		return r;
	assert_int_equal(tls_side_set_13(&side, p->crypto, tls_suite_find(TLS_SUITE_AES_128_GCM_SHA256),
					 TLS_EPOCH_HANDSHAKE, hex(secret).at, false),
			 HF_OK);
	assert_int_equal(tls_record_open(&side, TLS_VERSION_1_3, r.at, &fragment, 1, TLS_PLAIN_MAX, opened, &type, &content),
			 TLS_WHY_NONE);
	assert_int_equal(type, TLS_HANDSHAKE);
	tls_side_clear(&side);
	return keep(p, content);
}

struct hf_bytes play_certificate(struct hf_bytes flight)
{
	struct tls_certificate_13 m;
	struct tls_certificate_entry e;

	assert_int_equal(tls_certificate_13_parse(play_body(play_message(flight, TLS_CERTIFICATE)), &m), HF_OK);
	assert_true(tls_certificate_13_next(&m.entries, &e));
	assert_int_equal(m.entries.len, 0);
	return e.cert;
}

struct tls_certificate_verify play_signature(struct hf_bytes flight)
{
	struct tls_certificate_verify m;

	assert_int_equal(tls_certificate_verify_parse(play_body(play_message(flight, TLS_CERTIFICATE_VERIFY)), &m), HF_OK);
	return m;
}

struct tls_new_session_ticket_13 play_ticket(const struct play *p)
{
	struct tls_new_session_ticket_13 m;

	assert_int_equal(tls_new_session_ticket_13_parse(play_body(p->ticket), &m), HF_OK);
	return m;
}

void play_begin(struct play *p, struct hf_crypto *c, const struct rfc8448 *trace, bool server)
{
	*p = (struct play){ .trace = trace, .crypto = c, .server = server };
	p->client_hello = plain(p, trace->client_hello);
	p->hello_retry = plain(p, trace->hello_retry);
	p->second_hello = plain(p, trace->second_hello);
	p->server_hello = plain(p, trace->server_hello);
	p->server_flight = sealed(p, trace->server_flight, trace->server_handshake);
	p->client_flight = sealed(p, trace->client_flight, trace->client_handshake);
	/* Section 4 resumes with the ticket of section 3. */
	p->ticket = sealed(p, rfc8448[0].ticket, rfc8448[0].server_application);
	playing = p;
}

void play_end(void)
{
	playing = NULL;
}

/* ---- a message of ours and the RFC's ---- */

static struct hf_bytes extensions_of(struct hf_bytes message, enum tls_ext_in *ret_in)
{
	const struct hf_bytes body = play_body(message);
	struct tls_client_hello ch;
	struct tls_server_hello sh;
	struct tls_certificate_request_13 cr;
	struct tls_new_session_ticket_13 nst;
	struct hf_bytes block = { 0 };

	switch (message.at[0]) {
	case TLS_CLIENT_HELLO:
		*ret_in = TLS_IN_CH;
		assert_int_equal(tls_client_hello_parse(body, &ch), HF_OK);
		return ch.extensions;
	case TLS_SERVER_HELLO:
		*ret_in = TLS_IN_HRR;
		assert_int_equal(tls_server_hello_parse(body, &sh), HF_OK);
		return sh.extensions;
	case TLS_ENCRYPTED_EXTENSIONS:
		*ret_in = TLS_IN_EE;
		assert_int_equal(tls_encrypted_extensions_parse(body, &block), HF_OK);
		return block;
	case TLS_CERTIFICATE_REQUEST:
		*ret_in = TLS_IN_CR;
		assert_int_equal(tls_certificate_request_13_parse(body, &cr), HF_OK);
		return cr.extensions;
	default:
		*ret_in = TLS_IN_NST;
		assert_int_equal(tls_new_session_ticket_13_parse(body, &nst), HF_OK);
		return nst.extensions;
	}
}

/* All numbers of the one list are in the other. */
static void assert_among(struct hf_bytes few, struct hf_bytes many)
{
	struct hf_bytes numbers, all;

	assert_int_equal(tls_ext_u16_list_parse(few, 2, &numbers), HF_OK);
	assert_int_equal(tls_ext_u16_list_parse(many, 2, &all), HF_OK);
	for (size_t i = 0; i < tls_u16_count(numbers); i++)
		assert_true(tls_u16_has(all, tls_u16_at(numbers, i)));
}

/* Extensions that one of the two says alone, and why, is in rfc8448_play.h. */
#define OURS_ALONE TLS_HAS(SIGNATURE_ALGORITHMS_CERT)
#define RFCS_ALONE                                                                                    \
	(TLS_HAS(RENEGOTIATION_INFO) | TLS_HAS(SESSION_TICKET) | TLS_HAS(PADDING) | TLS_HAS(COOKIE) | \
	 TLS_HAS(SUPPORTED_GROUPS))

static void assert_alike(struct hf_tls *t, struct hf_bytes ours, struct hf_bytes rfcs)
{
	struct tls_exts own, other;
	enum tls_ext_in in;
	struct hf_bytes block = extensions_of(ours, &in);

	assert_int_equal(tls_exts_sort(t, block, in, UINT32_MAX, &own), HF_OK);
	block = extensions_of(rfcs, &in);
	assert_int_equal(tls_exts_sort(t, block, in, UINT32_MAX, &other), HF_OK);
	assert_int_equal(own.has & ~other.has & ~OURS_ALONE, 0);
	assert_int_equal(other.has & ~own.has & ~RFCS_ALONE, 0);
	/* A second hello has the retry's cookie. */
	assert_true(ours.at[0] != TLS_CLIENT_HELLO || (other.has & TLS_HAS(COOKIE)) == (own.has & TLS_HAS(COOKIE)));
	for (unsigned row = 0; row < TLS_ROW_COUNT; row++) {
		size_t n = own.body[row].len;

		if (!(own.has & other.has & 1u << row))
			continue;
		if (row == TLS_ROW_SUPPORTED_GROUPS || row == TLS_ROW_SIGNATURE_ALGORITHMS) {
			assert_among(own.body[row], other.body[row]);
			continue;
		}
		assert_int_equal(n, other.body[row].len);
		/* The binder is over the whole hello: test_rfc8448.c has the RFC's. */
		if (row == TLS_ROW_PRE_SHARED_KEY)
			n -= 32;
		assert_memory_equal(own.body[row].at, other.body[row].at, n);
	}
	/* Of a hello, all before the extensions: version, random, session id, suites and compression, or suite. */
	if (ours.at[0] == TLS_CLIENT_HELLO || ours.at[0] == TLS_SERVER_HELLO)
		assert_memory_equal(play_body(ours).at, play_body(rfcs).at, (size_t)(block.at - play_body(rfcs).at) - 2);
}

/* What shall go out in the place of our message; empty: it shall itself. */
static struct hf_bytes other_than(const uint8_t *message)
{
	const struct hf_bytes none = { 0 };

	switch (message[0]) {
	case TLS_CLIENT_HELLO:
		return playing->hellos++ ? playing->second_hello : playing->client_hello;
	case TLS_SERVER_HELLO:
		if (memcmp(message + TLS_MESSAGE_HEADER + 2, tls_hello_retry_random, 32) == 0)
			return playing->hello_retry;
		return none;
	case TLS_ENCRYPTED_EXTENSIONS:
	case TLS_CERTIFICATE_REQUEST:
		return play_message(playing->server_flight, message[0]);
	case TLS_NEW_SESSION_TICKET:
		return playing->ticket;
	default:
		return none;
	}
}

static void put_rfcs(struct hf_tls *t, struct hf_wr *out)
{
	struct hf_bytes rfcs;
	struct tls_exts exts;
	enum tls_ext_in in;

	if (!playing)
		return;
	rfcs = other_than(out->start);
	if (rfcs.len == 0)
		return;
	tls_message_end(out, 0);
	assert_false(out->bad);
	assert_alike(t, of(out->start, hf_wr_len(out)), rfcs);
	out->at = out->start;
	hf_wr_copy(out, rfcs.at, rfcs.len);
	if (rfcs.at[0] != TLS_CLIENT_HELLO)
		return;
	/* What is answered is held to what was asked for. */
	assert_int_equal(tls_exts_sort(t, extensions_of(rfcs, &in), TLS_IN_CH, 0, &exts), HF_OK);
	t->hs->asked = exts.has;
}

/* ---- what the linker puts before the product's own ---- */

#define WRAPPED(type, name, ...)         \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

WRAPPED(hf_status, tls_commit, struct hf_tls *t, struct hf_wr *out)
{
	put_rfcs(t, out);
	return __real_tls_commit(t, out);
}

WRAPPED(hf_status, tls_commit_apart, struct hf_tls *t, struct hf_wr *out)
{
	put_rfcs(t, out);
	return __real_tls_commit_apart(t, out);
}

WRAPPED(void, tls_draw, struct hf_tls *t, void *to, size_t n)
{
	struct tls_hs *hs = t->hs;
	struct tls_client_hello hello;

	__real_tls_draw(t, to, n);
	if (!playing)
		return;
	assert_int_equal(tls_client_hello_parse(play_body(playing->client_hello), &hello), HF_OK);
	if (to == hs->client_random)
		memcpy(to, hello.random.at, n);
	else if (to == hs->session_id)
		memcpy(to, hello.session_id.at, hello.session_id.len);
	else if (to == hs->server_random)
		memcpy(to, playing->server_hello.at + TLS_MESSAGE_HEADER + 2, n);
	else if (n == 4)
		hf_store32(to, play_ticket(playing).age_add);
}

/* One x coordinate: of the secret that the key would share with the owner of the key 1, which is its own public point's. */
static void assert_public(struct crypto_kex *kex, const uint8_t *point)
{
	const struct hf_bytes generator = hex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
					      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
	uint8_t x[CRYPTO_KEX_SECRET_MAX];
	size_t n;

	assert_int_equal(crypto_kex_finish(playing->crypto, kex, generator, x, &n), HF_OK);
	assert_memory_equal(x, point + 1, COORDINATE);
}

hf_status __real_crypto_kex_offer(const struct hf_crypto *c, uint16_t group, const uint8_t *entropy,
				  struct crypto_kex *ret, uint8_t *share, size_t room, size_t *ret_len);

/* A key of P-256 is not drawn as it is, so it is put in its place (crypto/kex.c: the octets of the number), with its point. */
static hf_status offer_point(const struct hf_crypto *c, const char *private, const uint8_t *point,
			     struct crypto_kex *ret, uint8_t *share, size_t room, size_t *ret_len)
{
	const uint8_t entropy[CRYPTO_KEX_ENTROPY] = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(__real_crypto_kex_offer(c, TLS_GROUP_P256, entropy, ret, share, room, ret_len), HF_OK);
		memcpy(ret->key, hex(private).at, PRIVATE);
		if (i == 0)
			assert_public(ret, point);
	}
	memcpy(share, point, 1 + 2 * COORDINATE);
	return HF_OK;
}

static const uint8_t *point_of(struct hf_bytes hello)
{
	enum tls_ext_in in;
	struct hf_rd block = hf_rd_over(extensions_of(hello, &in));
	struct tls_ext e;

	while (tls_ext_next(&block, &e))
		if (e.type == TLS_EXT_KEY_SHARE)
			return e.body.at + e.body.len - (1 + 2 * COORDINATE);
	fail_msg("no key_share");
	return NULL;
}

WRAPPED(hf_status, crypto_kex_offer, const struct hf_crypto *c, uint16_t group, const uint8_t *entropy,
	struct crypto_kex *ret, uint8_t *share, size_t room, size_t *ret_len)
{
	uint8_t private[CRYPTO_KEX_ENTROPY] = { 0 };

	if (playing && group == TLS_GROUP_P256)
		return offer_point(c, playing->trace->second_private, point_of(playing->second_hello), ret, share, room,
				   ret_len);
	if (playing)
		memcpy(private, hex(playing->trace->client_private).at, PRIVATE);
	return __real_crypto_kex_offer(c, group, playing ? private : entropy, ret, share, room, ret_len);
}

WRAPPED(hf_status, crypto_kex_answer, const struct hf_crypto *c, uint16_t group, const uint8_t *entropy,
	struct hf_bytes offer, uint8_t *share, size_t room, size_t *ret_len, uint8_t *secret, size_t *ret_secret_len)
{
	uint8_t private[CRYPTO_KEX_ENTROPY] = { 0 };
	struct crypto_kex kex;

	if (playing && group == TLS_GROUP_P256) {
		assert_int_equal(offer_point(c, playing->trace->server_private, point_of(playing->server_hello), &kex,
					     share, room, ret_len),
				 HF_OK);
		return crypto_kex_finish(c, &kex, offer, secret, ret_secret_len);
	}
	if (playing)
		memcpy(private, hex(playing->trace->server_private).at, PRIVATE);
	return __real_crypto_kex_answer(c, group, playing ? private : entropy, offer, share, room, ret_len, secret,
					ret_secret_len);
}

WRAPPED(size_t, hf_cred_certs, const struct hf_cred *cred)
{
	return playing ? 1 : __real_hf_cred_certs(cred);
}

WRAPPED(struct hf_bytes, hf_cred_cert, const struct hf_cred *cred, size_t i)
{
	return playing ? play_certificate(playing->server ? playing->server_flight : playing->client_flight)
		       : __real_hf_cred_cert(cred, i);
}

WRAPPED(hf_status, tls_ticket_name, struct hf_bytes ticket, struct hf_bytes *ret_name)
{
	if (!playing)
		return __real_tls_ticket_name(ticket, ret_name);
	*ret_name = of(ticket.at, TLS_TICKET_NAME);
	return HF_OK;
}

WRAPPED(hf_status, tls_ticket_open, const struct hf_crypto *c, const uint8_t *key, struct hf_bytes ticket,
	uint8_t *room, struct tls_session *ret)
{
	const struct tls_new_session_ticket_13 m = play_ticket(playing);

	(void)c;
	(void)key;
	(void)room;
	assert_int_equal(ticket.len, m.ticket.len);
	assert_memory_equal(ticket.at, m.ticket.at, m.ticket.len);
	*ret = (struct tls_session){
		.version = TLS_VERSION_1_3,
		.suite = TLS_SUITE_AES_128_GCM_SHA256,
		.secret_len = 32,
		.lifetime_s = m.lifetime_s,
		.age_add = m.age_add,
		.early_data_max = 1024,
		.made_unix_ms = 0,
		.name = of("server", 6),
	};
	memcpy(ret->secret, hex(playing->trace->psk).at, 32);
	return HF_OK;
}

WRAPPED(hf_status, tls_ticket_seal, const struct hf_crypto *c, const uint8_t *name, const uint8_t *key,
	const uint8_t *nonce, const struct tls_session *s, uint8_t *to, size_t room, size_t *ret_len)
{
	const struct tls_new_session_ticket_13 m = play_ticket(playing);

	(void)c;
	(void)name;
	(void)key;
	(void)nonce;
	assert_int_equal(s->lifetime_s, m.lifetime_s);
	assert_int_equal(s->age_add, m.age_add);
	assert_int_equal(s->early_data_max, 1024);
	assert_true(m.ticket.len <= room);
	memcpy(to, m.ticket.at, m.ticket.len);
	*ret_len = m.ticket.len;
	return HF_OK;
}
