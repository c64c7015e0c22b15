/* SPDX-License-Identifier: MIT */
/* What may be connected to with --public-only, the options that say what names lead to, and what becomes of who loses a race. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "cmd/reach.h"
#include "wire/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_public(const char *text)
{
	struct hf_addr a;

	assert_int_equal(addr_parse(hf_bytes_of(text), &a), HF_OK);
	return reach_is_public(&a);
}

static void test_public(void **state)
{
	static const char *const are[] = {
		"1.1.1.1",          "9.255.255.255", "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
		"126.255.255.255",  "128.0.0.0",     "169.253.255.255",  "169.255.0.0",     "172.15.255.255",
		"172.32.0.0",       "192.0.1.0",     "192.0.3.0",        "192.88.98.255",   "192.88.100.0",
		"192.167.255.255",  "192.169.0.0",   "198.17.255.255",   "198.20.0.0",      "198.51.99.255",
		"198.51.101.0",     "203.0.112.255", "203.0.114.0",      "223.255.255.255", "2001:200::",
		"2001:db7:ffff::1", "2001:db9::",    "2606:2800:220::1", "3ffe::1",         "64:ff9b::101:101",
		"2002:101:101::1",  "3fff:1000::",
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(are); i++)
		if (!is_public(are[i]))
			fail_msg("%s is public", are[i]);
}

static void test_not_public(void **state)
{
	static const char *const are[] = {
		"0.0.0.0",
		"0.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.169.254",
		"172.16.0.0",
		"172.31.255.255",
		"192.0.0.1",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.0",
		"192.168.255.255",
		"198.18.0.0",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.1",
		"239.255.255.255",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:10.0.0.1",
		"::10.0.0.1",
		"fe80::1",
		"febf::1",
		"fec0::1",
		"fc00::1",
		"fdff::1",
		"ff02::1",
		"100::1",
		"2001::1",
		"2001:1ff::1",
		"2001:db8::1",
		"2002:a00:1::1",
		"2002:7f00:1::",
		"3fff::1",
		"3fff:fff::1",
		"4000::1",
		"64:ff9b::a00:1",
		"64:ff9b:1::1",
		"1fff::1",
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(are); i++)
		if (is_public(are[i]))
			fail_msg("%s is not public", are[i]);
}

static void test_fixed(void **state)
{
	static const char *const wrong[] = {
		"", "a", "a:443", "a::1.2.3.4", ":443:1.2.3.4", "a:0:1.2.3.4", "a:65536:1.2.3.4", "a:443:", "a:443:b.example", "a:443:1.2.3.4.5"
	};
	struct names_options o = { 0 };

	(void)state;
	assert_int_equal(names_take_fixed(CMD_get, "a.example:443:10.9.0.1", &o), 0);
	assert_int_equal(names_take_fixed(CMD_get, "a.example:80:[fd09::1]", &o), 0);
	assert_int_equal(names_take_fixed(CMD_get, "a.example:81:fd09::1", &o), 0);
	assert_int_equal(o.fixeds, 3);
	assert_int_equal(o.fixed[0].port, 443);
	assert_int_equal(o.fixed[0].name.len, 9);
	assert_true(addr_is_ip4(&o.fixed[0].addr) && !addr_is_ip4(&o.fixed[1].addr));
	assert_true(addr_eq(&o.fixed[1].addr, &o.fixed[2].addr));
	for (size_t i = 0; i < HF_ARRAY_LEN(wrong); i++)
		assert_int_equal(names_take_fixed(CMD_get, wrong[i], &o), 2);
	for (unsigned i = 3; i < NAMES_FIXED; i++)
		assert_int_equal(names_take_fixed(CMD_get, "a:1:1.1.1.1", &o), 0);
	assert_int_equal(names_take_fixed(CMD_get, "a:1:1.1.1.1", &o), 2);
}

static void test_servers(void **state)
{
	struct names_options o = { 0 };

	(void)state;
	assert_int_equal(names_take_server(CMD_get, "ns.example", &o), 2);
	for (unsigned i = 0; i < DNS_SERVERS; i++)
		assert_int_equal(names_take_server(CMD_get, i % 2 ? "[fd09::1]" : "10.9.0.1", &o), 0);
	assert_int_equal(names_take_server(CMD_get, "10.9.0.1", &o), 2);
	assert_int_equal(o.servers, DNS_SERVERS);
}

static void test_localhost(void **state)
{
	(void)state;
	assert_true(names_is_localhost(hf_bytes_of("localhost")));
	assert_true(names_is_localhost(hf_bytes_of("LocalHost.")));
	assert_true(names_is_localhost(hf_bytes_of("a.b.localhost")));
	assert_false(names_is_localhost(hf_bytes_of("notlocalhost")));
	assert_false(names_is_localhost(hf_bytes_of("localhost.example")));
	assert_false(names_is_localhost(hf_bytes_of("")));
}

static int listen_everywhere(uint16_t *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 4) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* The race knows one winner; the other connection, which is there as well, is not left open. */
static void test_two_that_connect_at_once(void **state)
{
	static const char *const addr[] = { "127.0.0.1", "127.0.0.2" };
	static const uint8_t seed[32];
	const struct loop_options options = { .command = CMD_get };
	struct names_options o = { .resolv = "", .hosts = "" };
	struct reach_config cfg = { .timeout = HF_S(10) };
	int fd, end[2] = { -1, -1 }, closed = 0;
	char fixed[2][64], octet;
	struct streams s;
	struct stream won;
	struct names n;
	struct reach r;
	uint16_t port;

	(void)state;
	fd = listen_everywhere(&port);
	for (int i = 0; i < 2; i++) {
		snprintf(fixed[i], sizeof(fixed[i]), "a.example:%u:%s", port, addr[i]);
		assert_int_equal(names_take_fixed(CMD_get, fixed[i], &o), 0);
	}
	assert_int_equal(streams_open(&s, &options), 0);
	assert_int_equal(names_open(&n, &o, &s, seed), 0);
	cfg.streams = &s;
	reach_begin(&r, &cfg, names_find(&n, "a.example", port), port);
	/* The second attempt begins before anybody has looked at what became of the first. */
	while (r.tries < 2) {
		reach_step(&r);
		s.now = hf_max_u64(s.now, reach_wake_at(&r));
	}
	for (int i = 0; i < 2; i++)
		end[i] = accept(fd, NULL, NULL);
	assert_int_equal(streams_turn(&s, HF_S(10)), HF_OK);
	assert_true(reach_step(&r));
	assert_int_equal(r.state, REACH_THERE);
	won = reach_take(&r);
	reach_end(&r);
	for (int i = 0; i < 2; i++)
		closed += recv(end[i], &octet, 1, MSG_DONTWAIT) == 0 || errno != EAGAIN;
	assert_int_equal(closed, 1);
	assert_true(stream_connected(&won));
	stream_close(&won);
	names_close(&n);
	streams_close(&s);
	close(end[0]);
	close(end[1]);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public),    cmocka_unit_test(test_not_public),
		cmocka_unit_test(test_fixed),     cmocka_unit_test(test_servers),
		cmocka_unit_test(test_localhost), cmocka_unit_test(test_two_that_connect_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
