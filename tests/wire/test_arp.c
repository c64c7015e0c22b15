/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/arp.h"

#define REQUEST                                                                                            \
	"\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x02\x0a\x09\x00\x02\x00\x00\x00\x00\x00\x00" \
	"\x0a\x09\x00\x01"

static void good_request(void **state)
{
	struct arp_packet p;

	(void)state;
	assert_int_equal(arp_parse(BYTES(REQUEST), &p), HF_OK);
	assert_int_equal(p.op, ARP_REQUEST);
	assert_memory_equal(p.sender_mac, "\x02\x00\x00\x00\x00\x02", 6);
	expect_addr(&p.sender, "10.9.0.2");
	assert_memory_equal(p.target_mac, "\0\0\0\0\0\0", 6);
	expect_addr(&p.target, "10.9.0.1");
	/* RFC 894: a frame has 46 octets of payload at least, so there is padding behind ARP's 28. */
	assert_int_equal(arp_parse(BYTES(REQUEST "padding padding 18"), &p), HF_OK);
	expect_addr(&p.target, "10.9.0.1");
}

static void every_prefix_is_short(void **state)
{
	struct arp_packet p;

	(void)state;
	for (size_t n = 0; n < ARP_BYTES; n++) {
		struct hf_bytes b = exact(REQUEST, n);

		REFUSED(HF_SHORT, p, arp_parse(b, &p));
		done_with(b);
	}
}

static void each_constant_is_checked(void **state)
{
	static const struct {
		uint8_t at, low, high; /* the octet, and its two neighbours in value */
		hf_status is;
	} rows[] = {
		{ 0, 1, 0xff, HF_UNSUPPORTED }, { 1, 0, 2, HF_UNSUPPORTED }, { 2, 7, 9, HF_UNSUPPORTED },
		{ 3, 1, 0xff, HF_UNSUPPORTED }, { 4, 5, 7, HF_MALFORMED },   { 5, 3, 5, HF_MALFORMED },
		{ 6, 1, 2, HF_UNSUPPORTED },    { 7, 0, 3, HF_UNSUPPORTED },
	};
	struct arp_packet p;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint8_t b[ARP_BYTES];

		memcpy(b, REQUEST, sizeof(b));
		b[rows[i].at] = rows[i].low;
		REFUSED(rows[i].is, p, arp_parse((struct hf_bytes){ b, sizeof(b) }, &p));
		b[rows[i].at] = rows[i].high;
		REFUSED(rows[i].is, p, arp_parse((struct hf_bytes){ b, sizeof(b) }, &p));
	}
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t room[ARP_BYTES];
		struct hf_wr out = hf_wr_over(room, sizeof(room));
		struct arp_packet p, back;

		draw_bytes(&p, sizeof(p));
		p.op = i % 2 ? ARP_REQUEST : ARP_REPLY;
		p.sender = draw_ip4();
		p.target = draw_ip4();
		arp_put(&out, &p);
		assert_int_equal(written(&out), ARP_BYTES);
		assert_int_equal(arp_parse((struct hf_bytes){ room, sizeof(room) }, &back), HF_OK);
		assert_int_equal(p.op, back.op);
		assert_memory_equal(p.sender_mac, back.sender_mac, 6);
		assert_memory_equal(p.target_mac, back.target_mac, 6);
		assert_true(addr_eq(&p.sender, &back.sender) && addr_eq(&p.target, &back.target));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_request),
		cmocka_unit_test(every_prefix_is_short),
		cmocka_unit_test(each_constant_is_checked),
		cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
