/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_ERROR_PAGE_H
#define HF_EXPLAIN_ERROR_PAGE_H

#include "explain/look.h"
#include "explain/report.h"
#include "explain/text.h"

/*
 * A page instead of the page, when the document failed (report.fault): what failed, at which step and in which state, the
 * certificates when it is about them, what to try, and the code. It needs nothing else, runs nothing, and says so in its
 * Content-Security-Policy; all that came from outside is escaped.
 */
void error_page_html(struct text *out, const struct report *r);

/* The same in a few lines, for a terminal. */
void error_page_text(struct text *out, const struct report *r, const struct look *look);

#endif
