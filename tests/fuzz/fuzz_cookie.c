/* SPDX-License-Identifier: MIT */
/*
 * Lines of Set-Cookie fields, one after another into one jar, from hosts and at times that their first octet chooses. What the jar
 * says then must be fit for a request's head, and every cookie in it within its bounds.
 */
#include "page/cookie.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("0a=b\n1c=d; Domain=example.org; Path=/x; Max-Age=10\n2e=f; Secure; SameSite=None"),
	   FUZZ_SEED("1__Host-a=b; Secure; Path=/\n1__Secure-x=; Secure\n0a=1; Domain=org"),
	   FUZZ_SEED("4a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT\n5a=b; Expires=Tue, 14-Nov-23 22:14:20 GMT; HttpOnly"),
	   FUZZ_SEED("3=x\n3x\n3 ; \n3a=b=c;Path=x;Domain=.www.example.org;max-age=-1"));

static const char *const hosts[] = { "http://www.example.org/a/b",  "https://www.example.org/a/b/",
				     "https://example.org/",        "http://192.0.2.1/",
				     "http://sub.www.example.org/", "https://org/",
				     "https://a.example.co.uk/x/y", "ftp://example.org/" };

static void check_header(struct cookie_jar *j, const struct url *u, const struct url *site, int64_t now)
{
	unsigned all, some, parts = 0;
	struct text out;

	text_init(&out);
	some = cookie_header(j, u, site, false, &out, now);
	text_clear(&out);
	all = cookie_header(j, u, NULL, true, &out, now);
	FUZZ_CHECK(some <= all && all <= COOKIE_IN_ALL && all <= cookie_jar_count(j));
	for (size_t i = 0; i < out.len; i++) {
		FUZZ_CHECK((uint8_t)out.at[i] >= 0x20 || out.at[i] == '\t');
		parts += out.at[i] == ';';
	}
	FUZZ_CHECK(all == 0 ? out.len == 0 : parts + 1 == all);
	text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct url *u[HF_ARRAY_LEN(hosts)];
	struct cookie_jar *j = cookie_jar_make();
	int64_t now = 1700000000;

	FUZZ_CHECK(j);
	for (size_t i = 0; i < HF_ARRAY_LEN(hosts); i++)
		u[i] = url_parse(hf_bytes_of(hosts[i]), NULL, NULL);
	while (size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size, before = cookie_jar_count(j);
		uint8_t *line = n ? fuzz_copy(data + 1, n - 1) : NULL;
		unsigned choice = n ? data[0] : 0;
		enum cookie_why why;

		if (n) {
			now += choice >> 6;
			why = cookie_set(j, u[choice % HF_ARRAY_LEN(u)], (struct hf_bytes){ line, n - 1 },
					 choice & 8 ? u[(choice >> 4) % HF_ARRAY_LEN(u)] : NULL, now);
			FUZZ_CHECK(why < COOKIE_WHY_COUNT && why != COOKIE_NO_MEMORY);
			FUZZ_CHECK(cookie_jar_count(j) <= before + (why == COOKIE_KEPT));
		}
		free(line);
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	for (size_t i = 0; i < HF_ARRAY_LEN(u); i++)
		check_header(j, u[i], u[2], now);
	for (size_t i = 0; i < HF_ARRAY_LEN(u); i++)
		url_free(u[i]);
	cookie_jar_free(j);
	return 0;
}
