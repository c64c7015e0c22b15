/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_CACHE_INTERNAL_H
#define HF_PAGE_CACHE_INTERNAL_H

#include "page/cache.h"

/* An answer's head in one piece, with its empty line; false: it is none. */
bool cache_parse_head(struct hf_bytes octets, struct h1_head *ret);

/* RFC 9111 5.2, of a request or an answer. */
struct cache_control {
	bool no_store, no_cache, immutable, has_max_age;
	int64_t max_age_s; /* -1: it cannot be read, which makes what carries it stale */
};

struct cache_control cache_control_of(const struct h1_field *field, size_t n);
/* The request's fields that the answer varies by, written so that two are the same when they are equal (RFC 9111 4.1). */
void cache_vary_key(const struct h1_head *answer, const struct cache_request *q, struct text *out);
bool cache_has_validator(const struct h1_head *answer);
/* May it be used without asking? `age` and `lifetime` are those of the answer. RFC 9111 4 and 5.2.1 */
bool cache_is_fresh(const struct cache_request *q, const struct h1_head *answer, int64_t age, int64_t lifetime);
/* RFC 9111 3.2 and 4.3.4: the kept head with the fields of a 304. False: that is about something else. */
bool cache_merge(const struct h1_head *kept, const struct h1_head *fresh, struct text *out);

/* A file's content. Everything in it borrows from the octets. */
struct cache_record {
	struct hf_bytes url, vary, head, body;
	bool decoded;
	int64_t request_s, response_s;
};

#define CACHE_FILE_BYTES(r) (72u + (r)->url.len + (r)->vary.len + (r)->head.len + (r)->body.len)

/* Writes CACHE_FILE_BYTES octets. */
void cache_record_put(const struct cache_record *r, uint8_t *to);
/* HF_MALFORMED: it is not one of ours, or not as it was written. */
HF_NODISCARD hf_status cache_record_get(struct hf_bytes file, struct cache_record *ret);

#endif
