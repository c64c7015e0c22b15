/* SPDX-License-Identifier: MIT */
#ifndef HF_TCP_TCP_INTERNAL_H
#define HF_TCP_TCP_INTERNAL_H

#include "tcp/tcp.h"
#include "wire/addr.h"

/*
 * What each kind of record permits:
 *
 * struct tcp_listen     LISTEN. Makes half-open peers and, from them, connections.
 * struct tcp_half       SYN_RECEIVED of passive origin: small, no buffers, no name. Its SYN,ACK is sent by seq numbers alone.
 * struct tcp_conn       every other state but TIME_WAIT. After the end (state CLOSED) only a name the user still holds.
 * struct tcp_tw         TIME_WAIT, with or without a tcp_conn that the user has not given up yet.
 *
 * A 4-tuple is in the hash table once: as a tcp_half, a tcp_conn that has not ended, or a tcp_tw.
 */

#define TCP_GAPS_PER_CONN 64u             /* out-of-order ranges held for one connection */
#define TCP_HALF_LEVELS 16u               /* retransmissions of a SYN,ACK that have a list of their own */
#define TCP_SYN_RTO_LOST HF_S(3)          /* RFC 6298 5.7: RTO once a SYN was lost, when data begins */
#define TCP_CHALLENGE_SPAN HF_S(5)        /* RFC 5961 7 */
#define TCP_TS_STALE HF_S(24 * 24 * 3600) /* RFC 7323 5.5 */
#define TCP_DUPACK_THRESHOLD 3u           /* RFC 5681 3.2 */
#define TCP_MSS_DEFAULT_4 536u            /* MUST-15 */
#define TCP_MSS_DEFAULT_6 1220u
#define TCP_MSS_FLOOR 48u /* no peer makes us cut finer than this: RFC 9293 leaves the floor open */
#define TCP_WSCALE_MAX 14u
#define TCP_PORT_FIRST 49152u /* RFC 6335 6, chosen from by RFC 6056 */
#define TCP_PORT_COUNT 16384u

enum tcp_timer_kind {
	HF_TIMER_TCP_CONN = HF_TIMER_TCP_FIRST,
	HF_TIMER_TCP_HALF,
	HF_TIMER_TCP_TW,
};

/* ---- the hash table ---- */

enum tcp_ref_kind { TCP_REF_CONN = 0, TCP_REF_HALF = 1, TCP_REF_TW = 2 };

#define TCP_REF(kind, index) (((uint32_t)(kind) << 30) | (index))
#define TCP_REF_KIND(ref) ((enum tcp_ref_kind)((ref) >> 30))
#define TCP_REF_INDEX(ref) ((ref)&0x3fffffffu)

/* The head of all three kinds of record. `local` is an index into tcp.locals. */
struct tcp_key {
	struct hf_addr remote;
	uint16_t local_port, remote_port;
	uint16_t local;
	uint16_t spare; /* the record's own */
	uint32_t hash_next;
};
#define TCP_KEY_BYTES 22u /* what is hashed and compared */

/* Doubly linked lists of slots; HF_NONE ends them. */
struct tcp_link {
	uint32_t next, prev;
};

struct tcp_list {
	uint32_t head, tail;
};

/* ---- LISTEN ---- */

struct tcp_listen {
	struct hf_endpoint local;
	struct tcp_link link;   /* in tcp.listening */
	struct tcp_link ev;     /* in tcp.listen_events */
	struct tcp_list accept; /* connections by tcp_conn.accept */
	uint32_t accept_count;
	uint8_t state;
	bool in_events;
};

/* ---- SYN_RECEIVED, half-open ---- */

struct tcp_half {
	struct tcp_key key;   /* spare: the listener's slot */
	struct tcp_link link; /* in the list of its level, oldest first */
	uint32_t irs, iss, ts_recent;
	uint32_t deadline_ms; /* the low 32 bits of the time in ms */
	uint16_t mss;         /* effective send MSS before options */
	uint8_t wscale : 4, has_wscale : 1, has_ts : 1, retransmitted : 1;
	uint8_t level; /* SYN,ACKs sent so far, less one */
};
_Static_assert(sizeof(struct tcp_half) <= 56, "a half-open peer with its share of the hash table stays within 64 octets");

/* ---- TIME_WAIT ---- */

struct tcp_tw {
	struct tcp_key key;
	struct tcp_link link; /* by deadline, oldest first */
	uint32_t snd_nxt, rcv_nxt;
	uint16_t window; /* as it was last announced, unscaled */
	uint8_t state;
	bool has_ts;
	uint32_t ts_recent;
	uint32_t conn; /* slot of a connection whose user still holds the name, or HF_NONE */
	hf_time_ns deadline;
};
_Static_assert(sizeof(struct tcp_tw) <= 64, "TIME_WAIT must stay small: a busy server holds tens of thousands");

/* ---- all other states ---- */

enum tcp_conn_flag {
	TCP_C_TS = 1u << 0, /* timestamps agreed */
	TCP_C_WSCALE = 1u << 1,
	TCP_C_PASSIVE = 1u << 2, /* from a listener (MUST-11) */
	TCP_C_ORPHAN = 1u << 3,  /* the user has given the name up */
	TCP_C_HASHED = 1u << 4,
	TCP_C_READY = 1u << 5, /* in tcp.ready */
	TCP_C_HELD = 1u << 6,  /* in tcp.held */
	TCP_C_EVENT = 1u << 7, /* in tcp.events */
	TCP_C_ACK_NOW = 1u << 8,
	TCP_C_FIN_QUEUED = 1u << 9,  /* FIN follows the last octet of the queue */
	TCP_C_FIN_SEEN = 1u << 10,   /* the peer's FIN number is known: fin_seq */
	TCP_C_FIN_TAKEN = 1u << 11,  /* and everything before it is here */
	TCP_C_RECOVERY = 1u << 12,   /* fast recovery (RFC 6582) */
	TCP_C_REXMIT_ONE = 1u << 13, /* send the segment at snd_una again, out of order */
	TCP_C_TIMING = 1u << 14,     /* rtt_seq is being timed */
	TCP_C_PERSIST = 1u << 15,    /* rtx_at is the persist timer's */
	TCP_C_PROBE = 1u << 16,      /* send a window probe now */
	TCP_C_KEEPALIVE_PROBE = 1u << 17,
	TCP_C_KEEPALIVE = 1u << 18,
	TCP_C_NODELAY = 1u << 19,
	TCP_C_LINGER = 1u << 20,
	TCP_C_URG_SEND = 1u << 21,    /* snd_up is ahead of snd_una */
	TCP_C_URG_RECV = 1u << 22,    /* rcv_up is ahead of the reader */
	TCP_C_CLOSE_LATER = 1u << 23, /* CLOSE in SYN_RECEIVED with data queued (3.10.4) */
	TCP_C_SYN_LOST = 1u << 24,
	TCP_C_R1_TOLD = 1u << 25,
	TCP_C_IN_ACCEPT = 1u << 26,   /* waits in its listener's queue */
	TCP_C_OVERRIDE = 1u << 27,    /* the persist timer lets a small segment go (3.8.6.2.1) */
	TCP_C_WINDOW_SHUT = 1u << 28, /* our window was announced as closed */
	TCP_C_RTT_KNOWN = 1u << 29,
	TCP_C_ADVICE = 1u << 30,    /* negative advice for IP is due (MUST-20) */
	TCP_C_FIN_ACKED = 1u << 31, /* our FIN is acknowledged: snd_una lies behind it */
};

/* How many challenge ACKs went out since when (RFC 5961 7). */
struct tcp_challenges {
	uint32_t from_ms, count;
};

struct tcp_conn {
	/* looked up and changed for each segment: the first 128 octets */
	struct tcp_key key; /* spare: effective send MSS, options counted off */
	uint32_t id;
	uint32_t snd_una, snd_nxt, snd_max, snd_wnd;
	uint32_t snd_wl1, snd_wl2;
	uint32_t rcv_nxt;
	uint32_t rcv_adv;  /* right edge announced: never goes back */
	uint32_t rcv_user; /* the reader's position */
	uint32_t last_ack; /* RFC 7323 Last.ACK.sent */
	uint32_t ts_recent, ts_offset;
	uint32_t flags;        /* enum tcp_conn_flag */
	struct tcp_link ready; /* in tcp.ready or tcp.held */
	uint32_t cwnd, ssthresh;
	uint32_t sq_len; /* octets queued: from snd_una (or iss + 1) on */
	uint32_t gap_head;
	uint8_t state;
	uint8_t dupacks;
	uint8_t snd_wscale : 4, rcv_wscale : 4;
	bool syn_acked; /* numbers cannot tell: SND.UNA is ISS again after 4 GiB */
	uint32_t rq_tail;

	/* the rest */
	uint32_t rq_head;
	uint32_t sq_head, sq_tail, sq_head_off;
	uint32_t sq_cursor, sq_cursor_off; /* slice and offset in it of snd_nxt */
	uint32_t iss, irs;
	uint32_t snd_wnd_max;
	uint32_t recover;     /* RFC 6582 */
	uint32_t bytes_acked; /* towards the next cwnd step, RFC 3465 */
	uint32_t rtt_seq;
	uint32_t srtt_us, rttvar_us;
	uint32_t fin_seq, rcv_up, snd_up;
	uint32_t rcv_mss;   /* estimate of the peer's segment size, for delayed ACKs */
	struct tcp_link ev; /* in tcp.events */
	uint32_t ev_what;
	uint32_t retransmits;
	uint32_t keepalive_idle_ms, keepalive_interval_ms, linger_ms, r2_ms;
	uint32_t listener_slot, listener_birth;
	struct tcp_link accept; /* in its listener's queue */
	uint32_t tw;            /* record in TIME_WAIT, or HF_NONE */
	struct tcp_challenges challenges;
	struct tcp_challenges stale; /* the same for answers to segments without text that are out of place */
	uint16_t mss;                /* before options: min(peer's, path's) */
	uint16_t peer_mss;
	uint8_t gap_count;
	uint8_t backoff;
	uint8_t probes; /* keep-alive probes sent */
	uint8_t keepalive_probes;
	uint8_t ttl, tos;
	uint8_t dup_owed;  /* duplicate ACKs to be sent, one for each segment beyond a hole (RFC 5681 4.2) */
	uint8_t why, soft; /* hf_status */
	hf_time_ns rtt_at;
	hf_time_ns rto;
	hf_time_ns rtx_at, delack_at, keepalive_at, end_at;
	hf_time_ns waiting_since;    /* the oldest octet now unacknowledged went out first, or the window closed */
	hf_time_ns last_rx, last_tx; /* anything acceptable received; data sent */
	hf_time_ns ts_recent_at;
	uint64_t acked; /* octets of our stream acknowledged */
	uint64_t received;
	uint64_t bytes_retransmitted;
	uint64_t tag;
	struct hf_timer timer; /* at the earliest of the deadlines, or before */
};
_Static_assert(offsetof(struct tcp_conn, rq_head) <= 136, "what each segment touches stays together");
_Static_assert(sizeof(struct tcp_conn) <= 480, "an idle connection stays within 512 octets, indexes included");

/* ---- small shared things ---- */

struct tcp_slice {
	const uint8_t *at;
	uint32_t len;
	uint32_t next;
	uint32_t chunk; /* HF_NONE: borrowed */
	uint32_t room;  /* octets free behind it in the chunk */
};

struct tcp_gap { /* a range received out of order: from..to-1 */
	uint32_t from, to, next;
};

/* A segment without payload that belongs to no connection block: resets, SYN,ACKs of half-open peers, TIME_WAIT's ACKs. */
struct tcp_control {
	struct hf_addr src, dst;
	struct tcp_header h;
	uint8_t ttl, tos;
	struct tcp_link link;
};

struct tcp {
	struct hf_tcp_config cfg;
	struct hf_limits limits;
	uint32_t mtu, tso_max;
	uint8_t rcv_wscale;
	struct hf_chunks *chunks;
	struct hf_wheel *wheel;
	struct hf_trace *trace;
	struct hf_sipkey hash_key, isn_key, ts_key, port_key;

	struct hf_pool conns, listens, slices, gaps, controls;
	struct { /* by tcp_reserve(), until tcp_commit(): one at a time */
		uint32_t slot, len;
		uint32_t chunks;             /* a list */
		uint32_t tail, room, slices; /* as they were then */
	} reserved;
	struct tcp_half *halves;
	struct tcp_tw *tws;
	uint32_t half_free, half_count, tw_free, tw_count;
	struct tcp_list half_level[TCP_HALF_LEVELS];
	struct tcp_list tw_list;
	struct hf_timer half_timer, tw_timer;

	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t last_ref; /* what the last segment was for: the next one often is as well */
	struct hf_addr *locals;
	uint32_t local_count;

	struct tcp_list ready, held, events, listening, listen_events;
	struct tcp_list control, control_held;
	uint32_t advice; /* connections with TCP_C_ADVICE set */
	uint32_t port_counter;
	struct tcp_challenges challenges; /* of half-open peers and TIME_WAIT; a connection has its own */
};

/* ---- sequence numbers, RFC 9293 3.4 ---- */

static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}
static inline bool seq_leq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}
static inline bool seq_gt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}
static inline bool seq_geq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}
static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_gt(a, b) ? a : b;
}

static inline bool tcp_is(const struct tcp_conn *c, uint32_t flag)
{
	return (c->flags & flag) != 0;
}
static inline void tcp_mark(struct tcp_conn *c, uint32_t flag)
{
	c->flags |= flag;
}
static inline void tcp_unmark(struct tcp_conn *c, uint32_t flag)
{
	c->flags &= ~flag;
}
static inline uint16_t tcp_eff_mss(const struct tcp_conn *c)
{
	return c->key.spare;
}
static inline bool tcp_syn_acked(const struct tcp_conn *c)
{
	return c->syn_acked;
}
/* The sequence number behind the last octet queued: FIN's own, when there is one. */
static inline uint32_t tcp_queue_end(const struct tcp_conn *c)
{
	uint32_t first = !tcp_syn_acked(c) ? c->iss + 1 : tcp_is(c, TCP_C_FIN_ACKED) ? c->snd_una - 1 : c->snd_una;

	return first + c->sq_len;
}
/* And behind the FIN, when one is queued. */
static inline uint32_t tcp_send_end(const struct tcp_conn *c)
{
	return tcp_queue_end(c) + (tcp_is(c, TCP_C_FIN_QUEUED) ? 1 : 0);
}
/* Octets sent and not yet acknowledged, SYN and FIN counted. */
static inline uint32_t tcp_in_flight(const struct tcp_conn *c)
{
	return c->snd_nxt - c->snd_una;
}
/* ---- tcp_list.c ---- */

/* A list threads one link member of an array of records. */
struct tcp_chain {
	void *items;
	uint32_t stride, offset;
};
void tcp_list_init(struct tcp_list *l);
void tcp_list_push(struct tcp_chain ch, struct tcp_list *l, uint32_t i);
void tcp_list_remove(struct tcp_chain ch, struct tcp_list *l, uint32_t i);
uint32_t tcp_list_pop(struct tcp_chain ch, struct tcp_list *l); /* HF_NONE when empty */
/* Puts all of `from` behind `to`. */
void tcp_list_join(struct tcp_chain ch, struct tcp_list *to, struct tcp_list *from);

#define TCP_CHAIN(array, type, member) ((struct tcp_chain){ (array), sizeof(type), offsetof(type, member) })

/* ---- tcp.c: tables ---- */

struct tcp_conn *tcp_conn_get(const struct tcp *t, hf_conn c);
static inline struct tcp_conn *tcp_conn_at(const struct tcp *t, uint32_t slot)
{
	return hf_pool_at(&t->conns, slot);
}
static inline uint32_t tcp_conn_slot(const struct tcp *t, const struct tcp_conn *c)
{
	return hf_pool_index(&t->conns, c);
}
uint16_t tcp_local_index(struct tcp *t, const struct hf_addr *a); /* UINT16_MAX: table full */
static inline const struct hf_addr *tcp_local_addr(const struct tcp *t, uint16_t i)
{
	return &t->locals[i];
}
uint32_t tcp_key_hash(const struct tcp *t, const struct tcp_key *k);
uint32_t tcp_lookup(const struct tcp *t, const struct tcp_key *k);
/* The same for segments: remembers the last answer. */
uint32_t tcp_lookup_again(struct tcp *t, const struct tcp_key *k);
void tcp_hash_add(struct tcp *t, struct tcp_key *k, uint32_t ref);
void tcp_hash_remove(struct tcp *t, struct tcp_key *k, uint32_t ref);
uint32_t tcp_isn(const struct tcp *t, const struct tcp_key *k, hf_time_ns now);
uint32_t tcp_ts_offset(const struct tcp *t, const struct tcp_key *k);
static inline uint32_t tcp_ts_now(const struct tcp_conn *c, hf_time_ns now)
{
	return (uint32_t)(now / 1000000u) + c->ts_offset;
}
struct tcp_conn *tcp_conn_new(struct tcp *t, const struct tcp_key *key, hf_time_ns now); /* NULL: full */
/* Takes a block out of everything but its user's hands: table, timers, lists, what was to be sent. */
void tcp_conn_detach(struct tcp *t, struct tcp_conn *c);
void tcp_conn_free(struct tcp *t, struct tcp_conn *c);
/* The connection has ended: everything it holds but unread data goes, and the block too when nobody holds its name. */
void tcp_conn_end(struct tcp *t, struct tcp_conn *c, hf_status why);
void tcp_event_add(struct tcp *t, struct tcp_conn *c, uint32_t what);
void tcp_event_forget(struct tcp *t, struct tcp_conn *c);
void tcp_listen_event(struct tcp *t, struct tcp_listen *l);
/* It may have something to send: tcp_pull() will see. */
void tcp_ready_add(struct tcp *t, struct tcp_conn *c);
void tcp_ready_remove(struct tcp *t, struct tcp_conn *c);
struct hf_trace_record *tcp_trace(struct tcp *t, const struct tcp_conn *c, enum hf_trace_kind kind);
struct hf_trace_record *tcp_trace_key(struct tcp *t, const struct tcp_key *k, enum hf_trace_kind kind);
struct hf_trace_record *tcp_trace_segment(struct tcp *t, const struct tcp_key *k, enum hf_trace_kind kind,
					  const struct tcp_header *h, uint32_t len, uint32_t wnd);

/* ---- tcp_fsm.c: the only writer of states ---- */

static inline bool tcp_fsm_legal(uint8_t state, enum tcp_event on)
{
	return tcp_arrows[state][on].legal;
}
const struct tcp_arrow *tcp_fsm_step(struct tcp *t, const struct tcp_key *k, uint8_t *state, enum tcp_event on);
/* Follows an arrow and does what it says. The block may be gone afterwards: true when it still is there. */
bool tcp_fire(struct tcp *t, struct tcp_conn *c, enum tcp_event on, hf_status why, hf_time_ns now);
/* A block takes up a state that another kind of record was in before. */
void tcp_fsm_resume(struct tcp_conn *c, uint8_t state);

/* ---- tcp_listen.c ---- */

struct tcp_segment;
struct tcp_listen *tcp_listener_for(const struct tcp *t, const struct hf_addr *dst, uint16_t port, uint32_t *ret_slot);
void tcp_in_listen(struct tcp *t, struct tcp_segment *s, uint32_t listener);
/* True: the half-open peer became a connection, s->c, that goes on with this segment. */
bool tcp_in_half(struct tcp *t, struct tcp_segment *s, uint32_t half);
void tcp_half_timer(struct tcp *t, hf_time_ns now);
void tcp_half_open(struct tcp *t, struct tcp_segment *s, uint32_t listener, uint32_t iss, uint8_t *state, enum tcp_event on);
void tcp_half_forget_listener(struct tcp *t, uint32_t listener);
struct tcp_half *tcp_half_at(const struct tcp *t, uint32_t i);
void tcp_half_icmp(struct tcp *t, uint32_t half, const struct tcp_icmp *e, bool hard);
void tcp_half_free(struct tcp *t, uint32_t i);
/* The window that SYNs carry: never scaled (RFC 7323 2.2). */
static inline uint32_t tcp_syn_window(const struct tcp *t)
{
	return hf_min_u32(t->cfg.recv_window, 65535);
}
uint16_t tcp_mss_for(const struct tcp *t, uint32_t path_mtu, bool ip4);

/* ---- tcp_in.c ---- */

struct tcp_segment {
	const struct tcp_in *in;
	struct tcp_header h;
	struct tcp_key key; /* the tuple, as we see it */
	struct tcp_conn *c;
	struct hf_bytes data; /* what is left of the payload after trimming */
	uint32_t seq;         /* of data, SYN counted off */
	uint32_t len;         /* SEG.LEN: SYN and FIN counted */
	uint32_t wnd;         /* scaled */
	bool syn, fin;        /* left after trimming */
	bool fin_acked;       /* in FIN_WAIT_1: our FIN is acknowledged, and the peer's comes with it */
	hf_time_ns now;
};

void tcp_in_conn(struct tcp *t, struct tcp_segment *s);
/* Answers with a challenge ACK, under the limit. why: the record that says to what. */
void tcp_challenge(struct tcp *t, struct tcp_conn *c, enum hf_trace_kind why, hf_time_ns now);
/*
 * May this challenge ACK still go out (RFC 5961 7)? One count for all connections would let a stranger, who uses it up on
 * a connection of his own, see whether a forged segment for another one was challenged (CVE-2016-5696).
 */
bool tcp_may_challenge(struct tcp *t, struct tcp_challenges *of, const struct tcp_key *k, hf_time_ns now);
bool tcp_seq_acceptable(uint32_t seq, uint32_t len, uint32_t rcv_nxt, uint32_t wnd);

/* ---- tcp_out.c ---- */

void tcp_ack_soon(struct tcp *t, struct tcp_conn *c);
/* Octets of our receive window now, the right edge moved by the silly window rule. */
uint32_t tcp_window(struct tcp *t, struct tcp_conn *c);
void tcp_control_add(struct tcp *t, const struct tcp_key *k, const struct tcp_header *h);
void tcp_reset_reply(struct tcp *t, const struct tcp_segment *s);
void tcp_reset_conn(struct tcp *t, struct tcp_conn *c, hf_time_ns now);
void tcp_set_mss(struct tcp *t, struct tcp_conn *c, uint16_t mss);

/* ---- tcp_send.c: the queue of slices ---- */

hf_status tcp_send_queue(struct tcp *t, struct tcp_conn *c, struct hf_bytes data, bool borrow, size_t *ret_len);
hf_status tcp_send_reserve(struct tcp *t, struct tcp_conn *c, size_t n, struct hf_room *rooms, size_t max,
			   size_t *ret_count);
hf_status tcp_send_commit(struct tcp *t, struct tcp_conn *c, size_t n);
void tcp_send_acked(struct tcp *t, struct tcp_conn *c, uint32_t n);
void tcp_send_rewind(struct tcp_conn *c);
void tcp_send_clear(struct tcp *t, struct tcp_conn *c);
/* Fills parts with n octets from the queue's start (from_head) or from the cursor, which moves; returns how many fitted. */
uint32_t tcp_send_refer(struct tcp *t, struct tcp_conn *c, bool from_head, uint32_t n, struct hf_frame_out *f);

/* ---- tcp_recv.c: the queue of chunks and the gaps ---- */

/* Stores data at seq (within the window). Returns what happened, for the trace and the ACK. */
enum tcp_store {
	TCP_STORED,
	TCP_STORED_BEYOND,
	TCP_STORED_FILLED,
	TCP_STORE_OLD,
	TCP_STORE_NO_MEMORY,
	TCP_STORE_NO_GAPS
};
enum tcp_store tcp_recv_store(struct tcp *t, struct tcp_conn *c, uint32_t seq, struct hf_bytes data);
size_t tcp_recv_spans(const struct tcp *t, const struct tcp_conn *c, struct hf_bytes *spans, size_t max);
void tcp_recv_consume(struct tcp *t, struct tcp_conn *c, uint32_t n);
void tcp_recv_clear(struct tcp *t, struct tcp_conn *c);
void tcp_recv_forget_gaps(struct tcp *t, struct tcp_conn *c);
/* Nothing at `end` or beyond belongs to the stream: it is as if it had not come. */
void tcp_recv_cut_gaps(struct tcp *t, struct tcp_conn *c, uint32_t end);
static inline uint32_t tcp_readable(const struct tcp_conn *c)
{
	return c->rcv_nxt - c->rcv_user - (tcp_is(c, TCP_C_FIN_TAKEN) ? 1 : 0);
}

/* ---- tcp_timer.c ---- */

void tcp_timer_set(struct tcp *t, struct tcp_conn *c); /* after any deadline changed */
void tcp_rtx_start(struct tcp *t, struct tcp_conn *c, hf_time_ns now);
void tcp_rtx_stop(struct tcp *t, struct tcp_conn *c);
void tcp_rtt_sample(struct tcp *t, struct tcp_conn *c, hf_time_ns rtt);
hf_time_ns tcp_rto_backed_off(const struct tcp *t, const struct tcp_conn *c);
void tcp_keepalive_restart(struct tcp *t, struct tcp_conn *c, hf_time_ns now);
bool tcp_timer_conn(struct tcp *t, struct tcp_conn *c, hf_time_ns now);

/* ---- tcp_time_wait.c ---- */

void tcp_tw_enter(struct tcp *t, struct tcp_conn *c, bool ack, hf_time_ns now);
void tcp_tw_restart(struct tcp *t, uint32_t i, hf_time_ns now);
void tcp_tw_free(struct tcp *t, uint32_t i);
void tcp_in_tw(struct tcp *t, struct tcp_segment *s, uint32_t i);
void tcp_tw_timer(struct tcp *t, hf_time_ns now);
static inline struct tcp_tw *tcp_tw_at(const struct tcp *t, uint32_t i)
{
	HF_ASSERT(i < t->limits.time_wait);
	return &t->tws[i];
}

/* ---- tcp_cc.c: slow start, congestion avoidance, fast recovery ---- */

void tcp_cc_init(struct tcp *t, struct tcp_conn *c);
/* n octets are newly acknowledged; snd_una has moved already. */
void tcp_cc_acked(struct tcp *t, struct tcp_conn *c, uint32_t n);
void tcp_cc_dupack(struct tcp *t, struct tcp_conn *c);
void tcp_cc_timeout(struct tcp *t, struct tcp_conn *c);
/* Before data goes out after a pause (RFC 5681 4.1). */
void tcp_cc_idle(struct tcp *t, struct tcp_conn *c, hf_time_ns now);

#endif
