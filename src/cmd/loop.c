/* SPDX-License-Identifier: MIT */
#include "cmd/loop.h"

#include "base/bits.h"
#include "cmd/impair.h"
#include "explain/pcapng.h"
#include "explain/sentence.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define TRACE_RECORDS 65536u
#define BASES 1024u
#define FLAG_SYN 0x02u

struct loop_base {
	uint32_t id;
	struct sentence_base base;
};

static int64_t wall_offset(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (wall.tv_sec - mono.tv_sec) * 1000000000ll + (wall.tv_nsec - mono.tv_nsec);
}

int64_t loop_wall_seconds(const struct loop *l)
{
	struct timespec wall;

	(void)l;
	clock_gettime(CLOCK_REALTIME_COARSE, &wall);
	return wall.tv_sec;
}

static void capture(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now)
{
	struct loop *l = arg;

	(void)out;
	if (!l->pcap_failed && pcapng_packet(l->pcap, now + (hf_time_ns)l->wall_offset, frame->bytes, NULL) != HF_OK) {
		l->pcap_failed = true;
		cmd_say(l->command, "--pcap %s: cannot be written any more; the capture ends here", l->pcap_path);
	}
}

static int open_capture(struct loop *l)
{
	struct hf_net_info info;

	hf_net_describe(l->net, &info);
	l->pcap = fopen(l->pcap_path, "we");
	if (!l->pcap ||
	    pcapng_begin(l->pcap, info.kind == HF_NET_TUN ? PCAPNG_LINK_RAW : PCAPNG_LINK_ETHERNET, info.name) != HF_OK) {
		cmd_say(l->command, "--pcap %s: %m", l->pcap_path);
		return 2;
	}
	hf_net_set_tap(l->net, capture, l);
	return 0;
}

static int watch_signals(struct loop *l)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	l->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (l->signals < 0 || hf_net_watch(l->net, l->signals, HF_NET_READ) != HF_OK) {
		cmd_say(l->command, "signals cannot be waited for: %m");
		return hf_status_exit(HF_SYSTEM);
	}
	return 0;
}

/* A --net option that is valid but opened elsewhere is a wrong command line here. */
static int exit_of_open(hf_status s)
{
	return s == HF_UNSUPPORTED ? 2 : hf_status_exit(s);
}

int loop_open(struct loop *l, enum cmd_command command, const char *spec, struct hf_net_defaults *defaults,
	      const char *pcap_path, bool trace)
{
	char why[HF_NET_WHY];
	hf_status s;
	bool failed;
	int code;

	*l = (struct loop){ .command = command, .signals = -1, .pcap_path = pcap_path, .trace = trace };
	if (strcmp(spec, "sim") == 0 || strncmp(spec, "sim,", 4) == 0) {
		cmd_say(command,
			"--net %s: nobody else lives in a simulated network; handfast scenario plays both ends there",
			spec);
		return 2;
	}
	if (pcap_path && strcmp(pcap_path, "-") == 0)
		return cmd_usage(command, "--pcap -: the capture goes to a file, as stdout is taken");
	if (trace)
		defaults->limits.trace = TRACE_RECORDS;
	s = hf_net_open(spec, defaults, &l->net, why, sizeof(why));
	if (s != HF_OK) {
		cmd_say(command, "%s", why);
		return exit_of_open(s);
	}
	l->host = hf_net_host(l->net);
	l->now = l->trace_start = hf_net_now(l->net);
	l->wall_offset = wall_offset();
	l->impair = impair_install(l->net, &failed);
	if (failed) {
		cmd_say(command, "no memory");
		code = hf_status_exit(HF_FULL);
	} else {
		code = watch_signals(l);
	}
	if (code == 0 && pcap_path)
		code = open_capture(l);
	if (code == 0 && trace && !(l->bases = calloc(BASES, sizeof(*l->bases)))) {
		cmd_say(command, "no memory");
		code = hf_status_exit(HF_FULL);
	}
	if (code != 0)
		loop_close(l);
	return code;
}

/* Sequence numbers are told from the initial ones on, which the two SYNs carry. */
static const struct sentence_base *base_of(struct loop *l, const struct hf_trace_record *r)
{
	struct loop_base *b = &l->bases[r->id % BASES];

	if (r->id == 0)
		return NULL;
	if (b->id != r->id)
		*b = (struct loop_base){ .id = r->id };
	if ((r->flags & FLAG_SYN) && r->kind == HF_TR_TCP_TX)
		b->base.iss = r->seq;
	if ((r->flags & FLAG_SYN) && r->kind == HF_TR_TCP_RX)
		b->base.irs = r->seq;
	return &b->base;
}

static void tell_trace(struct loop *l)
{
	struct hf_trace_record r;
	struct text t;
	uint64_t lost = 0;

	text_init(&t);
	while (hf_host_trace(l->host, &l->trace_cursor, &r, &lost)) {
		text_addf(&t, "%10.3fms ", (double)(r.at - hf_min_u64(r.at, l->trace_start)) / 1e6);
		if (r.id)
			text_addf(&t, "#%u ", r.id);
		sentence_add(&t, &r, base_of(l, &r));
		text_addf(&t, " (RFC %s)\n", sentence_rfc(&r));
		if (t.len > 32768) {
			fputs(text_str(&t), stderr);
			text_clear(&t);
		}
	}
	if (lost)
		text_addf(&t, "             (%llu records came faster than they could be told)\n", (unsigned long long)lost);
	fputs(text_str(&t), stderr);
	text_free(&t);
}

hf_status loop_turn(struct loop *l, hf_time_ns wait_at_most)
{
	struct signalfd_siginfo info;
	hf_status s = hf_net_step(l->net, wait_at_most);

	l->now = hf_net_now(l->net);
	if (l->trace)
		tell_trace(l);
	if (hf_net_ready(l->net, l->signals))
		while (read(l->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
			l->stop++;
	if (s != HF_OK)
		cmd_say(l->command, "%s", hf_net_why(l->net));
	return s;
}

void loop_drain(struct loop *l)
{
	for (int i = 0; i < 3; i++)
		if (loop_turn(l, 0) != HF_OK)
			return;
}

void loop_close(struct loop *l)
{
	if (l->pcap && fclose(l->pcap) != 0 && !l->pcap_failed)
		cmd_say(l->command, "--pcap %s: %m", l->pcap_path);
	l->pcap = NULL;
	if (l->net)
		hf_net_close(l->net);
	l->net = NULL;
	impair_free(l->impair);
	l->impair = NULL;
	if (l->signals >= 0)
		close(l->signals);
	l->signals = -1;
	free(l->bases);
	l->bases = NULL;
}
