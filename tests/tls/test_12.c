/* SPDX-License-Identifier: MIT */
/* TLS 1.2: what two ends agree on, and in what order they say it. */
#include "lab12.h"

#define FULL_CLIENT "WAIT_CERT WAIT_SKE WAIT_CR_SHD WAIT_NST WAIT_CCS WAIT_FINISHED CONNECTED "
#define FULL_SERVER "WAIT_CKE WAIT_CCS WAIT_FINISHED CONNECTED "
#define RESUMED "WAIT_CCS WAIT_FINISHED CONNECTED "

#define LADDER_FULL                    \
	"client client_hello\n"        \
	"server server_hello\n"        \
	"server certificate\n"         \
	"server server_key_exchange\n" \
	"server server_hello_done\n"   \
	"client client_key_exchange\n" \
	"client change_cipher_spec\n"  \
	"client finished\n"            \
	"server new_session_ticket\n"  \
	"server change_cipher_spec\n"  \
	"server finished\n"

static const struct hf_bytes protocols[] = { LAB_BYTES("h2"), LAB_BYTES("http/1.1") };

/* ---- full handshakes ---- */

static void test_full(void **state)
{
	struct lab *lab = lab12_new();
	const struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];
	struct hf_tls_info info;

	(void)state;
	lab_handshake(lab);
	assert_string_equal(lab->ladder, LADDER_FULL);
	assert_string_equal(c->path, FULL_CLIENT);
	assert_string_equal(s->path, FULL_SERVER);
	assert_string_equal(c->secrets, s->secrets);
	assert_memory_equal(c->secrets, "CLIENT_RANDOM ", 14);
	for (enum lab_who i = 0; i < 2; i++) {
		info = lab_info(lab, i);
		assert_int_equal(info.version, HF_TLS_1_2);
		assert_int_equal(info.suite, TLS_SUITE_ECDHE_ECDSA_AES_128_GCM);
		assert_int_equal(info.group, TLS_GROUP_X25519);
		assert_true(info.extended_master_secret && info.secure_renegotiation);
		assert_false(info.resumed || info.rsa_key_transport || info.stapled);
		assert_int_equal(info.peer_certificate, i == LAB_CLIENT);
		assert_true(lab12_told(lab, i, HF_TLS_TOLD_SUITE) && lab12_told(lab, i, HF_TLS_TOLD_GROUP));
		assert_true(lab12_told(lab, i, HF_TLS_TOLD_FINISHED_OK) && lab12_told(lab, i, HF_TLS_TOLD_TICKET));
	}
	assert_true(lab12_told(lab, LAB_SERVER, HF_TLS_TOLD_SIGNED));
	assert_true(lab12_told(lab, LAB_CLIENT, HF_TLS_TOLD_SIGNATURE_OK));
	lab12_assert_data(lab);
	lab_free(lab);
}

static void agree(uint16_t suite, uint16_t group, enum lab_key key)
{
	struct lab *lab = lab12_new();

	lab12_set_suites(lab, LAB_SERVER, &suite, 1);
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list){ &group, 1 };
	lab->side[LAB_SERVER].creds[0] = lab_world.server[key];
	lab_handshake(lab);
	for (enum lab_who i = 0; i < 2; i++) {
		const struct hf_tls_info info = lab_info(lab, i);

		assert_int_equal(info.suite, suite);
		assert_int_equal(info.group, group);
		assert_int_equal(i == LAB_CLIENT ? info.peer_scheme : info.scheme, lab12_scheme_of(key));
	}
	assert_string_equal(lab->ladder, LADDER_FULL);
	lab12_assert_data(lab);
	lab_free(lab);
}

static void test_suites_groups_certificates(void **state)
{
	static const uint16_t groups[] = { TLS_GROUP_X25519, TLS_GROUP_P256, TLS_GROUP_P384, TLS_GROUP_P521, TLS_GROUP_X448 };
	static const uint16_t with_ecdsa[] = { TLS_SUITE_ECDHE_ECDSA_AES_128_GCM, TLS_SUITE_ECDHE_ECDSA_AES_256_GCM,
					       TLS_SUITE_ECDHE_ECDSA_CHACHA20 };
	static const uint16_t with_rsa[] = { TLS_SUITE_ECDHE_RSA_AES_128_GCM, TLS_SUITE_ECDHE_RSA_AES_256_GCM,
					     TLS_SUITE_ECDHE_RSA_CHACHA20 };

	(void)state;
	for (enum lab_key key = 0; key < LAB_KEYS; key++)
		for (size_t s = 0; s < 3; s++)
			for (size_t g = 0; g < HF_ARRAY_LEN(groups); g++)
				if (crypto_kex_has(lab_world.crypto, groups[g]))
					agree(key == LAB_RSA ? with_rsa[s] : with_ecdsa[s], groups[g], key);
}

static void test_preference(void **state)
{
	static const uint16_t chacha_first[] = { TLS_SUITE_ECDHE_RSA_CHACHA20, TLS_SUITE_ECDHE_ECDSA_CHACHA20,
						 TLS_SUITE_ECDHE_ECDSA_AES_256_GCM, TLS_SUITE_ECDHE_ECDSA_AES_128_GCM };
	static const uint16_t aes_first[] = { TLS_SUITE_ECDHE_ECDSA_AES_256_GCM, TLS_SUITE_ECDHE_ECDSA_CHACHA20,
					      TLS_SUITE_ECDHE_ECDSA_AES_128_GCM };
	const struct {
		const uint16_t *suites;
		size_t n;
		bool server_order;
		uint16_t chosen;
	} rows[] = {
		{ chacha_first, 4, false, TLS_SUITE_ECDHE_ECDSA_CHACHA20 },
		{ chacha_first, 4, true, TLS_SUITE_ECDHE_ECDSA_AES_128_GCM },
		{ aes_first, 3, false, TLS_SUITE_ECDHE_ECDSA_AES_128_GCM },
		{ aes_first, 1, false, TLS_SUITE_ECDHE_ECDSA_AES_256_GCM },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab *lab = lab12_new();

		lab12_set_suites(lab, LAB_CLIENT, rows[i].suites, rows[i].n);
		lab->side[LAB_SERVER].cfg.prefer_server_order = rows[i].server_order;
		lab_handshake(lab);
		assert_int_equal(lab_info(lab, LAB_CLIENT).suite, rows[i].chosen);
		lab_free(lab);
	}
}

/* Of two certificates for the name the one is shown that goes with the client's suites, whatever its schemes allow. */
static void test_certificate_goes_with_suites(void **state)
{
	static const uint16_t rsa_only[] = { TLS_SUITE_ECDHE_RSA_AES_128_GCM };
	struct lab *lab = lab12_new();
	struct lab_side *s = &lab->side[LAB_SERVER];

	(void)state;
	lab12_set_suites(lab, LAB_CLIENT, rsa_only, 1);
	s->creds[1] = lab_world.server[LAB_RSA];
	s->keeper.cred_count = 2;
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_CLIENT).suite, TLS_SUITE_ECDHE_RSA_AES_128_GCM);
	lab_free(lab);
}

static void test_versions_meet(void **state)
{
	for (unsigned older = 0; older < 2; older++) {
		struct lab *lab = lab12_new();

		(void)state;
		lab->side[!older].cfg.max_version = HF_TLS_1_3;
		lab_handshake(lab);
		assert_int_equal(lab_info(lab, LAB_CLIENT).version, HF_TLS_1_2);
		assert_string_equal(lab->ladder, LADDER_FULL);
		lab_again(lab); /* also with a session id that only looks like a session */
		lab_handshake(lab);
		assert_true(lab_info(lab, LAB_CLIENT).resumed && lab_info(lab, LAB_SERVER).resumed);
		lab_free(lab);
	}
}

/* ---- hellos that other clients send ---- */

static void without_schemes(struct hello_edit *e, struct lab *lab)
{
	(void)lab;
	assert_true(hello_edit_remove(e, TLS_EXT_SIGNATURE_ALGORITHMS));
}

static void test_no_groups(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab_start(lab);
	lab12_say_hello(lab, hello_edit_no_groups);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].connected);
	assert_int_equal(lab_info(lab, LAB_CLIENT).group, TLS_GROUP_P256);
	lab_free(lab);
}

/* RFC 5246 8.1's own master secret; no ticket then, and nothing exported. */
static void test_no_extended_master_secret(void **state)
{
	struct lab *lab = lab12_new();
	uint8_t exported[32];

	(void)state;
	lab_start(lab);
	lab12_say_hello(lab, hello_edit_no_master_secret);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].connected && lab->side[LAB_SERVER].connected);
	for (enum lab_who i = 0; i < 2; i++) {
		const struct hf_bytes none = { 0 };

		assert_false(lab_info(lab, i).extended_master_secret);
		assert_int_equal(hf_tls_export(lab->side[i].t, "EXPORTER-test", none, false, exported, sizeof(exported)),
				 HF_BAD_STATE);
	}
	assert_int_equal(lab->side[LAB_CLIENT].sessions, 0);
	assert_null(strstr(lab->ladder, "new_session_ticket"));
	lab12_assert_data(lab);
	lab_free(lab);
}

static void without_points(struct hello_edit *e, struct lab *lab)
{
	assert_true(hello_edit_remove(e, TLS_EXT_EC_POINT_FORMATS));
	lab->side[LAB_CLIENT].t->hs->asked &= ~TLS_HAS(EC_POINT_FORMATS); /* an answer is an error then */
}

/* RFC 8422 5.1.2: who does not speak of the forms of points is not spoken to of them. */
static void test_no_point_formats(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab_start(lab);
	lab12_say_hello(lab, without_points);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].connected);
	lab_free(lab);
}

static void test_nothing_to_sign_with(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab_start(lab);
	lab12_say_hello(lab, without_schemes);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, "NO_SCHEME", TLS_ALERT_HANDSHAKE_FAILURE);
	lab_free(lab);
}

/* ---- the rest ---- */

static void test_exporters(void **state)
{
	const struct hf_bytes context = LAB_BYTES("context");
	struct lab *lab = lab12_new();
	uint8_t exported[2][48];

	(void)state;
	lab_handshake(lab);
	for (enum lab_who i = 0; i < 2; i++)
		assert_int_equal(hf_tls_export(lab->side[i].t, "EXPORTER-test", context, true, exported[i], 48), HF_OK);
	assert_memory_equal(exported[0], exported[1], 48);
	lab_free(lab);
}

static void test_alpn(void **state)
{
	struct lab *lab = lab12_new();
	struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

	(void)state;
	c->cfg.alpn = &protocols[1];
	c->cfg.alpns = 1;
	s->cfg.alpn = protocols;
	s->cfg.alpns = 2;
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_CLIENT).alpn.len, 8);
	assert_int_equal(lab_info(lab, LAB_SERVER).alpn.len, 8);
	lab_free(lab);
}

static void test_record_sizes(void **state)
{
	static char text[3001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	for (unsigned row = 0; row < 2; row++) {
		struct lab *lab = lab12_new();
		struct lab_side *c = &lab->side[LAB_CLIENT];

		if (row == 0)
			c->cfg.max_fragment_length = 1;
		else
			c->cfg.record_size_limit = 512;
		lab_handshake(lab);
		assert_int_equal(lab_info(lab, LAB_SERVER).max_send, 512);
		assert_int_equal(lab_info(lab, LAB_CLIENT).max_send, row == 0 ? 512 : 16384);
		lab_write(lab, LAB_SERVER, text);
		lab_write(lab, LAB_CLIENT, text);
		lab_run(lab);
		assert_string_equal(c->data, text);
		assert_string_equal(lab->side[LAB_SERVER].data, text);
		lab_free(lab);
	}
}

/* Whatever the pieces are that octets come in, and the room they go out to, the same comes of it. */
static void test_pieces(void **state)
{
	static const struct {
		size_t piece, scatter, out_room;
	} rows[] = { { 1, 0, 0 }, { 7, 1, 512 }, { 0, 3, 600 }, { 1000, 64, 512 } };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab *lab = lab12_new();

		lab->piece = rows[i].piece;
		lab->scatter = rows[i].scatter;
		lab->out_room = rows[i].out_room;
		lab->side[LAB_CLIENT].keep_room = lab->side[LAB_SERVER].keep_room = false;
		lab12_ask_client(lab);
		lab_handshake(lab);
		lab12_assert_data(lab);
		lab_again(lab);
		lab_handshake(lab);
		assert_string_equal(lab->side[LAB_CLIENT].path, RESUMED);
		lab12_assert_data(lab);
		lab_free(lab);
	}
}

static void test_close(void **state)
{
	struct lab *lab = lab12_new();

	(void)state;
	lab_handshake(lab);
	hf_tls_close(lab->side[LAB_CLIENT].t);
	lab_run(lab);
	assert_true(lab->side[LAB_SERVER].closed);
	lab_cut(lab, LAB_CLIENT);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].truncated);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_suites_groups_certificates),
		cmocka_unit_test(test_preference),
		cmocka_unit_test(test_certificate_goes_with_suites),
		cmocka_unit_test(test_versions_meet),
		cmocka_unit_test(test_no_groups),
		cmocka_unit_test(test_no_extended_master_secret),
		cmocka_unit_test(test_no_point_formats),
		cmocka_unit_test(test_nothing_to_sign_with),
		cmocka_unit_test(test_exporters),
		cmocka_unit_test(test_alpn),
		cmocka_unit_test(test_record_sizes),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
