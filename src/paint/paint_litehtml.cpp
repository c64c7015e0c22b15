// SPDX-License-Identifier: MIT
//
// The document_container of litehtml: what a layout asks of its surroundings, handed on to our C. No state but the document's own; nothing
// is fetched, only looked up. Elements that litehtml does not have, or has otherwise than browsers, are ours: pictures with their
// alternative text, style sheets by way of paint_css, the boxes of forms, frames.
//
#include "paint/paint_litehtml.h"

#include <glib.h>
#include <litehtml/litehtml.h>
#include <litehtml/el_image.h>
#include <litehtml/el_style.h>
#include <litehtml/el_text.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "paint/paint_css.h"
#include "paint/paint_inline.h"
#include "paint/paint_text.h"

using litehtml::position;
using litehtml::tstring;
using litehtml::uint_ptr;
using doc_ptr = std::shared_ptr<litehtml::document>;

namespace
{

constexpr int BEYOND = 200;          // pixels that what an element draws may leave its box by
constexpr int LAYOUT_MOST = 1 << 26; // of a coordinate that is drawn: beyond, cairo's own numbers end

struct free_g {
	void operator()(void *p) const
	{
		g_free(p);
	}
};
using g_string = std::unique_ptr<char, free_g>;

struct paint_rgba rgba(const litehtml::web_color &c)
{
	return { c.red, c.green, c.blue, c.alpha };
}

struct paint_rect rect(const position &p)
{
	auto bound = [](int v) { return (double)std::clamp(v, -LAYOUT_MOST, LAYOUT_MOST); };

	return { bound(p.x), bound(p.y), bound(p.width), bound(p.height) };
}

struct paint_radii radii(const litehtml::border_radiuses &r)
{
	return { { (double)r.top_left_x, (double)r.top_right_x, (double)r.bottom_right_x, (double)r.bottom_left_x },
		 { (double)r.top_left_y, (double)r.top_right_y, (double)r.bottom_right_y, (double)r.bottom_left_y } };
}

struct paint_edge edge(const litehtml::border &b)
{
	// litehtml's order of styles, with hidden as none.
	static const enum paint_line lines[] = { PAINT_LINE_NONE,   PAINT_LINE_NONE,  PAINT_LINE_DOTTED,
						 PAINT_LINE_DASHED, PAINT_LINE_SOLID, PAINT_LINE_DOUBLE,
						 PAINT_LINE_GROOVE, PAINT_LINE_RIDGE, PAINT_LINE_INSET,
						 PAINT_LINE_OUTSET };
	unsigned n = (unsigned)b.style;

	return { (double)b.width, n < std::size(lines) ? lines[n] : PAINT_LINE_NONE, rgba(b.color) };
}

class page_view;

// The container that elements of ours find behind their document.
page_view &view_of(const litehtml::element &el);

// ---- elements ----

class page_style : public litehtml::el_style
{
	litehtml::elements_vector texts;
	tstring media;

      public:
	explicit page_style(const doc_ptr &doc, const tstring &media) : el_style(doc), media(media)
	{
	}
	bool appendChild(const ptr &el) override
	{
		texts.push_back(el);
		return true;
	}
	void parse_attributes() override;
};

class page_link : public litehtml::html_tag
{
      public:
	using html_tag::html_tag;
	void parse_attributes() override;
};

class page_image : public litehtml::el_image
{
	std::string source; // name in the store
	std::string alt;
	bool has_alt = false;
	bool sized = false;

      public:
	explicit page_image(const doc_ptr &doc) : el_image(doc)
	{
	}
	void parse_attributes() override;
	void parse_styles(bool is_reparse) override;
	void get_content_size(litehtml::size &sz, int max_width) override;
	void draw(uint_ptr hdc, int x, int y, const position *clip) override;

      private:
	void offer(std::vector<std::string> &to, const char *set);
	int alt_width();
	void draw_broken(cairo_t *cr, const position &at);
};

// A rule; its width and side may be attributes (HTML 15.3.7).
class page_rule : public litehtml::html_tag
{
      public:
	using html_tag::html_tag;
	void parse_attributes() override
	{
		const char *width = get_attr("width"), *align = get_attr("align", "");

		if (width)
			m_style.add_property("width", width, nullptr, false, this);
		if (!strcasecmp(align, "left"))
			m_style.add_property("margin-left", "0", nullptr, false, this);
		if (!strcasecmp(align, "right"))
			m_style.add_property("margin-right", "0", nullptr, false, this);
		html_tag::parse_attributes();
	}
};

// A frame shows the document that was given for it; one in a frame shows nothing.
class page_frame : public litehtml::html_tag
{
	std::unique_ptr<page_view> inner;

      public:
	explicit page_frame(const doc_ptr &doc);
	~page_frame() override;
	void parse_attributes() override;
	void get_content_size(litehtml::size &sz, int max_width) override;
	void draw(uint_ptr hdc, int x, int y, const position *clip) override;
};

// ---- the view ----

class page_view : public litehtml::document_container
{
      public:
	struct paint_view view;
	std::string base;
	struct paint_store *store;
	struct paint_fonts *fonts;
	struct paint_css *css;
	unsigned depth;
	litehtml::context context;
	litehtml::css user;
	doc_ptr doc;

	page_view(const struct paint_view &view, struct paint_store *store, struct paint_fonts *fonts, unsigned depth)
	    : view(view), base(view.base), store(store), fonts(fonts), depth(depth)
	{
		css = paint_css_make(store, view.width, view.height, view.density);
		if (!css)
			throw std::bad_alloc();
		context.load_master_stylesheet(paint_ua_css);
	}
	virtual ~page_view()
	{
		doc.reset();
		paint_css_free(css);
	}
	page_view(const page_view &) = delete;
	page_view &operator=(const page_view &) = delete;

	void load(const char *html)
	{
		learn_styles(html);
		if (view.user_css && *view.user_css) {
			g_string flat(paint_css_flatten(css, hf_bytes_of(view.user_css), base.c_str()));

			user.parse_stylesheet(flat.get(), nullptr, nullptr, nullptr);
			user.sort_selectors();
		}
		g_string whole(paint_inline_svg(store, html));

		doc = litehtml::document::createFromUTF8(whole.get(), this, &context, &user);
		settle();
	}

	// The absolute URL as a name of the store; empty: it is none.
	std::string name(const char *url) const
	{
		if (!strncmp(url, "hf:", 3))
			return url;
		g_string absolute(paint_resolve(url, base.c_str()));

		return absolute ? paint_store_name(store, absolute.get()) : "";
	}

	const struct paint_image *image(const tstring &url) const
	{
		std::string n = url.empty() ? "" : name(url.c_str());

		return n.empty() ? nullptr : paint_store_image(store, n.c_str());
	}

      private:
	void settle();

	// Custom properties are used before the sheet that sets them has been seen; so all are looked through first.
	void learn_styles(const char *html)
	{
		for (unsigned i = 0; i < paint_store_styles(store); i++)
			paint_css_learn(css, paint_store_style_at(store, i));
		for (const char *at = html; (at = strcasestr(at, "<style"));) {
			const char *begin = strchr(at, '>'), *end = begin ? strcasestr(begin, "</style") : nullptr;

			if (!end)
				break;
			paint_css_learn(css, { (const uint8_t *)begin + 1, (size_t)(end - begin - 1) });
			at = end;
		}
	}

	// ---- fonts ----

	uint_ptr create_font(const char *face, int size, int weight, litehtml::font_style italic, unsigned decoration,
			     litehtml::font_metrics *fm) override
	{
		struct paint_font_metrics m;
		unsigned lines = 0;
		struct paint_font *font;

		if (decoration & litehtml::font_decoration_underline)
			lines |= PAINT_UNDERLINE;
		if (decoration & litehtml::font_decoration_linethrough)
			lines |= PAINT_LINE_THROUGH;
		if (decoration & litehtml::font_decoration_overline)
			lines |= PAINT_OVERLINE;
		font = paint_font_make(fonts, face, size, weight, italic == litehtml::fontStyleItalic, lines, &m);

		if (fm) {
			fm->height = m.height;
			fm->ascent = m.ascent;
			fm->descent = m.descent;
			fm->x_height = m.x_height;
			fm->draw_spaces = lines != 0;
		}
		return (uint_ptr)font;
	}
	void delete_font(uint_ptr font) override
	{
		paint_font_free((struct paint_font *)font);
	}
	int text_width(const char *text, uint_ptr font) override
	{
		return text && font ? paint_font_width((struct paint_font *)font, text) : 0;
	}
	void draw_text(uint_ptr hdc, const char *text, uint_ptr font, litehtml::web_color colour, const position &pos) override
	{
		if (text && font)
			paint_font_draw((struct paint_font *)font, (cairo_t *)hdc, text, rect(pos).x, rect(pos).y,
					rgba(colour));
	}
	int pt_to_px(int pt) const override
	{
		return (int)std::lround(pt * 96.0 / 72.0);
	}
	int get_default_font_size() const override
	{
		return 16;
	}
	const char *get_default_font_name() const override
	{
		return "serif";
	}
	void transform_text(tstring &text, litehtml::text_transform tt) override
	{
		if (!g_utf8_validate(text.c_str(), -1, nullptr))
			return;
		if (tt == litehtml::text_transform_uppercase)
			text = g_string(g_utf8_strup(text.c_str(), -1)).get();
		else if (tt == litehtml::text_transform_lowercase)
			text = g_string(g_utf8_strdown(text.c_str(), -1)).get();
		else if (tt == litehtml::text_transform_capitalize && !text.empty()) {
			const char *rest = g_utf8_next_char(text.c_str());

			text = std::string(g_string(g_utf8_strup(text.c_str(), rest - text.c_str())).get()) +
			       std::string(rest);
		}
	}

	// ---- pictures ----

	void load_image(const char *src, const char *, bool) override
	{
		std::string n = src && *src ? name(src) : "";

		if (!n.empty())
			paint_store_want(store, n.c_str());
	}
	void get_image_size(const char *src, const char *, litehtml::size &sz) override
	{
		const struct paint_image *i = src ? image(src) : nullptr;
		unsigned width = 0, height = 0;

		if (i)
			paint_image_size(i, &width, &height);
		sz.width = (int)width;
		sz.height = (int)height;
	}
	void draw_background(uint_ptr hdc, const litehtml::background_paint &bg) override
	{
		struct paint_background b = {};

		b.clip = rect(bg.clip_box);
		b.radii = radii(bg.border_radius);
		b.colour = rgba(bg.color);
		b.image = image(bg.image);
		b.tile = { (double)bg.position_x, (double)bg.position_y, (double)bg.image_size.width,
			   (double)bg.image_size.height };
		b.repeat_x = bg.repeat == litehtml::background_repeat_repeat ||
			     bg.repeat == litehtml::background_repeat_repeat_x;
		b.repeat_y = bg.repeat == litehtml::background_repeat_repeat ||
			     bg.repeat == litehtml::background_repeat_repeat_y;
		if (bg.is_root) {
			// The root's background is the canvas' (CSS Backgrounds 3, 2.11.1).
			double x0, y0, x1, y1;

			cairo_clip_extents((cairo_t *)hdc, &x0, &y0, &x1, &y1);
			b.clip = { x0, y0, x1 - x0, y1 - y0 };
			b.radii = {};
		}
		paint_fill((cairo_t *)hdc, &b);
	}
	void draw_borders(uint_ptr hdc, const litehtml::borders &b, const position &pos, bool) override
	{
		struct paint_edge edges[4] = { edge(b.top), edge(b.right), edge(b.bottom), edge(b.left) };
		struct paint_rect box = rect(pos);
		struct paint_radii r = radii(b.radius);

		paint_borders((cairo_t *)hdc, &box, edges, &r);
	}
	void draw_list_marker(uint_ptr hdc, const litehtml::list_marker &marker) override
	{
		cairo_t *cr = (cairo_t *)hdc;
		struct paint_rect at = rect(marker.pos);
		char text[64];

		if (!marker.image.empty()) {
			const struct paint_image *i = image(marker.image);
			unsigned width, height;

			if (i) {
				paint_image_size(i, &width, &height);
				paint_image_draw(i, cr, at.x, at.y, width, height);
				return;
			}
		}
		switch (marker.marker_type) {
		case litehtml::list_style_type_none:
			break;
		case litehtml::list_style_type_circle:
			paint_mark(cr, &at, PAINT_MARK_CIRCLE, rgba(marker.color));
			break;
		case litehtml::list_style_type_disc:
			paint_mark(cr, &at, PAINT_MARK_DISC, rgba(marker.color));
			break;
		case litehtml::list_style_type_square:
			paint_mark(cr, &at, PAINT_MARK_SQUARE, rgba(marker.color));
			break;
		default:
			if (marker.font && paint_count(count_of(marker.marker_type), marker.index, text, sizeof(text)))
				draw_text(hdc, text, marker.font, marker.color, marker.pos);
		}
	}
	static enum paint_numerals count_of(litehtml::list_style_type t)
	{
		switch (t) {
		case litehtml::list_style_type_armenian:
			return PAINT_ARMENIAN;
		case litehtml::list_style_type_georgian:
			return PAINT_GEORGIAN;
		case litehtml::list_style_type_hebrew:
			return PAINT_HEBREW;
		case litehtml::list_style_type_hiragana:
			return PAINT_HIRAGANA;
		case litehtml::list_style_type_hiragana_iroha:
			return PAINT_HIRAGANA_IROHA;
		case litehtml::list_style_type_katakana:
			return PAINT_KATAKANA;
		case litehtml::list_style_type_katakana_iroha:
			return PAINT_KATAKANA_IROHA;
		case litehtml::list_style_type_cjk_ideographic:
			return PAINT_CJK;
		default:
			return PAINT_DECIMAL;
		}
	}

	// ---- the document ----

	void set_caption(const char *) override
	{
	}
	void set_base_url(const char *) override
	{
		// The loader has seen it already: our base is by it.
	}
	void link(const doc_ptr &, const litehtml::element::ptr &) override
	{
	}
	void on_anchor_click(const char *, const litehtml::element::ptr &) override
	{
	}
	void set_cursor(const char *) override
	{
	}
	void import_css(tstring &text, const tstring &, tstring &) override
	{
		// paint_css has put all imports in place.
		text.clear();
	}
	void set_clip(const position &pos, const litehtml::border_radiuses &r, bool valid_x, bool valid_y) override
	{
		cairo_t *cr = canvas;
		struct paint_rect at = rect(pos);
		struct paint_radii round = radii(r);

		if (!valid_x) {
			at.x = -LAYOUT_MOST;
			at.width = 2.0 * LAYOUT_MOST;
		}
		if (!valid_y) {
			at.y = -LAYOUT_MOST;
			at.height = 2.0 * LAYOUT_MOST;
		}
		cairo_save(cr);
		cairo_new_path(cr);
		paint_round_path(cr, &at, &round);
		cairo_clip(cr);
		clipped++;
	}
	void del_clip() override
	{
		if (clipped) {
			cairo_restore(canvas);
			clipped--;
		}
	}
	void get_client_rect(position &client) const override
	{
		client = position(0, 0, (int)view.width, (int)view.height);
	}
	litehtml::element::ptr create_element(const char *tag, const litehtml::string_map &attributes,
					      const doc_ptr &doc) override;
	void get_media_features(litehtml::media_features &m) const override
	{
		m.type = litehtml::media_type_screen;
		m.width = m.device_width = (int)view.width;
		m.height = m.device_height = (int)view.height;
		m.color = 8;
		m.color_index = 0;
		m.monochrome = 0;
		m.resolution = (int)std::lround(96 * view.density);
	}
	void get_language(tstring &language, tstring &culture) const override
	{
		language = "en";
		culture = "";
	}

      public:
	cairo_t *canvas = nullptr;
	unsigned clipped = 0;

	/* Only what meets the clip is drawn, and x and y are where the page begins. */
	void draw(cairo_t *cr, int x, int y, position clip)
	{
		canvas = cr;
		doc->draw((uint_ptr)cr, x, y, &clip);
		while (clipped)
			del_clip();
		canvas = nullptr;
	}
};

page_view &view_of(const litehtml::element &el)
{
	return *static_cast<page_view *>(el.get_document()->container());
}

// ---- style sheets ----

void page_style::parse_attributes()
{
	page_view &v = view_of(*this);
	tstring text;

	if (!paint_css_media(v.css, media.c_str()))
		return;
	for (auto &el : texts)
		el->get_text(text);
	g_string flat(paint_css_flatten(v.css, hf_bytes_of(text.c_str()), v.base.c_str()));

	if (flat && *flat)
		get_document()->add_stylesheet(flat.get(), nullptr, nullptr);
}

bool has_word(const char *in, const char *word)
{
	for (const char *at = in; (at = strcasestr(at, word)); at++)
		if ((at == in || g_ascii_isspace(at[-1])) && (!at[strlen(word)] || g_ascii_isspace(at[strlen(word)])))
			return true;
	return false;
}

void page_link::parse_attributes()
{
	page_view &v = view_of(*this);
	const char *rel = get_attr("rel", ""), *href = get_attr("href", "");
	struct hf_bytes body;

	if (!has_word(rel, "stylesheet") || has_word(rel, "alternate") || !*href || get_attr("disabled") ||
	    !paint_css_media(v.css, get_attr("media", "")))
		return;
	g_string absolute(paint_resolve(href, v.base.c_str()));

	if (!absolute || !paint_store_style(v.store, absolute.get(), &body))
		return;
	g_string flat(paint_css_flatten(v.css, body, absolute.get()));

	if (flat && *flat)
		get_document()->add_stylesheet(flat.get(), nullptr, nullptr);
}

// ---- pictures ----

void page_image::offer(std::vector<std::string> &to, const char *set)
{
	// Of what a srcset offers, the loader has chosen: here the one that is there is looked for.
	page_view &v = view_of(*this);

	for (const char *at = set; *at;) {
		at += strspn(at, " \t\n\r\f,");
		size_t len = strcspn(at, " \t\n\r\f");
		std::string url(at, len);

		at += len;
		if (!url.empty() && url.back() == ',')
			url.pop_back();
		else
			at += strcspn(at, ",");
		if (!url.empty())
			to.push_back(v.name(url.c_str()));
	}
}

void page_image::parse_attributes()
{
	page_view &v = view_of(*this);
	std::vector<std::string> offers;
	const char *given = get_attr("alt"), *src = get_attr("src", "");
	auto up = parent();

	has_alt = given != nullptr;
	alt = given ? given : "";
	std::replace_if(
		alt.begin(), alt.end(), [](char c) { return g_ascii_isspace(c); }, ' ');
	if (up && !strcmp(up->get_tagName(), "picture")) {
		for (int i = 0; i < (int)up->get_children_count(); i++) {
			auto el = up->get_child(i);

			if (!strcmp(el->get_tagName(), "source") && paint_css_media(v.css, el->get_attr("media", "")))
				offer(offers, el->get_attr("srcset", ""));
		}
	}
	offer(offers, get_attr("srcset", ""));
	source = *src ? v.name(src) : "";
	for (auto &n : offers) {
		if (!n.empty() && paint_store_image(v.store, n.c_str())) {
			source = n;
			break;
		}
	}
	if (source.empty() && !offers.empty())
		source = offers[0];
	set_attr("src", source.c_str());
	el_image::parse_attributes();
}

void page_image::parse_styles(bool is_reparse)
{
	el_image::parse_styles(is_reparse);
	sized = m_css_width.units() != litehtml::css_units_none || m_css_height.units() != litehtml::css_units_none ||
		get_attr("width") || get_attr("height");
}

int page_image::alt_width()
{
	auto up = parent();
	uint_ptr font = up && !alt.empty() ? up->get_font() : 0;

	return font ? view_of(*this).doc ? paint_font_width((struct paint_font *)font, alt.c_str()) : 0 : 0;
}

void page_image::get_content_size(litehtml::size &sz, int max_width)
{
	const struct paint_image *i = source.empty() ? nullptr : paint_store_image(view_of(*this).store, source.c_str());
	unsigned width = 0, height = 0;

	if (i) {
		paint_image_size(i, &width, &height);
	} else if (!alt.empty()) {
		// The sign of a broken picture, and behind it what it would have shown.
		auto up = parent();
		litehtml::font_metrics fm;

		if (up && up->get_font(&fm))
			height = (unsigned)std::max(16, fm.height);
		width = 16 + 2 + (unsigned)alt_width();
	} else if (!has_alt) {
		width = height = 16;
	}
	(void)max_width;
	sz.width = (int)width;
	sz.height = (int)height;
}

void page_image::draw_broken(cairo_t *cr, const position &at)
{
	struct paint_rect box = rect(at), sign = { box.x, box.y, 14, 16 };
	struct paint_edge line = { 1, PAINT_LINE_SOLID, { 0xc0, 0xc0, 0xc0, 255 } };
	struct paint_edge edges[4] = { line, line, line, line };
	struct paint_radii none = {};
	bool framed = sized && at.width >= 24 && at.height >= 20;
	auto up = parent();
	litehtml::font_metrics fm;
	uint_ptr font = up ? up->get_font(&fm) : 0;

	if (has_alt && alt.empty())
		return;
	cairo_save(cr);
	cairo_rectangle(cr, box.x, box.y, box.width, box.height);
	cairo_clip(cr);
	if (framed) {
		paint_borders(cr, &box, edges, &none);
		sign.x += 4;
		sign.y += 4;
	}
	paint_broken_sign(cr, &sign);
	if (font && !alt.empty()) {
		// As many words a line as fit.
		double x = sign.x + 18, y = sign.y, right = box.x + box.width - 2;
		gchar **words = g_strsplit(alt.c_str(), " ", 1000);

		for (gchar **w = words; *w; w++) {
			double width = paint_font_width((struct paint_font *)font, *w);

			if (framed && x + width > right && x > sign.x + 18) {
				x = sign.x;
				y += fm.height;
			}
			paint_font_draw((struct paint_font *)font, cr, *w, x, y, rgba(up->get_color("color", true)));
			x += width + paint_font_width((struct paint_font *)font, " ");
		}
		g_strfreev(words);
	}
	cairo_restore(cr);
}

void page_image::draw(uint_ptr hdc, int x, int y, const position *clip)
{
	position at = m_pos;

	el_image::draw(hdc, x, y, clip);
	at.x += x;
	at.y += y;
	if (at.does_intersect(clip) && !(source.size() && paint_store_image(view_of(*this).store, source.c_str())))
		draw_broken((cairo_t *)hdc, at);
}

// ---- frames ----

page_frame::page_frame(const doc_ptr &doc) : html_tag(doc)
{
}

page_frame::~page_frame() = default;

// What comes by itself has been trimmed by the loader; what stands in an attribute nobody has looked into, and deep nesting would
// take all the time there is.
static const size_t srcdoc_tags_most = 4096;

static bool is_modest(const char *html)
{
	size_t tags = 0;

	while ((html = strchr(html, '<')) && ++tags <= srcdoc_tags_most)
		html++;
	return tags <= srcdoc_tags_most;
}

void page_frame::parse_attributes()
{
	page_view &v = view_of(*this);
	const char *src = get_attr("src", ""), *html = get_attr("srcdoc"), *width = get_attr("width"),
		   *height = get_attr("height");
	struct paint_view view = v.view;
	g_string absolute;

	if (width)
		m_style.add_property("width", width, nullptr, false, this);
	if (height)
		m_style.add_property("height", height, nullptr, false, this);
	html_tag::parse_attributes();
	if (v.depth || (html && !is_modest(html)))
		return;
	absolute.reset(html ? g_strdup(v.base.c_str()) : *src ? paint_resolve(src, v.base.c_str()) : nullptr);
	if (!html && absolute)
		html = paint_store_frame(v.store, absolute.get());
	if (!html)
		return;
	view.base = absolute.get();
	view.width = (unsigned)std::clamp(width ? (int)strtol(width, nullptr, 10) : 300, 1, 4096);
	view.height = (unsigned)std::clamp(height ? (int)strtol(height, nullptr, 10) : 150, 1, 4096);
	inner = std::make_unique<page_view>(view, v.store, v.fonts, v.depth + 1);
	inner->load(html);
}

void page_frame::get_content_size(litehtml::size &sz, int)
{
	sz.width = 300;
	sz.height = 150;
}

void page_frame::draw(uint_ptr hdc, int x, int y, const position *clip)
{
	cairo_t *cr = (cairo_t *)hdc;
	position at = m_pos;

	html_tag::draw(hdc, x, y, clip);
	at.x += x;
	at.y += y;
	if (!inner || !inner->doc || at.width <= 0 || at.height <= 0 || !at.does_intersect(clip))
		return;
	cairo_save(cr);
	cairo_rectangle(cr, at.x, at.y, at.width, at.height);
	cairo_clip(cr);
	inner->view.width = (unsigned)at.width;
	inner->view.height = (unsigned)at.height;
	inner->doc->render(at.width);
	inner->draw(cr, at.x, at.y, position(at.x, at.y, at.width, at.height));
	cairo_restore(cr);
}

// ---- what litehtml's layout leaves out ----

// html_tag keeps these for itself and those derived from it.
struct open_tag : litehtml::html_tag {
	static litehtml::css_margins &margins(html_tag &t)
	{
		return t.*(&open_tag::m_css_margins);
	}
	static litehtml::css_margins &padding(html_tag &t)
	{
		return t.*(&open_tag::m_css_padding);
	}
	static litehtml::css_borders &borders(html_tag &t)
	{
		return t.*(&open_tag::m_css_borders);
	}
	static litehtml::element_float &floating(html_tag &t)
	{
		return t.*(&open_tag::m_float);
	}
	static litehtml::element_clear &clear(html_tag &t)
	{
		return t.*(&open_tag::m_clear);
	}
	static litehtml::style_display &display(html_tag &t)
	{
		return t.*(&open_tag::m_display);
	}
	static litehtml::overflow &overflow(html_tag &t)
	{
		return t.*(&open_tag::m_overflow);
	}
	static litehtml::margins &used_margins(html_tag &t)
	{
		return t.*(&open_tag::m_margins);
	}
	static litehtml::elements_vector &children(html_tag &t)
	{
		return t.html_tag::children();
	}
};

litehtml::html_tag *tag_of(const litehtml::element::ptr &el)
{
	return dynamic_cast<litehtml::html_tag *>(el.get());
}

bool is_flow_block(litehtml::html_tag &t)
{
	auto d = t.get_display();

	return (d == litehtml::display_block || d == litehtml::display_list_item || d == litehtml::display_table) &&
	       t.get_float() == litehtml::float_none && t.get_element_position() < litehtml::element_position_absolute;
}

bool is_bare(litehtml::html_tag &t)
{
	const litehtml::css_margins &p = open_tag::padding(t), &m = open_tag::margins(t);
	const litehtml::css_borders &b = open_tag::borders(t);

	return p.left.val() == 0 && p.right.val() == 0 && m.left.val() == 0 && m.right.val() == 0 &&
	       b.left.style <= litehtml::border_style_hidden && b.right.style <= litehtml::border_style_hidden;
}

// Neither drawn in the flow nor in the way of margins that meet.
bool is_aside(const litehtml::element::ptr &el)
{
	litehtml::html_tag *t = tag_of(el);

	if (!t)
		return el->is_white_space() || el->is_comment() || el->get_display() == litehtml::display_none;
	if (t->get_display() == litehtml::display_none || t->get_float() != litehtml::float_none ||
	    t->get_element_position() >= litehtml::element_position_absolute)
		return true;
	// An anchor without words, say: a line of nothing else is as if it were not there (CSS 2.2, 9.4.2).
	return t->get_display() == litehtml::display_inline && !t->is_replaced() && !t->is_break() && is_bare(*t) &&
	       std::all_of(open_tag::children(*t).begin(), open_tag::children(*t).end(), is_aside);
}

bool is_open(const litehtml::css_length &padding, const litehtml::css_border &border)
{
	return padding.val() == 0 && (border.style <= litehtml::border_style_hidden ||
				      (!border.width.is_predefined() && border.width.val() == 0));
}

bool is_open_above(litehtml::html_tag &t)
{
	return is_open(open_tag::padding(t).top, open_tag::borders(t).top);
}

bool is_open_below(litehtml::html_tag &t)
{
	return is_open(open_tag::padding(t).bottom, open_tag::borders(t).bottom);
}

bool is_length(const litehtml::css_length &l)
{
	return !l.is_predefined() && l.units() != litehtml::css_units_percentage && l.val() >= 0;
}

void set_top(litehtml::html_tag &t, float to)
{
	open_tag::margins(t).top.set_value(to, litehtml::css_units_px);
	open_tag::used_margins(t).top = (int)to;
}

void set_bottom(litehtml::html_tag &t, float to)
{
	open_tag::margins(t).bottom.set_value(to, litehtml::css_units_px);
	open_tag::used_margins(t).bottom = (int)to;
}

// A margin of an inner box that goes through the edge of the outer one becomes that one's.
void hand_out(litehtml::html_tag &inner, litehtml::html_tag &outer, bool top)
{
	litehtml::css_length in = top ? open_tag::margins(inner).top : open_tag::margins(inner).bottom;
	litehtml::css_length out = top ? open_tag::margins(outer).top : open_tag::margins(outer).bottom;
	auto set = top ? set_top : set_bottom;

	if (!is_length(in) || !is_length(out))
		return;
	if (in.val() > out.val())
		set(outer, in.val());
	set(inner, 0);
}

// Margins that meet become one (CSS 2.2, 8.3.1). litehtml sees that of a box before it has laid out what is inside it, and none at boxes
// with borders or padding; so what is known before any layout is settled here, from the inside outwards.
void collapse_margins(litehtml::html_tag &t)
{
	litehtml::html_tag *last = nullptr;
	bool first = true, blocks = false;

	for (auto &el : open_tag::children(t)) {
		litehtml::html_tag *child = tag_of(el);

		if (child)
			collapse_margins(*child);
	}
	blocks = t.get_display() == litehtml::display_block || t.get_display() == litehtml::display_list_item;
	bool through = blocks && t.have_parent() && t.get_overflow() == litehtml::overflow_visible && is_flow_block(t);

	for (auto &el : open_tag::children(t)) {
		litehtml::html_tag *child = tag_of(el);

		if (is_aside(el))
			continue;
		if (!child || !is_flow_block(*child)) {
			first = false;
			last = nullptr;
			continue;
		}
		auto &margins = open_tag::margins(*child);

		if (first && through && is_open_above(t) && child->get_clear() == litehtml::clear_none)
			hand_out(*child, t, true);
		if (last && !is_open_below(*last) && is_length(open_tag::margins(*last).bottom) && is_length(margins.top))
			set_top(*child,
				margins.top.val() - std::min(margins.top.val(), open_tag::margins(*last).bottom.val()));
		first = false;
		last = child;
	}
	if (last && through && is_open_below(t) && !is_open_below(*last) && t.get_css_height().is_predefined())
		hand_out(*last, t, false);
}

bool says(litehtml::html_tag &t, const char *property, const char *value)
{
	const char *is = t.get_style_property(property, false, "");

	return is && strstr(is, value);
}

double grow_of(litehtml::html_tag &t)
{
	const char *flex = t.get_style_property("flex", false, nullptr),
		   *grow = t.get_style_property("flex-grow", false, nullptr);

	if (grow)
		return g_ascii_strtod(grow, nullptr);
	return !flex || !strcmp(flex, "none") ? 0 : !strcmp(flex, "auto") ? 1 : g_ascii_strtod(flex, nullptr);
}

void float_to(litehtml::html_tag &t, litehtml::element_float side)
{
	open_tag::floating(t) = side;
	if (t.get_display() == litehtml::display_inline)
		open_tag::display(t) = litehtml::display_block;
}

// A row of a flexible box, made of floats: what is before the item that grows goes to the left, what is behind it to the right, and it
// takes what is left. Rows in rows in rows stay blocks: each level of floats doubles the time of layout.
void lay_flex_out(litehtml::html_tag &t, unsigned depth)
{
	auto &children = open_tag::children(t);
	litehtml::elements_vector items, rest;
	litehtml::element::ptr growing;
	bool row = depth < 3 && says(t, "-hf-flex", "row") && !says(t, "flex-direction", "column") &&
		   !says(t, "flex-flow", "column");
	bool words = false;
	unsigned grows = 0;

	if (says(t, "-hf-clear", "before"))
		open_tag::clear(t) = litehtml::clear_both;
	if (says(t, "-hf-clear", "after") && t.get_overflow() == litehtml::overflow_visible)
		open_tag::overflow(t) = litehtml::overflow_auto;
	for (auto &el : children) {
		litehtml::html_tag *child = tag_of(el);

		words |= !child && !is_aside(el);
		if (!child || child->get_display() == litehtml::display_none ||
		    child->get_element_position() >= litehtml::element_position_absolute) {
			// Blanks between items are not shown.
			if (!el->is_white_space())
				rest.push_back(el);
			continue;
		}
		items.push_back(el);
		if (grow_of(*child) > 0) {
			growing = el;
			grows++;
		}
	}
	if (row && !words && items.size() > 1) {
		bool behind = says(t, "flex-direction", "reverse"), apart = says(t, "justify-content", "space-between");
		litehtml::elements_vector right, all = rest;

		if (grows > 1)
			growing = nullptr;
		for (auto &el : items) {
			litehtml::html_tag *child = tag_of(el);

			if (el == growing) {
				behind = !behind;
				continue;
			}
			if (says(*child, "margin-left", "auto") || (apart && el == items.back()))
				behind = true;
			float_to(*child, behind ? litehtml::float_right : litehtml::float_left);
			if (behind)
				right.push_back(el);
			else
				all.push_back(el);
		}
		all.insert(all.end(), right.rbegin(), right.rend());
		if (growing) {
			litehtml::html_tag *child = tag_of(growing);

			open_tag::floating(*child) = litehtml::float_none;
			if (child->get_display() == litehtml::display_inline)
				open_tag::display(*child) = litehtml::display_block;
			if (child->get_overflow() == litehtml::overflow_visible)
				open_tag::overflow(*child) = litehtml::overflow_auto;
			all.push_back(growing);
		}
		children = all;
		if (t.get_overflow() == litehtml::overflow_visible)
			open_tag::overflow(t) = litehtml::overflow_auto;
		depth++;
	}
	for (auto &el : children)
		if (litehtml::html_tag *child = tag_of(el))
			lay_flex_out(*child, depth);
}

void page_view::settle()
{
	litehtml::html_tag *root = doc && doc->root() ? tag_of(doc->root()) : nullptr;

	if (!root)
		return;
	lay_flex_out(*root, 0);
	collapse_margins(*root);
}

// ---- forms ----

// A control is a box of its own, whatever a page says of its display.
class page_control : public litehtml::html_tag
{
      public:
	using html_tag::html_tag;
	void parse_styles(bool is_reparse) override
	{
		html_tag::parse_styles(is_reparse);
		if (m_display == litehtml::display_inline)
			m_display = litehtml::display_inline_block;
	}
};

// What stands in a control: its value, or what it says when it has none.
std::string control_text(const litehtml::string_map &a)
{
	auto get = [&](const char *name) {
		auto at = a.find(name);

		return at == a.end() ? std::string() : at->second;
	};
	std::string type = get("type"), value = get("value");

	if (type == "checkbox" || type == "radio" || type == "hidden" || type == "range" || type == "color" || type == "image")
		return "";
	if (type == "submit" && a.find("value") == a.end())
		return "Submit";
	if (type == "reset" && a.find("value") == a.end())
		return "Reset";
	if (type == "file")
		return "Choose File";
	if (type == "password")
		return std::string(value.size(), '*');
	return value.empty() ? get("placeholder") : value;
}

litehtml::element::ptr page_view::create_element(const char *tag, const litehtml::string_map &attributes, const doc_ptr &doc)
{
	if (!strcmp(tag, "style")) {
		auto media = attributes.find("media");

		return std::make_shared<page_style>(doc, media == attributes.end() ? "" : media->second);
	}
	if (!strcmp(tag, "link"))
		return std::make_shared<page_link>(doc);
	if (!strcmp(tag, "img"))
		return std::make_shared<page_image>(doc);
	if (!strcmp(tag, "hr"))
		return std::make_shared<page_rule>(doc);
	if (!strcmp(tag, "iframe"))
		return std::make_shared<page_frame>(doc);
	if (!strcmp(tag, "input")) {
		auto el = std::make_shared<page_control>(doc);
		std::string text = control_text(attributes);
		auto value = attributes.find("value");

		if (!text.empty())
			el->appendChild(std::make_shared<litehtml::el_text>(text.c_str(), doc));
		if (attributes.count("placeholder") && (value == attributes.end() || value->second.empty()))
			el->set_attr("hf-empty", "");
		return el;
	}
	if (!strcmp(tag, "button") || !strcmp(tag, "select") || !strcmp(tag, "textarea"))
		return std::make_shared<page_control>(doc);
	return nullptr;
}

} // namespace

// ---- the C face ----

struct paint_doc {
	page_view view;

	paint_doc(const struct paint_view &v, struct paint_store *store, struct paint_fonts *fonts)
	    : view(v, store, fonts, 0)
	{
	}
};

struct paint_doc *paint_doc_make(const char *html, const struct paint_view *view, struct paint_store *store,
				 struct paint_fonts *fonts)
{
	try {
		auto d = std::make_unique<paint_doc>(*view, store, fonts);

		d->view.load(html);
		return d->view.doc ? d.release() : nullptr;
	} catch (...) {
		return nullptr;
	}
}

void paint_doc_free(struct paint_doc *d)
{
	delete d;
}

bool paint_doc_lay_out(struct paint_doc *d, unsigned *ret_width, unsigned *ret_height)
{
	try {
		d->view.doc->render((int)d->view.view.width);
		*ret_width = (unsigned)std::max(0, d->view.doc->width());
		*ret_height = (unsigned)std::max(0, d->view.doc->height());
		return true;
	} catch (...) {
		return false;
	}
}

bool paint_doc_draw(struct paint_doc *d, cairo_t *cr, unsigned top, unsigned width, unsigned height)
{
	try {
		/* What litehtml takes for outside of the clip may still reach into it: letters and shadows leave their boxes. */
		d->view.draw(cr, 0, 0, position(0, (int)top - BEYOND, (int)width, (int)height + 2 * BEYOND));
		return cairo_status(cr) == CAIRO_STATUS_SUCCESS;
	} catch (...) {
		return false;
	}
}
