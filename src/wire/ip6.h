/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_IP6_H
#define HF_WIRE_IP6_H

#include "base/rd.h"
#include "base/wr.h"

#define IP6_HEADER_BYTES 40u
#define IP6_FRAGMENT_BYTES 8u
#define IP6_NEXT_HOP_BY_HOP 0u
#define IP6_NEXT_ROUTING 43u
#define IP6_NEXT_FRAGMENT 44u
#define IP6_NEXT_NONE 59u
#define IP6_NEXT_DEST_OPTS 60u
#define IP6_EXT_LIMIT 8u /* more extension headers than this are refused */

/* RFC 8200 3 and 4, the chain of extension headers walked to the upper layer or to a fragment header. */
struct ip6_header {
	uint8_t traffic_class, hop_limit;
	uint32_t flow;
	uint16_t payload_len;
	struct hf_addr src, dst;
	uint8_t proto;           /* of the payload; IP6_NEXT_NONE possible */
	uint16_t proto_field_at; /* where in the packet the octet stands that names proto (for parameter problems) */
	uint16_t headers_len;    /* octets before the payload, extension headers included */
	uint16_t unfragmentable_len;     /* octets before the fragment header, when fragmented */
	uint16_t fragment_next_field_at; /* octet that holds 44 in the unfragmentable part */
	bool fragmented, mf;             /* also for an atomic fragment (RFC 6946): fragmented, offset 0, no mf */
	uint32_t fragment_id;
	uint16_t fragment_at;    /* octets */
	struct hf_bytes payload; /* behind the last header walked */
	/* When UNSUPPORTED: the parameter problem to send, RFC 4443 3.4; problem_at in octets from the packet's start.
	 * problem_silent: an option that says "discard without a word" (RFC 8200 4.2). */
	uint8_t problem_code;
	uint32_t problem_at;
	bool problem_silent;
	bool problem_even_multicast; /* option type 10xxxxxx */
};

/*
 * SHORT; MALFORMED, also for a mapped IPv4 address, which must not be on a wire (within, it would be IPv4's own).
 * UNSUPPORTED: unknown option, routing header with segments left, hop-by-hop header not in front, fragment of a length
 * or place that RFC 8200 4.5 refuses; *ret is filled in nevertheless, proto and the problem fields included.
 */
HF_NODISCARD hf_status ip6_parse(struct hf_bytes packet, struct ip6_header *ret);
/*
 * As ip6_parse() for what an ICMP error quotes: the payload may be cut short, nothing is UNSUPPORTED. SHORT when the
 * cut is in the chain.
 */
HF_NODISCARD hf_status ip6_parse_quoted(struct hf_bytes packet, struct ip6_header *ret);
/* 40 octets; next header is h->proto, or 44 and 8 octets more when h->fragmented. payload_len as given. */
void ip6_put(struct hf_wr *out, const struct ip6_header *h);

#endif
