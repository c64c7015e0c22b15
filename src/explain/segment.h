/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_SEGMENT_H
#define HF_EXPLAIN_SEGMENT_H

#include "explain/text.h"
#include "hf/host.h"
#include "wire/tcp_wire.h"

/*
 * What a packet says in the light of those before it: sequence numbers counted from the SYN, whether it acknowledges a
 * FIN, whether it is sent again. An onlooker's view: it sees frames only.
 */
struct segment_flow { /* one direction of a connection */
	struct hf_endpoint src, dst;
	bool has_isn, has_fin, has_end, syn_acked, fin_acked; /* the last two: it has acknowledged the peer's */
	uint32_t isn;
	uint32_t fin_end; /* the sequence number behind the FIN */
	uint32_t end;     /* behind the furthest octet sent so far */
};

struct segment_flows {
	struct segment_flow *flow;
	size_t n, room;
};

struct segment {
	uint8_t proto; /* 0: not an IP packet that can be read; ARP, where the link has it, is told by arp_op */
	struct hf_endpoint src, dst;
	uint16_t packet_len;
	/* TCP only */
	bool tcp;
	struct tcp_header h;
	uint32_t len;             /* payload */
	int64_t rel_seq, rel_ack; /* counted from the ISN when that was seen (a little below it: negative), else as they are */
	bool acks_syn;            /* the first ACK of the peer's SYN */
	bool acks_fin;            /* acknowledges all up to the peer's FIN */
	bool acks_fin_first; /* and is the first to do so */
	bool again;          /* nothing in it is new: a retransmission */
	/* ICMP only */
	uint8_t icmp_type, icmp_code;
	/* ARP only: the operation, else 0 */
	uint16_t arp_op;
};

void segment_flows_init(struct segment_flows *f);
void segment_flows_free(struct segment_flows *f);

/* Reads an IP packet and learns from it; of a forged one nothing is learnt about a connection that is known already. */
void segment_read(struct segment_flows *f, struct hf_bytes packet, bool forged, struct segment *ret);

/*
 * The initial sequence numbers of both directions, seen from the host with `local_port`: of the latest connection between
 * these ports, since a trace record has no addresses. One whose SYN was not seen is 0.
 */
void segment_isns(const struct segment_flows *f, uint16_t local_port, uint16_t remote_port, uint32_t *ret_iss,
		  uint32_t *ret_irs);

/* "SYN,ACK" */
void segment_add_flags(struct text *t, unsigned flags);
/* "SYN,ACK seq 0 ack 1 win 65535" */
void segment_add_label(struct text *t, const struct segment *s);
/* "ACK of FIN", "data 100", "SYN,ACK": the shortest name */
void segment_add_name(struct text *t, const struct segment *s);
/* "says that all octets before 101 have arrived" */
void segment_add_sentence(struct text *t, const struct segment *s);
/* "9293 3.8.6" for the sentence */
const char *segment_rfc(const struct segment *s);

#endif
