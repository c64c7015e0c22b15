/* SPDX-License-Identifier: MIT */
#include "page/coding_internal.h"

#include "base/bits.h"
#include "http/h1.h"

#include <stdlib.h>

/*
 * Theory of operation: one stage for each coding, the one that was put on last first. A stage's chunk goes through all that come
 * after it before the stage is asked for the next, so that nothing piles up in between. Each stage's output is held to the limits,
 * not only the last one's: what is coded several times can grow in the middle and shrink again, and would cost the time all the
 * same.
 */
struct coding {
	struct coding_limits limits;
	enum coding_why why;
	uint64_t in, out;
	unsigned stages;
	struct coding_stage *stage[CODING_IN_A_ROW]; /* in the order of the field */
};

static const struct {
	const char *rfc, *sentence;
} whys[] = {
#define W(name, rfc, sentence) [CODING_##name] = { rfc, sentence },
#include "page/coding_why.def"
#undef W
};

const char *coding_why_sentence(enum coding_why w)
{
	return whys[w].sentence;
}

const char *coding_why_rfc(enum coding_why w)
{
	return whys[w].rfc;
}

static const struct coding_kind *find_kind(struct hf_bytes name)
{
	static const struct coding_kind *const kinds[] = { &coding_gzip, &coding_deflate, &coding_br, &coding_zstd };

	for (size_t i = 0; i < HF_ARRAY_LEN(kinds); i++)
		if (h1_same(name, kinds[i]->name) || h1_same(name, kinds[i]->alias))
			return kinds[i];
	return NULL;
}

static struct coding_stage *make_stage(const struct coding_kind *kind)
{
	struct coding_stage *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->kind = kind;
	if (kind->begin(s))
		return s;
	kind->end(s);
	free(s);
	return NULL;
}

static void drop_stages(struct coding *c)
{
	while (c->stages) {
		struct coding_stage *s = c->stage[--c->stages];

		s->kind->end(s);
		free(s);
	}
}

static enum coding_why add_stages(struct coding *c, struct hf_bytes list)
{
	struct hf_bytes name;

	while (h1_list_next(&list, &name)) {
		const struct coding_kind *kind = find_kind(name);

		if (h1_same(name, "identity"))
			continue;
		if (!kind)
			return CODING_UNKNOWN;
		if (c->stages == CODING_IN_A_ROW)
			return CODING_TOO_MANY;
		c->stage[c->stages] = make_stage(kind);
		if (!c->stage[c->stages])
			return CODING_NO_MEMORY;
		c->stages++;
	}
	return CODING_FINE;
}

enum coding_why coding_begin(struct hf_bytes content_encoding, const struct coding_limits *limits, struct coding **ret)
{
	struct coding *c = calloc(1, sizeof(*c));
	enum coding_why why;

	*ret = NULL;
	if (!c)
		return CODING_NO_MEMORY;
	c->limits = *limits;
	why = add_stages(c, content_encoding);
	if (why != CODING_FINE)
		drop_stages(c);
	if (why == CODING_FINE || why == CODING_UNKNOWN)
		*ret = c;
	else
		coding_free(c);
	return why;
}

void coding_free(struct coding *c)
{
	if (c)
		drop_stages(c);
	free(c);
}

/* How many of n more octets may be had beside `had`. Fewer than n: *ret_why. */
static size_t allowed(const struct coding *c, uint64_t had, size_t n, enum coding_why *ret_why)
{
	uint64_t most = UINT64_MAX;

	if (c->limits.size && had + n > c->limits.size) {
		most = c->limits.size - had;
		*ret_why = CODING_TOO_LARGE;
	}
	if (c->limits.ratio && had + n > CODING_RATIO_FREE && (had + n) / c->limits.ratio > c->in) {
		most = 0;
		*ret_why = CODING_BOMB;
	}
	return (size_t)hf_min_u64(n, most);
}

static enum coding_why emit(struct coding *c, struct hf_bytes octets, struct text *out)
{
	enum coding_why why = CODING_FINE;
	size_t n = allowed(c, c->out, octets.len, &why);

	text_add_n(out, (const char *)octets.at, n);
	c->out += n;
	return out->failed ? CODING_NO_MEMORY : why;
}

/* Through the stages below `above`, the highest first. */
static enum coding_why push(struct coding *c, unsigned above, struct hf_bytes octets, struct text *out)
{
	struct coding_stage *s = above ? c->stage[above - 1] : NULL;
	enum coding_why why = CODING_FINE;
	struct coding_step step;
	size_t n, before;

	if (!s)
		return octets.len ? emit(c, octets, out) : CODING_FINE;
	do {
		if (s->ended) {
			s->trailing += octets.len;
			return CODING_FINE;
		}
		before = octets.len;
		step = s->kind->step(s, &octets);
		n = allowed(c, s->out, step.put, &why);
		s->out += n;
		if (n) {
			enum coding_why behind = push(c, above - 1, (struct hf_bytes){ s->chunk, n }, out);

			if (behind != CODING_FINE)
				return behind;
		}
		if (why != CODING_FINE)
			return why;
		if (step.why != CODING_FINE)
			return step.why;
		if (!step.more && !s->ended && octets.len && octets.len == before && step.put == 0)
			return CODING_BROKEN; /* a library that neither takes nor gives would keep us here */
	} while (step.more || octets.len);
	return CODING_FINE;
}

enum coding_why coding_feed(struct coding *c, struct hf_bytes octets, struct text *out)
{
	if (c->why == CODING_FINE && octets.len) {
		c->in += octets.len;
		c->why = push(c, c->stages, octets, out);
	}
	return c->why;
}

enum coding_why coding_end(struct coding *c)
{
	for (unsigned i = 0; i < c->stages && c->why == CODING_FINE; i++) {
		struct coding_stage *s = c->stage[i];

		/* A few octets behind a whole zstd frame cannot be told from the beginning of another. */
		if (s->inside && s->kind == &coding_zstd && s->units && s->unit < 4)
			s->trailing += s->unit;
		else if (s->inside)
			c->why = CODING_CUT;
	}
	return c->why;
}

bool coding_is_identity(const struct coding *c)
{
	return c->stages == 0;
}

uint64_t coding_octets_in(const struct coding *c)
{
	return c->in;
}

uint64_t coding_octets_out(const struct coding *c)
{
	return c->out;
}

uint64_t coding_trailing(const struct coding *c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < c->stages; i++)
		n += c->stage[i]->trailing;
	return n;
}
