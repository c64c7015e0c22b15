/* SPDX-License-Identifier: MIT */

/*
 * What comes in: records are taken off the stream one at a time, when all of one is there; what they hold goes to the message
 * being put together, to the caller as data, or is an alert. A message's turn is judged from the table as soon as its first
 * octets are here; its handler runs when it is whole.
 */
#include "tls/tls_internal.h"

#define EMPTIES_MAX 32u /* empty records, and camouflage, since the last data */
#define WARNINGS_MAX 4u /* warning alerts since the last data */
#define PIECES_MAX 24u  /* a record in more pieces than this is put together first */
#define TURN_COLUMNS 26u

/* ---- the table of turns ---- */

struct turn {
	bool known;
	uint8_t epoch;
	uint32_t to; /* bits of states */
	hf_status (*handler)(struct hf_tls *t, struct hf_bytes body);
	const char *rfc;
};

/* Message numbers are sparse; a column each keeps the table small. */
static unsigned column_of(unsigned message)
{
	if (message < 25)
		return message;
	return message == TLS_HELLO_RETRY_REQUEST ? 25u : TURN_COLUMNS;
}

/* Column 9 is no message's number: change_cipher_spec of 1.2 stands there. */
#define CCS_COLUMN 9u
#define COL(message) \
	(TLS_##message == TLS_CCS_MESSAGE ? CCS_COLUMN : TLS_##message == TLS_HELLO_RETRY_REQUEST ? 25u : TLS_##message)
#define TO(state) (1u << TLS_ST_##state)
_Static_assert(TLS_ST_COUNT <= 32, "a set of states is 32 bits");

static const struct turn turns[TLS_ST_COUNT][TURN_COLUMNS] = {
#define M(state, message, to_, keys, handler_, rfc_) \
	[TLS_ST_##state][COL(message)] = { true, TLS_EPOCH_##keys, to_, tls_on_##handler_, rfc_ },
#include "tls/tls_fsm.def"
#undef M
};

static const struct turn *find_turn(const struct hf_tls *t, unsigned message)
{
	const unsigned column = message == TLS_CCS_MESSAGE ? CCS_COLUMN
				: message == CCS_COLUMN    ? TURN_COLUMNS
							   : column_of(message);

	if (column >= TURN_COLUMNS || !turns[t->state][column].known)
		return NULL;
	return &turns[t->state][column];
}

void tls_next(struct hf_tls *t, enum tls_state next)
{
	const struct turn *turn = find_turn(t, t->hs->message_type);

	HF_ASSERT(turn && (turn->to & 1u << next));
	t->hs->next = (uint8_t)next;
}

/* ---- messages ---- */

static bool is_connected_state(uint8_t state)
{
	return state == TLS_ST_C13_CONNECTED || state == TLS_ST_S13_CONNECTED || state == TLS_ST_C12_CONNECTED ||
	       state == TLS_ST_S12_CONNECTED;
}

struct hf_bytes tls_message_bytes(const struct hf_tls *t)
{
	return (struct hf_bytes){ t->hs->in, t->hs->message_len };
}

static void finish_message(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const uint8_t from = t->state;

	if (hs->message_len > 0) {
		hs->in_len -= hs->message_len;
		memmove(hs->in, hs->in + hs->message_len, hs->in_len);
	}
	hs->message_open = false;
	hs->message_len = 0;
	if (t->connected)
		t->deadline = HF_NEVER; /* the next one has its own */
	if (t->state == TLS_ST_FAILED || hs->next == from)
		return;
	t->state = hs->next;
	{
		struct hf_tls_record_told *r = tls_tell(t, HF_TLS_TOLD_STATE);

		r->from = from;
		r->to = t->state;
	}
}

void tls_do_tasks(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;

	while (hs->tasks && *hs->tasks && t->state != TLS_ST_FAILED) {
		tls_task *const *at = hs->tasks;
		const hf_status s = (*at)(t);

		if (s == HF_AGAIN)
			return;
		if (s == HF_PENDING && hs->question.what == HF_TLS_WANTS_ROOM)
			return;
		if (s != HF_OK && s != HF_PENDING) {
			HF_ASSERT(t->state == TLS_ST_FAILED);
			break;
		}
		if (hs->tasks == at)
			hs->tasks++;
		if (s == HF_PENDING)
			return;
	}
	hs->tasks = NULL;
	if (hs->message_open)
		finish_message(t);
	else if (t->state != TLS_ST_FAILED && hs->next != t->state)
		t->state = hs->next;
}

/* Calls the handler; what it lends stays until the tasks are done. */
static void handle(struct hf_tls *t, const struct turn *turn, unsigned message, struct hf_bytes body, uint32_t len)
{
	struct tls_hs *hs = t->hs;
	struct hf_tls_record_told *r;
	const bool bound = !is_connected_state(t->state) && message != TLS_CCS_MESSAGE;

	hs->message_open = true;
	hs->message_len = len;
	hs->message_type = (uint16_t)message;
	hs->next = t->state;
	r = tls_tell(t, message == TLS_CCS_MESSAGE ? HF_TLS_TOLD_CCS : HF_TLS_TOLD_MESSAGE);
	r->x = (uint16_t)message;
	r->len = message == TLS_CCS_MESSAGE ? 1 : len;
	r->offset = hs->in_record;
	tls_keep(t, r, message == TLS_CCS_MESSAGE ? body : tls_message_bytes(t));
	if (turn->epoch != t->rd.epoch) {
		tls_break(t, TLS_WHY_UNEXPECTED);
	} else if (turn->handler(t, body) == HF_OK) {
		if (bound)
			tls_transcript_add(t, tls_message_bytes(t));
	} else {
		HF_ASSERT(t->state == TLS_ST_FAILED);
	}
	if (t->state == TLS_ST_FAILED)
		hs->tasks = NULL;
	if (!hs->tasks)
		finish_message(t);
}

/* Not looked at any further, but told of: as much as has come. */
static void refuse_message(struct hf_tls *t, unsigned message, uint32_t len, enum tls_why why)
{
	struct tls_hs *hs = t->hs;
	struct hf_tls_record_told *r = tls_tell(t, HF_TLS_TOLD_MESSAGE);

	r->x = (uint16_t)message;
	r->len = TLS_MESSAGE_HEADER + len;
	r->offset = hs->in_record;
	tls_keep(t, r, (struct hf_bytes){ hs->in, hs->in_len < r->len ? hs->in_len : r->len });
	tls_break(t, why);
}

bool tls_take_message(struct hf_tls *t)
{
	struct tls_hs *hs = t->hs;
	const struct turn *turn;
	unsigned message;
	uint32_t len;

	if (hs->in_len < TLS_MESSAGE_HEADER)
		return false;
	message = hs->in[0];
	len = (uint32_t)hs->in[1] << 16 | (uint32_t)hs->in[2] << 8 | hs->in[3];
	/* The number by which the table knows a HelloRetryRequest is no message's on the wire. */
	turn = message == TLS_HELLO_RETRY_REQUEST ? NULL : find_turn(t, message);
	/* Which of the two a ServerHello is can be told from its random only: either may come. */
	if (!turn && message == TLS_SERVER_HELLO)
		turn = find_turn(t, TLS_HELLO_RETRY_REQUEST);
	if (!turn) {
		refuse_message(t, message, len, TLS_WHY_UNEXPECTED);
		return true;
	}
	if (len > (t->cfg->message_max ? t->cfg->message_max : 131072u)) {
		refuse_message(t, message, len, TLS_WHY_MESSAGE_TOO_LONG);
		return true;
	}
	len += TLS_MESSAGE_HEADER;
	if (hs->in_len < len)
		return false;
	if (message == TLS_SERVER_HELLO && len >= TLS_MESSAGE_HEADER + 34 &&
	    memcmp(hs->in + TLS_MESSAGE_HEADER + 2, tls_hello_retry_random, 32) == 0)
		message = TLS_HELLO_RETRY_REQUEST;
	turn = find_turn(t, message);
	if (!turn) {
		refuse_message(t, message, len - TLS_MESSAGE_HEADER, TLS_WHY_UNEXPECTED);
		return true;
	}
	if (!is_connected_state(t->state) && !tls_has_past(t, len)) {
		hs->next = t->state;
		return tls_ask(t, HF_TLS_WANTS_ROOM) == HF_PENDING;
	}
	handle(t, turn, message, (struct hf_bytes){ hs->in + TLS_MESSAGE_HEADER, len - TLS_MESSAGE_HEADER }, len);
	return true;
}

/* ---- the stream ---- */

static size_t input_left(const struct tls_input *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->pieces; i++)
		n += in->piece[i].len;
	return n - in->at;
}

static void input_skip(struct tls_input *in, size_t n)
{
	while (n > 0) {
		const size_t have = in->piece->len - in->at, take = have < n ? have : n;

		n -= take;
		in->at += take;
		if (in->at == in->piece->len) {
			in->piece++;
			in->pieces--;
			in->at = 0;
		}
	}
}

/* n octets from `at` on, in pieces; 0 when they lie in more than max. */
static size_t input_slices(struct tls_input in, size_t at, size_t n, struct hf_bytes *to, size_t max)
{
	size_t count = 0;

	input_skip(&in, at);
	while (n > 0) {
		const size_t have = in.piece->len - in.at, take = have < n ? have : n;

		if (take > 0) {
			if (count == max)
				return 0;
			to[count++] = (struct hf_bytes){ in.piece->at + in.at, take };
			n -= take;
		}
		in.piece++;
		in.at = 0;
	}
	return count;
}

static void input_copy(struct tls_input in, size_t at, size_t n, uint8_t *to)
{
	input_skip(&in, at);
	while (n > 0) {
		const size_t have = in.piece->len - in.at, take = have < n ? have : n;

		memcpy(to, in.piece->at + in.at, take);
		to += take;
		n -= take;
		in.piece++;
		in.at = 0;
	}
}

/* ---- what a record holds ---- */

static bool flood(uint8_t *count, unsigned max)
{
	return ++*count > max;
}

static void take_alert(struct hf_tls *t, struct hf_bytes b)
{
	const uint8_t fatal = 2, warning = 1;
	struct hf_tls_record_told *r;

	if (b.len != 2) {
		tls_break(t, TLS_WHY_ALERT_DECODE);
		return;
	}
	r = tls_tell(t, HF_TLS_TOLD_ALERT);
	r->x = b.at[1];
	r->y = b.at[0];
	r->offset = t->in_offset;
	tls_keep(t, r, b);
	if (b.at[1] == TLS_ALERT_CLOSE_NOTIFY) {
		t->alert_received = true;
		t->alert_received_number = TLS_ALERT_CLOSE_NOTIFY;
		t->read_closed = true;
		/* The handshake is cancelled, as it seems: it may be plain, and anybody's. Not to be taken for an end of the data. */
		if (!t->connected)
			tls_break(t, TLS_WHY_ALERT_RECEIVED);
		return;
	}
	if (t->version != TLS_VERSION_1_3 && b.at[0] != warning && b.at[0] != fatal) {
		tls_break_alert(t, TLS_WHY_ALERT_DECODE, TLS_ALERT_ILLEGAL_PARAMETER);
		return;
	}
	/* RFC 8446 6: in 1.3 the level says nothing, all but the two closing ones are fatal. */
	if (b.at[1] == TLS_ALERT_USER_CANCELED || (t->version != TLS_VERSION_1_3 && b.at[0] == warning)) {
		if (t->hs && t->hs->in_len > 0)
			tls_break(t, TLS_WHY_INTERLEAVED);
		else if (flood(&t->warnings, WARNINGS_MAX))
			tls_break(t, TLS_WHY_WARNING_FLOOD);
		return;
	}
	t->alert_received = true;
	t->alert_received_number = b.at[1];
	tls_break(t, TLS_WHY_ALERT_RECEIVED);
}

/* Room for n octets more of messages; false: it is asked for. */
static bool has_room(struct hf_tls *t, size_t n)
{
	struct tls_hs *hs = t->hs;
	size_t need;

	if (!hs) /* the connection gave it back: hf_tls_question() knows what it needs */
		return false;
	need = hs->in_len + n;
	if (need <= hs->in_room)
		return true;
	/*
	 * As much as the message being put together will need, but no more than twice what is full by now: what a message says of
	 * its length costs its sender nothing.
	 */
	if (hs->in_len >= TLS_MESSAGE_HEADER) {
		const size_t len = TLS_MESSAGE_HEADER + ((size_t)hs->in[1] << 16 | (size_t)hs->in[2] << 8 | hs->in[3]);
		const size_t more = hf_min_u64(len + n, (size_t)2 * hs->in_room);

		need = need > more ? need : more;
	}
	hs->need = need;
	hs->need_for = TLS_NEED_IN;
	return tls_ask(t, HF_TLS_WANTS_ROOM) == HF_OK; /* never: the question stands */
}

static bool take_handshake(struct hf_tls *t, struct hf_bytes b)
{
	struct tls_hs *hs;

	if (b.len == 0) {
		tls_break(t, TLS_WHY_EMPTY_RECORD);
		return true;
	}
	if (!has_room(t, b.len))
		return false;
	hs = t->hs;
	if (hs->in_len == 0)
		hs->in_record = t->in_offset;
	memcpy(hs->in + hs->in_len, b.at, b.len);
	hs->in_len += (uint32_t)b.len;
	return true;
}

static enum tls_took take_data(struct hf_tls *t, struct hf_tls_io *io, struct hf_bytes b)
{
	const bool early = t->rd.epoch == TLS_EPOCH_EARLY;
	struct hf_tls_record_told *r;

	if (t->hs && t->hs->in_len > 0) {
		tls_break(t, TLS_WHY_INTERLEAVED);
		return TLS_TOOK_RECORD;
	}
	if (!early && !(t->connected && t->rd.epoch == TLS_EPOCH_APPLICATION)) {
		tls_break(t, TLS_WHY_UNEXPECTED_RECORD);
		return TLS_TOOK_RECORD;
	}
	if (b.len == 0) {
		if (flood(&t->empties, EMPTIES_MAX))
			tls_break(t, TLS_WHY_EMPTY_FLOOD);
		return TLS_TOOK_RECORD;
	}
	if (early) {
		if (b.len > t->early_left) {
			tls_break(t, TLS_WHY_EARLY_DATA_LIMIT);
			return TLS_TOOK_RECORD;
		}
		t->early_left -= (uint32_t)b.len;
	}
	t->empties = t->warnings = t->updates = 0;
	r = tls_tell(t, HF_TLS_TOLD_RECORD);
	r->len = (uint32_t)b.len;
	r->offset = t->in_offset;
	io->data = b;
	return TLS_TOOK_DATA;
}

static void take_ccs(struct hf_tls *t, struct hf_bytes b)
{
	const struct turn *turn;
	struct hf_tls_record_told *r;

	if (b.len != 1 || b.at[0] != 1) {
		tls_break(t, TLS_WHY_BAD_CCS);
		return;
	}
	if (t->hs && t->hs->in_len > 0) {
		tls_break(t, TLS_WHY_INTERLEAVED);
		return;
	}
	turn = t->version == TLS_VERSION_1_2 && t->hs ? find_turn(t, TLS_CCS_MESSAGE) : NULL;
	if (turn) {
		t->hs->in_record = t->in_offset;
		handle(t, turn, TLS_CCS_MESSAGE, b, 0);
		return;
	}
	/* RFC 8446 5: camouflage may come from the first ClientHello on until the peer's Finished. */
	if (t->version == TLS_VERSION_1_2 || t->connected || t->state == TLS_ST_S_WAIT_CH ||
	    flood(&t->empties, EMPTIES_MAX)) {
		tls_break(t, TLS_WHY_BAD_CCS);
		return;
	}
	r = tls_tell(t, HF_TLS_TOLD_CCS);
	r->offset = t->in_offset;
	r->epoch = TLS_EPOCH_PLAIN;
	tls_keep(t, r, b);
}

/* ---- records ---- */

static bool looks_like_http(struct hf_bytes b)
{
	static const char *const methods[] = { "GET ", "HEAD ", "POST ", "PUT ", "OPTI",
					       "DELE", "CONN",  "TRAC",  "PATC", "PRI " };

	for (size_t i = 0; i < HF_ARRAY_LEN(methods); i++) {
		const size_t n = strlen(methods[i]) < b.len ? strlen(methods[i]) : b.len;

		if (memcmp(b.at, methods[i], n) == 0)
			return true;
	}
	return false;
}

/* What a header alone shows to be wrong. */
static enum tls_why judge_header(const struct hf_tls *t, const struct tls_record_header *h, struct hf_bytes head)
{
	const bool plain = t->rd.epoch == TLS_EPOCH_PLAIN;
	size_t max = TLS_PLAIN_MAX;

	if (h->type < TLS_CHANGE_CIPHER_SPEC || h->type > TLS_APPLICATION_DATA) {
		if (t->server && t->records_received == 0 && looks_like_http(head))
			return TLS_WHY_PLAIN_HTTP;
		return TLS_WHY_UNKNOWN_RECORD;
	}
	/* RFC 8446 5.1: of 1.3 the version says nothing; of 1.2 it does (RFC 5246 E.1). */
	if (h->version >> 8 != 3 || (t->version == TLS_VERSION_1_2 && h->version != TLS_VERSION_1_2))
		return TLS_WHY_RECORD_VERSION;
	if (!plain)
		max = t->version == TLS_VERSION_1_3 ? TLS_CIPHER_MAX_1_3 : TLS_CIPHER_MAX_1_2;
	else if (t->early_skip && h->type == TLS_APPLICATION_DATA)
		max = TLS_CIPHER_MAX_1_3;
	return h->length > max ? TLS_WHY_RECORD_TOO_LONG : TLS_WHY_NONE;
}

/* Early data that is not taken (RFC 8446 4.2.10): false when it is more than there may be. */
static bool pass_over(struct hf_tls *t, size_t n)
{
	if (n > t->early_left) {
		tls_break(t, TLS_WHY_EARLY_DATA_LIMIT);
		return false;
	}
	t->early_left -= (uint32_t)n;
	return true;
}

static enum tls_took take_plain(struct hf_tls *t, uint8_t type, struct hf_bytes content)
{
	switch (type) {
	case TLS_HANDSHAKE:
		return take_handshake(t, content) ? TLS_TOOK_RECORD : TLS_TOOK_ASKED;
	case TLS_ALERT:
		take_alert(t, content);
		return TLS_TOOK_RECORD;
	case TLS_CHANGE_CIPHER_SPEC:
		take_ccs(t, content);
		return TLS_TOOK_RECORD;
	default:
		if (!t->early_skip)
			tls_break(t, TLS_WHY_UNEXPECTED_RECORD);
		else if (content.len == 0 && flood(&t->empties, EMPTIES_MAX))
			tls_break(t, TLS_WHY_EMPTY_FLOOD);
		else
			(void)pass_over(t, content.len);
		return TLS_TOOK_RECORD;
	}
}

static enum tls_took take_sealed(struct hf_tls *t, struct hf_tls_io *io, const struct tls_record_header *h,
				 const uint8_t *head, const struct hf_bytes *parts, size_t count)
{
	struct hf_bytes content;
	enum tls_took took = TLS_TOOK_RECORD;
	enum tls_why why;
	uint8_t type;

	why = tls_record_open(&t->rd, t->version, head, parts, count, t->max_receive, io->plain, &type, &content);
	if (why == TLS_WHY_BAD_MAC && t->early_skip) {
		(void)pass_over(t, h->length);
		return TLS_TOOK_RECORD;
	}
	if (why != TLS_WHY_NONE) {
		tls_break(t, why);
		return TLS_TOOK_RECORD;
	}
	t->early_skip = false;
	switch (type) {
	case TLS_HANDSHAKE:
		if (!take_handshake(t, content)) {
			t->rd.seq--; /* opened again when there is room */
			took = TLS_TOOK_ASKED;
		}
		break;
	case TLS_ALERT:
		take_alert(t, content);
		break;
	case TLS_APPLICATION_DATA:
		took = take_data(t, io, content);
		break;
	case TLS_CHANGE_CIPHER_SPEC:
		tls_break(t, TLS_WHY_BAD_CCS);
		break;
	default:
		tls_break(t, TLS_WHY_UNKNOWN_RECORD);
		break;
	}
	if (took != TLS_TOOK_DATA)
		crypto_wipe(io->plain, content.len);
	return took;
}

enum tls_took tls_take_record(struct hf_tls *t, struct hf_tls_io *io, struct tls_input *in)
{
	struct tls_record_header h;
	struct hf_bytes parts[PIECES_MAX];
	uint8_t head[TLS_RECORD_HEADER];
	const size_t left = input_left(in);
	enum tls_took took;
	enum tls_why why;
	size_t count, n;

	if (left < TLS_RECORD_HEADER)
		return TLS_TOOK_NOTHING;
	input_copy(*in, 0, sizeof(head), head);
	if (tls_record_header_parse((struct hf_bytes){ head, sizeof(head) }, &h) != HF_OK)
		return TLS_TOOK_NOTHING;
	why = judge_header(t, &h, (struct hf_bytes){ head, sizeof(head) });
	if (why != TLS_WHY_NONE) {
		tls_break(t, why);
		return TLS_TOOK_RECORD;
	}
	if (left - TLS_RECORD_HEADER < h.length)
		return TLS_TOOK_NOTHING;
	count = input_slices(*in, TLS_RECORD_HEADER, h.length, parts, PIECES_MAX);
	if (count == 0) {
		input_copy(*in, TLS_RECORD_HEADER, h.length, io->plain);
		parts[0] = (struct hf_bytes){ io->plain, h.length };
		count = h.length > 0;
	}
	if (t->rd.epoch == TLS_EPOCH_PLAIN || h.type == TLS_CHANGE_CIPHER_SPEC ||
	    /* An alert from a peer that could not make its keys (RFC 8446 6). */
	    (t->version == TLS_VERSION_1_3 && h.type == TLS_ALERT && t->rd.seq == 0 && !t->connected)) {
		if (count > 1) {
			input_copy(*in, TLS_RECORD_HEADER, h.length, io->plain);
			parts[0] = (struct hf_bytes){ io->plain, h.length };
		}
		if (t->version == TLS_VERSION_1_2 && t->rd.epoch != TLS_EPOCH_PLAIN) {
			tls_break(t, TLS_WHY_UNEXPECTED_RECORD);
			took = TLS_TOOK_RECORD;
		} else {
			took = take_plain(t, h.type, count ? parts[0] : (struct hf_bytes){ head, 0 });
		}
	} else if (t->version == TLS_VERSION_1_3 && h.type != TLS_APPLICATION_DATA) {
		tls_break(t, TLS_WHY_UNEXPECTED_RECORD);
		took = TLS_TOOK_RECORD;
	} else {
		took = take_sealed(t, io, &h, head, parts, count);
	}
	if (took == TLS_TOOK_ASKED)
		return took;
	n = TLS_RECORD_HEADER + h.length;
	input_skip(in, n);
	io->taken += n;
	t->in_offset += n;
	t->records_received++;
	return took;
}
