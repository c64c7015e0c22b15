/* SPDX-License-Identifier: MIT */
#ifndef HF_DNS_DNS_H
#define HF_DNS_DNS_H

#include "hf/status.h"

/*
 * A stub resolver as a value (RFC 1034 5.3.1, RFC 1035): lookups go in, addresses come out, and what it wants of the network
 * it asks of whoever drives it. It reads no clock, draws no randomness and allocates nothing after init.
 *
 *	dns_init(mem, dns_memory(&cfg), &cfg, now, &d);
 *	dns_lookup(d, name, DNS_A | DNS_AAAA, now, &id);
 *	for (;;) {
 *		while ((does = dns_next(d, &ask, now)) != DNS_WAITS)
 *			do_it(&ask);
 *		wait, until dns_wake_at(d) at most; then dns_feed_udp(), dns_tcp_feed(), ...
 *	}
 */
struct dns;

#define DNS_SERVERS 8u  /* that are asked */
#define DNS_SEARCHES 6u /* domains of the search list, resolv.conf(5) */
#define DNS_ADDRS 16u   /* addresses of a name that are taken from an answer */
#define DNS_TEXT 256u   /* octets of a name as text, with the zero behind it; longer ones (of escapes) are cut */
#define DNS_LOOKUPS 64u /* at once */
#define DNS_SOCKETS (2u * DNS_LOOKUPS) /* numbers of UDP sockets are below */
#define DNS_CONNS 4u                   /* numbers of TCP connections are below */
#define DNS_CNAMES 8u                  /* aliases that are followed for one name, RFC 1034 3.6.2 */

/* Families asked for. */
enum {
	DNS_A = 1 << 0,
	DNS_AAAA = 1 << 1,
};

/* A name and an address of it: a line of hosts(5) has one for each of its names. */
struct dns_host {
	struct hf_addr addr;
	struct hf_bytes name;      /* without a dot at its end */
	struct hf_bytes canonical; /* the first name of the line */
};

/* 0 takes the default in brackets. */
struct dns_config {
	uint8_t entropy[32]; /* ids, ports, 0x20 and the hash of the cache: the only randomness; secret */
	struct hf_endpoint server[DNS_SERVERS]; /* port 0: 53 */
	unsigned servers;                       /* 0: none; what needs one ends with DNS_WHY_NO_SERVER */
	hf_time_ns timeout;                     /* of one try, UDP or TCP [5 s] */
	unsigned attempts;                      /* rounds over all servers [2] */
	bool rotate;                            /* each lookup begins with the next server */
	const char *search[DNS_SEARCHES];       /* borrowed, as long as the machine */
	unsigned searches;
	unsigned ndots;     /* a name with as many dots is tried as it is first [1]; DNS_NDOTS_0: 0 */
	bool no_0x20;       /* names are asked for in small letters only */
	bool no_edns;       /* without OPT (RFC 6891) */
	uint16_t edns_size; /* octets of an answer taken over UDP [1232] */
	unsigned cache;     /* entries [256] */
	bool no_cache;
	const struct dns_host *fixed; /* --resolve: answered before anything else; borrowed */
	size_t fixed_count;
	const struct dns_host *hosts; /* hosts(5); borrowed */
	size_t hosts_count;
	size_t tell; /* records of what happened that are kept, a power of two [64] */
};
#define DNS_NDOTS_0 UINT32_MAX

bool dns_can_be_asked(const struct hf_addr *server); /* no address that means any host, or many */
size_t dns_memory(const struct dns_config *cfg);
/* mem: aligned to 64, the caller's, and holds still. HF_OK; HF_INVALID: a value is out of its range; HF_FULL. */
HF_NODISCARD hf_status dns_init(void *mem, size_t n, const struct dns_config *cfg, hf_time_ns now, struct dns **ret);

/* ---- lookups ---- */

/*
 * Looks a name up: ASCII (IDNA is the caller's), a dot at its end leaves the search list out, an address as text is its own
 * answer. There is one DNS_ANSWER for each family, as they come.
 *
 * HF_OK        also for a name that cannot be one: DNS_WHY_BAD_NAME is its answer
 * HF_INVALID   no family
 * HF_FULL      DNS_LOOKUPS are under way
 */
HF_NODISCARD hf_status dns_lookup(struct dns *d, struct hf_bytes name, unsigned families, hf_time_ns now, uint32_t *ret_id);
/* No answer is wanted any more. An id that has had its last answer is passed over. */
void dns_cancel(struct dns *d, uint32_t id, hf_time_ns now);

/* Why there is no address. dns_why_code() is the name of its code in explain/report_codes.def. */
enum dns_why {
	DNS_WHY_OK,
	DNS_WHY_NXDOMAIN, /* RFC 2308 2.1 */
	DNS_WHY_NODATA,   /* RFC 2308 2.2 */
	DNS_WHY_TIMEOUT,  /* nobody answered; dns_answer.net says more where the network did */
	DNS_WHY_SERVFAIL, /* and other rcodes, and servers that only refer to others */
	DNS_WHY_REFUSED,
	DNS_WHY_MALFORMED,
	DNS_WHY_LOOP,
	DNS_WHY_NO_SERVER,
	DNS_WHY_BAD_NAME,
	DNS_WHY_COUNT
};

const char *dns_why_code(enum dns_why w); /* "E-DNS-NXDOMAIN"; "" for OK */

enum dns_source {
	DNS_FROM_SERVER,
	DNS_FROM_CACHE,
	DNS_FROM_HOSTS,
	DNS_FROM_FIXED,
	DNS_FROM_TEXT, /* the name was an address */
	DNS_FROM_RULE, /* RFC 6761, RFC 7686: localhost, invalid, onion; or no server was needed to refuse it */
	DNS_SOURCE_COUNT
};

const char *dns_source_name(enum dns_source s); /* "server", "cache", "hosts", "--resolve", "address", "rule" */

struct dns_answer {
	uint32_t id;
	unsigned family; /* DNS_A or DNS_AAAA */
	bool last;       /* the id has no further answer, and means nothing any more */
	enum dns_why why;
	enum dns_source source;
	struct hf_addr addr[DNS_ADDRS]; /* in the answer's order, without doubles */
	unsigned addrs;
	uint32_t ttl_s;            /* the least of the chain; what is left of it for the cache's */
	char name[DNS_TEXT];       /* that was found, with its domain of the search list; else as given */
	char canonical[DNS_TEXT];  /* where CNAMEs led; the name itself when there are none */
	struct hf_endpoint server; /* who was believed, or asked last; port 0: nobody was asked */
	uint8_t rcode;             /* of the answer that decided */
	hf_status net;             /* HF_OK, or what the network said of the last server that did not answer */
	unsigned tries;            /* queries sent, for this name and where its aliases lead */
	bool tcp;                  /* the answer came over TCP */
	const char *state;         /* of the query when it ended: "WAIT"; "" without one */
	hf_time_ns begin, end;
};

/* ---- what it wants ---- */

enum dns_does {
	DNS_WAITS,
	DNS_OPEN_UDP, /* a fresh socket, number ask.socket, of the family of ask.to, bound to ask.port (RFC 5452 9.2) */
	DNS_SEND,     /* ask.bytes from ask.socket to ask.to */
	DNS_CLOSE_UDP,   /* ask.socket; its number comes again */
	DNS_CONNECT_TCP, /* connection ask.conn to ask.to */
	DNS_SEND_TCP,    /* ask.bytes on ask.conn */
	DNS_CLOSE_TCP,   /* ask.conn, ended or not; its number comes again */
	DNS_ANSWER,      /* *ask.answer */
};

struct dns_ask { /* borrowed until the next call */
	enum dns_does what;
	unsigned socket, conn;
	uint16_t port;
	struct hf_endpoint to;
	struct hf_bytes bytes;
	const struct dns_answer *answer;
};

enum dns_does dns_next(struct dns *d, struct dns_ask *ret, hf_time_ns now);
/* When dns_next() must be called again though nothing came; HF_NEVER. 0: now. */
hf_time_ns dns_wake_at(const struct dns *d);

/* ---- what happens; numbers that are not open are passed over ---- */

void dns_feed_udp(struct dns *d, unsigned socket, const struct hf_endpoint *from, struct hf_bytes datagram, hf_time_ns now);
/* It could not be opened (HF_IN_USE: the port is taken, another will be drawn), nothing could be sent, or an ICMP error came. */
void dns_udp_error(struct dns *d, unsigned socket, hf_status why, hf_time_ns now);
void dns_tcp_connected(struct dns *d, unsigned conn, hf_time_ns now);
void dns_tcp_feed(struct dns *d, unsigned conn, struct hf_bytes octets, hf_time_ns now);
/* It could not be made, or has ended; HF_OK: the server closed it. DNS_CLOSE_TCP follows all the same. */
void dns_tcp_ended(struct dns *d, unsigned conn, hf_status why, hf_time_ns now);

/* ---- what happened, for the explanation ---- */

enum dns_told_kind {
#define T(name, who, rfc, sentence) DNS_TOLD_##name,
#include "dns/dns_told.def"
#undef T
	DNS_TOLD_COUNT
};

#define DNS_TOLD_BYTES 256u

struct dns_told {
	hf_time_ns at;
	enum dns_told_kind kind;
	uint32_t lookup;               /* the first that waits for it; UINT32_MAX: none does any more */
	uint16_t type;                 /* 1: A, 28: AAAA */
	uint16_t id;                   /* of the message */
	uint8_t why;                   /* enum dns_why, or an rcode: as the sentence says */
	uint32_t x;                    /* a number, as the sentence says */
	struct hf_endpoint server;     /* whom it is about; port 0: nobody */
	char name[DNS_TEXT];           /* asked for */
	char target[DNS_TEXT];         /* of a CNAME */
	uint8_t bytes[DNS_TOLD_BYTES]; /* of the message, where there is one */
	uint16_t bytes_len;            /* of bytes */
	uint16_t octets;               /* of the message, before it was cut */
};

/* The next record after *cursor (0 at first); false when there is none. The oldest are lost when dns_config.tell is too few. */
bool dns_told(const struct dns *d, uint64_t *cursor, struct dns_told *ret);
const char *dns_told_name(enum dns_told_kind k); /* "QUERY" */
const char *dns_told_rfc(enum dns_told_kind k);  /* "1035 4.1.1" */
bool dns_told_by_server(enum dns_told_kind k);   /* who did it: the server, or we */
/* The sentence, its fields filled in, with a zero behind it; its length. */
size_t dns_told_sentence(const struct dns_told *t, char *to, size_t room);

#endif
