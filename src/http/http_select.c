/* SPDX-License-Identifier: MIT */
#include "http/http_select.h"

#include "http/http_date.h"
#include "http/http_put.h"

void http_make_etag(struct http_resource *r, uint64_t modified_ns)
{
	struct hf_wr out = hf_wr_over(r->etag, sizeof(r->etag) - 1);

	http_put_text(&out, "\"");
	http_put_hex(&out, modified_ns);
	http_put_text(&out, "-");
	http_put_hex(&out, r->size);
	http_put_text(&out, "\"");
	r->etag_len = hf_wr_len(&out);
	r->etag[r->etag_len] = '\0';
}

/* Is our entity tag in the list, or is the list "*"? RFC 9110 8.8.3.2: a weak comparison passes over W/. */
static bool lists_etag(const struct h1_head *h, const char *name, const struct http_resource *r, bool weak)
{
	for (size_t i = 0; i < h->fields; i++) {
		struct hf_bytes list = h->field[i].value, tag;

		if (!h1_same(h->field[i].name, name))
			continue;
		while (h1_list_next(&list, &tag)) {
			if (tag.len == 1 && tag.at[0] == '*')
				return true;
			if (weak && tag.len > 2 && memcmp(tag.at, "W/", 2) == 0)
				tag = (struct hf_bytes){ tag.at + 2, tag.len - 2 };
			if (tag.len == r->etag_len && memcmp(tag.at, r->etag, tag.len) == 0)
				return true;
		}
	}
	return false;
}

static bool read_date(const struct h1_head *h, const char *name, int64_t now, int64_t *ret)
{
	const struct h1_field *f = h1_find(h, name);

	return f && http_date_parse(f->value, now, ret);
}

/* RFC 9110 13.1.5: a Range is for what the client holds a part of, else the whole is sent. */
static bool range_is_wanted(const struct h1_head *h, const struct http_resource *r, int64_t now)
{
	const struct h1_field *f = h1_find(h, "if-range");
	int64_t date;

	if (!f)
		return true;
	if (f->value.len > 0 && f->value.at[0] == '"')
		return f->value.len == r->etag_len && memcmp(f->value.at, r->etag, r->etag_len) == 0;
	/* A date proves something only when the file cannot have changed again within its second (RFC 9110 8.8.2.2). */
	return http_date_parse(f->value, now, &date) && date == r->modified && r->modified + 1 < now;
}

enum range { RANGE_NONE, RANGE_GOOD, RANGE_OUTSIDE };

/* RFC 9110 14.1.2. Several ranges, other units and broken syntax: as if there were no Range (14.2 allows it). */
static enum range read_range(struct hf_bytes v, uint64_t size, uint64_t *first, uint64_t *count)
{
	struct hf_bytes from, to;
	uint64_t a, b;
	size_t dash;

	if (v.len < 6 || !h1_same((struct hf_bytes){ v.at, 6 }, "bytes="))
		return RANGE_NONE;
	v = (struct hf_bytes){ v.at + 6, v.len - 6 };
	for (dash = 0; dash < v.len && v.at[dash] != '-'; dash++)
		;
	if (dash == v.len)
		return RANGE_NONE;
	from = (struct hf_bytes){ v.at, dash };
	to = (struct hf_bytes){ v.at + dash + 1, v.len - dash - 1 };
	if (from.len == 0) { /* the last so many octets */
		if (!h1_number(to, &b))
			return RANGE_NONE;
		if (b == 0 || size == 0)
			return RANGE_OUTSIDE;
		*count = hf_min_u64(b, size);
		*first = size - *count;
		return RANGE_GOOD;
	}
	if (!h1_number(from, &a))
		return RANGE_NONE;
	b = INT64_MAX;
	if (to.len > 0 && (!h1_number(to, &b) || b < a))
		return RANGE_NONE;
	if (a >= size)
		return RANGE_OUTSIDE;
	*first = a;
	*count = hf_min_u64(b, size - 1) - a + 1;
	return RANGE_GOOD;
}

struct http_selection http_select(const struct h1_head *h, const struct http_resource *r, int64_t now)
{
	struct http_selection whole = { 200, 0, r->size }, none = { 200, 0, 0 };
	const struct h1_field *range = h1_find(h, "range");
	int64_t date;

	if (h1_find(h, "if-match")) {
		if (!lists_etag(h, "if-match", r, false))
			none.status = 412;
	} else if (read_date(h, "if-unmodified-since", now, &date) && r->modified > date) {
		none.status = 412;
	}
	if (none.status == 412)
		return none;
	if (h1_find(h, "if-none-match")) {
		if (lists_etag(h, "if-none-match", r, true))
			none.status = 304;
	} else if (read_date(h, "if-modified-since", now, &date) && r->modified <= date) {
		none.status = 304;
	}
	if (none.status == 304)
		return none;
	if (!range || h->method != HTTP_GET || !range_is_wanted(h, r, now))
		return whole;
	switch (read_range(range->value, r->size, &whole.first, &whole.count)) {
	case RANGE_GOOD:
		whole.status = 206;
		break;
	case RANGE_OUTSIDE:
		none.status = 416;
		return none;
	case RANGE_NONE:
		break;
	}
	return whole;
}
