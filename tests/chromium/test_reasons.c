/* SPDX-License-Identifier: MIT */
/* Each code of a report has one name of Chromium's, given once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/page_chromium.h"

static void each_code_has_one(void **state)
{
	unsigned times[REPORT_CODE_COUNT] = { 0 };

	(void)state;
#define M(code, reason) times[REPORT_E_##code]++;
#include "cmd/page_chromium_reasons.def"
#undef M
	for (unsigned i = 0; i < REPORT_CODE_COUNT; i++)
		if (times[i] != 1)
			fail_msg("%s stands there %u times", report_code_name((enum report_code)i), times[i]);
}

static void says_what_chromium_calls_it(void **state)
{
	static const struct {
		enum report_code code;
		const char *name;
	} rows[] = {
		{ REPORT_E_DNS_NXDOMAIN, "NameNotResolved" },
		{ REPORT_E_TCP_REFUSED, "ConnectionRefused" },
		{ REPORT_E_TCP_SYN_TIMEOUT, "TimedOut" },
		{ REPORT_E_TCP_RESET, "ConnectionReset" },
		{ REPORT_E_NET_UNREACHABLE, "AddressUnreachable" },
		{ REPORT_E_PRIVATE_ADDRESS, "BlockedByClient" },
		{ REPORT_E_CHAIN_EXPIRED, "Failed" },
		{ REPORT_CODE_COUNT, "Failed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(chromium_reason_name(page_chromium_reason(rows[i].code)), rows[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_has_one),
		cmocka_unit_test(says_what_chromium_calls_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
