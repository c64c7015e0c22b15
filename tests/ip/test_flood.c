/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

#include "base/csum.h"

/*
 * A hundred thousand hostile frames, the same ones each time: packets of all kinds with random addresses, fragments,
 * ARP and ND of anybody, errors about anything, and all of that with octets changed. After each: every invariant
 * (lab_feed() asks), every table within its limit, and only sane packets out.
 */

#define FRAMES 100000u

static struct hf_rng rng;
static struct hf_bytes sample;

static uint32_t below(uint32_t n)
{
	return hf_rng_below(&rng, n);
}

static const char *pick(const char *const *from, unsigned n)
{
	return from[below(n)];
}

/* One in four is somebody of a large crowd. */
static struct hf_addr any4(void)
{
	static const char *const known[] = { US4,        THEM4,        GATEWAY4,          FAR4,
					     "10.9.0.3", "10.9.0.255", "255.255.255.255", "224.0.0.1",
					     "0.0.0.0",  "127.0.0.1" };
	struct hf_addr a = A(pick(known, HF_ARRAY_LEN(known)));

	if (below(4) == 0)
		a = addr_ip4_u32(0x0a090000u + below(4096));
	return a;
}

static struct hf_addr any6(void)
{
	static const char *const known[] = {
		US6, THEM6, GATEWAY6, FAR6, "fe80::ff:fe00:2", "ff02::1", "ff02::1:ff00:2", "::", "::1", "fe80::1"
	};
	struct hf_addr a = A(pick(known, HF_ARRAY_LEN(known)));

	if (below(4) == 0) {
		a = A(US6);
		hf_store16(a.b + 14, (uint16_t)below(4096));
	}
	return a;
}

static struct hf_bytes some_payload(void)
{
	return (struct hf_bytes){ sample.at + below(64), below(8) ? below(128) : below(1400) };
}

static void put_packet4(struct lab *l, bool to_us)
{
	static const uint8_t protos[] = { IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMP, 2, 99 };
	struct ip4_header h = {
		.ttl = 64,
		.proto = protos[below(5)],
		.src = any4(),
		.dst = to_us ? A(US4) : any4(),
		.id = (uint16_t)below(40)
	};
	struct hf_bytes payload = some_payload();

	if (below(3) == 0) {
		h.mf = below(2);
		h.fragment_at = (uint16_t)(8 * below(below(4) ? 32 : 8190));
		payload.len = 8 * below(32);
	}
	lab_put4(l, h, payload);
}

static void put_packet6(struct lab *l, bool to_us)
{
	static const uint8_t protos[] = { IP_PROTO_TCP,
					  IP_PROTO_UDP,
					  IP_PROTO_ICMP6,
					  IP6_NEXT_DEST_OPTS,
					  IP6_NEXT_ROUTING,
					  IP6_NEXT_HOP_BY_HOP,
					  99 };
	struct ip6_header h = {
		.hop_limit = 255,
		.proto = protos[below(7)],
		.src = any6(),
		.dst = to_us ? A(US6) : any6()
	};
	struct hf_bytes payload = some_payload();

	if (below(3) == 0) {
		h.fragmented = true;
		h.fragment_id = below(40);
		h.mf = below(2);
		h.fragment_at = (uint16_t)(8 * below(below(4) ? 32 : 8190));
		payload.len = 8 * below(32);
	}
	lab_put6(l, h, payload);
}

static void put_icmp(struct lab *l, bool ip4)
{
	static const uint8_t types4[] = { 0, 3, 4, 5, 8, 8, 11, 12, 13 },
			     types6[] = { 1, 2, 3, 4, 128, 129, 133, 134, 137 };
	struct icmp_message m = { .code = (uint8_t)below(5), .rest = below(2) ? below(1600) : (uint32_t)hf_rng_u64(&rng) };
	uint8_t quoted[200], b[300];
	struct hf_wr q = hf_wr_over(quoted, sizeof(quoted)), out = hf_wr_over(b, sizeof(b));
	struct hf_bytes message = { b, 0 };

	if (ip4) {
		struct ip4_header h = {
			.ttl = 64,
			.proto = below(2) ? 6 : 17,
			.src = any4(),
			.dst = A(US4),
			.total_len = 1500
		};
		struct ip4_header about = {
			.ttl = 64,
			.proto = below(2) ? 6 : 17,
			.src = below(2) ? A(US4) : any4(),
			.dst = any4(),
			.total_len = (uint16_t)below(65536)
		};

		about.total_len |= 20;
		ip4_put(&q, &about);
		hf_wr_copy(&q, sample.at, below(60));
		m.body = (struct hf_bytes){ quoted, hf_wr_len(&q) };
		m.type = types4[below(9)];
		icmp4_put(&out, &m);
		message.len = hf_wr_len(&out);
		h.proto = IP_PROTO_ICMP;
		lab_put4(l, h, message);
	} else {
		struct ip6_header h = {
			.hop_limit = 64,
			.proto = IP_PROTO_ICMP6,
			.src = any6(),
			.dst = below(4) ? A(US6) : any6()
		};
		struct ip6_header about = {
			.hop_limit = 64,
			.proto = below(2) ? 6 : 17,
			.src = below(2) ? A(US6) : any6(),
			.dst = any6(),
			.payload_len = (uint16_t)below(65536)
		};

		ip6_put(&q, &about);
		hf_wr_copy(&q, sample.at, below(60));
		m.body = (struct hf_bytes){ quoted, hf_wr_len(&q) };
		m.type = types6[below(9)];
		icmp6_put(&out, &m, &h.src, &h.dst);
		message.len = hf_wr_len(&out);
		lab_put6(l, h, message);
	}
}

static void put_nd(struct lab *l)
{
	struct nd_message nd = { .type = below(2) ? ICMP6_NEIGHBOUR_SOLICIT : ICMP6_NEIGHBOUR_ADVERT,
				 .target = any6(),
				 .solicited = below(2),
				 .override = below(2),
				 .has_mac = below(4),
				 .mac = { 2, 0, 0, 0, 1, (uint8_t)below(256) } };
	struct ip6_header h = {
		.hop_limit = 255,
		.proto = IP_PROTO_ICMP6,
		.src = any6(),
		.dst = below(2) ? A(US6) : any6()
	};
	uint8_t b[64];
	struct hf_wr out = hf_wr_over(b, sizeof(b));

	nd_put(&out, &nd, &h.src, &h.dst);
	lab_put6(l, h, (struct hf_bytes){ b, hf_wr_len(&out) });
}

static void put_arp(struct lab *l)
{
	struct arp_packet arp = {
		.op = (uint16_t)(1 + below(2)),
		.sender = any4(),
		.target = below(2) ? A(US4) : any4(),
		.sender_mac = { 2, 0, 0, 0, 2, (uint8_t)below(256) }
	};

	lab_put_arp(l, &arp, below(2) ? lab_us_mac : lab_broadcast_mac);
}

static void put_something(struct lab *l)
{
	switch (below(8)) {
	case 0:
		put_packet4(l, true);
		break;
	case 1:
		put_packet4(l, false);
		break;
	case 2:
		put_packet6(l, true);
		break;
	case 3:
		put_packet6(l, false);
		break;
	case 4:
		put_icmp(l, below(2));
		break;
	case 5:
		put_nd(l);
		break;
	case 6:
		put_arp(l);
		break;
	default: /* a new thought on the last frame */
		break;
	}
}

static void spoil(struct lab *l)
{
	uint8_t *p;

	for (uint32_t n = below(4); n && l->frame_len; n--)
		l->frame[below((uint32_t)hf_min_u64(l->frame_len, below(2) ? 64 : l->frame_len))] =
			(uint8_t)hf_rng_u64(&rng);
	if (below(8) == 0 && l->frame_len)
		l->frame_len = below((uint32_t)l->frame_len);
	/* Often enough the header's checksum is made right again, so that the damage gets further. */
	p = lab_ip(l);
	if (below(4) && p + 20 <= l->frame + l->frame_len && p[0] >> 4 == 4) {
		size_t n = hf_min_u64((p[0] & 15u) * 4u, (size_t)(l->frame + l->frame_len - p));

		hf_store16(p + 10, 0);
		hf_store16(p + 10, hf_csum_finish(hf_csum_add(0, p, n)));
	}
}

static void expect_sane_output(struct lab *l)
{
	for (size_t i = 0; i < l->outs; i++) {
		struct hf_bytes p = lab_out_ip(l, i);
		struct ip4_header h4;
		struct ip6_header h6;
		struct arp_packet arp;

		if (l->ip.link == HF_LINK_ETHERNET && lab_out_type(l, i) == ETH_TYPE_ARP) {
			assert_int_equal(arp_parse(p, &arp), HF_OK);
			assert_true(ip_is_ours(&l->ip, &arp.sender));
		} else if (p.at[0] >> 4 == 4) {
			assert_int_equal(ip4_parse(p, &h4), HF_OK);
			assert_true(ip_is_ours(&l->ip, &h4.src) && ip_is_unicast(&l->ip, &h4.dst));
		} else {
			assert_int_equal(ip6_parse(p, &h6), HF_OK);
			assert_true(ip_is_ours(&l->ip, &h6.src));
		}
	}
}

static void expect_limits(const struct lab *l)
{
	assert_true(ip_neighbours_in_use(&l->ip) <= l->cfg.limits.neighbours);
	assert_true(ip_reassemblies_in_use(&l->ip) <= l->cfg.limits.reassemblies);
	assert_true(l->ip.paths.in_use <= l->cfg.limits.paths);
	assert_true(l->ip.datagrams.in_use <= l->cfg.limits.control);
	assert_true(l->wheel.count <=
		    l->cfg.limits.neighbours + l->cfg.limits.reassemblies + l->cfg.limits.paths + l->ip.addr_count);
}

/* Answers to hostile frames are at most one each, but for the fragments of a large echo. */
static void flood(enum hf_link_kind link, uint8_t seed_octet)
{
	struct hf_host_config cfg = {
		.link = link,
		.no_dad = true,
		.limits = { .neighbours = 32, .reassemblies = 6, .paths = 8, .control = 24 },
	};
	struct lab *l = lab_bare(&cfg);
	uint8_t seed[16] = { seed_octet };
	struct hf_addr any = { 0 }, us4 = A(US4)
	, us6 = A(US6)
	, gw4 = A(GATEWAY4)
	, gw6 = A(GATEWAY6);
	unsigned upper = 0, error = 0;

	hf_rng_init(&rng, seed);
	assert_int_equal(ip_add_addr(&l->ip, &us4, 24, l->now), HF_OK);
	assert_int_equal(ip_add_addr(&l->ip, &us6, 64, l->now), HF_OK);
	assert_int_equal(ip_add_route(&l->ip, &any, 0, &gw4), HF_OK);
	assert_int_equal(ip_add_route(&l->ip, &any, 0, &gw6), HF_OK);
	lab_pull(l);
	for (unsigned i = 0; i < FRAMES / 2; i++) {
		put_something(l);
		if (below(2))
			spoil(l);
		switch (lab_feed(l)) {
		case IP_UPPER:
			upper++;
			assert_true(l->in.packet.proto == IP_PROTO_TCP || l->in.packet.proto == IP_PROTO_UDP);
			assert_true(ip_is_unicast(&l->ip, &l->in.packet.src));
			assert_true(l->in.packet.payload.len <= l->in.packet.whole.len);
			if (l->in.packet.proto == IP_PROTO_UDP)
				ip_port_unreachable(&l->ip, &l->in.packet, l->now);
			break;
		case IP_ERROR:
			error++;
			assert_true(ip_is_ours(&l->ip, &l->in.error.src));
			break;
		case IP_NOTHING:
			break;
		}
		expect_limits(l);
		if (below(4) == 0) {
			lab_pull(l);
			expect_sane_output(l);
		}
		if (below(8) == 0) {
			lab_run(l, HF_MS(below(below(64) ? 50 : 20000)));
			expect_sane_output(l);
		}
	}
	/* The flood got somewhere, and when it ends, everything goes back. */
	assert_true(upper > FRAMES / 100 && error > FRAMES / 1000);
	lab_run(l, HF_S(1000));
	assert_int_equal(ip_reassemblies_in_use(&l->ip), 0);
	assert_int_equal(l->ip.paths.in_use, 0);
	assert_int_equal(l->ip.waiting, 0);
	assert_int_equal(l->wheel.count, 0);
	/* And the host still answers. */
	lab_learn(l, THEM4);
	lab_feed4(l, lab_h4(THEM4, US4, IP_PROTO_ICMP), B("\x08\x01\xf7\xfe"));
	lab_mark(l);
	{
		uint8_t b[8];
		struct hf_wr out = hf_wr_over(b, sizeof(b));

		icmp4_put(&out, &(struct icmp_message){ .type = ICMP4_ECHO });
		lab_feed4(l, lab_h4(THEM4, US4, IP_PROTO_ICMP), (struct hf_bytes){ b, 8 });
	}
	assert_int_equal(lab_pull(l), 1);
	lab_free(l);
}

static void on_ethernet(void **state)
{
	(void)state;
	flood(HF_LINK_ETHERNET, 1);
}

static void on_bare_ip(void **state)
{
	(void)state;
	flood(HF_LINK_IP, 2);
}

int main(void)
{
	static uint8_t octets[2048];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_ethernet),
		cmocka_unit_test(on_bare_ip),
	};

	for (unsigned i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 31 + i / 7);
	sample = (struct hf_bytes){ octets, sizeof(octets) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
