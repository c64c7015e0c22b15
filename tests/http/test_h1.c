/* SPDX-License-Identifier: MIT */
#include "http_test.h"

#include "http/http_put.h"

#define HOST "Host: a\r\n"

static struct pieces pieces;

/* Scans and parses one request whose octets lie in spans of `step`. */
static enum h1_fault parse_in_steps(const char *text, size_t len, size_t step, struct h1_head *ret)
{
	static uint8_t joined[H1_HEAD_BYTES];
	struct h1_scan scan = { 0 };
	enum h1_fault f = H1_NONE;
	struct h1_input in;
	size_t n = 0, have = 0;
	enum h1_more m = H1_MORE;

	cut(&pieces, text, len, step);
	/* As in life: more and more spans are there, and the scan goes on where it was. */
	for (size_t spans = 1; m == H1_MORE && spans <= pieces.n; spans++) {
		in = h1_input_over(pieces.span, spans, false);
		m = h1_scan_head(&scan, H1_REQUEST, &in, &n, &f);
	}
	if (m == H1_COMPLETE) {
		while (have < n) {
			struct hf_bytes here = h1_input_peek(&in);
			size_t k = hf_min_u64(here.len, n - have);

			memcpy(joined + have, here.at, k);
			h1_input_take(&in, k);
			have += k;
		}
		f = h1_parse_request((struct hf_bytes){ joined, n }, ret);
	}
	uncut(&pieces);
	return m == H1_MORE ? H1_CUT_SHORT : f;
}

static enum h1_fault parse(const char *text, struct h1_head *ret)
{
	enum h1_fault f = parse_in_steps(text, strlen(text), strlen(text), ret);
	static struct h1_head other;

	for (size_t step = 1; step < 8; step++)
		assert_fault(parse_in_steps(text, strlen(text), step, &other), f, text);
	return f;
}

static const struct row {
	const char *text;
	enum h1_fault want;
} rows[] = {
	/* the request line, RFC 9112 3 */
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", H1_NONE },
	{ "GET / HTTP/1.0\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.9\r\n" HOST "\r\n", H1_NONE },
	{ "BREW /pot HTTP/1.1\r\n" HOST "\r\n", H1_NONE },
	{ "GET /\r\n\r\n", H1_VERSION },
	{ "GET / HTTP/2.0\r\n" HOST "\r\n", H1_VERSION },
	{ "PRI * HTTP/2.0\r\n\r\n", H1_VERSION },
	{ "GET / HTTP/0.9\r\n\r\n", H1_VERSION },
	{ "GET / http/1.1\r\n" HOST "\r\n", H1_VERSION_FORM },
	{ "GET / HTTP/1.10\r\n" HOST "\r\n", H1_VERSION_FORM },
	{ "GET / HTTP/1,1\r\n" HOST "\r\n", H1_VERSION_FORM },
	{ "GET / HTTP/1.1 \r\n" HOST "\r\n", H1_VERSION_FORM },
	{ "GET  / HTTP/1.1\r\n" HOST "\r\n", H1_REQUEST_LINE },
	{ "GET /  HTTP/1.1\r\n" HOST "\r\n", H1_VERSION_FORM },
	{ "GET /a b HTTP/1.1\r\n" HOST "\r\n", H1_VERSION_FORM },
	{ " GET / HTTP/1.1\r\n" HOST "\r\n", H1_METHOD },
	{ "GET\r\n\r\n", H1_REQUEST_LINE },
	{ "G(T / HTTP/1.1\r\n" HOST "\r\n", H1_METHOD },
	{ "GET\t/ HTTP/1.1\r\n" HOST "\r\n", H1_METHOD },
	{ "GET /#x HTTP/1.1\r\n" HOST "\r\n", H1_TARGET },
	{ "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", H1_TARGET },
	/* line ends and octets, RFC 9112 2.2 */
	{ "GET / HTTP/1.1\n" HOST "\r\n", H1_BARE_LF },
	{ "GET / HTTP/1.1\r\nHost: a\n\r\n", H1_BARE_LF },
	{ "GET / HTTP/1.1\r\nHost: a\r\n\n", H1_BARE_LF },
	{ "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", H1_BARE_CR },
	{ "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", H1_BARE_CR },
	{ "GET / HTTP/1.1\r\nHost: a\r\n\rX", H1_BARE_CR },
	{ "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n", H1_CONTROL },
	{ "GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", H1_CONTROL },
	{ "\x16\x03\x01\x02", H1_TLS },
	/* field lines, RFC 9112 5 */
	{ "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", H1_OBS_FOLD },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n", H1_OBS_FOLD },
	{ "GET / HTTP/1.1\r\n Host: a\r\n\r\n", H1_OBS_FOLD },
	{ "GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n", H1_SPACE_BEFORE_COLON },
	{ "GET / HTTP/1.1\r\n" HOST "X\t: a\r\n\r\n", H1_SPACE_BEFORE_COLON },
	{ "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", H1_NO_COLON },
	{ "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", H1_FIELD_NAME },
	{ "GET / HTTP/1.1\r\n" HOST "X(: a\r\n\r\n", H1_FIELD_NAME },
	{ "GET / HTTP/1.1\r\n" HOST "X y: a\r\n\r\n", H1_FIELD_NAME },
	{ "GET / HTTP/1.1\r\n" HOST "X:\r\nY:   \r\nZ: \xff \t q\r\n\r\n", H1_NONE },
	/* Host, RFC 9112 3.2 */
	{ "GET / HTTP/1.1\r\n\r\n", H1_HOST_MISSING },
	{ "GET / HTTP/1.1\r\nHost:\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", H1_HOST_TWICE },
	{ "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", H1_HOST_TWICE },
	{ "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", H1_HOST_FORM },
	{ "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", H1_HOST_FORM },
	{ "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", H1_HOST_FORM },
	{ "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", H1_HOST_FORM },
	{ "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", H1_HOST_FORM },
	{ "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", H1_HOST_FORM },
	/* where a body ends: what request smuggling lives on, RFC 9112 6.3 and 11.2 */
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", H1_LENGTH_DIFFERS },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775807\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775808\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\n", H1_LENGTH_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: , chunked ,\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", H1_LENGTH_AND_CODING },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", H1_LENGTH_AND_CODING },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n", H1_LENGTH_AND_CODING },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", H1_CODING_UNKNOWN },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", H1_CODING_UNKNOWN },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", H1_CODING_UNKNOWN },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n", H1_CODING_UNKNOWN },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked;q=1\r\n\r\n", H1_CODING_UNKNOWN },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, gzip\r\n\r\n", H1_CODING_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", H1_CODING_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n", H1_CODING_FORM },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n", H1_SPACE_BEFORE_COLON },
	{ "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding:\x0b"
	  "chunked\r\n\r\n",
	  H1_CONTROL },
	{ "GET / HTTP/1.1\r\n" HOST "X: y\r\n Transfer-Encoding: chunked\r\n\r\n", H1_OBS_FOLD },
	{ "GET / HTTP/1.1\r\n" HOST "X: y\nTransfer-Encoding: chunked\r\n\r\n", H1_BARE_LF },
	{ "GET / HTTP/1.1\r\n" HOST "X: y\rTransfer-Encoding: chunked\r\n\r\n", H1_BARE_CR },
	{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", H1_CODING_IN_1_0 },
	/* RFC 9110 10.1.1 */
	{ "GET / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n", H1_NONE },
	{ "GET / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n", H1_EXPECTATION },
	{ "GET / HTTP/1.0\r\nExpect: anything\r\n\r\n", H1_NONE },
};

static void test_rows(void **state)
{
	struct h1_head h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		assert_fault(parse(rows[i].text, &h), rows[i].want, rows[i].text);
}

/* Every prefix of a good head is only a part of it: never taken for whole, never refused. */
static void test_prefixes(void **state)
{
	struct h1_head h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		for (size_t n = 1; rows[i].want == H1_NONE && n < strlen(rows[i].text); n++)
			assert_fault(parse_in_steps(rows[i].text, n, 3, &h), H1_CUT_SHORT, rows[i].text);
}

/* Every fault of the table that a request can have, but those of other layers, is shown by a row above or by a test below. */
static void test_every_fault_has_a_row(void **state)
{
	bool seen[H1_FAULT_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		seen[rows[i].want] = true;
	for (unsigned f = H1_REQUEST_LINE; f <= H1_EXPECTATION; f++)
		if (f != H1_STATUS_LINE && f != H1_STATUS_SWITCH && !seen[f])
			fail_msg("no row for %s", h1_fault_name(f));
}

static char big[40000];

static enum h1_fault parse_big(struct h1_head *h)
{
	enum h1_fault whole = parse_in_steps(big, strlen(big), 4096, h);

	assert_fault(parse_in_steps(big, strlen(big), 7, h), whole, "a large head");
	return whole;
}

static void make_line(size_t line) /* octets of the request line with its end */
{
	snprintf(big, sizeof(big), "GET /%0*d HTTP/1.1\r\n" HOST "\r\n", (int)(line - strlen("GET / HTTP/1.1\r\n")), 0);
}

static void test_line_limit(void **state)
{
	struct h1_head h;

	(void)state;
	make_line(H1_LINE_BYTES);
	assert_fault(parse_big(&h), H1_NONE, "8192");
	make_line(H1_LINE_BYTES + 2);
	assert_fault(parse_big(&h), H1_LINE_TOO_LONG, "8194");
}

static void make_head(size_t octets)
{
	static const char begin[] = "GET / HTTP/1.1\r\n" HOST "X: ";

	snprintf(big, sizeof(big), "%s%0*d\r\n\r\n", begin, (int)(octets - strlen(begin) - 4), 0);
	assert_int_equal(strlen(big), octets);
}

static void test_head_limit(void **state)
{
	struct h1_head h;

	(void)state;
	make_head(H1_HEAD_BYTES);
	assert_fault(parse_big(&h), H1_NONE, "16384");
	make_head(H1_HEAD_BYTES + 1);
	assert_fault(parse_big(&h), H1_HEAD_TOO_LARGE, "16385");
}

static void make_fields(unsigned n)
{
	size_t at = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\n" HOST);

	for (unsigned i = 1; i < n; i++)
		at += (size_t)snprintf(big + at, sizeof(big) - at, "X%u: y\r\n", i);
	snprintf(big + at, sizeof(big) - at, "\r\n");
}

static void test_field_limit(void **state)
{
	struct h1_head h;

	(void)state;
	make_fields(H1_FIELDS);
	assert_fault(parse_big(&h), H1_NONE, "100 fields");
	assert_int_equal(h.fields, H1_FIELDS);
	make_fields(H1_FIELDS + 1);
	assert_fault(parse_big(&h), H1_TOO_MANY_FIELDS, "101 fields");
}

static void test_what_a_head_says(void **state)
{
	struct h1_head h;

	(void)state;
	assert_fault(parse("HEAD /a?b=c HTTP/1.1\r\nhOST: example:80\r\nX-Y:  v w\t\r\nContent-Length: 17\r\nExpect: 100-continue\r\n\r\n",
			   &h),
		     H1_NONE, "");
	assert_int_equal(h.method, HTTP_HEAD);
	assert_bytes(h.target, "/a?b=c");
	assert_bytes(h.host, "example:80");
	assert_int_equal(h.minor, 1);
	assert_true(h.keep_alive);
	assert_true(h.expect_continue);
	assert_int_equal(h.framing, H1_BODY_LENGTH);
	assert_int_equal(h.length, 17);
	assert_bytes(h1_find(&h, "x-y")->value, "v w");
	assert_null(h1_find(&h, "x-z"));
}

/* RFC 9112 9.3 */
static void test_keep_alive(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} kept[] = {
		{ "GET / HTTP/1.1\r\n" HOST "\r\n", true },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\n" HOST "Connection: keep-alive\r\nConnection: close\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false },
	};
	struct h1_head h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(kept); i++) {
		assert_fault(parse(kept[i].text, &h), H1_NONE, kept[i].text);
		if (h.keep_alive != kept[i].want)
			fail_msg("keep-alive is %d for %s", h.keep_alive, kept[i].text);
	}
}

static void test_methods(void **state)
{
	static const struct {
		const char *method;
		enum http_method want;
	} methods[] = { { "GET", HTTP_GET },       { "HEAD", HTTP_HEAD },    { "POST", HTTP_OTHER },
			{ "PUT", HTTP_OTHER },     { "DELETE", HTTP_OTHER }, { "CONNECT", HTTP_OTHER },
			{ "OPTIONS", HTTP_OTHER }, { "TRACE", HTTP_OTHER },  { "PATCH", HTTP_OTHER },
			{ "get", HTTP_UNKNOWN },   { "GETS", HTTP_UNKNOWN }, { "BREW", HTTP_UNKNOWN } };
	struct h1_head h;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(methods); i++) {
		snprintf(big, sizeof(big), "%s * HTTP/1.1\r\n" HOST "\r\n", methods[i].method);
		assert_fault(parse_big(&h), H1_NONE, big);
		assert_int_equal(h.method, methods[i].want);
	}
}

/* ---- bodies ---- */

struct taken {
	char content[65536];
	size_t len;
	enum h1_body_step end;
	enum h1_fault fault;
	size_t octets; /* taken from the input */
};

static void take_body(const struct h1_head *h, const char *text, size_t step, bool eof, struct taken *t)
{
	struct h1_body body;
	size_t len = strlen(text);

	t->len = t->octets = 0;
	t->fault = H1_NONE;
	t->end = H1_BODY_MORE;
	h1_body_begin(&body, h);
	cut(&pieces, text, len, step);
	for (size_t i = 0; i <= pieces.n && t->end == H1_BODY_MORE; i++) {
		struct h1_input in = h1_input_over(&pieces.span[i], i < pieces.n, eof && i == pieces.n);
		struct hf_bytes data;

		while ((t->end = h1_body_next(&body, &in, &data, &t->fault)) == H1_BODY_DATA) {
			memcpy(t->content + t->len, data.at, data.len);
			t->len += data.len;
		}
		t->octets += in.taken;
	}
	uncut(&pieces);
}

static const struct {
	const char *text, *content;
	enum h1_body_step end;
	enum h1_fault fault;
	size_t octets; /* where the next message begins; 0: do not look */
} chunked[] = {
	{ "0\r\n\r\n", "", H1_BODY_END, H1_NONE, 5 },
	{ "3\r\nabc\r\n0\r\n\r\nGET", "abc", H1_BODY_END, H1_NONE, 13 },
	{ "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", "abcdefg", H1_BODY_END, H1_NONE, 0 },
	{ "00000000A\r\n0123456789\r\n000\r\n\r\n", "0123456789", H1_BODY_END, H1_NONE, 0 },
	{ "a\r\n0123456789\r\n0\r\n\r\n", "0123456789", H1_BODY_END, H1_NONE, 0 },
	{ "3;x\r\nabc\r\n0;y=\"z;\"\r\n\r\n", "abc", H1_BODY_END, H1_NONE, 0 },
	{ "3 \t;x=y\r\nabc\r\n0\r\n\r\n", "abc", H1_BODY_END, H1_NONE, 0 },
	{ "0\r\nA: b\r\nC: d\r\n\r\nGET", "", H1_BODY_END, H1_NONE, 17 },
	{ "3\r\nab\r\n0\r\n\r\n", "ab\r", H1_BODY_FAULTY, H1_CHUNK_END, 0 },
	{ "3\r\nabcd\r\n0\r\n\r\n", "abc", H1_BODY_FAULTY, H1_CHUNK_END, 0 },
	{ "3\r\nabc\n0\r\n\r\n", "abc", H1_BODY_FAULTY, H1_CHUNK_END, 0 },
	{ "3\nabc\r\n0\r\n\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ "\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ "0x3\r\nabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ "+3\r\nabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ "-3\r\nabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ " 3\r\nabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ "3 \r\nabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_LINE, 0 },
	{ "3 3\r\nabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_LINE, 0 },
	{ "3;x\ny\r\nabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_LINE, 0 },
	{ "3\rabc\r\n", "", H1_BODY_FAULTY, H1_CHUNK_LINE, 0 },
	{ "fffffffffffffff\r\n", "", H1_BODY_MORE, H1_CUT_SHORT, 0 },
	{ "10000000000000000\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ "ffffffffffffffffff\r\n", "", H1_BODY_FAULTY, H1_CHUNK_SIZE, 0 },
	{ "0\r\n A: b\r\n\r\n", "", H1_BODY_FAULTY, H1_TRAILER, 0 },
	{ "0\r\nA: b\n\r\n", "", H1_BODY_FAULTY, H1_TRAILER, 0 },
	{ "0\r\nA: b\r\n\rX", "", H1_BODY_FAULTY, H1_TRAILER, 0 },
	{ "0\r\n\rX", "", H1_BODY_FAULTY, H1_TRAILER, 0 },
	{ "3\r\nab", "ab", H1_BODY_MORE, H1_CUT_SHORT, 0 },
};

static void test_chunked(void **state)
{
	struct h1_head h = { .framing = H1_BODY_CHUNKED };
	static struct taken t;

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(chunked); i++)
		for (size_t step = 1; step <= strlen(chunked[i].text); step++) {
			take_body(&h, chunked[i].text, step, false, &t);
			if (t.end != chunked[i].end)
				fail_msg("ended with %d (%s) for %s", t.end, h1_fault_name(t.fault), chunked[i].text);
			if (t.end == H1_BODY_FAULTY)
				assert_fault(t.fault, chunked[i].fault, chunked[i].text);
			assert_bytes((struct hf_bytes){ (uint8_t *)t.content, t.len }, chunked[i].content);
			if (chunked[i].octets && t.octets > 0)
				assert_true(t.octets == chunked[i].octets);
		}
}

/* A good body cut anywhere is cut short, never whole. */
static void test_chunked_prefixes(void **state)
{
	static const char good[] = "3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n";
	struct h1_head h = { .framing = H1_BODY_CHUNKED };
	static struct taken t;
	char part[sizeof(good)];

	(void)state;
	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		memcpy(part, good, n);
		part[n] = '\0';
		take_body(&h, part, 2, true, &t);
		assert_int_equal(t.end, H1_BODY_FAULTY);
		assert_fault(t.fault, H1_CUT_SHORT, part);
	}
}

static void test_chunk_line_limit(void **state)
{
	struct h1_head h = { .framing = H1_BODY_CHUNKED };
	static struct taken t;

	(void)state;
	snprintf(big, sizeof(big), "0;%0*d\r\n\r\n", (int)(H1_CHUNK_LINE_BYTES - 4), 0);
	take_body(&h, big, 100, false, &t);
	assert_int_equal(t.end, H1_BODY_END);
	snprintf(big, sizeof(big), "0;%0*d\r\n\r\n", (int)(H1_CHUNK_LINE_BYTES - 3), 0);
	take_body(&h, big, 100, false, &t);
	assert_fault(t.fault, H1_CHUNK_LINE, "1025 octets");
	snprintf(big, sizeof(big), "0\r\nA: %0*d\r\n\r\n", (int)(H1_TRAILER_BYTES - 7), 0);
	take_body(&h, big, 100, false, &t);
	assert_int_equal(t.end, H1_BODY_END);
	snprintf(big, sizeof(big), "0\r\nA: %0*d\r\n\r\n", (int)(H1_TRAILER_BYTES - 6), 0);
	take_body(&h, big, 100, false, &t);
	assert_fault(t.fault, H1_TRAILER, "8193 octets");
}

static void test_length(void **state)
{
	struct h1_head h = { .framing = H1_BODY_LENGTH, .length = 5 };
	static struct taken t;

	(void)state;
	for (size_t step = 1; step < 10; step++) {
		take_body(&h, "helloGET /", step, false, &t);
		assert_int_equal(t.end, H1_BODY_END);
		assert_bytes((struct hf_bytes){ (uint8_t *)t.content, t.len }, "hello");
		take_body(&h, "hell", step, true, &t);
		assert_int_equal(t.end, H1_BODY_FAULTY);
		assert_fault(t.fault, H1_CUT_SHORT, "hell");
	}
	h.framing = H1_BODY_CLOSE;
	take_body(&h, "all of it", 2, true, &t);
	assert_int_equal(t.end, H1_BODY_END);
	assert_bytes((struct hf_bytes){ (uint8_t *)t.content, t.len }, "all of it");
	take_body(&h, "all of it", 2, false, &t);
	assert_int_equal(t.end, H1_BODY_MORE);
	h.framing = H1_BODY_NONE;
	take_body(&h, "GET /", 2, false, &t);
	assert_int_equal(t.end, H1_BODY_END);
	assert_int_equal(t.octets, 0);
}

static void test_lists(void **state)
{
	struct hf_bytes list = bytes_of(" , a,\"b,\\\"c\" , W/\"d\"\t,,"), one;

	(void)state;
	assert_true(h1_list_next(&list, &one));
	assert_bytes(one, "a");
	assert_true(h1_list_next(&list, &one));
	assert_bytes(one, "\"b,\\\"c\"");
	assert_true(h1_list_next(&list, &one));
	assert_bytes(one, "W/\"d\"");
	assert_false(h1_list_next(&list, &one));
}

static void test_error_page_escapes(void **state)
{
	char room[64], path[64];
	struct hf_wr out = hf_wr_over(room, sizeof(room)), as_path = hf_wr_over(path, sizeof(path));

	(void)state;
	http_put_html(&out, bytes_of("<a&\"b'\x01>"));
	assert_bytes((struct hf_bytes){ (uint8_t *)room, hf_wr_len(&out) }, "&#60;a&#38;&#34;b&#39;&#63;&#62;");
	http_put_path(&as_path, "/a b/%?#\xc3\xa9:~");
	assert_bytes((struct hf_bytes){ (uint8_t *)path, hf_wr_len(&as_path) }, "/a%20b/%25%3F%23%C3%A9:~");
}

/* Every fault a server can answer has a status with a reason, and each row says where it comes from. */
static void test_fault_table(void **state)
{
	(void)state;
	for (unsigned f = H1_NONE + 1; f < H1_FAULT_COUNT; f++) {
		unsigned status = h1_fault_status(f);

		assert_true(status == 0 || (status >= 400 && http_reason(status)[0] != '\0'));
		assert_true(strlen(h1_fault_sentence(f)) > 10 && strchr(h1_fault_rfc(f), ' ') != NULL);
	}
	assert_string_equal(http_reason(299), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_every_fault_has_a_row),
		cmocka_unit_test(test_line_limit),
		cmocka_unit_test(test_head_limit),
		cmocka_unit_test(test_field_limit),
		cmocka_unit_test(test_what_a_head_says),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_chunked),
		cmocka_unit_test(test_chunked_prefixes),
		cmocka_unit_test(test_chunk_line_limit),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_error_page_escapes),
		cmocka_unit_test(test_fault_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
