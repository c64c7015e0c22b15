/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_CSS_H
#define HF_PAINT_CSS_H

#include "paint/paint_store.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * CSS as pages write it today, made into CSS as litehtml reads it: @import put in place, @media and @supports decided, custom properties
 * (those of the root, and of the rule itself) and calc() worked out where that can be done without a layout, new names for old things
 * given their old names, url() made absolute. What stays unknown is left out, as CSS wants it.
 */
struct paint_css;

struct paint_css *paint_css_make(struct paint_store *store, unsigned width, unsigned height, double density);
void paint_css_free(struct paint_css *c);
/* Learns the custom properties of one more sheet. */
void paint_css_learn(struct paint_css *c, struct hf_bytes css);
/* base: the URL of the sheet, or of the document it is in. To be g_free()d. */
char *paint_css_flatten(struct paint_css *c, struct hf_bytes css, const char *base);
/* The same for what is in a style attribute. */
char *paint_css_flatten_inline(struct paint_css *c, const char *declarations, const char *base);
/* A media query list, as in @media and in the attribute; "" is true. */
bool paint_css_media(const struct paint_css *c, const char *query);

#ifdef __cplusplus
}
#endif

#endif
