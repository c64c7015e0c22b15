/* SPDX-License-Identifier: MIT */
/*
 * The order in which the addresses of a name are worth trying (RFC 6724 6). The rules that ask about interfaces, about home
 * addresses or about what is deprecated are left out: nothing here knows. Those that ask which address we would send from
 * need our own addresses, and are left out when they were not given.
 */
#include "base/bits.h"
#include "dns/dns_race.h"
#include "wire/addr.h"

enum scope { /* RFC 4291 2.7, RFC 6724 3.2 */
	     SCOPE_LINK = 2,
	     SCOPE_SITE = 5,
	     SCOPE_GLOBAL = 14,
};

/* RFC 6724 2.1, the longest prefix first. */
static const struct policy {
	struct hf_addr prefix;
	uint8_t len, precedence, label;
} policies[] = {
	{ { { [15] = 1 } }, 128, 50, 0 },                /* ::1 */
	{ { { [10] = 0xff, [11] = 0xff } }, 96, 35, 4 }, /* ::ffff:0:0 */
	{ { { 0 } }, 96, 1, 3 },                         /* ::, IPv4-compatible */
	{ { { 0x20, 0x01 } }, 32, 5, 5 },                /* 2001::, Teredo */
	{ { { 0x20, 0x02 } }, 16, 30, 2 },               /* 2002::, 6to4 */
	{ { { 0x3f, 0xfe } }, 16, 1, 12 },               /* 3ffe::, 6bone */
	{ { { 0xfe, 0xc0 } }, 10, 1, 11 },               /* fec0::, site-local */
	{ { { 0xfc } }, 7, 3, 13 },                      /* fc00::, unique local */
	{ { { 0 } }, 0, 40, 1 },                         /* ::/0 */
};

static unsigned common_bits(const struct hf_addr *a, const struct hf_addr *b)
{
	unsigned n = 0;

	while (n < 128 && ((a->b[n / 8] ^ b->b[n / 8]) >> (7 - n % 8) & 1) == 0)
		n++;
	return n;
}

static const struct policy *policy_of(const struct hf_addr *a)
{
	const struct policy *p = policies;

	while (common_bits(a, &p->prefix) < p->len)
		p++;
	return p;
}

static enum scope scope_of(const struct hf_addr *a)
{
	if (addr_is_loopback(a) || addr_is_link_local(a)) /* RFC 6724 3.2, 3.4 */
		return SCOPE_LINK;
	if (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0xc0)
		return SCOPE_SITE;
	return SCOPE_GLOBAL;
}

/* Which of ours would be the source (RFC 6724 5: rules 2, 6 and 8); NULL: none of that family. */
static const struct hf_addr *source_for(const struct hf_addr *to, const struct hf_addr *own, size_t owns)
{
	const enum scope wanted = scope_of(to);
	const struct hf_addr *best = NULL;

	for (size_t i = 0; i < owns; i++) {
		const struct hf_addr *o = &own[i];
		enum scope so = scope_of(o), sb;

		if (addr_is_ip4(o) != addr_is_ip4(to))
			continue;
		if (!best) {
			best = o;
			continue;
		}
		sb = scope_of(best);
		if (so != sb) {
			/* the smaller scope, unless it does not reach that far */
			if (so < sb ? so >= wanted : sb < wanted)
				best = o;
			continue;
		}
		if (policy_of(o)->label != policy_of(best)->label) {
			if (policy_of(o)->label == policy_of(to)->label)
				best = o;
			continue;
		}
		if (common_bits(o, to) > common_bits(best, to))
			best = o;
	}
	return best;
}

struct one {
	struct hf_addr addr;
	bool has_source, same_scope, same_label;
	uint8_t precedence, scope, prefix;
};

/* How a compares with b: below 0, it goes first. */
static int compare(const struct one *a, const struct one *b, bool own_known)
{
	if (own_known) {
		if (a->has_source != b->has_source) /* rule 1 */
			return a->has_source ? -1 : 1;
		if (a->same_scope != b->same_scope) /* rule 2 */
			return a->same_scope ? -1 : 1;
		if (a->same_label != b->same_label) /* rule 5 */
			return a->same_label ? -1 : 1;
	}
	if (a->precedence != b->precedence) /* rule 6 */
		return a->precedence > b->precedence ? -1 : 1;
	if (a->scope != b->scope) /* rule 8 */
		return a->scope < b->scope ? -1 : 1;
	/* rule 9; not for IPv4, where near numbers say little about near hosts (RFC 6724 errata and usual practice) */
	if (own_known && a->prefix != b->prefix && !addr_is_ip4(&a->addr) && !addr_is_ip4(&b->addr))
		return a->prefix > b->prefix ? -1 : 1;
	return 0; /* rule 10 */
}

static struct one look_at(const struct hf_addr *addr, const struct hf_addr *own, size_t owns)
{
	const struct hf_addr *source = source_for(addr, own, owns);
	struct one o = { .addr = *addr, .precedence = policy_of(addr)->precedence, .scope = (uint8_t)scope_of(addr) };

	if (source) {
		o.has_source = true;
		o.same_scope = scope_of(source) == scope_of(addr);
		o.same_label = policy_of(source)->label == policy_of(addr)->label;
		o.prefix = (uint8_t)common_bits(source, addr);
	}
	return o;
}

void race_sort(struct hf_addr *addr, size_t n, const struct hf_addr *own, size_t owns)
{
	for (size_t i = 1; i < n; i++) {
		const struct one moved = look_at(&addr[i], own, owns);
		size_t to = i;

		for (; to > 0; to--) {
			const struct one before = look_at(&addr[to - 1], own, owns);

			if (compare(&moved, &before, owns > 0) >= 0)
				break;
			addr[to] = addr[to - 1];
		}
		addr[to] = moved.addr;
	}
}
