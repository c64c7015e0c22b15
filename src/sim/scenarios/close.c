/* SPDX-License-Identifier: MIT */
/* How a connection ends: each direction by itself, in whatever order the two ends come to it. */
#include "sim/scenarios/scenarios.h"

#define FIN_SYN_RST (TCP_FIN | TCP_SYN | TCP_RST)
#define MSL HF_S(30)

static void set_up_close(struct sim_run *run, const struct sim_app_config *client, const struct sim_app_config *server)
{
	sim_set_hosts(run, NULL, NULL, NULL);
	sim_set_apps(run, client, server);
}

static void expect_time_wait(struct sim_run *run, unsigned host, unsigned last)
{
	hf_time_ns from = sim_state_at(run->world, host, HF_TCP_TIME_WAIT, last),
		   to = sim_state_at(run->world, host, HF_TCP_CLOSED, 0);

	sim_expect(run, from != HF_NEVER && to == from + 2 * MSL,
		   "the %s's TIME_WAIT lasts 2 MSL, which is 60 s, to the nanosecond", sim_run_host_name(run, host));
}

/* ---- four-way-close ---- */

static void set_up_four_way_close(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .shut_at = HF_MS(100) },
		     &(struct sim_app_config){ .shut_at = HF_MS(160) });
}

static void expect_four_way_close(struct sim_run *run)
{
	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect_frames(run, SIM_CLIENT, TCP_FIN, TCP_FIN, 1);
	sim_expect_frames(run, SIM_SERVER, TCP_FIN, TCP_FIN, 1);
	sim_expect_frames(run, SIM_CLIENT, FIN_SYN_RST, 0, 2); /* the ACKs of SYN and FIN */
	sim_expect_frames(run, SIM_SERVER, FIN_SYN_RST, 0, 1);
	expect_time_wait(run, SIM_CLIENT, 0);
	sim_expect_clean_end(run);
}

const struct sim_scenario four_way_close = {
	.name = "four-way-close",
	.summary = "FIN and its ACK in one direction, then FIN and its ACK in the other",
	.text = "FIN means \"I have nothing more to say\", not \"I am gone\": each direction is closed by itself, and each FIN is acknowledged. The "
		"client closes first; until the server's program closes too, the server is in CLOSE_WAIT and the client in FIN_WAIT_2. Who closes first "
		"keeps TIME_WAIT for two maximum segment lifetimes: its last ACK may be lost, and old duplicates must die out.",
	.set_up = set_up_four_way_close,
	.expect = expect_four_way_close,
};

/* ---- half-close ---- */

#define ANSWER 6000u

static void set_up_half_close(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .write = 1000, .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .write = ANSWER,
					       .write_piece = ANSWER / 2,
					       .write_every = HF_MS(100),
					       .write_after_fin = true,
					       .ends = SIM_ENDS_PEER_FIN });
}

static void expect_half_close(struct sim_run *run)
{
	hf_time_ns fin_at = HF_NEVER, data_at = 0;
	struct segment s;
	unsigned n = 0;
	bool after = sim_nth_frame(run->world, SIM_CLIENT, TCP_FIN, TCP_FIN, 0, &s, &fin_at);

	while (sim_nth_frame(run->world, SIM_SERVER, TCP_SYN | TCP_RST, 0, n++, &s, &data_at))
		after &= s.len == 0 || data_at > fin_at;
	sim_expect(run, after, "all of the server's data is sent after the client's FIN");
	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect(run,
		   sim_state_at(run->world, SIM_CLIENT, HF_TCP_FIN_WAIT_2, 0) + HF_MS(100) ==
			   sim_state_at(run->world, SIM_CLIENT, HF_TCP_TIME_WAIT, 0),
		   "the client stays in FIN_WAIT_2 from the first half of the answer to the second");
	sim_expect(run, sim_app_session(run->client, 0)->read == ANSWER,
		   "the client reads the whole answer, though its own direction is closed");
	sim_expect_clean_end(run);
}

const struct sim_scenario half_close = {
	.name = "half-close",
	.summary = "data flows on after the first FIN",
	.text = "The client sends its request and closes its direction at once, as `nc -N` does. The server reads to the end of the stream, and only "
		"then knows the whole request; it answers with twice 3,000 octets, 100 ms apart, into a connection that is closed the other way. The client "
		"takes them in FIN_WAIT_2 and goes on acknowledging (RFC 9293 3.6).",
	.set_up = set_up_half_close,
	.expect = expect_half_close,
};

/* ---- simultaneous-close ---- */

static void set_up_simultaneous_close(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .shut_at = HF_MS(100) },
		     &(struct sim_app_config){ .shut_at = HF_MS(104) });
}

static void expect_simultaneous_close(struct sim_run *run)
{
	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT CLOSED ");
	expect_time_wait(run, SIM_CLIENT, 0);
	expect_time_wait(run, SIM_SERVER, 0);
	sim_expect_clean_end(run);
}

const struct sim_scenario simultaneous_close = {
	.name = "simultaneous-close",
	.summary = "both close before either FIN arrives: CLOSING, and TIME_WAIT on both sides",
	.text = "The server closes 4 ms after the client, while the client's FIN is still on the way. Each side receives a FIN when it waits for the "
		"ACK of its own: that state is CLOSING. Neither can say that the other closed first, so both keep TIME_WAIT.",
	.set_up = set_up_simultaneous_close,
	.expect = expect_simultaneous_close,
};

/* ---- fin-ack-together ---- */

static void set_up_fin_ack_together(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .shut_at = HF_MS(100) },
		     &(struct sim_app_config){ .ends = SIM_ENDS_PEER_FIN });
}

static void expect_fin_ack_together(struct sim_run *run)
{
	struct segment fin, answer;
	bool both = sim_nth_frame(run->world, SIM_CLIENT, TCP_FIN, TCP_FIN, 0, &fin, NULL) &&
		    sim_nth_frame(run->world, SIM_SERVER, TCP_FIN, TCP_FIN, 0, &answer, NULL);

	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect(run, both && answer.h.ack == fin.h.seq + 1,
		   "one segment of the server acknowledges the FIN and is a FIN itself");
	sim_expect_frames(run, SIM_SERVER, FIN_SYN_RST, 0, 0);
	sim_expect_clean_end(run);
}

const struct sim_scenario fin_ack_together = {
	.name = "fin-ack-together",
	.summary = "the answer to FIN is FIN and ACK in one segment: straight from FIN_WAIT_1 to TIME_WAIT",
	.text = "The server's program closes as soon as it reads the end of the stream, before the ACK has left. The two middle segments of a four-way "
		"close become one, and the client never sees FIN_WAIT_2. Most closes on the Internet look like this.",
	.set_up = set_up_fin_ack_together,
	.expect = expect_fin_ack_together,
};

/* ---- fin-lost ---- */

static void set_up_fin_lost(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .shut_at = HF_MS(100) },
		     &(struct sim_app_config){ .shut_at = HF_MS(600) });
	sim_world_fault(run->world, &(struct sim_fault){ .from = SIM_CLIENT,
							 .mask = TCP_FIN,
							 .value = TCP_FIN,
							 .what = SIM_DROP,
							 .note = "loses the FIN" });
}

static void expect_fin_lost(struct sim_run *run)
{
	struct segment first, second;
	bool both = sim_nth_frame(run->world, SIM_CLIENT, TCP_FIN, TCP_FIN, 0, &first, NULL) &&
		    sim_nth_frame(run->world, SIM_CLIENT, TCP_FIN, TCP_FIN, 1, &second, NULL);

	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect(run, both && first.h.seq == second.h.seq, "the FIN goes out again with the same number");
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_RTO, 1, 1);
	sim_expect_clean_end(run);
}

const struct sim_scenario fin_lost = {
	.name = "fin-lost",
	.summary = "the FIN is lost and sent again: it counts as an octet, so it is as safe as data",
	.text = "A FIN takes one sequence number. So it is acknowledged and retransmitted as data is, in order behind all of it. Watch the client stay in "
		"FIN_WAIT_1 until its timer sends the FIN a second time. The timer waits 200 ms at least, as in Linux and FreeBSD; RFC 6298 2.4 asks for a "
		"whole second, which is long on the paths of today (docs/decisions/0006-rto-floor.md).",
	.set_up = set_up_fin_lost,
	.expect = expect_fin_lost,
};

/* ---- last-ack-lost ---- */

static void set_up_last_ack_lost(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .shut_at = HF_MS(100) },
		     &(struct sim_app_config){ .shut_at = HF_MS(160) });
	sim_world_fault(run->world, &(struct sim_fault){ .from = SIM_CLIENT,
							 .mask = TCP_FIN,
							 .ack_of_fin = true,
							 .payload = SIM_PAYLOAD_NONE,
							 .what = SIM_DROP,
							 .note = "loses the last ACK" });
}

static void expect_last_ack_lost(struct sim_run *run)
{
	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT TIME_WAIT CLOSED ");
	sim_expect_path(run, SIM_SERVER, 0, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED ");
	sim_expect_frames(run, SIM_SERVER, TCP_FIN, TCP_FIN, 2);
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_TIME_WAIT_AGAIN, 1, 1);
	expect_time_wait(run, SIM_CLIENT, 1);
	sim_expect_clean_end(run);
}

const struct sim_scenario last_ack_lost = {
	.name = "last-ack-lost",
	.summary = "the last ACK is lost: TIME_WAIT is there to answer the repeated FIN",
	.text = "The server is in LAST_ACK and its FIN seems to be lost, so it sends it again. Were the client's record already gone, the answer would be "
		"a reset, and the server's program would be told of a failure that was none. In TIME_WAIT the client acknowledges once more and starts its "
		"2 MSL anew.",
	.set_up = set_up_last_ack_lost,
	.expect = expect_last_ack_lost,
};

/* ---- time-wait-2msl ---- */

static void send_old_things(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	struct hf_host_counters c;
	struct segment fin;

	hf_host_count(sim_world_host(w, SIM_CLIENT), &c);
	run->scratch[0] = c.time_wait == 1 && c.conns == 0 && c.chunks == 0;
	if (!sim_nth_frame(w, SIM_SERVER, TCP_FIN, TCP_FIN, 0, &fin, NULL))
		return;
	sim_inject(w, SIM_CLIENT,
		   &(struct sim_craft){ .src = fin.src, .dst = fin.dst, .seq = fin.h.seq + 1, .flags = TCP_RST },
		   "an old reset turns up, with the very number expected");
	sim_inject(w, SIM_CLIENT,
		   &(struct sim_craft){ .src = fin.src,
					.dst = fin.dst,
					.seq = fin.h.seq - 100,
					.ack = fin.h.ack,
					.flags = TCP_ACK,
					.window = 1000,
					.timestamps = fin.h.has_timestamps,
					.ts_val = fin.h.ts_val - 100,
					.ts_ecr = fin.h.ts_ecr,
					.payload = { (const uint8_t *)"old octets, sent long ago", 25 } },
		   "an old duplicate of some data turns up");
}

static void set_up_time_wait(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .shut_at = HF_MS(100) },
		     &(struct sim_app_config){ .write = 200, .ends = SIM_ENDS_PEER_FIN });
	sim_world_at(run->world, HF_S(20), send_old_things, run);
}

static void expect_time_wait_2msl(struct sim_run *run)
{
	sim_expect_path(run, SIM_CLIENT, 0, "SYN_SENT ESTABLISHED FIN_WAIT_1 TIME_WAIT CLOSED ");
	sim_expect(run, run->scratch[0], "TIME_WAIT is a small record: no connection block, no buffers");
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_TIME_WAIT_RST, 2, 2); /* the old one, and the server's answer to our ACK */
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_TIME_WAIT_END, 1, 1);
	expect_time_wait(run, SIM_CLIENT, 0);
	sim_expect_clean_end(run);
}

const struct sim_scenario time_wait_2msl = {
	.name = "time-wait-2msl",
	.summary = "TIME_WAIT lasts twice the longest life of a segment, and old duplicates die in it",
	.text = "The network may still hold segments of this connection. If a new one began between the same ports, they could fall into it. So the side "
		"that closed first remembers the pair of addresses and ports for 2 MSL: here 60 s. After 20 s two old segments turn up. A reset is ignored, "
		"else it would end the wait (RFC 1337). Old data goes nowhere: the answer says where we stand, and when the server, which has forgotten "
		"all, resets that, it is ignored too.",
	.set_up = set_up_time_wait,
	.expect = expect_time_wait_2msl,
};

/* ---- close-wait-leak ---- */

#define LEAKED 3u

static void look_at_leak(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	struct hf_host_counters client, server;
	struct hf_conn_info row;
	uint64_t cursor = 0, waiting = 0;

	while (hf_host_each(sim_world_host(w, SIM_SERVER), &cursor, &row))
		waiting += row.state == HF_TCP_CLOSE_WAIT;
	hf_host_count(sim_world_host(w, SIM_CLIENT), &client);
	hf_host_count(sim_world_host(w, SIM_SERVER), &server);
	run->scratch[0] = waiting;
	run->scratch[1] = server.conns;
	run->scratch[2] = client.conns + client.time_wait;
	sim_world_note(w, "one hour later: the client holds %u connections, the server %u, all of them in CLOSE_WAIT",
		       client.conns, server.conns);
}

static void set_up_close_wait_leak(struct sim_run *run)
{
	set_up_close(run, &(struct sim_app_config){ .write = 10, .close_at = HF_MS(100) },
		     &(struct sim_app_config){ .keeps = true });
	for (unsigned i = 1; i < LEAKED; i++)
		sim_app_add(run->world, &(struct sim_app_config){ .host = SIM_CLIENT,
								  .peer = SIM_SERVER,
								  .port = SIM_PORT,
								  .start = HF_S(i),
								  .write = 10,
								  .close_at = HF_S(i) + HF_MS(100) });
	sim_world_at(run->world, HF_S(3600), look_at_leak, run);
	run->until = HF_S(3601);
}

static void expect_close_wait_leak(struct sim_run *run)
{
	for (unsigned i = 0; i < LEAKED; i++)
		sim_expect_path(run, SIM_SERVER, i, "SYN_RECEIVED ESTABLISHED CLOSE_WAIT ");
	sim_expect(run, run->scratch[0] == LEAKED && run->scratch[1] == LEAKED,
		   "an hour later the server still holds %u blocks in CLOSE_WAIT", LEAKED);
	sim_expect(run, run->scratch[2] == 0, "the client has long freed all of its own");
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_FIN_WAIT_2_END, LEAKED, LEAKED);
	sim_expect_frames(run, SIM_SERVER, TCP_FIN, TCP_FIN, 0);
}

const struct sim_scenario close_wait_leak = {
	.name = "close-wait-leak",
	.summary = "a program that never closes: CLOSE_WAIT piles up",
	.text = "The server's program reads the end of the stream and forgets to close. TCP must wait: only the program knows whether it has something "
		"left to say, and no timer of TCP runs in CLOSE_WAIT. So each such connection keeps its block for as long as the program lives. The client is better off: "
		"nobody reads there any more, so its FIN_WAIT_2 ends after a while, which is common practice and no rule of RFC 9293. A list of "
		"connections full of CLOSE_WAIT is always a bug of the program on that side, never of the network.",
	.set_up = set_up_close_wait_leak,
	.expect = expect_close_wait_leak,
};
