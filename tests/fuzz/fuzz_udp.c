/* SPDX-License-Identifier: MIT */
/* The input: an octet (bit 0: over IPv6; bit 1: the checksum is vouched for; bit 2: set it right), then the datagram. */
#include "wire/udp.h"

#include "fuzz.h"
#include "wire/addr.h"

FUZZ_SEEDS(FUZZ_SEED("\x04\x12\x34\x00\x35\x00\x0c\x00\x00"
		     "data"),
	   FUZZ_SEED("\x05\x12\x34\x00\x35\x00\x0b\x00\x00"
		     "odd"
		     "padding"),
	   FUZZ_SEED("\x00\x12\x34\x00\x35\x00\x08\x00\x00"),
	   FUZZ_SEED("\x03\x12\x34\x00\x35\x00\x0c\xff\xff"
		     "data"));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_addr src = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, dst = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } };
	uint8_t room[UDP_HEADER_BYTES], how, *p;
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	struct udp_header h;
	hf_status s;

	if (size == 0)
		return 0;
	how = data[0];
	if (!(how & 1)) {
		src = addr_ip4_u32(0x0a090001);
		dst = addr_ip4_u32(0x0a090002);
	}
	p = fuzz_copy(data + 1, --size);
	if ((how & 4) && size >= UDP_HEADER_BYTES) {
		size_t len = hf_load16(p + 4);

		if (len >= UDP_HEADER_BYTES && len <= size)
			fuzz_fix_csum(p, len, 6, hf_csum_pseudo(&src, &dst, 17, (uint32_t)len));
	}
	memset(&h, FUZZ_PATTERN, sizeof(h));
	s = udp_parse((struct hf_bytes){ p, size }, &src, &dst, how & 2, &h);
	if (s == HF_OK) {
		FUZZ_CHECK(fuzz_inside(h.payload, p, size) && h.payload.len + UDP_HEADER_BYTES == h.len);
		FUZZ_CHECK(h.csum || !(how & 1) || (how & 2));
		udp_put(&out, &h);
		FUZZ_CHECK(fuzz_same(fuzz_written(&out), (struct hf_bytes){ p, UDP_HEADER_BYTES }));
	} else {
		FUZZ_CHECK(FUZZ_UNTOUCHED(h));
		FUZZ_CHECK(!(how & 2) || s != HF_BAD_CHECKSUM);
	}
	free(p);
	return 0;
}
