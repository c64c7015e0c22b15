/* SPDX-License-Identifier: MIT */
/*
 * Where a body ends (RFC 9112 6 and 7): by its length, by its last chunk, or with the connection. Content is handed out
 * where it lies; of chunk lines and trailers only a count is kept. Extensions and trailer fields are passed over, within
 * limits: nothing here depends on them (RFC 9112 7.1.1, 7.1.2).
 */
#include "http/h1.h"
#include "base/ascii.h"

enum chunk_state {
	SIZE_FIRST, /* at least one digit must come */
	SIZE,
	SIZE_SPACE, /* white space that an extension must follow */
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER_START,
	TRAILER,
	TRAILER_LF,
	LAST_LF,
};

void h1_body_begin(struct h1_body *b, const struct h1_head *h)
{
	*b = (struct h1_body){ .framing = (uint8_t)h->framing };
	if (h->framing == H1_BODY_LENGTH)
		b->left = h->length;
}

static bool is_control(uint8_t c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* The octets of a chunk's first line, RFC 9112 7.1 and 7.1.1. */
static enum h1_fault take_size_octet(struct h1_body *b, uint8_t c)
{
	int digit = hf_ascii_hex(c);

	if (++b->line > H1_CHUNK_LINE_BYTES)
		return H1_CHUNK_LINE;
	if (b->state == SIZE_LF) {
		if (c != '\n')
			return H1_CHUNK_LINE;
		b->line = 0;
		b->state = b->left > 0 ? DATA : TRAILER_START;
		return H1_NONE;
	}
	if (b->state == EXTENSION) {
		if (c == '\r')
			b->state = SIZE_LF;
		else if (is_control(c))
			return H1_CHUNK_LINE;
		return H1_NONE;
	}
	if (digit >= 0 && b->state != SIZE_SPACE) {
		if (b->left >> 56)
			return H1_CHUNK_SIZE;
		b->left = b->left << 4 | (uint64_t)digit;
		b->state = SIZE;
		return H1_NONE;
	}
	if (b->state == SIZE_FIRST)
		return H1_CHUNK_SIZE;
	if (c == '\r' && b->state == SIZE)
		b->state = SIZE_LF;
	else if (c == ';')
		b->state = EXTENSION;
	else if (c == ' ' || c == '\t')
		b->state = SIZE_SPACE;
	else
		return b->state == SIZE ? H1_CHUNK_SIZE : H1_CHUNK_LINE;
	return H1_NONE;
}

/* RFC 9112 7.1.2 */
static enum h1_fault take_trailer_octet(struct h1_body *b, uint8_t c)
{
	if (++b->line > H1_TRAILER_BYTES)
		return H1_TRAILER;
	switch ((enum chunk_state)b->state) {
	case TRAILER_START:
		if (c == ' ' || c == '\t')
			return H1_TRAILER;
		/* fall through */
	case TRAILER:
		if (c == '\r')
			b->state = b->state == TRAILER_START ? LAST_LF : TRAILER_LF;
		else if (is_control(c))
			return H1_TRAILER;
		else
			b->state = TRAILER;
		return H1_NONE;
	case TRAILER_LF:
		b->state = TRAILER_START;
		return c == '\n' ? H1_NONE : H1_TRAILER;
	default: /* LAST_LF */
		b->ended = true;
		return c == '\n' ? H1_NONE : H1_TRAILER;
	}
}

/* One octet that is not content. */
static enum h1_fault take_chunk_octet(struct h1_body *b, uint8_t c)
{
	if (b->state <= SIZE_LF)
		return take_size_octet(b, c);
	if (b->state >= TRAILER_START)
		return take_trailer_octet(b, c);
	if (c != (b->state == DATA_CR ? '\r' : '\n'))
		return H1_CHUNK_END;
	b->state = b->state == DATA_CR ? DATA_LF : SIZE_FIRST;
	return H1_NONE;
}

static struct hf_bytes take_content(struct h1_body *b, struct h1_input *in, struct hf_bytes here)
{
	if (b->framing != H1_BODY_CLOSE && here.len > b->left)
		here.len = b->left;
	if (b->framing != H1_BODY_CLOSE)
		b->left -= here.len;
	b->taken += here.len;
	h1_input_take(in, here.len);
	return here;
}

static bool has_ended(const struct h1_body *b, const struct h1_input *in, bool empty)
{
	switch ((enum h1_framing)b->framing) {
	case H1_BODY_NONE:
		return true;
	case H1_BODY_LENGTH:
		return b->left == 0;
	case H1_BODY_CHUNKED:
		return b->ended;
	case H1_BODY_CLOSE:
		return empty && in->eof;
	}
	return true;
}

enum h1_body_step h1_body_next(struct h1_body *b, struct h1_input *in, struct hf_bytes *ret_data, enum h1_fault *ret_fault)
{
	for (;;) {
		struct hf_bytes here = h1_input_peek(in);

		if (has_ended(b, in, here.len == 0))
			return H1_BODY_END;
		if (here.len == 0) {
			*ret_fault = H1_CUT_SHORT;
			return in->eof ? H1_BODY_FAULTY : H1_BODY_MORE;
		}
		if (b->framing != H1_BODY_CHUNKED || b->state == DATA) {
			*ret_data = take_content(b, in, here);
			if (b->framing == H1_BODY_CHUNKED && b->left == 0)
				b->state = DATA_CR;
			return H1_BODY_DATA;
		}
		*ret_fault = take_chunk_octet(b, here.at[0]);
		if (*ret_fault != H1_NONE)
			return H1_BODY_FAULTY;
		h1_input_take(in, 1);
	}
}
