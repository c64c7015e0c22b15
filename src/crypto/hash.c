/* SPDX-License-Identifier: MIT */
/*
 * libcrypto's newer interface to its hashes takes memory and a lock for every context, and a name for every kind: more than
 * the few hundred octets that a handshake hashes at a time cost themselves. The older one computes with the same code in a
 * struct of ours; it is marked deprecated, but is there in every libcrypto 3.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/bits.h"
#include "base/wr.h"
#include "crypto/hash.h"

#define INNER_PAD 0x36u /* RFC 2104 2 */
#define OUTER_PAD 0x5cu

#define LABEL_MAX 255u /* RFC 8446 7.1: label<7..255>, context<0..255> */
#define CONTEXT_MAX 255u
#define LABEL_PREFIX "tls13 "

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct crypto_hash *)0)->room), "a SHA-256 context fits");
_Static_assert(sizeof(SHA512_CTX) <= sizeof(((struct crypto_hash *)0)->room), "a SHA-512 context fits");
_Static_assert(_Alignof(SHA512_CTX) <= 8, "and is aligned");

static SHA256_CTX *as_256(struct crypto_hash *h)
{
	return (SHA256_CTX *)(void *)h->room;
}

static SHA512_CTX *as_512(struct crypto_hash *h)
{
	return (SHA512_CTX *)(void *)h->room;
}

static size_t block_size(enum crypto_hash_id id)
{
	return id == CRYPTO_SHA256 ? 64 : 128;
}

size_t crypto_hash_size(enum crypto_hash_id id)
{
	static const uint8_t sizes[CRYPTO_HASH_COUNT] = {
		[CRYPTO_SHA256] = 32,
		[CRYPTO_SHA384] = 48,
		[CRYPTO_SHA512] = 64,
	};

	HF_ASSERT(id < CRYPTO_HASH_COUNT);
	return sizes[id];
}

/* The older interface answers 1 always: it has no way to fail but a counter that runs over after 2^61 octets. */
void crypto_hash_init(struct crypto_hash *h, enum crypto_hash_id id)
{
	HF_ASSERT(id < CRYPTO_HASH_COUNT);
	h->id = (uint8_t)id;
	if (id == CRYPTO_SHA256)
		SHA256_Init(as_256(h));
	else if (id == CRYPTO_SHA384)
		SHA384_Init(as_512(h));
	else
		SHA512_Init(as_512(h));
}

void crypto_hash_add(struct crypto_hash *h, struct hf_bytes b)
{
	if (b.len == 0)
		return;
	if (h->id == CRYPTO_SHA256)
		SHA256_Update(as_256(h), b.at, b.len);
	else
		SHA512_Update(as_512(h), b.at, b.len);
}

/* Writes the hash, and the computation is over. SHA-384 is told by its context. */
static void finish(struct crypto_hash *h, uint8_t *ret)
{
	if (h->id == CRYPTO_SHA256)
		SHA256_Final(ret, as_256(h));
	else
		SHA512_Final(ret, as_512(h));
}

void crypto_hash_peek(const struct crypto_hash *h, uint8_t *ret)
{
	struct crypto_hash fork = *h;

	finish(&fork, ret);
	crypto_wipe(&fork, sizeof(fork));
}

void crypto_hash_of(enum crypto_hash_id id, struct hf_bytes b, uint8_t *ret)
{
	struct crypto_hash h;

	crypto_hash_init(&h, id);
	crypto_hash_add(&h, b);
	finish(&h, ret);
	crypto_wipe(&h, sizeof(h));
}

static void start_pad(struct crypto_hash *h, enum crypto_hash_id id, const uint8_t *key, uint8_t pad)
{
	uint8_t block[CRYPTO_BLOCK_MAX];
	size_t size = block_size(id);

	for (size_t i = 0; i < size; i++)
		block[i] = key[i] ^ pad;
	crypto_hash_init(h, id);
	crypto_hash_add(h, (struct hf_bytes){ block, size });
	crypto_wipe(block, sizeof(block));
}

/* RFC 2104 2: a key longer than a block counts with its hash. */
void crypto_hmac_init(struct crypto_hmac *m, enum crypto_hash_id id, struct hf_bytes key)
{
	uint8_t block[CRYPTO_BLOCK_MAX] = { 0 };

	if (key.len > block_size(id))
		crypto_hash_of(id, key, block);
	else if (key.len > 0)
		memcpy(block, key.at, key.len);
	start_pad(&m->inner, id, block, INNER_PAD);
	start_pad(&m->outer, id, block, OUTER_PAD);
	crypto_wipe(block, sizeof(block));
}

void crypto_hmac_add(struct crypto_hmac *m, struct hf_bytes b)
{
	crypto_hash_add(&m->inner, b);
}

void crypto_hmac_end(struct crypto_hmac *m, uint8_t *ret)
{
	uint8_t inner[CRYPTO_HASH_MAX];

	finish(&m->inner, inner);
	crypto_hash_add(&m->outer, (struct hf_bytes){ inner, crypto_hash_size(m->outer.id) });
	finish(&m->outer, ret);
	crypto_wipe(inner, sizeof(inner));
	crypto_wipe(m, sizeof(*m));
}

void crypto_hmac_of(enum crypto_hash_id id, struct hf_bytes key, struct hf_bytes b, uint8_t *ret)
{
	struct crypto_hmac m;

	crypto_hmac_init(&m, id, key);
	crypto_hmac_add(&m, b);
	crypto_hmac_end(&m, ret);
}

/* An empty salt is a string of zeros, which is what an empty key comes to for HMAC. */
void crypto_hkdf_extract(enum crypto_hash_id id, struct hf_bytes salt, struct hf_bytes ikm, uint8_t *ret)
{
	crypto_hmac_of(id, salt, ikm, ret);
}

/* T(i) = HMAC(PRK, T(i-1) | info | i). The key's pads are hashed once for all blocks. */
void crypto_hkdf_expand(enum crypto_hash_id id, struct hf_bytes prk, struct hf_bytes info, uint8_t *ret, size_t n)
{
	struct crypto_hmac keyed, m;
	uint8_t block[CRYPTO_HASH_MAX];
	size_t size = crypto_hash_size(id), have = 0;

	HF_ASSERT(n <= 255 * size);
	crypto_hmac_init(&keyed, id, prk);
	for (uint8_t i = 1; n > 0; i++) {
		size_t part = hf_min_u64(n, size);

		m = keyed;
		crypto_hmac_add(&m, (struct hf_bytes){ block, have });
		crypto_hmac_add(&m, info);
		crypto_hmac_add(&m, (struct hf_bytes){ &i, 1 });
		crypto_hmac_end(&m, block);
		memcpy(ret, block, part);
		ret += part;
		n -= part;
		have = size;
	}
	crypto_wipe(&keyed, sizeof(keyed));
	crypto_wipe(block, sizeof(block));
}

void crypto_hkdf_label(enum crypto_hash_id id, struct hf_bytes secret, const char *label, struct hf_bytes context,
		       uint8_t *ret, size_t n)
{
	uint8_t room[2 + 1 + LABEL_MAX + 1 + CONTEXT_MAX];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	size_t prefix = strlen(LABEL_PREFIX), len = strlen(label), info;

	HF_ASSERT(prefix + len <= LABEL_MAX && context.len <= CONTEXT_MAX && n <= UINT16_MAX);
	hf_wr_u16(&out, (uint16_t)n);
	hf_wr_u8(&out, (uint8_t)(prefix + len));
	hf_wr_copy(&out, LABEL_PREFIX, prefix);
	hf_wr_copy(&out, label, len);
	hf_wr_u8(&out, (uint8_t)context.len);
	hf_wr_copy(&out, context.at, context.len);
	info = hf_wr_len(&out);
	crypto_hkdf_expand(id, secret, (struct hf_bytes){ room, info }, ret, n);
}

/* P_hash: A(0) is the seed, A(i) = HMAC(secret, A(i-1)), and the output HMAC(secret, A(i) | seed) for i = 1, 2, ... */
void crypto_tls12_prf(enum crypto_hash_id id, struct hf_bytes secret, const char *label, struct hf_bytes seed1,
		      struct hf_bytes seed2, uint8_t *ret, size_t n)
{
	const struct hf_bytes seed[] = { { (const uint8_t *)label, strlen(label) }, seed1, seed2 };
	struct crypto_hmac keyed, m;
	uint8_t a[CRYPTO_HASH_MAX], block[CRYPTO_HASH_MAX];
	size_t size = crypto_hash_size(id);

	crypto_hmac_init(&keyed, id, secret);
	m = keyed;
	for (size_t i = 0; i < 3; i++)
		crypto_hmac_add(&m, seed[i]);
	crypto_hmac_end(&m, a);
	while (n > 0) {
		size_t part = hf_min_u64(n, size);

		m = keyed;
		crypto_hmac_add(&m, (struct hf_bytes){ a, size });
		for (size_t i = 0; i < 3; i++)
			crypto_hmac_add(&m, seed[i]);
		crypto_hmac_end(&m, block);
		memcpy(ret, block, part);
		ret += part;
		n -= part;
		m = keyed;
		crypto_hmac_add(&m, (struct hf_bytes){ a, size });
		crypto_hmac_end(&m, a);
	}
	crypto_wipe(&keyed, sizeof(keyed));
	crypto_wipe(a, sizeof(a));
	crypto_wipe(block, sizeof(block));
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void crypto_wipe(void *p, size_t n)
{
	memset(p, 0, n);
	/* Whoever may read *p here keeps the compiler from dropping the line above. */
	__asm__ volatile("" : : "r"(p) : "memory");
}
