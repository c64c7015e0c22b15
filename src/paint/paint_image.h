/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_IMAGE_H
#define HF_PAINT_IMAGE_H

#include <cairo.h>

#include "hf/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A picture in a page: PNG, JPEG, GIF (its first frame), WebP or SVG, told apart by their first octets and by nothing else. */
struct paint_image;

enum { PAINT_SIDE_MOST = 32767 }; /* pixels: cairo's numbers end there */

/* NULL: broken, of another kind, or larger than most pixels; *ret_why (static) says what. The octets are not needed afterwards. */
struct paint_image *paint_image_make(struct hf_bytes octets, uint64_t most, const char **ret_why);
void paint_image_free(struct paint_image *i);
/* In CSS pixels; at least 1 each. */
void paint_image_size(const struct paint_image *i, unsigned *ret_width, unsigned *ret_height);
void paint_image_draw(const struct paint_image *i, cairo_t *cr, double x, double y, double width, double height);

/* The decoders, each into a new ARGB32 surface (paint_decode.c); NULL: broken, or larger than most pixels. */
cairo_surface_t *paint_image_png(struct hf_bytes octets, uint64_t most);
cairo_surface_t *paint_image_jpeg(struct hf_bytes octets, uint64_t most);
cairo_surface_t *paint_image_gif(struct hf_bytes octets, uint64_t most);
cairo_surface_t *paint_image_webp(struct hf_bytes octets, uint64_t most);

#ifdef __cplusplus
}
#endif

#endif
