/* SPDX-License-Identifier: MIT */
#ifndef HF_EXPLAIN_TOPIC_H
#define HF_EXPLAIN_TOPIC_H

#include "explain/json.h"
#include "explain/look.h"
#include "explain/text.h"

/*
 * What `handfast explain` knows: a topic for each row of the tables that the program itself runs on, with what topics*.def
 * say of it besides, and topics of those files alone (words). topics_add_tables() adds what this module may see; others add
 * theirs, then topics_add_words(), and then it is read only.
 */
enum topic_group {
#define G(name, ...) TOPIC_##name,
#include "explain/topic_groups.def"
#undef G
	TOPIC_GROUP_COUNT
};

struct topic {
	enum topic_group group;
	const char *name; /* as it is printed elsewhere */
	const char *also; /* other names, "|" between them; "" */
	const char *rfc;  /* "9293 3.6.1", ", " between several; "" */
	const char *see;  /* commands that show it, "|" between them; "" */
	struct text text; /* sentences */
	struct text fact; /* "label\tvalue\n" each */
	bool told;        /* topics*.def say something of it */
	size_t order;     /* in which it was added */
};

struct topic_arrow {
	enum topic_group machine; /* the group of its states */
	const char *from, *on, *to;
	const char *then;                /* NULL: nothing to say */
	const char *on_text, *then_text; /* NULL */
	const char *rfc;
};

struct topics {
	struct topic *at;
	size_t n, room;
	struct topic_arrow *arrow;
	size_t arrows, arrow_room;
	const char *orphan; /* a row of topics*.def that fits no topic of its group; a test looks */
	bool failed;        /* memory ended */
};

void topics_init(struct topics *t);
void topics_free(struct topics *t);
void topics_add_tables(struct topics *t);
void topics_add_words(struct topics *t);

/* For those who add: strings are borrowed, but `sentence` (no full stop, may begin small; NULL: none). NULL: memory ended. */
struct topic *topics_add(struct topics *t, enum topic_group group, const char *name, const char *also, const char *rfc,
			 const char *sentence);
__attribute__((format(printf, 3, 4))) void topic_add_fact(struct topic *t, const char *label, const char *format, ...);
void topic_add_sentence(struct topic *t, const char *sentence);
/* Does the group have one of that name? */
bool topics_have(const struct topics *t, enum topic_group group, const char *name);
void topics_add_arrow(struct topics *t, const struct topic_arrow *arrow);

const char *topic_group_key(enum topic_group g);
const char *topic_group_title(enum topic_group g);
bool topic_group_is_long(enum topic_group g);
enum topic_group topic_group_find(const char *query); /* TOPIC_GROUP_COUNT */

/*
 * Names are compared without case, and by their letters and digits alone: "time wait" is TIME_WAIT. Gives how many topics
 * have that name; the first `max` of them stand in ret.
 */
size_t topics_find(const struct topics *t, const char *query, const struct topic **ret, size_t max);
/* The nearest names, best first; how many. */
size_t topics_near(const struct topics *t, const char *query, const struct topic **ret, size_t max);

/* topic_draw.c: everything about one; the names of a group with a line each; all names by group. */
void topic_draw(struct text *out, const struct topics *t, const struct topic *topic, const struct look *look);
void topic_draw_group(struct text *out, const struct topics *t, enum topic_group g, const struct look *look);
void topic_draw_list(struct text *out, const struct topics *t, const struct look *look);
void topic_json(struct json *j, const struct topics *t, const struct topic *topic);

#endif
