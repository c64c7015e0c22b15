/* SPDX-License-Identifier: MIT */
#include "wire/tcp_wire.h"

#include "fuzz.h"
#include "wire/addr.h"

#define PORTS_AND_NUMBERS "\x12\x34\x00\x50\x00\x00\x00\x01\x00\x00\x00\x02"

FUZZ_SEEDS(FUZZ_SEED(PORTS_AND_NUMBERS "\x50\x10\xff\xff\x00\x00\x00\x00"
				       "data"),
	   FUZZ_SEED(PORTS_AND_NUMBERS "\x80\x18\xff\xff\x00\x00\x00\x00"
				       "\x01\x01\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x08"
				       "data"),
	   FUZZ_SEED(PORTS_AND_NUMBERS "\xa0\x02\xff\xff\x00\x00\x00\x00"
				       "\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x00\x01\x03\x03\x07"),
	   FUZZ_SEED(PORTS_AND_NUMBERS
		     "\xf0\x10\xff\xff\x00\x00\x00\x00"
		     "\x01\x01\x08\x0a\x00\x00\x00\x07\x00\x00\x00\x08"
		     "\x01\x01\x05\x1a\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00\x05\x00\x00\x00\x06"),
	   FUZZ_SEED(PORTS_AND_NUMBERS "\x70\x31\x00\x00\x00\x00\x00\x05"
				       "\x03\x03\x0f\xfe\x03\x00\x00\x00"));

static void check_same(const struct tcp_header *a, const struct tcp_header *b)
{
	FUZZ_CHECK(a->src_port == b->src_port && a->dst_port == b->dst_port && a->seq == b->seq && a->ack == b->ack);
	FUZZ_CHECK(a->flags == b->flags && a->window == b->window && a->csum == b->csum && a->urgent == b->urgent);
	FUZZ_CHECK(a->has_mss == b->has_mss && a->mss == b->mss && a->has_wscale == b->has_wscale && a->wscale == b->wscale);
	FUZZ_CHECK(a->has_timestamps == b->has_timestamps && a->ts_val == b->ts_val && a->ts_ecr == b->ts_ecr);
	FUZZ_CHECK(a->sack_permitted == b->sack_permitted && b->sack_count <= a->sack_count);
	FUZZ_CHECK(memcmp(a->sack, b->sack, b->sack_count * sizeof(a->sack[0])) == 0);
}

static void check_put(const struct tcp_header *h)
{
	uint8_t room[TCP_HEADER_MAX];
	struct hf_wr out = hf_wr_over(room, sizeof(room));
	struct tcp_header back;
	size_t n = tcp_put(&out, h);

	FUZZ_CHECK(n == tcp_header_size(h) && n % 4u == 0 && fuzz_written(&out).len == n);
	FUZZ_CHECK(tcp_parse(fuzz_written(&out), &back) == HF_OK);
	FUZZ_CHECK(back.header_len == n && !back.bad_options && back.payload.len == 0);
	check_same(h, &back);
	FUZZ_CHECK(back.sack_count == h->sack_count || n > TCP_HEADER_MAX - 8u);
}

/* A checksum put right is found right, and one bit changed is found. */
static void check_csum(struct hf_bytes segment, bool ip6)
{
	struct hf_addr src = ip6 ? (struct hf_addr){ { 0xfe, 0x80, [15] = 1 } } : addr_ip4_u32(0x0a090001);
	struct hf_addr dst = ip6 ? (struct hf_addr){ { 0xfe, 0x80, [15] = 2 } } : addr_ip4_u32(0x0a090002);
	uint8_t *p = fuzz_copy(segment.at, segment.len);
	struct hf_bytes copy = { p, segment.len };

	fuzz_fix_csum(p, segment.len, 16, hf_csum_pseudo(&src, &dst, 6, (uint32_t)segment.len));
	FUZZ_CHECK(tcp_csum_ok(copy, &src, &dst));
	p[segment.len / 2u] ^= 0x10;
	FUZZ_CHECK(!tcp_csum_ok(copy, &src, &dst));
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_bytes segment = { data, size };
	struct tcp_header h;

	memset(&h, FUZZ_PATTERN, sizeof(h));
	if (tcp_parse(segment, &h) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(h));
		return 0;
	}
	FUZZ_CHECK(h.header_len >= TCP_HEADER_MIN && h.header_len <= TCP_HEADER_MAX);
	FUZZ_CHECK(fuzz_inside(h.payload, data, size) && h.payload.len == size - h.header_len);
	FUZZ_CHECK(h.sack_count <= TCP_SACK_BLOCKS && h.wscale <= 14);
	check_put(&h);
	check_csum(segment, h.seq & 1);
	return 0;
}
