/* SPDX-License-Identifier: MIT */
/* SipHash-c-d as its paper has it (Aumasson, Bernstein: SipHash: a fast short-input PRF, 2012, section 2). */
#include "base/siphash.h"

#include "base/bits.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline __attribute__((always_inline)) uint64_t hash(const struct hf_sipkey *key, const uint8_t *p, size_t len,
							   int c, int d);

struct hf_sipkey hf_sipkey_from(const uint8_t bytes[16])
{
	struct hf_sipkey key;

	memcpy(&key.k0, bytes, 8); /* little endian, as the paper and the machine */
	memcpy(&key.k1, bytes + 8, 8);
	return key;
}

uint64_t hf_siphash(const struct hf_sipkey *key, const void *at, size_t len)
{
	return hash(key, at, len, 2, 4);
}

uint64_t hf_siphash13(const struct hf_sipkey *key, const void *at, size_t len)
{
	return hash(key, at, len, 1, 3);
}

static inline uint64_t rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline __attribute__((always_inline)) void sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline __attribute__((always_inline)) void compress(struct state *s, uint64_t m, int c)
{
	s->v3 ^= m;
	for (int i = 0; i < c; i++)
		sip_round(s);
	s->v0 ^= m;
}

static inline __attribute__((always_inline)) uint64_t hash(const struct hf_sipkey *key, const uint8_t *p, size_t len,
							   int c, int d)
{
	struct state s = {
		key->k0 ^ 0x736f6d6570736575u, /* "somepseudorandomlygeneratedbytes" */
		key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u,
		key->k1 ^ 0x7465646279746573u,
	};
	uint64_t last = (uint64_t)len << 56;
	size_t left = len & 7;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		uint64_t m;

		memcpy(&m, p + i, 8);
		compress(&s, m, c);
	}
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)p[len - left + i] << (8 * i);
	compress(&s, last, c);

	s.v2 ^= 0xff;
	for (int i = 0; i < d; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
