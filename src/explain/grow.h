/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_GROW_H
#define HF_EXPLAIN_GROW_H

#include "hf/types.h"

/*
 * Sees that an array of n elements has room for one more. The array, which may have moved; when memory ended it is as it was,
 * and *failed is set.
 *
 *	t->row = grow_array(t->row, t->rows, &t->room, sizeof(*t->row), &t->failed);
 *	if (!t->failed)
 *		t->row[t->rows++] = row;
 */
void *grow_array(void *at, size_t n, size_t *room, size_t size, bool *failed);

#endif
