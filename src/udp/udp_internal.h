/* SPDX-License-Identifier: MIT */
#ifndef HF_UDP_UDP_INTERNAL_H
#define HF_UDP_UDP_INTERNAL_H

#include "base/pool.h"
#include "udp/udp_machine.h"

#define UDP_PORT_FIRST 49152u /* RFC 6056 3.2: dynamic ports of RFC 6335 6 */
#define UDP_PORTS 16384u
#define UDP_QUEUE_DATAGRAMS 64u
#define UDP_QUEUE_OCTETS 65536u

/* In front of a datagram's payload in its first chunk; hf_chunk.tag of that chunk is the next datagram's. */
struct udp_stored {
	struct hf_endpoint from;
	uint32_t len;
};

struct udp_socket {
	struct hf_endpoint local;
	uint32_t head, tail; /* first chunks of the oldest and the newest datagram */
	uint32_t count, octets;
	hf_status error; /* told once by udp_recv(); HF_OK: none */
	struct hf_endpoint error_about;
	uint32_t events; /* HF_EV_* not yet told; 0: not in the list */
	uint32_t next;   /* in the list of those with events */
};

struct udp {
	struct hf_chunks *chunks;
	struct hf_trace *trace;
	struct hf_rng *rng;
	struct hf_pool sockets;
	uint32_t event_head, event_tail, event_count;
};

#endif
