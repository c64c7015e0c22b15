/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/nd.h"

#define TARGET "\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09"
#define NONCE "\x0e\x01\x01\x02\x03\x04\x05\x06" /* RFC 3971 5.3.2: unknown here, skipped */
#define SOURCE_MAC "\x01\x01\x02\x00\x00\x00\x00\x02"
#define TARGET_MAC "\x02\x01\x02\x00\x00\x00\x00\x03"

static struct icmp_message message(uint8_t type, uint32_t rest, struct hf_bytes body)
{
	return (struct icmp_message){ type, 0, rest, body };
}

static void good_solicitation(void **state)
{
	struct icmp_message m = message(ICMP6_NEIGHBOUR_SOLICIT, 0xffffffff, BYTES(TARGET NONCE TARGET_MAC SOURCE_MAC));
	struct nd_message n;

	(void)state;
	assert_int_equal(nd_parse(&m, &n), HF_OK);
	assert_int_equal(n.type, ICMP6_NEIGHBOUR_SOLICIT);
	assert_false(n.router || n.solicited || n.override); /* reserved bits there */
	expect_addr(&n.target, "fe80::9");
	assert_true(n.has_mac);
	assert_memory_equal(n.mac, "\x02\x00\x00\x00\x00\x02", 6);
	m.body.len = 16;
	assert_int_equal(nd_parse(&m, &n), HF_OK);
	assert_false(n.has_mac);
}

static void good_advertisement(void **state)
{
	static const struct {
		uint32_t rest;
		bool router, solicited, override;
	} rows[] = {
		{ 0x80000000, true, false, false }, { 0x40000000, false, true, false },
		{ 0x20000000, false, false, true }, { 0x1fffffff, false, false, false },
		{ 0xe0000000, true, true, true },
	};
	struct nd_message n;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct icmp_message m = message(ICMP6_NEIGHBOUR_ADVERT, rows[i].rest, BYTES(TARGET SOURCE_MAC TARGET_MAC));

		assert_int_equal(nd_parse(&m, &n), HF_OK);
		assert_int_equal(n.router, rows[i].router);
		assert_int_equal(n.solicited, rows[i].solicited);
		assert_int_equal(n.override, rows[i].override);
		assert_memory_equal(n.mac, "\x02\x00\x00\x00\x00\x03", 6);
	}
}

/* Good ends are behind the target and behind each option; every other prefix is cut inside something. */
static void prefixes(void **state)
{
	struct hf_bytes whole = BYTES(TARGET NONCE SOURCE_MAC);
	struct nd_message n;

	(void)state;
	for (size_t len = 0; len <= whole.len; len++) {
		struct hf_bytes b = exact(whole.at, len);
		struct icmp_message m = message(ICMP6_NEIGHBOUR_SOLICIT, 0, b);

		if (len >= 16 && len % 8 == 0) {
			assert_int_equal(nd_parse(&m, &n), HF_OK);
			assert_int_equal(n.has_mac, len == 32);
		} else {
			REFUSED(HF_SHORT, n, nd_parse(&m, &n));
		}
		done_with(b);
	}
}

static void refused(void **state)
{
	struct icmp_message m = message(ICMP6_NEIGHBOUR_SOLICIT, 0, BYTES(TARGET "\x0e\x00\x01\x02\x03\x04\x05\x06"));
	struct nd_message n;

	(void)state;
	REFUSED(HF_MALFORMED, n, nd_parse(&m, &n)); /* an option of length 0 */
	m.body = BYTES(TARGET "\x0e\x02\x01\x02\x03\x04\x05\x06");
	REFUSED(HF_SHORT, n, nd_parse(&m, &n)); /* an option beyond the end */
	m.body = BYTES("\xff\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff\x00\x00\x09");
	REFUSED(HF_MALFORMED, n, nd_parse(&m, &n)); /* a group as target */
	m.body = BYTES("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x0a\x09\x00\x01");
	REFUSED(HF_MALFORMED, n, nd_parse(&m, &n)); /* an IPv4 address as target */
	m.body = BYTES(TARGET);
	m.code = 1;
	REFUSED(HF_MALFORMED, n, nd_parse(&m, &n));
	m.code = 0;
	m.type = ICMP6_ROUTER_ADVERT;
	REFUSED(HF_MALFORMED, n, nd_parse(&m, &n));
	m.type = ICMP6_REDIRECT;
	REFUSED(HF_MALFORMED, n, nd_parse(&m, &n));
}

static void odd_address_options(void **state)
{
	struct nd_message n;
	/* sixteen octets: another link's address; then ours; then one more, which is too late */
	struct icmp_message m =
		message(ICMP6_NEIGHBOUR_SOLICIT, 0,
			BYTES(TARGET "\x01\x02\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09" SOURCE_MAC
				     "\x01\x01\x07\x07\x07\x07\x07\x07"));

	(void)state;
	assert_int_equal(nd_parse(&m, &n), HF_OK);
	assert_true(n.has_mac);
	assert_memory_equal(n.mac, "\x02\x00\x00\x00\x00\x02", 6);
}

static void layouts(void **state)
{
	uint8_t p[32];
	struct hf_addr src = draw_ip6(), dst = draw_ip6();
	struct nd_message n = { .type = ICMP6_NEIGHBOUR_ADVERT, .has_mac = true, .mac = { 2, 0, 0, 0, 0, 3 } };
	struct hf_wr out = hf_wr_over(p, sizeof(p));

	(void)state;
	memcpy(n.target.b, TARGET, 16);
	nd_put(&out, &n, &src, &dst);
	assert_int_equal(written(&out), 32);
	assert_memory_equal(p, "\x88\x00", 2);
	assert_memory_equal(p + 4, "\x00\x00\x00\x00" TARGET TARGET_MAC, 28);
	n.type = ICMP6_NEIGHBOUR_SOLICIT;
	n.mac[5] = 2;
	n.router = n.solicited = n.override = true; /* a solicitation has no flags */
	out = hf_wr_over(p, sizeof(p));
	nd_put(&out, &n, &src, &dst);
	assert_memory_equal(p, "\x87\x00", 2);
	assert_memory_equal(p + 4, "\x00\x00\x00\x00" TARGET SOURCE_MAC, 28);
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t room[64];
		struct hf_wr out = hf_wr_over(room, sizeof(room));
		struct hf_addr src = draw_ip6(), dst = draw_ip6();
		struct nd_message back,
			n = { .type = i % 2 ? ICMP6_NEIGHBOUR_ADVERT : ICMP6_NEIGHBOUR_SOLICIT, .target = draw_ip6() };
		struct icmp_message m;

		if (i % 2) {
			n.router = draw() & 1;
			n.solicited = draw() & 1;
			n.override = draw() & 1;
		}
		n.has_mac = draw() & 1;
		if (n.has_mac)
			draw_bytes(n.mac, 6);
		nd_put(&out, &n, &src, &dst);
		assert_int_equal(written(&out), n.has_mac ? 32 : 24);
		assert_int_equal(icmp6_parse((struct hf_bytes){ room, written(&out) }, &src, &dst, &m), HF_OK);
		assert_int_equal(nd_parse(&m, &back), HF_OK);
		assert_int_equal(n.type, back.type);
		assert_true(n.router == back.router && n.solicited == back.solicited && n.override == back.override);
		assert_true(addr_eq(&n.target, &back.target));
		assert_int_equal(n.has_mac, back.has_mac);
		assert_memory_equal(n.mac, back.mac, 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_solicitation), cmocka_unit_test(good_advertisement),  cmocka_unit_test(prefixes),
		cmocka_unit_test(refused),           cmocka_unit_test(odd_address_options), cmocka_unit_test(layouts),
		cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
