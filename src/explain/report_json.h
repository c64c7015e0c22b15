/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_REPORT_JSON_H
#define HF_EXPLAIN_REPORT_JSON_H

#include "explain/report.h"
#include "explain/text.h"

#define REPORT_JSON_SCHEMA "handfast.page/1"

/*
 * The whole report as JSON, one object a line: the schema first, then lookups, connections, resources, events in the order in
 * which they happened, and the result last. docs/formats.md says what stands in each.
 */
void report_json(struct text *out, const struct report *r);
/* The same without the events, for who writes them in another way. */
void report_json_without_events(struct text *out, const struct report *r);

#endif
