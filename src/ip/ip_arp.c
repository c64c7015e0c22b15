/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"
#include "wire/arp.h"

/*
 * ARP (RFC 826) with what RFC 5227 adds: an address is announced when it is added, a probe from 0.0.0.0 is answered and
 * teaches nothing, and a conflict is answered with one announcement in ten seconds. As RFC 826 has it, a packet refreshes
 * an entry that is there, and makes one only when it is addressed to us; and only for neighbours that are on our link.
 */

static const uint8_t broadcast_mac[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void send_arp(struct ip *ip, const struct arp_packet *arp, const uint8_t mac[6])
{
	uint32_t i = ip_datagram_take(ip, ARP_BYTES);
	struct ip_datagram *d;
	struct hf_wr out;

	if (i == HF_NONE)
		return;
	d = ip_datagram_at(ip, i);
	d->arp = true;
	memcpy(d->mac, mac, 6);
	out = hf_wr_over(d->small, ARP_BYTES);
	arp_put(&out, arp);
	HF_ASSERT(!out.bad && hf_wr_len(&out) == ARP_BYTES);
	ip_list_add(ip, &ip->ready, i);
}

void arp_ask(struct ip *ip, const struct hf_addr *target, const uint8_t *mac)
{
	struct arp_packet arp = { .op = ARP_REQUEST, .target = *target };

	if (ip_source_for(ip, target, &arp.sender) != HF_OK)
		return;
	memcpy(arp.sender_mac, ip->mac, 6);
	ip_tell(ip, HF_TR_ARP_REQUEST, ip_addr_tail(target), 0, 0);
	send_arp(ip, &arp, mac ? mac : broadcast_mac);
}

/* RFC 5227 2.3 and 3: in the form of a request. */
void arp_announce(struct ip *ip, const struct hf_addr *addr)
{
	struct arp_packet arp = { .op = ARP_REQUEST, .sender = *addr, .target = *addr };

	memcpy(arp.sender_mac, ip->mac, 6);
	ip_tell(ip, HF_TR_ARP_ANNOUNCE, ip_addr_tail(addr), 0, 0);
	send_arp(ip, &arp, broadcast_mac);
}

static void answer(struct ip *ip, const struct arp_packet *asked)
{
	struct arp_packet arp = { .op = ARP_REPLY, .sender = asked->target, .target = asked->sender };

	memcpy(arp.sender_mac, ip->mac, 6);
	memcpy(arp.target_mac, asked->sender_mac, 6);
	ip_tell(ip, HF_TR_ARP_REPLY, ip_addr_tail(&asked->target), 0, 0);
	send_arp(ip, &arp, asked->sender_mac);
}

/* RFC 5227 2.4 b: defended once in a while, never in a duel. */
static enum ip_verdict defend(struct ip *ip, struct ip_addr *a, hf_time_ns now)
{
	if (a->defended_at == 0 || now - a->defended_at >= IP_DEFEND_TIME) {
		a->defended_at = hf_max_u64(now, 1);
		arp_announce(ip, &a->addr);
	}
	return ip_drop(ip, HF_TR_ARP_CONFLICT, ip_addr_tail(&a->addr), 0);
}

enum ip_verdict arp_in(struct ip *ip, const struct eth_header *eth, hf_time_ns now)
{
	struct arp_packet arp;
	const struct ip_neigh *n;
	struct ip_addr *own;
	bool for_us, probe, asked;

	if (arp_parse(eth->payload, &arp) != HF_OK || (arp.op != ARP_REQUEST && arp.op != ARP_REPLY))
		return ip_drop(ip, HF_TR_ARP_DROP, 0, 0);
	probe = addr_is_any_ip4(&arp.sender);
	if ((arp.sender_mac[0] & 1) || memcmp(arp.sender_mac, ip->mac, 6) == 0 ||
	    (!probe && (!ip_is_unicast(ip, &arp.sender) || addr_is_loopback(&arp.sender))))
		return ip_drop(ip, HF_TR_ARP_DROP, ip_addr_tail(&arp.sender), arp.op);
	own = ip_addr_find(ip, &arp.sender);
	if (own)
		return defend(ip, own, now);

	for_us = ip_is_ours(ip, &arp.target);
	if (!probe && ip_is_on_link(ip, &arp.sender)) {
		n = ip_neigh_find(ip, &arp.sender);
		asked = n && (n->state == IP_NEIGH_INCOMPLETE || n->state == IP_NEIGH_PROBE);
		ip_neigh_heard(ip, &arp.sender, arp.sender_mac,
			       asked && arp.op == ARP_REPLY && memcmp(eth->dst, ip->mac, 6) == 0, for_us, now);
	}
	if (for_us && arp.op == ARP_REQUEST)
		answer(ip, &arp);
	return IP_NOTHING;
}
