/* SPDX-License-Identifier: MIT */
#include "page/coding_internal.h"

#include "base/bits.h"

#include <brotli/decode.h>
#include <zstd.h>
#include <zstd_errors.h>

/* br (RFC 7932) and zstd (RFC 8878, RFC 9659). */

/* ---- br: one stream, and no check value ---- */

static bool begin_br(struct coding_stage *s)
{
	s->state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return s->state != NULL;
}

static void end_br(struct coding_stage *s)
{
	BrotliDecoderDestroyInstance(s->state);
}

static struct coding_step step_br(struct coding_stage *s, struct hf_bytes *in)
{
	struct coding_step step = { .why = CODING_FINE };
	size_t left = in->len, room = CODING_CHUNK;
	const uint8_t *at = in->at;
	uint8_t *to = s->chunk;
	BrotliDecoderErrorCode code;

	if (!s->inside && in->len == 0)
		return step;
	s->inside = true;
	switch (BrotliDecoderDecompressStream(s->state, &left, &at, &room, &to, NULL)) {
	case BROTLI_DECODER_RESULT_SUCCESS:
		s->inside = false;
		s->ended = true;
		s->units++;
		break;
	case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
		step.more = true;
		break;
	case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
		break;
	case BROTLI_DECODER_RESULT_ERROR:
		code = BrotliDecoderGetErrorCode(s->state);
		step.why = code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
				   ? CODING_NO_MEMORY
				   : CODING_BROKEN;
		break;
	}
	in->len = left;
	in->at = at;
	step.put = CODING_CHUNK - room;
	return step;
}

/* ---- zstd: frames one behind another ---- */

static bool begin_zstd(struct coding_stage *s)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();

	s->state = z;
	return z && !ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, CODING_ZSTD_WINDOW_LOG));
}

static void end_zstd(struct coding_stage *s)
{
	ZSTD_freeDCtx(s->state);
}

static enum coding_why why_of(size_t code)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return CODING_WINDOW;
	case ZSTD_error_checksum_wrong:
		return CODING_CHECKSUM;
	case ZSTD_error_memory_allocation:
		return CODING_NO_MEMORY;
	default:
		return CODING_BROKEN;
	}
}

/* Do n octets begin like a frame, or one to skip (RFC 8878 3.1.1 and 3.1.2)? */
static bool is_magic(const uint8_t *at, size_t n)
{
	static const uint8_t frame[4] = { 0x28, 0xb5, 0x2f, 0xfd }, skip[4] = { 0x50, 0x2a, 0x4d, 0x18 };

	return memcmp(at, frame, n) == 0 || ((at[0] & 0xf0) == skip[0] && memcmp(at + 1, skip + 1, n - 1) == 0);
}

static struct coding_step decompress(struct coding_stage *s, struct hf_bytes *in)
{
	ZSTD_inBuffer from = { in->at, in->len, 0 };
	ZSTD_outBuffer to = { s->chunk, CODING_CHUNK, 0 };
	size_t code = ZSTD_decompressStream(s->state, &to, &from);
	struct coding_step step = { .why = CODING_FINE, .put = to.pos };

	in->at += from.pos;
	in->len -= from.pos;
	s->unit += from.pos;
	if (ZSTD_isError(code)) {
		step.why = why_of(code);
		return step;
	}
	step.more = code == 0 || to.pos == CODING_CHUNK;
	if (code == 0) {
		s->inside = false;
		s->units++;
		s->unit = 0;
	}
	return step;
}

/*
 * The first four octets, which may come one by one, say whether a frame begins; behind one that has ended all else is ignored. They go
 * to the library by themselves: what has a whole frame in one piece takes another way there, on which it minds other faults.
 */
static struct coding_step begin_frame(struct coding_stage *s, struct hf_bytes *in)
{
	struct coding_step step = { .why = CODING_FINE };
	struct hf_bytes magic = { s->first, sizeof(s->first) };

	s->first[s->unit++] = in->at[0];
	in->at++;
	in->len--;
	if (!is_magic(s->first, s->unit)) {
		if (s->units == 0)
			step.why = CODING_BROKEN;
		s->inside = false;
		s->ended = true;
		s->trailing += s->unit;
	} else if (s->unit == sizeof(s->first)) {
		step = decompress(s, &magic);
	}
	return step;
}

static struct coding_step step_zstd(struct coding_stage *s, struct hf_bytes *in)
{
	if (!s->inside && in->len == 0)
		return (struct coding_step){ .why = CODING_FINE };
	s->inside = true;
	if (s->unit < sizeof(s->first))
		return in->len ? begin_frame(s, in) : (struct coding_step){ .why = CODING_FINE };
	return decompress(s, in);
}

const struct coding_kind coding_br = { "br", "br", begin_br, end_br, step_br };
const struct coding_kind coding_zstd = { "zstd", "zstd", begin_zstd, end_zstd, step_zstd };
