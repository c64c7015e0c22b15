/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "wire/tls_wire.h"

static void write_length(struct hf_wr *out, unsigned len_size, size_t at);

hf_status tls_record_header_parse(struct hf_bytes b, struct tls_record_header *ret)
{
	struct hf_rd in = hf_rd_over(b);
	struct tls_record_header h;

	h.type = hf_rd_u8(&in);
	h.version = hf_rd_u16(&in);
	h.length = hf_rd_u16(&in);
	HF_TRY(hf_rd_ok(&in));

	*ret = h;
	return HF_OK;
}

void tls_record_header_put(uint8_t to[TLS_RECORD_HEADER], uint8_t type, uint16_t version, size_t length)
{
	HF_ASSERT(length <= UINT16_MAX);
	to[0] = type;
	hf_store16(to + 1, version);
	hf_store16(to + 3, (uint16_t)length);
}

size_t tls_message_begin(struct hf_wr *out, uint8_t type)
{
	size_t begun = hf_wr_len(out);

	hf_wr_u8(out, type);
	hf_wr_u24(out, 0);
	return begun;
}

void tls_message_end(struct hf_wr *out, size_t begun)
{
	write_length(out, 3, begun + 1);
}

size_t tls_vec_begin(struct hf_wr *out, unsigned len_size)
{
	size_t begun = hf_wr_len(out);

	HF_ASSERT(len_size >= 1 && len_size <= 3);
	hf_wr_fill(out, 0, len_size);
	return begun;
}

void tls_vec_end(struct hf_wr *out, unsigned len_size, size_t begun)
{
	HF_ASSERT(len_size >= 1 && len_size <= 3);
	write_length(out, len_size, begun);
}

/*
 * Into the len_size octets at `at` goes how many octets stand behind them. A cursor that has gone bad wrote less than its
 * offsets say: they then mean nothing. More octets than a length can say do not fit either.
 */
static void write_length(struct hf_wr *out, unsigned len_size, size_t at)
{
	size_t n;

	if (out->bad)
		return;
	HF_ASSERT(at <= hf_wr_len(out) && hf_wr_len(out) - at >= len_size);
	n = hf_wr_len(out) - at - len_size;
	if (n >> 8u * len_size) {
		out->bad = true;
		out->end = out->at;
		return;
	}
	for (unsigned i = len_size; i--; n >>= 8)
		out->start[at + i] = (uint8_t)n;
}
