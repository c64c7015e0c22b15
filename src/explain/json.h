/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_JSON_H
#define HF_EXPLAIN_JSON_H

#include "explain/text.h"

#define JSON_DEPTH 32u

/*
 * Writes JSON (RFC 8259) as it goes: commas, escapes and indentation are its own affair. Values inside an object follow
 * json_key(). Deeper than JSON_DEPTH, or an end without a begin, is a broken promise of the caller.
 */
struct json {
	struct text *out;
	unsigned depth;
	bool first[JSON_DEPTH]; /* nothing stands at this depth yet */
	bool after_key;
	bool one_line; /* set it after json_over(): no line feed but the last */
};

struct json json_over(struct text *out);
void json_object(struct json *j);
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);
/* Octets that are not UTF-8 become U+FFFD. NULL is written as null. */
void json_string(struct json *j, const char *s);
void json_string_n(struct json *j, const char *s, size_t n);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);

/* The same behind a key. */
void json_put_string(struct json *j, const char *key, const char *s);
void json_put_u64(struct json *j, const char *key, uint64_t v);
void json_put_bool(struct json *j, const char *key, bool v);
/* A time in nanoseconds; null for HF_NEVER. */
void json_put_time(struct json *j, const char *key, hf_time_ns at);
/* A length of time in milliseconds, with all six digits behind the point that it needs; null for HF_NEVER. */
void json_put_ms(struct json *j, const char *key, hf_time_ns length);
/* "2026-01-31T23:59:59.123456Z" of nanoseconds since 1970. */
void json_put_date(struct json *j, const char *key, uint64_t epoch_ns);
/* Octets in hexadecimal, as one string. */
void json_put_hex(struct json *j, const char *key, struct hf_bytes b);

#endif
