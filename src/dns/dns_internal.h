/* SPDX-License-Identifier: MIT */
#ifndef HF_DNS_DNS_INTERNAL_H
#define HF_DNS_DNS_INTERNAL_H

#include "base/arena.h"
#include "base/bits.h"
#include "base/rng.h"
#include "dns/dns.h"
#include "wire/addr.h"
#include "wire/dns_wire.h"

/*
 * A resolver is made of lookups, which somebody asked for; of queries, which one or more of them wait for; and of what was
 * learned.
 */

#define DNS_TTL_MAX_S 86400u          /* nothing is believed for longer than a day */
#define DNS_NEGATIVE_TTL_MAX_S 10800u /* RFC 2308 5: three hours */
#define DNS_PORT_DRAWS 8u             /* for one try: so many ports may be taken */
#define DNS_PORT_LEAST 1024u          /* RFC 5452 9.2 */
#define DNS_MESSAGE_MAX 65535u
#define DNS_QUERY_ROOM (2u + DNS_HEADER_BYTES + DNS_NAME_MAX + 4u + 11u) /* length, header, question, OPT */

/* ---- dns_fsm.def ---- */

enum dns_state {
	DNS_ST_FREE,
	DNS_ST_OPEN,       /* wants a socket */
	DNS_ST_SEND,       /* has it, and a query to send */
	DNS_ST_WAIT,       /* for a datagram */
	DNS_ST_ROOM,       /* wants a connection; all may be in use */
	DNS_ST_CONNECT,    /* has one, which is to be made */
	DNS_ST_CONNECTING, /* waits for it */
	DNS_ST_SEND_TCP,
	DNS_ST_WAIT_TCP, /* for the answer on it */
	DNS_ST_COUNT
};

enum dns_event {
	DNS_EV_USER_ASK,
	DNS_EV_USER_CANCEL,
	DNS_EV_OPENED, /* the driver was asked to open it */
	DNS_EV_SENT,   /* the driver has the octets */
	DNS_EV_PORT_TAKEN,
	DNS_EV_RCV_ANSWER,
	DNS_EV_RCV_ALIAS,
	DNS_EV_RCV_TRUNCATED,
	DNS_EV_GOT_ROOM,
	DNS_EV_CONNECTED,
	DNS_EV_AGAIN,   /* no use has come of this try; there is another */
	DNS_EV_GIVE_UP, /* there is none */
	DNS_EV_COUNT
};

enum dns_action {
	DNS_DO_NOTHING,
	DNS_DO_DRAW,        /* a server, an id, a port and the case of letters */
	DNS_DO_START_TIMER, /* of this try */
	DNS_DO_TELL,        /* those who wait for it */
	DNS_DO_COUNT
};

struct dns_arrow {
	bool is;
	uint8_t to, then;
	const char *rfc;
};

const struct dns_arrow *dns_arrow(unsigned state, unsigned event); /* ->is: there is one */
const char *dns_state_name(unsigned state);

/* ---- what is kept ---- */

/* What came of a query; also what the cache holds. */
struct dns_finding {
	enum dns_why why;
	uint8_t rcode;
	bool tcp;
	const char *state; /* of the query before it ended; NULL: there was none */
	hf_status net;
	unsigned tries;
	uint32_t ttl_s;
	unsigned addrs;
	struct hf_addr addr[DNS_ADDRS];
	struct hf_endpoint server;
	struct dns_name canonical;
};

struct dns_query {        /* its place in dns.query is the number of its socket */
	uint8_t state;    /* enum dns_state; dns_fire() alone writes it */
	uint8_t conn;     /* DNS_CONNS: none */
	bool socket;      /* is open at the driver */
	bool edns, cased; /* how the present try was sent */
	uint16_t type, id, port;
	struct dns_name name; /* asked for; small letters */
	struct dns_name now;  /* where its aliases have led; small letters */
	struct dns_name sent; /* the same as it was sent */
	uint64_t hash;        /* of name and type */
	unsigned first;       /* server of the first try */
	unsigned tries_here;  /* that have failed, for `now` */
	unsigned server;      /* of the present try */
	unsigned ports_drawn; /* for the present try */
	hf_time_ns deadline;
	uint64_t seen[DNS_CNAMES + 1]; /* hashes of the names of the chain */
	unsigned names;                /* how many */
	struct dns_finding found;      /* in the making: tries, TTL of the aliases, the reason if it fails */
};

struct dns_conn {
	bool taken, open, close;
	uint32_t query; /* HF_NONE: it has left */
	size_t got;     /* octets of the answer, its length's two with them */
	uint8_t *octets;
};

enum dns_side_state {
	DNS_SIDE_NOT_ASKED,
	DNS_SIDE_ASKING,
	DNS_SIDE_KNOWN, /* for this name of the search list; not told yet */
	DNS_SIDE_READY, /* waits for dns_next() */
	DNS_SIDE_TOLD,
};

struct dns_side {      /* one family of a lookup */
	uint8_t state; /* enum dns_side_state */
	bool nodata;   /* of some name of the search list */
	uint32_t query;
	uint64_t turn; /* answers are told in the order in which they came */
	struct dns_answer answer;
};

struct dns_one_lookup {
	bool taken;
	bool settled; /* this name of the search list is the one */
	uint32_t birth;
	hf_time_ns begin;
	char text[DNS_TEXT]; /* as it was given */
	struct dns_name given;
	bool absolute;
	unsigned candidate;      /* of the search list's names, in the order in which they are tried */
	struct dns_name name;    /* the present one */
	unsigned first;          /* server */
	struct dns_side side[2]; /* A, AAAA */
};

struct dns_server {
	struct hf_endpoint at;
	bool no_edns, no_case; /* learned */
};

struct dns_entry { /* of the cache */
	bool taken;
	uint16_t type;
	uint64_t hash, used;
	hf_time_ns until;
	struct dns_name name;
	struct dns_finding found;
};

struct dns {
	struct dns_config cfg;
	struct dns_server server[DNS_SERVERS];
	struct dns_name search[DNS_SEARCHES];
	struct hf_rng rng;
	struct hf_sipkey key;
	unsigned turn_server; /* rotate */
	uint64_t turn, used;  /* counters: of answers, of the cache */
	uint32_t birth;
	struct dns_one_lookup *lookup;
	struct dns_query *query;
	struct dns_conn conn[DNS_CONNS];
	bool close_socket[DNS_SOCKETS];
	struct dns_entry *cache;
	struct dns_told *told;
	uint64_t told_count;
	struct dns_answer out;
	uint8_t out_octets[DNS_QUERY_ROOM];
};

/* ---- dns_query.c ---- */

/* Begins one, or shares one that is under way; its number. */
uint32_t dns_query_begin(struct dns *d, const struct dns_name *name, uint16_t type, unsigned first, hf_time_ns now);
void dns_query_cancel(struct dns *d, uint32_t n, hf_time_ns now);
void dns_fire(struct dns *d, struct dns_query *q, enum dns_event on, hf_time_ns now);
/* This try has come to nothing: the next one, or the end. */
void dns_query_again(struct dns *d, struct dns_query *q, hf_time_ns now);
/* The same server again, in another way: that is no try more. */
void dns_query_same(struct dns *d, struct dns_query *q, hf_time_ns now);
void dns_query_drop(struct dns *d, struct dns_query *q); /* closes what it has open */
/* The next thing that a query wants of the driver; DNS_WAITS. */
enum dns_does dns_query_next(struct dns *d, struct dns_ask *ret, hf_time_ns now);
hf_time_ns dns_query_wake_at(const struct dns *d);
uint64_t dns_hash(const struct dns *d, const struct dns_name *name, uint16_t type);
static inline uint32_t dns_query_number(const struct dns *d, const struct dns_query *q)
{
	return (uint32_t)(q - d->query);
}

/* ---- dns_take.c: what an answer says ---- */

/* A whole message that has come for this query. */
void dns_take(struct dns *d, struct dns_query *q, struct hf_bytes msg, bool tcp, hf_time_ns now);

/* ---- dns.c ---- */

/* Once, and as long as there is room. */
void dns_finding_add(struct dns_finding *f, const struct hf_addr *addr);
/* A query has ended; q->found says how. */
void dns_query_ended(struct dns *d, struct dns_query *q, hf_time_ns now);
bool dns_query_wanted(const struct dns *d, uint32_t n);
/* The first lookup that waits for it; UINT32_MAX. */
uint32_t dns_waiting_for(const struct dns *d, const struct dns_query *q);

/* ---- dns_cache.c ---- */

/* What is known; NULL. ret_left_s: for so long. */
const struct dns_finding *dns_cache_find(struct dns *d, const struct dns_name *name, uint16_t type, hf_time_ns now,
					 uint32_t *ret_left_s);
void dns_cache_keep(struct dns *d, const struct dns_query *q, hf_time_ns now);

/* ---- dns_told.c ---- */

/* A new record, to be filled in further; always there. q may be NULL. */
struct dns_told *dns_tell(struct dns *d, enum dns_told_kind kind, const struct dns_query *q, hf_time_ns now);
/* With a message, sent or received. */
struct dns_told *dns_tell_message(struct dns *d, enum dns_told_kind kind, const struct dns_query *q,
				  struct hf_bytes msg, hf_time_ns now);

#endif
