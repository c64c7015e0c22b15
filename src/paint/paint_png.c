/* SPDX-License-Identifier: MIT */
#include "paint/paint_png.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

struct paint_png {
	struct paint_octets *to;
	png_structp png;
	png_infop info;
	uint8_t *row;
	unsigned width;
};

static void take(png_structp png, png_bytep at, png_size_t n)
{
	paint_octets_add(png_get_io_ptr(png), at, n);
}

static void flush_nothing(png_structp png)
{
	(void)png;
}

static _Noreturn void leave_png(png_structp png, png_const_charp what)
{
	(void)what;
	png_longjmp(png, 1);
}

static void quiet_png(png_structp png, png_const_charp what)
{
	(void)png;
	(void)what;
}

static void free_all(struct paint_png *p)
{
	png_destroy_write_struct(&p->png, &p->info);
	free(p->row);
	free(p);
}

static bool write_head(struct paint_png *p, unsigned height)
{
	if (setjmp(png_jmpbuf(p->png)))
		return false;
	png_set_write_fn(p->png, p->to, take, flush_nothing);
	png_set_IHDR(p->png, p->info, p->width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(p->png, p->info);
	return true;
}

struct paint_png *paint_png_begin(struct paint_octets *to, unsigned width, unsigned height)
{
	struct paint_png *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->to = to;
	p->width = width;
	p->row = malloc((size_t)width * 3);
	p->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, leave_png, quiet_png);
	p->info = p->png ? png_create_info_struct(p->png) : NULL;
	if (p->row && p->info && write_head(p, height))
		return p;
	free_all(p);
	return NULL;
}

bool paint_png_rows(struct paint_png *p, cairo_surface_t *surface, unsigned rows)
{
	cairo_surface_flush(surface);
	if (setjmp(png_jmpbuf(p->png)))
		return false;
	for (unsigned y = 0; y < rows; y++) {
		const uint8_t *from = cairo_image_surface_get_data(surface) +
				      (size_t)y * (unsigned)cairo_image_surface_get_stride(surface);

		/* A pixel is a word of the processor's: 0xXXRRGGBB. */
		for (unsigned x = 0; x < p->width; x++) {
			uint32_t pixel;

			memcpy(&pixel, from + (size_t)x * 4, sizeof(pixel));
			p->row[x * 3] = (uint8_t)(pixel >> 16);
			p->row[x * 3 + 1] = (uint8_t)(pixel >> 8);
			p->row[x * 3 + 2] = (uint8_t)pixel;
		}
		png_write_row(p->png, p->row);
	}
	return !p->to->full;
}

static bool write_end(struct paint_png *p)
{
	if (setjmp(png_jmpbuf(p->png)))
		return false;
	png_write_end(p->png, NULL);
	return !p->to->full;
}

bool paint_png_end(struct paint_png *p)
{
	bool good = write_end(p);

	free_all(p);
	return good;
}
