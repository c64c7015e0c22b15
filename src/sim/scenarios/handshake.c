/* SPDX-License-Identifier: MIT */
/* How a connection begins: in three steps, over a bad line, from both ends at once, and why two steps are too few. */
#include "sim/scenarios/scenarios.h"

#define FIN_SYN_RST (TCP_FIN | TCP_SYN | TCP_RST)

/* ---- three-way-handshake ---- */

static void open_and_wait(struct sim_run *run)
{
	sim_set_hosts(run, NULL, NULL, NULL);
	sim_set_apps(run, &(struct sim_app_config){ 0 }, &(struct sim_app_config){ 0 });
	run->until = HF_S(1);
}

static void expect_both_established(struct sim_run *run)
{
	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED ");
	sim_expect(run, sim_app_session(run->client, 0)->connected, "the client's program is told that it is connected");
	sim_expect(run, run->server->sessions == 1, "the server's program is given one connection");
}

static void expect_three_way_handshake(struct sim_run *run)
{
	struct segment syn, syn_ack, ack;
	bool all;

	expect_both_established(run);
	all = sim_nth_frame(run->world, SIM_CLIENT, FIN_SYN_RST | TCP_ACK, TCP_SYN, 0, &syn, NULL) &&
	      sim_nth_frame(run->world, SIM_SERVER, FIN_SYN_RST | TCP_ACK, TCP_SYN | TCP_ACK, 0, &syn_ack, NULL) &&
	      sim_nth_frame(run->world, SIM_CLIENT, FIN_SYN_RST | TCP_ACK, TCP_ACK, 0, &ack, NULL);
	sim_expect(run, all, "SYN, SYN,ACK and ACK cross the line");
	sim_expect(run, all && syn_ack.h.ack == syn.h.seq + 1 && ack.h.ack == syn_ack.h.seq + 1,
		   "each acknowledges the other's first number plus one");
	sim_expect(run,
		   sim_count_frames(run->world, SIM_CLIENT, 0, 0) == 2 && sim_count_frames(run->world, SIM_SERVER, 0, 0) == 1,
		   "three segments are all it takes");
}

const struct sim_scenario three_way_handshake = {
	.name = "three-way-handshake",
	.summary = "a connection begins: SYN, SYN,ACK, ACK",
	.text = "Each side chooses a first sequence number and must learn that the other has heard it. The client's number goes in the SYN; the "
		"server acknowledges it and sends its own in the same segment; the client acknowledges that one. Watch the server: it is SYN_RECEIVED, "
		"and believes nothing yet, until the third segment proves that its own number arrived at a host that means it.",
	.set_up = open_and_wait,
	.expect = expect_three_way_handshake,
};

/* ---- syn-lost ---- */

static void set_up_syn_lost(struct sim_run *run)
{
	open_and_wait(run);
	sim_world_fault(run->world, &(struct sim_fault){ .from = SIM_CLIENT,
							 .mask = TCP_SYN,
							 .value = TCP_SYN,
							 .what = SIM_DROP,
							 .note = "loses the first SYN" });
	run->until = HF_S(3);
}

static void expect_syn_lost(struct sim_run *run)
{
	struct segment first, second;
	hf_time_ns first_at, second_at;
	bool both = sim_nth_frame(run->world, SIM_CLIENT, TCP_SYN, TCP_SYN, 0, &first, &first_at) &&
		    sim_nth_frame(run->world, SIM_CLIENT, TCP_SYN, TCP_SYN, 1, &second, &second_at);

	expect_both_established(run);
	sim_expect(run, both && first.h.seq == second.h.seq, "the SYN goes out twice, with the same number");
	sim_expect(run, both && second_at - first_at == HF_S(1),
		   "one second apart: the first retransmission time of RFC 6298");
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_RTO, 1, 1);
}

const struct sim_scenario syn_lost = {
	.name = "syn-lost",
	.summary = "the first SYN is lost and sent again after a second",
	.text = "Nothing is known of the path yet, so the client waits a whole second (RFC 6298 2.1) before it takes the SYN for lost. The second "
		"one has the same sequence number: should the first one still arrive, it is a duplicate and not a second connection.",
	.set_up = set_up_syn_lost,
	.expect = expect_syn_lost,
};

/* ---- lost-final-ack-of-handshake ---- */

static void set_up_lost_final_ack(struct sim_run *run)
{
	struct sim_app_config client = { 0 };

	if (run->part == 0) {
		client.write = 100;
		client.write_at = HF_MS(200);
		run->title = "Data follows: its acknowledgment does what the lost one should have done";
	} else {
		run->title = "Nobody speaks: the server sends its SYN,ACK again";
	}
	sim_set_hosts(run, NULL, NULL, NULL);
	sim_set_apps(run, &client, &(struct sim_app_config){ 0 });
	sim_world_fault(run->world, &(struct sim_fault){ .from = SIM_CLIENT,
							 .mask = FIN_SYN_RST | TCP_ACK,
							 .value = TCP_ACK,
							 .what = SIM_DROP,
							 .note = "loses the third segment of the handshake" });
	run->until = HF_S(3);
}

static void expect_lost_final_ack(struct sim_run *run)
{
	hf_time_ns client_at = sim_state_at(run->world, SIM_CLIENT, HF_TCP_ESTABLISHED, 0);
	hf_time_ns server_at = sim_state_at(run->world, SIM_SERVER, HF_TCP_ESTABLISHED, 0);

	expect_both_established(run);
	sim_expect(run, client_at == HF_MS(2 * SIM_DELAY_MS), "the client is ESTABLISHED after one round trip");
	if (run->part == 0) {
		sim_expect(run, server_at == HF_MS(200 + SIM_DELAY_MS),
			   "the server stays SYN_RECEIVED until the data arrives");
		sim_expect_frames(run, SIM_SERVER, TCP_SYN, TCP_SYN, 1);
		sim_expect(run, sim_app_session(run->server, 0)->read == 100 && !sim_app_session(run->server, 0)->broken,
			   "the data is not lost");
	} else {
		sim_expect(run, server_at >= HF_S(1) && server_at < HF_S(2),
			   "the server stays SYN_RECEIVED for about a second");
		sim_expect_frames(run, SIM_SERVER, TCP_SYN, TCP_SYN, 2);
		sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_CHALLENGE_SYN, 1, 1);
		sim_expect_told(run, SIM_SERVER, HF_TR_TCP_RTO, 1, 1);
	}
}

const struct sim_scenario lost_final_ack_of_handshake = {
	.name = "lost-final-ack-of-handshake",
	.summary = "the third segment is lost: SYN_RECEIVED holds until data or a repeated SYN,ACK settles it",
	.text = "The client is ESTABLISHED and the server is not: the two may disagree for a while, and TCP heals it in two ways. Every segment "
		"carries an ACK, so the first data settles it. And if nobody speaks, the server's timer sends SYN,ACK again, which a client that is "
		"already ESTABLISHED answers with a plain ACK and nothing else (RFC 5961 4).",
	.parts = 2,
	.set_up = set_up_lost_final_ack,
	.expect = expect_lost_final_ack,
};

/* ---- simultaneous-open ---- */

static void set_up_simultaneous_open(struct sim_run *run)
{
	sim_set_hosts(run, NULL, NULL, NULL);
	run->client = sim_app_add(run->world,
				  &(struct sim_app_config){ .host = 0, .peer = 1, .local_port = 7000, .port = 7001 });
	run->server = sim_app_add(
		run->world,
		&(struct sim_app_config){ .host = 1, .peer = 0, .local_port = 7001, .port = 7000, .start = HF_MS(4) });
	run->until = HF_S(1);
}

static void expect_simultaneous_open(struct sim_run *run)
{
	sim_expect_path(run, 0, 0, "SYN_SENT SYN_RECEIVED ESTABLISHED ");
	sim_expect_path(run, 1, 0, "SYN_SENT SYN_RECEIVED ESTABLISHED ");
	sim_expect(run, sim_world_paths(run->world, 0) == 1 && sim_world_paths(run->world, 1) == 1,
		   "one connection comes of it, not two");
	for (unsigned host = 0; host < 2; host++) {
		sim_expect_frames(run, host, TCP_SYN | TCP_ACK, TCP_SYN, 1);
		sim_expect_frames(run, host, TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK, 1);
	}
	sim_expect(run, sim_app_session(run->client, 0)->connected && sim_app_session(run->server, 0)->connected,
		   "both programs are told");
}

const struct sim_scenario simultaneous_open = {
	.name = "simultaneous-open",
	.summary = "both ends connect to each other at once: one connection, and nobody listens",
	.text = "Alice connects from port 7000 to Bob's 7001, and Bob from 7001 to Alice's 7000, before either hears of the other. The SYNs cross. "
		"Each side answers a SYN with SYN,ACK and becomes SYN_RECEIVED; the other's SYN,ACK then acknowledges its own SYN (RFC 9293 3.5, MUST-10).",
	.names = { "alice", "bob" },
	.set_up = set_up_simultaneous_open,
	.expect = expect_simultaneous_open,
};

/* ---- stale-syn, stale-syn-two-way ---- */

#define STALE_MSL HF_S(5)
#define HELD HF_S(20)
#define STALE_UNTIL HF_S(60)

static void hold_first_syn(struct sim_run *run, const struct sim_host_config *server)
{
	sim_set_hosts(run, &(struct sim_host_config){ .tcp.msl = STALE_MSL }, server, NULL);
	sim_set_apps(run, &(struct sim_app_config){ .write = 100, .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .ends = SIM_ENDS_PEER_FIN });
	sim_world_fault(run->world, &(struct sim_fault){ .from = SIM_CLIENT,
							 .mask = TCP_SYN,
							 .value = TCP_SYN,
							 .what = SIM_DELAY,
							 .delay = HELD,
							 .note = "holds the first SYN for 20 seconds" });
}

static void note_stale_syn(struct sim_world *w, void *arg)
{
	(void)arg;
	sim_world_note(w, "the connection is over and forgotten on both sides; now the network lets the old SYN go");
}

static void set_up_stale_syn(struct sim_run *run)
{
	hold_first_syn(run, &(struct sim_host_config){ .tcp.msl = STALE_MSL });
	sim_world_at(run->world, HELD, note_stale_syn, NULL);
	run->until = STALE_UNTIL;
}

static void expect_stale_syn(struct sim_run *run)
{
	struct segment syn, rst;
	hf_time_ns rst_at = 0;
	bool reset;

	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect_path(run, SIM_SERVER, 1, "SYN_RECEIVED LISTEN ");
	sim_expect(run, sim_state_at(run->world, SIM_CLIENT, HF_TCP_CLOSED, 0) < HELD,
		   "the client's TIME_WAIT is over before the old SYN arrives");
	sim_expect_frames(run, SIM_CLIENT, TCP_SYN, TCP_SYN, 2);
	sim_expect_frames(run, SIM_SERVER, TCP_SYN, TCP_SYN, 2);
	reset = sim_nth_frame(run->world, SIM_CLIENT, TCP_RST, TCP_RST, 0, &rst, &rst_at) &&
		sim_nth_frame(run->world, SIM_SERVER, TCP_SYN, TCP_SYN, 1, &syn, NULL);
	sim_expect(run, reset && rst.h.seq == syn.h.ack && rst_at == HELD + HF_MS(2 * SIM_DELAY_MS),
		   "the client answers the unexpected SYN,ACK with a reset that carries the number it acknowledges");
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_RESET_RECEIVED, 1, 1);
	sim_expect(run, run->server->sessions == 1,
		   "the server's program is given one connection only: it never hears of the second");
	sim_expect_whole(run);
	sim_expect_nothing_left(run);
}

const struct sim_scenario stale_syn = {
	.name = "stale-syn",
	.summary = "an old SYN arrives when its connection is long over: the third step refuses it",
	.text = "The network holds the client's first SYN for 20 seconds. The client sends it again after one, does its work and closes. MSL is set to "
		"5 s here, so that TIME_WAIT is over when the old SYN arrives: this network breaks even the promise that no segment lives longer. The "
		"server cannot tell an old SYN from a new one, so it answers. But it believes nothing until the third step: the client knows of no such "
		"connection and resets it (RFC 9293 3.5). Nothing is left open, and the server's program never hears of it.",
	.set_up = set_up_stale_syn,
	.expect = expect_stale_syn,
};

#define SERVER_WAITED HF_S(3600)

static void switch_client_off(struct sim_world *w, void *arg)
{
	(void)arg;
	sim_world_switch_off(w, SIM_CLIENT);
	sim_world_note(w, "the client has done its work and is switched off: nobody is left who could refuse");
}

static void look_at_server(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	struct hf_host_counters c;

	hf_host_count(sim_world_host(w, SIM_SERVER), &c);
	run->scratch[0] = c.conns;
	sim_world_note(w, "one hour later the server holds %u connection%s open: its program still waits for a request",
		       c.conns, c.conns == 1 ? "" : "s");
}

static void set_up_stale_syn_two_way(struct sim_run *run)
{
	hold_first_syn(run, &(struct sim_host_config){ .tcp.msl = STALE_MSL, .tcp.faults = HF_FAULT_TWO_WAY_HANDSHAKE });
	sim_world_at(run->world, HELD - HF_S(1), switch_client_off, NULL);
	sim_world_at(run->world, SERVER_WAITED, look_at_server, run);
	run->until = SERVER_WAITED + HF_S(1);
}

static void expect_stale_syn_two_way(struct sim_run *run)
{
	struct hf_conn_info row;

	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect_path(run, SIM_SERVER, 1, "ESTABLISHED ");
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_BELIEVED_SYN, 2, 2);
	sim_expect(run, run->server->sessions == 2,
		   "the server's program is given a second connection, which nobody opened");
	sim_expect(run, sim_app_session(run->server, 1)->open && sim_app_session(run->server, 1)->read == 0,
		   "and waits for a request that never comes");
	sim_expect(run, sim_find_row(run->world, SIM_SERVER, HF_TCP_ESTABLISHED, &row) && run->scratch[0] == 1,
		   "an hour later its block is still there, ESTABLISHED");
	sim_expect_frames(run, SIM_CLIENT, TCP_RST, TCP_RST, 0);
}

const struct sim_scenario stale_syn_two_way = {
	.name = "stale-syn-two-way",
	.summary = "the same network with a pretended two-way handshake: the server believes and waits",
	.text = "Two things are pretended here. The server believes a SYN at once, as if two steps were enough; and the client's machine is switched "
		"off after its work. A live client of today would still refuse the SYN,ACK with a reset, and so undo the harm; with nobody there, "
		"nothing does. The server's program is given a connection that nobody opened, its block stays ESTABLISHED, and it waits for ever. Compare "
		"`stale-syn`, where even a silent client costs no more than a half-open record that ends by itself and no program is told.",
	.set_up = set_up_stale_syn_two_way,
	.expect = expect_stale_syn_two_way,
};
