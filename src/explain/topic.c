/* SPDX-License-Identifier: MIT */
#include "explain/topic.h"
#include "explain/grow.h"

#include "base/bits.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_ROOM 81u /* for the letters and digits of a name that are compared, and a NUL */

struct words { /* a row of topics*.def */
	enum topic_group group;
	const char *name, *also, *rfc, *see, *text;
};

struct rank {
	unsigned distance;
	size_t topic;
};

static void add_words(struct topics *t, const struct words *w);
static void take_words(struct topic *topic, const struct words *w);
static size_t fold(const char *s, size_t n, char to[NAME_ROOM]);
static bool has_name(const struct topic *topic, const char *folded, size_t n);
static unsigned distance_of(const struct topic *topic, const char *folded, size_t n);

/* NOTHING, STATE, ... of the groups' roles are topic_draw.c's affair. */
static const struct {
	const char *key, *title;
	bool is_long;
} groups[TOPIC_GROUP_COUNT] = {
#define G(name, key_, title_, role, machine, long_) [TOPIC_##name] = { key_, title_, long_ },
#include "explain/topic_groups.def"
#undef G
};

static const struct words words[] = {
#define T(group_, name_, also_, rfc_, see_, text_) { TOPIC_##group_, name_, also_, rfc_, see_, text_ },
#include "explain/topics.def"
#include "explain/topics_tcp.def"
#include "explain/topics_tls.def"
#include "explain/topics_web.def"
#undef T
};

void topics_init(struct topics *t)
{
	*t = (struct topics){ 0 };
}

void topics_free(struct topics *t)
{
	for (size_t i = 0; i < t->n; i++) {
		text_free(&t->at[i].text);
		text_free(&t->at[i].fact);
	}
	free(t->at);
	free(t->arrow);
	topics_init(t);
}

struct topic *topics_add(struct topics *t, enum topic_group group, const char *name, const char *also, const char *rfc,
			 const char *sentence)
{
	struct topic *topic;

	t->at = grow_array(t->at, t->n, &t->room, sizeof(*t->at), &t->failed);
	if (t->failed)
		return NULL;
	topic = &t->at[t->n++];
	*topic = (struct topic){ .group = group, .name = name, .also = also, .rfc = rfc, .see = "", .order = t->n };
	if (sentence)
		topic_add_sentence(topic, sentence);
	return topic;
}

void topic_add_fact(struct topic *t, const char *label, const char *format, ...)
{
	char value[1024];
	va_list more;

	if (!t)
		return;
	va_start(more, format);
	vsnprintf(value, sizeof(value), format, more);
	va_end(more);
	text_addf(&t->fact, "%s\t%s\n", label, value);
}

/* With a capital, unless it is a name with an underscore, and a full stop. */
void topic_add_sentence(struct topic *t, const char *sentence)
{
	char first = (char)toupper((unsigned char)sentence[0]);
	size_t word = strcspn(sentence, " "), n = strlen(sentence);

	if (!t || n == 0)
		return;
	if (memchr(sentence, '_', word) || memchr(sentence, '{', word))
		first = sentence[0];
	if (t->text.len)
		text_add(&t->text, " ");
	text_add_n(&t->text, &first, 1);
	text_add(&t->text, sentence + 1);
	if (!strchr(".!?", sentence[n - 1]))
		text_add(&t->text, ".");
}

void topics_add_arrow(struct topics *t, const struct topic_arrow *arrow)
{
	t->arrow = grow_array(t->arrow, t->arrows, &t->arrow_room, sizeof(*t->arrow), &t->failed);
	if (!t->failed)
		t->arrow[t->arrows++] = *arrow;
}

/* ---- what the files say ---- */

/* By group, and in it as they were added; status codes, which come from two places, by their numbers. */
static int by_group(const void *a, const void *b)
{
	const struct topic *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->group == TOPIC_HTTP_STATUS)
		return strcmp(x->name, y->name);
	return x->order < y->order ? -1 : 1;
}

void topics_add_words(struct topics *t)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(words); i++)
		add_words(t, &words[i]);
	if (t->n)
		qsort(t->at, t->n, sizeof(*t->at), by_group);
}

/* The length of a family's beginning: "TCP_DROP_*" is 9; SIZE_MAX for a whole name. */
static size_t family_of(const char *name)
{
	size_t n = strlen(name);

	return n && name[n - 1] == '*' ? n - 1 : SIZE_MAX;
}

/* A family speaks for those of whom nobody else does: its row stands behind theirs. */
static void add_words(struct topics *t, const struct words *w)
{
	size_t family = family_of(w->name);
	bool found = false;

	for (size_t i = 0; i < t->n; i++) {
		struct topic *topic = &t->at[i];

		if (topic->group != w->group)
			continue;
		if (family == SIZE_MAX ? strcmp(topic->name, w->name) != 0 : strncmp(topic->name, w->name, family) != 0)
			continue;
		found = true;
		if (family == SIZE_MAX || !topic->told)
			take_words(topic, w);
	}
	if (found)
		return;
	if (family == SIZE_MAX && (w->group == TOPIC_WORD || w->group == TOPIC_HTTP_STATUS || w->group == TOPIC_EXIT)) {
		struct topic *topic = topics_add(t, w->group, w->name, "", "", NULL);

		if (topic)
			take_words(topic, w);
	} else {
		t->orphan = w->name;
	}
}

static void take_words(struct topic *topic, const struct words *w)
{
	if (topic->text.len && w->text[0])
		text_add(&topic->text, " ");
	text_add(&topic->text, w->text);
	if (w->also[0])
		topic->also = w->also;
	if (w->rfc[0])
		topic->rfc = w->rfc;
	if (w->see[0])
		topic->see = w->see;
	topic->told = true;
}

/* ---- groups ---- */

const char *topic_group_key(enum topic_group g)
{
	return groups[g].key;
}

const char *topic_group_title(enum topic_group g)
{
	return groups[g].title;
}

bool topic_group_is_long(enum topic_group g)
{
	return groups[g].is_long;
}

enum topic_group topic_group_find(const char *query)
{
	char folded[NAME_ROOM], key[NAME_ROOM];
	unsigned g = 0;

	fold(query, strlen(query), folded);
	for (; g < TOPIC_GROUP_COUNT; g++) {
		fold(groups[g].key, strlen(groups[g].key), key);
		if (strcmp(key, folded) == 0)
			break;
	}
	return (enum topic_group)g;
}

/* ---- looking for names ---- */

size_t topics_find(const struct topics *t, const char *query, const struct topic **ret, size_t max)
{
	char folded[NAME_ROOM];
	size_t n = fold(query, strlen(query), folded), found = 0;

	for (size_t i = 0; i < t->n && n; i++) {
		if (!has_name(&t->at[i], folded, n))
			continue;
		if (found < max)
			ret[found] = &t->at[i];
		found++;
	}
	return found;
}

bool topics_have(const struct topics *t, enum topic_group group, const char *name)
{
	char folded[NAME_ROOM];
	size_t n = fold(name, strlen(name), folded);

	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].group == group && has_name(&t->at[i], folded, n))
			return true;
	return false;
}

static int by_distance(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return x->topic < y->topic ? -1 : 1;
}

size_t topics_near(const struct topics *t, const char *query, const struct topic **ret, size_t max)
{
	char folded[NAME_ROOM];
	size_t n = fold(query, strlen(query), folded), found = 0;
	struct rank *rank = malloc((t->n + 1) * sizeof(*rank));

	if (!rank || n == 0) {
		free(rank);
		return 0;
	}
	for (size_t i = 0; i < t->n; i++)
		rank[i] = (struct rank){ distance_of(&t->at[i], folded, n), i };
	qsort(rank, t->n, sizeof(*rank), by_distance);
	/* Farther than a third of its letters is another word. */
	while (found < max && found < t->n && rank[found].distance <= 10 * n / 3) {
		ret[found] = &t->at[rank[found].topic];
		found++;
	}
	free(rank);
	return found;
}

/* Letters, small, and digits. */
static size_t fold(const char *s, size_t n, char to[NAME_ROOM])
{
	size_t len = 0;

	for (size_t i = 0; i < n && len + 1 < NAME_ROOM; i++)
		if ((unsigned char)s[i] < 0x80 && isalnum((unsigned char)s[i]))
			to[len++] = (char)tolower((unsigned char)s[i]);
	to[len] = '\0';
	return len;
}

/*
 * Ten times the number of letters that are wrong, left out, too many, or two of them exchanged. One that begins with or
 * contains what is asked for is near, the nearer the less it has besides.
 */
static unsigned letters_between(const char *a, size_t n, const char *b, size_t m)
{
	unsigned row[3][NAME_ROOM + 1];
	const char *inside = n >= 3 ? strstr(b, a) : NULL;

	if (n == m && memcmp(a, b, n) == 0)
		return 0;
	if (inside)
		return (inside == b ? 1 : 4) + (unsigned)hf_min_u64((m - n) / 8, 5);
	for (size_t k = 0; k <= m; k++)
		row[0][k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t k = 1; k <= m; k++) {
			unsigned best = last[k - 1] + (a[i - 1] != b[k - 1]);

			best = (unsigned)hf_min_u64(best, hf_min_u64(last[k], now[k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				best = (unsigned)hf_min_u64(best, before[k - 2] + 1);
			now[k] = best;
		}
	}
	return 10 * row[n % 3][m];
}

/* The next of its names, folded; false when there are no more. *s is NULL at first. */
static bool next_name(const struct topic *topic, const char **s, char to[NAME_ROOM], size_t *ret_n)
{
	if (!*s) {
		*ret_n = fold(topic->name, strlen(topic->name), to);
		*s = topic->also;
		return true;
	}
	if (!**s)
		return false;
	*ret_n = fold(*s, strcspn(*s, "|"), to);
	*s += strcspn(*s, "|");
	*s += **s == '|';
	return true;
}

static bool has_name(const struct topic *topic, const char *folded, size_t n)
{
	char name[NAME_ROOM];
	const char *s = NULL;
	size_t m;

	while (next_name(topic, &s, name, &m))
		if (m == n && memcmp(name, folded, n) == 0)
			return true;
	return false;
}

/* To the nearest of its names. */
static unsigned distance_of(const struct topic *topic, const char *folded, size_t n)
{
	unsigned best = UINT_MAX;
	char name[NAME_ROOM];
	const char *s = NULL;
	size_t m;

	while (next_name(topic, &s, name, &m))
		best = (unsigned)hf_min_u64(best, letters_between(folded, n, name, m));
	return best;
}
