/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_WORLD_INTERNAL_H
#define HF_SIM_WORLD_INTERNAL_H

#include "sim/world.h"

/* What the three files of a world share: world.c (hosts, time), world_net.c (lines), world_log.c (what happened). */

#define SIM_FRAME_MAX 2048u

enum sim_happening {
	FRAME_ARRIVES,
	HOST_WAKES,
	APP_WAKES,
	STEP_IS_DUE,
};

struct sim_event {
	hf_time_ns at;
	uint64_t order;
	enum sim_happening what;
	unsigned host;
	size_t len;
	uint8_t *frame;
	struct sim_app *app;
	sim_step *step;
	void *arg;
};

struct sim_path {
	uint32_t id;
	struct text states;
};

struct sim_host {
	struct hf_host *host;
	void *memory;
	const char *name;
	uint8_t mac[6];
	struct hf_addr addr, addr6;
	bool off, driven;
	uint64_t wake_order; /* of the wake-up that counts; older ones are void */
	hf_time_ns wake_at;
	uint64_t cursor; /* into its trace */
	uint64_t count[HF_TRACE_KIND_COUNT];
	struct sim_path *path;
	unsigned paths, path_room;
	uint32_t until_check;
};

struct sim_kept {
	void *thing;
	void (*drop)(void *thing);
};

struct sim_world {
	struct sim_world_config cfg;
	hf_time_ns now;
	uint64_t order, digest, tags;
	struct hf_rng rng;
	struct sim_host host[SIM_HOSTS_MAX];
	unsigned hosts;
	struct sim_link *link[SIM_HOSTS_MAX][SIM_HOSTS_MAX];
	struct sim_faults faults;
	struct segment_flows flows; /* as the faults see them */
	struct sim_event *heap;
	size_t heap_n, heap_room;
	struct sim_app **app;
	size_t apps, app_room;
	struct ladder_event *log;
	size_t log_n, log_room;
	struct text secrets;
	struct sim_kept *kept;
	size_t kepts, kept_room;
	sim_tap *tap;
	void *tap_arg;
	unsigned tapped;
	hf_time_ns spin_at;
	unsigned spins;
};

/* Memory, or the end of the program. */
void *sim_must(void *p);
void sim_plan(struct sim_world *w, struct sim_event e);
/* Shows a frame that a host sends or gets to who wants to see it. */
void sim_show_frame(struct sim_world *w, unsigned host, bool out, struct hf_bytes frame);

/* world_net.c: gives a frame that a host sends to the lines; brings one to a host at its time. */
void sim_send_frame(struct sim_world *w, unsigned from, const uint8_t *frame, size_t len);
void sim_deliver(struct sim_world *w, unsigned to, const uint8_t *frame, size_t len, hf_time_ns at, bool corrupt,
		 size_t bit);

/* world_log.c */
void sim_gather_trace(struct sim_world *w, unsigned host);
void sim_digest_frame(struct sim_world *w, unsigned from, unsigned to, const uint8_t *frame, size_t len);
void sim_log_frame(struct sim_world *w, const uint8_t *frame, size_t len, const struct ladder_event *e);

#endif
