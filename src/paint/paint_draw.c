/* SPDX-License-Identifier: MIT */
#include "paint/paint_draw.h"

#include <math.h>

#include "paint/paint_image.h"

/* A repeated picture is drawn as so many tiles at most: a page of one-pixel tiles must not cost more than it shows. */
enum { TILES_MOST = 200000 };

void paint_set_colour(cairo_t *cr, struct paint_rgba c)
{
	cairo_set_source_rgba(cr, c.r / 255.0, c.g / 255.0, c.b / 255.0, c.a / 255.0);
}

static bool is_square(const struct paint_radii *r)
{
	for (int i = 0; i < 4; i++)
		if (r->x[i] > 0 && r->y[i] > 0)
			return false;
	return true;
}

static void add_corner(cairo_t *cr, double cx, double cy, double rx, double ry, int quarter)
{
	cairo_matrix_t was;

	if (rx <= 0 || ry <= 0) {
		cairo_line_to(cr, cx, cy);
		return;
	}
	cairo_get_matrix(cr, &was);
	cairo_translate(cr, cx, cy);
	cairo_scale(cr, rx, ry);
	cairo_arc(cr, 0, 0, 1, quarter * M_PI / 2, (quarter + 1) * M_PI / 2);
	cairo_set_matrix(cr, &was);
}

void paint_round_path(cairo_t *cr, const struct paint_rect *b, const struct paint_radii *radii)
{
	struct paint_radii r = *radii;
	double fit = 1;

	if (is_square(&r)) {
		cairo_rectangle(cr, b->x, b->y, b->width, b->height);
		return;
	}
	for (int i = 0; i < 4; i++) {
		double across = r.x[i < 2 ? 0 : 3] + r.x[i < 2 ? 1 : 2], down = r.y[i % 2] + r.y[3 - i % 2];

		if (across > b->width)
			fit = fmin(fit, b->width / across);
		if (down > b->height)
			fit = fmin(fit, b->height / down);
	}
	for (int i = 0; i < 4; i++) {
		r.x[i] *= fit;
		r.y[i] *= fit;
	}
	cairo_new_sub_path(cr);
	add_corner(cr, b->x + r.x[0], b->y + r.y[0], r.x[0], r.y[0], 2);
	add_corner(cr, b->x + b->width - r.x[1], b->y + r.y[1], r.x[1], r.y[1], 3);
	add_corner(cr, b->x + b->width - r.x[2], b->y + b->height - r.y[2], r.x[2], r.y[2], 0);
	add_corner(cr, b->x + r.x[3], b->y + b->height - r.y[3], r.x[3], r.y[3], 1);
	cairo_close_path(cr);
}

/* How many tiles of this size, side by side, there are from here up to the limit. */
static unsigned tiles(double from, double limit, double size, bool repeat)
{
	double n = from < limit ? ceil((limit - from) / size) : 0;

	return n < 1 ? 0 : !repeat ? 1 : (unsigned)fmin(n, TILES_MOST);
}

static void draw_tiles(cairo_t *cr, const struct paint_background *bg)
{
	const struct paint_rect *c = &bg->clip;
	double left, top, right, bottom, x0 = bg->tile.x, y0 = bg->tile.y, w = bg->tile.width, h = bg->tile.height;
	unsigned rows, columns, drawn = 0;

	if (!(w >= 0.5 && h >= 0.5))
		return;
	/* What of the clip can be seen: a layout may be far larger than the picture. */
	cairo_clip_extents(cr, &left, &top, &right, &bottom);
	left = fmax(left, c->x);
	top = fmax(top, c->y);
	right = fmin(right, c->x + c->width);
	bottom = fmin(bottom, c->y + c->height);
	if (bg->repeat_x)
		x0 += floor((left - x0) / w) * w;
	if (bg->repeat_y)
		y0 += floor((top - y0) / h) * h;
	rows = tiles(y0, bottom, h, bg->repeat_y);
	columns = tiles(x0, right, w, bg->repeat_x);
	for (unsigned i = 0; i < rows; i++)
		for (unsigned k = 0; k < columns && drawn < TILES_MOST; k++, drawn++)
			paint_image_draw(bg->image, cr, x0 + k * w, y0 + i * h, w, h);
}

void paint_fill(cairo_t *cr, const struct paint_background *bg)
{
	if (!(bg->clip.width > 0 && bg->clip.height > 0))
		return;
	if (bg->colour.a) {
		paint_round_path(cr, &bg->clip, &bg->radii);
		paint_set_colour(cr, bg->colour);
		cairo_fill(cr);
	}
	if (bg->image) {
		cairo_save(cr);
		paint_round_path(cr, &bg->clip, &bg->radii);
		cairo_clip(cr);
		draw_tiles(cr, bg);
		cairo_restore(cr);
	}
}

/* ---- borders ---- */

static bool is_seen(const struct paint_edge *e)
{
	return e->width > 0 && e->line != PAINT_LINE_NONE && e->colour.a;
}

static bool is_same(const struct paint_edge *a, const struct paint_edge *b)
{
	return a->width == b->width && a->line == b->line && a->colour.r == b->colour.r && a->colour.g == b->colour.g &&
	       a->colour.b == b->colour.b && a->colour.a == b->colour.a;
}

static void shrink(struct paint_rect *b, struct paint_radii *r, const struct paint_edge edges[4], double part)
{
	double top = edges[0].width * part, right = edges[1].width * part, bottom = edges[2].width * part,
	       left = edges[3].width * part;

	b->x += left;
	b->y += top;
	b->width = fmax(0, b->width - left - right);
	b->height = fmax(0, b->height - top - bottom);
	for (int i = 0; i < 4; i++) {
		r->x[i] = fmax(0, r->x[i] - (i == 0 || i == 3 ? left : right));
		r->y[i] = fmax(0, r->y[i] - (i < 2 ? top : bottom));
	}
}

/* The part of the border between two boxes inside it: from and to are parts of its width, 0 at the outer side. */
static void fill_ring(cairo_t *cr, const struct paint_rect *box, const struct paint_edge edges[4],
		      const struct paint_radii *radii, double from, double to)
{
	struct paint_rect outer = *box, inner = *box;
	struct paint_radii outer_radii = *radii, inner_radii = *radii;

	shrink(&outer, &outer_radii, edges, from);
	shrink(&inner, &inner_radii, edges, to);
	paint_round_path(cr, &outer, &outer_radii);
	paint_round_path(cr, &inner, &inner_radii);
	cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
	cairo_fill(cr);
	cairo_set_fill_rule(cr, CAIRO_FILL_RULE_WINDING);
}

static struct paint_rgba shade(struct paint_rgba c, bool dark)
{
	if (dark)
		return (struct paint_rgba){ (uint8_t)(c.r / 2), (uint8_t)(c.g / 2), (uint8_t)(c.b / 2), c.a };
	/* What is black has no lighter side of its own. */
	if (c.r < 32 && c.g < 32 && c.b < 32)
		return (struct paint_rgba){ 76, 76, 76, c.a };
	return c;
}

/* The wedge in which one edge shows: corners are cut from the outer to the inner one. */
static void clip_edge(cairo_t *cr, const struct paint_rect *b, const struct paint_edge e[4], int side)
{
	double l = b->x, t = b->y, r = b->x + b->width, d = b->y + b->height;
	double il = l + e[3].width, it = t + e[0].width, ir = r - e[1].width, id = d - e[2].width;
	double at[4][8] = {
		{ l, t, r, t, ir, it, il, it },
		{ r, t, r, d, ir, id, ir, it },
		{ r, d, l, d, il, id, ir, id },
		{ l, d, l, t, il, it, il, id },
	};

	for (int i = 0; i < 8; i += 2)
		cairo_line_to(cr, at[side][i], at[side][i + 1]);
	cairo_close_path(cr);
	cairo_clip(cr);
}

static void draw_dashes(cairo_t *cr, const struct paint_rect *b, const struct paint_edge *e, int side)
{
	double w = e->width, half = w / 2, length = side % 2 ? b->height : b->width;
	double x0 = b->x + half, y0 = b->y + half, x1 = b->x + b->width - half, y1 = b->y + b->height - half;
	double line[4][4] = { { x0, y0, x1, y0 }, { x1, y0, x1, y1 }, { x0, y1, x1, y1 }, { x0, y0, x0, y1 } };
	double dash = e->line == PAINT_LINE_DOTTED ? w : w >= 3 ? 2 * w : 3 * w, gap = dash, free = length - w;
	unsigned n = free > 0 ? (unsigned)fmin(free / (dash + gap), 100000) : 0;
	double pattern[2] = { dash, gap };

	if (e->line == PAINT_LINE_DOTTED && w > 1) {
		/* Round dots, their centres one width and a gap apart. */
		cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
		pattern[0] = 0;
		pattern[1] = n ? free / n : dash + gap;
	} else if (n) {
		pattern[1] = fmax(0.5, (length - dash - n * dash) / n);
		line[side][side % 2 ? 1 : 0] -= half;
		line[side][side % 2 ? 3 : 2] += half;
	}
	cairo_set_dash(cr, pattern, 2, 0);
	cairo_set_line_width(cr, w);
	cairo_move_to(cr, line[side][0], line[side][1]);
	cairo_line_to(cr, line[side][2], line[side][3]);
	cairo_stroke(cr);
	cairo_set_dash(cr, NULL, 0, 0);
	cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
}

static void draw_edge(cairo_t *cr, const struct paint_rect *b, const struct paint_edge edges[4],
		      const struct paint_radii *radii, int side)
{
	const struct paint_edge *e = &edges[side];
	bool lit = side == 0 || side == 3; /* light comes from the upper left */

	switch (e->line) {
	case PAINT_LINE_NONE:
		break;
	case PAINT_LINE_DOTTED:
	case PAINT_LINE_DASHED:
		paint_set_colour(cr, e->colour);
		draw_dashes(cr, b, e, side);
		break;
	case PAINT_LINE_SOLID:
		paint_set_colour(cr, e->colour);
		fill_ring(cr, b, edges, radii, 0, 1);
		break;
	case PAINT_LINE_DOUBLE:
		paint_set_colour(cr, e->colour);
		if (e->width < 3) {
			fill_ring(cr, b, edges, radii, 0, 1);
			break;
		}
		fill_ring(cr, b, edges, radii, 0, round(e->width / 3) / e->width);
		fill_ring(cr, b, edges, radii, 1 - round(e->width / 3) / e->width, 1);
		break;
	case PAINT_LINE_GROOVE:
	case PAINT_LINE_RIDGE:
		paint_set_colour(cr, shade(e->colour, lit == (e->line == PAINT_LINE_GROOVE)));
		fill_ring(cr, b, edges, radii, 0, 0.5);
		paint_set_colour(cr, shade(e->colour, lit != (e->line == PAINT_LINE_GROOVE)));
		fill_ring(cr, b, edges, radii, 0.5, 1);
		break;
	case PAINT_LINE_INSET:
	case PAINT_LINE_OUTSET:
		paint_set_colour(cr, shade(e->colour, lit == (e->line == PAINT_LINE_INSET)));
		fill_ring(cr, b, edges, radii, 0, 1);
		break;
	}
}

void paint_borders(cairo_t *cr, const struct paint_rect *box, const struct paint_edge edges[4],
		   const struct paint_radii *radii)
{
	struct paint_edge seen[4];
	bool any = false, all_same = true;

	for (int i = 0; i < 4; i++) {
		seen[i] = edges[i];
		if (seen[i].line == PAINT_LINE_NONE)
			seen[i].width = 0;
		any |= is_seen(&seen[i]);
		all_same &= is_same(&edges[i], &edges[0]);
	}
	if (!any || !(box->width > 0 && box->height > 0))
		return;
	if (all_same && edges[0].line == PAINT_LINE_SOLID) {
		paint_set_colour(cr, edges[0].colour);
		fill_ring(cr, box, seen, radii, 0, 1);
		return;
	}
	for (int side = 0; side < 4; side++) {
		if (!is_seen(&seen[side]))
			continue;
		cairo_save(cr);
		/* Slanted cuts are for corners where two edges meet; smooth cuts beside nothing would only blur the end. */
		if (is_seen(&seen[(side + 1) % 4]) || is_seen(&seen[(side + 3) % 4]) || !is_square(radii))
			clip_edge(cr, box, seen, side);
		draw_edge(cr, box, seen, radii, side);
		cairo_restore(cr);
	}
}

/* ---- signs ---- */

void paint_broken_sign(cairo_t *cr, const struct paint_rect *at)
{
	struct paint_rgba frame = { 0x80, 0x8a, 0x96, 255 }, sky = { 0xcf, 0xe2, 0xf6, 255 },
			  hill = { 0x5a, 0xa6, 0x4a, 255 };
	double x = at->x + 0.5, y = at->y + 0.5, r = at->x + at->width - 1.5, d = at->y + at->height - 1.5;

	cairo_save(cr);
	cairo_rectangle(cr, x, y, r - x, d - y);
	paint_set_colour(cr, sky);
	cairo_fill(cr);
	cairo_move_to(cr, x, d);
	cairo_line_to(cr, x + (r - x) * 0.45, y + (d - y) * 0.45);
	cairo_line_to(cr, r, d);
	cairo_close_path(cr);
	paint_set_colour(cr, hill);
	cairo_fill(cr);
	/* The tear. */
	cairo_move_to(cr, r, y + 3);
	cairo_line_to(cr, x + 4, d);
	cairo_set_line_width(cr, 2);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_stroke(cr);
	cairo_rectangle(cr, x, y, r - x, d - y);
	cairo_set_line_width(cr, 1);
	paint_set_colour(cr, frame);
	cairo_stroke(cr);
	cairo_restore(cr);
}

/* ---- lists ---- */

void paint_mark(cairo_t *cr, const struct paint_rect *at, enum paint_mark mark, struct paint_rgba colour)
{
	double r = fmin(at->width, at->height) / 2, x = at->x + at->width / 2, y = at->y + at->height / 2;

	paint_set_colour(cr, colour);
	if (mark == PAINT_MARK_SQUARE) {
		cairo_rectangle(cr, at->x, at->y, at->width, at->height);
		cairo_fill(cr);
		return;
	}
	cairo_new_sub_path(cr);
	cairo_arc(cr, x, y, mark == PAINT_MARK_CIRCLE ? r - 0.5 : r, 0, 2 * M_PI);
	if (mark == PAINT_MARK_DISC) {
		cairo_fill(cr);
	} else {
		cairo_set_line_width(cr, 1);
		cairo_stroke(cr);
	}
}
