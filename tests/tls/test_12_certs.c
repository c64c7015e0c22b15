/* SPDX-License-Identifier: MIT */
/* TLS 1.2: certificates of both sides, and the staples that go with them. */
#include "lab12.h"

#define SKE TLS_SERVER_KEY_EXCHANGE

/* ---- of clients ---- */

static void test_client_certificates(void **state)
{
	(void)state;
	for (enum lab_key key = 0; key < LAB_KEYS; key++)
		for (enum hf_tls_client_cert ask = HF_TLS_CLIENT_CERT_REQUEST; ask <= HF_TLS_CLIENT_CERT_REQUIRE; ask++) {
			struct lab *lab = lab12_new();

			lab12_ask_client(lab);
			lab->side[LAB_SERVER].cfg.client_cert = ask;
			lab->side[LAB_CLIENT].creds[0] = lab_world.client[key];
			lab_handshake(lab);
			assert_string_equal(
				lab->side[LAB_CLIENT].path,
				"WAIT_CERT WAIT_SKE WAIT_CR_SHD WAIT_SHD WAIT_NST WAIT_CCS WAIT_FINISHED CONNECTED ");
			assert_string_equal(lab->side[LAB_SERVER].path,
					    "WAIT_CERT WAIT_CKE WAIT_CV WAIT_CCS WAIT_FINISHED CONNECTED ");
			assert_non_null(strstr(
				lab->ladder, "client certificate\nclient client_key_exchange\nclient certificate_verify\n"));
			assert_true(lab_info(lab, LAB_SERVER).peer_certificate);
			assert_int_equal(lab_info(lab, LAB_CLIENT).scheme, lab12_scheme_of(key));
			assert_int_equal(lab_info(lab, LAB_SERVER).peer_scheme, lab12_scheme_of(key));
			lab12_assert_data(lab);
			lab_again(lab);
			lab_handshake(lab);
			assert_true(lab_info(lab, LAB_SERVER).resumed && lab_info(lab, LAB_SERVER).peer_certificate);
			lab_free(lab);
		}
}

static void test_client_without_certificate(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUEST;
	lab_handshake(lab);
	assert_non_null(strstr(lab->ladder, "client certificate\nclient client_key_exchange\nclient change_cipher_spec\n"));
	assert_string_equal(lab->side[LAB_SERVER].path, "WAIT_CERT WAIT_CKE WAIT_CCS WAIT_FINISHED CONNECTED ");
	assert_false(lab_info(lab, LAB_SERVER).peer_certificate);
	lab_free(lab);

	lab = lab12_new();
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "CERTIFICATE_REQUIRED_12", TLS_ALERT_HANDSHAKE_FAILURE);
	lab_free(lab);
}

/* Names of authorities come to whoever chooses the certificate; also of more than the first room holds. */
static void test_authorities(void **state)
{
	static uint8_t name[9000];
	const struct hf_bytes names[] = { { name, sizeof(name) }, { name, 7 } };
	struct lab *lab = lab12_new();

	(void)state;
	lab12_ask_client(lab);
	lab->side[LAB_SERVER].cfg.authorities = names;
	lab->side[LAB_SERVER].cfg.authority_count = 2;
	lab_handshake(lab);
	assert_true(lab->side[LAB_SERVER].asked[HF_TLS_WANTS_ROOM] > 0);
	assert_true(lab_info(lab, LAB_SERVER).peer_certificate);
	lab12_assert_data(lab);
	lab_free(lab);
}

/* RFC 5246 7.4.4: who has no certificate of a type asked for shows none. */
static void test_types_of_certificates(void **state)
{
	static const uint8_t request[] = { 1, 1, 0, 4, 4, 3, 8, 4, 0, 0 }; /* of RSA, though ECDSA's scheme stands there */
	static const enum lab_key keys[] = { LAB_P256, LAB_RSA };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct middle m = { .change = middle_swap,
				    .message = TLS_CERTIFICATE_REQUEST,
				    .octets = { request, sizeof(request) } };
		struct lab *lab = lab12_new_with(LAB12_CLIENT_CERT);

		lab->side[LAB_CLIENT].creds[0] = lab_world.client[keys[i]];
		middle_stand(&m, lab, LAB_SERVER);
		lab_start(lab);
		lab_run(lab);
		assert_true(lab->side[LAB_SERVER].failed); /* it has asked for something else */
		assert_int_equal(strstr(lab->ladder, "client certificate_verify") != NULL, keys[i] == LAB_RSA);
		middle_leave(&m);
		lab_free(lab);
	}
}

static void test_strangers(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_SERVER].creds[0] = lab_world.stranger;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "VERDICT", TLS_ALERT_UNKNOWN_CA);
	lab_free(lab);

	lab = lab12_new_with(LAB12_CLIENT_CERT);
	lab->side[LAB_CLIENT].creds[0] = lab_world.stranger;
	lab_start(lab);
	lab_run(lab);
	assert_true(lab->side[LAB_SERVER].failed);
	assert_string_equal(lab_info(lab, LAB_SERVER).why_code, "VERDICT");
	lab_free(lab);

	/* A server's certificate proves no client (RFC 5280 4.2.1.12). */
	lab = lab12_new_with(LAB12_CLIENT_CERT);
	lab->side[LAB_CLIENT].creds[0] = lab_world.server[LAB_P256];
	lab_start(lab);
	lab_run(lab);
	assert_true(lab->side[LAB_SERVER].failed);
	assert_string_equal(lab_info(lab, LAB_SERVER).why_code, "VERDICT");
	lab_free(lab);
}

/* ---- of servers ---- */

/* RFC 8422 5.3: the curve of the certificate is one that the client has said it knows. */
static void test_curve_of_certificate(void **state)
{
	static const uint16_t x25519 = TLS_GROUP_X25519;
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.groups = (struct hf_tls_list){ &x25519, 1 };
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_SUITE", TLS_ALERT_HANDSHAKE_FAILURE);
	lab_free(lab);

	lab = lab12_new(); /* EdDSA has none */
	lab->side[LAB_CLIENT].cfg.groups = (struct hf_tls_list){ &x25519, 1 };
	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_ED25519];
	lab_handshake(lab);
	lab_free(lab);
}

/* The same at the client, with a server that does not care. */
static void test_curve_not_offered(void **state)
{
	static const uint16_t x25519 = TLS_GROUP_X25519;
	struct lab *lab = lab12_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.groups = (struct hf_tls_list){ &x25519, 1 };
	lab_start(lab);
	lab12_say_hello(lab, hello_edit_no_groups);
	lab_run(lab);
	lab_expect_failure(lab, LAB_CLIENT, "WRONG_KEY_KIND", TLS_ALERT_UNSUPPORTED_CERTIFICATE);
	lab_free(lab);
}

/* ---- staples ---- */

static struct hf_cred *stapled_cred(enum lab_key key)
{
	static const uint8_t scts[] = { 0, 5, 0, 3, 's', 'c', 't' };
	const struct hf_bytes names[] = { LAB_BYTES(LAB_NAME) };
	const struct mint_leaf_ask ask = {
		.names = names,
		.name_count = 1,
		.key = key == LAB_RSA ? CRYPTO_KEY_RSA : CRYPTO_KEY_P256,
		.bits = key == LAB_RSA ? 2048 : 0,
		.purpose = HF_CERT_FOR_SERVER,
		.now_s = LAB_UNIX_S,
		.days = 90,
		.must_staple = true,
	};
	struct mint_ocsp_ask staple = { .this_update = LAB_UNIX_S, .next_update = LAB_UNIX_S + 86400 };
	struct hf_cert_trouble trouble;
	struct mint_leaf leaf;
	struct mint_blob ocsp;
	struct hf_cred *cred;

	assert_int_equal(mint_leaf_make(lab_world.ca, &ask, &leaf), HF_OK);
	staple.leaf = (struct hf_bytes){ (const uint8_t *)leaf.chain.at, leaf.chain.len };
	assert_int_equal(mint_ocsp_make(lab_world.ca, &staple, &ocsp), HF_OK);
	assert_int_equal(hf_cred_load(lab_world.crypto, staple.leaf,
				      (struct hf_bytes){ (const uint8_t *)leaf.key.at, leaf.key.len }, &cred, &trouble),
			 HF_OK);
	assert_int_equal(hf_cred_staple(cred, (struct hf_bytes){ (const uint8_t *)ocsp.at, ocsp.len },
					(struct hf_bytes){ scts, sizeof(scts) }),
			 HF_OK);
	mint_blob_free(&ocsp);
	mint_leaf_free(&leaf);
	return cred;
}

static void test_staple(void **state)
{
	static const uint16_t transport = TLS_SUITE_RSA_AES_128_GCM;

	(void)state;
	for (unsigned rsa = 0; rsa < 2; rsa++) {
		struct hf_cred *cred = stapled_cred(rsa ? LAB_RSA : LAB_P256);
		struct lab *lab = lab12_new();
		struct lab_side *c = &lab->side[LAB_CLIENT];

		lab->side[LAB_SERVER].creds[0] = cred;
		if (rsa) {
			c->cfg.rsa_key_transport = lab->side[LAB_SERVER].cfg.rsa_key_transport = true;
			lab12_set_suites(lab, LAB_SERVER, &transport, 1);
		}
		c->cfg.want_staple = c->keeper.want_staple = true;
		lab_handshake(lab);
		assert_non_null(strstr(lab->ladder, "server certificate\nserver certificate_status\n"));
		assert_true(lab_info(lab, LAB_CLIENT).stapled && lab_info(lab, LAB_SERVER).stapled);
		assert_int_equal(c->asked[HF_TLS_WANTS_VERDICT], 1);
		lab_free(lab);

		/* Not asked for: not sent, though it is there. */
		lab = lab12_new();
		lab->side[LAB_SERVER].creds[0] = cred;
		lab_handshake(lab);
		assert_null(strstr(lab->ladder, "certificate_status"));
		assert_false(lab_info(lab, LAB_CLIENT).stapled);
		lab_free(lab);

		/* Asked for, and there is none. */
		lab = lab12_new();
		lab->side[LAB_CLIENT].cfg.want_staple = true;
		lab_handshake(lab);
		assert_null(strstr(lab->ladder, "certificate_status"));
		lab_free(lab);
		hf_cred_free(cred);
	}
}

static enum hf_tls_does step(struct lab_side *side, struct hf_bytes in, uint8_t *out, size_t room, size_t *ret_len)
{
	static uint8_t plain[HF_TLS_PLAIN_ROOM];
	struct hf_tls_io io = { .in = &in, .ins = 1, .plain = plain, .out = out, .out_room = room };
	const enum hf_tls_does does = hf_tls_step(side->t, &io, 0);

	*ret_len += io.out_len;
	return does;
}

/* All that belongs to a chain comes with the question, though it came in three messages. */
static void test_what_is_judged(void **state)
{
	struct lab *lab = lab12_new();
	struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];
	struct hf_cred *cred = stapled_cred(LAB_P256);
	const struct hf_tls_question *q;
	uint8_t hello[2048], flight[8192];
	size_t hello_len = 0, flight_len = 0, none = 0;
	enum hf_tls_does does;

	(void)state;
	s->creds[0] = cred;
	c->cfg.want_staple = true;
	lab_start(lab);
	(void)step(c, (struct hf_bytes){ NULL, 0 }, hello, sizeof(hello), &hello_len);
	does = step(s, (struct hf_bytes){ hello, hello_len }, flight, sizeof(flight), &flight_len);
	while (does != HF_TLS_WANTS_INPUT) {
		assert_true(hf_tls_settle(s->t, &s->keeper, 0, NULL));
		does = step(s, (struct hf_bytes){ NULL, 0 }, flight + flight_len, sizeof(flight) - flight_len, &flight_len);
	}
	does = step(c, (struct hf_bytes){ flight, flight_len }, hello, sizeof(hello), &none);
	assert_int_equal(does, HF_TLS_WANTS_VERDICT);
	q = hf_tls_question(c->t);
	assert_int_equal(q->certs, hf_cred_certs(cred));
	for (size_t i = 0; i < q->certs; i++) {
		const struct hf_bytes cert = hf_cred_cert(cred, i);

		assert_int_equal(q->chain[i].len, cert.len);
		assert_memory_equal(q->chain[i].at, cert.at, cert.len);
	}
	assert_int_equal(q->ocsp.len, hf_cred_ocsp(cred).len);
	assert_memory_equal(q->ocsp.at, hf_cred_ocsp(cred).at, q->ocsp.len);
	assert_int_equal(q->sct_list.len, hf_cred_sct_list(cred).len);
	assert_memory_equal(q->sct_list.at, hf_cred_sct_list(cred).at, q->sct_list.len);
	assert_string_equal(hf_tls_state_name(c->t->state), "WAIT_STATUS");
	lab_free(lab);
	hf_cred_free(cred);
}

/* Promised and left out (RFC 6066 8 allows it): the chain is judged without, at whatever comes next. */
static void test_staple_left_out(void **state)
{
	static const uint16_t transport = TLS_SUITE_RSA_AES_128_GCM;
	(void)state;
	for (unsigned row = 0; row < 3; row++) {
		struct middle m = { .change = middle_lose, .message = TLS_CERTIFICATE_STATUS };
		struct hf_cred *cred = stapled_cred(row ? LAB_RSA : LAB_P256);
		struct lab *lab = lab12_new();
		struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

		s->creds[0] = cred;
		if (row) {
			c->cfg.rsa_key_transport = s->cfg.rsa_key_transport = true;
			lab12_set_suites(lab, LAB_SERVER, &transport, 1);
		}
		if (row == 2)
			s->cfg.client_cert = HF_TLS_CLIENT_CERT_REQUEST;
		c->cfg.want_staple = true;
		c->keeper.trust = NULL; /* the verdict is that nobody is believed */
		middle_stand(&m, lab, LAB_SERVER);
		lab_start(lab);
		lab_run(lab);
		lab_expect_failure(lab, LAB_CLIENT, "VERDICT", TLS_ALERT_UNKNOWN_CA);
		assert_false(lab_info(lab, LAB_CLIENT).stapled);
		assert_true(m.done);
		assert_int_equal(c->asked[HF_TLS_WANTS_VERDICT], 1);
		assert_string_equal(c->path, "WAIT_CERT WAIT_STATUS ");
		middle_leave(&m);
		lab_free(lab);
		hf_cred_free(cred);
	}
}

/* A staple as this server never sends one. */
static void put_staple(struct middle *m, unsigned message, struct hf_bytes octets)
{
	static struct hello_edit e;

	if (message == TLS_SERVER_HELLO) {
		hello_edit_take(&e, octets);
		hello_edit_add(&e, TLS_EXT_STATUS_REQUEST, "", 0);
		octets = (struct hf_bytes){ e.at, e.n };
	} else if (message == SKE) {
		m->done = true;
		middle_put(m, TLS_HANDSHAKE, m->octets);
	}
	middle_hand_on(m, message, octets);
}

static void test_bad_staple(void **state)
{
	static const uint8_t other[] = { TLS_CERTIFICATE_STATUS, 0, 0, 5, 2, 0, 0, 1, 1 };
	static const uint8_t cut[] = { TLS_CERTIFICATE_STATUS, 0, 0, 5, 1, 0, 0, 2, 1 };
	static const struct {
		const uint8_t *octets;
		const char *why;
		enum tls_alert_number alert;
	} staples[] = {
		{ other, "BAD_STATUS", TLS_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE },
		{ cut, "DECODE", TLS_ALERT_DECODE_ERROR },
	};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct middle m = { .change = put_staple, .octets = { staples[i].octets, sizeof(other) } };
		struct lab *lab = lab12_new();

		lab->side[LAB_CLIENT].cfg.want_staple = true;
		middle_stand(&m, lab, LAB_SERVER);
		lab_start(lab);
		lab_run(lab);
		assert_true(m.done);
		lab_expect_failure(lab, LAB_CLIENT, staples[i].why, staples[i].alert);
		middle_leave(&m);
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_certificates), cmocka_unit_test(test_client_without_certificate),
		cmocka_unit_test(test_authorities),         cmocka_unit_test(test_types_of_certificates),
		cmocka_unit_test(test_strangers),           cmocka_unit_test(test_curve_of_certificate),
		cmocka_unit_test(test_curve_not_offered),   cmocka_unit_test(test_staple),
		cmocka_unit_test(test_what_is_judged),      cmocka_unit_test(test_staple_left_out),
		cmocka_unit_test(test_bad_staple),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
