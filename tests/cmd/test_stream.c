/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/stream.h"
#include "sim/world.h"
#include "wire/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY 24u

static char dir[] = "/tmp/handfast-stream-XXXXXX";

static int enter(void **state)
{
	(void)state;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : 1;
}

static int leave(void **state)
{
	(void)state;
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : 1;
}

static struct streams open_net(const char *net)
{
	const struct loop_options o = { .command = CMD_get,
					.net = net,
					.server = addr_ip4_u32(0x0a090001),
					.defaults = { .limits = { .conns = 64 } } };
	struct streams s;

	assert_int_equal(streams_open(&s, &o), 0);
	return s;
}

static bool says(const struct streams_udp *u, struct hf_endpoint *from, hf_status want, const char *text)
{
	char room[64];
	size_t n = 0;
	struct streams_udp at = *u;
	const hf_status st = streams_udp_recv(&at, room, sizeof(room), from, &n);

	return st == want && n == strlen(text) && memcmp(room, text, n) == 0;
}

static void expect_equal(const struct hf_endpoint *a, const struct hf_endpoint *b)
{
	assert_true(addr_eq(&a->addr, &b->addr));
	assert_int_equal(a->port, b->port);
}

/* ---- the kernel's net: with peers of another making, on loopback ---- */

struct peer {
	int fd;
	struct hf_endpoint at;
};

static struct peer peer_open(int type, bool ip6)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *a = ip6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
	socklen_t n = ip6 ? sizeof(in6) : sizeof(in);
	struct peer p = { .fd = socket(ip6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0) };

	if (p.fd < 0 || bind(p.fd, a, n) != 0 || getsockname(p.fd, a, &n) != 0) {
		assert_true(ip6); /* not every machine has it */
		close(p.fd);
		p.fd = -1;
		return p;
	}
	if (type == SOCK_STREAM)
		assert_int_equal(listen(p.fd, 64), 0);
	assert_int_equal(addr_parse(hf_bytes_of(ip6 ? "::1" : "127.0.0.1"), &p.at.addr), HF_OK);
	p.at.port = ntohs(ip6 ? in6.sin6_port : in.sin_port);
	return p;
}

static void talk_of_datagrams(bool ip6)
{
	const struct peer p = peer_open(SOCK_DGRAM, ip6);
	struct streams s = open_net("host");
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	struct hf_endpoint from;
	struct streams_udp u;
	char room[64];
	size_t n;

	if (p.fd < 0)
		goto out;
	assert_int_equal(streams_udp_open(&s, ip6, &u), HF_OK);
	assert_true(says(&u, &from, HF_AGAIN, ""));
	assert_int_equal(streams_udp_send(&u, &p.at, hf_bytes_of("what is a.example?")), HF_OK);
	assert_int_equal(recvfrom(p.fd, room, sizeof(room), 0, (struct sockaddr *)&a, &len), 18);
	assert_memory_equal(room, "what is a.example?", 18);
	assert_int_equal(sendto(p.fd, "10.9.0.1", 8, 0, (struct sockaddr *)&a, len), 8);
	assert_int_equal(sendto(p.fd, "", 0, 0, (struct sockaddr *)&a, len), 0);
	assert_int_equal(streams_turn(&s, HF_S(10)), HF_OK);
	assert_int_equal(streams_udp_recv(&u, room, 7, &from, &n), HF_TOO_BIG);
	assert_true(says(&u, &from, HF_OK, "10.9.0.1"));
	expect_equal(&from, &p.at);
	assert_true(says(&u, &from, HF_OK, "")); /* a datagram of nothing is one */
	assert_true(says(&u, &from, HF_AGAIN, ""));
	streams_udp_close(&u);
	close(p.fd);
out:
	streams_close(&s);
}

static void test_kernel_datagrams(void **state)
{
	(void)state;
	talk_of_datagrams(false);
	talk_of_datagrams(true);
}

static void hear_of_errors(bool ip6)
{
	const struct peer gone = peer_open(SOCK_DGRAM, ip6), there = peer_open(SOCK_DGRAM, ip6);
	struct streams s = open_net(NULL);
	struct hf_endpoint from;
	struct streams_udp u;
	char room[8];

	if (gone.fd < 0)
		goto out;
	close(gone.fd);
	assert_int_equal(streams_udp_open(&s, ip6, &u), HF_OK);
	/* An error about one destination keeps nobody from asking another. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(streams_udp_send(&u, &gone.at, hf_bytes_of("?")), HF_OK);
		assert_int_equal(streams_udp_send(&u, &there.at, hf_bytes_of("?")), HF_OK);
		assert_int_equal(recv(there.fd, room, sizeof(room), 0), 1);
	}
	assert_int_equal(streams_turn(&s, HF_S(10)), HF_OK);
	for (int i = 0; i < 3; i++) {
		assert_true(says(&u, &from, HF_REFUSED, ""));
		expect_equal(&from, &gone.at);
	}
	assert_true(says(&u, &from, HF_AGAIN, ""));
	streams_udp_close(&u);
	close(there.fd);
out:
	streams_close(&s);
}

static void test_kernel_datagram_errors(void **state)
{
	(void)state;
	hear_of_errors(false);
	hear_of_errors(true);
}

static void test_kernel_datagrams_of_two_families(void **state)
{
	struct streams s = open_net("host");
	struct streams_udp u;
	struct hf_endpoint to = { .port = 53 };

	(void)state;
	assert_int_equal(streams_udp_open(&s, false, &u), HF_OK);
	assert_int_equal(addr_parse(hf_bytes_of("::1"), &to.addr), HF_OK);
	assert_int_equal(streams_udp_send(&u, &to, hf_bytes_of("?")), HF_INVALID);
	streams_udp_close(&u);
	streams_close(&s);
}

static void test_kernel_connect_that_cannot_begin(void **state)
{
	static const char *const texts[] = { "0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "ff02::1" };
	struct streams s = open_net("host");
	struct hf_endpoint to = { .port = 80 };
	struct stream c;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(addr_parse(hf_bytes_of(texts[i]), &to.addr), HF_OK);
		assert_int_equal(streams_connect(&s, &to, &c), HF_INVALID);
	}
	streams_close(&s);
}

static void test_kernel_refuses(void **state)
{
	const struct peer p = peer_open(SOCK_STREAM, false);
	struct streams s = open_net("host");
	struct hf_conn_info info;
	struct stream c;

	(void)state;
	close(p.fd);
	assert_int_equal(streams_connect(&s, &p.at, &c), HF_OK);
	assert_false(stream_connected(&c));
	assert_int_equal(streams_turn(&s, HF_S(10)), HF_OK);
	assert_int_equal(stream_status(&c, &info), HF_OK);
	assert_int_equal(info.why, HF_REFUSED);
	assert_int_equal(info.state, HF_TCP_CLOSED);
	stream_abort(&c);
	streams_close(&s);
}

/* A connection that broke while nobody wanted anything of it lets turns wait all the same, and is told by the next octet. */
static void test_kernel_reset_behind_fin_wakes_nobody(void **state)
{
	const struct linger now = { .l_onoff = 1 };
	const struct peer p = peer_open(SOCK_STREAM, false);
	struct streams s = open_net("host");
	struct hf_bytes span;
	struct stream c;
	hf_time_ns before;
	bool eof;
	size_t n;
	int fd;

	(void)state;
	assert_int_equal(streams_connect(&s, &p.at, &c), HF_OK);
	fd = accept(p.fd, NULL, NULL);
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	shutdown(fd, SHUT_WR);
	for (eof = false; !eof;) {
		assert_int_equal(streams_turn(&s, HF_S(10)), HF_OK);
		assert_int_equal(stream_read(&c, &span, 1, &n, &eof), HF_OK);
	}
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
	before = s.now;
	assert_int_equal(streams_turn(&s, HF_MS(50)), HF_OK);
	assert_true(s.now - before >= HF_MS(50));
	assert_int_equal(n, 1);
	assert_memory_equal(span.at, "abc", 3);
	assert_int_equal(stream_write(&c, hf_bytes_of("d")), 0);
	assert_false(stream_connected(&c) && c.why == HF_OK);
	stream_abort(&c);
	close(p.fd);
	streams_close(&s);
}

static void test_kernel_many_streams(void **state)
{
	const struct peer p = peer_open(SOCK_STREAM, false);
	struct streams s = open_net("host");
	struct stream c[MANY];
	int fd[MANY];
	unsigned done = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(streams_connect(&s, &p.at, &c[i]), HF_OK);
	for (unsigned i = 0; i < MANY; i++) {
		fd[i] = accept(p.fd, NULL, NULL);
		assert_true(fd[i] >= 0);
	}
	/* The last first: each waits for its own octets only. */
	for (unsigned i = MANY; i-- > 0;) {
		assert_int_equal(send(fd[i], &(char){ (char)i }, 1, 0), 1);
		close(fd[i]);
	}
	while (done < MANY) {
		assert_int_equal(streams_turn(&s, HF_S(10)), HF_OK);
		for (unsigned i = 0; i < MANY; i++) {
			struct hf_bytes span;
			bool eof;
			size_t n;

			if (!c[i].open)
				continue;
			assert_int_equal(stream_read(&c[i], &span, 1, &n, &eof), HF_OK);
			if (!eof)
				continue;
			assert_int_equal(n, 1);
			assert_int_equal(span.len, 1);
			stream_close(&c[i]);
			done++;
		}
	}
	close(p.fd);
	streams_close(&s);
}

/* ---- ours ---- */

static void test_sim_many_streams(void **state)
{
	static const char request[] = "HEAD / HTTP/1.1\r\nHost: 10.9.0.1\r\nConnection: close\r\n\r\n";
	const struct hf_endpoint to = { addr_ip4_u32(0x0a090001), 80 };
	struct streams s = open_net("sim,loss=2%");
	bool asked[MANY] = { false };
	struct stream c[MANY];
	unsigned done = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(streams_connect(&s, &to, &c[i]), HF_OK);
	while (done < MANY) {
		assert_int_equal(streams_turn(&s, HF_S(300)), HF_OK);
		assert_int_equal(s.stop, 0);
		for (unsigned i = 0; i < MANY; i++) {
			struct hf_bytes span[4];
			bool eof = false;
			size_t n = 0;

			if (!c[i].open || !stream_connected(&c[i]))
				continue;
			if (!asked[i]) {
				assert_int_equal(stream_write(&c[i], hf_bytes_of(request)), sizeof(request) - 1);
				asked[i] = true;
			}
			assert_int_equal(stream_read(&c[i], span, 4, &n, &eof), HF_OK);
			if (!eof)
				continue;
			assert_true(n > 0);
			assert_memory_equal(span[0].at, "HTTP/1.1 200 OK\r\n", 17);
			stream_close(&c[i]);
			done++;
		}
	}
	streams_close(&s);
}

static void test_sim_datagram_is_refused(void **state)
{
	const struct hf_endpoint to = { addr_ip4_u32(0x0a090001), 53 };
	struct streams s = open_net("sim");
	struct hf_endpoint from;
	struct streams_udp u;

	(void)state;
	assert_int_equal(streams_udp_open(&s, false, &u), HF_OK);
	assert_int_equal(streams_udp_send(&u, &to, hf_bytes_of("what is a.example?")), HF_OK);
	assert_int_equal(streams_turn(&s, HF_S(5)), HF_OK);
	assert_true(says(&u, &from, HF_REFUSED, ""));
	expect_equal(&from, &to);
	assert_true(says(&u, &from, HF_AGAIN, ""));
	streams_udp_close(&u);
	streams_close(&s);
}

static void between_two_hosts(bool ip6)
{
	struct sim_world *w = sim_world_make(&(struct sim_world_config){ .seed = 1, .start = HF_S(1) });
	const struct sim_host_config cfg[2] = { { .name = "client", .driven = true }, { .name = "server", .driven = true } };
	struct streams here, there;
	struct streams_udp ask;
	struct hf_endpoint to = { .port = 53 }, other = to, from;
	hf_udp answer;
	char room[64];
	size_t n;

	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(sim_world_add_host(w, &cfg[i]), i);
	to.addr = ip6 ? sim_world_addr6(w, 1) : sim_world_addr(w, 1);
	other.addr = sim_world_addr6(w, 1);
	here = (struct streams){ .now = HF_S(1), .loop = { .host = sim_world_host(w, 0) } };
	there = (struct streams){ .now = HF_S(1), .loop = { .host = sim_world_host(w, 1) } };
	assert_int_equal(streams_udp_open(&here, ip6, &ask), HF_OK);
	assert_int_equal(hf_udp_bind(there.loop.host, &to, &answer), HF_OK);
	if (!ip6)
		assert_int_equal(streams_udp_send(&ask, &other, hf_bytes_of("?")), HF_INVALID);

	assert_int_equal(streams_udp_send(&ask, &to, hf_bytes_of("what is a.example?")), HF_OK);
	sim_world_settle(w, 0);
	here.now = there.now = sim_world_run(w, HF_S(2));
	assert_int_equal(hf_udp_recv(there.loop.host, answer, room, sizeof(room), &from, &n), HF_OK);
	assert_int_equal(n, 18);
	assert_int_equal(hf_udp_send(there.loop.host, answer, &from, hf_bytes_of("10.9.0.1"), there.now), HF_OK);
	sim_world_settle(w, 1);
	here.now = sim_world_run(w, HF_S(3));
	assert_true(says(&ask, &from, HF_OK, "10.9.0.1"));
	expect_equal(&from, &to);
	assert_true(says(&ask, &from, HF_AGAIN, ""));
	streams_udp_close(&ask);
	sim_world_free(w);
}

static void test_sim_datagrams(void **state)
{
	(void)state;
	between_two_hosts(false);
	between_two_hosts(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_datagrams),
		cmocka_unit_test(test_kernel_datagram_errors),
		cmocka_unit_test(test_kernel_datagrams_of_two_families),
		cmocka_unit_test(test_kernel_connect_that_cannot_begin),
		cmocka_unit_test(test_kernel_refuses),
		cmocka_unit_test(test_kernel_reset_behind_fin_wakes_nobody),
		cmocka_unit_test(test_kernel_many_streams),
		cmocka_unit_test(test_sim_many_streams),
		cmocka_unit_test(test_sim_datagram_is_refused),
		cmocka_unit_test(test_sim_datagrams),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
