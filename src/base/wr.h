/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_WR_H
#define HF_BASE_WR_H

#include "hf/status.h"

/* A write cursor over fixed room. A write past the end marks it bad, writes nothing, and hf_wr_end() says FULL. */
struct hf_wr {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	bool bad;
};

struct hf_wr hf_wr_over(void *room, size_t n);
void hf_wr_u8(struct hf_wr *out, uint8_t v);
void hf_wr_u16(struct hf_wr *out, uint16_t v); /* network order, as all below */
void hf_wr_u24(struct hf_wr *out, uint32_t v);
void hf_wr_u32(struct hf_wr *out, uint32_t v);
void hf_wr_u64(struct hf_wr *out, uint64_t v);
/* Room for n octets, which the caller fills; NULL when they do not fit. */
uint8_t *hf_wr_take(struct hf_wr *out, size_t n);
void hf_wr_copy(struct hf_wr *out, const void *from, size_t n);
void hf_wr_fill(struct hf_wr *out, uint8_t v, size_t n);
size_t hf_wr_len(const struct hf_wr *out);
/* Overwrites two octets already written at offset `at`. */
void hf_wr_patch_u16(struct hf_wr *out, size_t at, uint16_t v);
/* OK and the number of octets written; FULL when they did not fit. */
HF_NODISCARD hf_status hf_wr_end(const struct hf_wr *out, size_t *ret_len);

#endif
