/* SPDX-License-Identifier: MIT */
/* X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem): where libcrypto has ML-KEM it comes first, where not nobody misses it. */
#include "lab.h"

#define SERVER_SHARE 1120u
#define CLIENT_SHARE 1216u
#define MLKEM_CIPHERTEXT 1088u
#define MLKEM_PUBLIC 1184u

static bool is_here(void)
{
	return crypto_kex_has(lab_world.crypto, TLS_GROUP_X25519MLKEM768);
}

static void need_mlkem(void)
{
	if (!is_here()) {
		print_message("skipped: this libcrypto has no ML-KEM\n");
		skip();
	}
}

/* Both have the same keys, and can talk. */
static void assert_joined(struct lab *lab)
{
	assert_true(lab->side[LAB_CLIENT].connected && lab->side[LAB_SERVER].connected);
	lab_write(lab, LAB_CLIENT, "a question");
	lab_write(lab, LAB_SERVER, "an answer");
	lab_run(lab);
	assert_string_equal(lab->side[LAB_SERVER].data, "a question");
	assert_string_equal(lab->side[LAB_CLIENT].data, "an answer");
}

static struct lab *lab_with(struct hf_tls_list of_client, struct hf_tls_list of_server)
{
	struct lab *lab = lab_new();

	lab->side[LAB_CLIENT].cfg.groups = of_client;
	lab->side[LAB_SERVER].cfg.groups = of_server;
	return lab;
}

static void assert_group(const struct lab *lab, uint16_t group, bool retried)
{
	assert_int_equal(lab_info(lab, LAB_CLIENT).group, group);
	assert_int_equal(lab_info(lab, LAB_SERVER).group, group);
	assert_int_equal(lab_info(lab, LAB_CLIENT).hello_retried, retried);
	assert_int_equal(lab_info(lab, LAB_SERVER).hello_retried, retried);
}

static void is_first_where_it_can_be_had(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	if (!is_here())
		print_message("without ML-KEM, as this libcrypto has none: x25519 is the first\n");
	lab_handshake(lab);
	assert_group(lab, is_here() ? TLS_GROUP_X25519MLKEM768 : TLS_GROUP_X25519, false);
	assert_joined(lab);
	for (unsigned i = 0; i < 2; i++) {
		lab_again(lab);
		lab_handshake(lab);
		assert_true(lab_info(lab, LAB_CLIENT).resumed && lab_info(lab, LAB_SERVER).resumed);
		assert_group(lab, is_here() ? TLS_GROUP_X25519MLKEM768 : TLS_GROUP_X25519, false);
		assert_joined(lab);
	}
	lab_free(lab);
}

static void costs_no_retry_with_those_who_have_it_not(void **state)
{
	struct lab *lab =
		lab_with((struct hf_tls_list){ 0 }, (struct hf_tls_list)LAB_LIST(TLS_GROUP_P256, TLS_GROUP_X25519));

	(void)state;
	lab_handshake(lab);
	assert_group(lab, TLS_GROUP_X25519, false);
	assert_joined(lab);
	lab_free(lab);
	lab = lab_with((struct hf_tls_list)LAB_LIST(TLS_GROUP_X25519), (struct hf_tls_list){ 0 });
	lab_handshake(lab);
	assert_group(lab, TLS_GROUP_X25519, false);
	assert_joined(lab);
	lab_free(lab);
}

/* RFC 8446 3: 1.2 has no place for it. */
static void is_not_for_12(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.max_version = HF_TLS_1_2;
	lab_handshake(lab);
	assert_int_equal(lab_info(lab, LAB_CLIENT).version, HF_TLS_1_2);
	assert_group(lab, TLS_GROUP_X25519, false);
	assert_joined(lab);
	lab_free(lab);
}

/* RFC 8446 4.1.4: to it, from it, and without a first share at all. */
static void is_asked_for(void **state)
{
	const struct hf_tls_list hybrid = LAB_LIST(TLS_GROUP_X25519MLKEM768), p384 = LAB_LIST(TLS_GROUP_P384),
				 last = LAB_LIST(TLS_GROUP_X25519, TLS_GROUP_X25519MLKEM768);
	struct lab *lab;

	(void)state;
	need_mlkem();
	lab = lab_with(last, hybrid);
	lab_handshake(lab);
	assert_group(lab, TLS_GROUP_X25519MLKEM768, true);
	assert_joined(lab);
	lab_again(lab);
	lab_handshake(lab);
	assert_true(lab_info(lab, LAB_CLIENT).resumed);
	assert_group(lab, TLS_GROUP_X25519MLKEM768, true);
	assert_joined(lab);
	lab_free(lab);
	lab = lab_with((struct hf_tls_list){ 0 }, p384);
	lab_handshake(lab);
	assert_group(lab, TLS_GROUP_P384, true);
	assert_joined(lab);
	lab_free(lab);
}

/* A hello of more than 1,500 octets, whatever pieces it comes in, and whatever it goes out in. */
static void comes_in_pieces(void **state)
{
	static const size_t pieces[] = { 1, 7, 1460, 1500 };

	(void)state;
	need_mlkem();
	for (size_t i = 0; i < HF_ARRAY_LEN(pieces); i++) {
		struct lab *lab = lab_new();

		lab->piece = pieces[i];
		lab->scatter = i % 2 ? 3 : 0;
		lab->out_room = HF_TLS_OUT_ROOM;
		lab_handshake(lab);
		assert_group(lab, TLS_GROUP_X25519MLKEM768, false);
		assert_joined(lab);
		lab_free(lab);
	}
}

/* RFC 8449: a server's records may be as short as that, its ServerHello too. */
static void goes_into_short_records(void **state)
{
	struct lab *lab;

	(void)state;
	need_mlkem();
	lab = lab_new();
	lab->side[LAB_CLIENT].cfg.record_size_limit = lab->side[LAB_SERVER].cfg.record_size_limit = 64;
	lab_handshake(lab);
	assert_group(lab, TLS_GROUP_X25519MLKEM768, false);
	assert_joined(lab);
	lab_free(lab);
	lab = lab_new();
	lab->side[LAB_CLIENT].cfg.max_fragment_length = 1;
	lab_handshake(lab);
	assert_group(lab, TLS_GROUP_X25519MLKEM768, false);
	assert_joined(lab);
	lab_free(lab);
}

static uint8_t wire[2][LAB_WIRE];
static size_t wire_len;

static size_t keep(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	uint8_t *to = lab->user;

	(void)from;
	(void)room;
	assert_true(wire_len + n <= LAB_WIRE);
	memcpy(to + wire_len, at, n);
	wire_len += n;
	return n;
}

static void is_the_same_for_the_same_entropy(void **state)
{
	size_t first_len = 0;

	(void)state;
	need_mlkem();
	for (unsigned i = 0; i < 2; i++) {
		struct lab *lab =
			lab_with((struct hf_tls_list)LAB_LIST(TLS_GROUP_X25519MLKEM768), (struct hf_tls_list){ 0 });

		lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_ED25519]; /* whose signatures are the same, too */
		lab->on_wire = keep;
		lab->user = wire[i];
		wire_len = 0;
		lab_handshake(lab);
		if (i == 0)
			first_len = wire_len;
		lab_free(lab);
	}
	assert_int_equal(wire_len, first_len);
	assert_memory_equal(wire[0], wire[1], first_len);
}

/* ---- shares that are none ---- */

#define HELLO_EXTENSIONS (TLS_RECORD_HEADER + TLS_MESSAGE_HEADER + 2u + 32u + 33u + 3u) /* of a server */

/* key_exchange in the hybrid's entry of the hello at `at`; NULL: there is none. */
static uint8_t *find_share(uint8_t *at, size_t n, size_t size)
{
	for (size_t i = 0; i + 4 + size <= n; i++)
		if (hf_load16(at + i) == TLS_GROUP_X25519MLKEM768 && hf_load16(at + i + 2) == size)
			return at + i + 4;
	return NULL;
}

static void count_down(uint8_t *length)
{
	hf_store16(length, (uint16_t)(hf_load16(length) - 1));
}

static enum {
	X25519_ZERO,
	MLKEM_BEYOND_MODULUS,
	MLKEM_CHANGED,
	SHORTER,
	LONGER,
	OF_X25519,
} edit;

static size_t change_client_hello(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	uint8_t *share;

	(void)lab;
	(void)room;
	if (from != LAB_CLIENT || at[0] != TLS_HANDSHAKE || !(share = find_share(at, n, CLIENT_SHARE)))
		return n;
	if (edit == X25519_ZERO)
		memset(share + MLKEM_PUBLIC, 0, 32);
	else if (edit == MLKEM_BEYOND_MODULUS)
		memset(share, 0xff, 3);
	else if (edit == LONGER) /* the entry of x25519 behind it is its end */
		hf_store16(share - 2, CLIENT_SHARE + 36);
	if (edit == SHORTER) { /* and that entry longer instead */
		hf_store16(share - 2, CLIENT_SHARE - 36);
		hf_store16(share + CLIENT_SHARE - 36, TLS_GROUP_X25519);
		hf_store16(share + CLIENT_SHARE - 34, 32 + 36);
	}
	return n;
}

static size_t change_server_hello(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	uint8_t *share;

	(void)lab;
	(void)room;
	if (from != LAB_SERVER || at[0] != TLS_HANDSHAKE || !(share = find_share(at, n, SERVER_SHARE)))
		return n;
	if (edit == X25519_ZERO)
		memset(share + MLKEM_CIPHERTEXT, 0, 32);
	else if (edit == MLKEM_CHANGED)
		share[0] ^= 1;
	else if (edit == OF_X25519)
		hf_store16(share - 4, TLS_GROUP_X25519);
	if (edit == SHORTER) {
		memmove(share + SERVER_SHARE - 1, share + SERVER_SHARE, (size_t)(at + n - share) - SERVER_SHARE);
		count_down(share - 2); /* of the share, the extension, all extensions, the message, the record */
		count_down(share - 6);
		count_down(at + HELLO_EXTENSIONS);
		count_down(at + TLS_RECORD_HEADER + 2);
		count_down(at + 3);
		return n - 1;
	}
	return n;
}

static void run_client_hello(int change, const char *why, enum tls_alert_number alert)
{
	struct lab *lab = lab_new();

	edit = change;
	lab->on_wire = change_client_hello;
	lab_start(lab);
	lab_run(lab);
	lab_expect_failure(lab, LAB_SERVER, why, alert);
	lab_free(lab);
}

static void run_server_hello(int change, const char *why, enum tls_alert_number alert)
{
	struct lab *lab = lab_new();

	edit = change;
	lab->on_wire = change_server_hello;
	lab_start(lab);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].failed);
	assert_string_equal(lab_info(lab, LAB_CLIENT).why_code, why);
	assert_int_equal(lab_info(lab, LAB_CLIENT).alert_sent, alert);
	lab_free(lab);
}

static void false_shares_are_refused(void **state)
{
	(void)state;
	need_mlkem();
	run_client_hello(X25519_ZERO, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	run_client_hello(MLKEM_BEYOND_MODULUS, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	run_client_hello(SHORTER, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	run_client_hello(LONGER, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	run_server_hello(X25519_ZERO, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	run_server_hello(OF_X25519, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	run_server_hello(SHORTER, "BAD_SHARE", TLS_ALERT_ILLEGAL_PARAMETER);
	/* FIPS 203 6.3: no ciphertext is refused, but of a false one comes a secret that nobody else has. */
	run_server_hello(MLKEM_CHANGED, "BAD_MAC", TLS_ALERT_BAD_RECORD_MAC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_first_where_it_can_be_had),
		cmocka_unit_test(costs_no_retry_with_those_who_have_it_not),
		cmocka_unit_test(is_not_for_12),
		cmocka_unit_test(is_asked_for),
		cmocka_unit_test(comes_in_pieces),
		cmocka_unit_test(goes_into_short_records),
		cmocka_unit_test(is_the_same_for_the_same_entropy),
		cmocka_unit_test(false_shares_are_refused),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
