/* SPDX-License-Identifier: MIT */
/*
 * Any octets as a style sheet, a media query, a srcset or sizes: tokens lie in the input, one behind another, up to its end.
 */
#include "page/css.h"
#include "page/image_size.h"
#include "page/srcset.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("@charset \"utf-8\";@import 'a.css' screen;@import url( b.css )layer(x)supports(y);@layer a,b;p{color:red}@import 'no';"),
	   FUZZ_SEED("@font-face{font-family:x;src:url(\"a.woff2\")format('woff2'),url(b.woff)}p{background:image-set(url(a)1x,\"b\" 2x)}"),
	   FUZZ_SEED("a{b:url(bad'url);c:url( \\66oo\\a )}\"str\\\ning\"'bad\nx<!--->-->/* c */#h\\,i @-x 1e-3% +.5em -- u+0-7f"),
	   FUZZ_SEED("a.png, b.png 2x, c.png 100w, d.png 1.5x 2x, (e) 3h 4w, f,,g"),
	   FUZZ_SEED("(max-width: 600px) 50vw, (200px <= width < 40em) and (not (orientation:portrait)) 20em, only screen and (color), calc(1px) "),
	   FUZZ_SEED("<svg width='10mm' height=\"5\" viewBox='0 0 1,2'>"),
	   FUZZ_SEED("\xff\xd8\xff\xe0\0\x04xx\xff\xc0\0\x11\x08\0\x10\0\x20\x03"));

static void check_tokens(struct hf_bytes b)
{
	struct css_reader r = css_reader_over(b);

	for (;;) {
		const uint8_t *from = r.at;
		struct css_token t = css_next(&r);
		struct text plain = { 0 };

		FUZZ_CHECK(r.at >= from && r.at <= r.end);
		FUZZ_CHECK(!t.value.len || fuzz_inside(t.value, b.at, b.len));
		css_unescape(t.value, &plain);
		FUZZ_CHECK(t.escaped || t.type == CSS_DELIM || plain.len >= t.value.len);
		text_free(&plain);
		if (t.type == CSS_END)
			break;
		FUZZ_CHECK(r.at > from);
	}
	FUZZ_CHECK(r.at == r.end);
}

static void check_wants(struct hf_bytes b, bool attribute)
{
	struct css_scan s;
	struct css_want w;
	size_t n = 0;

	css_scan_begin(&s, b, attribute, 2);
	while (css_scan_next(&s, &w)) {
		FUZZ_CHECK(w.url.len > 0 && ++n <= b.len);
		FUZZ_CHECK(!attribute || w.what != CSS_IMPORT);
	}
	css_scan_end(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct media_view v = { .width = 500, .height = 400, .density = 1.5 };
	struct hf_bytes b, half, chosen, set;
	struct srcset_candidate c;
	uint8_t *copy = fuzz_copy(data, size);
	unsigned w, h;

	b = (struct hf_bytes){ copy, size };
	half = (struct hf_bytes){ copy, size / 2 };
	check_tokens(b);
	check_wants(b, false);
	check_wants(b, true);
	media_matches(b, &v);
	media_condition(b, &v);
	FUZZ_CHECK(srcset_source_size(b, &v) >= 0);
	if (srcset_choose(b, half, half, &v, &chosen))
		FUZZ_CHECK(chosen.len && fuzz_inside(chosen, b.at, b.len));
	set = b;
	while (srcset_next(&set, &c))
		FUZZ_CHECK(c.url.len && fuzz_inside(c.url, b.at, b.len));
	image_size(b, &w, &h);
	image_type(b);
	free(copy);
	return 0;
}
