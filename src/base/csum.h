/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_CSUM_H
#define HF_BASE_CSUM_H

#include "hf/types.h"

#include <string.h>

/*
 * The Internet checksum (RFC 1071), in parts. A sum is kept unfolded; parts of odd length are joined by their offset.
 *	sum = hf_csum_add(0, header, n); sum = hf_csum_join(sum, n, hf_csum_add(0, data, m)); field = hf_csum_finish(sum)
 */
uint64_t hf_csum_add(uint64_t sum, const void *at, size_t len);
/* Adds a partial sum whose first octet lies at octet `offset` of the whole. */
uint64_t hf_csum_join(uint64_t sum, size_t offset, uint64_t part);
/* Short pieces, inline. A sum of their 32-bit words stays far below 2^64, so that those of a few pieces may be added with +. */
static inline uint64_t hf_csum_words(const void *at, unsigned words)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < words; i++) {
		uint32_t w;

		memcpy(&w, (const uint8_t *)at + 4 * i, 4);
		sum += w;
	}
	return sum;
}

/* The 20 octets that every IPv4 and TCP header begins with. */
static inline uint64_t hf_csum_20(const void *at)
{
	return hf_csum_words(at, 5);
}

/*
 * The pseudo header of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1). One sum serves both families: the prefix of a mapped
 * address, ten octets of zero and two of ones, adds 65535, which is the other zero of this arithmetic. What is left of
 * IPv6's pseudo header then is IPv4's.
 */
static inline uint64_t hf_csum_pseudo(const struct hf_addr *src, const struct hf_addr *dst, uint8_t proto, uint32_t len)
{
	return (uint64_t)__builtin_bswap32(len) + __builtin_bswap16(proto) + hf_csum_words(src, 4) + hf_csum_words(dst, 4);
}

/* Folds to 16 bits a sum of values, not of octets as they lie in memory. */
static inline uint16_t hf_csum_fold_values(uint64_t sum)
{
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

/*
 * Folds to 16 bits without complementing: the value in host order as hf_csum_finish() has it. In machine order a sum folds
 * to its 16 bits swapped; swapping them is also what an odd offset asks for.
 */
static inline uint16_t hf_csum_fold(uint64_t sum)
{
	return __builtin_bswap16(hf_csum_fold_values(sum));
}

/* The checksum field's value in host order, ready for hf_store16()/hf_wr_u16(). Over bytes that hold a right checksum it is 0. */
static inline uint16_t hf_csum_finish(uint64_t sum)
{
	return (uint16_t)~hf_csum_fold(sum);
}

#endif
