/* SPDX-License-Identifier: MIT */
#include "hf/driver.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

hf_time_ns hf_clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return HF_S(t.tv_sec) + (hf_time_ns)t.tv_nsec;
}

hf_status hf_entropy(void *to, size_t n)
{
	uint8_t *at = to;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return HF_SYSTEM;
		at += got;
		n -= (size_t)got;
	}
	return HF_OK;
}

/* SplitMix64 (Steele, Lea, Flood 2014): spreads any seed, small numbers too, over all bits. Not for secrets. */
void hf_entropy_from_seed(uint64_t seed, void *to, size_t n)
{
	uint8_t *at = to;
	uint64_t z = 0;

	for (size_t i = 0; i < n; i++) {
		if (i % 8 == 0) {
			seed += 0x9e3779b97f4a7c15u;
			z = seed;
			z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
			z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
			z ^= z >> 31;
		}
		at[i] = (uint8_t)(z >> (8 * (i % 8)));
	}
}
