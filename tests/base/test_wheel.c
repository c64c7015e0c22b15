/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "base/wheel.h"

#include <stdlib.h>

#define TICK ((hf_time_ns)1 << HF_WHEEL_TICK_SHIFT)

/* Everything the wheel promises itself about its lists. */
static void check(const struct hf_wheel *w)
{
	uint32_t count = 0;

	for (unsigned level = 0; level < HF_WHEEL_LEVELS; level++) {
		for (unsigned slot = 0; slot < HF_WHEEL_SLOTS; slot++) {
			struct hf_timer *const *place = &w->slot[level][slot];
			const struct hf_timer *end = w->run_end[level][slot], *before = NULL;
			bool in_run = end != NULL;

			assert_int_equal(w->used[level] >> slot & 1, *place != NULL);
			for (const struct hf_timer *t = *place; t; place = &t->next, t = t->next) {
				unsigned shift = HF_WHEEL_TICK_SHIFT + 6 * level;

				count++;
				assert_ptr_equal(t->pprev, place);
				assert_int_equal(t->where, level * HF_WHEEL_SLOTS + slot);
				assert_true(t->at >= w->now);
				/* level and slot are those of the highest digit that differs from now's */
				assert_int_equal(t->at >> shift & 63, slot);
				if (shift < 58)
					assert_int_equal(t->at >> (shift + 6), w->now >> (shift + 6));
				if (level > 0)
					assert_int_not_equal(t->at >> shift & 63, w->now >> shift & 63);
				if (before)
					assert_true(t->at > before->at || (t->at == before->at && t->order > before->order));
				if (in_run || !end)
					before = end ? t : NULL;
				if (t == end)
					in_run = false; /* what follows is compared with the run's end */
			}
			assert_false(in_run);
		}
	}
	assert_int_equal(w->count, count);
}

static struct hf_wheel w;

static void set_at(struct hf_timer *t, hf_time_ns at)
{
	hf_wheel_set(&w, t, at);
	check(&w);
}

static void an_empty_wheel_never_wakes(void **state)
{
	(void)state;
	hf_wheel_init(&w, 5);
	assert_int_equal(hf_wheel_wake_at(&w), HF_NEVER);
	assert_null(hf_wheel_next(&w, HF_NEVER));
	check(&w);
}

static void a_timer_fires_at_its_time_and_not_a_nanosecond_before(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		for (int d = -1; d <= 1; d++) {
			hf_time_ns at = ((hf_time_ns)1 << bit) + (hf_time_ns)(int64_t)d;
			struct hf_timer t = { .kind = 7 };

			if (at == 0)
				continue;
			hf_wheel_init(&w, 0);
			set_at(&t, at);
			assert_true(hf_timer_is_set(&t));
			assert_int_equal(hf_wheel_wake_at(&w), at);
			assert_null(hf_wheel_next(&w, at - 1));
			check(&w);
			assert_int_equal(hf_wheel_wake_at(&w), at);
			assert_ptr_equal(hf_wheel_next(&w, at), &t);
			assert_false(hf_timer_is_set(&t));
			assert_int_equal(t.kind, 7);
			assert_null(hf_wheel_next(&w, at));
			assert_int_equal(hf_wheel_wake_at(&w), HF_NEVER);
			check(&w);
		}
	}
}

static void the_last_time_there_is(void **state)
{
	struct hf_timer a = { 0 }, b = { 0 };

	(void)state;
	hf_wheel_init(&w, 1);
	set_at(&a, HF_NEVER - 1);
	set_at(&b, HF_NEVER - 2);
	assert_null(hf_wheel_next(&w, HF_NEVER - 3));
	check(&w);
	assert_ptr_equal(hf_wheel_next(&w, HF_NEVER), &b);
	assert_ptr_equal(hf_wheel_next(&w, HF_NEVER), &a);
	assert_null(hf_wheel_next(&w, HF_NEVER));
}

static void never_stops(void **state)
{
	struct hf_timer t = { 0 };

	(void)state;
	hf_wheel_init(&w, 0);
	set_at(&t, HF_NEVER);
	assert_false(hf_timer_is_set(&t));
	set_at(&t, 100);
	set_at(&t, HF_NEVER);
	assert_false(hf_timer_is_set(&t));
	assert_int_equal(hf_wheel_wake_at(&w), HF_NEVER);
	hf_wheel_stop(&w, &t); /* stopping what is not set is nothing */
	check(&w);
}

static void the_past_and_now_fire_at_the_next_call(void **state)
{
	struct hf_timer past = { 0 }, now = { 0 }, later = { 0 };

	(void)state;
	hf_wheel_init(&w, HF_S(5));
	set_at(&later, HF_S(5) + 1);
	set_at(&now, HF_S(5));
	set_at(&past, 3);
	assert_int_equal(hf_wheel_wake_at(&w), HF_S(5));
	assert_ptr_equal(hf_wheel_next(&w, HF_S(5)), &now); /* set before `past`, whose time counts as now */
	assert_ptr_equal(hf_wheel_next(&w, HF_S(5)), &past);
	assert_null(hf_wheel_next(&w, HF_S(5)));
	assert_ptr_equal(hf_wheel_next(&w, HF_S(6)), &later);
}

static void equal_times_fire_in_the_order_of_setting(void **state)
{
	static const hf_time_ns times[] = { 7, 5000, HF_MS(1), HF_S(1), HF_S(100), HF_S(3600) * 24 * 400 };
	struct hf_timer t[50];

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(times); i++) {
		memset(t, 0, sizeof(t));
		hf_wheel_init(&w, 1);
		for (int k = 0; k < 50; k++)
			set_at(&t[k * 7 % 50], times[i]); /* in an order that is not the addresses' */
		set_at(&t[14], times[i]);                 /* set anew: the last now, number 2 before */
		for (int k = 0; k < 50; k++)
			if (k != 2)
				assert_ptr_equal(hf_wheel_next(&w, times[i]), &t[k * 7 % 50]);
		assert_ptr_equal(hf_wheel_next(&w, times[i]), &t[14]);
		assert_null(hf_wheel_next(&w, times[i]));
	}
}

static void set_again_within_the_loop(void **state)
{
	struct hf_timer t[3] = { 0 }, *fired;
	unsigned n = 0, order[8] = { 0 };

	(void)state;
	hf_wheel_init(&w, 0);
	for (unsigned i = 0; i < 3; i++)
		set_at(&t[i], 1000 + i);
	while ((fired = hf_wheel_next(&w, 2000)) != NULL) {
		unsigned i = (unsigned)(fired - t);

		order[n++] = i;
		if (n == 1)
			set_at(fired, 2000); /* now: fires again in this loop, after the others */
		if (n == 2)
			set_at(fired, 10); /* past: next, as its time counts as that of the one just fired */
		if (n == 3)
			set_at(fired, 2001); /* not yet due */
		if (n == 4)
			hf_wheel_stop(&w, &t[1]);
	}
	assert_int_equal(n, 5);
	assert_int_equal(order[0], 0);
	assert_int_equal(order[1], 1);
	assert_int_equal(order[2], 1);
	assert_int_equal(order[3], 2);
	assert_int_equal(order[4], 0);
	assert_int_equal(hf_wheel_wake_at(&w), HF_NEVER);
}

static void a_clock_that_stands_or_asks_again_is_harmless(void **state)
{
	struct hf_timer t = { 0 };

	(void)state;
	hf_wheel_init(&w, 100);
	set_at(&t, 5000);
	assert_null(hf_wheel_next(&w, 4000));
	assert_null(hf_wheel_next(&w, 4000));
	assert_null(hf_wheel_next(&w, 50));
	check(&w);
	assert_int_equal(w.now, 4000);
	assert_ptr_equal(hf_wheel_next(&w, 5000), &t);
}

/* Each connection moves its timer on in turn: the earliest is always the one that moves. */
static void round_robin(void **state)
{
	enum { N = 20000 };
	struct hf_timer *t = calloc(N, sizeof(*t));

	(void)state;
	assert_non_null(t);
	hf_wheel_init(&w, 0);
	for (uint32_t i = 0; i < N; i++)
		hf_wheel_set(&w, &t[i], HF_S(1) + HF_US(i));
	for (uint32_t i = 0; i < 3 * N; i++) {
		assert_int_equal(hf_wheel_wake_at(&w), HF_S(1) + HF_US(i));
		hf_wheel_set(&w, &t[i % N], HF_S(1) + HF_US(N + i));
	}
	check(&w);
	free(t);
}

static void very_many_at_the_same_moment(void **state)
{
	enum { N = 20000 };
	struct hf_timer *t = calloc(N, sizeof(*t)), *fired;
	uint32_t n = 0;

	(void)state;
	assert_non_null(t);
	hf_wheel_init(&w, 0);
	for (uint32_t i = 0; i < N; i++)
		hf_wheel_set(&w, &t[i], HF_S(1));
	while ((fired = hf_wheel_next(&w, HF_S(2))) != NULL) {
		assert_ptr_equal(fired, &t[n % N]);
		if (n++ < N)
			hf_wheel_set(&w, fired, HF_S(1) + 1);
	}
	assert_int_equal(n, 2 * N);
	free(t);
}

/* The sorted run of a crowded slot is cut, then used up; timers come before anybody asks for the earliest. */
static void a_slot_whose_run_is_used_up(void **state)
{
	struct hf_timer t[100] = { 0 }, middle = { 0 }, more[3] = { 0 };
	unsigned left = 0;

	(void)state;
	hf_wheel_init(&w, 0);
	for (uint32_t i = 0; i < 100; i++)
		set_at(&t[i], HF_S(3) + i * 10);
	set_at(&middle, HF_S(3) + 505); /* its place is far from the head */
	while (left < 100 && w.run_end[t[99].where / HF_WHEEL_SLOTS][t[99].where % HF_WHEEL_SLOTS]) {
		hf_wheel_stop(&w, &t[left++]);
		check(&w);
	}
	assert_in_range(left, 1, 50); /* the run was cut before the middle */
	set_at(&more[0], HF_S(3) + 996);
	set_at(&more[1], HF_S(3) + 1);
	set_at(&more[2], HF_S(3) + 505);
	assert_int_equal(hf_wheel_wake_at(&w), HF_S(3) + 1);
	check(&w);
	assert_ptr_equal(hf_wheel_next(&w, HF_S(4)), &more[1]);
	for (uint32_t i = left; i < 100; i++) {
		assert_ptr_equal(hf_wheel_next(&w, HF_S(4)), &t[i]);
		if (i == 50) {
			assert_ptr_equal(hf_wheel_next(&w, HF_S(4)), &middle);
			assert_ptr_equal(hf_wheel_next(&w, HF_S(4)), &more[2]);
		}
	}
	assert_ptr_equal(hf_wheel_next(&w, HF_S(4)), &more[0]);
	assert_null(hf_wheel_next(&w, HF_S(4)));
}

/* ---- against a model that is a plain list ---- */

#define TIMERS 250

struct model {
	struct hf_timer t[TIMERS];
	struct {
		bool set;
		hf_time_ns at;
		uint64_t order;
	} m[TIMERS];
	uint64_t order;
	hf_time_ns now; /* what is set counts as no earlier than this */
};

static struct hf_rng rng;
static bool crowded; /* all times close together: long lists */

static hf_time_ns random_span(void)
{
	static const hf_time_ns most[] = { 1,          3,       1024,     70000,      HF_MS(5),
					   HF_MS(300), HF_S(2), HF_S(70), HF_S(7200), HF_S(86400) * 30 };

	if (crowded)
		return hf_rng_u64(&rng) % HF_MS(250);
	if (hf_rng_below(&rng, 200) == 0)
		return hf_rng_u64(&rng) >> (1 + hf_rng_below(&rng, 20)); /* years and centuries */
	return hf_rng_u64(&rng) % (most[hf_rng_below(&rng, HF_ARRAY_LEN(most))] + 1);
}

static hf_time_ns random_time(const struct model *m)
{
	hf_time_ns at = m->now, unit;

	switch (crowded ? 12 : hf_rng_below(&rng, 12)) {
	case 0:
		return at;
	case 1:
		return at - hf_min_u64(at, random_span()); /* past */
	case 2:
		return HF_NEVER;
	case 3: /* about a level's boundary */
		unit = TICK << 6 * hf_rng_below(&rng, 9);
		return (at / unit + 1 + hf_rng_below(&rng, 2)) * unit - 1 + hf_rng_below(&rng, 3);
	case 4: /* the same as some other's */
		unit = m->m[hf_rng_below(&rng, TIMERS)].at;
		return unit ? unit : at;
	case 5: /* a constant delay, as most timers have */
		return at + HF_MS(200);
	default:
		return at + random_span();
	}
}

static int model_first(const struct model *m)
{
	int first = -1;

	for (int i = 0; i < TIMERS; i++)
		if (m->m[i].set && (first < 0 || m->m[i].at < m->m[first].at ||
				    (m->m[i].at == m->m[first].at && m->m[i].order < m->m[first].order)))
			first = i;
	return first;
}

static void set_both(struct model *m, uint32_t i, hf_time_ns at)
{
	hf_wheel_set(&w, &m->t[i], at);
	m->m[i].set = at != HF_NEVER;
	if (m->m[i].set) {
		m->m[i].at = hf_max_u64(at, m->now);
		m->m[i].order = m->order++;
	}
}

static void stop_both(struct model *m, uint32_t i)
{
	hf_wheel_stop(&w, &m->t[i]);
	m->m[i].set = false;
}

static void expect_wake_at(const struct model *m)
{
	int first = model_first(m);

	assert_int_equal(hf_wheel_wake_at(&w), first < 0 ? HF_NEVER : m->m[first].at);
}

/* Everything due by `now`, sometimes touching timers on the way as handlers do. */
static void advance_both(struct model *m, hf_time_ns now)
{
	for (int limit = 0;; limit++) {
		struct hf_timer *t;
		int first = model_first(m);

		if (hf_rng_below(&rng, 4) == 0)
			expect_wake_at(m);
		t = hf_wheel_next(&w, now);
		if (first < 0 || m->m[first].at > now) {
			assert_null(t);
			m->now = hf_max_u64(m->now, now);
			return;
		}
		assert_ptr_equal(t, &m->t[first]);
		assert_int_equal(t->at, m->m[first].at);
		assert_false(hf_timer_is_set(t));
		m->m[first].set = false;
		m->now = t->at;
		if (limit > 500)
			continue; /* let it end */
		switch (hf_rng_below(&rng, 5)) {
		case 0:
			set_both(m, (uint32_t)first, random_time(m));
			break;
		case 1:
			set_both(m, (uint32_t)first, now); /* due in this very loop */
			break;
		case 2:
			stop_both(m, hf_rng_below(&rng, TIMERS));
			break;
		case 3:
			set_both(m, hf_rng_below(&rng, TIMERS), random_time(m));
			break;
		}
	}
}

static void random_operations(uint8_t seed, uint32_t first_order, hf_time_ns begin)
{
	static struct model m;

	memset(&m, 0, sizeof(m));
	hf_rng_init(&rng, (const uint8_t[16]){ seed });
	hf_wheel_init(&w, begin);
	w.order = first_order;
	m.now = begin;
	for (int i = 0; i < 100000; i++) {
		uint32_t k = hf_rng_below(&rng, TIMERS);
		int first = model_first(&m);

		switch (hf_rng_below(&rng, 8)) {
		case 0:
			stop_both(&m, k);
			break;
		case 1: /* the earliest goes: the next is to be found */
			if (first >= 0)
				stop_both(&m, (uint32_t)first);
			break;
		case 2: /* a jump of time; not so long that time runs out */
			if (hf_rng_below(&rng, 4) == 0 && m.now < HF_S(86400) * 365 * 250)
				advance_both(&m, m.now + random_span() / 64);
			break;
		case 3: /* exactly to the earliest, or just before */
			if (first >= 0 && hf_rng_below(&rng, 4) == 0 && m.m[first].at < HF_S(86400) * 365 * 250)
				advance_both(&m, hf_max_u64(m.now, m.m[first].at - hf_rng_below(&rng, 2)));
			break;
		default:
			set_both(&m, k, random_time(&m));
			break;
		}
		if (hf_rng_below(&rng, crowded ? 50 : 2) == 0)
			expect_wake_at(&m);
		if (i % 256 == 0)
			check(&w);
		assert_int_equal(hf_timer_is_set(&m.t[k]), m.m[k].set);
	}
	advance_both(&m, HF_NEVER - 1);
	check(&w);
}

static void a_plain_list_fires_the_same(void **state)
{
	(void)state;
	for (uint8_t seed = 1; seed <= 6; seed++)
		random_operations(seed, 0, seed % 2 ? 0 : HF_S(1700000000));
	crowded = true;
	for (uint8_t seed = 7; seed <= 8; seed++)
		random_operations(seed, 0, HF_S(1700000000));
	crowded = false;
}

/* The 32-bit count of settings wraps while timers are set, in level after level: the order stays exact. */
static void the_order_survives_its_wrap(void **state)
{
	struct hf_timer t[20] = { 0 };

	(void)state;
	hf_wheel_init(&w, 0);
	w.order = UINT32_MAX - 10;
	for (int i = 0; i < 20; i++)
		set_at(&t[i], HF_S(3));
	for (int i = 0; i < 20; i++)
		assert_ptr_equal(hf_wheel_next(&w, HF_S(3)), &t[i]);

	/* A slot with a sorted run, cut by many equal times in its middle, which lie there unsorted when the count wraps. */
	for (uint32_t after = 0; after < 60; after += 7) {
		struct hf_timer many[200] = { 0 };

		hf_wheel_init(&w, 0);
		w.order = UINT32_MAX - 100 - after;
		for (uint32_t i = 0; i < 100; i++)
			set_at(&many[i], HF_S(3) + i * 2);
		for (uint32_t i = 100; i < 200; i++)
			set_at(&many[i], HF_S(3) + 101);
		for (uint32_t i = 0; i < 200; i++) {
			uint32_t k = i < 51 ? i : i < 151 ? i + 49 : i - 100;

			assert_ptr_equal(hf_wheel_next(&w, HF_S(4)), &many[k]);
		}
	}

	for (uint32_t back = 1; back < 40000; back = back * 3 + 1)
		random_operations(20, UINT32_MAX - back, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_wheel_never_wakes),
		cmocka_unit_test(a_timer_fires_at_its_time_and_not_a_nanosecond_before),
		cmocka_unit_test(the_last_time_there_is),
		cmocka_unit_test(never_stops),
		cmocka_unit_test(the_past_and_now_fire_at_the_next_call),
		cmocka_unit_test(equal_times_fire_in_the_order_of_setting),
		cmocka_unit_test(set_again_within_the_loop),
		cmocka_unit_test(a_clock_that_stands_or_asks_again_is_harmless),
		cmocka_unit_test(round_robin),
		cmocka_unit_test(very_many_at_the_same_moment),
		cmocka_unit_test(a_slot_whose_run_is_used_up),
		cmocka_unit_test(a_plain_list_fires_the_same),
		cmocka_unit_test(the_order_survives_its_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
