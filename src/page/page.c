/* SPDX-License-Identifier: MIT */
#include "page/page_internal.h"

#include "base/bits.h"
#include "explain/grow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* The page as a whole: its fetches and their states, and what its driver is told next. page_internal.h has the theory. */

enum action {
	DO_NOTHING,
	DO_COUNT_IN, /* it is under way */
	DO_COUNT_OUT,
};

struct arrow {
	bool there;
	uint8_t to, then;
};

static const struct arrow arrows[FETCH_STATE_COUNT][FETCH_EVENT_COUNT] = {
#define T(from_, on_, to_, then_, rfc_) [FETCH_##from_][FETCH_ON_##on_] = { true, FETCH_##to_, DO_##then_ },
#include "page/page_fsm.def"
#undef T
};

struct report_resource *page_row(struct page *p, uint32_t i)
{
	return &p->report->resource[i];
}

bool fetch_is_open(const struct fetch *f)
{
	return f->state == FETCH_WAITING || f->state == FETCH_ASKED || f->state == FETCH_ANSWERED;
}

void fetch_fire(struct page *p, uint32_t i, enum fetch_event on)
{
	const struct arrow *a = &arrows[p->fetch[i]->state][on];
	bool is_laid_out = page_row(p, i)->kind == REPORT_STYLE || page_row(p, i)->kind == REPORT_FRAME;

	HF_ASSERT(a->there);
	p->fetch[i]->state = a->to;
	switch ((enum action)a->then) {
	case DO_COUNT_IN:
		p->open++;
		p->laid_out_open += is_laid_out;
		break;
	case DO_COUNT_OUT:
		p->open--;
		p->laid_out_open -= is_laid_out;
		break;
	case DO_NOTHING:
		break;
	}
	p->pool_dirty = true;
}

/* ---- making and freeing ---- */

static void set_defaults(struct page *p)
{
	struct page_limits *l = &p->limits;

#define DEFAULT(field, value) l->field = l->field ? l->field : (value)
	DEFAULT(size, 64u << 20);
	DEFAULT(total, 256u << 20);
	DEFAULT(ratio, 200);
	DEFAULT(resources, 1000);
	DEFAULT(depth, 8);
	DEFAULT(redirects, 20);
	DEFAULT(head, H1_HEAD_BYTES);
	DEFAULT(nodes, 500000);
	DEFAULT(nesting, 512);
	DEFAULT(per_host, 6);
	DEFAULT(conns, 64);
	DEFAULT(time, HF_S(60));
	DEFAULT(idle, HF_S(30));
	DEFAULT(keep, HF_NEVER);
#undef DEFAULT
	p->view = media_view_of(&(struct media_view){ .width = p->cfg.width, .density = p->cfg.density });
}

static struct url *parse_first(struct page *p, const char *text, hf_time_ns now)
{
	const char *why = NULL;
	struct url *u = url_parse(hf_bytes_of(text), NULL, &why);

	if (!u) {
		if (why)
			report_fail(&p->report->fault, REPORT_E_URL_BAD, REPORT_US, now, NULL, "%s: %.200s", why, text);
		else
			report_fail(&p->report->fault, REPORT_E_NO_MEMORY, REPORT_US, now, NULL, "%s", "");
		return NULL;
	}
	if (!url_is_http(u)) {
		report_fail(&p->report->fault, REPORT_E_URL_SCHEME, REPORT_US, now, NULL, "%.32s:", url_scheme(u));
		url_free(u);
		return NULL;
	}
	return u;
}

hf_status page_make(const struct page_config *cfg, const char *url, hf_time_ns now, struct page **ret)
{
	struct page *p = calloc(1, sizeof(*p));
	struct url *u;

	if (!p)
		return HF_FULL;
	p->cfg = *cfg;
	p->limits = cfg->limits;
	p->report = cfg->report;
	p->begin = now;
	p->base = "";
	set_defaults(p);
	p->report->begin = now;
	p->report->url = report_keep(p->report, url);
	u = parse_first(p, url, now);
	if (!u) {
		bool memory = p->report->fault.code == REPORT_E_NO_MEMORY;

		p->report->end = now;
		page_free(p);
		return memory ? HF_FULL : HF_MALFORMED;
	}
	if (page_add_fetch(p, REPORT_DOCUMENT, REPORT_NONE, u, now) == REPORT_NONE) {
		page_free(p);
		return HF_FULL;
	}
	content_begin(p, 0, now);
	*ret = p;
	return HF_OK;
}

static void free_fetch(struct fetch *f)
{
	url_free(f->url);
	text_free(&f->request);
	text_free(&f->head);
	text_free(&f->body);
	text_free(&f->doc);
	coding_free(f->coding);
	if (f->has_entry)
		cache_entry_free(&f->entry);
	free(f);
}

void page_free(struct page *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->fetches; i++)
		free_fetch(p->fetch[i]);
	for (size_t i = 0; i < p->conns; i++) {
		text_free(&p->conn[i]->in);
		free(p->conn[i]);
	}
	text_free(&p->doc);
	free(p->origin);
	free(p->fetch);
	free(p->conn);
	free(p);
}

/* Takes the URL over. REPORT_NONE: memory ended. */
uint32_t page_add_fetch(struct page *p, enum report_kind kind, uint32_t parent, struct url *u, hf_time_ns now)
{
	struct fetch *f = calloc(1, sizeof(*f));
	uint32_t i = REPORT_NONE;

	p->fetch = grow_array(p->fetch, p->fetches, &p->fetch_room, sizeof(struct fetch *), &p->report->failed);
	if (f && p->fetches < p->fetch_room)
		i = report_add_resource(p->report);
	if (i == REPORT_NONE) {
		free(f);
		url_free(u);
		p->report->failed = true;
		return i;
	}
	HF_ASSERT(i == p->fetches);
	p->fetch[p->fetches++] = f;
	f->url = u;
	f->conn = REPORT_NONE;
	page_row(p, i)->kind = kind;
	page_row(p, i)->parent = parent;
	page_row(p, i)->queued = now;
	page_row(p, i)->url = report_keep(p->report, url_without_fragment(u));
	f->asked = page_row(p, i)->url;
	return i;
}

/* ---- telling ---- */

int64_t page_seconds(const struct page *p, hf_time_ns now)
{
	return (int64_t)((p->report->epoch_ns + now) / HF_S(1));
}

void page_tell(struct page *p, hf_time_ns now, enum report_layer layer, enum report_side side, uint32_t fetch,
	       const char *name, const char *rfc, const char *sentence, ...)
{
	char line[600];
	va_list more;

	va_start(more, sentence);
	vsnprintf(line, sizeof(line), sentence, more);
	va_end(more);
	report_add_event(p->report,
			 &(struct report_event){ .at = now,
						 .layer = layer,
						 .side = side,
						 .conn = fetch == REPORT_NONE ? REPORT_NONE : p->fetch[fetch]->conn,
						 .resource = fetch,
						 .name = name,
						 .sentence = line,
						 .rfc = rfc });
}

void page_limit(struct page *p, uint32_t fetch, hf_time_ns now, const char *what, ...)
{
	char line[128];
	va_list more;

	va_start(more, what);
	vsnprintf(line, sizeof(line), what, more);
	va_end(more);
	if (!p->report->limit)
		p->report->limit = report_keep(p->report, line);
	page_tell(p, now, REPORT_LAYER_PAGE, REPORT_US, fetch, "limit", "", "A limit of ours is met: %s.", line);
}

void page_set_fault(struct page *p, uint32_t i, const struct report_fault *why, hf_time_ns now)
{
	struct report_resource *r = page_row(p, i);

	if (r->fault.code != REPORT_E_NONE)
		return;
	r->fault = *why;
	r->fault.at = now;
	if (r->fault.event == REPORT_NONE)
		r->fault.event = p->report->events ? (uint32_t)p->report->events - 1 : REPORT_NONE;
	if (r->kind == REPORT_DOCUMENT && p->report->fault.code == REPORT_E_NONE)
		p->report->fault = r->fault;
}

void page_fail(struct page *p, uint32_t i, const struct report_fault *why, hf_time_ns now)
{
	struct report_resource *r = page_row(p, i);
	struct text t = { 0 };

	report_add_fault(&t, why);
	page_tell(p, now, REPORT_LAYER_PAGE, why->side, i, "failed", report_code_rfc(why->code), "%s has failed: %s.",
		  i == 0 ? "The document" : report_kind_name(r->kind), text_str(&t));
	text_free(&t);
	page_set_fault(p, i, why, now);
	r->done = now;
	fetch_fire(p, i, FETCH_ON_FAIL);
}

void page_fault(struct page *p, uint32_t i, enum report_code code, enum report_side side, hf_time_ns now,
		const char *detail, ...)
{
	struct report_fault f = { .event = REPORT_NONE };
	char line[400];
	va_list more;

	va_start(more, detail);
	vsnprintf(line, sizeof(line), detail, more);
	va_end(more);
	report_fail(&f, code, side, now, NULL, "%s", line);
	page_fail(p, i, &f, now);
}

/* ---- what happens next ---- */

static void fail_all(struct page *p, const struct report_fault *why, hf_time_ns now)
{
	for (uint32_t i = 0; i < p->fetches; i++)
		if (fetch_is_open(p->fetch[i])) {
			page_fail(p, i, why, now);
			p->fetch[i]->conn = REPORT_NONE;
		}
	p->stopped = true;
	pool_close_all(p, true);
}

void page_halt(struct page *p, enum report_code why, const char *detail, hf_time_ns now)
{
	struct report_fault f = { .event = REPORT_NONE };

	if (p->loaded || p->stopped)
		return;
	report_fail(&f, why, REPORT_US, now, NULL, "%s", detail);
	fail_all(p, &f, now);
	if (p->report->fault.code == REPORT_E_NONE)
		p->report->fault = f;
	p->held = false;
}

void page_stop(struct page *p, enum report_code why, hf_time_ns now)
{
	page_halt(p, why, "", now);
}

static void check_time(struct page *p, hf_time_ns now)
{
	char what[64];

	if (p->loaded || p->stopped || now - p->begin < p->limits.time)
		return;
	snprintf(what, sizeof(what), "%llu ms in all (--timeout)", (unsigned long long)(p->limits.time / HF_MS(1)));
	page_limit(p, REPORT_NONE, now, "%s", what);
	page_halt(p, REPORT_E_TOO_LONG, what, now);
}

static hf_time_ns last_done(const struct page *p, hf_time_ns now)
{
	hf_time_ns last = p->begin;

	for (size_t i = 0; i < p->report->resources; i++)
		if (p->report->resource[i].done != HF_NEVER)
			last = hf_max_u64(last, p->report->resource[i].done);
	return hf_min_u64(last, now);
}

static bool say_loaded(struct page *p, struct page_ask *ret, hf_time_ns now)
{
	if (p->loaded || p->open || p->held)
		return false;
	for (size_t i = 0; i < p->fetches; i++)
		HF_ASSERT(p->fetch[i]->state != FETCH_NEW && !fetch_is_open(p->fetch[i]));
	p->loaded = true;
	p->report->end = last_done(p, now);
	page_tell(p, now, REPORT_LAYER_PAGE, REPORT_US, REPORT_NONE, "loaded", "",
		  "All that can be had is here: %zu resources, %llu octets of content.", p->report->resources,
		  (unsigned long long)p->total);
	pool_close_all(p, false);
	ret->what = PAGE_LOADED;
	return true;
}

static bool say_styled(struct page *p, struct page_ask *ret, hf_time_ns now)
{
	if (p->styled || !p->has_document || p->laid_out_open || p->stopped)
		return false;
	p->styled = true;
	page_tell(p, now, REPORT_LAYER_PAGE, REPORT_US, REPORT_NONE, "styled", "",
		  "The document, all its style sheets and its frames are here: it can be laid out.");
	ret->what = PAGE_STYLED;
	return true;
}

enum page_does page_next(struct page *p, struct page_ask *ret, hf_time_ns now)
{
	*ret = (struct page_ask){ .what = PAGE_WAITS, .conn = REPORT_NONE };
	check_time(p, now);
	if (!p->stopped) {
		pool_expire(p, now);
		pool_serve(p, now);
	}
	if (pool_ask(p, ret, now) || say_styled(p, ret, now) || say_loaded(p, ret, now))
		return ret->what;
	return PAGE_WAITS;
}

hf_time_ns page_deadline(const struct page *p)
{
	return p->loaded ? HF_NEVER : hf_min_u64(p->begin + p->limits.time, pool_deadline(p));
}

bool page_is_over(const struct page *p)
{
	return p->loaded;
}

/* ---- what is there ---- */

uint32_t page_find_asked(const struct page *p, const char *url)
{
	size_t n = strcspn(url, "#");

	for (uint32_t i = 0; i < p->fetches; i++) {
		const char *asked = p->fetch[i]->asked;

		if (p->report->resource[i].redirected == REPORT_NONE && strncmp(asked, url, n) == 0 && !asked[n])
			return i;
	}
	return REPORT_NONE;
}

uint32_t page_find(const struct page *p, const char *url)
{
	uint32_t at = page_find_asked(p, url);

	for (uint32_t k = at; k < p->fetches; k++) /* none, where it was not found */
		if (p->report->resource[k].redirected == at)
			at = k;
	return at;
}

struct hf_bytes page_body(const struct page *p, uint32_t resource)
{
	const struct fetch *f = resource < p->fetches ? p->fetch[resource] : NULL;

	return f && f->body.len ? (struct hf_bytes){ (const uint8_t *)f->body.at, f->body.len } : (struct hf_bytes){ 0 };
}

struct hf_bytes page_frame(const struct page *p, uint32_t resource)
{
	return resource < p->fetches ? text_bytes(&p->fetch[resource]->doc) : (struct hf_bytes){ 0 };
}

struct hf_bytes page_document(const struct page *p)
{
	return text_bytes(&p->doc);
}

const char *page_base(const struct page *p)
{
	return p->base;
}

uint32_t page_want(struct page *p, const char *url, enum report_kind kind, uint32_t parent, hf_time_ns now)
{
	if (p->loaded || p->stopped)
		return REPORT_NONE;
	return content_ask(p, kind, url, parent == REPORT_NONE ? p->document : parent, NULL, now);
}

void page_hold(struct page *p, bool hold)
{
	p->held = hold;
}
