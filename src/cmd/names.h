/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_NAMES_H
#define HF_CMD_NAMES_H

#include "cmd/stream.h"
#include "dns/dns_files.h"

/*
 * Names for the commands: the resolver (dns/dns.h) over streams and datagrams of either net, with the files and options that
 * say whom to ask. A name is looked up once a run; whoever asks for it again gets the same lookup.
 *
 *	code = names_open(&n, &options, &streams, seed);
 *	lookup = names_find(&n, "www.example.org", 443);
 *	while (!lookup->done) {
 *		names_step(&n);
 *		streams_turn(&streams, until names_wake_at(&n));
 *	}
 */
#define NAMES_FIXED 32u

struct names_fixed { /* --resolve NAME:PORT:ADDR */
	struct hf_bytes name;
	uint16_t port;
	struct hf_addr addr;
};

struct names_options {                          /* texts are borrowed */
	struct hf_endpoint server[DNS_SERVERS]; /* --dns; none: those of the file below */
	unsigned servers;
	const char *resolv, *hosts; /* files; NULL: /etc/resolv.conf, /etc/hosts; "": none */
	struct names_fixed fixed[NAMES_FIXED];
	unsigned fixeds;
	unsigned families; /* DNS_A, DNS_AAAA; 0: both */
};

/* "--dns ADDR", "--resolve NAME:PORT:ADDR": 0, or exit code 2 with the sentence on stderr. */
int names_take_server(enum cmd_command command, const char *text, struct names_options *o);
int names_take_fixed(enum cmd_command command, const char *text, struct names_options *o);
/* The first of what --resolve says of a name at a port; NULL: nothing. */
const struct names_fixed *names_find_fixed(const struct names_options *o, const char *name, uint16_t port);

enum { NAMES_4, NAMES_6, NAMES_FAMILIES };

struct names_lookup {
	struct names_lookup *next;
	char name[DNS_TEXT];
	uint16_t port;     /* not 0: --resolve has said it for this port */
	uint32_t id;       /* of the resolver; while it is under way */
	bool asked, done;  /* done: all answers are here */
	unsigned expected; /* families */
	unsigned here;     /* of them */
	struct dns_answer answer[NAMES_FAMILIES];
	hf_time_ns begin, end;
	uint32_t row[NAMES_FAMILIES]; /* whoever tells of lookups may note here where */
};

struct names {
	struct streams *streams;
	struct dns *dns;
	void *mem;
	struct dns_resolv resolv;
	struct hf_bytes hosts_text; /* owned, with all that stands behind it */
	struct dns_host *host;
	struct names_options o;
	struct names_socket {
		bool open;
		struct streams_udp udp;
	} socket[DNS_SOCKETS];
	struct names_conn *conn[DNS_CONNS];
	struct names_lookup *first;
	uint8_t *room; /* for one datagram */
};

/* `seed` is all its randomness. 0, or an exit code when the sentence is on stderr already. */
int names_open(struct names *n, const struct names_options *o, struct streams *s, const uint8_t seed[32]);
void names_close(struct names *n);
/* The lookup of a host's name or address, begun if need be; NULL: no memory. It lives as long as the names. */
struct names_lookup *names_find(struct names *n, const char *name, uint16_t port);
/* Does what can be done: true when there may be more to do at once. */
bool names_step(struct names *n);
hf_time_ns names_wake_at(const struct names *n);
/* localhost, or a name below it (RFC 6761 6.3). */
bool names_is_localhost(struct hf_bytes name);
/* Why there is no address, of a lookup that is done and has none; *ret_answer: whose answer says so. */
enum dns_why names_why(const struct names_lookup *l, const struct dns_answer **ret_answer);

#endif
