/* SPDX-License-Identifier: MIT */
/* The resolver and the small name server, each on a host of its own, with a line between them that loses what it likes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "dns/dns.h"
#include "sim/app.h"
#include "sim/world.h"
#include "wire/addr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASKER 0u
#define ANSWERS 16u

struct net {
	struct sim_world *w;
	struct sim_app *server[2];
	struct dns_zone zone;
	struct dns_zone_line line[256];
	struct dns *dns;
	void *mem;
	hf_udp udp[DNS_SOCKETS];
	hf_conn tcp[DNS_CONNS];
	struct dns_answer answer[ANSWERS];
	unsigned answers;
	bool told[DNS_TOLD_COUNT];
	uint64_t cursor;
};

static struct hf_host *host_of(const struct net *n)
{
	return sim_world_host(n->w, ASKER);
}

static void make(struct net *n, uint64_t seed, uint32_t loss_ppm, const char *zone, bool ip6)
{
	struct sim_world_config cfg = { .seed = seed, .link = { .delay = HF_MS(10), .loss_ppm = loss_ppm } };
	struct dns_config c = { .servers = 2, .timeout = HF_S(1), .attempts = 5, .tell = 256 };
	struct dns_zone_fault fault;

	memset(n, 0, sizeof(*n));
	assert_int_equal(dns_zone_parse(hf_bytes_of(zone), n->line, HF_ARRAY_LEN(n->line), &n->zone, &fault), HF_OK);
	n->w = sim_world_make(&cfg);
	sim_world_add_host(n->w, &(struct sim_host_config){ .name = "asker", .driven = true });
	for (unsigned i = 0; i < 2; i++) {
		unsigned host = sim_world_add_host(n->w, &(struct sim_host_config){ .name = i ? "second" : "first" });

		n->server[i] = sim_app_add(n->w, &(struct sim_app_config){ .host = host, .dns = &n->zone });
		c.server[i].addr = ip6 ? sim_world_addr6(n->w, host) : sim_world_addr(n->w, host);
	}
	c.entropy[0] = (uint8_t)seed;
	assert_int_equal(posix_memalign(&n->mem, 64, dns_memory(&c)), 0);
	assert_int_equal(dns_init(n->mem, dns_memory(&c), &c, sim_world_now(n->w), &n->dns), HF_OK);
}

static void unmake(struct net *n)
{
	free(n->mem);
	sim_world_free(n->w);
}

static void do_it(struct net *n, enum dns_does does, const struct dns_ask *ask)
{
	const hf_time_ns now = sim_world_now(n->w);
	struct hf_endpoint local = { .port = ask->port };
	hf_status st = HF_OK;
	size_t took;

	switch (does) {
	case DNS_OPEN_UDP:
		st = hf_udp_bind(host_of(n), &local, &n->udp[ask->socket]);
		break;
	case DNS_SEND:
		st = hf_udp_send(host_of(n), n->udp[ask->socket], &ask->to, ask->bytes, now);
		break;
	case DNS_CLOSE_UDP:
		(void)!hf_udp_close(host_of(n), n->udp[ask->socket]);
		n->udp[ask->socket] = (hf_udp){ 0 };
		return;
	case DNS_CONNECT_TCP:
		assert_int_equal(hf_connect(host_of(n), &ask->to, NULL, now, &n->tcp[ask->conn]), HF_OK);
		return;
	case DNS_SEND_TCP:
		assert_int_equal(hf_conn_write(host_of(n), n->tcp[ask->conn], ask->bytes, now, &took), HF_OK);
		assert_int_equal(took, ask->bytes.len);
		return;
	case DNS_CLOSE_TCP:
		(void)!hf_conn_close(host_of(n), n->tcp[ask->conn], now);
		n->tcp[ask->conn] = (hf_conn){ 0 };
		return;
	case DNS_ANSWER:
		assert_true(n->answers < ANSWERS);
		n->answer[n->answers++] = *ask->answer;
		return;
	case DNS_WAITS:
		return;
	}
	if (st != HF_OK)
		dns_udp_error(n->dns, ask->socket, st, now);
}

static void read_udp(struct net *n)
{
	uint8_t room[2048];
	struct hf_endpoint from;
	size_t len;

	for (unsigned s = 0; s < DNS_SOCKETS; s++) {
		hf_status st;

		while (n->udp[s].birth &&
		       (st = hf_udp_recv(host_of(n), n->udp[s], room, sizeof(room), &from, &len)) != HF_AGAIN) {
			if (st == HF_OK)
				dns_feed_udp(n->dns, s, &from, (struct hf_bytes){ room, len }, sim_world_now(n->w));
			else
				dns_udp_error(n->dns, s, st, sim_world_now(n->w));
		}
	}
}

static void read_tcp(struct net *n, const struct hf_event *e)
{
	const hf_time_ns now = sim_world_now(n->w);

	for (unsigned c = 0; c < DNS_CONNS; c++) {
		struct hf_bytes span;
		size_t spans;
		hf_status st;

		if (!n->tcp[c].birth || n->tcp[c].slot != e->conn.slot || n->tcp[c].birth != e->conn.birth)
			continue;
		if (e->what & HF_EV_CONNECTED)
			dns_tcp_connected(n->dns, c, now);
		while ((st = hf_conn_read(host_of(n), n->tcp[c], &span, 1, &spans)) == HF_OK && spans > 0) {
			size_t len = span.len;

			dns_tcp_feed(n->dns, c, span, now);
			assert_int_equal(hf_conn_consume(host_of(n), n->tcp[c], len, now), HF_OK);
		}
		if (st != HF_OK)
			dns_tcp_ended(n->dns, c, st == HF_CLOSED ? HF_OK : st, now);
	}
}

static void turn(struct net *n)
{
	struct dns_told t;
	struct dns_ask ask;
	struct hf_event e;
	enum dns_does does;

	while (hf_host_next_event(host_of(n), &e)) {
		if (e.udp.birth)
			read_udp(n);
		else if (e.conn.birth)
			read_tcp(n, &e);
	}
	while ((does = dns_next(n->dns, &ask, sim_world_now(n->w))) != DNS_WAITS)
		do_it(n, does, &ask);
	while (dns_told(n->dns, &n->cursor, &t))
		n->told[t.kind] = true;
	sim_world_settle(n->w, ASKER);
}

/* Until all is answered, or nothing happens any more. */
static void run(struct net *n)
{
	unsigned touched;

	turn(n);
	while (dns_wake_at(n->dns) != HF_NEVER) {
		(void)sim_world_next(n->w, dns_wake_at(n->dns), &touched);
		turn(n);
	}
	for (unsigned s = 0; s < DNS_SOCKETS; s++)
		assert_int_equal(n->udp[s].birth, 0);
}

static void look_up(struct net *n, const char *name)
{
	uint32_t id;

	n->answers = 0;
	assert_int_equal(dns_lookup(n->dns, hf_bytes_of(name), DNS_A | DNS_AAAA, sim_world_now(n->w), &id), HF_OK);
	run(n);
	assert_int_equal(n->answers, 2);
}

static void over_a_good_line(void **state)
{
	static struct net n;

	(void)state;
	for (unsigned ip6 = 0; ip6 < 2; ip6++) {
		make(&n, 1, 0, "192.0.2.1 www.test\n2001:db8::1 www.test\n", ip6);
		sim_world_run(n.w, HF_S(5)); /* addresses of IPv6 are tried first (DAD) */
		look_up(&n, "www.test");
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(n.answer[i].why, DNS_WHY_OK);
			assert_int_equal(n.answer[i].addrs, 1);
			assert_int_equal(n.answer[i].tries, 1);
			assert_true(n.answer[i].end - n.answer[i].begin >= HF_MS(20));
			assert_true(n.answer[i].end - n.answer[i].begin < HF_MS(21));
		}
		look_up(&n, "gone.test");
		assert_int_equal(n.answer[0].why, DNS_WHY_NXDOMAIN);
		assert_int_equal(n.answer[0].ttl_s, 60);
		assert_int_equal(dns_app_count(n.server[0]->dns).queries_udp, 4);
		look_up(&n, "gone.test");
		assert_int_equal(dns_app_count(n.server[0]->dns).queries_udp, 4);
		unmake(&n);
	}
}

/* Whatever is lost: with ten tries over one second each there is an answer, and it is the right one. */
static void over_a_bad_line(void **state)
{
	static struct net n;
	bool retried = false;

	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		make(&n, seed, 200000, "192.0.2.1 www.test\n2001:db8::1 www.test\n", false);
		look_up(&n, "www.test");
		for (unsigned i = 0; i < 2; i++)
			assert_int_equal(n.answer[i].why, DNS_WHY_OK);
		retried |= n.told[DNS_TOLD_RETRY];
		unmake(&n);
	}
	assert_true(retried);
}

static void long_answers_come_by_tcp(void **state)
{
	char zone[8000];
	static struct net n;
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		len += (size_t)snprintf(zone + len, sizeof(zone) - len, "192.0.2.%u www.test\n", i);
	for (unsigned seed = 1; seed <= 10; seed++) {
		make(&n, seed, seed == 1 ? 0 : 100000, zone, false);
		look_up(&n, "www.test");
		for (unsigned i = 0; i < 2; i++) {
			if (n.answer[i].family == DNS_AAAA) {
				assert_int_equal(n.answer[i].why, DNS_WHY_NODATA);
				continue;
			}
			assert_int_equal(n.answer[i].why, DNS_WHY_OK);
			assert_true(n.answer[i].tcp);
			assert_int_equal(n.answer[i].addrs, DNS_ADDRS);
		}
		assert_true(n.told[DNS_TOLD_TRUNCATED]);
		if (seed == 1)
			assert_int_equal(dns_app_count(n.server[0]->dns).queries_tcp, 1);
		/* the connection's end, and both sides rest */
		sim_world_run(n.w, sim_world_now(n.w) + HF_S(600));
		assert_int_equal(dns_app_wake_at(n.server[0]->dns), HF_NEVER);
		unmake(&n);
	}
}

static void the_second_stands_in(void **state)
{
	static struct net n;

	(void)state;
	make(&n, 1, 0, "192.0.2.1 www.test\n", false);
	sim_world_switch_off(n.w, 1);
	look_up(&n, "www.test");
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(n.answer[i].tries, 2);
		assert_true(n.answer[i].end - n.answer[i].begin >= HF_MS(1020));
		assert_true(n.answer[i].end - n.answer[i].begin < HF_MS(1021));
	}
	sim_world_switch_off(n.w, 2);
	look_up(&n, "other.test");
	assert_int_equal(n.answer[0].why, DNS_WHY_TIMEOUT);
	assert_int_equal(n.answer[0].tries, 10);
	unmake(&n);
}

/* Nobody listens at the port: ICMP says so, and no time is lost. */
static void nobody_listens(void **state)
{
	static struct net n;

	(void)state;
	make(&n, 1, 0, "192.0.2.1 www.test\n", false);
	sim_world_run(n.w, HF_MS(1));
	dns_app_close(n.server[0]->dns, sim_world_now(n.w));
	n.server[0]->dns = NULL;
	look_up(&n, "www.test");
	assert_true(n.told[DNS_TOLD_UNREACHABLE]);
	assert_true(n.answer[1].end - n.answer[1].begin < HF_MS(50));
	unmake(&n);
}

/* A client that holds connections and says nothing, half a query, or nonsense. */
static void bad_clients_of_tcp(void **state)
{
	const uint8_t half[] = { 0, 100, 1, 2, 3 }, large[] = { 0x10, 0, 1, 2 }, nonsense[] = { 0, 3, 1, 2, 3 };
	struct hf_conn c[DNS_APP_CONNS + 1];
	struct hf_endpoint to;
	static struct net n;
	unsigned touched, reset = 0, closed = 0;
	struct hf_event e;
	size_t took;

	(void)state;
	make(&n, 1, 0, "192.0.2.1 www.test\n", false);
	to = (struct hf_endpoint){ sim_world_addr(n.w, 1), 53 };
	for (unsigned i = 0; i < HF_ARRAY_LEN(c); i++) {
		assert_int_equal(hf_connect(host_of(&n), &to, NULL, sim_world_now(n.w), &c[i]), HF_OK);
		sim_world_settle(n.w, ASKER);
		while (sim_world_next(n.w, sim_world_now(n.w) + HF_MS(100), &touched))
			sim_world_settle(n.w, ASKER);
		while (hf_host_next_event(host_of(&n), &e))
			reset += e.what & HF_EV_CLOSED ? 1 : 0;
		if (i == 1)
			assert_int_equal(hf_conn_write(host_of(&n), c[i], (struct hf_bytes){ half, sizeof(half) },
						       sim_world_now(n.w), &took),
					 HF_OK);
		if (i == 2)
			assert_int_equal(hf_conn_write(host_of(&n), c[i], (struct hf_bytes){ large, sizeof(large) },
						       sim_world_now(n.w), &took),
					 HF_OK);
		if (i == 3)
			assert_int_equal(hf_conn_write(host_of(&n), c[i], (struct hf_bytes){ nonsense, sizeof(nonsense) },
						       sim_world_now(n.w), &took),
					 HF_OK);
		sim_world_settle(n.w, ASKER);
	}
	assert_true(reset >= 1); /* the third's query is longer than any can be */
	for (hf_time_ns end = sim_world_now(n.w) + HF_S(30); sim_world_next(n.w, end, &touched);)
		sim_world_settle(n.w, ASKER);
	while (hf_host_next_event(host_of(&n), &e)) {
		closed += e.what & HF_EV_PEER_FIN && !(e.what & HF_EV_CLOSED) ? 1 : 0;
		reset += e.what & HF_EV_CLOSED ? 1 : 0;
	}
	assert_int_equal(closed + reset, HF_ARRAY_LEN(c));
	assert_int_equal(dns_app_wake_at(n.server[0]->dns), HF_NEVER);
	assert_int_equal(dns_app_count(n.server[0]->dns).queries_tcp, 1);
	assert_int_equal(dns_app_count(n.server[0]->dns).answers, 0);
	unmake(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_a_good_line),     cmocka_unit_test(over_a_bad_line),
		cmocka_unit_test(nobody_listens),       cmocka_unit_test(long_answers_come_by_tcp),
		cmocka_unit_test(the_second_stands_in), cmocka_unit_test(bad_clients_of_tcp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
