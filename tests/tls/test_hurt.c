/* SPDX-License-Identifier: MIT */
/*
 * Handshakes of every kind, mixed by a seed, on a wire that is hurt once: cut, a bit flipped, a record dropped, doubled, or
 * put behind the next. Whatever it is: both ends come to an end within the handshake's time, and nobody believes anything
 * that the other has not said. HF_SEEDS says how many, HF_SEED which one alone.
 */
#include "post.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS 2000u

enum hurt { CUT, FLIP, DROP, DOUBLE, SWAP, HURTS };

struct wound {
	enum hurt how;
	enum lab_who from;
	size_t at;     /* octet of the stream */
	uint8_t bit;   /* FLIP */
	size_t passed; /* octets */
	bool done;
	uint8_t kept[HF_TLS_PLAIN_ROOM]; /* SWAP: the record that waits for the next */
	size_t kept_len;
};

static size_t record_length(const uint8_t *at)
{
	return TLS_RECORD_HEADER + hf_load16(at + 3);
}

/* Record by record: machines send whole ones. */
static size_t hurt(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	static uint8_t sent[LAB_WIRE];
	struct wound *w = lab->user;
	struct hf_wr out = hf_wr_over(at, room);

	if (from != w->from)
		return n;
	if (w->how == CUT && w->done)
		return 0;
	memcpy(sent, at, n);
	for (size_t i = 0, len; i < n; i += len) {
		const uint8_t *record = sent + i;
		bool here;

		len = record_length(record);
		here = !w->done && w->passed + len > w->at;
		w->passed += len;
		w->done = w->done || here;
		if (here && w->how == CUT) {
			hf_wr_copy(&out, record, w->at - (w->passed - len));
			lab_cut(lab, !from);
			break;
		}
		if (here && w->how == FLIP)
			sent[i + (w->at - (w->passed - len))] ^= (uint8_t)(1u << w->bit);
		if (here && w->how == SWAP) {
			memcpy(w->kept, record, len);
			w->kept_len = len;
			continue;
		}
		if (!here || w->how != DROP)
			hf_wr_copy(&out, record, len);
		if (here && w->how == DOUBLE)
			hf_wr_copy(&out, record, len);
		hf_wr_copy(&out, w->kept, w->kept_len);
		w->kept_len = 0;
	}
	assert_false(out.bad);
	return hf_wr_len(&out);
}

/* ---- a connection by its seed ---- */

static const uint16_t groups[] = { TLS_GROUP_X25519, TLS_GROUP_P256, TLS_GROUP_P384 };
static const uint16_t chacha[] = { TLS_SUITE_CHACHA20_POLY1305_SHA256, TLS_SUITE_ECDHE_ECDSA_CHACHA20,
				   TLS_SUITE_ECDHE_RSA_CHACHA20 };
static const uint16_t sha384[] = { TLS_SUITE_AES_256_GCM_SHA384, TLS_SUITE_ECDHE_ECDSA_AES_256_GCM,
				   TLS_SUITE_ECDHE_RSA_AES_256_GCM };

static void mix(struct lab *lab, struct hf_rng *rng)
{
	struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

	s->creds[0] = lab_world.server[hf_rng_below(rng, LAB_KEYS)];
	s->cfg.client_cert = hf_rng_below(rng, 3);
	if (hf_rng_below(rng, 4) > 0) {
		c->creds[0] = lab_world.client[hf_rng_below(rng, LAB_KEYS)];
		c->keeper.cred_count = 1;
	}
	if (hf_rng_below(rng, 3) == 0) {
		s->cfg.groups = (struct hf_tls_list){ groups + 1, 2 };
		if (hf_rng_below(rng, 2))
			c->cfg.shares = 2;
	}
	if (hf_rng_below(rng, 3) == 0)
		s->cfg.suites =
			hf_rng_below(rng, 2) ? (struct hf_tls_list){ chacha, 3 } : (struct hf_tls_list){ sha384, 3 };
	if (hf_rng_below(rng, 3) == 0)
		(hf_rng_below(rng, 2) ? c : s)->cfg.max_version = HF_TLS_1_2;
	if (hf_rng_below(rng, 8) == 0)
		c->cfg.record_size_limit = 64 + (uint16_t)hf_rng_below(rng, 2000);
	c->cfg.no_compatibility = hf_rng_below(rng, 8) == 0;
	for (unsigned i = 0; i < 2; i++) {
		lab->side[i].keep_room = hf_rng_below(rng, 2);
		lab->side[i].cfg.pad_to = hf_rng_below(rng, 4) ? 0 : 64;
	}
	if (hf_rng_below(rng, 4) == 0)
		lab->piece = 1 + hf_rng_below(rng, 200);
	if (hf_rng_below(rng, 4) == 0)
		lab->scatter = 1 + hf_rng_below(rng, 200);
}

#define QUESTION "what a client wants to know"
#define ANSWER "what a server has to say"

static void start(struct lab *lab)
{
	lab_start(lab);
	lab_write(lab, LAB_CLIENT, QUESTION);
	lab_write(lab, LAB_SERVER, ANSWER);
}

static void finish(struct lab *lab)
{
	lab_run(lab);
	for (unsigned i = 0; i < 2; i++)
		if (lab->side[i].connected)
			hf_tls_close(lab->side[i].t);
	lab_run(lab);
}

static bool has_ended(const struct lab_side *side)
{
	return side->failed || side->closed || side->truncated;
}

static unsigned connections, hurts_found;

static void judge(struct lab *lab, uint64_t seed, const struct wound *w)
{
	static const char *const hows[] = { "cut", "flipped", "dropped", "doubled", "swapped" };
	static const char *const says[] = { QUESTION, ANSWER };
	struct lab_side *c = &lab->side[LAB_CLIENT], *s = &lab->side[LAB_SERVER];

	for (enum lab_who i = 0; i < 2; i++) {
		const struct lab_side *side = &lab->side[i];
		const struct hf_tls_info info = lab_info(lab, i);
		const char *said = says[!i];

		if (!has_ended(side) || (side->failed && !info.has_alert_sent && !info.has_alert_received))
			fail_msg("seed %llu, %s at %zu: %s waits in %s\n%s", (unsigned long long)seed, hows[w->how],
				 w->at, i ? "server" : "client", info.state, lab->ladder);
		assert_int_equal(strncmp(side->data, said, side->data_len), 0);
		/* An end that looks clean is one: nothing is missing. */
		if (side->connected && side->closed && !side->failed)
			assert_string_equal(side->data, said);
		assert_true(side->data_len == 0 || side->connected);
		assert_true(info.write_closed || side->truncated);
	}
	if (c->connected && s->connected) {
		uint8_t ours[32], theirs[32];

		connections++;
		assert_int_equal(hf_tls_export(c->t, "EXPORTER-test", LAB_BYTES("x"), true, ours, sizeof(ours)), HF_OK);
		assert_int_equal(hf_tls_export(s->t, "EXPORTER-test", LAB_BYTES("x"), true, theirs, sizeof(theirs)), HF_OK);
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
	hurts_found += c->failed || s->failed;
}

static void hurt_once(uint64_t seed)
{
	static struct wound w;
	uint8_t key[16] = { 0 };
	struct hf_rng rng;
	struct lab *lab = lab_new();
	bool again;

	memcpy(key, &seed, sizeof(seed));
	hf_rng_init(&rng, key);
	mix(lab, &rng);
	again = hf_rng_below(&rng, 2);
	if (again) {
		start(lab);
		lab_run(lab);
		lab_again(lab);
	}
	w = (struct wound){
		.how = hf_rng_below(&rng, HURTS),
		.from = hf_rng_below(&rng, 2),
		.at = hf_rng_below(&rng, again ? 700 : 2200),
		.bit = (uint8_t)hf_rng_below(&rng, 8),
	};
	lab->on_wire = hurt;
	lab->user = &w;
	start(lab);
	finish(lab);
	/* Nobody waits for longer than this. */
	lab->now += HF_S(10);
	lab_run(lab);
	for (unsigned i = 0; i < 2; i++)
		assert_true(lab->side[i].connected || has_ended(&lab->side[i]));
	/* A connection that stands, and whose data does not come: the stream ends, and that is told. */
	finish(lab);
	for (enum lab_who i = 0; i < 2; i++)
		lab_cut(lab, i);
	lab_run(lab);
	judge(lab, seed, &w);
	lab_free(lab);
}

static void hurt_handshakes(void **state)
{
	const char *only = getenv("HF_SEED");  /* to look at one again */
	const char *many = getenv("HF_SEEDS"); /* make soak: seeds 1 to this */
	const uint64_t first = only ? strtoull(only, NULL, 10) : 1;
	const uint64_t last = only ? first : many ? strtoull(many, NULL, 10) : SEEDS;

	(void)state;
	for (uint64_t seed = first; seed <= last; seed++)
		hurt_once(seed);
	/* Not all wounds meet the stream, and some touch nothing (a change_cipher_spec of 1.3, the versions of records). */
	if (last - first >= 99)
		assert_true(hurts_found > (last - first) / 3 && connections > (last - first) / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(hurt_handshakes) };

	return cmocka_run_group_tests(tests, post_world_make, post_world_free);
}
