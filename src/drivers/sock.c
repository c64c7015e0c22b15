/* SPDX-License-Identifier: MIT */

/* The kernel's sockets behind the little that a stream of octets needs: level-triggered epoll, one buffer a socket. */
#define _GNU_SOURCE
#include "drivers/sock_internal.h"

#include "base/bits.h"
#include "wire/addr.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BACKLOG 128
#define EVENTS 64

struct sock {
	struct socks *socks;
	struct sock *next; /* of all */
	int fd;
	hf_status why;
	bool connected, eof, wants_write, shut;
	uint32_t interest; /* as epoll has it; 0: epoll does not know it */
	struct hf_endpoint remote;
	uint64_t sent, received;
	size_t at, len;
	uint8_t room[SOCK_ROOM];
};

hf_status sock_status_of(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return HF_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return HF_RESET;
	case ETIMEDOUT:
		return HF_TIMED_OUT;
	case ENETUNREACH:
	case ENETDOWN:
	case EAFNOSUPPORT: /* without IPv6 no route of it leads anywhere */
		return HF_NO_ROUTE;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return HF_UNREACHABLE;
	case EADDRINUSE:
		return HF_IN_USE;
	case EADDRNOTAVAIL:
		return HF_NOT_OURS;
	case EACCES:
	case EPERM:
		return HF_NO_RIGHTS;
	case ENOMEM:
	case ENOBUFS:
		return HF_FULL;
	default:
		return HF_SYSTEM;
	}
}

/* What somebody here has forbidden, or leads into a black hole, is a matter of ways, and none of rights. */
hf_status sock_why_not_sent(int err)
{
	return err == EACCES || err == EPERM ? HF_UNREACHABLE : err == EINVAL ? HF_NO_ROUTE : sock_status_of(err);
}

/* IPv6 sockets speak both families, but an address of IPv4 is asked for as what it is, where IPv6 may be off. */
socklen_t sock_to_sockaddr(const struct hf_endpoint *e, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (addr_is_ip4(&e->addr)) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(e->port);
		memcpy(&in->sin_addr, e->addr.b + 12, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(e->port);
	memcpy(&in6->sin6_addr, e->addr.b, 16);
	return sizeof(*in6);
}

struct hf_endpoint sock_from_sockaddr(const struct sockaddr_storage *a)
{
	struct hf_endpoint e = { 0 };

	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)a;

		e.addr.b[10] = e.addr.b[11] = 0xff;
		memcpy(e.addr.b + 12, &in->sin_addr, 4);
		e.port = ntohs(in->sin_port);
	} else if (a->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)a;

		memcpy(e.addr.b, &in6->sin6_addr, 16);
		e.port = ntohs(in6->sin6_port);
	}
	return e;
}

hf_status socks_open(struct socks **ret)
{
	struct socks *s = calloc(1, sizeof(*s));

	if (!s)
		return HF_FULL;
	s->listener = -1;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0) {
		free(s);
		return HF_SYSTEM;
	}
	*ret = s;
	return HF_OK;
}

void socks_unlisten(struct socks *s)
{
	if (s->listener >= 0)
		close(s->listener);
	s->listener = -1;
}

void socks_close(struct socks *s)
{
	if (!s)
		return;
	while (s->all)
		sock_close(s->all);
	while (s->udp)
		sock_udp_close(s->udp);
	socks_unlisten(s);
	close(s->epoll);
	free(s);
}

static void unwatch(struct socks *s, struct watched *w)
{
	if (!w->always)
		(void)!epoll_ctl(s->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	*w = s->watched[--s->watches];
}

hf_status socks_watch(struct socks *s, int fd, unsigned want)
{
	struct epoll_event e = { .events = (want & HF_NET_READ ? EPOLLIN : 0u) | (want & HF_NET_WRITE ? EPOLLOUT : 0u) };
	struct watched *w = s->watched;

	while (w < s->watched + s->watches && w->fd != fd)
		w++;
	if (w < s->watched + s->watches && w->want == want)
		return HF_OK;
	if (w < s->watched + s->watches)
		unwatch(s, w);
	if (want == 0)
		return HF_OK;
	if (s->watches == SOCK_WATCHED)
		return HF_FULL;
	w = &s->watched[s->watches];
	*w = (struct watched){ .fd = fd, .want = want };
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
		if (errno != EPERM)
			return HF_SYSTEM;
		w->always = true;
	}
	s->watches++;
	return HF_OK;
}

/* Listening on every address: of both families where there is IPv6, else of IPv4. */
static int listening_socket(const struct hf_endpoint *at)
{
	static const struct hf_addr any;
	const int on = 1, off = 0;
	struct sockaddr_storage a;
	struct hf_endpoint e = *at;
	int fd, err;

	for (int attempt = 0; attempt < 2; attempt++) {
		const socklen_t n = sock_to_sockaddr(&e, &a);

		fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
			if (a.ss_family == AF_INET6)
				setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
			if (bind(fd, (struct sockaddr *)&a, n) == 0 && listen(fd, BACKLOG) == 0)
				return fd;
			err = errno;
			close(fd);
			errno = err;
		}
		if (memcmp(&e.addr, &any, sizeof(any)) != 0 || errno == EADDRINUSE || errno == EACCES)
			break;
		e.addr.b[10] = e.addr.b[11] = 0xff;
	}
	return -1;
}

hf_status socks_listen(struct socks *s, const struct hf_endpoint *at, struct hf_endpoint *ret_bound)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct sockaddr_storage a = { 0 };
	socklen_t n = sizeof(a);

	s->listener = listening_socket(at);
	if (s->listener < 0)
		return sock_status_of(errno);
	getsockname(s->listener, (struct sockaddr *)&a, &n);
	*ret_bound = sock_from_sockaddr(&a);
	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &e) == 0 ? HF_OK : HF_SYSTEM;
}

/*
 * EPOLLHUP and EPOLLERR come unasked, and would come for ever: a socket that nothing is wanted of for now, as its reader has no
 * room, is not asked about at all. What it has come to is then told by the next octet that is read or written.
 */
static void set_interest(struct sock *c)
{
	struct epoll_event e = { .data.ptr = c };

	if (c->why == HF_OK && (!c->connected || c->wants_write))
		e.events |= EPOLLOUT;
	if (c->why == HF_OK && c->connected && !c->eof && c->len - c->at < SOCK_ROOM)
		e.events |= EPOLLIN;
	if (e.events == c->interest)
		return;
	if (epoll_ctl(c->socks->epoll,
		      c->interest == 0 ? EPOLL_CTL_ADD
		      : e.events == 0  ? EPOLL_CTL_DEL
				       : EPOLL_CTL_MOD,
		      c->fd, &e) != 0)
		c->why = HF_SYSTEM;
	c->interest = e.events;
}

static struct sock *take(struct socks *s, int fd)
{
	const int on = 1;
	struct sock *c = malloc(sizeof(*c));

	if (!c) {
		close(fd);
		return NULL;
	}
	memset(c, 0, offsetof(struct sock, room));
	c->socks = s;
	c->fd = fd;
	c->next = s->all;
	s->all = c;
	/* Whole flights are written at once: there is nothing for Nagle to gather. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return c;
}

struct sock *socks_accept(struct socks *s)
{
	struct sockaddr_storage a = { 0 };
	socklen_t n = sizeof(a);
	struct sock *c;
	int fd;

	if (s->listener < 0)
		return NULL;
	fd = accept4(s->listener, (struct sockaddr *)&a, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return NULL;
	c = take(s, fd);
	if (!c)
		return NULL;
	c->remote = sock_from_sockaddr(&a);
	c->connected = true;
	set_interest(c);
	return c;
}

hf_status socks_connect(struct socks *s, const struct hf_endpoint *to, struct sock **ret)
{
	struct sockaddr_storage a;
	const socklen_t n = sock_to_sockaddr(to, &a);
	hf_status why;
	struct sock *c;
	int fd;

	/* As our own TCP has it, RFC 9293 MUST-46: the kernel would take the first for this host. */
	if (addr_is_unspecified(&to->addr) || addr_is_multicast(&to->addr) || addr_is_limited_broadcast(&to->addr) ||
	    to->port == 0)
		return HF_INVALID;
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sock_status_of(errno);
	c = take(s, fd);
	if (!c)
		return HF_FULL;
	c->remote = *to;
	if (connect(fd, (struct sockaddr *)&a, n) != 0 && errno != EINPROGRESS) {
		why = sock_why_not_sent(errno);
		sock_close(c);
		return why;
	}
	set_interest(c);
	*ret = c;
	return HF_OK;
}

static void finish_connect(struct sock *c)
{
	int err = 0;
	socklen_t n = sizeof(err);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &n);
	if (err != 0)
		c->why = sock_status_of(err);
	else
		c->connected = true;
}

static void receive(struct sock *c)
{
	if (c->at > 0) {
		memmove(c->room, c->room + c->at, c->len - c->at);
		c->len -= c->at;
		c->at = 0;
	}
	while (c->len < SOCK_ROOM && !c->eof && c->why == HF_OK) {
		const ssize_t n = recv(c->fd, c->room + c->len, SOCK_ROOM - c->len, 0);

		if (n > 0)
			c->len += (size_t)n, c->received += (size_t)n;
		else if (n == 0)
			c->eof = true;
		else if (errno == EAGAIN || errno == EINTR)
			break;
		else
			c->why = sock_status_of(errno);
	}
}

hf_status socks_wait(struct socks *s, hf_time_ns at_most)
{
	struct epoll_event e[EVENTS];
	/* Up to the next millisecond, so that a deadline has passed when the wait ends. */
	const int ms = at_most == HF_NEVER     ? -1
		       : at_most >= HF_S(3600) ? 3600000
					       : (int)((at_most + HF_MS(1) - 1) / HF_MS(1));
	bool always = false;
	int n;

	for (unsigned i = 0; i < s->watches; i++)
		always |= s->watched[i].always;
	n = epoll_wait(s->epoll, e, EVENTS, always ? 0 : ms);
	if (n < 0)
		return errno == EINTR ? HF_OK : HF_SYSTEM;
	for (int i = 0; i < n; i++) {
		struct sock *c = e[i].data.ptr;

		if (!c)
			continue; /* the listener, datagrams, or a descriptor of the caller's */
		if (!c->connected && c->why == HF_OK)
			finish_connect(c);
		if (c->connected && (e[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
			receive(c);
		if (e[i].events & EPOLLOUT)
			c->wants_write = false;
		set_interest(c);
	}
	return HF_OK;
}

bool sock_connected(const struct sock *c)
{
	return c->connected;
}

hf_status sock_why(const struct sock *c)
{
	return c->why;
}

bool sock_eof(const struct sock *c)
{
	return c->eof;
}

struct hf_bytes sock_data(const struct sock *c)
{
	return (struct hf_bytes){ c->room + c->at, c->len - c->at };
}

void sock_consume(struct sock *c, size_t n)
{
	HF_ASSERT(n <= c->len - c->at);
	c->at += n;
	if (c->at == c->len)
		c->at = c->len = 0;
	set_interest(c);
}

size_t sock_write(struct sock *c, struct hf_bytes data)
{
	ssize_t n;

	if (!c->connected || c->why != HF_OK || c->shut || data.len == 0)
		return 0;
	n = send(c->fd, data.at, data.len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->why = sock_status_of(errno);
	c->wants_write = n < (ssize_t)data.len && c->why == HF_OK;
	set_interest(c);
	c->sent += n > 0 ? (size_t)n : 0;
	return n > 0 ? (size_t)n : 0;
}

void sock_shut(struct sock *c)
{
	c->shut = true;
	shutdown(c->fd, SHUT_WR);
	set_interest(c);
}

bool sock_is_shut(const struct sock *c)
{
	return c->shut;
}

void sock_close(struct sock *c)
{
	struct sock **at = &c->socks->all;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	close(c->fd);
	free(c);
}

void sock_abort(struct sock *c)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	sock_close(c);
}

struct hf_endpoint sock_remote(const struct sock *c)
{
	return c->remote;
}

uint64_t sock_sent(const struct sock *c)
{
	return c->sent;
}

uint64_t sock_received(const struct sock *c)
{
	return c->received;
}
