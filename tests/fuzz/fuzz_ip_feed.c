/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

#include "fuzz.h"
#include "wire/arp.h"

/*
 * The whole Internet layer, fed a little program: an octet for the kind of link, then steps.
 *
 *	0, length (2), octets    a frame as it is
 *	1, length (2), octets    an IP packet, with its checksums made right and a link header put in front
 *	2, ms (2)                time passes, timers fire
 *	3, octet                 the user asks whether one of eight destinations is ready
 *	4, octet, length (2)     the user sends a datagram to one of them
 *	5                        the driver takes all that waits
 *
 * After each step all invariants must hold; what comes out must be packets that others would take.
 */

#define ADDR6 "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
#define MAC_US "\x02\x00\x00\x00\x00\x02"
#define MAC_THEM "\x02\x00\x00\x00\x00\x01"
#define PULL "\x05"

FUZZ_SEEDS(
	/* echo, resolved by ARP */
	FUZZ_SEED("\x00"
		  "\x01\x00\x20\x45\x00\x00\x20\x00\x01\x00\x00\x40\x01\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
		  "\x08\x00\x00\x00\x12\x34\x00\x01"
		  "ping" PULL "\x00\x00\x2a" MAC_US MAC_THEM "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02" MAC_THEM
		  "\x0a\x09\x00\x01" MAC_US "\x0a\x09\x00\x02" PULL "\x02\xff\xff" PULL),
	/* two fragments, then the time-out of a third */
	FUZZ_SEED("\x01"
		  "\x01\x00\x1c\x45\x00\x00\x1c\x00\x07\x20\x00\x40\x11\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
		  "\x00\x09\x00\x07\x00\x10\x00\x00"
		  "\x01\x00\x1c\x45\x00\x00\x1c\x00\x07\x00\x01\x40\x11\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
		  "fragment"
		  "\x01\x00\x1c\x45\x00\x00\x1c\x00\x08\x20\x00\x40\x11\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
		  "\x00\x09\x00\x07\x00\x10\x00\x00"
		  "\x02\xea\x60\x02\xea\x60" PULL),
	/* IPv6 fragments in the other order */
	FUZZ_SEED("\x01"
		  "\x01\x00\x38\x60\x00\x00\x00\x00\x10\x2c\x40" ADDR6 "\x01" ADDR6 "\x02\x11\x00\x00\x08\x00\x00\x00\x09"
		  "fragment"
		  "\x01\x00\x38\x60\x00\x00\x00\x00\x10\x2c\x40" ADDR6 "\x01" ADDR6 "\x02\x11\x00\x00\x01\x00\x00\x00\x09"
		  "\x00\x09\x00\x07\x00\x10\x00\x00" PULL),
	/* a solicitation and its answer; the neighbour grows old and is asked again */
	FUZZ_SEED("\x00"
		  "\x01\x00\x48\x60\x00\x00\x00\x00\x20\x3a\xff" ADDR6 "\x01" ADDR6
		  "\x02\x87\x00\x00\x00\x00\x00\x00\x00" ADDR6 "\x02\x01\x01" MAC_THEM PULL "\x02\x20\x00\x03\x02" PULL
		  "\x01\x00\x48\x60\x00\x00\x00\x00\x20\x3a\xff" ADDR6 "\x01" ADDR6
		  "\x02\x88\x00\x00\x00\x60\x00\x00\x00" ADDR6 "\x01\x02\x01" MAC_THEM "\x03\x02\x04\x02\x10\x00" PULL),
	/* DAD, and somebody has the address */
	FUZZ_SEED("\x02" PULL "\x01\x00\x48\x60\x00\x00\x00\x00\x20\x3a\xff" ADDR6
		  "\x02\xff\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
		  "\x88\x00\x00\x00\x20\x00\x00\x00" ADDR6 "\x02\x02\x01" MAC_THEM "\x02\x04\x00\x03\x02" PULL),
	/* too big, both families; then a large datagram */
	FUZZ_SEED("\x01"
		  "\x01\x00\x38\x45\x00\x00\x38\x00\x01\x00\x00\x40\x01\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02\x03\x04\x00\x00\x00\x00\x02\x50"
		  "\x45\x00\x05\xdc\x00\x01\x40\x00\x40\x11\x00\x00\x0a\x09\x00\x02\x0a\x09\x00\x01\x00\x07\x00\x09\x05\xc8\x00\x00"
		  "\x04\x00\x20\x00" PULL "\x01\x00\x60\x60\x00\x00\x00\x00\x38\x3a\x40" ADDR6 "\x01" ADDR6
		  "\x02\x02\x00\x00\x00\x00\x00\x05\x00"
		  "\x60\x00\x00\x00\x05\xb4\x06\x40" ADDR6 "\x02" ADDR6 "\x01\x00\x50\x00\x51\x00\x00\x00\x07"
		  "\x04\x02\x20\x00" PULL),
	/* unknown protocol, unknown option */
	FUZZ_SEED("\x01"
		  "\x01\x00\x18\x45\x00\x00\x18\x00\x01\x00\x00\x40\x63\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
		  "what"
		  "\x01\x00\x34\x60\x00\x00\x00\x00\x0c\x3c\x40" ADDR6 "\x01" ADDR6 "\x02\x06\x00\x9e\x04\x00\x00\x00\x00"
		  "tail" PULL));

struct world {
	struct ip ip;
	struct hf_wheel wheel;
	struct hf_trace trace;
	struct hf_rng rng;
	hf_time_ns now;
	struct hf_addr peers[8];
	void *mem;
};

static const struct hf_addr us4 = { { [10] = 0xff, 0xff, 10, 9, 0, 2 } };
static const struct hf_addr us6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };

static void begin(struct world *w, uint8_t kind)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 2 }, seed[16] = { 1 };
	struct hf_host_config cfg = {
		.link = kind & 1 ? HF_LINK_IP : HF_LINK_ETHERNET,
		.no_dad = !(kind & 2),
		.limits = { .neighbours = 4, .reassemblies = 3, .paths = 2, .control = 8 },
	};
	struct hf_arena a = hf_arena_count();
	struct hf_addr any = { 0 }, gw4 = us4, gw6 = us6;

	memset(w, 0, sizeof(*w));
	memcpy(cfg.mac, mac, 6);
	ip_init(&w->ip, &a, &cfg, NULL, NULL, NULL);
	hf_trace_init(&w->trace, &a, 64);
	w->mem = malloc(a.used);
	FUZZ_CHECK(w->mem);
	a = hf_arena_over(w->mem, a.used);
	hf_wheel_init(&w->wheel, 0);
	hf_rng_init(&w->rng, seed);
	ip_init(&w->ip, &a, &cfg, &w->wheel, &w->trace, &w->rng);
	hf_trace_init(&w->trace, &a, 64);
	FUZZ_CHECK(hf_arena_end(&a) == HF_OK);
	gw4.b[15] = gw6.b[15] = 254;
	FUZZ_CHECK(ip_add_addr(&w->ip, &us4, 24, 0) == HF_OK && ip_add_addr(&w->ip, &us6, 64, 0) == HF_OK);
	FUZZ_CHECK(ip_add_route(&w->ip, &any, 0, &gw4) == HF_OK && ip_add_route(&w->ip, &any, 0, &gw6) == HF_OK);
	for (unsigned i = 0; i < 8; i++) {
		w->peers[i] = i & 2 ? us6 : us4;
		w->peers[i].b[15] = (uint8_t)(1 + i / 4);
		w->peers[i].b[i & 2 ? 7 : 14] = i & 1;
	}
}

static void check_output(const struct world *w, const struct hf_frame_out *f)
{
	static uint8_t frame[HF_FRAME_HEAD + 1500];
	size_t at = w->ip.link == HF_LINK_ETHERNET ? ETH_HEADER_BYTES : 0, len = f->head_len;
	struct hf_bytes packet;
	struct ip4_header h4;
	struct ip6_header h6;
	struct arp_packet arp;

	FUZZ_CHECK(f->head_len + f->payload_len <= at + w->ip.mtu && f->head_at + f->head_len <= HF_FRAME_HEAD);
	memcpy(frame, f->head + f->head_at, f->head_len);
	for (unsigned i = 0; i < f->parts; i++) {
		memcpy(frame + len, f->part[i].at, f->part[i].len);
		len += f->part[i].len;
	}
	FUZZ_CHECK(len == f->head_len + f->payload_len);
	packet = (struct hf_bytes){ frame + at, len - at };
	if (at && hf_load16(frame + 12) == ETH_TYPE_ARP) {
		FUZZ_CHECK(arp_parse(packet, &arp) == HF_OK && ip_is_ours(&w->ip, &arp.sender));
	} else if (packet.at[0] >> 4 == 4) {
		FUZZ_CHECK(ip4_parse(packet, &h4) == HF_OK && ip_is_ours(&w->ip, &h4.src));
		FUZZ_CHECK(h4.payload.len + 20 == packet.len);
	} else {
		FUZZ_CHECK(ip6_parse(packet, &h6) == HF_OK && h6.headers_len + h6.payload.len == packet.len);
		FUZZ_CHECK(ip_is_ours(&w->ip, &h6.src) || (addr_is_any(&h6.src) && addr_is_multicast(&h6.dst)));
	}
}

static void pull(struct world *w)
{
	struct hf_frame_out f;

	while (ip_pull(&w->ip, &f, w->now))
		check_output(w, &f);
	FUZZ_CHECK(!ip_has_output(&w->ip));
}

static void feed(struct world *w, struct hf_bytes bytes)
{
	struct hf_frame frame = { .bytes = bytes };
	uint64_t drops = ip_drops(&w->ip);
	struct ip_in in;

	memset(&in, FUZZ_PATTERN, sizeof(in));
	switch (ip_feed(&w->ip, &frame, w->now, &in)) {
	case IP_UPPER:
		FUZZ_CHECK(in.packet.proto == IP_PROTO_TCP || in.packet.proto == IP_PROTO_UDP);
		FUZZ_CHECK(ip_is_unicast(&w->ip, &in.packet.src) &&
			   addr_is_ip4(&in.packet.src) == addr_is_ip4(&in.packet.dst));
		FUZZ_CHECK(in.packet.to_group || ip_is_ours(&w->ip, &in.packet.dst));
		FUZZ_CHECK(fuzz_inside(in.packet.payload, in.packet.whole.at, in.packet.whole.len));
		FUZZ_CHECK(!in.packet.csum_ok && in.packet.gso_size == 0);
		ip_port_unreachable(&w->ip, &in.packet, w->now);
		FUZZ_CHECK(ip_drops(&w->ip) == drops);
		break;
	case IP_ERROR:
		FUZZ_CHECK(ip_is_ours(&w->ip, &in.error.src) && ip_is_unicast(&w->ip, &in.error.dst));
		FUZZ_CHECK(in.error.mtu == 0 || in.error.mtu == ip_path_mtu(&w->ip, &in.error.dst));
		FUZZ_CHECK(ip_drops(&w->ip) == drops);
		break;
	case IP_NOTHING:
		FUZZ_CHECK(fuzz_untouched(&in, sizeof(in)) && ip_drops(&w->ip) - drops <= 1);
		break;
	}
}

static void repair(uint8_t *p, size_t n)
{
	if (n >= 20 && p[0] >> 4 == 4) {
		size_t header = (p[0] & 15u) * 4u, end = hf_min_u64(n, hf_load16(p + 2));

		if (header < 20 || header > n)
			return;
		fuzz_fix_csum(p, header, 10, 0);
		if (p[9] == IP_PROTO_ICMP && end >= header + 4)
			fuzz_fix_csum(p + header, end - header, 2, 0);
	} else if (n >= 44 && p[0] >> 4 == 6 && p[6] == IP_PROTO_ICMP6) {
		struct hf_addr src, dst;
		size_t len = hf_min_u64(n - 40, hf_load16(p + 4));

		memcpy(src.b, p + 8, 16);
		memcpy(dst.b, p + 24, 16);
		if (len >= 4)
			fuzz_fix_csum(p + 40, len, 2, hf_csum_pseudo(&src, &dst, IP_PROTO_ICMP6, (uint32_t)len));
	}
}

static void feed_packet(struct world *w, struct hf_bytes packet)
{
	static const uint8_t us[6] = { 2, 0, 0, 0, 0, 2 }, them[6] = { 2, 0, 0, 0, 0, 1 };
	size_t at = w->ip.link == HF_LINK_ETHERNET ? ETH_HEADER_BYTES : 0;
	uint8_t *frame = malloc(at + packet.len + 1);

	FUZZ_CHECK(frame);
	if (packet.len)
		memcpy(frame + at, packet.at, packet.len);
	repair(frame + at, packet.len);
	if (at) {
		memcpy(frame, us, 6);
		memcpy(frame + 6, them, 6);
		hf_store16(frame + 12, packet.len && packet.at[0] >> 4 == 6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4);
	}
	feed(w, (struct hf_bytes){ frame, at + packet.len });
	free(frame);
}

static void pass(struct world *w, hf_time_ns t)
{
	struct hf_timer *timer;

	w->now += t;
	while ((timer = hf_wheel_next(&w->wheel, w->now)))
		ip_timer(&w->ip, timer, w->now);
}

static void send_datagram(struct world *w, const struct hf_addr *dst, uint16_t len)
{
	static const uint8_t zeros[65535];
	struct ip_send s = {
		.src = addr_is_ip4(dst) ? us4 : us6, .dst = *dst, .proto = IP_PROTO_UDP, .ttl = 64, .df = len & 1
	};

	(void)!ip_send(&w->ip, &s, (struct hf_bytes){ zeros, len }, w->now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_rd in = hf_rd_over((struct hf_bytes){ data, size });
	static struct world w;
	const struct ip_hop *hop;
	uint8_t who;
	size_t n;

	begin(&w, hf_rd_u8(&in));
	while (hf_rd_left(&in)) {
		switch (hf_rd_u8(&in)) {
		case 0:
			n = hf_rd_u16(&in);
			feed(&w, hf_rd_bytes(&in, hf_min_u64(n, hf_rd_left(&in))));
			break;
		case 1:
			n = hf_rd_u16(&in);
			feed_packet(&w, hf_rd_bytes(&in, hf_min_u64(n, hf_rd_left(&in))));
			break;
		case 2:
			pass(&w, HF_MS(hf_rd_u16(&in)));
			break;
		case 3:
			(void)!ip_ready(&w.ip, &w.peers[hf_rd_u8(&in) & 7], w.now, &hop);
			break;
		case 4:
			who = hf_rd_u8(&in) & 7;
			send_datagram(&w, &w.peers[who], hf_rd_u16(&in));
			break;
		default:
			pull(&w);
			break;
		}
		ip_check(&w.ip);
	}
	pull(&w);
	pass(&w, HF_S(2000));
	pull(&w);
	pass(&w, HF_S(2000));
	ip_check(&w.ip);
	FUZZ_CHECK(ip_reassemblies_in_use(&w.ip) <= 1 && w.wheel.count <= 4); /* what was sent last may have asked somebody */
	free(w.mem);
	return 0;
}
