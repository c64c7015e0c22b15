/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include "base/bits.h"

void hf_rng_init(struct hf_rng *r, const uint8_t seed[16])
{
	*r = (struct hf_rng){ .key = hf_sipkey_from(seed) };
}

uint64_t hf_rng_u64(struct hf_rng *r)
{
	uint64_t n = r->counter++;

	return hf_siphash(&r->key, &n, sizeof(n));
}

/*
 * x * n / 2^32 for a 32-bit x is in 0..n-1, but some results come from one x more than others. The first 2^32 mod n
 * remainders belong to the surplus; drawing again for them leaves every result the same number of x.
 */
uint32_t hf_rng_below(struct hf_rng *r, uint32_t n)
{
	uint64_t m;

	HF_ASSERT(n > 0);
	m = (hf_rng_u64(r) >> 32) * n;
	if (HF_UNLIKELY((uint32_t)m < n)) {
		uint32_t surplus = -n % n;

		while ((uint32_t)m < surplus)
			m = (hf_rng_u64(r) >> 32) * n;
	}
	return (uint32_t)(m >> 32);
}
