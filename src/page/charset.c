/* SPDX-License-Identifier: MIT */
#include "page/charset_internal.h"
#include "base/ascii.h"

#include "base/bits.h"
#include "http/h1.h"

/* Which charset it is: who says so, and what the names mean. Decoding is in charset_decode.c. */

static const char utf8[] = "UTF-8", windows_1252[] = "windows-1252";

const char *charset_of_label(struct hf_bytes label)
{
	enum {
#define C(id, ...) id,
#define L(...)
#include "page/charset.def"
#undef C
#undef L
	};
	static const char *const names[] = {
#define C(id, name, ...) [id] = name,
#define L(...)
#include "page/charset.def"
#undef C
#undef L
	};
	static const struct {
		const char *label;
		uint8_t id;
	} labels[] = {
#define C(...)
#define L(label, id) { label, id },
#include "page/charset.def"
#undef C
#undef L
	};

	label = hf_ascii_trim(label);
	for (size_t i = 0; i < HF_ARRAY_LEN(labels); i++)
		if (h1_same(label, labels[i].label))
			return names[labels[i].id];
	return NULL;
}

bool charset_is_utf16(const char *name)
{
	return strncmp(name, "UTF-16", 6) == 0;
}

/* ---- Content-Type (RFC 9110 8.3.1, read as the MIME Sniffing Standard does) ---- */

/* One "; name=value" off the front. A quoted value is given without its quotes, and with its backslashes. */
static bool take_parameter(struct hf_bytes *b, struct hf_bytes *ret_name, struct hf_bytes *ret_value)
{
	const uint8_t *semicolon = b->len ? memchr(b->at, ';', b->len) : NULL;
	size_t n = 0;

	if (!semicolon)
		return false;
	b->len -= (size_t)(semicolon + 1 - b->at);
	b->at = semicolon + 1;
	while (n < b->len && b->at[n] != ';' && b->at[n] != '=')
		n++;
	*ret_name = hf_ascii_trim((struct hf_bytes){ b->at, n });
	*ret_value = (struct hf_bytes){ 0 };
	b->at += n;
	b->len -= n;
	if (b->len == 0 || b->at[0] == ';')
		return true;
	b->at++, b->len--;
	if (b->len && b->at[0] == '"') {
		b->at++, b->len--;
		for (n = 0; n < b->len && b->at[n] != '"'; n++)
			n += b->at[n] == '\\' && n + 1 < b->len;
		*ret_value = (struct hf_bytes){ b->at, n < b->len ? n : b->len };
	} else {
		for (n = 0; n < b->len && b->at[n] != ';'; n++)
			;
		*ret_value = hf_ascii_trim((struct hf_bytes){ b->at, n });
	}
	b->at += ret_value->len;
	b->len -= ret_value->len;
	return true;
}

struct hf_bytes charset_parameter(struct hf_bytes content_type)
{
	struct hf_bytes name, value;

	while (take_parameter(&content_type, &name, &value))
		if (h1_same(name, "charset") && value.len)
			return value;
	return (struct hf_bytes){ 0 };
}

/* ---- who says so ---- */

static bool starts_with(struct hf_bytes b, const char *text, size_t n)
{
	return b.len >= n && memcmp(b.at, text, n) == 0;
}

static const char *by_bom(struct hf_bytes b)
{
	if (starts_with(b, "\xef\xbb\xbf", 3))
		return utf8;
	if (starts_with(b, "\xfe\xff", 2))
		return "UTF-16BE";
	return starts_with(b, "\xff\xfe", 2) ? "UTF-16LE" : NULL;
}

/* CSS Syntax 3.2: to the letter, or it is not one. It can be read, so it is no UTF-16. */
static const char *by_at_charset(struct hf_bytes b)
{
	static const char begin[] = "@charset \"";
	size_t n = sizeof(begin) - 1, from = n;
	const char *name;

	b.len = hf_min_u64(b.len, CHARSET_PRESCAN_BYTES);
	if (!starts_with(b, begin, n))
		return NULL;
	while (n < b.len && b.at[n] != '"')
		n++;
	if (n + 1 >= b.len || b.at[n + 1] != ';')
		return NULL;
	name = charset_of_label((struct hf_bytes){ b.at + from, n - from });
	return name && charset_is_utf16(name) ? utf8 : name;
}

const char *charset_decide(enum charset_kind kind, struct hf_bytes content_type, struct hf_bytes octets,
			   const char *parent, enum charset_from *ret_from)
{
	const char *name;

	*ret_from = CHARSET_FROM_BOM;
	name = by_bom(octets);
	if (name)
		return name;
	*ret_from = CHARSET_FROM_HEADER;
	name = charset_of_label(charset_parameter(content_type));
	if (name)
		return name;
	*ret_from = CHARSET_FROM_CONTENT;
	name = kind == CHARSET_HTML ? charset_prescan(octets) : kind == CHARSET_CSS ? by_at_charset(octets) : NULL;
	if (name)
		return name;
	*ret_from = CHARSET_FROM_PARENT;
	if (parent && !charset_is_utf16(parent))
		return parent;
	*ret_from = CHARSET_FROM_DEFAULT;
	return kind == CHARSET_CSS ? utf8 : windows_1252;
}
