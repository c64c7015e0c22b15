/* SPDX-License-Identifier: MIT */
#include "page/text_width.h"

#include "base/bits.h"

static const struct {
	uint32_t first, last;
	uint8_t columns;
} rows[] = {
#define W(first_, last_, columns_) { first_, last_, columns_ },
#include "page/text_width.def"
#undef W
};

unsigned text_width(uint32_t c)
{
	size_t low = 0, high = HF_ARRAY_LEN(rows);

	if (c < rows[0].first)
		return 1;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c > rows[mid].last)
			low = mid + 1;
		else if (c < rows[mid].first)
			high = mid;
		else
			return rows[mid].columns;
	}
	return 1;
}

bool text_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}
