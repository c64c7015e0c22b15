/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_ETH_H
#define HF_WIRE_ETH_H

#include "base/rd.h"
#include "base/wr.h"

#define ETH_HEADER_BYTES 14u
#define ETH_TYPE_IP4 0x0800u
#define ETH_TYPE_ARP 0x0806u
#define ETH_TYPE_IP6 0x86ddu

/* RFC 894; 802.1Q tags are refused as UNSUPPORTED. */
struct eth_header {
	uint8_t dst[6], src[6];
	uint16_t type;
	struct hf_bytes payload;
};

HF_NODISCARD hf_status eth_parse(struct hf_bytes frame, struct eth_header *ret);
void eth_put(struct hf_wr *out, const struct eth_header *h); /* the header only */

#endif
