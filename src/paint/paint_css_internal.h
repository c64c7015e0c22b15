/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_CSS_INTERNAL_H
#define HF_PAINT_CSS_INTERNAL_H

#include <glib.h>

#include "paint/paint_css.h"

struct paint_css {
	struct paint_store *store;
	unsigned width, height;
	double density;
	GHashTable *vars; /* custom properties of the root */
	size_t left;      /* octets of output that may still be made */
};

/* A part of a sheet without comments. */
struct span {
	const char *at, *end;
};

static inline struct span span_of(const char *s)
{
	return (struct span){ s, s + strlen(s) };
}

/* To be g_free()d. */
static inline char *span_dup(struct span s)
{
	return g_strndup(s.at, (gsize)(s.end - s.at));
}

static inline bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static inline bool is_name(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

struct span span_trim(struct span s);
/* ASCII case does not count. */
bool span_is(struct span s, const char *word);
bool span_begins(struct span s, const char *with);
/* The first of these characters that is in no string, bracket or url(); s.end: none. */
const char *span_find(struct span s, const char *any);
/* Takes the part before the next of these characters, and that one, off the front of a list: trimmed. false: the list is empty. */
bool span_next(struct span *list, const char *any, struct span *ret);
/* s.at is an opening bracket: where its closing one is; s.end: nowhere. */
const char *span_match(struct span s);

/* One value, rewritten into out; false: it cannot be had without a layout, or at all. locals: of the rule, may be NULL. */
bool css_value(struct paint_css *c, const char *property, struct span value, GHashTable *locals, const char *base,
	       GString *out);
/* A length of one unit (em is a unit, px too), worked out of a sum. false: it has several. */
bool css_calc(const struct paint_css *c, struct span sum, GString *out);
/* A length in pixels where that is known without a font or a box: for media queries. */
bool css_pixels(const struct paint_css *c, struct span length, double *ret);
bool css_supports(struct span condition);

#endif
