/* SPDX-License-Identifier: MIT */
/*
 * A page and a style sheet of its own, with a zero octet between them, through paint_css and through litehtml to the end of a small
 * picture, in this process: what would end the child ends the fuzzer.
 */
#include "paint/paint_css.h"
#include "paint/paint_litehtml.h"

#include "fuzz.h"

enum {
	SIZE_MOST = 1500, /* octets: what litehtml takes for tables in tables doubles with each */
	TABLES_MOST = 6,
	SIDE = 200,
};

FUZZ_SEEDS(
	FUZZ_SEED("<table border=1><tr><td rowspan=2>a<td colspan=9>b<tr><td>c</table>\0td{width:50%;border-collapse:collapse}"),
	FUZZ_SEED("<ul><li>a<li>b</ul><ol type=i><li>c</ol>\0li:nth-child(2n+1){list-style:square inside;float:left}"),
	FUZZ_SEED("<p>a<b>b<i>c</b>d</i><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' alt='x y' width=30>"
		  "\0p:before{content:'\\201C'} img{vertical-align:middle;max-width:50%}"),
	FUZZ_SEED("<div class=a><div>1</div><div class=b>2</div></div><svg width=5 height=5><rect width=5 height=5 /></svg>"
		  "\0:root{--x:calc(1px + 2em)} .a{display:flex} .b{flex:1;margin:var(--x) auto;background:linear-gradient(red,blue)}"),
	FUZZ_SEED("<pre>a\tb\n\xe6\x97\xa5</pre><input placeholder=x><select><option>1</select><iframe srcdoc='<b>x'></iframe>"
		  "\0@media (min-width:10em) and (not (hover)){pre{position:absolute;top:1px}} @import 'x.css';"),
	FUZZ_SEED("<h1 style='margin:-5px;overflow:hidden;border-radius:50%/9px'>x</h1><style>h1{color:rgb(1 2 3/4%)}</style>"
		  "\0h1::after{content:'';clear:both;display:table} :is(h1,h2):not(.x){font:italic bold 20px/2 serif}"));

/* fontconfig keeps what it knows of this system's fonts until the end, and does not call that a leak. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

/* Tables, and what looks for a width of its own likewise, are laid out again and again. */
static bool is_slow(const uint8_t *data, size_t size)
{
	static const char *const slow[] = { "table", "float", "inline-", "flex",     "cell", "frame",
					    "row",   "<td",   "<th",     "absolute", "fixed" };
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow); i++) {
		size_t len = strlen(slow[i]);

		for (size_t at = 0; at + len <= size; at++)
			n += !memcmp(data + at, slow[i], len);
	}
	return n > TABLES_MOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = memchr(data, 0, size);
	size_t len = zero ? (size_t)(zero - data) : size;
	struct paint_view view = { .width = SIDE, .height = SIDE, .density = 1, .base = "http://a.test/", .user_css = "" };
	struct hf_bytes css = { zero ? zero + 1 : data, zero ? size - len - 1 : 0 };
	static const char head[] = "<link rel=stylesheet href=x.css>";
	static struct paint_fonts *fonts;
	struct paint_store *store;
	cairo_surface_t *surface;
	struct paint_doc *doc;
	unsigned width, height;
	cairo_t *cr;
	char *html;

	if (size > SIZE_MOST || is_slow(data, size))
		return 0;
	if (!fonts)
		fonts = paint_fonts_make(1);
	html = malloc(sizeof(head) + len);
	FUZZ_CHECK(html);
	memcpy(html, head, sizeof(head) - 1);
	memcpy(html + sizeof(head) - 1, data, len);
	html[sizeof(head) - 1 + len] = 0;

	store = paint_store_make(10000);
	FUZZ_CHECK(paint_store_put_style(store, "http://a.test/x.css", css));
	doc = paint_doc_make(html, &view, store, fonts);
	if (doc && paint_doc_lay_out(doc, &width, &height)) {
		surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, SIDE, SIDE);
		cr = cairo_create(surface);
		(void)paint_doc_draw(doc, cr, 0, SIDE, SIDE);
		cairo_destroy(cr);
		cairo_surface_destroy(surface);
	}
	paint_doc_free(doc);
	paint_store_free(store);
	free(html);
	return 0;
}
