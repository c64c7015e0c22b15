/* SPDX-License-Identifier: MIT */
/* How the rows of a ladder look: states, arrows between the rails, sentences below. */
#include "explain/ladder_internal.h"

#include "base/bits.h"

#include <string.h>

#define TIME_WIDTH LADDER_TIME_WIDTH
#define STATE_WIDTH LADDER_STATE_WIDTH
#define SENTENCE_INDENT LADDER_INDENT

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define PLAIN "\033[0m"
#define TLS_COLOUR "\033[36m"
#define TLS_MARGIN 3u   /* blanks between a rail and what crosses */
#define AROUND_LABEL 5u /* two dashes, a blank on either side, the head */

static unsigned middle_width(const struct drawing *d);
static void draw_row(struct drawing *d, hf_time_ns at, const char *middle, const char *colour);

void ladder_draw_head(struct drawing *d)
{
	const char *bold = d->look->colour ? BOLD : "";
	const char *plain = d->look->colour ? PLAIN : "";

	text_addf(d->out, "%s%*s  %-*s  ", bold, (int)TIME_WIDTH, "time", (int)STATE_WIDTH, d->names[0]);
	text_fill(d->out, ' ', middle_width(d));
	text_addf(d->out, "  %s%s\n", d->names[1], plain);
}

static unsigned middle_width(const struct drawing *d)
{
	return d->look->columns - TIME_WIDTH - 2 * STATE_WIDTH - 6;
}

/* The middle is as wide as it has to be; the states of both hosts stand beside it. */
static void draw_row(struct drawing *d, hf_time_ns at, const char *middle, const char *colour)
{
	const char *on[2], *off = d->look->colour ? PLAIN : "";
	struct text t;

	for (unsigned i = 0; i < 2; i++)
		on[i] = d->look->colour && d->changed[i] ? BOLD : "";
	text_init(&t);
	text_add_time(&t, at - d->start);
	text_addf(d->out, "%*s  %s%-*s%s  ", (int)TIME_WIDTH, text_str(&t), on[0], (int)STATE_WIDTH, d->state[0], off);
	text_addf(d->out, "%s%s%s", colour, middle, *colour ? PLAIN : "");
	text_addf(d->out, "  %s%s%s\n", on[1], d->state[1], off);
	text_free(&t);
}

/* Nothing crosses now. */
void ladder_draw_rails(struct drawing *d, hf_time_ns at)
{
	struct text t;

	text_init(&t);
	text_add(&t, "|");
	text_fill(&t, ' ', middle_width(d) - 2);
	text_add(&t, "|");
	draw_row(d, at, text_str(&t), "");
	text_free(&t);
}

/* A state with its blanks: a long one takes the two that stand between the columns. */
static void add_state(struct text *t, const char *state, unsigned width)
{
	const size_t n = hf_min_u64(strcspn(state ? state : "", " "), width);

	text_add_n(t, state ? state : "", n);
	text_fill(t, ' ', width - n);
}

/* Octets of the next line: it ends at a blank if it can. */
static size_t line_length(const char *s, size_t width)
{
	size_t n = strlen(s);

	if (n <= width)
		return n;
	for (n = width; n > 0 && s[n] != ' ';)
		n--;
	return n ? n : width;
}

void ladder_draw_tls(struct drawing *d, const char *content, bool right)
{
	const unsigned width = middle_width(d), inner = width - 2 - 2 * TLS_MARGIN;
	const char *on = d->look->colour ? TLS_COLOUR : "", *off = d->look->colour ? PLAIN : "";
	bool first = true;

	do {
		const size_t n = line_length(content, inner);

		text_fill(d->out, ' ', TIME_WIDTH + 2);
		text_add(d->out, on);
		add_state(d->out, first ? d->tls_state[0] : "", STATE_WIDTH + 1);
		text_addf(d->out, "%s |", off);
		text_fill(d->out, ' ', right ? TLS_MARGIN : width - 2 - TLS_MARGIN - n);
		text_add(d->out, on);
		text_add_n(d->out, content, n);
		text_add(d->out, off);
		text_fill(d->out, ' ', right ? width - 2 - TLS_MARGIN - n : TLS_MARGIN);
		text_add(d->out, "|");
		if (first && d->tls_state[1]) {
			const size_t state = strcspn(d->tls_state[1], " ");

			text_addf(d->out, "%s%s", state > STATE_WIDTH ? " " : "  ", on); /* the picture's edge is hard */
			text_add_n(d->out, d->tls_state[1], state);
			text_add(d->out, off);
		}
		text_add(d->out, "\n");
		content += n;
		content += *content == ' ';
		first = false;
	} while (*content);
}

/* Never wider than the picture, and no number that has lost its last digits: it would be taken for the number. */
static void fit_label(struct text *label, size_t width)
{
	size_t n = width - 2;

	if (label->len <= width)
		return;
	while (n > 0 && label->at[n] != ' ')
		n--;
	n -= n > 0 && label->at[n - 1] == ',';
	label->at[n] = '\0';
	label->len = n;
	text_add(label, "..");
}

void ladder_draw_arrow(struct drawing *d, const struct ladder_event *e, const struct segment *s, size_t n)
{
	unsigned width = middle_width(d), shaft, gap = 0;
	bool right = e->to == 1, nobody = e->side == LADDER_NOBODY;
	struct text label, line;
	const char *colour = "";

	text_init(&label);
	text_init(&line);
	segment_add_label(&label, s);
	if (n > 1)
		text_addf(&label, " in %zu segments", n);
	if (e->fate == LADDER_DELAYED) {
		text_add(&label, ", arrives ");
		text_add_time(&label, e->arrives - d->start);
	} else if (e->fate == LADDER_DUPLICATED) {
		text_add(&label, ", arrives twice");
	} else if (e->fate == LADDER_CORRUPTED) {
		text_add(&label, ", a bit flips");
	} else if (e->fate == LADDER_CHANGED) {
		text_add(&label, ", changed on the way");
	}
	fit_label(&label, width - 2 - AROUND_LABEL - 1);
	shaft = width - 2 - AROUND_LABEL - (unsigned)label.len;
	if (e->fate == LADDER_LOST)
		gap = shaft / 3;
	shaft -= gap;
	if (right) {
		text_addf(&line, "%c-- %s ", nobody ? '*' : '|', text_str(&label));
		text_fill(&line, '-', shaft);
		text_add(&line, e->fate == LADDER_LOST ? "X" : ">");
		text_fill(&line, ' ', gap);
		text_add(&line, "|");
	} else {
		text_add(&line, "|");
		text_fill(&line, ' ', gap);
		text_add(&line, e->fate == LADDER_LOST ? "X" : "<");
		text_fill(&line, '-', shaft);
		text_addf(&line, " %s --%c", text_str(&label), nobody ? '*' : '|');
	}
	if (d->look->colour && e->fate != LADDER_ARRIVES)
		colour = RED;
	draw_row(d, e->at, text_str(&line), colour);
	text_free(&label);
	text_free(&line);
}

void ladder_draw_sentence(struct drawing *d, const char *who, const char *sentence, const char *rfc)
{
	struct text t;

	text_init(&t);
	text_addf(&t, "%s: %s", who, sentence);
	if (rfc)
		text_addf(&t, " [RFC %s]", rfc);
	if (d->look->colour)
		text_add(d->out, DIM);
	text_wrap(d->out, text_str(&t), SENTENCE_INDENT, d->look->columns);
	if (d->look->colour)
		text_add(d->out, PLAIN);
	text_free(&t);
}

void ladder_draw_note(struct drawing *d, const struct ladder_event *e)
{
	struct text note, wrapped;

	text_init(&note);
	text_init(&wrapped);
	text_add_time(&note, e->at - d->start);
	text_addf(d->out, "%*s  ", (int)TIME_WIDTH, text_str(&note));
	text_clear(&note);
	text_addf(&note, "-- %s", e->note);
	text_wrap(&wrapped, text_str(&note), SENTENCE_INDENT, d->look->columns);
	/* The time stands where the first line is indented. */
	text_add(d->out, wrapped.len > SENTENCE_INDENT ? text_str(&wrapped) + SENTENCE_INDENT : "\n");
	text_free(&note);
	text_free(&wrapped);
}
