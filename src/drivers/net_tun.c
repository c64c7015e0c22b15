/* SPDX-License-Identifier: MIT */
#include "drivers/net_device.h"

#include "wire/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * A TUN or TAP device. It is not persistent: it lives as long as the descriptor, so that nothing is left behind, however
 * we end. With a virtio-net header the kernel hands out, and takes, TCP super-segments of up to 64 KiB whose checksums
 * nobody has to compute: one system call moves what would be 45 frames.
 */

#define TUN_QUEUE 2000u /* frames the kernel holds for us; the default of 500 overflows when many flows send at once */

static hf_status attach(const struct net_spec *s, int fd, bool vnet, struct net_device *d, char *why, size_t room);
static void take_offloads(struct net_device *d);
static hf_status set_up_kernel_side(const struct net_spec *s, struct net_device *d, char *why, size_t room);

hf_status net_tun_open(const struct net_spec *s, struct net_device *ret, char *why, size_t room)
{
	bool vnet = !s->no_offload && !net_wishes_any(&s->wishes);
	struct net_device d = { .mtu_bytes = s->mtu_bytes ? s->mtu_bytes : 1500 };
	hf_status st;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		int err = errno == ENOENT || errno == ENXIO || errno == ENODEV ? EACCES : errno;

		return net_say_errno(why, room, s, "opening /dev/net/tun", err);
	}
	d.fd = fd;
	st = attach(s, fd, vnet, &d, why, room);
	if (st == HF_OK)
		st = set_up_kernel_side(s, &d, why, room);
	if (st != HF_OK) {
		close(fd);
		return st;
	}
	*ret = d;
	return HF_OK;
}

static hf_status attach(const struct net_spec *s, int fd, bool vnet, struct net_device *d, char *why, size_t room)
{
	struct ifreq ifr = { 0 };
	int bytes = sizeof(struct virtio_net_hdr);

	memcpy(ifr.ifr_name, s->name, sizeof(s->name));
	ifr.ifr_flags = (short)((s->kind == HF_NET_TAP ? IFF_TAP : IFF_TUN) | IFF_NO_PI | (vnet ? IFF_VNET_HDR : 0));
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		/* The kernel says EINVAL when a device of that name, but another kind, is there. */
		if (errno == EBUSY || errno == EINVAL) {
			snprintf(why, room, "--net: \"%s:%s\": a device of that name is there already; take another name",
				 s->kind == HF_NET_TAP ? "tap" : "tun", s->name);
			return HF_SYSTEM;
		}
		return net_say_errno(why, room, s, "making the device", errno);
	}
	memcpy(d->name, ifr.ifr_name, sizeof(d->name));
	d->name[NET_NAME - 1] = 0;
	if (vnet) {
		if (ioctl(fd, TUNSETVNETHDRSZ, &bytes) < 0)
			return net_say_errno(why, room, s, "setting the size of the device's frame header", errno);
		d->vnet_bytes = (unsigned)bytes;
		take_offloads(d);
	}
	return HF_OK;
}

/* What may come to us is the kernel's to decide, one step after the other; what may go to it follows from the header. */
static void take_offloads(struct net_device *d)
{
	static const unsigned wishes[] = {
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
		TUN_F_CSUM,
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		if (ioctl(d->fd, TUNSETOFFLOAD, (unsigned long)wishes[i]) == 0)
			break;
	}
	d->offload = HF_OFFLOAD_TX_CSUM | HF_OFFLOAD_TX_TSO;
}

static hf_status set_up_kernel_side(const struct net_spec *s, struct net_device *d, char *why, size_t room)
{
	int err = net_link_set_mtu(d->name, d->mtu_bytes);

	if (err)
		return net_say_errno(why, room, s, "setting the device's MTU", err);
	(void)net_link_set_queue(d->name, TUN_QUEUE); /* a wish: without it more is lost, nothing breaks */
	err = net_link_up(d->name);
	if (err)
		return net_say_errno(why, room, s, "bringing the device up", err);
	if (s->has_gw4) {
		err = net_link_add_addr(d->name, &s->gw4, s->gw4_prefix_len);
		if (err)
			return net_say_errno(why, room, s, "giving the kernel's side the address of gw=", err);
	}
	if (s->has_gw6) {
		err = net_link_add_addr(d->name, &s->gw6, s->gw6_prefix_len);
		if (err)
			return net_say_errno(why, room, s, "giving the kernel's side the address of gw6=", err);
	}
	return HF_OK;
}

hf_status net_say_errno(char *why, size_t room, const struct net_spec *s, const char *doing, int err)
{
	static const char *const kinds[] = { [HF_NET_TUN] = "tun", [HF_NET_TAP] = "tap", [HF_NET_PACKET] = "packet" };
	const char *kind = kinds[s->kind];

	if (err == EPERM || err == EACCES) {
		if (s->kind == HF_NET_PACKET)
			snprintf(why, room,
				 "--net: \"%s:%s\": %s needs the right CAP_NET_RAW; "
				 "be root, or use a namespace of your own: unshare -Urnm, a veth pair in it",
				 kind, s->name, doing);
		else
			snprintf(why, room,
				 "--net: \"%s:%s\": %s needs the right CAP_NET_ADMIN; "
				 "be root, or use --net packet: on a veth pair in a namespace of your own (unshare -Urnm)",
				 kind, s->name, doing);
		return HF_NO_RIGHTS;
	}
	snprintf(why, room, "--net: \"%s:%s\": %s: %s", kind, s->name, doing, strerror(err));
	return HF_SYSTEM;
}
