/* SPDX-License-Identifier: MIT */
#include "http_test.h"

#include "http/http_client.h"

static struct pieces pieces;
static uint8_t scratch[H1_HEAD_BYTES];

struct result {
	enum http_client_does end;
	enum h1_fault fault;
	unsigned status, interims;
	char content[4096];
	size_t len;
};

static struct result run(const char *text, bool to_head, bool eof, size_t step)
{
	struct result r = { .end = HTTP_CLIENT_WAIT };
	struct http_client c;
	size_t from = 0, offset = 0;

	http_client_init(&c, to_head);
	cut(&pieces, text, strlen(text), step);
	for (size_t n = 0; n <= pieces.n && r.end == HTTP_CLIENT_WAIT; n++) {
		/* What was not taken is shown again, with one more span behind it. */
		struct h1_input in = h1_input_over(pieces.span + from, n - from, eof && n == pieces.n);
		struct hf_bytes data;
		struct h1_head head;

		h1_input_take(&in, offset);
		for (bool more = true; more;) {
			switch (r.end = http_client_next(&c, &in, scratch, &head, &data)) {
			case HTTP_CLIENT_TELL_INTERIM:
				r.interims++;
				break;
			case HTTP_CLIENT_TELL_HEAD:
				r.status = head.status;
				break;
			case HTTP_CLIENT_TELL_DATA:
				memcpy(r.content + r.len, data.at, data.len);
				r.len += data.len;
				break;
			default:
				more = false;
				break;
			}
		}
		from += in.span;
		offset = in.offset;
	}
	r.fault = c.fault;
	uncut(&pieces);
	return r;
}

static const struct {
	const char *text;
	bool to_head, eof;
	enum http_client_does end;
	unsigned status;
	const char *content;
	enum h1_fault fault;
} rows[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, false, HTTP_CLIENT_TELL_DONE, 200, "hello", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello more", false, false, HTTP_CLIENT_TELL_DONE, 200, "hello",
	  H1_NONE },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false, false, HTTP_CLIENT_WAIT, 200, "hell", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false, true, HTTP_CLIENT_TELL_FAILED, 200, "hell",
	  H1_CUT_SHORT },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, false, HTTP_CLIENT_TELL_DONE, 200, "", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", false, false,
	  HTTP_CLIENT_TELL_DONE, 200, "abc", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false, true, HTTP_CLIENT_TELL_FAILED,
	  200, "abc", H1_CUT_SHORT },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", false, false, HTTP_CLIENT_TELL_FAILED, 200, "",
	  H1_CHUNK_SIZE },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n3\r\nabc\r\n0\r\n\r\n", false,
	  false, HTTP_CLIENT_TELL_DONE, 200, "abc", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", false, true, HTTP_CLIENT_TELL_FAILED, 0, "",
	  H1_CODING_UNKNOWN },
	{ "HTTP/1.1 200 OK\r\n\r\nto the end", false, true, HTTP_CLIENT_TELL_DONE, 200, "to the end", H1_NONE },
	{ "HTTP/1.0 200 OK\r\n\r\nto the", false, false, HTTP_CLIENT_WAIT, 200, "to the", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, false, HTTP_CLIENT_TELL_DONE, 200, "", H1_NONE },
	{ "HTTP/1.1 204 No Content\r\n\r\n", false, false, HTTP_CLIENT_TELL_DONE, 204, "", H1_NONE },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, false, HTTP_CLIENT_TELL_DONE, 304, "", H1_NONE },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\n!",
	  false, false, HTTP_CLIENT_TELL_DONE, 404, "!", H1_NONE },
	{ "HTTP/1.1 101 Switching\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_STATUS_SWITCH },
	{ "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n!", false, false, HTTP_CLIENT_TELL_DONE, 200, "!", H1_NONE },
	{ "HTTP/1.0 200 OK\nContent-Length: 1\n\n!", false, false, HTTP_CLIENT_TELL_DONE, 200, "!", H1_NONE },
	{ "HTTP/1.1 20 OK\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_STATUS_LINE },
	{ "HTTP/1.1 2000 OK\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_STATUS_LINE },
	{ "HTTP/1.1 099 OK\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_STATUS_LINE },
	{ "HTTP/1.1 600 OK\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_STATUS_LINE },
	{ "HTTP/2.0 200 OK\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_VERSION },
	{ "SSH-2.0-OpenSSH\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_STATUS_LINE },
	{ "\x15\x03\x01", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_TLS },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n!", false, false, HTTP_CLIENT_TELL_FAILED,
	  0, "", H1_LENGTH_DIFFERS },
	{ "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n!", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_LENGTH_FORM },
	{ "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "",
	  H1_CODING_IN_1_0 },
	/* A folded line counts as one line with spaces, but not before the first field: RFC 9112 5.2 and 2.2. */
	{ "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc\r\nContent-Length: 1\r\n\r\n!", false, false, HTTP_CLIENT_TELL_DONE,
	  200, "!", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nContent-Length:\r\n  1\r\n\r\n!", false, false, HTTP_CLIENT_TELL_DONE, 200, "!", H1_NONE },
	{ "HTTP/1.1 200 OK\nX: a\n \nContent-Length: 1\n\n!", false, false, HTTP_CLIENT_TELL_DONE, 200, "!", H1_NONE },
	{ "HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 9\r\nContent-Length: 1\r\n\r\n!", false, false,
	  HTTP_CLIENT_TELL_DONE, 200, "!", H1_NONE },
	{ "HTTP/1.1 200 OK\r\n X: a\r\n\r\n", false, false, HTTP_CLIENT_TELL_FAILED, 0, "", H1_OBS_FOLD },
	{ "HTTP/1.1 200 OK\r\nX", false, true, HTTP_CLIENT_TELL_FAILED, 0, "", H1_CUT_SHORT },
	{ "", false, true, HTTP_CLIENT_TELL_FAILED, 0, "", H1_CUT_SHORT },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		for (size_t step = 1; step < 12; step++) {
			struct result r = run(rows[i].text, rows[i].to_head, rows[i].eof, step);

			if (r.end != rows[i].end || r.status != rows[i].status)
				fail_msg("ends with %d, status %u, %s for %s", r.end, r.status, h1_fault_name(r.fault),
					 rows[i].text);
			assert_bytes((struct hf_bytes){ (uint8_t *)r.content, r.len }, rows[i].content);
			assert_fault(r.fault, rows[i].fault, rows[i].text);
		}
}

static void test_interims_have_a_limit(void **state)
{
	char text[2048] = "";
	struct result r;

	(void)state;
	for (unsigned i = 0; i < HTTP_CLIENT_INTERIMS; i++)
		memcpy(text + 25 * i, "HTTP/1.1 100 Continue\r\n\r\n", 26);
	r = run(text, false, false, 100);
	assert_int_equal(r.end, HTTP_CLIENT_WAIT);
	assert_int_equal(r.interims, HTTP_CLIENT_INTERIMS);
	memcpy(text + 25 * HTTP_CLIENT_INTERIMS, "HTTP/1.1 100 Continue\r\n\r\n", 26);
	r = run(text, false, false, 100);
	assert_int_equal(r.end, HTTP_CLIENT_TELL_FAILED);
}

static void test_table(void **state)
{
	bool seen[HTTP_CLIENT_STATE_COUNT][HTTP_CLIENT_EVENT_COUNT] = { { false } };
	const struct http_client_arrow *arrows;
	size_t n = http_client_rows(&arrows);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_false(seen[arrows[i].from][arrows[i].on]);
		seen[arrows[i].from][arrows[i].on] = true;
		assert_true(arrows[i].from == HTTP_CLIENT_HEAD || arrows[i].from == HTTP_CLIENT_BODY);
	}
	assert_string_equal(http_client_state_name(HTTP_CLIENT_DONE), "DONE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_interims_have_a_limit),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
