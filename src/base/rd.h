/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_RD_H
#define HF_BASE_RD_H

#include "hf/status.h"

/*
 * A read cursor that cannot overrun. A read past the end, or a vector outside its bounds, marks it bad; every later
 * read gives zero or empty; hf_rd_end() asks once.
 */
struct hf_rd {
	const uint8_t *at;
	const uint8_t *end;
	hf_status bad; /* HF_OK until the first failure, then SHORT or MALFORMED */
};

struct hf_rd hf_rd_over(struct hf_bytes b);
uint8_t hf_rd_u8(struct hf_rd *in);
uint16_t hf_rd_u16(struct hf_rd *in); /* network order, as all below */
uint32_t hf_rd_u24(struct hf_rd *in);
uint32_t hf_rd_u32(struct hf_rd *in);
uint64_t hf_rd_u64(struct hf_rd *in);
struct hf_bytes hf_rd_bytes(struct hf_rd *in, size_t n);
void hf_rd_copy(struct hf_rd *in, void *to, size_t n); /* zeros when bad */
void hf_rd_skip(struct hf_rd *in, size_t n);
/* A vector behind a length of len_size (1 to 3) octets; MALFORMED when its length is outside min..max. */
struct hf_bytes hf_rd_vec(struct hf_rd *in, unsigned len_size, size_t min, size_t max);
size_t hf_rd_left(const struct hf_rd *in); /* 0 when bad */
struct hf_bytes hf_rd_rest(struct hf_rd *in);
/* Marks the cursor MALFORMED unless ok. */
void hf_rd_must(struct hf_rd *in, bool ok);
/* OK only when nothing went wrong; the bytes may have more. */
HF_NODISCARD hf_status hf_rd_ok(const struct hf_rd *in);
/* OK only when nothing went wrong and nothing is left (else MALFORMED). */
HF_NODISCARD hf_status hf_rd_end(const struct hf_rd *in);

#endif
