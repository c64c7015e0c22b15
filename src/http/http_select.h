/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_HTTP_SELECT_H
#define HF_HTTP_HTTP_SELECT_H

#include "http/h1.h"

/* Conditional and range requests (RFC 9110 13 and 14) on a representation that is there. */
#define HTTP_ETAG_BYTES 64

struct http_resource {
	uint64_t size;
	int64_t modified;           /* seconds */
	char etag[HTTP_ETAG_BYTES]; /* strong, with its quotes, NUL-terminated */
	size_t etag_len;
};

struct http_selection {
	unsigned status;       /* 200, 206, 304, 412, 416 */
	uint64_t first, count; /* the octets to send with 200 and 206 */
};

/* "MODIFIED-SIZE" in hexadecimal; nanoseconds, so that a change within one second is seen. */
void http_make_etag(struct http_resource *r, uint64_t modified_ns);

/* RFC 9110 13.2.2, in its order. */
struct http_selection http_select(const struct h1_head *h, const struct http_resource *r, int64_t now);

#endif
