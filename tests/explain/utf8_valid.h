/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_UTF8_VALID_H
#define HF_TESTS_UTF8_VALID_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 3629 4, over a string. */
static inline bool utf8_valid(const char *s)
{
	const uint8_t *p = (const uint8_t *)s;

	while (*p) {
		uint32_t c = *p, least;
		unsigned more;

		if (c < 0x80)
			more = 0, least = 0;
		else if (c >= 0xc0 && c < 0xe0)
			more = 1, c &= 0x1f, least = 0x80;
		else if (c >= 0xe0 && c < 0xf0)
			more = 2, c &= 0x0f, least = 0x800;
		else if (c >= 0xf0 && c < 0xf8)
			more = 3, c &= 0x07, least = 0x10000;
		else
			return false;
		for (p++; more; more--, p++) {
			if ((*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p & 0x3f);
		}
		if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
	}
	return true;
}

#endif
