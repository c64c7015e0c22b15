/* SPDX-License-Identifier: MIT */
/*
 * Octets to pixels. The size is judged before a pixel is decoded, so that a small file with a huge picture costs nothing. A picture that
 * ends too early shows what was there, as browsers do, where its library lets us.
 */
#include <gif_lib.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which forgets it */
#include <stdlib.h>

#include <jpeglib.h>
#include <webp/decode.h>

#include "paint/paint_image.h"

static cairo_surface_t *make_surface(uint64_t width, uint64_t height, uint64_t most)
{
	cairo_surface_t *s;

	if (!width || !height || width > PAINT_SIDE_MOST || height > PAINT_SIDE_MOST || width * height > most)
		return NULL;
	s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)width, (int)height);
	if (cairo_surface_status(s) == CAIRO_STATUS_SUCCESS)
		return s;
	cairo_surface_destroy(s);
	return NULL;
}

/* Of a picture of which nothing came nothing is shown. */
static cairo_surface_t *finish(cairo_surface_t *s, bool any)
{
	if (s && any) {
		cairo_surface_mark_dirty(s);
		return s;
	}
	if (s)
		cairo_surface_destroy(s);
	return NULL;
}

static uint32_t *row_of(cairo_surface_t *s, unsigned y)
{
	return (uint32_t *)(void *)(cairo_image_surface_get_data(s) + (size_t)y * (size_t)cairo_image_surface_get_stride(s));
}

/* Cairo's pixels have their colours multiplied by their alpha. */
static uint32_t pixel_of(unsigned r, unsigned g, unsigned b, unsigned a)
{
	if (a == 0)
		return 0;
	if (a < 255) {
		r = (r * a + 127) / 255;
		g = (g * a + 127) / 255;
		b = (b * a + 127) / 255;
	}
	return (uint32_t)a << 24 | (uint32_t)r << 16 | (uint32_t)g << 8 | b;
}

static void pixels_from_rgba(uint32_t *to, const uint8_t *from, unsigned n)
{
	for (unsigned x = 0; x < n; x++, from += 4)
		to[x] = pixel_of(from[0], from[1], from[2], from[3]);
}

/* ---- PNG ---- */

static void give_png(png_structp png, png_bytep to, png_size_t n)
{
	struct hf_bytes *left = png_get_io_ptr(png);

	if (n > left->len)
		png_error(png, "short");
	memcpy(to, left->at, n);
	left->at += n;
	left->len -= n;
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

cairo_surface_t *paint_image_png(struct hf_bytes octets, uint64_t most)
{
	cairo_surface_t *volatile ret = NULL;
	uint8_t *volatile rows = NULL;
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, leave_png, quiet_png);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	volatile unsigned done = 0;
	uint32_t width, height;
	bool interlaced;

	if (!info)
		goto end;
	if (setjmp(png_jmpbuf(png)))
		goto end; /* with the rows that came */
	png_set_user_limits(png, PAINT_SIDE_MOST, PAINT_SIDE_MOST);
	png_set_chunk_cache_max(png, 100);
	png_set_chunk_malloc_max(png, 8 << 20);
	png_set_read_fn(png, &octets, give_png);
	png_read_info(png, info);
	width = png_get_image_width(png, info);
	height = png_get_image_height(png, info);
	ret = make_surface(width, height, most);
	if (!ret)
		goto end;
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
	interlaced = png_set_interlace_handling(png) > 1;
	png_read_update_info(png, info);
	if (png_get_rowbytes(png, info) != (size_t)width * 4)
		goto end;
	rows = calloc(interlaced ? height : 1, (size_t)width * 4);
	if (!rows)
		goto end;
	if (interlaced) {
		/* Each pass goes over all rows. */
		for (int pass = 0; pass < 7; pass++)
			for (uint32_t y = 0; y < height; y++)
				png_read_row(png, rows + (size_t)y * width * 4, NULL);
		for (uint32_t y = 0; y < height; y++)
			pixels_from_rgba(row_of(ret, y), rows + (size_t)y * width * 4, width);
		done = height;
	} else {
		for (uint32_t y = 0; y < height; y++, done++) {
			png_read_row(png, rows, NULL);
			pixels_from_rgba(row_of(ret, y), rows, width);
		}
	}
end:
	free(rows);
	png_destroy_read_struct(&png, &info, NULL);
	return finish(ret, done > 0);
}

/* ---- JPEG ---- */

struct jpeg_trouble {
	struct jpeg_error_mgr base;
	jmp_buf out;
};

static void leave_jpeg(j_common_ptr c)
{
	longjmp(((struct jpeg_trouble *)c->err)->out, 1);
}

static void quiet_jpeg(j_common_ptr c, int level)
{
	(void)c;
	(void)level;
}

static void row_from_jpeg(uint32_t *to, const uint8_t *from, unsigned n, J_COLOR_SPACE space)
{
	for (unsigned x = 0; x < n; x++) {
		if (space == JCS_CMYK) {
			/* Adobe's are inverted, and nobody writes others. */
			unsigned k = from[4 * x + 3];

			to[x] = pixel_of(from[4 * x] * k / 255, from[4 * x + 1] * k / 255, from[4 * x + 2] * k / 255, 255);
		} else {
			to[x] = pixel_of(from[3 * x], from[3 * x + 1], from[3 * x + 2], 255);
		}
	}
}

cairo_surface_t *paint_image_jpeg(struct hf_bytes octets, uint64_t most)
{
	cairo_surface_t *volatile ret = NULL;
	uint8_t *volatile row = NULL;
	volatile unsigned done = 0;
	struct jpeg_decompress_struct c;
	struct jpeg_trouble trouble;
	JSAMPROW rows[1];

	memset(&c, 0, sizeof(c));
	c.err = jpeg_std_error(&trouble.base);
	trouble.base.error_exit = leave_jpeg;
	trouble.base.emit_message = quiet_jpeg;
	if (setjmp(trouble.out))
		goto end;
	jpeg_create_decompress(&c);
	jpeg_mem_src(&c, octets.at, octets.len);
	if (jpeg_read_header(&c, TRUE) != JPEG_HEADER_OK)
		goto end;
	ret = make_surface(c.image_width, c.image_height, most);
	if (!ret)
		goto end;
	c.out_color_space = c.jpeg_color_space == JCS_CMYK || c.jpeg_color_space == JCS_YCCK ? JCS_CMYK : JCS_RGB;
	jpeg_start_decompress(&c);
	if (c.output_width > c.image_width || c.output_height > c.image_height || c.output_components > 4)
		goto end;
	row = malloc((size_t)c.output_width * 4);
	if (!row)
		goto end;
	while (c.output_scanline < c.output_height) {
		unsigned y = c.output_scanline;

		rows[0] = row;
		if (jpeg_read_scanlines(&c, rows, 1) != 1)
			break;
		row_from_jpeg(row_of(ret, y), row, c.output_width, c.out_color_space);
		done = y + 1;
	}
end:
	free(row);
	jpeg_destroy_decompress(&c);
	return finish(ret, done > 0);
}

/* ---- GIF ---- */

static int give_gif(GifFileType *gif, GifByteType *to, int n)
{
	struct hf_bytes *left = gif->UserData;
	size_t take = (size_t)n < left->len ? (size_t)n : left->len;

	memcpy(to, left->at, take);
	left->at += take;
	left->len -= take;
	return (int)take;
}

/* Skips to the first picture; the transparent colour is said in front of it, -1: none. */
static bool find_gif_frame(GifFileType *gif, int *ret_clear)
{
	GifRecordType type;
	GifByteType *block;
	int code;

	*ret_clear = -1;
	for (;;) {
		if (DGifGetRecordType(gif, &type) != GIF_OK || type == TERMINATE_RECORD_TYPE)
			return false;
		if (type == IMAGE_DESC_RECORD_TYPE)
			return DGifGetImageDesc(gif) == GIF_OK;
		if (type != EXTENSION_RECORD_TYPE)
			continue;
		if (DGifGetExtension(gif, &code, &block) != GIF_OK)
			return false;
		while (block) {
			if (code == GRAPHICS_EXT_FUNC_CODE && block[0] >= 4)
				*ret_clear = block[1] & 1 ? block[4] : -1;
			if (DGifGetExtensionNext(gif, &block) != GIF_OK)
				return false;
		}
	}
}

static void draw_gif_row(cairo_surface_t *s, const GifFileType *gif, const ColorMapObject *map, const GifPixelType *row,
			 int y, int clear)
{
	uint32_t *to = row_of(s, (unsigned)(gif->Image.Top + y)) + gif->Image.Left;

	for (int x = 0; x < gif->Image.Width; x++)
		if (row[x] != clear && row[x] < map->ColorCount)
			to[x] = pixel_of(map->Colors[row[x]].Red, map->Colors[row[x]].Green, map->Colors[row[x]].Blue, 255);
}

cairo_surface_t *paint_image_gif(struct hf_bytes octets, uint64_t most)
{
	static const int first[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };
	int error = 0, clear;
	GifFileType *gif = DGifOpen(&octets, give_gif, &error);
	const ColorMapObject *map;
	cairo_surface_t *ret = NULL;
	GifPixelType *row = NULL;
	const GifImageDesc *at;
	bool fits;

	if (!gif)
		return NULL;
	if (!find_gif_frame(gif, &clear))
		goto end;
	at = &gif->Image;
	map = at->ColorMap ? at->ColorMap : gif->SColorMap;
	fits = at->Left >= 0 && at->Top >= 0 && at->Width > 0 && at->Height > 0 && gif->SWidth > 0 &&
	       gif->SHeight > 0 && at->Left + at->Width <= gif->SWidth && at->Top + at->Height <= gif->SHeight;
	if (map && fits)
		ret = make_surface((uint64_t)gif->SWidth, (uint64_t)gif->SHeight, most);
	row = ret ? calloc((size_t)at->Width, 1) : NULL;
	for (int pass = 0; row && pass < (at->Interlace ? 4 : 1); pass++) {
		for (int y = at->Interlace ? first[pass] : 0; y < at->Height; y += at->Interlace ? step[pass] : 1) {
			if (DGifGetLine(gif, row, at->Width) != GIF_OK)
				goto end;
			draw_gif_row(ret, gif, map, row, y, clear);
		}
	}
end:
	free(row);
	DGifCloseFile(gif, &error);
	if (ret)
		cairo_surface_mark_dirty(ret);
	return ret;
}

/* ---- WebP ---- */

cairo_surface_t *paint_image_webp(struct hf_bytes octets, uint64_t most)
{
	WebPBitstreamFeatures has;
	cairo_surface_t *ret;
	uint8_t *rgba;
	int width, height;

	if (WebPGetFeatures(octets.at, octets.len, &has) != VP8_STATUS_OK || has.has_animation || has.width < 1 ||
	    has.height < 1)
		return NULL;
	ret = make_surface((uint64_t)has.width, (uint64_t)has.height, most);
	if (!ret)
		return NULL;
	rgba = WebPDecodeRGBA(octets.at, octets.len, &width, &height);
	if (!rgba || width != has.width || height != has.height) {
		WebPFree(rgba);
		cairo_surface_destroy(ret);
		return NULL;
	}
	for (int y = 0; y < height; y++)
		pixels_from_rgba(row_of(ret, (unsigned)y), rgba + (size_t)y * (size_t)width * 4, (unsigned)width);
	WebPFree(rgba);
	cairo_surface_mark_dirty(ret);
	return ret;
}
