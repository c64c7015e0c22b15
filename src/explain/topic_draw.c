/* SPDX-License-Identifier: MIT */
#include "base/bits.h"
#include "explain/topic.h"

#include <stdio.h>
#include <string.h>

/*
 * A topic for people: its name and group, its sentences, its arrows drawn, its facts, where it is told of and how to see it.
 *
 *	FIN_WAIT_1 --RCV_FIN_ACK_OF_FIN-->  +-----------+
 *	FIN_WAIT_2 --RCV_FIN------------->  | TIME_WAIT |  --TIMEOUT_2MSL--> CLOSED
 *	CLOSING    --RCV_ACK_OF_FIN------>  +-----------+  --USER_ABORT----> CLOSED
 */
enum role { NOTHING, STATE, EVENT, ACTION };

static const struct {
	enum role role;
	enum topic_group machine;
} groups[TOPIC_GROUP_COUNT] = {
#define G(name, key, title, role_, machine_, is_long) [TOPIC_##name] = { role_, TOPIC_##machine_ },
#include "explain/topic_groups.def"
#undef G
};

struct picture {
	struct text *out;
	const struct topics *t;
	const struct topic *topic;
	const struct look *look;
	unsigned from, on_in, on_out, to; /* columns */
};

static bool touches(const struct topic *topic, const struct topic_arrow *a);
static void draw_state(struct picture *p);
static void draw_arrows(const struct picture *p);
static void add_label(struct text *out, const struct look *look, const char *label, const char *value);
static void add_labelled(struct text *out, const struct look *look, const struct topic *topic);
static const char *first_sentence(const struct topic *topic, size_t *ret_n);

void topic_draw(struct text *out, const struct topics *t, const struct topic *topic, const struct look *look)
{
	struct picture p = { .out = out, .t = t, .topic = topic, .look = look };

	text_addf(out, look->colour ? "\033[1m%s\033[0m  (%s)\n" : "%s  (%s)\n", topic->name,
		  topic_group_title(topic->group));
	text_wrap(out, text_str(&topic->text), 2, look->columns);
	if (groups[topic->group].role == STATE)
		draw_state(&p);
	if (groups[topic->group].role != NOTHING)
		draw_arrows(&p);
	add_labelled(out, look, topic);
}

/* ---- arrows ---- */

static bool touches(const struct topic *topic, const struct topic_arrow *a)
{
	if (a->machine != groups[topic->group].machine)
		return false;
	switch (groups[topic->group].role) {
	case STATE:
		return strcmp(a->from, topic->name) == 0 || strcmp(a->to, topic->name) == 0;
	case EVENT:
		return strcmp(a->on, topic->name) == 0;
	case ACTION:
		return a->then && strcmp(a->then, topic->name) == 0;
	default:
		return false;
	}
}

/* The next arrow that leads into the state, or out of it, from *i on; one that leads back to it is one out of it. */
static const struct topic_arrow *next_arrow(const struct picture *p, size_t *i, bool out)
{
	for (; *i < p->t->arrows; (*i)++) {
		const struct topic_arrow *a = &p->t->arrow[*i];

		if (touches(p->topic, a) && out == (strcmp(a->from, p->topic->name) == 0)) {
			(*i)++;
			return a;
		}
	}
	return NULL;
}

static void measure(struct picture *p, unsigned *ret_in, unsigned *ret_out)
{
	const struct topic_arrow *a;

	for (size_t i = 0; (a = next_arrow(p, &i, false)); (*ret_in)++) {
		p->from = (unsigned)hf_max_u64(p->from, strlen(a->from));
		p->on_in = (unsigned)hf_max_u64(p->on_in, strlen(a->on));
	}
	for (size_t i = 0; (a = next_arrow(p, &i, true)); (*ret_out)++) {
		p->on_out = (unsigned)hf_max_u64(p->on_out, strlen(a->on));
		p->to = (unsigned)hf_max_u64(p->to, strlen(a->to));
	}
}

static void add_line(struct text *out, const char *on, unsigned columns)
{
	text_addf(out, " --%s", on);
	text_fill(out, '-', columns - strlen(on));
	text_add(out, "-->");
}

/* One line of the box, or blanks beside it. */
static void add_box(const struct picture *p, int line)
{
	size_t n = strlen(p->topic->name);

	if (line == 0 || line == 2) {
		text_add(p->out, "  +");
		text_fill(p->out, '-', n + 2);
		text_add(p->out, "+");
	} else if (line == 1) {
		text_addf(p->out, p->look->colour ? "  | \033[1m%s\033[0m |" : "  | %s |", p->topic->name);
	} else {
		text_fill(p->out, ' ', n + 6);
	}
}

/* Lines with arrows on one side or both; without any there is only the box. */
static void draw_side(const struct picture *p, unsigned in, unsigned out)
{
	unsigned lines = (unsigned)hf_max_u64(3, hf_max_u64(in, out)), left = in ? p->from + p->on_in + 6 : 0;
	int top = (int)(lines - 3) / 2;
	size_t i = 0, k = 0;

	for (unsigned line = 0; line < lines; line++) {
		const struct topic_arrow *into = line >= (lines - in) / 2 && in ? next_arrow(p, &i, false) : NULL;
		const struct topic_arrow *from = line >= (lines - out) / 2 && out ? next_arrow(p, &k, true) : NULL;

		text_add(p->out, "  ");
		if (into) {
			text_addf(p->out, "%-*s", (int)p->from, into->from);
			add_line(p->out, into->on, p->on_in);
		} else {
			text_fill(p->out, ' ', left);
		}
		add_box(p, (int)line - top);
		if (from) {
			text_add(p->out, " ");
			add_line(p->out, from->on, p->on_out);
			text_addf(p->out, " %s", from->to);
		}
		while (p->out->len && p->out->at[p->out->len - 1] == ' ')
			p->out->at[--p->out->len] = '\0';
		text_add(p->out, "\n");
	}
}

/* Side by side where there is room, else what leads in above what leads out. */
static void draw_state(struct picture *p)
{
	unsigned in = 0, out = 0, columns;

	measure(p, &in, &out);
	if (in + out == 0)
		return;
	columns = 2 + p->from + p->on_in + 6 + (unsigned)strlen(p->topic->name) + 6 + 1 + p->on_out + 6 + 1 + p->to;
	text_add(p->out, "\n");
	if (columns <= p->look->columns || in == 0 || out == 0) {
		draw_side(p, in, out);
		return;
	}
	draw_side(p, in, 0);
	text_add(p->out, "\n");
	draw_side(p, 0, out);
}

/* Each in words, where there are any. */
static void draw_arrows(const struct picture *p)
{
	struct text line;
	bool first = true;

	text_init(&line);
	for (size_t i = 0; i < p->t->arrows; i++) {
		const struct topic_arrow *a = &p->t->arrow[i];

		if (!touches(p->topic, a))
			continue;
		if (first)
			text_add(p->out, "\n");
		first = false;
		text_clear(&line);
		if (a->on_text || groups[p->topic->group].role != STATE) {
			text_addf(&line, "%s -> %s: %s", a->from, a->to, a->on_text ? a->on_text : a->on);
			if (a->then_text)
				text_addf(&line, "; %s", a->then_text);
			else if (a->then)
				text_addf(&line, "; %s", a->then);
		} else {
			text_addf(&line, "%s -> %s on %s", a->from, a->to, a->on);
			if (a->then)
				text_addf(&line, ", then %s", a->then);
		}
		if (a->rfc[0])
			text_addf(&line, " [RFC %s]", a->rfc);
		text_wrap(p->out, text_str(&line), 2, p->look->columns);
	}
	p->out->failed |= line.failed;
	text_free(&line);
}

/* ---- facts ---- */

#define LABEL 12u

/* The value is wrapped under itself. */
static void add_label(struct text *out, const struct look *look, const char *label, const char *value)
{
	struct text wrapped;
	const char *s;

	text_init(&wrapped);
	text_wrap(&wrapped, value, 0, look->columns > LABEL + 20 ? look->columns - LABEL - 2 : 20);
	text_addf(out, "  %-*s", (int)LABEL, label);
	for (s = text_str(&wrapped); *s;) {
		size_t n = strcspn(s, "\n");

		if (s != text_str(&wrapped))
			text_fill(out, ' ', LABEL + 2);
		text_add_n(out, s, n + (s[n] == '\n'));
		s += n + (s[n] == '\n');
	}
	out->failed |= wrapped.failed;
	text_free(&wrapped);
}

struct fact {
	char label[32], value[1100];
};

/* The next of a topic's facts, as far as there is room for it; false: there are no more. */
static bool next_fact(const char **s, struct fact *ret)
{
	size_t name = strcspn(*s, "\t"), end = strcspn(*s, "\n");

	if (!**s)
		return false;
	snprintf(ret->label, sizeof(ret->label), "%.*s", (int)name, *s);
	snprintf(ret->value, sizeof(ret->value), "%.*s", (int)(end - name - 1), *s + name + 1);
	*s += end + 1;
	return true;
}

static void add_labelled(struct text *out, const struct look *look, const struct topic *topic)
{
	const char *s = text_str(&topic->fact);
	struct fact fact;

	text_add(out, "\n");
	while (next_fact(&s, &fact))
		add_label(out, look, fact.label, fact.value);
	if (topic->rfc[0])
		add_label(out, look, "RFC", topic->rfc);
	s = topic->see;
	while (*s) {
		size_t end = strcspn(s, "|");

		text_addf(out, "  %-*s%.*s\n", (int)LABEL, s == topic->see ? "see it with" : "", (int)end, s);
		s += end + (s[end] == '|');
	}
}

/* ---- lists ---- */

/* Up to its full stop, which is left out; of what is told in a sentence that one. */
static const char *first_sentence(const struct topic *topic, size_t *ret_n)
{
	static const char told[] = "told as\t";
	const char *s = text_str(&topic->text), *end = strstr(s, ". ");

	if (strncmp(text_str(&topic->fact), told, sizeof(told) - 1) == 0) {
		s = text_str(&topic->fact) + sizeof(told) - 1;
		*ret_n = strcspn(s, "\n");
		return s;
	}

	*ret_n = end ? (size_t)(end - s) : strlen(s);
	if (*ret_n && s[*ret_n - 1] == '.')
		(*ret_n)--;
	return s;
}

void topic_draw_group(struct text *out, const struct topics *t, enum topic_group g, const struct look *look)
{
	unsigned width = 0;
	struct text line;

	text_init(&line);
	text_addf(out, "%s\n", topic_group_title(g));
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].group == g)
			width = (unsigned)hf_max_u64(width, hf_min_u64(strlen(t->at[i].name), 28));
	for (size_t i = 0; i < t->n; i++) {
		const char *s;
		size_t n;

		if (t->at[i].group != g)
			continue;
		s = first_sentence(&t->at[i], &n);
		text_clear(&line);
		text_addf(&line, "  %-*s  ", (int)width, t->at[i].name);
		if (line.len + n > look->columns)
			n = look->columns > line.len + 2 ? look->columns - line.len - 2 : 0;
		text_add_n(&line, s, n);
		text_add(&line, s[n] && s[n] != '.' && s[n] != '\n' ? ".." : "");
		text_add(out, text_str(&line));
		text_add(out, "\n");
	}
	out->failed |= line.failed;
	text_free(&line);
}

void topic_draw_list(struct text *out, const struct topics *t, const struct look *look)
{
	for (unsigned g = 0; g < TOPIC_GROUP_COUNT; g++) {
		struct text names;
		size_t n = 0;

		text_init(&names);
		for (size_t i = 0; i < t->n; i++)
			if (t->at[i].group == (enum topic_group)g)
				text_addf(&names, "%s%s", n++ ? ", " : "", t->at[i].name);
		if (n) {
			text_addf(out, look->colour ? "\033[1m%s\033[0m" : "%s", topic_group_title((enum topic_group)g));
			text_addf(out, " (%s, %zu)\n", topic_group_key((enum topic_group)g), n);
			if (topic_group_is_long((enum topic_group)g))
				text_addf(out, "  handfast explain %s\n", topic_group_key((enum topic_group)g));
			else
				text_wrap(out, text_str(&names), 2, look->columns);
		}
		out->failed |= names.failed;
		text_free(&names);
	}
}

/* ---- for programs ---- */

static void put_list(struct json *j, const char *key, const char *list, char separator)
{
	const char stop[] = { separator, '\0' };

	json_key(j, key);
	json_array(j);
	while (*list) {
		size_t n;

		while (*list == ' ')
			list++;
		n = strcspn(list, stop);
		json_string_n(j, list, n);
		list += n + (list[n] == separator);
	}
	json_array_end(j);
}

void topic_json(struct json *j, const struct topics *t, const struct topic *topic)
{
	struct fact fact;

	json_object(j);
	json_put_string(j, "name", topic->name);
	json_put_string(j, "group", topic_group_key(topic->group));
	put_list(j, "also", topic->also, '|');
	json_put_string(j, "text", text_str(&topic->text));
	json_key(j, "facts");
	json_object(j);
	for (const char *s = text_str(&topic->fact); next_fact(&s, &fact);)
		json_put_string(j, fact.label, fact.value);
	json_object_end(j);
	json_key(j, "arrows");
	json_array(j);
	for (size_t i = 0; i < t->arrows; i++) {
		const struct topic_arrow *a = &t->arrow[i];

		if (!touches(topic, a))
			continue;
		json_object(j);
		json_put_string(j, "from", a->from);
		json_put_string(j, "on", a->on);
		json_put_string(j, "to", a->to);
		json_put_string(j, "then", a->then);
		json_put_string(j, "rfc", a->rfc);
		json_object_end(j);
	}
	json_array_end(j);
	put_list(j, "rfc", topic->rfc, ',');
	put_list(j, "see", topic->see, '|');
	json_object_end(j);
}
