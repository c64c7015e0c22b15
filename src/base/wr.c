/* SPDX-License-Identifier: MIT */
/*
 * A write that does not fit empties the room that is left, so that a later, smaller one cannot slip in behind the gap.
 */
#include "base/wr.h"

#include "base/bits.h"

struct hf_wr hf_wr_over(void *room, size_t n)
{
	uint8_t *at = room;

	HF_ASSERT(room != NULL || n == 0);
	return (struct hf_wr){ .start = at, .at = at, .end = n ? at + n : at };
}

void hf_wr_u8(struct hf_wr *out, uint8_t v)
{
	uint8_t *p = hf_wr_take(out, 1);

	if (p)
		*p = v;
}

void hf_wr_u16(struct hf_wr *out, uint16_t v)
{
	uint8_t *p = hf_wr_take(out, 2);

	if (p)
		hf_store16(p, v);
}

void hf_wr_u24(struct hf_wr *out, uint32_t v)
{
	uint8_t *p = hf_wr_take(out, 3);

	if (p) {
		p[0] = (uint8_t)(v >> 16);
		hf_store16(p + 1, (uint16_t)v);
	}
}

void hf_wr_u32(struct hf_wr *out, uint32_t v)
{
	uint8_t *p = hf_wr_take(out, 4);

	if (p)
		hf_store32(p, v);
}

void hf_wr_u64(struct hf_wr *out, uint64_t v)
{
	uint8_t *p = hf_wr_take(out, 8);

	if (p) {
		hf_store32(p, (uint32_t)(v >> 32));
		hf_store32(p + 4, (uint32_t)v);
	}
}

void hf_wr_copy(struct hf_wr *out, const void *from, size_t n)
{
	uint8_t *p = n ? hf_wr_take(out, n) : NULL;

	if (p)
		memcpy(p, from, n);
}

void hf_wr_fill(struct hf_wr *out, uint8_t v, size_t n)
{
	uint8_t *p = n ? hf_wr_take(out, n) : NULL;

	if (p)
		memset(p, v, n);
}

size_t hf_wr_len(const struct hf_wr *out)
{
	return (size_t)(out->at - out->start);
}

/* What was never written because the cursor had gone bad cannot be patched either: the offset then means nothing. */
void hf_wr_patch_u16(struct hf_wr *out, size_t at, uint16_t v)
{
	if (out->bad)
		return;
	HF_ASSERT(hf_wr_len(out) >= 2 && at <= hf_wr_len(out) - 2);
	hf_store16(out->start + at, v);
}

hf_status hf_wr_end(const struct hf_wr *out, size_t *ret_len)
{
	if (out->bad)
		return HF_FULL;
	*ret_len = hf_wr_len(out);
	return HF_OK;
}

uint8_t *hf_wr_take(struct hf_wr *out, size_t n)
{
	uint8_t *p = out->at;

	if (HF_UNLIKELY(n > (size_t)(out->end - p))) {
		out->bad = true;
		out->end = p;
		return NULL;
	}
	out->at = p + n;
	return p;
}
