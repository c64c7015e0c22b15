/* SPDX-License-Identifier: MIT */
/* `handfast scenario`: plays one, draws it, and says whether it showed what it must show. */
#include "cmd/cmd.h"

#include "explain/look.h"
#include "sim/scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct wish {
	const char *name;
	const char *pcap;
	uint64_t seed;
	bool json;
};

static int read_wish(int argc, char **argv, struct wish *w, bool *ret_answered);
static int list(bool as_json);
static int play(const struct sim_scenario *s, const struct wish *w);
static bool write_capture(const struct sim_run *run, const char *path, FILE *to);
static void tell(const struct sim_run *run, struct text *out);
static void tell_verdict(const struct sim_run *run, struct text *out, const struct look *look);
static int finish(const struct text *out, bool ok);

int cmd_scenario(int argc, char **argv)
{
	struct wish w = { .seed = 1 };
	const struct sim_scenario *s;
	bool answered = false;
	int code = read_wish(argc, argv, &w, &answered);

	if (code != 0 || answered)
		return code;
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): read_wish() has refused a missing name */
	if (strcmp(w.name, "list") == 0)
		return w.pcap ? cmd_usage(CMD_scenario, "a list has no frames to write: --pcap needs the name of a scenario")
			      : list(w.json);
	s = sim_scenario_find(w.name);
	if (!s)
		return cmd_usage(CMD_scenario, "there is no scenario %s; `handfast scenario list` names all", w.name);
	return play(s, &w);
}

static int read_wish(int argc, char **argv, struct wish *w, bool *ret_answered)
{
	struct cmd_args a;
	int o;

	cmd_args_begin(&a, CMD_scenario, argc, argv);
	while ((o = cmd_args_next(&a)) != OPT_END) {
		switch (o) {
		case OPT_scenario_SEED:
			if (!cmd_parse_number(a.value, 0, UINT64_MAX / 64, &w->seed))
				return cmd_usage(CMD_scenario, "--seed is a whole number, not %s", a.value);
			break;
		case OPT_scenario_JSON:
			w->json = true;
			break;
		case OPT_scenario_PCAP:
			w->pcap = a.value;
			if (strcmp(a.value, "-") == 0)
				return cmd_usage(CMD_scenario, "--pcap -: the capture goes to a file, as stdout is taken");
			break;
		case OPT_ANSWERED:
			*ret_answered = true;
			return 0;
		default:
			return 2;
		}
	}
	if (a.operands != 1)
		return cmd_usage(CMD_scenario, a.operands ? "one scenario at a time"
							  : "which one? `handfast scenario list` names all");
	w->name = a.operand[0];
	return 0;
}

static int list(bool as_json)
{
	const struct sim_scenario *const *all;
	size_t n = sim_scenarios(&all), width = 0;
	struct text out;
	int code;

	text_init(&out);
	if (as_json) {
		struct json j = json_over(&out);

		json_array(&j);
		for (size_t i = 0; i < n; i++) {
			json_object(&j);
			json_put_string(&j, "name", all[i]->name);
			json_put_string(&j, "summary", all[i]->summary);
			json_put_string(&j, "text", all[i]->text);
			json_object_end(&j);
		}
		json_array_end(&j);
	} else {
		for (size_t i = 0; i < n; i++)
			width = strlen(all[i]->name) > width ? strlen(all[i]->name) : width;
		for (size_t i = 0; i < n; i++)
			cmd_print_item(stdout, all[i]->name, all[i]->summary, (unsigned)width + 2);
	}
	code = finish(&out, true);
	text_free(&out);
	return code;
}

static int play(const struct sim_scenario *s, const struct wish *w)
{
	FILE *pcap = NULL;
	struct sim_run run;
	struct text out;
	bool ok;
	int code;

	if (w->pcap && !(pcap = fopen(w->pcap, "wbe"))) {
		cmd_say(CMD_scenario, "--pcap %s: %s", w->pcap, strerror(errno));
		return 2;
	}
	sim_scenario_play(s, w->seed, &run);
	text_init(&out);
	if (w->json)
		sim_run_json(&run, &out);
	else
		tell(&run, &out);
	ok = sim_run_ok(&run);
	code = finish(&out, ok);
	if (pcap && !write_capture(&run, w->pcap, pcap))
		code = hf_status_exit(HF_SYSTEM);
	text_free(&out);
	sim_run_free(&run);
	return code;
}

static void tell(const struct sim_run *run, struct text *out)
{
	struct look look = look_of(stdout);
	const char *bold = look.colour ? "\033[1m" : "", *plain = look.colour ? "\033[0m" : "";
	struct text title, wrapped;

	text_init(&title);
	text_addf(&title, "%s: %s", run->scenario->name, run->scenario->summary);
	text_init(&wrapped);
	text_wrap(&wrapped, text_str(&title), 0, look.columns);
	text_addf(out, "%s%s%s%s\n", bold, run->scenario->name, plain,
		  text_str(&wrapped) + hf_min_u64(strlen(run->scenario->name), wrapped.len));
	text_free(&title);
	text_free(&wrapped);
	text_wrap(out, run->scenario->text, 0, look.columns);
	text_add(out, "\n");
	sim_run_ladder(run, out, &look);
	text_add(out, "\n");
	tell_verdict(run, out, &look);
}

static void tell_verdict(const struct sim_run *run, struct text *out, const struct look *look)
{
	const char *red = look->colour ? "\033[31m" : "", *green = look->colour ? "\033[32m" : "",
		   *plain = look->colour ? "\033[0m" : "";
	struct text line;
	size_t failed = 0;

	text_init(&line);
	for (size_t i = 0; i < run->expectations; i++) {
		const struct sim_expectation *e = &run->expectation[i];

		if (e->ok)
			continue;
		failed++;
		text_clear(&line);
		text_addf(&line, "NOT SHOWN, part %u: %s", e->part + 1, e->text);
		text_wrap(out, text_str(&line), 0, look->columns);
	}
	text_free(&line);
	text_addf(out, "seed %" PRIu64 "  digest %016" PRIx64 "\n", run->seed, sim_run_digest(run));
	if (failed)
		text_addf(out, "%s%zu of %zu expectations failed: %s%s\n", red, failed, run->expectations,
			  hf_status_sentence(HF_MISMATCH), plain);
	else
		text_addf(out, "%sall %zu expectations hold: the run showed what it must show%s\n", green,
			  run->expectations, plain);
}

/* Takes the file over. */
static bool write_capture(const struct sim_run *run, const char *path, FILE *to)
{
	hf_status st = sim_run_pcapng(run, to);

	if (fclose(to) != 0 || st != HF_OK) {
		cmd_say(CMD_scenario, "%s could not be written to its end: %s", path, strerror(errno));
		return false;
	}
	return true;
}

static int finish(const struct text *out, bool ok)
{
	int code;

	if (out->failed) {
		cmd_say(CMD_scenario, "memory has run out");
		return hf_status_exit(HF_SYSTEM);
	}
	fputs(text_str(out), stdout);
	code = cmd_flush(CMD_scenario);
	return code ? code : ok ? 0 : 1;
}
