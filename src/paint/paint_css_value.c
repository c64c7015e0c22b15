/* SPDX-License-Identifier: MIT */
/*
 * Values of declarations, token by token (CSS Values 4): what litehtml reads goes through as it is, var() and calc() and colours are
 * worked out, url() gets a name in the store. A value that has anything that cannot be had makes its declaration none.
 */
#include <math.h>

#include "paint/paint_css_internal.h"

enum { VARS_DEEP = 16, SUM_DEEP = 32, VALUE_MOST = 65536, ROOT_FONT = 16 };

struct making {
	struct paint_css *c;
	const char *base;
	GHashTable *locals;
	unsigned deep;
};

static bool make_value(struct making *m, struct span s, GString *out);

/* ---- sums ---- */

enum { UNIT_NUMBER, UNIT_PX, UNIT_PERCENT, UNIT_EM, UNITS };

static const char *const unit_names[UNITS] = { "", "px", "%", "em" };

struct sum {
	double of[UNITS];
};

struct reader {
	const struct paint_css *c;
	struct span s;
	unsigned deep;
	bool bad;
};

static struct sum read_sum(struct reader *r);

static void skip_blanks(struct reader *r)
{
	while (r->s.at < r->s.end && is_space(*r->s.at))
		r->s.at++;
}

/* A number with its unit; what is known to be so many pixels is pixels. */
static struct sum read_number(struct reader *r)
{
	static const struct {
		const char *unit;
		int as;
		double factor;
	} units[] = {
		{ "", UNIT_NUMBER, 1 },
		{ "px", UNIT_PX, 1 },
		{ "%", UNIT_PERCENT, 1 },
		{ "em", UNIT_EM, 1 },
		{ "ex", UNIT_EM, 0.5 },
		{ "ch", UNIT_EM, 0.5 },
		{ "rem", UNIT_PX, ROOT_FONT },
		{ "pt", UNIT_PX, 96.0 / 72 },
		{ "pc", UNIT_PX, 16 },
		{ "in", UNIT_PX, 96 },
		{ "cm", UNIT_PX, 96 / 2.54 },
		{ "mm", UNIT_PX, 9.6 / 2.54 },
		{ "q", UNIT_PX, 2.4 / 2.54 },
		{ "lh", UNIT_EM, 1.2 },
		{ "rlh", UNIT_PX, ROOT_FONT * 1.2 },
		{ "fr", -1, 1 },
	};
	struct sum sum = { { 0 } };
	char text[64], *end;
	size_t n = MIN((size_t)(r->s.end - r->s.at), sizeof(text) - 1), len = 0;
	double value;

	memcpy(text, r->s.at, n);
	text[n] = 0;
	value = g_ascii_strtod(text, &end);
	if (end == text || !isfinite(value) || g_ascii_isalpha(text[0])) {
		r->bad = true;
		return sum;
	}
	while (g_ascii_isalpha(end[len]))
		len++;
	len += !len && *end == '%';
	r->s.at += end + len - text;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strlen(units[i].unit) == len && !g_ascii_strncasecmp(units[i].unit, end, len) && units[i].as >= 0) {
			sum.of[units[i].as] = value * units[i].factor;
			return sum;
		}
	}
	/* vw, svh, dvmin: hundredths of the window. */
	if (len >= 2 && len <= 5) {
		const char *unit = len > 2 && strchr("sldSLD", *end) ? end + 1 : end;
		size_t rest = len - (size_t)(unit - end);
		double w = r->c->width, h = r->c->height, of = -1;

		if (rest == 2 && (!g_ascii_strncasecmp(unit, "vw", 2) || !g_ascii_strncasecmp(unit, "vi", 2)))
			of = w;
		else if (rest == 2 && (!g_ascii_strncasecmp(unit, "vh", 2) || !g_ascii_strncasecmp(unit, "vb", 2)))
			of = h;
		else if (rest == 4 && !g_ascii_strncasecmp(unit, "vmin", 4))
			of = MIN(w, h);
		else if (rest == 4 && !g_ascii_strncasecmp(unit, "vmax", 4))
			of = MAX(w, h);
		if (of >= 0) {
			sum.of[UNIT_PX] = value * of / 100;
			return sum;
		}
	}
	r->bad = true;
	return sum;
}

/* -1: several units, UNITS: nought, which is of any. */
static int unit_of(const struct sum *s)
{
	int unit = UNITS;

	for (int i = 0; i < UNITS; i++) {
		if (s->of[i] != 0)
			unit = unit == UNITS ? i : -1;
		if (unit < 0)
			return -1;
	}
	return unit;
}

static bool can_compare(const struct sum *a, const struct sum *b, int *ret_unit)
{
	int x = unit_of(a), y = unit_of(b);

	*ret_unit = x == UNITS ? y : x;
	return x >= 0 && y >= 0 && (x == y || x == UNITS || y == UNITS);
}

/* min(), max() and clamp() of what has one unit. */
static struct sum read_choice(struct reader *r, const char *name)
{
	struct sum best = { { 0 } }, next, all[3] = { { { 0 } } };
	unsigned n = 0;
	int unit;

	for (;;) {
		next = read_sum(r);
		if (r->bad)
			return best;
		if (n < 3)
			all[n] = next;
		if (!n) {
			best = next;
		} else if (*name != 'c') {
			if (!can_compare(&best, &next, &unit)) {
				r->bad = true;
				return best;
			}
			if (unit < UNITS && (*name == 'm' && name[1] == 'i' ? next.of[unit] < best.of[unit]
									    : next.of[unit] > best.of[unit]))
				best = next;
		}
		n++;
		skip_blanks(r);
		if (r->s.at == r->s.end || *r->s.at != ',')
			break;
		r->s.at++;
	}
	if (*name == 'c') {
		if (n != 3 || !can_compare(&all[0], &all[1], &unit) || !can_compare(&all[1], &all[2], &unit)) {
			r->bad = true;
			return best;
		}
		best = all[1];
		if (unit < UNITS && best.of[unit] > all[2].of[unit])
			best = all[2];
		if (unit < UNITS && best.of[unit] < all[0].of[unit])
			best = all[0];
	}
	return best;
}

static struct sum read_value(struct reader *r)
{
	static const char *const functions[] = { "", "calc", "-webkit-calc", "-moz-calc", "min", "max", "clamp" };
	struct sum sum = { { 0 } };

	skip_blanks(r);
	if (r->s.at == r->s.end || ++r->deep > SUM_DEEP) {
		r->bad = true;
		return sum;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
		size_t len = strlen(functions[i]);

		if ((size_t)(r->s.end - r->s.at) <= len || r->s.at[len] != '(' ||
		    g_ascii_strncasecmp(r->s.at, functions[i], len))
			continue;
		r->s.at += len + 1;
		sum = i < 4 ? read_sum(r) : read_choice(r, functions[i]);
		skip_blanks(r);
		if (r->s.at == r->s.end || *r->s.at != ')')
			r->bad = true;
		else
			r->s.at++;
		r->deep--;
		return sum;
	}
	r->deep--;
	return read_number(r);
}

static struct sum read_product(struct reader *r)
{
	struct sum left = read_value(r), right;

	for (;;) {
		char op;
		int unit;

		skip_blanks(r);
		if (r->bad || r->s.at == r->s.end || (*r->s.at != '*' && *r->s.at != '/'))
			return left;
		op = *r->s.at++;
		right = read_value(r);
		unit = unit_of(&right);
		if (op == '*' && unit != UNIT_NUMBER && unit != UNITS) {
			struct sum swap = left;

			left = right;
			right = swap;
			unit = unit_of(&right);
		}
		if ((unit != UNIT_NUMBER && unit != UNITS) || (op == '/' && right.of[UNIT_NUMBER] == 0)) {
			r->bad = true;
			return left;
		}
		for (int i = 0; i < UNITS; i++)
			left.of[i] = op == '*' ? left.of[i] * right.of[UNIT_NUMBER] : left.of[i] / right.of[UNIT_NUMBER];
	}
}

static struct sum read_sum(struct reader *r)
{
	struct sum left = read_product(r), right;

	for (;;) {
		double sign;

		skip_blanks(r);
		if (r->bad || r->s.at == r->s.end || (*r->s.at != '+' && *r->s.at != '-'))
			return left;
		sign = *r->s.at++ == '+' ? 1 : -1;
		right = read_product(r);
		for (int i = 0; i < UNITS; i++)
			left.of[i] += sign * right.of[i];
	}
}

static void put_number(GString *out, double value, const char *unit)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_string_append(out, g_ascii_formatd(text, sizeof(text), "%.4f", value));
	/* Not "12.5000". */
	while (out->str[out->len - 1] == '0')
		g_string_truncate(out, out->len - 1);
	if (out->str[out->len - 1] == '.')
		g_string_truncate(out, out->len - 1);
	g_string_append(out, unit);
}

bool css_calc(const struct paint_css *c, struct span s, GString *out)
{
	struct reader r = { .c = c, .s = s };
	struct sum sum = read_sum(&r);
	int unit = unit_of(&sum);

	skip_blanks(&r);
	if (r.bad || r.s.at != r.s.end || unit < 0 || fabs(sum.of[unit < UNITS ? unit : 0]) > 1e7)
		return false;
	if (unit == UNITS)
		g_string_append_c(out, '0');
	else
		put_number(out, sum.of[unit], unit_names[unit]);
	return true;
}

bool css_pixels(const struct paint_css *c, struct span s, double *ret)
{
	struct reader r = { .c = c, .s = span_trim(s) };
	struct sum sum = read_sum(&r);
	int unit = unit_of(&sum);

	if (r.bad || r.s.at != r.s.end || unit < 0 || unit == UNIT_PERCENT)
		return false;
	*ret = unit == UNITS ? 0 : sum.of[unit] * (unit == UNIT_EM ? ROOT_FONT : 1);
	return true;
}

/* ---- colours ---- */

static double channel(double p, double q, double t)
{
	t -= floor(t);
	return t < 1.0 / 6 ? p + (q - p) * 6 * t : t < 0.5 ? q : t < 2.0 / 3 ? p + (q - p) * (2.0 / 3 - t) * 6 : p;
}

static void put_colour(GString *out, const double rgb[3], double alpha)
{
	int of[3];

	for (int i = 0; i < 3; i++)
		of[i] = (int)lround(CLAMP(rgb[i], 0.0, 255.0));
	if (alpha >= 1) {
		g_string_append_printf(out, "#%02x%02x%02x", (unsigned)of[0], (unsigned)of[1], (unsigned)of[2]);
	} else if (alpha < 0.002) {
		g_string_append(out, "transparent");
	} else {
		g_string_append_printf(out, "rgba(%d,%d,%d,", of[0], of[1], of[2]);
		put_number(out, alpha, "");
		g_string_append_c(out, ')');
	}
}

/* rgb(), hsl(), with commas or without, with alpha or without. */
static bool make_colour(bool hsl, struct span s, GString *out)
{
	double of[4] = { 0, 0, 0, 1 }, rgb[3];
	char *text = span_dup(s), *p = text, *end;
	unsigned n = 0;

	for (; n < 4; n++) {
		p += strspn(p, " \t\n\r\f,/");
		if (!*p)
			break;
		of[n] = g_ascii_strtod(p, &end);
		if (end == p && g_ascii_strncasecmp(p, "none", 4))
			break;
		if (end == p)
			end += 4;
		if (*end == '%') {
			of[n] *= n == 3 ? 0.01 : hsl ? 1 : 2.55;
			end++;
		} else if (!g_ascii_strncasecmp(end, "deg", 3)) {
			end += 3;
		} else if (!g_ascii_strncasecmp(end, "turn", 4)) {
			of[n] *= 360;
			end += 4;
		}
		p = end;
	}
	p += strspn(p, " \t\n\r\f");
	end = p;
	n = *end ? 0 : n;
	g_free(text);
	if (n < 3 || !isfinite(of[0]) || !isfinite(of[1]) || !isfinite(of[2]))
		return false;
	memcpy(rgb, of, sizeof(rgb));
	if (hsl) {
		double h = of[0] / 360, sat = CLAMP(of[1] / 100, 0.0, 1.0), l = CLAMP(of[2] / 100, 0.0, 1.0);
		double q = l < 0.5 ? l * (1 + sat) : l + sat - l * sat, p2 = 2 * l - q;

		for (int i = 0; i < 3; i++)
			rgb[i] = 255 * channel(p2, q, h + (1 - i) / 3.0);
	}
	put_colour(out, rgb, of[3]);
	return true;
}

/* #rgba and #rrggbbaa: litehtml knows them without alpha only. */
static bool make_hex(struct span s, GString *out)
{
	size_t len = (size_t)(s.end - s.at);
	unsigned digit[8];
	double rgb[3];

	if (len != 5 && len != 9) {
		g_string_append_len(out, s.at, (gssize)len);
		return true;
	}
	for (size_t i = 0; i < len - 1; i++) {
		if (!g_ascii_isxdigit(s.at[i + 1]))
			return false;
		digit[i] = (unsigned)g_ascii_xdigit_value(s.at[i + 1]);
	}
	for (int i = 0; i < 3; i++)
		rgb[i] = len == 5 ? digit[i] * 17 : digit[2 * i] * 16 + digit[2 * i + 1];
	put_colour(out, rgb, (len == 5 ? digit[3] * 17 : digit[6] * 16 + digit[7]) / 255.0);
	return true;
}

/* A gradient is shown as its first colour that is one. */
static bool make_gradient(struct making *m, struct span s, GString *out)
{
	struct span one;

	while (span_next(&s, ",", &one)) {
		struct span first = { one.at, span_find(one, " \t\n") };
		char *word = span_dup(first);
		bool colour = *word == '#' || g_str_has_prefix(word, "rgb") || g_str_has_prefix(word, "hsl") ||
			      g_str_has_prefix(word, "var(");

		if (!colour && g_ascii_isalpha(*word))
			colour = g_ascii_strcasecmp(word, "to") && g_ascii_strcasecmp(word, "from") &&
				 !strchr(word, '(') && g_ascii_strcasecmp(word, "circle") &&
				 g_ascii_strcasecmp(word, "ellipse") && g_ascii_strcasecmp(word, "at") &&
				 g_ascii_strcasecmp(word, "in") && !strstr(word, "-side") && !strstr(word, "-corner");
		g_free(word);
		if (colour)
			return make_value(m, first, out);
	}
	return false;
}

/* ---- functions ---- */

static bool make_url(struct making *m, struct span s, GString *out)
{
	struct span in = span_trim(s);
	char *url, *absolute;

	if (in.end - in.at >= 2 && (*in.at == '"' || *in.at == '\'') && in.end[-1] == *in.at)
		in = (struct span){ in.at + 1, in.end - 1 };
	url = span_dup(in);
	absolute = *url ? paint_resolve(url, m->base) : NULL;
	g_free(url);
	if (!absolute)
		return false;
	g_string_append_printf(out, "url(%s)", paint_store_name(m->c->store, absolute));
	g_free(absolute);
	return true;
}

static bool make_var(struct making *m, struct span s, GString *out)
{
	const char *comma = span_find(s, ","), *value = NULL;
	struct span name = span_trim((struct span){ s.at, comma });
	char *key = span_dup(name);
	bool ok = false;

	if (m->locals)
		value = g_hash_table_lookup(m->locals, key);
	if (!value)
		value = g_hash_table_lookup(m->c->vars, key);
	g_free(key);
	if (m->deep >= VARS_DEEP)
		return false;
	m->deep++;
	if (value)
		ok = make_value(m, span_trim(span_of(value)), out);
	else if (comma < s.end)
		ok = make_value(m, span_trim((struct span){ comma + 1, s.end }), out);
	m->deep--;
	return ok;
}

static bool make_function(struct making *m, struct span name, struct span in, GString *out)
{
	GString *made;
	bool ok;

	if (span_is(name, "url"))
		return make_url(m, in, out);
	if (span_is(name, "var"))
		return make_var(m, in, out);
	if (memmem(name.at, (size_t)(name.end - name.at), "gradient", 8))
		return make_gradient(m, in, out);
	if (span_is(name, "env")) {
		const char *comma = span_find(in, ",");

		if (comma < in.end)
			return make_value(m, span_trim((struct span){ comma + 1, in.end }), out);
		g_string_append_c(out, '0');
		return true;
	}
	if (span_is(name, "counter") || span_is(name, "counters") || span_is(name, "color-mix") ||
	    span_is(name, "image-set") || span_is(name, "-webkit-image-set") || span_is(name, "light-dark")) {
		const char *comma = span_find(in, ",");

		/* The light one of two. */
		return span_is(name, "light-dark") && make_value(m, span_trim((struct span){ in.at, comma }), out);
	}
	made = g_string_new(NULL);
	ok = ++m->deep < VARS_DEEP * 2 && make_value(m, in, made);
	m->deep--;
	if (ok && (span_is(name, "rgb") || span_is(name, "rgba") || span_is(name, "hsl") || span_is(name, "hsla"))) {
		ok = make_colour(*name.at == 'h' || *name.at == 'H', span_of(made->str), out);
	} else if (ok && (span_is(name, "calc") || span_is(name, "min") || span_is(name, "max") ||
			  span_is(name, "clamp") || span_is(name, "-webkit-calc") || span_is(name, "-moz-calc"))) {
		char *whole = g_strdup_printf("%.*s(%s)", (int)(name.end - name.at), name.at, made->str);

		ok = css_calc(m->c, span_of(whole), out);
		g_free(whole);
	} else if (ok) {
		g_string_append_printf(out, "%.*s(%s)", (int)(name.end - name.at), name.at, made->str);
	}
	g_string_free(made, TRUE);
	return ok;
}

/* Units that litehtml does not have. */
static const char *make_length(struct making *m, const char *p, const char *end, GString *out)
{
	const char *q = p, *unit;
	struct span one;

	while (q < end && (g_ascii_isdigit(*q) || *q == '.' || ((*q == '-' || *q == '+') && q == p)))
		q++;
	for (unit = q; q < end && g_ascii_isalpha(*q); q++)
		;
	one = (struct span){ unit, q };
	if (span_is(one, "ch") || span_is(one, "ex") || span_is(one, "q") || span_is(one, "lh") ||
	    span_is(one, "rlh") || q - unit >= 3) {
		if (!span_is(one, "rem") && !span_is(one, "deg") && css_calc(m->c, (struct span){ p, q }, out))
			return q;
	}
	g_string_append_len(out, p, q - p);
	return q;
}

static bool make_value(struct making *m, struct span s, GString *out)
{
	const char *p = s.at;

	while (p < s.end) {
		const char *q = p;

		if (out->len > VALUE_MOST)
			return false;
		if (*p == '"' || *p == '\'') {
			for (q++; q < s.end && *q != *p; q++)
				q += *q == '\\' && q + 1 < s.end;
			q = q < s.end ? q + 1 : q;
			g_string_append_len(out, p, q - p);
			p = q;
		} else if (*p == '#') {
			for (q++; q < s.end && is_name(*q); q++)
				;
			if (!make_hex((struct span){ p, q }, out))
				return false;
			p = q;
		} else if (g_ascii_isdigit(*p) || ((*p == '.' || *p == '-' || *p == '+') && p + 1 < s.end &&
						   (g_ascii_isdigit(p[1]) || p[1] == '.'))) {
			p = make_length(m, p, s.end, out);
		} else if (is_name(*p) || *p == '\\') {
			while (q < s.end && (is_name(*q) || *q == '\\'))
				q += *q == '\\' && q + 1 < s.end ? 2 : 1;
			if (q < s.end && *q == '(') {
				struct span in = { q + 1, span_match((struct span){ q, s.end }) };
				struct span name = { p, q };

				/* A bare URL may have brackets of its own kind only behind a backslash. */
				if (span_is(name, "url") && span_trim(in).at < in.end && *span_trim(in).at != '"' &&
				    *span_trim(in).at != '\'') {
					const char *close = memchr(q, ')', (size_t)(s.end - q));

					in.end = close ? close : s.end;
				}
				if (!make_function(m, name, in, out))
					return false;
				p = in.end < s.end ? in.end + 1 : in.end;
			} else {
				g_string_append_len(out, p, q - p);
				p = q;
			}
		} else if (is_space(*p)) {
			g_string_append_c(out, ' ');
			while (p < s.end && is_space(*p))
				p++;
		} else {
			/* No value has these, and litehtml would end the rule or the declaration at them. */
			if (strchr("{};", *p))
				return false;
			g_string_append_c(out, *p++);
		}
	}
	return true;
}

/* Of several layers litehtml draws one: the last has the colour. */
static struct span choose_layer(const char *property, struct span value)
{
	if (strcmp(property, "background") != 0 && strcmp(property, "background-image") != 0)
		return value;
	for (;;) {
		const char *comma = span_find(value, ",");

		if (comma == value.end)
			return span_trim(value);
		if (!strcmp(property, "background-image"))
			return span_trim((struct span){ value.at, comma });
		value.at = comma + 1;
	}
}

bool css_value(struct paint_css *c, const char *property, struct span value, GHashTable *locals, const char *base,
	       GString *out)
{
	struct making m = { .c = c, .base = base, .locals = locals };

	if (!make_value(&m, choose_layer(property, value), out))
		return false;
	/* A gradient has become a colour. */
	if (!strcmp(property, "background-image") && out->len && !strstr(out->str, "url(") && strcmp(out->str, "none") != 0)
		return false;
	return true;
}
