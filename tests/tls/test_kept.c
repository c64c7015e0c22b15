/* SPDX-License-Identifier: MIT */
/* The messages behind what is told (hf_tls_keep_messages()): the same octets on both ends, in order, and bounded. */
#include "lab.h"

#include <stdlib.h>

#include "tls_test.h"

#define PLACE 65536u
#define KEPT_MAX 64u

struct kept {
	void *place;
	struct hf_tls_message at[KEPT_MAX];
	size_t n;
	uint64_t left_out; /* behind the last */
};

static void keep(struct lab *lab, enum lab_who who, size_t octets, struct kept *k)
{
	*k = (struct kept){ .place = malloc(octets) };
	assert_non_null(k->place);
	hf_tls_keep_messages(lab->side[who].t, (struct hf_room){ k->place, octets });
}

/* All that is there; it stays where it is as long as no step is made. */
static void take(struct lab *lab, enum lab_who who, struct kept *k)
{
	struct hf_tls_message m;

	k->n = 0;
	while (hf_tls_next_message(lab->side[who].t, &m)) {
		assert_true(k->n < KEPT_MAX);
		k->at[k->n++] = m;
	}
	k->left_out = m.left_out;
}

static const struct hf_tls_message *next(const struct kept *k, size_t *at, bool sent)
{
	while (*at < k->n && k->at[*at].told.sent != sent)
		(*at)++;
	return *at < k->n ? &k->at[(*at)++] : NULL;
}

/* What one has sent is what the other has got, octet by octet and at the same places of the stream. */
static size_t assert_same(const struct kept *from, const struct kept *to)
{
	const struct hf_tls_message *a, *b;
	size_t i = 0, j = 0, n = 0;

	for (;; n++) {
		a = next(from, &i, true);
		b = next(to, &j, false);
		assert_int_equal(a != NULL, b != NULL);
		if (!a)
			return n;
		assert_int_equal(a->told.kind, b->told.kind);
		if (a->told.kind != HF_TLS_TOLD_CCS)
			assert_int_equal(a->told.x, b->told.x);
		assert_int_equal(a->told.epoch, b->told.epoch);
		assert_true(a->told.offset == b->told.offset);
		assert_int_equal(a->octets.len, b->octets.len);
		assert_memory_equal(a->octets.at, b->octets.at, a->octets.len);
	}
}

/* Each stands where it says among all that was told, and no MESSAGE, CCS or ALERT is without. */
static void assert_in_order(const struct lab *lab, enum lab_who who, const struct kept *k)
{
	struct hf_tls_record_told r;
	uint64_t cursor = 0;
	size_t i = 0;

	while (hf_tls_told(lab->side[who].t, &cursor, &r)) {
		if (r.kind != HF_TLS_TOLD_MESSAGE && r.kind != HF_TLS_TOLD_CCS && r.kind != HF_TLS_TOLD_ALERT)
			continue;
		assert_true(i < k->n);
		assert_true(k->at[i].nth == cursor);
		assert_memory_equal(&k->at[i].told, &r, sizeof(r));
		if (r.kind == HF_TLS_TOLD_MESSAGE) {
			assert_int_equal(k->at[i].octets.len, r.len);
			assert_int_equal(k->at[i].octets.at[0], r.x == TLS_HELLO_RETRY_REQUEST ? TLS_SERVER_HELLO : r.x);
		} else {
			assert_int_equal(k->at[i].octets.len, r.kind == HF_TLS_TOLD_CCS ? 1 : 2);
		}
		i++;
	}
	assert_int_equal(i, k->n);
}

/* From the first ClientHello to the last close_notify. How many messages, CCS and alerts went either way. */
static size_t play(struct lab *lab)
{
	struct kept c, s;
	size_t n;

	lab_start(lab);
	keep(lab, LAB_CLIENT, PLACE, &c);
	keep(lab, LAB_SERVER, PLACE, &s);
	lab_run(lab);
	assert_true(lab->side[LAB_CLIENT].connected && lab->side[LAB_SERVER].connected);
	lab_write(lab, LAB_CLIENT, "data is not among them");
	lab_run(lab);
	hf_tls_close(lab->side[LAB_CLIENT].t);
	hf_tls_close(lab->side[LAB_SERVER].t);
	lab_run(lab);
	take(lab, LAB_CLIENT, &c);
	take(lab, LAB_SERVER, &s);
	assert_int_equal(c.left_out, 0);
	assert_int_equal(s.left_out, 0);
	n = assert_same(&c, &s) + assert_same(&s, &c);
	assert_in_order(lab, LAB_CLIENT, &c);
	assert_in_order(lab, LAB_SERVER, &s);
	take(lab, LAB_CLIENT, &c);
	assert_int_equal(c.n, 0);
	free(c.place);
	free(s.place);
	return n;
}

static void full_13(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	/* CH; SH CCS EE Certificate CV Finished; CCS Finished; two tickets; close_notify of both */
	assert_int_equal(play(lab), 13);
	lab_free(lab);
}

static void retried_with_client_certificate(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list)LAB_LIST(TLS_GROUP_P384);
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	lab->side[LAB_SERVER].keeper.trust = lab_world.trust;
	lab->side[LAB_CLIENT].creds[0] = lab_world.client[LAB_P256];
	lab->side[LAB_CLIENT].keeper.cred_count = 1;
	/* the same, and HRR and a second CH, CertificateRequest, the client's Certificate and CV */
	assert_int_equal(play(lab), 18);
	lab_free(lab);
}

static void full_12(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.max_version = HF_TLS_1_2;
	/* CH; SH Certificate SKE SHD; CKE CCS Finished; NST CCS Finished; close_notify of both */
	assert_int_equal(play(lab), 13);
	lab_free(lab);
}

/* The secret that the client has made stands in its message as it goes over the wire: encrypted. */
static void no_premaster_secret(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->side[LAB_CLIENT].cfg.max_version = HF_TLS_1_2;
	lab->side[LAB_CLIENT].cfg.suites = (struct hf_tls_list)LAB_LIST(TLS_SUITE_RSA_AES_128_GCM);
	lab->side[LAB_CLIENT].cfg.rsa_key_transport = lab->side[LAB_SERVER].cfg.rsa_key_transport = true;
	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_RSA];
	assert_int_equal(play(lab), 12);
	assert_true(lab_info(lab, LAB_CLIENT).rsa_key_transport);
	lab_free(lab);
}

static void any_split_of_the_input(void **state)
{
	struct lab *lab = lab_new();

	(void)state;
	lab->piece = 1;
	assert_int_equal(play(lab), 13);
	lab_free(lab);
}

static void key_updates(void **state)
{
	struct lab *lab = lab_new();
	struct kept c, s;

	(void)state;
	lab_handshake(lab);
	keep(lab, LAB_CLIENT, PLACE, &c);
	keep(lab, LAB_SERVER, PLACE, &s);
	assert_int_equal(hf_tls_update_keys(lab->side[LAB_CLIENT].t, true), HF_OK);
	lab_run(lab);
	take(lab, LAB_CLIENT, &c);
	take(lab, LAB_SERVER, &s);
	assert_int_equal(assert_same(&c, &s), 1);
	assert_int_equal(assert_same(&s, &c), 1);
	assert_int_equal(c.at[0].told.x, TLS_KEY_UPDATE);
	free(c.place);
	free(s.place);
	lab_free(lab);
}

/* What is out of turn is shown as well, as far as it has come. */
static void out_of_turn(void **state)
{
	static const uint8_t begun[] = { TLS_FINISHED, 0, 0, 12, 1, 2, 3 };
	struct lab *lab = lab_new();
	struct kept s;

	(void)state;
	lab_start(lab);
	keep(lab, LAB_SERVER, PLACE, &s);
	lab_forge(lab, LAB_CLIENT, TLS_HANDSHAKE, (struct hf_bytes){ begun, sizeof(begun) });
	lab_turn(lab, LAB_SERVER);
	assert_true(lab->side[LAB_SERVER].failed);
	take(lab, LAB_SERVER, &s);
	assert_int_equal(s.n, 2); /* and our alert */
	assert_int_equal(s.at[0].told.len, 16);
	assert_int_equal(s.at[0].octets.len, sizeof(begun));
	assert_memory_equal(s.at[0].octets.at, begun, sizeof(begun));
	assert_int_equal(s.at[1].octets.at[1], TLS_ALERT_UNEXPECTED_MESSAGE);
	free(s.place);
	lab_free(lab);
}

/* In each size of place, to the octet: what has no room is counted, and what fits is whole. */
static void bounded(void **state)
{
	bool all = false;

	(void)state;
	for (size_t octets = 64; !all; octets += 8) {
		struct lab *lab = lab_new();
		struct kept c;
		uint64_t left_out;

		lab_start(lab);
		keep(lab, LAB_CLIENT, octets, &c);
		lab_run(lab);
		assert_true(lab->side[LAB_CLIENT].connected);
		take(lab, LAB_CLIENT, &c);
		left_out = c.left_out;
		for (size_t i = 0; i < c.n; i++) {
			left_out += c.at[i].left_out;
			assert_int_equal(c.at[i].octets.len, c.at[i].told.kind == HF_TLS_TOLD_CCS ? 1 : c.at[i].told.len);
		}
		assert_int_equal(c.n + left_out, 11);
		all = left_out == 0;
		/* There is room again. */
		hf_tls_close(lab->side[LAB_CLIENT].t);
		lab_run(lab);
		take(lab, LAB_CLIENT, &c);
		assert_int_equal(c.n + c.left_out, 1);
		free(c.place);
		lab_free(lab);
		if (octets > 512 && !all)
			octets += 120; /* enough of the small ones */
		assert_true(octets < PLACE);
	}
}

/* HF_TLS_MESSAGE_ROOM() is enough for the message it is for. */
static void size_of_a_place(void **state)
{
	struct lab *lab = lab_new();
	struct kept c;

	(void)state;
	lab_start(lab);
	keep(lab, LAB_CLIENT, PLACE, &c);
	lab_turn(lab, LAB_CLIENT);
	take(lab, LAB_CLIENT, &c);
	assert_int_equal(c.n, 1);
	free(c.place);
	lab_again(lab);
	lab_start(lab);
	keep(lab, LAB_CLIENT, HF_TLS_MESSAGE_ROOM(c.at[0].told.len), &c);
	lab_turn(lab, LAB_CLIENT);
	take(lab, LAB_CLIENT, &c);
	assert_int_equal(c.n, 1);
	free(c.place);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_13),
		cmocka_unit_test(retried_with_client_certificate),
		cmocka_unit_test(full_12),
		cmocka_unit_test(no_premaster_secret),
		cmocka_unit_test(any_split_of_the_input),
		cmocka_unit_test(key_updates),
		cmocka_unit_test(out_of_turn),
		cmocka_unit_test(bounded),
		cmocka_unit_test(size_of_a_place),
	};

	return cmocka_run_group_tests(tests, lab_world_make, lab_world_free);
}
