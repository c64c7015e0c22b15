/* SPDX-License-Identifier: MIT */
/* Handshakes of every kind that the tables know. */
#include "post.h"

static struct hf_cred *stapled[2]; /* P-256, RSA */

static struct hf_bytes text_of(const struct mint_blob *b)
{
	return (struct hf_bytes){ (const uint8_t *)b->at, b->len };
}

static struct hf_cred *make_stapled(enum crypto_key_kind key)
{
	static const uint8_t scts[] = { 0, 5, 0, 3, 1, 2, 3 };
	const struct hf_bytes name = LAB_BYTES(LAB_NAME);
	const struct mint_leaf_ask ask = {
		.names = &name,
		.name_count = 1,
		.key = key,
		.bits = key == CRYPTO_KEY_RSA ? 2048 : 0,
		.purpose = HF_CERT_FOR_SERVER,
		.now_s = LAB_UNIX_S,
		.days = 90,
	};
	struct mint_ocsp_ask staple = { .this_update = LAB_UNIX_S, .next_update = LAB_UNIX_S + 86400 };
	struct hf_cert_trouble trouble;
	struct mint_leaf leaf;
	struct mint_blob ocsp;
	struct hf_cred *cred;

	assert_int_equal(mint_leaf_make(lab_world.ca, &ask, &leaf), HF_OK);
	staple.leaf = text_of(&leaf.chain);
	assert_int_equal(mint_ocsp_make(lab_world.ca, &staple, &ocsp), HF_OK);
	assert_int_equal(hf_cred_load(lab_world.crypto, text_of(&leaf.chain), text_of(&leaf.key), &cred, &trouble), HF_OK);
	assert_int_equal(hf_cred_staple(cred, text_of(&ocsp), (struct hf_bytes){ scts, sizeof(scts) }), HF_OK);
	mint_blob_free(&ocsp);
	mint_leaf_free(&leaf);
	return cred;
}

int post_world_make(void **state)
{
	(void)lab_world_make(state);
	stapled[0] = make_stapled(CRYPTO_KEY_P256);
	stapled[1] = make_stapled(CRYPTO_KEY_RSA);
	return 0;
}

int post_world_free(void **state)
{
	hf_cred_free(stapled[0]);
	hf_cred_free(stapled[1]);
	return lab_world_free(state);
}

/* ---- what is asked for ---- */

static const struct hf_bytes protocols[] = { LAB_BYTES("h2"), LAB_BYTES("http/1.1") };
static const struct hf_bytes authorities[] = { LAB_BYTES("0\x0d\x31\x0b"), LAB_BYTES("0\0") };

static void speak_protocols(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		lab->side[i].cfg.alpn = protocols;
		lab->side[i].cfg.alpns = 2;
	}
	lab->side[LAB_CLIENT].cfg.record_size_limit = 4000;
	lab->side[LAB_CLIENT].cfg.want_staple = true;
}

static void retry(struct lab *lab)
{
	static const uint16_t group = TLS_GROUP_P256; /* of which clients send no share */

	lab->side[LAB_SERVER].cfg.groups = (struct hf_tls_list){ &group, 1 };
}

static void ask_client(struct lab *lab)
{
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUEST;
	lab->side[LAB_SERVER].cfg.authorities = authorities;
	lab->side[LAB_SERVER].cfg.authority_count = 2;
}

static void show_client(struct lab *lab)
{
	ask_client(lab);
	lab->side[LAB_SERVER].cfg.client_cert = HF_TLS_CLIENT_CERT_REQUIRE;
	lab->side[LAB_CLIENT].creds[0] = lab_world.client[LAB_P256];
	lab->side[LAB_CLIENT].keeper.cred_count = 1;
}

static void show_client_retry(struct lab *lab)
{
	show_client(lab);
	retry(lab);
}

static void ask_client_retry(struct lab *lab)
{
	ask_client(lab);
	retry(lab);
}

static void staple(struct lab *lab)
{
	speak_protocols(lab);
	lab->side[LAB_SERVER].creds[0] = stapled[0];
}

static void staple_and_show(struct lab *lab)
{
	staple(lab);
	show_client(lab);
}

static void no_tickets(struct lab *lab)
{
	lab->side[LAB_SERVER].cfg.tickets = HF_TLS_NO_TICKETS;
}

static void show_client_no_tickets(struct lab *lab)
{
	show_client(lab);
	no_tickets(lab);
}

static void transport(struct lab *lab)
{
	static const uint16_t suite = TLS_SUITE_RSA_AES_128_GCM;

	lab->side[LAB_SERVER].creds[0] = lab_world.server[LAB_RSA];
	lab->side[LAB_SERVER].cfg.suites = (struct hf_tls_list){ &suite, 1 };
	for (unsigned i = 0; i < 2; i++)
		lab->side[i].cfg.rsa_key_transport = true;
}

static void transport_and_show(struct lab *lab)
{
	transport(lab);
	show_client(lab);
}

static void transport_with_staple(struct lab *lab)
{
	transport_and_show(lab);
	speak_protocols(lab);
	lab->side[LAB_SERVER].creds[0] = stapled[1];
}

static void transport_with_staple_alone(struct lab *lab)
{
	transport(lab);
	speak_protocols(lab);
	lab->side[LAB_SERVER].creds[0] = stapled[1];
}

static void transport_with_staple_no_tickets(struct lab *lab)
{
	transport_with_staple_alone(lab);
	no_tickets(lab);
}

static void as_before(struct lab *lab)
{
	(void)lab;
}

static struct hf_tls_seen_entry seen_entries[64];
static struct hf_tls_seen seen;

static void take_early(struct lab *lab)
{
	seen = (struct hf_tls_seen){ .entry = seen_entries, .room = HF_ARRAY_LEN(seen_entries) };
	for (unsigned i = 0; i < 2; i++)
		lab->side[i].cfg.early_data_max = 4096;
	lab->side[LAB_SERVER].keeper.seen = &seen;
}

static void write_early(struct lab *lab)
{
	lab_write(lab, LAB_CLIENT, "early");
}

static void refuse_early(struct lab *lab)
{
	write_early(lab);
	lab->side[LAB_SERVER].cfg.early_data_max = 0;
}

static void early_and_retry(struct lab *lab)
{
	write_early(lab);
	retry(lab);
}

const struct post_kind post_kinds[] = {
	{ "1.3", HF_TLS_1_3, speak_protocols, NULL },
	{ "1.3, retried", HF_TLS_1_3, retry, NULL },
	{ "1.3, client asked", HF_TLS_1_3, ask_client, NULL },
	{ "1.3, client asked, retried", HF_TLS_1_3, ask_client_retry, NULL },
	{ "1.3, client shown", HF_TLS_1_3, staple_and_show, NULL },
	{ "1.3, client shown, retried", HF_TLS_1_3, show_client_retry, NULL },
	{ "1.3, resumed", HF_TLS_1_3, speak_protocols, as_before },
	{ "1.3, resumed, retried", HF_TLS_1_3, speak_protocols, retry },
	{ "1.3, early data", HF_TLS_1_3, take_early, write_early },
	{ "1.3, early data refused", HF_TLS_1_3, take_early, refuse_early },
	{ "1.3, early data, retried", HF_TLS_1_3, take_early, early_and_retry },
	{ "1.2", HF_TLS_1_2, speak_protocols, NULL },
	{ "1.2, no tickets", HF_TLS_1_2, no_tickets, NULL },
	{ "1.2, staple", HF_TLS_1_2, staple, NULL },
	{ "1.2, client asked", HF_TLS_1_2, ask_client, NULL },
	{ "1.2, client shown, staple", HF_TLS_1_2, staple_and_show, NULL },
	{ "1.2, client shown, no tickets", HF_TLS_1_2, show_client_no_tickets, NULL },
	{ "1.2, key transport", HF_TLS_1_2, transport, NULL },
	{ "1.2, key transport, client shown", HF_TLS_1_2, transport_and_show, NULL },
	{ "1.2, key transport, client shown, staple", HF_TLS_1_2, transport_with_staple, NULL },
	{ "1.2, key transport, staple", HF_TLS_1_2, transport_with_staple_alone, NULL },
	{ "1.2, key transport, staple, no tickets", HF_TLS_1_2, transport_with_staple_no_tickets, NULL },
	{ "1.2, resumed", HF_TLS_1_2, speak_protocols, as_before },
};
const size_t post_kind_count = HF_ARRAY_LEN(post_kinds);

struct lab *post_lab(const struct post_kind *kind)
{
	struct lab *lab = lab_new();

	for (unsigned i = 0; i < 2; i++) {
		lab->side[i].keep_room = true;
		lab->side[i].cfg.min_version = lab->side[i].cfg.max_version = kind->version;
	}
	kind->set(lab);
	if (kind->again) {
		lab_handshake(lab);
		assert_true(lab->side[LAB_CLIENT].session_len > 0);
		lab_again(lab);
		kind->again(lab);
	}
	lab_start(lab);
	return lab;
}
