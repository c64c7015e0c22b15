/* SPDX-License-Identifier: MIT */
/* The input: a source and a destination address, then the message. */
#include "wire/icmp.h"

#include "fuzz.h"

#define ADDRS                                                              \
	"\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" \
	"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"

FUZZ_SEEDS(FUZZ_SEED(ADDRS "\x80\x00\x00\x00\x12\x34\x00\x01"
			   "abcdefghi"),
	   FUZZ_SEED(ADDRS "\x02\x00\x00\x00\x00\x00\x05\x00"
			   "\x60\x00\x00\x00\x00\x08\x11\x40"));

static void check(const uint8_t *data, size_t size, const struct hf_addr *src, const struct hf_addr *dst)
{
	uint8_t *room;
	struct hf_wr out;
	struct icmp_message m, back;

	memset(&m, FUZZ_PATTERN, sizeof(m));
	if (icmp6_parse((struct hf_bytes){ data, size }, src, dst, &m) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(m));
		return;
	}
	FUZZ_CHECK(fuzz_inside(m.body, data, size) && m.body.len == size - ICMP_HEADER_BYTES);
	room = fuzz_copy(data, size);
	out = hf_wr_over(room, size);
	icmp6_put(&out, &m, src, dst);
	FUZZ_CHECK(icmp6_parse(fuzz_written(&out), src, dst, &back) == HF_OK);
	FUZZ_CHECK(back.type == m.type && back.code == m.code && back.rest == m.rest && fuzz_same(back.body, m.body));
	free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_addr src, dst;

	if (size < 32)
		return 0;
	memcpy(src.b, data, 16);
	memcpy(dst.b, data + 16, 16);
	data += 32;
	size -= 32;
	check(data, size, &src, &dst);
	if (size >= ICMP_HEADER_BYTES) {
		uint8_t *fixed = fuzz_copy(data, size);

		fuzz_fix_csum(fixed, size, 2, hf_csum_pseudo(&src, &dst, 58, (uint32_t)size));
		check(fixed, size, &src, &dst);
		free(fixed);
	}
	return 0;
}
