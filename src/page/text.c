/* SPDX-License-Identifier: MIT */
/*
 * A page as text. One walk over its tree: what an element does at its begin and its end stands in a table; words go into lines by
 * text_flow.c. A table is set in columns (text_table.c) where its cells hold words only, else it is read row by row.
 */
#include "page/text.h"

#include "base/bits.h"
#include "http/h1.h"
#include "page/html_tree.h"
#include "page/text_internal.h"
#include "url/url.h"

#include <stdio.h>
#include <stdlib.h>

#define LINKS_MAX 5000u
#define URL_BYTES_MAX 8192u
#define NODES 500000u
#define NESTING 512u

enum does {
	BLOCK = 1,  /* on lines of its own */
	MARGIN = 2, /* with an empty line around */
	SKIP = 4,   /* nothing of it is shown */
	BOLD = 8,
	FAINT = 16,
};

static const struct {
	GumboTag tag;
	uint8_t does;
} rows[] = {
	{ GUMBO_TAG_HEAD, SKIP },
	{ GUMBO_TAG_SCRIPT, SKIP },
	{ GUMBO_TAG_STYLE, SKIP },
	{ GUMBO_TAG_TEMPLATE, SKIP },
	{ GUMBO_TAG_TITLE, SKIP },
	{ GUMBO_TAG_DATALIST, SKIP },
	{ GUMBO_TAG_NOFRAMES, SKIP },
	{ GUMBO_TAG_NOEMBED, SKIP },
	{ GUMBO_TAG_H1, BLOCK | MARGIN | BOLD },
	{ GUMBO_TAG_H2, BLOCK | MARGIN | BOLD },
	{ GUMBO_TAG_H3, BLOCK | MARGIN | BOLD },
	{ GUMBO_TAG_H4, BLOCK | MARGIN | BOLD },
	{ GUMBO_TAG_H5, BLOCK | MARGIN | BOLD },
	{ GUMBO_TAG_H6, BLOCK | MARGIN | BOLD },
	{ GUMBO_TAG_P, BLOCK | MARGIN },
	{ GUMBO_TAG_BLOCKQUOTE, BLOCK | MARGIN },
	{ GUMBO_TAG_PRE, BLOCK | MARGIN },
	{ GUMBO_TAG_LISTING, BLOCK | MARGIN },
	{ GUMBO_TAG_XMP, BLOCK | MARGIN },
	{ GUMBO_TAG_PLAINTEXT, BLOCK | MARGIN },
	{ GUMBO_TAG_UL, BLOCK | MARGIN },
	{ GUMBO_TAG_OL, BLOCK | MARGIN },
	{ GUMBO_TAG_MENU, BLOCK | MARGIN },
	{ GUMBO_TAG_DIR, BLOCK | MARGIN },
	{ GUMBO_TAG_DL, BLOCK | MARGIN },
	{ GUMBO_TAG_TABLE, BLOCK | MARGIN },
	{ GUMBO_TAG_FIGURE, BLOCK | MARGIN },
	{ GUMBO_TAG_ADDRESS, BLOCK | MARGIN },
	{ GUMBO_TAG_FIELDSET, BLOCK | MARGIN },
	{ GUMBO_TAG_LI, BLOCK },
	{ GUMBO_TAG_DT, BLOCK | BOLD },
	{ GUMBO_TAG_DD, BLOCK },
	{ GUMBO_TAG_DIV, BLOCK },
	{ GUMBO_TAG_SECTION, BLOCK },
	{ GUMBO_TAG_ARTICLE, BLOCK },
	{ GUMBO_TAG_ASIDE, BLOCK | MARGIN },
	{ GUMBO_TAG_HEADER, BLOCK },
	{ GUMBO_TAG_FOOTER, BLOCK | MARGIN },
	{ GUMBO_TAG_NAV, BLOCK | MARGIN },
	{ GUMBO_TAG_MAIN, BLOCK },
	{ GUMBO_TAG_FORM, BLOCK },
	{ GUMBO_TAG_CENTER, BLOCK },
	{ GUMBO_TAG_FIGCAPTION, BLOCK },
	{ GUMBO_TAG_CAPTION, BLOCK },
	{ GUMBO_TAG_TR, BLOCK },
	{ GUMBO_TAG_DETAILS, BLOCK },
	{ GUMBO_TAG_SUMMARY, BLOCK | BOLD },
	{ GUMBO_TAG_LEGEND, BLOCK | BOLD },
	{ GUMBO_TAG_BODY, BLOCK },
	{ GUMBO_TAG_HTML, BLOCK },
	{ GUMBO_TAG_FRAMESET, BLOCK },
	{ GUMBO_TAG_B, BOLD },
	{ GUMBO_TAG_STRONG, BOLD },
	{ GUMBO_TAG_TH, BOLD },
	{ GUMBO_TAG_DEL, FAINT },
	{ GUMBO_TAG_S, FAINT },
	{ GUMBO_TAG_STRIKE, FAINT },
};

static uint8_t does(const GumboNode *n)
{
	if (n->v.element.tag_namespace == GUMBO_NAMESPACE_SVG)
		return SKIP;
	if (n->v.element.tag_namespace != GUMBO_NAMESPACE_HTML)
		return 0;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (rows[i].tag == n->v.element.tag)
			return rows[i].does;
	return 0;
}

bool text_is_block(const GumboNode *n)
{
	return (n->type == GUMBO_NODE_ELEMENT && does(n) & BLOCK) || html_is(n, GUMBO_TAG_HR);
}

/* An author hides it, in the ways that need no style sheet. */
static bool is_hidden(const GumboNode *n)
{
	const char *style = html_attribute(n, "style");

	if (html_attribute(n, "hidden"))
		return true;
	for (const char *at = style; at && (at = strstr(at, "display")) != NULL; at += 7) {
		const char *v = at + 7 + strspn(at + 7, " \t\n");

		if (*v == ':' && strncmp(v + 1 + strspn(v + 1, " \t\n"), "none", 4) == 0)
			return true;
	}
	return false;
}

static void say_n(struct page_text *t, const char *s, size_t n)
{
	if (t->cell)
		text_add_n(t->cell, s, n);
	else
		flow_add(&t->flow, s, n);
}

static void say(struct page_text *t, const char *s)
{
	say_n(t, s, strlen(s));
}

/* ---- links and what stands for itself ---- */

/* Its number in the list at the end; 0: it has none. */
static unsigned number_link(struct page_text *t, const char *href)
{
	struct hf_bytes b = html_stripped(href);
	struct url *u;

	if (!b.len || b.at[0] == '#' || b.len > URL_BYTES_MAX || t->links == LINKS_MAX)
		return 0;
	u = url_parse(b, t->base, NULL);
	if (!u || strcmp(url_scheme(u), "javascript") == 0) {
		url_free(u);
		return 0;
	}
	t->links++;
	text_addf(&t->list, "%4u  %s\n", t->links, url_href(u));
	url_free(u);
	return t->links;
}

static void restyle(struct page_text *t)
{
	if (!t->cell)
		flow_style(&t->flow,
			   (uint8_t)((t->bold ? FLOW_BOLD : 0) | (t->link ? FLOW_LINK : 0) | (t->faint ? FLOW_FAINT : 0)));
}

static void leave_link(struct page_text *t, const GumboNode *n)
{
	const char *href = html_attribute(n, "href");
	unsigned number;
	char mark[16];

	if (!href)
		return;
	t->link -= t->link > 0;
	restyle(t);
	number = number_link(t, href);
	if (!number)
		return;
	snprintf(mark, sizeof(mark), "[%u]", number);
	t->faint++;
	restyle(t);
	say(t, mark);
	t->faint--;
	restyle(t);
}

static void show_image(struct page_text *t, const GumboNode *n)
{
	const char *alt = html_attribute(n, "alt"), *src = html_attribute(n, "src");
	struct hf_bytes b = html_stripped(alt);

	if (!alt && src) { /* its file's name says something at least */
		const char *slash;
		size_t len = strcspn(src, "?#");

		for (slash = src + len; slash > src && slash[-1] != '/'; slash--)
			;
		b = (struct hf_bytes){ (const uint8_t *)slash, (size_t)(src + len - slash) };
		if (strncmp(src, "data:", 5) == 0)
			b = hf_bytes_of("image");
	}
	if (!b.len)
		return;
	say(t, "[");
	say_n(t, (const char *)b.at, b.len);
	say(t, "]");
}

static void show_in_brackets(struct page_text *t, const char *open, const char *s, const char *close)
{
	say(t, open);
	say(t, s ? s : "");
	say(t, close);
}

static void show_input(struct page_text *t, const GumboNode *n)
{
	struct hf_bytes type = html_stripped(html_attribute(n, "type"));
	const char *value = html_attribute(n, "value");
	bool checked = html_attribute(n, "checked") != NULL;

	if (h1_same(type, "hidden"))
		return;
	if (h1_same(type, "checkbox"))
		say(t, checked ? "[x]" : "[ ]");
	else if (h1_same(type, "radio"))
		say(t, checked ? "(x)" : "( )");
	else if (h1_same(type, "image"))
		show_image(t, n);
	else if (h1_same(type, "submit") || h1_same(type, "reset") || h1_same(type, "button"))
		show_in_brackets(t, "[", value ? value : h1_same(type, "reset") ? "Reset" : "Submit", "]");
	else
		show_in_brackets(t, "[", value && *value && !h1_same(type, "password") ? value : "____", "]");
}

static void show_frame(struct page_text *t, const GumboNode *n)
{
	const char *title = html_attribute(n, "title"), *src = html_attribute(n, "src");
	unsigned number = src ? number_link(t, src) : 0;
	char mark[16];

	show_in_brackets(t, "[frame", title && *title ? ": " : "", title ? title : "");
	say(t, "]");
	if (number) {
		snprintf(mark, sizeof(mark), "[%u]", number);
		say(t, mark);
	}
}

/* ---- lists ---- */

static void enter_list(struct page_text *t, const GumboNode *n)
{
	const char *start = html_attribute(n, "start");
	struct text_list *l;

	if (t->lists == TEXT_LISTS_MAX) {
		t->lists_over++;
		return;
	}
	l = &t->list_at[t->lists++];
	*l = (struct text_list){ .ordered = html_is(n, GUMBO_TAG_OL), .next = 1 };
	if (start && l->ordered)
		l->next = strtol(start, NULL, 10);
	if (l->next > 1000000 || l->next < -1000000)
		l->next = 1;
}

static void leave_list(struct page_text *t)
{
	if (t->lists_over)
		t->lists_over--;
	else
		t->lists -= t->lists > 0;
}

static void enter_item(struct page_text *t)
{
	static const char room[] = "            ";
	struct text_list *l = t->lists ? &t->list_at[t->lists - 1] : NULL;
	char mark[16];
	int n;

	if (l && l->ordered)
		n = snprintf(mark, sizeof(mark), "%ld. ", l->next++);
	else
		n = snprintf(mark, sizeof(mark), "* ");
	if (n < 4 && l && l->ordered) { /* one and two digits side by side */
		memmove(mark + 4 - n, mark, (size_t)n + 1);
		memset(mark, ' ', (size_t)(4 - n));
		n = 4;
	}
	text_push(t, room + sizeof(room) - 1 - n, (unsigned)n);
	flow_mark(&t->flow, mark);
}

/* What was put in front of lines goes in the order in which it came. */
void text_push(struct page_text *t, const char *prefix, unsigned width)
{
	if (t->indents == TEXT_INDENTS_MAX) {
		t->indents_over++;
		flow_end_line(&t->flow);
		return;
	}
	t->indent[t->indents++] = flow_indent(&t->flow, prefix, width);
}

static void pop(struct page_text *t)
{
	if (t->indents_over)
		t->indents_over--;
	else if (t->indents)
		flow_outdent(&t->flow, t->indent[--t->indents]);
}

/* ---- elements ---- */

static bool indents(const GumboNode *n)
{
	return html_is(n, GUMBO_TAG_LI) || html_is(n, GUMBO_TAG_DD) || html_is(n, GUMBO_TAG_BLOCKQUOTE);
}

static bool is_pre(const GumboNode *n)
{
	return html_is(n, GUMBO_TAG_PRE) || html_is(n, GUMBO_TAG_LISTING) || html_is(n, GUMBO_TAG_XMP) ||
	       html_is(n, GUMBO_TAG_PLAINTEXT) || html_is(n, GUMBO_TAG_TEXTAREA);
}

static bool is_list(const GumboNode *n)
{
	return html_is(n, GUMBO_TAG_UL) || html_is(n, GUMBO_TAG_OL) || html_is(n, GUMBO_TAG_MENU) ||
	       html_is(n, GUMBO_TAG_DIR);
}

static void enter_block(struct page_text *t, const GumboNode *n, uint8_t d)
{
	/* a list in a list stands close */
	flow_blank(&t->flow, d & MARGIN && !(is_list(n) && t->lists) ? 1 : 0);
	if (html_is(n, GUMBO_TAG_LI))
		enter_item(t);
	else if (html_is(n, GUMBO_TAG_DD))
		text_push(t, "    ", 4);
	else if (html_is(n, GUMBO_TAG_BLOCKQUOTE))
		text_push(t, "> ", 2);
	if (is_list(n))
		enter_list(t, n);
	t->flow.widest = t->flow.prefix_width;
}

static void leave_block(struct page_text *t, const GumboNode *n, uint8_t d)
{
	if (html_is(n, GUMBO_TAG_H1) || html_is(n, GUMBO_TAG_H2)) {
		flow_end_line(&t->flow);
		if (t->flow.widest > t->flow.prefix_width)
			flow_rule(&t->flow, html_is(n, GUMBO_TAG_H1) ? '=' : '-', t->flow.widest - t->flow.prefix_width);
	}
	if (is_list(n))
		leave_list(t);
	if (indents(n))
		pop(t);
	flow_blank(&t->flow, d & MARGIN && !(is_list(n) && t->lists) ? 1 : 0);
}

/* False: its children are not for here. */
static bool enter(struct page_text *t, const GumboNode *n)
{
	uint8_t d = does(n);

	if (d & SKIP || n->type == GUMBO_NODE_TEMPLATE || is_hidden(n))
		return false;
	if (d & BLOCK && !t->cell)
		enter_block(t, n, d);
	if (is_pre(n)) {
		flow_end_word(&t->flow);
		t->pre++;
		t->flow.pre = true;
	}
	t->bold += d & BOLD ? 1 : 0;
	t->faint += d & FAINT ? 1 : 0;
	t->link += html_is(n, GUMBO_TAG_A) && html_attribute(n, "href");
	restyle(t);
	switch (n->v.element.tag_namespace == GUMBO_NAMESPACE_HTML ? n->v.element.tag : GUMBO_TAG_UNKNOWN) {
	case GUMBO_TAG_BR:
		if (t->cell)
			text_add(t->cell, " ");
		else
			flow_break(&t->flow);
		break;
	case GUMBO_TAG_HR:
		if (!t->cell) {
			flow_end_line(&t->flow);
			flow_rule(&t->flow, '-', t->flow.columns);
		}
		break;
	case GUMBO_TAG_IMG:
		show_image(t, n);
		break;
	case GUMBO_TAG_INPUT:
		show_input(t, n);
		break;
	case GUMBO_TAG_IFRAME:
	case GUMBO_TAG_FRAME:
		show_frame(t, n);
		return false;
	case GUMBO_TAG_TD:
	case GUMBO_TAG_TH:
		if (!t->cell && n->index_within_parent)
			say(t, "  ");
		break;
	case GUMBO_TAG_BUTTON:
	case GUMBO_TAG_TEXTAREA:
		say(t, "[");
		break;
	case GUMBO_TAG_OPTION:
		say(t, html_attribute(n, "selected") ? " (x) " : " ( ) ");
		break;
	case GUMBO_TAG_Q:
		say(t, "\"");
		break;
	default:
		break;
	}
	return true;
}

static void leave(struct page_text *t, const GumboNode *n)
{
	uint8_t d = does(n);

	if (html_is(n, GUMBO_TAG_BUTTON) || html_is(n, GUMBO_TAG_TEXTAREA))
		say(t, "]");
	else if (html_is(n, GUMBO_TAG_Q))
		say(t, "\"");
	t->bold -= d & BOLD ? 1 : 0;
	t->faint -= d & FAINT ? 1 : 0;
	if (html_is(n, GUMBO_TAG_A))
		leave_link(t, n);
	restyle(t);
	if (d & BLOCK && !t->cell)
		leave_block(t, n, d);
	if (is_pre(n)) {
		flow_end_word(&t->flow);
		t->pre -= t->pre > 0;
		t->flow.pre = t->pre > 0;
	}
}

void text_walk(struct page_text *t, const GumboNode *root)
{
	struct html_walk w;
	const GumboNode *n;
	bool left;

	html_walk_begin(&w, root);
	while ((n = html_walk_next(&w, &left)) != NULL) {
		const GumboVector *children = html_children(n);

		if (n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA) {
			say(t, n->v.text.text);
			continue;
		}
		if ((n->type != GUMBO_NODE_ELEMENT && n->type != GUMBO_NODE_TEMPLATE) || (n == root && t->cell))
			continue;
		if (left) {
			leave(t, n);
		} else if (!t->cell && html_is(n, GUMBO_TAG_TABLE) && text_table(t, n)) {
			html_walk_skip(&w);
		} else if (!enter(t, n)) {
			html_walk_skip(&w);
		} else if (!children->length) { /* it is not left */
			leave(t, n);
		}
	}
	t->failed |= w.failed;
	html_walk_end(&w);
}

char *page_text(struct hf_bytes html, const char *base, unsigned columns, bool colour)
{
	struct html_limits limits = { .nodes = NODES, .nesting = NESTING };
	struct page_text *t = calloc(1, sizeof(*t));
	struct html_tree tree;
	char *ret = NULL;

	if (!t)
		return NULL;
	if (html_tree_make(html, &limits, &tree) != HF_OK) {
		free(t);
		return NULL;
	}
	t->base = url_parse(hf_bytes_of(base), NULL, NULL);
	flow_init(&t->flow, columns ? columns : 80, colour);
	text_walk(t, tree.root);
	html_tree_free(&tree);
	flow_style(&t->flow, 0);
	flow_end_line(&t->flow);
	if (t->links) {
		text_add(&t->flow.out, "\nLinks:\n");
		text_add_n(&t->flow.out, text_str(&t->list), t->list.len);
	}
	if (!t->failed && !t->flow.out.failed && !t->list.failed)
		ret = t->flow.out.len ? t->flow.out.at : calloc(1, 1);
	if (ret)
		t->flow.out = (struct text){ 0 };
	flow_free(&t->flow);
	text_free(&t->list);
	url_free(t->base);
	free(t);
	return ret;
}
