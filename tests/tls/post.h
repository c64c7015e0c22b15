/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_TLS_POST_H
#define HF_TESTS_TLS_POST_H

#include "lab.h"

/*
 * A post office between two machines: what one sends is opened, message by message, and handed over one at a time, sealed
 * again as the receiver expects it next. So either can be brought to any state, and then be given whatever one likes under
 * the right keys, in both versions and at any time. Whole records that cannot be opened (early data nobody takes) go through
 * as they are.
 */
struct post_item {
	unsigned message; /* enum tls_message with HelloRetryRequest and CCS; POST_OTHER: an alert, data, or a record as it is */
	uint8_t content; /* enum tls_content */
	bool as_it_is;
	struct hf_bytes octets; /* until the next post_step() */
};
#define POST_OTHER 512u

struct post {
	struct lab *lab;
	struct post_way {
		uint8_t kept[LAB_WIRE]; /* records */
		size_t kept_len;
		uint8_t plain[LAB_WIRE];
		size_t plain_len, handed;
		struct tls_side opens;
	} way[2]; /* to LAB_CLIENT, to LAB_SERVER */
	void *user;
};

/* Gets the item and may hand it on, another one, or nothing; false ends post_run(). */
typedef bool post_hook(struct post *p, enum lab_who to, const struct post_item *item);

struct post *post_new(struct lab *lab); /* after lab_start() */
void post_free(struct post *p);
/* Both machines have their turn, then the next item goes through the hook (NULL: post_hand_on). False: nothing is left. */
bool post_step(struct post *p, post_hook *hook);
/* Until the hook says no, or nothing is left. True: the hook has said no. */
bool post_run(struct post *p, post_hook *hook);
bool post_hand_on(struct post *p, enum lab_who to, const struct post_item *item);
/* Under the keys that `to` reads with now, in as many records as needed; then it has its turn. */
void post_give(struct post *p, enum lab_who to, uint8_t content, struct hf_bytes octets);
/* The same in plain, whatever the keys. */
void post_give_plain(struct post *p, enum lab_who to, uint8_t content, struct hf_bytes octets);

/*
 * A machine as it is, to be put back after it was given something that ended it. Only what lies in its own memory comes back:
 * post_put_back() says false when more has changed than that (keys, key shares, a public key, rooms), and then the connection
 * must be made again.
 */
struct post_copy {
	uint8_t *mem, *room, *extra[3];
	uint64_t cursor;
	size_t kept_len; /* of what it has sent */
};
void post_copy(const struct post *p, enum lab_who who, struct post_copy *ret);
bool post_put_back(struct post *p, enum lab_who who, const struct post_copy *copy);
void post_copy_free(struct post_copy *copy);

/* ---- handshakes of every kind ---- */

struct post_kind {
	const char *name;
	uint16_t version;
	void (*set)(struct lab *lab);   /* before the (first) handshake */
	void (*again)(struct lab *lab); /* not NULL: a second one with the session of the first, after this */
};
extern const struct post_kind post_kinds[];
extern const size_t post_kind_count;
/* Started, nothing has been sent. */
struct lab *post_lab(const struct post_kind *kind);
/* Certificates with staples, for those kinds that want one: after lab_world_make(), and before lab_world_free(). */
int post_world_make(void **state);
int post_world_free(void **state);

#endif
