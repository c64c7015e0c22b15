/* SPDX-License-Identifier: MIT */
#include "cmd/loop.h"

#include "base/bits.h"
#include "cmd/impair.h"
#include "cmd/loop_sim.h"
#include "drivers/net_spec.h"
#include "explain/pcapng.h"
#include "explain/sentence.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRACE_RECORDS 65536u
#define BASES 1024u
#define FLAG_SYN 0x02u

struct loop_base {
	uint32_t id;
	struct sentence_base base;
};

int64_t loop_wall_offset(void)
{
	struct timespec wall, mono;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	return (wall.tv_sec - mono.tv_sec) * 1000000000ll + (wall.tv_nsec - mono.tv_nsec);
}

int64_t loop_wall_seconds(const struct loop *l)
{
	struct timespec wall;

	if (l->sim)
		return ((int64_t)l->now + l->wall_offset) / 1000000000;
	clock_gettime(CLOCK_REALTIME_COARSE, &wall);
	return wall.tv_sec;
}

int loop_draw_seed(const struct loop *l, enum cmd_command command, uint64_t salt, uint8_t ret[32])
{
	if (l->sim) {
		hf_entropy_from_seed(l->seed ^ salt, ret, 32);
		return 0;
	}
	if (hf_entropy(ret, 32) == HF_OK)
		return 0;
	cmd_say(command, "no randomness");
	return hf_status_exit(HF_SYSTEM);
}

static void capture(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now)
{
	struct loop *l = arg;

	if (l->overhear)
		l->overhear(l->overhear_arg, out, frame, now);
	if (l->pcap && !l->pcap_failed &&
	    pcapng_packet(l->pcap, now + (hf_time_ns)l->wall_offset, frame->bytes, NULL) != HF_OK) {
		l->pcap_failed = true;
		cmd_say(l->command, "--pcap %s: cannot be written any more; the capture ends here", l->pcap_path);
	}
}

static void set_tap(struct loop *l)
{
	if (l->sim)
		loop_sim_set_tap(l->sim, capture, l);
	else if (l->net)
		hf_net_set_tap(l->net, capture, l);
}

static int open_capture(struct loop *l)
{
	struct hf_net_info info;

	loop_describe(l, &info);
	l->pcap = fopen(l->pcap_path, "w+e");
	if (!l->pcap ||
	    pcapng_begin(l->pcap, info.kind == HF_NET_TUN || info.kind == HF_NET_SIM ? PCAPNG_LINK_RAW : PCAPNG_LINK_ETHERNET,
			 info.name) != HF_OK) {
		cmd_say(l->command, "--pcap %s: %m", l->pcap_path);
		return 2;
	}
	set_tap(l);
	return 0;
}

void loop_overhear(struct loop *l, loop_overhear_fn *fn, void *arg)
{
	l->overhear = fn;
	l->overhear_arg = arg;
	set_tap(l);
}

int loop_signals(bool hangups)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (hangups)
		sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int watch_signals(struct loop *l, bool hangups)
{
	l->signals = loop_signals(hangups);
	if (l->signals < 0 || (l->net && hf_net_watch(l->net, l->signals, HF_NET_READ) != HF_OK)) {
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

static int open_device(struct loop *l, const struct loop_options *o)
{
	char why[HF_NET_WHY];
	hf_status s = hf_net_open(o->net, &o->defaults, &l->net, why, sizeof(why));
	bool failed;

	if (s != HF_OK) {
		cmd_say(l->command, "%s", why);
		return exit_of_open(s);
	}
	l->host = hf_net_host(l->net);
	l->now = hf_net_now(l->net);
	l->wall_offset = loop_wall_offset();
	l->impair = impair_install(l->net, &failed);
	if (!failed)
		return 0;
	cmd_say(l->command, "no memory");
	return hf_status_exit(HF_FULL);
}

static int open_network(struct loop *l, const struct loop_options *o)
{
	char why[HF_NET_WHY];
	struct net_spec spec;
	hf_status s = net_spec_parse(o->net, &spec, why, sizeof(why));

	if (s == HF_OK)
		return spec.kind == HF_NET_SIM ? loop_sim_open(l, &spec, o) : open_device(l, o);
	cmd_say(l->command, "%s", why);
	return exit_of_open(s);
}

int loop_open(struct loop *l, const struct loop_options *options)
{
	struct loop_options o = *options;
	int code;

	*l = (struct loop){ .command = o.command, .signals = -1, .pcap_path = o.pcap, .trace = o.trace };
	if (o.pcap && strcmp(o.pcap, "-") == 0)
		return cmd_usage(o.command, "--pcap -: the capture goes to a file, as stdout is taken");
	if (o.trace || o.records)
		o.defaults.limits.trace = TRACE_RECORDS;
	code = open_network(l, &o);
	l->trace_start = l->now;
	if (code == 0)
		code = watch_signals(l, o.hangups);
	if (code == 0 && o.pcap)
		code = open_capture(l);
	if (code == 0 && o.trace && !(l->bases = calloc(BASES, sizeof(*l->bases)))) {
		cmd_say(l->command, "no memory");
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
	hf_status s = HF_OK;

	if (l->sim) {
		loop_sim_turn(l, wait_at_most);
	} else {
		s = hf_net_step(l->net, wait_at_most);
		l->now = hf_net_now(l->net);
	}
	if (l->trace)
		tell_trace(l);
	if (l->sim || hf_net_ready(l->net, l->signals))
		while (read(l->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
			*(info.ssi_signo == SIGHUP ? &l->hangups : &l->stop) += 1;
	if (s != HF_OK)
		cmd_say(l->command, "%s", hf_net_why(l->net));
	return s;
}

hf_status loop_watch(struct loop *l, int fd, unsigned want)
{
	return l->sim ? loop_sim_watch(l->sim, fd, want) : hf_net_watch(l->net, fd, want);
}

void loop_describe(const struct loop *l, struct hf_net_info *ret)
{
	if (l->sim)
		loop_sim_describe(l->sim, l->host, ret);
	else
		hf_net_describe(l->net, ret);
}

struct hf_bytes loop_simulated_authority(const struct loop *l)
{
	return l->sim ? loop_sim_authority(l->sim) : (struct hf_bytes){ NULL, 0 };
}

int loop_trust(struct loop *l, const struct hf_cred *const *creds, size_t n)
{
	return l->sim ? loop_sim_trust(l->sim, creds, n) : 0;
}

bool loop_count_clients(const struct loop *l, struct sim_clients_result *ret)
{
	return l->sim && loop_sim_count_clients(l->sim, ret);
}

hf_time_ns loop_patience(const struct loop *l)
{
	return l->sim ? HF_S(120) : HF_MS(200);
}

void loop_drain(struct loop *l)
{
	for (int i = 0; i < 3; i++)
		if (loop_turn(l, 0) != HF_OK)
			return;
}

void loop_keep_secret(struct loop *l, const char *line)
{
	if (!l->secrets.at)
		text_init_secret(&l->secrets);
	if (l->pcap && l->secrets.len < LOOP_SECRETS)
		text_addf(&l->secrets, "%s\n", line);
}

/*
 * Whoever reads the capture needs them before the packets, and is from then on its owner alone. A capture that failed is left
 * as it is.
 */
static void write_secrets(struct loop *l)
{
	if (l->pcap && !l->pcap_failed && l->secrets.len > 0 &&
	    (fchmod(fileno(l->pcap), 0600) != 0 || pcapng_insert_secrets(l->pcap, text_str(&l->secrets)) != HF_OK)) {
		l->pcap_failed = true;
		cmd_say(l->command, "--pcap %s: the secrets of TLS cannot be written into it", l->pcap_path);
	}
	text_free(&l->secrets);
}

void loop_close(struct loop *l)
{
	write_secrets(l);
	if (l->pcap && fclose(l->pcap) != 0 && !l->pcap_failed)
		cmd_say(l->command, "--pcap %s: %m", l->pcap_path);
	l->pcap = NULL;
	if (l->net)
		hf_net_close(l->net);
	l->net = NULL;
	loop_sim_free(l->sim);
	l->sim = NULL;
	l->host = NULL;
	impair_free(l->impair);
	l->impair = NULL;
	if (l->signals >= 0)
		close(l->signals);
	l->signals = -1;
	free(l->bases);
	l->bases = NULL;
}
