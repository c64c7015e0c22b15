/* SPDX-License-Identifier: MIT */
/* The way of a lookup when all goes well: what is answered by whom, told as ladders. */
#include "lab.h"

#define BOTH (DNS_A | DNS_AAAA)
#define WWW "www.example.test"

static void both_families_at_once(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab_start(&lab);
	lab_lookup(&lab, WWW, BOTH);
	lab.now += HF_MS(20);
	lab_reply(&lab, WWW, DNS_TYPE_AAAA, "NOERROR; an www.example.test 300 AAAA 2001:db8::1");
	lab.now += HF_MS(5);
	lab_reply(&lab, WWW, DNS_TYPE_A,
		  "NOERROR; an www.example.test 200 A 192.0.2.1; an www.example.test 100 A 192.0.2.2; "
		  "an www.example.test 200 A 192.0.2.1");
	EXPECT_TEXT(lab_answer(&lab, 0), "AAAA www.example.test: 2001:db8::1, 300 s, server");
	EXPECT_TEXT(lab_answer(&lab, 1), "A www.example.test: 192.0.2.1 192.0.2.2, 100 s, server, last");
	assert_int_equal(lab.answer[1].begin, HF_S(100));
	assert_int_equal(lab.answer[1].end, HF_S(100) + HF_MS(25));
	assert_int_equal(lab.answer[1].tries, 1);
	assert_int_equal(lab.answer[1].server.port, 53);
	assert_string_equal(lab.answer[1].canonical, WWW);
	EXPECT_TEXT(lab.ladder,
		    "     0ms LOOKUP: looks up www.example.test\n"
		    "     0ms QUERY: asks 192.0.2.53 for the IPv4 addresses of www.example.test, with id 54105, from a port of its own\n"
		    "     0ms QUERY: asks 192.0.2.53 for the IPv6 addresses of www.example.test, with id 28091, from a port of its own\n"
		    "    20ms ANSWER: 192.0.2.53 answers: www.example.test has 1 IPv6 address(es)\n"
		    "    20ms CACHED: keeps the IPv6 addresses of www.example.test for 300 s\n"
		    "    25ms ANSWER: 192.0.2.53 answers: www.example.test has 2 IPv4 address(es)\n"
		    "    25ms CACHED: keeps the IPv4 addresses of www.example.test for 100 s\n");
	for (unsigned i = 0; i < DNS_SOCKETS; i++)
		assert_false(lab.udp[i].open);
	lab_end(&lab);
}

/* RFC 5452 9.2, 0x20: what must be guessed differs from query to query, and is the same for the same entropy. */
static void nothing_can_be_guessed(void **state)
{
	uint16_t ids[64], ports[64];
	unsigned capitals = 0, letters = 0;
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab.cfg.attempts = 64;
	lab.cfg.timeout = HF_S(1);
	lab_start(&lab);
	lab_lookup(&lab, "abcdefghijklmnopqrstuvwxyz.test", DNS_A);
	for (unsigned i = 0; i < 64; i++) {
		struct lab_socket *s = &lab.udp[lab_socket_of(&lab, "abcdefghijklmnopqrstuvwxyz.test", DNS_TYPE_A)];

		ids[i] = hf_load16(s->query);
		ports[i] = s->port;
		for (unsigned k = 0; k < i; k++)
			assert_true(ids[k] != ids[i] || ports[k] != ports[i]);
		for (unsigned k = 13; k < 13 + 26; k++) {
			capitals += s->query[k] < 'a';
			letters++;
		}
		lab.now += HF_S(1);
		lab_run(&lab);
	}
	assert_true(capitals > letters * 2 / 5 && capitals < letters * 3 / 5);
	assert_int_equal(lab.answers, 1);
	lab_end(&lab);
	lab_init(&lab);
	lab_start(&lab);
	lab_lookup(&lab, "abcdefghijklmnopqrstuvwxyz.test", DNS_A);
	assert_int_equal(hf_load16(lab.udp[0].query), ids[0]);
	lab_end(&lab);
}

static void the_query_on_the_wire(void **state)
{
	struct hf_bytes msg;
	struct dns_question q;
	struct dns_header h;
	struct dns_opt opt;
	struct dns_rr rr;
	struct hf_rd in;
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab.cfg.no_0x20 = true;
	lab_start(&lab);
	lab_lookup(&lab, "WWW.Example.Test.", DNS_AAAA);
	msg = (struct hf_bytes){ lab.udp[0].query, lab.udp[0].len };
	in = hf_rd_over(msg);
	dns_header_rd(&in, &h);
	assert_true(h.rd && !h.qr && !h.aa && !h.tc && !h.ra && h.opcode == 0 && h.rcode == 0);
	assert_true(h.qdcount == 1 && h.ancount == 0 && h.nscount == 0 && h.arcount == 1);
	dns_question_rd(msg, &in, &q);
	assert_memory_equal(q.name.b, "\3www\7example\4test", 18);
	assert_int_equal(q.type, DNS_TYPE_AAAA);
	assert_int_equal(q.class_, 1);
	dns_rr_rd(msg, &in, &rr);
	assert_int_equal(hf_rd_end(&in), HF_OK);
	assert_int_equal(dns_opt_parse(&rr, &opt), HF_OK);
	assert_int_equal(opt.udp_size, 1232);
	assert_int_equal(opt.version, 0);
	lab_end(&lab);
}

/* ---- without a server ---- */

static void names_that_need_no_server(void **state)
{
	static const struct {
		const char *name, *a, *aaaa, *told;
	} rows[] = {
		{ "192.0.2.9", "A 192.0.2.9: 192.0.2.9, 0 s, address", "AAAA 192.0.2.9: NODATA, 0 s, address, last", "TEXT " },
		{ "2001:db8::9", "A 2001:db8::9: NODATA, 0 s, address",
		  "AAAA 2001:db8::9: 2001:db8::9, 0 s, address, last", "TEXT " },
		{ "localhost", "A localhost: 127.0.0.1, 0 s, rule", "AAAA localhost: ::1, 0 s, rule, last", "LOOKUP RULE " },
		{ "a.LocalHost.", "A a.LocalHost: 127.0.0.1, 0 s, rule", "AAAA a.LocalHost: ::1, 0 s, rule, last",
		  "LOOKUP RULE " },
		{ "x.invalid", "A x.invalid: NXDOMAIN, 0 s, rule", "AAAA x.invalid: NXDOMAIN, 0 s, rule, last",
		  "LOOKUP RULE " },
		{ "x.onion", "A x.onion: NXDOMAIN, 0 s, rule", "AAAA x.onion: NXDOMAIN, 0 s, rule, last", "LOOKUP RULE " },
		{ "two.test", "A two.test: 192.0.2.7 192.0.2.8, 0 s, hosts",
		  "AAAA two.test: 2001:db8::7, 0 s, hosts, last", "LOOKUP HOSTS " },
		{ "fixed.test", "A fixed.test: 192.0.2.99, 0 s, --resolve",
		  "AAAA fixed.test: NODATA, 0 s, --resolve, last", "LOOKUP FIXED " },
		{ "", "A : BAD-NAME, 0 s, rule", "AAAA : BAD-NAME, 0 s, rule, last", "BAD_NAME " },
		{ ".", "A .: BAD-NAME, 0 s, rule", "AAAA .: BAD-NAME, 0 s, rule, last", "BAD_NAME " },
		{ "a..b", "A a..b: BAD-NAME, 0 s, rule", "AAAA a..b: BAD-NAME, 0 s, rule, last", "BAD_NAME " },
		{ "a b\x1b[1m", "A a?b?[1m: BAD-NAME, 0 s, rule", "AAAA a?b?[1m: BAD-NAME, 0 s, rule, last", "BAD_NAME " },
		{ "b\xc3\xbc.test", "A b??.test: BAD-NAME, 0 s, rule", "AAAA b??.test: BAD-NAME, 0 s, rule, last",
		  "BAD_NAME " },
		{ "real.test", "A real.test: NO-SERVER, 0 s, rule", "AAAA real.test: NO-SERVER, 0 s, rule, last",
		  "LOOKUP NO_SERVER " },
	};
	const struct dns_host hosts[] = {
		{ addr_ip4_u32(0xc0000207), hf_bytes_of("TWO.test"), hf_bytes_of("one.test") },
		{ { { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 } }, hf_bytes_of("two.test"), hf_bytes_of("two.test") },
		{ addr_ip4_u32(0xc0000208), hf_bytes_of("two.test"), hf_bytes_of("two.test") },
		{ addr_ip4_u32(0xc0000208), hf_bytes_of("two.test"), hf_bytes_of("two.test") },
		{ addr_ip4_u32(0xc0000208), hf_bytes_of("fixed.test"), hf_bytes_of("fixed.test") },
	};
	const struct dns_host fixed[] = { { addr_ip4_u32(0xc0000263), hf_bytes_of("fixed.test"), { NULL, 0 } } };
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab.cfg.servers = 0;
	lab.cfg.hosts = hosts;
	lab.cfg.hosts_count = HF_ARRAY_LEN(hosts);
	lab.cfg.fixed = fixed;
	lab.cfg.fixed_count = HF_ARRAY_LEN(fixed);
	lab_start(&lab);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		lab.answers = 0;
		lab_forget(&lab);
		lab_lookup(&lab, rows[i].name, BOTH);
		EXPECT_TEXT(lab_answer(&lab, 0), rows[i].a);
		EXPECT_TEXT(lab_answer(&lab, 1), rows[i].aaaa);
		EXPECT_TEXT(lab_kinds(&lab), rows[i].told);
		if (strcmp(rows[i].name, "two.test") == 0)
			assert_string_equal(lab.answer[0].canonical, "one.test");
	}
	lab_end(&lab);
}

static void lengths_of_names(void **state)
{
	static const struct {
		unsigned label, labels, last;
		bool good;
	} rows[] = { { 63, 1, 0, true },   { 64, 1, 0, false }, { 63, 3, 61, true },
		     { 63, 3, 62, false }, { 1, 127, 0, true }, { 1, 128, 0, false } };
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab.cfg.servers = 0;
	lab_start(&lab);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char name[300];
		size_t n = 0;

		for (unsigned k = 0; k < rows[i].labels + (rows[i].last > 0); k++) {
			unsigned len = k < rows[i].labels ? rows[i].label : rows[i].last;

			if (k)
				name[n++] = '.';
			memset(name + n, 'a', len);
			n += len;
		}
		name[n] = 0;
		lab.answers = 0;
		lab_lookup(&lab, name, DNS_A);
		assert_int_equal(lab.answer[0].why, rows[i].good ? DNS_WHY_NO_SERVER : DNS_WHY_BAD_NAME);
	}
	lab_end(&lab);
}

/* ---- the search list ---- */

static void search(struct lab *lab, unsigned ndots)
{
	lab_init(lab);
	lab->cfg.search[0] = "one.test";
	lab->cfg.search[1] = "two.test.";
	lab->cfg.searches = 2;
	lab->cfg.ndots = ndots;
	lab_start(lab);
}

#define NX(soa) "NXDOMAIN; ns " soa " 60 SOA 60"

static void a_short_name_is_searched_first(void **state)
{
	struct lab lab;

	(void)state;
	search(&lab, 0);
	lab_lookup(&lab, "www", BOTH);
	lab_reply(&lab, "www.one.test", DNS_TYPE_A, NX("test"));
	assert_int_equal(lab.answers, 0);
	lab_reply(&lab, "www.one.test", DNS_TYPE_AAAA, NX("test"));
	lab_reply(&lab, "www.two.test", DNS_TYPE_AAAA, "NOERROR; ns two.test 60 SOA 60");
	assert_int_equal(lab.answers, 0); /* A may still say that this is not the one */
	lab_reply(&lab, "www.two.test", DNS_TYPE_A, "NOERROR; an www.two.test 60 A 192.0.2.1");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.two.test: 192.0.2.1, 60 s, server");
	EXPECT_TEXT(lab_answer(&lab, 1), "AAAA www: NODATA, 60 s, server, last");
	EXPECT_TEXT(lab_kinds(&lab),
		    "LOOKUP QUERY QUERY NXDOMAIN CACHED_NEGATIVE NXDOMAIN CACHED_NEGATIVE SEARCH QUERY QUERY NODATA "
		    "CACHED_NEGATIVE ANSWER CACHED ");
	lab_end(&lab);
}

static void the_name_as_it_is_comes_last(void **state)
{
	struct lab lab;

	(void)state;
	search(&lab, 0);
	lab_lookup(&lab, "www", DNS_A);
	lab_reply(&lab, "www.one.test", DNS_TYPE_A, "NOERROR; ns one.test 60 SOA 60");
	lab_reply(&lab, "www.two.test", DNS_TYPE_A, NX("test"));
	lab_reply(&lab, "www", DNS_TYPE_A, NX("."));
	/* that it exists somewhere outweighs */
	EXPECT_TEXT(lab_answer(&lab, 0), "A www: NODATA, 60 s, server, last");
	lab_end(&lab);
}

static void a_name_with_dots_comes_first(void **state)
{
	struct lab lab;

	(void)state;
	search(&lab, 0);
	lab_lookup(&lab, "www.x", DNS_A);
	lab_reply(&lab, "www.x", DNS_TYPE_A, NX("."));
	lab_reply(&lab, "www.x.one.test", DNS_TYPE_A, "NOERROR; an www.x.one.test 60 A 192.0.2.1");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.x.one.test: 192.0.2.1, 60 s, server, last");
	lab_end(&lab);
	/* unless it takes more of them */
	search(&lab, 2);
	lab_lookup(&lab, "www.x", DNS_A);
	lab_reply(&lab, "www.x.one.test", DNS_TYPE_A, "NOERROR; an www.x.one.test 60 A 192.0.2.1");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.x.one.test: 192.0.2.1, 60 s, server, last");
	lab_end(&lab);
	/* or none */
	search(&lab, DNS_NDOTS_0);
	lab_lookup(&lab, "www", DNS_A);
	lab_reply(&lab, "www", DNS_TYPE_A, "NOERROR; an www 60 A 192.0.2.1");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www: 192.0.2.1, 60 s, server, last");
	lab_end(&lab);
}

static void a_dot_at_the_end_leaves_it_out(void **state)
{
	struct lab lab;

	(void)state;
	search(&lab, 0);
	lab_lookup(&lab, "www.", BOTH);
	lab_reply(&lab, "www", DNS_TYPE_AAAA, NX("."));
	EXPECT_TEXT(lab_answer(&lab, 0), "AAAA www: NXDOMAIN, 60 s, server"); /* nothing else to try: not held back */
	lab_reply(&lab, "www", DNS_TYPE_A, NX("."));
	EXPECT_TEXT(lab_answer(&lab, 1), "A www: NXDOMAIN, 60 s, server, last");
	lab_end(&lab);
}

static void a_failure_ends_the_search(void **state)
{
	struct lab lab;

	(void)state;
	search(&lab, 0);
	lab_lookup(&lab, "www", DNS_A);
	lab_reply(&lab, "www.one.test", DNS_TYPE_A, "REFUSED");
	lab_reply(&lab, "www.one.test", DNS_TYPE_A, "REFUSED");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www: REFUSED, 0 s, server, last");
	lab_end(&lab);
}

static void a_searched_name_too_long_is_passed_over(void **state)
{
	char name[250];
	struct lab lab;

	(void)state;
	search(&lab, 9);
	for (unsigned i = 0; i < 5; i++) {
		memset(name + i * 50, 'a', 49);
		name[i * 50 + 49] = '.';
	}
	name[249] = 0;
	lab_lookup(&lab, name, DNS_A);
	lab_reply(&lab, name, DNS_TYPE_A, NX("."));
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY NXDOMAIN CACHED_NEGATIVE ");
	assert_int_equal(lab.answers, 1);
	lab_end(&lab);
}

/* ---- aliases ---- */

static void aliases_in_one_answer(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab_start(&lab);
	lab_lookup(&lab, WWW, DNS_A);
	/* in any order, in any case */
	lab_reply(&lab, WWW, DNS_TYPE_A,
		  "NOERROR; an c.test 50 A 192.0.2.3; an B.test 40 CNAME c.Test; an www.EXAMPLE.test 30 CNAME b.TEST");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.3, 30 s, server, last");
	assert_string_equal(lab.answer[0].canonical, "c.test");
	EXPECT_TEXT(lab.ladder + strlen(lab.ladder) - 0, "");
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY CNAME CNAME ANSWER CACHED ");
	assert_non_null(strstr(lab.ladder, "CNAME: b.test is an alias of c.test\n"));
	lab_end(&lab);
}

static void an_alias_that_ends_the_answer(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab_start(&lab);
	lab_lookup(&lab, WWW, DNS_A);
	lab_reply(&lab, WWW, DNS_TYPE_A, "NOERROR aa; an www.example.test 30 CNAME b.test");
	lab_reply(&lab, "b.test", DNS_TYPE_A, "NOERROR; an b.test 400 A 192.0.2.3");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.3, 30 s, server, last");
	assert_string_equal(lab.answer[0].canonical, "b.test");
	assert_int_equal(lab.answer[0].tries, 2);
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY CNAME CNAME_ASK QUERY ANSWER CACHED ");
	lab_end(&lab);
}

static void an_alias_of_nothing(void **state)
{
	static const struct {
		const char *reply, *answer;
	} rows[] = {
		{ "NXDOMAIN; an www.example.test 30 CNAME b.test; ns test 60 SOA 60",
		  "A www.example.test: NXDOMAIN, 30 s, server, last" },
		{ "NOERROR; an www.example.test 300 CNAME b.test; ns test 60 SOA 50",
		  "A www.example.test: NODATA, 50 s, server, last" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab lab;

		lab_init(&lab);
		lab_start(&lab);
		lab_lookup(&lab, WWW, DNS_A);
		lab_reply(&lab, WWW, DNS_TYPE_A, rows[i].reply);
		EXPECT_TEXT(lab_answer(&lab, 0), rows[i].answer);
		assert_string_equal(lab.answer[0].canonical, "b.test");
		lab_end(&lab);
	}
}

static void circles(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab_start(&lab);
	lab_lookup(&lab, "a.test", DNS_A);
	lab_reply(&lab, "a.test", DNS_TYPE_A, "NOERROR; an a.test 30 CNAME b.test; an b.test 30 CNAME a.test");
	EXPECT_TEXT(lab_answer(&lab, 0), "A a.test: LOOP, 0 s, server, last");
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY CNAME CNAME_LOOP ");
	/* of one */
	lab_lookup(&lab, "s.test", DNS_A);
	lab_reply(&lab, "s.test", DNS_TYPE_A, "NOERROR; an s.test 30 CNAME S.TEST");
	EXPECT_TEXT(lab_answer(&lab, 1), "A s.test: LOOP, 0 s, server, last");
	/* over several queries */
	lab_lookup(&lab, "c.test", DNS_A);
	lab_reply(&lab, "c.test", DNS_TYPE_A, "NOERROR; an c.test 30 CNAME d.test");
	lab_reply(&lab, "d.test", DNS_TYPE_A, "NOERROR; an d.test 30 CNAME C.test");
	EXPECT_TEXT(lab_answer(&lab, 2), "A c.test: LOOP, 0 s, server, last");
	lab_end(&lab);
}

static void so_many_aliases_and_no_more(void **state)
{
	(void)state;
	for (unsigned n = DNS_CNAMES; n <= DNS_CNAMES + 1; n++) {
		char text[2000] = "NOERROR";
		size_t len = strlen(text);
		struct lab lab;

		for (unsigned i = 0; i < n; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "; an n%u.test 30 CNAME n%u.test", i, i + 1);
		snprintf(text + len, sizeof(text) - len, "; an n%u.test 30 A 192.0.2.1", n);
		lab_init(&lab);
		lab_start(&lab);
		lab_lookup(&lab, "n0.test", DNS_A);
		lab_reply(&lab, "n0.test", DNS_TYPE_A, text);
		EXPECT_TEXT(lab_answer(&lab, 0), n == DNS_CNAMES ? "A n0.test: 192.0.2.1, 30 s, server, last"
								 : "A n0.test: LOOP, 0 s, server, last");
		assert_true(lab.kind[DNS_TOLD_CNAME_LONG] == (n > DNS_CNAMES));
		lab_end(&lab);
	}
}

/* ---- several at once ---- */

static void equal_lookups_share_a_query(void **state)
{
	struct lab lab;
	uint32_t first, second;

	(void)state;
	lab_init(&lab);
	lab_start(&lab);
	first = lab_lookup(&lab, WWW, DNS_A);
	second = lab_lookup(&lab, "WWW.example.test", DNS_A);
	assert_int_not_equal(first, second);
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY LOOKUP SHARED ");
	dns_cancel(lab.dns, first, lab.now); /* the other one still waits */
	lab_run(&lab);
	lab_reply(&lab, WWW, DNS_TYPE_A, "NOERROR; an www.example.test 30 A 192.0.2.1");
	assert_int_equal(lab.answers, 1);
	assert_int_equal(lab.answer[0].id, second);
	lab_end(&lab);
}

static void cancelling_closes(void **state)
{
	struct lab lab;
	uint32_t id;

	(void)state;
	lab_init(&lab);
	lab_start(&lab);
	id = lab_lookup(&lab, WWW, BOTH);
	dns_cancel(lab.dns, id, lab.now);
	dns_cancel(lab.dns, id, lab.now);
	dns_cancel(lab.dns, UINT32_MAX, lab.now);
	lab_run(&lab);
	assert_false(lab.udp[0].open || lab.udp[1].open);
	assert_int_equal(dns_wake_at(lab.dns), HF_NEVER);
	assert_int_equal(lab.answers, 0);
	/* before anything was sent */
	assert_int_equal(dns_lookup(lab.dns, hf_bytes_of(WWW), BOTH, lab.now, &id), HF_OK);
	dns_cancel(lab.dns, id, lab.now);
	lab_run(&lab);
	assert_int_equal(dns_wake_at(lab.dns), HF_NEVER);
	lab_end(&lab);
}

static void as_many_as_there_is_room_for(void **state)
{
	struct lab lab;
	uint32_t id[DNS_LOOKUPS], more;
	char name[32];

	(void)state;
	lab_init(&lab);
	lab.cfg.tell = 1024;
	lab_start(&lab);
	for (unsigned i = 0; i < DNS_LOOKUPS; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		id[i] = lab_lookup(&lab, name, BOTH);
	}
	assert_int_equal(dns_lookup(lab.dns, hf_bytes_of(WWW), BOTH, lab.now, &more), HF_FULL);
	assert_int_equal(dns_lookup(lab.dns, hf_bytes_of(WWW), 0, lab.now, &more), HF_INVALID);
	assert_int_equal(dns_lookup(lab.dns, hf_bytes_of(WWW), 4, lab.now, &more), HF_INVALID);
	dns_cancel(lab.dns, id[7], lab.now);
	assert_int_equal(dns_lookup(lab.dns, hf_bytes_of(WWW), BOTH, lab.now, &more), HF_OK);
	assert_int_not_equal(more, id[7]);
	lab_run(&lab);
	for (unsigned i = 0; i < DNS_LOOKUPS; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		if (i != 7) {
			lab.answers = 0;
			lab_reply(&lab, name, DNS_TYPE_A, "NOERROR");
			lab_reply(&lab, name, DNS_TYPE_AAAA, "NOERROR");
			assert_int_equal(lab.answers, 2);
			assert_int_equal(lab.answer[1].id, id[i]);
		}
	}
	lab_end(&lab);
}

static void configurations(void **state)
{
	static uint8_t mem[1 << 22] __attribute__((aligned(64)));
	struct dns_config good = { .servers = 1, .server = { { addr_ip4_u32(0xc0000235), 0 } } }, c;
	struct dns *d;

	(void)state;
	assert_true(dns_memory(&good) < sizeof(mem));
	assert_int_equal(dns_init(mem, dns_memory(&good), &good, 0, &d), HF_OK);
	assert_int_equal(dns_init(mem, dns_memory(&good) - 128, &good, 0, &d), HF_FULL);
	c = good;
	c.servers = DNS_SERVERS + 1;
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
	c = good;
	c.servers = 2; /* the second one is no address */
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
	c.server[1].addr = addr_ip4_u32(0); /* nor is 0.0.0.0 */
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
	c.server[1].addr = addr_ip4_u32(0xe00000fb); /* a group has no single answer */
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
	c = good;
	c.searches = DNS_SEARCHES + 1;
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
	c = good;
	c.searches = 1;
	c.search[0] = "a..b";
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
	c = good;
	c.tell = 3;
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
	c = good;
	c.edns_size = 511;
	assert_int_equal(dns_init(mem, sizeof(mem), &c, 0, &d), HF_INVALID);
}

/* The newest records stay, and a sentence that does not fit is cut. */
static void telling_has_bounds(void **state)
{
	struct dns_told t;
	uint64_t cursor = 0;
	struct lab lab;
	char small[10];
	unsigned n = 0;

	(void)state;
	lab_init(&lab);
	lab.cfg.tell = 2;
	lab_start(&lab);
	lab_lookup(&lab, WWW, BOTH);
	while (dns_told(lab.dns, &cursor, &t)) {
		assert_int_equal(t.kind, DNS_TOLD_QUERY);
		assert_int_equal(t.octets, t.bytes_len);
		n++;
	}
	assert_int_equal(n, 2);
	assert_int_equal(dns_told_sentence(&t, small, sizeof(small)), 9);
	assert_string_equal(small, "asks 192.");
	t.server.port = 5353;
	t.server.addr = (struct hf_addr){ { [15] = 1 } };
	assert_true(dns_told_sentence(&t, (char[200]){ 0 }, 200) > 20);
	assert_string_equal(dns_told_name(DNS_TOLD_COUNT), "");
	assert_string_equal(dns_told_rfc(DNS_TOLD_QUERY), "1035 4.1");
	assert_false(dns_told_by_server(DNS_TOLD_QUERY));
	assert_true(dns_told_by_server(DNS_TOLD_ANSWER));
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families_at_once),
		cmocka_unit_test(nothing_can_be_guessed),
		cmocka_unit_test(the_query_on_the_wire),
		cmocka_unit_test(names_that_need_no_server),
		cmocka_unit_test(lengths_of_names),
		cmocka_unit_test(a_short_name_is_searched_first),
		cmocka_unit_test(the_name_as_it_is_comes_last),
		cmocka_unit_test(a_name_with_dots_comes_first),
		cmocka_unit_test(a_dot_at_the_end_leaves_it_out),
		cmocka_unit_test(a_failure_ends_the_search),
		cmocka_unit_test(a_searched_name_too_long_is_passed_over),
		cmocka_unit_test(aliases_in_one_answer),
		cmocka_unit_test(an_alias_that_ends_the_answer),
		cmocka_unit_test(an_alias_of_nothing),
		cmocka_unit_test(circles),
		cmocka_unit_test(so_many_aliases_and_no_more),
		cmocka_unit_test(equal_lookups_share_a_query),
		cmocka_unit_test(cancelling_closes),
		cmocka_unit_test(as_many_as_there_is_room_for),
		cmocka_unit_test(configurations),
		cmocka_unit_test(telling_has_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
