/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TLS_TEST_H
#define HF_TESTS_TLS_TEST_H

#include "wire_test.h"

#include "wire/tls_wire.h"

/*
 * What holds for every parser of TLS: it is named with its good bodies and with each vector in them, and the loops here
 * try what is shorter, longer and just beyond each bound.
 */
typedef hf_status tls_parse(struct hf_bytes body, void *ret);

#define PARSER(parse, type)                                     \
	static hf_status parse##_(struct hf_bytes b, void *ret) \
	{                                                       \
		return parse(b, (type *)ret);                   \
	}

/* BYTES() for a table */
#define B(octets)                                             \
	{                                                     \
		(const uint8_t *)(octets), sizeof(octets) - 1 \
	}

#define RET_MAX 256u /* the largest struct is smaller */

/* The answer of a parser, which must leave *ret alone unless it is HF_OK, and must not look beyond its body. */
static inline hf_status parse_exact(tls_parse *parse, const void *body, size_t n)
{
	uint8_t ret[RET_MAX], before[RET_MAX];
	struct hf_bytes b = exact(body, n);
	hf_status s;

	memset(ret, 0x5a, sizeof(ret));
	memset(before, 0x5a, sizeof(before));
	s = parse(b, ret);
	if (s != HF_OK)
		assert_memory_equal(ret, before, sizeof(ret));
	done_with(b);
	return s;
}

struct good_body {
	const char *name;
	tls_parse *parse;
	struct hf_bytes body;
	size_t shorter; /* a prefix that is a good body as well; 0: there is none */
};

/* RFC 8446 6.2: too short, too long. */
static inline void expect_whole_only(const struct good_body *g)
{
	uint8_t longer[1024];

	assert_true(g->body.len < sizeof(longer));
	assert_int_equal(parse_exact(g->parse, g->body.at, g->body.len), HF_OK);
	for (size_t n = 0; n < g->body.len; n++) {
		hf_status s = parse_exact(g->parse, g->body.at, n);

		if (s != HF_SHORT && s != HF_MALFORMED && !(s == HF_OK && g->shorter && n == g->shorter))
			fail_msg("%s: status %d for its first %zu octets", g->name, (int)s, n);
	}
	memcpy(longer, g->body.at, g->body.len);
	for (unsigned extra = 0; extra < 256; extra += 255) {
		longer[g->body.len] = (uint8_t)extra;
		if (parse_exact(g->parse, longer, g->body.len + 1) != HF_MALFORMED)
			fail_msg("%s: one octet more is not refused", g->name);
	}
}

/* A vector in a body: octets before it, the size of its length, what it holds, octets behind it, and its bounds. */
struct bound {
	const char *name;
	tls_parse *parse;
	struct hf_bytes head;
	unsigned len_size;
	/* One element that fills the vector: these octets, a length, content, these octets. inner_len 0: any octets. */
	struct hf_bytes inner_head;
	unsigned inner_len;
	struct hf_bytes inner_tail;
	struct hf_bytes tail;
	size_t min, max;
	unsigned step; /* its length is a multiple of this; 0 is 1 */
	bool or_empty; /* none at all is as good as min */
};

static inline void put_length(struct hf_wr *out, unsigned size, size_t n)
{
	while (size--)
		hf_wr_u8(out, (uint8_t)(n >> 8 * size));
}

static inline hf_status parse_with(const struct bound *v, size_t n)
{
	size_t fixed = v->inner_head.len + v->inner_len + v->inner_tail.len;
	size_t room = v->head.len + v->len_size + n + v->tail.len;
	uint8_t *body = malloc(room);
	struct hf_wr out = hf_wr_over(body, room);
	hf_status s;

	assert_non_null(body);
	hf_wr_copy(&out, v->head.at, v->head.len);
	put_length(&out, v->len_size, n);
	if (v->inner_len && n >= fixed) {
		hf_wr_copy(&out, v->inner_head.at, v->inner_head.len);
		put_length(&out, v->inner_len, n - fixed);
		hf_wr_fill(&out, 0x2a, n - fixed);
		hf_wr_copy(&out, v->inner_tail.at, v->inner_tail.len);
	} else {
		hf_wr_fill(&out, 0x2a, n);
	}
	hf_wr_copy(&out, v->tail.at, v->tail.len);
	assert_int_equal(written(&out), room);
	s = parse_exact(v->parse, body, room);
	free(body);
	return s;
}

static inline void expect_bounds(const struct bound *v)
{
	const size_t sizes[] = { 0,          1,          v->min - 1, v->min,     v->min + 1, v->min + 2,
				 v->max - 2, v->max - 1, v->max,     v->max + 1, v->max + 2 };
	size_t top = ((size_t)1 << 8 * v->len_size) - 1;

	for (size_t i = 0; i < HF_ARRAY_LEN(sizes); i++) {
		size_t n = sizes[i];
		bool good = (n >= v->min && n <= v->max && n % (v->step ? v->step : 1) == 0) || (v->or_empty && n == 0);
		hf_status s;

		if (n > top) /* min is 0, or more than its length can say */
			continue;
		s = parse_with(v, n);
		if (good ? s != HF_OK : s != HF_SHORT && s != HF_MALFORMED)
			fail_msg("%s: status %d for %zu octets", v->name, (int)s, n);
	}
}

#endif
