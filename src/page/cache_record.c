/* SPDX-License-Identifier: MIT */
#include "page/cache_internal.h"

#include "base/rd.h"
#include "base/siphash.h"
#include "base/wr.h"

/*
 * One file of the cache: a mark, times and lengths, then URL, key of Vary, head and body one behind another, and at the end a check
 * value over all of it, which is against accidents: whoever can write into the folder can write anything there.
 */
static const uint8_t mark[8] = { 'h', 'f', 'c', 'a', 'c', 'h', 'e', 1 };

#define FRONT 64u /* octets before the URL */
#define CHECK 8u

static const struct hf_sipkey check_key = { 0x68616e6466617374u, 0x6361636865202020u };

static uint64_t check_of(const uint8_t *at, size_t n)
{
	return hf_siphash13(&check_key, at, n);
}

void cache_record_put(const struct cache_record *r, uint8_t *to)
{
	size_t n = CACHE_FILE_BYTES(r);
	struct hf_wr out = hf_wr_over(to, n);

	hf_wr_copy(&out, mark, sizeof(mark));
	hf_wr_u64(&out, (uint64_t)r->request_s);
	hf_wr_u64(&out, (uint64_t)r->response_s);
	hf_wr_u64(&out, r->decoded);
	hf_wr_u64(&out, r->url.len);
	hf_wr_u64(&out, r->vary.len);
	hf_wr_u64(&out, r->head.len);
	hf_wr_u64(&out, r->body.len);
	hf_wr_copy(&out, r->url.at, r->url.len);
	hf_wr_copy(&out, r->vary.at, r->vary.len);
	hf_wr_copy(&out, r->head.at, r->head.len);
	hf_wr_copy(&out, r->body.at, r->body.len);
	hf_wr_u64(&out, check_of(to, n - CHECK));
}

hf_status cache_record_get(struct hf_bytes file, struct cache_record *ret)
{
	struct hf_rd in = hf_rd_over(file);
	struct hf_bytes begin = hf_rd_bytes(&in, sizeof(mark));
	struct cache_record r = { 0 };
	uint64_t flags, url, vary, head, body;

	hf_rd_must(&in, begin.len == sizeof(mark) && memcmp(begin.at, mark, sizeof(mark)) == 0);
	r.request_s = (int64_t)hf_rd_u64(&in);
	r.response_s = (int64_t)hf_rd_u64(&in);
	flags = hf_rd_u64(&in);
	url = hf_rd_u64(&in);
	vary = hf_rd_u64(&in);
	head = hf_rd_u64(&in);
	body = hf_rd_u64(&in);
	hf_rd_must(&in, flags <= 1 && r.request_s >= 0 && r.response_s >= 0);
	r.decoded = flags == 1;
	r.url = hf_rd_bytes(&in, url);
	r.vary = hf_rd_bytes(&in, vary);
	r.head = hf_rd_bytes(&in, head);
	r.body = hf_rd_bytes(&in, body);
	hf_rd_must(&in, hf_rd_left(&in) == CHECK && hf_rd_u64(&in) == check_of(file.at, file.len - CHECK));
	HF_TRY(hf_rd_end(&in) == HF_OK ? HF_OK : HF_MALFORMED);
	*ret = r;
	return HF_OK;
}

_Static_assert(FRONT + CHECK == 72u, "what CACHE_FILE_BYTES counts");
_Static_assert(FRONT == sizeof(mark) + 7 * 8, "mark and seven numbers");
