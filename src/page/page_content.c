/* SPDX-License-Identifier: MIT */
/*
 * What content leads to: documents and style sheets name more to fetch, and each of those is checked before it is asked for.
 */
#include "page/page_internal.h"

#include "base/bits.h"
#include "page/charset.h"
#include "page/css.h"
#include "page/image_size.h"
#include "wire/addr.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what may be fetched ---- */

/* Nobody on the way can read or change it (Secure Contexts, 3.1). */
static bool is_local(const struct url *u)
{
	const char *host = url_hostname(u);
	size_t n = host ? strlen(host) : 0;
	struct hf_addr a;

	if (url_addr(u, &a))
		return addr_is_loopback(&a);
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
	u = url_parse(text_bytes(&t), NULL, NULL);
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

	if (f->state == FETCH_NOTED && !url_is_http(f->url))
		return; /* noted it stays */
	page_row(p, i)->not_wanted = false;
	page_row(p, i)->note = NULL;
	if (f->depth > p->limits.depth) {
		snprintf(what, sizeof(what), "style sheets in each other, %u deep (--max-depth)", p->limits.depth);
		page_limit(p, i, now, "%s", what);
		page_fault(p, i, REPORT_E_TOO_DEEP, REPORT_US, now, "%s", what);
	} else if (strcmp(url_scheme(f->url), "data") == 0 && page_row(p, i)->kind == REPORT_STYLE) {
		take_data_url(p, i, now);
	} else if (!url_is_http(f->url)) {
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

/* False: no more may be known of. */
static bool has_room(struct page *p, uint32_t parent, hf_time_ns now)
{
	if (p->fetches < p->limits.resources)
		return true;
	if (!p->full)
		page_limit(p, parent, now, "%u resources (--max-resources)", p->limits.resources);
	p->full = true;
	return false;
}

uint32_t content_ask(struct page *p, enum report_kind kind, const char *url, uint32_t parent, const char *not_wanted,
		     hf_time_ns now)
{
	struct url *u = url_parse(hf_bytes_of(url), NULL, NULL);
	uint32_t i = u ? page_find_asked(p, url_without_fragment(u)) : REPORT_NONE;

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

uint32_t content_want(struct page *p, enum report_kind kind, const char *url, uint32_t parent, const char *not_wanted,
		      hf_time_ns now)
{
	if (kind == REPORT_FONT && !p->cfg.fonts)
		not_wanted = "fonts are not loaded (--fonts)";
	if (kind == REPORT_ICON && p->cfg.no_icons)
		not_wanted = "icons are not loaded";
	return content_ask(p, kind, url, parent, not_wanted, now);
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

void content_scan_css(struct page *p, struct hf_bytes css, const char *base_url, uint32_t parent, hf_time_ns now)
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

static struct hf_bytes type_of(const struct fetch *f)
{
	return f->content_type ? hf_bytes_of(f->content_type) : (struct hf_bytes){ 0 };
}

/* To UTF-8, in place. Where there is no such charset here, it is read as the default one. */
void content_to_utf8(struct page *p, uint32_t i, enum charset_kind kind, const struct text *from, struct text *to)
{
	uint32_t parent = page_row(p, i)->parent;
	enum charset_from why;

	page_row(p, i)->charset = charset_decide(kind, type_of(p->fetch[i]), text_bytes(from),
						 parent == REPORT_NONE ? NULL : page_row(p, parent)->charset, &why);
	if (!charset_to_utf8(page_row(p, i)->charset, text_bytes(from), to))
		charset_repair_utf8(text_bytes(from), to);
}

/* CSSOM 6.3: another type is no sheet; pages of the old kind were written for browsers that did not look. */
static bool is_css(const struct page *p, uint32_t i)
{
	const char *mime = p->report->resource[i].mime;
	const struct fetch *f = p->fetch[i];

	return !mime || !*mime || strcmp(mime, "text/css") == 0 ||
	       (p->quirks && !f->nosniff && url_same_origin(f->url, p->fetch[p->document]->url));
}

void content_refuse(struct page *p, uint32_t i, enum report_code code, const char *detail, hf_time_ns now)
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
		content_refuse(p, i, REPORT_E_NOT_CSS, page_row(p, i)->mime, now);
		text_free(&f->body);
		return;
	}
	content_to_utf8(p, i, CHARSET_CSS, &f->body, &css);
	text_free(&f->body);
	f->body = css;
	content_scan_css(p, text_bytes(&f->body), url_href(f->url), i, now);
}

/* ---- images ---- */

void content_take_image(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct report_resource *r = page_row(p, i);

	if (!image_size(text_bytes(&f->body), &r->width, &r->height) && r->kind == REPORT_IMAGE &&
	    !image_type(text_bytes(&f->body)))
		content_refuse(p, i, REPORT_E_NOT_AN_IMAGE, r->mime ? r->mime : "", now);
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
			document_take(p, i, now);
		break;
	case REPORT_FRAME:
		if (whole)
			document_take_frame(p, i, now);
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
			content_take_image(p, i, now);
		break;
	default:
		break;
	}
	tidy(p, i);
}
