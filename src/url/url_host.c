/* SPDX-License-Identifier: MIT */
#include "url/url_internal.h"
#include "base/ascii.h"

#include <stdio.h>

/* URL Standard 3.5, "host parsing": a name, an IPv4 address in any of the forms people have written, or an IPv6 one in brackets. */

#define GROUPS 8u

/* ---- IPv4 ---- */

/* "IPv4 number parser": decimal, or octal behind 0, or hexadecimal behind 0x. Numbers too large for any address stay so. */
static bool parse_ip4_number(struct hf_bytes t, uint64_t *ret)
{
	unsigned radix = 10;
	uint64_t v = 0;

	if (t.len == 0)
		return false;
	if (t.len >= 2 && t.at[0] == '0') {
		bool hex = hf_ascii_lower(t.at[1]) == 'x';

		radix = hex ? 16 : 8;
		t.at += hex ? 2 : 1;
		t.len -= hex ? 2 : 1;
	}
	for (; t.len; t.at++, t.len--) {
		int digit = hf_ascii_hex(t.at[0]);

		if (digit < 0 || (unsigned)digit >= radix)
			return false;
		v = hf_min_u64(v * radix + (unsigned)digit, UINT64_MAX / 32);
	}
	*ret = v;
	return true;
}

/* What stands behind the last dot, but for one dot at the very end. */
static struct hf_bytes last_part(struct hf_bytes t)
{
	size_t from;

	if (t.len && t.at[t.len - 1] == '.')
		t.len--;
	for (from = t.len; from && t.at[from - 1] != '.'; from--)
		;
	return (struct hf_bytes){ t.at + from, t.len - from };
}

/* "ends in a number checker": whatever ends like an address must be one. */
static bool ends_in_number(struct hf_bytes t)
{
	struct hf_bytes last = last_part(t);
	bool digits = last.len != 0;
	uint64_t v;

	for (size_t i = 0; i < last.len; i++)
		digits = digits && hf_ascii_is_digit(last.at[i]);
	return digits || parse_ip4_number(last, &v);
}

static bool parse_ip4(struct hf_bytes t, uint32_t *ret)
{
	uint64_t part[4], limit = 256;
	uint32_t v = 0;
	unsigned n = 0;

	if (t.len && t.at[t.len - 1] == '.')
		t.len--;
	for (;;) {
		const uint8_t *dot = t.len ? memchr(t.at, '.', t.len) : NULL;
		size_t len = dot ? (size_t)(dot - t.at) : t.len;

		if (n == 4 || !parse_ip4_number((struct hf_bytes){ t.at, len }, &part[n]))
			return false;
		n++;
		if (!dot)
			break;
		t.at += len + 1;
		t.len -= len + 1;
	}
	for (unsigned i = 0; i + 1 < n; i++) {
		if (part[i] > 255)
			return false;
		v |= (uint32_t)part[i] << (24 - 8 * i);
	}
	/* The last stands for all octets that are left. */
	for (unsigned i = n; i < 4; i++)
		limit *= 256;
	if (part[n - 1] >= limit)
		return false;
	*ret = v | (uint32_t)part[n - 1];
	return true;
}

static void set_ip4(struct url_host *h, uint32_t v)
{
	char text[sizeof("255.255.255.255")];
	int n = snprintf(text, sizeof(text), "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);

	url_buf_set(&h->text, text, (size_t)n);
	h->kind = URL_HOST_IP4;
	h->addr = (struct hf_addr){ .b = { [10] = 0xff, [11] = 0xff } };
	hf_store32(h->addr.b + 12, v);
}

/* ---- IPv6 ---- */

/* Four decimal numbers behind the last colon, into two groups. */
static bool take_quad(struct hf_bytes t, uint16_t to[2])
{
	for (unsigned i = 0; i < 4; i++) {
		unsigned v = 0, digits = 0;

		if (i) {
			if (t.len == 0 || t.at[0] != '.')
				return false;
			t.at++, t.len--;
		}
		for (; t.len && hf_ascii_is_digit(t.at[0]); t.at++, t.len--, digits++) {
			if ((digits && v == 0) || v > 255)
				return false;
			v = v * 10 + (t.at[0] - '0');
		}
		if (digits == 0 || v > 255)
			return false;
		to[i / 2] = (uint16_t)(to[i / 2] << 8 | v);
	}
	return t.len == 0;
}

/* "IPv6 parser". */
static bool parse_ip6(struct hf_bytes t, uint16_t group[GROUPS])
{
	unsigned n = 0, gap = 0; /* groups read; how many of them stand before "::" */
	bool compressed = false; /* "::" stands for one group at least */

	if (t.len && t.at[0] == ':') {
		if (t.len < 2 || t.at[1] != ':')
			return false;
		t.at += 2, t.len -= 2;
		compressed = true;
	}
	while (t.len) {
		struct hf_bytes start = t;
		unsigned v = 0, digits = 0;

		if (n + compressed == GROUPS)
			return false;
		if (t.at[0] == ':') {
			if (compressed)
				return false;
			t.at++, t.len--;
			compressed = true;
			gap = n;
			continue;
		}
		for (; digits < 4 && t.len && hf_ascii_hex(t.at[0]) >= 0; t.at++, t.len--, digits++)
			v = v * 16 + (unsigned)hf_ascii_hex(t.at[0]);
		if (t.len && t.at[0] == '.') {
			if (digits == 0 || n + compressed > GROUPS - 2 || !take_quad(start, group + n))
				return false;
			n += 2;
			break;
		}
		if (t.len && (t.at[0] != ':' || t.len == 1))
			return false;
		if (t.len)
			t.at++, t.len--;
		group[n++] = (uint16_t)v;
	}
	if (compressed) {
		unsigned behind = n - gap;

		memmove(group + GROUPS - behind, group + gap, behind * sizeof(*group));
		memset(group + gap, 0, (GROUPS - n) * sizeof(*group));
	} else if (n != GROUPS) {
		return false;
	}
	return true;
}

/* 3.6, "IPv6 serializer": the first longest run of two or more zero groups is "::"; no part is ever written as IPv4. */
static void set_ip6(struct url_host *h, const uint16_t group[GROUPS])
{
	unsigned gap = GROUPS, longest = 1, run = 0;
	char text[8];

	for (unsigned i = 0; i < GROUPS; i++) {
		run = group[i] ? 0 : run + 1;
		if (run > longest) {
			longest = run;
			gap = i + 1 - run;
		}
		hf_store16(h->addr.b + 2u * i, group[i]);
	}
	h->kind = URL_HOST_IP6;
	url_buf_set(&h->text, "[", 1);
	for (unsigned i = 0; i < GROUPS; i++) {
		if (i == gap) {
			url_buf_add(&h->text, "::", i ? 1 : 2);
			i += longest - 1;
			continue;
		}
		url_buf_add(&h->text, text,
			    (size_t)snprintf(text, sizeof(text), "%x%s", group[i], i + 1 < GROUPS ? ":" : ""));
	}
	url_buf_char(&h->text, ']');
}

/* ---- names ---- */

bool url_is_forbidden(uint8_t c, bool domain)
{
	static const char always[] = "\t\n\r #/:<>?@[\\]^|";

	return c == 0 || memchr(always, c, sizeof(always) - 1) || (domain && (c <= 0x1f || c == '%' || c == 0x7f));
}

static bool parse_opaque(struct hf_bytes t, struct url_host *ret, const char **ret_why)
{
	for (size_t i = 0; i < t.len; i++) {
		if (url_is_forbidden(t.at[i], false)) {
			*ret_why = "there is a character in the host that no host can have";
			return false;
		}
		url_put_encoded(&ret->text, t.at[i], URL_SET_C0);
	}
	ret->kind = URL_HOST_NAME;
	return true;
}

static bool parse_bracketed(struct hf_bytes t, struct url_host *ret, const char **ret_why)
{
	uint16_t group[GROUPS] = { 0 };

	if (t.len < 2 || t.at[t.len - 1] != ']') {
		*ret_why = "the bracket before the IPv6 address is not closed";
		return false;
	}
	if (!parse_ip6((struct hf_bytes){ t.at + 1, t.len - 2 }, group)) {
		*ret_why = "what stands in brackets is not an IPv6 address";
		return false;
	}
	set_ip6(ret, group);
	return true;
}

static bool parse_domain(struct hf_bytes t, struct url_host *ret, const char **ret_why)
{
	uint32_t ip4;

	if (!url_domain_to_ascii(t, &ret->text, ret_why))
		return false;
	t = url_buf_bytes(&ret->text);
	ret->kind = URL_HOST_NAME;
	if (!ends_in_number(t))
		return true;
	if (!parse_ip4(t, &ip4)) {
		*ret_why = "the host ends in a number and is not an IPv4 address";
		return false;
	}
	set_ip4(ret, ip4);
	return true;
}

bool url_host_parse(struct hf_bytes input, bool opaque, struct url_host *ret, const char **ret_why)
{
	struct url_buf decoded = { 0 };
	bool ok;

	*ret = (struct url_host){ 0 };
	if (input.len && input.at[0] == '[')
		return parse_bracketed(input, ret, ret_why);
	if (opaque)
		return parse_opaque(input, ret, ret_why);
	url_put_decoded(&decoded, input);
	*ret_why = NULL;
	ok = !decoded.failed && parse_domain(url_buf_bytes(&decoded), ret, ret_why);
	url_buf_free(&decoded);
	return ok;
}
