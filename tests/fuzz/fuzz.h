/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FUZZ_H
#define HF_TESTS_FUZZ_H

#include "base/bits.h"
#include "base/csum.h"
#include "base/wr.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A fuzzer is one file: it defines the function and the good messages to start from. seeds.c (libFuzzer) and replay.c
 * (plain builds) both take the messages from here, so that no corpus of binary files has to be kept.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct hf_bytes fuzz_seeds[];
extern const size_t fuzz_seed_count;

#define FUZZ_SEED(text)                                   \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}
#define FUZZ_SEEDS(...)                                       \
	const struct hf_bytes fuzz_seeds[] = { __VA_ARGS__ }; \
	const size_t fuzz_seed_count = HF_ARRAY_LEN(fuzz_seeds)

/* A property that must hold for every input; abort() is what both runners report with the input. */
#define FUZZ_CHECK(x)                                                                          \
	do {                                                                                   \
		if (!(x)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #x); \
			abort();                                                               \
		}                                                                              \
	} while (0)

/* A struct filled with a pattern before a parse, to see that a refusal leaves it alone. */
#define FUZZ_PATTERN 0xa5
#define FUZZ_UNTOUCHED(s) fuzz_untouched(&(s), sizeof(s))

static inline bool fuzz_untouched(const void *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((const uint8_t *)at)[i] != FUZZ_PATTERN)
			return false;
	return true;
}

static inline bool fuzz_inside(struct hf_bytes part, const uint8_t *data, size_t size)
{
	return part.len <= size && part.at >= data && (size_t)(part.at - data) <= size - part.len;
}

static inline bool fuzz_same(struct hf_bytes a, struct hf_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* A copy of its own exact size, so that an address checker sees a read behind its end. Give it to free(). */
static inline uint8_t *fuzz_copy(const void *from, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	FUZZ_CHECK(p);
	if (n)
		memcpy(p, from, n);
	return p;
}

/* Sets the checksum field at octet `field` of n octets right, over them and a sum already made. */
static inline void fuzz_fix_csum(uint8_t *p, size_t n, size_t field, uint64_t sum)
{
	hf_store16(p + field, 0);
	hf_store16(p + field, hf_csum_finish(hf_csum_add(sum, p, n)));
}

/* What a put wrote; it must have fitted. */
static inline struct hf_bytes fuzz_written(const struct hf_wr *out)
{
	struct hf_bytes b = { out->start, 0 };

	FUZZ_CHECK(hf_wr_end(out, &b.len) == HF_OK);
	return b;
}

#endif
