/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SIM_CLIENTS_H
#define HF_CMD_SIM_CLIENTS_H

#include "hf/driver.h"

/*
 * The clients on the other host of `serve --net sim`: each has a connection of its own, asks for the same path once, reads
 * the answer with the machine that get uses, and closes. All of them begin at the same time.
 */
struct sim_clients;

struct hf_net_defaults sim_clients_defaults(uint32_t n); /* what their host needs; n of 0 is 1, here and below */
struct sim_clients *sim_clients_make(struct hf_host *h, uint32_t n, const struct hf_endpoint *server, const char *path);
void sim_clients_free(struct sim_clients *s); /* NULL is fine */

/* Something may have happened to their host. */
void sim_clients_look(struct sim_clients *s, hf_time_ns now);
/* When to look, even if nothing has happened. */
hf_time_ns sim_clients_wake_at(const struct sim_clients *s);
bool sim_clients_are_done(const struct sim_clients *s);
/* 0 when each has got a whole answer; else the exit code for the first that has not, and the sentence is on stderr. */
int sim_clients_tell(const struct sim_clients *s);

#endif
