/* SPDX-License-Identifier: MIT */
#include "cmd/loop_sim.h"

#include "base/bits.h"
#include "cmd/serve.h"
#include "cmd/sim_clients.h"
#include "sim/app.h"
#include "url/url.h"
#include "wire/addr.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/*
 * Theory of operation
 *
 * A turn sends what the command has asked of its host, then plays the world, thing by thing, until one happens to that host
 * or the command's patience is over. Whenever one happens to the other host, or a deadline of the program there has come,
 * that program looks at its host; it is the same code as on a real net, called from here instead of from a loop of its own.
 *
 * A descriptor that the command waits for is in real time, in which no virtual time may pass: else a reader that pauses for
 * a second would find all connections timed out. So while one is watched, a turn only waits for it.
 */
#define OWN 0u
#define OTHER 1u
#define NAMER 2u /* page: who answers for names */
#define NAMER_ADDR 0x0a090035u
#define ZONE_LINES 64u
#define CHECK_EVERY 1000u    /* turns; tests look at each */
#define LEAST_DELAY HF_US(1) /* light needs some, too: nothing happens on both sides at once */

struct loop_sim {
	struct sim_world *world;
	struct serve *server;        /* the program on the other host: this, for get, */
	struct sim_clients *clients; /* or these, for serve */
	bool over;                   /* the clients have ended and all was told of them */
	struct pollfd awaited;       /* fd -1: none */
	/* page */
	char names[NET_NAMES]; /* of the server, between commas */
	uint16_t port, tls_port;
	struct text zone_text;
	struct dns_zone_line zone_line[ZONE_LINES];
	struct dns_zone zone;
};

static int check_words(const struct net_spec *spec, const struct loop_options *o);
static void make_hosts(struct loop_sim *m, const struct net_spec *spec, const struct loop_options *o);
static int start_other(struct loop *l, const struct net_spec *spec, const struct loop_options *o);
static void fix_randomness(uint64_t seed);
static void read_url(struct loop_sim *m, const struct net_spec *spec, struct loop_options *o);
static int start_names(struct loop *l);
static bool play(struct loop_sim *m, hf_time_ns until);
static void look_at_other(struct loop_sim *m);
static bool is_done(const struct loop_sim *m);

int loop_sim_open(struct loop *l, const struct net_spec *spec, const struct loop_options *options)
{
	struct loop_options own = *options, *o = &own;
	const struct sim_link_config line = { .delay = hf_max_u64(spec->wishes.rtt / 2, LEAST_DELAY),
					      .rate_bps = spec->wishes.rate_bps,
					      .loss_ppm = spec->wishes.loss_ppm };
	const struct sim_world_config cfg = { .seed = spec->wishes.seed,
					      .start = HF_S(1), /* 0 is "not yet" in many a struct */
					      .link = line,
					      .forget = true,
					      .check_every = CHECK_EVERY };
	int code;

	l->sim = calloc(1, sizeof(*l->sim));
	if (!l->sim) {
		cmd_say(l->command, "no memory");
		return hf_status_exit(HF_FULL);
	}
	l->sim->awaited.fd = -1;
	text_init(&l->sim->zone_text);
	if (o->command == CMD_page)
		read_url(l->sim, spec, o);
	code = check_words(spec, o);
	if (code != 0)
		return code;
	l->sim->world = sim_world_make(&cfg);
	make_hosts(l->sim, spec, o);
	l->host = sim_world_host(l->sim->world, OWN);
	l->now = sim_world_now(l->sim->world);
	l->wall_offset = (int64_t)hf_max_u64(LOOP_SIM_EPOCH, o->valid_from_s) * 1000000000ll - (int64_t)l->now;
	l->seed = spec->wishes.seed;
	fix_randomness(l->seed);
	code = start_other(l, spec, o);
	return code ? code : start_names(l);
}

/* Keys and signatures of both sides are libcrypto's, which has one source for the whole program. */
static void fix_randomness(uint64_t seed)
{
	uint8_t octets[32];

	hf_entropy_from_seed(seed, octets, sizeof(octets));
	hf_crypto_fix_randomness(octets);
}

void loop_sim_free(struct loop_sim *m)
{
	if (!m)
		return;
	if (m->server)
		serve_end_simulated(m->server);
	sim_clients_free(m->clients);
	if (m->world)
		sim_world_free(m->world);
	text_free(&m->zone_text);
	free(m);
}

static int check_words(const struct net_spec *spec, const struct loop_options *o)
{
	if (o->command != CMD_serve && (spec->clients || spec->get[0]))
		return cmd_usage(o->command,
				 "--net sim: clients= and get= are for handfast serve; here the other host is a server");
	if (o->command == CMD_page && spec->port)
		return cmd_usage(o->command, "--net sim: the server listens where the URL says; port= is for handfast get");
	if (o->command != CMD_page && spec->names[0])
		return cmd_usage(o->command, "--net sim: names= is for handfast page");
	if (o->command == CMD_serve && (spec->dir[0] || spec->port))
		return cmd_usage(o->command, "--net sim: dir= and port= are for handfast get; here DIR and --port say it");
	if (o->command != CMD_serve && !net_addr_is_for_a_host(&o->server))
		return cmd_usage(o->command, "--net sim: no server can have the address in the URL");
	return 0;
}

/* ---- the two hosts ---- */

static struct hf_addr ip6_of(uint8_t first, uint8_t second, uint8_t last)
{
	return (struct hf_addr){ .b = { first, second, [15] = last } };
}

static void lead_each_to_the_other(struct sim_world *w, unsigned from, unsigned to)
{
	const struct hf_addr any = { 0 }, to4 = sim_world_addr(w, to), to6 = sim_world_addr6(w, to);
	struct hf_host *h = sim_world_host(w, from);

	HF_ASSERT(hf_host_add_route(h, &any, 0, &to4) == HF_OK && hf_host_add_route(h, &any, 0, &to6) == HF_OK);
}

/* The addresses are those of the examples everywhere: ours end in 2, the other's in 1, unless the URL wants another one. */
static void make_hosts(struct loop_sim *m, const struct net_spec *spec, const struct loop_options *o)
{
	struct sim_host_config own = { .name = cmd_name(o->command),
				       .addr = addr_ip4_u32(0x0a090002),
				       .addr6 = ip6_of(0xfd, 0x09, 2),
				       .limits = o->defaults.limits,
				       .tcp = o->defaults.tcp,
				       .driven = true };
	struct sim_host_config other = {
		.name = "other", .addr = addr_ip4_u32(LOOP_SIM_SERVER), .addr6 = ip6_of(0xfd, 0x09, 1), .driven = true
	};
	struct hf_net_defaults theirs;

	if (o->command != CMD_serve) {
		if (addr_is_ip4(&o->server))
			other.addr = o->server;
		else
			other.addr6 = o->server;
		if (addr_is_link_local(&other.addr6)) /* such an address is reached from another such, RFC 6724 5 */
			own.addr6 = ip6_of(0xfe, 0x80, 2);
		if (addr_eq(&own.addr, &other.addr))
			own.addr = addr_ip4_u32(0x0a090003);
		if (addr_eq(&own.addr6, &other.addr6))
			own.addr6.b[15] = 3;
		theirs = serve_defaults(SERVE_SIMULATED_CONNECTIONS);
	} else {
		theirs = sim_clients_defaults(spec->clients);
	}
	other.limits = theirs.limits;
	other.tcp = theirs.tcp;
	HF_ASSERT(sim_world_add_host(m->world, &own) == OWN && sim_world_add_host(m->world, &other) == OTHER);
	lead_each_to_the_other(m->world, OWN, OTHER);
	lead_each_to_the_other(m->world, OTHER, OWN);
}

/* page: what the URL wants of the network. One that cannot be read is the loader's to complain of. */
static void read_url(struct loop_sim *m, const struct net_spec *spec, struct loop_options *o)
{
	struct url *u = url_parse(hf_bytes_of(o->url), NULL, NULL);

	m->port = 80;
	m->tls_port = 443;
	o->server = addr_ip4_u32(LOOP_SIM_SERVER);
	snprintf(m->names, sizeof(m->names), "%s", spec->names);
	if (u && url_is_http(u)) {
		*(url_is_secure(u) ? &m->tls_port : &m->port) = url_port(u);
		if (m->tls_port == m->port)
			*(url_is_secure(u) ? &m->port : &m->tls_port) = 0;
		if (!url_addr(u, &o->server) && !spec->names[0] && url_hostname(u))
			snprintf(m->names, sizeof(m->names), "%s", url_hostname(u));
	}
	url_free(u);
}

/* Both addresses of the server for each of its names. */
static int start_names(struct loop *l)
{
	struct loop_sim *m = l->sim;
	const struct sim_host_config cfg = { .name = "names",
					     .addr = addr_ip4_u32(NAMER_ADDR),
					     .addr6 = ip6_of(0xfd, 0x09, 53) };
	const struct hf_addr at[2] = { sim_world_addr(m->world, OTHER), sim_world_addr6(m->world, OTHER) };
	struct dns_zone_fault fault;
	char addr[HF_ADDR_TEXT];

	if (l->command != CMD_page)
		return 0;
	for (const char *name = m->names; *name;) {
		const size_t n = strcspn(name, ",");

		for (unsigned i = 0; i < HF_ARRAY_LEN(at) && n > 0; i++) {
			addr_format(&at[i], addr);
			text_addf(&m->zone_text, "%s %.*s\n", addr, (int)n, name);
		}
		name += n + (name[n] == ',');
	}
	if (dns_zone_parse(hf_bytes_of(text_str(&m->zone_text)), m->zone_line, ZONE_LINES, &m->zone, &fault) != HF_OK)
		return cmd_usage(l->command, "--net sim: there is a name that no host can have, or more than %u",
				 ZONE_LINES / 2);
	HF_ASSERT(sim_world_add_host(m->world, &cfg) == NAMER);
	lead_each_to_the_other(m->world, NAMER, OWN);
	sim_app_add(m->world, &(struct sim_app_config){ .host = NAMER, .dns = &m->zone });
	return 0;
}

struct hf_endpoint loop_sim_name_server(const struct loop_sim *m)
{
	return (struct hf_endpoint){ sim_world_addr(m->world, NAMER), 53 };
}

static int start_other(struct loop *l, const struct net_spec *spec, const struct loop_options *o)
{
	struct loop_sim *m = l->sim;
	struct loop there = { .command = l->command,
			      .sim = m,
			      .host = sim_world_host(m->world, OTHER),
			      .now = l->now,
			      .signals = -1,
			      .seed = l->seed,
			      .wall_offset = l->wall_offset };
	const uint16_t port = spec->port ? spec->port : o->server_names ? 443 : 80;

	if (l->command == CMD_get)
		return serve_begin_simulated(&there,
					     &(struct serve_simulated){
						     .dir = spec->dir[0] ? spec->dir : ".",
						     .port = o->server_names ? 0 : port,
						     .tls_port = o->server_names ? port : 0,
						     .names = o->server_names,
					     },
					     &m->server);
	if (l->command == CMD_page)
		return serve_begin_simulated(&there,
					     &(struct serve_simulated){
						     .dir = spec->dir[0] ? spec->dir : ".",
						     .port = m->port,
						     .tls_port = m->tls_port,
						     .names = m->names,
					     },
					     &m->server);
	m->clients = sim_clients_make(there.host, &(struct sim_clients_options){
							  .n = spec->clients,
							  .plain = { sim_world_addr(m->world, OWN), o->port },
							  .tls_port = o->tls_port,
							  .path = spec->get[0] ? spec->get : "/",
							  .epoch_ns = (uint64_t)l->wall_offset,
							  .seed = l->seed,
						  });
	if (m->clients)
		return 0;
	cmd_say(l->command, "no memory");
	return hf_status_exit(HF_FULL);
}

/* ---- a turn ---- */

/* A signal ends the wait as well. */
static void await_descriptor(const struct loop *l)
{
	struct pollfd both[2] = { l->sim->awaited, { .fd = l->signals, .events = POLLIN } };

	(void)!poll(both, 2, -1);
}

void loop_sim_turn(struct loop *l, hf_time_ns wait_at_most)
{
	struct loop_sim *m = l->sim;
	bool goes_on;

	if (m->awaited.fd >= 0) {
		await_descriptor(l);
		return;
	}
	sim_world_settle(m->world, OWN);
	goes_on = play(m, wait_at_most == HF_NEVER ? HF_NEVER : l->now + wait_at_most);
	l->now = sim_world_now(m->world);
	if (m->over || (goes_on && !is_done(m)))
		return;
	m->over = true;
	if (m->clients)
		l->others = sim_clients_tell(m->clients);
	if (l->stop == 0)
		l->stop = 1;
}

/* False: nothing is left to happen, ever. */
static bool play(struct loop_sim *m, hf_time_ns until)
{
	while (!is_done(m) || m->over) {
		hf_time_ns look_at = m->server ? serve_wake_at(m->server) : sim_clients_wake_at(m->clients);
		unsigned touched = SIM_NOBODY;

		if (sim_world_next(m->world, hf_min_u64(until, look_at), &touched)) {
			if (touched == OWN)
				return true;
		} else if (look_at > until || look_at == HF_NEVER) {
			return until != HF_NEVER;
		}
		look_at_other(m);
	}
	return true;
}

static void look_at_other(struct loop_sim *m)
{
	if (m->server)
		serve_look(m->server, sim_world_now(m->world));
	else
		sim_clients_look(m->clients, sim_world_now(m->world));
	sim_world_settle(m->world, OTHER);
}

static bool is_done(const struct loop_sim *m)
{
	return m->clients && sim_clients_are_done(m->clients);
}

/* ---- what a net is asked besides ---- */

void loop_sim_set_tap(struct loop_sim *m, sim_tap *tap, void *arg)
{
	sim_world_set_tap(m->world, OWN, tap, arg);
}

struct hf_bytes loop_sim_authority(const struct loop_sim *m)
{
	return m->server ? serve_simulated_authority(m->server) : (struct hf_bytes){ NULL, 0 };
}

int loop_sim_trust(struct loop_sim *m, const struct hf_cred *const *creds, size_t n)
{
	return m->clients ? sim_clients_trust(m->clients, creds, n) : 0;
}

bool loop_sim_count_clients(const struct loop_sim *m, struct sim_clients_result *ret)
{
	if (m->clients)
		sim_clients_count(m->clients, ret);
	return m->clients != NULL;
}

void loop_sim_describe(const struct loop_sim *m, const struct hf_host *host, struct hf_net_info *ret)
{
	const unsigned own = host == sim_world_host(m->world, OTHER) ? OTHER : OWN, other = own == OWN ? OTHER : OWN;

	*ret = (struct hf_net_info){
		.kind = HF_NET_SIM,
		.name = "sim",
		.mtu_bytes = 1500,
		.addrs = 2,
		.addr = { sim_world_addr(m->world, own), sim_world_addr6(m->world, own) },
		.prefix_len = { 32, 128 },
		.gw4 = sim_world_addr(m->world, other),
		.gw6 = sim_world_addr6(m->world, other),
	};
}

hf_status loop_sim_watch(struct loop_sim *m, int fd, unsigned want)
{
	short events = (short)((want & HF_NET_READ ? POLLIN : 0) | (want & HF_NET_WRITE ? POLLOUT : 0));

	if (want && m->awaited.fd >= 0 && m->awaited.fd != fd)
		return HF_FULL;
	if (want || m->awaited.fd == fd)
		m->awaited = (struct pollfd){ .fd = want ? fd : -1, .events = events };
	return HF_OK;
}
