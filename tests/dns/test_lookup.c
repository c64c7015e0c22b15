/* SPDX-License-Identifier: MIT */
/* The way of a lookup, told as a ladder. */
#include "lab.h"

static void both_families_at_once(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab);
	lab_start(&lab);
	lab_lookup(&lab, "www.example.test", DNS_A | DNS_AAAA);
	lab.now += HF_MS(20);
	lab_reply(&lab, "www.example.test", DNS_TYPE_AAAA, "NOERROR; an www.example.test 300 AAAA 2001:db8::1");
	lab.now += HF_MS(5);
	lab_reply(&lab, "www.example.test", DNS_TYPE_A,
		  "NOERROR; an www.example.test 200 A 192.0.2.1; an www.example.test 100 A 192.0.2.2");
	printf("%s", lab.ladder);
	EXPECT_TEXT(lab_answer(&lab, 0), "AAAA www.example.test: 2001:db8::1, 300 s, server");
	EXPECT_TEXT(lab_answer(&lab, 1), "A www.example.test: 192.0.2.1 192.0.2.2, 100 s, server, last");
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_families_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
