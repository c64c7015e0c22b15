/* SPDX-License-Identifier: MIT */
#include "page/srcset.h"
#include "base/ascii.h"

#include "base/bits.h"
#include "page/css.h"

static void pass(struct hf_bytes *b, size_t n)
{
	b->at += n;
	b->len -= n;
}

/* HTML 2.3.4.3, a whole one. */
static bool take_number(struct hf_bytes b, double *ret)
{
	struct css_reader r = css_reader_over(b);
	struct css_token t;

	if (b.len == 0 || b.at[0] == '+')
		return false;
	t = css_next(&r);
	*ret = t.number;
	return t.type == CSS_NUMBER && t.value.len == 0 && r.at == r.end;
}

static bool take_whole_number(struct hf_bytes b, uint32_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < b.len; i++) {
		if (!hf_ascii_is_digit(b.at[i]) || v > UINT32_MAX / 10)
			return false;
		v = v * 10 + (b.at[i] - '0');
	}
	*ret = (uint32_t)hf_min_u64(v, UINT32_MAX);
	return b.len > 0;
}

/* One descriptor; false: the whole candidate is an error. */
static bool take_descriptor(struct hf_bytes d, struct srcset_candidate *c)
{
	struct hf_bytes v = { d.at, d.len - 1 };

	switch (d.at[d.len - 1]) {
	case 'w':
		return !c->width && !c->density && take_whole_number(v, &c->width) && c->width > 0;
	case 'x':
		return !c->width && !c->density && !c->height && take_number(v, &c->density) && c->density >= 0;
	case 'h':
		return !c->height && !c->density && take_whole_number(v, &c->height) && c->height > 0;
	default:
		return false;
	}
}

/* Descriptors up to a comma that is in no brackets (HTML 4.8.4.3.10, "tokenize the descriptors"). */
static bool take_descriptors(struct hf_bytes *in, struct srcset_candidate *c)
{
	bool fine = true;

	while (in->len && in->at[0] != ',') {
		size_t n = 0;
		unsigned brackets = 0;

		if (hf_ascii_is_space(in->at[0])) {
			pass(in, 1);
			continue;
		}
		for (; n < in->len && (brackets || (in->at[n] != ',' && !hf_ascii_is_space(in->at[n]))); n++)
			brackets = in->at[n] == '(' ? 1 : in->at[n] == ')' ? 0 : brackets;
		fine = fine && take_descriptor((struct hf_bytes){ in->at, n }, c);
		pass(in, n);
	}
	if (in->len)
		pass(in, 1);
	return fine && !(c->height && !c->width);
}

bool srcset_next(struct hf_bytes *srcset, struct srcset_candidate *ret)
{
	for (;;) {
		size_t n = 0, commas = 0;
		bool fine = true;

		while (srcset->len && (hf_ascii_is_space(srcset->at[0]) || srcset->at[0] == ','))
			pass(srcset, 1);
		if (!srcset->len)
			return false;
		while (n < srcset->len && !hf_ascii_is_space(srcset->at[n]))
			n++;
		*ret = (struct srcset_candidate){ .url = { srcset->at, n } };
		while (commas < n && ret->url.at[n - 1 - commas] == ',')
			commas++;
		ret->url.len -= commas;
		pass(srcset, n);
		if (!commas)
			fine = take_descriptors(srcset, ret);
		if (fine && ret->url.len)
			return true;
	}
}

/* The last part of it that CSS takes for one, apart by spaces outside of brackets. */
static struct hf_bytes cut_length(struct hf_bytes *part)
{
	size_t at = part->len;
	unsigned brackets = 0;
	struct hf_bytes length;

	while (at > 0 && (brackets || !hf_ascii_is_space(part->at[at - 1]))) {
		if (part->at[at - 1] == ')') {
			if (!brackets && at < part->len) /* of a condition that stands close to it */
				break;
			brackets++;
		} else if (part->at[at - 1] == '(') {
			if (!brackets)
				break;
			brackets--;
			if (!brackets && at > 1 && hf_ascii_is_space(part->at[at - 2])) {
				at--;
				break;
			}
		}
		at--;
	}
	length = (struct hf_bytes){ part->at + at, part->len - at };
	part->len = at;
	return length;
}

double srcset_source_size(struct hf_bytes sizes, const struct media_view *v)
{
	double length;

	while (sizes.len) {
		size_t n = 0;
		unsigned brackets = 0;
		struct hf_bytes part, size;

		for (; n < sizes.len && (brackets || sizes.at[n] != ','); n++)
			brackets += sizes.at[n] == '(' ? 1 : sizes.at[n] == ')' && brackets ? -1u : 0;
		part = hf_ascii_trim((struct hf_bytes){ sizes.at, n });
		pass(&sizes, n + (n < sizes.len));
		size = cut_length(&part);
		part = hf_ascii_trim(part);
		if (!size.len || !media_length(size, v, &length) || length < 0)
			continue;
		if (!part.len || media_condition(part, v))
			return length;
	}
	return media_view_of(v).width;
}

bool srcset_choose(struct hf_bytes srcset, struct hf_bytes sizes, struct hf_bytes src, const struct media_view *v,
		   struct hf_bytes *ret)
{
	double want = media_view_of(v).density, best = -1, size = -1;
	struct srcset_candidate c;
	bool found = false, has_one = false, has_width = false;

	for (;;) {
		bool more = srcset_next(&srcset, &c);

		if (more) {
			has_width |= c.width > 0;
			if (c.width) {
				size = size < 0 ? srcset_source_size(sizes, v) : size;
				c.density = size > 0 ? c.width / size : 1e9;
			} else if (c.density == 0) {
				c.density = 1;
			}
			has_one |= c.density == 1 && !c.width;
		} else {
			src = hf_ascii_trim(src);
			if (!src.len || has_one || has_width)
				return found;
			c = (struct srcset_candidate){ .url = src, .density = 1 };
		}
		/* the first of equal ones stays */
		if (!found || media_suits_better(c.density, best, want)) {
			best = c.density;
			*ret = c.url;
			found = true;
		}
		if (!more)
			return found;
	}
}
