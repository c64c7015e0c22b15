/* SPDX-License-Identifier: MIT */
#include "wire/ip6.h"

#include "base/bits.h"
#include "wire/addr.h"

/*
 * The chain of extension headers is walked in the order it stands (RFC 8200 4), up to the upper layer or to a fragment
 * header that makes the rest opaque. Each header costs one round and moves on by eight octets at least, and there are
 * at the most IP6_EXT_LIMIT of them.
 *
 * The first thing that a node must refuse with a parameter problem is noted, and the walk goes on: whoever answers
 * must know whether the packet was itself an ICMPv6 error (RFC 4443 2.4 e.1), which only the last header tells.
 */

/* RFC 8200 4.2: what the top two bits of an option ask of a node that does not know it */
enum unknown_option {
	OPTION_SKIP = 0,
	OPTION_DISCARD = 1,
	OPTION_DISCARD_AND_TELL = 2, /* even when sent to a group */
	OPTION_DISCARD_AND_TELL_UNICAST = 3,
};

#define OPTION_PAD1 0u

/* RFC 4443 3.4 */
#define PROBLEM_FIELD 0u
#define PROBLEM_NEXT_HEADER 1u
#define PROBLEM_OPTION 2u

#define EXT_UNIT 8u
#define PAYLOAD_LEN_AT 4u
#define NEXT_HEADER_AT 6u
#define SRC_AT 8u
#define DST_AT 24u
#define PAYLOAD_MAX 65535u

/* RFC 8200 4.5: offset and flags share sixteen bits. */
#define FRAGMENT_OFFSET 0xfff8u
#define FRAGMENT_MF 0x0001u

struct walk {
	const uint8_t *packet;
	size_t at, end; /* octets from the packet's start */
	bool quoted;    /* a packet of our own came back: its headers are not judged */
	bool problem;
	struct ip6_header h;
};

static void note_problem(struct walk *w, uint8_t code, size_t at)
{
	if (w->problem || w->quoted)
		return;
	w->problem = true;
	w->h.problem_code = code;
	w->h.problem_at = (uint32_t)at;
}

/* The jumbo payload option (RFC 2675, type 0xc2) is one of the unknown here, and its bits say what to answer. */
static void judge_option(struct walk *w, size_t at)
{
	enum unknown_option ask = w->packet[at] >> 6;

	if (ask == OPTION_SKIP || w->problem || w->quoted)
		return;
	note_problem(w, PROBLEM_OPTION, at);
	w->h.problem_silent = ask == OPTION_DISCARD;
	w->h.problem_even_multicast = ask == OPTION_DISCARD_AND_TELL;
}

static hf_status walk_options(struct walk *w, size_t end)
{
	size_t at = w->at + 2u;

	while (at < end) {
		if (w->packet[at] == OPTION_PAD1) {
			at++;
			continue;
		}
		if (end - at < 2 || w->packet[at + 1] > end - at - 2u)
			return HF_MALFORMED;
		judge_option(w, at);
		at += 2u + w->packet[at + 1];
	}
	return HF_OK;
}

/* RFC 8200 4.4: with no segments left a routing header says nothing more, whatever its type (RFC 5095 for type 0). */
static void judge_routing(struct walk *w)
{
	if (w->packet[w->at + 3] != 0)
		note_problem(w, PROBLEM_FIELD, w->at + 2u);
}

/* RFC 8200 4.5. *ret_stop: what follows is a piece of something, not headers. */
static hf_status take_fragment(struct walk *w, bool *ret_stop)
{
	const uint8_t *f = w->packet + w->at;
	struct ip6_header *h = &w->h;
	uint16_t offset = hf_load16(f + 2);
	size_t len = w->end - w->at - IP6_FRAGMENT_BYTES;
	size_t before = w->at - IP6_HEADER_BYTES; /* extension headers that every fragment repeats */

	if (h->fragmented)
		return HF_MALFORMED;
	h->fragmented = true;
	h->unfragmentable_len = (uint16_t)w->at;
	h->fragment_next_field_at = h->proto_field_at;
	h->fragment_at = offset & FRAGMENT_OFFSET;
	h->mf = offset & FRAGMENT_MF;
	h->fragment_id = hf_load32(f + 4);
	if (h->mf && len % EXT_UNIT)
		note_problem(w, PROBLEM_FIELD, PAYLOAD_LEN_AT);
	if (before + h->fragment_at + len > PAYLOAD_MAX)
		note_problem(w, PROBLEM_FIELD, w->at + 2u);
	*ret_stop = h->mf || h->fragment_at; /* neither: atomic, RFC 6946 */
	return HF_OK;
}

static bool is_extension(uint8_t next)
{
	return next == IP6_NEXT_HOP_BY_HOP || next == IP6_NEXT_ROUTING || next == IP6_NEXT_FRAGMENT ||
	       next == IP6_NEXT_DEST_OPTS;
}

static size_t extension_len(const struct walk *w, uint8_t kind)
{
	return kind == IP6_NEXT_FRAGMENT ? IP6_FRAGMENT_BYTES : (w->packet[w->at + 1] + 1u) * EXT_UNIT;
}

static hf_status walk_chain(struct walk *w)
{
	struct ip6_header *h = &w->h;
	bool stop = false;

	for (unsigned n = 0; !stop && is_extension(h->proto); n++) {
		uint8_t kind = h->proto;
		size_t len;

		if (kind == IP6_NEXT_HOP_BY_HOP && w->at != IP6_HEADER_BYTES) {
			note_problem(w, PROBLEM_NEXT_HEADER, h->proto_field_at); /* RFC 8200 4.1 */
			break;
		}
		if (n == IP6_EXT_LIMIT)
			return HF_MALFORMED;
		if (w->end - w->at < EXT_UNIT)
			return w->quoted ? HF_SHORT : HF_MALFORMED;
		len = extension_len(w, kind);
		if (len > w->end - w->at)
			return w->quoted ? HF_SHORT : HF_MALFORMED;

		if (kind == IP6_NEXT_FRAGMENT)
			HF_TRY(take_fragment(w, &stop));
		else if (kind == IP6_NEXT_ROUTING)
			judge_routing(w);
		else
			HF_TRY(walk_options(w, w->at + len));
		h->proto = w->packet[w->at];
		h->proto_field_at = (uint16_t)w->at;
		w->at += len;
	}
	return HF_OK;
}

/* The fixed header as if nothing followed but the payload. Field by field: clearing the struct first costs more. */
static void take_fixed(struct hf_bytes packet, struct ip6_header *h)
{
	uint32_t first = hf_load32(packet.at);

	h->traffic_class = (uint8_t)(first >> 20);
	h->hop_limit = packet.at[7];
	h->flow = first & 0xfffffu;
	h->payload_len = hf_load16(packet.at + PAYLOAD_LEN_AT);
	memcpy(h->src.b, packet.at + SRC_AT, 16);
	memcpy(h->dst.b, packet.at + DST_AT, 16);
	h->proto = packet.at[NEXT_HEADER_AT];
	h->proto_field_at = NEXT_HEADER_AT;
	h->headers_len = IP6_HEADER_BYTES;
	h->unfragmentable_len = 0;
	h->fragment_next_field_at = 0;
	h->fragmented = h->mf = false;
	h->fragment_id = 0;
	h->fragment_at = 0;
	h->payload = (struct hf_bytes){ packet.at + IP6_HEADER_BYTES, packet.len - IP6_HEADER_BYTES };
	h->problem_code = 0;
	h->problem_at = 0;
	h->problem_silent = h->problem_even_multicast = false;
}

static hf_status parse(struct hf_bytes packet, bool quoted, struct ip6_header *ret)
{
	struct hf_addr src, dst;
	struct walk w;
	size_t len;

	if (packet.len < IP6_HEADER_BYTES)
		return HF_SHORT;
	if (packet.at[0] >> 4 != 6)
		return HF_MALFORMED;
	memcpy(src.b, packet.at + SRC_AT, 16);
	memcpy(dst.b, packet.at + DST_AT, 16);
	if (addr_is_ip4(&src) || addr_is_ip4(&dst))
		return HF_MALFORMED;
	len = IP6_HEADER_BYTES + (size_t)hf_load16(packet.at + PAYLOAD_LEN_AT);
	if (len > packet.len && !quoted)
		return HF_SHORT;
	packet.len = hf_min_u64(len, packet.len);

	if (HF_LIKELY(!is_extension(packet.at[NEXT_HEADER_AT]))) {
		take_fixed(packet, ret);
		return HF_OK;
	}
	w = (struct walk){ .packet = packet.at, .at = IP6_HEADER_BYTES, .end = packet.len, .quoted = quoted };
	take_fixed(packet, &w.h);
	HF_TRY(walk_chain(&w));
	w.h.headers_len = (uint16_t)w.at;
	w.h.payload = (struct hf_bytes){ packet.at + w.at, w.end - w.at };

	*ret = w.h;
	return w.problem ? HF_UNSUPPORTED : HF_OK;
}

hf_status ip6_parse(struct hf_bytes packet, struct ip6_header *ret)
{
	return parse(packet, false, ret);
}

hf_status ip6_parse_quoted(struct hf_bytes packet, struct ip6_header *ret)
{
	return parse(packet, true, ret);
}

void ip6_put(struct hf_wr *out, const struct ip6_header *h)
{
	uint8_t p[IP6_HEADER_BYTES + IP6_FRAGMENT_BYTES];
	uint8_t *f = p + IP6_HEADER_BYTES;

	HF_ASSERT(h->fragment_at % EXT_UNIT == 0);
	hf_store32(p, 6u << 28 | (uint32_t)h->traffic_class << 20 | (h->flow & 0xfffffu));
	hf_store16(p + PAYLOAD_LEN_AT, h->payload_len);
	p[NEXT_HEADER_AT] = h->fragmented ? IP6_NEXT_FRAGMENT : h->proto;
	p[7] = h->hop_limit;
	memcpy(p + SRC_AT, h->src.b, 16);
	memcpy(p + DST_AT, h->dst.b, 16);
	if (h->fragmented) {
		f[0] = h->proto;
		f[1] = 0;
		hf_store16(f + 2, (uint16_t)(h->fragment_at | (h->mf ? FRAGMENT_MF : 0)));
		hf_store32(f + 4, h->fragment_id);
	}
	hf_wr_copy(out, p, h->fragmented ? sizeof(p) : IP6_HEADER_BYTES);
}
