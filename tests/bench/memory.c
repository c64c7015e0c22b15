/* SPDX-License-Identifier: MIT */
/*
 * Two hosts in one process, joined by nothing but function calls, on one core: bulk with segments of 1460 octets and
 * with super-segments, whole connections per second, and what each kind of connection costs in memory.
 *
 *	memory [bare|bulk|tso|conns|footprint]...
 */
#include "bench.h"

#include "base/csum.h"
#include "hf/host.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64 /* as the drivers have it */
#define FRAME_ROOM (66 * 1024)
#define SLICE (64 * 1024)

struct pair {
	struct hf_host *a, *b; /* a connects to b */
	hf_time_ns now;
	void *mem[2];
	uint8_t *frames; /* BATCH * FRAME_ROOM */
	struct hf_frame_out out[BATCH];
	struct hf_frame in[BATCH];
};

static uint8_t slice[SLICE];

static void must(hf_status s, const char *what)
{
	if (s == HF_OK)
		return;
	fprintf(stderr, "memory: %s: %s\n", what, hf_status_sentence(s));
	exit(1);
}

static struct hf_addr ip4(uint8_t last)
{
	return (struct hf_addr){ .b = { [10] = 0xff, [11] = 0xff, [12] = 10, [13] = 0, [14] = 0, [15] = last } };
}

static struct hf_host *make_host(void **mem, const struct hf_host_config *base, uint8_t last)
{
	struct hf_host_config cfg = *base;
	struct hf_addr addr = ip4(last);
	struct hf_host *h;

	memset(cfg.entropy, last, sizeof(cfg.entropy));
	size_t n = (hf_host_memory(&cfg) + 63) / 64 * 64;
	*mem = aligned_alloc(64, n);
	if (!*mem)
		must(HF_FULL, "memory");
	must(hf_host_init(*mem, n, &cfg, 0, &h), "init");
	must(hf_host_add_addr(h, &addr, 24, 0), "address");
	return h;
}

static struct pair *join(const struct hf_host_config *cfg)
{
	struct pair *p = calloc(1, sizeof(*p));

	p->frames = malloc((size_t)BATCH * FRAME_ROOM);
	p->a = make_host(&p->mem[0], cfg, 1);
	p->b = make_host(&p->mem[1], cfg, 2);
	return p;
}

static void part(struct pair *p)
{
	free(p->mem[0]);
	free(p->mem[1]);
	free(p->frames);
	free(p);
}

/* Moves all that one host has to say to the other; the number of frames. */
static size_t carry(struct pair *p, struct hf_host *from, struct hf_host *to)
{
	size_t n = hf_host_pull(from, p->out, BATCH, p->now);
	uint8_t *at = p->frames;

	for (size_t i = 0; i < n; i++) {
		const struct hf_frame_out *f = &p->out[i];
		size_t len = hf_frame_flatten(f, at, FRAME_ROOM);
		p->in[i] = (struct hf_frame){ .bytes = { at, len }, .flags = f->flags, .gso_size = f->gso_size };
		at += (len + 63) / 64 * 64; /* as close as a ring of receive buffers would have them */
	}
	hf_host_feed(to, p->in, n, p->now);
	return n;
}

static void turn(struct pair *p, hf_time_ns passes)
{
	p->now += passes;
	carry(p, p->a, p->b);
	carry(p, p->b, p->a);
}

static void measure_bulk(const char *name, uint32_t offload, uint32_t window, double seconds)
{
	struct hf_host_config cfg = { .link = HF_LINK_IP, .mtu_bytes = 1500, .offload = offload };
	cfg.limits = (struct hf_limits){ .conns = 8, .half_open = 8, .time_wait = 8, .chunks = 4096 };
	cfg.tcp.recv_window = cfg.tcp.send_buffer = window;
	cfg.tcp.no_timestamps = true; /* an MSS of 1460 then leaves 1460 octets of payload */
	struct pair *p = join(&cfg);
	struct hf_endpoint server = { .addr = ip4(2), .port = 80 };
	hf_listener l;
	hf_conn c, s;
	uint64_t done = 0;

	must(hf_listen(p->b, &server, p->now, &l), "listen");
	must(hf_connect(p->a, &server, NULL, p->now, &c), "connect");
	while (hf_accept(p->b, l, &s) != HF_OK)
		turn(p, HF_US(1));

	struct bench_watch from = bench_now(), to;
	do {
		for (int i = 0; i < 256; i++) {
			struct hf_bytes spans[64];
			size_t n = 0, len = 0;
			while (hf_conn_write_borrowed(p->a, c, (struct hf_bytes){ slice, SLICE }, p->now) == HF_OK)
				;
			turn(p, HF_US(2));
			must(hf_conn_read(p->b, s, spans, 64, &n), "read");
			for (size_t k = 0; k < n; k++)
				len += spans[k].len;
			if (len)
				must(hf_conn_consume(p->b, s, len, p->now), "consume");
			done += len;
		}
		to = bench_now();
	} while (to.cpu - from.cpu < seconds);
	bench_say(name, done, from, to);
	part(p);
}

/*
 * The least that any host must do with each segment: sum it, copy it to the wire, sum it again, copy it to the reader.
 * What this machine can do of that now is what "bulk" is measured against.
 */
static void measure_bare(double seconds)
{
	uint8_t *wire = malloc(BATCH * 1536), *reader = malloc(512u << 10);
	struct bench_watch from = bench_now(), to;
	uint64_t done = 0;
	size_t at = 0;
	uint16_t sums = 0;

	do {
		for (int i = 0; i < 2048; i++) {
			for (size_t k = 0; k < BATCH; k++) {
				const uint8_t *src = slice + (k * 1460) % (SLICE - 1460);
				sums ^= hf_csum_fold(hf_csum_add(0, src, 1460));
				memcpy(wire + k * 1536, src, 1460);
			}
			for (size_t k = 0; k < BATCH; k++) {
				sums ^= hf_csum_fold(hf_csum_add(0, wire + k * 1536, 1460));
				memcpy(reader + at, wire + k * 1536, 1460);
				at = at + 1460 < (510u << 10) ? at + 1460 : 0;
			}
			done += BATCH * 1460;
		}
		to = bench_now();
	} while (to.cpu - from.cpu < seconds);
	slice[SLICE - 1] = (uint8_t)sums; /* so that no sum is left out */
	bench_say("bare", done, from, to);
	free(wire);
	free(reader);
}

struct talk {
	hf_conn client, server;
	bool asked, answered;
};

/* A request of 64 octets, an answer of 128, the server closes: all of a short connection, both ends on this core. */
static void measure_conns(double seconds)
{
	struct hf_host_config cfg = { .link = HF_LINK_IP };
	cfg.limits = (struct hf_limits){
		.conns = 1024, .half_open = 1024, .time_wait = 32768, .chunks = 4096, .accept_queue = 256
	};
	cfg.tcp.msl = HF_MS(5); /* the clock is ours: TIME_WAIT need not fill the table */
	struct pair *p = join(&cfg);
	struct hf_endpoint at = { .addr = ip4(2), .port = 80 };
	struct talk talks[64] = { 0 };
	uint64_t done = 0;
	hf_listener l;

	must(hf_listen(p->b, &at, p->now, &l), "listen");
	struct bench_watch from = bench_now(), to;
	do {
		for (int rounds = 0; rounds < 200; rounds++) {
			struct hf_event ev;
			size_t n;
			struct hf_bytes spans[4];
			for (size_t i = 0; i < 64; i++) {
				if (talks[i].client.birth == 0) {
					must(hf_connect(p->a, &at, NULL, p->now, &talks[i].client), "connect");
					must(hf_conn_set_tag(p->a, talks[i].client, i), "tag");
				}
			}
			while (hf_host_next_event(p->a, &ev)) {
				struct talk *t = &talks[ev.tag];
				if (ev.what & HF_EV_CONNECTED)
					must(hf_conn_write(p->a, ev.conn, (struct hf_bytes){ slice, 64 }, p->now, &n),
					     "write");
				if (ev.what & (HF_EV_PEER_FIN | HF_EV_CLOSED)) {
					if (hf_conn_read(p->a, ev.conn, spans, 4, &n) == HF_OK && n == 1 &&
					    spans[0].len == 128) {
						must(hf_conn_consume(p->a, ev.conn, 128, p->now), "consume");
						done++;
					}
					must(hf_conn_close(p->a, ev.conn, p->now), "close");
					t->client.birth = 0;
				}
			}
			while (hf_host_next_event(p->b, &ev)) {
				hf_conn c;
				if (ev.what & HF_EV_ACCEPT)
					while (hf_accept(p->b, l, &c) == HF_OK)
						;
				if ((ev.what & HF_EV_READABLE) && hf_conn_read(p->b, ev.conn, spans, 4, &n) == HF_OK &&
				    n == 1 && spans[0].len == 64) {
					must(hf_conn_consume(p->b, ev.conn, 64, p->now), "consume");
					must(hf_conn_write(p->b, ev.conn, (struct hf_bytes){ slice, 128 }, p->now, &n),
					     "answer");
					must(hf_conn_close(p->b, ev.conn, p->now), "close");
				}
			}
			turn(p, HF_US(20));
		}
		to = bench_now();
	} while (to.cpu - from.cpu < seconds);
	bench_say("conns", done, from, to);
	part(p);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "bare") == 0)
			measure_bare(1);
		else if (strcmp(argv[i], "bulk") == 0)
			measure_bulk("bulk", 0, 512u << 10, 2);
		else if (strcmp(argv[i], "tso") == 0)
			measure_bulk("tso", HF_OFFLOAD_TX_CSUM | HF_OFFLOAD_TX_TSO, 1u << 20, 2);
		else if (strcmp(argv[i], "conns") == 0)
			measure_conns(2);
		else if (strcmp(argv[i], "footprint") == 0) {
			struct hf_host_footprint f = hf_host_footprint();
			printf("{\"name\": \"footprint\", \"conn\": %zu, \"half_open\": %zu, \"time_wait\": %zu}\n",
			       f.conn, f.half_open, f.time_wait);
		} else
			return 2;
	}
	return 0;
}
