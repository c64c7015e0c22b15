/* SPDX-License-Identifier: MIT */
#include "paint_test.h"

#include <stdlib.h>
#include <string.h>

#include "paint/paint_image.h"

typedef void maker(struct octets *to, unsigned width, unsigned height, uint32_t rgb);

static const struct {
	const char *name;
	maker *make;
	size_t width_at; /* where the file says how wide it is, and in how many octets; 0: not tested */
	bool big_endian;
	size_t octets;
} kinds[] = {
	{ "PNG", make_png, 16, true, 4 },   { "JPEG", make_jpeg, 0, true, 2 }, { "GIF", make_gif, 6, false, 2 },
	{ "WebP", make_webp, 0, false, 0 }, { "SVG", make_svg, 0, false, 0 },
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds), MOST = 1000000 };

static const char *why;

static uint32_t pixel(const struct paint_image *i, double x, double y)
{
	cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 1, 1);
	cairo_t *cr = cairo_create(s);
	unsigned width, height;
	uint32_t ret;

	paint_image_size(i, &width, &height);
	paint_image_draw(i, cr, -x, -y, width, height);
	cairo_destroy(cr);
	cairo_surface_flush(s);
	memcpy(&ret, cairo_image_surface_get_data(s), sizeof(ret));
	cairo_surface_destroy(s);
	return ret;
}

static bool is_near(uint32_t a, uint32_t b)
{
	for (int shift = 0; shift < 32; shift += 8)
		if (abs((int)(a >> shift & 255) - (int)(b >> shift & 255)) > 3)
			return false;
	return true;
}

static void test_all_kinds(void **state)
{
	static struct octets o;

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		struct paint_image *i;
		unsigned width, height;

		kinds[k].make(&o, 37, 21, 0x3060c0);
		i = paint_image_make(bytes_of(&o), MOST, &why);
		if (!i)
			fail_msg("%s: %s", kinds[k].name, why);
		paint_image_size(i, &width, &height);
		assert_int_equal(width, 37);
		assert_int_equal(height, 21);
		if (!is_near(pixel(i, 0, 0), 0xff3060c0) || !is_near(pixel(i, 36, 20), 0xff3060c0))
			fail_msg("%s has another colour", kinds[k].name);
		paint_image_free(i);
	}
}

/* Larger than allowed is refused before a pixel is made; just as large is not. */
static void test_pixel_limit(void **state)
{
	static struct octets o;

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		struct paint_image *i;

		if (kinds[k].make == make_svg)
			continue; /* it has no pixels of its own */
		kinds[k].make(&o, 100, 50, 0x102030);
		assert_null(paint_image_make(bytes_of(&o), 4999, &why));
		i = paint_image_make(bytes_of(&o), 5000, &why);
		assert_non_null(i);
		paint_image_free(i);
	}
}

static void test_said_to_be_huge(void **state)
{
	static struct octets o;

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		if (!kinds[k].width_at)
			continue;
		kinds[k].make(&o, 8, 8, 0x102030);
		memset(o.at + kinds[k].width_at, 0x7f, kinds[k].octets * 2);
		assert_null(paint_image_make(bytes_of(&o), MOST, &why));
	}
}

/* What ends too early is broken, or shows what came; what is changed anywhere does no harm. */
static void test_broken(void **state)
{
	static struct octets o, bad;

	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		kinds[k].make(&o, 16, 16, 0x80a010);
		for (size_t n = 0; n < o.len; n += n < 64 ? 1 : 7) {
			uint8_t *part = malloc(n + 1);
			struct paint_image *i;

			memcpy(part, o.at, n);
			i = paint_image_make((struct hf_bytes){ part, n }, MOST, &why);
			if (!i)
				assert_non_null(why);
			paint_image_free(i);
			free(part);
		}
		for (size_t n = 0; n < o.len; n++) {
			struct paint_image *i;

			bad = o;
			bad.at[n] ^= 0x55;
			i = paint_image_make(bytes_of(&bad), MOST, &why);
			if (i)
				pixel(i, 3, 3);
			paint_image_free(i);
		}
	}
}

static void test_no_picture(void **state)
{
	static const char *const none[] = {
		"", "GIF", "BM123456789012345678", "<html><body>", "\x89PNG\r\n\x1a\n", "RIFF1234WAVE", "<svg"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_null(paint_image_make(hf_bytes_of(none[i]), MOST, &why));
}

/* An SVG loads nothing, whatever it names. */
static void test_svg_is_alone(void **state)
{
	static const char svg[] =
		"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='10' height='10'>"
		"<rect width='10' height='10' fill='#00ff00'/><image width='10' height='10' "
		"xlink:href='file:///etc/hostname'/><use xlink:href='/etc/passwd#a'/></svg>";
	struct paint_image *i = paint_image_make(hf_bytes_of(svg), MOST, &why);

	(void)state;
	assert_non_null(i);
	assert_int_equal(pixel(i, 5, 5), 0xff00ff00);
	paint_image_free(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),       cmocka_unit_test(test_pixel_limit),
		cmocka_unit_test(test_said_to_be_huge), cmocka_unit_test(test_broken),
		cmocka_unit_test(test_no_picture),      cmocka_unit_test(test_svg_is_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
