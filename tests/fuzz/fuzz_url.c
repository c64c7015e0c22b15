/* SPDX-License-Identifier: MIT */
/*
 * The first octet says where the input is cut into a base and what is relative to it. What comes out must come out again when it is
 * parsed; each part must be what the whole says; a name must survive being a name.
 */
#include "url/url.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("\0http://user:pass@example.org:8080/a/../b?c#d"),
	   FUZZ_SEED("\0https://b\xc3\xbc"
		     "cher.example/%2e%2E/\xff"),
	   FUZZ_SEED("\x12http://h/a/b?c#d  ../x;y/./z?q"), FUZZ_SEED("\0http://0x7f.1/"),
	   FUZZ_SEED("\0http://[1::1.2.3.4]:0/"), FUZZ_SEED("\0foo:/.//a?b"), FUZZ_SEED("\0mailto:a b  ?c"),
	   FUZZ_SEED("\0file://C|/a/../..\\b"),
	   FUZZ_SEED("\x09"
		     "file:///C:../D|/x"),
	   FUZZ_SEED("\0data:text/html;base64,PGI+eDwvYj4="), FUZZ_SEED("\0blob:https://h:1/x"),
	   FUZZ_SEED("\0http://\xe3\x80\x82.xn--zca.\xef\xbc\xa1/"));

static struct url *parse(const uint8_t *at, size_t n, const struct url *base)
{
	const char *why = NULL;
	uint8_t *copy = fuzz_copy(at, n);
	struct url *u = url_parse((struct hf_bytes){ copy, n }, base, &why);

	free(copy);
	FUZZ_CHECK(!u == !!why);
	return u;
}

static void check_printable(const char *s)
{
	for (; *s; s++)
		FUZZ_CHECK((uint8_t)*s >= 0x20 && (uint8_t)*s < 0x7f);
}

static void check_again(const struct url *u)
{
	struct url *again = parse((const uint8_t *)url_href(u), strlen(url_href(u)), NULL);
	struct hf_addr a, b;

	FUZZ_CHECK(again);
	FUZZ_CHECK(strcmp(url_href(u), url_href(again)) == 0);
	FUZZ_CHECK(strcmp(url_path(u), url_path(again)) == 0);
	FUZZ_CHECK(strcmp(url_authority(u), url_authority(again)) == 0);
	FUZZ_CHECK(strcmp(url_origin(u), url_origin(again)) == 0);
	FUZZ_CHECK(strcmp(url_target(u), url_target(again)) == 0);
	FUZZ_CHECK(url_port(u) == url_port(again));
	FUZZ_CHECK(url_addr(u, &a) == url_addr(again, &b));
	if (url_addr(u, &a))
		FUZZ_CHECK(url_addr(again, &b) && memcmp(&a, &b, sizeof(a)) == 0);
	url_free(again);
}

static void check_record(const struct url *u)
{
	uint8_t *body;
	char mime[128], name[256];
	size_t n;

	check_printable(url_href(u));
	check_again(u);
	FUZZ_CHECK(url_target(u)[0] == '/' || !url_is_special(u));
	FUZZ_CHECK(!strchr(url_without_fragment(u), '#'));
	FUZZ_CHECK(!url_is_http(u) || (url_host(u) && url_host(u)[0]));
	FUZZ_CHECK(strncmp(url_href(u), url_without_fragment(u), strlen(url_without_fragment(u))) == 0);
	if (url_host(u))
		FUZZ_CHECK(!strpbrk(url_host(u), "/?#@\\ "));
	if (url_data(u, &body, &n, mime, sizeof(mime))) {
		FUZZ_CHECK(strcmp(url_scheme(u), "data") == 0 && strlen(mime) < sizeof(mime) && n <= strlen(url_href(u)));
		free(body);
	}
	if (url_is_http(u) && url_name_to_ascii(url_hostname(u), name, sizeof(name), NULL))
		FUZZ_CHECK(strcmp(name, url_hostname(u)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut = size ? data[0] : 0;
	struct url *base = NULL, *u;

	if (size == 0)
		return 0;
	data++, size--;
	cut = cut < size ? cut : 0;
	if (cut)
		base = parse(data, cut, NULL);
	u = parse(data + cut, size - cut, base);
	if (u)
		check_record(u);
	url_free(u);
	url_free(base);
	return 0;
}
