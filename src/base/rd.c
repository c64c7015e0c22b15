/* SPDX-License-Identifier: MIT */
/*
 * Reading works on the space between `at` and `end`. The first failure is kept in `bad` and empties that space, so that
 * every later read fails by the same bounds check and nothing has to ask whether the cursor is still good.
 */
#include "base/rd.h"

#include "base/bits.h"

static const uint8_t *take(struct hf_rd *in, size_t n);
static void spoil(struct hf_rd *in, hf_status why);

struct hf_rd hf_rd_over(struct hf_bytes b)
{
	/* A pointer that is never read, so that no arithmetic is done on NULL. */
	static const uint8_t nothing[1];
	const uint8_t *at = b.len ? b.at : nothing;

	return (struct hf_rd){ .at = at, .end = at + b.len, .bad = HF_OK };
}

uint8_t hf_rd_u8(struct hf_rd *in)
{
	const uint8_t *p = take(in, 1);

	return p ? *p : 0;
}

uint16_t hf_rd_u16(struct hf_rd *in)
{
	const uint8_t *p = take(in, 2);

	return p ? hf_load16(p) : 0;
}

uint32_t hf_rd_u24(struct hf_rd *in)
{
	const uint8_t *p = take(in, 3);

	return p ? (uint32_t)p[0] << 16 | hf_load16(p + 1) : 0;
}

uint32_t hf_rd_u32(struct hf_rd *in)
{
	const uint8_t *p = take(in, 4);

	return p ? hf_load32(p) : 0;
}

uint64_t hf_rd_u64(struct hf_rd *in)
{
	const uint8_t *p = take(in, 8);

	return p ? (uint64_t)hf_load32(p) << 32 | hf_load32(p + 4) : 0;
}

struct hf_bytes hf_rd_bytes(struct hf_rd *in, size_t n)
{
	const uint8_t *p = take(in, n);

	return p ? (struct hf_bytes){ p, n } : (struct hf_bytes){ in->end, 0 };
}

void hf_rd_copy(struct hf_rd *in, void *to, size_t n)
{
	const uint8_t *p = take(in, n);

	if (p)
		memcpy(to, p, n);
	else
		memset(to, 0, n);
}

void hf_rd_skip(struct hf_rd *in, size_t n)
{
	(void)take(in, n);
}

struct hf_bytes hf_rd_vec(struct hf_rd *in, unsigned len_size, size_t min, size_t max)
{
	size_t n;

	HF_ASSERT(len_size >= 1 && len_size <= 3);
	n = len_size == 1 ? hf_rd_u8(in) : len_size == 2 ? hf_rd_u16(in) : hf_rd_u24(in);
	hf_rd_must(in, n >= min && n <= max);
	return hf_rd_bytes(in, in->bad == HF_OK ? n : 0);
}

size_t hf_rd_left(const struct hf_rd *in)
{
	return (size_t)(in->end - in->at);
}

struct hf_bytes hf_rd_rest(struct hf_rd *in)
{
	return hf_rd_bytes(in, hf_rd_left(in));
}

void hf_rd_must(struct hf_rd *in, bool ok)
{
	if (!ok)
		spoil(in, HF_MALFORMED);
}

hf_status hf_rd_ok(const struct hf_rd *in)
{
	return in->bad;
}

hf_status hf_rd_end(const struct hf_rd *in)
{
	if (in->bad != HF_OK)
		return in->bad;
	return in->at == in->end ? HF_OK : HF_MALFORMED;
}

/* n octets and the cursor behind them, or NULL. */
static const uint8_t *take(struct hf_rd *in, size_t n)
{
	const uint8_t *p = in->at;

	if (HF_UNLIKELY(n > (size_t)(in->end - p))) {
		spoil(in, HF_SHORT);
		return NULL;
	}
	in->at = p + n;
	return p;
}

/* The first reason stays. */
static void spoil(struct hf_rd *in, hf_status why)
{
	if (in->bad == HF_OK)
		in->bad = why;
	in->at = in->end;
}
