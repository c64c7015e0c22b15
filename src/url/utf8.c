/* SPDX-License-Identifier: MIT */
#include "url/utf8.h"

#include "base/bits.h"

uint32_t utf8_take(struct hf_bytes *in, bool *ret_bad)
{
	uint8_t first = in->at[0], low = 0x80, high = 0xbf;
	unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	uint32_t c = first;
	size_t used = 1;
	bool bad = false;

	if (first >= 0x80) {
		/* Table 3-7: only the second octet has bounds of its own. */
		bad = first < 0xc2 || first > 0xf4;
		c = first & (0x3fu >> more);
		low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
		high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
		for (; !bad && more; more--, used++, low = 0x80, high = 0xbf) {
			bad = used >= in->len || in->at[used] < low || in->at[used] > high;
			if (bad)
				break;
			c = c << 6 | (in->at[used] & 0x3fu);
		}
	}
	in->at += used;
	in->len -= used;
	if (ret_bad)
		*ret_bad = bad;
	return bad ? UTF8_REPLACEMENT : c;
}

size_t utf8_put(uint32_t c, uint8_t to[UTF8_ROOM])
{
	unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const uint8_t mark[] = { 0, 0xc0, 0xe0, 0xf0 };

	to[0] = (uint8_t)(mark[more] | c >> 6 * more);
	for (unsigned i = 1; i <= more; i++)
		to[i] = (uint8_t)(0x80u | (c >> 6 * (more - i) & 0x3fu));
	return more + 1u;
}
