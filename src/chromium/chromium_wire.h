/* SPDX-License-Identifier: MIT */
#ifndef HF_CHROMIUM_WIRE_H
#define HF_CHROMIUM_WIRE_H

#include "hf/status.h"

/* DevTools over a pipe: messages in JSON, each with a zero behind it. */
struct chromium_in {
	uint8_t *at;
	size_t len, room;
	size_t begin;  /* of the message that comes next */
	size_t looked; /* no zero stands between begin and there */
};

/* The next whole message, valid until more is read. HF_AGAIN: not yet; HF_TOO_BIG: it is longer than `most`. */
hf_status chromium_in_next(struct chromium_in *in, size_t most, struct hf_bytes *ret);
/* Room for octets to be read into, and how many came. HF_FULL: memory ended. */
hf_status chromium_in_room(struct chromium_in *in, struct hf_room *ret);
void chromium_in_add(struct chromium_in *in, size_t n);
void chromium_in_free(struct chromium_in *in);
/* Half a pair of surrogates in a string, as scripts may send, becomes U+FFFD: readers of JSON stop at it. In place. */
void chromium_mend(uint8_t *at, size_t n);

struct chromium_out {
	uint8_t *at;
	size_t len, room, sent;
	bool full; /* memory ended, or the queue's limit */
};

void chromium_put(struct chromium_out *o, const char *s);
/* With quotes; what is not ASCII is written as '?'. */
void chromium_put_string(struct chromium_out *o, const char *s);
void chromium_put_number(struct chromium_out *o, uint64_t n);
void chromium_put_base64(struct chromium_out *o, struct hf_bytes b);
void chromium_put_bytes(struct chromium_out *o, struct hf_bytes b);
void chromium_put_end(struct chromium_out *o); /* of a message */
void chromium_out_sent(struct chromium_out *o, size_t n);
void chromium_out_free(struct chromium_out *o);

/* RFC 4648 4, padded. *ret is the caller's to free. HF_MALFORMED, HF_FULL. */
hf_status chromium_from_base64(struct hf_bytes text, uint8_t **ret, size_t *ret_len);

#endif
