/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_EXPLAIN_TEST_H
#define HF_TESTS_EXPLAIN_TEST_H

#include "base/csum.h"
#include "wire/addr.h"
#include "wire/ip4.h"
#include "wire/tcp_wire.h"

#include <string.h>

/* An IPv4 packet with a TCP segment, from A (10.9.0.1:5000) to B (10.9.0.2:80) or back. */
struct made_packet {
	uint8_t octets[256];
	struct hf_bytes bytes;
};

static inline struct hf_bytes make_packet(struct made_packet *p, bool from_a, uint8_t flags, uint32_t seq, uint32_t ack,
					  uint16_t window, size_t len)
{
	static const uint8_t payload[100];
	struct hf_addr a = addr_ip4_u32(0x0a090001), b = addr_ip4_u32(0x0a090002);
	struct tcp_header h = { .src_port = from_a ? 5000 : 80,
				.dst_port = from_a ? 80 : 5000,
				.seq = seq,
				.ack = ack,
				.flags = flags,
				.window = window };
	struct ip4_header ip = { .ttl = 64,
				 .proto = IP_PROTO_TCP,
				 .total_len = (uint16_t)(40 + len),
				 .src = from_a ? a : b,
				 .dst = from_a ? b : a };
	struct hf_wr out = hf_wr_over(p->octets, sizeof(p->octets));

	ip4_put(&out, &ip);
	tcp_put(&out, &h);
	hf_wr_copy(&out, payload, len);
	p->bytes = (struct hf_bytes){ p->octets, hf_wr_len(&out) };
	return p->bytes;
}

#endif
