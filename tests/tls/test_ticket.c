/* SPDX-License-Identifier: MIT */
/* Sessions and tickets: there and back, and nothing else comes back. */
#define _GNU_SOURCE /* memmem() */
#include "tls_test.h"

#include <stdlib.h>

static struct hf_crypto *crypto;
static const uint8_t name[TLS_TICKET_NAME] = "key of this day";
static const uint8_t key[32] = "no key that anybody should use!";
static const uint8_t nonce[12] = "hardly once";

static int open_crypto(void **state)
{
	(void)state;
	return hf_crypto_open(&crypto) == HF_OK ? 0 : -1;
}

static int close_crypto(void **state)
{
	(void)state;
	hf_crypto_close(crypto);
	return 0;
}

static struct tls_session session_13(void)
{
	struct tls_session s = {
		.version = TLS_VERSION_1_3,
		.suite = TLS_SUITE_AES_256_GCM_SHA384,
		.secret_len = 48,
		.extended_master_secret = false,
		.peer_certificate = true,
		.lifetime_s = 7200,
		.age_add = 0xfedcba98,
		.early_data_max = 16384,
		.made_unix_ms = UINT64_C(0x0123456789abcdef),
		.alpn = of("http/1.1", 8),
		.name = of("server.example", 14),
		.ticket = of("the server's ticket", 19),
	};

	memset(s.secret, 0x5a, sizeof(s.secret));
	return s;
}

static struct tls_session session_12(void)
{
	struct tls_session s = {
		.version = TLS_VERSION_1_2,
		.suite = TLS_SUITE_ECDHE_RSA_CHACHA20,
		.secret_len = 48,
		.extended_master_secret = true,
		.lifetime_s = UINT32_MAX,
		.made_unix_ms = 1,
		.ticket = of("x", 1),
	};

	memset(s.secret, 0xa5, sizeof(s.secret));
	return s;
}

static void assert_same_bytes(struct hf_bytes a, struct hf_bytes b)
{
	assert_int_equal(a.len, b.len);
	if (a.len > 0)
		assert_memory_equal(a.at, b.at, a.len);
}

static void assert_same(const struct tls_session *a, const struct tls_session *b)
{
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->suite, b->suite);
	assert_int_equal(a->secret_len, b->secret_len);
	assert_memory_equal(a->secret, b->secret, a->secret_len);
	assert_int_equal(a->extended_master_secret, b->extended_master_secret);
	assert_int_equal(a->peer_certificate, b->peer_certificate);
	assert_int_equal(a->lifetime_s, b->lifetime_s);
	assert_int_equal(a->age_add, b->age_add);
	assert_int_equal(a->early_data_max, b->early_data_max);
	assert_true(a->made_unix_ms == b->made_unix_ms);
	assert_same_bytes(a->alpn, b->alpn);
	assert_same_bytes(a->name, b->name);
}

/* ---- the client's form ---- */

static void sessions_come_back(void **state)
{
	static uint8_t long_ticket[UINT16_MAX], octets[UINT16_MAX + 1024], letters[UINT8_MAX];
	struct tls_session rows[] = { session_13(), session_12(), session_13(), session_13() };
	struct tls_session got;
	size_t len;

	(void)state;
	memset(letters, 'a', sizeof(letters));
	rows[2].suite = TLS_SUITE_AES_128_GCM_SHA256;
	rows[2].secret_len = 32;
	rows[2].ticket = of(long_ticket, sizeof(long_ticket));
	rows[3].name = rows[3].alpn = of(letters, sizeof(letters));
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(tls_session_put(&rows[i], octets, sizeof(octets), &len), HF_OK);
		memset(&got, 0xff, sizeof(got));
		assert_int_equal(tls_session_parse(of(octets, len), &got), HF_OK);
		assert_same(&got, &rows[i]);
		assert_same_bytes(got.ticket, rows[i].ticket);
	}
}

static void only_whole_sessions_are_read(void **state)
{
	struct tls_session s = session_13(), got = { .suite = 77 };
	uint8_t octets[256];
	size_t len;

	(void)state;
	assert_int_equal(tls_session_put(&s, octets, sizeof(octets), &len), HF_OK);
	for (size_t n = 0; n < len; n++) {
		/* Of exactly this size, so that an address checker sees a read past it. */
		uint8_t *prefix = malloc(n + !n);

		assert_non_null(prefix);
		memcpy(prefix, octets, n);
		assert_int_equal(tls_session_parse(of(prefix, n), &got), HF_MALFORMED);
		free(prefix);
	}
	octets[len] = 0;
	assert_int_equal(tls_session_parse(of(octets, len + 1), &got), HF_MALFORMED);
	assert_int_equal(got.suite, 77);
}

static void only_sessions_of_ours_are_read(void **state)
{
	static const struct {
		size_t at;
		uint8_t octet;
	} rows[] = {
		{ 0, 0 },     /* format */
		{ 0, 2 },     /* a later format */
		{ 1, 2 },     /* version */
		{ 2, 3 },     /* 1.2 with a suite of 1.3 */
		{ 4, 1 },     /* a suite with a shorter hash */
		{ 4, 4 },     /* TLS_AES_128_CCM_SHA256, not spoken here */
		{ 5, 4 | 2 }, /* an unknown flag */
		{ 26, 47 },   /* secret too short, and the rest shifted */
		{ 26, 49 },   /* secret too long */
	};
	struct tls_session s = session_13(), got;
	uint8_t octets[256];
	size_t len;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(tls_session_put(&s, octets, sizeof(octets), &len), HF_OK);
		assert_int_equal(tls_session_parse(of(octets, len), &got), HF_OK);
		assert_int_not_equal(octets[rows[i].at], rows[i].octet);
		octets[rows[i].at] = rows[i].octet;
		assert_int_equal(tls_session_parse(of(octets, len), &got), HF_MALFORMED);
	}
	/* A secret of another size than the suite's, in a form that is sound otherwise. */
	for (uint8_t n = 0; n <= 48; n++) {
		s.secret_len = n;
		assert_int_equal(tls_session_put(&s, octets, sizeof(octets), &len), HF_OK);
		assert_int_equal(tls_session_parse(of(octets, len), &got), n == 48 ? HF_OK : HF_MALFORMED);
	}
	s = session_12();
	s.secret_len = 32;
	assert_int_equal(tls_session_put(&s, octets, sizeof(octets), &len), HF_OK);
	assert_int_equal(tls_session_parse(of(octets, len), &got), HF_MALFORMED);
}

static void sessions_too_big(void **state)
{
	static uint8_t long_one[UINT16_MAX + 1], room[UINT16_MAX + 1024];
	struct tls_session s = session_13();
	uint8_t octets[256];
	size_t len, none;

	(void)state;
	assert_int_equal(tls_session_put(&s, octets, sizeof(octets), &len), HF_OK);
	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n + !n);

		assert_non_null(exact);
		assert_int_equal(tls_session_put(&s, exact, n, &none), HF_TOO_BIG);
		free(exact);
	}
	assert_int_equal(tls_session_put(&s, octets, len, &none), HF_OK);
	s.ticket = of(long_one, UINT16_MAX + 1);
	assert_int_equal(tls_session_put(&s, room, sizeof(room), &none), HF_TOO_BIG);
	s = session_13();
	s.alpn = of(long_one, UINT8_MAX + 1);
	assert_int_equal(tls_session_put(&s, room, sizeof(room), &none), HF_TOO_BIG);
	s = session_13();
	s.name = of(long_one, UINT8_MAX + 1);
	assert_int_equal(tls_session_put(&s, room, sizeof(room), &none), HF_TOO_BIG);
}

/* ---- tickets ---- */

static void tickets_come_back(void **state)
{
	struct tls_session rows[] = { session_13(), session_12() };
	uint8_t ticket[TLS_TICKET_MAX], room[TLS_TICKET_MAX], again[TLS_TICKET_MAX];
	struct hf_bytes got_name;
	struct tls_session got;
	size_t len, len_again;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &rows[i], ticket, sizeof(ticket), &len), HF_OK);
		assert_int_equal(tls_ticket_name(of(ticket, len), &got_name), HF_OK);
		assert_int_equal(got_name.len, sizeof(name));
		assert_memory_equal(got_name.at, name, sizeof(name));
		/* Nothing of the session can be read. */
		assert_null(memmem(ticket, len, rows[i].secret, 4));
		if (rows[i].name.len > 0)
			assert_null(memmem(ticket, len, rows[i].name.at, rows[i].name.len));
		memset(&got, 0xff, sizeof(got));
		assert_int_equal(tls_ticket_open(crypto, key, of(ticket, len), room, &got), HF_OK);
		assert_same(&got, &rows[i]);
		assert_int_equal(got.ticket.len, 0);
		/* The same octets for the same input; others with another nonce. */
		assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &rows[i], again, sizeof(again), &len_again),
				 HF_OK);
		assert_int_equal(len, len_again);
		assert_memory_equal(ticket, again, len);
		assert_int_equal(tls_ticket_seal(crypto, name, key, (const uint8_t *)"another one!", &rows[i], again,
						 sizeof(again), &len_again),
				 HF_OK);
		assert_memory_not_equal(ticket + 29, again + 29, len - 29);
	}
}

static void changed_tickets_stay_shut(void **state)
{
	struct tls_session s = session_13(), got = { .suite = 77 };
	uint8_t ticket[TLS_TICKET_MAX], room[TLS_TICKET_MAX], other[32];
	size_t len;

	(void)state;
	assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &s, ticket, sizeof(ticket), &len), HF_OK);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		ticket[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(tls_ticket_open(crypto, key, of(ticket, len), room, &got), HF_MALFORMED);
		ticket[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t n = 0; n < len; n++) {
		uint8_t *prefix = malloc(n + !n);

		assert_non_null(prefix);
		memcpy(prefix, ticket, n);
		assert_int_equal(tls_ticket_open(crypto, key, of(prefix, n), room, &got), HF_MALFORMED);
		free(prefix);
	}
	ticket[len] = 0;
	assert_int_equal(tls_ticket_open(crypto, key, of(ticket, len + 1), room, &got), HF_MALFORMED);
	for (size_t bit = 0; bit < 256; bit++) {
		memcpy(other, key, sizeof(other));
		other[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(tls_ticket_open(crypto, other, of(ticket, len), room, &got), HF_MALFORMED);
	}
	assert_int_equal(got.suite, 77);
	assert_int_equal(tls_ticket_open(crypto, key, of(ticket, len), room, &got), HF_OK);
}

/* Sealed with our key, but no session of this format inside: a client's form, an older one. */
static void only_sessions_are_inside(void **state)
{
	struct tls_session s = session_13(), got = { .suite = 77 };
	uint8_t session[256], ticket[TLS_TICKET_MAX], room[TLS_TICKET_MAX] = { 0 };
	struct crypto_aead aead = { 0 };
	struct hf_bytes in = { session, 0 };
	const struct hf_room out = { ticket + 29, sizeof(ticket) - 29 };
	size_t len;

	(void)state;
	assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &s, ticket, sizeof(ticket), &len), HF_OK);
	assert_int_equal(tls_session_put(&s, session, sizeof(session), &in.len), HF_OK);
	assert_int_equal(crypto_aead_set(&aead, crypto, CRYPTO_AES_256_GCM, key, true), HF_OK);
	crypto_aead_seal(&aead, nonce, of(ticket, 17), &in, 1, &out, 1);
	assert_int_equal(tls_ticket_open(crypto, key, of(ticket, 29 + in.len + CRYPTO_AEAD_TAG), room, &got), HF_MALFORMED);
	in.len -= 2 + s.ticket.len;
	crypto_aead_seal(&aead, nonce, of(ticket, 17), &in, 1, &out, 1);
	assert_int_equal(tls_ticket_open(crypto, key, of(ticket, 29 + in.len + CRYPTO_AEAD_TAG), room, &got), HF_OK);
	session[0]++;
	crypto_aead_seal(&aead, nonce, of(ticket, 17), &in, 1, &out, 1);
	assert_int_equal(tls_ticket_open(crypto, key, of(ticket, 29 + in.len + CRYPTO_AEAD_TAG), room, &got), HF_MALFORMED);
	assert_null(memmem(room, sizeof(room), s.secret, 4));
	crypto_aead_clear(&aead);
}

/* What is too short or too long for one of ours, or of another format, is not even looked up. */
static void the_name_of_a_ticket(void **state)
{
	static uint8_t octets[TLS_TICKET_MAX + 1] = "the name of key!\1";
	const size_t least = 16 + 1 + 12 + 29 + 16;
	struct hf_bytes got = { 0 };

	(void)state;
	assert_int_equal(tls_ticket_name(of(octets, least - 1), &got), HF_MALFORMED);
	assert_int_equal(tls_ticket_name(of(octets, TLS_TICKET_MAX + 1), &got), HF_MALFORMED);
	assert_null(got.at);
	assert_int_equal(tls_ticket_name(of(octets, least), &got), HF_OK);
	assert_ptr_equal(got.at, octets);
	assert_int_equal(tls_ticket_name(of(octets, TLS_TICKET_MAX), &got), HF_OK);
	octets[16] = 2;
	assert_int_equal(tls_ticket_name(of(octets, least), &got), HF_MALFORMED);
}

static void a_key_of_zeros_is_none(void **state)
{
	static const uint8_t zeros[32];
	struct tls_session s = session_13(), got;
	uint8_t ticket[TLS_TICKET_MAX], room[TLS_TICKET_MAX], first[32] = { [0] = 1 }, last[32] = { [31] = 1 };
	size_t len;

	(void)state;
	assert_int_equal(tls_ticket_seal(crypto, name, zeros, nonce, &s, ticket, sizeof(ticket), &len), HF_INVALID);
	assert_int_equal(tls_ticket_seal(crypto, name, first, nonce, &s, ticket, sizeof(ticket), &len), HF_OK);
	assert_int_equal(tls_ticket_seal(crypto, name, last, nonce, &s, ticket, sizeof(ticket), &len), HF_OK);
	assert_int_equal(tls_ticket_open(crypto, zeros, of(ticket, len), room, &got), HF_INVALID);
	assert_int_equal(tls_ticket_open(crypto, last, of(ticket, len), room, &got), HF_OK);
}

static void tickets_too_big(void **state)
{
	static uint8_t letters[UINT8_MAX + 1];
	struct tls_session s = session_13();
	uint8_t ticket[TLS_TICKET_MAX], room[TLS_TICKET_MAX];
	size_t len, none;

	(void)state;
	assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &s, ticket, sizeof(ticket), &len), HF_OK);
	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n + !n);

		assert_non_null(exact);
		assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &s, exact, n, &none), HF_TOO_BIG);
		/* Nothing of the secret stays behind. */
		assert_null(memmem(exact, n, s.secret, 4));
		free(exact);
	}
	s.name = of(letters, UINT8_MAX + 1);
	assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &s, ticket, sizeof(ticket), &none), HF_TOO_BIG);
	s.name = s.alpn = of(letters, UINT8_MAX);
	assert_int_equal(tls_ticket_seal(crypto, name, key, nonce, &s, ticket, sizeof(ticket), &len), HF_OK);
	assert_int_equal(tls_ticket_open(crypto, key, of(ticket, len), room, &s), HF_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_come_back),
		cmocka_unit_test(only_whole_sessions_are_read),
		cmocka_unit_test(only_sessions_of_ours_are_read),
		cmocka_unit_test(sessions_too_big),
		cmocka_unit_test(tickets_come_back),
		cmocka_unit_test(changed_tickets_stay_shut),
		cmocka_unit_test(only_sessions_are_inside),
		cmocka_unit_test(the_name_of_a_ticket),
		cmocka_unit_test(a_key_of_zeros_is_none),
		cmocka_unit_test(tickets_too_big),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
