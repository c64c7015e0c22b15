/* SPDX-License-Identifier: MIT */
#include "explain/shown.h"

#include "base/bits.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static uint32_t take_character(const uint8_t **s);
static bool is_plain(uint32_t c);

#define NO_CHARACTER UINT32_MAX

void shown_add(struct text *t, const char *s)
{
	const uint8_t *at = (const uint8_t *)s;

	while (*at) {
		const uint8_t *from = at;
		uint32_t c = take_character(&at);

		if (c != NO_CHARACTER && is_plain(c))
			text_add_n(t, (const char *)from, (size_t)(at - from));
		else
			text_add(t, "?");
	}
}

void shown_add_middle(struct text *t, const char *s, unsigned columns)
{
	size_t n = strlen(s), head = n, tail = 0;

	if (n > columns) {
		HF_ASSERT(columns > 4);
		tail = (columns - 2) / 2;
		head = columns - 2 - tail;
	}
	for (size_t i = 0; i < n; i++) {
		if (i == head) {
			text_add(t, "..");
			i = n - tail;
		}
		text_add_n(t, s[i] >= 0x20 && s[i] < 0x7f ? &s[i] : "?", 1);
	}
}

void shown_add_html(struct text *t, const char *s)
{
	const uint8_t *at = (const uint8_t *)s;

	while (*at) {
		const uint8_t *from = at;
		uint32_t c = take_character(&at);

		if (c == '&')
			text_add(t, "&amp;");
		else if (c == '<')
			text_add(t, "&lt;");
		else if (c == '>')
			text_add(t, "&gt;");
		else if (c == '"')
			text_add(t, "&quot;");
		else if (c == '\'')
			text_add(t, "&#39;");
		else if (c != NO_CHARACTER && (is_plain(c) || c == '\n'))
			text_add_n(t, (const char *)from, (size_t)(at - from));
		else
			text_add(t, "\xef\xbf\xbd");
	}
}

void shown_add_size(struct text *t, uint64_t octets)
{
	static const char *const unit[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t whole = octets, tenths = 0;
	unsigned u = 0;

	if (octets < 1000) {
		text_addf(t, "%" PRIu64 " B", octets);
		return;
	}
	/* 999.95 of one unit would be rounded to 1000.0. */
	for (;; u++) {
		tenths = whole / 100 + (whole % 100 >= 50);
		whole /= 1000;
		if (tenths < 10000 || u + 1 == HF_ARRAY_LEN(unit))
			break;
	}
	if (tenths >= 1000)
		text_addf(t, "%" PRIu64 " %s", (tenths + 5) / 10, unit[u]);
	else
		text_addf(t, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, unit[u]);
}

void shown_add_ms(struct text *t, hf_time_ns length)
{
	uint64_t us = length / 1000;

	if (length == HF_NEVER)
		text_add(t, "-");
	else if (us == 0)
		text_add(t, "0 ms");
	else if (us < 1000)
		text_addf(t, "0.%02" PRIu64 " ms", us / 10);
	else if (us < 10000)
		text_addf(t, "%" PRIu64 ".%" PRIu64 " ms", us / 1000, us % 1000 / 100);
	else if (us < 1000000)
		text_addf(t, "%" PRIu64 " ms", us / 1000);
	else if (us < 60000000)
		text_addf(t, "%" PRIu64 ".%02" PRIu64 " s", us / 1000000, us % 1000000 / 10000);
	else
		text_addf(t, "%" PRIu64 "m %" PRIu64 "s", us / 60000000, us / 1000000 % 60);
}

void shown_add_iso(struct text *t, uint64_t epoch_ns)
{
	time_t seconds = (time_t)(epoch_ns / HF_S(1)); /* below the year 2555 */
	struct tm tm;

	gmtime_r(&seconds, &tm);
	text_addf(t, "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		  tm.tm_min, tm.tm_sec, (unsigned)(epoch_ns % HF_S(1) / HF_US(1)));
}

/* One character; NO_CHARACTER for an octet that is none, and that alone is passed over. */
static uint32_t take_character(const uint8_t **s)
{
	uint32_t c = NO_CHARACTER;
	size_t n = hf_utf8_first(*s, strnlen((const char *)*s, 4), &c);

	*s += n ? n : 1;
	return c;
}

/* No control (C0, C1), nothing that turns the direction of writing, no second line or paragraph. */
static bool is_plain(uint32_t c)
{
	return c >= 0x20 && (c < 0x7f || c > 0x9f) && c != 0x061c && !(c >= 0x200b && c <= 0x200f) &&
	       !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}
