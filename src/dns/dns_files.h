/* SPDX-License-Identifier: MIT */
#ifndef HF_DNS_DNS_FILES_H
#define HF_DNS_DNS_FILES_H

#include "dns/dns.h"

/* The text of resolv.conf(5) and hosts(5). Pure: whoever reads the files gives their octets; what cannot be used is passed over. */

struct dns_resolv {
	struct hf_endpoint server[DNS_SERVERS]; /* none in the file: none here (libc's 127.0.0.1 is the caller's) */
	unsigned servers;
	char search[DNS_SEARCHES][DNS_TEXT];
	unsigned searches;
	unsigned ndots, attempts; /* 1 and 2 unless it says otherwise; capped at 15 and 5 */
	hf_time_ns timeout;       /* 5 s; capped at 30 s */
	bool rotate, no_edns, no_0x20;
	unsigned passed_over; /* lines and options that mean nothing here, or are one too many */
};

void dns_resolv_parse(struct hf_bytes text, struct dns_resolv *ret);
/* Into a configuration, which borrows the search list. */
void dns_resolv_use(const struct dns_resolv *r, struct dns_config *cfg);

/*
 * The entries of a hosts file, borrowed from its text; as many as fit. *ret_n is how many there are: more than room, when it
 * was too small. `to` may be NULL when room is 0.
 */
void dns_hosts_parse(struct hf_bytes text, struct dns_host *to, size_t room, size_t *ret_n);

#endif
