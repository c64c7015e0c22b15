/* SPDX-License-Identifier: MIT */

/*
 * The painter beside the loader: it is given the document and its style sheets as soon as they are here, and says which images
 * it wants while others still load; when all is here it paints. It runs in a child (paint/paint.h), which is waited for together
 * with the net, but in a simulated network, where time stands still until it has answered. A document that failed has an
 * error page painted in its place.
 */
#define _GNU_SOURCE
#include "cmd/page.h"

#include "explain/error_page.h"
#include "paint/paint.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 200u

enum picture_state { PICTURE_NONE, PICTURE_LAID_OUT, PICTURE_WANTED, PICTURE_DRAWN, PICTURE_DONE, PICTURE_FAILED };

struct page_picture {
	struct paint *paint;
	enum picture_state state;
	bool watched;
	hf_time_ns begin;
	struct text error; /* the page in place of the page */
};

static void watch(struct page_load *p, bool on)
{
	struct page_picture *x = p->picture;

	if (on == x->watched || p->streams.loop.sim)
		return;
	if (streams_watch(&p->streams, paint_fd(x->paint), on ? HF_NET_READ : 0) == HF_OK)
		x->watched = on;
}

static void fail(struct page_load *p, const char *sentence)
{
	struct page_picture *x = p->picture;

	if (x->paint) {
		watch(p, false);
		paint_end(x->paint);
	}
	x->paint = NULL;
	x->state = PICTURE_FAILED;
	report_fail(&p->report.fault, REPORT_E_PAINT, REPORT_US, p->streams.now, NULL, "%s", sentence);
}

static bool begin(struct page_load *p, struct hf_bytes html, const char *base)
{
	const struct paint_job job = { .html = html, .base = base, .width = p->o.width, .density = p->o.density };
	hf_status st;

	p->picture = calloc(1, sizeof(*p->picture));
	if (!p->picture) {
		report_fail(&p->report.fault, REPORT_E_NO_MEMORY, REPORT_US, p->streams.now, NULL, "%s", "");
		return false;
	}
	text_init(&p->picture->error);
	p->picture->begin = hf_clock_now();
	st = paint_begin(&job, &p->picture->paint);
	if (st == HF_OK)
		return true;
	p->picture->paint = NULL;
	fail(p, st == HF_UNSUPPORTED ? paint_absent() : hf_status_sentence(st));
	return false;
}

/* Everything of a kind that was asked for under a URL of its own; what redirects led to goes by the URL that was asked. */
static void give(struct page_load *p, enum report_kind kind, enum paint_kind as)
{
	for (uint32_t i = 0; i < p->report.resources; i++) {
		const struct report_resource *r = &p->report.resource[i];
		uint32_t at;

		if (r->kind != kind || r->redirected != REPORT_NONE || r->not_wanted)
			continue;
		at = page_find(p->page, r->url);
		if (at == REPORT_NONE)
			at = i;
		(void)!paint_give(p->picture->paint, as, r->url,
				  as == PAINT_DOCUMENT ? page_frame(p->page, at) : page_body(p->page, at));
	}
}

void page_picture_begin(struct page_load *p)
{
	if (!p->o.png || p->o.engine != PAGE_LITEHTML || page_document(p->page).len == 0)
		return;
	if (!begin(p, page_document(p->page), page_base(p->page)))
		return;
	give(p, REPORT_STYLE, PAINT_STYLE);
	give(p, REPORT_FRAME, PAINT_DOCUMENT);
	if (paint_layout(p->picture->paint) != HF_OK) {
		fail(p, paint_sentence(p->picture->paint));
		return;
	}
	p->picture->state = PICTURE_LAID_OUT;
	page_hold(p->page, true);
	watch(p, true);
}

bool page_picture_is_busy(const struct page_load *p)
{
	return p->picture && (p->picture->state == PICTURE_LAID_OUT || p->picture->state == PICTURE_DRAWN);
}

static void want(struct page_load *p)
{
	struct page_picture *x = p->picture;

	for (size_t i = 0; i < paint_wants(x->paint); i++)
		(void)page_want(p->page, paint_want(x->paint, i), REPORT_IMAGE, REPORT_NONE, p->streams.now);
	x->state = PICTURE_WANTED;
	watch(p, false);
	page_hold(p->page, false);
}

static bool step(struct page_load *p, unsigned wait_ms)
{
	struct page_picture *x = p->picture;

	if (!page_picture_is_busy(p))
		return false;
	switch (paint_step(x->paint, wait_ms)) {
	case PAINT_WAITS:
		return false;
	case PAINT_WANTS:
		want(p);
		return true;
	case PAINT_DONE:
		x->state = PICTURE_DONE;
		watch(p, false);
		return true;
	case PAINT_FAILED:
		fail(p, paint_sentence(x->paint));
		page_hold(p->page, false);
		return true;
	}
	return false;
}

bool page_picture_step(struct page_load *p)
{
	bool any = step(p, 0);

	/* No virtual time passes while the child works. */
	while (p->streams.loop.sim && page_picture_is_busy(p))
		any |= step(p, PATIENCE_MS);
	return any;
}

bool page_picture_await(const struct page_load *p, int fd, short events, unsigned wait_ms)
{
	struct pollfd both[2] = { { .fd = p->streams.loop.signals, .events = POLLIN }, { .fd = fd, .events = events } };

	(void)!poll(both, 2, (int)wait_ms);
	return both[0].revents != 0;
}

void page_picture_interrupted(struct page_load *p)
{
	p->report.fault = (struct report_fault){ .event = REPORT_NONE };
	report_fail(&p->report.fault, REPORT_E_INTERRUPTED, REPORT_US, p->streams.now, NULL, "%s", "while painting");
}

/* The net is done with: only the child is waited for, and Ctrl-C. */
static void wait_for_it(struct page_load *p)
{
	while (page_picture_is_busy(p)) {
		if (step(p, 0))
			continue;
		if (page_picture_await(p, paint_fd(p->picture->paint), POLLIN, PATIENCE_MS)) {
			page_picture_interrupted(p);
			return;
		}
	}
}

int page_picture_write(struct page_load *p, struct hf_bytes png, unsigned width, unsigned height)
{
	int code = page_write_file("png", p->o.png, png);

	if (code != 0)
		return code;
	p->report.paint_width = width;
	p->report.paint_height = height;
	return 0;
}

static int write_png(struct page_load *p)
{
	unsigned width, height;
	const struct hf_bytes png = paint_png(p->picture->paint, &width, &height);
	int code = page_picture_write(p, png, width, height);

	if (code != 0)
		return code;
	p->report.engine = "litehtml";
	/* Real time, which a run that is to be repeated must not tell. */
	if (!p->streams.loop.sim)
		p->report.paint_ns = hf_clock_now() - p->picture->begin;
	return 0;
}

static bool begin_error_page(struct page_load *p)
{
	struct text html;
	bool begun;

	if (p->report.fault.code == REPORT_E_NONE || p->report.fault.code == REPORT_E_PAINT)
		return false;
	text_init(&html);
	error_page_html(&html, &p->report);
	begun = begin(p, hf_bytes_of(text_str(&html)), "about:blank");
	if (!begun) {
		text_free(&html);
		return false;
	}
	p->picture->error = html;
	if (paint_layout(p->picture->paint) == HF_OK) {
		p->picture->state = PICTURE_LAID_OUT;
		return true;
	}
	fail(p, paint_sentence(p->picture->paint));
	return false;
}

int page_picture_finish(struct page_load *p)
{
	if (!p->o.png || p->o.engine != PAGE_LITEHTML)
		return 0;
	if (!p->picture && begin_error_page(p)) {
		/* It wants nothing; but what it says it wants is not here. */
		while (page_picture_is_busy(p) && p->picture->state == PICTURE_LAID_OUT)
			if (paint_step(p->picture->paint, PATIENCE_MS) != PAINT_WAITS)
				break;
		p->picture->state = PICTURE_WANTED;
	} else if (p->picture && p->picture->state == PICTURE_WANTED) {
		give(p, REPORT_IMAGE, PAINT_IMAGE);
		/* What was known as an icon or a frame first may be a picture of the page as well. */
		give(p, REPORT_ICON, PAINT_IMAGE);
		give(p, REPORT_FRAME, PAINT_IMAGE);
	}
	if (!p->picture || p->picture->state != PICTURE_WANTED)
		return 0;
	if (paint_draw(p->picture->paint) != HF_OK) {
		fail(p, paint_sentence(p->picture->paint));
		return 0;
	}
	p->picture->state = PICTURE_DRAWN;
	wait_for_it(p);
	return p->picture->state == PICTURE_DONE ? write_png(p) : 0;
}

void page_picture_free(struct page_load *p)
{
	if (!p->picture)
		return;
	if (p->picture->paint)
		paint_end(p->picture->paint);
	text_free(&p->picture->error);
	free(p->picture);
	p->picture = NULL;
}
