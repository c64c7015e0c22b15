/* SPDX-License-Identifier: MIT */
#include "page_test.h"

#include "page/coding.h"

#include <brotli/encode.h>
#include <stdio.h>
#include <zlib.h>
#include <zstd.h>

/* ---- putting codings on ---- */

enum how { GZIP, ZLIB, RAW, BR, ZSTD };

static const char *const names[] = { "gzip", "deflate", "deflate", "br", "zstd" };

static struct hf_bytes by_zlib(struct hf_bytes b, int window)
{
	z_stream z = { 0 };
	struct hf_bytes r;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY), Z_OK);
	r.len = deflateBound(&z, b.len) + 32;
	r.at = malloc(r.len);
	assert_non_null(r.at);
	z.next_in = (Bytef *)(uintptr_t)b.at;
	z.avail_in = (uInt)b.len;
	z.next_out = (Bytef *)(uintptr_t)r.at;
	z.avail_out = (uInt)r.len;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	r.len = z.total_out;
	deflateEnd(&z);
	return r;
}

static struct hf_bytes by_br(struct hf_bytes b)
{
	struct hf_bytes r = { .len = BrotliEncoderMaxCompressedSize(b.len) + 16 };

	r.at = malloc(r.len);
	assert_non_null(r.at);
	assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, b.len, b.at, &r.len, (uint8_t *)(uintptr_t)r.at));
	return r;
}

static struct hf_bytes by_zstd(struct hf_bytes b, int window_log)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	struct hf_bytes r = { .len = ZSTD_compressBound(b.len) };
	ZSTD_inBuffer in = { b.at, b.len, 0 };
	ZSTD_outBuffer out;

	r.at = malloc(r.len);
	assert_non_null(r.at);
	out = (ZSTD_outBuffer){ (void *)(uintptr_t)r.at, r.len, 0 };
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log);
	assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_flush), 0); /* the size is not known, so the window is said */
	assert_int_equal(ZSTD_compressStream2(z, &out, &in, ZSTD_e_end), 0);
	r.len = out.pos;
	ZSTD_freeCCtx(z);
	return r;
}

static struct hf_bytes coded(enum how how, struct hf_bytes b)
{
	switch (how) {
	case GZIP:
		return by_zlib(b, 15 + 16);
	case ZLIB:
		return by_zlib(b, 15);
	case RAW:
		return by_zlib(b, -15);
	case BR:
		return by_br(b);
	case ZSTD:
		return by_zstd(b, 20);
	}
	return b;
}

static struct hf_bytes joined(struct hf_bytes a, struct hf_bytes b)
{
	uint8_t *p = malloc(a.len + b.len + 1);

	assert_non_null(p);
	memcpy(p, a.at, a.len);
	memcpy(p + a.len, b.at, b.len);
	return (struct hf_bytes){ p, a.len + b.len };
}

/* ---- taking them off ---- */

static const struct coding_limits none = { 0 };

struct outcome {
	enum coding_why begin, why;
	uint64_t trailing;
	struct text text;
};

/* In pieces of `piece` octets. */
static struct outcome decode(const char *name, struct hf_bytes b, size_t piece, const struct coding_limits *limits)
{
	struct outcome o = { 0 };
	struct coding *c;

	text_init(&o.text);
	o.begin = coding_begin(hf_bytes_of(name), limits, &c);
	if (!c)
		return o;
	for (size_t at = 0; at < b.len; at += piece) {
		struct hf_bytes part = exact_n(b.at + at, piece < b.len - at ? piece : b.len - at);

		o.why = coding_feed(c, part, &o.text);
		free_exact(part);
	}
	o.why = coding_end(c);
	o.trailing = coding_trailing(c);
	assert_int_equal(coding_octets_out(c), o.text.len);
	if (o.why == CODING_FINE)
		assert_int_equal(coding_octets_in(c), b.len);
	coding_free(c);
	return o;
}

static void expect_full(const char *name, struct hf_bytes b, enum coding_why why, struct hf_bytes text, uint64_t trailing)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 4096, 7, 1 };

	for (size_t i = 0; i < HF_ARRAY_LEN(pieces); i++) {
		struct outcome o = decode(name, b, pieces[i], &none);

		if (o.why != why)
			fail_msg("%s in pieces of %zu: %s", name, pieces[i], coding_why_sentence(o.why));
		assert_int_equal(o.text.len, text.len);
		assert_memory_equal(text_str(&o.text), text.at, text.len);
		assert_int_equal(o.trailing, trailing);
		text_free(&o.text);
	}
}

static struct hf_bytes sample(size_t n)
{
	uint8_t *p = malloc(n);
	uint32_t x = 1;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (uint8_t)(x >> 30 ? "the way of a page"[i % 17] : (char)(x >> 24));
	}
	return (struct hf_bytes){ p, n };
}

static void each_coding(void **state)
{
	static const size_t sizes[] = { 0, 1, 5, 1000, 100000 };

	(void)state;
	for (enum how how = GZIP; how <= ZSTD; how++) {
		for (size_t i = 0; i < HF_ARRAY_LEN(sizes); i++) {
			struct hf_bytes b = sample(sizes[i] + 1), c;

			b.len--;
			c = coded(how, b);
			expect_full(names[how], c, CODING_FINE, b, 0);
			free_exact(c);
			free_exact(b);
		}
	}
}

static void names_of_codings(void **state)
{
	struct hf_bytes b = sample(100), c = coded(GZIP, b);
	static const struct {
		const char *name;
		enum coding_why begin;
		bool decodes;
	} rows[] = {
		{ "", CODING_FINE, false },
		{ "identity", CODING_FINE, false },
		{ "Identity, identity", CODING_FINE, false },
		{ "gzip", CODING_FINE, true },
		{ "GZip", CODING_FINE, true },
		{ " x-gzip ,", CODING_FINE, true },
		{ "identity, gzip", CODING_FINE, true },
		{ "none", CODING_UNKNOWN, false },
		{ "gzip, compress", CODING_UNKNOWN, false },
		{ "gzip;q=1", CODING_UNKNOWN, false },
		{ "gzip, gzip, gzip, gzip, gzip", CODING_TOO_MANY, false },
	};

	(void)state;
	for (size_t i = 0; i < HF_ARRAY_LEN(rows); i++) {
		struct outcome o = decode(rows[i].name, c, 13, &none);
		struct hf_bytes should = rows[i].decodes ? b : c;

		assert_int_equal(o.begin, rows[i].begin);
		if (rows[i].begin != CODING_TOO_MANY) {
			assert_int_equal(o.why, CODING_FINE);
			assert_int_equal(o.text.len, should.len);
			assert_memory_equal(text_str(&o.text), should.at, should.len);
		}
		text_free(&o.text);
	}
	free_exact(c);
	free_exact(b);
}

static void several_in_a_row(void **state)
{
	struct hf_bytes b = sample(50000), one = coded(GZIP, b), two = coded(BR, one), three = coded(ZSTD, two),
			four = coded(RAW, three);

	(void)state;
	expect_full("gzip, br", two, CODING_FINE, b, 0);
	expect_full("gzip, br, zstd, deflate", four, CODING_FINE, b, 0);
	expect_full("br, gzip", two, CODING_BROKEN, (struct hf_bytes){ b.at, 0 }, 0); /* put on in another order */
	free_exact(four);
	free_exact(three);
	free_exact(two);
	free_exact(one);
	free_exact(b);
}

/* Whatever is missing, what came before it is there, and the verdict is that it was cut. */
static void cut_everywhere(void **state)
{
	struct hf_bytes b = sample(300);

	(void)state;
	for (enum how how = GZIP; how <= ZSTD; how++) {
		struct hf_bytes c = coded(how, b);

		for (size_t n = 0; n < c.len; n++) {
			struct outcome o = decode(names[how], (struct hf_bytes){ c.at, n }, 5, &none);

			if (o.why != (n ? CODING_CUT : CODING_FINE))
				fail_msg("%s cut at %zu: %s", names[how], n, coding_why_sentence(o.why));
			assert_true(o.text.len <= b.len);
			assert_memory_equal(text_str(&o.text), b.at, o.text.len);
			text_free(&o.text);
		}
		free_exact(c);
	}
	free_exact(b);
}

static void what_follows(void **state)
{
	struct hf_bytes b = sample(1000), bb = joined(b, b), junk = exact("<!-- -->"), more = exact("\x1f\x8b\x08\x01\x02");
	struct hf_bytes near = exact("\x28\xb5\x2f,!"); /* nearly another frame */

	(void)state;
	for (enum how how = GZIP; how <= ZSTD; how++) {
		struct hf_bytes c = coded(how, b), cc = joined(c, c), cj = joined(c, junk), cm = joined(c, more),
				cn = joined(c, near);

		/* gzip has members, zstd frames; the others end once */
		if (how == GZIP || how == ZSTD)
			expect_full(names[how], cc, CODING_FINE, bb, 0);
		else
			expect_full(names[how], cc, CODING_FINE, b, c.len);
		expect_full(names[how], cj, CODING_FINE, b, junk.len);
		if (how == GZIP)
			expect_full(names[how], cm, CODING_CUT, b, 0);
		else
			expect_full(names[how], cm, CODING_FINE, b, more.len);
		expect_full(names[how], cn, CODING_FINE, b, near.len);
		for (size_t n = 1; n < 4; n++)
			expect_full(names[how], (struct hf_bytes){ cj.at, c.len + n }, CODING_FINE, b, n);
		free_exact(cn);
		free_exact(cm);
		free_exact(cj);
		free_exact(cc);
		free_exact(c);
	}
	free_exact(near);
	free_exact(more);
	free_exact(junk);
	free_exact(bb);
	free_exact(b);
}

static void broken_ones(void **state)
{
	struct hf_bytes b = sample(1000), junk = exact("<!doctype html><p>this is not coded at all");

	(void)state;
	for (enum how how = GZIP; how <= ZSTD; how++) {
		struct outcome o = decode(names[how], junk, 7, &none);

		assert_true(o.why == CODING_BROKEN || (how == BR && o.why == CODING_CUT));
		text_free(&o.text);
	}
	/* the check value: the last four octets of zlib and zstd, before the length of gzip */
	for (enum how how = GZIP; how <= ZSTD; how++) {
		struct hf_bytes c = coded(how, b);
		struct outcome o;

		((uint8_t *)(uintptr_t)c.at)[c.len - (how == GZIP ? 5 : 1)] ^= 0x40;
		o = decode(names[how], c, 100, &none);
		if (how == GZIP || how == ZLIB || how == ZSTD)
			assert_int_equal(o.why, CODING_CHECKSUM);
		text_free(&o.text);
		free_exact(c);
	}
	free_exact(junk);
	free_exact(b);
}

static void windows(void **state)
{
	struct hf_bytes b = sample(100000);

	(void)state;
	for (int log = CODING_ZSTD_WINDOW_LOG; log <= 27; log++) {
		struct hf_bytes c = by_zstd(b, log);
		struct outcome o = decode("zstd", c, 1000, &none);

		assert_int_equal(o.why, log > CODING_ZSTD_WINDOW_LOG ? CODING_WINDOW : CODING_FINE);
		text_free(&o.text);
		free_exact(c);
	}
	free_exact(b);
}

static void the_size_s_limit(void **state)
{
	struct hf_bytes b = sample(100000);

	(void)state;
	for (enum how how = GZIP; how <= ZSTD; how++) {
		struct hf_bytes c = coded(how, b);

		for (uint64_t size = b.len - 1; size <= b.len + 1; size++) {
			struct outcome o = decode(names[how], c, 1000, &(struct coding_limits){ .size = size });

			assert_int_equal(o.why, size < b.len ? CODING_TOO_LARGE : CODING_FINE);
			assert_int_equal(o.text.len, size < b.len ? size : b.len);
			assert_memory_equal(text_str(&o.text), b.at, o.text.len);
			text_free(&o.text);
		}
		free_exact(c);
	}
	for (uint64_t size = b.len - 1; size <= b.len + 1; size++) { /* what has no coding has a size too */
		struct outcome o = decode("", b, 1000, &(struct coding_limits){ .size = size, .ratio = 1 });

		assert_int_equal(o.why, size < b.len ? CODING_TOO_LARGE : CODING_FINE);
		assert_int_equal(o.text.len, size < b.len ? size : b.len);
		text_free(&o.text);
	}
	free_exact(b);
}

static void bombs(void **state)
{
	const struct coding_limits limits = { .size = 64u << 20, .ratio = 200 };
	struct hf_bytes zeros = { calloc(1, 8u << 20), 8u << 20 }, c, cc;
	struct outcome o;

	(void)state;
	assert_non_null(zeros.at);
	for (enum how how = GZIP; how <= ZSTD; how++) {
		c = coded(how, zeros);
		o = decode(names[how], c, 1000, &limits);
		assert_int_equal(o.why, CODING_BOMB);
		/* a MiB is free, and no more than the ratio allows came out of what had come in */
		assert_true(o.text.len <= CODING_RATIO_FREE || o.text.len / limits.ratio <= c.len);
		text_free(&o.text);
		free_exact(c);
	}
	/* the same within another coding: small to the eye, and stopped in the middle, where it grows */
	c = coded(GZIP, zeros);
	cc = coded(GZIP, c);
	assert_true(cc.len < 1000);
	o = decode("gzip, gzip", cc, 1000, &limits);
	assert_int_equal(o.why, CODING_BOMB);
	text_free(&o.text);
	free_exact(cc);
	free_exact(c);
	/* members without content, coded once more: they grow and come to nothing */
	c = coded(GZIP, (struct hf_bytes){ zeros.at, 0 });
	cc = (struct hf_bytes){ malloc(c.len * 200000), c.len * 200000 };
	assert_non_null(cc.at);
	for (size_t i = 0; i < 200000; i++)
		memcpy((uint8_t *)(uintptr_t)cc.at + i * c.len, c.at, c.len);
	free_exact(c);
	c = coded(ZSTD, cc);
	o = decode("gzip, zstd", c, 1000, &limits);
	assert_int_equal(o.why, CODING_BOMB);
	assert_int_equal(o.text.len, 0);
	text_free(&o.text);
	free_exact(cc);
	free_exact(c);
	/* below a MiB anything may grow as it likes */
	zeros.len = CODING_RATIO_FREE;
	c = coded(GZIP, zeros);
	assert_true(c.len * 200 < zeros.len);
	o = decode("gzip", c, 1000, &limits);
	assert_int_equal(o.why, CODING_FINE);
	text_free(&o.text);
	free_exact(c);
	free_exact(zeros);
}

static void nothing_after_a_verdict(void **state)
{
	struct hf_bytes b = sample(1000), c = coded(GZIP, b), cc = joined(hf_bytes_of("junk"), c);
	struct outcome o = decode("gzip", cc, 1, &none);

	(void)state;
	assert_int_equal(o.why, CODING_BROKEN);
	assert_int_equal(o.text.len, 0);
	text_free(&o.text);
	free_exact(cc);
	free_exact(c);
	free_exact(b);
	for (unsigned w = 0; w < CODING_WHY_COUNT; w++) {
		assert_true(strlen(coding_why_sentence(w)) >= 7);
		assert_true(strlen(coding_why_rfc(w)) >= 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_coding),
		cmocka_unit_test(names_of_codings),
		cmocka_unit_test(several_in_a_row),
		cmocka_unit_test(cut_everywhere),
		cmocka_unit_test(what_follows),
		cmocka_unit_test(broken_ones),
		cmocka_unit_test(windows),
		cmocka_unit_test(the_size_s_limit),
		cmocka_unit_test(bombs),
		cmocka_unit_test(nothing_after_a_verdict),
	};

	return cmocka_run_group_tests_name("coding", tests, NULL, NULL);
}
