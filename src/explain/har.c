/* SPDX-License-Identifier: MIT */
#include "explain/har.h"

#include "explain/har_internal.h"
#include "explain/json.h"
#include "explain/report_sum.h"
#include "base/bits.h"
#include "wire/addr.h"

#include <stdio.h>
#include <string.h>

/*
 * HTTP Archive 1.2 (the W3C's draft "HTTP Archive (HAR) format"). The keys stand in the order of that document. What it has
 * no field for stands under names with an underscore, as it asks for, those of Chromium's where it has them.
 */
static void put_page(struct json *j, const struct report *r);
static void put_entry(struct json *j, const struct report *r, uint32_t i);
static void put_request(struct json *j, const struct report_resource *x);
static void put_response(struct json *j, const struct report_resource *x);
static void put_content(struct json *j, const struct report_resource *x);
static void put_fault(struct json *j, const struct report_fault *f);
static void put_timings(struct json *j, const struct report_phases *p);
static void put_conn(struct json *j, const struct report *r, const struct report_resource *x);
static void put_or_unknown(struct json *j, const char *key, uint64_t v, bool known);
static void put_version(struct json *j, const char *head, bool answer);

void har_write(struct text *out, const struct report *r)
{
	struct json j = json_over(out);

	json_object(&j);
	json_key(&j, "log");
	json_object(&j);
	json_put_string(&j, "version", "1.2");
	json_key(&j, "creator");
	json_object(&j);
	json_put_string(&j, "name", "handfast");
	json_put_string(&j, "version", HF_VERSION);
	json_object_end(&j);
	json_key(&j, "pages");
	json_array(&j);
	put_page(&j, r);
	json_array_end(&j);
	json_key(&j, "entries");
	json_array(&j);
	for (uint32_t i = 0; i < r->resources; i++)
		if (!r->resource[i].not_wanted && strncmp(r->resource[i].url, "data:", 5) != 0)
			put_entry(&j, r, i);
	json_array_end(&j);
	if (r->limit)
		json_put_string(&j, "comment", r->limit);
	json_object_end(&j);
	json_object_end(&j);
}

static void put_page(struct json *j, const struct report *r)
{
	struct report_totals t = report_totals_of(r);

	json_object(j);
	json_put_date(j, "startedDateTime", report_epoch_ns(r, r->begin));
	json_put_string(j, "id", "page_1");
	json_put_string(j, "title", r->title && *r->title ? r->title : r->url ? r->url : "");
	json_key(j, "pageTimings");
	json_object(j);
	if (t.document == HF_NEVER) { /* -1: not applicable */
		json_key(j, "onContentLoad");
		json_i64(j, -1);
	} else {
		json_put_ms(j, "onContentLoad", t.document);
	}
	if (t.everything == HF_NEVER) {
		json_key(j, "onLoad");
		json_i64(j, -1);
	} else {
		json_put_ms(j, "onLoad", t.everything);
	}
	json_object_end(j);
	if (r->fault.code != REPORT_E_NONE)
		put_fault(j, &r->fault);
	json_object_end(j);
}

static void put_entry(struct json *j, const struct report *r, uint32_t i)
{
	static const char *const type[REPORT_KIND_COUNT] = {
		[REPORT_DOCUMENT] = "document", [REPORT_STYLE] = "stylesheet", [REPORT_SCRIPT] = "script",
		[REPORT_IMAGE] = "image",       [REPORT_ICON] = "image",       [REPORT_FONT] = "font",
		[REPORT_FRAME] = "document",    [REPORT_OTHER] = "other",
	};
	const struct report_resource *x = &r->resource[i];
	struct report_phases p = report_phases_of(r, i);

	json_object(j);
	json_put_string(j, "pageref", "page_1");
	json_put_date(j, "startedDateTime", report_epoch_ns(r, p.all.there ? p.all.begin : r->begin));
	json_put_ms(j, "time", p.all.end - p.all.begin);
	put_request(j, x);
	put_response(j, x);
	json_key(j, "cache");
	json_object(j);
	json_object_end(j);
	put_timings(j, &p);
	put_conn(j, r, x);
	json_put_string(j, "_resourceType", type[x->kind]);
	if (x->cached == REPORT_FRESH)
		json_put_string(j, "_fromCache", "disk");
	if (x->parent != REPORT_NONE) {
		json_key(j, "_initiator");
		json_object(j);
		json_put_string(j, "type", r->resource[x->parent].kind == REPORT_STYLE ? "other" : "parser");
		json_put_string(j, "url", r->resource[x->parent].url);
		json_object_end(j);
	}
	if (x->note)
		json_put_string(j, "comment", x->note);
	json_object_end(j);
}

static void put_request(struct json *j, const struct report_resource *x)
{
	json_key(j, "request");
	json_object(j);
	json_put_string(j, "method", x->method);
	json_put_string(j, "url", x->url);
	put_version(j, x->request_head, false);
	har_put_cookies(j, x->request_head, false);
	har_put_headers(j, x->request_head);
	har_put_query(j, x->url);
	put_or_unknown(j, "headersSize", x->octets_head_out, x->octets_head_out > 0);
	json_put_u64(j, "bodySize", 0); /* nothing but GET is asked */
	json_object_end(j);
}

static void put_response(struct json *j, const struct report_resource *x)
{
	bool body_known = x->status != 0 && x->cached == REPORT_NOT_CACHED;

	json_key(j, "response");
	json_object(j);
	json_put_u64(j, "status", x->status);
	json_put_string(j, "statusText", x->reason ? x->reason : "");
	put_version(j, x->response_head, true);
	har_put_cookies(j, x->response_head, true);
	har_put_headers(j, x->response_head);
	put_content(j, x);
	json_put_string(j, "redirectURL", x->location ? x->location : "");
	put_or_unknown(j, "headersSize", x->octets_head_in, x->octets_head_in > 0);
	if (x->cached != REPORT_NOT_CACHED)
		json_put_u64(j, "bodySize", 0); /* 304, or nothing was asked */
	else
		put_or_unknown(j, "bodySize", x->octets_wire, body_known);
	if (body_known || x->octets_wire || x->octets_head_in)
		json_put_u64(j, "_transferSize", x->octets_head_in + x->octets_wire);
	if (x->fault.code != REPORT_E_NONE)
		put_fault(j, &x->fault);
	json_object_end(j);
}

static void put_content(struct json *j, const struct report_resource *x)
{
	struct text type;

	text_init(&type);
	text_add(&type, x->mime && *x->mime ? x->mime : "x-unknown");
	if (x->mime && *x->mime && x->charset && *x->charset)
		text_addf(&type, "; charset=%s", x->charset);
	json_key(j, "content");
	json_object(j);
	json_put_u64(j, "size", x->octets);
	if (x->cached == REPORT_NOT_CACHED && x->coding && x->octets >= x->octets_wire)
		json_put_u64(j, "compression", x->octets - x->octets_wire);
	json_put_string(j, "mimeType", text_str(&type));
	if (x->width && x->height) {
		char size[40];

		snprintf(size, sizeof(size), "%u x %u", x->width, x->height);
		json_put_string(j, "comment", size);
	}
	json_object_end(j);
	j->out->failed |= type.failed;
	text_free(&type);
}

/* Chromium's viewer shows _error as a status; the rest is ours. */
static void put_fault(struct json *j, const struct report_fault *f)
{
	json_put_string(j, "_error", report_code_name(f->code));
	json_put_string(j, "_errorSentence", report_code_sentence(f->code));
	if (f->detail[0])
		json_put_string(j, "_errorDetail", f->detail);
	json_put_string(j, "_errorAdvice", report_code_advice(f->code));
	json_put_string(j, "_errorStep", report_step_name(report_code_step(f->code)));
	json_put_string(j, "_errorSide", report_side_name(f->side));
	if (f->state[0])
		json_put_string(j, "_errorState", f->state);
}

static void put_timing(struct json *j, const char *key, bool there, hf_time_ns length)
{
	if (there) {
		json_put_ms(j, key, length);
		return;
	}
	json_key(j, key);
	json_i64(j, -1);
}

/* HAR counts TLS into connect, and has it besides; send, wait and receive are not optional there. */
static void put_timings(struct json *j, const struct report_phases *p)
{
	bool connected = p->phase[REPORT_CONNECTING].there || p->phase[REPORT_SECURING].there;

	json_key(j, "timings");
	json_object(j);
	json_put_ms(j, "blocked", p->length[REPORT_BLOCKED]);
	put_timing(j, "dns", p->phase[REPORT_LOOKUP].there, p->length[REPORT_LOOKUP]);
	put_timing(j, "connect", connected, p->length[REPORT_CONNECTING] + p->length[REPORT_SECURING]);
	json_put_ms(j, "send", p->length[REPORT_SENDING]);
	json_put_ms(j, "wait", p->length[REPORT_WAITING]);
	json_put_ms(j, "receive", p->length[REPORT_RECEIVING]);
	put_timing(j, "ssl", p->phase[REPORT_SECURING].there, p->length[REPORT_SECURING]);
	json_object_end(j);
}

static void put_conn(struct json *j, const struct report *r, const struct report_resource *x)
{
	char addr[HF_ADDR_TEXT], number[16];
	const struct report_conn *c;

	if (x->conn == REPORT_NONE)
		return;
	c = &r->conn[x->conn];
	if (c->remote.port) {
		addr_format(&c->remote.addr, addr);
		json_put_string(j, "serverIPAddress", addr);
	}
	snprintf(number, sizeof(number), "%u", (unsigned)x->conn);
	json_put_string(j, "connection", number);
}

/* HAR has -1 for what is not known. */
static void put_or_unknown(struct json *j, const char *key, uint64_t v, bool known)
{
	json_key(j, key);
	if (known)
		json_u64(j, v);
	else
		json_i64(j, -1);
}

/* RFC 9112 2.3: "HTTP/1.1", which ends the first line of a request and begins that of an answer. */
static void put_version(struct json *j, const char *head, bool answer)
{
	size_t line = head ? strcspn(head, "\r\n") : 0, at = answer ? 0 : line, end = line;

	if (answer)
		end = head ? hf_min_u64(strcspn(head, " \r\n"), line) : 0;
	else
		while (at > 0 && head[at - 1] != ' ')
			at--;
	json_key(j, "httpVersion");
	if (end > at)
		json_string_n(j, head + at, end - at);
	else
		json_string(j, answer ? "unknown" : "HTTP/1.1");
}
