/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_CSUM_H
#define HF_BASE_CSUM_H

#include "hf/types.h"

/*
 * The Internet checksum (RFC 1071), in parts. A sum is kept unfolded; parts of odd length are joined by their offset.
 *	sum = hf_csum_add(0, header, n); sum = hf_csum_join(sum, n, hf_csum_add(0, data, m)); field = hf_csum_finish(sum)
 */
uint64_t hf_csum_add(uint64_t sum, const void *at, size_t len);
/* Adds a partial sum whose first octet lies at octet `offset` of the whole. */
uint64_t hf_csum_join(uint64_t sum, size_t offset, uint64_t part);
/* Copies and sums in one pass over the data. */
uint64_t hf_csum_copy(void *to, const void *from, size_t len);
/* Folds to 16 bits without complementing: the value in host order as hf_csum_finish() has it. */
uint16_t hf_csum_fold(uint64_t sum);
/* The checksum field's value in host order, ready for hf_store16()/hf_wr_u16(). Over bytes that hold a right checksum it is 0. */
uint16_t hf_csum_finish(uint64_t sum);
/* The pseudo header of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1): for mapped addresses the IPv4 one. */
uint64_t hf_csum_pseudo(const struct hf_addr *src, const struct hf_addr *dst, uint8_t proto, uint32_t len);

#endif
