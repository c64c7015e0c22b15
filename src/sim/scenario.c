/* SPDX-License-Identifier: MIT */
#include "sim/scenario.h"

#include "base/bits.h"
#include "explain/pcapng.h"
#include "explain/sentence.h"
#include "explain/tls_fold.h"
#include "sim/craft.h"
#include "sim/scenarios/scenarios.h"
#include "sim/tls_certs.h"
#include "wire/addr.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_APART HF_S(86400) /* each part's clock starts a day later: a capture of all stays in order */

static const struct sim_scenario *const scenarios[] = {
#define SCENARIO(name) &name,
#include "sim/scenarios/scenarios.def"
#undef SCENARIO
};

size_t sim_scenarios(const struct sim_scenario *const **ret)
{
	*ret = scenarios;
	return HF_ARRAY_LEN(scenarios);
}

const struct sim_scenario *sim_scenario_find(const char *name)
{
	for (size_t i = 0; i < HF_ARRAY_LEN(scenarios); i++)
		if (strcmp(scenarios[i]->name, name) == 0)
			return scenarios[i];
	return NULL;
}

void sim_scenario_play(const struct sim_scenario *s, uint64_t seed, struct sim_run *ret)
{
	*ret = (struct sim_run){ .scenario = s, .seed = seed, .parts = s->parts ? s->parts : 1 };
	HF_ASSERT(ret->parts <= SIM_PARTS_MAX);
	for (ret->part = 0; ret->part < ret->parts; ret->part++) {
		ret->client = ret->server = ret->second = NULL;
		ret->title = NULL;
		ret->until = HF_S(600);
		memset(ret->scratch, 0, sizeof(ret->scratch));
		s->set_up(ret);
		ret->worlds[ret->part] = ret->world;
		ret->clients[ret->part] = ret->client;
		ret->titles[ret->part] = ret->title;
		ret->ended[ret->part] = sim_world_run(ret->world, ret->until);
		s->expect(ret);
	}
	sim_certs_end_fixed();
}

void sim_run_free(struct sim_run *run)
{
	for (unsigned i = 0; i < run->parts; i++)
		sim_world_free(run->worlds[i]);
	for (size_t i = 0; i < run->expectations; i++)
		free(run->expectation[i].text);
	free(run->expectation);
	*run = (struct sim_run){ 0 };
}

bool sim_run_ok(const struct sim_run *run)
{
	for (size_t i = 0; i < run->expectations; i++)
		if (!run->expectation[i].ok)
			return false;
	return run->expectations > 0;
}

uint64_t sim_run_digest(const struct sim_run *run)
{
	uint64_t digest = sim_world_digest(run->worlds[0]);

	for (unsigned i = 1; i < run->parts; i++)
		digest = (digest ^ sim_world_digest(run->worlds[i])) * 0x9e3779b97f4a7c15u;
	return digest;
}

const char *sim_run_host_name(const struct sim_run *run, unsigned host)
{
	static const char *const usual[2] = { "client", "server" };

	return run->scenario->names[host] ? run->scenario->names[host] : usual[host];
}

/* ---- telling ---- */

void sim_run_ladder(const struct sim_run *run, struct text *out, const struct look *look)
{
	const char *names[2] = { sim_run_host_name(run, 0), sim_run_host_name(run, 1) };

	for (unsigned i = 0; i < run->parts; i++) {
		size_t n;
		const struct ladder_event *log = sim_world_log(run->worlds[i], &n);

		if (run->titles[i]) {
			struct text title;

			text_init(&title);
			text_addf(&title, "%s%u. %s", i ? "\n" : "", i + 1, run->titles[i]);
			text_wrap(out, text_str(&title), 0, look->columns);
			text_add(out, "\n");
			text_free(&title);
		}
		ladder_text(out, names, log, n, sim_world_start(run->worlds[i]), look);
	}
	if (run->scenario->show) {
		text_add(out, "\n");
		run->scenario->show(run, out, look);
	}
}

void sim_run_compact(const struct sim_run *run, unsigned part, struct text *out)
{
	size_t n;
	const struct ladder_event *log = sim_world_log(run->worlds[part], &n);

	ladder_compact(out, log, n, sim_world_start(run->worlds[part]));
}

void sim_run_json(const struct sim_run *run, struct text *out)
{
	const char *names[2] = { sim_run_host_name(run, 0), sim_run_host_name(run, 1) };
	struct json j = json_over(out);
	char digest[17];

	snprintf(digest, sizeof(digest), "%016" PRIx64, sim_run_digest(run));
	json_object(&j);
	json_put_string(&j, "scenario", run->scenario->name);
	json_put_string(&j, "summary", run->scenario->summary);
	json_put_string(&j, "text", run->scenario->text);
	json_put_u64(&j, "seed", run->seed);
	json_put_string(&j, "digest", digest);
	json_put_bool(&j, "ok", sim_run_ok(run));
	json_key(&j, "expectations");
	json_array(&j);
	for (size_t i = 0; i < run->expectations; i++) {
		json_object(&j);
		json_put_u64(&j, "part", run->expectation[i].part + 1);
		json_put_bool(&j, "ok", run->expectation[i].ok);
		json_put_string(&j, "text", run->expectation[i].text);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_key(&j, "parts");
	json_array(&j);
	for (unsigned i = 0; i < run->parts; i++) {
		const struct sim_world *w = run->worlds[i];
		size_t n;
		const struct ladder_event *log = sim_world_log(w, &n);

		json_object(&j);
		json_put_string(&j, "title", run->titles[i]);
		json_put_time(&j, "ended_ns", run->ended[i]);
		json_key(&j, "paths");
		json_object(&j);
		for (unsigned h = 0; h < 2; h++) {
			json_key(&j, names[h]);
			json_array(&j);
			for (unsigned c = 0; c < sim_world_paths(w, h); c++) {
				const char *path = sim_world_path(w, h, c);

				json_string_n(&j, path, strlen(path) - 1);
			}
			json_array_end(&j);
		}
		json_object_end(&j);
		json_key(&j, "events");
		ladder_json(&j, names, log, n, sim_world_start(w));
		json_object_end(&j);
	}
	json_array_end(&j);
	if (run->scenario->show_json) {
		json_key(&j, "shown");
		json_object(&j);
		run->scenario->show_json(run, &j);
		json_object_end(&j);
	}
	json_object_end(&j);
}

static bool is_said_already(const struct ladder_event *log, size_t at, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (log[i].what == LADDER_RECORD && sentence_is_said_by(&log[at].record, &log[i].record))
			return true;
	return false;
}

static void add_told(struct text *t, const struct ladder_event *e)
{
	if (e->what == LADDER_SAYS) {
		text_addf(t, "; %s", e->note);
	} else if (e->what == LADDER_TLS && !tls_told_is_plain(&e->tls)) {
		text_add(t, "; ");
		tls_told_add_sentence(t, &e->tls);
		text_addf(t, " [RFC %s]", tls_told_rfc(&e->tls));
	}
}

/* What the host did at that time stands in the records just before the frame. */
static void add_comment(struct text *t, const struct sim_run *run, const struct ladder_event *log, size_t at,
			const struct segment_flows *flows, const struct segment *s)
{
	const struct ladder_event *e = &log[at];
	struct sentence_base base;
	size_t from = at;

	while (from > 0 && log[from - 1].what != LADDER_SEGMENT && log[from - 1].what != LADDER_NOTE &&
	       log[from - 1].side == e->side && log[from - 1].at == e->at)
		from--;
	text_addf(t, "%s: ", e->side == SIM_NOBODY ? "put on the wire" : sim_run_host_name(run, e->side));
	segment_add_sentence(t, s);
	text_addf(t, " [RFC %s]", segment_rfc(s));
	for (size_t i = from; i < at; i++) {
		const struct hf_trace_record *r = &log[i].record;

		if (log[i].what != LADDER_RECORD) {
			add_told(t, &log[i]);
			continue;
		}
		if (sentence_is_plain(r) || is_said_already(log, i, from, at))
			continue;
		text_add(t, "; ");
		if (r->kind == HF_TR_TCP_STATE)
			text_addf(t, "%s -> %s: ", hf_tcp_state_name(r->from), hf_tcp_state_name(r->to));
		base = sentence_base_of(flows, r);
		sentence_add(t, r, &base);
		text_addf(t, " [RFC %s]", sentence_rfc(r));
	}
	if (e->note)
		text_addf(t, "; network: %s", e->note);
	else if (e->fate == LADDER_LOST)
		text_add(t, "; lost on the way");
}

hf_status sim_run_pcapng(const struct sim_run *run, FILE *to)
{
	size_t head = sim_world_frame_head(run->worlds[0]);
	hf_status st = pcapng_begin(to, head ? PCAPNG_LINK_ETHERNET : PCAPNG_LINK_RAW, run->scenario->name);
	struct segment_flows flows;
	struct segment s;
	struct text t;

	text_init(&t);
	for (unsigned p = 0; p < run->parts && st == HF_OK; p++)
		st = pcapng_secrets(to, sim_world_secrets(run->worlds[p]));
	for (unsigned p = 0; p < run->parts; p++) {
		size_t n;
		const struct ladder_event *log = sim_world_log(run->worlds[p], &n);

		segment_flows_init(&flows);
		for (size_t i = 0; i < n && st == HF_OK; i++) {
			/* As it is behind whoever stands on the way. */
			const struct hf_bytes packet = log[i].fate == LADDER_CHANGED ? log[i].changed : log[i].packet;

			if (log[i].what != LADDER_SEGMENT)
				continue;
			segment_read(&flows, log[i].packet, log[i].side == SIM_NOBODY, &s);
			text_clear(&t);
			add_comment(&t, run, log, i, &flows, &s);
			st = pcapng_packet(to, log[i].at, (struct hf_bytes){ packet.at - head, packet.len + head },
					   text_str(&t));
		}
		segment_flows_free(&flows);
	}
	text_free(&t);
	return st;
}

/* ---- for scenarios ---- */

void sim_set_hosts(struct sim_run *run, const struct sim_host_config *client, const struct sim_host_config *server,
		   const struct sim_link_config *link)
{
	struct sim_world_config cfg = {
		.seed = run->seed * 64 + run->part,
		/* Not 0: timestamps and retransmission times then have a past to be compared with. */
		.start = HF_S(1) + run->part * PARTS_APART,
	};
	struct sim_host_config host[2] = { client ? *client : (struct sim_host_config){ 0 },
					   server ? *server : (struct sim_host_config){ 0 } };

	if (link)
		cfg.link = *link;
	else
		cfg.link.delay = HF_MS(SIM_DELAY_MS);
	run->world = sim_world_make(&cfg);
	for (unsigned i = 0; i < 2; i++) {
		host[i].name = sim_run_host_name(run, i);
		sim_world_add_host(run->world, &host[i]);
	}
}

void sim_set_apps(struct sim_run *run, const struct sim_app_config *client, const struct sim_app_config *server)
{
	struct sim_app_config c = *client, s = *server;

	s.host = SIM_SERVER;
	s.listens = true;
	s.port = SIM_PORT;
	c.host = SIM_CLIENT;
	c.peer = SIM_SERVER;
	c.port = SIM_PORT;
	run->server = sim_app_add(run->world, &s);
	run->client = sim_app_add(run->world, &c);
}

void sim_expect(struct sim_run *run, bool ok, const char *format, ...)
{
	struct sim_expectation *e;
	va_list args;
	char text[512];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (run->expectations == run->expectation_room) {
		run->expectation_room = run->expectation_room ? run->expectation_room * 2 : 32;
		run->expectation = realloc(run->expectation, run->expectation_room * sizeof(*run->expectation));
		if (!run->expectation)
			abort();
	}
	e = &run->expectation[run->expectations++];
	*e = (struct sim_expectation){ .part = run->part, .ok = ok, .text = strdup(text) };
	if (!e->text)
		abort();
}

/* A path has a blank behind each state; how much of it to show. */
static int shown(const char *path)
{
	size_t n = strlen(path);

	return n ? (int)n - 1 : 0;
}

static const char *times(uint64_t n)
{
	return n == 1 ? "time" : "times";
}

void sim_expect_path(struct sim_run *run, unsigned host, unsigned nth, const char *states)
{
	const char *path = sim_world_path(run->world, host, nth);
	const char *name = sim_run_host_name(run, host);

	if (strcmp(path, states) != 0)
		sim_expect(run, false, "the %s goes through %.*s - but went through %.*s", name, shown(states), states,
			   shown(path), path);
	else if (*states)
		sim_expect(run, true, "the %s goes through %.*s", name, shown(states), states);
	else
		sim_expect(run, true, "no connection of the %s's begins", name);
}

void sim_expect_told(struct sim_run *run, unsigned host, enum hf_trace_kind kind, uint64_t min, uint64_t max)
{
	uint64_t n = sim_world_count(run->world, host, kind);

	if (min == max)
		sim_expect(run, n == min, "the %s tells of %s %" PRIu64 " %s, and does so %" PRIu64 " %s",
			   sim_run_host_name(run, host), hf_trace_name(kind), min, times(min), n, times(n));
	else
		sim_expect(run, n >= min && n <= max,
			   "the %s tells of %s at least %" PRIu64 " %s, and does so %" PRIu64 " %s",
			   sim_run_host_name(run, host), hf_trace_name(kind), min, times(min), n, times(n));
}

void sim_expect_frames(struct sim_run *run, unsigned from, unsigned mask, unsigned value, uint64_t n)
{
	uint64_t seen = sim_count_frames(run->world, from, mask, value);
	struct text t;

	text_init(&t);
	segment_add_flags(&t, value);
	sim_expect(run, seen == n, "the %s sends %" PRIu64 " segment%s of the kind %s, and does send %" PRIu64,
		   sim_run_host_name(run, from), n, n == 1 ? "" : "s", text_str(&t), seen);
	text_free(&t);
}

static void expect_by_oracle(struct sim_run *run, bool ok, const char *what, struct text *why)
{
	while (why->len > 0 && why->at[why->len - 1] == '\n')
		why->at[--why->len] = '\0';
	sim_expect(run, ok, "%s%s%s", what, why->len ? " - " : "", text_str(why));
	text_clear(why);
}

void sim_expect_whole(struct sim_run *run)
{
	struct text why;
	bool ok;

	text_init(&why);
	ok = sim_oracle_in_order(run->client, &why);
	ok &= sim_oracle_in_order(run->server, &why);
	expect_by_oracle(run, ok, "every octet read is the one that was written", &why);
	ok = sim_oracle_whole(run->client, run->server, 0, &why);
	ok &= sim_oracle_whole(run->server, run->client, 0, &why);
	expect_by_oracle(run, ok, "all octets arrive, both ways", &why);
	text_free(&why);
}

void sim_expect_nothing_left(struct sim_run *run)
{
	struct text why;
	bool ok;

	text_init(&why);
	ok = sim_oracle_nothing_left(run->world, SIM_CLIENT, &why);
	ok &= sim_oracle_nothing_left(run->world, SIM_SERVER, &why);
	expect_by_oracle(run, ok, "nothing is left on either host", &why);
	text_free(&why);
}

void sim_expect_clean_end(struct sim_run *run)
{
	struct text why;
	bool ok;

	text_init(&why);
	ok = sim_oracle_closed(run->world, SIM_CLIENT, 0, &why);
	ok &= sim_oracle_closed(run->world, SIM_SERVER, 0, &why);
	expect_by_oracle(run, ok, "both ends reach CLOSED", &why);
	text_free(&why);
	sim_expect_whole(run);
	sim_expect_nothing_left(run);
}

/* Walks the frames of one sender with such flags; stops at the nth, or counts them all when ret is NULL. */
static uint64_t walk_frames(const struct sim_world *w, unsigned from, unsigned mask, unsigned value, uint64_t nth,
			    struct segment *ret, hf_time_ns *ret_at)
{
	struct segment_flows flows;
	uint64_t seen = 0;
	size_t n;
	const struct ladder_event *log = sim_world_log(w, &n);

	segment_flows_init(&flows);
	for (size_t i = 0; i < n; i++) {
		struct segment s;

		if (log[i].what != LADDER_SEGMENT)
			continue;
		segment_read(&flows, log[i].packet, log[i].side == SIM_NOBODY, &s);
		if (log[i].side != from || !s.tcp || (s.h.flags & mask) != value)
			continue;
		if (seen++ == nth && ret) {
			*ret = s;
			if (ret_at)
				*ret_at = log[i].at - sim_world_start(w);
			break;
		}
	}
	segment_flows_free(&flows);
	return seen;
}

uint64_t sim_count_frames(const struct sim_world *w, unsigned from, unsigned mask, unsigned value)
{
	return walk_frames(w, from, mask, value, 0, NULL, NULL);
}

bool sim_nth_frame(const struct sim_world *w, unsigned from, unsigned mask, unsigned value, unsigned nth,
		   struct segment *ret, hf_time_ns *ret_at)
{
	return walk_frames(w, from, mask, value, nth, ret, ret_at) == (uint64_t)nth + 1;
}

hf_time_ns sim_state_at(const struct sim_world *w, unsigned host, enum hf_tcp_state to, unsigned nth)
{
	size_t n;
	const struct ladder_event *log = sim_world_log(w, &n);

	for (size_t i = 0; i < n; i++)
		if (log[i].what == LADDER_RECORD && log[i].side == host && log[i].record.kind == HF_TR_TCP_STATE &&
		    log[i].record.to == to && nth-- == 0)
			return log[i].at - sim_world_start(w);
	return HF_NEVER;
}

bool sim_find_row(const struct sim_world *w, unsigned host, enum hf_tcp_state state, struct hf_conn_info *ret)
{
	uint64_t cursor = 0;

	while (hf_host_each(sim_world_host(w, host), &cursor, ret))
		if (ret->state == state)
			return true;
	return false;
}

struct sim_craft sim_craft_from_peer(const struct hf_conn_info *row, uint8_t flags)
{
	return (struct sim_craft){
		.src = row->remote, .dst = row->local, .seq = row->rcv_nxt, .ack = row->snd_nxt, .flags = flags, .window = 65535
	};
}

void sim_inject(struct sim_world *w, unsigned to, const struct sim_craft *c, const char *note)
{
	uint8_t packet[1500];
	size_t len = sim_craft_packet(c, packet, sizeof(packet));

	sim_world_inject(w, to, (struct hf_bytes){ packet, len }, note);
}
