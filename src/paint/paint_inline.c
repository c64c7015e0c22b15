/* SPDX-License-Identifier: MIT */
/*
 * SVG inside HTML: litehtml would show its text and nothing else. Its elements are cut out as they stand, before the page is parsed, and
 * read as XML; what is not well-formed shows as nothing.
 */
#include "paint/paint_inline.h"

#include <glib.h>

enum { PICTURES_MOST = 1000 };

/* What holds no elements, and what ends it. */
static const char *const opaque[][2] = {
	{ "<!--", "-->" },       { "<script", "</script" }, { "<style", "</style" }, { "<textarea", "</textarea" },
	{ "<title", "</title" },
};

/* Behind the tag, whose attributes may have what they like between quotes. */
static const char *tag_end(const char *p)
{
	char quote = 0;

	for (; *p; p++) {
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '>')
			return p + 1;
	}
	return p;
}

static bool is_tag(const char *p, const char *name)
{
	size_t len = strlen(name);

	return !g_ascii_strncasecmp(p, name, len) && (g_ascii_isspace(p[len]) || p[len] == '>' || p[len] == '/');
}

/* Behind the </svg> that belongs to the tag before p; NULL: there is none. */
static const char *find_close(const char *p)
{
	unsigned deep = 1;

	while ((p = strchr(p, '<'))) {
		if (is_tag(p, "<svg")) {
			const char *end = tag_end(p);

			deep += end[-1] == '>' && end[-2] != '/';
			p = end;
		} else if (!g_ascii_strncasecmp(p, "</svg", 5)) {
			p = tag_end(p);
			if (!--deep)
				return p;
		} else {
			p++;
		}
	}
	return NULL;
}

/* The attributes that say where and how large a picture is are its <img>'s too. */
static void copy_attributes(GString *out, const char *tag, const char *end)
{
	static const char *const names[] = { "class", "id", "style", "width", "height" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		size_t len = strlen(names[i]);

		for (const char *p = tag + 4; p + len + 2 < end; p++) {
			const char *close;

			if (!g_ascii_isspace(p[-1]) || g_ascii_strncasecmp(p, names[i], len) || p[len] != '=')
				continue;
			if (p[len + 1] != '"' && p[len + 1] != '\'')
				break;
			close = memchr(p + len + 2, p[len + 1], (size_t)(end - p - (ptrdiff_t)len - 2));
			if (close) {
				g_string_append_c(out, ' ');
				g_string_append_len(out, p, close + 1 - p);
			}
			break;
		}
	}
}

/* HTML lets values stand without quotes, XML does not. */
static void put_quoted(GString *svg, const char *p, const char *end)
{
	bool in_tag = true;
	char quote = 0;

	for (; p < end; p++) {
		g_string_append_c(svg, *p);
		if (quote) {
			quote = *p == quote ? 0 : quote;
		} else if (in_tag && (*p == '"' || *p == '\'')) {
			quote = *p;
		} else if (*p == '<' || *p == '>') {
			in_tag = *p == '<';
		} else if (in_tag && *p == '=' && p + 1 < end && !strchr("\"' \t\n\r\f", p[1])) {
			size_t len = strcspn(p + 1, " \t\n\r\f>\"'<");

			/* The slash of an empty element is no part of its last value. */
			len -= len > 1 && p[1 + len] == '>' && p[len] == '/';
			g_string_append_printf(svg, "\"%.*s\"", (int)len, p + 1);
			p += len;
		}
	}
}

static void put_picture(GString *out, struct paint_store *store, const char *tag, const char *inside, const char *end,
			unsigned n)
{
	GString *svg = g_string_new("<svg");
	char *url = g_strdup_printf("about:svg/%u", n);

	if (!g_strstr_len(tag, inside - tag, "xmlns="))
		g_string_append(svg, " xmlns=\"http://www.w3.org/2000/svg\"");
	if (!g_strstr_len(tag, inside - tag, "xmlns:xlink=") && g_strstr_len(tag, end - tag, "xlink:"))
		g_string_append(svg, " xmlns:xlink=\"http://www.w3.org/1999/xlink\"");
	put_quoted(svg, tag + 4, end);
	if (paint_store_put_image(store, url, (struct hf_bytes){ (const uint8_t *)svg->str, svg->len })) {
		g_string_append_printf(out, "<img alt=\"\" src=\"%s\"", paint_store_name(store, url));
		copy_attributes(out, tag, inside);
		g_string_append_c(out, '>');
	}
	g_free(url);
	g_string_free(svg, TRUE);
}

char *paint_inline_svg(struct paint_store *store, const char *html)
{
	GString *out = g_string_sized_new(strlen(html) + 1);
	const char *p = html, *next;
	unsigned n = 0;

	while ((next = strchr(p, '<'))) {
		const char *end = NULL;

		g_string_append_len(out, p, next - p);
		p = next;
		for (size_t i = 0; i < G_N_ELEMENTS(opaque) && !end; i++) {
			if (!g_ascii_strncasecmp(p, opaque[i][0], strlen(opaque[i][0]))) {
				end = strcasestr(p, opaque[i][1]);
				end = end ? end + strlen(opaque[i][1]) : p + strlen(p);
			}
		}
		if (end) {
			g_string_append_len(out, p, end - p);
			p = end;
			continue;
		}
		if (n < PICTURES_MOST && is_tag(p, "<svg")) {
			const char *inside = tag_end(p);

			end = inside[-1] == '>' && inside[-2] == '/' ? inside : find_close(inside);
			if (end) {
				put_picture(out, store, p, inside, end, n++);
				p = end;
				continue;
			}
			/* Without its end it goes on to that of the page: so do all others. */
			n = PICTURES_MOST;
		}
		/* What looks like a tag in an attribute is none. */
		end = g_ascii_isalpha(p[1]) ? tag_end(p) : p + 1;
		g_string_append_len(out, p, end - p);
		p = end;
	}
	g_string_append(out, p);
	return g_string_free(out, FALSE);
}
