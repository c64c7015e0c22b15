/* SPDX-License-Identifier: MIT */
/* `handfast get`, from the host of the URL to a connection: its name is looked up, and its addresses are tried (reach.h). */
#include "cmd/get.h"

#include "base/bits.h"
#include "wire/addr.h"

#include <string.h>

static const char no_names[] = "";

int get_connect_open(struct get *g)
{
	uint8_t seed[32];
	int code;

	if (g->o.simulated) /* there is no name server, and the one name leads to the server */
		g->o.names.resolv = g->o.names.hosts = no_names;
	code = loop_draw_seed(&g->streams.loop, CMD_get, LOOP_SALT_NAMES, seed);
	if (code == 0)
		code = names_open(&g->names, &g->o.names, &g->streams, seed);
	explicit_bzero(seed, sizeof(seed));
	g->has_names = code == 0;
	return code;
}

void get_connect_close(struct get *g)
{
	if (!g->has_names)
		return;
	reach_end(&g->reach);
	names_close(&g->names);
	g->has_names = false;
}

void get_connect_begin(struct get *g)
{
	const struct reach_config cfg = { .streams = &g->streams, .timeout = g->o.connect_timeout };
	struct names_lookup *l = names_find(&g->names, g->o.host, g->o.url.port);

	if (!l) {
		get_fail(g, HF_FULL, "%s", hf_status_sentence(HF_FULL));
		return;
	}
	reach_begin(&g->reach, &cfg, l, g->o.url.port);
}

/* ---- what is said of it ---- */

static void tell_names(struct get *g)
{
	struct dns_told t;
	char sentence[1024];

	while (dns_told(g->names.dns, &g->dns_cursor, &t)) {
		/* Of an address, and of a name that was given one, there is nothing to tell. */
		if (!g->o.trace || t.kind == DNS_TOLD_TEXT || (t.kind == DNS_TOLD_LOOKUP && !g->o.url.is_name))
			continue;
		dns_told_sentence(&t, sentence, sizeof(sentence));
		get_tell_trace(g, dns_told_rfc(t.kind), "DNS: %s", sentence);
	}
}

static void tell_tries(struct get *g)
{
	char addr[HF_ADDR_TEXT];

	for (; g->tries_told < g->reach.tries; g->tries_told++) {
		g->o.url.addr = g->reach.try[g->tries_told].addr;
		addr_format(&g->o.url.addr, addr);
		if (g->streams.kernel)
			get_tell_trace(g, "9293 3.5", "connects to %s, port %u; what TCP does is the kernel's, and not told",
				       addr, g->o.url.port);
	}
}

static void fail_lookup(struct get *g)
{
	const struct dns_answer *a = NULL;
	const enum dns_why why = names_why(g->reach.lookup, &a);
	const char *code = why == DNS_WHY_OK ? dns_why_code(DNS_WHY_NODATA) : dns_why_code(why);

	switch (why) {
	case DNS_WHY_NXDOMAIN:
		get_fail(g, HF_UNREACHABLE, "there is no such name as %s (%s)", g->o.host, code);
		break;
	case DNS_WHY_TIMEOUT:
		get_fail(g, HF_TIMED_OUT, "no name server answered for %s in time (%s)", g->o.host, code);
		break;
	case DNS_WHY_NO_SERVER:
		get_fail(g, HF_UNREACHABLE,
			 "there is no name server to ask for %s: --dns ADDR names one, --resolve %s:%u:ADDR does without (%s)",
			 g->o.host, g->o.host, g->o.url.port, code);
		break;
	case DNS_WHY_BAD_NAME:
		get_fail(g, HF_USAGE, "%s cannot be the name of a host (%s)", g->o.host, code);
		break;
	case DNS_WHY_OK:
	case DNS_WHY_NODATA:
		get_fail(g, HF_UNREACHABLE, "the name %s has no address (%s)", g->o.host, code);
		break;
	default:
		get_fail(g, HF_UNREACHABLE, "the name %s could not be looked up (%s)", g->o.host, code);
		break;
	}
}

static bool is_own(const struct get *g, const struct hf_addr *a)
{
	struct hf_net_info info;

	if (g->streams.kernel) /* which talks with itself, too */
		return false;
	loop_describe(&g->streams.loop, &info);
	for (unsigned i = 0; i < info.addrs; i++)
		if (addr_eq(a, &info.addr[i]))
			return true;
	return false;
}

static void refuse_own(struct get *g)
{
	const struct names_lookup *l = g->reach.lookup;

	for (unsigned f = 0; f < NAMES_FAMILIES; f++)
		for (unsigned i = 0; i < l->answer[f].addrs; i++)
			if (is_own(g, &l->answer[f].addr[i]))
				get_fail(g, HF_USAGE,
					 "that is this host's own address (addr= or addr6= in --net); the server is another host");
}

static void fail(struct get *g)
{
	const struct reach_try *t;

	if (g->reach.winner == RACE_NO_ATTEMPT) {
		fail_lookup(g);
		return;
	}
	t = &g->reach.try[g->reach.winner];
	g->o.url.addr = t->addr;
	g->info.retransmits = t->retransmits;
	g->phase = GET_CONNECTING;
	if (g->reach.why == HF_INVALID)
		get_fail(g, HF_USAGE, "no connection can go to that address (any, broadcast or multicast)");
	else
		get_tell_end_of_connection(g, g->reach.why);
}

bool get_connect_step(struct get *g)
{
	bool more = true;

	while (more && g->why == HF_OK && g->reach.state < REACH_THERE) {
		more = names_step(&g->names);
		refuse_own(g);
		if (g->why == HF_OK)
			more |= reach_step(&g->reach);
		tell_names(g);
		tell_tries(g);
	}
	if (g->reach.state == REACH_CONNECTING)
		g->phase = GET_CONNECTING;
	if (g->reach.state == REACH_FAILED)
		fail(g);
	if (g->why != HF_OK || g->reach.state != REACH_THERE)
		return false;
	g->stream = reach_take(&g->reach);
	g->o.url.addr = g->stream.remote.addr;
	g->has_conn = true;
	return true;
}

void get_connect_give_up(struct get *g)
{
	const struct reach_try *t = &g->reach.try[g->reach.tries - 1];

	g->info.retransmits = t->retransmits;
	get_tell_end_of_connection(g, t->soft != HF_OK ? t->soft : HF_TIMED_OUT);
}

hf_time_ns get_connect_wake_at(const struct get *g)
{
	return hf_min_u64(names_wake_at(&g->names), reach_wake_at(&g->reach));
}
