/* SPDX-License-Identifier: MIT */
/*
 * An answer's head, and behind a NUL the head of a 304 (or a file of the cache). Whatever they say, times stay within reason, what is merged
 * is a head, and a file that is read is one that would be written.
 */
#include "page/cache_internal.h"

#include "fuzz.h"

#define NOW 1700000000

FUZZ_SEEDS(FUZZ_SEED("HTTP/1.1 200 OK\r\nCache-Control: max-age=60, no-cache=\"a, b\"\r\nETag: \"a\"\r\nVary: Accept, x\r\n\r\n\0"
		     "HTTP/1.1 304 Not Modified\r\nETag: W/\"a\"\r\nCache-Control: max-age=9\r\n\r\n"),
	   FUZZ_SEED("HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nLast-Modified: Mon, 13 Nov 2023 22:13:20 GMT\r\nAge: 5\r\n\r\n\0"
		     "HTTP/1.1 304 \r\nLast-Modified: Mon, 13 Nov 2023 22:13:20 GMT\r\n\r\n"),
	   FUZZ_SEED("HTTP/1.0 301 Moved\r\nExpires: Tue, 14 Nov 2023 22:15:20 GMT\r\nPragma: no-cache\r\n\r\n\0"),
	   FUZZ_SEED("hfcache\1\0\0\0\0\x65\x53\xf1\0\0\0\0\0\x65\x53\xf1\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
		     "\0\0\0\0\0\0\0\1uhbxxxxxxxx"));

static const struct h1_field asked[] = { { { (const uint8_t *)"Accept", 6 }, { (const uint8_t *)"*/*", 3 } },
					 { { (const uint8_t *)"X", 1 }, { (const uint8_t *)"a", 1 } } };

static void check_file(struct hf_bytes file)
{
	struct cache_record r;
	uint8_t *again;

	memset(&r, FUZZ_PATTERN, sizeof(r));
	if (cache_record_get(file, &r) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(r));
		return;
	}
	FUZZ_CHECK(fuzz_inside(r.body, file.at, file.len) && CACHE_FILE_BYTES(&r) == file.len);
	again = malloc(file.len);
	FUZZ_CHECK(again);
	cache_record_put(&r, again);
	FUZZ_CHECK(memcmp(again, file.at, file.len) == 0);
	free(again);
}

static void check_kept(const struct h1_head *h, struct hf_bytes head, const struct cache_request *q)
{
	struct cache_record r = { .url = hf_bytes_of(q->url), .head = head, .request_s = NOW, .response_s = NOW + 1 }, back;
	bool heuristic;
	int64_t lifetime = cache_lifetime(h, NOW, &heuristic), age = cache_age(h, NOW - 1, NOW, NOW + 10);
	uint8_t *file = malloc(CACHE_FILE_BYTES(&r));

	FUZZ_CHECK(file && lifetime >= 0 && age >= 11 && cache_may_keep(q, h) < CACHE_WHY_COUNT);
	FUZZ_CHECK(!cache_is_fresh(q, h, age, lifetime) || (age < lifetime && !cache_must_ask(h)));
	cache_record_put(&r, file);
	FUZZ_CHECK(cache_record_get((struct hf_bytes){ file, CACHE_FILE_BYTES(&r) }, &back) == HF_OK);
	FUZZ_CHECK(fuzz_same(back.head, head) && fuzz_same(back.url, r.url) && back.response_s == r.response_s);
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	struct hf_bytes head = { data, nul ? (size_t)(nul - data) : size }, second = { 0 };
	struct cache_request q = { "http://h/", asked, HF_ARRAY_LEN(asked) };
	static struct h1_head kept, fresh, merged;
	struct text vary, out;

	if (nul)
		second = (struct hf_bytes){ nul + 1, size - head.len - 1 };
	check_file((struct hf_bytes){ data, size });
	if (!cache_parse_head(head, &kept))
		return 0;
	text_init(&vary);
	text_init(&out);
	check_kept(&kept, head, &q);
	cache_vary_key(&kept, &q, &vary);
	FUZZ_CHECK(!vary.failed);
	if (nul && cache_parse_head(second, &fresh) && cache_merge(&kept, &fresh, &out)) {
		bool ok = cache_parse_head((struct hf_bytes){ (const uint8_t *)text_str(&out), out.len }, &merged);

		FUZZ_CHECK(!ok || merged.status == kept.status);
	}
	text_free(&vary);
	text_free(&out);
	return 0;
}
