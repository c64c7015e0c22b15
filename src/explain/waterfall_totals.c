/* SPDX-License-Identifier: MIT */
#include "explain/report_sum.h"
#include "explain/shown.h"
#include "explain/waterfall.h"

#include <inttypes.h>
#include <string.h>

static void add_count(struct text *t, uint32_t n, const char *one, const char *many);
static void add_more(struct text *t, bool *more, uint32_t n, const char *what);
static void add_octets(struct text *t, const struct report_totals *sum);
static void add_milestone(struct text *t, const char *what, hf_time_ns after);
static void add_kinds(struct text *t, const struct report_totals *sum);
static void add_picture(struct text *t, const struct report *r);

void waterfall_totals(struct text *out, const struct report *r, const struct look *look)
{
	struct report_totals sum = report_totals_of(r);
	struct text line;
	bool more = false;

	text_init(&line);
	add_count(&line, sum.all.requests, "request", "requests");
	add_more(&line, &more, sum.all.failed, "failed");
	add_more(&line, &more, sum.redirects, sum.redirects == 1 ? "redirect" : "redirects");
	add_more(&line, &more, sum.all.cached, "from the cache");
	text_add(&line, more ? ")" : "");
	text_add(&line, " over ");
	add_count(&line, sum.conns, "connection", "connections");
	more = false;
	add_more(&line, &more, sum.conns_failed, "failed");
	add_more(&line, &more, sum.conns_resumed, "resumed");
	text_add(&line, more ? "), " : ", ");
	add_count(&line, sum.lookups, "name lookup", "name lookups");
	text_add(&line, "\n");
	if (sum.octets_in || sum.octets_out || sum.all.octets)
		add_octets(&line, &sum);
	add_milestone(&line, "first octet after ", sum.first_octet);
	add_milestone(&line, "document complete after ", sum.document);
	text_add(&line, "everything after ");
	shown_add_ms(&line, sum.everything);
	add_picture(&line, r);
	text_add(&line, "\n");
	if (r->limit) {
		text_add(&line, "a limit was met: ");
		shown_add(&line, r->limit);
		text_add(&line, "\n");
	}
	text_wrap(out, text_str(&line), 0, look->columns);
	out->failed |= line.failed;
	text_free(&line);
	add_kinds(out, &sum);
}

/* "3 requests" */
static void add_count(struct text *t, uint32_t n, const char *one, const char *many)
{
	text_addf(t, "%" PRIu32 " %s", n, n == 1 ? one : many);
}

/* " (1 failed", then ", 2 redirects": nothing of what there is none of. */
static void add_more(struct text *t, bool *more, uint32_t n, const char *what)
{
	if (n == 0)
		return;
	text_addf(t, "%s%" PRIu32 " %s", *more ? ", " : " (", n, what);
	*more = true;
}

static void add_octets(struct text *t, const struct report_totals *sum)
{
	shown_add_size(t, sum->all.octets_wire);
	text_add(t, " of content on the wire, ");
	shown_add_size(t, sum->all.octets);
	text_add(t, " decoded; with all heads and TLS ");
	shown_add_size(t, sum->octets_in);
	text_add(t, " came and ");
	shown_add_size(t, sum->octets_out);
	text_add(t, " went\n");
}

static void add_milestone(struct text *t, const char *what, hf_time_ns after)
{
	if (after == HF_NEVER)
		return;
	text_add(t, what);
	shown_add_ms(t, after);
	text_add(t, ", ");
}

static void add_kinds(struct text *t, const struct report_totals *sum)
{
	for (unsigned k = 0; k < REPORT_KIND_COUNT; k++) {
		const struct report_count *c = &sum->kind[k];
		struct text size;

		if (c->requests == 0 && c->cached == 0)
			continue;
		text_init(&size);
		shown_add_size(&size, c->octets_wire);
		text_addf(t, "  %-8s %4" PRIu32 " %9s", report_kind_name((enum report_kind)k), c->requests, text_str(&size));
		text_clear(&size);
		shown_add_size(&size, c->octets);
		text_addf(t, " %9s decoded", text_str(&size));
		text_free(&size);
		if (c->cached)
			text_addf(t, ", %" PRIu32 " from the cache", c->cached);
		if (c->failed)
			text_addf(t, ", %" PRIu32 " failed", c->failed);
		text_add(t, "\n");
	}
}

static void add_picture(struct text *t, const struct report *r)
{
	if (!r->engine || r->paint_ns == 0)
		return;
	text_addf(t, "; painted by %s in ", r->engine);
	shown_add_ms(t, r->paint_ns);
	if (r->paint_width)
		text_addf(t, ", %u x %u", r->paint_width, r->paint_height);
	if (r->engine_octets) {
		text_add(t, ", ");
		shown_add_size(t, r->engine_octets);
		text_add(t, " of it through this stack");
	}
}
