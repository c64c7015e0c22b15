/* SPDX-License-Identifier: MIT */
#include "ip/ip_internal.h"

/*
 * ICMP (RFC 792, RFC 1122 3.2.2; RFC 4443). Echo requests are answered, errors about packets of ours are judged and
 * handed up, source quench (RFC 6633) and redirects are ignored, and errors are sent under all the MUST NOTs and a
 * token bucket. What an error quotes is all that proves it: it must be a packet from one of our addresses, the error must
 * come to that address, and it must be a piece that holds ports. Whether such a connection exists, TCP and UDP know.
 */

/* ---- echo ---- */

static void answer_echo(struct ip *ip, const struct ip_packet *p, const struct icmp_message *m, hf_time_ns now)
{
	bool ip4 = addr_is_ip4(&p->src);
	struct icmp_message reply = *m;
	struct ip_datagram *d;
	struct hf_addr src = p->dst;
	struct hf_wr out;
	uint32_t i;

	/* RFC 1122 3.2.2.6 lets us keep still about broadcasts, which amplifiers live on; RFC 4443 4.2 wants an answer. */
	if (ip4 && p->to_group)
		return;
	if (!ip_is_ours(ip, &src) && (ip_source_for(ip, &p->src, &src) != HF_OK || !ip_is_ours(ip, &src)))
		return;
	i = ip_datagram_take(ip, (uint32_t)p->payload.len);
	if (i == HF_NONE)
		return;
	ip_tell(ip, HF_TR_ICMP_ECHO, 0, 0, (uint32_t)m->body.len);
	d = ip_datagram_at(ip, i);
	d->src = src;
	d->dst = p->src;
	d->tos = p->tos; /* RFC 1349 5.1 */
	d->ttl = IP_TTL;
	out = hf_wr_over(ip_datagram_data(ip, i), d->len);
	if (ip4) {
		d->proto = IP_PROTO_ICMP;
		reply.type = ICMP4_ECHO_REPLY;
		icmp4_put(&out, &reply);
	} else {
		d->proto = IP_PROTO_ICMP6;
		reply.type = ICMP6_ECHO_REPLY;
		icmp6_put(&out, &reply, &src, &p->src);
	}
	HF_ASSERT(!out.bad && hf_wr_len(&out) == d->len);
	(void)!ip_datagram_queue(ip, i, now); /* an answer that cannot go is told in the trace, and forgotten */
}

/* ---- errors about packets of ours ---- */

struct quoted {
	struct hf_addr src, dst;
	uint8_t proto;
	uint32_t len; /* of the packet when it was whole */
	struct hf_bytes payload;
};

static bool read_quoted(struct hf_bytes body, bool ip4, struct quoted *ret)
{
	struct ip4_header h4;
	struct ip6_header h6;

	if (ip4) {
		if (ip4_parse_quoted(body, &h4) != HF_OK || h4.fragment_at != 0)
			return false;
		*ret = (struct quoted){ h4.src, h4.dst, h4.proto, h4.total_len, h4.payload };
	} else {
		if (ip6_parse_quoted(body, &h6) != HF_OK || h6.fragment_at != 0)
			return false;
		*ret = (struct quoted){ h6.src, h6.dst, h6.proto, IP6_HEADER_BYTES + (uint32_t)h6.payload_len, h6.payload };
	}
	return ret->payload.len >= 8; /* RFC 792: what every error quotes */
}

static bool is_echo_reply(const struct quoted *q)
{
	return (q->proto == IP_PROTO_ICMP && q->payload.at[0] == ICMP4_ECHO_REPLY) ||
	       (q->proto == IP_PROTO_ICMP6 && q->payload.at[0] == ICMP6_ECHO_REPLY);
}

static enum ip_verdict error_in(struct ip *ip, const struct ip_packet *p, const struct icmp_message *m, hf_time_ns now,
				struct ip_in *ret)
{
	bool ip4 = addr_is_ip4(&p->src);
	bool too_big = ip4 ? m->type == ICMP4_UNREACHABLE && m->code == 4 : m->type == ICMP6_TOO_BIG;
	uint32_t mtu = ip4 ? m->rest & 0xffff : m->rest; /* RFC 1191 4; RFC 4443 3.2 */
	struct quoted q;

	if (!read_quoted(m->body, ip4, &q) || !ip_is_ours(ip, &q.src) || !addr_eq(&q.src, &p->dst) ||
	    !ip_is_unicast(ip, &q.dst))
		return ip_drop(ip, HF_TR_ICMP_DROP, m->type, m->code);
	if (q.proto != IP_PROTO_TCP && q.proto != IP_PROTO_UDP && !is_echo_reply(&q))
		return ip_drop(ip, HF_TR_ICMP_DROP, m->type, m->code);
	if (too_big) {
		mtu = ip_path_learn(ip, &q.dst, mtu, q.len, now);
		if (mtu == 0)
			return ip_drop(ip, HF_TR_ICMP_DROP, m->type, m->code);
	}
	ip_tell(ip, HF_TR_ICMP_RECEIVED, m->type, m->code, 0);
	if (is_echo_reply(&q))
		return IP_NOTHING;
	ret->error = (struct ip_error){
		.src = q.src,
		.dst = q.dst,
		.proto = q.proto,
		.type = m->type,
		.code = m->code,
		.ip6 = !ip4,
		.src_port = hf_load16(q.payload.at),
		.dst_port = hf_load16(q.payload.at + 2),
		.seq = q.proto == IP_PROTO_TCP ? hf_load32(q.payload.at + 4) : 0,
		.mtu = too_big ? mtu : 0,
	};
	return IP_ERROR;
}

/* ---- messages in ---- */

enum ip_verdict icmp4_in(struct ip *ip, const struct ip_packet *p, hf_time_ns now, struct ip_in *ret)
{
	struct icmp_message m;

	if (icmp4_parse(p->payload, &m) != HF_OK)
		return ip_drop(ip, HF_TR_ICMP_DROP, p->payload.len ? p->payload.at[0] : 0, 0);
	switch (m.type) {
	case ICMP4_ECHO:
		answer_echo(ip, p, &m, now);
		return IP_NOTHING;
	case ICMP4_UNREACHABLE:
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAMETER_PROBLEM:
		return error_in(ip, p, &m, now, ret);
	case ICMP4_SOURCE_QUENCH: /* RFC 6633 3 */
	case ICMP4_REDIRECT:      /* our routes are static */
	case ICMP4_ECHO_REPLY:
		return IP_NOTHING;
	default: /* RFC 1122 3.2.2 */
		return ip_drop(ip, HF_TR_ICMP_DROP, m.type, m.code);
	}
}

enum ip_verdict icmp6_in(struct ip *ip, const struct ip_packet *p, hf_time_ns now, struct ip_in *ret)
{
	struct icmp_message m;

	if (icmp6_parse(p->payload, &p->src, &p->dst, &m) != HF_OK)
		return ip_drop(ip, HF_TR_ICMP_DROP, p->payload.len ? p->payload.at[0] : 0, 0);
	if (addr_is_any(&p->src) && m.type != ICMP6_NEIGHBOUR_SOLICIT && m.type != ICMP6_ROUTER_SOLICIT)
		return ip_drop(ip, HF_TR_IP_DROP_SOURCE, 0, 0);
	switch (m.type) {
	case ICMP6_ECHO:
		answer_echo(ip, p, &m, now);
		return IP_NOTHING;
	case ICMP6_UNREACHABLE:
	case ICMP6_TOO_BIG:
	case ICMP6_TIME_EXCEEDED:
	case ICMP6_PARAMETER_PROBLEM:
		return error_in(ip, p, &m, now, ret);
	case ICMP6_NEIGHBOUR_SOLICIT:
	case ICMP6_NEIGHBOUR_ADVERT:
		return nd_in(ip, p, &m, now);
	case ICMP6_ROUTER_SOLICIT: /* we are no router */
	case ICMP6_ROUTER_ADVERT:  /* our routes are static */
	case ICMP6_REDIRECT:
	case ICMP6_ECHO_REPLY:
		return IP_NOTHING;
	default: /* RFC 4443 2.4 b: unknown information is dropped in silence; no protocol of ours could use an unknown error */
		return ip_drop(ip, HF_TR_ICMP_DROP, m.type, m.code);
	}
}

/* ---- errors out ---- */

/* RFC 1122 3.2.2, RFC 4443 2.4 e. That it is no piece but the first is the caller's promise. */
static bool may_answer(const struct ip *ip, const struct ip_packet *about, bool even_group)
{
	bool ip4 = addr_is_ip4(&about->src);

	if (!ip_is_unicast(ip, &about->src) || addr_is_loopback(&about->src))
		return false;
	if (about->to_group && !(even_group && !ip4))
		return false;
	if (about->proto == (ip4 ? IP_PROTO_ICMP : IP_PROTO_ICMP6))
		return about->payload.len > 0 &&
		       !(ip4 ? icmp4_is_error(about->payload.at[0]) : icmp6_is_error(about->payload.at[0]));
	return true;
}

/* A bucket of IP_ERROR_BURST tokens that fills in IP_ERROR_INTERVAL each, kept as the time at which it would be full. */
static bool take_token(struct ip *ip, hf_time_ns now)
{
	if (ip->error_at > now && ip->error_at - now > (IP_ERROR_BURST - 1) * IP_ERROR_INTERVAL)
		return false;
	ip->error_at = hf_max_u64(ip->error_at, now) + IP_ERROR_INTERVAL;
	return true;
}

void ip_icmp_error(struct ip *ip, uint8_t type, uint8_t code, uint32_t rest, const struct ip_packet *about,
		   bool even_group, hf_time_ns now)
{
	bool ip4 = addr_is_ip4(&about->src);
	uint32_t most = ip4 ? IP4_QUOTE_MAX - IP4_HEADER_MIN : IP6_MTU_MIN - IP6_HEADER_BYTES;
	struct icmp_message m = { .type = type, .code = code, .rest = rest, .body = about->whole };
	struct hf_addr src = about->dst;
	struct ip_datagram *d;
	struct hf_wr out;
	uint32_t i;

	if (!may_answer(ip, about, even_group))
		return;
	if (!ip_is_ours(ip, &src) && (ip_source_for(ip, &about->src, &src) != HF_OK || !ip_is_ours(ip, &src)))
		return;
	if (!take_token(ip, now)) {
		ip_tell(ip, HF_TR_ICMP_LIMITED, type, code, 0);
		return;
	}
	if (m.body.len > most - ICMP_HEADER_BYTES)
		m.body.len = most - ICMP_HEADER_BYTES;
	i = ip_datagram_take(ip, ICMP_HEADER_BYTES + (uint32_t)m.body.len);
	if (i == HF_NONE)
		return;
	ip_tell(ip, HF_TR_ICMP_SENT, type, code, 0);
	d = ip_datagram_at(ip, i);
	d->src = src;
	d->dst = about->src;
	d->ttl = IP_TTL;
	d->proto = ip4 ? IP_PROTO_ICMP : IP_PROTO_ICMP6;
	out = hf_wr_over(ip_datagram_data(ip, i), d->len);
	if (ip4)
		icmp4_put(&out, &m);
	else
		icmp6_put(&out, &m, &src, &about->src);
	HF_ASSERT(!out.bad);
	(void)!ip_datagram_queue(ip, i, now);
}

void ip_port_unreachable(struct ip *ip, const struct ip_packet *about, hf_time_ns now)
{
	if (addr_is_ip4(&about->src))
		ip_icmp_error(ip, ICMP4_UNREACHABLE, 3, 0, about, false, now);
	else
		ip_icmp_error(ip, ICMP6_UNREACHABLE, 4, 0, about, false, now);
}
