/* SPDX-License-Identifier: MIT */
#include "page/page_internal.h"

#include "base/bits.h"

/* Requests as browsers write them (RFC 9110 and 9112), and what the cache makes needless. */

static const char *accept_of(enum report_kind k)
{
	switch (k) {
	case REPORT_DOCUMENT:
	case REPORT_FRAME:
		return "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
	case REPORT_STYLE:
		return "text/css,*/*;q=0.1";
	case REPORT_IMAGE:
	case REPORT_ICON:
		return "image/webp,image/svg+xml,image/*,*/*;q=0.8";
	default:
		return "*/*";
	}
}

/* ---- Referer ---- */

enum policy { NO_REFERRER, SAME_ORIGIN, ORIGIN_ONLY, STRICT_WHEN_CROSS, WHEN_CROSS, ALWAYS };

/* The last word of a list that is known counts (Referrer Policy, 8.1). */
static enum policy policy_of(const char *words)
{
	static const struct {
		const char *name;
		enum policy policy;
	} rows[] = {
		{ "no-referrer", NO_REFERRER },
		{ "never", NO_REFERRER },
		{ "same-origin", SAME_ORIGIN },
		{ "origin", ORIGIN_ONLY },
		{ "strict-origin", ORIGIN_ONLY },
		{ "strict-origin-when-cross-origin", STRICT_WHEN_CROSS },
		{ "default", STRICT_WHEN_CROSS },
		{ "no-referrer-when-downgrade", ALWAYS },
		{ "origin-when-cross-origin", WHEN_CROSS },
		{ "unsafe-url", ALWAYS },
		{ "always", ALWAYS },
	};
	enum policy policy = STRICT_WHEN_CROSS;
	struct hf_bytes list = words ? hf_bytes_of(words) : (struct hf_bytes){ 0 }, word;

	while (h1_list_next(&list, &word))
		for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
			if (h1_same(word, rows[i].name))
				policy = rows[i].policy;
	return policy;
}

/* RFC 9110 10.1.3: never a fragment, never a password. Nothing goes from https: to http:, whatever the policy says. */
static void add_referer(const struct page *p, uint32_t i, struct text *out)
{
	uint32_t parent = p->report->resource[i].parent, from = parent;
	const struct url *a, *b = p->fetch[i]->url;
	enum policy policy;
	bool same;

	if (parent == REPORT_NONE)
		return;
	while (!p->fetch[from]->referrer && p->report->resource[from].parent != REPORT_NONE)
		from = p->report->resource[from].parent; /* a sheet has its document's */
	policy = policy_of(p->fetch[from]->referrer);
	a = p->fetch[parent]->url;
	if (!url_is_http(a))
		a = p->fetch[p->document]->url;
	same = url_same_origin(a, b);
	if (policy == NO_REFERRER || (policy == SAME_ORIGIN && !same) || (url_is_secure(a) && !url_is_secure(b)))
		return;
	if (policy == ORIGIN_ONLY || (policy != ALWAYS && !same))
		text_addf(out, "Referer: %s/\r\n", url_origin(a));
	else
		text_addf(out, "Referer: %s%s\r\n", url_origin(a), url_target(a));
}

/* ---- the whole ---- */

static void add_cookies(struct page *p, uint32_t i, struct text *out, hf_time_ns now)
{
	bool top = p->report->resource[i].kind == REPORT_DOCUMENT;
	struct text value = { 0 };

	if (!p->cfg.cookies)
		return;
	if (cookie_header(p->cfg.cookies, p->fetch[i]->url, top ? NULL : p->fetch[p->document]->url, top, &value,
			  page_seconds(p, now)))
		text_addf(out, "Cookie: %s\r\n", text_str(&value));
	text_free(&value);
}

static void write_fields(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct text *t = &f->request;

	text_clear(t);
	text_addf(t, "GET %s HTTP/1.1\r\nHost: %s\r\n", url_target(f->url), url_authority(f->url));
	if (p->cfg.close_each)
		text_add(t, "Connection: close\r\n");
	if (p->cfg.user_agent)
		text_addf(t, "User-Agent: %s\r\n", p->cfg.user_agent);
	else
		text_addf(t, "User-Agent: handfast/%s\r\n", p->cfg.version ? p->cfg.version : "0");
	text_addf(t, "Accept: %s\r\n", accept_of(p->report->resource[i].kind));
	text_addf(t, "Accept-Language: %s\r\n", p->cfg.accept_language ? p->cfg.accept_language : "en");
	text_add(t, "Accept-Encoding: " CODING_ACCEPTED "\r\n");
	add_referer(p, i, t);
	add_cookies(p, i, t, now);
}

void request_write(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct report_resource *r = page_row(p, i);

	write_fields(p, i, now);
	if (f->has_entry)
		cache_add_conditions(&f->entry, &f->request);
	text_add(&f->request, "\r\n");
	f->request_s = page_seconds(p, now);
	r->request_head = report_keep_n(p->report, text_str(&f->request), hf_min_u64(f->request.len, REPORT_HEAD_KEPT));
	r->octets_head_out = f->request.len;
	report_add_event(p->report, &(struct report_event){
					    .at = now,
					    .layer = REPORT_LAYER_HTTP,
					    .side = REPORT_US,
					    .conn = f->conn,
					    .resource = i,
					    .name = "request",
					    .sentence = f->has_entry ? "We ask whether what we keep is still good."
								     : "We ask for it, and say what we can read.",
					    .rfc = f->has_entry ? "9110 13" : "9112 3",
					    .bytes = text_bytes(&f->request),
				    });
}

/* The request as the cache knows it: by its URL and fields. head is filled for it, and they borrow from the fetch. */
void request_as_key(const struct page *p, uint32_t i, struct h1_head *head, struct cache_request *ret)
{
	const struct fetch *f = p->fetch[i];

	if (h1_parse_request(text_bytes(&f->request), head) != H1_NONE)
		head->fields = 0; /* a cookie of the server's that makes it so is not for us to mend: nothing varies by it */
	*ret = (struct cache_request){ .url = url_without_fragment(f->url), .field = head->field, .fields = head->fields };
}

bool request_from_cache(struct page *p, uint32_t i, hf_time_ns now)
{
	struct fetch *f = p->fetch[i];
	struct cache_request q;
	enum cache_found found;
	struct h1_head head;

	if (!p->cfg.cache || f->has_entry)
		return false;
	write_fields(p, i, now);
	text_add(&f->request, "\r\n");
	request_as_key(p, i, &head, &q);
	found = cache_look(p->cfg.cache, &q, page_seconds(p, now), &f->entry);
	text_clear(&f->request);
	f->has_entry = found != CACHE_FOUND_NONE;
	if (found != CACHE_FOUND_FRESH)
		return false;
	page_row(p, i)->cached = REPORT_FRESH;
	page_tell(p, now, REPORT_LAYER_HTTP, REPORT_US, i, "from cache", "9111 4.2",
		  "What we keep is %lld s old and fresh for %lld s%s: nobody has to be asked.",
		  (long long)f->entry.age_s, (long long)f->entry.lifetime_s, f->entry.heuristic ? ", as we guess" : "");
	fetch_fire(p, i, FETCH_ON_HAVE);
	answer_from_entry(p, i, now);
	return true;
}
