/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/text.h"
#include "page/text_width.h"

static void expect_at(const char *html, unsigned columns, bool colour, const char *should)
{
	struct hf_bytes b = exact(html);
	char *t = page_text(b, "http://h.test/d/", columns, colour);

	assert_non_null(t);
	if (strcmp(t, should) != 0)
		fail_msg("%s\ngives:\n%s\nnot:\n%s", html, t, should);
	free(t);
	free_exact(b);
}

static void expect(const char *html, const char *should)
{
	expect_at(html, 30, false, should);
}

static void words(void **state)
{
	(void)state;
	expect("", "");
	expect("a  b\n\tc", "a b c\n");
	expect("one two three four five six seven eight", "one two three four five six\nseven eight\n");
	expect("exactly thirty columns in here and more", "exactly thirty columns in here\nand more\n");
	expect("abcdefghijklmnopqrstuvwxyzabcdefghijkl x", "abcdefghijklmnopqrstuvwxyzabcd\nefghijkl x\n");
	expect("a&nbsp;b<br>c<br><br>d", "a b\nc\n\nd\n");
	expect("<b>x</b>y<i>z</i>", "xyz\n");
	expect("soft&shy;hyphen, zero&#8203;width", "softhyphen, zerowidth\n");
}

static void blocks(void **state)
{
	(void)state;
	expect("<h1>Title</h1><p>a<p>b<div>c</div>d", "Title\n=====\n\na\n\nb\n\nc\nd\n");
	expect("<h2>T</h2>x<h3>U</h3>y<hr>z", "T\n-\n\nx\n\nU\n\ny\n------------------------------\nz\n");
	expect("<pre>\n  a\n\tb\n\nc</pre>d", "  a\n        b\n\nc\n\nd\n");
	expect("<blockquote>one two three four five six <p>seven</blockquote>x",
	       "> one two three four five six\n>\n> seven\n\nx\n");
	expect("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "a\n    b\nc\n    d\n");
}

static void lists(void **state)
{
	(void)state;
	expect("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e", "* a\n* b\n  * c\n* d\n\ne\n");
	expect("<ol><li>a<li>b</ol><ol start=99><li>c<li>d</ol>", " 1. a\n 2. b\n\n99. c\n100. d\n");
	expect("<ul><li>words that go on in the next line</ul>", "* words that go on in the next\n  line\n");
	expect("<li>alone", "* alone\n");
}

static void tables(void **state)
{
	(void)state;
	expect("<table><tr><th>A<th>Bee<tr><td>long one<td>x<tr><td>y</table>", "A         Bee\nlong one  x\ny\n");
	expect("<table><tr><td>a cell with words<td>another one with words</table>",
	       "a cell with words | another\none with words\n");
	expect("<table><tr><td><h1>x</h1><td>y</table>", "x\n=\n\ny\n"); /* it lays a page out */
	expect("<table><tr><td>\xe6\x97\xa5\xe6\x9c\xac<td>b<tr><td>e\xcc\x81<td>c</table>",
	       "\xe6\x97\xa5\xe6\x9c\xac  b\ne\xcc\x81     c\n");
}

static void links_and_images(void **state)
{
	(void)state;
	expect("<a href=x>a</a> <a href=#y>b</a> <a href='javascript:z'>c</a> <a href='//o.test'>d</a>",
	       "a[1] b c d[2]\n\nLinks:\n   1  http://h.test/d/x\n   2  http://o.test/\n");
	expect("<img src=p/q.png?x alt='an image'><img alt=''><img src=p/q.png?x>", "[an image][q.png]\n");
	expect("<iframe src=f title=T>no</iframe>", "[frame: T][1]\n\nLinks:\n   1  http://h.test/d/f\n");
	expect("<input value=v><input type=checkbox checked><input type=radio><input type=hidden><button>go</button>",
	       "[v][x]( )[go]\n");
}

static void not_shown(void **state)
{
	(void)state;
	expect("<title>t</title><style>s</style><script>r</script><template>x</template><p hidden>h</p>"
	       "<p style='color: red; display : none'>d</p><svg><text>v</text></svg>seen",
	       "seen\n");
	expect("<noscript>no</noscript>yes", "yes\n");
	expect("a&#27;[31mb&#x9b;c&#x202e;d", "a[31mb\xe2\x80\xba"
					      "cd\n");
	expect("a\x07 b\x7f", "a\xef\xbf\xbd b\xef\xbf\xbd\n"); /* the parser's own doing */
}

static void colours(void **state)
{
	(void)state;
	expect_at("a <b>b</b>", 30, true, "a \x1b[0;1mb\x1b[0m\n");
	expect_at("<h3>x</h3>y", 30, true, "\x1b[0;1mx\x1b[0m\n\ny\n");
	/* none goes over the end of a line */
	expect_at("<b>aaaaa bbbbb", 8, true, "\x1b[0;1maaaaa\x1b[0m\n\x1b[0;1mbbbbb\x1b[0m\n");
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(text_width('a'), 1);
	assert_int_equal(text_width(0x301), 0);
	assert_int_equal(text_width(0x200d), 0);
	assert_int_equal(text_width(0x65e5), 2);
	assert_int_equal(text_width(0x1f600), 2);
	assert_int_equal(text_width(0xac00), 2);
	assert_int_equal(text_width(0x10ffff), 1);
	assert_true(text_is_control(0x1b) && text_is_control(0x9b) && text_is_control(0x202e) && !text_is_control(0xe9));
}

static void bad_input(void **state)
{
	char *deep = malloc(400001), *t;

	(void)state;
	assert_non_null(deep);
	for (size_t i = 0; i < 400000; i += 4)
		memcpy(deep + i, i % 8 ? "<ul>" : "<li>", 4);
	memcpy(deep + 399996, "word", 5);
	t = page_text(hf_bytes_of(deep), "no URL", 1, true);
	assert_non_null(t);
	assert_non_null(strstr(t, "word"));
	free(t);
	free(deep);
	expect("\xff<\0>", "\xef\xbf\xbd<\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),     cmocka_unit_test(blocks),  cmocka_unit_test(lists),
		cmocka_unit_test(tables),    cmocka_unit_test(colours), cmocka_unit_test(links_and_images),
		cmocka_unit_test(not_shown), cmocka_unit_test(widths),  cmocka_unit_test(bad_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
