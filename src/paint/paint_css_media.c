/* SPDX-License-Identifier: MIT */
/*
 * Media queries (Media Queries 4) and @supports (CSS Conditional 3), which have one grammar of and, or, not and brackets. The medium is
 * a light screen of the view's size with a mouse. What is not known is false, and its negation too.
 */
#include <math.h>

#include "paint/paint_css_internal.h"

enum { CONDITIONS_DEEP = 32 };

enum truth { FALSE_, TRUE_, UNKNOWN };

typedef enum truth judge(const struct paint_css *c, struct span in);

struct condition {
	const struct paint_css *c;
	judge *judge;
	struct span s;
	unsigned deep;
};

static enum truth read_condition(struct condition *r);

static void skip_blanks(struct condition *r)
{
	r->s = span_trim(r->s);
}

static bool take_word(struct condition *r, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(r);
	if (!span_begins(r->s, word) || ((size_t)(r->s.end - r->s.at) > len && is_name(r->s.at[len])))
		return false;
	r->s.at += len;
	return true;
}

static enum truth turn(enum truth t)
{
	return t == UNKNOWN ? UNKNOWN : t == TRUE_ ? FALSE_ : TRUE_;
}

static enum truth read_brackets(struct condition *r)
{
	struct condition in = *r;
	const char *close;
	enum truth t;

	skip_blanks(r);
	if (++in.deep > CONDITIONS_DEEP || r->s.at == r->s.end)
		return UNKNOWN;
	if (*r->s.at != '(') {
		/* A function: selector(), or something to come. */
		while (r->s.at < r->s.end && is_name(*r->s.at))
			r->s.at++;
		if (r->s.at < r->s.end && *r->s.at == '(') {
			close = span_match(r->s);
			r->s.at = close < r->s.end ? close + 1 : close;
		} else {
			r->s.at = r->s.end;
		}
		return UNKNOWN;
	}
	close = span_match(r->s);
	in.s = span_trim((struct span){ r->s.at + 1, close });
	r->s.at = close < r->s.end ? close + 1 : close;
	if (in.s.at < in.s.end && (*in.s.at == '(' || (in.s.end - in.s.at > 4 && !g_ascii_strncasecmp(in.s.at, "not", 3) &&
						       (is_space(in.s.at[3]) || in.s.at[3] == '('))))
		t = read_condition(&in);
	else
		t = r->judge(r->c, in.s);
	return t;
}

static enum truth read_condition(struct condition *r)
{
	enum truth t, next;

	if (take_word(r, "not"))
		return turn(read_brackets(r));
	t = read_brackets(r);
	for (;;) {
		if (take_word(r, "and")) {
			next = read_brackets(r);
			t = t == FALSE_ || next == FALSE_ ? FALSE_ : t == TRUE_ && next == TRUE_ ? TRUE_ : UNKNOWN;
		} else if (take_word(r, "or")) {
			next = read_brackets(r);
			t = t == TRUE_ || next == TRUE_ ? TRUE_ : t == FALSE_ && next == FALSE_ ? FALSE_ : UNKNOWN;
		} else {
			skip_blanks(r);
			return r->s.at == r->s.end ? t : UNKNOWN;
		}
	}
}

/* ---- features of the medium ---- */

static const char *const words[][2] = {
	/* feature, what it is here; NULL in a boolean context is true unless it is none */
	{ "prefers-color-scheme", "light" },
	{ "prefers-reduced-motion", "no-preference" },
	{ "prefers-reduced-transparency", "no-preference" },
	{ "prefers-reduced-data", "no-preference" },
	{ "prefers-contrast", "no-preference" },
	{ "forced-colors", "none" },
	{ "inverted-colors", "none" },
	{ "hover", "hover" },
	{ "any-hover", "hover" },
	{ "pointer", "fine" },
	{ "any-pointer", "fine" },
	{ "update", "fast" },
	{ "scan", "progressive" },
	{ "scripting", "none" },
	{ "display-mode", "browser" },
	{ "overflow-block", "scroll" },
	{ "overflow-inline", "scroll" },
	{ "color-gamut", "srgb" },
	{ "dynamic-range", "standard" },
};

static bool number_of(const struct paint_css *c, struct span name, double *ret)
{
	const struct {
		const char *name;
		double value;
	} numbers[] = {
		{ "width", c->width },
		{ "height", c->height },
		{ "device-width", c->width },
		{ "device-height", c->height },
		{ "aspect-ratio", (double)c->width / c->height },
		{ "device-aspect-ratio", (double)c->width / c->height },
		{ "resolution", c->density },
		{ "-webkit-device-pixel-ratio", c->density },
		{ "color", 8 },
		{ "color-index", 0 },
		{ "monochrome", 0 },
		{ "grid", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		if (span_is(name, numbers[i].name)) {
			*ret = numbers[i].value;
			return true;
		}
	}
	return false;
}

/* A length, a ratio, a resolution or a number, in the unit that number_of() has. */
static bool read_measure(const struct paint_css *c, struct span s, double *ret)
{
	static const struct {
		const char *unit;
		double one;
	} resolutions[] = { { "dppx", 1 }, { "dpi", 1 / 96.0 }, { "dpcm", 2.54 / 96 }, { "x", 1 } };
	const char *slash = memchr(s.at, '/', (size_t)(s.end - s.at));
	char text[40], *end;
	size_t n;
	double value, under;

	s = span_trim(s);
	if (slash) {
		if (!css_pixels(c, (struct span){ s.at, slash }, &value) ||
		    !css_pixels(c, (struct span){ slash + 1, s.end }, &under) || under == 0)
			return false;
		*ret = value / under;
		return true;
	}
	if (css_pixels(c, s, ret))
		return true;
	n = MIN((size_t)(s.end - s.at), sizeof(text) - 1);
	memcpy(text, s.at, n);
	text[n] = 0;
	value = g_ascii_strtod(text, &end);
	for (size_t i = 0; i < G_N_ELEMENTS(resolutions); i++) {
		if (end > text && !g_ascii_strcasecmp(end, resolutions[i].unit)) {
			*ret = value * resolutions[i].one;
			return true;
		}
	}
	return false;
}

static enum truth compare(double a, const char *op, double b)
{
	const double near = 1e-6;

	if (op[0] == '<')
		return (op[1] == '=' ? a <= b + near : a < b - near) ? TRUE_ : FALSE_;
	if (op[0] == '>')
		return (op[1] == '=' ? a >= b - near : a > b + near) ? TRUE_ : FALSE_;
	return fabs(a - b) <= near ? TRUE_ : FALSE_;
}

/* width >= 40em, 20em < width <= 60em */
static enum truth judge_range(const struct paint_css *c, struct span in)
{
	struct span part[3];
	char op[2][3] = { "", "" };
	unsigned n = 0;
	double a, b, d;

	for (; n < 3; n++) {
		const char *stop = in.at;

		while (stop < in.end && !strchr("<>=", *stop))
			stop++;
		part[n] = span_trim((struct span){ in.at, stop });
		if (stop == in.end || n == 2)
			break;
		op[n][0] = *stop++;
		if (stop < in.end && *stop == '=')
			op[n][1] = *stop++;
		in.at = stop;
	}
	if (n == 1 && number_of(c, part[0], &a) && read_measure(c, part[1], &b))
		return compare(a, op[0], b);
	if (n == 1 && read_measure(c, part[0], &a) && number_of(c, part[1], &b))
		return compare(a, op[0], b);
	if (n == 2 && read_measure(c, part[0], &a) && number_of(c, part[1], &b) && read_measure(c, part[2], &d))
		return compare(a, op[0], b) == TRUE_ && compare(b, op[1], d) == TRUE_ ? TRUE_ : FALSE_;
	return UNKNOWN;
}

static enum truth judge_feature(const struct paint_css *c, struct span in)
{
	const char *colon = memchr(in.at, ':', (size_t)(in.end - in.at)), *op = "=";
	struct span name = span_trim((struct span){ in.at, colon ? colon : in.end });
	struct span value = span_trim((struct span){ colon ? colon + 1 : in.end, in.end });
	double have, want;

	if (!colon) {
		for (const char *p = in.at; p < in.end; p++)
			if (strchr("<>=", *p))
				return judge_range(c, in);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (span_is(name, words[i][0])) {
			if (!colon)
				return strcmp(words[i][1], "none") != 0 && strcmp(words[i][1], "no-preference") != 0
					       ? TRUE_
					       : FALSE_;
			return span_is(value, words[i][1]) ? TRUE_ : FALSE_;
		}
	}
	if (span_is(name, "orientation"))
		return span_is(value, c->width > c->height ? "landscape" : "portrait") ? TRUE_ : FALSE_;
	if (name.end - name.at > 4 && colon) {
		/* -webkit-min-device-pixel-ratio has it in the middle. */
		if (span_is(name, "-webkit-min-device-pixel-ratio") || span_is(name, "min--moz-device-pixel-ratio"))
			return read_measure(c, value, &want) ? compare(c->density, ">=", want) : UNKNOWN;
		if (span_is(name, "-webkit-max-device-pixel-ratio"))
			return read_measure(c, value, &want) ? compare(c->density, "<=", want) : UNKNOWN;
		if (span_begins(name, "min-") || span_begins(name, "max-")) {
			op = g_ascii_tolower(name.at[1]) == 'i' ? ">=" : "<=";
			name.at += 4;
		}
	}
	if (!number_of(c, name, &have))
		return UNKNOWN;
	if (!colon)
		return have != 0 ? TRUE_ : FALSE_;
	return read_measure(c, value, &want) ? compare(have, op, want) : UNKNOWN;
}

static bool judge_query(const struct paint_css *c, struct span s)
{
	struct condition r = { .c = c, .judge = judge_feature, .s = span_trim(s) };
	bool not_ = false, type_holds;
	struct span type;
	enum truth t;

	if (r.s.at == r.s.end)
		return true;
	if (*r.s.at == '(')
		return read_condition(&r) == TRUE_;
	if (take_word(&r, "not")) {
		skip_blanks(&r);
		if (r.s.at < r.s.end && *r.s.at == '(')
			return turn(read_brackets(&r)) == TRUE_ && r.s.at == r.s.end;
		not_ = true;
	} else {
		take_word(&r, "only");
	}
	skip_blanks(&r);
	type.at = r.s.at;
	while (r.s.at < r.s.end && is_name(*r.s.at))
		r.s.at++;
	type.end = r.s.at;
	type_holds = span_is(type, "screen") || span_is(type, "all");
	skip_blanks(&r);
	t = type_holds ? TRUE_ : FALSE_;
	if (r.s.at < r.s.end) {
		if (!take_word(&r, "and"))
			return false;
		if (t == TRUE_)
			t = read_condition(&r);
	}
	return (not_ ? turn(t) : t) == TRUE_;
}

bool paint_css_media(const struct paint_css *c, const char *query)
{
	struct span s = span_trim(span_of(query)), one;

	if (s.at == s.end)
		return true;
	while (span_next(&s, ",", &one))
		if (one.at < one.end && judge_query(c, one))
			return true;
	return false;
}

/* ---- @supports ---- */

/* Who asks for a grid shall get what is meant for those without. */
static enum truth judge_declaration(const struct paint_css *c, struct span in)
{
	const char *colon = memchr(in.at, ':', (size_t)(in.end - in.at));
	struct span name = span_trim((struct span){ in.at, colon ? colon : in.at });
	struct span value = span_trim((struct span){ colon ? colon + 1 : in.end, in.end });
	static const char *const never[] = { "grid",      "flex",         "mask",      "backdrop", "filter",
					     "clip-path", "shape",        "animation", "scroll",   "container",
					     "subgrid",   "aspect-ratio", "gap" };

	(void)c;
	if (!colon)
		return UNKNOWN;
	for (size_t i = 0; i < G_N_ELEMENTS(never); i++) {
		size_t len = strlen(never[i]);

		if (memmem(name.at, (size_t)(name.end - name.at), never[i], len) ||
		    memmem(value.at, (size_t)(value.end - value.at), never[i], len))
			return FALSE_;
	}
	return TRUE_;
}

bool css_supports(struct span s)
{
	struct condition r = { .judge = judge_declaration, .s = span_trim(s) };

	return read_condition(&r) == TRUE_;
}
