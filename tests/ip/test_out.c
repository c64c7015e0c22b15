/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

#include "base/csum.h"

/* Packets out: headers in front of segments, datagrams, fragments and how another host takes them. */

static uint8_t data[65536];

static struct ip_send to(const char *dst, uint8_t proto, bool df)
{
	return (struct ip_send)
	{
		.src = A(strchr(dst, ':') ? US6 : US4)
		, .dst = A(dst)
		, .proto = proto, .ttl = 61, .tos = 0x28, .df = df
	};
}

/* ---- ip_finish ---- */

static void headers_in_front_of_a_segment(void **state)
{
	static const enum hf_link_kind links[] = { HF_LINK_ETHERNET, HF_LINK_IP };

	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		bool ip4 = k / 2, eth = links[k % 2] == HF_LINK_ETHERNET;
		struct lab *l = lab_new(links[k % 2]);
		const char *dst = ip4 ? FAR4 : FAR6, *gateway = ip4 ? GATEWAY4 : GATEWAY6;
		unsigned headers = (ip4 ? 20 : 40) + (eth ? 14 : 0);
		struct ip_send s = to(dst, IP_PROTO_TCP, true);
		struct hf_frame_out f = { .head_at = IP_L4_AT, .head_len = 32, .payload_len = 1400, .parts = 1 };
		uint8_t whole[1600];
		struct ip4_header h4;
		struct ip6_header h6;

		f.part[0] = (struct hf_bytes){ data, 1400 };
		f.csum_start = 0;
		f.csum_offset = 16;
		f.flags = HF_FRAME_CSUM_PARTIAL;
		memset(f.head + IP_L4_AT, 0x5a, 32);
		if (eth) {
			assert_int_equal(lab_finish(l, &f, &s), HF_PENDING);
			assert_int_equal(f.head_at, IP_L4_AT); /* untouched */
			lab_learn(l, gateway);
		}
		assert_int_equal(lab_finish(l, &f, &s), HF_OK);
		assert_int_equal(f.head_at, IP_L4_AT - headers);
		assert_int_equal(f.head_len, 32 + headers);
		assert_int_equal(f.hdr_len, f.head_len);
		assert_int_equal(f.csum_start, headers);
		assert_int_equal(f.csum_offset, 16);
		assert_int_equal(f.flags, HF_FRAME_CSUM_PARTIAL);
		memcpy(whole, f.head + f.head_at, f.head_len);
		memcpy(whole + f.head_len, data, 1400);
		if (eth) {
			assert_memory_equal(whole, lab_them_mac, 6);
			assert_memory_equal(whole + 6, lab_us_mac, 6);
			assert_int_equal(hf_load16(whole + 12), ip4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
		}
		struct hf_bytes packet = { whole + (eth ? 14 : 0), f.head_len + 1400u - (eth ? 14 : 0) };
		if (ip4) {
			assert_int_equal(ip4_parse(packet, &h4), HF_OK);
			assert_true(h4.df && !h4.mf && h4.fragment_at == 0 && h4.ttl == 61 && h4.tos == 0x28 &&
				    h4.proto == IP_PROTO_TCP);
			assert_true(addr_eq(&h4.src, &s.src) && addr_eq(&h4.dst, &s.dst));
			assert_int_equal(h4.payload.len, 1432);
		} else {
			assert_int_equal(ip6_parse(packet, &h6), HF_OK);
			assert_true(h6.hop_limit == 61 && h6.traffic_class == 0x28 && h6.proto == IP_PROTO_TCP &&
				    !h6.fragmented);
			assert_true(addr_eq(&h6.src, &s.src) && addr_eq(&h6.dst, &s.dst));
			assert_int_equal(h6.payload.len, 1432);
		}
		lab_free(l);
	}
}

static void super_segments(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct ip_send s = to(FAR4, IP_PROTO_TCP, true);
	struct hf_frame_out f = { .head_at = IP_L4_AT, .head_len = 20, .payload_len = 65495, .gso_size = 1448 };
	uint16_t id;

	(void)state;
	assert_int_equal(lab_finish(l, &f, &s), HF_OK);
	assert_int_equal(hf_load16(f.head + f.head_at + 2), 65535);
	assert_int_equal(f.gso_size, 1448);
	id = hf_load16(f.head + f.head_at + 4);
	f.head_at = IP_L4_AT;
	f.head_len = 20;
	f.payload_len = 10;
	f.gso_size = 0;
	assert_int_equal(lab_finish(l, &f, &s), HF_OK);
	assert_int_equal((uint16_t)(hf_load16(f.head + f.head_at + 4) - id), 65495 / 1448 + 1); /* no piece shares its id */
	f.head_at = IP_L4_AT;
	f.head_len = 20;
	f.payload_len = 65496;
	f.gso_size = 1448;
	assert_int_equal(lab_finish(l, &f, &s), HF_TOO_BIG);
	f.gso_size = 0;
	f.payload_len = 1461; /* one more than the link takes */
	assert_int_equal(lab_finish(l, &f, &s), HF_TOO_BIG);
	assert_int_equal(f.head_at, IP_L4_AT);
	lab_free(l);
}

/* ---- fragments, and what becomes of them ---- */

/* The last fragment may fill the room to its last octet, the others only to a multiple of eight. */
static unsigned frames_for(uint32_t n, bool ip4)
{
	uint32_t room = ip4 ? 1480 : 1452;
	unsigned frames = 1;

	if (n <= (ip4 ? 1480 : 1460))
		return 1;
	for (; n > room; n -= room - room % 8)
		frames++;
	return frames;
}

static void round_trip(void **state)
{
	static const uint32_t sizes[] = { 8,    100,  1451, 1452, 1453,  1459,  1460,  1461, 1479,
					  1480, 1481, 1482, 2047, 2048,  2049,  2895,  2896, 2897,
					  2959, 2960, 2961, 9000, 30001, 65507, 65514, 65515 };
	struct hf_host_config cfg = { .link = HF_LINK_IP };

	(void)state;
	for (unsigned ip4 = 0; ip4 < 2; ip4++) {
		struct lab *a = lab_new(HF_LINK_IP), *b = lab_bare(&cfg);
		struct hf_addr far = A(ip4 ? FAR4 : FAR6);
		struct ip_send s = to(ip4 ? FAR4 : FAR6, IP_PROTO_UDP, false);

		assert_int_equal(ip_add_addr(&b->ip, &far, ip4 ? 24 : 64, b->now), HF_OK);
		for (unsigned i = 0; i < HF_ARRAY_LEN(sizes); i++) {
			uint32_t n = sizes[i];
			unsigned whole = 0;

			lab_mark(a);
			assert_int_equal(ip_send(&a->ip, &s, (struct hf_bytes){ data, n }, a->now), HF_OK);
			assert_int_equal(lab_pull(a), frames_for(n, ip4));
			assert_int_equal(lab_count(a, HF_TR_IP_FRAGMENTED), a->outs > 1);
			for (size_t o = 0; o < a->outs; o++) {
				assert_true(a->out[o].len <= 1500);
				whole += lab_feed_bytes(b, lab_out_ip(a, o)) == IP_UPPER;
				assert_int_equal(whole, o == a->outs - 1);
			}
			assert_int_equal(b->in.packet.payload.len, n);
			assert_memory_equal(b->in.packet.payload.at, data, n);
			assert_int_equal(b->in.packet.ttl, 61);
			assert_int_equal(b->in.packet.tos, 0x28);
		}
		lab_free(a);
		lab_free(b);
	}
}

/* The largest that IPv6 takes, and one more; for IPv4 the header counts too. */
static void too_large(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct ip_send s4 = to(FAR4, IP_PROTO_UDP, false), s6 = to(FAR6, IP_PROTO_UDP, false),
		       df = to(FAR4, IP_PROTO_UDP, true);

	(void)state;
	assert_int_equal(ip_send(&l->ip, &s4, (struct hf_bytes){ data, 65516 }, l->now), HF_TOO_BIG);
	assert_int_equal(ip_send(&l->ip, &s6, (struct hf_bytes){ data, 65536 }, l->now), HF_TOO_BIG);
	assert_int_equal(ip_send(&l->ip, &s6, (struct hf_bytes){ data, 65535 }, l->now), HF_OK);
	assert_int_equal(ip_send(&l->ip, &df, (struct hf_bytes){ data, 1481 }, l->now), HF_TOO_BIG);
	assert_int_equal(ip_send(&l->ip, &df, (struct hf_bytes){ data, 1480 }, l->now), HF_OK);
	assert_int_equal(lab_pull(l), 46 + 1);
	assert_int_equal(lab_out_ip(l, 46).at[6], 0x40);
	lab_free(l);
}

static uint32_t id_of(const struct lab *l, size_t i, bool ip4)
{
	struct hf_bytes p = lab_out_ip(l, i);

	return ip4 ? hf_load16(p.at + 4) : hf_load32(p.at + 44);
}

/* RFC 6864 4.3: none comes twice soon. RFC 7739: nor does one flow tell the other's. */
static void identification(void **state)
{
	(void)state;
	for (unsigned ip4 = 0; ip4 < 2; ip4++) {
		struct lab *l = lab_new(HF_LINK_IP);
		struct ip_send a = to(ip4 ? FAR4 : FAR6, IP_PROTO_UDP, false),
			       b = to(ip4 ? THEM4 : THEM6, IP_PROTO_UDP, false);
		uint32_t first = 0, other = 0;

		for (unsigned i = 0; i < 200; i++) {
			assert_int_equal(ip_send(&l->ip, &a, (struct hf_bytes){ data, 2000 }, l->now), HF_OK);
			assert_int_equal(ip_send(&l->ip, &b, (struct hf_bytes){ data, 2000 }, l->now), HF_OK);
			assert_int_equal(lab_pull(l), 4);
			assert_int_equal(id_of(l, 0, ip4), id_of(l, 1, ip4));
			if (i == 0) {
				first = id_of(l, 0, ip4);
				other = id_of(l, 2, ip4);
				assert_true(first - other > 200 && other - first > 200);
			}
			assert_int_equal((id_of(l, 0, ip4) - first) & (ip4 ? 0xffffu : 0xffffffffu), i);
		}
		lab_free(l);
	}
}

/* ---- the queue ---- */

static void queue_is_bounded(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_IP, .limits = { .control = 8, .reassemblies = 4 } };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US4);
	struct ip_send s = to(THEM4, IP_PROTO_UDP, false);

	(void)state;
	assert_int_equal(ip_send(&l->ip, &s, B("12345678"), l->now), HF_NO_ROUTE);
	assert_int_equal(ip_add_addr(&l->ip, &us, 24, l->now), HF_OK);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(ip_send(&l->ip, &s, B("12345678"), l->now), HF_OK);
	assert_int_equal(ip_send(&l->ip, &s, B("12345678"), l->now), HF_FULL);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_QUEUE), 1);
	assert_true(ip_has_output(&l->ip));
	assert_int_equal(lab_pull(l), 8);
	/* Of large ones there are fewer: half as many as of reassemblies. */
	assert_int_equal(ip_send(&l->ip, &s, (struct hf_bytes){ data, 3000 }, l->now), HF_OK);
	assert_int_equal(ip_send(&l->ip, &s, (struct hf_bytes){ data, 3000 }, l->now), HF_OK);
	assert_int_equal(ip_send(&l->ip, &s, (struct hf_bytes){ data, 3000 }, l->now), HF_FULL);
	assert_int_equal(ip_send(&l->ip, &s, (struct hf_bytes){ data, 2000 }, l->now), HF_OK);
	assert_int_equal(lab_pull(l), 8);
	assert_int_equal(ip_send(&l->ip, &s, (struct hf_bytes){ data, 3000 }, l->now), HF_OK);
	s.src = A("10.9.0.77");
	assert_int_equal(ip_send(&l->ip, &s, B("12345678"), l->now), HF_NOT_OURS);
	lab_free(l);
}

/* Frames of one batch all hold, whatever ip_ready() asks for in between. */
static void a_batch_holds_still(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_ETHERNET, .limits = { .control = 8 } };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US4)
	, stranger = A("10.9.0.200");
	struct ip_send s = to(THEM4, IP_PROTO_UDP, false);
	struct hf_frame_out f[4];

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us, 24, l->now), HF_OK);
	lab_pull(l);
	lab_learn(l, THEM4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(ip_send(&l->ip, &s, (struct hf_bytes){ data + i, 16 }, l->now), HF_OK);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(ip_pull(&l->ip, &f[i], l->now));
		stranger.b[15]++;
		assert_int_equal(lab_ready(l, &stranger), HF_PENDING);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_memory_equal(f[i].part[0].at, data + i, 16);
	lab_free(l);
}

/* A neighbour that goes while packets are queued makes them wait again. */
static void neighbour_goes_before_the_frame(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct ip_send s = to(THEM4, IP_PROTO_UDP, false);
	struct arp_packet arp = {.op = ARP_REPLY, .sender = A(THEM4), .target = A(US4) };
	struct hf_addr them = A(THEM4);
	struct hf_frame_out f;

	(void)state;
	lab_learn(l, THEM4);
	assert_int_equal(ip_send(&l->ip, &s, (struct hf_bytes){ data, 4000 }, l->now), HF_OK);
	assert_true(ip_pull(&l->ip, &f, l->now)); /* the first of three fragments */
	ip_neigh_set_state(&l->ip, ip_neigh_find(&l->ip, &them), IP_NEIGH_INCOMPLETE, l->now);
	assert_false(ip_pull(&l->ip, &f, l->now));
	lab_check(l);
	memcpy(arp.sender_mac, lab_them_mac, 6);
	lab_put_arp(l, &arp, lab_us_mac);
	lab_feed(l);
	assert_int_equal(lab_pull(l), 2);
	assert_int_equal(hf_load16(lab_out_ip(l, 0).at + 6), 0x2000 | 1480 / 8);
	assert_int_equal(hf_load16(lab_out_ip(l, 1).at + 6), 2960 / 8);
	lab_free(l);
}

/* An echo request in fragments is answered in fragments. */
static void large_echo(void **state)
{
	struct lab *a = lab_new(HF_LINK_IP);
	struct hf_host_config cfg = { .link = HF_LINK_IP };
	struct hf_addr far = A(FAR6);
	static uint8_t message[60008];
	struct hf_wr out = hf_wr_over(message, sizeof(message));
	struct icmp_message m = { .type = ICMP6_ECHO, .rest = 7, .body = { data, 60000 } };
	struct lab *b = lab_bare(&cfg);
	struct ip_send s = {.src = far, .dst = A(US6), .proto = IP_PROTO_ICMP6, .ttl = 64 };
	struct hf_addr gw = A("2001:db8:ffff::1")
	, any = { 0 };

	(void)state;
	assert_int_equal(ip_add_addr(&b->ip, &far, 64, b->now), HF_OK);
	assert_int_equal(ip_add_route(&b->ip, &any, 0, &gw), HF_OK);
	icmp6_put(&out, &m, &s.src, &s.dst);
	assert_int_equal(ip_send(&b->ip, &s, (struct hf_bytes){ message, sizeof(message) }, b->now), HF_OK);
	lab_pull(b);
	for (size_t i = 0; i < b->outs; i++)
		assert_int_equal(lab_feed_bytes(a, lab_out_ip(b, i)), IP_NOTHING);
	assert_int_equal(lab_last(a, HF_TR_ICMP_ECHO).len, 60000);
	assert_int_equal(lab_pull(a), b->outs);
	lab_mark(b);
	for (size_t i = 0; i < a->outs; i++)
		lab_feed_bytes(b, lab_out_ip(a, i));
	assert_int_equal(lab_count(b, HF_TR_IP_REASSEMBLED), 1);
	assert_int_equal(lab_count(b, HF_TR_ICMP_DROP), 0); /* its checksum is right */
	lab_free(a);
	lab_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_in_front_of_a_segment),
		cmocka_unit_test(super_segments),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(too_large),
		cmocka_unit_test(identification),
		cmocka_unit_test(queue_is_bounded),
		cmocka_unit_test(a_batch_holds_still),
		cmocka_unit_test(neighbour_goes_before_the_frame),
		cmocka_unit_test(large_echo),
	};

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
