/* SPDX-License-Identifier: MIT */
#ifndef HF_DNS_DNS_TEXT_H
#define HF_DNS_DNS_TEXT_H

#include "base/bits.h"

/* Lines of words, taken from the front of what is left. */

static inline bool dns_is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static inline bool dns_next_line(struct hf_bytes *text, struct hf_bytes *ret)
{
	size_t n = 0;

	if (text->len == 0)
		return false;
	while (n < text->len && text->at[n] != '\n')
		n++;
	*ret = (struct hf_bytes){ text->at, n };
	n += n < text->len;
	*text = (struct hf_bytes){ text->at + n, text->len - n };
	return true;
}

static inline bool dns_next_word(struct hf_bytes *line, struct hf_bytes *ret)
{
	size_t from = 0, to;

	while (from < line->len && dns_is_space(line->at[from]))
		from++;
	for (to = from; to < line->len && !dns_is_space(line->at[to]);)
		to++;
	*ret = (struct hf_bytes){ line->at + from, to - from };
	*line = (struct hf_bytes){ line->at + to, line->len - to };
	return ret->len > 0;
}

/* hosts(5): "#" begins a comment anywhere. */
static inline struct hf_bytes dns_without_comment(struct hf_bytes line)
{
	size_t n = 0;

	while (n < line.len && line.at[n] != '#')
		n++;
	return (struct hf_bytes){ line.at, n };
}

static inline struct hf_bytes dns_without_dot(struct hf_bytes name)
{
	if (name.len > 1 && name.at[name.len - 1] == '.')
		name.len--;
	return name;
}

static inline bool dns_is_word(struct hf_bytes word, const char *text)
{
	return hf_bytes_same(word, hf_bytes_of(text));
}

#endif
