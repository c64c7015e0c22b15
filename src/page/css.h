/* SPDX-License-Identifier: MIT */
#ifndef HF_PAGE_CSS_H
#define HF_PAGE_CSS_H

#include "explain/text.h"

/* CSS as tokens (CSS Syntax Level 3, 4), and what a style sheet asks for. Octets are UTF-8. */
enum css_token_type {
	CSS_IDENT,
	CSS_FUNCTION,
	CSS_AT,
	CSS_HASH,
	CSS_STRING,
	CSS_BAD_STRING,
	CSS_URL,
	CSS_BAD_URL,
	CSS_DELIM,
	CSS_NUMBER, /* percentages and dimensions too; value borrows the unit */
	CSS_SPACE,
	CSS_CDO,
	CSS_CDC,
	CSS_COLON,
	CSS_SEMICOLON,
	CSS_COMMA,
	CSS_OPEN, /* one of ( [ { , in value */
	CSS_CLOSE,
	CSS_END,
};

struct css_token {
	enum css_token_type type;
	struct hf_bytes value; /* as written, without quotes, brackets and marks; escapes still in it */
	bool escaped;          /* there are: css_unescape() */
	double number;
};

struct css_reader {
	const uint8_t *at, *end;
};

struct css_reader css_reader_over(struct hf_bytes css);
/* Never fails: what is wrong is a token of its own. */
struct css_token css_next(struct css_reader *r);
struct css_token css_next_but_space(struct css_reader *r);
/* Adds a token's value, its escapes resolved. */
void css_unescape(struct hf_bytes value, struct text *out);
bool css_is(const struct css_token *t, enum css_token_type type, const char *lower);
/* Of DELIM, OPEN and CLOSE: is it this one? */
bool css_is_sign(const struct css_token *t, enum css_token_type type, char sign);

enum css_want_what {
	CSS_IMPORT, /* of a sheet: only where @import may stand */
	CSS_FONT,   /* src of @font-face */
	CSS_IMAGE,  /* any other url(), whatever its selector; image-set()'s chosen one */
};

struct css_want {
	enum css_want_what what;
	struct hf_bytes url; /* as written, escapes resolved; valid until the next call */
};

/*
 * What it asks for, one after another; scan is all zero but for css and density at the beginning. False: no more. attribute: declarations
 * without a rule around them.
 */
struct css_scan {
	struct css_reader in;
	double density;
	struct text value;
	uint32_t blocks, font_block; /* open ones */
	uint8_t state;
};

void css_scan_begin(struct css_scan *s, struct hf_bytes css, bool attribute, double density);
bool css_scan_next(struct css_scan *s, struct css_want *ret);
void css_scan_end(struct css_scan *s);

#endif
