/* SPDX-License-Identifier: MIT */
#include "explain/report_json.h"

#include "explain/cert_view.h"
#include "explain/json.h"
#include "explain/report_sum.h"
#include "wire/addr.h"
#include "wire/tls_wire.h"

/* docs/formats.md tells what these lines are; a field that is added there is no new schema, one that changes is. */
static void begin_line(struct json *j, struct text *out, const char *type);
static void put_things(struct text *out, const struct report *r);
static void put_schema(struct text *out, const struct report *r);
static void put_lookup(struct text *out, const struct report *r, uint32_t i);
static void put_conn(struct text *out, const struct report *r, uint32_t i);
static void put_resource(struct text *out, const struct report *r, uint32_t i);
static void put_event(struct text *out, const struct report *r, uint32_t i);
static void put_result(struct text *out, const struct report *r);

void report_json(struct text *out, const struct report *r)
{
	put_things(out, r);
	for (uint32_t i = 0; i < r->events; i++)
		put_event(out, r, i);
	put_result(out, r);
}

void report_json_without_events(struct text *out, const struct report *r)
{
	put_things(out, r);
	put_result(out, r);
}

static void put_things(struct text *out, const struct report *r)
{
	put_schema(out, r);
	for (uint32_t i = 0; i < r->lookups; i++)
		put_lookup(out, r, i);
	for (uint32_t i = 0; i < r->conns; i++)
		put_conn(out, r, i);
	for (uint32_t i = 0; i < r->resources; i++)
		put_resource(out, r, i);
}

static void begin_line(struct json *j, struct text *out, const char *type)
{
	*j = json_over(out);
	j->one_line = true;
	json_object(j);
	if (type)
		json_put_string(j, "type", type);
}

/* Nanoseconds since the load began. */
static void put_at(struct json *j, const char *key, const struct report *r, hf_time_ns at)
{
	json_put_time(j, key, report_since(r, at));
}

/* A number of a resource, a connection, a lookup or an event. */
static void put_number(struct json *j, const char *key, uint32_t n)
{
	json_key(j, key);
	if (n == REPORT_NONE)
		json_null(j);
	else
		json_u64(j, n);
}

static void put_addr(struct json *j, const struct hf_addr *a)
{
	char addr[HF_ADDR_TEXT];

	addr_format(a, addr);
	json_string(j, addr);
}

static void put_endpoint(struct json *j, const char *key, const struct hf_endpoint *e)
{
	json_key(j, key);
	if (e->port == 0) {
		json_null(j);
		return;
	}
	json_object(j);
	json_key(j, "addr");
	put_addr(j, &e->addr);
	json_put_u64(j, "port", e->port);
	json_object_end(j);
}

static void put_fault(struct json *j, const char *key, const struct report *r, const struct report_fault *f)
{
	json_key(j, key);
	if (f->code == REPORT_E_NONE) {
		json_null(j);
		return;
	}
	json_object(j);
	json_put_string(j, "code", report_code_name(f->code));
	json_put_string(j, "sentence", report_code_sentence(f->code));
	json_put_string(j, "detail", f->detail);
	json_put_string(j, "advice", report_code_advice(f->code));
	json_put_string(j, "rfc", report_code_rfc(f->code));
	json_put_string(j, "step", report_step_name(report_code_step(f->code)));
	json_put_string(j, "side", report_side_name(f->side));
	json_put_string(j, "state", f->state[0] ? f->state : NULL);
	put_at(j, "at_ns", r, f->at);
	put_number(j, "event", f->event);
	json_object_end(j);
}

/* The name of a number of TLS; null for none. */
static void put_tls_name(struct json *j, const char *key, uint16_t n, const char *(*name)(unsigned n))
{
	json_put_string(j, key, n ? name(n) : NULL);
}

static void put_schema(struct text *out, const struct report *r)
{
	struct json j;

	begin_line(&j, out, NULL);
	json_put_string(&j, "schema", REPORT_JSON_SCHEMA);
	json_put_string(&j, "url", r->url);
	json_put_string(&j, "net", r->net);
	json_put_date(&j, "started", report_epoch_ns(r, r->begin));
	json_object_end(&j);
}

static void put_lookup(struct text *out, const struct report *r, uint32_t i)
{
	const struct report_lookup *l = &r->lookup[i];
	struct json j;

	begin_line(&j, out, "lookup");
	json_put_u64(&j, "number", i);
	json_put_string(&j, "name", l->name);
	json_put_u64(&j, "record", l->type);
	put_at(&j, "begin_ns", r, l->begin);
	put_at(&j, "end_ns", r, l->end);
	json_put_string(&j, "server", l->server);
	json_put_u64(&j, "rcode", l->rcode);
	json_put_u64(&j, "tries", l->tries);
	json_put_bool(&j, "tcp", l->tcp);
	json_put_u64(&j, "ttl_s", l->ttl_s);
	json_put_string(&j, "canonical", l->canonical);
	json_key(&j, "addresses");
	json_array(&j);
	for (unsigned k = 0; k < l->addrs; k++)
		put_addr(&j, &l->addr[k]);
	json_array_end(&j);
	put_fault(&j, "fault", r, &l->fault);
	json_object_end(&j);
}

static void put_tls(struct json *j, const struct report *r, const struct report_conn *c)
{
	json_key(j, "tls");
	if (!c->secure) {
		json_null(j);
		return;
	}
	json_object(j);
	put_at(j, "begin_ns", r, c->tls_begin);
	put_at(j, "end_ns", r, c->tls_end);
	put_tls_name(j, "version", c->tls_version, tls_version_name);
	put_tls_name(j, "suite", c->tls_suite, tls_suite_name);
	put_tls_name(j, "group", c->tls_group, tls_group_name);
	put_tls_name(j, "scheme", c->tls_scheme, tls_scheme_name);
	json_put_bool(j, "resumed", c->tls_resumed);
	json_put_string(j, "alpn", c->alpn);
	json_key(j, "chain");
	if (c->chain)
		cert_view_report_json(j, c->chain);
	else
		json_null(j);
	json_object_end(j);
}

static void put_conn(struct text *out, const struct report *r, uint32_t i)
{
	const struct report_conn *c = &r->conn[i];
	struct json j;

	begin_line(&j, out, "connection");
	json_put_u64(&j, "number", i);
	json_put_string(&j, "host", c->host);
	json_put_u64(&j, "port", c->port);
	put_number(&j, "lookup", c->lookup);
	put_endpoint(&j, "local", &c->local);
	put_endpoint(&j, "remote", &c->remote);
	put_at(&j, "lookup_begin_ns", r, c->lookup_begin);
	put_at(&j, "lookup_end_ns", r, c->lookup_end);
	put_at(&j, "connect_begin_ns", r, c->connect_begin);
	put_at(&j, "connect_end_ns", r, c->connect_end);
	put_at(&j, "closed_ns", r, c->closed);
	json_put_bool(&j, "closed_by_us", c->closed_by_us);
	json_put_u64(&j, "octets_out", c->octets_out);
	json_put_u64(&j, "octets_in", c->octets_in);
	json_put_u64(&j, "requests", c->requests);
	json_key(&j, "attempts");
	json_array(&j);
	for (unsigned k = 0; k < c->attempts; k++) {
		json_object(&j);
		put_endpoint(&j, "remote", &c->attempt[k].remote);
		put_at(&j, "begin_ns", r, c->attempt[k].begin);
		put_at(&j, "end_ns", r, c->attempt[k].end);
		json_put_string(&j, "why", hf_status_name(c->attempt[k].why));
		json_object_end(&j);
	}
	json_array_end(&j);
	json_key(&j, "states");
	json_array(&j);
	for (size_t k = 0; k < c->states; k++) {
		json_object(&j);
		put_at(&j, "at_ns", r, c->state[k].at);
		json_put_string(&j, "machine", c->state[k].tls ? "tls" : "tcp");
		json_put_string(&j, "state", c->state[k].name);
		json_object_end(&j);
	}
	json_array_end(&j);
	put_tls(&j, r, c);
	put_fault(&j, "fault", r, &c->fault);
	json_object_end(&j);
}

static void put_resource(struct text *out, const struct report *r, uint32_t i)
{
	static const char *const cached[] = { [REPORT_FRESH] = "fresh", [REPORT_VALIDATED] = "validated" };
	const struct report_resource *x = &r->resource[i];
	struct report_phases p = report_phases_of(r, i);
	struct json j;

	begin_line(&j, out, "resource");
	json_put_u64(&j, "number", i);
	json_put_string(&j, "kind", report_kind_name(x->kind));
	json_put_string(&j, "method", x->method);
	json_put_string(&j, "url", x->url);
	put_number(&j, "parent", x->parent);
	put_number(&j, "redirected_from", x->redirected);
	json_put_string(&j, "location", x->location);
	put_number(&j, "connection", x->conn);
	json_put_bool(&j, "made_connection", x->made_conn);
	json_put_bool(&j, "not_wanted", x->not_wanted);
	json_put_string(&j, "cached", x->cached == REPORT_NOT_CACHED ? NULL : cached[x->cached]);
	json_key(&j, "status");
	if (x->status)
		json_u64(&j, x->status);
	else
		json_null(&j);
	json_put_string(&j, "reason", x->reason);
	json_put_string(&j, "mime", x->mime);
	json_put_string(&j, "charset", x->charset);
	json_put_string(&j, "coding", x->coding);
	json_put_u64(&j, "octets_wire", x->octets_wire);
	json_put_u64(&j, "octets", x->octets);
	json_put_u64(&j, "octets_head_out", x->octets_head_out);
	json_put_u64(&j, "octets_head_in", x->octets_head_in);
	json_put_u64(&j, "width", x->width);
	json_put_u64(&j, "height", x->height);
	put_at(&j, "queued_ns", r, x->queued);
	put_at(&j, "sent_begin_ns", r, x->sent_begin);
	put_at(&j, "sent_end_ns", r, x->sent_end);
	put_at(&j, "first_octet_ns", r, x->first_octet);
	put_at(&j, "head_end_ns", r, x->head_end);
	put_at(&j, "done_ns", r, x->done);
	json_key(&j, "phases_ns");
	json_object(&j);
	for (unsigned k = 0; k < REPORT_PHASE_COUNT; k++)
		json_put_u64(&j, report_phase_name((enum report_phase)k), p.length[k]);
	json_object_end(&j);
	json_put_string(&j, "request_head", x->request_head);
	json_put_string(&j, "response_head", x->response_head);
	json_put_string(&j, "note", x->note);
	put_fault(&j, "fault", r, &x->fault);
	json_object_end(&j);
}

static void put_event(struct text *out, const struct report *r, uint32_t i)
{
	const struct report_event *e = &r->event[i];
	struct json j;

	begin_line(&j, out, "event");
	json_put_u64(&j, "number", i);
	put_at(&j, "at_ns", r, e->at);
	json_put_string(&j, "layer", report_layer_name(e->layer));
	json_put_string(&j, "side", report_side_name(e->side));
	put_number(&j, "connection", e->conn);
	put_number(&j, "resource", e->resource);
	json_put_string(&j, "name", e->name);
	json_put_string(&j, "sentence", e->sentence);
	json_put_string(&j, "rfc", e->rfc);
	json_put_u64(&j, "octets", e->octets);
	json_put_hex(&j, "bytes", e->bytes);
	json_object_end(&j);
}

static void put_count(struct json *j, const char *key, const struct report_count *c)
{
	json_key(j, key);
	json_object(j);
	json_put_u64(j, "requests", c->requests);
	json_put_u64(j, "failed", c->failed);
	json_put_u64(j, "cached", c->cached);
	json_put_u64(j, "octets_wire", c->octets_wire);
	json_put_u64(j, "octets", c->octets);
	json_object_end(j);
}

static void put_result(struct text *out, const struct report *r)
{
	struct report_totals t = report_totals_of(r);
	struct json j;

	begin_line(&j, out, "result");
	json_put_u64(&j, "exit", (uint64_t)report_exit(r));
	json_put_string(&j, "final_url", r->final_url);
	json_put_string(&j, "title", r->title);
	json_put_string(&j, "charset", r->charset);
	put_number(&j, "document", report_document(r));
	json_put_time(&j, "first_octet_ns", t.first_octet);
	json_put_time(&j, "document_ns", t.document);
	json_put_time(&j, "everything_ns", t.everything);
	put_count(&j, "all", &t.all);
	json_key(&j, "kinds");
	json_object(&j);
	for (unsigned k = 0; k < REPORT_KIND_COUNT; k++)
		put_count(&j, report_kind_name((enum report_kind)k), &t.kind[k]);
	json_object_end(&j);
	json_put_u64(&j, "redirects", t.redirects);
	json_put_u64(&j, "not_wanted", t.not_wanted);
	json_put_u64(&j, "connections", t.conns);
	json_put_u64(&j, "connections_failed", t.conns_failed);
	json_put_u64(&j, "connections_resumed", t.conns_resumed);
	json_put_u64(&j, "lookups", t.lookups);
	json_put_u64(&j, "octets_in", t.octets_in);
	json_put_u64(&j, "octets_out", t.octets_out);
	json_put_u64(&j, "events_left_out", r->events_left_out);
	json_put_string(&j, "engine", r->engine);
	json_put_u64(&j, "engine_octets", r->engine_octets);
	json_put_u64(&j, "paint_ns", r->paint_ns);
	json_put_u64(&j, "paint_width", r->paint_width);
	json_put_u64(&j, "paint_height", r->paint_height);
	json_put_string(&j, "limit", r->limit);
	put_fault(&j, "fault", r, &r->fault);
	json_object_end(&j);
}
