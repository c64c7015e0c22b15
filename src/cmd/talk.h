/* SPDX-License-Identifier: MIT */
#ifndef HF_CMD_TALK_H
#define HF_CMD_TALK_H

#include "cmd/secure.h"
#include "cmd/stream.h"

/*
 * One conversation over TLS: a stream with a secure connection above it, from the first octet to an end in good order. What
 * is to be said waits in `out`; what is heard comes from talk_step(), piece by piece.
 *
 *	while ((does = talk_step(t, now, &data)) != TALK_WAITS)
 *		...
 *
 * The end: talk_end() says that no more will be put into `out`. When all of that is gone, close_notify goes, then FIN; then the
 * other side has a moment to do the same, so that no reset takes away what it has not read yet.
 */
#define TALK_QUEUE 65536u      /* octets in `out` above which nobody should put more there */
#define TALK_TOLD 1024u        /* records of what happened, kept until they are told */
#define TALK_MESSAGES 196608u  /* octets of handshake messages, the same: the longest that is taken, and some */
#define TALK_LINGER HF_S(2)    /* for the other side's FIN after ours */
#define TALK_SPANS 64u         /* pieces of what was received that are looked at together */
#define TALK_PATIENCE HF_S(10) /* without any octet taken by a side that we want to leave */

struct talk_queue {
	uint8_t *at;
	size_t begin, len, room; /* len octets from begin on */
};

struct hf_bytes talk_queue_bytes(const struct talk_queue *q);
bool talk_queue_add(struct talk_queue *q, struct hf_bytes data); /* false: no memory */
void talk_queue_drop(struct talk_queue *q, size_t n);
void talk_queue_free(struct talk_queue *q);

enum talk_does {
	TALK_WAITS,
	TALK_CONNECTED, /* said once: the handshake is complete */
	TALK_DATA,      /* borrowed until the next step of any conversation of the same side */
	TALK_EARLY_DATA,
	TALK_SESSION, /* to be kept for a later connection */
	TALK_ENDED,   /* said once: nothing more will come; see `end` */
};

enum talk_end {
	TALK_OPEN,
	TALK_CLOSED,    /* close_notify */
	TALK_TRUNCATED, /* FIN without it */
	TALK_FAILED,    /* an alert, sent or received */
	TALK_BROKEN,    /* the connection below: `why` */
};

struct talk {
	struct stream stream;
	struct secure secure;
	struct talk_queue out;
	bool paused; /* nothing is heard for the moment: whoever listens has no room */
	enum talk_end end;
	hf_status why;
	bool connected;
	bool gone;               /* nothing is left to be done: talk_close() */
	char sentence[700];      /* TRUNCATED, FAILED: how it came to that */
	int code;                /* and the exit code for it */
	hf_time_ns linger;       /* may be set [TALK_LINGER] */
	uint64_t sent, received; /* octets of data */
	hf_time_ns started, connected_at;
	struct hf_tls_info info; /* as of CONNECTED, and of ENDED */
	char name[256];          /* the server's name; empty: none */
	struct hf_tls_record_told *told;
	uint64_t told_cursor;
	uint8_t *messages; /* behind what is told: talk_keep_messages(); or NULL */
	/* its own */
	bool closing, close_asked, shut, half;
	struct hf_bytes plain; /* goes out as it is before the end: for one who does not speak TLS */
	hf_time_ns until;      /* patience, once it is closing */
};

/* Over a connected stream, which is taken over. HF_OK, HF_INVALID, HF_FULL. */
HF_NODISCARD hf_status talk_open(struct talk *t, struct secure_side *side, const struct stream *stream,
				 const struct hf_tls_start *start, hf_time_ns now);
/* From the first message on: for talk_told(). To be called before the first step. HF_OK, HF_FULL. */
HF_NODISCARD hf_status talk_keep_messages(struct talk *t);
/* What has been told since the last time; nothing may be stepped in between: news = talk_news(t), then talk_told() until it is false. */
struct talk_news {
	struct hf_tls_message message;
	bool any;
};
struct talk_news talk_news(struct talk *t);
/* *ret_message: the octets behind the record; NULL: there are none, they were not kept, or there was no room. */
bool talk_told(struct talk *t, struct talk_news *news, struct hf_tls_record_told *ret,
	       const struct hf_tls_message **ret_message);
/* Is what has come, before there is TLS, an answer of plain HTTP? */
bool talk_hears_plain_http(struct talk *t);
enum talk_does talk_step(struct talk *t, hf_time_ns now, struct hf_bytes *ret_data);
hf_time_ns talk_deadline(const struct talk *t); /* when talk_step() is due though nothing came */
void talk_end(struct talk *t, hf_time_ns now);
/* close_notify as soon as `out` is empty; what the other side says is still heard (RFC 8446 6.1). */
void talk_half_close(struct talk *t);
void talk_say_plain(struct talk *t, struct hf_bytes text);
void talk_look(struct talk *t);  /* brings `info` up to date */
void talk_close(struct talk *t); /* the stream in good order if it is gone, else with a reset */

#endif
