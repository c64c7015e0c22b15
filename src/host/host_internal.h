/* SPDX-License-Identifier: MIT */
#ifndef HF_HOST_HOST_INTERNAL_H
#define HF_HOST_HOST_INTERNAL_H

#include "base/arena.h"
#include "base/chunk.h"
#include "base/rng.h"
#include "base/trace.h"
#include "base/wheel.h"
#include "hf/host.h"
#include "ip/ip_internal.h"
#include "tcp/tcp_internal.h"
#include "udp/udp_internal.h"

#define HOST_DATAGRAM_MAX 65535u

struct hf_host {
	hf_time_ns now;            /* the latest time any call brought */
	struct hf_host_config cfg; /* every default filled in */
	struct hf_wheel wheel;
	struct hf_trace trace;
	struct hf_rng ip_rng, tcp_rng, udp_rng;
	struct hf_chunks chunks;
	struct ip ip;
	struct tcp tcp;
	struct udp udp;
	uint32_t ip_seen;  /* ip_changed() when held connections were last let go */
	uint8_t *datagram; /* HOST_DATAGRAM_MAX: where hf_udp_send() builds */
	uint64_t frames_in, frames_out, udp_drops;
};

/* Takes `now` as the time and lets all timers due by then fire. Returns the time to work with. */
hf_time_ns host_enter(struct hf_host *h, hf_time_ns now);

/* ---- config.c ---- */

/* The configuration with every default filled in. HF_INVALID: a value is out of its range. */
HF_NODISCARD hf_status host_config_fill(const struct hf_host_config *cfg, struct hf_host_config *ret);

/* ---- frame.c ---- */

/*
 * Puts the checksum into the TCP header at head_at (its field must be 0): the whole one, or with `partial` only the
 * pseudo header's sum, csum_start and csum_offset telling the driver how to go on.
 */
void frame_put_tcp_csum(struct hf_frame_out *f, const struct hf_addr *src, const struct hf_addr *dst, bool partial);

#endif
