/* SPDX-License-Identifier: MIT */
#include "crypto/cert_pem.h"
#include "base/ascii.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define LINE_CHARACTERS 64u

struct line {
	const uint8_t *at;
	size_t len;
};

void cert_trouble_say(struct hf_cert_trouble *t, unsigned block, const char *format, ...)
{
	va_list args;

	t->block = block;
	va_start(args, format);
	vsnprintf(t->sentence, sizeof(t->sentence), format, args);
	va_end(args);
}

struct pem pem_over(struct hf_bytes text)
{
	static const uint8_t nothing[1];
	const uint8_t *at = text.len ? text.at : nothing;

	return (struct pem){ .at = at, .end = at + text.len, .line = 1 };
}

/* Lines end with LF, CR LF, or the text; spaces at their end do not count. */
static bool next_line(struct pem *p, struct line *ret)
{
	const uint8_t *lf;

	if (p->at == p->end)
		return false;
	lf = memchr(p->at, '\n', (size_t)(p->end - p->at));
	ret->at = p->at;
	ret->len = (size_t)((lf ? lf : p->end) - p->at);
	p->at = lf ? lf + 1 : p->end;
	p->line++;
	while (ret->len > 0 &&
	       (ret->at[ret->len - 1] == '\r' || ret->at[ret->len - 1] == ' ' || ret->at[ret->len - 1] == '\t'))
		ret->len--;
	return true;
}

/* The label of a line of that kind; false when it is none. */
static bool label_of(const struct line *l, const char *begins, struct line *ret)
{
	size_t head = strlen(begins), tail = strlen(DASHES);

	if (l->len < head + tail || memcmp(l->at, begins, head) != 0 || memcmp(l->at + l->len - tail, DASHES, tail) != 0)
		return false;
	*ret = (struct line){ l->at + head, l->len - head - tail };
	return true;
}

bool pem_looks_like(struct hf_bytes text)
{
	struct pem p = pem_over(text);
	struct line l, label;

	while (next_line(&p, &l))
		if (label_of(&l, BEGIN, &label))
			return true;
	return false;
}

struct decoder {
	uint8_t *to;
	size_t len;
	uint32_t bits;
	unsigned held;   /* characters in bits */
	unsigned padded; /* "=" seen */
};

/* NULL, or what is wrong with this character. */
static const char *take_character(struct decoder *d, uint8_t c)
{
	int v;

	if (c == '=') {
		if (d->held < 2 || d->held + ++d->padded > 4)
			return "has a = where none may be";
		return NULL;
	}
	v = hf_ascii_base64(c);
	if (v < 0)
		return "is not base64";
	if (d->padded)
		return "goes on after the = that ends it";
	d->bits = d->bits << 6 | (uint32_t)v;
	if (++d->held < 4)
		return NULL;
	d->to[d->len++] = (uint8_t)(d->bits >> 16);
	d->to[d->len++] = (uint8_t)(d->bits >> 8);
	d->to[d->len++] = (uint8_t)d->bits;
	d->held = 0;
	d->bits = 0;
	return NULL;
}

static bool finish_decoder(struct decoder *d)
{
	if (d->held == 0)
		return d->padded == 0;
	if (d->held == 1 || d->held + d->padded != 4)
		return false;
	if (d->held == 2)
		d->to[d->len++] = (uint8_t)(d->bits >> 4);
	if (d->held == 3) {
		d->to[d->len++] = (uint8_t)(d->bits >> 10);
		d->to[d->len++] = (uint8_t)(d->bits >> 2);
	}
	return true;
}

static hf_status read_body(struct pem *p, struct pem_block *b, struct decoder *d, struct hf_cert_trouble *t)
{
	bool headers = true;
	struct line l, label;

	for (;;) {
		unsigned line = p->line;

		if (!next_line(p, &l)) {
			cert_trouble_say(t, p->block, "the block that begins in line %u has no END line", b->line);
			return HF_MALFORMED;
		}
		if (label_of(&l, END, &label))
			break;
		if (label_of(&l, BEGIN, &label)) {
			cert_trouble_say(t, p->block, "another block begins in line %u before this one has ended", line);
			return HF_MALFORMED;
		}
		if (headers && l.len > 0 && memchr(l.at, ':', l.len)) {
			static const char proc[] = "Proc-Type: 4,ENCRYPTED";

			b->encrypted |= l.len == sizeof(proc) - 1 && memcmp(l.at, proc, l.len) == 0;
			continue;
		}
		headers = headers && l.len == 0;
		for (size_t i = 0; i < l.len; i++) {
			const char *wrong = take_character(d, l.at[i]);

			if (wrong) {
				cert_trouble_say(t, p->block, "line %u, character %zu %s", line, i + 1, wrong);
				return HF_MALFORMED;
			}
		}
	}
	if (label.len != strlen(b->label) || memcmp(label.at, b->label, label.len) != 0) {
		cert_trouble_say(t, p->block, "it begins as %s but its END line in line %u says %.*s", b->label,
				 p->line - 1, (int)(label.len < 48 ? label.len : 48), (const char *)label.at);
		return HF_MALFORMED;
	}
	if (!finish_decoder(d)) {
		cert_trouble_say(t, p->block, "its base64 is cut short before line %u", p->line - 1);
		return HF_MALFORMED;
	}
	return HF_OK;
}

hf_status pem_next(struct pem *p, struct pem_block *ret, struct hf_cert_trouble *ret_trouble)
{
	struct pem_block b = { 0 };
	struct decoder d = { 0 };
	struct line l, label;
	hf_status st;

	do {
		b.line = p->line;
		if (!next_line(p, &l))
			return HF_NOT_FOUND;
	} while (!label_of(&l, BEGIN, &label));
	p->block++;
	if (label.len >= sizeof(b.label)) {
		cert_trouble_say(ret_trouble, p->block, "its name in line %u is longer than any that is known", b.line);
		return HF_MALFORMED;
	}
	memcpy(b.label, label.at, label.len);
	/* Four characters to three octets: what is left of the text is enough for any block in it. */
	d.to = malloc((size_t)(p->end - p->at) / 4 * 3 + 3);
	if (!d.to)
		return HF_FULL;
	b.der = d.to;
	st = read_body(p, &b, &d, ret_trouble);
	b.len = d.len;
	if (st != HF_OK) {
		pem_block_free(&b);
		return st;
	}
	*ret = b;
	return HF_OK;
}

void pem_block_free(struct pem_block *b)
{
	if (b->der)
		crypto_wipe(b->der, b->len);
	free(b->der);
	*b = (struct pem_block){ 0 };
}

char *pem_write(const char *label, struct hf_bytes der, size_t *ret_len)
{
	size_t characters = (der.len + 2) / 3 * 4, lines = (characters + LINE_CHARACTERS - 1) / LINE_CHARACTERS;
	size_t room = characters + lines + 2 * (strlen(label) + 24), at, column = 0;
	char *to = malloc(room);

	if (!to)
		return NULL;
	at = (size_t)snprintf(to, room, BEGIN "%s" DASHES "\n", label);
	for (size_t i = 0; i < der.len; i += 3) {
		hf_ascii_put_base64(to + at, der.at + i, der.len - i);
		at += 4;
		column += 4;
		if (column == LINE_CHARACTERS || i + 3 >= der.len) {
			to[at++] = '\n';
			column = 0;
		}
	}
	at += (size_t)snprintf(to + at, room - at, END "%s" DASHES "\n", label);
	*ret_len = at;
	return to;
}
