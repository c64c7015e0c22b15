/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "sim/craft.h"
#include "sim/oracles.h"
#include "wire/addr.h"

#include <string.h>

#define WRITES 50000u

struct pair {
	struct sim_world *w;
	struct sim_app *client, *server;
};

static struct pair pair_make(const struct sim_world_config *cfg, bool ip6)
{
	struct pair p = { .w = sim_world_make(cfg) };

	sim_world_add_host(p.w, &(struct sim_host_config){ .name = "client" });
	sim_world_add_host(p.w, &(struct sim_host_config){ .name = "server" });
	p.server = sim_app_add(
		p.w, &(struct sim_app_config){
			     .host = 1, .listens = true, .port = 80, .write = WRITES, .ends = SIM_ENDS_PEER_FIN });
	p.client = sim_app_add(
		p.w, &(struct sim_app_config){
			     .host = 0, .peer = 1, .ip6 = ip6, .port = 80, .write = WRITES, .ends = SIM_ENDS_WRITTEN });
	return p;
}

static void expect_clean(const struct pair *p)
{
	struct text why;

	text_init(&why);
	for (unsigned host = 0; host < 2; host++) {
		sim_oracle_closed(p->w, host, 0, &why);
		sim_oracle_nothing_left(p->w, host, &why);
	}
	sim_oracle_in_order(p->client, &why);
	sim_oracle_in_order(p->server, &why);
	sim_oracle_whole(p->client, p->server, 0, &why);
	sim_oracle_whole(p->server, p->client, 0, &why);
	assert_string_equal(text_str(&why), "");
	text_free(&why);
}

static uint64_t play(uint64_t seed, bool ethernet, bool ip6, const struct sim_link_config *link)
{
	struct pair p = pair_make(&(struct sim_world_config){ .seed = seed, .ethernet = ethernet, .link = *link }, ip6);
	uint64_t digest;

	sim_world_run(p.w, HF_S(600));
	expect_clean(&p);
	digest = sim_world_digest(p.w);
	sim_world_free(p.w);
	return digest;
}

static void same_seed_same_bytes(void **state)
{
	const struct sim_link_config bad = { .delay = HF_MS(3),
					     .rate_bps = 50000000,
					     .loss_ppm = 20000,
					     .duplicate_ppm = 20000,
					     .reorder_ppm = 50000,
					     .reorder_delay = HF_MS(4),
					     .corrupt_ppm = 5000 };

	(void)state;
	assert_true(play(1, false, false, &bad) == play(1, false, false, &bad));
	assert_true(play(1, false, false, &bad) != play(2, false, false, &bad));
}

static void all_links_and_families(void **state)
{
	const struct sim_link_config line = { .delay = HF_MS(1) };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		play(i, i & 1, i & 2, &line);
}

static void faults_strike_what_they_name(void **state)
{
	const struct sim_fault faults[] = {
		{ .from = 0, .payload = SIM_PAYLOAD_SOME, .skip = 2, .what = SIM_DROP },
		{ .from = 0, .payload = SIM_PAYLOAD_SOME, .skip = 4, .what = SIM_DELAY, .delay = HF_MS(50) },
		{ .from = 0, .payload = SIM_PAYLOAD_SOME, .skip = 6, .what = SIM_DUPLICATE, .delay = HF_MS(1) },
		{ .from = 0, .payload = SIM_PAYLOAD_SOME, .skip = 8, .what = SIM_CORRUPT },
	};
	const enum ladder_fate fates[] = { LADDER_LOST, LADDER_DELAYED, LADDER_DUPLICATED, LADDER_CORRUPTED };
	struct pair p = pair_make(&(struct sim_world_config){ .seed = 1, .link.delay = HF_MS(5) }, false);
	const struct ladder_event *log;
	unsigned nth = 0;
	size_t n;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		sim_world_fault(p.w, &faults[i]);
	sim_world_run(p.w, HF_S(600));
	expect_clean(&p);
	assert_int_equal(sim_world_faults(p.w)->struck, 4);
	assert_true(sim_world_count(p.w, 1, HF_TR_TCP_DROP_CSUM) == 1);
	log = sim_world_log(p.w, &n);
	for (size_t i = 0; i < n; i++) {
		/* IPv4 without options, TCP with timestamps: 52 octets of headers, 60 or so with a SYN's. */
		if (log[i].what != LADDER_SEGMENT || log[i].side != 0 || log[i].packet.len <= 80)
			continue;
		if (nth >= 2 && nth <= 8 && nth % 2 == 0)
			assert_int_equal(log[i].fate, fates[nth / 2 - 1]);
		else
			assert_int_equal(log[i].fate, LADDER_ARRIVES);
		nth++;
	}
	assert_true(nth > 9);
	sim_world_free(p.w);
}

static void inject_syn(struct sim_world *w, void *arg)
{
	struct sim_craft c = { .src = { sim_world_addr(w, 0), 4000 },
			       .dst = { sim_world_addr(w, 1), 80 },
			       .seq = 77,
			       .flags = TCP_SYN,
			       .window = 1000 };
	uint8_t packet[100];

	(void)arg;
	sim_world_inject(w, 1, (struct hf_bytes){ packet, sim_craft_packet(&c, packet, sizeof(packet)) }, "a forged SYN");
}

static void switch_off(struct sim_world *w, void *arg)
{
	sim_world_switch_off(w, *(unsigned *)arg);
}

static void injected_syn_is_answered_and_refused(void **state)
{
	struct sim_world *w = sim_world_make(&(struct sim_world_config){ .seed = 1, .link.delay = HF_MS(5) });

	(void)state;
	sim_world_add_host(w, &(struct sim_host_config){ .name = "client" });
	sim_world_add_host(w, &(struct sim_host_config){ .name = "server" });
	sim_app_add(w, &(struct sim_app_config){ .host = 1, .listens = true, .port = 80 });
	sim_world_at(w, HF_MS(1), inject_syn, NULL);
	sim_world_run(w, HF_S(10));
	assert_string_equal(sim_world_path(w, 1, 0), "SYN_RECEIVED LISTEN ");
	assert_true(sim_world_count(w, 0, HF_TR_TCP_RESET_SENT) == 1);
	sim_world_free(w);
}

static void a_host_switched_off_is_silent(void **state)
{
	struct pair p = pair_make(&(struct sim_world_config){ .seed = 1, .link.delay = HF_MS(5) }, false);
	unsigned server = 1;

	(void)state;
	sim_world_at(p.w, HF_MS(7), switch_off, &server); /* the client's SYN has arrived, its ACK has not */
	sim_world_run(p.w, HF_S(400));
	assert_true(sim_world_is_off(p.w, 1));
	/* The SYN,ACK was on its way already; the data then finds nobody, and nothing ever comes back. */
	assert_string_equal(sim_world_path(p.w, 0, 0), "SYN_SENT ESTABLISHED FIN_WAIT_1 ");
	assert_int_equal(sim_app_session(p.client, 0)->read, 0);
	assert_int_equal(p.server->sessions, 0);
	sim_world_free(p.w);
}

static void stop_at_time(void **state)
{
	struct pair p =
		pair_make(&(struct sim_world_config){ .seed = 1, .start = HF_S(100), .link.delay = HF_MS(5) }, false);

	(void)state;
	assert_true(sim_world_run(p.w, HF_MS(8)) == HF_MS(8));
	assert_true(sim_world_now(p.w) == HF_S(100) + HF_MS(8));
	assert_string_equal(sim_world_path(p.w, 0, 0), "SYN_SENT ");
	sim_world_run(p.w, HF_MS(10));
	assert_memory_equal(sim_world_path(p.w, 0, 0), "SYN_SENT ESTABLISHED ", 21);
	sim_world_free(p.w);
}

/* ---- a host that a program outside drives ---- */

struct seen {
	unsigned frames[2]; /* in, out */
	hf_time_ns last;
};

static void see(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now)
{
	struct seen *seen = arg;

	assert_true(frame->bytes.len >= 40);
	assert_true(now >= seen->last);
	seen->frames[out]++;
	seen->last = now;
}

/* Octets that are there to be read, taken; *ret_end: and none will follow. */
static uint64_t read_all(struct hf_host *h, hf_conn c, hf_time_ns now, bool *ret_end)
{
	struct hf_bytes span[4];
	uint64_t taken = 0;
	size_t n;

	for (;;) {
		hf_status st = hf_conn_read(h, c, span, HF_ARRAY_LEN(span), &n);
		size_t octets = 0;

		*ret_end = st == HF_CLOSED;
		if (st != HF_OK || n == 0)
			return taken;
		for (size_t i = 0; i < n; i++)
			octets += span[i].len;
		assert_int_equal(hf_conn_consume(h, c, octets, now), HF_OK);
		taken += octets;
	}
}

static uint64_t drive_a_client(uint64_t seed, hf_time_ns *ret_end)
{
	const struct sim_link_config line = { .delay = HF_MS(5), .rate_bps = 100000000, .loss_ppm = 50000 };
	struct sim_world *w = sim_world_make(&(struct sim_world_config){ .seed = seed, .start = HF_S(1), .link = line });
	struct sim_host_config server = { .name = "server", .addr = addr_ip4_u32(0xc0000207) }; /* 192.0.2.7 */
	struct seen seen = { .last = 0 };
	struct hf_endpoint there = { server.addr, 80 };
	unsigned client = sim_world_add_host(w, &(struct sim_host_config){ .name = "client", .driven = true }), touched;
	struct hf_host *h = sim_world_host(w, client);
	struct hf_addr here = sim_world_addr(w, client);
	struct hf_event ev;
	uint64_t got = 0, digest, events = 0;
	bool end = false;
	hf_conn c;

	assert_int_equal(sim_world_add_host(w, &server), 1);
	sim_app_add(w, &(struct sim_app_config){
			       .host = 1, .listens = true, .port = 80, .write = WRITES, .ends = SIM_ENDS_WRITTEN });
	sim_world_set_tap(w, client, see, &seen);
	assert_int_equal(hf_host_add_route(h, &(struct hf_addr){ 0 }, 0, &there.addr), HF_OK);
	assert_int_equal(hf_host_add_route(sim_world_host(w, 1), &(struct hf_addr){ 0 }, 0, &here), HF_OK);
	/* The server listens from the start on, when something happens for the first time. */
	assert_true(sim_world_next(w, HF_S(1), &touched) && touched == 1);
	assert_int_equal(hf_connect(h, &there, NULL, sim_world_now(w), &c), HF_OK);
	sim_world_settle(w, client);
	while (!end && sim_world_next(w, HF_S(600), &touched)) {
		if (touched != client)
			continue;
		while (hf_host_next_event(h, &ev))
			events++;
		got += read_all(h, c, sim_world_now(w), &end);
		sim_world_settle(w, client);
	}
	assert_int_equal(got, WRITES);
	assert_true(events > 0); /* nobody took them away */
	assert_in_range(seen.frames[0], WRITES / 1448, 2 * WRITES / 1448);
	assert_in_range(seen.frames[1], 10, 2 * WRITES / 1448);
	assert_int_equal(hf_conn_close(h, c, sim_world_now(w)), HF_OK);
	sim_world_settle(w, client);
	*ret_end = sim_world_now(w);
	digest = sim_world_digest(w);
	sim_world_free(w);
	return digest;
}

static void a_program_outside_drives_a_host(void **state)
{
	hf_time_ns end[3];
	uint64_t digest = drive_a_client(1, &end[0]);

	(void)state;
	assert_true(drive_a_client(1, &end[1]) == digest);
	assert_true(drive_a_client(2, &end[2]) != digest);
	assert_int_equal(end[0], end[1]);
	assert_in_range(end[0], HF_S(1) + HF_MS(20), HF_S(60));
}

static void nothing_happens_until_then(void **state)
{
	struct sim_world *w = sim_world_make(&(struct sim_world_config){ .seed = 1, .start = HF_S(1) });
	unsigned touched;

	(void)state;
	sim_world_add_host(w, &(struct sim_host_config){ .name = "client", .driven = true });
	assert_false(sim_world_next(w, HF_NEVER, &touched));
	assert_int_equal(sim_world_now(w), HF_S(1));
	assert_false(sim_world_next(w, HF_S(5), &touched));
	assert_int_equal(sim_world_now(w), HF_S(5));
	assert_false(sim_world_next(w, HF_S(4), &touched)); /* no clock goes back */
	assert_int_equal(sim_world_now(w), HF_S(5));
	sim_world_free(w);
}

static void pattern_differs_by_key_and_offset(void **state)
{
	unsigned same_key = 0, same_offset = 0;

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		same_key += sim_pattern(1, i) == sim_pattern(1, i + 1);
		same_offset += sim_pattern(1, i) == sim_pattern(2, i);
	}
	/* One in 256 is chance. */
	assert_in_range(same_key, 5, 120);
	assert_in_range(same_offset, 5, 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_bytes),
		cmocka_unit_test(all_links_and_families),
		cmocka_unit_test(faults_strike_what_they_name),
		cmocka_unit_test(injected_syn_is_answered_and_refused),
		cmocka_unit_test(a_host_switched_off_is_silent),
		cmocka_unit_test(stop_at_time),
		cmocka_unit_test(a_program_outside_drives_a_host),
		cmocka_unit_test(nothing_happens_until_then),
		cmocka_unit_test(pattern_differs_by_key_and_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
