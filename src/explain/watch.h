/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_WATCH_H
#define HF_EXPLAIN_WATCH_H

#include "explain/ladder.h"

/*
 * What somebody can read who watches the line and has no keys: lines of text as they stand in the payloads, and of what is
 * not text the kind and size of the records and the few words in them.
 */

/* Two runs side by side, segment by segment as each has them. */
void watch_columns(struct text *out, const char *const titles[2], const char *const names[2],
		   const struct ladder_event *const e[2], const size_t n[2], const struct look *look);

/* An array: [{"from": "client", "octets": 62, "text": "GET / ..", "records": [..], "words": []}, ..]; text is null when it is none. */
void watch_json(struct json *j, const char *const names[2], const struct ladder_event *e, size_t n);

#endif
