/* SPDX-License-Identifier: MIT */
#include "cmd/serve.h"

#include "explain/json.h"
#include "explain/table.h"
#include "wire/dns_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define STOP_WITHIN HF_S(2)
#define CHECK_EVERY HF_S(1)
#define IDLE_TIMEOUT HF_S(60)
#define HEAD_TIMEOUT HF_S(10)

struct serve_options {
	const char *dir, *net, *pcap, *socket, *dns;
	uint64_t port, connections; /* port 0: no HTTP */
	hf_time_ns idle, head;
	bool list, dotfiles, precompressed, quiet, json, trace;
	struct serve_secure *secure; /* NULL: HTTP only */
};

static int take_port(const char *text, uint64_t *ret)
{
	if (cmd_parse_number(text, 0, 65535, ret))
		return 0;
	return cmd_usage(CMD_serve, "--port %s: a port is a number from 1 to 65535, or 0 for no HTTP", text);
}

static int take_option(struct serve_options *o, int id, const char *value)
{
	switch (id) {
	case OPT_serve_NET:
		o->net = value;
		return 0;
	case OPT_serve_PORT:
		return take_port(value, &o->port);
	case OPT_serve_CONNECTIONS:
		return cmd_take_number(CMD_serve, "connections", value, 1, 100000, &o->connections);
	case OPT_serve_IDLE:
		return cmd_take_seconds(CMD_serve, "idle-timeout", value, &o->idle);
	case OPT_serve_HEAD:
		return cmd_take_seconds(CMD_serve, "head-timeout", value, &o->head);
	case OPT_serve_LIST:
		o->list = true;
		return 0;
	case OPT_serve_PRECOMPRESSED:
		o->precompressed = true;
		return 0;
	case OPT_serve_DOTFILES:
		o->dotfiles = true;
		return 0;
	case OPT_serve_QUIET:
		o->quiet = true;
		return 0;
	case OPT_serve_JSON:
		o->json = true;
		return 0;
	case OPT_serve_DNS:
		o->dns = value;
		return 0;
	case OPT_serve_SOCKET:
		o->socket = value;
		return 0;
	case OPT_serve_PCAP:
		o->pcap = value;
		return 0;
	case OPT_serve_TRACE:
		o->trace = true;
		return 0;
	default:
		return serve_secure_take(o->secure, id, value);
	}
}

static int take_operands(struct serve_options *o, const struct cmd_args *a)
{
	int code;

	if (a->operands == 0)
		return cmd_usage(CMD_serve, "which directory?");
	if (a->operands > 1)
		return cmd_usage(CMD_serve, "one directory at a time, not also %s", a->operand[1]);
	if (!o->net)
		return cmd_usage(CMD_serve, "--net is needed: it names the network to serve on");
	code = serve_secure_check(o->secure);
	if (code != 0)
		return code;
	if (o->secure->only)
		o->port = 0;
	if (o->port == 0 && !o->secure->asked && !o->dns)
		return cmd_usage(CMD_serve, "--port 0: no HTTP, and no --tls: nothing is left to serve with");
	if (o->secure->asked && o->port == o->secure->port)
		return cmd_usage(CMD_serve, "HTTP and HTTPS cannot both have port %llu", (unsigned long long)o->port);
	o->dir = a->operand[0];
	return 0;
}

/* 0: go on; else the exit code is ret - 1. */
static int take_options(int argc, char **argv, struct serve_options *o)
{
	struct cmd_args a;
	int code = 0;

	cmd_args_begin(&a, CMD_serve, argc, argv);
	for (int id; code == 0 && (id = cmd_args_next(&a)) != OPT_END;) {
		if (id == OPT_WRONG || id == OPT_ANSWERED)
			return 1 + (id == OPT_WRONG ? 2 : 0);
		code = take_option(o, id, a.value);
	}
	if (code == 0)
		code = take_operands(o, &a);
	return code ? 1 + code : 0;
}

/* Each file that is being sent holds a descriptor. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static bool make_blocks(struct serve *s, uint32_t n)
{
	s->conns = calloc(n, sizeof(*s->conns));
	s->free_list = calloc(n, sizeof(*s->free_list));
	if (!s->conns || !s->free_list)
		return false;
	for (uint32_t i = 0; i < n; i++)
		s->free_list[i] = n - 1 - i;
	s->room = n;
	return true;
}

static int open_files(struct serve *s, const char *dir)
{
	hf_status st = files_open_root(&s->files, dir);

	if (st == HF_OK)
		return 0;
	if (errno == ENOSYS)
		cmd_say(s->loop.command,
			"this kernel has no openat2(), which keeps links from leading out of %s (Linux 5.6 has it)", dir);
	else
		cmd_say(s->loop.command, "%s: %s", dir, strerror(errno));
	return st == HF_NOT_FOUND ? hf_status_exit(HF_USAGE) : hf_status_exit(st); /* as of a file: see cert_file_fail() */
}

static uint32_t chunks_kept_for(uint64_t connections)
{
	return (uint32_t)hf_min_u64(connections, SERVE_CHUNKS_KEPT_FOR) * SERVE_CHUNKS_KEPT;
}

struct hf_net_defaults serve_defaults(uint32_t connections)
{
	return (struct hf_net_defaults){
		.limits = { .conns = connections,
			    .accept_queue = 1024,
			    .half_open = 4096,
			    .chunks = SERVE_CHUNKS_SHARED + chunks_kept_for(connections) },
		.tcp = { .nodelay = true, .send_buffer = SERVE_SEND_BUFFER, .recv_window = SERVE_RECV_WINDOW },
	};
}

/* Before there is a host: what can be wrong with the command line is found before a device is made. */
static int prepare(struct serve *s, const struct serve_options *o)
{
	int code;

	s->control.fd = -1;
	s->files.root = -1;
	text_init(&s->log);
	s->secure = o->secure;
	code = open_files(s, o->dir);
	if (code == 0)
		code = serve_secure_prepare(s);
	if (code == 0 && o->dns)
		code = serve_dns_prepare(o->dns, &s->dns);
	if (code != 0)
		return code;
	allow_descriptors();
	if (make_blocks(s, (uint32_t)o->connections))
		return 0;
	cmd_say(s->loop.command, "no memory for %llu connections", (unsigned long long)o->connections);
	return hf_status_exit(HF_FULL);
}

static int listen_on(struct serve *s, uint64_t port, hf_listener *ret)
{
	const struct hf_endpoint local = { .port = (uint16_t)port };
	hf_status st = hf_listen(s->loop.host, &local, s->loop.now, ret);

	if (st == HF_OK)
		return 0;
	cmd_say(s->loop.command, "port %llu cannot be listened at: %s", (unsigned long long)port, hf_status_sentence(st));
	return hf_status_exit(st);
}

static int listen_at(struct serve *s, const struct serve_options *o)
{
	int code;

	hf_wheel_init(&s->wheel, s->loop.now);
	s->chunks = serve_defaults((uint32_t)o->connections).limits.chunks;
	s->chunks_kept = chunks_kept_for(o->connections);
	s->list = o->list;
	s->precompressed = o->precompressed;
	s->dotfiles = o->dotfiles;
	s->quiet = o->quiet;
	s->json = o->json;
	s->http = (struct http_server_config){
		.idle = o->idle, .head = o->head, .linger = HF_S(2), .stall = HF_S(120), .body_limit = 1u << 20
	};
	code = serve_secure_open(s, (uint32_t)o->connections);
	if (code == 0 && o->port > 0)
		code = listen_on(s, o->port, &s->listener);
	if (code == 0 && s->tls.side && o->secure)
		code = listen_on(s, o->secure->port, &s->tls_listener);
	if (code == 0 && s->dns)
		code = serve_dns_open(s->dns, &s->loop);
	return code;
}

static int open_control(struct serve *s, const struct serve_options *o)
{
	const char *why = "";
	hf_status st;

	if (s->loop.sim)
		return o->socket ? cmd_usage(CMD_serve, "--socket: with --net sim all is over before anybody could ask")
				 : 0;
	st = control_open(&s->control, s->loop.net, o->socket, &why);
	if (st != HF_OK && o->socket) {
		cmd_say(CMD_serve, "--socket %s: %s", o->socket, why);
		return 2;
	}
	if (st != HF_OK)
		cmd_say(CMD_serve, "there is no control socket, so handfast states will not find this server: %s", why);
	return 0;
}

/* Whom the clients of a simulated network will ask for. */
static int tell_clients(struct serve *s)
{
	const struct hf_tls_keeper *k = s->tls.side ? &s->tls.side->side.keeper : NULL;

	return k ? loop_trust(&s->loop, k->creds, k->cred_count) : 0;
}

static int start(struct serve *s, const struct serve_options *o)
{
	struct loop_options options = {
		.command = CMD_serve,
		.net = o->net,
		.pcap = o->pcap,
		.trace = o->trace,
		.defaults = serve_defaults((uint32_t)o->connections + (o->dns ? SERVE_DNS_CONNECTIONS : 0)),
		.port = (uint16_t)o->port,
		.tls_port = o->secure->asked ? (uint16_t)o->secure->port : 0,
		.hangups = o->secure->asked,
	};
	int code = prepare(s, o);

	options.valid_from_s = serve_secure_valid_from(s);
	if (code == 0)
		code = loop_open(&s->loop, &options);
	if (code == 0)
		code = listen_at(s, o);
	if (code == 0)
		code = tell_clients(s);
	return code ? code : open_control(s, o);
}

static void tell_line(const struct serve *s, const char *key, const char *value)
{
	struct text line;
	struct json j;

	if (!s->json) {
		printf("%s %s\n", key, value);
		return;
	}
	text_init(&line);
	j = json_over(&line);
	j.one_line = true;
	json_object(&j);
	json_put_string(&j, key, value);
	json_object_end(&j);
	fputs(text_str(&line), stdout);
	text_free(&line);
}

static void tell_addresses(const struct serve *s, const char *scheme, uint64_t port)
{
	struct hf_net_info info;
	struct text t;

	text_init(&t);
	loop_describe(&s->loop, &info);
	for (unsigned i = 0; i < info.addrs && port > 0; i++) {
		text_clear(&t);
		text_add(&t, scheme);
		text_add_endpoint(&t, &(struct hf_endpoint){ info.addr[i], (uint16_t)port });
		tell_line(s, "listening", text_str(&t));
	}
	text_free(&t);
}

static void tell_ready(const struct serve *s, uint64_t port)
{
	tell_addresses(s, "http://", port);
	if (s->tls.side)
		tell_addresses(s, "https://", s->secure->port);
	if (s->dns)
		tell_addresses(s, "dns://", DNS_PORT);
	if (s->tls.side && s->secure->authority.len > 0) /* for curl --cacert */
		tell_line(s, "authority", text_str(&s->secure->authority));
	(void)fflush(stdout); /* nobody reads it: the server serves all the same */
}

/* What came of the clients of a simulated network. */
static void tell_clients_end(const struct serve *s)
{
	struct sim_clients_result r;
	struct text t;
	struct json j;

	if (s->quiet || !loop_count_clients(&s->loop, &r))
		return;
	text_init(&t);
	if (s->json) {
		j = json_over(&t);
		j.one_line = true;
		json_object(&j);
		json_key(&j, "clients");
		json_object(&j);
		json_put_u64(&j, "number", r.clients);
		json_put_u64(&j, "failed", r.failed);
		json_put_u64(&j, "answers_http", r.plain);
		json_put_u64(&j, "answers_https", r.secure);
		json_put_u64(&j, "resumed", r.resumed);
		json_object_end(&j);
		json_object_end(&j);
	} else {
		text_addf(&t, "clients %u: whole answers %u by HTTP, %u by HTTPS (%u of them resumed); %u clients failed\n",
			  r.clients, r.plain, r.secure, r.resumed, r.failed);
	}
	fputs(text_str(&t), stdout);
	text_free(&t);
}

static void flush_log(struct serve *s)
{
	FILE *to = s->json ? stdout : stderr;

	if (s->log.len == 0)
		return;
	fputs(text_str(&s->log), to);
	fflush(to);
	text_clear(&s->log);
}

static void answer_events(struct serve *s)
{
	struct hf_event ev;

	while (hf_host_next_event(s->loop.host, &ev)) {
		struct served *c = ev.tag ? &s->conns[ev.tag - 1] : NULL;

		if (c && c->used && c->conn.slot == ev.conn.slot && c->conn.birth == ev.conn.birth)
			serve_drive(s, c);
	}
}

static void answer_timers(struct serve *s)
{
	for (struct hf_timer *t; (t = hf_wheel_next(&s->wheel, s->loop.now));)
		serve_drive(s, HF_CONTAINER(t, struct served, timer));
}

/* Files that lost octets while they are sent: see serve_file.c. */
static void check_files(struct serve *s)
{
	bool due = s->files.open > 0 && s->loop.now >= s->next_check;

	if (due) {
		s->next_check = s->loop.now + CHECK_EVERY;
		files_age(&s->files);
	}
	if (files_any_shrunk() || due)
		serve_drop_shrunk(s);
}

hf_time_ns serve_wake_at(const struct serve *s)
{
	hf_time_ns at = hf_min_u64(hf_wheel_wake_at(&s->wheel), serve_crowd_wake_at(s));

	at = hf_min_u64(at, serve_dns_wake_at(s->dns));
	return s->files.open > 0 ? hf_min_u64(at, s->next_check) : at;
}

static hf_time_ns next_wait(const struct serve *s)
{
	hf_time_ns at = serve_wake_at(s);

	return at == HF_NEVER ? HF_NEVER : at > s->loop.now ? at - s->loop.now : 0;
}

/* What has come about since the last time. */
static void look(struct serve *s, bool accepting)
{
	s->wall = loop_wall_seconds(&s->loop);
	if (s->loop.hangups > 0) {
		s->loop.hangups = 0;
		serve_secure_reload(s);
	}
	check_files(s);
	answer_events(s);
	if (accepting)
		serve_accept(s);
	answer_timers(s);
	serve_dns_look(s->dns, s->loop.now);
	control_turn(&s->control, s->loop.net, s);
	flush_log(s);
}

static hf_status turn(struct serve *s, hf_time_ns wait_at_most, bool accepting)
{
	hf_status st = loop_turn(&s->loop, hf_min_u64(wait_at_most, next_wait(s)));

	if (st == HF_OK)
		look(s, accepting);
	return st;
}

static bool tcp_is_busy(const struct serve *s)
{
	struct hf_host_counters n;

	hf_host_count(s->loop.host, &n);
	return n.conns > 0;
}

static void drop_all(struct serve *s)
{
	for (uint32_t i = 0; s->used > 0; i++)
		if (s->conns[i].used)
			serve_drop(s, &s->conns[i]);
}

/* Nobody new; who is being answered gets the rest, but not for longer than STOP_WITHIN. */
static hf_status wind_down(struct serve *s)
{
	hf_time_ns end = s->loop.now + STOP_WITHIN;
	hf_status st = HF_OK;

	(void)!hf_unlisten(s->loop.host, s->listener, s->loop.now);
	(void)!hf_unlisten(s->loop.host, s->tls_listener, s->loop.now);
	serve_dns_close(s->dns, s->loop.now);
	serve_stop_all(s);
	while (st == HF_OK && (s->used > 0 || tcp_is_busy(s)) && s->loop.now < end && s->loop.stop < 2)
		st = turn(s, hf_min_u64(end - s->loop.now, HF_MS(100)), false);
	drop_all(s);
	if (st == HF_OK)
		loop_drain(&s->loop);
	flush_log(s);
	return st;
}

static void finish(struct serve *s)
{
	files_close_root(&s->files);
	serve_tls_close(s);
	if (s->secure)
		serve_secure_free(s->secure);
	free(s->secure);
	serve_dns_free(s->dns);
	text_free(&s->log);
	free(s->conns);
	free(s->free_list);
	free(s);
}

/* ---- on the other host of a simulated network ---- */

static struct serve_secure *make_secure(enum cmd_command command)
{
	struct serve_secure *x = calloc(1, sizeof(*x));

	if (x)
		serve_secure_init(x);
	else
		cmd_say(command, "no memory");
	return x;
}

int serve_begin_simulated(const struct loop *loop, const struct serve_simulated *what, struct serve **ret)
{
	struct serve_options o = { .dir = what->dir,
				   .port = what->port,
				   .connections = SERVE_SIMULATED_CONNECTIONS,
				   .idle = IDLE_TIMEOUT,
				   .head = HEAD_TIMEOUT,
				   .list = true,
				   .precompressed = true,
				   .quiet = true };
	struct serve *s = calloc(1, sizeof(*s));
	int code;

	if (!s) {
		cmd_say(loop->command, "no memory");
		return hf_status_exit(HF_FULL);
	}
	if (what->tls_port) {
		o.secure = make_secure(loop->command);
		if (!o.secure) {
			free(s);
			return hf_status_exit(HF_FULL);
		}
		o.secure->asked = o.secure->automatic = true;
		o.secure->names = what->names;
		o.secure->port = what->tls_port;
	}
	s->loop = *loop;
	code = prepare(s, &o);
	if (code == 0)
		code = listen_at(s, &o);
	if (code == 0)
		*ret = s;
	else
		finish(s);
	return code;
}

struct hf_bytes serve_simulated_authority(const struct serve *s)
{
	if (!s->secure)
		return (struct hf_bytes){ NULL, 0 };
	return (struct hf_bytes){ (const uint8_t *)s->secure->root.at, s->secure->root.len };
}

void serve_look(struct serve *s, hf_time_ns now)
{
	s->loop.now = now;
	look(s, true);
}

void serve_end_simulated(struct serve *s)
{
	drop_all(s);
	finish(s);
}

/* ---- the command ---- */

int cmd_serve(int argc, char **argv)
{
	struct serve_options o = { .port = 80, .connections = 4096, .idle = IDLE_TIMEOUT, .head = HEAD_TIMEOUT };
	hf_status st = HF_OK;
	struct serve *s;
	int code;

	o.secure = make_secure(CMD_serve);
	if (!o.secure)
		return hf_status_exit(HF_FULL);
	code = take_options(argc, argv, &o);
	if (code != 0) {
		serve_secure_free(o.secure);
		free(o.secure);
		return code - 1;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		cmd_say(CMD_serve, "no memory");
		serve_secure_free(o.secure);
		free(o.secure);
		return hf_status_exit(HF_FULL);
	}
	s->loop.command = CMD_serve;
	code = start(s, &o);
	if (code == 0) {
		tell_ready(s, o.port);
		while (st == HF_OK && s->loop.stop == 0)
			st = turn(s, HF_NEVER, true);
		if (st == HF_OK)
			st = wind_down(s);
		code = st != HF_OK ? hf_status_exit(st) : s->loop.others;
		tell_clients_end(s);
	}
	if (s->loop.host) {
		control_close(&s->control, s->loop.net);
		loop_close(&s->loop);
	}
	finish(s);
	return code;
}
