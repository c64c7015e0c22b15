/* SPDX-License-Identifier: MIT */
#include "wire_test.h"

#include "wire/icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#define ROOM 4096u

/* A packet from fe80::1 to 2001:db8::2 under construction: headers and data are hung on behind one another. */
struct maker {
	uint8_t p[ROOM];
	size_t len;
};

static void start(struct maker *m, uint8_t next)
{
	static const uint8_t addrs[32] = { 0xfe, 0x80, [15] = 1, 0x20, 0x01, 0x0d, 0xb8, [31] = 2 };

	memset(m, 0, sizeof(*m));
	memcpy(m->p, "\x6a\xb1\x23\x45\x00\x00\x00\x40", 8);
	m->p[6] = next;
	memcpy(m->p + 8, addrs, 32);
	m->len = 40;
}

static void add(struct maker *m, struct hf_bytes b)
{
	memcpy(m->p + m->len, b.at, b.len);
	m->len += b.len;
	hf_store16(m->p + 4, (uint16_t)(m->len - 40));
}

static hf_status parse(const struct maker *m, struct ip6_header *ret)
{
	struct hf_bytes b = exact(m->p, m->len);
	hf_status s = ip6_parse(b, ret);

	done_with(b);
	return s;
}

static void good_packet(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	start(&m, IP_PROTO_UDP);
	add(&m, BYTES("eight oc"));
	memcpy(m.p + m.len, "padding", 7);
	assert_int_equal(ip6_parse((struct hf_bytes){ m.p, m.len + 7 }, &h), HF_OK);
	assert_int_equal(h.traffic_class, 0xab);
	assert_int_equal(h.flow, 0x12345);
	assert_int_equal(h.payload_len, 8);
	assert_int_equal(h.hop_limit, 64);
	expect_addr(&h.src, "fe80::1");
	expect_addr(&h.dst, "2001:db8::2");
	assert_int_equal(h.proto, IP_PROTO_UDP);
	assert_int_equal(h.proto_field_at, 6);
	assert_int_equal(h.headers_len, 40);
	assert_false(h.fragmented || h.mf || h.fragment_at);
	expect_bytes(h.payload, "eight oc");
}

static void version(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	for (unsigned v = 0; v < 16; v++) {
		start(&m, IP6_NEXT_NONE);
		m.p[0] = (uint8_t)(v << 4);
		if (v == 6)
			assert_int_equal(parse(&m, &h), HF_OK);
		else
			REFUSED(HF_MALFORMED, h, parse(&m, &h));
	}
}

/* Within, a mapped address is IPv4's: one from a wire would borrow another family's identity. */
static void mapped_addresses_are_refused(void **state)
{
	static const uint8_t mapped[16] = { [10] = 0xff, 0xff, 10, 9, 0, 1 };
	struct maker m;
	struct ip6_header h;

	(void)state;
	for (unsigned at = 8; at <= 24; at += 16) {
		start(&m, IP6_NEXT_NONE);
		memcpy(m.p + at, mapped, 16);
		REFUSED(HF_MALFORMED, h, parse(&m, &h));
		REFUSED(HF_MALFORMED, h, ip6_parse_quoted((struct hf_bytes){ m.p, m.len }, &h));
		m.p[at + 10] = 0xfe;
		assert_int_equal(parse(&m, &h), HF_OK);
	}
}

static void a_chain_of_everything(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	start(&m, IP6_NEXT_HOP_BY_HOP);
	add(&m, BYTES("\x3c\x00\x05\x02\x00\x00\x01\x00"));                                 /* router alert, PadN */
	add(&m, BYTES("\x2b\x01\x00\x00\x1e\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a")); /* Pad1 twice, an unknown to be skipped */
	add(&m, BYTES("\x2c\x00\x00\x00\x00\x00\x00\x00")); /* routing type 0, no segments left */
	add(&m, BYTES("\x3c\xff\x00\x00\xde\xad\xbe\xef")); /* an atomic fragment */
	add(&m, BYTES("\x06\x00\x01\x04\x00\x00\x00\x00"));
	add(&m, BYTES("tcp"));
	assert_int_equal(parse(&m, &h), HF_OK);
	assert_int_equal(h.proto, IP_PROTO_TCP);
	assert_int_equal(h.proto_field_at, 80);
	assert_int_equal(h.headers_len, 88);
	assert_true(h.fragmented);
	assert_false(h.mf);
	assert_int_equal(h.fragment_at, 0);
	assert_int_equal(h.fragment_id, 0xdeadbeef);
	assert_int_equal(h.unfragmentable_len, 72);
	assert_int_equal(h.fragment_next_field_at, 64);
	assert_int_equal(h.payload.len, 3);
	assert_int_equal(m.p[h.proto_field_at], h.proto);
	assert_int_equal(m.p[h.fragment_next_field_at], IP6_NEXT_FRAGMENT);
}

/* Whole packets only: each prefix is short. Quoted, it must hold the chain. */
static void prefixes(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	start(&m, IP6_NEXT_HOP_BY_HOP);
	add(&m, BYTES("\x3c\x00\x05\x02\x00\x00\x01\x00"));
	add(&m, BYTES("\x2c\x01\x00\x00\x1e\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"));
	add(&m, BYTES("\x11\x00\x00\x01\xde\xad\xbe\xef"));
	add(&m, BYTES("eight oc"));
	assert_int_equal(parse(&m, &h), HF_OK);
	for (size_t n = 0; n < m.len; n++) {
		struct hf_bytes b = exact(m.p, n);

		REFUSED(HF_SHORT, h, ip6_parse(b, &h));
		if (n < 72) {
			REFUSED(HF_SHORT, h, ip6_parse_quoted(b, &h));
		} else {
			assert_int_equal(ip6_parse_quoted(b, &h), HF_OK);
			assert_int_equal(h.proto, IP_PROTO_UDP);
			assert_int_equal(h.payload.len, n - 72);
			assert_int_equal(h.payload_len, m.len - 40);
		}
		done_with(b);
	}
}

/* The same cuts with a payload length that owns up to them: a chain that ends in the middle. */
static void a_chain_cut_short(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	start(&m, IP6_NEXT_HOP_BY_HOP);
	add(&m, BYTES("\x3c\x00\x05\x02\x00\x00\x01\x00"));
	add(&m, BYTES("\x06\x01\x00\x00\x1e\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"));
	for (size_t n = 40; n <= 64; n++) {
		m.len = n;
		hf_store16(m.p + 4, (uint16_t)(n - 40));
		if (n == 64)
			assert_int_equal(parse(&m, &h), HF_OK);
		else
			REFUSED(HF_MALFORMED, h, parse(&m, &h));
	}
}

struct judged {
	struct hf_bytes option;
	hf_status is;
	bool silent, even_multicast;
	uint8_t at; /* of the option in its header */
};

static const struct judged judged_rows[] = {
	{ { (const uint8_t *)"\x1e\x04\x00\x00\x00\x00", 6 }, HF_OK, false, false, 0 },
	{ { (const uint8_t *)"\x3f\x04\x00\x00\x00\x00", 6 }, HF_OK, false, false, 0 },
	{ { (const uint8_t *)"\x40\x04\x00\x00\x00\x00", 6 }, HF_UNSUPPORTED, true, false, 2 },
	{ { (const uint8_t *)"\x7f\x04\x00\x00\x00\x00", 6 }, HF_UNSUPPORTED, true, false, 2 },
	{ { (const uint8_t *)"\x80\x04\x00\x00\x00\x00", 6 }, HF_UNSUPPORTED, false, true, 2 },
	{ { (const uint8_t *)"\xbf\x04\x00\x00\x00\x00", 6 }, HF_UNSUPPORTED, false, true, 2 },
	{ { (const uint8_t *)"\xc0\x04\x00\x00\x00\x00", 6 }, HF_UNSUPPORTED, false, false, 2 },
	{ { (const uint8_t *)"\xff\x04\x00\x00\x00\x00", 6 }, HF_UNSUPPORTED, false, false, 2 },
	{ { (const uint8_t *)"\xc2\x04\x00\x01\x00\x00", 6 }, HF_UNSUPPORTED, false, false, 2 }, /* jumbo payload */
	{ { (const uint8_t *)"\x00\x01\x01\x00\x8a\x00", 6 }, HF_UNSUPPORTED, false, true, 6 },
	{ { (const uint8_t *)"\x1e\x02\x00\x00\x8a\x00", 6 }, HF_UNSUPPORTED, false, true, 6 }, /* behind one skipped */
	{ { (const uint8_t *)"\x5e\x00\x9e\x00\xde\x00", 6 }, HF_UNSUPPORTED, true, false, 2 }, /* the first one counts */
	{ { (const uint8_t *)"\xde\x00\x9e\x00\x5e\x00", 6 }, HF_UNSUPPORTED, false, false, 2 },
	/* bounds of an option */
	{ { (const uint8_t *)"\x01\x04\x00\x00\x00\x00", 6 }, HF_OK, false, false, 0 },
	{ { (const uint8_t *)"\x01\x03\x00\x00\x00\x00", 6 }, HF_OK, false, false, 0 },
	{ { (const uint8_t *)"\x01\x05\x00\x00\x00\x00", 6 }, HF_MALFORMED, false, false, 0 },
	{ { (const uint8_t *)"\x01\x03\x00\x00\x00\x01", 6 }, HF_MALFORMED, false, false, 0 },
	{ { (const uint8_t *)"\x00\x00\x00\x00\x01\x00", 6 }, HF_OK, false, false, 0 },
	{ { (const uint8_t *)"\x00\x00\x00\x00\x01\x01", 6 }, HF_MALFORMED, false, false, 0 },
	{ { (const uint8_t *)"\x1e\xff\x00\x00\x00\x00", 6 }, HF_MALFORMED, false, false, 0 },
	{ { (const uint8_t *)"\x1e\x00\x1e\x00\x1e\x00", 6 }, HF_OK, false, false, 0 },
};

static void unknown_options(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(judged_rows); i++) {
		for (unsigned second = 0; second < 2; second++) { /* in hop-by-hop options; in destination options behind them */
			const struct judged *row = &judged_rows[i];
			struct maker m;
			struct ip6_header h;

			start(&m, IP6_NEXT_HOP_BY_HOP);
			if (second)
				add(&m, BYTES("\x3c\x00\x01\x04\x00\x00\x00\x00"));
			add(&m, BYTES("\x3a\x00"));
			add(&m, row->option);
			add(&m, BYTES("\x80\x00\x00\x00\x00\x00\x00\x00"));
			if (row->is == HF_MALFORMED) {
				REFUSED(HF_MALFORMED, h, parse(&m, &h));
				continue;
			}
			assert_int_equal(parse(&m, &h), row->is);
			/* Known even when refused: whether an error would answer an error. */
			assert_int_equal(h.proto, IP_PROTO_ICMP6);
			assert_int_equal(h.payload.len, 8);
			expect_addr(&h.src, "fe80::1");
			if (row->is == HF_UNSUPPORTED) {
				assert_int_equal(h.problem_code, 2);
				assert_int_equal(h.problem_at, 40 + 8 * second + row->at);
				assert_int_equal(h.problem_silent, row->silent);
				assert_int_equal(h.problem_even_multicast, row->even_multicast);
			}
			assert_int_equal(ip6_parse_quoted((struct hf_bytes){ m.p, m.len }, &h), HF_OK);
			assert_false(h.problem_silent || h.problem_even_multicast || h.problem_at);
		}
	}
}

static void routing_headers(void **state)
{
	static const uint8_t types[] = { 0, 2, 3, 4, 253, 255 };
	struct ip6_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(types); i++) {
		for (unsigned left = 0; left < 3; left++) {
			struct maker m;

			start(&m, IP6_NEXT_ROUTING);
			add(&m, BYTES("\x11\x00\x00\x00\x00\x00\x00\x00"
				      "eight oc"));
			m.p[42] = types[i];
			m.p[43] = (uint8_t)left;
			assert_int_equal(parse(&m, &h), left ? HF_UNSUPPORTED : HF_OK);
			assert_int_equal(h.proto, IP_PROTO_UDP);
			assert_int_equal(h.problem_code, 0);
			assert_int_equal(h.problem_at, left ? 42 : 0);
			assert_false(h.problem_silent || h.problem_even_multicast);
		}
	}
}

static void hop_by_hop_only_in_front(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	start(&m, IP6_NEXT_DEST_OPTS);
	add(&m, BYTES("\x00\x00\x01\x04\x00\x00\x00\x00"
		      "\x06\x00\x01\x04\x00\x00\x00\x00"));
	assert_int_equal(parse(&m, &h), HF_UNSUPPORTED);
	assert_int_equal(h.problem_code, 1);
	assert_int_equal(h.problem_at, 40);
	assert_int_equal(h.proto, 0);
	assert_int_equal(h.headers_len, 48);
	start(&m, IP6_NEXT_HOP_BY_HOP);
	add(&m, BYTES("\x00\x00\x01\x04\x00\x00\x00\x00"
		      "\x06\x00\x01\x04\x00\x00\x00\x00"));
	assert_int_equal(parse(&m, &h), HF_UNSUPPORTED);
	assert_int_equal(h.problem_code, 1);
	assert_int_equal(h.problem_at, 40);
}

static void unknown_headers_are_left_to_others(void **state)
{
	static const uint8_t rows[] = { 1, 6, 17, 50, 51, 58, IP6_NEXT_NONE, 135, 139, 140, 253, 255 };
	struct ip6_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct maker m;

		start(&m, rows[i]);
		add(&m, BYTES("what"));
		assert_int_equal(parse(&m, &h), HF_OK);
		assert_int_equal(h.proto, rows[i]);
		assert_int_equal(h.headers_len, 40);
		assert_int_equal(h.payload.len, 4);
	}
}

static void chain_limit(void **state)
{
	struct ip6_header h;

	(void)state;
	for (unsigned n = 0; n <= IP6_EXT_LIMIT + 2; n++) {
		struct maker m;

		start(&m, n ? IP6_NEXT_DEST_OPTS : IP6_NEXT_NONE);
		for (unsigned i = 1; i <= n; i++) {
			add(&m, BYTES("\x3c\x00\x01\x04\x00\x00\x00\x00"));
			if (i == n)
				m.p[m.len - 8] = IP6_NEXT_NONE;
		}
		if (n <= IP6_EXT_LIMIT) {
			assert_int_equal(parse(&m, &h), HF_OK);
			assert_int_equal(h.headers_len, 40 + 8 * n);
		} else {
			REFUSED(HF_MALFORMED, h, parse(&m, &h));
		}
	}
}

static void fragments(void **state)
{
	static const struct {
		uint16_t field;
		size_t len; /* of the piece */
		hf_status is;
		uint32_t problem_at;
	} rows[] = {
		{ 0x0001, 8, HF_OK, 0 },
		{ 0x0007, 16, HF_OK, 0 }, /* reserved bits */
		{ 0x0009, 1024, HF_OK, 0 },
		{ 0x0001, 7, HF_UNSUPPORTED, 4 },
		{ 0x0001, 9, HF_UNSUPPORTED, 4 },
		{ 0x0008, 7, HF_OK, 0 }, /* the last one may end anywhere */
		{ 0xfff8, 7, HF_OK, 0 },
		{ 0xfff8, 8, HF_UNSUPPORTED, 42 },
		{ 0xfff9, 8, HF_UNSUPPORTED, 42 },
		{ 0xfbf8, 1031, HF_OK, 0 },
		{ 0xfbf8, 1032, HF_UNSUPPORTED, 42 },
	};
	struct ip6_header h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct maker m;
		uint8_t piece[1100];

		memset(piece, 0x3c, sizeof(piece));
		start(&m, IP6_NEXT_FRAGMENT);
		add(&m, BYTES("\x3c\x00\x00\x00\xde\xad\xbe\xef")); /* names destination options: not walked in a piece */
		hf_store16(m.p + 42, rows[i].field);
		add(&m, (struct hf_bytes){ piece, rows[i].len });
		assert_int_equal(parse(&m, &h), rows[i].is);
		assert_true(h.fragmented);
		assert_int_equal(h.mf, rows[i].field & 1);
		assert_int_equal(h.fragment_at, rows[i].field & 0xfff8);
		assert_int_equal(h.proto, IP6_NEXT_DEST_OPTS);
		assert_int_equal(h.proto_field_at, 40);
		assert_int_equal(h.headers_len, 48);
		assert_int_equal(h.unfragmentable_len, 40);
		assert_int_equal(h.fragment_next_field_at, 6);
		assert_int_equal(h.payload.len, rows[i].len);
		assert_int_equal(h.problem_at, rows[i].problem_at);
		assert_int_equal(h.problem_code, 0);
	}
}

/* Headers that every fragment repeats count too: the whole must fit a payload length. */
static void fragment_bound_counts_what_is_in_front(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		start(&m, IP6_NEXT_DEST_OPTS);
		add(&m, BYTES("\x2c\x00\x01\x04\x00\x00\x00\x00"
			      "\x11\x00\xff\xf0\x00\x00\x00\x01"
			      "seven_o"));
		if (more)
			add(&m, BYTES("8"));
		assert_int_equal(parse(&m, &h), more ? HF_UNSUPPORTED : HF_OK);
		assert_int_equal(h.problem_at, more ? 50 : 0);
	}
}

static void one_fragment_header_only(void **state)
{
	struct maker m;
	struct ip6_header h;

	(void)state;
	start(&m, IP6_NEXT_FRAGMENT);
	add(&m, BYTES("\x2c\x00\x00\x00\x00\x00\x00\x01"
		      "\x11\x00\x00\x00\x00\x00\x00\x02"
		      "data"));
	REFUSED(HF_MALFORMED, h, parse(&m, &h));
}

static void layout(void **state)
{
	uint8_t p[48];
	struct hf_wr out = hf_wr_over(p, sizeof(p));
	struct ip6_header h = { .traffic_class = 0xab, .flow = 0xfff12345, .payload_len = 9, .proto = 17, .hop_limit = 64 };

	(void)state;
	h.src.b[15] = 1;
	h.dst.b[15] = 2;
	h.fragmented = h.mf = true;
	h.fragment_at = 0x1230;
	h.fragment_id = 0xdeadbeef;
	memset(p, 0xff, sizeof(p));
	ip6_put(&out, &h);
	assert_int_equal(written(&out), 48);
	assert_memory_equal(p,
			    "\x6a\xb1\x23\x45\x00\x09\x2c\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
			    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x11\x00\x12\x31\xde\xad\xbe\xef",
			    48);
}

static void round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t p[80];
		struct hf_wr out = hf_wr_over(p, sizeof(p));
		struct ip6_header back, h = {
			.traffic_class = (uint8_t)draw(),
			.hop_limit = (uint8_t)draw(),
			.flow = (uint32_t)draw() & 0xfffff,
			.src = draw_ip6(),
			.dst = draw_ip6(),
			.proto = i % 2 ? IP_PROTO_TCP : IP_PROTO_UDP,
			.fragmented = draw() & 1,
		};
		size_t headers = h.fragmented ? 48 : 40;

		if (h.fragmented) {
			h.mf = draw() & 1;
			h.fragment_at = (uint16_t)(draw() % 8000 * 8);
			h.fragment_id = (uint32_t)draw();
		}
		h.payload_len = (uint16_t)(headers - 40 + draw() % 4 * 8);
		ip6_put(&out, &h);
		assert_int_equal(written(&out), headers);
		assert_int_equal(ip6_parse((struct hf_bytes){ p, sizeof(p) }, &back), HF_OK);
		assert_true(h.traffic_class == back.traffic_class && h.hop_limit == back.hop_limit && h.flow == back.flow);
		assert_true(h.payload_len == back.payload_len && h.proto == back.proto && back.headers_len == headers);
		assert_true(addr_eq(&h.src, &back.src) && addr_eq(&h.dst, &back.dst));
		assert_true(h.fragmented == back.fragmented && h.mf == back.mf && h.fragment_at == back.fragment_at);
		assert_int_equal(h.fragment_id, back.fragment_id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_packet),
		cmocka_unit_test(version),
		cmocka_unit_test(mapped_addresses_are_refused),
		cmocka_unit_test(a_chain_of_everything),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(a_chain_cut_short),
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(routing_headers),
		cmocka_unit_test(hop_by_hop_only_in_front),
		cmocka_unit_test(unknown_headers_are_left_to_others),
		cmocka_unit_test(chain_limit),
		cmocka_unit_test(fragments),
		cmocka_unit_test(fragment_bound_counts_what_is_in_front),
		cmocka_unit_test(one_fragment_header_only),
		cmocka_unit_test(layout),
		cmocka_unit_test(round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
