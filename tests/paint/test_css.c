/* SPDX-License-Identifier: MIT */
#include "paint_test.h"

#include <stdlib.h>
#include <string.h>

#include "paint/paint_css.h"

static struct paint_store *store;
static struct paint_css *css;

static int begin(void **state)
{
	(void)state;
	store = paint_store_make(1000000);
	css = paint_css_make(store, 1024, 768, 1);
	return 0;
}

static int end(void **state)
{
	(void)state;
	paint_css_free(css);
	paint_store_free(store);
	return 0;
}

static void check(const char *from, const char *to)
{
	char *flat = paint_css_flatten(css, hf_bytes_of(from), "http://a.test/css/x.css");
	size_t len = strlen(flat);

	/* A rule a line; the last end of line is not worth a word in each row. */
	if (len && flat[len - 1] == '\n')
		flat[len - 1] = 0;
	if (strcmp(flat, to))
		fail_msg("%s\nbecomes %s\nand not %s", from, flat, to);
	free(flat);
}

static void test_rules(void **state)
{
	(void)state;
	check("a{color:red}", "a{color:red;}");
	check("/* a{} */ a /**/ , b{ color : red ; ; margin:0 }", "a,b{color:red;margin:0;}");
	check("a{color:red !important}", "a{color:red !important;}");
	check("a{color:red;&:hover{color:blue}font-size:1px}", "a{color:red;font-size:1px;}");
	check("<!-- a{color:red} --> b{top:0", "a{color:red;}\nb{top:0;}");
	check("}}; a{color:red}", "a{color:red;}");
	check("a{content:\"}{;/*\"}", "a{content:\"}{;/*\";}");
	check("@font-face{src:url(x)} @keyframes k{from{top:0}} @charset \"x\"; a{top:0}", "a{top:0;}");
	check("a{color:red", "a{color:red;}");
	check("a{", "");
	check("", "");
	check("@media", "");
	check("@import", "");
}

static void test_selectors(void **state)
{
	(void)state;
	check("a::before,a::selection,a:hover{top:0}", "a::before,a:hover{top:0;}");
	check(":is(h1,h2) a:where(.x,.y){top:0}", "h1 a.x,h1 a.y,h2 a.x,h2 a.y{top:0;}");
	check("a:not(.b){top:0} a:not(.b,.c){top:0} a:has(b){top:0}", "a:not(.b){top:0;}");
	check("> a{top:0} a|b{top:0} li:nth-child(2n+1){top:0}", "li:nth-child(2n+1){top:0;}");
	check("p:is(a){top:0}", "");
	check("a[href$=\".pdf\"]{top:0}", "a[href$=\".pdf\"]{top:0;}");
}

static void test_values(void **state)
{
	(void)state;
	paint_css_learn(css, hf_bytes_of(":root{--a:#123456;--b:var(--a);--c:var(--c)} .x{--d:1px} [data-theme=dark]{--a:red}"
					 "@media (prefers-color-scheme: dark){:root{--a:blue}}"));
	check("a{color:var(--a)}", "a{color:#123456;}");
	check("a{color:var(--b)}", "a{color:#123456;}");
	check("a{color:var(--c);top:var(--none);left:var(--none, 3px)}", "a{left:3px;}");
	check("a{--l:4px;top:var(--l)} a{top:var(--l)}", "a{top:4px;}");
	check("a{width:calc(2px + 3 * 4px);height:calc(100% - 1px);top:calc(50% / 2)}", "a{width:14px;top:25%;}");
	check("a{width:min(10px,20px);height:max(1em, 2em);top:clamp(1px,5px,3px)}", "a{width:10px;height:2em;top:3px;}");
	check("a{width:50vw;height:10ch;top:calc(1rem + 1px)}", "a{width:50vw;height:5em;top:17px;}");
	check("a{color:#1234;background:#11223344}", "a{color:rgba(17,34,51,0.2667);background:rgba(17,34,51,0.2667);}");
	check("a{color:rgb(1 2 3 / 50%);top:0}", "a{color:rgba(1,2,3,0.5);top:0;}");
	check("a{color:hsl(120deg,100%,50%)}", "a{color:#00ff00;}");
	check("a{background:linear-gradient(to right, #fff, #000)}", "a{background:#fff;}");
	check("a{background:url(../i/x.png) no-repeat}", "a{background:url(hf:0) no-repeat;}");
	check("a{background:url('data:image/png;base64,AA{}==')}", "a{background:url(hf:1);}");
	assert_string_equal(paint_store_name(store, "http://a.test/i/x.png"), "hf:0");
	check("a{display:flex;position:sticky}", "a{display:block;-hf-flex:none;-hf-flex:row;position:relative;}");
	check("a{margin-inline:1px 2px;opacity:0}", "a{margin-left:1px;margin-right:2px;visibility:hidden;}");
	check("a{color:initial;width:calc(1px +);height:calc(}", "");
	check(".c::after{content:\"\";clear:both}", ".c::after{content:\"\";clear:both;}\n.c{-hf-clear:after;}");
}

static void test_media(void **state)
{
	static const struct {
		const char *query;
		bool holds;
	} rows[] = {
		{ "", true },
		{ "screen", true },
		{ "print", false },
		{ "not print", true },
		{ "only screen and (min-width: 1024px)", true },
		{ "screen and (min-width: 1025px)", false },
		{ "print, (max-width: 64em)", true },
		{ "(width >= 600px) and (width < 1024px)", false },
		{ "(600px <= width <= 1024px)", true },
		{ "(prefers-color-scheme: dark)", false },
		{ "(prefers-color-scheme: light)", true },
		{ "not (prefers-color-scheme: dark)", true },
		{ "(orientation: landscape) and (hover)", true },
		{ "(min-resolution: 2dppx)", false },
		{ "(-webkit-min-device-pixel-ratio: 1)", true },
		{ "(what-is-this: 1)", false },
		{ "not (what-is-this: 1)", false },
		{ "((min-width: 1px) or (what: 1)) and (color)", true },
		{ "(((((((((((((((((((((((((((((((((((((((((((((((((((((", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (paint_css_media(css, rows[i].query) != rows[i].holds)
			fail_msg("%s is not %d", rows[i].query, rows[i].holds);
	check("@media print{a{top:0}} @media screen{b{top:0} @media (width:1024px){c{top:0}}}", "b{top:0;}\nc{top:0;}");
	check("@supports (display:grid){a{top:0}} @supports not (display:grid){b{top:0}} @layer x{c{top:0}}",
	      "b{top:0;}\nc{top:0;}");
}

static void put(const char *url, const char *text)
{
	assert_true(paint_store_put_style(store, url, hf_bytes_of(text)));
}

static void test_imports(void **state)
{
	(void)state;
	put("http://a.test/css/one.css", "@import 'two.css'; one{top:0;background:url(p.png)}");
	put("http://a.test/css/two.css", "two{top:0}");
	put("http://a.test/self.css", "@import 'self.css'; @import 'self.css'; s{top:0}");
	check("@import url(one.css) screen; a{top:0}", "two{top:0;}\none{top:0;background:url(hf:2);}\na{top:0;}");
	check("@import \"one.css\" print; @import url(none.css); a{top:0}", "a{top:0;}");
	check("@import url(data:text/css,d%7Btop:0%7D);", "d{top:0;}");
	/* One that imports itself twice ends by its depth. */
	free(paint_css_flatten(css, hf_bytes_of("@import '/self.css';"), "http://a.test/x.css"));
}

/* Sheets of brackets, and names in names, come to an end. */
static void test_hostile(void **state)
{
	static char text[200000];
	static const char *const parts[] = { "{",     "(",  "a{", ":is(",     "@media{",  "var(--a,",
					     "calc(", "\"", "/*", ":is(a,b)", "a{b:rgb(", "}" };

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t len = strlen(parts[i]);

		for (size_t at = 0; at + len < sizeof(text); at += len)
			memcpy(text + at, parts[i], len);
		free(paint_css_flatten(css, hf_bytes_of(text), "http://a.test/"));
		paint_css_learn(css, hf_bytes_of(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules), cmocka_unit_test(test_selectors), cmocka_unit_test(test_values),
		cmocka_unit_test(test_media), cmocka_unit_test(test_imports),   cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
