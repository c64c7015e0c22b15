/* SPDX-License-Identifier: MIT */
/*
 * What is to be sent and not yet acknowledged: a queue of slices, our own copies in chunks or borrowed bytes, addressed by
 * offset. Segments refer to it and are cut when they go out, so that a retransmission may be cut otherwise.
 */
#include "tcp/tcp_internal.h"

static struct tcp_slice *slice_at(const struct tcp *t, uint32_t i)
{
	return hf_pool_at(&t->slices, i);
}

static struct tcp_slice *append(struct tcp *t, struct tcp_conn *c)
{
	uint32_t i = hf_pool_take(&t->slices);
	struct tcp_slice *s;

	if (i == HF_NONE)
		return NULL;
	s = slice_at(t, i);
	s->next = HF_NONE;
	s->chunk = HF_NONE;
	if (c->sq_tail == HF_NONE) {
		c->sq_head = i;
		c->sq_head_off = 0;
	} else {
		slice_at(t, c->sq_tail)->next = i;
	}
	/* The cursor stood behind everything: what comes next is here. */
	if (c->sq_cursor == HF_NONE) {
		c->sq_cursor = i;
		c->sq_cursor_off = 0;
	}
	c->sq_tail = i;
	return s;
}

/* The last slice, when it has room behind it; else NULL. */
static struct tcp_slice *open_tail(const struct tcp *t, const struct tcp_conn *c)
{
	struct tcp_slice *s = c->sq_tail == HF_NONE ? NULL : slice_at(t, c->sq_tail);

	return s && s->chunk != HF_NONE && s->room > 0 ? s : NULL;
}

static uint8_t *room_of(const struct tcp *t, const struct tcp_slice *s)
{
	return hf_chunk_data(t->chunks, s->chunk) + (HF_CHUNK_BYTES - s->room);
}

static struct tcp_slice *append_chunk(struct tcp *t, struct tcp_conn *c, uint32_t chunk)
{
	struct tcp_slice *s = append(t, c);

	if (!s)
		return NULL;
	s->chunk = chunk;
	s->at = hf_chunk_data(t->chunks, chunk);
	s->room = HF_CHUNK_BYTES;
	return s;
}

/* The next n octets of the last slice's room are data now. */
static void grow(struct tcp_conn *c, struct tcp_slice *s, uint32_t n)
{
	/* The cursor may have left this slice when it was full up to here. */
	if (c->sq_cursor == HF_NONE) {
		c->sq_cursor = c->sq_tail;
		c->sq_cursor_off = s->len;
	}
	s->len += n;
	s->room -= n;
}

static size_t copy_in(struct tcp *t, struct tcp_conn *c, struct hf_bytes data)
{
	size_t done = 0;

	while (done < data.len) {
		struct tcp_slice *s = open_tail(t, c);
		uint32_t n;

		if (!s) {
			uint32_t chunk = hf_chunk_take(t->chunks);

			if (chunk == HF_NONE)
				break;
			s = append_chunk(t, c, chunk);
			if (!s) {
				hf_chunk_give(t->chunks, chunk);
				break;
			}
		}
		n = hf_min_u32(s->room, (uint32_t)(data.len - done));
		memcpy(room_of(t, s), data.at + done, n);
		grow(c, s, n);
		done += n;
	}
	return done;
}

static size_t room_left(const struct tcp *t, const struct tcp_conn *c)
{
	return c->sq_len < t->cfg.send_buffer ? t->cfg.send_buffer - c->sq_len : 0;
}

hf_status tcp_send_queue(struct tcp *t, struct tcp_conn *c, struct hf_bytes data, bool borrow, size_t *ret_len)
{
	size_t room = room_left(t, c);
	size_t n;

	*ret_len = 0;
	if (data.len == 0)
		return HF_OK;
	if (borrow) {
		struct tcp_slice *s;

		if (data.len > UINT32_MAX / 4)
			return HF_TOO_BIG;
		/* All or nothing; but what is larger than the buffer may go when nothing else is queued. */
		if (data.len > room && c->sq_len > 0)
			return HF_AGAIN;
		s = append(t, c);
		if (!s)
			return HF_AGAIN;
		s->at = data.at;
		s->len = (uint32_t)data.len;
		n = data.len;
	} else {
		if (room == 0)
			return HF_AGAIN;
		n = copy_in(t, c, (struct hf_bytes){ data.at, data.len < room ? data.len : room });
		if (n == 0)
			return HF_AGAIN;
	}
	c->sq_len += (uint32_t)n;
	*ret_len = n;
	return HF_OK;
}

static void drop_reserved(struct tcp *t)
{
	hf_chunk_give_list(t->chunks, t->reserved.chunks);
	t->reserved.chunks = HF_NONE;
	t->reserved.len = 0;
}

/*
 * Up to `most` chunks in t->reserved. The free list gives neighbours in one order or the other; they are put together so that
 * they are one piece of room: a cipher works on long pieces better than on short ones.
 */
static void take_chunks(struct tcp *t, size_t most)
{
	uint32_t last = HF_NONE;

	for (; most > 0; most--) {
		const uint32_t i = hf_chunk_take(t->chunks);

		if (i == HF_NONE)
			return;
		if (last == HF_NONE) {
			t->reserved.chunks = last = i;
		} else if (i + 1 == t->reserved.chunks) {
			hf_chunk_at(t->chunks, i)->next = t->reserved.chunks;
			t->reserved.chunks = i;
		} else {
			hf_chunk_at(t->chunks, last)->next = i;
			last = i;
		}
	}
}

/* Whoever writes octets that are made on the way, and not copied, is given the chunks to make them in. */
hf_status tcp_send_reserve(struct tcp *t, struct tcp_conn *c, size_t n, struct hf_room *rooms, size_t max, size_t *ret_count)
{
	const struct tcp_slice *tail = open_tail(t, c);
	size_t left = hf_min_u64(n, room_left(t, c)), count = 0;
	const uint32_t slices = t->slices.count - t->slices.in_use;

	drop_reserved(t);
	if (left > 0 && max > 0 && tail) {
		rooms[count] = (struct hf_room){ room_of(t, tail), hf_min_u64(tail->room, left) };
		left -= rooms[count++].len;
	}
	take_chunks(t, hf_min_u64(hf_min_u64((left + HF_CHUNK_BYTES - 1) / HF_CHUNK_BYTES, max - count), slices));
	for (uint32_t i = t->reserved.chunks; i != HF_NONE; i = hf_chunk_at(t->chunks, i)->next) {
		const struct hf_room room = { hf_chunk_data(t->chunks, i), hf_min_u64(HF_CHUNK_BYTES, left) };

		if (count > 0 && rooms[count - 1].at + rooms[count - 1].len == room.at)
			rooms[count - 1].len += room.len;
		else
			rooms[count++] = room;
		left -= room.len;
	}
	t->reserved.slot = tcp_conn_slot(t, c);
	t->reserved.tail = c->sq_tail;
	t->reserved.room = tail ? tail->room : 0;
	t->reserved.slices = t->slices.in_use;
	for (size_t i = 0; i < count; i++)
		t->reserved.len += (uint32_t)rooms[i].len;
	*ret_count = count;
	return count > 0 || n == 0 ? HF_OK : HF_AGAIN;
}

/* Is all as it was when the room was given? */
static bool is_still_reserved(const struct tcp *t, const struct tcp_conn *c, size_t n)
{
	const struct tcp_slice *tail = open_tail(t, c);

	return n <= t->reserved.len && t->reserved.slot == tcp_conn_slot(t, c) && t->reserved.tail == c->sq_tail &&
	       t->reserved.room == (tail ? tail->room : 0) && t->reserved.slices == t->slices.in_use;
}

hf_status tcp_send_commit(struct tcp *t, struct tcp_conn *c, size_t n)
{
	size_t left = n;

	if (n > 0 && !is_still_reserved(t, c, n)) {
		drop_reserved(t);
		return HF_INVALID;
	}
	while (left > 0) {
		struct tcp_slice *s = open_tail(t, c);
		uint32_t part;

		if (!s) {
			uint32_t chunk = t->reserved.chunks;

			t->reserved.chunks = hf_chunk_at(t->chunks, chunk)->next;
			s = append_chunk(t, c, chunk);
			HF_ASSERT(s); /* as many slices as chunks were free, and nobody was asked since */
		}
		part = hf_min_u32(s->room, (uint32_t)left);
		grow(c, s, part);
		left -= part;
	}
	c->sq_len += (uint32_t)n;
	drop_reserved(t);
	return HF_OK;
}

static void free_head(struct tcp *t, struct tcp_conn *c)
{
	uint32_t i = c->sq_head;
	struct tcp_slice *s = slice_at(t, i);

	c->sq_head = s->next;
	if (c->sq_head == HF_NONE)
		c->sq_tail = HF_NONE;
	if (s->chunk != HF_NONE)
		hf_chunk_give(t->chunks, s->chunk);
	hf_pool_give(&t->slices, i);
}

/* The first n octets are acknowledged. The caller moves snd_nxt with tcp_send_rewind() when the cursor was among them. */
void tcp_send_acked(struct tcp *t, struct tcp_conn *c, uint32_t n)
{
	HF_ASSERT(n <= c->sq_len);
	c->sq_len -= n;
	c->acked += n;
	while (n > 0) {
		struct tcp_slice *s = slice_at(t, c->sq_head);
		uint32_t left = s->len - c->sq_head_off;

		if (n < left) {
			c->sq_head_off += n;
			return;
		}
		n -= left;
		if (c->sq_cursor == c->sq_head)
			c->sq_cursor = HF_NONE; /* the caller sets it anew; or it stood at the very end */
		free_head(t, c);
		c->sq_head_off = 0;
	}
}

/* Puts the cursor at the queue's first octet. */
void tcp_send_rewind(struct tcp_conn *c)
{
	c->sq_cursor = c->sq_head;
	c->sq_cursor_off = c->sq_head_off;
}

void tcp_send_clear(struct tcp *t, struct tcp_conn *c)
{
	while (c->sq_head != HF_NONE)
		free_head(t, c);
	c->sq_cursor = HF_NONE;
	c->sq_len = c->sq_head_off = c->sq_cursor_off = 0;
}

uint32_t tcp_send_refer(struct tcp *t, struct tcp_conn *c, bool from_head, uint32_t n, struct hf_frame_out *f)
{
	uint32_t i = from_head ? c->sq_head : c->sq_cursor;
	uint32_t off = from_head ? c->sq_head_off : c->sq_cursor_off, done = 0;

	while (done < n && i != HF_NONE && f->parts < HF_FRAME_PARTS) {
		const struct tcp_slice *s = slice_at(t, i);
		uint32_t len = hf_min_u32(s->len - off, n - done);

		if (len > 0) {
			struct hf_bytes *last = f->parts > 0 ? &f->part[f->parts - 1] : NULL;

			if (last && last->at + last->len == s->at + off)
				last->len += len;
			else
				f->part[f->parts++] = (struct hf_bytes){ s->at + off, len };
			done += len;
			off += len;
		}
		if (off == s->len) {
			i = s->next;
			off = 0;
		}
	}
	if (!from_head) {
		c->sq_cursor = i;
		c->sq_cursor_off = off;
	}
	f->payload_len += done;
	return done;
}
