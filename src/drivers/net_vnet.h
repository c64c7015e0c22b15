/* SPDX-License-Identifier: MIT */
#ifndef HF_DRIVERS_NET_VNET_H
#define HF_DRIVERS_NET_VNET_H

#include "hf/host.h"

#include <linux/virtio_net.h>

/* The virtio-net header (virtio 1.2, 5.1.6), which TUN, TAP and AF_PACKET put in front of a frame, and struct hf_frame. */

/* False: the header makes no sense for this frame, which is to be dropped. */
bool vnet_read(const struct virtio_net_hdr *h, struct hf_bytes frame, struct hf_frame *ret);
void vnet_write(const struct hf_frame_out *f, struct virtio_net_hdr *ret);

/* Finishes a checksum: the field holds the pseudo header's sum, all from start on is added to it. */
void vnet_finish_csum(uint8_t *frame, size_t len, size_t csum_start, size_t csum_offset);

#endif
