/* SPDX-License-Identifier: MIT */
/* A field in its two forms, so that whoever takes a message apart says each of them once. */
#include "explain/tls_view_internal.h"

#include "base/bits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INDENT 2u
#define SHOWN_OCTETS 32u /* of a longer field, unless all of it is wanted */
#define LINE_OCTETS_MIN 8u

static void add_hex(struct text *t, struct hf_bytes b)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < b.len; i++) {
		char pair[2] = { digits[b.at[i] >> 4], digits[b.at[i] & 15] };

		text_add_n(t, pair, sizeof(pair));
	}
}

void tls_view_add_count(struct text *t, size_t n, const char *one, const char *many)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%zu", n);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			text_add(t, ",");
		text_add_n(t, digits + i, 1);
	}
	text_addf(t, " %s", n == 1 ? one : many);
}

/* RFC 8701's numbers have no other name. NULL: none is known. */
static const char *name_of(unsigned n, tls_view_name *name)
{
	const char *text = name(n);

	if (strcmp(text, "unknown") != 0)
		return text;
	return n <= UINT16_MAX && tls_is_grease((uint16_t)n) ? "GREASE" : NULL;
}

void tls_view_add_name(struct text *t, unsigned n, tls_view_name *name)
{
	const char *text = name_of(n, name);

	if (text)
		text_add(t, text);
	else
		text_addf(t, n > UINT8_MAX ? "0x%04x" : "0x%02x", n);
}

void tls_view_add_clean(struct text *t, struct hf_bytes s, size_t most)
{
	size_t n = s.len < most ? s.len : most;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = s.at[i];

		if (c >= 0x20 && c < 0x7f && c != '\\')
			text_add_n(t, (const char *)s.at + i, 1);
		else
			text_addf(t, "\\x%02x", c);
	}
	if (n < s.len)
		text_add(t, "...");
}

static unsigned indent_of(const struct tls_view *v)
{
	return v->depth * INDENT;
}

static void begin_line(struct tls_view *v, const char *key)
{
	text_fill(v->text, ' ', indent_of(v));
	text_add(v->text, key);
}

void tls_view_put_word(struct tls_view *v, const char *key, const char *word)
{
	if (v->json) {
		json_put_string(v->json, key, word);
		return;
	}
	begin_line(v, key);
	text_addf(v->text, ": %s\n", word);
}

void tls_view_put_string(struct tls_view *v, const char *key, struct hf_bytes s)
{
	if (v->json) {
		json_key(v->json, key);
		json_string_n(v->json, (const char *)s.at, s.len);
		return;
	}
	begin_line(v, key);
	text_add(v->text, ": ");
	tls_view_add_clean(v->text, s, s.len);
	text_add(v->text, "\n");
}

void tls_view_put_number(struct tls_view *v, const char *key, uint64_t n)
{
	if (v->json) {
		json_put_u64(v->json, key, n);
		return;
	}
	begin_line(v, key);
	text_addf(v->text, ": %" PRIu64 "\n", n);
}

static void put_named_json(struct json *j, unsigned n, tls_view_name *name)
{
	json_object(j);
	json_put_u64(j, "number", n);
	json_put_string(j, "name", name_of(n, name));
	json_object_end(j);
}

void tls_view_put_named(struct tls_view *v, const char *key, unsigned n, tls_view_name *name)
{
	if (v->json) {
		json_key(v->json, key);
		put_named_json(v->json, n, name);
		return;
	}
	begin_line(v, key);
	text_add(v->text, ": ");
	tls_view_add_name(v->text, n, name);
	text_add(v->text, "\n");
}

static void put_hex_json(struct json *j, struct hf_bytes octets)
{
	struct text hex;

	text_init(&hex);
	add_hex(&hex, octets);
	if (hex.failed)
		json_null(j);
	else
		json_string(j, text_str(&hex));
	j->out->failed |= hex.failed;
	text_free(&hex);
}

void tls_view_put_hex(struct tls_view *v, const char *key, struct hf_bytes octets)
{
	if (v->json) {
		json_key(v->json, key);
		put_hex_json(v->json, octets);
		return;
	}
	begin_line(v, key);
	if (octets.len == 0) {
		text_add(v->text, ": empty\n");
	} else if (octets.len <= SHOWN_OCTETS) {
		text_add(v->text, ": ");
		add_hex(v->text, octets);
		text_add(v->text, "\n");
	} else if (!v->look->all) {
		text_add(v->text, ": ");
		add_hex(v->text, (struct hf_bytes){ octets.at, SHOWN_OCTETS });
		text_add(v->text, "... (");
		tls_view_add_count(v->text, octets.len, "octet", "octets");
		text_add(v->text, ")\n");
	} else {
		unsigned indent = indent_of(v) + INDENT;
		size_t room = v->look->columns > indent ? (v->look->columns - indent) / 2 / LINE_OCTETS_MIN : 0;
		size_t line = room ? room * LINE_OCTETS_MIN : LINE_OCTETS_MIN;

		text_add(v->text, " (");
		tls_view_add_count(v->text, octets.len, "octet", "octets");
		text_add(v->text, "):\n");
		for (size_t at = 0; at < octets.len; at += line) {
			size_t n = octets.len - at < line ? octets.len - at : line;

			text_fill(v->text, ' ', indent);
			add_hex(v->text, (struct hf_bytes){ octets.at + at, n });
			text_add(v->text, "\n");
		}
	}
}

/* "key: a, b, c" where that fits on a line, else the items below their key. */
static void put_items(struct tls_view *v, const char *key, const struct text *items)
{
	const char *s = items->len ? text_str(items) : "none";

	begin_line(v, key);
	if (indent_of(v) + strlen(key) + 2 + strlen(s) <= v->look->columns) {
		text_addf(v->text, ": %s\n", s);
	} else {
		text_add(v->text, ":\n");
		text_wrap(v->text, s, indent_of(v) + INDENT, v->look->columns);
	}
	v->text->failed |= items->failed;
}

void tls_view_put_names(struct tls_view *v, const char *key, struct hf_bytes list, unsigned number_size, tls_view_name *name)
{
	struct text items;

	text_init(&items);
	if (v->json) {
		json_key(v->json, key);
		json_array(v->json);
	}
	for (size_t i = 0; i < list.len / number_size; i++) {
		unsigned n = number_size == 1 ? list.at[i] : tls_u16_at(list, i);

		if (v->json) {
			put_named_json(v->json, n, name);
		} else {
			text_add(&items, i ? ", " : "");
			tls_view_add_name(&items, n, name);
		}
	}
	if (v->json)
		json_array_end(v->json);
	else
		put_items(v, key, &items);
	text_free(&items);
}

void tls_view_put_strings(struct tls_view *v, const char *key, struct hf_bytes list)
{
	struct text items;
	struct hf_bytes s;

	text_init(&items);
	if (v->json) {
		json_key(v->json, key);
		json_array(v->json);
	}
	while (tls_u8_vec_next(&list, &s)) {
		if (v->json) {
			json_string_n(v->json, (const char *)s.at, s.len);
		} else {
			text_add(&items, items.len ? ", " : "");
			tls_view_add_clean(&items, s, s.len);
		}
	}
	if (v->json)
		json_array_end(v->json);
	else
		put_items(v, key, &items);
	text_free(&items);
}

void tls_view_list(struct tls_view *v, const char *key, bool any)
{
	if (v->json) {
		json_key(v->json, key);
		json_array(v->json);
		return;
	}
	begin_line(v, key);
	text_add(v->text, any ? ":\n" : ": none\n");
	v->depth++;
}

void tls_view_item(struct tls_view *v, const char *heading)
{
	if (v->json) {
		json_object(v->json);
		return;
	}
	begin_line(v, heading);
	text_add(v->text, "\n");
	v->depth++;
}

void tls_view_item_end(struct tls_view *v)
{
	if (v->json)
		json_object_end(v->json);
	else
		v->depth--;
}

void tls_view_list_end(struct tls_view *v)
{
	if (v->json)
		json_array_end(v->json);
	else
		v->depth--;
}
