/* SPDX-License-Identifier: MIT */
/*
 * What was received and not yet read.
 *
 * The stream lies in chunks, each at its place: chunk.tag is the sequence number of its first octet, and chunks differ by
 * multiples of their size. So a segment beyond a hole is copied once, to where it will be read; when the hole fills,
 * nothing moves. Which octets beyond rcv_nxt are there is told by a short sorted list of ranges. The reader sees the
 * chunks up to rcv_nxt; a chunk is given back as soon as nothing in it is unread.
 */
#include "tcp/tcp_internal.h"

static struct tcp_gap *gap_at(const struct tcp *t, uint32_t i)
{
	return hf_pool_at(&t->gaps, i);
}

/* ---- chunks ---- */

/* The chunk that holds seq, made when it is missing; HF_NONE when there is no memory. `hint` starts the walk. */
static uint32_t chunk_for(struct tcp *t, struct tcp_conn *c, uint32_t seq, uint32_t hint)
{
	uint32_t i, prev = HF_NONE, made, start;

	if (c->rq_head == HF_NONE) {
		/* The queue is empty: the first chunk begins where the stream goes on. */
		start = c->rcv_nxt + (seq - c->rcv_nxt) / HF_CHUNK_BYTES * HF_CHUNK_BYTES;
		made = hf_chunk_take(t->chunks);
		if (made == HF_NONE)
			return HF_NONE;
		hf_chunk_at(t->chunks, made)->tag = start;
		c->rq_head = c->rq_tail = made;
		return made;
	}
	i = c->rq_head;
	if (seq_geq(seq, hf_chunk_at(t->chunks, c->rq_tail)->tag))
		i = c->rq_tail;
	else if (hint != HF_NONE && seq_geq(seq, hf_chunk_at(t->chunks, hint)->tag))
		i = hint;
	start = hf_chunk_at(t->chunks, i)->tag;
	if (seq_lt(seq, start)) {
		/* Before the first chunk there is: octets that came early made one further on. */
		start -= (start - seq + HF_CHUNK_BYTES - 1) / HF_CHUNK_BYTES * HF_CHUNK_BYTES;
	} else {
		for (; i != HF_NONE; prev = i, i = hf_chunk_at(t->chunks, i)->next) {
			uint32_t tag = hf_chunk_at(t->chunks, i)->tag;

			if (seq_lt(seq, tag))
				break;
			if (seq - tag < HF_CHUNK_BYTES)
				return i;
		}
		start += (seq - start) / HF_CHUNK_BYTES * HF_CHUNK_BYTES;
	}
	made = hf_chunk_take(t->chunks);
	if (made == HF_NONE)
		return HF_NONE;
	hf_chunk_at(t->chunks, made)->tag = start;
	if (prev == HF_NONE) {
		hf_chunk_at(t->chunks, made)->next = c->rq_head;
		c->rq_head = made;
	} else {
		hf_chunk_at(t->chunks, made)->next = hf_chunk_at(t->chunks, prev)->next;
		hf_chunk_at(t->chunks, prev)->next = made;
		if (c->rq_tail == prev)
			c->rq_tail = made;
	}
	return made;
}

/* Copies data to its place; returns how much of it found memory. */
static size_t place(struct tcp *t, struct tcp_conn *c, uint32_t seq, struct hf_bytes data)
{
	size_t done = 0;
	uint32_t i = HF_NONE;

	while (done < data.len) {
		uint32_t at, n;

		i = chunk_for(t, c, seq + (uint32_t)done, i);
		if (i == HF_NONE)
			break;
		at = seq + (uint32_t)done - hf_chunk_at(t->chunks, i)->tag;
		n = hf_min_u32(HF_CHUNK_BYTES - at, (uint32_t)(data.len - done));
		memcpy(hf_chunk_data(t->chunks, i) + at, data.at + done, n);
		done += n;
	}
	return done;
}

/* ---- ranges beyond rcv_nxt ---- */

static void free_gap(struct tcp *t, struct tcp_conn *c, uint32_t i)
{
	hf_pool_give(&t->gaps, i);
	c->gap_count--;
}

/* Adds from..to, merging what it touches. False when there is no record left for it. */
static bool add_range(struct tcp *t, struct tcp_conn *c, uint32_t from, uint32_t to)
{
	uint32_t *link = &c->gap_head, i;
	struct tcp_gap *g;

	while (*link != HF_NONE && seq_lt(gap_at(t, *link)->to, from))
		link = &gap_at(t, *link)->next;
	if (*link == HF_NONE || seq_gt(gap_at(t, *link)->from, to)) {
		if (c->gap_count >= TCP_GAPS_PER_CONN)
			return false;
		i = hf_pool_take(&t->gaps);
		if (i == HF_NONE)
			return false;
		g = gap_at(t, i);
		g->from = from;
		g->to = to;
		g->next = *link;
		*link = i;
		c->gap_count++;
		return true;
	}
	g = gap_at(t, *link);
	if (seq_lt(from, g->from))
		g->from = from;
	if (seq_gt(to, g->to))
		g->to = to;
	while (g->next != HF_NONE && seq_leq(gap_at(t, g->next)->from, g->to)) {
		i = g->next;
		g->to = seq_max(g->to, gap_at(t, i)->to);
		g->next = gap_at(t, i)->next;
		free_gap(t, c, i);
	}
	return true;
}

/* Moves rcv_nxt over what has become whole. */
static void advance(struct tcp *t, struct tcp_conn *c, uint32_t to)
{
	while (c->gap_head != HF_NONE && seq_leq(gap_at(t, c->gap_head)->from, to)) {
		uint32_t i = c->gap_head;

		to = seq_max(to, gap_at(t, i)->to);
		c->gap_head = gap_at(t, i)->next;
		free_gap(t, c, i);
	}
	c->received += to - c->rcv_nxt;
	c->rcv_nxt = to;
}

/* Is all of from..to here already, beyond the hole? */
static bool have_range(const struct tcp *t, const struct tcp_conn *c, uint32_t from, uint32_t to)
{
	for (uint32_t i = c->gap_head; i != HF_NONE; i = gap_at(t, i)->next) {
		if (seq_leq(gap_at(t, i)->from, from) && seq_geq(gap_at(t, i)->to, to))
			return true;
	}
	return false;
}

/*
 * What came early gives its memory to what is missing before it: kept, it would wait for octets that never find room. No
 * SACK has promised it, so the peer still has it.
 */
static void give_up_early(struct tcp *t, struct tcp_conn *c, uint32_t from)
{
	uint32_t *link = &c->rq_head, i = c->rq_head, last = HF_NONE;

	while (c->gap_head != HF_NONE) {
		uint32_t g = c->gap_head;

		c->gap_head = gap_at(t, g)->next;
		free_gap(t, c, g);
	}
	while (i != HF_NONE && seq_lt(hf_chunk_at(t->chunks, i)->tag, from)) {
		last = i;
		link = &hf_chunk_at(t->chunks, i)->next;
		i = *link;
	}
	if (i != HF_NONE)
		hf_chunk_give_list(t->chunks, i);
	*link = HF_NONE;
	c->rq_tail = last;
	tcp_trace(t, c, HF_TR_TCP_DROP_MEMORY)->seq = from;
}

enum tcp_store tcp_recv_store(struct tcp *t, struct tcp_conn *c, uint32_t seq, struct hf_bytes data)
{
	bool had_gaps = c->gap_head != HF_NONE;
	size_t n;

	if (data.len == 0)
		return TCP_STORE_OLD;
	if (seq == c->rcv_nxt) {
		n = place(t, c, seq, data);
		if (n < data.len && had_gaps) {
			give_up_early(t, c, seq + (uint32_t)n);
			n += place(t, c, seq + (uint32_t)n, (struct hf_bytes){ data.at + n, data.len - n });
		}
		if (n == 0)
			return TCP_STORE_NO_MEMORY;
		advance(t, c, seq + (uint32_t)n);
		return had_gaps ? TCP_STORED_FILLED : TCP_STORED;
	}
	HF_ASSERT(seq_gt(seq, c->rcv_nxt));
	if (have_range(t, c, seq, seq + (uint32_t)data.len))
		return TCP_STORE_OLD;
	n = place(t, c, seq, data);
	if (n == 0)
		return TCP_STORE_NO_MEMORY;
	if (!add_range(t, c, seq, seq + (uint32_t)n))
		return TCP_STORE_NO_GAPS; /* its chunk goes with the queue: never more chunks than the window has room for */
	return TCP_STORED_BEYOND;
}

/* ---- the reader ---- */

size_t tcp_recv_spans(const struct tcp *t, const struct tcp_conn *c, struct hf_bytes *spans, size_t max)
{
	uint32_t left = tcp_readable(c), at = c->rcv_user, i;
	size_t n = 0;

	for (i = c->rq_head; left > 0 && n < max; i = hf_chunk_at(t->chunks, i)->next) {
		uint32_t skip = at - hf_chunk_at(t->chunks, i)->tag;
		uint32_t len = hf_min_u32(HF_CHUNK_BYTES - skip, left);

		HF_ASSERT(skip < HF_CHUNK_BYTES);
		spans[n].at = hf_chunk_data(t->chunks, i) + skip;
		spans[n].len = len;
		n++;
		at += len;
		left -= len;
	}
	return n;
}

void tcp_recv_consume(struct tcp *t, struct tcp_conn *c, uint32_t n)
{
	HF_ASSERT(n <= tcp_readable(c));
	c->rcv_user += n;
	while (c->rq_head != HF_NONE) {
		uint32_t i = c->rq_head;
		struct hf_chunk *k = hf_chunk_at(t->chunks, i);
		bool read = seq_geq(c->rcv_user, k->tag + HF_CHUNK_BYTES);

		/* A half-filled chunk goes too once all is read and nothing lies beyond: an idle connection holds none. */
		if (!read && !(tcp_readable(c) == 0 && c->gap_head == HF_NONE))
			return;
		c->rq_head = k->next;
		hf_chunk_give(t->chunks, i);
	}
	c->rq_tail = HF_NONE;
}

void tcp_recv_forget_gaps(struct tcp *t, struct tcp_conn *c)
{
	while (c->gap_head != HF_NONE) {
		uint32_t i = c->gap_head;

		c->gap_head = gap_at(t, i)->next;
		free_gap(t, c, i);
	}
	if (tcp_readable(c) == 0)
		tcp_recv_clear(t, c);
}

void tcp_recv_cut_gaps(struct tcp *t, struct tcp_conn *c, uint32_t end)
{
	uint32_t *link = &c->gap_head;

	while (*link != HF_NONE && seq_lt(gap_at(t, *link)->from, end)) {
		if (seq_gt(gap_at(t, *link)->to, end))
			gap_at(t, *link)->to = end;
		link = &gap_at(t, *link)->next;
	}
	while (*link != HF_NONE) {
		uint32_t i = *link;

		*link = gap_at(t, i)->next;
		free_gap(t, c, i);
	}
}

void tcp_recv_clear(struct tcp *t, struct tcp_conn *c)
{
	if (c->rq_head != HF_NONE)
		hf_chunk_give_list(t->chunks, c->rq_head);
	c->rq_head = c->rq_tail = HF_NONE;
}
