/* SPDX-License-Identifier: MIT */
#include "lab.h"

#include "base/csum.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t lab_arrows[256];

static void collect(struct lab *lab, enum lab_side side)
{
	struct lab_host *h = &lab->host[side];
	struct hf_trace_record r;
	uint64_t lost = 0;

	while (hf_trace_read(&h->trace, &h->trace_cursor, &r, &lost)) {
		h->kinds[r.kind]++;
		if (r.kind != HF_TR_TCP_STATE)
			continue;
		size_t n = strlen(h->path);

		assert_true(r.arrow < 256);
		lab_arrows[r.arrow]++;
		snprintf(h->path + n, sizeof h->path - n, "%s ", hf_tcp_state_name(r.to));
	}
	assert_int_equal(lost, 0);
}

static void fill_limits(struct hf_host_config *c)
{
	c->mtu_bytes = 1500;
	c->link = HF_LINK_IP;
	c->limits = (struct hf_limits){ .conns = 64,
					.half_open = 64,
					.time_wait = 64,
					.listeners = 8,
					.accept_queue = 16,
					.chunks = 2048,
					.slices = 4096,
					.gaps = 256,
					.addrs = 4,
					.control = 64,
					.trace = 1 << 16 };
	c->tcp = (struct hf_tcp_config){ .msl = HF_S(30),
					 .rto_initial = HF_S(1),
					 .rto_min = HF_MS(200),
					 .rto_max = HF_S(120),
					 .delayed_ack = HF_MS(40),
					 .r2 = HF_S(924),
					 .r2_syn = HF_S(190),
					 .r1 = 3,
					 .keepalive_idle = HF_S(7200),
					 .keepalive_interval = HF_S(75),
					 .keepalive_probes = 9,
					 .fin_wait_2_orphan = HF_S(60),
					 .recv_window = 1 << 20,
					 .send_buffer = 1 << 20,
					 .initial_window = 10,
					 .challenge_acks = 10,
					 .ttl = 64 };
}

static void init_host(struct lab_host *h, uint8_t seed, hf_time_ns now)
{
	struct hf_arena count = hf_arena_count(), a;
	uint8_t key[16] = { seed };

	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1) {
			h->memory = aligned_alloc(64, (count.used + 127) / 64 * 64);
			assert_non_null(h->memory);
			a = hf_arena_over(h->memory, count.used);
		}
		struct hf_arena *use = pass ? &a : &count;

		hf_rng_init(&h->rng, key);
		hf_wheel_init(&h->wheel, now);
		hf_trace_init(&h->trace, use, h->cfg.limits.trace);
		hf_chunks_init(&h->chunks, use, h->cfg.limits.chunks);
		tcp_init(&h->tcp, use, &h->cfg, &h->chunks, &h->wheel, &h->trace, &h->rng);
		if (pass == 1)
			assert_int_equal(hf_arena_end(use), HF_OK);
	}
	h->trace.now = now;
	h->addr = addr_ip4_u32(0x0a000001u + seed);
}

struct lab *lab_new(hf_time_ns delay, void (*tune)(struct hf_host_config *a, struct hf_host_config *b))
{
	struct lab *lab = calloc(1, sizeof *lab);

	assert_non_null(lab);
	lab->delay = delay;
	lab->now = HF_S(1000);
	fill_limits(&lab->host[0].cfg);
	fill_limits(&lab->host[1].cfg);
	if (tune)
		tune(&lab->host[0].cfg, &lab->host[1].cfg);
	init_host(&lab->host[0], 0, lab->now);
	init_host(&lab->host[1], 1, lab->now);
	return lab;
}

void lab_free(struct lab *lab)
{
	for (uint32_t i = 0; i < lab->in_flight; i++)
		free(lab->wire[i].bytes);
	free(lab->host[0].memory);
	free(lab->host[1].memory);
	free(lab);
}

static void flag_text(const struct tcp_header *h, size_t len, char *to, size_t room)
{
	snprintf(to, room, "%s%s%s%s%s", h->flags & TCP_SYN ? "SYN " : "", h->flags & TCP_FIN ? "FIN " : "",
		 h->flags & TCP_RST ? "RST " : "", h->flags & TCP_URG ? "URG " : "", h->flags & TCP_ACK ? "ACK " : "");
	if (len > 0)
		snprintf(to + strlen(to), room - strlen(to), "len %zu ", len);
	to[strlen(to) - 1] = 0;
}

static void tell(struct lab *lab, enum lab_side from, const struct tcp_header *h, size_t len, bool lost)
{
	char flags[64];
	uint64_t ms;

	if (lab->silent)
		return;
	ms = (lab->now - HF_S(1000)) / HF_MS(1);
	flag_text(h, len, flags, sizeof flags);
	lab->ladder_len += (size_t)snprintf(lab->ladder + lab->ladder_len, sizeof lab->ladder - lab->ladder_len,
					    "%6llums  %s %s %s  %s\n", (unsigned long long)ms, from == LAB_A ? "A" : "<--",
					    from == LAB_A ? (lost ? "--X" : "-->") : (lost ? "X B" : "B"),
					    from == LAB_A ? "B" : "A", flags);
	assert_true(lab->ladder_len < sizeof lab->ladder);
}

static void put_on_wire(struct lab *lab, enum lab_side from, struct tcp_out *out)
{
	struct lab_host *h = &lab->host[from];
	struct lab_flight *f;
	size_t n = out->frame->head_len;
	uint8_t *b = malloc(n + out->frame->payload_len);
	struct tcp_header parsed;
	uint64_t csum;
	bool lost;

	assert_non_null(b);
	memcpy(b, out->frame->head + out->frame->head_at, n);
	for (uint16_t i = 0; i < out->frame->parts; i++) {
		memcpy(b + n, out->frame->part[i].at, out->frame->part[i].len);
		n += out->frame->part[i].len;
	}
	assert_int_equal(n, out->frame->head_len + out->frame->payload_len);
	csum = hf_csum_add(hf_csum_pseudo(&out->src, &out->dst, 6, (uint32_t)n), b, n);
	hf_store16(b + 16, hf_csum_finish(csum));
	assert_int_equal(tcp_parse((struct hf_bytes){ b, n }, &parsed), HF_OK);
	if ((parsed.flags & TCP_SYN) && !h->iss_known) {
		h->iss = parsed.seq;
		h->iss_known = true;
	}
	if (lab->tap) {
		lab->tap(lab->tap_arg, from, out, b, n);
		free(b);
		return;
	}
	lost = lab->sent[from] < 64 && (lab->lose[from] >> lab->sent[from] & 1);
	lab->sent[from]++;
	tell(lab, from, &parsed, parsed.payload.len, lost);
	if (lost) {
		free(b);
		return;
	}
	assert_true(lab->in_flight < LAB_WIRE);
	f = &lab->wire[lab->in_flight++];
	f->at = lab->now + lab->delay;
	f->to = !from;
	f->len = (uint32_t)n;
	f->bytes = b;
	f->gso_size = out->frame->gso_size;
}

static bool pull_one(struct lab *lab, enum lab_side side)
{
	struct lab_host *h = &lab->host[side];
	struct hf_frame_out frame;
	struct tcp_out out = { .frame = &frame };
	struct hf_addr src, dst;

	h->trace.now = lab->now;
	if (!tcp_peek(&h->tcp, &src, &dst))
		return false;
	if (tcp_pull(&h->tcp, &out, lab->now))
		put_on_wire(lab, side, &out);
	return true;
}

void lab_step(struct lab *lab)
{
	for (int side = 0; side < 2; side++) {
		while (pull_one(lab, (enum lab_side)side))
			;
		tcp_check(&lab->host[side].tcp);
		collect(lab, (enum lab_side)side);
	}
}

static void fire_timers(struct lab *lab, enum lab_side side)
{
	struct lab_host *h = &lab->host[side];
	struct hf_timer *timer;

	h->trace.now = lab->now;
	while ((timer = hf_wheel_next(&h->wheel, lab->now)))
		tcp_timer(&h->tcp, timer, lab->now);
	tcp_check(&h->tcp);
}

static void deliver(struct lab *lab, enum lab_side to, const uint8_t *bytes, size_t n, uint16_t gso_size)
{
	struct lab_host *h = &lab->host[to];
	struct tcp_in in = { .src = lab->host[!to].addr,
			     .dst = h->addr,
			     .segment = { bytes, n },
			     .gso_size = gso_size,
			     .path_mtu = h->cfg.mtu_bytes };

	h->trace.now = lab->now;
	tcp_feed(&h->tcp, &in, lab->now);
	tcp_check(&h->tcp);
	collect(lab, to);
}

static void accept_any(struct lab *lab, enum lab_side side)
{
	struct lab_host *h = &lab->host[side];
	hf_conn c;

	if (h->listener.birth && tcp_accept(&h->tcp, h->listener, &c) == HF_OK)
		h->conn = c;
}

void lab_run_for(struct lab *lab, hf_time_ns span)
{
	hf_time_ns end = lab->now + span;

	for (;;) {
		hf_time_ns next = end;

		lab_step(lab);
		for (int side = 0; side < 2; side++)
			next = hf_min_u64(next, hf_wheel_wake_at(&lab->host[side].wheel));
		if (lab->in_flight > 0)
			next = hf_min_u64(next, lab->wire[0].at);
		if (next > lab->now)
			lab->now = next;
		fire_timers(lab, LAB_A);
		fire_timers(lab, LAB_B);
		while (lab->in_flight > 0 && lab->wire[0].at <= lab->now) {
			struct lab_flight f = lab->wire[0];

			memmove(lab->wire, lab->wire + 1, --lab->in_flight * sizeof f);
			deliver(lab, f.to, f.bytes, f.len, f.gso_size);
			free(f.bytes);
			accept_any(lab, f.to);
		}
		if (lab->now >= end) {
			lab_step(lab);
			return;
		}
	}
}

void lab_listen(struct lab *lab, enum lab_side side, uint16_t port)
{
	struct lab_host *h = &lab->host[side];
	struct hf_endpoint local = { .addr = h->addr, .port = port };

	h->trace.now = lab->now;
	assert_int_equal(tcp_listen(&h->tcp, &local, &h->listener), HF_OK);
	collect(lab, side);
}

void lab_connect(struct lab *lab, enum lab_side side, uint16_t local_port, uint16_t remote_port)
{
	struct lab_host *h = &lab->host[side];
	struct hf_endpoint local = { .addr = h->addr, .port = local_port };
	struct hf_endpoint remote = { .addr = lab->host[!side].addr, .port = remote_port };

	h->trace.now = lab->now;
	assert_int_equal(tcp_connect(&h->tcp, &remote, &local, h->cfg.mtu_bytes, lab->now, &h->conn), HF_OK);
	collect(lab, side);
}

void lab_forget(struct lab *lab)
{
	for (int side = 0; side < 2; side++) {
		lab->host[side].path[0] = 0;
		memset(lab->host[side].kinds, 0, sizeof lab->host[side].kinds);
		lab->sent[side] = 0;
		lab->lose[side] = 0;
	}
	lab->ladder[0] = 0;
	lab->ladder_len = 0;
}

void lab_establish(struct lab *lab)
{
	lab_listen(lab, LAB_B, 80);
	lab_connect(lab, LAB_A, 1024, 80);
	lab_run_for(lab, 4 * lab->delay + HF_MS(1));
	assert_int_equal(lab_state(lab, LAB_A), HF_TCP_ESTABLISHED);
	assert_int_equal(lab_state(lab, LAB_B), HF_TCP_ESTABLISHED);
	lab_forget(lab);
}

uint8_t lab_state(struct lab *lab, enum lab_side side)
{
	struct hf_conn_info i;

	if (tcp_status(&lab->host[side].tcp, lab->host[side].conn, &i) != HF_OK)
		return HF_TCP_CLOSED;
	return i.state;
}

struct hf_conn_info lab_status(struct lab *lab, enum lab_side side)
{
	struct hf_conn_info i;

	assert_int_equal(tcp_status(&lab->host[side].tcp, lab->host[side].conn, &i), HF_OK);
	return i;
}

void lab_write(struct lab *lab, enum lab_side side, const char *text)
{
	size_t n;

	lab->host[side].trace.now = lab->now;
	assert_int_equal(tcp_write(&lab->host[side].tcp, lab->host[side].conn,
				   (struct hf_bytes){ (const uint8_t *)text, strlen(text) }, TCP_WRITE_COPY, lab->now, &n),
			 HF_OK);
	assert_int_equal(n, strlen(text));
}

size_t lab_read(struct lab *lab, enum lab_side side, void *to, size_t n)
{
	struct lab_host *h = &lab->host[side];
	struct hf_bytes spans[16];
	size_t count, done = 0;

	h->trace.now = lab->now;
	while (done < n && tcp_read(&h->tcp, h->conn, spans, 16, &count) == HF_OK && count > 0) {
		size_t got = 0;

		for (size_t i = 0; i < count && done < n; i++) {
			size_t m = spans[i].len < n - done ? spans[i].len : n - done;

			memcpy((uint8_t *)to + done, spans[i].at, m);
			done += m;
			got += m;
		}
		assert_int_equal(tcp_consume(&h->tcp, h->conn, got, lab->now), HF_OK);
	}
	return done;
}

struct tcp_header lab_header(struct lab *lab, enum lab_side to, uint8_t flags)
{
	struct tcp_conn *c = tcp_conn_get(&lab->host[to].tcp, lab->host[to].conn);
	struct tcp_header h = { .flags = flags, .window = 65535 };

	assert_non_null(c);
	h.src_port = c->key.remote_port;
	h.dst_port = c->key.local_port;
	h.seq = c->rcv_nxt;
	h.ack = c->snd_max;
	if (tcp_is(c, TCP_C_TS)) {
		h.has_timestamps = true;
		h.ts_val = c->ts_recent + 1;
		h.ts_ecr = tcp_ts_now(c, lab->now);
	}
	return h;
}

void lab_inject(struct lab *lab, enum lab_side side, struct tcp_header h, const void *data, size_t len)
{
	static uint8_t b[TCP_HEADER_MAX + 66000];
	struct hf_wr w = hf_wr_over(b, sizeof b);
	uint64_t csum;
	size_t n;

	assert_true(len <= 66000);
	h.csum = 0;
	n = tcp_put(&w, &h);
	if (len > 0)
		memcpy(b + n, data, len);
	n += len;
	csum = hf_csum_add(hf_csum_pseudo(&lab->host[!side].addr, &lab->host[side].addr, 6, (uint32_t)n), b, n);
	hf_store16(b + 16, hf_csum_finish(csum));
	deliver(lab, side, b, n, 0);
}

uint32_t lab_count(struct lab *lab, enum lab_side side, enum hf_trace_kind kind)
{
	collect(lab, side);
	return lab->host[side].kinds[kind];
}

void lab_expect_empty(struct lab *lab)
{
	for (int side = 0; side < 2; side++) {
		struct lab_host *h = &lab->host[side];

		assert_int_equal(h->tcp.conns.in_use, 0);
		assert_int_equal(h->tcp.half_count, 0);
		assert_int_equal(h->tcp.tw_count, 0);
		assert_int_equal(h->tcp.slices.in_use, 0);
		assert_int_equal(h->tcp.gaps.in_use, 0);
		assert_int_equal(h->tcp.controls.in_use, 0);
		assert_int_equal(h->chunks.pool.in_use, 0);
	}
}
