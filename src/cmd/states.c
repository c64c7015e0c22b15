/* SPDX-License-Identifier: MIT */
/* `handfast states`: asks a running server over its control socket (serve_control.c) and prints what it says. */
#define _GNU_SOURCE
#include "cmd/cmd.h"
#include "cmd/serve_control.h"
#include "explain/look.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct states_options {
	const char *socket;
	bool json, watch;
};

static int connect_to(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 5 };
	int fd;

	if (strlen(path) >= sizeof(un.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(un.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static bool is_socket_name(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, ".sock") == 0;
}

/* The only server that answers. Sockets that nobody listens at are left over from servers that were killed: passed over. */
static int find_only(char path[CONTROL_PATH])
{
	char dir[CONTROL_PATH], one[2 * CONTROL_PATH + 256];
	unsigned found = 0;
	struct dirent *e;
	DIR *d;

	if (cmd_control_dir(dir, sizeof(dir), false) != HF_OK || !(d = opendir(dir))) {
		cmd_say(CMD_states, "no handfast serve of yours runs here");
		return hf_status_exit(HF_NOT_FOUND);
	}
	while ((e = readdir(d))) {
		int fd, n;

		if (!is_socket_name(e->d_name))
			continue;
		n = snprintf(one, sizeof(one), "%s/%s", dir, e->d_name);
		if (n < 0 || n >= (int)CONTROL_PATH || (fd = connect_to(one)) < 0)
			continue;
		close(fd);
		if (found++ > 0)
			cmd_say(CMD_states, "also: --socket %s", one);
		else
			memcpy(path, one, (size_t)n + 1);
	}
	closedir(d);
	if (found > 1)
		return cmd_usage(CMD_states, "%u servers run: --socket %s, for one, says which", found, path);
	if (found == 0) {
		cmd_say(CMD_states, "no handfast serve of yours runs here");
		return hf_status_exit(HF_NOT_FOUND);
	}
	return 0;
}

static bool ask(int fd, const struct states_options *o)
{
	struct look look = look_of(stdout);
	char line[64];
	int n = o->json ? snprintf(line, sizeof(line), "json\n")
			: snprintf(line, sizeof(line), "text %u%s\n", look.columns, look.colour ? " colour" : "");

	return send(fd, line, (size_t)n, MSG_NOSIGNAL) == n;
}

/* The whole answer, so that half a table is never shown. */
static bool read_all(int fd, struct text *t)
{
	char room[16384];
	ssize_t got;

	while ((got = read(fd, room, sizeof(room))) != 0) {
		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0)
			text_add_n(t, room, (size_t)got);
	}
	return t->len > 0 && !t->failed;
}

static int show(const char *path, const struct states_options *o, bool again)
{
	int fd = connect_to(path);
	struct text t;
	bool whole;

	if (fd < 0) {
		if (again)
			cmd_say(CMD_states, "the server has ended");
		else
			cmd_say(CMD_states, "no server answers at %s: %s", path, strerror(errno));
		return hf_status_exit(HF_NOT_FOUND);
	}
	text_init(&t);
	whole = ask(fd, o) && read_all(fd, &t);
	close(fd);
	if (!whole) {
		text_free(&t);
		cmd_say(CMD_states, "the server at %s did not answer", path);
		return hf_status_exit(HF_SYSTEM);
	}
	if (o->watch && !o->json && isatty(STDOUT_FILENO))
		fputs("\033[H\033[2J", stdout);
	else if (again && !o->json)
		fputc('\n', stdout);
	fputs(text_str(&t), stdout);
	text_free(&t);
	return cmd_flush(CMD_states);
}

int cmd_states(int argc, char **argv)
{
	struct states_options o = { 0 };
	char path[CONTROL_PATH];
	struct cmd_args a;
	int code;

	cmd_args_begin(&a, CMD_states, argc, argv);
	for (int id; (id = cmd_args_next(&a)) != OPT_END;) {
		switch (id) {
		case OPT_WRONG:
			return 2;
		case OPT_ANSWERED:
			return 0;
		case OPT_states_JSON:
			o.json = true;
			break;
		case OPT_states_WATCH:
			o.watch = true;
			break;
		case OPT_states_SOCKET:
			o.socket = a.value;
			break;
		}
	}
	if (a.operands > 0)
		return cmd_usage(CMD_states, "nothing is to be named here, but there is %s", a.operand[0]);
	if (!o.socket) {
		code = find_only(path);
		if (code != 0)
			return code;
		o.socket = path;
	}
	code = show(o.socket, &o, false);
	while (code == 0 && o.watch) {
		nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
		code = show(o.socket, &o, true);
	}
	return code;
}
