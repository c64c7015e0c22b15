/* SPDX-License-Identifier: MIT */
/*
 * What a document asks for. One walk over its tree, in document order: an element is looked up in a table of tags, and its row's
 * function adds items. A base applies to what follows it, as a browser meets both while it parses.
 */
#include "page/html.h"

#include "base/ascii.h"
#include "base/bits.h"
#include "explain/grow.h"
#include "http/h1.h"
#include "page/css.h"
#include "page/html_tree.h"
#include "page/srcset.h"
#include "url/url.h"

#include <stdlib.h>

#define URL_BYTES_MAX 65536u
#define TITLE_BYTES_MAX 1024u
#define BLOCK 16384u

struct html_memory {
	struct html_memory *older;
	size_t used, room;
	char at[];
};

struct reader {
	struct html *h;
	const struct html_config *cfg;
	struct url *url, *base; /* of the document; what is resolved by */
	bool has_base, has_title;
	size_t room;
	bool failed;
};

typedef void take(struct reader *r, const GumboNode *n);

static void *keep(struct reader *r, const void *from, size_t n)
{
	struct html_memory *m = r->h->memory;
	char *to;

	if (!m || m->room - m->used < n + 1) {
		size_t room = n + 1 > BLOCK / 4 ? n + 1 : BLOCK;

		m = malloc(sizeof(*m) + room);
		if (!m) {
			r->failed = true;
			return NULL;
		}
		*m = (struct html_memory){ .older = r->h->memory, .room = room };
		r->h->memory = m;
	}
	to = m->at + m->used;
	memcpy(to, from, n);
	to[n] = '\0';
	m->used += n + 1;
	return to;
}

static const char *keep_string(struct reader *r, const char *s)
{
	const char *to = keep(r, s, strlen(s));

	return to ? to : "";
}

static void add_item(struct reader *r, const struct html_item *i)
{
	struct html *h = r->h;

	h->item = grow_array(h->item, h->items, &r->room, sizeof(*h->item), &r->failed);
	if (!r->failed)
		h->item[h->items++] = *i;
}

/* NULL: not a URL, or one that no browser fetches. */
static struct url *resolve(const struct reader *r, struct hf_bytes written)
{
	static const char *const never[] = { "javascript", "about", "mailto", "tel" };
	struct url *u;

	if (!written.len || written.len > URL_BYTES_MAX)
		return NULL;
	u = url_parse(written, r->base, NULL);
	for (size_t i = 0; u && i < HF_ARRAY_LEN(never); i++)
		if (strcmp(url_scheme(u), never[i]) == 0) {
			url_free(u);
			return NULL;
		}
	return u;
}

static void link_to(struct reader *r, enum report_kind kind, struct hf_bytes written, const char *not_wanted)
{
	struct url *u;

	if (written.len && written.at[0] == '#')
		return;
	u = resolve(r, written);
	if (!u)
		return;
	/* an image that stands in the page is not asked for */
	if (strcmp(url_scheme(u), "data") != 0 || (kind != REPORT_IMAGE && kind != REPORT_ICON && kind != REPORT_FONT))
		add_item(r, &(struct html_item){ .what = HTML_LINK,
						 .kind = kind,
						 .url = keep_string(r, url_href(u)),
						 .not_wanted = not_wanted });
	url_free(u);
}

static void link_attribute(struct reader *r, enum report_kind kind, const GumboNode *n, const char *name,
			   const char *not_wanted)
{
	link_to(r, kind, html_stripped(html_attribute(n, name)), not_wanted);
}

static struct hf_bytes attribute_bytes(const GumboNode *n, const char *name)
{
	const char *s = html_attribute(n, name);

	return s ? hf_bytes_of(s) : (struct hf_bytes){ 0 };
}

/* A type attribute without its parameters is one of these; none at all is fine, too. */
static bool type_is(const GumboNode *n, const char *const *types, size_t count)
{
	struct hf_bytes type = html_stripped(html_attribute(n, "type"));
	const uint8_t *end = type.len ? memchr(type.at, ';', type.len) : NULL;

	if (end)
		type.len = (size_t)(end - type.at);
	type = hf_ascii_trim_ows(type);
	if (!type.len)
		return true;
	for (size_t i = 0; i < count; i++)
		if (h1_same(type, types[i]))
			return true;
	return false;
}

static bool is_css(const GumboNode *n)
{
	static const char *const types[] = { "text/css" };

	return type_is(n, types, 1);
}

/* ---- elements ---- */

static void take_base(struct reader *r, const GumboNode *n)
{
	const char *href = html_attribute(n, "href");
	struct url *u;

	if (r->has_base || !href)
		return;
	r->has_base = true;
	u = url_parse(html_stripped(href), r->url, NULL);
	if (u && (strcmp(url_scheme(u), "data") == 0 || strcmp(url_scheme(u), "javascript") == 0)) {
		url_free(u);
		u = NULL;
	}
	if (!u)
		return;
	if (r->base != r->url)
		url_free(r->base);
	r->base = u;
}

static void take_title(struct reader *r, const GumboNode *n)
{
	const GumboVector *children = html_children(n);
	struct text t = { 0 };

	if (r->has_title)
		return;
	r->has_title = true;
	for (unsigned i = 0; i < children->length && t.len < TITLE_BYTES_MAX; i++) {
		const GumboNode *c = children->data[i];

		if (c->type != GUMBO_NODE_TEXT && c->type != GUMBO_NODE_WHITESPACE)
			continue;
		for (const char *s = c->v.text.text; *s && t.len < TITLE_BYTES_MAX; s++) {
			bool space = (uint8_t)*s <= ' ';

			if (!space)
				text_add_n(&t, s, 1);
			else if (t.len && t.at[t.len - 1] != ' ')
				text_add(&t, " ");
		}
	}
	while (t.len && (t.at[t.len - 1] == ' ' || (t.len == TITLE_BYTES_MAX && (t.at[t.len - 1] & 0x80))))
		t.at[--t.len] = '\0'; /* nor half a character */
	r->h->title = keep_string(r, text_str(&t));
	text_free(&t);
}

/* "5; url='x'" (HTML 4.2.5.3, "shared declarative refresh steps") */
static void take_refresh(struct reader *r, const char *s)
{
	unsigned seconds = 0;
	struct hf_bytes rest;
	struct url *u;

	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	if ((*s < '0' || *s > '9') && *s != '.')
		return;
	for (; *s >= '0' && *s <= '9'; s++)
		seconds = seconds < 100000000 ? seconds * 10 + (unsigned)(*s - '0') : seconds;
	s += strspn(s, "0123456789.");
	s += strspn(s, " \t\n\f\r;,");
	if (h1_same((struct hf_bytes){ (const uint8_t *)s, strnlen(s, 3) }, "url")) {
		const char *at = s + 3;

		at += strspn(at, " \t\n\f\r");
		if (*at == '=')
			s = at + 1 + strspn(at + 1, " \t\n\f\r");
	}
	rest = html_stripped(s);
	if (rest.len && (rest.at[0] == '"' || rest.at[0] == '\'')) {
		const uint8_t *end = memchr(rest.at + 1, rest.at[0], rest.len - 1);

		rest.at++;
		rest.len = end ? (size_t)(end - rest.at) : rest.len - 1;
	}
	u = rest.len ? resolve(r, rest) : NULL;
	if (u)
		r->h->refresh = keep_string(r, url_href(u));
	else if (!rest.len)
		r->h->refresh = keep_string(r, url_href(r->url));
	r->h->refresh_s = seconds;
	url_free(u);
}

static void take_meta(struct reader *r, const GumboNode *n)
{
	const char *content = html_attribute(n, "content");

	if (!content)
		return;
	if (!r->h->refresh && h1_same(html_stripped(html_attribute(n, "http-equiv")), "refresh"))
		take_refresh(r, content);
	if (*content && h1_same(html_stripped(html_attribute(n, "name")), "referrer"))
		r->h->referrer = keep_string(r, content);
}

static void take_preload(struct reader *r, const GumboNode *n)
{
	struct hf_bytes as = html_stripped(html_attribute(n, "as")), chosen;

	if (!media_matches(attribute_bytes(n, "media"), &r->cfg->view))
		return;
	if (h1_same(as, "image") && srcset_choose(attribute_bytes(n, "imagesrcset"), attribute_bytes(n, "imagesizes"),
						  attribute_bytes(n, "href"), &r->cfg->view, &chosen))
		link_to(r, REPORT_IMAGE, chosen, NULL);
	else if (h1_same(as, "style"))
		link_attribute(r, REPORT_STYLE, n, "href", NULL);
	else if (h1_same(as, "script"))
		link_attribute(r, REPORT_SCRIPT, n, "href", NULL);
	else if (h1_same(as, "font"))
		link_attribute(r, REPORT_FONT, n, "href", NULL);
	else
		link_attribute(r, REPORT_OTHER, n, "href", "a hint only: what it is for is not known here");
}

/* HTML 4.6.7. Alternate sheets and those for other media are fetched as well: they may come to apply. */
static void take_link(struct reader *r, const GumboNode *n)
{
	static const char *const icons[] = { "image/png",     "image/x-icon", "image/vnd.microsoft.icon",
					     "image/svg+xml", "image/gif",    "image/jpeg",
					     "image/webp",    "image/icon",   "image/ico" };
	const char *rel = html_attribute(n, "rel");

	if (!rel || !html_attribute(n, "href"))
		return;
	if (html_has_word(rel, "stylesheet")) {
		if (is_css(n) && !html_attribute(n, "disabled"))
			link_attribute(r, REPORT_STYLE, n, "href", NULL);
	} else if (html_has_word(rel, "icon")) {
		if (type_is(n, icons, HF_ARRAY_LEN(icons)) && media_matches(attribute_bytes(n, "media"), &r->cfg->view))
			link_attribute(r, REPORT_ICON, n, "href", r->cfg->is_frame ? "icons of frames are not shown" : NULL);
	} else if (html_has_word(rel, "preload")) {
		take_preload(r, n);
	} else if (html_has_word(rel, "modulepreload")) {
		link_attribute(r, REPORT_SCRIPT, n, "href", NULL);
	} else if (html_has_word(rel, "prefetch")) {
		link_attribute(r, REPORT_OTHER, n, "href", "a hint only: for the next page");
	}
}

static void take_style(struct reader *r, const GumboNode *n)
{
	const GumboVector *children = html_children(n);
	struct text t = { 0 };
	void *at;

	if (!is_css(n))
		return;
	for (unsigned i = 0; i < children->length; i++) {
		const GumboNode *c = children->data[i];

		if (c->type == GUMBO_NODE_TEXT || c->type == GUMBO_NODE_WHITESPACE || c->type == GUMBO_NODE_CDATA)
			text_add(&t, c->v.text.text);
	}
	r->failed |= t.failed;
	at = keep(r, text_str(&t), t.len);
	if (at && t.len)
		add_item(r, &(struct html_item){ .what = HTML_CSS, .kind = REPORT_STYLE, .css = { at, t.len } });
	text_free(&t);
}

/* HTML 4.12.1: what is no JavaScript is data. */
static void take_script(struct reader *r, const GumboNode *n)
{
	static const char *const types[] = {
		"module",
		"text/javascript",
		"application/javascript",
		"application/x-javascript",
		"text/ecmascript",
		"text/x-javascript",
		"text/javascript1.0",
		"text/javascript1.1",
		"text/javascript1.2",
		"text/javascript1.3",
		"text/javascript1.4",
		"text/javascript1.5",
		"text/jscript",
		"text/livescript",
		"text/x-ecmascript",
		"application/ecmascript",
		"application/x-ecmascript",
	};
	bool module = h1_same(html_stripped(html_attribute(n, "type")), "module");

	if (type_is(n, types, HF_ARRAY_LEN(types)))
		link_attribute(r, REPORT_SCRIPT, n, "src",
			       html_attribute(n, "nomodule") && !module ? "for browsers without modules only" : NULL);
}

static void take_svg_script(struct reader *r, const GumboNode *n)
{
	link_attribute(r, REPORT_SCRIPT, n, "href", NULL);
}

static const char *const image_types[] = { "image/png",  "image/jpeg",    "image/jpg", "image/gif",
					   "image/webp", "image/svg+xml", "image/apng" };

/* By its name, as gumbo has a tag for it since 0.13 only. */
static bool is_picture(const GumboNode *n)
{
	GumboStringPiece name = n->v.element.original_tag;

	if (n->type != GUMBO_NODE_ELEMENT)
		return false;
	gumbo_tag_from_original_text(&name);
	return h1_same((struct hf_bytes){ (const uint8_t *)name.data, name.length }, "picture");
}

/* A <source> of a <picture> before the image (HTML 4.8.4.3.5); NULL: none of them is for us. */
static const GumboNode *find_source(const struct reader *r, const GumboNode *img)
{
	const GumboVector *all;

	if (!img->parent || !is_picture(img->parent))
		return NULL;
	all = html_children(img->parent);
	for (unsigned i = 0; i < all->length && all->data[i] != img; i++) {
		const GumboNode *n = all->data[i];
		struct srcset_candidate first;
		struct hf_bytes set;

		if (!html_is(n, GUMBO_TAG_SOURCE))
			continue;
		set = attribute_bytes(n, "srcset");
		if (srcset_next(&set, &first) && media_matches(attribute_bytes(n, "media"), &r->cfg->view) &&
		    type_is(n, image_types, HF_ARRAY_LEN(image_types)))
			return n;
	}
	return NULL;
}

static void take_img(struct reader *r, const GumboNode *n)
{
	const GumboNode *source = find_source(r, n);
	struct hf_bytes chosen, src = { 0 };

	if (!source) {
		source = n;
		src = attribute_bytes(n, "src");
	}
	if (srcset_choose(attribute_bytes(source, "srcset"), attribute_bytes(source, "sizes"), src, &r->cfg->view, &chosen))
		link_to(r, REPORT_IMAGE, chosen, NULL);
}

static void take_input(struct reader *r, const GumboNode *n)
{
	if (h1_same(html_stripped(html_attribute(n, "type")), "image"))
		link_attribute(r, REPORT_IMAGE, n, "src", NULL);
}

static void take_video(struct reader *r, const GumboNode *n)
{
	link_attribute(r, REPORT_IMAGE, n, "poster", NULL);
	link_attribute(r, REPORT_OTHER, n, "src", "films and sound are not loaded");
}

static void take_audio(struct reader *r, const GumboNode *n)
{
	link_attribute(r, REPORT_OTHER, n, "src", "films and sound are not loaded");
}

static void take_embed(struct reader *r, const GumboNode *n)
{
	link_attribute(r, REPORT_OTHER, n, "src", "embedded objects are not loaded");
}

static void take_object(struct reader *r, const GumboNode *n)
{
	link_attribute(r, REPORT_OTHER, n, "data", "embedded objects are not loaded");
}

static void take_svg_image(struct reader *r, const GumboNode *n)
{
	link_attribute(r, REPORT_IMAGE, n, "href", NULL);
}

static void take_frame(struct reader *r, const GumboNode *n)
{
	const char *inside = html_attribute(n, "srcdoc");
	static const char deep[] = "a frame in a frame: one level is loaded";

	if (html_is(n, GUMBO_TAG_IFRAME) && inside) {
		void *at = r->cfg->is_frame ? NULL : keep(r, inside, strlen(inside));

		if (at)
			add_item(r, &(struct html_item){
					    .what = HTML_SRCDOC, .kind = REPORT_FRAME, .css = { at, strlen(inside) } });
		return;
	}
	link_attribute(r, REPORT_FRAME, n, "src", r->cfg->is_frame ? deep : NULL);
}

static void take_background(struct reader *r, const GumboNode *n)
{
	link_attribute(r, REPORT_IMAGE, n, "background", NULL);
}

static const struct {
	GumboTag tag;
	take *html, *in_svg; /* by its namespace */
} rows[] = {
	{ GUMBO_TAG_BASE, take_base, NULL },         { GUMBO_TAG_TITLE, take_title, NULL },
	{ GUMBO_TAG_META, take_meta, NULL },         { GUMBO_TAG_LINK, take_link, NULL },
	{ GUMBO_TAG_STYLE, take_style, take_style }, { GUMBO_TAG_SCRIPT, take_script, take_svg_script },
	{ GUMBO_TAG_IMG, take_img, NULL },           { GUMBO_TAG_INPUT, take_input, NULL },
	{ GUMBO_TAG_VIDEO, take_video, NULL },       { GUMBO_TAG_AUDIO, take_audio, NULL },
	{ GUMBO_TAG_EMBED, take_embed, NULL },       { GUMBO_TAG_OBJECT, take_object, NULL },
	{ GUMBO_TAG_IMAGE, NULL, take_svg_image },   { GUMBO_TAG_IFRAME, take_frame, NULL },
	{ GUMBO_TAG_FRAME, take_frame, NULL },       { GUMBO_TAG_BODY, take_background, NULL },
	{ GUMBO_TAG_TABLE, take_background, NULL },  { GUMBO_TAG_TBODY, take_background, NULL },
	{ GUMBO_TAG_THEAD, take_background, NULL },  { GUMBO_TAG_TFOOT, take_background, NULL },
	{ GUMBO_TAG_TR, take_background, NULL },     { GUMBO_TAG_TD, take_background, NULL },
	{ GUMBO_TAG_TH, take_background, NULL },
};

static void take_style_attribute(struct reader *r, const GumboNode *n)
{
	const char *style = html_attribute(n, "style");
	struct css_scan s;
	struct css_want w;

	if (!style)
		return;
	css_scan_begin(&s, hf_bytes_of(style), true, r->cfg->view.density);
	while (css_scan_next(&s, &w))
		if (w.what == CSS_IMAGE)
			link_to(r, REPORT_IMAGE, w.url, NULL);
	css_scan_end(&s);
}

static void take_element(struct reader *r, const GumboNode *n)
{
	bool html = n->v.element.tag_namespace == GUMBO_NAMESPACE_HTML,
	     svg = n->v.element.tag_namespace == GUMBO_NAMESPACE_SVG;

	if (r->cfg->css_images)
		take_style_attribute(r, n);
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		if (rows[i].tag != n->v.element.tag)
			continue;
		if (html && rows[i].html)
			rows[i].html(r, n);
		else if (svg && rows[i].in_svg)
			rows[i].in_svg(r, n);
		return;
	}
}

static void walk(struct reader *r, const struct html_tree *t)
{
	struct html_walk w;
	const GumboNode *n;
	bool leave;

	html_walk_begin(&w, t->root);
	while ((n = html_walk_next(&w, &leave)) != NULL && !r->failed) {
		if (leave)
			continue;
		r->h->nodes++;
		r->h->nesting = hf_max_u32(r->h->nesting, (uint32_t)w.depth);
		if (n->type == GUMBO_NODE_TEMPLATE || html_is(n, GUMBO_TAG_NOSCRIPT))
			html_walk_skip(&w);
		else if (n->type == GUMBO_NODE_ELEMENT)
			take_element(r, n);
	}
	r->failed |= w.failed;
	html_walk_end(&w);
}

/* Of several icons one is shown: of equal ones the last (HTML 4.6.7.8). */
static void choose_icon(struct html *h)
{
	struct html_item *last = NULL;

	for (size_t i = 0; i < h->items; i++) {
		if (h->item[i].what != HTML_LINK || h->item[i].kind != REPORT_ICON || h->item[i].not_wanted)
			continue;
		if (last)
			last->not_wanted = "another icon is shown";
		last = &h->item[i];
	}
}

hf_status html_read(struct hf_bytes html, const struct html_config *cfg, struct html *ret)
{
	struct reader r = { .h = ret, .cfg = cfg };
	struct html_tree t;

	*ret = (struct html){ .title = "", .base = "" };
	r.base = r.url = url_parse(hf_bytes_of(cfg->url), NULL, NULL);
	if (html_tree_make(html, &cfg->limits, &t) != HF_OK) {
		url_free(r.url);
		return HF_FULL;
	}
	ret->cut = t.cut;
	ret->flattened = t.flattened;
	ret->quirks = t.root->v.document.doc_type_quirks_mode == GUMBO_DOCTYPE_QUIRKS;
	walk(&r, &t);
	choose_icon(ret);
	if (r.base)
		ret->base = keep_string(&r, url_href(r.base));
	html_tree_free(&t);
	if (r.base != r.url)
		url_free(r.base);
	url_free(r.url);
	if (!r.failed)
		return HF_OK;
	html_free(ret);
	return HF_FULL;
}

void html_free(struct html *h)
{
	struct html_memory *m;

	while ((m = h->memory) != NULL) {
		h->memory = m->older;
		free(m);
	}
	free(h->item);
	*h = (struct html){ .title = "", .base = "" };
}
