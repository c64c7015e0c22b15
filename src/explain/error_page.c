/* SPDX-License-Identifier: MIT */
#include "explain/error_page.h"

#include "base/bits.h"
#include "explain/cert_view.h"
#include "explain/report_sum.h"
#include "explain/shown.h"
#include "explain/table.h"

#include <ctype.h>
#include <string.h>

/*
 * The way of a page as a row of boxes, green as far as it came. The style keeps to what small painters know: no flexbox, no
 * variables; colours are never all that tells a thing. The second half of each pair is for a dark screen.
 */
#define EVENTS_SHOWN 6u

enum progress { DONE, FAILED, NOT_REACHED };

struct trouble {
	const struct report *r;
	const struct report_resource *document; /* NULL: there is none */
	const struct report_conn *conn;         /* NULL: none was had */
	uint32_t conn_number;
	enum report_step step;
};

static const char style[] =
	"body{font:16px/1.5 sans-serif;margin:0;padding:24px 16px;background:#fff;color:#1c1e21}"
	"main{display:block;max-width:760px;margin:0 auto}"
	"h1{font-size:26px;line-height:1.25;margin:0 0 8px 0}"
	"h2{font-size:18px;margin:28px 0 8px 0}"
	"p{margin:8px 0}"
	".url{font:16px/1.5 monospace;word-wrap:break-word;color:#4a4f57}"
	".way{margin:20px 0;padding:0}"
	".step{display:inline-block;border:2px solid #8a9099;border-radius:6px;padding:4px 10px;margin:0 2px 8px 0;font-size:14px;line-height:1.3}"
	".step b{display:block}"
	".done{border-color:#1a7f37;background:#dafbe1;color:#0b4a1c}"
	".failed{border-color:#cf222e;background:#ffdfdc;color:#7d0a15}"
	".not{border-style:dashed;color:#57606a}"
	"table{border-collapse:collapse}"
	"td,th{text-align:left;vertical-align:top;padding:3px 14px 3px 0;font-weight:normal}"
	"th{color:#57606a}"
	"pre{font:13px/1.4 monospace;white-space:pre-wrap;word-wrap:break-word;background:#f3f4f6;color:#1c1e21;padding:12px;border-radius:6px;margin:8px 0}"
	"code{font:15px monospace}"
	".try{border-left:4px solid #1f6feb;padding:6px 0 6px 12px;margin:8px 0}"
	".foot{margin-top:28px;color:#57606a;font-size:14px}"
	"@media (prefers-color-scheme:dark){"
	"body{background:#15181c;color:#e6e8eb}.url,th,.foot,.not{color:#a3abb5}"
	".done{background:#12351d;color:#b5f0c4;border-color:#3fb950}.failed{background:#43161a;color:#ffc9c6;border-color:#f85149}"
	"pre{background:#22262c;color:#e6e8eb}}";

static struct trouble find_trouble(const struct report *r);
static enum progress progress_of(const struct trouble *t, enum report_step s);
static bool is_on_the_way(const struct trouble *t, enum report_step s);
static void add_way(struct text *out, const struct trouble *t);
static void add_sentence(struct text *out, const char *s);
static void add_steps(struct text *out, const struct trouble *t);
static void add_facts(struct text *out, const struct trouble *t);
static void add_attempts(struct text *out, const struct trouble *t);
static void add_chain(struct text *out, const struct trouble *t);
static void add_events(struct text *out, const struct trouble *t);

static const char *const progress_words[] = { [DONE] = "done", [FAILED] = "failed here", [NOT_REACHED] = "not reached" };

void error_page_html(struct text *out, const struct report *r)
{
	const struct report_fault *f = &r->fault;
	struct trouble t = find_trouble(r);

	text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	text_add(out, report_code_name(f->code));
	text_add(out, ": ");
	shown_add_html(out, r->url ? r->url : "");
	text_add(out, "</title>\n<style>");
	text_add(out, style);
	text_add(out, "</style>\n</head>\n<body>\n<main>\n<h1>");
	add_sentence(out, report_code_sentence(f->code));
	text_add(out, "</h1>\n<p class=\"url\">");
	shown_add_html(out, r->url ? r->url : "");
	text_add(out, "</p>\n");
	if (f->detail[0]) {
		text_add(out, "<p>");
		shown_add_html(out, f->detail);
		text_add(out, "</p>\n");
	}
	add_steps(out, &t);
	if (report_code_advice(f->code)[0]) {
		text_add(out, "<h2>What to try</h2>\n<p class=\"try\">");
		add_sentence(out, report_code_advice(f->code));
		text_add(out, ".</p>\n");
	}
	add_facts(out, &t);
	add_attempts(out, &t);
	add_chain(out, &t);
	add_events(out, &t);
	text_addf(out, "<p class=\"foot\"><code>%s</code>. More about it: <code>handfast explain %s</code></p>\n",
		  report_code_name(f->code), report_code_name(f->code));
	text_add(out, "</main>\n</body>\n</html>\n");
}

void error_page_text(struct text *out, const struct report *r, const struct look *look)
{
	const struct report_fault *f = &r->fault;
	struct trouble t = find_trouble(r);
	struct text line;

	text_init(&line);
	report_show_fault(&line, f);
	text_add(&line, "\n");
	add_way(&line, &t);
	text_addf(&line, "side: %s", report_side_name(f->side));
	if (f->state[0]) {
		text_add(&line, "; state: ");
		shown_add(&line, f->state);
	}
	if (report_since(r, f->at) != HF_NEVER) {
		text_add(&line, "; after ");
		shown_add_ms(&line, report_since(r, f->at));
	}
	if (t.conn && t.conn->remote.port && t.step >= REPORT_CONNECT) {
		text_add(&line, "; with ");
		text_add_endpoint(&line, &t.conn->remote);
	}
	if (report_code_rfc(f->code)[0])
		text_addf(&line, " [RFC %s]", report_code_rfc(f->code));
	text_add(&line, "\n");
	if (report_code_advice(f->code)[0])
		text_addf(&line, "try: %s\n", report_code_advice(f->code));
	text_addf(&line, "more: handfast explain %s\n", report_code_name(f->code));
	text_wrap(out, text_str(&line), 2, look->columns);
	out->failed |= line.failed;
	text_free(&line);
}

/* ---- where it happened ---- */

static struct trouble find_trouble(const struct report *r)
{
	uint32_t i = report_document(r);
	struct trouble t = { .r = r, .conn_number = REPORT_NONE, .step = report_code_step(r->fault.code) };

	if (i == REPORT_NONE)
		return t;
	t.document = &r->resource[i];
	t.conn_number = t.document->conn;
	if (t.conn_number != REPORT_NONE)
		t.conn = &r->conn[t.conn_number];
	return t;
}

/* An address has no lookup, http: no TLS; but what failed is always there. */
static bool is_on_the_way(const struct trouble *t, enum report_step s)
{
	const char *url = t->document ? t->document->url : t->r->url ? t->r->url : "";

	if (s == t->step)
		return true;
	if (s == REPORT_DNS)
		return !t->conn || t->conn->lookup != REPORT_NONE || t->conn->lookup_begin != HF_NEVER;
	if (s == REPORT_TLS)
		return strncmp(url, "http:", 5) != 0;
	return s != REPORT_PAINT;
}

static enum progress progress_of(const struct trouble *t, enum report_step s)
{
	return s < t->step ? DONE : s == t->step ? FAILED : NOT_REACHED;
}

/* "URL ok, name lookup ok, connect FAILED; not reached: request, response, content" */
static void add_way(struct text *out, const struct trouble *t)
{
	bool behind = false;

	for (unsigned s = 0; s < REPORT_STEP_COUNT; s++) {
		enum progress p = progress_of(t, (enum report_step)s);

		if (!is_on_the_way(t, (enum report_step)s))
			continue;
		text_addf(out, "%s%s%s",
			  s == 0                        ? ""
			  : p == NOT_REACHED && !behind ? "; not reached: "
							: ", ",
			  report_step_name((enum report_step)s),
			  p == DONE     ? " ok"
			  : p == FAILED ? " FAILED"
					: "");
		behind = p == NOT_REACHED;
	}
	text_add(out, "\n");
}

/* ---- the parts of the page ---- */

/* Our own sentences begin with a small letter. */
static void add_sentence(struct text *out, const char *s)
{
	char first[2] = { (char)toupper((unsigned char)s[0]), '\0' };

	shown_add_html(out, first);
	shown_add_html(out, s[0] ? s + 1 : s);
}

static void add_steps(struct text *out, const struct trouble *t)
{
	static const char *const class[] = { [DONE] = "done", [FAILED] = "failed", [NOT_REACHED] = "not" };

	text_add(out, "<div class=\"way\">\n");
	for (unsigned s = 0; s < REPORT_STEP_COUNT; s++) {
		enum progress p = progress_of(t, (enum report_step)s);

		if (!is_on_the_way(t, (enum report_step)s))
			continue;
		text_addf(out, "<span class=\"step %s\"><b>%s</b>%s</span>\n", class[p],
			  report_step_name((enum report_step)s), progress_words[p]);
	}
	text_add(out, "</div>\n");
}

static void begin_fact(struct text *out, const char *name)
{
	text_addf(out, "<tr><th>%s</th><td>", name);
}

static void end_fact(struct text *out)
{
	text_add(out, "</td></tr>\n");
}

static void add_facts(struct text *out, const struct trouble *t)
{
	const struct report_fault *f = &t->r->fault;

	text_add(out, "<h2>What happened</h2>\n<table>\n");
	begin_fact(out, "step");
	text_add(out, report_step_name(t->step));
	end_fact(out);
	begin_fact(out, "side");
	text_add(out, report_side_name(f->side));
	end_fact(out);
	if (f->state[0]) {
		begin_fact(out, "in state");
		text_add(out, "<code>");
		shown_add_html(out, f->state);
		text_add(out, "</code>");
		end_fact(out);
	}
	if (report_since(t->r, f->at) != HF_NEVER) {
		begin_fact(out, "after");
		shown_add_ms(out, report_since(t->r, f->at));
		end_fact(out);
	}
	if (t->conn) {
		begin_fact(out, "server");
		shown_add_html(out, t->conn->host);
		text_addf(out, ", port %u", t->conn->port);
		if (t->conn->remote.port) {
			text_add(out, ", at ");
			text_add_endpoint(out, &t->conn->remote);
		}
		end_fact(out);
	}
	if (t->document && t->document->status) {
		begin_fact(out, "answer");
		text_addf(out, "%u ", t->document->status);
		shown_add_html(out, t->document->reason ? t->document->reason : "");
		end_fact(out);
	}
	if (report_code_rfc(f->code)[0]) {
		begin_fact(out, "rule");
		text_addf(out, "RFC %s", report_code_rfc(f->code));
		end_fact(out);
	}
	text_add(out, "</table>\n");
}

/* Several addresses, none of which did. */
static void add_attempts(struct text *out, const struct trouble *t)
{
	if (!t->conn || t->step != REPORT_CONNECT || t->conn->attempts < 2)
		return;
	text_add(out, "<h2>The addresses that were tried</h2>\n<table>\n");
	for (unsigned i = 0; i < t->conn->attempts; i++) {
		const struct report_attempt *a = &t->conn->attempt[i];

		text_add(out, "<tr><th>");
		text_add_endpoint(out, &a->remote);
		text_addf(out, "</th><td>%s</td></tr>\n", hf_status_sentence(a->why));
	}
	text_add(out, "</table>\n");
}

static void add_chain(struct text *out, const struct trouble *t)
{
	struct look look = look_plain(88);
	struct text drawn;

	if (!t->conn || !t->conn->chain || t->step != REPORT_TLS)
		return;
	text_init(&drawn);
	cert_view_report(&drawn, t->conn->chain, &look);
	text_add(out, "<h2>The certificates</h2>\n<pre>");
	shown_add_html(out, text_str(&drawn));
	text_add(out, "</pre>\n");
	out->failed |= drawn.failed;
	text_free(&drawn);
}

/* Is it of this connection, or of the lookup when that has failed? What the page makes of it stands above already. */
static bool led_there(const struct trouble *t, const struct report_event *e)
{
	if (e->layer == REPORT_LAYER_PAGE)
		return false;
	return (e->layer == REPORT_LAYER_DNS && t->step == REPORT_DNS) ||
	       (e->conn == t->conn_number && t->step != REPORT_DNS);
}

/* The last that was told of it. */
static void add_events(struct text *out, const struct trouble *t)
{
	const struct report *r = t->r;
	size_t found[EVENTS_SHOWN], n = 0;

	for (size_t i = r->events; i > 0 && n < EVENTS_SHOWN; i--)
		if (led_there(t, &r->event[i - 1]))
			found[n++] = i - 1;
	if (n == 0)
		return;
	text_add(out, "<h2>What came before</h2>\n<table>\n");
	while (n > 0) {
		const struct report_event *e = &r->event[found[--n]];

		text_add(out, "<tr><th>");
		shown_add_ms(out, report_since(r, e->at));
		text_addf(out, "</th><td>%s: ", report_layer_name(e->layer));
		shown_add_html(out, e->sentence);
		text_add(out, "</td></tr>\n");
	}
	text_add(out, "</table>\n");
}
