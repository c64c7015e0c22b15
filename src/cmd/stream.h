/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_STREAM_H
#define HF_CMD_STREAM_H

#include "cmd/loop.h"
#include "drivers/sock.h"

/*
 * Streams of octets for the commands that stand above TCP, over either TCP: ours (--net tun:, tap:, packet:), or with
 * --net host the kernel's. Signals, capture and trace are as in loop.h.
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

/* o->net NULL or "host": the kernel's TCP. 0, or an exit code when the sentence is on stderr already. */
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
HF_NODISCARD hf_status streams_connect(struct streams *s, const struct hf_endpoint *to, struct stream *ret);

/* Looks after the connection: true once it is established. */
bool stream_connected(struct stream *c);
#define STREAM_SPANS 64u
/* What there is to read, in place until the next call. *ret_eof: nothing follows it. HF_OK, or why the connection ended. */
HF_NODISCARD hf_status stream_read(struct stream *c, struct hf_bytes spans[STREAM_SPANS], size_t *ret_n, bool *ret_eof);
void stream_consume(struct stream *c, size_t n);
size_t stream_write(struct stream *c, struct hf_bytes data); /* octets taken */
void stream_shut(struct stream *c);
bool stream_all_acked(const struct stream *c); /* ours: the peer has all we wrote; the kernel sees to it itself */
void stream_close(struct stream *c);
void stream_abort(struct stream *c);

#endif
