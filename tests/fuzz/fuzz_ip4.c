/* SPDX-License-Identifier: MIT */
#include "wire/ip4.h"

#include "fuzz.h"
#include "wire/addr.h"

FUZZ_SEEDS(FUZZ_SEED("\x45\x00\x00\x1c\x12\x34\x40\x00\x40\x06\x14\x94\x0a\x09\x00\x01\x0a\x09\x00\x02"
		     "payload!"),
	   FUZZ_SEED("\x45\x00\x00\x18\x00\x01\x20\x03\x40\x11\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
		     "frag"),
	   FUZZ_SEED("\x48\x00\x00\x22\x00\x01\x00\x00\x40\x01\x00\x00\x0a\x09\x00\x01\x0a\x09\x00\x02"
		     "\x01\x83\x07\x04\x0a\x09\x00\x03\x94\x04\x00\x00"
		     "ab"
		     "padding"));

static void check_same(const struct ip4_header *a, const struct ip4_header *b)
{
	FUZZ_CHECK(a->tos == b->tos && a->ttl == b->ttl && a->proto == b->proto && a->id == b->id);
	FUZZ_CHECK(a->total_len == b->total_len && a->df == b->df && a->mf == b->mf && a->fragment_at == b->fragment_at);
	FUZZ_CHECK(addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst));
}

static void check_put(const struct ip4_header *h, struct hf_bytes packet)
{
	uint8_t *copy = fuzz_copy(packet.at, packet.len);
	struct hf_wr out = hf_wr_over(copy, IP4_HEADER_MIN);
	struct ip4_header back;

	ip4_put(&out, h);
	(void)fuzz_written(&out);
	FUZZ_CHECK(ip4_parse((struct hf_bytes){ copy, packet.len }, &back) == HF_OK);
	check_same(h, &back);
	FUZZ_CHECK(back.header_len == IP4_HEADER_MIN && back.options.len == 0 && !back.source_route);
	free(copy);
}

static void check_quoted(const struct ip4_header *h, struct hf_bytes packet)
{
	struct ip4_header quoted;
	size_t cut = h->header_len + h->payload.len / 2u;
	uint8_t *copy = fuzz_copy(packet.at, cut);

	FUZZ_CHECK(ip4_parse_quoted((struct hf_bytes){ copy, cut }, &quoted) == HF_OK);
	check_same(h, &quoted);
	FUZZ_CHECK(quoted.payload.len == h->payload.len / 2u && fuzz_inside(quoted.payload, copy, cut));
	free(copy);
}

static void check(struct hf_bytes packet)
{
	struct ip4_header h;

	memset(&h, FUZZ_PATTERN, sizeof(h));
	if (ip4_parse(packet, &h) != HF_OK) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(h));
		if (ip4_parse_quoted(packet, &h) != HF_OK)
			FUZZ_CHECK(FUZZ_UNTOUCHED(h));
		else
			FUZZ_CHECK(fuzz_inside(h.payload, packet.at, packet.len));
		return;
	}
	FUZZ_CHECK(fuzz_inside(h.payload, packet.at, packet.len) && fuzz_inside(h.options, packet.at, packet.len));
	FUZZ_CHECK(h.header_len + h.payload.len == h.total_len && h.header_len == IP4_HEADER_MIN + h.options.len);
	FUZZ_CHECK(h.fragment_at + h.payload.len <= 65535u);
	FUZZ_CHECK(addr_is_ip4(&h.src) && addr_is_ip4(&h.dst));
	check_put(&h, packet);
	check_quoted(&h, packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((struct hf_bytes){ data, size });
	if (size >= IP4_HEADER_MIN) {
		size_t header_len = (data[0] & 0xfu) * 4u;
		uint8_t *fixed = fuzz_copy(data, size);

		if (header_len >= IP4_HEADER_MIN && header_len <= size) {
			fuzz_fix_csum(fixed, header_len, 10, 0);
			check((struct hf_bytes){ fixed, size });
		}
		free(fixed);
	}
	return 0;
}
