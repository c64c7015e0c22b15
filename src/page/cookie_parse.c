/* SPDX-License-Identifier: MIT */
#include "page/cookie_internal.h"
#include "base/ascii.h"

#include "base/bits.h"
#include "http/h1.h"

#include <time.h>

/* Reading a Set-Cookie field (RFC 6265bis 5.6), which is lenient by design: no server's cookie is refused for its form. */

/* Cuts what stands before the first `c` off, and `c` with it; all of it when there is none. */
static struct hf_bytes cut(struct hf_bytes *b, char c, bool *ret_found)
{
	const uint8_t *at = b->len ? memchr(b->at, c, b->len) : NULL;
	struct hf_bytes before = { b->at, at ? (size_t)(at - b->at) : b->len };
	size_t used = before.len + (at != NULL);

	b->at += used;
	b->len -= used;
	if (ret_found)
		*ret_found = at != NULL;
	return before;
}

/* ---- dates (5.1.1) ---- */

struct date {
	bool has_time, has_day, has_month, has_year;
	int hour, minute, second, day, month, year;
};

static bool is_delimiter(uint8_t c)
{
	return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) || (c >= 0x5b && c <= 0x60) ||
	       (c >= 0x7b && c <= 0x7e);
}

/* min to max digits, with none behind them. */
static bool take_number(struct hf_bytes *t, unsigned min, unsigned max, int *ret)
{
	unsigned n = 0;
	int v = 0;

	for (; n < max && n < t->len && hf_ascii_is_digit(t->at[n]); n++)
		v = v * 10 + (t->at[n] - '0');
	if (n < min || (n < t->len && hf_ascii_is_digit(t->at[n])))
		return false;
	t->at += n;
	t->len -= n;
	*ret = v;
	return true;
}

static bool take_colon(struct hf_bytes *t)
{
	if (t->len == 0 || t->at[0] != ':')
		return false;
	t->at++, t->len--;
	return true;
}

static bool read_time(struct hf_bytes t, struct date *d)
{
	return take_number(&t, 1, 2, &d->hour) && take_colon(&t) && take_number(&t, 1, 2, &d->minute) &&
	       take_colon(&t) && take_number(&t, 1, 2, &d->second);
}

static bool read_month(struct hf_bytes t, int *ret)
{
	static const char months[12][4] = { "jan", "feb", "mar", "apr", "may", "jun",
					    "jul", "aug", "sep", "oct", "nov", "dec" };

	for (int m = 0; m < 12; m++) {
		if (hf_ascii_begins(t, months[m])) {
			*ret = m;
			return true;
		}
	}
	return false;
}

/* A token is the first of these four that it can be and that is still missing. */
static void take_token(struct hf_bytes t, struct date *d)
{
	struct hf_bytes number = t;
	struct date read = *d;

	if (!d->has_time && read_time(t, &read)) {
		*d = read;
		d->has_time = true;
	} else if (!d->has_day && take_number(&number, 1, 2, &d->day)) {
		d->has_day = true;
	} else if (!d->has_month && read_month(t, &d->month)) {
		d->has_month = true;
	} else if (!d->has_year && take_number(&number, 2, 4, &d->year)) {
		d->has_year = true;
	}
}

bool cookie_date(struct hf_bytes text, int64_t *ret)
{
	struct date d = { 0 };
	struct tm tm = { 0 };
	time_t t;

	while (text.len) {
		struct hf_bytes token = text;

		for (token.len = 0; token.len < text.len && !is_delimiter(text.at[token.len]); token.len++)
			;
		take_token(token, &d);
		text.at += token.len;
		text.len -= token.len;
		if (text.len)
			text.at++, text.len--;
	}
	if (!d.has_time || !d.has_day || !d.has_month || !d.has_year)
		return false;
	d.year += d.year <= 69 ? 2000 : d.year <= 99 ? 1900 : 0;
	if (d.day < 1 || d.day > 31 || d.year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 59)
		return false;
	tm = (struct tm){ .tm_year = d.year - 1900,
			  .tm_mon = d.month,
			  .tm_mday = d.day,
			  .tm_hour = d.hour,
			  .tm_min = d.minute,
			  .tm_sec = d.second };
	t = timegm(&tm);
	*ret = t;
	return tm.tm_mday == d.day; /* else that month has no such day */
}

/* ---- attributes (5.6.1 to 5.6.7) ---- */

/* *ret_s: an end of the cookie's life, cut to what is allowed. */
static bool read_max_age(struct hf_bytes v, int64_t now_s, int64_t *ret_s)
{
	bool negative = v.len && v.at[0] == '-';
	int64_t seconds = 0;

	if (negative)
		v.at++, v.len--;
	if (v.len == 0 && !negative)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (!hf_ascii_is_digit(v.at[i]))
			return false;
		seconds = seconds * 10 + (v.at[i] - '0');
		if (seconds > COOKIE_LIFE_MAX_S)
			seconds = COOKIE_LIFE_MAX_S;
	}
	*ret_s = negative || seconds == 0 ? INT64_MIN : now_s + seconds;
	return true;
}

static enum cookie_same_site read_same_site(struct hf_bytes v)
{
	return h1_same(v, "none")     ? COOKIE_SITE_NONE
	       : h1_same(v, "strict") ? COOKIE_SITE_STRICT
	       : h1_same(v, "lax")    ? COOKIE_SITE_LAX
				      : COOKIE_SITE_DEFAULT;
}

struct ends {
	bool has_max_age;
	int64_t max_age_s, expires_s;
};

/* The last one of a name counts; one that cannot be read does not. */
static void take_attribute(struct hf_bytes name, struct hf_bytes v, int64_t now_s, struct cookie_line *c, struct ends *e)
{
	int64_t s;

	if (v.len > COOKIE_ATTRIBUTE_BYTES)
		return;
	if (h1_same(name, "expires")) {
		if (cookie_date(v, &s))
			e->expires_s = s > now_s + COOKIE_LIFE_MAX_S ? now_s + COOKIE_LIFE_MAX_S : s;
	} else if (h1_same(name, "max-age")) {
		if (read_max_age(v, now_s, &e->max_age_s))
			e->has_max_age = true;
	} else if (h1_same(name, "domain")) {
		if (v.len && v.at[0] == '.')
			v.at++, v.len--;
		c->domain = v;
	} else if (h1_same(name, "path")) {
		c->path = v.len && v.at[0] == '/' ? v : (struct hf_bytes){ 0 };
	} else if (h1_same(name, "secure")) {
		c->secure = true;
	} else if (h1_same(name, "samesite")) {
		c->same_site = read_same_site(v);
	}
}

static bool has_control(struct hf_bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((b.at[i] < 0x20 && b.at[i] != '\t') || b.at[i] == 0x7f)
			return true;
	return false;
}

enum cookie_why cookie_parse(struct hf_bytes set_cookie, int64_t now_s, struct cookie_line *ret)
{
	struct ends ends = { .expires_s = COOKIE_SESSION };
	struct cookie_line c = { 0 };
	struct hf_bytes pair;
	bool named;

	if (has_control(set_cookie))
		return COOKIE_CONTROL;
	pair = cut(&set_cookie, ';', NULL);
	c.name = cut(&pair, '=', &named);
	c.value = hf_ascii_trim_ows(named ? pair : c.name);
	c.name = named ? hf_ascii_trim_ows(c.name) : (struct hf_bytes){ 0 };
	if (c.name.len + c.value.len == 0)
		return COOKIE_EMPTY;
	if (c.name.len + c.value.len > COOKIE_PAIR_BYTES)
		return COOKIE_TOO_LARGE;
	while (set_cookie.len) {
		struct hf_bytes attribute = cut(&set_cookie, ';', NULL), name = cut(&attribute, '=', NULL);

		take_attribute(hf_ascii_trim_ows(name), hf_ascii_trim_ows(attribute), now_s, &c, &ends);
	}
	c.expires_s = ends.has_max_age ? ends.max_age_s : ends.expires_s;
	*ret = c;
	return COOKIE_KEPT;
}
