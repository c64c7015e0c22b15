/* SPDX-License-Identifier: MIT */
#include "wire/ip6.h"

#include "fuzz.h"
#include "wire/addr.h"

#define ADDRS                                                              \
	"\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" \
	"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"

FUZZ_SEEDS(FUZZ_SEED("\x60\x01\x23\x45\x00\x04\x06\x40" ADDRS "data"
		     "padding"),
	   /* hop-by-hop with router alert, routing done with, destination options */
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x1c\x00\x40" ADDRS "\x2b\x00\x05\x02\x00\x00\x01\x00"
		     "\x3c\x00\x00\x00\x00\x00\x00\x00"
		     "\x11\x00\x01\x02\x00\x00\x00\x00"
		     "data"),
	   /* a fragment, an atomic one, and the last of some */
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x10\x2c\x40" ADDRS "\x11\x00\x00\x09\x01\x02\x03\x04"
		     "fragment"),
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x14\x2c\x40" ADDRS "\x3c\x00\x00\x00\x01\x02\x03\x04"
		     "\x06\x00\x01\x04\x00\x00\x00\x00"
		     "data"),
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x0b\x2c\x40" ADDRS "\x11\x00\x05\xb0\x01\x02\x03\x04"
		     "end"),
	   /* what must be refused: unknown options, segments left, a jumbogram, hop-by-hop not in front */
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x10\x3c\x40" ADDRS "\x3a\x00\x5e\x00\x9e\x00\xde\x00"
		     "\x80\x00\x00\x00\x00\x00\x00\x00"),
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x10\x2b\x40" ADDRS "\x06\x00\x03\x01\x00\x00\x00\x00"
		     "segments"),
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x0c\x00\x40" ADDRS "\x06\x00\xc2\x04\x00\x01\x00\x00"
		     "data"),
	   FUZZ_SEED("\x60\x00\x00\x00\x00\x10\x3c\x40" ADDRS "\x00\x00\x01\x04\x00\x00\x00\x00"
		     "\x06\x00\x01\x04\x00\x00\x00\x00"));

static void check_same(const struct ip6_header *a, const struct ip6_header *b)
{
	FUZZ_CHECK(a->traffic_class == b->traffic_class && a->hop_limit == b->hop_limit && a->flow == b->flow);
	FUZZ_CHECK(a->payload_len == b->payload_len && a->proto == b->proto && a->proto_field_at == b->proto_field_at);
	FUZZ_CHECK(addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst) && a->headers_len == b->headers_len);
	FUZZ_CHECK(a->fragmented == b->fragmented && a->mf == b->mf && a->fragment_at == b->fragment_at);
	FUZZ_CHECK(a->fragment_id == b->fragment_id && a->unfragmentable_len == b->unfragmentable_len);
	FUZZ_CHECK(a->fragment_next_field_at == b->fragment_next_field_at);
}

static void check_places(const struct ip6_header *h, struct hf_bytes packet)
{
	FUZZ_CHECK(fuzz_inside(h->payload, packet.at, packet.len) && h->payload.at == packet.at + h->headers_len);
	FUZZ_CHECK(h->proto_field_at < h->headers_len && packet.at[h->proto_field_at] == h->proto);
	FUZZ_CHECK(!addr_is_ip4(&h->src) && !addr_is_ip4(&h->dst));
	if (h->fragmented) {
		FUZZ_CHECK(packet.at[h->fragment_next_field_at] == IP6_NEXT_FRAGMENT);
		FUZZ_CHECK(h->fragment_next_field_at < h->unfragmentable_len);
		FUZZ_CHECK(h->unfragmentable_len + IP6_FRAGMENT_BYTES <= h->headers_len && h->fragment_at % 8u == 0);
	}
}

/* Without extension headers, or with the fragment header alone, a put must make the same octets but for reserved ones. */
static void check_put(const struct ip6_header *h, struct hf_bytes packet)
{
	uint8_t *copy = fuzz_copy(packet.at, packet.len);
	struct hf_wr out = hf_wr_over(copy, h->headers_len);
	struct ip6_header back;

	ip6_put(&out, h);
	FUZZ_CHECK(fuzz_written(&out).len == h->headers_len);
	FUZZ_CHECK(ip6_parse((struct hf_bytes){ copy, packet.len }, &back) == HF_OK);
	check_same(h, &back);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hf_bytes packet = { data, size };
	struct ip6_header h, quoted;
	hf_status s, q;

	memset(&h, FUZZ_PATTERN, sizeof(h));
	memset(&quoted, FUZZ_PATTERN, sizeof(quoted));
	s = ip6_parse(packet, &h);
	q = ip6_parse_quoted(packet, &quoted);
	FUZZ_CHECK(q != HF_UNSUPPORTED);
	if (q == HF_OK)
		check_places(&quoted, packet);
	else
		FUZZ_CHECK(FUZZ_UNTOUCHED(quoted));
	if (s != HF_OK && s != HF_UNSUPPORTED) {
		FUZZ_CHECK(FUZZ_UNTOUCHED(h));
		return 0;
	}
	FUZZ_CHECK(q == HF_OK);
	check_same(&h, &quoted);
	check_places(&h, packet);
	FUZZ_CHECK(h.headers_len + h.payload.len == IP6_HEADER_BYTES + (size_t)h.payload_len);
	if (s == HF_UNSUPPORTED) {
		FUZZ_CHECK(h.problem_code <= 2 && h.problem_at < h.headers_len &&
			   !(h.problem_silent && h.problem_even_multicast));
		return 0;
	}
	FUZZ_CHECK(h.fragment_at + h.payload.len <= 65535u && (!h.mf || h.payload.len % 8u == 0));
	if (h.headers_len == IP6_HEADER_BYTES + (h.fragmented ? IP6_FRAGMENT_BYTES : 0))
		check_put(&h, packet);
	return 0;
}
