/* SPDX-License-Identifier: MIT */
/*
 * Bulk over a real device: one connection is accepted, and OCTETS go out of it or come in by it.
 *
 *	hf_bulk send|recv NET PORT OCTETS
 */
#include "bench.h"

#include "hf/driver.h"

#include <stdlib.h>
#include <string.h>

#define SLICE (64 * 1024)

static uint8_t room[SLICE];

static void die(const char *what, const char *why)
{
	fprintf(stderr, "hf_bulk: %s: %s\n", what, why);
	exit(1);
}

static void must(hf_status s, const char *what)
{
	if (s != HF_OK)
		die(what, hf_status_sentence(s));
}

static hf_conn accept_one(struct hf_net *net, hf_listener l)
{
	hf_conn c;

	while (hf_accept(hf_net_host(net), l, &c) == HF_AGAIN)
		must(hf_net_step(net, HF_S(10)), "waiting");
	return c;
}

/* Refers to the same octets again and again: they hold still for ever. */
static uint64_t send_all(struct hf_net *net, hf_conn c, uint64_t octets)
{
	struct hf_host *h = hf_net_host(net);
	struct hf_conn_info info = { .acked = 0 };
	uint64_t queued = 0;

	do {
		while (queued < octets) {
			struct hf_bytes b = { room, octets - queued < SLICE ? (size_t)(octets - queued) : SLICE };
			hf_status s = hf_conn_write_borrowed(h, c, b, hf_net_now(net));
			if (s == HF_AGAIN)
				break;
			must(s, "write");
			queued += b.len;
		}
		must(hf_net_step(net, HF_S(1)), "step");
		must(hf_conn_status(h, c, &info), "status");
	} while (info.acked < octets && info.why == HF_OK);
	return info.acked;
}

static uint64_t receive_all(struct hf_net *net, hf_conn c, uint64_t octets)
{
	struct hf_host *h = hf_net_host(net);
	uint64_t done = 0;

	while (done < octets) {
		struct hf_bytes spans[16];
		size_t n = 0, len = 0;
		hf_status s = hf_conn_read(h, c, spans, 16, &n);
		if (s != HF_OK)
			break;
		/* The kernel's reader has its octets copied to it; so does ours. */
		for (size_t i = 0; i < n; i++) {
			for (size_t at = 0; at < spans[i].len; at += SLICE)
				memcpy(room, spans[i].at + at, spans[i].len - at < SLICE ? spans[i].len - at : SLICE);
			len += spans[i].len;
		}
		if (len != 0) {
			must(hf_conn_consume(h, c, len, hf_net_now(net)), "consume");
			done += len;
			continue;
		}
		must(hf_net_step(net, HF_S(1)), "step");
	}
	return done;
}

static void finish(struct hf_net *net, hf_conn c)
{
	struct hf_host *h = hf_net_host(net);
	struct hf_conn_info info;

	must(hf_conn_shut(h, c, hf_net_now(net)), "shut");
	for (int turns = 0; turns < 200; turns++) {
		must(hf_net_step(net, HF_MS(10)), "step");
		if (hf_conn_status(h, c, &info) != HF_OK || info.state == HF_TCP_CLOSED || info.state == HF_TCP_TIME_WAIT)
			break;
	}
}

int main(int argc, char **argv)
{
	char why[HF_NET_WHY];
	struct hf_net *net;
	struct hf_net_defaults d = { .limits = { 0 } };
	struct hf_endpoint at = { .port = 0 };
	hf_listener l;

	if (argc != 5)
		die("usage", "hf_bulk send|recv NET PORT OCTETS");
	at.port = (uint16_t)strtoul(argv[3], NULL, 10);
	uint64_t octets = strtoull(argv[4], NULL, 10);
	d.tcp.send_buffer = d.tcp.recv_window = 4u << 20;
	if (hf_net_open(argv[2], &d, &net, why, sizeof(why)) != HF_OK)
		die("--net", why);
	must(hf_listen(hf_net_host(net), &at, hf_net_now(net), &l), "listen");
	puts("{\"ready\": true}");
	fflush(stdout);

	hf_conn c = accept_one(net, l);
	struct bench_watch from = bench_now();
	bool out = strcmp(argv[1], "send") == 0;
	uint64_t done = out ? send_all(net, c, octets) : receive_all(net, c, octets);
	bench_say(out ? "handfast send" : "handfast recv", done, from, bench_now());
	finish(net, c);
	hf_net_close(net);
	return done == octets ? 0 : 1;
}
