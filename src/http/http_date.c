/* SPDX-License-Identifier: MIT */
#include "http/http_date.h"

static const char days[7][10] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

#define DAY 86400
#define YEAR_1 (-719162ll * DAY) /* 0001-01-01 */
#define YEAR_9999_END (2932897ll * DAY - 1)

/* Days since 1970-01-01 of a day in the Gregorian calendar; the year is counted from March, so the leap day comes last. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t n, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t z = n + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
	*month = (unsigned)(m < 10 ? m + 3 : m - 9);
	*year = y + era * 400 + (*month <= 2);
}

static char *put_digits(char *to, unsigned v, unsigned digits)
{
	for (unsigned i = digits; i > 0; i--) {
		to[i - 1] = (char)('0' + v % 10);
		v /= 10;
	}
	return to + digits;
}

static char *put_text(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

void http_date_format(int64_t seconds, char to[HTTP_DATE_LEN])
{
	int64_t s = seconds < YEAR_1 ? YEAR_1 : seconds > YEAR_9999_END ? YEAR_9999_END : seconds;
	int64_t n = s >= 0 ? s / DAY : (s - DAY + 1) / DAY;
	unsigned in_day = (unsigned)(s - n * DAY);
	unsigned month, day;
	int64_t year;

	date_of(n, &year, &month, &day);
	to = put_text(to, days[((n % 7) + 11) % 7], 3); /* 1970-01-01 was a Thursday */
	to = put_text(to, ", ", 2);
	to = put_digits(to, day, 2);
	to = put_text(to, " ", 1);
	to = put_text(to, months[month - 1], 3);
	to = put_text(to, " ", 1);
	to = put_digits(to, (unsigned)year, 4);
	to = put_text(to, " ", 1);
	to = put_digits(to, in_day / 3600, 2);
	to = put_text(to, ":", 1);
	to = put_digits(to, in_day / 60 % 60, 2);
	to = put_text(to, ":", 1);
	to = put_digits(to, in_day % 60, 2);
	put_text(to, " GMT", 4);
}

/* A cursor that marks itself bad, as struct hf_rd, over text. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static void want_text(struct reader *r, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n) != 0)
		r->bad = true;
	else
		r->at += n;
}

static unsigned want_digits(struct reader *r, unsigned digits)
{
	unsigned v = 0;

	for (unsigned i = 0; i < digits; i++) {
		if (r->at == r->end || *r->at < '0' || *r->at > '9') {
			r->bad = true;
			return 0;
		}
		v = v * 10 + (*r->at++ - '0');
	}
	return v;
}

static unsigned want_month(struct reader *r)
{
	for (unsigned m = 0; m < 12; m++) {
		if (r->end - r->at >= 3 && memcmp(r->at, months[m], 3) == 0) {
			r->at += 3;
			return m + 1;
		}
	}
	r->bad = true;
	return 1;
}

static unsigned want_time(struct reader *r)
{
	unsigned h = want_digits(r, 2), m, s;

	want_text(r, ":");
	m = want_digits(r, 2);
	want_text(r, ":");
	s = want_digits(r, 2);
	r->bad |= h > 23 || m > 59 || s > 60; /* a leap second is allowed */
	return h * 3600 + m * 60 + s;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" and "Sunday, 06-Nov-94 08:49:37 GMT", from the day on. */
static int64_t read_gmt(struct reader *r, bool long_name, int64_t now)
{
	const char *between = long_name ? "-" : " ";
	unsigned day = want_digits(r, 2), month, in_day;
	int64_t year, seconds;

	want_text(r, between);
	month = want_month(r);
	want_text(r, between);
	year = want_digits(r, long_name ? 2 : 4);
	want_text(r, " ");
	in_day = want_time(r);
	want_text(r, " GMT");
	if (!long_name) {
		r->bad |= day < 1 || day > 31;
		return days_of(year, month, day) * DAY + in_day;
	}
	/* More than 50 years ahead means the century before. */
	int64_t this_year;
	unsigned m, d;

	date_of(now / DAY, &this_year, &m, &d);
	year += this_year - this_year % 100;
	seconds = days_of(year, month, day) * DAY + in_day;
	if (seconds > now + 50ll * 36524 * DAY / 100)
		seconds = days_of(year - 100, month, day) * DAY + in_day;
	r->bad |= day < 1 || day > 31;
	return seconds;
}

/* "Sun Nov  6 08:49:37 1994", from the month on. */
static int64_t read_asctime(struct reader *r)
{
	unsigned month = want_month(r), day, in_day;

	want_text(r, " ");
	if (r->at < r->end && *r->at == ' ') {
		r->at++;
		day = want_digits(r, 1);
	} else {
		day = want_digits(r, 2);
	}
	want_text(r, " ");
	in_day = want_time(r);
	want_text(r, " ");
	r->bad |= day < 1 || day > 31;
	return days_of(want_digits(r, 4), month, day) * DAY + in_day;
}

bool http_date_parse(struct hf_bytes text, int64_t now, int64_t *ret)
{
	struct reader r = { text.at, text.at + text.len, false };
	int64_t seconds;

	for (size_t d = 0; d < 7; d++) {
		size_t n = strlen(days[d]);

		if (text.len < n + 2 || memcmp(text.at, days[d], 3) != 0)
			continue;
		if (text.at[3] == ' ') {
			r.at += 4;
			seconds = read_asctime(&r);
		} else if (text.at[3] == ',') {
			r.at += 3;
			want_text(&r, ", ");
			seconds = read_gmt(&r, false, now);
		} else {
			want_text(&r, days[d]);
			want_text(&r, ", ");
			seconds = read_gmt(&r, true, now);
		}
		if (r.bad || r.at != r.end)
			return false;
		*ret = seconds;
		return true;
	}
	return false;
}
