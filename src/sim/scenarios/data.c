/* SPDX-License-Identifier: MIT */
/* How octets arrive whole and in order over a line that loses, delays and doubles them, and to a reader who takes his time. */
#include "sim/scenarios/scenarios.h"

#include <inttypes.h>

/* ---- zero-window ---- */

#define SMALL_WINDOW 8192u
#define READS_AT HF_S(3)

static void set_up_zero_window(struct sim_run *run)
{
	sim_set_hosts(run, NULL, &(struct sim_host_config){ .tcp.recv_window = SMALL_WINDOW }, NULL);
	sim_set_apps(run, &(struct sim_app_config){ .write = 30000, .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .read_at = READS_AT, .ends = SIM_ENDS_PEER_FIN });
}

static void expect_zero_window(struct sim_run *run)
{
	struct segment s;
	hf_time_ns at = 0, closed_at = HF_NEVER, probe_at = HF_NEVER;
	unsigned n = 0;
	bool silent = true;

	for (n = 0; sim_nth_frame(run->world, SIM_SERVER, TCP_SYN | TCP_RST, 0, n, &s, &at); n++)
		if (s.h.window == 0 && closed_at == HF_NEVER)
			closed_at = at;
	for (n = 0; sim_nth_frame(run->world, SIM_CLIENT, TCP_SYN | TCP_RST, 0, n, &s, &at); n++) {
		if (closed_at == HF_NEVER || at <= closed_at + HF_MS(SIM_DELAY_MS) || at >= READS_AT)
			continue;
		probe_at = probe_at == HF_NEVER ? at : probe_at;
		silent &= s.len <= 1;
	}
	sim_expect(run, closed_at < READS_AT, "the server announces a window of 0");
	sim_expect(run, probe_at < READS_AT, "the client probes the closed window");
	sim_expect(run, silent, "and sends no more than one octet at a time while it is closed");
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_WINDOW_CLOSED, 1, UINT64_MAX);
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_SWS, 1, UINT64_MAX);
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_PERSIST, 1, UINT64_MAX);
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_WINDOW_OPEN, 1, UINT64_MAX);
	sim_expect_clean_end(run);
}

const struct sim_scenario zero_window = {
	.name = "zero-window",
	.summary = "the reader is slow: the window closes, is probed, and opens again",
	.text = "The server's program reads nothing for three seconds. Its TCP has room for 8,192 octets and says so with every ACK, until it says 0. The "
		"client may then send nothing new, but it must not go to sleep: the ACK that opens the window could be lost, and both would wait for ever. "
		"So it probes, at growing intervals (RFC 9293 3.8.6.1). Just before, the room left is less than a segment: the client holds its octets back "
		"for a while rather than send a silly little one (3.8.6.2.1).",
	.set_up = set_up_zero_window,
	.expect = expect_zero_window,
};

/* ---- reordering ---- */

static void set_up_reordering(struct sim_run *run)
{
	const struct sim_link_config line = { .delay = HF_MS(SIM_DELAY_MS), .rate_bps = 12000000 }; /* a full segment takes 1 ms */

	sim_set_hosts(run, NULL, NULL, &line);
	sim_set_apps(run, &(struct sim_app_config){ .write = 14000, .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .ends = SIM_ENDS_PEER_FIN });
	sim_world_fault(run->world, &(struct sim_fault){ .from = SIM_CLIENT,
							 .payload = SIM_PAYLOAD_SOME,
							 .skip = 3,
							 .what = SIM_DELAY,
							 .delay = HF_US(2500),
							 .note = "this one takes another way: two others overtake it" });
}

static void expect_reordering(struct sim_run *run)
{
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_OUT_OF_ORDER, 2, 2);
	sim_expect_told(run, SIM_SERVER, HF_TR_TCP_HOLE_FILLED, 1, 1);
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_FAST_RETRANSMIT, 0, 0);
	sim_expect_told(run, SIM_CLIENT, HF_TR_TCP_RTO, 0, 0);
	sim_expect_clean_end(run);
}

const struct sim_scenario reordering = {
	.name = "reordering",
	.summary = "a segment is overtaken by two others: kept, repeated ACKs, no retransmission",
	.text = "The fourth data segment takes 2.5 ms longer, and the two behind it arrive first. The server keeps them and repeats the ACK of what it is "
		"missing. Two repeated ACKs may mean reordering, so the client waits; three would mean loss (RFC 5681 3.2). The late one fills the hole and "
		"everything becomes readable at once.",
	.set_up = set_up_reordering,
	.expect = expect_reordering,
};

/* ---- loss-1-percent ---- */

#define FILE_OCTETS (1u << 20)

static void set_up_loss(struct sim_run *run)
{
	const struct sim_link_config line = {
		.delay = HF_MS(SIM_DELAY_MS), .rate_bps = 100000000, .queue_packets = 200, .loss_ppm = 10000
	};

	sim_set_hosts(run, NULL, NULL, &line);
	sim_set_apps(run, &(struct sim_app_config){ .write = FILE_OCTETS, .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .ends = SIM_ENDS_PEER_FIN });
}

static void expect_loss(struct sim_run *run)
{
	size_t n, lost = 0;
	const struct ladder_event *log = sim_world_log(run->world, &n);

	for (size_t i = 0; i < n; i++)
		lost += log[i].what == LADDER_SEGMENT && log[i].fate == LADDER_LOST;
	sim_expect(run, lost > 0, "the line loses segments, %zu of them", lost);
	sim_expect(run,
		   sim_world_count(run->world, SIM_CLIENT, HF_TR_TCP_FAST_RETRANSMIT) +
				   sim_world_count(run->world, SIM_CLIENT, HF_TR_TCP_RTO) >
			   0,
		   "the client notices and sends again");
	sim_expect(run, sim_app_session(run->server, 0)->read == FILE_OCTETS, "%u octets arrive", FILE_OCTETS);
	sim_expect_clean_end(run);
}

const struct sim_scenario loss_1_percent = {
	.name = "loss-1-percent",
	.summary = "a file of 1 MiB crosses a line that loses one packet in a hundred, either way",
	.text = "100 Mbit/s, 20 ms there and back, one per cent lost. Watch how a loss shows: the segments behind the hole arrive and are kept, each repeats "
		"the same ACK, the third repetition makes the client send the missing one again at once (RFC 5681 3.2), and half the congestion window is "
		"the price. Only where too few segments follow to repeat the ACK does the timer have to do it.",
	.set_up = set_up_loss,
	.expect = expect_loss,
};

/* ---- old-duplicate-data ---- */

#define FIRST_OCTETS 3000u
#define ALL_OCTETS 4000u

static const char old_octets[] = "octets of a time long past";

static void inject_old_data(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	struct hf_conn_info row;
	struct segment syn;
	struct sim_craft c;

	if (!sim_find_row(w, SIM_SERVER, HF_TCP_ESTABLISHED, &row) ||
	    !sim_nth_frame(w, SIM_CLIENT, TCP_SYN, TCP_SYN, 0, &syn, NULL))
		return;
	run->scratch[0] = 1;
	c = sim_craft_from_peer(&row, TCP_ACK | TCP_PSH);
	c.timestamps = syn.h.has_timestamps;
	c.ts_val = syn.h.ts_val - 1000;
	c.payload = (struct hf_bytes){ (const uint8_t *)old_octets, sizeof(old_octets) - 1 };
	sim_inject(w, SIM_SERVER, &c, "an old duplicate turns up: its sequence number fits again by chance");
}

static void tell_what_is_spoiled(struct sim_world *w, void *arg)
{
	struct sim_run *run = arg;
	const struct sim_session *s = sim_app_session(run->server, 0);

	if (s->broken)
		sim_world_note(w,
			       "octets %" PRIu64 " to %" PRIu64
			       " that the server's program reads are not those that the client's program wrote; neither is told",
			       s->broken_at + 1, s->broken_to + 1); /* counted as sequence numbers are */
}

static void set_up_old_duplicate(struct sim_run *run)
{
	const struct sim_host_config host = { .tcp.no_timestamps = run->part == 1 };

	run->title = run->part == 0 ? "With timestamps: the old segment gives itself away"
				    : "Without timestamps: nobody can tell, and the stream is spoiled";
	sim_set_hosts(run, &host, &host, NULL);
	/* The first 3,000 octets, then half a second later the rest; the old ones arrive just before those. */
	sim_set_apps(run,
		     &(struct sim_app_config){ .write = ALL_OCTETS,
					       .write_piece = FIRST_OCTETS,
					       .write_every = HF_MS(500),
					       .ends = SIM_ENDS_WRITTEN },
		     &(struct sim_app_config){ .ends = SIM_ENDS_PEER_FIN });
	sim_world_at(run->world, HF_MS(525), inject_old_data, run);
	sim_world_at(run->world, HF_MS(600), tell_what_is_spoiled, run);
}

static void expect_old_duplicate(struct sim_run *run)
{
	const struct sim_session *s = sim_app_session(run->server, 0);

	sim_expect(run, run->scratch[0] && s->read == ALL_OCTETS,
		   "the connection carries %u octets, and old ones turn up in between", ALL_OCTETS);
	if (run->part == 0) {
		sim_expect_told(run, SIM_SERVER, HF_TR_TCP_PAWS, 1, 1);
		sim_expect_clean_end(run);
	} else {
		sim_expect_told(run, SIM_SERVER, HF_TR_TCP_PAWS, 0, 0);
		sim_expect(run,
			   s->broken && s->broken_at == FIRST_OCTETS && s->broken_to < FIRST_OCTETS + sizeof(old_octets) - 1,
			   "from octet %u on some are not those that were written: the old ones took their place",
			   FIRST_OCTETS + 1);
		sim_expect_nothing_left(run);
	}
}

const struct sim_scenario old_duplicate_data = {
	.name = "old-duplicate-data",
	.summary = "a segment from before the sequence numbers wrapped: PAWS drops it, or else it spoils the stream",
	.text = "Sequence numbers wrap after 4 GiB, which a fast line sends in seconds. A segment that the network kept that long fits the window again. The "
		"4 GiB are not played here: the packet put on the wire is what such a segment looks like, right number, right ports, an old timestamp. "
		"Protection against wrapped sequences compares the timestamp with the last one seen (RFC 7323 5). The second part is the same world with "
		"timestamps off.",
	.parts = 2,
	.set_up = set_up_old_duplicate,
	.expect = expect_old_duplicate,
};
