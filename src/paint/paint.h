/* SPDX-License-Identifier: MIT */
#ifndef HF_PAINT_PAINT_H
#define HF_PAINT_PAINT_H

#include "hf/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The picture of a page: litehtml lays it out, cairo and pango draw it, in a child process that has bounded memory and
 * time, no network and no files. It asks for what it needs and is given it: nothing a page says can make it reach out.
 *
 *	paint_begin(&job, &p);
 *	while ((does = paint_step(p, wait_until)) == PAINT_WANTS) { for each paint_want(p, i): load it }
 *	paint_give(p, ...); paint_draw(p); ... PAINT_DONE: paint_png(p)
 *
 * Style sheets are given before paint_layout(); images may come until paint_draw(). A child that dies or takes too long is
 * PAINT_FAILED with a sentence, never more.
 */
struct paint;

struct paint_limits {          /* 0 takes the default in brackets */
	uint64_t memory;       /* octets of address space beyond what the child has at its start [1 GiB] */
	uint32_t seconds;      /* of processor time, and twice of real time [20] */
	uint32_t height;       /* of the picture in pixels; what is below is cut [16384] */
	uint64_t image_pixels; /* of one image [40 million] */
};

struct paint_job {
	struct hf_bytes html; /* UTF-8 */
	const char *base;     /* URL */
	const char *user_css; /* NULL: ours */
	unsigned width;       /* in CSS pixels [1024] */
	unsigned min_height;  /* [768] */
	double density;       /* device pixels a CSS pixel [1] */
	struct paint_limits limits;
};

enum paint_kind {
	PAINT_STYLE,    /* UTF-8 */
	PAINT_IMAGE,    /* given before paint_layout(), it decides which of a srcset is shown */
	PAINT_DOCUMENT, /* of an iframe, UTF-8; before paint_layout() */
};

enum paint_does {
	PAINT_WAITS,  /* look at paint_fd() again when it can be read */
	PAINT_WANTS,  /* the list is complete: paint_wants() of them; give what can be had, then paint_draw() */
	PAINT_DONE,   /* paint_png() is the picture */
	PAINT_FAILED, /* paint_sentence() */
};

/* NULL: this program can paint; else the sentence that says why not (built without the libraries). */
const char *paint_absent(void);
/* Starts the child. HF_OK, HF_SYSTEM, HF_FULL; HF_UNSUPPORTED: paint_absent(). The job is not needed afterwards. */
HF_NODISCARD hf_status paint_begin(const struct paint_job *job, struct paint **ret);
void paint_end(struct paint *p); /* and its child */
int paint_fd(const struct paint *p);
/* What the page loaded under that absolute URL (as the loader resolved it). An empty body: it could not be had. Pictures are told apart by
 * what is in them, whatever their type was said to be. HF_OK; HF_BAD_STATE: it comes too late; HF_FULL. */
HF_NODISCARD hf_status paint_give(struct paint *p, enum paint_kind kind, const char *url, struct hf_bytes body);
/* All style sheets are given: lay it out, and say which images the styles that apply want. PAINT_WANTS follows. */
HF_NODISCARD hf_status paint_layout(struct paint *p);
/* All images are given. PAINT_DONE follows. */
HF_NODISCARD hf_status paint_draw(struct paint *p);
/* Never blocks longer than wait_ms. */
enum paint_does paint_step(struct paint *p, unsigned wait_ms);
size_t paint_wants(const struct paint *p);
const char *paint_want(const struct paint *p, size_t i); /* an absolute URL of an image */
struct hf_bytes paint_png(const struct paint *p, unsigned *ret_width, unsigned *ret_height);
const char *paint_sentence(const struct paint *p);

#ifdef __cplusplus
}
#endif

#endif
