/* SPDX-License-Identifier: MIT */
#include "explain/qlog.h"

#include "explain/json.h"
#include "explain/report_sum.h"
#include "wire/addr.h"
#include "wire/tls_wire.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 * qlog (draft-ietf-quic-qlog-main-schema-13) knows files, traces and events; which events there are is told by event
 * schemas. None is registered for TCP, TLS over TCP, HTTP/1.1 and DNS, so that these are ours, under a tag: URI, and a
 * reader that does not know them still has name, time and data.
 */
#define SCHEMA "tag:handfast.example,2026:qlog:"

static void put_trace(struct json *j, const struct report *r, uint32_t conn);
static void put_common(struct json *j, const struct report *r, const char *group);
static void put_summary(struct json *j, const struct report *r);
static void put_lookups(struct json *j, const struct report *r);
static void put_events(struct json *j, const struct report *r, uint32_t conn);
static void put_state(struct json *j, const struct report *r, const struct report_state *to, const char *old);
static void put_event(struct json *j, const struct report *r, const struct report_event *e);
static void add_name(struct text *t, const struct report_event *e);

void qlog_write(struct text *out, const struct report *r)
{
	struct json j = json_over(out);

	json_object(&j);
	json_put_string(&j, "file_schema", "urn:ietf:params:qlog:file:contained");
	json_put_string(&j, "serialization_format", "application/qlog+json");
	json_put_string(&j, "title", r->url);
	json_key(&j, "traces");
	json_array(&j);
	put_trace(&j, r, REPORT_NONE);
	for (uint32_t i = 0; i < r->conns; i++)
		put_trace(&j, r, i);
	json_array_end(&j);
	json_object_end(&j);
}

static void put_trace(struct json *j, const struct report *r, uint32_t conn)
{
	static const char *const schemas[] = { "dns", "tcp", "tls", "http", "page" };
	char group[16] = "page", title[320] = "what belongs to no connection";

	if (conn != REPORT_NONE) {
		snprintf(group, sizeof(group), "%u", (unsigned)conn);
		snprintf(title, sizeof(title), "connection %u to %.255s:%u", (unsigned)conn, r->conn[conn].host,
			 r->conn[conn].port);
	}
	json_object(j);
	json_put_string(j, "title", title);
	put_common(j, r, group);
	json_key(j, "vantage_point");
	json_object(j);
	json_put_string(j, "name", "handfast");
	json_put_string(j, "type", "client");
	json_object_end(j);
	json_key(j, "event_schemas");
	json_array(j);
	for (unsigned i = 0; i < 5; i++) {
		char uri[64];

		snprintf(uri, sizeof(uri), SCHEMA "%s", schemas[i]);
		json_string(j, uri);
	}
	json_array_end(j);
	json_key(j, "events");
	json_array(j);
	if (conn == REPORT_NONE) {
		put_summary(j, r);
		put_lookups(j, r);
	}
	put_events(j, r, conn);
	json_array_end(j);
	json_object_end(j);
}

static void put_common(struct json *j, const struct report *r, const char *group)
{
	json_key(j, "common_fields");
	json_object(j);
	json_put_string(j, "group_id", group);
	json_put_string(j, "time_format", "relative_to_epoch");
	json_key(j, "reference_time");
	json_object(j);
	json_put_string(j, "clock_type", "system");
	json_put_date(j, "epoch", report_epoch_ns(r, r->begin));
	json_object_end(j);
	json_object_end(j);
}

/* Opens an event and its data: both are closed by end_event(). */
static void begin_event(struct json *j, const struct report *r, hf_time_ns at, const char *name)
{
	hf_time_ns since = report_since(r, at);

	json_object(j);
	json_put_ms(j, "time", since == HF_NEVER ? 0 : since);
	json_put_string(j, "name", name);
	json_key(j, "data");
	json_object(j);
}

static void end_event(struct json *j)
{
	json_object_end(j);
	json_object_end(j);
}

static void put_summary(struct json *j, const struct report *r)
{
	begin_event(j, r, r->begin, "page:load_started");
	json_put_string(j, "url", r->url);
	json_put_string(j, "net", r->net);
	json_put_string(j, "final_url", r->final_url);
	json_put_string(j, "error", r->fault.code == REPORT_E_NONE ? NULL : report_code_name(r->fault.code));
	end_event(j);
}

static void put_lookups(struct json *j, const struct report *r)
{
	for (size_t i = 0; i < r->lookups; i++) {
		const struct report_lookup *l = &r->lookup[i];

		begin_event(j, r, l->begin, "dns:lookup");
		json_put_string(j, "query_name", l->name);
		json_put_u64(j, "query_type", l->type);
		json_put_string(j, "server", l->server);
		json_put_ms(j, "duration",
			    l->begin == HF_NEVER || l->end == HF_NEVER || l->end < l->begin ? HF_NEVER : l->end - l->begin);
		json_key(j, "addresses");
		json_array(j);
		for (unsigned k = 0; k < l->addrs; k++) {
			char addr[HF_ADDR_TEXT];

			addr_format(&l->addr[k], addr);
			json_string(j, addr);
		}
		json_array_end(j);
		json_put_string(j, "error", l->fault.code == REPORT_E_NONE ? NULL : report_code_name(l->fault.code));
		end_event(j);
	}
}

static void put_endpoint(struct json *j, const char *ip, const char *port, const struct hf_endpoint *e)
{
	char addr[HF_ADDR_TEXT];

	if (e->port == 0)
		return;
	addr_format(&e->addr, addr);
	json_put_string(j, ip, addr);
	json_put_u64(j, port, e->port);
}

/* What is agreed on, once it is: tcp:connected and tls:connected. */
static void put_connected(struct json *j, const struct report *r, const struct report_conn *c, bool tls)
{
	begin_event(j, r, tls ? c->tls_end : c->connect_end, tls ? "tls:connected" : "tcp:connected");
	if (tls) {
		json_put_string(j, "version", c->tls_version ? tls_version_name(c->tls_version) : NULL);
		json_put_string(j, "cipher_suite", c->tls_suite ? tls_suite_name(c->tls_suite) : NULL);
		json_put_string(j, "group", c->tls_group ? tls_group_name(c->tls_group) : NULL);
		json_put_string(j, "signature_scheme", c->tls_scheme ? tls_scheme_name(c->tls_scheme) : NULL);
		json_put_bool(j, "resumed", c->tls_resumed);
		json_put_string(j, "alpn", c->alpn);
	} else {
		put_endpoint(j, "src_ip", "src_port", &c->local);
		put_endpoint(j, "dst_ip", "dst_port", &c->remote);
	}
	end_event(j);
}

/* Events, changes of states and milestones, merged by their times; those of one moment in that order. */
static void put_events(struct json *j, const struct report *r, uint32_t conn)
{
	const struct report_conn *c = conn == REPORT_NONE ? NULL : &r->conn[conn];
	hf_time_ns tcp = c ? c->connect_end : HF_NEVER, tls = c ? c->tls_end : HF_NEVER;
	const char *old[2] = { NULL, NULL };
	size_t e = 0, s = 0;

	for (;;) {
		hf_time_ns event, state;

		while (e < r->events && r->event[e].conn != conn)
			e++;
		event = e < r->events ? r->event[e].at : HF_NEVER;
		state = c && s < c->states ? c->state[s].at : HF_NEVER;
		if (e < r->events && event <= state && event <= tcp && event <= tls) {
			put_event(j, r, &r->event[e++]);
		} else if (c && s < c->states && state <= tcp && state <= tls) {
			put_state(j, r, &c->state[s], old[c->state[s].tls]);
			old[c->state[s].tls] = c->state[s].name;
			s++;
		} else if (tcp != HF_NEVER && tcp <= tls) {
			put_connected(j, r, c, false);
			tcp = HF_NEVER;
		} else if (tls != HF_NEVER) {
			put_connected(j, r, c, true);
			tls = HF_NEVER;
		} else {
			return;
		}
	}
}

static void put_state(struct json *j, const struct report *r, const struct report_state *to, const char *old)
{
	begin_event(j, r, to->at, to->tls ? "tls:state_updated" : "tcp:state_updated");
	if (old)
		json_put_string(j, "old", old);
	json_put_string(j, "new", to->name);
	end_event(j);
}

static void put_event(struct json *j, const struct report *r, const struct report_event *e)
{
	struct text name;

	text_init(&name);
	add_name(&name, e);
	begin_event(j, r, e->at, text_str(&name));
	json_put_string(j, "event", e->name);
	json_put_string(j, "side", report_side_name(e->side));
	json_put_string(j, "sentence", e->sentence);
	if (e->rfc[0])
		json_put_string(j, "rfc", e->rfc);
	if (e->resource != REPORT_NONE && e->resource < r->resources)
		json_put_string(j, "url", r->resource[e->resource].url);
	if (e->octets) {
		json_key(j, "raw");
		json_object(j);
		json_put_u64(j, "length", e->octets);
		json_put_hex(j, "data", e->bytes);
		json_object_end(j);
	}
	end_event(j);
	j->out->failed |= name.failed;
	text_free(&name);
}

/* "tls:client_hello" of "ClientHello", "tcp:syn_ack" of "SYN,ACK": lower case, what is neither letter nor digit a line. */
static void add_name(struct text *t, const struct report_event *e)
{
	static const char *const prefix[REPORT_LAYER_COUNT] = {
		[REPORT_LAYER_DNS] = "dns:",   [REPORT_LAYER_TCP] = "tcp:",   [REPORT_LAYER_TLS] = "tls:",
		[REPORT_LAYER_HTTP] = "http:", [REPORT_LAYER_PAGE] = "page:",
	};
	size_t begin, layer = strlen(prefix[e->layer]) - 1;
	const char *name = e->name;
	bool line = true;

	text_add(t, prefix[e->layer]);
	begin = t->len;
	if (strncasecmp(name, prefix[e->layer], layer) == 0 && name[layer] == '_')
		name += layer + 1; /* "TCP_RTO" of tcp is "tcp:rto" */
	for (const char *s = name; *s && t->len - begin < 64; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x80 || !isalnum(c)) {
			if (!line)
				text_add(t, "_");
			line = true;
			continue;
		}
		if (isupper(c) && s > name && islower((unsigned char)s[-1]))
			text_add(t, "_");
		text_addf(t, "%c", tolower(c));
		line = false;
	}
	if (t->len == begin)
		text_add(t, "event");
}
