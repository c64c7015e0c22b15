/* SPDX-License-Identifier: MIT */
/* TLS 1.2: RSA key transport (RFC 5246 7.4.7.1), only by name, and silent about what was wrong. */
#include "lab12.h"

static struct lab *new_transport(bool client, bool server)
{
	static const uint16_t suites[] = { TLS_SUITE_RSA_AES_128_GCM, TLS_SUITE_RSA_AES_256_GCM,
					   TLS_SUITE_ECDHE_ECDSA_AES_128_GCM };
	struct lab *lab = lab12_new();

	lab->side[LAB_CLIENT].cfg.rsa_key_transport = client;
	lab->side[LAB_SERVER].cfg.rsa_key_transport = server;
	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_RSA];
	lab12_set_suites(lab, LAB_CLIENT, suites, HF_ARRAY_LEN(suites));
	return lab;
}

static void without_extensions(struct hello_edit *e, struct lab *lab)
{
	hello_edit_cut(e);
	lab->side[LAB_CLIENT].t->hs->asked = 0;
}

static void test_rsa_key_transport(void **state)
{
	struct lab *lab = new_transport(true, true);

	(void)state;
	lab_handshake(lab);
	for (enum lab_who i = 0; i < 2; i++) {
		const struct hf_tls_info info = lab_info(lab, i);

		assert_int_equal(info.suite, TLS_SUITE_RSA_AES_128_GCM);
		assert_int_equal(info.group, 0);
		assert_int_equal(i == LAB_CLIENT ? info.peer_scheme : info.scheme, 0);
		assert_true(info.rsa_key_transport && info.extended_master_secret);
		assert_true(lab12_told(lab, i, HF_TLS_TOLD_RSA_TRANSPORT));
	}
	assert_string_equal(lab->side[LAB_CLIENT].path, "WAIT_CERT WAIT_CR_SHD WAIT_NST WAIT_CCS WAIT_FINISHED CONNECTED ");
	assert_int_equal(lab->side[LAB_SERVER].asked[HF_TLS_WANTS_PREMASTER], 1);
	assert_int_equal(lab->side[LAB_SERVER].asked[HF_TLS_WANTS_SIGNATURE], 0);
	lab12_assert_data(lab);
	lab_again(lab);
	lab_handshake(lab);
	assert_true(lab_info(lab, LAB_CLIENT).resumed);
	assert_true(lab_info(lab, LAB_SERVER).rsa_key_transport);
	lab_free(lab);
}

/* A client so old that it knows no extensions gets none. */
static void test_transport_without_extensions(void **state)
{
	struct lab *lab = new_transport(true, true);

	(void)state;
	lab->side[LAB_CLIENT].cfg.no_renegotiation_info = true;
	lab_start(lab);
	lab12_say_hello(lab, without_extensions);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].connected && lab->side[LAB_SERVER].connected);
	assert_true(lab_info(lab, LAB_SERVER).rsa_key_transport);
	assert_false(lab_info(lab, LAB_CLIENT).secure_renegotiation || lab_info(lab, LAB_SERVER).secure_renegotiation);
	lab12_assert_data(lab);
	lab_free(lab);
}

static void test_transport_only_by_name(void **state)
{
	struct lab *lab;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		lab = new_transport(i == 0, i == 1);
		lab_start(lab);
		lab_run(lab);
		lab_expect_failure(lab, LAB_SERVER, "NO_SUITE", TLS_ALERT_HANDSHAKE_FAILURE);
		lab_free(lab);
	}
	/* Without a suite in common no certificate is looked for. */
	lab = new_transport(true, false);
	lab->side[LAB_CLIENT].cfg.suites.n = 2;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_SUITE", TLS_ALERT_HANDSHAKE_FAILURE);
	assert_int_equal(lab->side[LAB_SERVER].asked[HF_TLS_WANTS_CERTIFICATE], 0);
	lab_free(lab);
	/* And then last: what has forward secrecy goes first. */
	lab = new_transport(true, true);
	lab->side[LAB_CLIENT].cfg.suites = (struct hf_tls_list){ NULL, 0 };
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_CLIENT).suite, TLS_SUITE_ECDHE_RSA_AES_128_GCM);
	lab_free(lab);
	/* With another kind of key there is nothing to encrypt with. */
	lab = new_transport(true, true);
	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_P256];
	lab->side[LAB_CLIENT].cfg.suites.n = 2;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_SUITE", TLS_ALERT_HANDSHAKE_FAILURE);
	lab_free(lab);
}

/* ---- nothing tells what was wrong ---- */

static struct hf_bytes encrypt(const uint8_t *plain, size_t n)
{
	static uint8_t room[2 + CRYPTO_SIG_MAX];
	struct crypto_pub *pub;
	size_t len;

	assert_int_equal(crypto_pub_of_cert(lab_world.crypto, hf_cred_cert(lab_world.server[LAB_RSA], 0), &pub), HF_OK);
	assert_int_equal(crypto_pub_encrypt(lab_world.crypto, pub, (struct hf_bytes){ plain, n }, room + 2,
					    CRYPTO_SIG_MAX, &len),
			 HF_OK);
	crypto_pub_free(pub);
	hf_store16(room, (uint16_t)len);
	return (struct hf_bytes){ room, 2 + len };
}

static struct hf_bytes wrong_premaster(unsigned row)
{
	static uint8_t body[2 + 300];
	static const uint8_t secret[49] = { 3, 3, 1 }, older[48] = { 3, 1, 1 }, newer[48] = { 3, 4, 1 };

	memset(body, 0xff, sizeof(body));
	switch (row) {
	case 0: /* well made, but another one than the client goes on with */
		return encrypt(secret, 48);
	case 1:
		return encrypt(older, 48);
	case 2:
		return encrypt(newer, 48);
	case 3:
		return encrypt(secret, 47);
	case 4:
		return encrypt(secret, 49);
	case 5:
		return encrypt(secret, 1);
	case 6: /* above the modulus */
		hf_store16(body, 256);
		return (struct hf_bytes){ body, 2 + 256 };
	case 7: /* no padding at all */
		memset(body + 2, 0, 256);
		body[2 + 255] = 2;
		hf_store16(body, 256);
		return (struct hf_bytes){ body, 2 + 256 };
	case 8: /* lengths that anybody can see to be wrong */
		hf_store16(body, 255);
		return (struct hf_bytes){ body, 2 + 255 };
	case 9:
		hf_store16(body, 257);
		return (struct hf_bytes){ body, 2 + 257 };
	default:
		hf_store16(body, 0);
		return (struct hf_bytes){ body, 2 };
	}
}

static void test_wrong_premaster(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 11; row++) {
		struct middle m = { .change = middle_swap,
				    .message = TLS_CLIENT_KEY_EXCHANGE,
				    .octets = wrong_premaster(row) };
		struct lab *lab = lab12_new_with(LAB12_TRANSPORT);

		middle_stand(&m, lab, LAB_CLIENT);
		lab_start(lab);
		lab_run(lab);
		assert_true(m.done);
		lab_expect_failure(lab, LAB_SERVER, "BAD_MAC", TLS_ALERT_BAD_RECORD_MAC);
		assert_string_equal(lab->side[LAB_SERVER].path, "WAIT_CKE WAIT_CCS WAIT_FINISHED ");
		middle_leave(&m);
		lab_free(lab);
	}
}

/* What is gone on with instead is drawn anew for each handshake: an attacker who could foresee it would finish. */
static void test_instead_is_random(void **state)
{
	uint8_t masters[2][48];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct middle m = { .change = middle_swap, .message = TLS_CLIENT_KEY_EXCHANGE, .octets = wrong_premaster(10) };
		struct lab *lab = lab12_new_with(LAB12_TRANSPORT);

		lab->side[LAB_SERVER].start.entropy[7] = (uint8_t)i;
		middle_stand(&m, lab, LAB_CLIENT);
		lab_start(lab);
		lab_run(lab);
		memcpy(masters[i], lab->side[LAB_SERVER].t->exporter, 48);
		middle_leave(&m);
		lab_free(lab);
	}
	assert_memory_not_equal(masters[0], masters[1], 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rsa_key_transport),      cmocka_unit_test(test_transport_without_extensions),
		cmocka_unit_test(test_transport_only_by_name), cmocka_unit_test(test_wrong_premaster),
		cmocka_unit_test(test_instead_is_random),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
