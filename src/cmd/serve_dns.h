/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_SERVE_DNS_H
#define HF_CMD_SERVE_DNS_H

#include "cmd/loop.h"

#define SERVE_DNS_CONNECTIONS 16u /* over TCP, beside those of HTTP */

/* serve --dns: a name server beside HTTP, for the zone in a file (dns/dns_answer.h has its form). */
struct serve_dns;

/* Reads the zone. 0, or an exit code when the sentence is on stderr already. */
int serve_dns_prepare(const char *path, struct serve_dns **ret);
/* Listens at port 53 of every address of the loop's host, over UDP and TCP. As above. */
int serve_dns_open(struct serve_dns *x, const struct loop *l);
/* All of these: NULL is fine. */
void serve_dns_look(struct serve_dns *x, hf_time_ns now); /* something may have happened */
hf_time_ns serve_dns_wake_at(const struct serve_dns *x);
void serve_dns_close(struct serve_dns *x, hf_time_ns now); /* while there is a host */
void serve_dns_free(struct serve_dns *x);

#endif
