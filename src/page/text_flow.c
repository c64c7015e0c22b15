/* SPDX-License-Identifier: MIT */
#include "page/text_flow.h"

#include "base/bits.h"
#include "page/text_width.h"
#include "url/utf8.h"

#define LEAST_COLUMNS 8u
#define TAB 8u
#define WORD_BYTES_MAX 4096u /* marks without end on one character are cut */

void flow_init(struct flow *f, unsigned columns, bool colour)
{
	*f = (struct flow){ .columns = columns > LEAST_COLUMNS ? columns : LEAST_COLUMNS, .colour = colour };
}

void flow_free(struct flow *f)
{
	text_free(&f->out);
	text_free(&f->prefix);
	text_free(&f->mark);
	text_free(&f->word);
}

static void add_style(struct text *t, uint8_t style)
{
	text_add(t, "\x1b[0");
	text_add(t, style & FLOW_BOLD ? ";1" : "");
	text_add(t, style & FLOW_FAINT ? ";2" : "");
	text_add(t, style & FLOW_LINK ? ";4" : "");
	text_add(t, "m");
}

static void end_style(struct flow *f)
{
	if (f->colour && f->shown)
		text_add(&f->out, "\x1b[0m");
}

static void begin_line(struct flow *f)
{
	unsigned mark = flow_width(text_str(&f->mark), f->mark.len);

	if (!f->begun)
		f->blank = 0;
	for (; f->blank; f->blank--) {
		size_t n = hf_min_u64(f->blank_prefix, f->prefix.len);

		while (n && f->prefix.at[n - 1] == ' ')
			n--;
		text_add_n(&f->out, text_str(&f->prefix), n);
		text_add(&f->out, "\n");
	}
	f->begun = true;
	if (f->mark.len) {
		size_t room = f->prefix.len >= mark ? f->prefix.len - mark : 0;

		text_add_n(&f->out, text_str(&f->prefix), room);
		text_add_n(&f->out, text_str(&f->mark), f->mark.len);
		f->column = f->prefix_width > mark ? f->prefix_width : mark;
		text_clear(&f->mark);
	} else {
		text_add_n(&f->out, text_str(&f->prefix), f->prefix.len);
		f->column = f->prefix_width;
	}
	if (f->colour && f->shown)
		add_style(&f->out, f->shown);
}

static void end_line(struct flow *f)
{
	end_style(f);
	while (f->out.len && f->out.at[f->out.len - 1] == ' ')
		f->out.at[--f->out.len] = '\0';
	text_add(&f->out, "\n");
	f->column = 0;
	f->space = false;
}

void flow_end_word(struct flow *f)
{
	if (!f->word.len)
		return;
	if (f->column && f->space && !f->pre) {
		if (f->column + 1 + f->word_width > f->columns && f->column > f->prefix_width)
			end_line(f);
		else if (f->column > f->prefix_width) {
			text_add(&f->out, " ");
			f->column++;
		}
	}
	/* a style alone begins no line */
	if (!f->column && f->word_width)
		begin_line(f);
	text_add_n(&f->out, text_str(&f->word), f->word.len);
	f->column += f->word_width;
	f->widest = hf_max_u32(f->widest, f->column);
	f->shown = f->style;
	f->space = false;
	f->word_width = 0;
	text_clear(&f->word);
}

void flow_end_line(struct flow *f)
{
	flow_end_word(f);
	if (f->column)
		end_line(f);
	f->space = false;
}

void flow_break(struct flow *f)
{
	flow_end_word(f);
	if (!f->column)
		begin_line(f);
	end_line(f);
}

void flow_blank(struct flow *f, unsigned lines)
{
	flow_end_line(f);
	if (lines)
		f->blank_prefix = f->blank ? hf_min_u64(f->blank_prefix, f->prefix.len) : f->prefix.len;
	f->blank = hf_max_u32(f->blank, lines);
}

void flow_style(struct flow *f, uint8_t style)
{
	if (style == f->style)
		return;
	if (f->colour && (f->column || f->word_width))
		add_style(&f->word, style);
	if (!f->column && !f->word_width) {
		f->shown = style;
		text_clear(&f->word);
	}
	f->style = style;
}

/* A word that is wider than a line goes on in the next one. */
static void add_char(struct flow *f, uint32_t c)
{
	uint8_t to[UTF8_ROOM];
	unsigned width = text_width(c);

	if (f->word.len > WORD_BYTES_MAX)
		return;
	if (!f->pre && f->prefix_width + f->word_width + width > f->columns && f->word_width) {
		if (f->column > f->prefix_width) {
			end_line(f);
			f->space = false;
		}
		flow_end_word(f);
		end_line(f);
	}
	text_add_n(&f->word, (const char *)to, utf8_put(c, to));
	f->word_width += width;
}

static void add_space(struct flow *f, uint32_t c)
{
	if (!f->pre) {
		flow_end_word(f);
		f->space = true;
	} else if (c == '\n') {
		flow_break(f);
	} else if (c == '\t') {
		unsigned at = f->word_width + (f->column ? f->column - f->prefix_width : 0);

		for (unsigned n = TAB - at % TAB; n; n--)
			add_char(f, ' ');
	} else {
		add_char(f, ' ');
	}
}

void flow_add(struct flow *f, const char *s, size_t n)
{
	struct hf_bytes in = { (const uint8_t *)s, n };

	while (in.len) {
		uint32_t c = utf8_take(&in, NULL);

		if (c == ' ' || c == '\n' || c == '\t')
			add_space(f, c);
		else if (c == '\r' || c == '\f' || c == 0x200b) {
			if (!f->pre && c != 0x200b)
				add_space(f, ' ');
		} else if (c == 0xa0 || c == 0x202f)
			add_char(f, ' ');
		else if (c != 0xad && !text_is_control(c))
			add_char(f, c);
		else if (c == 0x2028 || c == 0x2029)
			add_space(f, ' ');
		/* a word that long has its line */
		if (f->pre && f->word.len > WORD_BYTES_MAX / 2)
			flow_end_word(f);
	}
}

unsigned flow_width(const char *s, size_t n)
{
	struct hf_bytes in = { (const uint8_t *)s, n };
	unsigned width = 0;

	while (in.len) {
		uint32_t c = utf8_take(&in, NULL);

		width += text_is_control(c) ? 0 : text_width(c);
	}
	return width;
}

void flow_rule(struct flow *f, char c, unsigned n)
{
	flow_end_line(f);
	begin_line(f);
	n = hf_min_u32(n, f->columns > f->column ? f->columns - f->column : 1);
	text_fill(&f->out, c, n);
	end_line(f);
}

struct flow_indent flow_indent(struct flow *f, const char *prefix, unsigned width)
{
	struct flow_indent was = { f->prefix.len, f->prefix_width };

	flow_end_line(f);
	/* deeper than half of the line nothing is moved in any more */
	if (f->prefix_width + width <= f->columns / 2) {
		text_add(&f->prefix, prefix);
		f->prefix_width += width;
	}
	return was;
}

void flow_outdent(struct flow *f, struct flow_indent was)
{
	flow_end_line(f);
	text_clear(&f->mark);
	if (f->prefix.len > was.len) {
		f->prefix.len = was.len;
		f->prefix.at[was.len] = '\0';
	}
	f->prefix_width = was.width;
}

void flow_mark(struct flow *f, const char *mark)
{
	flow_end_line(f);
	text_clear(&f->mark);
	text_add(&f->mark, mark);
}
