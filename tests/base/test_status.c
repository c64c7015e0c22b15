/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "hf/status.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static void each_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < HF_STATUS_COUNT; i++) {
		const char *name = hf_status_name((hf_status)i);

		assert_true(strlen(name) > 0);
		for (const char *c = name; *c; c++)
			assert_true(isupper((unsigned char)*c) || *c == '_');
		for (int k = 0; k < i; k++)
			assert_string_not_equal(name, hf_status_name((hf_status)k));
	}
	assert_string_equal(hf_status_name(HF_OK), "OK");
	assert_string_equal(hf_status_name(HF_REFUSED), "REFUSED");
	assert_string_equal(hf_status_name(HF_MISMATCH), "MISMATCH");
}

/* They stand behind "handfast: " and the thing they are about. */
static void each_has_a_sentence_without_capital_or_full_stop(void **state)
{
	(void)state;
	for (int i = 0; i < HF_STATUS_COUNT; i++) {
		const char *s = hf_status_sentence((hf_status)i);

		assert_true(strlen(s) > 3);
		assert_true(islower((unsigned char)s[0]));
		assert_int_not_equal(s[strlen(s) - 1], '.');
		assert_null(strchr(s, '\n'));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(s, hf_status_sentence((hf_status)k));
	}
	assert_string_equal(hf_status_sentence(HF_REFUSED), "nothing listens at that port");
}

static void only_ok_is_no_error(void **state)
{
	(void)state;
	for (int i = 0; i < HF_STATUS_COUNT; i++) {
		int e = hf_status_errno((hf_status)i), x = hf_status_exit((hf_status)i);

		assert_int_equal(e == 0, i == HF_OK);
		assert_int_equal(x == 0, i == HF_OK);
		assert_in_range(e, 0, 4095); /* what a system call can return */
		assert_in_range(x, 0, 125);  /* what a shell does not use itself */
	}
}

static void some_that_others_rely_on(void **state)
{
	(void)state;
	assert_int_equal(hf_status_errno(HF_REFUSED), ECONNREFUSED);
	assert_int_equal(hf_status_errno(HF_RESET), ECONNRESET);
	assert_int_equal(hf_status_errno(HF_TIMED_OUT), ETIMEDOUT);
	assert_int_equal(hf_status_errno(HF_AGAIN), EAGAIN);
	assert_int_equal(hf_status_exit(HF_USAGE), 2);
	assert_int_equal(hf_status_exit(HF_INVALID), 2);
	/* the four failures of a fetch that a script tells apart */
	assert_int_not_equal(hf_status_exit(HF_REFUSED), hf_status_exit(HF_RESET));
	assert_int_not_equal(hf_status_exit(HF_REFUSED), hf_status_exit(HF_TIMED_OUT));
	assert_int_not_equal(hf_status_exit(HF_REFUSED), hf_status_exit(HF_NO_ROUTE));
	assert_int_not_equal(hf_status_exit(HF_RESET), hf_status_exit(HF_TIMED_OUT));
	assert_int_not_equal(hf_status_exit(HF_RESET), hf_status_exit(HF_NO_ROUTE));
	assert_int_not_equal(hf_status_exit(HF_TIMED_OUT), hf_status_exit(HF_NO_ROUTE));
}

static void a_number_that_is_none_is_safe(void **state)
{
	static const int odd[] = { HF_STATUS_COUNT, HF_STATUS_COUNT + 1, 10000 };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		volatile int v = odd[i];

		assert_string_equal(hf_status_name((hf_status)v), "UNKNOWN");
		assert_true(strlen(hf_status_sentence((hf_status)v)) > 0);
		assert_int_not_equal(hf_status_errno((hf_status)v), 0);
		assert_int_not_equal(hf_status_exit((hf_status)v), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_a_name_of_its_own),
		cmocka_unit_test(each_has_a_sentence_without_capital_or_full_stop),
		cmocka_unit_test(only_ok_is_no_error),
		cmocka_unit_test(some_that_others_rely_on),
		cmocka_unit_test(a_number_that_is_none_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
