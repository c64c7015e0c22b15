/* SPDX-License-Identifier: MIT */
/*
 * One process, one socket that never blocks, and a clock that runs while nothing waits for us: however slow the network is, that time is
 * not Chromium's. What it says is taken apart in chromium_talk.c.
 */
#include "chromium/chromium_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"

enum { READS_AT_ONCE = 64 }; /* in one step, so that it ends */

static const char *const reasons[] = {
#define R(name, reason) [CHROMIUM_##name] = (reason),
#include "chromium/chromium_reasons.def"
#undef R
};

const char *chromium_reason_name(enum chromium_reason r)
{
	return r < CHROMIUM_REASON_COUNT ? reasons[r] : "";
}

const char *chromium_absent(void)
{
	return NULL;
}

hf_time_ns chromium_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return HF_S((uint64_t)t.tv_sec) + (uint64_t)t.tv_nsec;
}

void chromium_fail(struct chromium *c, const char *format, ...)
{
	va_list args;

	if (c->turn >= CHROMIUM_OVER)
		return;
	c->turn = CHROMIUM_BROKEN;
	va_start(args, format);
	vsnprintf(c->sentence, sizeof(c->sentence), format, args);
	va_end(args);
	chromium_process_end(&c->process);
}

/* ---- begin, end ---- */

bool chromium_find(char *ret, size_t room)
{
	static const char *const names[] = { "chromium", "chromium-browser", "google-chrome", "google-chrome-stable" };
	const char *path = getenv("PATH");

	for (size_t i = 0; path && i < HF_ARRAY_LEN(names); i++) {
		for (const char *at = path; *at;) {
			size_t n = strcspn(at, ":");
			int len = snprintf(ret, room, "%.*s/%s", (int)n, at, names[i]);

			if (n && *at == '/' && len > 0 && (size_t)len < room && !access(ret, X_OK))
				return true;
			at += n + (at[n] == ':');
		}
	}
	return false;
}

static void complete(struct chromium_config *cfg)
{
	cfg->density = cfg->density >= 0.1 && cfg->density <= 16 ? cfg->density : 1;
	cfg->width = cfg->width ? cfg->width : 1024;
	cfg->height = cfg->height ? cfg->height : 768;
	cfg->most_height = hf_min_u32(cfg->most_height ? cfg->most_height : 16384, CHROMIUM_SIDE_MOST);
	cfg->width = hf_min_u32(cfg->width, (uint32_t)(CHROMIUM_SIDE_MOST / cfg->density));
	cfg->height = hf_max_u32(hf_min_u32(cfg->height, (uint32_t)(cfg->most_height / cfg->density)), 1);
	cfg->seconds = cfg->seconds ? cfg->seconds : 30;
}

hf_status chromium_begin(const struct chromium_config *cfg, struct chromium **ret)
{
	struct chromium *c = calloc(1, sizeof(*c));
	char path[4096];
	hf_status s;

	if (!c)
		return HF_FULL;
	c->process.fd = -1;
	c->cfg = *cfg;
	complete(&c->cfg);
	c->url = strdup(cfg->url);
	c->open = calloc(CHROMIUM_OPEN_MOST, sizeof(*c->open));
	if (!c->url || !c->open)
		s = HF_FULL;
	else if (!cfg->path && !chromium_find(path, sizeof(path)))
		s = HF_NOT_FOUND;
	else
		s = chromium_launch(cfg->path ? cfg->path : path, c->cfg.width, c->cfg.height, &c->process);
	if (s != HF_OK) {
		chromium_end(c);
		return s;
	}
	c->next_answer = CHROMIUM_FIRST_ANSWER;
	c->next_id = 1;
	c->looked = chromium_now();
	c->allowed = HF_S((uint64_t)c->cfg.seconds);
	chromium_hello(c);
	*ret = c;
	return HF_OK;
}

void chromium_end(struct chromium *c)
{
	if (!c)
		return;
	chromium_process_end(&c->process);
	json_decref(c->message);
	chromium_in_free(&c->in);
	chromium_out_free(&c->out);
	free(c->png);
	free(c->open);
	free(c->url);
	free(c);
}

int chromium_fd(const struct chromium *c)
{
	return c->process.fd;
}

bool chromium_wants_write(const struct chromium *c)
{
	return c->process.fd >= 0 && c->out.sent < c->out.len;
}

/* ---- octets ---- */

/* It has closed its end. */
static void explain_death(struct chromium *c)
{
	char words[200];

	chromium_last_words(&c->process, words, sizeof(words));
	chromium_fail(c, "Chromium %s%s%s", c->version[0] ? "ended before the picture was there" : "did not start",
		      words[0] ? ": " : "", words);
}

static void flush(struct chromium *c)
{
	if (c->out.full)
		chromium_fail(c, "no memory is left for what Chromium is to be told");
	while (chromium_wants_write(c)) {
		ssize_t n = send(c->process.fd, c->out.at + c->out.sent, c->out.len - c->out.sent, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) /* a pipe that is broken is found out about when it is read */
			return;
		chromium_out_sent(&c->out, (size_t)n);
	}
}

/* true: there may be more. */
static bool receive(struct chromium *c)
{
	struct hf_room room;
	ssize_t n;

	if (chromium_in_room(&c->in, &room) != HF_OK) {
		chromium_fail(c, "no memory is left for what Chromium says");
		return false;
	}
	do {
		n = recv(c->process.fd, room.at, room.len, 0);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		chromium_in_add(&c->in, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		explain_death(c);
	return n > 0;
}

/* true: a request. */
static bool hear(struct chromium *c, struct chromium_ask *ret)
{
	for (int reads = 0; c->turn < CHROMIUM_OVER;) {
		size_t most = c->pending & 1u << CHROMIUM_PICTURE ? CHROMIUM_PICTURE_MOST : CHROMIUM_MESSAGE_MOST;
		struct hf_bytes message;
		hf_status s = chromium_in_next(&c->in, most, &message);

		if (s == HF_OK) {
			if (chromium_take(c, message, ret))
				return true;
		} else if (s == HF_TOO_BIG) {
			chromium_fail(c, "Chromium breaks the rules of DevTools: a message has more than %zu MiB",
				      most >> 20);
		} else if (reads++ >= READS_AT_ONCE || !receive(c)) {
			break;
		}
	}
	return false;
}

/* ---- time ---- */

static void count_time(struct chromium *c)
{
	hf_time_ns now = chromium_now();

	if (!c->unanswered)
		c->spent += now - c->looked;
	c->looked = now;
}

/* When it has settled, if nothing more is asked. */
static hf_time_ns settled_at(const struct chromium *c)
{
	hf_time_ns latest = c->loaded + CHROMIUM_SETTLE_MOST;

	return c->unanswered ? latest : hf_min_u64(latest, c->quiet_since + CHROMIUM_QUIET);
}

static void see_to_time(struct chromium *c)
{
	if (c->turn == CHROMIUM_SETTLING && chromium_now() >= settled_at(c))
		chromium_measure(c);
	if (c->turn >= CHROMIUM_OVER || c->spent < c->allowed)
		return;
	if (!c->extended && (c->turn == CHROMIUM_LOADING || c->turn == CHROMIUM_SETTLING)) { /* as far as it has come */
		c->extended = true;
		c->allowed += CHROMIUM_LAST;
		chromium_measure(c);
		return;
	}
	chromium_fail(c, "Chromium takes more than %u s by itself", (unsigned)(c->allowed / HF_S(1)));
}

hf_time_ns chromium_wait(const struct chromium *c)
{
	hf_time_ns now = chromium_now(), wait = HF_S(1);

	if (c->turn >= CHROMIUM_OVER || c->spent >= c->allowed)
		return 0;
	if (!c->unanswered)
		wait = hf_min_u64(wait, c->allowed - c->spent);
	if (c->turn == CHROMIUM_SETTLING)
		wait = hf_min_u64(wait, settled_at(c) > now ? settled_at(c) - now : 0);
	return wait;
}

enum chromium_does chromium_step(struct chromium *c, struct chromium_ask *ret)
{
	bool asks;

	if (c->turn < CHROMIUM_OVER) {
		count_time(c);
		flush(c);
		asks = hear(c, ret);
		if (c->turn < CHROMIUM_OVER)
			see_to_time(c);
		flush(c);
		if (asks && c->turn < CHROMIUM_OVER)
			return CHROMIUM_ASKS;
	}
	return c->turn == CHROMIUM_OVER ? CHROMIUM_DONE : c->turn == CHROMIUM_BROKEN ? CHROMIUM_FAILED : CHROMIUM_WAITS;
}

/* ---- answers ---- */

/* NULL: it has been answered. */
static struct chromium_open *begin_answer(struct chromium *c, uint32_t id, const char *method)
{
	for (uint32_t i = 0; i < c->opens && c->turn < CHROMIUM_OVER; i++) {
		struct chromium_open *o = &c->open[i];

		if (!id || o->id != id || o->answer)
			continue;
		count_time(c);
		c->unanswered--;
		c->quiet_since = c->looked;
		o->answer = c->next_answer++;
		chromium_begin_command(c, o->answer, method, false);
		chromium_put(&c->out, "{\"requestId\":");
		chromium_put_string(&c->out, o->name);
		return o;
	}
	return NULL;
}

static bool has_any(struct hf_bytes b, const char *of)
{
	for (size_t i = 0; i < b.len; i++)
		if (!b.at[i] || strchr(of, b.at[i]))
			return true;
	return false;
}

/* As octets, for they need not be in any charset: "name: value", with a zero between them. */
static void put_fields(struct chromium *c, const struct chromium_field *fields, size_t n)
{
	struct chromium_out all = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!fields[i].name.len || has_any(fields[i].name, ": \t\r\n") || has_any(fields[i].value, "\r\n"))
			continue;
		if (all.len)
			chromium_put_end(&all);
		chromium_put_bytes(&all, fields[i].name);
		chromium_put(&all, ": ");
		chromium_put_bytes(&all, fields[i].value);
	}
	c->out.full |= all.full;
	if (all.len) {
		chromium_put(&c->out, ",\"binaryResponseHeaders\":\"");
		chromium_put_base64(&c->out, (struct hf_bytes){ all.at, all.len });
		chromium_put(&c->out, "\"");
	}
	chromium_out_free(&all);
}

void chromium_answer(struct chromium *c, uint32_t id, unsigned status, const struct chromium_field *fields, size_t n,
		     struct hf_bytes body)
{
	if (status < 200 || status > 599) { /* DevTools has no others */
		chromium_refuse(c, id, CHROMIUM_FAILED_REQUEST);
		return;
	}
	if (!begin_answer(c, id, "Fetch.fulfillRequest"))
		return;
	chromium_put(&c->out, ",\"responseCode\":");
	chromium_put_number(&c->out, status);
	put_fields(c, fields, n);
	chromium_put(&c->out, ",\"body\":\"");
	chromium_put_base64(&c->out, body);
	chromium_put(&c->out, "\"}");
	chromium_end_command(c);
	flush(c);
}

void chromium_refuse(struct chromium *c, uint32_t id, enum chromium_reason why)
{
	struct chromium_open *o = begin_answer(c, id, "Fetch.failRequest");

	if (!o)
		return;
	o->refused = true;
	chromium_put(&c->out, ",\"errorReason\":");
	chromium_put_string(&c->out, chromium_reason_name(why));
	chromium_put(&c->out, "}");
	chromium_end_command(c);
	flush(c);
}

/* ---- what came of it ---- */

struct hf_bytes chromium_png(const struct chromium *c, unsigned *ret_width, unsigned *ret_height)
{
	*ret_width = c->width;
	*ret_height = c->height;
	return (struct hf_bytes){ c->png, c->turn == CHROMIUM_OVER ? c->png_len : 0 };
}

const char *chromium_sentence(const struct chromium *c)
{
	return c->sentence;
}

const char *chromium_version(const struct chromium *c)
{
	return c->version;
}

const char *chromium_isolation(const struct chromium *c)
{
	return c->process.apart
		       ? "it has a network namespace of its own, in which nothing is up"
		       : "no name has an address for it, and its proxy is not there; this system allows no network namespace";
}
