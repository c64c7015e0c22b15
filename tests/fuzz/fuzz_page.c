/* SPDX-License-Identifier: MIT */
/*
 * A page whose servers say anything. The input is a list of steps, an octet each and what follows it: octets for a connection, its end, its
 * being made, time that passes. Whatever comes, the machine asks only for what the order of things allows, ends, and gives everything back.
 */
#include "page/cookie.h"
#include "page/page.h"

#include "fuzz.h"

/* Steps: 0xf0 end, 0xf1 reset, 0xf2 time, 0xf3 feed a whole file of ours; else the length of octets to feed. */
FUZZ_SEEDS(FUZZ_SEED("\x60HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 30\r\n\r\n<link rel=stylesheet href=a.css"
		     "\xf0\x40HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n\xf0"),
	   FUZZ_SEED("\x50HTTP/1.1 302 Found\r\nLocation: https://b.example/#x\r\nSet-Cookie: a=b; Path=/\r\n\r\n\xf0"
		     "\x40HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<img \r\n0\r\n\r\n"),
	   FUZZ_SEED("\xf3\x47HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 12\r\n\r\n@import 'b';\xf1\xf2\xf2"),
	   FUZZ_SEED("\x58HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\nContent-Type: image/png\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03\xf0"),
	   FUZZ_SEED("\x30HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Mod\r\n\r\n\xf0\xf3\xf3\xf0"));

static const char whole[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 152\r\n\r\n"
			    "<title>x</title><link rel=stylesheet href=a.css><img src=b><img src=http://c.example/d>"
			    "<iframe src=e></iframe><script src=f></script><style>@import 'g';";

#define CONNS 64

struct world {
	struct report report;
	struct page *page;
	struct {
		bool open, connecting, busy;
	} conn[CONNS];
	uint32_t conns, next;
	hf_time_ns now;
	bool styled, loaded;
};

static void obey(struct world *w, const struct page_ask *a)
{
	switch (a->what) {
	case PAGE_STYLED:
		FUZZ_CHECK(!w->styled && !w->loaded);
		w->styled = true;
		page_want(w->page, "http://a.example/wanted.png", REPORT_IMAGE, REPORT_NONE, w->now);
		return;
	case PAGE_LOADED:
		FUZZ_CHECK(!w->loaded);
		w->loaded = true;
		return;
	case PAGE_CONNECT:
		FUZZ_CHECK(a->conn == w->conns && a->host[0] && a->port);
		w->conns++;
		if (a->conn < CONNS)
			w->conn[a->conn].open = w->conn[a->conn].connecting = true;
		else
			page_ended(w->page, a->conn, NULL, w->now);
		return;
	case PAGE_SEND:
		FUZZ_CHECK(a->conn < CONNS && w->conn[a->conn].open && !w->conn[a->conn].connecting && a->bytes.len > 20);
		FUZZ_CHECK(memcmp(a->bytes.at, "GET /", 5) == 0);
		page_sent(w->page, a->conn, w->now);
		return;
	default:
		FUZZ_CHECK(a->conn >= CONNS || w->conn[a->conn].open);
		if (a->conn < CONNS)
			w->conn[a->conn].open = false;
		return;
	}
}

static void settle(struct world *w)
{
	struct page_ask a;

	while (page_next(w->page, &a, w->now) != PAGE_WAITS)
		obey(w, &a);
	for (uint32_t i = 0; i < w->conns && i < CONNS; i++)
		if (w->conn[i].open && w->conn[i].connecting) {
			w->conn[i].connecting = false;
			page_connected(w->page, i, w->now);
		}
	while (page_next(w->page, &a, w->now) != PAGE_WAITS)
		obey(w, &a);
}

/* The next one that is open, in turn. */
static uint32_t pick(struct world *w)
{
	for (uint32_t k = 0; k < CONNS; k++) {
		uint32_t i = w->next++ % CONNS;

		if (i < w->conns && w->conn[i].open)
			return i;
	}
	return UINT32_MAX;
}

static void end(struct world *w, uint32_t i, bool reset)
{
	struct report_fault f = { .event = REPORT_NONE };

	w->conn[i].open = false;
	report_fail(&f, REPORT_E_TCP_RESET, REPORT_PEER, w->now, "ESTABLISHED", "%s", "");
	page_ended(w->page, i, reset ? &f : NULL, w->now);
}

static void feed(struct world *w, uint32_t i, const void *at, size_t n)
{
	uint8_t *copy = fuzz_copy(at, n);

	page_feed(w->page, i, (struct hf_bytes){ copy, n }, w->now);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cookie_jar *jar = cookie_jar_make();
	struct world *w = calloc(1, sizeof(*w));
	struct page_config cfg = {
		.report = &w->report,
		.cookies = jar,
		.css_images = true,
		.limits = { .resources = 40, .size = 1 << 16, .total = 1 << 18, .nodes = 1000, .nesting = 30 }
	};

	FUZZ_CHECK(w && jar);
	report_init(&w->report);
	FUZZ_CHECK(page_make(&cfg, "http://a.example/", w->now, &w->page) == HF_OK);
	while (size && !w->loaded) {
		uint8_t step = *data++;
		uint32_t i;

		size--;
		w->now += HF_MS(1);
		settle(w);
		i = pick(w);
		if (step == 0xf2)
			w->now += HF_S(7);
		else if (i == UINT32_MAX)
			continue;
		else if (step == 0xf0 || step == 0xf1)
			end(w, i, step == 0xf1);
		else if (step == 0xf3)
			feed(w, i, whole, sizeof(whole) - 1);
		else {
			size_t n = step < size ? step : size;

			feed(w, i, data, n);
			data += n;
			size -= n;
		}
	}
	w->now += HF_S(100);
	settle(w);
	FUZZ_CHECK(w->loaded && page_is_over(w->page));
	for (uint32_t i = 0; i < w->conns && i < CONNS; i++)
		FUZZ_CHECK(!w->conn[i].open);
	for (size_t i = 0; i < w->report.resources; i++) {
		const struct report_resource *r = &w->report.resource[i];

		FUZZ_CHECK(r->not_wanted || r->done != HF_NEVER || r->fault.code);
	}
	page_free(w->page);
	report_free(&w->report);
	cookie_jar_free(jar);
	free(w);
	return 0;
}
