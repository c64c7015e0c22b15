/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_LOOP_SIM_H
#define HF_CMD_LOOP_SIM_H

#include "cmd/loop.h"
#include "drivers/net_spec.h"
#include "sim/world.h"

/*
 * The net of --net sim, as loop.c sees it: a world (sim/world.h) of two hosts with a line between them. On one runs the
 * command; on the other a server, when the command is get or page, or clients, when it is serve; for page a third one answers
 * for the server's names. Time is the world's: a turn ends
 * when something has happened to the command's host, not when a clock says so, so nobody waits and the same seed gives the
 * same bytes.
 */
struct loop_sim;

/*
 * The virtual clock's beginning in seconds since 1970: 2026-01-01 00:00:00 UTC, or when the certificates to be served begin to
 * be valid if that is later. Dates in answers and captures count from it.
 */
#define LOOP_SIM_EPOCH 1767225600ll
#define LOOP_SIM_SERVER 0x0a090001u /* the server's address, unless the URL has another one: that of all examples */

/* Sets sim, host, now and wall_offset. 0, or an exit code when the sentence is on stderr already. */
int loop_sim_open(struct loop *l, const struct net_spec *spec, const struct loop_options *o);
void loop_sim_turn(struct loop *l, hf_time_ns wait_at_most);
void loop_sim_free(struct loop_sim *m); /* NULL is fine */

void loop_sim_set_tap(struct loop_sim *m, sim_tap *tap, void *arg);
/* The net as one of its two hosts sees it. */
void loop_sim_describe(const struct loop_sim *m, const struct hf_host *host, struct hf_net_info *ret);
struct hf_bytes loop_sim_authority(const struct loop_sim *m);
/* Of the clients, if there are any. */
int loop_sim_trust(struct loop_sim *m, const struct hf_cred *const *creds, size_t n);
bool loop_sim_count_clients(const struct loop_sim *m, struct sim_clients_result *ret);
/* page: whom to ask for names. */
struct hf_endpoint loop_sim_name_server(const struct loop_sim *m);
HF_NODISCARD hf_status loop_sim_watch(struct loop_sim *m, int fd, unsigned want); /* HF_FULL: more than one */

#endif
