/* SPDX-License-Identifier: MIT */
/* What the small server answers, octets to text; and our own resolver asking it. */
#include "lab.h"

#include "dns/dns_answer.h"

#define ZONE                                             \
	"# a zone\n"                                     \
	"origin example.test\n"                          \
	"ttl 300\n"                                      \
	"192.0.2.1 www.example.test example.test\n"      \
	"2001:db8::1 www.example.test\n"                 \
	"192.0.2.2 a.deep.example.test # below\n"        \
	"cname alias.example.test www.example.test\n"    \
	"cname far.example.test www.example.org\n"       \
	"cname two.example.test alias.example.test\n"    \
	"cname gone.example.test nothing.example.test\n" \
	"cname x.example.test y.example.test\n"          \
	"cname y.example.test x.example.test.\n"

struct server {
	struct dns_zone zone;
	struct dns_zone_line line[600];
};

static void start(struct server *s, const char *text)
{
	struct dns_zone_fault fault;

	assert_int_equal(dns_zone_parse(hf_bytes_of(text), s->line, HF_ARRAY_LEN(s->line), &s->zone, &fault), HF_OK);
}

struct query {
	const char *name;
	uint16_t type, class_, size; /* 0: no OPT */
	uint8_t version, opcode;
	bool tcp;
};

static size_t make(const struct query *q, uint8_t *to, size_t room)
{
	struct dns_header h = { .id = 0x1234, .rd = true, .opcode = q->opcode, .qdcount = 1, .arcount = q->size > 0 };
	struct dns_question question = { .type = q->type, .class_ = q->class_ ? q->class_ : 1 };
	struct dns_opt opt = { .udp_size = q->size, .version = q->version };
	struct dns_put p = dns_put_over(to, room);
	size_t len = 0;

	assert_int_equal(dns_name_of_text(hf_bytes_of(q->name), &question.name), HF_OK);
	dns_put_header(&p, &h);
	dns_put_question(&p, &question);
	if (q->size)
		dns_put_opt(&p, &opt);
	assert_int_equal(hf_wr_end(&p.out, &len), HF_OK);
	return len;
}

static size_t text_of_name(const struct dns_name *n, char *to)
{
	return dns_name_format(n, to, DNS_NAME_TEXT);
}

/* "NOERROR aa; www.example.test 300 A 192.0.2.1; ..." */
static const char *text_of(const uint8_t *b, size_t n)
{
	static char text[20000];
	struct hf_bytes msg = { b, n };
	struct hf_rd in = hf_rd_over(msg);
	struct dns_question q;
	struct dns_header h;
	unsigned rcode;
	size_t len;
	char opt_text[60] = "";

	dns_header_rd(&in, &h);
	assert_int_equal(h.id, 0x1234);
	assert_true(h.qr && h.rd && !h.ra);
	if (h.qdcount)
		dns_question_rd(msg, &in, &q);
	rcode = h.rcode;
	len = 32;
	memset(text, ' ', len);
	for (unsigned i = 0; i < (unsigned)h.ancount + h.nscount + h.arcount; i++) {
		struct dns_rr rr;
		struct hf_addr a;
		struct dns_name name;
		struct dns_soa soa;
		struct dns_opt opt;

		dns_rr_rd(msg, &in, &rr);
		if (rr.type == DNS_TYPE_OPT) {
			assert_int_equal(dns_opt_parse(&rr, &opt), HF_OK);
			rcode |= (unsigned)opt.rcode_high << 4;
			snprintf(opt_text, sizeof(opt_text), "; opt %u", opt.udp_size);
			continue;
		}
		len += (size_t)snprintf(text + len, sizeof(text) - len, "; ");
		len += text_of_name(&rr.name, text + len);
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %u %s ", rr.ttl_s, dns_type_name(rr.type));
		if (dns_rdata_addr(&rr, &a) == HF_OK) {
			len += addr_format(&a, text + len);
		} else if (rr.type == DNS_TYPE_SOA) {
			assert_int_equal(dns_rdata_soa(msg, &rr, &soa), HF_OK);
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%u", soa.minimum);
		} else {
			assert_int_equal(dns_rdata_name(msg, &rr, &name), HF_OK);
			len += text_of_name(&name, text + len);
		}
	}
	assert_int_equal(hf_rd_end(&in), HF_OK);
	snprintf(text + len, sizeof(text) - len, "%s", opt_text);
	{
		char head[33];
		int m = snprintf(head, sizeof(head), "%s%s%s", dns_rcode_name(rcode), h.aa ? " aa" : "", h.tc ? " tc" : "");

		memcpy(text + 32 - m, head, (size_t)m);
		return text + 32 - m;
	}
}

static const char *ask(const struct server *s, const struct query *q)
{
	static uint8_t out[DNS_ANSWER_ROOM];
	uint8_t in[600];
	size_t n = make(q, in, sizeof(in));

	n = dns_zone_answer(&s->zone, (struct hf_bytes){ in, n }, q->tcp, out, sizeof(out));
	return n ? text_of(out, n) : "nothing";
}

static void answers(void **state)
{
	static const struct {
		struct query q;
		const char *is;
	} rows[] = {
		{ { "www.example.test", DNS_TYPE_A }, "NOERROR aa; www.example.test 300 A 192.0.2.1" },
		{ { "wWw.ExAmple.tesT", DNS_TYPE_A }, "NOERROR aa; wWw.ExAmple.tesT 300 A 192.0.2.1" }, /* 0x20 */
		{ { "www.example.test", DNS_TYPE_AAAA }, "NOERROR aa; www.example.test 300 AAAA 2001:db8::1" },
		{ { "www.example.test", DNS_TYPE_ANY },
		  "NOERROR aa; www.example.test 300 A 192.0.2.1; www.example.test 300 AAAA 2001:db8::1" },
		{ { "www.example.test", DNS_TYPE_TXT }, "NOERROR aa; example.test 300 SOA 300" },
		{ { "example.test", DNS_TYPE_A }, "NOERROR aa; example.test 300 A 192.0.2.1" },
		{ { "example.test", DNS_TYPE_SOA }, "NOERROR aa; example.test 300 SOA 300" },
		{ { "example.test", DNS_TYPE_AAAA }, "NOERROR aa; example.test 300 SOA 300" },
		{ { "deep.example.test", DNS_TYPE_A }, "NOERROR aa; example.test 300 SOA 300" }, /* RFC 8020 */
		{ { "no.example.test", DNS_TYPE_A }, "NXDOMAIN aa; example.test 300 SOA 300" },
		{ { "b.a.deep.example.test", DNS_TYPE_A }, "NXDOMAIN aa; example.test 300 SOA 300" },
		{ { "alias.example.test", DNS_TYPE_A },
		  "NOERROR aa; alias.example.test 300 CNAME www.example.test; www.example.test 300 A 192.0.2.1" },
		{ { "alias.example.test", DNS_TYPE_CNAME }, "NOERROR aa; alias.example.test 300 CNAME www.example.test" },
		{ { "alias.example.test", DNS_TYPE_ANY }, "NOERROR aa; alias.example.test 300 CNAME www.example.test" },
		{ { "two.example.test", DNS_TYPE_AAAA },
		  "NOERROR aa; two.example.test 300 CNAME alias.example.test; alias.example.test 300 CNAME "
		  "www.example.test; www.example.test 300 AAAA 2001:db8::1" },
		{ { "alias.example.test", DNS_TYPE_TXT },
		  "NOERROR aa; alias.example.test 300 CNAME www.example.test; example.test 300 SOA 300" },
		{ { "gone.example.test", DNS_TYPE_A },
		  "NXDOMAIN aa; gone.example.test 300 CNAME nothing.example.test; example.test 300 SOA 300" },
		{ { "far.example.test", DNS_TYPE_A }, "NOERROR aa; far.example.test 300 CNAME www.example.org" },
		{ { "1.2.0.192.in-addr.arpa", DNS_TYPE_PTR }, "NOERROR aa; 1.2.0.192.in-addr.arpa 300 PTR www.example.test" },
		{ { "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_TYPE_PTR },
		  "NOERROR aa; 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa 300 PTR "
		  "www.example.test" },
		{ { "9.2.0.192.in-addr.arpa", DNS_TYPE_PTR }, "REFUSED" },
		{ { "www.example.org", DNS_TYPE_A }, "REFUSED" },
		{ { ".", DNS_TYPE_NS }, "REFUSED" },
		{ { "www.example.test", DNS_TYPE_A, .class_ = 3 }, "REFUSED" },
		{ { "www.example.test", DNS_TYPE_A, .size = 1232 }, "NOERROR aa; www.example.test 300 A 192.0.2.1; opt 1232" },
		{ { "www.example.test", DNS_TYPE_A, .size = 1232, .version = 1 }, "BADVERS; opt 1232" },
		{ { "www.example.test", DNS_TYPE_A, .opcode = 5 }, "NOTIMP" },
	};
	static struct server s;

	(void)state;
	start(&s, ZONE);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		EXPECT_TEXT(ask(&s, &rows[i].q), rows[i].is);
}

static void a_circle_of_aliases_ends(void **state)
{
	static struct server s;
	const char *text;
	unsigned n = 0;

	(void)state;
	start(&s, ZONE);
	text = ask(&s, &(struct query){ "x.example.test", DNS_TYPE_A });
	for (const char *p = text; (p = strstr(p, "CNAME")); p++)
		n++;
	assert_int_equal(n, DNS_CNAMES);
}

static void the_root_answers_for_all(void **state)
{
	static struct server s;

	(void)state;
	start(&s, "192.0.2.1 www.example.test\n");
	EXPECT_TEXT(ask(&s, &(struct query){ "www.example.test", DNS_TYPE_A }),
		    "NOERROR aa; www.example.test 60 A 192.0.2.1");
	EXPECT_TEXT(ask(&s, &(struct query){ "no.example.org", DNS_TYPE_A }), "NXDOMAIN aa; . 60 SOA 60");
	EXPECT_TEXT(ask(&s, &(struct query){ ".", DNS_TYPE_SOA }), "NOERROR aa; . 60 SOA 60");
}

/* RFC 1035 4.2.1, RFC 6891 6.2.3, RFC 2181 9: as much as may be sent, and nothing of what does not fit. */
static void limits(void **state)
{
	static struct server s;
	char text[20000];
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "192.0.2.%u many.test%s\n", i,
					i < 29 ? " some.test" : "");
	snprintf(text + len, sizeof(text) - len, "2001:db8::1 many.test\n");
	start(&s, text);
	/* 12 + 15 octets, and 16 for each of 29 records: 491 */
	assert_null(strstr(ask(&s, &(struct query){ "some.test", DNS_TYPE_A }), "tc"));
	EXPECT_TEXT(ask(&s, &(struct query){ "many.test", DNS_TYPE_A }), "NOERROR aa tc");
	EXPECT_TEXT(ask(&s, &(struct query){ "many.test", DNS_TYPE_A, .size = 100 }), "NOERROR aa tc; opt 1232");
	/* 12 + 15 + 60 * 16 + 11: 998 */
	EXPECT_TEXT(ask(&s, &(struct query){ "many.test", DNS_TYPE_A, .size = 997 }), "NOERROR aa tc; opt 1232");
	assert_null(strstr(ask(&s, &(struct query){ "many.test", DNS_TYPE_A, .size = 998 }), "tc"));
	assert_null(strstr(ask(&s, &(struct query){ "many.test", DNS_TYPE_A, .tcp = true }), "tc"));
	for (unsigned i = 60; i < 90; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "192.0.2.%u many.test\n", i);
	start(&s, text);
	EXPECT_TEXT(ask(&s, &(struct query){ "many.test", DNS_TYPE_A, .size = 65535 }), "NOERROR aa tc; opt 1232");
}

static void hostile_queries(void **state)
{
	static struct server s;
	static uint8_t out[DNS_ANSWER_ROOM];
	const struct query q = { "www.example.test", DNS_TYPE_A, .size = 1232 };
	uint8_t in[600], bent[600];
	size_t n = make(&q, in, sizeof(in)), len;

	(void)state;
	start(&s, ZONE);
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);

		assert_non_null(copy);
		memcpy(copy, in, cut);
		len = dns_zone_answer(&s.zone, (struct hf_bytes){ copy, cut }, false, out, sizeof(out));
		free(copy);
		if (cut < DNS_HEADER_BYTES)
			assert_int_equal(len, 0);
		else
			assert_memory_equal(text_of(out, len), "FORMERR", 7);
	}
	memcpy(bent, in, n);
	bent[2] |= 0x80; /* an answer: never answered */
	assert_int_equal(dns_zone_answer(&s.zone, (struct hf_bytes){ bent, n }, false, out, sizeof(out)), 0);
	memcpy(bent, in, n);
	bent[5] = 2; /* two questions, RFC 9619 */
	len = dns_zone_answer(&s.zone, (struct hf_bytes){ bent, n }, false, out, sizeof(out));
	assert_memory_equal(text_of(out, len), "FORMERR", 7);
	memcpy(bent, in, n);
	memcpy(bent + n, in + n - 11, 11); /* two OPTs */
	bent[11] = 2;
	len = dns_zone_answer(&s.zone, (struct hf_bytes){ bent, n + 11 }, false, out, sizeof(out));
	assert_memory_equal(text_of(out, len), "FORMERR", 7);
	memcpy(bent, in, n);
	bent[11] = 0; /* OPT as an answer */
	bent[7] = 1;
	len = dns_zone_answer(&s.zone, (struct hf_bytes){ bent, n }, false, out, sizeof(out));
	assert_memory_equal(text_of(out, len), "FORMERR", 7);
	/* no room for anything but the header and the question */
	assert_int_equal(dns_zone_answer(&s.zone, (struct hf_bytes){ in, n }, true, out, 20), 0);
}

static void zone_faults(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *what;
	} rows[] = {
		{ "192.0.2.1 a.test\n\n192.0.2.300 b.test\n", 3,
		  "a line begins with an address, or with cname, origin or ttl" },
		{ "192.0.2.1 # a.test\n", 1, "there is no name behind the address" },
		{ "192.0.2.1 a..test\n", 1, "this cannot be a name" },
		{ "192.0.2.1 *.test\n", 1, "there are no wildcards here" },
		{ "cname a.test\n", 1, "a name is missing" },
		{ "cname\n", 1, "a name is missing" },
		{ "cname a.test b.test c.test\n", 1, "there is more on the line than belongs there" },
		{ "origin\n", 1, "a name is missing" },
		{ "origin a.test b.test\n", 1, "there is more on the line than belongs there" },
		{ "ttl\n", 1, "this is no number of seconds below 2^31" },
		{ "ttl 5x\n", 1, "this is no number of seconds below 2^31" },
		{ "ttl 2147483648\n", 1, "this is no number of seconds below 2^31" },
		{ "ttl 99999999999999999999999999\n", 1, "this is no number of seconds below 2^31" },
		{ "ttl 60\n192.0.2.1 a.test\ncname a.test b.test\n", 3, "an alias has no address and no second target" },
		{ "cname a.test b.test\ncname A.test c.test\n", 1, "an alias has no address and no second target" },
	};
	struct dns_zone_line line[4];
	struct dns_zone_fault fault;
	struct dns_zone zone;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(dns_zone_parse(hf_bytes_of(rows[i].text), line, HF_ARRAY_LEN(line), &zone, &fault),
				 HF_MALFORMED);
		assert_int_equal(fault.line, rows[i].line);
		EXPECT_TEXT(fault.what, rows[i].what);
	}
	assert_int_equal(dns_zone_parse(hf_bytes_of("192.0.2.1 a b c d\n192.0.2.2 e\n"), line, 4, &zone, &fault), HF_FULL);
	assert_int_equal(fault.line, 2);
	assert_int_equal(dns_zone_parse(hf_bytes_of("ttl 2147483647\n192.0.2.1 a b c d\n"), line, 4, &zone, &fault), HF_OK);
	assert_int_equal(zone.ttl_s, 2147483647);
	assert_true(dns_zone_lines(hf_bytes_of("192.0.2.1 a b c d\n192.0.2.2 e # f g\n")) >= 5);
}

/* Our own resolver and our own server, with nothing between them but octets. */
static void the_resolver_asks_it(void **state)
{
	static const struct {
		const char *name;
		const char *a, *aaaa;
	} rows[] = {
		{ "www.example.test", "A www.example.test: 192.0.2.1, 300 s, server",
		  "AAAA www.example.test: 2001:db8::1, 300 s, server, last" },
		{ "alias.example.test", "A alias.example.test: 192.0.2.1, 300 s, server",
		  "AAAA alias.example.test: 2001:db8::1, 300 s, server, last" },
		{ "a.deep.example.test", "A a.deep.example.test: 192.0.2.2, 300 s, server",
		  "AAAA a.deep.example.test: NODATA, 300 s, server, last" },
		{ "gone.example.test", "A gone.example.test: NXDOMAIN, 300 s, server",
		  "AAAA gone.example.test: NXDOMAIN, 300 s, server, last" },
		{ "x.example.test", "A x.example.test: LOOP, 0 s, server", "AAAA x.example.test: LOOP, 0 s, server, last" },
		{ "www.example.org", "A www.example.org: REFUSED, 0 s, server",
		  "AAAA www.example.org: REFUSED, 0 s, server, last" },
	};
	static struct server s;
	static uint8_t out[DNS_ANSWER_ROOM];
	struct lab lab;

	(void)state;
	start(&s, ZONE);
	lab_init(&lab);
	lab.cfg.attempts = 1;
	lab_start(&lab);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		lab.answers = 0;
		lab_lookup(&lab, rows[i].name, DNS_A | DNS_AAAA);
		for (unsigned k = 0; k < DNS_SOCKETS; k++) {
			size_t n;

			if (!lab.udp[k].open)
				continue;
			n = dns_zone_answer(&s.zone, (struct hf_bytes){ lab.udp[k].query, lab.udp[k].len }, false, out,
					    sizeof(out));
			dns_feed_udp(lab.dns, k, &lab.udp[k].to, (struct hf_bytes){ out, n }, lab.now);
			lab_run(&lab);
		}
		assert_int_equal(lab.answers, 2);
		EXPECT_TEXT(lab_answer(&lab, 0), rows[i].a);
		EXPECT_TEXT(lab_answer(&lab, 1), rows[i].aaaa);
	}
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(a_circle_of_aliases_ends),
		cmocka_unit_test(limits),
		cmocka_unit_test(the_root_answers_for_all),
		cmocka_unit_test(zone_faults),
		cmocka_unit_test(hostile_queries),
		cmocka_unit_test(the_resolver_asks_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
