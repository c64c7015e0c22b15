/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_SHOWN_H
#define HF_EXPLAIN_SHOWN_H

#include "explain/look.h"
#include "explain/text.h"

/*
 * Strings from outside and figures, as people see them. What a terminal could take for a command, and what is not UTF-8,
 * becomes '?', so that nobody can move the cursor, colour what we say, or turn it around.
 */
void shown_add(struct text *t, const char *s);
/* At most `columns` of it, shortened in the middle: "/usr/sh..ex.html". What is not ASCII becomes '?', as in no URL it is needed. */
void shown_add_middle(struct text *t, const char *s, unsigned columns);
/* The same for HTML, in text and in attributes with double quotes; what is not UTF-8 becomes U+FFFD. */
void shown_add_html(struct text *t, const char *s);

void shown_add_size(struct text *t, uint64_t octets); /* "612 B", "4.2 kB", "1.3 MB" */
/* A length of time in three digits: "0.04 ms", "1.2 ms", "41 ms", "1.24 s", "2m 5s"; "-" for HF_NEVER. */
void shown_add_ms(struct text *t, hf_time_ns length);
/* "2026-01-31T23:59:59.123456Z" of nanoseconds since 1970. */
void shown_add_iso(struct text *t, uint64_t epoch_ns);

#endif
