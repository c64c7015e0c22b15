/* SPDX-License-Identifier: MIT */
#ifndef HF_HOST_H
#define HF_HOST_H

#include "hf/status.h"
#include "hf/trace.h"

HF_API_BEGIN

/*
 * A host is a value: frames and a time go in (hf_host_feed), frames and a wake-up time come out (hf_host_pull,
 * hf_host_wake_at). It makes no system call, reads no clock, draws no randomness and allocates nothing after init. One
 * host belongs to one thread; several hosts share nothing.
 *
 * Times passed in must never go back. Every call that takes `now` first lets all timers due by then fire.
 */
struct hf_host;

/* Names of connections and listeners are values. A name used too late gives HF_STALE, never a crash. All zero: no name. */
typedef struct hf_conn {
	uint32_t slot, birth;
} hf_conn;

typedef struct hf_listener {
	uint32_t slot, birth;
} hf_listener;

typedef struct hf_udp {
	uint32_t slot, birth;
} hf_udp;

/* ---- frames ---- */

enum hf_frame_flag {
	HF_FRAME_CSUM_OK = 1 << 0, /* in: TCP or UDP checksum verified already, or never needed */
	HF_FRAME_CSUM_PARTIAL = 1 << 1, /* in: sender left it unfinished on the same machine, trust it; out: finish it for me */
	HF_FRAME_GSO4 = 1 << 2,         /* a TCP/IPv4 super-segment: cut, or merged, at gso_size */
	HF_FRAME_GSO6 = 1 << 3,         /* the same over IPv6 */
};

/* A frame from the wire, in one piece; borrowed for the time of the call. */
struct hf_frame {
	struct hf_bytes bytes;
	uint32_t flags;
	uint16_t gso_size; /* payload octets of each merged segment; 0: a single one */
};

#define HF_FRAME_HEAD 192
#define HF_FRAME_PARTS 20
#define HF_FRAME_L4_AT 64 /* where the header behind IP starts in head[] while a frame is being built */

/*
 * A frame for the wire: headers by value, payload by reference. The parts stay valid until the next call to this host.
 * With HF_FRAME_CSUM_PARTIAL the field at csum_start + csum_offset holds the pseudo header's sum and the driver adds
 * the sum of everything from csum_start on (as virtio-net defines it).
 */
struct hf_frame_out {
	uint8_t head[HF_FRAME_HEAD]; /* octets head_at .. head_at + head_len - 1 are in use */
	uint16_t head_at;
	uint16_t head_len;
	uint16_t parts;
	uint16_t gso_size;
	uint16_t hdr_len; /* all headers together, for the driver's segmentation */
	uint16_t csum_start;
	uint16_t csum_offset;
	uint32_t flags;
	uint32_t payload_len; /* sum over part[] */
	struct hf_bytes part[HF_FRAME_PARTS];
};

/* Copies a frame into one piece; returns its length, or 0 when room is too small. */
size_t hf_frame_flatten(const struct hf_frame_out *f, uint8_t *to, size_t room);

/* ---- configuration ---- */

enum hf_link_kind {
	HF_LINK_ETHERNET, /* frames with Ethernet headers; ARP and neighbour discovery */
	HF_LINK_IP,       /* bare IP packets (TUN) */
};

enum hf_offload {
	HF_OFFLOAD_TX_CSUM = 1 << 0, /* the driver finishes TCP checksums */
	HF_OFFLOAD_TX_TSO = 1 << 1,  /* the driver takes super-segments of up to tso_max_bytes */
};

enum hf_tcp_fault {
	HF_FAULT_TWO_WAY_HANDSHAKE = 1 << 0, /* a listener believes a SYN at once: what the third step is there to prevent */
};

/* Fixed sizes of everything; 0 takes the default in brackets. */
struct hf_limits {
	uint32_t conns;        /* full connection blocks [1024] */
	uint32_t half_open;    /* SYN cache entries [4096] */
	uint32_t time_wait;    /* TIME_WAIT records [16384] */
	uint32_t listeners;    /* [64] */
	uint32_t accept_queue; /* finished connections waiting for hf_accept(), a listener [128] */
	uint32_t chunks;       /* of 4096 octets: all buffered payload, both ways [16384] */
	uint32_t slices;       /* pieces of queued data [chunks + 4096] */
	uint32_t gaps;         /* out-of-order ranges held, all connections together [4096] */
	uint32_t addrs;        /* [16] */
	uint32_t routes;       /* [32] */
	uint32_t neighbours;   /* [256] */
	uint32_t paths;        /* destinations whose path MTU is known to be smaller [256] */
	uint32_t reassemblies; /* datagrams being put together at once [16] */
	uint32_t udp_sockets;  /* [16] */
	uint32_t control;      /* small frames waiting to go out [512] */
	uint32_t trace;        /* trace records kept, a power of two; 0: none are made [0] */
};

/* 0 takes the default in brackets. All times in nanoseconds. */
struct hf_tcp_config {
	hf_time_ns msl;                /* [30 s] TIME_WAIT lasts twice this, RFC 9293 3.6.1 */
	hf_time_ns rto_initial;        /* [1 s] RFC 6298 2.1 */
	hf_time_ns rto_min;            /* [200 ms] below RFC 6298's SHOULD of 1 s, as all big stacks */
	hf_time_ns rto_max;            /* [120 s]; RFC 6298 2.5 asks for 60 s or more */
	hf_time_ns delayed_ack;        /* [40 ms]; always below 500 ms, RFC 9293 MUST-40 */
	hf_time_ns r2;                 /* [924 s] a connection gives up, RFC 9293 3.8.3; at least 100 s */
	hf_time_ns r2_syn;             /* [190 s] a SYN gives up; RFC 9293 MUST-23: at least 3 min */
	uint32_t r1;                   /* [3] retransmissions before the negative advice */
	hf_time_ns keepalive_idle;     /* [2 h] once turned on, RFC 9293 3.8.4 */
	hf_time_ns keepalive_interval; /* [75 s] */
	uint32_t keepalive_probes;     /* [9] */
	hf_time_ns fin_wait_2_orphan;  /* [60 s] FIN_WAIT_2 after hf_conn_close() */
	uint32_t recv_window;          /* [1 MiB] most octets buffered for the reader, a connection */
	uint32_t send_buffer;          /* [1 MiB] most octets queued by the writer, a connection */
	uint32_t initial_window;       /* [10] segments, RFC 6928 */
	uint32_t challenge_acks;       /* [10] in 5 s, RFC 5961 7 */
	uint8_t ttl;                   /* [64] */
	bool no_window_scale;          /* leave RFC 7323's options out */
	bool no_timestamps;
	bool nodelay;    /* Nagle off for new connections */
	uint32_t faults; /* enum hf_tcp_fault: go wrong on purpose */
};

struct hf_host_config {
	enum hf_link_kind link;
	uint8_t mac[6];         /* Ethernet only */
	uint32_t mtu_bytes;     /* [1500] largest IP packet; at least 1280 */
	uint32_t offload;       /* enum hf_offload */
	uint32_t tso_max_bytes; /* [65535 less headers] payload of one super-segment */
	uint8_t entropy[32];    /* keys of the hash tables, initial sequence numbers, ports: the only randomness */
	bool no_dad;            /* IPv6 addresses are usable at once, without RFC 4862 5.4 */
	struct hf_limits limits;
	struct hf_tcp_config tcp;
};

/* Octets that hf_host_init() needs for this configuration. */
size_t hf_host_memory(const struct hf_host_config *cfg);

/*
 * Makes a host in `mem` (aligned to 64), which stays the caller's and must hold still.
 *
 * HF_OK
 * HF_INVALID   a value is out of its range
 * HF_FULL      n is less than hf_host_memory(cfg)
 */
HF_NODISCARD hf_status hf_host_init(void *mem, size_t n, const struct hf_host_config *cfg, hf_time_ns now,
				    struct hf_host **ret);

/* HF_OK; HF_FULL; HF_INVALID for a multicast address or a bad length; HF_IN_USE when it is there already. IPv6 runs DAD first. */
HF_NODISCARD hf_status hf_host_add_addr(struct hf_host *h, const struct hf_addr *addr, unsigned prefix_len, hf_time_ns now);

/* A route by way of a gateway. prefix_len counts as for the family (0..32 for a mapped address, 0..128). */
HF_NODISCARD hf_status hf_host_add_route(struct hf_host *h, const struct hf_addr *dst, unsigned prefix_len,
					 const struct hf_addr *gateway);

/* ---- the wire side ---- */

void hf_host_feed(struct hf_host *h, const struct hf_frame *frames, size_t n, hf_time_ns now);

/* Up to `max` frames; fewer (or 0) when there is no more to send now. */
size_t hf_host_pull(struct hf_host *h, struct hf_frame_out *out, size_t max, hf_time_ns now);

/* When hf_host_pull() must be called again though nothing was fed; HF_NEVER when nothing runs. 0 (now) when frames wait. */
hf_time_ns hf_host_wake_at(const struct hf_host *h);

/* ---- events ---- */

enum hf_event_what {
	HF_EV_CONNECTED = 1 << 0, /* the handshake we began is done */
	HF_EV_READABLE = 1 << 1,
	HF_EV_WRITABLE = 1 << 2, /* acknowledged data made room, or freed borrowed bytes: see hf_conn_info.acked */
	HF_EV_PEER_FIN = 1 << 3, /* all of the peer's data is here; nothing more will come */
	HF_EV_URGENT = 1 << 4,   /* the urgent pointer moved, RFC 9293 MUST-32 */
	HF_EV_CLOSED = 1 << 5, /* the connection has ended: hf_conn_info.why says how; hf_conn_close() frees the name */
	HF_EV_ADVICE = 1 << 6, /* R1 passed or a soft ICMP error came: hf_conn_info.soft says which */
	HF_EV_ACCEPT = 1 << 7, /* a listener has a connection for hf_accept() */
	HF_EV_DATAGRAM = 1 << 8,
};

/* At most one entry of the queue a connection or socket, with all its bits: the queue has a bound by construction. */
struct hf_event {
	uint32_t what;
	hf_conn conn;         /* or none */
	hf_listener listener; /* or none */
	hf_udp udp;           /* or none */
	uint64_t tag;         /* of hf_conn_set_tag() */
};

bool hf_host_next_event(struct hf_host *h, struct hf_event *ret);

/* ---- TCP ---- */

/* Passive OPEN (RFC 9293 3.10.1). addr is one of ours, :: for all of them, 0.0.0.0 for all IPv4 ones. HF_OK, HF_IN_USE,
 * HF_NOT_OURS, HF_FULL. */
HF_NODISCARD hf_status hf_listen(struct hf_host *h, const struct hf_endpoint *local, hf_time_ns now, hf_listener *ret);
/* Stops listening; half-open peers are forgotten, connections not yet accepted are reset. HF_OK, HF_STALE. */
HF_NODISCARD hf_status hf_unlisten(struct hf_host *h, hf_listener l, hf_time_ns now);
/* HF_OK; HF_AGAIN when none waits; HF_STALE. */
HF_NODISCARD hf_status hf_accept(struct hf_host *h, hf_listener l, hf_conn *ret);

/*
 * Active OPEN. local may be NULL: address by route, port by RFC 6056; either part may be zero for the same.
 *
 * HF_OK        SYN goes out; HF_EV_CONNECTED or HF_EV_CLOSED follows
 * HF_INVALID   the remote address is any, broadcast or multicast (MUST-46), or its port is 0
 * HF_NO_ROUTE, HF_NOT_OURS, HF_IN_USE, HF_FULL
 */
HF_NODISCARD hf_status hf_connect(struct hf_host *h, const struct hf_endpoint *remote, const struct hf_endpoint *local,
				  hf_time_ns now, hf_conn *ret);

/* Active OPEN on a block in LISTEN (RFC 9293 3.10.1): the listener ends and its local endpoint connects. As hf_connect();
 * HF_INVALID also when the listener has no address of its own. */
HF_NODISCARD hf_status hf_listener_connect(struct hf_host *h, hf_listener l, const struct hf_endpoint *remote,
					   hf_time_ns now, hf_conn *ret);

/* Copies as much as there is room for; *ret_len octets were taken. HF_OK (also for 0 octets asked), HF_AGAIN when no
 * room at all, HF_CLOSED after shut, HF_STALE, or why the connection ended. */
HF_NODISCARD hf_status hf_conn_write(struct hf_host *h, hf_conn c, struct hf_bytes data, hf_time_ns now, size_t *ret_len);

/* As hf_conn_write(), but only refers to the bytes: they must hold still until hf_conn_info.acked has passed them, or
 * the name is dead. All of it is taken or nothing (HF_AGAIN). */
HF_NODISCARD hf_status hf_conn_write_borrowed(struct hf_host *h, hf_conn c, struct hf_bytes data, hf_time_ns now);

/*
 * Room at the end of what is queued, for octets that are made and not copied (records of TLS): up to n octets in up to `max`
 * pieces. hf_conn_commit() then queues the first `n` of them, 0 for none; no other call to this host may stand between, but
 * hf_conn_read(): the room would be gone. HF_OK; HF_AGAIN when no room at all; else as hf_conn_write(). Commit: also
 * HF_INVALID, when it is not for this connection or for more than there was.
 */
HF_NODISCARD hf_status hf_conn_reserve(struct hf_host *h, hf_conn c, size_t n, hf_time_ns now, struct hf_room *rooms,
				       size_t max, size_t *ret_count);
HF_NODISCARD hf_status hf_conn_commit(struct hf_host *h, hf_conn c, size_t n);

/* As hf_conn_write(), and the last octet taken is urgent (RFC 9293 3.8.5). */
HF_NODISCARD hf_status hf_conn_write_urgent(struct hf_host *h, hf_conn c, struct hf_bytes data, hf_time_ns now,
					    size_t *ret_len);

/*
 * What there is to read, in place: up to `max` spans in order, valid until the next call to this host. *ret_n of 0 with
 * HF_OK: nothing yet. HF_CLOSED: nothing, and nothing will come (FIN read). HF_STALE, or why the connection ended.
 * Data that came before a reset stays readable.
 */
HF_NODISCARD hf_status hf_conn_read(struct hf_host *h, hf_conn c, struct hf_bytes *spans, size_t max, size_t *ret_n);

/* The reader is done with n octets: the window opens. HF_OK; HF_INVALID when there are not as many; HF_STALE. */
HF_NODISCARD hf_status hf_conn_consume(struct hf_host *h, hf_conn c, size_t n, hf_time_ns now);

/*
 * Closes our direction; the other may go on (half-close, RFC 9293 3.6). This is the RFC's CLOSE call.
 *
 * Data already accepted goes first, then FIN.
 *   ESTABLISHED -> FIN_WAIT_1     CLOSE_WAIT -> LAST_ACK     SYN_SENT -> CLOSED
 *
 * HF_OK         also when it was closed before: closing twice is one close
 * HF_STALE      this connection ended; the name is dead
 */
HF_NODISCARD hf_status hf_conn_shut(struct hf_host *h, hf_conn c, hf_time_ns now);

/*
 * The caller is done with the connection: shuts our direction, gives the name back, and lets the protocol end by
 * itself. Data unread, or coming later, is answered with a reset (RFC 9293 SHLD-3), so the peer learns of the loss.
 */
HF_NODISCARD hf_status hf_conn_close(struct hf_host *h, hf_conn c, hf_time_ns now);

/* Sends a reset where the state asks for one (RFC 9293 3.10.5) and gives the name back. HF_OK, HF_STALE. */
HF_NODISCARD hf_status hf_conn_abort(struct hf_host *h, hf_conn c, hf_time_ns now);

struct hf_conn_options {
	bool nodelay;
	bool keepalive;
	bool linger; /* close waits at most linger_time for queued data, then resets; 0: resets at once */
	hf_time_ns linger_time;
	hf_time_ns keepalive_idle, keepalive_interval;
	uint32_t keepalive_probes;
	hf_time_ns r2; /* MUST-21 */
	uint8_t ttl;   /* MUST-49 */
	uint8_t tos;   /* MUST-48 */
};

HF_NODISCARD hf_status hf_conn_get_options(struct hf_host *h, hf_conn c, struct hf_conn_options *ret);
HF_NODISCARD hf_status hf_conn_set_options(struct hf_host *h, hf_conn c, const struct hf_conn_options *o, hf_time_ns now);
HF_NODISCARD hf_status hf_conn_set_tag(struct hf_host *h, hf_conn c, uint64_t tag);

/* RFC 9293 STATUS, for one or for all. */
struct hf_conn_info {
	hf_conn name;        /* none for SYN cache entries and bare TIME_WAIT records */
	uint8_t state;       /* enum hf_tcp_state */
	bool passive;        /* came from a listener */
	bool closed_by_user; /* hf_conn_close() was called */
	bool read_eof;       /* the peer's FIN has been reached by the reader */
	hf_status why;       /* of CLOSED: how it ended; HF_OK for an ordinary end */
	hf_status soft;      /* last advice (MUST-20, SHLD-9, SHLD-25), HF_OK when none */
	struct hf_endpoint local, remote;
	uint64_t tag;      /* of hf_conn_set_tag() */
	uint32_t id;       /* as trace records have it */
	uint64_t acked;    /* octets of our stream that the peer has acknowledged */
	uint64_t sent;     /* octets of our stream sent at least once */
	uint64_t received; /* octets in order from the peer */
	uint64_t bytes_retransmitted;
	uint32_t send_queued;  /* octets written and not yet acknowledged */
	uint32_t recv_queued;  /* octets ready to read */
	uint32_t out_of_order; /* ranges held beyond a hole */
	uint32_t urgent;       /* octets up to and with the urgent mark, 0: none pending (MUST-33) */
	uint32_t iss, snd_una, snd_nxt, snd_wnd, irs, rcv_nxt, rcv_wnd;
	uint32_t mss, cwnd, ssthresh;
	uint8_t snd_wscale, rcv_wscale;
	bool timestamps;
	uint32_t retransmits; /* in all */
	uint32_t backoff;     /* of the segment now waiting */
	hf_time_ns srtt, rttvar, rto;
	hf_time_ns retransmit_at, persist_at, delayed_ack_at, keepalive_at, ends_at; /* HF_NEVER: not running */
};

HF_NODISCARD hf_status hf_conn_status(const struct hf_host *h, hf_conn c, struct hf_conn_info *ret);

/* Walks listeners, half-open peers, connections and TIME_WAIT records. *cursor starts at 0; false at the end. */
bool hf_host_each(const struct hf_host *h, uint64_t *cursor, struct hf_conn_info *ret);

/* ---- UDP ---- */

/* As hf_listen(); port 0: one is chosen (RFC 6056). From 0.0.0.0 nothing can be sent to IPv6: HF_INVALID. */
HF_NODISCARD hf_status hf_udp_bind(struct hf_host *h, const struct hf_endpoint *local, hf_udp *ret);
HF_NODISCARD hf_status hf_udp_close(struct hf_host *h, hf_udp u);
HF_NODISCARD hf_status hf_udp_send(struct hf_host *h, hf_udp u, const struct hf_endpoint *to, struct hf_bytes data,
				   hf_time_ns now);
/* Copies one datagram out; HF_AGAIN when none waits; HF_TOO_BIG when room is too small (the datagram stays); HF_UNREACHABLE
 * or HF_REFUSED once when ICMP said so, with *from naming the destination. */
HF_NODISCARD hf_status hf_udp_recv(struct hf_host *h, hf_udp u, void *room, size_t n, struct hf_endpoint *from,
				   size_t *ret_len);

/* ---- what happened ---- */

/* The trace record number *cursor; advances it. False when there is none yet. Records lost to the ring's limit are
 * skipped and counted in *ret_lost. */
bool hf_host_trace(const struct hf_host *h, uint64_t *cursor, struct hf_trace_record *ret, uint64_t *ret_lost);

struct hf_host_counters {
	uint64_t frames_in, frames_out, dropped; /* `dropped` counts frames; the trace names each rule */
	uint32_t conns, half_open, time_wait, listeners, chunks, slices, gaps, reassemblies, neighbours;
};
void hf_host_count(const struct hf_host *h, struct hf_host_counters *ret);

/* Asserts every invariant of every table and connection; for tests and simulation. */
void hf_host_check(const struct hf_host *h);

/* Octets of memory that one of each costs, indexes included: what `make bench` reports. */
struct hf_host_footprint {
	size_t conn, half_open, time_wait;
};
struct hf_host_footprint hf_host_footprint(void);

HF_API_END

#endif
