/* SPDX-License-Identifier: MIT */
#include "explain/waterfall.h"

#include "base/bits.h"
#include "explain/report_sum.h"
#include "explain/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * All widths follow from the columns there are: names and bars share what the figures between them leave. A cell of a bar
 * shows the phase that fills most of it, so that the letters tell as much as the colours do.
 */
#define NAME_MAX 48u
#define KIND 9u
#define STATUS 6u
#define SIZE 9u
#define TIME 9u
#define FIGURES (KIND + STATUS + SIZE + TIME)
#define BAR_MAX 200u
#define MARK 8u /* of the scale, with its unit */

enum tone { TONE_NONE, TONE_BAD, TONE_DIM };

struct chart {
	struct text *out;
	const struct report *r;
	const struct look *look;
	hf_time_ns begin, length; /* of the whole time line */
	unsigned name, bar;       /* columns */
	const char *origin;       /* of the document: left out of names */
	size_t origin_len;
};

struct ranked {
	uint32_t resource;
	bool failed;
	hf_time_ns length;
};

static void set_up(struct chart *c, struct text *out, const struct report *r, const struct look *look);
static void draw_scale(const struct chart *c);
static void draw_row(const struct chart *c, uint32_t i);
static void draw_bar(const struct chart *c, const struct report_phases *p, bool bad);
static void draw_legend(const struct chart *c);
static void draw_not_wanted(const struct chart *c);
static uint8_t *choose_rows(const struct report *r, const struct look *look, size_t *ret_left_out);
static void add_name(struct text *t, const struct chart *c, const char *url);
static void add_status(struct text *t, const struct report_resource *x);
static void add_size(struct text *t, const struct report_resource *x);
static void add_right(struct text *out, const struct text *cell, unsigned columns);
static void begin_tone(const struct chart *c, enum tone tone);
static void end_tone(const struct chart *c, enum tone tone);

/* The letter of a phase, and the colours that Chromium's network panel has for it, as near as 256 colours come. */
static const struct {
	char letter;
	uint8_t ground, ink;
	const char *name;
} phases[REPORT_PHASE_COUNT] = {
	[REPORT_BLOCKED] = { '.', 252, 240, "waiting for its turn" },
	[REPORT_LOOKUP] = { 'd', 30, 231, "name lookup" },
	[REPORT_CONNECTING] = { 'c', 208, 16, "connect" },
	[REPORT_SECURING] = { 't', 91, 231, "TLS" },
	[REPORT_SENDING] = { 's', 250, 16, "send" },
	[REPORT_WAITING] = { 'w', 35, 16, "wait for the answer" },
	[REPORT_RECEIVING] = { 'r', 33, 231, "receive" },
};
#define NOTHING REPORT_PHASE_COUNT
#define FAILED (REPORT_PHASE_COUNT + 1) /* the cell behind which it stopped */

void waterfall_draw(struct text *out, const struct report *r, const struct look *look)
{
	size_t left_out = 0;
	struct chart c;
	uint8_t *shown;

	if (r->resources == 0)
		return;
	set_up(&c, out, r, look);
	shown = choose_rows(r, look, &left_out);
	if (!shown) {
		out->failed = true;
		return;
	}
	draw_scale(&c);
	for (uint32_t i = 0; i < r->resources; i++)
		if (shown[i])
			draw_row(&c, i);
	free(shown);
	if (left_out)
		text_addf(out, "  and %zu more, none of them slower than those shown (--all shows all)\n", left_out);
	draw_not_wanted(&c);
	draw_legend(&c);
}

static void set_up(struct chart *c, struct text *out, const struct report *r, const struct look *look)
{
	uint32_t document = report_document(r);
	const char *host = strstr(r->resource[document].url, "://"), *end;
	unsigned longest = 12, room = look->columns - 2 - FIGURES - 2;
	hf_time_ns last = r->begin == HF_NEVER ? 0 : r->begin;

	*c = (struct chart){ .out = out, .r = r, .look = look, .begin = last };
	end = host ? host + 3 + strcspn(host + 3, "/?#") : NULL;
	c->origin = r->resource[document].url;
	c->origin_len = end ? (size_t)(end - c->origin) : 0;
	for (uint32_t i = 0; i < r->resources; i++) {
		struct report_phases p = report_phases_of(r, i);
		struct text name;

		if (p.all.there)
			last = hf_max_u64(last, p.all.end);
		text_init(&name);
		add_name(&name, c, r->resource[i].url);
		longest = (unsigned)hf_max_u64(longest, hf_min_u64(name.len, NAME_MAX));
		text_free(&name);
	}
	c->length = last - c->begin ? last - c->begin : 1;
	c->name = (unsigned)hf_min_u64(longest, room * 4 / 9);
	c->bar = (unsigned)hf_min_u64(room - c->name, BAR_MAX);
}

/* ---- the rows ---- */

/* Marks at round times: 1, 2 or 5 times a power of ten, as many as have room. The last one has the unit. */
static void draw_scale(const struct chart *c)
{
	static const char *const heads[] = { "kind", "status", "size", "time" };
	static const unsigned widths[] = { KIND, STATUS, SIZE, TIME };
	hf_time_ns step = HF_US(100);
	unsigned at = 0, marks;

	text_add(c->out, "  what");
	text_fill(c->out, ' ', c->name - 4);
	for (unsigned i = 0; i < HF_ARRAY_LEN(heads); i++)
		text_addf(c->out, i == 0 ? " %-*s" : "%*s", (int)widths[i] - (i == 0), heads[i]);
	text_add(c->out, "  ");
	for (unsigned i = 0; c->length / step * MARK > c->bar; i++)
		step = i % 3 == 1 ? step / 2 * 5 : step * 2;
	marks = (unsigned)((c->length - 1) / step);
	while (marks > 0 && marks * step * c->bar / c->length + MARK - 1 > c->bar)
		marks--; /* it would stand out */
	for (unsigned i = 0; i <= marks; i++) {
		unsigned cell = (unsigned)(i * step * c->bar / c->length);
		size_t before = c->out->len;

		text_fill(c->out, ' ', cell - at);
		if (step >= HF_S(1))
			text_addf(c->out, "|%" PRIu64, i * step / HF_S(1));
		else if (step >= HF_MS(1) || i == 0)
			text_addf(c->out, "|%" PRIu64, i * step / HF_MS(1));
		else
			text_addf(c->out, "|%" PRIu64 ".%" PRIu64, i * step / HF_MS(1), i * step / HF_US(100) % 10);
		if (i == marks)
			text_add(c->out, step >= HF_S(1) ? " s" : " ms");
		at += (unsigned)(c->out->len - before);
	}
	text_add(c->out, "\n");
}

static void draw_row(const struct chart *c, uint32_t i)
{
	const struct report_resource *x = &c->r->resource[i];
	struct report_phases p = report_phases_of(c->r, i);
	bool bad = x->fault.code != REPORT_E_NONE;
	struct text cell;
	size_t begin;

	text_init(&cell);
	begin_tone(c, bad ? TONE_BAD : TONE_NONE);
	text_add(c->out, bad ? "! " : "  ");
	add_name(&cell, c, x->url);
	begin = c->out->len;
	shown_add_middle(c->out, text_str(&cell), c->name);
	text_fill(c->out, ' ', begin + c->name - c->out->len);
	text_addf(c->out, " %-*s", (int)KIND - 1, report_kind_name(x->kind));
	text_clear(&cell);
	add_status(&cell, x);
	add_right(c->out, &cell, STATUS);
	text_clear(&cell);
	add_size(&cell, x);
	add_right(c->out, &cell, SIZE);
	text_clear(&cell);
	shown_add_ms(&cell, p.all.there ? p.all.end - p.all.begin : HF_NEVER);
	add_right(c->out, &cell, TIME);
	end_tone(c, bad ? TONE_BAD : TONE_NONE);
	text_free(&cell);
	draw_bar(c, &p, bad);
	if (x->location) {
		text_add(c->out, "    -> ");
		shown_add_middle(c->out, x->location, c->look->columns - 8);
		text_add(c->out, "\n");
	}
	if (bad) {
		text_init(&cell);
		report_show_fault(&cell, &x->fault);
		begin_tone(c, TONE_BAD);
		text_wrap(c->out, text_str(&cell), 4, c->look->columns);
		end_tone(c, TONE_BAD);
		text_free(&cell);
	}
}

/* Which phase fills most of each cell. */
static void fill_cells(const struct chart *c, const struct report_phases *p, uint8_t cell[BAR_MAX])
{
	memset(cell, NOTHING, c->bar);
	for (unsigned i = 0; i < c->bar; i++) {
		hf_time_ns from = c->begin + c->length * i / c->bar, to = c->begin + c->length * (i + 1) / c->bar;
		hf_time_ns most = 0, rest;

		if (p->all.begin >= to || p->all.end <= from)
			continue;
		rest = hf_min_u64(p->all.end, to) - hf_max_u64(p->all.begin, from);
		for (unsigned k = REPORT_BLOCKED + 1; k < REPORT_PHASE_COUNT; k++) {
			const struct report_span *s = &p->phase[k];
			hf_time_ns in;

			if (!s->there || s->begin >= to || s->end <= from)
				continue;
			in = hf_min_u64(s->end, to) - hf_max_u64(s->begin, from);
			rest -= in;
			if (in > most) {
				most = in;
				cell[i] = (uint8_t)k;
			}
		}
		if (rest > most)
			cell[i] = REPORT_BLOCKED;
	}
}

static void draw_bar(const struct chart *c, const struct report_phases *p, bool bad)
{
	uint8_t cell[BAR_MAX];
	unsigned last = c->bar, was = NOTHING;

	fill_cells(c, p, cell);
	if (p->all.there && bad)
		cell[hf_min_u64((p->all.end - c->begin) * c->bar / c->length, c->bar - 1)] = FAILED;
	while (last > 0 && cell[last - 1] == NOTHING)
		last--;
	text_fill(c->out, ' ', last ? 2 : 0);
	for (unsigned k = 0; k < last; k++) {
		char letter = cell[k] == NOTHING ? ' ' : cell[k] == FAILED ? 'X' : phases[cell[k]].letter;

		if (c->look->colour && cell[k] != was) {
			if (cell[k] == NOTHING)
				text_add(c->out, "\033[0m");
			else if (cell[k] == FAILED)
				text_add(c->out, "\033[0m\033[1;38;5;231;48;5;160m");
			else
				text_addf(c->out, "\033[0m\033[38;5;%u;48;5;%um", phases[cell[k]].ink,
					  phases[cell[k]].ground);
		}
		was = cell[k];
		text_add_n(c->out, &letter, 1);
	}
	text_add(c->out, c->look->colour && last ? "\033[0m\n" : "\n");
}

static void draw_legend(const struct chart *c)
{
	unsigned used = 0;

	for (unsigned k = 0; k < REPORT_PHASE_COUNT; k++) {
		unsigned width = (unsigned)strlen(phases[k].name) + (c->look->colour ? 6 : 4);

		if (used + width > c->look->columns) {
			text_add(c->out, "\n");
			used = 0;
		}
		used += width;
		if (c->look->colour)
			text_addf(c->out, "  \033[38;5;%u;48;5;%um %c \033[0m", phases[k].ink, phases[k].ground,
				  phases[k].letter);
		else
			text_addf(c->out, "  %c", phases[k].letter);
		text_addf(c->out, " %s", phases[k].name);
	}
	text_add(c->out, "\n");
}

/* "  noted only: 3 x font (fonts are fetched with --fonts only)" */
static void draw_not_wanted(const struct chart *c)
{
	for (unsigned k = 0; k < REPORT_KIND_COUNT; k++) {
		const char *note = NULL;
		uint32_t n = 0;

		for (uint32_t i = 0; i < c->r->resources; i++) {
			const struct report_resource *x = &c->r->resource[i];

			if (!x->not_wanted || x->kind != (enum report_kind)k)
				continue;
			if (n++ == 0)
				note = x->note;
		}
		if (n == 0)
			continue;
		begin_tone(c, TONE_DIM);
		text_addf(c->out, "  noted only: %" PRIu32 " x %s", n, report_kind_name((enum report_kind)k));
		if (note) {
			text_add(c->out, " (");
			shown_add(c->out, note);
			text_add(c->out, ")");
		}
		end_tone(c, TONE_DIM);
		text_add(c->out, "\n");
	}
}

/* ---- which rows ---- */

static int by_need(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->failed != y->failed)
		return x->failed ? -1 : 1;
	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	return x->resource < y->resource ? -1 : 1;
}

/* A flag a resource: is it shown? The document always is, and the redirects that led to it. NULL: memory ended. */
static uint8_t *choose_rows(const struct report *r, const struct look *look, size_t *ret_left_out)
{
	struct ranked *rank = malloc(r->resources * sizeof(*rank));
	uint8_t *shown = calloc(r->resources, 1);
	uint32_t document = report_document(r);
	size_t n = 0, kept = 0;

	if (!rank || !shown) {
		free(rank);
		free(shown);
		return NULL;
	}
	for (uint32_t i = 0; i < r->resources; i++) {
		struct report_phases p;

		if (r->resource[i].not_wanted)
			continue;
		p = report_phases_of(r, i);
		rank[n++] = (struct ranked){ i, r->resource[i].fault.code != REPORT_E_NONE, p.all.end - p.all.begin };
	}
	qsort(rank, n, sizeof(*rank), by_need);
	shown[document] = 1;
	for (kept = 0; kept < n && (look->all || kept < WATERFALL_ROWS); kept++)
		shown[rank[kept].resource] = 1;
	for (size_t i = kept; i < n; i++)
		*ret_left_out += !shown[rank[i].resource];
	free(rank);
	return shown;
}

/* ---- cells ---- */

/* "/style.css" of the document's own origin, "cdn.example/x.js" of another. */
static void add_name(struct text *t, const struct chart *c, const char *url)
{
	if (c->origin_len && strncmp(url, c->origin, c->origin_len) == 0 && url[c->origin_len] == '/') {
		text_add(t, url + c->origin_len);
		return;
	}
	if (strncmp(url, "data:", 5) == 0) {
		text_add_n(t, url, strcspn(url, ",;"));
		return;
	}
	text_add(t, strncmp(url, "https://", 8) == 0 ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : url);
}

static void add_status(struct text *t, const struct report_resource *x)
{
	if (x->status)
		text_addf(t, "%u", x->status);
	else
		text_add(t, "-");
}

static void add_size(struct text *t, const struct report_resource *x)
{
	if (x->cached != REPORT_NOT_CACHED)
		text_add(t, "(cache)");
	else if (x->status == 0 && x->octets_wire == 0)
		text_add(t, x->octets ? "(data)" : "-");
	else
		shown_add_size(t, x->octets_wire);
}

static void add_right(struct text *out, const struct text *cell, unsigned columns)
{
	text_fill(out, ' ', cell->len < columns ? columns - cell->len : 1);
	text_add(out, text_str(cell));
}

static void begin_tone(const struct chart *c, enum tone tone)
{
	if (c->look->colour && tone != TONE_NONE)
		text_add(c->out, tone == TONE_BAD ? "\033[31m" : "\033[2m");
}

static void end_tone(const struct chart *c, enum tone tone)
{
	if (c->look->colour && tone != TONE_NONE)
		text_add(c->out, "\033[0m");
}
