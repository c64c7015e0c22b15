/* SPDX-License-Identifier: MIT */

/* From a name to a connection. See reach.h. */
#include "cmd/reach.h"

#include "base/bits.h"
#include "wire/addr.h"

#include <string.h>

#define FRESH_AGAIN HF_MS(50)

static hf_time_ns now_of(const struct reach *r)
{
	return r->cfg.streams->now;
}

/* ---- which addresses ---- */

/* IANA's registries of special-purpose addresses (RFC 6890, with RFC 5735's and RFC 9637's): what is not globally reachable. */
static bool is_special4(uint32_t a)
{
	static const struct {
		uint32_t at;
		uint8_t len;
	} special[] = {
		{ 0x00000000, 8 },  /* "this network", RFC 791 3.2 */
		{ 0x0a000000, 8 },  /* private, RFC 1918 */
		{ 0x64400000, 10 }, /* shared by customers of a provider, RFC 6598 */
		{ 0x7f000000, 8 },  /* loopback, RFC 1122 3.2.1.3 */
		{ 0xa9fe0000, 16 }, /* link-local, RFC 3927 */
		{ 0xac100000, 12 }, /* private */
		{ 0xc0000000, 24 }, /* protocol assignments, RFC 6890 2.1 */
		{ 0xc0000200, 24 }, /* documentation, RFC 5737 */
		{ 0xc0586300, 24 }, /* 6to4 relays, RFC 7526 */
		{ 0xc0a80000, 16 }, /* private */
		{ 0xc6120000, 15 }, /* benchmarks, RFC 2544 */
		{ 0xc6336400, 24 }, /* documentation */
		{ 0xcb007100, 24 }, /* documentation */
		{ 0xe0000000, 4 },  /* multicast, RFC 5771 */
		{ 0xf0000000, 4 },  /* reserved, and the broadcast, RFC 1112 4 */
	};

	for (size_t i = 0; i < HF_ARRAY_LEN(special); i++)
		if ((a ^ special[i].at) >> (32 - special[i].len) == 0)
			return true;
	return false;
}

static uint32_t ip4_at(const struct hf_addr *a, unsigned octet)
{
	return (uint32_t)a->b[octet] << 24 | (uint32_t)a->b[octet + 1] << 16 | (uint32_t)a->b[octet + 2] << 8 |
	       a->b[octet + 3];
}

bool reach_is_public(const struct hf_addr *a)
{
	static const struct {
		struct hf_addr at;
		uint8_t len;
	} special[] = {
		{ { { 0x20, 0x01, 0x0d, 0xb8 } }, 32 }, /* documentation, RFC 3849 */
		{ { { 0x20, 0x01 } }, 23 },             /* protocol assignments, with Teredo and ORCHIDs, RFC 2928 */
		{ { { 0x3f, 0xff } }, 20 },             /* documentation, RFC 9637 */
	};
	static const struct hf_addr nat64 = { { 0x00, 0x64, 0xff, 0x9b } }, unicast = { { 0x20 } },
				    six_to_four = { { 0x20, 0x02 } };

	if (addr_is_ip4(a))
		return !is_special4(addr_ip4_value(a));
	if (addr_in_prefix(a, &nat64, 96)) /* RFC 6052 2.1: leads to the IPv4 address in it */
		return !is_special4(ip4_at(a, 12));
	if (addr_in_prefix(a, &six_to_four, 16)) /* RFC 3056 2 */
		return !is_special4(ip4_at(a, 2));
	if (!addr_in_prefix(a, &unicast, 3)) /* all else is local, of this machine, of many, or nobody's yet: RFC 4291 2.4 */
		return false;
	for (size_t i = 0; i < HF_ARRAY_LEN(special); i++)
		if (addr_in_prefix(a, &special[i].at, special[i].len))
			return false;
	return true;
}

static bool has_own(const struct reach *r, bool ip4)
{
	struct hf_net_info info;

	if (r->cfg.streams->kernel)
		return true;
	loop_describe(&r->cfg.streams->loop, &info);
	for (unsigned i = 0; i < info.addrs; i++)
		if (addr_is_ip4(&info.addr[i]) == ip4)
			return true;
	return false;
}

void reach_begin(struct reach *r, const struct reach_config *cfg, struct names_lookup *lookup, uint16_t port)
{
	struct race_config race = { 0 };
	struct hf_net_info info = { 0 };

	*r = (struct reach){ .cfg = *cfg, .lookup = lookup, .port = port, .winner = RACE_NO_ATTEMPT };
	if (!cfg->streams->kernel) {
		loop_describe(&cfg->streams->loop, &info);
		race.owns = (unsigned)hf_min_u64(info.addrs, RACE_OWN);
		memcpy(race.own, info.addr, race.owns * sizeof(race.own[0]));
	}
	race_init(&r->race, &race, lookup->expected, cfg->streams->now);
}

/* What the lookup has found since. */
static bool take_answers(struct reach *r)
{
	bool any = false;

	for (unsigned f = 0; f < NAMES_FAMILIES; f++) {
		const struct dns_answer *a = &r->lookup->answer[f];
		const unsigned family = f == NAMES_4 ? DNS_A : DNS_AAAA;
		struct hf_addr addr[DNS_ADDRS];
		size_t n = 0;

		if (!(r->lookup->here & r->lookup->expected & family) || (r->given & family))
			continue;
		for (unsigned i = 0; i < a->addrs; i++) {
			if (r->cfg.public_only && !reach_is_public(&a->addr[i])) {
				r->refused++;
				r->refused_addr = a->addr[i];
				continue;
			}
			addr[n++] = a->addr[i];
		}
		race_add(&r->race, family, addr, n, now_of(r));
		r->given |= family;
		any = true;
	}
	return any;
}

/* ---- attempts ---- */

static void end_try(struct reach *r, unsigned i, hf_status why)
{
	struct reach_try *t = &r->try[i];

	stream_abort(&t->stream); /* if there is one: also one that is connected, but came second */
	t->under_way = t->waits = false;
	t->over = true;
	t->why = why;
	t->end = now_of(r);
}

static void fail(struct reach *r, unsigned i, hf_status why)
{
	if (r->try[i].over)
		return;
	end_try(r, i, why);
	race_failed(&r->race, i, why, now_of(r));
}

static void connect_it(struct reach *r, unsigned i)
{
	struct reach_try *t = &r->try[i];
	const struct hf_endpoint to = { t->addr, r->port };
	hf_status st = streams_connect(r->cfg.streams, &to, &t->stream);
	struct hf_conn_info info;

	t->waits = false;
	if (st == HF_OK) {
		t->under_way = true;
		if (stream_status(&t->stream, &info) == HF_OK) {
			t->id = info.id;
			t->local = info.local.port;
		}
		return;
	}
	/* The address may still be on trial (RFC 4862 5.4): a refusal for its sake is asked again for a while. */
	if ((st == HF_NO_ROUTE || st == HF_NOT_OURS) && !addr_is_ip4(&t->addr) && !r->cfg.streams->kernel &&
	    has_own(r, false) && now_of(r) < t->begin + REACH_FRESH)
		t->waits = true;
	else
		fail(r, i, st);
}

static bool look_at(struct reach *r, unsigned i)
{
	struct reach_try *t = &r->try[i];
	struct hf_conn_info info;
	hf_time_ns now = now_of(r);

	if (t->waits) {
		connect_it(r, i);
		return !t->waits;
	}
	if (!t->under_way)
		return false;
	if (stream_connected(&t->stream)) {
		race_succeeded(&r->race, i, now);
		t->end = now;
		t->over = true;
		t->under_way = false; /* the stream is kept for reach_take() */
		return true;
	}
	if (stream_status(&t->stream, &info) != HF_OK) {
		fail(r, i, HF_STALE);
		return true;
	}
	t->retransmits = info.retransmits;
	if (info.soft != HF_OK && t->soft == HF_OK)
		t->soft_since = now;
	t->soft = info.soft;
	if (info.state == HF_TCP_CLOSED)
		fail(r, i, info.why != HF_OK ? info.why : HF_CLOSED);
	else if (t->soft != HF_OK && now >= t->soft_since + REACH_SOFT)
		fail(r, i, t->soft);
	else if (now >= r->connecting_since + r->cfg.timeout)
		fail(r, i, t->soft != HF_OK ? t->soft : HF_TIMED_OUT);
	else
		return false;
	return true;
}

static void begin_try(struct reach *r, const struct race_ask *ask)
{
	struct reach_try *t;

	HF_ASSERT(ask->attempt == r->tries && r->tries < REACH_TRIES);
	t = &r->try[r->tries++];
	*t = (struct reach_try){ .addr = ask->addr, .begin = now_of(r), .end = HF_NEVER };
	if (r->connecting_since == 0)
		r->connecting_since = now_of(r);
	r->state = REACH_CONNECTING;
	connect_it(r, ask->attempt);
}

static bool follow_race(struct reach *r)
{
	struct race_ask ask;
	bool any = false;

	while (r->state < REACH_THERE) {
		switch (race_next(&r->race, &ask, now_of(r))) {
		case RACE_WAITS:
			return any;
		case RACE_BEGIN:
			begin_try(r, &ask);
			break;
		case RACE_GIVE_UP:
			end_try(r, ask.attempt, HF_ABORTED);
			break;
		case RACE_WON:
			r->winner = ask.attempt;
			r->state = REACH_THERE;
			break;
		case RACE_LOST:
			r->winner = ask.attempt;
			r->why = ask.attempt == RACE_NO_ATTEMPT ? HF_OK : ask.why;
			r->state = REACH_FAILED;
			break;
		}
		any = true;
	}
	return any;
}

bool reach_step(struct reach *r)
{
	bool any = false;

	if (r->state >= REACH_THERE)
		return false;
	any |= take_answers(r);
	for (unsigned i = 0; i < r->tries; i++)
		any |= look_at(r, i);
	/* Addresses that come too late have no time of their own. */
	if (r->connecting_since && now_of(r) >= r->connecting_since + r->cfg.timeout && r->state == REACH_CONNECTING)
		for (unsigned i = 0; i < r->tries; i++)
			fail(r, i, r->try[i].soft != HF_OK ? r->try[i].soft : HF_TIMED_OUT);
	any |= follow_race(r);
	return any;
}

hf_time_ns reach_wake_at(const struct reach *r)
{
	hf_time_ns at = HF_NEVER;

	if (r->state >= REACH_THERE)
		return HF_NEVER;
	at = race_wake_at(&r->race);
	if (r->connecting_since)
		at = hf_min_u64(at, r->connecting_since + r->cfg.timeout);
	for (unsigned i = 0; i < r->tries; i++) {
		const struct reach_try *t = &r->try[i];

		if (t->waits)
			at = hf_min_u64(at, now_of(r) + FRESH_AGAIN);
		if (t->under_way && t->soft != HF_OK)
			at = hf_min_u64(at, t->soft_since + REACH_SOFT);
	}
	return at;
}

struct stream reach_take(struct reach *r)
{
	HF_ASSERT(r->state == REACH_THERE);
	return r->try[r->winner].stream;
}

void reach_end(struct reach *r)
{
	for (unsigned i = 0; i < r->tries; i++)
		if (!r->try[i].over)
			end_try(r, i, HF_ABORTED);
	if (r->state < REACH_THERE) {
		r->state = REACH_FAILED;
		r->why = HF_ABORTED;
	}
}
