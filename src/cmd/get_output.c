/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cmd/get_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The open() of a FIFO waits for its reader. The loop holds these signals back, but nobody looks at them here. */
static int open_and_wait(const char *path)
{
	sigset_t leave, before;
	int fd, saved;

	sigemptyset(&leave);
	sigaddset(&leave, SIGINT);
	sigaddset(&leave, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &leave, &before);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	saved = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return fd;
}

hf_status output_open(struct get_output *o, const char *path)
{
	struct stat st;

	*o = (struct get_output){ .fd = STDOUT_FILENO, .path = path };
	if (!path || strcmp(path, "-") == 0) {
		o->may_block = fstat(STDOUT_FILENO, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
		return HF_OK;
	}
	/* What is no plain file cannot be renamed over: /dev/null, a FIFO. It is written as stdout would be. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		o->may_block = true;
		o->fd = open_and_wait(path);
		return o->fd < 0 ? HF_SYSTEM : HF_OK;
	}
	o->is_file = true;
	if (asprintf(&o->part, "%s.part", path) < 0) {
		o->part = NULL;
		o->fd = -1;
		return HF_FULL;
	}
	o->fd = open(o->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return o->fd < 0 ? HF_SYSTEM : HF_OK;
}

static bool has_room(const struct get_output *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

static void note_error(struct get_output *o)
{
	o->error = errno;
	o->gone = errno == EPIPE;
}

/* Never more than there is room for now. */
static size_t write_some(struct get_output *o, struct hf_bytes data)
{
	size_t done = 0;

	o->blocked = false;
	while (done < data.len) {
		size_t n = data.len - done;
		ssize_t put;

		if (!has_room(o)) {
			o->blocked = true;
			break;
		}
		/* A pipe that poll() finds writable takes PIPE_BUF octets without waiting, more perhaps not. */
		put = write(o->fd, data.at + done, n > PIPE_BUF ? PIPE_BUF : n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN) {
			o->blocked = true;
			break;
		}
		if (put < 0) {
			note_error(o);
			break;
		}
		done += (size_t)put;
	}
	o->written += done;
	return done;
}

void output_flush(struct get_output *o)
{
	struct iovec *at = o->piece;
	unsigned left = o->pieces;

	o->pieces = 0;
	while (left > 0 && o->error == 0) {
		ssize_t put = writev(o->fd, at, (int)left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			note_error(o);
			return;
		}
		o->written += (size_t)put;
		for (; left > 0 && (size_t)put >= at->iov_len; at++, left--)
			put -= (ssize_t)at->iov_len;
		if (left > 0) {
			at->iov_base = (uint8_t *)at->iov_base + put;
			at->iov_len -= (size_t)put;
		}
	}
}

size_t output_write(struct get_output *o, struct hf_bytes data)
{
	if (o->fd < 0)
		return data.len;
	if (o->error)
		return 0;
	if (o->may_block)
		return write_some(o, data);
	if (o->pieces == OUTPUT_PIECES)
		output_flush(o);
	o->piece[o->pieces++] = (struct iovec){ (void *)data.at, data.len };
	return data.len;
}

bool output_finish(struct get_output *o, bool whole, bool *ret_left_part)
{
	bool ok = true;

	*ret_left_part = false;
	if (o->fd >= 0 && o->fd != STDOUT_FILENO)
		ok = close(o->fd) == 0;
	o->fd = -1;
	if (!o->is_file)
		return ok;
	if (whole && ok)
		ok = rename(o->part, o->path) == 0;
	if (!whole || !ok) {
		if (o->written == 0)
			unlink(o->part);
		else
			*ret_left_part = true;
	}
	return ok;
}
