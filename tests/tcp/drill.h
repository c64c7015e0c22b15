/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TCP_DRILL_H
#define HF_TESTS_TCP_DRILL_H

#include "lab.h"

/*
 * One TCP against a peer that is a script. Segments are written as text, with numbers that count from each side's own
 * SYN (so SYN is 0 and the first octet 1):
 *
 *	peer(d, "S 0 mss 1460 ws 7");      the peer sends this
 *	sees(d, "SA 0 ack 1 mss 1460");    exactly this goes out, now, since we last looked
 *	peer(d, "PA 1+100 ack 1");         100 octets; the text of both streams is known at every place (drill_octet)
 *	pass(d, HF_MS(40));
 *	sees(d, "A 1 ack 101");
 *	sees_nothing(d);
 *
 * A line holds any number of segments, with ';' between them. Flags: S F R P A U, or - for none. `sees` compares flags,
 * seq, len and ack always, and what else is named: win N (the field as it is), mss N, ws N, ts (there), ts V/E, urg N, gso N;
 * nomss, nows, nots (absent). `z` for a seq of zero that belongs to no stream. Every octet that goes out is compared with the
 * stream; tcp_check() runs after each step.
 */
#define DRILL_OUT 8192
#define DRILL_LOCAL_PORT 1000
#define DRILL_PEER_PORT 2000
#define DRILL_PEER_ISS 5000000u

struct drill_out {
	hf_time_ns at;
	struct tcp_header h;
	uint32_t len;
	uint16_t gso;
	uint8_t ttl, tos;
	struct hf_addr src;
};

struct drill {
	struct lab *lab;
	struct tcp *tcp;
	hf_conn conn;
	hf_listener listener;
	bool named; /* conn is a name of ours */
	uint32_t iss, peer_iss;
	uint16_t local_port, peer_port;
	bool iss_known;
	bool ts;                  /* the peer puts timestamps into what it sends */
	uint32_t ts_val, ts_seen; /* its clock; the last value of ours it saw */
	uint16_t win;             /* its window, when a line does not say */
	uint32_t written, read;   /* octets of each stream so far */
	uint32_t in_out, looked;
	bool any_payload; /* do not compare payload with the stream */
	struct drill_out out[DRILL_OUT];
};

struct drill *drill_new(void (*tune)(struct hf_host_config *c));
void drill_free(struct drill *d);
/* All closed, time enough for all timers: nothing is left in any table. */
void drill_end(struct drill *d);

uint8_t drill_octet(bool ours, uint32_t seq);

void drill_peer(struct drill *d, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void drill_sees(struct drill *d, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define peer(d, ...) drill_peer(d, __FILE__, __LINE__, __VA_ARGS__)
#define sees(d, ...) drill_sees(d, __FILE__, __LINE__, __VA_ARGS__)
#define sees_nothing(d) drill_sees(d, __FILE__, __LINE__, "%s", "")

void pass(struct drill *d, hf_time_ns span);
/* Lets time pass until something goes out, at most `span`; returns how long it took, HF_NEVER when nothing did. */
hf_time_ns drill_until_sent(struct drill *d, hf_time_ns span);
void drill_forget_out(struct drill *d);

/* "ESTABLISHED": where this tuple is, in whatever record holds it. */
const char *drill_state(struct drill *d);
#define in_state(d, text) assert_string_equal(drill_state(d), text)
/* The states passed since the last time this was asked. */
#define took_path(d, text)                                             \
	do {                                                           \
		assert_string_equal((d)->lab->host[LAB_A].path, text); \
		(d)->lab->host[LAB_A].path[0] = 0;                     \
	} while (0)
uint32_t drill_count(struct drill *d, enum hf_trace_kind kind);
struct hf_conn_info drill_info(struct drill *d);
struct tcp_conn *drill_block(struct drill *d); /* of the name, or of the tuple */
/* All events of the connection since the last time; other connections' are an error, the listener's is HF_EV_ACCEPT. */
uint32_t drill_events(struct drill *d);

void drill_listen(struct drill *d);
void drill_connect(struct drill *d);
hf_status drill_accept(struct drill *d);
/* Writes n octets of our stream; all must be taken. */
void drill_write(struct drill *d, uint32_t n);
/* Reads and consumes up to n octets, comparing them with the peer's stream; returns how many. */
uint32_t drill_read(struct drill *d, uint32_t n);
hf_status drill_readable(struct drill *d, size_t *ret_n); /* without consuming */
void drill_shut(struct drill *d);
void drill_close(struct drill *d);
void drill_abort(struct drill *d);
void drill_icmp(struct drill *d, uint8_t type, uint8_t code, uint32_t seq, uint32_t mtu);

/* Handshakes; `syn` is what the peer's SYN (or SYN,ACK) carries besides: "mss 1460 ws 7 ts". Forgets path and events. */
void drill_open(struct drill *d, const char *syn);
void drill_open_passive(struct drill *d, const char *syn);

/*
 * Into each state by the shortest way. Numbers then (ours una/nxt, peer's next):
 *	CLOSED LISTEN  -       SYN_SENT 0/1 -     SYN_RECEIVED 0/1 1      ESTABLISHED 1/1 1   FIN_WAIT_1 1/2 1
 *	FIN_WAIT_2 2/2 1       CLOSE_WAIT 1/1 2   CLOSING 1/2 2           LAST_ACK 1/2 2      TIME_WAIT 2/2 2
 */
enum drill_place {
	AT_CLOSED,
	AT_LISTEN,
	AT_SYN_SENT,
	AT_SYN_RECEIVED_PASSIVE,
	AT_SYN_RECEIVED_ACTIVE,
	AT_ESTABLISHED,
	AT_FIN_WAIT_1,
	AT_FIN_WAIT_2,
	AT_CLOSE_WAIT,
	AT_CLOSING,
	AT_LAST_ACK,
	AT_TIME_WAIT_HELD,
	AT_TIME_WAIT_BARE,
	DRILL_PLACES
};
extern const char *const drill_place_names[DRILL_PLACES];
void drill_go(struct drill *d, enum drill_place to);

#endif
