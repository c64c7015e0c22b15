/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_HTML_TREE_H
#define HF_PAGE_HTML_TREE_H

#include "page/html.h"

#include <gumbo.h>

/*
 * A document's tree, made by gumbo in memory that is bounded and freed at once: gumbo itself would free it by recursion, and
 * a hostile page nests deeper than any stack.
 */
#define HTML_TREE_DEEPER 512u    /* elements that a parser adds by itself: tbody, reconstructed formatting, ... */
#define HTML_ATTRIBUTES_MAX 256u /* of one element; more are taken out */

struct html_tree {
	const GumboNode *root; /* its GUMBO_NODE_DOCUMENT */
	bool cut;
	uint32_t flattened;
	struct text source; /* what it was made from and points into, when that is not the caller's */
	void *blocks;
};

/* HF_OK, HF_FULL. The octets hold still as long as the tree. */
HF_NODISCARD hf_status html_tree_make(struct hf_bytes html, const struct html_limits *limits, struct html_tree *ret);
void html_tree_free(struct html_tree *t);

/* Walks it in document order, without recursion. */
struct html_step {
	const GumboNode *node;
	unsigned next; /* its child to go to */
};

struct html_walk {
	struct html_step *step;
	size_t depth, room;
	const GumboNode *into; /* entered, its children still to come */
	bool failed;           /* memory ended */
};

void html_walk_begin(struct html_walk *w, const GumboNode *root);
/* The next node; *ret_leave: its children have been seen. Nodes without any are only entered. NULL at the end. */
const GumboNode *html_walk_next(struct html_walk *w, bool *ret_leave);
/* Passes over the children of what was entered last, and its leaving. */
void html_walk_skip(struct html_walk *w);
void html_walk_end(struct html_walk *w);

/* NULL: it has none. */
const char *html_attribute(const GumboNode *n, const char *name);
const GumboVector *html_children(const GumboNode *n); /* NULL: it cannot have any */
bool html_is(const GumboNode *n, GumboTag tag);       /* of HTML's namespace */
/* Is `lower` one of the words in a list apart by white space? */
bool html_has_word(const char *list, const char *lower);
/* Without white space around it. */
struct hf_bytes html_stripped(const char *s);

#endif
