/* SPDX-License-Identifier: MIT */
/* Chromium as it is installed here, with a site in memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bits.h"
#include "chromium/chromium.h"

struct answer {
	const char *url;
	unsigned status; /* 0: refused, for `why` */
	const char *field, *value, *body;
	enum chromium_reason why;
	unsigned asked;
};

struct visit {
	struct answer *site;
	size_t n;
	unsigned others, posts, asked; /* requests for what the site does not have; with another method; in all */
	struct chromium *c;
};

static struct answer *find(struct visit *v, const char *url)
{
	for (size_t i = 0; i < v->n; i++)
		if (!strcmp(v->site[i].url, url))
			return &v->site[i];
	return NULL;
}

static void serve(struct visit *v, const struct chromium_ask *ask)
{
	struct answer *a = find(v, ask->url);
	struct chromium_field field;

	v->asked++;
	if (strcmp(ask->method, "GET") != 0) {
		v->posts++;
		chromium_refuse(v->c, ask->id, CHROMIUM_BLOCKED_BY_CLIENT);
	} else if (!a) {
		v->others++;
		chromium_refuse(v->c, ask->id, CHROMIUM_NAME_NOT_RESOLVED);
	} else if (!a->status) {
		a->asked++;
		chromium_refuse(v->c, ask->id, a->why);
	} else {
		a->asked++;
		field = (struct chromium_field){ hf_bytes_of(a->field), hf_bytes_of(a->value) };
		chromium_answer(v->c, ask->id, a->status, &field, 1, hf_bytes_of(a->body));
	}
}

static enum chromium_does visit(struct visit *v, const char *url, double density)
{
	struct chromium_config cfg = { .url = url, .width = 400, .height = 300, .density = density };
	struct chromium_ask ask;
	enum chromium_does does;

	assert_int_equal(chromium_begin(&cfg, &v->c), HF_OK);
	while ((does = chromium_step(v->c, &ask)) <= CHROMIUM_ASKS) {
		struct pollfd at = { chromium_fd(v->c), (short)(POLLIN | (chromium_wants_write(v->c) ? POLLOUT : 0)), 0 };

		if (does == CHROMIUM_ASKS)
			serve(v, &ask);
		else
			poll(&at, 1, (int)(chromium_wait(v->c) / HF_MS(1)) + 1);
	}
	if (does == CHROMIUM_FAILED)
		print_message("%s\n", chromium_sentence(v->c));
	return does;
}

static void check_size(const struct visit *v, unsigned width, unsigned least_height, unsigned most_height)
{
	unsigned w, h;

	assert_true(chromium_png(v->c, &w, &h).len > 100);
	assert_int_equal(w, width);
	assert_in_range(h, least_height, most_height);
}

static void paints_a_page(void **state)
{
	struct answer site[] = {
		{ "https://a.test/", 302, "location", "/page", "", 0, 0 },
		{ "https://a.test/page", 200, "content-type", "text/html",
		  "<!DOCTYPE html><link rel=stylesheet href=s.css><body style='margin:0'><div class=tall></div><img src=gone.png>"
		  "<script src=x.js></script><iframe src='https://b.test/frame' style='border:0;height:10px'></iframe>",
		  0, 0 },
		{ "https://a.test/s.css", 200, "content-type", "text/css",
		  ".tall { height: 1000px; background: url(bg.svg) }", 0, 0 },
		{ "https://a.test/bg.svg", 200, "content-type", "image/svg+xml",
		  "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='4'/></svg>", 0, 0 },
		{ "https://a.test/gone.png", 0, "", "", "", CHROMIUM_CONNECTION_REFUSED, 0 },
		{ "https://a.test/x.js", 200, "content-type", "text/javascript",
		  "fetch('/post', {method: 'POST', body: '\\ud800\\0'}); new Worker('w.js'); new Image().src = 'http://c.test/i.png';"
		  "alert('nobody is here'); window.open('http://d.test/')",
		  0, 0 },
		{ "https://a.test/w.js", 200, "content-type", "text/javascript", "fetch('/of-worker')", 0, 0 },
		{ "https://a.test/of-worker", 404, "content-type", "text/plain", "no", 0, 0 },
		{ "https://b.test/frame", 200, "content-type", "text/html", "<img src=in.png>", 0, 0 },
		{ "https://b.test/in.png", 0, "", "", "", CHROMIUM_TIMED_OUT, 0 },
	};
	struct visit v = { .site = site, .n = HF_ARRAY_LEN(site) };

	(void)state;
	assert_int_equal(visit(&v, site[0].url, 1), CHROMIUM_DONE);
	for (size_t i = 0; i < HF_ARRAY_LEN(site); i++)
		if (site[i].asked < 1 || site[i].asked > (site[i].status ? 1 : 2)) /* what failed may be tried once more */
			fail_msg("%s: asked for %u times", site[i].url, site[i].asked);
	assert_int_equal(v.posts, 1);
	assert_in_range(v.others, 1, 3); /* c.test, perhaps upgraded; d.test if windows may open; the icon */
	check_size(&v, 400, 1000, 1100);
	assert_true(strncmp(chromium_version(v.c), "Chrome/", 7) == 0);
	chromium_end(v.c);
}

static void scales(void **state)
{
	struct answer site[] = { { "http://a.test/", 200, "content-type", "text/html", "<p>small", 0, 0 } };
	struct visit v = { .site = site, .n = 1 };

	(void)state;
	assert_int_equal(visit(&v, site[0].url, 1.5), CHROMIUM_DONE);
	check_size(&v, 600, 450, 450);
	chromium_end(v.c);
}

/* Every reason is one of Chromium's, and what it shows then is its own page. */
static void shows_its_own_error(void **state)
{
	static const enum chromium_reason why[] = { CHROMIUM_NAME_NOT_RESOLVED, CHROMIUM_BLOCKED_BY_CLIENT };

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(why); i++) {
		struct answer site[] = { { "https://a.test/", 0, "", "", "", why[i], 0 } };
		struct visit v = { .site = site, .n = 1 };

		assert_int_equal(visit(&v, site[0].url, 1), CHROMIUM_DONE);
		assert_int_equal(site[0].asked, 1);
		check_size(&v, 400, 300, 600);
		chromium_end(v.c);
	}
}

/* All reasons are known to it: a request refused for one that is not would hang. */
static void knows_all_reasons(void **state)
{
	char page[256], url[CHROMIUM_REASON_COUNT][64];
	struct answer site[CHROMIUM_REASON_COUNT + 1] = { { "http://a.test/", 200, "content-type", "text/html", page, 0, 0 } };
	struct visit v = { .site = site, .n = HF_ARRAY_LEN(site) };

	(void)state;
	snprintf(page, sizeof(page),
		 "<!DOCTYPE html><body><script>Promise.allSettled(Array.from({length: %u}, (_, i) => fetch('/' + i)))"
		 ".then(all => { if (all.every(p => p.status == 'rejected')) document.body.style.height = '1000px' })</script>",
		 (unsigned)CHROMIUM_REASON_COUNT);
	for (unsigned i = 0; i < CHROMIUM_REASON_COUNT; i++) {
		snprintf(url[i], sizeof(url[i]), "http://a.test/%u", i);
		site[i + 1] = (struct answer){ url[i], 0, "", "", "", (enum chromium_reason)i, 0 };
	}
	assert_int_equal(visit(&v, site[0].url, 1), CHROMIUM_DONE);
	check_size(&v, 400, 1000, 1100);
	chromium_end(v.c);
}

/* Nothing reaches this machine's own services by ways that are no requests. */
static void reaches_nobody(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	char page[1024], octet;
	struct answer site[] = { { "http://a.test/", 200, "content-type", "text/html", page, 0, 0 } };
	struct visit v = { .site = site, .n = 1 };

	(void)state;
	assert_int_equal(bind(tcp, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(tcp, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(listen(tcp, 5), 0);
	assert_int_equal(bind(udp, (struct sockaddr *)&at, len), 0);
	snprintf(page, sizeof(page),
		 "<script>const at = '127.0.0.1:%u'; new WebSocket('ws://' + at); const c = new RTCPeerConnection({iceServers: [{urls: 'stun:' "
		 "+ at}]}); c.createDataChannel(''); c.createOffer().then(o => c.setLocalDescription(o));"
		 "try { new WebTransport('https://' + at) } catch (e) {}</script><link rel=preconnect href='http://127.0.0.1:%u'>",
		 ntohs(at.sin_port), ntohs(at.sin_port));
	assert_int_equal(visit(&v, site[0].url, 1), CHROMIUM_DONE);
	assert_int_equal(accept(tcp, NULL, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(recv(udp, &octet, 1, 0), -1);
	print_message("%s\n", chromium_isolation(v.c));
	chromium_end(v.c);
	close(tcp);
	close(udp);
}

/* The name of a test: that one alone. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paints_a_page),       cmocka_unit_test(scales),
		cmocka_unit_test(shows_its_own_error), cmocka_unit_test(knows_all_reasons),
		cmocka_unit_test(reaches_nobody),
	};
	char path[256];

	if (!chromium_find(path, sizeof(path))) {
		puts("skipped: Chromium is not installed here");
		return 77;
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
