/* SPDX-License-Identifier: MIT */
#include "lab12.h"

struct lab *lab12_new(void)
{
	struct lab *lab = lab_new();

	for (unsigned i = 0; i < 2; i++) {
		lab->side[i].cfg.max_version = HF_TLS_1_2;
		lab->side[i].keep_room = true;
	}
	return lab;
}

void lab12_ask_client(struct lab *lab)
{
	struct lab_side *c = &lab->side[LAB_CLIENT];

	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	c->creds[0] = lab_world.client[LAB_P256];
	c->keeper.cred_count = 1;
}

struct lab *lab12_new_with(unsigned with)
{
	static const uint16_t transport = TLS_SUITE_RSA_AES_128_GCM;
	struct lab *lab = lab12_new();
	struct lab_side *s = &lab->side[LAB_SERVER];

	if (with & LAB12_CLIENT_CERT)
		lab12_ask_client(lab);
	if (with & LAB12_TRANSPORT) {
		s->creds[0] = lab_world.server[LAB_RSA];
		lab->side[LAB_CLIENT].cfg.rsa_key_transport = s->cfg.rsa_key_transport = true;
		lab12_set_suites(lab, LAB_SERVER, &transport, 1);
	}
	if (with & LAB12_RESUMED) {
		lab_handshake(lab);
		lab_again(lab);
	}
	return lab;
}

void lab12_assert_data(struct lab *lab)
{
	struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

	c->data_len = s->data_len = 0;
	lab_write(lab, LAB_CLIENT, "a question");
	lab_write(lab, LAB_SERVER, "an answer");
	lab_run(lab);
	assert_string_equal(s->data, "a question");
	assert_string_equal(c->data, "an answer");
}

void lab12_set_suites(struct lab *lab, enum lab_who who, const uint16_t *at, size_t n)
{
	lab->side[who].cfg.suites = (struct hf_tls_list){ at, n };
}

bool lab12_told(const struct lab *lab, enum lab_who who, enum hf_tls_told kind)
{
	struct hf_tls_record_told r;
	uint64_t cursor = 0;

	while (hf_tls_told(lab->side[who].t, &cursor, &r))
		if (r.kind == kind)
			return true;
	return false;
}

uint16_t lab12_scheme_of(enum lab_key key)
{
	switch (key) {
	case LAB_RSA:
		return TLS_RSA_PSS_RSAE_SHA256;
	case LAB_ED25519:
		return TLS_ED25519;
	default:
		return TLS_ECDSA_SECP256R1_SHA256; /* RFC 5246 7.4.1.4.1: the curve is not bound to the hash */
	}
}

/* ---- the man in the middle ---- */

static bool get_keys(struct middle *m)
{
	const struct hf_tls *t = m->lab->side[m->from].t;
	const bool client = m->from == LAB_CLIENT;
	const struct tls_hs *hs = t->hs;

	if (m->has_keys)
		return true;
	if (!hs || !t->suite)
		return false;
	assert_int_equal(tls_side_set_12(&m->opens, lab_world.crypto, t->suite, hs->master, hs->client_random,
					 hs->server_random, client, false),
			 HF_OK);
	assert_int_equal(tls_side_set_12(&m->seals, lab_world.crypto, t->suite, hs->master, hs->client_random,
					 hs->server_random, client, true),
			 HF_OK);
	m->has_keys = true;
	return true;
}

void middle_put(struct middle *m, uint8_t content, struct hf_bytes octets)
{
	struct tls_side plain = { .epoch = TLS_EPOCH_PLAIN };
	struct tls_side *side = m->sealed && content != TLS_CHANGE_CIPHER_SPEC ? &m->seals : &plain;
	const struct hf_room room = { m->out.at, (size_t)(m->out.end - m->out.at) };

	(void)hf_wr_take(&m->out, tls_record_seal(side, TLS_VERSION_1_2, TLS_VERSION_1_2, content, &octets, 1, 0, &room, 1));
}

void middle_hand_on(struct middle *m, unsigned message, struct hf_bytes octets)
{
	middle_put(m, message == TLS_CCS_MESSAGE ? TLS_CHANGE_CIPHER_SPEC : TLS_HANDSHAKE, octets);
}

static void take_messages(struct middle *m, struct hf_bytes content)
{
	while (content.len > 0) {
		const size_t len =
			TLS_MESSAGE_HEADER + ((size_t)content.at[1] << 16 | (size_t)content.at[2] << 8 | content.at[3]);

		assert_true(len <= content.len);
		m->change(m, content.at[0], (struct hf_bytes){ content.at, len });
		content = (struct hf_bytes){ content.at + len, content.len - len };
	}
}

static void take_sealed(struct middle *m, struct hf_bytes record)
{
	static uint8_t plain[HF_TLS_PLAIN_ROOM];
	const struct hf_bytes fragment = { record.at + TLS_RECORD_HEADER, record.len - TLS_RECORD_HEADER };
	struct hf_bytes content;
	uint8_t type;

	assert_true(get_keys(m));
	assert_int_equal(tls_record_open(&m->opens, TLS_VERSION_1_2, record.at, &fragment, 1, TLS_PLAIN_MAX, plain,
					 &type, &content),
			 TLS_WHY_NONE);
	if (type == TLS_HANDSHAKE)
		take_messages(m, content);
	else
		middle_put(m, type, content);
}

static size_t on_wire(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	static uint8_t sent[LAB_WIRE], other[LAB_WIRE];
	struct middle *m = lab->user;
	struct hf_bytes left = { sent, n };

	if (from != m->from)
		return n;
	memcpy(sent, at, n);
	m->out = hf_wr_over(other, sizeof(other));
	while (left.len > 0) {
		const size_t len = TLS_RECORD_HEADER + hf_load16(left.at + 3);
		const struct hf_bytes record = { left.at, len };
		const struct hf_bytes content = { left.at + TLS_RECORD_HEADER, len - TLS_RECORD_HEADER };

		assert_true(len <= left.len);
		if (m->sealed) {
			take_sealed(m, record);
		} else if (record.at[0] == TLS_HANDSHAKE) {
			take_messages(m, content);
		} else if (record.at[0] == TLS_CHANGE_CIPHER_SPEC) {
			m->change(m, TLS_CCS_MESSAGE, content);
			m->sealed = true;
			assert_true(get_keys(m));
		} else {
			middle_put(m, record.at[0], content);
		}
		left = (struct hf_bytes){ left.at + len, left.len - len };
	}
	assert_false(m->out.bad);
	assert_true(hf_wr_len(&m->out) <= room);
	memcpy(at, other, hf_wr_len(&m->out));
	return hf_wr_len(&m->out);
}

void middle_stand(struct middle *m, struct lab *lab, enum lab_who from)
{
	m->lab = lab;
	m->from = from;
	if (!m->change)
		m->change = middle_hand_on;
	lab->user = m;
	lab->on_wire = on_wire;
}

void middle_leave(struct middle *m)
{
	m->lab->on_wire = NULL;
	if (m->has_keys) {
		tls_side_clear(&m->opens);
		tls_side_clear(&m->seals);
	}
	m->has_keys = m->sealed = m->done = false;
}

/* ---- changes ---- */

void middle_lose(struct middle *m, unsigned message, struct hf_bytes octets)
{
	if (message == m->message)
		m->done = true;
	else
		middle_hand_on(m, message, octets);
}

static void put_body(struct middle *m, unsigned message, struct hf_bytes body)
{
	static uint8_t room[LAB_WIRE];
	struct hf_wr out = hf_wr_over(room, sizeof(room));

	hf_wr_u8(&out, (uint8_t)message);
	hf_wr_u24(&out, (uint32_t)body.len);
	hf_wr_copy(&out, body.at, body.len);
	m->done = true;
	middle_put(m, TLS_HANDSHAKE, (struct hf_bytes){ room, hf_wr_len(&out) });
}

void middle_flip(struct middle *m, unsigned message, struct hf_bytes octets)
{
	static uint8_t changed[LAB_WIRE];

	memcpy(changed, octets.at, octets.len);
	if (message == m->message) {
		const size_t head = message == TLS_CCS_MESSAGE ? 0 : TLS_MESSAGE_HEADER;

		assert_true(head + m->at < octets.len);
		changed[head + m->at] ^= m->octet;
		m->done = true;
	}
	middle_hand_on(m, message, (struct hf_bytes){ changed, octets.len });
}

void middle_shorten(struct middle *m, unsigned message, struct hf_bytes octets)
{
	if (message == m->message)
		put_body(m, message, (struct hf_bytes){ octets.at + TLS_MESSAGE_HEADER, m->n });
	else
		middle_hand_on(m, message, octets);
}

void middle_swap(struct middle *m, unsigned message, struct hf_bytes octets)
{
	if (message == m->message)
		put_body(m, message, m->octets);
	else
		middle_hand_on(m, message, octets);
}

void middle_insert(struct middle *m, unsigned message, struct hf_bytes octets)
{
	if (message == m->message && !m->done) {
		m->done = true;
		middle_put(m, m->octet, m->octets);
	}
	middle_hand_on(m, message, octets);
}

/* ---- hellos ---- */

static size_t extensions_at(const struct hello_edit *e)
{
	size_t at = TLS_MESSAGE_HEADER + 2 + 32;

	at += 1u + e->at[at];
	if (e->at[0] == TLS_SERVER_HELLO)
		return at + 3;
	at += 2u + hf_load16(e->at + at);
	return at + 1u + e->at[at];
}

static void fix_lengths(struct hello_edit *e)
{
	const size_t at = extensions_at(e), body = e->n - TLS_MESSAGE_HEADER;

	if (at < e->n)
		hf_store16(e->at + at, (uint16_t)(e->n - at - 2));
	e->at[1] = (uint8_t)(body >> 16);
	hf_store16(e->at + 2, (uint16_t)body);
}

void hello_edit_take(struct hello_edit *e, struct hf_bytes message)
{
	assert_true(message.len <= sizeof(e->at));
	memcpy(e->at, message.at, message.len);
	e->n = message.len;
}

bool hello_edit_remove(struct hello_edit *e, uint16_t type)
{
	size_t at = extensions_at(e) + 2;

	while (at < e->n) {
		const size_t len = 4u + hf_load16(e->at + at + 2);

		if (hf_load16(e->at + at) == type) {
			memmove(e->at + at, e->at + at + len, e->n - at - len);
			e->n -= len;
			fix_lengths(e);
			return true;
		}
		at += len;
	}
	return false;
}

void hello_edit_add(struct hello_edit *e, uint16_t type, const void *body, size_t n)
{
	if (extensions_at(e) == e->n)
		e->n += 2;
	assert_true(e->n + 4 + n <= sizeof(e->at));
	hf_store16(e->at + e->n, type);
	hf_store16(e->at + e->n + 2, (uint16_t)n);
	if (n > 0)
		memcpy(e->at + e->n + 4, body, n);
	e->n += 4 + n;
	fix_lengths(e);
}

void hello_edit_cut(struct hello_edit *e)
{
	e->n = extensions_at(e);
	fix_lengths(e);
}

static hello_edit_fn *editing; /* of one lab at a time */

static size_t edit_hello(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	static struct hello_edit e;
	struct tls_hs *hs = lab->side[LAB_CLIENT].t->hs;
	struct hf_bytes said;

	if (from != LAB_CLIENT)
		return n;
	hello_edit_take(&e, (struct hf_bytes){ at + TLS_RECORD_HEADER, n - TLS_RECORD_HEADER });
	editing(&e, lab);
	said = (struct hf_bytes){ e.at, e.n };
	crypto_hash_init(&hs->transcript[0], CRYPTO_SHA256);
	crypto_hash_init(&hs->transcript[1], CRYPTO_SHA384);
	hs->past_len = 0;
	tls_transcript_add(lab->side[LAB_CLIENT].t, said);
	assert_true(TLS_RECORD_HEADER + e.n <= room);
	hf_store16(at + 3, (uint16_t)e.n);
	memcpy(at + TLS_RECORD_HEADER, e.at, e.n);
	lab->on_wire = NULL;
	return TLS_RECORD_HEADER + e.n;
}

void lab12_say_hello(struct lab *lab, hello_edit_fn *edit)
{
	editing = edit;
	lab->on_wire = edit_hello;
}

void hello_edit_no_groups(struct hello_edit *e, struct lab *lab)
{
	(void)lab;
	assert_true(hello_edit_remove(e, TLS_EXT_SUPPORTED_GROUPS));
}

void hello_edit_no_master_secret(struct hello_edit *e, struct lab *lab)
{
	assert_true(hello_edit_remove(e, TLS_EXT_EXTENDED_MASTER_SECRET));
	lab->side[LAB_CLIENT].t->hs->asked &= ~TLS_HAS(EXTENDED_MASTER_SECRET);
}

/* ---- after the handshake ---- */

void lab12_send(struct lab *lab, enum lab_who who, uint8_t content, struct hf_bytes octets)
{
	static uint8_t room[LAB_WIRE];
	struct hf_tls *t = lab->side[who].t;
	const struct hf_room out = { room, sizeof(room) };
	const size_t n = tls_record_seal(&t->wr, TLS_VERSION_1_2, TLS_VERSION_1_2, content, &octets, 1, 0, &out, 1);

	lab_inject(lab, !who, (struct hf_bytes){ room, n });
}
