/* SPDX-License-Identifier: MIT */
#include "explain/view.h"

#include "base/ascii.h"
#include "base/bits.h"
#include "explain/cert_view.h"
#include "explain/json.h"
#include "explain/report_json.h"
#include "explain/report_sum.h"
#include "explain/shown.h"
#include "explain/view_page.h"
#include "wire/addr.h"

#include <string.h>

/*
 * The page itself, its style and its scripts stand in web/; the build packs them into view_page.h. What is added here:
 *
 *	<script id="report">   the lines of report_json(), without the events
 *	<script id="more">     one value of JSON: the events column by column, so that 200,000 of them are read in a moment, the
 *	                       phases of the resources as spans, and the sentences of statuses
 *	<noscript>             the same in tables, for who has no scripts
 *
 * Both scripts are data for the browser, not code, and end at "</script": as '<' is in them only inside strings, where \u003c
 * says the same, nothing from outside can end them.
 */
#define OCTETS_MAX (8u << 20)  /* of all events together: the page must stay one that a browser opens at once */
#define PLAIN_EVENTS_MAX 1000u /* in the tables */

static void add_data(struct text *out, const char *s, size_t n);
static void put_events(struct json *j, const struct report *r);
static void put_spans(struct json *j, const struct report *r);
static void put_statuses(struct json *j);
static void add_plain(struct text *out, const struct report *r);

void view_html(struct text *out, const struct report *r)
{
	struct text lines, more;
	struct json j;

	text_init(&lines);
	text_init(&more);
	report_json_without_events(&lines, r);
	j = json_over(&more);
	j.one_line = true;
	json_object(&j);
	put_events(&j, r);
	put_spans(&j, r);
	put_statuses(&j);
	json_object_end(&j);

	text_add_n(out, view_before_title, sizeof(view_before_title));
	shown_add_html(out, r->title && r->title[0] ? r->title : r->url ? r->url : "");
	text_add_n(out, view_before_plain, sizeof(view_before_plain));
	add_plain(out, r);
	text_add_n(out, view_before_data, sizeof(view_before_data));
	text_add(out, "<script type=\"application/x-ndjson\" id=\"report\">\n");
	add_data(out, text_str(&lines), lines.len);
	text_add(out, "</script>\n<script type=\"application/json\" id=\"more\">\n");
	add_data(out, text_str(&more), more.len);
	text_add(out, "</script>\n");
	text_add_n(out, view_end, sizeof(view_end));
	out->failed |= lines.failed || more.failed;
	text_free(&lines);
	text_free(&more);
}

/* JSON as the content of a script element: what HTML could take for its end, or JavaScript for the end of a line, escaped. */
static void add_data(struct text *out, const char *s, size_t n)
{
	size_t begin = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = 1;

		if (n - i >= 3 && memcmp(s + i, "\xe2\x80", 2) == 0 && ((uint8_t)s[i + 2] & 0xfe) == 0xa8)
			len = 3;
		else if (s[i] != '<' && s[i] != '>' && s[i] != '&')
			continue;
		text_add_n(out, s + begin, i - begin);
		if (len == 3)
			text_addf(out, "\\u20%x", (uint8_t)s[i + 2] - 0x80u);
		else
			text_addf(out, "\\u%04x", (unsigned)s[i]);
		i += len - 1;
		begin = i + 1;
	}
	text_add_n(out, s + begin, n - begin);
}

/* ---- the events ---- */

static void begin_column(struct json *j, const char *name)
{
	json_key(j, name);
	json_array(j);
}

/* What was never given a time stands at the begin. */
static void put_moment(struct json *j, const struct report *r, hf_time_ns at)
{
	hf_time_ns since = report_since(r, at);

	json_u64(j, since == HF_NEVER ? 0 : since);
}

static void put_number(struct json *j, uint32_t n)
{
	json_i64(j, n == REPORT_NONE ? -1 : (int64_t)n);
}

/* RFC 4648 4. */
static void put_base64(struct json *j, struct hf_bytes b)
{
	char s[(REPORT_BYTES_KEPT + 2) / 3 * 4];
	size_t n = 0;

	for (size_t i = 0; i < b.len && n + 4 <= sizeof(s); i += 3, n += 4)
		hf_ascii_put_base64(s + n, b.at + i, b.len - i);
	json_string_n(j, s, n);
}

static void put_events(struct json *j, const struct report *r)
{
	size_t kept = 0;

	begin_column(j, "layers");
	for (unsigned i = 0; i < REPORT_LAYER_COUNT; i++)
		json_string(j, report_layer_name((enum report_layer)i));
	json_array_end(j);
	begin_column(j, "sides");
	for (unsigned i = 0; i <= REPORT_RESOLVER; i++)
		json_string(j, report_side_name((enum report_side)i));
	json_array_end(j);
	json_key(j, "events");
	json_object(j);
	begin_column(j, "at");
	for (size_t i = 0; i < r->events; i++)
		put_moment(j, r, r->event[i].at);
	json_array_end(j);
	begin_column(j, "layer");
	for (size_t i = 0; i < r->events; i++)
		json_u64(j, r->event[i].layer);
	json_array_end(j);
	begin_column(j, "side");
	for (size_t i = 0; i < r->events; i++)
		json_u64(j, r->event[i].side);
	json_array_end(j);
	begin_column(j, "conn");
	for (size_t i = 0; i < r->events; i++)
		put_number(j, r->event[i].conn);
	json_array_end(j);
	begin_column(j, "resource");
	for (size_t i = 0; i < r->events; i++)
		put_number(j, r->event[i].resource);
	json_array_end(j);
	begin_column(j, "name");
	for (size_t i = 0; i < r->events; i++)
		json_string(j, r->event[i].name ? r->event[i].name : "");
	json_array_end(j);
	begin_column(j, "sentence");
	for (size_t i = 0; i < r->events; i++)
		json_string(j, r->event[i].sentence ? r->event[i].sentence : "");
	json_array_end(j);
	begin_column(j, "rfc");
	for (size_t i = 0; i < r->events; i++)
		json_string(j, r->event[i].rfc ? r->event[i].rfc : "");
	json_array_end(j);
	begin_column(j, "octets");
	for (size_t i = 0; i < r->events; i++)
		json_u64(j, r->event[i].octets);
	json_array_end(j);
	begin_column(j, "bytes");
	for (size_t i = 0; i < r->events; i++) {
		struct hf_bytes b = r->event[i].bytes;

		b.len = hf_min_u64(b.len, REPORT_BYTES_KEPT);
		if (kept + b.len > OCTETS_MAX)
			b.len = 0;
		kept += b.len;
		put_base64(j, b);
	}
	json_array_end(j);
	json_object_end(j);
}

/* For each resource [phase, begin, end], one after another: as report_phases_of() cuts them. */
static void put_spans(struct json *j, const struct report *r)
{
	begin_column(j, "phases");
	for (unsigned i = 0; i < REPORT_PHASE_COUNT; i++)
		json_string(j, report_phase_name((enum report_phase)i));
	json_array_end(j);
	begin_column(j, "spans");
	for (uint32_t i = 0; i < r->resources; i++) {
		struct report_phases p = report_phases_of(r, i);

		json_array(j);
		/* The first is all of it: what no other covers was spent blocked. */
		p.phase[REPORT_BLOCKED] = p.all;
		for (unsigned k = 0; k < REPORT_PHASE_COUNT; k++) {
			if (!p.phase[k].there)
				continue;
			json_u64(j, k);
			put_moment(j, r, p.phase[k].begin);
			put_moment(j, r, p.phase[k].end);
		}
		json_array_end(j);
	}
	json_array_end(j);
}

static void put_statuses(struct json *j)
{
	json_key(j, "statuses");
	json_object(j);
	for (unsigned i = 0; i < HF_STATUS_COUNT; i++)
		json_put_string(j, hf_status_name((hf_status)i), hf_status_sentence((hf_status)i));
	json_object_end(j);
}

/* ---- without scripts ---- */

static void add_cell(struct text *out, const char *s)
{
	text_add(out, "<td>");
	shown_add_html(out, s ? s : "");
	text_add(out, "</td>");
}

static void add_time_cell(struct text *out, hf_time_ns t)
{
	text_add(out, "<td class=\"n\">");
	shown_add_ms(out, t);
	text_add(out, "</td>");
}

static void begin_table(struct text *out, const char *caption, const char *const *head, unsigned columns)
{
	text_addf(out, "<table>\n<caption>%s</caption>\n<thead><tr>", caption);
	for (unsigned i = 0; i < columns; i++)
		text_addf(out, "<th scope=\"col\">%s</th>", head[i]);
	text_add(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct text *out)
{
	text_add(out, "</tbody>\n</table>\n");
}

static void add_fault(struct text *out, const struct report_fault *f)
{
	struct text line;

	if (f->code == REPORT_E_NONE)
		return;
	text_init(&line);
	report_add_fault(&line, f);
	text_addf(out, "<strong>%s</strong>: ", report_code_name(f->code));
	shown_add_html(out, text_str(&line));
	if (report_code_advice(f->code)[0])
		text_addf(out, ". What to try: %s", report_code_advice(f->code));
	out->failed |= line.failed;
	text_free(&line);
}

static void add_plain_lookups(struct text *out, const struct report *r)
{
	static const char *const head[] = { "name", "record", "begin", "end", "server", "answer" };

	begin_table(out, "Name lookups", head, HF_ARRAY_LEN(head));
	for (size_t i = 0; i < r->lookups; i++) {
		const struct report_lookup *l = &r->lookup[i];

		text_add(out, "<tr>");
		add_cell(out, l->name);
		add_cell(out, l->type == 28 ? "AAAA" : "A");
		add_time_cell(out, report_since(r, l->begin));
		add_time_cell(out, report_since(r, l->end));
		add_cell(out, l->server);
		text_add(out, "<td>");
		for (unsigned k = 0; k < l->addrs; k++) {
			char addr[HF_ADDR_TEXT];

			addr_format(&l->addr[k], addr);
			text_addf(out, "%s%s", k ? ", " : "", addr);
		}
		add_fault(out, &l->fault);
		text_add(out, "</td></tr>\n");
	}
	end_table(out);
}

static void add_plain_conns(struct text *out, const struct report *r)
{
	static const char *const head[] = { "connection", "to", "requests", "states", "failure" };

	begin_table(out, "Connections", head, HF_ARRAY_LEN(head));
	for (size_t i = 0; i < r->conns; i++) {
		const struct report_conn *c = &r->conn[i];

		text_addf(out, "<tr><td class=\"n\">%zu</td><td>", i);
		shown_add_html(out, c->host ? c->host : "");
		text_addf(out, ":%u</td><td class=\"n\">%u</td><td>", c->port, (unsigned)c->requests);
		for (size_t k = 0; k < c->states; k++) {
			text_addf(out, "%s%s %s at ", k ? ", " : "", c->state[k].tls ? "TLS" : "TCP", c->state[k].name);
			shown_add_ms(out, report_since(r, c->state[k].at));
		}
		text_add(out, "</td><td>");
		add_fault(out, &c->fault);
		text_add(out, "</td></tr>\n");
	}
	end_table(out);
	for (size_t i = 0; i < r->conns; i++) {
		struct look look = look_plain(88);
		struct text drawn;

		if (!r->conn[i].chain)
			continue;
		text_init(&drawn);
		cert_view_report(&drawn, r->conn[i].chain, &look);
		text_addf(out, "<h2>The certificates of connection %zu</h2>\n<pre>", i);
		shown_add_html(out, text_str(&drawn));
		text_add(out, "</pre>\n");
		out->failed |= drawn.failed;
		text_free(&drawn);
	}
}

static void add_plain_resources(struct text *out, const struct report *r)
{
	static const char *const head[] = { "kind", "URL", "status", "size", "begin", "time", "failure" };

	begin_table(out, "Resources", head, HF_ARRAY_LEN(head));
	for (uint32_t i = 0; i < r->resources; i++) {
		const struct report_resource *x = &r->resource[i];
		struct report_phases p = report_phases_of(r, i);

		text_add(out, "<tr>");
		add_cell(out, report_kind_name(x->kind));
		add_cell(out, x->url);
		if (x->status)
			text_addf(out, "<td class=\"n\">%u</td>", x->status);
		else
			add_cell(out, x->not_wanted ? "not wanted" : "");
		text_add(out, "<td class=\"n\">");
		shown_add_size(out, x->octets);
		text_add(out, "</td>");
		add_time_cell(out, p.all.there ? report_since(r, p.all.begin) : HF_NEVER);
		add_time_cell(out, p.all.there ? p.all.end - p.all.begin : HF_NEVER);
		text_add(out, "<td>");
		add_fault(out, &x->fault);
		text_add(out, "</td></tr>\n");
	}
	end_table(out);
}

static void add_plain_events(struct text *out, const struct report *r)
{
	static const char *const head[] = { "time", "layer", "connection", "event", "what happened", "RFC" };
	size_t n = hf_min_u64(r->events, PLAIN_EVENTS_MAX);

	begin_table(out, "Events", head, HF_ARRAY_LEN(head));
	for (size_t i = 0; i < n; i++) {
		const struct report_event *e = &r->event[i];

		text_add(out, "<tr>");
		add_time_cell(out, report_since(r, e->at));
		add_cell(out, report_layer_name(e->layer));
		if (e->conn == REPORT_NONE)
			add_cell(out, "");
		else
			text_addf(out, "<td class=\"n\">%u</td>", (unsigned)e->conn);
		add_cell(out, e->name);
		add_cell(out, e->sentence);
		add_cell(out, e->rfc);
		text_add(out, "</tr>\n");
	}
	end_table(out);
	if (n < r->events)
		text_addf(out, "<p>The first %zu of %zu events: with scripts, this page shows all.</p>\n", n, r->events);
}

static void add_plain(struct text *out, const struct report *r)
{
	text_add(out, "<h1>");
	shown_add_html(out, r->url ? r->url : "");
	text_add(out, "</h1>\n");
	if (r->fault.code != REPORT_E_NONE) {
		text_add(out, "<p class=\"fault\">");
		add_fault(out, &r->fault);
		text_add(out, "</p>\n");
	}
	add_plain_resources(out, r);
	add_plain_conns(out, r);
	add_plain_lookups(out, r);
	add_plain_events(out, r);
}
