/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

/* Echo, errors that come, errors that go. */

static uint8_t data[65535];

static enum ip_verdict feed_icmp4(struct lab *l, const char *src, const char *dst, uint8_t type, uint8_t code,
				  uint32_t rest, struct hf_bytes body)
{
	struct icmp_message m = { .type = type, .code = code, .rest = rest, .body = body };
	uint8_t b[1500];
	struct hf_wr out = hf_wr_over(b, sizeof(b));

	icmp4_put(&out, &m);
	assert_false(out.bad);
	return lab_feed4(l, lab_h4(src, dst, IP_PROTO_ICMP), (struct hf_bytes){ b, hf_wr_len(&out) });
}

static enum ip_verdict feed_icmp6(struct lab *l, const char *src, const char *dst, uint8_t type, uint8_t code,
				  uint32_t rest, struct hf_bytes body)
{
	struct icmp_message m = { .type = type, .code = code, .rest = rest, .body = body };
	struct hf_addr s = A(src)
	, d = A(dst);
	uint8_t b[1500];
	struct hf_wr out = hf_wr_over(b, sizeof(b));

	icmp6_put(&out, &m, &s, &d);
	assert_false(out.bad);
	return lab_feed6(l, lab_h6(src, dst, IP_PROTO_ICMP6), (struct hf_bytes){ b, hf_wr_len(&out) });
}

/* The ICMP message of the i-th frame out, checked down to there. */
static struct icmp_message out4(struct lab *l, size_t i, const char *src, const char *dst)
{
	struct hf_addr s = A(src)
	, d = A(dst);
	struct ip4_header h;
	struct icmp_message m;

	assert_int_equal(ip4_parse(lab_out_ip(l, i), &h), HF_OK);
	assert_true(addr_eq(&h.src, &s) && addr_eq(&h.dst, &d));
	assert_int_equal(h.proto, IP_PROTO_ICMP);
	assert_int_equal(icmp4_parse(h.payload, &m), HF_OK);
	return m;
}

static struct icmp_message out6(struct lab *l, size_t i, const char *src, const char *dst)
{
	struct hf_addr s = A(src)
	, d = A(dst);
	struct ip6_header h;
	struct icmp_message m;

	assert_int_equal(ip6_parse(lab_out_ip(l, i), &h), HF_OK);
	assert_true(addr_eq(&h.src, &s) && addr_eq(&h.dst, &d));
	assert_int_equal(icmp6_parse(h.payload, &h.src, &h.dst, &m), HF_OK);
	return m;
}

/* ---- echo ---- */

static void echo(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct icmp_message m;

	(void)state;
	for (size_t n = 0; n <= 1400; n += 200) {
		assert_int_equal(feed_icmp4(l, FAR4, US4, ICMP4_ECHO, 0, 0x12340001, (struct hf_bytes){ data, n }),
				 IP_NOTHING);
		assert_int_equal(feed_icmp6(l, FAR6, US6, ICMP6_ECHO, 0, 0x12340001, (struct hf_bytes){ data, n }),
				 IP_NOTHING);
		assert_int_equal(lab_pull(l), 2);
		m = out4(l, 0, US4, FAR4);
		assert_true(m.type == ICMP4_ECHO_REPLY && m.rest == 0x12340001 && m.body.len == n);
		assert_memory_equal(m.body.at, data, n);
		m = out6(l, 1, US6, FAR6);
		assert_true(m.type == ICMP6_ECHO_REPLY && m.rest == 0x12340001 && m.body.len == n);
		assert_memory_equal(m.body.at, data, n);
	}
	assert_int_equal(lab_count(l, HF_TR_ICMP_ECHO), 16);
	/* Broadcasts are not answered; an IPv6 group is, from an address of ours. */
	feed_icmp4(l, THEM4, "10.9.0.255", ICMP4_ECHO, 0, 1, B("x"));
	feed_icmp4(l, THEM4, "255.255.255.255", ICMP4_ECHO, 0, 1, B("x"));
	feed_icmp4(l, THEM4, "224.0.0.1", ICMP4_ECHO, 0, 1, B("x"));
	assert_int_equal(lab_pull(l), 0);
	feed_icmp6(l, THEM6, "ff02::1", ICMP6_ECHO, 0, 1, B("x"));
	assert_int_equal(lab_pull(l), 1);
	m = out6(l, 0, US6, THEM6);
	/* Answers, quenches, redirects, router advertisements: taken in silence. */
	lab_mark(l);
	feed_icmp4(l, THEM4, US4, ICMP4_ECHO_REPLY, 0, 1, B("x"));
	feed_icmp4(l, THEM4, US4, ICMP4_SOURCE_QUENCH, 0, 0, B("x"));
	feed_icmp4(l, THEM4, US4, ICMP4_REDIRECT, 0, 0, B("x"));
	feed_icmp6(l, THEM6, US6, ICMP6_ECHO_REPLY, 0, 1, B("x"));
	feed_icmp6(l, "fe80::1", "ff02::1", ICMP6_ROUTER_ADVERT, 0, 0, B("01234567"));
	feed_icmp6(l, THEM6, US6, ICMP6_REDIRECT, 0, 0, B("x"));
	assert_int_equal(lab_count(l, HF_TR_ICMP_DROP), 0);
	/* The unknown are dropped by name. */
	feed_icmp4(l, THEM4, US4, 200, 0, 1, B("x"));
	feed_icmp6(l, THEM6, US6, 200, 0, 1, B("x"));
	feed_icmp6(l, THEM6, US6, 100, 0, 1, B("x"));
	assert_int_equal(lab_count(l, HF_TR_ICMP_DROP), 3);
	lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_ICMP), B("\x08\x00\x11\x11zzzz"));
	lab_feed(l);
	lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_ICMP), B("\x08"));
	lab_feed(l);
	lab_put6(l, lab_h6(THEM6, US6, IP_PROTO_ICMP6), B(""));
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_ICMP_DROP), 6);
	assert_int_equal(lab_pull(l), 0);
	lab_free(l);
}

/* ---- errors about packets of ours ---- */

struct quote {
	const char *what;
	const char *from, *to; /* of the error */
	const char *src, *dst; /* of the quoted packet */
	uint8_t proto;
	uint16_t fragment_at;
	unsigned octets; /* quoted of the payload */
	bool believed;
};

static void put_quoted(uint8_t *b, size_t *ret_len, const struct quote *q, bool ip4)
{
	static const uint8_t tcp[20] = "\x12\x34\x00\x50\xde\xad\xbe\xef\x00\x00\x00\x00\x50\x10\xff\xff";
	struct hf_wr out = hf_wr_over(b, 128);

	if (ip4) {
		struct ip4_header h = lab_h4(q->src, q->dst, q->proto);

		h.total_len = 1500;
		h.fragment_at = q->fragment_at;
		ip4_put(&out, &h);
	} else {
		struct ip6_header h = lab_h6(q->src, q->dst, q->proto);

		h.payload_len = 1460;
		h.fragmented = q->fragment_at;
		h.fragment_at = q->fragment_at;
		ip6_put(&out, &h);
	}
	hf_wr_copy(&out, tcp, q->octets);
	assert_int_equal(hf_wr_end(&out, ret_len), HF_OK);
}

static void errors_in(void **state)
{
	static const struct quote rows4[] = {
		{ "TCP", "203.0.113.1", US4, US4, FAR4, IP_PROTO_TCP, 0, 8, true },
		{ "UDP", FAR4, US4, US4, FAR4, IP_PROTO_UDP, 0, 20, true },
		{ "not from us", FAR4, US4, THEM4, FAR4, IP_PROTO_TCP, 0, 8, false },
		{ "to a group", FAR4, US4, US4, "224.0.0.1", IP_PROTO_TCP, 0, 8, false },
		{ "seven octets", FAR4, US4, US4, FAR4, IP_PROTO_TCP, 0, 7, false },
		{ "a later fragment", FAR4, US4, US4, FAR4, IP_PROTO_UDP, 8, 20, false },
		{ "ICMP, which we did not send", FAR4, US4, US4, FAR4, IP_PROTO_ICMP, 0, 8, false },
		{ "to everybody", FAR4, "10.9.0.255", US4, FAR4, IP_PROTO_TCP, 0, 8, false },
	};
	static const struct quote rows6[] = {
		{ "TCP", "2001:db8:1::1", US6, US6, FAR6, IP_PROTO_TCP, 0, 20, true },
		{ "UDP", FAR6, US6, US6, FAR6, IP_PROTO_UDP, 0, 8, true },
		{ "not from us", FAR6, US6, THEM6, FAR6, IP_PROTO_TCP, 0, 8, false },
		{ "about another address than it comes to", FAR6, "fe80::ff:fe00:2", US6, FAR6, IP_PROTO_TCP, 0, 8, false },
		{ "seven octets", FAR6, US6, US6, FAR6, IP_PROTO_TCP, 0, 7, false },
		{ "a later fragment", FAR6, US6, US6, FAR6, IP_PROTO_UDP, 8, 20, false },
	};
	static const uint8_t types4[] = { ICMP4_UNREACHABLE, ICMP4_TIME_EXCEEDED, ICMP4_PARAMETER_PROBLEM };
	static const uint8_t types6[] = { ICMP6_UNREACHABLE, ICMP6_TIME_EXCEEDED, ICMP6_PARAMETER_PROBLEM };
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	const struct ip_error *e = &l->in.error;
	uint8_t b[128];
	size_t n;

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows4) + HF_ARRAY_LEN(rows6); i++) {
		bool ip4 = i < HF_ARRAY_LEN(rows4);
		const struct quote *q = ip4 ? &rows4[i] : &rows6[i - HF_ARRAY_LEN(rows4)];

		put_quoted(b, &n, q, ip4);
		for (unsigned t = 0; t < 3; t++) {
			struct hf_addr dst = A(q->dst)
			, src = A(q->src);
			enum ip_verdict v;

			lab_mark(l);
			memset(&l->in, 0xa5, sizeof(l->in));
			v = ip4 ? feed_icmp4(l, q->from, q->to, types4[t], 1, 0, (struct hf_bytes){ b, n })
				: feed_icmp6(l, q->from, q->to, types6[t], 1, 0, (struct hf_bytes){ b, n });
			if ((v == IP_ERROR) != q->believed)
				fail_msg("%s: verdict %d", q->what, v);
			assert_int_equal(lab_count(l, HF_TR_ICMP_DROP), !q->believed);
			assert_int_equal(lab_count(l, HF_TR_ICMP_RECEIVED), q->believed);
			if (!q->believed)
				continue;
			assert_true(addr_eq(&e->src, &src) && addr_eq(&e->dst, &dst));
			assert_true(e->type == (ip4 ? types4[t] : types6[t]) && e->code == 1 && e->ip6 == !ip4 &&
				    e->mtu == 0);
			assert_true(e->proto == q->proto && e->src_port == 0x1234 && e->dst_port == 80);
			assert_int_equal(e->seq, q->proto == IP_PROTO_TCP ? 0xdeadbeef : 0);
		}
	}
	/* Every cut of the quoted packet is survived. */
	put_quoted(b, &n, &rows4[0], true);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(feed_icmp4(l, FAR4, US4, ICMP4_UNREACHABLE, 1, 0, (struct hf_bytes){ b, cut }), IP_NOTHING);
	put_quoted(b, &n, &rows6[1], false);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(feed_icmp6(l, FAR6, US6, ICMP6_UNREACHABLE, 1, 0, (struct hf_bytes){ b, cut }), IP_NOTHING);
	assert_int_equal(lab_pull(l), 0);
	lab_free(l);
}

/* ---- errors of ours ---- */

static void unreachables(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct icmp_message m;

	(void)state;
	assert_int_equal(lab_feed4(l, lab_h4(FAR4, US4, IP_PROTO_UDP), (struct hf_bytes){ data, 1000 }), IP_UPPER);
	ip_port_unreachable(&l->ip, &l->in.packet, l->now);
	assert_int_equal(lab_pull(l), 1);
	m = out4(l, 0, US4, FAR4);
	assert_true(m.type == ICMP4_UNREACHABLE && m.code == 3 && m.rest == 0);
	assert_int_equal(lab_out_ip(l, 0).len, 576);
	assert_memory_equal(m.body.at, lab_ip(l), m.body.len);

	assert_int_equal(lab_feed6(l, lab_h6(FAR6, US6, IP_PROTO_UDP), (struct hf_bytes){ data, 1400 }), IP_UPPER);
	ip_port_unreachable(&l->ip, &l->in.packet, l->now);
	assert_int_equal(lab_pull(l), 1);
	m = out6(l, 0, US6, FAR6);
	assert_true(m.type == ICMP6_UNREACHABLE && m.code == 4);
	assert_int_equal(lab_out_ip(l, 0).len, 1280);
	assert_memory_equal(m.body.at, lab_ip(l), m.body.len);

	/* A small packet is quoted whole, without the padding of the link. */
	assert_int_equal(lab_feed4(l, lab_h4(FAR4, US4, 99), B("whole")), IP_NOTHING);
	assert_int_equal(lab_pull(l), 1);
	m = out4(l, 0, US4, FAR4);
	assert_true(m.type == ICMP4_UNREACHABLE && m.code == 2 && m.body.len == 25);
	assert_int_equal(lab_feed6(l, lab_h6(FAR6, US6, 99), B("whole")), IP_NOTHING);
	assert_int_equal(lab_pull(l), 1);
	m = out6(l, 0, US6, FAR6);
	assert_true(m.type == ICMP6_PARAMETER_PROBLEM && m.code == 1 && m.rest == 6 && m.body.len == 45);
	lab_free(l);
}

static void silence_where_it_must_be(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct ip4_header h = lab_h4(THEM4, US4, 99);
	struct ip_packet about;

	(void)state;
	lab_learn(l, THEM4);
	lab_learn(l, THEM6);
	/* To groups, at the link or in IP. */
	lab_feed4(l, lab_h4(THEM4, "10.9.0.255", 99), B("12345678"));
	lab_feed4(l, lab_h4(THEM4, "224.0.0.1", 99), B("12345678"));
	lab_feed6(l, lab_h6(THEM6, "ff02::1", 99), B("12345678"));
	lab_put4(l, h, B("12345678"));
	memset(l->frame, 0xff, 6);
	lab_feed(l);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_PROTOCOL), 4);
	/* About a later fragment. */
	h.fragment_at = 8;
	lab_feed4(l, h, B("12345678"));
	/* About errors, and about sources that are nobody; as a caller could hand them in. */
	lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_ICMP), B("\x03\x03.........."));
	about = (struct ip_packet)
	{
		.src = A(THEM4)
		, .dst = A(US4)
		, .proto = IP_PROTO_ICMP
	};
	about.whole = (struct hf_bytes){ lab_ip(l), l->frame_len - ETH_HEADER_BYTES };
	about.payload = (struct hf_bytes){ lab_ip(l) + 20, about.whole.len - 20 };
	ip_port_unreachable(&l->ip, &about, l->now);
	about.proto = IP_PROTO_UDP;
	about.src = A("0.0.0.0");
	ip_port_unreachable(&l->ip, &about, l->now);
	about.src = A("127.0.0.1");
	ip_port_unreachable(&l->ip, &about, l->now);
	about.src = A("10.9.0.255");
	ip_port_unreachable(&l->ip, &about, l->now);
	about.src = A("224.0.0.9");
	ip_port_unreachable(&l->ip, &about, l->now);
	about.src = A("::");
	about.dst = A(US6);
	ip_port_unreachable(&l->ip, &about, l->now);
	about.src = A(THEM6);
	about.proto = IP_PROTO_ICMP6;
	ip_port_unreachable(&l->ip, &about, l->now);
	assert_int_equal(lab_pull(l), 0);
	assert_int_equal(lab_count(l, HF_TR_ICMP_SENT) + lab_count(l, HF_TR_ICMP_LIMITED), 0);
	about.proto = IP_PROTO_UDP;
	ip_port_unreachable(&l->ip, &about, l->now);
	assert_int_equal(lab_pull(l), 1);
	lab_free(l);
}

static void rate_limit(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	unsigned sent = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		lab_feed4(l, lab_h4(FAR4, US4, 99), B("x"));
	assert_int_equal(lab_pull(l), IP_ERROR_BURST);
	assert_int_equal(lab_count(l, HF_TR_ICMP_LIMITED), 100 - IP_ERROR_BURST);
	/* What is held back is still a drop, and echo is no error. */
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_PROTOCOL), 100);
	feed_icmp4(l, FAR4, US4, ICMP4_ECHO, 0, 1, B("x"));
	assert_int_equal(lab_pull(l), 1);
	/* In the long run a hundred a second, both families together. */
	lab_run(l, HF_S(10));
	for (unsigned ms = 0; ms < 2000; ms++) {
		lab_run(l, HF_MS(1));
		lab_feed4(l, lab_h4(FAR4, US4, 99), B("x"));
		lab_feed6(l, lab_h6(FAR6, US6, 99), B("x"));
		sent += (unsigned)lab_pull(l);
	}
	assert_in_range(sent, 200, 200 + IP_ERROR_BURST);
	lab_free(l);
}

/* Who cannot be reached gets no answer, which is told. */
static void no_way_back(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_IP };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us4 = A(US4)
	, us6 = A(US6);

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us4, 24, l->now), HF_OK);
	assert_int_equal(ip_add_addr(&l->ip, &us6, 64, l->now), HF_OK);
	feed_icmp4(l, FAR4, US4, ICMP4_ECHO, 0, 1, B("x"));
	feed_icmp6(l, FAR6, US6, ICMP6_ECHO, 0, 1, B("x"));
	lab_feed4(l, lab_h4(FAR4, US4, 99), B("x"));
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_NO_ROUTE), 3);
	/* To a group there is not even an address to answer from. */
	feed_icmp6(l, FAR6, "ff02::1", ICMP6_ECHO, 0, 1, B("x"));
	lab_feed6(l, lab_h6(FAR6, "ff02::1", 60),
		  (struct hf_bytes){ (const uint8_t *)"\x3b\x00\x9e\x04\x00\x00\x00\x00", 8 });
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_EXT_HEADER), 1);
	assert_int_equal(lab_pull(l), 0);
	lab_free(l);
}

/* What a router says of our echo replies counts for the path, and concerns nobody above. */
static void too_big_about_an_echo_reply(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct ip6_header h = lab_h6(US6, FAR6, IP_PROTO_ICMP6);
	uint8_t b[64];
	struct hf_wr out = hf_wr_over(b, sizeof(b));
	struct hf_addr far = A(FAR6);

	(void)state;
	h.payload_len = 1460;
	ip6_put(&out, &h);
	hf_wr_copy(&out, "\x81\x00\x00\x00\x00\x01\x00\x01", 8);
	assert_int_equal(feed_icmp6(l, "2001:db8:1::1", US6, ICMP6_TOO_BIG, 0, 1300, (struct hf_bytes){ b, hf_wr_len(&out) }),
			 IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_ICMP_DROP), 0);
	assert_int_equal(ip_path_mtu(&l->ip, &far), 1300);
	/* The next one is cut to fit. */
	feed_icmp6(l, FAR6, US6, ICMP6_ECHO, 0, 1, (struct hf_bytes){ data, 1400 });
	assert_int_equal(lab_pull(l), 2);
	assert_true(lab_out_ip(l, 0).len <= 1300);
	lab_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo),
		cmocka_unit_test(errors_in),
		cmocka_unit_test(unreachables),
		cmocka_unit_test(silence_where_it_must_be),
		cmocka_unit_test(rate_limit),
		cmocka_unit_test(no_way_back),
		cmocka_unit_test(too_big_about_an_echo_reply),
	};

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
