/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/*
 * Routes and source addresses (RFC 1122 3.3.1 and 3.3.4.3, RFC 6724 in short). Each address brings the route of its own
 * prefix; the others are static. The longest prefix wins, a connected one before a static one of the same length. There
 * are few of both, and struct ip_hop remembers the outcome: a walk will do.
 */

/* A link-local source is for link-local destinations only and the other way round: neither means anything elsewhere. */
static bool scope_fits(const struct hf_addr *from, const struct hf_addr *dst)
{
	if (addr_is_multicast(dst))
		return true;
	return addr_is_link_local(from) == addr_is_link_local(dst) || addr_is_ip4(dst);
}

static const struct ip_addr *choose_source(const struct ip *ip, const struct hf_addr *dst, const struct hf_addr *next_hop)
{
	const struct ip_addr *best = NULL;
	unsigned best_score = 0;
	bool ip4 = addr_is_ip4(dst);

	for (uint32_t i = 0; i < ip->addr_count; i++) {
		const struct ip_addr *a = &ip->addrs[i];
		unsigned score = 1;

		if (a->ip4 != ip4 || a->state == IP_ADDR_DUPLICATE || !scope_fits(&a->addr, dst))
			continue;
		if (a->state == IP_ADDR_PREFERRED)
			score += 8;
		/* What stays on the link gets an address that does too, RFC 6724 rule 2. */
		if (!ip4 && dst->b[0] == 0xff && addr_is_link_local(&a->addr) == ((dst->b[1] & 0x0f) <= 2))
			score += 4;
		if (addr_in_prefix(dst, &a->addr, a->prefix_len))
			score += 2;
		if (addr_in_prefix(next_hop, &a->addr, a->prefix_len))
			score += 1;
		if (score > best_score) {
			best = a;
			best_score = score;
		}
	}
	return best;
}

static const struct ip_addr *connected_to(const struct ip *ip, const struct hf_addr *dst)
{
	const struct ip_addr *best = NULL;
	bool ip4 = addr_is_ip4(dst);

	for (uint32_t i = 0; i < ip->addr_count; i++) {
		const struct ip_addr *a = &ip->addrs[i];

		if (a->ip4 == ip4 && a->state != IP_ADDR_DUPLICATE && addr_in_prefix(dst, &a->addr, a->prefix_len) &&
		    (!best || a->prefix_len > best->prefix_len))
			best = a;
	}
	return best;
}

static const struct ip_route *static_to(const struct ip *ip, const struct hf_addr *dst)
{
	const struct ip_route *best = NULL;
	bool ip4 = addr_is_ip4(dst);

	for (uint32_t i = 0; i < ip->route_count; i++) {
		const struct ip_route *r = &ip->routes[i];

		if (addr_is_ip4(&r->dst) == ip4 && addr_in_prefix(dst, &r->dst, r->prefix_len) &&
		    (!best || r->prefix_len > best->prefix_len))
			best = r;
	}
	return best;
}

bool ip_is_on_link(const struct ip *ip, const struct hf_addr *a)
{
	if (connected_to(ip, a))
		return true;
	for (uint32_t i = 0; i < ip->route_count; i++)
		if (addr_eq(&ip->routes[i].gateway, a))
			return true;
	return false;
}

hf_status ip_route_find(const struct ip *ip, const struct hf_addr *dst, struct ip_way *ret)
{
	const struct ip_addr *connected;
	const struct ip_route *r;
	struct ip_way way = { .next_hop = *dst };

	way.group = addr_is_multicast(dst) || ip_is_broadcast(ip, dst);
	if (!way.group) {
		if (!ip_is_unicast(ip, dst) || addr_is_loopback(dst))
			return HF_NO_ROUTE;
		/* Nobody on an Ethernet hands our own packets back. */
		if (ip->link == HF_LINK_ETHERNET && ip_addr_find(ip, dst))
			return HF_NO_ROUTE;
		connected = connected_to(ip, dst);
		r = static_to(ip, dst);
		if (!connected && !r)
			return HF_NO_ROUTE;
		if (r && (!connected || r->prefix_len > connected->prefix_len))
			way.next_hop = r->gateway;
	}
	way.from = choose_source(ip, dst, &way.next_hop);
	if (!way.from)
		return HF_NO_ROUTE;
	*ret = way;
	return HF_OK;
}

hf_status ip_source_for(const struct ip *ip, const struct hf_addr *dst, struct hf_addr *ret)
{
	struct ip_way way;

	HF_TRY(ip_route_find(ip, dst, &way));
	*ret = way.from->addr;
	return HF_OK;
}
