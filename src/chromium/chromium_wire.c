/* SPDX-License-Identifier: MIT */
#include "chromium/chromium_wire.h"
#include "base/ascii.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_ROOM = 65536 };
#define QUEUE_MOST ((size_t)1 << 30) /* octets that wait for Chromium */

/* ---- in ---- */

hf_status chromium_in_next(struct chromium_in *in, size_t most, struct hf_bytes *ret)
{
	uint8_t *zero = in->looked < in->len ? memchr(in->at + in->looked, 0, in->len - in->looked) : NULL;
	size_t end = zero ? (size_t)(zero - in->at) : in->len;

	in->looked = end;
	if (end - in->begin > most)
		return HF_TOO_BIG;
	if (!zero)
		return HF_AGAIN;
	*ret = (struct hf_bytes){ in->at + in->begin, end - in->begin };
	in->begin = in->looked = end + 1;
	return HF_OK;
}

hf_status chromium_in_room(struct chromium_in *in, struct hf_room *ret)
{
	if (in->begin) {
		in->len -= in->begin;
		in->looked -= in->begin;
		memmove(in->at, in->at + in->begin, in->len);
		in->begin = 0;
	}
	if (in->room - in->len < READ_ROOM) {
		size_t room = in->room ? 2 * in->room : 2 * (size_t)READ_ROOM;
		uint8_t *at = realloc(in->at, room);

		if (!at)
			return HF_FULL;
		in->at = at;
		in->room = room;
	}
	*ret = (struct hf_room){ in->at + in->len, in->room - in->len };
	return HF_OK;
}

void chromium_in_add(struct chromium_in *in, size_t n)
{
	in->len += n;
}

void chromium_in_free(struct chromium_in *in)
{
	free(in->at);
	*in = (struct chromium_in){ 0 };
}

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The four digits behind \u at `i`; -1. */
static int unit_at(const uint8_t *at, size_t n, size_t i)
{
	int unit = 0;

	if (n - i < 6 || at[i] != '\\' || at[i + 1] != 'u')
		return -1;
	for (size_t k = i + 2; k < i + 6; k++) {
		if (hex(at[k]) < 0)
			return -1;
		unit = unit << 4 | hex(at[k]);
	}
	return unit;
}

void chromium_mend(uint8_t *at, size_t n)
{
	static const uint8_t replacement[] = { 'f', 'f', 'f', 'd' };

	for (size_t i = 0; i < n;) {
		int unit = unit_at(at, n, i), next;

		if (unit < 0) {
			i += at[i] == '\\' ? 2 : 1;
			continue;
		}
		next = unit >= 0xd800 && unit <= 0xdbff ? unit_at(at, n, i + 6) : -1;
		if (next >= 0xdc00 && next <= 0xdfff) {
			i += 12;
			continue;
		}
		if (unit >= 0xd800 && unit <= 0xdfff)
			memcpy(at + i + 2, replacement, sizeof(replacement));
		i += 6;
	}
}

/* ---- out ---- */

static uint8_t *grow(struct chromium_out *o, size_t n)
{
	if (n > QUEUE_MOST - o->len)
		o->full = true;
	if (!o->full && o->room - o->len < n) {
		size_t room = o->room ? o->room : 4096;
		uint8_t *at;

		while (room - o->len < n)
			room *= 2;
		at = realloc(o->at, room);
		if (at) {
			o->at = at;
			o->room = room;
		}
		o->full = !at;
	}
	if (o->full)
		return NULL;
	o->len += n;
	return o->at + o->len - n;
}

static void put_n(struct chromium_out *o, const void *s, size_t n)
{
	uint8_t *at = n ? grow(o, n) : NULL;

	if (at)
		memcpy(at, s, n);
}

void chromium_put(struct chromium_out *o, const char *s)
{
	put_n(o, s, strlen(s));
}

void chromium_put_string(struct chromium_out *o, const char *s)
{
	chromium_put(o, "\"");
	for (; *s; s++) {
		char escaped[8];

		if (*s == '"' || *s == '\\')
			snprintf(escaped, sizeof(escaped), "\\%c", *s);
		else if ((uint8_t)*s < 0x20)
			snprintf(escaped, sizeof(escaped), "\\u%04x", (uint8_t)*s);
		else
			snprintf(escaped, sizeof(escaped), "%c", (uint8_t)*s > 0x7e ? '?' : *s);
		chromium_put(o, escaped);
	}
	chromium_put(o, "\"");
}

void chromium_put_number(struct chromium_out *o, uint64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	chromium_put(o, digits);
}

void chromium_put_base64(struct chromium_out *o, struct hf_bytes b)
{
	uint8_t *to = b.len ? grow(o, (b.len + 2) / 3 * 4) : NULL;

	for (size_t i = 0; to && i < b.len; i += 3, to += 4)
		hf_ascii_put_base64((char *)to, b.at + i, b.len - i);
}

void chromium_put_bytes(struct chromium_out *o, struct hf_bytes b)
{
	put_n(o, b.at, b.len);
}

void chromium_put_end(struct chromium_out *o)
{
	put_n(o, "", 1);
}

void chromium_out_sent(struct chromium_out *o, size_t n)
{
	o->sent += n;
	if (o->sent == o->len)
		o->sent = o->len = 0;
}

void chromium_out_free(struct chromium_out *o)
{
	free(o->at);
	*o = (struct chromium_out){ 0 };
}

/* ---- base64 ---- */

hf_status chromium_from_base64(struct hf_bytes text, uint8_t **ret, size_t *ret_len)
{
	size_t pad = text.len && text.at[text.len - 1] == '=' ? 1 + (text.len > 1 && text.at[text.len - 2] == '=') : 0;
	size_t len = text.len / 4 * 3 - (text.len >= 4 ? pad : 0);
	size_t n = 0;
	uint8_t *bytes;
	uint32_t v = 0;

	if (text.len % 4)
		return HF_MALFORMED;
	bytes = malloc(len + 3);
	if (!bytes)
		return HF_FULL;
	for (size_t i = 0; i < text.len; i++) {
		int six = i >= text.len - pad ? 0 : hf_ascii_base64(text.at[i]);

		if (six < 0) {
			free(bytes);
			return HF_MALFORMED;
		}
		v = v << 6 | (uint32_t)six;
		if (i % 4 == 3) {
			bytes[n++] = (uint8_t)(v >> 16);
			bytes[n++] = (uint8_t)(v >> 8);
			bytes[n++] = (uint8_t)v;
		}
	}
	*ret = bytes;
	*ret_len = len;
	return HF_OK;
}
