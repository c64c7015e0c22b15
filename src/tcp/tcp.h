/* SPDX-License-Identifier: MIT */
#ifndef HF_TCP_TCP_H
#define HF_TCP_TCP_H

#include "base/chunk.h"
#include "base/rng.h"
#include "base/siphash.h"
#include "base/trace.h"
#include "base/wheel.h"
#include "hf/host.h"
#include "wire/tcp_wire.h"

/*
 * TCP (RFC 9293) without IP: parsed segments and a time go in, segments to be sent come out one at a time. The host
 * joins it to IP: it finds routes, tells path MTUs, and hands ICMP errors in. struct tcp is complete in
 * tcp/tcp_internal.h; the host embeds it.
 */
struct tcp;

struct tcp_in {
	struct hf_addr src, dst;
	struct hf_bytes segment; /* TCP header and payload */
	bool csum_ok;            /* the driver vouches for it */
	bool bad_address;        /* source or destination is not unicast (MUST-57, MUST-63) */
	uint16_t gso_size;       /* of merged segments, else 0 */
	uint32_t path_mtu;       /* towards src; used for SYNs */
};

/*
 * One segment to send. Header octets (checksum field: 0) stand in frame->head at IP_L4_AT, payload is in frame->part[].
 * tcp_pull() sets head_at, head_len, parts, payload_len, gso_size and GSO flags; the host puts the checksum in or leaves
 * it to the driver.
 */
struct tcp_out {
	struct hf_addr src, dst;
	uint8_t ttl, tos;
	struct hf_frame_out *frame;
};

void tcp_init(struct tcp *t, struct hf_arena *a, const struct hf_host_config *cfg, struct hf_chunks *chunks,
	      struct hf_wheel *wheel, struct hf_trace *trace, struct hf_rng *rng);

void tcp_feed(struct tcp *t, const struct tcp_in *in, hf_time_ns now);

/*
 * What goes out next? tcp_peek() names the destination of the next segment, so that the host can see whether IP can
 * send there; then exactly one of: tcp_pull() builds it (false: it turned out that nothing is to be sent; peek again);
 * tcp_hold() puts the connection aside until tcp_unhold_all(), tcp_drop_next() gives the segment up (no route):
 * a connection takes it as a soft error and waits for its retransmission timer.
 */
bool tcp_peek(struct tcp *t, struct hf_addr *ret_src, struct hf_addr *ret_dst);
bool tcp_pull(struct tcp *t, struct tcp_out *out, hf_time_ns now);
void tcp_hold(struct tcp *t, hf_time_ns now);
void tcp_drop_next(struct tcp *t, hf_status why, hf_time_ns now);
void tcp_unhold_all(struct tcp *t);
bool tcp_has_held(const struct tcp *t);

void tcp_timer(struct tcp *t, struct hf_timer *timer, hf_time_ns now);

/* An ICMP error about one of our segments. mtu: not 0 for "too big". */
struct tcp_icmp {
	struct hf_endpoint local, remote;
	uint32_t seq;
	uint8_t type, code;
	bool ip6;
	uint32_t mtu;
};
void tcp_icmp(struct tcp *t, const struct tcp_icmp *e, hf_time_ns now);

/* Negative advice for IP (MUST-20): the next destination that stays silent since R1; false when there is none. */
bool tcp_next_advice(struct tcp *t, struct hf_addr *ret_dst);

/* User calls, RFC 9293 3.10; as their namesakes in hf/host.h. The caller has chosen the local address. */
HF_NODISCARD hf_status tcp_listen(struct tcp *t, const struct hf_endpoint *local, hf_listener *ret);
HF_NODISCARD hf_status tcp_unlisten(struct tcp *t, hf_listener l, hf_time_ns now);
HF_NODISCARD hf_status tcp_accept(struct tcp *t, hf_listener l, hf_conn *ret);
HF_NODISCARD hf_status tcp_connect(struct tcp *t, const struct hf_endpoint *remote, const struct hf_endpoint *local,
				   uint32_t path_mtu, hf_time_ns now, hf_conn *ret);
/* As tcp_connect(), from a listener that turns active and ends. */
HF_NODISCARD hf_status tcp_listener_connect(struct tcp *t, hf_listener l, const struct hf_endpoint *remote,
					    uint32_t path_mtu, hf_time_ns now, hf_conn *ret);
HF_NODISCARD hf_status tcp_listener_local(const struct tcp *t, hf_listener l, struct hf_endpoint *ret);
enum tcp_write_kind { TCP_WRITE_COPY, TCP_WRITE_BORROW, TCP_WRITE_URGENT };
HF_NODISCARD hf_status tcp_write(struct tcp *t, hf_conn c, struct hf_bytes data, enum tcp_write_kind kind,
				 hf_time_ns now, size_t *ret_len);
HF_NODISCARD hf_status tcp_reserve(struct tcp *t, hf_conn c, size_t n, struct hf_room *rooms, size_t max, size_t *ret_count);
HF_NODISCARD hf_status tcp_commit(struct tcp *t, hf_conn c, size_t n);
HF_NODISCARD hf_status tcp_read(struct tcp *t, hf_conn c, struct hf_bytes *spans, size_t max, size_t *ret_n);
HF_NODISCARD hf_status tcp_consume(struct tcp *t, hf_conn c, size_t n, hf_time_ns now);
HF_NODISCARD hf_status tcp_shut(struct tcp *t, hf_conn c, hf_time_ns now);
HF_NODISCARD hf_status tcp_close(struct tcp *t, hf_conn c, hf_time_ns now);
HF_NODISCARD hf_status tcp_abort(struct tcp *t, hf_conn c, hf_time_ns now);
HF_NODISCARD hf_status tcp_get_options(struct tcp *t, hf_conn c, struct hf_conn_options *ret);
HF_NODISCARD hf_status tcp_set_options(struct tcp *t, hf_conn c, const struct hf_conn_options *o, hf_time_ns now);
HF_NODISCARD hf_status tcp_set_tag(struct tcp *t, hf_conn c, uint64_t tag);
HF_NODISCARD hf_status tcp_status(const struct tcp *t, hf_conn c, struct hf_conn_info *ret);
bool tcp_each(const struct tcp *t, uint64_t *cursor, struct hf_conn_info *ret);
bool tcp_next_event(struct tcp *t, struct hf_event *ret);

void tcp_count(const struct tcp *t, struct hf_host_counters *ret); /* its own fields only */
void tcp_check(const struct tcp *t);
struct hf_host_footprint tcp_footprint(void);

/* The transition table, for those who draw, explain or test it. */
enum tcp_event {
#define E(name, sentence) TCP_ON_##name,
#include "tcp/tcp_event.def"
#undef E
	TCP_EVENT_COUNT
};

struct tcp_arrow {
	bool legal;
	uint8_t to;      /* enum hf_tcp_state */
	uint8_t then;    /* enum tcp_action */
	uint8_t row;     /* index into tcp_fsm_row() */
	const char *rfc; /* "9293 3.10.7.4" */
};

enum tcp_action {
#define A(name, sentence) TCP_DO_##name,
#include "tcp/tcp_action.def"
#undef A
	TCP_ACTION_COUNT
};

struct tcp_fsm_row {
	uint8_t from, on, to, then;
	const char *rfc;
};

extern const struct tcp_arrow tcp_arrows[HF_TCP_STATE_COUNT][TCP_EVENT_COUNT];
size_t tcp_fsm_rows(const struct tcp_fsm_row **ret);
const char *tcp_event_name(unsigned e);
const char *tcp_event_sentence(unsigned e);
const char *tcp_action_name(unsigned a);
const char *tcp_action_sentence(unsigned a);

#endif
