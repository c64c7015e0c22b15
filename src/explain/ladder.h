/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_LADDER_H
#define HF_EXPLAIN_LADDER_H

#include "explain/json.h"
#include "explain/look.h"
#include "explain/text.h"
#include "hf/tls.h"
#include "hf/trace.h"

/*
 * A ladder: time runs down, two hosts stand left and right, segments cross between them, and every event has its
 * sentence. Events come in the order in which they happened. Where one end of a TLS connection tells what it does, its
 * messages stand below the segments that carry them, and its states below those of TCP.
 */
enum ladder_what {
	LADDER_SEGMENT, /* somebody sends a packet */
	LADDER_RECORD,  /* a host's trace record */
	LADDER_NOTE,    /* a remark on what is done to the hosts or the network */
	LADDER_REMARK,  /* a remark on what a host does at this time; stands above it */
	LADDER_TLS,     /* one end of a TLS connection tells */
	LADDER_SAYS,    /* a program on a host says what it does */
};

enum ladder_fate {
	LADDER_ARRIVES,
	LADDER_LOST,
	LADDER_DELAYED,    /* later than its turn */
	LADDER_DUPLICATED, /* arrives twice */
	LADDER_CORRUPTED,  /* arrives with a flipped bit */
	LADDER_CHANGED,    /* somebody on the way puts other octets into it */
};

#define LADDER_NOBODY 255u /* a packet that neither host sent: somebody put it on the wire */

struct ladder_event {
	enum ladder_what what;
	enum ladder_fate fate; /* of a segment */
	uint8_t side;          /* 0: left, 1: right: the sender, or the host that tells; LADDER_NOBODY */
	uint8_t to;            /* where a segment goes */
	hf_time_ns at;
	hf_time_ns arrives;      /* of a segment that is not lost */
	struct hf_bytes packet;  /* from the IP header on */
	struct hf_bytes changed; /* as it arrives, when it is LADDER_CHANGED */
	const char *note; /* why the network does this; the remark; what the program says. May be NULL for a segment */
	const char *rfc;  /* of LADDER_SAYS; NULL: none */
	struct hf_trace_record record;
	struct hf_tls_record_told tls;
	uint16_t local_port, remote_port; /* of the TLS connection told of */
};

/* For people. names: of the left and the right host. Times are shown from `start` on. */
void ladder_text(struct text *out, const char *const names[2], const struct ladder_event *e, size_t n, hf_time_ns start,
		 const struct look *look);

/* One line a segment, for tests: "  4ms  <-- B A  FIN"; lost ones end in X instead of the arrow's head. */
void ladder_compact(struct text *out, const struct ladder_event *e, size_t n, hf_time_ns start);

/* An array of objects: all events, with nothing summed up. */
void ladder_json(struct json *j, const char *const names[2], const struct ladder_event *e, size_t n, hf_time_ns start);

#endif
