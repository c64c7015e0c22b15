/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_HTTP_URI_H
#define HF_HTTP_HTTP_URI_H

#include "http/h1.h"

#define HTTP_PATH_BYTES 4096u

/* What a request target asks for (RFC 9112 3.2), its path decoded and free of dot segments. */
struct http_target {
	char path[HTTP_PATH_BYTES]; /* "/a/b" or "/a/b/"; NUL-terminated, no NUL, "." or ".." segment or doubled slash in it */
	size_t len;
	struct hf_bytes query;     /* with its question mark; empty: none */
	struct hf_bytes authority; /* of the absolute form, which overrides Host (RFC 9112 3.2.2) */
};

/*
 * Takes a target apart. Percent signs are decoded once, then dot segments removed, so that no spelling of ".." is left; a
 * path that climbs above the root, and an encoded NUL or slash, are refused rather than mended.
 */
enum h1_fault http_target_parse(struct hf_bytes target, struct http_target *ret);

/* A URL as people type it (RFC 9110 4.2.1 and 4.2.2). Everything borrows from the text. */
struct http_url {
	bool secure; /* https: */
	struct hf_addr addr;
	bool is_name;              /* the host is a name: addr is not set */
	struct hf_bytes host;      /* without brackets */
	struct hf_bytes authority; /* as the Host field has it */
	uint16_t port;
	struct hf_bytes path; /* with the query, without the fragment; may be empty */
};

/*
 * HF_OK
 * HF_UNSUPPORTED  another scheme than http: and https:
 * HF_MALFORMED    *ret_what says what is wrong with it
 */
HF_NODISCARD hf_status http_url_parse(const char *text, struct http_url *ret, const char **ret_what);

#endif
