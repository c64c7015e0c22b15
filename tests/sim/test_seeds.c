/* SPDX-License-Identifier: MIT */
/*
 * A thousand worlds that lose 5 % of all packets, reorder, duplicate and corrupt them; two hosts exchange 20 to 200 KB
 * both ways, read at different paces, and end in different ways. Whatever the line did: the octets arrive in order and
 * whole, both ends reach CLOSED, and nothing is left. And five hundred in which programs close or abort when they please:
 * what arrives is still in order, and nothing is left.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/oracles.h"

#include <stdlib.h>
#include <string.h>

#define SEEDS 1000u
#define HASTY 500u
#define LEAST_OCTETS 20000u
#define MOST_OCTETS 200000u
#define LONG_ENOUGH HF_S(3600 * 6)

static uint32_t between(struct hf_rng *r, uint32_t from, uint32_t to)
{
	return from + hf_rng_below(r, to - from + 1);
}

/* How a program reads: at once, or pieces at a pace, or late. */
static void choose_pace(struct hf_rng *r, struct sim_app_config *c)
{
	switch (hf_rng_below(r, 4)) {
	case 0:
		break;
	case 1:
		c->read_piece = between(r, 500, 5000);
		c->read_every = HF_MS(between(r, 1, 10));
		break;
	case 2:
		c->read_at = HF_MS(between(r, 100, 5000));
		break;
	case 3:
		c->read_piece = between(r, 5000, 50000);
		c->read_every = HF_MS(between(r, 10, 100));
		break;
	}
	if (hf_rng_below(r, 3) == 0) {
		c->write_piece = between(r, 1, 3000);
		c->write_every = HF_MS(between(r, 1, 5));
	}
}

/* Statements, not initializers: C leaves the order of those open, and each draw must come in its turn. */
static struct hf_tcp_config choose_tcp(struct hf_rng *r)
{
	struct hf_tcp_config c = { 0 };

	c.recv_window = between(r, 4096, 150000);
	c.send_buffer = between(r, 4096, 150000);
	c.no_timestamps = hf_rng_below(r, 4) == 0;
	c.no_window_scale = hf_rng_below(r, 4) == 0;
	c.nodelay = hf_rng_below(r, 2) == 0;
	return c;
}

static struct sim_link_config choose_line(struct hf_rng *r)
{
	struct sim_link_config c = { .loss_ppm = 50000 };

	c.delay = HF_US(between(r, 100, 40000));
	c.rate_bps = (uint64_t)between(r, 2, 1000) * 1000000;
	c.queue_packets = between(r, 20, 500);
	c.duplicate_ppm = between(r, 0, 50000);
	c.reorder_ppm = between(r, 0, 200000);
	c.reorder_delay = HF_US(between(r, 100, 30000));
	c.corrupt_ppm = between(r, 0, 20000);
	return c;
}

static void rng_of(struct hf_rng *r, const char *name, uint64_t seed)
{
	uint8_t key[16] = { 0 };

	assert_true(strlen(name) <= 12);
	memcpy(key, name, strlen(name));
	key[15] = (uint8_t)seed;
	key[14] = (uint8_t)(seed >> 8);
	key[13] = (uint8_t)(seed >> 16);
	hf_rng_init(r, key);
}

static const struct hf_limits small = {
	.conns = 4, .half_open = 4, .time_wait = 4, .chunks = 256, .gaps = 64, .control = 64, .routes = 4
};

static bool play(uint64_t seed, uint64_t *ret_digest, unsigned *ret_unreached, struct text *why)
{
	struct hf_rng r;
	struct sim_world_config cfg = { .seed = seed, .forget = true };
	struct sim_app_config client = { .host = 0, .peer = 1, .port = 80 },
			      server = { .host = 1, .listens = true, .port = 80 };
	struct sim_world *w;
	struct sim_app *a, *b;
	bool ok = true;

	rng_of(&r, "seeds", seed);
	cfg.link = choose_line(&r);
	cfg.ethernet = hf_rng_below(&r, 4) == 0;
	w = sim_world_make(&cfg);
	sim_world_add_host(w, &(struct sim_host_config){ .name = "client", .limits = small, .tcp = choose_tcp(&r) });
	sim_world_add_host(w, &(struct sim_host_config){ .name = "server", .limits = small, .tcp = choose_tcp(&r) });
	client.ip6 = hf_rng_below(&r, 2);
	client.write = between(&r, LEAST_OCTETS, MOST_OCTETS);
	server.write = between(&r, LEAST_OCTETS, MOST_OCTETS);
	choose_pace(&r, &client);
	choose_pace(&r, &server);
	/* Both close when they have written, or one waits for the other's end. Not both: they would wait for each other. */
	client.ends = SIM_ENDS_WRITTEN;
	server.ends = hf_rng_below(&r, 2) ? SIM_ENDS_WRITTEN : SIM_ENDS_PEER_FIN;
	b = sim_app_add(w, &server);
	a = sim_app_add(w, &client);
	sim_world_run(w, LONG_ENOUGH);

	for (unsigned host = 0; host < 2; host++) {
		ok &= sim_oracle_closed(w, host, 0, why);
		ok &= sim_oracle_nothing_left(w, host, why);
	}
	ok &= sim_oracle_in_order(a, why);
	ok &= sim_oracle_in_order(b, why);
	ok &= sim_oracle_whole(a, b, 0, why);
	ok &= sim_oracle_whole(b, a, 0, why);
	/* On Ethernet three questions for the neighbour may be lost in a row: then there never was a connection (RFC 4861 7.2.2). */
	if (!ok && cfg.ethernet && sim_world_paths(w, 1) == 0 && sim_app_session(a, 0)->why == HF_UNREACHABLE) {
		text_clear(why);
		ok = sim_oracle_closed(w, 0, 0, why);
		ok &= sim_oracle_nothing_left(w, 0, why);
		ok &= sim_oracle_nothing_left(w, 1, why);
		*ret_unreached += 1;
	}
	*ret_digest = sim_world_digest(w);
	sim_world_free(w);
	return ok;
}

static void a_thousand_bad_lines(void **state)
{
	const char *only = getenv("HF_SEED");  /* to look at one again */
	const char *many = getenv("HF_SEEDS"); /* make soak: seeds 1 to this */
	uint64_t first = only ? strtoull(only, NULL, 10) : 1;
	uint64_t last = only ? first : many ? strtoull(many, NULL, 10) : SEEDS, digest;
	struct text why;
	unsigned failed = 0, unreached = 0;

	(void)state;
	text_init(&why);
	for (uint64_t seed = first; seed <= last; seed++) {
		text_clear(&why);
		if (play(seed, &digest, &unreached, &why))
			continue;
		failed++;
		print_error("HF_SEED=%u: %s", (unsigned)seed, text_str(&why));
	}
	text_free(&why);
	assert_int_equal(failed, 0);
	assert_true(unreached <= SEEDS / 100);
}

/* A program that ends in the middle: it closes, aborts or shuts at some time, with data unread, unsent or under way. */
static void choose_end(struct hf_rng *r, struct sim_app_config *c)
{
	hf_time_ns at = HF_US(between(r, 1, 3000000));

	choose_pace(r, c);
	c->write = between(r, 0, MOST_OCTETS);
	c->keepalive = true; /* the reset of an abort may be lost, and who has nothing to send would never know */
	c->ends = hf_rng_below(r, 2) ? SIM_ENDS_WRITTEN : SIM_ENDS_PEER_FIN;
	switch (hf_rng_below(r, 4)) {
	case 0:
		c->close_at = at;
		break;
	case 1:
		c->abort_at = at;
		break;
	case 2:
		c->shut_at = at;
		break;
	case 3:
		break;
	}
}

static bool play_hasty(uint64_t seed, struct text *why)
{
	struct sim_app_config client = { .host = 0, .peer = 1, .port = 80 },
			      server = { .host = 1, .listens = true, .port = 80 };
	struct sim_world_config cfg = { .seed = seed, .forget = true };
	struct sim_world *w;
	struct sim_app *a, *b;
	struct hf_rng r;
	bool ok = true;

	rng_of(&r, "hasty", seed);
	cfg.link = choose_line(&r);
	w = sim_world_make(&cfg);
	sim_world_add_host(w, &(struct sim_host_config){ .name = "client", .limits = small, .tcp = choose_tcp(&r) });
	sim_world_add_host(w, &(struct sim_host_config){ .name = "server", .limits = small, .tcp = choose_tcp(&r) });
	client.ip6 = hf_rng_below(&r, 2);
	choose_end(&r, &client);
	choose_end(&r, &server);
	/* Two that wait for each other's end would wait for ever. */
	if (client.ends == SIM_ENDS_PEER_FIN && server.ends == SIM_ENDS_PEER_FIN)
		client.ends = SIM_ENDS_WRITTEN;
	server.start = hf_rng_below(&r, 8) == 0 ? HF_MS(500) : 0; /* sometimes nobody listens yet: refused */
	b = sim_app_add(w, &server);
	a = sim_app_add(w, &client);
	sim_world_run(w, LONG_ENOUGH);
	for (unsigned host = 0; host < 2; host++)
		ok &= sim_oracle_nothing_left(w, host, why);
	ok &= sim_oracle_in_order(a, why);
	ok &= sim_oracle_in_order(b, why);
	sim_world_free(w);
	return ok;
}

static void hasty_programs_leave_nothing(void **state)
{
	const char *only = getenv("HF_HASTY");
	uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : HASTY;
	struct text why;
	unsigned failed = 0;

	(void)state;
	text_init(&why);
	for (uint64_t seed = first; seed <= last; seed++) {
		text_clear(&why);
		if (play_hasty(seed, &why))
			continue;
		failed++;
		print_error("HF_HASTY=%u: %s", (unsigned)seed, text_str(&why));
	}
	text_free(&why);
	assert_int_equal(failed, 0);
}

static void a_seed_is_a_whole_run(void **state)
{
	struct text why;
	unsigned unreached = 0;

	(void)state;
	text_init(&why);
	for (uint64_t seed = 1; seed <= 10; seed++) {
		uint64_t first, second;

		play(seed, &first, &unreached, &why);
		play(seed, &second, &unreached, &why);
		assert_true(first == second);
	}
	text_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_bad_lines),
		cmocka_unit_test(hasty_programs_leave_nothing),
		cmocka_unit_test(a_seed_is_a_whole_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
