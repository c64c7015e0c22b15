/* SPDX-License-Identifier: MIT */
/*
 * ask NAME SERVER...: looks a name up over the kernel's sockets, and prints an answer a line and what was told on stderr. For
 * tests/interop/dns_servers.sh.
 */
#define _GNU_SOURCE
#include "base/bits.h"
#include "dns/dns.h"
#include "wire/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct dns *dns;
static int udp[DNS_SOCKETS], tcp[DNS_CONNS];
static bool connecting[DNS_CONNS];
static unsigned left = 2;

static hf_time_ns clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return HF_S(t.tv_sec) + (hf_time_ns)t.tv_nsec;
}

static struct sockaddr_in to_kernel(const struct hf_endpoint *e)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(e->port) };

	memcpy(&in.sin_addr, e->addr.b + 12, 4);
	return in;
}

static void print_answer(const struct dns_answer *a)
{
	printf("%s%s%s", a->family == DNS_A ? "A" : "AAAA", *dns_why_code(a->why) ? " " : "", dns_why_code(a->why));
	for (unsigned i = 0; i < a->addrs; i++) {
		char text[HF_ADDR_TEXT];

		addr_format(&a->addr[i], text);
		printf(" %s", text);
	}
	printf(" canonical=%s ttl=%u tcp=%d\n", a->canonical, a->ttl_s, a->tcp);
	left -= 1;
}

static void do_it(enum dns_does does, const struct dns_ask *ask)
{
	struct sockaddr_in to = to_kernel(&ask->to), local = { .sin_family = AF_INET, .sin_port = htons(ask->port) };

	switch (does) {
	case DNS_OPEN_UDP:
		udp[ask->socket] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (bind(udp[ask->socket], (struct sockaddr *)&local, sizeof(local)) != 0)
			dns_udp_error(dns, ask->socket, errno == EADDRINUSE ? HF_IN_USE : HF_SYSTEM, clock_now());
		break;
	case DNS_SEND:
		if (sendto(udp[ask->socket], ask->bytes.at, ask->bytes.len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			dns_udp_error(dns, ask->socket, HF_UNREACHABLE, clock_now());
		break;
	case DNS_CLOSE_UDP:
		close(udp[ask->socket]);
		udp[ask->socket] = -1;
		break;
	case DNS_CONNECT_TCP:
		tcp[ask->conn] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connecting[ask->conn] = true;
		if (connect(tcp[ask->conn], (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
			dns_tcp_ended(dns, ask->conn, HF_UNREACHABLE, clock_now());
		break;
	case DNS_SEND_TCP:
		if (write(tcp[ask->conn], ask->bytes.at, ask->bytes.len) != (ssize_t)ask->bytes.len)
			dns_tcp_ended(dns, ask->conn, HF_RESET, clock_now());
		break;
	case DNS_CLOSE_TCP:
		close(tcp[ask->conn]);
		tcp[ask->conn] = -1;
		break;
	case DNS_ANSWER:
		print_answer(ask->answer);
		break;
	case DNS_WAITS:
		break;
	}
}

static void read_udp(unsigned s)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	uint8_t room[65536];
	ssize_t n = recvfrom(udp[s], room, sizeof(room), 0, (struct sockaddr *)&in, &len);
	struct hf_endpoint from = { .port = ntohs(in.sin_port) };

	if (n < 0)
		return;
	from.addr = addr_ip4((const uint8_t *)&in.sin_addr);
	dns_feed_udp(dns, s, &from, (struct hf_bytes){ room, (size_t)n }, clock_now());
}

static void read_tcp(unsigned c)
{
	uint8_t room[4096];
	ssize_t n;

	if (connecting[c]) {
		int error = 0;
		socklen_t len = sizeof(error);

		connecting[c] = false;
		if (getsockopt(tcp[c], SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0)
			dns_tcp_connected(dns, c, clock_now());
		else
			dns_tcp_ended(dns, c, HF_REFUSED, clock_now());
		return;
	}
	n = read(tcp[c], room, sizeof(room));
	if (n > 0)
		dns_tcp_feed(dns, c, (struct hf_bytes){ room, (size_t)n }, clock_now());
	else if (n == 0 || errno != EAGAIN)
		dns_tcp_ended(dns, c, n == 0 ? HF_OK : HF_RESET, clock_now());
}

static void wait_for_it(void)
{
	struct pollfd p[DNS_SOCKETS + DNS_CONNS];
	hf_time_ns wake = dns_wake_at(dns), now = clock_now();

	for (unsigned i = 0; i < DNS_SOCKETS + DNS_CONNS; i++) {
		p[i].fd = i < DNS_SOCKETS ? udp[i] : tcp[i - DNS_SOCKETS];
		p[i].events = i >= DNS_SOCKETS && connecting[i - DNS_SOCKETS] ? POLLOUT : POLLIN;
		p[i].revents = 0;
	}
	if (poll(p, HF_ARRAY_LEN(p), wake > now ? (int)hf_min_u64((wake - now) / 1000000 + 1, 10000) : 0) < 0)
		exit(1);
	for (unsigned i = 0; i < DNS_SOCKETS + DNS_CONNS; i++) {
		if (!p[i].revents)
			continue;
		if (i < DNS_SOCKETS)
			read_udp(i);
		else
			read_tcp(i - DNS_SOCKETS);
	}
}

static void tell(uint64_t *cursor)
{
	char text[900];
	struct dns_told t;

	while (dns_told(dns, cursor, &t)) {
		dns_told_sentence(&t, text, sizeof(text));
		fprintf(stderr, "%s: %s\n", dns_told_name(t.kind), text);
	}
}

int main(int argc, char **argv)
{
	struct dns_config cfg = { .timeout = HF_S(2) };
	uint64_t cursor = 0;
	uint32_t id;
	void *mem;

	if (argc < 3 || getrandom(cfg.entropy, sizeof(cfg.entropy), 0) != sizeof(cfg.entropy))
		return 2;
	for (int i = 2; i < argc && cfg.servers < DNS_SERVERS; i++)
		if (addr_parse(hf_bytes_of(argv[i]), &cfg.server[cfg.servers++].addr) != HF_OK)
			return 2;
	memset(udp, 0xff, sizeof(udp));
	memset(tcp, 0xff, sizeof(tcp));
	mem = aligned_alloc(64, (dns_memory(&cfg) + 63) / 64 * 64);
	if (!mem || dns_init(mem, dns_memory(&cfg), &cfg, clock_now(), &dns) != HF_OK ||
	    dns_lookup(dns, hf_bytes_of(argv[1]), DNS_A | DNS_AAAA, clock_now(), &id) != HF_OK)
		return 2;
	for (;;) {
		struct dns_ask ask;
		enum dns_does does;

		while ((does = dns_next(dns, &ask, clock_now())) != DNS_WAITS)
			do_it(does, &ask);
		tell(&cursor);
		if (left == 0)
			break;
		wait_for_it();
	}
	free(mem);
	return 0;
}
