/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/scenario.h"

#include <string.h>

#define SEEDS 3u

static void all_play_twice_alike(void **state)
{
	const struct sim_scenario *const *all;
	size_t n = sim_scenarios(&all);

	(void)state;
	assert_true(n >= 35);
	for (size_t i = 0; i < n; i++) {
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			struct sim_run a, b;

			sim_scenario_play(all[i], seed, &a);
			for (size_t e = 0; e < a.expectations; e++)
				if (!a.expectation[e].ok)
					print_error("%s, seed %u, part %u: %s\n", all[i]->name, (unsigned)seed,
						    a.expectation[e].part + 1, a.expectation[e].text);
			assert_true(sim_run_ok(&a));
			sim_scenario_play(all[i], seed, &b);
			assert_true(sim_run_digest(&a) == sim_run_digest(&b));
			sim_run_free(&a);
			sim_run_free(&b);
		}
	}
}

static void seeds_matter(void **state)
{
	struct sim_run a, b;

	(void)state;
	sim_scenario_play(sim_scenario_find("three-way-handshake"), 1, &a);
	sim_scenario_play(sim_scenario_find("three-way-handshake"), 2, &b);
	assert_true(sim_run_digest(&a) != sim_run_digest(&b));
	sim_run_free(&a);
	sim_run_free(&b);
}

static void expect_compact(const char *name, const char *ladder)
{
	struct sim_run run;
	struct text t;

	sim_scenario_play(sim_scenario_find(name), 1, &run);
	text_init(&t);
	sim_run_compact(&run, 0, &t);
	assert_string_equal(text_str(&t), ladder);
	text_free(&t);
	sim_run_free(&run);
}

static void three_way_handshake_as_a_ladder(void **state)
{
	(void)state;
	expect_compact("three-way-handshake", "  0ms  A --> B  SYN\n"
					      " 10ms  <-- B A  SYN,ACK\n"
					      " 20ms  A --> B  ACK of SYN\n");
}

static void four_way_close_as_a_ladder(void **state)
{
	(void)state;
	expect_compact("four-way-close", "  0ms  A --> B  SYN\n"
					 " 10ms  <-- B A  SYN,ACK\n"
					 " 20ms  A --> B  ACK of SYN\n"
					 "100ms  A --> B  FIN\n"
					 "110ms  <-- B A  ACK of FIN\n"
					 "160ms  <-- B A  FIN\n"
					 "170ms  A --> B  ACK of FIN\n");
}

static void simultaneous_close_as_a_ladder(void **state)
{
	(void)state;
	expect_compact("simultaneous-close", "  0ms  A --> B  SYN\n"
					     " 10ms  <-- B A  SYN,ACK\n"
					     " 20ms  A --> B  ACK of SYN\n"
					     "100ms  A --> B  FIN\n"
					     "104ms  <-- B A  FIN\n"
					     "110ms  <-- B A  ACK of FIN\n"
					     "114ms  A --> B  ACK of FIN\n");
}

static void last_ack_lost_as_a_ladder(void **state)
{
	struct sim_run run;
	struct text t;

	(void)state;
	sim_scenario_play(sim_scenario_find("last-ack-lost"), 1, &run);
	text_init(&t);
	sim_run_compact(&run, 0, &t);
	assert_non_null(strstr(text_str(&t), "170ms  A --X B  ACK of FIN\n"));
	assert_non_null(strstr(text_str(&t), "<-- B A  FIN again\n"));
	text_free(&t);
	sim_run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_play_twice_alike),
		cmocka_unit_test(seeds_matter),
		cmocka_unit_test(three_way_handshake_as_a_ladder),
		cmocka_unit_test(four_way_close_as_a_ladder),
		cmocka_unit_test(simultaneous_close_as_a_ladder),
		cmocka_unit_test(last_ack_lost_as_a_ladder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
