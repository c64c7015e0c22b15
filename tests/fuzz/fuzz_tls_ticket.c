/* SPDX-License-Identifier: MIT */
/* Sessions as a client keeps them, and tickets as they come back to a server: octets from anywhere, and changed genuine ones. */
#include "fuzz.h"

#include <string.h>

#include "tls/tls_internal.h"

static struct hf_crypto *crypto;
static const uint8_t key[32] = "the key that seals tickets";
static const uint8_t name[TLS_TICKET_NAME] = "its name";
static const uint8_t nonce[CRYPTO_AEAD_NONCE] = "and nonce";

/* Written again it is the same. */
static void parse_session(struct hf_bytes b)
{
	struct tls_session s;
	uint8_t again[TLS_SESSION_MAX];
	size_t n;
	hf_status put;

	if (tls_session_parse(b, &s) != HF_OK)
		return;
	FUZZ_CHECK(fuzz_inside(s.ticket, b.at, b.len) && fuzz_inside(s.alpn, b.at, b.len) &&
		   fuzz_inside(s.name, b.at, b.len));
	FUZZ_CHECK(tls_suite_find(s.suite) && tls_suite_find(s.suite)->version == s.version);
	put = tls_session_put(&s, again, sizeof(again), &n);
	FUZZ_CHECK(put == HF_OK || (put == HF_TOO_BIG && b.len > sizeof(again)));
	if (put == HF_OK)
		FUZZ_CHECK(fuzz_same((struct hf_bytes){ again, n }, b));
}

/* Not one of ours: it must not open. */
static void open_stranger(struct hf_bytes b)
{
	uint8_t room[TLS_TICKET_MAX];
	struct tls_session s;
	struct hf_bytes found;

	(void)!tls_ticket_name(b, &found);
	FUZZ_CHECK(tls_ticket_open(crypto, key, b, room, &s) == HF_MALFORMED);
}

/* Sealed with our key, but not by this program's seal: the form is judged all the same. */
static void open_sealed(struct hf_bytes b)
{
	uint8_t ticket[TLS_TICKET_MAX], room[TLS_TICKET_MAX];
	const size_t front = TLS_TICKET_NAME + 1 + sizeof(nonce);
	struct crypto_aead aead = { 0 };
	struct tls_session s;
	struct hf_room to = { ticket + front, b.len + CRYPTO_AEAD_TAG };

	if (front + to.len > sizeof(ticket))
		return;
	memcpy(ticket, name, sizeof(name));
	ticket[TLS_TICKET_NAME] = 1;
	memcpy(ticket + TLS_TICKET_NAME + 1, nonce, sizeof(nonce));
	FUZZ_CHECK(crypto_aead_set(&aead, crypto, CRYPTO_AES_256_GCM, key, true) == HF_OK);
	crypto_aead_seal(&aead, nonce, (struct hf_bytes){ ticket, TLS_TICKET_NAME + 1 }, &b, 1, &to, 1);
	crypto_aead_clear(&aead);
	if (tls_ticket_open(crypto, key, (struct hf_bytes){ ticket, front + to.len }, room, &s) == HF_OK) {
		FUZZ_CHECK(tls_suite_find(s.suite) && tls_suite_find(s.suite)->version == s.version);
		FUZZ_CHECK(fuzz_inside(s.alpn, room, sizeof(room)) && fuzz_inside(s.name, room, sizeof(room)));
	}
}

/* A genuine ticket with some octets of it changed. */
static void open_changed(struct hf_bytes b)
{
	uint8_t ticket[TLS_TICKET_MAX], room[TLS_TICKET_MAX];
	bool changed = false;
	const struct tls_session made = {
		.version = TLS_VERSION_1_3,
		.suite = TLS_SUITE_AES_128_GCM_SHA256,
		.secret_len = 32,
		.lifetime_s = 7200,
		.alpn = { (const uint8_t *)"h2", 2 },
	};
	struct tls_session s;
	size_t n;

	FUZZ_CHECK(tls_ticket_seal(crypto, name, key, nonce, &made, ticket, sizeof(ticket), &n) == HF_OK);
	for (size_t i = 0; i + 1 < b.len; i += 2) {
		ticket[b.at[i] % n] ^= b.at[i + 1];
		changed = changed || b.at[i + 1] != 0;
	}
	/* Two changes may undo each other. */
	if (tls_ticket_open(crypto, key, (struct hf_bytes){ ticket, n }, room, &s) == HF_OK) {
		FUZZ_CHECK(!changed || b.len > 3);
		FUZZ_CHECK(s.suite == made.suite && s.lifetime_s == made.lifetime_s && fuzz_same(s.alpn, made.alpn));
	}
}

/* Whatever a client has kept, it makes a hello. */
static void offer(struct hf_bytes b, uint16_t version)
{
	static _Alignas(64) uint8_t mem[16384], room[65536];
	const struct hf_tls_config cfg = { .crypto = crypto, .min_version = version, .max_version = version };
	const struct hf_tls_start start = { .name = { (const uint8_t *)"a.test", 6 }, .session = b, .entropy = "x" };
	static uint8_t plain[HF_TLS_PLAIN_ROOM], out[16384];
	struct hf_tls_io io = { .plain = plain, .out = out, .out_room = sizeof(out) };
	struct hf_tls *t;

	FUZZ_CHECK(hf_tls_memory() <= sizeof(mem) && hf_tls_room() <= sizeof(room));
	FUZZ_CHECK(hf_tls_init(mem, (struct hf_room){ room, sizeof(room) }, &cfg, &start, 0, &t) == HF_OK);
	FUZZ_CHECK(hf_tls_step(t, &io, 0) == HF_TLS_WANTS_INPUT && io.out_len > 0);
	hf_tls_end(t);
}

#define SESSION(version, suite, length, secret) \
	"\x01" version suite "\x02\0\0\x1c\x20\1\2\3\4\0\0\0\0\0\0\0\0\0\0\0\1" length secret
#define SECRET_32 "abcdefghijklmnopabcdefghijklmnop"
#define SECRET_48 SECRET_32 "abcdefghijklmnop"

FUZZ_SEEDS(FUZZ_SEED("\0" SESSION("\3\4", "\x13\1", "\x20", SECRET_32) "\2h2\x06"
								       "a.test\0\4tick"),
	   FUZZ_SEED("\0" SESSION("\3\4", "\x13\2", "\x30", SECRET_48) "\0\0\0\4tick"),
	   FUZZ_SEED("\0" SESSION("\3\3", "\xc0\x2b", "\x30", SECRET_48) "\0\x06"
									 "a.test\0\4tick"),
	   FUZZ_SEED("\1its name\0\0\0\0\0\0\0\0\1and nonce\0\0\0" SECRET_48),
	   FUZZ_SEED("\2" SESSION("\3\4", "\x13\1", "\x20", SECRET_32) "\2h2\x06"
								       "a.test"),
	   FUZZ_SEED("\3\x20\1\x30\2"));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_bytes b;

	if (size == 0)
		return 0;
	if (!crypto)
		FUZZ_CHECK(hf_crypto_open(&crypto) == HF_OK);
	b = (struct hf_bytes){ fuzz_copy(data + 1, size - 1), size - 1 };
	switch (data[0] % 4) {
	case 0:
		parse_session(b);
		offer(b, data[0] & 4 ? HF_TLS_1_2 : HF_TLS_1_3);
		break;
	case 1:
		open_stranger(b);
		break;
	case 2:
		open_sealed(b);
		break;
	default:
		open_changed(b);
		break;
	}
	free((void *)(uintptr_t)b.at);
	return 0;
}
