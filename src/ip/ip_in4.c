/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/*
 * IPv4 in, in the order of RFC 1122 3.2.1: version, checksum, addressing, options, fragments, protocol. A TTL is never a
 * reason to drop at the destination (3.2.1.7).
 */

static enum hf_trace_kind why_refused(struct hf_bytes packet, hf_status s)
{
	uint32_t header_len, total_len;

	if (s == HF_BAD_CHECKSUM)
		return HF_TR_IP_DROP_CSUM;
	if (s == HF_SHORT)
		return HF_TR_IP_DROP_SHORT;
	/* Malformed: at least the minimal header is there. */
	header_len = (packet.at[0] & 0x0fu) * 4u;
	total_len = hf_load16(packet.at + 2);
	if (header_len < IP4_HEADER_MIN || total_len < header_len)
		return HF_TR_IP_DROP_SHORT;
	if ((hf_load16(packet.at + 6) & 0x1fffu) * 8u + total_len > IP_MAX_PACKET)
		return HF_TR_IP_DROP_FRAGMENT;
	return HF_TR_IP_DROP_OPTION;
}

/* RFC 1122 3.2.1.3, RFC 9293 MUST-63. */
static bool is_bad_source(struct ip *ip, const struct hf_addr *src)
{
	if (HF_LIKELY(ip->good_generation == ip->generation && addr_eq(&ip->good_source, src)))
		return false;
	if (!ip_is_unicast(ip, src) || addr_is_loopback(src))
		return true;
	if (ip_addr_find(ip, src)) /* "land": the answer would come back to us, on a TUN as well */
		return true;
	ip->good_source = *src;
	ip->good_generation = ip->generation;
	return false;
}

/* Ours, or a group that we are in: broadcasts of our subnets, 255.255.255.255, all-hosts (RFC 1112 4). */
static bool is_for_us(const struct ip *ip, const struct hf_addr *dst, bool *ret_group)
{
	if (ip_is_ours(ip, dst)) {
		*ret_group = false;
		return true;
	}
	*ret_group = true;
	return ip->addr_count > 0 && (addr_ip4_value(dst) == 0xe0000001 || ip_is_broadcast(ip, dst));
}

/*
 * Where a packet is put together: what goes up, in *ret at once, as a copy of the whole would have to wait for all that was
 * just written to it; any other aside, for then *ret stays as it is.
 */
static struct ip_packet *place_for(uint8_t proto, struct ip_in *ret, struct ip_packet *aside)
{
	return proto == IP_PROTO_TCP || proto == IP_PROTO_UDP ? &ret->packet : aside;
}

static enum ip_verdict to_protocol(struct ip *ip, const struct ip_packet *p, hf_time_ns now, struct ip_in *ret)
{
	switch (p->proto) {
	case IP_PROTO_TCP:
	case IP_PROTO_UDP:
		return IP_UPPER;
	case IP_PROTO_ICMP:
		return icmp4_in(ip, p, now, ret);
	default:
		ip_icmp_error(ip, ICMP4_UNREACHABLE, 2, 0, p, false, now);
		return ip_drop(ip, HF_TR_IP_DROP_PROTOCOL, p->proto, 0);
	}
}

static enum ip_verdict fragment_in(struct ip *ip, const struct ip4_header *h, bool to_group, hf_time_ns now,
				   struct ip_in *ret)
{
	struct ip_fragment f = {
		.src = h->src,
		.dst = h->dst,
		.id = h->id,
		.at = h->fragment_at,
		.proto = h->proto,
		.ttl = h->ttl,
		.tos = h->tos,
		.mf = h->mf,
		.to_group = to_group,
		.payload = h->payload,
	};
	struct ip_packet aside, *p = place_for(h->proto, ret, &aside);
	struct hf_bytes whole;

	if (!ip_reasm_add(ip, &f, now, &whole))
		return IP_NOTHING;
	*p = (struct ip_packet){
		.src = h->src,
		.dst = h->dst,
		.proto = h->proto,
		.ttl = whole.at[8],
		.tos = whole.at[1],
		.to_group = to_group,
		.payload = { whole.at + IP4_HEADER_MIN, whole.len - IP4_HEADER_MIN },
		.whole = whole,
	};
	return to_protocol(ip, p, now, ret);
}

enum ip_verdict ip4_in(struct ip *ip, struct hf_bytes packet, const struct ip_rx *rx, struct ip_in *ret)
{
	struct ip_packet aside, *p;
	struct ip4_header h;
	bool group;
	hf_status s;

	if (packet.len > 0 && packet.at[0] >> 4 != 4)
		return ip_drop(ip, HF_TR_IP_DROP_VERSION, packet.at[0] >> 4, 4);
	s = ip4_parse(packet, &h);
	if (s != HF_OK)
		return ip_drop(ip, why_refused(packet, s), 0, (uint32_t)packet.len);
	if (is_bad_source(ip, &h.src))
		return ip_drop(ip, HF_TR_IP_DROP_SOURCE, ip_addr_tail(&h.src), 0);
	if (!is_for_us(ip, &h.dst, &group))
		return ip_drop(ip, HF_TR_IP_DROP_NOT_OURS, ip_addr_tail(&h.dst), 0);
	/* We are no hop of a source route, and the way back that it dictates is the tool of a spoofer. */
	if (h.source_route)
		return ip_drop(ip, HF_TR_IP_DROP_OPTION, 0, 0);
	group |= rx->link_group;
	if (h.mf || h.fragment_at)
		return fragment_in(ip, &h, group, rx->now, ret);

	p = place_for(h.proto, ret, &aside);
	p->src = h.src;
	p->dst = h.dst;
	p->proto = h.proto;
	p->ttl = h.ttl;
	p->tos = h.tos;
	p->csum_ok = rx->csum_ok;
	p->to_group = group;
	p->fragmented = false;
	p->gso_size = h.proto == IP_PROTO_TCP ? rx->gso_size : 0;
	p->payload = h.payload;
	p->whole = (struct hf_bytes){ packet.at, h.total_len };
	return to_protocol(ip, p, rx->now, ret);
}
