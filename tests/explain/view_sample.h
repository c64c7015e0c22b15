/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_VIEW_SAMPLE_H
#define HF_TESTS_VIEW_SAMPLE_H

#include "base/bits.h"
#include "page_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Loads as reports, for the page that shows them: a rich one, in which every state of TCP, a failure at several steps, a
 * chain, a race of addresses and thirty resources occur; one with as much as there may be; one whose every string is hostile.
 * Times are microseconds after the begin.
 */
#define VIEW_US(us) (SAMPLE_BEGIN + HF_US(us))

static inline void view_event(struct report *r, uint64_t us, enum report_layer layer, enum report_side side, uint32_t conn,
			      uint32_t resource, const char *name, const char *sentence, const char *rfc, uint32_t octets)
{
	uint8_t bytes[REPORT_BYTES_KEPT];
	struct report_event e = { .at = VIEW_US(us),
				  .layer = layer,
				  .side = side,
				  .conn = conn,
				  .resource = resource,
				  .name = name,
				  .sentence = sentence,
				  .rfc = rfc,
				  .octets = octets };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = layer == REPORT_LAYER_HTTP ? (uint8_t)name[i % strlen(name)]
						      : (uint8_t)((i * 37 + us) >> (i & 3));
	e.bytes = (struct hf_bytes){ bytes, octets < sizeof(bytes) ? octets : sizeof(bytes) };
	report_add_event(r, &e);
}

/* A path of states: "SYN_SENT 0 ESTABLISHED 40000 ..." is {name, microseconds} in pairs. */
struct view_step {
	const char *name;
	uint64_t us;
	bool tls;
};

static inline uint32_t view_conn(struct report *r, const char *host, bool secure, uint32_t addr,
				 const struct view_step *step, size_t steps)
{
	uint32_t i = report_add_conn(r);
	struct report_conn *c = &r->conn[i];

	c->host = host;
	c->port = secure ? 443 : 80;
	c->secure = secure;
	c->local = (struct hf_endpoint){ addr_ip4_u32(0x0a090001), (uint16_t)(49152 + i * 7) };
	c->remote = (struct hf_endpoint){ addr_ip4_u32(addr), c->port };
	c->connect_begin = VIEW_US(step[0].us);
	for (size_t k = 0; k < steps; k++) {
		char sentence[160];
		hf_time_ns at = VIEW_US(step[k].us);

		report_add_state(r, i, at, step[k].tls, step[k].name);
		c = &r->conn[i];
		if (!step[k].tls && strcmp(step[k].name, "ESTABLISHED") == 0)
			c->connect_end = at;
		if (!step[k].tls && strcmp(step[k].name, "CLOSED") == 0)
			c->closed = at;
		if (step[k].tls && c->tls_begin == HF_NEVER)
			c->tls_begin = at;
		if (step[k].tls && strcmp(step[k].name, "C13_CONNECTED") == 0)
			c->tls_end = at;
		snprintf(sentence, sizeof(sentence), "the connection to %s enters %s", host, step[k].name);
		view_event(r, step[k].us, step[k].tls ? REPORT_LAYER_TLS : REPORT_LAYER_TCP,
			   k & 1 ? REPORT_PEER : REPORT_US, i, REPORT_NONE, step[k].name, sentence,
			   step[k].tls ? "8446 A.1" : "9293 3.3.2", step[k].tls ? 120 : 40);
	}
	if (secure && c->tls_end != HF_NEVER) {
		c->tls_version = 0x0304;
		c->tls_suite = 0x1301;
		c->tls_group = 0x001d;
		c->tls_scheme = 0x0403;
		c->alpn = "http/1.1";
	}
	c->octets_out = 2400 + 700 * i;
	c->octets_in = 84000 + 9000 * i;
	return i;
}

static inline uint32_t view_resource(struct report *r, enum report_kind kind, const char *url, uint32_t conn,
				     uint64_t queued, uint64_t sent, uint64_t first, uint64_t done, unsigned status,
				     uint64_t octets)
{
	uint32_t i = sample_resource(r, kind, url, conn, 0, 0, 0, 0, status, octets);
	struct report_resource *x = &r->resource[i];

	x->queued = VIEW_US(queued);
	x->sent_begin = VIEW_US(sent);
	x->sent_end = VIEW_US(sent + 180);
	x->first_octet = x->head_end = VIEW_US(first);
	x->done = VIEW_US(done);
	x->reason = status == 200 ? "OK" : status == 404 ? "Not Found" : status == 301 ? "Moved Permanently" : "";
	x->mime = kind == REPORT_STYLE ? "text/css" : kind == REPORT_IMAGE ? "image/png" : "text/html";
	x->request_head = "GET / HTTP/1.1\r\nHost: www.example.org\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n";
	x->response_head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: max-age=60\r\n\r\n";
	if (status == 0 || conn == REPORT_NONE)
		return i;
	view_event(r, sent, REPORT_LAYER_HTTP, REPORT_US, conn, i, "GET request",
		   "asks for it, with the cookies of this run", "9112 3", 214);
	view_event(r, first, REPORT_LAYER_HTTP, REPORT_PEER, conn, i, "head", "the head of the answer is complete",
		   "9112 4", 180);
	for (uint64_t at = first; at < done; at += 1800)
		view_event(r, at, REPORT_LAYER_TCP, REPORT_PEER, conn, i, "data",
			   "receives 1,400 octets of the answer and acknowledges them", "9293 3.10.7.4", 1440);
	r->conn[conn].requests++;
	return i;
}

static inline void view_lookup(struct report *r, const char *name, uint16_t type, uint64_t begin, uint64_t end, uint32_t addr)
{
	uint32_t i = report_add_lookup(r);
	struct report_lookup *l = &r->lookup[i];

	l->name = name;
	l->type = type;
	l->begin = VIEW_US(begin);
	l->end = VIEW_US(end);
	l->server = "10.9.0.3:53";
	l->tries = 1;
	l->ttl_s = 300;
	if (addr) {
		l->addr[0] = addr_ip4_u32(addr);
		l->addrs = 1;
	}
	view_event(r, begin, REPORT_LAYER_DNS, REPORT_US, REPORT_NONE, REPORT_NONE, "question",
		   "asks 10.9.0.3 for the addresses of a name", "1035 4.1.2", 45);
	view_event(r, end, REPORT_LAYER_DNS, REPORT_RESOLVER, REPORT_NONE, REPORT_NONE, "answer",
		   "an answer that matches the question", "1035 4.1.3", 61);
}

static inline void view_chain(struct hf_cert_report *c, bool good)
{
	sample_chain(c);
	c->cert[2] = c->cert[1];
	c->cert[1] = c->cert[2];
	c->certs = 3;
	snprintf(c->cert[0].subject, sizeof(c->cert[0].subject), "CN=www.example.org");
	snprintf(c->cert[0].names, sizeof(c->cert[0].names),
		 "DNS:www.example.org, DNS:example.org, DNS:*.static.example.org");
	snprintf(c->cert[0].issuer, sizeof(c->cert[0].issuer), "CN=Intermediate E7,O=An Authority");
	snprintf(c->cert[1].subject, sizeof(c->cert[1].subject), "CN=Intermediate E7,O=An Authority");
	c->cert[1].from_trust = c->cert[1].self_signed = false;
	snprintf(c->asked_name, sizeof(c->asked_name), good ? "www.example.org" : "old.example.net");
	for (unsigned i = 0; i < 3; i++)
		memset(c->cert[i].sha256, (int)(0x1d + 0x31 * i + good), sizeof(c->cert[i].sha256));
	if (!good)
		return;
	c->fault = c->cert[0].fault = HF_CERT_GOOD;
	c->cert[0].not_after = c->at_unix_s + 60 * 86400u;
}

/* The four of this load that end in a failure of their own. */
static inline void view_failures(struct report *r, uint32_t refused, uint32_t expired)
{
	struct hf_cert_report bad;
	uint32_t i;

	r->conn[refused].attempt[0] =
		(struct report_attempt){ r->conn[refused].remote, VIEW_US(212000), VIEW_US(252000), HF_REFUSED };
	r->conn[refused].attempts = 1;
	report_fail(&r->conn[refused].fault, REPORT_E_TCP_REFUSED, REPORT_PEER, VIEW_US(252000), "SYN_SENT",
		    "cdn.example.net:443");
	i = view_resource(r, REPORT_SCRIPT, "https://cdn.example.net/lib/metrics.min.js?v=4.2.0", refused, 210000, 0, 0,
			  252000, 0, 0);
	r->resource[i].sent_begin = r->resource[i].sent_end = r->resource[i].first_octet = r->resource[i].head_end =
		HF_NEVER;
	r->resource[i].made_conn = true;
	r->resource[i].request_head = r->resource[i].response_head = NULL;
	r->resource[i].fault = r->conn[refused].fault;

	view_chain(&bad, false);
	report_set_chain(r, expired, &bad);
	report_fail(&r->conn[expired].fault, REPORT_E_CHAIN_EXPIRED, REPORT_PEER, VIEW_US(345000), "C13_WAIT_CV",
		    "old.example.net, 3 days ago");
	r->conn[expired].fault.event = (uint32_t)r->events - 1;
	i = view_resource(r, REPORT_IMAGE, "https://old.example.net/badge.svg", expired, 210500, 0, 0, 345000, 0, 0);
	r->resource[i].sent_begin = r->resource[i].sent_end = r->resource[i].first_octet = r->resource[i].head_end =
		HF_NEVER;
	r->resource[i].made_conn = true;
	r->resource[i].request_head = r->resource[i].response_head = NULL;
	r->resource[i].fault = r->conn[expired].fault;
}

static int view_earlier(const void *a, const void *b)
{
	const struct report_event *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static inline void view_sample(struct report *r)
{
	static const struct view_step plain[] = { { "SYN_SENT", 21000, false },
						  { "ESTABLISHED", 61000, false },
						  { "CLOSE_WAIT", 104000, false },
						  { "LAST_ACK", 104300, false },
						  { "CLOSED", 144000, false } };
	static const struct view_step first[] = {
		{ "SYN_SENT", 105000, false },         { "ESTABLISHED", 145000, false },
		{ "C_WAIT_SH", 145200, true },         { "C13_WAIT_EE", 186000, true },
		{ "C13_WAIT_CERT_CR", 186100, true },  { "C13_WAIT_CV", 186700, true },
		{ "C13_WAIT_FINISHED", 187300, true }, { "C13_CONNECTED", 187900, true },
		{ "FIN_WAIT_1", 905000, false },       { "FIN_WAIT_2", 946000, false },
		{ "TIME_WAIT", 960000, false },
	};
	static const struct view_step second[] = {
		{ "SYN_SENT", 232000, false },         { "ESTABLISHED", 272000, false },
		{ "C_WAIT_SH", 272100, true },         { "C13_WAIT_EE", 313000, true },
		{ "C13_WAIT_FINISHED", 313300, true }, { "C13_CONNECTED", 313900, true },
		{ "FIN_WAIT_1", 905000, false },       { "CLOSING", 925000, false },
		{ "TIME_WAIT", 946000, false },
	};
	static const struct view_step refused[] = { { "SYN_SENT", 212000, false }, { "CLOSED", 252000, false } };
	static const struct view_step expired[] = {
		{ "SYN_SENT", 214000, false },   { "ESTABLISHED", 264000, false },     { "C_WAIT_SH", 264200, true },
		{ "C13_WAIT_EE", 340000, true }, { "C13_WAIT_CERT_CR", 340200, true }, { "C13_WAIT_CV", 344000, true },
		{ "FAILED", 345000, true },      { "CLOSED", 345200, false }
	};
	static const struct view_step both[] = { { "LISTEN", 300000, false },       { "SYN_SENT", 420000, false },
						 { "SYN_RECEIVED", 455000, false }, { "ESTABLISHED", 495000, false },
						 { "CLOSE_WAIT", 760000, false },   { "LAST_ACK", 842000, false },
						 { "CLOSED", 882000, false } };
	static const char *const pictures[] = { "sea",   "harbour", "lighthouse",
						"wheel", "path",    "dots",
						"key",   "lock",    "map",
						"team",  "banner",  "photo-of-a-very-long-name-that-nobody-would-type" };
	struct hf_cert_report good;
	uint32_t c[6], i;

	report_init(r);
	r->begin = SAMPLE_BEGIN;
	r->end = VIEW_US(900000);
	r->epoch_ns = 1767225600000000000u - SAMPLE_BEGIN;
	r->net = "sim:rtt=40ms,loss=1%";
	r->url = "http://example.org/";
	r->final_url = "https://www.example.org/";
	r->title = "The harbour of Example \xe2\x80\x93 a page with pictures";
	r->charset = "UTF-8";
	view_lookup(r, "example.org", 1, 300, 20800, 0x0a090002);
	view_lookup(r, "example.org", 28, 310, 20400, 0);
	view_lookup(r, "www.example.org", 1, 84000, 104800, 0x0a090003);
	view_lookup(r, "www.example.org", 28, 84010, 104400, 0x0a090003);
	view_lookup(r, "cdn.example.net", 1, 190800, 211800, 0x0a090004);
	view_lookup(r, "old.example.net", 1, 190900, 213800, 0x0a090005);
	view_lookup(r, "fonts.example.com", 1, 191000, 273000, 0);
	report_fail(&r->lookup[6].fault, REPORT_E_DNS_NXDOMAIN, REPORT_RESOLVER, VIEW_US(273000), "", "fonts.example.com");
	view_chain(&good, true);

	c[0] = view_conn(r, "example.org", false, 0x0a090002, plain, HF_ARRAY_LEN(plain));
	c[1] = view_conn(r, "www.example.org", true, 0x0a090003, first, HF_ARRAY_LEN(first));
	c[2] = view_conn(r, "www.example.org", true, 0x0a090003, second, HF_ARRAY_LEN(second));
	c[3] = view_conn(r, "cdn.example.net", true, 0x0a090004, refused, HF_ARRAY_LEN(refused));
	c[4] = view_conn(r, "old.example.net", true, 0x0a090005, expired, HF_ARRAY_LEN(expired));
	c[5] = view_conn(r, "peer.example.org", false, 0x0a090006, both, HF_ARRAY_LEN(both));
	report_set_chain(r, c[1], &good);
	report_set_chain(r, c[2], &good);
	r->conn[c[2]].tls_resumed = true;
	r->conn[c[0]].lookup = 0;
	r->conn[c[0]].lookup_begin = r->lookup[0].begin;
	r->conn[c[0]].lookup_end = r->lookup[0].end;
	r->conn[c[1]].lookup = 2;
	r->conn[c[1]].lookup_begin = r->lookup[2].begin;
	r->conn[c[1]].lookup_end = r->lookup[2].end;
	/* The first address does not answer; 250 ms are not waited for here, as the second is tried after 20 (RFC 8305 5). */
	r->conn[c[1]].attempt[0] =
		(struct report_attempt){ { addr_ip4_u32(0x0a0900fe), 443 }, VIEW_US(105000), VIEW_US(145000), HF_ABORTED };
	r->conn[c[1]].attempt[1] =
		(struct report_attempt){ { addr_ip4_u32(0x0a0900fd), 443 }, VIEW_US(106000), VIEW_US(130000), HF_UNREACHABLE };
	r->conn[c[1]].attempt[2] = (struct report_attempt){ r->conn[c[1]].remote, VIEW_US(115000), VIEW_US(145000), HF_OK };
	r->conn[c[1]].attempts = 3;

	i = view_resource(r, REPORT_DOCUMENT, r->url, c[0], 0, 61200, 102000, 102400, 301, 0);
	r->resource[i].parent = REPORT_NONE;
	r->resource[i].made_conn = true;
	r->resource[i].location = "https://www.example.org/";
	i = view_resource(r, REPORT_DOCUMENT, r->final_url, c[1], 83900, 188000, 229000, 246000, 200, 18342);
	r->resource[i].redirected = 0;
	r->resource[i].parent = REPORT_NONE;
	r->resource[i].made_conn = true;
	r->resource[i].coding = "br";
	r->resource[i].octets = 71204;
	r->resource[i].charset = "UTF-8";
	view_resource(r, REPORT_STYLE, "https://www.example.org/style/main.css", c[1], 231500, 246100, 287000, 291000,
		      200, 9120);
	i = view_resource(r, REPORT_STYLE, "https://www.example.org/style/print.css?media=print&v=2", c[2], 231600,
			  314000, 355000, 356000, 200, 612);
	r->resource[i].made_conn = true;
	view_resource(r, REPORT_STYLE, "https://www.example.org/style/imported.css", c[1], 291200, 291300, 332000,
		      333000, 200, 1404);
	view_resource(r, REPORT_SCRIPT, "https://www.example.org/app.js", c[2], 231800, 356200, 398000, 431000, 200, 48211);
	i = view_resource(r, REPORT_SCRIPT, "https://www.example.org/lib/cached.js", REPORT_NONE, 231900, 0, 0, 231950,
			  200, 0);
	r->resource[i].cached = REPORT_FRESH;
	r->resource[i].sent_begin = r->resource[i].sent_end = r->resource[i].first_octet = r->resource[i].head_end =
		HF_NEVER;
	view_failures(r, c[3], c[4]);
	for (unsigned k = 0; k < HF_ARRAY_LEN(pictures); k++) {
		char url[120];
		uint64_t at = 335000 + 46000 * k;

		snprintf(url, sizeof(url), "https://www.example.org/pictures/%s.png", pictures[k]);
		i = view_resource(r, REPORT_IMAGE, report_keep(r, url), c[1 + k % 2], 232000 + 100 * k, at, at + 41000,
				  at + 41000 + 2900 * (k % 5 + 1), k == 5 ? 404 : 200, k == 5 ? 162 : 12000 + 3100 * k);
		r->resource[i].width = 640;
		r->resource[i].height = 480;
		if (k == 5)
			report_fail(&r->resource[i].fault, REPORT_E_HTTP_NOT_FOUND, REPORT_PEER, r->resource[i].done,
				    "COMPLETE", "404 Not Found");
	}
	for (unsigned k = 0; k < 6; k++) {
		char url[80];

		snprintf(url, sizeof(url), "http://peer.example.org:80/part/%u.json", k);
		i = view_resource(r, REPORT_OTHER, report_keep(r, url), c[5], 490000 + 100 * k, 496000 + 40000 * k,
				  536000 + 40000 * k - 200, 536000 + 40000 * k, 200, 300);
		r->resource[i].made_conn = k == 0;
	}
	view_resource(r, REPORT_ICON, "https://www.example.org/favicon.svg", c[1], 233000, 858000, 899000, 900000, 200, 980);
	view_resource(r, REPORT_FRAME, "https://www.example.org/frame.html", c[2], 233100, 820000, 861000, 866000, 200,
		      4411);
	i = report_add_resource(r);
	r->resource[i].kind = REPORT_FONT;
	r->resource[i].url = "https://fonts.example.com/sans.woff2";
	r->resource[i].method = "GET";
	r->resource[i].parent = 2;
	r->resource[i].queued = VIEW_US(291000);
	r->resource[i].not_wanted = true;
	r->resource[i].note = "fonts are fetched with --fonts only";
	view_event(r, 230000, REPORT_LAYER_PAGE, REPORT_US, REPORT_NONE, 1, "charset",
		   "the document is UTF-8, as its head says", "9110 8.3.2", 0);
	view_event(r, 248000, REPORT_LAYER_PAGE, REPORT_US, REPORT_NONE, 1, "parsed",
		   "the document is parsed: 27 things to load are in it", "", 0);
	view_event(r, 900000, REPORT_LAYER_PAGE, REPORT_US, REPORT_NONE, 1, "done", "nothing is left to be loaded", "", 0);
	qsort(r->event, r->events, sizeof(r->event[0]), view_earlier);
	r->engine = "litehtml";
	r->paint_ns = HF_MS(84);
	r->paint_width = 1280;
	r->paint_height = 2210;
}

/* A page that never came. */
static inline void view_failed(struct report *r)
{
	struct hf_cert_report bad;

	sample_failure(r, REPORT_E_CHAIN_EXPIRED, "www.example.org, 3 days ago");
	view_chain(&bad, false);
	report_set_chain(r, 0, &bad);
	r->fault.event = (uint32_t)r->events - 1;
}

/* 1,000 resources over six connections, and as many events as a report keeps. */
static inline void view_large(struct report *r)
{
	report_init(r);
	r->begin = SAMPLE_BEGIN;
	r->end = VIEW_US(20000000);
	r->net = "sim";
	r->url = r->final_url = "http://large.example/";
	for (unsigned k = 0; k < 6; k++) {
		const struct view_step steps[] = { { "SYN_SENT", 1000 * k, false },
						   { "ESTABLISHED", 1000 * k + 40000, false } };

		view_conn(r, "large.example", false, 0x0a090002, steps, 2);
	}
	for (unsigned k = 0; k < 1000; k++) {
		char url[80];
		uint64_t at = 50000 + 19000 * k;

		snprintf(url, sizeof(url), "http://large.example/%u/picture-%u.png", k % 17, k);
		view_resource(r, k ? REPORT_IMAGE : REPORT_DOCUMENT, report_keep(r, url), k % 6, at, at + 1000,
			      at + 41000, at + 60000, 200, 20000 + k);
	}
	for (uint64_t k = 0; r->events < REPORT_EVENTS_MAX; k++)
		view_event(r, k * 95, REPORT_LAYER_TCP, k & 1 ? REPORT_PEER : REPORT_US, (uint32_t)(k % 6), REPORT_NONE,
			   k & 1 ? "data" : "ACK",
			   "a segment of 1,400 octets with the acknowledgment of all that came before it",
			   "9293 3.10.7.4", 1440);
	r->events_left_out = 12345;
	qsort(r->event, r->events, sizeof(r->event[0]), view_earlier);
}

#define VIEW_HOSTILE \
	"</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>\xe2\x80\xa8\xe2\x80\xae\xff\xc0\x80\x01\"'&{{}}]]>-->"

/* Every string that can come from outside says the same thing. */
static inline void view_hostile(struct report *r)
{
	struct hf_cert_report *chain;

	view_failed(r);
	r->url = r->final_url = r->title = r->charset = VIEW_HOSTILE;
	snprintf(r->fault.detail, sizeof(r->fault.detail), "%s", VIEW_HOSTILE);
	for (size_t i = 0; i < r->resources; i++) {
		struct report_resource *x = &r->resource[i];

		x->url = x->reason = x->mime = x->charset = x->coding = x->location = x->note = VIEW_HOSTILE;
		x->request_head = x->response_head = VIEW_HOSTILE "\r\n" VIEW_HOSTILE;
		x->fault = r->fault;
	}
	for (size_t i = 0; i < r->conns; i++) {
		r->conn[i].host = r->conn[i].alpn = VIEW_HOSTILE;
		r->conn[i].fault = r->fault;
	}
	for (size_t i = 0; i < r->lookups; i++)
		r->lookup[i].name = r->lookup[i].canonical = r->lookup[i].server = VIEW_HOSTILE;
	for (size_t i = 0; i < r->events; i++) {
		r->event[i].name = r->event[i].sentence = VIEW_HOSTILE;
		r->event[i].bytes = (struct hf_bytes){ (const uint8_t *)VIEW_HOSTILE, sizeof(VIEW_HOSTILE) };
	}
	chain = r->conn[0].chain;
	for (unsigned i = 0; i < chain->certs; i++) {
		snprintf(chain->cert[i].subject, sizeof(chain->cert[i].subject), "%s", VIEW_HOSTILE);
		snprintf(chain->cert[i].names, sizeof(chain->cert[i].names), "%s", VIEW_HOSTILE);
	}
	snprintf(chain->detail, sizeof(chain->detail), "%s", VIEW_HOSTILE);
}

#endif
