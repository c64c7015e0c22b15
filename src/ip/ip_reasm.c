/* SPDX-License-Identifier: MIT */
#include "base/csum.h"
#include "ip/ip_internal.h"

/*
 * Reassembly (RFC 791 3.2, RFC 8200 4.5). Fragments start at multiples of eight octets, so one bit for each eight octets
 * of a datagram says exactly what is here, in fixed room, however small the pieces; a second bit says where a fragment
 * starts. A fragment on new ground is taken; one that repeats another exactly is ignored; anything else overlaps, and the
 * datagram is dropped together with all that is still to come of it (RFC 5722 4, which we apply to IPv4 too).
 *
 * Nobody fills the table: one source holds at most half of it, and the oldest datagram makes room for a new one.
 */

#define BLOCK 8u

static uint8_t *data_of(const struct ip *ip, const struct ip_reasm *r)
{
	return ip->reasm_data + (size_t)(r - ip->reasms) * IP_BIG_BYTES + IP_BIG_HEAD;
}

static bool bit(const uint64_t *map, uint32_t i)
{
	return map[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *map, uint32_t i)
{
	map[i / 64] |= (uint64_t)1 << (i % 64);
}

/* Not the compiler's: without a machine instruction for it that one is a call into its library. */
static uint32_t popcount(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555u;
	v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (uint32_t)(v * 0x0101010101010101u >> 56);
}

/* How many of the blocks from..to - 1 are set. */
static uint32_t count_bits(const uint64_t *map, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	while (from < to) {
		uint32_t take = hf_min_u32(64 - from % 64, to - from);
		uint64_t mask = take == 64 ? UINT64_MAX : (((uint64_t)1 << take) - 1) << (from % 64);

		n += popcount(map[from / 64] & mask);
		from += take;
	}
	return n;
}

static void release(struct ip *ip, struct ip_reasm *r)
{
	HF_ASSERT(r->state != IP_REASM_FREE);
	hf_wheel_stop(ip->wheel, &r->timer);
	r->state = IP_REASM_FREE;
	ip->reasm_count--;
}

void ip_reasm_release(struct ip *ip)
{
	if (HF_LIKELY(ip->reasm_done == HF_NONE))
		return;
	release(ip, &ip->reasms[ip->reasm_done]);
	ip->reasm_done = HF_NONE;
}

static struct ip_reasm *find(const struct ip *ip, const struct ip_fragment *f)
{
	bool ip4 = addr_is_ip4(&f->src);

	for (uint32_t i = 0; i < ip->reasm_room; i++) {
		struct ip_reasm *r = &ip->reasms[i];

		if ((r->state == IP_REASM_FILLING || r->state == IP_REASM_POISONED) && r->id == f->id &&
		    addr_eq(&r->src, &f->src) && addr_eq(&r->dst, &f->dst) && (!ip4 || r->proto == f->proto))
			return r;
	}
	return NULL;
}

/* Poisoned ones hold nothing that anybody could still get; else the oldest, and by its slot among equals. */
static struct ip_reasm *better_victim(struct ip_reasm *a, struct ip_reasm *b)
{
	if (!a)
		return b;
	if (a->state != b->state)
		return a->state == IP_REASM_POISONED ? a : b;
	return b->began < a->began ? b : a;
}

static struct ip_reasm *make_room(struct ip *ip, const struct hf_addr *src)
{
	struct ip_reasm *free = NULL, *oldest = NULL, *own_oldest = NULL, *victim;
	uint32_t own = 0;

	for (uint32_t i = 0; i < ip->reasm_room; i++) {
		struct ip_reasm *r = &ip->reasms[i];

		if (r->state == IP_REASM_FREE) {
			if (!free)
				free = r;
			continue;
		}
		oldest = better_victim(oldest, r);
		if (addr_eq(&r->src, src)) {
			own_oldest = better_victim(own_oldest, r);
			own++;
		}
	}
	victim = own >= hf_max_u32(1, ip->reasm_room / 2) ? own_oldest : free ? NULL : oldest;
	if (!victim)
		return free;
	ip_tell(ip, HF_TR_IP_REASSEMBLY_EVICTED, victim->have, 0, 0);
	release(ip, victim);
	return victim;
}

static struct ip_reasm *begin(struct ip *ip, const struct ip_fragment *f, hf_time_ns now)
{
	struct ip_reasm *r = make_room(ip, &f->src);

	memset(r, 0, sizeof(*r));
	r->timer.kind = HF_TIMER_IP_REASM;
	r->src = f->src;
	r->dst = f->dst;
	r->id = f->id;
	r->proto = f->proto;
	r->to_group = f->to_group;
	r->state = IP_REASM_FILLING;
	r->began = now;
	ip->reasm_count++;
	/* From the first fragment on, and not anew with each: RFC 1122 3.3.2, RFC 8200 4.5. */
	hf_wheel_set(ip->wheel, &r->timer, now + IP_REASM_TIME);
	return r;
}

enum fit { FIT_NEW, FIT_DUPLICATE, FIT_OVERLAP };

static enum fit judge(const struct ip *ip, const struct ip_reasm *r, const struct ip_fragment *f)
{
	uint32_t from = f->at / BLOCK, end = f->at + (uint32_t)f->payload.len, to = (end + BLOCK - 1) / BLOCK;
	bool same_start, same_end;

	/* Two ends, or octets behind the end. */
	if (!f->mf && r->total != 0 && r->total != end)
		return FIT_OVERLAP;
	if ((!f->mf && r->far_end > end) || (f->mf && r->total != 0 && end > r->total))
		return FIT_OVERLAP;
	if (count_bits(r->here, from, to) == 0)
		return FIT_NEW;

	same_start = bit(r->start, from) && count_bits(r->start, from, to) == 1;
	same_end = to == IP_BLOCKS || bit(r->start, to) || !bit(r->here, to);
	if (count_bits(r->here, from, to) == to - from && same_start && same_end && f->mf == (end != r->total) &&
	    memcmp(data_of(ip, r) + f->at, f->payload.at, f->payload.len) == 0)
		return FIT_DUPLICATE;
	return FIT_OVERLAP;
}

static void take(struct ip *ip, struct ip_reasm *r, const struct ip_fragment *f)
{
	uint32_t end = f->at + (uint32_t)f->payload.len;

	memcpy(data_of(ip, r) + f->at, f->payload.at, f->payload.len);
	set_bit(r->start, f->at / BLOCK);
	for (uint32_t i = f->at / BLOCK; i < (end + BLOCK - 1) / BLOCK; i++)
		set_bit(r->here, i);
	r->have += (uint32_t)f->payload.len;
	r->far_end = hf_max_u32(r->far_end, end);
	r->to_group |= f->to_group;
	if (!f->mf)
		r->total = end;
	if (f->at == 0) { /* the header of this one counts: RFC 8200 4.5 */
		r->first_len = (uint32_t)f->payload.len;
		r->proto = f->proto;
		r->ttl = f->ttl;
		r->tos = f->tos;
	}
	ip_tell(ip, HF_TR_IP_FRAGMENT_HELD, f->at, r->have, (uint32_t)f->payload.len);
}

/* Writes a header in front of the first `len` octets. as_fragment: as the sender's first fragment had it. */
static struct hf_bytes put_header(struct ip *ip, const struct ip_reasm *r, uint32_t len, bool as_fragment)
{
	uint8_t *data = data_of(ip, r);
	uint32_t header = addr_is_ip4(&r->src) ? IP4_HEADER_MIN : IP6_HEADER_BYTES + (as_fragment ? IP6_FRAGMENT_BYTES : 0);
	struct hf_wr out = hf_wr_over(data - header, header);

	if (addr_is_ip4(&r->src))
		ip4_put(&out, &(struct ip4_header){ .tos = r->tos,
						    .ttl = r->ttl,
						    .proto = r->proto,
						    .total_len = (uint16_t)(header + len),
						    .id = (uint16_t)r->id,
						    .mf = as_fragment,
						    .src = r->src,
						    .dst = r->dst });
	else
		ip6_put(&out, &(struct ip6_header){ .traffic_class = r->tos,
						    .hop_limit = r->ttl,
						    .proto = r->proto,
						    .payload_len = (uint16_t)(header - IP6_HEADER_BYTES + len),
						    .src = r->src,
						    .dst = r->dst,
						    .fragmented = as_fragment,
						    .mf = as_fragment,
						    .fragment_id = r->id });
	HF_ASSERT(!out.bad);
	return (struct hf_bytes){ data - header, header + len };
}

static bool is_acceptable(const struct ip_fragment *f)
{
	size_t most = IP_MAX_PACKET - (addr_is_ip4(&f->src) ? IP4_HEADER_MIN : 0);

	if (f->payload.len == 0 || f->at + f->payload.len > most)
		return false;
	return !f->mf || f->payload.len % BLOCK == 0;
}

bool ip_reasm_add(struct ip *ip, const struct ip_fragment *f, hf_time_ns now, struct hf_bytes *ret_packet)
{
	struct ip_reasm *r;

	if (!is_acceptable(f)) {
		ip_drop(ip, HF_TR_IP_DROP_FRAGMENT, f->at, (uint32_t)f->payload.len);
		return false;
	}
	r = find(ip, f);
	if (!r)
		r = begin(ip, f, now);
	if (r->state == IP_REASM_POISONED) {
		ip_drop(ip, HF_TR_IP_DROP_FRAGMENT, f->at, (uint32_t)f->payload.len);
		return false;
	}
	switch (judge(ip, r, f)) {
	case FIT_DUPLICATE:
		ip_drop(ip, HF_TR_IP_DROP_FRAGMENT, f->at, (uint32_t)f->payload.len);
		return false;
	case FIT_OVERLAP:
		r->state = IP_REASM_POISONED;
		ip_drop(ip, HF_TR_IP_DROP_FRAGMENT, f->at, (uint32_t)f->payload.len);
		return false;
	case FIT_NEW:
		break;
	}
	take(ip, r, f);
	if (r->total == 0 || r->have != r->total)
		return false;

	hf_wheel_stop(ip->wheel, &r->timer);
	r->state = IP_REASM_DONE;
	ip->reasm_done = (uint32_t)(r - ip->reasms);
	*ret_packet = put_header(ip, r, r->total, false);
	ip_tell(ip, HF_TR_IP_REASSEMBLED, 0, 0, r->total);
	return true;
}

/* Tells the sender only when the fragment is here that says what it was: RFC 792, RFC 8200 4.5. */
void ip_reasm_timer(struct ip *ip, struct ip_reasm *r, hf_time_ns now)
{
	struct ip_packet about;
	bool ip4 = addr_is_ip4(&r->src);

	ip_tell(ip, HF_TR_IP_REASSEMBLY_TIMEOUT, r->have, r->first_len, 0);
	if (r->state == IP_REASM_FILLING && r->first_len) {
		about = (struct ip_packet){ .src = r->src, .dst = r->dst, .proto = r->proto, .to_group = r->to_group };
		about.whole = put_header(ip, r, r->first_len, true);
		about.payload = (struct hf_bytes){ data_of(ip, r), r->first_len };
		ip_icmp_error(ip, ip4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED, 1, 0, &about, false, now);
	}
	release(ip, r);
}

void ip_reasm_check(const struct ip *ip)
{
	uint32_t in_use = 0;

	for (uint32_t i = 0; i < ip->reasm_room; i++) {
		const struct ip_reasm *r = &ip->reasms[i];

		if (r->state == IP_REASM_FREE)
			continue;
		in_use++;
		HF_ASSERT(hf_timer_is_set(&r->timer) == (r->state != IP_REASM_DONE));
		HF_ASSERT((r->state == IP_REASM_DONE) == (ip->reasm_done == i));
		HF_ASSERT(r->have <= r->far_end && r->far_end <= IP_MAX_PACKET);
		HF_ASSERT(r->total == 0 || r->far_end <= r->total);
		HF_ASSERT(count_bits(r->here, 0, IP_BLOCKS) ==
			  r->have / BLOCK + (r->total % BLOCK != 0 && r->far_end == r->total));
	}
	HF_ASSERT(in_use == ip->reasm_count);
}
