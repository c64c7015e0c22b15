/* SPDX-License-Identifier: MIT */
#include "page/css.h"
#include "base/ascii.h"

#include "base/bits.h"
#include "http/h1.h"
#include "url/utf8.h"

/* The tokenizer: one function a section of CSS Syntax Level 3, 4.3. A carriage return and a form feed are line feeds (3.3). */

static bool is_newline(uint8_t c)
{
	return c == '\n' || c == '\r' || c == '\f';
}

static bool is_name_start(uint8_t c)
{
	return hf_ascii_is_alpha(c) || c == '_' || c >= 0x80 || c == 0;
}

static bool is_name(uint8_t c)
{
	return is_name_start(c) || hf_ascii_is_digit(c) || c == '-';
}

/* 0 behind the end: nothing that is asked for is 0, but for a name, and there the end is asked first. */
static uint8_t ahead(const struct css_reader *r, size_t n)
{
	return (size_t)(r->end - r->at) > n ? r->at[n] : 0;
}

static bool has(const struct css_reader *r, size_t n)
{
	return (size_t)(r->end - r->at) > n;
}

/* 4.3.8 */
static bool starts_escape(const struct css_reader *r, size_t n)
{
	return ahead(r, n) == '\\' && !(has(r, n + 1) && is_newline(ahead(r, n + 1)));
}

/* 4.3.9 */
static bool starts_ident(const struct css_reader *r, size_t n)
{
	if (has(r, n) && ahead(r, n) == '-')
		return (has(r, n + 1) && (is_name_start(ahead(r, n + 1)) || ahead(r, n + 1) == '-')) ||
		       starts_escape(r, n + 1);
	return (has(r, n) && is_name_start(ahead(r, n))) || starts_escape(r, n);
}

/* 4.3.10 */
static bool starts_number(const struct css_reader *r)
{
	size_t n = ahead(r, 0) == '+' || ahead(r, 0) == '-';

	return hf_ascii_is_digit(ahead(r, n)) || (ahead(r, n) == '.' && hf_ascii_is_digit(ahead(r, n + 1)));
}

/* 4.3.7, from the backslash on */
static void pass_escape(struct css_reader *r)
{
	unsigned n = 0;

	r->at++;
	if (r->at == r->end)
		return;
	if (hf_ascii_hex(*r->at) < 0) {
		r->at++;
		return;
	}
	while (n < 6 && r->at < r->end && hf_ascii_hex(*r->at) >= 0)
		r->at++, n++;
	if (r->at < r->end && *r->at == '\r' && ahead(r, 1) == '\n')
		r->at++;
	if (r->at < r->end && hf_ascii_is_space(*r->at))
		r->at++;
}

/* 4.3.11 */
static struct hf_bytes take_name(struct css_reader *r, bool *escaped)
{
	const uint8_t *from = r->at;

	while (r->at < r->end) {
		if (is_name(*r->at))
			r->at++;
		else if (starts_escape(r, 0)) {
			pass_escape(r);
			*escaped = true;
		} else
			break;
	}
	return (struct hf_bytes){ from, (size_t)(r->at - from) };
}

/* 4.3.5 */
static struct css_token take_string(struct css_reader *r)
{
	uint8_t quote = *r->at++;
	struct css_token t = { .type = CSS_STRING, .value.at = r->at };

	while (r->at < r->end && *r->at != quote) {
		if (is_newline(*r->at)) {
			t.type = CSS_BAD_STRING;
			break;
		}
		if (*r->at != '\\') {
			r->at++;
			continue;
		}
		t.escaped = true;
		if (has(r, 1) && is_newline(r->at[1]))
			r->at += r->at[1] == '\r' && ahead(r, 2) == '\n' ? 3 : 2;
		else
			pass_escape(r);
	}
	t.value.len = (size_t)(r->at - t.value.at);
	if (t.type == CSS_STRING && r->at < r->end)
		r->at++;
	return t;
}

/* 4.3.14 */
static struct css_token take_bad_url(struct css_reader *r)
{
	while (r->at < r->end && *r->at != ')') {
		if (starts_escape(r, 0))
			pass_escape(r);
		else
			r->at++;
	}
	if (r->at < r->end)
		r->at++;
	return (struct css_token){ .type = CSS_BAD_URL };
}

/* 4.3.6, behind "url(" and its white space */
static struct css_token take_url(struct css_reader *r)
{
	struct css_token t = { .type = CSS_URL, .value.at = r->at };

	while (r->at < r->end && *r->at != ')' && !hf_ascii_is_space(*r->at)) {
		uint8_t c = *r->at;

		if (starts_escape(r, 0)) {
			pass_escape(r);
			t.escaped = true;
			continue;
		}
		if (c == '"' || c == '\'' || c == '(' || c == '\\' || (c < 0x20 && c != 0) || c == 0x7f)
			return take_bad_url(r);
		r->at++;
	}
	t.value.len = (size_t)(r->at - t.value.at);
	while (r->at < r->end && hf_ascii_is_space(*r->at))
		r->at++;
	if (r->at < r->end && *r->at != ')')
		return take_bad_url(r);
	if (r->at < r->end)
		r->at++;
	return t;
}

/* 4.3.4 */
static struct css_token take_ident_like(struct css_reader *r)
{
	struct css_token t = { .type = CSS_IDENT };
	struct css_reader inside;

	t.value = take_name(r, &t.escaped);
	if (r->at == r->end || *r->at != '(')
		return t;
	r->at++;
	t.type = CSS_FUNCTION;
	if (!css_is(&t, CSS_FUNCTION, "url"))
		return t;
	inside = *r;
	while (inside.at < inside.end && hf_ascii_is_space(*inside.at))
		inside.at++;
	if (inside.at < inside.end && (*inside.at == '"' || *inside.at == '\''))
		return t;
	*r = inside;
	return take_url(r);
}

static double power_of_ten(int n)
{
	double p = 1;

	for (int i = n < 0 ? -n : n; i > 0; i--)
		p *= 10;
	return p;
}

/* 4.3.12 and 4.3.13; 4.3.3 */
static struct css_token take_number(struct css_reader *r)
{
	struct css_token t = { .type = CSS_NUMBER };
	bool minus = *r->at == '-';
	double v = 0, place = 1;
	int e = 0;

	r->at += minus || *r->at == '+';
	for (; r->at < r->end && hf_ascii_is_digit(*r->at); r->at++)
		v = v * 10 + (*r->at - '0');
	if (ahead(r, 0) == '.' && hf_ascii_is_digit(ahead(r, 1)))
		for (r->at++; r->at < r->end && hf_ascii_is_digit(*r->at); r->at++)
			v += (*r->at - '0') * (place /= 10);
	if ((ahead(r, 0) | 0x20) == 'e') {
		size_t sign = ahead(r, 1) == '+' || ahead(r, 1) == '-';
		bool down = ahead(r, 1) == '-';

		if (hf_ascii_is_digit(ahead(r, 1 + sign))) {
			for (r->at += 1 + sign; r->at < r->end && hf_ascii_is_digit(*r->at); r->at++)
				e = e < 400 ? e * 10 + (*r->at - '0') : e;
			e = e < 400 ? e : 400;
			v = down ? v / power_of_ten(e) : v * power_of_ten(e);
		}
	}
	t.number = minus ? -v : v;
	t.value = (struct hf_bytes){ r->at, 0 };
	if (r->at < r->end && *r->at == '%') {
		t.value.len = 1;
		r->at++;
	} else if (starts_ident(r, 0)) {
		t.value = take_name(r, &t.escaped);
	}
	return t;
}

struct css_reader css_reader_over(struct hf_bytes css)
{
	return (struct css_reader){ css.at, css.at + css.len };
}

/* 4.3.2 */
static void pass_comments(struct css_reader *r)
{
	while (ahead(r, 0) == '/' && ahead(r, 1) == '*') {
		r->at += 2;
		while (r->at < r->end && !(*r->at == '*' && ahead(r, 1) == '/'))
			r->at++;
		r->at += r->at < r->end ? 2 : 0;
	}
}

static struct css_token take_sign(struct css_reader *r)
{
	struct css_token t = { .type = CSS_DELIM, .value = { r->at, 1 } };

	if (ahead(r, 0) == '<' && ahead(r, 1) == '!' && ahead(r, 2) == '-' && ahead(r, 3) == '-') {
		t = (struct css_token){ .type = CSS_CDO, .value = { r->at, 4 } };
		r->at += 4;
		return t;
	}
	switch (*r->at++) {
	case ':':
		t.type = CSS_COLON;
		break;
	case ';':
		t.type = CSS_SEMICOLON;
		break;
	case ',':
		t.type = CSS_COMMA;
		break;
	case '(':
	case '[':
	case '{':
		t.type = CSS_OPEN;
		break;
	case ')':
	case ']':
	case '}':
		t.type = CSS_CLOSE;
		break;
	default:
		break;
	}
	return t;
}

/* 4.3.1 */
struct css_token css_next(struct css_reader *r)
{
	struct css_token t = { .type = CSS_END };

	pass_comments(r);
	if (r->at == r->end)
		return t;
	if (hf_ascii_is_space(*r->at)) {
		t = (struct css_token){ .type = CSS_SPACE };
		while (r->at < r->end && hf_ascii_is_space(*r->at))
			r->at++;
		return t;
	}
	if (*r->at == '"' || *r->at == '\'')
		return take_string(r);
	if (starts_number(r))
		return take_number(r);
	if (ahead(r, 0) == '-' && ahead(r, 1) == '-' && ahead(r, 2) == '>') {
		t = (struct css_token){ .type = CSS_CDC, .value = { r->at, 3 } };
		r->at += 3;
		return t;
	}
	if (starts_ident(r, 0))
		return take_ident_like(r);
	if (*r->at == '#' && ((has(r, 1) && is_name(ahead(r, 1))) || starts_escape(r, 1))) {
		t.type = CSS_HASH;
		r->at++;
		t.value = take_name(r, &t.escaped);
		return t;
	}
	if (*r->at == '@' && starts_ident(r, 1)) {
		t.type = CSS_AT;
		r->at++;
		t.value = take_name(r, &t.escaped);
		return t;
	}
	return take_sign(r);
}

struct css_token css_next_but_space(struct css_reader *r)
{
	struct css_token t;

	do
		t = css_next(r);
	while (t.type == CSS_SPACE);
	return t;
}

bool css_is_sign(const struct css_token *t, enum css_token_type type, char sign)
{
	return t->type == type && t->value.at[0] == (uint8_t)sign;
}

static void add_char(struct text *out, uint32_t c)
{
	uint8_t to[UTF8_ROOM];

	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = UTF8_REPLACEMENT;
	text_add_n(out, (const char *)to, utf8_put(c, to));
}

void css_unescape(struct hf_bytes value, struct text *out)
{
	struct css_reader r = css_reader_over(value);

	while (r.at < r.end) {
		const uint8_t *from = r.at;
		uint32_t c = 0;

		while (r.at < r.end && *r.at != '\\' && *r.at != 0)
			r.at++;
		text_add_n(out, (const char *)from, (size_t)(r.at - from));
		if (r.at == r.end)
			break;
		if (*r.at == 0) {
			add_char(out, 0);
			r.at++;
		} else if (!has(&r, 1)) { /* at the end of the sheet */
			r.at++;
		} else if (is_newline(r.at[1])) { /* a string goes on in the next line */
			r.at += r.at[1] == '\r' && ahead(&r, 2) == '\n' ? 3 : 2;
		} else if (hf_ascii_hex(r.at[1]) < 0) {
			from = ++r.at;
			if (*from == 0) {
				add_char(out, 0);
				r.at++;
			} else { /* the rest of a character of several octets follows by itself */
				text_add_n(out, (const char *)from, 1);
				r.at++;
			}
		} else {
			from = r.at + 1;
			for (unsigned n = 0; n < 6 && from < r.end && hf_ascii_hex(*from) >= 0; n++)
				c = c * 16 + (uint32_t)hf_ascii_hex(*from++);
			add_char(out, c);
			pass_escape(&r);
		}
	}
}

/* Escapes in it are resolved: what does not fit is no word that is asked for. */
bool css_is(const struct css_token *t, enum css_token_type type, const char *low)
{
	struct hf_bytes v = t->value;
	struct text plain = { 0 };
	bool same;

	if (t->type != type)
		return false;
	if (t->escaped) {
		if (v.len > 8 * strlen(low))
			return false;
		css_unescape(v, &plain);
		v = text_bytes(&plain);
	}
	same = h1_same(v, low);
	text_free(&plain);
	return same;
}
