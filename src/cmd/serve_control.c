/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cmd/serve_control.h"

#include "cmd/cmd.h"
#include "cmd/serve.h"
#include "explain/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static bool is_private_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

hf_status cmd_control_dir(char *to, size_t room, bool make)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int n;

	if (runtime && runtime[0] == '/')
		n = snprintf(to, room, "%s/handfast", runtime);
	else if (geteuid() == 0)
		n = snprintf(to, room, "/run/handfast");
	else
		n = snprintf(to, room, "/tmp/handfast-%u", (unsigned)geteuid());
	if (n < 0 || (size_t)n >= room)
		return HF_FULL;
	if (make && mkdir(to, 0700) != 0 && errno != EEXIST)
		return HF_SYSTEM;
	/* Anybody could have made a directory of that name in /tmp before us. */
	if (!is_private_dir(to)) {
		if (make)
			errno = EPERM;
		return HF_SYSTEM;
	}
	return HF_OK;
}

static hf_status choose_path(struct serve_control *c, const char *path, const char **ret_why)
{
	char dir[CONTROL_PATH];
	int n;

	if (path) {
		n = snprintf(c->path, sizeof(c->path), "%s", path);
	} else {
		if (cmd_control_dir(dir, sizeof(dir), true) != HF_OK) {
			*ret_why = "its run-time directory cannot be made, or is not private to this user";
			return HF_SYSTEM;
		}
		n = snprintf(c->path, sizeof(c->path), "%s/serve-%d.sock", dir, (int)getpid());
	}
	if (n < 0 || (size_t)n >= sizeof(c->path)) {
		*ret_why = "its path is longer than 107 octets";
		return HF_USAGE;
	}
	return HF_OK;
}

/* A socket that nobody listens at any more is left over from a server that was killed. */
static void remove_stale(const char *path, const struct sockaddr_un *un)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

hf_status control_open(struct serve_control *c, struct hf_net *net, const char *path, const char **ret_why)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	mode_t mask;
	int bound;

	c->fd = -1;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
	HF_TRY(choose_path(c, path, ret_why));
	memcpy(un.sun_path, c->path, strlen(c->path) + 1);
	remove_stale(c->path, &un);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	bound = c->fd < 0 ? -1 : bind(c->fd, (struct sockaddr *)&un, sizeof(un));
	umask(mask);
	if (bound != 0 || listen(c->fd, 16) != 0) {
		*ret_why = strerror(errno);
		if (bound == 0)
			unlink(c->path);
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
		return HF_SYSTEM;
	}
	return hf_net_watch(net, c->fd, HF_NET_READ);
}

static void end_client(struct control_client *k, struct hf_net *net)
{
	if (hf_net_watch(net, k->fd, 0) == HF_OK)
		close(k->fd);
	k->fd = -1;
	text_free(&k->reply);
}

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && (peer.uid == 0 || peer.uid == geteuid());
}

/* One that is free; else the one that came first gives way: it has asked nothing so far, or does not read its answer. */
static struct control_client *make_room(struct serve_control *c, struct hf_net *net)
{
	struct control_client *oldest = &c->client[0];

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->client[i].fd < 0)
			return &c->client[i];
		if (c->client[i].order < oldest->order)
			oldest = &c->client[i];
	}
	end_client(oldest, net);
	return oldest;
}

static void take_clients(struct serve_control *c, struct hf_net *net)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct control_client *k;

		if (fd < 0)
			return;
		if (!may_ask(fd)) {
			close(fd);
			continue;
		}
		k = make_room(c, net);
		if (hf_net_watch(net, fd, HF_NET_READ) != HF_OK) {
			close(fd);
			continue;
		}
		k->fd = fd;
		k->order = c->accepted++;
		k->line_len = k->sent = 0;
		k->answering = false;
		text_init(&k->reply);
	}
}

/* Every row of the host, in an array of its own. NULL when memory ends. */
static struct hf_conn_info *collect(const struct hf_host *h, size_t *ret_n)
{
	struct hf_conn_info *rows = NULL, one;
	size_t n = 0, room = 0;
	uint64_t cursor = 0;

	while (hf_host_each(h, &cursor, &one)) {
		if (n == room) {
			struct hf_conn_info *more = realloc(rows, (room = room ? room * 2 : 64) * sizeof(*rows));

			if (!more) {
				free(rows);
				return NULL;
			}
			rows = more;
		}
		rows[n++] = one;
	}
	*ret_n = n;
	return rows ? rows : calloc(1, sizeof(*rows));
}

static void answer(struct control_client *k, struct hf_net *net, const struct serve *s)
{
	struct look look = look_plain(100);
	struct table_tls *tls = NULL;
	struct hf_conn_info *rows;
	unsigned long columns = 0;
	char *at;
	size_t n;

	k->answering = true;
	k->line[k->line_len] = '\0';
	rows = collect(hf_net_host(net), &n);
	if (!rows)
		return;
	if (s->tls.side && (tls = calloc(n + 1, sizeof(*tls))))
		for (size_t i = 0; i < n; i++)
			serve_tls_describe(s, &rows[i], &tls[i]);
	if (strcmp(k->line, "json") == 0) {
		table_states_json(&k->reply, rows, tls, n, hf_net_now(net));
	} else if (strncmp(k->line, "text ", 5) == 0) {
		columns = strtoul(k->line + 5, &at, 10);
		look = look_plain(columns < 72 ? 72 : columns > 160 ? 160 : (unsigned)columns);
		look.colour = strcmp(at, " colour") == 0;
		table_states(&k->reply, rows, tls, n, hf_net_now(net), &look);
	}
	free(tls);
	free(rows);
}

static bool read_line(struct control_client *k)
{
	ssize_t got = recv(k->fd, k->line + k->line_len, sizeof(k->line) - 1 - k->line_len, 0);
	char *end;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		return false;
	k->line_len += (size_t)got;
	end = memchr(k->line, '\n', k->line_len);
	if (!end)
		return k->line_len < sizeof(k->line) - 1;
	k->line_len = (size_t)(end - k->line);
	k->answering = true;
	return true;
}

/* False: the client is to be ended. */
static bool write_reply(struct control_client *k, struct hf_net *net)
{
	while (k->sent < k->reply.len) {
		ssize_t put = send(k->fd, k->reply.at + k->sent, k->reply.len - k->sent, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno == EAGAIN && hf_net_watch(net, k->fd, HF_NET_WRITE) == HF_OK;
		k->sent += (size_t)put;
	}
	return false;
}

static bool serve_client(struct control_client *k, struct hf_net *net, const struct serve *s)
{
	if (!k->answering) {
		if (!read_line(k))
			return false;
		if (!k->answering)
			return true;
		answer(k, net, s);
	}
	return write_reply(k, net);
}

void control_turn(struct serve_control *c, struct hf_net *net, const struct serve *s)
{
	if (c->fd < 0)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0 && hf_net_ready(net, c->client[i].fd) && !serve_client(&c->client[i], net, s))
			end_client(&c->client[i], net);
	if (hf_net_ready(net, c->fd))
		take_clients(c, net);
}

void control_close(struct serve_control *c, struct hf_net *net)
{
	if (c->fd < 0)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			end_client(&c->client[i], net);
	if (hf_net_watch(net, c->fd, 0) == HF_OK)
		close(c->fd);
	c->fd = -1;
	unlink(c->path);
}
