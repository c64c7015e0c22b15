/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cmd/page_chromium.h"

#include "base/bits.h"
#include "http/h1.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WAITING_MOST 4096u /* as many as Chromium may have open */
#define LOOK_MS 200u       /* Ctrl-C is seen as often while nothing else is waited for */

struct waiting { /* a request of Chromium's, for a resource that is under way */
	uint32_t id, resource;
	bool head; /* it is a HEAD */
};

struct page_chromium {
	struct chromium *chromium;
	bool over, interrupted;
	int watched; /* a descriptor; -1 */
	unsigned watched_for;
	hf_time_ns begin;
	struct waiting *waiting;
	uint32_t waits;
	uint32_t answered, refused, not_get;
};

static const enum chromium_reason reasons[] = {
#define M(code, reason) [REPORT_E_##code] = CHROMIUM_##reason,
#include "cmd/page_chromium_reasons.def"
#undef M
};
_Static_assert(HF_ARRAY_LEN(reasons) == REPORT_CODE_COUNT, "each code has a reason");

enum chromium_reason page_chromium_reason(enum report_code why)
{
	return why < REPORT_CODE_COUNT ? reasons[why] : CHROMIUM_FAILED_REQUEST;
}

static void watch(struct page_load *p, bool on)
{
	struct page_chromium *x = p->chromium;
	int fd = on ? chromium_fd(x->chromium) : -1;
	unsigned want = fd >= 0 ? HF_NET_READ | (chromium_wants_write(x->chromium) ? HF_NET_WRITE : 0) : 0;

	/* Virtual time does not pass for it: it is waited for apart. */
	if (p->streams.loop.sim || (fd == x->watched && want == x->watched_for))
		return;
	if (x->watched >= 0 && x->watched != fd)
		(void)!streams_watch(&p->streams, x->watched, 0);
	x->watched = fd >= 0 && streams_watch(&p->streams, fd, want) == HF_OK ? fd : -1;
	x->watched_for = want;
}

/* ---- answers ---- */

static bool is_one_of(struct hf_bytes name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (h1_same(name, names[i]))
			return true;
	return false;
}

/* The head as it came, without what is of the connection, of the coding that is undone, or for a network of Chromium's own. */
static size_t fields_of(const struct report_resource *r, const struct h1_head *head,
			struct chromium_field ret[H1_FIELDS + 1])
{
	static const char *const gone[] = {
		"connection",       "keep-alive", "transfer-encoding",         "trailer", "content-length",
		"content-encoding", "alt-svc",    "strict-transport-security", "nel",     "report-to"
	};
	size_t n = 0;

	for (unsigned i = 0; i < head->fields; i++) {
		const struct h1_field *f = &head->field[i];

		/* A style sheet is UTF-8 by now. */
		if (is_one_of(f->name, gone, HF_ARRAY_LEN(gone)) ||
		    (r->kind == REPORT_STYLE && h1_same(f->name, "content-type")))
			continue;
		ret[n++] = (struct chromium_field){ f->name, f->value };
	}
	if (r->kind == REPORT_STYLE)
		ret[n++] = (struct chromium_field){ hf_bytes_of("content-type"),
						    hf_bytes_of(r->mime && *r->mime && strcmp(r->mime, "text/css") != 0
									? r->mime
									: "text/css; charset=utf-8") };
	return n;
}

static void refuse(struct page_load *p, uint32_t id, enum chromium_reason why)
{
	chromium_refuse(p->chromium->chromium, id, why);
	p->chromium->refused++;
}

static void answer(struct page_load *p, const struct waiting *w)
{
	const struct report_resource *r = &p->report.resource[w->resource];
	struct hf_bytes body = page_body(p->page, w->resource);
	struct chromium_field fields[H1_FIELDS + 1];
	struct h1_head *head = calloc(1, sizeof(*head));

	if (!head || (r->response_head && h1_parse_response(hf_bytes_of(r->response_head), false, head) != H1_NONE)) {
		/* It was longer than what is kept of a head. */
		free(head);
		refuse(p, w->id, CHROMIUM_BLOCKED_BY_RESPONSE);
		return;
	}
	if (w->head)
		body.len = 0;
	chromium_answer(p->chromium->chromium, w->id, r->status, fields, fields_of(r, head, fields), body);
	p->chromium->answered++;
	p->report.engine_octets += body.len;
	free(head);
}

/* Is it something to be shown, though not all is well with it? */
static bool has_answer(const struct page_load *p, uint32_t i)
{
	const struct report_resource *r = &p->report.resource[i];

	switch (r->fault.code) {
	case REPORT_E_NONE:
	case REPORT_E_HTTP_STATUS_4XX:
	case REPORT_E_HTTP_NOT_FOUND:
	case REPORT_E_HTTP_STATUS_5XX:
	case REPORT_E_NOT_HTML:
	case REPORT_E_NOT_CSS:
	case REPORT_E_NOT_AN_IMAGE:
		return r->status != 0;
	case REPORT_E_HTTP_CUT:
	case REPORT_E_TLS_TRUNCATED: /* as browsers do: what there is of a document */
		return r->kind == REPORT_DOCUMENT && page_body(p->page, i).len > 0;
	default:
		return false;
	}
}

/* All that is here by now, or will never be. */
static bool deliver(struct page_load *p)
{
	struct page_chromium *x = p->chromium;
	uint32_t kept = 0, before = x->waits;

	for (uint32_t i = 0; i < before; i++) {
		const struct waiting w = x->waiting[i];
		const struct report_resource *r = &p->report.resource[w.resource];

		if (r->done == HF_NEVER && !r->not_wanted && !page_is_over(p->page))
			x->waiting[kept++] = w;
		else if (has_answer(p, w.resource))
			answer(p, &w);
		else
			refuse(p, w.id, page_chromium_reason(r->not_wanted ? REPORT_E_TOO_MANY : r->fault.code));
	}
	x->waits = kept;
	return kept < before;
}

/* ---- requests ---- */

static enum report_kind kind_of(const struct chromium_ask *ask)
{
	switch (ask->kind) {
	case CHROMIUM_DOCUMENT:
		return ask->main ? REPORT_OTHER : REPORT_FRAME;
	case CHROMIUM_STYLE:
		return REPORT_STYLE;
	case CHROMIUM_SCRIPT:
		return REPORT_SCRIPT;
	case CHROMIUM_IMAGE:
		return REPORT_IMAGE;
	case CHROMIUM_FONT:
		return REPORT_FONT;
	default:
		return REPORT_OTHER;
	}
}

/* By the URL of its own: what a redirect led to has one too. */
static uint32_t find_row(const struct page_load *p, const char *url)
{
	for (uint32_t i = 0; i < p->report.resources; i++)
		if (!p->report.resource[i].not_wanted && strcmp(p->report.resource[i].url, url) == 0)
			return i;
	return REPORT_NONE;
}

/* The icon of a host whose page names none is in no picture. */
static bool is_idle_icon(const char *url)
{
	const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;

	return path && strcmp(path, "/favicon.ico") == 0;
}

static void take_ask(struct page_load *p, const struct chromium_ask *ask)
{
	struct page_chromium *x = p->chromium;
	bool head = strcmp(ask->method, "HEAD") == 0;
	uint32_t i;

	if (!head && strcmp(ask->method, "GET") != 0) {
		x->not_get++;
		refuse(p, ask->id, CHROMIUM_BLOCKED_BY_CLIENT);
		return;
	}
	if (strncasecmp(ask->url, "http:", 5) != 0 && strncasecmp(ask->url, "https:", 6) != 0) {
		refuse(p, ask->id, CHROMIUM_BLOCKED_BY_CLIENT);
		return;
	}
	i = find_row(p, ask->url);
	if (i == REPORT_NONE && !(ask->kind == CHROMIUM_OTHER && is_idle_icon(ask->url)))
		i = page_want(p->page, ask->url, kind_of(ask), REPORT_NONE, p->streams.now);
	if (i == REPORT_NONE || x->waits == WAITING_MOST)
		refuse(p, ask->id,
		       page_is_over(p->page) ? page_chromium_reason(p->report.fault.code) : CHROMIUM_BLOCKED_BY_CLIENT);
	else
		x->waiting[x->waits++] = (struct waiting){ ask->id, i, head };
}

/* ---- the run ---- */

int page_chromium_begin(struct page_load *p)
{
	const struct chromium_config cfg = {
		.path = p->o.chromium, .url = p->report.resource[0].url, .width = p->o.width, .density = p->o.density
	};
	struct page_chromium *x = calloc(1, sizeof(*x));
	hf_status st = x ? HF_OK : HF_FULL;

	if (x) {
		p->chromium = x;
		x->watched = -1;
		x->begin = hf_clock_now();
		x->waiting = calloc(WAITING_MOST, sizeof(*x->waiting));
		st = x->waiting ? chromium_begin(&cfg, &x->chromium) : HF_FULL;
	}
	if (st == HF_OK) {
		page_hold(p->page, true);
		return 0;
	}
	if (st == HF_NOT_FOUND && p->o.chromium)
		cmd_say(CMD_page, "--chromium %s: there is no such program", p->o.chromium);
	else if (st == HF_NOT_FOUND)
		cmd_say(CMD_page,
			"--engine chromium: it is not installed; if it is somewhere else, say where: --chromium PATH");
	else
		cmd_say(CMD_page, "--engine chromium: %s",
			st == HF_UNSUPPORTED ? chromium_absent() : hf_status_sentence(st));
	return 3;
}

static bool is_busy(const struct page_load *p)
{
	return p->chromium && p->chromium->chromium && !p->chromium->over;
}

static void end(struct page_load *p)
{
	p->chromium->over = true;
	p->chromium->waits = 0;
	page_hold(p->page, false);
}

/* What can be done at once. */
static bool step(struct page_load *p)
{
	struct page_chromium *x = p->chromium;
	struct chromium_ask ask;
	enum chromium_does does;
	bool any = false;

	if (!is_busy(p))
		return false;
	for (;;) {
		any |= deliver(p);
		does = chromium_step(x->chromium, &ask);
		if (does != CHROMIUM_ASKS)
			break;
		take_ask(p, &ask);
		any = true;
	}
	if (does == CHROMIUM_WAITS)
		return any;
	if (does == CHROMIUM_FAILED)
		report_fail(&p->report.fault, REPORT_E_PAINT, REPORT_US, p->streams.now, NULL, "%s",
			    chromium_sentence(x->chromium));
	end(p);
	return true;
}

/* Only Chromium is waited for, and Ctrl-C. */
static void wait_for_it(struct page_load *p)
{
	struct page_chromium *x = p->chromium;
	const short events = (short)(POLLIN | (chromium_wants_write(x->chromium) ? POLLOUT : 0));
	const unsigned wait_ms = (unsigned)hf_min_u64(chromium_wait(x->chromium) / HF_MS(1) + 1, LOOK_MS);

	if (!page_picture_await(p, chromium_fd(x->chromium), events, wait_ms))
		return;
	x->interrupted = true;
	end(p);
}

bool page_chromium_step(struct page_load *p)
{
	bool any = step(p);

	/* No virtual time passes while Chromium works; when it waits for the loader, some does. */
	while (p->streams.loop.sim && is_busy(p) && !p->chromium->waits && !any) {
		wait_for_it(p);
		any = step(p);
	}
	if (p->chromium)
		watch(p, is_busy(p));
	return any;
}

hf_time_ns page_chromium_wake_at(const struct page_load *p)
{
	return is_busy(p) ? p->streams.now + chromium_wait(p->chromium->chromium) : HF_NEVER;
}

/* What it did, for those who look into the report. */
static void tell(struct page_load *p)
{
	const struct page_chromium *x = p->chromium;
	const char *version = chromium_version(x->chromium);
	char sentence[600];

	snprintf(sentence, sizeof(sentence),
		 "%s was given no network: %s. %u of its requests were answered, with %llu octets that came by our stack; %u were refused, "
		 "%u of them because they would have sent something.",
		 *version ? version : "Chromium", chromium_isolation(x->chromium), x->answered,
		 (unsigned long long)p->report.engine_octets, x->refused, x->not_get);
	report_add_event(&p->report, &(struct report_event){ .at = p->streams.now,
							     .layer = REPORT_LAYER_PAGE,
							     .side = REPORT_US,
							     .conn = REPORT_NONE,
							     .resource = REPORT_NONE,
							     .name = "chromium",
							     .sentence = sentence,
							     .rfc = "" });
}

int page_chromium_finish(struct page_load *p)
{
	struct page_chromium *x = p->chromium;
	unsigned width, height;
	struct hf_bytes png;

	/* The loader may have been stopped by a limit; what it has is painted. */
	while (is_busy(p) && p->report.fault.code != REPORT_E_INTERRUPTED)
		if (!step(p))
			wait_for_it(p);
	if (x->interrupted)
		page_picture_interrupted(p);
	tell(p);
	p->report.engine = "chromium";
	p->report.paint_ns = hf_clock_now() - x->begin;
	png = chromium_png(x->chromium, &width, &height);
	return p->o.png && png.len ? page_picture_write(p, png, width, height) : 0;
}

void page_chromium_free(struct page_load *p)
{
	if (!p->chromium)
		return;
	chromium_end(p->chromium->chromium);
	free(p->chromium->waiting);
	free(p->chromium);
	p->chromium = NULL;
}
