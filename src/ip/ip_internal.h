/* SPDX-License-Identifier: MIT */
#ifndef HF_IP_IP_INTERNAL_H
#define HF_IP_IP_INTERNAL_H

#include "base/siphash.h"
#include "ip/ip.h"
#include "wire/addr.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* ---- constants of the specifications ---- */

#define IP_MAX_PACKET 65535u
#define IP4_QUOTE_MAX 576u          /* an ICMPv4 error, whole: RFC 1812 4.3.2.3 */
#define IP6_MTU_MIN 1280u           /* RFC 8200 5; an ICMPv6 error, whole: RFC 4443 2.4 c */
#define IP4_MTU_MIN 68u             /* RFC 791 3.2: what every link carries */
#define IP_REASM_TIME HF_S(60)      /* RFC 8200 4.5, RFC 1122 3.3.2 */
#define IP_RETRANS_TIME HF_S(1)     /* RFC 4861 10: RETRANS_TIMER; RFC 1122 2.3.2.1: at most one ARP request a second */
#define IP_ASK_LIMIT 3u             /* RFC 4861 10: MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT */
#define IP_DELAY_TIME HF_S(5)       /* RFC 4861 10: DELAY_FIRST_PROBE_TIME */
#define IP_REACHABLE_TIME6 HF_S(30) /* RFC 4861 10: REACHABLE_TIME, times 0.5 to 1.5 by chance */
#define IP_PATH_TIME HF_S(600)      /* RFC 8201 4, RFC 1191 6.3 */
#define IP_DEFEND_TIME HF_S(10)     /* RFC 5227 1.1: DEFEND_INTERVAL */
#define ND_HOP_LIMIT 255u           /* RFC 4861 7.1: it cannot have passed a router */

/* ---- our own choices ---- */

#define IP_TTL 64u
#define IP_REACHABLE_TIME4 HF_S(60)
#define IP_FAILED_TIME HF_S(3) /* how long a neighbour that did not answer is not asked again */
#define IP_WAIT_LIMIT 8u       /* datagrams waiting for one neighbour */
#define IP4_PATH_FLOOR 576u    /* smaller ones are not believed as such: we stop setting DF instead, see ip_path.c */
#define IP_SMALL_BYTES 2048u   /* a queued datagram that needs no large buffer */
#define IP_ERROR_INTERVAL HF_MS(10) /* ICMP errors: 100 a second .. */
#define IP_ERROR_BURST 10u          /* .. and this many at once; RFC 1812 4.3.2.8, RFC 4443 2.4 f */
#define IP_HOPS 128u                /* destinations whose link header is remembered; a power of two */
#define IP_IDS 64u                  /* counters of RFC 7739 5.3 */

#define IP_BIG_HEAD 64u /* room for a header in front of a reassembled payload */
#define IP_BIG_BYTES (IP_BIG_HEAD + 65536u)
#define IP_BLOCKS 8192u /* of 8 octets: what fragment offsets can name */

enum {
	HF_TIMER_IP_NEIGHBOUR = HF_TIMER_IP_FIRST,
	HF_TIMER_IP_DAD,
	HF_TIMER_IP_REASM,
	HF_TIMER_IP_PATH,
};

/* ---- tables ---- */

enum ip_addr_state {
	IP_ADDR_TENTATIVE, /* DAD runs: nothing is sent from it or taken for it */
	IP_ADDR_PREFERRED,
	IP_ADDR_DUPLICATE, /* somebody else has it: never used */
};

struct ip_addr {
	struct hf_timer timer; /* DAD */
	struct hf_addr addr;
	struct hf_addr group; /* IPv4: the subnet's broadcast address, any when there is none; IPv6: its solicited-node group */
	uint8_t prefix_len;
	uint8_t state;
	bool ip4;
	bool asked; /* the solicitation of DAD is queued */
	hf_time_ns defended_at;
};

struct ip_route {
	struct hf_addr dst, gateway;
	uint8_t prefix_len;
};

/* Where a packet goes next, and from which address. */
struct ip_way {
	struct hf_addr next_hop; /* the destination itself when it is on the link */
	const struct ip_addr *from;
	bool group; /* multicast or broadcast: no neighbour to ask */
};

/*
 * RFC 4861 7.3.2, for ARP too:
 *	              link address   packets          timer
 *	INCOMPLETE    unknown        wait             1 s: ask again, 3 times, then FAILED
 *	REACHABLE     proved         go               a minute: STALE
 *	STALE         known          go, to DELAY     none
 *	DELAY         known          go               5 s: PROBE
 *	PROBE         known          go               1 s: ask it again, 3 times, then forgotten
 *	FAILED        unknown        are refused      3 s: forgotten, so that the next packet asks anew
 */
enum ip_neigh_state {
	IP_NEIGH_INCOMPLETE,
	IP_NEIGH_REACHABLE,
	IP_NEIGH_STALE,
	IP_NEIGH_DELAY,
	IP_NEIGH_PROBE,
	IP_NEIGH_FAILED,
};

struct ip_neigh {
	struct hf_timer timer;
	struct hf_addr addr;
	hf_time_ns used_at;
	uint32_t next;                 /* in its bucket */
	uint32_t wait_head, wait_tail; /* datagrams, oldest first */
	uint8_t wait_count;
	uint8_t state;
	uint8_t asked; /* solicitations sent in this state */
	uint8_t mac[6];
};

struct ip_path {
	struct hf_timer timer;
	struct hf_addr dst;
	uint32_t next;
	uint32_t mtu;
	bool no_df;
};

/* The outcome of route and neighbour lookup for one destination; holds while its generation is struct ip's. */
struct ip_hop {
	struct hf_addr dst;
	uint32_t generation;
	uint32_t neigh; /* HF_NONE: none needed */
	uint8_t mac[6];
	bool no_df;
};

enum ip_reasm_state {
	IP_REASM_FREE,
	IP_REASM_FILLING,
	IP_REASM_POISONED, /* fragments overlapped: all others of this datagram are swallowed too, RFC 5722 4 */
	IP_REASM_DONE,     /* handed out; freed by the next ip_feed() */
};

struct ip_reasm {
	struct hf_timer timer;
	struct hf_addr src, dst;
	uint32_t id;
	uint32_t total;     /* octets of the whole payload; 0: the last fragment is missing */
	uint32_t have;      /* octets here */
	uint32_t far_end;   /* of the octets here */
	uint32_t first_len; /* of the fragment at 0; 0: missing */
	uint8_t proto;      /* IPv4: part of the key; IPv6: of the fragment at 0 */
	uint8_t ttl, tos;
	bool to_group;
	uint8_t state;
	hf_time_ns began;
	uint64_t here[IP_BLOCKS / 64];  /* a bit for each 8 octets */
	uint64_t start[IP_BLOCKS / 64]; /* a bit where a fragment starts: tells a duplicate from an overlap */
};

/* A datagram, or an ARP frame, that waits to go out. */
struct ip_datagram {
	uint32_t next;
	uint32_t big; /* large buffer; HF_NONE: the octets are in small[] */
	struct hf_addr src, dst;
	uint32_t len, sent; /* octets of L4; of those in fragments already gone */
	uint32_t id;
	uint8_t proto, ttl, tos;
	bool df;
	bool arp; /* small[] is an ARP packet for mac */
	uint8_t mac[6];
	uint8_t small[IP_SMALL_BYTES];
};

struct ip_list {
	uint32_t head, tail, count;
};

struct ip {
	/* what every packet needs */
	struct hf_trace *trace;
	struct ip_hop hops[IP_HOPS];
	uint32_t generation;        /* moves when any struct ip_hop may have become wrong; never 0 */
	struct hf_addr good_source; /* the last source that passed, */
	uint32_t good_generation;   /* while nothing changed: the next packet often comes from it, too */
	uint32_t changed;
	enum hf_link_kind link;
	uint32_t mtu;
	uint16_t id4;
	uint8_t mac[6];
	bool no_dad;
	struct ip_addr *addrs;
	uint32_t addr_count, addr_room;
	struct hf_pool neighs;
	struct hf_pool paths;
	/* the rest */
	struct hf_wheel *wheel;
	struct hf_rng *rng;
	struct hf_sipkey key;
	struct ip_route *routes;
	uint32_t route_count, route_room;
	uint32_t *neigh_bucket, *path_bucket;
	uint32_t neigh_mask, path_mask;
	uint32_t incomplete; /* neighbours in that state */
	struct ip_reasm *reasms;
	uint8_t *reasm_data;
	uint32_t reasm_room, reasm_count;
	uint32_t reasm_done; /* the one handed out, or HF_NONE */
	struct hf_pool datagrams;
	struct hf_pool bigs;
	struct ip_list ready; /* can go now */
	struct ip_list spent; /* gone, but a frame may still refer to them */
	uint32_t waiting;     /* for neighbours */
	uint32_t ids[IP_IDS];
	hf_time_ns error_at; /* theoretical arrival time of the next ICMP error */
	uint64_t drops;
};

/* What is known of a packet besides its octets. */
struct ip_rx {
	hf_time_ns now;
	bool csum_ok, link_group;
	uint16_t gso_size;
};

/* ip.c */
enum ip_verdict ip_drop(struct ip *ip, enum hf_trace_kind why, uint32_t x, uint32_t y); /* counts; IP_NOTHING */
void ip_tell(struct ip *ip, enum hf_trace_kind what, uint32_t x, uint32_t y, uint32_t len);
void ip_hops_forget(struct ip *ip);
bool ip_is_broadcast(const struct ip *ip, const struct hf_addr *a);
struct ip_addr *ip_addr_find(const struct ip *ip, const struct hf_addr *a); /* in any state; NULL */
/* *ret_waiting (if not NULL): with HF_PENDING the neighbour that is being asked, or NULL when it is DAD that runs. */
HF_NODISCARD hf_status ip_hop_find(struct ip *ip, const struct hf_addr *dst, hf_time_ns now, const struct ip_hop **ret,
				   struct ip_neigh **ret_waiting);
uint32_t ip_hash(const struct ip *ip, const struct hf_addr *a);

/* ip_route.c */
HF_NODISCARD hf_status ip_route_find(const struct ip *ip, const struct hf_addr *dst, struct ip_way *ret);
bool ip_is_on_link(const struct ip *ip, const struct hf_addr *a);

/* ip_in4.c, ip_in6.c */
enum ip_verdict ip4_in(struct ip *ip, struct hf_bytes packet, const struct ip_rx *rx, struct ip_in *ret);
enum ip_verdict ip6_in(struct ip *ip, struct hf_bytes packet, const struct ip_rx *rx, struct ip_in *ret);

/* ip_reasm.c */
struct ip_fragment {
	struct hf_addr src, dst;
	uint32_t id;
	uint32_t at;
	uint8_t proto, ttl, tos;
	bool mf, to_group;
	struct hf_bytes payload;
};
/* True when the datagram is complete: *ret_packet is it, under a header of its own without options. Drops are told. */
bool ip_reasm_add(struct ip *ip, const struct ip_fragment *f, hf_time_ns now, struct hf_bytes *ret_packet);
void ip_reasm_release(struct ip *ip);
void ip_reasm_timer(struct ip *ip, struct ip_reasm *r, hf_time_ns now);
void ip_reasm_check(const struct ip *ip);

/* ip_icmp.c */
enum ip_verdict icmp4_in(struct ip *ip, const struct ip_packet *p, hf_time_ns now, struct ip_in *ret);
enum ip_verdict icmp6_in(struct ip *ip, const struct ip_packet *p, hf_time_ns now, struct ip_in *ret);
/* An error about a packet, unless one of the MUST NOTs or the rate limit forbids it. even_group: RFC 4443 2.4 e.3. */
void ip_icmp_error(struct ip *ip, uint8_t type, uint8_t code, uint32_t rest, const struct ip_packet *about,
		   bool even_group, hf_time_ns now);

/* ip_neigh.c */
struct ip_neigh *ip_neigh_find(const struct ip *ip, const struct hf_addr *a);
HF_NODISCARD hf_status ip_neigh_use(struct ip *ip, const struct hf_addr *a, hf_time_ns now, struct ip_neigh **ret);
/* A link address was heard. answer: to a question of ours; make: an entry is made when there is none. */
void ip_neigh_heard(struct ip *ip, const struct hf_addr *a, const uint8_t mac[6], bool answer, bool make, hf_time_ns now);
void ip_neigh_set_mac(struct ip *ip, struct ip_neigh *n, const uint8_t mac[6]);
void ip_neigh_set_state(struct ip *ip, struct ip_neigh *n, enum ip_neigh_state state, hf_time_ns now);
void ip_neigh_wait(struct ip *ip, struct ip_neigh *n, uint32_t datagram);
void ip_neigh_timer(struct ip *ip, struct ip_neigh *n, hf_time_ns now);
void ip_neigh_check(const struct ip *ip);

/* ip_arp.c */
enum ip_verdict arp_in(struct ip *ip, const struct eth_header *eth, hf_time_ns now);
void arp_ask(struct ip *ip, const struct hf_addr *target, const uint8_t *mac); /* mac NULL: broadcast */
void arp_announce(struct ip *ip, const struct hf_addr *addr);

/* ip_nd.c */
enum ip_verdict nd_in(struct ip *ip, const struct ip_packet *p, const struct icmp_message *m, hf_time_ns now);
bool nd_ask(struct ip *ip, const struct hf_addr *target, bool multicast, const struct hf_addr *src, hf_time_ns now);

/* ip_dad.c */
void ip_dad_start(struct ip *ip, struct ip_addr *a, hf_time_ns now);
void ip_dad_conflict(struct ip *ip, struct ip_addr *a);
void ip_dad_timer(struct ip *ip, struct ip_addr *a, hf_time_ns now);

/* ip_path.c */
const struct ip_path *ip_path_find(const struct ip *ip, const struct hf_addr *dst);
/* Judges what a router says; the path MTU that holds now, 0 when it is not to be believed. */
uint32_t ip_path_learn(struct ip *ip, const struct hf_addr *dst, uint32_t mtu, uint32_t packet_len, hf_time_ns now);
void ip_path_timer(struct ip *ip, struct ip_path *p);
void ip_path_check(const struct ip *ip);

/* ip_out.c */
uint32_t ip_datagram_take(struct ip *ip, uint32_t len); /* HF_NONE when full, which is told */
uint8_t *ip_datagram_data(struct ip *ip, uint32_t i);
/* Hands a filled-in datagram over: it goes, waits, or is dropped. */
HF_NODISCARD hf_status ip_datagram_queue(struct ip *ip, uint32_t i, hf_time_ns now);
void ip_datagram_give(struct ip *ip, uint32_t i);
void ip_out_reclaim(struct ip *ip);
void ip_list_add(struct ip *ip, struct ip_list *l, uint32_t i);
void ip_out_check(const struct ip *ip);

static inline struct ip_datagram *ip_datagram_at(const struct ip *ip, uint32_t i)
{
	return hf_pool_at(&ip->datagrams, i);
}

static inline struct ip_neigh *ip_neigh_at(const struct ip *ip, uint32_t i)
{
	return hf_pool_at(&ip->neighs, i);
}

static inline struct ip_path *ip_path_at(const struct ip *ip, uint32_t i)
{
	return hf_pool_at(&ip->paths, i);
}

/* The last 32 bits: for IPv4 the address; what trace records show. */
static inline uint32_t ip_addr_tail(const struct hf_addr *a)
{
	return hf_load32(a->b + 12);
}

#endif
