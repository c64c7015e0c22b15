/* SPDX-License-Identifier: MIT */
/* What resets do, whoever sends them, and what a flood of SYNs does. */
#include "base/bits.h"
#include "sim/scenarios/scenarios.h"
#include "wire/addr.h"

#define FIN_SYN_RST (TCP_FIN | TCP_SYN | TCP_RST)

/* ---- reset-in-every-state ---- */

struct reset_case {
	const char *title;
	enum hf_tcp_state state;
	unsigned host; /* that is in this state, and that the reset goes to */
	struct sim_app_config client, server;
	struct sim_fault fault;    /* keeps it there; none when mask, ack_of_fin are all zero */
	bool has_fault, from_both; /* both: simultaneous open */
	hf_time_ns at;             /* of the reset; 0: the other host sends one by itself */
	const char *path;          /* of that host in the end */
	enum hf_trace_kind told;
	hf_status why; /* what its program is told; HF_OK: nothing */
};

#define CLOSES_AT_100                 \
	{                             \
		.shut_at = HF_MS(100) \
	}

static const struct reset_case reset_cases[] = {
	{ "LISTEN: ignored, whatever its number: a listener expects none and has no connection to end", HF_TCP_LISTEN,
	  SIM_SERVER, .client = { .start = HF_S(500) }, .at = HF_MS(50), .path = "", .told = HF_TR_TCP_DROP_RST },
	{ "SYN_SENT: nobody listens, which is how a port says no", HF_TCP_SYN_SENT, SIM_CLIENT,
	  .server = { .start = HF_S(500) }, .path = "SYN_SENT CLOSED ", .told = HF_TR_TCP_RESET_RECEIVED, .why = HF_REFUSED },
	{ "SYN_RECEIVED, come from LISTEN: back to LISTEN, the program never hears of it", HF_TCP_SYN_RECEIVED, SIM_SERVER,
	  .fault = { .from = SIM_CLIENT,
		     .mask = FIN_SYN_RST | TCP_ACK,
		     .value = TCP_ACK,
		     .note = "loses the third segment of the handshake" },
	  .has_fault = true, .at = HF_MS(50), .path = "SYN_RECEIVED LISTEN ", .told = HF_TR_TCP_RESET_RECEIVED },
	{ "SYN_RECEIVED, come from SYN_SENT: CLOSED, the program is told", HF_TCP_SYN_RECEIVED, SIM_CLIENT, .from_both = true,
	  .fault = { .from = SIM_SERVER, .mask = TCP_SYN | TCP_ACK, .value = TCP_SYN | TCP_ACK, .note = "loses the SYN,ACK" },
	  .has_fault = true, .at = HF_MS(50), .path = "SYN_SENT SYN_RECEIVED CLOSED ", .told = HF_TR_TCP_RESET_RECEIVED,
	  .why = HF_REFUSED },
	{ "ESTABLISHED", HF_TCP_ESTABLISHED, SIM_SERVER, .at = HF_MS(50), .path = "SYN_RECEIVED ESTABLISHED CLOSED ",
	  .told = HF_TR_TCP_RESET_RECEIVED, .why = HF_RESET },
	{ "FIN_WAIT_1", HF_TCP_FIN_WAIT_1, SIM_CLIENT, .client = CLOSES_AT_100,
	  .fault = { .from = SIM_CLIENT, .mask = TCP_FIN, .value = TCP_FIN, .note = "loses the FIN" },
	  .has_fault = true, .at = HF_MS(150), .path = "SYN_SENT ESTABLISHED FIN_WAIT_1 CLOSED ",
	  .told = HF_TR_TCP_RESET_RECEIVED, .why = HF_RESET },
	{ "FIN_WAIT_2", HF_TCP_FIN_WAIT_2, SIM_CLIENT, .client = CLOSES_AT_100, .at = HF_MS(150),
	  .path = "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSED ", .told = HF_TR_TCP_RESET_RECEIVED, .why = HF_RESET },
	{ "CLOSE_WAIT", HF_TCP_CLOSE_WAIT, SIM_SERVER, .client = CLOSES_AT_100, .at = HF_MS(150),
	  .path = "SYN_RECEIVED ESTABLISHED CLOSE_WAIT CLOSED ", .told = HF_TR_TCP_RESET_RECEIVED, .why = HF_RESET },
	{ "CLOSING", HF_TCP_CLOSING, SIM_CLIENT, .client = CLOSES_AT_100, .server = CLOSES_AT_100,
	  .fault = { .from = SIM_SERVER, .mask = TCP_FIN, .value = 0, .ack_of_fin = true, .note = "loses the ACK of the FIN" },
	  .has_fault = true, .at = HF_MS(150), .path = "SYN_SENT ESTABLISHED FIN_WAIT_1 CLOSING CLOSED ",
	  .told = HF_TR_TCP_RESET_RECEIVED },
	{ "LAST_ACK", HF_TCP_LAST_ACK, SIM_SERVER, .client = CLOSES_AT_100, .server = { .shut_at = HF_MS(150) },
	  .fault = { .from = SIM_CLIENT, .mask = TCP_FIN, .value = 0, .ack_of_fin = true, .note = "loses the last ACK" },
	  .has_fault = true, .at = HF_MS(180), .path = "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ",
	  .told = HF_TR_TCP_RESET_RECEIVED },
	{ "TIME_WAIT: ignored, else an old reset could end the wait (RFC 1337)", HF_TCP_TIME_WAIT, SIM_CLIENT,
	  .client = CLOSES_AT_100, .server = { .shut_at = HF_MS(150) }, .at = HF_MS(300),
	  .path = "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT ", .told = HF_TR_TCP_TIME_WAIT_RST },
};
_Static_assert(HF_ARRAY_LEN(reset_cases) <= SIM_PARTS_MAX, "each case is a part");

static void inject_reset(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	const struct reset_case *rc = &reset_cases[run->part];
	struct hf_conn_info row;
	struct sim_craft c;
	struct segment last;
	unsigned n = 0;

	run->scratch[0] = sim_find_row(w, rc->host, rc->state, &row);
	if (!run->scratch[0])
		return;
	if (rc->state == HF_TCP_LISTEN) {
		row.remote = (struct hf_endpoint){ sim_world_addr(w, SIM_CLIENT), 5000 };
		row.local.addr = sim_world_addr(w, SIM_SERVER);
	}
	c = sim_craft_from_peer(&row, TCP_RST);
	c.ack = 0;
	/* The small records do not tell what they expect: it is what they acknowledged last. */
	while (rc->state != HF_TCP_LISTEN && sim_nth_frame(w, rc->host, TCP_ACK, TCP_ACK, n, &last, NULL)) {
		c.seq = last.h.ack;
		n++;
	}
	sim_inject(w, rc->host, &c,
		   rc->state == HF_TCP_LISTEN ? "a reset for a port where somebody listens, from a host without a connection"
					      : "a reset with exactly the number expected");
}

static void set_up_resets(struct sim_run *run)
{
	const struct reset_case *rc = &reset_cases[run->part];

	run->title = rc->title;
	sim_set_hosts(run, NULL, NULL, NULL);
	if (rc->from_both) {
		run->client = sim_app_add(
			run->world, &(struct sim_app_config){ .host = 0, .peer = 1, .local_port = 7000, .port = 7001 });
		run->server = sim_app_add(
			run->world, &(struct sim_app_config){ .host = 1, .peer = 0, .local_port = 7001, .port = 7000 });
	} else {
		sim_set_apps(run, &rc->client, &rc->server);
	}
	if (rc->has_fault)
		sim_world_fault(run->world, &rc->fault);
	if (rc->at)
		sim_world_at(run->world, rc->at, inject_reset, run);
	run->until = rc->at + HF_MS(100);
}

static void expect_resets(struct sim_run *run)
{
	const struct reset_case *rc = &reset_cases[run->part];
	const struct sim_session *s = sim_app_session(rc->host == SIM_CLIENT ? run->client : run->server, 0);
	struct hf_conn_info row;

	sim_expect(run, rc->at == 0 || run->scratch[0], "the reset meets the %s in %s",
		   sim_run_host_name(run, rc->host), hf_tcp_state_name(rc->state));
	sim_expect_path(run, rc->host, 0, rc->path);
	sim_expect_told(run, rc->host, rc->told, 1, 1);
	if (rc->why != HF_OK)
		sim_expect(run, s->why == rc->why, "its program is told: %s", hf_status_sentence(rc->why));
	if (rc->state == HF_TCP_LISTEN || rc->state == HF_TCP_TIME_WAIT)
		sim_expect(run, sim_find_row(run->world, rc->host, rc->state, &row), "it is still in %s",
			   hf_tcp_state_name(rc->state));
	else
		sim_expect(run, !sim_find_row(run->world, rc->host, rc->state, &row), "it has left %s",
			   hf_tcp_state_name(rc->state));
}

const struct sim_scenario reset_in_every_state = {
	.name = "reset-in-every-state",
	.summary = "a reset arrives in each state in which one can",
	.text = "Each part brings one host into a state, keeps it there by losing a segment where that is needed, and lets a reset arrive whose sequence "
		"number is exactly the one expected (RFC 9293 3.5.3); only a listener expects none. Most states end at once, and the program is told if it still cares. Two do not: LISTEN, "
		"which has nothing to end, and TIME_WAIT, which must not be cut short.",
	.parts = HF_ARRAY_LEN(reset_cases),
	.set_up = set_up_resets,
	.expect = expect_resets,
};

/* ---- blind-reset ---- */

static void inject_guess(struct sim_world *w, struct sim_run *run, uint8_t flags, int32_t off, const char *note)
{
	struct hf_conn_info row;
	struct segment last;
	struct sim_craft c;

	if (!sim_find_row(w, SIM_SERVER, HF_TCP_ESTABLISHED, &row) ||
	    !sim_nth_frame(w, SIM_CLIENT, TCP_PSH, TCP_PSH, 0, &last, NULL))
		return;
	run->scratch[0]++;
	c = sim_craft_from_peer(&row, flags);
	c.seq += (uint32_t)off;
	c.ack = 0;
	/* Without a fitting timestamp a SYN would not even get so far (RFC 7323 3.2); let the guess be a good one. */
	c.timestamps = !(flags & TCP_RST) && last.h.has_timestamps;
	c.ts_val = last.h.ts_val;
	sim_inject(w, SIM_SERVER, &c, note);
}

static void guess_outside(struct sim_world *w, void *arg)
{
	inject_guess(w, arg, TCP_RST, -100000, "a forged reset, its number outside the window");
}

static void guess_inside(struct sim_world *w, void *arg)
{
	inject_guess(w, arg, TCP_RST, 1000, "a forged reset, its number inside the window by luck");
}

static void guess_syn(struct sim_world *w, void *arg)
{
	inject_guess(w, arg, TCP_SYN, 1000, "a forged SYN into the connection");
}

static void set_up_blind_reset(struct sim_run *run)
{
	sim_set_hosts(run, NULL, NULL, NULL);
	sim_set_apps(run,
		     &(struct sim_app_config){
			     .write = 2000, .write_piece = 1000, .write_every = HF_MS(500), .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .ends = SIM_ENDS_PEER_FIN });
	sim_world_at(run->world, HF_MS(200), guess_outside, run);
	sim_world_at(run->world, HF_MS(250), guess_inside, run);
	sim_world_at(run->world, HF_MS(300), guess_syn, run);
}

static void expect_blind_reset(struct sim_run *run)
{
	sim_expect(run, run->scratch[0] == 3, "three guesses are made at an ESTABLISHED connection");
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_DROP_RST, 1, 1);
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_CHALLENGE_RST, 1, 1);
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_CHALLENGE_SYN, 1, 1);
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_RESET_RECEIVED, 0, 0);
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect_clean_end(run);
}

const struct sim_scenario blind_reset = {
	.name = "blind-reset",
	.summary = "resets by somebody who cannot see the connection: a challenge ACK instead of an end",
	.text = "An attacker who knows addresses and ports has to guess a sequence number. Any number inside the window would once do, one try in some "
		"thousands. Now only the very next number resets; one elsewhere in the window is answered with an ACK of what is expected, which a peer that "
		"really has reset would answer with the right number (RFC 5961 3). A forged SYN gets the same answer. The connection goes on.",
	.set_up = set_up_blind_reset,
	.expect = expect_blind_reset,
};

/* ---- syn-flood ---- */

#define CACHE 32u
#define FORGED 300u
#define FORGED_EVERY HF_MS(1)

static void inject_forged_syn(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	uint64_t i = run->scratch[0]++;
	struct hf_host_counters c;

	sim_inject(w, SIM_SERVER,
		   &(struct sim_craft){ .src = { addr_ip4_u32(0x0a090064u + (uint32_t)(i % 100)), (uint16_t)(1024 + i) },
					.dst = { sim_world_addr(w, SIM_SERVER), SIM_PORT },
					.seq = (uint32_t)(i * 0x01000193u),
					.flags = TCP_SYN,
					.window = 1024,
					.mss = 1460 },
		   i == 0 ? "an attacker puts a SYN on the wire, from an address where nobody is; 299 more follow, one each millisecond"
			  : NULL);
	hf_host_count(sim_world_host(w, SIM_SERVER), &c);
	run->scratch[1] = hf_max_u64(run->scratch[1], c.half_open);
	run->scratch[2] = hf_max_u64(run->scratch[2], c.conns);
	if (run->scratch[0] < FORGED)
		sim_world_at(w, run->scratch[0] * FORGED_EVERY, inject_forged_syn, run);
}

static void set_up_syn_flood(struct sim_run *run)
{
	sim_set_hosts(run, NULL, &(struct sim_host_config){ .limits.half_open = CACHE }, NULL);
	sim_set_apps(run, &(struct sim_app_config){ .start = HF_MS(150), .write = 100, .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .write = 100, .ends = SIM_ENDS_PEER_FIN });
	sim_world_at(run->world, 0, inject_forged_syn, run);
	run->until = HF_MS(900);
}

static void expect_syn_flood(struct sim_run *run)
{
	sim_expect(run, run->scratch[0] == FORGED, "%u forged SYNs arrive", FORGED);
	sim_expect(run, run->scratch[1] == CACHE, "the SYN cache holds %u half-open peers at the most, its limit", CACHE);
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_SYN_EVICTED, FORGED - CACHE, UINT64_MAX);
	sim_expect(run, run->scratch[2] <= 1, "no forged SYN costs a connection block");
	sim_expect(run, sim_app_session(run->client, 0)->connected && run->server->sessions == 1,
		   "the real client gets in while the flood lasts");
	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT ");
	sim_expect_whole(run);
}

const struct sim_scenario syn_flood = {
	.name = "syn-flood",
	.summary = "300 forged SYNs: the cache stays within its limit, and a real client still gets in",
	.text = "Each forged SYN comes from an address where nobody answers, so no third segment follows. A half-open peer costs a small record and not a "
		"connection block (RFC 4987 3.3). The cache has room for 32 here; when it is full, the oldest makes room. A real client needs its record for "
		"one round trip only, 20 ms, and at this rate an entry lives 32 ms. Watch it get in at 150 ms.",
	.set_up = set_up_syn_flood,
	.expect = expect_syn_flood,
};
