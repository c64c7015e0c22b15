/* SPDX-License-Identifier: MIT */
/*
 * A sheet is walked once, rule by rule (CSS Syntax 3, 5.4): at-rules are decided, selectors sorted out, declarations rewritten. What comes
 * out has no comments, no at-rules and no custom properties. Depth, number of imports and size of the result are bounded.
 */
#include "paint/paint_css_internal.h"

enum {
	IMPORTS_DEEP = 8,
	BLOCKS_DEEP = 16,
	SELECTORS_MOST = 2000,  /* of one rule */
	WORK_MOST = 64,         /* selectors that one with :is() becomes, those that are not known too */
	OUTPUT_MOST = 32 << 20, /* octets, of all sheets of a document */
	VARS_MOST = 20000,
};

struct walk {
	struct paint_css *c;
	const char *base;
	GString *out; /* NULL: only learning */
	unsigned imports, blocks;
};

static void walk_rules(struct walk *w, struct span s);

struct paint_css *paint_css_make(struct paint_store *store, unsigned width, unsigned height, double density)
{
	struct paint_css *c = g_new0(struct paint_css, 1);

	*c = (struct paint_css){ .store = store, .width = width, .height = height, .density = density, .left = OUTPUT_MOST };
	c->vars = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return c;
}

void paint_css_free(struct paint_css *c)
{
	if (!c)
		return;
	g_hash_table_unref(c->vars);
	g_free(c);
}

/* ---- spans ---- */

struct span span_trim(struct span s)
{
	while (s.at < s.end && is_space(*s.at))
		s.at++;
	while (s.at < s.end && is_space(s.end[-1]))
		s.end--;
	return s;
}

bool span_is(struct span s, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(s.end - s.at) == len && !g_ascii_strncasecmp(s.at, word, len);
}

bool span_begins(struct span s, const char *with)
{
	size_t len = strlen(with);

	return (size_t)(s.end - s.at) >= len && !g_ascii_strncasecmp(s.at, with, len);
}

static const char *skip_string(const char *p, const char *end)
{
	char quote = *p++;

	while (p < end && *p != quote && *p != '\n')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p < end ? p + 1 : end;
}

const char *span_find(struct span s, const char *any)
{
	unsigned deep = 0;

	for (const char *p = s.at; p < s.end;) {
		if (!deep && *p && strchr(any, *p))
			return p;
		if (*p == '"' || *p == '\'') {
			p = skip_string(p, s.end);
			continue;
		}
		if (*p == '\\' && p + 1 < s.end) {
			p += 2;
			continue;
		}
		/* A bare URL has what it likes between its brackets. */
		if ((*p == 'u' || *p == 'U') && s.end - p > 4 && !g_ascii_strncasecmp(p, "url(", 4)) {
			const char *q = p + 4;

			while (q < s.end && is_space(*q))
				q++;
			if (q < s.end && *q != '"' && *q != '\'') {
				while (q < s.end && *q != ')')
					q += *q == '\\' && q + 1 < s.end ? 2 : 1;
				p = q < s.end ? q + 1 : s.end;
				continue;
			}
		}
		if (*p == '(' || *p == '[' || *p == '{')
			deep++;
		else if (deep && (*p == ')' || *p == ']' || *p == '}'))
			deep--;
		p++;
	}
	return s.end;
}

bool span_next(struct span *list, const char *any, struct span *ret)
{
	const char *stop;

	if (list->at >= list->end)
		return false;
	stop = span_find(*list, any);
	*ret = span_trim((struct span){ list->at, stop });
	list->at = stop < list->end ? stop + 1 : stop;
	return true;
}

const char *span_match(struct span s)
{
	char close[2] = { *s.at == '(' ? ')' : *s.at == '[' ? ']' : '}', 0 };

	s.at++;
	return span_find(s, close);
}

/* Comments are between any two tokens, so each becomes a blank; a zero octet too. */
static char *strip(struct hf_bytes css, size_t *ret_len)
{
	char *to = g_malloc0(css.len + 1), *out = to;
	const char *p = css.len ? (const char *)css.at : "", *end = p + css.len;

	if (css.len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		p += 3;
	while (p < end) {
		if (*p == '/' && p + 1 < end && p[1] == '*') {
			const char *close = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);

			p = close ? close + 2 : end;
			*out++ = ' ';
		} else if (*p == '"' || *p == '\'') {
			const char *stop = skip_string(p, end);

			memcpy(out, p, (size_t)(stop - p));
			out += stop - p;
			p = stop;
		} else {
			*out++ = *p ? *p : ' ';
			p++;
		}
	}
	*out = 0;
	*ret_len = (size_t)(out - to);
	return to;
}

/* ---- declarations ---- */

/* One name for several, a new name for an old one: {new, old, old}. The second old one takes the second value, where there are two. */
static const char *const renamed[][3] = {
	{ "margin-inline-start", "margin-left" },
	{ "margin-inline-end", "margin-right" },
	{ "margin-block-start", "margin-top" },
	{ "margin-block-end", "margin-bottom" },
	{ "margin-inline", "margin-left", "margin-right" },
	{ "margin-block", "margin-top", "margin-bottom" },
	{ "padding-inline-start", "padding-left" },
	{ "padding-inline-end", "padding-right" },
	{ "padding-block-start", "padding-top" },
	{ "padding-block-end", "padding-bottom" },
	{ "padding-inline", "padding-left", "padding-right" },
	{ "padding-block", "padding-top", "padding-bottom" },
	{ "border-inline-start", "border-left" },
	{ "border-inline-end", "border-right" },
	{ "border-block-start", "border-top" },
	{ "border-block-end", "border-bottom" },
	{ "inset-inline-start", "left" },
	{ "inset-inline-end", "right" },
	{ "inline-size", "width" },
	{ "block-size", "height" },
	{ "max-inline-size", "max-width" },
	{ "min-inline-size", "min-width" },
	{ "overflow-y", "overflow" },
	{ "text-decoration-line", "text-decoration" },
};

/* Values that litehtml would take for another. */
static const char *const revalued[][3] = {
	{ "display", "flex", "block" },
	{ "display", "-webkit-flex", "block" },
	{ "display", "-webkit-box", "block" },
	{ "display", "-ms-flexbox", "block" },
	{ "display", "grid", "block" },
	{ "display", "flow-root", "block" },
	{ "display", "contents", "block" },
	{ "display", "inline-flex", "inline-block" },
	{ "display", "-webkit-inline-flex", "inline-block" },
	{ "display", "-webkit-inline-box", "inline-block" },
	{ "display", "inline-grid", "inline-block" },
	{ "position", "sticky", "relative" },
	{ "position", "-webkit-sticky", "relative" },
	{ "overflow", "clip", "hidden" },
	{ "white-space", "break-spaces", "pre-wrap" },
	{ "text-align", "start", "left" },
	{ "text-align", "end", "right" },
	{ "text-align", "-webkit-center", "center" },
	{ "font-style", "oblique", "italic" },
	{ "font-size", "smaller", "0.83em" },
	{ "font-size", "larger", "1.2em" },
	{ "vertical-align", "text-middle", "middle" },
	{ "border-style", "initial", "none" },
	{ "background", "initial", "none" },
};

static void put_declaration(GString *out, const char *name, const char *value, bool important)
{
	g_string_append_printf(out, "%s:%s%s;", name, value, important ? " !important" : "");
}

static void put_renamed(GString *out, const char *name, const char *value, bool important)
{
	const char *second;

	for (size_t i = 0; i < G_N_ELEMENTS(renamed); i++) {
		if (strcmp(name, renamed[i][0]) != 0)
			continue;
		second = renamed[i][2] ? strchr(value, ' ') : NULL;
		if (second && !strchr(value, '(')) {
			char *first = g_strndup(value, (gsize)(second - value));

			put_declaration(out, renamed[i][1], first, important);
			put_declaration(out, renamed[i][2], second + 1, important);
			g_free(first);
			return;
		}
		put_declaration(out, renamed[i][1], value, important);
		if (renamed[i][2])
			put_declaration(out, renamed[i][2], value, important);
		return;
	}
	if (!strcmp(name, "inset")) {
		static const char *const sides[] = { "top", "right", "bottom", "left" };

		for (int i = 0; i < 4 && !strchr(value, ' '); i++)
			put_declaration(out, sides[i], value, important);
		return;
	}
	/* What is fully transparent is not seen. */
	if (!strcmp(name, "opacity")) {
		if (g_ascii_strtod(value, NULL) < 0.01)
			put_declaration(out, "visibility", "hidden", important);
		return;
	}
	/* For lay_flex_out(), which knows rows. */
	if (!strcmp(name, "display")) {
		put_declaration(out, name, value, important);
		put_declaration(out, "-hf-flex", "none", important);
		return;
	}
	if (!strcmp(name, "font") && !strcmp(value, "inherit")) {
		put_declaration(out, "font-family", value, important);
		put_declaration(out, "font-size", value, important);
		put_declaration(out, "font-weight", value, important);
		put_declaration(out, "font-style", value, important);
		return;
	}
	put_declaration(out, name, value, important);
}

static bool cut_important(struct span *value)
{
	const char *mark = memrchr(value->at, '!', (size_t)(value->end - value->at));

	if (!mark || !span_is(span_trim((struct span){ mark + 1, value->end }), "important"))
		return false;
	*value = span_trim((struct span){ value->at, mark });
	return true;
}

static void rewrite(struct walk *w, const char *name, struct span value, GHashTable *locals, GString *out)
{
	bool important = cut_important(&value);
	GString *made = g_string_new(NULL);

	if (css_value(w->c, name, value, locals, w->base, made)) {
		bool row = !strcmp(name, "display") && strstr(made->str, "flex") && !strstr(made->str, "inline");

		for (size_t i = 0; i < G_N_ELEMENTS(revalued); i++)
			if (!strcmp(name, revalued[i][0]) && !g_ascii_strcasecmp(made->str, revalued[i][1]))
				g_string_assign(made, revalued[i][2]);
		/* The values that stand for no value of this rule's own. */
		if (made->len && strcmp(made->str, "initial") != 0 && strcmp(made->str, "unset") != 0 &&
		    !g_str_has_prefix(made->str, "revert"))
			put_renamed(out, name, made->str, important);
		if (row)
			put_declaration(out, "-hf-flex", "row", important);
	}
	g_string_free(made, TRUE);
}

typedef void each_declaration(void *ctx, const char *name, struct span value);

static void for_declarations(struct span body, each_declaration *each, void *ctx)
{
	while (body.at < body.end) {
		const char *stop = span_find(body, ";{"), *colon;
		struct span one = span_trim((struct span){ body.at, stop });
		struct span name;

		/* A rule inside the rule (CSS Nesting): over it. */
		if (stop < body.end && *stop == '{') {
			stop = span_match((struct span){ stop, body.end });
			body.at = stop < body.end ? stop + 1 : stop;
			continue;
		}
		colon = memchr(one.at, ':', (size_t)(one.end - one.at));
		name = span_trim((struct span){ one.at, colon ? colon : one.at });
		if (colon && name.at < name.end && name.end - name.at < 200) {
			char *word = span_dup(name);
			bool good = true;

			for (const char *p = word; *p; p++)
				good &= is_name(*p);
			if (good && !g_str_has_prefix(word, "--")) {
				char *lower = g_ascii_strdown(word, -1);

				g_free(word);
				word = lower;
			}
			if (good)
				each(ctx, word, span_trim((struct span){ colon + 1, one.end }));
			g_free(word);
		}
		body.at = stop < body.end ? stop + 1 : stop;
	}
}

static void take_var(void *ctx, const char *name, struct span value)
{
	GHashTable *vars = ctx;

	if (!g_str_has_prefix(name, "--") || g_hash_table_size(vars) >= VARS_MOST)
		return;
	cut_important(&value);
	g_hash_table_insert(vars, g_strdup(name), span_dup(value));
}

struct rewriting {
	struct walk *w;
	GHashTable *locals;
	GString *out;
};

static void take_declaration(void *ctx, const char *name, struct span value)
{
	struct rewriting *r = ctx;

	if (!g_str_has_prefix(name, "--"))
		rewrite(r->w, name, value, r->locals, r->out);
}

static char *declarations_of(struct walk *w, struct span body)
{
	struct rewriting r = { w, NULL, g_string_new(NULL) };

	if (memmem(body.at, (size_t)(body.end - body.at), "--", 2)) {
		r.locals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		for_declarations(body, take_var, r.locals);
	}
	for_declarations(body, take_declaration, &r);
	if (r.locals)
		g_hash_table_unref(r.locals);
	return g_string_free(r.out, FALSE);
}

/* ---- selectors ---- */

/* litehtml would match some of what it does not know, and break others at a comma between brackets. */
static bool is_known(struct span s)
{
	static const char *const elements[] = { "before", "after" };
	static const char *const functions[] = {
		"not(", "nth-child(", "nth-of-type(", "nth-last-child(", "nth-last-of-type(", "lang("
	};

	if (s.at == s.end || strchr(">+~|", *s.at))
		return false;
	for (const char *p = s.at; p < s.end; p++) {
		struct span rest = { p, s.end };
		bool known = false;

		if (*p == '"' || *p == '\'') {
			p = skip_string(p, s.end) - 1;
			continue;
		}
		if (strchr("&|{}@%!", *p) && !(*p == '|' && p + 1 < s.end && p[1] == '='))
			return false;
		if (*p == '\\')
			return false;
		if (*p != ':')
			continue;
		if (p + 1 < s.end && p[1] == ':') {
			rest.at += 2;
			for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
				known |= span_begins(rest, elements[i]);
			if (!known)
				return false;
			p++;
			continue;
		}
		rest.at++;
		for (const char *q = rest.at; q < s.end && is_name(*q); q++)
			known = q + 1 < s.end && q[1] == '(';
		if (known) {
			const char *open = memchr(rest.at, '(', (size_t)(rest.end - rest.at)), *close;

			known = false;
			for (size_t i = 0; i < G_N_ELEMENTS(functions); i++)
				known |= span_begins(rest, functions[i]);
			close = span_match((struct span){ open, s.end });
			if (!known || close == s.end || memchr(open, ',', (size_t)(close - open)) ||
			    memchr(open + 1, '(', (size_t)(close - open - 1)))
				return false;
			p = close;
		}
	}
	return true;
}

/* a:is(b, c) d: a:b d, a:c d. */
static void put_selector(GPtrArray *to, struct span s, unsigned *work)
{
	static const char *const any[] = { ":is(", ":where(", ":matches(", ":-webkit-any(", ":-moz-any(" };
	char *text = span_dup(s);
	const char *open = NULL, *found = NULL;

	++*work;
	for (size_t i = 0; i < G_N_ELEMENTS(any) && !found; i++) {
		found = strcasestr(text, any[i]);
		open = found ? found + strlen(any[i]) - 1 : NULL;
	}
	if (!found) {
		struct span one = span_trim(span_of(text));

		if (is_known(one) && to->len < SELECTORS_MOST)
			g_ptr_array_add(to, span_dup(one));
	} else {
		const char *close = span_match(span_of(open));
		struct span list = { open + 1, close }, one;
		bool joined = found > text && !is_space(found[-1]) && !strchr(">+~", found[-1]);

		while (*close && *work < WORK_MOST && s.end - s.at < 2000 && span_next(&list, ",", &one)) {
			/* A name cannot follow what is before: it would become one with it. */
			bool fits = one.at < one.end && !(joined && (is_name(*one.at) || *one.at == '*'));

			if (fits) {
				char *whole = g_strdup_printf("%.*s%.*s%s", (int)(found - text), text,
							      (int)(one.end - one.at), one.at, close + 1);

				put_selector(to, span_of(whole), work);
				g_free(whole);
			}
		}
	}
	g_free(text);
}

/* An empty box that only clears floats, before what is in an element or behind it: litehtml makes none, so its element is told. */
static void put_clearing(struct walk *w, const char *selector, const char *declarations)
{
	const char *colon = strrchr(selector, ':');
	bool before = colon && !strcmp(colon, ":before");

	if (!colon || (!before && strcmp(colon, ":after") != 0) || !strstr(declarations, "clear:both"))
		return;
	if (colon > selector && colon[-1] == ':')
		colon--;
	if (colon > selector && !is_space(colon[-1]))
		g_string_append_printf(w->out, "%.*s{-hf-clear:%s;}\n", (int)(colon - selector), selector,
				       before ? "before" : "after");
}

static void take_rule(struct walk *w, struct span selectors, struct span body)
{
	GPtrArray *known = g_ptr_array_new_with_free_func(g_free);
	char *declarations;
	size_t before = w->out->len;
	struct span one;

	while (span_next(&selectors, ",", &one)) {
		unsigned work = 0;

		put_selector(known, one, &work);
	}
	declarations = known->len ? declarations_of(w, body) : g_strdup("");
	if (*declarations) {
		for (unsigned i = 0; i < known->len; i++)
			g_string_append_printf(w->out, "%s%s", i ? "," : "", (char *)g_ptr_array_index(known, i));
		g_string_append_printf(w->out, "{%s}\n", declarations);
		for (unsigned i = 0; i < known->len; i++)
			put_clearing(w, g_ptr_array_index(known, i), declarations);
	}
	w->c->left -= MIN(w->c->left, w->out->len - before);
	g_free(declarations);
	g_ptr_array_unref(known);
}

/* The root's, in its usual and its light form. */
static bool is_root(struct span selectors)
{
	struct span s;

	while (span_next(&selectors, ",", &s)) {
		if (span_is(s, ":root") || span_is(s, "html") || span_is(s, "body") || span_is(s, "*") ||
		    span_is(s, ":host") || span_is(s, "html:root") || span_is(s, ":root:root"))
			return true;
		if ((span_begins(s, ":root") || span_begins(s, "html") || span_begins(s, "body") ||
		     span_begins(s, "[") || span_begins(s, ".light")) &&
		    memmem(s.at, (size_t)(s.end - s.at), "light", 5) && span_find(s, " >+~") == s.end)
			return true;
	}
	return false;
}

/* ---- rules ---- */

static void import(struct walk *w, struct span s)
{
	struct walk inner = *w;
	const char *begin, *stop;
	char *url, *absolute, *media;
	struct hf_bytes body;

	s = span_trim(s);
	if (!w->out || w->imports >= IMPORTS_DEEP || s.at == s.end)
		return;
	if (*s.at == '"' || *s.at == '\'') {
		stop = skip_string(s.at, s.end);
		begin = s.at + 1;
		url = g_strndup(begin, (gsize)(stop > begin ? stop - begin - 1 : 0));
	} else if (span_begins(s, "url(")) {
		stop = s.at + 4;
		while (stop < s.end && *stop != ')')
			stop = *stop == '"' || *stop == '\'' ? skip_string(stop, s.end) : stop + 1;
		struct span in = span_trim((struct span){ s.at + 4, stop });

		if (in.end - in.at >= 2 && (*in.at == '"' || *in.at == '\''))
			in = (struct span){ in.at + 1, in.end - 1 };
		url = span_dup(in);
		stop = stop < s.end ? stop + 1 : stop;
	} else {
		return;
	}
	s = span_trim((struct span){ stop, s.end });
	if (span_begins(s, "layer")) {
		stop = span_find(s, " (");
		stop = stop < s.end && *stop == '(' ? span_match((struct span){ stop, s.end }) + 1 : stop;
		s = span_trim((struct span){ MIN(stop, s.end), s.end });
	}
	media = span_dup(s);
	absolute = paint_resolve(url, w->base);
	if (absolute && paint_css_media(w->c, media) && paint_store_style(w->c->store, absolute, &body)) {
		size_t len;
		char *text = strip(body, &len);

		inner.imports++;
		inner.base = absolute;
		walk_rules(&inner, (struct span){ text, text + len });
		g_free(text);
	}
	g_free(absolute);
	g_free(media);
	g_free(url);
}

/* s: from the at sign to the semicolon or the opening brace; body: between the braces. */
static void take_at_rule(struct walk *w, struct span s, const struct span *body)
{
	struct span name = { s.at + 1, s.at + 1 }, rest;
	bool holds = false;

	while (name.end < s.end && is_name(*name.end))
		name.end++;
	rest = span_trim((struct span){ name.end, s.end });
	if (!body) {
		if (span_is(name, "import"))
			import(w, rest);
		return;
	}
	if (span_is(name, "media")) {
		char *query = span_dup(rest);

		holds = paint_css_media(w->c, query);
		g_free(query);
	} else if (span_is(name, "supports")) {
		holds = css_supports(rest);
	} else {
		holds = span_is(name, "layer");
	}
	if (holds && w->blocks < BLOCKS_DEEP) {
		w->blocks++;
		walk_rules(w, *body);
		w->blocks--;
	}
}

static void walk_rules(struct walk *w, struct span s)
{
	while (s.at < s.end && w->c->left) {
		struct span prelude, body;
		const char *stop;
		bool at_rule;

		if (is_space(*s.at) || *s.at == ';' || *s.at == '}') {
			s.at++;
			continue;
		}
		if (span_begins(s, "<!--") || span_begins(s, "-->")) {
			s.at += *s.at == '<' ? 4 : 3;
			continue;
		}
		at_rule = *s.at == '@';
		stop = span_find(s, at_rule ? "{;" : "{");
		prelude = span_trim((struct span){ s.at, stop });
		if (stop == s.end || *stop == ';') {
			if (at_rule)
				take_at_rule(w, prelude, NULL);
			s.at = stop < s.end ? stop + 1 : stop;
			continue;
		}
		body.at = stop + 1;
		body.end = span_match((struct span){ stop, s.end });
		if (at_rule)
			take_at_rule(w, prelude, &body);
		else if (w->out)
			take_rule(w, prelude, body);
		else if (is_root(prelude))
			for_declarations(body, take_var, w->c->vars);
		s.at = body.end < s.end ? body.end + 1 : s.end;
	}
}

void paint_css_learn(struct paint_css *c, struct hf_bytes css)
{
	struct walk w = { .c = c };
	size_t len;
	char *text;

	if (!css.len || !memmem(css.at, css.len, "--", 2))
		return;
	text = strip(css, &len);
	walk_rules(&w, (struct span){ text, text + len });
	g_free(text);
}

char *paint_css_flatten(struct paint_css *c, struct hf_bytes css, const char *base)
{
	struct walk w = { .c = c, .base = base, .out = g_string_new(NULL) };
	size_t len;
	char *text = strip(css, &len);

	walk_rules(&w, (struct span){ text, text + len });
	g_free(text);
	return g_string_free(w.out, FALSE);
}

char *paint_css_flatten_inline(struct paint_css *c, const char *declarations, const char *base)
{
	struct walk w = { .c = c, .base = base };
	size_t len;
	char *text = strip(hf_bytes_of(declarations), &len), *ret = declarations_of(&w, (struct span){ text, text + len });

	g_free(text);
	return ret;
}
