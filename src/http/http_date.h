/* SPDX-License-Identifier: MIT */
#ifndef HF_HTTP_HTTP_DATE_H
#define HF_HTTP_HTTP_DATE_H

#include "base/bits.h"

/* Dates as HTTP writes them (RFC 9110 5.6.7). Seconds since 1970-01-01 00:00:00 UTC. */
#define HTTP_DATE_LEN 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* IMF-fixdate, without a NUL. Years 1 to 9999; others are cut to the nearest of these. */
void http_date_format(int64_t seconds, char to[HTTP_DATE_LEN]);

/* Any of the three forms a recipient must understand; `now` decides the century of a year with two digits. */
bool http_date_parse(struct hf_bytes text, int64_t now, int64_t *ret);

#endif
