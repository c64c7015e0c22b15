/* SPDX-License-Identifier: MIT */
#ifndef HF_DRIVERS_NET_DEVICE_H
#define HF_DRIVERS_NET_DEVICE_H

#include "drivers/net_spec.h"

/* An open descriptor that moves one frame a call, behind a virtio-net header when vnet_bytes is not 0. */
struct net_device {
	int fd;
	unsigned vnet_bytes;
	uint32_t offload; /* enum hf_offload: what it takes from us */
	uint32_t mtu_bytes;
	char name[NET_NAME];
};

/* A device of our own; the kernel's side gets the gateways as its addresses. HF_OK; HF_NO_RIGHTS; HF_SYSTEM. */
HF_NODISCARD hf_status net_tun_open(const struct net_spec *s, struct net_device *ret, char *why, size_t room);

/* An interface that is there. HF_OK; HF_USAGE (there is none, or not Ethernet); HF_NO_RIGHTS; HF_SYSTEM. */
HF_NODISCARD hf_status net_packet_open(const struct net_spec *s, struct net_device *ret, char *why, size_t room);

/* ---- net_link.c: the kernel's side of a device ---- */

/* All return 0, or the errno. */
int net_link_set_mtu(const char *name, uint32_t mtu_bytes);
int net_link_get_mtu(const char *name, uint32_t *ret);
int net_link_set_queue(const char *name, uint32_t frames);
int net_link_up(const char *name);
int net_link_flags(const char *name, int *ret);
/* IPv6 addresses are usable at once: the kernel does not run DAD for them. */
int net_link_add_addr(const char *name, const struct hf_addr *addr, unsigned prefix_len);

/* The sentence of a failed system call, from errno's value. Returns NO_RIGHTS or SYSTEM. */
hf_status net_say_errno(char *why, size_t room, const struct net_spec *s, const char *doing, int err);

#endif
