/* SPDX-License-Identifier: MIT */
/* What the scenarios of HTTPS share: hosts, certificates, a page, and what must hold of them. */
#include "sim/scenarios/https.h"

#include "base/bits.h"
#include "explain/tls_fold.h"
#include "wire/tls_wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_page pages[] = {
	{ .path = "/", .status = 200, .fields = "Content-Type: text/plain\r\n", .body = HTTPS_SECRET "\n" },
};

static const char *const requests[] = {
	"GET / HTTP/1.1\r\nHost: " HTTPS_NAME "\r\n\r\n",
};

static void drop_text(void *thing)
{
	text_free(thing);
	free(thing);
}

/* What every libcrypto has: a scenario goes alike wherever it is played. */
static const uint16_t groups[] = { TLS_GROUP_X25519, TLS_GROUP_P256, TLS_GROUP_P384 };

struct https https_begin(struct sim_run *run, const struct sim_leaf_ask *leaf)
{
	const struct sim_leaf_ask usual = { .name = HTTPS_NAME };
	struct https h = {
		.asks = { .requests = requests, .request_count = HF_ARRAY_LEN(requests) },
		.answers = { .pages = pages, .page_count = HF_ARRAY_LEN(pages) },
	};

	sim_set_hosts(run, NULL, NULL, NULL);
	h.certs = sim_certs_make(run->world, run->seed);
	h.client = sim_certs_client(h.certs, HTTPS_NAME);
	h.server = sim_certs_server(h.certs, sim_certs_leaf(h.certs, leaf ? leaf : &usual));
	h.client->cfg.groups = h.server->cfg.groups = (struct hf_tls_list){ groups, HF_ARRAY_LEN(groups) };
	h.server->cfg.tickets = HF_TLS_NO_TICKETS;
	h.asks.tls = h.client;
	h.answers.tls = h.server;
	run->until = HF_S(300);
	return h;
}

struct sim_app *https_client(struct sim_run *run, const struct https *h, hf_time_ns at)
{
	return sim_app_add(run->world, &(struct sim_app_config){ .host = SIM_CLIENT,
								 .peer = SIM_SERVER,
								 .port = h->asks.tls ? HTTPS_PORT : HTTP_PORT,
								 .start = at,
								 .web = &h->asks });
}

void https_run(struct sim_run *run, const struct https *h)
{
	run->server = sim_app_add(run->world, &(struct sim_app_config){ .host = SIM_SERVER,
									.listens = true,
									.port = h->answers.tls ? HTTPS_PORT : HTTP_PORT,
									.web = &h->answers });
	run->client = https_client(run, h, 0);
}

const char *https_text(struct sim_run *run, const char *format, ...)
{
	struct text *t = malloc(sizeof(*t));
	char line[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (!t)
		abort();
	text_init(t);
	text_add(t, line);
	sim_world_keep(run->world, t, drop_text);
	return text_str(t);
}

const struct sim_web *https_web(const struct sim_app *app, unsigned nth)
{
	static const struct sim_answer no_answer;
	static const struct sim_web none = { .answer = (struct sim_answer *)&no_answer };
	const struct sim_session *s = sim_app_session(app, nth);

	return s->web ? s->web : &none;
}

const struct sim_tls *https_tls(const struct sim_app *app, unsigned nth)
{
	return https_web(app, nth)->tls;
}

/* ---- what must hold ---- */

static const char *name_of(const struct sim_run *run, const struct sim_app *app)
{
	return sim_run_host_name(run, app->cfg.host);
}

/* A list has a blank behind each word; how much of it to show. */
static int shown(const char *list)
{
	const size_t n = strlen(list);

	return n ? (int)n - 1 : 0;
}

void https_expect_path(struct sim_run *run, const struct sim_app *app, unsigned nth, const char *states)
{
	const struct sim_tls *t = https_tls(app, nth);
	const char *path = t ? text_str(&t->path) : "";

	sim_expect(run, strcmp(path, states) == 0, "the TLS of the %s goes through %.*s%s%.*s", name_of(run, app),
		   shown(states), states, strcmp(path, states) ? " - but went through " : "",
		   strcmp(path, states) ? shown(path) : 0, path);
}

void https_expect_messages(struct sim_run *run, const struct sim_app *app, unsigned nth, const char *messages)
{
	const struct sim_tls *t = https_tls(app, nth);
	struct text sent;
	bool good;

	text_init(&sent);
	for (size_t i = 0; t && i < t->tolds; i++) {
		if (t->told[i].kind != HF_TLS_TOLD_MESSAGE || !t->told[i].sent)
			continue;
		tls_fold_add_message(&sent, t->told[i].x);
		text_add(&sent, " ");
	}
	good = strcmp(text_str(&sent), messages) == 0;
	sim_expect(run, good, "the %s sends %.*s%s%.*s", name_of(run, app), shown(messages), messages,
		   good ? "" : " - but sent ", good ? 0 : shown(text_str(&sent)), text_str(&sent));
	text_free(&sent);
}

static bool holds(struct hf_bytes b, const char *text)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i + len <= b.len; i++)
		if (memcmp(b.at + i, text, len) == 0)
			return true;
	return false;
}

bool https_on_wire(const struct sim_run *run, unsigned from, const char *text)
{
	size_t n;
	const struct ladder_event *log = sim_world_log(run->world, &n);

	for (size_t i = 0; i < n; i++) {
		if (log[i].what != LADDER_SEGMENT || (from != SIM_ANYBODY && log[i].side != from))
			continue;
		if (holds(log[i].packet, text))
			return true;
	}
	return false;
}

void https_expect_whole_page(struct sim_run *run, const struct sim_app *app, unsigned nth)
{
	const struct sim_web *web = https_web(app, 0);
	const struct sim_tls *client = https_tls(app, 0), *server = https_tls(run->server, nth);

	sim_expect(run, sim_tls_info(client).connected && sim_tls_info(server).connected, "both ends are connected");
	sim_expect(run,
		   web->answers == 1 && web->answer[0].whole && web->answer[0].status == 200 &&
			   strcmp(text_str(&web->answer[0].body), HTTPS_SECRET "\n") == 0,
		   "the client has the page, whole");
	sim_expect(run, !https_on_wire(run, SIM_ANYBODY, HTTPS_SECRET), "the page is in no frame in the clear");
	sim_expect(run, client && server && client->end == SIM_TLS_CLOSED && server->end == SIM_TLS_CLOSED,
		   "both say close_notify before they end");
}

void https_expect_page(struct sim_run *run, uint16_t version)
{
	const struct hf_tls_info client = sim_tls_info(https_tls(run->client, 0)),
				 server = sim_tls_info(https_tls(run->server, 0));

	https_expect_whole_page(run, run->client, 0);
	sim_expect(run, client.version == version && server.version == version, "they have agreed on %s",
		   tls_version_name(version));
	sim_expect(run, client.suite == server.suite && client.group == server.group, "and on the same suite and group");
	sim_expect_clean_end(run);
}

void https_expect_failure(struct sim_run *run, const struct sim_app *app, const char *why_code, unsigned alert)
{
	const struct sim_app *other = app == run->client ? run->server : run->client;
	const struct hf_tls_info here = sim_tls_info(https_tls(app, 0)), there = sim_tls_info(https_tls(other, 0));

	sim_expect(run, here.why_code && strcmp(here.why_code, why_code) == 0, "the %s ends it: %s", name_of(run, app),
		   here.why ? here.why : "but it did not");
	sim_expect(run, here.has_alert_sent && here.alert_sent == alert, "it sends the alert %s", tls_alert_name(alert));
	sim_expect(run, there.has_alert_received && there.alert_received == alert, "the %s gets it", name_of(run, other));
}
