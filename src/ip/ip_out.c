/* SPDX-License-Identifier: MIT */
#include "base/csum.h"
#include "ip/ip_internal.h"

/*
 * Packets out. Headers are written backwards from IP_L4_AT. ip_finish() is the hot way, for segments of TCP; datagrams
 * of all others are copied, queued, and cut into fragments one by one as ip_pull() takes them.
 *
 * A datagram whose last frame was pulled is "spent", not free: frames of one pull may still refer to it. Spent ones are
 * reclaimed by ip_feed(), ip_send() and ip_timer(), and by nobody else.
 */

#define IP4_DF 0x4000u
#define IP4_MF 0x2000u
#define FRAGMENT_UNIT 8u

/* ---- headers ---- */

static uint8_t *push(struct hf_frame_out *f, uint16_t n)
{
	f->head_at -= n;
	f->head_len += n;
	return f->head + f->head_at;
}

static void push_ip4(struct hf_frame_out *f, const struct ip_send *s, uint32_t payload_len, uint16_t id,
		     uint32_t flags_and_offset)
{
	uint32_t first = 0x45u << 24 | (uint32_t)s->tos << 16 | (uint16_t)(IP4_HEADER_MIN + payload_len);
	uint32_t second = (uint32_t)id << 16 | (uint16_t)flags_and_offset;
	uint32_t third = (uint32_t)s->ttl << 24 | (uint32_t)s->proto << 16;
	uint32_t src = hf_load32(s->src.b + 12), dst = hf_load32(s->dst.b + 12);
	uint8_t *p = push(f, IP4_HEADER_MIN);

	/* Summed before it is written: a load that is wider than a store before it waits until that has gone to memory. */
	third |= (uint16_t)~hf_csum_fold_values((uint64_t)first + second + third + src + dst);
	hf_store32(p, first);
	hf_store32(p + 4, second);
	hf_store32(p + 8, third);
	hf_store32(p + 12, src);
	hf_store32(p + 16, dst);
}

static void push_ip6(struct hf_frame_out *f, const struct ip_send *s, uint8_t next, uint32_t payload_len)
{
	uint8_t *p = push(f, IP6_HEADER_BYTES);

	hf_store32(p, 6u << 28 | (uint32_t)s->tos << 20);
	hf_store16(p + 4, (uint16_t)payload_len);
	p[6] = next;
	p[7] = s->ttl;
	memcpy(p + 8, s->src.b, 16);
	memcpy(p + 24, s->dst.b, 16);
}

static void push_fragment6(struct hf_frame_out *f, uint8_t next, uint32_t at, bool mf, uint32_t id)
{
	uint8_t *p = push(f, IP6_FRAGMENT_BYTES);

	p[0] = next;
	p[1] = 0;
	hf_store16(p + 2, (uint16_t)(at | mf));
	hf_store32(p + 4, id);
}

static void push_link(const struct ip *ip, struct hf_frame_out *f, const uint8_t mac[6], uint16_t type)
{
	uint8_t *p;

	if (ip->link != HF_LINK_ETHERNET)
		return;
	p = push(f, ETH_HEADER_BYTES);
	memcpy(p, mac, 6);
	memcpy(p + 6, ip->mac, 6);
	hf_store16(p + 12, type);
}

/*
 * Fragments of two datagrams must not be taken for one: RFC 6864 4.3, and nobody may guess what comes next: RFC 7739.
 * Its section 5.3: a counter for each class of flows, behind an offset that is secret and differs for each flow.
 */
static uint32_t next_id(struct ip *ip, const struct ip_send *s)
{
	uint8_t flow[33];
	uint64_t h;

	memcpy(flow, s->src.b, 16);
	memcpy(flow + 16, s->dst.b, 16);
	flow[32] = s->proto;
	h = hf_siphash(&ip->key, flow, sizeof(flow));
	return (uint32_t)h + ip->ids[h >> 58]++;
}
_Static_assert(IP_IDS == 1u << (64 - 58), "next_id() takes six bits");

/* ---- TCP's way ---- */

hf_status ip_finish(struct ip *ip, struct hf_frame_out *f, const struct ip_send *s, const struct ip_hop *hop)
{
	bool ip4 = addr_is_ip4(&s->dst);
	uint32_t len = f->head_len + f->payload_len;

	HF_ASSERT(f->head_at == IP_L4_AT && addr_eq(&hop->dst, &s->dst));
	if (len + (ip4 ? IP4_HEADER_MIN : IP6_HEADER_BYTES) > (f->gso_size ? IP_MAX_PACKET : ip->mtu))
		return HF_TOO_BIG;
	if (!ip4) {
		push_ip6(f, s, s->proto, len);
	} else if (s->df && !hop->no_df) {
		/* Atomic: the id means nothing (RFC 6864 4.1). A driver that cuts gives each piece the next one. */
		push_ip4(f, s, len, ip->id4, IP4_DF);
		ip->id4 += f->gso_size ? (uint16_t)(f->payload_len / f->gso_size + 1) : 1;
	} else {
		push_ip4(f, s, len, (uint16_t)next_id(ip, s), 0);
	}
	push_link(ip, f, hop->mac, ip4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
	f->csum_start += IP_L4_AT - f->head_at;
	f->hdr_len = f->head_len;
	return HF_OK;
}

/* ---- the queue ---- */

void ip_list_add(struct ip *ip, struct ip_list *l, uint32_t i)
{
	ip_datagram_at(ip, i)->next = HF_NONE;
	if (l->count++)
		ip_datagram_at(ip, l->tail)->next = i;
	else
		l->head = i;
	l->tail = i;
}

static uint32_t take_head(struct ip *ip, struct ip_list *l)
{
	uint32_t i = l->head;

	l->head = ip_datagram_at(ip, i)->next;
	l->count--;
	return i;
}

uint32_t ip_datagram_take(struct ip *ip, uint32_t len)
{
	uint32_t big = HF_NONE, i;
	struct ip_datagram *d;

	HF_ASSERT(len <= IP_MAX_PACKET);
	i = hf_pool_take_dirty(&ip->datagrams);
	if (i != HF_NONE && len > IP_SMALL_BYTES) {
		big = hf_pool_take_dirty(&ip->bigs);
		if (big == HF_NONE) {
			hf_pool_give(&ip->datagrams, i);
			i = HF_NONE;
		}
	}
	if (i == HF_NONE) {
		ip_tell(ip, HF_TR_IP_DROP_QUEUE, 0, 0, len);
		return HF_NONE;
	}
	d = ip_datagram_at(ip, i);
	memset(d, 0, offsetof(struct ip_datagram, small));
	d->next = HF_NONE;
	d->big = big;
	d->len = len;
	return i;
}

uint8_t *ip_datagram_data(struct ip *ip, uint32_t i)
{
	struct ip_datagram *d = ip_datagram_at(ip, i);

	return d->big == HF_NONE ? d->small : hf_pool_at(&ip->bigs, d->big);
}

void ip_datagram_give(struct ip *ip, uint32_t i)
{
	struct ip_datagram *d = ip_datagram_at(ip, i);

	if (d->big != HF_NONE)
		hf_pool_give(&ip->bigs, d->big);
	hf_pool_give(&ip->datagrams, i);
}

void ip_out_reclaim(struct ip *ip)
{
	while (HF_UNLIKELY(ip->spent.count))
		ip_datagram_give(ip, take_head(ip, &ip->spent));
}

/* The datagram cannot go now: it waits when somebody is being asked, else it is dropped. Who calls has taken it off. */
static hf_status wait_or_drop(struct ip *ip, uint32_t i, hf_status s, struct ip_neigh *waiting)
{
	if (s == HF_PENDING && waiting) {
		ip_neigh_wait(ip, waiting, i);
		return HF_OK;
	}
	ip_tell(ip, s == HF_UNREACHABLE ? HF_TR_IP_DROP_NEIGHBOUR : HF_TR_IP_DROP_NO_ROUTE,
		ip_addr_tail(&ip_datagram_at(ip, i)->dst), 0, 0);
	ip_datagram_give(ip, i);
	return s;
}

hf_status ip_datagram_queue(struct ip *ip, uint32_t i, hf_time_ns now)
{
	struct ip_neigh *waiting;
	const struct ip_hop *hop;
	hf_status s = ip_hop_find(ip, &ip_datagram_at(ip, i)->dst, now, &hop, &waiting);

	if (s != HF_OK)
		return wait_or_drop(ip, i, s, waiting);
	ip_list_add(ip, &ip->ready, i);
	return HF_OK;
}

hf_status ip_send(struct ip *ip, const struct ip_send *s, struct hf_bytes datagram, hf_time_ns now)
{
	bool ip4 = addr_is_ip4(&s->dst);
	struct ip_datagram *d;
	struct ip_way way;
	uint32_t i;

	ip_out_reclaim(ip);
	if (datagram.len > IP_MAX_PACKET - (ip4 ? IP4_HEADER_MIN : 0))
		return HF_TOO_BIG;
	HF_TRY(ip_route_find(ip, &s->dst, &way));
	if (addr_is_ip4(&s->src) != ip4 || !ip_is_ours(ip, &s->src))
		return ip_has_addr(ip, &s->src) ? HF_PENDING : HF_NOT_OURS;
	if (ip4 && s->df && IP4_HEADER_MIN + datagram.len > ip_path_mtu(ip, &s->dst))
		return HF_TOO_BIG;
	i = ip_datagram_take(ip, (uint32_t)datagram.len);
	if (i == HF_NONE)
		return HF_FULL;
	d = ip_datagram_at(ip, i);
	d->src = s->src;
	d->dst = s->dst;
	d->proto = s->proto;
	d->ttl = s->ttl;
	d->tos = s->tos;
	d->df = s->df;
	if (datagram.len)
		memcpy(ip_datagram_data(ip, i), datagram.at, datagram.len);
	return ip_datagram_queue(ip, i, now);
}

/* ---- frames ---- */

static void begin_frame(struct hf_frame_out *f)
{
	f->head_at = IP_L4_AT;
	f->head_len = 0;
	f->parts = 0;
	f->gso_size = 0;
	f->hdr_len = 0;
	f->csum_start = 0;
	f->csum_offset = 0;
	f->flags = 0;
	f->payload_len = 0;
}

static void add_part(struct hf_frame_out *f, const uint8_t *at, uint32_t len)
{
	if (len)
		f->part[f->parts++] = (struct hf_bytes){ at, len };
	f->payload_len += len;
}

/* The next frame of a datagram: all of it, or one fragment (RFC 791 3.2, RFC 8200 4.5). */
static void build_frame(struct ip *ip, uint32_t i, const struct ip_hop *hop, struct hf_frame_out *f)
{
	struct ip_datagram *d = ip_datagram_at(ip, i);
	struct ip_send s = { .src = d->src, .dst = d->dst, .proto = d->proto, .ttl = d->ttl, .tos = d->tos };
	bool ip4 = addr_is_ip4(&d->dst), whole, more;
	uint32_t mtu = ip_path_mtu(ip, &d->dst), at = d->sent, len = d->len - at, room;

	whole = at == 0 && len <= mtu - (ip4 ? IP4_HEADER_MIN : IP6_HEADER_BYTES);
	room = mtu - (ip4 ? IP4_HEADER_MIN : IP6_HEADER_BYTES + IP6_FRAGMENT_BYTES);
	more = !whole && len > room;
	if (more)
		len = room - room % FRAGMENT_UNIT;
	if (at == 0 && (!whole || (ip4 && !d->df)))
		d->id = next_id(ip, &s);
	if (at == 0 && !whole)
		ip_tell(ip, HF_TR_IP_FRAGMENTED, (d->len + len - 1) / len, 0, d->len);

	begin_frame(f);
	add_part(f, ip_datagram_data(ip, i) + at, len);
	if (ip4) {
		push_ip4(f, &s, len, (uint16_t)d->id,
			 (d->df && !hop->no_df ? IP4_DF : 0) | (more ? IP4_MF : 0) | at / FRAGMENT_UNIT);
	} else {
		if (!whole)
			push_fragment6(f, d->proto, at, more, d->id);
		push_ip6(f, &s, whole ? d->proto : IP6_NEXT_FRAGMENT, len + (whole ? 0 : IP6_FRAGMENT_BYTES));
	}
	push_link(ip, f, hop->mac, ip4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
	f->hdr_len = f->head_len;
	d->sent += len;
}

static void build_arp(const struct ip *ip, const struct ip_datagram *d, struct hf_frame_out *f)
{
	begin_frame(f);
	add_part(f, d->small, d->len);
	push_link(ip, f, d->mac, ETH_TYPE_ARP);
	f->hdr_len = f->head_len;
}

bool ip_pull(struct ip *ip, struct hf_frame_out *ret, hf_time_ns now)
{
	while (ip->ready.count) {
		uint32_t i = ip->ready.head;
		struct ip_datagram *d = ip_datagram_at(ip, i);
		struct ip_neigh *waiting;
		const struct ip_hop *hop;
		hf_status s;

		if (d->arp) {
			build_arp(ip, d, ret);
			ip_list_add(ip, &ip->spent, take_head(ip, &ip->ready));
			return true;
		}
		/* The neighbour may have gone since. */
		s = ip_hop_find(ip, &d->dst, now, &hop, &waiting);
		if (s != HF_OK) {
			(void)!wait_or_drop(ip, take_head(ip, &ip->ready), s, waiting);
			continue;
		}
		build_frame(ip, i, hop, ret);
		if (d->sent == d->len)
			ip_list_add(ip, &ip->spent, take_head(ip, &ip->ready));
		return true;
	}
	return false;
}

bool ip_has_output(const struct ip *ip)
{
	return ip->ready.count != 0;
}

static uint32_t check_list(const struct ip *ip, const struct ip_list *l)
{
	uint32_t n = 0, last = HF_NONE;

	for (uint32_t i = l->head; n < l->count; i = ip_datagram_at(ip, i)->next, n++) {
		HF_ASSERT(hf_pool_taken(&ip->datagrams, i));
		last = i;
	}
	HF_ASSERT(l->count == 0 || last == l->tail);
	return n;
}

void ip_out_check(const struct ip *ip)
{
	uint32_t bigs = 0;

	HF_ASSERT(check_list(ip, &ip->ready) + check_list(ip, &ip->spent) + ip->waiting == ip->datagrams.in_use);
	for (uint32_t i = 0; i < ip->datagrams.count; i++) {
		const struct ip_datagram *d;

		if (!hf_pool_taken(&ip->datagrams, i))
			continue;
		d = ip_datagram_at(ip, i);
		HF_ASSERT(d->sent <= d->len && (d->big != HF_NONE) == (d->len > IP_SMALL_BYTES));
		bigs += d->big != HF_NONE;
	}
	HF_ASSERT(bigs == ip->bigs.in_use);
}
