/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "explain/report_sum.h"
#include "page_sample.h"

static hf_time_ns sum_of(const struct report_phases *p)
{
	hf_time_ns sum = 0;

	for (unsigned i = 0; i < REPORT_PHASE_COUNT; i++)
		sum += p->length[i];
	return sum;
}

static void test_who_a_connection_was_made_for_has_its_times(void **state)
{
	struct report_phases p;
	struct report r;

	(void)state;
	sample_page(&r);
	p = report_phases_of(&r, 0);
	assert_int_equal(p.length[REPORT_LOOKUP], HF_MS(10));
	assert_int_equal(p.length[REPORT_CONNECTING], HF_MS(40));
	assert_false(p.phase[REPORT_SECURING].there);
	assert_int_equal(p.length[REPORT_WAITING], HF_MS(40));
	assert_int_equal(sum_of(&p), HF_MS(90));
	p = report_phases_of(&r, 1);
	assert_false(p.phase[REPORT_LOOKUP].there); /* the name was known */
	assert_int_equal(p.length[REPORT_SECURING], HF_MS(40));
	assert_int_equal(p.length[REPORT_RECEIVING], HF_MS(5));
	p = report_phases_of(&r, 4);
	assert_false(p.phase[REPORT_CONNECTING].there);
	assert_int_equal(p.length[REPORT_BLOCKED], HF_MS(41));
	report_free(&r);
}

static void test_a_step_that_failed_takes_the_rest_of_the_time(void **state)
{
	struct report_phases p;
	struct report r;

	(void)state;
	sample_failure(&r, REPORT_E_CHAIN_NAME, "");
	p = report_phases_of(&r, 0);
	assert_int_equal(p.length[REPORT_SECURING], HF_MS(40));
	assert_int_equal(sum_of(&p), HF_MS(90));
	r.resource[0].conn = REPORT_NONE; /* there was no connection at all */
	r.resource[0].fault.code = REPORT_E_DNS_NXDOMAIN;
	p = report_phases_of(&r, 0);
	assert_int_equal(p.length[REPORT_LOOKUP], HF_MS(90));
	report_free(&r);
}

static void test_a_resource_that_never_began(void **state)
{
	struct report_phases p;
	struct report r;

	(void)state;
	report_init(&r);
	report_add_resource(&r);
	p = report_phases_of(&r, 0);
	assert_false(p.all.there);
	assert_int_equal(sum_of(&p), 0);
	report_free(&r);
}

/* Whatever the times are, the phases lie one behind the other inside the whole, and their lengths are its length. */
static void test_any_times_at_all(void **state)
{
	struct hf_rng rng;
	struct report r;

	(void)state;
	hf_rng_init(&rng, (const uint8_t *)"phases of phases");
	report_init(&r);
	report_add_resource(&r);
	report_add_conn(&r);
	for (unsigned n = 0; n < 20000; n++) {
		struct report_resource *x = &r.resource[0];
		struct report_conn *c = &r.conn[0];
		hf_time_ns *at[] = { &x->queued,        &x->sent_begin,  &x->sent_end,     &x->first_octet,
				     &x->head_end,      &x->done,        &c->lookup_begin, &c->lookup_end,
				     &c->connect_begin, &c->connect_end, &c->tls_begin,    &c->tls_end };
		struct report_phases p;
		hf_time_ns cursor;

		for (unsigned i = 0; i < 12; i++)
			*at[i] = hf_rng_below(&rng, 4) ? hf_rng_below(&rng, 100) : HF_NEVER;
		x->made_conn = hf_rng_below(&rng, 2);
		x->conn = hf_rng_below(&rng, 4) ? 0 : REPORT_NONE;
		x->fault.code = (enum report_code)(hf_rng_below(&rng, REPORT_CODE_COUNT));
		p = report_phases_of(&r, 0);
		assert_int_equal(sum_of(&p), p.all.end - p.all.begin);
		cursor = p.all.begin;
		for (unsigned i = REPORT_BLOCKED + 1; i < REPORT_PHASE_COUNT; i++) {
			if (!p.phase[i].there)
				continue;
			assert_true(p.phase[i].begin >= cursor && p.phase[i].end >= p.phase[i].begin);
			cursor = p.phase[i].end;
			assert_true(cursor <= p.all.end);
		}
	}
	report_free(&r);
}

static void test_totals(void **state)
{
	struct report_totals t;
	struct report r;

	(void)state;
	sample_page(&r);
	t = report_totals_of(&r);
	assert_int_equal(report_document(&r), 1);
	assert_int_equal(t.all.requests, 4);
	assert_int_equal(t.all.failed, 1);
	assert_int_equal(t.all.cached, 1);
	assert_int_equal(t.redirects, 1);
	assert_int_equal(t.not_wanted, 1);
	assert_int_equal(t.conns, 2);
	assert_int_equal(t.conns_failed, 0);
	assert_int_equal(t.kind[REPORT_DOCUMENT].requests, 2);
	assert_int_equal(t.all.octets_wire, 1834 + 612 + 9);
	assert_int_equal(t.all.octets, 6120 + 612 + 4000 + 9);
	assert_int_equal(t.octets_in, 18000);
	assert_int_equal(t.first_octet, HF_MS(210));
	assert_int_equal(t.document, HF_MS(215));
	assert_int_equal(t.everything, HF_MS(300));
	report_free(&r);
	sample_failure(&r, REPORT_E_CHAIN_NAME, "");
	t = report_totals_of(&r);
	assert_int_equal(t.conns_failed, 1);
	assert_true(t.document == HF_NEVER && t.first_octet == HF_NEVER);
	/* An answer that was cut short is no document, one of 404 is. */
	r.resource[0].first_octet = SAMPLE_AT(60);
	r.resource[0].fault.code = REPORT_E_HTTP_CUT;
	assert_true(report_totals_of(&r).document == HF_NEVER);
	r.resource[0].fault.code = REPORT_E_HTTP_NOT_FOUND;
	assert_int_equal(report_totals_of(&r).document, HF_MS(90));
	r.conn[0].connect_begin = HF_NEVER; /* nobody was connected to: nothing of it has failed */
	assert_int_equal(report_totals_of(&r).conns_failed, 0);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_a_connection_was_made_for_has_its_times),
		cmocka_unit_test(test_a_step_that_failed_takes_the_rest_of_the_time),
		cmocka_unit_test(test_a_resource_that_never_began),
		cmocka_unit_test(test_any_times_at_all),
		cmocka_unit_test(test_totals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
