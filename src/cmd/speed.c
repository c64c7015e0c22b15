/* SPDX-License-Identifier: MIT */
/* `handfast speed`: what cryptography costs on this processor, and what that says about the way TLS is made. */
#include "cmd/speed.h"

#include "base/bits.h"
#include "crypto/mint.h"
#include "explain/json.h"
#include "explain/look.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_DEFAULT HF_S(8)
#define SECONDS_MIN HF_MS(100)
#define SECONDS_MAX HF_S(3600)

/* ---- results ---- */

double speed_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void speed_add(struct speed *s, enum speed_kind kind, const char *name, const char *backend, unsigned octets, double ns)
{
	HF_ASSERT(s->results < SPEED_RESULTS);
	s->result[s->results++] = (struct speed_result){ kind, name, backend, octets, ns };
}

double speed_of(const struct speed *s, enum speed_kind kind, const char *name, unsigned octets)
{
	for (unsigned i = 0; i < s->results; i++) {
		const struct speed_result *r = &s->result[i];

		if (r->kind == kind && strcmp(r->name, name) == 0 && (octets == 0 || r->octets == octets))
			return r->ns;
	}
	return 0;
}

void speed_begin(const struct speed *s, const char *name)
{
	if (!s->progress)
		return;
	fprintf(stderr, "\rmeasuring %s, %u %% done\033[K", name,
		100 * s->results / (SPEED_PRIMITIVES + 2 * SPEED_HANDSHAKES));
	fflush(stderr);
}

/* ---- text for people ---- */

/* "812 ns", "13.4 us", "1.62 ms": three figures say enough. */
static void put_time(struct text *t, double ns, int width)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned unit = 0;
	char one[32];

	while (ns >= 999.5 && unit + 1 < HF_ARRAY_LEN(units)) {
		ns /= 1000;
		unit++;
	}
	snprintf(one, sizeof(one), "%.*f %s", ns < 9.995 ? 2 : ns < 99.95 ? 1 : 0, ns, units[unit]);
	text_addf(t, "%*s", width, one);
}

/* Octets in the same way. */
static void put_size(struct text *t, double octets)
{
	static const char *const units[] = { "octets", "KB", "MB", "GB" };
	unsigned unit = 0;

	while (octets >= 999.5 && unit + 1 < HF_ARRAY_LEN(units)) {
		octets /= 1000;
		unit++;
	}
	text_addf(t, "%.*f %s", unit == 0 || octets >= 99.95 ? 0 : octets < 9.995 ? 2 : 1, octets, units[unit]);
}

static void put_cell(struct text *t, const struct speed *s, enum speed_kind kind, const char *name, unsigned octets)
{
	const double ns = speed_of(s, kind, name, octets);

	if (ns > 0)
		put_time(t, ns, 11);
	else
		text_addf(t, "%11s", "");
}

/* One line for each name that has something of the first kind, in the order of measuring. */
static bool is_first_of(const struct speed *s, unsigned at, enum speed_kind kind)
{
	if (s->result[at].kind != kind)
		return false;
	for (unsigned i = 0; i < at; i++)
		if (s->result[i].kind == kind && strcmp(s->result[i].name, s->result[at].name) == 0)
			return false;
	return true;
}

static void put_by_length(struct text *t, const struct speed *s, enum speed_kind kind)
{
	for (unsigned i = 0; i < s->results; i++) {
		const struct speed_result *r = &s->result[i];
		const double page = speed_of(s, kind, r->name, SPEED_PAGE);

		if (!is_first_of(s, i, kind))
			continue;
		text_addf(t, "  %-26s", r->name);
		put_cell(t, s, kind, r->name, page > 0 ? 64 : r->octets);
		if (page > 0) {
			put_cell(t, s, kind, r->name, 1350);
			put_cell(t, s, kind, r->name, SPEED_PAGE);
			text_addf(t, "%8.1f GB/s", SPEED_PAGE / page);
		}
		if (r->backend)
			text_addf(t, "  %s", r->backend);
		text_add(t, "\n");
	}
}

static void put_by_kind(struct text *t, const struct speed *s, enum speed_kind first, enum speed_kind second,
			enum speed_kind third)
{
	for (unsigned i = 0; i < s->results; i++) {
		const char *name = s->result[i].name;

		if (!is_first_of(s, i, first))
			continue;
		text_addf(t, "  %-26s", name);
		put_cell(t, s, first, name, 0);
		put_cell(t, s, second, name, 0);
		if (third != SPEED_KIND_COUNT && speed_of(s, third, name, 0) > 0)
			put_cell(t, s, third, name, 0);
		text_add(t, "\n");
	}
}

static void put_head(struct text *t, const struct look *look, const char *head, const char *one, const char *two,
		     const char *three)
{
	text_add(t, look->colour ? "\n\033[1m" : "\n");
	text_addf(t, "%-28s%11s%11s%11s", head, one, two, three);
	while (t->len > 0 && t->at[t->len - 1] == ' ')
		t->at[--t->len] = '\0';
	text_add(t, look->colour ? "\033[0m\n" : "\n");
}

static void put_table(struct text *t, const struct speed *s, const struct look *look)
{
	text_wrap(t,
		  "Time on one core of this processor, for one of each. Symmetric keys are shared by both sides; of a pair of public keys "
		  "each side keeps one half to itself.",
		  0, look->columns);
	put_head(t, look, "data, sealed", "64 octets", "1,350", "16 KiB");
	put_by_length(t, s, SPEED_SEAL);
	put_head(t, look, "hashes", "64 octets", "1,350", "16 KiB");
	put_by_length(t, s, SPEED_HASH);
	put_head(t, look, "key exchange", "offer", "answer", "finish");
	put_by_kind(t, s, SPEED_OFFER, SPEED_ANSWER, SPEED_FINISH);
	put_head(t, look, "signatures", "sign", "verify", "decrypt");
	put_by_kind(t, s, SPEED_SIGN, SPEED_VERIFY, SPEED_DECRYPT);
	put_head(t, look, "handshakes", "client", "server", "");
	put_by_kind(t, s, SPEED_CLIENT, SPEED_SERVER, SPEED_KIND_COUNT);
}

/* ---- what follows from it ---- */

#define RSA_BLOCK 245.0 /* octets at most that RSA-2048 encrypts at once, RFC 8017 7.2.1 */
#define MEBI 1048576.0

static void put_reasons(struct text *t, const struct speed *s, const struct look *look)
{
	const double page = speed_of(s, SPEED_SEAL, "AES-128-GCM", SPEED_PAGE),
		     sign = speed_of(s, SPEED_SIGN, "ECDSA P-256", 0);
	const double share = speed_of(s, SPEED_ANSWER, "X25519", 0), decrypt = speed_of(s, SPEED_DECRYPT, "RSA-2048", 0);
	const double client = speed_of(s, SPEED_CLIENT, "TLS 1.3, full", 0),
		     server = speed_of(s, SPEED_SERVER, "TLS 1.3, full", 0);
	const double again = speed_of(s, SPEED_SERVER, "TLS 1.3, resumed", 0);
	struct text one;

	text_init(&one);
	text_add(&one, "Why handshakes use public keys: two who have never met have no secret in common, and only with a pair of keys can one be "
		       "agreed on while others listen (key exchange), and can one prove who it is (signature).\n");
	text_add(&one, "Why data does not: one ECDSA P-256 signature costs as much as sealing ");
	put_size(&one, sign / page * SPEED_PAGE);
	text_add(&one, " with AES-128-GCM, one X25519 answer as much as ");
	put_size(&one, share / page * SPEED_PAGE);
	text_add(&one, ". A page of 1 MiB under RSA-2048 would go in pieces of 245 octets, and take the receiver ");
	put_time(&one, decrypt * MEBI / RSA_BLOCK, 0);
	text_add(&one, " to decrypt; with AES-128-GCM it is ");
	put_time(&one, page * MEBI / SPEED_PAGE, 0);
	text_add(&one,
		 ".\nSo public keys are used once, for a secret, and the secret is the key of everything after: a full handshake costs the server ");
	put_time(&one, server, 0);
	text_add(&one, ", as much as ");
	put_size(&one, server / page * SPEED_PAGE);
	text_add(&one, " of data, and the client ");
	put_time(&one, client, 0);
	text_add(&one, ". One that takes up an earlier secret needs no signature, only a new key exchange: ");
	put_time(&one, again, 0);
	text_add(&one, ".");
	text_add(t, "\n");
	text_wrap(t, text_str(&one), 0, look->columns);
	text_free(&one);
}

/* ---- JSON ---- */

static void put_json(struct text *t, const struct speed *s)
{
	static const char *const kinds[SPEED_KIND_COUNT] = {
		[SPEED_SEAL] = "seal",
		[SPEED_HASH] = "hash",
		[SPEED_OFFER] = "offer",
		[SPEED_ANSWER] = "answer",
		[SPEED_FINISH] = "finish",
		[SPEED_SIGN] = "sign",
		[SPEED_VERIFY] = "verify",
		[SPEED_DECRYPT] = "decrypt",
		[SPEED_CLIENT] = "handshake-client",
		[SPEED_SERVER] = "handshake-server",
	};
	struct json j = json_over(t);

	json_object(&j);
	json_put_string(&j, "aead_backend", hf_crypto_aead_backend(s->crypto));
	json_key(&j, "results");
	json_array(&j);
	for (unsigned i = 0; i < s->results; i++) {
		const struct speed_result *r = &s->result[i];

		json_object(&j);
		json_put_string(&j, "kind", kinds[r->kind]);
		json_put_string(&j, "name", r->name);
		if (r->backend)
			json_put_string(&j, "backend", r->backend);
		if (r->octets > 0)
			json_put_u64(&j, "octets", r->octets);
		json_put_u64(&j, "ps", (uint64_t)(r->ns * 1000));
		json_put_u64(&j, "per_cpu_s", (uint64_t)(1e9 / r->ns));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
}

/* ---- the run ---- */

static hf_status make_cred(struct speed *s, const struct mint_ca *ca, enum speed_key which)
{
	static const struct {
		enum crypto_key_kind kind;
		unsigned bits;
	} keys[SPEED_KEY_COUNT] = {
		[SPEED_P256] = { CRYPTO_KEY_P256, 0 },
		[SPEED_P384] = { CRYPTO_KEY_P384, 0 },
		[SPEED_ED25519] = { CRYPTO_KEY_ED25519, 0 },
		[SPEED_RSA_2048] = { CRYPTO_KEY_RSA, 2048 },
	};
	const struct hf_bytes name = hf_bytes_of("localhost");
	const struct mint_leaf_ask ask = {
		.names = &name,
		.name_count = 1,
		.key = keys[which].kind,
		.bits = keys[which].bits,
		.now_s = s->unix_ns / HF_S(1),
		.days = 1,
	};
	struct hf_cert_trouble trouble;
	struct mint_leaf leaf;
	hf_status st = mint_leaf_make(ca, &ask, &leaf);

	if (st != HF_OK)
		return st;
	st = hf_cred_load(s->crypto, hf_bytes_of(leaf.chain.at), hf_bytes_of(leaf.key.at), &s->cred[which], &trouble);
	mint_leaf_free(&leaf);
	return st;
}

static hf_status make_creds(struct speed *s, struct mint_blob *root)
{
	const uint64_t now = s->unix_ns / HF_S(1);
	const struct mint_ca_ask ask = {
		.name = "Handfast speed", .key = CRYPTO_KEY_P256, .not_before = now - 3600, .not_after = now + 2 * 86400
	};
	struct mint_ca *ca;
	hf_status st;

	HF_TRY(mint_ca_make(s->crypto, &ask, &ca));
	st = mint_ca_cert(ca, MINT_ROOT, root);
	for (enum speed_key k = 0; k < SPEED_KEY_COUNT && st == HF_OK; k++)
		st = make_cred(s, ca, k);
	mint_ca_free(ca);
	return st;
}

static void clear_progress(const struct speed *s)
{
	if (s->progress)
		fputs("\r\033[K", stderr);
}

static int print(const struct speed *s, bool json)
{
	struct look look = look_of(stdout);
	struct text t;

	text_init(&t);
	if (json) {
		put_json(&t, s);
	} else {
		put_table(&t, s, &look);
		put_reasons(&t, s, &look);
	}
	if (!t.failed)
		fputs(text_str(&t), stdout);
	else
		cmd_say(CMD_speed, "memory has run out");
	if (t.failed) {
		text_free(&t);
		return hf_status_exit(HF_SYSTEM);
	}
	text_free(&t);
	return cmd_flush(CMD_speed);
}

static int run(struct speed *s, bool json)
{
	struct mint_blob root = { 0 };
	hf_status st = hf_crypto_open(&s->crypto);
	int code = 0;

	if (st == HF_OK)
		st = make_creds(s, &root);
	if (st == HF_OK) {
		s->root = (struct hf_bytes){ (const uint8_t *)root.at, root.len };
		speed_primitives(s);
		speed_handshakes(s);
		clear_progress(s);
		st = s->failed ? HF_SYSTEM : HF_OK;
	}
	if (st == HF_OK)
		code = print(s, json);
	else
		cmd_say(CMD_speed, "libcrypto cannot do what is measured here: %s", hf_status_sentence(st));
	for (enum speed_key k = 0; k < SPEED_KEY_COUNT; k++)
		hf_cred_free(s->cred[k]);
	mint_blob_free(&root);
	hf_crypto_close(s->crypto);
	return st == HF_OK ? code : hf_status_exit(st);
}

int cmd_speed(int argc, char **argv)
{
	struct speed s = { .unix_ns = (uint64_t)time(NULL) * HF_S(1) };
	hf_time_ns seconds = SECONDS_DEFAULT;
	struct cmd_args a;
	bool json = false;

	cmd_args_begin(&a, CMD_speed, argc, argv);
	for (int id; (id = cmd_args_next(&a)) != OPT_END;) {
		switch (id) {
		case OPT_WRONG:
			return 2;
		case OPT_ANSWERED:
			return 0;
		case OPT_speed_JSON:
			json = true;
			break;
		case OPT_speed_SECONDS:
			if (!cmd_parse_seconds(a.value, &seconds) || seconds < SECONDS_MIN || seconds > SECONDS_MAX)
				return cmd_usage(CMD_speed, "--seconds %s: 0.1 to 3600 are meant", a.value);
			break;
		}
	}
	if (a.operands > 0)
		return cmd_usage(CMD_speed, "nothing is to be named here, but there is %s", a.operand[0]);
	s.slice = seconds / (SPEED_PRIMITIVES + 2 * SPEED_HANDSHAKES);
	s.progress = isatty(STDERR_FILENO) && !json;
	return run(&s, json);
}
