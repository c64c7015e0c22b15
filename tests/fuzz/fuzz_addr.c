/* SPDX-License-Identifier: MIT */
/* The input is read twice: as text, and its first sixteen octets as an address. The C library must judge as we do. */
#include "wire/addr.h"

#include "fuzz.h"

#include <arpa/inet.h>

FUZZ_SEEDS(FUZZ_SEED("10.9.0.2"), FUZZ_SEED("255.255.255.255"), FUZZ_SEED("::"), FUZZ_SEED("2001:db8::1"),
	   FUZZ_SEED("1:2:3:4:5:6:7:8"), FUZZ_SEED("::ffff:10.9.0.2"), FUZZ_SEED("64:ff9b::192.0.2.1"),
	   FUZZ_SEED("1:2:3:4:5:6:1.2.3.4"), FUZZ_SEED("fe80::aBcD:0:0:1"),
	   FUZZ_SEED("\x20\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"));

static void check_text(struct hf_bytes text)
{
	char line[64];
	struct hf_addr a, libc4 = { .b = { [10] = 0xff, [11] = 0xff } }, libc6;
	hf_status s;

	memset(&a, FUZZ_PATTERN, sizeof(a));
	s = addr_parse(text, &a);
	if (s != HF_OK)
		FUZZ_CHECK(FUZZ_UNTOUCHED(a));
	if (text.len >= sizeof(line) || (text.len && memchr(text.at, 0, text.len))) {
		FUZZ_CHECK(s == HF_MALFORMED);
		return;
	}
	if (text.len)
		memcpy(line, text.at, text.len);
	line[text.len] = '\0';
	if (inet_pton(AF_INET, line, libc4.b + 12) == 1)
		FUZZ_CHECK(s == HF_OK && addr_eq(&a, &libc4));
	else if (inet_pton(AF_INET6, line, libc6.b) == 1)
		FUZZ_CHECK(s == HF_OK && addr_eq(&a, &libc6));
	else
		FUZZ_CHECK(s == HF_MALFORMED);
}

static void check_address(const struct hf_addr *a)
{
	char line[HF_ADDR_TEXT], again[HF_ADDR_TEXT], libc[HF_ADDR_TEXT];
	size_t n;
	struct hf_addr back;
	bool ip4 = addr_is_ip4(a);

	memset(line, FUZZ_PATTERN, sizeof(line));
	n = addr_format(a, line);
	FUZZ_CHECK(n < sizeof(line) && strlen(line) == n);
	FUZZ_CHECK(addr_parse((struct hf_bytes){ (const uint8_t *)line, n }, &back) == HF_OK && addr_eq(a, &back));
	FUZZ_CHECK(addr_format(&back, again) == n && memcmp(line, again, n) == 0);
	/* The C library writes addresses with 96 zero bits in front in mixed form; RFC 5952 5 only known prefixes. */
	if (!ip4 && hf_load32(a->b) == 0 && hf_load32(a->b + 4) == 0 && hf_load32(a->b + 8) == 0)
		return;
	FUZZ_CHECK(inet_ntop(ip4 ? AF_INET : AF_INET6, ip4 ? a->b + 12 : a->b, libc, sizeof(libc)));
	FUZZ_CHECK(strcmp(line, libc) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_text((struct hf_bytes){ data, size });
	if (size >= 16) {
		struct hf_addr a;

		memcpy(a.b, data, 16);
		check_address(&a);
		/* many zero groups are rare in noise and common in addresses */
		for (unsigned i = 0; i < 8; i++)
			if (data[i] & 1)
				memset(a.b + 2u * i, 0, 2);
		check_address(&a);
	}
	return 0;
}
