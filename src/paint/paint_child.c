/* SPDX-License-Identifier: MIT */
/*
 * The child reads frames one after another and does what each says; it has no state of its own but the store and the document. Deep
 * documents make litehtml recurse, so all of it runs on a large stack; what is deeper still ends the child and nothing else.
 */
#include "paint/paint_child.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rd.h"
#include "paint/paint_litehtml.h"
#include "paint/paint_png.h"
#include "paint/paint_wire.h"

enum {
	STACK = 256 << 20,
	BAND = 2 << 20, /* octets of pixels that are drawn at once */
};

struct child {
	int fd;
	const struct paint_job *job;
	struct paint_fonts *fonts;
	struct paint_store *store;
	struct paint_doc *doc;
};

static _Noreturn void leave(int code)
{
	_exit(code);
}

/* A parent that does not read any more is gone. */
static void send_all(const struct child *c, const uint8_t *at, size_t len)
{
	while (len) {
		ssize_t n = write(c->fd, at, len);

		if (n <= 0)
			leave(1);
		at += n;
		len -= (size_t)n;
	}
}

static void send_frame(const struct child *c, enum paint_frame type, const uint8_t *body, size_t len)
{
	uint8_t head[PAINT_FRAME_HEAD];

	paint_frame_head(head, type, len);
	send_all(c, head, sizeof(head));
	send_all(c, body, len);
}

static _Noreturn void fail(const struct child *c, const char *sentence)
{
	send_frame(c, PAINT_FRAME_FAILED, (const uint8_t *)sentence, strlen(sentence));
	leave(0);
}

/* ---- what the parent says ---- */

static void take_given(struct child *c, enum paint_frame type, struct hf_bytes body)
{
	struct hf_rd in = hf_rd_over(body);
	struct hf_bytes name = hf_rd_bytes(&in, hf_rd_u32(&in));
	char *url;

	if (hf_rd_ok(&in) != HF_OK || name.len > PAINT_DATA_MOST)
		leave(1);
	url = strndup((const char *)name.at, name.len);
	if (!url)
		fail(c, "the painter ran out of memory");
	/* One too many is as one that could not be had. */
	if (type == PAINT_FRAME_STYLE)
		(void)paint_store_put_style(c->store, url, hf_rd_rest(&in));
	else if (type == PAINT_FRAME_IMAGE)
		(void)paint_store_put_image(c->store, url, hf_rd_rest(&in));
	else
		(void)paint_store_put_frame(c->store, url, hf_rd_rest(&in));
	free(url);
}

/* gumbo takes a string, and a zero in it is a character of its own (HTML 13.2.5.1: U+FFFD). */
static char *string_of(struct hf_bytes html)
{
	size_t zeros = 0;
	char *ret, *to;

	for (size_t i = 0; i < html.len; i++)
		zeros += html.at[i] == 0;
	ret = to = malloc(html.len + 2 * zeros + 1);
	for (size_t i = 0; ret && i < html.len; i++) {
		if (html.at[i]) {
			*to++ = (char)html.at[i];
		} else {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
		}
	}
	if (ret)
		*to = 0;
	return ret;
}

static void lay_out(struct child *c)
{
	const struct paint_job *job = c->job;
	struct paint_view view = {
		.width = job->width,
		.height = job->min_height,
		.density = job->density,
		.base = job->base,
		.user_css = job->user_css ? job->user_css : "",
	};
	struct paint_octets wants = { 0 };
	uint8_t len[4];
	char *html = string_of(job->html);

	if (c->doc || !html)
		fail(c, "the painter ran out of memory");
	c->doc = paint_doc_make(html, &view, c->store, c->fonts);
	free(html);
	if (!c->doc)
		fail(c, "the painter ran out of memory while it read the page");
	for (unsigned i = 0; i < paint_store_wants(c->store); i++) {
		const char *url = paint_store_want_at(c->store, i);

		paint_put_u32(len, strlen(url));
		paint_octets_add(&wants, len, sizeof(len));
		paint_octets_add(&wants, url, strlen(url));
	}
	if (wants.full)
		fail(c, "the page wants more pictures than can be counted");
	send_frame(c, PAINT_FRAME_WANTS, wants.at, wants.len);
	free(wants.at);
}

/* The rows of the picture from `top` on. */
static bool draw_band(const struct child *c, cairo_surface_t *band, unsigned top, unsigned rows)
{
	const double density = c->job->density;
	cairo_t *cr = cairo_create(band);
	bool good;

	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_translate(cr, 0, -(double)top);
	cairo_scale(cr, density, density);
	good = paint_doc_draw(c->doc, cr, (unsigned)(top / density), c->job->width, (unsigned)ceil(rows / density) + 1);
	cairo_destroy(cr);
	return good;
}

/* In bands, so that of a long page only one is in memory as pixels. */
static void draw(struct child *c)
{
	const struct paint_job *job = c->job;
	double density = job->density;
	unsigned page_width, page_height, most = (unsigned)fmax(1, floor(job->limits.height / density));
	struct paint_octets picture = { 0 };
	struct paint_png *png;
	unsigned width, height, rows; /* of the picture */
	cairo_surface_t *band;
	uint8_t size[8];

	if (!c->doc || !paint_doc_lay_out(c->doc, &page_width, &page_height))
		fail(c, "the painter ran out of memory while it laid out the page");
	page_height = page_height < job->min_height ? job->min_height : page_height;
	page_height = page_height > most ? most : page_height;
	width = (unsigned)fmax(1, lround(job->width * density));
	height = (unsigned)fmin(job->limits.height, fmax(1, lround(page_height * density)));
	paint_put_u32(size, width);
	paint_put_u32(size + 4, height);
	paint_octets_add(&picture, size, sizeof(size));
	rows = BAND / (4 * width) ? BAND / (4 * width) : 1;
	rows = rows > height ? height : rows;
	band = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)rows);
	png = paint_png_begin(&picture, width, height);
	if (cairo_surface_status(band) != CAIRO_STATUS_SUCCESS || !png)
		fail(c, "the picture is too large for the painter's memory");
	for (unsigned top = 0; top < height; top += rows) {
		if (!draw_band(c, band, top, rows))
			fail(c, "the painter ran out of memory while it drew the page");
		if (!paint_png_rows(png, band, height - top < rows ? height - top : rows))
			fail(c, "the picture is too large for the painter's memory");
	}
	if (!paint_png_end(png) || picture.full)
		fail(c, "the picture is too large for the painter's memory");
	send_frame(c, PAINT_FRAME_PICTURE, picture.at, picture.len);
	leave(0);
}

static void take_frame(struct child *c, uint8_t type, struct hf_bytes body)
{
	switch (type) {
	case PAINT_FRAME_STYLE:
	case PAINT_FRAME_IMAGE:
	case PAINT_FRAME_DOCUMENT:
		take_given(c, (enum paint_frame)type, body);
		break;
	case PAINT_FRAME_LAYOUT:
		lay_out(c);
		break;
	case PAINT_FRAME_DRAW:
		draw(c);
		break;
	default:
		leave(1);
	}
}

static void *work(void *ctx)
{
	struct child *c = ctx;
	struct paint_reader in = { 0 };
	struct hf_bytes body;
	struct hf_room room;
	uint8_t type;

	paint_lock_amounts(&c->job->limits);
	paint_lock_calls();
	for (;;) {
		hf_status s = paint_reader_next(&in, PAINT_FRAME_MOST, &type, &body);
		ssize_t n;

		if (s == HF_OK) {
			take_frame(c, type, body);
			continue;
		}
		if (s != HF_AGAIN || paint_reader_room(&in, PAINT_FRAME_MOST, &room) != HF_OK)
			fail(c, "the painter ran out of memory");
		n = read(c->fd, room.at, room.len);
		if (n <= 0)
			leave(0);
		paint_reader_add(&in, (size_t)n);
	}
}

_Noreturn void paint_child_run(int fd, const struct paint_job *job)
{
	struct child c = { .fd = fd, .job = job };
	pthread_attr_t attr;
	pthread_t thread;

	paint_lock_begin(&c.fd);
	c.fonts = paint_fonts_make(job->density);
	paint_fonts_warm(c.fonts);
	c.store = paint_store_make(job->limits.image_pixels);
	paint_lock_files();
	if (pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, STACK) || pthread_create(&thread, &attr, work, &c))
		fail(&c, "the painter's stack does not fit in memory");
	pthread_join(thread, NULL);
	leave(1);
}
