/* SPDX-License-Identifier: MIT */
#include "http/http_coding.h"
#include "base/ascii.h"

#include "base/bits.h"

#define WEIGHT_ONE 1000u
#define NOT_NAMED UINT32_MAX

static const struct {
	const char *name, *extension;
} codings[HTTP_CODINGS] = {
	[HTTP_CODING_BR] = { "br", ".br" },
	[HTTP_CODING_ZSTD] = { "zstd", ".zst" },
	[HTTP_CODING_GZIP] = { "gzip", ".gz" },
};

const char *http_coding_name(enum http_coding c)
{
	return codings[c].name;
}

const char *http_coding_extension(enum http_coding c)
{
	return codings[c].extension;
}

/* "0.25", as thousandths (RFC 9110 12.4.2). What is none counts as 0: not wanted is the careful reading. */
static uint32_t weight_of(struct hf_bytes q)
{
	uint32_t w, unit = 100;

	if (q.len == 0 || q.len > 5 || (q.at[0] != '0' && q.at[0] != '1') || (q.len > 1 && q.at[1] != '.'))
		return 0;
	w = (uint32_t)(q.at[0] - '0') * WEIGHT_ONE;
	for (size_t i = 2; i < q.len; i++, unit /= 10) {
		if (q.at[i] < '0' || q.at[i] > '9')
			return 0;
		w += (uint32_t)(q.at[i] - '0') * unit;
	}
	return w > WEIGHT_ONE ? 0 : w;
}

/* "gzip;q=0.5": its name is left, its weight returned. */
static uint32_t split(struct hf_bytes *element)
{
	struct hf_bytes q;
	size_t at = 0;

	while (at < element->len && element->at[at] != ';')
		at++;
	q = at < element->len ? hf_ascii_trim_ows((struct hf_bytes){ element->at + at + 1, element->len - at - 1 })
			      : (struct hf_bytes){ 0 };
	element->len = at;
	*element = hf_ascii_trim_ows(*element);
	if (q.len == 0)
		return WEIGHT_ONE;
	if (q.len < 2 || (q.at[0] | 0x20) != 'q' || q.at[1] != '=')
		return 0;
	return weight_of((struct hf_bytes){ q.at + 2, q.len - 2 });
}

static void take_element(struct hf_bytes element, uint32_t weight[HTTP_CODINGS], uint32_t *any)
{
	uint32_t w = split(&element);

	if (h1_same(element, "*"))
		*any = w;
	for (unsigned c = 0; c < HTTP_CODINGS; c++)
		if (h1_same(element, codings[c].name) || (c == HTTP_CODING_GZIP && h1_same(element, "x-gzip")))
			weight[c] = w;
}

unsigned http_codings_accepted(const struct h1_head *h, enum http_coding ret[HTTP_CODINGS])
{
	uint32_t weight[HTTP_CODINGS] = { NOT_NAMED, NOT_NAMED, NOT_NAMED }, any = 0;
	unsigned n = 0;

	for (uint16_t i = 0; i < h->fields; i++) {
		struct hf_bytes list = h->field[i].value, element;

		if (!h1_same(h->field[i].name, "accept-encoding"))
			continue;
		while (h1_list_next(&list, &element))
			take_element(element, weight, &any);
	}
	for (unsigned c = 0; c < HTTP_CODINGS; c++)
		if (weight[c] == NOT_NAMED)
			weight[c] = any;
	for (;;) {
		unsigned best = HTTP_CODINGS;

		for (unsigned c = 0; c < HTTP_CODINGS; c++)
			if (weight[c] > 0 && (best == HTTP_CODINGS || weight[c] > weight[best]))
				best = c;
		if (best == HTTP_CODINGS)
			return n;
		ret[n++] = (enum http_coding)best;
		weight[best] = 0;
	}
}
