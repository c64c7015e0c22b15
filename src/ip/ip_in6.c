/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/* IPv6 in: RFC 8200 3 and 4, RFC 4291 2 for addresses, RFC 4443 2.4 and 3.4 for what is answered to a bad packet. */

static enum hf_trace_kind why_refused(struct hf_bytes packet, hf_status s)
{
	struct hf_addr a;

	if (s == HF_SHORT)
		return HF_TR_IP_DROP_SHORT;
	/* Malformed: the fixed header is there. A mapped address on the wire would pass for IPv4 in here. */
	memcpy(a.b, packet.at + 8, 16);
	if (addr_is_ip4(&a))
		return HF_TR_IP_DROP_SOURCE;
	memcpy(a.b, packet.at + 24, 16);
	if (addr_is_ip4(&a))
		return HF_TR_IP_DROP_NOT_OURS;
	return HF_TR_IP_DROP_EXT_HEADER;
}

/* The unspecified source passes here: DAD uses it (RFC 4862 5.4.2); nobody but neighbour discovery takes it. */
static bool is_bad_source(const struct ip *ip, const struct hf_addr *src)
{
	if (addr_is_multicast(src) || addr_is_loopback(src))
		return true;
	return ip_is_ours(ip, src);
}

/* RFC 4291 2.8: our addresses, all-nodes, and the solicited-node group of each address, tentative ones too. */
static bool is_for_us(const struct ip *ip, const struct hf_addr *dst, bool *ret_group)
{
	static const struct hf_addr all_nodes = { { 0xff, 0x02, [15] = 1 } }, all_nodes_here = { { 0xff, 0x01, [15] = 1 } };
	bool any6 = false;

	*ret_group = false;
	if (!addr_is_multicast(dst))
		return ip_is_ours(ip, dst);
	*ret_group = true;
	for (uint32_t i = 0; i < ip->addr_count; i++) {
		if (ip->addrs[i].ip4)
			continue;
		any6 = true;
		if (addr_eq(dst, &ip->addrs[i].group))
			return true;
	}
	return any6 && (addr_eq(dst, &all_nodes) || addr_eq(dst, &all_nodes_here));
}

static bool is_extension(uint8_t next)
{
	return next == IP6_NEXT_HOP_BY_HOP || next == IP6_NEXT_ROUTING || next == IP6_NEXT_DEST_OPTS;
}

/* RFC 8200 4.5, RFC 7112 5: all headers, the upper layer's first octets included, stand in the first fragment. */
static bool first_holds_all_headers(const struct ip6_header *h)
{
	struct hf_rd in = hf_rd_over(h->payload);
	uint8_t next = h->proto;

	for (unsigned n = 0; n < IP6_EXT_LIMIT && is_extension(next); n++) {
		uint8_t units;

		next = hf_rd_u8(&in);
		units = hf_rd_u8(&in);
		hf_rd_skip(&in, units * 8u + 6u);
	}
	switch (next) {
	case IP_PROTO_TCP:
		hf_rd_skip(&in, 20);
		break;
	case IP_PROTO_UDP:
	case IP_PROTO_ICMP6:
		hf_rd_skip(&in, 8);
		break;
	}
	return hf_rd_ok(&in) == HF_OK;
}

static struct ip_packet packet_of(const struct ip6_header *h, struct hf_bytes whole, bool group)
{
	return (struct ip_packet){
		.src = h->src,
		.dst = h->dst,
		.proto = h->proto,
		.ttl = h->hop_limit,
		.tos = h->traffic_class,
		.to_group = group,
		.fragmented = h->fragmented,
		.payload = h->payload,
		.whole = whole,
	};
}

static enum ip_verdict answer_problem(struct ip *ip, const struct ip6_header *h, const struct ip_packet *p, hf_time_ns now)
{
	/* What a piece carries can often not be told; it may be an ICMP error, which nobody answers. */
	bool piece = h->mf || h->fragment_at;
	bool known = !piece || h->proto == IP_PROTO_TCP || h->proto == IP_PROTO_UDP ||
		     (h->proto == IP_PROTO_ICMP6 && h->fragment_at == 0);

	if (!h->problem_silent && known)
		ip_icmp_error(ip, ICMP6_PARAMETER_PROBLEM, h->problem_code, h->problem_at, p, h->problem_even_multicast,
			      now);
	return ip_drop(ip, h->fragmented && h->problem_code == 0 ? HF_TR_IP_DROP_FRAGMENT : HF_TR_IP_DROP_EXT_HEADER,
		       h->problem_code, h->problem_at);
}

static enum ip_verdict to_protocol(struct ip *ip, const struct ip_packet *p, uint16_t proto_field_at, hf_time_ns now,
				   struct ip_in *ret)
{
	switch (p->proto) {
	case IP_PROTO_TCP:
	case IP_PROTO_UDP:
		if (addr_is_any(&p->src))
			return ip_drop(ip, HF_TR_IP_DROP_SOURCE, 0, 0);
		ret->packet = *p;
		return IP_UPPER;
	case IP_PROTO_ICMP6:
		return icmp6_in(ip, p, now, ret);
	case IP6_NEXT_NONE: /* RFC 8200 4.7: nothing to be said about */
		return ip_drop(ip, HF_TR_IP_DROP_PROTOCOL, p->proto, 0);
	default:
		ip_icmp_error(ip, ICMP6_PARAMETER_PROBLEM, 1, proto_field_at, p, false, now);
		return ip_drop(ip, HF_TR_IP_DROP_PROTOCOL, p->proto, 0);
	}
}

static enum ip_verdict fragment_in(struct ip *ip, const struct ip6_header *h, const struct ip_packet *p, hf_time_ns now,
				   struct ip_in *ret)
{
	struct ip_fragment f = {
		.src = h->src,
		.dst = h->dst,
		.id = h->fragment_id,
		.at = h->fragment_at,
		.proto = h->proto,
		.ttl = h->hop_limit,
		.tos = h->traffic_class,
		.mf = h->mf,
		.to_group = p->to_group,
		.payload = h->payload,
	};
	struct ip6_header whole_header;
	struct ip_packet whole_packet;
	struct hf_bytes whole;
	hf_status s;

	if (f.at == 0 && !first_holds_all_headers(h)) {
		ip_icmp_error(ip, ICMP6_PARAMETER_PROBLEM, 3, 0, p, false, now); /* RFC 7112 6 */
		return ip_drop(ip, HF_TR_IP_DROP_FRAGMENT, 0, (uint32_t)f.payload.len);
	}
	if (!ip_reasm_add(ip, &f, now, &whole))
		return IP_NOTHING;
	s = ip6_parse(whole, &whole_header);
	if (s != HF_OK && s != HF_UNSUPPORTED)
		return ip_drop(ip, why_refused(whole, s), 0, (uint32_t)whole.len);
	whole_packet = packet_of(&whole_header, whole, p->to_group);
	if (s == HF_UNSUPPORTED)
		return answer_problem(ip, &whole_header, &whole_packet, now);
	if (whole_header.fragmented) /* a datagram made of fragments is none itself */
		return ip_drop(ip, HF_TR_IP_DROP_FRAGMENT, 0, 0);
	whole_packet.fragmented = true;
	return to_protocol(ip, &whole_packet, whole_header.proto_field_at, now, ret);
}

enum ip_verdict ip6_in(struct ip *ip, struct hf_bytes packet, const struct ip_rx *rx, struct ip_in *ret)
{
	struct ip6_header h;
	struct ip_packet p;
	bool group;
	hf_status s;

	if (packet.len > 0 && packet.at[0] >> 4 != 6)
		return ip_drop(ip, HF_TR_IP_DROP_VERSION, packet.at[0] >> 4, 6);
	s = ip6_parse(packet, &h);
	if (s != HF_OK && s != HF_UNSUPPORTED)
		return ip_drop(ip, why_refused(packet, s), 0, (uint32_t)packet.len);
	if (is_bad_source(ip, &h.src))
		return ip_drop(ip, HF_TR_IP_DROP_SOURCE, ip_addr_tail(&h.src), 0);
	if (!is_for_us(ip, &h.dst, &group))
		return ip_drop(ip, HF_TR_IP_DROP_NOT_OURS, ip_addr_tail(&h.dst), 0);
	p = packet_of(&h, (struct hf_bytes){ packet.at, IP6_HEADER_BYTES + (size_t)h.payload_len }, group | rx->link_group);
	if (s == HF_UNSUPPORTED)
		return answer_problem(ip, &h, &p, rx->now);
	if (h.fragmented && (h.mf || h.fragment_at)) /* else it is atomic: no piece of anything, RFC 6946 4 */
		return fragment_in(ip, &h, &p, rx->now, ret);
	p.csum_ok = rx->csum_ok;
	p.gso_size = h.proto == IP_PROTO_TCP ? rx->gso_size : 0;
	return to_protocol(ip, &p, h.proto_field_at, rx->now, ret);
}
