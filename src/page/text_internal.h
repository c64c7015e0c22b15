/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_TEXT_INTERNAL_H
#define HF_PAGE_TEXT_INTERNAL_H

#include "page/html_tree.h"
#include "page/text_flow.h"

#define TEXT_LISTS_MAX 32u
#define TEXT_INDENTS_MAX 64u

struct text_list {
	bool ordered;
	long next;
};

struct page_text {
	struct flow flow;
	struct url *base;
	struct text list; /* of links */
	unsigned links;
	struct text *cell; /* words go there: a table's columns are being measured */
	struct text_list list_at[TEXT_LISTS_MAX];
	unsigned lists, lists_over;
	struct flow_indent indent[TEXT_INDENTS_MAX];
	unsigned indents, indents_over;
	unsigned bold, link, faint, pre; /* open elements that are */
	bool failed;
};

void text_walk(struct page_text *t, const GumboNode *root);
void text_push(struct page_text *t, const char *prefix, unsigned width);
bool text_is_block(const GumboNode *n);
/* Sets it in columns. False: it cannot be, and nothing was written. */
bool text_table(struct page_text *t, const GumboNode *table);

#endif
