/* SPDX-License-Identifier: MIT */
#include "explain/text.h"

#include "base/bits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct text *t, size_t more);
static size_t word_length(const char *s);

void text_init(struct text *t)
{
	*t = (struct text){ 0 };
}

void text_init_secret(struct text *t)
{
	*t = (struct text){ .secret = true };
}

static void wipe(struct text *t)
{
	if (t->secret && t->at)
		explicit_bzero(t->at, t->room);
}

void text_free(struct text *t)
{
	wipe(t);
	free(t->at);
	text_init(t);
}

void text_clear(struct text *t)
{
	wipe(t);
	t->len = 0;
	t->failed = false;
	if (t->at)
		t->at[0] = '\0';
}

const char *text_str(const struct text *t)
{
	return t->at ? t->at : "";
}

void text_add(struct text *t, const char *s)
{
	text_add_n(t, s, strlen(s));
}

void text_add_n(struct text *t, const char *s, size_t n)
{
	if (!make_room(t, n))
		return;
	memcpy(t->at + t->len, s, n);
	t->len += n;
	t->at[t->len] = '\0';
}

bool text_add_to_field(struct text *t, const char **s, const char **ret_name, size_t *ret_n)
{
	const char *open = strchr(*s, '{'), *close = open ? strchr(open, '}') : NULL;

	if (!close) {
		text_add(t, *s);
		return false;
	}
	text_add_n(t, *s, (size_t)(open - *s));
	*ret_name = open + 1;
	*ret_n = (size_t)(close - open - 1);
	*s = close + 1;
	return true;
}

void text_fill(struct text *t, char c, size_t n)
{
	if (!make_room(t, n))
		return;
	memset(t->at + t->len, c, n);
	t->len += n;
	t->at[t->len] = '\0';
}

void text_addf(struct text *t, const char *format, ...)
{
	va_list args, again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		t->failed = true;
	else if (make_room(t, (size_t)n)) {
		vsnprintf(t->at + t->len, (size_t)n + 1, format, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void text_wrap(struct text *t, const char *s, unsigned indent, unsigned columns)
{
	size_t room = columns > indent + 8 ? columns - indent : 8;

	while (*s) {
		size_t used = 0;

		while (*s == ' ')
			s++;
		text_fill(t, ' ', *s && *s != '\n' ? indent : 0);
		while (*s && *s != '\n') {
			size_t word = word_length(s);

			if (used > 0 && used + 1 + word > room)
				break;
			if (used > 0)
				text_add(t, " ");
			text_add_n(t, s, word);
			used += word + (used > 0);
			s += word;
			while (*s == ' ')
				s++;
		}
		text_add(t, "\n");
		if (*s == '\n')
			s++;
	}
}

void text_add_time(struct text *t, hf_time_ns at)
{
	if (at == HF_NEVER)
		text_add(t, "never");
	else if (at >= HF_S(10))
		text_addf(t, "%" PRIu64 ".%03us", at / HF_S(1), (unsigned)(at % HF_S(1) / HF_MS(1)));
	else if (at % HF_MS(1) == 0)
		text_addf(t, "%" PRIu64 "ms", at / HF_MS(1));
	else
		text_addf(t, "%" PRIu64 ".%03ums", at / HF_MS(1), (unsigned)(at % HF_MS(1) / HF_US(1)));
}

/* What stands in brackets stays on one line: "[RFC 9293 3.5]". */
static size_t word_length(const char *s)
{
	size_t n = strcspn(s, " \n");
	size_t bracket = strcspn(s, "]\n");

	return s[0] == '[' && s[bracket] == ']' ? bracket + 1 + strcspn(s + bracket + 1, " \n") : n;
}

/* As realloc(), which may leave what it has copied behind. */
static char *grow(struct text *t, size_t room)
{
	char *at;

	if (!t->secret)
		return realloc(t->at, room);
	at = malloc(room);
	if (at && t->at) {
		memcpy(at, t->at, t->len + 1);
		wipe(t);
		free(t->at);
	}
	return at;
}

/* Room for n octets and a NUL. */
static bool make_room(struct text *t, size_t more)
{
	size_t need = t->len + more + 1;
	size_t room = t->room ? t->room : 128;
	char *at;

	if (t->failed)
		return false;
	if (need <= t->room)
		return true;
	while (room < need)
		room *= 2;
	at = grow(t, room);
	if (!at) {
		t->failed = true;
		return false;
	}
	t->at = at;
	t->room = room;
	return true;
}
