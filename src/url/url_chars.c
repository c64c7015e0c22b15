/* SPDX-License-Identifier: MIT */
#include "url/url_internal.h"
#include "base/ascii.h"
#include "url/utf8.h"

#include <stdlib.h>

static bool make_room(struct url_buf *b, size_t more)
{
	size_t room = b->room ? b->room : 64;
	char *at;

	if (b->failed || more > SIZE_MAX / 4 - b->len) {
		b->failed = true;
		return false;
	}
	if (b->len + more <= b->room)
		return true;
	while (room < b->len + more)
		room *= 2;
	at = realloc(b->at, room);
	if (!at) {
		b->failed = true;
		return false;
	}
	b->at = at;
	b->room = room;
	return true;
}

void url_buf_free(struct url_buf *b)
{
	free(b->at);
	*b = (struct url_buf){ 0 };
}

void url_buf_add(struct url_buf *b, const void *from, size_t n)
{
	if (n == 0 || !make_room(b, n))
		return;
	memcpy(b->at + b->len, from, n);
	b->len += n;
}

void url_buf_char(struct url_buf *b, char c)
{
	if (b->len == b->room && !make_room(b, 1))
		return;
	b->at[b->len++] = c;
}

void url_buf_set(struct url_buf *b, const void *from, size_t n)
{
	b->len = 0;
	url_buf_add(b, from, n);
}

bool url_buf_is(const struct url_buf *b, const char *text)
{
	return hf_bytes_same(url_buf_bytes(b), hf_bytes_of(text));
}

/* What each set has beyond the controls and what is no ASCII. */
static const char *const more[] = {
	[URL_SET_C0] = "",
	[URL_SET_FRAGMENT] = " \"<>`",
	[URL_SET_QUERY] = " \"#<>",
	[URL_SET_SPECIAL_QUERY] = " \"#<>'",
	[URL_SET_PATH] = " \"#<>?^`{}",
	[URL_SET_USERINFO] = " \"#<>?^`{}/:;=@[\\]|",
};

void url_put_encoded(struct url_buf *b, uint8_t octet, enum url_set set)
{
	static const char digits[] = "0123456789ABCDEF";

	if (octet > 0x1f && octet < 0x7f && !strchr(more[set], octet)) {
		url_buf_char(b, (char)octet);
		return;
	}
	url_buf_char(b, '%');
	url_buf_char(b, digits[octet >> 4]);
	url_buf_char(b, digits[octet & 15]);
}

void url_put_decoded(struct url_buf *b, struct hf_bytes from)
{
	for (size_t i = 0; i < from.len; i++) {
		if (from.at[i] == '%' && from.len - i > 2 && hf_ascii_hex(from.at[i + 1]) >= 0 &&
		    hf_ascii_hex(from.at[i + 2]) >= 0) {
			url_buf_char(b, (char)(hf_ascii_hex(from.at[i + 1]) << 4 | hf_ascii_hex(from.at[i + 2])));
			i += 2;
		} else {
			url_buf_char(b, (char)from.at[i]);
		}
	}
}

void url_put_repaired(struct url_buf *b, struct hf_bytes from)
{
	uint8_t octets[UTF8_ROOM];

	while (from.len) {
		size_t ascii = 0;

		while (ascii < from.len && from.at[ascii] < 0x80)
			ascii++;
		url_buf_add(b, from.at, ascii);
		from.at += ascii;
		from.len -= ascii;
		if (from.len)
			url_buf_add(b, octets, utf8_put(utf8_take(&from, NULL), octets));
	}
}
