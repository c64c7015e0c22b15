/* SPDX-License-Identifier: MIT */
#include "host/host_internal.h"

/*
 * Theory of operation
 *
 * The composition, and nothing clever. IP, UDP and TCP are strangers to each other; the host carries packets between them:
 *
 *	in:   frame -> ip_feed() -> tcp_feed() or udp_feed(); ICMP errors -> tcp_icmp() or udp_error()
 *	out:  IP's own queue first (ARP, ND, ICMP, datagrams: others wait for those), then TCP, one segment at a time:
 *	      tcp_peek() names a destination, ip_ready() says whether it can be reached now, and only then the segment is
 *	      built, so that its acknowledgment and window are never older than its departure.
 *	time: one wheel for all; a timer's kind tells whose it is.
 *
 * A connection whose neighbour is still being asked is held. ip_changed() moves when an answer came, or the asking was
 * given up; then all that are held are looked at again.
 *
 * All memory is taken from an arena by carve(). Without memory the same code counts, so that hf_host_memory() cannot
 * differ from what hf_host_init() takes.
 */

static void carve(struct hf_host *h, struct hf_arena *a, const struct hf_host_config *cfg, hf_time_ns now);
static void feed_one(struct hf_host *h, const struct hf_frame *f, hf_time_ns now);
static void feed_upper(struct hf_host *h, const struct ip_packet *p, hf_time_ns now);
static void feed_error(struct hf_host *h, const struct ip_error *e, hf_time_ns now);
static size_t pull_ip(struct hf_host *h, struct hf_frame_out *out, size_t max, hf_time_ns now);
static bool pull_tcp(struct hf_host *h, struct hf_frame_out *f, hf_time_ns now);
static void fire_timers(struct hf_host *h, hf_time_ns now);
static void derive_rng(struct hf_rng *r, const uint8_t entropy[32], uint8_t label);

/* ---- making one ---- */

size_t hf_host_memory(const struct hf_host_config *cfg)
{
	struct hf_arena a = hf_arena_count();
	struct hf_host_config full;
	struct hf_host scratch;

	if (host_config_fill(cfg, &full) != HF_OK)
		return 0;
	memset(&scratch, 0, sizeof(scratch));
	hf_arena_take(&a, 1, sizeof(struct hf_host));
	carve(&scratch, &a, &full, 0);
	return a.used;
}

hf_status hf_host_init(void *mem, size_t n, const struct hf_host_config *cfg, hf_time_ns now, struct hf_host **ret)
{
	struct hf_arena a = hf_arena_over(mem, n);
	struct hf_host_config full;
	struct hf_host *h;

	HF_TRY(host_config_fill(cfg, &full));
	if (n < hf_host_memory(cfg))
		return HF_FULL;
	h = hf_arena_take(&a, 1, sizeof(*h));
	HF_ASSERT(h);
	carve(h, &a, &full, now);
	HF_TRY(hf_arena_end(&a));
	*ret = h;
	return HF_OK;
}

static void carve(struct hf_host *h, struct hf_arena *a, const struct hf_host_config *cfg, hf_time_ns now)
{
	h->now = now;
	h->cfg = *cfg;
	derive_rng(&h->ip_rng, cfg->entropy, 1);
	derive_rng(&h->tcp_rng, cfg->entropy, 2);
	derive_rng(&h->udp_rng, cfg->entropy, 3);
	hf_wheel_init(&h->wheel, now);
	hf_trace_init(&h->trace, a, cfg->limits.trace);
	h->trace.now = now;
	hf_chunks_init(&h->chunks, a, cfg->limits.chunks);
	ip_init(&h->ip, a, &h->cfg, &h->wheel, &h->trace, &h->ip_rng);
	tcp_init(&h->tcp, a, &h->cfg, &h->chunks, &h->wheel, &h->trace, &h->tcp_rng);
	udp_init(&h->udp, a, &h->cfg, &h->chunks, &h->trace, &h->udp_rng);
	h->datagram = hf_arena_take_raw(a, 1, HOST_DATAGRAM_MAX);
}

/* A seed of its own for each machine, from all 32 octets: what one of them shows tells nothing of another's. */
static void derive_rng(struct hf_rng *r, const uint8_t entropy[32], uint8_t label)
{
	struct hf_sipkey key = hf_sipkey_from(entropy);
	uint8_t message[18], seed[16];

	memcpy(message, entropy + 16, 16);
	message[16] = label;
	for (uint8_t half = 0; half < 2; half++) {
		uint64_t v;

		message[17] = half;
		v = hf_siphash(&key, message, sizeof(message));
		for (unsigned i = 0; i < 8; i++)
			seed[half * 8 + i] = (uint8_t)(v >> (8 * i));
	}
	hf_rng_init(r, seed);
}

hf_status hf_host_add_addr(struct hf_host *h, const struct hf_addr *addr, unsigned prefix_len, hf_time_ns now)
{
	now = host_enter(h, now);
	return ip_add_addr(&h->ip, addr, prefix_len, now);
}

hf_status hf_host_add_route(struct hf_host *h, const struct hf_addr *dst, unsigned prefix_len, const struct hf_addr *gateway)
{
	return ip_add_route(&h->ip, dst, prefix_len, gateway);
}

/* ---- time ---- */

hf_time_ns host_enter(struct hf_host *h, hf_time_ns now)
{
	/* A clock that goes back would undo what has happened: it stands still instead. */
	if (now <= h->now)
		return h->now;
	h->now = now;
	h->trace.now = now;
	fire_timers(h, now);
	return now;
}

static void fire_timers(struct hf_host *h, hf_time_ns now)
{
	struct hf_timer *t;

	while ((t = hf_wheel_next(&h->wheel, now))) {
		if (t->kind <= HF_TIMER_IP_LAST)
			ip_timer(&h->ip, t, now);
		else
			tcp_timer(&h->tcp, t, now);
	}
}

hf_time_ns hf_host_wake_at(const struct hf_host *h)
{
	struct hf_addr src, dst;

	if (ip_has_output(&h->ip))
		return 0;
	/* Looking changes nothing that can be seen; tcp_peek() only drops entries that turned out to be stale. */
	if (tcp_peek((struct tcp *)&h->tcp, &src, &dst))
		return 0;
	if (ip_changed(&h->ip) != h->ip_seen && tcp_has_held(&h->tcp))
		return 0;
	return hf_wheel_wake_at(&h->wheel);
}

/* ---- in ---- */

void hf_host_feed(struct hf_host *h, const struct hf_frame *frames, size_t n, hf_time_ns now)
{
	now = host_enter(h, now);
	fire_timers(h, now);
	for (size_t i = 0; i < n; i++)
		feed_one(h, &frames[i], now);
}

static void feed_one(struct hf_host *h, const struct hf_frame *f, hf_time_ns now)
{
	struct ip_in in;

	h->frames_in++;
	switch (ip_feed(&h->ip, f, now, &in)) {
	case IP_NOTHING:
		break;
	case IP_UPPER:
		feed_upper(h, &in.packet, now);
		break;
	case IP_ERROR:
		feed_error(h, &in.error, now);
		break;
	}
}

static bool is_syn(struct hf_bytes segment)
{
	return segment.len >= TCP_HEADER_MIN && (segment.at[13] & TCP_SYN);
}

static void feed_tcp(struct hf_host *h, const struct ip_packet *p, hf_time_ns now)
{
	struct tcp_in in = {
		.src = p->src,
		.dst = p->dst,
		.segment = p->payload,
		.csum_ok = p->csum_ok,
		.bad_address = p->to_group, /* IP lets no source pass that is not unicast */
		.gso_size = p->gso_size,
	};

	/* Only a SYN needs it: RFC 9293 3.7.1 asks what fits when the MSS is told. */
	if (is_syn(p->payload))
		in.path_mtu = ip_path_mtu(&h->ip, &p->src);
	tcp_feed(&h->tcp, &in, now);
}

static void feed_udp(struct hf_host *h, const struct ip_packet *p, hf_time_ns now)
{
	struct udp_in in = {
		.src = p->src,
		.dst = p->dst,
		.csum_ok = p->csum_ok,
		.to_group = p->to_group,
		.datagram = p->payload,
	};

	switch (udp_feed(&h->udp, &in)) {
	case UDP_TAKEN:
		break;
	case UDP_DROPPED:
		h->udp_drops++;
		break;
	case UDP_NO_PORT:
		h->udp_drops++;
		if (!p->to_group) /* RFC 1122 3.2.2 */
			ip_port_unreachable(&h->ip, p, now);
		break;
	}
}

static void feed_upper(struct hf_host *h, const struct ip_packet *p, hf_time_ns now)
{
	if (p->proto == IP_PROTO_TCP)
		feed_tcp(h, p, now);
	else if (p->proto == IP_PROTO_UDP)
		feed_udp(h, p, now);
}

static bool is_port_unreachable(const struct ip_error *e)
{
	return e->ip6 ? e->type == ICMP6_UNREACHABLE && e->code == 4 : e->type == ICMP4_UNREACHABLE && e->code == 3;
}

static void feed_error(struct hf_host *h, const struct ip_error *e, hf_time_ns now)
{
	struct hf_endpoint local = { e->src, e->src_port };
	struct hf_endpoint remote = { e->dst, e->dst_port };

	if (e->proto == IP_PROTO_TCP) {
		struct tcp_icmp icmp = {
			.local = local,
			.remote = remote,
			.seq = e->seq,
			.type = e->type,
			.code = e->code,
			.ip6 = e->ip6,
			.mtu = e->mtu,
		};

		tcp_icmp(&h->tcp, &icmp, now);
	} else if (e->proto == IP_PROTO_UDP && !e->mtu) {
		/* "Too big" is IP's to obey: it fragments. Source quench is nobody's any more (RFC 6633). */
		if (e->ip6 || e->type != ICMP4_SOURCE_QUENCH)
			udp_error(&h->udp, &local, &remote, is_port_unreachable(e) ? HF_REFUSED : HF_UNREACHABLE);
	}
}

/* ---- out ---- */

size_t hf_host_pull(struct hf_host *h, struct hf_frame_out *out, size_t max, hf_time_ns now)
{
	size_t n = 0, before;
	struct hf_addr silent;

	now = host_enter(h, now);
	fire_timers(h, now);
	while (tcp_next_advice(&h->tcp, &silent))
		ip_advise(&h->ip, &silent, now);
	do {
		before = n;
		n += pull_ip(h, out + n, max - n, now);
		if (ip_changed(&h->ip) != h->ip_seen) {
			h->ip_seen = ip_changed(&h->ip);
			tcp_unhold_all(&h->tcp);
		}
		while (n < max && pull_tcp(h, &out[n], now))
			n++;
		/* Again: TCP's attempts make IP ask for neighbours. */
		n += pull_ip(h, out + n, max - n, now);
	} while (n > before && n < max);
	h->frames_out += n;
	return n;
}

static size_t pull_ip(struct hf_host *h, struct hf_frame_out *out, size_t max, hf_time_ns now)
{
	size_t n = 0;

	while (n < max && ip_pull(&h->ip, &out[n], now))
		n++;
	return n;
}

static bool pull_tcp(struct hf_host *h, struct hf_frame_out *f, hf_time_ns now)
{
	struct hf_addr src, dst;

	while (tcp_peek(&h->tcp, &src, &dst)) {
		struct tcp_out o = { .frame = f };
		const struct ip_hop *hop;
		hf_status st = ip_ready(&h->ip, &dst, now, &hop);

		if (st == HF_PENDING) {
			tcp_hold(&h->tcp, now);
		} else if (st != HF_OK) {
			tcp_drop_next(&h->tcp, st, now);
		} else if (tcp_pull(&h->tcp, &o, now)) {
			/* DF: segments are cut to fit the path, RFC 1191. */
			struct ip_send s = {
				.src = o.src,
				.dst = o.dst,
				.proto = IP_PROTO_TCP,
				.ttl = o.ttl,
				.tos = o.tos,
				.df = true,
			};

			frame_put_tcp_csum(f, &o.src, &o.dst, h->cfg.offload & HF_OFFLOAD_TX_CSUM);
			st = ip_finish(&h->ip, f, &s, hop);
			HF_ASSERT(st == HF_OK);
			return true;
		}
	}
	return false;
}
