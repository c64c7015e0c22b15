/* SPDX-License-Identifier: MIT */
#include "wire/eth.h"

#include "base/bits.h"

#define TYPE_VLAN 0x8100u    /* IEEE 802.1Q, a customer's tag */
#define TYPE_SERVICE 0x88a8u /* IEEE 802.1Q, a provider's tag */

hf_status eth_parse(struct hf_bytes frame, struct eth_header *ret)
{
	struct eth_header h;

	if (frame.len < ETH_HEADER_BYTES)
		return HF_SHORT;
	memcpy(h.dst, frame.at, 6);
	memcpy(h.src, frame.at + 6, 6);
	h.type = hf_load16(frame.at + 12);
	if (h.type == TYPE_VLAN || h.type == TYPE_SERVICE)
		return HF_UNSUPPORTED;
	h.payload = (struct hf_bytes){ frame.at + ETH_HEADER_BYTES, frame.len - ETH_HEADER_BYTES };

	*ret = h;
	return HF_OK;
}

void eth_put(struct hf_wr *out, const struct eth_header *h)
{
	uint8_t p[ETH_HEADER_BYTES];

	memcpy(p, h->dst, 6);
	memcpy(p + 6, h->src, 6);
	hf_store16(p + 12, h->type);
	hf_wr_copy(out, p, sizeof(p));
}
