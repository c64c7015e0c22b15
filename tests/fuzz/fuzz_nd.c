/* SPDX-License-Identifier: MIT */
/* The input: an ICMPv6 message whose checksum counts as checked. */
#include "wire/nd.h"

#include "fuzz.h"
#include "wire/addr.h"

#define TARGET "\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"

FUZZ_SEEDS(FUZZ_SEED("\x87\x00\x00\x00\x00\x00\x00\x00" TARGET),
	   FUZZ_SEED("\x87\x00\x00\x00\x00\x00\x00\x00" TARGET "\x01\x01\x02\x00\x00\x00\x00\x02"),
	   FUZZ_SEED("\x88\x00\x00\x00\xe0\x00\x00\x00" TARGET "\x0e\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		     "\x02\x01\x02\x00\x00\x00\x00\x01"));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hf_addr src = { { 0xfe, 0x80, [15] = 1 } }, dst = { { 0xfe, 0x80, [15] = 2 } };
	uint8_t room[64];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	struct icmp_message m;
	struct nd_message n, back;

	if (size < ICMP_HEADER_BYTES)
		return 0;
	m = (struct icmp_message){
		data[0], data[1], hf_load32(data + 4), { data + ICMP_HEADER_BYTES, size - ICMP_HEADER_BYTES }
	};
	memset(&n, FUZZ_PATTERN, sizeof(n));
	if (nd_parse(&m, &n) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(n));
		return 0;
	}
	FUZZ_CHECK(!addr_is_multicast(&n.target) && !addr_is_ip4(&n.target) && m.body.len % 8u == 0);
	nd_put(&out, &n, &src, &dst);
	FUZZ_CHECK(icmp6_parse(fuzz_written(&out), &src, &dst, &m) == HF_OK);
	FUZZ_CHECK(nd_parse(&m, &back) == HF_OK);
	FUZZ_CHECK(back.type == n.type && back.router == n.router && back.solicited == n.solicited &&
		   back.override == n.override);
	FUZZ_CHECK(addr_eq(&back.target, &n.target) && back.has_mac == n.has_mac && memcmp(back.mac, n.mac, 6) == 0);
	return 0;
}
