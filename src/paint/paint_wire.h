/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_WIRE_H
#define HF_PAINT_WIRE_H

#include "hf/status.h"

/*
 * What parent and child say to each other over their socket: frames of a type, a length and so many octets. Each side holds the other to
 * its limits; the parent trusts nothing that comes from the child.
 */
enum paint_frame {
	PAINT_FRAME_STYLE = 1, /* to the child: length and octets of the URL, body */
	PAINT_FRAME_IMAGE,
	PAINT_FRAME_DOCUMENT, /* of an iframe */
	PAINT_FRAME_LAYOUT,   /* empty */
	PAINT_FRAME_DRAW,     /* empty */
	PAINT_FRAME_WANTS,    /* from the child: length and octets of each URL */
	PAINT_FRAME_PICTURE,  /* width, height, PNG */
	PAINT_FRAME_FAILED,   /* a sentence */
};

enum {
	PAINT_FRAME_HEAD = 5,
	PAINT_FRAME_MOST = 512 << 20, /* octets in one */
	PAINT_SENTENCE_MOST = 200,
};

/* Frames out of a stream of octets. */
struct paint_reader {
	uint8_t *at;
	size_t len, room;
	size_t taken; /* of the frame that was told last */
};

/* Where to put the next octets: at least one fits. FULL: memory ended. MALFORMED: the frame that has begun is longer than most. */
HF_NODISCARD hf_status paint_reader_room(struct paint_reader *r, size_t most, struct hf_room *ret);
void paint_reader_add(struct paint_reader *r, size_t n);
/* The next whole frame, valid until the reader is used again; AGAIN: there is none yet. */
HF_NODISCARD hf_status paint_reader_next(struct paint_reader *r, size_t most, uint8_t *ret_type, struct hf_bytes *ret);
void paint_reader_free(struct paint_reader *r);

/* Octets that grow, up to a frame's worth; full: memory has ended, or it is more. */
struct paint_octets {
	uint8_t *at;
	size_t len, room;
	bool full;
};

void paint_octets_add(struct paint_octets *o, const void *more, size_t n);

void paint_frame_head(uint8_t to[PAINT_FRAME_HEAD], enum paint_frame type, size_t len);
void paint_put_u32(uint8_t to[4], size_t value);

#endif
