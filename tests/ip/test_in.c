/* SPDX-License-Identifier: MIT */
#include "ip_lab.h"

#include "base/csum.h"

#define TCP20 "\x12\x34\x00\x50\x00\x00\x00\x01\x00\x00\x00\x00\x50\x02\xff\xff\x00\x00\x00\x00"
static const struct hf_bytes tcp20 = { (const uint8_t *)TCP20, 20 };

/* ---- IPv4: a good packet, changed in one place ---- */

struct change4 {
	const char *what;
	enum hf_trace_kind kind; /* HF_TRACE_KIND_COUNT: accepted */
	unsigned at;             /* octet of the IP header to change */
	int value;               /* -1: nothing */
	const char *src, *dst;
	bool bad_csum;
	unsigned cut; /* octets taken off the end */
};

static void fix_csum4(uint8_t *p)
{
	hf_store16(p + 10, 0);
	hf_store16(p + 10, hf_csum_finish(hf_csum_add(0, p, (p[0] & 15u) * 4u)));
}

static void changes_of_ip4(void **state)
{
	static const struct change4 rows[] = {
		{ "good", HF_TRACE_KIND_COUNT, 0, -1, THEM4, US4, false, 0 },
		{ "from far away", HF_TRACE_KIND_COUNT, 0, -1, FAR4, US4, false, 0 },
		{ "TTL 0 is no reason to drop", HF_TRACE_KIND_COUNT, 8, 0, THEM4, US4, false, 0 },
		{ "subnet broadcast", HF_TRACE_KIND_COUNT, 0, -1, THEM4, "10.9.0.255", false, 0 },
		{ "limited broadcast", HF_TRACE_KIND_COUNT, 0, -1, THEM4, "255.255.255.255", false, 0 },
		{ "all-hosts", HF_TRACE_KIND_COUNT, 0, -1, THEM4, "224.0.0.1", false, 0 },
		{ "other group: not even for our card", HF_TR_IP_DROP_LINK, 0, -1, THEM4, "224.0.0.251", false, 0 },
		{ "header cut", HF_TR_IP_DROP_SHORT, 0, -1, THEM4, US4, false, 21 },
		{ "payload cut", HF_TR_IP_DROP_SHORT, 0, -1, THEM4, US4, false, 1 },
		{ "version 5", HF_TR_IP_DROP_VERSION, 0, 0x55, THEM4, US4, false, 0 },
		{ "IHL 4", HF_TR_IP_DROP_SHORT, 0, 0x44, THEM4, US4, false, 0 },
		{ "total length below the header", HF_TR_IP_DROP_SHORT, 3, 19, THEM4, US4, false, 0 },
		{ "checksum", HF_TR_IP_DROP_CSUM, 1, 0x77, THEM4, US4, true, 0 },
		{ "from 0.0.0.0", HF_TR_IP_DROP_SOURCE, 0, -1, "0.0.0.0", US4, false, 0 },
		{ "from 0.1.2.3", HF_TR_IP_DROP_SOURCE, 0, -1, "0.1.2.3", US4, false, 0 },
		{ "from 127.0.0.1", HF_TR_IP_DROP_SOURCE, 0, -1, "127.0.0.1", US4, false, 0 },
		{ "from a group", HF_TR_IP_DROP_SOURCE, 0, -1, "224.0.0.1", US4, false, 0 },
		{ "from class E", HF_TR_IP_DROP_SOURCE, 0, -1, "240.0.0.1", US4, false, 0 },
		{ "from 255.255.255.255", HF_TR_IP_DROP_SOURCE, 0, -1, "255.255.255.255", US4, false, 0 },
		{ "from the subnet's broadcast", HF_TR_IP_DROP_SOURCE, 0, -1, "10.9.0.255", US4, false, 0 },
		{ "from ourselves", HF_TR_IP_DROP_SOURCE, 0, -1, US4, US4, false, 0 },
		{ "to somebody else", HF_TR_IP_DROP_NOT_OURS, 0, -1, THEM4, "10.9.0.3", false, 0 },
		{ "to another subnet's broadcast", HF_TR_IP_DROP_NOT_OURS, 0, -1, THEM4, "10.8.0.255", false, 0 },
		{ "fragment beyond 65535", HF_TR_IP_DROP_FRAGMENT, 6, 0x1f, THEM4, US4, false, 0 },
		{ "protocol 99", HF_TR_IP_DROP_PROTOCOL, 9, 99, THEM4, US4, false, 0 },
	};
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
		const struct change4 *r = &rows[i];
		uint64_t drops = ip_drops(&l->ip);
		enum ip_verdict v;

		lab_mark(l);
		lab_put4(l, lab_h4(r->src, r->dst, IP_PROTO_TCP), tcp20);
		if (r->value >= 0)
			lab_ip(l)[r->at] = (uint8_t)r->value;
		if (r->at == 6)
			lab_ip(l)[7] = 0xff;
		if (!r->bad_csum)
			fix_csum4(lab_ip(l));
		l->frame_len -= r->cut;
		v = lab_feed(l);
		if (r->kind == HF_TRACE_KIND_COUNT) {
			if (v != IP_UPPER)
				fail_msg("%s: not taken", r->what);
			assert_memory_equal(l->in.packet.payload.at, TCP20, 20);
			assert_int_equal(l->in.packet.payload.len, 20);
			assert_int_equal(l->in.packet.whole.len, 40);
			assert_int_equal(l->in.packet.to_group, strcmp(r->dst, US4) != 0);
		} else if (v != IP_NOTHING || lab_count(l, r->kind) != 1 || ip_drops(&l->ip) != drops + 1) {
			fail_msg("%s: verdict %d, told %u times, %s", r->what, v, lab_count(l, r->kind),
				 hf_trace_name(r->kind));
		}
	}
	lab_free(l);
}

static enum ip_verdict feed_options(struct lab *l, const char *options, size_t n)
{
	uint8_t *p;

	lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_TCP), tcp20);
	p = lab_ip(l);
	memmove(p + 20 + n, p + 20, 20);
	memcpy(p + 20, options, n);
	p[0] = (uint8_t)(0x45 + n / 4);
	hf_store16(p + 2, (uint16_t)(40 + n));
	fix_csum4(p);
	l->frame_len += n;
	lab_mark(l);
	return lab_feed(l);
}

static void options_of_ip4(void **state)
{
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	assert_int_equal(feed_options(l, "\x01\x01\x07\x05\x04\x00\x00\x00", 8), IP_UPPER); /* record route, full */
	assert_int_equal(l->in.packet.payload.len, 20);
	assert_int_equal(feed_options(l, "\x94\x04\x00\x00", 4), IP_UPPER);   /* router alert */
	assert_int_equal(feed_options(l, "\x89\x03\x04\x00", 4), IP_NOTHING); /* strict source route */
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_OPTION), 1);
	assert_int_equal(feed_options(l, "\x83\x03\x04\x00", 4), IP_NOTHING); /* loose */
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_OPTION), 1);
	assert_int_equal(feed_options(l, "\x07\x01\x00\x00", 4), IP_NOTHING); /* length below 2 */
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_OPTION), 1);
	assert_int_equal(feed_options(l, "\x07\x05\x00\x00", 4), IP_NOTHING); /* overruns */
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_OPTION), 1);
	lab_free(l);
}

/* ---- the link ---- */

static void frames_for_others(void **state)
{
	static const struct {
		uint8_t dst[6], src[6];
		uint16_t type;
		enum ip_verdict verdict;
	} rows[] = {
		{ { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 1 }, ETH_TYPE_IP4, IP_UPPER },
		{ { 255, 255, 255, 255, 255, 255 }, { 2, 0, 0, 0, 0, 1 }, ETH_TYPE_IP4, IP_UPPER },
		{ { 2, 0, 0, 0, 0, 3 }, { 2, 0, 0, 0, 0, 1 }, ETH_TYPE_IP4, IP_NOTHING },
		{ { 1, 0, 0x5e, 0, 0, 5 }, { 2, 0, 0, 0, 0, 1 }, ETH_TYPE_IP4, IP_NOTHING },
		{ { 2, 0, 0, 0, 0, 2 }, { 3, 0, 0, 0, 0, 1 }, ETH_TYPE_IP4, IP_NOTHING }, /* from a group */
		{ { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 2 }, ETH_TYPE_IP4, IP_NOTHING }, /* our own, come back */
		{ { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 1 }, 0x88cc, IP_NOTHING },
		{ { 2, 0, 0, 0, 0, 2 }, { 2, 0, 0, 0, 0, 1 }, 0x8100, IP_NOTHING },
	};
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
		lab_mark(l);
		lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_TCP), tcp20);
		memcpy(l->frame, rows[i].dst, 6);
		memcpy(l->frame + 6, rows[i].src, 6);
		hf_store16(l->frame + 12, rows[i].type);
		assert_int_equal(lab_feed(l), rows[i].verdict);
		assert_int_equal(lab_count(l, HF_TR_IP_DROP_LINK), rows[i].verdict == IP_NOTHING);
		if (rows[i].verdict == IP_UPPER)
			assert_int_equal(l->in.packet.to_group, rows[i].dst[0] == 255);
	}
	for (size_t n = 0; n < ETH_HEADER_BYTES; n++) {
		lab_mark(l);
		l->frame_len = n;
		assert_int_equal(lab_feed(l), IP_NOTHING);
		assert_int_equal(lab_count(l, HF_TR_IP_DROP_LINK), 1);
	}
	/* IPv6 under IPv4's type, and the other way round. */
	lab_mark(l);
	lab_put6(l, lab_h6(THEM6, US6, IP_PROTO_TCP), tcp20);
	hf_store16(l->frame + 12, ETH_TYPE_IP4);
	assert_int_equal(lab_feed(l), IP_NOTHING);
	lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_TCP), tcp20);
	hf_store16(l->frame + 12, ETH_TYPE_IP6);
	assert_int_equal(lab_feed(l), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_VERSION), 2);
	lab_free(l);
}

static void bare_ip(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	struct hf_frame f = { .gso_size = 1448, .flags = HF_FRAME_CSUM_PARTIAL | HF_FRAME_GSO4 };

	(void)state;
	assert_int_equal(lab_feed4(l, lab_h4(THEM4, US4, IP_PROTO_TCP), tcp20), IP_UPPER);
	assert_false(l->in.packet.csum_ok);
	assert_int_equal(l->in.packet.gso_size, 0);
	assert_int_equal(lab_feed6(l, lab_h6(THEM6, US6, IP_PROTO_UDP), tcp20), IP_UPPER);
	assert_int_equal(l->in.packet.proto, IP_PROTO_UDP);
	lab_mark(l);
	assert_int_equal(lab_feed_bytes(l, B("\x75 nonsense")), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_VERSION), 1);
	assert_int_equal(lab_feed_bytes(l, B("")), IP_NOTHING);
	assert_int_equal(lab_count(l, HF_TR_IP_DROP_SHORT), 1);

	/* What the driver knows goes up with the packet; a super-segment may exceed the MTU. */
	static uint8_t big[64000];
	lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_TCP), (struct hf_bytes){ big, sizeof(big) });
	f.bytes = (struct hf_bytes){ l->frame, l->frame_len };
	assert_int_equal(ip_feed(&l->ip, &f, l->now, &l->in), IP_UPPER);
	assert_true(l->in.packet.csum_ok);
	assert_int_equal(l->in.packet.gso_size, 1448);
	assert_int_equal(l->in.packet.payload.len, sizeof(big));
	lab_free(l);
}

static void every_prefix(void **state)
{
	struct lab *l = lab_new(HF_LINK_IP);
	size_t whole;

	(void)state;
	lab_put4(l, lab_h4(THEM4, US4, IP_PROTO_TCP), tcp20);
	whole = l->frame_len;
	for (l->frame_len = 0; l->frame_len < whole; l->frame_len++)
		assert_int_equal(lab_feed(l), IP_NOTHING);
	assert_int_equal(lab_feed(l), IP_UPPER);
	lab_put6(l, lab_h6(THEM6, US6, IP_PROTO_TCP), tcp20);
	whole = l->frame_len;
	for (l->frame_len = 0; l->frame_len < whole; l->frame_len++)
		assert_int_equal(lab_feed(l), IP_NOTHING);
	assert_int_equal(lab_feed(l), IP_UPPER);
	lab_free(l);
}

/* ---- IPv6 ---- */

static void addresses_of_ip6(void **state)
{
	static const struct {
		const char *src, *dst;
		enum hf_trace_kind kind;
	} rows[] = {
		{ THEM6, US6, HF_TRACE_KIND_COUNT },
		{ FAR6, US6, HF_TRACE_KIND_COUNT },
		{ "fe80::1", "fe80::ff:fe00:2", HF_TRACE_KIND_COUNT },
		{ THEM6, "ff02::1", HF_TRACE_KIND_COUNT },
		{ THEM6, "ff02::1:ff00:2", HF_TRACE_KIND_COUNT },
		{ THEM6, "ff02::1:ff00:3", HF_TR_IP_DROP_NOT_OURS },
		{ THEM6, "ff02::2", HF_TR_IP_DROP_NOT_OURS },
		{ THEM6, "ff05::1", HF_TR_IP_DROP_NOT_OURS },
		{ THEM6, "2001:db8::3", HF_TR_IP_DROP_NOT_OURS },
		{ THEM6, "::", HF_TR_IP_DROP_NOT_OURS },
		{ THEM6, "::1", HF_TR_IP_DROP_NOT_OURS },
		{ "ff02::1", US6, HF_TR_IP_DROP_SOURCE },
		{ "::1", US6, HF_TR_IP_DROP_SOURCE },
		{ "::", US6, HF_TR_IP_DROP_SOURCE },
		{ US6, US6, HF_TR_IP_DROP_SOURCE },
		{ "::ffff:10.9.0.1", US6, HF_TR_IP_DROP_SOURCE },
		{ THEM6, "::ffff:10.9.0.2", HF_TR_IP_DROP_NOT_OURS },
	};
	struct lab *l = lab_new(HF_LINK_ETHERNET);

	(void)state;
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
		uint64_t drops = ip_drops(&l->ip);
		enum ip_verdict v;

		lab_mark(l);
		v = lab_feed6(l, lab_h6(rows[i].src, rows[i].dst, IP_PROTO_TCP), tcp20);
		if (rows[i].kind == HF_TRACE_KIND_COUNT) {
			if (v != IP_UPPER)
				fail_msg("%s > %s: not taken", rows[i].src, rows[i].dst);
			assert_int_equal(l->in.packet.to_group, rows[i].dst[0] == 'f' && rows[i].dst[1] == 'f');
		} else if (v != IP_NOTHING || lab_count(l, rows[i].kind) != 1 || ip_drops(&l->ip) != drops + 1) {
			fail_msg("%s > %s: verdict %d, told %u times, %s", rows[i].src, rows[i].dst, v,
				 lab_count(l, rows[i].kind), hf_trace_name(rows[i].kind));
		}
	}
	lab_free(l);
}

/* A packet whose payload begins with extension headers, given as text; checks what is answered. */
struct chain {
	const char *what;
	const char *dst;
	uint8_t first;
	const char *ext;
	unsigned ext_len;
	enum hf_trace_kind kind;
	int code; /* of the parameter problem; -1: none */
	unsigned pointer;
};

static void extension_headers(void **state)
{
	static const struct chain rows[] = {
		{ "destination options, padded", US6, 60, "\x06\x00\x01\x04\x00\x00\x00\x00", 8, HF_TRACE_KIND_COUNT, -1, 0 },
		{ "hop by hop with router alert", US6, 0, "\x06\x00\x05\x02\x00\x00\x01\x00", 8, HF_TRACE_KIND_COUNT, -1, 0 },
		{ "option to skip", US6, 60, "\x06\x00\x1e\x04\x00\x00\x00\x00", 8, HF_TRACE_KIND_COUNT, -1, 0 },
		{ "option to discard", US6, 60, "\x06\x00\x5e\x04\x00\x00\x00\x00", 8, HF_TR_IP_DROP_EXT_HEADER, -1, 0 },
		{ "option to tell of", US6, 60, "\x06\x00\x9e\x04\x00\x00\x00\x00", 8, HF_TR_IP_DROP_EXT_HEADER, 2, 42 },
		{ "option to tell of, to a group", "ff02::1", 60, "\x06\x00\x9e\x04\x00\x00\x00\x00", 8,
		  HF_TR_IP_DROP_EXT_HEADER, 2, 42 },
		{ "option to tell of unless to a group", US6, 60, "\x06\x00\xde\x04\x00\x00\x00\x00", 8,
		  HF_TR_IP_DROP_EXT_HEADER, 2, 42 },
		{ "the same to a group", "ff02::1", 60, "\x06\x00\xde\x04\x00\x00\x00\x00", 8, HF_TR_IP_DROP_EXT_HEADER,
		  -1, 0 },
		{ "routing header used up", US6, 43, "\x06\x00\x00\x00\x00\x00\x00\x00", 8, HF_TRACE_KIND_COUNT, -1, 0 },
		{ "routing header with segments left", US6, 43, "\x06\x00\x00\x01\x00\x00\x00\x00", 8,
		  HF_TR_IP_DROP_EXT_HEADER, 0, 42 },
		{ "header overruns", US6, 60, "\x06\x09\x01\x04\x00\x00\x00\x00", 8, HF_TR_IP_DROP_EXT_HEADER, -1, 0 },
		{ "atomic fragment", US6, 44, "\x06\x00\x00\x00\x00\x00\x00\x07", 8, HF_TRACE_KIND_COUNT, -1, 0 },
		{ "unknown protocol", US6, 60, "\xfd\x00\x01\x04\x00\x00\x00\x00", 8, HF_TR_IP_DROP_PROTOCOL, 1, 40 },
		{ "no next header", US6, 59, "", 0, HF_TR_IP_DROP_PROTOCOL, -1, 0 },
	};
	struct lab *l = lab_new(HF_LINK_ETHERNET);
	uint8_t payload[64];
	struct icmp_message m;
	struct hf_addr us = A(US6)
	, them = A(THEM6);
	struct ip6_header h;

	(void)state;
	lab_learn(l, THEM6);
	for (unsigned i = 0; i < HF_ARRAY_LEN(rows); i++) {
		const struct chain *r = &rows[i];
		enum ip_verdict v;

		lab_mark(l);
		lab_run(l, HF_MS(100)); /* the rate limit forgives */
		memcpy(payload, r->ext, r->ext_len);
		memcpy(payload + r->ext_len, TCP20, 20);
		v = lab_feed6(l, lab_h6(THEM6, r->dst, r->first), (struct hf_bytes){ payload, r->ext_len + 20 });
		if ((v == IP_UPPER) != (r->kind == HF_TRACE_KIND_COUNT) || (v != IP_UPPER && lab_count(l, r->kind) != 1))
			fail_msg("%s: verdict %d", r->what, v);
		if (v == IP_UPPER)
			assert_memory_equal(l->in.packet.payload.at, TCP20, 20);
		if (lab_pull(l) != (r->code >= 0))
			fail_msg("%s: %zu frames out", r->what, l->outs);
		if (r->code < 0)
			continue;
		assert_int_equal(ip6_parse(lab_out_ip(l, 0), &h), HF_OK);
		assert_true(addr_eq(&h.src, &us) && addr_eq(&h.dst, &them));
		assert_int_equal(icmp6_parse(h.payload, &h.src, &h.dst, &m), HF_OK);
		assert_int_equal(m.type, ICMP6_PARAMETER_PROBLEM);
		assert_int_equal(m.code, r->code);
		assert_int_equal(m.rest, r->pointer);
		assert_memory_equal(m.body.at, lab_ip(l), m.body.len);
	}
	lab_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_of_ip4),    cmocka_unit_test(options_of_ip4),
		cmocka_unit_test(frames_for_others), cmocka_unit_test(bare_ip),
		cmocka_unit_test(every_prefix),      cmocka_unit_test(addresses_of_ip6),
		cmocka_unit_test(extension_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
