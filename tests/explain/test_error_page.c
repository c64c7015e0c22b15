/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain/error_page.h"
#include "page_sample.h"
#include "utf8_valid.h"

#include <string.h>

static void write_both(struct text *html, struct text *plain, const struct report *r)
{
	struct look look = look_plain(80);

	text_init(html);
	text_init(plain);
	error_page_html(html, r);
	error_page_text(plain, r, &look);
	assert_false(html->failed || plain->failed);
}

static void test_the_page_names_what_failed_and_where(void **state)
{
	struct hf_cert_report chain;
	struct text html, plain;
	struct report r;

	(void)state;
	sample_failure(&r, REPORT_E_CHAIN_EXPIRED, "a.example, 3 days ago");
	sample_chain(&chain);
	report_set_chain(&r, 0, &chain);
	write_both(&html, &plain, &r);
	assert_string_equal(text_str(&plain),
			    "  E-TLS-CHAIN-EXPIRED: the server's certificate has expired: a.example, 3 days\n"
			    "  ago\n"
			    "  URL ok, name lookup ok, connect ok, TLS handshake FAILED; not reached:\n"
			    "  request, response, content\n"
			    "  side: the server; state: C13_WAIT_CV; after 90 ms; with 10.9.0.2:443\n"
			    "  [RFC 5280 4.1.2.5]\n"
			    "  try: check the clock of this machine; else whoever runs the server must renew\n"
			    "  it\n"
			    "  more: handfast explain E-TLS-CHAIN-EXPIRED\n");
	assert_non_null(strstr(text_str(&html), "<h1>The server&#39;s certificate has expired</h1>"));
	assert_non_null(strstr(text_str(&html), "<span class=\"step done\"><b>connect</b>done</span>\n"
						"<span class=\"step failed\"><b>TLS handshake</b>failed here</span>\n"
						"<span class=\"step not\"><b>request</b>not reached</span>\n"));
	assert_non_null(strstr(text_str(&html), "WRONG       expired"));
	assert_non_null(strstr(text_str(&html), "O=&lt;b&gt;A &amp; Sons&lt;/b&gt;"));
	assert_non_null(strstr(text_str(&html), "<td>TLS: Certificate, 1,532 octets</td>"));
	assert_null(strstr(text_str(&html), "asks 10.9.0.3"));
	text_free(&html);
	text_free(&plain);
	report_free(&r);
}

/* What the name server was asked and said, when that is where it failed. */
static void test_a_lookup_that_failed_tells_of_lookups(void **state)
{
	struct text html, plain;
	struct report r;

	(void)state;
	sample_failure(&r, REPORT_E_DNS_NXDOMAIN, "a.example");
	sample_event(&r, 10, REPORT_LAYER_DNS, REPORT_RESOLVER, REPORT_NONE, 0, "answer",
		     "no such name as a.example exists", "1035 4.1.1");
	sample_event(&r, 10, REPORT_LAYER_PAGE, REPORT_US, REPORT_NONE, 0, "failed", "the document has failed", "");
	write_both(&html, &plain, &r);
	assert_non_null(strstr(text_str(&html), "<td>DNS: no such name as a.example exists</td>"));
	assert_null(strstr(text_str(&html), "SYN"));
	assert_null(strstr(text_str(&html), "the document has failed"));
	text_free(&html);
	text_free(&plain);
	report_free(&r);
}

/* No address is looked up, and http: has no TLS: no box is drawn for what was not on the way. */
static void test_the_way_has_only_its_own_steps(void **state)
{
	struct text html, plain;
	struct report r;

	(void)state;
	sample_failure(&r, REPORT_E_TCP_REFUSED, "");
	r.url = r.resource[0].url = "http://10.9.0.2/";
	r.conn[0].lookup = REPORT_NONE;
	r.conn[0].lookup_begin = HF_NEVER;
	r.conn[0].attempt[1] = r.conn[0].attempt[0];
	r.conn[0].attempt[1].remote.addr = addr_ip4_u32(0x0a090009);
	r.conn[0].attempt[0].why = r.conn[0].attempt[1].why = HF_REFUSED;
	r.conn[0].attempts = 2;
	write_both(&html, &plain, &r);
	assert_non_null(strstr(text_str(&plain), "  URL ok, connect FAILED; not reached: request, response, content\n"));
	assert_null(strstr(text_str(&html), "<b>name lookup</b>"));
	assert_null(strstr(text_str(&html), "<b>TLS handshake</b>"));
	assert_non_null(strstr(text_str(&html), "<tr><th>10.9.0.9:443</th><td>nothing listens at that port</td></tr>"));
	text_free(&html);
	text_free(&plain);
	report_free(&r);
}

/* Every code has a page, one step of which has failed, with no word from outside that is not escaped. */
static void test_every_code_with_hostile_words(void **state)
{
	static const char evil[] = "<script>alert(1)</script>\" onload='x' <!-- \x1b[2J \xff";

	(void)state;
	for (unsigned code = 1; code < REPORT_CODE_COUNT; code++) {
		struct text html, plain;
		struct report r;

		sample_failure(&r, (enum report_code)code, evil);
		r.url = evil;
		r.conn[0].host = evil;
		r.resource[0].status = 404;
		r.resource[0].reason = evil;
		memcpy(r.fault.state, "<b>", 4);
		r.event[0].sentence = r.event[3].sentence = evil;
		write_both(&html, &plain, &r);
		assert_true(utf8_valid(text_str(&html)));
		assert_null(strstr(text_str(&html), "<script"));
		assert_null(strstr(text_str(&html), "<!--"));
		assert_null(strstr(text_str(&html), "<b></"));
		assert_null(strchr(text_str(&html), '\x1b'));
		assert_null(strchr(text_str(&plain), '\x1b'));
		assert_non_null(strstr(text_str(&html), "failed here"));
		assert_non_null(strstr(text_str(&plain), " FAILED"));
		assert_non_null(strstr(text_str(&html), report_code_name((enum report_code)code)));
		text_free(&html);
		text_free(&plain);
		report_free(&r);
	}
}

/* Nothing was ever tried, as when the URL is none. */
static void test_no_resource_at_all(void **state)
{
	struct text html, plain;
	struct report r;

	(void)state;
	report_init(&r);
	report_fail(&r.fault, REPORT_E_URL_BAD, REPORT_US, HF_NEVER, NULL, "%s", "http://");
	write_both(&html, &plain, &r);
	assert_non_null(
		strstr(text_str(&plain), "  URL FAILED; not reached: name lookup, connect, TLS handshake, request,\n"));
	text_free(&html);
	text_free(&plain);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_page_names_what_failed_and_where),
		cmocka_unit_test(test_a_lookup_that_failed_tells_of_lookups),
		cmocka_unit_test(test_the_way_has_only_its_own_steps),
		cmocka_unit_test(test_every_code_with_hostile_words),
		cmocka_unit_test(test_no_resource_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
