/* SPDX-License-Identifier: MIT */
#include "wire/addr.h"
#include "base/ascii.h"

#include "base/bits.h"

#define GROUPS 8u

struct hf_addr addr_ip4_u32(uint32_t host_order)
{
	uint8_t octets[4];

	hf_store32(octets, host_order);
	return addr_ip4(octets);
}

uint32_t addr_ip4_value(const struct hf_addr *a)
{
	return hf_load32(a->b + 12);
}

bool addr_is_any_ip4(const struct hf_addr *a)
{
	return addr_is_ip4(a) && addr_ip4_value(a) == 0;
}

bool addr_is_unspecified(const struct hf_addr *a)
{
	return addr_is_any(a) || addr_is_any_ip4(a);
}

bool addr_is_multicast(const struct hf_addr *a)
{
	return addr_is_ip4(a) ? a->b[12] >> 4 == 0xe : a->b[0] == 0xff; /* RFC 1112 4, RFC 4291 2.7 */
}

bool addr_is_limited_broadcast(const struct hf_addr *a)
{
	return addr_is_ip4(a) && addr_ip4_value(a) == UINT32_MAX;
}

bool addr_is_loopback(const struct hf_addr *a)
{
	static const struct hf_addr one = { { [15] = 1 } };

	return addr_is_ip4(a) ? a->b[12] == 127 : addr_eq(a, &one); /* RFC 1122 3.2.1.3, RFC 4291 2.5.3 */
}

bool addr_is_link_local(const struct hf_addr *a)
{
	if (addr_is_ip4(a))
		return a->b[12] == 169 && a->b[13] == 254;  /* RFC 3927 */
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80; /* RFC 4291 2.5.6 */
}

bool addr_in_prefix(const struct hf_addr *a, const struct hf_addr *prefix, unsigned len)
{
	bool ip4 = addr_is_ip4(a);
	unsigned bits = ip4 ? len + 96u : len, left = bits % 8u;

	if (ip4 != addr_is_ip4(prefix) || len > (ip4 ? 32u : 128u))
		return false;
	if (memcmp(a->b, prefix->b, bits / 8u) != 0)
		return false;
	return left == 0 || (a->b[bits / 8u] ^ prefix->b[bits / 8u]) >> (8u - left) == 0;
}

struct hf_addr addr_solicited_node(const struct hf_addr *a)
{
	struct hf_addr group = { { 0xff, 0x02, [11] = 0x01, [12] = 0xff } };

	memcpy(group.b + 13, a->b + 13, 3);
	return group;
}

struct hf_addr addr_link_local_of(const uint8_t mac[6])
{
	struct hf_addr a = { { 0xfe, 0x80, [11] = 0xff, [12] = 0xfe } };

	memcpy(a.b + 8, mac, 3);
	a.b[8] ^= 0x02; /* the universal/local bit is inverted */
	memcpy(a.b + 13, mac + 3, 3);
	return a;
}

/* ---- text in ---- */

static bool at_digit(struct hf_bytes t)
{
	return t.len && t.at[0] >= '0' && t.at[0] <= '9';
}

static bool take_char(struct hf_bytes *t, char c)
{
	if (t->len == 0 || t->at[0] != (uint8_t)c)
		return false;
	t->at++;
	t->len--;
	return true;
}

/* Four decimal octets. A leading zero is refused: some read it as octal. */
static bool take_ip4(struct hf_bytes *t, uint8_t octets[4])
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned v = 0, digits = 0;

		if (i && !take_char(t, '.'))
			return false;
		for (; at_digit(*t) && digits < 3; digits++) {
			if (digits && v == 0)
				return false;
			v = v * 10u + (unsigned)(t->at[0] - '0');
			t->at++;
			t->len--;
		}
		if (digits == 0 || v > 255)
			return false;
		octets[i] = (uint8_t)v;
	}
	return true;
}

/* One to four hexadecimal digits. */
static bool take_group(struct hf_bytes *t, uint8_t to[2])
{
	unsigned v = 0, digits = 0;

	for (; t->len && digits < 4 && hf_ascii_hex(t->at[0]) >= 0; digits++) {
		v = v << 4 | (unsigned)hf_ascii_hex(t->at[0]);
		t->at++;
		t->len--;
	}
	hf_store16(to, (uint16_t)v);
	return digits != 0;
}

/* RFC 4291 2.2: eight groups; "::" once for one or more of zero; the last two may be written as an IPv4 address. */
static bool parse_ip6(struct hf_bytes t, struct hf_addr *ret)
{
	struct hf_addr a = { 0 };
	unsigned n = 0, gap = GROUPS + 1u; /* groups read; those before "::" */

	if (t.len >= 2 && t.at[0] == ':' && t.at[1] == ':') {
		gap = 0;
		t.at += 2;
		t.len -= 2;
	}
	while (t.len) {
		struct hf_bytes quad = t;

		if (n <= GROUPS - 2u && take_ip4(&quad, a.b + 2u * n) && quad.len == 0) {
			n += 2;
			break;
		}
		if (n == GROUPS || !take_group(&t, a.b + 2u * n))
			return false;
		n++;
		if (t.len == 0)
			break;
		if (!take_char(&t, ':') || t.len == 0)
			return false;
		if (t.at[0] == ':') {
			if (gap <= GROUPS)
				return false;
			gap = n;
			take_char(&t, ':');
		}
	}
	if (gap > GROUPS) {
		if (n != GROUPS)
			return false;
	} else {
		if (n == GROUPS)
			return false;
		memmove(a.b + 16u - 2u * (n - gap), a.b + 2u * gap, 2u * (n - gap));
		memset(a.b + 2u * gap, 0, 2u * (GROUPS - n));
	}
	*ret = a;
	return true;
}

hf_status addr_parse(struct hf_bytes text, struct hf_addr *ret)
{
	struct hf_bytes quad = text;
	uint8_t octets[4];

	if (take_ip4(&quad, octets) && quad.len == 0) {
		*ret = addr_ip4(octets);
		return HF_OK;
	}
	return parse_ip6(text, ret) ? HF_OK : HF_MALFORMED;
}

/* ---- text out ---- */

static char *put_ip4(char *p, const uint8_t octets[4])
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned v = octets[i];

		if (i)
			*p++ = '.';
		if (v >= 100)
			*p++ = (char)('0' + v / 100u);
		if (v >= 10)
			*p++ = (char)('0' + v / 10u % 10u);
		*p++ = (char)('0' + v % 10u);
	}
	return p;
}

static char *put_group(char *p, unsigned v)
{
	static const char digits[] = "0123456789abcdef";
	unsigned shift = 12;

	while (shift && v >> shift == 0)
		shift -= 4;
	for (;; shift -= 4) {
		*p++ = digits[v >> shift & 0xfu];
		if (shift == 0)
			return p;
	}
}

/* RFC 5952 4.2: "::" stands for the longest run of two or more zero groups, the first of equals. Returns its length. */
static unsigned find_gap(const struct hf_addr *a, unsigned *ret_from)
{
	unsigned best = 1, run = 0;

	*ret_from = GROUPS;
	for (unsigned i = 0; i < GROUPS; i++) {
		run = hf_load16(a->b + 2u * i) == 0 ? run + 1u : 0;
		if (run > best) {
			best = run;
			*ret_from = i + 1u - run;
		}
	}
	return best;
}

size_t addr_format(const struct hf_addr *a, char to[HF_ADDR_TEXT])
{
	unsigned gap_from, gap_len = find_gap(a, &gap_from);
	char *p = to;

	if (addr_is_ip4(a)) {
		p = put_ip4(p, a->b + 12);
	} else {
		for (unsigned i = 0; i < GROUPS; i++) {
			if (i == gap_from) {
				*p++ = ':';
				i += gap_len - 1u;
				if (i == GROUPS - 1u)
					*p++ = ':';
				continue;
			}
			if (i)
				*p++ = ':';
			p = put_group(p, hf_load16(a->b + 2u * i));
		}
	}
	*p = '\0';
	return (size_t)(p - to);
}
