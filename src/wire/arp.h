/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_ARP_H
#define HF_WIRE_ARP_H

#include "base/rd.h"
#include "base/wr.h"

#define ARP_BYTES 28u
#define ARP_REQUEST 1u
#define ARP_REPLY 2u

/* RFC 826, for Ethernet and IPv4 only. Trailing padding is allowed. */
struct arp_packet {
	uint16_t op;
	uint8_t sender_mac[6];
	struct hf_addr sender; /* mapped */
	uint8_t target_mac[6];
	struct hf_addr target;
};

/* SHORT; MALFORMED (address lengths); UNSUPPORTED: another link, protocol or operation. */
HF_NODISCARD hf_status arp_parse(struct hf_bytes b, struct arp_packet *ret);
void arp_put(struct hf_wr *out, const struct arp_packet *p);

#endif
