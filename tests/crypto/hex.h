/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_CRYPTO_HEX_H
#define HF_TESTS_CRYPTO_HEX_H

#include <string.h>

#include "hf/types.h"

static inline uint8_t hex_digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* Reads hexadecimal digits up to the first that is none. */
static inline struct hf_bytes unhex(const char *text, uint8_t *room)
{
	size_t n = 0;

	for (; strchr("0123456789abcdefABCDEF", text[0]) && text[0] && text[1]; text += 2)
		room[n++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
	return (struct hf_bytes){ room, n };
}

#define BYTES(p, n) ((struct hf_bytes){ (const uint8_t *)(p), (n) })
#define TEXT(s) BYTES(s, strlen(s))

#endif
