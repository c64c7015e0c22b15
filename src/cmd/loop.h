/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_LOOP_H
#define HF_CMD_LOOP_H

#include "cmd/cmd.h"
#include "hf/driver.h"

/*
 * What serve and get have in common: a net, the signals that end the program, a capture, and the trace told as sentences.
 *
 *	if ((code = loop_open(&loop, ...)) != 0)
 *		return code;
 *	while (loop_turn(&loop, wait_at_most) == HF_OK && !loop.stop)
 *		...
 *	loop_close(&loop);
 */
struct loop {
	enum cmd_command command;
	struct hf_net *net;
	struct impair *impair; /* the simulated line of rtt=, loss=, rate=; or NULL */
	struct hf_host *host;
	hf_time_ns now;
	unsigned stop; /* SIGINT and SIGTERM so far */
	int signals;   /* signalfd */
	FILE *pcap;
	const char *pcap_path;
	bool pcap_failed;
	int64_t wall_offset; /* CLOCK_REALTIME less CLOCK_MONOTONIC */
	bool trace;
	uint64_t trace_cursor;
	hf_time_ns trace_start;
	struct loop_base *bases; /* initial sequence numbers, by connection */
};

/* 0, or an exit code when the sentence is on stderr already. pcap_path may be NULL. */
int loop_open(struct loop *l, enum cmd_command command, const char *spec, struct hf_net_defaults *defaults,
	      const char *pcap_path, bool trace);
/* One turn of the net. HF_OK also when a signal came: see stop. */
HF_NODISCARD hf_status loop_turn(struct loop *l, hf_time_ns wait_at_most);
/* Lets what the host still has to say go out: a FIN, a reset. */
void loop_drain(struct loop *l);
void loop_close(struct loop *l);
/* Seconds since 1970, for dates. */
int64_t loop_wall_seconds(const struct loop *l);

#endif
