/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/cookie_internal.h"

#include <stdio.h>

#define NOW 1700000000 /* 2023-11-14 22:13:20 */

static struct url *url(const char *text)
{
	struct url *u = url_parse(hf_bytes_of(text), NULL, NULL);

	assert_non_null(u);
	return u;
}

static enum cookie_why set_at(struct cookie_jar *j, const char *from, const char *line, const char *site, int64_t now)
{
	struct url *u = url(from), *s = site ? url(site) : NULL;
	struct hf_bytes b = exact(line);
	enum cookie_why why = cookie_set(j, u, b, s, now);

	free_exact(b);
	url_free(u);
	url_free(s);
	return why;
}

static enum cookie_why set(struct cookie_jar *j, const char *from, const char *line)
{
	return set_at(j, from, line, NULL, NOW);
}

static void expect_at(struct cookie_jar *j, const char *to, const char *site, bool top, int64_t now, const char *header)
{
	struct url *u = url(to), *s = site ? url(site) : NULL;
	struct text out;
	unsigned n, should = header[0] != '\0';

	text_init(&out);
	n = cookie_header(j, u, s, top, &out, now);
	assert_string_equal(text_str(&out), header);
	for (; *header; header++)
		should += *header == ';';
	assert_int_equal(n, should);
	text_free(&out);
	url_free(u);
	url_free(s);
}

static void expect(struct cookie_jar *j, const char *to, const char *header)
{
	expect_at(j, to, NULL, true, NOW, header);
}

static struct cookie_jar *jar(void)
{
	struct cookie_jar *j = cookie_jar_make();

	assert_non_null(j);
	return j;
}

/* RFC 6265bis 3.1, one after another. */
static void the_rfc_s_examples(void **state)
{
	struct cookie_jar *j = jar();

	(void)state;
	assert_int_equal(set(j, "https://site.example/login", "SID=31d4d96e407aad42"), COOKIE_KEPT);
	expect(j, "https://site.example/x", "SID=31d4d96e407aad42");
	expect(j, "https://www.site.example/x", "");
	assert_int_equal(set(j, "https://site.example/", "SID=31d4d96e407aad42; Path=/; Domain=site.example"), COOKIE_KEPT);
	expect(j, "https://www.site.example/x", "SID=31d4d96e407aad42");
	cookie_jar_free(j);

	j = jar();
	assert_int_equal(set(j, "https://site.example/", "SID=31d4d96e407aad42; Path=/; Secure; HttpOnly"), COOKIE_KEPT);
	assert_int_equal(set(j, "https://site.example/", "lang=en-US; Path=/; Domain=site.example"), COOKIE_KEPT);
	expect(j, "https://site.example/", "SID=31d4d96e407aad42; lang=en-US");
	assert_int_equal(set(j, "https://site.example/", "lang=en-US; Expires=Wed, 09 Jun 2021 10:18:14 GMT"),
			 COOKIE_DELETED);
	expect(j, "https://site.example/", "SID=31d4d96e407aad42; lang=en-US"); /* that was another: of the host alone */
	assert_int_equal(set(j, "https://site.example/", "lang=; Domain=site.example; Expires=Sun, 06 Nov 1994 08:49:37 GMT"),
			 COOKIE_DELETED);
	expect(j, "https://site.example/", "SID=31d4d96e407aad42");
	assert_int_equal(cookie_jar_count(j), 1);
	cookie_jar_free(j);
}

static void names_and_values(void **state)
{
	static const struct {
		const char *line;
		enum cookie_why why;
		const char *header;
	} rows[] = {
		{ "a=b", COOKIE_KEPT, "a=b" },
		{ " a \t= b c ", COOKIE_KEPT, "a=b c" },
		{ "a=b=c", COOKIE_KEPT, "a=b=c" },
		{ "a=", COOKIE_KEPT, "a=" },
		{ "a", COOKIE_KEPT, "a" },
		{ "=a", COOKIE_KEPT, "a" },
		{ "a=\"b; c\"", COOKIE_KEPT, "a=\"b" }, /* quotes are no quotes */
		{ "a=\xc3\xbc", COOKIE_KEPT, "a=\xc3\xbc" },
		{ "a=b;", COOKIE_KEPT, "a=b" },
		{ "a=b; ; =x; nonsense; foo=bar", COOKIE_KEPT, "a=b" },
		{ "a\tb=c", COOKIE_KEPT, "a\tb=c" },
		{ "", COOKIE_EMPTY, "" },
		{ "=", COOKIE_EMPTY, "" },
		{ " ; Secure", COOKIE_EMPTY, "" },
		{ "a=b\001", COOKIE_CONTROL, "" },
		{ "a=b\r\nX: y", COOKIE_CONTROL, "" },
		{ "a=b; Path=/\x7f", COOKIE_CONTROL, "" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct cookie_jar *j = jar();

		assert_int_equal(set(j, "http://h.example/", rows[i].line), rows[i].why);
		expect(j, "http://h.example/", rows[i].header);
		cookie_jar_free(j);
	}
}

static void sizes(void **state)
{
	static char line[8192];
	struct cookie_jar *j = jar();

	(void)state;
	memset(line, 'v', sizeof(line));
	line[1] = '=';
	line[4097] = '\0'; /* a name of one, a value of 4095 */
	assert_int_equal(set(j, "http://h.example/", line), COOKIE_KEPT);
	line[4097] = 'v';
	line[4098] = '\0';
	assert_int_equal(set(j, "http://h.example/", line), COOKIE_TOO_LARGE);
	/* an attribute of 1024 counts, one of 1025 does not */
	for (size_t n = 1024; n <= 1025; n++) {
		snprintf(line, sizeof(line), "p=1; Path=/%0*d", (int)n - 1, 0);
		assert_int_equal(set(j, "http://p.example/", line), COOKIE_KEPT);
		expect(j, "http://p.example/", n == 1024 ? "" : "p=1");
	}
	cookie_jar_free(j);
}

static void dates(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: no date */
	} rows[] = {
		{ "Wed, 09 Jun 2021 10:18:14 GMT", 1623233894 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "6 november 94 8:49:37", 784111777 },
		{ "94 6 nov 08:49:37", -1 }, /* 94 is taken for the day */
		{ "08:49:37z 6th Nov 1994x", 784111777 },
		{ "1994-11-06 08:49:37", -1 }, /* no month by its name */
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "01 Jan 69 00:00:00", 3124224000 },
		{ "01 Jan 70 00:00:00", 0 },
		{ "29 Feb 2024 00:00:00", 1709164800 },
		{ "29 Feb 2023 00:00:00", -1 },
		{ "31 Apr 2023 00:00:00", -1 },
		{ "00 Jan 2023 00:00:00", -1 },
		{ "32 Jan 2023 00:00:00", -1 },
		{ "01 Jan 1600 00:00:00", -1 },
		{ "01 Jan 2023 24:00:00", -1 },
		{ "01 Jan 2023 23:60:00", -1 },
		{ "01 Jan 2023 23:59:60", -1 },
		{ "01 Jan 2023 23:59", -1 },
		{ "01 Jan 20230 23:59:59", -1 },
		{ "01 Jan 2 23:59:59", -1 },
		{ "01 Jan 23:59:59", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_bytes b = exact(rows[i].text);
		int64_t seconds = -1;

		if (cookie_date(b, &seconds) != (rows[i].seconds != -1) ||
		    (rows[i].seconds != -1 && seconds != rows[i].seconds))
			fail_msg("%s: %lld", rows[i].text, (long long)seconds);
		free_exact(b);
	}
}

static void lives(void **state)
{
	static const struct {
		const char *attributes;
		int64_t life_s; /* 0: dropped at once; -1: the run's */
	} rows[] = {
		{ "", -1 },
		{ "; Max-Age=60", 60 },
		{ "; max-age=0", 0 },
		{ "; Max-Age=-1", 0 },
		{ "; Max-Age=", -1 },
		{ "; Max-Age=1h", -1 },
		{ "; Max-Age=+1", -1 },
		{ "; Max-Age=99999999999999999999999", COOKIE_LIFE_MAX_S },
		{ "; Max-Age=60; Max-Age=30", 30 },
		{ "; Max-Age=60; Max-Age=x", 60 },
		{ "; Expires=Tue, 14 Nov 2023 22:14:20 GMT", 60 },
		{ "; Expires=Tue, 14 Nov 2023 22:13:20 GMT", 0 },
		{ "; Expires=Tue, 14 Nov 2099 22:13:20 GMT", COOKIE_LIFE_MAX_S },
		{ "; Expires=never", -1 },
		{ "; Max-Age=10; Expires=Tue, 14 Nov 2023 22:14:20 GMT", 10 },
		{ "; Expires=Tue, 14 Nov 2023 22:14:20 GMT; Max-Age=10", 10 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct cookie_jar *j = jar();
		char line[128];

		snprintf(line, sizeof(line), "a=b%s", rows[i].attributes);
		assert_int_equal(set(j, "http://h.example/", line), rows[i].life_s ? COOKIE_KEPT : COOKIE_DELETED);
		if (rows[i].life_s > 0) {
			expect_at(j, "http://h.example/", NULL, true, NOW + rows[i].life_s - 1, "a=b");
			expect_at(j, "http://h.example/", NULL, true, NOW + rows[i].life_s, "");
			assert_int_equal(cookie_jar_count(j), 0);
		} else {
			expect_at(j, "http://h.example/", NULL, true, NOW + 100 * COOKIE_LIFE_MAX_S,
				  rows[i].life_s ? "a=b" : "");
		}
		cookie_jar_free(j);
	}
}

static void domains(void **state)
{
	static const struct {
		const char *from, *domain;
		enum cookie_why why;
		const char *to; /* which the cookie goes to */
		const char *not_to;
	} rows[] = {
		{ "http://a.b.example/", "", COOKIE_KEPT, "http://a.b.example/", "http://x.a.b.example/" },
		{ "http://a.b.example/", "b.example", COOKIE_KEPT, "http://x.b.example/", "http://xb.example/" },
		{ "http://a.b.example/", ".b.EXAMPLE", COOKIE_KEPT, "http://b.example/", "http://example/" },
		{ "http://a.b.example/", "a.b.example", COOKIE_KEPT, "http://x.a.b.example/", "http://b.example/" },
		{ "http://a.b.example/", "x.b.example", COOKIE_FOREIGN_DOMAIN, NULL, NULL },
		{ "http://a.b.example/", "c.example", COOKIE_FOREIGN_DOMAIN, NULL, NULL },
		{ "http://a.b.example/", "..b.example", COOKIE_FOREIGN_DOMAIN, NULL, NULL },
		{ "http://a.b.example/", "b\u00fc.example", COOKIE_NOT_ASCII, NULL, NULL },
		{ "http://a.b.example/", "example", COOKIE_PUBLIC_SUFFIX, NULL, NULL },
		{ "http://www.site.co.uk/", "co.uk", COOKIE_PUBLIC_SUFFIX, NULL, NULL },
		{ "http://www.site.co.uk/", "site.co.uk", COOKIE_KEPT, "http://site.co.uk/", "http://co.uk/" },
		{ "http://me.github.io/", "github.io", COOKIE_PUBLIC_SUFFIX, NULL, NULL },
		/* a public suffix may have cookies of its own host */
		{ "http://github.io/", "github.io", COOKIE_KEPT, "http://github.io/", "http://me.github.io/" },
		{ "http://localhost/", "localhost", COOKIE_KEPT, "http://localhost:8080/", "http://a.localhost/" },
		{ "http://1.2.3.4/", "1.2.3.4", COOKIE_KEPT, "http://1.2.3.4/", "http://5.1.2.3.4.example/" },
		{ "http://1.2.3.4/", "3.4", COOKIE_FOREIGN_DOMAIN, NULL, NULL },
		{ "http://1.2.3.4/", "4", COOKIE_FOREIGN_DOMAIN, NULL, NULL },
		{ "http://[::1]/", "", COOKIE_KEPT, "http://[::1]:81/", "http://[::2]/" },
		{ "data:,x", "", COOKIE_NO_HOST, NULL, NULL },
		{ "ftp://h.example/", "", COOKIE_NO_HOST, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct cookie_jar *j = jar();
		char line[128];

		snprintf(line, sizeof(line), "a=b; Domain=%s", rows[i].domain);
		if (set(j, rows[i].from, line) != rows[i].why)
			fail_msg("%s: %s", rows[i].from, rows[i].domain);
		assert_int_equal(cookie_jar_count(j), rows[i].to != NULL);
		if (rows[i].to) {
			expect(j, rows[i].to, "a=b");
			expect(j, rows[i].not_to, "");
		}
		cookie_jar_free(j);
	}
}

static void paths(void **state)
{
	static const struct {
		const char *from, *path, *to;
		bool goes;
	} rows[] = {
		{ "http://h.example/", "", "http://h.example/a", true },
		{ "http://h.example/a", "", "http://h.example/b", true },
		{ "http://h.example/a/b", "", "http://h.example/a/c", true },
		{ "http://h.example/a/b", "", "http://h.example/a", true },
		{ "http://h.example/a/b", "", "http://h.example/", false },
		{ "http://h.example/a/b", "", "http://h.example/ab", false },
		{ "http://h.example/a/b/", "", "http://h.example/a/b", true },
		{ "http://h.example/a/b/", "", "http://h.example/a", false },
		{ "http://h.example/x", "/a", "http://h.example/a?q", true },
		{ "http://h.example/x", "/a", "http://h.example/a/b", true },
		{ "http://h.example/x", "/a", "http://h.example/ab", false },
		{ "http://h.example/x", "/a/", "http://h.example/a", false },
		{ "http://h.example/x", "/a/", "http://h.example/a/b", true },
		{ "http://h.example/x/y", "a", "http://h.example/x/z", true }, /* not absolute: the default */
		{ "http://h.example/x/y", "/", "http://h.example/z", true },
		{ "http://h.example/x", "/A", "http://h.example/a", false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct cookie_jar *j = jar();
		char line[128];

		snprintf(line, sizeof(line), "a=b; Path=%s", rows[i].path);
		assert_int_equal(set(j, rows[i].from, line), COOKIE_KEPT);
		expect(j, rows[i].to, rows[i].goes ? "a=b" : "");
		cookie_jar_free(j);
	}
}

static void secure_ones(void **state)
{
	struct cookie_jar *j = jar();

	(void)state;
	assert_int_equal(set(j, "http://h.example/", "a=1; Secure"), COOKIE_NOT_SECURE);
	assert_int_equal(set(j, "https://h.example/p/", "a=1; Secure; Path=/p"), COOKIE_KEPT);
	expect(j, "http://h.example/p", "");
	expect(j, "https://h.example/p", "a=1");
	/* one that would be sent beside it may not come without TLS: neither below its path nor by another domain */
	assert_int_equal(set(j, "http://h.example/", "a=2; Path=/p"), COOKIE_COVERS_SECURE);
	assert_int_equal(set(j, "http://h.example/", "a=2; Path=/p/q"), COOKIE_COVERS_SECURE);
	assert_int_equal(set(j, "http://x.h.example/", "a=2; Path=/p; Domain=h.example"), COOKIE_COVERS_SECURE);
	assert_int_equal(set(j, "http://x.h.example/", "a=2; Path=/p"), COOKIE_COVERS_SECURE);
	assert_int_equal(set(j, "http://h.example/", "a=2; Path=/"), COOKIE_KEPT);
	assert_int_equal(set(j, "http://h.example/", "b=2; Path=/p"), COOKIE_KEPT);
	assert_int_equal(set(j, "https://h.example/", "a=3; Path=/p"), COOKIE_REPLACED);
	expect(j, "http://h.example/p", "a=3; b=2; a=2");
	cookie_jar_free(j);
}

static void prefixes(void **state)
{
	static const struct {
		const char *from, *line;
		enum cookie_why why;
	} rows[] = {
		{ "https://h.example/", "__Secure-a=1; Secure", COOKIE_KEPT },
		{ "https://h.example/", "__Secure-a=1", COOKIE_SECURE_PREFIX },
		{ "https://h.example/", "__sEcUrE-a=1", COOKIE_SECURE_PREFIX },
		{ "http://h.example/", "__Secure-a=1; Secure", COOKIE_NOT_SECURE },
		{ "https://h.example/", "__Host-a=1; Secure; Path=/", COOKIE_KEPT },
		{ "https://h.example/", "__Host-a=1; Secure", COOKIE_HOST_PREFIX },
		{ "https://h.example/", "__Host-a=1; Path=/", COOKIE_HOST_PREFIX },
		{ "https://h.example/", "__Host-a=1; Secure; Path=/x", COOKIE_HOST_PREFIX },
		{ "https://h.example/", "__HOST-a=1; Secure; Path=/; Domain=h.example", COOKIE_HOST_PREFIX },
		{ "https://localhost/", "__Host-a=1; Secure; Path=/; Domain=localhost", COOKIE_HOST_PREFIX },
		{ "https://h.example/", "=__Host-a=1; Secure; Path=/", COOKIE_NO_NAME_PREFIX },
		{ "https://h.example/", "__secure-a", COOKIE_NO_NAME_PREFIX },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct cookie_jar *j = jar();

		if (set(j, rows[i].from, rows[i].line) != rows[i].why)
			fail_msg("%s", rows[i].line);
		cookie_jar_free(j);
	}
}

static void sites(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "https://a.site.example/", "https://b.site.example:8443/x", true },
		{ "https://a.site.example/", "http://a.site.example/", false },
		{ "https://site.example/", "https://other.example/", false },
		{ "https://a.co.uk/", "https://b.co.uk/", false },
		{ "https://me.github.io/", "https://you.github.io/", false },
		{ "http://localhost/", "http://localhost:8080/", true },
		{ "http://1.2.3.4/", "http://1.2.3.4:81/", true },
		{ "http://1.2.3.4/", "http://9.2.3.4/", false },
		{ "http://[::1]/", "http://[::1]:81/", true },
		{ "data:,x", "data:,x", false },
	};
	static const char here[] = "https://www.site.example/", there[] = "https://other.example/";
	struct cookie_jar *j = jar();

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(pairs); i++) {
		struct url *a = url(pairs[i].a), *b = url(pairs[i].b);

		if (cookie_same_site(j, a, b) != pairs[i].same)
			fail_msg("%s and %s", pairs[i].a, pairs[i].b);
		url_free(a);
		url_free(b);
	}
	/* from an image on another site's page only None is taken */
	assert_int_equal(set_at(j, here, "d=1", there, NOW), COOKIE_SAME_SITE);
	assert_int_equal(set_at(j, here, "l=1; SameSite=Lax", there, NOW), COOKIE_SAME_SITE);
	assert_int_equal(set_at(j, here, "s=1; SameSite=Strict", there, NOW), COOKIE_SAME_SITE);
	assert_int_equal(set_at(j, here, "n=1; SameSite=None", there, NOW), COOKIE_NONE_NOT_SECURE);
	assert_int_equal(set_at(j, here, "n=1; SameSite=None; Secure", there, NOW), COOKIE_KEPT);
	assert_int_equal(set_at(j, here, "d=1; SameSite=x", "https://site.example/", NOW), COOKIE_KEPT);
	assert_int_equal(set_at(j, here, "l=1; SameSite=lax", NULL, NOW), COOKIE_KEPT);
	assert_int_equal(set_at(j, here, "s=1; SameSite=STRICT", NULL, NOW), COOKIE_KEPT);
	/* and on the way back: all of them, those for a link followed from elsewhere, those for an image there */
	expect_at(j, here, "https://site.example/", false, NOW, "n=1; d=1; l=1; s=1");
	expect_at(j, here, there, true, NOW, "n=1; d=1; l=1");
	expect_at(j, here, there, false, NOW, "n=1");
	cookie_jar_free(j);
}

static void order_and_replacing(void **state)
{
	struct cookie_jar *j = jar();

	(void)state;
	assert_int_equal(set(j, "http://h.example/", "a=1; Path=/"), COOKIE_KEPT);
	assert_int_equal(set(j, "http://h.example/", "b=1; Path=/p/q"), COOKIE_KEPT);
	assert_int_equal(set(j, "http://h.example/", "c=1; Path=/p"), COOKIE_KEPT);
	assert_int_equal(set(j, "http://h.example/", "d=1; Path=/"), COOKIE_KEPT);
	expect(j, "http://h.example/p/q", "b=1; c=1; a=1; d=1");
	assert_int_equal(set(j, "http://h.example/", "a=2; Path=/"), COOKIE_REPLACED);
	expect(j, "http://h.example/p/q", "b=1; c=1; a=2; d=1"); /* a keeps its place */
	assert_int_equal(set(j, "http://h.example/", "a=3; Path=/; Domain=h.example"), COOKIE_KEPT);
	expect(j, "http://h.example/", "a=2; d=1; a=3");
	assert_int_equal(set(j, "http://h.example/", "a=; Path=/; Max-Age=0"), COOKIE_DELETED);
	expect(j, "http://h.example/", "d=1; a=3");
	cookie_jar_free(j);
}

static void a_crowded_domain(void **state)
{
	struct cookie_jar *j = jar();
	char line[64];

	(void)state;
	for (unsigned i = 0; i < COOKIE_PER_DOMAIN; i++) {
		snprintf(line, sizeof(line), "c%u=1; Path=/%u%s", i, i, i >= 2 ? "; Secure" : "");
		assert_int_equal(set(j, "https://h.example/", line), COOKIE_KEPT);
	}
	expect(j, "https://h.example/0", "c0=1");
	/* c1 goes: not Secure, and used longer ago than c0 */
	assert_int_equal(set(j, "https://h.example/", "x=1; Secure"), COOKIE_KEPT);
	assert_int_equal(cookie_jar_count(j), COOKIE_PER_DOMAIN);
	expect(j, "https://h.example/1", "x=1");
	expect(j, "https://h.example/0", "c0=1; x=1");
	/* then c0; then a Secure one; and what is not Secure finds no place any more */
	assert_int_equal(set(j, "https://h.example/", "y=1; Secure"), COOKIE_KEPT);
	expect(j, "https://h.example/0", "x=1; y=1");
	assert_int_equal(set(j, "https://h.example/", "z=1; Secure"), COOKIE_KEPT);
	expect(j, "https://h.example/2", "x=1; y=1; z=1");
	assert_int_equal(set(j, "https://h.example/", "w=1"), COOKIE_CROWDED);
	assert_int_equal(cookie_jar_count(j), COOKIE_PER_DOMAIN);
	assert_int_equal(set(j, "https://other.example/", "w=1"), COOKIE_KEPT);
	cookie_jar_free(j);
}

static void a_crowded_jar(void **state)
{
	struct cookie_jar *j = jar();
	char from[64];

	(void)state;
	for (unsigned i = 0; i <= COOKIE_IN_ALL; i++) {
		snprintf(from, sizeof(from), "https://h%u.example/", i);
		assert_int_equal(set(j, from, "a=1; Secure"), COOKIE_KEPT);
		if (i == COOKIE_IN_ALL - 1)
			expect(j, "https://h0.example/", "a=1");
	}
	assert_int_equal(cookie_jar_count(j), COOKIE_IN_ALL);
	expect(j, "https://h0.example/", "a=1");
	expect(j, "https://h1.example/", "");
	/* those that have expired make room first */
	assert_int_equal(set(j, "https://h2.example/", "a=2; Max-Age=5"), COOKIE_REPLACED);
	assert_int_equal(set_at(j, "https://late.example/", "a=1", NULL, NOW + 5), COOKIE_KEPT);
	assert_int_equal(cookie_jar_count(j), COOKIE_IN_ALL);
	expect(j, "https://h3.example/", "a=1");
	cookie_jar_free(j);
}

static void all_have_sentences(void **state)
{
	(void)state;
	for (unsigned w = 0; w < COOKIE_WHY_COUNT; w++) {
		assert_true(strlen(cookie_why_sentence(w)) > 10);
		assert_true(strlen(cookie_why_section(w)) >= 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rfc_s_examples),
		cmocka_unit_test(names_and_values),
		cmocka_unit_test(sizes),
		cmocka_unit_test(dates),
		cmocka_unit_test(lives),
		cmocka_unit_test(domains),
		cmocka_unit_test(paths),
		cmocka_unit_test(secure_ones),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(sites),
		cmocka_unit_test(order_and_replacing),
		cmocka_unit_test(a_crowded_domain),
		cmocka_unit_test(a_crowded_jar),
		cmocka_unit_test(all_have_sentences),
	};

	return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
