/* SPDX-License-Identifier: MIT */
#ifndef OVER_SOCKET_H
#define OVER_SOCKET_H

/*
 * What both examples share, and a program of your own can begin with: TLS over a blocking socket. All of it is the loop in
 * next_event(): show hf_tls_step() what has come, send what it wrote, answer what it asks.
 */
#include <hf/driver.h> /* hf_clock_now(), hf_entropy() */
#include <hf/tls.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct connection {
	int fd;
	struct hf_tls *tls;
	uint8_t in[32768]; /* octets that came and are not taken yet: the longest record, and more */
	size_t in_len;
	bool eof;
	uint8_t plain[HF_TLS_PLAIN_ROOM], out[HF_TLS_PLAIN_ROOM];
};

static void must(bool good, const char *what, const char *why)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static struct hf_room take_room(size_t n)
{
	struct hf_room room = { aligned_alloc(64, (n + 63) / 64 * 64), n };

	must(room.at != NULL, "memory", "there is none");
	return room;
}

static void open_connection(struct connection *c, int fd, const struct hf_tls_config *config, struct hf_tls_start *start)
{
	const struct timeval patience = { .tv_sec = 10 };

	c->fd = fd;
	c->in_len = 0;
	c->eof = false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	must(hf_entropy(start->entropy, sizeof(start->entropy)) == HF_OK, "start", "no randomness");
	must(hf_tls_init(take_room(hf_tls_memory()).at, take_room(hf_tls_room()), config, start, hf_clock_now(),
			 &c->tls) == HF_OK,
	     "start", "this configuration cannot be");
}

static void close_connection(struct connection *c)
{
	struct hf_room room;

	hf_tls_abandon(c->tls);
	while ((room = hf_tls_take_room(c->tls)).len > 0)
		free(room.at);
	hf_tls_end(c->tls);
	free(c->tls);
	close(c->fd);
}

static void send_out(struct connection *c, size_t n)
{
	for (size_t sent = 0; sent < n && !c->eof;) {
		const ssize_t now = send(c->fd, c->out + sent, n - sent, MSG_NOSIGNAL);

		sent += now > 0 ? (size_t)now : 0;
		c->eof = now <= 0; /* the peer is gone: the next step tells */
	}
}

static void receive(struct connection *c)
{
	const ssize_t n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);

	c->in_len += n > 0 ? (size_t)n : 0;
	c->eof = n <= 0; /* nothing for ten seconds counts as the end, too */
}

/* Goes on until there is something to tell. report: what came of the peer's certificates; NULL when nobody wants to know. */
static enum hf_tls_does next_event(struct connection *c, struct hf_tls_keeper *keeper, struct hf_cert_report *report,
				   struct hf_bytes *ret_data)
{
	for (;;) {
		const struct hf_bytes in = { c->in, c->in_len };
		struct hf_tls_io io = { &in, 1, c->eof, c->plain, c->out, sizeof(c->out), 0, 0, { NULL, 0 } };
		const enum hf_tls_does does = hf_tls_step(c->tls, &io, hf_clock_now());

		send_out(c, io.out_len);
		c->in_len -= io.taken;
		memmove(c->in, c->in + io.taken, c->in_len);
		if (does == HF_TLS_WANTS_INPUT) {
			receive(c);
		} else if (does == HF_TLS_WANTS_ROOM) { /* for messages longer than most: a chain of many certificates */
			struct hf_room old;

			hf_tls_give_room(c->tls, take_room(hf_tls_question(c->tls)->room), &old);
			free(old.at);
		} else if (does != HF_TLS_WANTS_OUT && !hf_tls_settle(c->tls, keeper, hf_clock_now(), report)) {
			*ret_data = io.data;
			return does;
		}
	}
}

static void write_text(struct connection *c, const char *text)
{
	struct hf_bytes data = hf_bytes_of(text);
	const struct hf_room room = { c->out, sizeof(c->out) };
	size_t taken, len;

	while (data.len > 0 && hf_tls_write(c->tls, &data, 1, &room, 1, &taken, &len) == HF_OK) {
		send_out(c, len);
		data.at += taken;
		data.len -= taken;
	}
}

#endif
