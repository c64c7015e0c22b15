/* SPDX-License-Identifier: MIT */
/* `handfast explain`: what a name that is printed anywhere here means. */
#include "cmd/cmd.h"
#include "cmd/explain_tables.h"

#include "base/bits.h"

#include <string.h>

#define FOUND_MAX 12u
#define NEAR_MAX 6u

static int explain(const struct topics *t, const char *query, bool as_json);
static int suggest(const struct topics *t, const char *query);
static int print(const struct text *out);

int cmd_explain(int argc, char **argv)
{
	struct cmd_args a;
	bool as_json = false;
	struct topics t;
	struct text query;
	int o, code;

	cmd_args_begin(&a, CMD_explain, argc, argv);
	while ((o = cmd_args_next(&a)) != OPT_END) {
		if (o == OPT_ANSWERED)
			return 0;
		if (o != OPT_explain_JSON)
			return 2;
		as_json = true;
	}
	topics_init(&t);
	text_init(&query);
	explain_fill(&t);
	for (int i = 0; i < a.operands; i++)
		text_addf(&query, "%s%s", i ? " " : "", a.operand[i]);
	if (t.failed || query.failed) {
		cmd_say(CMD_explain, "memory ended");
		code = hf_status_exit(HF_SYSTEM);
	} else {
		code = explain(&t, text_str(&query), as_json);
	}
	text_free(&query);
	topics_free(&t);
	return code;
}

/* All that have that name, or those of a group, or, without one, all there are. */
static int explain(const struct topics *t, const char *query, bool as_json)
{
	const struct topic *found[FOUND_MAX];
	size_t n = *query ? topics_find(t, query, found, FOUND_MAX) : 0, shown = hf_min_u64(n, FOUND_MAX);
	enum topic_group group = *query ? topic_group_find(query) : TOPIC_GROUP_COUNT;
	struct look look = look_of(stdout);
	struct json j;
	struct text out;
	int code;

	if (*query && n == 0 && group == TOPIC_GROUP_COUNT)
		return suggest(t, query);
	text_init(&out);
	if (as_json) {
		j = json_over(&out);
		json_object(&j);
		json_key(&j, "topics");
		json_array(&j);
		for (size_t i = 0; i < (n ? shown : t->n); i++)
			if (n || group == TOPIC_GROUP_COUNT || t->at[i].group == group)
				topic_json(&j, t, n ? found[i] : &t->at[i]);
		json_array_end(&j);
		json_object_end(&j);
	} else if (n) {
		for (size_t i = 0; i < shown; i++) {
			text_add(&out, i ? "\n" : "");
			topic_draw(&out, t, found[i], &look);
		}
	} else if (group != TOPIC_GROUP_COUNT) {
		topic_draw_group(&out, t, group, &look);
	} else {
		topic_draw_list(&out, t, &look);
	}
	code = print(&out);
	text_free(&out);
	return code;
}

static int suggest(const struct topics *t, const char *query)
{
	const struct topic *near[NEAR_MAX];
	size_t n = topics_near(t, query, near, NEAR_MAX);
	struct text names;

	text_init(&names);
	for (size_t i = 0; i < n; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= strcmp(near[k]->name, near[i]->name) == 0;
		if (!again)
			text_addf(&names, "%s%s", names.len ? ", " : "", near[i]->name);
	}
	if (n)
		cmd_say(CMD_explain, "there is no topic %s; near it: %s", query, text_str(&names));
	else
		cmd_say(CMD_explain, "there is no topic %s, and none near it; `handfast explain` lists all", query);
	text_free(&names);
	return 1;
}

static int print(const struct text *out)
{
	if (out->failed) {
		cmd_say(CMD_explain, "memory ended");
		return hf_status_exit(HF_SYSTEM);
	}
	fwrite(text_str(out), 1, out->len, stdout);
	return cmd_flush(CMD_explain);
}
