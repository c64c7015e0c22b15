/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "pair.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define TSO (HF_OFFLOAD_TX_CSUM | HF_OFFLOAD_TX_TSO)
#define PORT 8080

struct link {
	const char *name;
	enum hf_link_kind kind;
	bool ip6;
	uint32_t offload;
	bool finish_csum;
};

static const struct link links[] = {
	{ "IP link, IPv4", HF_LINK_IP, false, 0, false },
	{ "IP link, IPv6", HF_LINK_IP, true, 0, false },
	{ "IP link, IPv4, TSO", HF_LINK_IP, false, TSO, false },
	{ "IP link, IPv6, TSO, checksums finished", HF_LINK_IP, true, TSO, true },
	{ "Ethernet, IPv4", HF_LINK_ETHERNET, false, 0, false },
	{ "Ethernet, IPv6", HF_LINK_ETHERNET, true, 0, false },
	{ "Ethernet, IPv4, TSO, checksums finished", HF_LINK_ETHERNET, false, TSO, true },
	{ "Ethernet, IPv6, checksums finished", HF_LINK_ETHERNET, true, HF_OFFLOAD_TX_CSUM, true },
};

static const char *addr_on(const struct link *l, int side)
{
	return l->ip6 ? pair_addr6[side] : pair_addr4[side];
}

static void open_both(struct pair *p, const struct link *l, hf_listener *ret_l, hf_conn *ret_a, hf_conn *ret_b)
{
	struct hf_endpoint to = at(addr_on(l, B), PORT), any = { .port = PORT };

	assert_int_equal(hf_listen(p->h[B], &any, p->now, ret_l), HF_OK);
	assert_int_equal(hf_connect(p->h[A], &to, NULL, p->now, ret_a), HF_OK);
	pair_settle(p);
	assert_true(events_of(p, A, *ret_a) & HF_EV_CONNECTED);
	assert_int_equal(hf_accept(p->h[B], *ret_l, ret_b), HF_OK);
	assert_int_equal(status_of(p, A, *ret_a).state, HF_TCP_ESTABLISHED);
	assert_int_equal(status_of(p, B, *ret_b).state, HF_TCP_ESTABLISHED);
}

/* ---- bulk ---- */

#define BULK 10000000u

static uint8_t bulk[1 << 16];

static void make_bulk(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(bulk); i++) {
		x = x * 1664525u + 1013904223u;
		bulk[i] = (uint8_t)(x >> 24);
	}
}

/* FNV-1a, octet by octet: order counts. */
static uint64_t hash(uint64_t h, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

static size_t write_some(struct pair *p, hf_conn c, size_t sent, uint64_t *h)
{
	size_t from = (sent * 7) % sizeof(bulk), want = hf_min_u64(sizeof(bulk) - from, BULK - sent), took = 0;
	hf_status st = hf_conn_write(p->h[A], c, (struct hf_bytes){ bulk + from, want }, p->now, &took);

	if (st == HF_AGAIN)
		return 0;
	assert_int_equal(st, HF_OK);
	*h = hash(*h, bulk + from, took);
	return took;
}

static size_t read_some(struct pair *p, hf_conn c, uint64_t *h)
{
	struct hf_bytes span[16];
	size_t n, got = 0;
	hf_status st = hf_conn_read(p->h[B], c, span, HF_ARRAY_LEN(span), &n);

	if (st == HF_CLOSED)
		return 0;
	assert_int_equal(st, HF_OK);
	for (size_t i = 0; i < n; i++) {
		*h = hash(*h, span[i].at, span[i].len);
		got += span[i].len;
	}
	assert_int_equal(hf_conn_consume(p->h[B], c, got, p->now), HF_OK);
	return got;
}

static void move_bulk(struct pair *p, hf_conn a, hf_conn b)
{
	uint64_t sent_hash = 1, got_hash = 1;
	size_t sent = 0, got = 0;

	while (got < BULK) {
		size_t took = 1, read;
		bool moved;

		while (sent < BULK && took)
			sent += took = write_some(p, a, sent, &sent_hash);
		moved = pair_exchange(p);
		got += read = read_some(p, b, &got_hash);
		if (!moved && !read && !took) {
			hf_time_ns next = hf_min_u64(hf_host_wake_at(p->h[A]), hf_host_wake_at(p->h[B]));

			assert_true(next != HF_NEVER);
			p->now = hf_max_u64(p->now, next);
		}
	}
	assert_int_equal(got, BULK);
	assert_true(sent_hash == got_hash);
}

static void close_both(struct pair *p, hf_listener l, hf_conn a, hf_conn b)
{
	struct hf_bytes span[1];
	size_t n;

	assert_int_equal(hf_conn_shut(p->h[A], a, p->now), HF_OK);
	pair_settle(p);
	assert_true(events_of(p, B, b) & HF_EV_PEER_FIN);
	assert_int_equal(hf_conn_read(p->h[B], b, span, 1, &n), HF_CLOSED);
	assert_int_equal(status_of(p, B, b).state, HF_TCP_CLOSE_WAIT);
	assert_int_equal(hf_conn_close(p->h[B], b, p->now), HF_OK);
	pair_settle(p);
	assert_int_equal(status_of(p, A, a).state, HF_TCP_TIME_WAIT);
	assert_int_equal(hf_conn_close(p->h[A], a, p->now), HF_OK);
	assert_int_equal(hf_conn_close(p->h[A], a, p->now), HF_STALE);
	assert_int_equal(hf_unlisten(p->h[B], l, p->now), HF_OK);
	assert_int_equal(hf_unlisten(p->h[B], l, p->now), HF_STALE);
	pair_run(p, p->now + HF_S(61));
	assert_all_empty(p);
}

static void ten_megabytes_over_each_link(void **state)
{
	(void)state;
	make_bulk();
	for (size_t i = 0; i < HF_ARRAY_LEN(links); i++) {
		struct pair p;
		hf_listener l;
		hf_conn a, b;

		print_message("           %s\n", links[i].name);
		pair_init(&p, links[i].kind, links[i].offload);
		p.finish_csum = links[i].finish_csum;
		open_both(&p, &links[i], &l, &a, &b);
		move_bulk(&p, a, b);
		assert_int_equal(status_of(&p, A, a).retransmits, 0);
		close_both(&p, l, a, b);
		if (links[i].offload & HF_OFFLOAD_TX_TSO)
			assert_in_range(p.largest[A], 30000, 65535);
		else
			assert_int_equal(p.largest[A], 1500);
		pair_free(&p);
	}
}

/* ---- what users may ask ---- */

/* While DAD asks, an address may be bound to, but nothing comes from it: what is to be sent waits. */
static void dad_comes_before_ipv6(void **state)
{
	struct hf_host_config cfg[2] = { pair_config(HF_LINK_ETHERNET, A), pair_config(HF_LINK_ETHERNET, B) };
	struct hf_endpoint ours = at(pair_addr6[A], PORT), from = at(pair_addr6[B], 0);
	struct hf_conn_info info;
	struct pair p;
	hf_listener l;
	hf_conn b;

	(void)state;
	cfg[A].no_dad = cfg[B].no_dad = false;
	pair_init_with(&p, cfg);
	assert_int_equal(hf_listen(p.h[A], &ours, p.now, &l), HF_OK);
	assert_int_equal(hf_connect(p.h[B], &ours, &from, p.now, &b), HF_OK);
	pair_run(&p, p.now + HF_MS(900));
	assert_int_equal(hf_conn_status(p.h[B], b, &info), HF_OK);
	assert_int_equal(info.state, HF_TCP_SYN_SENT);
	assert_int_equal(info.sent, 0);
	pair_run(&p, p.now + HF_S(3));
	assert_int_equal(hf_conn_status(p.h[B], b, &info), HF_OK);
	assert_int_equal(info.state, HF_TCP_ESTABLISHED);
	pair_free(&p);
}

static void who_listens_where(void **state)
{
	struct hf_endpoint ours = at(pair_addr4[A], PORT), theirs = at(pair_addr4[B], PORT), any = { .port = PORT };
	struct pair p;
	hf_listener l, other;
	hf_conn c;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	assert_int_equal(hf_listen(p.h[A], &theirs, p.now, &l), HF_NOT_OURS);
	assert_int_equal(hf_listen(p.h[A], &ours, p.now, &l), HF_OK);
	assert_int_equal(hf_listen(p.h[A], &ours, p.now, &other), HF_IN_USE);
	assert_int_equal(hf_accept(p.h[A], l, &c), HF_AGAIN);
	assert_int_equal(hf_unlisten(p.h[A], l, p.now), HF_OK);
	assert_int_equal(hf_accept(p.h[A], l, &c), HF_STALE);
	assert_int_equal(hf_listen(p.h[A], &any, p.now, &l), HF_OK);
	pair_free(&p);
}

/* 0.0.0.0 takes what comes over IPv4 and nothing else. */
static void listening_at_any_address_of_ipv4(void **state)
{
	struct hf_endpoint any = at("0.0.0.0", PORT), to4 = at(pair_addr4[B], PORT), to6 = at(pair_addr6[B], PORT);
	hf_conn over4, over6, accepted;
	struct pair p;
	hf_listener l;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	assert_int_equal(hf_listen(p.h[B], &any, p.now, &l), HF_OK);
	assert_int_equal(hf_connect(p.h[A], &to6, &any, p.now, &over6), HF_INVALID);
	assert_int_equal(hf_connect(p.h[A], &to4, NULL, p.now, &over4), HF_OK);
	assert_int_equal(hf_connect(p.h[A], &to6, NULL, p.now, &over6), HF_OK);
	pair_settle(&p);
	assert_int_equal(hf_accept(p.h[B], l, &accepted), HF_OK);
	assert_int_equal(hf_accept(p.h[B], l, &accepted), HF_AGAIN);
	assert_int_equal(status_of(&p, A, over4).state, HF_TCP_ESTABLISHED);
	assert_int_equal(status_of(&p, A, over6).why, HF_REFUSED);
	pair_free(&p);
}

static void where_nobody_can_connect(void **state)
{
	static const struct {
		const char *addr;
		uint16_t port;
		hf_status st;
	} rows[] = {
		{ "0.0.0.0", 80, HF_INVALID },         { "::", 80, HF_INVALID },
		{ "255.255.255.255", 80, HF_INVALID }, { "224.0.0.1", 80, HF_INVALID },
		{ "ff02::1", 80, HF_INVALID },         { "10.9.0.255", 80, HF_INVALID },
		{ "127.0.0.1", 80, HF_INVALID },       { "::1", 80, HF_INVALID },
		{ "10.9.0.1", 80, HF_INVALID },        { "10.9.0.2", 0, HF_INVALID },
		{ "192.0.2.1", 80, HF_NO_ROUTE },      { "2001:db8::1", 80, HF_NO_ROUTE },
	};
	struct hf_endpoint there = at(pair_addr4[B], 80), not_ours = at("10.9.0.77", 0),
			   other_family = at(pair_addr6[A], 0);
	struct pair p;
	hf_conn c;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_endpoint to = at(rows[i].addr, rows[i].port);

		if (hf_connect(p.h[A], &to, NULL, p.now, &c) != rows[i].st)
			fail_msg("%s port %u", rows[i].addr, rows[i].port);
	}
	assert_int_equal(hf_connect(p.h[A], &there, &not_ours, p.now, &c), HF_NOT_OURS);
	assert_int_equal(hf_connect(p.h[A], &there, &other_family, p.now, &c), HF_INVALID);
	pair_settle(&p);
	assert_int_equal(p.frames[A], 0);
	assert_all_empty(&p);
	pair_free(&p);
}

static void a_gateway_leads_further(void **state)
{
	struct hf_endpoint to = at("192.0.2.1", PORT);
	struct hf_addr gateway = addr_of(pair_addr4[B]), all = addr_of("0.0.0.0"), far = addr_of("192.0.2.1");
	struct pair p;
	hf_listener l;
	hf_conn a, b;
	struct hf_endpoint any = { .port = PORT };

	(void)state;
	pair_init(&p, HF_LINK_ETHERNET, 0);
	assert_int_equal(hf_host_add_route(p.h[A], &all, 0, &gateway), HF_OK);
	assert_int_equal(hf_host_add_addr(p.h[B], &far, 32, p.now), HF_OK);
	assert_int_equal(hf_listen(p.h[B], &any, p.now, &l), HF_OK);
	assert_int_equal(hf_connect(p.h[A], &to, NULL, p.now, &a), HF_OK);
	pair_settle(&p);
	assert_int_equal(hf_accept(p.h[B], l, &b), HF_OK);
	pair_free(&p);
}

static void a_closed_port_refuses(void **state)
{
	struct hf_endpoint to = at(pair_addr4[B], PORT);
	struct pair p;
	hf_conn c;

	(void)state;
	pair_init(&p, HF_LINK_ETHERNET, 0);
	assert_int_equal(hf_connect(p.h[A], &to, NULL, p.now, &c), HF_OK);
	pair_settle(&p);
	assert_int_equal(events_of(&p, A, c) & (HF_EV_CLOSED | HF_EV_CONNECTED), HF_EV_CLOSED);
	assert_int_equal(status_of(&p, A, c).why, HF_REFUSED);
	assert_int_equal(hf_conn_close(p.h[A], c, p.now), HF_OK);
	assert_all_empty(&p);
	pair_free(&p);
}

static void nobody_answers_at_all(void **state)
{
	struct hf_endpoint to = at("10.9.0.99", PORT);
	struct pair p;
	hf_conn c;
	hf_status why;

	(void)state;
	pair_init(&p, HF_LINK_ETHERNET, 0);
	assert_int_equal(hf_connect(p.h[A], &to, NULL, p.now, &c), HF_OK);
	pair_run(&p, p.now + HF_S(300));
	assert_true(events_of(&p, A, c) & HF_EV_CLOSED);
	why = status_of(&p, A, c).why;
	assert_true(why == HF_TIMED_OUT || why == HF_UNREACHABLE);
	assert_int_equal(hf_conn_close(p.h[A], c, p.now), HF_OK);
	assert_all_empty(&p);
	pair_free(&p);
}

static void names_go_stale(void **state)
{
	struct pair p;
	hf_listener l;
	hf_conn a, b, none = { 0 }, wild = { 0xffffffff, 0xffffffff };
	struct hf_conn_info info;
	struct hf_conn_options o;
	struct hf_bytes span[1], data = { bulk, 1 };
	size_t n;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	open_both(&p, &links[0], &l, &a, &b);
	assert_int_equal(hf_conn_abort(p.h[A], a, p.now), HF_OK);
	pair_settle(&p);
	assert_true(events_of(&p, B, b) & HF_EV_CLOSED);
	assert_int_equal(status_of(&p, B, b).why, HF_RESET);
	assert_int_equal(hf_conn_close(p.h[B], b, p.now), HF_OK);
	const hf_conn dead[] = { a, none, wild };

	for (size_t i = 0; i < HF_ARRAY_LEN(dead); i++) {
		hf_conn c = dead[i];

		assert_int_equal(hf_conn_write(p.h[A], c, data, p.now, &n), HF_STALE);
		assert_int_equal(hf_conn_write_borrowed(p.h[A], c, data, p.now), HF_STALE);
		assert_int_equal(hf_conn_write_urgent(p.h[A], c, data, p.now, &n), HF_STALE);
		assert_int_equal(hf_conn_reserve(p.h[A], c, 1, p.now, &(struct hf_room){ 0 }, 1, &n), HF_STALE);
		assert_int_equal(hf_conn_commit(p.h[A], c, 1), HF_STALE);
		assert_int_equal(hf_conn_read(p.h[A], c, span, 1, &n), HF_STALE);
		assert_int_equal(hf_conn_consume(p.h[A], c, 0, p.now), HF_STALE);
		assert_int_equal(hf_conn_shut(p.h[A], c, p.now), HF_STALE);
		assert_int_equal(hf_conn_close(p.h[A], c, p.now), HF_STALE);
		assert_int_equal(hf_conn_abort(p.h[A], c, p.now), HF_STALE);
		assert_int_equal(hf_conn_status(p.h[A], c, &info), HF_STALE);
		assert_int_equal(hf_conn_get_options(p.h[A], c, &o), HF_STALE);
		assert_int_equal(hf_conn_set_tag(p.h[A], c, 1), HF_STALE);
	}
	assert_int_equal(hf_unlisten(p.h[B], l, p.now), HF_OK);
	assert_all_empty(&p);
	pair_free(&p);
}

static void a_tag_comes_with_events(void **state)
{
	struct hf_endpoint to = at(pair_addr4[B], PORT), any = { .port = PORT };
	struct hf_event ev;
	struct pair p;
	hf_listener l;
	hf_conn a;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	assert_int_equal(hf_listen(p.h[B], &any, p.now, &l), HF_OK);
	assert_int_equal(hf_connect(p.h[A], &to, NULL, p.now, &a), HF_OK);
	assert_int_equal(hf_conn_set_tag(p.h[A], a, 0x123456789abcdefu), HF_OK);
	pair_settle(&p);
	assert_true(hf_host_next_event(p.h[A], &ev));
	assert_true(ev.what & HF_EV_CONNECTED);
	assert_true(ev.tag == 0x123456789abcdefu);
	assert_true(hf_host_next_event(p.h[B], &ev));
	assert_int_equal(ev.what, HF_EV_ACCEPT);
	assert_int_equal(ev.listener.slot, l.slot);
	assert_int_equal(ev.listener.birth, l.birth);
	pair_free(&p);
}

static void a_listener_turns_active(void **state)
{
	struct hf_endpoint to = at(pair_addr4[B], PORT), any = { .port = PORT }, ours = at(pair_addr4[A], 5000);
	struct hf_endpoint nowhere = { .port = 6000 }, six = at(pair_addr6[B], PORT);
	struct pair p;
	hf_listener l, bare, server;
	hf_conn a, b;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	assert_int_equal(hf_listen(p.h[B], &any, p.now, &server), HF_OK);
	assert_int_equal(hf_listen(p.h[A], &ours, p.now, &l), HF_OK);
	assert_int_equal(hf_listen(p.h[A], &nowhere, p.now, &bare), HF_OK);
	assert_int_equal(hf_listener_connect(p.h[A], bare, &to, p.now, &a), HF_INVALID);
	assert_int_equal(hf_listener_connect(p.h[A], l, &six, p.now, &a), HF_INVALID);
	assert_int_equal(hf_listener_connect(p.h[A], l, &to, p.now, &a), HF_OK);
	assert_int_equal(hf_listener_connect(p.h[A], l, &to, p.now, &a), HF_STALE);
	pair_settle(&p);
	assert_int_equal(hf_accept(p.h[B], server, &b), HF_OK);
	assert_int_equal(status_of(&p, B, b).remote.port, 5000);
	pair_free(&p);
}

/* ---- what IP and TCP tell each other ---- */

static unsigned count_records(struct pair *p, int side, enum hf_trace_kind kind)
{
	struct hf_trace_record r;
	uint64_t cursor = 0, lost = 0;
	unsigned n = 0;

	while (hf_host_trace(p->h[side], &cursor, &r, &lost))
		n += r.kind == kind;
	return n;
}

/* RFC 9293 MUST-20: after R1, TCP has IP ask whether the next hop is still there. */
static void silence_makes_ip_ask(void **state)
{
	struct hf_bytes data = { (const uint8_t *)"hello", 5 };
	struct pair p;
	hf_listener l;
	hf_conn a, b;
	unsigned asked;
	size_t n;

	(void)state;
	pair_init(&p, HF_LINK_ETHERNET, 0);
	open_both(&p, &links[4], &l, &a, &b);
	pair_run(&p, p.now + HF_S(10)); /* the neighbour was just learned and used: it is asked once more, and then known */
	asked = count_records(&p, A, HF_TR_ARP_REQUEST);
	p.cut[A] = p.cut[B] = true;
	assert_int_equal(hf_conn_write(p.h[A], a, data, p.now, &n), HF_OK);
	/* Well before the entry would be doubted by age alone, RFC 1122 2.3.2.1. */
	pair_run(&p, p.now + HF_S(15));
	assert_true(events_of(&p, A, a) & HF_EV_ADVICE);
	assert_int_equal(count_records(&p, A, HF_TR_TCP_R1), 1);
	assert_true(count_records(&p, A, HF_TR_ARP_REQUEST) > asked);
	pair_free(&p);
}

/* MUST-49, MUST-48, SHLD-21, SHLD-22: from the configuration, then as the program says, into each packet as it is. */
static void ttl_and_diffserv_reach_ip(void **state)
{
	static const struct {
		uint8_t ttl, tos;
	} rows[] = { { 33, 0 }, { 5, 0xb8 }, { 255, 0x28 }, { 1, 0 } }; /* the first: nobody has said anything */
	static const struct hf_bytes data = { (const uint8_t *)"x", 1 };

	(void)state;
	for (int ip6 = 0; ip6 < 2; ip6++) {
		struct hf_host_config cfg[2] = { pair_config(HF_LINK_IP, A), pair_config(HF_LINK_IP, B) };
		struct hf_conn_options o, theirs;
		struct pair p;
		hf_listener l;
		hf_conn a, b;

		cfg[A].tcp.ttl = 33;
		pair_init_with(&p, cfg);
		open_both(&p, &links[ip6], &l, &a, &b);
		assert_int_equal(hf_conn_get_options(p.h[A], a, &o), HF_OK);
		for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
			static struct hf_frame_out out[4];
			uint8_t flat[256];
			size_t n;

			if (i > 0) {
				o.ttl = rows[i].ttl;
				o.tos = rows[i].tos;
				assert_int_equal(hf_conn_set_options(p.h[A], a, &o, p.now), HF_OK);
			}
			assert_int_equal(hf_conn_write(p.h[A], a, data, p.now, &n), HF_OK);
			assert_int_equal(hf_host_pull(p.h[A], out, 4, p.now), 1);
			assert_true(hf_frame_flatten(&out[0], flat, sizeof(flat)) > 0);
			assert_int_equal(flat[ip6 ? 7 : 8], rows[i].ttl);
			assert_int_equal(ip6 ? (flat[0] & 15) << 4 | flat[1] >> 4 : flat[1], rows[i].tos);
			pair_carry(&p, A, &out[0]);
			pair_run(&p, p.now + HF_MS(50)); /* its ACK may be delayed */
			assert_int_equal(status_of(&p, A, a).acked, i + 1);
		}
		/* The other direction has its own. */
		assert_int_equal(hf_conn_get_options(p.h[B], b, &theirs), HF_OK);
		assert_int_equal(theirs.ttl, 64);
		assert_int_equal(theirs.tos, 0);
		pair_free(&p);
	}
}

/* MUST-25, MUST-28: as long as nobody says otherwise. */
static void keepalive_by_default(void **state)
{
	struct hf_conn_options o;
	struct pair p;
	hf_listener l;
	hf_conn a, b;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	open_both(&p, &links[0], &l, &a, &b);
	assert_int_equal(hf_conn_get_options(p.h[A], a, &o), HF_OK);
	assert_false(o.keepalive);
	assert_int_equal(o.keepalive_idle, HF_S(7200));
	p.frames[A] = 0;
	pair_run(&p, p.now + HF_S(7201));
	assert_int_equal(p.frames[A], 0);
	o.keepalive = true;
	assert_int_equal(hf_conn_set_options(p.h[A], a, &o, p.now), HF_OK);
	pair_settle(&p); /* the interval is over: one probe, and its answer */
	assert_int_equal(p.frames[A], 1);
	pair_run(&p, p.now + HF_S(7200) - 1);
	assert_int_equal(p.frames[A], 1);
	pair_run(&p, p.now + 1);
	assert_int_equal(p.frames[A], 2);
	pair_free(&p);
}

/* MUST-58, MUST-59: what came together is looked at together, and answered once. */
static void one_ack_for_all_that_came(void **state)
{
	static struct hf_frame_out out[8];
	static uint8_t flat[8][1500];
	struct hf_frame in[8];
	uint64_t sent = 1;
	struct pair p;
	hf_listener l;
	hf_conn a, b;
	size_t n;

	(void)state;
	make_bulk();
	pair_init(&p, HF_LINK_IP, 0);
	open_both(&p, &links[0], &l, &a, &b);
	write_some(&p, a, 0, &sent);
	n = hf_host_pull(p.h[A], out, HF_ARRAY_LEN(out), p.now);
	assert_int_equal(n, HF_ARRAY_LEN(out));
	for (size_t i = 0; i < n; i++)
		in[i] = (struct hf_frame){ { flat[i], hf_frame_flatten(&out[i], flat[i], sizeof(flat[i])) },
					   out[i].flags,
					   out[i].gso_size };
	hf_host_feed(p.h[B], in, n, p.now);
	assert_int_equal(hf_host_pull(p.h[B], out, HF_ARRAY_LEN(out), p.now), 1);
	pair_carry(&p, B, &out[0]);
	assert_int_equal(status_of(&p, A, a).acked, n * status_of(&p, A, a).mss);
	pair_free(&p);
}

/* RFC 1191: a router on the way says that only 1300 octets fit. */
static void a_router_makes_segments_smaller(void **state)
{
	static struct hf_frame_out out[4];
	struct hf_addr a4 = addr_of(pair_addr4[A]), b4 = addr_of(pair_addr4[B]);
	struct icmp_message m = { .type = ICMP4_UNREACHABLE, .code = 4, .rest = 1300 };
	uint8_t room[256], flat[2048];
	struct hf_frame f = { .bytes = { room, 0 } };
	struct ip4_header h4 = { .ttl = 64, .proto = IP_PROTO_ICMP, .total_len = 20 + 8 + 28, .src = b4, .dst = a4 };
	uint64_t sent = 1;
	struct hf_wr w;
	struct pair p;
	hf_listener l;
	hf_conn a, b;
	size_t n;

	(void)state;
	make_bulk();
	pair_init(&p, HF_LINK_IP, 0);
	open_both(&p, &links[0], &l, &a, &b);
	write_some(&p, a, 0, &sent);
	assert_true(hf_host_pull(p.h[A], out, 4, p.now) > 0); /* too large: lost */
	n = hf_frame_flatten(&out[0], flat, sizeof(flat));
	assert_int_equal(n, 1500);
	m.body = (struct hf_bytes){ flat, 28 };
	w = hf_wr_over(room, sizeof(room));
	ip4_put(&w, &h4);
	icmp4_put(&w, &m);
	assert_int_equal(hf_wr_end(&w, &f.bytes.len), HF_OK);
	hf_host_feed(p.h[A], &f, 1, p.now);
	p.largest[A] = 0;
	pair_run(&p, p.now + HF_S(10));
	assert_int_equal(p.largest[A], 1300);
	assert_int_equal(status_of(&p, B, b).received, sizeof(bulk));
	pair_free(&p);
}

/* ---- datagrams ---- */

static void datagrams_there_and_back(void **state)
{
	(void)state;
	make_bulk();
	for (size_t i = 0; i < HF_ARRAY_LEN(links); i++) {
		/* 5000 octets go in fragments. */
		static const size_t sizes[] = { 5000, 1472, 1, 0 };
		struct hf_endpoint to = at(addr_on(&links[i], B), 7), any7 = { .port = 7 }, any0 = { 0 }, from;
		uint8_t room[8192];
		struct pair p;
		hf_udp a, b;
		size_t n;

		pair_init(&p, links[i].kind, links[i].offload);
		assert_int_equal(hf_udp_bind(p.h[B], &any7, &b), HF_OK);
		assert_int_equal(hf_udp_bind(p.h[A], &any0, &a), HF_OK);
		for (size_t k = 0; k < HF_ARRAY_LEN(sizes); k++) {
			assert_int_equal(hf_udp_send(p.h[A], a, &to, (struct hf_bytes){ bulk, sizes[k] }, p.now), HF_OK);
			pair_settle(&p);
			assert_int_equal(hf_udp_recv(p.h[B], b, room, sizeof(room), &from, &n), HF_OK);
			assert_int_equal(n, sizes[k]);
			assert_int_equal(hf_udp_send(p.h[B], b, &from, (struct hf_bytes){ room, n }, p.now), HF_OK);
			pair_settle(&p);
			memset(room, 0, sizeof(room));
			assert_int_equal(hf_udp_recv(p.h[A], a, room, sizeof(room), &from, &n), HF_OK);
			assert_int_equal(n, sizes[k]);
			assert_memory_equal(room, bulk, n);
			assert_true(addr_eq(&from.addr, &to.addr));
			assert_int_equal(from.port, 7);
		}
		assert_int_equal(hf_udp_recv(p.h[A], a, room, sizeof(room), &from, &n), HF_AGAIN);
		assert_int_equal(hf_udp_close(p.h[A], a), HF_OK);
		assert_int_equal(hf_udp_close(p.h[A], a), HF_STALE);
		assert_int_equal(hf_udp_send(p.h[A], a, &to, (struct hf_bytes){ bulk, 1 }, p.now), HF_STALE);
		assert_int_equal(hf_udp_close(p.h[B], b), HF_OK);
		assert_all_empty(&p);
		pair_free(&p);
	}
}

static void datagrams_at_any_address_of_ipv4(void **state)
{
	struct hf_endpoint any = at("0.0.0.0", 7), any_port = at("0.0.0.0", 0), theirs = at(pair_addr4[A], 7), from;
	struct hf_endpoint to4 = at(pair_addr4[B], 7), to6 = at(pair_addr6[B], 7);
	hf_udp both, four, b;
	struct pair p;
	uint8_t room[16] = { 1, 2, 3 };
	size_t n;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	assert_int_equal(hf_udp_bind(p.h[B], &theirs, &b), HF_NOT_OURS);
	assert_int_equal(hf_udp_bind(p.h[B], &any, &b), HF_OK);
	assert_int_equal(hf_udp_bind(p.h[A], &any_port, &four), HF_OK);
	assert_int_equal(hf_udp_bind(p.h[A], &(struct hf_endpoint){ 0 }, &both), HF_OK);
	assert_int_equal(hf_udp_send(p.h[A], four, &to6, (struct hf_bytes){ room, 3 }, p.now), HF_INVALID);
	assert_int_equal(hf_udp_send(p.h[A], both, &to6, (struct hf_bytes){ room, 3 }, p.now), HF_OK);
	pair_settle(&p);
	assert_int_equal(hf_udp_recv(p.h[B], b, room, sizeof(room), &from, &n), HF_AGAIN);
	assert_int_equal(hf_udp_recv(p.h[A], both, room, sizeof(room), &from, &n), HF_REFUSED);
	assert_int_equal(hf_udp_send(p.h[A], four, &to4, (struct hf_bytes){ room, 3 }, p.now), HF_OK);
	pair_settle(&p);
	assert_int_equal(hf_udp_recv(p.h[B], b, room, sizeof(room), &from, &n), HF_OK);
	assert_int_equal(n, 3);
	assert_true(addr_eq(&from.addr, &theirs.addr));
	assert_int_equal(hf_udp_send(p.h[B], b, &from, (struct hf_bytes){ room, 2 }, p.now), HF_OK);
	pair_settle(&p);
	assert_int_equal(hf_udp_recv(p.h[A], four, room, sizeof(room), &from, &n), HF_OK);
	assert_int_equal(n, 2);
	assert_true(addr_eq(&from.addr, &to4.addr));
	pair_free(&p);
}

static void a_datagram_for_nobody_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct hf_endpoint to = at(addr_on(&links[i], B), 9), any = { 0 }, from;
		struct hf_event ev;
		uint8_t room[16];
		struct pair p;
		hf_udp a;
		size_t n;

		pair_init(&p, HF_LINK_IP, 0);
		assert_int_equal(hf_udp_bind(p.h[A], &any, &a), HF_OK);
		assert_int_equal(hf_udp_send(p.h[A], a, &to, (struct hf_bytes){ room, 1 }, p.now), HF_OK);
		pair_settle(&p);
		assert_true(hf_host_next_event(p.h[A], &ev));
		assert_int_equal(ev.udp.slot, a.slot);
		assert_int_equal(hf_udp_recv(p.h[A], a, room, sizeof(room), &from, &n), HF_REFUSED);
		assert_true(addr_eq(&from.addr, &to.addr));
		assert_int_equal(from.port, 9);
		assert_int_equal(hf_udp_recv(p.h[A], a, room, sizeof(room), &from, &n), HF_AGAIN);
		pair_free(&p);
	}
}

static void an_echo_comes_back(void **state)
{
	struct hf_addr a4 = addr_of(pair_addr4[A]), b4 = addr_of(pair_addr4[B]);
	struct hf_addr a6 = addr_of(pair_addr6[A]), b6 = addr_of(pair_addr6[B]);
	static const char text[] = "the quick brown fox";
	static struct hf_frame_out out[2];
	struct icmp_message m = { .rest = 0x00010002, .body = { (const uint8_t *)text, sizeof(text) } }, back;
	uint8_t room[256], flat[256];
	struct hf_frame f = { .bytes = { room, 0 } };
	struct ip4_header h4 = { .ttl = 64, .proto = IP_PROTO_ICMP, .total_len = 20 + 8 + sizeof(text), .src = a4, .dst = b4 };
	struct ip6_header h6 = {
		.hop_limit = 64, .proto = IP_PROTO_ICMP6, .payload_len = 8 + sizeof(text), .src = a6, .dst = b6
	};
	struct hf_wr w;
	struct pair p;
	size_t n;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	w = hf_wr_over(room, sizeof(room));
	ip4_put(&w, &h4);
	m.type = ICMP4_ECHO;
	icmp4_put(&w, &m);
	assert_int_equal(hf_wr_end(&w, &f.bytes.len), HF_OK);
	hf_host_feed(p.h[B], &f, 1, p.now);
	assert_int_equal(hf_host_wake_at(p.h[B]), 0);
	assert_int_equal(hf_host_pull(p.h[B], out, 2, p.now), 1);
	n = hf_frame_flatten(&out[0], flat, sizeof(flat));
	assert_int_equal(n, f.bytes.len);
	assert_int_equal(ip4_parse((struct hf_bytes){ flat, n }, &h4), HF_OK);
	assert_true(addr_eq(&h4.src, &b4) && addr_eq(&h4.dst, &a4));
	assert_int_equal(icmp4_parse(h4.payload, &back), HF_OK);
	assert_int_equal(back.type, ICMP4_ECHO_REPLY);
	assert_int_equal(back.rest, m.rest);
	assert_memory_equal(back.body.at, text, sizeof(text));

	w = hf_wr_over(room, sizeof(room));
	ip6_put(&w, &h6);
	m.type = ICMP6_ECHO;
	icmp6_put(&w, &m, &a6, &b6);
	assert_int_equal(hf_wr_end(&w, &f.bytes.len), HF_OK);
	hf_host_feed(p.h[B], &f, 1, p.now);
	assert_int_equal(hf_host_pull(p.h[B], out, 2, p.now), 1);
	n = hf_frame_flatten(&out[0], flat, sizeof(flat));
	assert_int_equal(ip6_parse((struct hf_bytes){ flat, n }, &h6), HF_OK);
	assert_int_equal(icmp6_parse(h6.payload, &h6.src, &h6.dst, &back), HF_OK);
	assert_int_equal(back.type, ICMP6_ECHO_REPLY);
	assert_memory_equal(back.body.at, text, sizeof(text));
	pair_free(&p);
}

/* ---- a value ---- */

static void the_same_seed_gives_the_same_frames(void **state)
{
	uint64_t seen[2];
	struct hf_conn_info info[2];

	(void)state;
	make_bulk();
	for (int run = 0; run < 2; run++) {
		struct pair p;
		hf_listener l;
		hf_conn a, b;

		pair_init(&p, HF_LINK_ETHERNET, 0);
		open_both(&p, &links[5], &l, &a, &b);
		move_bulk(&p, a, b);
		info[run] = status_of(&p, A, a);
		seen[run] = p.frames[A] * 1000003 + p.frames[B];
		pair_free(&p);
	}
	assert_true(seen[0] == seen[1]);
	assert_int_equal(info[0].iss, info[1].iss);
	assert_int_equal(info[0].local.port, info[1].local.port);
	assert_int_equal(info[0].irs, info[1].irs);
}

static void time_does_not_go_back(void **state)
{
	struct hf_endpoint to = at(pair_addr4[B], PORT);
	static struct hf_frame_out out[4];
	hf_time_ns wake;
	struct pair p;
	hf_conn c;

	(void)state;
	pair_init(&p, HF_LINK_IP, 0);
	assert_int_equal(hf_connect(p.h[A], &to, NULL, p.now, &c), HF_OK);
	assert_int_equal(hf_host_wake_at(p.h[A]), 0);
	assert_int_equal(hf_host_pull(p.h[A], out, 4, p.now), 1);
	wake = hf_host_wake_at(p.h[A]);
	assert_int_equal(wake, p.now + HF_S(1));
	assert_int_equal(hf_host_pull(p.h[A], out, 4, p.now - HF_S(500)), 0);
	assert_int_equal(hf_host_wake_at(p.h[A]), wake);
	assert_int_equal(hf_host_pull(p.h[A], out, 4, wake - 1), 0);
	assert_int_equal(hf_host_pull(p.h[A], out, 4, wake), 1);
	pair_free(&p);
}

/* ---- configuration ---- */

static struct hf_host_config good_config(void)
{
	return pair_config(HF_LINK_ETHERNET, A);
}

static hf_status init_with(const struct hf_host_config *cfg)
{
	size_t n = hf_host_memory(cfg);
	size_t room = n ? n : 1 << 20;
	void *mem = aligned_alloc(64, (room + 63) & ~(size_t)63);
	struct hf_host *h;
	hf_status st = hf_host_init(mem, room, cfg, 0, &h);

	assert_int_equal(n == 0, st == HF_INVALID);
	free(mem);
	return st;
}

#define BOUND(field, good, bad_)                                        \
	do {                                                            \
		struct hf_host_config c = good_config();                \
		c.field = (good);                                       \
		if (init_with(&c) != HF_OK)                             \
			fail_msg("%s of %s is refused", #field, #good); \
		c.field = (bad_);                                       \
		if (init_with(&c) != HF_INVALID)                        \
			fail_msg("%s of %s is taken", #field, #bad_);   \
	} while (0)

static void each_setting_has_its_bounds(void **state)
{
	(void)state;
	BOUND(link, HF_LINK_IP, (enum hf_link_kind)2);
	BOUND(mac[0], 0x02, 0x03);
	BOUND(mtu_bytes, 1280, 1279);
	BOUND(mtu_bytes, 65535, 65536);
	BOUND(offload, 3, 4);
	BOUND(tso_max_bytes, 65455, 65456);
	BOUND(limits.trace, 4096, 4095);
	BOUND(limits.trace, 2, 1);
	BOUND(limits.conns, 1, (1u << 24) + 1);
	BOUND(limits.time_wait, 1, (1u << 24) + 1);
	BOUND(limits.chunks, 16, UINT32_MAX);
	BOUND(limits.listeners, 1, 65536);
	BOUND(limits.addrs, 2, 65536);
	BOUND(tcp.delayed_ack, HF_MS(500) - 1, HF_MS(500));
	BOUND(tcp.r2, HF_S(100), HF_S(100) - 1);
	BOUND(tcp.r2_syn, HF_S(180), HF_S(180) - 1);
	BOUND(tcp.r1, 3, 2);
	BOUND(tcp.rto_min, HF_S(120), HF_S(120) + 1);
	BOUND(tcp.rto_initial, HF_S(120), HF_S(120) + 1);
	BOUND(tcp.recv_window, 2048, 2047);
	BOUND(tcp.recv_window, 1u << 30, (1u << 30) + 1);
	BOUND(tcp.send_buffer, 2048, 2047);
	BOUND(tcp.send_buffer, 1u << 30, (1u << 30) + 1);
	BOUND(tcp.initial_window, 1024, 1025);
	BOUND(tcp.keepalive_probes, 255, 256);
	BOUND(tcp.keepalive_idle, HF_MS(UINT32_MAX), HF_MS(UINT32_MAX) + 1);
	BOUND(tcp.faults, HF_FAULT_TWO_WAY_HANDSHAKE, 2);
}

static void memory_is_what_was_said(void **state)
{
	struct hf_host_config cfg = good_config();
	size_t n = hf_host_memory(&cfg);
	uint8_t *mem = aligned_alloc(64, (n + 128) & ~(size_t)63);
	struct hf_host *h = NULL;

	(void)state;
	assert_int_equal(hf_host_init(mem, n - 1, &cfg, 0, &h), HF_FULL);
	assert_null(h);
	mem[n] = 0x5a;
	assert_int_equal(hf_host_init(mem, n, &cfg, 0, &h), HF_OK);
	assert_int_equal(mem[n], 0x5a);
	assert_int_equal(hf_host_wake_at(h), HF_NEVER);
	free(mem);
}

static void flatten_wants_room(void **state)
{
	static struct hf_frame_out f = { .head_at = 3, .head_len = 2, .parts = 2, .payload_len = 5 };
	uint8_t to[8] = { 0 };

	(void)state;
	memcpy(f.head, "...ab", 5);
	f.part[0] = (struct hf_bytes){ (const uint8_t *)"c", 1 };
	f.part[1] = (struct hf_bytes){ (const uint8_t *)"defg", 4 };
	assert_int_equal(hf_frame_flatten(&f, to, 6), 0);
	assert_int_equal(to[0], 0);
	assert_int_equal(hf_frame_flatten(&f, to, 7), 7);
	assert_string_equal((char *)to, "abcdefg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_megabytes_over_each_link),
		cmocka_unit_test(dad_comes_before_ipv6),
		cmocka_unit_test(who_listens_where),
		cmocka_unit_test(listening_at_any_address_of_ipv4),
		cmocka_unit_test(where_nobody_can_connect),
		cmocka_unit_test(a_gateway_leads_further),
		cmocka_unit_test(a_closed_port_refuses),
		cmocka_unit_test(nobody_answers_at_all),
		cmocka_unit_test(names_go_stale),
		cmocka_unit_test(a_tag_comes_with_events),
		cmocka_unit_test(a_listener_turns_active),
		cmocka_unit_test(silence_makes_ip_ask),
		cmocka_unit_test(ttl_and_diffserv_reach_ip),
		cmocka_unit_test(keepalive_by_default),
		cmocka_unit_test(one_ack_for_all_that_came),
		cmocka_unit_test(a_router_makes_segments_smaller),
		cmocka_unit_test(datagrams_there_and_back),
		cmocka_unit_test(datagrams_at_any_address_of_ipv4),
		cmocka_unit_test(a_datagram_for_nobody_is_told),
		cmocka_unit_test(an_echo_comes_back),
		cmocka_unit_test(the_same_seed_gives_the_same_frames),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(each_setting_has_its_bounds),
		cmocka_unit_test(memory_is_what_was_said),
		cmocka_unit_test(flatten_wants_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
