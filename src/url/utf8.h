/* SPDX-License-Identifier: MIT */
#ifndef HF_URL_UTF8_H
#define HF_URL_UTF8_H

#include "hf/types.h"

#define UTF8_REPLACEMENT 0xfffdu
#define UTF8_ROOM 4u

/*
 * Takes one character off the front of what is not empty. Each maximal subpart of an ill-formed sequence is U+FFFD (Unicode 3.9,
 * which is what the WHATWG Encoding Standard's decoder does); *ret_bad, may be NULL, tells it from one that was written.
 */
uint32_t utf8_take(struct hf_bytes *in, bool *ret_bad);
/* Its octets, 1 to 4; the character is a scalar value. */
size_t utf8_put(uint32_t c, uint8_t to[UTF8_ROOM]);

#endif
