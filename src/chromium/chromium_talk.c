/* SPDX-License-Identifier: MIT */
/*
 * The sequence of commands, and what Chromium says. All requests are caught at the browser itself, not at the page: so those of workers,
 * frames in other processes and windows that a script opens come by too.
 *
 *	STARTING -- the page is there, navigate --> LOADING -- load --> SETTLING -- quiet --> TAKING -- picture --> OVER
 */
#include "chromium/chromium_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

static const char *const kind_types[] = {
#define K(name, type) [CHROMIUM_##name] = (type),
#include "chromium/chromium_kinds.def"
#undef K
};

/* ---- out ---- */

void chromium_begin_command(struct chromium *c, uint64_t id, const char *method, bool to_page)
{
	chromium_put(&c->out, "{\"id\":");
	chromium_put_number(&c->out, id);
	chromium_put(&c->out, ",\"method\":");
	chromium_put_string(&c->out, method);
	if (to_page) {
		chromium_put(&c->out, ",\"sessionId\":");
		chromium_put_string(&c->out, c->session);
	}
	chromium_put(&c->out, ",\"params\":");
}

void chromium_end_command(struct chromium *c)
{
	chromium_put(&c->out, "}");
	chromium_put_end(&c->out);
}

static const char *const methods[] = {
	[CHROMIUM_VERSION] = "Browser.getVersion",
	[CHROMIUM_INTERCEPT] = "Fetch.enable",
	[CHROMIUM_DOWNLOADS] = "Browser.setDownloadBehavior",
	[CHROMIUM_CREATE] = "Target.createTarget",
	[CHROMIUM_ATTACH] = "Target.attachToTarget",
	[CHROMIUM_CRASHES] = "Inspector.enable",
	[CHROMIUM_PAGE] = "Page.enable",
	[CHROMIUM_METRICS] = "Emulation.setDeviceMetricsOverride",
	[CHROMIUM_NAVIGATE] = "Page.navigate",
	[CHROMIUM_LAYOUT] = "Page.getLayoutMetrics",
	[CHROMIUM_PICTURE] = "Page.captureScreenshot",
};

static void begin(struct chromium *c, enum chromium_command what)
{
	c->pending |= 1u << what;
	chromium_begin_command(c, what, methods[what], what > CHROMIUM_ATTACH);
}

static void command(struct chromium *c, enum chromium_command what, const char *params)
{
	begin(c, what);
	chromium_put(&c->out, params);
	chromium_end_command(c);
}

void chromium_hello(struct chromium *c)
{
	command(c, CHROMIUM_VERSION, "{}");
	command(c, CHROMIUM_INTERCEPT, "{\"patterns\":[{\"urlPattern\":\"*\"}]}");
	command(c, CHROMIUM_DOWNLOADS, "{\"behavior\":\"deny\"}");
	command(c, CHROMIUM_CREATE, "{\"url\":\"about:blank\"}");
}

static void attach(struct chromium *c)
{
	begin(c, CHROMIUM_ATTACH);
	chromium_put(&c->out, "{\"flatten\":true,\"targetId\":");
	chromium_put_string(&c->out, c->target);
	chromium_put(&c->out, "}");
	chromium_end_command(c);
}

static void prepare(struct chromium *c)
{
	char metrics[160];

	snprintf(metrics, sizeof(metrics), "{\"width\":%u,\"height\":%u,\"deviceScaleFactor\":%u.%04u,\"mobile\":false}",
		 c->cfg.width, c->cfg.height, (unsigned)c->cfg.density, (unsigned)(c->cfg.density * 10000) % 10000);
	command(c, CHROMIUM_CRASHES, "{}");
	command(c, CHROMIUM_PAGE, "{}");
	command(c, CHROMIUM_METRICS, metrics);
}

static void navigate(struct chromium *c)
{
	c->turn = CHROMIUM_LOADING;
	begin(c, CHROMIUM_NAVIGATE);
	chromium_put(&c->out, "{\"url\":");
	chromium_put_string(&c->out, c->url);
	chromium_put(&c->out, "}");
	chromium_end_command(c);
}

void chromium_measure(struct chromium *c)
{
	c->turn = CHROMIUM_TAKING;
	command(c, CHROMIUM_LAYOUT, "{}");
}

/* ---- what is said, held to its shape ---- */

/* A string without zeros in it; NULL. */
static const char *string_in(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);
	const char *s = json_string_value(v);

	return s && strlen(s) == json_string_length(v) ? s : NULL;
}

/* Short ones only: names that Chromium gives to things. */
static bool copy_name(const json_t *object, const char *key, char ret[CHROMIUM_NAME_MOST])
{
	const char *s = string_in(object, key);

	if (!s || !*s || strlen(s) >= CHROMIUM_NAME_MOST)
		return false;
	for (const char *at = s; *at; at++)
		if (*at < 0x21 || *at > 0x7e)
			return false;
	memcpy(ret, s, strlen(s) + 1);
	return true;
}

/* For a sentence. */
static void copy_words(const char *s, char *ret, size_t room)
{
	size_t n = 0;

	for (; s && s[n] && n + 1 < room; n++)
		ret[n] = (char)(s[n] >= 0x20 && s[n] < 0x7f ? s[n] : '?');
	ret[n] = '\0';
}

static void break_rule(struct chromium *c, const char *what)
{
	chromium_fail(c, "Chromium breaks the rules of DevTools: %s", what);
}

/* ---- answers to commands ---- */

static void take_navigated(struct chromium *c, const json_t *result)
{
	char why[80];

	copy_words(string_in(result, "errorText"), why, sizeof(why));
	/* All other errors are shown, by a page of Chromium's own that loads like any other. */
	if (!strcmp(why, "net::ERR_ABORTED") || json_is_true(json_object_get(result, "isDownload")))
		chromium_fail(c, "Chromium has no page to show: it would have been a download, or has no content");
}

static void take_layout(struct chromium *c, const json_t *result)
{
	double height = json_number_value(json_object_get(json_object_get(result, "cssContentSize"), "height"));
	unsigned most = (unsigned)(c->cfg.most_height / c->cfg.density);
	unsigned h = height > most ? most : height > 0 ? (unsigned)(height + 0.999) : 0;
	char params[200];

	h = hf_max_u32(h, c->cfg.height);
	h = hf_max_u32(hf_min_u32(h, most), 1);
	snprintf(params, sizeof(params),
		 "{\"format\":\"png\",\"captureBeyondViewport\":true,\"clip\":{\"x\":0,\"y\":0,\"width\":%u,\"height\":%u,\"scale\":1}}",
		 c->cfg.width, h);
	command(c, CHROMIUM_PICTURE, params);
}

static void take_picture(struct chromium *c, const json_t *result)
{
	static const uint8_t begins[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
	const json_t *data = json_object_get(result, "data");
	struct hf_bytes text = { (const uint8_t *)json_string_value(data), json_string_length(data) };
	hf_status s = text.len ? chromium_from_base64(text, &c->png, &c->png_len) : HF_MALFORMED;

	if (s == HF_FULL) {
		chromium_fail(c, "no memory is left for the picture");
		return;
	}
	if (s != HF_OK || c->png_len < sizeof(begins) - 1 + 8 || memcmp(c->png, begins, sizeof(begins) - 1) != 0) {
		break_rule(c, "the picture is no PNG");
		return;
	}
	c->width = hf_load32(c->png + 16);
	c->height = hf_load32(c->png + 20);
	if (!c->width || !c->height || c->width > CHROMIUM_SIDE_MOST || c->height > CHROMIUM_SIDE_MOST) {
		break_rule(c, "the picture is larger than was asked for");
		return;
	}
	c->turn = CHROMIUM_OVER;
	chromium_process_end(&c->process);
}

static void take_result(struct chromium *c, enum chromium_command what, const json_t *result)
{
	switch (what) {
	case CHROMIUM_VERSION:
		copy_words(string_in(result, "product"), c->version, sizeof(c->version));
		break;
	case CHROMIUM_CREATE:
		if (copy_name(result, "targetId", c->target))
			attach(c);
		else
			break_rule(c, "a target without a name");
		break;
	case CHROMIUM_ATTACH:
		if (copy_name(result, "sessionId", c->session))
			prepare(c);
		else
			break_rule(c, "a session without a name");
		break;
	case CHROMIUM_METRICS:
		navigate(c);
		break;
	case CHROMIUM_NAVIGATE:
		take_navigated(c, result);
		break;
	case CHROMIUM_LAYOUT:
		take_layout(c, result);
		break;
	case CHROMIUM_PICTURE:
		take_picture(c, result);
		break;
	default:
		break;
	}
}

/* Of an answer to a request: what cannot be answered as it was is refused, for else it would wait for ever. */
static void take_confirmation(struct chromium *c, uint64_t id, bool fine)
{
	for (uint32_t i = 0; i < c->opens; i++) {
		struct chromium_open *o = &c->open[i];

		if (!o->id || o->answer != id)
			continue;
		if (fine || o->refused) {
			o->id = 0;
		} else {
			o->answer = 0;
			c->unanswered++;
			chromium_refuse(c, o->id, CHROMIUM_FAILED_REQUEST);
		}
		return;
	}
}

static void take_reply(struct chromium *c, const json_t *id, const json_t *message)
{
	json_int_t number = json_integer_value(id);
	const json_t *error = json_object_get(message, "error");
	char words[160];

	if (number >= (json_int_t)CHROMIUM_FIRST_ANSWER) {
		take_confirmation(c, (uint64_t)number, !error);
		return;
	}
	if (number <= 0 || number >= CHROMIUM_COMMAND_COUNT || !(c->pending & 1u << number)) {
		break_rule(c, "an answer to nothing");
		return;
	}
	c->pending &= ~(1u << number);
	if (error) {
		copy_words(string_in(error, "message"), words, sizeof(words));
		chromium_fail(c, "Chromium refuses %s: %s", methods[number], words);
		return;
	}
	take_result(c, (enum chromium_command)number, json_object_get(message, "result"));
}

/* ---- requests ---- */

static enum chromium_kind kind_of(const char *type)
{
	for (unsigned i = 0; type && i < CHROMIUM_KIND_COUNT; i++)
		if (!strcmp(type, kind_types[i]))
			return (enum chromium_kind)i;
	return CHROMIUM_OTHER;
}

static struct chromium_open *free_place(struct chromium *c)
{
	for (uint32_t i = 0; i < c->opens; i++)
		if (!c->open[i].id)
			return &c->open[i];
	return c->opens < CHROMIUM_OPEN_MOST ? &c->open[c->opens++] : NULL;
}

/* false: it was refused here, or is none. */
static bool take_request(struct chromium *c, const json_t *params, struct chromium_ask *ret)
{
	const json_t *request = json_object_get(params, "request");
	const char *url = string_in(request, "url"), *method = string_in(request, "method"),
		   *frame = string_in(params, "frameId");
	struct chromium_open *o = free_place(c), spare = { .id = 0 };

	o = o ? o : &spare;
	if (!copy_name(params, "requestId", o->name)) {
		break_rule(c, "a request without a name");
		return false;
	}
	c->quiet_since = chromium_now();
	if (o == &spare || !url || !method) {
		chromium_begin_command(c, c->next_answer++, "Fetch.failRequest", false);
		chromium_put(&c->out, "{\"errorReason\":\"BlockedByClient\",\"requestId\":");
		chromium_put_string(&c->out, o->name);
		chromium_put(&c->out, "}");
		chromium_end_command(c);
		return false;
	}
	o->id = c->next_id++;
	o->answer = 0;
	o->refused = false;
	c->unanswered++;
	*ret = (struct chromium_ask){
		.id = o->id,
		.method = method,
		.url = url,
		.kind = kind_of(string_in(params, "resourceType")),
	};
	ret->main = ret->kind == CHROMIUM_DOCUMENT && frame && !strcmp(frame, c->target);
	c->asked |= ret->main;
	return true;
}

/* ---- events ---- */

static void take_loaded(struct chromium *c)
{
	if (c->turn != CHROMIUM_LOADING || !c->asked)
		return;
	c->turn = CHROMIUM_SETTLING;
	c->loaded = c->quiet_since = chromium_now();
}

static bool take_event(struct chromium *c, const char *method, const json_t *message, struct chromium_ask *ret)
{
	const json_t *params = json_object_get(message, "params");
	const char *session = string_in(message, "sessionId");

	if (!strcmp(method, "Fetch.requestPaused"))
		return take_request(c, params, ret);
	if (!strcmp(method, "Target.detachedFromTarget"))
		session = string_in(params, "sessionId");
	if (!session || strcmp(session, c->session) != 0)
		return false;
	if (!strcmp(method, "Page.loadEventFired")) {
		take_loaded(c);
	} else if (!strcmp(method, "Page.javascriptDialogOpening")) {
		chromium_begin_command(c, c->next_answer++, "Page.handleJavaScriptDialog", true);
		chromium_put(&c->out, "{\"accept\":false}");
		chromium_end_command(c);
	} else if (!strcmp(method, "Inspector.targetCrashed")) {
		chromium_fail(c, "Chromium's process for the page crashed: the page may need more memory than there is");
	} else if (!strcmp(method, "Target.detachedFromTarget")) {
		chromium_fail(c, "the page closed its own window");
	}
	return false;
}

bool chromium_take(struct chromium *c, struct hf_bytes message, struct chromium_ask *ret)
{
	const char *method;
	const json_t *id;

	chromium_mend((uint8_t *)(uintptr_t)message.at, message.len); /* it is in a buffer of ours */
	json_decref(c->message);
	c->message = json_loadb((const char *)message.at, message.len, JSON_ALLOW_NUL, NULL);
	method = string_in(c->message, "method");
	id = json_object_get(c->message, "id");
	if (json_is_integer(id))
		take_reply(c, id, c->message);
	else if (method)
		return take_event(c, method, c->message, ret);
	else
		break_rule(c, "this is no message of it");
	return false;
}
