/* SPDX-License-Identifier: MIT */

/* The resolver's sockets, and the files and options that say whom it asks. See names.h. */
#define _GNU_SOURCE
#include "cmd/names.h"

#include "base/bits.h"
#include "cmd/talk.h"
#include "wire/addr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX (8u << 20) /* octets of a hosts file that are read */
#define DATAGRAM 65536u
#define LOOPBACK 0x7f000001u
#define TELL 1024u

struct names_conn {
	struct stream stream;
	bool connected, ended;
	struct talk_queue out;
};

/* ---- options ---- */

static bool parse_addr(const char *text, struct hf_addr *ret)
{
	struct hf_bytes a = hf_bytes_of(text);

	if (a.len > 2 && a.at[0] == '[' && a.at[a.len - 1] == ']')
		a = (struct hf_bytes){ a.at + 1, a.len - 2 };
	return addr_parse(a, ret) == HF_OK;
}

int names_take_server(enum cmd_command command, const char *text, struct names_options *o)
{
	struct hf_endpoint e = { 0 };

	if (!parse_addr(text, &e.addr) || !dns_can_be_asked(&e.addr))
		return cmd_usage(command, "--dns %s: the address of a name server is wanted, as in --dns 10.9.0.1", text);
	if (o->servers == DNS_SERVERS)
		return cmd_usage(command, "--dns: at most %u times", DNS_SERVERS);
	o->server[o->servers++] = e;
	return 0;
}

/* As curl has it. */
int names_take_fixed(enum cmd_command command, const char *text, struct names_options *o)
{
	const char *port = strchr(text, ':'), *addr = port ? strchr(port + 1, ':') : NULL;
	struct names_fixed f = { 0 };
	uint64_t number = 0;
	char digits[6] = "";

	if (addr && addr - port - 1 < (ptrdiff_t)sizeof(digits))
		memcpy(digits, port + 1, (size_t)(addr - port - 1));
	if (!addr || port == text || !cmd_parse_number(digits, 1, 65535, &number))
		return cmd_usage(command, "--resolve %s: NAME:PORT:ADDR is wanted, as in a.example:443:10.9.0.1", text);
	if (!parse_addr(addr + 1, &f.addr))
		return cmd_usage(command, "--resolve %s: %s is no address", text, addr + 1);
	if (o->fixeds == NAMES_FIXED)
		return cmd_usage(command, "--resolve: at most %u times", NAMES_FIXED);
	f.name = (struct hf_bytes){ (const uint8_t *)text, (size_t)(port - text) };
	f.port = (uint16_t)number;
	o->fixed[o->fixeds++] = f;
	return 0;
}

static bool is_for(const struct names_fixed *f, const char *name, uint16_t port)
{
	return f->port == port && f->name.len == strlen(name) &&
	       strncasecmp((const char *)f->name.at, name, f->name.len) == 0;
}

const struct names_fixed *names_find_fixed(const struct names_options *o, const char *name, uint16_t port)
{
	for (unsigned i = 0; i < o->fixeds; i++)
		if (is_for(&o->fixed[i], name, port))
			return &o->fixed[i];
	return NULL;
}

/* ---- the files ---- */

/* False: it cannot be read; errno says why. */
static bool read_file(const char *path, struct hf_bytes *ret)
{
	FILE *f = fopen(path, "re");
	struct talk_queue q = { 0 };
	uint8_t piece[4096];
	size_t got;
	bool ok = f != NULL;

	while (ok && q.len < FILE_MAX && (got = fread(piece, 1, sizeof(piece), f)) > 0)
		ok = talk_queue_add(&q, (struct hf_bytes){ piece, got });
	ok = ok && !ferror(f);
	if (f)
		fclose(f);
	if (!ok)
		talk_queue_free(&q);
	*ret = talk_queue_bytes(&q);
	return ok;
}

/* A file that was not asked for by name may be missing. */
static int need_file(const struct names *n, const char *option, const char *given, const char *usual, struct hf_bytes *ret)
{
	*ret = (struct hf_bytes){ NULL, 0 };
	if (given && !given[0])
		return 0;
	if (read_file(given ? given : usual, ret) || !given)
		return 0;
	return cmd_usage(n->streams->command, "--%s %s: %s", option, given, strerror(errno));
}

static bool is_reached(const struct names *n, const struct hf_addr *a)
{
	return n->streams->kernel || !addr_is_loopback(a);
}

static void use_servers(struct names *n, struct dns_config *cfg)
{
	unsigned kept = 0;

	if (n->o.servers > 0) {
		memcpy(cfg->server, n->o.server, sizeof(cfg->server));
		cfg->servers = n->o.servers;
		return;
	}
	/* A name server on this machine is out of reach for a TCP/IP of our own. */
	for (unsigned i = 0; i < cfg->servers; i++)
		if (is_reached(n, &cfg->server[i].addr))
			cfg->server[kept++] = cfg->server[i];
	cfg->servers = kept;
	/* resolv.conf(5): without any it is this machine. */
	if (n->resolv.servers == 0 && n->streams->kernel && !(n->o.resolv && !n->o.resolv[0])) {
		cfg->server[0] = (struct hf_endpoint){ addr_ip4_u32(LOOPBACK), 0 };
		cfg->servers = 1;
	}
}

static int read_files(struct names *n, struct dns_config *cfg)
{
	struct hf_bytes text;
	size_t count = 0;
	int code = need_file(n, "resolv-conf", n->o.resolv, "/etc/resolv.conf", &text);

	if (code != 0)
		return code;
	dns_resolv_parse(text, &n->resolv);
	dns_resolv_use(&n->resolv, cfg);
	free((void *)(uintptr_t)text.at);
	use_servers(n, cfg);
	code = need_file(n, "hosts", n->o.hosts, "/etc/hosts", &n->hosts_text);
	if (code != 0)
		return code;
	dns_hosts_parse(n->hosts_text, NULL, 0, &count);
	n->host = calloc(count ? count : 1, sizeof(*n->host));
	if (!n->host)
		return hf_status_exit(HF_FULL);
	dns_hosts_parse(n->hosts_text, n->host, count, &cfg->hosts_count);
	cfg->hosts = n->host;
	return 0;
}

int names_open(struct names *n, const struct names_options *o, struct streams *s, const uint8_t seed[32])
{
	struct dns_config cfg = { .tell = TELL };
	int code;

	*n = (struct names){ .streams = s, .o = *o };
	if (n->o.families == 0)
		n->o.families = DNS_A | DNS_AAAA;
	memcpy(cfg.entropy, seed, sizeof(cfg.entropy));
	code = read_files(n, &cfg);
	if (code == 0) {
		n->room = malloc(DATAGRAM);
		n->mem = aligned_alloc(64, (dns_memory(&cfg) + 63) / 64 * 64);
		if (!n->room || !n->mem || dns_init(n->mem, dns_memory(&cfg), &cfg, s->now, &n->dns) != HF_OK) {
			cmd_say(s->command, "no memory");
			code = hf_status_exit(HF_FULL);
		}
	}
	explicit_bzero(&cfg, sizeof(cfg));
	if (code != 0)
		names_close(n);
	return code;
}

static void drop_conn(struct names *n, unsigned i)
{
	struct names_conn *c = n->conn[i];

	if (!c)
		return;
	stream_close(&c->stream);
	talk_queue_free(&c->out);
	free(c);
	n->conn[i] = NULL;
}

void names_close(struct names *n)
{
	struct names_lookup *l;

	for (unsigned i = 0; i < DNS_SOCKETS; i++)
		if (n->socket[i].open)
			streams_udp_close(&n->socket[i].udp);
	for (unsigned i = 0; i < DNS_CONNS; i++)
		drop_conn(n, i);
	while ((l = n->first) != NULL) {
		n->first = l->next;
		free(l);
	}
	free(n->mem);
	free(n->room);
	free(n->host);
	free((void *)(uintptr_t)n->hosts_text.at);
	*n = (struct names){ 0 };
}

/* ---- lookups ---- */

/* One that we give ourselves; no address yet. */
static void begin_answer(struct names_lookup *l, unsigned f, enum dns_source source)
{
	struct dns_answer *a = &l->answer[f];

	*a = (struct dns_answer){ .family = f == NAMES_4 ? DNS_A : DNS_AAAA,
				  .why = DNS_WHY_NODATA,
				  .source = source,
				  .state = "",
				  .begin = l->begin,
				  .end = l->begin };
	snprintf(a->name, sizeof(a->name), "%s", l->name);
	snprintf(a->canonical, sizeof(a->canonical), "%s", l->name);
}

/* What --resolve says of a name at this port. Of a family that it does not say the name has no address. */
static void answer_fixed(struct names *n, struct names_lookup *l, uint16_t port)
{
	for (unsigned f = 0; f < NAMES_FAMILIES; f++) {
		struct dns_answer *a = &l->answer[f];

		begin_answer(l, f, DNS_FROM_FIXED);
		for (unsigned i = 0; i < n->o.fixeds; i++) {
			const struct names_fixed *x = &n->o.fixed[i];

			if (!is_for(x, l->name, port))
				continue;
			if ((f == NAMES_4) != addr_is_ip4(&x->addr) || a->addrs == DNS_ADDRS || !(a->family & n->o.families))
				continue;
			a->addr[a->addrs++] = x->addr;
			a->why = DNS_WHY_OK;
		}
	}
}

/* RFC 6761 6.3: localhost, and all below it, lead to this host whatever anybody says. */
bool names_is_localhost(struct hf_bytes name)
{
	static const char word[] = "localhost";
	const size_t n = sizeof(word) - 1;

	name.len -= name.len > 0 && name.at[name.len - 1] == '.';
	return name.len >= n && strncasecmp((const char *)name.at + name.len - n, word, n) == 0 &&
	       (name.len == n || name.at[name.len - n - 1] == '.');
}

static void answer_localhost(struct names *n, struct names_lookup *l)
{
	const struct hf_addr at[NAMES_FAMILIES] = { addr_ip4_u32(LOOPBACK), { { [15] = 1 } } };

	for (unsigned f = 0; f < NAMES_FAMILIES; f++) {
		struct dns_answer *a = &l->answer[f];

		begin_answer(l, f, DNS_FROM_RULE);
		if (!(a->family & n->o.families))
			continue;
		a->addr[0] = at[f];
		a->addrs = 1;
		a->why = DNS_WHY_OK;
	}
}

static void begin(struct names *n, struct names_lookup *l, uint16_t port)
{
	l->begin = l->end = n->streams->now;
	l->expected = n->o.families;
	if (names_find_fixed(&n->o, l->name, port)) {
		answer_fixed(n, l, port);
		l->port = port;
	} else if (n->streams->kernel && names_is_localhost(hf_bytes_of(l->name))) {
		answer_localhost(n, l);
	} else {
		return;
	}
	l->here = l->expected;
	l->done = true;
}

struct names_lookup *names_find(struct names *n, const char *name, uint16_t port)
{
	const uint16_t fixed_for = names_find_fixed(&n->o, name, port) ? port : 0;
	struct names_lookup *l;

	for (l = n->first; l; l = l->next)
		if (strcasecmp(l->name, name) == 0 && l->port == fixed_for)
			return l;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	snprintf(l->name, sizeof(l->name), "%s", name);
	l->row[NAMES_4] = l->row[NAMES_6] = UINT32_MAX;
	begin(n, l, port);
	l->next = n->first;
	n->first = l;
	return l;
}

/* The resolver takes only so many at once: what does not fit is asked with a later step. */
static bool ask_more(struct names *n)
{
	bool any = false;

	for (struct names_lookup *l = n->first; l; l = l->next) {
		if (l->done || l->asked)
			continue;
		if (dns_lookup(n->dns, hf_bytes_of(l->name), l->expected, n->streams->now, &l->id) != HF_OK)
			break;
		l->asked = any = true;
	}
	return any;
}

static void take_answer(struct names *n, const struct dns_answer *a)
{
	for (struct names_lookup *l = n->first; l; l = l->next) {
		if (l->done || !l->asked || l->id != a->id)
			continue;
		l->answer[a->family == DNS_A ? NAMES_4 : NAMES_6] = *a;
		l->here |= a->family;
		l->end = n->streams->now;
		if (a->last) {
			l->done = true;
			l->here = l->expected;
		}
		return;
	}
}

enum dns_why names_why(const struct names_lookup *l, const struct dns_answer **ret_answer)
{
	enum dns_why why = DNS_WHY_OK;

	for (unsigned f = 0; f < NAMES_FAMILIES; f++) {
		const struct dns_answer *a = &l->answer[f];

		/* That there is none of one family says less than anything else. */
		if (a->family == 0 || a->why == DNS_WHY_OK || (why != DNS_WHY_OK && why != DNS_WHY_NODATA))
			continue;
		if (why == DNS_WHY_NODATA && a->why == DNS_WHY_NODATA)
			continue;
		why = a->why;
		*ret_answer = a;
	}
	return why;
}

/* ---- what the machine wants ---- */

static void open_udp(struct names *n, unsigned i, bool ip6)
{
	hf_status st = streams_udp_open(n->streams, ip6, &n->socket[i].udp);

	if (st == HF_OK)
		n->socket[i].open = true;
	else
		dns_udp_error(n->dns, i, st, n->streams->now);
}

static void connect_tcp(struct names *n, unsigned i, const struct hf_endpoint *to)
{
	struct names_conn *c = calloc(1, sizeof(*c));
	hf_status st = c ? streams_connect(n->streams, to, &c->stream) : HF_FULL;

	if (st != HF_OK) {
		free(c);
		dns_tcp_ended(n->dns, i, st, n->streams->now);
		return;
	}
	n->conn[i] = c;
}

static void do_it(struct names *n, const struct dns_ask *ask)
{
	hf_status st;

	switch (ask->what) {
	case DNS_WAITS:
		break;
	case DNS_OPEN_UDP: /* the net draws a port as well (RFC 5452 9.2, RFC 6056) */
		open_udp(n, ask->socket, !addr_is_ip4(&ask->to.addr));
		break;
	case DNS_SEND:
		st = n->socket[ask->socket].open ? streams_udp_send(&n->socket[ask->socket].udp, &ask->to, ask->bytes)
						 : HF_OK;
		/* No room for now is as good as lost on the way: it is sent again. */
		if (st != HF_OK && st != HF_AGAIN && st != HF_FULL)
			dns_udp_error(n->dns, ask->socket, st, n->streams->now);
		break;
	case DNS_CLOSE_UDP:
		if (n->socket[ask->socket].open)
			streams_udp_close(&n->socket[ask->socket].udp);
		n->socket[ask->socket].open = false;
		break;
	case DNS_CONNECT_TCP:
		connect_tcp(n, ask->conn, &ask->to);
		break;
	case DNS_SEND_TCP:
		if (n->conn[ask->conn] && !talk_queue_add(&n->conn[ask->conn]->out, ask->bytes))
			dns_tcp_ended(n->dns, ask->conn, HF_FULL, n->streams->now);
		break;
	case DNS_CLOSE_TCP:
		drop_conn(n, ask->conn);
		break;
	case DNS_ANSWER:
		take_answer(n, ask->answer);
		break;
	}
}

/* ---- what came ---- */

static bool take_datagrams(struct names *n)
{
	bool any = false;

	for (unsigned i = 0; i < DNS_SOCKETS; i++) {
		struct hf_endpoint from;
		size_t len;
		hf_status st;

		while (n->socket[i].open &&
		       (st = streams_udp_recv(&n->socket[i].udp, n->room, DATAGRAM, &from, &len)) != HF_AGAIN) {
			any = true;
			if (st == HF_OK)
				dns_feed_udp(n->dns, i, &from, (struct hf_bytes){ n->room, len }, n->streams->now);
			else
				dns_udp_error(n->dns, i, st, n->streams->now);
			if (st != HF_OK && st != HF_REFUSED && st != HF_UNREACHABLE)
				break;
		}
	}
	return any;
}

static bool look_at_stream(struct names *n, unsigned i)
{
	struct names_conn *c = n->conn[i];
	struct hf_bytes spans[16];
	hf_time_ns now = n->streams->now;
	size_t count = 0, total = 0;
	bool eof = false, any = false;
	hf_status st;

	if (!c->connected && stream_connected(&c->stream)) {
		c->connected = any = true;
		dns_tcp_connected(n->dns, i, now);
	}
	if (c->connected && c->out.len > 0) {
		size_t taken = stream_write(&c->stream, talk_queue_bytes(&c->out));

		talk_queue_drop(&c->out, taken);
		any |= taken > 0;
	}
	st = stream_read(&c->stream, spans, HF_ARRAY_LEN(spans), &count, &eof);
	for (size_t s = 0; s < count; s++) {
		dns_tcp_feed(n->dns, i, spans[s], now);
		total += spans[s].len;
	}
	if (total > 0)
		stream_consume(&c->stream, total);
	if ((st != HF_OK || (eof && total == 0)) && !c->ended) {
		c->ended = any = true;
		dns_tcp_ended(n->dns, i, st, now);
	}
	return any || total > 0;
}

static bool look_at_streams(struct names *n)
{
	bool any = false;

	for (unsigned i = 0; i < DNS_CONNS; i++)
		if (n->conn[i])
			any |= look_at_stream(n, i);
	return any;
}

bool names_step(struct names *n)
{
	bool any = take_datagrams(n);
	struct dns_ask ask;

	any |= look_at_streams(n);
	any |= ask_more(n);
	while (dns_next(n->dns, &ask, n->streams->now) != DNS_WAITS) {
		do_it(n, &ask);
		any = true;
	}
	return any;
}

hf_time_ns names_wake_at(const struct names *n)
{
	return dns_wake_at(n->dns);
}
