/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

/* Addresses, routes and which source goes with which destination. */

static hf_status add_addr(struct lab *l, const char *addr, unsigned len)
{
	struct hf_addr a = A(addr);

	return ip_add_addr(&l->ip, &a, len, l->now);
}

static hf_status add_route(struct lab *l, const char *dst, unsigned len, const char *gateway)
{
	struct hf_addr d = A(dst)
	, g = A(gateway);

	return ip_add_route(&l->ip, &d, len, &g);
}

static void what_may_be_added(void **state)
{
	static const struct {
		const char *addr;
		unsigned len;
		hf_status want;
	} addrs[] = {
		{ "10.0.0.1", 33, HF_INVALID },
		{ "0.0.0.0", 8, HF_INVALID },
		{ "127.0.0.1", 8, HF_INVALID },
		{ "224.0.0.1", 24, HF_INVALID },
		{ "255.255.255.255", 0, HF_INVALID },
		{ "::", 0, HF_INVALID },
		{ "::1", 128, HF_INVALID },
		{ "ff02::1", 64, HF_INVALID },
		{ "2001:db8::9", 129, HF_INVALID },
		{ US4, 24, HF_IN_USE },
		{ US6, 64, HF_IN_USE },
		{ "10.0.0.1", 32, HF_OK },
		{ "2001:db8::9", 128, HF_OK },
		{ "fe80::ff:fe00:2", 64, HF_IN_USE },
		{ "192.0.2.1", 31, HF_OK },
	};
	static const struct {
		const char *dst, *gateway;
		unsigned len;
		hf_status want;
	} routes[] = {
		{ "0.0.0.0", GATEWAY4, 0, HF_IN_USE },
		{ "::", GATEWAY4, 0, HF_IN_USE },
		{ "::", GATEWAY6, 0, HF_IN_USE },
		{ "172.16.0.0", GATEWAY4, 33, HF_INVALID },
		{ "172.16.0.0", GATEWAY6, 12, HF_INVALID },
		{ "172.16.0.0", US4, 12, HF_INVALID },
		{ "172.16.0.0", "224.0.0.1", 12, HF_INVALID },
		{ "172.16.0.0", "0.0.0.0", 12, HF_INVALID },
		{ "172.16.0.0", "10.9.0.255", 12, HF_INVALID },
		{ "172.16.0.0", GATEWAY4, 12, HF_OK },
		{ "172.31.255.255", THEM4, 12, HF_IN_USE },
		{ "172.16.0.0", GATEWAY4, 13, HF_OK },
		{ "2001:db8:1::", THEM6, 48, HF_OK },
	};
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(addrs); i++)
		assert_int_equal(add_addr(l, addrs[i].addr, addrs[i].len), addrs[i].want);
	for (unsigned i = 0; i < HF_ARRAY_LEN(routes); i++)
		assert_int_equal(add_route(l, routes[i].dst, routes[i].len, routes[i].gateway), routes[i].want);
	lab_free(l);
}

static void tables_are_bounded(void **state)
{
	struct hf_host_config cfg = { .link = HF_LINK_ETHERNET, .no_dad = true, .limits = { .addrs = 2, .routes = 1 } };
	struct lab *l = lab_bare(&cfg);

	(void)state;
	/* Two as configured; the link-local one has its own place. */
	assert_int_equal(add_addr(l, US4, 24), HF_OK);
	assert_int_equal(add_addr(l, "10.8.0.1", 24), HF_OK);
	assert_int_equal(add_addr(l, US6, 64), HF_FULL);
	assert_int_equal(add_route(l, "0.0.0.0", 0, THEM4), HF_OK);
	assert_int_equal(add_route(l, "172.16.0.0", 12, THEM4), HF_FULL);
	lab_free(l);
	l = lab_bare(&cfg);
	assert_int_equal(add_addr(l, US6, 64), HF_OK);
	assert_int_equal(add_addr(l, US4, 24), HF_OK);
	assert_int_equal(add_addr(l, "10.8.0.1", 24), HF_FULL);
	assert_int_equal(l->ip.addr_count, 3);
	lab_free(l);
}

static void source_for_destination(void **state)
{
	static const struct {
		const char *dst, *src, *next_hop; /* src NULL: no route */
	} rows[] = {
		{ THEM4, US4, THEM4 },
		{ FAR4, US4, GATEWAY4 },
		{ "10.8.0.7", "10.8.0.1", "10.8.0.7" },
		{ "172.16.1.1", "10.8.0.1", "10.8.0.254" }, /* by the gateway's net */
		{ "172.16.2.1", US4, THEM4 },               /* the longer prefix */
		{ "10.9.0.255", US4, NULL },
		{ "255.255.255.255", US4, NULL },
		{ "224.0.0.1", US4, NULL },
		{ THEM6, US6, THEM6 },
		{ FAR6, US6, GATEWAY6 }, /* never the link-local one, though the gateway is */
		{ "fe80::1", "fe80::ff:fe00:2", "fe80::1" },
		{ "ff02::1", "fe80::ff:fe00:2", NULL },
		{ "ff0e::1", US6, NULL },
		{ "2001:db8:2::7", "2001:db8:2::1", "2001:db8:2::7" },
		{ US4, NULL, NULL }, /* no loopback on an Ethernet */
		{ "127.0.0.1", NULL, NULL },
		{ "::1", NULL, NULL },
		{ "0.0.0.0", NULL, NULL },
		{ "::", NULL, NULL },
		{ "240.0.0.1", NULL, NULL },
	};
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	assert_int_equal(add_addr(l, "10.8.0.1", 24), HF_OK);
	assert_int_equal(add_addr(l, "2001:db8:2::1", 64), HF_OK);
	assert_int_equal(add_route(l, "172.16.0.0", 16, "10.8.0.254"), HF_OK);
	assert_int_equal(add_route(l, "172.16.2.0", 24, THEM4), HF_OK);
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct hf_addr dst = A(rows[i].dst)
		, src, want;
		struct ip_way way;

		if (!rows[i].src) {
			assert_int_equal(ip_source_for(&l->ip, &dst, &src), HF_NO_ROUTE);
			assert_int_equal(lab_ready(l, &dst), HF_NO_ROUTE);
			continue;
		}
		assert_int_equal(ip_source_for(&l->ip, &dst, &src), HF_OK);
		want = A(rows[i].src);
		if (!addr_eq(&src, &want))
			fail_msg("wrong source for %s", rows[i].dst);
		assert_int_equal(ip_route_find(&l->ip, &dst, &way), HF_OK);
		assert_int_equal(way.group, rows[i].next_hop == NULL);
		want = A(rows[i].next_hop ? rows[i].next_hop : rows[i].dst);
		assert_true(addr_eq(&way.next_hop, &want));
		assert_int_equal(lab_ready(l, &dst), way.group ? HF_OK : HF_PENDING);
	}
	lab_free(l);
}

static void bare_ip_asks_nobody(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct hf_addr them = A(THEM4)
	, far6 = A(FAR6)
	, ll = A("fe80::1");

	(void)state;
	assert_int_equal(lab_ready(l, &them), HF_OK);
	assert_int_equal(lab_ready(l, &far6), HF_OK);
	assert_int_equal(lab_ready(l, &ll), HF_NO_ROUTE); /* there is no link-local address of ours */
	assert_int_equal(ip_neighbours_in_use(&l->ip), 0);
	assert_int_equal(lab_pull(l), 0);
	assert_int_equal(l->ip.addr_count, 2);
	lab_free(l);
}

/* What was remembered of a destination is forgotten when the routes change. */
static void new_routes_count_at_once(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	struct hf_addr dst = A("172.16.0.1");
	const struct ip_hop *h;

	(void)state;
	lab_learn(l, GATEWAY4);
	assert_int_equal(lab_ready(l, &dst), HF_OK);
	l->ip.generation = UINT32_MAX; /* however often they did: the counter has no value that was there before */
	ip_hops_forget(&l->ip);
	assert_int_equal(l->ip.generation, 1);
	assert_int_equal(lab_ready(l, &dst), HF_OK);
	assert_int_equal(add_route(l, "172.16.0.0", 12, THEM4), HF_OK);
	assert_int_equal(lab_ready(l, &dst), HF_PENDING);
	lab_learn(l, THEM4);
	assert_int_equal(ip_hop_find(&l->ip, &dst, l->now, &h, NULL), HF_OK);
	assert_true(addr_eq(&ip_neigh_at(&l->ip, h->neigh)->addr,
			    &(struct hf_addr){ .b = { [10] = 255, 255, 10, 9, 0, 1 } }));
	lab_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_be_added),        cmocka_unit_test(tables_are_bounded),
		cmocka_unit_test(source_for_destination),   cmocka_unit_test(bare_ip_asks_nobody),
		cmocka_unit_test(new_routes_count_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
