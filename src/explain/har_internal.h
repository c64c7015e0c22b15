/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_HAR_INTERNAL_H
#define HF_EXPLAIN_HAR_INTERNAL_H

#include "explain/json.h"

/* The lists of a request or an answer, each under its key. A head is as it was on the wire, or NULL: the list is empty. */
void har_put_headers(struct json *j, const char *head);
void har_put_cookies(struct json *j, const char *head, bool set); /* of Cookie, or of Set-Cookie */
void har_put_query(struct json *j, const char *url);

#endif
