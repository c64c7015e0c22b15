/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_ASCII_H
#define HF_BASE_ASCII_H

#include "hf/types.h"

/* Characters of ASCII, whatever the locale: names, numbers and spaces of protocols and documents. */

static inline bool hf_ascii_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool hf_ascii_is_alpha(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* What HTML, CSS and URLs call ASCII whitespace (Infra Standard 4.6). */
static inline bool hf_ascii_is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static inline uint8_t hf_ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The value of a hexadecimal digit; -1: it is none. */
static inline int hf_ascii_hex(uint8_t c)
{
	if (hf_ascii_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The six bits of a character of base64 (RFC 4648 4); -1: it is none, or the padding. */
static inline int hf_ascii_base64(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (hf_ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The four characters of the first three of n octets, or of the one or two that there are, with their padding. */
static inline void hf_ascii_put_base64(char to[4], const uint8_t *from, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t v = (uint32_t)from[0] << 16 | (n > 1 ? (uint32_t)from[1] << 8 : 0) | (n > 2 ? from[2] : 0);

	for (unsigned k = 0; k < 4; k++)
		to[k] = k <= n ? digits[v >> (18 - 6 * k) & 63] : '=';
}

/* But for the case of letters. */
static inline bool hf_ascii_same(struct hf_bytes a, struct hf_bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (hf_ascii_lower(a.at[i]) != hf_ascii_lower(b.at[i]))
			return false;
	return true;
}

/* Does it begin with this, but for the case of letters? */
static inline bool hf_ascii_begins(struct hf_bytes b, const char *with)
{
	size_t n = strlen(with);

	return b.len >= n && hf_ascii_same((struct hf_bytes){ b.at, n }, hf_bytes_of(with));
}

/* Without the whitespace of documents at both ends. */
static inline struct hf_bytes hf_ascii_trim(struct hf_bytes b)
{
	while (b.len > 0 && hf_ascii_is_space(b.at[0])) {
		b.at++;
		b.len--;
	}
	while (b.len > 0 && hf_ascii_is_space(b.at[b.len - 1]))
		b.len--;
	return b;
}

/* Without the spaces and tabs of fields at both ends (OWS, RFC 9110 5.6.3). */
static inline struct hf_bytes hf_ascii_trim_ows(struct hf_bytes b)
{
	while (b.len > 0 && (b.at[0] == ' ' || b.at[0] == '\t')) {
		b.at++;
		b.len--;
	}
	while (b.len > 0 && (b.at[b.len - 1] == ' ' || b.at[b.len - 1] == '\t'))
		b.len--;
	return b;
}

#endif
