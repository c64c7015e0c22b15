/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_WORLD_H
#define HF_SIM_WORLD_H

#include "explain/ladder.h"
#include "hf/host.h"
#include "sim/faults.h"
#include "sim/link.h"

/*
 * Any number of hosts on one virtual clock, every two joined by a line of their own. All randomness comes from the seed:
 * the same seed and the same script give the same frames at the same times, which the digest shows.
 */
struct sim_world;

#define SIM_HOSTS_MAX 16u
#define SIM_NOBODY LADDER_NOBODY

struct sim_world_config {
	uint64_t seed;
	hf_time_ns start;
	bool ethernet;               /* frames with Ethernet headers, ARP and ND; else bare IP packets */
	struct sim_link_config link; /* every line, until sim_world_link() says otherwise */
	bool forget;                 /* keep no log of frames and records: long runs */
	uint32_t check_every;        /* settle this many times between two hf_host_check()s; 0: check each time */
};

struct sim_host_config {
	const char *name; /* static */
	uint32_t mtu_bytes;
	struct hf_addr addr, addr6; /* all zero: 10.9.0.(number + 1)/24, fd09::(number + 1)/64; else alone in its prefix */
	struct hf_limits limits;    /* 0: small defaults that suit a simulation */
	struct hf_tcp_config tcp;
	bool driven; /* by a program outside, see sim_world_next(); its limits of 0 are then those of hf/host.h */
};

/* Running out of memory ends the program: a simulation has nothing better to do. */
struct sim_world *sim_world_make(const struct sim_world_config *cfg);
void sim_world_free(struct sim_world *w);

/* Its number, from 0. An address that no host can have ends the program. */
unsigned sim_world_add_host(struct sim_world *w, const struct sim_host_config *cfg);
struct hf_host *sim_world_host(const struct sim_world *w, unsigned host);
const char *sim_world_name(const struct sim_world *w, unsigned host);
unsigned sim_world_hosts(const struct sim_world *w);
struct hf_addr sim_world_addr(const struct sim_world *w, unsigned host);
struct hf_addr sim_world_addr6(const struct sim_world *w, unsigned host);

/* The line from one host to another, in that direction. */
void sim_world_link(struct sim_world *w, unsigned from, unsigned to, const struct sim_link_config *cfg);
void sim_world_fault(struct sim_world *w, const struct sim_fault *fault);
const struct sim_faults *sim_world_faults(const struct sim_world *w);

/* A scripted step. */
typedef void sim_step(struct sim_world *w, void *arg);
void sim_world_at(struct sim_world *w, hf_time_ns at, sim_step *step, void *arg);
/* A remark for the ladder. */
__attribute__((format(printf, 2, 3))) void sim_world_note(struct sim_world *w, const char *format, ...);
/* A remark on what a host does now; it stands above that. */
void sim_world_remark(struct sim_world *w, unsigned host, const char *text);
/* Puts a packet (from the IP header on) before a host, now; `note`, static, says what it is. Bare IP worlds only. */
void sim_world_inject(struct sim_world *w, unsigned to, struct hf_bytes packet, const char *note);
/* Power off: nothing reaches it or leaves it any more, and its clock stands. */
void sim_world_switch_off(struct sim_world *w, unsigned host);
bool sim_world_is_off(const struct sim_world *w, unsigned host);

/* Plays all that happens up to `until`, and stops earlier when nothing is left to happen. The time it then is. */
hf_time_ns sim_world_run(struct sim_world *w, hf_time_ns until);
/*
 * For a program outside that drives a host as it would a real one: its events wait for hf_host_next_event(), and what was
 * asked of it goes out by sim_world_settle().
 *
 *	sim_world_settle(w, host);
 *	while (sim_world_next(w, deadline, &touched) && touched != host)
 *		;
 *
 * Plays the next thing that happens at or before `until`, a time as sim_world_now() has it; *ret_host is whom it happened
 * to, SIM_NOBODY for a scripted step, which may touch any. False: nothing does, and it is `until` now, but for HF_NEVER.
 */
bool sim_world_next(struct sim_world *w, hf_time_ns until, unsigned *ret_host);
void sim_world_settle(struct sim_world *w, unsigned host);
/* Shows each frame that a host sends, as it leaves, and each that reaches it; lent for the call. One host a world. */
typedef void sim_tap(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now);
void sim_world_set_tap(struct sim_world *w, unsigned host, sim_tap *tap, void *arg); /* NULL: no longer */
hf_time_ns sim_world_now(const struct sim_world *w);
hf_time_ns sim_world_start(const struct sim_world *w);
/* Every octet and the time of each frame, and every trace record, in 64 bits. */
uint64_t sim_world_digest(const struct sim_world *w);

/* ---- what happened ---- */

/* The log in the ladder's form; empty in a world that forgets. Valid until the next event. */
const struct ladder_event *sim_world_log(const struct sim_world *w, size_t *ret_n);
/* Octets of the link's header that stand before each packet of the log. */
size_t sim_world_frame_head(const struct sim_world *w);
/* How often a host has told of this. */
uint64_t sim_world_count(const struct sim_world *w, unsigned host, enum hf_trace_kind kind);
/* The states of the nth connection that a host has had, "SYN_SENT ESTABLISHED "; "" when there was none. */
const char *sim_world_path(const struct sim_world *w, unsigned host, unsigned nth);
unsigned sim_world_paths(const struct sim_world *w, unsigned host);

/* ---- for programs on the hosts ---- */

/* What one end of a TLS connection tells. */
void sim_world_tell_tls(struct sim_world *w, unsigned host, uint16_t local_port, uint16_t remote_port,
			const struct hf_tls_record_told *r);
/* A line of the key log: what whoever captures the frames needs to read them. */
void sim_world_add_secret(struct sim_world *w, const char *line);
const char *sim_world_secrets(const struct sim_world *w); /* all lines */
/* A program says what it does, and by which section (may be NULL) of which RFC. */
__attribute__((format(printf, 4, 5))) void sim_world_say(struct sim_world *w, unsigned host, const char *rfc,
							 const char *format, ...);
/* Octets from the world's seed. */
void sim_world_draw(struct sim_world *w, uint8_t *to, size_t n);
/* Something that lives as long as the world. */
void sim_world_keep(struct sim_world *w, void *thing, void (*drop)(void *thing));

/* ---- for sim/app ---- */

struct sim_app;
void sim_world_own_app(struct sim_world *w, struct sim_app *app);
void sim_world_wake_app(struct sim_world *w, struct sim_app *app, hf_time_ns at);
/* A new number for a connection's tag; never 0. */
uint64_t sim_world_next_tag(struct sim_world *w);

#endif
