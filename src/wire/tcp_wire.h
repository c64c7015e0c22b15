/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_TCP_WIRE_H
#define HF_WIRE_TCP_WIRE_H

#include "base/rd.h"
#include "base/wr.h"

#define TCP_HEADER_MIN 20u
#define TCP_HEADER_MAX 60u

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_RST 0x04u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u
#define TCP_URG 0x20u
#define TCP_ECE 0x40u
#define TCP_CWR 0x80u

#define TCP_SACK_BLOCKS 4u

struct tcp_sack_block {
	uint32_t from, to;
};

/* RFC 9293 3.1 and 3.2; RFC 7323; RFC 2018. The first of an option given twice counts. Options of a wrong length for
 * their kind are skipped; an option that overruns the header ends the list and sets bad_options (MUST-7). */
struct tcp_header {
	uint16_t src_port, dst_port;
	uint32_t seq, ack;
	uint8_t header_len; /* octets */
	uint8_t flags;
	uint16_t window; /* as on the wire, unscaled */
	uint16_t csum;
	uint16_t urgent;
	bool has_mss, has_wscale, has_timestamps, sack_permitted, bad_options;
	uint8_t wscale; /* 14 at the most (RFC 7323 2.3) */
	uint8_t sack_count;
	uint16_t mss;
	uint32_t ts_val, ts_ecr;
	struct tcp_sack_block sack[TCP_SACK_BLOCKS];
	struct hf_bytes payload;
};

/* SHORT; MALFORMED: data offset below 5 or beyond the segment. The checksum is the caller's: tcp_csum_ok(). */
HF_NODISCARD hf_status tcp_parse(struct hf_bytes segment, struct tcp_header *ret);
bool tcp_csum_ok(struct hf_bytes segment, const struct hf_addr *src, const struct hf_addr *dst);
/*
 * The header with its options in the order Linux sends them, padded with NOP in front as needed to stay aligned and
 * with zeros never needed:
 *	SYN with TS:   MSS, SACK permitted, TS, NOP, window scale     (SACK permitted missing: MSS, NOP, NOP, TS, NOP, WS)
 *	SYN without:   MSS, NOP, window scale [NOP, NOP, SACK permitted before it when set]
 *	others:        NOP, NOP, TS; then NOP, NOP, SACK
 * h->header_len is not read; returns the header's length. The checksum field is h->csum.
 */
size_t tcp_put(struct hf_wr *out, const struct tcp_header *h);
/* What tcp_put() would write. */
size_t tcp_header_size(const struct tcp_header *h);

#endif
