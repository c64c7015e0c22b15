/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/image_size.h"
#include "page/srcset.h"

#include <math.h>

static void media(void **state)
{
	static const struct {
		const char *list;
		bool matches; /* 1024 by 768, one pixel a pixel */
	} rows[] = {
		{ "", true },
		{ "  ", true },
		{ "all", true },
		{ "screen", true },
		{ "Screen, print", true },
		{ "print", false },
		{ "not print", true },
		{ "not screen", false },
		{ "only screen", true },
		{ "only print", false },
		{ "tv", false },
		{ "screen and (min-width: 1024px)", true },
		{ "screen and (min-width: 1025px)", false },
		{ "(max-width: 1023px)", false },
		{ "(max-width:64em)", true },
		{ "(width: 1024px)", true },
		{ "(width)", true },
		{ "(min-width: 10px) and (max-width: 20px)", false },
		{ "(min-width: 10px) and (max-width: 2000px)", true },
		{ "(max-width: 20px) or (min-width: 30px)", true },
		{ "not (max-width: 20px)", true },
		{ "not all and (max-width: 20px)", true },
		{ "not all and (min-width: 20px)", false },
		{ "((min-width: 10px) and (not (max-width: 20px)))", true },
		{ "(min-width: 1px) and (max-width: 2px) or (width)", false },
		{ "(width >= 1024px)", true },
		{ "(width>1024px)", false },
		{ "(1024px <= width)", true },
		{ "(1024px < width)", false },
		{ "(100px < width <= 1024px)", true },
		{ "(100px < width < 1024px)", false },
		{ "(2000px > width >= 100px)", true },
		{ "(width = 1024px)", true },
		{ "(orientation: landscape)", true },
		{ "(orientation: portrait)", false },
		{ "(min-aspect-ratio: 4/3)", true },
		{ "(min-aspect-ratio: 16 / 9)", false },
		{ "(min-resolution: 2dppx)", false },
		{ "(max-resolution: 96dpi)", true },
		{ "(-webkit-min-device-pixel-ratio: 1.5)", false },
		{ "(-webkit-min-device-pixel-ratio: 1)", true },
		{ "(color)", true },
		{ "(monochrome)", false },
		{ "(hover: hover)", true },
		{ "(prefers-color-scheme: dark)", false },
		{ "(prefers-color-scheme: light)", true },
		{ "(prefers-reduced-motion)", false },
		{ "(unheard-of: 1)", false },
		{ "not (unheard-of: 1)", false },
		{ "(unheard-of: 1) or (width)", true },
		{ "(min-width: fast)", false },
		{ "(min-width: 10)", false },
		{ "(width", true },
		{ "(((((((((((((((((((((((((((((((width)))))))))))))))))))))))))))))))", false },
		{ "screen and", false },
		{ "and", false },
		{ "f(x), screen", true },
		{ "(width] , screen", true },
		{ "print, (f(a, b)), all", true },
	};
	struct media_view v = { .width = 1024, .height = 768, .density = 1 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_bytes b = exact(rows[i].list);

		if (media_matches(b, &v) != rows[i].matches)
			fail_msg("%s", rows[i].list);
		free_exact(b);
	}
}

static void choices(void **state)
{
	static const struct {
		const char *srcset, *sizes, *src;
		double density;
		const char *chosen;
	} rows[] = {
		{ "", "", "a", 1, "a" },
		{ "", "", " a ", 1, "a" },
		{ "", "", "", 1, NULL },
		{ "b 2x", "", "a", 1, "a" },
		{ "b 2x", "", "a", 2, "b" },
		{ "b 2x", "", "a", 3, "b" },
		{ "b 2x", "", "", 1, "b" },
		{ "b, c 2x", "", "a", 1, "b" },
		{ "b 1x, c 1x", "", "", 1, "b" },
		{ "b 3x, c 1.5x", "", "", 1, "c" },
		{ "b 0.5x", "", "", 1, "b" },
		{ "s 500w, m 1000w, l 2000w", "", "a", 1, "l" }, /* 1024 wide */
		{ "s 500w, m 1000w, l 2000w", "500px", "a", 1, "s" },
		{ "s 500w, m 1000w, l 2000w", "500px", "a", 2, "m" },
		{ "s 500w, m 1000w, l 2000w", "(max-width: 600px) 100vw, 80vw", "a", 1, "m" },
		{ "s 500w, m 1000w", "(min-width: 600px) 10vw, 100vw", "a", 1, "s" },
		{ "s 500w, m 1000w", "bad, (bad) 10px, 300px", "a", 1, "s" },
		{ "s 500w, m 1000w", "(max-width: calc(1px)) 10px, calc(50vw), 400px", "a", 1, "s" },
		{ "s 500w, m 1000w", "(min-width: 1px)10px", "a", 1, "s" },
		{ "a,b c 2x", "", "", 1, NULL }, /* the comma belongs to the URL, and "c" is no descriptor */
		{ "a, ,b 2x,", "", "", 2, "b" },
		{ "a,,", "", "", 1, "a" },
		{ "data:x,y 2x", "", "", 2, "data:x,y" },
		{ "a 1x 2x, b 100w 2x, c foo, d -1x, e 0w, f", "", "", 1, "f" },
		{ "a 1x, b 100h, c 200w 100h", "", "", 1, "a" },
		{ "a (1x, 2x) , b", "", "", 1, "b" },
		{ "a +1x, b 1e0x", "", "", 1, "b" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct media_view v = { .width = 1024, .height = 768, .density = rows[i].density };
		struct hf_bytes set = exact(rows[i].srcset), sizes = exact(rows[i].sizes), src = exact(rows[i].src), got;
		bool any = srcset_choose(set, sizes, src, &v, &got);

		if (any != (rows[i].chosen != NULL) || (any && !hf_bytes_same(got, hf_bytes_of(rows[i].chosen))))
			fail_msg("%zu %s: %.*s", i, rows[i].srcset, any ? (int)got.len : 4,
				 any ? (const char *)got.at : "none");
		free_exact(set);
		free_exact(sizes);
		free_exact(src);
	}
}

static void lengths(void **state)
{
	static const struct {
		const char *length;
		double px; /* -1: none */
	} rows[] = {
		{ "10px", 10 },    { "1.5em", 24 }, { "50vw", 500 }, { "10vh", 50 }, { "1in", 96 }, { "72pt", 96 },
		{ "2.54cm", 96 },  { "0", 0 },      { "10", -1 },    { "10%", -1 },  { "x", -1 },   { "", -1 },
		{ "1px 2px", -1 }, { "1vmin", 5 },  { "1vmax", 10 }, { "-5px", -5 },
	};
	struct media_view v = { .width = 1000, .height = 500, .density = 1 };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		double px = -1;
		bool fine = media_length(hf_bytes_of(rows[i].length), &v, &px);

		if (fine != (rows[i].px != -1) || (fine && fabs(px - rows[i].px) > 1e-6))
			fail_msg("%s: %g", rows[i].length, px);
	}
}

/* ---- image sizes ---- */

#define IMAGE(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static void image_sizes(void **state)
{
	static const struct {
		struct hf_bytes octets;
		const char *type;
		unsigned w, h; /* 0: cannot be told */
		bool text;     /* more of it may come to the same */
	} rows[] = {
		{ IMAGE("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\2\0\0\0\7"), "image/png", 258, 7, false },
		{ IMAGE("GIF89a\x20\x00\x01\x01"), "image/gif", 32, 257, false },
		{ IMAGE("\xff\xd8\xff\xe0\0\4ab\xff\xff\xc2\0\x11\x08\0\x10\1\x20"), "image/jpeg", 288, 16, false },
		{ IMAGE("\xff\xd8\xff\xda\0\4ab"), "image/jpeg", 0, 0, false },
		{ IMAGE("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0f\1\0\x09\0\0"), "image/webp", 272, 10, false },
		{ IMAGE("RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0\x2f\x0f\x40\2\0\0\0\0\0\0"), "image/webp", 16, 10, false },
		{ IMAGE("RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\1\x2a\x40\1\xc8\0"), "image/webp", 320, 200, false },
		{ IMAGE("<?xml?><svg width='20' height=\"10.4px\">"), "image/svg+xml", 20, 10, true },
		{ IMAGE("<svg viewBox='0 0 30 20'>"), "image/svg+xml", 30, 20, true },
		{ IMAGE("<svg viewBox='0,0,30,20' width='60'>"), "image/svg+xml", 60, 40, true },
		{ IMAGE("<svg viewBox='0 0 30 20' height='1in'>"), "image/svg+xml", 144, 96, true },
		{ IMAGE("<svg a='width=\"7\"' width='100%'>"), "image/svg+xml", 300, 150, true },
		{ IMAGE("<svg>"), "image/svg+xml", 300, 150, true },
		{ IMAGE("<svg width='20'"), "image/svg+xml", 0, 0, true },
		{ IMAGE("BM and so on"), NULL, 0, 0, true },
		{ IMAGE(""), NULL, 0, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		unsigned w, h;

		for (size_t n = 0; n <= rows[i].octets.len; n++) { /* every prefix */
			struct hf_bytes b = exact_n(rows[i].octets.at, n);
			bool fine = image_size(b, &w, &h);

			if (n == rows[i].octets.len) {
				assert_int_equal(fine, rows[i].w > 0);
				assert_true(!fine || (w == rows[i].w && h == rows[i].h));
				assert_true(!image_type(b) == !rows[i].type);
				assert_true(!rows[i].type || strcmp(image_type(b), rows[i].type) == 0);
			} else {
				assert_true(!fine || rows[i].text);
			}
			free_exact(b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(media),
		cmocka_unit_test(choices),
		cmocka_unit_test(lengths),
		cmocka_unit_test(image_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
