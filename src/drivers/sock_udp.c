/* SPDX-License-Identifier: MIT */

/*
 * The kernel's UDP. A socket that is not connected hears of ICMP errors only by its error queue, where each stands with the
 * destination it is about; besides, the kernel keeps the newest as an error of the socket, which the next call would get
 * though it concerns somebody else: such a call is made once more.
 */
#define _GNU_SOURCE
#include "drivers/sock_internal.h"

#include "wire/addr.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct sock_udp {
	struct socks *socks;
	struct sock_udp *next; /* of all */
	int fd;
	bool ip6;
};

static bool prepare(const struct sock_udp *u)
{
	const int on = 1;
	struct epoll_event e = { .events = EPOLLIN };

	if (u->ip6 ? setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0 ||
			     setsockopt(u->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) != 0
		   : setsockopt(u->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) != 0)
		return false;
	return epoll_ctl(u->socks->epoll, EPOLL_CTL_ADD, u->fd, &e) == 0;
}

hf_status socks_udp_open(struct socks *s, bool ip6, struct sock_udp **ret)
{
	struct sock_udp *u = malloc(sizeof(*u));
	hf_status why;

	if (!u)
		return HF_FULL;
	*u = (struct sock_udp){ .socks = s, .ip6 = ip6 };
	u->fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (u->fd < 0 || !prepare(u)) {
		why = sock_status_of(errno);
		if (u->fd >= 0)
			close(u->fd);
		free(u);
		return why;
	}
	u->next = s->udp;
	s->udp = u;
	*ret = u;
	return HF_OK;
}

void sock_udp_close(struct sock_udp *u)
{
	struct sock_udp **at = &u->socks->udp;

	while (*at != u)
		at = &(*at)->next;
	*at = u->next;
	close(u->fd);
	free(u);
}

hf_status sock_udp_send(struct sock_udp *u, const struct hf_endpoint *to, struct hf_bytes data)
{
	struct sockaddr_storage a;
	const socklen_t len = sock_to_sockaddr(to, &a);
	ssize_t n = -1;

	if (u->ip6 == addr_is_ip4(&to->addr) || to->port == 0)
		return HF_INVALID;
	for (int attempt = 0; n < 0 && attempt < 2; attempt++)
		n = sendto(u->fd, data.at, data.len, MSG_NOSIGNAL, (struct sockaddr *)&a, len);
	if (n >= 0)
		return HF_OK;
	switch (errno) {
	case EAGAIN:
	case EINTR:
		return HF_AGAIN;
	case EMSGSIZE:
		return HF_TOO_BIG;
	default:
		return sock_why_not_sent(errno);
	}
}

/* The oldest error that somebody else has sent; HF_OK: there is none. */
static hf_status next_error(struct sock_udp *u, struct hf_endpoint *ret_about)
{
	struct sockaddr_storage a = { 0 };
	union {
		struct cmsghdr head;
		uint8_t room[512];
	} control;
	struct msghdr m = {
		.msg_name = &a, .msg_namelen = sizeof(a), .msg_control = &control, .msg_controllen = sizeof(control)
	};

	for (; recvmsg(u->fd, &m, MSG_ERRQUEUE) >= 0; m.msg_namelen = sizeof(a), m.msg_controllen = sizeof(control)) {
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			struct sock_extended_err e;

			if ((c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR) &&
			    (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_RECVERR))
				continue;
			memcpy(&e, CMSG_DATA(c), sizeof(e));
			if (e.ee_errno == EMSGSIZE) /* a smaller path MTU: the kernel cuts the next datagram accordingly */
				continue;
			*ret_about = sock_from_sockaddr(&a);
			return e.ee_errno == ECONNREFUSED ? HF_REFUSED : HF_UNREACHABLE;
		}
	}
	return HF_OK;
}

hf_status sock_udp_recv(struct sock_udp *u, void *room, size_t n, struct hf_endpoint *from, size_t *ret_len)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	ssize_t there = -1;
	hf_status why;

	for (int attempt = 0; there < 0 && attempt < 2; attempt++) {
		why = next_error(u, from);
		if (why != HF_OK)
			return why;
		there = recv(u->fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
		if (there < 0 && errno == EAGAIN)
			return HF_AGAIN;
	}
	if (there < 0)
		return HF_SYSTEM;
	if ((size_t)there > n)
		return HF_TOO_BIG;
	there = recvfrom(u->fd, room, n, 0, (struct sockaddr *)&a, &len);
	if (there < 0) /* its checksum was wrong, and it is gone: RFC 1122 4.1.3.4 */
		return errno == EAGAIN ? HF_AGAIN : HF_SYSTEM;
	*from = sock_from_sockaddr(&a);
	*ret_len = (size_t)there;
	return HF_OK;
}
