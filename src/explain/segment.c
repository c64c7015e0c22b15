/* SPDX-License-Identifier: MIT */
#include "explain/segment.h"

#include "base/bits.h"
#include "wire/addr.h"
#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define JUST_BELOW (1u << 28)

static bool endpoint_eq(const struct hf_endpoint *a, const struct hf_endpoint *b);
static const struct segment_flow *find_flow(const struct segment_flows *f, const struct hf_endpoint *src,
					    const struct hf_endpoint *dst);
static struct segment_flow *flow_for(struct segment_flows *f, const struct hf_endpoint *src, const struct hf_endpoint *dst);
static bool read_ip(struct hf_bytes packet, struct segment *s, struct hf_bytes *ret_payload);
static void judge(struct segment_flows *f, bool forged, struct segment *s);

void segment_flows_init(struct segment_flows *f)
{
	*f = (struct segment_flows){ 0 };
}

void segment_flows_free(struct segment_flows *f)
{
	free(f->flow);
	segment_flows_init(f);
}

void segment_read(struct segment_flows *f, struct hf_bytes packet, bool forged, struct segment *ret)
{
	struct hf_bytes payload;

	*ret = (struct segment){ .packet_len = (uint16_t)packet.len };
	if (!read_ip(packet, ret, &payload)) {
		struct arp_packet arp;

		if (arp_parse(packet, &arp) == HF_OK)
			ret->arp_op = arp.op;
		return;
	}
	if ((ret->proto == IP_PROTO_ICMP || ret->proto == IP_PROTO_ICMP6) && payload.len >= 2) {
		ret->icmp_type = payload.at[0];
		ret->icmp_code = payload.at[1];
	}
	if (ret->proto != IP_PROTO_TCP || tcp_parse(payload, &ret->h) != HF_OK)
		return;
	ret->tcp = true;
	ret->src.port = ret->h.src_port;
	ret->dst.port = ret->h.dst_port;
	ret->len = (uint32_t)ret->h.payload.len;
	judge(f, forged, ret);
}

void segment_isns(const struct segment_flows *f, uint16_t local_port, uint16_t remote_port, uint32_t *ret_iss,
		  uint32_t *ret_irs)
{
	*ret_iss = *ret_irs = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct segment_flow *flow = &f->flow[i];

		if (!flow->has_isn)
			continue;
		if (flow->src.port == local_port && flow->dst.port == remote_port)
			*ret_iss = flow->isn;
		if (flow->src.port == remote_port && flow->dst.port == local_port)
			*ret_irs = flow->isn;
	}
}

void segment_add_flags(struct text *t, unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { TCP_SYN, "SYN" }, { TCP_FIN, "FIN" }, { TCP_RST, "RST" }, { TCP_PSH, "PSH" },
		      { TCP_ACK, "ACK" }, { TCP_URG, "URG" }, { TCP_ECE, "ECE" }, { TCP_CWR, "CWR" } };
	const char *comma = "";

	for (size_t i = 0; i < HF_ARRAY_LEN(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		text_addf(t, "%s%s", comma, names[i].name);
		comma = ",";
	}
	if (!*comma)
		text_add(t, "no flags");
}

void segment_add_label(struct text *t, const struct segment *s)
{
	if (s->tcp) {
		segment_add_flags(t, s->h.flags & ~TCP_PSH); /* PSH says nothing that a reader of a ladder would miss */
		text_addf(t, " seq %" PRId64, s->rel_seq);
		if (s->h.flags & TCP_ACK)
			text_addf(t, " ack %" PRId64, s->rel_ack);
		if (s->len)
			text_addf(t, " len %u", s->len);
		if (s->h.window == 0 && !(s->h.flags & TCP_RST))
			text_add(t, " win 0");
	} else if (s->arp_op) {
		text_add(t, s->arp_op == ARP_REQUEST ? "ARP request" : "ARP reply");
	} else if (s->proto == IP_PROTO_ICMP6 && s->icmp_type == ICMP6_NEIGHBOUR_SOLICIT) {
		text_add(t, "neighbour solicitation");
	} else if (s->proto == IP_PROTO_ICMP6 && s->icmp_type == ICMP6_NEIGHBOUR_ADVERT) {
		text_add(t, "neighbour advertisement");
	} else if (s->proto == IP_PROTO_ICMP || s->proto == IP_PROTO_ICMP6) {
		text_addf(t, "%s type %u code %u", s->proto == IP_PROTO_ICMP ? "ICMP" : "ICMPv6", s->icmp_type,
			  s->icmp_code);
	} else if (s->proto == IP_PROTO_UDP) {
		text_addf(t, "UDP, %u octets", s->packet_len);
	} else {
		text_addf(t, "packet of %u octets", s->packet_len);
	}
}

void segment_add_name(struct text *t, const struct segment *s)
{
	unsigned kind = s->tcp ? s->h.flags & (TCP_SYN | TCP_FIN | TCP_RST) : 0;

	if (!s->tcp) {
		segment_add_label(t, s);
		return;
	}
	if (kind & TCP_RST)
		text_add(t, "RST");
	else if (kind & TCP_SYN)
		text_add(t, s->h.flags & TCP_ACK ? "SYN,ACK" : "SYN");
	else if (s->len)
		text_addf(t, kind & TCP_FIN ? "data %u, FIN" : "data %u", s->len);
	else if (kind & TCP_FIN)
		text_add(t, s->acks_fin_first ? "FIN, ACK of FIN" : "FIN");
	else
		text_add(t, s->acks_fin ? "ACK of FIN" : s->acks_syn ? "ACK of SYN" : "ACK");
	if (s->again)
		text_add(t, " again");
}

void segment_add_sentence(struct text *t, const struct segment *s)
{
	unsigned flags = s->tcp ? s->h.flags : 0;
	const char *again = s->again ? " again" : "";

	if (!s->tcp) {
		text_add(t, "sends ");
		segment_add_label(t, s);
	} else if (flags & TCP_RST) {
		text_add(t, "resets: whatever the other side believes of this connection is void");
	} else if (flags & TCP_SYN) {
		text_addf(t,
			  flags & TCP_ACK ? "acknowledges the SYN and sends its own%s, with its own first sequence number"
					  : "asks to open%s: this is the first sequence number of its octets",
			  again);
	} else if (flags & TCP_FIN) {
		text_addf(t, "sends FIN%s%s", s->acks_fin_first ? " and acknowledges the other one in the same segment" : "",
			  s->again ? " again: it was not acknowledged" : ": none of its octets will follow");
	} else if (s->len) {
		text_addf(t, "sends octets %" PRId64 " to %" PRId64 "%s", s->rel_seq, s->rel_seq + s->len - 1, again);
	} else if (s->acks_fin) {
		text_add(t, "acknowledges the FIN, which counts as one octet");
	} else if (s->acks_syn) {
		text_add(t, "acknowledges the SYN, which counts as one octet");
	} else {
		text_addf(t, "acknowledges all before %" PRId64, s->rel_ack);
		if (s->h.window == 0)
			text_add(t, " and has no room for more");
	}
}

const char *segment_rfc(const struct segment *s)
{
	unsigned flags = s->tcp ? s->h.flags : 0;

	if (s->arp_op)
		return "826 1";
	if (!s->tcp)
		return s->proto == IP_PROTO_ICMP    ? "792"
		       : s->proto == IP_PROTO_ICMP6 ? "4443 2.1"
		       : s->proto == IP_PROTO_UDP   ? "768"
						    : "791 3.1";
	if (flags & TCP_RST)
		return "9293 3.5.2";
	if (flags & TCP_SYN)
		return "9293 3.5";
	if (flags & TCP_FIN)
		return "9293 3.6";
	if (s->len)
		return s->again ? "9293 3.8.1" : "9293 3.7";
	return s->h.window == 0 ? "9293 3.8.6" : "9293 3.4";
}

static bool endpoint_eq(const struct hf_endpoint *a, const struct hf_endpoint *b)
{
	return a->port == b->port && addr_eq(&a->addr, &b->addr);
}

static const struct segment_flow *find_flow(const struct segment_flows *f, const struct hf_endpoint *src,
					    const struct hf_endpoint *dst)
{
	for (size_t i = f->n; i-- > 0;)
		if (endpoint_eq(&f->flow[i].src, src) && endpoint_eq(&f->flow[i].dst, dst))
			return &f->flow[i];
	return NULL;
}

/* NULL when memory has run out: the numbers are then shown as they are. */
static struct segment_flow *flow_for(struct segment_flows *f, const struct hf_endpoint *src, const struct hf_endpoint *dst)
{
	const struct segment_flow *known = find_flow(f, src, dst);

	if (known)
		return &f->flow[known - f->flow];
	if (!f->flow || f->n == f->room) {
		size_t room = f->room ? f->room * 2 : 16;
		struct segment_flow *flow = realloc(f->flow, room * sizeof(*flow));

		if (!flow)
			return NULL;
		f->flow = flow;
		f->room = room;
	}
	f->flow[f->n] = (struct segment_flow){ .src = *src, .dst = *dst };
	return &f->flow[f->n++];
}

static bool read_ip(struct hf_bytes packet, struct segment *s, struct hf_bytes *ret_payload)
{
	struct ip4_header h4;
	struct ip6_header h6;

	if (packet.len > 0 && packet.at[0] >> 4 == 4) {
		if (ip4_parse(packet, &h4) != HF_OK)
			return false;
		s->src.addr = h4.src;
		s->dst.addr = h4.dst;
		s->proto = h4.proto;
		*ret_payload = h4.payload;
		return h4.fragment_at == 0 && !h4.mf;
	}
	if (ip6_parse(packet, &h6) != HF_OK)
		return false;
	s->src.addr = h6.src;
	s->dst.addr = h6.dst;
	s->proto = h6.proto;
	*ret_payload = h6.payload;
	return h6.fragment_at == 0 && !h6.mf;
}

/* Numbers just below the first are old ones, not the last of four thousand million. */
static int64_t relative(uint32_t number, uint32_t isn)
{
	uint32_t from = number - isn;

	return from >= UINT32_MAX - JUST_BELOW ? (int64_t)from - UINT32_MAX - 1 : from;
}

static void judge(struct segment_flows *f, bool forged, struct segment *s)
{
	/* The reverse one first: making room for the second may move both. */
	struct segment_flow *back = flow_for(f, &s->dst, &s->src);
	size_t back_at = back ? (size_t)(back - f->flow) : 0;
	struct segment_flow *flow = flow_for(f, &s->src, &s->dst);
	struct segment_flow after;
	unsigned flags = s->h.flags;
	uint32_t end = s->h.seq + s->len + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);

	s->rel_seq = s->h.seq;
	s->rel_ack = s->h.ack;
	if (!back || !flow)
		return;
	back = &f->flow[back_at];
	forged = forged && flow->has_isn;
	after = *flow;
	if (flags & TCP_SYN && !forged && (!flow->has_isn || flow->isn != s->h.seq))
		after = (struct segment_flow){ .src = flow->src, .dst = flow->dst, .has_isn = true, .isn = s->h.seq };
	if (after.has_isn)
		s->rel_seq = relative(s->h.seq, after.isn);
	if (flags & TCP_ACK && back->has_isn) {
		s->rel_ack = relative(s->h.ack, back->isn);
		s->acks_syn = !after.syn_acked && s->h.ack == back->isn + 1;
		after.syn_acked |= !(flags & TCP_RST);
	}
	s->acks_fin = flags & TCP_ACK && !(flags & TCP_RST) && back->has_fin && s->h.ack == back->fin_end;
	s->acks_fin_first = s->acks_fin && !after.fin_acked;
	after.fin_acked |= s->acks_fin;
	s->again = end != s->h.seq && after.has_end && (int32_t)(after.end - end) >= 0;
	if (end != s->h.seq && (!after.has_end || (int32_t)(end - after.end) > 0)) {
		after.has_end = true;
		after.end = end;
	}
	if (flags & TCP_FIN) {
		after.has_fin = true;
		after.fin_end = end;
	}
	/* A reset's number belongs to the other side's idea of the connection: nothing is learnt from it. */
	if (!forged && !(flags & TCP_RST))
		*flow = after;
}
