/* SPDX-License-Identifier: MIT */
#include "url/url_internal.h"
#include "base/ascii.h"

#include <stdlib.h>

/* data: URLs, as the Fetch Standard's "data: URL processor" reads them. */

static const char fallback[] = "text/plain;charset=US-ASCII";

/* Takes a "; base64" off the end, in any case of letters and with any spaces before the word. */
static bool take_base64(struct hf_bytes *mime)
{
	static const char word[] = "base64";
	struct hf_bytes b = *mime;

	for (size_t i = 6; i > 0; i--) {
		if (b.len == 0 || hf_ascii_lower(b.at[b.len - 1]) != (uint8_t)word[i - 1])
			return false;
		b.len--;
	}
	while (b.len && b.at[b.len - 1] == ' ')
		b.len--;
	if (b.len == 0 || b.at[b.len - 1] != ';')
		return false;
	b.len--;
	*mime = b;
	return true;
}

/* Infra Standard, "forgiving-base64 decode", in place. */
static bool decode_base64(struct url_buf *b)
{
	size_t kept = 0, out = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < b->len; i++)
		if (!hf_ascii_is_space((uint8_t)b->at[i]))
			b->at[kept++] = b->at[i];
	if (kept % 4 == 0 && kept && b->at[kept - 1] == '=')
		kept -= b->at[kept - 2] == '=' ? 2 : 1;
	if (kept % 4 == 1)
		return false;
	for (size_t i = 0; i < kept; i++) {
		int v = hf_ascii_base64((uint8_t)b->at[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 != 0)
			b->at[out++] = (char)(bits >> (6 - i % 4 * 2));
	}
	b->len = out;
	return true;
}

static bool is_token(struct hf_bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (!hf_ascii_is_alpha(b.at[i]) && !hf_ascii_is_digit(b.at[i]) &&
		    (b.at[i] == 0 || !strchr("!#$%&'*+-.^_`|~", b.at[i])))
			return false;
	return b.len != 0;
}

/* Is it TYPE/SUBTYPE, with or without parameters (MIME Sniffing Standard 4.4)? */
static bool is_mime(struct hf_bytes b)
{
	const uint8_t *slash = b.len ? memchr(b.at, '/', b.len) : NULL;
	struct hf_bytes type, sub;

	if (!slash)
		return false;
	type = (struct hf_bytes){ b.at, (size_t)(slash - b.at) };
	sub = (struct hf_bytes){ slash + 1, b.len - type.len - 1 };
	for (size_t i = 0; i < sub.len; i++)
		if (sub.at[i] == ';')
			sub.len = i;
	return is_token(type) && is_token(hf_ascii_trim(sub));
}

static bool put_mime(struct hf_bytes mime, char *to, size_t room)
{
	static const char text_plain[] = "text/plain";
	size_t n = 0;

	if (mime.len && mime.at[0] == ';' && sizeof(text_plain) <= room) {
		n = sizeof(text_plain) - 1;
		memcpy(to, text_plain, n);
	} else if (!is_mime(mime)) {
		mime = hf_bytes_of(fallback);
	}
	if (mime.len >= room - n)
		return false;
	memcpy(to + n, mime.at, mime.len);
	to[n + mime.len] = '\0';
	return true;
}

bool url_data(const struct url *u, uint8_t **ret_body, size_t *ret_len, char *ret_mime, size_t mime_room)
{
	struct hf_bytes rest = hf_bytes_of(u->without_fragment), mime;
	struct url_buf body = { 0 };
	const uint8_t *comma;
	bool base64;

	if (strcmp(u->scheme, "data") != 0 || mime_room == 0)
		return false;
	rest.at += sizeof("data:") - 1;
	rest.len -= sizeof("data:") - 1;
	comma = rest.len ? memchr(rest.at, ',', rest.len) : NULL;
	if (!comma)
		return false;
	mime = (struct hf_bytes){ rest.at, (size_t)(comma - rest.at) };
	rest = (struct hf_bytes){ comma + 1, rest.len - mime.len - 1 };
	mime = hf_ascii_trim(mime);
	base64 = take_base64(&mime);
	url_buf_char(&body, '\0'); /* so that there is memory even for nothing */
	body.len = 0;
	url_put_decoded(&body, rest);
	if (body.failed || (base64 && !decode_base64(&body)) || !put_mime(mime, ret_mime, mime_room)) {
		url_buf_free(&body);
		return false;
	}
	*ret_body = (uint8_t *)body.at;
	*ret_len = body.len;
	return true;
}
