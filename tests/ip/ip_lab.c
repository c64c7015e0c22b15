/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

const uint8_t lab_us_mac[6] = { 0x02, 0, 0, 0, 0, 0x02 };
const uint8_t lab_them_mac[6] = { 0x02, 0, 0, 0, 0, 0x01 };
const uint8_t lab_broadcast_mac[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

struct hf_bytes B(const char *text) {
	return (struct hf_bytes){ (const uint8_t *)text, strlen(text) };
}

struct hf_addr
A(const char *text) {
	struct hf_addr a;

	assert_int_equal(addr_parse(B(text), &a), HF_OK);
	return a;
}

struct lab *
lab_bare(const struct hf_host_config *cfg)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct hf_arena a = hf_arena_count();
	uint8_t seed[16] = { 7 };

	assert_non_null(l);
	l->cfg = *cfg;
	memcpy(l->cfg.mac, lab_us_mac, 6);
	l->now = HF_S(100);
	hf_wheel_init(&l->wheel, l->now);
	hf_rng_init(&l->rng, seed);
	ip_init(&l->ip, &a, &l->cfg, NULL, NULL, NULL);
	hf_trace_init(&l->trace, &a, 4096);
	l->mem = malloc(a.used);
	assert_non_null(l->mem);
	a = hf_arena_over(l->mem, a.used);
	ip_init(&l->ip, &a, &l->cfg, &l->wheel, &l->trace, &l->rng);
	hf_trace_init(&l->trace, &a, 4096);
	assert_int_equal(hf_arena_end(&a), HF_OK);
	l->trace.now = l->now;
	lab_check(l);
	return l;
}

struct lab *lab_new(enum hf_link_kind link)
{
	struct hf_host_config cfg = { .link = link, .no_dad = true };
	struct lab *l = lab_bare(&cfg);
	struct hf_addr any = { 0 }, us4 = A(US4)
	, us6 = A(US6)
	, gw4 = A(GATEWAY4)
	, gw6 = A(GATEWAY6);

	assert_int_equal(ip_add_addr(&l->ip, &us4, 24, l->now), HF_OK);
	assert_int_equal(ip_add_addr(&l->ip, &us6, 64, l->now), HF_OK);
	assert_int_equal(ip_add_route(&l->ip, &any, 0, &gw4), HF_OK);
	assert_int_equal(ip_add_route(&l->ip, &any, 0, &gw6), HF_OK);
	lab_pull(l); /* the announcement */
	lab_mark(l);
	return l;
}

static void forget_out(struct lab *l)
{
	while (l->outs)
		free(l->out[--l->outs].b);
}

void lab_free(struct lab *l)
{
	lab_check(l);
	forget_out(l);
	free(l->mem);
	free(l);
}

struct ip4_header lab_h4(const char *src, const char *dst, uint8_t proto)
{
	return (struct ip4_header)
	{
		.ttl = 64, .proto = proto, .id = 1, .src = A(src)
		, .dst = A(dst)
	};
}

struct ip6_header lab_h6(const char *src, const char *dst, uint8_t proto)
{
	return (struct ip6_header)
	{
		.hop_limit = 64, .proto = proto, .src = A(src)
		, .dst = A(dst)
	};
}

static size_t put_link(struct lab *l, const struct hf_addr *dst, uint16_t type)
{
	struct eth_header eth = { .type = type };
	struct hf_wr out = hf_wr_over(l->frame, ETH_HEADER_BYTES);

	if (l->ip.link != HF_LINK_ETHERNET)
		return 0;
	memcpy(eth.src, lab_them_mac, 6);
	memcpy(eth.dst, lab_us_mac, 6);
	if (addr_is_limited_broadcast(dst) || (addr_is_ip4(dst) && dst->b[15] == 255))
		memset(eth.dst, 0xff, 6);
	else if (addr_is_multicast(dst) && addr_is_ip4(dst))
		memcpy(eth.dst, (uint8_t[]){ 1, 0, 0x5e, dst->b[13] & 0x7f, dst->b[14], dst->b[15] }, 6);
	else if (addr_is_multicast(dst))
		memcpy(eth.dst, (uint8_t[]){ 0x33, 0x33, dst->b[12], dst->b[13], dst->b[14], dst->b[15] }, 6);
	eth_put(&out, &eth);
	return ETH_HEADER_BYTES;
}

void lab_put4(struct lab *l, struct ip4_header h, struct hf_bytes payload)
{
	size_t at = put_link(l, &h.dst, ETH_TYPE_IP4);
	struct hf_wr out = hf_wr_over(l->frame + at, sizeof(l->frame) - at);

	h.total_len = (uint16_t)(IP4_HEADER_MIN + payload.len);
	ip4_put(&out, &h);
	hf_wr_copy(&out, payload.at, payload.len);
	assert_false(out.bad);
	l->frame_len = at + hf_wr_len(&out);
}

void lab_put6(struct lab *l, struct ip6_header h, struct hf_bytes payload)
{
	size_t at = put_link(l, &h.dst, ETH_TYPE_IP6);
	struct hf_wr out = hf_wr_over(l->frame + at, sizeof(l->frame) - at);

	h.payload_len = (uint16_t)(payload.len + (h.fragmented ? IP6_FRAGMENT_BYTES : 0));
	ip6_put(&out, &h);
	hf_wr_copy(&out, payload.at, payload.len);
	assert_false(out.bad);
	l->frame_len = at + hf_wr_len(&out);
}

void lab_put_arp(struct lab *l, const struct arp_packet *arp, const uint8_t dst[6])
{
	struct eth_header eth = { .type = ETH_TYPE_ARP };
	struct hf_wr out = hf_wr_over(l->frame, sizeof(l->frame));

	memcpy(eth.dst, dst, 6);
	memcpy(eth.src, arp->sender_mac, 6);
	eth_put(&out, &eth);
	arp_put(&out, arp);
	l->frame_len = hf_wr_len(&out);
}

uint8_t *lab_ip(struct lab *l)
{
	return l->frame + (l->ip.link == HF_LINK_ETHERNET ? ETH_HEADER_BYTES : 0);
}

enum ip_verdict lab_feed_bytes(struct lab *l, struct hf_bytes frame)
{
	struct hf_frame f = { .bytes = frame };
	uint64_t drops = ip_drops(&l->ip);
	enum ip_verdict v;

	l->trace.now = l->now;
	v = ip_feed(&l->ip, &f, l->now, &l->in);
	assert_in_range(ip_drops(&l->ip), drops, drops + 1); /* counted once at the most */
	if (v != IP_NOTHING)
		assert_int_equal(ip_drops(&l->ip), drops);
	lab_check(l);
	return v;
}

/* The frame is fed from memory of its own exact size, so that a sanitizer sees a read beyond it. */
enum ip_verdict lab_feed(struct lab *l)
{
	static uint8_t *held;

	free(held);
	held = malloc(l->frame_len + 1);
	assert_non_null(held);
	memcpy(held, l->frame, l->frame_len);
	return lab_feed_bytes(l, (struct hf_bytes){ held, l->frame_len });
}

enum ip_verdict lab_feed4(struct lab *l, struct ip4_header h, struct hf_bytes payload)
{
	lab_put4(l, h, payload);
	return lab_feed(l);
}

enum ip_verdict lab_feed6(struct lab *l, struct ip6_header h, struct hf_bytes payload)
{
	lab_put6(l, h, payload);
	return lab_feed(l);
}

static void catch (struct lab *l, const struct hf_frame_out *f)
{
	struct lab_out *o = &l->out[l->outs];
	size_t at = f->head_len, sum = 0;

	assert_true(l->outs < LAB_OUT);
	assert_true(f->head_at + f->head_len <= HF_FRAME_HEAD);
	o->len = f->head_len + f->payload_len;
	o->b = malloc(o->len + 1);
	assert_non_null(o->b);
	memcpy(o->b, f->head + f->head_at, f->head_len);
	for (unsigned i = 0; i < f->parts; i++) {
		memcpy(o->b + at, f->part[i].at, f->part[i].len);
		at += f->part[i].len;
		sum += f->part[i].len;
	}
	assert_int_equal(sum, f->payload_len);
	assert_true(o->len <= l->ip.mtu + ETH_HEADER_BYTES);
	l->outs++;
}

static void pull_more(struct lab *l)
{
	struct hf_frame_out f;

	memset(&f, 0xa5, sizeof(f)); /* what it does not set, shows */
	while (ip_pull(&l->ip, &f, l->now))
		catch (l, &f);
	assert_false(ip_has_output(&l->ip));
	lab_check(l);
}

size_t lab_pull(struct lab *l)
{
	forget_out(l);
	pull_more(l);
	return l->outs;
}

void lab_run(struct lab *l, hf_time_ns t)
{
	hf_time_ns until = l->now + t;
	struct hf_timer *timer;

	forget_out(l);
	while (hf_wheel_wake_at(&l->wheel) <= until) {
		l->now = l->trace.now = hf_wheel_wake_at(&l->wheel);
		while ((timer = hf_wheel_next(&l->wheel, l->now)))
			ip_timer(&l->ip, timer, l->now);
		pull_more(l);
	}
	l->now = l->trace.now = until;
}

struct hf_bytes lab_out_ip(const struct lab *l, size_t i)
{
	size_t at = l->ip.link == HF_LINK_ETHERNET ? ETH_HEADER_BYTES : 0;

	assert_true(i < l->outs && l->out[i].len > at);
	return (struct hf_bytes){ l->out[i].b + at, l->out[i].len - at };
}

uint16_t lab_out_type(const struct lab *l, size_t i)
{
	assert_true(i < l->outs);
	return hf_load16(l->out[i].b + 12);
}

void lab_learn(struct lab *l, const char *addr)
{
	struct hf_addr a = A(addr);

	ip_neigh_heard(&l->ip, &a, lab_them_mac, true, true, l->now);
}

hf_status lab_ready(struct lab *l, const struct hf_addr *dst)
{
	const struct ip_hop *hop;

	return ip_ready(&l->ip, dst, l->now, &hop);
}

hf_status lab_finish(struct lab *l, struct hf_frame_out *f, const struct ip_send *s)
{
	const struct ip_hop *hop;

	HF_TRY(ip_ready(&l->ip, &s->dst, l->now, &hop));
	return ip_finish(&l->ip, f, s, hop);
}

void lab_mark(struct lab *l)
{
	l->seen = l->trace.next;
}

unsigned lab_count(const struct lab *l, enum hf_trace_kind kind)
{
	struct hf_trace_record r;
	uint64_t at = l->seen, lost;
	unsigned n = 0;

	while (hf_trace_read(&l->trace, &at, &r, &lost))
		n += r.kind == kind;
	return n;
}

struct hf_trace_record lab_last(const struct lab *l, enum hf_trace_kind kind)
{
	struct hf_trace_record r, found = { 0 };
	uint64_t at = l->seen, lost;
	bool any = false;

	while (hf_trace_read(&l->trace, &at, &r, &lost))
		if (r.kind == kind) {
			found = r;
			any = true;
		}
	assert_true(any);
	return found;
}
