/* SPDX-License-Identifier: MIT */
#include "drivers/net_device.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * An interface that is there already, one end of a veth pair above all, through AF_PACKET. The kernel goes on using it
 * with its own link address; ours is another one, and the interface listens to everything so that frames for it come
 * through. Frames of the other end of a veth pair come with unfinished checksums and merged up to 64 KiB: only
 * PACKET_VNET_HDR tells, so it is on even when we want no offload for our own frames.
 */

#define PACKET_BUFFER (8 << 20)

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

static hf_status look_at(const struct net_spec *s, int fd, int *ret_index, uint32_t *ret_mtu, char *why, size_t room);
static hf_status join(const struct net_spec *s, int fd, int index, char *why, size_t room);
static void widen(int fd, int option, int forced);

hf_status net_packet_open(const struct net_spec *s, struct net_device *ret, char *why, size_t room)
{
	struct net_device d = { .vnet_bytes = sizeof(struct virtio_net_hdr) };
	uint32_t mtu = 0;
	hf_status st;
	int index = 0;

	/* Protocol 0: nothing comes before bind(). */
	d.fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d.fd < 0)
		return net_say_errno(why, room, s, "reading and writing frames", errno);
	st = look_at(s, d.fd, &index, &mtu, why, room);
	if (st == HF_OK && s->mtu_bytes > mtu) {
		snprintf(why, room, "--net: \"mtu=%u\": more than the interface's MTU of %u", s->mtu_bytes, mtu);
		st = HF_USAGE;
	}
	if (st == HF_OK && !s->mtu_bytes && mtu < 1280) {
		snprintf(why, room,
			 "--net: \"packet:%s\": the interface's MTU of %u is below 1280, the least that IPv6 allows",
			 s->name, mtu);
		st = HF_USAGE;
	}
	if (st == HF_OK)
		st = join(s, d.fd, index, why, room);
	if (st != HF_OK) {
		close(d.fd);
		return st;
	}
	memcpy(d.name, s->name, sizeof(d.name));
	d.mtu_bytes = s->mtu_bytes ? s->mtu_bytes : (mtu > 65535 ? 65535 : mtu);
	if (!s->no_offload && !net_wishes_any(&s->wishes))
		d.offload = HF_OFFLOAD_TX_CSUM | HF_OFFLOAD_TX_TSO;
	*ret = d;
	return HF_OK;
}

static hf_status look_at(const struct net_spec *s, int fd, int *ret_index, uint32_t *ret_mtu, char *why, size_t room)
{
	struct ifreq ifr = { 0 };
	int flags, err;

	memcpy(ifr.ifr_name, s->name, sizeof(s->name));
	if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0) {
		snprintf(why, room, "--net: \"packet:%s\": there is no such interface here", s->name);
		return HF_USAGE;
	}
	*ret_index = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
		return net_say_errno(why, room, s, "asking for the link address", errno);
	if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
		snprintf(why, room, "--net: \"packet:%s\": not an Ethernet interface", s->name);
		return HF_USAGE;
	}
	err = net_link_get_mtu(s->name, ret_mtu);
	if (!err)
		err = net_link_flags(s->name, &flags);
	if (err)
		return net_say_errno(why, room, s, "asking for the MTU", err);
	if (!(flags & IFF_UP)) {
		snprintf(why, room, "--net: \"packet:%s\": the interface is down (ip link set %s up)", s->name, s->name);
		return HF_SYSTEM;
	}
	return HF_OK;
}

static hf_status join(const struct net_spec *s, int fd, int index, char *why, size_t room)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = __builtin_bswap16(ETH_P_ALL), .sll_ifindex = index };
	struct packet_mreq all = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };
	int on = 1;

	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) < 0)
		return net_say_errno(why, room, s, "asking for unfinished checksums to be told (PACKET_VNET_HDR)", errno);
	/* Our own frames, and the kernel's towards the other side, are not ours to read. */
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
		return net_say_errno(why, room, s, "leaving outgoing frames out (PACKET_IGNORE_OUTGOING)", errno);
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		return net_say_errno(why, room, s, "listening to all link addresses", errno);
	widen(fd, SO_RCVBUF, SO_RCVBUFFORCE);
	widen(fd, SO_SNDBUF, SO_SNDBUFFORCE);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return net_say_errno(why, room, s, "binding to the interface", errno);
	return HF_OK;
}

/* Without the right to force it, as much as everybody may have. */
static void widen(int fd, int option, int forced)
{
	int bytes = PACKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof(bytes));
}
