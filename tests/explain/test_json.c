/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/json.h"

#include <string.h>

static void nests_and_separates(void **state)
{
	struct text t;
	struct json j;

	(void)state;
	text_init(&t);
	j = json_over(&t);
	json_object(&j);
	json_put_string(&j, "name", "x");
	json_key(&j, "list");
	json_array(&j);
	json_u64(&j, UINT64_MAX);
	json_i64(&j, -1);
	json_bool(&j, true);
	json_null(&j);
	json_array(&j);
	json_array_end(&j);
	json_array_end(&j);
	json_put_time(&j, "at", HF_NEVER);
	json_put_time(&j, "then", 5);
	json_put_string(&j, "none", NULL);
	json_object_end(&j);
	assert_string_equal(text_str(&t), "{\n"
					  "  \"name\": \"x\",\n"
					  "  \"list\": [\n"
					  "    18446744073709551615,\n"
					  "    -1,\n"
					  "    true,\n"
					  "    null,\n"
					  "    []\n"
					  "  ],\n"
					  "  \"at\": null,\n"
					  "  \"then\": 5,\n"
					  "  \"none\": null\n"
					  "}\n");
	text_free(&t);
}

static void escapes(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} rows[] = {
		{ "plain", 5, "\"plain\"" },
		{ "a\"b\\c", 5, "\"a\\\"b\\\\c\"" },
		{ "\n\t\r\b", 4, "\"\\n\\t\\u000d\\u0008\"" },
		{ "\0x", 2, "\"\\u0000x\"" },
		{ "\x1f\x7f", 2, "\"\\u001f\\u007f\"" },
		{ "\xc3\xa9", 2, "\"\xc3\xa9\"" },                             /* U+00E9 */
		{ "\xe2\x82\xac", 3, "\"\xe2\x82\xac\"" },                     /* U+20AC */
		{ "\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"" },             /* U+1F600 */
		{ "\xc3", 1, "\"\\ufffd\"" },                                  /* cut short */
		{ "\xc0\xaf", 2, "\"\\ufffd\\ufffd\"" },                       /* overlong */
		{ "\xe0\x80\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" },            /* overlong */
		{ "\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"" },            /* a surrogate */
		{ "\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" }, /* above U+10FFFF */
		{ "\xff"
		  "a",
		  2, "\"\\ufffda\"" },
	};
	struct text t;

	(void)state;
	text_init(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json j;

		text_clear(&t);
		j = json_over(&t);
		json_string_n(&j, rows[i].in, rows[i].len);
		assert_string_equal(text_str(&t), rows[i].out);
	}
	text_free(&t);
}

static void milliseconds_and_octets(void **state)
{
	static const uint8_t octets[] = { 0x00, 0xa5, 0xff };
	struct text t;
	struct json j;

	(void)state;
	text_init(&t);
	j = json_over(&t);
	j.one_line = true;
	json_object(&j);
	json_put_ms(&j, "a", 0);
	json_put_ms(&j, "b", HF_MS(12));
	json_put_ms(&j, "c", 1);
	json_put_ms(&j, "d", HF_US(1500));
	json_put_ms(&j, "e", HF_NEVER);
	json_put_hex(&j, "f", (struct hf_bytes){ octets, 3 });
	json_put_hex(&j, "g", (struct hf_bytes){ 0 });
	json_object_end(&j);
	assert_string_equal(text_str(&t), "{\"a\": 0, \"b\": 12, \"c\": 0.000001, \"d\": 1.5, \"e\": null, "
					  "\"f\": \"00a5ff\", \"g\": \"\"}\n");
	text_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nests_and_separates), cmocka_unit_test(escapes),
					    cmocka_unit_test(milliseconds_and_octets) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
