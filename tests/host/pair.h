/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_HOST_PAIR_H
#define HF_TESTS_HOST_PAIR_H

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/csum.h"
#include "hf/host.h"
#include "wire/addr.h"

/* Two hosts joined by hand: whatever one pulls is put into one piece and fed to the other at the same moment. */

enum { A, B };

struct pair {
	struct hf_host *h[2];
	void *mem[2];
	hf_time_ns now;
	size_t link_bytes;   /* Ethernet header, or 0 */
	uint64_t frames[2];  /* sent by each */
	uint32_t largest[2]; /* IP packet sent by each */
	bool cut[2];         /* this one's frames are lost */
	bool finish_csum;    /* do what a driver would: finish what is left unfinished, so that the receiver verifies */
	uint8_t flat[70000];
};

static inline struct hf_addr addr_of(const char *text)
{
	struct hf_addr a;

	assert_int_equal(addr_parse((struct hf_bytes){ (const uint8_t *)text, strlen(text) }, &a), HF_OK);
	return a;
}

static inline struct hf_endpoint at(const char *text, uint16_t port)
{
	return (struct hf_endpoint){ addr_of(text), port };
}

static const char *const pair_addr4[2] = { "10.9.0.1", "10.9.0.2" };
static const char *const pair_addr6[2] = { "fd00:9::1", "fd00:9::2" };

static inline struct hf_host_config pair_config(enum hf_link_kind link, int side)
{
	struct hf_host_config cfg = {
		.link = link,
		.mac = { 2, 0, 0, 0, 0, (uint8_t)(side + 1) },
		.no_dad = true,
		.limits = { .conns = 64, .half_open = 64, .time_wait = 64, .chunks = 1024, .trace = 1024 },
	};

	cfg.entropy[0] = (uint8_t)(side + 1);
	return cfg;
}

static inline void pair_init_with(struct pair *p, const struct hf_host_config cfg[2])
{
	memset(p, 0, sizeof(*p));
	p->now = HF_S(1000);
	p->link_bytes = cfg[A].link == HF_LINK_ETHERNET ? 14 : 0;
	for (int i = 0; i < 2; i++) {
		size_t n = hf_host_memory(&cfg[i]);
		struct hf_addr a4 = addr_of(pair_addr4[i]), a6 = addr_of(pair_addr6[i]);

		assert_true(n > 0);
		p->mem[i] = aligned_alloc(64, (n + 63) & ~(size_t)63);
		assert_int_equal(hf_host_init(p->mem[i], n, &cfg[i], p->now, &p->h[i]), HF_OK);
		assert_int_equal(hf_host_add_addr(p->h[i], &a4, 24, p->now), HF_OK);
		assert_int_equal(hf_host_add_addr(p->h[i], &a6, 64, p->now), HF_OK);
	}
}

static inline void pair_init(struct pair *p, enum hf_link_kind link, uint32_t offload)
{
	struct hf_host_config cfg[2] = { pair_config(link, A), pair_config(link, B) };

	cfg[A].offload = cfg[B].offload = offload;
	pair_init_with(p, cfg);
}

static inline void pair_free(struct pair *p)
{
	free(p->mem[A]);
	free(p->mem[B]);
}

static inline void pair_carry(struct pair *p, int from, const struct hf_frame_out *f)
{
	size_t len = hf_frame_flatten(f, p->flat, sizeof(p->flat));
	struct hf_frame in = { { p->flat, len }, f->flags, f->gso_size };

	assert_true(len > p->link_bytes);
	assert_int_equal(len, f->head_len + f->payload_len);
	p->frames[from]++;
	p->largest[from] = hf_max_u32(p->largest[from], (uint32_t)(len - p->link_bytes));
	if (p->cut[from])
		return;
	if (p->finish_csum && (f->flags & HF_FRAME_CSUM_PARTIAL)) {
		hf_store16(p->flat + f->csum_start + f->csum_offset,
			   hf_csum_finish(hf_csum_add(0, p->flat + f->csum_start, len - f->csum_start)));
		in.flags &= ~(uint32_t)HF_FRAME_CSUM_PARTIAL;
	}
	hf_host_feed(p->h[!from], &in, 1, p->now);
}

/* Both send all they have now. Returns whether anything moved. */
static inline bool pair_exchange(struct pair *p)
{
	static struct hf_frame_out out[8];
	bool moved = false;

	for (int i = 0; i < 2; i++) {
		size_t n = hf_host_pull(p->h[i], out, HF_ARRAY_LEN(out), p->now);

		for (size_t k = 0; k < n; k++)
			pair_carry(p, i, &out[k]);
		moved |= n > 0;
	}
	return moved;
}

/* Everything that happens without the users, until `until`. */
static inline void pair_run(struct pair *p, hf_time_ns until)
{
	for (;;) {
		hf_time_ns next;

		while (pair_exchange(p))
			;
		hf_host_check(p->h[A]);
		hf_host_check(p->h[B]);
		next = hf_min_u64(hf_host_wake_at(p->h[A]), hf_host_wake_at(p->h[B]));
		assert_true(next > p->now); /* nothing waits: it was all pulled */
		if (next > until)
			break;
		p->now = next;
	}
	p->now = until;
}

static inline void pair_settle(struct pair *p)
{
	pair_run(p, p->now);
}

/* All bits that events about this connection have had since the last call; others are lost. */
static inline uint32_t events_of(struct pair *p, int side, hf_conn c)
{
	struct hf_event ev;
	uint32_t what = 0;

	while (hf_host_next_event(p->h[side], &ev)) {
		if (ev.conn.slot == c.slot && ev.conn.birth == c.birth)
			what |= ev.what;
	}
	return what;
}

static inline struct hf_conn_info status_of(struct pair *p, int side, hf_conn c)
{
	struct hf_conn_info info;

	assert_int_equal(hf_conn_status(p->h[side], c, &info), HF_OK);
	return info;
}

/* No connection, no half-open peer, no TIME_WAIT, no buffer is left on either side. */
static inline void assert_all_empty(struct pair *p)
{
	for (int i = 0; i < 2; i++) {
		struct hf_host_counters n;

		hf_host_check(p->h[i]);
		hf_host_count(p->h[i], &n);
		assert_int_equal(n.conns, 0);
		assert_int_equal(n.half_open, 0);
		assert_int_equal(n.time_wait, 0);
		assert_int_equal(n.chunks, 0);
		assert_int_equal(n.slices, 0);
		assert_int_equal(n.gaps, 0);
		assert_int_equal(n.reassemblies, 0);
	}
}

#endif
