/* SPDX-License-Identifier: MIT */
#include "sim/craft.h"

#include "base/bits.h"
#include "base/csum.h"
#include "wire/addr.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp_wire.h"

#define TTL 64u
#define TCP_CSUM_AT 16u

size_t sim_craft_packet(const struct sim_craft *c, uint8_t *to, size_t room)
{
	struct hf_wr out = hf_wr_over(to, room);
	struct tcp_header h = {
		.src_port = c->src.port,
		.dst_port = c->dst.port,
		.seq = c->seq,
		.ack = c->ack,
		.flags = c->flags,
		.window = c->window,
		.has_mss = c->mss != 0,
		.mss = c->mss,
		.has_timestamps = c->timestamps,
		.ts_val = c->ts_val,
		.ts_ecr = c->ts_ecr,
	};
	size_t segment_len = tcp_header_size(&h) + c->payload.len, at, len;
	hf_status s;

	if (addr_is_ip4(&c->dst.addr)) {
		struct ip4_header ip = { .ttl = TTL,
					 .proto = IP_PROTO_TCP,
					 .total_len = (uint16_t)(IP4_HEADER_MIN + segment_len),
					 .df = true,
					 .src = c->src.addr,
					 .dst = c->dst.addr };

		ip4_put(&out, &ip);
	} else {
		struct ip6_header ip = { .hop_limit = TTL,
					 .proto = IP_PROTO_TCP,
					 .payload_len = (uint16_t)segment_len,
					 .src = c->src.addr,
					 .dst = c->dst.addr };

		ip6_put(&out, &ip);
	}
	at = hf_wr_len(&out);
	tcp_put(&out, &h);
	hf_wr_copy(&out, c->payload.at, c->payload.len);
	s = hf_wr_end(&out, &len);
	HF_ASSERT(s == HF_OK);
	hf_store16(to + at + TCP_CSUM_AT,
		   hf_csum_finish(hf_csum_add(hf_csum_pseudo(&c->src.addr, &c->dst.addr, IP_PROTO_TCP, (uint32_t)segment_len),
					      to + at, segment_len)));
	return len;
}
