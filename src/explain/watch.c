/* SPDX-License-Identifier: MIT */
#include "explain/watch.h"

#include "base/bits.h"
#include "explain/segment.h"
#include "wire/tls_wire.h"

#include <string.h>

#define GAP 3u         /* between the columns: " | " */
#define WORD_OCTETS 8u /* shorter runs of letters come about by chance */
#define FIRST_PRINTABLE 0x20
#define LAST_PRINTABLE 0x7e

struct column {
	const struct ladder_event *e;
	size_t n, at;
	const char *const *names;
	struct segment_flows flows;
	struct text left; /* lines of the segment that are not drawn yet */
	bool begun;
};

static bool next_segment(struct column *c, struct segment *s, unsigned *ret_side)
{
	while (c->at < c->n) {
		const struct ladder_event *e = &c->e[c->at++];

		if (e->what != LADDER_SEGMENT)
			continue;
		segment_read(&c->flows, e->packet, e->side == LADDER_NOBODY, s);
		*ret_side = e->side;
		if (s->tcp && s->len > 0 && !s->again && e->side <= 1)
			return true;
	}
	return false;
}

static bool is_printable(uint8_t c)
{
	return c >= FIRST_PRINTABLE && c <= LAST_PRINTABLE;
}

static bool is_text(struct hf_bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (!is_printable(b.at[i]) && b.at[i] != '\r' && b.at[i] != '\n' && b.at[i] != '\t')
			return false;
	return true;
}

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
	       c == ' ' || c == '_';
}

/* The next word of octets that are no text; empty: there is none. */
static struct hf_bytes next_word(struct hf_bytes *b)
{
	while (b->len > 0) {
		size_t n = 0;
		struct hf_bytes word;

		while (n < b->len && is_letter(b->at[n]))
			n++;
		word = (struct hf_bytes){ b->at, n };
		n = n < b->len ? n + 1 : n;
		*b = (struct hf_bytes){ b->at + n, b->len - n };
		if (word.len >= WORD_OCTETS)
			return word;
	}
	return (struct hf_bytes){ NULL, 0 };
}

/* The next record, as far as its header says; false when what stands there is none. */
static bool next_record(struct hf_bytes *b, struct tls_record_header *ret)
{
	size_t n;

	if (b->len < TLS_RECORD_HEADER || b->at[0] < TLS_CHANGE_CIPHER_SPEC || b->at[0] > TLS_APPLICATION_DATA ||
	    b->at[1] != 3)
		return false;
	*ret = (struct tls_record_header){ b->at[0], hf_load16(b->at + 1), hf_load16(b->at + 3) };
	n = hf_min_u64(b->len, TLS_RECORD_HEADER + (size_t)ret->length);
	*b = (struct hf_bytes){ b->at + n, b->len - n };
	return true;
}

/* ---- columns ---- */

static void add_lines(struct text *t, struct hf_bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (b.at[i] == '\n')
			text_add(t, "\n");
		else if (b.at[i] != '\r')
			text_addf(t, "%c", b.at[i] == '\t' ? ' ' : b.at[i]);
	}
	if (b.len && b.at[b.len - 1] != '\n')
		text_add(t, "\n");
}

static void add_seen(struct text *t, struct hf_bytes b)
{
	struct hf_bytes rest = b, word;
	struct tls_record_header r;

	if (is_text(b)) {
		add_lines(t, b);
		return;
	}
	while (next_record(&rest, &r))
		text_addf(t, "%s, %u octet%s\n",
			  r.type == TLS_APPLICATION_DATA ? "encrypted record" : tls_content_name(r.type), r.length,
			  r.length == 1 ? "" : "s");
	rest = b;
	while ((word = next_word(&rest)).len > 0) {
		text_add(t, "\"");
		text_add_n(t, (const char *)word.at, word.len);
		text_add(t, "\"\n");
	}
}

static void fill_column(struct column *c)
{
	struct segment s;
	unsigned side;

	if (c->left.len > 0 || !next_segment(c, &s, &side))
		return;
	if (c->begun)
		text_add(&c->left, "\n");
	c->begun = true;
	text_addf(&c->left, "%s sends %u octets:\n", c->names[side], s.len);
	add_seen(&c->left, s.h.payload);
}

/* Cuts the next line off, as much of it as the column has room for. */
static void draw_line(struct text *out, struct column *c, unsigned width, bool fill)
{
	const char *line = text_str(&c->left);
	const size_t n = strcspn(line, "\n"), shown = hf_min_u64(n, width);
	const size_t done = shown + (shown == n && line[n] == '\n');

	text_add_n(out, line, shown);
	if (fill)
		text_fill(out, ' ', width - shown);
	if (c->left.len == 0)
		return;
	c->left.len -= done;
	memmove(c->left.at, c->left.at + done, c->left.len + 1);
}

void watch_columns(struct text *out, const char *const titles[2], const char *const names[2],
		   const struct ladder_event *const e[2], const size_t n[2], const struct look *look)
{
	const unsigned width = (look->columns - GAP) / 2;
	const char *bold = look->colour ? "\033[1m" : "", *plain = look->colour ? "\033[0m" : "";
	struct column c[2];

	text_addf(out, "%s%-*.*s%s | %s%.*s%s\n", bold, (int)width, (int)width, titles[0], plain, bold, (int)width,
		  titles[1], plain);
	text_fill(out, '-', width);
	text_add(out, "-+-");
	text_fill(out, '-', width);
	text_add(out, "\n");
	for (unsigned i = 0; i < 2; i++) {
		c[i] = (struct column){ .e = e[i], .n = n[i], .names = names };
		segment_flows_init(&c[i].flows);
		text_init(&c[i].left);
	}
	for (;;) {
		fill_column(&c[0]);
		fill_column(&c[1]);
		if (c[0].left.len == 0 && c[1].left.len == 0)
			break;
		draw_line(out, &c[0], width, true);
		text_add(out, c[1].left.len > 0 && *c[1].left.at != '\n' ? " | " : " |");
		draw_line(out, &c[1], width, false);
		text_add(out, "\n");
	}
	for (unsigned i = 0; i < 2; i++) {
		segment_flows_free(&c[i].flows);
		text_free(&c[i].left);
	}
}

/* ---- for programs ---- */

static void put_seen(struct json *j, struct hf_bytes b)
{
	struct hf_bytes rest = b, word;
	struct tls_record_header r;
	const bool text = is_text(b);

	json_key(j, "text");
	if (text)
		json_string_n(j, (const char *)b.at, b.len);
	else
		json_null(j);
	json_key(j, "records");
	json_array(j);
	while (!text && next_record(&rest, &r)) {
		json_object(j);
		json_put_string(j, "record", tls_content_name(r.type));
		json_put_u64(j, "octets", r.length);
		json_object_end(j);
	}
	json_array_end(j);
	rest = b;
	json_key(j, "words");
	json_array(j);
	while (!text && (word = next_word(&rest)).len > 0)
		json_string_n(j, (const char *)word.at, word.len);
	json_array_end(j);
}

void watch_json(struct json *j, const char *const names[2], const struct ladder_event *e, size_t n)
{
	struct column c = { .e = e, .n = n, .names = names };
	struct segment s;
	unsigned side;

	segment_flows_init(&c.flows);
	json_array(j);
	while (next_segment(&c, &s, &side)) {
		json_object(j);
		json_put_string(j, "from", names[side]);
		json_put_u64(j, "octets", s.len);
		put_seen(j, s.h.payload);
		json_object_end(j);
	}
	json_array_end(j);
	segment_flows_free(&c.flows);
}
