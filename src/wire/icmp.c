/* SPDX-License-Identifier: MIT */
#include "wire/icmp.h"

#include "base/bits.h"
#include "base/csum.h"

#define PROTO_ICMP6 58u

/* `sum` is that of the pseudo header: RFC 792 has none, RFC 4443 2.3 has one. */
static hf_status parse(struct hf_bytes b, uint64_t sum, struct icmp_message *ret)
{
	if (b.len < ICMP_HEADER_BYTES)
		return HF_SHORT;
	if (hf_csum_finish(hf_csum_add(sum, b.at, b.len)) != 0)
		return HF_BAD_CHECKSUM;
	ret->type = b.at[0];
	ret->code = b.at[1];
	ret->rest = hf_load32(b.at + 4);
	ret->body = (struct hf_bytes){ b.at + ICMP_HEADER_BYTES, b.len - ICMP_HEADER_BYTES };
	return HF_OK;
}

static void put(struct hf_wr *out, uint64_t sum, const struct icmp_message *m)
{
	uint8_t p[ICMP_HEADER_BYTES];

	p[0] = m->type;
	p[1] = m->code;
	hf_store16(p + 2, 0);
	hf_store32(p + 4, m->rest);
	sum = hf_csum_add(sum, p, sizeof(p));
	hf_store16(p + 2, hf_csum_finish(hf_csum_add(sum, m->body.at, m->body.len)));
	hf_wr_copy(out, p, sizeof(p));
	hf_wr_copy(out, m->body.at, m->body.len);
}

hf_status icmp4_parse(struct hf_bytes b, struct icmp_message *ret)
{
	return parse(b, 0, ret);
}

hf_status icmp6_parse(struct hf_bytes b, const struct hf_addr *src, const struct hf_addr *dst, struct icmp_message *ret)
{
	return parse(b, hf_csum_pseudo(src, dst, PROTO_ICMP6, (uint32_t)b.len), ret);
}

void icmp4_put(struct hf_wr *out, const struct icmp_message *m)
{
	put(out, 0, m);
}

void icmp6_put(struct hf_wr *out, const struct icmp_message *m, const struct hf_addr *src, const struct hf_addr *dst)
{
	put(out, hf_csum_pseudo(src, dst, PROTO_ICMP6, (uint32_t)(ICMP_HEADER_BYTES + m->body.len)), m);
}

bool icmp4_is_error(uint8_t type)
{
	switch (type) {
	case ICMP4_UNREACHABLE:
	case ICMP4_SOURCE_QUENCH:
	case ICMP4_REDIRECT:
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAMETER_PROBLEM:
		return true;
	default:
		return false;
	}
}

/* RFC 4443 2.1: the top bit tells errors from information. A redirect quotes a packet too, and 2.4 (e.2) names it. */
bool icmp6_is_error(uint8_t type)
{
	return type < 128 || type == ICMP6_REDIRECT;
}
