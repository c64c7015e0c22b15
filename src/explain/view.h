/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_VIEW_H
#define HF_EXPLAIN_VIEW_H

#include "explain/report.h"
#include "explain/text.h"

/* The whole load as one HTML page that needs nothing else: the time line across all layers, and what each event says. */
void view_html(struct text *out, const struct report *r);

#endif
