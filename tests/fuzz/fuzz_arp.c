/* SPDX-License-Identifier: MIT */
#include "wire/arp.h"

#include "fuzz.h"
#include "wire/addr.h"

FUZZ_SEEDS(FUZZ_SEED("\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x02\x0a\x09\x00\x02"
		     "\x00\x00\x00\x00\x00\x00\x0a\x09\x00\x01"),
	   FUZZ_SEED("\x00\x01\x08\x00\x06\x04\x00\x02\x02\x00\x00\x00\x00\x01\x0a\x09\x00\x01"
		     "\x02\x00\x00\x00\x00\x02\x0a\x09\x00\x02"
		     "padding of the link"));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t room[ARP_BYTES];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	struct arp_packet p;

	memset(&p, FUZZ_PATTERN, sizeof(p));
	if (arp_parse((struct hf_bytes){ data, size }, &p) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(p));
		return 0;
	}
	FUZZ_CHECK(addr_is_ip4(&p.sender) && addr_is_ip4(&p.target));
	arp_put(&out, &p);
	FUZZ_CHECK(fuzz_same(fuzz_written(&out), (struct hf_bytes){ data, ARP_BYTES }));
	return 0;
}
