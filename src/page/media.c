/* SPDX-License-Identifier: MIT */
#include "page/media.h"

#include "base/bits.h"
#include "page/css.h"

#include <stdio.h>

/*
 * Media queries (Media Queries Level 4, 3) for a screen of a certain size. What is not known is neither true nor false
 * (3.1): "not" leaves it so, and at the end it does not match.
 */
#define NESTING_MAX 16u

enum truth { NO, YES, UNKNOWN };

struct parser {
	struct css_reader in;
	struct css_token t; /* the one that is next; white space never is */
	struct media_view view;
	unsigned depth;
	bool bad;
};

static enum truth take_condition(struct parser *p, bool with_or);

static enum truth truth_of(bool b)
{
	return b ? YES : NO;
}

static enum truth not(enum truth t) { return t == UNKNOWN ? UNKNOWN : truth_of(t == NO); }

static enum truth both(enum truth a, enum truth b)
{
	if (a == NO || b == NO)
		return NO;
	return a == YES && b == YES ? YES : UNKNOWN;
}

static void step(struct parser *p)
{
	p->t = css_next_but_space(&p->in);
}

static bool is_sign(const struct parser *p, enum css_token_type type, char sign)
{
	return css_is_sign(&p->t, type, sign);
}

static bool unit_is(const struct css_token *t, const char *unit)
{
	return css_is(t, CSS_NUMBER, unit);
}

/* CSS Values Level 4, 6: what font-relative ones come to with the initial font. */
static bool length_of(const struct css_token *t, const struct media_view *v, double *ret)
{
	static const struct {
		const char *unit;
		double px;
	} rows[] = {
		{ "px", 1 },         { "em", 16 },        { "rem", 16 },       { "ex", 8 },
		{ "ch", 8 },         { "in", 96 },        { "cm", 96 / 2.54 }, { "mm", 96 / 25.4 },
		{ "q", 96 / 101.6 }, { "pt", 96 / 72.0 }, { "pc", 16 },
	};

	if (t->type != CSS_NUMBER)
		return false;
	*ret = t->number;
	if (t->value.len == 0)
		return t->number == 0;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (unit_is(t, rows[i].unit)) {
			*ret = t->number * rows[i].px;
			return true;
		}
	if (unit_is(t, "vw") || unit_is(t, "vi") || unit_is(t, "svw") || unit_is(t, "lvw") || unit_is(t, "dvw"))
		*ret = t->number * v->width / 100;
	else if (unit_is(t, "vh") || unit_is(t, "vb") || unit_is(t, "svh") || unit_is(t, "lvh") || unit_is(t, "dvh"))
		*ret = t->number * v->height / 100;
	else if (unit_is(t, "vmin"))
		*ret = t->number * (v->width < v->height ? v->width : v->height) / 100;
	else if (unit_is(t, "vmax"))
		*ret = t->number * (v->width > v->height ? v->width : v->height) / 100;
	else
		return false;
	return true;
}

static bool density_of(const struct css_token *t, double *ret)
{
	*ret = t->number;
	if (unit_is(t, "x") || unit_is(t, "dppx"))
		return true;
	if (unit_is(t, "dpi"))
		*ret /= 96;
	else if (unit_is(t, "dpcm"))
		*ret /= 96 / 2.54;
	else
		return false;
	return true;
}

/* ---- features ---- */

enum kind { LENGTH, DENSITY, RATIO, NUMBER, WORD };

struct feature {
	const char *name;
	enum kind kind;
	const char *word; /* the one that holds here */
};

static const struct feature features[] = {
	{ "width", LENGTH, NULL },
	{ "height", LENGTH, NULL },
	{ "device-width", LENGTH, NULL },
	{ "device-height", LENGTH, NULL },
	{ "aspect-ratio", RATIO, NULL },
	{ "device-aspect-ratio", RATIO, NULL },
	{ "resolution", DENSITY, NULL },
	{ "-webkit-device-pixel-ratio", NUMBER, NULL },
	{ "color", NUMBER, NULL },
	{ "monochrome", NUMBER, NULL },
	{ "grid", NUMBER, NULL },
	{ "orientation", WORD, NULL },
	{ "prefers-color-scheme", WORD, "light" },
	{ "prefers-reduced-motion", WORD, "no-preference" },
	{ "prefers-contrast", WORD, "no-preference" },
	{ "hover", WORD, "hover" },
	{ "any-hover", WORD, "hover" },
	{ "pointer", WORD, "fine" },
	{ "any-pointer", WORD, "fine" },
	{ "update", WORD, "fast" },
	{ "color-gamut", WORD, "srgb" },
	{ "display-mode", WORD, "browser" },
	{ "scripting", WORD, "enabled" }, /* as for <noscript>: a browser's choice */
};

static double value_of(const struct feature *f, const struct media_view *v)
{
	switch (f->kind) {
	case LENGTH:
		return strstr(f->name, "width") ? v->width : v->height;
	case RATIO:
		return v->width / v->height;
	case DENSITY:
		return v->density;
	default:
		if (strcmp(f->name, "color") == 0)
			return 8;
		return f->name[0] == '-' ? v->density : 0;
	}
}

/* min: -1 for "min-", 1 for "max-", which cuts off. */
static const struct feature *find_feature(const struct css_token *t, int *ret_min)
{
	static const struct {
		const char *prefix;
		int min;
	} forms[] = { { "", 0 }, { "min-", -1 }, { "max-", 1 } };
	static const char webkit[] = "-webkit-"; /* stands before "min-": "-webkit-min-device-pixel-ratio" */
	char want[48];

	if (t->type != CSS_IDENT)
		return NULL;
	for (size_t form = 0; form < HF_ARRAY_LEN(forms); form++)
		for (size_t i = 0; i < HF_ARRAY_LEN(features); i++) {
			const char *name = features[i].name;
			size_t n = name[0] == '-' ? sizeof(webkit) - 1 : 0;

			snprintf(want, sizeof(want), "%.*s%s%s", (int)n, webkit, forms[form].prefix, name + n);
			if (css_is(t, CSS_IDENT, want)) {
				*ret_min = forms[form].min;
				return &features[i];
			}
		}
	return NULL;
}

static bool take_value(struct parser *p, enum kind kind, double *ret)
{
	bool fine;

	switch (kind) {
	case LENGTH:
		fine = length_of(&p->t, &p->view, ret);
		break;
	case DENSITY:
		fine = p->t.type == CSS_NUMBER && density_of(&p->t, ret);
		break;
	default:
		fine = p->t.type == CSS_NUMBER && p->t.value.len == 0;
		*ret = p->t.number;
		break;
	}
	step(p);
	if (fine && kind == RATIO && is_sign(p, CSS_DELIM, '/')) {
		step(p);
		fine = p->t.type == CSS_NUMBER && p->t.number > 0;
		*ret = fine ? *ret / p->t.number : 0;
		step(p);
	}
	return fine;
}

/* <, <=, =, >=, >: -2, -1, 0, 1, 2; false: none of them. */
static bool take_comparison(struct parser *p, int *ret)
{
	if (is_sign(p, CSS_DELIM, '=')) {
		*ret = 0;
	} else if (is_sign(p, CSS_DELIM, '<') || is_sign(p, CSS_DELIM, '>')) {
		*ret = is_sign(p, CSS_DELIM, '<') ? -2 : 2;
		if (p->in.at < p->in.end && *p->in.at == '=') {
			*ret /= 2;
			step(p);
		}
	} else {
		return false;
	}
	step(p);
	return true;
}

static enum truth compare(double have, int how, double with)
{
	switch (how) {
	case -2:
		return truth_of(have < with);
	case -1:
		return truth_of(have <= with);
	case 1:
		return truth_of(have >= with);
	case 2:
		return truth_of(have > with);
	default:
		return truth_of(have == with);
	}
}

/* (width), (min-width: 10px), (width >= 10px), (orientation: landscape) */
static enum truth take_named(struct parser *p)
{
	int min = 0, how = 0;
	const struct feature *f = find_feature(&p->t, &min);
	const char *word = f ? f->word : NULL;
	double v = 0;

	step(p);
	if (!f)
		return UNKNOWN;
	if (f->kind == WORD && !word)
		word = p->view.height >= p->view.width ? "portrait" : "landscape";
	if (p->t.type == CSS_CLOSE || p->t.type == CSS_END)
		return f->kind == WORD ? truth_of(strcmp(word, "no-preference") != 0)
				       : truth_of(value_of(f, &p->view) != 0);
	if (p->t.type == CSS_COLON) {
		step(p);
		if (f->kind == WORD) {
			enum truth t = p->t.type == CSS_IDENT ? truth_of(css_is(&p->t, CSS_IDENT, word)) : UNKNOWN;

			step(p);
			return t;
		}
		how = -min; /* at least: >= */
	} else if (!take_comparison(p, &how) || f->kind == WORD) {
		return UNKNOWN;
	}
	if (!take_value(p, f->kind, &v))
		return UNKNOWN;
	return compare(value_of(f, &p->view), how, v);
}

/* (10px <= width), (10px <= width < 20px) */
static enum truth take_range(struct parser *p)
{
	struct parser ahead = *p;
	const struct feature *f;
	int min = 0, how = 0;
	double v = 0;
	enum truth t;

	while (ahead.t.type != CSS_IDENT && ahead.t.type != CSS_CLOSE && ahead.t.type != CSS_END)
		step(&ahead);
	f = find_feature(&ahead.t, &min);
	if (!f || min || f->kind == WORD || !take_value(p, f->kind, &v) || !take_comparison(p, &how))
		return UNKNOWN;
	t = compare(value_of(f, &p->view), -how, v);
	step(p);
	if (take_comparison(p, &how)) {
		if (!take_value(p, f->kind, &v))
			return UNKNOWN;
		t = both(t, compare(value_of(f, &p->view), how, v));
	}
	return t;
}

static void pass_to_close(struct parser *p)
{
	unsigned open = 1;

	for (; p->t.type != CSS_END; step(p)) {
		if (p->t.type == CSS_OPEN || p->t.type == CSS_FUNCTION)
			open++;
		else if (p->t.type == CSS_CLOSE && --open == 0) {
			step(p);
			return;
		}
	}
}

/* In brackets: a feature, or a condition. */
static enum truth take_in_parens(struct parser *p)
{
	enum truth t;

	if (p->t.type == CSS_FUNCTION) {
		step(p);
		pass_to_close(p);
		return UNKNOWN;
	}
	if (!is_sign(p, CSS_OPEN, '(') || p->depth == NESTING_MAX) {
		p->bad = true;
		return UNKNOWN;
	}
	step(p);
	p->depth++;
	if (is_sign(p, CSS_OPEN, '(') || css_is(&p->t, CSS_IDENT, "not"))
		t = take_condition(p, true);
	else if (p->t.type == CSS_IDENT)
		t = take_named(p);
	else
		t = take_range(p);
	p->depth--;
	if (p->t.type != CSS_CLOSE && p->t.type != CSS_END)
		t = UNKNOWN;
	pass_to_close(p);
	return t;
}

static enum truth take_condition(struct parser *p, bool with_or)
{
	enum truth t;
	bool ands;

	if (css_is(&p->t, CSS_IDENT, "not")) {
		step(p);
		return not(take_in_parens(p));
	}
	t = take_in_parens(p);
	ands = css_is(&p->t, CSS_IDENT, "and");
	if (!ands && !(with_or && css_is(&p->t, CSS_IDENT, "or")))
		return t;
	while (!p->bad && css_is(&p->t, CSS_IDENT, ands ? "and" : "or")) {
		enum truth more;

		step(p);
		more = take_in_parens(p);
		t = ands ? both(t, more) : not(both(not(t), not(more)));
	}
	return t;
}

/* One query up to its comma. */
static enum truth take_query(struct parser *p)
{
	bool negated = css_is(&p->t, CSS_IDENT, "not");
	struct parser ahead = *p;
	enum truth t;

	if (negated || css_is(&p->t, CSS_IDENT, "only"))
		step(&ahead);
	if (ahead.t.type != CSS_IDENT)
		return take_condition(p, true);
	*p = ahead;
	t = truth_of(css_is(&p->t, CSS_IDENT, "all") || css_is(&p->t, CSS_IDENT, "screen"));
	step(p);
	if (css_is(&p->t, CSS_IDENT, "and")) {
		step(p);
		t = both(t, take_condition(p, false));
	}
	return negated ? not(t) : t;
}

static struct parser parser_over(struct hf_bytes b, const struct media_view *v)
{
	struct parser p = { .in = css_reader_over(b), .view = media_view_of(v) };

	step(&p);
	return p;
}

bool media_matches(struct hf_bytes list, const struct media_view *v)
{
	struct parser p = parser_over(list, v);
	bool matches = p.t.type == CSS_END;

	while (p.t.type != CSS_END) {
		enum truth t;
		unsigned open = 0;

		p.bad = false;
		t = take_query(&p);
		if (p.bad || (p.t.type != CSS_COMMA && p.t.type != CSS_END))
			t = UNKNOWN;
		for (; p.t.type != CSS_END && (open || p.t.type != CSS_COMMA); step(&p))
			open += p.t.type == CSS_OPEN || p.t.type == CSS_FUNCTION ? 1
				: p.t.type == CSS_CLOSE && open                  ? -1u
										 : 0;
		if (p.t.type == CSS_COMMA)
			step(&p);
		matches |= t == YES;
	}
	return matches;
}

bool media_condition(struct hf_bytes condition, const struct media_view *v)
{
	struct parser p = parser_over(condition, v);
	enum truth t = take_condition(&p, true);

	return t == YES && !p.bad && p.t.type == CSS_END;
}

bool media_length(struct hf_bytes length, const struct media_view *v, double *ret)
{
	struct parser p = parser_over(length, v);

	if (!length_of(&p.t, &p.view, ret))
		return false;
	step(&p);
	return p.t.type == CSS_END;
}
