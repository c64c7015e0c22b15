/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem() */
#include "page/image_size.h"

#include "base/bits.h"
#include "page/css.h"

#define SVG_HEAD_BYTES 65536u

static uint32_t little(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v;
}

static bool has(struct hf_bytes b, size_t at, const char *what, size_t n)
{
	return b.len >= at + n && memcmp(b.at + at, what, n) == 0;
}

static bool is_svg(struct hf_bytes b)
{
	b.len = hf_min_u64(b.len, SVG_HEAD_BYTES);
	return b.len && memmem(b.at, b.len, "<svg", 4) != NULL;
}

enum kind { NONE, PNG, JPEG, GIF, WEBP, SVG };

static enum kind kind_of(struct hf_bytes b)
{
	if (has(b, 0, "\x89PNG\r\n\x1a\n", 8))
		return PNG;
	if (has(b, 0, "\xff\xd8\xff", 3))
		return JPEG;
	if (has(b, 0, "GIF87a", 6) || has(b, 0, "GIF89a", 6))
		return GIF;
	if (has(b, 0, "RIFF", 4) && has(b, 8, "WEBP", 4))
		return WEBP;
	return is_svg(b) ? SVG : NONE;
}

const char *image_type(struct hf_bytes octets)
{
	static const char *const types[] = {
		[NONE] = NULL,       [PNG] = "image/png",   [JPEG] = "image/jpeg",
		[GIF] = "image/gif", [WEBP] = "image/webp", [SVG] = "image/svg+xml",
	};

	return types[kind_of(octets)];
}

/* RFC 2083 4.1.1 */
static bool png(struct hf_bytes b, unsigned *w, unsigned *h)
{
	if (b.len < 24 || !has(b, 12, "IHDR", 4))
		return false;
	*w = hf_load32(b.at + 16);
	*h = hf_load32(b.at + 20);
	return true;
}

static bool gif(struct hf_bytes b, unsigned *w, unsigned *h)
{
	if (b.len < 10)
		return false;
	*w = little(b.at + 6, 2);
	*h = little(b.at + 8, 2);
	return true;
}

/* ITU T.81 B.2: segments up to the frame's header. */
static bool jpeg(struct hf_bytes b, unsigned *w, unsigned *h)
{
	size_t at = 2;

	while (at + 4 <= b.len) {
		uint8_t marker = b.at[at + 1];

		if (b.at[at] != 0xff)
			return false;
		if (marker == 0xff) { /* a filler */
			at++;
			continue;
		}
		if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) { /* alone, without a length */
			at += 2;
			continue;
		}
		if (marker == 0xd9 || marker == 0xda)
			return false;
		if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
			if (at + 9 > b.len)
				return false;
			*h = hf_load16(b.at + at + 5);
			*w = hf_load16(b.at + at + 7);
			return true;
		}
		at += 2 + hf_load16(b.at + at + 2);
	}
	return false;
}

/* RFC 9649 2.5 to 2.7 */
static bool webp(struct hf_bytes b, unsigned *w, unsigned *h)
{
	if (b.len < 30)
		return false;
	if (has(b, 12, "VP8X", 4)) {
		*w = little(b.at + 24, 3) + 1;
		*h = little(b.at + 27, 3) + 1;
		return true;
	}
	if (has(b, 12, "VP8L", 4)) {
		uint32_t bits = little(b.at + 21, 4);

		*w = (bits & 0x3fff) + 1;
		*h = (bits >> 14 & 0x3fff) + 1;
		return b.at[20] == 0x2f;
	}
	if (!has(b, 12, "VP8 ", 4) || !has(b, 23, "\x9d\x01\x2a", 3)) /* RFC 6386 9.1 */
		return false;
	*w = little(b.at + 26, 2) & 0x3fff;
	*h = little(b.at + 28, 2) & 0x3fff;
	return true;
}

/* ---- SVG: width, height and viewBox of the root element (SVG 2, 8.2) ---- */

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The value of an attribute of the tag that `tag` begins with; empty: it has none. */
static struct hf_bytes attribute(struct hf_bytes tag, const char *name)
{
	size_t n = strlen(name), at = 4;

	while (at < tag.len && tag.at[at] != '>') {
		size_t from, len;
		uint8_t quote;

		while (at < tag.len && (is_space(tag.at[at]) || tag.at[at] == '/'))
			at++;
		from = at;
		while (at < tag.len && !is_space(tag.at[at]) && tag.at[at] != '=' && tag.at[at] != '>')
			at++;
		len = at - from;
		while (at < tag.len && is_space(tag.at[at]))
			at++;
		if (at >= tag.len || tag.at[at] != '=') {
			if (len)
				continue;
			break;
		}
		at++;
		while (at < tag.len && is_space(tag.at[at]))
			at++;
		if (at >= tag.len || (tag.at[at] != '"' && tag.at[at] != '\''))
			break;
		quote = tag.at[at++];
		if (len == n && memcmp(tag.at + from, name, n) == 0)
			from = at;
		else
			from = 0;
		while (at < tag.len && tag.at[at] != quote)
			at++;
		if (from)
			return (struct hf_bytes){ tag.at + from, at - from };
		at++;
	}
	return (struct hf_bytes){ 0 };
}

static bool svg_length(struct hf_bytes value, double *ret)
{
	static const struct {
		const char *unit;
		double px;
	} rows[] = { { "px", 1 },  { "em", 16 }, { "ex", 8 },         { "pt", 96 / 72.0 },
		     { "pc", 16 }, { "in", 96 }, { "cm", 96 / 2.54 }, { "mm", 96 / 25.4 } };
	struct css_reader r = css_reader_over(value);
	struct css_token t = css_next_but_space(&r);

	if (t.type != CSS_NUMBER || t.number < 0)
		return false;
	*ret = t.number;
	if (!t.value.len)
		return true;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++)
		if (css_is(&t, CSS_NUMBER, rows[i].unit)) {
			*ret = t.number * rows[i].px;
			return true;
		}
	return false;
}

static bool view_box(struct hf_bytes value, double ret[2])
{
	struct css_reader r = css_reader_over(value);
	double v[4];
	unsigned n = 0;

	while (n < 4) {
		struct css_token t = css_next(&r);

		if (t.type == CSS_NUMBER && !t.value.len)
			v[n++] = t.number;
		else if (t.type != CSS_SPACE && t.type != CSS_COMMA)
			return false;
	}
	ret[0] = v[2];
	ret[1] = v[3];
	return v[2] > 0 && v[3] > 0;
}

static unsigned pixels(double v)
{
	return v < 1e6 ? (unsigned)(v + 0.5) : 1000000u;
}

/* CSS Images 3, 5.3: what is missing comes of the other and the ratio, else 300 by 150. */
static bool svg(struct hf_bytes b, unsigned *w, unsigned *h)
{
	const uint8_t *at;
	struct hf_bytes tag;
	double width = 0, height = 0, box[2];
	bool has_width, has_height, has_box;

	b.len = hf_min_u64(b.len, SVG_HEAD_BYTES);
	at = memmem(b.at, b.len, "<svg", 4);
	tag = (struct hf_bytes){ at, b.len - (size_t)(at - b.at) };
	if (tag.len < 5 || !memchr(tag.at, '>', tag.len))
		return false;
	has_width = svg_length(attribute(tag, "width"), &width);
	has_height = svg_length(attribute(tag, "height"), &height);
	has_box = view_box(attribute(tag, "viewBox"), box);
	if (!has_width && !has_height && has_box) {
		width = box[0];
		height = box[1];
	} else {
		if (!has_width)
			width = has_box && has_height ? height * box[0] / box[1] : 300;
		if (!has_height)
			height = has_box ? width * box[1] / box[0] : 150;
	}
	*w = pixels(width);
	*h = pixels(height);
	return true;
}

bool image_size(struct hf_bytes octets, unsigned *ret_width, unsigned *ret_height)
{
	*ret_width = *ret_height = 0;
	switch (kind_of(octets)) {
	case PNG:
		return png(octets, ret_width, ret_height);
	case JPEG:
		return jpeg(octets, ret_width, ret_height);
	case GIF:
		return gif(octets, ret_width, ret_height);
	case WEBP:
		return webp(octets, ret_width, ret_height);
	case SVG:
		return svg(octets, ret_width, ret_height);
	case NONE:
		break;
	}
	return false;
}
