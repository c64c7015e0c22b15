/* SPDX-License-Identifier: MIT */
#ifndef HF_IP_IP_H
#define HF_IP_IP_H

#include "base/pool.h"
#include "base/rng.h"
#include "base/trace.h"
#include "base/wheel.h"
#include "hf/host.h"

/*
 * The Internet layer of a host, IPv4 and IPv6, with what each needs of the link: ARP, neighbour discovery, DAD,
 * reassembly, fragmentation, ICMP, path MTU. It knows nothing of TCP or UDP but the first eight octets quoted in errors.
 *
 * struct ip is complete in ip/ip_internal.h; the host embeds it.
 */
struct ip;

/* Where a frame's L4 header starts in hf_frame_out.head: room for Ethernet, IPv6 and a fragment header in front. */
#define IP_L4_AT HF_FRAME_L4_AT

/* What came out of a frame. */
enum ip_verdict {
	IP_NOTHING, /* eaten: ours, or dropped with a trace record */
	IP_UPPER,   /* a packet for TCP or UDP: ret->packet */
	IP_ERROR,   /* an ICMP error about a packet of ours: ret->error */
};

struct ip_packet {
	struct hf_addr src, dst;
	uint8_t proto, ttl, tos;
	bool csum_ok;      /* the driver vouches for the upper checksum */
	bool to_group;     /* broadcast or multicast destination, at the link or in IP */
	bool fragmented;   /* IPv6: a fragment header was there, be it of a whole packet */
	uint16_t gso_size; /* of merged TCP segments, else 0 */
	struct hf_bytes payload;
	struct hf_bytes whole; /* the IP packet itself, for quoting in errors */
};

/* RFC 792, RFC 4443: what an error says, in the form the upper layers need. */
struct ip_error {
	struct hf_addr src, dst; /* of the quoted packet: src is ours */
	uint8_t proto;
	uint8_t type, code;
	bool ip6;
	uint16_t src_port, dst_port;
	uint32_t seq; /* of a quoted TCP header */
	uint32_t mtu; /* packet too big / fragmentation needed: already judged and remembered; else 0 */
};

struct ip_in {
	struct ip_packet packet;
	struct ip_error error;
};

/* wheel, trace, rng are the host's. Carves its tables out of the arena. */
void ip_init(struct ip *ip, struct hf_arena *a, const struct hf_host_config *cfg, struct hf_wheel *wheel,
	     struct hf_trace *trace, struct hf_rng *rng);

/*
 * As hf_host_add_addr(). On Ethernet the first IPv6 address brings the link-local one of the MAC with it, in a slot
 * beyond limits.addrs; an IPv4 address is announced (RFC 5227 2.3), an IPv6 one runs DAD.
 */
HF_NODISCARD hf_status ip_add_addr(struct ip *ip, const struct hf_addr *addr, unsigned prefix_len, hf_time_ns now);
/* HF_OK; HF_FULL; HF_IN_USE; HF_INVALID: families differ, bad length, or a gateway that is not a unicast address of another.
 * dst all zero with length 0: the default route of the gateway's family. */
HF_NODISCARD hf_status ip_add_route(struct ip *ip, const struct hf_addr *dst, unsigned prefix_len,
				    const struct hf_addr *gateway);

/* One frame in. *ret borrows from the frame, or from a reassembly buffer that stays until the next call. */
enum ip_verdict ip_feed(struct ip *ip, const struct hf_frame *frame, hf_time_ns now, struct ip_in *ret);

/* Is this address one of ours and usable (DAD done)? */
bool ip_is_ours(const struct ip *ip, const struct hf_addr *a);
/* The same, or on the way to be (DAD runs): it may be bound to, and ip_ready() holds packets back until it is ours. */
bool ip_has_addr(const struct ip *ip, const struct hf_addr *a);
/* The source address to reach dst from (RFC 1122 3.3.4.3, RFC 6724 in short); a tentative one when no other fits. HF_NO_ROUTE. */
HF_NODISCARD hf_status ip_source_for(const struct ip *ip, const struct hf_addr *dst, struct hf_addr *ret);
/* May a connection go to or come from this address? Not any, multicast, limited or subnet broadcast. */
bool ip_is_unicast(const struct ip *ip, const struct hf_addr *a);
/* The largest packet for that destination now: link MTU, or a smaller path MTU that is remembered. */
uint32_t ip_path_mtu(const struct ip *ip, const struct hf_addr *dst);

/*
 * Can a packet go to dst now? HF_OK: *ret is the way, until the next call that feeds, sends or asks; HF_PENDING: the
 * neighbour is being asked (ip_changed() tells when to look again); HF_UNREACHABLE: it did not answer; HF_NO_ROUTE.
 */
struct ip_hop;
HF_NODISCARD hf_status ip_ready(struct ip *ip, const struct hf_addr *dst, hf_time_ns now, const struct ip_hop **ret);
/* Negative advice from above (RFC 9293 MUST-20): dst has been silent for long, so its next hop is asked whether it still is
 * there (RFC 1122 3.3.1.4, RFC 4861 7.3.3). */
void ip_advise(struct ip *ip, const struct hf_addr *dst, hf_time_ns now);
/* A counter that moves whenever a neighbour or a path MTU changed: those who got HF_PENDING look again. */
uint32_t ip_changed(const struct ip *ip);

struct ip_send {
	struct hf_addr src, dst;
	uint8_t proto, ttl, tos;
	bool df; /* IPv4: set Don't Fragment (path MTU discovery) */
};

/*
 * Puts IP and link headers in front of a frame whose L4 header stands at IP_L4_AT (head_at == IP_L4_AT, head_len its
 * length) and whose payload is in parts. csum_start is moved from "octets from head_at" to the new start; hdr_len is set.
 * Never fragments. `hop` is what ip_ready() just gave for s->dst. HF_TOO_BIG, frame untouched: larger than the link's MTU
 * and not a super-segment.
 */
HF_NODISCARD hf_status ip_finish(struct ip *ip, struct hf_frame_out *f, const struct ip_send *s, const struct ip_hop *hop);

/*
 * Queues a datagram that is complete (L4 header and checksum included): copied, fragmented as needed, held while the
 * neighbour is asked. HF_OK; HF_FULL; HF_NO_ROUTE; HF_TOO_BIG (df, or over 65535); HF_UNREACHABLE (the neighbour did not
 * answer a moment ago); HF_NOT_OURS (src), HF_PENDING (src, or all that could reach dst: DAD runs).
 */
HF_NODISCARD hf_status ip_send(struct ip *ip, const struct ip_send *s, struct hf_bytes datagram, hf_time_ns now);

/*
 * The next frame of IP's own queue (ARP, ND, ICMP, what ip_send() took). Parts refer to IP's buffers until the next
 * ip_feed(), ip_send() or ip_timer(): the frames of several ip_pull() and ip_finish() in a row hold together.
 */
bool ip_pull(struct ip *ip, struct hf_frame_out *ret, hf_time_ns now);
bool ip_has_output(const struct ip *ip);

/* Port unreachable about a packet that came in (RFC 1122 3.2.2.1, RFC 4443 3.1), under the rate limit and all the MUST NOTs. */
void ip_port_unreachable(struct ip *ip, const struct ip_packet *about, hf_time_ns now);

/* Timers of kind HF_TIMER_IP_* belong here. */
void ip_timer(struct ip *ip, struct hf_timer *t, hf_time_ns now);

void ip_check(const struct ip *ip);
uint32_t ip_neighbours_in_use(const struct ip *ip);
uint32_t ip_reassemblies_in_use(const struct ip *ip);
uint64_t ip_drops(const struct ip *ip); /* frames dropped so far */

#endif
