/* SPDX-License-Identifier: MIT */

/* One conversation over TLS. See talk.h. */
#include "cmd/talk.h"

#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

/* ---- a queue of octets ---- */

struct hf_bytes talk_queue_bytes(const struct talk_queue *q)
{
	return (struct hf_bytes){ q->at + q->begin, q->len };
}

bool talk_queue_add(struct talk_queue *q, struct hf_bytes data)
{
	if (data.len == 0)
		return true;
	if (q->begin > 0) {
		memmove(q->at, q->at + q->begin, q->len);
		q->begin = 0;
	}
	if (q->room - q->len < data.len) {
		const size_t room = q->len + data.len + q->room / 2;
		uint8_t *at = realloc(q->at, room);

		if (!at)
			return false;
		q->at = at;
		q->room = room;
	}
	memcpy(q->at + q->len, data.at, data.len);
	q->len += data.len;
	return true;
}

void talk_queue_drop(struct talk_queue *q, size_t n)
{
	HF_ASSERT(n <= q->len);
	q->len -= n;
	q->begin = q->len > 0 ? q->begin + n : 0;
}

void talk_queue_free(struct talk_queue *q)
{
	free(q->at);
	*q = (struct talk_queue){ 0 };
}

/* ---- the conversation ---- */

hf_status talk_open(struct talk *t, struct secure_side *side, const struct stream *stream,
		    const struct hf_tls_start *start, hf_time_ns now)
{
	*t = (struct talk){ .stream = *stream, .started = now, .linger = TALK_LINGER };
	t->told = calloc(TALK_TOLD, sizeof(*t->told));
	if (!t->told)
		return HF_FULL;
	HF_TRY(secure_open(&t->secure, side, start, now));
	hf_tls_tell(t->secure.tls, t->told, TALK_TOLD);
	return HF_OK;
}

hf_status talk_keep_messages(struct talk *t)
{
	t->messages = malloc(TALK_MESSAGES);
	if (!t->messages)
		return HF_FULL;
	hf_tls_keep_messages(t->secure.tls, (struct hf_room){ t->messages, TALK_MESSAGES });
	return HF_OK;
}

struct talk_news talk_news(struct talk *t)
{
	struct talk_news news;

	news.any = t->secure.tls && hf_tls_next_message(t->secure.tls, &news.message);
	return news;
}

bool talk_told(struct talk *t, struct talk_news *news, struct hf_tls_record_told *ret,
	       const struct hf_tls_message **ret_message)
{
	const bool more = t->secure.tls && hf_tls_told(t->secure.tls, &t->told_cursor, ret);

	/* Messages whose records are lost are passed over, and all that are left behind the last record. */
	while (news->any && (!more || news->message.nth < t->told_cursor))
		news->any = hf_tls_next_message(t->secure.tls, &news->message);
	*ret_message = more && news->any && news->message.nth == t->told_cursor ? &news->message : NULL;
	return more;
}

bool talk_hears_plain_http(struct talk *t)
{
	struct hf_bytes span;
	size_t n = 0;
	bool eof;

	return !t->connected && stream_read(&t->stream, &span, 1, &n, &eof) == HF_OK && n > 0 && span.len >= 5 &&
	       memcmp(span.at, "HTTP/", 5) == 0;
}

void talk_close(struct talk *t)
{
	if (t->stream.open && t->gone)
		stream_close(&t->stream);
	else if (t->stream.open)
		stream_abort(&t->stream);
	secure_close(&t->secure);
	talk_queue_free(&t->out);
	free(t->told);
	free(t->messages);
	t->told = NULL;
	t->messages = NULL;
}

/* The name is lent by the room of the handshake, which is given back soon. */
void talk_look(struct talk *t)
{
	hf_tls_info(t->secure.tls, &t->info);
	if (t->info.name.len > 0 && t->info.name.len < sizeof(t->name)) {
		memcpy(t->name, t->info.name.at, t->info.name.len);
		t->name[t->info.name.len] = '\0';
	}
	t->info.name = hf_bytes_of(t->name);
}

static enum talk_does ended(struct talk *t, enum talk_end how, hf_status why)
{
	t->end = how;
	t->why = why;
	talk_look(t);
	/* Now, as our own end of it would be the newest thing to be told soon. */
	secure_explain(&t->secure, t->sentence, sizeof(t->sentence));
	t->code = secure_exit_code(&t->secure);
	/* An answer to early data waits for the end of the handshake, which is not to come any more. */
	if (!t->connected)
		talk_queue_drop(&t->out, t->out.len);
	if (how == TALK_BROKEN)
		t->gone = true;
	return TALK_ENDED;
}

static void push_out(struct talk *t, hf_time_ns now)
{
	const struct hf_bytes sealed = secure_out(&t->secure);
	size_t n = stream_write(&t->stream, sealed);

	secure_sent(&t->secure, n);
	if (n == sealed.len && t->plain.len > 0) {
		const size_t more = stream_write(&t->stream, t->plain);

		t->plain.at += more;
		t->plain.len -= more;
		n += more;
	}
	if (n > 0 && !t->shut)
		t->until = now + TALK_PATIENCE;
}

/* True when octets of `out` have been sealed. */
static bool seal_out(struct talk *t)
{
	size_t n = 0;

	if (t->out.len == 0 || t->close_asked)
		return false;
	if (secure_write(&t->secure, talk_queue_bytes(&t->out), &n) == HF_CLOSED)
		n = t->out.len; /* nobody will hear it */
	else
		t->sent += n;
	talk_queue_drop(&t->out, n);
	return n > 0;
}

void talk_end(struct talk *t, hf_time_ns now)
{
	if (!t->closing)
		t->until = now + TALK_PATIENCE;
	t->closing = true;
	t->half = false;
}

void talk_half_close(struct talk *t)
{
	if (!t->closing)
		t->closing = t->half = true;
}

void talk_say_plain(struct talk *t, struct hf_bytes text)
{
	t->plain = text;
}

static void go_on_closing(struct talk *t, hf_time_ns now, bool eof)
{
	struct hf_tls_info info;

	if (!t->closing)
		return;
	if (!t->close_asked && t->out.len == 0) {
		hf_tls_close(t->secure.tls);
		t->close_asked = true;
		return; /* it goes with the next step */
	}
	hf_tls_info(t->secure.tls, &info);
	if (!t->shut && !t->half && info.write_closed && secure_out(&t->secure).len == 0 && t->plain.len == 0) {
		stream_shut(&t->stream);
		t->shut = true;
		t->until = now + t->linger;
	}
	if (t->shut && eof && stream_all_acked(&t->stream))
		t->gone = true;
	/* What the other side cannot be given any more is not waited for. */
	if (t->end != TALK_OPEN && (!stream_connected(&t->stream) || t->stream.why != HF_OK))
		t->gone = true;
	if (!t->half && now >= t->until)
		t->gone = true;
	if (t->gone && t->connected) /* our own close_notify, too */
		talk_look(t);
}

static enum talk_does tell(struct talk *t, enum secure_does does, hf_time_ns now)
{
	switch (does) {
	case SECURE_WAITS:
		return TALK_WAITS;
	case SECURE_CONNECTED:
		t->connected = true;
		t->connected_at = now;
		talk_look(t);
		return TALK_CONNECTED;
	case SECURE_HAS_DATA:
		return TALK_DATA;
	case SECURE_HAS_EARLY_DATA:
		return TALK_EARLY_DATA;
	case SECURE_HAS_SESSION:
		return TALK_SESSION;
	case SECURE_CLOSED:
		return t->end == TALK_OPEN ? ended(t, TALK_CLOSED, HF_OK) : TALK_WAITS;
	case SECURE_TRUNCATED:
		return t->end == TALK_OPEN ? ended(t, TALK_TRUNCATED, HF_TRUNCATED) : TALK_WAITS;
	case SECURE_FAILED:
		return t->end == TALK_OPEN ? ended(t, TALK_FAILED, HF_TLS) : TALK_WAITS;
	}
	return TALK_WAITS;
}

enum talk_does talk_step(struct talk *t, hf_time_ns now, struct hf_bytes *ret_data)
{
	*ret_data = (struct hf_bytes){ NULL, 0 };
	while (!t->gone) {
		struct hf_bytes spans[TALK_SPANS];
		enum talk_does does;
		size_t n, taken = 0, waiting;
		bool eof, close_asked = t->close_asked, sealed;
		const hf_status status = stream_read(&t->stream, spans, TALK_SPANS, &n, &eof);

		if (status != HF_OK && t->end == TALK_OPEN)
			return ended(t, TALK_BROKEN, status);
		if (status != HF_OK) {
			t->gone = true;
			break;
		}
		does = tell(t, secure_step(&t->secure, spans, t->paused ? 0 : n, eof && !t->paused, now, &taken, ret_data),
			    now);
		if (t->end != TALK_OPEN) { /* what comes now is passed over, so that the stream ends in good order */
			taken = 0;
			for (size_t i = 0; i < n; i++)
				taken += spans[i].len;
		}
		stream_consume(&t->stream, taken);
		t->received += does == TALK_DATA || does == TALK_EARLY_DATA ? ret_data->len : 0;
		sealed = seal_out(t);
		waiting = secure_out(&t->secure).len;
		push_out(t, now);
		go_on_closing(t, now, eof && t->end != TALK_OPEN);
		if (does != TALK_WAITS)
			return does;
		/* Again when what was in the way may be out of it. */
		if (taken == 0 && !sealed && secure_out(&t->secure).len == waiting && close_asked == t->close_asked)
			return TALK_WAITS;
	}
	return TALK_WAITS;
}

hf_time_ns talk_deadline(const struct talk *t)
{
	hf_time_ns at = HF_NEVER;

	if (t->gone)
		return 0;
	if (t->end == TALK_OPEN)
		at = hf_tls_deadline(t->secure.tls);
	if (t->closing && !t->half)
		at = hf_min_u64(at, t->until);
	return at;
}
