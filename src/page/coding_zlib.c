/* SPDX-License-Identifier: MIT */
#include "page/coding_internal.h"

#include "base/bits.h"

#include <stdlib.h>
#include <zlib.h>

/* gzip (RFC 1952) and deflate (RFC 1950; some send RFC 1951 without a frame, and everybody takes it). */

#define WINDOW_GZIP (15 + 16) /* zlib's way to say that */
#define WINDOW_ZLIB 15
#define WINDOW_RAW (-15)
#define GZIP_MAGIC 0x1f

static bool begin(struct coding_stage *s, int window)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, window) != Z_OK) {
		free(z);
		z = NULL;
	}
	s->state = z;
	return z != NULL;
}

static bool begin_gzip(struct coding_stage *s)
{
	return begin(s, WINDOW_GZIP);
}

static bool begin_deflate(struct coding_stage *s)
{
	return begin(s, WINDOW_ZLIB);
}

static void end(struct coding_stage *s)
{
	if (s->state)
		inflateEnd(s->state);
	free(s->state);
}

static enum coding_why why_of(const z_stream *z, int code)
{
	if (code == Z_MEM_ERROR)
		return CODING_NO_MEMORY;
	if (z->msg && (strcmp(z->msg, "incorrect data check") == 0 || strcmp(z->msg, "incorrect length check") == 0))
		return CODING_CHECKSUM;
	return CODING_BROKEN;
}

static struct coding_step inflate_some(struct coding_stage *s, struct hf_bytes *in, bool members)
{
	z_stream *z = s->state;
	uInt room = CODING_CHUNK, n = (uInt)hf_min_u64(in->len, UINT32_MAX / 2);
	struct coding_step step = { .why = CODING_FINE };
	int code;

	if (!s->inside && in->len == 0)
		return step;
	if (!s->inside && s->units && (!members || in->at[0] != GZIP_MAGIC)) {
		s->ended = true;
		return step;
	}
	s->inside = true;
	z->next_in = (Bytef *)(uintptr_t)in->at;
	z->avail_in = n;
	z->next_out = s->chunk;
	z->avail_out = room;
	code = inflate(z, Z_NO_FLUSH);
	step.put = room - z->avail_out;
	s->unit += n - z->avail_in;
	in->at += n - z->avail_in;
	in->len -= n - z->avail_in;
	step.more = step.put == room;
	if (code == Z_STREAM_END) {
		s->inside = false;
		s->units++;
		s->unit = 0;
		step.more = true;
		inflateReset(z);
	} else if (code == Z_DATA_ERROR && s->units && z->total_out == 0 && s->unit <= 2) {
		/* It only began like one more member. */
		s->inside = false;
		s->ended = true;
		s->trailing += s->unit;
	} else if (code != Z_OK && code != Z_BUF_ERROR) {
		step.why = why_of(z, code);
	}
	return step;
}

static struct coding_step step_gzip(struct coding_stage *s, struct hf_bytes *in)
{
	return inflate_some(s, in, true);
}

/* RFC 1950 2.2: method 8, a window it knows, and a check value. */
static bool is_zlib_header(uint8_t cmf, uint8_t flg)
{
	return (cmf & 0x0f) == 8 && cmf >> 4 <= 7 && (cmf * 256u + flg) % 31 == 0;
}

/* Two octets tell the forms apart; they may come one by one. */
static struct coding_step sniff(struct coding_stage *s, struct hf_bytes *in)
{
	struct coding_step step = { .why = CODING_FINE };
	struct hf_bytes first = { s->first, 1 };

	if (!s->inside) {
		s->inside = true;
		s->first[0] = in->at[0];
		in->at++;
		in->len--;
	}
	if (in->len == 0)
		return step;
	s->sniffed = true;
	if (!is_zlib_header(s->first[0], in->at[0]))
		inflateReset2(s->state, WINDOW_RAW);
	step = inflate_some(s, &first, false);
	step.more = true;
	return step;
}

static struct coding_step step_deflate(struct coding_stage *s, struct hf_bytes *in)
{
	if (!s->sniffed && (in->len || s->inside))
		return sniff(s, in);
	return inflate_some(s, in, false);
}

const struct coding_kind coding_gzip = { "gzip", "x-gzip", begin_gzip, end, step_gzip };
const struct coding_kind coding_deflate = { "deflate", "deflate", begin_deflate, end, step_deflate };
