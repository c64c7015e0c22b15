/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_TEXT_H
#define HF_PAINT_TEXT_H

#include "paint/paint_draw.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fonts and words, by pango and what fontconfig knows of this system. */
struct paint_fonts;
struct paint_font;

struct paint_font_metrics {
	int height; /* of a line with line-height: normal */
	int ascent; /* from the top of that line to the baseline */
	int descent;
	int x_height;
};

enum { PAINT_UNDERLINE = 1, PAINT_LINE_THROUGH = 2, PAINT_OVERLINE = 4 };

struct paint_fonts *paint_fonts_make(double density);
void paint_fonts_free(struct paint_fonts *f);
/* families: as in CSS, with its generic names. size in CSS pixels, weight 1 to 1000. NULL: memory ended. */
struct paint_font *paint_font_make(struct paint_fonts *f, const char *families, int size, int weight, bool italic,
				   unsigned decoration, struct paint_font_metrics *ret);
void paint_font_free(struct paint_font *font);
int paint_font_width(struct paint_font *font, const char *text);
/* At the upper left corner of its line. */
void paint_font_draw(struct paint_font *font, cairo_t *cr, const char *text, double x, double y, struct paint_rgba colour);
/* Opens the fonts that nearly every page has, so that it is done before the limits are set. */
void paint_fonts_warm(struct paint_fonts *f);

#ifdef __cplusplus
}
#endif

#endif
