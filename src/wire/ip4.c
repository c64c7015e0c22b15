/* SPDX-License-Identifier: MIT */
#include "wire/ip4.h"

#include "base/bits.h"
#include "base/csum.h"
#include "wire/addr.h"

#define LENGTH_MAX 65535u

/* RFC 791 3.1: the flags and the offset share sixteen bits. */
#define FLAG_DF 0x4000u
#define FLAG_MF 0x2000u
#define OFFSET_MASK 0x1fffu

/* RFC 791 3.1, option types */
#define OPTION_EOL 0u
#define OPTION_NOP 1u
#define OPTION_LSRR 131u
#define OPTION_SSRR 137u

static hf_status check_options(struct hf_bytes options, bool *ret_source_route)
{
	const uint8_t *o = options.at;
	size_t left = options.len;
	bool source_route = false;

	while (left && o[0] != OPTION_EOL) {
		size_t len = 1;

		if (o[0] != OPTION_NOP) {
			if (left < 2 || o[1] < 2 || o[1] > left)
				return HF_MALFORMED;
			len = o[1];
		}
		if (o[0] == OPTION_LSRR || o[0] == OPTION_SSRR)
			source_route = true;
		o += len;
		left -= len;
	}
	*ret_source_route = source_route;
	return HF_OK;
}

static uint16_t header_sum(const uint8_t *p, size_t len)
{
	uint64_t sum = hf_csum_20(p);

	if (HF_UNLIKELY(len > IP4_HEADER_MIN))
		sum = hf_csum_add(sum, p + IP4_HEADER_MIN, len - IP4_HEADER_MIN);
	return hf_csum_finish(sum);
}

/* All is checked first; then every field goes straight to *ret: this is the way of each packet. */
static hf_status parse(struct hf_bytes packet, bool quoted, struct ip4_header *ret)
{
	const uint8_t *p = packet.at;
	struct hf_bytes options;
	size_t header_len, total_len, end;
	uint16_t fragment, fragment_at;
	bool source_route;

	if (packet.len < IP4_HEADER_MIN)
		return HF_SHORT;
	header_len = (p[0] & 0xfu) * 4u;
	if (p[0] >> 4 != 4 || header_len < IP4_HEADER_MIN)
		return HF_MALFORMED;
	if (packet.len < header_len)
		return HF_SHORT;
	if (!quoted && header_sum(p, header_len) != 0)
		return HF_BAD_CHECKSUM;

	total_len = hf_load16(p + 2);
	fragment = hf_load16(p + 6);
	fragment_at = (uint16_t)((fragment & OFFSET_MASK) * 8u);
	/* A datagram that would not fit its own total length once put together: nobody can have sent it whole. */
	if (total_len < header_len || fragment_at + total_len > LENGTH_MAX)
		return HF_MALFORMED;
	end = total_len;
	if (end > packet.len) {
		if (!quoted)
			return HF_SHORT;
		end = packet.len;
	}
	options = (struct hf_bytes){ p + IP4_HEADER_MIN, header_len - IP4_HEADER_MIN };
	HF_TRY(check_options(options, &source_route));

	ret->header_len = (uint8_t)header_len;
	ret->tos = p[1];
	ret->total_len = (uint16_t)total_len;
	ret->id = hf_load16(p + 4);
	ret->df = fragment & FLAG_DF;
	ret->mf = fragment & FLAG_MF;
	ret->fragment_at = fragment_at;
	ret->ttl = p[8];
	ret->proto = p[9];
	ret->src = addr_ip4(p + 12);
	ret->dst = addr_ip4(p + 16);
	ret->options = options;
	ret->source_route = source_route;
	ret->payload = (struct hf_bytes){ p + header_len, end - header_len };
	return HF_OK;
}

hf_status ip4_parse(struct hf_bytes packet, struct ip4_header *ret)
{
	return parse(packet, false, ret);
}

hf_status ip4_parse_quoted(struct hf_bytes packet, struct ip4_header *ret)
{
	return parse(packet, true, ret);
}

void ip4_put(struct hf_wr *out, const struct ip4_header *h)
{
	uint8_t p[IP4_HEADER_MIN];

	HF_ASSERT(h->fragment_at % 8u == 0);
	p[0] = 4u << 4 | IP4_HEADER_MIN / 4u;
	p[1] = h->tos;
	hf_store16(p + 2, h->total_len);
	hf_store16(p + 4, h->id);
	hf_store16(p + 6, (uint16_t)((h->df ? FLAG_DF : 0) | (h->mf ? FLAG_MF : 0) | h->fragment_at / 8u));
	p[8] = h->ttl;
	p[9] = h->proto;
	hf_store16(p + 10, 0);
	memcpy(p + 12, h->src.b + 12, 4);
	memcpy(p + 16, h->dst.b + 12, 4);
	hf_store16(p + 10, header_sum(p, sizeof(p)));
	hf_wr_copy(out, p, sizeof(p));
}
