/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "url/url.h"

#include <stdlib.h>

/* From a copy of its exact size, so that an address checker sees a read behind its end. */
static struct url *parse_n(const char *text, size_t n, const struct url *base, const char **ret_why)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct url *u;

	assert_non_null(copy);
	memcpy(copy, text, n);
	u = url_parse((struct hf_bytes){ copy, n }, base, ret_why);
	free(copy);
	return u;
}

static struct url *parse(const char *text)
{
	const char *why = "";
	struct url *u = parse_n(text, strlen(text), NULL, &why);

	if (!u)
		fail_msg("%s: %s", text, why ? why : "no memory");
	assert_null(why);
	return u;
}

static void all_rows(void **state)
{
	static const struct {
		const char *base, *input;
		size_t n;
		const char *href;
	} rows[] = {
#define U(base, input, href) { base, input, sizeof(input) - 1, href },
#include "test_url_rows.def"
#undef U
	};

	(void)state;
	assert_true(HF_ARRAY_LEN(rows) >= 200);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct url *base = rows[i].base ? parse_n(rows[i].base, strlen(rows[i].base), NULL, NULL) : NULL, *u, *again;
		const char *why = NULL;

		u = rows[i].base && !base ? NULL : parse_n(rows[i].input, rows[i].n, base, &why);
		if (!rows[i].href) {
			if (u)
				fail_msg("%s: %s", rows[i].input, url_href(u));
			assert_true(why || (rows[i].base && !base));
		} else {
			if (!u)
				fail_msg("%s: %s", rows[i].input, why);
			assert_string_equal(url_href(u), rows[i].href);
			again = parse(url_href(u));
			assert_string_equal(url_href(again), rows[i].href);
			url_free(again);
		}
		url_free(base);
		url_free(u);
	}
}

static void all_parts(void **state)
{
	struct url *u = parse("HTTPS://us:pw@B\u00fccher.Example:8443/a b?q=1#f");
	struct hf_addr a;

	(void)state;
	assert_string_equal(url_href(u), "https://us:pw@xn--bcher-kva.example:8443/a%20b?q=1#f");
	assert_string_equal(url_without_fragment(u), "https://us:pw@xn--bcher-kva.example:8443/a%20b?q=1");
	assert_string_equal(url_scheme(u), "https");
	assert_string_equal(url_username(u), "us");
	assert_string_equal(url_password(u), "pw");
	assert_string_equal(url_host(u), "xn--bcher-kva.example");
	assert_string_equal(url_hostname(u), "xn--bcher-kva.example");
	assert_false(url_addr(u, &a));
	assert_int_equal(url_port(u), 8443);
	assert_true(url_has_port(u));
	assert_string_equal(url_path(u), "/a%20b");
	assert_string_equal(url_query(u), "q=1");
	assert_string_equal(url_fragment(u), "f");
	assert_string_equal(url_target(u), "/a%20b?q=1");
	assert_string_equal(url_authority(u), "xn--bcher-kva.example:8443");
	assert_string_equal(url_origin(u), "https://xn--bcher-kva.example:8443");
	assert_true(url_is_special(u) && url_is_http(u) && url_is_secure(u));
	url_free(u);
}

static void parts_that_are_not_there(void **state)
{
	struct url *u = parse("mailto:me");

	(void)state;
	assert_null(url_host(u));
	assert_null(url_hostname(u));
	assert_null(url_query(u));
	assert_null(url_fragment(u));
	assert_int_equal(url_port(u), 0);
	assert_string_equal(url_username(u), "");
	assert_string_equal(url_authority(u), "");
	assert_string_equal(url_origin(u), "null");
	assert_string_equal(url_without_fragment(u), "mailto:me");
	assert_false(url_is_special(u) || url_is_http(u) || url_is_secure(u) || url_has_port(u));
	url_free(u);

	u = parse("http://h?#");
	assert_string_equal(url_query(u), "");
	assert_string_equal(url_fragment(u), "");
	assert_string_equal(url_target(u), "/?");
	assert_int_equal(url_port(u), 80);
	assert_false(url_has_port(u) || url_is_secure(u));
	url_free(u);

	u = parse("foo://h?x"); /* no path at all, and yet a request line has one */
	assert_string_equal(url_path(u), "");
	assert_string_equal(url_target(u), "/?x");
	url_free(u);
}

static void addresses(void **state)
{
	static const struct {
		const char *url, *hostname;
		struct hf_addr addr;
	} rows[] = {
		{ "http://0x7f.1/", "127.0.0.1", { { [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 } } },
		{ "http://[::1]:81/", "::1", { { [15] = 1 } } },
		{ "http://[2001:db8::a:0]/", "2001:db8::a:0", { { 0x20, 0x01, 0x0d, 0xb8, [13] = 0x0a } } },
		/* the same host as 1.2.3.4: whoever asks whether it is private must see that */
		{ "http://[::ffff:1.2.3.4]/", "::ffff:102:304", { { [10] = 0xff, [11] = 0xff, 1, 2, 3, 4 } } },
	};
	struct hf_addr a;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct url *u = parse(rows[i].url);

		assert_true(url_addr(u, &a));
		assert_memory_equal(&a, &rows[i].addr, sizeof(a));
		assert_string_equal(url_hostname(u), rows[i].hostname);
		url_free(u);
	}
}

static void origins(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "http://h/a", "http://h:80/b?c", true },
		{ "http://h/", "https://h/", false },
		{ "http://h/", "http://h:8080/", false },
		{ "http://h/", "http://h./", false },
		{ "http://h/", "http://u:p@H/", true },
		{ "file:///a", "file:///a", false },
		{ "data:,a", "data:,a", false },
		{ "blob:https://h/uuid", "https://h/", true },
		{ "blob:file:///x", "blob:file:///x", false },
		{ "blob:blob:https://h/", "https://h/", false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct url *a = parse(rows[i].a), *b = parse(rows[i].b);

		if (url_same_origin(a, b) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
		url_free(a);
		url_free(b);
	}
}

static void octets_that_are_no_text(void **state)
{
	static const struct {
		const char *input, *href;
	} rows[] = {
		{ "http://h/\xff", "http://h/%EF%BF%BD" },
		{ "http://h/\xe2\x82z", "http://h/%EF%BF%BDz" }, /* a maximal subpart is one character */
		{ "http://h/\xf0\x80\x80z", "http://h/%EF%BF%BD%EF%BF%BD%EF%BF%BDz" },
		{ "http://h/\xed\xa0\x80", "http://h/%EF%BF%BD%EF%BF%BD%EF%BF%BD" },
		{ "http://h/?\xf4\x8f\xbf\xbf\xf4\x90", "http://h/?%F4%8F%BF%BF%EF%BF%BD%EF%BF%BD" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct url *u = parse(rows[i].input);

		assert_string_equal(url_href(u), rows[i].href);
		url_free(u);
	}
	assert_null(parse_n("http://\xff/", 9, NULL, NULL));
}

static void reasons(void **state)
{
	static const struct {
		const char *input, *why;
	} rows[] = {
		{ "www.example.org",
		  "it does not begin with a scheme such as https:, and there is no page it could be relative to" },
		{ "http://h:x/", "the port is not a number" },
		{ "http://h:70000/", "the port is larger than 65535" },
		{ "http://u@/", "there is no host behind the user's name" },
		{ "http://:80/", "there is no host in it" },
		{ "http://[::1/", "the bracket before the IPv6 address is not closed" },
		{ "http://[x]/", "what stands in brackets is not an IPv6 address" },
		{ "http://1.2.3.999/", "the host ends in a number and is not an IPv4 address" },
		{ "http://a b/", "there is a character in the host's name that no name can have" },
		{ "foo://a b/", "there is a character in the host that no host can have" },
		{ "http://\u2603/", "there is a character in the host's name that IDNA 2008 has not in names" },
		{ "http://xn--a.\u00fc/", "there is a character in the host's name that no name can have" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		const char *why = NULL;

		assert_null(parse_n(rows[i].input, strlen(rows[i].input), NULL, &why));
		assert_string_equal(why, rows[i].why);
	}
}

static void long_ones(void **state)
{
	static char text[1 << 20];
	struct url *u;

	(void)state;
	memset(text, '/', sizeof(text));
	memcpy(text, "http://h/", 9);
	u = parse_n(text, sizeof(text), NULL, NULL);
	assert_int_equal(strlen(url_path(u)), sizeof(text) - 8);
	url_free(u);
	/* an at sign looks back at what came before it: once, however many there are */
	memset(text + 7, '@', sizeof(text) - 8);
	text[sizeof(text) - 1] = 'h';
	u = parse_n(text, sizeof(text), NULL, NULL);
	assert_string_equal(url_host(u), "h");
	assert_int_equal(strlen(url_username(u)), 3 * (sizeof(text) - 9));
	url_free(u);
	memset(text + 7, '1', sizeof(text) - 7);
	assert_null(parse_n(text, sizeof(text), NULL, NULL));
}

static void data_urls(void **state)
{
	static const struct {
		const char *url, *mime, *body;
		size_t n;
	} rows[] = {
#define D(url, mime, body) { url, mime, body, sizeof(body) - 1 }
		D("data:,hello", "text/plain;charset=US-ASCII", "hello"),
		D("data:text/html,<b>x%20y</b>%00%zz", "text/html", "<b>x y</b>\0%zz"),
		D("data:;charset=utf-8,x", "text/plain;charset=utf-8", "x"),
		D("data:image/png;base64,iVBORw0KGgo=", "image/png", "\x89PNG\r\n\x1a\n"),
		D("data:image/gif;BASE64,R0lG", "image/gif", "GIF"),
		D("data:image/gif; base64,R0 lG%0AOA", "image/gif", "GIF8"),
		D("data:image/gif;base64;x,R0lG", "image/gif;base64;x", "R0lG"),
		D("data:image/svg+xml;charset=x;base64,", "image/svg+xml;charset=x", ""),
		D("data:base64,R0lG", "text/plain;charset=US-ASCII", "R0lG"),
		D("data: text/css ,a{}#not", "text/css", "a{}"),
		D("data:text/css,a?b=c", "text/css", "a?b=c"),
		D("data:te@xt/css,a", "text/plain;charset=US-ASCII", "a"),
		D("DATA:text/x,%41", "text/x", "A"),
		D("data:x/y;base64,Zg", "x/y", "f"),
		D("data:x/y;base64,Zm9v%3D%3D%3D%3D", NULL, ""), /* too many = */
		D("data:x/y;base64,Zm9vY", NULL, ""),
		D("data:x/y;base64,Zm9v-w", NULL, ""),
		D("data:no comma", NULL, ""),
		D("http://h/,x", NULL, ""),
#undef D
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct url *u = parse(rows[i].url);
		char mime[64];
		uint8_t *body;
		size_t n;

		if (url_data(u, &body, &n, mime, sizeof(mime)) != (rows[i].mime != NULL))
			fail_msg("%s", rows[i].url);
		if (rows[i].mime) {
			assert_string_equal(mime, rows[i].mime);
			assert_int_equal(n, rows[i].n);
			assert_memory_equal(body, rows[i].body, n);
			free(body);
			/* room for the type to the octet */
			assert_true(url_data(u, &body, &n, mime, strlen(rows[i].mime) + 1));
			free(body);
			assert_false(url_data(u, &body, &n, mime, strlen(rows[i].mime)));
		}
		url_free(u);
	}
}

static void names(void **state)
{
	static const char sixty[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const struct {
		const char *name, *ascii;
	} rows[] = {
		{ "www.Example.ORG", "www.example.org" },
		{ "b\u00fccher.example", "xn--bcher-kva.example" },
		{ "Stra\u00dfe.de.", "xn--strae-oqa.de." },
		{ "_dmarc.example", "_dmarc.example" },
		{ "", NULL },
		{ ".", NULL },
		{ "a..b", NULL },
		{ ".a", NULL },
		{ "a..", NULL },
		{ "a b", NULL },
		{ "a/b", NULL },
		{ "\xff", NULL },
	};
	const char *why = NULL;
	char to[256], label[65];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		if (url_name_to_ascii(rows[i].name, to, sizeof(to), &why) != (rows[i].ascii != NULL))
			fail_msg("%s", rows[i].name);
		if (rows[i].ascii) {
			assert_string_equal(to, rows[i].ascii);
			assert_true(url_name_to_ascii(rows[i].name, to, strlen(rows[i].ascii) + 1, &why));
			assert_false(url_name_to_ascii(rows[i].name, to, strlen(rows[i].ascii), &why));
		}
		assert_true(rows[i].ascii || why);
	}
	for (size_t n = 60; n < sizeof(label); n++) { /* 63 octets a label */
		memset(label, 'a', sizeof(label));
		label[n] = '\0';
		assert_int_equal(url_name_to_ascii(label, to, sizeof(to), NULL), n <= 63);
	}
	for (size_t n = 252; n < 256; n++) { /* 253 a name, without a last dot */
		char name[260];

		for (size_t i = 0; i < n; i++)
			name[i] = i % 61 == 60 ? '.' : sixty[0];
		name[n] = '\0';
		assert_int_equal(url_name_to_ascii(name, to, sizeof(to), NULL), n <= 253);
		name[n - 1] = '.';
		assert_int_equal(url_name_to_ascii(name, to, sizeof(to), NULL), n <= 254);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rows),  cmocka_unit_test(all_parts), cmocka_unit_test(parts_that_are_not_there),
		cmocka_unit_test(addresses), cmocka_unit_test(origins),   cmocka_unit_test(octets_that_are_no_text),
		cmocka_unit_test(reasons),   cmocka_unit_test(long_ones), cmocka_unit_test(data_urls),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
