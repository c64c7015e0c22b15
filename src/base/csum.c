/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum. RFC 1071 allows three liberties, and all are taken here: words may be summed in the machine's
 * byte order and the result swapped at the end (2.B), in wider units than 16 bits (2.C), with the carries kept for later (2.A).
 *
 * The bulk loop wants as few instructions an octet as it can have. Adding 64-bit words loses their carries; splitting each
 * into two 32-bit halves costs a mask and an addition more. Instead each lane keeps
 *	all  = the sum of its words modulo 2^64, and
 *	high = the exact sum of their upper halves,
 * from which the exact sum of the lower halves follows at the end: all - high * 2^32 modulo 2^64. Both stay exact up to 2^32
 * words a lane, far beyond any length there is.
 */
#include "base/csum.h"

#include "base/bits.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hf_load and hf_store swap, so words here are little endian");

#define BLOCK_BYTES 64u /* of the bulk loops */

#if defined(__clang__) /* unrolls by itself, and worse when told how often */
#define UNROLL(n)
#else
#define UNROLL_(text) _Pragma(#text)
#define UNROLL(n) UNROLL_(GCC unroll n)
#endif

static inline uint64_t add_carry(uint64_t a, uint64_t b);
static inline uint64_t sum_rest(uint64_t sum, const uint8_t *p, size_t len);
static inline uint64_t sum_words(const uint8_t *p, size_t len);
static inline bool have_vectors(void);
static uint64_t sum_vectors(const uint8_t *p, size_t len);

uint64_t hf_csum_add(uint64_t sum, const void *at, size_t len)
{
	const uint8_t *p = at;
	size_t bulk = len & ~(size_t)(BLOCK_BYTES - 1);

	if (bulk) {
		sum = add_carry(sum, have_vectors() ? sum_vectors(p, bulk) : sum_words(p, bulk));
		p += bulk;
	}
	return sum_rest(sum, p, len - bulk);
}

uint64_t hf_csum_join(uint64_t sum, size_t offset, uint64_t part)
{
	/* At an odd offset each octet of the part stands in the other half of its word (RFC 1071 2.B). */
	if (offset & 1)
		part = hf_csum_fold(part);
	return add_carry(sum, part);
}

static inline uint64_t add_carry(uint64_t a, uint64_t b)
{
	uint64_t sum;
	bool carry = __builtin_add_overflow(a, b, &sum);

	return sum + carry;
}

/* What is too short for the bulk loop: headers, tails. */
static inline uint64_t sum_rest(uint64_t sum, const uint8_t *p, size_t len)
{
	uint64_t w = 0;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&w, p, 8);
		sum = add_carry(sum, w);
	}
	w = 0;
	if (len & 4) {
		uint32_t v;

		memcpy(&v, p, 4);
		w += v;
		p += 4;
	}
	if (len & 2) {
		uint16_t v;

		memcpy(&v, p, 2);
		w += v;
		p += 2;
	}
	if (len & 1)
		w += *p; /* the octet that is missing behind it counts as zero */
	return add_carry(sum, w);
}

/* The same sums in plain C, which compilers turn into the vectors of the least machine they build for. */
static inline uint64_t sum_words(const uint8_t *p, size_t len)
{
	uint64_t all = 0, high = 0;

	UNROLL(4)
	for (size_t i = 0; i < len; i += 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		all += w;
		high += w >> 32;
	}
	return all - (high << 32) + high;
}

#if defined(__x86_64__) && !defined(HF_CSUM_PORTABLE)
typedef uint64_t lanes __attribute__((vector_size(32)));
typedef uint64_t lanes_anywhere __attribute__((vector_size(32), aligned(1), may_alias));

/*
 * Two pairs of accumulators break the chain of dependent additions. The sums over lanes are exact for the reason that each
 * lane's are.
 */
__attribute__((target("avx2"))) static uint64_t sum_vectors(const uint8_t *p, size_t len)
{
	lanes all0 = { 0 }, all1 = { 0 }, high0 = { 0 }, high1 = { 0 };
	uint64_t all = 0, high = 0;

	UNROLL(2)
	for (size_t i = 0; i < len; i += BLOCK_BYTES) {
		lanes w0 = *(const lanes_anywhere *)(const void *)(p + i);
		lanes w1 = *(const lanes_anywhere *)(const void *)(p + i + sizeof(lanes));

		all0 += w0;
		all1 += w1;
		high0 += w0 >> 32;
		high1 += w1 >> 32;
	}
	all0 += all1;
	high0 += high1;
	for (unsigned i = 0; i < sizeof(lanes) / 8; i++) {
		all += all0[i];
		high += high0[i];
	}
	return all - (high << 32) + high;
}

static inline bool have_vectors(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
static inline bool have_vectors(void)
{
	return false;
}

static uint64_t sum_vectors(const uint8_t *p, size_t len)
{
	return sum_words(p, len);
}
#endif
