/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_CERT_VIEW_H
#define HF_EXPLAIN_CERT_VIEW_H

#include "explain/json.h"
#include "explain/look.h"
#include "explain/text.h"
#include "hf/cert.h"

/*
 * Certificates drawn as a chain: the leaf on top, below it who has signed it, and so on down to the root it stands on.
 *
 *	+-- the leaf, as it was sent
 *	|   subject     CN=a.example
 *	|   valid       2024-12-31 to 2025-03-31 23:00:00 UTC, expired 3 days ago
 *	|   WRONG       expired: a certificate of the chain has expired
 *	|
 *	+-- signed by a root, from the trust store
 *	    ...
 */
void cert_view_report(struct text *out, const struct hf_cert_report *r, const struct look *look);

/* Certificates that nobody has judged, as they stand in a file. */
void cert_view_list(struct text *out, const struct hf_cert_view *certs, size_t n, uint64_t at_unix_s,
		    const struct look *look);

/* One object: {"trusted": .., "fault": "expired", .., "chain": [{..}, ..]}; of a list: the array alone. */
void cert_view_report_json(struct json *j, const struct hf_cert_report *r);
void cert_view_list_json(struct json *j, const struct hf_cert_view *certs, size_t n);

/* "2025-01-31 23:59:59 UTC" */
void text_add_utc(struct text *t, uint64_t unix_s);
/* "3 days", "1 hour", "12 seconds": the largest unit that is not zero, without its rest. */
void text_add_span(struct text *t, uint64_t seconds);

#endif
