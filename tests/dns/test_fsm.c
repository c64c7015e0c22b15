/* SPDX-License-Identifier: MIT */
/* The table of a query as a whole: what must hold of all its arrows. */
#include "lab.h"

#include "dns/dns_internal.h"

#define EACH_ARROW(s, e)                                    \
	for (unsigned s = 0; s < DNS_ST_COUNT; s++)         \
		for (unsigned e = 0; e < DNS_EV_COUNT; e++) \
			if (dns_arrow(s, e)->is)

static void a_new_try_is_drawn(void **state)
{
	(void)state;
	EACH_ARROW(s, e)
	{
		assert_int_equal(dns_arrow(s, e)->then == DNS_DO_DRAW, dns_arrow(s, e)->to == DNS_ST_OPEN);
	}
}

static void who_waits_is_told_at_the_end_and_only_then(void **state)
{
	(void)state;
	EACH_ARROW(s, e)
	{
		assert_int_equal(dns_arrow(s, e)->then == DNS_DO_TELL,
				 dns_arrow(s, e)->to == DNS_ST_FREE && e != DNS_EV_USER_CANCEL);
	}
}

/* The time of a try counts from its datagram, and over TCP from the connection on. */
static void the_time_of_a_try(void **state)
{
	(void)state;
	EACH_ARROW(s, e)
	{
		const bool begins = (s == DNS_ST_SEND && e == DNS_EV_SENT) || (s == DNS_ST_CONNECT && e == DNS_EV_OPENED);

		assert_int_equal(dns_arrow(s, e)->then == DNS_DO_START_TIMER, begins);
	}
}

static void it_can_be_cancelled_at_any_time(void **state)
{
	(void)state;
	for (unsigned s = 0; s < DNS_ST_COUNT; s++) {
		const struct dns_arrow *a = dns_arrow(s, DNS_EV_USER_CANCEL);

		assert_int_equal(a->is, s != DNS_ST_FREE);
		if (a->is)
			assert_true(a->to == DNS_ST_FREE && a->then == DNS_DO_NOTHING);
	}
}

/* What the driver can cause at any time is ready for it: a try that fails has a next one, or is the last. */
static void a_try_can_fail_where_something_can_happen(void **state)
{
	(void)state;
	for (unsigned s = 0; s < DNS_ST_COUNT; s++) {
		const bool can = s == DNS_ST_SEND || s == DNS_ST_WAIT || s >= DNS_ST_CONNECTING;

		assert_int_equal(dns_arrow(s, DNS_EV_AGAIN)->is, can);
		assert_int_equal(dns_arrow(s, DNS_EV_GIVE_UP)->is, can);
	}
}

static void states_have_names(void **state)
{
	(void)state;
	for (unsigned s = 0; s < DNS_ST_COUNT; s++)
		assert_true(strlen(dns_state_name(s)) > 0);
	assert_string_equal(dns_state_name(DNS_ST_COUNT), "");
	EACH_ARROW(s, e)
	{
		assert_true(strlen(dns_arrow(s, e)->rfc) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_try_is_drawn),
		cmocka_unit_test(who_waits_is_told_at_the_end_and_only_then),
		cmocka_unit_test(the_time_of_a_try),
		cmocka_unit_test(it_can_be_cancelled_at_any_time),
		cmocka_unit_test(a_try_can_fail_where_something_can_happen),
		cmocka_unit_test(states_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
