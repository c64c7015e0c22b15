/* SPDX-License-Identifier: MIT */
#include "drivers/net_vnet.h"

#include "base/bits.h"
#include "base/csum.h"

bool vnet_read(const struct virtio_net_hdr *h, struct hf_bytes frame, struct hf_frame *ret)
{
	struct hf_frame f = { .bytes = frame };

	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((size_t)h->csum_start + h->csum_offset + 2 > frame.len)
			return false;
		f.flags |= HF_FRAME_CSUM_PARTIAL;
	} else if (h->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		f.flags |= HF_FRAME_CSUM_OK;
	}
	/* Segments marked for congestion are merged like others: the bit is in their TCP headers too. */
	switch (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		break;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		f.flags |= HF_FRAME_GSO4;
		f.gso_size = h->gso_size;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		f.flags |= HF_FRAME_GSO6;
		f.gso_size = h->gso_size;
		break;
	default: /* UDP's are not among what we take */
		return false;
	}
	if ((f.flags & (HF_FRAME_GSO4 | HF_FRAME_GSO6)) && f.gso_size == 0)
		return false;
	*ret = f;
	return true;
}

void vnet_write(const struct hf_frame_out *f, struct virtio_net_hdr *ret)
{
	struct virtio_net_hdr h = { 0 };

	if (f->flags & HF_FRAME_CSUM_PARTIAL) {
		h.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h.csum_start = f->csum_start;
		h.csum_offset = f->csum_offset;
	}
	if (f->flags & (HF_FRAME_GSO4 | HF_FRAME_GSO6)) {
		h.gso_type = f->flags & HF_FRAME_GSO4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		h.gso_size = f->gso_size;
		h.hdr_len = f->hdr_len;
	}
	*ret = h;
}

void vnet_finish_csum(uint8_t *frame, size_t len, size_t csum_start, size_t csum_offset)
{
	HF_ASSERT(csum_start + csum_offset + 2 <= len);
	hf_store16(frame + csum_start + csum_offset, hf_csum_finish(hf_csum_add(0, frame + csum_start, len - csum_start)));
}
