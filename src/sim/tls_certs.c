/* SPDX-License-Identifier: MIT */
#include "sim/tls_certs.h"

#include "base/bits.h"
#include "sim/world_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400u
#define LEAF_DAYS 90u
#define RSA_BITS 2048u

static void drop_certs(void *thing);
static void drop_side(void *thing);
static struct hf_bytes text_of(const struct mint_blob *b)
{
	return (struct hf_bytes){ (const uint8_t *)b->at, b->len };
}

static void must(hf_status s, const char *what)
{
	if (s == HF_OK)
		return;
	fprintf(stderr, "handfast: simulation: %s: %s\n", what, hf_status_sentence(s));
	abort();
}

struct sim_certs *sim_certs_make(struct sim_world *w, uint64_t seed)
{
	const struct mint_ca_ask ask = {
		.name = "Handfast scenario",
		.key = CRYPTO_KEY_P256,
		.not_before = SIM_UNIX_S - DAY_S,
		.not_after = SIM_UNIX_S + 3650ull * DAY_S,
	};
	struct sim_certs *c = sim_must(calloc(1, sizeof(*c)));
	uint8_t octets[32] = "certificates and signatures";
	struct hf_cert_trouble trouble;
	struct mint_blob root;

	memcpy(octets + 24, &seed, sizeof(seed));
	c->world = w;
	must(hf_crypto_open(&c->crypto), "libcrypto");
	hf_crypto_fix_randomness(octets);
	must(mint_ca_make(c->crypto, &ask, &c->ca), "an authority");
	must(mint_ca_cert(c->ca, MINT_ROOT, &root), "a root certificate");
	must(hf_trust_make(c->crypto, &c->trust), "trust");
	must(hf_trust_add(c->trust, text_of(&root), &trouble), "trust in the root");
	mint_blob_free(&root);
	sim_world_keep(w, c, drop_certs);
	return c;
}

void sim_certs_end_fixed(void)
{
	hf_crypto_fix_randomness(NULL);
}

static void drop_certs(void *thing)
{
	struct sim_certs *c = thing;

	for (unsigned i = 0; i < c->creds; i++)
		hf_cred_free(c->cred[i]);
	free(c->cred);
	hf_trust_free(c->trust);
	mint_ca_free(c->ca);
	hf_crypto_close(c->crypto);
	free(c);
}

const struct hf_cred *sim_certs_leaf(struct sim_certs *c, const struct sim_leaf_ask *ask)
{
	const struct hf_bytes name = hf_bytes_of(ask->name);
	const enum crypto_key_kind key = ask->key == CRYPTO_KEY_OTHER ? CRYPTO_KEY_P256 : ask->key;
	const struct mint_leaf_ask leaf_ask = {
		.names = &name,
		.name_count = 1,
		.key = key,
		.bits = key == CRYPTO_KEY_RSA ? RSA_BITS : 0,
		.purpose = ask->purpose,
		.now_s = SIM_UNIX_S + sim_world_now(c->world) / HF_S(1),
		.days = LEAF_DAYS,
		.bad = ask->bad,
	};
	struct hf_cert_trouble trouble;
	struct mint_leaf leaf;

	c->cred = sim_must(realloc(c->cred, (c->creds + 1) * sizeof(struct hf_cred *)));
	must(mint_leaf_make(c->ca, &leaf_ask, &leaf), "a certificate");
	must(hf_cred_load(c->crypto, text_of(&leaf.chain), text_of(&leaf.key), &c->cred[c->creds], &trouble), "its key");
	mint_leaf_free(&leaf);
	return c->cred[c->creds++];
}

/* ---- sides ---- */

static struct sim_tls_side *make_side(struct sim_certs *c)
{
	struct sim_tls_side *side = sim_must(calloc(1, sizeof(*side)));

	side->cfg.crypto = c->crypto;
	side->cfg.epoch_ns = HF_S(SIM_UNIX_S);
	side->cfg.log_secrets = true;
	side->keeper.crypto = c->crypto;
	side->keeper.trust = c->trust;
	text_init(&side->session);
	sim_world_keep(c->world, side, drop_side);
	return side;
}

static void drop_side(void *thing)
{
	sim_tls_side_free(thing);
}

struct sim_tls_side *sim_certs_client(struct sim_certs *c, const char *name)
{
	struct sim_tls_side *side = make_side(c);

	side->name = name;
	return side;
}

struct sim_tls_side *sim_certs_server(struct sim_certs *c, const struct hf_cred *cred)
{
	struct sim_tls_side *side = make_side(c);

	side->cfg.server = true;
	side->ticket_keys = sim_must(calloc(1, sizeof(*side->ticket_keys)));
	sim_world_draw(c->world, side->ticket_keys->seed, sizeof(side->ticket_keys->seed));
	side->ticket_keys->period = HF_S(DAY_S);
	side->keeper.ticket_keys = side->ticket_keys;
	sim_tls_side_show(side, cred);
	return side;
}
