/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_IP4_H
#define HF_WIRE_IP4_H

#include "base/rd.h"
#include "base/wr.h"

#define IP4_HEADER_MIN 20u
#define IP_PROTO_ICMP 1u
#define IP_PROTO_TCP 6u
#define IP_PROTO_UDP 17u
#define IP_PROTO_ICMP6 58u

/* RFC 791 3.1. The payload ends where total_length says; what lies beyond is padding of the link. */
struct ip4_header {
	uint8_t header_len; /* octets */
	uint8_t tos, ttl, proto;
	uint16_t total_len, id;
	bool df, mf;
	uint16_t fragment_at; /* octets */
	struct hf_addr src, dst;
	struct hf_bytes options; /* checked: each inside its length; EOL ends */
	bool source_route;       /* an LSRR or SSRR option is there */
	struct hf_bytes payload;
};

/* SHORT; MALFORMED (version, IHL, lengths, fragment beyond 65535, options); BAD_CHECKSUM. Nothing else is judged. */
HF_NODISCARD hf_status ip4_parse(struct hf_bytes packet, struct ip4_header *ret);
/* As ip4_parse() for what an ICMP error quotes: the payload may be cut short (RFC 792), the checksum is not looked at. */
HF_NODISCARD hf_status ip4_parse_quoted(struct hf_bytes packet, struct ip4_header *ret);
/* 20 octets and its checksum; total_len is h->total_len; no options. */
void ip4_put(struct hf_wr *out, const struct ip4_header *h);

#endif
