/* SPDX-License-Identifier: MIT */
/* What is kept, and for how long. */
#include "lab.h"

static void start(struct lab *lab, unsigned entries)
{
	lab_init(lab);
	lab->cfg.cache = entries;
	lab_start(lab);
}

/* Looks it up and answers; true when a server was asked. */
static bool ask(struct lab *lab, const char *name, const char *reply)
{
	bool asked;

	lab_forget(lab);
	lab->answers = 0;
	lab_lookup(lab, name, DNS_A);
	asked = strstr(lab_kinds(lab), "QUERY") != NULL;
	if (asked)
		lab_reply(lab, name, DNS_TYPE_A, reply);
	assert_int_equal(lab->answers, 1);
	return asked;
}

static void how_long(void **state)
{
	static const struct {
		const char *reply;
		unsigned kept_s; /* 0: not at all */
	} rows[] = {
		{ "NOERROR; an a.test 300 A 192.0.2.1", 300 },
		{ "NOERROR; an a.test 300 A 192.0.2.1; an a.test 20 A 192.0.2.2", 20 },
		{ "NOERROR; an a.test 10 CNAME b.test; an b.test 300 A 192.0.2.1", 10 },
		{ "NOERROR; an a.test 0 A 192.0.2.1", 0 },
		{ "NOERROR; an a.test 1 A 192.0.2.1", 1 },
		{ "NOERROR; an a.test 86400 A 192.0.2.1", 86400 },
		{ "NOERROR; an a.test 86401 A 192.0.2.1", 86400 },
		{ "NOERROR; an a.test 2147483647 A 192.0.2.1", 86400 },
		{ "NOERROR; an a.test 2147483648 A 192.0.2.1", 0 }, /* RFC 2181 8 */
		{ "NOERROR; an a.test 4294967295 A 192.0.2.1", 0 },
		/* negative: the lesser of TTL and MINIMUM, RFC 2308 5 */
		{ "NXDOMAIN; ns test 300 SOA 600", 300 },
		{ "NXDOMAIN; ns test 600 SOA 300", 300 },
		{ "NOERROR; ns test 600 SOA 300", 300 },
		{ "NXDOMAIN; ns test 86400 SOA 86400", 10800 },
		{ "NXDOMAIN; ns . 10800 SOA 10800", 10800 },
		{ "NXDOMAIN; ns test 2147483648 SOA 300", 0 },
		{ "NXDOMAIN; ns test 300 SOA 2147483648", 0 },
		{ "NXDOMAIN; ns other.test 300 SOA 300", 0 }, /* of another zone */
		{ "NXDOMAIN", 0 },
		{ "NOERROR", 0 },
		{ "NXDOMAIN; an a.test 5 CNAME b.test; ns test 300 SOA 300", 5 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab lab;

		start(&lab, 16);
		assert_true(ask(&lab, "a.test", rows[i].reply));
		assert_int_equal(lab.answer[0].ttl_s, rows[i].kept_s);
		if (rows[i].kept_s == 0) {
			assert_true(ask(&lab, "a.test", rows[i].reply));
			lab_end(&lab);
			continue;
		}
		lab.now += HF_S(rows[i].kept_s) - 1;
		assert_false(ask(&lab, "A.TEST", rows[i].reply));
		assert_int_equal(lab.answer[0].source, DNS_FROM_CACHE);
		assert_int_equal(lab.answer[0].ttl_s, 1);
		assert_int_equal(lab.answer[0].tries, 0);
		assert_string_equal(lab.answer[0].state, "");
		lab.now += 1;
		assert_true(ask(&lab, "a.test", rows[i].reply));
		lab_end(&lab);
	}
}

static void failures_are_not_kept(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab.cfg.attempts = 1;
	lab_start(&lab);
	assert_true(ask(&lab, "a.test", "SERVFAIL; ns test 300 SOA 300"));
	assert_true(ask(&lab, "a.test", "REFUSED"));
	assert_true(ask(&lab, "a.test", "NOERROR; an a.test 300 CNAME a.test"));
	assert_true(ask(&lab, "a.test", "NOERROR; an a.test 300 A 192.0.2.1"));
	assert_false(ask(&lab, "a.test", ""));
	lab_end(&lab);
}

static void all_of_it_is_kept(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 16);
	ask(&lab, "a.test", "NOERROR; an a.test 300 CNAME b.test; an b.test 300 A 192.0.2.1; an b.test 300 A 192.0.2.2");
	lab.now += HF_S(100);
	assert_false(ask(&lab, "a.test", ""));
	EXPECT_TEXT(lab_answer(&lab, 0), "A a.test: 192.0.2.1 192.0.2.2, 200 s, cache, last");
	assert_string_equal(lab.answer[0].canonical, "b.test");
	assert_int_equal(lab.answer[0].server.port, 53);
	EXPECT_TEXT(lab.ladder,
		    "100000ms LOOKUP: looks up a.test\n"
		    "100000ms CACHE: the IPv4 addresses of a.test are known from an earlier answer, for 200 s more\n");
	ask(&lab, "no.test", "NXDOMAIN; ns test 300 SOA 300");
	assert_false(ask(&lab, "no.test", ""));
	EXPECT_TEXT(lab_answer(&lab, 0), "A no.test: NXDOMAIN, 300 s, cache, last");
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP CACHE_NEGATIVE ");
	/* the other family was not asked for */
	lab_forget(&lab);
	lab_lookup(&lab, "a.test", DNS_A | DNS_AAAA);
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP CACHE QUERY ");
	lab_end(&lab);
}

static void the_least_needed_goes(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 3);
	ask(&lab, "a.test", "NOERROR; an a.test 300 A 192.0.2.1");
	ask(&lab, "b.test", "NOERROR; an b.test 300 A 192.0.2.2");
	ask(&lab, "c.test", "NOERROR; an c.test 10 A 192.0.2.3");
	assert_false(ask(&lab, "a.test", ""));
	ask(&lab, "d.test", "NOERROR; an d.test 300 A 192.0.2.4");
	assert_true(lab.kind[DNS_TOLD_EVICTED]);
	assert_non_null(strstr(lab.ladder, "forgets b.test (A)"));
	assert_false(ask(&lab, "a.test", ""));
	assert_false(ask(&lab, "c.test", ""));
	lab.now += HF_S(10); /* c.test has expired: it goes before any other, though it was needed last */
	memset(lab.kind, 0, sizeof(lab.kind));
	ask(&lab, "e.test", "NOERROR; an e.test 300 A 192.0.2.5");
	assert_false(lab.kind[DNS_TOLD_EVICTED]);
	assert_false(ask(&lab, "a.test", ""));
	assert_false(ask(&lab, "d.test", ""));
	assert_false(ask(&lab, "e.test", ""));
	lab_end(&lab);
}

static void no_cache(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab.cfg.no_cache = true;
	lab_start(&lab);
	assert_true(ask(&lab, "a.test", "NOERROR; an a.test 300 A 192.0.2.1"));
	assert_true(ask(&lab, "a.test", "NOERROR; an a.test 300 A 192.0.2.1"));
	assert_false(lab.kind[DNS_TOLD_CACHED]);
	lab_end(&lab);
}

/* A whole search list from the cache: not one query, and not one answer too few. */
static void a_search_out_of_the_cache(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab.cfg.search[0] = "one.test";
	lab.cfg.searches = 1;
	lab_start(&lab);
	for (unsigned i = 0; i < 2; i++) {
		lab.answers = 0;
		lab_forget(&lab);
		lab_lookup(&lab, "www", DNS_A | DNS_AAAA);
		if (i == 0) {
			lab_reply(&lab, "www.one.test", DNS_TYPE_A, "NXDOMAIN; ns test 300 SOA 300");
			lab_reply(&lab, "www.one.test", DNS_TYPE_AAAA, "NXDOMAIN; ns test 300 SOA 300");
			lab_reply(&lab, "www", DNS_TYPE_A, "NOERROR; an www 300 A 192.0.2.1");
			lab_reply(&lab, "www", DNS_TYPE_AAAA, "NXDOMAIN; ns . 300 SOA 300");
		}
		assert_int_equal(lab.answers, 2);
		EXPECT_TEXT(lab_answer(&lab, 0), i ? "A www: 192.0.2.1, 300 s, cache" : "A www: 192.0.2.1, 300 s, server");
		EXPECT_TEXT(lab_answer(&lab, 1),
			    i ? "AAAA www: NXDOMAIN, 300 s, cache, last" : "AAAA www: NXDOMAIN, 300 s, server, last");
	}
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP CACHE_NEGATIVE CACHE_NEGATIVE SEARCH CACHE CACHE_NEGATIVE ");
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_long),          cmocka_unit_test(failures_are_not_kept),
		cmocka_unit_test(all_of_it_is_kept), cmocka_unit_test(the_least_needed_goes),
		cmocka_unit_test(no_cache),          cmocka_unit_test(a_search_out_of_the_cache),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
