/* SPDX-License-Identifier: MIT */
#ifndef HF_CHROMIUM_CHROMIUM_H
#define HF_CHROMIUM_CHROMIUM_H

#include "hf/status.h"

/*
 * The picture of a page, painted by Chromium without a network: whatever it requests is asked here, and answered by whoever
 * drives this, through the Fetch domain of DevTools over a pipe. Never blocks.
 *
 *	chromium_begin(&cfg, &c);
 *	for (;;) {
 *		while ((does = chromium_step(c, &ask)) == CHROMIUM_ASKS)
 *			note it;
 *		if (does != CHROMIUM_WAITS)
 *			break; DONE: chromium_png(); FAILED: chromium_sentence()
 *		chromium_answer() or chromium_refuse() what can be; wait until chromium_fd() is ready, for chromium_wait() at most
 *	}
 *	chromium_end(c);
 *
 * What Chromium says is as hostile as the page that it shows: messages have a bounded size and a known shape, a process that
 * breaks the rules, dies or takes too long is CHROMIUM_FAILED with a sentence, never more.
 */
struct chromium;

struct chromium_config {  /* 0 and NULL take the default in brackets */
	const char *path; /* of the program [the first of chromium, chromium-browser, google-chrome on PATH] */
	const char *url;
	unsigned width, height; /* of the window in CSS pixels [1024 x 768]; the picture is as high as the page */
	unsigned most_height;   /* of the picture in pixels; what is below is cut [16384] */
	double density;         /* device pixels a CSS pixel [1] */
	unsigned seconds;       /* that it may take by itself, while none of its requests waits for an answer [30] */
};

enum chromium_does {
	CHROMIUM_WAITS,
	CHROMIUM_ASKS, /* *ret, until the next step */
	CHROMIUM_DONE,
	CHROMIUM_FAILED,
};

enum chromium_kind {
#define K(name, type) CHROMIUM_##name,
#include "chromium/chromium_kinds.def"
#undef K
	CHROMIUM_KIND_COUNT
};

/* Why a request has no answer; each is a net::Error of Chromium's. */
enum chromium_reason {
#define R(name, reason) CHROMIUM_##name,
#include "chromium/chromium_reasons.def"
#undef R
	CHROMIUM_REASON_COUNT
};

const char *chromium_reason_name(enum chromium_reason r); /* DevTools' name of it */

struct chromium_ask {
	uint32_t id;
	const char *method, *url; /* without fragment */
	enum chromium_kind kind;
	bool main; /* of the page itself, no frame in it */
};

struct chromium_field {
	struct hf_bytes name, value;
};

/* NULL: this program can speak with Chromium; else the sentence that says why not (built without the library). */
const char *chromium_absent(void);
/* Where it is; false: nowhere on PATH. */
bool chromium_find(char *ret, size_t room);
/* HF_OK; HF_NOT_FOUND: no such program; HF_UNSUPPORTED: chromium_absent(); HF_SYSTEM, HF_FULL. */
HF_NODISCARD hf_status chromium_begin(const struct chromium_config *cfg, struct chromium **ret);
/* Ends it too: the process that was started, all of its group, and its folder. NULL is fine. */
void chromium_end(struct chromium *c);
int chromium_fd(const struct chromium *c); /* -1: it has ended */
bool chromium_wants_write(const struct chromium *c);
/* How long the next step can wait when the descriptor stays silent. */
hf_time_ns chromium_wait(const struct chromium *c);
enum chromium_does chromium_step(struct chromium *c, struct chromium_ask *ret);
/* Requests that it has given up meanwhile are passed over. A redirect is an answer like any other: it asks again. */
void chromium_answer(struct chromium *c, uint32_t id, unsigned status, const struct chromium_field *fields, size_t n,
		     struct hf_bytes body);
void chromium_refuse(struct chromium *c, uint32_t id, enum chromium_reason why);
/* Of CHROMIUM_DONE. */
struct hf_bytes chromium_png(const struct chromium *c, unsigned *ret_width, unsigned *ret_height);
const char *chromium_sentence(const struct chromium *c);
/* "Chrome/156.0.8078.79", as it says; "". */
const char *chromium_version(const struct chromium *c);
/* How it is kept from the network: a sentence without a full stop. */
const char *chromium_isolation(const struct chromium *c);

#endif
