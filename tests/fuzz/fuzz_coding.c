/* SPDX-License-Identifier: MIT */
/*
 * The first octet chooses the codings, the second into which pieces the rest is cut. What comes out must not depend on the pieces, and
 * never be more than the limits allow.
 */
#include "page/coding.h"

#include "fuzz.h"

#define SIZE_MOST 100000u

FUZZ_SEEDS(FUZZ_SEED("\0\1\x1f\x8b\x08\0\0\0\0\0\x02\x03\x4b\x4c\x4a\x06\0\xc2\x41\x24\x35\x03\0\0\0"),
	   FUZZ_SEED("\0\3\x1f\x8b\x08\0\0\0\0\0\x02\x03\x03\0\0\0\0\0\0\0\0\0\x1f\x8b\x08\0\0\0\0\0\x02\x03\x03\0\0\0\0\0\0\0\0\0"),
	   FUZZ_SEED("\1\2\x78\xda\x4b\x4c\x4a\x06\0\x02\x4d\x01\x27"), FUZZ_SEED("\1\1\x4b\x4c\x4a\x06\0"),
	   FUZZ_SEED("\2\1\x0b\x01\x80\x61\x62\x63\x03"), FUZZ_SEED("\3\1\x28\xb5\x2f\xfd\x20\x03\x19\0\0\x61\x62\x63"),
	   FUZZ_SEED("\3\5\x28\xb5\x2f\xfd\x04\x00\x19\0\0abc\x99\xe9\xd8\x44\x50\x2a\x4d\x18\x02\0\0\0xy"),
	   FUZZ_SEED("\4\1\x1f\x8b\x08\0\0\0\0\0\x02\x03\x03\0\0\0\0\0\0\0\0\0"),
	   FUZZ_SEED("\3\0\x28\xb5\x2f\xfd\x20\x03\x19\0\0\x61\xff\x2c\xff!b"),
	   FUZZ_SEED("\3\0\x28\xb5\x2f\xfd\x20\x03\1\0\0\0\0\0\0\x14"), FUZZ_SEED("\5\1plain"));

static const char *const lists[] = { "gzip",       "deflate",  "br",          "zstd",
				     "gzip, gzip", "identity", "br, deflate", "zstd, br, gzip" };

static enum coding_why decode(const char *list, const uint8_t *data, size_t size, size_t piece, struct text *out,
			      uint64_t *ret_trailing)
{
	const struct coding_limits limits = { .size = SIZE_MOST };
	struct coding *c;
	enum coding_why why;

	FUZZ_CHECK(coding_begin(hf_bytes_of(list), &limits, &c) == CODING_FINE);
	for (size_t at = 0; at < size; at += piece) {
		size_t n = piece < size - at ? piece : size - at;
		uint8_t *copy = fuzz_copy(data + at, n);

		coding_feed(c, (struct hf_bytes){ copy, n }, out);
		free(copy);
	}
	why = coding_end(c);
	FUZZ_CHECK(coding_octets_out(c) == out->len && out->len <= SIZE_MOST);
	FUZZ_CHECK(why == CODING_TOO_LARGE || coding_octets_in(c) <= size);
	FUZZ_CHECK(why != CODING_FINE || coding_octets_in(c) == size);
	FUZZ_CHECK(why != CODING_NO_MEMORY && why < CODING_WHY_COUNT);
	*ret_trailing = coding_trailing(c);
	coding_free(c);
	return why;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text whole, cut;
	uint64_t trailing, trailing_cut;
	const char *list;
	enum coding_why why;
	size_t piece;

	if (size < 3)
		return 0;
	list = lists[data[0] % HF_ARRAY_LEN(lists)];
	piece = 1u + data[1] % 64u;
	text_init(&whole);
	text_init(&cut);
	why = decode(list, data + 2, size - 2, size, &whole, &trailing);
	FUZZ_CHECK(decode(list, data + 2, size - 2, piece, &cut, &trailing_cut) == why);
	/* how much of what is broken comes out before it is found to be is the library's affair */
	if (why == CODING_FINE || why == CODING_TOO_LARGE)
		FUZZ_CHECK(whole.len == cut.len && memcmp(text_str(&whole), text_str(&cut), cut.len) == 0);
	if (why == CODING_FINE)
		FUZZ_CHECK(trailing == trailing_cut && trailing < size);
	text_free(&whole);
	text_free(&cut);
	return 0;
}
