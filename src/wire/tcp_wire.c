/* SPDX-License-Identifier: MIT */
#include "wire/tcp_wire.h"

#include "base/bits.h"
#include "base/csum.h"

#define PROTO_TCP 6u
#define OPTIONS_MAX (TCP_HEADER_MAX - TCP_HEADER_MIN)

/* RFC 9293 3.2, RFC 7323 2.2 and 3.2, RFC 2018 2 and 3 */
enum option_kind {
	KIND_EOL = 0,
	KIND_NOP = 1,
	KIND_MSS = 2,
	KIND_WSCALE = 3,
	KIND_SACK_PERMITTED = 4,
	KIND_SACK = 5,
	KIND_TIMESTAMPS = 8,
};

#define LEN_MSS 4u
#define LEN_WSCALE 3u
#define LEN_SACK_PERMITTED 2u
#define LEN_TIMESTAMPS 10u
#define LEN_SACK_BLOCK 8u
#define WSCALE_MAX 14u

/* What nearly every segment between two modern stacks begins its options with, and what their SYNs do. */
#define NOP_NOP_TIMESTAMPS 0x0101080au
#define SACK_PERMITTED_TIMESTAMPS 0x0402080au
#define TIMESTAMPS_ALIGNED 12u

static void take_options(const uint8_t *o, size_t left, struct tcp_header *h);
static void put_options(uint8_t *start, const struct tcp_header *h);

hf_status tcp_parse(struct hf_bytes segment, struct tcp_header *ret)
{
	const uint8_t *p = segment.at;
	size_t header_len, options_len;

	if (HF_UNLIKELY(segment.len < TCP_HEADER_MIN))
		return HF_SHORT;
	header_len = (size_t)(p[12] >> 4) * 4u;
	if (HF_UNLIKELY(header_len < TCP_HEADER_MIN || header_len > segment.len))
		return HF_MALFORMED;

	/* Nothing below can fail: straight to *ret, field by field, as clearing the whole struct first costs more. */
	ret->src_port = hf_load16(p);
	ret->dst_port = hf_load16(p + 2);
	ret->seq = hf_load32(p + 4);
	ret->ack = hf_load32(p + 8);
	ret->header_len = (uint8_t)header_len;
	ret->flags = p[13];
	ret->window = hf_load16(p + 14);
	ret->csum = hf_load16(p + 16);
	ret->urgent = hf_load16(p + 18);
	ret->has_mss = ret->has_wscale = ret->has_timestamps = ret->sack_permitted = ret->bad_options = false;
	ret->wscale = 0;
	ret->sack_count = 0;
	ret->mss = 0;
	ret->ts_val = ret->ts_ecr = 0;
	memset(ret->sack, 0, sizeof(ret->sack));
	ret->payload = (struct hf_bytes){ p + header_len, segment.len - header_len };
	p += TCP_HEADER_MIN;
	options_len = header_len - TCP_HEADER_MIN;
	if (HF_LIKELY(options_len == TIMESTAMPS_ALIGNED && hf_load32(p) == NOP_NOP_TIMESTAMPS)) {
		ret->has_timestamps = true;
		ret->ts_val = hf_load32(p + 4);
		ret->ts_ecr = hf_load32(p + 8);
	} else if (options_len) {
		take_options(p, options_len, ret);
	}
	return HF_OK;
}

bool tcp_csum_ok(struct hf_bytes segment, const struct hf_addr *src, const struct hf_addr *dst)
{
	uint64_t sum = hf_csum_pseudo(src, dst, PROTO_TCP, (uint32_t)segment.len);

	return hf_csum_finish(hf_csum_add(sum, segment.at, segment.len)) == 0;
}

/* How many of h's SACK blocks fit behind `used` octets of other options (RFC 2018 3: three beside timestamps). */
static unsigned sack_blocks_that_fit(const struct tcp_header *h, size_t used)
{
	size_t room = (OPTIONS_MAX - used - 4u) / LEN_SACK_BLOCK;

	return (unsigned)hf_min_u64(h->sack_count, hf_min_u64(room, TCP_SACK_BLOCKS));
}

/* Octets of every option but SACK; at the most 20. */
static size_t plain_options_size(const struct tcp_header *h)
{
	size_t n = h->has_mss ? LEN_MSS : 0;

	if (h->has_timestamps)
		n += TIMESTAMPS_ALIGNED;
	else if (h->sack_permitted)
		n += 2u + LEN_SACK_PERMITTED;
	if (h->has_wscale)
		n += 1u + LEN_WSCALE;
	return n;
}

size_t tcp_header_size(const struct tcp_header *h)
{
	size_t n = plain_options_size(h);
	unsigned blocks = h->sack_count ? sack_blocks_that_fit(h, n) : 0;

	return TCP_HEADER_MIN + n + (blocks ? 4u + blocks * LEN_SACK_BLOCK : 0);
}

size_t tcp_put(struct hf_wr *out, const struct tcp_header *h)
{
	size_t n = tcp_header_size(h);
	uint8_t *p = hf_wr_take(out, n);

	if (!p)
		return n;
	hf_store32(p, (uint32_t)h->src_port << 16 | h->dst_port);
	hf_store32(p + 4, h->seq);
	hf_store32(p + 8, h->ack);
	hf_store32(p + 12, (uint32_t)n << 26 | (uint32_t)h->flags << 16 | h->window);
	hf_store32(p + 16, (uint32_t)h->csum << 16 | h->urgent);
	if (n > TCP_HEADER_MIN)
		put_options(p + TCP_HEADER_MIN, h);
	return n;
}

/* ---- options ---- */

static void take_option(uint8_t kind, const uint8_t *data, size_t len, struct tcp_header *h)
{
	switch (kind) {
	case KIND_MSS:
		if (len != LEN_MSS - 2u || h->has_mss)
			break;
		h->has_mss = true;
		h->mss = hf_load16(data);
		break;
	case KIND_WSCALE:
		if (len != LEN_WSCALE - 2u || h->has_wscale)
			break;
		h->has_wscale = true;
		h->wscale = data[0] > WSCALE_MAX ? WSCALE_MAX : data[0]; /* RFC 7323 2.3 */
		break;
	case KIND_SACK_PERMITTED:
		if (len == LEN_SACK_PERMITTED - 2u)
			h->sack_permitted = true;
		break;
	case KIND_SACK:
		if (len == 0 || len % LEN_SACK_BLOCK || len / LEN_SACK_BLOCK > TCP_SACK_BLOCKS || h->sack_count)
			break;
		h->sack_count = (uint8_t)(len / LEN_SACK_BLOCK);
		for (unsigned i = 0; i < h->sack_count; i++, data += LEN_SACK_BLOCK) {
			h->sack[i].from = hf_load32(data);
			h->sack[i].to = hf_load32(data + 4);
		}
		break;
	case KIND_TIMESTAMPS:
		if (len != LEN_TIMESTAMPS - 2u || h->has_timestamps)
			break;
		h->has_timestamps = true;
		h->ts_val = hf_load32(data);
		h->ts_ecr = hf_load32(data + 4);
		break;
	default: /* MUST-6 */
		break;
	}
}

/* RFC 9293 3.2. Every round takes an octet at least: a length of 0 cannot hold the loop (MUST-7). */
static void take_options(const uint8_t *o, size_t left, struct tcp_header *h)
{
	while (left && o[0] != KIND_EOL) {
		size_t len = 1;

		if (o[0] != KIND_NOP) {
			if (left < 2 || o[1] < 2 || o[1] > left) {
				h->bad_options = true;
				return;
			}
			len = o[1];
			take_option(o[0], o + 2, len - 2u, h);
		}
		o += len;
		left -= len;
	}
}

static uint8_t *put_kind(uint8_t *o, unsigned nops, uint8_t kind, size_t len)
{
	while (nops--)
		*o++ = KIND_NOP;
	*o++ = kind;
	*o++ = (uint8_t)len;
	return o;
}

/* As many octets as tcp_header_size() counts. */
static void put_options(uint8_t *start, const struct tcp_header *h)
{
	uint8_t *o = start;
	unsigned blocks;

	if (h->has_mss) {
		o = put_kind(o, 0, KIND_MSS, LEN_MSS);
		hf_store16(o, h->mss);
		o += 2;
	}
	if (h->has_timestamps) {
		/* SACK permitted is two octets, just what timestamps lack of twelve */
		hf_store32(o, h->sack_permitted ? SACK_PERMITTED_TIMESTAMPS : NOP_NOP_TIMESTAMPS);
		o += 4;
		hf_store32(o, h->ts_val);
		hf_store32(o + 4, h->ts_ecr);
		o += 8;
	} else if (h->sack_permitted) {
		o = put_kind(o, 2, KIND_SACK_PERMITTED, LEN_SACK_PERMITTED);
	}
	if (h->has_wscale) {
		o = put_kind(o, 1, KIND_WSCALE, LEN_WSCALE);
		*o++ = h->wscale;
	}
	blocks = sack_blocks_that_fit(h, (size_t)(o - start));
	if (blocks) {
		o = put_kind(o, 2, KIND_SACK, 2u + blocks * LEN_SACK_BLOCK);
		for (unsigned i = 0; i < blocks; i++, o += LEN_SACK_BLOCK) {
			hf_store32(o, h->sack[i].from);
			hf_store32(o + 4, h->sack[i].to);
		}
	}
}
