/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own TCP, as the other end of hf_bulk and as what hf_bulk is compared with.
 *
 *	kernel_bulk listen-send|listen-recv PORT OCTETS
 *	kernel_bulk send|recv ADDRESS PORT OCTETS
 */
#include "bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char room[256 * 1024];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int connect_to(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		die(address);
	/* The other end may still be on its way up. */
	for (int tries = 0; tries < 100; tries++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0)
			die("socket");
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		close(fd);
		usleep(20000);
	}
	die("connect");
	return -1;
}

static int accept_one(const char *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		die("listen");
	int c = accept(fd, NULL, NULL);
	if (c < 0)
		die("accept");
	close(fd);
	return c;
}

static uint64_t move(int fd, bool out, uint64_t octets)
{
	uint64_t done = 0;

	while (done < octets) {
		size_t n = octets - done < sizeof(room) ? (size_t)(octets - done) : sizeof(room);
		ssize_t got = out ? send(fd, room, n, MSG_NOSIGNAL) : recv(fd, room, n, 0);
		if (got <= 0)
			break;
		done += (uint64_t)got;
	}
	if (out) {
		shutdown(fd, SHUT_WR);
		while (recv(fd, room, sizeof(room), 0) > 0)
			;
	}
	close(fd);
	return done;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	bool listens = strncmp(argv[1], "listen-", 7) == 0;
	bool out = strstr(argv[1], "send") != NULL;
	uint64_t octets = strtoull(argv[listens ? 3 : 4], NULL, 10);
	int fd = listens ? accept_one(argv[2]) : connect_to(argv[2], argv[3]);

	struct bench_watch from = bench_now();
	uint64_t done = move(fd, out, octets);
	bench_say(out ? "kernel send" : "kernel recv", done, from, bench_now());
	return done == octets ? 0 : 1;
}
