/* SPDX-License-Identifier: MIT */
#ifndef HF_SIM_DNS_APP_H
#define HF_SIM_DNS_APP_H

#include "dns/dns_answer.h"
#include "hf/host.h"

/*
 * A name server (dns/dns_answer.h) as a program on a host of ours, over UDP and TCP (RFC 7766): on a simulated one (struct
 * sim_app_config.dns), or on one that a command drives. It looks at its sockets each time something may have happened.
 */
#define DNS_APP_ADDRS 8u
#define DNS_APP_CONNS 16u /* at once; who comes later is reset */

struct dns_app_config {
	struct hf_host *host;
	const struct dns_zone *zone;      /* borrowed */
	struct hf_addr at[DNS_APP_ADDRS]; /* the host's: answers come from the address that was asked */
	unsigned ats;
	uint16_t port;   /* 0: 53 */
	hf_time_ns idle; /* of a connection; 0: 10 s (RFC 7766 6.2.3) */
};

struct dns_app_counts {
	uint64_t queries_udp, queries_tcp, answers, truncated;
};

struct dns_app;

/* HF_OK; HF_IN_USE, HF_NOT_OURS, HF_FULL; nothing stays open then. */
HF_NODISCARD hf_status dns_app_open(const struct dns_app_config *cfg, hf_time_ns now, struct dns_app **ret);
void dns_app_close(struct dns_app *a, hf_time_ns now); /* NULL is fine */
/* Frees it without a word to its host, which may be gone. */
void dns_app_free(struct dns_app *a);
/* Something may have happened to its host. */
void dns_app_look(struct dns_app *a, hf_time_ns now);
/* When to look, even if nothing has happened; HF_NEVER. */
hf_time_ns dns_app_wake_at(const struct dns_app *a);
/* Is this event about a socket, the listener or a connection of it? */
bool dns_app_owns(const struct dns_app *a, const struct hf_event *e);
struct dns_app_counts dns_app_count(const struct dns_app *a);

#endif
