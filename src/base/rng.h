/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_RNG_H
#define HF_BASE_RNG_H

#include "base/siphash.h"

/* Random numbers from a seed that the caller injects: SipHash-2-4 over a counter. The same seed gives the same numbers. */
struct hf_rng {
	struct hf_sipkey key;
	uint64_t counter;
};

void hf_rng_init(struct hf_rng *r, const uint8_t seed[16]);
uint64_t hf_rng_u64(struct hf_rng *r);
uint32_t hf_rng_below(struct hf_rng *r, uint32_t n); /* uniform in 0..n-1; n > 0 */

#endif
