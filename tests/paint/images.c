/* SPDX-License-Identifier: MIT */
#include "paint_test.h"

#include <cairo.h>
#include <gif_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <webp/encode.h>

static void add(struct octets *to, const void *at, size_t n)
{
	assert_true(to->len + n <= sizeof(to->at));
	memcpy(to->at + to->len, at, n);
	to->len += n;
}

static cairo_status_t add_png(void *to, const unsigned char *at, unsigned n)
{
	add(to, at, n);
	return CAIRO_STATUS_SUCCESS;
}

void make_png(struct octets *to, unsigned width, unsigned height, uint32_t rgb)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
	cairo_t *cr = cairo_create(s);

	cairo_set_source_rgb(cr, (rgb >> 16) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
	cairo_paint(cr);
	cairo_destroy(cr);
	to->len = 0;
	assert_int_equal(cairo_surface_write_to_png_stream(s, add_png, to), CAIRO_STATUS_SUCCESS);
	cairo_surface_destroy(s);
}

static uint8_t *make_rgb(unsigned width, unsigned height, uint32_t rgb)
{
	uint8_t *at = malloc((size_t)width * height * 3);

	assert_non_null(at);
	for (size_t i = 0; i < (size_t)width * height; i++) {
		at[3 * i] = (uint8_t)(rgb >> 16);
		at[3 * i + 1] = (uint8_t)(rgb >> 8);
		at[3 * i + 2] = (uint8_t)rgb;
	}
	return at;
}

void make_jpeg(struct octets *to, unsigned width, unsigned height, uint32_t rgb)
{
	uint8_t *pixels = make_rgb(width, height, rgb), *out = NULL;
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr error;
	unsigned long len = 0;

	c.err = jpeg_std_error(&error);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &len);
	c.image_width = width;
	c.image_height = height;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 100, TRUE);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < height) {
		JSAMPROW row = pixels + (size_t)c.next_scanline * width * 3;

		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	to->len = 0;
	add(to, out, len);
	free(out);
	free(pixels);
}

static int add_gif(GifFileType *gif, const GifByteType *at, int n)
{
	add(gif->UserData, at, (size_t)n);
	return n;
}

void make_gif(struct octets *to, unsigned width, unsigned height, uint32_t rgb)
{
	GifColorType colours[2] = { { (uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb }, { 0, 0, 0 } };
	ColorMapObject *map = GifMakeMapObject(2, colours);
	GifPixelType *row = calloc(width, 1);
	int error;
	GifFileType *gif;

	to->len = 0;
	gif = EGifOpen(to, add_gif, &error);
	assert_non_null(gif);
	assert_int_equal(EGifPutScreenDesc(gif, (int)width, (int)height, 8, 0, map), GIF_OK);
	assert_int_equal(EGifPutImageDesc(gif, 0, 0, (int)width, (int)height, false, NULL), GIF_OK);
	for (unsigned y = 0; y < height; y++)
		assert_int_equal(EGifPutLine(gif, row, (int)width), GIF_OK);
	assert_int_equal(EGifCloseFile(gif, &error), GIF_OK);
	GifFreeMapObject(map);
	free(row);
}

void make_webp(struct octets *to, unsigned width, unsigned height, uint32_t rgb)
{
	uint8_t *pixels = make_rgb(width, height, rgb), *out;
	size_t len = WebPEncodeLosslessRGB(pixels, (int)width, (int)height, (int)width * 3, &out);

	assert_true(len > 0);
	to->len = 0;
	add(to, out, len);
	WebPFree(out);
	free(pixels);
}

void make_svg(struct octets *to, unsigned width, unsigned height, uint32_t rgb)
{
	to->len = (size_t)snprintf((char *)to->at, sizeof(to->at),
				   "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\">"
				   "<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/></svg>",
				   width, height, (unsigned)rgb);
}
