/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_PNG_H
#define HF_PAINT_PNG_H

#include <cairo.h>

#include "paint/paint_wire.h"

/* A picture as PNG, written some rows at a time: 8 bits a colour, no alpha; the same pixels are the same octets. */
struct paint_png;

/* Behind what is in `to` already. NULL: memory has ended, or no PNG is as large. */
struct paint_png *paint_png_begin(struct paint_octets *to, unsigned width, unsigned height);
/* The next ones: the first `rows` of a surface of CAIRO_FORMAT_RGB24, as wide as the picture. */
bool paint_png_rows(struct paint_png *p, cairo_surface_t *surface, unsigned rows);
/* After all rows; frees p. */
bool paint_png_end(struct paint_png *p);

#endif
