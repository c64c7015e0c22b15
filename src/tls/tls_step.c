/* SPDX-License-Identifier: MIT */

/*
 * The engine: what is owed goes out, then the tasks of the message before are done, then the next message is read, then the
 * next record. It stops when something is wanted from the caller or there is something to tell. See tls_internal.h.
 */
#include "tls/tls_internal.h"

#define FLIGHT_ROOM 6144u /* of our messages at first: a chain of usual size */
#define IN_ROOM 6144u
#define PAST_ROOM 8192u /* of both sides' messages */
#define ALIGN 64u

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

size_t hf_tls_room(void)
{
	return aligned(sizeof(struct tls_hs)) + FLIGHT_ROOM + PAST_ROOM + IN_ROOM;
}

static const struct hf_tls_question no_question = { .what = HF_TLS_WANTS_INPUT };
static const struct hf_tls_question room_question = {
	.what = HF_TLS_WANTS_ROOM,
	.room = ((sizeof(struct tls_hs) + ALIGN - 1) & ~(size_t)(ALIGN - 1)) + FLIGHT_ROOM + PAST_ROOM + IN_ROOM,
};

void tls_lay_room(struct hf_tls *t, struct hf_room room)
{
	struct tls_hs *hs = (void *)room.at;

	HF_ASSERT(room.len >= hf_tls_room() && (uintptr_t)room.at % ALIGN == 0);
	memset(hs, 0, sizeof(*hs));
	hs->room = room;
	hs->flight = room.at + aligned(sizeof(*hs));
	hs->flight_room = FLIGHT_ROOM;
	hs->past = hs->flight + FLIGHT_ROOM;
	hs->past_room = PAST_ROOM;
	hs->in = hs->past + PAST_ROOM;
	hs->in_room = (uint32_t)(room.len - aligned(sizeof(*hs)) - FLIGHT_ROOM - PAST_ROOM);
	hs->question = no_question;
	hs->next = t->state;
	t->hs = hs;
}

/* ---- failures ---- */

static const struct {
	uint8_t alert;
	const char *code, *rfc, *sentence;
} whys[TLS_WHY_COUNT] = {
#define W(name, alert_, rfc_, sentence_) [TLS_WHY_##name] = { TLS_ALERT_##alert_, #name, rfc_, sentence_ },
#include "tls/tls_why.def"
#undef W
};

void tls_break_alert(struct hf_tls *t, enum tls_why why, uint8_t alert)
{
	const uint8_t fatal = 2;
	struct hf_tls_record_told *r;

	if (t->state == TLS_ST_FAILED)
		return;
	r = tls_tell(t, HF_TLS_TOLD_FAILED);
	r->x = (uint16_t)why;
	r->y = alert;
	r->from = t->state;
	r->to = TLS_ST_FAILED;
	t->failed_in = t->state;
	t->state = TLS_ST_FAILED;
	t->why = (uint8_t)why;
	t->deadline = HF_NEVER;
	t->owe_close = t->owe_ccs = t->owe_key_update = false;
	/*
	 * RFC 8446 6.2: an alert is not answered with one; who does not speak TLS cannot read ours; and after close_notify
	 * nothing is sent any more (6.1).
	 */
	t->owe_alert = !t->write_closed && why != TLS_WHY_ALERT_RECEIVED && why != TLS_WHY_PLAIN_HTTP;
	t->alert = alert;
	t->alert_level = fatal;
	t->write_closed = !t->owe_alert;
	if (t->hs) {
		t->hs->tasks = NULL;
		t->hs->flight_len = t->hs->flight_sent = t->hs->flight_told = 0;
		t->hs->question = no_question;
	}
}

void tls_break(struct hf_tls *t, enum tls_why why)
{
	tls_break_alert(t, why, whys[why].alert);
}

hf_status tls_fail_alert(struct hf_tls *t, enum tls_why why, uint8_t alert)
{
	tls_break_alert(t, why, alert);
	return HF_TLS;
}

hf_status tls_fail(struct hf_tls *t, enum tls_why why)
{
	return tls_fail_alert(t, why, whys[why].alert);
}

/* ---- what handlers and tasks use ---- */

void tls_run(struct hf_tls *t, tls_task *const *tasks)
{
	t->hs->tasks = tasks;
}

hf_status tls_ask(struct hf_tls *t, enum hf_tls_does what)
{
	struct tls_hs *hs = t->hs;

	HF_ASSERT(hs->question.what == HF_TLS_WANTS_INPUT);
	hs->question.what = what;
	if (what == HF_TLS_WANTS_ROOM)
		hs->question.room = hs->need;
	return HF_PENDING;
}

/* False: the connection has failed in the meantime (its time was over, or it was closed), and nobody wants to know. */
static bool answer(struct hf_tls *t, enum hf_tls_does what)
{
	if (t->state == TLS_ST_FAILED)
		return false;
	HF_ASSERT(t->hs && t->hs->question.what == what);
	t->hs->question = no_question;
	return true;
}

void tls_draw(struct hf_tls *t, void *to, size_t n)
{
	struct tls_hs *hs = t->hs;
	uint8_t info[4];

	hf_store32(info, ++hs->drawn);
	crypto_hkdf_expand(CRYPTO_SHA256, (struct hf_bytes){ hs->entropy, sizeof(hs->entropy) },
			   (struct hf_bytes){ info, sizeof(info) }, to, n);
}

uint64_t tls_unix_ms(const struct hf_tls *t)
{
	return (t->cfg->epoch_ns + t->now) / HF_MS(1);
}

void tls_log_secret(struct hf_tls *t, const char *label, const uint8_t *secret, size_t n)
{
	struct tls_hs *hs = t->hs;
	struct tls_log *l;

	if (!t->cfg->log_secrets || hs->logs == TLS_SECRETS_MAX)
		return;
	l = &hs->log[hs->logs++];
	l->label = label;
	l->len = (uint8_t)n;
	memcpy(l->secret, secret, n);
}

void tls_connected(struct hf_tls *t)
{
	t->connected = true;
	t->deadline = HF_NEVER;
	tls_tell(t, HF_TLS_TOLD_CONNECTED);
}

/* ---- the transcript ---- */

static const uint8_t both[2] = { CRYPTO_SHA256, CRYPTO_SHA384 };

void tls_transcript_add(struct hf_tls *t, struct hf_bytes message)
{
	struct tls_hs *hs = t->hs;

	crypto_hash_add(&hs->transcript[0], message);
	if (!hs->transcript_chosen)
		crypto_hash_add(&hs->transcript[1], message);
	if (hs->keeps_past) {
		/* tls_message() and tls_take_message() have seen to the room. */
		HF_ASSERT(hs->past_room - hs->past_len >= message.len);
		memcpy(hs->past + hs->past_len, message.at, message.len);
		hs->past_len += (uint32_t)message.len;
	}
}

bool tls_has_past(struct hf_tls *t, size_t n)
{
	struct tls_hs *hs = t->hs;

	if (!hs->keeps_past || hs->past_room - hs->past_len >= n)
		return true;
	hs->need = hs->past_len + n + PAST_ROOM;
	hs->need_for = TLS_NEED_PAST;
	return false;
}

void tls_transcript_choose(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	if (hs->transcript_chosen)
		return;
	if (t->suite->hash == both[1])
		hs->transcript[0] = hs->transcript[1];
	else
		HF_ASSERT(t->suite->hash == both[0]);
	hs->transcript_chosen = true;
}

void tls_transcript_hash(struct hf_tls *t, uint8_t *ret)
{
	HF_ASSERT(t->hs->transcript_chosen);
	crypto_hash_peek(&t->hs->transcript[0], ret);
}

void tls_transcript_hash_of(struct hf_tls *t, enum crypto_hash_id hash, uint8_t *ret)
{
	struct tls_hs *hs = t->hs;

	HF_ASSERT(!hs->transcript_chosen || hs->transcript[0].id == hash);
	crypto_hash_peek(&hs->transcript[!hs->transcript_chosen && hash == both[1]], ret);
}

void tls_transcript_retry(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const enum crypto_hash_id id = hs->transcript[0].id;
	const size_t n = crypto_hash_size(id);
	uint8_t message[TLS_MESSAGE_HEADER + CRYPTO_HASH_MAX] = { TLS_MESSAGE_HASH, 0, 0, (uint8_t)n };

	HF_ASSERT(hs->transcript_chosen);
	crypto_hash_peek(&hs->transcript[0], message + TLS_MESSAGE_HEADER);
	crypto_hash_init(&hs->transcript[0], id);
	crypto_hash_add(&hs->transcript[0], (struct hf_bytes){ message, TLS_MESSAGE_HEADER + n });
}

/* ---- keys ---- */

static void tell_keys(struct hf_tls *t, enum tls_epoch epoch, bool sent)
{
	struct hf_tls_record_told *r = tls_tell(t, HF_TLS_TOLD_KEYS);

	r->x = (uint16_t)epoch;
	r->sent = sent;
}

/* RFC 8446 5.1: no message may lie on both sides of a change of keys. */
static bool spans_key_change(const struct hf_tls *t)
{
	return t->hs->in_len > t->hs->message_len;
}

hf_status tls_read_keys_13(struct hf_tls *t, enum tls_epoch epoch, const uint8_t *secret)
{
	TLS_REQUIRE(t, !spans_key_change(t), KEY_CHANGE_SPANNED);
	TLS_REQUIRE(t, tls_side_set_13(&t->rd, t->cfg->crypto, t->suite, epoch, secret, false) == HF_OK, NO_MEMORY);
	tell_keys(t, epoch, false);
	return HF_OK;
}

hf_status tls_write_keys_13(struct hf_tls *t, enum tls_epoch epoch, const uint8_t *secret)
{
	HF_ASSERT(tls_flushed(t) == HF_OK);
	TLS_REQUIRE(t, tls_side_set_13(&t->wr, t->cfg->crypto, t->suite, epoch, secret, true) == HF_OK, NO_MEMORY);
	tell_keys(t, epoch, true);
	return HF_OK;
}

hf_status tls_read_keys_12(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	TLS_REQUIRE(t, !spans_key_change(t), KEY_CHANGE_SPANNED);
	TLS_REQUIRE(t,
		    tls_side_set_12(&t->rd, t->cfg->crypto, t->suite, hs->master, hs->client_random, hs->server_random,
				    t->server, false) == HF_OK,
		    NO_MEMORY);
	tell_keys(t, TLS_EPOCH_APPLICATION, false);
	return HF_OK;
}

hf_status tls_write_keys_12(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	HF_ASSERT(tls_flushed(t) == HF_OK);
	TLS_REQUIRE(t,
		    tls_side_set_12(&t->wr, t->cfg->crypto, t->suite, hs->master, hs->client_random, hs->server_random,
				    !t->server, true) == HF_OK,
		    NO_MEMORY);
	tell_keys(t, TLS_EPOCH_APPLICATION, true);
	return HF_OK;
}

/* ---- the step ---- */

static enum hf_tls_does ended_without_notice(struct hf_tls *t)
{
	if (!t->eof_told) {
		tls_tell(t, HF_TLS_TOLD_TRUNCATED)->offset = t->in_offset;
		t->eof_told = true;
		t->deadline = HF_NEVER;
	}
	return HF_TLS_TRUNCATED;
}

/*
 * A message that has begun holds a server's room, which others want for their handshakes, so its end must come as those do: no
 * honest client cuts a KeyUpdate at all. A client has its room for itself, and may not be reading for the moment.
 */
static void time_message(struct hf_tls *t)
{
	if (t->server && t->connected && t->deadline == HF_NEVER && t->hs && t->hs->in_len > 0)
		t->deadline = t->now + tls_handshake_timeout(t->cfg);
}

static void break_late(struct hf_tls *t)
{
	tls_break(t, t->connected ? TLS_WHY_MESSAGE_TIMEOUT : TLS_WHY_TIMEOUT);
}

static size_t all_of(const struct tls_input *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->pieces; i++)
		n += in->piece[i].len;
	return n - in->at;
}

enum hf_tls_does hf_tls_step(struct hf_tls *t, struct hf_tls_io *io, hf_time_ns now)
{
	struct tls_input in = { io->in, io->ins, 0 };

	HF_ASSERT(io->out_room >= HF_TLS_OUT_ROOM);
	t->now = now;
	io->taken = io->out_len = 0;
	io->data = (struct hf_bytes){ NULL, 0 };
	/* A session is told once and held until this step. */
	if (t->hs && t->hs->question.what == HF_TLS_HAS_SESSION)
		t->hs->question = no_question;
	for (;;) {
		if (!tls_drain(t, io))
			return HF_TLS_WANTS_OUT;
		if (t->state == TLS_ST_FAILED) {
			io->taken += all_of(&in); /* nothing will be read any more */
			return HF_TLS_FAILED;
		}
		if (t->hs && t->hs->question.what != HF_TLS_WANTS_INPUT) {
			if (now < t->deadline)
				return t->hs->question.what;
			break_late(t);
			continue;
		}
		if (t->hs && t->hs->tasks) {
			tls_do_tasks(t);
			continue;
		}
		if (t->connected && !t->connected_told) {
			t->connected_told = true;
			return HF_TLS_CONNECTED;
		}
		if (t->read_closed) { /* RFC 8446 6.1: what follows is not looked at */
			io->taken += all_of(&in);
			t->deadline = HF_NEVER;
			return HF_TLS_CLOSED;
		}
		if (t->hs && tls_take_message(t))
			continue;
		switch (tls_take_record(t, io, &in)) {
		case TLS_TOOK_RECORD:
			continue;
		case TLS_TOOK_DATA:
			return t->rd.epoch == TLS_EPOCH_EARLY ? HF_TLS_HAS_EARLY_DATA : HF_TLS_HAS_DATA;
		case TLS_TOOK_ASKED:
			return HF_TLS_WANTS_ROOM;
		case TLS_TOOK_NOTHING:
			break;
		}
		if (io->eof)
			return ended_without_notice(t);
		time_message(t);
		if (now >= t->deadline) {
			break_late(t);
			continue;
		}
		return HF_TLS_WANTS_INPUT;
	}
}

hf_time_ns hf_tls_deadline(const struct hf_tls *t)
{
	return t->deadline;
}

/* ---- answers ---- */

const struct hf_tls_question *hf_tls_question(const struct hf_tls *t)
{
	return t->hs ? &t->hs->question : &room_question;
}

/* What goes back to the caller says nothing any more. */
static struct hf_room take(struct hf_room *from)
{
	const struct hf_room r = *from;

	*from = (struct hf_room){ NULL, 0 };
	if (r.len > 0)
		crypto_wipe(r.at, r.len);
	return r;
}

void hf_tls_give_room(struct hf_tls *t, struct hf_room room, struct hf_room *ret_old)
{
	struct tls_hs *hs = t->hs;
	struct hf_room *extra;

	*ret_old = (struct hf_room){ NULL, 0 };
	if (t->state == TLS_ST_FAILED) {
		*ret_old = room;
		return;
	}
	if (!hs) {
		tls_lay_room(t, room);
		return;
	}
	HF_ASSERT(room.len >= hs->need && room.len <= UINT32_MAX);
	(void)answer(t, HF_TLS_WANTS_ROOM);
	/* What stands in the first room stays where it is: a message in use lends from there. */
	switch ((enum tls_need)hs->need_for) {
	case TLS_NEED_FLIGHT:
		memcpy(room.at, hs->flight, hs->flight_len);
		hs->flight = room.at;
		hs->flight_room = (uint32_t)room.len;
		extra = &hs->flight_extra;
		break;
	case TLS_NEED_PAST:
		memcpy(room.at, hs->past, hs->past_len);
		hs->past = room.at;
		hs->past_room = (uint32_t)room.len;
		extra = &hs->past_extra;
		break;
	default:
		HF_ASSERT(!hs->message_open);
		memcpy(room.at, hs->in, hs->in_len);
		hs->in = room.at;
		hs->in_room = (uint32_t)room.len;
		extra = &hs->in_extra;
		break;
	}
	*ret_old = take(extra);
	*extra = room;
}

struct hf_room hf_tls_take_room(struct hf_tls *t)
{
	const struct hf_room none = { NULL, 0 };
	struct tls_hs *hs = t->hs;
	struct hf_room room;

	if (!hs)
		return none;
	if (t->state != TLS_ST_FAILED && !t->ending &&
	    (!t->connected_told || hs->tasks || hs->in_len > 0 || hs->flight_len > 0 || hs->logs > 0 ||
	     hs->question.what != HF_TLS_WANTS_INPUT))
		return none;
	if (hs->flight_extra.len > 0) {
		hs->flight = hs->room.at + aligned(sizeof(*hs));
		hs->flight_room = FLIGHT_ROOM;
		return take(&hs->flight_extra);
	}
	if (hs->in_extra.len > 0) {
		hs->in = hs->room.at + aligned(sizeof(*hs)) + FLIGHT_ROOM + PAST_ROOM;
		hs->in_room = (uint32_t)(hs->room.len - aligned(sizeof(*hs)) - FLIGHT_ROOM - PAST_ROOM);
		hs->in_len = 0;
		return take(&hs->in_extra);
	}
	if (hs->past_extra.len > 0) {
		hs->past = hs->room.at + aligned(sizeof(*hs)) + FLIGHT_ROOM;
		hs->past_room = PAST_ROOM;
		hs->past_len = 0;
		hs->keeps_past = false;
		return take(&hs->past_extra);
	}
	for (unsigned i = 0; i < TLS_SHARES_MAX; i++)
		crypto_kex_clear(&hs->kex[i]);
	crypto_pub_free(hs->peer_key);
	room = hs->room;
	t->hs = NULL;
	crypto_wipe(room.at, room.len);
	return room;
}

void hf_tls_use_certificate(struct hf_tls *t, const struct hf_cred *cred)
{
	if (answer(t, HF_TLS_WANTS_CERTIFICATE))
		t->hs->cred = cred;
}

bool hf_tls_certificate_fits(const struct hf_tls *t, const struct hf_cred *cred)
{
	const struct hf_tls_question *q = hf_tls_question(t);

	return tls_scheme_for(t->cfg, cred, q->schemes, q->version) != 0;
}

void hf_tls_no_certificate(struct hf_tls *t)
{
	if (answer(t, HF_TLS_WANTS_CERTIFICATE))
		t->hs->cred = NULL;
}

void hf_tls_refuse_name(struct hf_tls *t)
{
	if (answer(t, HF_TLS_WANTS_CERTIFICATE))
		tls_break(t, TLS_WHY_UNKNOWN_NAME);
}

void hf_tls_give_signature(struct hf_tls *t, struct hf_bytes signature)
{
	struct tls_hs *hs = t->hs;

	if (!answer(t, HF_TLS_WANTS_SIGNATURE))
		return;
	if (signature.len == 0 || signature.len > sizeof(hs->signature)) {
		tls_break(t, TLS_WHY_INTERNAL);
		return;
	}
	memcpy(hs->signature, signature.at, signature.len);
	hs->signature_len = (uint16_t)signature.len;
}

void hf_tls_give_premaster(struct hf_tls *t, const uint8_t premaster[48])
{
	if (!answer(t, HF_TLS_WANTS_PREMASTER))
		return;
	if (!premaster) {
		tls_break(t, TLS_WHY_INTERNAL);
		return;
	}
	memcpy(t->hs->premaster, premaster, 48);
}

void hf_tls_give_verdict(struct hf_tls *t, uint8_t alert)
{
	if (answer(t, HF_TLS_WANTS_VERDICT))
		t->hs->verdict = alert;
}

void hf_tls_pass_verdict(struct hf_tls *t)
{
	if (!answer(t, HF_TLS_WANTS_VERDICT))
		return;
	t->hs->verdict = 0;
	t->hs->verdict_passed = true;
}

void hf_tls_give_ticket_key(struct hf_tls *t, const uint8_t name[16], const uint8_t key[32])
{
	struct tls_hs *hs = t->hs;

	if (!answer(t, HF_TLS_WANTS_TICKET_KEY))
		return;
	hs->ticket_key_given = key != NULL;
	if (!key)
		return;
	memcpy(hs->ticket_key_name, name, sizeof(hs->ticket_key_name));
	memcpy(hs->ticket_key, key, sizeof(hs->ticket_key));
}

void hf_tls_give_replay(struct hf_tls *t, bool seen)
{
	if (answer(t, HF_TLS_WANTS_REPLAY))
		t->hs->seen = seen;
}

/* ---- names of failures, for tls_user.c ---- */

const char *tls_why_code(unsigned why)
{
	return whys[why].code;
}

const char *tls_why_rfc(unsigned why)
{
	return whys[why].rfc;
}

const char *tls_why_sentence(unsigned why)
{
	return whys[why].sentence;
}
