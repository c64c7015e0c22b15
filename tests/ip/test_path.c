/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

/* Path MTU: what a router says, when it is believed, and when it is forgotten. */

/* A router says that `len` octets to dst were too many. */
static enum ip_verdict too_big(struct lab *l, const char *dst, uint32_t mtu, uint16_t len)
{
	bool ip4 = !strchr(dst, ':');
	struct icmp_message m = { .rest = mtu };
	struct hf_addr router = A("2001:db8:1::1")
	, us = A(US6);
	uint8_t quoted[64], b[128];
	struct hf_wr q = hf_wr_over(quoted, sizeof(quoted)), out = hf_wr_over(b, sizeof(b));

	if (ip4) {
		struct ip4_header h = lab_h4(US4, dst, IP_PROTO_TCP);

		h.total_len = len;
		h.df = true;
		ip4_put(&q, &h);
	} else {
		struct ip6_header h = lab_h6(US6, dst, IP_PROTO_TCP);

		h.payload_len = (uint16_t)(len - IP6_HEADER_BYTES);
		ip6_put(&q, &h);
	}
	hf_wr_copy(&q, "\x12\x34\x00\x50\x00\x00\x00\x07", 8);
	m.body = (struct hf_bytes){ quoted, hf_wr_len(&q) };
	lab_mark(l);
	if (ip4) {
		m.type = ICMP4_UNREACHABLE;
		m.code = 4;
		icmp4_put(&out, &m);
		return lab_feed4(l, lab_h4("203.0.113.1", US4, IP_PROTO_ICMP), (struct hf_bytes){ b, hf_wr_len(&out) });
	}
	m.type = ICMP6_TOO_BIG;
	icmp6_put(&out, &m, &router, &us);
	return lab_feed6(l, lab_h6("2001:db8:1::1", US6, IP_PROTO_ICMP6), (struct hf_bytes){ b, hf_wr_len(&out) });
}

static uint32_t mtu_of(const struct lab *l, const char *dst)
{
	struct hf_addr a = A(dst);

	return ip_path_mtu(&l->ip, &a);
}

static void learns_and_forgets(void **state)
{
	(void)state;
	for (int ip4 = 0; ip4 < 2; ip4++) {
		const char *dst = ip4 ? FAR4 : FAR6;
		struct lab *l = lab_new(HF_LINK_ETHERNET);
		uint32_t changed = ip_changed(&l->ip);

		assert_int_equal(mtu_of(l, dst), 1500);
		assert_int_equal(too_big(l, dst, 1400, 1500), IP_ERROR);
		assert_int_equal(l->in.error.mtu, 1400);
		assert_int_equal(l->in.error.seq, 7);
		assert_int_equal(mtu_of(l, dst), 1400);
		assert_int_equal(mtu_of(l, ip4 ? "198.51.100.8" : "2001:db8:ffff::8"), 1500); /* that one alone */
		assert_int_not_equal(ip_changed(&l->ip), changed);
		assert_int_equal(lab_last(l, HF_TR_IP_PATH_MTU).x, 1400);
		/* Never longer by somebody's word; the answer is what holds. */
		lab_run(l, HF_S(300));
		assert_int_equal(too_big(l, dst, 1450, 1500), IP_ERROR);
		assert_int_equal(l->in.error.mtu, 1400);
		assert_int_equal(lab_count(l, HF_TR_IP_PATH_MTU), 0);
		assert_int_equal(too_big(l, dst, 1300, 1400), IP_ERROR);
		assert_int_equal(l->in.error.mtu, 1300);
		/* Ten minutes from then. */
		lab_run(l, HF_S(600) - 1);
		assert_int_equal(mtu_of(l, dst), 1300);
		changed = ip_changed(&l->ip);
		lab_run(l, 1);
		assert_int_equal(mtu_of(l, dst), 1500);
		assert_int_equal(lab_count(l, HF_TR_IP_PATH_MTU_LONGER), 1);
		assert_int_not_equal(ip_changed(&l->ip), changed);
		lab_free(l);
	}
}

static void disbelieves(void **state)
{
	static const struct {
		const char *dst;
		uint32_t mtu;
		uint16_t len;
	} rows[] = {
		{ FAR4, 67, 1500 },   /* RFC 791: no link is so small */
		{ FAR4, 1500, 1500 }, /* that would have fitted */
		{ FAR4, 1400, 1000 }, /* so would that */
		{ FAR4, 9000, 9001 }, /* not smaller than our link */
		{ FAR6, 1279, 1500 }, /* RFC 8201 4 */
		{ FAR6, 0, 1500 },    { FAR6, 1400, 1400 }, { FAR6, 0xffffffff, 1500 }, { FAR6, 65536, 1500 },
	};
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(too_big(l, rows[i].dst, rows[i].mtu, rows[i].len), IP_NOTHING);
		assert_int_equal(lab_count(l, HF_TR_ICMP_DROP), 1);
		assert_int_equal(mtu_of(l, rows[i].dst), 1500);
	}
	assert_int_equal(too_big(l, FAR6, 1280, 1500), IP_ERROR);
	assert_int_equal(mtu_of(l, FAR6), 1280);
	lab_free(l);
}

static void plateaus(void **state)
{
	static const struct {
		uint16_t len, mtu;
	} rows[] = { { 1500, 1492 }, { 1492, 1006 }, { 1007, 1006 }, { 1006, 576 } };
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
		assert_int_equal(too_big(l, FAR4, 0, rows[i].len), IP_ERROR);
		assert_int_equal(l->in.error.mtu, rows[i].mtu);
		assert_int_equal(mtu_of(l, FAR4), rows[i].mtu);
	}
	lab_free(l);
}

static bool df_of_next(struct lab *l, const char *dst)
{
	struct ip_send s = {.src = A(US4), .dst = A(dst), .proto = IP_PROTO_TCP, .ttl = 64, .df = true };
	struct hf_frame_out f = { .head_at = IP_L4_AT, .head_len = 20 };

	assert_int_equal(lab_finish(l, &f, &s), HF_OK);
	return f.head[f.head_at + ETH_HEADER_BYTES + 6] & 0x40;
}

/* Below 576 we no longer forbid routers to fragment; a forger gains nothing. */
static void very_small_paths(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	lab_learn(l, GATEWAY4);
	assert_true(df_of_next(l, FAR4));
	assert_int_equal(too_big(l, FAR4, 576, 1500), IP_ERROR);
	assert_true(df_of_next(l, FAR4));
	assert_int_equal(too_big(l, FAR4, 68, 576), IP_ERROR);
	assert_int_equal(l->in.error.mtu, 576);
	assert_int_equal(mtu_of(l, FAR4), 576);
	assert_false(df_of_next(l, FAR4));
	assert_true(df_of_next(l, "198.51.100.8"));
	lab_run(l, HF_S(500));
	lab_learn(l, GATEWAY4);
	assert_false(df_of_next(l, FAR4));
	lab_run(l, HF_S(100));
	lab_learn(l, GATEWAY4);
	assert_true(df_of_next(l, FAR4));
	lab_free(l);
}

static void table_is_bounded(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_IP, .limits = { .paths = 8 } };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr us = A(US4)
	, gw = A(GATEWAY4)
	, any = { 0 };
	char text[] = "198.51.100.10";

	(void)state;
	assert_int_equal(ip_add_addr(&l->ip, &us, 24, l->now), HF_OK);
	assert_int_equal(ip_add_route(&l->ip, &any, 0, &gw), HF_OK);
	for (unsigned i = 10; i < 40; i++) {
		text[11] = (char)('0' + i / 10);
		text[12] = (char)('0' + i % 10);
		lab_run(l, HF_S(1));
		assert_int_equal(too_big(l, text, 1400, 1500), IP_ERROR);
		assert_int_equal(mtu_of(l, text), 1400);
	}
	assert_int_equal(l->ip.paths.in_use, 8);
	assert_int_equal(mtu_of(l, "198.51.100.31"), 1500); /* the oldest went */
	assert_int_equal(mtu_of(l, "198.51.100.32"), 1400);
	lab_run(l, HF_S(600));
	assert_int_equal(l->ip.paths.in_use, 0);
	lab_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_and_forgets), cmocka_unit_test(disbelieves),      cmocka_unit_test(plateaus),
		cmocka_unit_test(very_small_paths),   cmocka_unit_test(table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
