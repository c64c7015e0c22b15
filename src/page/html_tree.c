/* SPDX-License-Identifier: MIT */
/*
 * A tree by gumbo. What html_trim() lets through is bounded as far as the source shows it. The rest is bounded here: each
 * allocation of gumbo's comes from us, and a node that turns out to stand too deep, or too much memory, ends the parse by
 * longjmp(): gumbo keeps nothing outside that memory. The document is then parsed again up to where that happened.
 */
#include "page/html_tree.h"

#include "base/ascii.h"
#include "base/bits.h"
#include "explain/grow.h"
#include "http/h1.h"

#include <setjmp.h>
#include <stdlib.h>

#define TRIES 8
#define OCTETS_A_NODE 512u /* on average, with its attributes and text */

/* Around every allocation: a ring, so that what gumbo frees is free at once and the rest at the end. */
struct block {
	struct block *next, *before;
	size_t size;
	uint32_t depth;  /* of a node's */
	bool maybe_node; /* it has the size of one, as strings can */
};
_Static_assert(sizeof(struct block) % 16 == 0, "what follows is aligned");

struct maker {
	struct block ring;
	const GumboNode *last; /* that was allocated last, and may be a node; its parent is known at the next one */
	const void **known;    /* all that may be nodes: only those are looked into (open addressing) */
	size_t knowns, known_room;
	size_t used, room;
	uint32_t depth_max;
	const char *cut_at; /* in the source, where it became too much */
	bool no_memory;
	jmp_buf out;
};

static struct block *block_of(const void *at)
{
	return (struct block *)(uintptr_t)at - 1;
}

/* ---- what may be nodes ---- */

static size_t place(const struct maker *m, const void *at)
{
	size_t i = ((uintptr_t)at >> 4) * 0x9e3779b97f4a7c15u >> 20 & (m->known_room - 1);

	while (m->known[i] && m->known[i] != at)
		i = (i + 1) & (m->known_room - 1);
	return i;
}

static bool knows(const struct maker *m, const void *at)
{
	return at && m->known_room && m->known[place(m, at)] == at;
}

static bool know(struct maker *m, const void *at)
{
	if (2 * m->knowns >= m->known_room) {
		struct maker wider = { .known_room = m->known_room ? 2 * m->known_room : 1024 };

		wider.known = calloc(wider.known_room, sizeof(void *));
		if (!wider.known)
			return false;
		for (size_t i = 0; i < m->known_room; i++)
			if (m->known[i])
				wider.known[place(&wider, m->known[i])] = m->known[i];
		free(m->known);
		m->known = wider.known;
		m->known_room = wider.known_room;
	}
	m->known[place(m, at)] = at;
	m->knowns++;
	return true;
}

static void forget(struct maker *m, const void *at)
{
	size_t i = place(m, at);

	m->known[i] = NULL;
	m->knowns--;
	/* those behind it find their places anew */
	for (i = (i + 1) & (m->known_room - 1); m->known[i]; i = (i + 1) & (m->known_room - 1)) {
		const void *moved = m->known[i];

		m->known[i] = NULL;
		m->known[place(m, moved)] = moved;
	}
}

static const char *place_of(const struct maker *m, const GumboNode *n)
{
	for (unsigned i = 0; i <= m->depth_max && knows(m, n); i++, n = n->parent)
		if ((n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE) && n->v.element.original_tag.length)
			return n->v.element.original_tag.data;
	return NULL;
}

static void stop(struct maker *m, bool no_memory)
{
	m->no_memory = no_memory;
	m->cut_at = place_of(m, m->last);
	longjmp(m->out, 1);
}

static void measure_last(struct maker *m)
{
	if (!m->last || !knows(m, m->last->parent))
		return;
	block_of(m->last)->depth = block_of(m->last->parent)->depth + 1;
	if (block_of(m->last)->depth > m->depth_max)
		stop(m, false);
}

static void *allocate(void *userdata, size_t size)
{
	struct maker *m = userdata;
	struct block *b;

	if (size > m->room - m->used)
		stop(m, false);
	if (size == sizeof(GumboNode))
		measure_last(m);
	b = malloc(sizeof(*b) + size);
	if (!b)
		stop(m, true);
	*b = (struct block){ .next = &m->ring, .before = m->ring.before, .size = size, .maybe_node = size == sizeof(GumboNode) };
	b->before->next = b;
	b->next->before = b;
	m->used += size;
	memset(b + 1, 0, size);
	if (b->maybe_node) {
		if (!know(m, b + 1))
			stop(m, true);
		m->last = (const GumboNode *)(b + 1);
	}
	return b + 1;
}

static void deallocate(void *userdata, void *at)
{
	struct maker *m = userdata;
	struct block *b;

	if (!at)
		return;
	b = block_of(at);
	if (m->last == at)
		m->last = NULL;
	if (b->maybe_node)
		forget(m, at);
	m->used -= b->size;
	b->next->before = b->before;
	b->before->next = b->next;
	free(b);
}

static void free_all(struct maker *m)
{
	struct block *b, *next;

	for (b = m->ring.next; b != &m->ring; b = next) {
		next = b->next;
		free(b);
	}
	free(m->known);
	m->known = NULL;
	m->knowns = m->known_room = 0;
}

/* Once, of all the octets; NULL: it was stopped. */
static const GumboNode *parse(struct maker *m, const char *at, size_t n)
{
	GumboOptions o = kGumboDefaultOptions;
	GumboOutput *out;

	m->ring = (struct block){ .next = &m->ring, .before = &m->ring };
	m->used = 0;
	m->last = NULL;
	m->cut_at = NULL; /* and nothing is known yet */
	o.allocator = allocate;
	o.deallocator = deallocate;
	o.userdata = m;
	o.max_errors = 0;
	if (setjmp(m->out) != 0) {
		free_all(m);
		return NULL;
	}
	out = gumbo_parse_with_options(&o, at, n);
	return out->document;
}

hf_status html_tree_make(struct hf_bytes html, const struct html_limits *limits, struct html_tree *ret)
{
	struct maker *m = calloc(1, sizeof(*m));
	const char *at = (const char *)html.at;
	const GumboNode *root = NULL;
	size_t n = html.len;

	if (!m)
		return HF_FULL;
	*ret = (struct html_tree){ 0 };
	if (html_trim(html, limits, &ret->source, &ret->flattened, &ret->cut)) {
		at = text_str(&ret->source);
		n = ret->source.len;
	}
	m->room = (size_t)limits->nodes * OCTETS_A_NODE + 8 * n + 65536;
	m->depth_max = limits->nesting + HTML_TREE_DEEPER;
	for (unsigned tries = 0; !root && !ret->source.failed && !m->no_memory && tries < TRIES; tries++) {
		root = parse(m, n ? at : "", n);
		if (!root) {
			size_t cut = m->cut_at > at ? (size_t)(m->cut_at - at) : n;

			ret->cut = true;
			n = cut < n ? cut : n / 2;
		}
	}
	if (!root) {
		text_free(&ret->source);
		free(m);
		return HF_FULL;
	}
	free(m->known);
	m->known = NULL;
	ret->root = root;
	ret->blocks = m;
	return HF_OK;
}

void html_tree_free(struct html_tree *t)
{
	struct maker *m = t->blocks;

	if (m)
		free_all(m);
	free(m);
	text_free(&t->source);
	*t = (struct html_tree){ 0 };
}

/* ---- walking ---- */

const GumboVector *html_children(const GumboNode *n)
{
	switch (n->type) {
	case GUMBO_NODE_DOCUMENT:
		return &n->v.document.children;
	case GUMBO_NODE_ELEMENT:
	case GUMBO_NODE_TEMPLATE:
		return &n->v.element.children;
	default:
		return NULL;
	}
}

void html_walk_begin(struct html_walk *w, const GumboNode *root)
{
	*w = (struct html_walk){ .into = root };
}

void html_walk_end(struct html_walk *w)
{
	free(w->step);
	*w = (struct html_walk){ 0 };
}

void html_walk_skip(struct html_walk *w)
{
	w->into = NULL;
}

static bool push(struct html_walk *w, const GumboNode *n)
{
	w->step = grow_array(w->step, w->depth, &w->room, sizeof(*w->step), &w->failed);
	if (!w->failed)
		w->step[w->depth++] = (struct html_step){ .node = n };
	return !w->failed;
}

const GumboNode *html_walk_next(struct html_walk *w, bool *ret_leave)
{
	*ret_leave = false;
	if (w->into && html_children(w->into) && html_children(w->into)->length && !push(w, w->into))
		return NULL;
	w->into = NULL;
	while (w->depth) {
		struct html_step *s = &w->step[w->depth - 1];
		const GumboVector *children = html_children(s->node);

		if (s->next < children->length) {
			w->into = children->data[s->next++];
			return w->into;
		}
		w->depth--;
		*ret_leave = true;
		return s->node;
	}
	return NULL;
}

/* ---- small things ---- */

const char *html_attribute(const GumboNode *n, const char *name)
{
	const GumboVector *all = &n->v.element.attributes;

	for (unsigned i = 0; i < all->length; i++) {
		const GumboAttribute *a = all->data[i];

		if (strcmp(a->name, name) == 0 &&
		    (a->attr_namespace == GUMBO_ATTR_NAMESPACE_NONE || a->attr_namespace == GUMBO_ATTR_NAMESPACE_XLINK))
			return a->value;
	}
	return NULL;
}

bool html_is(const GumboNode *n, GumboTag tag)
{
	return n->type == GUMBO_NODE_ELEMENT && n->v.element.tag == tag &&
	       n->v.element.tag_namespace == GUMBO_NAMESPACE_HTML;
}

struct hf_bytes html_stripped(const char *s)
{
	return s ? hf_ascii_trim(hf_bytes_of(s)) : (struct hf_bytes){ 0 };
}

bool html_has_word(const char *list, const char *low)
{
	while (list && *list) {
		size_t n = 0;

		while (hf_ascii_is_space(*list))
			list++;
		while (list[n] && !hf_ascii_is_space(list[n]))
			n++;
		if (n && h1_same((struct hf_bytes){ (const uint8_t *)list, n }, low))
			return true;
		list += n;
	}
	return false;
}
