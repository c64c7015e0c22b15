/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_LITEHTML_H
#define HF_PAINT_LITEHTML_H

#include <cairo.h>

#include "paint/paint_store.h"
#include "paint/paint_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * litehtml behind a C face: the one file of the project that is C++. No exception leaves it: what throws, memory's end above all, is a
 * NULL or false here.
 */
struct paint_doc;

struct paint_view {
	unsigned width, height; /* of the window in CSS pixels: what media queries and position: fixed see */
	double density;
	const char *base;     /* URL */
	const char *user_css; /* "" for none */
};

/* Parses, and applies all styles that the store has; what pictures they want is in the store's wants then. */
struct paint_doc *paint_doc_make(const char *html, const struct paint_view *view, struct paint_store *store,
				 struct paint_fonts *fonts);
void paint_doc_free(struct paint_doc *d);
/* Lays it out with the pictures that have come, and says how large it is. */
bool paint_doc_lay_out(struct paint_doc *d, unsigned *ret_width, unsigned *ret_height);
/* What stands from `top` on, so wide and so high; cr's origin is the page's. May be called for one part after another. */
bool paint_doc_draw(struct paint_doc *d, cairo_t *cr, unsigned top, unsigned width, unsigned height);
/* Our own sheet, which says how HTML looks where a page says nothing (ua.css). */
extern const char paint_ua_css[];

#ifdef __cplusplus
}
#endif

#endif
