/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SERVE_CONTROL_H
#define HF_CMD_SERVE_CONTROL_H

#include "explain/text.h"
#include "hf/driver.h"

/*
 * The local socket that answers `handfast states`. One line is asked, "text COLUMNS COLOUR" or "json"; the table is the
 * answer, and then the connection ends. Only root and the user who runs the server are answered.
 */
struct serve;

#define CONTROL_CLIENTS 8u
#define CONTROL_PATH 108u /* as in sockaddr_un */

struct control_client {
	int fd; /* -1: none */
	uint64_t order;
	char line[64];
	size_t line_len;
	struct text reply;
	size_t sent;
	bool answering;
};

struct serve_control {
	int fd; /* -1: none */
	char path[CONTROL_PATH];
	uint64_t accepted;
	struct control_client client[CONTROL_CLIENTS];
};

/* path may be NULL: serve-PID.sock in cmd_control_dir(). Otherwise *ret_why is a sentence. */
HF_NODISCARD hf_status control_open(struct serve_control *c, struct hf_net *net, const char *path, const char **ret_why);
/* After each step. `s` is asked about its connections. */
void control_turn(struct serve_control *c, struct hf_net *net, const struct serve *s);
void control_close(struct serve_control *c, struct hf_net *net);

#endif
