/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_GET_OUTPUT_H
#define HF_CMD_GET_OUTPUT_H

#include "hf/driver.h"

#include <stdio.h>
#include <sys/uio.h>

#define OUTPUT_PIECES 64u

/*
 * Where the body goes: stdout, or a file that appears under its name only when it is whole. A slow reader of stdout is
 * never waited for in write(): the connection's timers must go on, and TCP's window tells the sender to wait.
 */
struct get_output {
	int fd;         /* -1: nowhere */
	bool is_file;   /* by way of part */
	bool may_block; /* a pipe, a socket, a terminal */
	bool blocked;   /* the last write found no room */
	bool gone;      /* nobody reads stdout any more */
	int error;      /* errno of a failed write */
	const char *path;
	char *part;
	uint64_t written;
	unsigned pieces; /* for a file: gathered, and written together by output_flush() */
	struct iovec piece[OUTPUT_PIECES];
};

/* path NULL or "-": stdout. HF_OK, HF_SYSTEM with errno, HF_FULL. */
HF_NODISCARD hf_status output_open(struct get_output *o, const char *path);
/* How many octets were taken; fewer when there is no room for now (blocked) or it failed (gone, error). They may be only
 * lent until output_flush(). */
size_t output_write(struct get_output *o, struct hf_bytes data);
void output_flush(struct get_output *o);
/* Gives the file its name, or leaves it as .part (not when it is empty). False: errno says why. */
bool output_finish(struct get_output *o, bool whole, bool *ret_left_part);

#endif
