/* SPDX-License-Identifier: MIT */
#include "page/text_internal.h"

#include "base/bits.h"
#include "explain/grow.h"

#include <stdlib.h>

/* Tables of words, in columns: what people compare. Those that lay a page out hold blocks, and are left to the flow. */
#define COLUMNS_MAX 16u
#define ROWS_MAX 2000u
#define NODES_MAX 20000u
#define GAP 2u

struct row {
	struct text cell[COLUMNS_MAX];
	unsigned cells;
	bool head;
};

struct table {
	struct row *row;
	size_t rows, room;
	unsigned width[COLUMNS_MAX], columns;
};

static bool is_cell(const GumboNode *n)
{
	return html_is(n, GUMBO_TAG_TD) || html_is(n, GUMBO_TAG_TH);
}

static bool is_part(const GumboNode *n)
{
	return html_is(n, GUMBO_TAG_THEAD) || html_is(n, GUMBO_TAG_TBODY) || html_is(n, GUMBO_TAG_TFOOT);
}

/* Cells of words alone, and not too many of them. */
static bool fits(const GumboNode *table)
{
	struct html_walk w;
	const GumboNode *n;
	unsigned nodes = 0, cells = 0, most = 0;
	bool left, fine = true;

	html_walk_begin(&w, table);
	while (fine && (n = html_walk_next(&w, &left)) != NULL) {
		if (left || n->type != GUMBO_NODE_ELEMENT)
			continue;
		fine = ++nodes <= NODES_MAX;
		if (html_is(n, GUMBO_TAG_TR)) {
			cells = 0;
		} else if (is_cell(n)) {
			most = hf_max_u32(most, ++cells);
			fine &= !html_attribute(n, "rowspan") && !html_attribute(n, "colspan");
		} else if (!is_part(n) && text_is_block(n) && !html_is(n, GUMBO_TAG_P) && !html_is(n, GUMBO_TAG_DIV)) {
			fine = false;
		}
	}
	html_walk_end(&w);
	return fine && most >= 2 && most <= COLUMNS_MAX;
}

/* White space as one space, and none at the ends. */
static void squeeze(struct text *t)
{
	size_t to = 0;

	for (size_t i = 0; i < t->len; i++) {
		bool space = (uint8_t)t->at[i] <= ' ';

		if (!space)
			t->at[to++] = t->at[i];
		else if (to && t->at[to - 1] != ' ')
			t->at[to++] = ' ';
	}
	while (to && t->at[to - 1] == ' ')
		to--;
	if (t->at)
		t->at[to] = '\0';
	t->len = to;
}

static void add_row(struct page_text *t, struct table *table, const GumboNode *tr)
{
	const GumboVector *children = html_children(tr);
	struct row *r;

	table->row = grow_array(table->row, table->rows, &table->room, sizeof(*table->row), &t->failed);
	if (t->failed)
		return;
	r = &table->row[table->rows++];
	*r = (struct row){ .head = true };
	for (unsigned i = 0; i < children->length && r->cells < COLUMNS_MAX; i++) {
		const GumboNode *n = children->data[i];
		struct text *cell = &r->cell[r->cells];

		if (n->type != GUMBO_NODE_ELEMENT || !is_cell(n))
			continue;
		r->head &= html_is(n, GUMBO_TAG_TH);
		t->cell = cell;
		text_walk(t, n);
		t->cell = NULL;
		squeeze(cell);
		t->failed |= cell->failed;
		table->width[r->cells] = hf_max_u32(table->width[r->cells], flow_width(text_str(cell), cell->len));
		r->cells++;
	}
	table->columns = hf_max_u32(table->columns, r->cells);
}

static void add_rows(struct page_text *t, struct table *table, const GumboNode *in)
{
	const GumboVector *children = html_children(in);

	for (unsigned i = 0; i < children->length && table->rows < ROWS_MAX; i++) {
		const GumboNode *n = children->data[i];

		if (html_is(n, GUMBO_TAG_TR))
			add_row(t, table, n);
		else if (is_part(n) && !is_part(in))
			add_rows(t, table, n);
	}
}

static void write_row(struct page_text *t, const struct table *table, const struct row *r, bool aligned)
{
	flow_end_line(&t->flow);
	flow_style(&t->flow, r->head ? FLOW_BOLD : 0);
	t->flow.pre = aligned;
	for (unsigned i = 0; i < r->cells; i++) {
		unsigned width = flow_width(text_str(&r->cell[i]), r->cell[i].len);

		flow_add(&t->flow, text_str(&r->cell[i]), r->cell[i].len);
		if (i + 1 == r->cells)
			break;
		for (unsigned n = aligned ? table->width[i] - width + GAP : 0; n; n--)
			flow_add(&t->flow, " ", 1);
		if (!aligned)
			flow_add(&t->flow, " | ", 3);
	}
	flow_end_line(&t->flow);
	flow_style(&t->flow, 0);
	t->flow.pre = t->pre > 0;
}

bool text_table(struct page_text *t, const GumboNode *node)
{
	struct table table = { 0 };
	unsigned all = 0;

	if (!fits(node))
		return false;
	add_rows(t, &table, node);
	for (unsigned i = 0; i < table.columns; i++)
		all += table.width[i] + (i ? GAP : 0);
	flow_style(&t->flow, 0);
	flow_blank(&t->flow, 1);
	for (size_t i = 0; i < table.rows; i++) {
		const struct row *r = &table.row[i];

		if (r->cells)
			write_row(t, &table, r, t->flow.prefix_width + all <= t->flow.columns);
	}
	flow_blank(&t->flow, 1);
	for (size_t i = 0; i < table.rows; i++)
		for (unsigned k = 0; k < COLUMNS_MAX; k++)
			text_free(&table.row[i].cell[k]);
	free(table.row);
	return true;
}
