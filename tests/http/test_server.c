/* SPDX-License-Identifier: MIT */
/*
 * The server's machine driven as the program drives it, on a clock of the test's own. What it did is told as a line of
 * words, which the tests compare: "ask" and "refuse 400" and so on, in order.
 */
#include "http_test.h"

#include "http/http_server.h"

static const struct http_server_config config = {
	.idle = HF_S(60), .head = HF_S(10), .linger = HF_S(2), .stall = HF_S(120), .body_limit = 1000
};

struct lab {
	struct http_server s;
	hf_time_ns now;
	char octets[70000]; /* received and not yet taken */
	size_t len;
	bool eof;
	bool answers; /* answers are written at once, and acknowledged */
	char told[4096];
	struct h1_head head;
};

static struct lab lab;
static struct pieces pieces;
static uint8_t scratch[H1_HEAD_BYTES];

static void begin(void)
{
	memset(&lab, 0, offsetof(struct lab, head));
	lab.now = HF_S(1000);
	lab.answers = true;
	http_server_init(&lab.s, &config, lab.now);
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	size_t n = strlen(lab.told);
	va_list args;

	va_start(args, format);
	vsnprintf(lab.told + n, sizeof(lab.told) - n, format, args);
	va_end(args);
}

static void tell_request(void)
{
	tell("%.*s %.*s, ", (int)lab.head.method_text.len, (const char *)lab.head.method_text.at,
	     (int)lab.head.target.len, (const char *)lab.head.target.at);
}

/* Goes on until nothing more can be done, octets shown in spans of `step`. */
static void run(size_t step)
{
	enum http_server_does does;

	do {
		struct h1_input in;

		cut(&pieces, lab.octets, lab.len, step);
		in = h1_input_over(pieces.span, pieces.n, lab.eof);
		does = http_server_next(&lab.s, &config, &in, scratch, &lab.head, lab.now);
		if (does == HTTP_SERVER_ASK)
			tell_request();
		uncut(&pieces);
		memmove(lab.octets, lab.octets + in.taken, lab.len - in.taken);
		lab.len -= in.taken;
		if (does == HTTP_SERVER_REFUSE)
			tell("refuse %u, ", h1_fault_status(lab.s.fault));
		else if (does == HTTP_SERVER_CONTINUE)
			tell("100, ");
		else if (does == HTTP_SERVER_SHUT)
			tell("shut, ");
		if (does == HTTP_SERVER_SHUT && lab.answers)
			http_server_acked(&lab.s, &config, true, lab.now);
		if (does == HTTP_SERVER_CLOSE)
			tell("close, ");
		else if (does == HTTP_SERVER_ABORT)
			tell("abort, ");
		if (lab.answers && http_server_may_answer(&lab.s) && does != HTTP_SERVER_ASK && does != HTTP_SERVER_REFUSE) {
			http_server_answered(&lab.s, &config, lab.now);
			http_server_acked(&lab.s, &config, true, lab.now);
			tell("answered, ");
			does = HTTP_SERVER_ASK;
		}
	} while (does != HTTP_SERVER_WAIT && does != HTTP_SERVER_CLOSE && does != HTTP_SERVER_ABORT);
}

static void receive(const char *text, size_t step)
{
	memcpy(lab.octets + lab.len, text, strlen(text));
	lab.len += strlen(text);
	run(step);
}

static void finish(void)
{
	lab.eof = true;
	run(1000);
}

static void pass(hf_time_ns t)
{
	lab.now += t;
	run(1000);
}

/* The same whether the octets come at once or one by one. */
static void expect(const char *text, bool eof, const char *told, const char *state)
{
	char at_once[sizeof(lab.told)];

	begin();
	receive(text, 1000);
	if (eof)
		finish();
	memcpy(at_once, lab.told, sizeof(at_once));
	if (strcmp(lab.told, told) != 0)
		fail_msg("\"%s\" instead of \"%s\" for %s", lab.told, told, text);
	assert_string_equal(http_server_state_name(lab.s.state), state);
	for (size_t step = 1; step < 9; step += 3) {
		begin();
		for (const char *p = text; *p; p++)
			receive((char[]){ *p, '\0' }, step);
		if (eof)
			finish();
		/* 100 (Continue) depends on whether the body is here already, and on nothing else. */
		if (!strstr(at_once, "100") && !strstr(lab.told, "100"))
			assert_string_equal(lab.told, told);
	}
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void test_one_request(void **state)
{
	(void)state;
	expect(GET("/a"), false, "GET /a, answered, ", "IDLE");
	expect(GET("/a"), true, "GET /a, answered, shut, close, ", "DONE");
	expect("GET /a HTTP/1.0\r\n\r\n", false, "GET /a, answered, shut, ", "LINGER");
	expect("GET /a HTTP/1.0\r\n\r\n", true, "GET /a, answered, shut, close, ", "DONE");
	expect("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false, "GET /a, answered, shut, ", "LINGER");
}

/* RFC 9112 9.3.2 */
static void test_pipelining(void **state)
{
	(void)state;
	expect(GET("/a") GET("/b") GET("/c"), false, "GET /a, answered, GET /b, answered, GET /c, answered, ", "IDLE");
	expect(GET("/a") "GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/c"), false,
	       "GET /a, answered, GET /b, answered, shut, ", "LINGER");
}

/* RFC 9112 2.2 */
static void test_empty_lines_before(void **state)
{
	(void)state;
	expect("\r\n\r\n" GET("/a") "\r\n" GET("/b"), false, "GET /a, answered, GET /b, answered, ", "IDLE");
	expect("\r\n", true, "shut, close, ", "DONE");
	expect("\r", false, "", "IDLE");
	expect("\rX", false, "refuse 400, answered, shut, ", "LINGER");
}

static void test_empty_lines_do_not_keep_it(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 7; i++) {
		receive("\r\n", 1);
		pass(HF_S(9));
	}
	assert_string_equal(lab.told, "shut, ");
}

static void test_bodies(void **state)
{
	static char large[1300];

	(void)state;
	expect("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), false,
	       "GET /a, answered, GET /b, answered, ", "IDLE");
	expect("GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" GET("/b"), false,
	       "GET /a, answered, GET /b, answered, ", "IDLE");
	expect("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell", true,
	       "GET /a, refuse 400, answered, shut, close, ", "DONE");
	expect("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", false, "refuse 413, answered, shut, ",
	       "LINGER");
	expect("GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz", false,
	       "GET /a, refuse 400, answered, shut, ", "LINGER");
	snprintf(large, sizeof(large),
		 "GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n%01001d\r\n0\r\n\r\n", 0);
	expect(large, false, "GET /a, refuse 413, answered, shut, ", "LINGER");
	expect("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET("/b"), false,
	       "refuse 405, answered, shut, ", "LINGER");
	expect("BREW /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", false, "refuse 501, answered, shut, ",
	       "LINGER");
	expect("POST /a HTTP/1.1\r\nHost: a\r\n\r\n" GET("/b"), false, "POST /a, answered, GET /b, answered, ", "IDLE");
}

/* What one reader takes for a body must never become the next request of another: RFC 9112 11.2. */
static void test_smuggling(void **state)
{
	(void)state;
	expect("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" GET("/evil"),
	       false, "refuse 400, answered, shut, ", "LINGER");
	expect("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" GET("/evil"), false,
	       "refuse 400, answered, shut, ", "LINGER");
	expect("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" GET("/evil"), false,
	       "refuse 501, answered, shut, ", "LINGER");
	expect("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n" GET("/evil"), false,
	       "refuse 400, answered, shut, ", "LINGER");
	expect("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n" GET("/evil"), false,
	       "GET /, refuse 400, answered, shut, ", "LINGER");
}

static void test_refusals(void **state)
{
	(void)state;
	expect("GET / HTTP/1.1\r\n\r\n" GET("/b"), false, "refuse 400, answered, shut, ", "LINGER");
	expect("GET / HTTP/3.0\r\n\r\n", false, "refuse 505, answered, shut, ", "LINGER");
	expect("\x16\x03\x01", false, "refuse 400, answered, shut, ", "LINGER");
	expect("GET / HT", true, "refuse 400, answered, shut, close, ", "DONE");
	expect("", true, "shut, close, ", "DONE");
}

/* RFC 9110 10.1.1 */
static void test_continue(void **state)
{
	(void)state;
	begin();
	receive("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 1000);
	assert_string_equal(lab.told, "GET /a, 100, ");
	assert_int_equal(lab.s.state, HTTP_SERVER_BODY);
	assert_false(http_server_may_answer(&lab.s));
	receive("hello", 1000);
	assert_string_equal(lab.told, "GET /a, 100, answered, ");
	begin(); /* not asked for when the body came along */
	receive("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello", 1000);
	assert_string_equal(lab.told, "GET /a, answered, ");
}

static void test_idle_timeout(void **state)
{
	(void)state;
	begin();
	run(1);
	assert_true(lab.s.deadline == lab.now + HF_S(60));
	pass(HF_S(60) - 1);
	assert_string_equal(lab.told, "");
	pass(1);
	assert_string_equal(lab.told, "shut, ");
	assert_int_equal(lab.s.state, HTTP_SERVER_LINGER);
	pass(HF_S(2));
	assert_string_equal(lab.told, "shut, close, ");
	assert_true(lab.s.deadline == HF_NEVER);
	begin(); /* an answered request starts it anew */
	pass(HF_S(59));
	receive(GET("/"), 1);
	pass(HF_S(59));
	assert_string_equal(lab.told, "GET /, answered, ");
	pass(HF_S(1));
	assert_string_equal(lab.told, "GET /, answered, shut, ");
}

/* Ten seconds from the first octet, however the rest drips in. */
static void test_head_timeout(void **state)
{
	(void)state;
	begin();
	pass(HF_S(50));
	for (const char *p = "GET /index.html"; *p && !*lab.told; p++) {
		receive((char[]){ *p, '\0' }, 1);
		pass(HF_S(1));
	}
	assert_string_equal(lab.told, "refuse 408, answered, shut, ");
	assert_true(lab.now == HF_S(1000 + 50 + 10));
	begin();
	receive("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", 1000);
	pass(HF_S(10));
	assert_string_equal(lab.told, "GET /a, refuse 408, answered, shut, ");
}

/* A reader that takes nothing is let go; one that is slow is not. */
static void test_stall(void **state)
{
	(void)state;
	begin();
	lab.answers = false;
	receive(GET("/large"), 1000);
	for (int i = 0; i < 100; i++) {
		pass(HF_S(119));
		http_server_acked(&lab.s, &config, false, lab.now);
	}
	assert_string_equal(lab.told, "GET /large, ");
	pass(HF_S(120));
	assert_string_equal(lab.told, "GET /large, abort, ");
	begin(); /* all written, the peer's window closed for good */
	lab.answers = false;
	receive("GET /large HTTP/1.0\r\n\r\n", 1000);
	http_server_answered(&lab.s, &config, lab.now);
	pass(HF_S(119));
	assert_string_equal(lab.told, "GET /large, shut, ");
	assert_int_equal(lab.s.state, HTTP_SERVER_FLUSH);
	pass(HF_S(1));
	assert_string_equal(lab.told, "GET /large, shut, abort, ");
}

/* The next request waits in the queue until the answer before it is written. */
static void test_order(void **state)
{
	size_t first = strlen(GET("/a"));

	(void)state;
	begin();
	lab.answers = false;
	receive(GET("/a") GET("/b"), 1000);
	assert_string_equal(lab.told, "GET /a, ");
	assert_int_equal(lab.len, first);
	http_server_answered(&lab.s, &config, lab.now);
	run(1000);
	assert_string_equal(lab.told, "GET /a, GET /b, ");
	assert_int_equal(lab.s.requests, 2);
}

/* RFC 9112 9.6: what comes after the last answer is taken and thrown away, or a reset would overtake the answer. */
static void test_linger(void **state)
{
	(void)state;
	begin();
	receive("GET / HTTP/3.0\r\n\r\n", 1000);
	for (int i = 0; i < 50; i++)
		receive("more and more and more of a body that nobody wants", 1000);
	assert_int_equal(lab.len, 0);
	assert_string_equal(lab.told, "refuse 505, answered, shut, ");
	finish();
	assert_string_equal(lab.told, "refuse 505, answered, shut, close, ");
}

static void test_stop(void **state)
{
	(void)state;
	begin();
	http_server_stop(&lab.s, &config, lab.now);
	run(1);
	assert_string_equal(lab.told, "shut, ");
	begin();
	receive("GET / HT", 1);
	http_server_stop(&lab.s, &config, lab.now);
	run(1);
	assert_string_equal(lab.told, "shut, ");
	begin();
	receive("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", 1);
	http_server_stop(&lab.s, &config, lab.now);
	run(1);
	assert_string_equal(lab.told, "GET /, shut, ");
	begin(); /* what is being answered gets its answer, and nothing after it */
	lab.answers = false;
	receive(GET("/a") GET("/b"), 1000);
	http_server_stop(&lab.s, &config, lab.now);
	lab.answers = true;
	run(1000);
	assert_string_equal(lab.told, "GET /a, answered, shut, ");
}

/* One call, to see the state an arrow leads to before the next one is followed. */
static enum http_server_does next_once(const char *text)
{
	struct h1_input in;
	enum http_server_does does;

	memcpy(lab.octets + lab.len, text, strlen(text));
	lab.len += strlen(text);
	cut(&pieces, lab.octets, lab.len, 1000);
	in = h1_input_over(pieces.span, pieces.n, lab.eof);
	does = http_server_next(&lab.s, &config, &in, scratch, &lab.head, lab.now);
	uncut(&pieces);
	memmove(lab.octets, lab.octets + in.taken, lab.len - in.taken);
	lab.len -= in.taken;
	return does;
}

static void test_where_arrows_lead(void **state)
{
	(void)state;
	begin();
	assert_int_equal(next_once(GET("/")), HTTP_SERVER_ASK);
	assert_int_equal(lab.s.state, HTTP_SERVER_ANSWER); /* no body: nothing to wait for */
	begin();
	assert_int_equal(next_once("GET / HTTP/3.0\r\n\r\n"), HTTP_SERVER_REFUSE);
	assert_int_equal(lab.s.state, HTTP_SERVER_ANSWER);
	begin();
	assert_int_equal(next_once("GET /"), HTTP_SERVER_WAIT);
	lab.eof = true;
	assert_int_equal(next_once(""), HTTP_SERVER_REFUSE);
	assert_int_equal(lab.s.state, HTTP_SERVER_ANSWER);
	begin();
	assert_int_equal(next_once("GET /"), HTTP_SERVER_WAIT);
	lab.now += config.head;
	assert_int_equal(next_once(""), HTTP_SERVER_REFUSE);
	assert_int_equal(lab.s.state, HTTP_SERVER_ANSWER);
	/* Behind a body the answer has its own time, not that of an idle connection. */
	begin();
	lab.answers = false;
	receive("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", 1000);
	assert_int_equal(lab.s.state, HTTP_SERVER_BODY);
	receive("abc", 1000);
	assert_int_equal(lab.s.state, HTTP_SERVER_ANSWER);
	assert_int_equal(lab.s.deadline, lab.now + config.stall);
	/* After the last time-out there is nothing more to wait for. */
	pass(config.stall);
	assert_int_equal(lab.s.state, HTTP_SERVER_DONE);
	begin();
	lab.answers = false;
	receive("GET / HTTP/1.0\r\n\r\n", 1000);
	http_server_answered(&lab.s, &config, lab.now);
	run(1000);
	assert_int_equal(lab.s.state, HTTP_SERVER_FLUSH);
	pass(config.stall);
	assert_int_equal(lab.s.state, HTTP_SERVER_DONE);
	begin();
	receive("GET / HTTP/1.0\r\n\r\n", 1000);
	assert_int_equal(lab.s.state, HTTP_SERVER_LINGER);
	pass(config.linger);
	assert_int_equal(lab.s.state, HTTP_SERVER_DONE);
}

/* Every state but the last can be left, every state can be entered, and no pair of state and event stands twice. */
static void test_table(void **state)
{
	bool seen[HTTP_SERVER_STATE_COUNT][HTTP_SERVER_EVENT_COUNT] = { { false } };
	bool left[HTTP_SERVER_STATE_COUNT] = { false }, entered[HTTP_SERVER_STATE_COUNT] = { false };
	const struct http_server_arrow *rows;
	size_t n = http_server_rows(&rows);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_false(seen[rows[i].from][rows[i].on]);
		seen[rows[i].from][rows[i].on] = true;
		left[rows[i].from] = entered[rows[i].to] = true;
		assert_non_null(strchr(rows[i].rfc, ' '));
	}
	for (unsigned s = 0; s < HTTP_SERVER_STATE_COUNT; s++) {
		assert_true(left[s] == (s != HTTP_SERVER_DONE));
		assert_true(entered[s]);
	}
	assert_string_equal(http_server_state_name(HTTP_SERVER_STATE_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_request),
		cmocka_unit_test(test_pipelining),
		cmocka_unit_test(test_empty_lines_before),
		cmocka_unit_test(test_empty_lines_do_not_keep_it),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_smuggling),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_continue),
		cmocka_unit_test(test_idle_timeout),
		cmocka_unit_test(test_head_timeout),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_linger),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_where_arrows_lead),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
