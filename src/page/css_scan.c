/* SPDX-License-Identifier: MIT */
#include "page/css.h"

#include "base/bits.h"
#include "page/media.h"

/*
 * What a sheet asks for, without its rules being understood: tokens and the depth of their braces are enough. An @import counts
 * only where it may stand (CSS Cascade Level 5, 2): before all other rules but @charset and @layer.
 */
enum state {
	MAY_IMPORT = 1,
	IN_FACE = 2,   /* behind "@font-face" and before its block */
	HAS_FACE = 4,  /* this src has had its URL: browsers load the first that they know */
	ATTRIBUTE = 8, /* declarations without a block */
};

static void clear(struct css_scan *s, unsigned bits)
{
	s->state &= (uint8_t)~bits;
}

void css_scan_begin(struct css_scan *s, struct hf_bytes css, bool attribute, double density)
{
	*s = (struct css_scan){
		.in = css_reader_over(css),
		.density = density > 0 ? density : 1,
		.state = attribute ? ATTRIBUTE : MAY_IMPORT,
	};
}

void css_scan_end(struct css_scan *s)
{
	text_free(&s->value);
}

/* The URL in a token that is one, or that begins one. False: it is none. */
static bool take_url(struct css_scan *s, struct css_token *t, struct hf_bytes *ret, bool *ret_escaped)
{
	if (css_is(t, CSS_FUNCTION, "url") || css_is(t, CSS_FUNCTION, "src")) {
		struct css_token inside = css_next_but_space(&s->in);

		if (inside.type != CSS_STRING) {
			*t = inside;
			return false;
		}
		*t = inside;
	} else if (t->type != CSS_URL) {
		return false;
	}
	*ret = t->value;
	*ret_escaped = t->escaped;
	return true;
}

/* False: nothing to fetch: it is empty, or is a part of the document itself. */
static bool give(struct css_scan *s, enum css_want_what what, struct hf_bytes url, bool escaped, struct css_want *ret)
{
	if (escaped) {
		text_clear(&s->value);
		css_unescape(url, &s->value);
		url = text_bytes(&s->value);
	}
	*ret = (struct css_want){ what, url };
	return url.len > 0 && url.at[0] != '#';
}

static bool passes_statement(struct css_scan *s, struct css_token *t)
{
	unsigned open = 0;

	for (;; *t = css_next(&s->in)) {
		if (t->type == CSS_END || (t->type == CSS_SEMICOLON && !open))
			return true;
		if (css_is_sign(t, CSS_OPEN, '{') && !open) {
			s->blocks++;
			return false;
		}
		if (t->type == CSS_OPEN || t->type == CSS_FUNCTION)
			open++;
		else if (t->type == CSS_CLOSE && open)
			open--;
	}
}

static bool take_import(struct css_scan *s, struct css_want *ret)
{
	struct css_token t = css_next_but_space(&s->in);
	struct hf_bytes url = { 0 };
	bool escaped = t.escaped, found = true;

	if (t.type == CSS_STRING)
		url = t.value;
	else
		found = take_url(s, &t, &url, &escaped);
	if (t.type == CSS_STRING || t.type == CSS_URL)
		t = css_next(&s->in);
	if (t.type == CSS_CLOSE) /* of url("...") */
		t = css_next(&s->in);
	/* with a block it is no import at all */
	return passes_statement(s, &t) && found && give(s, CSS_IMPORT, url, escaped, ret);
}

static bool take_at_rule(struct css_scan *s, const struct css_token *at, struct css_want *ret)
{
	struct css_token t;

	if (s->state & MAY_IMPORT) {
		if (css_is(at, CSS_AT, "import"))
			return take_import(s, ret);
		if (css_is(at, CSS_AT, "charset") || css_is(at, CSS_AT, "layer")) {
			t = css_next(&s->in);
			if (!passes_statement(s, &t))
				clear(s, MAY_IMPORT);
			return false;
		}
		clear(s, MAY_IMPORT);
	}
	if (css_is(at, CSS_AT, "font-face"))
		s->state |= IN_FACE;
	return false;
}

/* image-set( [ url(a) | "a" ] [ 2x | type("image/png") ]* , ... ): the one of this density. */
static bool take_image_set(struct css_scan *s, struct css_want *ret)
{
	struct hf_bytes best = { 0 }, url = { 0 };
	double best_density = -1, density = 1;
	bool best_escaped = false, escaped = false;
	unsigned open = 1;

	while (open) {
		struct css_token t = css_next_but_space(&s->in);
		bool ends = t.type == CSS_END;

		if (t.type == CSS_NUMBER && open == 1)
			density = css_is(&t, CSS_NUMBER, "dpi") ? t.number / 96 : t.number;
		if (t.type == CSS_STRING && open == 1) {
			url = t.value;
			escaped = t.escaped;
		} else if (take_url(s, &t, &url, &escaped)) {
			open += t.type == CSS_STRING;
		} else if (t.type == CSS_FUNCTION || t.type == CSS_OPEN) {
			open++;
		} else if (t.type == CSS_CLOSE) {
			open--;
		}
		if (!ends && open && !(t.type == CSS_COMMA && open == 1))
			continue;
		if (url.len && media_suits_better(density, best_density, s->density)) {
			best = url;
			best_density = density;
			best_escaped = escaped;
		}
		url = (struct hf_bytes){ 0 };
		density = 1;
		if (ends)
			break;
	}
	return best.len && give(s, CSS_IMAGE, best, best_escaped, ret);
}

static void take_brace(struct css_scan *s, const struct css_token *t)
{
	if (css_is_sign(t, CSS_OPEN, '{')) {
		s->blocks++;
		clear(s, MAY_IMPORT | HAS_FACE);
		if (s->state & IN_FACE) {
			clear(s, IN_FACE);
			s->font_block = s->blocks;
		}
	} else if (css_is_sign(t, CSS_CLOSE, '}') && s->blocks) {
		if (s->font_block == s->blocks)
			s->font_block = 0;
		s->blocks--;
	}
}

bool css_scan_next(struct css_scan *s, struct css_want *ret)
{
	for (;;) {
		struct css_token t = css_next(&s->in);
		struct hf_bytes url = { 0 };
		bool escaped = false;

		switch (t.type) {
		case CSS_END:
			return false;
		case CSS_SPACE:
		case CSS_CDO:
		case CSS_CDC:
			continue;
		case CSS_OPEN:
		case CSS_CLOSE:
			take_brace(s, &t);
			continue;
		case CSS_SEMICOLON:
			clear(s, HAS_FACE | IN_FACE);
			if (!s->blocks) /* it belongs to no statement: a rule begins, if a broken one */
				clear(s, MAY_IMPORT);
			continue;
		case CSS_AT:
			if (take_at_rule(s, &t, ret))
				return true;
			continue;
		default:
			break;
		}
		if (!s->blocks)
			clear(s, MAY_IMPORT);
		if (!s->blocks && !(s->state & ATTRIBUTE))
			continue;
		if (css_is(&t, CSS_FUNCTION, "image-set") || css_is(&t, CSS_FUNCTION, "-webkit-image-set")) {
			if (take_image_set(s, ret))
				return true;
			continue;
		}
		if (!take_url(s, &t, &url, &escaped)) {
			take_brace(s, &t); /* what stood where a string should have */
			continue;
		}
		if (s->font_block) {
			if (s->state & HAS_FACE)
				continue;
			s->state |= HAS_FACE;
		}
		if (give(s, s->font_block ? CSS_FONT : CSS_IMAGE, url, escaped, ret))
			return true;
	}
}
