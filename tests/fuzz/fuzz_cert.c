/* SPDX-License-Identifier: MIT */
/*
 * The input: one octet (what is done with it), then a leaf in DER, a text for hf_cred_load(), a revocation list, a staple, or a
 * host. What is checked: nothing is trusted that was not minted here, every fault can be told, and a refused text leaves nothing
 * behind. The good messages are minted when the fuzzer begins, always the same.
 */
#include "crypto/cert_der.h"
#include "crypto/cert_name.h"
#include "crypto/mint.h"

#include "fuzz.h"
#include "fuzz_cert_seeds.h"

#define NOW 1735689600u
#define DAY 86400u

FUZZ_SEEDS(FUZZ_SEED("\x00"), FUZZ_SEED("\x01" CHAIN_TEXT), FUZZ_SEED("\x01" KEY_TEXT), FUZZ_SEED("\x02" LIST_TEXT),
	   FUZZ_SEED("\x02" CHAIN_TEXT), FUZZ_SEED("\x03" STAPLE), FUZZ_SEED("\x03"), FUZZ_SEED("\x04*.a.example"),
	   FUZZ_SEED("\x04[fd00::1]"), FUZZ_SEED("\x05" LEAF), FUZZ_SEED("\x06" LEAF),
	   FUZZ_SEED("\x01-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAA=\n-----END EC PRIVATE KEY-----\n"));

static struct world {
	struct hf_crypto *crypto;
	struct hf_trust *trust;
	struct mint_leaf leaf;
	struct hf_certs *chain; /* leaf, intermediate */
	struct mint_blob staple, list;
} * world;

static struct hf_bytes bytes_of(const struct mint_blob *b)
{
	return (struct hf_bytes){ (const uint8_t *)b->at, b->len };
}

static struct world *make_world(void)
{
	static const uint8_t seed[32] = "fuzz_cert", name[] = "a.example";
	static struct world w;
	struct hf_bytes names[] = { { name, sizeof(name) - 1 } };
	struct mint_ca_ask authority = {
		.name = "Fuzz", .key = CRYPTO_KEY_P256, .not_before = NOW - DAY, .not_after = NOW + 100 * DAY
	};
	struct mint_leaf_ask ask = { .names = names, .name_count = 1, .key = CRYPTO_KEY_P256, .now_s = NOW, .days = 90 };
	struct mint_ocsp_ask ocsp = {
		.status = MINT_STATUS_GOOD, .this_update = NOW - 1, .next_update = NOW + 1, .delegated = true
	};
	struct hf_cert_trouble t;
	struct mint_blob root;
	struct mint_ca *ca;

	FUZZ_CHECK(hf_crypto_open(&w.crypto) == HF_OK);
	hf_crypto_fix_randomness(seed);
	FUZZ_CHECK(mint_ca_make(w.crypto, &authority, &ca) == HF_OK);
	FUZZ_CHECK(mint_leaf_make(ca, &ask, &w.leaf) == HF_OK);
	ocsp.leaf = bytes_of(&w.leaf.chain);
	FUZZ_CHECK(mint_ocsp_make(ca, &ocsp, &w.staple) == HF_OK);
	FUZZ_CHECK(mint_crl_make(ca, NULL, 0, NOW - 1, NOW + 1, &w.list) == HF_OK);
	FUZZ_CHECK(mint_ca_cert(ca, MINT_ROOT, &root) == HF_OK);
	FUZZ_CHECK(hf_trust_make(w.crypto, &w.trust) == HF_OK && hf_trust_add(w.trust, bytes_of(&root), &t) == HF_OK);
	FUZZ_CHECK(hf_certs_make(&w.chain) == HF_OK && hf_certs_add(w.chain, bytes_of(&w.leaf.chain), &t) == HF_OK);
	mint_blob_free(&root);
	mint_ca_free(ca);
	return &w;
}

static void look_at_report(const struct hf_cert_report *r, hf_status st)
{
	FUZZ_CHECK(st == HF_OK || st == HF_UNTRUSTED || st == HF_MALFORMED);
	FUZZ_CHECK((st == HF_OK) == (r->fault == HF_CERT_GOOD));
	FUZZ_CHECK(r->fault < HF_CERT_FAULT_COUNT && r->certs <= HF_CERT_REPORT_CERTS);
	FUZZ_CHECK(r->certs == 0 || r->at < r->certs);
	for (unsigned i = 0; i < r->certs; i++) {
		FUZZ_CHECK(memchr(r->cert[i].names, 0, sizeof(r->cert[i].names)));
		for (const char *p = r->cert[i].subject; *p; p++)
			FUZZ_CHECK((uint8_t)*p >= 0x20 && *p != 0x7f);
	}
}

/* The input stands for the leaf; an empty one for the good leaf, an octet of which is changed by each mutation. */
static void check_leaf(struct hf_bytes der, struct hf_bytes ocsp)
{
	static struct hf_cert_report report;
	struct hf_bytes good = hf_certs_der(world->chain, 0),
			chain[] = { der.len ? der : good, hf_certs_der(world->chain, 1) };
	struct hf_cert_ask ask = { .chain = chain, .certs = 2, .unix_s = NOW, .ocsp = ocsp };

	for (unsigned letter = 0; letter <= 1; letter++) {
		hf_status st;

		ask.letter = letter;
		st = hf_cert_check(world->trust, &ask, &report);
		look_at_report(&report, st);
		FUZZ_CHECK(st != HF_OK || hf_bytes_same(chain[0], good));
	}
}

/* Each octet of the good leaf, one at a time: the input says which and how. */
static void change_leaf(const uint8_t *data, size_t size)
{
	struct hf_bytes good = hf_certs_der(world->chain, 0);
	uint8_t *copy = fuzz_copy(good.at, good.len);

	for (size_t i = 0; i + 2 < size && i < 12; i += 3)
		copy[(data[i] << 8 | data[i + 1]) % good.len] ^= data[i + 2];
	check_leaf((struct hf_bytes){ copy, good.len }, (struct hf_bytes){ NULL, 0 });
	free(copy);
}

static void load(struct hf_bytes text)
{
	struct hf_cert_trouble t;
	struct hf_cred *cred;
	hf_status st = hf_cred_load(world->crypto, text, bytes_of(&world->leaf.key), &cred, &t);

	FUZZ_CHECK(st == HF_OK || t.sentence[0] != '\0');
	if (st == HF_OK)
		hf_cred_free(cred);
	st = hf_cred_load(world->crypto, bytes_of(&world->leaf.chain), text, &cred, &t);
	FUZZ_CHECK(st == HF_OK || t.sentence[0] != '\0');
	if (st == HF_OK)
		hf_cred_free(cred);
}

static void read_list(struct hf_bytes text)
{
	struct hf_cert_trouble t;
	struct hf_trust *trust;

	FUZZ_CHECK(hf_trust_make(world->crypto, &trust) == HF_OK);
	if (hf_trust_add_crl(trust, text, &t) != HF_OK)
		FUZZ_CHECK(t.sentence[0] != '\0');
	if (hf_trust_add(trust, text, &t) != HF_OK)
		FUZZ_CHECK(t.sentence[0] != '\0');
	hf_trust_free(trust);
}

static void read_host(struct hf_bytes text)
{
	struct cert_host host = cert_host_of(text);
	struct hf_rd names = general_names(text);
	enum general_name kind;
	struct hf_bytes b;

	FUZZ_CHECK(host.is_address ? host.address_len == 4 || host.address_len == 16 : host.name.len <= text.len);
	FUZZ_CHECK(!dns_name_matches(text, host.name) || dns_name_is_sound(host.name, false));
	while (general_name_next(&names, &kind, &b))
		FUZZ_CHECK(fuzz_inside(b, text.at, text.len));
	(void)cert_san_has(text, &host);
}

static void read_der(struct hf_bytes b)
{
	struct cert_facts f;
	const char *why = NULL;

	memset(&f, FUZZ_PATTERN, sizeof(f));
	if (cert_facts_read(b, &f, &why) == HF_OK) {
		FUZZ_CHECK(der_is_strict(b) && f.version >= 1 && f.version <= 3 && f.extensions <= CERT_EXTENSIONS);
		FUZZ_CHECK(fuzz_inside(f.serial, b.at, b.len) && f.serial.len > 0 && fuzz_inside(f.public_key, b.at, b.len));
	} else {
		FUZZ_CHECK(why && FUZZ_UNTOUCHED(f));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_bytes text;

	if (!world)
		world = make_world();
	if (size < 1 || size > 16384)
		return 0;
	text = (struct hf_bytes){ data + 1, size - 1 };
	switch (data[0] % 7) {
	case 0:
		change_leaf(text.at, text.len);
		break;
	case 1:
		load(text);
		break;
	case 2:
		read_list(text);
		break;
	case 3:
		check_leaf((struct hf_bytes){ NULL, 0 }, text.len ? text : bytes_of(&world->staple));
		break;
	case 4:
		read_host(text);
		break;
	case 5:
		read_der(text);
		break;
	default:
		check_leaf(text, (struct hf_bytes){ NULL, 0 });
		break;
	}
	return 0;
}
