/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_CODING_INTERNAL_H
#define HF_PAGE_CODING_INTERNAL_H

#include "page/coding.h"

#define CODING_CHUNK 16384u

/* One coding being taken off. */
struct coding_stage {
	const struct coding_kind *kind;
	void *state;      /* its library's */
	uint8_t first[4]; /* kept until it is clear what they begin: deflate's form, a frame of zstd */
	bool sniffed;     /* deflate: it is */
	bool ended;       /* what comes now is behind the end */
	bool inside;      /* a member or frame has begun and not ended */
	uint64_t units;   /* members or frames that have ended */
	uint64_t unit;    /* octets of the current one */
	uint64_t out, trailing;
	uint8_t chunk[CODING_CHUNK];
};

/* A step of a stage: takes from *in, puts at most CODING_CHUNK octets into its chunk. */
struct coding_step {
	enum coding_why why;
	size_t put;
	bool more; /* call again, although there may be no more input */
};

struct coding_kind {
	const char *name, *alias; /* in lower case */
	bool (*begin)(struct coding_stage *s);
	void (*end)(struct coding_stage *s);
	struct coding_step (*step)(struct coding_stage *s, struct hf_bytes *in);
};

extern const struct coding_kind coding_gzip, coding_deflate, coding_br, coding_zstd;

#endif
