/* SPDX-License-Identifier: MIT */
/* The ladder's other forms: a line a segment for tests, JSON for programs. */
#include "explain/ladder.h"

#include "explain/segment.h"
#include "explain/sentence.h"
#include "explain/tls_fold.h"
#include "wire/tls_wire.h"

#include <inttypes.h>
#include <stdlib.h>

void ladder_compact(struct text *out, const struct ladder_event *e, size_t n, hf_time_ns start)
{
	struct segment_flows flows;
	struct segment s;

	segment_flows_init(&flows);
	for (size_t i = 0; i < n; i++) {
		const char *arrow;

		if (e[i].what != LADDER_SEGMENT)
			continue;
		segment_read(&flows, e[i].packet, e[i].side == LADDER_NOBODY, &s);
		if (e[i].to == 1)
			arrow = e[i].side == LADDER_NOBODY ? "* --> B"
				: e[i].fate == LADDER_LOST ? "A --X B"
							   : "A --> B";
		else
			arrow = e[i].side == LADDER_NOBODY ? "<-- * A"
				: e[i].fate == LADDER_LOST ? "X-- B A"
							   : "<-- B A";
		/* A left-going arrow keeps the letters in the order of the picture's columns, as its head comes first. */
		text_addf(out, "%3" PRIu64 "ms  %s  ", (e[i].at - start) / HF_MS(1), arrow);
		segment_add_name(out, &s);
		text_add(out, "\n");
	}
	segment_flows_free(&flows);
}

static void put_segment(struct json *j, const char *const names[2], const struct ladder_event *e,
			const struct segment *s, hf_time_ns start)
{
	static const char *const fates[] = { "arrives", "lost", "delayed", "duplicated", "corrupted", "changed" };
	struct text t;

	text_init(&t);
	json_put_string(j, "what", "segment");
	json_put_string(j, "from", e->side == LADDER_NOBODY ? NULL : names[e->side]);
	json_put_string(j, "to", names[e->to]);
	segment_add_name(&t, s);
	json_put_string(j, "name", text_str(&t));
	if (s->tcp) {
		text_clear(&t);
		segment_add_flags(&t, s->h.flags);
		json_put_string(j, "flags", text_str(&t));
		json_put_u64(j, "src_port", s->src.port);
		json_put_u64(j, "dst_port", s->dst.port);
		json_key(j, "seq");
		json_i64(j, s->rel_seq);
		if (s->h.flags & TCP_ACK) {
			json_key(j, "ack");
			json_i64(j, s->rel_ack);
		}
		json_put_u64(j, "len", s->len);
		json_put_u64(j, "window", s->h.window);
		json_put_bool(j, "retransmission", s->again);
	}
	json_put_string(j, "fate", fates[e->fate]);
	json_put_time(j, "arrives_ns", e->fate == LADDER_LOST ? HF_NEVER : e->arrives - start);
	text_clear(&t);
	segment_add_sentence(&t, s);
	json_put_string(j, "sentence", text_str(&t));
	json_put_string(j, "rfc", segment_rfc(s));
	if (e->note)
		json_put_string(j, "network", e->note);
	text_free(&t);
}

static void put_record(struct json *j, const char *const names[2], const struct ladder_event *e,
		       const struct segment_flows *flows)
{
	const struct hf_trace_record *r = &e->record;
	const struct sentence_base base = sentence_base_of(flows, r);
	struct text t;

	text_init(&t);
	json_put_string(j, "what", "event");
	json_put_string(j, "host", names[e->side]);
	json_put_string(j, "name", hf_trace_name(r->kind));
	json_put_u64(j, "connection", r->id);
	if (r->kind == HF_TR_TCP_STATE) {
		json_put_string(j, "from", hf_tcp_state_name(r->from));
		json_put_string(j, "to", hf_tcp_state_name(r->to));
	}
	sentence_add(&t, r, &base);
	json_put_string(j, "sentence", text_str(&t));
	json_put_string(j, "rfc", sentence_rfc(r));
	text_free(&t);
}

static void put_tls(struct json *j, const char *const names[2], const struct ladder_event *e)
{
	json_put_string(j, "what", "tls");
	json_put_string(j, "host", names[e->side]);
	json_put_u64(j, "local_port", e->local_port);
	json_put_u64(j, "remote_port", e->remote_port);
	tls_told_put(j, &e->tls);
}

/* The segments first: what is told of TLS belongs to octets that may come later. */
static bool read_segments(const struct ladder_event *e, size_t n, struct segment *seg, struct tls_fold *fold)
{
	struct segment_flows flows;

	segment_flows_init(&flows);
	for (size_t i = 0; i < n; i++)
		if (e[i].what == LADDER_SEGMENT)
			segment_read(&flows, e[i].packet, e[i].side == LADDER_NOBODY, &seg[i]);
	segment_flows_free(&flows);
	tls_fold_init(fold, e, seg, n);
	return !fold->failed;
}

void ladder_json(struct json *j, const char *const names[2], const struct ladder_event *e, size_t n, hf_time_ns start)
{
	struct segment *seg = calloc(n + 1, sizeof(*seg));
	struct segment_flows flows;
	struct tls_fold fold;

	if (!seg || !read_segments(e, n, seg, &fold)) {
		j->out->failed = true;
		free(seg);
		return;
	}
	segment_flows_init(&flows);
	json_array(j);
	for (size_t i = 0; i < n; i++) {
		struct segment s;

		json_object(j);
		json_put_u64(j, "at_ns", e[i].at - start);
		switch (e[i].what) {
		case LADDER_SEGMENT:
			segment_read(&flows, e[i].packet, e[i].side == LADDER_NOBODY, &s);
			put_segment(j, names, &e[i], &s, start);
			if (tls_fold_any(&fold)) {
				json_key(j, "tls");
				tls_fold_json(&fold, i, j);
			}
			break;
		case LADDER_RECORD:
			put_record(j, names, &e[i], &flows);
			break;
		case LADDER_TLS:
			put_tls(j, names, &e[i]);
			break;
		case LADDER_NOTE:
			json_put_string(j, "what", "note");
			json_put_string(j, "sentence", e[i].note);
			break;
		case LADDER_REMARK:
		case LADDER_SAYS:
			json_put_string(j, "what", e[i].what == LADDER_REMARK ? "remark" : "says");
			json_put_string(j, "host", names[e[i].side]);
			json_put_string(j, "sentence", e[i].note);
			if (e[i].rfc)
				json_put_string(j, "rfc", e[i].rfc);
			break;
		}
		json_object_end(j);
	}
	json_array_end(j);
	segment_flows_free(&flows);
	tls_fold_free(&fold);
	free(seg);
}
