/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include "dns/dns_files.h"

static struct dns_resolv parse(const char *text)
{
	struct dns_resolv r;

	dns_resolv_parse(hf_bytes_of(text), &r);
	return r;
}

static void expect_server(const struct hf_endpoint *e, const char *text)
{
	char addr[HF_ADDR_TEXT];

	addr_format(&e->addr, addr);
	assert_string_equal(addr, text);
	assert_int_equal(e->port, 53);
}

static void nothing_is_the_defaults(void **state)
{
	struct dns_resolv r = parse("");

	(void)state;
	assert_int_equal(r.servers, 0);
	assert_int_equal(r.searches, 0);
	assert_int_equal(r.ndots, 1);
	assert_int_equal(r.attempts, 2);
	assert_int_equal(r.timeout, HF_S(5));
	assert_false(r.rotate || r.no_edns || r.no_0x20);
	assert_int_equal(r.passed_over, 0);
}

static void a_usual_file(void **state)
{
	struct dns_resolv r = parse("# made by somebody\n"
				    "; and by somebody else\n"
				    "nameserver 192.0.2.53\n"
				    "  nameserver\t2001:db8::53   \r\n"
				    "search example.test\tlan  other.test.\n"
				    "options ndots:2 timeout:3 attempts:4 rotate no-0x20 no-edns0 trust-ad\n"
				    "sortlist 130.155.160.0\n"
				    "nameserver fe80::1%eth0\n"
				    "nameserver 0.0.0.0\n"
				    "nameserver"); /* and no line end */
	struct dns_config cfg = { 0 };

	(void)state;
	assert_int_equal(r.servers, 2);
	expect_server(&r.server[0], "192.0.2.53");
	expect_server(&r.server[1], "2001:db8::53");
	assert_int_equal(r.searches, 3);
	assert_string_equal(r.search[0], "example.test");
	assert_string_equal(r.search[1], "lan");
	assert_string_equal(r.search[2], "other.test.");
	assert_int_equal(r.passed_over, 5);
	dns_resolv_use(&r, &cfg);
	assert_int_equal(cfg.servers, 2);
	assert_string_equal(cfg.search[2], "other.test.");
	assert_int_equal(cfg.ndots, 2);
	assert_int_equal(cfg.timeout, HF_S(3));
	assert_int_equal(cfg.attempts, 4);
	assert_true(cfg.rotate && cfg.no_0x20 && cfg.no_edns);
}

static void numbers_are_capped(void **state)
{
	static const struct {
		const char *option;
		unsigned ndots, timeout_s, attempts, passed_over;
	} rows[] = {
		{ "ndots:0", 0, 5, 2, 0 },     { "ndots:15", 15, 5, 2, 0 },
		{ "ndots:16", 15, 5, 2, 0 },   { "ndots:99999999999999999999", 15, 5, 2, 0 },
		{ "ndots:", 1, 5, 2, 1 },      { "ndots:x", 1, 5, 2, 1 },
		{ "ndots:1x", 1, 5, 2, 1 },    { "timeout:30", 1, 30, 2, 0 },
		{ "timeout:31", 1, 30, 2, 0 }, { "timeout:0", 1, 1, 2, 0 },
		{ "attempts:5", 1, 5, 5, 0 },  { "attempts:6", 1, 5, 5, 0 },
		{ "attempts:0", 1, 5, 1, 0 },  { "edns0 no-tld-query", 1, 5, 2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		char text[100];
		struct dns_resolv r;

		snprintf(text, sizeof(text), "options %s\n", rows[i].option);
		r = parse(text);
		assert_int_equal(r.ndots, rows[i].ndots);
		assert_int_equal(r.timeout, HF_S(rows[i].timeout_s));
		assert_int_equal(r.attempts, rows[i].attempts);
		assert_int_equal(r.passed_over, rows[i].passed_over);
	}
}

static void ndots_of_zero_survives(void **state)
{
	struct dns_resolv r = parse("options ndots:0\n");
	struct dns_config cfg = { 0 };

	(void)state;
	dns_resolv_use(&r, &cfg);
	assert_int_equal(cfg.ndots, DNS_NDOTS_0);
}

static void only_so_many(void **state)
{
	char text[2000] = "";
	struct dns_resolv r;
	size_t len = 0;

	(void)state;
	for (unsigned i = 1; i <= DNS_SERVERS + 2; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "nameserver 192.0.2.%u\n", i);
	snprintf(text + len, sizeof(text) - len, "search a b c d e f g h\n");
	r = parse(text);
	assert_int_equal(r.servers, DNS_SERVERS);
	expect_server(&r.server[DNS_SERVERS - 1], "192.0.2.8");
	assert_int_equal(r.searches, DNS_SEARCHES);
	assert_string_equal(r.search[DNS_SEARCHES - 1], "f");
	assert_int_equal(r.passed_over, 4);
}

static void the_last_list_wins(void **state)
{
	struct dns_resolv r = parse("search a.test b.test\ndomain c.test d.test\n");

	(void)state;
	assert_int_equal(r.searches, 1);
	assert_string_equal(r.search[0], "c.test");
	r = parse("domain c.test\nsearch .\n");
	assert_int_equal(r.searches, 0);
	r = parse("search a..b ok.test\n");
	assert_int_equal(r.searches, 1);
	assert_string_equal(r.search[0], "ok.test");
}

static void expect_host(const struct dns_host *h, const char *addr, const char *name, const char *canonical)
{
	char text[HF_ADDR_TEXT];

	addr_format(&h->addr, text);
	assert_string_equal(text, addr);
	assert_true(hf_bytes_same(h->name, hf_bytes_of(name)));
	assert_true(hf_bytes_same(h->canonical, hf_bytes_of(canonical)));
}

static void hosts_lines(void **state)
{
	const char *text = "127.0.0.1\tlocalhost\n"
			   "::1 localhost ip6-localhost # and more\n"
			   "# 192.0.2.9 no.test\n"
			   "192.0.2.1 www.example.test. www\r\n"
			   "nonsense line\n"
			   "192.0.2.300 bad.test\n"
			   "192.0.2.2\n"
			   "192.0.2.3 a..b good.test";
	struct dns_host host[8];
	size_t n = 0;

	(void)state;
	dns_hosts_parse(hf_bytes_of(text), host, HF_ARRAY_LEN(host), &n);
	assert_int_equal(n, 6);
	expect_host(&host[0], "127.0.0.1", "localhost", "localhost");
	expect_host(&host[1], "::1", "localhost", "localhost");
	expect_host(&host[2], "::1", "ip6-localhost", "localhost");
	expect_host(&host[3], "192.0.2.1", "www.example.test", "www.example.test");
	expect_host(&host[4], "192.0.2.1", "www", "www.example.test");
	expect_host(&host[5], "192.0.2.3", "good.test", "good.test");
	/* how many there are, whatever the room */
	dns_hosts_parse(hf_bytes_of(text), NULL, 0, &n);
	assert_int_equal(n, 6);
	memset(host, 0, sizeof(host));
	dns_hosts_parse(hf_bytes_of(text), host, 2, &n);
	assert_int_equal(n, 6);
	assert_int_equal(host[2].name.len, 0);
	dns_hosts_parse(hf_bytes_of(""), NULL, 0, &n);
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_the_defaults),
		cmocka_unit_test(a_usual_file),
		cmocka_unit_test(numbers_are_capped),
		cmocka_unit_test(ndots_of_zero_survives),
		cmocka_unit_test(only_so_many),
		cmocka_unit_test(the_last_list_wins),
		cmocka_unit_test(hosts_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
