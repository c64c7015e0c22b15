/* SPDX-License-Identifier: MIT */
#ifndef HF_DNS_DNS_ANSWER_H
#define HF_DNS_DNS_ANSWER_H

#include "dns/dns.h"

/*
 * A tiny server that answers for a zone (RFC 1034 4.3.2), for tests and demonstrations: pure, a query's octets in, the
 * answer's out. The zone is text in the form of hosts(5), with three lines more:
 *
 *	# a comment
 *	192.0.2.1 www.example.test web    A; AAAA for an IPv6 address; and PTR for the first name
 *	cname alias.example.test www.example.test
 *	origin example.test               it answers for names at and below this one; without: for all names
 *	ttl 300                           of all records [60]; also how long "there is none" may be kept
 */
#define DNS_ANSWER_ROOM 65535u
#define DNS_UDP_ROOM 512u      /* octets of an answer to who does not say more with EDNS0, RFC 1035 4.2.1 */
#define DNS_UDP_ROOM_MAX 1232u /* and to who does: no more than surely comes in one piece */

struct dns_zone_line {
	struct hf_bytes name; /* of the address or the alias; without a dot at its end, as all */
	bool alias;
	struct hf_addr addr;
	struct hf_bytes target; /* of the alias; for an address the line's first name */
};

struct dns_zone {
	struct hf_bytes origin; /* empty: the root */
	uint32_t ttl_s;
	const struct dns_zone_line *line;
	size_t lines;
};

struct dns_zone_fault {
	unsigned line;    /* from 1 */
	const char *what; /* "this is no address"; without a full stop */
};

/*
 * The zone borrows text and `line`. There are no wildcards.
 *
 * HF_OK
 * HF_MALFORMED   *ret_fault says which line and why
 * HF_FULL        more names than room; *ret_fault says which line
 */
HF_NODISCARD hf_status dns_zone_parse(struct hf_bytes text, struct dns_zone_line *line, size_t room,
				      struct dns_zone *ret, struct dns_zone_fault *ret_fault);

/* How much room for lines a text needs at most. */
size_t dns_zone_lines(struct hf_bytes text);

/*
 * The octets of the answer to a query, 0 when it is none that may be answered. tcp: without the length in front; at most
 * 65535 octets. Over UDP: at most what the query allows, and TC is set when that is not enough (RFC 2181 9).
 */
size_t dns_zone_answer(const struct dns_zone *z, struct hf_bytes query, bool tcp, uint8_t *to, size_t room);

#endif
