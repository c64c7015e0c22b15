/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

/*
 * Datagrams in fragments. The payload's octets all differ from their neighbours, so a piece in the wrong place shows.
 */
static uint8_t data[65536];

static void fill_data(void)
{
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
}

struct piece {
	uint32_t from, to;
	bool mf;
};

static enum ip_verdict feed4(struct lab *l, const char *src, uint16_t id, struct piece p)
{
	struct ip4_header h = lab_h4(src, US4, IP_PROTO_UDP);

	h.id = id;
	h.mf = p.mf;
	h.fragment_at = (uint16_t)p.from;
	return lab_feed4(l, h, (struct hf_bytes){ data + p.from, p.to - p.from });
}

static enum ip_verdict feed6(struct lab *l, const char *src, uint32_t id, struct piece p)
{
	struct ip6_header h = lab_h6(src, US6, IP_PROTO_UDP);

	h.fragmented = true;
	h.fragment_id = id;
	h.mf = p.mf;
	h.fragment_at = (uint16_t)p.from;
	return lab_feed6(l, h, (struct hf_bytes){ data + p.from, p.to - p.from });
}

static enum ip_verdict feed(struct lab *l, bool ip4, uint32_t id, struct piece p)
{
	return ip4 ? feed4(l, THEM4, (uint16_t)id, p) : feed6(l, THEM6, id, p);
}

static void expect_whole(struct lab *l, uint32_t len)
{
	assert_int_equal(l->in.packet.payload.len, len);
	assert_memory_equal(l->in.packet.payload.at, data, len);
	assert_int_equal(l->in.packet.proto, IP_PROTO_UDP);
	assert_false(l->in.packet.csum_ok);
	assert_int_equal(l->in.packet.gso_size, 0);
}

/* The n-th order of 0..3. */
static void order_of_four(unsigned n, unsigned order[4])
{
	unsigned left[4] = { 0, 1, 2, 3 };

	for (unsigned i = 0; i < 4; i++) {
		unsigned k = n % (4 - i);

		n /= 4 - i;
		order[i] = left[k];
		memmove(left + k, left + k + 1, (3 - k) * sizeof(left[0]));
	}
}

static void all_orders_of_four(void **state)
{
	static const struct piece pieces[] = {
		{ 0, 1480, true }, { 1480, 1488, true }, { 1488, 2960, true }, { 2960, 3001, false }
	};

	(void)state;
	for (int ip4 = 0; ip4 < 2; ip4++) {
		struct lab *l = lab_new(HF_LINK_IP);

		for (unsigned n = 0; n < 24; n++) {
			unsigned order[4];

			order_of_four(n, order);
			lab_mark(l);
			for (unsigned i = 0; i < 4; i++) {
				assert_int_equal(feed(l, ip4, n + 1, pieces[order[i]]), i == 3 ? IP_UPPER : IP_NOTHING);
				/* Each one twice: a duplicate changes nothing. */
				if (i < 3)
					assert_int_equal(feed(l, ip4, n + 1, pieces[order[i]]), IP_NOTHING);
			}
			expect_whole(l, 3001);
			assert_int_equal(lab_count(l, HF_TR_IP_REASSEMBLED), 1);
			assert_int_equal(lab_count(l, HF_TR_IP_FRAGMENT_HELD), 4);
			assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 3);
		}
		/* The buffer of the last one stays until the next frame. */
		assert_int_equal(ip_reassemblies_in_use(&l->ip), 1);
		lab_feed_bytes(l, B("?"));
		assert_int_equal(ip_reassemblies_in_use(&l->ip), 0);
		assert_int_equal(hf_wheel_wake_at(&l->wheel), HF_NEVER);
		lab_free(l);
	}
}

static void overlaps_poison(void **state)
{
	static const struct {
		const char *what;
		struct piece first, second, rest;
	} rows[] = {
		{ "second half inside", { 0, 64, true }, { 32, 64, true }, { 64, 80, false } },
		{ "first half inside", { 0, 64, true }, { 0, 32, true }, { 64, 80, false } },
		{ "one block too many", { 0, 64, true }, { 56, 72, true }, { 72, 80, false } },
		{ "larger around it", { 8, 16, true }, { 0, 64, true }, { 64, 80, false } },
		{ "the same as last", { 8, 64, true }, { 8, 64, false }, { 0, 8, true } },
		{ "the last one as not the last", { 8, 64, false }, { 8, 64, true }, { 0, 8, true } },
		{ "two ends", { 64, 80, false }, { 64, 72, false }, { 0, 64, true } },
		{ "behind the end", { 64, 80, false }, { 80, 88, true }, { 0, 64, true } },
		{ "an end before what is here", { 64, 80, true }, { 56, 60, false }, { 0, 64, true } },
	};

	(void)state;
	for (int ip4 = 0; ip4 < 2; ip4++) {
		struct lab *l = lab_new(HF_LINK_IP);

		for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
			lab_mark(l);
			assert_int_equal(feed(l, ip4, 100 + i, rows[i].first), IP_NOTHING);
			assert_int_equal(feed(l, ip4, 100 + i, rows[i].second), IP_NOTHING);
			if (lab_count(l, HF_TR_IP_DROP_FRAGMENT) != 1)
				fail_msg("%s: not dropped", rows[i].what);
			/* RFC 5722 4: nor is anything that comes later. */
			assert_int_equal(feed(l, ip4, 100 + i, rows[i].rest), IP_NOTHING);
			assert_int_equal(feed(l, ip4, 100 + i, rows[i].first), IP_NOTHING);
			assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 3);
		}
		lab_run(l, HF_S(60)); /* in silence: nothing true can be quoted */
		assert_int_equal(ip_reassemblies_in_use(&l->ip), 0);
		lab_free(l);
	}
}

static void a_duplicate_with_other_octets(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);

	(void)state;
	feed(l, true, 1, (struct piece){ 8, 64, true });
	data[20] ^= 1;
	feed(l, true, 1, (struct piece){ 8, 64, true });
	data[20] ^= 1;
	feed(l, true, 1, (struct piece){ 0, 8, true });
	assert_int_equal(feed(l, true, 1, (struct piece){ 64, 80, false }), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 3);
	lab_free(l);
}

static void keys_keep_datagrams_apart(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct ip4_header h = lab_h4(THEM4, US4, 6);

	(void)state;
	feed4(l, THEM4, 1, (struct piece){ 0, 8, true });
	feed4(l, THEM4, 2, (struct piece){ 0, 8, true });
	feed4(l, FAR4, 1, (struct piece){ 0, 8, true });
	h.id = 1;
	h.fragment_at = 8;
	assert_int_equal(lab_feed4(l, h, (struct hf_bytes){ data + 8, 8 }), IP_NOTHING); /* another protocol, RFC 791 */
	assert_int_equal(ip_reassemblies_in_use(&l->ip), 4);
	assert_int_equal(feed4(l, FAR4, 1, (struct piece){ 8, 16, false }), IP_UPPER);
	assert_true(addr_eq(&l->in.packet.src, &(struct hf_addr){ .b = { [10] = 255, 255, 198, 51, 100, 7 } }));
	/* IPv6 has no protocol in its key (RFC 8200 4.5); the first fragment's counts. */
	feed6(l, THEM6, 1, (struct piece){ 8, 16, false });
	struct ip6_header h6 = lab_h6(THEM6, US6, IP_PROTO_TCP);
	h6.fragmented = h6.mf = true;
	h6.fragment_id = 1;
	assert_int_equal(lab_feed6(l, h6, (struct hf_bytes){ data, 8 }), IP_NOTHING);
	lab_free(l);
}

/* What the time-out sends: the first fragment as it was, or nothing. */
static void timeouts(void **state)
{
	struct icmp_message m;
	struct ip4_header h4;
	struct ip6_header h6;

	(void)state;
	for (int ip4 = 0; ip4 < 2; ip4++) {
		struct lab *l = lab_new(HF_LINK_IP);

		feed(l, ip4, 1, (struct piece){ 8, 16, true });
		lab_run(l, HF_S(59));
		feed(l, ip4, 2, (struct piece){ 0, 1000, true });
		feed(l, ip4, 1, (struct piece){ 16, 24, true }); /* does not prolong it */
		lab_run(l, HF_S(1));
		assert_int_equal(lab_count(l, HF_TR_IP_REASSEMBLY_TIMEOUT), 1);
		assert_int_equal(l->outs, 0);
		assert_int_equal(ip_reassemblies_in_use(&l->ip), 1);
		lab_run(l, HF_S(59));
		assert_int_equal(lab_count(l, HF_TR_IP_REASSEMBLY_TIMEOUT), 2);
		assert_int_equal(ip_reassemblies_in_use(&l->ip), 0);
		assert_int_equal(l->outs, 1);
		if (ip4) {
			assert_int_equal(ip4_parse(lab_out_ip(l, 0), &h4), HF_OK);
			assert_int_equal(h4.total_len, 576);
			assert_int_equal(icmp4_parse(h4.payload, &m), HF_OK);
			assert_int_equal(m.type, ICMP4_TIME_EXCEEDED);
			assert_int_equal(ip4_parse_quoted(m.body, &h4), HF_OK);
			assert_true(h4.mf && h4.id == 2 && h4.fragment_at == 0 && h4.total_len == 1020);
			assert_memory_equal(h4.payload.at, data, h4.payload.len);
		} else {
			assert_int_equal(ip6_parse(lab_out_ip(l, 0), &h6), HF_OK);
			assert_int_equal(icmp6_parse(h6.payload, &h6.src, &h6.dst, &m), HF_OK);
			assert_int_equal(m.type, ICMP6_TIME_EXCEEDED);
			assert_int_equal(ip6_parse_quoted(m.body, &h6), HF_OK);
			assert_true(h6.fragmented && h6.mf && h6.fragment_id == 2 && h6.fragment_at == 0 &&
				    h6.payload_len == 1008);
			assert_int_equal(h6.payload.len, 1000);
			assert_memory_equal(h6.payload.at, data, 1000);
		}
		assert_int_equal(m.code, 1);
		lab_free(l);
	}
}

static void bad_lengths(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct ip6_header h;
	struct icmp_message m;

	(void)state;
	assert_int_equal(feed(l, true, 1, (struct piece){ 0, 12, true }), IP_NOTHING); /* not a multiple of 8 */
	assert_int_equal(feed(l, true, 1, (struct piece){ 8, 8, false }), IP_NOTHING); /* nothing in it */
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 2);
	assert_int_equal(lab_pull(l), 0);
	assert_int_equal(feed(l, false, 1, (struct piece){ 0, 12, true }), IP_NOTHING);
	assert_int_equal(feed(l, false, 1, (struct piece){ 8, 8, false }), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 4);
	assert_int_equal(lab_pull(l), 1); /* RFC 8200 4.5: the payload length is to blame */
	assert_int_equal(ip6_parse(lab_out_ip(l, 0), &h), HF_OK);
	assert_int_equal(icmp6_parse(h.payload, &h.src, &h.dst, &m), HF_OK);
	assert_true(m.type == ICMP6_PARAMETER_PROBLEM && m.code == 0 && m.rest == 4);
	assert_int_equal(feed(l, false, 1, (struct piece){ 65528, 65536, false }), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 5);
	assert_int_equal(lab_pull(l), 1); /* the fragment offset is */
	assert_int_equal(ip6_parse(lab_out_ip(l, 0), &h), HF_OK);
	assert_int_equal(icmp6_parse(h.payload, &h.src, &h.dst, &m), HF_OK);
	assert_true(m.type == ICMP6_PARAMETER_PROBLEM && m.code == 0 && m.rest == 42);
	assert_int_equal(ip_reassemblies_in_use(&l->ip), 0);

	/* RFC 7112: the upper header must be in the first fragment. */
	h = lab_h6(THEM6, US6, IP_PROTO_TCP);
	h.fragmented = h.mf = true;
	lab_mark(l);
	assert_int_equal(lab_feed6(l, h, (struct hf_bytes){ data, 16 }), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 1);
	assert_int_equal(lab_pull(l), 1);
	assert_int_equal(ip6_parse(lab_out_ip(l, 0), &h), HF_OK);
	assert_int_equal(icmp6_parse(h.payload, &h.src, &h.dst, &m), HF_OK);
	assert_true(m.type == ICMP6_PARAMETER_PROBLEM && m.code == 3 && m.rest == 0);
	lab_free(l);
}

static void the_largest(void **state)
{
	static const uint32_t most[2] = { 65535, 65515 };

	(void)state;
	for (int ip4 = 0; ip4 < 2; ip4++) {
		struct lab *l = lab_new(HF_LINK_IP);

		for (uint32_t at = 1448; at + 1448 <= 65504 - 65504 % 1448; at += 1448)
			assert_int_equal(feed(l, ip4, 1, (struct piece){ at, at + 1448, true }), IP_NOTHING);
		/* The rest in eights, and the smallest pieces there can be. */
		for (uint32_t at = 65504 - 65504 % 1448; at < 65512; at += 8)
			assert_int_equal(feed(l, ip4, 1, (struct piece){ at, at + 8, true }), IP_NOTHING);
		assert_int_equal(feed(l, ip4, 1, (struct piece){ 65512, most[ip4], false }), IP_NOTHING);
		assert_int_equal(feed(l, ip4, 1, (struct piece){ 0, 1448, true }), IP_UPPER);
		expect_whole(l, most[ip4]);
		lab_free(l);
	}
}

static void limits(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_IP, .limits = { .reassemblies = 4 } };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US4);

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us, 24, l->now), HF_OK);
	/* One source gets half of the table, whatever it sends, and loses its own oldest. */
	for (uint16_t id = 1; id <= 10; id++) {
		l->now++;
		feed4(l, THEM4, id, (struct piece){ 0, 8, true });
	}
	assert_int_equal(ip_reassemblies_in_use(&l->ip), 2);
	assert_int_equal(lab_count(l, HF_TR_IP_REASSEMBLY_EVICTED), 8);
	assert_int_equal(feed4(l, THEM4, 10, (struct piece){ 8, 16, false }), IP_UPPER);
	assert_int_equal(feed4(l, THEM4, 8, (struct piece){ 8, 16, false }), IP_NOTHING); /* gone: begins anew */
	/* All together get the whole, and the oldest of all goes first. */
	l->now++;
	feed4(l, "10.9.0.11", 1, (struct piece){ 0, 8, true });
	l->now++;
	feed4(l, "10.9.0.12", 1, (struct piece){ 0, 8, true });
	l->now++;
	feed4(l, "10.9.0.13", 1, (struct piece){ 0, 8, true });
	assert_int_equal(ip_reassemblies_in_use(&l->ip), 4);
	assert_int_equal(feed4(l, THEM4, 9, (struct piece){ 8, 16, false }), IP_NOTHING);
	assert_int_equal(feed4(l, "10.9.0.13", 1, (struct piece){ 8, 16, false }), IP_UPPER);
	lab_free(l);
}

static void extension_headers_behind_the_fragment_header(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct ip6_header h = lab_h6(THEM6, US6, IP6_NEXT_DEST_OPTS);
	uint8_t first[16] = { IP_PROTO_UDP, 0, 1, 4, 0, 0, 0, 0 };

	(void)state;
	memcpy(first + 8, data, 8);
	h.fragmented = h.mf = true;
	assert_int_equal(lab_feed6(l, h, (struct hf_bytes){ first, 16 }), IP_NOTHING);
	h.mf = false;
	h.fragment_at = 16;
	assert_int_equal(lab_feed6(l, h, (struct hf_bytes){ data + 8, 5 }), IP_UPPER);
	expect_whole(l, 13);
	/* An option that must be answered shows only now. */
	h = lab_h6(THEM6, US6, IP6_NEXT_DEST_OPTS);
	h.fragmented = h.mf = true;
	first[2] = 0x9e;
	lab_feed6(l, h, (struct hf_bytes){ first, 16 });
	h.mf = false;
	h.fragment_at = 16;
	lab_mark(l);
	assert_int_equal(lab_feed6(l, h, (struct hf_bytes){ data + 8, 5 }), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_EXT_HEADER), 1);
	assert_int_equal(lab_pull(l), 1);
	assert_int_equal(lab_out_ip(l, 0).at[40], ICMP6_PARAMETER_PROBLEM);
	/* An option that overruns its header. */
	h = lab_h6(THEM6, US6, IP6_NEXT_DEST_OPTS);
	h.fragmented = h.mf = true;
	first[3] = 9;
	lab_feed6(l, h, (struct hf_bytes){ first, 16 });
	h.mf = false;
	h.fragment_at = 16;
	lab_mark(l);
	assert_int_equal(lab_feed6(l, h, (struct hf_bytes){ data + 8, 5 }), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_EXT_HEADER), 1);
	assert_int_equal(lab_pull(l), 0);
	/* A fragment header inside of what was put together is nobody's business. */
	h = lab_h6(THEM6, US6, IP6_NEXT_FRAGMENT);
	h.fragmented = h.mf = true;
	memset(first, 0, sizeof(first));
	first[0] = IP_PROTO_UDP;
	lab_feed6(l, h, (struct hf_bytes){ first, 16 });
	h.mf = false;
	h.fragment_at = 16;
	lab_mark(l);
	assert_int_equal(lab_feed6(l, h, (struct hf_bytes){ data, 8 }), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_FRAGMENT), 1);
	lab_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_orders_of_four),
		cmocka_unit_test(overlaps_poison),
		cmocka_unit_test(a_duplicate_with_other_octets),
		cmocka_unit_test(keys_keep_datagrams_apart),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(bad_lengths),
		cmocka_unit_test(the_largest),
		cmocka_unit_test(limits),
		cmocka_unit_test(extension_headers_behind_the_fragment_header),
	};

	fill_data();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
