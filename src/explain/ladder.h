/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_LADDER_H
#define HF_EXPLAIN_LADDER_H

#include "explain/json.h"
#include "explain/look.h"
#include "explain/text.h"
#include "hf/trace.h"

/*
 * A ladder: time runs down, two hosts stand left and right, segments cross between them, and every event has its
 * sentence. Events come in the order in which they happened.
 */
enum ladder_what {
	LADDER_SEGMENT, /* somebody sends a packet */
	LADDER_RECORD,  /* a host's trace record */
	LADDER_NOTE,    /* a remark on what is done to the hosts or the network */
};

enum ladder_fate {
	LADDER_ARRIVES,
	LADDER_LOST,
	LADDER_DELAYED,    /* later than its turn */
	LADDER_DUPLICATED, /* arrives twice */
	LADDER_CORRUPTED,  /* arrives with a flipped bit */
};

#define LADDER_NOBODY 255u /* a packet that neither host sent: somebody put it on the wire */

struct ladder_event {
	enum ladder_what what;
	enum ladder_fate fate; /* of a segment */
	uint8_t side;          /* 0: left, 1: right: the sender, or the host of the record; LADDER_NOBODY */
	uint8_t to;            /* where a segment goes */
	hf_time_ns at;
	hf_time_ns arrives;     /* of a segment that is not lost */
	struct hf_bytes packet; /* from the IP header on */
	const char *note;       /* why the network does this; or the remark. May be NULL for a segment */
	struct hf_trace_record record;
};

/* For people. names: of the left and the right host. Times are shown from `start` on. */
void ladder_text(struct text *out, const char *const names[2], const struct ladder_event *e, size_t n, hf_time_ns start,
		 const struct look *look);

/* One line a segment, for tests: "  4ms  <-- B A  FIN"; lost ones end in X instead of the arrow's head. */
void ladder_compact(struct text *out, const struct ladder_event *e, size_t n, hf_time_ns start);

/* An array of objects: all events, with nothing summed up. */
void ladder_json(struct json *j, const char *const names[2], const struct ladder_event *e, size_t n, hf_time_ns start);

#endif
