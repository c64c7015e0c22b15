/* SPDX-License-Identifier: MIT */

/* Streams and datagrams over our own net or the kernel's: the same few calls, one branch each. */
#include "cmd/stream.h"

#include "base/bits.h"
#include "wire/addr.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int open_kernel(struct streams *s, const struct loop_options *o)
{
	if (o->pcap)
		return cmd_usage(o->command,
				 "--pcap %s: with --net host the kernel sends the packets: there are none of ours to "
				 "capture, as there are with sim, tun:, tap: or packet:",
				 o->pcap);
	s->loop.signals = -1;
	s->now = s->loop.trace_start = hf_clock_now();
	s->loop.wall_offset = loop_wall_offset();
	s->loop.signals = loop_signals(false);
	if (socks_open(&s->socks) != HF_OK || s->loop.signals < 0 ||
	    socks_watch(s->socks, s->loop.signals, HF_NET_READ) != HF_OK) {
		cmd_say(o->command, "--net host: %s", strerror(errno));
		streams_close(s);
		return hf_status_exit(HF_SYSTEM);
	}
	return 0;
}

bool streams_is_kernel(const char *net)
{
	return !net || strcmp(net, "host") == 0;
}

bool streams_is_sim(const char *net)
{
	return net && strncmp(net, "sim", 3) == 0 && (net[3] == '\0' || net[3] == ',');
}

int streams_open(struct streams *s, const struct loop_options *o)
{
	int code;

	memset(s, 0, sizeof(*s));
	s->command = o->command;
	if (streams_is_kernel(o->net)) {
		s->kernel = true;
		return open_kernel(s, o);
	}
	code = loop_open(&s->loop, o);
	s->now = s->loop.now;
	return code;
}

void streams_close(struct streams *s)
{
	if (!s->kernel) {
		loop_close(&s->loop);
		return;
	}
	socks_close(s->socks);
	s->socks = NULL;
	if (s->loop.signals >= 0)
		close(s->loop.signals);
	s->loop.signals = -1;
}

hf_status streams_turn(struct streams *s, hf_time_ns wait_at_most)
{
	struct signalfd_siginfo info;
	hf_status status;

	if (!s->kernel) {
		struct hf_event e;

		status = loop_turn(&s->loop, wait_at_most);
		/* What happened is asked of each stream when it is looked at. */
		while (status == HF_OK && hf_host_next_event(s->loop.host, &e))
			;
		s->now = s->loop.now;
		s->stop = s->loop.stop;
		return status;
	}
	status = socks_wait(s->socks, wait_at_most);
	s->now = hf_clock_now();
	while (read(s->loop.signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		s->stop++;
	if (status != HF_OK)
		cmd_say(s->command, "--net host: %s", strerror(errno));
	return status;
}

void streams_drain(struct streams *s)
{
	if (!s->kernel && s->loop.host)
		loop_drain(&s->loop);
}

hf_status streams_watch(struct streams *s, int fd, unsigned want)
{
	return s->kernel ? socks_watch(s->socks, fd, want) : loop_watch(&s->loop, fd, want);
}

uint64_t streams_epoch_ns(const struct streams *s)
{
	return (uint64_t)s->loop.wall_offset;
}

hf_status streams_listen(struct streams *s, const struct hf_endpoint *at, struct hf_endpoint *ret_bound)
{
	if (s->kernel)
		return socks_listen(s->socks, at, ret_bound);
	*ret_bound = *at;
	return hf_listen(s->loop.host, at, s->now, &s->listener);
}

void streams_unlisten(struct streams *s)
{
	if (s->kernel)
		socks_unlisten(s->socks);
	else
		(void)!hf_unlisten(s->loop.host, s->listener, s->now);
}

bool streams_accept(struct streams *s, struct stream *ret)
{
	struct hf_conn_info info;

	*ret = (struct stream){ .of = s, .open = true, .connected = true };
	if (s->kernel) {
		ret->sock = socks_accept(s->socks);
		if (!ret->sock)
			return false;
		ret->remote = sock_remote(ret->sock);
		return true;
	}
	if (hf_accept(s->loop.host, s->listener, &ret->conn) != HF_OK)
		return false;
	if (hf_conn_status(s->loop.host, ret->conn, &info) == HF_OK)
		ret->remote = info.remote;
	return true;
}

hf_status streams_connect(struct streams *s, const struct hf_endpoint *to, struct stream *ret)
{
	*ret = (struct stream){ .of = s, .remote = *to };
	if (s->kernel)
		HF_TRY(socks_connect(s->socks, to, &ret->sock));
	else
		HF_TRY(hf_connect(s->loop.host, to, NULL, s->now, &ret->conn));
	ret->open = true;
	return HF_OK;
}

static void look(struct stream *c)
{
	struct hf_conn_info info;

	if (c->why != HF_OK)
		return;
	if (c->sock) {
		c->connected = sock_connected(c->sock);
		c->why = sock_why(c->sock);
		return;
	}
	if (hf_conn_status(c->of->loop.host, c->conn, &info) != HF_OK) {
		c->why = HF_STALE;
		return;
	}
	if (info.state >= HF_TCP_ESTABLISHED)
		c->connected = true;
	if (info.state == HF_TCP_CLOSED)
		c->why = info.why;
}

bool stream_connected(struct stream *c)
{
	look(c);
	return c->connected;
}

hf_status stream_read(struct stream *c, struct hf_bytes *spans, size_t max, size_t *ret_n, bool *ret_eof)
{
	*ret_n = 0;
	*ret_eof = false;
	if (!stream_connected(c))
		return c->why;
	if (c->sock) {
		spans[0] = sock_data(c->sock);
		*ret_n = spans[0].len > 0;
		*ret_eof = sock_eof(c->sock);
		return *ret_n > 0 || *ret_eof ? HF_OK : c->why;
	}
	switch (hf_conn_read(c->of->loop.host, c->conn, spans, max, ret_n)) {
	case HF_OK: {
		struct hf_conn_info info;
		size_t n = 0;

		for (size_t i = 0; i < *ret_n; i++)
			n += spans[i].len;
		/* The FIN counts only when all before it is shown. */
		if (hf_conn_status(c->of->loop.host, c->conn, &info) == HF_OK)
			*ret_eof = info.recv_queued == n &&
				   (info.state == HF_TCP_CLOSE_WAIT || info.state == HF_TCP_LAST_ACK ||
				    info.state == HF_TCP_CLOSING || info.state == HF_TCP_TIME_WAIT);
		return HF_OK;
	}
	case HF_CLOSED:
		*ret_eof = true;
		return HF_OK;
	default:
		return c->why != HF_OK ? c->why : HF_STALE;
	}
}

void stream_consume(struct stream *c, size_t n)
{
	if (c->sock)
		sock_consume(c->sock, n);
	else if (n > 0)
		(void)!hf_conn_consume(c->of->loop.host, c->conn, n, c->of->now);
}

size_t stream_write(struct stream *c, struct hf_bytes data)
{
	size_t taken = 0;

	if (!c->open || data.len == 0)
		return 0;
	if (c->sock)
		return sock_write(c->sock, data);
	if (hf_conn_write(c->of->loop.host, c->conn, data, c->of->now, &taken) != HF_OK)
		return 0;
	return taken;
}

void stream_shut(struct stream *c)
{
	if (c->sock)
		sock_shut(c->sock);
	else if (c->open)
		(void)!hf_conn_shut(c->of->loop.host, c->conn, c->of->now);
}

static enum hf_tcp_state kernel_state(const struct stream *c)
{
	if (c->why != HF_OK)
		return HF_TCP_CLOSED;
	if (!c->connected)
		return HF_TCP_SYN_SENT;
	return !sock_eof(c->sock) ? HF_TCP_ESTABLISHED : sock_is_shut(c->sock) ? HF_TCP_TIME_WAIT : HF_TCP_CLOSE_WAIT;
}

hf_status stream_status(struct stream *c, struct hf_conn_info *ret)
{
	look(c);
	if (!c->open)
		return HF_STALE;
	if (!c->sock)
		return hf_conn_status(c->of->loop.host, c->conn, ret);
	*ret = (struct hf_conn_info){
		.state = (uint8_t)kernel_state(c),
		.why = c->why,
		.remote = c->remote,
		.acked = sock_sent(c->sock),
		.sent = sock_sent(c->sock),
		.received = sock_received(c->sock),
	};
	return HF_OK;
}

bool stream_all_acked(const struct stream *c)
{
	struct hf_conn_info info;

	if (c->sock || !c->open || hf_conn_status(c->of->loop.host, c->conn, &info) != HF_OK)
		return true;
	return info.send_queued == 0 || info.state == HF_TCP_CLOSED;
}

void stream_close(struct stream *c)
{
	if (c->sock)
		sock_close(c->sock);
	else if (c->open)
		(void)!hf_conn_close(c->of->loop.host, c->conn, c->of->now);
	c->sock = NULL;
	c->open = false;
}

void stream_abort(struct stream *c)
{
	if (c->sock)
		sock_abort(c->sock);
	else if (c->open)
		(void)!hf_conn_abort(c->of->loop.host, c->conn, c->of->now);
	c->sock = NULL;
	c->open = false;
}

/* ---- datagrams ---- */

hf_status streams_udp_open(struct streams *s, bool ip6, struct streams_udp *ret)
{
	const struct hf_addr any_ip6 = { { 0 } };
	const struct hf_endpoint any = { .addr = ip6 ? any_ip6 : addr_ip4_u32(0) };

	*ret = (struct streams_udp){ .of = s };
	return s->kernel ? socks_udp_open(s->socks, ip6, &ret->sock) : hf_udp_bind(s->loop.host, &any, &ret->udp);
}

hf_status streams_udp_send(struct streams_udp *u, const struct hf_endpoint *to, struct hf_bytes data)
{
	return u->sock ? sock_udp_send(u->sock, to, data) : hf_udp_send(u->of->loop.host, u->udp, to, data, u->of->now);
}

hf_status streams_udp_recv(struct streams_udp *u, void *room, size_t n, struct hf_endpoint *from, size_t *ret_len)
{
	return u->sock ? sock_udp_recv(u->sock, room, n, from, ret_len)
		       : hf_udp_recv(u->of->loop.host, u->udp, room, n, from, ret_len);
}

void streams_udp_close(struct streams_udp *u)
{
	if (u->sock)
		sock_udp_close(u->sock);
	else
		(void)!hf_udp_close(u->of->loop.host, u->udp);
	u->sock = NULL;
}
