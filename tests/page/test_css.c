/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/css.h"

#include <stdio.h>

/* Each token as "type value", one after another. */
static void tokens(const char *css, const char *should)
{
	static const char *const names[] = { "ident", "function", "at",    "hash",   "string", "bad-string",
					     "url",   "bad-url",  "delim", "number", "space",  "cdo",
					     "cdc",   "colon",    "semi",  "comma",  "open",   "close" };
	struct hf_bytes b = exact(css);
	struct css_reader r = css_reader_over(b);
	struct text t = { 0 };

	for (struct css_token token = css_next(&r); token.type != CSS_END; token = css_next(&r)) {
		text_add(&t, t.len ? "|" : "");
		text_add(&t, names[token.type]);
		if (token.type == CSS_NUMBER)
			text_addf(&t, " %g", token.number);
		if (token.value.len && token.type < CSS_COLON) {
			text_add(&t, " ");
			css_unescape(token.value, &t);
		}
	}
	if (strcmp(text_str(&t), should) != 0)
		fail_msg("%s\ngives %s", css, text_str(&t));
	text_free(&t);
	free_exact(b);
}

static void each_token(void **state)
{
	(void)state;
	tokens("a:b;c,d", "ident a|colon|ident b|semi|ident c|comma|ident d");
	tokens("-x --y -- -1 - 1", "ident -x|space|ident --y|space|ident --|space|number -1|space|delim -|space|number 1");
	tokens("1px +.5em -2% 1e3 1e-2x 3ex .x",
	       "number 1 px|space|number 0.5 em|space|number -2 %|space|number 1000|space|number 0.01 x|"
	       "space|number 3 ex|space|delim .|ident x");
	tokens("f( [x] {}", "function f|space|open|ident x|close|space|open|close");
	tokens("#a #1 # @b @ @-c", "hash a|space|hash 1|space|delim #|space|at b|space|delim @|space|at -c");
	tokens("'a\"' \"b\\\"\" 'c\\\nd' 'e\nf",
	       "string a\"|space|string b\"|space|string cd|space|bad-string e|space|ident f");
	tokens("'open", "string open");
	tokens("/* a */b/**/c/* open", "ident b|ident c");
	tokens("<!-- --> -->x <", "cdo <!--|space|cdc -->|space|cdc -->|ident x|space|delim <");
	tokens("\\41 b \\000043 \\g \\", "ident Ab|space|ident Cg|space|ident ");
	tokens("\\0 x \\110000 y", "ident \xef\xbf\xbdx|space|ident \xef\xbf\xbdy");
	tokens("\xc3\xa9l", "ident \xc3\xa9l");
}

static void urls(void **state)
{
	(void)state;
	tokens("url(a/b?c#d)", "url a/b?c#d");
	tokens("URL( a )x", "url a|ident x");
	tokens("u\\72l(a\\)b)", "url a)b");
	tokens("url('a')", "function url|string a|close");
	tokens("url( \"a\" )", "function url|space|string a|space|close");
	tokens("url()", "url");
	tokens("url(a", "url a");
	tokens("url(a b)c", "bad-url|ident c");
	tokens("url(a(b)c", "bad-url|ident c");
	tokens("url(a\"b\\)c)d", "bad-url|ident d");
	tokens("xurl(a)", "function xurl|ident a|close");
}

static void wants(const char *css, bool attribute, double density, const char *should)
{
	static const char what[] = { 'I', 'F', 'i' };
	struct hf_bytes b = exact(css);
	struct text t = { 0 };
	struct css_scan s;
	struct css_want w;

	css_scan_begin(&s, b, attribute, density);
	while (css_scan_next(&s, &w)) {
		text_addf(&t, "%s%c ", t.len ? " " : "", what[w.what]);
		text_add_n(&t, (const char *)w.url.at, w.url.len);
	}
	css_scan_end(&s);
	if (strcmp(text_str(&t), should) != 0)
		fail_msg("%s\nwants %s", css, text_str(&t));
	text_free(&t);
	free_exact(b);
}

static void imports(void **state)
{
	static const struct {
		const char *css, *should;
	} rows[] = {
		{ "@import 'a.css';", "I a.css" },
		{ "@IMPORT \"a.css\" screen and (min-width: 1px);@import url(b.css) layer(x) supports(display: grid);",
		  "I a.css I b.css" },
		{ "@import url( 'a.css' ) ;@import url(\"b.css\");", "I a.css I b.css" },
		{ " /* c */ <!-- @import 'a' --> ;", "I a" },
		{ "@charset 'x'; @import 'a'; @layer b, c; @import 'd';", "I a I d" },
		{ "@import 'a'", "I a" },
		{ "@import 'a\\62 .css';", "I ab.css" },
		{ "p{} @import 'a';", "" },
		{ "@media print{} @import 'a';", "" },
		{ "@namespace url(x); @import 'a';", "" },
		{ "@layer a{} @import 'b';", "" },
		{ "; @import 'a';", "" },
		{ "@import 'a' {} @import 'b';", "I b" },
		{ "@import;@import url(a b);@import url(x y), 'z';@import 'c';", "I c" },
		{ "@import url();@import '';@import 'd';", "I d" },
		{ "p{@import 'a';}", "" },
		{ "@import 'a", "I a" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		wants(rows[i].css, false, 1, rows[i].should);
	wants("@import 'a'; color: red", true, 1, "");
}

static void images_and_fonts(void **state)
{
	static const struct {
		const char *css, *should;
	} rows[] = {
		{ "p{background:url(a.png)}q{background:#fff url('b') , url( \"c\" )}", "i a.png i b i c" },
		{ "@media x{p{background:url(a)}}", "i a" },
		{ "@font-face{font-family:x;src:url(a.woff2)format('woff2'),url(b.woff)}p{background:url(c)}",
		  "F a.woff2 i c" },
		{ "@font-face{src:local(x),url(a)}@font-face{src:url(b)}", "F a F b" },
		{ "@font-face;p{b:url(c)}", "i c" },
		{ "p{clip-path:url(#a);b:url()}", "" },
		{ "p{b:url(bad url)}q{c:url(d)}", "i d" },
		{ "url(a) p[b=url(c)]{}", "" },
		{ "p{b:url(}", "i }" },
		{ "p{b:f({url(c)}d)}", "i c" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		wants(rows[i].css, false, 1, rows[i].should);
	wants("background: url(a), url('b\\'c')", true, 1, "i a i b'c");
}

static void image_sets(void **state)
{
	static const char set[] = "p{b:image-set('a' 1x, url(b) 2x type('image/png'), url(\"c\") 288dpi)}q{d:url(e)}";

	(void)state;
	wants(set, false, 1, "i a i e");
	wants(set, false, 1.5, "i b i e");
	wants(set, false, 2, "i b i e");
	wants(set, false, 3, "i c i e");
	wants(set, false, 9, "i c i e");
	wants("p{b:-webkit-image-set(url(a) 1x)", false, 1, "i a");
	wants("p{b:image-set(linear-gradient(x, y) 1x, 'a' 2x)}", false, 1, "i a");
	wants("p{b:image-set('a'", false, 1, "i a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_token),       cmocka_unit_test(urls),       cmocka_unit_test(imports),
		cmocka_unit_test(images_and_fonts), cmocka_unit_test(image_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
