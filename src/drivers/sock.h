/* SPDX-License-Identifier: MIT */
#ifndef HF_DRIVERS_SOCK_H
#define HF_DRIVERS_SOCK_H

#include "hf/driver.h"

/*
 * --net host: the kernel's own TCP, through sockets and epoll. One set of sockets belongs to one thread; a socket is named by
 * pointer and lives until sock_close() or sock_abort().
 */
struct socks;
struct sock;

#define SOCK_ROOM 65536u /* octets read and not yet consumed, a socket */

/* HF_OK, HF_SYSTEM (errno tells), HF_FULL. */
HF_NODISCARD hf_status socks_open(struct socks **ret);
void socks_close(struct socks *s); /* all its sockets too; NULL is allowed */

/* An address of all zeros: every address, of both families. HF_OK, HF_IN_USE, HF_NOT_OURS, HF_NO_RIGHTS, HF_SYSTEM. */
HF_NODISCARD hf_status socks_listen(struct socks *s, const struct hf_endpoint *at, struct hf_endpoint *ret_bound);
void socks_unlisten(struct socks *s);
/* The next connection that came, or NULL. */
struct sock *socks_accept(struct socks *s);
/* HF_OK: under way, see sock_connected() and sock_why(). Else why it cannot even begin: HF_INVALID, HF_NO_ROUTE, HF_UNREACHABLE ... */
HF_NODISCARD hf_status socks_connect(struct socks *s, const struct hf_endpoint *to, struct sock **ret);
/* Another descriptor that ends a wait: as hf_net_watch(). HF_OK; HF_FULL beyond SOCK_WATCHED; HF_SYSTEM. */
#define SOCK_WATCHED 8u
HF_NODISCARD hf_status socks_watch(struct socks *s, int fd, unsigned want);
/* Waits until something can be done, at most so long (HF_NEVER: for ever), and reads what came. */
HF_NODISCARD hf_status socks_wait(struct socks *s, hf_time_ns at_most);

bool sock_connected(const struct sock *c);
hf_status sock_why(const struct sock *c); /* HF_OK while it is well */
bool sock_eof(const struct sock *c);      /* the peer's FIN is here; what came before it may still be unread */
struct hf_bytes sock_data(const struct sock *c);
void sock_consume(struct sock *c, size_t n);
size_t sock_write(struct sock *c, struct hf_bytes data); /* octets taken; 0: no room now */
void sock_shut(struct sock *c);
bool sock_is_shut(const struct sock *c);
void sock_close(struct sock *c);
void sock_abort(struct sock *c);
struct hf_endpoint sock_remote(const struct sock *c);
/* Octets so far: that the kernel has taken, and that it has given. */
uint64_t sock_sent(const struct sock *c);
uint64_t sock_received(const struct sock *c);

/* ---- UDP ---- */

struct sock_udp;

/* A socket of one family, at a port that the kernel chooses. HF_OK, HF_NO_ROUTE (no such family here), HF_FULL, HF_SYSTEM. */
HF_NODISCARD hf_status socks_udp_open(struct socks *s, bool ip6, struct sock_udp **ret);
/* HF_OK; HF_AGAIN: no room now; HF_TOO_BIG; HF_NO_ROUTE, HF_UNREACHABLE; HF_INVALID for the other family. */
HF_NODISCARD hf_status sock_udp_send(struct sock_udp *u, const struct hf_endpoint *to, struct hf_bytes data);
/* As hf_udp_recv(): an ICMP error is told once, and *from is then whom it was sent to. Whatever has come ends every wait, until
 * HF_AGAIN has been returned. */
HF_NODISCARD hf_status sock_udp_recv(struct sock_udp *u, void *room, size_t n, struct hf_endpoint *from, size_t *ret_len);
void sock_udp_close(struct sock_udp *u);

#endif
