/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/html.h"

#include <stdio.h>
#include <time.h>

static const struct html_limits wide = { .nodes = 500000, .nesting = 512 };

/* "style http://h.test/a.css" a line; what is only noted in brackets. */
static void lines_of(const struct html *h, struct text *t)
{
	for (size_t i = 0; i < h->items; i++) {
		const struct html_item *item = &h->item[i];

		if (item->what == HTML_LINK)
			text_addf(t, item->not_wanted ? "(%s %s)\n" : "%s %s\n", report_kind_name(item->kind), item->url);
		else
			text_addf(t, "%s %.*s\n", item->what == HTML_CSS ? "css" : "srcdoc", (int)item->css.len,
				  (const char *)item->css.at);
	}
}

static struct html read_as(const char *html, struct html_config cfg)
{
	struct hf_bytes b = exact(html);
	struct html h;

	cfg.url = cfg.url ? cfg.url : "http://h.test/d/e?f";
	cfg.limits = cfg.limits.nodes ? cfg.limits : wide;
	assert_int_equal(html_read(b, &cfg, &h), HF_OK);
	free_exact(b);
	return h;
}

static void expect_as(const char *html, struct html_config cfg, const char *should)
{
	struct html h = read_as(html, cfg);
	struct text t = { 0 };

	lines_of(&h, &t);
	if (strcmp(text_str(&t), should) != 0)
		fail_msg("%s\ngives:\n%s", html, text_str(&t));
	text_free(&t);
	html_free(&h);
}

static void expect(const char *html, const char *should)
{
	expect_as(html, (struct html_config){ 0 }, should);
}

static void links(void **state)
{
	(void)state;
	expect("<link rel=stylesheet href=a.css>", "style http://h.test/d/a.css\n");
	expect("<link rel='Alternate  STYLESHEET' title=x href=a.css media=print>", "style http://h.test/d/a.css\n");
	expect("<link rel=stylesheet type='text/css; charset=x' href=a><link rel=stylesheet type=text/less href=b>",
	       "style http://h.test/d/a\n");
	expect("<link rel=stylesheet href=a disabled><link rel=stylesheet><link href=b><link rel=stylesheet href=''>", "");
	expect("<link rel=icon href=a><link rel='shortcut icon' href=b.png type=image/png><link rel=icon href=c type=x/y><link rel=apple-touch-icon href=d>",
	       "(icon http://h.test/d/a)\nicon http://h.test/d/b.png\n");
	expect("<link rel=preload as=image href=a><link rel=preload as=style href=b media=print><link rel=preload as=font href=c><link rel=preload as=fetch href=d>"
	       "<link rel=modulepreload href=e><link rel=prefetch href=f><link rel=preconnect href=g>",
	       "image http://h.test/d/a\nfont http://h.test/d/c\n(other http://h.test/d/d)\nscript http://h.test/d/e\n(other http://h.test/d/f)\n");
	expect("<style>a{}</style><style type=text/css> b </style><style type=x>c</style>", "css a{}\ncss  b \n");
}

static void scripts(void **state)
{
	(void)state;
	expect("<script src=a></script><script src=b type='Text/JavaScript'></script><script src=c type=module nomodule></script>",
	       "script http://h.test/d/a\nscript http://h.test/d/b\nscript http://h.test/d/c\n");
	expect("<script src=a type=text/template></script><script src=b type=application/json></script><script>src='c'</script>",
	       "");
	expect("<script src=a nomodule></script><svg><script href=b /></svg>",
	       "(script http://h.test/d/a)\nscript http://h.test/d/b\n");
}

static void images(void **state)
{
	(void)state;
	expect("<img src=a><img src=' b '><img src><img><img src='#x'><img src='data:,x'><img loading=lazy src=c>",
	       "image http://h.test/d/a\nimage http://h.test/d/b\nimage http://h.test/d/c\n");
	expect_as("<img src=a srcset='b 2x, c 3x'>", (struct html_config){ .view.density = 2 }, "image http://h.test/d/b\n");
	expect("<picture><source srcset=a media='(max-width:9px)'><source srcset=b type=image/avif><source srcset='c, d 2x' type=image/webp>"
	       "<source srcset=e><img src=f></picture>",
	       "image http://h.test/d/c\n");
	expect("<picture><source srcset=a media=print><img src=f><source srcset=g></picture>", "image http://h.test/d/f\n");
	expect("<picture><source src=a><img src=f></picture>", "image http://h.test/d/f\n");
	expect("<div><source srcset=a><img src=f></div>", "image http://h.test/d/f\n");
	expect("<input type=IMAGE src=a><input src=b><video poster=c src=d></video><audio src=e></audio><image src=f>",
	       "image http://h.test/d/a\nimage http://h.test/d/c\n(other http://h.test/d/d)\n(other http://h.test/d/e)\nimage http://h.test/d/f\n");
	expect("<svg><image href=a /><image xlink:href=b /><use href='#c'/></svg>",
	       "image http://h.test/d/a\nimage http://h.test/d/b\n");
	expect("<body background=a><table background=b><tr background=c><td background=d>x",
	       "image http://h.test/d/a\nimage http://h.test/d/b\n"
	       "image http://h.test/d/c\nimage http://h.test/d/d\n");
	expect("<object data=a></object><embed src=b>", "(other http://h.test/d/a)\n(other http://h.test/d/b)\n");
	expect_as("<p style=\"background:url('a')\">", (struct html_config){ .css_images = true },
		  "image http://h.test/d/a\n");
	expect("<p style=\"background:url('a')\">", "");
}

static void frames(void **state)
{
	(void)state;
	expect("<iframe src=a></iframe><iframe></iframe><iframe src=about:blank></iframe><iframe src='javascript:x'></iframe>",
	       "frame http://h.test/d/a\n");
	expect("<iframe src=a srcdoc='<img src=b>'></iframe>", "srcdoc <img src=b>\n");
	expect("<frameset><frame src=a><frame src=b></frameset>", "frame http://h.test/d/a\nframe http://h.test/d/b\n");
	expect_as("<iframe src=a></iframe><link rel=icon href=b>", (struct html_config){ .is_frame = true },
		  "(frame http://h.test/d/a)\n(icon http://h.test/d/b)\n");
}

static void not_asked_for(void **state)
{
	(void)state;
	expect("<noscript><img src=a></noscript><template><img src=b></template><!-- <img src=c> --><textarea><img src=d></textarea>"
	       "<iframe><img src=e></iframe><xmp><img src=f></xmp><img src=g>",
	       "image http://h.test/d/g\n");
	expect("<head><noscript><link rel=stylesheet href=a></noscript><link rel=stylesheet href=b>",
	       "style http://h.test/d/b\n");
	expect("<img src='http://['><img src='mailto:x'><img src='file:///etc/passwd'>",
	       "image file:///etc/passwd\n"); /* the loader refuses it */
}

static void base(void **state)
{
	struct html h;

	(void)state;
	expect("<img src=a><base href='http://o.test/x/'><base href=/y/><img src=b>",
	       "image http://h.test/d/a\nimage http://o.test/x/b\n");
	expect("<base href=../z/><img src=b>", "image http://h.test/z/b\n");
	expect("<base target=x><base href='data:,x'><img src=b>", "image http://h.test/d/b\n");
	h = read_as("<base href=x/y>", (struct html_config){ 0 });
	assert_string_equal(h.base, "http://h.test/d/x/y");
	html_free(&h);
}

static void about_the_document(void **state)
{
	static const struct {
		const char *content, *refresh;
		unsigned s;
	} rows[] = {
		{ "5", "http://h.test/d/e?f", 5 },
		{ "5;url=x", "http://h.test/d/x", 5 },
		{ " 0 , URL = 'x y' z", "http://h.test/d/x%20y", 0 },
		{ "3; x", "http://h.test/d/x", 3 },
		{ "1.5;url=\"x", "http://h.test/d/x", 1 },
		{ "x", NULL, 0 },
		{ "2;url=javascript:x", NULL, 2 },
		{ "", NULL, 0 },
	};
	struct html h = read_as(
		"<!doctype html><title>\n a <b>\t c </title><title>no</title><svg><title>nor</title></svg><meta name=Referrer content=origin>",
		(struct html_config){ 0 });

	(void)state;
	assert_string_equal(h.title, "a <b> c");
	assert_string_equal(h.referrer, "origin");
	assert_false(h.quirks);
	html_free(&h);
	h = read_as("<p>x", (struct html_config){ 0 });
	assert_true(h.quirks);
	assert_string_equal(h.title, "");
	html_free(&h);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char html[200];

		snprintf(html, sizeof(html), "<meta http-equiv=Refresh content=\"%s\">", rows[i].content);
		if (strchr(rows[i].content, '"'))
			snprintf(html, sizeof(html), "<meta http-equiv=Refresh content='%s'>", rows[i].content);
		h = read_as(html, (struct html_config){ 0 });
		if (!h.refresh != !rows[i].refresh || (h.refresh && strcmp(h.refresh, rows[i].refresh) != 0) ||
		    h.refresh_s != rows[i].s)
			fail_msg("%s: %s, %u", rows[i].content, h.refresh ? h.refresh : "none", h.refresh_s);
		html_free(&h);
	}
}

/* ---- what exceeds limits ---- */

static void trims(const char *html, uint32_t nesting, uint32_t nodes, const char *should, uint32_t flattened)
{
	struct html_limits l = { .nesting = nesting, .nodes = nodes };
	struct hf_bytes b = exact(html);
	struct text t = { 0 };
	uint32_t n;
	bool cut, changed = html_trim(b, &l, &t, &n, &cut);

	if (changed != (should != NULL) || n != flattened || (should && strcmp(text_str(&t), should) != 0))
		fail_msg("%s\ngives %s (%u)", html, changed ? text_str(&t) : "no change", n);
	text_free(&t);
	free_exact(b);
}

static void trimming(void **state)
{
	(void)state;
	trims("<a><b><i>x</i></b></a>", 3, 99, NULL, 0);
	trims("<a><b><i>x</i></b></a>y", 2, 99, "<a><b>x</b></a>y", 1);
	trims("<a><b><i q='>'><u>x</u></i></b></a>y", 2, 99, "<a><b>x</b></a>y", 2);
	trims("<p>a<p>b<p>c<ul><li>d<li>e</ul><table><tr><td>f<td>g<tr><td>h</table>", 4, 99, NULL, 0);
	trims("<p>a<br>b<img><hr><input>c<br>", 1, 99, NULL, 0);
	trims("<script><a><b><c></script><textarea><a><b></textarea><!-- <a><b> --><!doctype a><?b>", 1, 99, NULL, 0);
	trims("<svg><g/><g/><path/></svg><a>", 2, 99, NULL, 0);
	trims("<a>x<b>y<i>z", 9, 3, "<a>x<b>y", 0);
	trims("a<noscript b='>'><p></p></noscripts></NOSCRIPT >c<noscript>d", 9, 99, "ac", 0);
	trims("a < b <3 </ > <", 1, 99, NULL, 0);
	trims("<a><a><a>", 1, 99, NULL, 0); /* one closes the other */
}

/* Each of them is a megabyte that brings simple parsers down. */
static void hostile(void **state)
{
	static const struct {
		const char *once, *each;
		bool flattened;
	} rows[] = {
		{ "", "<div>", true },
		{ "", "<b>", true },
		{ "", "<table>", true },
		{ "", "<table><tr><td>", true },
		{ "", "<svg><g>", true },
		{ "", "<li><ul>", true },
		{ "", "<blockquote><p>", true },
		{ "", "<form><button>", true },
		{ "<p><svg><desc></p></desc><title>", "<div>", false }, /* text for us, elements for the parser */
		{ "<select>", "<option>", false },
		{ "", "<template>", true },
		{ "", "</p>", false },
		{ "<table>", "<b>x", true },
		{ "", "<a><p>", false },
		{ "<a ", "b=1 ", false },
		{ "", "<!--", false },
		{ "", "<", false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct html_config cfg = { .url = "http://h.test/", .limits = wide };
		struct timespec from, to;
		struct text t = { 0 };
		struct html h;

		text_add(&t, rows[i].once);
		while (t.len < 1 << 20)
			text_add(&t, rows[i].each);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		assert_int_equal(html_read((struct hf_bytes){ (const uint8_t *)t.at, t.len }, &cfg, &h), HF_OK);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		if (h.nesting > wide.nesting + 1024 || !h.flattened != !rows[i].flattened)
			fail_msg("%s%s: %u deep, %u flattened", rows[i].once, rows[i].each, h.nesting, h.flattened);
		assert_true(to.tv_sec - from.tv_sec < 20);
		html_free(&h);
		text_free(&t);
	}
}

static void too_many_nodes(void **state)
{
	struct html h = read_as("<i>a</i><i>b</i><i>c</i><img src=x>",
				(struct html_config){ .limits = { .nodes = 6, .nesting = 9 } });

	(void)state;
	assert_true(h.cut);
	assert_int_equal(h.items, 0);
	html_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),    cmocka_unit_test(scripts),        cmocka_unit_test(images),
		cmocka_unit_test(frames),   cmocka_unit_test(not_asked_for),  cmocka_unit_test(base),
		cmocka_unit_test(trimming), cmocka_unit_test(too_many_nodes), cmocka_unit_test(about_the_document),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
