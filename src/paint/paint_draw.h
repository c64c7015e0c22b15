/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_DRAW_H
#define HF_PAINT_DRAW_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct paint_image; /* paint_image.h */

/* What a layout is made of, drawn: boxes with borders and backgrounds (CSS Backgrounds 3), and the marks of lists. All in CSS pixels. */
struct paint_rect {
	double x, y, width, height;
};

struct paint_rgba {
	uint8_t r, g, b, a;
};

/* In CSS' order: top left, top right, bottom right, bottom left; across and down. */
struct paint_radii {
	double x[4], y[4];
};

enum paint_line {
	PAINT_LINE_NONE,
	PAINT_LINE_DOTTED,
	PAINT_LINE_DASHED,
	PAINT_LINE_SOLID,
	PAINT_LINE_DOUBLE,
	PAINT_LINE_GROOVE,
	PAINT_LINE_RIDGE,
	PAINT_LINE_INSET,
	PAINT_LINE_OUTSET,
};

struct paint_edge {
	double width;
	enum paint_line line;
	struct paint_rgba colour;
};

struct paint_background {
	struct paint_rect clip;
	struct paint_radii radii; /* of the clip */
	struct paint_rgba colour;
	const struct paint_image *image; /* NULL: none */
	struct paint_rect tile;          /* where the first one goes, and its size */
	bool repeat_x, repeat_y;
};

void paint_set_colour(cairo_t *cr, struct paint_rgba c);
/* The path of a box with round corners: radii that do not fit are made smaller together (CSS Backgrounds 3, 4.5). */
void paint_round_path(cairo_t *cr, const struct paint_rect *box, const struct paint_radii *radii);
void paint_fill(cairo_t *cr, const struct paint_background *bg);
/* edges: top, right, bottom, left. */
void paint_borders(cairo_t *cr, const struct paint_rect *box, const struct paint_edge edges[4],
		   const struct paint_radii *radii);

enum paint_mark { PAINT_MARK_DISC, PAINT_MARK_CIRCLE, PAINT_MARK_SQUARE };
void paint_mark(cairo_t *cr, const struct paint_rect *at, enum paint_mark mark, struct paint_rgba colour);
/* A torn picture with a green hill: there should be one here, and it did not come. */
void paint_broken_sign(cairo_t *cr, const struct paint_rect *at);

enum paint_numerals {
	PAINT_DECIMAL,
	PAINT_ARMENIAN,
	PAINT_GEORGIAN,
	PAINT_HEBREW,
	PAINT_CJK,
	PAINT_HIRAGANA,
	PAINT_HIRAGANA_IROHA,
	PAINT_KATAKANA,
	PAINT_KATAKANA_IROHA,
};

/* A number in one of the writing systems that litehtml leaves to others (CSS Counter Styles 3), with its dot; paint_count.c. */
bool paint_count(enum paint_numerals in, int number, char *to, size_t room);

#ifdef __cplusplus
}
#endif

#endif
