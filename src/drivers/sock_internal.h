/* SPDX-License-Identifier: MIT */
#ifndef HF_DRIVERS_SOCK_INTERNAL_H
#define HF_DRIVERS_SOCK_INTERNAL_H

#include "drivers/sock.h"

#include <sys/socket.h>

/* What sock.c and sock_udp.c share. */
struct watched {
	int fd;
	unsigned want;
	bool always; /* a plain file: epoll does not take it, as it can always be read and written */
};

struct socks {
	int epoll, listener;
	struct sock *all;
	struct sock_udp *udp;
	struct watched watched[SOCK_WATCHED];
	unsigned watches;
};

hf_status sock_status_of(int err);
hf_status sock_why_not_sent(int err); /* no SYN, no datagram */
socklen_t sock_to_sockaddr(const struct hf_endpoint *e, struct sockaddr_storage *ret);
struct hf_endpoint sock_from_sockaddr(const struct sockaddr_storage *a);

#endif
