/* SPDX-License-Identifier: MIT */
#ifndef HF_CHROMIUM_INTERNAL_H
#define HF_CHROMIUM_INTERNAL_H

#include <jansson.h>

#include "chromium/chromium.h"
#include "chromium/chromium_launch.h"
#include "chromium/chromium_wire.h"

#define CHROMIUM_MESSAGE_MOST ((size_t)16 << 20)  /* octets of a message */
#define CHROMIUM_PICTURE_MOST ((size_t)256 << 20) /* of one that brings the picture */
#define CHROMIUM_OPEN_MOST 4096u                  /* requests without an answer; more are refused here */
#define CHROMIUM_SIDE_MOST 32767u                 /* pixels */
#define CHROMIUM_NAME_MOST 128u                   /* octets of DevTools' names of requests, targets and sessions */
#define CHROMIUM_QUIET HF_MS(400)                 /* without a request, after the load, and it is settled */
#define CHROMIUM_SETTLE_MOST HF_S(10)             /* for those that never are */
#define CHROMIUM_LAST HF_S(10)                    /* for the picture, when the page took all of its time */

/*
 * Commands that the sequence sends, each once; their place is their number. What answers requests has numbers from
 * CHROMIUM_FIRST_ANSWER on.
 */
enum chromium_command {
	CHROMIUM_VERSION = 1,
	CHROMIUM_INTERCEPT,
	CHROMIUM_DOWNLOADS,
	CHROMIUM_CREATE,
	CHROMIUM_ATTACH,
	CHROMIUM_CRASHES,
	CHROMIUM_PAGE,
	CHROMIUM_METRICS,
	CHROMIUM_NAVIGATE,
	CHROMIUM_LAYOUT,
	CHROMIUM_PICTURE,
	CHROMIUM_COMMAND_COUNT,
};
#define CHROMIUM_FIRST_ANSWER 1000u

enum chromium_turn {
	CHROMIUM_STARTING,
	CHROMIUM_LOADING,
	CHROMIUM_SETTLING,
	CHROMIUM_TAKING,
	CHROMIUM_OVER,
	CHROMIUM_BROKEN
};

struct chromium_open {   /* a request without an answer, or whose answer Chromium has not confirmed */
	uint32_t id;     /* 0: free */
	uint64_t answer; /* the command's number; 0: none yet */
	bool refused;
	char name[CHROMIUM_NAME_MOST];
};

struct chromium {
	struct chromium_process process;
	struct chromium_config cfg; /* with its defaults; url is our own */
	char *url;
	struct chromium_in in;
	struct chromium_out out;
	enum chromium_turn turn;
	uint32_t pending; /* bit i: command i has not been answered */
	uint64_t next_answer;
	uint32_t next_id;
	struct chromium_open *open;
	uint32_t opens;      /* places that were ever in use */
	uint32_t unanswered; /* requests that wait for us */
	json_t *message;     /* that the last CHROMIUM_ASKS points into */
	bool asked;          /* for the page itself */
	char target[CHROMIUM_NAME_MOST], session[CHROMIUM_NAME_MOST], version[CHROMIUM_NAME_MOST];
	hf_time_ns looked, spent, allowed; /* its own time, while nothing waits for us */
	hf_time_ns loaded, quiet_since;
	bool extended;
	uint8_t *png;
	size_t png_len;
	unsigned width, height;
	char sentence[400];
};

/* chromium.c */
__attribute__((format(printf, 2, 3))) void chromium_fail(struct chromium *c, const char *format, ...);
hf_time_ns chromium_now(void);

/* chromium_talk.c */
void chromium_hello(struct chromium *c);
void chromium_measure(struct chromium *c);
/* One message. true: it is a request, and *ret is filled in. */
bool chromium_take(struct chromium *c, struct hf_bytes message, struct chromium_ask *ret);
/* A command up to its parameters, which are put behind it; to the page's session, or the browser's. */
void chromium_begin_command(struct chromium *c, uint64_t id, const char *method, bool to_page);
void chromium_end_command(struct chromium *c);

#endif
