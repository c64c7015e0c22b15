/* SPDX-License-Identifier: MIT */
/* TLS 1.3 as it should go: every shape of handshake as a ladder, and what both ends know afterwards (RFC 8446). */
#include <stdio.h>

#include "lab.h"

#include <stdlib.h>
#include "rfc8448.h"
#include "tls_test.h"

static const struct hf_bytes h2_and_http[] = { LAB_BYTES("h2"), LAB_BYTES("http/1.1") };
static const struct hf_bytes http_and_h2[] = { LAB_BYTES("http/1.1"), LAB_BYTES("h2") };

#define FULL_LADDER                     \
	"client client_hello\n"         \
	"server server_hello\n"         \
	"server change_cipher_spec\n"   \
	"server encrypted_extensions\n" \
	"server certificate\n"          \
	"server certificate_verify\n"   \
	"server finished\n"             \
	"client change_cipher_spec\n"   \
	"client finished\n"             \
	"server new_session_ticket\n"   \
	"server new_session_ticket\n"

#define RESUMED_LADDER                  \
	"client client_hello\n"         \
	"server server_hello\n"         \
	"server change_cipher_spec\n"   \
	"server encrypted_extensions\n" \
	"server finished\n"             \
	"client change_cipher_spec\n"   \
	"client finished\n"             \
	"server new_session_ticket\n"

static bool told(const struct lab *lab, enum lab_who who, enum hf_tls_told kind)
{
	const struct lab_side *side = &lab->side[who];
	struct hf_tls_record_told r;
	uint64_t cursor = 0;

	while (hf_tls_told(side->t, &cursor, &r))
		if (r.kind == kind)
			return true;
	return false;
}

/* From the handshake's on: of early data that is not taken only the client has any. */
static const char *secrets(const struct lab *lab, enum lab_who who)
{
	const char *at = strstr(lab->side[who].secrets, "CLIENT_HANDSHAKE");

	assert_non_null(at);
	return at;
}

/* Both have the same keys, and can talk. */
static void assert_joined(struct lab *lab)
{
	uint8_t a[40], b[40];
	struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

	assert_string_equal(secrets(lab, LAB_CLIENT), secrets(lab, LAB_SERVER));
	assert_int_equal(hf_tls_export(c->t, "EXPERIMENTAL lab", LAB_BYTES("x"), true, a, sizeof(a)), HF_OK);
	assert_int_equal(hf_tls_export(s->t, "EXPERIMENTAL lab", LAB_BYTES("x"), true, b, sizeof(b)), HF_OK);
	assert_memory_equal(a, b, sizeof(a));
	c->data[c->data_len = 0] = s->data[s->data_len = 0] = '\0';
	lab_write(lab, LAB_CLIENT, "a question");
	lab_write(lab, LAB_SERVER, "an answer");
	lab_run(lab);
	assert_string_equal(s->data, "a question");
	assert_string_equal(c->data, "an answer");
}

/* ---- the full handshake ---- */

static uint16_t first_group(void)
{
	return crypto_kex_has(lab_world.crypto, TLS_GROUP_X25519MLKEM768) ? TLS_GROUP_X25519MLKEM768 : TLS_GROUP_X25519;
}

static void full(void **state)
{
	struct lab *lab = lab_new();
	struct hf_tls_info c, s;

	(void)state;
	lab_handshake(lab);
	assert_string_equal(lab->ladder, FULL_LADDER);
	assert_string_equal(lab->side[LAB_CLIENT].path, "WAIT_EE WAIT_CERT_CR WAIT_CV WAIT_FINISHED CONNECTED ");
	assert_string_equal(lab->side[LAB_SERVER].path, "WAIT_FINISHED CONNECTED ");
	c = lab_info(lab, LAB_CLIENT);
	s = lab_info(lab, LAB_SERVER);
	assert_int_equal(c.version, HF_TLS_1_3);
	assert_int_equal(c.suite, TLS_SUITE_AES_128_GCM_SHA256);
	assert_int_equal(c.group, first_group());
	assert_int_equal(c.peer_scheme, TLS_ECDSA_SECP256R1_SHA256);
	assert_int_equal(s.scheme, TLS_ECDSA_SECP256R1_SHA256);
	assert_true(c.peer_certificate && !s.peer_certificate && !c.resumed && !s.resumed && !c.hello_retried);
	assert_int_equal(c.early, HF_TLS_EARLY_NONE);
	assert_int_equal(s.early, HF_TLS_EARLY_NONE);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 2);
	assert_int_equal(lab->side[LAB_CLIENT].report.fault, HF_CERT_GOOD);
	assert_joined(lab);
	lab_free(lab);
}

static void labels_of_the_key_log(void **state)
{
	static const char *const labels[] = {
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET ",
		"CLIENT_TRAFFIC_SECRET_0 ",
		"SERVER_TRAFFIC_SECRET_0 ",
		"EXPORTER_SECRET ",
	};
	struct lab *lab = lab_new();
	const char *at;

	(void)state;
	lab_handshake(lab);
	at = lab->side[LAB_SERVER].secrets;
	for (size_t i = 0; i < HF_ARRAY_LEN(labels); i++) {
		assert_int_equal(strncmp(at, labels[i], strlen(labels[i])), 0);
		at = strchr(at, '\n') + 1;
	}
	assert_int_equal(*at, '\0');
	lab_free(lab);
}

static void every_suite_group_and_key(void **state)
{
	static const uint16_t suites[] = { TLS_SUITE_AES_128_GCM_SHA256, TLS_SUITE_AES_256_GCM_SHA384,
					   TLS_SUITE_CHACHA20_POLY1305_SHA256 };
	static const uint16_t groups[] = { TLS_GROUP_X25519, TLS_GROUP_P256, TLS_GROUP_P384,
					   TLS_GROUP_P521,   TLS_GROUP_X448, TLS_GROUP_X25519MLKEM768 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(suites); i++)
		for (size_t j = 0; j < HF_ARRAY_LEN(groups); j++)
			for (enum lab_key k = 0; k < LAB_KEYS; k++) {
				struct lab *lab;

				if (!crypto_kex_has(lab_world.crypto, groups[j]))
					continue;
				lab = lab_new();
				lab->side[LAB_CLIENT].cfg.suites = (struct hf_tls_list){ &suites[i], 1 };
				lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list){ &groups[j], 1 };
				lab->side[LAB_CLIENT].cfg.groups = (struct hf_tls_list){ &groups[j], 1 };
				lab->side[LAB_SERVER].creds[0] = lab_world.server[k];
				lab_handshake(lab);
				assert_int_equal(lab_info(lab, LAB_SERVER).suite, suites[i]);
				assert_int_equal(lab_info(lab, LAB_CLIENT).group, groups[j]);
				assert_false(lab_info(lab, LAB_CLIENT).hello_retried);
				assert_joined(lab);
				lab_free(lab);
			}
}

static void without_camouflage(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.no_compatibility = true;
	lab_handshake(lab);
	assert_null(strstr(lab->ladder, "change_cipher_spec"));
	assert_joined(lab);
	lab_free(lab);
}

static uint16_t suite_chosen(struct hf_tls_list clients, bool server_decides)
{
	struct lab *lab = lab_new();
	uint16_t suite;

	lab->side[LAB_CLIENT].cfg.suites = clients;
	lab->side[LAB_SERVER].cfg.prefer_server_order = server_decides;
	lab_handshake(lab);
	suite = lab_info(lab, LAB_SERVER).suite;
	lab_free(lab);
	return suite;
}

static void whose_order_of_suites(void **state)
{
	const struct hf_tls_list chacha_first =
		LAB_LIST(TLS_SUITE_CHACHA20_POLY1305_SHA256, TLS_SUITE_AES_256_GCM_SHA384, TLS_SUITE_AES_128_GCM_SHA256);
	const struct hf_tls_list aes_256_first =
		LAB_LIST(TLS_SUITE_AES_256_GCM_SHA384, TLS_SUITE_CHACHA20_POLY1305_SHA256, TLS_SUITE_AES_128_GCM_SHA256);

	(void)state;
	assert_int_equal(suite_chosen(chacha_first, false), TLS_SUITE_CHACHA20_POLY1305_SHA256);
	assert_int_equal(suite_chosen(chacha_first, true), TLS_SUITE_AES_128_GCM_SHA256);
	assert_int_equal(suite_chosen(aes_256_first, false), TLS_SUITE_AES_128_GCM_SHA256);
}

/*
 * The hellos of RFC 8448, as another implementation wrote them. Further than this its traces cannot be replayed: our random
 * and our share come from our entropy, and so does all that follows.
 */
static void hellos_of_rfc_8448(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rfc8448); i++) {
		const bool compatible =
			hex(rfc8448[i].client_hello).at[TLS_RECORD_HEADER + TLS_MESSAGE_HEADER + 2 + 32] > 0;
		struct lab *lab = lab_new();

		lab_start(lab);
		lab_inject(lab, LAB_SERVER, hex(rfc8448[i].client_hello));
		lab_turn(lab, LAB_SERVER);
		assert_false(lab->side[LAB_SERVER].failed);
		assert_string_equal(lab->ladder, compatible ? "server server_hello\n"
							      "server change_cipher_spec\n"
							      "server encrypted_extensions\n"
							      "server certificate\n"
							      "server certificate_verify\n"
							      "server finished\n"
							    : "server server_hello\n"
							      "server encrypted_extensions\n"
							      "server certificate\n"
							      "server certificate_verify\n"
							      "server finished\n");
		assert_int_equal(lab_info(lab, LAB_SERVER).suite, TLS_SUITE_AES_128_GCM_SHA256);
		assert_int_equal(lab_info(lab, LAB_SERVER).group, TLS_GROUP_X25519);
		lab_free(lab);
		if (!rfc8448[i].second_hello)
			continue;
		lab = lab_new();
		lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P256);
		lab_start(lab);
		lab_inject(lab, LAB_SERVER, hex(rfc8448[i].client_hello));
		lab_turn(lab, LAB_SERVER);
		assert_string_equal(lab->ladder, "server hello_retry_request\n");
		/* That one repeats a cookie of the server's there; here none was given. */
		lab_inject(lab, LAB_SERVER, hex(rfc8448[i].second_hello));
		lab_turn(lab, LAB_SERVER);
		assert_true(lab->side[LAB_SERVER].failed);
		assert_string_equal(lab_info(lab, LAB_SERVER).why_code, "CHANGED_HELLO");
		lab_free(lab);
	}
}

/* ---- HelloRetryRequest ---- */

#define RETRY_LADDER                   \
	"client client_hello\n"        \
	"server hello_retry_request\n" \
	"server change_cipher_spec\n"  \
	"client change_cipher_spec\n"  \
	"client client_hello\n"        \
	"server server_hello\n"        \
	"server encrypted_extensions\n"

static void hello_retry(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P384, TLS_GROUP_P256);
	lab_handshake(lab);
	assert_string_equal(lab->ladder, RETRY_LADDER "server certificate\n"
						      "server certificate_verify\n"
						      "server finished\n"
						      "client finished\n"
						      "server new_session_ticket\n"
						      "server new_session_ticket\n");
	assert_string_equal(lab->side[LAB_CLIENT].path,
			    "WAIT_SH (after a retry) WAIT_EE WAIT_CERT_CR WAIT_CV WAIT_FINISHED CONNECTED ");
	assert_string_equal(lab->side[LAB_SERVER].path, "START (after a retry) WAIT_FINISHED CONNECTED ");
	assert_true(lab_info(lab, LAB_CLIENT).hello_retried && lab_info(lab, LAB_SERVER).hello_retried);
	assert_int_equal(lab_info(lab, LAB_CLIENT).group, TLS_GROUP_P384);
	assert_joined(lab);
	lab_free(lab);
}

/* A share that is there is better than a group that is liked more. */
static void no_needless_retry(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P384, TLS_GROUP_X25519);
	lab_handshake(lab);
	assert_false(lab_info(lab, LAB_SERVER).hello_retried);
	assert_int_equal(lab_info(lab, LAB_SERVER).group, TLS_GROUP_X25519);
	lab_free(lab);
	lab = lab_new();
	lab->side[LAB_CLIENT].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_X25519, TLS_GROUP_P384);
	lab->side[LAB_CLIENT].cfg.shares = 2;
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P384, TLS_GROUP_X25519);
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_SERVER).group, TLS_GROUP_P384);
	lab_free(lab);
}

static void hello_retry_with_sha384(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P256);
	lab->side[LAB_SERVER].cfg.suites = (struct hf_tls_list)LAB_LIST(TLS_SUITE_AES_256_GCM_SHA384);
	lab_handshake(lab);
	assert_true(lab_info(lab, LAB_SERVER).hello_retried);
	assert_joined(lab);
	/* The binder of the second hello is made over all that went before. */
	lab_again(lab);
	lab_handshake(lab);
	assert_string_equal(lab->ladder, RETRY_LADDER "server finished\n"
						      "client finished\n"
						      "server new_session_ticket\n");
	assert_true(lab_info(lab, LAB_CLIENT).resumed && lab_info(lab, LAB_SERVER).resumed);
	assert_joined(lab);
	lab_free(lab);
}

/* ---- resumption ---- */

static void resumption(void **state)
{
	struct lab *lab = lab_new();
	struct hf_tls_info c, s;

	(void)state;
	lab_handshake(lab);
	for (unsigned i = 0; i < 3; i++) {
		lab->now += HF_S(60);
		lab_again(lab);
		lab_handshake(lab);
		assert_string_equal(lab->ladder, RESUMED_LADDER);
		assert_string_equal(lab->side[LAB_CLIENT].path, "WAIT_EE WAIT_FINISHED CONNECTED ");
		c = lab_info(lab, LAB_CLIENT);
		s = lab_info(lab, LAB_SERVER);
		assert_true(c.resumed && s.resumed && c.peer_certificate);
		assert_int_equal(s.scheme, 0);
		assert_int_equal(c.group, first_group());
		assert_int_equal(lab->side[LAB_SERVER].asked[HF_TLS_WANTS_SIGNATURE], 0);
		assert_int_equal(lab->side[LAB_CLIENT].asked[HF_TLS_WANTS_VERDICT], 0);
		assert_int_equal(lab->side[LAB_CLIENT].sessions, 1);
		assert_joined(lab);
	}
	lab_free(lab);
}

/* What the server makes of a ticket that it cannot, or must not, take. */
static void assert_not_resumed(struct lab *lab)
{
	lab_again(lab);
	lab_handshake(lab);
	assert_string_equal(lab->ladder, FULL_LADDER);
	assert_false(lab_info(lab, LAB_CLIENT).resumed || lab_info(lab, LAB_SERVER).resumed);
	assert_true(told(lab, LAB_SERVER, HF_TLS_TOLD_PSK_REFUSED));
	assert_true(told(lab, LAB_CLIENT, HF_TLS_TOLD_PSK_REFUSED));
	assert_joined(lab);
	lab_free(lab);
}

static struct lab *with_session(void)
{
	struct lab *lab = lab_new();

	lab_handshake(lab);
	assert_true(lab->side[LAB_CLIENT].session_len > 0);
	return lab;
}

static void tickets_of_other_keys(void **state)
{
	static const struct hf_tls_ticket_keys others = { .seed = "another server's", .period = HF_S(86400) };
	struct lab *lab = with_session();

	(void)state;
	lab->side[LAB_SERVER].keeper.ticket_keys = &others;
	assert_not_resumed(lab);
}

/* RFC 8446 4.6.1: a nonce of one octet tells 255 tickets apart, and no two may have the same. */
static void more_tickets_than_nonces(void **state)
{
	const size_t room = (hf_tls_room() + 63) & ~(size_t)63;
	struct lab *lab = lab_new();
	struct lab_side *s = &lab->side[LAB_SERVER];
	void *mem = aligned_alloc(64, hf_tls_memory()), *lent = aligned_alloc(64, room);
	struct hf_tls *t;

	(void)state;
	assert_true(mem && lent);
	s->cfg.tickets = 256;
	assert_int_equal(hf_tls_init(mem, (struct hf_room){ lent, room }, &s->cfg, &s->start, 0, &t), HF_INVALID);
	s->cfg.tickets = 255;
	lab_handshake(lab);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 255);
	lab_free(lab);
	free(lent);
	free(mem);
}

/* A seed that nobody has drawn is everybody's: no ticket is sealed with what is derived from it. */
static void tickets_of_no_secret(void **state)
{
	static const struct hf_tls_ticket_keys forgotten = { .period = HF_S(86400) };
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_SERVER].keeper.ticket_keys = &forgotten;
	lab_handshake(lab);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 0);
	lab_free(lab);
}

static void tickets_of_another_hash(void **state)
{
	struct lab *lab = with_session();

	(void)state;
	lab->side[LAB_SERVER].cfg.suites = (struct hf_tls_list)LAB_LIST(TLS_SUITE_AES_256_GCM_SHA384);
	assert_not_resumed(lab);
}

/* The server's clock decides, whatever the client thinks. */
static void tickets_that_are_too_old(void **state)
{
	struct lab *lab = with_session();

	(void)state;
	lab->side[LAB_SERVER].cfg.epoch_ns += HF_S(7200);
	assert_not_resumed(lab);
	lab = with_session();
	lab->side[LAB_SERVER].cfg.epoch_ns -= HF_S(1);
	assert_not_resumed(lab);
	lab = with_session();
	lab->side[LAB_SERVER].cfg.epoch_ns += HF_S(7199);
	lab_again(lab);
	lab_handshake(lab);
	assert_true(lab_info(lab, LAB_SERVER).resumed);
	lab_free(lab);
}

static void tickets_of_a_client_that_must_show_more(void **state)
{
	struct lab *lab = with_session();

	(void)state;
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	lab->side[LAB_CLIENT].creds[0] = lab_world.client[LAB_P256];
	lab->side[LAB_CLIENT].keeper.cred_count = 1;
	lab_again(lab);
	lab_handshake(lab);
	assert_false(lab_info(lab, LAB_SERVER).resumed);
	assert_true(lab_info(lab, LAB_SERVER).peer_certificate);
	/* One that it has shown it in is good. */
	lab_again(lab);
	lab_handshake(lab);
	assert_string_equal(lab->ladder, RESUMED_LADDER);
	assert_true(lab_info(lab, LAB_SERVER).peer_certificate);
	lab_free(lab);
}

static void sessions_the_client_does_not_offer(void **state)
{
	struct lab *lab = with_session();

	(void)state;
	lab->side[LAB_CLIENT].start.name = LAB_BYTES("a.wild.test");
	lab_again(lab);
	lab_handshake(lab);
	assert_false(lab_info(lab, LAB_CLIENT).resumed);
	assert_false(told(lab, LAB_SERVER, HF_TLS_TOLD_PSK_REFUSED));
	lab_free(lab);
	lab = with_session();
	lab->now += HF_S(7200);
	lab_again(lab);
	lab_handshake(lab);
	assert_false(told(lab, LAB_SERVER, HF_TLS_TOLD_PSK_REFUSED));
	lab_free(lab);
}

/* The client's session is kept as if it had come just now, for as long as may be: a client that does not care. */
static void stretch_session(struct lab *lab)
{
	static uint8_t kept[TLS_SESSION_MAX];
	struct lab_side *c = &lab->side[LAB_CLIENT];
	struct tls_session s;

	memcpy(kept, c->session, c->session_len);
	assert_int_equal(tls_session_parse((struct hf_bytes){ kept, c->session_len }, &s), HF_OK);
	s.lifetime_s = 604800;
	assert_int_equal(tls_session_put(&s, c->session, sizeof(c->session), &c->session_len), HF_OK);
}

/* A resumed connection proves nothing anew: a chain of them ends when the ticket of the full handshake would have. */
static void tickets_of_a_resumed_connection(void **state)
{
	struct lab *lab = with_session();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		lab->now += HF_S(3000);
		lab_again(lab);
		lab_handshake(lab);
		assert_true(lab_info(lab, LAB_SERVER).resumed);
		assert_int_equal(lab->side[LAB_CLIENT].sessions, 1);
	}
	lab->now += HF_S(1200);
	stretch_session(lab);
	assert_not_resumed(lab);
}

/* The client holds itself to that, too: here the server calls each ticket as good as a first. */
static void a_client_that_proof_has_left(void **state)
{
	struct lab *lab = with_session();

	(void)state;
	lab->now += HF_S(7000);
	lab->side[LAB_SERVER].cfg.epoch_ns -= HF_S(6900);
	lab_again(lab);
	lab_handshake(lab);
	assert_true(lab_info(lab, LAB_CLIENT).resumed);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 1);
	lab->now += HF_S(200);
	lab_again(lab);
	lab_handshake(lab);
	assert_string_equal(lab->ladder, FULL_LADDER);
	assert_false(told(lab, LAB_SERVER, HF_TLS_TOLD_PSK_REFUSED)); /* it was not even offered */
	lab_free(lab);
}

/* Whom a client went on with although nobody vouched for him is not believed the next time for having been there. */
static void sessions_of_who_was_not_believed(void **state)
{
	struct lab *lab = lab_new();
	struct lab_side *c = &lab->side[LAB_CLIENT];

	(void)state;
	lab->side[LAB_SERVER].creds[0] = lab_world.stranger;
	c->keeper.insecure = c->cfg.unproved_sessions = true;
	lab_handshake(lab);
	assert_false(lab_info(lab, LAB_CLIENT).peer_certificate);
	lab_again(lab);
	lab_handshake(lab);
	assert_true(lab_info(lab, LAB_CLIENT).resumed);
	assert_false(lab_info(lab, LAB_CLIENT).peer_certificate);
	c->keeper.insecure = c->cfg.unproved_sessions = false;
	lab_again(lab);
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "VERDICT", TLS_ALERT_UNKNOWN_CA);
	lab_free(lab);
}

static void without_resumption(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.tickets = HF_TLS_NO_TICKETS;
	lab_handshake(lab);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 0);
	lab_free(lab);
	lab = lab_new();
	lab->side[LAB_SERVER].cfg.tickets = 5;
	lab_handshake(lab);
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 5);
	lab_free(lab);
	lab = lab_new();
	lab->side[LAB_CLIENT].cfg.no_resumption = true; /* then it does not say how it would use one */
	lab_handshake(lab);
	assert_null(strstr(lab->ladder, "new_session_ticket"));
	lab_free(lab);
	lab = lab_new();
	lab->side[LAB_SERVER].keeper.ticket_keys = NULL;
	lab_handshake(lab);
	assert_null(strstr(lab->ladder, "new_session_ticket"));
	assert_joined(lab);
	lab_free(lab);
}

/* Each is sealed, and used, apart from the others. */
static void tickets_differ(void **state)
{
	struct lab *lab = lab_new();
	static uint8_t first[TLS_SESSION_MAX];
	struct tls_session a, b;
	size_t n;

	(void)state;
	lab->side[LAB_SERVER].cfg.tickets = 1;
	lab_handshake(lab);
	n = lab->side[LAB_CLIENT].session_len;
	memcpy(first, lab->side[LAB_CLIENT].session, n);
	assert_int_equal(tls_session_parse((struct hf_bytes){ first, n }, &a), HF_OK);
	lab_free(lab);
	lab = lab_new();
	lab_handshake(lab);
	assert_int_equal(
		tls_session_parse((struct hf_bytes){ lab->side[LAB_CLIENT].session, lab->side[LAB_CLIENT].session_len }, &b),
		HF_OK);
	/* Of the same connection otherwise: the last ticket of two is the only one of one, the first is another. */
	assert_true(a.age_add != 0);
	assert_int_equal(a.lifetime_s, 7200);
	assert_int_equal(a.made_unix_ms, LAB_UNIX_S * UINT64_C(1000));
	assert_true(a.age_add != b.age_add);
	assert_memory_not_equal(a.ticket.at + 17, b.ticket.at + 17, 12); /* the nonce it is sealed with */
	lab_free(lab);
}

/* ---- early data ---- */

static struct hf_tls_seen_entry seen_room[8];

static struct lab *with_early_session(struct hf_tls_seen *seen)
{
	struct lab *lab = lab_new();

	*seen = (struct hf_tls_seen){ seen_room, HF_ARRAY_LEN(seen_room), 0 };
	lab->side[LAB_SERVER].keeper.seen = seen;
	lab->side[LAB_SERVER].cfg.early_data_max = 4096;
	lab->side[LAB_CLIENT].cfg.early_data_max = 1;
	lab_handshake(lab);
	lab->now += HF_S(5);
	lab_again(lab);
	lab_write(lab, LAB_CLIENT, "early");
	return lab;
}

static void early_data_accepted(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);

	(void)state;
	lab_handshake(lab);
	assert_string_equal(lab->ladder, "client client_hello\n"
					 "client change_cipher_spec\n"
					 "client data 5\n"
					 "server server_hello\n"
					 "server change_cipher_spec\n"
					 "server encrypted_extensions\n"
					 "server finished\n"
					 "client end_of_early_data\n"
					 "client finished\n"
					 "server new_session_ticket\n");
	assert_string_equal(lab->side[LAB_SERVER].path, "WAIT_EOED WAIT_FINISHED CONNECTED ");
	assert_string_equal(lab->side[LAB_SERVER].early, "early");
	assert_string_equal(lab->side[LAB_SERVER].data, "");
	assert_int_equal(lab_info(lab, LAB_CLIENT).early, HF_TLS_EARLY_ACCEPTED);
	assert_int_equal(lab_info(lab, LAB_SERVER).early, HF_TLS_EARLY_ACCEPTED);
	assert_non_null(strstr(lab->side[LAB_CLIENT].secrets, "CLIENT_EARLY_TRAFFIC_SECRET "));
	assert_non_null(strstr(lab->side[LAB_CLIENT].secrets, "EARLY_EXPORTER_SECRET "));
	assert_string_equal(lab->side[LAB_CLIENT].secrets, lab->side[LAB_SERVER].secrets);
	assert_joined(lab);
	lab_free(lab);
}

/* The handshake goes on without it, and nothing of it is taken for anything else. */
static void assert_early_rejected(struct lab *lab, bool resumed)
{
	lab_handshake(lab);
	assert_string_equal(lab->side[LAB_SERVER].early, "");
	assert_string_equal(lab->side[LAB_SERVER].data, "");
	assert_int_equal(lab_info(lab, LAB_CLIENT).early, HF_TLS_EARLY_REJECTED);
	assert_int_equal(lab_info(lab, LAB_SERVER).early, HF_TLS_EARLY_REJECTED);
	assert_int_equal(lab_info(lab, LAB_SERVER).resumed, resumed);
	assert_true(told(lab, LAB_SERVER, HF_TLS_TOLD_EARLY_REJECTED) && told(lab, LAB_CLIENT, HF_TLS_TOLD_EARLY_REJECTED));
	assert_joined(lab);
	lab_free(lab);
}

static void early_data_a_second_time(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);
	struct lab_side *c = &lab->side[LAB_CLIENT];
	static uint8_t used[TLS_SESSION_MAX];
	size_t n = c->start.session.len;

	(void)state;
	memcpy(used, c->start.session.at, n);
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_SERVER).early, HF_TLS_EARLY_ACCEPTED);
	lab_again(lab);
	c->start.session = (struct hf_bytes){ used, n };
	lab_write(lab, LAB_CLIENT, "early");
	assert_early_rejected(lab, true);
}

/* From a client whose clock goes 10 s fast its hello is good for 20 s, and in the last of its milliseconds, too, only once. */
static void early_data_a_second_time_at_the_last_moment(void **state)
{
	static uint8_t flight[LAB_TEXT];
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);
	struct lab_side *s = &lab->side[LAB_SERVER];
	size_t n;

	(void)state;
	lab->side[LAB_CLIENT].cfg.epoch_ns += HF_S(10);
	lab_start(lab);
	lab_turn(lab, LAB_CLIENT);
	n = s->wire_len;
	assert_true(n > 0 && n <= sizeof(flight));
	memcpy(flight, s->wire, n);
	lab_turn(lab, LAB_SERVER);
	assert_string_equal(s->early, "early");
	lab->now += HF_S(20) + HF_MS(1) - 1;
	assert_int_equal(seen.n, 1);
	seen.n -= seen.entry[0].expires <= lab->now; /* as another ticket that came now would have it */
	lab_again(lab);
	lab_start(lab);
	lab_inject(lab, LAB_SERVER, (struct hf_bytes){ flight, n });
	lab_turn(lab, LAB_SERVER);
	assert_true(lab_info(lab, LAB_SERVER).resumed);
	assert_string_equal(s->early, "");
	lab_free(lab);
}

static void early_data_where_the_window_is_full(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);

	(void)state;
	seen.room = 0;
	assert_early_rejected(lab, true);
}

static void early_data_of_another_time(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);

	(void)state;
	lab->side[LAB_SERVER].cfg.epoch_ns += HF_MS(10001);
	assert_early_rejected(lab, true);
	lab = with_early_session(&seen);
	lab->side[LAB_CLIENT].cfg.epoch_ns += HF_MS(10001);
	assert_early_rejected(lab, true);
	lab = with_early_session(&seen);
	lab->side[LAB_CLIENT].cfg.epoch_ns += HF_MS(10000);
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_SERVER).early, HF_TLS_EARLY_ACCEPTED);
	lab_free(lab);
}

static void early_data_of_a_server_that_takes_none(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);

	(void)state;
	lab->side[LAB_SERVER].cfg.early_data_max = 0;
	assert_early_rejected(lab, true);
}

static void early_data_without_its_ticket(void **state)
{
	static const struct hf_tls_ticket_keys others = { .seed = "another server's", .period = HF_S(86400) };
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);

	(void)state;
	lab->side[LAB_SERVER].keeper.ticket_keys = &others;
	assert_early_rejected(lab, false);
}

static void early_data_and_another_suite(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);

	(void)state;
	lab->side[LAB_SERVER].cfg.suites = (struct hf_tls_list)LAB_LIST(TLS_SUITE_CHACHA20_POLY1305_SHA256);
	assert_early_rejected(lab, true);
}

static void early_data_and_a_retry(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);

	(void)state;
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P256);
	lab_write(lab, LAB_CLIENT, " and more");
	assert_early_rejected(lab, true);
}

static void early_data_and_another_protocol(void **state)
{
	struct hf_tls_seen seen;
	struct lab *lab = lab_new();

	(void)state;
	seen = (struct hf_tls_seen){ seen_room, HF_ARRAY_LEN(seen_room), 0 };
	lab->side[LAB_SERVER].keeper.seen = &seen;
	lab->side[LAB_SERVER].cfg.early_data_max = 4096;
	lab->side[LAB_CLIENT].cfg.early_data_max = 1;
	lab->side[LAB_CLIENT].cfg.alpn = lab->side[LAB_SERVER].cfg.alpn = h2_and_http;
	lab->side[LAB_CLIENT].cfg.alpns = lab->side[LAB_SERVER].cfg.alpns = 2;
	lab_handshake(lab);
	lab_again(lab);
	lab->side[LAB_SERVER].cfg.alpn = http_and_h2;
	lab_write(lab, LAB_CLIENT, "early");
	assert_early_rejected(lab, true);
}

/* The client keeps to what the ticket allows; the rest goes when the handshake is over. */
static void early_data_up_to_its_limit(void **state)
{
	static char much[5001];
	struct hf_tls_seen seen;
	struct lab *lab = with_early_session(&seen);
	struct lab_side *s = &lab->side[LAB_SERVER];

	(void)state;
	memset(much, 'e', sizeof(much) - 1);
	lab_write(lab, LAB_CLIENT, much);
	lab_handshake(lab);
	assert_int_equal(s->early_len, 4096);
	assert_int_equal(s->data_len, 5 + 5000 - 4096);
	lab_free(lab);
}

/* ---- client certificates ---- */

#define CERTIFIED_LADDER(client_part)   \
	"client client_hello\n"         \
	"server server_hello\n"         \
	"server change_cipher_spec\n"   \
	"server encrypted_extensions\n" \
	"server certificate_request\n"  \
	"server certificate\n"          \
	"server certificate_verify\n"   \
	"server finished\n"             \
	"client change_cipher_spec\n"   \
	"client certificate\n" client_part

static struct lab *with_request(enum hf_tls_client_cert what, const struct hf_cred *cred)
{
	struct lab *lab = lab_new();

	lab->side[LAB_SERVER].cfg.client_cert = what;
	lab->side[LAB_CLIENT].creds[0] = cred;
	lab->side[LAB_CLIENT].keeper.cred_count = cred ? 1 : 0;
	return lab;
}

static void client_certificates(void **state)
{
	(void)state;
	for (enum lab_key k = 0; k < LAB_KEYS; k++) {
		struct lab *lab = with_request(k % 2 ? HF_TLS_CLIENT_CERT_REQUEST : HF_TLS_CLIENT_CERT_REQUIRE,
					       lab_world.client[k]);

		lab_handshake(lab);
		assert_string_equal(lab->ladder, CERTIFIED_LADDER("client certificate_verify\n"
								  "client finished\n"
								  "server new_session_ticket\n"
								  "server new_session_ticket\n"));
		assert_string_equal(lab->side[LAB_CLIENT].path,
				    "WAIT_EE WAIT_CERT_CR WAIT_CERT WAIT_CV WAIT_FINISHED CONNECTED ");
		assert_string_equal(lab->side[LAB_SERVER].path, "WAIT_CERT WAIT_CV WAIT_FINISHED CONNECTED ");
		assert_true(lab_info(lab, LAB_SERVER).peer_certificate);
		assert_int_equal(lab_info(lab, LAB_SERVER).peer_scheme, lab_info(lab, LAB_CLIENT).scheme);
		assert_int_equal(lab->side[LAB_SERVER].report.fault, HF_CERT_GOOD);
		assert_joined(lab);
		lab_free(lab);
	}
}

static void no_client_certificate(void **state)
{
	struct lab *lab = with_request(HF_TLS_CLIENT_CERT_REQUEST, NULL);

	(void)state;
	lab_handshake(lab);
	assert_string_equal(lab->ladder, CERTIFIED_LADDER("client finished\n"
							  "server new_session_ticket\n"
							  "server new_session_ticket\n"));
	assert_string_equal(lab->side[LAB_SERVER].path, "WAIT_CERT WAIT_FINISHED CONNECTED ");
	assert_false(lab_info(lab, LAB_SERVER).peer_certificate);
	assert_joined(lab);
	lab_free(lab);
}

/* A certificate whose key can make nothing that the server takes is as good as none. */
static void no_client_certificate_that_suits(void **state)
{
	struct lab *lab = with_request(HF_TLS_CLIENT_CERT_REQUEST, lab_world.client[LAB_RSA]);

	(void)state;
	lab->side[LAB_SERVER].cfg.schemes = (struct hf_tls_list)LAB_LIST(TLS_ECDSA_SECP256R1_SHA256);
	lab_handshake(lab);
	assert_string_equal(lab->side[LAB_SERVER].path, "WAIT_CERT WAIT_FINISHED CONNECTED ");
	assert_joined(lab);
	lab_free(lab);
}

static void names_of_authorities(void **state)
{
	static const struct hf_bytes names[] = { LAB_BYTES("\x30\x00"), LAB_BYTES("\x30\x02\x31\x00") };
	static const uint8_t listed[] = { 0, 2, 0x30, 0, 0, 4, 0x30, 2, 0x31, 0 };
	struct lab *lab = with_request(HF_TLS_CLIENT_CERT_REQUEST, NULL);
	struct lab_side *s = &lab->side[LAB_SERVER];
	const struct hf_tls_question *q;
	struct hf_tls_io io = { 0 };
	static uint8_t plain[HF_TLS_PLAIN_ROOM], out[4096];
	struct hf_bytes in;

	(void)state;
	s->cfg.authorities = names;
	s->cfg.authority_count = 2;
	lab_handshake(lab);
	assert_int_equal(lab->side[LAB_CLIENT].asked[HF_TLS_WANTS_CERTIFICATE], 1);
	lab_free(lab);

	/* The same by hand, as far as the question. */
	lab = with_request(HF_TLS_CLIENT_CERT_REQUEST, NULL);
	lab->side[LAB_SERVER].cfg.authorities = names;
	lab->side[LAB_SERVER].cfg.authority_count = 2;
	lab->side[LAB_CLIENT].keeper.cred_count = 0;
	lab_start(lab);
	io = (struct hf_tls_io){ .plain = plain, .out = out, .out_room = sizeof(out) };
	assert_int_equal(hf_tls_step(lab->side[LAB_CLIENT].t, &io, 0), HF_TLS_WANTS_INPUT);
	in = (struct hf_bytes){ out, io.out_len };
	{
		static uint8_t answer[8192];
		struct hf_tls_io to = { .in = &in, .ins = 1, .plain = plain, .out = answer, .out_room = sizeof(answer) };
		enum hf_tls_does does;
		size_t n = 0;

		while ((does = hf_tls_step(lab->side[LAB_SERVER].t, &to, 0)) != HF_TLS_WANTS_INPUT) {
			in.at += to.taken;
			in.len -= to.taken;
			n += to.out_len;
			to.out += to.out_len;
			to.out_room -= to.out_len;
			assert_true(hf_tls_settle(lab->side[LAB_SERVER].t, &lab->side[LAB_SERVER].keeper, 0, NULL));
		}
		n += to.out_len;
		in = (struct hf_bytes){ answer, n };
		io = (struct hf_tls_io){ .in = &in, .ins = 1, .plain = plain, .out = out, .out_room = sizeof(out) };
		assert_int_equal(hf_tls_step(lab->side[LAB_CLIENT].t, &io, 0), HF_TLS_WANTS_CERTIFICATE);
	}
	q = hf_tls_question(lab->side[LAB_CLIENT].t);
	assert_int_equal(q->authorities.len, sizeof(listed));
	assert_memory_equal(q->authorities.at, listed, sizeof(listed));
	assert_int_equal(q->version, HF_TLS_1_3);
	assert_true(tls_u16_has(q->schemes, TLS_ED25519));
	lab_free(lab);
}

/* ---- extensions ---- */

static void alpn(void **state)
{
	struct lab *lab = lab_new();
	struct hf_bytes got;

	(void)state;
	lab->side[LAB_CLIENT].cfg.alpn = h2_and_http;
	lab->side[LAB_SERVER].cfg.alpn = http_and_h2;
	lab->side[LAB_CLIENT].cfg.alpns = lab->side[LAB_SERVER].cfg.alpns = 2;
	lab_handshake(lab);
	got = lab_info(lab, LAB_CLIENT).alpn;
	assert_int_equal(got.len, 8);
	assert_memory_equal(got.at, "http/1.1", 8);
	got = lab_info(lab, LAB_SERVER).alpn;
	assert_memory_equal(got.at, "http/1.1", 8);
	lab_free(lab);
	lab = lab_new();
	lab->side[LAB_CLIENT].cfg.alpn = h2_and_http;
	lab->side[LAB_CLIENT].cfg.alpns = 2;
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_CLIENT).alpn.len, 0);
	lab_free(lab);
}

static void staples(void **state)
{
	struct lab *lab = lab_new();
	struct mint_blob ocsp;
	struct mint_ocsp_ask ask = {
		.leaf = hf_cred_cert(lab_world.server[LAB_P384], 0),
		.status = MINT_STATUS_GOOD,
		.this_update = LAB_UNIX_S - 60,
		.next_update = LAB_UNIX_S + 3600,
	};

	(void)state;
	assert_int_equal(mint_ocsp_make(lab_world.ca, &ask, &ocsp), HF_OK);
	assert_int_equal(hf_cred_staple(lab_world.server[LAB_P384], (struct hf_bytes){ (const uint8_t *)ocsp.at, ocsp.len },
					LAB_BYTES("\0\x05\0\x03sct")),
			 HF_OK);
	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_P384];
	lab->side[LAB_CLIENT].cfg.want_staple = lab->side[LAB_CLIENT].keeper.want_staple = true;
	lab_handshake(lab);
	assert_true(lab_info(lab, LAB_CLIENT).stapled && lab_info(lab, LAB_SERVER).stapled);
	assert_int_equal(lab->side[LAB_CLIENT].report.fault, HF_CERT_GOOD);
	/* Who has not asked gets none. */
	lab_again(lab);
	lab->side[LAB_CLIENT].start.session.len = 0;
	lab->side[LAB_CLIENT].cfg.want_staple = lab->side[LAB_CLIENT].keeper.want_staple = false;
	lab_handshake(lab);
	assert_false(lab_info(lab, LAB_CLIENT).stapled);
	lab_free(lab);
	mint_blob_free(&ocsp);
}

static void sizes_of_records(void **state)
{
	static char much[3001];
	struct lab *lab = lab_new();

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	lab->side[LAB_CLIENT].cfg.record_size_limit = 512;
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_SERVER).max_send, 512);
	assert_int_equal(lab_info(lab, LAB_CLIENT).max_receive, 512);
	assert_int_equal(lab_info(lab, LAB_SERVER).max_receive, TLS_PLAIN_MAX);
	lab_write(lab, LAB_SERVER, much);
	lab_run(lab);
	assert_string_equal(lab->side[LAB_CLIENT].data, much);
	assert_non_null(strstr(lab->ladder, "server data 512\n"));
	lab_free(lab);
	lab = lab_new();
	lab->side[LAB_CLIENT].cfg.max_fragment_length = 1;
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_SERVER).max_send, 512);
	assert_int_equal(lab_info(lab, LAB_CLIENT).max_send, 512);
	assert_joined(lab);
	lab_free(lab);
}

static size_t add_up(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	size_t *records = lab->user;

	(void)room;
	for (size_t i = 0; from == LAB_SERVER && i < n; i += TLS_RECORD_HEADER + hf_load16(at + i + 3))
		if (at[i] == TLS_APPLICATION_DATA) {
			/* content, its type, tag */
			assert_int_equal((hf_load16(at + i + 3) - 17) % 256, 0);
			++*records;
		}
	return n;
}

static void padding(void **state)
{
	struct lab *lab = lab_new();
	size_t records = 0;

	(void)state;
	lab->side[LAB_SERVER].cfg.pad_to = 256;
	lab->on_wire = add_up;
	lab->user = &records;
	lab_handshake(lab);
	assert_joined(lab);
	assert_true(records > 2);
	lab_free(lab);
}

/* ---- any split of the stream ---- */

static void run_split(struct lab *lab, size_t piece, size_t scatter, size_t out_room)
{
	lab->piece = piece;
	lab->scatter = scatter;
	lab->out_room = out_room;
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P256);
	lab->side[LAB_CLIENT].creds[0] = lab_world.client[LAB_RSA];
	lab->side[LAB_CLIENT].keeper.cred_count = 1;
	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_RSA];
	lab_handshake(lab);
	assert_joined(lab);
}

static void any_split_gives_the_same(void **state)
{
	static const struct {
		size_t piece, scatter, out_room;
	} splits[] = {
		{ 1, 0, 0 },     { 7, 3, 0 }, { 0, 1, 0 }, { 1, 1, HF_TLS_OUT_ROOM }, { 100, 13, HF_TLS_OUT_ROOM },
		{ 5000, 0, 700 }
	};
	struct lab *whole = lab_new();

	(void)state;
	run_split(whole, 0, 0, 0);
	for (size_t i = 0; i < HF_ARRAY_LEN(splits); i++) {
		struct lab *lab = lab_new();

		run_split(lab, splits[i].piece, splits[i].scatter, splits[i].out_room);
		assert_string_equal(lab->side[LAB_CLIENT].path, whole->side[LAB_CLIENT].path);
		assert_string_equal(lab->side[LAB_SERVER].path, whole->side[LAB_SERVER].path);
		/* Up to the signatures, which libcrypto draws randomness for, everything is the same. */
		assert_memory_equal(lab->side[LAB_CLIENT].secrets, whole->side[LAB_CLIENT].secrets,
				    strchr(strchr(whole->side[LAB_CLIENT].secrets, '\n') + 1, '\n') -
					    whole->side[LAB_CLIENT].secrets);
		assert_int_equal(lab->side[LAB_CLIENT].sessions, 2);
		lab_free(lab);
	}
	lab_free(whole);
}

/* ---- afterwards ---- */

static void key_updates(void **state)
{
	struct lab *lab = lab_new();
	struct hf_tls *c, *s;

	(void)state;
	lab_handshake(lab);
	c = lab->side[LAB_CLIENT].t;
	s = lab->side[LAB_SERVER].t;
	lab->ladder[0] = '\0';
	assert_int_equal(hf_tls_update_keys(c, false), HF_OK);
	lab_run(lab);
	assert_string_equal(lab->ladder, "client key_update\n");
	assert_joined(lab);
	lab->ladder[0] = '\0';
	assert_int_equal(hf_tls_update_keys(s, true), HF_OK);
	lab_run(lab);
	assert_string_equal(lab->ladder, "server key_update\n"
					 "client key_update\n");
	assert_joined(lab);
	/* Both at once. */
	assert_int_equal(hf_tls_update_keys(c, true), HF_OK);
	assert_int_equal(hf_tls_update_keys(s, true), HF_OK);
	lab_run(lab);
	assert_joined(lab);
	assert_int_equal(lab_info(lab, LAB_CLIENT).key_updates_sent, lab_info(lab, LAB_SERVER).key_updates_received);
	assert_int_equal(lab_info(lab, LAB_SERVER).key_updates_sent, lab_info(lab, LAB_CLIENT).key_updates_received);
	assert_true(lab_info(lab, LAB_CLIENT).key_updates_sent >= 3);
	lab_free(lab);
}

static void one_direction_closed(enum lab_who who)
{
	struct lab *lab = lab_new();
	struct lab_side *it = &lab->side[who], *other = &lab->side[!who];

	lab_handshake(lab);
	lab->ladder[0] = '\0';
	hf_tls_close(it->t);
	lab_run(lab);
	assert_string_equal(lab->ladder, who == LAB_CLIENT ? "client alert close_notify\n" : "server alert close_notify\n");
	assert_true(other->closed && !it->closed);
	assert_true(lab_info(lab, !who).read_closed && !lab_info(lab, !who).write_closed);
	/* RFC 8446 6.1: the other direction goes on. */
	lab_write(lab, !who, "still here");
	lab_run(lab);
	assert_string_equal(it->data, "still here");
	hf_tls_close(other->t);
	lab_run(lab);
	lab_cut(lab, who);
	lab_run(lab);
	assert_true(it->closed && !it->truncated && !it->failed);
	lab_free(lab);
}

static void closing(void **state)
{
	(void)state;
	one_direction_closed(LAB_CLIENT);
	one_direction_closed(LAB_SERVER);
}

static void truncation(void **state)
{
	(void)state;
	for (enum lab_who who = LAB_CLIENT; who <= LAB_SERVER; who++) {
		struct lab *lab = lab_new();

		lab_handshake(lab);
		lab_write(lab, !who, "half of it");
		lab_run(lab);
		lab_cut(lab, who);
		lab_run(lab);
		assert_true(lab->side[who].truncated && !lab->side[who].closed);
		assert_string_equal(lab->side[who].data, "half of it");
		lab_free(lab);
	}
}

static void much_data(void **state)
{
	static char much[60001];
	struct lab *lab = lab_new();

	(void)state;
	for (size_t i = 0; i < sizeof(much) - 1; i++)
		much[i] = (char)('a' + i % 23);
	lab_handshake(lab);
	lab_write(lab, LAB_SERVER, much);
	lab_write(lab, LAB_CLIENT, much);
	lab_run(lab);
	assert_string_equal(lab->side[LAB_CLIENT].data, much);
	assert_string_equal(lab->side[LAB_SERVER].data, much);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full),
		cmocka_unit_test(labels_of_the_key_log),
		cmocka_unit_test(every_suite_group_and_key),
		cmocka_unit_test(without_camouflage),
		cmocka_unit_test(whose_order_of_suites),
		cmocka_unit_test(hellos_of_rfc_8448),
		cmocka_unit_test(hello_retry),
		cmocka_unit_test(no_needless_retry),
		cmocka_unit_test(hello_retry_with_sha384),
		cmocka_unit_test(resumption),
		cmocka_unit_test(tickets_of_other_keys),
		cmocka_unit_test(more_tickets_than_nonces),
		cmocka_unit_test(tickets_of_no_secret),
		cmocka_unit_test(tickets_of_another_hash),
		cmocka_unit_test(tickets_that_are_too_old),
		cmocka_unit_test(tickets_of_a_client_that_must_show_more),
		cmocka_unit_test(sessions_the_client_does_not_offer),
		cmocka_unit_test(tickets_of_a_resumed_connection),
		cmocka_unit_test(a_client_that_proof_has_left),
		cmocka_unit_test(sessions_of_who_was_not_believed),
		cmocka_unit_test(without_resumption),
		cmocka_unit_test(tickets_differ),
		cmocka_unit_test(early_data_accepted),
		cmocka_unit_test(early_data_a_second_time),
		cmocka_unit_test(early_data_a_second_time_at_the_last_moment),
		cmocka_unit_test(early_data_where_the_window_is_full),
		cmocka_unit_test(early_data_of_another_time),
		cmocka_unit_test(early_data_of_a_server_that_takes_none),
		cmocka_unit_test(early_data_without_its_ticket),
		cmocka_unit_test(early_data_and_another_suite),
		cmocka_unit_test(early_data_and_a_retry),
		cmocka_unit_test(early_data_and_another_protocol),
		cmocka_unit_test(early_data_up_to_its_limit),
		cmocka_unit_test(client_certificates),
		cmocka_unit_test(no_client_certificate),
		cmocka_unit_test(no_client_certificate_that_suits),
		cmocka_unit_test(names_of_authorities),
		cmocka_unit_test(alpn),
		cmocka_unit_test(staples),
		cmocka_unit_test(sizes_of_records),
		cmocka_unit_test(padding),
		cmocka_unit_test(any_split_gives_the_same),
		cmocka_unit_test(key_updates),
		cmocka_unit_test(closing),
		cmocka_unit_test(truncation),
		cmocka_unit_test(much_data),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
