/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_LADDER_INTERNAL_H
#define HF_EXPLAIN_LADDER_INTERNAL_H

#include "explain/ladder.h"
#include "explain/segment.h"
#include "explain/sentence.h"
#include "explain/tls_fold.h"

/* What the files of the ladder for people share: ladder.c (what happens when), ladder_draw.c (how a row looks). */
#define LADDER_TIME_WIDTH 10u
#define LADDER_STATE_WIDTH 12u
#define LADDER_INDENT (LADDER_TIME_WIDTH + 2)

struct run { /* a run of routine moments left out */
	size_t moments, data, acks, syns, lost, kept, duplicates, evicted;
	uint64_t octets;
};

struct burst {      /* segments of one moment that are drawn as one arrow */
	size_t end; /* the event behind the last */
	size_t n;
	uint32_t octets;
};

/* Ports of a connection that one of the two hosts has begun with the other. */
struct pair {
	uint16_t a, b;
};

struct drawing {
	struct text *out;
	const struct look *look;
	const char *const *names;
	const struct ladder_event *e;
	struct segment *seg;        /* of each event that is a segment */
	struct sentence_base *base; /* of each event that is a record: numbers count from the ISNs of its time */
	size_t n;
	hf_time_ns start;
	struct segment_flows flows;
	struct tls_fold fold;
	struct pair *pair;
	size_t pairs;
	const char *state[2];
	bool changed[2];
	const char *tls_state[2]; /* NULL: speaks none yet */
	bool tls_changed[2];
	size_t routine; /* moments in a row so far */
	size_t runs;    /* summed up so far */
	struct run run;
};

/* ---- rows ---- */
void ladder_draw_head(struct drawing *d);
void ladder_draw_arrow(struct drawing *d, const struct ladder_event *e, const struct segment *s, size_t n);
/* Nothing crosses now. */
void ladder_draw_rails(struct drawing *d, hf_time_ns at);
/* The states of TLS, and what of TLS crosses to the right or to the left; "": nothing. */
void ladder_draw_tls(struct drawing *d, const char *content, bool right);
void ladder_draw_sentence(struct drawing *d, const char *who, const char *sentence, const char *rfc);
void ladder_draw_note(struct drawing *d, const struct ladder_event *e);

#endif
