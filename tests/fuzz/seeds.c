/* SPDX-License-Identifier: MIT */
/*
 * Links libFuzzer to the good messages of a fuzzer: now and then a mutation starts over from one of them, or puts the
 * tail of one behind the head of what is there.
 */
#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	const struct hf_bytes *s = &fuzz_seeds[seed / 64u % fuzz_seed_count];

	if ((size < 2 || seed % 64u == 0) && s->len <= max) {
		memcpy(data, s->at, s->len);
		size = s->len;
	} else if (seed % 64u == 1 && size < s->len && s->len <= max) {
		memcpy(data + size, s->at + size, s->len - size);
		size = s->len;
	}
	return LLVMFuzzerMutate(data, size, max);
}
