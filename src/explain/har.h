/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_HAR_H
#define HF_EXPLAIN_HAR_H

#include "explain/report.h"
#include "explain/text.h"

/* The report as an HTTP Archive, version 1.2: requests and answers with their times, without contents. */
void har_write(struct text *out, const struct report *r);

#endif
