/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_HTTP_CODING_H
#define HF_HTTP_HTTP_CODING_H

#include "http/h1.h"

/* Content codings that a file may lie about in, best first: what a request's Accept-Encoding says of them (RFC 9110 12.5.3). */
enum http_coding { HTTP_CODING_BR, HTTP_CODING_ZSTD, HTTP_CODING_GZIP, HTTP_CODINGS };

const char *http_coding_name(enum http_coding c);      /* "gzip" */
const char *http_coding_extension(enum http_coding c); /* ".gz" */

/* The accepted ones, the client's favourites first and among equals the denser; how many. None without the field. */
unsigned http_codings_accepted(const struct h1_head *h, enum http_coding ret[HTTP_CODINGS]);

#endif
