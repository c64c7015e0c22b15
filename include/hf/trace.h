/* SPDX-License-Identifier: MIT */
#ifndef HF_TRACE_H
#define HF_TRACE_H

#include "hf/types.h"

HF_API_BEGIN

/* RFC 9293 3.3.2. */
enum hf_tcp_state {
	HF_TCP_CLOSED,
	HF_TCP_LISTEN,
	HF_TCP_SYN_SENT,
	HF_TCP_SYN_RECEIVED,
	HF_TCP_ESTABLISHED,
	HF_TCP_FIN_WAIT_1,
	HF_TCP_FIN_WAIT_2,
	HF_TCP_CLOSE_WAIT,
	HF_TCP_CLOSING,
	HF_TCP_LAST_ACK,
	HF_TCP_TIME_WAIT,
	HF_TCP_STATE_COUNT
};

enum hf_trace_kind {
#define TR(name, rfc, sentence) HF_TR_##name,
#include "hf/trace.def"
#undef TR
	HF_TRACE_KIND_COUNT
};

/* A fixed binary record; nothing is formatted in the core. What each field means for a kind: see hf/trace.def. */
struct hf_trace_record {
	hf_time_ns at;
	uint16_t kind;
	uint8_t from, to; /* states, or small arguments a and b */
	uint32_t id;      /* of the connection: the same for all its records; 0: none */
	uint16_t local_port, remote_port;
	uint32_t seq, ack, wnd, len;
	uint32_t flags; /* TCP flags of a segment */
	uint32_t x, y;
	uint32_t arrow; /* TCP_STATE: line of tcp_fsm.def as an index; else 0 */
};

const char *hf_trace_name(unsigned kind);
const char *hf_trace_rfc(unsigned kind);      /* "9293 3.10.7.4": RFC number and section */
const char *hf_trace_sentence(unsigned kind); /* with {placeholders}, see hf/trace.def */
const char *hf_tcp_state_name(unsigned state);

HF_API_END

#endif
