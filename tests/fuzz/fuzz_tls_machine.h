/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FUZZ_TLS_MACHINE_H
#define HF_TESTS_FUZZ_TLS_MACHINE_H

#include "../tls/post.h"
#include "fuzz.h"

/*
 * A live machine and a genuine one that talks with it; the fuzzer sits between them with the keys. The first octet says which
 * kind of handshake (post_kinds[]), the second how: RAW_BIT: the rest is the stream itself; else the rest is a list of what
 * to do with each of the genuine peer's messages, or besides. All randomness is fixed, so an input always does the same.
 */
#define RAW_BIT 1u
#define PIECES_BIT 2u /* in pieces of one octet, scattered */
#define NARROW_BIT 4u /* and little room to write into */

struct fuzz_input {
	const uint8_t *at;
	size_t n;
};

static inline unsigned fuzz_octet(struct fuzz_input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->at++;
}

static inline struct hf_bytes fuzz_octets(struct fuzz_input *in, size_t n)
{
	const struct hf_bytes b = { in->at, n < in->n ? n : in->n };

	in->at += b.len;
	in->n -= b.len;
	return b;
}

/* Lets the machine's user do something. */
static inline void fuzz_user(struct post *p, enum lab_who who, unsigned what)
{
	struct lab_side *side = &p->lab->side[who];

	switch (what % 5) {
	case 0:
		hf_tls_close(side->t);
		break;
	case 1:
		(void)!hf_tls_update_keys(side->t, what & 0x80);
		break;
	case 2:
		lab_write(p->lab, who, "words");
		break;
	case 3:
		side->keep_room = !side->keep_room;
		break;
	default:
		p->lab->now += HF_S(1);
		break;
	}
	(void)lab_turn(p->lab, who);
}

static inline void fuzz_give(struct post *p, enum lab_who who, unsigned content, struct hf_bytes b)
{
	/* Keys that a machine has failed with are no keys any more. */
	if (p->lab->side[who].t->state == TLS_ST_FAILED)
		return;
	post_give(p, who, (uint8_t)content, b);
}

/* Something besides the messages of the peer. */
static inline void fuzz_aside(struct post *p, enum lab_who who, unsigned op, struct fuzz_input *in)
{
	static uint8_t message[4 + 255];
	struct hf_bytes b;

	switch (op % 4) {
	case 0: {
		const unsigned type = fuzz_octet(in);

		b = fuzz_octets(in, fuzz_octet(in));
		message[0] = (uint8_t)type;
		message[1] = message[2] = 0;
		message[3] = (uint8_t)b.len;
		memcpy(message + 4, b.at, b.len);
		fuzz_give(p, who, TLS_HANDSHAKE, (struct hf_bytes){ message, 4 + b.len });
		break;
	}
	case 1: {
		const unsigned content = fuzz_octet(in);

		b = fuzz_octets(in, fuzz_octet(in));
		fuzz_give(p, who, content, b);
		break;
	}
	case 2:
		lab_inject(p->lab, who, fuzz_octets(in, fuzz_octet(in)));
		(void)lab_turn(p->lab, who);
		break;
	default:
		fuzz_user(p, who, fuzz_octet(in));
		break;
	}
}

/* What becomes of a genuine message. */
static inline void fuzz_message(struct post *p, enum lab_who who, unsigned op, struct fuzz_input *in,
				const struct post_item *item)
{
	static uint8_t changed[LAB_WIRE];
	const size_t n = item->octets.len, at = n ? (fuzz_octet(in) << 8 | fuzz_octet(in)) % n : 0;
	struct hf_bytes b;

	memcpy(changed, item->octets.at, n);
	switch (op % 5) {
	case 0: /* lost */
		return;
	case 1: /* an octet changed */
		if (n > 0)
			changed[at] ^= (uint8_t)fuzz_octet(in);
		fuzz_give(p, who, item->content, (struct hf_bytes){ changed, n });
		return;
	case 2: /* cut, its length mended */
		if (item->content == TLS_HANDSHAKE && at >= TLS_MESSAGE_HEADER) {
			changed[1] = 0;
			hf_store16(changed + 2, (uint16_t)(at - TLS_MESSAGE_HEADER));
		}
		fuzz_give(p, who, item->content, (struct hf_bytes){ changed, at });
		return;
	case 3: /* a part overwritten */
		b = fuzz_octets(in, fuzz_octet(in) % (n - at + 1));
		memcpy(changed + at, b.at, b.len);
		fuzz_give(p, who, item->content, (struct hf_bytes){ changed, n });
		return;
	default: /* octets put in, its length mended */
		b = fuzz_octets(in, fuzz_octet(in));
		memmove(changed + at + b.len, changed + at, n - at);
		memcpy(changed + at, b.at, b.len);
		if (item->content == TLS_HANDSHAKE && n >= TLS_MESSAGE_HEADER) {
			const size_t body = n + b.len - TLS_MESSAGE_HEADER;

			changed[1] = (uint8_t)(body >> 16);
			hf_store16(changed + 2, (uint16_t)body);
		}
		fuzz_give(p, who, item->content, (struct hf_bytes){ changed, n + b.len });
		return;
	}
}

/* Keys of RSA take their time, which is none of an input's. */
__attribute__((constructor)) static void fuzz_make_world(void)
{
	(void)post_world_make(NULL);
}

static enum lab_who fuzz_who;
static bool fuzz_peer_alone; /* nothing is fuzzed any more */

static inline bool fuzz_hook(struct post *p, enum lab_who to, const struct post_item *item)
{
	struct fuzz_input *in = p->user;

	if (to != fuzz_who || fuzz_peer_alone)
		return post_hand_on(p, to, item);
	for (;;) {
		const unsigned op = in->n > 0 ? fuzz_octet(in) : 0;

		if (op < 64 || p->lab->side[to].t->state == TLS_ST_FAILED)
			return post_hand_on(p, to, item);
		if (op < 160) {
			fuzz_message(p, to, op, in, item);
			return true;
		}
		fuzz_aside(p, to, op, in);
	}
}

static inline void fuzz_judge(struct lab *lab, enum lab_who who)
{
	const struct lab_side *side = &lab->side[who];
	uint8_t ours[32], theirs[32];

	/* Whatever came: it has an end, and a failure has its reason. */
	FUZZ_CHECK(side->failed || side->closed || side->truncated);
	FUZZ_CHECK(!side->failed || lab_info(lab, who).why);
	FUZZ_CHECK(side->data_len == 0 || side->connected);
	if (side->connected && lab->side[!who].connected &&
	    hf_tls_export(side->t, "EXPORTER-fuzz", LAB_BYTES(""), true, ours, sizeof(ours)) == HF_OK &&
	    hf_tls_export(lab->side[!who].t, "EXPORTER-fuzz", LAB_BYTES(""), true, theirs, sizeof(theirs)) == HF_OK)
		FUZZ_CHECK(memcmp(ours, theirs, sizeof(ours)) == 0);
}

static inline void fuzz_machine(enum lab_who who, const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	const struct post_kind *kind = &post_kinds[fuzz_octet(&in) % post_kind_count];
	const unsigned how = fuzz_octet(&in);
	struct lab *lab;
	struct post *p;

	fuzz_who = who;
	lab = post_lab(kind);
	if (how & PIECES_BIT)
		lab->piece = lab->scatter = 1;
	if (how & NARROW_BIT)
		lab->out_room = HF_TLS_OUT_ROOM;
	p = post_new(lab);
	p->user = &in;
	if (how & RAW_BIT) {
		(void)lab_turn(lab, who);
		lab_inject(lab, who, (struct hf_bytes){ in.at, in.n });
		(void)lab_turn(lab, who);
	} else {
		(void)post_run(p, fuzz_hook);
		while (in.n > 0 && lab->side[who].t->state != TLS_ST_FAILED) {
			fuzz_aside(p, who, fuzz_octet(&in), &in);
			(void)post_run(p, fuzz_hook);
		}
	}
	lab->now += HF_S(10);
	(void)lab_turn(lab, who);
	lab_cut(lab, who);
	(void)lab_turn(lab, who);
	fuzz_judge(lab, who);
	post_free(p);
	lab_free(lab);
}

/* The fuzzer of one end: handshakes of every kind, a recorded hello in the stream, messages changed and put besides. */
#define FUZZ_MACHINE(who, hello)                                                                                        \
	FUZZ_SEEDS(/* handshakes of every kind as they are */                                                           \
		   FUZZ_SEED("\x00\x00"), FUZZ_SEED("\x01\x00"), FUZZ_SEED("\x02\x00"), FUZZ_SEED("\x03\x00"),          \
		   FUZZ_SEED("\x04\x00"), FUZZ_SEED("\x05\x00"), FUZZ_SEED("\x06\x00"), FUZZ_SEED("\x07\x00"),          \
		   FUZZ_SEED("\x08\x00"), FUZZ_SEED("\x09\x00"), FUZZ_SEED("\x0a\x00"), FUZZ_SEED("\x0b\x00"),          \
		   FUZZ_SEED("\x0c\x00"), FUZZ_SEED("\x0d\x00"), FUZZ_SEED("\x0e\x00"), FUZZ_SEED("\x0f\x00"),          \
		   FUZZ_SEED("\x10\x00"), FUZZ_SEED("\x11\x00"), FUZZ_SEED("\x12\x00"), FUZZ_SEED("\x13\x00"),          \
		   FUZZ_SEED("\x14\x00"), FUZZ_SEED("\x15\x00"), FUZZ_SEED("\x16\x00"), /* the stream itself */         \
		   FUZZ_SEED("\x00\x01" hello), FUZZ_SEED("\x0b\x03" hello), /* messages changed, and others besides */ \
		   FUZZ_SEED("\x00\x00\x41\x00\x40\x01"), FUZZ_SEED("\x04\x02\x00\x00\x42\x00\x80"),                    \
		   FUZZ_SEED("\x0b\x04\x00\x43\x00\x20\x04"                                                             \
			     "abcd"),                                                                                   \
		   FUZZ_SEED("\x06\x00\x44\x00\x10\x02"                                                                 \
			     "xy"),                                                                                     \
		   FUZZ_SEED("\x08\x00\xa0\x18\x01\x01\xa1\x17\x03"                                                     \
			     "abc"),                                                                                    \
		   FUZZ_SEED("\x0e\x06\xa2\x05\x14\x03\x03\x00\x01"),                                                   \
		   FUZZ_SEED("\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\xa3\x81\xa3\x02\xa3\x00"),                       \
		   FUZZ_SEED("\x12\x00\xa0\x00\x00\xa0\x01\x01x\xa1\x15\x02\x01\x00"));                                 \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                                    \
	{                                                                                                               \
		fuzz_machine(who, data, size);                                                                          \
		return 0;                                                                                               \
	}

#endif
