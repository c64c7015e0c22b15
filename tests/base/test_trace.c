/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bits.h"
#include "base/trace.h"

#include <ctype.h>

static _Alignas(64) uint8_t mem[4096];

static struct hf_trace trace_of(uint32_t count)
{
	struct hf_arena a = hf_arena_over(mem, sizeof(mem));
	struct hf_trace t;

	memset(mem, 0xa5, sizeof(mem));
	hf_trace_init(&t, &a, count);
	assert_int_equal(hf_arena_end(&a), HF_OK);
	return t;
}

static void add(struct hf_trace *t, uint32_t x)
{
	t->now = x * 10;
	hf_trace_add(t, HF_TR_TCP_RX)->x = x;
}

static void a_record_comes_zeroed_with_kind_and_time(void **state)
{
	struct hf_trace t = trace_of(8);
	static const struct hf_trace_record expected = { .at = 123, .kind = HF_TR_TCP_PAWS };
	struct hf_trace_record *r;

	(void)state;
	assert_true(hf_trace_on(&t));
	t.now = 123;
	for (int i = 0; i < 20; i++) { /* round the ring, over old records */
		r = hf_trace_add(&t, HF_TR_TCP_PAWS);
		assert_memory_equal(r, &expected, sizeof(expected));
		memset(r, 0xee, sizeof(*r));
	}
}

static void records_are_read_in_order_each_once(void **state)
{
	struct hf_trace t = trace_of(8);
	struct hf_trace_record r;
	uint64_t cursor = 0, lost = 99;

	(void)state;
	assert_false(hf_trace_read(&t, &cursor, &r, &lost));
	for (uint32_t i = 0; i < 8; i++)
		add(&t, i);
	for (uint32_t i = 0; i < 8; i++) {
		assert_true(hf_trace_read(&t, &cursor, &r, &lost));
		assert_int_equal(r.x, i);
		assert_int_equal(r.at, i * 10);
		assert_int_equal(lost, 0);
		assert_int_equal(cursor, i + 1);
	}
	lost = 99;
	assert_false(hf_trace_read(&t, &cursor, &r, &lost));
	assert_int_equal(lost, 99); /* untouched, like the record */
	assert_int_equal(r.x, 7);
	add(&t, 8);
	assert_true(hf_trace_read(&t, &cursor, &r, &lost));
	assert_int_equal(r.x, 8);
}

static void a_slow_reader_learns_how_many_it_lost(void **state)
{
	struct hf_trace t = trace_of(8);
	struct hf_trace_record r;
	uint64_t cursor = 0, lost;

	(void)state;
	for (uint32_t i = 0; i < 9; i++)
		add(&t, i);
	assert_true(hf_trace_read(&t, &cursor, &r, &lost)); /* number 0 has made room for number 8 */
	assert_int_equal(r.x, 1);
	assert_int_equal(lost, 1);
	for (uint32_t i = 9; i < 1000; i++)
		add(&t, i);
	assert_true(hf_trace_read(&t, &cursor, &r, &lost));
	assert_int_equal(r.x, 992);
	assert_int_equal(lost, 990);
	assert_int_equal(cursor, 993);
	assert_true(hf_trace_read(&t, &cursor, &r, &lost));
	assert_int_equal(r.x, 993);
	assert_int_equal(lost, 0);
}

static void a_cursor_from_nowhere_reads_nothing(void **state)
{
	struct hf_trace t = trace_of(8);
	struct hf_trace_record r;
	uint64_t cursor = UINT64_MAX, lost;

	(void)state;
	add(&t, 1);
	assert_false(hf_trace_read(&t, &cursor, &r, &lost));
	assert_int_equal(cursor, UINT64_MAX);
}

static void off_means_a_scratch_record_and_nothing_to_read(void **state)
{
	struct hf_trace t = trace_of(0);
	struct hf_trace_record r;
	uint64_t cursor = 0, lost;

	(void)state;
	assert_false(hf_trace_on(&t));
	for (uint32_t i = 0; i < 3; i++) {
		add(&t, i);
		assert_false(hf_trace_read(&t, &cursor, &r, &lost));
	}
	assert_int_equal(t.next, 0);
}

static void counting_memory_leaves_it_off(void **state)
{
	struct hf_arena count = hf_arena_count();
	struct hf_trace t;

	(void)state;
	hf_trace_init(&t, &count, 16);
	assert_true(count.used >= 16 * sizeof(struct hf_trace_record));
	assert_false(hf_trace_on(&t));
	add(&t, 1);
}

/* ---- the tables ---- */

static void each_kind_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HF_TRACE_KIND_COUNT; i++) {
		assert_true(strlen(hf_trace_name(i)) > 0);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(hf_trace_name(i), hf_trace_name(k));
	}
	assert_string_equal(hf_trace_name(HF_TR_TCP_TX), "TCP_TX");
}

/* "9293 3.10.7.4": a number, one space, numbers with dots between. */
static bool is_rfc_and_section(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	if (digits < 3 || digits > 4 || s[digits] != ' ')
		return false;
	for (s += digits + 1;; s++) {
		digits = strspn(s, "0123456789");
		if (digits == 0)
			return false;
		s += digits;
		if (*s == '\0')
			return true;
		if (*s != '.')
			return false;
	}
}

static void each_kind_cites_an_rfc_and_its_section(void **state)
{
	(void)state;
	assert_false(is_rfc_and_section("9293 3."));
	assert_false(is_rfc_and_section("RFC 9293 3"));
	assert_false(is_rfc_and_section("9293"));
	for (unsigned i = 0; i < HF_TRACE_KIND_COUNT; i++)
		if (!is_rfc_and_section(hf_trace_rfc(i)))
			fail_msg("%s: \"%s\" is not an RFC and a section", hf_trace_name(i), hf_trace_rfc(i));
}

/* The set that hf/trace.def documents; a number can be asked for as milliseconds or as an address. */
static bool is_placeholder(const char *at, size_t len)
{
	static const char *const known[] = { "seq", "ack",   "wnd",   "len",   "x",    "y",    "from",
					     "to",  "flags", "lport", "rport", "ms:x", "ms:y", "addr:x" };

	for (size_t i = 0; i < HF_ARRAY_LEN(known); i++)
		if (strlen(known[i]) == len && memcmp(known[i], at, len) == 0)
			return true;
	return false;
}

static bool placeholders_are_known(const char *s)
{
	const char *open, *close;

	for (; (open = strpbrk(s, "{}")); s = close + 1) {
		close = strpbrk(open + 1, "{}");
		if (*open != '{' || !close || *close != '}' || !is_placeholder(open + 1, (size_t)(close - open - 1)))
			return false;
	}
	return true;
}

static void each_kind_has_a_sentence_whose_placeholders_are_known(void **state)
{
	(void)state;
	assert_true(placeholders_are_known("{x} and {ms:y}"));
	assert_false(placeholders_are_known("{z}"));
	assert_false(placeholders_are_known("{x"));
	assert_false(placeholders_are_known("x}"));
	assert_false(placeholders_are_known("{{x}}"));
	for (unsigned i = 0; i < HF_TRACE_KIND_COUNT; i++) {
		const char *s = hf_trace_sentence(i);

		assert_true(strlen(s) > 3);
		assert_int_not_equal(s[strlen(s) - 1], '.');
		if (!placeholders_are_known(s))
			fail_msg("%s: unknown placeholder in \"%s\"", hf_trace_name(i), s);
	}
}

static void each_state_has_the_name_of_the_rfc(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HF_TCP_STATE_COUNT; i++) {
		assert_true(strlen(hf_tcp_state_name(i)) > 0);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(hf_tcp_state_name(i), hf_tcp_state_name(k));
	}
	assert_string_equal(hf_tcp_state_name(HF_TCP_CLOSED), "CLOSED");
	assert_string_equal(hf_tcp_state_name(HF_TCP_SYN_RECEIVED), "SYN_RECEIVED");
	assert_string_equal(hf_tcp_state_name(HF_TCP_FIN_WAIT_2), "FIN_WAIT_2");
	assert_string_equal(hf_tcp_state_name(HF_TCP_TIME_WAIT), "TIME_WAIT");
}

static void numbers_that_are_none_are_safe(void **state)
{
	static const unsigned odd[] = { HF_TRACE_KIND_COUNT, 10000, UINT16_MAX, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(odd); i++) {
		assert_string_equal(hf_trace_name(odd[i]), "UNKNOWN");
		assert_non_null(hf_trace_rfc(odd[i]));
		assert_true(strlen(hf_trace_sentence(odd[i])) > 0);
		assert_string_equal(hf_tcp_state_name(odd[i]), "UNKNOWN");
	}
	assert_string_equal(hf_tcp_state_name(HF_TCP_STATE_COUNT), "UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_zeroed_with_kind_and_time),
		cmocka_unit_test(records_are_read_in_order_each_once),
		cmocka_unit_test(a_slow_reader_learns_how_many_it_lost),
		cmocka_unit_test(a_cursor_from_nowhere_reads_nothing),
		cmocka_unit_test(off_means_a_scratch_record_and_nothing_to_read),
		cmocka_unit_test(counting_memory_leaves_it_off),
		cmocka_unit_test(each_kind_has_a_name_of_its_own),
		cmocka_unit_test(each_kind_cites_an_rfc_and_its_section),
		cmocka_unit_test(each_kind_has_a_sentence_whose_placeholders_are_known),
		cmocka_unit_test(each_state_has_the_name_of_the_rfc),
		cmocka_unit_test(numbers_that_are_none_are_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
