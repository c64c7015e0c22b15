/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "udp/udp_internal.h"
#include "wire/addr.h"

#define CHUNKS 64u
#define SOCKETS 8u

struct lab {
	struct udp udp;
	struct hf_chunks chunks;
	struct hf_trace trace;
	struct hf_rng rng;
	void *mem;
};

static uint8_t data[65536];

static struct lab *lab_new(void)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct hf_host_config cfg = { .limits = { .udp_sockets = SOCKETS } };
	struct hf_arena a = hf_arena_count();
	uint8_t seed[16] = { 3 };

	assert_non_null(l);
	hf_chunks_init(&l->chunks, &a, CHUNKS);
	hf_trace_init(&l->trace, &a, 256);
	udp_init(&l->udp, &a, &cfg, NULL, NULL, NULL);
	l->mem = malloc(a.used);
	assert_non_null(l->mem);
	a = hf_arena_over(l->mem, a.used);
	hf_rng_init(&l->rng, seed);
	hf_chunks_init(&l->chunks, &a, CHUNKS);
	hf_trace_init(&l->trace, &a, 256);
	udp_init(&l->udp, &a, &cfg, &l->chunks, &l->trace, &l->rng);
	assert_int_equal(hf_arena_end(&a), HF_OK);
	return l;
}

static void lab_free(struct lab *l)
{
	udp_check(&l->udp);
	free(l->mem);
	free(l);
}

static struct hf_endpoint at(const char *addr, uint16_t port)
{
	struct hf_endpoint e = { .port = port };

	assert_int_equal(addr_parse((struct hf_bytes){ (const uint8_t *)addr, strlen(addr) }, &e.addr), HF_OK);
	return e;
}

static hf_udp bind_to(struct lab *l, const char *addr, uint16_t port)
{
	struct hf_endpoint e = at(addr, port);
	hf_udp s;

	assert_int_equal(udp_bind(&l->udp, &e, &s), HF_OK);
	udp_check(&l->udp);
	return s;
}

static enum udp_verdict feed(struct lab *l, struct hf_endpoint from, struct hf_endpoint to, struct hf_bytes payload,
			     bool to_group)
{
	static uint8_t b[65536];
	struct udp_in in = { .src = from.addr, .dst = to.addr, .to_group = to_group };
	enum udp_verdict v;

	assert_int_equal(udp_build(&from, &to, payload, b, sizeof(b), &in.datagram.len), HF_OK);
	in.datagram.at = b;
	v = udp_feed(&l->udp, &in);
	udp_check(&l->udp);
	return v;
}

static void expect_datagram(struct lab *l, hf_udp s, struct hf_endpoint from, struct hf_bytes want)
{
	static uint8_t room[65536];
	struct hf_endpoint who;
	size_t n;

	assert_int_equal(udp_recv(&l->udp, s, room, sizeof(room), &who, &n), HF_OK);
	udp_check(&l->udp);
	assert_int_equal(n, want.len);
	assert_memory_equal(room, want.at, want.len);
	assert_true(addr_eq(&who.addr, &from.addr) && who.port == from.port);
}

static void expect_nothing(struct lab *l, hf_udp s)
{
	struct hf_endpoint who;
	uint8_t room[1];
	size_t n;

	assert_int_equal(udp_recv(&l->udp, s, room, sizeof(room), &who, &n), HF_AGAIN);
}

static unsigned told(const struct lab *l, enum hf_trace_kind kind)
{
	struct hf_trace_record r;
	uint64_t cursor = 0, lost;
	unsigned n = 0;

	while (hf_trace_read(&l->trace, &cursor, &r, &lost))
		n += r.kind == kind;
	return n;
}

static void specific_beats_wildcard(void **state)
{
	struct lab *l = lab_new();
	hf_udp any = bind_to(l, "::", 53), any4 = bind_to(l, "0.0.0.0", 53), one4 = bind_to(l, "10.0.0.1", 53),
	       one6 = bind_to(l, "2001:db8::1", 53);
	struct hf_endpoint from4 = at("10.0.0.9", 1000), from6 = at("2001:db8::9", 1000), e = at("10.0.0.1", 53);
	struct hf_bytes d = { data, 10 };
	hf_udp s;

	(void)state;
	assert_int_equal(udp_bind(&l->udp, &e, &s), HF_IN_USE);
	assert_int_equal(feed(l, from4, at("10.0.0.1", 53), d, false), UDP_TAKEN);
	expect_datagram(l, one4, from4, d);
	assert_int_equal(feed(l, from4, at("10.0.0.2", 53), d, false), UDP_TAKEN);
	expect_datagram(l, any4, from4, d);
	assert_int_equal(feed(l, from6, at("2001:db8::1", 53), d, false), UDP_TAKEN);
	expect_datagram(l, one6, from6, d);
	assert_int_equal(feed(l, from6, at("2001:db8::2", 53), d, false), UDP_TAKEN);
	expect_datagram(l, any, from6, d);
	assert_int_equal(udp_close(&l->udp, any4), HF_OK);
	assert_int_equal(feed(l, from4, at("10.0.0.2", 53), d, false), UDP_TAKEN); /* :: is any of both families */
	expect_datagram(l, any, from4, d);
	assert_int_equal(feed(l, from4, at("10.0.0.1", 54), d, false), UDP_NO_PORT);
	assert_int_equal(told(l, HF_TR_UDP_NO_PORT), 1);
	/* A group is never answered with "no port". */
	assert_int_equal(feed(l, from4, at("10.0.0.255", 54), d, true), UDP_DROPPED);
	assert_int_equal(told(l, HF_TR_UDP_NO_PORT), 1);
	assert_int_equal(told(l, HF_TR_UDP_DROP), 1);
	expect_nothing(l, one4);
	lab_free(l);
}

static void names_die(void **state)
{
	struct lab *l = lab_new();
	hf_udp s = bind_to(l, "::", 7), none = { 0 };
	struct hf_endpoint e;
	size_t n;

	(void)state;
	assert_int_equal(udp_local(&l->udp, s, &e), HF_OK);
	assert_int_equal(e.port, 7);
	feed(l, at("10.0.0.9", 9), at("10.0.0.1", 7), (struct hf_bytes){ data, 9000 }, false);
	assert_int_equal(l->chunks.pool.in_use, 3);
	assert_int_equal(udp_close(&l->udp, s), HF_OK);
	assert_int_equal(l->chunks.pool.in_use, 0);
	assert_int_equal(l->udp.event_count, 0);
	assert_int_equal(udp_close(&l->udp, s), HF_STALE);
	assert_int_equal(udp_local(&l->udp, s, &e), HF_STALE);
	assert_int_equal(udp_recv(&l->udp, s, data, 1, &e, &n), HF_STALE);
	assert_int_equal(udp_close(&l->udp, none), HF_STALE);
	assert_int_not_equal(bind_to(l, "::", 7).birth, s.birth);
	lab_free(l);
}

static void ports_by_chance(void **state)
{
	struct lab *l = lab_new();
	uint16_t ports[SOCKETS];
	struct hf_endpoint e = at("::", 0);
	hf_udp s;

	(void)state;
	for (unsigned i = 0; i < SOCKETS; i++) {
		s = bind_to(l, "::", 0);
		assert_int_equal(udp_local(&l->udp, s, &e), HF_OK);
		assert_in_range(e.port, 49152, 65535);
		ports[i] = e.port;
		for (unsigned k = 0; k < i; k++)
			assert_true(ports[k] != e.port && abs(ports[k] - e.port) > 1); /* this seed has them far apart */
		e.port = 0;
	}
	assert_int_equal(udp_bind(&l->udp, &e, &s), HF_FULL);
	lab_free(l);
}

static void queue_is_bounded(void **state)
{
	struct lab *l = lab_new();
	hf_udp s = bind_to(l, "::", 7);
	struct hf_endpoint from = at("10.0.0.9", 9), to = at("10.0.0.1", 7), who;
	unsigned taken = 0;
	size_t n;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		taken += feed(l, from, to, (struct hf_bytes){ data + i, i % 3 }, false) == UDP_TAKEN;
	assert_int_equal(taken, UDP_QUEUE_DATAGRAMS);
	assert_int_equal(told(l, HF_TR_UDP_DROP), 100 - UDP_QUEUE_DATAGRAMS);
	for (unsigned i = 0; i < UDP_QUEUE_DATAGRAMS; i++) /* the oldest are kept, in order; an empty one is one too */
		expect_datagram(l, s, from, (struct hf_bytes){ data + i, i % 3 });
	expect_nothing(l, s);
	assert_int_equal(l->chunks.pool.in_use, 0);

	/* Octets: one of the largest fits, nothing more. */
	assert_int_equal(feed(l, from, to, (struct hf_bytes){ data, 65507 }, false), UDP_TAKEN);
	assert_int_equal(feed(l, from, to, (struct hf_bytes){ data, 30 }, false), UDP_DROPPED);
	assert_int_equal(feed(l, from, to, (struct hf_bytes){ data, 29 }, false), UDP_TAKEN);
	/* Room too small: it stays. */
	assert_int_equal(udp_recv(&l->udp, s, data, 65506, &who, &n), HF_TOO_BIG);
	expect_datagram(l, s, from, (struct hf_bytes){ data, 65507 });
	expect_datagram(l, s, from, (struct hf_bytes){ data, 29 });
	assert_int_equal(l->chunks.pool.in_use, 0);

	/* No chunks: dropped whole. */
	while (hf_chunks_free(&l->chunks) > 2)
		hf_chunk_take(&l->chunks);
	assert_int_equal(feed(l, from, to, (struct hf_bytes){ data, 9000 }, false), UDP_DROPPED);
	assert_int_equal(hf_chunks_free(&l->chunks), 2);
	assert_int_equal(feed(l, from, to, (struct hf_bytes){ data, 8000 }, false), UDP_TAKEN);
	expect_datagram(l, s, from, (struct hf_bytes){ data, 8000 });
	lab_free(l);
}

/* Every length around the ends of chunks comes out as it went in. */
static void chunk_boundaries(void **state)
{
	struct lab *l = lab_new();
	hf_udp s = bind_to(l, "::", 7);
	struct hf_endpoint from = at("2001:db8::9", 9), to = at("2001:db8::1", 7);
	size_t first = HF_CHUNK_BYTES - sizeof(struct udp_stored);

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		for (size_t d = 0; d < 3; d++) {
			struct hf_bytes payload = { data + d, first + k * HF_CHUNK_BYTES - 1 + d };

			assert_int_equal(feed(l, from, to, payload, false), UDP_TAKEN);
			assert_int_equal(l->chunks.pool.in_use, 1 + k + (d == 2));
			expect_datagram(l, s, from, payload);
		}
	}
	lab_free(l);
}

static void bad_datagrams(void **state)
{
	struct lab *l = lab_new();
	hf_udp s = bind_to(l, "::", 7);
	struct hf_endpoint from = at("10.0.0.9", 9), to = at("10.0.0.1", 7);
	uint8_t b[64];
	struct udp_in in = { .src = from.addr, .dst = to.addr };
	size_t whole;

	(void)state;
	assert_int_equal(udp_build(&from, &to, (struct hf_bytes){ data, 20 }, b, sizeof(b), &whole), HF_OK);
	in.datagram.at = b;
	for (in.datagram.len = 0; in.datagram.len < whole; in.datagram.len++)
		assert_int_equal(udp_feed(&l->udp, &in), UDP_DROPPED);
	b[20] ^= 1;
	assert_int_equal(udp_feed(&l->udp, &in), UDP_DROPPED);
	in.csum_ok = true; /* the driver vouches for it */
	assert_int_equal(udp_feed(&l->udp, &in), UDP_TAKEN);
	in.csum_ok = false;
	b[6] = b[7] = 0; /* none was made: fine for IPv4, not for IPv6 */
	assert_int_equal(udp_feed(&l->udp, &in), UDP_TAKEN);
	in.src = at("2001:db8::9", 9).addr;
	in.dst = at("2001:db8::1", 9).addr;
	assert_int_equal(udp_feed(&l->udp, &in), UDP_DROPPED);
	b[2] = b[3] = 0; /* nobody has port 0 */
	in.csum_ok = true;
	assert_int_equal(udp_feed(&l->udp, &in), UDP_DROPPED);
	assert_int_equal(told(l, HF_TR_UDP_DROP), whole + 3);
	assert_int_equal(udp_close(&l->udp, s), HF_OK);
	lab_free(l);
}

static void errors_are_told_once(void **state)
{
	struct lab *l = lab_new();
	hf_udp s = bind_to(l, "10.0.0.1", 7), other = bind_to(l, "::", 8), name;
	struct hf_endpoint local = at("10.0.0.1", 7), remote = at("10.0.0.9", 53), elsewhere = at("10.0.0.8", 53), who;
	uint32_t what;
	size_t n;

	(void)state;
	feed(l, remote, local, (struct hf_bytes){ data, 5 }, false);
	udp_error(&l->udp, &local, &remote, HF_REFUSED);
	udp_error(&l->udp, &local, &elsewhere, HF_UNREACHABLE); /* the first counts until it was told */
	udp_check(&l->udp);
	assert_true(udp_next_event(&l->udp, &name, &what));
	assert_true(name.slot == s.slot && name.birth == s.birth && what == HF_EV_DATAGRAM);
	assert_false(udp_next_event(&l->udp, &name, &what));
	assert_int_equal(udp_recv(&l->udp, s, data, 0, &who, &n), HF_REFUSED);
	assert_true(addr_eq(&who.addr, &remote.addr) && who.port == 53);
	expect_datagram(l, s, remote, (struct hf_bytes){ data, 5 });
	expect_nothing(l, s);
	local.port = 9; /* of nobody */
	udp_error(&l->udp, &local, &remote, HF_REFUSED);
	assert_false(udp_next_event(&l->udp, &name, &what));
	expect_nothing(l, other);
	lab_free(l);
}

static void events_in_order(void **state)
{
	struct lab *l = lab_new();
	hf_udp s[3], name;
	uint32_t what;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		s[i] = bind_to(l, "::", (uint16_t)(100 + i));
	for (unsigned round = 0; round < 3; round++) /* once each, however much came */
		for (unsigned i = 3; i--;)
			feed(l, at("10.0.0.9", 9), at("10.0.0.1", (uint16_t)(100 + i)), (struct hf_bytes){ data, 1 }, false);
	assert_int_equal(udp_close(&l->udp, s[1]), HF_OK);
	udp_check(&l->udp);
	assert_true(udp_next_event(&l->udp, &name, &what) && name.slot == s[2].slot);
	assert_true(udp_next_event(&l->udp, &name, &what) && name.slot == s[0].slot);
	assert_false(udp_next_event(&l->udp, &name, &what));
	lab_free(l);
}

static void building(void **state)
{
	struct hf_endpoint from4 = at("10.0.0.1", 7), to4 = at("10.0.0.9", 9), from6 = at("2001:db8::1", 7),
			   to6 = at("2001:db8::9", 9);
	static uint8_t b[65536];
	struct udp_header h;
	unsigned zeros = 0;
	size_t n = 77;

	(void)state;
	assert_int_equal(udp_build(&from4, &to4, (struct hf_bytes){ data, 65508 }, b, sizeof(b), &n), HF_TOO_BIG);
	assert_int_equal(udp_build(&from6, &to6, (struct hf_bytes){ data, 65528 }, b, sizeof(b), &n), HF_TOO_BIG);
	assert_int_equal(udp_build(&from4, &to4, (struct hf_bytes){ data, 10 }, b, 17, &n), HF_FULL);
	assert_int_equal(n, 77);
	assert_int_equal(udp_build(&from6, &to6, (struct hf_bytes){ data, 65527 }, b, sizeof(b), &n), HF_OK);
	assert_int_equal(n, 65535);
	assert_int_equal(udp_parse((struct hf_bytes){ b, n }, &from6.addr, &to6.addr, false, &h), HF_OK);
	/* A sum that comes out as zero is sent as ones: RFC 768. One in 65536 does. */
	for (unsigned v = 0; v < 65536; v++) {
		uint8_t two[2];

		hf_store16(two, (uint16_t)v);
		assert_int_equal(udp_build(&from4, &to4, (struct hf_bytes){ two, 2 }, b, sizeof(b), &n), HF_OK);
		assert_int_not_equal(hf_load16(b + 6), 0);
		zeros += hf_load16(b + 6) == 0xffff;
		assert_int_equal(udp_parse((struct hf_bytes){ b, n }, &from4.addr, &to4.addr, false, &h), HF_OK);
	}
	assert_in_range(zeros, 1, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specific_beats_wildcard),
		cmocka_unit_test(names_die),
		cmocka_unit_test(ports_by_chance),
		cmocka_unit_test(queue_is_bounded),
		cmocka_unit_test(chunk_boundaries),
		cmocka_unit_test(bad_datagrams),
		cmocka_unit_test(errors_are_told_once),
		cmocka_unit_test(events_in_order),
		cmocka_unit_test(building),
	};

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
