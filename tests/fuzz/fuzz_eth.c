/* SPDX-License-Identifier: MIT */
#include "wire/eth.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00"
		     "E\x00\x00\x14"),
	   FUZZ_SEED("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x02\x08\x06"),
	   FUZZ_SEED("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x81\x00\x00\x05\x08\x00"));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t room[ETH_HEADER_BYTES];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	struct eth_header h;

	memset(&h, FUZZ_PATTERN, sizeof(h));
	if (eth_parse((struct hf_bytes){ data, size }, &h) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(h));
		return 0;
	}
	FUZZ_CHECK(fuzz_inside(h.payload, data, size) && h.payload.len == size - ETH_HEADER_BYTES);
	eth_put(&out, &h);
	FUZZ_CHECK(fuzz_same(fuzz_written(&out), (struct hf_bytes){ data, ETH_HEADER_BYTES }));
	return 0;
}
