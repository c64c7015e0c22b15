/* SPDX-License-Identifier: MIT */
#include "explain/tls_fold.h"
#include "explain/grow.h"

#include "base/bits.h"
#include "explain/tls_view_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * Theory of operation. One walk over the events puts together what each host has sent on each connection (retransmissions
 * bring nothing new), and gives what it told of its own records to that stream. Then the streams are cut into records, whose
 * headers are never encrypted, and each record gets what was told with its offset. A record of which nothing was told goes on
 * with the message before it, or comes from somebody else.
 */
struct record {
	uint64_t start, end;
	uint8_t type;
	size_t told, n; /* of the stream's */
};

struct tls_fold_stream {
	struct hf_endpoint src, dst;
	uint32_t isn;
	uint8_t side;
	struct text octets;
	const struct hf_tls_record_told **told; /* sent, in order */
	size_t tolds, told_room;
	struct record *record;
	size_t records;
};

struct tls_fold_place { /* of a segment's first octet */
	size_t stream;  /* counts from 1; 0: none */
	uint64_t offset;
	uint32_t len;
};

static void place_segment(struct tls_fold *f, size_t i, const struct segment *s);
static void give_told(struct tls_fold *f, const struct ladder_event *e);
static void cut(struct tls_fold *f, struct tls_fold_stream *s);
static const struct record *record_at(const struct tls_fold_stream *s, uint64_t offset);

void tls_fold_init(struct tls_fold *f, const struct ladder_event *e, const struct segment *seg, size_t n)
{
	*f = (struct tls_fold){ .e = e, .n = n, .place = calloc(n + 1, sizeof(*f->place)) };
	if (!f->place) {
		f->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (e[i].what == LADDER_SEGMENT && e[i].side != LADDER_NOBODY && seg[i].tcp)
			place_segment(f, i, &seg[i]);
		else if (e[i].what == LADDER_TLS && e[i].tls.sent)
			give_told(f, &e[i]);
	}
	for (size_t i = 0; i < f->streams; i++)
		if (f->stream[i].tolds > 0)
			cut(f, &f->stream[i]);
}

void tls_fold_free(struct tls_fold *f)
{
	for (size_t i = 0; i < f->streams; i++) {
		text_free(&f->stream[i].octets);
		free(f->stream[i].told);
		free(f->stream[i].record);
	}
	free(f->stream);
	free(f->place);
	*f = (struct tls_fold){ 0 };
}

bool tls_fold_any(const struct tls_fold *f)
{
	for (size_t i = 0; i < f->streams; i++)
		if (f->stream[i].tolds > 0)
			return true;
	return false;
}

/* ---- streams ---- */

static bool same(const struct hf_endpoint *a, const struct hf_endpoint *b)
{
	return a->port == b->port && memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

/* Counts from 1; 0: none. */
static size_t stream_of(struct tls_fold *f, uint8_t side, const struct segment *s)
{
	const bool syn = s->h.flags & TCP_SYN;

	for (size_t i = f->streams; i-- > 0;) {
		const struct tls_fold_stream *known = &f->stream[i];

		if (same(&known->src, &s->src) && same(&known->dst, &s->dst) && (!syn || known->isn == s->h.seq))
			return i + 1;
	}
	if (!syn) /* its numbers count from nothing known */
		return 0;
	f->stream = grow_array(f->stream, f->streams, &f->stream_room, sizeof(*f->stream), &f->failed);
	if (f->failed)
		return 0;
	f->stream[f->streams] = (struct tls_fold_stream){ .src = s->src, .dst = s->dst, .isn = s->h.seq, .side = side };
	return ++f->streams;
}

static void place_segment(struct tls_fold *f, size_t i, const struct segment *s)
{
	const size_t at = stream_of(f, f->e[i].side, s);
	struct tls_fold_stream *stream;
	uint64_t offset;

	if (at == 0 || s->len == 0 || s->rel_seq < 1)
		return;
	stream = &f->stream[at - 1];
	offset = (uint64_t)s->rel_seq - 1;
	f->place[i] = (struct tls_fold_place){ at, offset, s->len };
	if (offset > stream->octets.len || offset + s->len <= stream->octets.len)
		return;
	text_add_n(&stream->octets, (const char *)s->h.payload.at + (stream->octets.len - offset),
		   s->len - (stream->octets.len - offset));
}

/* The latest connection between these ports: what is told has no addresses. */
static void give_told(struct tls_fold *f, const struct ladder_event *e)
{
	for (size_t i = f->streams; i-- > 0;) {
		struct tls_fold_stream *s = &f->stream[i];

		if (s->side != e->side || s->src.port != e->local_port || s->dst.port != e->remote_port)
			continue;
		s->told = (const struct hf_tls_record_told **)grow_array(
			(void *)s->told, s->tolds, &s->told_room, sizeof(const struct hf_tls_record_told *), &f->failed);
		if (!f->failed)
			s->told[s->tolds++] = &e->tls;
		return;
	}
}

/* ---- records ---- */

static bool is_inside(const struct hf_tls_record_told *r)
{
	return r->kind == HF_TLS_TOLD_MESSAGE || r->kind == HF_TLS_TOLD_RECORD || r->kind == HF_TLS_TOLD_CCS ||
	       r->kind == HF_TLS_TOLD_ALERT;
}

static void cut(struct tls_fold *f, struct tls_fold_stream *s)
{
	const uint8_t *at = (const uint8_t *)s->octets.at;
	size_t room = 0, told = 0;

	for (uint64_t start = 0; start + TLS_RECORD_HEADER <= s->octets.len;) {
		struct record r = { .start = start, .type = at[start] };

		r.end = start + TLS_RECORD_HEADER + hf_load16(at + start + 3);
		while (told < s->tolds && (s->told[told]->offset < start || !is_inside(s->told[told])))
			told++;
		r.told = told;
		for (; told < s->tolds && s->told[told]->offset == start; told++)
			r.n = told + 1 - r.told;
		s->record = grow_array(s->record, s->records, &room, sizeof(*s->record), &f->failed);
		if (f->failed)
			return;
		s->record[s->records++] = r;
		start = r.end;
	}
}

/* The record in which this octet lies, or NULL. */
static const struct record *record_at(const struct tls_fold_stream *s, uint64_t offset)
{
	for (size_t i = 0; i < s->records; i++)
		if (offset < s->record[i].end)
			return &s->record[i];
	return NULL;
}

/* ---- words ---- */

void tls_fold_add_message(struct text *t, unsigned message)
{
	if (message == TLS_CCS_MESSAGE)
		text_add(t, "ChangeCipherSpec");
	else if (message == TLS_HELLO_RETRY_REQUEST)
		text_add(t, "HelloRetryRequest");
	else
		tls_view_add_message(t, message);
}

static void add_told(struct text *t, const struct hf_tls_record_told *r)
{
	switch (r->kind) {
	case HF_TLS_TOLD_MESSAGE:
		tls_fold_add_message(t, r->x);
		break;
	case HF_TLS_TOLD_CCS:
		tls_fold_add_message(t, TLS_CCS_MESSAGE);
		break;
	case HF_TLS_TOLD_ALERT:
		text_addf(t, "alert %s", tls_alert_name(r->x));
		break;
	default:
		text_addf(t, "data %" PRIu32, r->len);
		break;
	}
}

/* What stands around what is encrypted, by whose keys. */
static const char *const marks[2][4] = { { "", "<", "{", "[" }, { "", ">", "}", "]" } };

void tls_fold_add_legend(const struct tls_fold *f, struct text *t)
{
	static const char *const whose[4] = { NULL, "early data", "the handshake", "the data" };
	bool drawn[4] = { false }, first = true;

	for (size_t i = 0; i < f->streams; i++)
		for (size_t k = 0; k < f->stream[i].tolds; k++)
			drawn[f->stream[i].told[k]->epoch & 3] |= is_inside(f->stream[i].told[k]);
	for (unsigned epoch = 3; epoch > 0; epoch--) {
		if (!drawn[epoch])
			continue;
		text_addf(t, "%s%s..%s %s %s", first ? "TLS: " : ", ", marks[0][epoch], marks[1][epoch],
			  first ? "is encrypted under keys of" : "under those of", whose[epoch]);
		first = false;
	}
	text_add(t, first ? "" : ".");
}

const char *tls_fold_keys(unsigned epoch)
{
	static const char *const keys[4] = { NULL, "early", "handshake", "application" };

	return keys[epoch & 3];
}

static unsigned epoch_of(const struct tls_fold_stream *s, const struct record *r)
{
	/* Of what goes on from the record before, nothing is told: it is under the same keys. */
	for (const struct record *at = r;; at--) {
		if (at->n > 0)
			return s->told[at->told]->epoch & 3;
		if (at == s->record)
			return 0;
	}
}

static bool goes_on(const struct tls_fold_stream *s, const struct record *r)
{
	return r->n == 0 && r != s->record && r[-1].type == r->type;
}

static void add_content(struct text *t, const struct tls_fold_stream *s, const struct record *r)
{
	const char *comma = "";

	if (r->n == 0) {
		text_add(t, goes_on(s, r) ? "the message goes on" : tls_content_name(r->type));
		return;
	}
	for (size_t i = r->told; i < r->told + r->n; i++) {
		if (!is_inside(s->told[i]))
			continue;
		text_add(t, comma);
		add_told(t, s->told[i]);
		comma = ", ";
	}
}

/* Where a segment holds only a part of a record. */
static void add_part(struct text *t, const struct record *r, uint64_t from, uint64_t to)
{
	const uint64_t all = r->end - r->start, here = hf_min_u64(to, r->end) - hf_max_u64(from, r->start);

	if (here == all)
		return;
	text_addf(t, " (%s %" PRIu64 " of its %" PRIu64 " octets)",
		  r->start >= from ? "the first"
		  : r->end <= to   ? "the last"
				   : "further",
		  here, all);
}

bool tls_fold_add(const struct tls_fold *f, size_t event, uint32_t octets, struct text *t)
{
	const struct tls_fold_place *p = &f->place[event];
	const struct tls_fold_stream *s;
	const struct record *r;
	unsigned open = 0; /* the marks that are open */
	const uint64_t to = p->offset + octets;
	const char *comma = "";

	if (p->stream == 0 || octets == 0)
		return false;
	s = &f->stream[p->stream - 1];
	r = record_at(s, p->offset);
	if (!r)
		return false;
	for (; r < s->record + s->records && r->start < to; r++) {
		const unsigned epoch = epoch_of(s, r);

		if (open && epoch != open)
			text_add(t, marks[1][open]);
		text_add(t, comma);
		if (epoch != open)
			text_add(t, marks[0][epoch]);
		open = epoch;
		add_content(t, s, r);
		add_part(t, r, p->offset, to);
		comma = ", ";
	}
	text_add(t, marks[1][open]);
	return true;
}

/* The handshake message that begins at this place of the plain records, put together; false: it is not all here. */
static bool join_message(const struct tls_fold_stream *s, const struct record *r, size_t skip, struct text *ret,
			 uint64_t *ret_end)
{
	size_t need = TLS_MESSAGE_HEADER;

	text_clear(ret);
	for (; r < s->record + s->records && r->type == TLS_HANDSHAKE; r++, skip = 0) {
		const size_t have = hf_min_u64(r->end, s->octets.len) - r->start - TLS_RECORD_HEADER;
		const char *at = s->octets.at + r->start + TLS_RECORD_HEADER;

		if (skip > have)
			return false;
		text_add_n(ret, at + skip, have - skip);
		if (ret->len >= TLS_MESSAGE_HEADER)
			need = TLS_MESSAGE_HEADER + ((size_t)(uint8_t)ret->at[1] << 16 |
						     (size_t)(uint8_t)ret->at[2] << 8 | (uint8_t)ret->at[3]);
		if (ret->len >= need) {
			*ret_end = r->start + TLS_RECORD_HEADER + have - (ret->len - need);
			ret->len = need;
			return !ret->failed;
		}
	}
	return false;
}

bool tls_fold_next_plain(const struct tls_fold *f, size_t event, uint32_t octets, size_t *cursor, struct text *t)
{
	const struct tls_fold_place *p = &f->place[event];
	const struct tls_fold_stream *s = p->stream ? &f->stream[p->stream - 1] : NULL;
	struct text message;
	size_t nth = 0;
	bool found = false;

	text_init(&message);
	for (const struct record *r = s ? s->record : NULL; r && r < s->record + s->records && !found; r++) {
		size_t skip = 0;

		for (size_t i = r->told; i < r->told + r->n && !found; i++) {
			uint64_t end;

			if (s->told[i]->kind != HF_TLS_TOLD_MESSAGE || s->told[i]->epoch != 0)
				continue;
			if (!join_message(s, r, skip, &message, &end))
				break;
			skip += message.len;
			if (end <= p->offset || end > p->offset + octets || nth++ < *cursor)
				continue;
			tls_view_line(t, (struct hf_bytes){ (const uint8_t *)message.at, message.len }, false);
			found = true;
			(*cursor)++;
		}
	}
	text_free(&message);
	return found;
}

void tls_fold_json(const struct tls_fold *f, size_t event, struct json *j)
{
	const struct tls_fold_place *p = &f->place[event];
	const struct tls_fold_stream *s = p->stream ? &f->stream[p->stream - 1] : NULL;
	const struct record *r = s ? record_at(s, p->offset) : NULL;
	const uint64_t to = p->offset + p->len;
	struct text t;

	json_array(j);
	text_init(&t);
	for (; r && r < s->record + s->records && r->start < to; r++) {
		json_object(j);
		json_put_string(j, "record", tls_content_name(r->type));
		json_put_u64(j, "offset", r->start);
		json_put_u64(j, "octets", r->end - r->start);
		json_put_u64(j, "octets_here", hf_min_u64(to, r->end) - hf_max_u64(p->offset, r->start));
		json_put_string(j, "keys", tls_fold_keys(epoch_of(s, r)));
		json_key(j, "holds");
		json_array(j);
		for (size_t i = r->told; i < r->told + r->n; i++) {
			if (!is_inside(s->told[i]))
				continue;
			text_clear(&t);
			add_told(&t, s->told[i]);
			json_string(j, text_str(&t));
		}
		json_array_end(j);
		json_object_end(j);
	}
	text_free(&t);
	json_array_end(j);
}
