/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_LOOP_H
#define HF_CMD_LOOP_H

#include "cmd/cmd.h"
#include "cmd/sim_clients.h"
#include "explain/text.h"
#include "hf/driver.h"

/*
 * What serve and get have in common: a net, the signals that end the program, a capture, and the trace told as sentences.
 * With --net sim the net is a host of a simulated network and the time is that network's (loop_sim.h).
 *
 *	if ((code = loop_open(&loop, &options)) != 0)
 *		return code;
 *	while (loop_turn(&loop, wait_at_most) == HF_OK && !loop.stop)
 *		...
 *	loop_close(&loop);
 */
typedef void loop_overhear_fn(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now);

struct loop {
	enum cmd_command command;
	struct hf_net *net;    /* NULL with --net sim */
	struct impair *impair; /* the simulated line of rtt=, loss=, rate=; or NULL */
	struct loop_sim *sim;  /* NULL without --net sim */
	struct hf_host *host;
	hf_time_ns now;
	unsigned stop;    /* SIGINT and SIGTERM so far; also: with the simulated others all has ended */
	int others;       /* the exit code, if for the simulated others something went wrong */
	unsigned hangups; /* SIGHUP so far, if they were asked for */
	uint64_t seed;    /* of --net sim */
	int signals;      /* signalfd */
	FILE *pcap;
	const char *pcap_path;
	bool pcap_failed;
	loop_overhear_fn *overhear;
	void *overhear_arg;
	struct text secrets; /* lines of a key log for the capture, so that whoever reads it can look into TLS */
	int64_t wall_offset; /* of nanoseconds since 1970 less `now` */
	bool trace;
	uint64_t trace_cursor;
	hf_time_ns trace_start;
	struct loop_base *bases; /* initial sequence numbers, by connection */
};

struct loop_options {
	enum cmd_command command; /* get: there is a server on the other side of a simulated line; serve: there are clients */
	const char *net, *pcap; /* pcap may be NULL */
	bool trace;
	bool records; /* the host's trace is kept, for whoever reads it; nothing is printed */
	bool hangups; /* SIGHUP does not end the program */
	struct hf_net_defaults defaults;
	struct hf_addr server;    /* get: the address that a simulated server is to have */
	const char *url;          /* page: a simulated host serves what it names, and another answers for its name */
	const char *server_names; /* get: it speaks HTTPS, with a certificate for these, between commas; NULL: HTTP */
	uint16_t port, tls_port;  /* serve: where simulated clients ask by HTTP and HTTPS; 0: they do not */
	uint64_t valid_from_s; /* serve: when its certificates begin to be valid: a simulated network is not played earlier */
};

/* 0, or an exit code when the sentence is on stderr already. */
int loop_open(struct loop *l, const struct loop_options *o);
/* A descriptor that can be read when SIGINT or SIGTERM has come, or SIGHUP if asked for; they do not interrupt any more. -1. */
int loop_signals(bool hangups);
/* What is to be added to the monotonic clock for nanoseconds since 1970, as of now. */
int64_t loop_wall_offset(void);
/* One turn of the net. HF_OK also when a signal came: see stop. */
HF_NODISCARD hf_status loop_turn(struct loop *l, hf_time_ns wait_at_most);
/* Lets what the host still has to say go out: a FIN, a reset. */
void loop_drain(struct loop *l);
void loop_close(struct loop *l);
/* A line of a key log (RFC 9850), to be kept with the capture; passed over without one, and beyond LOOP_SECRETS octets. */
#define LOOP_SECRETS (4u << 20)
void loop_keep_secret(struct loop *l, const char *line);
/* As hf_net_watch() and hf_net_describe(). In a simulated network time stands still until what is watched is ready. */
HF_NODISCARD hf_status loop_watch(struct loop *l, int fd, unsigned want);
void loop_describe(const struct loop *l, struct hf_net_info *ret);
/* Shows each frame as it passes, as hf_net_set_tap() does, and to the capture as well; NULL: no longer. */
void loop_overhear(struct loop *l, loop_overhear_fn *fn, void *arg);
/* How long an end in good order may take: people do not wait for virtual time. */
hf_time_ns loop_patience(const struct loop *l);
/* serve, before the first turn: as sim_clients_trust(). Passed over where there are no simulated clients. */
int loop_trust(struct loop *l, const struct hf_cred *const *creds, size_t n);
/* What came of the simulated clients; false: there are none. */
bool loop_count_clients(const struct loop *l, struct sim_clients_result *ret);
/* Of the authority that a simulated server was certified by, in PEM; empty: none. */
struct hf_bytes loop_simulated_authority(const struct loop *l);
/*
 * What somebody draws all his randomness from: in a simulated network it follows from the run's seed and his own salt, so that
 * a run can be repeated. 0, or an exit code when the sentence is on stderr already.
 */
int loop_draw_seed(const struct loop *l, enum cmd_command command, uint64_t salt, uint8_t ret[32]);
#define LOOP_SALT_NAMES 0x4e414d45u  /* the resolver */
#define LOOP_SALT_CLIENT 0x434c4945u /* TLS */
#define LOOP_SALT_SERVER 0x53455256u
/* Seconds since 1970, for dates. */
int64_t loop_wall_seconds(const struct loop *l);

#endif
