/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_LOOK_H
#define HF_EXPLAIN_LOOK_H

#include "hf/types.h"

#include <stdio.h>

/* How wide, and whether in colour. Everything stays readable as plain ASCII. */
struct look {
	unsigned columns; /* 72 to 160 */
	bool colour;
	bool all; /* never sum up a run of ordinary segments */
};

/* COLUMNS, else the terminal's width, else 100. Colour only on a terminal, and never when NO_COLOR is set and not empty. */
struct look look_of(FILE *to);
struct look look_plain(unsigned columns);

#endif
