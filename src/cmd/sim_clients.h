/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SIM_CLIENTS_H
#define HF_CMD_SIM_CLIENTS_H

#include "hf/cert.h"
#include "hf/driver.h"

/*
 * The clients on the other host of `serve --net sim`. Each pays visits, one after the other, every one of them a connection of
 * its own on which it asks for the same path, reads the answer with the machine that get uses, and closes: by HTTP where that
 * is served, by HTTPS where that is, and every second client once more by HTTPS, with the session that it was given. All of
 * them begin at the same time.
 */
struct sim_clients;

struct sim_clients_options {
	uint32_t n;               /* 0 is 1, here and below */
	struct hf_endpoint plain; /* port 0: no HTTP */
	uint16_t tls_port;        /* of the same address; 0: no HTTPS */
	const char *path;
	uint64_t epoch_ns, seed; /* of TLS: the Unix time at 0, and where its randomness comes from */
};

struct sim_clients_result {
	uint32_t clients, failed;
	uint32_t plain, secure, resumed; /* whole answers by HTTP and HTTPS, and how many of these went on with a session */
};

struct hf_net_defaults sim_clients_defaults(uint32_t n); /* what their host needs */
struct sim_clients *sim_clients_make(struct hf_host *h, const struct sim_clients_options *o); /* NULL: no memory */
void sim_clients_free(struct sim_clients *s);                                                 /* NULL is fine */

/*
 * With a tls_port, before the first look: whom to ask for, and to believe. The clients take turns with the names of these
 * certificates, and trust the last of each one's chain. 0, or an exit code when the sentence is on stderr already.
 */
int sim_clients_trust(struct sim_clients *s, const struct hf_cred *const *creds, size_t n);

/* Something may have happened to their host. */
void sim_clients_look(struct sim_clients *s, hf_time_ns now);
/* When to look, even if nothing has happened. */
hf_time_ns sim_clients_wake_at(const struct sim_clients *s);
bool sim_clients_are_done(const struct sim_clients *s);
void sim_clients_count(const struct sim_clients *s, struct sim_clients_result *ret);
/* 0 when each has got all its answers whole; else the exit code for the first that has not, and the sentence is on stderr. */
int sim_clients_tell(const struct sim_clients *s);

#endif
