/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"
#include "wire/nd.h"

/* Neighbour discovery (RFC 4861 7.1 and 7.2): solicitations and advertisements. Routers have nothing to tell us. */

static const struct hf_addr all_nodes = { { 0xff, 0x02, [15] = 1 } };

#define ND_SOLICIT_BYTES 32u /* RFC 4861 4.3 and 4.4: 24 octets, and 8 of a link-layer address option */

static bool send_nd(struct ip *ip, const struct nd_message *nd, const struct hf_addr *src, const struct hf_addr *dst,
		    hf_time_ns now)
{
	uint32_t i = ip_datagram_take(ip, ND_SOLICIT_BYTES);
	struct ip_datagram *d;
	struct hf_wr out;

	if (i == HF_NONE)
		return false;
	d = ip_datagram_at(ip, i);
	d->src = *src;
	d->dst = *dst;
	d->proto = IP_PROTO_ICMP6;
	d->ttl = ND_HOP_LIMIT;
	out = hf_wr_over(d->small, ND_SOLICIT_BYTES);
	nd_put(&out, nd, src, dst);
	HF_ASSERT(!out.bad);
	d->len = (uint32_t)hf_wr_len(&out); /* without the option when there is no source */
	return ip_datagram_queue(ip, i, now) == HF_OK;
}

bool nd_ask(struct ip *ip, const struct hf_addr *target, bool multicast, const struct hf_addr *src, hf_time_ns now)
{
	struct nd_message nd = { .type = ICMP6_NEIGHBOUR_SOLICIT, .target = *target };
	struct hf_addr from, dst = multicast ? addr_solicited_node(target) : *target;

	if (src)
		from = *src;
	else if (ip_source_for(ip, target, &from) != HF_OK)
		return false;
	nd.has_mac = !addr_is_any(&from); /* RFC 4861 4.3: not from the unspecified address */
	memcpy(nd.mac, ip->mac, 6);
	ip_tell(ip, HF_TR_ND_SOLICIT, ip_addr_tail(target), 0, 0);
	return send_nd(ip, &nd, &from, &dst, now);
}

/* RFC 4861 7.2.4 */
static void advertise(struct ip *ip, const struct hf_addr *target, const struct hf_addr *to, hf_time_ns now)
{
	struct nd_message nd = { .type = ICMP6_NEIGHBOUR_ADVERT, .override = true, .target = *target, .has_mac = true };
	bool known = !addr_is_any(to);

	nd.solicited = known;
	memcpy(nd.mac, ip->mac, 6);
	ip_tell(ip, HF_TR_ND_ADVERTISE, ip_addr_tail(target), 0, 0);
	(void)send_nd(ip, &nd, target, known ? to : &all_nodes, now); /* without room: it will ask again */
}

static bool is_solicited_node(const struct hf_addr *a)
{
	struct hf_addr group = addr_solicited_node(a);

	return addr_eq(a, &group); /* made of its own last three octets: only a group is equal */
}

/* RFC 4861 7.1.1 and 7.2.3, RFC 4862 5.4.3 */
static enum ip_verdict solicit_in(struct ip *ip, const struct ip_packet *p, const struct nd_message *nd, hf_time_ns now)
{
	struct ip_addr *a = ip_addr_find(ip, &nd->target);
	bool unnamed = addr_is_any(&p->src);

	if (unnamed && (nd->has_mac || !is_solicited_node(&p->dst)))
		return ip_drop(ip, HF_TR_ND_DROP, nd->type, 0);
	if (!a || a->state == IP_ADDR_DUPLICATE)
		return ip_drop(ip, HF_TR_IP_DROP_NOT_OURS, ip_addr_tail(&nd->target), 0);
	if (a->state == IP_ADDR_TENTATIVE) {
		if (unnamed) /* somebody runs DAD for the same address: neither gets it */
			ip_dad_conflict(ip, a);
		return IP_NOTHING;
	}
	if (!unnamed && nd->has_mac && !(nd->mac[0] & 1) && ip_is_on_link(ip, &p->src))
		ip_neigh_heard(ip, &p->src, nd->mac, false, true, now);
	advertise(ip, &nd->target, &p->src, now);
	return IP_NOTHING;
}

/* RFC 4861 7.2.5: what an advertisement may change of an entry. FAILED is as if there was none yet. */
static void update(struct ip *ip, struct ip_neigh *n, const struct nd_message *nd, hf_time_ns now)
{
	bool other = nd->has_mac && memcmp(n->mac, nd->mac, 6) != 0;

	if (n->state == IP_NEIGH_INCOMPLETE || n->state == IP_NEIGH_FAILED) {
		if (!nd->has_mac)
			return;
		ip_neigh_set_mac(ip, n, nd->mac);
		ip_neigh_set_state(ip, n, nd->solicited ? IP_NEIGH_REACHABLE : IP_NEIGH_STALE, now);
		return;
	}
	if (other && !nd->override) {
		if (n->state == IP_NEIGH_REACHABLE)
			ip_neigh_set_state(ip, n, IP_NEIGH_STALE, now);
		return;
	}
	if (other)
		ip_neigh_set_mac(ip, n, nd->mac);
	if (nd->solicited)
		ip_neigh_set_state(ip, n, IP_NEIGH_REACHABLE, now);
	else if (other)
		ip_neigh_set_state(ip, n, IP_NEIGH_STALE, now);
}

/* RFC 4861 7.1.2, RFC 4862 5.4.4 */
static enum ip_verdict advert_in(struct ip *ip, const struct ip_packet *p, const struct nd_message *nd, hf_time_ns now)
{
	struct ip_addr *a = ip_addr_find(ip, &nd->target);
	struct ip_neigh *n;

	if (addr_is_multicast(&p->dst) && nd->solicited)
		return ip_drop(ip, HF_TR_ND_DROP, nd->type, 0);
	if (nd->has_mac && (nd->mac[0] & 1))
		return ip_drop(ip, HF_TR_ND_DROP, nd->type, 0);
	if (a) {
		if (a->state != IP_ADDR_TENTATIVE) /* we were first: kept, but worth telling */
			return ip_drop(ip, HF_TR_ND_DROP, nd->type, 0);
		ip_dad_conflict(ip, a);
		return IP_NOTHING;
	}
	n = ip_neigh_find(ip, &nd->target);
	if (n)
		update(ip, n, nd, now);
	return IP_NOTHING;
}

enum ip_verdict nd_in(struct ip *ip, const struct ip_packet *p, const struct icmp_message *m, hf_time_ns now)
{
	struct nd_message nd;

	/* On a link of bare IP nobody has a link address to ask for; and what comes in fragments is ignored, RFC 6980 5. */
	if (ip->link != HF_LINK_ETHERNET || p->fragmented || p->ttl != ND_HOP_LIMIT || m->code != 0 ||
	    nd_parse(m, &nd) != HF_OK)
		return ip_drop(ip, HF_TR_ND_DROP, m->type, m->code);
	return m->type == ICMP6_NEIGHBOUR_SOLICIT ? solicit_in(ip, p, &nd, now) : advert_in(ip, p, &nd, now);
}
