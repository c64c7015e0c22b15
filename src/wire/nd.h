/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_ND_H
#define HF_WIRE_ND_H

#include "wire/icmp.h"

/* RFC 4861 4.3 and 4.4, with the link-layer address option (4.6.1); unknown options are skipped. */
struct nd_message {
	uint8_t type; /* ICMP6_NEIGHBOUR_SOLICIT or _ADVERT */
	bool router, solicited, override;
	struct hf_addr target;
	bool has_mac;
	uint8_t mac[6]; /* source address of a solicitation, target address of an advertisement */
};

/* Of an ICMPv6 message already parsed. MALFORMED also for an option of length 0 and a multicast target. */
HF_NODISCARD hf_status nd_parse(const struct icmp_message *m, struct nd_message *ret);
/* The whole ICMPv6 message with its checksum. */
void nd_put(struct hf_wr *out, const struct nd_message *n, const struct hf_addr *src, const struct hf_addr *dst);

#endif
