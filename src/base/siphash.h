/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_SIPHASH_H
#define HF_BASE_SIPHASH_H

#include "hf/types.h"

/* SipHash-2-4 (Aumasson, Bernstein 2012) with a 128-bit key. */
struct hf_sipkey {
	uint64_t k0, k1;
};

struct hf_sipkey hf_sipkey_from(const uint8_t bytes[16]);
uint64_t hf_siphash(const struct hf_sipkey *key, const void *at, size_t len);
/* SipHash-1-3: for hash tables, where a flood is the threat and not forgery. */
uint64_t hf_siphash13(const struct hf_sipkey *key, const void *at, size_t len);

#endif
