/* SPDX-License-Identifier: MIT */
/*
 * The input: one octet (bits 0 and 1: server, client, client after HEAD, target), one octet (spans of so many octets), then
 * what comes over the wire. The machines must end in the same way however the octets are cut.
 */
#include "http/http_client.h"
#include "http/http_select.h"
#include "http/http_server.h"
#include "http/http_uri.h"

#include "fuzz.h"

FUZZ_SEEDS(FUZZ_SEED("\x00\x07GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\nIf-None-Match: \"a\"\r\n\r\nGET /b HTTP/1.0\r\n\r\n"),
	   FUZZ_SEED("\x00\x03GET /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3;x=y\r\nabc\r\n0\r\nA: b\r\n\r\n"),
	   FUZZ_SEED("\x00\x20POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"),
	   FUZZ_SEED("\x01\x09HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
	   FUZZ_SEED("\x01\x05HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
	   FUZZ_SEED("\x01\x40HTTP/1.0 200 OK\n\nto the end"),
	   FUZZ_SEED("\x02\x10HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
	   FUZZ_SEED("\x03\x01/a/./b/%2e%2e/c%20d?e"), FUZZ_SEED("\x03\x01http://a:80/../b"));

#define DIGEST(d, v) ((d) = ((d) ^ (uint64_t)(v)) * 0x100000001b3u)

static const struct http_server_config config = { HF_S(60), HF_S(10), HF_S(2), HF_S(120), 50 };
static uint8_t scratch[H1_HEAD_BYTES];
static struct hf_bytes spans[4096];

/* Spans of `step` octets over what is left, each in memory of its own. */
static size_t lay_out(const uint8_t *data, size_t size, size_t step)
{
	size_t n = 0;

	for (size_t at = 0; at < size && n < HF_ARRAY_LEN(spans); at += step) {
		size_t len = size - at < step ? size - at : step;

		spans[n++] = (struct hf_bytes){ fuzz_copy(data + at, len), len };
	}
	return n;
}

static void clear(size_t n)
{
	while (n > 0)
		free((void *)spans[--n].at);
}

static void digest_head(uint64_t *d, const struct h1_head *h)
{
	DIGEST(*d, h->fields);
	DIGEST(*d, h->framing);
	DIGEST(*d, h->length);
	DIGEST(*d, h->keep_alive);
	for (size_t i = 0; i < h->fields; i++) {
		FUZZ_CHECK(h1_is_token(h->field[i].name));
		for (size_t k = 0; k < h->field[i].value.len; k++) {
			uint8_t c = h->field[i].value.at[k];

			FUZZ_CHECK(c == '\t' || (c >= 0x20 && c != 0x7f));
			DIGEST(*d, c);
		}
	}
}

static void look_at_request(uint64_t *d, const struct h1_head *h)
{
	struct http_resource r = { .size = 1000, .modified = 784111777 };
	struct http_selection sel;

	http_make_etag(&r, 1);
	sel = http_select(h, &r, 784111787);
	FUZZ_CHECK(sel.first <= r.size && sel.count <= r.size - sel.first);
	FUZZ_CHECK(sel.status != 206 || sel.count > 0);
	DIGEST(*d, sel.status);
	FUZZ_CHECK(h->minor == 0 || h->host.at != NULL);
	digest_head(d, h);
}

static uint64_t serve(const uint8_t *data, size_t size, size_t step)
{
	struct http_server s;
	static struct h1_head head;
	uint64_t digest = 1;
	size_t taken = 0;
	hf_time_ns now = HF_S(1);

	http_server_init(&s, &config, now);
	for (unsigned turn = 0; s.state != HTTP_SERVER_DONE; turn++) {
		size_t n = lay_out(data + taken, size - taken, step);
		struct h1_input in = h1_input_over(spans, n, true);
		enum http_server_does does = http_server_next(&s, &config, &in, scratch, &head, now);

		FUZZ_CHECK(turn < 10 * size + 100); /* each turn takes something or changes something */
		taken += in.taken;
		FUZZ_CHECK(taken <= size);
		if (does != HTTP_SERVER_CONTINUE)
			DIGEST(digest, does);
		if (does == HTTP_SERVER_ASK)
			look_at_request(&digest, &head);
		if (does == HTTP_SERVER_REFUSE) {
			FUZZ_CHECK(h1_fault_status(s.fault) >= 400);
			DIGEST(digest, s.fault);
		}
		clear(n);
		if (does == HTTP_SERVER_WAIT && http_server_may_answer(&s)) {
			http_server_answered(&s, &config, now);
			http_server_acked(&s, &config, true, now);
		} else if (s.state == HTTP_SERVER_FLUSH) {
			http_server_acked(&s, &config, true, now);
		}
	}
	return digest;
}

static uint64_t fetch(const uint8_t *data, size_t size, size_t step, bool to_head)
{
	enum http_client_does does = HTTP_CLIENT_WAIT;
	size_t n = lay_out(data, size, step);
	struct h1_input in = h1_input_over(spans, n, true);
	static struct h1_head head;
	struct http_client c;
	struct hf_bytes part;
	uint64_t digest = 1;

	http_client_init(&c, to_head);
	do {
		does = http_client_next(&c, &in, scratch, &head, &part);
		if (does == HTTP_CLIENT_TELL_HEAD || does == HTTP_CLIENT_TELL_INTERIM)
			digest_head(&digest, &head);
		for (size_t i = 0; does == HTTP_CLIENT_TELL_DATA && i < part.len; i++)
			DIGEST(digest, part.at[i]);
		FUZZ_CHECK(does != HTTP_CLIENT_WAIT); /* at the end of the input there is a verdict */
	} while (does != HTTP_CLIENT_TELL_DONE && does != HTTP_CLIENT_TELL_FAILED);
	DIGEST(digest, does);
	DIGEST(digest, c.fault);
	clear(n);
	return digest;
}

static void take_target(const uint8_t *data, size_t size)
{
	static struct http_target t;
	uint8_t *copy = fuzz_copy(data, size);
	struct hf_bytes target = { copy, size };

	if (http_target_parse(target, &t) == H1_NONE) {
		FUZZ_CHECK(t.path[0] == '/' && t.len < sizeof(t.path) && strlen(t.path) == t.len);
		FUZZ_CHECK(!strstr(t.path, "/../") && !strstr(t.path, "/./") && !strstr(t.path, "//"));
		FUZZ_CHECK(t.len < 3 || strcmp(t.path + t.len - 3, "/..") != 0);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step;

	if (size < 2 || size > 4000)
		return 0;
	step = data[1] ? data[1] : 1;
	switch (data[0] & 3) {
	case 0:
		FUZZ_CHECK(serve(data + 2, size - 2, step) == serve(data + 2, size - 2, size));
		break;
	case 1:
	case 2:
		FUZZ_CHECK(fetch(data + 2, size - 2, step, data[0] & 2) == fetch(data + 2, size - 2, size, data[0] & 2));
		break;
	default:
		take_target(data + 2, size - 2);
		break;
	}
	return 0;
}
