/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_EXPLAIN_TABLES_H
#define HF_CMD_EXPLAIN_TABLES_H

#include "explain/topic.h"

/* Everything there is to explain: the tables that explain/ knows, those of HTTP, DNS and pages, scenarios, exit codes, words. */
void explain_fill(struct topics *t);

#endif
