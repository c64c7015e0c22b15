/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "../explain/json_valid.h"
#include "../explain/page_sample.h"
#include "../explain/utf8_valid.h"
#include "explain/error_page.h"
#include "explain/har.h"
#include "explain/qlog.h"
#include "explain/report_json.h"
#include "explain/waterfall.h"

/* Whatever servers say, an archive is JSON and UTF-8, and so are the other forms; no terminal is given a command. */
FUZZ_SEEDS(FUZZ_SEED("https://a.example/?a=b&c=d|GET / HTTP/1.1\r\nCookie: a=b; c=d\r\n|HTTP/1.1 200 OK\r\nSet-Cookie: a=b; "
		     "Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/\r\n|text/html|utf-8|A title|reason|detail"),
	   FUZZ_SEED("\"\\\x01\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80|\xff\xfe|\xc0\xaf|\xed\xa0\x80|</script>|\xe2\x80\xae|\x1b[2J|&<>"),
	   FUZZ_SEED("data:image/png;base64,AAAA|||||||"));

static const char *next_word(const uint8_t **at, const uint8_t *end, struct report *r)
{
	const uint8_t *from = *at;
	const char *word;

	while (*at < end && **at != '|')
		(*at)++;
	word = report_keep_n(r, (const char *)from, (size_t)(*at - from));
	*at += *at < end;
	return word;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct look look = look_plain(72);
	const uint8_t *at = data, *end = data + size;
	struct report_event e = { .at = SAMPLE_AT(1), .conn = REPORT_NONE, .resource = 1, .layer = REPORT_LAYER_HTTP };
	struct report_resource *x;
	struct report r;
	struct text t;

	sample_page(&r);
	x = &r.resource[1];
	x->url = r.url = next_word(&at, end, &r);
	x->request_head = next_word(&at, end, &r);
	x->response_head = next_word(&at, end, &r);
	x->mime = next_word(&at, end, &r);
	x->charset = next_word(&at, end, &r);
	r.title = next_word(&at, end, &r);
	x->reason = x->location = next_word(&at, end, &r);
	e.name = e.sentence = r.conn[0].host = next_word(&at, end, &r);
	e.bytes = (struct hf_bytes){ data, size };
	report_add_event(&r, &e);
	report_fail(&r.fault, REPORT_E_HTTP_CUT, REPORT_PEER, SAMPLE_AT(2), NULL, "%s", e.name);
	x->fault = r.fault;

	text_init(&t);
	har_write(&t, &r);
	FUZZ_CHECK(json_valid(text_str(&t)) && utf8_valid(text_str(&t)));
	text_clear(&t);
	qlog_write(&t, &r);
	FUZZ_CHECK(json_valid(text_str(&t)) && utf8_valid(text_str(&t)));
	text_clear(&t);
	report_json(&t, &r);
	FUZZ_CHECK(utf8_valid(text_str(&t)));
	text_clear(&t);
	error_page_html(&t, &r);
	FUZZ_CHECK(utf8_valid(text_str(&t)) && !strstr(text_str(&t), "<script") && !strstr(text_str(&t), "<!--"));
	text_clear(&t);
	waterfall_draw(&t, &r, &look);
	waterfall_totals(&t, &r, &look);
	error_page_text(&t, &r, &look);
	FUZZ_CHECK(!strchr(text_str(&t), '\x1b') && utf8_valid(text_str(&t)));
	text_free(&t);
	report_free(&r);
	return 0;
}
