/* SPDX-License-Identifier: MIT */

/* `handfast page`: a page, from its name to its picture. The loader decides, the net and the painter do; see page.h. */
#define _GNU_SOURCE
#include "cmd/page.h"

#include "base/bits.h"
#include "cmd/page_chromium.h"
#include "page/cache.h"
#include "page/cookie.h"

#include <stdlib.h>
#include <unistd.h>

#define PAINTER_LOOK HF_S(1) /* the painter's own limit of time is seen to as often */

static int open_cache(struct page_load *p)
{
	hf_status st;

	if (!p->o.cache)
		return 0;
	st = http_cache_open(p->o.cache, CACHE_SIZE_DEFAULT, &p->cache);
	if (st == HF_OK)
		return 0;
	return cmd_usage(CMD_page, "--cache %s: %s", p->o.cache,
			 st == HF_NOT_FOUND   ? "this folder is not there, and cannot be made"
			 : st == HF_NO_RIGHTS ? "this folder cannot be written, or is somebody else's"
					      : hf_status_sentence(st));
}

static hf_status make_page(struct page_load *p)
{
	const struct page_config cfg = { .report = &p->report,
					 .cookies = p->cookies,
					 .cache = p->cache,
					 .version = HF_VERSION,
					 .density = p->o.density,
					 .width = p->o.width,
					 .fonts = p->o.fonts,
					 /* Who paints says what it wants, if anybody paints. */
					 .css_images = p->o.engine != PAGE_CHROMIUM &&
						       (!p->o.png || p->o.engine != PAGE_LITEHTML),
					 .keep_bodies = p->o.engine == PAGE_CHROMIUM,
					 .document_only = p->o.document_only,
					 .allow_downgrade = p->o.allow_downgrade,
					 .close_each = p->o.close_each,
					 .limits = p->o.limits };

	return page_make(&cfg, p->o.url, p->streams.now, &p->page);
}

/* What can be done without waiting. */
static void do_all(struct page_load *p)
{
	struct page_ask ask;
	bool any = true;

	while (any && !page_is_over(p->page)) {
		any = false;
		while (page_next(p->page, &ask, p->streams.now) != PAGE_WAITS) {
			page_net_do(p, &ask);
			any = true;
		}
		any |= page_net_step(p);
		any |= page_picture_step(p);
		any |= page_chromium_step(p);
	}
}

static hf_time_ns next_at(const struct page_load *p)
{
	hf_time_ns at = hf_min_u64(page_deadline(p->page), page_net_wake_at(p));

	at = hf_min_u64(at, page_chromium_wake_at(p));
	return page_picture_is_busy(p) ? hf_min_u64(at, p->streams.now + PAINTER_LOOK) : at;
}

static void load(struct page_load *p)
{
	const bool shows = !p->o.quiet && isatty(STDERR_FILENO);
	bool shown = false;

	for (;;) {
		hf_time_ns at, wait;

		do_all(p);
		if (page_is_over(p->page))
			break;
		at = next_at(p);
		wait = at == HF_NEVER ? HF_NEVER : at - hf_min_u64(at, p->streams.now);
		if (shows && !p->streams.loop.sim)
			wait = hf_min_u64(wait, HF_MS(250));
		if (page_net_turn(p, wait) != HF_OK)
			page_stop(p->page, REPORT_E_SYSTEM, p->streams.now);
		if (p->streams.stop)
			page_stop(p->page, REPORT_E_INTERRUPTED, p->streams.now);
		if (shows && p->streams.now >= p->report.begin + HF_S(1))
			page_out_progress(p, &shown);
	}
	if (shown)
		fputs("\r\033[K", stderr);
}

static int run(struct page_load *p)
{
	int code = open_cache(p), painted = 0;

	if (code == 0)
		code = page_net_open(p);
	if (code != 0)
		return code;
	p->report.net = p->o.net ? p->o.net : "host";
	p->report.epoch_ns = streams_epoch_ns(&p->streams);
	if (make_page(p) == HF_OK) {
		code = p->o.engine == PAGE_CHROMIUM ? page_chromium_begin(p) : 0;
		if (code != 0)
			return code;
		load(p);
		page_net_wind_down(p);
		painted = p->chromium ? page_chromium_finish(p) : page_picture_finish(p);
	} else if (p->report.fault.code == REPORT_E_NONE) {
		report_fail(&p->report.fault, REPORT_E_NO_MEMORY, REPORT_US, p->streams.now, NULL, "%s", "");
	}
	code = page_out(p);
	return painted ? painted : code;
}

static void free_all(struct page_load *p)
{
	page_picture_free(p);
	page_chromium_free(p);
	page_net_close(p);
	page_free(p->page);
	cookie_jar_free(p->cookies);
	if (p->cache)
		http_cache_close(p->cache);
	report_free(&p->report);
	free((void *)(uintptr_t)p->o.url);
	free(p);
}

int cmd_page(int argc, char **argv)
{
	struct page_load *p = calloc(1, sizeof(*p));
	int code;

	if (!p) {
		cmd_say(CMD_page, "no memory");
		return 3;
	}
	report_init(&p->report);
	p->o = (struct page_options){ .width = 1024, .density = 1, .connect_timeout = HF_S(30) };
	code = page_take_options(argc, argv, &p->o);
	if (code != 0) {
		free((void *)(uintptr_t)p->o.url);
		free(p);
		return code - 1;
	}
	p->cookies = p->o.no_cookies ? NULL : cookie_jar_make();
	code = run(p);
	free_all(p);
	return code;
}
