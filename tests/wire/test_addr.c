/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

static hf_status parse(const char *text, struct hf_addr *ret)
{
	struct hf_bytes b = exact(text, strlen(text));
	hf_status s = addr_parse(b, ret);

	done_with(b);
	return s;
}

static void text_to_address_and_back(void **state)
{
	static const struct {
		const char *text, *canonical;
	} rows[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "10.9.0.2", "10.9.0.2" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "192.0.2.100", "192.0.2.100" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::ffff:c000:201", "192.0.2.1" },
		{ "0:0:0:0:0:FFFF:192.0.2.1", "192.0.2.1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "::1.2.3.4", "::102:304" },
		{ "1::1.2.3.4", "1::102:304" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" }, /* RFC 5952 4.2.2: one group alone is not shortened */
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, /* RFC 5952 4.2.3: the first of equal runs */
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },       /* the longest run */
		{ "2001:0db8:000a:0:0:0:0:0abc", "2001:db8:a::abc" },
		{ "fe80::200:ff:fe00:2", "fe80::200:ff:fe00:2" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "0:0:1::", "0:0:1::" },
		{ "0:0:1:0:0:1:0:0", "::1:0:0:1:0:0" },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_addr a, back;
		char line[HF_ADDR_TEXT];

		assert_int_equal(parse(rows[i].text, &a), HF_OK);
		assert_int_equal(addr_format(&a, line), strlen(rows[i].canonical));
		assert_string_equal(line, rows[i].canonical);
		assert_int_equal(parse(line, &back), HF_OK);
		assert_true(addr_eq(&a, &back));
	}
}

static void refused_text(void **state)
{
	static const char *const rows[] = {
		"",
		" ",
		".",
		":",
		":::",
		"1",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		".1.2.3.4",
		"1.2.3.4.5",
		"1..2.3",
		"256.1.1.1",
		"1.1.1.256",
		"1.1.1.1000",
		"01.2.3.4",
		"1.2.3.04",
		"1.2.3.00",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.4\n",
		"+1.2.3.4",
		"-1.2.3.4",
		"0x1.2.3.4",
		"1.2.3.a",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8:",
		":1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4::5:6:7:8",
		"1::2::3",
		"::1::",
		"1:::2",
		"1::2:",
		":1::2",
		"12345::",
		"::12345",
		"g::",
		"::g",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1:2:3:4:5:6::1.2.3.4",
		"1.2.3.4::",
		"::1.2.3.4:5",
		"::1.2.3",
		"::1.2.3.256",
		"::1.2.3.04",
		"fe80::1%eth0",
		"[::1]",
		"::1/64",
		"::1 ",
		"10.9.0.2:80",
	};
	struct hf_addr a;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		REFUSED(HF_MALFORMED, a, parse(rows[i], &a));
	REFUSED(HF_MALFORMED, a, addr_parse((struct hf_bytes){ NULL, 0 }, &a));
	REFUSED(HF_MALFORMED, a, addr_parse((struct hf_bytes){ (const uint8_t *)"::1\0", 4 }, &a));
}

static void random_addresses_come_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 10 * ROUNDS; i++) {
		struct hf_addr a, back;
		char line[HF_ADDR_TEXT];
		uint8_t zeros = (uint8_t)draw();
		size_t n;

		draw_bytes(a.b, 16);
		for (unsigned g = 0; g < 8; g++)
			if (zeros >> g & 1)
				memset(a.b + 2 * g, 0, 2);
		n = addr_format(&a, line);
		assert_true(n < HF_ADDR_TEXT);
		assert_int_equal(strlen(line), n);
		assert_int_equal(parse(line, &back), HF_OK);
		assert_true(addr_eq(&a, &back));
	}
}

static void kinds(void **state)
{
	enum { ANY = 1, ANY4 = 2, MULTICAST = 4, BROADCAST = 8, LOOPBACK = 16, LINK_LOCAL = 32, IP4 = 64 };
	static const struct {
		const char *text;
		unsigned is;
	} rows[] = {
		{ "::", ANY },
		{ "0.0.0.0", IP4 | ANY4 },
		{ "0.0.0.1", IP4 },
		{ "126.255.255.255", IP4 },
		{ "127.0.0.0", IP4 | LOOPBACK },
		{ "127.255.255.255", IP4 | LOOPBACK },
		{ "128.0.0.0", IP4 },
		{ "169.253.255.255", IP4 },
		{ "169.254.0.0", IP4 | LINK_LOCAL },
		{ "169.254.255.255", IP4 | LINK_LOCAL },
		{ "169.255.0.0", IP4 },
		{ "223.255.255.255", IP4 },
		{ "224.0.0.0", IP4 | MULTICAST },
		{ "239.255.255.255", IP4 | MULTICAST },
		{ "240.0.0.0", IP4 },
		{ "255.255.255.254", IP4 },
		{ "255.255.255.255", IP4 | BROADCAST },
		{ "::1", LOOPBACK },
		{ "::2", 0 },
		{ "1::1", 0 },
		{ "fe7f:ffff::", 0 },
		{ "fe80::", LINK_LOCAL },
		{ "febf:ffff::1", LINK_LOCAL },
		{ "fec0::", 0 },
		{ "feff:ffff::", 0 },
		{ "ff00::", MULTICAST },
		{ "ff02::1", MULTICAST },
		{ "::fffe:127.0.0.1", 0 },
		{ "1::ffff:127.0.0.1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_addr a;
		unsigned is;

		assert_int_equal(parse(rows[i].text, &a), HF_OK);
		assert_int_equal(addr_is_unspecified(&a), (rows[i].is & (ANY | ANY4)) != 0);
		is = (addr_is_any(&a) ? ANY : 0u) | (addr_is_any_ip4(&a) ? ANY4 : 0u) |
		     (addr_is_multicast(&a) ? MULTICAST : 0u) | (addr_is_limited_broadcast(&a) ? BROADCAST : 0u) |
		     (addr_is_loopback(&a) ? LOOPBACK : 0u) | (addr_is_link_local(&a) ? LINK_LOCAL : 0u) |
		     (addr_is_ip4(&a) ? IP4 : 0u);
		assert_int_equal(is, rows[i].is);
	}
}

static void prefixes(void **state)
{
	static const struct {
		const char *a, *prefix;
		unsigned len;
		bool in;
	} rows[] = {
		{ "10.9.0.2", "10.9.0.0", 24, true },
		{ "10.9.1.2", "10.9.0.0", 24, false },
		{ "10.9.1.2", "10.9.0.0", 23, true },
		{ "10.9.0.2", "10.9.0.3", 31, true },
		{ "10.9.0.2", "10.9.0.3", 32, false },
		{ "10.9.0.2", "10.9.0.2", 32, true },
		{ "10.9.0.2", "10.9.0.2", 33, false },
		{ "1.2.3.4", "0.0.0.0", 0, true },
		{ "128.0.0.0", "0.0.0.0", 1, false },
		{ "::1", "0.0.0.0", 0, false },
		{ "1.2.3.4", "::", 0, false },
		{ "::1", "::", 0, true },
		{ "2001:db8::1", "2001:db8::", 64, true },
		{ "2001:db8::1", "2001:db8::", 127, true },
		{ "2001:db8::1", "2001:db8::", 128, false },
		{ "2001:db8::1", "2001:db9::", 31, true },
		{ "2001:db8::1", "2001:db9::", 32, false },
		{ "::1", "::1", 128, true },
		{ "::1", "::1", 129, false },
		{ "8000::", "::", 1, false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_addr a, prefix;

		assert_int_equal(parse(rows[i].a, &a), HF_OK);
		assert_int_equal(parse(rows[i].prefix, &prefix), HF_OK);
		assert_int_equal(addr_in_prefix(&a, &prefix, rows[i].len), rows[i].in);
	}
}

static void made_addresses(void **state)
{
	static const uint8_t mac[6] = { 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde }; /* RFC 4291 appendix A's octets */
	struct hf_addr a = addr_link_local_of(mac), group;

	(void)state;
	expect_addr(&a, "fe80::3656:78ff:fe9a:bcde");
	group = addr_solicited_node(&a);
	expect_addr(&group, "ff02::1:ff9a:bcde");
	assert_int_equal(parse("4037::01:800:200e:8c6c", &a), HF_OK); /* RFC 4291 2.7.1's example */
	group = addr_solicited_node(&a);
	expect_addr(&group, "ff02::1:ff0e:8c6c");
	a = addr_ip4_u32(0x0a090002);
	expect_addr(&a, "10.9.0.2");
	assert_int_equal(addr_ip4_value(&a), 0x0a090002);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_to_address_and_back),
		cmocka_unit_test(refused_text),
		cmocka_unit_test(random_addresses_come_back),
		cmocka_unit_test(kinds),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(made_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
