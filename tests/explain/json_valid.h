/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_JSON_VALID_H
#define HF_TESTS_JSON_VALID_H

#include <stdbool.h>
#include <string.h>

/* Is it one JSON text (RFC 8259)? Of numbers it knows no exponents, as we write none. */
static inline bool json_valid_value(const char **at, unsigned depth);

static inline void json_valid_space(const char **at)
{
	*at += strspn(*at, " \t\r\n");
}

static inline bool json_valid_string(const char **at)
{
	if (*(*at)++ != '"')
		return false;
	while (**at != '"') {
		unsigned char c = (unsigned char)*(*at)++;

		if (c < 0x20)
			return false; /* the end of the text too */
		if (c == '\\') {
			c = (unsigned char)*(*at)++;
			if (c == 'u') {
				if (strspn(*at, "0123456789abcdefABCDEF") < 4)
					return false;
				*at += 4;
			} else if (!c || !strchr("\"\\/bfnrt", c)) {
				return false;
			}
		}
	}
	(*at)++;
	return true;
}

/* The inside of an object or an array, behind its bracket. */
static inline bool json_valid_inside(const char **at, char end, unsigned depth)
{
	json_valid_space(at);
	if (**at == end) {
		(*at)++;
		return true;
	}
	for (;;) {
		json_valid_space(at);
		if (end == '}') {
			if (!json_valid_string(at))
				return false;
			json_valid_space(at);
			if (*(*at)++ != ':')
				return false;
		}
		if (!json_valid_value(at, depth))
			return false;
		json_valid_space(at);
		if (**at == end) {
			(*at)++;
			return true;
		}
		if (*(*at)++ != ',')
			return false;
	}
}

static inline bool json_valid_value(const char **at, unsigned depth)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t digits;

	if (depth == 0)
		return false;
	json_valid_space(at);
	if (**at == '{' || **at == '[') {
		char end = *(*at)++ == '{' ? '}' : ']';

		return json_valid_inside(at, end, depth - 1);
	}
	if (**at == '"')
		return json_valid_string(at);
	for (unsigned i = 0; i < 3; i++) {
		if (strncmp(*at, words[i], strlen(words[i])) == 0) {
			*at += strlen(words[i]);
			return true;
		}
	}
	*at += **at == '-';
	digits = strspn(*at, "0123456789");
	if (digits == 0 || (digits > 1 && **at == '0'))
		return false;
	*at += digits;
	if (**at != '.')
		return true;
	digits = strspn(++*at, "0123456789");
	*at += digits;
	return digits > 0;
}

static inline bool json_valid(const char *text)
{
	if (!json_valid_value(&text, 64))
		return false;
	json_valid_space(&text);
	return *text == '\0';
}

#endif
