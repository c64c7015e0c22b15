/* SPDX-License-Identifier: MIT */
#ifndef HF_UDP_UDP_MACHINE_H
#define HF_UDP_UDP_MACHINE_H

#include "base/chunk.h"
#include "base/rng.h"
#include "base/trace.h"
#include "hf/host.h"
#include "wire/udp.h"

/* UDP sockets of a host (RFC 768, RFC 1122 4.1): a bounded queue of datagrams each, in chunks. */
struct udp_in {
	struct hf_addr src, dst;
	bool csum_ok, to_group;
	struct hf_bytes datagram; /* UDP header and payload */
};

struct udp; /* complete in udp/udp_internal.h; the host embeds it */

enum udp_verdict { UDP_TAKEN, UDP_DROPPED, UDP_NO_PORT };

void udp_init(struct udp *u, struct hf_arena *a, const struct hf_host_config *cfg, struct hf_chunks *chunks,
	      struct hf_trace *trace, struct hf_rng *rng);
HF_NODISCARD hf_status udp_bind(struct udp *u, const struct hf_endpoint *local, hf_udp *ret); /* port 0: one is chosen by RFC 6056 */
HF_NODISCARD hf_status udp_close(struct udp *u, hf_udp s);
enum udp_verdict udp_feed(struct udp *u, const struct udp_in *in);
/* An ICMP error about a datagram of ours. */
void udp_error(struct udp *u, const struct hf_endpoint *local, const struct hf_endpoint *remote, hf_status why);
HF_NODISCARD hf_status udp_local(const struct udp *u, hf_udp s, struct hf_endpoint *ret);
HF_NODISCARD hf_status udp_recv(struct udp *u, hf_udp s, void *room, size_t n, struct hf_endpoint *from, size_t *ret_len);
/* Header and payload with checksum into `to` (room for 65535): what ip_send() takes. */
HF_NODISCARD hf_status udp_build(const struct hf_endpoint *from, const struct hf_endpoint *to_ep, struct hf_bytes data,
				 uint8_t *to, size_t room, size_t *ret_len);
/* The next socket with something to tell; its bits are cleared. */
bool udp_next_event(struct udp *u, hf_udp *ret_socket, uint32_t *ret_what);
void udp_check(const struct udp *u);

#endif
