/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/chunk.h"

static _Alignas(64) uint8_t mem[5 * HF_CHUNK_BYTES];

static void chunks_do_not_overlap_and_keep_their_bytes(void **state)
{
	struct hf_arena a = hf_arena_over(mem, sizeof(mem));
	struct hf_chunks c;
	uint32_t i[4];

	(void)state;
	hf_chunks_init(&c, &a, 4);
	assert_int_equal(hf_arena_end(&a), HF_OK);
	assert_int_equal(hf_chunks_free(&c), 4);
	for (unsigned k = 0; k < 4; k++) {
		i[k] = hf_chunk_take(&c);
		assert_int_not_equal(i[k], HF_NONE);
		assert_int_equal(hf_chunk_at(&c, i[k])->next, HF_NONE);
		memset(hf_chunk_data(&c, i[k]), (int)k + 1, HF_CHUNK_BYTES);
	}
	assert_int_equal(hf_chunks_free(&c), 0);
	assert_int_equal(hf_chunk_take(&c), HF_NONE);
	for (unsigned k = 0; k < 4; k++) {
		const uint8_t *d = hf_chunk_data(&c, i[k]);

		for (unsigned n = 0; n < HF_CHUNK_BYTES; n++)
			assert_int_equal(d[n], k + 1);
	}

	hf_chunk_at(&c, i[2])->next = 7;
	hf_chunk_at(&c, i[2])->tag = 8;
	hf_chunk_give(&c, i[2]);
	assert_int_equal(hf_chunk_take(&c), i[2]);
	assert_int_equal(hf_chunk_at(&c, i[2])->next, HF_NONE);
	assert_int_equal(hf_chunk_at(&c, i[2])->tag, 0);
	assert_int_equal(hf_chunk_data(&c, i[2])[0], 3); /* not cleared */
}

static void a_list_is_given_as_a_whole(void **state)
{
	struct hf_arena a = hf_arena_over(mem, sizeof(mem));
	struct hf_chunks c;
	uint32_t head = HF_NONE;

	(void)state;
	hf_chunks_init(&c, &a, 4);
	hf_chunk_give_list(&c, HF_NONE);
	for (unsigned k = 0; k < 3; k++) {
		uint32_t i = hf_chunk_take(&c);

		hf_chunk_at(&c, i)->next = head;
		head = i;
	}
	assert_int_equal(hf_chunks_free(&c), 1);
	hf_chunk_give_list(&c, head);
	assert_int_equal(hf_chunks_free(&c), 4);
	for (unsigned k = 0; k < 4; k++)
		assert_int_not_equal(hf_chunk_take(&c), HF_NONE);
	assert_int_equal(hf_chunk_take(&c), HF_NONE);
}

static void without_room_for_the_data_there_are_none(void **state)
{
	struct hf_arena count = hf_arena_count(), little = hf_arena_over(mem, HF_CHUNK_BYTES);
	struct hf_chunks c;

	(void)state;
	hf_chunks_init(&c, &count, 4);
	assert_true(count.used >= 4 * HF_CHUNK_BYTES && count.used <= 5 * HF_CHUNK_BYTES);
	assert_int_equal(hf_chunk_take(&c), HF_NONE);

	hf_chunks_init(&c, &little, 4); /* the table fits, the data does not */
	assert_int_equal(hf_arena_end(&little), HF_FULL);
	assert_int_equal(hf_chunks_free(&c), 0);
	assert_int_equal(hf_chunk_take(&c), HF_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_do_not_overlap_and_keep_their_bytes),
		cmocka_unit_test(a_list_is_given_as_a_whole),
		cmocka_unit_test(without_room_for_the_data_there_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
