/* SPDX-License-Identifier: MIT */
#include "drivers/net_device.h"

#include "wire/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * What `ip link` and `ip addr` would do to the kernel's side of a device, without either: ioctls where one suffices,
 * rtnetlink for addresses, because only there an IPv6 address can be had without waiting for DAD.
 */

static int link_ioctl(unsigned long request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return errno;
	if (ioctl(fd, request, ifr) < 0)
		err = errno;
	close(fd);
	return err;
}

static struct ifreq ifreq_of(const char *name)
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	return ifr;
}

int net_link_set_mtu(const char *name, uint32_t mtu_bytes)
{
	struct ifreq ifr = ifreq_of(name);

	ifr.ifr_mtu = (int)mtu_bytes;
	return link_ioctl(SIOCSIFMTU, &ifr);
}

int net_link_get_mtu(const char *name, uint32_t *ret)
{
	struct ifreq ifr = ifreq_of(name);
	int err = link_ioctl(SIOCGIFMTU, &ifr);

	if (!err)
		*ret = (uint32_t)ifr.ifr_mtu;
	return err;
}

int net_link_set_queue(const char *name, uint32_t frames)
{
	struct ifreq ifr = ifreq_of(name);

	ifr.ifr_qlen = (int)frames;
	return link_ioctl(SIOCSIFTXQLEN, &ifr);
}

int net_link_flags(const char *name, int *ret)
{
	struct ifreq ifr = ifreq_of(name);
	int err = link_ioctl(SIOCGIFFLAGS, &ifr);

	if (!err)
		*ret = (unsigned short)ifr.ifr_flags;
	return err;
}

int net_link_up(const char *name)
{
	struct ifreq ifr = ifreq_of(name);
	int err = link_ioctl(SIOCGIFFLAGS, &ifr);

	if (err)
		return err;
	ifr.ifr_flags |= IFF_UP;
	return link_ioctl(SIOCSIFFLAGS, &ifr);
}

/* ---- addresses ---- */

struct addr_request {
	struct nlmsghdr h;
	struct ifaddrmsg a;
	uint8_t attrs[128];
};

static void add_attr(struct addr_request *r, unsigned short type, const void *at, size_t len)
{
	struct rtattr *rta = (struct rtattr *)(void *)((uint8_t *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(rta), at, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(rta->rta_len);
}

/* Sends one request and returns the errno its acknowledgment carries. */
static int netlink_do(struct addr_request *r)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		uint8_t more[512];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return errno;
	if (sendto(fd, r, r->h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
		err = errno;
	} else {
		n = recv(fd, &answer, sizeof(answer), 0);
		if (n < 0)
			err = errno;
		else if ((size_t)n < NLMSG_LENGTH(sizeof(struct nlmsgerr)) || answer.h.nlmsg_type != NLMSG_ERROR)
			err = EPROTO;
		else
			err = -answer.e.error;
	}
	close(fd);
	return err;
}

/* Some systems, containers above all, make each new device without IPv6. */
static void allow_ip6(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* adding the address will say what is wrong */
	if (write(fd, "0", 1) != 1) {
		close(fd);
		return;
	}
	close(fd);
}

int net_link_add_addr(const char *name, const struct hf_addr *addr, unsigned prefix_len)
{
	bool ip4 = addr_is_ip4(addr);
	uint32_t flags = IFA_F_NODAD;
	struct addr_request r = {
		.h = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
		       .nlmsg_type = RTM_NEWADDR,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL },
		.a = { .ifa_family = ip4 ? AF_INET : AF_INET6, .ifa_prefixlen = (uint8_t)prefix_len },
	};
	const uint8_t *at = ip4 ? addr->b + 12 : addr->b;
	size_t len = ip4 ? 4 : 16;

	r.a.ifa_index = if_nametoindex(name);
	if (!r.a.ifa_index)
		return errno;
	add_attr(&r, IFA_LOCAL, at, len);
	add_attr(&r, IFA_ADDRESS, at, len);
	if (!ip4) {
		allow_ip6(name);
		add_attr(&r, IFA_FLAGS, &flags, sizeof(flags));
	}
	return netlink_do(&r);
}
