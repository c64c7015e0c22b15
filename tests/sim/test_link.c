/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/link.h"

#define TIMES 20000u

static void perfect_line_delays_only(void **state)
{
	struct sim_link l;

	(void)state;
	sim_link_init(&l, &(struct sim_link_config){ .delay = HF_MS(7) }, 1);
	for (unsigned i = 0; i < 100; i++) {
		struct sim_link_fate f = sim_link_send(&l, 1500, HF_MS(i));

		assert_int_equal(f.copies, 1);
		assert_int_equal(f.at[0], HF_MS(i) + HF_MS(7));
		assert_false(f.corrupt);
		assert_false(f.late);
	}
}

static void rate_spaces_packets(void **state)
{
	struct sim_link l;

	(void)state;
	sim_link_init(&l, &(struct sim_link_config){ .delay = HF_MS(10), .rate_bps = 8000000 }, 1); /* an octet takes 1 us */
	assert_int_equal(sim_link_send(&l, 1000, 0).at[0], HF_MS(11));
	assert_int_equal(sim_link_send(&l, 500, 0).at[0], HF_MS(11) + HF_US(500));
	/* After a pause the line is free again. */
	assert_int_equal(sim_link_send(&l, 1000, HF_S(1)).at[0], HF_S(1) + HF_MS(11));
}

static void queue_of_packets_overflows(void **state)
{
	struct sim_link l;

	(void)state;
	sim_link_init(&l, &(struct sim_link_config){ .rate_bps = 8000000, .queue_packets = 3 }, 1);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(sim_link_send(&l, 1000, 0).copies, 1);
	assert_int_equal(sim_link_send(&l, 1000, 0).why, SIM_LINK_OVERFLOWS);
	assert_int_equal(l.overflowed, 1);
	/* One has left by then, and so one more fits. */
	assert_int_equal(sim_link_send(&l, 1000, HF_MS(1)).at[0], HF_MS(4));
	assert_int_equal(sim_link_send(&l, 1000, HF_MS(1)).copies, 0);
}

static void queue_of_octets_overflows(void **state)
{
	struct sim_link l;

	(void)state;
	sim_link_init(&l, &(struct sim_link_config){ .rate_bps = 8000000, .queue_octets = 2500 }, 1);
	assert_int_equal(sim_link_send(&l, 1000, 0).copies, 1);
	assert_int_equal(sim_link_send(&l, 1000, 0).copies, 1);
	assert_int_equal(sim_link_send(&l, 501, 0).copies, 0);
	assert_int_equal(sim_link_send(&l, 500, 0).copies, 1);
	assert_int_equal(sim_link_send(&l, 1, 0).copies, 0);
}

static void chances_are_as_configured(void **state)
{
	const struct sim_link_config cfg = { .delay = HF_MS(5),
					     .loss_ppm = 50000,
					     .duplicate_ppm = 100000,
					     .reorder_ppm = 200000,
					     .reorder_delay = HF_MS(3),
					     .corrupt_ppm = 10000 };
	struct sim_link l;

	(void)state;
	sim_link_init(&l, &cfg, 7);
	for (unsigned i = 0; i < TIMES; i++) {
		struct sim_link_fate f = sim_link_send(&l, 40, HF_MS(i));

		assert_true(f.copies <= 2);
		if (f.copies == 0)
			continue;
		assert_true(f.at[0] >= HF_MS(i) + HF_MS(5) && f.at[0] <= HF_MS(i) + HF_MS(8));
		assert_int_equal(f.late, f.at[0] != HF_MS(i) + HF_MS(5));
		assert_true(!f.corrupt || f.bit < 320);
	}
	assert_int_equal(l.taken, TIMES);
	assert_in_range(l.lost, TIMES * 45 / 1000, TIMES * 55 / 1000);
	assert_in_range(l.duplicated, TIMES * 85 / 1000, TIMES * 105 / 1000);
	assert_in_range(l.reordered, TIMES * 175 / 1000, TIMES * 205 / 1000);
	assert_in_range(l.corrupted, TIMES * 7 / 1000, TIMES * 13 / 1000);
}

static void same_seed_same_fates(void **state)
{
	const struct sim_link_config cfg = { .loss_ppm = 300000,
					     .duplicate_ppm = 300000,
					     .reorder_ppm = 300000,
					     .reorder_delay = HF_MS(1),
					     .corrupt_ppm = 300000 };
	struct sim_link a, b, c;
	unsigned differs = 0;

	(void)state;
	sim_link_init(&a, &cfg, 1);
	sim_link_init(&b, &cfg, 1);
	sim_link_init(&c, &cfg, 2);
	for (unsigned i = 0; i < 200; i++) {
		struct sim_link_fate fa = sim_link_send(&a, 100, 0), fb = sim_link_send(&b, 100, 0),
				     fc = sim_link_send(&c, 100, 0);

		assert_memory_equal(&fa, &fb, sizeof(fa));
		differs += fa.copies != fc.copies || fa.at[0] != fc.at[0];
	}
	assert_true(differs > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(perfect_line_delays_only),   cmocka_unit_test(rate_spaces_packets),
		cmocka_unit_test(queue_of_packets_overflows), cmocka_unit_test(queue_of_octets_overflows),
		cmocka_unit_test(chances_are_as_configured),  cmocka_unit_test(same_seed_same_fates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
