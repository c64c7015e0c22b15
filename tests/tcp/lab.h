/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TCP_LAB_H
#define HF_TESTS_TCP_LAB_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tcp/tcp_internal.h"

/*
 * Two TCPs and a wire between them, on virtual time. Nothing of IP is here: segments cross as they are. The wire keeps
 * them in order and loses what a test tells it to; what happens is told as a ladder, a line a segment at the time it is
 * sent, and as the path of states of each side.
 */
enum lab_side { LAB_A, LAB_B };

#define LAB_WIRE 4096
#define LAB_SEGMENT_MAX (66000)

struct lab_flight {
	hf_time_ns at;
	enum lab_side to;
	uint16_t gso_size;
	uint32_t len;
	uint8_t *bytes;
};

struct lab_host {
	void *memory;
	struct hf_host_config cfg;
	struct hf_wheel wheel;
	struct hf_trace trace;
	struct hf_chunks chunks;
	struct hf_rng rng;
	struct tcp tcp;
	struct hf_addr addr;
	hf_conn conn; /* the one under test */
	hf_listener listener;
	char path[1024]; /* "SYN_SENT ESTABLISHED " */
	uint64_t trace_cursor;
	uint32_t iss; /* for relative numbers */
	bool iss_known;
	uint32_t kinds[HF_TRACE_KIND_COUNT]; /* how often each record was made */
};

struct lab {
	hf_time_ns now, delay;
	struct lab_host host[2];
	struct lab_flight wire[LAB_WIRE];
	uint32_t in_flight;
	/* Loses the segments whose bit is set: bit n is the nth that this side sends from now on. */
	uint64_t lose[2];
	uint32_t sent[2];
	bool silent; /* no ladder: for bulk */
	/* When set, it takes what is sent; nothing reaches the other side (drill.h). */
	void (*tap)(void *arg, enum lab_side from, const struct tcp_out *out, const uint8_t *bytes, size_t n);
	void *tap_arg;
	char ladder[16384];
	size_t ladder_len;
};

/* How often each row of tcp_fsm.def was followed since the program began, by the `arrow` of trace records. */
extern uint32_t lab_arrows[256];

/* Called before lab_init() makes the hosts, to change their configuration. */
struct lab *lab_new(hf_time_ns delay, void (*tune)(struct hf_host_config *a, struct hf_host_config *b));
void lab_free(struct lab *lab);
/* B listens, A connects; runs until both are ESTABLISHED, then forgets ladder and paths. */
void lab_establish(struct lab *lab);
void lab_listen(struct lab *lab, enum lab_side side, uint16_t port);
void lab_connect(struct lab *lab, enum lab_side side, uint16_t local_port, uint16_t remote_port);
/* Sends what is ready, then lets time pass. */
void lab_run_for(struct lab *lab, hf_time_ns span);
void lab_step(struct lab *lab); /* pulls both sides, at this moment */
/* Writes text on the connection of a side. */
void lab_write(struct lab *lab, enum lab_side side, const char *text);
/* Reads and consumes up to n octets; returns how many. */
size_t lab_read(struct lab *lab, enum lab_side side, void *to, size_t n);
void lab_forget(struct lab *lab);
uint8_t lab_state(struct lab *lab, enum lab_side side);
/* A segment out of nowhere for `side`, from the other's address; ports of the connection under test. */
void lab_inject(struct lab *lab, enum lab_side side, struct tcp_header h, const void *data, size_t len);
/* The header that the other side would send next: sequence and ack numbers in place, timestamps valid. */
struct tcp_header lab_header(struct lab *lab, enum lab_side to, uint8_t flags);
struct hf_conn_info lab_status(struct lab *lab, enum lab_side side);
/* How many records of this kind a side made since the last lab_forget(). */
uint32_t lab_count(struct lab *lab, enum lab_side side, enum hf_trace_kind kind);
/* All tables of both sides are empty. */
void lab_expect_empty(struct lab *lab);

#define EXPECT_TEXT(have, want) assert_string_equal(have, want)

#endif
