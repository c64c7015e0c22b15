/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_TEXT_H
#define HF_EXPLAIN_TEXT_H

#include "hf/types.h"

/* A growing string. When memory ends it stops growing and `failed` is set: asked once, at the end, as with the cursors. */
struct text {
	char *at;
	size_t len, room;
	bool failed;
	bool secret; /* no copy of it stays anywhere when it grows, is cleared or ends */
};

void text_init(struct text *t);
void text_init_secret(struct text *t);
void text_free(struct text *t);
void text_clear(struct text *t); /* keeps the memory */
/* Always NUL-terminated; "" when nothing was added. Valid until the next change. */
const char *text_str(const struct text *t);

/* What text_str() gives, as octets. */
static inline struct hf_bytes text_bytes(const struct text *t)
{
	return (struct hf_bytes){ (const uint8_t *)text_str(t), t->len };
}

void text_add(struct text *t, const char *s);
void text_add_n(struct text *t, const char *s, size_t n);
/*
 * Adds a sentence as far as its next {field}, and gives the field's name; false: all of it is added. *s moves on behind it.
 *
 *	while (text_add_to_field(t, &s, &name, &n))
 *		add_field(t, name, n);
 */
bool text_add_to_field(struct text *t, const char **s, const char **ret_name, size_t *ret_n);
void text_fill(struct text *t, char c, size_t n);
__attribute__((format(printf, 2, 3))) void text_addf(struct text *t, const char *format, ...);

/*
 * Adds `s` broken at spaces into lines of at most `columns`, each behind `indent` spaces (the first too) and with a line
 * feed at its end. What stands in brackets counts as one word. A word longer than a line stands alone. Line feeds in `s`
 * end a paragraph.
 */
void text_wrap(struct text *t, const char *s, unsigned indent, unsigned columns);

/* "0ms", "12.345ms", "61.020s": a time as people read it. */
void text_add_time(struct text *t, hf_time_ns at);

#endif
