/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

/* ARP, neighbour discovery, duplicate address detection, and the packets that wait for them. */

static enum ip_neigh_state state_of(const struct lab *l, const char *addr)
{
	struct hf_addr a = A(addr);
	const struct ip_neigh *n = ip_neigh_find(&l->ip, &a);

	assert_non_null(n);
	return n->state;
}

static bool known(const struct lab *l, const char *addr)
{
	struct hf_addr a = A(addr);

	return ip_neigh_find(&l->ip, &a) != NULL;
}

static hf_status ready(struct lab *l, const char *addr)
{
	struct hf_addr a = A(addr);
	hf_status s = lab_ready(l, &a);

	lab_check(l);
	return s;
}

static hf_status send_to(struct lab *l, const char *dst, uint8_t mark)
{
	struct ip_send s = {.src = A(strchr(dst, ':') ? US6 : US4), .dst = A(dst), .proto = IP_PROTO_UDP, .ttl = 64 };
	uint8_t data[32] = { mark };
	hf_status st = ip_send(&l->ip, &s, (struct hf_bytes){ data, sizeof(data) }, l->now);

	lab_check(l);
	return st;
}

static struct arp_packet arp(uint16_t op, const char *sender, const uint8_t *mac, const char *target)
{
	struct arp_packet p = {.op = op, .sender = A(sender), .target = A(target) };

	memcpy(p.sender_mac, mac, 6);
	return p;
}

static enum ip_verdict feed_arp(struct lab *l, uint16_t op, const char *sender, const uint8_t *mac, const char *target,
				const uint8_t *dst)
{
	struct arp_packet p = arp(op, sender, mac, target);

	lab_put_arp(l, &p, dst);
	return lab_feed(l);
}

static void expect_arp(struct lab *l, size_t i, uint16_t op, const char *sender, const char *target, const uint8_t *dst)
{
	struct arp_packet p;
	struct eth_header eth;
	struct hf_addr s = A(sender)
	, t = A(target);

	assert_int_equal(eth_parse((struct hf_bytes){ l->out[i].b, l->out[i].len }, &eth), HF_OK);
	assert_int_equal(eth.type, ETH_TYPE_ARP);
	assert_memory_equal(eth.dst, dst, 6);
	assert_memory_equal(eth.src, lab_us_mac, 6);
	assert_int_equal(arp_parse(eth.payload, &p), HF_OK);
	assert_int_equal(p.op, op);
	assert_true(addr_eq(&p.sender, &s) && addr_eq(&p.target, &t));
	assert_memory_equal(p.sender_mac, lab_us_mac, 6);
}

static void put_nd(struct lab *l, const struct nd_message *nd, const char *src, const char *dst, uint8_t hop_limit)
{
	uint8_t b[64];
	struct hf_wr out = hf_wr_over(b, sizeof(b));
	struct ip6_header h = lab_h6(src, dst, IP_PROTO_ICMP6);

	nd_put(&out, nd, &h.src, &h.dst);
	h.hop_limit = hop_limit;
	lab_put6(l, h, (struct hf_bytes){ b, hf_wr_len(&out) });
}

static enum ip_verdict feed_na(struct lab *l, const char *target, const uint8_t *mac, bool solicited, bool override)
{
	struct nd_message nd = {
		.type = ICMP6_NEIGHBOUR_ADVERT,
		.target = A(target),
		.solicited = solicited,
		.override = override
	};

	if (mac) {
		nd.has_mac = true;
		memcpy(nd.mac, mac, 6);
	}
	put_nd(l, &nd, target, solicited ? US6 : "ff02::1", 255);
	return lab_feed(l);
}

static enum ip_verdict feed_ns(struct lab *l, const char *src, const char *target, const uint8_t *mac)
{
	struct nd_message nd = {.type = ICMP6_NEIGHBOUR_SOLICIT, .target = A(target) };
	struct hf_addr group = addr_solicited_node(&nd.target);
	char text[HF_ADDR_TEXT];

	addr_format(&group, text);
	if (mac) {
		nd.has_mac = true;
		memcpy(nd.mac, mac, 6);
	}
	put_nd(l, &nd, src, text, 255);
	return lab_feed(l);
}

static void expect_nd(struct lab *l, size_t i, uint8_t type, const char *src, const char *dst, const char *target)
{
	struct ip6_header h;
	struct icmp_message m;
	struct nd_message nd;
	struct hf_addr s = A(src)
	, d = A(dst)
	, t = A(target);

	assert_int_equal(ip6_parse(lab_out_ip(l, i), &h), HF_OK);
	assert_true(addr_eq(&h.src, &s));
	assert_true(addr_eq(&h.dst, &d));
	assert_int_equal(h.hop_limit, 255);
	assert_int_equal(icmp6_parse(h.payload, &h.src, &h.dst, &m), HF_OK);
	assert_int_equal(m.type, type);
	assert_int_equal(m.code, 0);
	assert_int_equal(nd_parse(&m, &nd), HF_OK);
	assert_true(addr_eq(&nd.target, &t));
	assert_int_equal(nd.has_mac, !addr_is_any(&s));
	if (nd.has_mac)
		assert_memory_equal(nd.mac, lab_us_mac, 6);
}

/* ---- states ---- */

static void walk_of_an_ip4_neighbour(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	uint32_t changed = ip_changed(&l->ip);

	(void)state;
	assert_int_equal(ready(l, THEM4), HF_PENDING);
	assert_int_equal(ready(l, THEM4), HF_PENDING); /* asked once, not twice */
	assert_int_equal(lab_pull(l), 1);
	expect_arp(l, 0, ARP_REQUEST, US4, THEM4, lab_broadcast_mac);
	assert_int_equal(ip_changed(&l->ip), changed);
	assert_int_equal(feed_arp(l, ARP_REPLY, THEM4, lab_them_mac, US4, lab_us_mac), IP_NOTHING);
	assert_int_not_equal(ip_changed(&l->ip), changed);
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_REACHABLE);
	assert_int_equal(ready(l, THEM4), HF_OK);

	lab_run(l, HF_S(60));
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_STALE);
	lab_run(l, HF_S(1000)); /* unused, it stays so and asks nobody */
	assert_int_equal(l->outs, 0);
	assert_int_equal(ready(l, THEM4), HF_OK); /* still usable */
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_DELAY);
	lab_run(l, HF_S(5));
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_PROBE);
	assert_int_equal(ready(l, THEM4), HF_OK);
	assert_int_equal(l->outs, 1);
	expect_arp(l, 0, ARP_REQUEST, US4, THEM4, lab_them_mac); /* asked alone */
	assert_int_equal(feed_arp(l, ARP_REPLY, THEM4, lab_them_mac, US4, lab_us_mac), IP_NOTHING);
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_REACHABLE);

	/* Once more, and it does not answer. */
	lab_run(l, HF_S(60));
	assert_int_equal(ready(l, THEM4), HF_OK);
	lab_run(l, HF_S(8) - 1);
	assert_int_equal(l->outs, 3);
	assert_int_equal(ready(l, THEM4), HF_OK);
	changed = ip_changed(&l->ip);
	lab_run(l, 1);
	assert_false(known(l, THEM4));
	assert_int_not_equal(ip_changed(&l->ip), changed);
	assert_int_equal(ready(l, THEM4), HF_PENDING); /* everybody is asked now */
	lab_pull(l);
	expect_arp(l, 0, ARP_REQUEST, US4, THEM4, lab_broadcast_mac);
	lab_free(l);
}

static void nobody_answers(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	uint32_t changed;

	(void)state;
	assert_int_equal(send_to(l, THEM4, 1), HF_OK);
	changed = ip_changed(&l->ip);
	lab_pull(l);
	lab_run(l, HF_S(3) - 1);
	assert_int_equal(l->outs, 2); /* three in all, a second apart */
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_INCOMPLETE);
	lab_run(l, 1);
	assert_int_equal(lab_count(l, HF_TR_ARP_REQUEST), 3);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_NEIGHBOUR), 1);
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_FAILED);
	assert_int_not_equal(ip_changed(&l->ip), changed);
	assert_int_equal(ready(l, THEM4), HF_UNREACHABLE);
	assert_int_equal(send_to(l, THEM4, 1), HF_UNREACHABLE);
	assert_int_equal(lab_pull(l), 0);
	/* It may say by itself that it is back; or it is asked again after a while. */
	lab_run(l, IP_FAILED_TIME);
	assert_false(known(l, THEM4));
	assert_int_equal(ready(l, THEM4), HF_PENDING);
	assert_int_equal(lab_pull(l), 1);
	lab_run(l, HF_S(3));
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_FAILED);
	feed_arp(l, ARP_REQUEST, THEM4, lab_them_mac, THEM4, lab_broadcast_mac);
	assert_int_equal(ready(l, THEM4), HF_OK);
	lab_free(l);
}

static void walk_of_an_ip6_neighbour(void **state)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 9 };
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct hf_addr them = A(THEM6);

	(void)state;
	assert_int_equal(ready(l, THEM6), HF_PENDING);
	assert_int_equal(lab_pull(l), 1);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_SOLICIT, US6, "ff02::1:ff00:1", THEM6);
	assert_memory_equal(l->out[0].b, "\x33\x33\xff\x00\x00\x01", 6);
	/* Without a link address it answers nothing. */
	feed_na(l, THEM6, NULL, true, true);
	assert_int_equal(ready(l, THEM6), HF_PENDING);
	feed_na(l, THEM6, lab_them_mac, true, true);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_REACHABLE);
	assert_int_equal(ready(l, THEM6), HF_OK);

	/* RFC 4861 7.2.5: no override, another address: doubt, but the old one is kept. */
	feed_na(l, THEM6, other, true, false);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_STALE);
	assert_memory_equal(ip_neigh_find(&l->ip, &them)->mac, lab_them_mac, 6);
	feed_na(l, THEM6, other, true, false); /* not even doubt */
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_STALE);
	/* Override, not asked for: taken, not trusted. */
	feed_na(l, THEM6, other, false, true);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_STALE);
	assert_memory_equal(ip_neigh_find(&l->ip, &them)->mac, other, 6);
	assert_int_equal(ready(l, THEM6), HF_OK);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_DELAY);
	/* The same again says nothing new; solicited, it is proof. */
	feed_na(l, THEM6, other, false, true);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_DELAY);
	lab_run(l, HF_S(5));
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_PROBE);
	assert_int_equal(l->outs, 1);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_SOLICIT, US6, THEM6, THEM6);
	assert_memory_equal(l->out[0].b, other, 6);
	feed_na(l, THEM6, NULL, true, false);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_REACHABLE);
	/* REACHABLE_TIME is 15 to 45 s. */
	lab_run(l, HF_S(15) - 1);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_REACHABLE);
	lab_run(l, HF_S(30) + 1);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_STALE);
	/* Nobody made an entry for what was never asked. */
	feed_na(l, "2001:db8::77", lab_them_mac, true, true);
	assert_false(known(l, "2001:db8::77"));
	lab_free(l);
}

/* ---- ARP ---- */

static void what_arp_teaches(void **state)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 9 };
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct hf_addr them = A(THEM4);

	(void)state;
	/* Between others: nothing. A request for us: an entry, and an answer to the asker alone. */
	feed_arp(l, ARP_REQUEST, THEM4, lab_them_mac, "10.9.0.3", lab_broadcast_mac);
	assert_false(known(l, THEM4));
	assert_int_equal(lab_pull(l), 0);
	feed_arp(l, ARP_REQUEST, THEM4, lab_them_mac, US4, lab_broadcast_mac);
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_STALE);
	assert_int_equal(lab_pull(l), 1);
	expect_arp(l, 0, ARP_REPLY, US4, THEM4, lab_them_mac);
	/* An entry that is there follows whatever is said. */
	feed_arp(l, ARP_REQUEST, THEM4, other, THEM4, lab_broadcast_mac);
	assert_memory_equal(ip_neigh_find(&l->ip, &them)->mac, other, 6);
	assert_int_equal(lab_pull(l), 0);
	/* A probe teaches nothing and is answered: RFC 5227 2.1. */
	feed_arp(l, ARP_REQUEST, "0.0.0.0", other, US4, lab_broadcast_mac);
	assert_int_equal(lab_pull(l), 1);
	assert_int_equal(ip_neighbours_in_use(&l->ip), 1);
	/* Somebody of another net is answered but not learned. */
	feed_arp(l, ARP_REQUEST, "192.0.2.1", other, US4, lab_broadcast_mac);
	assert_int_equal(lab_pull(l), 1);
	assert_int_equal(ip_neighbours_in_use(&l->ip), 1);
	/* An answer nobody asked for is STALE, not REACHABLE. */
	feed_arp(l, ARP_REPLY, "10.9.0.7", other, US4, lab_us_mac);
	assert_int_equal(state_of(l, "10.9.0.7"), IP_NEIGH_STALE);
	lab_free(l);
}

static void bad_arp(void **state)
{
	static const uint8_t group[6] = { 3, 0, 0, 0, 0, 9 };
	static const char *const senders[] = { "224.0.0.1", "255.255.255.255", "10.9.0.255", "127.0.0.1", "240.0.0.1" };
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	size_t whole;

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(senders); i++) {
		lab_mark(l);
		feed_arp(l, ARP_REQUEST, senders[i], lab_them_mac, US4, lab_broadcast_mac);
		assert_int_equal(lab_count(l, HF_TR_ARP_DROP), 1);
	}
	lab_mark(l);
	feed_arp(l, 3, THEM4, lab_them_mac, US4, lab_broadcast_mac);
	assert_int_equal(lab_count(l, HF_TR_ARP_DROP), 1);
	feed_arp(l, ARP_REQUEST, THEM4, lab_them_mac, US4, lab_broadcast_mac);
	memcpy(l->frame + ETH_HEADER_BYTES + 8, group, 6);
	lab_feed(l);
	memcpy(l->frame + ETH_HEADER_BYTES + 8, lab_us_mac, 6);
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ARP_DROP), 3);
	lab_pull(l);
	whole = l->frame_len;
	for (l->frame_len = ETH_HEADER_BYTES; l->frame_len < whole; l->frame_len++)
		lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ARP_DROP), 3 + whole - ETH_HEADER_BYTES);
	assert_int_equal(lab_pull(l), 0);
	lab_free(l);
}

static void announcement_and_conflict(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_ETHERNET };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US4);

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us, 24, l->now), HF_OK);
	assert_int_equal(lab_pull(l), 1);
	expect_arp(l, 0, ARP_REQUEST, US4, US4, lab_broadcast_mac);
	/* Defended once in ten seconds; never learned. */
	for (unsigned i = 0; i < 5; i++)
		feed_arp(l, ARP_REPLY, US4, lab_them_mac, US4, lab_us_mac);
	assert_int_equal(lab_count(l, HF_TR_ARP_CONFLICT), 5);
	assert_int_equal(lab_pull(l), 1);
	expect_arp(l, 0, ARP_REQUEST, US4, US4, lab_broadcast_mac);
	assert_int_equal(ip_neighbours_in_use(&l->ip), 0);
	lab_run(l, HF_S(10));
	feed_arp(l, ARP_REPLY, US4, lab_them_mac, US4, lab_us_mac);
	assert_int_equal(lab_pull(l), 1);
	lab_free(l);
}

/* ---- neighbour solicitation ---- */

static void solicitations(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	feed_ns(l, THEM6, US6, lab_them_mac);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_DELAY); /* STALE, and used at once for the answer */
	assert_int_equal(lab_pull(l), 1);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_ADVERT, US6, THEM6, US6);
	assert_int_equal(l->out[0].b[ETH_HEADER_BYTES + 40 + 4], 0x60); /* solicited, override */
	/* A prober of DAD is told through all nodes. */
	feed_ns(l, "::", US6, NULL);
	assert_int_equal(lab_pull(l), 1);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_ADVERT, US6, "ff02::1", US6);
	assert_int_equal(l->out[0].b[ETH_HEADER_BYTES + 40 + 4], 0x20);
	/* Without its link address it must be asked in turn before it hears the answer. */
	feed_ns(l, "2001:db8::9", US6, NULL);
	assert_int_equal(lab_pull(l), 1);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_SOLICIT, US6, "ff02::1:ff00:9", "2001:db8::9");
	feed_na(l, "2001:db8::9", lab_them_mac, true, true);
	assert_int_equal(lab_pull(l), 1);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_ADVERT, US6, "2001:db8::9", US6);
	lab_free(l);
}

/* RFC 6980 5: in fragments, even in one that is the whole, neighbour discovery would pass by all who watch over it. */
static void fragmented_nd(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct nd_message na = {.type = ICMP6_NEIGHBOUR_ADVERT, .target = A(THEM6), .override = true, .has_mac = true };
	struct nd_message ns = {.type = ICMP6_NEIGHBOUR_SOLICIT, .target = A(US6), .has_mac = true };
	const struct nd_message *all[] = { &na, &ns };
	unsigned drops = 0;

	(void)state;
	memcpy(na.mac, lab_them_mac, 6);
	memcpy(ns.mac, lab_them_mac, 6);
	for (size_t i = 0; i < 2; i++) {
		struct ip6_header h = lab_h6(THEM6, US6, IP_PROTO_ICMP6);
		uint8_t b[64];
		struct hf_wr out = hf_wr_over(b, sizeof(b));

		nd_put(&out, all[i], &h.src, &h.dst);
		h.hop_limit = 255;
		h.fragmented = true;
		h.fragment_id = 7;
		lab_feed6(l, h, (struct hf_bytes){ b, hf_wr_len(&out) });
		assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
		h.fragment_id = 8;
		h.mf = true;
		lab_feed6(l, h, (struct hf_bytes){ b, 24 });
		h.mf = false;
		h.fragment_at = 24;
		lab_feed6(l, h, (struct hf_bytes){ b + 24, hf_wr_len(&out) - 24 });
		assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
		assert_int_equal(lab_pull(l), 0);
	}
	assert_null(ip_neigh_find(&l->ip, &na.target));
	lab_free(l);
}

static void bad_nd(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct nd_message ns = {.type = ICMP6_NEIGHBOUR_SOLICIT, .target = A(US6) };
	struct nd_message na = {.type = ICMP6_NEIGHBOUR_ADVERT, .target = A(THEM6), .solicited = true };
	unsigned drops = 0;

	(void)state;
	put_nd(l, &ns, THEM6, US6, 254); /* it passed a router */
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
	put_nd(l, &ns, "::", US6, 255); /* DAD to one address */
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
	ns.has_mac = true;
	memcpy(ns.mac, lab_them_mac, 6);
	{
		/* A source link address from nobody: the put function leaves it out, so it is put by hand. */
		uint8_t b[32] = { 135, 0, 0, 0, 0, 0, 0, 0 };
		struct ip6_header h = lab_h6("::", "ff02::1:ff00:2", IP_PROTO_ICMP6);
		struct icmp_message m = { .type = 135, .body = { b, 24 } };
		uint8_t whole[32];
		struct hf_wr out = hf_wr_over(whole, sizeof(whole));

		memcpy(b, A(US6).b, 16);
		memcpy(b + 16, "\x01\x01\x02\x00\x00\x00\x00\x01", 8);
		icmp6_put(&out, &m, &h.src, &h.dst);
		h.hop_limit = 255;
		lab_feed6(l, h, (struct hf_bytes){ whole, 32 });
		assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
		/* An option of no length, and a code. */
		b[17] = 0;
		h = lab_h6(THEM6, US6, IP_PROTO_ICMP6);
		h.hop_limit = 255;
		out = hf_wr_over(whole, sizeof(whole));
		icmp6_put(&out, &m, &h.src, &h.dst);
		lab_feed6(l, h, (struct hf_bytes){ whole, 32 });
		assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
		b[17] = 1;
		m.code = 1;
		out = hf_wr_over(whole, sizeof(whole));
		icmp6_put(&out, &m, &h.src, &h.dst);
		lab_feed6(l, h, (struct hf_bytes){ whole, 32 });
		assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
	}
	put_nd(l, &na, THEM6, "ff02::1", 255); /* solicited, to everybody */
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
	na.solicited = false; /* a group as its link address */
	na.has_mac = true;
	memset(na.mac, 0xff, 6);
	put_nd(l, &na, THEM6, "ff02::1", 255);
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ND_DROP), ++drops);
	/* A wrong checksum is ICMP's to drop. */
	put_nd(l, &ns, THEM6, US6, 255);
	l->frame[l->frame_len - 1] ^= 1;
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ICMP_DROP), 1);
	assert_int_equal(lab_pull(l), 0);
	assert_int_equal(ip_neighbours_in_use(&l->ip), 0);
	lab_free(l);
}

/* ---- DAD ---- */

#define LINK_LOCAL "fe80::ff:fe00:2"

static struct lab *with_dad(void)
{
	struct hf_host_config cfg = { .link = HF_LINK_ETHERNET };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US6);

	assert_int_equal(ip_add_addr(&l->ip, &us, 64, l->now), HF_OK);
	return l;
}

static bool ours(const struct lab *l, const char *addr)
{
	struct hf_addr a = A(addr);

	return ip_is_ours(&l->ip, &a);
}

static void dad_finds_nobody(void **state)
{
	struct lab *l = with_dad();
	struct hf_addr us = A(US6)
	, ll = A(LINK_LOCAL)
	, them = A(THEM6)
	, src;
	struct ip_send s = { .src = us, .dst = them, .proto = IP_PROTO_UDP, .ttl = 64 };
	uint32_t changed = ip_changed(&l->ip);

	(void)state;
	assert_int_equal(lab_pull(l), 2);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_SOLICIT, "::", "ff02::1:ff00:2", LINK_LOCAL);
	expect_nd(l, 1, ICMP6_NEIGHBOUR_SOLICIT, "::", "ff02::1:ff00:2", US6);
	assert_int_equal(lab_count(l, HF_TR_ND_DAD_START), 2);
	/* Not ours yet: neither asked for nor sent from; but it may be chosen, and packets are held. */
	assert_false(ours(l, US6));
	assert_true(ip_has_addr(&l->ip, &us));
	assert_int_equal(ip_source_for(&l->ip, &them, &src), HF_OK);
	assert_true(addr_eq(&src, &us));
	assert_int_equal(ready(l, THEM6), HF_PENDING);
	assert_int_equal(ip_send(&l->ip, &s, B("too early"), l->now), HF_PENDING);
	lab_mark(l);
	lab_feed6(l, lab_h6(THEM6, US6, IP_PROTO_UDP), B("12345678"));
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_NOT_OURS), 1);
	feed_ns(l, THEM6, US6, lab_them_mac); /* an ordinary question: silence, RFC 4862 5.4.3 */
	assert_int_equal(lab_pull(l), 0);
	lab_run(l, HF_S(1) - 1);
	assert_false(ours(l, US6));
	lab_run(l, 1);
	assert_true(ours(l, US6) && ours(l, LINK_LOCAL));
	assert_int_equal(lab_count(l, HF_TR_ND_DAD_OK), 2);
	assert_int_not_equal(ip_changed(&l->ip), changed);
	assert_int_equal(ready(l, THEM6), HF_PENDING); /* now the neighbour is asked */
	assert_int_equal(lab_pull(l), 1);
	assert_true(ip_addr_find(&l->ip, &ll)->prefix_len == 64);
	lab_free(l);
}

static void dad_finds_somebody(void **state)
{
	struct lab *l = with_dad();
	struct hf_addr them = A(THEM6)
	, us = A(US6);

	(void)state;
	lab_pull(l);
	lab_run(l, HF_MS(500));
	feed_na(l, US6, lab_them_mac, false, true);
	assert_int_equal(lab_count(l, HF_TR_ND_DAD_DUPLICATE), 1);
	lab_run(l, HF_S(10));
	assert_int_equal(lab_count(l, HF_TR_ND_DAD_OK), 1); /* the link-local one */
	assert_false(ours(l, US6));
	assert_false(ip_has_addr(&l->ip, &us));
	assert_int_equal(ready(l, THEM6), HF_NO_ROUTE);
	assert_int_equal(ip_source_for(&l->ip, &them, &us), HF_NO_ROUTE);
	feed_ns(l, THEM6, US6, lab_them_mac); /* nor does it answer for it */
	assert_int_equal(lab_pull(l), 0);
	lab_free(l);
}

static void dad_meets_dad(void **state)
{
	struct lab *l = with_dad();

	(void)state;
	lab_pull(l);
	feed_ns(l, "::", US6, NULL);
	assert_int_equal(lab_count(l, HF_TR_ND_DAD_DUPLICATE), 1);
	assert_int_equal(lab_pull(l), 0);
	/* Our own question, brought back by a bridge, is no conflict. */
	{
		struct nd_message nd = {.type = ICMP6_NEIGHBOUR_SOLICIT, .target = A(LINK_LOCAL) };

		put_nd(l, &nd, "::", "ff02::1:ff00:2", 255);
		memcpy(l->frame + 6, lab_us_mac, 6);
		lab_feed(l);
	}
	lab_run(l, HF_S(1));
	assert_true(ours(l, LINK_LOCAL));
	assert_false(ours(l, US6));
	lab_free(l);
}

/* ---- waiting ---- */

static void the_newest_wait(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(send_to(l, i % 2 ? THEM6 : THEM4, (uint8_t)i), HF_OK);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_QUEUE), 20 - 2 * IP_WAIT_LIMIT);
	assert_int_equal(lab_pull(l), 2);
	feed_arp(l, ARP_REPLY, THEM4, lab_them_mac, US4, lab_us_mac);
	assert_int_equal(lab_pull(l), IP_WAIT_LIMIT);
	for (unsigned i = 0; i < IP_WAIT_LIMIT; i++) { /* in their order, the oldest were dropped */
		assert_memory_equal(l->out[i].b, lab_them_mac, 6);
		assert_int_equal(lab_out_ip(l, i).at[20], 20 - 2 * IP_WAIT_LIMIT + 2 * i);
	}
	feed_na(l, THEM6, lab_them_mac, true, true);
	assert_int_equal(lab_pull(l), IP_WAIT_LIMIT);
	lab_free(l);
}

static void many_wait_for_many(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_ETHERNET, .no_dad = true, .limits = { .control = 16, .neighbours = 16 } };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US4);
	char text[32] = "10.9.0.";

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us, 24, l->now), HF_OK);
	lab_pull(l);
	for (unsigned i = 10; i < 60; i++) {
		text[7] = (char)('0' + i / 10);
		text[8] = (char)('0' + i % 10);
		l->now++;
		/* Its own question needs room too, so that what is ready is pulled as a host would. */
		assert_int_equal(send_to(l, text, (uint8_t)i), HF_OK);
		lab_pull(l);
		assert_true(l->ip.waiting <= 8 && l->ip.incomplete <= 8);
	}
	/* Those who were asked last are still there, each with its packet: RFC 1122 2.3.2.2. */
	feed_arp(l, ARP_REPLY, "10.9.0.59", lab_them_mac, US4, lab_us_mac);
	assert_int_equal(lab_pull(l), 1);
	assert_int_equal(lab_out_ip(l, 0).at[20], 59);
	assert_int_equal(lab_count(l, HF_TR_IP_NEIGHBOUR_EVICTED), 42);
	lab_free(l);
}

/* A flood of addresses that nobody has does not cost us the neighbours that we have. */
static void known_ones_survive_a_flood(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct hf_addr a = A("2001:db8::1:0:0");

	(void)state;
	lab_learn(l, THEM6);
	lab_learn(l, THEM4);
	for (unsigned i = 0; i < 5000; i++) {
		hf_store32(a.b + 12, i);
		l->now++;
		assert_int_equal(lab_ready(l, &a), HF_PENDING);
		lab_pull(l);
	}
	lab_check(l);
	assert_true(ip_neighbours_in_use(&l->ip) <= 256);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_REACHABLE);
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_REACHABLE);
	lab_free(l);
}

/* RFC 9293 3.8.3: TCP says that a connection gets no answers; the neighbour must prove itself at once. */
static void advice_from_above(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct hf_addr them = A(THEM4)
	, nobody = A("10.9.0.99");

	(void)state;
	lab_learn(l, THEM4);
	ip_advise(&l->ip, &them, l->now);
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_STALE);
	assert_int_equal(ready(l, THEM4), HF_OK);
	lab_run(l, HF_S(5));
	assert_int_equal(l->outs, 1);
	expect_arp(l, 0, ARP_REQUEST, US4, THEM4, lab_them_mac);
	ip_advise(&l->ip, &them, l->now); /* it is being asked already */
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_PROBE);
	ip_advise(&l->ip, &nobody, l->now);
	assert_int_equal(state_of(l, "10.9.0.99"), IP_NEIGH_INCOMPLETE);
	lab_free(l);
}

/* Silence proves nothing while the question could not go out. */
static void dad_waits_for_room(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_ETHERNET, .limits = { .control = 1 } };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US6);

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us, 64, l->now), HF_OK);
	assert_int_equal(lab_pull(l), 1); /* for the link-local address, which came first */
	lab_run(l, HF_S(1));
	assert_true(ours(l, LINK_LOCAL));
	assert_false(ours(l, US6));
	assert_int_equal(l->outs, 1);
	expect_nd(l, 0, ICMP6_NEIGHBOUR_SOLICIT, "::", "ff02::1:ff00:2", US6);
	lab_run(l, HF_S(1));
	assert_true(ours(l, US6));
	lab_free(l);
}

/* A full queue loses a question; it is asked again in a second. */
static void questions_without_room(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_ETHERNET, .no_dad = true, .limits = { .control = 1 } };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us4 = A(US4)
	, us6 = A(US6);

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us4, 24, l->now), HF_OK); /* its announcement fills the queue */
	assert_int_equal(ip_add_addr(&l->ip, &us6, 64, l->now), HF_OK);
	assert_int_equal(ready(l, THEM4), HF_PENDING);
	assert_int_equal(ready(l, THEM6), HF_PENDING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_QUEUE), 2);
	assert_int_equal(lab_pull(l), 1);
	lab_run(l, HF_S(1));
	assert_int_equal(l->outs, 2 - 1); /* and now one of the two has room */
	lab_run(l, HF_S(2));
	assert_int_equal(state_of(l, THEM4), IP_NEIGH_FAILED);
	assert_int_equal(state_of(l, THEM6), IP_NEIGH_FAILED);
	lab_free(l);
}

/* A gateway is a neighbour though no prefix of ours holds it. */
static void gateway_outside_our_prefix(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct hf_addr net = A("172.16.0.0")
	, gw = A("192.0.2.254");

	(void)state;
	assert_int_equal(ip_add_route(&l->ip, &net, 12, &gw), HF_OK);
	assert_int_equal(ready(l, "172.16.0.1"), HF_PENDING);
	assert_int_equal(lab_pull(l), 1);
	expect_arp(l, 0, ARP_REQUEST, US4, "192.0.2.254", lab_broadcast_mac);
	feed_arp(l, ARP_REPLY, "192.0.2.254", lab_them_mac, US4, lab_us_mac);
	assert_int_equal(ready(l, "172.16.0.1"), HF_OK);
	lab_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_of_an_ip4_neighbour),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(walk_of_an_ip6_neighbour),
		cmocka_unit_test(what_arp_teaches),
		cmocka_unit_test(bad_arp),
		cmocka_unit_test(announcement_and_conflict),
		cmocka_unit_test(solicitations),
		cmocka_unit_test(fragmented_nd),
		cmocka_unit_test(bad_nd),
		cmocka_unit_test(dad_finds_nobody),
		cmocka_unit_test(dad_finds_somebody),
		cmocka_unit_test(dad_meets_dad),
		cmocka_unit_test(the_newest_wait),
		cmocka_unit_test(many_wait_for_many),
		cmocka_unit_test(known_ones_survive_a_flood),
		cmocka_unit_test(advice_from_above),
		cmocka_unit_test(dad_waits_for_room),
		cmocka_unit_test(questions_without_room),
		cmocka_unit_test(gateway_outside_our_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
