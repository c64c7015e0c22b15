/* SPDX-License-Identifier: MIT */
/* RFC 8305 as ladders: what is begun, when, and in which order; and the order of RFC 6724 by its own examples. */
#include "lab.h"

#include "dns/dns_race.h"

struct track {
	struct race r;
	hf_time_ns now;
	char ladder[4096];
	size_t len;
};

static struct hf_addr addr_of(const char *text)
{
	struct hf_addr a;

	assert_int_equal(addr_parse(hf_bytes_of(text), &a), HF_OK);
	return a;
}

static void run(struct track *t)
{
	static const char *const words[] = { "waits", "begin", "give up", "won", "lost" };
	struct race_ask ask;

	while (race_next(&t->r, &ask, t->now) != RACE_WAITS) {
		char addr[HF_ADDR_TEXT] = "no address";
		int n;

		if (ask.attempt != RACE_NO_ATTEMPT)
			addr_format(&ask.addr, addr);
		n = snprintf(t->ladder + t->len, sizeof(t->ladder) - t->len, "%4llums %s %s%s%s\n",
			     (unsigned long long)(t->now / HF_MS(1)), words[ask.what], addr,
			     ask.what == RACE_LOST ? ": " : "", ask.what == RACE_LOST ? hf_status_name(ask.why) : "");
		assert_true(n > 0 && (size_t)n < sizeof(t->ladder) - t->len);
		t->len += (size_t)n;
	}
	assert_true(race_wake_at(&t->r) > t->now);
}

static void run_to(struct track *t, hf_time_ns at)
{
	run(t);
	while (race_wake_at(&t->r) <= at) {
		t->now = race_wake_at(&t->r);
		run(t);
	}
	t->now = at;
}

static void start(struct track *t, const struct race_config *cfg)
{
	*t = (struct track){ .now = 0 };
	race_init(&t->r, cfg, DNS_A | DNS_AAAA, 0);
}

static void add(struct track *t, unsigned family, const char *text)
{
	struct hf_addr addr[RACE_ADDRS];
	size_t n = 0;

	for (const char *p = text; *p;) {
		size_t len = strcspn(p, " ");

		assert_int_equal(addr_parse((struct hf_bytes){ (const uint8_t *)p, len }, &addr[n++]), HF_OK);
		p += len + strspn(p + len, " ");
	}
	race_add(&t->r, family, addr, n, t->now);
	run(t);
}

static void lose(struct track *t, unsigned attempt, hf_status why)
{
	race_failed(&t->r, attempt, why, t->now);
	run(t);
}

static void win(struct track *t, unsigned attempt)
{
	race_succeeded(&t->r, attempt, t->now);
	run(t);
}

static void six_first_and_at_once(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	run_to(&t, HF_MS(20));
	add(&t, DNS_AAAA, "2001:db8::1");
	run_to(&t, HF_MS(30));
	add(&t, DNS_A, "192.0.2.1");
	run_to(&t, HF_MS(60));
	win(&t, 0);
	EXPECT_TEXT(t.ladder, "  20ms begin 2001:db8::1\n"
			      "  60ms won 2001:db8::1\n");
	assert_int_equal(race_wake_at(&t.r), HF_NEVER);
}

static void four_waits_for_the_resolution_delay(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	run_to(&t, HF_MS(10));
	add(&t, DNS_A, "192.0.2.1");
	assert_int_equal(race_wake_at(&t.r), HF_MS(60));
	run_to(&t, HF_MS(500));
	win(&t, 0);
	EXPECT_TEXT(t.ladder, "  60ms begin 192.0.2.1\n"
			      " 500ms won 192.0.2.1\n");
}

static void six_ends_the_wait(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	run_to(&t, HF_MS(10));
	add(&t, DNS_A, "192.0.2.1");
	run_to(&t, HF_MS(40));
	add(&t, DNS_AAAA, "2001:db8::1");
	run_to(&t, HF_MS(300));
	win(&t, 1);
	EXPECT_TEXT(t.ladder, "  40ms begin 2001:db8::1\n"
			      " 290ms begin 192.0.2.1\n"
			      " 300ms give up 2001:db8::1\n"
			      " 300ms won 192.0.2.1\n");
}

static void no_six_ends_the_wait_too(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	run_to(&t, HF_MS(10));
	add(&t, DNS_A, "192.0.2.1");
	run_to(&t, HF_MS(35));
	add(&t, DNS_AAAA, "");
	win(&t, 0);
	EXPECT_TEXT(t.ladder, "  35ms begin 192.0.2.1\n"
			      "  35ms won 192.0.2.1\n");
}

static void late_addresses_join_what_is_not_tried(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	add(&t, DNS_A, "192.0.2.1 192.0.2.2 192.0.2.3");
	run_to(&t, HF_MS(100));
	add(&t, DNS_AAAA, "2001:db8::1 2001:db8::2");
	run_to(&t, HF_S(2));
	EXPECT_TEXT(t.ladder, "  50ms begin 192.0.2.1\n"
			      " 300ms begin 2001:db8::1\n"
			      " 550ms begin 192.0.2.2\n"
			      " 800ms begin 2001:db8::2\n"
			      "1050ms begin 192.0.2.3\n");
}

static void families_take_turns(void **state)
{
	const struct race_config cfg = { .first_family = 2 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	race_add(&t.r, DNS_A, (struct hf_addr[]){ addr_of("192.0.2.1"), addr_of("192.0.2.2") }, 2, 0);
	add(&t, DNS_AAAA, "2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4");
	run_to(&t, HF_S(2));
	EXPECT_TEXT(t.ladder, "   0ms begin 2001:db8::1\n"
			      " 250ms begin 2001:db8::2\n"
			      " 500ms begin 192.0.2.1\n"
			      " 750ms begin 2001:db8::3\n"
			      "1000ms begin 192.0.2.2\n"
			      "1250ms begin 2001:db8::4\n");
}

static void a_failure_makes_room_at_once(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	add(&t, DNS_AAAA, "2001:db8::1 2001:db8::2");
	add(&t, DNS_A, "192.0.2.1 192.0.2.2");
	run_to(&t, HF_MS(20));
	lose(&t, 0, HF_UNREACHABLE); /* alone: the next at once */
	run_to(&t, HF_MS(270));      /* and its delay counts from then */
	run_to(&t, HF_MS(280));
	lose(&t, 1, HF_TIMED_OUT); /* not the latest: no haste */
	run_to(&t, HF_MS(300));
	lose(&t, 2, HF_REFUSED); /* the latest, and the last that was under way */
	run_to(&t, HF_MS(310));
	lose(&t, 3, HF_TIMED_OUT);
	EXPECT_TEXT(t.ladder, "   0ms begin 2001:db8::1\n"
			      "  20ms begin 192.0.2.1\n"
			      " 270ms begin 2001:db8::2\n"
			      " 300ms begin 192.0.2.2\n"
			      " 310ms lost 2001:db8::2: REFUSED\n");
	assert_int_equal(race_wake_at(&t.r), HF_NEVER);
}

static void the_latest_fails_while_another_is_under_way(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	add(&t, DNS_AAAA, "2001:db8::1 2001:db8::2");
	add(&t, DNS_A, "192.0.2.1");
	run_to(&t, HF_MS(260));
	lose(&t, 1, HF_REFUSED);
	run_to(&t, HF_S(1));
	win(&t, 0);
	EXPECT_TEXT(t.ladder, "   0ms begin 2001:db8::1\n"
			      " 250ms begin 192.0.2.1\n"
			      " 260ms begin 2001:db8::2\n"
			      "1000ms give up 2001:db8::2\n"
			      "1000ms won 2001:db8::1\n");
}

static void nothing_to_try(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	add(&t, DNS_A, "");
	assert_int_equal(t.len, 0); /* AAAA may still have some */
	add(&t, DNS_AAAA, "");
	EXPECT_TEXT(t.ladder, "   0ms lost no address: NO_ROUTE\n");
}

static void an_answer_to_come_keeps_it_open(void **state)
{
	const struct race_config cfg = { 0 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	add(&t, DNS_AAAA, "2001:db8::1");
	run_to(&t, HF_MS(5));
	lose(&t, 0, HF_UNREACHABLE);
	run_to(&t, HF_MS(400));
	add(&t, DNS_A, "192.0.2.1");
	win(&t, 1);
	EXPECT_TEXT(t.ladder, "   0ms begin 2001:db8::1\n"
			      " 400ms begin 192.0.2.1\n"
			      " 400ms won 192.0.2.1\n");
}

static void delays_have_bounds(void **state)
{
	static const struct {
		hf_time_ns asked, is;
	} rows[] = { { 0, HF_MS(250) },          { 1, HF_MS(100) },    { HF_MS(100), HF_MS(100) },
		     { HF_MS(101), HF_MS(101) }, { HF_S(2), HF_S(2) }, { HF_S(9), HF_S(2) } };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		const struct race_config cfg = { .attempt_delay = rows[i].asked };
		struct track t;

		start(&t, &cfg);
		add(&t, DNS_AAAA, "2001:db8::1 2001:db8::2");
		assert_int_equal(race_wake_at(&t.r), rows[i].is);
	}
}

static void at_most_so_many_attempts(void **state)
{
	const struct race_config cfg = { .attempts = 2 };
	struct track t;

	(void)state;
	start(&t, &cfg);
	add(&t, DNS_AAAA, "2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::1");
	run_to(&t, HF_S(5));
	lose(&t, 0, HF_TIMED_OUT);
	lose(&t, 1, HF_TIMED_OUT);
	lose(&t, 1, HF_REFUSED); /* it has failed already */
	lose(&t, 7, HF_REFUSED); /* there is no such attempt */
	win(&t, 0);
	EXPECT_TEXT(t.ladder, "   0ms begin 2001:db8::1\n"
			      " 250ms begin 2001:db8::2\n"
			      "5000ms lost 2001:db8::1: TIMED_OUT\n");
}

/* ---- RFC 6724 ---- */

static void expect_order(const char *own_text, const char *addrs, const char *sorted)
{
	struct hf_addr own[RACE_OWN], addr[RACE_ADDRS];
	size_t owns = 0, n = 0, len = 0;
	char text[1000] = "";

	for (const char *p = own_text; *p; p += strspn(p, " ")) {
		assert_int_equal(addr_parse((struct hf_bytes){ (const uint8_t *)p, strcspn(p, " ") }, &own[owns++]), HF_OK);
		p += strcspn(p, " ");
	}
	for (const char *p = addrs; *p; p += strspn(p, " ")) {
		assert_int_equal(addr_parse((struct hf_bytes){ (const uint8_t *)p, strcspn(p, " ") }, &addr[n++]), HF_OK);
		p += strcspn(p, " ");
	}
	race_sort(addr, n, own, owns);
	for (size_t i = 0; i < n; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", i ? " " : "");
		len += addr_format(&addr[i], text + len);
	}
	EXPECT_TEXT(text, sorted);
}

static void order_with_sources(void **state)
{
	(void)state;
	/* RFC 6724 10.2, in its order */
	expect_order("2001:db8:1::2 fe80::1 169.254.13.78", "2001:db8:1::1 198.51.100.121", "2001:db8:1::1 198.51.100.121");
	expect_order("fe80::1 198.51.100.117", "2001:db8:1::1 198.51.100.121", "198.51.100.121 2001:db8:1::1");
	expect_order("2001:db8:1::2 fe80::1 10.1.2.4", "2001:db8:1::1 10.1.2.3", "2001:db8:1::1 10.1.2.3");
	expect_order("2001:db8:1::2 fe80::2", "2001:db8:1::1 fe80::1", "fe80::1 2001:db8:1::1");
	expect_order("2002:c633:6401::2 fe80::2", "2002:c633:6401::1 2001:db8:1::1", "2002:c633:6401::1 2001:db8:1::1");
	expect_order("2002:c633:6401::2 2001:db8:1::2 fe80::2", "2002:c633:6401::1 2001:db8:1::1",
		     "2001:db8:1::1 2002:c633:6401::1");
	/* rule 9: the longest prefix that source and destination share */
	expect_order("2001:db8:3::2", "2001:db8:1::1 2001:db8:3::1", "2001:db8:3::1 2001:db8:1::1");
	/* and not for IPv4 */
	expect_order("192.0.2.9", "198.51.100.1 192.0.2.1", "198.51.100.1 192.0.2.1");
	/* rule 1: no source of that family */
	expect_order("192.0.2.9", "2001:db8::1 198.51.100.1", "198.51.100.1 2001:db8::1");
}

static void order_without_sources(void **state)
{
	(void)state;
	expect_order("", "192.0.2.1 2001:db8::1 2002:c000:201::1 fc00::1 ::1 2001:0:1::1 fec0::1",
		     "::1 2001:db8::1 192.0.2.1 2002:c000:201::1 2001:0:1::1 fc00::1 fec0::1");
	expect_order("", "2001:db8::2 2001:db8::1", "2001:db8::2 2001:db8::1"); /* rule 10: as they came */
	expect_order("", "2001:db8::1 fe80::1", "fe80::1 2001:db8::1");         /* rule 8 */
	expect_order("", "192.0.2.1 169.254.1.1 127.0.0.1", "169.254.1.1 127.0.0.1 192.0.2.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_first_and_at_once),
		cmocka_unit_test(four_waits_for_the_resolution_delay),
		cmocka_unit_test(six_ends_the_wait),
		cmocka_unit_test(no_six_ends_the_wait_too),
		cmocka_unit_test(late_addresses_join_what_is_not_tried),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(a_failure_makes_room_at_once),
		cmocka_unit_test(the_latest_fails_while_another_is_under_way),
		cmocka_unit_test(nothing_to_try),
		cmocka_unit_test(an_answer_to_come_keeps_it_open),
		cmocka_unit_test(delays_have_bounds),
		cmocka_unit_test(at_most_so_many_attempts),
		cmocka_unit_test(order_with_sources),
		cmocka_unit_test(order_without_sources),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
