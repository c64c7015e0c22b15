/* SPDX-License-Identifier: MIT */
/*
 * A live TCP under an input that decides everything around it: segments with numbers near the windows, calls of the user,
 * ICMP errors, IP that holds or refuses, and time. Every invariant of every table is asserted after each step; in the end
 * all is given up, time passes, and nothing may be left.
 */
#include "fuzz.h"
#include "tcp/tcp_internal.h"

#define US addr_ip4_u32(0x0a000001)
#define PEER addr_ip4_u32(0x0a000002)
#define NAMES 8u
#define STEPS 4000u

struct world {
	const uint8_t *p, *end;
	struct hf_wheel wheel;
	struct hf_trace trace;
	struct hf_chunks chunks;
	struct hf_rng rng;
	struct tcp tcp;
	void *memory;
	hf_time_ns now;
	hf_conn conn[NAMES];
	hf_listener listener;
	bool listening;
};

static uint8_t text[70000];

static uint8_t u8(struct world *w)
{
	return w->p < w->end ? *w->p++ : 0;
}

static uint16_t u16(struct world *w)
{
	uint16_t hi = u8(w);

	return (uint16_t)(hi << 8 | u8(w));
}

static uint32_t u32(struct world *w)
{
	uint32_t hi = u16(w);

	return hi << 16 | u16(w);
}

/* The first octet chooses the configuration. */
static void make(struct world *w, uint8_t how)
{
	struct hf_host_config cfg = {
		.mtu_bytes = how & 1 ? 9000 : 1500,
		.offload = how & 2 ? HF_OFFLOAD_TX_TSO : 0,
		.tso_max_bytes = 20000,
		.limits = { .conns = 6,
			    .half_open = 3,
			    .time_wait = 2,
			    .listeners = 2,
			    .accept_queue = 2,
			    .chunks = how & 4 ? 5 : 40,
			    .slices = 12,
			    .gaps = how & 8 ? 2 : 80,
			    .addrs = 2,
			    .control = 4,
			    .trace = how & 16 ? 0 : 64 },
		.tcp = { .msl = HF_S(30),
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
			 .recv_window = how & 32 ? 3000 : 70001,
			 .send_buffer = 40000,
			 .initial_window = 10,
			 .challenge_acks = 10,
			 .ttl = 64,
			 .no_timestamps = how & 64,
			 .no_window_scale = how & 128,
			 .faults = how == 0x55 ? HF_FAULT_TWO_WAY_HANDSHAKE : 0 },
	};
	struct hf_arena count = hf_arena_count(), over = { 0 };
	uint8_t key[16] = { 1 };

	w->now = HF_S(5);
	for (int pass = 0; pass < 2; pass++) {
		struct hf_arena *a = pass ? &over : &count;

		if (pass) {
			w->memory = aligned_alloc(64, (count.used + 127) / 64 * 64);
			FUZZ_CHECK(w->memory);
			memset(w->memory, FUZZ_PATTERN, count.used);
			over = hf_arena_over(w->memory, count.used);
		}
		hf_rng_init(&w->rng, key);
		hf_wheel_init(&w->wheel, w->now);
		hf_trace_init(&w->trace, a, cfg.limits.trace);
		hf_chunks_init(&w->chunks, a, cfg.limits.chunks);
		tcp_init(&w->tcp, a, &cfg, &w->chunks, &w->wheel, &w->trace, &w->rng);
	}
	FUZZ_CHECK(hf_arena_end(&over) == HF_OK);
}

/* ---- what goes out ---- */

static void look_at(const struct tcp_out *out)
{
	static uint8_t b[HF_FRAME_HEAD + 70000];
	const struct hf_frame_out *f = out->frame;
	size_t n = f->head_len;
	struct tcp_header h;
	unsigned char sum = 0;

	FUZZ_CHECK(f->head_at == HF_FRAME_L4_AT && n >= TCP_HEADER_MIN && n <= TCP_HEADER_MAX && f->parts <= HF_FRAME_PARTS);
	memcpy(b, f->head + f->head_at, n);
	for (uint16_t i = 0; i < f->parts; i++) {
		for (size_t k = 0; k < f->part[i].len; k++)
			sum ^= f->part[i].at[k]; /* it must be ours to read */
		n += f->part[i].len;
	}
	b[HF_FRAME_HEAD] = sum;
	FUZZ_CHECK(n == f->head_len + f->payload_len);
	FUZZ_CHECK(tcp_parse((struct hf_bytes){ b, n }, &h) == HF_OK);
	FUZZ_CHECK(!h.bad_options && (!h.has_mss || (h.flags & TCP_SYN)));
	FUZZ_CHECK((h.flags & TCP_ACK) || (h.flags & (TCP_SYN | TCP_RST)));
	FUZZ_CHECK(!(h.flags & TCP_SYN) || f->payload_len == 0);
	FUZZ_CHECK(f->gso_size == 0 || f->payload_len > f->gso_size);
}

static void pull(struct world *w, unsigned most)
{
	struct hf_frame_out frame;
	struct tcp_out out = { .frame = &frame };
	struct hf_addr src, dst;

	while (most-- && tcp_peek(&w->tcp, &src, &dst)) {
		if (tcp_pull(&w->tcp, &out, w->now))
			look_at(&out);
	}
}

static void ip_will_not(struct world *w)
{
	struct hf_addr src, dst;

	if (!tcp_peek(&w->tcp, &src, &dst))
		return;
	if (u8(w) & 1)
		tcp_hold(&w->tcp, w->now);
	else
		tcp_drop_next(&w->tcp, HF_NO_ROUTE, w->now);
}

/* ---- time ---- */

static void let_pass(struct world *w, hf_time_ns span, bool sending)
{
	hf_time_ns end = w->now + span;

	for (;;) {
		hf_time_ns next = hf_wheel_wake_at(&w->wheel);
		struct hf_timer *timer;

		if (next > end) {
			w->now = end;
			return;
		}
		w->now = next > w->now ? next : w->now;
		w->trace.now = w->now;
		while ((timer = hf_wheel_next(&w->wheel, w->now)))
			tcp_timer(&w->tcp, timer, w->now);
		tcp_check(&w->tcp);
		if (sending)
			pull(w, 1000);
	}
}

static void some_time(struct world *w)
{
	static const hf_time_ns units[] = { 1, HF_US(1), HF_MS(1), HF_MS(40), HF_MS(200), HF_S(1), HF_S(30), HF_S(4000) };
	uint8_t b = u8(w);

	let_pass(w, units[b & 7] * (1 + (b >> 3)), u8(w) & 1);
}

/* ---- segments ---- */

/* The numbers of whatever has this tuple. */
struct numbers {
	uint32_t una, max, next, edge;
};

static struct numbers numbers_of(struct world *w, uint16_t local_port, uint16_t remote_port)
{
	struct tcp_key k = { .remote = PEER, .local_port = local_port, .remote_port = remote_port };
	struct hf_addr us = US;
	uint32_t ref;

	k.local = tcp_local_index(&w->tcp, &us);
	ref = tcp_lookup(&w->tcp, &k);
	if (ref == HF_NONE)
		return (struct numbers){ 100, 200, 300, 400 };
	switch (TCP_REF_KIND(ref)) {
	case TCP_REF_CONN: {
		const struct tcp_conn *c = tcp_conn_at(&w->tcp, TCP_REF_INDEX(ref));

		return (struct numbers){ c->snd_una, c->snd_max, c->rcv_nxt, c->rcv_adv };
	}
	case TCP_REF_HALF: {
		const struct tcp_half *p = tcp_half_at(&w->tcp, TCP_REF_INDEX(ref));

		return (struct numbers){ p->iss, p->iss + 1, p->irs + 1, p->irs + 1 + tcp_syn_window(&w->tcp) };
	}
	case TCP_REF_TW: {
		const struct tcp_tw *t = tcp_tw_at(&w->tcp, TCP_REF_INDEX(ref));

		return (struct numbers){ t->snd_nxt, t->snd_nxt, t->rcv_nxt, t->rcv_nxt + t->window };
	}
	}
	abort();
}

static uint32_t some_seq(struct world *w, const struct numbers *n, uint8_t how)
{
	switch (how & 7) {
	case 0:
	case 1:
		return n->next;
	case 2:
		return n->next - 1;
	case 3:
		return n->next + u8(w);
	case 4:
		return n->next - u8(w);
	case 5:
		return n->edge + u8(w) - 128;
	case 6:
		return n->next + u16(w);
	default:
		return u32(w);
	}
}

static uint32_t some_ack(struct world *w, const struct numbers *n, uint8_t how)
{
	switch (how & 7) {
	case 0:
	case 1:
	case 2:
		return n->max;
	case 3:
		return n->una;
	case 4:
		return n->una + u16(w);
	case 5:
		return n->max + u8(w) - 128;
	case 6:
		return n->una - u16(w);
	default:
		return u32(w);
	}
}

static void feed(struct world *w, struct tcp_header *h, size_t len, uint16_t gso)
{
	uint8_t *b = malloc(TCP_HEADER_MAX + len), head[TCP_HEADER_MAX];
	struct hf_wr out = hf_wr_over(head, sizeof(head));
	struct tcp_in in = { .src = PEER, .dst = US, .csum_ok = true, .gso_size = gso, .path_mtu = w->tcp.mtu };
	size_t n = tcp_put(&out, h);

	FUZZ_CHECK(b);
	memcpy(b, head, n);
	memcpy(b + n, text, len);
	in.segment = (struct hf_bytes){ b, n + len };
	tcp_feed(&w->tcp, &in, w->now);
	free(b);
}

static void segment(struct world *w)
{
	uint8_t where = u8(w), how = u8(w), options = u8(w), size = u8(w);
	struct tcp_header h = { .src_port = (uint16_t)(2000 + (where & 3)),
				.dst_port = (uint16_t)(1000 + (where >> 2 & 1)) };
	struct numbers n = numbers_of(w, h.dst_port, h.src_port);
	size_t len = size < 100 ? 0 : size < 200 ? size - 99 : size < 250 ? 1460 : u16(w);

	h.flags = u8(w);
	h.seq = some_seq(w, &n, how);
	h.ack = some_ack(w, &n, how >> 3);
	h.window = where & 8 ? u16(w) : 65535;
	h.urgent = h.flags & TCP_URG ? u16(w) : 0;
	if ((h.has_mss = options & 1))
		h.mss = options & 2 ? u16(w) : 1460;
	if ((h.has_wscale = options & 4))
		h.wscale = options & 8 ? u8(w) & 15 : 7;
	if ((h.has_timestamps = options & 16)) {
		h.ts_val = options & 32 ? u32(w) : (uint32_t)(w->now / HF_MS(1));
		h.ts_ecr = options & 64 ? u32(w) : 0;
	}
	feed(w, &h, len, len > 3000 ? 1460 : 0);
}

/* ---- the user ---- */

static void keep(struct world *w, hf_conn c)
{
	for (unsigned i = 0; i < NAMES; i++) {
		if (w->conn[i].birth == 0) {
			w->conn[i] = c;
			return;
		}
	}
	FUZZ_CHECK(tcp_abort(&w->tcp, c, w->now) == HF_OK);
}

static void call(struct world *w, uint8_t what)
{
	struct hf_endpoint local = { US, (uint16_t)(1000 + (u8(w) & 1)) },
			   remote = { PEER, (uint16_t)(2000 + (u8(w) & 3)) };
	uint8_t i = u8(w) % NAMES;
	struct hf_bytes spans[4];
	struct hf_conn_options o;
	struct hf_conn_info info;
	size_t n, room;
	hf_conn c;

	switch (what) {
	case 0:
		if (!w->listening && tcp_listen(&w->tcp, &local, &w->listener) == HF_OK)
			w->listening = true;
		return;
	case 1:
		if (w->listening && u8(w) % 8 == 0 && tcp_unlisten(&w->tcp, w->listener, w->now) == HF_OK)
			w->listening = false;
		return;
	case 2:
		if (tcp_connect(&w->tcp, &remote, &local, w->tcp.mtu, w->now, &c) == HF_OK)
			keep(w, c);
		return;
	case 3:
		if (w->listening && tcp_listener_connect(&w->tcp, w->listener, &remote, w->tcp.mtu, w->now, &c) == HF_OK) {
			w->listening = false;
			keep(w, c);
		}
		return;
	case 4:
		if (w->listening && tcp_accept(&w->tcp, w->listener, &c) == HF_OK)
			keep(w, c);
		return;
	case 5:
		room = u16(w) % 30000;
		(void)!tcp_write(&w->tcp, w->conn[i], (struct hf_bytes){ text, room }, (enum tcp_write_kind)(u8(w) % 3),
				 w->now, &n);
		FUZZ_CHECK(n <= room);
		return;
	case 6:
		if (tcp_read(&w->tcp, w->conn[i], spans, 4, &n) != HF_OK)
			return;
		room = 0;
		for (size_t k = 0; k < n; k++)
			room += spans[k].len;
		FUZZ_CHECK(tcp_consume(&w->tcp, w->conn[i], room ? u16(w) % (room + 1) : 0, w->now) == HF_OK);
		return;
	case 7:
		(void)!tcp_shut(&w->tcp, w->conn[i], w->now);
		return;
	case 8:
		(void)!tcp_close(&w->tcp, w->conn[i], w->now);
		w->conn[i] = (hf_conn){ 0 };
		return;
	case 9:
		(void)!tcp_abort(&w->tcp, w->conn[i], w->now);
		w->conn[i] = (hf_conn){ 0 };
		return;
	case 10:
		if (tcp_get_options(&w->tcp, w->conn[i], &o) != HF_OK)
			return;
		o.nodelay = u8(w) & 1;
		o.keepalive = u8(w) & 1;
		o.linger = u8(w) & 1;
		o.linger_time = HF_MS(u16(w));
		o.keepalive_idle = HF_MS(u16(w) + 1u);
		o.keepalive_probes = u8(w);
		(void)!tcp_set_options(&w->tcp, w->conn[i], &o, w->now);
		return;
	default:
		if (tcp_status(&w->tcp, w->conn[i], &info) == HF_OK)
			FUZZ_CHECK(info.state < HF_TCP_STATE_COUNT && hf_status_sentence(info.why));
		uint64_t cursor = 0;

		while (tcp_each(&w->tcp, &cursor, &info))
			FUZZ_CHECK(info.state < HF_TCP_STATE_COUNT);
	}
}

static void icmp(struct world *w)
{
	struct tcp_icmp e = { .local = { US, (uint16_t)(1000 + (u8(w) & 1)) },
			      .remote = { PEER, (uint16_t)(2000 + (u8(w) & 3)) } };
	struct numbers n = numbers_of(w, e.local.port, e.remote.port);
	uint8_t b = u8(w);

	e.seq = b & 1 ? n.una : b & 2 ? n.max : u32(w);
	e.type = b & 4 ? 3 : u8(w);
	e.code = u8(w) % 16;
	e.ip6 = b & 8;
	e.mtu = b & 16 ? u16(w) : 0;
	tcp_icmp(&w->tcp, &e, w->now);
}

static void step(struct world *w)
{
	uint8_t op = u8(w);
	struct hf_event event;

	w->trace.now = w->now;
	switch (op % 32) {
	default: /* 0 to 11 */
		segment(w);
		break;
	case 12:
	case 13:
	case 14:
		some_time(w);
		break;
	case 15:
		ip_will_not(w);
		break;
	case 16:
		tcp_unhold_all(&w->tcp);
		break;
	case 17:
		icmp(w);
		break;
	case 18:
		pull(w, u8(w));
		break;
	case 19:
	case 20:
	case 21:
	case 22:
	case 23:
	case 24:
	case 25:
	case 26:
	case 27:
	case 28:
	case 29:
	case 30:
		call(w, (uint8_t)(op % 32 - 19));
		break;
	case 31:
		call(w, (uint8_t)(5 + u8(w) % 2)); /* mostly, programs read and write */
		break;
	}
	tcp_check(&w->tcp);
	if (op & 32)
		pull(w, 1000);
	tcp_check(&w->tcp);
	while (tcp_next_event(&w->tcp, &event))
		FUZZ_CHECK(event.what != 0 || event.conn.birth != 0);
	for (struct hf_addr dst; tcp_next_advice(&w->tcp, &dst);)
		;
}

static void end(struct world *w)
{
	for (unsigned i = 0; i < NAMES; i++)
		(void)!tcp_abort(&w->tcp, w->conn[i], w->now);
	if (w->listening)
		FUZZ_CHECK(tcp_unlisten(&w->tcp, w->listener, w->now) == HF_OK);
	/* What was closed before may take its time: R2, and 2 MSL behind it. */
	for (int i = 0; i < 40; i++) {
		tcp_unhold_all(&w->tcp);
		pull(w, 10000);
		let_pass(w, HF_S(100), true);
	}
	tcp_check(&w->tcp);
	FUZZ_CHECK(w->tcp.conns.in_use == 0 && w->tcp.listens.in_use == 0);
	FUZZ_CHECK(w->tcp.half_count == 0 && w->tcp.tw_count == 0);
	FUZZ_CHECK(w->tcp.slices.in_use == 0 && w->tcp.gaps.in_use == 0 && w->tcp.controls.in_use == 0);
	FUZZ_CHECK(w->chunks.pool.in_use == 0 && w->tcp.advice == 0);
	FUZZ_CHECK(hf_wheel_wake_at(&w->wheel) == HF_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w = calloc(1, sizeof(*w));

	FUZZ_CHECK(w);
	w->p = data;
	w->end = data + size;
	make(w, u8(w));
	for (unsigned i = 0; i < STEPS && w->p < w->end; i++)
		step(w);
	end(w);
	free(w->memory);
	free(w);
	return 0;
}

/* Steps: what & 32 sends at once. Segments: where, numbers, options, size, flags. */
#define SENDING "\x20"
#define IN(where, numbers, options, size, flags) SENDING where numbers options size flags
#define LISTEN "\x33\x00\x00\x00"
#define CONNECT "\x35\x00\x00\x00"
#define ACCEPT "\x37\x00\x00\x00"
#define WRITE(hi) "\x38\x00\x00\x00" hi "\x00\x00"
#define READ "\x39\x00\x00\x00\xff\xff"
#define SHUT "\x3a\x00\x00\x00"
#define CLOSE "\x3b\x00\x00\x00"
#define SECONDS(n) "\x2c" n "\x01" /* low three bits 5: seconds */

#define S "\x02"
#define A "\x10"
#define SA "\x12"
#define PA "\x18"
#define FA "\x11"
#define RST "\x04"

/* clang-format off */
FUZZ_SEEDS(
	/* passive, both ways, closed by the peer */
	FUZZ_SEED("\x00" LISTEN IN("\x00", "\x00", "\x15", "\x00", S) IN("\x00", "\x00", "\x10", "\x00", A) ACCEPT IN("\x00", "\x00", "\x10", "\xc8", PA)
		  WRITE("\x10") READ IN("\x00", "\x00", "\x10", "\x00", A) IN("\x00", "\x00", "\x10", "\x00", FA) CLOSE
		  IN("\x00", "\x00", "\x10", "\x00", A)),
	/* active, closed by us, TIME_WAIT, opened again */
	FUZZ_SEED("\x02" CONNECT IN("\x00", "\x00", "\x01", "\x00", SA) WRITE("\x40") IN("\x00", "\x00", "\x00", "\x00", A) SHUT
		  IN("\x00", "\x00", "\x00", "\x00", A) IN("\x00", "\x00", "\x00", "\x70", PA) READ IN("\x00", "\x00", "\x00", "\x00", FA) CLOSE
		  LISTEN IN("\x00", "\x03", "\x01", "\x00", S "\x09") SECONDS("\xfd")),
	/* simultaneous open and close, loss, holes, a closed window */
	FUZZ_SEED("\x24" CONNECT IN("\x00", "\x07", "\x05", "\x00", S "\x00\x00\x10\x00") IN("\x00", "\x02", "\x05", "\x00", SA)
		  WRITE("\x20") SECONDS("\x0d") IN("\x08", "\x00", "\x00", "\x00", A "\x00\x00") SECONDS("\x45") IN("\x00", "\x03", "\x00", "\xa0", PA "\x40")
		  IN("\x00", "\x03", "\x00", "\xa0", PA "\xf0") IN("\x00", "\x18", "\x00", "\xc8", PA) SHUT IN("\x00", "\x18", "\x00", "\x00", FA)
		  IN("\x00", "\x00", "\x00", "\x00", A) READ CLOSE SECONDS("\xfd")),
	/* three duplicate ACKs, urgent, a reset in the window and one at its edge */
	FUZZ_SEED("\x08" CONNECT IN("\x00", "\x00", "\x05", "\x00", SA) WRITE("\x60") IN("\x00", "\x18", "\x00", "\x00", A)
		  IN("\x00", "\x18", "\x00", "\x00", A) IN("\x00", "\x18", "\x00", "\x00", A) IN("\x00", "\x20", "\x00", "\x00", A "\x0b\xb8")
		  IN("\x00", "\x00", "\x00", "\x70", "\x38\x00\x05") IN("\x00", "\x03", "\x00", "\x00", RST "\x05") SHUT
		  IN("\x00", "\x00", "\x00", "\x00", RST) CLOSE));
/* clang-format on */
