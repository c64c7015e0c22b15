/* SPDX-License-Identifier: MIT */

/*
 * What `handfast page` prints and writes. stdout has what was asked for: the waterfall and the totals, or with --text the page, or
 * with --json all of it as JSON. What is said beside the latter two goes to stderr.
 */
#define _GNU_SOURCE
#include "cmd/page.h"

#include "explain/error_page.h"
#include "explain/har.h"
#include "explain/qlog.h"
#include "explain/report_json.h"
#include "explain/view.h"
#include "explain/waterfall.h"
#include "page/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void page_out_progress(struct page_load *p, bool *shown)
{
	const struct report *r = &p->report;
	size_t done = 0;
	uint64_t octets = 0;

	for (size_t i = 0; i < r->resources; i++) {
		done += r->resource[i].done != HF_NEVER;
		octets += r->resource[i].octets_wire;
	}
	fprintf(stderr, "\r%.0f s: %zu of %zu resources, %.1f kB, %zu connections\033[K",
		(double)(p->streams.now - r->begin) / 1e9, done, r->resources, (double)octets / 1e3, r->conns);
	fflush(stderr);
	*shown = true;
}

int page_write_file(const char *option, const char *path, struct hf_bytes octets)
{
	FILE *f = fopen(path, "we");
	bool good = f && fwrite(octets.at, 1, octets.len, f) == octets.len;

	good = (f == NULL || fclose(f) == 0) && good;
	if (good)
		return 0;
	cmd_say(CMD_page, "--%s %s: %s", option, path, strerror(errno));
	return 3;
}

static int write_file(const char *option, const char *path, void (*make)(struct text *, const struct report *),
		      const struct report *r)
{
	struct text t;
	int code;

	if (!path)
		return 0;
	text_init(&t);
	make(&t, r);
	if (t.failed) {
		cmd_say(CMD_page, "--%s %s: memory has run out", option, path);
		code = 3;
	} else {
		code = page_write_file(option, path, (struct hf_bytes){ (const uint8_t *)text_str(&t), t.len });
	}
	text_free(&t);
	return code;
}

static int write_files(struct page_load *p)
{
	int code = write_file("har", p->o.har, har_write, &p->report);
	int more = write_file("qlog", p->o.qlog, qlog_write, &p->report);
	int last = write_file("html", p->o.html, view_html, &p->report);

	return code ? code : more ? more : last;
}

static int print(const struct text *t, FILE *to)
{
	if (t->failed) {
		cmd_say(CMD_page, "memory has run out");
		return 3;
	}
	fwrite(text_str(t), 1, t->len, to);
	return to == stdout ? cmd_flush(CMD_page) : 0;
}

static int print_text(struct page_load *p)
{
	struct look look = look_of(stdout);
	char *text;
	int code;

	if (page_document(p->page).len == 0)
		return 0;
	text = page_text(page_document(p->page), page_base(p->page), look.columns, look.colour);
	if (!text) {
		cmd_say(CMD_page, "memory has run out");
		return 3;
	}
	fputs(text, stdout);
	code = cmd_flush(CMD_page);
	free(text);
	return code;
}

static int print_json(struct page_load *p)
{
	struct text t;
	int code;

	text_init(&t);
	report_json(&t, &p->report);
	code = print(&t, stdout);
	text_free(&t);
	return code;
}

/* For people: to stdout when nothing else is there. */
static int print_waterfall(struct page_load *p)
{
	FILE *to = p->o.text || p->o.json ? stderr : stdout;
	struct look look = look_of(to);
	struct text t;
	int code;

	look.all = p->o.all;
	text_init(&t);
	if (p->o.explain && p->tape) {
		page_tape_ladder(p, &t, &look);
		text_add(&t, "\n");
	}
	waterfall_draw(&t, &p->report, &look);
	waterfall_totals(&t, &p->report, &look);
	code = print(&t, to);
	text_free(&t);
	return code;
}

/* The whole has failed: in a few lines, whatever else is printed. */
static void say_fault(struct page_load *p)
{
	struct look look = look_of(stderr);
	struct text t;

	if (p->report.fault.code == REPORT_E_NONE)
		return;
	text_init(&t);
	error_page_text(&t, &p->report, &look);
	fflush(stdout);
	fputs(text_str(&t), stderr);
	text_free(&t);
}

int page_out(struct page_load *p)
{
	int code = 0, written = write_files(p);

	if (p->page && p->o.text)
		code = print_text(p);
	if (p->o.json)
		code = print_json(p);
	if (p->page && !p->o.quiet && code == 0)
		code = print_waterfall(p);
	say_fault(p);
	return code ? code : written ? written : report_exit(&p->report);
}
