/* SPDX-License-Identifier: MIT */
#include "page/charset_internal.h"
#include "base/ascii.h"

#include "base/bits.h"
#include "http/h1.h"

/*
 * HTML 13.2.3.2, "prescan a byte stream to determine its encoding": looks for a <meta> that names a charset, before any parsing.
 * Whatever does not end within the octets at hand ends the search.
 */
struct scan {
	struct hf_bytes b; /* what is still ahead */
	bool over;         /* the octets ended in the middle of something */
};

static void pass(struct scan *s, size_t n)
{
	s->b.at += n;
	s->b.len -= n;
}

/* The octet ahead; 0 at the end, which is then noted. */
static uint8_t ahead(struct scan *s)
{
	s->over = s->over || s->b.len == 0;
	return s->over ? 0 : s->b.at[0];
}

static void pass_spaces(struct scan *s)
{
	while (s->b.len && hf_ascii_is_space(s->b.at[0]))
		pass(s, 1);
}

static void pass_through(struct scan *s, const char *text)
{
	while (s->b.len && !hf_ascii_begins(s->b, text))
		pass(s, 1);
	if (s->b.len)
		pass(s, strlen(text));
	else
		s->over = true;
}

/* "Get an attribute"; false: the tag ends here, or the octets do. */
static bool get_attribute(struct scan *s, struct hf_bytes *ret_name, struct hf_bytes *ret_value)
{
	uint8_t c, quote;

	while (s->b.len && (hf_ascii_is_space(s->b.at[0]) || s->b.at[0] == '/'))
		pass(s, 1);
	c = ahead(s);
	if (s->over || c == '>')
		return false;
	*ret_name = (struct hf_bytes){ s->b.at, 0 };
	*ret_value = (struct hf_bytes){ 0 };
	for (; !s->over; pass(s, 1), c = ahead(s)) {
		if ((c == '=' && ret_name->len) || hf_ascii_is_space(c))
			break;
		if (c == '/' || c == '>')
			return true;
		ret_name->len++;
	}
	pass_spaces(s);
	if (ahead(s) != '=')
		return !s->over;
	pass(s, 1);
	pass_spaces(s);
	quote = ahead(s);
	if (quote == '"' || quote == '\'') {
		pass(s, 1);
		ret_value->at = s->b.at;
		for (; ahead(s) != quote && !s->over; pass(s, 1))
			ret_value->len++;
		if (!s->over)
			pass(s, 1);
	} else {
		ret_value->at = s->b.at;
		for (c = quote; !s->over && c != '>' && !hf_ascii_is_space(c); pass(s, 1), c = ahead(s))
			ret_value->len++;
	}
	return !s->over;
}

/* "Extracting a character encoding from a meta element". */
static const char *of_content(struct hf_bytes content)
{
	struct scan s = { .b = content };
	struct hf_bytes label;

	for (;;) {
		uint8_t c;

		pass_through(&s, "charset");
		if (s.over)
			return NULL;
		pass_spaces(&s);
		if (ahead(&s) != '=')
			continue;
		pass(&s, 1);
		pass_spaces(&s);
		c = ahead(&s);
		if (s.over)
			return NULL;
		label = s.b;
		if (c == '"' || c == '\'') {
			const uint8_t *close = memchr(label.at + 1, c, label.len - 1);

			if (!close)
				return NULL;
			label = (struct hf_bytes){ label.at + 1, (size_t)(close - label.at - 1) };
		} else {
			label.len = 0;
			while (label.len < s.b.len && !hf_ascii_is_space(label.at[label.len]) && label.at[label.len] != ';')
				label.len++;
		}
		return charset_of_label(label);
	}
}

/* What could be read to find this out is no UTF-16, whatever it says. */
static const char *readable(const char *name)
{
	if (name && charset_is_utf16(name))
		return "UTF-8";
	return name && strcmp(name, "x-user-defined") == 0 ? "windows-1252" : name;
}

static const char *read_meta(struct scan *s)
{
	bool got_pragma = false, need_pragma = false, said = false;
	bool seen_pragma = false, seen_content = false, seen_charset = false;
	struct hf_bytes name, value;
	const char *charset = NULL;

	while (get_attribute(s, &name, &value)) {
		if (h1_same(name, "http-equiv") && !seen_pragma) {
			seen_pragma = true;
			got_pragma = h1_same(value, "content-type");
		} else if (h1_same(name, "content") && !seen_content) {
			const char *found = of_content(value);

			seen_content = true;
			if (found && !charset) {
				charset = found;
				need_pragma = said = true;
			}
		} else if (h1_same(name, "charset") && !seen_charset) {
			seen_charset = true;
			charset = charset_of_label(value);
			need_pragma = false;
			said = true;
		}
	}
	if (s->over || !said || (need_pragma && !got_pragma))
		return NULL;
	return readable(charset);
}

/* "Get an XML encoding": for documents that begin as XML and have no <meta>. */
static const char *of_xml(struct hf_bytes b)
{
	struct scan s = { .b = b };
	const uint8_t *end = b.len ? memchr(b.at, '>', b.len) : NULL;
	struct hf_bytes label;
	uint8_t quote;

	if (!hf_ascii_begins(s.b, "<?xml") || memcmp(b.at, "<?xml", 5) != 0 || !end)
		return NULL;
	s.b.len = (size_t)(end - b.at);
	pass_through(&s, "encoding");
	while (s.b.len && s.b.at[0] <= ' ')
		pass(&s, 1);
	if (ahead(&s) != '=')
		return NULL;
	pass(&s, 1);
	while (s.b.len && s.b.at[0] <= ' ')
		pass(&s, 1);
	quote = ahead(&s);
	if (quote != '"' && quote != '\'')
		return NULL;
	pass(&s, 1);
	label = (struct hf_bytes){ s.b.at, 0 };
	for (; ahead(&s) != quote; pass(&s, 1), label.len++)
		if (s.over || s.b.at[0] <= ' ')
			return NULL;
	return readable(charset_of_label(label));
}

/* What stands at a "<"; NULL: nothing about charsets, and the search goes on behind it. */
static const char *read_markup(struct scan *s)
{
	struct hf_bytes name, value;
	size_t slash = s->b.len > 1 && s->b.at[1] == '/';

	if (hf_ascii_begins(s->b, "<!--")) {
		pass(s, 2); /* its dashes may be those of the end, too */
		pass_through(s, "-->");
	} else if (hf_ascii_begins(s->b, "<meta") && s->b.len > 5 && (hf_ascii_is_space(s->b.at[5]) || s->b.at[5] == '/')) {
		pass(s, 5);
		return read_meta(s);
	} else if (s->b.len > 1 + slash && hf_ascii_is_alpha(s->b.at[1 + slash])) {
		while (s->b.len && !hf_ascii_is_space(s->b.at[0]) && s->b.at[0] != '>')
			pass(s, 1);
		while (get_attribute(s, &name, &value))
			;
	} else if (s->b.len > 1 && (s->b.at[1] == '!' || s->b.at[1] == '/' || s->b.at[1] == '?')) {
		pass_through(s, ">");
	} else {
		pass(s, 1);
	}
	return NULL;
}

const char *charset_prescan(struct hf_bytes octets)
{
	struct scan s = { .b = { octets.at, hf_min_u64(octets.len, CHARSET_PRESCAN_BYTES) } };
	struct hf_bytes all = s.b;
	const char *found;

	if (all.len >= 6 && memcmp(all.at, "<\0?\0x\0", 6) == 0)
		return "UTF-16LE";
	if (all.len >= 6 && memcmp(all.at, "\0<\0?\0x", 6) == 0)
		return "UTF-16BE";
	while (s.b.len && !s.over) {
		if (s.b.at[0] != '<') {
			pass(&s, 1);
			continue;
		}
		found = read_markup(&s);
		if (found)
			return found;
	}
	return of_xml(all);
}
