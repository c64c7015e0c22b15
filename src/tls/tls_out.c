/* SPDX-License-Identifier: MIT */

/*
 * What goes out. Messages are built in plain in the flight, so that several share a record and a record never needs more room
 * than the caller has; they are sealed here, under the keys that are in use. Nothing but the flight is ever waiting: what else
 * is owed (an alert, change_cipher_spec, a key update) is a flag and a few octets.
 */
#include "tls/tls_internal.h"

#define CCS_OCTETS 1u
#define RECORD_OVERHEAD_MAX (TLS_RECORD_HEADER + 8u + CRYPTO_AEAD_TAG + 1u)

uint16_t tls_record_version(const struct hf_tls *t)
{
	/* RFC 8446 5.1: a first ClientHello may say 0x0301, for servers that know no better. */
	if (!t->server && t->state == TLS_ST_C_WAIT_SH && t->records_sent == 0)
		return TLS_VERSION_1_0;
	return TLS_VERSION_1_2;
}

/* Octets of a record's plaintext that fit the room left, and are allowed. */
static size_t fits(const struct hf_tls *t, size_t room)
{
	size_t n = room > RECORD_OVERHEAD_MAX ? room - RECORD_OVERHEAD_MAX : 0;

	return n < t->max_send ? n : t->max_send;
}

static size_t padding_for(const struct hf_tls *t, size_t n, size_t room)
{
	size_t most = t->max_send, to = t->cfg->pad_to, pad;

	if (to == 0 || t->version != TLS_VERSION_1_3 || t->wr.epoch == TLS_EPOCH_PLAIN)
		return 0;
	pad = (to - n % to) % to;
	if (n + pad > most)
		pad = most - n;
	return n + pad + RECORD_OVERHEAD_MAX <= room ? pad : 0;
}

static void put_record(struct hf_tls *t, struct hf_tls_io *io, uint8_t type, struct hf_bytes content)
{
	const struct hf_room room = { io->out + io->out_len, io->out_room - io->out_len };
	const size_t pad = padding_for(t, content.len, room.len);
	const size_t n = tls_record_seal(&t->wr, t->version, tls_record_version(t), type, &content, 1, pad, &room, 1);

	io->out_len += n;
	t->out_offset += n;
	t->records_sent++;
}

static bool put_small(struct hf_tls *t, struct hf_tls_io *io, uint8_t type, struct hf_bytes content)
{
	if (fits(t, io->out_room - io->out_len) < content.len)
		return false;
	put_record(t, io, type, content);
	return true;
}

static bool put_alert(struct hf_tls *t, struct hf_tls_io *io, uint8_t level, uint8_t number)
{
	const uint8_t octets[2] = { level, number };
	const uint64_t offset = t->out_offset;
	struct hf_tls_record_told *r;

	/* Sealing under used-up numbers would repeat a nonce: better no alert than that. */
	if (tls_record_may_seal(&t->wr) && !put_small(t, io, TLS_ALERT, (struct hf_bytes){ octets, sizeof(octets) }))
		return false;
	t->alert_sent = true;
	t->alert_sent_number = number;
	r = tls_tell_sent(t, HF_TLS_TOLD_ALERT);
	r->x = number;
	r->y = level;
	r->offset = offset;
	tls_keep(t, r, (struct hf_bytes){ octets, sizeof(octets) });
	return true;
}

/* change_cipher_spec is never encrypted in 1.3 (RFC 8446 5), and in 1.2 comes before the keys it announces. */
static bool put_ccs(struct hf_tls *t, struct hf_tls_io *io)
{
	uint8_t *at = io->out + io->out_len;
	const uint64_t offset = t->out_offset;
	struct hf_tls_record_told *r;

	if (io->out_room - io->out_len < TLS_RECORD_HEADER + CCS_OCTETS)
		return false;
	tls_record_header_put(at, TLS_CHANGE_CIPHER_SPEC, TLS_VERSION_1_2, CCS_OCTETS);
	at[TLS_RECORD_HEADER] = 1;
	io->out_len += TLS_RECORD_HEADER + CCS_OCTETS;
	t->out_offset += TLS_RECORD_HEADER + CCS_OCTETS;
	t->records_sent++;
	r = tls_tell_sent(t, HF_TLS_TOLD_CCS);
	r->epoch = TLS_EPOCH_PLAIN;
	r->len = CCS_OCTETS;
	r->offset = offset;
	tls_keep(t, r, (struct hf_bytes){ at + TLS_RECORD_HEADER, CCS_OCTETS });
	return true;
}

/* Tells of every message that begins in the next n octets of the flight. */
static void tell_messages(struct hf_tls *t, size_t n)
{
	struct tls_hs *hs = t->hs;

	while (hs->flight_told < hs->flight_sent + n && hs->flight_told + TLS_MESSAGE_HEADER <= hs->flight_len) {
		const uint8_t *at = hs->flight + hs->flight_told;
		const uint32_t len = TLS_MESSAGE_HEADER + ((uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
		struct hf_tls_record_told *r = tls_tell_sent(t, HF_TLS_TOLD_MESSAGE);

		r->x = at[0];
		if (at[0] == TLS_SERVER_HELLO && len >= 38 && memcmp(at + 6, tls_hello_retry_random, 32) == 0)
			r->x = TLS_HELLO_RETRY_REQUEST;
		r->len = len;
		tls_keep(t, r, (struct hf_bytes){ at, len });
		hs->flight_told += len;
	}
}

static bool put_flight(struct hf_tls *t, struct hf_tls_io *io)
{
	struct tls_hs *hs = t->hs;

	while (hs && hs->flight_sent < hs->flight_len) {
		size_t n = fits(t, io->out_room - io->out_len);

		if (n > hs->flight_len - hs->flight_sent)
			n = hs->flight_len - hs->flight_sent;
		/* A record of a few octets at the end of a nearly full room is not worth its header. */
		if (n == 0 || (n < 64 && n < hs->flight_len - hs->flight_sent && t->max_send >= 64))
			return false;
		tell_messages(t, n);
		put_record(t, io, TLS_HANDSHAKE, (struct hf_bytes){ hs->flight + hs->flight_sent, n });
		hs->flight_sent += (uint32_t)n;
	}
	if (hs) {
		crypto_wipe(hs->flight, hs->flight_len);
		hs->flight_len = hs->flight_sent = hs->flight_told = 0;
	}
	return true;
}

static bool put_key_update(struct hf_tls *t, struct hf_tls_io *io)
{
	const uint8_t octets[5] = { TLS_KEY_UPDATE, 0, 0, 1, t->owe_key_request ? 1 : 0 };
	struct hf_tls_record_told *r;
	const uint64_t offset = t->out_offset;

	if (!put_small(t, io, TLS_HANDSHAKE, (struct hf_bytes){ octets, sizeof(octets) }))
		return false;
	r = tls_tell_sent(t, HF_TLS_TOLD_MESSAGE);
	r->x = TLS_KEY_UPDATE;
	r->len = sizeof(octets);
	r->offset = offset;
	tls_keep(t, r, (struct hf_bytes){ octets, sizeof(octets) });
	t->owe_key_update = t->owe_key_request = false;
	t->key_updates_sent++;
	if (tls_side_update(&t->wr, t->cfg->crypto, t->suite, true) != HF_OK) {
		tls_break(t, TLS_WHY_NO_MEMORY);
		t->owe_alert = false; /* there are no keys any more to send it under */
		t->write_closed = true;
		return true;
	}
	tls_tell_sent(t, HF_TLS_TOLD_KEY_UPDATE)->offset = offset;
	return true;
}

/* RFC 8446 6.1: a handshake that its user gives up says so before the end; it cannot be finished then. */
static bool put_close(struct hf_tls *t, struct hf_tls_io *io)
{
	const uint8_t warning = 1;

	if (!t->connected && !t->alert_sent && !put_alert(t, io, warning, TLS_ALERT_USER_CANCELED))
		return false;
	if (!put_alert(t, io, warning, TLS_ALERT_CLOSE_NOTIFY))
		return false;
	t->owe_close = false;
	t->write_closed = true;
	if (!t->connected)
		tls_break(t, TLS_WHY_CANCELLED);
	return true;
}

bool tls_drain(struct hf_tls *t, struct hf_tls_io *io)
{
	if (t->write_closed)
		return true;
	if (t->owe_ccs) {
		if (!put_ccs(t, io))
			return false;
		t->owe_ccs = false;
	}
	if (!put_flight(t, io))
		return false;
	if (t->owe_key_update && !put_key_update(t, io))
		return false;
	if (t->owe_alert) {
		if (!put_alert(t, io, t->alert_level, t->alert))
			return false;
		t->owe_alert = false;
		t->write_closed = t->state == TLS_ST_FAILED;
	}
	if (t->owe_close && !put_close(t, io))
		return false;
	return true;
}

/* ---- building messages ---- */

hf_status tls_message(struct hf_tls *t, uint8_t type, size_t n, struct hf_wr *ret)
{
	struct tls_hs *hs = t->hs;
	size_t begun;

	if (hs->flight_room - hs->flight_len < n) {
		if (hs->flight_len > hs->flight_sent)
			return HF_AGAIN;
		hs->need = n;
		hs->need_for = TLS_NEED_FLIGHT;
		return tls_ask(t, HF_TLS_WANTS_ROOM);
	}
	if (!tls_has_past(t, n))
		return tls_ask(t, HF_TLS_WANTS_ROOM);
	*ret = hf_wr_over(hs->flight + hs->flight_len, hs->flight_room - hs->flight_len);
	begun = tls_message_begin(ret, type);
	HF_ASSERT(begun == 0);
	return HF_OK;
}

hf_status tls_commit_apart(struct hf_tls *t, struct hf_wr *out)
{
	size_t n;

	tls_message_end(out, 0);
	TLS_REQUIRE(t, hf_wr_end(out, &n) == HF_OK, INTERNAL);
	t->hs->flight_len += (uint32_t)n;
	return HF_OK;
}

hf_status tls_commit(struct hf_tls *t, struct hf_wr *out)
{
	const uint32_t from = t->hs->flight_len;

	HF_TRY(tls_commit_apart(t, out));
	/* A message longer than it said it would be: a mistake of ours, not of the peer's. */
	TLS_REQUIRE(t, tls_has_past(t, t->hs->flight_len - from), INTERNAL);
	tls_transcript_add(t, (struct hf_bytes){ t->hs->flight + from, t->hs->flight_len - from });
	return HF_OK;
}

hf_status tls_flushed(struct hf_tls *t)
{
	return t->owe_ccs || t->hs->flight_len > t->hs->flight_sent ? HF_AGAIN : HF_OK;
}

hf_status tls_send_ccs(struct hf_tls *t)
{
	HF_TRY(tls_flushed(t));
	t->owe_ccs = true;
	return HF_OK;
}

/* ---- the caller's data ---- */

struct out_cursor {
	const struct hf_room *room;
	size_t rooms, at;
};

static size_t room_left(const struct out_cursor *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->rooms; i++)
		n += c->room[i].len;
	return n - c->at;
}

/* The next n octets of the room, in pieces; how many pieces. */
static size_t next_rooms(struct out_cursor *c, size_t n, struct hf_room *to, size_t max)
{
	size_t pieces = 0;

	while (n > 0 && c->rooms > 0) {
		const size_t have = c->room->len - c->at, take = have < n ? have : n;

		if (take > 0) {
			if (pieces == max)
				return 0;
			to[pieces++] = (struct hf_room){ c->room->at + c->at, take };
		}
		n -= take;
		c->at += take;
		if (c->at == c->room->len) {
			c->room++;
			c->rooms--;
			c->at = 0;
		}
	}
	return pieces;
}

struct in_cursor {
	const struct hf_bytes *piece;
	size_t pieces, at;
};

static size_t next_bytes(struct in_cursor *c, size_t n, struct hf_bytes *to, size_t max, size_t *ret_len)
{
	size_t count = 0, len = 0;

	while (len < n && c->pieces > 0 && count < max) {
		const size_t have = c->piece->len - c->at, take = have < n - len ? have : n - len;

		if (take > 0)
			to[count++] = (struct hf_bytes){ c->piece->at + c->at, take };
		len += take;
		c->at += take;
		if (c->at == c->piece->len) {
			c->piece++;
			c->pieces--;
			c->at = 0;
		}
	}
	*ret_len = len;
	return count;
}

#define PIECES_MAX 32u
#define SMALL_RECORD 1370u /* of octets: one segment with its headers, so that the first can be read when it is here */

/* Octets of plaintext of the next record. */
static size_t record_octets(const struct hf_tls *t)
{
	const size_t most = t->small_left > 0 && t->max_send > SMALL_RECORD ? SMALL_RECORD : t->max_send;

	return t->early_writable && most > t->early_left ? t->early_left : most;
}

hf_status hf_tls_write(struct hf_tls *t, const struct hf_bytes *data, size_t pieces, const struct hf_room *out,
		       size_t outs, size_t *ret_taken, size_t *ret_len)
{
	struct out_cursor to = { out, outs, 0 };
	struct in_cursor from = { data, pieces, 0 };

	*ret_taken = *ret_len = 0;
	if (t->write_closed || t->owe_close || t->state == TLS_ST_FAILED)
		return HF_CLOSED;
	if (!t->connected && !t->early_writable)
		return HF_BAD_STATE;
	if (t->owe_alert || t->owe_ccs || t->owe_key_update || (t->hs && t->hs->flight_len > t->hs->flight_sent))
		return HF_AGAIN;
	for (;;) {
		struct hf_bytes in[PIECES_MAX];
		struct hf_room rooms[PIECES_MAX];
		struct hf_tls_record_told *r;
		const size_t left = room_left(&to);
		size_t n = fits(t, left), len, ins, count, pad, size;

		if (n > record_octets(t))
			n = record_octets(t);
		if (n == 0)
			return *ret_taken > 0 ? HF_OK : HF_AGAIN;
		/* RFC 8446 5.5: before the cipher's limit new keys are due. */
		if (tls_side_wants_update(&t->wr) && t->version == TLS_VERSION_1_3 && t->connected) {
			t->owe_key_update = true;
			return *ret_taken > 0 ? HF_OK : HF_AGAIN;
		}
		if (!tls_record_may_seal(&t->wr)) {
			tls_break(t, TLS_WHY_SEQUENCE_END);
			return *ret_taken > 0 ? HF_OK : HF_CLOSED;
		}
		ins = next_bytes(&from, n, in, PIECES_MAX, &len);
		if (len == 0)
			return HF_OK;
		pad = padding_for(t, len, left);
		size = tls_record_size(&t->wr, t->version, len) + pad;
		count = next_rooms(&to, size, rooms, PIECES_MAX);
		if (count == 0)
			return *ret_taken > 0 ? HF_OK : HF_INVALID;
		r = tls_tell_sent(t, HF_TLS_TOLD_RECORD);
		r->len = (uint32_t)len;
		size = tls_record_seal(&t->wr, t->version, TLS_VERSION_1_2, TLS_APPLICATION_DATA, in, ins, pad, rooms,
				       count);
		*ret_taken += len;
		*ret_len += size;
		t->out_offset += size;
		t->records_sent++;
		t->small_left -= len < t->small_left ? (uint32_t)len : t->small_left;
		if (t->early_writable)
			t->early_left -= (uint32_t)len;
	}
}

size_t hf_tls_sealed_size(const struct hf_tls *t, size_t n)
{
	const size_t small = n < t->small_left ? n : t->small_left;
	size_t records = (small + SMALL_RECORD - 1) / SMALL_RECORD + (n - small + t->max_send - 1) / t->max_send + 1;

	if (t->max_send < SMALL_RECORD)
		records = (n + t->max_send - 1) / t->max_send;
	return n + records * (RECORD_OVERHEAD_MAX + (t->cfg->pad_to ? t->cfg->pad_to : 0u));
}
