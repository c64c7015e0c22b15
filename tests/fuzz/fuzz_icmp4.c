/* SPDX-License-Identifier: MIT */
#include "wire/icmp.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("\x08\x00\xf7\xff\x00\x00\x00\x00"),
	   FUZZ_SEED("\x08\x00\x00\x00\x12\x34\x00\x01"
		     "abcdefghi"),
	   FUZZ_SEED("\x03\x04\x00\x00\x00\x00\x05\x14"
		     "\x45\x00\x00\x1c\x00\x01\x00\x00\x40\x06\x00\x00"
		     "\x0a\x09\x00\x01\x0a\x09\x00\x02\x12\x34\x00\x50\x00\x00\x00\x01"));

static void check(const uint8_t *data, size_t size)
{
	uint8_t *room;
	struct hf_wr out;
	struct icmp_message m, back;

	memset(&m, FUZZ_PATTERN, sizeof(m));
	if (icmp4_parse((struct hf_bytes){ data, size }, &m) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(m));
		return;
	}
	FUZZ_CHECK(fuzz_inside(m.body, data, size) && m.body.len == size - ICMP_HEADER_BYTES);
	room = fuzz_copy(data, size);
	out = hf_wr_over(room, size);
	icmp4_put(&out, &m);
	FUZZ_CHECK(icmp4_parse(fuzz_written(&out), &back) == HF_OK);
	FUZZ_CHECK(back.type == m.type && back.code == m.code && back.rest == m.rest && fuzz_same(back.body, m.body));
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size);
	if (size >= ICMP_HEADER_BYTES) {
		uint8_t *fixed = fuzz_copy(data, size);

		fuzz_fix_csum(fixed, size, 2, 0);
		check(fixed, size);
		free(fixed);
	}
	return 0;
}
