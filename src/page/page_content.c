/* SPDX-License-Identifier: MIT */
/*
 * What content leads to: documents and style sheets name more to fetch, and each of those is checked before it is asked for.
 */
#include "page/page_internal.h"

#include "base/bits.h"
#include "page/charset.h"
#include "page/css.h"
#include "page/image_size.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what may be fetched ---- */

/* Nobody on the way can read or change it (Secure Contexts, 3.1). */
static bool is_local(const struct url *u)
{
	const char *host = url_hostname(u);
	size_t n = host ? strlen(host) : 0;
	struct hf_addr a;

	if (url_addr(u, &a)) {
		static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }, loopback[16] = { [15] = 1 };

		return (memcmp(a.b, mapped, 12) == 0 && a.b[12] == 127) || memcmp(a.b, loopback, 16) == 0;
	}
	return n >= 9 && strcmp(host + n - 9, "localhost") == 0 && (n == 9 || host[n - 10] == '.');
}

/*
 * Mixed Content (W3C), as Chromium does it: a picture of a page that came over https: is asked for over https: as well, whatever
 * the page says; anything else is refused, and so is what has an address for a name. False: it is refused.
 */
static bool check_mixed(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	enum report_kind kind = page_row(p, i)->kind;
	struct hf_addr a;
	struct url *u;
	struct text t = { 0 };

	if (kind == REPORT_DOCUMENT || p->cfg.allow_downgrade || url_is_secure(f->url) || is_local(f->url) ||
	    !url_is_secure(p->fetch[p->document]->url))
		return true;
	if ((kind != REPORT_IMAGE && kind != REPORT_ICON) || url_addr(f->url, &a)) {
		page_fault(p, i, REPORT_E_MIXED, REPORT_US, now, "%s", "");
		return false;
	}
	text_addf(&t, "https%s", url_href(f->url) + 4);
	u = url_parse((struct hf_bytes){ (const uint8_t *)text_str(&t), t.len }, NULL, NULL);
	text_free(&t);
	if (!u) {
		page_fault(p, i, REPORT_E_NO_MEMORY, REPORT_US, now, "%s", "");
		return false;
	}
	url_free(f->url);
	f->url = u;
	page_row(p, i)->url = report_keep(p->report, url_without_fragment(u));
	page_row(p, i)->note = "the page asks for it over http:; it is asked for over https:";
	return true;
}

/* A sheet that stands in its URL. */
static void take_data_url(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct report_resource *r = page_row(p, i);
	uint8_t *body;
	char mime[128];
	size_t n;

	if (!url_data(f->url, &body, &n, mime, sizeof(mime))) {
		page_fault(p, i, REPORT_E_URL_BAD, REPORT_US, now, "%s", "a data: URL that cannot be read");
		return;
	}
	text_add_n(&f->body, (const char *)body, n);
	free(body);
	f->content_type = report_keep(p->report, mime);
	mime[strcspn(mime, "; ")] = '\0';
	r->mime = report_keep(p->report, mime);
	r->note = "it stands in its URL";
	r->octets = n;
	r->done = now;
	fetch_fire(p, i, FETCH_ON_HAVE);
	content_take(p, i, now);
}

static void note(struct page *p, uint32_t i, const char *why)
{
	page_row(p, i)->note = report_keep(p->report, why);
	page_row(p, i)->not_wanted = true;
	fetch_fire(p, i, FETCH_ON_NOTE);
}

void content_begin(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	char what[80];

	page_row(p, i)->not_wanted = false;
	page_row(p, i)->note = NULL;
	if (f->depth > p->limits.depth) {
		snprintf(what, sizeof(what), "style sheets in each other, %u deep (--max-depth)", p->limits.depth);
		page_limit(p, i, what, now);
		page_fault(p, i, REPORT_E_TOO_DEEP, REPORT_US, now, "%s", what);
	} else if (strcmp(url_scheme(f->url), "data") == 0 && page_row(p, i)->kind == REPORT_STYLE) {
		take_data_url(p, i, now);
	} else if (!url_is_http(f->url)) {
		if (f->state == FETCH_NEW)
			note(p, i, "its scheme cannot be loaded");
	} else if (check_mixed(p, i, now)) {
		if (!pool_join(p, i))
			page_fault(p, i, REPORT_E_NO_MEMORY, REPORT_US, now, "%s", "");
		else if (!request_from_cache(p, i, now))
			fetch_fire(p, i, FETCH_ON_WANT);
		else
			content_take(p, i, now);
	}
}

static uint32_t find_asked(const struct page *p, const char *url)
{
	for (uint32_t i = 0; i < p->fetches; i++)
		if (p->report->resource[i].redirected == REPORT_NONE && strcmp(p->fetch[i]->asked, url) == 0)
			return i;
	return REPORT_NONE;
}

/* False: no more may be known of. */
static bool has_room(struct page *p, uint32_t parent, hf_time_ns now)
{
	char what[64];

	if (p->fetches < p->limits.resources)
		return true;
	if (!p->full) {
		snprintf(what, sizeof(what), "%u resources (--max-resources)", p->limits.resources);
		page_limit(p, parent, what, now);
	}
	p->full = true;
	return false;
}

uint32_t content_want(struct page *p, enum report_kind kind, const char *url, uint32_t parent, const char *not_wanted,
		      hf_time_ns now)
{
	struct url *u = url_parse(hf_bytes_of(url), NULL, NULL);
	uint32_t i = u ? find_asked(p, url_without_fragment(u)) : REPORT_NONE;

	if (kind == REPORT_FONT && !p->cfg.fonts)
		not_wanted = "fonts are not loaded (--fonts)";
	if (kind == REPORT_ICON && p->cfg.no_icons)
		not_wanted = "icons are not loaded";
	if (!u || i != REPORT_NONE || p->cfg.document_only || !has_room(p, parent, now)) {
		url_free(u);
		if (i != REPORT_NONE && p->fetch[i]->state == FETCH_NOTED && !not_wanted) {
			page_row(p, i)->kind = kind;
			content_begin(p, i, now);
		}
		return i;
	}
	if (strcmp(url_scheme(u), "data") == 0 && kind != REPORT_STYLE) { /* whoever shows it has it */
		url_free(u);
		return REPORT_NONE;
	}
	i = page_add_fetch(p, kind, parent, u, now);
	if (i == REPORT_NONE)
		return i;
	if (kind == REPORT_STYLE && page_row(p, parent)->kind == REPORT_STYLE)
		p->fetch[i]->depth = p->fetch[parent]->depth + 1;
	if (not_wanted)
		note(p, i, not_wanted);
	else
		content_begin(p, i, now);
	return i;
}

/* ---- style sheets ---- */

static void want_resolved(struct page *p, enum report_kind kind, struct hf_bytes written, const struct url *base,
			  uint32_t parent, hf_time_ns now)
{
	struct url *u = url_parse(written, base, NULL);

	if (u)
		content_want(p, kind, url_href(u), parent, NULL, now);
	url_free(u);
}

static void scan_css(struct page *p, struct hf_bytes css, const char *base_url, uint32_t parent, hf_time_ns now)
{
	struct url *base = url_parse(hf_bytes_of(base_url), NULL, NULL);
	struct css_scan s;
	struct css_want w;

	css_scan_begin(&s, css, false, p->view.density);
	while (!p->full && css_scan_next(&s, &w)) {
		if (w.what == CSS_IMPORT)
			want_resolved(p, REPORT_STYLE, w.url, base, parent, now);
		else if (w.what == CSS_FONT)
			want_resolved(p, REPORT_FONT, w.url, base, parent, now);
		else if (p->cfg.css_images)
			want_resolved(p, REPORT_IMAGE, w.url, base, parent, now);
	}
	css_scan_end(&s);
	url_free(base);
}

static struct hf_bytes bytes_of(const struct text *t)
{
	return (struct hf_bytes){ (const uint8_t *)text_str(t), t->len };
}

static struct hf_bytes type_of(const struct fetch *f)
{
	return f->content_type ? hf_bytes_of(f->content_type) : (struct hf_bytes){ 0 };
}

/* To UTF-8, in place. Where there is no such charset here, it is read as the default one. */
static void to_utf8(struct page *p, uint32_t i, enum charset_kind kind, struct text *from, struct text *to)
{
	uint32_t parent = page_row(p, i)->parent;
	enum charset_from why;

	page_row(p, i)->charset = charset_decide(kind, type_of(p->fetch[i]), bytes_of(from),
						 parent == REPORT_NONE ? NULL : page_row(p, parent)->charset, &why);
	if (!charset_to_utf8(page_row(p, i)->charset, bytes_of(from), to))
		charset_repair_utf8(bytes_of(from), to);
}

/* CSSOM 6.3: another type is no sheet; pages of the old kind were written for browsers that did not look. */
static bool is_css(const struct page *p, uint32_t i)
{
	const char *mime = p->report->resource[i].mime;
	const struct fetch *f = p->fetch[i];

	return !mime || !*mime || strcmp(mime, "text/css") == 0 ||
	       (p->quirks && !f->nosniff && url_same_origin(f->url, p->fetch[p->document]->url));
}

static void refuse(struct page *p, uint32_t i, enum report_code code, const char *detail, hf_time_ns now)
{
	struct report_fault f = { .event = REPORT_NONE };

	report_fail(&f, code, REPORT_PEER, now, NULL, "%s", detail);
	page_set_fault(p, i, &f, now);
}

static void take_style(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct text css = { 0 };

	if (!is_css(p, i)) {
		refuse(p, i, REPORT_E_NOT_CSS, page_row(p, i)->mime, now);
		text_free(&f->body);
		return;
	}
	to_utf8(p, i, CHARSET_CSS, &f->body, &css);
	text_free(&f->body);
	f->body = css;
	scan_css(p, bytes_of(&f->body), url_href(f->url), i, now);
}

/* ---- images ---- */

static void take_image(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct report_resource *r = page_row(p, i);

	if (!image_size(bytes_of(&f->body), &r->width, &r->height) && r->kind == REPORT_IMAGE &&
	    !image_type(bytes_of(&f->body)))
		refuse(p, i, REPORT_E_NOT_AN_IMAGE, r->mime ? r->mime : "", now);
}

/* ---- documents ---- */

static void take_items(struct page *p, uint32_t i, const struct html *h, hf_time_ns now);

static void read_html(struct page *p, uint32_t i, struct hf_bytes html, const char *url, bool is_frame, hf_time_ns now)
{
	struct html_config cfg = {
		.url = url,
		.view = p->view,
		.is_frame = is_frame,
		.css_images = p->cfg.css_images,
		.limits = { .nodes = p->limits.nodes, .nesting = p->limits.nesting },
	};
	struct html h;
	char what[96];

	if (html_read(html, &cfg, &h) != HF_OK) {
		refuse(p, i, REPORT_E_NO_MEMORY, "", now);
		return;
	}
	if (h.flattened) {
		snprintf(what, sizeof(what), "elements %u deep in each other: %u deeper ones are left out",
			 p->limits.nesting, h.flattened);
		page_limit(p, i, what, now);
	}
	if (h.cut) {
		snprintf(what, sizeof(what), "%u nodes of a document: the rest of it is left out", p->limits.nodes);
		page_limit(p, i, what, now);
	}
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
			scan_css(p, item->css, h->base, i, now);
			break;
		case HTML_SRCDOC:
			read_html(p, i, item->css, h->base, true, now);
			break;
		}
	}
}

enum shape { IS_HTML, IS_TEXT, IS_IMAGE, IS_OTHER };

static bool begins(struct hf_bytes b, const char *lower)
{
	size_t n = strlen(lower);

	if (b.len < n)
		return false;
	return h1_same((struct hf_bytes){ b.at, n }, lower);
}

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
	if (begins(b, "\xef\xbb\xbf")) {
		b.at += 3;
		b.len -= 3;
	}
	while (b.len && strchr(" \t\n\r\f", b.at[0]) && b.at[0]) {
		b.at++;
		b.len--;
	}
	for (size_t i = 0; i < HF_ARRAY_LEN(tags); i++)
		if (begins(b, tags[i]))
			return IS_HTML;
	return IS_TEXT;
}

static enum shape shape_of(const struct page *p, uint32_t i)
{
	const char *mime = p->report->resource[i].mime;
	const struct fetch *f = p->fetch[i];
	size_t n = mime ? strlen(mime) : 0;

	if (!n || strcmp(mime, "*/*") == 0 || strcmp(mime, "unknown/unknown") == 0)
		return f->nosniff ? IS_TEXT : sniff(bytes_of(&f->body));
	if (strcmp(mime, "text/html") == 0 || strcmp(mime, "application/xhtml+xml") == 0)
		return IS_HTML;
	if (strncmp(mime, "image/", 6) == 0)
		return image_type(bytes_of(&f->body)) ? IS_IMAGE : IS_OTHER;
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

static void show_text(struct page *p, uint32_t i)
{
	struct text plain = { 0 };

	to_utf8(p, i, CHARSET_TEXT, &p->fetch[i]->body, &plain);
	text_add(&p->doc, "<!DOCTYPE html>\n<html><head></head><body><pre style=\"white-space: pre-wrap\">\n");
	add_escaped(&p->doc, text_str(&plain), plain.len);
	text_add(&p->doc, "</pre></body></html>\n");
	text_free(&plain);
}

static void show_image(struct page *p, uint32_t i, hf_time_ns now)
{
	const char *url = page_row(p, i)->url;

	take_image(p, i, now);
	text_add(&p->doc, "<!DOCTYPE html>\n<html><head></head><body style=\"margin: 0\"><img src=\"");
	add_escaped(&p->doc, url, strlen(url));
	text_add(&p->doc, "\"></body></html>\n");
}

/* What a painter's own parser would choke on goes. */
static void trim(struct page *p)
{
	struct html_limits limits = { p->limits.nodes, p->limits.nesting };
	struct text trimmed = { 0 };
	uint32_t flattened;
	bool cut;

	if (html_trim(bytes_of(&p->doc), &limits, &trimmed, &flattened, &cut)) {
		text_free(&p->doc);
		p->doc = trimmed;
	} else {
		text_free(&trimmed);
	}
}

static void take_document(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	unsigned status = page_row(p, i)->status;
	struct text as_came = { 0 };

	p->report->final_url = report_keep(p->report, url_href(f->url));
	p->base = page_row(p, i)->url;
	if (status == 204 || status == 205) {
		p->has_document = true;
		page_row(p, i)->note = "the server has no content for it (RFC 9110 15.3.5): a browser stays where it was";
		return;
	}
	switch (shape_of(p, i)) {
	case IS_HTML:
		to_utf8(p, i, CHARSET_HTML, &f->body, &p->doc);
		break;
	case IS_TEXT:
		show_text(p, i);
		break;
	case IS_IMAGE:
		show_image(p, i, now);
		break;
	case IS_OTHER:
		refuse(p, i, REPORT_E_NOT_HTML, page_row(p, i)->mime ? page_row(p, i)->mime : "", now);
		return;
	}
	p->report->charset = page_row(p, i)->charset;
	p->has_document = true;
	as_came = p->doc; /* read as it came, so that what is left out can be counted */
	read_html(p, i, bytes_of(&as_came), url_href(f->url), false, now);
	trim(p);
}

static void take_frame(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct text html = { 0 };

	if (shape_of(p, i) != IS_HTML)
		return;
	to_utf8(p, i, CHARSET_HTML, &f->body, &html);
	read_html(p, i, bytes_of(&html), url_href(f->url), true, now);
	text_free(&html);
}

/* ---- ends ---- */

static void tell_status(struct page *p, uint32_t i, hf_time_ns now)
{
	struct report_resource *r = page_row(p, i);
	struct report_fault f = { .event = REPORT_NONE };

	report_fail(&f,
		    r->status >= 500                       ? REPORT_E_HTTP_STATUS_5XX
		    : r->status == 404 || r->status == 410 ? REPORT_E_HTTP_NOT_FOUND
							   : REPORT_E_HTTP_STATUS_4XX,
		    REPORT_PEER, now, NULL, "%u %.200s", r->status, *r->reason ? r->reason : http_reason(r->status));
	page_set_fault(p, i, &f, now);
}

static bool keeps_body(const struct page *p, uint32_t i)
{
	switch (p->report->resource[i].kind) {
	case REPORT_SCRIPT:
	case REPORT_FONT:
	case REPORT_OTHER:
		return p->cfg.keep_bodies;
	default:
		return true;
	}
}

/* What was needed on the way only. */
static void tidy(struct page *p, uint32_t i)
{
	struct fetch *f = p->fetch[i];

	text_free(&f->request);
	text_free(&f->head);
	coding_free(f->coding);
	f->coding = NULL;
	if (f->has_entry)
		cache_entry_free(&f->entry);
	f->has_entry = false;
	if (!keeps_body(p, i))
		text_free(&f->body);
}

void content_take(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	bool whole = f->state == FETCH_DONE, bad = page_row(p, i)->status >= 400;

	if (page_row(p, i)->status >= 400)
		tell_status(p, i, now);
	switch (page_row(p, i)->kind) {
	case REPORT_DOCUMENT:
		if (whole || (f->state == FETCH_FAILED && f->body.len && !f->too_much && !p->stopped))
			take_document(p, i, now);
		break;
	case REPORT_FRAME:
		if (whole)
			take_frame(p, i, now);
		break;
	case REPORT_STYLE:
		if (whole && !bad)
			take_style(p, i, now);
		else
			text_free(&f->body);
		break;
	case REPORT_IMAGE:
	case REPORT_ICON:
		if (whole && !bad)
			take_image(p, i, now);
		break;
	default:
		break;
	}
	tidy(p, i);
}
