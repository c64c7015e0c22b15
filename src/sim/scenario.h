/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_SCENARIO_H
#define HF_SIM_SCENARIO_H

#include "explain/json.h"
#include "explain/look.h"
#include "sim/craft.h"
#include "sim/oracles.h"

/*
 * A scenario is a small world, what happens in it, and what it must show. It is judged by states, trace records and
 * frames, never by the text that is printed of it. Some are played in several parts, each in a world of its own.
 */
#define SIM_PARTS_MAX 12u
#define SIM_CLIENT 0u
#define SIM_SERVER 1u
#define SIM_PORT 4000u   /* of the server; one whose payload no analyser believes to know */
#define SIM_DELAY_MS 10u /* one way, between the hosts of a scenario */

struct sim_run;

struct sim_scenario {
	const char *name;
	const char *summary;  /* one line */
	const char *text;     /* what to watch */
	const char *names[2]; /* of the hosts; NULL: "client" and "server" */
	unsigned parts;       /* 0: one */
	void (*set_up)(struct sim_run *run);
	void (*expect)(struct sim_run *run); /* after each part */
	/* What people see below the ladders, and programs as the members of an object; NULL: nothing. */
	void (*show)(const struct sim_run *run, struct text *out, const struct look *look);
	void (*show_json)(const struct sim_run *run, struct json *j);
};

struct sim_expectation {
	unsigned part;
	bool ok;
	char *text;
};

struct sim_run {
	const struct sim_scenario *scenario;
	uint64_t seed;
	unsigned part; /* the one being played */
	/* set by set_up() */
	struct sim_world *world;
	struct sim_app *client, *server, *second; /* second: one more client, where there is one */
	const char *title;                        /* of the part, or NULL */
	hf_time_ns until;
	uint64_t scratch[4]; /* the scenario's own, cleared before each part */
	/* what came of it */
	struct sim_world *worlds[SIM_PARTS_MAX];
	struct sim_app *clients[SIM_PARTS_MAX];
	const char *titles[SIM_PARTS_MAX];
	hf_time_ns ended[SIM_PARTS_MAX];
	unsigned parts;
	struct sim_expectation *expectation;
	size_t expectations, expectation_room;
};

size_t sim_scenarios(const struct sim_scenario *const **ret);
const struct sim_scenario *sim_scenario_find(const char *name); /* NULL */

void sim_scenario_play(const struct sim_scenario *s, uint64_t seed, struct sim_run *ret);
void sim_run_free(struct sim_run *run);
bool sim_run_ok(const struct sim_run *run);
uint64_t sim_run_digest(const struct sim_run *run);
const char *sim_run_host_name(const struct sim_run *run, unsigned host);

/* The ladders of all parts, and what the scenario shows below them, for people; the compact one of one part; everything as JSON. */
void sim_run_ladder(const struct sim_run *run, struct text *out, const struct look *look);
void sim_run_compact(const struct sim_run *run, unsigned part, struct text *out);
void sim_run_json(const struct sim_run *run, struct text *out);
/* All frames of all parts, each with its sentence. */
HF_NODISCARD hf_status sim_run_pcapng(const struct sim_run *run, FILE *to);

/* ---- for scenarios ---- */

/* Two hosts and a line; NULL for a plain configuration. */
void sim_set_hosts(struct sim_run *run, const struct sim_host_config *client, const struct sim_host_config *server,
		   const struct sim_link_config *link);
/* The two programs: a listener at SIM_PORT and one that connects to it. host, peer, port and listens are filled in. */
void sim_set_apps(struct sim_run *run, const struct sim_app_config *client, const struct sim_app_config *server);

/* Remembers a sentence and whether it holds. */
__attribute__((format(printf, 3, 4))) void sim_expect(struct sim_run *run, bool ok, const char *format, ...);
void sim_expect_path(struct sim_run *run, unsigned host, unsigned nth, const char *states);
void sim_expect_told(struct sim_run *run, unsigned host, enum hf_trace_kind kind, uint64_t min, uint64_t max);
/* Frames with flags & mask == value that a host sent, lost ones counted. */
void sim_expect_frames(struct sim_run *run, unsigned from, unsigned mask, unsigned value, uint64_t n);
/* Both connections are CLOSED, all octets arrived in order and whole both ways, and nothing is left on either host. */
void sim_expect_clean_end(struct sim_run *run);
void sim_expect_whole(struct sim_run *run);
void sim_expect_nothing_left(struct sim_run *run);

uint64_t sim_count_frames(const struct sim_world *w, unsigned from, unsigned mask, unsigned value);
/* The nth frame with such flags from a host (SIM_NOBODY: put on the wire); false when there is none. ret_at may be NULL. */
bool sim_nth_frame(const struct sim_world *w, unsigned from, unsigned mask, unsigned value, unsigned nth,
		   struct segment *ret, hf_time_ns *ret_at);
/* When a host's nth change to that state was, counted from the world's start; HF_NEVER. */
hf_time_ns sim_state_at(const struct sim_world *w, unsigned host, enum hf_tcp_state to, unsigned nth);
/* The first row of a host's table in that state. */
bool sim_find_row(const struct sim_world *w, unsigned host, enum hf_tcp_state state, struct hf_conn_info *ret);
/* A segment as the peer of this row would send it, with the number expected next and 0 octets. */
struct sim_craft sim_craft_from_peer(const struct hf_conn_info *row, uint8_t flags);
void sim_inject(struct sim_world *w, unsigned to, const struct sim_craft *c, const char *note);

#endif
