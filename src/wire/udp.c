/* SPDX-License-Identifier: MIT */
#include "wire/udp.h"

#include "base/bits.h"
#include "base/csum.h"
#include "wire/addr.h"

#define PROTO_UDP 17u

hf_status udp_parse(struct hf_bytes b, const struct hf_addr *src, const struct hf_addr *dst, bool csum_ok,
		    struct udp_header *ret)
{
	struct udp_header h;

	if (b.len < UDP_HEADER_BYTES)
		return HF_SHORT;
	h.src_port = hf_load16(b.at);
	h.dst_port = hf_load16(b.at + 2);
	h.len = hf_load16(b.at + 4);
	h.csum = hf_load16(b.at + 6);
	if (h.len < UDP_HEADER_BYTES)
		return HF_MALFORMED;
	if (h.len > b.len)
		return HF_SHORT;
	h.payload = (struct hf_bytes){ b.at + UDP_HEADER_BYTES, h.len - UDP_HEADER_BYTES };

	if (!csum_ok && h.csum == 0 && !addr_is_ip4(src))
		return HF_BAD_CHECKSUM;
	if (!csum_ok && h.csum != 0) {
		uint64_t sum = hf_csum_pseudo(src, dst, PROTO_UDP, h.len);

		if (hf_csum_finish(hf_csum_add(sum, b.at, h.len)) != 0)
			return HF_BAD_CHECKSUM;
	}

	*ret = h;
	return HF_OK;
}

void udp_put(struct hf_wr *out, const struct udp_header *h)
{
	uint8_t p[UDP_HEADER_BYTES];

	hf_store16(p, h->src_port);
	hf_store16(p + 2, h->dst_port);
	hf_store16(p + 4, h->len);
	hf_store16(p + 6, h->csum);
	hf_wr_copy(out, p, sizeof(p));
}
