/* SPDX-License-Identifier: MIT */
#include "explain/grow.h"

#include <stdlib.h>

void *grow_array(void *at, size_t n, size_t *room, size_t size, bool *failed)
{
	size_t wanted = *room ? 2 * *room : 16;
	void *more;

	if (n < *room)
		return at;
	more = realloc(at, wanted * size);
	if (!more) {
		*failed = true;
		return at;
	}
	*room = wanted;
	return more;
}
