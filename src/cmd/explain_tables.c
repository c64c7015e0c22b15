/* SPDX-License-Identifier: MIT */
#include "cmd/explain_tables.h"

#include "base/bits.h"
#include "cmd/cmd.h"
#include "sim/scenario.h"

static void add_http(struct topics *t);
static void add_dns(struct topics *t);
static void add_fetches(struct topics *t);
static void add_scenarios(struct topics *t);
static void add_exits(struct topics *t);

void explain_fill(struct topics *t)
{
	add_exits(t);
	add_scenarios(t);
	topics_add_tables(t);
	add_http(t);
	add_dns(t);
	add_fetches(t);
	topics_add_words(t);
}

/* A state is a topic when an arrow first names it. */
static void add_state(struct topics *t, enum topic_group machine, const char *name)
{
	if (!topics_have(t, machine, name))
		topics_add(t, machine, name, "", "", NULL);
}

static void add_arrow(struct topics *t, enum topic_group machine, const char *from, const char *on, const char *to,
		      const char *then, const char *rfc)
{
	add_state(t, machine, from);
	add_state(t, machine, to);
	topics_add_arrow(t, &(struct topic_arrow){
				    .machine = machine, .from = from, .on = on, .to = to, .then = then, .rfc = rfc });
}

static void add_http(struct topics *t)
{
#define S(from, on, to, then, rfc) add_arrow(t, TOPIC_HTTP_SERVER, #from, #on, #to, #then, rfc);
#include "http/http_fsm.def"
#undef S
#define C(from, on, to, then, rfc) add_arrow(t, TOPIC_HTTP_CLIENT, #from, #on, #to, #then, rfc);
#include "http/http_fsm.def"
#undef C
#define F(name, status, rfc, sentence) \
	topic_add_fact(topics_add(t, TOPIC_HTTP_FAULT, #name, "", rfc, sentence), "status", "%d", status);
#include "http/h1_fault.def"
#undef F
#define R(code, reason)                                                                                  \
	topic_add_fact(topics_add(t, TOPIC_HTTP_STATUS, #code, reason, "9110 15", reason), "here", "%s", \
		       "sent by handfast serve");
#include "http/http_status.def"
#undef R
}

static void add_dns(struct topics *t)
{
#define T(from, on, to, then, rfc) add_arrow(t, TOPIC_DNS_STATE, #from, #on, #to, #then, rfc);
#include "dns/dns_fsm.def"
#undef T
#define T(name, who, rfc, sentence) \
	topic_add_fact(topics_add(t, TOPIC_DNS_TOLD, #name, "", rfc, NULL), "told as", "%s", sentence);
#include "dns/dns_told.def"
#undef T
}

static void add_fetches(struct topics *t)
{
#define T(from, on, to, then, rfc) add_arrow(t, TOPIC_FETCH_STATE, #from, #on, #to, #then, rfc);
#include "page/page_fsm.def"
#undef T
}

static void add_scenarios(struct topics *t)
{
	const struct sim_scenario *const *s;
	size_t n = sim_scenarios(&s);

	for (size_t i = 0; i < n; i++) {
		struct topic *topic = topics_add(t, TOPIC_SCENARIO, s[i]->name, "", "", s[i]->summary);

		if (!topic)
			return;
		if (s[i]->text)
			topic_add_sentence(topic, s[i]->text);
		topic_add_fact(topic, "play it", "handfast scenario %s", s[i]->name);
	}
}

/* ---- exit codes ---- */

struct exit_row {
	int code;
	const char *name, *command, *when;
};

static void add_exits(struct topics *t)
{
	struct exit_row row[] = {
#define EXIT(command, code, when) { code, #code, #command, when },
#include "cmd/options.def"
	};
	struct topic *topic = NULL;

	/* By code, and for one code in the order of the commands. */
	for (size_t i = 1; i < HF_ARRAY_LEN(row); i++) {
		for (size_t k = i; k > 0 && row[k - 1].code > row[k].code; k--) {
			struct exit_row swap = row[k];

			row[k] = row[k - 1];
			row[k - 1] = swap;
		}
	}
	for (size_t i = 0; i < HF_ARRAY_LEN(row); i++) {
		if (i == 0 || row[i].code != row[i - 1].code)
			topic = topics_add(t, TOPIC_EXIT, row[i].name, "", "", NULL);
		topic_add_fact(topic, row[i].command, "%s", row[i].when);
	}
}
