/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_PAGE_SAMPLE_H
#define HF_TESTS_PAGE_SAMPLE_H

#include "explain/report.h"
#include "hf/cert.h"
#include "wire/addr.h"

/*
 * A small page as a report: http://a.example/ leads to https://a.example/, which has a style sheet, a script that the cache
 * knows, a picture that is missing, and a font that is only noted. Times are milliseconds after the report's begin.
 */
#define SAMPLE_BEGIN HF_S(1)
#define SAMPLE_AT(ms) (SAMPLE_BEGIN + HF_MS(ms))

static inline uint32_t sample_resource(struct report *r, enum report_kind kind, const char *url, uint32_t conn,
				       unsigned queued, unsigned sent, unsigned first, unsigned done, unsigned status,
				       uint64_t octets)
{
	uint32_t i = report_add_resource(r);
	struct report_resource *x = &r->resource[i];

	x->kind = kind;
	x->url = url;
	x->conn = conn;
	x->queued = SAMPLE_AT(queued);
	x->sent_begin = SAMPLE_AT(sent);
	x->sent_end = SAMPLE_AT(sent);
	x->first_octet = SAMPLE_AT(first);
	x->head_end = SAMPLE_AT(first);
	x->done = SAMPLE_AT(done);
	x->status = status;
	x->octets_wire = octets;
	x->octets = octets;
	x->parent = i == 0 ? REPORT_NONE : 0;
	return i;
}

static inline uint32_t sample_conn(struct report *r, bool secure, unsigned lookup, unsigned connect, unsigned tls,
				   unsigned ready)
{
	uint32_t i = report_add_conn(r);
	struct report_conn *c = &r->conn[i];

	c->host = "a.example";
	c->port = secure ? 443 : 80;
	c->secure = secure;
	c->local = (struct hf_endpoint){ addr_ip4_u32(0x0a090001), (uint16_t)(49152 + i) };
	c->remote = (struct hf_endpoint){ addr_ip4_u32(0x0a090002), c->port };
	c->attempt[0] = (struct report_attempt){ c->remote, SAMPLE_AT(connect), SAMPLE_AT(tls), HF_OK };
	c->attempts = 1;
	if (lookup != connect) {
		c->lookup_begin = SAMPLE_AT(lookup);
		c->lookup_end = SAMPLE_AT(connect);
		c->lookup = 0;
	}
	c->connect_begin = SAMPLE_AT(connect);
	c->connect_end = SAMPLE_AT(tls);
	report_add_state(r, i, SAMPLE_AT(connect), false, "SYN_SENT");
	report_add_state(r, i, SAMPLE_AT(tls), false, "ESTABLISHED");
	if (secure) {
		c->tls_begin = SAMPLE_AT(tls);
		c->tls_end = SAMPLE_AT(ready);
		c->tls_version = 0x0304;
		c->tls_suite = 0x1301;
		c->tls_group = 0x001d;
		c->tls_scheme = 0x0403;
		report_add_state(r, i, SAMPLE_AT(tls), true, "C_WAIT_SH");
		report_add_state(r, i, SAMPLE_AT(ready), true, "C13_CONNECTED");
	}
	c->octets_in = 9000;
	c->octets_out = 700;
	return i;
}

static inline void sample_lookup(struct report *r)
{
	uint32_t i = report_add_lookup(r);
	struct report_lookup *l = &r->lookup[i];

	l->name = "a.example";
	l->type = 1;
	l->begin = SAMPLE_AT(0);
	l->end = SAMPLE_AT(10);
	l->server = "10.9.0.3:53";
	l->tries = 1;
	l->ttl_s = 60;
	l->addr[0] = addr_ip4_u32(0x0a090002);
	l->addrs = 1;
}

static inline void sample_event(struct report *r, unsigned at, enum report_layer layer, enum report_side side,
				uint32_t conn, uint32_t resource, const char *name, const char *sentence, const char *rfc)
{
	static const uint8_t octets[] = "GET /";
	struct report_event e = { .at = SAMPLE_AT(at),
				  .layer = layer,
				  .side = side,
				  .conn = conn,
				  .resource = resource,
				  .name = name,
				  .sentence = sentence,
				  .rfc = rfc };

	if (layer == REPORT_LAYER_HTTP)
		e.bytes = (struct hf_bytes){ octets, 5 };
	report_add_event(r, &e);
}

static inline void sample_page(struct report *r)
{
	uint32_t plain, secure, i;

	report_init(r);
	r->begin = SAMPLE_BEGIN;
	r->end = SAMPLE_AT(300);
	r->epoch_ns = 1767225600000000000u - SAMPLE_BEGIN; /* 2026-01-01 at its begin */
	r->net = "sim";
	r->url = "http://a.example/";
	r->final_url = "https://a.example/";
	r->title = "A page";
	r->charset = "UTF-8";
	sample_lookup(r);
	plain = sample_conn(r, false, 0, 10, 50, 50);
	secure = sample_conn(r, true, 90, 90, 130, 170);

	i = sample_resource(r, REPORT_DOCUMENT, "http://a.example/", plain, 0, 50, 90, 90, 301, 0);
	r->resource[i].made_conn = true;
	r->resource[i].reason = "Moved Permanently";
	r->resource[i].location = "https://a.example/";
	r->resource[i].request_head = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
	r->resource[i].response_head = "HTTP/1.1 301 Moved Permanently\r\nLocation: https://a.example/\r\n\r\n";
	i = sample_resource(r, REPORT_DOCUMENT, "https://a.example/", secure, 90, 170, 210, 215, 200, 1834);
	r->resource[i].made_conn = true;
	r->resource[i].redirected = 0;
	r->resource[i].parent = REPORT_NONE;
	r->resource[i].reason = "OK";
	r->resource[i].mime = "text/html";
	r->resource[i].charset = "UTF-8";
	r->resource[i].coding = "gzip";
	r->resource[i].octets = 6120;
	r->resource[i].request_head = "GET / HTTP/1.1\r\nHost: a.example\r\nCookie: a=1; b=two\r\n\r\n";
	r->resource[i].response_head =
		"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n"
		"Set-Cookie: id=7; Path=/; Secure; HttpOnly; SameSite=Lax; "
		"Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n";
	r->resource[i].octets_head_out = 61;
	r->resource[i].octets_head_in = 182;
	i = sample_resource(r, REPORT_STYLE, "https://a.example/style.css?v=2&x=a%20b", secure, 215, 216, 255, 256, 200,
			    612);
	r->resource[i].reason = "OK";
	r->resource[i].mime = "text/css";
	i = sample_resource(r, REPORT_SCRIPT, "https://cdn.example/lib/script.js", REPORT_NONE, 215, 215, 215, 215, 200, 0);
	r->resource[i].cached = REPORT_FRESH;
	r->resource[i].sent_begin = r->resource[i].sent_end = r->resource[i].first_octet = r->resource[i].head_end =
		HF_NEVER;
	r->resource[i].octets = 4000;
	r->resource[i].mime = "text/javascript";
	i = sample_resource(r, REPORT_IMAGE, "https://a.example/pictures/of/the/sea/and/of/all/its/ships/missing.png",
			    secure, 215, 256, 299, 300, 404, 9);
	r->resource[i].reason = "Not Found";
	report_fail(&r->resource[i].fault, REPORT_E_HTTP_NOT_FOUND, REPORT_PEER, SAMPLE_AT(299), "COMPLETE",
		    "404 Not Found");
	i = report_add_resource(r);
	r->resource[i].kind = REPORT_FONT;
	r->resource[i].url = "https://a.example/sans.woff2";
	r->resource[i].parent = 2;
	r->resource[i].queued = SAMPLE_AT(256);
	r->resource[i].not_wanted = true;
	r->resource[i].note = "fonts are fetched with --fonts only";
	r->conn[plain].requests = 1;
	r->conn[secure].requests = 3;

	sample_event(r, 0, REPORT_LAYER_DNS, REPORT_US, REPORT_NONE, 0, "question",
		     "asks 10.9.0.3 for the IPv4 address of a.example", "1035 4.1.2");
	sample_event(r, 10, REPORT_LAYER_TCP, REPORT_US, plain, REPORT_NONE, "SYN", "sends SYN seq 0 len 0", "9293 3.5");
	sample_event(r, 50, REPORT_LAYER_HTTP, REPORT_US, plain, 0, "request", "asks for /", "9112 3");
	sample_event(r, 130, REPORT_LAYER_TLS, REPORT_US, secure, REPORT_NONE, "ClientHello", "ClientHello, 240 octets",
		     "8446 4.1.2");
}

/* What the server of sample_failure() shows: a leaf that has expired and a root, with a name that is no friend of HTML. */
static inline void sample_chain(struct hf_cert_report *c)
{
	*c = (struct hf_cert_report){ .fault = HF_CERT_EXPIRED, .certs = 2, .asked_name = "a.example", .at_unix_s = 1767225600 };
	c->cert[0] = (struct hf_cert_view){ .subject = "CN=a.example,O=<b>A & Sons</b>",
					    .issuer = "CN=An Authority",
					    .names = "DNS:a.example",
					    .not_before = 1759190400,
					    .not_after = 1766966400,
					    .key = "EC P-256",
					    .signature = "ecdsa-with-SHA256",
					    .serial = "1f",
					    .fault = HF_CERT_EXPIRED };
	c->cert[1] = (struct hf_cert_view){ .subject = "CN=An Authority",
					    .issuer = "CN=An Authority",
					    .not_before = 1609459200,
					    .not_after = 1924992000,
					    .key = "EC P-384",
					    .signature = "ecdsa-with-SHA384",
					    .serial = "01",
					    .from_trust = true,
					    .is_ca = true,
					    .self_signed = true };
}

/* A page that could not be had: its server's certificate has expired. */
static inline void sample_failure(struct report *r, enum report_code code, const char *detail)
{
	uint32_t c, i;

	report_init(r);
	r->begin = SAMPLE_BEGIN;
	r->end = SAMPLE_AT(90);
	r->epoch_ns = 1767225600000000000u - SAMPLE_BEGIN;
	r->net = "sim";
	r->url = r->final_url = "https://a.example/";
	sample_lookup(r);
	c = sample_conn(r, true, 0, 10, 50, 90);
	r->conn[c].tls_end = HF_NEVER;
	r->conn[c].closed = SAMPLE_AT(90);
	r->conn[c].closed_by_us = true;
	r->conn[c].states--; /* it did not connect */
	i = sample_resource(r, REPORT_DOCUMENT, r->url, c, 0, 0, 0, 90, 0, 0);
	r->resource[i].made_conn = true;
	r->resource[i].sent_begin = r->resource[i].sent_end = r->resource[i].first_octet = r->resource[i].head_end =
		HF_NEVER;
	sample_event(r, 10, REPORT_LAYER_TCP, REPORT_US, c, REPORT_NONE, "SYN", "sends SYN seq 0 len 0", "9293 3.5");
	sample_event(r, 50, REPORT_LAYER_TCP, REPORT_PEER, c, REPORT_NONE, "SYN,ACK", "receives SYN,ACK seq 0 len 0",
		     "9293 3.5");
	sample_event(r, 50, REPORT_LAYER_TLS, REPORT_US, c, REPORT_NONE, "ClientHello", "ClientHello, 240 octets",
		     "8446 4.1.2");
	sample_event(r, 90, REPORT_LAYER_TLS, REPORT_PEER, c, REPORT_NONE, "Certificate", "Certificate, 1,532 octets",
		     "8446 4.4.2");
	report_fail(&r->fault, code, REPORT_PEER, SAMPLE_AT(90), "C13_WAIT_CV", "%s", detail);
	r->resource[i].fault = r->conn[c].fault = r->fault;
}

#endif
