/* SPDX-License-Identifier: MIT */
#include "explain/ladder_internal.h"

#include "base/bits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Theory of operation. All that one host does at one time is a moment: what its trace tells, and the segments it sends
 * for it. A moment is drawn as its arrows (one line each, the states of both hosts as they are when the moment is over)
 * and then its sentences. Data that goes out in several segments at one time is one arrow. A moment of ordinary data and
 * ACKs only, of which nothing else is to be said, is routine: a long run of such moments is summed up in one line. With
 * look->all each segment has its arrow. Below an arrow stands what it carries of TLS, beside the states of TLS.
 */
#define ROUTINE_SHOWN 4u /* of the first long run, so many stand before the sum */
#define ROUTINE_LONG 6u

static void add_legend(const struct drawing *d);
static bool read_all(struct drawing *d);
static void forget_silent(struct drawing *d);
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
static void note_states(struct drawing *d, size_t from, size_t to);
static bool is_said_already(const struct drawing *d, size_t i, size_t from, size_t to);
static void draw_told(struct drawing *d, size_t i);
static void draw_segment_sentence(struct drawing *d, size_t i, const struct burst *b);
static bool draw_content(struct drawing *d, size_t i, const struct burst *b);
static bool has_sentence(const struct ladder_event *e);
static bool draw_details(struct drawing *d, size_t i, const struct burst *b);

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
	forget_silent(&d);
	ladder_draw_head(&d);
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
	add_legend(&d);
	forget_all(&d);
}

/* Of a host that tells nothing, as somebody else's, the states are not known. */
static void forget_silent(struct drawing *d)
{
	bool tells[2] = { false, false };

	for (size_t i = 0; i < d->n; i++)
		if (d->e[i].what == LADDER_RECORD && d->e[i].side < 2)
			tells[d->e[i].side] = true;
	for (unsigned side = 0; side < 2; side++)
		if (!tells[side] && tells[!side])
			d->state[side] = "";
}

static void add_legend(const struct drawing *d)
{
	struct text t;

	text_init(&t);
	tls_fold_add_legend(&d->fold, &t);
	if (t.len > 0)
		text_wrap(d->out, text_str(&t), LADDER_INDENT, d->look->columns);
	text_free(&t);
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
	tls_fold_init(&d->fold, d->e, d->seg, d->n);
	if (d->fold.failed) {
		forget_all(d);
		return false;
	}
	return true;
}

static void forget_all(struct drawing *d)
{
	tls_fold_free(&d->fold);
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
		case LADDER_REMARK:
		case LADDER_SAYS:
			return false;
		case LADDER_TLS:
			if (e->tls.kind != HF_TLS_TOLD_RECORD)
				return false;
			break;
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

		if ((e->what != LADDER_SEGMENT && e->what != LADDER_RECORD) || e->note)
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

		if (e->what != LADDER_SEGMENT && e->what != LADDER_REMARK && !has_sentence(e))
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
		} else if (d->e[i].what == LADDER_RECORD) {
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
		text_wrap(d->out, text_str(&t), LADDER_INDENT, d->look->columns);
	text_free(&t);
	d->run = (struct run){ 0 };
	d->runs++;
	d->routine = 0;
}

static void draw_moment(struct drawing *d, size_t from, size_t to)
{
	size_t arrows = 0, sentences = 0, last_ack = to;
	bool content = false;

	note_states(d, from, to);
	if (d->e[from].what == LADDER_NOTE) {
		ladder_draw_note(d, &d->e[from]);
		return;
	}
	for (size_t i = from; i < to; i++)
		if (d->e[i].what == LADDER_REMARK)
			ladder_draw_note(d, &d->e[i]);
	for (size_t i = from; i < to;) {
		struct burst b = burst_at(d, i, to);

		sentences += has_sentence(&d->e[i]);
		if (d->e[i].what == LADDER_SEGMENT) {
			struct segment s = d->seg[i];

			s.len = b.octets;
			ladder_draw_arrow(d, &d->e[i], &s, b.n);
			content |= draw_content(d, i, &b);
			arrows++;
			last_ack = s.len == 0 ? i : last_ack;
		}
		i = b.end;
	}
	if (arrows == 0 && (sentences > 0 || d->tls_changed[0] || d->tls_changed[1]))
		ladder_draw_rails(d, d->e[from].at);
	if (!content && (d->tls_changed[0] || d->tls_changed[1]))
		ladder_draw_tls(d, "", true);
	for (size_t i = from; i < to;) {
		const struct ladder_event *e = &d->e[i];
		struct burst b = burst_at(d, i, to);

		/* Of several ACKs the last says it all. */
		if (e->what != LADDER_SEGMENT) {
			if (!is_said_already(d, i, from, to))
				draw_told(d, i);
		} else if (!draw_details(d, i, &b) && sentences == 0 && (e->side != LADDER_NOBODY || !e->note) &&
			   (d->seg[i].len > 0 || i == last_ack)) {
			draw_segment_sentence(d, i, &b);
		}
		if (e->what == LADDER_SEGMENT && e->note)
			ladder_draw_sentence(d, "network", e->note, NULL);
		i = b.end;
	}
}

/* What the segment carries of TLS; false: nothing. */
static bool draw_content(struct drawing *d, size_t i, const struct burst *b)
{
	struct text t;
	bool any;

	text_init(&t);
	any = tls_fold_add(&d->fold, i, b->octets, &t);
	if (any)
		ladder_draw_tls(d, text_str(&t), d->e[i].to == 1);
	text_free(&t);
	return any;
}

/* What of it can be read by anybody. */
static bool draw_details(struct drawing *d, size_t i, const struct burst *b)
{
	struct text t;
	size_t cursor = 0;
	bool any = false;

	if (d->e[i].side == LADDER_NOBODY)
		return false;
	text_init(&t);
	for (; tls_fold_next_plain(&d->fold, i, b->octets, &cursor, &t); text_clear(&t)) {
		ladder_draw_sentence(d, d->names[d->e[i].side], text_str(&t), NULL);
		any = true;
	}
	text_free(&t);
	return any;
}

static bool has_sentence(const struct ladder_event *e)
{
	switch (e->what) {
	case LADDER_RECORD:
		return !sentence_is_plain(&e->record);
	case LADDER_TLS:
		return !tls_told_is_plain(&e->tls);
	case LADDER_SAYS:
		return true;
	default:
		return false;
	}
}

static bool is_said_already(const struct drawing *d, size_t i, size_t from, size_t to)
{
	if (d->e[i].what != LADDER_RECORD)
		return false;
	for (size_t k = from; k < to; k++)
		if (d->e[k].what == LADDER_RECORD && sentence_is_said_by(&d->e[i].record, &d->e[k].record))
			return true;
	return false;
}

static void draw_told(struct drawing *d, size_t i)
{
	const struct ladder_event *e = &d->e[i];
	struct text t;

	if (!has_sentence(e))
		return;
	text_init(&t);
	if (e->what == LADDER_SAYS) {
		ladder_draw_sentence(d, d->names[e->side], e->note, e->rfc);
	} else if (e->what == LADDER_TLS) {
		tls_told_add_sentence(&t, &e->tls);
		ladder_draw_sentence(d, d->names[e->side], text_str(&t), tls_told_rfc(&e->tls));
	} else {
		sentence_add(&t, &e->record, &d->base[i]);
		ladder_draw_sentence(d, d->names[e->side], text_str(&t), sentence_rfc(&e->record));
	}
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
	ladder_draw_sentence(d, d->e[i].side == LADDER_NOBODY ? "attacker" : d->names[d->e[i].side], text_str(&t),
			     segment_rfc(&s));
	text_free(&t);
}

static void note_states(struct drawing *d, size_t from, size_t to)
{
	for (unsigned i = 0; i < 2; i++)
		d->changed[i] = d->tls_changed[i] = false;
	for (size_t i = from; i < to; i++) {
		const struct ladder_event *e = &d->e[i];

		if (e->side > 1)
			continue;
		if (e->what == LADDER_TLS) {
			const char *state = hf_tls_state_name(e->tls.to);

			d->tls_changed[e->side] |= d->tls_state[e->side] != state;
			d->tls_state[e->side] = state;
		} else if (e->what == LADDER_RECORD && e->record.kind == HF_TR_TCP_STATE && is_between_them(d, &e->record)) {
			/* A new connection: what TLS was on the one before is over. */
			if (e->record.to == HF_TCP_SYN_SENT || e->record.to == HF_TCP_SYN_RECEIVED)
				d->tls_state[e->side] = NULL;
			d->state[e->side] = hf_tcp_state_name(e->record.to);
			d->changed[e->side] = true;
		}
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
