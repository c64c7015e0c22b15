/* SPDX-License-Identifier: MIT */
#include "paint/paint_image.h"

#include <librsvg/rsvg.h>
#include <math.h>
#include <stdlib.h>

#include "base/ascii.h"

/* An SVG without a size of its own takes its view's, or what CSS gives replaced elements. */
enum { SVG_WIDTH = 300, SVG_HEIGHT = 150, SVG_MOST = 16 << 20 };

struct paint_image {
	cairo_surface_t *surface; /* or */
	RsvgHandle *svg;
	unsigned width, height;
};

static bool begins(struct hf_bytes b, const char *with, size_t len)
{
	return b.len >= len && !memcmp(b.at, with, len);
}

/* ---- SVG ---- */

#define SVG "<svg"

/* SVG has no magic number: an element of that name among the first octets, behind what XML allows in front of it. */
static bool is_svg(struct hf_bytes b)
{
	size_t look = b.len < 4096 ? b.len : 4096;

	for (size_t i = 0; i < look; i++)
		if (b.at[i] && !hf_ascii_is_space(b.at[i]) && b.at[i] != 0xef && b.at[i] != 0xbb && b.at[i] != 0xbf)
			return b.at[i] == '<' && memmem(b.at, look, SVG, sizeof(SVG) - 1);
	return false;
}

static unsigned whole(double length)
{
	return length < 1 || !isfinite(length) ? 1
	       : length > PAINT_SIDE_MOST      ? PAINT_SIDE_MOST
					       : (unsigned)lround(length);
}

static void svg_size(RsvgHandle *svg, unsigned *ret_width, unsigned *ret_height)
{
	gboolean has_width, has_height, has_box;
	RsvgLength width, height;
	double w, h, ratio = 0;
	RsvgRectangle box;

	rsvg_handle_get_intrinsic_dimensions(svg, &has_width, &width, &has_height, &height, &has_box, &box);
	if (has_box && box.width > 0 && box.height > 0)
		ratio = box.width / box.height;
	/* A size in percent is none of its own. */
	has_width &= width.unit != RSVG_UNIT_PERCENT;
	has_height &= height.unit != RSVG_UNIT_PERCENT;
	if (has_width && has_height && rsvg_handle_get_intrinsic_size_in_pixels(svg, &w, &h)) {
		*ret_width = whole(w);
		*ret_height = whole(h);
		return;
	}
	w = has_width ? width.length : ratio <= 0 ? SVG_WIDTH : has_height ? height.length * ratio : box.width;
	h = has_height ? height.length : ratio > 0 ? w / ratio : SVG_HEIGHT;
	*ret_width = whole(w);
	*ret_height = whole(h);
}

static RsvgHandle *read_svg(struct hf_bytes octets)
{
	RsvgHandle *svg = NULL;

	/* No flags: no huge XML. No base URL: librsvg loads nothing from anywhere then but data: URLs. */
	if (octets.len <= SVG_MOST)
		svg = rsvg_handle_new_from_data(octets.at, octets.len, NULL);
	if (svg)
		rsvg_handle_set_dpi(svg, 96);
	return svg;
}

/* ---- all ---- */

struct paint_image *paint_image_make(struct hf_bytes octets, uint64_t most, const char **ret_why)
{
	struct paint_image *i = calloc(1, sizeof(*i));

	*ret_why = "memory ended";
	if (!i)
		return NULL;
	*ret_why = "broken, or larger than the limit";
	if (begins(octets, "\x89PNG\r\n\x1a\n", 8))
		i->surface = paint_image_png(octets, most);
	else if (begins(octets, "\xff\xd8\xff", 3))
		i->surface = paint_image_jpeg(octets, most);
	else if (begins(octets, "GIF87a", 6) || begins(octets, "GIF89a", 6))
		i->surface = paint_image_gif(octets, most);
	else if (begins(octets, "RIFF", 4) && octets.len >= 12 && !memcmp(octets.at + 8, "WEBP", 4))
		i->surface = paint_image_webp(octets, most);
	else if (is_svg(octets))
		i->svg = read_svg(octets);
	else
		*ret_why = "none of PNG, JPEG, GIF, WebP and SVG";
	if (i->surface && cairo_surface_status(i->surface) == CAIRO_STATUS_SUCCESS) {
		i->width = (unsigned)cairo_image_surface_get_width(i->surface);
		i->height = (unsigned)cairo_image_surface_get_height(i->surface);
	} else if (i->svg) {
		svg_size(i->svg, &i->width, &i->height);
	}
	if (i->width && i->height)
		return i;
	paint_image_free(i);
	return NULL;
}

void paint_image_free(struct paint_image *i)
{
	if (!i)
		return;
	if (i->surface)
		cairo_surface_destroy(i->surface);
	if (i->svg)
		g_object_unref(i->svg);
	free(i);
}

void paint_image_size(const struct paint_image *i, unsigned *ret_width, unsigned *ret_height)
{
	*ret_width = i->width;
	*ret_height = i->height;
}

void paint_image_draw(const struct paint_image *i, cairo_t *cr, double x, double y, double width, double height)
{
	if (!(width > 0 && height > 0))
		return;
	cairo_save(cr);
	cairo_rectangle(cr, x, y, width, height);
	cairo_clip(cr);
	if (i->svg) {
		RsvgRectangle at = { x, y, width, height };

		/* What is wrong inside shows as what is missing. */
		(void)rsvg_handle_render_document(i->svg, cr, &at, NULL);
	} else {
		cairo_translate(cr, x, y);
		cairo_scale(cr, width / i->width, height / i->height);
		cairo_set_source_surface(cr, i->surface, 0, 0);
		cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
		/* Beyond its edge the picture goes on as it ends there: else scaled ones have soft edges. */
		cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
		cairo_paint(cr);
	}
	cairo_restore(cr);
}
