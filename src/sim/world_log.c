/* SPDX-License-Identifier: MIT */
/* What happened in a world: its log, the paths of its connections, the counts of its trace, and the digest of it all. */
#include "sim/world_internal.h"

#include "base/bits.h"
#include "base/siphash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_OCTETS offsetof(struct hf_trace_record, arrow) /* what is digested: no padding */
_Static_assert(sizeof(struct hf_tls_record_told) == 32, "no padding, which would be digested");

static void note_state(struct sim_host *h, const struct hf_trace_record *r);
static void digest(struct sim_world *w, const void *at, size_t n);
static struct ladder_event *log_entry(struct sim_world *w);

void sim_world_note(struct sim_world *w, const char *format, ...)
{
	va_list args;
	char line[512];
	struct ladder_event *e;

	if (w->cfg.forget)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	e = log_entry(w);
	e->what = LADDER_NOTE;
	e->note = sim_must(strdup(line));
}

void sim_world_remark(struct sim_world *w, unsigned host, const char *text)
{
	struct ladder_event *e;

	if (w->cfg.forget)
		return;
	e = log_entry(w);
	e->what = LADDER_REMARK;
	e->side = (uint8_t)host;
	e->note = sim_must(strdup(text));
}

void sim_world_say(struct sim_world *w, unsigned host, const char *rfc, const char *format, ...)
{
	va_list args;
	char line[1024];
	struct ladder_event *e;

	if (w->cfg.forget)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	e = log_entry(w);
	e->what = LADDER_SAYS;
	e->side = (uint8_t)host;
	e->rfc = rfc;
	e->note = sim_must(strdup(line));
}

void sim_world_tell_tls(struct sim_world *w, unsigned host, uint16_t local_port, uint16_t remote_port,
			const struct hf_tls_record_told *r)
{
	struct ladder_event *e;

	digest(w, r, sizeof(*r));
	if (w->cfg.forget)
		return;
	e = log_entry(w);
	e->what = LADDER_TLS;
	e->side = (uint8_t)host;
	e->tls = *r;
	e->local_port = local_port;
	e->remote_port = remote_port;
}

void sim_world_add_secret(struct sim_world *w, const char *line)
{
	digest(w, line, strlen(line));
	/* Both ends know the same ones. */
	if (!w->cfg.forget && !strstr(text_str(&w->secrets), line))
		text_addf(&w->secrets, "%s\n", line);
}

const char *sim_world_secrets(const struct sim_world *w)
{
	return text_str(&w->secrets);
}

const struct ladder_event *sim_world_log(const struct sim_world *w, size_t *ret_n)
{
	*ret_n = w->log_n;
	return w->log;
}

uint64_t sim_world_count(const struct sim_world *w, unsigned host, enum hf_trace_kind kind)
{
	return w->host[host].count[kind];
}

const char *sim_world_path(const struct sim_world *w, unsigned host, unsigned nth)
{
	return nth < w->host[host].paths ? text_str(&w->host[host].path[nth].states) : "";
}

void sim_gather_trace(struct sim_world *w, unsigned host)
{
	struct sim_host *h = &w->host[host];
	struct hf_trace_record r;
	uint64_t lost = 0;

	while (hf_host_trace(h->host, &h->cursor, &r, &lost)) {
		digest(w, &r, RECORD_OCTETS);
		if (r.kind < HF_TRACE_KIND_COUNT)
			h->count[r.kind]++;
		if (r.kind == HF_TR_TCP_STATE)
			note_state(h, &r);
		if (!w->cfg.forget) {
			struct ladder_event *e = log_entry(w);

			e->what = LADDER_RECORD;
			e->side = (uint8_t)host;
			e->record = r;
		}
	}
	HF_ASSERT(lost == 0 || h->driven); /* a program may do much between two looks */
}

static void note_state(struct sim_host *h, const struct hf_trace_record *r)
{
	struct sim_path *p = NULL;

	/* A listener's own states are no connection's. */
	if (r->id == 0 || (r->from == HF_TCP_CLOSED && r->to == HF_TCP_LISTEN) ||
	    (r->from == HF_TCP_LISTEN && r->to == HF_TCP_CLOSED))
		return;
	/* The id is that of the addresses and ports: out of CLOSED and LISTEN comes the next connection between the same. */
	for (unsigned i = h->paths; i-- > 0 && !p && r->from != HF_TCP_CLOSED && r->from != HF_TCP_LISTEN;)
		if (h->path[i].id == r->id)
			p = &h->path[i];
	if (!p) {
		if (h->paths == h->path_room) {
			h->path_room = h->path_room ? h->path_room * 2 : 8;
			h->path = sim_must(realloc(h->path, h->path_room * sizeof(*h->path)));
		}
		p = &h->path[h->paths++];
		p->id = r->id;
		text_init(&p->states);
	}
	text_addf(&p->states, "%s ", hf_tcp_state_name(r->to));
}

void sim_digest_frame(struct sim_world *w, unsigned from, unsigned to, const uint8_t *frame, size_t len)
{
	const uint64_t mark[3] = { w->now, from, to };

	digest(w, mark, sizeof(mark));
	digest(w, frame, len);
}

/* Keeps a copy of the frame; the packet in it begins behind the link's header. */
void sim_log_frame(struct sim_world *w, const uint8_t *frame, size_t len, const struct ladder_event *e)
{
	size_t head = sim_world_frame_head(w);
	struct ladder_event *entry;
	uint8_t *copy;

	if (w->cfg.forget)
		return;
	copy = sim_must(malloc(len));
	memcpy(copy, frame, len);
	entry = log_entry(w);
	*entry = *e;
	entry->packet = (struct hf_bytes){ copy + head, len - head };
	if (e->changed.len > 0) {
		copy = sim_must(malloc(head + e->changed.len));
		memcpy(copy, frame, head);
		memcpy(copy + head, e->changed.at, e->changed.len);
		entry->changed.at = copy + head;
	}
}

static struct ladder_event *log_entry(struct sim_world *w)
{
	struct ladder_event *e;

	if (w->log_n == w->log_room) {
		w->log_room = w->log_room ? w->log_room * 2 : 256;
		w->log = sim_must(realloc(w->log, w->log_room * sizeof(*w->log)));
	}
	e = &w->log[w->log_n++];
	*e = (struct ladder_event){ .at = w->now };
	return e;
}

static void digest(struct sim_world *w, const void *at, size_t n)
{
	struct hf_sipkey key = { w->digest, 0x68616e6466617374u };

	w->digest = hf_siphash(&key, at, n);
}
