/* SPDX-License-Identifier: MIT */
#include "wire/arp.h"

#include "base/bits.h"
#include "wire/addr.h"

#define HARDWARE_ETHERNET 1u
#define PROTOCOL_IP4 0x0800u

hf_status arp_parse(struct hf_bytes b, struct arp_packet *ret)
{
	struct hf_rd in = hf_rd_over(b);
	uint16_t hardware = hf_rd_u16(&in), protocol = hf_rd_u16(&in);
	uint8_t hardware_len = hf_rd_u8(&in), protocol_len = hf_rd_u8(&in);
	uint8_t octets[4];
	struct arp_packet p;

	p.op = hf_rd_u16(&in);
	hf_rd_copy(&in, p.sender_mac, 6);
	hf_rd_copy(&in, octets, 4);
	p.sender = addr_ip4(octets);
	hf_rd_copy(&in, p.target_mac, 6);
	hf_rd_copy(&in, octets, 4);
	p.target = addr_ip4(octets);
	HF_TRY(hf_rd_ok(&in));

	if (hardware != HARDWARE_ETHERNET || protocol != PROTOCOL_IP4)
		return HF_UNSUPPORTED;
	if (hardware_len != 6 || protocol_len != 4)
		return HF_MALFORMED;
	/* RFC 826 knows these two; reverse and inverse ARP share its format, not its meaning. */
	if (p.op != ARP_REQUEST && p.op != ARP_REPLY)
		return HF_UNSUPPORTED;

	*ret = p;
	return HF_OK;
}

void arp_put(struct hf_wr *out, const struct arp_packet *p)
{
	hf_wr_u16(out, HARDWARE_ETHERNET);
	hf_wr_u16(out, PROTOCOL_IP4);
	hf_wr_u8(out, 6);
	hf_wr_u8(out, 4);
	hf_wr_u16(out, p->op);
	hf_wr_copy(out, p->sender_mac, 6);
	hf_wr_copy(out, p->sender.b + 12, 4);
	hf_wr_copy(out, p->target_mac, 6);
	hf_wr_copy(out, p->target.b + 12, 4);
}
