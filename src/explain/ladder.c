/* SPDX-License-Identifier: MIT */
#include "explain/ladder.h"

#include "base/bits.h"
#include "explain/segment.h"
#include "explain/sentence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Theory of operation. All that one host does at one time is a moment: what its trace tells, and the segments it sends
 * for it. A moment is drawn as its arrows (one line each, the states of both hosts as they are when the moment is over)
 * and then its sentences. Data that goes out in several segments at one time is one arrow. A moment of ordinary data and
 * ACKs only, of which nothing else is to be said, is routine: a long run of such moments is summed up in one line. With
 * look->all each segment has its arrow.
 */
#define TIME_WIDTH 10u
#define STATE_WIDTH 12u
#define SENTENCE_INDENT (TIME_WIDTH + 2)
#define ROUTINE_SHOWN 4u /* of the first long run, so many stand before the sum */
#define ROUTINE_LONG 6u

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

struct run { /* a run of routine moments left out */
	size_t moments, data, acks, syns, lost, kept, duplicates, evicted;
	uint64_t octets;
};

struct burst {      /* segments of one moment that are drawn as one arrow */
	size_t end; /* the event behind the last */
	size_t n;
	uint32_t octets;
};

/* Ports of a connection that one of the two hosts has begun with the other. */
struct pair {
	uint16_t a, b;
};

struct drawing {
	struct text *out;
	const struct look *look;
	const char *const *names;
	const struct ladder_event *e;
	struct segment *seg;        /* of each event that is a segment */
	struct sentence_base *base; /* of each event that is a record: numbers count from the ISNs of its time */
	size_t n;
	hf_time_ns start;
	struct segment_flows flows;
	struct pair *pair;
	size_t pairs;
	const char *state[2];
	bool changed[2];
	size_t routine; /* moments in a row so far */
	size_t runs;    /* summed up so far */
	struct run run;
};

static bool read_all(struct drawing *d);
static void forget_all(struct drawing *d);
static size_t moment_end(const struct drawing *d, size_t from);
static bool is_routine(const struct drawing *d, size_t from, size_t to);
static bool is_flood(const struct drawing *d, size_t from, size_t to);
static struct burst burst_at(const struct drawing *d, size_t from, size_t to);
static void skip_moment(struct drawing *d, size_t from, size_t to);
static void flush_run(struct drawing *d);
static size_t routine_ahead(const struct drawing *d, size_t from);
static void draw_moment(struct drawing *d, size_t from, size_t to);
static bool is_between_them(const struct drawing *d, const struct hf_trace_record *r);
static void draw_note(struct drawing *d, const struct ladder_event *e);
static bool is_said_already(const struct drawing *d, size_t i, size_t from, size_t to);
static void draw_record(struct drawing *d, size_t i);
static void draw_segment_sentence(struct drawing *d, size_t i, const struct burst *b);
static void draw_rails(struct drawing *d, hf_time_ns at);
static void note_states(struct drawing *d, size_t from, size_t to);
static void draw_row(struct drawing *d, hf_time_ns at, const char *middle, const char *colour);
static void draw_arrow(struct drawing *d, const struct ladder_event *e, const struct segment *s, size_t n);
static void draw_sentence(struct drawing *d, const char *who, const char *sentence, const char *rfc);
static void draw_head(struct drawing *d);
static unsigned middle_width(const struct drawing *d);

void ladder_text(struct text *out, const char *const names[2], const struct ladder_event *e, size_t n, hf_time_ns start,
		 const struct look *look)
{
	struct drawing d = {
		.out = out, .look = look, .names = names, .e = e, .n = n, .start = start, .state = { "CLOSED", "CLOSED" }
	};

	if (!read_all(&d)) {
		out->failed = true;
		return;
	}

	draw_head(&d);
	for (size_t at = 0; at < n;) {
		size_t end = moment_end(&d, at);

		if (!is_routine(&d, at, end)) {
			flush_run(&d);
			d.routine = 0;
			draw_moment(&d, at, end);
		} else if (d.run.moments > 0 ||
			   (d.routine >= (d.runs ? 0 : ROUTINE_SHOWN) && routine_ahead(&d, at) > ROUTINE_LONG)) {
			skip_moment(&d, at, end);
		} else {
			d.routine++;
			draw_moment(&d, at, end);
		}
		at = end;
	}
	flush_run(&d);
	forget_all(&d);
}

static bool read_all(struct drawing *d)
{
	d->seg = calloc(d->n + 1, sizeof(*d->seg));
	d->base = calloc(d->n + 1, sizeof(*d->base));
	d->pair = calloc(d->n + 1, sizeof(*d->pair));
	segment_flows_init(&d->flows);
	if (!d->seg || !d->base || !d->pair) {
		forget_all(d);
		return false;
	}
	for (size_t i = 0; i < d->n; i++) {
		const struct ladder_event *e = &d->e[i];
		struct segment *s = &d->seg[i];

		if (e->what == LADDER_SEGMENT) {
			segment_read(&d->flows, e->packet, e->side == LADDER_NOBODY, s);
			if (e->side != LADDER_NOBODY && s->tcp && (s->h.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
				d->pair[d->pairs++] = (struct pair){ s->src.port, s->dst.port };
		} else if (e->what == LADDER_RECORD) {
			d->base[i] = sentence_base_of(&d->flows, &e->record);
		}
	}
	return true;
}

static void forget_all(struct drawing *d)
{
	segment_flows_free(&d->flows);
	free(d->seg);
	free(d->base);
	free(d->pair);
}

/* One host at one time; a remark, and a packet from nobody, stand alone. */
static size_t moment_end(const struct drawing *d, size_t from)
{
	const struct ladder_event *first = &d->e[from];
	size_t to = from + 1;

	if (first->what == LADDER_NOTE || first->side == LADDER_NOBODY)
		return to;
	while (to < d->n && d->e[to].what != LADDER_NOTE && d->e[to].at == first->at && d->e[to].side == first->side)
		to++;
	return to;
}

static bool is_routine(const struct drawing *d, size_t from, size_t to)
{
	if (d->look->all)
		return false;
	if (is_flood(d, from, to))
		return true;
	for (size_t i = from; i < to; i++) {
		const struct ladder_event *e = &d->e[i];
		const struct segment *s = &d->seg[i];

		switch (e->what) {
		case LADDER_NOTE:
			return false;
		case LADDER_SEGMENT:
			if (!s->tcp || e->note || s->again || s->h.flags & (TCP_SYN | TCP_FIN | TCP_RST) || s->h.window == 0)
				return false;
			/* A lost ACK is made good by the next one. */
			if (e->fate != LADDER_ARRIVES && !(e->fate == LADDER_LOST && s->len == 0))
				return false;
			break;
		case LADDER_RECORD:
			if (!sentence_is_plain(&e->record) && e->record.kind != HF_TR_TCP_OUT_OF_ORDER &&
			    e->record.kind != HF_TR_TCP_DUPLICATE && e->record.kind != HF_TR_TCP_DELAYED_ACK)
				return false;
			break;
		}
	}
	return true;
}

/* SYNs that nobody meant, and their answers to nobody: they come in crowds. */
static bool is_flood(const struct drawing *d, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct ladder_event *e = &d->e[i];

		if (e->what == LADDER_NOTE || e->note)
			return false;
		if (e->what == LADDER_SEGMENT) {
			if (!(d->seg[i].h.flags & TCP_SYN) || (e->side != LADDER_NOBODY && e->fate != LADDER_LOST))
				return false;
		} else if (e->record.kind == HF_TR_TCP_STATE) {
			if (e->record.to != HF_TCP_SYN_RECEIVED)
				return false;
		} else if (e->record.kind != HF_TR_TCP_SYN_CACHED && e->record.kind != HF_TR_TCP_SYN_EVICTED &&
			   !sentence_is_plain(&e->record)) {
			return false;
		}
	}
	return true;
}

/* The data segments from here on that follow each other without anything to be told of one of them. */
static struct burst burst_at(const struct drawing *d, size_t from, size_t to)
{
	struct burst b = { .end = from + 1, .n = 1, .octets = d->seg[from].len };

	for (size_t i = from; i < to; i++) {
		const struct ladder_event *e = &d->e[i];
		const struct segment *s = &d->seg[i];

		if (e->what == LADDER_RECORD && sentence_is_plain(&e->record))
			continue;
		if (e->what != LADDER_SEGMENT || d->look->all || !s->tcp || s->len == 0 || s->again || e->note ||
		    e->fate != LADDER_ARRIVES || e->side == LADDER_NOBODY || s->h.flags & (TCP_SYN | TCP_FIN | TCP_RST))
			break;
		if (i == from)
			continue;
		if (s->rel_seq != d->seg[from].rel_seq + b.octets)
			break;
		b.end = i + 1;
		b.n++;
		b.octets += s->len;
	}
	return b;
}

static size_t routine_ahead(const struct drawing *d, size_t from)
{
	size_t found = 0;

	while (from < d->n && found <= ROUTINE_LONG) {
		size_t to = moment_end(d, from);

		if (!is_routine(d, from, to))
			break;
		found++;
		from = to;
	}
	return found;
}

static void skip_moment(struct drawing *d, size_t from, size_t to)
{
	d->run.moments++;
	d->routine++;
	note_states(d, from, to);
	for (size_t i = from; i < to; i++) {
		if (d->e[i].what == LADDER_SEGMENT) {
			bool syn = d->seg[i].h.flags & TCP_SYN;

			d->run.syns += syn;
			d->run.data += !syn && d->seg[i].len > 0;
			d->run.acks += !syn && d->seg[i].len == 0;
			d->run.lost += !syn && d->e[i].fate == LADDER_LOST;
			d->run.octets += d->seg[i].len;
		} else {
			d->run.kept += d->e[i].record.kind == HF_TR_TCP_OUT_OF_ORDER;
			d->run.duplicates += d->e[i].record.kind == HF_TR_TCP_DUPLICATE;
			d->run.evicted += d->e[i].record.kind == HF_TR_TCP_SYN_EVICTED;
		}
	}
}

static const char *segments(size_t n)
{
	return n == 1 ? "segment" : "segments";
}

static void add_count(struct text *t, size_t n, const char *what)
{
	if (n)
		text_addf(t, " %zu %s %s,", n, segments(n), what);
}

static void flush_run(struct drawing *d)
{
	const struct run *r = &d->run;
	struct text t;

	if (r->moments == 0)
		return;
	text_init(&t);
	text_add(&t, "... and so on:");
	if (r->data)
		text_addf(&t, " %" PRIu64 " octets in %zu %s,", r->octets, r->data, segments(r->data));
	add_count(&t, r->acks, "with an ACK only");
	add_count(&t, r->lost, "of these lost");
	add_count(&t, r->kept, "kept beyond a hole");
	add_count(&t, r->duplicates, "with nothing new");
	add_count(&t, r->syns, "with SYN");
	if (r->evicted)
		text_addf(&t, " the SYN cache makes room %zu times,", r->evicted);
	t.at[t.len - 1] = ' ';
	text_add(&t, "...");
	if (r->data + r->acks + r->syns > 0)
		text_wrap(d->out, text_str(&t), SENTENCE_INDENT, d->look->columns);
	text_free(&t);
	d->run = (struct run){ 0 };
	d->runs++;
	d->routine = 0;
}

static void draw_moment(struct drawing *d, size_t from, size_t to)
{
	size_t arrows = 0, sentences = 0, last_ack = to;

	note_states(d, from, to);
	if (d->e[from].what == LADDER_NOTE) {
		draw_note(d, &d->e[from]);
		return;
	}
	for (size_t i = from; i < to;) {
		struct burst b = burst_at(d, i, to);

		sentences += d->e[i].what == LADDER_RECORD && !sentence_is_plain(&d->e[i].record);
		if (d->e[i].what == LADDER_SEGMENT) {
			struct segment s = d->seg[i];

			s.len = b.octets;
			draw_arrow(d, &d->e[i], &s, b.n);
			arrows++;
			last_ack = s.len == 0 ? i : last_ack;
		}
		i = b.end;
	}
	if (arrows == 0 && sentences > 0)
		draw_rails(d, d->e[from].at);
	for (size_t i = from; i < to;) {
		const struct ladder_event *e = &d->e[i];
		struct burst b = burst_at(d, i, to);

		/* Of several ACKs the last says it all. */
		if (e->what == LADDER_RECORD) {
			if (!is_said_already(d, i, from, to))
				draw_record(d, i);
		} else if (sentences == 0 && (e->side != LADDER_NOBODY || !e->note) && (d->seg[i].len > 0 || i == last_ack)) {
			draw_segment_sentence(d, i, &b);
		}
		if (e->what == LADDER_SEGMENT && e->note)
			draw_sentence(d, "network", e->note, NULL);
		i = b.end;
	}
}

static bool is_said_already(const struct drawing *d, size_t i, size_t from, size_t to)
{
	for (size_t k = from; k < to; k++)
		if (d->e[k].what == LADDER_RECORD && sentence_is_said_by(&d->e[i].record, &d->e[k].record))
			return true;
	return false;
}

static void draw_record(struct drawing *d, size_t i)
{
	const struct ladder_event *e = &d->e[i];
	struct text t;

	if (sentence_is_plain(&e->record))
		return;
	text_init(&t);
	sentence_add(&t, &e->record, &d->base[i]);
	draw_sentence(d, d->names[e->side], text_str(&t), sentence_rfc(&e->record));
	text_free(&t);
}

static void draw_segment_sentence(struct drawing *d, size_t i, const struct burst *b)
{
	struct segment s = d->seg[i];
	struct text t;

	text_init(&t);
	s.len = b->octets;
	segment_add_sentence(&t, &s);
	if (b->n > 1)
		text_addf(&t, " in %zu segments", b->n);
	/* A packet the network explains by no remark was put on the wire by somebody else. */
	draw_sentence(d, d->e[i].side == LADDER_NOBODY ? "attacker" : d->names[d->e[i].side], text_str(&t),
		      segment_rfc(&s));
	text_free(&t);
}

static void draw_note(struct drawing *d, const struct ladder_event *e)
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

static void note_states(struct drawing *d, size_t from, size_t to)
{
	d->changed[0] = d->changed[1] = false;
	for (size_t i = from; i < to; i++) {
		const struct ladder_event *e = &d->e[i];

		if (e->what != LADDER_RECORD || e->record.kind != HF_TR_TCP_STATE || e->side > 1 ||
		    !is_between_them(d, &e->record))
			continue;
		d->state[e->side] = hf_tcp_state_name(e->record.to);
		d->changed[e->side] = true;
	}
}

/* The columns show the connection between the two; what strangers make of a host is told in sentences only. */
static bool is_between_them(const struct drawing *d, const struct hf_trace_record *r)
{
	for (size_t i = 0; i < d->pairs; i++)
		if ((d->pair[i].a == r->local_port && d->pair[i].b == r->remote_port) ||
		    (d->pair[i].a == r->remote_port && d->pair[i].b == r->local_port))
			return true;
	return d->pairs == 0 || r->remote_port == 0;
}

static void draw_head(struct drawing *d)
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
static void draw_rails(struct drawing *d, hf_time_ns at)
{
	struct text t;

	text_init(&t);
	text_add(&t, "|");
	text_fill(&t, ' ', middle_width(d) - 2);
	text_add(&t, "|");
	draw_row(d, at, text_str(&t), "");
	text_free(&t);
}

static void draw_arrow(struct drawing *d, const struct ladder_event *e, const struct segment *s, size_t n)
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
	}
	if (label.len + 10 > width) { /* never wider than the picture */
		label.at[width - 10] = '\0';
		label.len = width - 10;
	}
	/* Between the rails: two dashes, the label between spaces, the shaft, the head. */
	shaft = width - 2 - (unsigned)label.len - 5;
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

static void draw_sentence(struct drawing *d, const char *who, const char *sentence, const char *rfc)
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
