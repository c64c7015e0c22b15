/* SPDX-License-Identifier: MIT */
#include "post.h"

#include <stdlib.h>

/* ---- keys ---- */

static bool is_sealed(const struct hf_tls *t, uint8_t content)
{
	return t->rd.epoch != TLS_EPOCH_PLAIN && content != TLS_CHANGE_CIPHER_SPEC;
}

/* The keys `t` reads with, for somebody else. */
static void copy_keys(const struct hf_tls *t, struct tls_side *to, bool seals)
{
	hf_status made;

	if (t->version == TLS_VERSION_1_3)
		made = tls_side_set_13(to, lab_world.crypto, t->suite, t->rd.epoch, t->rd.secret, seals);
	else
		made = tls_side_set_12(to, lab_world.crypto, t->suite, t->exporter, t->randoms, t->randoms + 32,
				       t->server, seals);
	assert_int_equal(made, HF_OK);
}

/* The sender counts its records from 0 under each key, whatever the receiver has got of them. */
static void follow_keys(struct post_way *way, const struct hf_tls *t)
{
	if (way->opens.epoch == t->rd.epoch && memcmp(way->opens.secret, t->rd.secret, sizeof(t->rd.secret)) == 0)
		return;
	copy_keys(t, &way->opens, false);
}

/* ---- collecting ---- */

static size_t keep(struct lab *lab, enum lab_who from, uint8_t *at, size_t n, size_t room)
{
	struct post *p = lab->user;
	struct post_way *way = &p->way[!from];

	(void)room;
	assert_true(way->kept_len + n <= sizeof(way->kept));
	memcpy(way->kept + way->kept_len, at, n);
	way->kept_len += n;
	return 0;
}

struct post *post_new(struct lab *lab)
{
	struct post *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->lab = lab;
	lab->on_wire = keep;
	lab->user = p;
	return p;
}

void post_free(struct post *p)
{
	p->lab->on_wire = NULL;
	for (unsigned i = 0; i < 2; i++)
		tls_side_clear(&p->way[i].opens);
	free(p);
}

/* ---- opening ---- */

static void take_off(struct post_way *way, size_t n)
{
	way->kept_len -= n;
	memmove(way->kept, way->kept + n, way->kept_len);
}

/* The next record's content behind plain[]; the item when it is a record as it is. */
static bool open_record(struct post *p, enum lab_who to, struct post_item *item)
{
	static uint8_t plain[HF_TLS_PLAIN_ROOM], record[HF_TLS_PLAIN_ROOM];
	const struct hf_tls *t = p->lab->side[to].t;
	struct post_way *way = &p->way[to];
	const size_t len = TLS_RECORD_HEADER + hf_load16(way->kept + 3);
	struct hf_bytes fragment = { record + TLS_RECORD_HEADER, len - TLS_RECORD_HEADER }, content;
	uint8_t type;

	assert_true(len <= way->kept_len);
	memcpy(record, way->kept, len);
	take_off(way, len);
	*item = (struct post_item){ .message = POST_OTHER, .content = record[0] };
	if (is_sealed(t, record[0])) {
		follow_keys(way, t);
		if (tls_record_open(&way->opens, t->version, record, &fragment, 1, TLS_PLAIN_MAX, plain, &type,
				    &content) != TLS_WHY_NONE) {
			item->as_it_is = true;
			item->octets = (struct hf_bytes){ record, len };
			return true;
		}
		item->content = type;
		fragment = content;
	}
	if (item->content != TLS_HANDSHAKE) {
		if (item->content == TLS_CHANGE_CIPHER_SPEC)
			item->message = TLS_CCS_MESSAGE;
		item->octets = fragment;
		return true;
	}
	assert_true(way->plain_len + fragment.len <= sizeof(way->plain));
	memcpy(way->plain + way->plain_len, fragment.at, fragment.len);
	way->plain_len += fragment.len;
	return false;
}

static bool find_message(struct post_way *way, struct post_item *item)
{
	const uint8_t *at = way->plain;
	size_t len;

	way->plain_len -= way->handed;
	memmove(way->plain, way->plain + way->handed, way->plain_len);
	way->handed = 0;
	if (way->plain_len < TLS_MESSAGE_HEADER)
		return false;
	len = TLS_MESSAGE_HEADER + ((size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3]);
	if (way->plain_len < len)
		return false;
	way->handed = len;
	*item = (struct post_item){ .message = at[0], .content = TLS_HANDSHAKE, .octets = { at, len } };
	if (at[0] == TLS_SERVER_HELLO && memcmp(at + TLS_MESSAGE_HEADER + 2, tls_hello_retry_random, 32) == 0)
		item->message = TLS_HELLO_RETRY_REQUEST;
	return true;
}

static bool next_item(struct post *p, enum lab_who to, struct post_item *item)
{
	struct post_way *way = &p->way[to];

	for (;;) {
		if (find_message(way, item))
			return true;
		if (way->kept_len == 0)
			return false;
		if (open_record(p, to, item))
			return true;
	}
}

/* ---- giving ---- */

static void give(struct post *p, enum lab_who to, uint8_t content, struct hf_bytes octets, bool sealed)
{
	static uint8_t record[TLS_RECORD_HEADER + TLS_CIPHER_MAX_1_2];
	const struct hf_tls *t = p->lab->side[to].t;
	struct tls_side side = { .epoch = TLS_EPOCH_PLAIN };
	const struct hf_room room = { record, sizeof(record) };

	if (sealed) {
		copy_keys(t, &side, true);
		side.seq = t->rd.seq;
	}
	do {
		const size_t n = octets.len < t->max_receive ? octets.len : t->max_receive;
		const struct hf_bytes part = { octets.at, n };
		const size_t len = tls_record_seal(&side, t->version, TLS_VERSION_1_2, content, &part, 1, 0, &room, 1);

		lab_inject(p->lab, to, (struct hf_bytes){ record, len });
		octets = (struct hf_bytes){ octets.at + n, octets.len - n };
	} while (octets.len > 0);
	tls_side_clear(&side);
	(void)lab_turn(p->lab, to);
}

void post_give(struct post *p, enum lab_who to, uint8_t content, struct hf_bytes octets)
{
	give(p, to, content, octets, is_sealed(p->lab->side[to].t, content));
}

void post_give_plain(struct post *p, enum lab_who to, uint8_t content, struct hf_bytes octets)
{
	give(p, to, content, octets, false);
}

bool post_hand_on(struct post *p, enum lab_who to, const struct post_item *item)
{
	if (item->as_it_is) {
		lab_inject(p->lab, to, item->octets);
		(void)lab_turn(p->lab, to);
	} else {
		post_give(p, to, item->content, item->octets);
	}
	return true;
}

static bool step(struct post *p, post_hook *hook, bool *ret_goes_on)
{
	struct post_item item;

	*ret_goes_on = true;
	for (enum lab_who to = 0; to < 2; to++)
		(void)lab_turn(p->lab, to);
	for (enum lab_who to = 0; to < 2; to++)
		if (next_item(p, to, &item)) {
			*ret_goes_on = (hook ? hook : post_hand_on)(p, to, &item);
			return true;
		}
	return false;
}

bool post_step(struct post *p, post_hook *hook)
{
	bool goes_on;

	return step(p, hook, &goes_on);
}

bool post_run(struct post *p, post_hook *hook)
{
	bool goes_on = true;

	while (goes_on && step(p, hook, &goes_on))
		;
	return !goes_on;
}

/* ---- a machine as it is ---- */

static const struct hf_room *extra_of(const struct tls_hs *hs, unsigned i)
{
	return i == 0 ? &hs->in_extra : i == 1 ? &hs->flight_extra : &hs->past_extra;
}

static uint8_t *copy_of(const void *at, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	assert_non_null(p);
	if (n > 0)
		memcpy(p, at, n);
	return p;
}

void post_copy(const struct post *p, enum lab_who who, struct post_copy *ret)
{
	const struct lab_side *side = &p->lab->side[who];
	const struct tls_hs *hs = side->t->hs;

	assert_non_null(hs);
	assert_int_equal(side->wire_len, 0);
	ret->mem = copy_of(side->t, hf_tls_memory());
	ret->room = copy_of(hs->room.at, hs->room.len);
	for (unsigned i = 0; i < 3; i++)
		ret->extra[i] = copy_of(extra_of(hs, i)->at, extra_of(hs, i)->len);
	ret->cursor = side->cursor;
	ret->kept_len = p->way[!who].kept_len;
}

static bool same_keys(const struct tls_side *a, const struct tls_side *b)
{
	return memcmp(&a->aead, &b->aead, sizeof(a->aead)) == 0 && a->epoch == b->epoch &&
	       memcmp(a->secret, b->secret, sizeof(a->secret)) == 0;
}

bool post_put_back(struct post *p, enum lab_who who, const struct post_copy *copy)
{
	struct lab_side *side = &p->lab->side[who];
	const struct hf_tls *was = (const void *)copy->mem;
	const struct tls_hs *hs = side->t->hs, *had = (const void *)copy->room;

	if (!same_keys(&side->t->rd, &was->rd) || !same_keys(&side->t->wr, &was->wr) ||
	    memcmp(hs->kex, had->kex, sizeof(hs->kex)) != 0 || hs->peer_key != had->peer_key)
		return false;
	for (unsigned i = 0; i < 3; i++)
		if (extra_of(hs, i)->at != extra_of(had, i)->at)
			return false;
	for (unsigned i = 0; i < 3; i++)
		if (extra_of(had, i)->len > 0)
			memcpy(extra_of(had, i)->at, copy->extra[i], extra_of(had, i)->len);
	memcpy(side->t->hs->room.at, copy->room, had->room.len);
	memcpy(side->t, copy->mem, hf_tls_memory());
	side->cursor = copy->cursor;
	side->wire_len = side->shown = 0;
	side->failed = side->closed = side->truncated = false;
	p->lab->ladder[0] = side->path[0] = side->secrets[0] = '\0';
	p->way[!who].kept_len = copy->kept_len;
	return true;
}

void post_copy_free(struct post_copy *copy)
{
	free(copy->mem);
	free(copy->room);
	for (unsigned i = 0; i < 3; i++)
		free(copy->extra[i]);
}
