/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/charset.h"

static void labels(void **state)
{
	static const struct {
		const char *label, *name;
	} rows[] = {
		{ "utf-8", "UTF-8" },
		{ "UTF8", "UTF-8" },
		{ " \t\n\f\rUtf-8 ", "UTF-8" },
		{ "latin1", "windows-1252" },
		{ "iso-8859-1", "windows-1252" },
		{ "us-ascii", "windows-1252" },
		{ "iso-8859-9", "windows-1254" },
		{ "tis-620", "windows-874" },
		{ "shift-jis", "Shift_JIS" },
		{ "gb2312", "GBK" },
		{ "ks_c_5601-1987", "EUC-KR" },
		{ "utf-16", "UTF-16LE" },
		{ "hz-gb-2312", "replacement" },
		{ "logical", "ISO-8859-8-I" },
		{ "x-user-defined", "x-user-defined" },
		{ "utf-7", NULL },
		{ "utf-32", NULL },
		{ "", NULL },
		{ "utf-8\v", NULL },
		{ "utf 8", NULL },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_bytes b = exact(rows[i].label);
		const char *name = charset_of_label(b);

		if (!rows[i].name)
			assert_null(name);
		else
			assert_string_equal(name ? name : "none", rows[i].name);
		free_exact(b);
	}
}

/* The standard has 228 labels of 40 charsets; each charset has its own name for a label, and each can be read here. */
static void all_labels(void **state)
{
	static const char *const all[] = {
#define C(...)
#define L(label, id) label,
#include "page/charset.def"
#undef C
#undef L
	};
	static const char *const names[] = {
#define C(id, name, ...) name,
#define L(...)
#include "page/charset.def"
#undef C
#undef L
	};
	struct text out;

	(void)state;
	assert_int_equal(HF_ARRAY_LEN(all), 228);
	assert_int_equal(HF_ARRAY_LEN(names), 40);
	text_init(&out);
	for (size_t i = 0; i < HF_ARRAY_LEN(all); i++)
		assert_non_null(charset_of_label(hf_bytes_of(all[i])));
	for (size_t i = 0; i < HF_ARRAY_LEN(names); i++) {
		assert_string_equal(charset_of_label(hf_bytes_of(names[i])), names[i]);
		text_clear(&out);
		assert_true(charset_to_utf8(names[i], hf_bytes_of("a<b"), &out));
		assert_true(out.len >= 3);
	}
	text_clear(&out);
	assert_false(charset_to_utf8("EBCDIC", hf_bytes_of("a"), &out));
	assert_int_equal(out.len, 0);
	text_free(&out);
}

static void parameters(void **state)
{
	static const struct {
		const char *type, *charset;
	} rows[] = {
		{ "", "" },
		{ "text/html", "" },
		{ "text/html; charset=utf-8", "utf-8" },
		{ "text/html;CHARSET=utf-8", "utf-8" },
		{ "text/html ; charset = utf-8 ; x=y", "utf-8" },
		{ "text/html; charset=\"utf-8\"", "utf-8" },
		{ "text/html; charset=\"utf-8", "utf-8" },
		{ "text/html; x=\"a;charset=no\"; charset=utf-8", "utf-8" },
		{ "text/html; x=\"\\\"\"; charset=utf-8", "utf-8" },
		{ "text/html; charset=; charset=utf-8", "utf-8" },
		{ "text/html; charset=utf-8; charset=latin1", "utf-8" },
		{ "text/html; charset", "" },
		{ "text/html; xcharset=utf-8", "" },
		{ "charset=utf-8", "" },
		{ "text/html;", "" },
		{ "text/html; x=\"\\", "" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_bytes b = exact(rows[i].type), r = charset_parameter(b);

		if (r.len != strlen(rows[i].charset) || (r.len && memcmp(r.at, rows[i].charset, r.len) != 0))
			fail_msg("%s: %.*s", rows[i].type, (int)r.len, r.len ? (const char *)r.at : "");
		free_exact(b);
	}
}

struct decision {
	enum charset_kind kind;
	const char *type, *octets;
	size_t n;
	const char *parent, *name;
	enum charset_from from;
};

static void decide(const struct decision *d)
{
	struct hf_bytes type = exact(d->type), octets = exact_n(d->octets, d->n);
	enum charset_from from;
	const char *name = charset_decide(d->kind, type, octets, d->parent, &from);

	if (strcmp(name, d->name) != 0 || from != d->from)
		fail_msg("%s %s: %s, %u", d->type, d->octets, name, from);
	free_exact(type);
	free_exact(octets);
}

static void who_decides(void **state)
{
	static const struct decision rows[] = {
#define D(kind, type, octets, parent, name, from) \
	{ CHARSET_##kind, type, octets, sizeof(octets) - 1, parent, name, CHARSET_FROM_##from }
		D(HTML, "", "", NULL, "windows-1252", DEFAULT),
		D(TEXT, "", "", NULL, "windows-1252", DEFAULT),
		D(CSS, "", "", NULL, "UTF-8", DEFAULT),
		D(HTML, "text/html; charset=koi8-r", "\xef\xbb\xbf<meta charset=gbk>", "Big5", "UTF-8", BOM),
		D(HTML, "text/html; charset=koi8-r", "\xfe\xff\0<", NULL, "UTF-16BE", BOM),
		D(HTML, "text/html; charset=koi8-r", "\xff\xfe<\0", NULL, "UTF-16LE", BOM),
		D(HTML, "text/html; charset=koi8-r", "\xef\xbb<meta charset=gbk>", "Big5", "KOI8-R", HEADER),
		D(HTML, "text/html; charset=utf-16", "", NULL, "UTF-16LE", HEADER),
		D(HTML, "text/html; charset=nonsense", "<meta charset=gbk>", "Big5", "GBK", CONTENT),
		D(HTML, "text/html", "<p>", "Big5", "Big5", PARENT),
		D(HTML, "text/html", "<p>", "UTF-16LE", "windows-1252", DEFAULT),
		D(TEXT, "text/plain", "<meta charset=gbk>", NULL, "windows-1252", DEFAULT),
		D(CSS, "text/css", "@charset \"gbk\"; a{}", "Big5", "GBK", CONTENT),
		D(CSS, "text/css; charset=koi8-r", "@charset \"gbk\";", NULL, "KOI8-R", HEADER),
		D(CSS, "text/css", "@charset \"utf-16\";", NULL, "UTF-8", CONTENT),
		D(CSS, "text/css", "@charset 'gbk';", "Big5", "Big5", PARENT),
		D(CSS, "text/css", "@CHARSET \"gbk\";", NULL, "UTF-8", DEFAULT),
		D(CSS, "text/css", " @charset \"gbk\";", NULL, "UTF-8", DEFAULT),
		D(CSS, "text/css", "@charset \"gbk\"", NULL, "UTF-8", DEFAULT),
		D(CSS, "text/css", "@charset \"gbk", NULL, "UTF-8", DEFAULT),
		D(CSS, "text/css", "@charset \"nonsense\";", NULL, "UTF-8", DEFAULT),
#undef D
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		decide(&rows[i]);
}

static void prescans(void **state)
{
	static const struct {
		const char *html, *name; /* NULL: nothing is said */
	} rows[] = {
		{ "<meta charset=gbk>", "GBK" },
		{ "<META CharSet='GBK'>", "GBK" },
		{ "<!doctype html><html><head><meta charset=\"gbk\">", "GBK" },
		{ "<meta/charset=gbk/>", NULL }, /* a slash belongs to an unquoted value */
		{ "<meta/charset=gbk />", "GBK" },
		{ "<meta x=y charset = gbk >", "GBK" },
		{ "<meta x=\"a>b\" charset=gbk>", "GBK" },
		{ "<meta charset=gbk", NULL },
		{ "<meta charset='gbk", NULL },
		{ "<metax charset=gbk>", NULL },
		{ "<meta charset=nonsense><meta charset=gbk>", "GBK" },
		{ "<meta charset=gbk charset=big5>", "GBK" },
		{ "<meta charset=big5><meta charset=gbk>", "Big5" },
		{ "<meta charset=utf-16be>", "UTF-8" },
		{ "<meta charset=x-user-defined>", "windows-1252" },
		{ "<meta http-equiv=Content-Type content='text/html; charset=gbk'>", "GBK" },
		{ "<meta content='text/html; charset=gbk' http-equiv=\"content-type\">", "GBK" },
		{ "<meta content='text/html; charset=gbk'>", NULL },
		{ "<meta http-equiv=refresh content='text/html; charset=gbk'>", NULL },
		{ "<meta http-equiv=refresh http-equiv=content-type content='charset=gbk'>", NULL },
		{ "<meta http-equiv=content-type content='charset = \"gbk\"; x'>", "GBK" },
		{ "<meta http-equiv=content-type content=\"charset='gbk\">", NULL },
		{ "<meta http-equiv=content-type content='charset charset=gbk'>", "GBK" },
		{ "<meta http-equiv=content-type content='xcharset=gbk;'>", "GBK" },
		{ "<meta http-equiv=content-type content='charset='>", NULL },
		{ "<meta http-equiv=content-type content='charset=gbk' charset=big5>", "Big5" },
		{ "<meta http-equiv=content-type content='charset=gbk' charset=nonsense>", NULL },
		{ "<!-- <meta charset=gbk> --><meta charset=big5>", "Big5" },
		{ "<!--><meta charset=gbk>", "GBK" },
		{ "<!-->--><meta charset=gbk>", "GBK" },
		{ "<!-- <meta charset=gbk>", NULL },
		{ "<!x <meta charset=gbk><meta charset=big5>", "Big5" },
		{ "<?x <meta charset=gbk><meta charset=big5>", "Big5" },
		{ "</ <meta charset=gbk><meta charset=big5>", "Big5" },
		{ "<a href='<meta charset=gbk>'><meta charset=big5>", "Big5" },
		{ "</a title=\"<meta charset=gbk>\"><meta charset=big5>", "Big5" },
		{ "<a <meta charset=gbk>", NULL },
		{ "< meta charset=gbk><1><meta charset=big5>", "Big5" },
		{ "<script>var a='<meta charset=gbk>'", "GBK" }, /* it knows of no scripts */
		{ "<?xml version='1.0' encoding='gbk'?><html>", "GBK" },
		{ "<?xml version='1.0' encoding = \"utf-16\" ?><html>", "UTF-8" },
		{ "<?xml version='1.0' encoding='gbk'?><meta charset=big5>", "Big5" },
		{ "<?xml version='1.0' encoding='g bk'?>", NULL },
		{ "<?xml version='1.0' encoding=gbk?>", NULL },
		{ "<?xml version='1.0' encoding='gbk'", NULL },
		{ "<?XML encoding='gbk'?>", NULL },
		{ " <?xml encoding='gbk'?>", NULL },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		decide(&(struct decision){ CHARSET_HTML, "text/html", rows[i].html, strlen(rows[i].html), NULL,
					   rows[i].name ? rows[i].name : "windows-1252",
					   rows[i].name ? CHARSET_FROM_CONTENT : CHARSET_FROM_DEFAULT });
	decide(&(struct decision){ CHARSET_HTML, "", "<\0?\0x\0m\0", 8, NULL, "UTF-16LE", CHARSET_FROM_CONTENT });
	decide(&(struct decision){ CHARSET_HTML, "", "\0<\0?\0x\0m", 8, NULL, "UTF-16BE", CHARSET_FROM_CONTENT });
}

/* What begins within the first 1024 octets must end there. */
static void prescans_so_far(void **state)
{
	static const char meta[] = "<meta charset=gbk>";
	char html[2048];

	(void)state;
	for (size_t at = 1024 - sizeof(meta); at < 1026; at++) {
		bool within = at + sizeof(meta) - 1 <= 1024;

		memset(html, 'x', sizeof(html));
		memcpy(html + at, meta, sizeof(meta) - 1);
		decide(&(struct decision){ CHARSET_HTML, "", html, sizeof(html), NULL, within ? "GBK" : "windows-1252",
					   within ? CHARSET_FROM_CONTENT : CHARSET_FROM_DEFAULT });
	}
}

static void decode(const char *name, const char *octets, size_t n, const char *utf8)
{
	struct hf_bytes b = exact_n(octets, n);
	struct text out;

	text_init(&out);
	assert_true(charset_to_utf8(name, b, &out));
	if (strcmp(text_str(&out), utf8) != 0)
		fail_msg("%s: %s", name, text_str(&out));
	text_free(&out);
	free_exact(b);
}

static void decodes(void **state)
{
	static const struct {
		const char *name, *octets;
		size_t n;
		const char *utf8;
	} rows[] = {
#define D(name, octets, utf8) { name, octets, sizeof(octets) - 1, utf8 }
		D("UTF-8", "a\u00e9\u20ac\U0001f600", "a\u00e9\u20ac\U0001f600"),
		D("UTF-8", "\xef\xbb\xbf\xef\xbb\xbfx", "\ufeffx"), /* one mark goes */
		D("UTF-8", "\x80z\xc3", "\ufffdz\ufffd"),
		D("UTF-8", "\xc0\x80\xe0\x9f\x80\xf5\x80", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"),
		D("UTF-8", "\xe2\x82\xe2\x82\xac\xf0\x9f\x98z", "\ufffd\u20ac\ufffdz"),
		D("UTF-8", "\xed\xa0\x80\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"),
		D("UTF-16LE",
		  "\xff\xfe"
		  "a\0\x3d\xd8\x00\xde\xac\x20",
		  "a\U0001f600\u20ac"),
		D("UTF-16BE", "\xfe\xff\0a\xd8\x3d\xde\x00\x20\xac", "a\U0001f600\u20ac"),
		D("UTF-16BE", "\xff\xfe\0a", "\ufffea"), /* the other's mark is none */
		D("UTF-16LE",
		  "\x00\xdc"
		  "a\0\x00\xd8"
		  "b\0\x00\xd8\x00\xd8\x00\xdc",
		  "\ufffda\ufffdb\ufffd\U00010000"),
		D("UTF-16LE", "a\0\x00\xd8", "a\ufffd"),
		D("UTF-16LE", "a\0b", "a\ufffd"),
		D("windows-1252", "\x80\x85\x93\xe9\xff", "\u20ac\u2026\u201c\u00e9\u00ff"),
		D("windows-1252", "\x81\x8d\x8f\x90\x9d", "\xc2\x81\xc2\x8d\xc2\x8f\xc2\x90\xc2\x9d"),
		D("windows-1253", "\xaa\xd2\xff\x81", "\ufffd\ufffd\ufffd\xc2\x81"),
		D("windows-1255", "\xca", "\u05ba"),
		D("windows-1258",
		  "A\xcc"
		  "e\xec\xd2",
		  "A\u0300e\u0301\u0309"), /* composed by nobody */
		D("KOI8-U", "\xae\xbe\xc1", "\u045e\u040e\u0430"),
		D("KOI8-R", "\xf0\xd2\xc9", "\u041f\u0440\u0438"),
		D("macintosh", "\xc6\xdb\xf0", "\u2206\u20ac\uf8ff"),
		D("x-mac-cyrillic", "\x80\xff", "\u0410\u20ac"),
		D("ISO-8859-8-I", "\xe0\xbf", "\u05d0\ufffd"),
		D("ISO-8859-15", "\xa4", "\u20ac"),
		D("x-user-defined", "a\x80\xff", "a\uf780\uf7ff"),
		D("replacement", "abc", "\ufffd"),
		D("replacement", "", ""),
		D("Shift_JIS", "\x93\xfa\x96{\xb1\\~", "\u65e5\u672c\uff71\\~"),
		D("Shift_JIS", "\x81\x60\xfa\x5c", "\uff5e\u7e8a"),
		D("EUC-JP", "\xc6\xfc\xcb\xdc\x8e\xb1", "\u65e5\u672c\uff71"),
		D("ISO-2022-JP", "\x1b$BF|K\\\x1b(Ba", "\u65e5\u672ca"),
		D("GBK", "\xc4\xe3\xba\xc3", "\u4f60\u597d"),
		D("gb18030", "\x81\x30\x81\x30\xc4\xe3", "\xc2\x80\u4f60"),
		D("Big5", "\xa4\xa4\xa4\xe5", "\u4e2d\u6587"),
		D("EUC-KR", "\xc7\xd1\xb1\xdb\x81\x41", "\ud55c\uae00\uac02"),
		/* a lead that is wrong takes its trail along, but no ASCII: no quote or bracket is ever swallowed */
		D("Shift_JIS", "\x81\"x", "\ufffd\"x"),
		D("EUC-JP", "\xc6<b>", "\ufffd<b>"),
		D("Big5", "\xa4<b>", "\ufffd<b>"),
		D("EUC-KR", "\xc7\xff\xc7\xd1", "\ufffd\ud55c"),
		D("GBK", "\xc4", "\ufffd"),
		D("gb18030", "\x81\x30<\xc4\xe3", "\ufffd0<\u4f60"),
#undef D
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		decode(rows[i].name, rows[i].octets, rows[i].n, rows[i].utf8);
}

static void long_ones(void **state)
{
	static char octets[100001], utf8[200004];

	(void)state;
	for (size_t i = 0; i < 50000; i++) {
		memcpy(octets + 2 * i, "\xc4\xe3", 2);
		memcpy(utf8 + 3 * i, "\u4f60", 3);
	}
	utf8[150000] = '\0';
	decode("GBK", octets, 100000, utf8);
	octets[100000] = '\xc4';
	memcpy(utf8 + 150000, "\ufffd", 4);
	decode("GBK", octets, 100001, utf8);
	memset(octets, '\xe9', sizeof(octets));
	for (size_t i = 0; i < 100000; i++)
		memcpy(utf8 + 2 * i, "\u00e9", 3);
	decode("windows-1252", octets, 100000, utf8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels),      cmocka_unit_test(all_labels), cmocka_unit_test(parameters),
		cmocka_unit_test(who_decides), cmocka_unit_test(prescans),   cmocka_unit_test(prescans_so_far),
		cmocka_unit_test(decodes),     cmocka_unit_test(long_ones),
	};

	return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}
