/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_SENTENCE_H
#define HF_EXPLAIN_SENTENCE_H

#include "explain/segment.h"
#include "explain/text.h"
#include "hf/trace.h"

/* What sequence numbers are counted from: the two initial ones, or 0 to show them as they are. */
struct sentence_base {
	uint32_t iss, irs;
};

/* For a record, from the segments seen before it; a SYN that goes out is told of before it is seen. */
struct sentence_base sentence_base_of(const struct segment_flows *f, const struct hf_trace_record *r);

/* The sentence of a record, from hf/trace.def, its placeholders filled in. base may be NULL. */
void sentence_add(struct text *t, const struct hf_trace_record *r, const struct sentence_base *base);

/* The RFC and section: for a change of state that of the arrow, which is more exact than the kind's. */
const char *sentence_rfc(const struct hf_trace_record *r);

/* Do two records of one moment say the same, so that `other` is enough? */
bool sentence_is_said_by(const struct hf_trace_record *r, const struct hf_trace_record *other);

/* Is this record of the kind that a segment or a state column shows anyway, or a mere figure? */
bool sentence_is_plain(const struct hf_trace_record *r);

#endif
