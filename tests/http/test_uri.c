/* SPDX-License-Identifier: MIT */
#include "http_test.h"

#include "http/http_uri.h"
#include "wire/addr.h"

static struct http_target target;

static const struct {
	const char *text;
	enum h1_fault fault;
	const char *path, *query;
} targets[] = {
	{ "/", H1_NONE, "/", "" },
	{ "/a", H1_NONE, "/a", "" },
	{ "/a/", H1_NONE, "/a/", "" },
	{ "/a/b.c?d=e/../f", H1_NONE, "/a/b.c", "?d=e/../f" },
	{ "/?", H1_NONE, "/", "?" },
	{ "/a%20b", H1_NONE, "/a b", "" },
	{ "/%41%62", H1_NONE, "/Ab", "" },
	{ "/%c3%A9", H1_NONE, "/\xc3\xa9", "" },
	{ "/%2541", H1_NONE, "/%41", "" }, /* decoded once */
	{ "/.", H1_NONE, "/", "" },
	{ "/./", H1_NONE, "/", "" },
	{ "/a/.", H1_NONE, "/a/", "" },
	{ "/a/./b", H1_NONE, "/a/b", "" },
	{ "/a/..", H1_NONE, "/", "" },
	{ "/a/../", H1_NONE, "/", "" },
	{ "/a/b/../c", H1_NONE, "/a/c", "" },
	{ "/a/b/../../c", H1_NONE, "/c", "" },
	{ "/a/%2e%2E/c", H1_NONE, "/c", "" },
	{ "/a/.%2e/c", H1_NONE, "/c", "" },
	{ "/...", H1_NONE, "/...", "" },
	{ "/.a", H1_NONE, "/.a", "" },
	{ "/..a", H1_NONE, "/..a", "" },
	{ "/a..", H1_NONE, "/a..", "" },
	{ "//a///b//", H1_NONE, "/a/b/", "" },
	{ "///", H1_NONE, "/", "" },
	{ "/a//..", H1_NONE, "/", "" },
	{ "/a\\..\\b", H1_NONE, "/a\\..\\b", "" }, /* a backslash is an octet like others */
	{ "http://a/b?c", H1_NONE, "/b", "?c" },
	{ "HTTP://a:80", H1_NONE, "/", "" },
	{ "http://a?c", H1_NONE, "/", "?c" },
	{ "/..", H1_ABOVE_ROOT, NULL, NULL },
	{ "/../a", H1_ABOVE_ROOT, NULL, NULL },
	{ "/a/../../b", H1_ABOVE_ROOT, NULL, NULL },
	{ "/%2e%2e/a", H1_ABOVE_ROOT, NULL, NULL },
	{ "//..", H1_ABOVE_ROOT, NULL, NULL },
	{ "/./..", H1_ABOVE_ROOT, NULL, NULL },
	{ "/%", H1_ESCAPE, NULL, NULL },
	{ "/%4", H1_ESCAPE, NULL, NULL },
	{ "/%4g", H1_ESCAPE, NULL, NULL },
	{ "/%u0041", H1_ESCAPE, NULL, NULL },
	{ "/a%00", H1_ESCAPED_NUL, NULL, NULL },
	{ "/a%2fb", H1_ESCAPED_SLASH, NULL, NULL },
	{ "/a/..%2f..%2fb", H1_ESCAPED_SLASH, NULL, NULL },
	{ "/%2f../..", H1_ESCAPED_SLASH, NULL, NULL },
	{ "*", H1_TARGET, NULL, NULL },
	{ "a:80", H1_TARGET, NULL, NULL },
	{ "https://a/", H1_TARGET, NULL, NULL },
	{ "http://", H1_TARGET, NULL, NULL },
	{ "http:///a", H1_TARGET, NULL, NULL },
	{ "http://u@a/", H1_TARGET, NULL, NULL },
};

static void test_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(targets); i++) {
		assert_fault(http_target_parse(bytes_of(targets[i].text), &target), targets[i].fault, targets[i].text);
		if (targets[i].fault != H1_NONE)
			continue;
		assert_string_equal(target.path, targets[i].path);
		assert_int_equal(target.len, strlen(targets[i].path));
		assert_bytes(target.query, targets[i].query);
	}
}

/* Whatever is put together of these pieces, no path that comes out holds a way up. */
static void test_no_way_up(void **state)
{
	static const char *const pieces[] = { "/", ".", "..", "%2e", "a", "%2f", "//" };
	char text[64], *p;

	(void)state;
	for (unsigned n = 0; n < 7 * 7 * 7 * 7 * 7 * 7; n++) {
		size_t at = (size_t)snprintf(text, sizeof(text), "/");

		for (unsigned k = n; k > 0; k /= 7)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", pieces[k % 7]);
		if (http_target_parse(bytes_of(text), &target) != H1_NONE)
			continue;
		assert_true(target.path[0] == '/' && strlen(target.path) == target.len);
		for (p = target.path; (p = strchr(p, '/')); p++)
			assert_false(strncmp(p, "/../", 4) == 0 || strcmp(p, "/..") == 0 || strncmp(p, "/./", 3) == 0 ||
				     strcmp(p, "/.") == 0 || strncmp(p, "//", 2) == 0);
	}
}

static void test_long_path(void **state)
{
	static char text[HTTP_PATH_BYTES + 10];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[0] = '/';
	text[HTTP_PATH_BYTES - 1] = '\0';
	assert_fault(http_target_parse(bytes_of(text), &target), H1_NONE, "4095");
	text[HTTP_PATH_BYTES - 1] = 'a';
	text[HTTP_PATH_BYTES] = '\0';
	assert_fault(http_target_parse(bytes_of(text), &target), H1_PATH_TOO_LONG, "4096");
}

static const struct {
	const char *text;
	hf_status want;
	const char *addr;
	unsigned port;
	const char *authority, *path;
} urls[] = {
	{ "http://10.9.0.1", HF_OK, "10.9.0.1", 80, "10.9.0.1", "" },
	{ "http://10.9.0.1/", HF_OK, "10.9.0.1", 80, "10.9.0.1", "/" },
	{ "HTTP://10.9.0.1:8080/a?b#c", HF_OK, "10.9.0.1", 8080, "10.9.0.1:8080", "/a?b" },
	{ "http://10.9.0.1:/a", HF_OK, "10.9.0.1", 80, "10.9.0.1:", "/a" },
	{ "http://10.9.0.1?a", HF_OK, "10.9.0.1", 80, "10.9.0.1", "?a" },
	{ "http://[fd09::1]/", HF_OK, "fd09::1", 80, "[fd09::1]", "/" },
	{ "http://[fd09::1]:81/", HF_OK, "fd09::1", 81, "[fd09::1]:81", "/" },
	{ "http://example.org/", HF_OK, NULL, 80, "example.org", "/" },
	{ "http://10.9.0.300/", HF_OK, NULL, 80, "10.9.0.300", "/" }, /* not an address: a name */
	{ "https://10.9.0.1/", HF_OK, "10.9.0.1", 443, "10.9.0.1", "/" },
	{ "HTTPS://a.example:8443/b", HF_OK, NULL, 8443, "a.example:8443", "/b" },
	{ "https://[fd09::1]", HF_OK, "fd09::1", 443, "[fd09::1]", "" },
	{ "https://10.9.0.1:0/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "httpss://10.9.0.1/", HF_UNSUPPORTED, NULL, 0, NULL, NULL },
	{ "ftp://10.9.0.1/", HF_UNSUPPORTED, NULL, 0, NULL, NULL },
	{ "10.9.0.1/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http:/10.9.0.1/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http:///a", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://:80/a", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://10.9.0.1:0/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://10.9.0.1:65536/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://10.9.0.1:8o/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://fd09::1/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://[fd09::1/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://[fd09::1]x/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://[10.9.0.1]/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://u:p@10.9.0.1/", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://10.9.0.1/a b", HF_MALFORMED, NULL, 0, NULL, NULL },
	{ "http://10.9.0.1/a\r\nX: y", HF_MALFORMED, NULL, 0, NULL, NULL },
};

static void test_urls(void **state)
{
	char addr[HF_ADDR_TEXT];
	struct http_url u;
	const char *what;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(urls); i++) {
		hf_status got = http_url_parse(urls[i].text, &u, &what);

		if (got != urls[i].want)
			fail_msg("%s for %s", hf_status_name(got), urls[i].text);
		if (got == HF_MALFORMED)
			assert_true(strlen(what) > 10);
		if (got != HF_OK)
			continue;
		assert_true(u.is_name == (urls[i].addr == NULL));
		if (urls[i].addr) {
			addr_format(&u.addr, addr);
			assert_string_equal(addr, urls[i].addr);
		}
		assert_int_equal(u.port, urls[i].port);
		assert_true(u.secure == (urls[i].text[4] == 's' || urls[i].text[4] == 'S'));
		assert_bytes(u.authority, urls[i].authority);
		assert_bytes(u.path, urls[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_no_way_up),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
