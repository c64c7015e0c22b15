/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_TEXT_FLOW_H
#define HF_PAGE_TEXT_FLOW_H

#include "explain/text.h"

/*
 * Words into lines of a terminal. Each line begins with a prefix ("> ", the room of a list's mark); styles are switched in
 * between without taking room.
 */
enum flow_style { FLOW_BOLD = 1, FLOW_LINK = 2, FLOW_FAINT = 4 };

struct flow {
	struct text out;
	struct text prefix; /* of each line */
	struct text mark;   /* instead of the prefix's end, on the next line only */
	struct text word;   /* that has not found its line */
	unsigned columns, column, word_width, prefix_width;
	unsigned widest; /* line since the last block began: text.c starts it anew */
	bool colour, space, pre, begun;
	unsigned blank;       /* lines wanted before the next one */
	size_t blank_prefix;  /* what stands in front of those */
	uint8_t style, shown; /* of the word's end; of the line's */
};

void flow_init(struct flow *f, unsigned columns, bool colour);
void flow_free(struct flow *f);
/* White space collapses unless it is pre. Control characters and what is no UTF-8 never get through. */
void flow_add(struct flow *f, const char *s, size_t n);
void flow_style(struct flow *f, uint8_t style);
void flow_end_word(struct flow *f);
/* Ends the line if it holds anything. */
void flow_end_line(struct flow *f);
void flow_break(struct flow *f); /* ends the line even if it is empty */
/* At least so many empty lines before what follows. */
void flow_blank(struct flow *f, unsigned lines);
void flow_rule(struct flow *f, char c, unsigned n);
/* Puts more in front of every line; give its result to flow_outdent(). */
struct flow_indent {
	size_t len;
	unsigned width;
};
struct flow_indent flow_indent(struct flow *f, const char *prefix, unsigned width);
void flow_outdent(struct flow *f, struct flow_indent was);
void flow_mark(struct flow *f, const char *mark); /* of a list's item */
/* Columns that it takes, as flow_add() would show it. */
unsigned flow_width(const char *s, size_t n);

#endif
