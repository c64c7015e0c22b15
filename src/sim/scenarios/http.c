/* SPDX-License-Identifier: MIT */
/* HTTP itself: what can be read of it on the line, and what a server remembers. */
#include "sim/scenarios/https.h"

#include "base/bits.h"
#include "explain/watch.h"

#include <string.h>

/* ---- http-vs-https ---- */

#define DIARY_PATH "/diary/tuesday"
#define DIARY_COOKIE "session=7f3a90c2"

static const struct sim_page diary[] = {
	{ .path = DIARY_PATH,
	  .cookie = DIARY_COOKIE,
	  .status = 200,
	  .fields = "Content-Type: text/plain\r\n",
	  .body = "Met her again at the well.\nI think she knows.\n" },
};

static const char *const diary_requests[] = {
	"GET " DIARY_PATH " HTTP/1.1\r\nHost: " HTTPS_NAME "\r\nCookie: " DIARY_COOKIE "\r\n\r\n",
};

static void set_up_both(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);

	run->title = run->part == 0 ? "http://" HTTPS_NAME DIARY_PATH : "https://" HTTPS_NAME DIARY_PATH;
	h.asks.requests = diary_requests;
	h.asks.request_count = HF_ARRAY_LEN(diary_requests);
	h.answers.pages = diary;
	h.answers.page_count = HF_ARRAY_LEN(diary);
	if (run->part == 0)
		h.asks.tls = h.answers.tls = NULL;
	https_run(run, &h);
}

static void expect_both(struct sim_run *run)
{
	static const struct {
		unsigned from;
		const char *what, *text;
	} private[] = {
		{ SIM_CLIENT, "which page is asked for", DIARY_PATH },
		{ SIM_CLIENT, "the cookie, with which anybody can go on in the client's name", DIARY_COOKIE },
		{ SIM_SERVER, "what kind of page it is", "Content-Type" },
		{ SIM_SERVER, "the page", "Met her again at the well" },
	};
	const struct sim_web *web = https_web(run->client, 0);
	const bool plain = run->part == 0;

	sim_expect(run,
		   web->answers == 1 && web->answer[0].whole && web->answer[0].status == 200 &&
			   strcmp(text_str(&web->answer[0].body), diary[0].body) == 0,
		   "the client has the page, whole");
	for (size_t i = 0; i < HF_ARRAY_LEN(private); i++)
		sim_expect(run, https_on_wire(run, private[i].from, private[i].text) == plain,
			   "a watcher can%s read %s", plain ? "" : "not", private[i].what);
	sim_expect(run, https_on_wire(run, SIM_CLIENT, HTTPS_NAME), "a watcher can read the server's name%s",
		   plain ? "" : ": it is in the ClientHello, in the clear");
	sim_expect_clean_end(run);
}

static void show_both(const struct sim_run *run, struct text *out, const struct look *look)
{
	const char *const names[2] = { sim_run_host_name(run, 0), sim_run_host_name(run, 1) };
	const struct ladder_event *e[2];
	size_t n[2];

	for (unsigned i = 0; i < 2; i++)
		e[i] = sim_world_log(run->worlds[i], &n[i]);
	text_add(out, "What somebody can read who watches the line:\n\n");
	watch_columns(out, run->titles, names, e, n, look);
}

static void show_both_json(const struct sim_run *run, struct json *j)
{
	static const char *const keys[2] = { "watcher_of_http", "watcher_of_https" };
	const char *const names[2] = { sim_run_host_name(run, 0), sim_run_host_name(run, 1) };

	for (unsigned i = 0; i < 2; i++) {
		size_t n;
		const struct ladder_event *e = sim_world_log(run->worlds[i], &n);

		json_key(j, keys[i]);
		watch_json(j, names, e, n);
	}
}

const struct sim_scenario http_vs_https = {
	.name = "http-vs-https",
	.summary = "the same page over both: what a watcher on the line can read, side by side",
	.text = "One page, one request, one cookie; first over TCP alone, then inside TLS. In the first, everything is there to be read, kept and used by "
		"whoever runs a router on the way. In the second it is not; what is left to see is who talks to whom (the addresses, and the server's "
		"name in the first message), when, and how much.",
	.parts = 2,
	.set_up = set_up_both,
	.expect = expect_both,
	.show = show_both,
	.show_json = show_both_json,
};

/* ---- http-stateless ---- */

#define VISITOR "visitor=42"

static const struct sim_page shop[] = {
	{ .path = "/", .cookie = VISITOR, .status = 200, .body = "Welcome back, number 42.\n" },
	{ .path = "/", .status = 200, .fields = "Set-Cookie: " VISITOR "\r\n", .body = "Welcome, stranger. You are number 42.\n" },
};

static const char *const visits[] = {
	"GET / HTTP/1.1\r\nHost: " HTTPS_NAME "\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: " HTTPS_NAME "\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: " HTTPS_NAME "\r\nCookie: " VISITOR "\r\n\r\n",
};

static void set_up_stateless(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);

	h.asks.tls = h.answers.tls = NULL;
	h.asks.requests = visits;
	h.asks.request_count = HF_ARRAY_LEN(visits);
	h.answers.pages = shop;
	h.answers.page_count = HF_ARRAY_LEN(shop);
	https_run(run, &h);
}

static bool same(const struct sim_answer *a, const struct sim_answer *b)
{
	return strcmp(text_str(&a->head), text_str(&b->head)) == 0 && strcmp(text_str(&a->body), text_str(&b->body)) == 0;
}

static void expect_stateless(struct sim_run *run)
{
	const struct sim_web *web = https_web(run->client, 0);
	const struct sim_answer *a = web->answer;

	sim_expect(run, web->answers == HF_ARRAY_LEN(visits) && run->server->sessions == 1,
		   "three requests are answered, on one connection");
	if (web->answers != HF_ARRAY_LEN(visits))
		return;
	sim_expect(run, same(&a[0], &a[1]),
		   "the same request gets the same answer, octet by octet: the server does not know that it was here");
	sim_expect(run, strstr(text_str(&a[0].head), "Set-Cookie: " VISITOR) != NULL,
		   "it asks the client to remember instead");
	sim_expect(run, !same(&a[1], &a[2]) && a[2].status == 200 && strstr(text_str(&a[2].body), "Welcome back"),
		   "with the cookie in the request, the request itself says who it is");
	sim_expect_clean_end(run);
}

const struct sim_scenario http_stateless = {
	.name = "http-stateless",
	.summary = "a server remembers nothing of a request, even on the same connection: the client must bring it along",
	.text = "HTTP is stateless (RFC 9110 3.3): each request can be understood on its own, so any server of a hundred can answer the next one. The "
		"client asks for the same page twice, on one connection, and is a stranger both times. The third time it sends the cookie that it was "
		"given, and only then is it known: what looks like the server's memory travels with each request.",
	.set_up = set_up_stateless,
	.expect = expect_stateless,
};

/* ---- http-keep-alive ---- */

#define PARTS_OF_PAGE 3u

static const struct sim_page album[] = {
	{ .path = "/",
	  .status = 200,
	  .fields = "Content-Type: text/html\r\n",
	  .body = "<link rel=stylesheet href=a.css><link rel=stylesheet href=b.css>\n" },
	{ .path = "/a.css", .status = 200, .fields = "Content-Type: text/css\r\n", .body = "p { color: navy }\n" },
	{ .path = "/b.css", .status = 200, .fields = "Content-Type: text/css\r\n", .body = "p { margin: 0 }\n" },
};

static const char *const closing[PARTS_OF_PAGE] = {
	"GET / HTTP/1.1\r\nHost: " HTTPS_NAME "\r\nConnection: close\r\n\r\n",
	"GET /a.css HTTP/1.1\r\nHost: " HTTPS_NAME "\r\nConnection: close\r\n\r\n",
	"GET /b.css HTTP/1.1\r\nHost: " HTTPS_NAME "\r\nConnection: close\r\n\r\n",
};

static const char *const keeping[PARTS_OF_PAGE] = {
	"GET / HTTP/1.1\r\nHost: " HTTPS_NAME "\r\n\r\n",
	"GET /a.css HTTP/1.1\r\nHost: " HTTPS_NAME "\r\n\r\n",
	"GET /b.css HTTP/1.1\r\nHost: " HTTPS_NAME "\r\n\r\n",
};

static void set_up_keep_alive(struct sim_run *run)
{
	struct https h = https_begin(run, NULL);
	const bool closes = run->part == 0;

	run->title = closes ? "a connection for each" : "one connection for all";
	h.asks.tls = h.answers.tls = NULL;
	h.asks.requests = closes ? closing : keeping;
	h.asks.request_count = closes ? 1 : PARTS_OF_PAGE;
	h.answers.pages = album;
	h.answers.page_count = HF_ARRAY_LEN(album);
	https_run(run, &h);
	/* The next one begins when the answer before it is here: after two round trips. */
	for (unsigned i = 1; closes && i < PARTS_OF_PAGE; i++) {
		h.asks.requests = &closing[i];
		https_client(run, &h, i * HF_MS(4 * SIM_DELAY_MS));
	}
}

/* The last answer comes with the server's FIN, or is what the client closes upon; a round trip is twice the way. */
static unsigned round_trips(const struct sim_run *run, unsigned nth_close)
{
	const hf_time_ns at =
		sim_state_at(run->world, SIM_CLIENT, run->part == 0 ? HF_TCP_CLOSE_WAIT : HF_TCP_FIN_WAIT_1, nth_close);

	return at == HF_NEVER ? 0 : (unsigned)((at + HF_MS(SIM_DELAY_MS)) / HF_MS(2 * SIM_DELAY_MS));
}

static void expect_keep_alive(struct sim_run *run)
{
	const bool closes = run->part == 0;
	const unsigned conns = closes ? PARTS_OF_PAGE : 1, trips = closes ? 2 * PARTS_OF_PAGE : 1 + PARTS_OF_PAGE;
	unsigned answers = 0;

	for (unsigned i = 0; i < run->server->sessions; i++)
		answers += (unsigned)https_web(run->server, i)->answered;
	sim_expect(run, answers == PARTS_OF_PAGE, "the page and its two style sheets are answered");
	sim_expect(run, run->server->sessions == conns, "over %u connection%s", conns, conns == 1 ? "" : "s");
	sim_expect_frames(run, SIM_CLIENT, TCP_SYN, TCP_SYN, conns);
	sim_expect(run, round_trips(run, conns - 1) == trips, "all of it is here after %u round trips (%u)", trips,
		   round_trips(run, conns - 1));
	sim_expect_nothing_left(run);
}

const struct sim_scenario http_keep_alive = {
	.name = "http-keep-alive",
	.summary = "a page and its two style sheets: over a connection for each, and over one that stays open",
	.text = "HTTP/1.0 closed the connection after each answer: every part of a page pays for its own handshake, and each connection leaves a TIME_WAIT "
		"behind. HTTP/1.1 keeps it open unless one side says Connection: close (RFC 9112 9.3): one handshake, then a round trip for each "
		"request. `handfast page URL --close-each` loads any page in the old way.",
	.parts = 2,
	.set_up = set_up_keep_alive,
	.expect = expect_keep_alive,
};
