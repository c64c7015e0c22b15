/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pool.h"
#include "base/rng.h"

#include <sys/wait.h>
#include <unistd.h>

struct thing {
	uint32_t a[5];
};

static _Alignas(64) uint8_t mem[8192];

static struct hf_pool pool_of(uint32_t count)
{
	struct hf_arena a = hf_arena_over(mem, sizeof(mem));
	struct hf_pool p;

	memset(mem, 0xa5, sizeof(mem));
	hf_pool_init(&p, &a, count, sizeof(struct thing));
	assert_int_equal(hf_arena_end(&a), HF_OK);
	return p;
}

static void takes_all_and_then_none(void **state)
{
	struct hf_pool p = pool_of(5);

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		assert_false(hf_pool_taken(&p, i));
		assert_int_equal(hf_pool_take(&p), i);
		assert_true(hf_pool_taken(&p, i));
	}
	assert_int_equal(hf_pool_take(&p), HF_NONE);
	assert_int_equal(hf_pool_take_dirty(&p), HF_NONE);
	assert_int_equal(p.in_use, 5);
	assert_int_equal(p.peak, 5);
	hf_pool_give(&p, 2);
	hf_pool_give(&p, 4);
	assert_int_equal(hf_pool_take(&p), 4);
	assert_int_equal(p.in_use, 4);
	assert_int_equal(p.peak, 5);
}

static void the_slot_freed_last_comes_first(void **state)
{
	struct hf_pool p = pool_of(4);

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_not_equal(hf_pool_take(&p), HF_NONE);
	hf_pool_give(&p, 0);
	hf_pool_give(&p, 3);
	hf_pool_give(&p, 1);
	assert_int_equal(hf_pool_take(&p), 1);
	assert_int_equal(hf_pool_take(&p), 3);
	assert_int_equal(hf_pool_take(&p), 0);
	assert_int_equal(hf_pool_take(&p), HF_NONE);
}

static void taking_clears_and_dirty_taking_does_not(void **state)
{
	struct hf_pool p = pool_of(2);
	uint32_t slot = hf_pool_take(&p);
	struct thing *t = hf_pool_at(&p, slot);

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(t->a); i++)
		assert_int_equal(t->a[i], 0);
	t->a[4] = 77;
	hf_pool_give(&p, slot);
	assert_int_equal(hf_pool_take_dirty(&p), slot);
	assert_int_equal(t->a[4], 77);
	hf_pool_give(&p, slot);
	assert_int_equal(hf_pool_take(&p), slot);
	assert_int_equal(t->a[4], 0);
}

static void an_old_name_is_noticed(void **state)
{
	struct hf_pool p = pool_of(2);
	uint32_t slot = hf_pool_take(&p), birth = p.birth[slot];

	(void)state;
	assert_ptr_equal(hf_pool_get(&p, slot, birth), hf_pool_at(&p, slot));
	hf_pool_give(&p, slot);
	assert_null(hf_pool_get(&p, slot, birth));
	assert_null(hf_pool_get(&p, slot, p.birth[slot])); /* nor is a free slot's count a name */
	assert_int_equal(hf_pool_take(&p), slot);
	assert_null(hf_pool_get(&p, slot, birth));
	assert_non_null(hf_pool_get(&p, slot, p.birth[slot]));
}

static void any_number_is_safe_to_ask_with(void **state)
{
	struct hf_pool p = pool_of(3);
	static const uint32_t odd[] = { 0, 1, 2, 3, 4, 1000, INT32_MAX, UINT32_MAX - 1, UINT32_MAX };

	(void)state;
	assert_int_equal(hf_pool_take(&p), 0);
	for (size_t i = 0; i < HF_ARRAY_LEN(odd); i++) {
		for (size_t k = 0; k < HF_ARRAY_LEN(odd); k++) {
			bool is_name = odd[i] == 0 && odd[k] == p.birth[0];

			assert_int_equal(hf_pool_get(&p, odd[i], odd[k]) != NULL, is_name);
		}
		assert_int_equal(hf_pool_taken(&p, odd[i]), odd[i] == 0);
	}
}

static void births_go_round_without_harm(void **state)
{
	struct hf_pool p = pool_of(1);

	(void)state;
	p.birth[0] = UINT32_MAX - 1; /* as after 2^31 lives */
	assert_int_equal(hf_pool_take(&p), 0);
	assert_int_equal(p.birth[0], UINT32_MAX);
	assert_non_null(hf_pool_get(&p, 0, UINT32_MAX));
	hf_pool_give(&p, 0);
	assert_int_equal(p.birth[0], 0);
	assert_null(hf_pool_get(&p, 0, 0));
}

static void index_is_the_inverse_of_at(void **state)
{
	struct hf_pool p = pool_of(7);

	(void)state;
	for (uint32_t i = 0; i < 7; i++)
		assert_int_equal(hf_pool_index(&p, hf_pool_at(&p, i)), i);
}

static void counting_or_too_little_memory_makes_a_pool_of_none(void **state)
{
	struct hf_arena count = hf_arena_count(), little = hf_arena_over(mem, 128);
	struct hf_pool p;

	(void)state;
	hf_pool_init(&p, &count, 100, sizeof(struct thing));
	assert_int_equal(hf_pool_take(&p), HF_NONE);
	hf_pool_init(&p, &little, 100, sizeof(struct thing));
	assert_int_equal(hf_arena_end(&little), HF_FULL);
	assert_int_equal(hf_pool_take(&p), HF_NONE);
}

static void random_use_never_hands_a_slot_out_twice(void **state)
{
	struct hf_pool p = pool_of(64);
	struct hf_rng r;
	bool taken[64] = { false };
	uint32_t births[64] = { 0 }, in_use = 0;

	(void)state;
	hf_rng_init(&r, (const uint8_t[16]){ 1 });
	for (int i = 0; i < 100000; i++) {
		uint32_t slot = hf_rng_below(&r, 64);

		if (taken[slot]) {
			assert_ptr_equal(hf_pool_get(&p, slot, births[slot]), hf_pool_at(&p, slot));
			hf_pool_give(&p, slot);
			taken[slot] = false;
			in_use--;
		} else {
			assert_null(hf_pool_get(&p, slot, births[slot]));
			slot = hf_pool_take(&p);
			assert_true(slot < 64);
			assert_false(taken[slot]);
			assert_int_not_equal(p.birth[slot], births[slot]);
			taken[slot] = true;
			births[slot] = p.birth[slot];
			in_use++;
		}
		assert_int_equal(p.in_use, in_use);
	}
}

/* A promise of ours that is broken must end the program, in every build. */
static void giving_twice_is_stopped(void **state)
{
	struct hf_pool p = pool_of(2);
	int how;
	pid_t pid;

	(void)state;
	assert_int_equal(hf_pool_take(&p), 0);
	hf_pool_give(&p, 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		hf_pool_give(&p, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_false(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_all_and_then_none),
		cmocka_unit_test(the_slot_freed_last_comes_first),
		cmocka_unit_test(taking_clears_and_dirty_taking_does_not),
		cmocka_unit_test(an_old_name_is_noticed),
		cmocka_unit_test(any_number_is_safe_to_ask_with),
		cmocka_unit_test(births_go_round_without_harm),
		cmocka_unit_test(index_is_the_inverse_of_at),
		cmocka_unit_test(counting_or_too_little_memory_makes_a_pool_of_none),
		cmocka_unit_test(random_use_never_hands_a_slot_out_twice),
		cmocka_unit_test(giving_twice_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
