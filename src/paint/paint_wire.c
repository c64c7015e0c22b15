/* SPDX-License-Identifier: MIT */
#include "paint/paint_wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"

enum { READ_AT_ONCE = 65536, KEEP_MOST = 1 << 20 };

void paint_put_u32(uint8_t to[4], size_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

void paint_octets_add(struct paint_octets *o, const void *more, size_t n)
{
	if (o->len + n > o->room && !o->full) {
		size_t room = o->room ? o->room : 65536;
		uint8_t *at;

		while (room < o->len + n)
			room *= 2;
		at = room > PAINT_FRAME_MOST ? NULL : realloc(o->at, room);
		if (at) {
			o->at = at;
			o->room = room;
		} else {
			o->full = true;
		}
	}
	if (o->full)
		return;
	memcpy(o->at + o->len, more, n);
	o->len += n;
}

void paint_frame_head(uint8_t to[PAINT_FRAME_HEAD], enum paint_frame type, size_t len)
{
	to[0] = (uint8_t)type;
	paint_put_u32(to + 1, len);
}

static size_t length_of(const struct paint_reader *r)
{
	struct hf_rd in = hf_rd_over((struct hf_bytes){ r->at + 1, 4 });

	return hf_rd_u32(&in);
}

/* Drops the frame that was told last. */
static void settle(struct paint_reader *r)
{
	if (!r->taken)
		return;
	r->len -= r->taken;
	memmove(r->at, r->at + r->taken, r->len);
	r->taken = 0;
	if (!r->len && r->room > KEEP_MOST) {
		free(r->at);
		r->at = NULL;
		r->room = 0;
	}
}

hf_status paint_reader_room(struct paint_reader *r, size_t most, struct hf_room *ret)
{
	size_t want;

	settle(r);
	want = r->len + READ_AT_ONCE;
	if (r->len >= PAINT_FRAME_HEAD) {
		if (length_of(r) > most)
			return HF_MALFORMED;
		/* A whole frame is waiting to be taken: no more before that. */
		if (r->len >= PAINT_FRAME_HEAD + length_of(r))
			return HF_AGAIN;
	}
	if (want > r->room) {
		/* Twice as much each time, and never by what the other side only says that it will send. */
		size_t room = r->room * 2 > want ? r->room * 2 : want;
		uint8_t *more = realloc(r->at, room);

		if (!more)
			return HF_FULL;
		r->at = more;
		r->room = room;
	}
	*ret = (struct hf_room){ r->at + r->len, r->room - r->len };
	return HF_OK;
}

void paint_reader_add(struct paint_reader *r, size_t n)
{
	r->len += n;
}

hf_status paint_reader_next(struct paint_reader *r, size_t most, uint8_t *ret_type, struct hf_bytes *ret)
{
	settle(r);
	if (r->len < PAINT_FRAME_HEAD)
		return HF_AGAIN;
	if (length_of(r) > most)
		return HF_MALFORMED;
	if (r->len - PAINT_FRAME_HEAD < length_of(r))
		return HF_AGAIN;
	*ret_type = r->at[0];
	*ret = (struct hf_bytes){ r->at + PAINT_FRAME_HEAD, length_of(r) };
	r->taken = PAINT_FRAME_HEAD + ret->len;
	return HF_OK;
}

void paint_reader_free(struct paint_reader *r)
{
	free(r->at);
	*r = (struct paint_reader){ 0 };
}
