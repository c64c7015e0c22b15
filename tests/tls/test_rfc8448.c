/* SPDX-License-Identifier: MIT */
/*
 * RFC 8448 octet for octet: every secret of its five traces from what comes in, every sealed record opened with keys made
 * from them, and sealed again to the same octets. The transcript is made of what the records held.
 */
#include "tls_test.h"

#include "rfc8448.h"

#define HASH 32u

struct walk {
	const struct rfc8448 *trace;
	struct crypto_hash transcript;
	struct hf_crypto *crypto;
};

/* Opened and sealed again. Gives the content, valid until the next. */
static struct hf_bytes pass(struct tls_side *opens, struct tls_side *seals, uint8_t type, const char *digits)
{
	static uint8_t plain[HF_TLS_PLAIN_ROOM], again[HF_TLS_PLAIN_ROOM];
	struct hf_bytes record = hex(digits), fragment = { record.at + TLS_RECORD_HEADER, record.len - TLS_RECORD_HEADER };
	struct hf_bytes content;
	const struct hf_room out = { again, sizeof(again) };
	uint8_t got;

	assert_int_equal(hf_load16(record.at + 3), fragment.len);
	assert_int_equal(
		tls_record_open(opens, TLS_VERSION_1_3, record.at, &fragment, 1, TLS_PLAIN_MAX, plain, &got, &content),
		TLS_WHY_NONE);
	assert_int_equal(got, type);
	assert_int_equal(tls_record_size(seals, TLS_VERSION_1_3, content.len), record.len);
	assert_int_equal(tls_record_seal(seals, TLS_VERSION_1_3, TLS_VERSION_1_2, type, &content, 1, 0, &out, 1),
			 record.len);
	assert_memory_equal(again, record.at, record.len);
	assert_int_equal(opens->seq, seals->seq);
	return content;
}

static void set_keys(struct walk *w, enum tls_epoch epoch, const char *secret, struct tls_side *opens, struct tls_side *seals)
{
	const struct tls_suite *suite = tls_suite_find(TLS_SUITE_AES_128_GCM_SHA256);

	assert_int_equal(tls_side_set_13(opens, w->crypto, suite, epoch, hex(secret).at, false), HF_OK);
	assert_int_equal(tls_side_set_13(seals, w->crypto, suite, epoch, hex(secret).at, true), HF_OK);
	assert_int_equal(opens->epoch, epoch);
}

static void add_plain(struct walk *w, const char *record)
{
	struct hf_bytes r = hex(record);

	crypto_hash_add(&w->transcript, (struct hf_bytes){ r.at + TLS_RECORD_HEADER, r.len - TLS_RECORD_HEADER });
}

static void assert_derived(struct walk *w, const struct tls_schedule *s, enum tls_stage stage, const char *label,
			   const char *secret)
{
	uint8_t hash[HASH], got[HASH];

	crypto_hash_peek(&w->transcript, hash);
	tls_schedule_derive(s, stage, label, hash, got);
	assert_octets(got, HASH, secret);
}

/* A flight ends with Finished, whose MAC is over all before it. */
static void add_flight(struct walk *w, const char *traffic_secret, struct hf_bytes flight)
{
	const size_t finished = TLS_MESSAGE_HEADER + HASH;
	uint8_t hash[HASH], mac[HASH];

	assert_true(flight.len >= finished);
	crypto_hash_add(&w->transcript, (struct hf_bytes){ flight.at, flight.len - finished });
	crypto_hash_peek(&w->transcript, hash);
	tls_finished_mac(CRYPTO_SHA256, hex(traffic_secret).at, hash, mac);
	assert_memory_equal(flight.at + flight.len - HASH, mac, HASH);
	crypto_hash_add(&w->transcript, (struct hf_bytes){ flight.at + flight.len - finished, finished });
}

static void walk(struct walk *w)
{
	const struct rfc8448 *r = w->trace;
	struct tls_schedule s;
	struct tls_side early[2] = { 0 }, client[2] = { 0 }, server[2] = { 0 };
	struct hf_bytes hello = hex(r->client_hello), content;
	uint8_t hash[HASH], got[HASH];

	tls_schedule_early(&s, CRYPTO_SHA256, r->psk ? hex(r->psk) : (struct hf_bytes){ 0 });
	assert_octets(s.secret, HASH, r->early);

	crypto_hash_init(&w->transcript, CRYPTO_SHA256);
	add_plain(w, r->client_hello);
	if (r->psk) {
		/* One binder of the hash's size: 2 octets of the list's length and 1 of its own in front. */
		const size_t binders = 2 + 1 + HASH;

		crypto_hash_of(CRYPTO_SHA256,
			       (struct hf_bytes){ hello.at + TLS_RECORD_HEADER, hello.len - TLS_RECORD_HEADER - binders },
			       hash);
		tls_psk_binder(CRYPTO_SHA256, hex(r->psk), hash, got);
		assert_memory_equal(got, hello.at + hello.len - HASH, HASH);
		assert_derived(w, &s, TLS_STAGE_EARLY, "c e traffic", r->client_early);
		assert_derived(w, &s, TLS_STAGE_EARLY, "e exp master", r->early_exporter);
		set_keys(w, TLS_EPOCH_EARLY, r->client_early, &early[0], &early[1]);
		content = pass(&early[0], &early[1], TLS_APPLICATION_DATA, r->early_data);
		assert_memory_equal(content.at, "ABCDEF", 6);
	}
	if (r->hello_retry) {
		/* RFC 8446 4.4.1 */
		crypto_hash_peek(&w->transcript, hash);
		crypto_hash_init(&w->transcript, CRYPTO_SHA256);
		crypto_hash_add(&w->transcript, hex("fe000020"));
		crypto_hash_add(&w->transcript, (struct hf_bytes){ hash, HASH });
		add_plain(w, r->hello_retry);
		add_plain(w, r->second_hello);
	}
	add_plain(w, r->server_hello);

	tls_schedule_handshake(&s, hex(r->shared));
	assert_octets(s.secret, HASH, r->handshake);
	assert_derived(w, &s, TLS_STAGE_HANDSHAKE, "c hs traffic", r->client_handshake);
	assert_derived(w, &s, TLS_STAGE_HANDSHAKE, "s hs traffic", r->server_handshake);
	set_keys(w, TLS_EPOCH_HANDSHAKE, r->client_handshake, &client[0], &client[1]);
	set_keys(w, TLS_EPOCH_HANDSHAKE, r->server_handshake, &server[0], &server[1]);
	add_flight(w, r->server_handshake, pass(&server[0], &server[1], TLS_HANDSHAKE, r->server_flight));

	tls_schedule_master(&s);
	assert_octets(s.secret, HASH, r->master);
	assert_derived(w, &s, TLS_STAGE_MASTER, "c ap traffic", r->client_application);
	assert_derived(w, &s, TLS_STAGE_MASTER, "s ap traffic", r->server_application);
	assert_derived(w, &s, TLS_STAGE_MASTER, "exp master", r->exporter);

	if (r->early_end)
		crypto_hash_add(&w->transcript, pass(&early[0], &early[1], TLS_HANDSHAKE, r->early_end));
	add_flight(w, r->client_handshake, pass(&client[0], &client[1], TLS_HANDSHAKE, r->client_flight));
	assert_derived(w, &s, TLS_STAGE_MASTER, "res master", r->resumption);

	set_keys(w, TLS_EPOCH_APPLICATION, r->client_application, &client[0], &client[1]);
	set_keys(w, TLS_EPOCH_APPLICATION, r->server_application, &server[0], &server[1]);
	if (r->ticket) {
		struct tls_new_session_ticket_13 m;

		content = pass(&server[0], &server[1], TLS_HANDSHAKE, r->ticket);
		assert_int_equal(tls_new_session_ticket_13_parse(
					 of(content.at + TLS_MESSAGE_HEADER, content.len - TLS_MESSAGE_HEADER), &m),
				 HF_OK);
		tls_ticket_psk(CRYPTO_SHA256, hex(r->resumption).at, m.nonce, got);
		assert_octets(got, HASH, r->ticket_psk);
	}
	if (r->client_data) {
		content = pass(&client[0], &client[1], TLS_APPLICATION_DATA, r->client_data);
		assert_int_equal(content.len, 50);
		content = pass(&server[0], &server[1], TLS_APPLICATION_DATA, r->server_data);
		for (uint8_t i = 0; i < 50; i++)
			assert_int_equal(content.at[i], i);
	}
	content = pass(&client[0], &client[1], TLS_ALERT, r->client_close);
	assert_octets(content.at, content.len, "0100");
	content = pass(&server[0], &server[1], TLS_ALERT, r->server_close);
	assert_octets(content.at, content.len, "0100");

	for (size_t i = 0; i < 2; i++) {
		tls_side_clear(&early[i]);
		tls_side_clear(&client[i]);
		tls_side_clear(&server[i]);
		assert_null(client[i].aead.backend);
	}
}

static void every_trace(void **state)
{
	struct walk w = { 0 };

	(void)state;
	assert_int_equal(hf_crypto_open(&w.crypto), HF_OK);
	for (size_t i = 0; i < HF_ARRAY_LEN(rfc8448); i++) {
		w.trace = &rfc8448[i];
		walk(&w);
	}
	assert_int_equal(HF_ARRAY_LEN(rfc8448), 5);
	hf_crypto_close(w.crypto);
}

/* The ticket of the first trace is what the second resumes. */
static void one_resumes_the_other(void **state)
{
	(void)state;
	assert_string_equal(rfc8448[0].ticket_psk, rfc8448[1].psk);
}

/* RFC 8448 3 prints the IVs too. */
static void initialization_vectors(void **state)
{
	const struct {
		const char *secret, *iv;
	} rows[] = {
		{ rfc8448[0].client_handshake, "5bd3c71b836e0b76bb73265f" },
		{ rfc8448[0].server_handshake, "5d313eb2671276ee13000b30" },
		{ rfc8448[0].client_application, "5b78923dee08579033e523d9" },
		{ rfc8448[0].server_application, "cf782b88dd83549aadf1e984" },
	};
	struct tls_side side = { 0 };
	struct hf_crypto *crypto;

	(void)state;
	assert_int_equal(hf_crypto_open(&crypto), HF_OK);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(tls_side_set_13(&side, crypto, tls_suite_find(TLS_SUITE_AES_128_GCM_SHA256),
						 TLS_EPOCH_APPLICATION, hex(rows[i].secret).at, true),
				 HF_OK);
		assert_octets(side.iv, sizeof(side.iv), rows[i].iv);
	}
	tls_side_clear(&side);
	hf_crypto_close(crypto);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_trace),
		cmocka_unit_test(one_resumes_the_other),
		cmocka_unit_test(initialization_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
