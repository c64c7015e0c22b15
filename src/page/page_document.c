/* SPDX-License-Identifier: MIT */
#include "page/page_internal.h"

#include "base/ascii.h"
#include "base/bits.h"
#include "page/image_size.h"

/* Documents: what is shown of which type, what it names, and what a painter is given of it. */

static void take_items(struct page *p, uint32_t i, const struct html *h, hf_time_ns now);

static struct html_config config_of(const struct page *p, const char *url, bool is_frame)
{
	return (struct html_config){
		.url = url,
		.view = p->view,
		.is_frame = is_frame,
		.css_images = p->cfg.css_images,
		.limits = { .nodes = p->limits.nodes, .nesting = p->limits.nesting },
	};
}

static void read_html(struct page *p, uint32_t i, struct hf_bytes html, const char *url, bool is_frame, hf_time_ns now)
{
	struct html_config cfg = config_of(p, url, is_frame);
	struct html h;

	if (html_read(html, &cfg, &h) != HF_OK) {
		content_refuse(p, i, REPORT_E_NO_MEMORY, "", now);
		return;
	}
	if (h.flattened)
		page_limit(p, i, now, "elements %u deep in each other: %u deeper ones are left out", p->limits.nesting,
			   h.flattened);
	if (h.cut)
		page_limit(p, i, now, "%u nodes of a document: the rest of it is left out", p->limits.nodes);
	if (h.referrer)
		p->fetch[i]->referrer = report_keep(p->report, h.referrer);
	if (!is_frame) {
		p->report->title = report_keep(p->report, h.title);
		p->base = report_keep(p->report, h.base);
		p->quirks = h.quirks;
		if (h.refresh) {
			page_row(p, i)->note = report_keep(p->report, "it asks for a refresh, which is not followed");
			page_tell(p, now, REPORT_LAYER_PAGE, REPORT_PEER, i, "refresh", "",
				  "The page asks to be replaced after %u s by %.300s: that is not followed.",
				  h.refresh_s, h.refresh);
		}
	}
	take_items(p, i, &h, now);
	html_free(&h);
}

static void take_items(struct page *p, uint32_t i, const struct html *h, hf_time_ns now)
{
	if (p->cfg.document_only)
		return;
	for (size_t k = 0; k < h->items && !p->full && !p->stopped; k++) {
		const struct html_item *item = &h->item[k];

		switch (item->what) {
		case HTML_LINK:
			content_want(p, item->kind, item->url, i, item->not_wanted, now);
			break;
		case HTML_CSS:
			content_scan_css(p, item->css, h->base, i, now);
			break;
		case HTML_SRCDOC:
			read_html(p, i, item->css, h->base, true, now);
			break;
		}
	}
}

enum shape { IS_HTML, IS_TEXT, IS_IMAGE, IS_OTHER };

/* MIME Sniffing Standard 7.1, as far as there is something to show. */
static enum shape sniff(struct hf_bytes b)
{
	static const char *const tags[] = {
		"<!doctype html", "<html",  "<head", "<script", "<iframe", "<h1", "<div", "<font", "<table", "<a",
		"<style",         "<title", "<b",    "<body",   "<br",     "<p",  "<!--"
	};
	size_t n = hf_min_u64(b.len, 1445);

	if (image_type(b) && b.at[0] != '<')
		return IS_IMAGE;
	for (size_t i = 0; i < n; i++)
		if (b.at[i] < 0x20 && !strchr("\t\n\r\f\x1b", b.at[i]) &&
		    !(b.len >= 2 && (b.at[0] == 0xfe || b.at[0] == 0xff)))
			return IS_OTHER;
	if (hf_ascii_begins(b, "\xef\xbb\xbf")) {
		b.at += 3;
		b.len -= 3;
	}
	b = hf_ascii_trim(b);
	for (size_t i = 0; i < HF_ARRAY_LEN(tags); i++)
		if (hf_ascii_begins(b, tags[i]))
			return IS_HTML;
	return IS_TEXT;
}

static bool is_html_type(const char *mime)
{
	return strcmp(mime, "text/html") == 0 || strcmp(mime, "application/xhtml+xml") == 0;
}

static enum shape shape_of(const struct page *p, uint32_t i)
{
	const char *mime = p->report->resource[i].mime;
	const struct fetch *f = p->fetch[i];
	size_t n = mime ? strlen(mime) : 0;

	if (!n || strcmp(mime, "*/*") == 0 || strcmp(mime, "unknown/unknown") == 0)
		return f->nosniff ? IS_TEXT : sniff(text_bytes(&f->body));
	if (is_html_type(mime))
		return IS_HTML;
	if (strncmp(mime, "image/", 6) == 0)
		return image_type(text_bytes(&f->body)) ? IS_IMAGE : IS_OTHER;
	if (strncmp(mime, "text/", 5) == 0 || strcmp(mime, "application/json") == 0 || strcmp(mime, "application/xml") == 0 ||
	    strcmp(mime, "application/javascript") == 0 || strcmp(mime, "application/ecmascript") == 0 ||
	    (n > 5 && strcmp(mime + n - 5, "+json") == 0) || (n > 4 && strcmp(mime + n - 4, "+xml") == 0))
		return IS_TEXT;
	return IS_OTHER;
}

static void add_escaped(struct text *t, const char *s, size_t n)
{
	for (size_t from = 0, at = 0; at <= n; at++) {
		const char *as = at == n        ? ""
				 : s[at] == '<' ? "&lt;"
				 : s[at] == '&' ? "&amp;"
				 : s[at] == '"' ? "&quot;"
						: NULL;

		if (!as)
			continue;
		text_add_n(t, s + from, at - from);
		text_add(t, as);
		from = at + 1;
	}
}

static void show_text(struct page *p, uint32_t i, struct text *doc)
{
	struct text plain = { 0 };

	content_to_utf8(p, i, CHARSET_TEXT, &p->fetch[i]->body, &plain);
	text_add(doc, "<!DOCTYPE html>\n<html><head></head><body><pre style=\"white-space: pre-wrap\">\n");
	add_escaped(doc, text_str(&plain), plain.len);
	text_add(doc, "</pre></body></html>\n");
	text_free(&plain);
}

static void show_image(struct page *p, uint32_t i, struct text *doc, hf_time_ns now)
{
	const char *url = page_row(p, i)->url;

	content_take_image(p, i, now);
	text_add(doc, "<!DOCTYPE html>\n<html><head></head><body style=\"margin: 0\"><img src=\"");
	add_escaped(doc, url, strlen(url));
	text_add(doc, "\"></body></html>\n");
}

/* What a painter's own parser would choke on goes. */
static void trim(const struct page *p, struct text *doc)
{
	struct html_limits limits = { p->limits.nodes, p->limits.nesting };
	struct text trimmed = { 0 };
	uint32_t flattened;
	bool cut;

	if (html_trim(text_bytes(doc), &limits, &trimmed, &flattened, &cut)) {
		text_free(doc);
		*doc = trimmed;
	} else {
		text_free(&trimmed);
	}
}

void document_take(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	unsigned status = page_row(p, i)->status;

	p->report->final_url = report_keep(p->report, url_href(f->url));
	p->base = page_row(p, i)->url;
	if (status == 204 || status == 205) {
		p->has_document = true;
		page_row(p, i)->note = "the server has no content for it (RFC 9110 15.3.5): a browser stays where it was";
		return;
	}
	switch (shape_of(p, i)) {
	case IS_HTML:
		content_to_utf8(p, i, CHARSET_HTML, &f->body, &p->doc);
		break;
	case IS_TEXT:
		show_text(p, i, &p->doc);
		break;
	case IS_IMAGE:
		show_image(p, i, &p->doc, now);
		break;
	case IS_OTHER:
		content_refuse(p, i, REPORT_E_NOT_HTML, page_row(p, i)->mime ? page_row(p, i)->mime : "", now);
		return;
	}
	p->report->charset = page_row(p, i)->charset;
	p->has_document = true;
	/* before it is trimmed, so that what is left out can be counted */
	read_html(p, i, text_bytes(&p->doc), url_href(f->url), false, now);
	trim(p, &p->doc);
}

/*
 * As browsers scan ahead. What is at the end may be half there: the parser drops a tag that is, a style element's content is left
 * for later, and so is the icon, as only the last one counts.
 */
void document_look(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	const char *mime = page_row(p, i)->mime;
	struct html_config cfg = config_of(p, url_href(f->url), false);
	struct text html = { 0 };
	struct html h;

	if (p->cfg.document_only || f->is_redirect || f->body.len < PAGE_LOOK_BYTES || f->body.len < 2 * p->looked ||
	    !is_html_type(mime))
		return;
	p->looked = f->body.len;
	content_to_utf8(p, i, CHARSET_HTML, &f->body, &html);
	if (html_read(text_bytes(&html), &cfg, &h) == HF_OK) {
		p->quirks = h.quirks;
		if (h.referrer)
			f->referrer = report_keep(p->report, h.referrer);
		for (size_t k = 0; k < h.items && !p->full && !p->stopped; k++)
			if (h.item[k].what == HTML_LINK && h.item[k].kind != REPORT_ICON)
				content_want(p, h.item[k].kind, h.item[k].url, i, h.item[k].not_wanted, now);
		html_free(&h);
	}
	text_free(&html);
}

void document_take_frame(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];

	switch (shape_of(p, i)) {
	case IS_HTML:
		content_to_utf8(p, i, CHARSET_HTML, &f->body, &f->doc);
		break;
	case IS_TEXT:
		show_text(p, i, &f->doc);
		break;
	case IS_IMAGE:
		show_image(p, i, &f->doc, now);
		break;
	case IS_OTHER:
		page_row(p, i)->note = "neither HTML nor text nor an image: its frame stays empty";
		break;
	}
	read_html(p, i, text_bytes(&f->doc), url_href(f->url), true, now);
	trim(p, &f->doc);
}
