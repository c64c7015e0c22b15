/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_ICMP_H
#define HF_WIRE_ICMP_H

#include "base/rd.h"
#include "base/wr.h"

/* RFC 792 */
#define ICMP4_ECHO_REPLY 0u
#define ICMP4_UNREACHABLE 3u
#define ICMP4_SOURCE_QUENCH 4u
#define ICMP4_REDIRECT 5u
#define ICMP4_ECHO 8u
#define ICMP4_TIME_EXCEEDED 11u
#define ICMP4_PARAMETER_PROBLEM 12u
/* RFC 4443, RFC 4861 */
#define ICMP6_UNREACHABLE 1u
#define ICMP6_TOO_BIG 2u
#define ICMP6_TIME_EXCEEDED 3u
#define ICMP6_PARAMETER_PROBLEM 4u
#define ICMP6_ECHO 128u
#define ICMP6_ECHO_REPLY 129u
#define ICMP6_ROUTER_SOLICIT 133u
#define ICMP6_ROUTER_ADVERT 134u
#define ICMP6_NEIGHBOUR_SOLICIT 135u
#define ICMP6_NEIGHBOUR_ADVERT 136u
#define ICMP6_REDIRECT 137u

#define ICMP_HEADER_BYTES 8u

struct icmp_message {
	uint8_t type, code;
	uint32_t rest;        /* the four octets behind the checksum: id and sequence, MTU, pointer, unused */
	struct hf_bytes body; /* echo data, the quoted packet, ND fields behind `rest` */
};

/* SHORT; BAD_CHECKSUM. ICMPv6 needs the addresses for its pseudo header. */
HF_NODISCARD hf_status icmp4_parse(struct hf_bytes b, struct icmp_message *ret);
HF_NODISCARD hf_status icmp6_parse(struct hf_bytes b, const struct hf_addr *src, const struct hf_addr *dst,
				   struct icmp_message *ret);
/* Header, body and checksum. */
void icmp4_put(struct hf_wr *out, const struct icmp_message *m);
void icmp6_put(struct hf_wr *out, const struct icmp_message *m, const struct hf_addr *src, const struct hf_addr *dst);
/* An error about another packet: errors never answer errors (RFC 1122 3.2.2, RFC 4443 2.4 e). */
bool icmp4_is_error(uint8_t type);
bool icmp6_is_error(uint8_t type);

#endif
