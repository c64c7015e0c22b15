/* SPDX-License-Identifier: MIT */
/* TLS 1.2: tickets (RFC 5077), and sessions only with extended master secret (RFC 7627). */
#include "lab12.h"

#define RESUMED "WAIT_CCS WAIT_FINISHED CONNECTED "

#define LADDER_RESUMED                \
	"client client_hello\n"       \
	"server server_hello\n"       \
	"server change_cipher_spec\n" \
	"server finished\n"           \
	"client change_cipher_spec\n" \
	"client finished\n"

static const struct hf_bytes protocols[] = { LAB_BYTES("h2"), LAB_BYTES("http/1.1") };

static void test_resumed(void **state)
{
	struct lab *lab = lab12_new();
	uint16_t suite;

	(void)state;
	lab->side[LAB_CLIENT].cfg.alpn = lab->side[LAB_SERVER].cfg.alpn = protocols;
	lab->side[LAB_CLIENT].cfg.alpns = lab->side[LAB_SERVER].cfg.alpns = 2;
	lab_handshake(lab);
	suite = lab_info(lab, LAB_CLIENT).suite;
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 1);
	for (unsigned round = 0; round < 3; round++) { /* a ticket of 1.2 is good more than once */
		lab_again(lab);
		lab_handshake(lab);
		assert_string_equal(lab->ladder, LADDER_RESUMED);
		assert_string_equal(lab->side[LAB_CLIENT].path, RESUMED);
		assert_string_equal(lab->side[LAB_SERVER].path, RESUMED);
		assert_string_equal(lab->side[LAB_CLIENT].secrets, lab->side[LAB_SERVER].secrets);
		for (enum lab_who i = 0; i < 2; i++) {
			const struct hf_tls_info info = lab_info(lab, i);

			assert_true(info.resumed && info.extended_master_secret && info.secure_renegotiation);
			assert_int_equal(info.suite, suite);
			assert_int_equal(info.alpn.len, 2);
			assert_int_equal(info.peer_certificate, i == LAB_CLIENT);
			assert_true(lab12_told(lab, i, HF_TLS_TOLD_RESUMED));
			assert_int_equal(lab->side[i].asked[HF_TLS_WANTS_VERDICT], 0);
		}
		assert_int_equal(lab->side[LAB_CLIENT].sessions, 1);
		lab12_assert_data(lab);
	}
	lab_free(lab);
}

/* ---- tickets that are not taken ---- */

static const struct hf_tls_ticket_keys other_keys = { .seed = "another secret", .period = HF_S(86400) };

static void with_other_keys(struct lab *lab)
{
	lab->side[LAB_SERVER].keeper.ticket_keys = &other_keys;
}

static void with_later_clock(struct lab *lab)
{
	lab->side[LAB_SERVER].cfg.epoch_ns += HF_S(7200);
}

static void with_earlier_clock(struct lab *lab)
{
	lab->side[LAB_SERVER].cfg.epoch_ns -= HF_S(1);
}

static void with_other_suites(struct lab *lab)
{
	static const uint16_t suite = TLS_SUITE_ECDHE_ECDSA_AES_256_GCM;

	lab12_set_suites(lab, LAB_SERVER, &suite, 1);
}

static void without_resumption(struct lab *lab)
{
	lab->side[LAB_SERVER].cfg.no_resumption = true;
}

static void with_changed_ticket(struct lab *lab)
{
	lab->side[LAB_CLIENT].session[lab->side[LAB_CLIENT].session_len - 1] ^= 1; /* the ticket stands last */
}

/* The session as if it was another server's, so that the client offers it there. */
static void with_other_name(struct lab *lab)
{
	struct lab_side *c = &lab->side[LAB_CLIENT];
	static uint8_t kept[TLS_SESSION_MAX];
	struct tls_session s;
	uint8_t hash[32];

	c->start.name = LAB_BYTES("other.wild.test");
	crypto_hash_of(CRYPTO_SHA256, c->start.name, hash);
	memcpy(kept, c->session, c->session_len);
	assert_int_equal(tls_session_parse((struct hf_bytes){ kept, c->session_len }, &s), HF_OK);
	s.name = (struct hf_bytes){ hash, sizeof(hash) };
	assert_int_equal(tls_session_put(&s, c->session, sizeof(c->session), &c->session_len), HF_OK);
}

/* What is wrong with a ticket makes for a full handshake, never for an end. */
static void test_ticket_refused(void **state)
{
	static void (*const changes[])(struct lab *) = {
		with_other_keys, with_later_clock, with_earlier_clock, with_other_suites,
		with_other_name, lab12_ask_client, without_resumption, with_changed_ticket,
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(changes); i++) {
		struct lab *lab = lab12_new();

		lab_handshake(lab);
		changes[i](lab);
		lab_again(lab);
		lab_handshake(lab);
		assert_false(lab_info(lab, LAB_CLIENT).resumed || lab_info(lab, LAB_SERVER).resumed);
		assert_true(lab12_told(lab, LAB_CLIENT, HF_TLS_TOLD_PSK_REFUSED));
		assert_non_null(strstr(lab->ladder, "server certificate\n"));
		assert_int_equal(lab->side[LAB_CLIENT].sessions, changes[i] == without_resumption ? 0 : 1);
		lab12_assert_data(lab);
		lab_free(lab);
	}
}

static void test_no_tickets(void **state)
{
	for (unsigned row = 0; row < 4; row++) {
		struct lab *lab = lab12_new();
		struct lab_side *s = &lab->side[LAB_SERVER];

		(void)state;
		s->cfg.tickets = row == 0 ? HF_TLS_NO_TICKETS : 0;
		s->cfg.no_resumption = row == 1;
		lab->side[LAB_CLIENT].cfg.no_resumption = row == 2;
		if (row == 3) /* promised before it was known that no key is there: an empty one comes */
			s->keeper.ticket_keys = NULL;
		lab_handshake(lab);
		assert_int_equal(lab->side[LAB_CLIENT].sessions, 0);
		assert_int_equal(strstr(lab->ladder, "new_session_ticket") != NULL, row == 3);
		lab12_assert_data(lab);
		lab_free(lab);
	}
}

static void test_client_drops_old_session(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab_handshake(lab);
	lab_again(lab);
	lab->now += HF_S(7200);
	lab_handshake(lab);
	assert_int_equal(lab->side[LAB_SERVER].asked[HF_TLS_WANTS_TICKET_KEY], 1); /* to seal one, not to open one */
	assert_false(lab_info(lab, LAB_CLIENT).resumed);
	lab_free(lab);
}

/* ---- extended master secret and sessions, RFC 7627 5.3 ---- */

static void test_resumed_hello_edit_no_master_secret(void **state)
{
	struct lab *lab = lab12_new_with(LAB12_RESUMED);

	(void)state;
	lab_start(lab);
	lab12_say_hello(lab, hello_edit_no_master_secret);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_EMS", TLS_ALERT_HANDSHAKE_FAILURE);
	lab_free(lab);
}

/* The period's key, as hf_tls_settle() makes it. */
static struct tls_session open_ticket(const struct lab *lab, uint8_t name[16], uint8_t key[32], uint8_t *room)
{
	const struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];
	const struct hf_tls_ticket_keys *keys = s->keeper.ticket_keys;
	const uint64_t period = (s->cfg.epoch_ns + lab->now) / keys->period;
	uint8_t info[9] = { 'n' };
	struct tls_session kept, session;

	hf_store32(info + 1, (uint32_t)(period >> 32));
	hf_store32(info + 5, (uint32_t)period);
	crypto_hkdf_expand(CRYPTO_SHA256, (struct hf_bytes){ keys->seed, 32 }, (struct hf_bytes){ info, 9 }, name, 16);
	info[0] = 'k';
	crypto_hkdf_expand(CRYPTO_SHA256, (struct hf_bytes){ keys->seed, 32 }, (struct hf_bytes){ info, 9 }, key, 32);
	assert_int_equal(tls_session_parse((struct hf_bytes){ c->session, c->session_len }, &kept), HF_OK);
	assert_int_equal(tls_ticket_open(lab_world.crypto, key, kept.ticket, room, &session), HF_OK);
	return session;
}

/* A ticket of ours that says something else: what a version of this program before, or after, might have made. */
static void test_sessions_that_do_not_suit(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 5; row++) {
		struct lab *lab = lab12_new();
		struct lab_side *c = &lab->side[LAB_CLIENT];
		static uint8_t kept_room[TLS_SESSION_MAX];
		uint8_t name[16], key[32], room[TLS_TICKET_MAX], sealed[TLS_TICKET_MAX];
		const uint8_t nonce[12] = { 1 };
		struct tls_session s, kept;
		size_t n;

		lab_handshake(lab);
		s = open_ticket(lab, name, key, room);
		assert_int_equal(s.version, HF_TLS_1_2);
		assert_true(s.extended_master_secret);
		assert_int_equal(s.lifetime_s, 7200);
		if (row == 1)
			s.extended_master_secret = false;
		if (row == 2) {
			s.version = HF_TLS_1_3;
			s.suite = TLS_SUITE_AES_128_GCM_SHA256;
			s.secret_len = 32;
		}
		if (row == 3)
			s.suite = TLS_SUITE_RSA_AES_128_GCM; /* key transport, which is off */
		if (row == 4)
			s.name = (struct hf_bytes){ NULL, 0 };
		assert_int_equal(tls_ticket_seal(lab_world.crypto, name, key, nonce, &s, sealed, sizeof(sealed), &n), HF_OK);
		memcpy(kept_room, c->session, c->session_len);
		assert_int_equal(tls_session_parse((struct hf_bytes){ kept_room, c->session_len }, &kept), HF_OK);
		kept.ticket = (struct hf_bytes){ sealed, n };
		assert_int_equal(tls_session_put(&kept, c->session, sizeof(c->session), &c->session_len), HF_OK);
		lab_again(lab);
		lab_handshake(lab);
		assert_int_equal(lab_info(lab, LAB_CLIENT).resumed, row == 0);
		assert_int_equal(lab_info(lab, LAB_SERVER).resumed, row == 0);
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_ticket_refused),
		cmocka_unit_test(test_no_tickets),
		cmocka_unit_test(test_client_drops_old_session),
		cmocka_unit_test(test_resumed_hello_edit_no_master_secret),
		cmocka_unit_test(test_sessions_that_do_not_suit),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
