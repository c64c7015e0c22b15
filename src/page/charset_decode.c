/* SPDX-License-Identifier: MIT */
#include "page/charset_internal.h"

#include "base/bits.h"
#include "url/utf8.h"

#include <errno.h>
#include <iconv.h>

/*
 * Octets to UTF-8. UTF-8 and UTF-16 are read here; what has one octet a character goes through a table that iconv fills, an octet at
 * a time; all others through iconv as they come, which is told to go on behind what it cannot read.
 */
enum how {
	UTF8,
	UTF16,
	SINGLE,
	DOUBLE, /* one or more octets; a lead that is wrong goes with its trail, unless that is ASCII */
	STATEFUL,
	REPLACEMENT, /* of charsets which are not read as they are dangerous: one U+FFFD for all of it */
	USER,        /* x-user-defined: octets above ASCII in the private use area */
};

struct charset {
	const char *name;
	enum how how;
	const char *iconv;
};

static const struct charset charsets[] = {
#define C(id, name, how, iconv) { name, how, iconv },
#define L(...)
#include "page/charset.def"
#undef C
#undef L
};

static void put(struct text *out, uint32_t c)
{
	uint8_t octets[UTF8_ROOM];

	text_add_n(out, (const char *)octets, utf8_put(c, octets));
}

static size_t ascii_run(struct hf_bytes b)
{
	size_t n = 0;

	while (n < b.len && b.at[n] < 0x80)
		n++;
	return n;
}

/* Adds the octets that are the same in both, and passes them. */
static void pass_ascii(struct hf_bytes *in, struct text *out)
{
	size_t n = ascii_run(*in);

	text_add_n(out, (const char *)in->at, n);
	in->at += n;
	in->len -= n;
}

void charset_repair_utf8(struct hf_bytes octets, struct text *out)
{
	while (octets.len) {
		struct hf_bytes good = octets;
		bool bad = false;

		while (octets.len && !bad) {
			size_t n = ascii_run(octets);

			octets.at += n;
			octets.len -= n;
			good.len = (size_t)(octets.at - good.at);
			if (octets.len)
				utf8_take(&octets, &bad);
			if (!bad)
				good.len = (size_t)(octets.at - good.at);
		}
		text_add_n(out, (const char *)good.at, good.len);
		if (bad)
			put(out, UTF8_REPLACEMENT);
	}
}

static void decode_utf16(struct hf_bytes in, bool big, struct text *out)
{
	uint32_t lead = 0;

	for (; in.len >= 2; in.at += 2, in.len -= 2) {
		uint32_t unit = big ? (uint32_t)in.at[0] << 8 | in.at[1] : (uint32_t)in.at[1] << 8 | in.at[0];

		if (lead && unit >= 0xdc00 && unit <= 0xdfff) {
			put(out, 0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00));
			lead = 0;
			continue;
		}
		if (lead)
			put(out, UTF8_REPLACEMENT);
		lead = unit >= 0xd800 && unit <= 0xdbff ? unit : 0;
		if (!lead)
			put(out, unit >= 0xdc00 && unit <= 0xdfff ? UTF8_REPLACEMENT : unit);
	}
	if (lead || in.len)
		put(out, UTF8_REPLACEMENT);
}

/* ---- one octet a character ---- */

/* Where the standard's tables have something else than glibc's, or something at all. */
static uint32_t mended(const char *name, uint8_t octet, uint32_t c)
{
	static const struct {
		const char *name;
		uint8_t octet;
		uint16_t c;
	} other[] = {
		{ "KOI8-U", 0xae, 0x45e },     { "KOI8-U", 0xbe, 0x40e },       { "macintosh", 0xc6, 0x2206 },
		{ "macintosh", 0xf0, 0xf8ff }, { "windows-1255", 0xca, 0x5ba }, { "x-mac-cyrillic", 0xff, 0x20ac },
	};

	for (size_t i = 0; i < HF_ARRAY_LEN(other); i++)
		if (other[i].octet == octet && strcmp(other[i].name, name) == 0)
			return other[i].c;
	if (c == UTF8_REPLACEMENT && octet < 0xa0)
		return octet; /* the windows charsets let their holes be controls */
	return c;
}

static uint32_t ask_iconv(iconv_t cd, uint8_t octet)
{
	char *in = (char *)&octet, room[16], *to = room;
	size_t in_left = 1, left = sizeof(room);
	struct hf_bytes b;

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &in_left, &to, &left) == (size_t)-1)
		return UTF8_REPLACEMENT;
	iconv(cd, NULL, NULL, &to, &left); /* windows-1258 waits for an accent that could follow */
	b = (struct hf_bytes){ (const uint8_t *)room, sizeof(room) - left };
	return b.len ? utf8_take(&b, NULL) : UTF8_REPLACEMENT;
}

static void decode_single(struct hf_bytes in, const struct charset *cs, iconv_t cd, struct text *out)
{
	uint32_t table[128];

	for (unsigned i = 0; i < 128; i++) {
		uint8_t octet = (uint8_t)(i + 128);

		table[i] = cs->how == USER ? 0xf700u + octet : mended(cs->name, octet, ask_iconv(cd, octet));
	}
	while (in.len) {
		pass_ascii(&in, out);
		for (; in.len && in.at[0] >= 0x80; in.at++, in.len--)
			put(out, table[in.at[0] - 128]);
	}
}

/* ---- more than one ---- */

static size_t octets_to_pass(const struct charset *cs, struct hf_bytes in)
{
	bool lead = cs->how == DOUBLE && in.at[0] > 0x80 && in.at[0] < 0xff;

	return lead && in.len > 1 && in.at[1] >= 0x80 ? 2 : 1;
}

static void decode_by_iconv(struct hf_bytes in, const struct charset *cs, iconv_t cd, struct text *out)
{
	char room[4096];

	while (in.len && !out->failed) {
		char *from = (char *)(uintptr_t)in.at, *to = room;
		size_t left = sizeof(room), n;
		int why = iconv(cd, &from, &in.len, &to, &left) == (size_t)-1 ? errno : 0;

		in.at = (const uint8_t *)from;
		text_add_n(out, room, sizeof(room) - left);
		if (why == EINVAL) { /* it ends in the middle of a character */
			put(out, UTF8_REPLACEMENT);
			break;
		}
		if (why == EILSEQ) {
			put(out, UTF8_REPLACEMENT);
			n = octets_to_pass(cs, in);
			in.at += n;
			in.len -= n;
		} else if (why && why != E2BIG) {
			break;
		}
	}
}

static bool by_iconv(struct hf_bytes in, const struct charset *cs, struct text *out)
{
	iconv_t cd = iconv_open("UTF-8", cs->iconv);

	if (cd == (iconv_t)-1)
		return false;
	if (cs->how == SINGLE)
		decode_single(in, cs, cd, out);
	else
		decode_by_iconv(in, cs, cd, out);
	iconv_close(cd);
	return true;
}

static const struct charset *find(const char *name)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(charsets); i++)
		if (strcmp(charsets[i].name, name) == 0)
			return &charsets[i];
	return NULL;
}

static struct hf_bytes behind_bom(struct hf_bytes in, const char *bom, size_t n)
{
	if (in.len < n || memcmp(in.at, bom, n) != 0)
		return in;
	return (struct hf_bytes){ in.at + n, in.len - n };
}

bool charset_to_utf8(const char *name, struct hf_bytes octets, struct text *out)
{
	const struct charset *cs = find(name);
	bool big, ok = true;

	if (!cs)
		return false;
	switch (cs->how) {
	case UTF8:
		charset_repair_utf8(behind_bom(octets, "\xef\xbb\xbf", 3), out);
		break;
	case UTF16:
		big = strcmp(cs->name, "UTF-16BE") == 0;
		decode_utf16(behind_bom(octets, big ? "\xfe\xff" : "\xff\xfe", 2), big, out);
		break;
	case REPLACEMENT:
		if (octets.len)
			put(out, UTF8_REPLACEMENT);
		break;
	case USER:
		decode_single(octets, cs, NULL, out);
		break;
	case SINGLE:
	case DOUBLE:
	case STATEFUL:
		ok = by_iconv(octets, cs, out);
		break;
	}
	return ok && !out->failed;
}
