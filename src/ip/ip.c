/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/*
 * Theory of operation
 *
 * A frame goes down one way: the link's checks (here), then ip4_in() or ip6_in() with the checks of RFC 1122 3.2.1 and
 * RFC 8200, reassembly when it is a fragment, and out to the host as IP_UPPER or IP_ERROR. ICMP, ARP and neighbour
 * discovery are eaten on the way. Each drop tells its rule once in the trace and counts once.
 *
 * A segment of TCP goes the other way without a queue: ip_ready(), then ip_finish() writes the headers in front of it.
 * All else (replies, errors, ARP, ND, UDP) is a struct ip_datagram: it is in exactly one of the lists "ready", "spent"
 * and a neighbour's "waiting", or free. ip_pull() cuts frames from the head of "ready".
 *
 * Routes and neighbours change seldom, packets come always: what a lookup found is kept in struct ip_hop and believed
 * while ip->generation stands still. Whoever changes an address, a route, a usable neighbour or a path's DF rule calls
 * ip_hops_forget(). ip->changed is the other counter: it tells those who wait that asking again may give more.
 *
 * An IPv6 address is tentative while DAD runs. Routes may choose it as a source already, so that a connection can be
 * opened at once, but ip_ready() says HF_PENDING until it is ours.
 *
 * A link-local address is made from the MAC as soon as the first IPv6 address is added on Ethernet (RFC 4291 2.1 asks
 * for one on every interface); it has a slot of its own beyond limits.addrs.
 */

static uint32_t limit_or(uint32_t configured, uint32_t otherwise)
{
	return configured != 0 ? configured : otherwise;
}

static uint32_t *take_buckets(struct hf_arena *a, uint32_t entries, uint32_t *ret_mask)
{
	uint32_t n = 16;
	uint32_t *b;

	while (n < entries)
		n *= 2;
	*ret_mask = n - 1;
	b = hf_arena_take(a, n, sizeof(*b));
	for (uint32_t i = 0; b && i < n; i++)
		b[i] = HF_NONE;
	return b;
}

void ip_init(struct ip *ip, struct hf_arena *a, const struct hf_host_config *cfg, struct hf_wheel *wheel,
	     struct hf_trace *trace, struct hf_rng *rng)
{
	uint32_t neighbours = limit_or(cfg->limits.neighbours, 256);
	uint32_t paths = limit_or(cfg->limits.paths, 256);
	uint64_t words[2];
	uint8_t seed[16];

	memset(ip, 0, sizeof(*ip));
	ip->trace = trace;
	ip->wheel = wheel;
	ip->rng = rng;
	ip->link = cfg->link;
	ip->mtu = limit_or(cfg->mtu_bytes, 1500);
	ip->no_dad = cfg->no_dad || cfg->link == HF_LINK_IP;
	ip->generation = 1;
	ip->reasm_done = HF_NONE;
	ip->ready = ip->spent = (struct ip_list){ HF_NONE, HF_NONE, 0 };
	memcpy(ip->mac, cfg->mac, 6);

	ip->addr_room = limit_or(cfg->limits.addrs, 16) + 1;
	ip->addrs = hf_arena_take(a, ip->addr_room, sizeof(*ip->addrs));
	ip->route_room = limit_or(cfg->limits.routes, 32);
	ip->routes = hf_arena_take(a, ip->route_room, sizeof(*ip->routes));
	hf_pool_init(&ip->neighs, a, neighbours, sizeof(struct ip_neigh));
	ip->neigh_bucket = take_buckets(a, neighbours, &ip->neigh_mask);
	hf_pool_init(&ip->paths, a, paths, sizeof(struct ip_path));
	ip->path_bucket = take_buckets(a, paths, &ip->path_mask);
	ip->reasm_room = limit_or(cfg->limits.reassemblies, 16);
	ip->reasms = hf_arena_take(a, ip->reasm_room, sizeof(*ip->reasms));
	ip->reasm_data = hf_arena_take_raw(a, ip->reasm_room, IP_BIG_BYTES);
	hf_pool_init(&ip->datagrams, a, limit_or(cfg->limits.control, 512), sizeof(struct ip_datagram));
	/* Large datagrams going out have buffers of their own: neither way can starve the other. */
	hf_pool_init(&ip->bigs, a, hf_max_u32(2, ip->reasm_room / 2), IP_BIG_BYTES);
	if (!a->at || a->full)
		return;

	words[0] = hf_rng_u64(rng);
	words[1] = hf_rng_u64(rng);
	memcpy(seed, words, sizeof(seed));
	ip->key = hf_sipkey_from(seed);
	ip->id4 = (uint16_t)hf_rng_u64(rng);
	for (unsigned i = 0; i < IP_IDS; i++)
		ip->ids[i] = (uint32_t)hf_rng_u64(rng);
}

static bool prefix_len_fits(const struct hf_addr *a, unsigned prefix_len)
{
	return prefix_len <= (addr_is_ip4(a) ? 32u : 128u);
}

static void add_one(struct ip *ip, const struct hf_addr *addr, unsigned prefix_len, hf_time_ns now)
{
	struct ip_addr *a;

	HF_ASSERT(ip->addr_count < ip->addr_room);
	a = &ip->addrs[ip->addr_count++];
	memset(a, 0, sizeof(*a));
	a->timer.kind = HF_TIMER_IP_DAD;
	a->addr = *addr;
	a->prefix_len = (uint8_t)prefix_len;
	a->ip4 = addr_is_ip4(addr);
	a->state = IP_ADDR_PREFERRED;
	if (!a->ip4)
		a->group = addr_solicited_node(addr);
	else if (prefix_len < 31) /* RFC 3021: no broadcast on a link of two */
		a->group = addr_ip4_u32(addr_ip4_value(addr) | UINT32_MAX >> prefix_len);

	if (ip->link == HF_LINK_ETHERNET && a->ip4)
		arp_announce(ip, addr);
	if (!a->ip4 && !ip->no_dad)
		ip_dad_start(ip, a, now);
	ip_hops_forget(ip);
	ip->changed++;
}

hf_status ip_add_addr(struct ip *ip, const struct hf_addr *addr, unsigned prefix_len, hf_time_ns now)
{
	struct hf_addr ll = addr_link_local_of(ip->mac);
	bool want_ll = ip->link == HF_LINK_ETHERNET && !addr_is_ip4(addr) && !ip_addr_find(ip, &ll) && !addr_eq(addr, &ll);

	if (!prefix_len_fits(addr, prefix_len) || addr_is_any(addr) || addr_is_any_ip4(addr) ||
	    addr_is_multicast(addr) || addr_is_limited_broadcast(addr) || addr_is_loopback(addr))
		return HF_INVALID;
	if (ip_addr_find(ip, addr))
		return HF_IN_USE;
	/* The last slot is the link-local address's: others leave it while it is not there. */
	if (ip->addr_count + (ip_addr_find(ip, &ll) || addr_eq(addr, &ll) ? 0 : 1) >= ip->addr_room)
		return HF_FULL;
	if (want_ll)
		add_one(ip, &ll, 64, now);
	add_one(ip, addr, prefix_len, now);
	return HF_OK;
}

hf_status ip_add_route(struct ip *ip, const struct hf_addr *dst, unsigned prefix_len, const struct hf_addr *gateway)
{
	struct hf_addr to = *dst;

	/* "Any" of length 0 is the default route of its gateway's family. */
	if (addr_is_any(dst) && prefix_len == 0 && addr_is_ip4(gateway))
		to = addr_ip4_u32(0);
	if (addr_is_ip4(&to) != addr_is_ip4(gateway) || !prefix_len_fits(&to, prefix_len) ||
	    !ip_is_unicast(ip, gateway) || ip_addr_find(ip, gateway))
		return HF_INVALID;
	for (uint32_t i = 0; i < ip->route_count; i++)
		if (ip->routes[i].prefix_len == prefix_len && addr_is_ip4(&ip->routes[i].dst) == addr_is_ip4(&to) &&
		    addr_in_prefix(&to, &ip->routes[i].dst, prefix_len))
			return HF_IN_USE;
	if (ip->route_count == ip->route_room)
		return HF_FULL;
	ip->routes[ip->route_count++] =
		(struct ip_route){ .dst = to, .gateway = *gateway, .prefix_len = (uint8_t)prefix_len };
	ip_hops_forget(ip);
	ip->changed++;
	return HF_OK;
}

/* ---- a frame comes in ---- */

static enum ip_verdict bare_in(struct ip *ip, struct hf_bytes packet, const struct ip_rx *rx, struct ip_in *ret)
{
	if (packet.len == 0)
		return ip_drop(ip, HF_TR_IP_DROP_SHORT, 0, 0);
	switch (packet.at[0] >> 4) {
	case 4:
		return ip4_in(ip, packet, rx, ret);
	case 6:
		return ip6_in(ip, packet, rx, ret);
	default:
		return ip_drop(ip, HF_TR_IP_DROP_VERSION, packet.at[0] >> 4, 0);
	}
}

static bool mac_is_group(const uint8_t mac[6])
{
	return mac[0] & 1;
}

/* Ours, broadcast, IPv4's all-hosts (RFC 1112 6.4) or any IPv6 group (RFC 2464 7): IP looks closer at groups. */
static bool frame_is_for_us(const struct ip *ip, const uint8_t dst[6])
{
	static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t all_hosts[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 };

	return memcmp(dst, ip->mac, 6) == 0 || memcmp(dst, broadcast, 6) == 0 || (dst[0] == 0x33 && dst[1] == 0x33) ||
	       memcmp(dst, all_hosts, 6) == 0;
}

static enum ip_verdict ethernet_in(struct ip *ip, struct hf_bytes frame, struct ip_rx *rx, struct ip_in *ret)
{
	struct eth_header eth;

	if (eth_parse(frame, &eth) != HF_OK)
		return ip_drop(ip, HF_TR_IP_DROP_LINK, 0, (uint32_t)frame.len);
	/* Our own frames may come back from a bridge: they must not look like somebody who has our address. */
	if (!frame_is_for_us(ip, eth.dst) || mac_is_group(eth.src) || memcmp(eth.src, ip->mac, 6) == 0)
		return ip_drop(ip, HF_TR_IP_DROP_LINK, eth.type, 0);
	rx->link_group = mac_is_group(eth.dst);
	switch (eth.type) {
	case ETH_TYPE_IP4:
		return ip4_in(ip, eth.payload, rx, ret);
	case ETH_TYPE_IP6:
		return ip6_in(ip, eth.payload, rx, ret);
	case ETH_TYPE_ARP:
		return arp_in(ip, &eth, rx->now);
	default:
		return ip_drop(ip, HF_TR_IP_DROP_LINK, eth.type, 0);
	}
}

enum ip_verdict ip_feed(struct ip *ip, const struct hf_frame *frame, hf_time_ns now, struct ip_in *ret)
{
	struct ip_rx rx = {
		.now = now,
		.csum_ok = frame->flags & (HF_FRAME_CSUM_OK | HF_FRAME_CSUM_PARTIAL),
		.gso_size = frame->gso_size,
	};

	ip_reasm_release(ip);
	ip_out_reclaim(ip);
	if (ip->link == HF_LINK_ETHERNET)
		return ethernet_in(ip, frame->bytes, &rx, ret);
	return bare_in(ip, frame->bytes, &rx, ret);
}

/* ---- addresses ---- */

struct ip_addr *ip_addr_find(const struct ip *ip, const struct hf_addr *a)
{
	for (uint32_t i = 0; i < ip->addr_count; i++)
		if (addr_eq(&ip->addrs[i].addr, a))
			return &ip->addrs[i];
	return NULL;
}

bool ip_is_ours(const struct ip *ip, const struct hf_addr *a)
{
	const struct ip_addr *found = ip_addr_find(ip, a);

	return found && found->state == IP_ADDR_PREFERRED;
}

bool ip_has_addr(const struct ip *ip, const struct hf_addr *a)
{
	const struct ip_addr *found = ip_addr_find(ip, a);

	return found && found->state != IP_ADDR_DUPLICATE;
}

bool ip_is_broadcast(const struct ip *ip, const struct hf_addr *a)
{
	if (addr_is_limited_broadcast(a))
		return true;
	for (uint32_t i = 0; i < ip->addr_count; i++)
		if (ip->addrs[i].ip4 && addr_eq(&ip->addrs[i].group, a))
			return !addr_is_any(a);
	return false;
}

bool ip_is_unicast(const struct ip *ip, const struct hf_addr *a)
{
	if (addr_is_any(a) || addr_is_multicast(a) || ip_is_broadcast(ip, a))
		return false;
	/* 0/8 and 240/4 are nobody's: RFC 1122 3.2.1.3 a and b, RFC 1112 4. */
	return !addr_is_ip4(a) || (a->b[12] != 0 && a->b[12] < 240);
}

/* ---- the way to a destination, remembered ---- */

void ip_hops_forget(struct ip *ip)
{
	if (++ip->generation == 0) { /* after 2^32 changes an old mark could be mistaken for a new one */
		memset(ip->hops, 0, sizeof(ip->hops));
		ip->generation = 1;
	}
}

static struct ip_hop *hop_slot(struct ip *ip, const struct hf_addr *dst)
{
	uint64_t hi, lo;

	memcpy(&hi, dst->b, 8);
	memcpy(&lo, dst->b + 8, 8);
	return &ip->hops[((hi ^ lo) * 0x9e3779b97f4a7c15u) >> 57];
}
_Static_assert(IP_HOPS == 1u << (64 - 57), "hop_slot() gives seven bits");

static void group_mac(const struct hf_addr *dst, uint8_t mac[6])
{
	if (!addr_is_multicast(dst)) {
		memset(mac, 0xff, 6);
	} else if (addr_is_ip4(dst)) { /* RFC 1112 6.4 */
		memcpy(mac, (uint8_t[]){ 0x01, 0x00, 0x5e, dst->b[13] & 0x7f, dst->b[14], dst->b[15] }, 6);
	} else { /* RFC 2464 7 */
		memcpy(mac, (uint8_t[]){ 0x33, 0x33, dst->b[12], dst->b[13], dst->b[14], dst->b[15] }, 6);
	}
}

static hf_status look_up_hop(struct ip *ip, const struct hf_addr *dst, hf_time_ns now, struct ip_hop *h,
			     struct ip_neigh **ret_waiting)
{
	struct ip_hop found = { .dst = *dst, .neigh = HF_NONE };
	const struct ip_path *path = ip_path_find(ip, dst);
	struct ip_neigh *n = NULL;
	struct ip_way way;
	hf_status s;

	if (ret_waiting)
		*ret_waiting = NULL;
	HF_TRY(ip_route_find(ip, dst, &way));
	if (way.from->state != IP_ADDR_PREFERRED && !way.group)
		return HF_PENDING;
	if (way.group) {
		group_mac(dst, found.mac);
	} else if (ip->link == HF_LINK_ETHERNET) {
		s = ip_neigh_use(ip, &way.next_hop, now, &n);
		if (s == HF_PENDING && ret_waiting)
			*ret_waiting = n;
		HF_TRY(s);
		found.neigh = hf_pool_index(&ip->neighs, n);
		memcpy(found.mac, n->mac, 6);
	}
	found.no_df = path && path->no_df;
	found.generation = ip->generation; /* after ip_neigh_use(), which may evict */
	*h = found;
	return HF_OK;
}

hf_status ip_hop_find(struct ip *ip, const struct hf_addr *dst, hf_time_ns now, const struct ip_hop **ret,
		      struct ip_neigh **ret_waiting)
{
	struct ip_hop *h = hop_slot(ip, dst);

	*ret = h;
	if (HF_LIKELY(h->generation == ip->generation && addr_eq(&h->dst, dst))) {
		if (h->neigh != HF_NONE)
			ip_neigh_at(ip, h->neigh)->used_at = now;
		return HF_OK;
	}
	return look_up_hop(ip, dst, now, h, ret_waiting);
}

hf_status ip_ready(struct ip *ip, const struct hf_addr *dst, hf_time_ns now, const struct ip_hop **ret)
{
	return ip_hop_find(ip, dst, now, ret, NULL);
}

uint32_t ip_changed(const struct ip *ip)
{
	return ip->changed;
}

/* ---- small things ---- */

uint32_t ip_hash(const struct ip *ip, const struct hf_addr *a)
{
	return (uint32_t)hf_siphash13(&ip->key, a->b, 16);
}

void ip_tell(struct ip *ip, enum hf_trace_kind what, uint32_t x, uint32_t y, uint32_t len)
{
	struct hf_trace_record *r;

	if (!hf_trace_on(ip->trace))
		return;
	r = hf_trace_add(ip->trace, what);
	r->x = x;
	r->y = y;
	r->len = len;
}

enum ip_verdict ip_drop(struct ip *ip, enum hf_trace_kind why, uint32_t x, uint32_t y)
{
	ip->drops++;
	ip_tell(ip, why, x, y, 0);
	return IP_NOTHING;
}

void ip_timer(struct ip *ip, struct hf_timer *t, hf_time_ns now)
{
	ip_out_reclaim(ip);
	switch (t->kind) {
	case HF_TIMER_IP_NEIGHBOUR:
		ip_neigh_timer(ip, HF_CONTAINER(t, struct ip_neigh, timer), now);
		break;
	case HF_TIMER_IP_DAD:
		ip_dad_timer(ip, HF_CONTAINER(t, struct ip_addr, timer), now);
		break;
	case HF_TIMER_IP_REASM:
		ip_reasm_timer(ip, HF_CONTAINER(t, struct ip_reasm, timer), now);
		break;
	case HF_TIMER_IP_PATH:
		ip_path_timer(ip, HF_CONTAINER(t, struct ip_path, timer));
		break;
	default:
		HF_ASSERT(false);
	}
}

uint32_t ip_neighbours_in_use(const struct ip *ip)
{
	return ip->neighs.in_use;
}

uint32_t ip_reassemblies_in_use(const struct ip *ip)
{
	return ip->reasm_count;
}

uint64_t ip_drops(const struct ip *ip)
{
	return ip->drops;
}

void ip_check(const struct ip *ip)
{
	HF_ASSERT(ip->generation != 0);
	HF_ASSERT(ip->addr_count <= ip->addr_room && ip->route_count <= ip->route_room);
	for (uint32_t i = 0; i < ip->addr_count; i++) {
		const struct ip_addr *a = &ip->addrs[i];

		HF_ASSERT(hf_timer_is_set(&a->timer) == (a->state == IP_ADDR_TENTATIVE));
		HF_ASSERT(a->ip4 == addr_is_ip4(&a->addr));
	}
	for (uint32_t i = 0; i < IP_HOPS; i++) {
		const struct ip_hop *h = &ip->hops[i];

		if (h->generation != ip->generation || h->neigh == HF_NONE)
			continue;
		HF_ASSERT(hf_pool_taken(&ip->neighs, h->neigh));
		HF_ASSERT(memcmp(ip_neigh_at(ip, h->neigh)->mac, h->mac, 6) == 0);
	}
	ip_neigh_check(ip);
	ip_path_check(ip);
	ip_reasm_check(ip);
	ip_out_check(ip);
}
