/* SPDX-License-Identifier: MIT */
/*
 * AES-GCM (SP 800-38D) for processors that have AES and carry-less multiplication on vectors of 256 bits, but no AVX-512: AMD's
 * third generation, and Intel's without the wide vectors. Neither libcrypto 3.0 nor Intel's library 1.3 uses these there, and
 * two blocks at a time take little more than half as long: docs/decisions/0010-aes-gcm-on-256-bits.md.
 *
 * GHASH is reckoned as RFC 8452 Appendix A has it: with blocks read as numbers of the other byte order it is POLYVAL, whose
 * product a * b * x^-128 needs no shift of bits. Eight blocks are multiplied by H^8 ... H^1, and their sum is reduced once.
 * While the cipher works on eight blocks, the eight before them are multiplied: two chains that do not wait for each other.
 *
 * No branch and no address depends on a key or on data; how long it takes depends on lengths alone.
 */
#include <cpuid.h>
#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "crypto/aead_backend.h"
#include "crypto/hash.h"

#define VAES __attribute__((target("avx2,aes,pclmul,vaes,vpclmulqdq")))
#define INLINE static inline __attribute__((always_inline)) VAES

#define BLOCK 16u
#define BLOCKS 8u /* that are worked on together */
#define GROUP (BLOCKS * BLOCK)
#define ALIGN 64u

struct vaes_key {
	__m128i power[BLOCKS]; /* H^8 ... H^1 */
	uint64_t rounds;
	__m128i round[]; /* rounds + 1 */
};

struct vaes_run {
	__m128i sum;  /* GHASH of all whole blocks so far */
	__m128i mask; /* the tag's: the first counter block, enciphered */
	__m128i nonce;
	uint8_t stream[BLOCK], cipher[BLOCK]; /* of the block that is under way */
	uint32_t counter;                     /* of the next block */
	uint32_t used;                        /* octets of the block under way; 0: none is */
	uint64_t aad_len, len;
};

_Static_assert(sizeof(struct vaes_run) <= sizeof(struct crypto_aead_run), "the state fits");

/* Eight blocks. */
struct group {
	__m256i at[BLOCKS / 2];
};

/* A product that is not reduced yet. */
struct product {
	__m256i low, middle, high;
};

/* ---- the field ---- */

INLINE __m128i swap_octets(__m128i x)
{
	return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

INLINE __m256i swap_octets_2(__m256i x)
{
	return _mm256_shuffle_epi8(
		x, _mm256_broadcastsi128_si256(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}

INLINE void add_product_2(struct product *p, __m256i a, __m256i b)
{
	p->low = _mm256_xor_si256(p->low, _mm256_clmulepi64_epi128(a, b, 0x00));
	p->high = _mm256_xor_si256(p->high, _mm256_clmulepi64_epi128(a, b, 0x11));
	p->middle = _mm256_xor_si256(p->middle, _mm256_clmulepi64_epi128(a, b, 0x01));
	p->middle = _mm256_xor_si256(p->middle, _mm256_clmulepi64_epi128(a, b, 0x10));
}

INLINE void add_product(struct product *p, __m128i a, __m128i b)
{
	add_product_2(p, _mm256_zextsi128_si256(a), _mm256_zextsi128_si256(b));
}

INLINE __m128i fold_halves(__m256i x)
{
	return _mm_xor_si128(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
}

/* Montgomery's way: twice 64 bits of the low half are made zero by adding a multiple of x^128 + x^127 + x^126 + x^121 + 1. */
INLINE __m128i reduce(const struct product *p)
{
	const __m128i poly = _mm_set_epi64x(0, (long long)0xc200000000000000u);
	const __m128i middle = fold_halves(p->middle);
	__m128i low = _mm_xor_si128(fold_halves(p->low), _mm_slli_si128(middle, 8));
	const __m128i high = _mm_xor_si128(fold_halves(p->high), _mm_srli_si128(middle, 8));

	low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, poly, 0x00));
	low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, poly, 0x00));
	return _mm_xor_si128(low, high);
}

INLINE __m128i multiply(__m128i a, __m128i b)
{
	struct product p = { 0 };

	add_product(&p, a, b);
	return reduce(&p);
}

/* mulX_POLYVAL of RFC 8452 Appendix A. */
INLINE __m128i multiply_by_x(__m128i a)
{
	const __m128i poly = _mm_set_epi64x((long long)0xc200000000000000u, 1);
	const __m128i top = _mm_srai_epi32(_mm_shuffle_epi32(a, 0xff), 31); /* all ones when a bit falls out */
	const __m128i carried = _mm_slli_si128(_mm_srli_epi64(a, 63), 8);

	return _mm_xor_si128(_mm_or_si128(_mm_slli_epi64(a, 1), carried), _mm_and_si128(top, poly));
}

INLINE __m256i power_pair(const struct vaes_key *k, unsigned i)
{
	return _mm256_load_si256((const __m256i *)(const void *)&k->power[2 * i]);
}

INLINE void hash_pair(struct product *p, const struct vaes_key *k, const struct group *x, unsigned i)
{
	add_product_2(p, x->at[i], power_pair(k, i));
}

INLINE __m128i hash_group(const struct vaes_key *k, const struct group *x)
{
	struct product p = { 0 };

	for (unsigned i = 0; i < BLOCKS / 2; i++)
		hash_pair(&p, k, x, i);
	return reduce(&p);
}

/* The sum so far goes into the first block of the next ones. */
INLINE void add_sum(struct group *x, __m128i sum)
{
	x->at[0] = _mm256_xor_si256(x->at[0], _mm256_zextsi128_si256(sum));
}

/* ---- the cipher ---- */

INLINE __m128i encipher(const struct vaes_key *k, __m128i x)
{
	x = _mm_xor_si128(x, k->round[0]);
	for (uint64_t i = 1; i < k->rounds; i++)
		x = _mm_aesenc_si128(x, k->round[i]);
	return _mm_aesenclast_si128(x, k->round[k->rounds]);
}

INLINE __m256i round_key(const struct vaes_key *k, uint64_t i)
{
	return _mm256_broadcastsi128_si256(k->round[i]);
}

INLINE void add_round(struct group *x, const struct vaes_key *k, uint64_t i)
{
	const __m256i key = round_key(k, i);

	for (unsigned b = 0; b < BLOCKS / 2; b++)
		x->at[b] = _mm256_aesenc_epi128(x->at[b], key);
}

/* Counter blocks with the first round's key; the counter is a number of 32 bits in network order (SP 800-38D 6.2). */
INLINE void begin_stream(struct group *x, const struct vaes_key *k, const struct vaes_run *r)
{
	const __m256i key = round_key(k, 0), nonce = _mm256_broadcastsi128_si256(r->nonce);
	/* Words of a block in the other byte order: the counter is the lowest. */
	__m256i next = _mm256_add_epi32(_mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0),
					_mm256_broadcastsi128_si256(_mm_cvtsi32_si128((int)r->counter)));

	for (unsigned b = 0; b < BLOCKS / 2; b++) {
		x->at[b] = _mm256_xor_si256(_mm256_or_si256(swap_octets_2(next), nonce), key);
		next = _mm256_add_epi32(next, _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 2));
	}
}

INLINE void end_stream(struct group *x, const struct vaes_key *k)
{
	const __m256i key = round_key(k, k->rounds);

	for (unsigned b = 0; b < BLOCKS / 2; b++)
		x->at[b] = _mm256_aesenclast_epi128(x->at[b], key);
}

INLINE void make_stream(struct group *x, const struct vaes_key *k, const struct vaes_run *r)
{
	begin_stream(x, k, r);
	for (uint64_t i = 1; i < k->rounds; i++)
		add_round(x, k, i);
	end_stream(x, k);
}

/* The same, with the hash of eight other blocks between its rounds. */
INLINE __m128i make_stream_and_hash(struct group *x, const struct vaes_key *k, const struct vaes_run *r,
				    const struct group *y)
{
	struct product p = { 0 };
	__m128i sum;

	begin_stream(x, k, r);
	for (unsigned i = 0; i < BLOCKS / 2; i++) {
		add_round(x, k, 2 * i + 1);
		hash_pair(&p, k, y, i);
		add_round(x, k, 2 * i + 2);
	}
	sum = reduce(&p);
	for (uint64_t i = BLOCKS + 1; i < k->rounds; i++)
		add_round(x, k, i);
	end_stream(x, k);
	return sum;
}

INLINE __m256i load_pair(const uint8_t *at, unsigned i)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)(at + 2 * BLOCK * i));
}

INLINE void store_pair(uint8_t *at, unsigned i, __m256i x)
{
	_mm256_storeu_si256((__m256i *)(void *)(at + 2 * BLOCK * i), x);
}

/* Adds the stream to eight blocks; keeps what was written in `x`, to be hashed. */
INLINE void write_group(struct group *x, const uint8_t *in, uint8_t *out)
{
	for (unsigned b = 0; b < BLOCKS / 2; b++) {
		const __m256i cipher = _mm256_xor_si256(x->at[b], load_pair(in, b));

		store_pair(out, b, cipher);
		x->at[b] = swap_octets_2(cipher);
	}
}

/* groups > 0 */
VAES static void seal_groups(const struct vaes_key *k, struct vaes_run *r, const uint8_t *in, uint8_t *out, size_t groups)
{
	struct group before, x;
	__m128i sum = r->sum;

	make_stream(&before, k, r);
	r->counter += BLOCKS;
	write_group(&before, in, out);
	for (size_t i = 1; i < groups; i++) {
		in += GROUP;
		out += GROUP;
		add_sum(&before, sum);
		sum = make_stream_and_hash(&x, k, r, &before);
		r->counter += BLOCKS;
		write_group(&x, in, out);
		before = x;
	}
	add_sum(&before, sum);
	r->sum = hash_group(k, &before);
}

VAES static void open_groups(const struct vaes_key *k, struct vaes_run *r, const uint8_t *in, uint8_t *out, size_t groups)
{
	__m128i sum = r->sum;

	for (size_t i = 0; i < groups; i++) {
		struct group cipher, x;

		for (unsigned b = 0; b < BLOCKS / 2; b++)
			cipher.at[b] = swap_octets_2(load_pair(in, b));
		add_sum(&cipher, sum);
		sum = make_stream_and_hash(&x, k, r, &cipher);
		r->counter += BLOCKS;
		write_group(&x, in, out);
		in += GROUP;
		out += GROUP;
	}
	r->sum = sum;
}

/* ---- what is no whole group ---- */

INLINE __m128i load_block(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

INLINE void store_block(uint8_t *at, __m128i x)
{
	_mm_storeu_si128((__m128i *)(void *)at, x);
}

INLINE void hash_block(const struct vaes_key *k, struct vaes_run *r, __m128i block)
{
	r->sum = multiply(_mm_xor_si128(r->sum, swap_octets(block)), k->power[BLOCKS - 1]);
}

/* Octets of the block under way, which has room for them; its hash when it is whole. */
INLINE void go_on(const struct vaes_key *k, struct vaes_run *r, const uint8_t *in, uint8_t *out, size_t n, bool seals)
{
	for (size_t i = 0; i < n; i++, r->used++) {
		const uint8_t from = in[i], to = from ^ r->stream[r->used];

		out[i] = to;
		r->cipher[r->used] = seals ? to : from;
	}
	if (r->used == BLOCK) {
		hash_block(k, r, load_block(r->cipher));
		r->used = 0;
	}
}

/* Less than a group; afterwards the last block may be under way. */
VAES static void add_rest(const struct vaes_key *k, struct vaes_run *r, const uint8_t *in, uint8_t *out, size_t n, bool seals)
{
	_Alignas(32) uint8_t stream[GROUP];
	const size_t blocks = n / BLOCK;
	struct product p = { 0 };
	struct group x;

	make_stream(&x, k, r);
	for (unsigned b = 0; b < BLOCKS / 2; b++)
		store_pair(stream, b, x.at[b]);
	r->counter += (uint32_t)((n + BLOCK - 1) / BLOCK);
	for (size_t i = 0; i < blocks; i++) {
		const __m128i from = load_block(in + BLOCK * i), to = _mm_xor_si128(from, load_block(stream + BLOCK * i));
		__m128i y = swap_octets(seals ? to : from);

		if (i == 0)
			y = _mm_xor_si128(y, r->sum);
		store_block(out + BLOCK * i, to);
		add_product(&p, y, k->power[BLOCKS - blocks + i]);
	}
	if (blocks > 0)
		r->sum = reduce(&p);
	memcpy(r->stream, stream + BLOCK * blocks, BLOCK);
	go_on(k, r, in + BLOCK * blocks, out + BLOCK * blocks, n % BLOCK, seals);
	crypto_wipe(stream, sizeof(stream));
}

/* ---- keys ---- */

/* FIPS 197 5.2: each word is the one before it, added to the one a key's length before it. */
INLINE __m128i add_words(__m128i x)
{
	x = _mm_xor_si128(x, _mm_slli_si128(x, 4));
	return _mm_xor_si128(x, _mm_slli_si128(x, 8));
}

INLINE void expand_128(struct vaes_key *k, const uint8_t *key)
{
	__m128i a = load_block(key), constant = _mm_set1_epi32(1);

	k->round[0] = a;
	for (unsigned i = 1; i <= 10; i++) {
		a = _mm_xor_si128(add_words(a), _mm_shuffle_epi32(_mm_aeskeygenassist_si128(a, 0), 0xff));
		a = _mm_xor_si128(a, constant);
		k->round[i] = a;
		/* x * 2 in the cipher's field, from the ninth on (FIPS 197 4.2.1) */
		constant = i == 8 ? _mm_set1_epi32(0x1b) : _mm_slli_epi32(constant, 1);
	}
}

INLINE void expand_256(struct vaes_key *k, const uint8_t *key)
{
	__m128i a = load_block(key), b = load_block(key + BLOCK), constant = _mm_set1_epi32(1);

	k->round[0] = a;
	k->round[1] = b;
	for (unsigned i = 2; i <= 14; i += 2) {
		a = _mm_xor_si128(add_words(a), _mm_shuffle_epi32(_mm_aeskeygenassist_si128(b, 0), 0xff));
		a = _mm_xor_si128(a, constant);
		k->round[i] = a;
		if (i == 14)
			break;
		constant = _mm_slli_epi32(constant, 1);
		b = _mm_xor_si128(add_words(b), _mm_shuffle_epi32(_mm_aeskeygenassist_si128(a, 0), 0xaa));
		k->round[i + 1] = b;
	}
}

static size_t key_size(uint64_t rounds)
{
	const size_t n = sizeof(struct vaes_key) + (rounds + 1) * sizeof(__m128i);

	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

VAES static void *make(const struct crypto_aead_backend *self, const struct hf_crypto *c, enum crypto_aead_id id,
		       const uint8_t *key, bool seals)
{
	const uint64_t rounds = id == CRYPTO_AES_128_GCM ? 10 : 14;
	struct vaes_key *k = aligned_alloc(ALIGN, key_size(rounds));
	__m128i h;

	(void)self;
	(void)c;
	(void)seals;
	if (!k)
		return NULL;
	k->rounds = rounds;
	if (rounds == 10)
		expand_128(k, key);
	else
		expand_256(k, key);
	h = multiply_by_x(swap_octets(encipher(k, _mm_setzero_si128())));
	k->power[BLOCKS - 1] = h;
	for (unsigned i = BLOCKS - 1; i > 0; i--)
		k->power[i - 1] = multiply(k->power[i], h);
	return k;
}

static void drop(const struct crypto_aead_backend *self, void *ctx)
{
	struct vaes_key *k = ctx;

	(void)self;
	crypto_wipe(k, key_size(k->rounds));
	free(k);
}

/* ---- a message ---- */

VAES static void start(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *nonce, struct hf_bytes aad)
{
	const struct vaes_key *k = a->ctx;
	struct vaes_run *r = (struct vaes_run *)(void *)run->room;
	uint8_t block[BLOCK] = { 0 };

	memcpy(block, nonce, CRYPTO_AEAD_NONCE);
	r->nonce = load_block(block);
	block[BLOCK - 1] = 1;
	r->mask = encipher(k, load_block(block));
	r->counter = 2;
	r->used = 0;
	r->aad_len = aad.len;
	r->len = 0;
	r->sum = _mm_setzero_si128();
	for (size_t at = 0; at < aad.len; at += BLOCK) {
		memset(block, 0, sizeof(block));
		memcpy(block, aad.at + at, hf_min_u64(aad.len - at, BLOCK));
		hash_block(k, r, load_block(block));
	}
}

VAES static void add(const struct crypto_aead *a, struct crypto_aead_run *run, const uint8_t *in, uint8_t *out, size_t n)
{
	const struct vaes_key *k = a->ctx;
	struct vaes_run *r = (struct vaes_run *)(void *)run->room;
	const size_t first = r->used > 0 ? hf_min_u64(BLOCK - r->used, n) : 0, groups = (n - first) / GROUP;

	r->len += n;
	if (first > 0)
		go_on(k, r, in, out, first, a->seals);
	in += first;
	out += first;
	n -= first;
	if (groups > 0 && a->seals)
		seal_groups(k, r, in, out, groups);
	else if (groups > 0)
		open_groups(k, r, in, out, groups);
	if (n > groups * GROUP)
		add_rest(k, r, in + groups * GROUP, out + groups * GROUP, n - groups * GROUP, a->seals);
}

VAES static bool end(const struct crypto_aead *a, struct crypto_aead_run *run, uint8_t *tag)
{
	const struct vaes_key *k = a->ctx;
	struct vaes_run *r = (struct vaes_run *)(void *)run->room;
	uint8_t computed[CRYPTO_AEAD_TAG];
	uint64_t lengths[2]; /* in bits, in the other byte order */
	bool good = true;

	if (r->used > 0) {
		memset(r->cipher + r->used, 0, BLOCK - r->used);
		hash_block(k, r, load_block(r->cipher));
	}
	lengths[0] = 8 * r->len;
	lengths[1] = 8 * r->aad_len;
	r->sum = _mm_xor_si128(r->sum, load_block((const uint8_t *)lengths));
	r->sum = multiply(r->sum, k->power[BLOCKS - 1]);
	store_block(computed, _mm_xor_si128(swap_octets(r->sum), r->mask));
	if (a->seals)
		memcpy(tag, computed, sizeof(computed));
	else
		good = crypto_equal(computed, tag, sizeof(computed));
	crypto_wipe(run, sizeof(struct vaes_run));
	return good;
}

const struct crypto_aead_backend crypto_aead_vaes = {
	.name = "vaes",
	.make = make,
	.drop = drop,
	.start = start,
	.add = add,
	.end = end,
};

/* Leaf 7: what no version of the compilers' own question knows alike. */
#define CPUID_7_ECX_VAES (1u << 9)
#define CPUID_7_ECX_VPCLMULQDQ (1u << 10)

bool crypto_vaes_has(void)
{
	const unsigned want = CPUID_7_ECX_VAES | CPUID_7_ECX_VPCLMULQDQ;
	unsigned a, b, c, d;

	/* avx2: the system keeps the wide registers, too. */
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & want) == want;
}
