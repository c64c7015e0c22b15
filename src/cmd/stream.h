/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_STREAM_H
#define HF_CMD_STREAM_H

#include "cmd/loop.h"
#include "drivers/sock.h"

/*
 * Streams of octets for the commands that stand above TCP, and datagrams for those above UDP, over either net: ours (--net tun:,
 * tap:, packet:, sim), or with --net host the kernel's. Signals, capture and trace are as in loop.h.
 *
 *	if ((code = streams_open(&s, &options)) != 0)
 *		return code;
 *	status = streams_connect(&s, &to, &c);
 *	while (status == HF_OK && !s.stop && streams_turn(&s, wait_at_most) == HF_OK)
 *		look at each stream, write and read
 *	streams_close(&s);
 *
 * There may be as many streams and datagram sockets at once as there are descriptors, or as the limits of our host say; after a
 * turn each is looked at. Only what listens is one.
 */
struct streams {
	enum cmd_command command;
	bool kernel;
	struct loop loop; /* ours: the host; the kernel's: only its signals */
	struct socks *socks;
	hf_listener listener;
	hf_time_ns now;
	unsigned stop;
};

struct stream {
	struct streams *of;
	bool open;
	struct sock *sock; /* the kernel's */
	hf_conn conn;      /* ours */
	struct hf_endpoint remote;
	bool connected;
	hf_status why; /* HF_OK while it is well */
};

struct streams_udp {
	struct streams *of;
	struct sock_udp *sock; /* the kernel's */
	hf_udp udp;            /* ours */
};

bool streams_is_kernel(const char *net); /* NULL or "host" */
bool streams_is_sim(const char *net);    /* "sim", with or without options */
/* 0, or an exit code when the sentence is on stderr already. */
int streams_open(struct streams *s, const struct loop_options *o);
void streams_close(struct streams *s);
HF_NODISCARD hf_status streams_turn(struct streams *s, hf_time_ns wait_at_most);
/* Lets what our host still has to say go out. */
void streams_drain(struct streams *s);
/* As hf_net_watch(): a descriptor that ends a wait. */
HF_NODISCARD hf_status streams_watch(struct streams *s, int fd, unsigned want);
/* Nanoseconds since 1970 when `now` is 0. */
uint64_t streams_epoch_ns(const struct streams *s);

HF_NODISCARD hf_status streams_listen(struct streams *s, const struct hf_endpoint *at, struct hf_endpoint *ret_bound);
bool streams_accept(struct streams *s, struct stream *ret);
void streams_unlisten(struct streams *s);
/* HF_OK: under way. Else why it cannot even begin: HF_INVALID, HF_NO_ROUTE, HF_NOT_OURS, HF_UNREACHABLE, HF_FULL ... */
HF_NODISCARD hf_status streams_connect(struct streams *s, const struct hf_endpoint *to, struct stream *ret);

/*
 * UDP from a port that is chosen for us, with hosts of one family. What has come, an ICMP error too, ends every turn until _recv
 * has returned HF_AGAIN. An error is told once, as HF_REFUSED (no such port) or HF_UNREACHABLE; *from is then whom we asked.
 */
HF_NODISCARD hf_status streams_udp_open(struct streams *s, bool ip6, struct streams_udp *ret);
/* HF_OK; HF_AGAIN, HF_FULL: no room now; HF_TOO_BIG; HF_NO_ROUTE, HF_NOT_OURS, HF_UNREACHABLE; HF_INVALID. */
HF_NODISCARD hf_status streams_udp_send(struct streams_udp *u, const struct hf_endpoint *to, struct hf_bytes data);
/* HF_OK; HF_AGAIN; HF_REFUSED, HF_UNREACHABLE; HF_TOO_BIG: it stays, for more room. */
HF_NODISCARD hf_status streams_udp_recv(struct streams_udp *u, void *room, size_t n, struct hf_endpoint *from,
					size_t *ret_len);
void streams_udp_close(struct streams_udp *u);

/* Looks after the connection: true once it is established. */
bool stream_connected(struct stream *c);
/*
 * What there is to read, in up to `max` spans in place until the next call; who must see much of it at once needs many, as each
 * may be as small as a segment. *ret_eof: nothing follows it. HF_OK, or why the connection ended.
 */
HF_NODISCARD hf_status stream_read(struct stream *c, struct hf_bytes *spans, size_t max, size_t *ret_n, bool *ret_eof);
void stream_consume(struct stream *c, size_t n);
size_t stream_write(struct stream *c, struct hf_bytes data); /* octets taken */
void stream_shut(struct stream *c);
/*
 * Ours: all of it. The kernel's: what it lets be seen: remote, why, `acked` (octets that it has taken), `received`, and as state
 * SYN_SENT, ESTABLISHED, CLOSE_WAIT (the peer's FIN is here), TIME_WAIT (and ours is on its way) or CLOSED (it broke).
 */
HF_NODISCARD hf_status stream_status(struct stream *c, struct hf_conn_info *ret);
bool stream_all_acked(const struct stream *c); /* ours: the peer has all we wrote; the kernel sees to it itself */
void stream_close(struct stream *c);
void stream_abort(struct stream *c);

#endif
