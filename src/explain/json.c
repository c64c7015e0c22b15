/* SPDX-License-Identifier: MIT */
#include "explain/json.h"

#include "base/bits.h"
#include "base/utf8.h"
#include "explain/shown.h"

#include <inttypes.h>
#include <string.h>

static void begin_value(struct json *j);
static void open_level(struct json *j, char bracket);
static void close_level(struct json *j, char bracket);
static void add_escaped(struct text *out, const char *s, size_t n);

struct json json_over(struct text *out)
{
	return (struct json){ .out = out };
}

void json_object(struct json *j)
{
	open_level(j, '{');
}
void json_object_end(struct json *j)
{
	close_level(j, '}');
}
void json_array(struct json *j)
{
	open_level(j, '[');
}
void json_array_end(struct json *j)
{
	close_level(j, ']');
}

void json_key(struct json *j, const char *key)
{
	HF_ASSERT(j->depth > 0 && !j->after_key);
	begin_value(j);
	add_escaped(j->out, key, strlen(key));
	text_add(j->out, ": ");
	j->after_key = true;
}

void json_string(struct json *j, const char *s)
{
	if (s)
		json_string_n(j, s, strlen(s));
	else
		json_null(j);
}

void json_string_n(struct json *j, const char *s, size_t n)
{
	begin_value(j);
	add_escaped(j->out, s, n);
}

void json_u64(struct json *j, uint64_t v)
{
	begin_value(j);
	text_addf(j->out, "%" PRIu64, v);
}

void json_i64(struct json *j, int64_t v)
{
	begin_value(j);
	text_addf(j->out, "%" PRId64, v);
}

void json_bool(struct json *j, bool v)
{
	begin_value(j);
	text_add(j->out, v ? "true" : "false");
}

void json_null(struct json *j)
{
	begin_value(j);
	text_add(j->out, "null");
}

void json_put_string(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_string(j, s);
}

void json_put_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void json_put_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}

void json_put_time(struct json *j, const char *key, hf_time_ns at)
{
	json_key(j, key);
	if (at == HF_NEVER)
		json_null(j);
	else
		json_u64(j, at);
}

void json_put_ms(struct json *j, const char *key, hf_time_ns length)
{
	uint64_t below = length % HF_MS(1);
	int digits = 6;

	json_key(j, key);
	if (length == HF_NEVER) {
		json_null(j);
		return;
	}
	begin_value(j);
	text_addf(j->out, "%" PRIu64, length / HF_MS(1));
	if (below == 0)
		return;
	for (; below % 10 == 0; digits--)
		below /= 10;
	text_addf(j->out, ".%0*" PRIu64, digits, below);
}

void json_put_date(struct json *j, const char *key, uint64_t epoch_ns)
{
	json_key(j, key);
	begin_value(j);
	text_add(j->out, "\"");
	shown_add_iso(j->out, epoch_ns);
	text_add(j->out, "\"");
}

void json_put_hex(struct json *j, const char *key, struct hf_bytes b)
{
	json_key(j, key);
	begin_value(j);
	text_add(j->out, "\"");
	for (size_t i = 0; i < b.len; i++)
		text_addf(j->out, "%02x", b.at[i]);
	text_add(j->out, "\"");
}

static void break_line(struct json *j)
{
	if (j->one_line)
		return;
	text_add(j->out, "\n");
	text_fill(j->out, ' ', (size_t)j->depth * 2);
}

static void begin_value(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->depth == 0)
		return;
	if (!j->first[j->depth - 1])
		text_add(j->out, j->one_line ? ", " : ",");
	break_line(j);
	j->first[j->depth - 1] = false;
}

static void open_level(struct json *j, char bracket)
{
	HF_ASSERT(j->depth < JSON_DEPTH);
	begin_value(j);
	text_add_n(j->out, &bracket, 1);
	j->first[j->depth++] = true;
}

static void close_level(struct json *j, char bracket)
{
	HF_ASSERT(j->depth > 0 && !j->after_key);
	j->depth--;
	if (!j->first[j->depth])
		break_line(j);
	text_add_n(j->out, &bracket, 1);
	if (j->depth == 0)
		text_add(j->out, "\n");
}

/* RFC 8259 7: quotation mark, reverse solidus and the control characters must be escaped. */
static void add_escaped(struct text *out, const char *s, size_t n)
{
	text_add(out, "\"");
	for (size_t i = 0; i < n;) {
		uint8_t c = (uint8_t)s[i];
		uint32_t character;
		size_t len;

		if (c == '"' || c == '\\')
			text_addf(out, "\\%c", c);
		else if (c == '\n')
			text_add(out, "\\n");
		else if (c == '\t')
			text_add(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			text_addf(out, "\\u%04x", c);
		else if (c < 0x80)
			text_add_n(out, s + i, 1);
		else {
			len = hf_utf8_first((const uint8_t *)s + i, n - i, &character);
			if (len == 0)
				text_add(out, "\\ufffd");
			else
				text_add_n(out, s + i, len);
			i += len ? len : 1;
			continue;
		}
		i++;
	}
	text_add(out, "\"");
}
