/* SPDX-License-Identifier: MIT */
/*
 * net_small_services SPEC [OCTETS]
 *
 * Serves on the net that SPEC names until SIGINT or SIGTERM: echo (port 7), discard (9) and chargen (19), as RFC 862 to
 * 864 have them; chargen ends after OCTETS octets when given. For interop tests and for measuring the bare host.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "hf/driver.h"

#define PIECE 65536u

enum { ECHO = 7, DISCARD = 9, CHARGEN = 19 };

static uint8_t pattern[PIECE];
static uint64_t octets_most = UINT64_MAX;
static uint64_t octets_in, octets_out;

static void must(hf_status st, const char *what)
{
	if (st == HF_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, hf_status_sentence(st));
	exit(1);
}

static void generate(struct hf_host *h, hf_conn c, hf_time_ns now)
{
	struct hf_conn_info i;
	uint64_t queued;

	if (hf_conn_status(h, c, &i) != HF_OK)
		return;
	queued = i.acked + i.send_queued;
	while (queued < octets_most) {
		uint64_t left = octets_most - queued;
		struct hf_bytes piece = { pattern, left < PIECE ? left : PIECE };

		if (hf_conn_write_borrowed(h, c, piece, now) != HF_OK)
			return;
		queued += piece.len;
		octets_out += piece.len;
	}
	(void)!hf_conn_shut(h, c, now);
}

static void take(struct hf_host *h, hf_conn c, bool echo, hf_time_ns now)
{
	struct hf_bytes span[16];
	size_t n, took;
	hf_status st;

	while ((st = hf_conn_read(h, c, span, 16, &n)) == HF_OK && n) {
		size_t done = 0;

		for (size_t i = 0; i < n; i++) {
			took = span[i].len;
			if (echo && hf_conn_write(h, c, span[i], now, &took) != HF_OK)
				took = 0;
			done += took;
			if (took < span[i].len || echo)
				break; /* a write may have moved what the spans refer to */
		}
		octets_in += done;
		if (!done || hf_conn_consume(h, c, done, now) != HF_OK)
			return;
	}
	if (st == HF_CLOSED) /* all of it is read */
		(void)!hf_conn_close(h, c, now);
}

static void answer(struct hf_host *h, const struct hf_event *ev, hf_time_ns now)
{
	struct hf_conn_info i;
	hf_conn c;

	while ((ev->what & HF_EV_ACCEPT) && hf_accept(h, ev->listener, &c) == HF_OK) {
		if (hf_conn_status(h, c, &i) != HF_OK)
			continue;
		(void)!hf_conn_set_tag(h, c, i.local.port);
		if (i.local.port == CHARGEN)
			generate(h, c, now);
	}
	if (ev->what & (HF_EV_READABLE | HF_EV_WRITABLE | HF_EV_PEER_FIN)) {
		if (ev->tag == CHARGEN)
			generate(h, ev->conn, now);
		else
			take(h, ev->conn, ev->tag == ECHO, now);
	}
	/* Also when it was closed just now: the name is stale then, which does no harm. */
	if ((ev->what & HF_EV_CLOSED) || ((ev->what & HF_EV_PEER_FIN) && ev->tag == CHARGEN))
		(void)!hf_conn_close(h, ev->conn, now);
}

int main(int argc, char **argv)
{
	struct hf_net_defaults defaults = { .tcp = { .recv_window = 4u << 20, .send_buffer = 4u << 20 } };
	static const uint16_t ports[] = { ECHO, DISCARD, CHARGEN };
	struct hf_net_counters n;
	struct hf_net *net;
	struct hf_event ev;
	struct rusage use;
	char why[HF_NET_WHY];
	sigset_t ends;
	double cpu;
	hf_status st;
	int fd;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: %s SPEC [OCTETS]\n", argv[0]);
		return 2;
	}
	if (argc == 3)
		octets_most = strtoull(argv[2], NULL, 10);
	for (size_t i = 0; i < PIECE; i++)
		pattern[i] = (uint8_t)(' ' + i % 95);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	fd = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);

	st = hf_net_open(argv[1], &defaults, &net, why, sizeof(why));
	if (st != HF_OK) {
		fprintf(stderr, "%s\n", why);
		return hf_status_exit(st);
	}
	must(hf_net_watch(net, fd, HF_NET_READ), "watching for signals");
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		struct hf_endpoint local = { .port = ports[i] };
		hf_listener l;

		must(hf_listen(hf_net_host(net), &local, hf_net_now(net), &l), "listening");
	}
	printf("ready\n");
	fflush(stdout);
	while (!hf_net_ready(net, fd)) {
		st = hf_net_step(net, HF_NEVER);
		if (st != HF_OK) {
			fprintf(stderr, "%s\n", hf_net_why(net));
			return 1;
		}
		while (hf_host_next_event(hf_net_host(net), &ev))
			answer(hf_net_host(net), &ev, hf_net_now(net));
	}
	hf_net_count(net, &n);
	getrusage(RUSAGE_SELF, &use);
	cpu = (double)use.ru_utime.tv_sec + (double)use.ru_stime.tv_sec +
	      1e-6 * (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
	printf("in %.3f GB, out %.3f GB, cpu %.3f s (user %.3f), reads %llu, writes %llu, waits %llu, write waits %llu, drops %llu %llu\n",
	       (double)octets_in / 1e9, (double)octets_out / 1e9, cpu,
	       (double)use.ru_utime.tv_sec + 1e-6 * (double)use.ru_utime.tv_usec, (unsigned long long)n.reads,
	       (unsigned long long)n.writes, (unsigned long long)n.waits, (unsigned long long)n.write_waits,
	       (unsigned long long)n.write_drops, (unsigned long long)n.read_drops);
	hf_net_close(net);
	return 0;
}
