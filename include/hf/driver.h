/* SPDX-License-Identifier: MIT */
#ifndef HF_DRIVER_H
#define HF_DRIVER_H

#include "hf/host.h"

HF_API_BEGIN

/*
 * A net is a host joined to a real wire: a TUN or TAP device, or an interface through AF_PACKET. It owns the device, the
 * host's memory, the clock and the source of randomness; it is where system calls are made. A program's loop is
 *
 *	while (!done && hf_net_step(net, HF_S(1)) == HF_OK)
 *		while (hf_host_next_event(hf_net_host(net), &ev))
 *			answer(&ev, hf_net_now(net));
 *
 * One net belongs to one thread. Everything written to the host between two steps goes out at the start of the next.
 */
struct hf_net;

/* What the host gets besides what the --net option says. All zero: the defaults of hf/host.h. */
struct hf_net_defaults {
	struct hf_limits limits;
	struct hf_tcp_config tcp;
};

#define HF_NET_WHY 256 /* room that any sentence of this header fits in */

/*
 * Opens the net that a --net option names:
 *
 *	tun:NAME,addr=10.9.0.2/24,gw=10.9.0.1     a TUN device; the kernel's side gets the address gw, and goes with us
 *	tap:NAME,addr=10.9.0.2/24,gw=10.9.0.1     the same with Ethernet frames
 *	packet:IFACE,addr=10.9.0.2/24,gw=10.9.0.1 an interface that is there already (one end of a veth pair, say)
 *	sim                                       a host of a simulated network: not opened here, as it has no device
 *
 * Any number up to 8 of addr=A/L and addr6=A/L (the two are one option: the text of the address tells the family); one
 * gw= or gw6= a family, which must lie inside one of the prefixes. Further:
 *
 *	mtu=N       1280..65535 [the interface's for packet:, else 1500]
 *	mac=M       aa:bb:cc:dd:ee:ff, not multicast; tap: and packet: only [random, locally administered]
 *	queues=N    only 1 for now
 *	offload=no  neither checksums nor segmentation are left to the kernel
 *	dad=no      IPv6 addresses are usable at once (tun: never runs DAD: the link has nobody to ask)
 *	rtt=20ms loss=1% rate=10mbit   wishes for a simulated link in between: see hf_net_get_wishes(); any of them turns offload off
 *	seed=N      all randomness from N, for runs to be repeated; without it getrandom(2)
 *	dir= port= clients= get= names=  of sim only: what the other host of the network serves, or asks for
 *
 * When it fails, `why` holds one sentence saying what and where, as in
 *	--net: "addr=10.9.0.300/24": not an address
 *
 * HF_OK
 * HF_USAGE        the text is wrong
 * HF_UNSUPPORTED  sim, host, xdp:, or more than one queue: valid, but not opened here
 * HF_NO_RIGHTS    CAP_NET_ADMIN or CAP_NET_RAW, or /dev/net/tun, is out of reach; the sentence says what else can be used
 * HF_SYSTEM       the kernel refused; the sentence carries its reason
 * HF_INVALID      defaults out of range (hf_host_init())
 * HF_FULL         no memory
 */
HF_NODISCARD hf_status hf_net_open(const char *spec, const struct hf_net_defaults *defaults, struct hf_net **ret,
				   char *why, size_t why_room);

/* Gives everything back; a device we made is gone. Frames the host has not sent yet are not sent: step until it is done. */
void hf_net_close(struct hf_net *net);

/* Lives as long as the net. */
struct hf_host *hf_net_host(struct hf_net *net);

/* CLOCK_MONOTONIC as read in the last step (at first: at hf_net_open()): the time to hand to the host's calls. */
hf_time_ns hf_net_now(const struct hf_net *net);

/*
 * One turn: sends what the host has, waits for a frame, a timer of the host's or a watched descriptor, but not longer
 * than wait_at_most, and feeds what has come (at most 64 frames, so that events are looked at in between).
 * HF_NEVER: no limit of our own. A caught signal ends the wait.
 *
 * HF_OK
 * HF_SYSTEM   the device is gone or broken; hf_net_why() says how
 */
HF_NODISCARD hf_status hf_net_step(struct hf_net *net, hf_time_ns wait_at_most);
const char *hf_net_why(const struct hf_net *net); /* "" when nothing went wrong */

/* ---- other descriptors in the same wait: a control socket, a signalfd ---- */

enum hf_net_want {
	HF_NET_READ = 1 << 0,
	HF_NET_WRITE = 1 << 1,
};

/* Watches fd from the next step on; 0: no longer (do so before closing it). HF_OK; HF_FULL beyond 63 descriptors. */
HF_NODISCARD hf_status hf_net_watch(struct hf_net *net, int fd, unsigned want);
/* What the last step found possible on fd: enum hf_net_want; an error or hangup counts as both. */
unsigned hf_net_ready(const struct hf_net *net, int fd);

/* ---- what was opened ---- */

enum hf_net_kind { HF_NET_TUN, HF_NET_TAP, HF_NET_PACKET, HF_NET_SIM };

struct hf_net_info {
	enum hf_net_kind kind;
	char name[16];  /* of the device, as the kernel has it */
	uint8_t mac[6]; /* zero for tun: */
	uint32_t mtu_bytes;
	uint32_t offload; /* enum hf_offload, as the kernel gave it */
	unsigned addrs;
	struct hf_addr addr[8]; /* ours, in the order of the option */
	uint8_t prefix_len[8];
	struct hf_addr gw4, gw6; /* all zero: none */
};
void hf_net_describe(const struct hf_net *net, struct hf_net_info *ret);

struct hf_net_counters {
	uint64_t reads, writes;       /* system calls that moved a frame */
	uint64_t bytes_in, bytes_out; /* of frames, virtio headers not counted */
	uint64_t waits;               /* times it slept or asked */
	uint64_t write_waits;         /* frames kept because the device was full */
	uint64_t write_drops;         /* frames the kernel would not take */
	uint64_t read_drops;          /* frames with a virtio header that makes no sense */
};
void hf_net_count(const struct hf_net *net, struct hf_net_counters *ret);

/* ---- hooks ---- */

/*
 * Shows each frame as it passes the device, with the checksum finished and in one piece (super-segments stay whole); the
 * bytes are lent for the call. With a filter: what is on the wire, that is behind it for `out`, before it for in.
 */
typedef void hf_net_tap_fn(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now);
void hf_net_set_tap(struct hf_net *net, hf_net_tap_fn *fn, void *arg); /* NULL: no longer */

/*
 * Something between host and wire that may delay, lose or change frames. Frames handed to it are lent for the call and
 * carry whole checksums. next() gives a frame due at or before now, on its way out or in, lent until the next call;
 * wake_at() says when next() will have one (HF_NEVER: not before something is put in).
 */
struct hf_net_filter {
	void *arg;
	void (*put)(void *arg, bool out, const struct hf_frame *frame, hf_time_ns now);
	bool (*next)(void *arg, bool out, hf_time_ns now, struct hf_frame *ret);
	hf_time_ns (*wake_at)(void *arg);
};
void hf_net_set_filter(struct hf_net *net, const struct hf_net_filter *filter); /* copied; NULL: no longer */

/* What the option asks of a simulated link; all zero: none is asked for. */
struct hf_net_wishes {
	hf_time_ns rtt;    /* there and back: half of it each way */
	uint32_t loss_ppm; /* of a million frames, each way */
	uint64_t rate_bps; /* bits a second, each way; 0: no limit */
	uint64_t seed;
	bool has_seed;
};
void hf_net_get_wishes(const struct hf_net *net, struct hf_net_wishes *ret);

/* ---- the two other things that only an operating system has ---- */

hf_time_ns hf_clock_now(void); /* CLOCK_MONOTONIC */
/* HF_OK; HF_SYSTEM when the kernel has none to give. */
HF_NODISCARD hf_status hf_entropy(void *to, size_t n);
/* The same octets for the same seed, for hf_host_config.entropy. */
void hf_entropy_from_seed(uint64_t seed, void *to, size_t n);

HF_API_END

#endif
