/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_CODING_H
#define HF_PAGE_CODING_H

#include "explain/text.h"

/*
 * Content codings (RFC 9110 8.4): gzip, x-gzip, deflate (in its zlib form or raw), br, zstd, identity, and several in a row.
 * Octets go in as they come; what they decode to goes out at once, never more than the limits allow.
 */
#define CODING_IN_A_ROW 4u                        /* more codings than this are refused */
#define CODING_RATIO_FREE (1u << 20)              /* the ratio counts above so many decoded octets */
#define CODING_ZSTD_WINDOW_LOG 23                 /* RFC 9659 3: 8 MiB */
#define CODING_ACCEPTED "gzip, deflate, br, zstd" /* for Accept-Encoding */

/* What a step came to: one row each in page/coding_why.def. */
enum coding_why {
#define W(name, rfc, sentence) CODING_##name,
#include "page/coding_why.def"
#undef W
	CODING_WHY_COUNT
};

const char *coding_why_sentence(enum coding_why w); /* without a capital or a full stop */
const char *coding_why_rfc(enum coding_why w);

struct coding_limits {
	uint64_t size;  /* decoded octets in all; 0: no limit */
	uint32_t ratio; /* of decoded to coded octets, above CODING_RATIO_FREE; 0: no limit */
};

struct coding;

/*
 * content_encoding: the field's value, all of them joined with commas; empty: identity.
 *
 * CODING_FINE
 * CODING_UNKNOWN              *ret lets everything through as it is, which is what browsers do then
 * CODING_TOO_MANY, NO_MEMORY  *ret is NULL
 */
enum coding_why coding_begin(struct hf_bytes content_encoding, const struct coding_limits *limits, struct coding **ret);
void coding_free(struct coding *c);

/* Adds what it decodes to. The first verdict that is not CODING_FINE stays, and nothing comes out any more; what came before stands. */
enum coding_why coding_feed(struct coding *c, struct hf_bytes octets, struct text *out);
/* No more octets will come. CODING_CUT: the coded stream has not ended. No octets at all are fine. */
enum coding_why coding_end(struct coding *c);

bool coding_is_identity(const struct coding *c); /* nothing needs decoding */
uint64_t coding_octets_in(const struct coding *c);
uint64_t coding_octets_out(const struct coding *c);
/* Octets behind the end of the coded stream: ignored, as browsers do; worth a note. */
uint64_t coding_trailing(const struct coding *c);

#endif
