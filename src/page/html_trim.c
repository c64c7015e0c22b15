/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem() */
/*
 * Taking out of a source what nests too deep. A tokenizer of tags alone (HTML 13.2.5, as far as tags need it) keeps a stack
 * of what is open, with the end tags that authors leave out; it is an estimate, and html_tree.c does not rely upon it. As in
 * browsers, which stop nesting at 512, an element that stands too deep goes, and what it holds stays.
 */
#include "page/html_tree.h"
#include "base/ascii.h"

#include "base/bits.h"

#include <stdlib.h>

#define ROWS 9u

struct open {
	GumboTag tag;
	struct hf_bytes name; /* of an unknown one */
};

struct trim {
	const uint8_t *end;
	const uint8_t *kept; /* up to here all is in `out`, or taken out */
	struct text *out;
	bool changed;
	struct open *open;
	uint32_t depth, nesting;
	uint32_t over;    /* open ones that were taken out */
	uint32_t foreign; /* svg and math among the open */
	uint32_t flattened, nodes;
	/* by tag: a bit a row of `implied`, and what it is besides */
	uint16_t on[GUMBO_TAG_LAST + 1], closes[GUMBO_TAG_LAST + 1], within[GUMBO_TAG_LAST + 1];
	uint8_t is[GUMBO_TAG_LAST + 1];
};

enum { IS_VOID = 1, IS_RAW = 2, IS_FOREIGN = 4 };

struct tag {
	const uint8_t *begin, *end; /* with its brackets */
	const uint8_t *excess;      /* where its attributes become too many; NULL */
	struct hf_bytes name;
	GumboTag tag;
	bool ends, closed;
};

/* Start tags that end what is still open: `closes` up to one of `within` (HTML 13.1.2.4, "Optional tags"). */
static const struct {
	const char *on, *closes, *within;
} implied[ROWS] = {
	{ "li", "li", "ul ol menu" },
	{ "dt dd", "dt dd", "dl" },
	{ "option optgroup", "option", "select" },
	{ "tr", "tr td th", "table" },
	{ "td th", "td th", "table tr" },
	{ "tbody thead tfoot", "tbody thead tfoot tr td th caption colgroup", "table" },
	{ "a", "a", "td th table button object" },
	{ "rb rt rp rtc", "rb rt rp rtc", "ruby" },
	{ "p div ul ol dl table pre hr form blockquote section article aside header footer nav main figure figcaption address "
	  "center dir menu fieldset details summary h1 h2 h3 h4 h5 h6 li dt dd listing plaintext xmp",
	  "p", "td th table button object caption body" },
};

static const char voids[] =
	"area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr";
static const char raws[] = "script style textarea title xmp iframe noembed noframes";

/* The next of a list of words; false at its end. */
static bool next_tag(const char **list, GumboTag *ret)
{
	size_t n = strcspn(*list, " ");

	if (!n)
		return false;
	*ret = gumbo_tagn_enum(*list, (unsigned)n);
	*list += n + ((*list)[n] == ' ');
	return true;
}

static void fill(uint16_t *to, const char *list, unsigned bit)
{
	GumboTag tag;

	while (next_tag(&list, &tag))
		to[tag] |= (uint16_t)(1u << bit);
}

static void fill_is(uint8_t *to, const char *list, uint8_t bit)
{
	GumboTag tag;

	while (next_tag(&list, &tag))
		to[tag] |= bit;
}

static void fill_tables(struct trim *t)
{
	for (unsigned i = 0; i < ROWS; i++) {
		fill(t->on, implied[i].on, i);
		fill(t->closes, implied[i].closes, i);
		fill(t->within, implied[i].within, i);
	}
	fill_is(t->is, voids, IS_VOID);
	fill_is(t->is, raws, IS_RAW);
	fill_is(t->is, "svg math", IS_FOREIGN);
	t->on[GUMBO_TAG_UNKNOWN] = t->closes[GUMBO_TAG_UNKNOWN] = t->within[GUMBO_TAG_UNKNOWN] = 0;
	t->is[GUMBO_TAG_UNKNOWN] = 0;
}

static const uint8_t *find(const uint8_t *at, const uint8_t *end, const char *what)
{
	const uint8_t *hit = memmem(at, (size_t)(end - at), what, strlen(what));

	return hit ? hit : end;
}

/* A comment, a doctype or what is taken for a comment, from its "<": where it ends. */
static const uint8_t *pass_markup(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *a, *b;

	if (end - at < 4 || memcmp(at, "<!--", 4) != 0) {
		at = find(at, end, ">");
		return at < end ? at + 1 : end;
	}
	at += 4;
	if (at < end && *at == '>')
		return at + 1;
	if (end - at >= 2 && at[0] == '-' && at[1] == '>')
		return at + 2;
	a = find(at, end, "-->");
	b = find(at, a, "--!>");
	if (b < a)
		return b + 4;
	return a < end ? a + 3 : end;
}

/* Behind the name: attributes up to the bracket that closes the tag. */
static const uint8_t *pass_attributes(struct tag *t, const uint8_t *at, const uint8_t *end)
{
	unsigned n = 0;

	while (at < end && *at != '>') {
		t->closed = false;
		if (hf_ascii_is_space(*at) || *at == '/') {
			t->closed = *at++ == '/';
			continue;
		}
		if (++n > HTML_ATTRIBUTES_MAX && !t->excess)
			t->excess = at;
		at += *at == '='; /* a name may begin so */
		while (at < end && !hf_ascii_is_space(*at) && *at != '/' && *at != '>' && *at != '=')
			at++;
		while (at < end && hf_ascii_is_space(*at))
			at++;
		if (at == end || *at != '=')
			continue;
		at++;
		while (at < end && hf_ascii_is_space(*at))
			at++;
		if (at < end && (*at == '"' || *at == '\'')) {
			at = memchr(at + 1, *at, (size_t)(end - at - 1));
			at = at ? at + 1 : end;
		} else {
			while (at < end && !hf_ascii_is_space(*at) && *at != '>')
				at++;
		}
	}
	return at;
}

/* False: the source ends inside of it. */
static bool take_tag(const uint8_t *at, const uint8_t *end, struct tag *ret)
{
	*ret = (struct tag){ .begin = at, .ends = at[1] == '/' };
	at += ret->ends ? 2 : 1;
	ret->name.at = at;
	while (at < end && !hf_ascii_is_space(*at) && *at != '/' && *at != '>')
		at++;
	ret->name.len = (size_t)(at - ret->name.at);
	ret->tag = gumbo_tagn_enum((const char *)ret->name.at, ret->name.len < 32 ? (unsigned)ret->name.len : 32);
	at = pass_attributes(ret, at, end);
	ret->end = at < end ? at + 1 : end;
	return at < end;
}

/* Text in which only this element's end tag counts: where that begins. */
static const uint8_t *pass_raw(const uint8_t *at, const uint8_t *end, struct hf_bytes name)
{
	for (;;) {
		const uint8_t *behind;

		at = find(at, end, "</");
		if (at == end || (size_t)(end - at) < 2 + name.len)
			return end;
		behind = at + 2 + name.len;
		if (hf_ascii_same((struct hf_bytes){ at + 2, name.len }, name) &&
		    (behind == end || hf_ascii_is_space(*behind) || *behind == '/' || *behind == '>'))
			return at;
		at += 2;
	}
}

static void take_out(struct trim *t, const uint8_t *from, const uint8_t *to)
{
	text_add_n(t->out, (const char *)t->kept, (size_t)(from - t->kept));
	t->kept = to;
	t->changed = true;
}

static void pop_to(struct trim *t, uint32_t depth)
{
	while (t->depth > depth)
		t->foreign -= t->is[t->open[--t->depth].tag] & IS_FOREIGN ? 1 : 0;
}

static void close_implied(struct trim *t, GumboTag tag)
{
	for (unsigned i = 0; i < ROWS; i++) {
		uint16_t bit = (uint16_t)(1u << i);
		uint32_t to = t->depth;

		if (!(t->on[tag] & bit))
			continue;
		for (uint32_t d = t->depth; d > 0 && !(t->within[t->open[d - 1].tag] & bit); d--)
			if (t->closes[t->open[d - 1].tag] & bit)
				to = d - 1;
		pop_to(t, to);
	}
}

static void take_start(struct trim *t, const struct tag *tag)
{
	if (!t->foreign)
		close_implied(t, tag->tag);
	if (t->is[tag->tag] & IS_VOID || (tag->closed && t->foreign))
		return;
	if (t->over || t->depth == t->nesting) {
		t->over++;
		t->flattened++;
		take_out(t, tag->begin, tag->end);
		return;
	}
	t->open[t->depth++] = (struct open){ tag->tag, tag->name };
	t->foreign += t->is[tag->tag] & IS_FOREIGN ? 1 : 0;
}

static void take_end(struct trim *t, const struct tag *tag)
{
	if (t->over) {
		t->over--;
		take_out(t, tag->begin, tag->end);
		return;
	}
	for (uint32_t d = t->depth; d > 0; d--) {
		const struct open *o = &t->open[d - 1];

		if (o->tag == tag->tag && (o->tag != GUMBO_TAG_UNKNOWN || hf_ascii_same(o->name, tag->name))) {
			pop_to(t, d - 1);
			return;
		}
	}
}

/*
 * Browsers that run scripts do not look into <noscript> (HTML 4.12.2). It goes: a parser that does look may put what it holds
 * anywhere else.
 */
static const uint8_t *pass_noscript(struct trim *t, const struct tag *tag)
{
	const uint8_t *end = pass_raw(tag->end, t->end, tag->name);

	end = find(end, t->end, ">");
	end += end < t->end;
	take_out(t, tag->begin, end);
	return end;
}

/* From its "<" on; returns where to go on. */
static const uint8_t *take_markup(struct trim *t, const uint8_t *at)
{
	struct tag tag;
	bool whole;

	if (t->end - at >= 2 && (at[1] == '!' || at[1] == '?'))
		return pass_markup(at, t->end);
	if (t->end - at >= 3 && at[1] == '/' && !hf_ascii_is_alpha(at[2]))
		return pass_markup(at, t->end);
	if (t->end - at < 3 || !hf_ascii_is_alpha(at[1] == '/' ? at[2] : at[1]))
		return at + 1;
	whole = take_tag(at, t->end, &tag);
	if (tag.excess && tag.tag != GUMBO_TAG_NOSCRIPT)
		take_out(t, tag.excess, whole ? tag.end - 1 : tag.end);
	if (!whole)
		return tag.end;
	if (tag.ends) {
		take_end(t, &tag);
		return tag.end;
	}
	if (t->is[tag.tag] & IS_RAW && !t->foreign)
		return pass_raw(tag.end, t->end, tag.name);
	if (tag.tag == GUMBO_TAG_NOSCRIPT && !t->foreign)
		return pass_noscript(t, &tag);
	if (tag.tag == GUMBO_TAG_PLAINTEXT && !t->foreign)
		return t->end;
	take_start(t, &tag);
	return tag.end;
}

bool html_trim(struct hf_bytes html, const struct html_limits *limits, struct text *ret, uint32_t *ret_flattened,
	       bool *ret_cut)
{
	struct trim t = { .end = html.at + html.len, .kept = html.at, .out = ret, .nesting = limits->nesting };
	const uint8_t *at = html.at;

	*ret_cut = false;
	fill_tables(&t);
	t.open = calloc(limits->nesting + 1u, sizeof(*t.open));
	ret->failed |= !t.open;
	while (t.open && at < t.end) {
		const uint8_t *from = at;

		at = *at == '<' ? take_markup(&t, at) : find(at, t.end, "<");
		if (++t.nodes > limits->nodes && at < t.end) {
			take_out(&t, at > t.kept ? at : t.kept, t.end);
			*ret_cut = true;
			break;
		}
		HF_ASSERT(at > from);
	}
	free(t.open);
	if (t.changed)
		text_add_n(ret, (const char *)t.kept, (size_t)(t.end - t.kept));
	*ret_flattened = t.flattened;
	return t.changed;
}
