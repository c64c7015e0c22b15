/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_CACHE_H
#define HF_PAGE_CACHE_H

#include "explain/text.h"
#include "http/h1.h"

/*
 * A private cache (RFC 9111). What may be kept, how long it is fresh and what a validation asks and brings are functions of
 * heads and times alone (cache_policy.c); the store is a folder with a file an entry (cache_store.c). Times are seconds since 1970.
 */
#define CACHE_SIZE_DEFAULT (256ull << 20) /* octets of all files */
#define CACHE_ENTRY_MAX (64ull << 20)     /* octets of one body */

struct cache_request {                /* a GET */
	const char *url;              /* without its fragment */
	const struct h1_field *field; /* its fields, as they are sent but for those of the validation */
	size_t fields;
};

/* ---- the policy ---- */

/* Why something is not kept: one row each in page/cache_why.def. */
enum cache_why {
#define W(name, rfc, sentence) CACHE_##name,
#include "page/cache_why.def"
#undef W
	CACHE_WHY_COUNT
};

const char *cache_why_sentence(enum cache_why w);
const char *cache_why_rfc(enum cache_why w);

/* RFC 9111 3: CACHE_KEPT, or why not. */
enum cache_why cache_may_keep(const struct cache_request *q, const struct h1_head *answer);
/* RFC 9111 4.2.1 and 4.2.2; 0: stale at once. *ret_heuristic: it was guessed from Last-Modified. */
int64_t cache_lifetime(const struct h1_head *answer, int64_t response_s, bool *ret_heuristic);
/* RFC 9111 4.2.3 */
int64_t cache_age(const struct h1_head *answer, int64_t request_s, int64_t response_s, int64_t now_s);
/* Must it be validated before each use (no-cache), whatever its age? RFC 9111 5.2.2.4 */
bool cache_must_ask(const struct h1_head *answer);

/* ---- the store ---- */

struct http_cache;

/*
 * HF_OK
 * HF_NOT_FOUND   the folder is not there and cannot be made
 * HF_NO_RIGHTS   it cannot be written, or is a link, or belongs to somebody else
 * HF_FULL        memory ended
 */
HF_NODISCARD hf_status http_cache_open(const char *folder, uint64_t size_limit, struct http_cache **ret);
void http_cache_close(struct http_cache *c);

struct cache_entry {
	struct hf_bytes head; /* "HTTP/1.1 200 OK\r\n...\r\n\r\n", updated by validations; all is valid until cache_entry_free() */
	struct hf_bytes body;
	bool decoded; /* the body's content codings were taken off before it was kept */
	int64_t request_s, response_s;
	int64_t age_s, lifetime_s; /* when it was looked up */
	bool heuristic;
	void *memory;
};

enum cache_found {
	CACHE_FOUND_NONE,
	CACHE_FOUND_FRESH, /* use it without asking */
	CACHE_FOUND_STALE, /* ask with cache_add_conditions(); use it when the answer is 304 */
};

/* *ret is set but for NONE; it is freed with cache_entry_free(). An entry that is stale and has no validator is NONE. */
enum cache_found cache_look(struct http_cache *c, const struct cache_request *q, int64_t now_s, struct cache_entry *ret);
void cache_entry_free(struct cache_entry *e);
/* "If-None-Match: ...\r\nIf-Modified-Since: ...\r\n" (RFC 9111 4.3.1) */
void cache_add_conditions(const struct cache_entry *e, struct text *out);

/* Keeps a whole answer, when it may; an older one of the same key goes. head: its octets, with the empty line. */
enum cache_why cache_store(struct http_cache *c, const struct cache_request *q, struct hf_bytes head,
			   struct hf_bytes body, bool decoded, int64_t request_s, int64_t response_s);
/* The answer was 304: its fields update the entry (RFC 9111 3.2 and 4.3.4), here and in the folder. */
enum cache_why cache_freshen(struct http_cache *c, const struct cache_request *q, struct cache_entry *e,
			     struct hf_bytes head304, int64_t request_s, int64_t response_s);

#endif
