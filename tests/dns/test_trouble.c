/* SPDX-License-Identifier: MIT */
/* Answers that are false, servers that are of no use, and when the next is asked. */
#include "lab.h"

#define WWW "www.example.test"
#define GOOD "NOERROR; an www.example.test 30 A 192.0.2.1"
#define FALSE_ONE "NOERROR; an www.example.test 30 A 203.0.113.66"

static void start(struct lab *lab, unsigned servers)
{
	lab_init(lab);
	lab->cfg.servers = servers;
	for (unsigned i = 0; i < servers; i++)
		lab->cfg.server[i].addr = addr_ip4_u32(0xc0000235 + i); /* 192.0.2.53, .54, ... */
	lab_start(lab);
}

static unsigned open_sockets(const struct lab *lab)
{
	unsigned n = 0;

	for (unsigned i = 0; i < DNS_SOCKETS; i++)
		n += lab->udp[i].open;
	for (unsigned i = 0; i < DNS_CONNS; i++)
		n += lab->tcp[i].open;
	return n;
}

/* ---- false answers: dropped, told, and waited on ---- */

static void spoofed_before_the_right_one(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab_lookup(&lab, WWW, DNS_A);
	lab_forget(&lab);
	lab_reply_from(&lab, WWW, DNS_TYPE_A, FALSE_ONE, "203.0.113.1", 53);
	lab_reply_from(&lab, WWW, DNS_TYPE_A, FALSE_ONE, "192.0.2.53", 5353);
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 0, 0x80);  /* id */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 1, 0x01);  /* id */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 2, 0x80);  /* QR */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 2, 0x10);  /* opcode */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 5, 0x03);  /* two questions */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 5, 0x01);  /* none */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 13, 0x01); /* another name */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 31, 0x1d); /* another type: AAAA */
	lab_reply_bent(&lab, WWW, DNS_TYPE_A, FALSE_ONE, 33, 0x02); /* another class */
	EXPECT_TEXT(lab_kinds(&lab), "WRONG_SERVER WRONG_SERVER WRONG_ID WRONG_ID NOT_AN_ANSWER NOT_AN_ANSWER WRONG_QUESTION "
				     "WRONG_QUESTION WRONG_QUESTION WRONG_QUESTION WRONG_QUESTION ");
	assert_int_equal(lab.answers, 0);
	lab_reply(&lab, WWW, DNS_TYPE_A, GOOD);
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.1, 30 s, server, last");
	assert_int_equal(lab.answer[0].tries, 1);
	lab_end(&lab);
}

static void only_what_was_asked_for_is_believed(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab_lookup(&lab, WWW, DNS_A);
	lab_reply(&lab, WWW, DNS_TYPE_A,
		  "NOERROR aa; an www.example.test 30 A 192.0.2.1; an bank.test 9999 A 203.0.113.66; "
		  "an www.example.test 9 AAAA 2001:db8::66; an www.example.test 30 RAW 99:00; ns test 9999 NS evil.test; "
		  "ar evil.test 9999 A 203.0.113.66; ar bank.test 9999 A 203.0.113.66");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.1, 30 s, server, last");
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY ANSWER NOT_ASKED CACHED ");
	assert_non_null(strstr(lab.ladder, "passes over 3 record(s)"));
	/* nothing of it was kept */
	lab_forget(&lab);
	lab_lookup(&lab, "bank.test", DNS_A);
	lab_lookup(&lab, "evil.test", DNS_A);
	lab_lookup(&lab, WWW, DNS_AAAA);
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY LOOKUP QUERY LOOKUP QUERY ");
	lab_end(&lab);
}

/* An alias that nothing leads to, and addresses of another class. */
static void a_chain_begins_at_the_question(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab_lookup(&lab, WWW, DNS_A);
	lab_reply(&lab, WWW, DNS_TYPE_A, "NOERROR; an other.test 30 CNAME evil.test; an evil.test 30 A 203.0.113.66");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: NODATA, 0 s, server, last");
	lab_end(&lab);
}

/* Each piece of a good message, from the right server with the right id, leaves the query waiting or goes to the next try. */
static void every_prefix(void **state)
{
	const char *text = "NOERROR opt; an www.example.test 30 CNAME b.test; an b.test 30 A 192.0.2.1; ns test 30 SOA 30";
	uint8_t msg[600];
	struct lab lab;
	size_t n;

	(void)state;
	start(&lab, 1);
	lab.cfg.no_edns = true;
	lab_lookup(&lab, WWW, DNS_A);
	n = lab_make(&lab.udp[0], text, msg, sizeof(msg));
	lab_end(&lab);
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *copy = malloc(cut ? cut : 1);

		assert_non_null(copy);
		memcpy(copy, msg, cut);
		start(&lab, 1);
		lab_lookup(&lab, WWW, DNS_A);
		dns_feed_udp(lab.dns, 0, &lab.udp[0].to, (struct hf_bytes){ copy, cut }, lab.now);
		lab_run(&lab);
		assert_int_equal(lab.answers, 0);
		assert_int_equal(open_sockets(&lab), 1);
		assert_true(lab.kind[cut < 12 + 22 ? DNS_TOLD_UNREADABLE : DNS_TOLD_MALFORMED]);
		lab_end(&lab);
		free(copy);
	}
}

static void broken_records(void **state)
{
	static const char *const rows[] = {
		"NOERROR; an www.example.test 30 RAW 1:c00002",     /* A of three octets */
		"NOERROR; an www.example.test 30 RAW 1:c000020100", /* of five */
		"NOERROR; an www.example.test 30 RAW 5:",           /* CNAME of nothing */
		"NOERROR; an www.example.test 30 RAW 5:01610000",   /* and something behind the name */
		"NOERROR; an www.example.test 30 RAW 5:c0ff",       /* a pointer forward */
		"NOERROR; ns example.test 30 RAW 6:0000",           /* SOA cut off */
		"NOERROR; ar . 30 RAW 41:00010005",                 /* an option longer than OPT */
		"NOERROR; ar . 30 RAW 41:; ar . 30 RAW 41:",        /* two OPTs */
		"NOERROR; ar x.test 30 RAW 41:",                    /* OPT that is not at the root */
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab lab;

		start(&lab, 1);
		lab_lookup(&lab, WWW, DNS_A);
		lab_reply(&lab, WWW, DNS_TYPE_A, rows[i]);
		lab_reply(&lab, WWW, DNS_TYPE_A, rows[i]);
		EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: MALFORMED, 0 s, server, last");
		EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY MALFORMED RETRY QUERY MALFORMED FAILED ");
		lab_end(&lab);
	}
}

/* ---- tries ---- */

static void a_silent_server(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab_lookup(&lab, WWW, DNS_A);
	lab_run_to(&lab, HF_S(200));
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: TIMEOUT, 0 s, server, last");
	assert_int_equal(lab.answer[0].tries, 2);
	assert_int_equal(lab.answer[0].end, HF_S(110));
	assert_string_equal(lab.answer[0].state, "WAIT");
	EXPECT_TEXT(
		lab.ladder,
		"     0ms LOOKUP: looks up www.example.test\n"
		"     0ms QUERY: asks 192.0.2.53 for the IPv4 addresses of www.example.test, with id 54105, from a port of its own\n"
		"  5000ms TIMEOUT: 192.0.2.53 has not answered in 5000 ms\n"
		"  5000ms RETRY: try 2, with 192.0.2.53\n"
		"  5000ms QUERY: asks 192.0.2.53 for the IPv4 addresses of www.example.test, with id 28091, from a port of its own\n"
		" 10000ms TIMEOUT: 192.0.2.53 has not answered in 5000 ms\n"
		" 10000ms FAILED: gives up on the IPv4 addresses of www.example.test: no server has answered in time\n");
	assert_int_equal(open_sockets(&lab), 0);
	assert_int_equal(dns_wake_at(lab.dns), HF_NEVER);
	lab_end(&lab);
}

/* The retries' schedule: "0:53 1000:54 ..." milliseconds and the last octet of the server. */
static const char *schedule(struct lab *lab)
{
	static char text[2000];
	size_t len = 0;

	text[0] = 0;
	for (const char *line = lab->ladder; *line; line = strchr(line, '\n') + 1) {
		const char *server = strstr(line, "QUERY: asks 192.0.2.");

		if (server && server < strchr(line, '\n'))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%lu:%.2s ", strtoul(line, NULL, 10),
						server + strlen("QUERY: asks 192.0.2."));
	}
	return text;
}

static void every_server_has_its_attempts(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab_end(&lab);
	lab.cfg.servers = 3;
	for (unsigned i = 0; i < 3; i++)
		lab.cfg.server[i].addr = addr_ip4_u32(0xc0000235 + i);
	lab.cfg.attempts = 2;
	lab.cfg.timeout = HF_S(1);
	lab_start(&lab);
	lab_lookup(&lab, WWW, DNS_A);
	lab_run_to(&lab, HF_S(120));
	EXPECT_TEXT(schedule(&lab), "0:53 1000:54 2000:55 3000:53 4000:54 5000:55 ");
	assert_int_equal(lab.answer[0].end, HF_S(106));
	assert_int_equal(lab.answer[0].tries, 6);
	lab_end(&lab);
}

static void rotation(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab_end(&lab);
	lab.cfg.servers = 2;
	lab.cfg.server[1].addr = addr_ip4_u32(0xc0000236);
	lab.cfg.rotate = true;
	lab.cfg.timeout = HF_S(1);
	lab_start(&lab);
	lab_lookup(&lab, "a.test", DNS_A | DNS_AAAA); /* one server for both */
	lab_lookup(&lab, "b.test", DNS_A);
	lab_lookup(&lab, "c.test", DNS_A);
	EXPECT_TEXT(schedule(&lab), "0:53 0:53 0:54 0:53 ");
	lab_forget(&lab);
	lab.now += HF_S(1);
	lab_run(&lab);
	EXPECT_TEXT(schedule(&lab), "1000:54 1000:54 1000:53 1000:54 ");
	lab_end(&lab);
}

static void servers_of_no_use(void **state)
{
	static const struct {
		const char *reply, *told, *answer;
		uint8_t rcode;
	} rows[] = {
		{ "SERVFAIL", "RCODE", "SERVFAIL", 2 },
		{ "REFUSED", "RCODE", "REFUSED", 5 },
		{ "NOERROR; ns test 60 NS ns.test; ar ns.test 60 A 192.0.2.9", "LAME", "SERVFAIL", 0 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char should[200];
		struct lab lab;

		start(&lab, 2);
		lab_lookup(&lab, WWW, DNS_A);
		lab_reply(&lab, WWW, DNS_TYPE_A, rows[i].reply);
		snprintf(should, sizeof(should), "LOOKUP QUERY %s RETRY QUERY ", rows[i].told);
		EXPECT_TEXT(lab_kinds(&lab), should);
		EXPECT_TEXT(schedule(&lab), "0:53 0:54 "); /* at once, and another */
		lab_reply(&lab, WWW, DNS_TYPE_A, GOOD);
		EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.1, 30 s, server, last");
		lab_end(&lab);
		/* if all are like that, it is the reason, though others are silent */
		start(&lab, 2);
		lab_lookup(&lab, WWW, DNS_A);
		lab_reply(&lab, WWW, DNS_TYPE_A, rows[i].reply);
		lab_run_to(&lab, HF_S(200));
		snprintf(should, sizeof(should), "A www.example.test: %s, 0 s, server, last", rows[i].answer);
		EXPECT_TEXT(lab_answer(&lab, 0), should);
		assert_int_equal(lab.answer[0].rcode, rows[i].rcode);
		lab_end(&lab);
	}
}

/* RFC 2308 2.2: what is NODATA, and what only looks like it. */
static void no_data(void **state)
{
	static const struct {
		const char *reply;
		bool nodata;
	} rows[] = {
		{ "NOERROR; ns test 60 SOA 60; ns test 60 NS ns.test", true }, /* type 1 */
		{ "NOERROR; ns test 60 SOA 60", true },                        /* type 2 */
		{ "NOERROR", true },                                           /* type 3 */
		{ "NOERROR aa; ns test 60 NS ns.test", true },
		{ "NOERROR; ns test 60 NS ns.test", false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab lab;

		start(&lab, 1);
		lab_lookup(&lab, WWW, DNS_A);
		lab_reply(&lab, WWW, DNS_TYPE_A, rows[i].reply);
		assert_int_equal(lab.answers, rows[i].nodata);
		assert_true(lab.kind[rows[i].nodata ? DNS_TOLD_NODATA : DNS_TOLD_LAME]);
		lab_end(&lab);
	}
}

static void the_network_refuses(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab.udp_fails = HF_REFUSED;
	lab_lookup(&lab, WWW, DNS_A);
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: TIMEOUT, 0 s, server, last");
	assert_int_equal(lab.answer[0].net, HF_REFUSED);
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY UNREACHABLE RETRY QUERY UNREACHABLE FAILED ");
	assert_non_null(strstr(lab.ladder, "192.0.2.53 cannot be asked: nothing listens at that port"));
	assert_int_equal(open_sockets(&lab), 0);
	lab_end(&lab);
}

static void ports_in_use(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab.ports_in_use = 7;
	lab_lookup(&lab, WWW, DNS_A);
	EXPECT_TEXT(lab_kinds(&lab),
		    "LOOKUP PORT_TAKEN PORT_TAKEN PORT_TAKEN PORT_TAKEN PORT_TAKEN PORT_TAKEN PORT_TAKEN QUERY ");
	lab_reply(&lab, WWW, DNS_TYPE_A, GOOD);
	assert_int_equal(lab.answer[0].tries, 1);
	lab.ports_in_use = 100;
	lab_lookup(&lab, "other.test", DNS_A);
	assert_int_equal(lab.answer[1].why, DNS_WHY_TIMEOUT);
	assert_int_equal(lab.answer[1].net, HF_IN_USE);
	assert_int_equal(lab.answer[1].tries, 0);
	lab_end(&lab);
}

/* ---- old servers ---- */

static void without_edns(void **state)
{
	static const char *const rows[] = { "FORMERR", "NOTIMP", "badvers", "FORMERR noquestion", "NOTIMP noquestion" };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab lab;

		start(&lab, 1);
		lab_lookup(&lab, WWW, DNS_A);
		assert_int_equal(lab.udp[0].len, 12 + 22 + 11);
		lab_reply(&lab, WWW, DNS_TYPE_A, rows[i]);
		EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY NO_EDNS QUERY ");
		assert_int_equal(lab.udp[0].len, 12 + 22);
		assert_int_equal(lab.udp[0].query[11], 0);
		lab_reply(&lab, WWW, DNS_TYPE_A, GOOD);
		EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.1, 30 s, server, last");
		/* it is remembered of this server */
		lab_lookup(&lab, "other.test", DNS_A);
		assert_int_equal(lab.udp[0].len, 12 + 16);
		/* and when it still does not understand, it is of no use */
		lab_reply(&lab, "other.test", DNS_TYPE_A, "FORMERR");
		lab_reply(&lab, "other.test", DNS_TYPE_A, "FORMERR");
		EXPECT_TEXT(lab_answer(&lab, 1), "A other.test: SERVFAIL, 0 s, server, last");
		lab_end(&lab);
	}
}

static void without_case(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab_lookup(&lab, WWW, DNS_A);
	lab_reply(&lab, WWW, DNS_TYPE_A, "small NOERROR; an www.example.test 30 A 203.0.113.66");
	EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY NO_CASE QUERY ");
	assert_int_equal(lab.answers, 0); /* that one could have been anybody's */
	assert_memory_equal(lab.udp[0].query + 12, "\3www\7example\4test", 18);
	lab_reply(&lab, WWW, DNS_TYPE_A, "small NOERROR; an www.example.test 30 A 192.0.2.1");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.1, 30 s, server, last");
	lab_end(&lab);
}

/* ---- TCP ---- */

static void too_long_for_a_datagram(void **state)
{
	(void)state;
	for (size_t step = 1; step < 200; step += 33) {
		struct lab lab;

		start(&lab, 1);
		lab_lookup(&lab, WWW, DNS_A);
		/* what is cut off is not believed */
		lab_reply(&lab, WWW, DNS_TYPE_A, "tc NOERROR; an www.example.test 30 A 203.0.113.66");
		assert_int_equal(open_sockets(&lab), 1);
		assert_true(lab.tcp[0].open);
		dns_tcp_feed(lab.dns, 0, BYTES_OF("early"), lab.now); /* nothing was asked yet */
		dns_tcp_connected(lab.dns, 0, lab.now);
		lab_run(&lab);
		dns_tcp_connected(lab.dns, 0, lab.now);
		lab_reply_tcp(&lab, WWW, DNS_TYPE_A, GOOD "; an www.example.test 30 A 192.0.2.2", step);
		EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.1 192.0.2.2, 30 s, server, last");
		assert_true(lab.answer[0].tcp);
		assert_string_equal(lab.answer[0].state, "WAIT_TCP");
		assert_int_equal(lab.answer[0].tries, 2);
		EXPECT_TEXT(lab_kinds(&lab), "LOOKUP QUERY TRUNCATED CONNECT QUERY_TCP ANSWER CACHED ");
		assert_int_equal(open_sockets(&lab), 0);
		lab_end(&lab);
	}
}

static void to_tcp(struct lab *lab, const char *name)
{
	lab_lookup(lab, name, DNS_A);
	lab_reply(lab, name, DNS_TYPE_A, "tc NOERROR");
}

static void false_answers_over_tcp(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	to_tcp(&lab, WWW);
	dns_tcp_connected(lab.dns, 0, lab.now);
	lab_run(&lab);
	lab_forget(&lab);
	dns_tcp_feed(lab.dns, 0, (struct hf_bytes){ (const uint8_t *)"\0\0\0\5hello", 9 }, lab.now);
	lab_run(&lab);
	EXPECT_TEXT(lab_kinds(&lab), "UNREADABLE UNREADABLE ");
	lab_reply_tcp(&lab, WWW, DNS_TYPE_A, GOOD, 1000);
	assert_int_equal(lab.answers, 1);
	lab_end(&lab);
}

static void tcp_fails(void **state)
{
	static const struct {
		bool connects;
		hf_status why, net;
	} rows[] = { { false, HF_REFUSED, HF_REFUSED }, { true, HF_RESET, HF_RESET }, { true, HF_OK, HF_CLOSED } };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab lab;

		start(&lab, 2);
		to_tcp(&lab, WWW);
		if (rows[i].connects)
			dns_tcp_connected(lab.dns, 0, lab.now);
		lab_run(&lab);
		dns_tcp_ended(lab.dns, 0, rows[i].why, lab.now);
		lab_run(&lab);
		assert_true(lab.kind[DNS_TOLD_UNREACHABLE]);
		assert_int_equal(open_sockets(&lab), 1); /* a datagram, to the next server */
		assert_int_equal(lab.udp[0].to.addr.b[15], 54);
		dns_tcp_ended(lab.dns, 0, rows[i].why, lab.now); /* it is closed: nobody's */
		lab_run_to(&lab, HF_S(200));
		assert_int_equal(lab.answer[0].net, rows[i].net);
		lab_end(&lab);
	}
	/* and when it was the last try */
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct lab lab;

		lab_init(&lab);
		lab.cfg.attempts = 1;
		lab_start(&lab);
		to_tcp(&lab, WWW);
		if (rows[i].connects)
			dns_tcp_connected(lab.dns, 0, lab.now);
		lab_run(&lab);
		dns_tcp_ended(lab.dns, 0, rows[i].why, lab.now);
		lab_run(&lab);
		EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: TIMEOUT, 0 s, server, last");
		assert_int_equal(open_sockets(&lab), 0);
		lab_end(&lab);
	}
}

/* Between the connection and the query that goes out on it: two calls of the driver with no turn in between. */
static void tcp_ends_before_the_query(void **state)
{
	(void)state;
	for (unsigned attempts = 1; attempts <= 2; attempts++) {
		struct lab lab;

		lab_init(&lab);
		lab.cfg.attempts = attempts;
		lab_start(&lab);
		to_tcp(&lab, WWW);
		dns_tcp_connected(lab.dns, 0, lab.now);
		dns_tcp_ended(lab.dns, 0, HF_RESET, lab.now);
		lab_run(&lab);
		assert_int_equal(lab.answers, attempts == 1);
		assert_false(lab.tcp[0].open);
		lab_end(&lab);
	}
}

static void tcp_is_silent(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	lab.now += HF_S(1);
	to_tcp(&lab, WWW);
	lab.now += HF_S(4);
	dns_tcp_connected(lab.dns, 0, lab.now);
	lab_run(&lab);
	assert_int_equal(dns_wake_at(lab.dns), HF_S(106)); /* one time for all of the try */
	lab_run_to(&lab, HF_S(106));
	assert_true(lab.kind[DNS_TOLD_TIMEOUT]);
	assert_false(lab.tcp[0].open);
	lab_run_to(&lab, HF_S(111));
	assert_int_equal(lab.answers, 1);
	lab_end(&lab);
}

static void an_alias_over_tcp(void **state)
{
	struct lab lab;

	(void)state;
	start(&lab, 1);
	to_tcp(&lab, WWW);
	dns_tcp_connected(lab.dns, 0, lab.now);
	lab_run(&lab);
	lab_reply_tcp(&lab, WWW, DNS_TYPE_A, "NOERROR; an www.example.test 30 CNAME b.test", 7);
	assert_false(lab.tcp[0].open);
	lab_reply(&lab, "b.test", DNS_TYPE_A, "NOERROR; an b.test 30 A 192.0.2.3");
	EXPECT_TEXT(lab_answer(&lab, 0), "A www.example.test: 192.0.2.3, 30 s, server, last");
	assert_false(lab.answer[0].tcp);
	lab_end(&lab);
}

/* More of them than connections: they wait for one another. */
static void connections_are_few(void **state)
{
	uint32_t id[DNS_CONNS + 2];
	struct lab lab;
	char name[20];

	(void)state;
	start(&lab, 1);
	for (unsigned i = 0; i < DNS_CONNS + 2; i++) {
		snprintf(name, sizeof(name), "n%u.test", i);
		id[i] = lab_lookup(&lab, name, DNS_A);
		lab_reply(&lab, name, DNS_TYPE_A, "tc NOERROR");
	}
	assert_int_equal(open_sockets(&lab), DNS_CONNS);
	dns_cancel(lab.dns, id[DNS_CONNS], lab.now); /* while it waits */
	dns_cancel(lab.dns, id[0], lab.now);         /* while it connects */
	lab_run(&lab);
	assert_int_equal(open_sockets(&lab), DNS_CONNS);
	dns_tcp_connected(lab.dns, 0, lab.now);
	lab_run(&lab);
	assert_int_equal(lab_conn_of(&lab, "n5.test", DNS_TYPE_A), 0);
	dns_tcp_connected(lab.dns, 1, lab.now); /* and before its query goes out */
	dns_cancel(lab.dns, id[1], lab.now);
	lab_run(&lab);
	dns_cancel(lab.dns, id[5], lab.now); /* and while it waits for the answer */
	lab_run(&lab);
	assert_int_equal(open_sockets(&lab), DNS_CONNS - 2);
	lab_end(&lab);
}

/* A connection that got its number and was not asked for yet has nothing to be closed. */
static void cancelled_before_the_connection(void **state)
{
	struct dns_ask ask;
	struct lab lab;
	uint32_t id;

	(void)state;
	start(&lab, 1);
	id = lab_lookup(&lab, WWW, DNS_A);
	{
		uint8_t msg[600];
		size_t n = lab_make(&lab.udp[0], "tc NOERROR", msg, sizeof(msg));

		dns_feed_udp(lab.dns, 0, &lab.udp[0].to, (struct hf_bytes){ msg, n }, lab.now);
	}
	assert_int_equal(dns_next(lab.dns, &ask, lab.now), DNS_CLOSE_UDP);
	dns_cancel(lab.dns, id, lab.now);
	assert_int_equal(dns_next(lab.dns, &ask, lab.now), DNS_WAITS);
	assert_int_equal(dns_wake_at(lab.dns), HF_NEVER);
	lab_end(&lab);
}

/* What comes for numbers that are not open is passed over. */
static void late_events(void **state)
{
	const struct hf_endpoint from = { addr_ip4_u32(0xc0000235), 53 };
	struct lab lab;

	(void)state;
	start(&lab, 1);
	dns_feed_udp(lab.dns, 0, &from, BYTES_OF("x"), lab.now);
	dns_feed_udp(lab.dns, DNS_SOCKETS, &from, BYTES_OF("x"), lab.now);
	dns_udp_error(lab.dns, 0, HF_REFUSED, lab.now);
	dns_udp_error(lab.dns, UINT32_MAX, HF_REFUSED, lab.now);
	dns_tcp_connected(lab.dns, 0, lab.now);
	dns_tcp_connected(lab.dns, DNS_CONNS, lab.now);
	dns_tcp_feed(lab.dns, 0, BYTES_OF("x"), lab.now);
	dns_tcp_ended(lab.dns, UINT32_MAX, HF_OK, lab.now);
	lab_run(&lab);
	EXPECT_TEXT(lab_kinds(&lab), "");
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spoofed_before_the_right_one),
		cmocka_unit_test(only_what_was_asked_for_is_believed),
		cmocka_unit_test(a_chain_begins_at_the_question),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(broken_records),
		cmocka_unit_test(a_silent_server),
		cmocka_unit_test(every_server_has_its_attempts),
		cmocka_unit_test(rotation),
		cmocka_unit_test(servers_of_no_use),
		cmocka_unit_test(no_data),
		cmocka_unit_test(the_network_refuses),
		cmocka_unit_test(ports_in_use),
		cmocka_unit_test(without_edns),
		cmocka_unit_test(without_case),
		cmocka_unit_test(too_long_for_a_datagram),
		cmocka_unit_test(false_answers_over_tcp),
		cmocka_unit_test(tcp_fails),
		cmocka_unit_test(tcp_ends_before_the_query),
		cmocka_unit_test(tcp_is_silent),
		cmocka_unit_test(an_alias_over_tcp),
		cmocka_unit_test(connections_are_few),
		cmocka_unit_test(cancelled_before_the_connection),
		cmocka_unit_test(late_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
