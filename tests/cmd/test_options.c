/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/cmd_table.h"

#include <string.h>

static struct cmd_args args;

#define BEGIN(command, ...)                                    \
	const char *words[] = { #command, __VA_ARGS__, NULL }; \
	cmd_args_begin(&args, CMD_##command, (int)(sizeof(words) / sizeof(words[0])) - 1, (char **)words)

static void test_every_spelling(void **state)
{
	BEGIN(get, "-iI", "--net", "tun:a", "url", "-ofile", "--timeout=3", "-o", "-", "--", "-x");

	(void)state;
	assert_int_equal(cmd_args_next(&args), OPT_get_INCLUDE);
	assert_int_equal(cmd_args_next(&args), OPT_get_HEAD);
	assert_int_equal(cmd_args_next(&args), OPT_get_NET);
	assert_string_equal(args.value, "tun:a");
	assert_int_equal(cmd_args_next(&args), OPT_get_OUTPUT);
	assert_string_equal(args.value, "file");
	assert_int_equal(cmd_args_next(&args), OPT_get_TIMEOUT);
	assert_string_equal(args.value, "3");
	assert_int_equal(cmd_args_next(&args), OPT_get_OUTPUT);
	assert_string_equal(args.value, "-");
	assert_int_equal(cmd_args_next(&args), OPT_END);
	assert_int_equal(args.operands, 2);
	assert_string_equal(args.operand[0], "url");
	assert_string_equal(args.operand[1], "-x");
}

static void test_other_names(void **state)
{
	BEGIN(cert, "verify", "--trust", "a", "--cacert=b", "--name", "c", "--verify-name", "d");

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(cmd_args_next(&args), OPT_cert_CACERT);
	assert_string_equal(args.value, "b");
	for (int i = 0; i < 2; i++)
		assert_int_equal(cmd_args_next(&args), OPT_cert_VERIFY_NAME);
	assert_string_equal(args.value, "d");
}

static void test_other_names_of_no_option(void **state)
{
	BEGIN(get, "--trust", "a", "--name", "b"); /* get has no --verify-name */

	(void)state;
	assert_int_equal(cmd_args_next(&args), OPT_get_CACERT);
	assert_int_equal(cmd_args_next(&args), OPT_WRONG);
}

static void test_wrong(void **state)
{
	(void)state;
	{
		BEGIN(get, "--netz", "x");
		assert_int_equal(cmd_args_next(&args), OPT_WRONG);
	}
	{
		BEGIN(get, "--ne", "x"); /* no abbreviations: a later option could change what they mean */
		assert_int_equal(cmd_args_next(&args), OPT_WRONG);
	}
	{
		BEGIN(get, "--net");
		assert_int_equal(cmd_args_next(&args), OPT_WRONG);
	}
	{
		BEGIN(get, "--include=yes");
		assert_int_equal(cmd_args_next(&args), OPT_WRONG);
	}
	{
		BEGIN(get, "-iz");
		assert_int_equal(cmd_args_next(&args), OPT_get_INCLUDE);
		assert_int_equal(cmd_args_next(&args), OPT_WRONG);
	}
	{
		BEGIN(states, "--port", "1"); /* another command's */
		assert_int_equal(cmd_args_next(&args), OPT_WRONG);
	}
}

static void test_numbers(void **state)
{
	uint64_t v = 7;
	hf_time_ns t = 7;

	(void)state;
	assert_true(cmd_parse_number("1", 1, 65535, &v) && v == 1);
	assert_true(cmd_parse_number("65535", 1, 65535, &v) && v == 65535);
	assert_false(cmd_parse_number("0", 1, 65535, &v));
	assert_false(cmd_parse_number("65536", 1, 65535, &v));
	assert_false(cmd_parse_number("", 0, 9, &v));
	assert_false(cmd_parse_number(" 1", 0, 9, &v));
	assert_false(cmd_parse_number("-1", 0, UINT64_MAX, &v));
	assert_false(cmd_parse_number("1x", 0, 9, &v));
	assert_false(cmd_parse_number("99999999999999999999999", 0, UINT64_MAX, &v));
	assert_true(v == 65535);
	assert_true(cmd_parse_seconds("60", &t) && t == HF_S(60));
	assert_true(cmd_parse_seconds("0.5", &t) && t == HF_MS(500));
	assert_true(cmd_parse_seconds(".25", &t) && t == HF_MS(250));
	assert_true(cmd_parse_seconds("0.0000000001", &t) == false);
	assert_false(cmd_parse_seconds("0", &t));
	assert_false(cmd_parse_seconds("", &t));
	assert_false(cmd_parse_seconds(".", &t));
	assert_false(cmd_parse_seconds("1s", &t));
	assert_false(cmd_parse_seconds("-1", &t));
	assert_false(cmd_parse_seconds("99999999999999", &t));
}

/* No two options of a command share a name or a letter, and each has something to say. */
static void test_table(void **state)
{
	(void)state;
	for (int i = 0; i < OPT_COUNT; i++) {
		assert_true(strlen(cmd_option_rows[i].text) > 5);
		assert_true(strcmp(cmd_option_rows[i].name, "help") != 0 && cmd_option_rows[i].letter != 'h');
		for (int k = 0; k < i; k++) {
			if (cmd_option_rows[i].command != cmd_option_rows[k].command)
				continue;
			assert_string_not_equal(cmd_option_rows[i].name, cmd_option_rows[k].name);
			assert_false(cmd_option_rows[i].letter && cmd_option_rows[i].letter == cmd_option_rows[k].letter);
		}
	}
	assert_int_equal(cmd_find("serve"), CMD_serve);
	assert_int_equal(cmd_find("served"), CMD_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_spelling),
		cmocka_unit_test(test_other_names),
		cmocka_unit_test(test_other_names_of_no_option),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
