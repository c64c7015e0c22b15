/* SPDX-License-Identifier: MIT */
#include "page/cache_internal.h"
#include "base/ascii.h"

#include "base/bits.h"
#include "http/http_date.h"

/*
 * What RFC 9111 lets a private cache do, as functions of heads and times. Nothing stale is ever used without asking, so that
 * must-revalidate asks for nothing that is not done anyway; s-maxage and proxy-revalidate speak to shared caches alone.
 */
#define HEURISTIC_PART 10     /* 4.2.2: a tenth of the time since it was changed */
#define SECONDS_MAX INT32_MAX /* 1.2.2: a larger number is this */

static const struct {
	const char *rfc, *sentence;
} whys[] = {
#define W(name, rfc, sentence) [CACHE_##name] = { rfc, sentence },
#include "page/cache_why.def"
#undef W
};

const char *cache_why_sentence(enum cache_why w)
{
	return whys[w].sentence;
}

const char *cache_why_rfc(enum cache_why w)
{
	return whys[w].rfc;
}

bool cache_parse_head(struct hf_bytes octets, struct h1_head *ret)
{
	struct h1_input in = h1_input_over(&octets, 1, true);
	struct h1_scan scan = { 0 };
	enum h1_fault fault;
	size_t n = 0;

	return h1_scan_head(&scan, H1_RESPONSE, &in, &n, &fault) == H1_COMPLETE && n == octets.len &&
	       h1_parse_response(octets, false, ret) == H1_NONE;
}

/* delta-seconds; false: not a number. */
static bool read_seconds(struct hf_bytes b, int64_t *ret)
{
	int64_t v = 0;

	for (size_t i = 0; i < b.len; i++) {
		if (!hf_ascii_is_digit(b.at[i]))
			return false;
		v = v * 10 + (b.at[i] - '0');
		if (v > SECONDS_MAX)
			v = SECONDS_MAX;
	}
	*ret = v;
	return b.len != 0;
}

static struct hf_bytes unquoted(struct hf_bytes b)
{
	if (b.len >= 2 && b.at[0] == '"' && b.at[b.len - 1] == '"')
		return (struct hf_bytes){ b.at + 1, b.len - 2 };
	return b;
}

static void take_directive(struct hf_bytes d, struct cache_control *cc)
{
	const uint8_t *equals = memchr(d.at, '=', d.len);
	struct hf_bytes name = { d.at, equals ? (size_t)(equals - d.at) : d.len }, value = { 0 };

	if (equals)
		value = unquoted((struct hf_bytes){ equals + 1, d.len - name.len - 1 });
	if (h1_same(name, "no-store")) {
		cc->no_store = true;
	} else if (h1_same(name, "no-cache")) {
		cc->no_cache = true; /* also where it names fields only: 5.2.2.4 lets us */
	} else if (h1_same(name, "immutable")) {
		cc->immutable = true;
	} else if (h1_same(name, "max-age") && !cc->has_max_age) { /* the first counts: 4.2.1 */
		cc->has_max_age = true;
		if (!read_seconds(value, &cc->max_age_s))
			cc->max_age_s = -1;
	}
}

struct cache_control cache_control_of(const struct h1_field *field, size_t n)
{
	struct cache_control cc = { 0 };
	bool said = false, pragma = false;
	struct hf_bytes list, d;

	for (size_t i = 0; i < n; i++) {
		list = field[i].value;
		if (h1_same(field[i].name, "cache-control")) {
			said = true;
			while (h1_list_next(&list, &d))
				take_directive(d, &cc);
		} else if (h1_same(field[i].name, "pragma")) {
			while (h1_list_next(&list, &d))
				pragma = pragma || h1_same(d, "no-cache");
		}
	}
	if (!said && pragma) /* 5.4 */
		cc.no_cache = true;
	return cc;
}

static struct cache_control of_answer(const struct h1_head *h)
{
	struct cache_control cc = cache_control_of(h->field, h->fields);

	/* Pragma is the request's: in an answer it was never defined (5.4). */
	if (!h1_find(h, "cache-control"))
		cc.no_cache = false;
	return cc;
}

static bool read_date(const struct h1_head *h, const char *name, int64_t now_s, int64_t *ret)
{
	const struct h1_field *f = h1_find(h, name);

	return f && http_date_parse(f->value, now_s, ret);
}

/* RFC 9110 15.1, but for 206 */
static bool is_heuristic_status(unsigned status)
{
	static const uint16_t all[] = { 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501 };

	for (size_t i = 0; i < HF_ARRAY_LEN(all); i++)
		if (all[i] == status)
			return true;
	return false;
}

static bool is_explicit(const struct h1_head *h)
{
	return of_answer(h).has_max_age || h1_find(h, "expires");
}

bool cache_has_validator(const struct h1_head *h)
{
	return h1_find(h, "etag") || h1_find(h, "last-modified");
}

static bool varies_by_all(const struct h1_head *h)
{
	struct hf_bytes list, name;

	for (size_t i = 0; i < h->fields; i++) {
		list = h->field[i].value;
		if (!h1_same(h->field[i].name, "vary"))
			continue;
		while (h1_list_next(&list, &name))
			if (h1_same(name, "*"))
				return true;
	}
	return false;
}

enum cache_why cache_may_keep(const struct cache_request *q, const struct h1_head *answer)
{
	bool redirect = answer->status == 302 || answer->status == 303 || answer->status == 307;

	if (cache_control_of(q->field, q->fields).no_store || of_answer(answer).no_store)
		return CACHE_NO_STORE;
	if (answer->status == 206 || h1_find(answer, "content-range"))
		return CACHE_PARTIAL;
	if (!is_heuristic_status(answer->status) && !(redirect && is_explicit(answer)))
		return CACHE_STATUS;
	if (varies_by_all(answer))
		return CACHE_VARY_ALL;
	if (!is_explicit(answer) && !cache_has_validator(answer))
		return CACHE_NOT_EXPLICIT;
	return CACHE_KEPT;
}

int64_t cache_lifetime(const struct h1_head *answer, int64_t response_s, bool *ret_heuristic)
{
	struct cache_control cc = of_answer(answer);
	int64_t date, expires, changed;

	*ret_heuristic = false;
	if (cc.has_max_age)
		return cc.max_age_s > 0 ? cc.max_age_s : 0;
	if (!read_date(answer, "date", response_s, &date))
		date = response_s;
	if (h1_find(answer, "expires")) /* one that cannot be read, "0" above all, has passed: 5.3 */
		return read_date(answer, "expires", response_s, &expires) && expires > date ? expires - date : 0;
	if (!is_heuristic_status(answer->status) || !read_date(answer, "last-modified", response_s, &changed) ||
	    changed >= date)
		return 0;
	*ret_heuristic = true;
	return (date - changed) / HEURISTIC_PART;
}

int64_t cache_age(const struct h1_head *answer, int64_t request_s, int64_t response_s, int64_t now_s)
{
	const struct h1_field *f = h1_find(answer, "age");
	int64_t date, apparent = 0, said = 0, initial;

	if (read_date(answer, "date", response_s, &date) && date < response_s)
		apparent = response_s - date;
	if (f && !read_seconds(f->value, &said))
		said = 0;
	said += response_s > request_s ? response_s - request_s : 0;
	initial = apparent > said ? apparent : said;
	return initial + (now_s > response_s ? now_s - response_s : 0);
}

bool cache_must_ask(const struct h1_head *answer)
{
	return of_answer(answer).no_cache;
}

bool cache_is_fresh(const struct cache_request *q, const struct h1_head *answer, int64_t age, int64_t lifetime)
{
	struct cache_control asked = cache_control_of(q->field, q->fields), said = of_answer(answer);

	if (lifetime <= age || said.no_cache || asked.no_cache)
		return false;
	/* A reload asks for max-age=0, and what never changes need not mind (RFC 8246 2). */
	return !asked.has_max_age || said.immutable || age <= asked.max_age_s;
}

/* ---- Vary ---- */

static void add_bytes(struct hf_bytes b, struct text *out)
{
	if (b.len)
		text_add_n(out, (const char *)b.at, b.len);
}

static void add_lower(struct hf_bytes b, struct text *out)
{
	for (size_t i = 0; i < b.len; i++) {
		char c = hf_ascii_lower(b.at[i]);

		text_add_n(out, &c, 1);
	}
}

void cache_vary_key(const struct h1_head *answer, const struct cache_request *q, struct text *out)
{
	struct hf_bytes list, name;

	for (size_t i = 0; i < answer->fields; i++) {
		list = answer->field[i].value;
		if (!h1_same(answer->field[i].name, "vary"))
			continue;
		while (h1_list_next(&list, &name)) {
			size_t start = out->len;

			add_lower(name, out);
			text_add_n(out, "", 1); /* so that it ends as a string, too */
			for (size_t k = 0; k < q->fields && !out->failed; k++) {
				if (!h1_same(q->field[k].name, out->at + start))
					continue;
				text_add(out, ":");
				add_bytes(q->field[k].value, out);
			}
			text_add(out, "\n");
		}
	}
}

/* ---- a validation's answer ---- */

/* What a 304 does not update: what is about the message, or about the content as it was kept (3.2). */
static bool stays(struct hf_bytes name)
{
	static const char *const all[] = { "connection",
					   "keep-alive",
					   "proxy-authenticate",
					   "proxy-connection",
					   "te",
					   "trailer",
					   "transfer-encoding",
					   "upgrade",
					   "content-encoding",
					   "content-length",
					   "content-range",
					   "content-type",
					   "set-cookie",
					   "proxy-authorization" };

	for (size_t i = 0; i < HF_ARRAY_LEN(all); i++)
		if (h1_same(name, all[i]))
			return true;
	return false;
}

static bool updates(const struct h1_head *fresh, struct hf_bytes name)
{
	for (size_t i = 0; i < fresh->fields; i++)
		if (hf_ascii_same(fresh->field[i].name, name))
			return !stays(name);
	return false;
}

/* RFC 9110 8.8.3.2: weak comparison. */
static struct hf_bytes opaque_tag(struct hf_bytes tag)
{
	if (tag.len > 2 && tag.at[0] == 'W' && tag.at[1] == '/')
		return (struct hf_bytes){ tag.at + 2, tag.len - 2 };
	return tag;
}

static bool is_about(const struct h1_head *kept, const struct h1_head *fresh)
{
	const struct h1_field *old = h1_find(kept, "etag"), *new = h1_find(fresh, "etag");

	if (new)
		return old && hf_bytes_same(opaque_tag(old->value), opaque_tag(new->value));
	old = h1_find(kept, "last-modified");
	new = h1_find(fresh, "last-modified");
	return !new || (old && hf_bytes_same(old->value, new->value));
}

static void add_field(const struct h1_field *f, struct text *out)
{
	add_bytes(f->name, out);
	text_add(out, ": ");
	add_bytes(f->value, out);
	text_add(out, "\r\n");
}

bool cache_merge(const struct h1_head *kept, const struct h1_head *fresh, struct text *out)
{
	if (!is_about(kept, fresh))
		return false;
	text_addf(out, "HTTP/1.%u %03u ", (unsigned)kept->minor, (unsigned)kept->status);
	add_bytes(kept->reason, out);
	text_add(out, "\r\n");
	for (size_t i = 0; i < kept->fields; i++)
		if (!updates(fresh, kept->field[i].name) && !h1_same(kept->field[i].name, "age"))
			add_field(&kept->field[i], out);
	for (size_t i = 0; i < fresh->fields; i++)
		if (!stays(fresh->field[i].name))
			add_field(&fresh->field[i], out);
	text_add(out, "\r\n");
	return true;
}
