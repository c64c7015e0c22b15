/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_PAINT_TEST_H
#define HF_TESTS_PAINT_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "hf/types.h"

/* Octets that grow. */
struct octets {
	uint8_t at[65536];
	size_t len;
};

static inline struct hf_bytes bytes_of(const struct octets *o)
{
	return (struct hf_bytes){ o->at, o->len };
}

/* A picture of width x height of one colour, 0xrrggbb, in each format (images.c). */
void make_png(struct octets *to, unsigned width, unsigned height, uint32_t rgb);
void make_jpeg(struct octets *to, unsigned width, unsigned height, uint32_t rgb);
void make_gif(struct octets *to, unsigned width, unsigned height, uint32_t rgb);
void make_webp(struct octets *to, unsigned width, unsigned height, uint32_t rgb);
void make_svg(struct octets *to, unsigned width, unsigned height, uint32_t rgb);

#endif
